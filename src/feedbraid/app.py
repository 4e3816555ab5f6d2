"""A configured feedbraid: the parts that a run works with, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from feedbraid.formats import Format
from feedbraid.model import FeedSpec, OriginSpec, Reading, Skipped
from feedbraid.sources import Source
from feedbraid.store import Store

NOTHING_YET = "there is nothing to publish yet"

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
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What became of one feed: its entries, the files written, or why it was held back."""

    name: str
    entries: int
    written: tuple[str, ...] = ()
    held: str = ""

    @property
    def refused(self) -> bool:
        """Tell whether there was something to write that must not be written."""
        return self.held not in ("", NOTHING_YET)
