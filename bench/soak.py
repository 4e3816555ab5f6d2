"""`feedbraid start` under load for minutes: `python bench/soak.py [--seconds 600] [--sources 300]`.

Hundreds of sources on loopback, some of them bad, are to be asked once a minute, while a reader asks the server
twenty times a second. Ends with 1 when something is not as it should be.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from _manysites import RETRY_AFTER, SHARES, kinds
from _measure import feedbraid, print_versions
from _site import addresses

EVERY = 60.0
"""Seconds between two requests to a source: the least that a configuration takes."""

LATE = 1.5
"""A gap of more intervals than this is a missed request."""

WHOLE_SECONDS = 1.1
"""Of the moment of a pass only the whole seconds are kept."""

EARLY = 0.9
"""A pass may begin a twentieth early, and what is asked in one pass is asked one after the other."""

SPREAD, DEADLINE = 60, 15
"""Seconds in which the first requests go out, the least that a configuration takes, and for one document."""

MEMORY = 8 * 1024 * 1024
"""Bytes of documents that the server holds: less than there is, so that new ones do not look like a leak."""

SAMPLE, ASKED_A_SECOND = 2.0, 20
MARKS = (60, 120, 300, 600)
"""Seconds after which memory is told."""

MOST_GROWTH = 1.0
"""MiB in a minute, in the second half of the time."""

LATEST_ANSWER, LATEST_END = 0.25, 15.0
"""Seconds: the 99th percentile of what a reader waits for, and the end after it was asked for."""

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


# --- processes --------------------------------------------------------------------------------------------


@dataclass
class Gauge:
    """Samples memory and CPU time of a process and its descendants, in a thread."""

    process: int
    samples: list[tuple[float, float, float]] = field(default_factory=list)
    """(seconds since the start, MiB of the process alone, MiB of all), pages that are shared counted for each."""
    cpu: float = 0.0
    processes: int = 1
    """The most at one time."""

    def run(self, ending: threading.Event) -> None:
        """Sample until told to end."""
        began = time.monotonic()
        while not ending.wait(SAMPLE):
            family = _family(self.process)
            with suppress(OSError, ValueError):
                memory = [_memory(one) for one in family]
                self.samples.append((time.monotonic() - began, memory[0], sum(memory)))
                self.cpu = max(self.cpu, sum(map(_cpu, family)))
                self.processes = max(self.processes, len(family))

    def at(self, seconds: float) -> tuple[float, float]:
        """Give memory at a time."""
        return min(self.samples, key=lambda one: abs(one[0] - seconds))[1:]

    def growth(self) -> float:
        """Give MiB a minute of the process alone in the second half, by least squares."""
        half = self.samples[len(self.samples) // 2 :]
        if len(half) < 2:
            return 0.0
        return 60 * statistics.linear_regression([one[0] for one in half], [one[1] for one in half]).slope


def _family(process: int) -> list[int]:
    found = [process]
    for one in found:
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _memory(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE / 2**20
    except OSError:
        return 0.0


def _cpu(process: int) -> float:
    """Give CPU seconds of a process and of its children that have ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


# --- the reader -------------------------------------------------------------------------------------------

PATHS = ("/all/atom.xml", "/all/rss.xml", "/all/feed.json", "/", "/part/atom.xml", "/healthz")


