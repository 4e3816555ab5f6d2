"""Several programs that share the work, as processes of their own, and a server of many hosts beside them."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import postgres

BENCH = Path(__file__).resolve().parents[1] / "bench"

MOMENT = "2026-03-02T12:00:00Z"

PATIENCE = 110.0
"""Seconds after which a test gives up."""


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_hosts", BENCH / "_hosts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOSTS: Any = _loaded()


@cache
def _compiled() -> str:
    """Give a folder for compiled modules: many programs are started, and to compile is most of a start."""
    folder = tempfile.mkdtemp(prefix="fb-pyc-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class World:
    """A folder with a configuration of many sources on several hosts, and the processes that work on it."""

    def __init__(self, folder: Path, port: int, sources: int, within: Sequence[str] = ()) -> None:
        self.folder = folder
        self.within = within
        self.port = port
        self.sources = sources
        self.log = folder / "requests"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.said = folder / "said"

    def single(self) -> dict[str, bytes]:
        """Give what a single process publishes of the same configuration."""
        self._run("run", "--quiet")
        found = self.outputs()
        (self.folder / "feeds").rename(self.folder / "feeds-of-one")
        return found

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [*self.within, sys.executable, "-m", "feedbraid", *arguments],
            cwd=self.folder,
            env=self._env(""),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _env(self, store: str) -> dict[str, str]:
        env = {**os.environ, "FEEDBRAID_NOW": MOMENT, "PYTHONPYCACHEPREFIX": _compiled()}
        for name in ("FEEDBRAID_STORE", "PYTHONDONTWRITEBYTECODE"):
            env.pop(name, None)
        return {**env, "FEEDBRAID_STORE": store} if store else env

    def begin(self, store: str, *arguments: str, within: Sequence[str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program that keeps running, in the network of the servers unless another one is stated."""
        before = self.within if within is None else within
        with self.said.open("ab") as said:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "feedbraid", *arguments],
                cwd=self.folder,
                env=self._env(store),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self.processes.append(process)
        return process

    def worker(self, store: str, within: Sequence[str] | None = None) -> subprocess.Popen[bytes]:
        """Start a worker that reads few hosts at a time, so that several have something to do."""
        return self.begin(store, "worker", "--hosts", "3", "--log", "json", within=within)

    def scheduler(self, store: str) -> subprocess.Popen[bytes]:
        """Start a scheduler."""
        return self.begin(store, "start", "--cluster", "--no-server", "--beat", "1", "--log", "json")

    def end(self) -> None:
        """End all processes, stopped ones too."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()

    def outputs(self) -> dict[str, bytes]:
        """Give every published file by its path."""
        folder = self.folder / "feeds"
        return {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*.*"))}

    def requests(self) -> int:
        """Count the requests that came until now."""
        return sum(line.startswith("+") for line in self.log.read_text().splitlines())

    def until(self, what: Callable[[], bool], hope: str) -> None:
        """Wait until something is so."""
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end:
                raise AssertionError(f"in vain: {hope}\n{self.said.read_text()[-6000:]}")
            time.sleep(0.02)


@contextmanager
def world(
    folder: Path,
    sources: int,
    hosts: int,
    delay: float,
    settings: str,
    *,
    network: str = HOSTS.NETWORK,
    within: Sequence[str] = (),
) -> Iterator[World]:
    """Give a world; its server and all of its processes end with the block."""
    script, log = str(BENCH / "_hosts.py"), str(folder / "requests")
    argv = [*within, sys.executable, script, str(sources), str(hosts), log, str(delay), network]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        text = HOSTS.config(sources, hosts, port, settings, network)
        (folder / "config.yaml").write_text(text, encoding="utf-8")
        made = World(folder, port, sources, within)
        try:
            yield made
        finally:
            made.end()
    finally:
        server.terminate()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def finished(one: World, server: postgres.Server, store: str) -> bool:
    """Tell whether all sources were read, and what is stored was written."""
    tables = "SELECT 1 FROM pg_tables WHERE tablename IN ('procrastinate_jobs', 'origin')"
    if len(server.sql(tables, database=store)) < 2:
        return False
    found = server.sql(
        "SELECT (SELECT count(*) FROM origin WHERE name ~ '^s[0-9]' AND state::json ->> 'succeeded' IS NOT NULL),"
        " (SELECT value FROM memo WHERE name = 'finished') = (SELECT changes::text FROM counter),"
        " (SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'finish')",
        database=store,
    )
    return found == [(one.sources, True, 0)]


def judged(one: World, expected: dict[str, bytes], server: postgres.Server, store: str) -> None:
    """See that nothing is lost and nothing doubled, and that no host was asked twice at a time."""
    assert one.outputs() == expected
    posts = server.sql("SELECT count(*), count(DISTINCT key) FROM ledger", database=store)
    copies = server.sql("SELECT count(*), count(DISTINCT (origin, key)) FROM copy", database=store)
    assert copies == [(one.sources * HOSTS.POSTS, one.sources * HOSTS.POSTS)]
    assert posts == [(one.sources * HOSTS.POSTS - one.sources // 2,) * 2]
    assert HOSTS.overlaps(one.log) == []
    assert "Traceback" not in one.said.read_text()
