"""Send pictures through a proxy, so that they load where their own site refuses, is blocked, or has no https.

A proxy fetches the picture and hands it on. That helps against sites that only show pictures on their own
pages, and for readers from whose network a site can not be reached. The price: whoever runs the proxy sees who
reads what, and pictures are gone when it is. So choose the hosts that need it with `domains`, and leave the
rest as it is.

A template is the address of the proxy with a placeholder where the address of the picture goes.

- `{url}`: the whole address, percent-encoded. This is what proxies with `?url=` want.
- `{raw}`: the whole address as it is, for proxies with `https://proxy.example/https://…`. After a `?url=` it is
  wrong for every picture that has an `&` in its address.
- `{no_scheme}`: as `{url}`, without `https://`. The address of a picture that is on http keeps its `http://`.
- `{base64}`: the whole address in base64 for addresses, without `=`, as imgproxy takes it.
- `{scheme}`, `{host}` and `{path}`: http or https; the host with its port; the path with its first slash, and
  the query. `{host}` and `{path}` belong together.

In a template made for RSSHub, `${href_ue}` is `{url}` here, `${href}` is `{raw}`, and `${host}${pathname}` is
`{host}{path}`.

imgproxy on your own server, without signatures: `https://img.example.org/insecure/plain/{url}`. Signed
addresses can not be made: that would need a secret in the configuration of a program that publishes.

What already goes through a proxy stays as it is: everything on the host of a template, and everything on a
proxy that the filter `unproxy` knows. To send such pictures through your proxy, put `unproxy` before this
filter. An address that has another whole address in it is taken for one of a proxy, too, unless `domains` names
its host. So a picture is never sent through two proxies, and a post that goes through the filter twice stays
the same. Also left alone is what is no http(s) address, and hosts that no proxy can reach, such as localhost.

Links to pictures are not changed, nor are frames. The size of an enclosure that goes through a proxy is
published as unknown: proxies compress pictures anew. The picture of a podcast episode stays where it is,
because podcast directories want an address that ends in .jpg or .png.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from feedbraid import urls
from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Post
from feedbraid.nouns import dataclass

from . import Each, Example, Filter, Mistake, Setting, _body, _proxies

What = Literal["images", "srcset", "poster", "enclosures", "video"]


def _template(stated: str) -> str:
    if stated:
        _proxies.read_template(stated)
    return stated


def _as_mapping(stated: object) -> object:
    """Take hosts without templates for hosts with the common one."""
    if isinstance(stated, str):
        return {stated: ""}
    if isinstance(stated, list | tuple) and all(isinstance(host, str) for host in stated):
        return dict.fromkeys(stated, "")
    if isinstance(stated, Mapping):
        return {host: template or "" for host, template in stated.items()}
    raise ValueError("hosts are needed here, such as [a.example, b.example], or hosts with a template each")


class Options(Form):
    """Through which proxy, and which pictures."""

    template: Annotated[str, AfterValidator(_template)] = ""
    """The address of the proxy with a placeholder, such as https://proxy.example/?url={url}; or a service."""
    service: Literal["", "weserv", "wsrv"] = ""
    """In place of a template a proxy for everybody: weserv (images.weserv.nl), or wsrv, its new name (wsrv.nl)."""
    domains: Annotated[
        dict[_proxies.Glob, Annotated[str, AfterValidator(_template)]],
        BeforeValidator(_as_mapping, json_schema_input_type=str | tuple[str, ...] | dict[str, str | None]),
    ] = Field(default={})
    """Only pictures on these hosts, such as *.sinaimg.cn; or hosts with a template each, the first that fits. All
    hosts when not given."""
    excepted: OneOrMore[_proxies.Glob] = Field(default=(), alias="except")
    """Never pictures on these hosts."""
    what: OneOrMore[What] = ("images", "srcset", "poster")
    """Of images, srcset (sizes of images), poster (of videos), enclosures (those that are images, and the image of
    the post) and video (films and sounds in the text)."""

    @model_validator(mode="after")
    def _has_a_proxy(self) -> Options:
        common = self.template or self.service
        if self.template and self.service:
            raise ValueError("template and service say the same thing: write one of them")
        if not common and not all(self.domains.values() or [""]):
            raise ValueError(
                "say through which proxy: service: wsrv, or template: https://proxy.example/?url={url}"
            )
        if common and self.domains and all(self.domains.values()):
            raise ValueError(
                "every host of `domains` has its own template, and no other picture is changed: leave out the "
                'common one, or add the line "*": for all others'
            )
        return self


@dataclass(frozen=True, slots=True)
class _Rules:
    """The options, ready to be used."""

    what: frozenset[str]
    template: Callable[[str], _proxies.Template | None]
    """Gives for a host the proxy that its pictures go through."""
    is_named: Callable[[str], bool]
    """Tells whether `domains` has a host by its name."""


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    common = options.template or options.service
    choices = [
        (_proxies.fits((glob,)), _proxies.read_template(template or common))
        for glob, template in (options.domains or {"*": ""}).items()
    ]
    own = frozenset(template.host for _, template in choices)
    excepted = _proxies.fits(options.excepted)

    @lru_cache(maxsize=1024)
    def template(host: str) -> _proxies.Template | None:
        if host in own or excepted(host) or not _proxies.is_public(host):
            return None
        return next((template for does_fit, template in choices if does_fit(host)), None)

    named = _proxies.fits(tuple(glob for glob in options.domains if glob != "*"))
    rules = _Rules(frozenset(options.what), template, named)
    return Each(apply=lambda post: _through(post, rules))


