"""What a running feedbraid says of itself: its passes, its troubles, and the feeds that it publishes."""

from __future__ import annotations

from datetime import datetime

from feedbraid.nouns import dataclass
from feedbraid.text import counted

FOLDER = "status/"
"""Of the documents about the health of the sources: below the output folder, and on the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicFeed:
    """One published feed of which everybody may know."""

    name: str
    title: str
    address: str
    """Its public folder, with a slash at the end."""
    entries: int
    """In its live document."""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """How the work does that several machines share."""

    waiting: int = 0
    """Hosts that wait for a worker."""
    running: int = 0
    """Hosts that are being read."""
    lag_seconds: float = 0.0
    """For how long the first of those that wait has waited."""
    workers: int = 0
    """Programs that were heard of within a lease."""
    is_finishing: bool = False
    """Somebody writes feeds, or is going to."""

    def phrases(self) -> tuple[str, ...]:
        """Say all of it."""
        lag = f", the first for {self.lag_seconds:.0f} s" if self.waiting else ""
        waiting = f"{counted(self.waiting, 'host')} waiting{lag}"
        finishing = ("feeds are to be written",) if self.is_finishing else ()
        return counted(self.workers, "worker"), waiting, f"{self.running} being read", *finishing


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How the program does, as far as it is known; a single `run` knows less than `start`."""

    version: str = ""
    started: datetime | None = None
    """None when it is no service that keeps running."""
    last_run: datetime | None = None
    last_good_run: datetime | None = None
    """The last one that could write all it had to."""
    next_due: datetime | None = None
    """When the next source is asked."""
    pass_seconds: float | None = None
    """How long the last pass took."""
    troubles: tuple[str, ...] = ()
    """What the operator has to mend, as sentences without secrets."""
    errands: int = 0
    """Messages that wait to be delivered."""
    feeds: tuple[PublicFeed, ...] = ()
    queue: Queue | None = None
    """None where one machine does all the work."""
