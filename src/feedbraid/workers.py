"""Parser processes: a document that hangs, eats memory or crashes the parser costs its process, nothing else.

Each process is `python -m feedbraid.parse`, which also says how jobs and answers look. Processes are started when
they are needed, kept for the next job, killed at the deadline and replaced. A document that takes long makes room
for the next one meanwhile, and its process has to stand back for all others.
"""

from __future__ import annotations

import asyncio
import math
import os
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self, overload

from feedbraid import codec
from feedbraid.model import Failed, Fresh, PageJob, PageText, ParseJob
from feedbraid.turns import Turns

MEMORY = 1024**3
"""Address space of one process in bytes."""

PATIENCE = 1.0
"""Seconds after which a job is set aside."""

LONG_WAIT = 0.7
"""Seconds after which a job that waits is worth another process: one takes 0.2 s of a processor to start."""

MOST_ASIDE = 2
"""Jobs that are set aside at a time; those after them keep their place."""

MOST_ANSWERED = 64 * 1024 * 1024
"""Bytes of one answer: cleaning can make a body several times longer."""

_LOW_PRIORITY = 5
"""Low enough to let the others go first, high enough for an honest document of many entries to end in time."""

_JOB = struct.Struct(">BII")
_ANSWER = struct.Struct(">BI")
_KINDS: dict[type[ParseJob | PageJob], int] = {ParseJob: 0, PageJob: 1}
_ANSWERS: dict[type[ParseJob | PageJob], type[Fresh | PageText]] = {ParseJob: Fresh, PageJob: PageText}
_DONE, _WORN = 0, 2
_FAREWELL = 5.0
"""Seconds that a process has to end by itself once its input has ended."""


class Workers:
    """At most `count` parser processes; each job has `deadline` seconds, each process `memory` bytes.

    One process does for all jobs as long as none of them waits for longer than `long_wait` seconds. A job that
    lasts longer than `patience` seconds is set aside; so there may be `MOST_ASIDE` processes more.
    """

    def __init__(
        self,
        count: int,
        deadline: float = 30.0,
        memory: int = MEMORY,
        patience: float = PATIENCE,
        long_wait: float = LONG_WAIT,
    ) -> None:
        self._deadline = deadline
        self._patience = patience
        self._long_wait = long_wait
        self._memory = memory
        self._turns = Turns(1, MOST_ASIDE)
        self._more = count - 1
        """Processes that may be added."""
        self._has_ended = False
        self._starting: set[asyncio.Task[Process]] = set()
        self._idle: list[Process] = []
        self._busy: set[Process] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._has_ended = True
        started = await asyncio.gather(*self._starting, return_exceptions=True)
        self._busy |= {process for process in started if isinstance(process, Process)}
        for process in self._busy:
            with suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(
            *(process.wait() for process in self._busy), *(_end(process) for process in self._idle)
        )
        self._idle.clear()

    @overload
    async def run(self, job: ParseJob) -> Fresh | Failed: ...

    @overload
    async def run(self, job: PageJob) -> PageText | Failed: ...

    async def run(self, job: ParseJob | PageJob) -> Fresh | PageText | Failed:
        """Read one document or page. A process that is stopped, or dies, is a `Failed` for this job alone."""
        turn = await self._turn()
        try:
            if self._has_ended:
                return Failed(reason="the parsers were ended before its turn came")
            process = await self._take()
            return await self._answer(process, job, turn)
        except OSError as error:
            return Failed(reason=f"no parser could be started: {error.strerror or error}")
        finally:
            turn.end()

    async def _answer(self, process: Process, job: ParseJob | PageJob, turn: _Turn) -> Fresh | PageText | Failed:
        self._busy.add(process)
        turn.set_aside_after(self._patience, process)
        kind = _WORN
        try:
            async with asyncio.timeout(self._deadline):
                kind, answer = await _ask(process, job)
            form: type[Fresh | PageText | Failed] = _ANSWERS[type(job)] if kind == _DONE else Failed
            return codec.decode(form, answer)
        except TimeoutError:
            return Failed(reason=f"the parser was stopped after {self._deadline:g} s")
        except _TooLong as error:
            return Failed(reason=str(error))
        except (ConnectionError, asyncio.IncompleteReadError):
            return Failed(reason=_obituary(await _end(process)))
        finally:
            self._busy.discard(process)
            if kind == _WORN or turn.is_aside:
                await _kill(process)
            else:
                self._idle.append(process)

    async def _turn(self) -> _Turn:
        waits_long = asyncio.get_running_loop().call_later(self._long_wait, self._grow)
        try:
            await self._turns.take()
        finally:
            waits_long.cancel()
        return _Turn(self._turns)

    def _grow(self) -> None:
        if self._more:
            self._more -= 1
            self._turns.add()

    async def _take(self) -> Process:
        """Give an idle process that is still alive, or a new one."""
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            await _end(process)
        return await self._start()

    async def _start(self) -> Process:
        """Start a process, to its end even when the job is given up: asyncio hangs on a start that is cut off."""
        limits = (str(self._memory), str(math.ceil(self._deadline)))
        start = asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "feedbraid.parse", *limits, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )
        task = asyncio.create_task(start)
        self._starting.add(task)
        try:
            return await asyncio.shield(task)
        finally:
            if task.done():
                self._starting.discard(task)


class _TooLong(Exception):  # noqa: N818  # it becomes a `Failed`
    """The answer of a process is longer than can be held."""


class _Turn:
    """One job's place among the others."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._timer: asyncio.TimerHandle | None = None
        self.is_aside = False

    def set_aside_after(self, seconds: float, process: Process) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._set_aside, process)

    def _set_aside(self, process: Process) -> None:
        self.is_aside = self._turns.set_aside()
        if self.is_aside:
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, _LOW_PRIORITY)

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._turns.end(was_aside=self.is_aside)


async def _ask(process: Process, job: ParseJob | PageJob) -> tuple[int, bytes]:
    """Send a job and wait for the answer. A dead process is a ConnectionError or an IncompleteReadError."""
    stdin, stdout = _pipes(process)
    header = codec.encode(replace(job, body=b"")).encode("utf-8", "surrogatepass")
    stdin.write(_JOB.pack(_KINDS[type(job)], len(header), len(job.body)) + header)
    stdin.write(job.body)
    await stdin.drain()
    kind, length = _ANSWER.unpack(await stdout.readexactly(_ANSWER.size))
    if length > MOST_ANSWERED:
        raise _TooLong(f"cleaned, the document is longer than {MOST_ANSWERED:,} bytes")
    return kind, await stdout.readexactly(length)


def _pipes(process: Process) -> tuple[asyncio.StreamWriter, asyncio.StreamReader]:
    if process.stdin is None or process.stdout is None:
        raise TypeError("the process was started without pipes")
    return process.stdin, process.stdout


async def _kill(process: Process) -> int:
    with suppress(ProcessLookupError):
        process.kill()
    return await _end(process)


async def _end(process: Process) -> int:
    """Close the pipes of a process, wait until it is gone, and give its status."""
    stdin, stdout = _pipes(process)
    stdin.close()
    try:
        async with asyncio.timeout(_FAREWELL):
            await stdout.read()
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()


def _obituary(status: int) -> str:
    if status < 0:
        return f"the parser ran out of memory or crashed (signal {-status})"
    return f"the parser ran out of memory or ended by itself (status {status})"
