"""What a row is: an odd document and everything that comes of it; and the plain documents for odd parts.

The documents around the parts say as little as they can: a feed without a title has no author to lend, so that
an expectation lists nothing but what its part states.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from documents import URL, atom, rss

Fields = dict[str, object]
"""Fields of an Entry or a Channel that differ from their defaults; dates as RFC 3339 text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A document and what it becomes. What is empty here must be empty there, too."""

    name: str
    document: bytes
    entries: tuple[Fields, ...] = ()
    channel: Fields | None = None
    """None: the row is not about it."""
    skipped: tuple[str, ...] = ()
    """Words of the reason for each item that is left out, in their order."""
    failed: str = ""
    """Words of the reason why nothing is read at all."""
    notes: tuple[str, ...] = ()
    """The rule of each note on the document."""
    why: tuple[str, ...] | None = None
    """The rules of the notes on the entries, each once, sorted; None: the row is not about them."""
    complete: bool = True
    content_type: str = ""
    url: str = URL
    zone: str = "UTC"
    seed: str = ""
    """The path of a seed file; empty for a feed."""
    site: str = ""
    authority: str = ""
    ids: str = "auto"


# --- where the parts stand --------------------------------------------------------------------------------

HOME = "https://site.example/"
LINK = "<link>https://site.example/1</link>"
AT: Fields = {
    "key": "https://site.example/1",
    "public_id": "https://site.example/1",
    "link": "https://site.example/1",
}
"""What follows from `LINK` alone."""

ATOM_ID = "<id>tag:site.example,2026:1</id>"
ATOM_LINK = '<link href="https://site.example/1"/>'
ATOM = ATOM_ID + ATOM_LINK
ATOM_AT: Fields = {
    "key": "https://site.example/1",
    "source_id": "tag:site.example,2026:1",
    "public_id": "tag:site.example,2026:1",
    "link": "https://site.example/1",
}
"""What follows from `ATOM` alone."""

ATOM_FEED = "tag:site.example,2026:feed"

JSON = '"id": "https://site.example/1", "url": "https://site.example/1"'
JSON_AT: Fields = AT | {"source_id": "https://site.example/1"}
"""What follows from `JSON` alone."""

ONE = "<title>One</title>"
TITLED: Fields = {"title": "One"}

PLAIN_RSS = (
    "<rss version='2.0'><channel><title>Site</title><link>https://site.example/</link>"
    f"<item>{ONE}{LINK}</item></channel></rss>"
)
AUTHORLESS = "<rss version='2.0'><channel><link>https://site.example/</link>"


def minted(*parts: str) -> str:
    """Give the id of N6, worked out here a second time: published ids never change, so neither may this."""
    namespace = uuid.UUID("5b4b1f6e-6f0c-5d0e-9a54-0f6f0f3c8b1d")
    return f"urn:uuid:{uuid.uuid5(namespace, chr(10).join(parts))}"


def page(link: str, **fields: object) -> Fields:
    """Give what follows from an RSS link that is its own key."""
    return {"key": link, "public_id": link, "link": link, **fields}


def in_rss(
    name: str,
    items: str | Sequence[str],
    *entries: Fields,
    head: str = "<link>https://site.example/</link>",
    **more: Any,  # noqa: ANN401  # the fields of Row
) -> Row:
    parts = [items] if isinstance(items, str) else items
    document = rss(head, *(f"<item>{part}</item>" for part in parts))
    return _row(name, document, "rss", entries, more)


def in_atom(
    name: str,
    items: str | Sequence[str],
    *entries: Fields,
    head: str = f'<id>{ATOM_FEED}</id><link href="https://site.example/"/>',
    attributes: str = "",
    **more: Any,  # noqa: ANN401  # the fields of Row
) -> Row:
    parts = [items] if isinstance(items, str) else items
    document = atom(head, *(f"<entry>{part}</entry>" for part in parts), attributes=attributes)
    return _row(name, document, "atom", entries, more)


def in_json(
    name: str,
    items: str | Sequence[str],
    *entries: Fields,
    head: str = '"home_page_url": "https://site.example/"',
    **more: Any,  # noqa: ANN401  # the fields of Row
) -> Row:
    parts = [items] if isinstance(items, str) else items
    listed = ", ".join(f"{{{part}}}" for part in parts)
    document = f'{{"version": "https://jsonfeed.org/version/1.1", {head}, "items": [{listed}]}}'
    return _row(name, document, "json", entries, more)


def whole(
    name: str,
    document: str | bytes,
    *entries: Fields,
    dialect: str = "rss",
    **more: Any,  # noqa: ANN401  # the fields of Row
) -> Row:
    """Make a row of a document that is odd as a whole."""
    return _row(name, document, dialect, entries, more)


def seed(
    name: str,
    document: str | bytes,
    *entries: Fields,
    path: str = "one.md",
    **more: Any,  # noqa: ANN401  # the fields of Row
) -> Row:
    """Make a row of a seed file."""
    return _row(name, document, "seed", entries, {"seed": path, **more})


def _row(name: str, document: str | bytes, dialect: str, entries: Sequence[Fields], more: dict[str, Any]) -> Row:
    data = document if isinstance(document, bytes) else document.encode("utf-8", "surrogatepass")
    expected = tuple({"dialect": dialect, **entry} for entry in entries)
    return Row(name=name, document=data, entries=expected, **more)
