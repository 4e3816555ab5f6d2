"""Move links and pictures from an address that is gone to the one where they are now.

Every address in a post is absolute already: what a source leaves relative is resolved when its posts are taken
in. So there is rarely a need for `base`. It resolves what another filter of this chain, a command or one of
another package, leaves relative in a text; what begins with `#` leads to the post's own page. What can not be
resolved stays.

`move` puts one beginning of addresses in the place of another: for a site that moved and left no redirects, for
one that is mirrored elsewhere, or to give all links to a site https. It changes links and media in the text, the
link of the post and that to its comments, its image, its enclosures, its other links and the pages of its
authors. Of several beginnings the longest that fits is taken. http and https are the same on the left side.

A beginning ends where a part of the path ends: `http://old.example/blog` is `http://old.example/blog` itself and
what comes below, but not `http://old.example/blogger`. Write the slash at the end of both addresses, or of none.

A text in which an address changed is cleaned again: a frame that moved to a host whose frames may not be shown
becomes a link.

The post keeps its identity: it is still known by the address that its source gave, so nobody sees it twice.
Nobody checks that the new addresses are there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from feedbraid import configvalues as values
from feedbraid import urls
from feedbraid.forms import Address, Form
from feedbraid.model import Post

from . import Each, Example, Filter, Mistake, Setting, _body


def _beginning(stated: str) -> str:
    url = values.public_address(stated)
    if "?" in url or "#" in url:
        raise ValueError(f"{stated!r} is no beginning of addresses: it has neither ? nor #")
    return url


def _destination(stated: str) -> str:
    url = values.public_address(stated)
    if "#" in url:
        raise ValueError(f"nothing can come after {stated!r}: leave out the # and what follows it")
    return url


_Beginning = Annotated[str, AfterValidator(_beginning)]
_Destination = Annotated[str, AfterValidator(_destination)]


def _mapping(stated: object) -> object:
    if isinstance(stated, Mapping):
        return stated
    raise ValueError(
        'old beginnings with a new one each are needed here, such as {"http://old.example/": "https://new.example/"}'
    )


class Options(Form):
    """What is resolved, and what is moved."""

    base: Address = ""
    """What relative addresses begin at, such as https://example.org/blog/."""
    move: Annotated[dict[_Beginning, _Destination], BeforeValidator(_mapping)] = Field(default={})
    """Old beginnings of addresses, each with the new one, such as "http://old.example/": "https://new.example/"."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not self.base and not self.move:
            raise ValueError(
                'say what to do, for every address is absolute already: move: {"http://old.example/": '
                '"https://new.example/"}, or the base of what a command leaves relative'
            )
        _check_ends(self.move)
        _check_rest(self.move)
        return self


def _check_ends(move: Mapping[str, str]) -> None:
    for old, new in move.items():
        if old.endswith("/") != new.endswith("/"):
            raise ValueError(f"write the slash at the end of both {old} and {new}, or of none")


def _check_rest(move: Mapping[str, str]) -> None:
    """Refuse what would be moved again each time: posts that are read back go through the filters once more."""
    mover = _mover(move)
    for new in move.values():
        below = [new, *(_with_scheme_of(new, old) for old in move if _is_below(_bare(old), _bare(new)))]
        for place in below:
            if mover(place) != place:
                raise ValueError(
                    f"{place} is moved itself: write where everything is at last, as each new address"
                )


# --- moving -----------------------------------------------------------------------------------------------


def _bare(url: str) -> str:
    return url.partition("://")[2]


def _with_scheme_of(url: str, other: str) -> str:
    return f"{url.partition(':')[0]}://{_bare(other)}"


def _is_below(bare: str, beginning: str) -> bool:
    """Tell whether an address begins so, and the beginning ends where a part of the path ends."""
    end = len(beginning)
    return bare.startswith(beginning) and (beginning.endswith("/") or bare[end : end + 1] in ("", "/", "?", "#"))


def _mover(move: Mapping[str, str]) -> Callable[[str], str]:
    """Make the change of one address in the form of a URI."""
    olds = sorted(((_bare(old), new) for old, new in move.items()), key=lambda one: len(one[0]), reverse=True)

    def moved(url: str) -> str:
        bare = _bare(url)
        for old, new in olds:
            if _is_below(bare, old):
                return new + bare[len(old) :]
        return url

    return moved


def _build(options: Options, setting: Setting) -> Each:
    mover = _mover(options.move)

    def apply(post: Post) -> Post:
        def change(_thing: str, _name: str, url: str) -> str:
            return _changed(url, options.base, post.entry.link, mover)

        def finish(body: str) -> str:
            return _body.safe(_body.fitting(body), post, setting.cleaning)

        return _body.map_post(post, change, finish=finish)

    return Each(apply=apply)


def _changed(stated: str, base: str, page: str, mover: Callable[[str], str]) -> str:
    url = (
        urls.absolute(stated, (page if stated.startswith("#") else "") or base) if base else urls.uri_form(stated)
    )
    after = mover(url) if url else ""
    return stated if after in ("", stated) else urls.uri_form(after) or stated


FILTER = Filter(
    summary="move links and pictures to a new address",
    options=Options,
    build=_build,
    short="base",
    examples=(
        Example(
            says="A site that moved, with one folder that went elsewhere.",
            config="- absolute:\n"
            "    move:\n"
            "      http://old.example/: https://new.example/\n"
            "      http://old.example/pictures: https://img.example.org/old",
            posts=(
                {
                    "link": "https://old.example/2020/story.html",
                    "body": '<p><a href="http://old.example/about?x=1#us">About</a> '
                    '<img src="http://old.example/pictures/1.jpg" '
                    'srcset="http://old.example/pictures2/1.jpg 2x"></p>',
                    "enclosures": ["https://old.example/1.mp3", "https://other.example/2.mp3"],
                },
            ),
            gives=(
                {
                    "link": "https://new.example/2020/story.html",
                    "body": '<p><a href="https://new.example/about?x=1#us">About</a> '
                    '<img src="https://img.example.org/old/1.jpg" '
                    'srcset="https://new.example/pictures2/1.jpg 2x"></p>',
                    "enclosures": ["https://new.example/1.mp3", "https://other.example/2.mp3"],
                },
            ),
        ),
        Example(
            says="Links of a site with https, now that it has it.",
            config="- absolute: {move: {'http://voa.example/': 'https://voa.example/'}}",
            posts=({"link": "http://voa.example/1", "body": '<a href="https://voa.example/2">2</a>'},),
            gives=({"link": "https://voa.example/1"},),
        ),
        Example(
            says="What another filter left relative.",
            config="- absolute: https://voa.example/news/",
            posts=(
                {
                    "link": "https://voa.example/1",
                    "body": '<a href="2.html">2</a> <img src="/3.png"> <a href="#note">4</a> '
                    '<a href="tel:5">5</a>',
                },
            ),
            gives=(
                {
                    "body": '<a href="https://voa.example/news/2.html">2</a> '
                    '<img src="https://voa.example/3.png"> <a href="https://voa.example/1#note">4</a> '
                    '<a href="tel:5">5</a>'
                },
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- absolute", says="say what to do, for every address is absolute already"),
        Mistake(
            config="- absolute: {move: {'http://old.example/': 'https://new.example/blog'}}",
            says="write the slash at the end of both http://old.example/ and https://new.example/blog, or of none",
        ),
        Mistake(
            config="- absolute: {move: {'http://a.example/': 'https://b.example/', 'https://b.example/': "
            "'https://c.example/'}}",
            says="https://b.example/ is moved itself: write where everything is at last",
        ),
        Mistake(
            config="- absolute: {move: {old.example: new.example}}",
            says="'old.example' does not begin with https:// or http://",
        ),
        Mistake(
            config="- absolute: {move: {'http://old.example/blog': 'https://new.example/blog'}}",
            says="Addresses such as http://old.example/blog-2 stay: a beginning ends with a part of the path.",
            is_error=False,
        ),
    ),
)
