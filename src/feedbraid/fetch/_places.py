"""Who may be asked now: so many at a time, but those who keep us waiting hold nobody up."""

from __future__ import annotations

import asyncio
from types import TracebackType

from feedbraid.turns import Turns

PATIENCE = 0.5
"""Seconds after which a request is set aside, and makes room for the next one."""

ASIDE = 3
"""Requests that may be set aside at a time, for each that is made at a time."""

DOCUMENTS = 32
"""Documents that are held until somebody has read them, from which on no other one is asked for."""


class Places:
    """Room for `count` requests at a time, and for some more that are waiting."""

    def __init__(self, count: int) -> None:
        self.turns = Turns(count, count * ASIDE)
        self._documents = 0
        self._readers = asyncio.Event()
        self._readers.set()

    def place(self) -> Place:
        """Give a place, which is to be entered with `async with`."""
        return Place(self)

    # --- documents that wait for a reader

    def hold(self) -> None:
        """Count a document that came."""
        self._documents += 1
        if self._documents >= DOCUMENTS:
            self._readers.clear()

    def drop(self) -> None:
        """Count a document that was read."""
        self._documents -= 1
        if self._documents < DOCUMENTS:
            self._readers.set()

    async def readers(self) -> None:
        """Wait until somebody would read a document."""
        await self._readers.wait()


class Place:
    """One request's place among the others."""

    __slots__ = ("_is_aside", "_places", "_timer")

    def __init__(self, places: Places) -> None:
        self._places = places
        self._is_aside = False

    async def __aenter__(self) -> None:
        await self._places.turns.take()
        try:
            await self._places.readers()
        except BaseException:
            self._places.turns.end(was_aside=False)
            raise
        self._wait()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._places.turns.end(was_aside=self._is_aside)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._step_aside)

    def _step_aside(self) -> None:
        self._is_aside = self._places.turns.set_aside()
        if not self._is_aside:
            self._wait()  # until one of those who were before is done
