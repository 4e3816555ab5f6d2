"""The clock. A pass reads it once; `FEEDBRAID_NOW` sets it, so that days can be rehearsed in seconds (D20)."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from feedbraid.errors import ConfigError

VARIABLE = "FEEDBRAID_NOW"

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Far enough from the end of the calendar that every pause still has a date."""


def current_time() -> datetime:
    """Give the time of this pass in UTC, in whole seconds. Raises ConfigError when the variable makes no sense."""
    stated = os.environ.get(VARIABLE, "").strip()
    if not stated:
        return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251  # the one clock of the commands
    moment = _moment(stated)
    if moment is None or not EARLIEST <= moment < LATEST:
        message = f"{stated!r} is no time; write 2021-01-27T14:41:19Z, or Unix seconds"
        raise ConfigError.of(VARIABLE, message)
    return moment


def _moment(stated: str) -> datetime | None:
    try:
        if stated.isdecimal():
            return datetime.fromtimestamp(int(stated), UTC)
        moment = datetime.fromisoformat(stated)
        return moment.astimezone(UTC).replace(microsecond=0) if moment.tzinfo else None
    except (ValueError, OverflowError, OSError):
        return None
