"""Give pictures their original addresses again where a source sends them through somebody's proxy.

Some sources, and the services that make feeds of sites, publish every picture through a proxy. That proxy sees
your readers, may be slow or blocked, and may end. The original address stands in the address of the proxy; this
filter takes it out. To send the pictures through a proxy of your choice then, put `image_proxy` after it.

Known without any option:

- weserv (images.weserv.nl, wsrv.nl), in all its forms: with and without a scheme, with the old `ssl:`, and
  written without `https://` in the page;
- Photon of WordPress (i0.wp.com to i3.wp.com);
- what the documentation of RSSHub proposes as templates for pictures: these two;
- DuckDuckGo (external-content.duckduckgo.com, proxy.duckduckgo.com), Google (gadgets/proxy, pictures of Gmail,
  imgres), Facebook (safe_image.php), Slack (slack-imgs.com), Discord (images-ext-1.discordapp.net), Embedly
  (i.embed.ly), Pocket (pocket-image-cache.com), Statically (cdn.statically.io/img);
- on any host the addresses that camo (camo.githubusercontent.com), imgproxy and Miniflux write, where these are
  not encrypted.

For other proxies give the templates that they were made with: as in `image_proxy`, and `{any}` for a part that
may be anything, such as a signature. A template may also name a service that can not be undone by itself,
because its operator wrote the address of the picture as it is: `https://images.weserv.nl/?url={raw}`.

A proxy inside a proxy is undone as well. What the proxy did to the picture, such as its size, is lost with it.
It is done for images and their sizes, posters, films and sounds, for the links around pictures and other links
that lead to one, for enclosures, and for the image of the post and of a podcast episode. What comes out is
cleaned like any other text: a counting pixel that hid behind a proxy is removed.

An address without a scheme, as in `?url=news.example/a.jpg`, is taken for https: almost every site has it now,
and pages on https show nothing else. weserv itself asks by http for these; `scheme: http` does as well. Photon
asks by http unless its address has `ssl=1`, so its pictures get http then.

An address stays as it is when what stands in it is no http(s) address on a public host. Addresses that say
nothing of the original stay, too, such as those of lh3.googleusercontent.com or encrypted ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from feedbraid import urls
from feedbraid.forms import Form, OneOrMore
from feedbraid.model import CleaningRules, Post

from . import Each, Example, Filter, Mistake, Setting, _body, _proxies


def _template(stated: str) -> str:
    _proxies.read_template(stated, to_undo=True)
    return stated


class Options(Form):
    """Proxies beside the known ones."""

    templates: OneOrMore[Annotated[str, AfterValidator(_template)]] = ()
    """Templates of other proxies, such as https://proxy.example/{any}/?url={url}; see `image_proxy`."""
    scheme: Literal["https", "http"] = "https"
    """What an original address begins with where the proxy's does not say: https or http."""
    excepted: OneOrMore[_proxies.Glob] = Field(default=(), alias="except")
    """Proxies that stay, by their hosts, such as *.wp.com."""


_PLACES = frozenset(
    {
        *((media, "src") for media in ("audio", "img", "source", "track", "video")),
        *((image, "srcset") for image in ("img", "source")),
        *((link, "href") for link in ("a", "area")),
        *(("video", "poster"), ("entry", "image"), ("episode", "image")),
    }
)

_Step = Callable[[str], str]
"""Takes an address out of one proxy; "" when it is in none."""


def _build(options: Options, setting: Setting) -> Each:
    templates = [_proxies.read_template(stated, to_undo=True) for stated in options.templates]
    excepted = _proxies.fits(options.excepted)

    def step(url: str) -> str:
        if len(url) > _proxies.LONGEST or excepted(_proxies.host_of(url)):
            return ""
        own = (template.original(url, options.scheme) for template in templates)
        return next(filter(None, own), "") or _proxies.original(url, options.scheme)

    return Each(apply=lambda post: _freed(post, step, setting.cleaning))


def _freed(post: Post, step: _Step, rules: CleaningRules) -> Post:
    def change(thing: str, name: str, url: str) -> str:
        return _original(url, step) if thing == "enclosure" or (thing, name) in _PLACES else url

    def finish(body: str) -> str:
        return _body.safe(_body.fitting(body), post, rules)

    return _body.map_post(post, change, keeps_lengths=False, finish=finish)


def _original(stated: str, step: _Step) -> str:
    url = urls.uri_form(stated)
    found = _proxies.undone(url, step)
    return stated if found == url else found


FILTER = Filter(
    summary="give pictures that go through a proxy their original addresses again",
    options=Options,
    build=_build,
    short="templates",
    examples=(
        Example(
            says="The proxies that many sources use.",
            config="- unproxy",
            posts=(
                {"body": '<img src="https://images.weserv.nl/?url=gdb.news.example/9d_w900.jpg" width="600">'},
                {"body": '<img src="https://i2.wp.com/news.example/a.png?resize=768%2C512&amp;ssl=1">'},
                {
                    "body": '<a href="https://external-content.duckduckgo.com/iu/?u=http%3A%2F%2Fnews.example%2Fb">B</a>'
                },
                {"body": '<img src="https://news.example/a.png">'},
            ),
            gives=(
                {"body": '<img src="https://gdb.news.example/9d_w900.jpg" width="600">'},
                {"body": '<img src="https://news.example/a.png">'},
                {"body": '<a href="http://news.example/b">B</a>'},
                {},
            ),
        ),
        Example(
            says="The proxy of a source, whose addresses carry a signature.",
            config="- unproxy: https://img.example.org/{any}/{base64}",
            posts=({"image": "https://img.example.org/k3Yd-s9/aHR0cHM6Ly9uZXdzLmV4YW1wbGUvYS5qcGc"},),
            gives=({"image": "https://news.example/a.jpg"},),
        ),
        Example(
            says="A proxy inside a proxy, in one of several sizes.",
            config="- unproxy",
            posts=(
                {
                    "body": '<img src="https://news.example/a.jpg" srcset="https://news.example/a.jpg 1x, '
                    'https://wsrv.nl/?url=https%3A%2F%2Fi0.wp.com%2Fnews.example%2Fb.jpg%3Fssl%3D1&amp;w=900 2x">'
                },
            ),
            gives=(
                {
                    "body": '<img src="https://news.example/a.jpg" '
                    'srcset="https://news.example/a.jpg 1x, https://news.example/b.jpg 2x">'
                },
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- unproxy: img.example.org", says="'img.example.org' is neither a service"),
        Mistake(
            config="- unproxy: https://img.example.org/{any}/",
            says="the template does not say where the address of the picture goes",
        ),
        Mistake(
            config="- image_proxy: wsrv\n- unproxy",
            says="The second filter undoes the first. Write `- unproxy` above `- image_proxy`.",
            is_error=False,
        ),
    ),
)