def _through(post: Post, rules: _Rules) -> Post:
    def change(thing: str, name: str, url: str) -> str:
        return _proxied(url, rules) if _kind(thing, name) in rules.what else url

    return _body.map_post(post, change, keeps_lengths=False, finish=_body.fitting)


_KINDS = {
    ("img", "src"): "images",
    ("img", "srcset"): "srcset",
    ("source", "srcset"): "srcset",
    ("video", "poster"): "poster",
    ("audio", "src"): "video",
    ("source", "src"): "video",
    ("video", "src"): "video",
    ("entry", "image"): "enclosures",
}


def _kind(thing: str, name: str) -> str:
    if thing == "enclosure":
        return "enclosures" if name.startswith("image/") else ""
    return _KINDS.get((thing, name), "")


def _proxied(stated: str, rules: _Rules) -> str:
    url = urls.uri_form(stated)
    host = _proxies.host_of(url)
    template = rules.template(host) if url else None
    if template is None or _proxies.is_proxied(url) or (_proxies.has_another(url) and not rules.is_named(host)):
        return stated
    made = template.filled(url)
    return made if len(made) <= _proxies.LONGEST else stated


FILTER = Filter(
    summary="send pictures through a proxy",
    options=Options,
    build=_build,
    short="template",
    examples=(
        Example(
            says="All pictures through a proxy for everybody.",
            config="- image_proxy: wsrv",
            posts=({"body": '<p><img src="https://news.example/长城.jpg?w=640&amp;q=80"></p>'},),
            gives=(
                {
                    "body": '<p><img src="https://wsrv.nl/?url='
                    'https%3A%2F%2Fnews.example%2F%25E9%2595%25BF%25E5%259F%258E.jpg%3Fw%3D640%26q%3D80"></p>'
                },
            ),
        ),
        Example(
            says="Only the pictures of a site that shows them nowhere else, in all their sizes.",
            config="- image_proxy:\n    template: https://img.example.org/?url={url}\n    domains: '*.sinaimg.cn'",
            posts=(
                {
                    "body": '<img src="https://wx1.sinaimg.cn/large/a.jpg" '
                    'srcset="https://wx1.sinaimg.cn/large/a.jpg 2x, https://other.example/a.jpg 1x">'
                },
            ),
            gives=(
                {
                    "body": '<img src="https://img.example.org/?url=https%3A%2F%2Fwx1.sinaimg.cn%2Flarge%2Fa.jpg" '
                    'srcset="https://img.example.org/?url=https%3A%2F%2Fwx1.sinaimg.cn%2Flarge%2Fa.jpg 2x, '
                    'https://other.example/a.jpg 1x">'
                },
            ),
        ),
        Example(
            says="One proxy for one site, another for all others, none for a third; enclosures and videos too.",
            config="- image_proxy:\n"
            "    domains:\n"
            "      '*.pximg.net': https://pix.example.org/{host}{path}\n"
            "      '*': weserv\n"
            "    except: cdn.news.example\n"
            "    what: [images, video, enclosures]",
            posts=(
                {"body": '<img src="https://i.pximg.net/img/1.png">'},
                {"body": '<img src="https://cdn.news.example/1.png">'},
                {
                    "body": '<video src="https://films.example/1.mp4"></video>',
                    "image": "http://news.example/1.jpg",
                    "enclosures": ["http://news.example/1.jpg", "http://news.example/1.mp3"],
                },
            ),
            gives=(
                {"body": '<img src="https://pix.example.org/i.pximg.net/img/1.png">'},
                {},
                {
                    "body": '<video src="https://images.weserv.nl/?url=https%3A%2F%2Ffilms.example%2F1.mp4">'
                    "</video>",
                    "image": "https://images.weserv.nl/?url=http%3A%2F%2Fnews.example%2F1.jpg",
                    "enclosures": [
                        "https://images.weserv.nl/?url=http%3A%2F%2Fnews.example%2F1.jpg",
                        "http://news.example/1.mp3",
                    ],
                },
            ),
        ),
        Example(
            says="Never twice: a picture that goes through somebody else's proxy is taken out of it first.",
            config="- unproxy\n- image_proxy: https://img.example.org/?url={url}",
            posts=({"body": '<img src="https://images.weserv.nl/?url=news.example/a.jpg&amp;w=300">'},),
            gives=({"body": '<img src="https://img.example.org/?url=https%3A%2F%2Fnews.example%2Fa.jpg">'},),
        ),
    ),
    mistakes=(
        Mistake(
            config="- image_proxy",
            says="say through which proxy: service: wsrv, or template: https://proxy.example/?url={url}",
        ),
        Mistake(
            config="- image_proxy: https://wsrv.nl/?url=",
            says="the template does not say where the address of the picture goes: write {url} there",
        ),
        Mistake(
            config="- image_proxy: https://wsrv.nl/?url=${href_ue}",
            says="the environment variable 'href_ue' is not set",
        ),
        Mistake(
            config="- image_proxy:\n    service: wsrv\n    domains: https://wx1.sinaimg.cn/",
            says="'https://wx1.sinaimg.cn/' is no host: write its name alone",
        ),
        Mistake(
            config="- image_proxy: https://img.example.org/?url={url}",
            says="Pictures that a source already sends through a proxy, such as images.weserv.nl, stay there. To "
            "send them through yours, write `- unproxy` above.",
            is_error=False,
        ),
        Mistake(
            config="- image_proxy: https://img.example.org/?url={raw}",
            says="The proxy reads an address only up to its first &. Write {url}, which is encoded.",
            is_error=False,
        ),
    ),
)
