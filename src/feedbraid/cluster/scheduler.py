"""The scheduler: sees which hosts have sources that are due, and has an engine hand them out.

Any number of schedulers may run: an engine hands a host out once. What is to be done before anybody is asked, in a
store that is new or was restored, one of them does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from feedbraid import policy
from feedbraid.app import App, Choices
from feedbraid.backups import RESTORED
from feedbraid.cluster import Engine
from feedbraid.cluster._decide import by_urgency
from feedbraid.cluster._leases import Leases
from feedbraid.cluster.worker import FINISH
from feedbraid.nouns import dataclass
from feedbraid.run import begin, is_empty
from feedbraid.service import Queue
from feedbraid.settings import Config
from feedbraid.store import OriginChange
from feedbraid.take_in import due_ones
from feedbraid.wire import Shared, opened

PATIENCE = 30.0
"""Seconds that hosts wait before it is told that there is no worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What a scheduler did."""

    hosts: int = 0
    """Hosts that have something to be read."""
    left: int = 0
    """Of these, those for which there was no room in the queue."""
    queue: Queue = Queue()


def hand_out(app: App, engine: Engine, choices: Choices, now: datetime) -> Handed:
    """Have all hosts read that have something due, and those of sources that somebody wants asked at once.

    Raises StoreError, EngineError.
    """
    _make_due(app, choices, now)
    states = app.store.states()
    readings = app.readings if choices.network else [one for one in app.readings if one.spec.kind == "seeds"]
    hosts = by_urgency(due_ones(readings, states, now, Choices()), states)
    return asyncio.run(_handed_out(engine, hosts))


async def _handed_out(engine: Engine, hosts: Sequence[str]) -> Handed:
    async with engine:
        left = await engine.hand_out(hosts)
        return Handed(hosts=len(hosts), left=left, queue=await engine.look())


def _make_due(app: App, choices: Choices, now: datetime) -> None:
    """Note that sources are to be asked now: whoever reads them looks into the store and nowhere else."""
    states = app.store.states() if choices.only else {}
    for name in choices.only:
        state = states.get(name)
        if state is None or not (choices.force or state.failures == 0):
            continue
        wanted = replace(
            state, due=now, why=policy.ASKED, schedule="", not_before=None if choices.force else state.not_before
        )
        app.store.commit(OriginChange(state=wanted))


def make_ready(config: Config, leases: Leases, now: datetime) -> bool:
    """See that the store knows what was published, before anybody is asked; tell whether it does.

    It does not while another machine is about it. Raises FeedbraidError.
    """
    with opened(config) as app:
        if not is_empty(app.store) and not app.store.memo(RESTORED):
            return True
    lease = asyncio.run(leases.take(FINISH))
    if lease is None:
        return False
    try:
        with opened(config, Shared(fences=lambda: (lease.fence,))) as app:
            begin(app, now)
    finally:
        asyncio.run(leases.give_back(lease))
    return True


def look(engine: Engine) -> Queue:
    """Tell how the queue does. Raises EngineError."""

    async def looked() -> Queue:
        async with engine:
            return await engine.look()

    return asyncio.run(looked())


def troubles_of(handed: Handed) -> list[str]:
    """Say what an operator has to mend."""
    found = []
    if handed.left:
        found.append(f"the queue is full: {handed.left} hosts that are due wait outside; start more workers")
    if handed.queue.workers == 0 and handed.queue.lag_seconds > PATIENCE:
        found.append(f"{handed.queue.waiting} hosts wait, and there is no worker; start one: feedbraid worker")
    return found
