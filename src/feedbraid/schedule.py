"""The loop of the service: what wakes it, when, and what runs beside it. The door to APScheduler."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from queue import Empty, SimpleQueue
from typing import Protocol

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger

from feedbraid.model import Schedule
from feedbraid.nouns import dataclass
from feedbraid.policy import next_time

LOOK = timedelta(seconds=30)
"""The longest time for which the loop is not looked after: whether the clock was set, and whether it is alive."""

CLOCK_IS_SET = timedelta(seconds=5)
"""By more than this no clock differs from another in so short a time: somebody set it, or the machine slept."""


class Happened(Enum):
    """What woke the loop, beside what others ring in with."""

    START = auto()
    TIME = auto()
    """Something is due, or nothing has happened for a whole beat."""
    CLOCK = auto()
    """The clock was set, or the machine was asleep."""
    RELOAD = auto()
    """Somebody wants the configuration read again, and a pass."""
    END = auto()


Event = object
"""What happened: one of `Happened`, or a noun of whoever rang in."""


@dataclass(frozen=True, slots=True)
class Due:
    """A time at which something is due, and the schedule that goes on after it; None when nothing follows."""

    moment: datetime
    schedule: Schedule | None = None


class Companion(Protocol):
    """What runs beside the loop, such as a server: begins before its first call and ends after its last one."""

    def start(self) -> None:
        """Begin, and return; raises what is to keep the service from beginning."""
        ...

    def stop(self) -> None:
        """End, within seconds."""
        ...


def wall_clock() -> datetime:
    """Give the time of day, as APScheduler sees it."""
    return datetime.now(UTC)


# --- when to wake -----------------------------------------------------------------------------------------


class _Beat(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Always an interval from now on.

    The trigger of the library counts from the last time instead: a clock that is set right after years would have
    millions of times to make up for.
    """

    def __init__(self, every: timedelta) -> None:
        self._every = every

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime:
        return now + self._every


class Times(BaseTrigger):  # type: ignore[misc]  # as above
    """The time at which something is due, then those of its schedule: cron lines as CronSim reads them.

    A time that has passed is made up for at once, and several of them once.
    """

    def __init__(self, due: Due) -> None:
        self._due = due

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """Give the next time; `previous` is the last one at which the job was started, for whatever reason."""
        if previous is None or previous < self._due.moment:
            return max(self._due.moment, now)
        return next_time(self._due.schedule, max(previous, now)) if self._due.schedule else None


def _earliest(dues: Iterable[Due]) -> list[Due]:
    """Give the earliest due time of each schedule: thousands of sources have few schedules."""
    first: dict[Schedule | None, Due] = {}
    for due in dues:
        known = first.setdefault(due.schedule, due)
        first[due.schedule] = min(known, due, key=lambda one: one.moment)
    return list(first.values())


class Alarm:
    """Rings when the earliest of some times comes, and at the latest a beat after it was set or rang last.

    It goes on ringing by the schedules of what was due, also when nobody sets it anew.
    """

    def __init__(self, ring: Callable[[], None], beat: timedelta, scheduler: BaseScheduler | None = None) -> None:
        self._ring = ring
        self._beat = beat
        self._scheduler = scheduler or BackgroundScheduler(timezone=UTC, executors={"default": DebugExecutor()})

    def start(self) -> None:
        """Begin to go by the times it is set to."""
        self._scheduler.start()

    def stop(self) -> None:
        """Ring no more."""
        self._scheduler.shutdown(wait=False)

    def set(self, dues: Iterable[Due]) -> None:
        """Go by these times and by no others."""
        self._scheduler.add_job(
            self._ring,
            OrTrigger([_Beat(self._beat), *map(Times, _earliest(dues))]),
            id="wake",
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )


class _Drift:
    """Notices that the time of day jumps: the alarm goes by it, the loop waits by a clock that nobody can set."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Take the time of day for right."""
        self._began = self._now()

    def _now(self) -> timedelta:
        return self._clock() - datetime.fromtimestamp(0, UTC) - timedelta(seconds=time.monotonic())

    def is_found(self) -> bool:
        """Tell whether the time of day was set since the last reset."""
        return abs(self._now() - self._began) > CLOCK_IS_SET


# --- the loop ---------------------------------------------------------------------------------------------


class Loop:
    """Calls `work` with what has happened: at once, and whenever something wakes it, one call at a time.

    `work` gives the times at which something is due next, or None when it does not know: then those of before
    hold, and their schedules. Whatever happens during a call leads to one more call; a machine that slept or a
    clock that was set leads to one, and no more (F17, F18, F47, F50). What `work` raises, as a signal handler may,
    ends it.
    """

    def __init__(  # noqa: PLR0913  # all but two have a default
        self,
        work: Callable[[frozenset[Event]], Iterable[Due] | None],
        beat: timedelta,
        *,
        companions: Sequence[Companion] = (),
        alive: Callable[[], None] = lambda: None,
        look: timedelta = LOOK,
        clock: Callable[[], datetime] = wall_clock,
    ) -> None:
        """Make a loop that calls `work` at least once a `beat`.

        `alive` is called while it waits, at least once a `look`; `clock` is the time of day.
        """
        self._work = work
        self._companions = companions
        self._alive = alive
        self._look = min(look, beat)
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._alarm = Alarm(lambda: self.ring(Happened.TIME), beat)
        self._drift = _Drift(clock)
        self._dues: tuple[Due, ...] = ()
        self.is_ending = False
        """It was told to end: `work` should begin nothing long."""

    def ring(self, event: Event) -> None:
        """Wake the loop; from any thread, and from a signal handler."""
        self.is_ending = self.is_ending or event is Happened.END
        self._events.put(event)

    def run(self) -> None:
        """Work in this thread until `END` is rung in."""
        self._alarm.set(self._dues)
        with ExitStack() as running:
            for one in (self._alarm, *self._companions):
                one.start()
                running.callback(one.stop)
            happened: frozenset[Event] = frozenset({Happened.START})
            while not self.is_ending:
                self._call(happened)
                happened = self._wait()

    def _call(self, happened: frozenset[Event]) -> None:
        dues = self._work(happened)
        if dues is None:
            return
        # What rang during the work is among the new times, if it still counts.
        for event in self._taken() - {Happened.TIME}:
            self._events.put(event)
        self._dues = tuple(dues)
        self._wind_up()

    def _wind_up(self) -> None:
        self._drift.reset()
        self._alarm.set(self._dues)

    def _wait(self) -> frozenset[Event]:
        while True:
            self._alive()
            if self._drift.is_found():
                self._wind_up()
                return self._taken() | {Happened.CLOCK}
            with suppress(Empty):
                return frozenset({self._events.get(timeout=self._look.total_seconds())}) | self._taken()

    def _taken(self) -> frozenset[Event]:
        """Take all events that are there."""
        found = set()
        with suppress(Empty):
            while True:
                found.add(self._events.get_nowait())
        return frozenset(found)
