"""What the service knows of itself and of its sources, for its server; and what may be asked of it there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from feedbraid.app import App, FeedReport
from feedbraid.errors import EngineError
from feedbraid.masks import masked
from feedbraid.model import Document
from feedbraid.nouns import dataclass
from feedbraid.run import noted_entries
from feedbraid.schedule import Event, wall_clock
from feedbraid.service import FOLDER, PublicFeed, Queue, Service
from feedbraid.settings import Config
from feedbraid.text import minute
from feedbraid.wire import opened

from ._acts import refused
from ._clock import current_time

if TYPE_CHECKING:
    from feedbraid.bulletin import Bulletin
    from feedbraid.serve import Action, Done
    from feedbraid.standing import Share

FRESH = 2.0
"""Seconds for which what was found out about the sources is told again."""

MISSED_BEATS = 3
"""So many beats without a good pass, and the service is not well."""

LEAST_LATE = timedelta(minutes=10)
"""A pass may take long: it is not late before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """What is known of the passes of a service."""

    started: datetime
    ended: datetime | None = None
    """When the last pass ended."""
    succeeded: datetime | None = None
    """When the last one ended that did what it should, with at least one source that works."""
    seconds: float | None = None
    """How long the last one took."""
    due: datetime | None = None
    """When the next one is due, at the latest."""
    troubles: tuple[str, ...] = ()
    """What went wrong in the last one; empty when it did what it should."""


def trouble_of(journal: Journal, now: datetime, beat: timedelta) -> str:
    """Say why a service that makes a pass each beat is not well; empty when it is."""
    late = max(MISSED_BEATS * beat, LEAST_LATE)
    if now - (journal.succeeded or journal.started) <= late:
        return ""
    since = journal.succeeded and f"since {minute(journal.succeeded)}"
    why = f": {masked(journal.troubles[0])}" if journal.troubles else ""
    return f"no good pass {since or 'since it was started'}{why}"


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """Somebody wants something done about a source."""

    number: int
    """Later ones have greater numbers."""
    action: Action
    source: str
    done: Future[Done]


