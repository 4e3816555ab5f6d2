"""Signals that end or reload a service."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from feedbraid.schedule import Event, Happened

GRACE = 3.0
"""Seconds that a pass has to come to its end when the service is told to."""

LAST_GRACE = 5.0
"""Seconds after that until the process ends, whatever it does."""


class Service(Protocol):
    """What is told of signals."""

    is_passing: bool

    def ring(self, event: Event) -> None:
        """Tell it what has happened, from a signal handler."""
        ...


class _Ending:
    """What the signals mean that end or reload a service."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._interrupt = signal.getsignal(signal.SIGTERM)
        """What SIGTERM means to every command: it unwinds what is being done."""
        self._is_told = False
        self._is_late = False
        self._had_terminal = sys.stderr.isatty()

    def terminate(self, _: int, __: FrameType | None) -> None:
        """End when the pass is over that is being made; at once when told a second time."""
        if self._is_told:
            _leave()
        self._is_told = True
        self._service.ring(Happened.END)
        signal.setitimer(signal.ITIMER_REAL, GRACE, LAST_GRACE)

    def lose_patience(self, _: int, frame: FrameType | None) -> None:
        """Interrupt the pass; if that does not help, end."""
        if self._is_late:
            _leave()
        self._is_late = True
        if self._service.is_passing and callable(self._interrupt):
            self._interrupt(signal.SIGTERM, frame)

    def hang_up(self, number: int, frame: FrameType | None) -> None:
        """Reload; but end when the terminal is gone on which the service was started."""
        if self._had_terminal and not sys.stderr.isatty():
            self.terminate(number, frame)
        else:
            self._service.ring(Happened.RELOAD)


@contextmanager
def heeding_signals(service: Service) -> Iterator[None]:
    """Heed signals while the block runs. SIGINT stays what it is everywhere: it interrupts at once."""
    ending = _Ending(service)
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]] = {
        signal.SIGTERM: ending.terminate,
        signal.SIGALRM: ending.lose_patience,
    }
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        handlers[signal.SIGHUP] = ending.hang_up
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave() -> None:
    """End at once. The store is as after a power failure: whole."""
    os.write(2, b"feedbraid: terminated at once\n")
    os._exit(128 + signal.SIGTERM)
