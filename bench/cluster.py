"""Several workers beside a single process: the same sources, the same files, and how long each takes.

    python bench/cluster.py [--quick] [--netns] [--sources N] [--hosts N] [--delay SECONDS] [--kill SEED]

A server of several hosts on this machine answers each request after a delay, as a network does. First one process
makes a pass over a SQLite file, and one over a database; then 1, 2 and 3 workers do it, with a scheduler beside;
last, workers, the scheduler and the database are killed at moments that a seed chooses, and started again. Each
time the files have to be the same, nothing may be lost or doubled, and no host be asked twice at a time.

With `--netns`, each worker has a network namespace of its own, as a machine has, and so have the servers; the
cables between them are cut and mended, too. Only root can make namespaces.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import _hosts

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import namespaces
import postgres

MACHINES = ("one", "two", "three", "four", "five")
"""Those of workers; some of them take over from others."""

MOMENT = "2026-03-02T12:00:00Z"

PATIENCE = 900.0
"""Seconds after which a round is given up."""


class Round:
    """One configuration, and the processes that work on it."""

    def __init__(
        self, folder: Path, args: argparse.Namespace, server: postgres.Server, wire: namespaces.Wire | None
    ) -> None:
        self.folder, self.args, self.server, self.wire = folder, args, server, wire
        self.machines: dict[int, str] = {}
        self.database = ""
        self.processes: list[subprocess.Popen[bytes]] = []

    def env(self) -> dict[str, str]:
        """Give the environment of programs."""
        # With compiled modules, as an installed program has them.
        others = ("FEEDBRAID_STORE", "PYTHONDONTWRITEBYTECODE")
        plain = {key: value for key, value in os.environ.items() if key not in others}
        plain["PYTHONPYCACHEPREFIX"] = str(self.folder / "compiled")
        address = self.server.address_on_wire if self.wire else self.server.address
        store = {"FEEDBRAID_STORE": address(self.database)} if self.database else {}
        return {**plain, "FEEDBRAID_NOW": MOMENT, **store}

    def on(self, machine: str) -> list[str]:
        """Give what stands before a command on a machine."""
        return self.wire.within(machine) if self.wire else []

    def begin(self, *arguments: str, machine: str = namespaces.SITE) -> subprocess.Popen[bytes]:
        """Start a program that keeps running."""
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                [*self.on(machine), sys.executable, "-m", "feedbraid", *arguments],
                cwd=self.folder,
                env=self.env(),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        """Start a worker, on a machine that has none."""
        machine = next(one for one in MACHINES if one not in self.machines.values())
        process = self.begin("worker", "--log", "json", machine=machine)
        self.machines[process.pid] = machine
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a program, as losing the power does."""
        process.send_signal(signal.SIGKILL)
        self.machines.pop(process.pid, None)

    def scheduler(self) -> subprocess.Popen[bytes]:
        """Start a scheduler."""
        return self.begin("start", "--cluster", "--no-server", "--beat", "5", "--log", "json")

    def end(self) -> None:
        """End all programs, in good order."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.terminate()
        for process in self.processes:
            process.wait(30)
            if process.returncode not in (143, -9):
                raise SystemExit(f"a program ended with {process.returncode}")
        self.processes.clear()
        self.machines.clear()

    def outputs(self) -> dict[str, bytes]:
        """Give what was published, and remove it."""
        folder = self.folder / "feeds"
        found = {str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*.*"))}
        for one in sorted(folder.rglob("*.*")):
            one.unlink()
        return found

    def count(self) -> int:
        """Count the sources that were read."""
        tables = "SELECT 1 FROM pg_tables WHERE tablename IN ('procrastinate_jobs', 'origin')"
        if len(self.server.sql(tables, database=self.database)) < 2:
            return 0
        read = "SELECT count(*) FROM origin WHERE name ~ '^s[0-9]' AND state::json ->> 'succeeded' IS NOT NULL"
        return int(str(self.server.sql(read, database=self.database)[0][0]))

    def is_finished(self) -> bool:
        """Tell whether all was read and written."""
        if self.count() < self.args.sources:
            return False
        written = (
            "SELECT (SELECT value FROM memo WHERE name = 'finished') = (SELECT changes::text FROM counter),"
            " (SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'finish')"
        )
        return self.server.sql(written, database=self.database) == [(True, 0)]

    def until(self, what: Callable[[], bool]) -> float:
        """Wait until something is so; give the seconds."""
        began = time.monotonic()
        while not what():
            if time.monotonic() - began > PATIENCE:
                raise SystemExit("given up:\n" + (self.folder / "said").read_text()[-3000:])
            time.sleep(0.2)
        return time.monotonic() - began

    def fresh(self, name: str) -> None:
        """Go on with a database of its own."""
        self.database = name
        self.server.sql(f"CREATE DATABASE {name}")

    def judged(self, expected: dict[str, bytes], log: Path) -> list[str]:
        """Give what is wrong."""
        sources, posts = self.args.sources, _hosts.POSTS
        found = [] if self.outputs() == expected else ["other files"]
        keys = self.server.sql("SELECT count(*), count(DISTINCT key) FROM ledger", database=self.database)
        if keys != [(sources * posts - sources // 2,) * 2]:
            found.append(f"posts: {keys}")
        if overlaps := _hosts.overlaps(log):
            found.append(f"{len(overlaps)} times two requests at a host")
        return found


def single(one: Round) -> tuple[float, dict[str, bytes]]:
    """Make a pass in one process."""
    began = time.monotonic()
    argv = [*one.on(namespaces.SITE), sys.executable, "-m", "feedbraid", "run", "--quiet"]
    subprocess.run(argv, cwd=one.folder, env=one.env(), check=True, stdin=subprocess.DEVNULL)
    return time.monotonic() - began, one.outputs()


def together(one: Round, workers: int) -> float:
    """Let workers that wait have a pass handed out; give the seconds from the first request to the last file."""
    for _ in range(workers):
        one.worker()
    ready = "SELECT count(*) FROM procrastinate_workers"
    tables = "SELECT 1 FROM pg_tables WHERE tablename = 'procrastinate_workers'"
    one.until(
        lambda: (
            bool(one.server.sql(tables, database=one.database))
            and one.server.sql(ready, database=one.database) == [(workers,)]
        )
    )
    one.scheduler()
    one.until(lambda: one.count() > 0)
    return one.until(one.is_finished)


def disturbed(one: Round, seed: int) -> tuple[float, list[str]]:
    """Kill what works on it at random moments, and start it again; give the seconds, and what was done."""
    chance = random.Random(seed)  # noqa: S311  # no secret
    workers, scheduler, done = [one.worker() for _ in range(3)], one.scheduler(), []
    one.until(lambda: one.count() > 0)
    began, cut = time.monotonic(), ""
    what_happens = ["worker", "scheduler", "database", "worker", "database", *(["cable"] if one.wire else [])]
    for what in chance.sample(what_happens, len(what_happens)):
        time.sleep(chance.uniform(0.5, 3.0) * (0.2 if one.args.quick else 1.0))
        done.append(f"{what} at {one.count()}")
        if what == "worker":
            one.kill(workers.pop(0))
            workers.append(one.worker())
        elif what == "scheduler":
            one.kill(scheduler)
            scheduler = one.scheduler()
        elif what == "cable" and one.wire:
            cut = one.machines[workers[-1].pid]
            one.wire.cut(cut)
            workers.insert(0, one.worker())
        else:
            one.server.stop("immediate")
            one.server.start()
    one.until(one.is_finished)
    took = time.monotonic() - began
    if cut and one.wire:
        # What its worker sends late finds that others were faster.
        one.wire.mend(cut)
        alive = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '12 s'"
        one.until(lambda: one.server.sql(alive, database=one.database) == [(len(workers),)])
    return took, done


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few sources: to see that it works")
    parser.add_argument("--netns", action="store_true", help="each worker in a network namespace of its own")
    parser.add_argument("--sources", type=int, default=2000)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--delay", type=float, default=0.05)
    parser.add_argument("--kill", type=int, default=1, metavar="SEED")
    parser.add_argument("--results", help="taken for the sake of other benches; there is no goal here")
    args = parser.parse_args()
    if args.quick:
        args.sources, args.hosts, args.delay = 24, 6, 0.02
    if reason := postgres.missing() or (namespaces.missing() if args.netns else ""):
        print(f"nothing is measured: {reason}")
        return
    settings = ("fsync=on", "full_page_writes=on", "synchronous_commit=on")
    with ExitStack() as stack:
        wire = stack.enter_context(namespaces.Wire(MACHINES, args.hosts)) if args.netns else None
        within = wire.within(namespaces.SITE) if wire else []
        server = postgres.Server(*settings, listens=namespaces.DATABASE if wire else "", within=within)
        stack.callback(server.remove)
        server.start()
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="feedbraid-")))
        _measure(Round(folder, args, server, wire))


def _measure(one: Round) -> None:
    folder, args = one.folder, one.args
    log = folder / "requests"
    script = str(Path(__file__).with_name("_hosts.py"))
    network = namespaces.HOSTS if one.wire else _hosts.NETWORK
    argv = [*one.on(namespaces.SITE), sys.executable, script, str(args.sources), str(args.hosts), str(log)]
    hosts = subprocess.Popen([*argv, str(args.delay), network], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    if hosts.stdout is None:
        return
    settings = f"cluster: {{lease: {'2s' if args.quick else '10s'}, finish_within: 1h}}"
    text = _hosts.config(args.sources, args.hosts, int(hosts.stdout.readline()), settings, network)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    try:
        print(f"{args.sources} sources on {args.hosts} hosts, {args.delay * 1000:.0f} ms an answer\n")
        print("| who | seconds | beside one process | wrong |\n|---|---|---|---|")
        seconds, expected = single(one)
        log.write_text("")
        print(f"| one process, SQLite | {seconds:.1f} | 1.00 | the measure: {len(expected)} files |", flush=True)
        one.fresh("single")
        on_database, found = single(one)
        wrong = "nothing" if found == expected else "other files"
        print(
            f"| one process, PostgreSQL | {on_database:.1f} | {seconds / on_database:.2f} | {wrong} |", flush=True
        )
        for workers in (2,) if args.quick else (1, 2, 3):
            one.fresh(f"workers{workers}")
            log.write_text("")
            took = together(one, workers)
            wrong = "; ".join(one.judged(expected, log)) or "nothing"
            name = f"{workers} worker{'s' if workers > 1 else ''}"
            print(f"| {name} | {took:.1f} | {seconds / took:.2f} | {wrong} |", flush=True)
            one.end()
        if args.quick and not one.wire:
            return
        one.fresh("disturbed")
        log.write_text("")
        took, done = disturbed(one, args.kill)
        wrong = "; ".join(one.judged(expected, log)) or "nothing"
        again = sum(count - 1 for count in _hosts.answered(log).values())
        print(f"| 3 workers, disturbed | {took:.1f} | {seconds / took:.2f} | {wrong} |")
        print(f"\nDisturbed after so many sources: {', '.join(done)}; {again} documents were asked for again.")
    finally:
        one.end()
        hosts.terminate()
        hosts.wait()
        hosts.stdout.close()


if __name__ == "__main__":
    main()
