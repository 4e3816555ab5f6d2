"""Put the posts of a feed into another order than newest first.

The live document holds the first posts in this order. So a feed that is sorted by title with `limit: 50` has the
first fifty titles of the alphabet, however old they are, and a feed that is sorted with the oldest first stays at
the beginning. Posts that went into no archive yet are in the live document all the same, and so are some of each
source (`min_per_source`). `limit` below `filters:` takes the first posts in the order that it finds.

Most feed readers show posts by their date, whatever their order in the document. What they show first, this filter
does not change. It is for programs that take the first posts of a document, for pages, and for choosing with
`limit`.

Texts are compared without regard to upper and lower case and to full and half width, character by character as
Unicode numbers them: the same everywhere, whatever the language of the machine. Accented letters come after z, and
Chinese titles are not in the order of their sounds. Posts that state no title or no author come last either way.
What is equal stays newest first, and what has the same date is ordered by address.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from pydantic import model_validator

from feedbraid.forms import Form
from feedbraid.model import Post
from feedbraid.text import LINE_LIMIT

from . import AllPosts, Chosen, Example, Filter, Mistake, Row, Setting

_Quality = Literal["published", "updated", "seen", "title", "source", "author"]


class Options(Form):
    """What the order is made by."""

    by: _Quality = "published"
    """published: its date; updated: when it changed; seen: when it was first met; or title, source, author."""
    order: Literal["ascending", "descending"] | None = None
    """ascending: oldest first, A to Z; descending: newest first, Z to A, which is the default for dates."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not self.model_fields_set:
            raise ValueError(
                "say what to sort by, such as  sort: title; without a filter, the newest post is first"
            )
        return self


def _build(options: Options, setting: Setting) -> AllPosts:  # noqa: ARG001  # every filter gets it
    value = _VALUES[options.by]
    order = options.order or ("descending" if options.by in _DATES else "ascending")

    def choose(rows: Sequence[Row]) -> Chosen:
        return Chosen(rows=tuple(_ordered(rows, value, descends=order == "descending")))

    return AllPosts(choose=choose, look=_LOOKS.get(options.by))


def _ordered(rows: Sequence[Row], value: Callable[[Row], str], *, descends: bool) -> list[Row]:
    """Sort by one thing after the other, the least important first: each keeps what the last one did."""
    ordered = sorted(rows, key=lambda row: row.key)
    ordered.sort(key=lambda row: row.date, reverse=True)
    ordered.sort(key=value, reverse=descends)
    ordered.sort(key=lambda row: not value(row))
    return ordered


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:LINE_LIMIT]).casefold().strip()


def _moment(date: datetime) -> str:
    return date.astimezone(UTC).isoformat()


def _first_author(post: Post) -> str:
    return _folded(next((person.name for person in post.entry.authors), ""))


_DATES = ("published", "updated", "seen")

_LOOKS: Mapping[str, Callable[[Post], str]] = {
    "updated": lambda post: _moment(post.updated),
    "title": lambda post: _folded(post.entry.title),
    "author": _first_author,
}

_VALUES: Mapping[str, Callable[[Row], str]] = {
    "published": lambda row: _moment(row.date),
    "updated": lambda row: row.facts,
    "seen": lambda row: _moment(row.first_seen),
    "title": lambda row: row.facts,
    "source": lambda row: _folded(row.origin),
    "author": lambda row: row.facts,
}


FILTER = Filter(
    summary="put the posts into another order",
    options=Options,
    build=_build,
    short="by",
    examples=(
        Example(
            says="By title.",
            config="- sort: title",
            posts=({"title": "pear"}, {"title": "Apple"}, {"title": ""}, {"title": "Orange"}),
            gives=({}, {}, {}, {}),
            order=(1, 3, 0, 2),
        ),
        Example(
            says="The oldest first, for a book that is published by chapters.",
            config="- sort: {by: published, order: ascending}",
            posts=(
                {"published": "2026-02-03T12:00:00Z"},
                {"published": "2026-02-02T12:00:00Z"},
                {"published": "2026-02-01T12:00:00Z"},
            ),
            gives=({}, {}, {}),
            order=(2, 1, 0),
        ),
        Example(
            says="Source by source, the newest post of each first.",
            config="- sort: source",
            posts=(
                {"published": "2026-02-03T12:00:00Z", "source": "voa"},
                {"published": "2026-02-02T12:00:00Z", "source": "bbc"},
                {"published": "2026-02-01T12:00:00Z", "source": "voa"},
            ),
            gives=({}, {}, {}),
            order=(1, 0, 2),
        ),
    ),
    mistakes=(
        Mistake(config="- sort", says="say what to sort by, such as  sort: title"),
        Mistake(config="- sort: date", says="'date' is not one of 'published', 'updated'"),
        Mistake(config="- sort: {by: title, order: newest}", says="'newest' is not one of 'ascending'"),
        Mistake(
            config="- sort: published",
            says="Changes nothing: posts are in this order already, unless a filter before it sorted them.",
            is_error=False,
        ),
        Mistake(
            config="- limit: 20\n- sort: title",
            says="The twenty newest posts, by title. The other way round, it is the first twenty titles.",
            is_error=False,
        ),
    ),
)
