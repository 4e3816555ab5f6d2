"""Texts of operators with placeholders, such as "From {source}": one language for every filter that has some.

`{{` and `}}` are braces. A placeholder for which a post has nothing leaves nothing behind; a text that has
placeholders and nothing for any of them is empty as a whole, so that nobody reads "By ".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, model_validator

from feedbraid import configvalues as values
from feedbraid.forms import Form, OneOrMore
from feedbraid.html import has_markup
from feedbraid.model import CleaningRules, Post
from feedbraid.nouns import dataclass
from feedbraid.posts import name_of, origin_of

from . import _body
from ._text import inner_line

_SIGN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_IN_QUERY = re.compile(r"""\b(?:cite|href|poster|src)\s*=\s*(?:"[^"?]*\?[^"]*|'[^'?]*\?[^']*)\Z""", re.IGNORECASE)
_MOST = 10_000
"""Characters of one text: none is as long that was written by hand."""


def _source(post: Post) -> str:
    channel = origin_of(post)
    return (name_of(channel) if channel else "") or post.origin


def _source_link(post: Post) -> str:
    channel = origin_of(post)
    return (channel.link or channel.feed_url) if channel else ""


PLACEHOLDERS: Mapping[str, Callable[[Post], str]] = {
    "source": _source,
    "link": lambda post: post.entry.link,
    "title": lambda post: post.entry.title,
    "author": lambda post: ", ".join(person.name for person in post.entry.authors),
    "date": lambda post: (post.published or post.first_seen).date().isoformat(),
    "source_link": _source_link,
}
"""The title of the feed that a post comes from, or the name of its folder of seeds; its address, its title, its
authors; the day on which it was published, or first seen, in UTC; the page of the feed that it comes from."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Words, and the placeholder behind them; none behind the last ones."""

    words: str
    name: str = ""
    in_query: bool = False
    """It stands behind the question mark of an address."""


Template = tuple[_Part, ...]


def parsed(stated: str) -> Template:
    """Read a text with placeholders. Raises ValueError with a message for the operator."""
    if len(stated) > _MOST:
        raise ValueError(f"a text of more than {_MOST:,} characters is too long here")
    parts: list[_Part] = []
    words, at = "", 0
    for sign in _SIGN.finditer(stated):
        words += stated[at : sign.start()]
        at = sign.end()
        if sign[0] in ("{{", "}}"):
            words += sign[0][0]
        else:
            opened = stated[stated.rfind("<", 0, at) + 1 : sign.start()]
            parts.append(_Part(words, _known(sign), _IN_QUERY.search(opened) is not None))
            words = ""
    return (*parts, _Part(words + stated[at:]))


def _known(sign: re.Match[str]) -> str:
    if sign[1] is None:
        raise ValueError(f"{sign[0]!r} stands alone here; a brace is written twice: {sign[0] * 2}")
    name = sign[1].strip()
    if name not in PLACEHOLDERS:
        raise ValueError(f"there is no placeholder {{{name}}}; {values.nearest(name, PLACEHOLDERS)}")
    return name


def names_in(stated: str) -> Iterator[str]:
    """Give the placeholders of a text."""
    return (part.name for part in parsed(stated) if part.name)


def checked(stated: str) -> str:
    """Check a text with placeholders."""
    parsed(stated)
    return stated


Words = Annotated[str, AfterValidator(checked)]
"""A text with placeholders, in a form."""


def as_line(template: Template, post: Post) -> str:
    """Fill in the plain values, and make one line of it; a blank at either end stays, because it may be meant."""
    return inner_line(_filled(template, post, lambda _, value: value))


def as_html(template: Template, post: Post) -> str:
    """Fill in the values so that none becomes markup, nor a part of an address that it stands in."""
    return _filled(template, post, _in_html)


def _in_html(part: _Part, value: str) -> str:
    return quote(value, safe="") if part.in_query else escape(value)


def _filled(template: Template, post: Post, write: Callable[[_Part, str], str]) -> str:
    values_of = {part.name: PLACEHOLDERS[part.name](post) for part in template if part.name}
    if values_of and not any(values_of.values()):
        return ""
    return "".join(part.words + (write(part, values_of[part.name]) if part.name else "") for part in template)


# --- what stands before or behind the text of a post ------------------------------------------------------


class Addition(Form):
    """What is added to the text of each post: `html` or `text`."""

    html: OneOrMore[Words] = ()
    """As HTML, in one or more parts. Placeholders: {source}, {link}, {title}, {author}, {date}, {source_link}."""
    text: OneOrMore[Words] = ()
    """As plain text; each part becomes a paragraph. Placeholders as in `html`."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Addition:
        if _says(self.html) == _says(self.text):
            raise ValueError("say what is added: text, such as 'From {source}', or html")
        if any(map(has_markup, self.text)):
            raise ValueError("readers would see the tags of this text; for HTML, write  html: '<p>…</p>'")
        return self

    def made(self) -> Callable[[Post, CleaningRules], str]:
        """Give what makes the HTML of a post: safe to publish, empty when it has nothing to say."""
        paragraphs = (
            f"<p>{escape(' '.join(part.split()), quote=False)}</p>" for part in self.text if part.strip()
        )
        stated = self.html if _says(self.html) else paragraphs
        return partial(_addition, [parsed(part) for part in stated])


def _says(parts: Sequence[str]) -> bool:
    return any(part.strip() for part in parts)


def _addition(parts: Sequence[Template], post: Post, rules: CleaningRules) -> str:
    return _body.safe("".join(as_html(part, post) for part in parts), post, rules)
