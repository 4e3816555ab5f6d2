"""Work again and again: the only module that knows APScheduler."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger


class Ticker:
    """Calls `work` at once and then at every interval, in a thread of its own, one call at a time.

    A call that takes longer than the interval, or a machine that slept, leads to one late call and no more.
    `work` must not raise: the scheduler would swallow it.
    """

    def __init__(self, work: Callable[[], None], every: timedelta) -> None:
        self._scheduler = BlockingScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(1)})
        self._scheduler.add_job(
            work,
            IntervalTrigger(seconds=every.total_seconds(), timezone=UTC),
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    def run(self) -> None:
        """Work until `stop` is called."""
        self._scheduler.start()

    def stop(self) -> None:
        """Begin no other call; one that is going on goes to its end. Safe in a signal handler, and in `work`.

        It is done from another thread, because a handler may interrupt the scheduler while it holds a lock.
        """
        threading.Thread(target=self._scheduler.shutdown, kwargs={"wait": False}).start()
