"""Parser processes: a document that hangs, eats memory or crashes the parser costs its process, nothing else.

Each process is `python -m feedbraid.parse`, which also says how jobs and answers look. Processes are started when
they are needed, kept for the next job, killed at the deadline and replaced.
"""

from __future__ import annotations

import asyncio
import math
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import replace
from types import TracebackType
from typing import Self

from feedbraid import codec
from feedbraid.model import Failed, Fresh, ParseJob

MEMORY = 1024**3
"""Address space of one process in bytes."""

_JOB = struct.Struct(">II")
_ANSWER = struct.Struct(">BI")
_KINDS: dict[int, type[Fresh | Failed]] = {0: Fresh, 1: Failed, 2: Failed}
_WORN = 2
_FAREWELL = 5.0
"""Seconds that a process has to end by itself once its input has ended."""


class Workers:
    """At most `count` parser processes; each job has `deadline` seconds, each process `memory` bytes."""

    def __init__(self, count: int, deadline: float = 30.0, memory: int = MEMORY) -> None:
        self._deadline = deadline
        self._memory = memory
        self._places = asyncio.Semaphore(count)
        self._idle: list[Process] = []
        self._busy: set[Process] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._busy:
            with suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(
            *(process.wait() for process in self._busy), *(_end(process) for process in self._idle)
        )
        self._idle.clear()

    async def run(self, job: ParseJob) -> Fresh | Failed:
        """Parse one document. A process that is stopped, or dies, is a `Failed` for this job alone."""
        async with self._places:
            process = await self._take()
            self._busy.add(process)
            kind = _WORN
            try:
                async with asyncio.timeout(self._deadline):
                    kind, answer = await _ask(process, job)
                return codec.decode(_KINDS[kind], answer)
            except TimeoutError:
                return Failed(reason=f"the parser was stopped after {self._deadline:g} s")
            except (ConnectionError, asyncio.IncompleteReadError):
                return Failed(reason=_obituary(await _end(process)))
            finally:
                self._busy.discard(process)
                if kind == _WORN:
                    await _kill(process)
                else:
                    self._idle.append(process)

    async def _take(self) -> Process:
        """Give an idle process that is still alive, or a new one."""
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            await _end(process)
        limits = (str(self._memory), str(math.ceil(self._deadline)))
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "feedbraid.parse", *limits, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
        )


async def _ask(process: Process, job: ParseJob) -> tuple[int, bytes]:
    """Send a job and wait for the answer. A dead process is a ConnectionError or an IncompleteReadError."""
    stdin, stdout = _pipes(process)
    header = codec.encode(replace(job, body=b"")).encode("utf-8", "surrogatepass")
    stdin.write(_JOB.pack(len(header), len(job.body)) + header)
    stdin.write(job.body)
    await stdin.drain()
    kind, length = _ANSWER.unpack(await stdout.readexactly(_ANSWER.size))
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
