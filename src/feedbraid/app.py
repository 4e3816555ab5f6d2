"""A configured feedbraid: the parts that a run works with, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from feedbraid.formats import Format
from feedbraid.model import FeedSpec, OriginSpec, Reading, SiteSpec, Skipped
from feedbraid.sources import Source
from feedbraid.store import Store

NOTHING_YET = "there is nothing to publish yet"

NO_PAGES = SiteSpec(pages=False)

OpenSources = Callable[[Sequence[OriginSpec]], AbstractAsyncContextManager[Mapping[str, Source]]]


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
    flood: int = 0
    """How many of the new ones are old, came at once, and are held back until `held_until`."""
    held_until: datetime | None = None
    skipped: tuple[Skipped, ...] = ()


def stand_in(feed: str) -> str:
    """Name the origin of posts that were read back from a published feed, and whose own origin does not show."""
    return f"(published {feed})"


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
class FeedReport:
    """What became of one feed: its entries, the files written, or why it was held back."""

    name: str
    entries: int
    written: tuple[str, ...] = ()
    held: str = ""
    note: str = ""
    """What the operator should know of it besides."""

    @property
    def refused(self) -> bool:
        """Tell whether there was something to write that must not be written."""
        return self.held not in ("", NOTHING_YET)
