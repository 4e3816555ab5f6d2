"""The tags of a document that need not be well-formed: pages, and lists of feeds as found in the wild.

Nothing is built and nothing is fetched: no entity but those of HTML is known, and every step goes forward, so that
it takes time in proportion to the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.entities import html5

from feedbraid.nouns import dataclass

MAX_ATTRIBUTES = 200
"""Of one tag; what follows is left out."""

_START = re.compile(r"<(/?)([A-Za-z_][^\s/<>\"'=]*)")
_ATTRIBUTE = re.compile(r"[\s/]*([^\s=<>\"'/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s<>\"']+)))?")
_END = re.compile(r"[\s/\"'=]*(>?)")
_REFERENCE = re.compile(r"&(#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,8}|[A-Za-z][A-Za-z0-9]{1,40});")
_SKIPPED = {"<!--": "-->", "<![CDATA[": "]]>"}
_UNREAD = frozenset({"script", "style", "template", "textarea"})
"""What stands in these is no part of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag; names are in small letters."""

    name: str
    attributes: Mapping[str, str]
    closing: bool
    """It ends an element."""
    empty: bool
    """It ends itself."""
    start: int
    end: int


def tags(text: str) -> Iterator[Tag]:
    """Find the tags outside of comments, CDATA and scripts; one that has no end is read as far as it goes."""
    lower, done, endless = text.lower(), 0, set[str]()
    while (at := text.find("<", done)) >= 0:
        mark = next((mark for mark in _SKIPPED if text.startswith(mark, at)), "")
        if mark and mark not in endless:
            end = text.find(_SKIPPED[mark], at + len(mark))
            done = end + 3 if end >= 0 else at + 1
            endless |= set() if end >= 0 else {mark}
            continue
        tag = _tag(text, at)
        done = tag.end if tag else at + 1
        if tag is not None:
            yield tag
        if tag is not None and tag.name in _UNREAD and not tag.closing and tag.name not in endless:
            end = lower.find(f"</{tag.name}", done)
            done = end if end >= 0 else done
            endless |= set() if end >= 0 else {tag.name}


def _tag(text: str, at: int) -> Tag | None:
    start = _START.match(text, at)
    if start is None:
        return None
    found, done = dict[str, str](), start.end()
    while len(found) < MAX_ATTRIBUTES and (attribute := _ATTRIBUTE.match(text, done)):
        name, *values = attribute.groups()
        found.setdefault(name.lower(), unescaped(next((value for value in values if value is not None), "")))
        done = attribute.end()
    end = _END.match(text, done)
    rest = end[0] if end else ""
    return Tag(
        name=start[2].lower(),
        attributes=found,
        closing=bool(start[1]),
        empty=rest.endswith(">") and "/" in rest,
        start=at,
        end=done + len(rest),
    )


def unescaped(text: str) -> str:
    """Read the references in a text; an ampersand that begins none, as in `?a=1&copy=2`, stays."""
    return _REFERENCE.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    name = found[1]
    if not name.startswith("#"):
        return html5.get(f"{name};", found[0])
    number = int(f"0{name[1:]}", 16) if name[1] in "xX" else int(name[1:])
    is_allowed = 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE or 0x10000 <= number <= 0x10FFFF
    return chr(number) if is_allowed or number in (9, 10, 13) else ""
