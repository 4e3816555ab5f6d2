"""Keep the newest posts only: so many, so young, so many of each source.

The age counts from the newest post of the feed, not from the clock: what is published depends on nothing but the
posts. What the filter leaves out is not in the feed, and not in its archive either. A subscriber keeps what was
delivered. To have fewer posts in the document and the others in the archive, use the setting `limit` of the feed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field, model_validator

from feedbraid import configvalues as values
from feedbraid.forms import Age, Form
from feedbraid.text import counted

from . import AllPosts, Chosen, Example, Filter, Mistake, Row, Setting


class Options(Form):
    """What is kept. With several options, a post has to pass all of them."""

    count: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """At most so many posts, the first ones in their order."""
    age: Age | None = None
    """Posts that are at most so much older than the newest one, such as 30d."""
    per_source: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """At most so many posts of each source."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if self.count is None and self.age is None and self.per_source is None:
            raise ValueError("say how many: count, age or per_source")
        return self


def _build(options: Options, setting: Setting) -> AllPosts:  # noqa: ARG001  # every filter gets it
    age = values.span(options.age) if options.age else None

    def choose(rows: Sequence[Row]) -> Chosen:
        return _chosen(rows, options, age)

    return AllPosts(choose=choose)


def _chosen(rows: Sequence[Row], options: Options, age: timedelta | None) -> Chosen:
    newest = max((row.date for row in rows), default=None)
    kept: list[Row] = []
    dropped = {}
    by_source: Counter[str] = Counter()
    for row in rows:
        if age is not None and newest is not None and newest - row.date > age:
            dropped[row.key] = f"it is more than {options.age} older than the newest post"
        elif options.per_source is not None and by_source[row.origin] == options.per_source:
            dropped[row.key] = f"{counted(options.per_source, 'post')} of {row.origin} came before it"
        elif options.count is not None and len(kept) == options.count:
            dropped[row.key] = f"{counted(options.count, 'post')} came before it"
        else:
            by_source[row.origin] += 1
            kept.append(row)
    return Chosen(rows=tuple(kept), dropped=dropped)


FILTER = Filter(
    summary="keep the newest posts only: so many, so young, so many of each source",
    options=Options,
    build=_build,
    short="count",
    examples=(
        Example(
            says="The last two posts.",
            config="- limit: 2",
            posts=(
                {"published": "2026-02-28T12:00:00Z"},
                {"published": "2026-02-27T12:00:00Z"},
                {"published": "2026-02-26T12:00:00Z"},
            ),
            gives=({}, {}, "2 posts came before it"),
        ),
        Example(
            says="A month of posts, and no source more than once.",
            config="- limit: {age: 30d, per_source: 1}",
            posts=(
                {"published": "2026-02-28T12:00:00Z", "source": "voa"},
                {"published": "2026-02-27T12:00:00Z", "source": "voa"},
                {"published": "2025-12-01T12:00:00Z", "source": "bbc"},
            ),
            gives=({}, "1 post of voa came before it", "it is more than 30d older than the newest post"),
        ),
    ),
    mistakes=(
        Mistake(config="- limit", says="say how many: count, age or per_source"),
        Mistake(config="- limit: {count: 0}", says="0 is too small: it has to be at least 1"),
        Mistake(config="- limit: {age: 30}", says="'30' lacks its unit"),
        Mistake(
            config="- limit: {count: 20}",
            says="The feed has 20 posts and its archive none of the others. If only its document is to be short, "
            "write `limit: 20` beside `from:`, not below `filters:`.",
            is_error=False,
        ),
    ),
)
