"""What is decided where several machines share the work: which hosts, in what order; when feeds are written."""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

import postgres
from feedbraid.cli._log import Log
from feedbraid.cli.worker import work_until_told
from feedbraid.cluster import Ended, Engine
from feedbraid.cluster._decide import by_urgency, host_of, is_time_to_finish, of_host, with_room
from feedbraid.cluster._leases import HostPermits, Lease, Leases, LostError, while_good
from feedbraid.cluster.memory import MemoryEngine
from feedbraid.cluster.worker import Worker
from feedbraid.errors import StoreError
from feedbraid.model import NewAddress, OriginSpec, Reading, SourceState
from feedbraid.records import Fence
from feedbraid.rules import ClusterRules

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def reading(name: str, url: str, kind: str = "web") -> Reading:
    return Reading(spec=OriginSpec(name=name, kind=kind, locations=(url,)))


def state(name: str, minutes: float) -> SourceState:
    return SourceState(name=name, due=NOW + timedelta(minutes=minutes), fetched=NOW)


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("https://News.Example/feed.xml", "web", "news.example"),
        ("http://news.example:8080/feed.xml", "web", "news.example"),
        ("https://bücher.example/", "web", "xn--bcher-kva.example"),
        ("http://[::1]:80/", "web", "::1"),
        ("feeds/own.xml", "file", ""),
        ("seeds/", "seeds", ""),
    ],
)
def test_a_source_belongs_to_the_host_that_is_asked(url: str, kind: str, expected: str) -> None:
    assert host_of(None, reading("a", url, kind).spec) == expected


def test_a_source_that_moved_for_good_belongs_to_its_new_host() -> None:
    one = reading("a", "https://old.example/feed")
    moved = SourceState(
        name="a", address=NewAddress(url="https://new.example/feed", instead_of="https://old.example/feed")
    )
    assert host_of(moved, one.spec) == "new.example"
    assert of_host([one], {"a": moved}, "new.example") == [one]
    assert of_host([one], {"a": moved}, "old.example") == []


def test_the_host_that_is_longest_overdue_goes_first() -> None:
    due = [reading(name, f"https://{host}.example/{name}") for name, host in ("ax", "bx", "cy", "dz", "ew")]
    states = {"a": state("a", -1), "b": state("b", -9), "c": state("c", -5), "e": state("e", -5)}
    assert by_urgency(due, states) == ["z.example", "x.example", "w.example", "y.example"]


@pytest.mark.parametrize(
    ("hosts", "known", "room", "taken", "left"),
    [
        ("abc", "", 9, "abc", 0),
        ("abc", "b", 9, "ac", 0),
        ("abca", "", 2, "ab", 1),
        ("abc", "c", 1, "a", 1),
        ("abc", "", -4, "", 3),
        ("", "", 3, "", 0),
    ],
)
def test_a_host_is_handed_out_once_and_the_first_where_room_is_short(
    hosts: str, known: str, room: int, taken: str, left: int
) -> None:
    assert with_room(list(hosts), known, room) == (list(taken), left)


@pytest.mark.parametrize(
    ("busy", "age", "expected"), [(0, 0.0, True), (3, 59.0, False), (3, 60.0, True), (1, 61.0, True)]
)
def test_feeds_are_written_when_all_is_read_or_it_takes_too_long(busy: int, age: float, *, expected: bool) -> None:
    assert is_time_to_finish(busy, age, 60.0) is expected


# --- engines ----------------------------------------------------------------------------------------------


def in_memory(rules: ClusterRules) -> Engine:
    return MemoryEngine(rules, hosts=2)


def on_database(rules: ClusterRules) -> Engine:
    pytest.importorskip("procrastinate", reason="procrastinate is not installed: pip install 'feedbraid[cluster]'")
    from feedbraid.cluster._procrastinate import ProcrastinateEngine  # noqa: PLC0415  # not everywhere

    return ProcrastinateEngine(postgres.empty(8), rules, hosts=2)


@pytest.mark.parametrize("make", [in_memory, on_database])
def test_every_engine_runs_a_host_once_at_a_time_and_finishes_when_all_are_read(
    make: Callable[[ClusterRules], Engine],
) -> None:
    said: list[str] = []

    async def scenario() -> None:
        async with make(ClusterRules(lease=timedelta(seconds=30), queue=3)) as engine:
            assert await engine.hand_out(["a", "b", "a", "c", "d"]) == 1
            assert await engine.hand_out(["b", "c"]) == 0
            assert (await engine.look()).waiting == 3
            tries = {"b": 0}

            async def run_host(host: str) -> Ended:
                assert f"+{host}" not in said or f"-{host}" in said
                said.append(f"+{host}")
                await asyncio.sleep(0)
                said.append(f"-{host}")
                if host == "b" and not tries["b"]:
                    tries["b"] = 1
                    return Ended(again=0.0)
                return Ended(wants_finish=host == "a")

            async def finish() -> bool:
                said.append("finish")
                if said.count("finish") == 2:
                    engine.stop(1.0)
                return said.count("finish") == 2

            await engine.run(run_host, finish)

    asyncio.run(scenario())
    assert sorted(word for word in said if word[0] == "+") == ["+a", "+b", "+b", "+c"]
    assert said[-2:] == ["finish", "finish"]


