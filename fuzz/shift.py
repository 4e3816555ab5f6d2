"""One shift at the reader: mutant after mutant in a process of its own, which may die, and what was found."""

from __future__ import annotations

import contextlib
import faulthandler
import mmap
import os
import resource
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path

import mutate

from fuzz_targets import TARGETS, kind_of

DEADLINE = 10.0
"""Seconds of processor time for one document."""
TOO_LONG = "takes too long"
PATIENCE = 300.0
"""Seconds on the clock after which a document is taken to hang where nothing can interrupt it."""
MEMORY = 1536 * 1024**2
"""Bytes of address space: what a parser process has, and what the mutants, judges and writers need."""
OUR_FAULT = 70
"""The status of a process that failed by itself, and not because of what it read."""
TURNS = 20_000
"""Mutants after which the process is replaced, so that nothing piles up."""

_HEAD = struct.Struct("<QQBQ4Q")
"""Number of the mutant, number of all, target, length; executions of each target. The mutant stands behind it."""
_LARGEST = 4 * 1024**2


class OutOfTime(BaseException):
    """The document took longer than the deadline. Nothing that catches errors may catch it."""


@dataclass(frozen=True, slots=True)
class Find:
    """Bytes for which a target raised, and what."""

    target: str
    kind: str
    data: bytes


@dataclass(slots=True)
class Shift:
    """What two processes know of a shift. Finds stand in `folder`, one file each."""

    folder: Path
    targets: Sequence[str]
    seed: int = 1
    first: int = 0
    shared: mmap.mmap = field(default_factory=lambda: mmap.mmap(-1, _HEAD.size + _LARGEST))

    def begin(self, number: int, target: str, data: bytes) -> None:
        """Remember what is being read, for whoever finds this process dead."""
        _, done, _, _, *each = _HEAD.unpack_from(self.shared)
        place = list(TARGETS).index(target)
        each[place] += 1
        _HEAD.pack_into(self.shared, 0, number, done + 1, place, min(len(data), _LARGEST), *each)
        self.shared[_HEAD.size : _HEAD.size + min(len(data), _LARGEST)] = data[:_LARGEST]

    @property
    def done(self) -> int:
        """How many documents were read."""
        return int(_HEAD.unpack_from(self.shared)[1])

    @property
    def number(self) -> int:
        """The number of the mutant that is being read."""
        return int(_HEAD.unpack_from(self.shared)[0])

    def current(self, kind: str) -> Find:
        """Give what was read last, as a find of that kind."""
        _, _, place, length, *_ = _HEAD.unpack_from(self.shared)
        return Find(list(TARGETS)[place], kind, self.shared[_HEAD.size : _HEAD.size + length])

    def attempt(self, number: int, target: str, data: bytes) -> None:
        """Read one document, and keep it when something does not hold."""
        self.begin(number, target, data)
        kind = failure(target, data)
        if kind:
            self.keep(Find(target, kind, data))

    def keep(self, find: Find) -> None:
        """Keep the first find of each kind."""
        name = sha256(f"{find.target} {find.kind}".encode()).hexdigest()[:16]
        with contextlib.suppress(FileExistsError), (self.folder / name).open("xb") as file:
            file.write(f"{find.target}\n{find.kind}\n".encode("utf-8", "backslashreplace") + find.data)

    def finds(self) -> list[Find]:
        """Give one find of each kind."""
        return sorted(map(_find_in, self.folder.iterdir()), key=lambda find: (find.target, find.kind))

    def figures(self, seconds: float) -> str:
        """Say how much was done."""
        _, done, _, _, *each = _HEAD.unpack_from(self.shared)
        told = ", ".join(f"{name} {number:,}" for name, number in zip(TARGETS, each, strict=True))
        kinds = len(list(self.folder.iterdir()))
        return f"{done:,} executions in {seconds:.0f} s ({done / seconds:.1f}/s): {told}; {kinds} finds"


def _find_in(path: Path) -> Find:
    target, kind, data = path.read_bytes().split(b"\n", 2)
    return Find(target.decode(), kind.decode(), data)


def failure(target: str, data: bytes, deadline: float = DEADLINE) -> str:
    """Read a document here and now: the kind of what does not hold, or nothing."""
    signal.signal(signal.SIGPROF, _out_of_time)
    signal.setitimer(signal.ITIMER_PROF, deadline, 1.0)
    try:
        TARGETS[target](data)
    except (KeyboardInterrupt, SystemExit):
        raise
    except OutOfTime:
        return TOO_LONG
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a find
        return kind_of(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return ""


def _out_of_time(_number: int, _frame: object) -> None:
    raise OutOfTime


def run(shift: Shift, seconds: float, runs: int) -> None:
    """Read mutants until the time is up, or so many were read."""
    end = time.monotonic() + seconds
    first = shift.first
    while time.monotonic() < end and (not runs or shift.done < runs):
        outcome = in_a_process(partial(_work, shift, first, end, runs), shift)
        if outcome:
            shift.keep(shift.current(outcome))
        first = shift.number + 1


def _work(shift: Shift, first: int, end: float, runs: int) -> None:
    for number, target in _numbered(shift.targets, first):
        if number >= first + TURNS or time.monotonic() > end or (runs and shift.done >= runs):
            return
        shift.attempt(number, target, mutate.mutant(target, shift.seed, number))


def _numbered(targets: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """Take turns; a feed has five ways in for one of the others."""
    turns = [target for target in targets for _ in range(5 if target == "feed" else 1)]
    return ((number, turns[number % len(turns)]) for number in count(first))


def in_a_process(work: Callable[[], None], shift: Shift | None = None) -> str:
    """Do something in a process of its own: how it died, or nothing when it did not."""
    child = os.fork()
    if child == 0:
        _limit()
        try:
            work()
        except BaseException:  # noqa: BLE001  # nothing may come back from here: this is the parent's copy
            traceback.print_exc()
            os._exit(OUR_FAULT)
        os._exit(0)
    return _watched(child, shift)


def _limit() -> None:
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _watched(child: int, shift: Shift | None) -> str:
    before, since = -1, time.monotonic()
    while True:
        gone, status = os.waitpid(child, os.WNOHANG)
        if gone:
            return _obituary(status)
        if shift is not None and shift.done != before:
            before, since = shift.done, time.monotonic()
        if time.monotonic() - since > PATIENCE:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return TOO_LONG
        time.sleep(0.05 if shift is None else 0.5)


def _obituary(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"killed by signal {os.WTERMSIG(status)}"
    code = os.waitstatus_to_exitcode(status)
    if code == OUR_FAULT:
        sys.exit("The fuzzer itself failed, see above.")
    return f"ended with status {code}" if code else ""
