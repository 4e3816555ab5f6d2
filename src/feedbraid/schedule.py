"""Work again and again: the only module that knows APScheduler."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger


class _Beat(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """At once, and then always an interval from now on.

    The triggers of the library count from the last time instead: a clock that is set right after years would have
    millions of times to make up for.
    """

    def __init__(self, every: timedelta) -> None:
        self._every = every

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return now if previous is None else now + self._every


class Ticker:
    """Calls `work` at once and then at every interval, one call at a time, in the thread that calls `run`.

    A call that takes longer than the interval, a machine that slept, or a clock that was set lead to one late call
    and no more (F17, F18, F47, F50). What `work` raises, as a signal handler may, ends it.
    """

    def __init__(self, work: Callable[[], None], every: timedelta) -> None:
        self._work = work
        self._every = every
        self._due = threading.Event()
        self._stopped = False
        self._scheduler = BackgroundScheduler(timezone=UTC, executors={"default": DebugExecutor()})

    def run(self) -> None:
        """Work until `stop` is called."""
        job = self._scheduler.add_job(
            self._due.set, _Beat(self._every), coalesce=True, max_instances=1, misfire_grace_time=None
        )
        self._scheduler.start()
        try:
            while not self._stopped:
                # The scheduler goes by the time of day. Where that was set back, its next beat lies far ahead.
                if not self._due.wait(2 * self._every.total_seconds()):
                    job.reschedule(_Beat(self._every))
                    continue
                self._due.clear()
                self._work()
        finally:
            self._scheduler.shutdown(wait=False)

    def stop(self) -> None:
        """Begin no other call; for `work` itself."""
        self._stopped = True