# --- leases -----------------------------------------------------------------------------------------------


class Table:
    """Leases in memory; `lost` are taken by somebody else, and `is_away` is a database that can not be asked."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.lost: set[str] = set()
        self.is_away = False

    def take(self, name: str) -> Fence | None:
        if name in self.taken:
            return None
        self.taken[name] = 1
        return Fence(name, 1)

    def renew(self, fences: Collection[Fence]) -> frozenset[str]:
        if self.is_away:
            raise StoreError("the database", "it is away")
        return frozenset(one.name for one in fences) - self.lost

    def give_back(self, fence: Fence) -> None:
        self.taken.pop(fence.name, None)


def test_work_ends_before_its_lease_does_when_that_can_not_be_renewed() -> None:
    told: list[Sequence[str]] = []

    async def scenario(table: Table, length: float) -> str:
        with Leases(table, length, told.append) as leases:
            lease = await leases.take("host:a")
            assert lease is not None
            assert await leases.take("host:a") is None
            table.is_away = True
            clock = asyncio.get_running_loop().time
            began = clock()
            with pytest.raises(LostError):
                await while_good(asyncio.sleep(60), {lease})
            return "in time" if clock() - began < length else "too late"

    assert asyncio.run(scenario(Table(), 1.0)) == "in time"
    assert told[0] == ["the database: it is away; until that is over, what this worker reads is left to others"]


def test_work_goes_on_for_longer_than_a_lease_that_is_renewed_and_ends_when_somebody_took_it() -> None:
    async def scenario() -> None:
        table = Table()
        with Leases(table, 0.6) as leases:
            lease = await leases.take("host:a")
            assert lease is not None
            assert await while_good(asyncio.sleep(1.0, "done"), {lease}) == "done"
            table.lost.add("host:a")
            with pytest.raises(LostError):
                await while_good(asyncio.sleep(60), {lease})

    asyncio.run(scenario())


def test_a_lease_that_came_too_late_for_who_wanted_it_is_given_back() -> None:
    class Slow(Table):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.may_answer = threading.Event(), threading.Event()

        def take(self, name: str) -> Fence | None:
            self.asked.set()
            assert self.may_answer.wait(20)
            return super().take(name)

    async def scenario() -> bool:
        table = Slow()
        with Leases(table, 30.0) as leases:
            wanted = asyncio.ensure_future(leases.take("ask:b"))
            await asyncio.to_thread(table.asked.wait, 20)
            wanted.cancel()
            with pytest.raises(asyncio.CancelledError):
                await wanted
            table.may_answer.set()
            return await leases.take("ask:b", 20.0) is not None

    assert asyncio.run(scenario())


def test_nobody_is_told_that_work_failed_on_its_way_out_or_that_a_lease_could_not_be_given_back() -> None:
    async def scenario() -> list[object]:
        told: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

        class Deaf(Table):
            def give_back(self, fence: Fence) -> None:
                raise StoreError("the database", f"{fence.name} can not be given back")

        async def work(leases: Leases, lease: Lease) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                await leases.give_back(lease)
                raise StoreError("the database", "it is away")

        table = Deaf()
        with Leases(table, 0.5) as leases:
            lease = await leases.take("host:a")
            assert lease is not None
            table.lost.add("host:a")
            with pytest.raises(LostError):
                await while_good(work(leases, lease), {lease})
        gc.collect()
        await asyncio.sleep(0)
        return told

    assert asyncio.run(scenario()) == []


def test_two_jobs_that_are_redirected_to_each_others_hosts_do_not_wait_for_each_other() -> None:
    async def scenario() -> list[str]:
        with Leases(Table(), 30.0) as leases:
            jobs = []
            for own in "ab":
                lease = await leases.take(f"host:{own}")
                jobs.append((own, HostPermits(leases, own, lease)))
            both = asyncio.Barrier(2)

            async def walk(own: str, permits: HostPermits) -> str:
                async with permits.at(own) as why:
                    assert why == ""
                    await both.wait()
                async with permits.at("ab".replace(own, "")) as why:
                    return why

            return await asyncio.gather(*(walk(own, permits) for own, permits in jobs))

    assert asyncio.run(scenario()) == ["", ""]


def test_nobody_is_asked_by_a_worker_that_ends() -> None:
    async def scenario() -> tuple[str, int]:
        with Leases(Table(), 30.0) as leases:
            permits = HostPermits(leases, "a", await leases.take("host:a"), lambda: "this worker ends")
            async with permits.at("a") as why:
                return why, permits.refused

    assert asyncio.run(scenario()) == ("this worker ends", 1)


def test_a_worker_whose_engine_does_not_end_leaves_all_the_same() -> None:
    class Stuck:
        is_drained = False

        async def work(self) -> None:
            await over.wait()

        def drain(self) -> None:
            self.is_drained = True

    async def scenario() -> None:
        asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGTERM)
        log = Log(as_json=True, is_quiet=True)
        await work_until_told(cast("Worker", stuck), log, over.set, 0.05)

    over = asyncio.Event()
    stuck, before = Stuck(), signal.getsignal(signal.SIGTERM)
    try:
        asyncio.run(scenario())
    finally:
        signal.signal(signal.SIGTERM, before)
    assert (stuck.is_drained, over.is_set()) == (True, True)
