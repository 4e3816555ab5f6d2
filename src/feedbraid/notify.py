"""What systemd is told of the service: that it is ready, what it does, that it lives (sd_notify(3)).

One datagram for each message, to the socket that systemd names in the environment. Elsewhere there is none, and
nothing is told to anybody.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

_NO_WAITING = socket.MSG_DONTWAIT
"""A service that waits for systemd to listen would be as dead as one that hangs."""


class Notifier:
    """Tells systemd how the service does. As a companion of the loop, that it is ready, and that it ends."""

    def __init__(self, environment: Mapping[str, str] = os.environ, process: int | None = None) -> None:
        """Take from the environment where to tell it; `process` is the number of this one."""
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self.pause = _pause(environment, os.getpid() if process is None else process)
        """How often a sign of life is wanted at least: half of the watchdog's time. None: not at all."""
        self._last = float("-inf")

    def start(self) -> None:
        """Say that the service is ready."""
        self._tell("READY=1")

    def stop(self) -> None:
        """Say that the service ends."""
        self._tell("STOPPING=1")

    def reloading(self) -> None:
        """Say that the configuration is read again; `start` says that this is over."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def status(self, text: str) -> None:
        """Say in one line what the service does, for `systemctl status`."""
        self._tell(f"STATUS={' '.join(text.split())}")

    def alive(self) -> None:
        """Give a sign of life, unless the last one was just given."""
        if self.pause is None or time.monotonic() - self._last < self.pause.total_seconds() / 2:
            return
        self._last = time.monotonic()
        self._tell("WATCHDOG=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        with (
            suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way,
        ):  # nobody may listen any more
            way.sendto(message.encode(), _NO_WAITING, self._address)


def _address(stated: str) -> str:
    """Give the address of a socket: a path, or a name in the abstract namespace; empty when it is neither."""
    if stated.startswith("@"):
        return f"\0{stated[1:]}"
    return stated if stated.startswith("/") else ""


def _pause(environment: Mapping[str, str], process: int) -> timedelta | None:
    """Give half of the watchdog's time (sd_watchdog_enabled(3)); None when it does not watch this process."""
    stated, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not stated.isdecimal() or not int(stated) or whose not in ("", str(process)):
        return None
    return timedelta(microseconds=int(stated)) / 2
