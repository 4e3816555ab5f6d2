"""The work of several machines: the boundary between what is to be done and the engine that hands it out.

An engine has two verbs, "hand out these hosts" and "run this host", and is asked how its queue does. Nothing above
knows which one it is. The unit of work is a host: whoever runs it reads all of its sources that are due, one after
the other, so that a host is asked by one worker at a time. What is due stands in the store, not in the queue: a
lost job loses nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Protocol, Self

from feedbraid.nouns import dataclass
from feedbraid.service import Queue

HERE = ""
"""The host of what is read on this machine: seeds, and sources that are files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a host was run."""

    wants_finish: bool = False
    """Something has changed that feeds may show: they are to be written."""
    again: float | None = None
    """Seconds after which it is to be run once more, because it was not walked to its end."""


RunHost = Callable[[str], Awaitable[Ended]]
"""Reads the sources of a host that are due. Never raises."""

Finish = Callable[[], Awaitable[bool]]
"""Writes what has changed; tells whether all of it is written, or it has to be called again. Never raises."""


class Engine(Protocol):
    """Hands hosts out to workers, each to one at a time. An async context manager; raises EngineError."""

    async def __aenter__(self) -> Self:
        """Connect, and make ready what the engine needs."""
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of everything."""
        ...

    async def hand_out(self, hosts: Sequence[str]) -> int:
        """Have hosts run, in this order, and what was lost by workers that died; give how many had no room.

        One that waits, or is being run, is not handed out again.
        """
        ...

    async def run(self, run_host: RunHost, finish: Finish) -> None:
        """Run hosts, several at a time, until `stop` is called; raises when the engine can not go on.

        After a host that wants it, `finish` is called by one worker: when no host waits or is being run any more,
        or some time after the first of them wanted it.
        """
        ...

    def stop(self, patience: float) -> None:
        """Take no more hosts; cancel what still runs after so many seconds. Then `run` ends."""
        ...

    async def look(self) -> Queue:
        """Tell how the queue does."""
        ...