class NoticeBoard:
    """Answers for the service. Everything here may be called from any thread."""

    def __init__(self, config: Config, beat: timedelta, ring: Callable[[Event], None]) -> None:
        self.journal = Journal(started=wall_clock())
        self._config = config
        self._beat = beat
        self._ring = ring
        self._lock = threading.Lock()
        self._bulletin: Bulletin | None = None
        self._told_at = float("-inf")
        self._is_current = False
        self._feeds: tuple[FeedReport, ...] = ()
        self._shares: tuple[str, Mapping[str, Share]] | None = None
        self.config_troubles: tuple[str, ...] = ()
        """What is wrong with the configuration as it is written now, while the former one holds."""
        self.queue: Queue | None = None
        """How the work does that several machines share."""
        self._numbers = count()
        self._open_lock = threading.Lock()
        self._open: list[Act] = []
        self._is_over = False

    def follow(self, config: Config) -> None:
        """Go by another configuration."""
        self._config = config
        self._is_current = False

    def has_changed(self) -> None:
        """Have everything looked at anew that is told from now on."""
        self._is_current = False
        self._told_at = float("-inf")

    def hear_of_config(self, lines: Sequence[str]) -> None:
        """Take down what is wrong with the configuration as it is written now."""
        troubles = tuple(line.removeprefix("feedbraid: ") for line in lines)
        if troubles != self.config_troubles:
            self.config_troubles = troubles
            self.has_changed()

    def add_trouble(self, text: str) -> None:
        """Take down what went wrong after a pass that did what it should."""
        self.journal = replace(self.journal, troubles=(*self.journal.troubles, text))

    def pass_ended(
        self,
        *,
        seconds: float | None,
        due: datetime | None,
        troubles: tuple[str, ...],
        feeds: tuple[FeedReport, ...] | None = None,
    ) -> None:
        """Take down that a pass has ended."""
        now = wall_clock()
        self._feeds = self._feeds if feeds is None else feeds
        succeeded = self.journal.succeeded if troubles else now
        self.journal = replace(
            self.journal, ended=now, succeeded=succeeded, seconds=seconds, due=due, troubles=troubles
        )
        self._is_current = False

    def trouble(self) -> str:
        """Say why the service is not well; empty when it is."""
        return trouble_of(self.journal, wall_clock(), self._beat)

    def document(self, name: str) -> Document | None:
        """Give a document about the health of the sources, by its name in its folder."""
        return next((one for one in self._told().documents if one.path == f"{FOLDER}{name}"), None)

    def metrics(self) -> Document:
        """Give the metrics for Prometheus."""
        return self._told().metrics

    def act(self, action: Action, source: str) -> Future[Done]:
        """Have the loop do something about a source."""
        act = Act(next(self._numbers), action, source, Future())
        with self._open_lock:
            self._open = [one for one in self._open if not one.done.done()] + [act]
            is_over = self._is_over
        if is_over:
            self.stop()
        else:
            self._ring(act)
        return act.done

    def start(self) -> None:
        """Begin. As a companion of the loop it ends before the server does, which waits for its answers."""

    def stop(self) -> None:
        """Answer all who wait, and whoever comes later, that nothing is done any more."""
        with self._open_lock:
            self._is_over = True
            left, self._open = self._open, []
        for one in left:
            answer(one, refused("the service ends"))

    def _told(self) -> Bulletin:
        """Write how the sources do, unless nothing has changed since, or it was just written."""
        with self._lock:
            # Where others do the work, nobody here knows when something has changed.
            is_fresh = (self._is_current and self.queue is None) or time.monotonic() - self._told_at < FRESH
            if self._bulletin is None or not is_fresh:
                self._is_current = True
                self._told_at = time.monotonic()
                try:
                    self._bulletin = self._gathered()
                except BaseException:
                    self._is_current, self._bulletin = False, None
                    raise
            return self._bulletin

    def _gathered(self) -> Bulletin:
        # Feedgen and much else, only where somebody asks (D23).
        from feedbraid.bulletin import bulletin  # noqa: PLC0415

        with opened(self._config) as app:
            return bulletin(app, self._service(app), current_time(), self._shares_of(app))

    def publish(self, app: App) -> None:
        """Write what the configuration wants to be told of the sources after a pass. Raises PublishError."""
        if not app.health.is_written:
            return
        from feedbraid.bulletin import publish_health  # noqa: PLC0415  # as above

        with self._lock:
            shares = self._shares_of(app)
        publish_health(app, self._service(app), current_time(), self._config.folder, shares)

    def _service(self, app: App) -> Service:
        from feedbraid.bulletin import public_feeds  # noqa: PLC0415  # as above

        # Where others write the feeds, they tell in the store what these hold.
        feeds = self._feeds if self.queue is None else noted_entries(app.store)
        service = service_of(self.journal, public_feeds(app, feeds), self.config_troubles)
        return service if self.queue is None else replace(service, queue=self._queue())

    def _queue(self) -> Queue | None:
        """Ask how the queue does now; what was known last, where it can not be reached."""
        from feedbraid.cluster.scheduler import look  # noqa: PLC0415  # only where several machines share the work

        from ._many import engine_of  # noqa: PLC0415  # as above

        with suppress(EngineError):
            self.queue = look(engine_of(self._config))
        return self.queue

    def _shares_of(self, app: App) -> Mapping[str, Share]:
        """Give what became of all copies, found out again only when something has changed."""
        from feedbraid.standing import shares_of, shares_print  # noqa: PLC0415  # as above

        mark = shares_print(app)
        if self._shares is None or self._shares[0] != mark:
            self._shares = mark, shares_of(app)
        return self._shares[1]


def answer(act: Act, done: Done) -> None:
    """Answer who wants something done, unless nobody waits any more."""
    with suppress(InvalidStateError):
        act.done.set_result(done)


def service_of(journal: Journal, feeds: tuple[PublicFeed, ...], others: tuple[str, ...] = ()) -> Service:
    """Give what is told of the service itself; `others` are troubles besides those of the last pass."""
    return Service(
        started=journal.started,
        last_run=journal.ended,
        last_good_run=journal.succeeded,
        next_due=journal.due,
        pass_seconds=journal.seconds,
        troubles=tuple(map(masked, (*others, *journal.troubles))),
        feeds=feeds,
    )
