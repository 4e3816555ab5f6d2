"""The body of a post inside a page: as it was cleaned, made to live beside others.

A body is balanced HTML in which every attribute is quoted (N42), so its tags can be found one by one.
"""

from __future__ import annotations

import re

from feedbraid.media import ATTRS, values_of, written
from feedbraid.pages._markup import Markup
from feedbraid.text import language_tag

_OUT_OF_PLACE = frozenset({"headers", "id"})
"""Ids of two posts may be equal, and nothing points to them: links to `#fragments` lead to the post's own page."""

_DIRECTIONS = frozenset({"ltr", "rtl", "auto"})

_PLAYER = {"controls": "", "preload": "none"}
_ADDED = {
    "audio": _PLAYER,
    # A frame stays where the operator allows its host (N48), and such players ask which site shows them.
    "iframe": {"loading": "lazy", "referrerpolicy": "strict-origin-when-cross-origin"},
    "img": {"alt": "", "loading": "lazy"},
    "video": _PLAYER,
}
"""What a body does not say itself."""

_TAG = re.compile(rf"<(/?)([a-z][a-z0-9]*+)({ATTRS})>")
_CHANGING = re.compile(rf"<(/?)(main|{'|'.join(_ADDED)})({ATTRS})>")
"""The tags that are changed where no attribute is."""
_CHANGING_ATTRIBUTE = re.compile(' (?:dir|headers|id|lang)="')


def embedded(body: str) -> Markup:
    """Make a body a part of a page that has many: ids are unique, nothing loads before it is seen.

    A page has one `main` (HTML 4.4.14), so that of a body becomes a `div`. Nothing is dropped that shows.
    """
    tags = _TAG if _CHANGING_ATTRIBUTE.search(body) else _CHANGING
    return Markup(tags.sub(_at_home, body))


def has_frames(body: str) -> bool:
    """Tell whether a body shows pages of other sites."""
    return "<iframe" in body


def _says_anything(key: str, value: str) -> bool:
    """Tell whether an attribute means something to a browser: no language or direction that there is not."""
    if key == "lang":
        return language_tag(value).lower() == value.lower()
    return key != "dir" or value.lower() in _DIRECTIONS


def _at_home(found: re.Match[str]) -> str:
    end, name, attributes = found.groups()
    own = "div" if name == "main" else name
    stated = values_of(attributes)
    kept = {key: value for key, value in stated.items() if key not in _OUT_OF_PLACE and _says_anything(key, value)}
    values = kept | {key: value for key, value in _ADDED.get(name, {}).items() if key not in kept and not end}
    return found[0] if own == name and values == stated else f"<{end}{own}{written(values)}>"
