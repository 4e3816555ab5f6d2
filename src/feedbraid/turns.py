"""So many at a time, and some more: what keeps others waiting is set aside, and makes room for the next."""

from __future__ import annotations

import asyncio


class Turns:
    """Lets `count` begin, and for each of up to `most_aside` that are set aside one more."""

    def __init__(self, count: int, most_aside: int) -> None:
        self._free = asyncio.Semaphore(count)
        self._most_aside = most_aside
        self._aside = 0

    async def take(self) -> None:
        """Wait for a turn."""
        await self._free.acquire()

    def add(self) -> None:
        """Let one more begin from now on."""
        self._free.release()

    def set_aside(self) -> bool:
        """Let another one begin although one has not ended; tell whether that could be done."""
        if self._aside == self._most_aside:
            return False
        self._aside += 1
        self._free.release()
        return True

    def end(self, *, was_aside: bool) -> None:
        """Let the next one begin."""
        if was_aside:
            self._aside -= 1
        else:
            self._free.release()
