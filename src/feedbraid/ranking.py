"""Who comes first: the total order among copies of one post (D2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from feedbraid.model import CopyHead

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def precedence(head: CopyHead, rank: Mapping[str, int]) -> tuple[int, float, bool, str, str]:
    """Give the sorting key of a copy, the winner's being the smallest.

    First the rank of its origin (an origin without one comes last), then the newest date, https before http,
    and at last its place, so that no two copies are ever equal.
    """
    newest = head.updated or head.published or _LONG_AGO
    age = -(newest - _LONG_AGO).total_seconds()
    return rank.get(head.origin, len(rank)), age, head.link.startswith("http:"), head.origin, head.ref
