"""A configured feedbraid: the parts that a run works with, and what it reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import datetime
from pathlib import Path
from typing import Literal

from feedbraid.errors import FilterMissing
from feedbraid.filters import Step
from feedbraid.formats import Format
from feedbraid.model import (
    Failed,
    FeedSpec,
    FilterSpec,
    OriginSpec,
    PageText,
    Postponed,
    Reading,
    Recipe,
    SiteSpec,
    Skipped,
)
from feedbraid.nouns import dataclass
from feedbraid.rules import HealthRules, PublishRules
from feedbraid.sources import Source
from feedbraid.store import Store

NOTHING_YET = "there is nothing to publish yet"

NO_PAGES = SiteSpec(pages=False)

OpenSources = Callable[[Sequence[OriginSpec]], AbstractAsyncContextManager[Mapping[str, Source]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPage:
    """The page of a post, or of several, that is to be read."""

    url: str
    recipes: tuple[Recipe, ...]
    is_own: bool = False
    """A source of the post is on the same host; else no private host is asked, whatever is allowed to sources."""
    proxy: str = ""


PageAnswer = Failed | Postponed | Sequence[PageText | Failed]
"""Why there is no page; or what is found on it, for each recipe."""

ReadPage = Callable[[WantedPage], Awaitable[PageAnswer]]
OpenPages = Callable[[], AbstractAsyncContextManager[ReadPage]]


def no_pages_of_posts() -> AbstractAsyncContextManager[ReadPage]:
    """Stand in where pages of posts can not be read."""
    raise FilterMissing("full_text", "the pages of posts can not be read here")


def no_filter(spec: FilterSpec) -> Step:
    """Stand in where no filter can be configured."""
    raise FilterMissing(spec.name, "there are no filters here")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A configured feedbraid: what `wire` puts together and all that a run needs."""

    readings: tuple[Reading, ...]
    """Every origin, seeds first, then sources as configured: also the precedence for new ids (N9)."""
    feeds: tuple[FeedSpec, ...]
    store: Store
    open_sources: OpenSources
    load_format: Callable[[str], Format]
    output: Path
    site: SiteSpec = NO_PAGES
    make_filter: Callable[[FilterSpec], Step] = no_filter
    open_pages: OpenPages = no_pages_of_posts
    block: tuple[FilterSpec, ...] = ()
    """Filters that leave out what must never be taken in."""
    folder: Path = Path()
    """Where relative paths begin."""
    health: HealthRules = field(default_factory=HealthRules)
    publish: PublishRules | None = None
    """Where what is written is brought; None: nowhere."""
    version: str = ""
    """Part of every fingerprint: another version renders everything anew."""

    @property
    def rank(self) -> dict[str, int]:
        """Give the place of every origin in the configuration."""
        return {reading.spec.name: place for place, reading in enumerate(self.readings)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the operator may choose for one pass."""

    network: bool = True
    force: bool = False
    """Ask sources that are not due, too; validators are still sent."""
    only: Sequence[str] = ()
    """Names of the sources to ask; none means all."""
    news: Sequence[str] = ()
    """Sources that are said to have news: due, unless they failed or asked for rest."""
    everything: bool = False
    """Render documents in which nothing changed, too."""
    allow_shrink: bool = False
    dry: bool = False
    """Write no file and report which would be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What became of one origin in one pass."""

    name: str
    kind: str
    result: Literal["read", "unchanged", "failed", "waiting"]
    detail: str = ""
    failing: bool = False
    """It failed now, or the last time it was asked."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    blocked: int = 0
    """How many of the new and changed ones are not published, because a rule of the configuration blocks them."""
    flood: int = 0
    """How many of the new ones are old, came at once, and are held back until `held_until`."""
    held_until: datetime | None = None
    skipped: tuple[Skipped, ...] = ()


def stand_in(feed: str) -> str:
    """Name the origin of posts that were read back from a published feed, and whose own origin does not show.

    Those of its parts are its posts, too.
    """
    return f"(published {feed.partition('/')[0]})"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was read back from published documents because the store was missing."""

    feeds: int
    posts: int
    archives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOutReport:
    """What became of all feeds, and the files written beside them: index, list of sources, style."""

    feeds: tuple[FeedReport, ...]
    beside: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    """Why some of the files beside them were not written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one filter did to a feed: how many posts it left out, how many it changed."""

    filter: str
    dropped: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What became of one feed: its entries, the files written, or why it was held back."""

    name: str
    entries: int
    written: tuple[str, ...] = ()
    held: str = ""
    note: str = ""
    """What the operator should know of it besides."""
    effects: tuple[Effect, ...] = ()
    """What each of its filters did, where it was built anew."""
    remarks: tuple[str, ...] = ()
    """What its filters found."""

    @property
    def refused(self) -> bool:
        """Tell whether there was something to write that must not be written."""
        return self.held not in ("", NOTHING_YET)
