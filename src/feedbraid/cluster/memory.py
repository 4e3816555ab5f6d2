"""An engine in memory, for one process: what tests and rehearsals hand hosts out with. Nothing outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from feedbraid.cluster import Engine, Finish, RunHost
from feedbraid.cluster._decide import with_room
from feedbraid.rules import ClusterRules
from feedbraid.service import Queue


class MemoryEngine:
    """Hands hosts out in the order in which they came."""

    def __init__(self, rules: ClusterRules, *, hosts: int = 1) -> None:
        """Make an engine that runs so many `hosts` at a time."""
        self._rules = rules
        self._hosts = hosts
        self._waiting: list[str] = []
        self._running: list[str] = []
        self._is_changed = False
        self._is_over = False
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Do nothing."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    async def hand_out(self, hosts: Sequence[str]) -> int:
        """Have hosts run, in this order; see `Engine`."""
        room = self._rules.queue - len(self._waiting)
        chosen, left = with_room(hosts, (*self._waiting, *self._running), room)
        self._waiting += chosen
        self._news.set()
        return left

    async def run(self, run_host: RunHost, finish: Finish) -> None:
        """Run hosts until `stop` is called; see `Engine`."""
        tasks: set[asyncio.Task[None]] = set()
        while not self._is_over:
            self._news.clear()
            while self._waiting and len(self._running) < self._hosts:
                host = self._waiting.pop(0)
                self._running.append(host)
                tasks.add(asyncio.create_task(self._run(host, run_host)))
            if self._is_changed and not self._waiting and not self._running:
                self._is_changed = not await finish()
                continue
            await self._news.wait()
        await asyncio.gather(*tasks)

    async def _run(self, host: str, run_host: RunHost) -> None:
        ended = await run_host(host)
        self._running.remove(host)
        self._is_changed = self._is_changed or ended.wants_finish
        if ended.again is not None:
            self._waiting.append(host)
        self._news.set()

    def stop(self, patience: float) -> None:  # noqa: ARG002  # nothing is cancelled here
        """Take no more hosts; see `Engine`."""
        self._is_over = True
        self._news.set()

    async def look(self) -> Queue:
        """Tell how the queue does."""
        return Queue(
            waiting=len(self._waiting), running=len(self._running), workers=1, is_finishing=self._is_changed
        )


_: type[Engine] = MemoryEngine
