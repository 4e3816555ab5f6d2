"""The leases that a worker holds: taken before a host is asked, renewed by a thread, lost in time.

What counts is that a worker stops asking before anybody else may begin. So a lease is good for as long as the
database was told to keep it, counted from before it was told, by the clock that nobody can set; and whoever works
under it is cancelled a little before that ends.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from feedbraid.errors import StoreError
from feedbraid.records import Fence

T = TypeVar("T")

_BEATS = 3
"""A lease is renewed so many times in its length."""

_MARGIN = 0.1
"""The part of a lease, at its end, in which nothing is begun any more."""

_WAIT = 0.2
"""Seconds between two tries to take a lease that somebody holds."""

_LOOK = 0.1
"""Seconds, at most, after which it is noticed that a lease is lost."""

PATIENCE = 5.0
"""Seconds for which a host that somebody else asks is waited for, on the way to a document."""


class Table(Protocol):
    """Where leases are kept, for all machines. Raises StoreError."""

    def take(self, name: str) -> Fence | None:
        """Take a lease; None when somebody holds it."""
        ...

    def renew(self, fences: Collection[Fence]) -> frozenset[str]:
        """Begin the time of leases anew; give the names of those that are still held."""
        ...

    def give_back(self, fence: Fence) -> None:
        """Let others take a lease at once."""
        ...


@dataclass(slots=True, eq=False)
class Lease:
    """A lease that this worker holds; `good_until` is a time of the clock that nobody can set."""

    fence: Fence
    good_until: float
    margin: float

    @property
    def is_good(self) -> bool:
        """Tell whether something may be begun under it."""
        return time.monotonic() < self.good_until - self.margin


class Leases:
    """All leases of this process. A context manager: a thread renews them meanwhile."""

    def __init__(
        self, table: Table, length: float, tell: Callable[[Sequence[str]], None] = lambda _: None
    ) -> None:
        """Keep leases of `length` seconds in a table.

        `tell` is told, by a thread, why they can not be renewed, and nothing when they can be again.
        """
        self._table = table
        self._length = length
        self._tell = tell
        self._held: dict[str, Lease] = {}
        self._giving: set[asyncio.Task[None]] = set()
        """What gives leases back that nobody waits for any more."""
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._renew_for_ever, name="feedbraid-leases", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(self._length)

    async def take(self, name: str, patience: float = 0.0) -> Lease | None:
        """Take a lease, if need be when it is free within so many seconds; None when it is not."""
        end = time.monotonic() + patience
        while True:
            found = await self._taken(name)
            if found is not None or time.monotonic() + _WAIT > end:
                return found
            await asyncio.sleep(_WAIT)

    async def _taken(self, name: str) -> Lease | None:
        asking = asyncio.ensure_future(asyncio.to_thread(self._take, name))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            # The thread goes on, and what it takes now would be renewed for ever.
            asking.add_done_callback(self._unwanted)
            raise

    def _unwanted(self, asking: asyncio.Task[Lease | None]) -> None:
        lease = None if asking.cancelled() or asking.exception() else asking.result()
        if lease is not None:
            giving = asyncio.ensure_future(self.give_back(lease))
            self._giving.add(giving)
            giving.add_done_callback(self._giving.discard)

    def _take(self, name: str) -> Lease | None:
        began = time.monotonic()
        fence = self._table.take(name)
        if fence is None:
            return None
        lease = Lease(fence, began + self._length, self._length * _MARGIN)
        with self._lock:
            self._held[name] = lease
        return lease

    async def give_back(self, lease: Lease) -> None:
        """Let others have a lease. Where the database can not be told, it ends by itself."""
        with self._lock:
            if self._held.get(lease.fence.name) is lease:
                del self._held[lease.fence.name]
        lease.good_until = float("-inf")
        await asyncio.shield(asyncio.to_thread(self._give_back, lease.fence))

    def _give_back(self, fence: Fence) -> None:
        with suppress(StoreError):
            self._table.give_back(fence)

    def _renew_for_ever(self) -> None:
        pause = self._length / _BEATS
        while not self._is_over.wait(pause):
            try:
                self.renew()
                pause = self._length / _BEATS
                self._tell(())
            except StoreError as error:
                self._tell([f"{error}; until that is over, what this worker reads is left to others"])
                pause = min(1.0, self._length / 10)  # there is time for several tries

    def renew(self) -> None:
        """Renew all leases; those that are lost are not good any more. Raises StoreError."""
        with self._lock:
            held = dict(self._held)
        if not held:
            return
        began = time.monotonic()
        kept = self._table.renew([one.fence for one in held.values()])
        for name, lease in held.items():
            if name in kept:
                # Never later than it was: what was given back meanwhile stays so.
                lease.good_until = began + self._length if lease.good_until > 0 else lease.good_until
            else:
                lease.good_until = float("-inf")
                with self._lock:
                    if self._held.get(name) is lease:
                        del self._held[name]


class HostPermits:
    """Leave to ask hosts, for one job. That to ask its own host is kept from one request to the next.

    While the job waits for another host, and asks nothing of its own one, others may ask that: else two jobs that
    are redirected to each other's hosts would wait for each other. `refused` counts the requests for which there
    was no leave; `held` are the leases that the job depends on.
    """

    def __init__(
        self, leases: Leases, own: str = "", lease: Lease | None = None, refusal: Callable[[], str] = str
    ) -> None:
        """Make the permits of the job of a host, `own`, that has a lease on it.

        `refusal` says why nothing is to be asked any more.
        """
        self._leases = leases
        self._own = own
        self._refusal = refusal
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._kept: Lease | None = None
        self._others: dict[str, Lease] = {}
        self._waiting = 0
        """Requests that wait for another host."""
        self.held = set() if lease is None else {lease}
        self.refused = 0

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[str]:
        """Hold the leave to ask a host while the block runs; see `Permits`."""
        async with self._turns[host]:
            why = self._refusal() or await self._taken(host)
            self.refused += bool(why)
            try:
                yield why
            finally:
                await self._ended(host)

    async def _taken(self, host: str) -> str:
        is_own = host == self._own
        if is_own and self._kept is not None:
            return "" if self._kept.is_good else "the leave to ask this host is lost"
        self._waiting += not is_own
        try:
            if not is_own and not self._turns[self._own].locked():
                await self.let_go()
            lease = await self._leases.take(f"ask:{host}", PATIENCE)
        finally:
            self._waiting -= not is_own
        if lease is None:
            return f"another worker asks {host} just now"
        self.held.add(lease)
        if is_own:
            self._kept = lease
        else:
            self._others[host] = lease
        return ""

    async def _ended(self, host: str) -> None:
        if host == self._own:
            if self._waiting:
                await self.let_go()
        elif (lease := self._others.pop(host, None)) is not None:
            self.held.discard(lease)
            await self._leases.give_back(lease)

    async def let_go(self) -> None:
        """Let others ask the job's own host, until it is asked next."""
        kept, self._kept = self._kept, None
        if kept is not None:
            self.held.discard(kept)
            await self._leases.give_back(kept)


def name_of(host: str) -> str:
    """Name the lease of who reads the sources of a host."""
    return f"host:{host}"


class LostError(Exception):
    """Work was cancelled because a lease was lost that it depends on."""


async def while_good(work: Awaitable[T], held: Collection[Lease]) -> T:
    """Do work under leases, which may change meanwhile. Raises LostError when one of them is lost."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            done, _ = await asyncio.wait([task], timeout=_LOOK)
            if done:
                return task.result()
            if not all(lease.is_good for lease in held):
                raise LostError
    finally:
        if not task.done():
            task.cancel()
            # It may fail in its turn on its way out, which is nothing that anybody has to hear of.
            await asyncio.gather(task, return_exceptions=True)
