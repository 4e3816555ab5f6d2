"""Who may be asked now, and how long a server is waited for."""

from __future__ import annotations

import asyncio
import time

import pytest

from feedbraid.fetch import _places
from feedbraid.fetch._patience import Patience
from feedbraid.fetch._places import DOCUMENTS, Places


def test_whoever_keeps_us_waiting_makes_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_places, "PATIENCE", 0.01)

    async def run() -> list[int]:
        places, enough, release, done = Places(1), asyncio.Event(), asyncio.Event(), list[int]()

        async def ask(number: int) -> None:
            async with places.place():
                done.append(number)
                if len(done) > _places.ASIDE:
                    enough.set()
                await release.wait()

        asked = [asyncio.ensure_future(ask(number)) for number in range(9)]
        await enough.wait()
        await asyncio.sleep(0.05)  # in which no other one may begin
        begun = list(done)
        release.set()
        await asyncio.gather(*asked)
        assert sorted(done) == list(range(9))
        async with places.place():
            assert places.turns._free.locked(), "as many places as before"
        return begun

    assert asyncio.run(asyncio.wait_for(run(), 5.0)) == list(range(1 + _places.ASIDE))


def test_nobody_is_asked_while_many_documents_wait_for_a_reader() -> None:
    async def run() -> None:
        places, begun = Places(2), asyncio.Event()

        async def ask() -> None:
            async with places.place():
                begun.set()

        for _ in range(DOCUMENTS):
            places.hold()
        asked = asyncio.ensure_future(ask())
        for _ in range(5):
            await asyncio.sleep(0)
        assert not begun.is_set()
        places.drop()
        await asyncio.wait_for(asked, 5.0)

    asyncio.run(run())


def test_d22_the_time_in_which_we_were_busy_ourselves_does_not_count() -> None:
    """What a server sent meanwhile lies there, and takes some steps to be read."""

    async def run() -> str:
        async with Patience(0.2):
            await asyncio.sleep(0)
            time.sleep(0.5)  # noqa: ASYNC251  # the work that holds up everything
            for _ in range(20):
                await asyncio.sleep(0)
            return "read"

    assert asyncio.run(run()) == "read"


def test_patience_ends_and_can_be_paused() -> None:
    async def run(*, paused: bool) -> str:
        async with Patience(0.02) as patience:
            if paused:
                patience.pause()
            await asyncio.sleep(0.05)
        return "read"

    assert asyncio.run(run(paused=True)) == "read"
    with pytest.raises(TimeoutError):
        asyncio.run(run(paused=False))