@dataclass
class Reader:
    """Asks the server at a steady pace, whether it answers or not, each time on a new connection."""

    port: int
    first: float = 0.0
    """Seconds until the first whole answer; 0 when there was none."""
    waits: list[float] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)
    tags: dict[str, str] = field(default_factory=dict)

    def run(self, ending: threading.Event) -> None:
        """Ask until told to end."""
        asyncio.run(self._run(ending))

    async def _run(self, ending: threading.Event) -> None:
        began = time.monotonic()
        while not ending.is_set():
            with suppress(OSError, asyncio.TimeoutError):
                if await self._ask(PATHS[0], "") == "200":
                    self.first = time.monotonic() - began
                    break
            await asyncio.sleep(0.1)
        chance, following = random.Random(1), time.monotonic()  # noqa: S311
        asked: set[asyncio.Task[None]] = set()
        while not ending.is_set():
            path = chance.choice(PATHS)
            task = asyncio.create_task(self._count(path, chance.random() < 0.5))
            asked.add(task)
            task.add_done_callback(asked.discard)
            following += 1 / ASKED_A_SECOND
            await asyncio.sleep(max(0.0, following - time.monotonic()))
        if asked:
            await asyncio.wait(asked, timeout=10)

    async def _count(self, path: str, again: bool) -> None:  # noqa: FBT001
        began = time.perf_counter()
        try:
            said = await self._ask(path, self.tags.get(path, "") if again else "")
        except (TimeoutError, OSError, asyncio.IncompleteReadError, ValueError) as error:
            said = type(error).__name__
        self.waits.append(time.perf_counter() - began)
        self.said[said] += 1

    async def _ask(self, path: str, tag: str) -> str:
        """Give the status of a whole answer."""
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        async with asyncio.timeout(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n{known}Connection: close\r\n\r\n".encode())
                answer = await reader.read(-1)
            finally:
                writer.close()
        head, _, content = answer.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        status = lines[0].split(" ")[1] if " " in lines[0] else "nothing"
        if status == "200" and len(content) != int(fields.get("content-length", "-1")):
            return "cut"
        self.tags[path] = fields.get("etag", "")
        return status


# --- what the sources saw ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: when it came, when it was over, and what was answered; seconds since the start."""

    begin: float
    end: float
    said: str


def read_log(log: Path, count: int, start: float, end: float) -> list[list[Visit]]:
    """Give the requests of each source between two times; what was not over by the end ends there."""
    began: dict[int, float] = {}
    found: list[list[Visit]] = [[] for _ in range(count)]
    open_ = Counter[int]()
    for line in log.read_text().splitlines():
        sign, source, moment, *said = line.split()
        number, at = int(source), float(moment)
        if at > end:
            break
        if sign == "+":
            if open_[number]:  # two at a time: the one before is told as not over
                found[number].append(Visit(began[number] - start, at - start + 0.001, "overlapped"))
            open_[number] += 1
            began[number] = at
        else:
            open_[number] -= 1
            found[number].append(Visit(began[number] - start, at - start, said[0]))
    for number, times in open_.items():
        if times:
            found[number].append(Visit(began[number] - start, end - start, "open"))
    return found


@dataclass
class Findings:
    """What is to be told, and what is not as it should be."""

    wrong: list[str] = field(default_factory=list)

    def tell(self, what: str, value: str, wrong: str = "") -> None:
        """Print a figure; `wrong` says why it is not as it should be."""
        print(f"{what:38} {value}{'   <-- ' + wrong if wrong else ''}")
        if wrong:
            self.wrong.append(f"{what}: {wrong}")


def tell_schedule(found: Findings, visits: Sequence[Sequence[Visit]], seconds: float) -> None:
    """Compare what good sources were asked with what their schedule wants."""
    count = len(visits)
    for kind in ("good", "slow", *(set(SHARES) - {"slow"})):
        own = [visits[number] for number, one in enumerate(kinds(count)) if one == kind]
        asked = [len(one) for one in own]
        said = Counter(visit.said for one in own for visit in one)
        told = ", ".join(f"{times} x {word}" for word, times in said.most_common(5))
        wanted = f" of {1 + (seconds - SPREAD / 2) // EVERY:.0f} wanted" if kind in {"good", "slow"} else ""
        found.tell(
            f"requests, {len(own)} {kind} sources",
            f"{min(asked)} to {max(asked)}, median {statistics.median(asked):.0f}{wanted}: {told}",
        )
    healthy = [visits[number] for number, kind in enumerate(kinds(count)) if kind in ("good", "slow")]
    never = sum(not one for one in healthy)
    first = max((one[0].begin for one in healthy if one), default=0.0)
    late_first = "later than the spread and two passes allow" if first > SPREAD + EVERY else ""
    found.tell("good and slow sources never asked", str(never), "some were not" if never else "")
    found.tell("the first request to the last of them", f"after {first:.1f} s", late_first)
    gaps = [gap for one in healthy for gap in _gaps(one)]
    waited = [seconds - one[-1].begin for one in healthy if one]
    missed = sum(gap > LATE * EVERY for gap in (*gaps, *waited))
    if gaps:
        found.tell(
            "gaps between requests to them",
            f"{min(gaps):.1f} to {max(gaps):.1f} s, median {statistics.median(gaps):.1f} s; {EVERY:.0f} s wanted",
        )
        early = sum(gap < EARLY * EVERY for gap in gaps)
        found.tell(f"of these, shorter than {EARLY * EVERY:.0f} s", str(early), "asked too early" if early else "")
    latest = max((*gaps, *waited), default=0.0) - EVERY
    found.tell("longest lateness", f"{max(0.0, latest):.1f} s")
    found.tell("missed", str(missed), f"gaps of more than {LATE * EVERY:.0f} s" if missed else "")
    overlaps = sum(after.begin < before.end for one in visits for before, after in pairwise(one))
    found.tell("two requests at a time to a source", str(overlaps), "they overlap" if overlaps else "")
    rests = [after.begin - before.end for one in visits for before, after in pairwise(one) if before.said == "429"]
    broken = sum(rest < RETRY_AFTER - WHOLE_SECONDS for rest in rests)
    shortest = f"; the shortest rest was {min(rests):.0f} s" if rests else ""
    said = f"{len(rests)} of which the rest is over{shortest}; {RETRY_AFTER} s asked for"
    found.tell("429 with Retry-After", said, f"{broken} not obeyed" if broken else "")


def _gaps(visits: Sequence[Visit]) -> Iterator[float]:
    return (after.begin - before.begin for before, after in pairwise(visits))


# --- what the program did ---------------------------------------------------------------------------------


def tell_memory(found: Findings, gauge: Gauge, seconds: float) -> None:
    """Tell memory at the marks, and how it grows."""
    if not gauge.samples:
        found.tell("memory", "not known", "the program did not live long enough")
        return
    for mark in (*(mark for mark in MARKS if mark < seconds), seconds):
        alone, together = gauge.at(mark)
        found.tell(f"memory after {mark:.0f} s", f"{alone:.1f} MiB, with its children {together:.1f} MiB")
    peak = max(one[2] for one in gauge.samples)
    found.tell("the most memory", f"{peak:.1f} MiB in {gauge.processes} processes")
    growth = gauge.growth()
    too_much = growth > MOST_GROWTH and seconds >= MARKS[2]  # before that it is still filling its caches
    found.tell("growth in the second half", f"{growth:+.2f} MiB a minute", "it grows" if too_much else "")
    found.tell("CPU", f"{gauge.cpu:.1f} s, {100 * gauge.cpu / seconds:.0f} % of a processor")


def tell_reader(found: Findings, reader: Reader) -> None:
    """Tell how long a reader waited."""
    if not reader.first:
        found.tell("the reader", "nobody serves", "no answer came")
        return
    waits = sorted(reader.waits)
    found.tell("the reader's first feed", f"after {reader.first:.1f} s")
    errors = sum(times for word, times in reader.said.items() if word not in ("200", "304"))
    said = ", ".join(f"{times} x {word}" for word, times in reader.said.most_common(6))
    found.tell("its requests", f"{len(waits)}: {said}", f"{errors} failed" if errors else "")
    if waits:
        half, most = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
        told = f"{1000 * half:.1f} ms, p99 {1000 * most:.1f} ms, longest {1000 * waits[-1]:.0f} ms"
        found.tell("it waited, p50", told, "too long" if most > LATEST_ANSWER else "")


def tell_words(found: Findings, folder: Path) -> None:
    """Tell how many passes were made, and what was complained of that is no source's fault."""
    lines = (folder / "out").read_text().splitlines()
    passes = sum(" new, " in line for line in lines)
    found.tell("passes that had news or asked anybody", str(passes), "" if passes else "none")
    errors = (folder / "err").read_text().splitlines()
    faults = [line for line in errors if "has a fault" in line or "Traceback" in line]
    found.tell("lines of complaint", str(len(errors)))
    found.tell("of these, of faults", str(len(faults)), faults[0] if faults else "")


# --- the whole --------------------------------------------------------------------------------------------


def write_config(folder: Path, count: int, sites: int, port: int) -> None:
    """Configure all sources, and two feeds."""
    sources = "".join(f"  s{n}: http://{one}:{sites}/feed\n" for n, one in enumerate(addresses(count)))
    names = ", ".join(f"s{number}" for number in range(0, count, 5))
    (folder / "config.yaml").write_text(
        f"site: {{title: Harbours, url: 'http://127.0.0.1:{port}/'}}\n"
        f"serve: {{port: {port}, memory: {MEMORY}}}\n"
        f"fetch:\n  allow: ['127.0.0.0/8:{sites}']\n  every: 1m\n  slowest: 1m\n"
        f"  spread: {SPREAD}s\n  deadline: {DEADLINE}\n"
        f"sources:\n{sources}feeds:\n  all: {{}}\n  part: {{from: [{names}]}}\n"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _sites(count: int, log: Path) -> Iterator[int]:
    command = [sys.executable, str(Path(__file__).parent / "_manysites.py"), str(count), str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield int(line)
    finally:
        _end(process)
        if process.stdout:
            process.stdout.close()


def _end(process: subprocess.Popen[str]) -> float:
    """End a process; give the seconds that it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(2 * LATEST_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return time.monotonic() - began


def soak(folder: Path, count: int, seconds: float, *options: str) -> list[str]:
    """Run the program for some time, and print what was seen; give what is not as it should be."""
    port, log, ending = _free_port(), folder / "log", threading.Event()
    with _sites(count, log) as sites, (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        write_config(folder, count, sites, port)
        start = time.monotonic()
        process = subprocess.Popen(
            feedbraid("start", *options), cwd=folder, stdout=out, stderr=err, text=True, start_new_session=True
        )
        gauge, reader = Gauge(process.pid), Reader(port)
        threads = [threading.Thread(target=one.run, args=(ending,)) for one in (gauge, reader)]
        for thread in threads:
            thread.start()
        try:
            while process.poll() is None and time.monotonic() < start + seconds:
                time.sleep(min(1.0, max(0.01, start + seconds - time.monotonic())))
        finally:
            ended, code, end = time.monotonic() - start, process.poll(), time.monotonic()
            ending.set()
            for thread in threads:
                thread.join()
            took = _end(process)
    found = Findings()
    died = f"it ended by itself with {code}" if code is not None else ""
    found.tell("time", f"{ended:.0f} s, {count} sources", died)
    tell_schedule(found, read_log(log, count, start, end), ended)
    tell_memory(found, gauge, ended)
    tell_reader(found, reader)
    tell_words(found, folder)
    late = "too long" if took > LATEST_END else ""
    found.tell("its end", f"{took:.1f} s after SIGTERM, with {process.returncode}", late)
    return found.wrong


def main() -> None:
    """Soak, and say whether all was as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long; default: 600")
    parser.add_argument("--sources", type=int, default=300, help="how many; default: 300")
    parser.add_argument("--keep", type=Path, help="a folder to work in, which is left for a look")
    args = parser.parse_args()
    print_versions(["httpx", "apscheduler", "uvicorn"])
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as made:
        folder = args.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        wrong = soak(folder, min(max(args.sources, 20), 5000), min(max(args.seconds, 10.0), 86400.0))
    sys.exit("\n".join(["\nnot as it should be:", *wrong]) if wrong else 0)


if __name__ == "__main__":
    main()
