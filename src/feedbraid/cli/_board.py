"""What the service knows of itself and of its sources, for its server; and what may be asked of it there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from feedbraid.app import FeedReport
from feedbraid.masks import masked
from feedbraid.model import Document
from feedbraid.schedule import Event, wall_clock
from feedbraid.service import ServedFeed, Service
from feedbraid.settings import Config
from feedbraid.wire import opened

if TYPE_CHECKING:
    from feedbraid.bulletin import Bulletin
    from feedbraid.serve import Action, Done
    from feedbraid.standing import Share

FOLDER = "status/"
"""Of the documents about the health of the sources."""

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

FRESH = 2.0
"""Seconds for which what was found out about the sources is told again."""

ANSWERED_WITHIN = 10.0
"""Seconds for which somebody who wants something done waits for the answer."""

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
    since = journal.succeeded and f"since {journal.succeeded:%Y-%m-%d %H:%M} UTC"
    why = f": {journal.troubles[0]}" if journal.troubles else ""
    return f"no good pass {since or 'since it was started'}{why}"


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """Somebody wants something done about a source."""

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
        self._shares: Mapping[str, Share] = {}
        self._shares_of: object = None

    def follow(self, config: Config) -> None:
        """Go by another configuration."""
        self._config = config
        self._is_current = False

    def has_changed(self) -> None:
        """Have everything looked at anew that is told from now on."""
        self._is_current = False
        self._told_at = float("-inf")

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
        return Document("metrics", METRICS_TYPE, self._told().metrics)

    def act(self, action: Action, source: str) -> Done:
        """Have the loop do something about a source."""
        from feedbraid.serve import Done  # noqa: PLC0415  # uvicorn: only where something is served

        act = Act(action, source, Future())
        self._ring(act)
        try:
            return act.done.result(ANSWERED_WITHIN)
        except NotYet:
            return Done(202, "a pass is being made; it is done after that")

    def _told(self) -> Bulletin:
        """Write how the sources do, unless nothing has changed since, or it was just written."""
        with self._lock:
            is_fresh = self._is_current or time.monotonic() - self._told_at < FRESH
            if self._bulletin is None or not is_fresh:
                self._is_current = True
                self._bulletin = self._gathered()
                self._told_at = time.monotonic()
            return self._bulletin

    def _gathered(self) -> Bulletin:
        # Feedgen and much else, only where somebody asks (D23).
        from feedbraid.bulletin import bulletin, served_feeds  # noqa: PLC0415
        from feedbraid.standing import shares_of  # noqa: PLC0415

        with opened(self._config) as app:
            mark = (app.store.changes(), self._config)
            if mark != self._shares_of:
                self._shares, self._shares_of = shares_of(app), mark
            feeds = served_feeds(app, self._feeds)
            return bulletin(app, service_of(self.journal, feeds), wall_clock(), self._shares)


def service_of(journal: Journal, feeds: tuple[ServedFeed, ...]) -> Service:
    """Give what is told of the service itself."""
    return Service(
        version="",
        started=journal.started,
        last_run=journal.ended,
        last_good_run=journal.succeeded,
        next_due=journal.due,
        pass_seconds=journal.seconds,
        troubles=tuple(map(masked, journal.troubles)),
        feeds=feeds,
    )
