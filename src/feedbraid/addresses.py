"""Where a store may be: at a path, or at the address of a database."""

from __future__ import annotations

import re

from feedbraid.masks import masked


def is_database(place: str) -> bool:
    """Tell the address of a database from a path."""
    return place.startswith(("postgresql://", "postgres://"))


def place_name(place: str) -> str:
    """Name a place in a message: an address without its user and password, whatever signs these have."""
    return masked(re.sub("://.*@", "://***@", place)) if "://" in place else place


def lifeline(seconds: int) -> dict[str, int]:
    """Give settings with which a connection to a database is given up when nothing comes back for some seconds.

    They are those of libpq. Without them, whoever loses the network in the middle of a question waits for a
    quarter of an hour, and with a quiet connection for two hours.
    """
    pause = max(1, seconds // 4)
    return {
        "connect_timeout": max(2, seconds // 2),
        "tcp_user_timeout": seconds * 1000,
        "keepalives_idle": pause,
        "keepalives_interval": pause,
        "keepalives_count": 3,
    }
