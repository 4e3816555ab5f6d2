"""How long a server is waited for: its own time counts, not that in which this program was busy or held up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

_LATE = 0.1
"""Seconds that an alarm may come late. More means that nobody could notice what the server sent meanwhile."""

_TIMES = 3
"""How often the time by which it was late is waited in addition: a machine that is always late must end, too."""


class Alarm:
    """Rings once after so many seconds, unless it is cancelled before."""

    __slots__ = ("_handle", "_loop", "_ring", "_times")

    def __init__(self, seconds: float, ring: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._ring = ring
        self._times = _TIMES
        self._handle = self._loop.call_later(seconds, self._on_time)

    def _on_time(self) -> None:
        late = self._loop.time() - self._handle.when()
        if late > _LATE and self._times:
            self._times -= 1
            self._handle = self._loop.call_later(late, self._on_time)
        else:
            self._ring()

    def cancel(self) -> None:
        """Have it not ring."""
        self._handle.cancel()

    @property
    def left(self) -> float:
        """How many seconds are left, without those for having been late."""
        return self._handle.when() - self._loop.time()


class Patience:
    """A context manager for so many seconds, after which what happens in it ends with a TimeoutError.

    None means for ever. It can be paused.
    """

    __slots__ = ("_alarm", "_seconds", "_timeout")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._timeout = asyncio.timeout(None)
        self._alarm: Alarm | None = None

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self.go_on()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()
        await self._timeout.__aexit__(kind, error, trace)

    def pause(self) -> None:
        """Have the time not count."""
        if self._alarm is not None:
            self._seconds = self._alarm.left
            self._alarm.cancel()
            self._alarm = None

    def go_on(self) -> None:
        """Have it count again."""
        if self._seconds is not None and self._alarm is None:
            self._alarm = Alarm(self._seconds, self._end)

    def _end(self) -> None:
        self._timeout.reschedule(asyncio.get_running_loop().time())
