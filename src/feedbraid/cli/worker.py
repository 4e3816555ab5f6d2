"""`feedbraid worker`: reads the hosts that a scheduler hands out, together with workers on other machines."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid.app import SourceReport
from feedbraid.config import load_config
from feedbraid.records import Incident
from feedbraid.run import RunReport
from feedbraid.text import counted

from . import About, Command, _log
from ._clock import current_time
from ._log import Log
from ._many import engine_of, leases_of, needed
from ._pass import complaints, sending_complaints, told_of_sending

if TYPE_CHECKING:
    from feedbraid.cluster.worker import Worker

LAST_GRACE = 10.0
"""Seconds after which a worker that was told to end does so, whatever it does."""

HOSTS = 8
"""Hosts that are read at a time."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hosts", type=_count, default=HOSTS, metavar="N", help="read so many hosts at a time; default: 8"
    )
    _log.add_arguments(parser)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return int(text)


def leave_at_once() -> None:
    """End the process: what is stored is whole, and leases run out by themselves."""
    os.write(2, b"feedbraid: terminated at once\n")
    os._exit(128 + signal.SIGTERM)


def _execute(args: argparse.Namespace) -> int:
    from feedbraid.cluster.worker import Means, Worker  # noqa: PLC0415  # not everywhere

    file = Path(args.config)
    config = load_config(file)
    needed(config, args.config)
    log = Log.chosen(args)
    # As in the service: values are many, and cycles few.
    gc.set_threshold(50_000)
    before = signal.getsignal(signal.SIGTERM)
    journal = Journal(log)
    with leases_of(config, partial(journal.trouble, "leases")) as leases:
        engine = partial(engine_of, hosts=args.hosts)
        means = Means(engine=engine, leases=leases, clock=current_time, tell=journal)
        log.note(f"working on {counted(args.hosts, 'host')} at a time", "start", hosts=args.hosts)
        asyncio.run(work_until_told(Worker(file, means), log))
    signal.signal(signal.SIGTERM, before)  # the loop has left none
    signal.raise_signal(signal.SIGTERM)  # it was told to end, and has: what is said of that is the same everywhere
    return 0


async def work_until_told(
    worker: Worker, log: Log, leave: Callable[[], None] = leave_at_once, last: float = LAST_GRACE
) -> None:
    """Have a worker work until SIGTERM comes; `leave` at a second one, or `last` seconds later in any case."""
    loop = asyncio.get_running_loop()
    is_told = False

    def end() -> None:
        nonlocal is_told
        if is_told:
            leave()
        is_told = True
        log.note("gives its hosts back, and ends", "drain")
        # The engine may wait for a database that is gone. What it leaves behind is seen to by others.
        loop.call_later(last, leave)
        worker.drain()

    loop.add_signal_handler(signal.SIGTERM, end)
    try:
        await worker.work()
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


class Journal:
    """Tells what a worker does; each trouble once, for as long as it is the same."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, ...]] = {}

    def read(self, host: str, reports: Sequence[SourceReport], incidents: Sequence[Incident]) -> None:
        """Tell that sources of a host were read."""
        asked = [one for one in reports if one.result != "waiting"]
        is_quiet = not any(one.new or one.changed or one.gone for one in asked)
        if is_quiet and (not host or not asked):
            return
        for line in complaints(RunReport(sources=tuple(reports), feeds=())):
            self._log.pass_on(line)
        for incident in incidents:
            self._log.tell_of(incident)
        new = sum(one.new for one in asked)
        failed = sum(one.result == "failed" for one in asked)
        text = f"{host or 'here'}: {counted(len(asked), 'source')} read, {failed} failed, {new} new"
        self._log.note(text, "host", host=host, read=len(asked), failed=failed, new=new)

    def wrote(self, report: RunReport) -> None:
        """Tell which feeds were written, and what was held back."""
        for line in (*complaints(report), *sending_complaints(report)):
            self._log.pass_on(line)
        if sent := told_of_sending(report, dry=False):
            self._log.note(sent, "sending")
        written = sum(len(feed.written) for feed in report.feeds) + len(report.beside)
        if written:
            self._log.note(f"{counted(written, 'file')} written", "feeds", written=written)

    def trouble(self, place: str, lines: Sequence[str]) -> None:
        """Tell what is wrong, once; and when the queue is reached again."""
        with self._lock:
            before, now = self._known.get(place, ()), tuple(lines)
            if now == before:
                return
            self._known[place] = now
            if not now:
                del self._known[place]
        for line in now:
            self._log.complain(line)
        if not now and place == "queue":
            self._log.note("the queue is reached again", "queue")


COMMAND = Command(
    summary="read the hosts that `start --cluster` hands out, beside workers on other machines",
    example="feedbraid worker --hosts 16",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        One of several that share the work of one configuration, on as many machines as you like: it takes a host
        from the queue, asks all of its sources that are due, one after the other, and stores what they say. When
        all is read, one of the workers writes the feeds. The store has to be a PostgreSQL database, and somebody
        has to run `feedbraid start --cluster`. A host is asked by one worker at a time.

        SIGTERM drains it: what is being asked comes to its end within seconds, and others take over the rest. A
        worker that is killed loses nothing: others read its hosts as soon as its lease has run out.
        """,
        group="every day",
        examples=("feedbraid worker",),
        exits=(
            (2, "the configuration is wrong, or the store is no database"),
            3,
            130,
            (143, "drained, as it should"),
        ),
        see=("start", "status"),
    ),
)
