"""Several machines share the work: real processes on a real database, and hosts that write down who asks them."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

import postgres
from clustered import HOSTS, finished, judged, world

pytest.importorskip("procrastinate", reason="procrastinate is not installed: pip install 'feedbraid[cluster]'")

SETTINGS = "cluster: {lease: 2s, finish_within: 1h}"
SOURCES, COUNT = 40, 8


def files_in(folder: Path) -> dict[str, bytes]:
    """Give every file below a folder by its path, but for notes of whoever put it there."""
    files = (one for one in sorted(folder.rglob("*")) if one.is_file() and not one.name.startswith("."))
    return {str(one.relative_to(folder)): one.read_bytes() for one in files}


def test_three_workers_and_two_schedulers_publish_what_one_process_does_and_never_ask_a_host_twice_at_a_time(
    tmp_path: Path,
) -> None:
    store = postgres.empty(7)
    server = postgres.running()
    with world(tmp_path, SOURCES, COUNT, 0.02, f"{SETTINGS}\npublish: elsewhere") as one:
        expected = one.single()
        (tmp_path / "elsewhere").rename(tmp_path / "elsewhere-of-one")
        one.log.write_text("")
        for _ in range(3):
            one.worker(store)
        schedulers = [one.scheduler(store) for _ in range(2)]
        one.until(lambda: finished(one, server, "store7"), "all is read and written")

        judged(one, expected, server, "store7")
        assert files_in(tmp_path / "elsewhere") == files_in(tmp_path / "elsewhere-of-one") != {}
        assert set(HOSTS.answered(one.log).values()) == {1}
        entries = server.sql("SELECT value FROM memo WHERE name = 'entries'", database="store7")
        live = {name: json.loads(expected[f"{name}/feed.json"])["items"] for name in ("all", "first")}
        assert entries == [(json.dumps({name: len(items) for name, items in live.items()}),)]
        for process in one.processes:
            process.terminate()
        assert [process.wait(20) for process in one.processes] == [143] * 5
        assert server.sql("SELECT count(*) FROM lease WHERE until > now()", database="store7") == [(0,)]
        assert [scheduler.returncode for scheduler in schedulers] == [143] * 2


def test_killed_programs_and_a_database_that_restarts_lose_and_double_nothing(tmp_path: Path) -> None:
    postgres.needed()
    server = postgres.Server("fsync=on", "full_page_writes=on")
    server.start()
    try:
        server.sql("CREATE DATABASE store")
        store = server.address("store")
        with world(tmp_path, SOURCES, COUNT, 0.1, SETTINGS) as one:
            expected = one.single()
            one.log.write_text("")
            workers = [one.worker(store) for _ in range(3)]
            scheduler = one.scheduler(store)
            one.until(lambda: one.requests() >= 8, "workers begin")
            workers[0].kill()
            one.until(lambda: one.requests() >= 14, "the others go on")
            server.stop("immediate")
            server.start()
            scheduler.kill()
            one.scheduler(store)
            one.until(lambda: finished(one, server, "store"), "all is read and written")

            judged(one, expected, server, "store")
            assert [process.poll() for process in workers[1:]] == [None, None]
            # Asked again is what was under way when its worker, or the database, went away.
            assert max(HOSTS.answered(one.log).values()) <= 3
    finally:
        server.remove()


def test_a_worker_that_was_stopped_for_longer_than_its_lease_overwrites_nothing(tmp_path: Path) -> None:
    store = postgres.empty(7)
    server = postgres.running()
    with world(tmp_path, SOURCES, COUNT, 0.1, SETTINGS) as one:
        expected = one.single()
        one.log.write_text("")
        stopped = one.worker(store)
        one.scheduler(store)
        one.until(lambda: one.requests() >= 6, "the worker begins")
        stopped.send_signal(signal.SIGSTOP)
        taken = "SELECT name, token FROM lease WHERE until > now() ORDER BY name"
        tokens: dict[Any, Any] = {row[0]: row[1] for row in server.sql(taken, database="store7")}
        one.worker(store)
        one.until(lambda: finished(one, server, "store7"), "the other one does it all")
        states = server.sql("SELECT name, state FROM origin ORDER BY name", database="store7")
        stopped.send_signal(signal.SIGCONT)
        one.until(lambda: "what came too late was not stored" in one.said.read_text(), "it notices")
        rows = server.sql("SELECT name, token FROM lease", database="store7")
        later: dict[Any, Any] = {row[0]: row[1] for row in rows}

        assert any(name.startswith("host:") for name in tokens)
        assert all(later[name] > tokens[name] for name in tokens if name.startswith("host:"))
        assert server.sql("SELECT name, state FROM origin ORDER BY name", database="store7") == states
        judged(one, expected, server, "store7")
