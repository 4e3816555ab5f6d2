"""One round of a scheduler: what `start --cluster` does in the place of a pass."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from feedbraid.app import App, Choices
from feedbraid.cluster import scheduler
from feedbraid.errors import EngineError, StoreDamaged, StoreError, StoreTooNew
from feedbraid.nouns import dataclass
from feedbraid.schedule import Due
from feedbraid.service import Queue
from feedbraid.settings import Config
from feedbraid.wire import opened

from ._many import engine_of, leases_of

SOON = timedelta(seconds=3)
"""Until it is tried again to reach the database, or the queue had room."""

ERRANDS = "errands"
"""The lease of whoever delivers messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What became of a round: when the next one is due, and what the operator has to mend."""

    dues: Sequence[Due] = ()
    hosts: int = 0
    queue: Queue = Queue()
    troubles: Sequence[str] = ()


def hand_out(
    config: Config, choices: Choices, now: datetime, dues: Callable[[App, datetime], Iterable[Due]]
) -> Round:
    """Hand out what is due. The database may be away: then it is tried again soon."""
    try:
        with leases_of(config) as leases:
            is_ready = scheduler.make_ready(config, leases, now)
        if not is_ready:
            return Round(dues=[Due(now + SOON)])
        with opened(config) as app:
            handed = scheduler.hand_out(app, engine_of(config), choices, now)
            following = list(dues(app, now))
    except (StoreDamaged, StoreTooNew):
        raise
    except (StoreError, EngineError) as error:
        return Round(dues=[Due(now + SOON)], troubles=[str(error)])
    if handed.left:
        following.append(Due(now + SOON))
    return Round(dues=following, hosts=handed.hosts, queue=handed.queue, troubles=scheduler.troubles_of(handed))


@contextmanager
def delivering(config: Config) -> Iterator[bool]:
    """Tell whether it is up to this program to deliver messages, while the block runs."""
    with leases_of(config) as leases:
        lease = None
        with suppress(StoreError):  # the database is away, or empty: rounds tell of that
            lease = asyncio.run(leases.take(ERRANDS))
        try:
            yield lease is not None
        finally:
            if lease is not None:
                asyncio.run(leases.give_back(lease))
