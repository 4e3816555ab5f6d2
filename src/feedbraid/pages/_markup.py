"""HTML that can not be broken by the text in it: only what this module made or marked is `Markup`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import NewType

from feedbraid.text import xml_safe

Markup = NewType("Markup", str)
"""HTML that is written as it is. A plain text becomes one by `text` alone."""

NOTHING = Markup("")

_VOID = frozenset({"img", "link", "meta"})


def text(plain: str) -> Markup:
    """Write plain text as HTML, without what HTML forbids."""
    return Markup(escape(xml_safe(plain)))


def element(name: str, attributes: Mapping[str, str | None], *content: Markup) -> Markup:
    """Write an element. An attribute that is None is left out; an empty one is written."""
    stated = "".join(f' {key}="{text(value)}"' for key, value in attributes.items() if value is not None)
    end = "" if name in _VOID else f"</{name}>"
    return Markup(f"<{name}{stated}>{''.join(content)}{end}")


def joined(parts: Iterable[Markup], between: str = "") -> Markup:
    """Put parts that are not empty one after the other, with plain text between them."""
    return Markup(text(between).join(part for part in parts if part))


def lines(*parts: Markup) -> Markup:
    """Put each part that is not empty on a line of its own."""
    return joined(parts, "\n")
