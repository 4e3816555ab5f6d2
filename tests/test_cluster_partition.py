"""Workers on machines of their own, and a cable between them and the rest that is cut for longer than a lease."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import namespaces
import postgres
from clustered import HOSTS, World, finished, judged, world

pytest.importorskip("procrastinate", reason="procrastinate is not installed: pip install 'feedbraid[cluster]'")

SETTINGS = "cluster: {lease: 2s, finish_within: 1h}"
SOURCES, COUNT = 40, 8

MACHINES = ("one", "two", "three")


@contextmanager
def machines(folder: Path, delay: float) -> Iterator[tuple[World, postgres.Server, namespaces.Wire]]:
    """Give machines for workers, and one with a database and hosts that they reach over a wire."""
    postgres.needed()
    namespaces.needed()
    with namespaces.Wire(MACHINES, COUNT) as wire:
        within = wire.within(namespaces.SITE)
        server = postgres.Server(listens=namespaces.DATABASE, within=within)
        try:
            server.start()
            server.sql("CREATE DATABASE store")
            network = namespaces.HOSTS
            with world(folder, SOURCES, COUNT, delay, SETTINGS, network=network, within=within) as one:
                yield one, server, wire
        finally:
            server.remove()


def test_workers_on_machines_of_their_own_publish_what_one_process_does(tmp_path: Path) -> None:
    with machines(tmp_path, 0.02) as (one, server, wire):
        expected = one.single()
        one.log.write_text("")
        store = server.address_on_wire("store")
        workers = [one.worker(store, wire.within(machine)) for machine in MACHINES]
        one.scheduler(store)
        one.until(lambda: finished(one, server, "store"), "all is read and written")

        judged(one, expected, server, "store")
        assert set(HOSTS.answered(one.log).values()) == {1}
        assert len(HOSTS.askers(one.log)) > 1
        assert namespaces.DATABASE not in HOSTS.askers(one.log)
        for process in one.processes:
            process.terminate()
        assert [process.wait(20) for process in workers] == [143] * 3


def test_a_worker_whose_cable_is_cut_overwrites_nothing_and_works_again_when_it_is_mended(tmp_path: Path) -> None:
    with machines(tmp_path, 0.1) as (one, server, wire):
        expected = one.single()
        one.log.write_text("")
        store = server.address_on_wire("store")
        cut = one.worker(store, wire.within("one"))
        one.scheduler(store)
        one.until(lambda: one.requests() >= 6, "the worker begins")
        wire.cut("one")
        other = one.worker(store, wire.within("two"))
        one.until(lambda: finished(one, server, "store"), "the other one does it all")
        states = server.sql("SELECT name, state FROM origin ORDER BY name", database="store")
        wire.mend("one")
        one.until(lambda: "what came too late was not stored" in one.said.read_text(), "it notices")

        assert server.sql("SELECT name, state FROM origin ORDER BY name", database="store") == states
        judged(one, expected, server, "store")
        assert len(HOSTS.askers(one.log)) == 2

        other.terminate()
        assert other.wait(20) == 143
        early = """jsonb_set(state::jsonb, '{due}', '"2026-03-02T11:00:00Z"')::text"""
        server.sql(f"UPDATE origin SET state = {early} WHERE name = 's7'", database="store")  # noqa: S608  # ours
        asked = one.requests()
        one.until(lambda: one.requests() > asked, "it works again")
        one.until(lambda: finished(one, server, "store"), "and writes again")
        assert cut.poll() is None
