"""A worker: runs the hosts that an engine hands it, several at a time, and writes feeds when it is its turn.

One event loop reads all hosts, over one connection to the store; each host is read under a lease, and the store
takes what is written with that lease only. Feeds are written in a thread, over a connection of its own, under the
lease `finish`. Whatever fails is told once and tried again: the database may be away for as long as it likes.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Protocol

from feedbraid.app import App, Choices, SourceReport
from feedbraid.cluster import HERE, Ended, Engine
from feedbraid.cluster._decide import by_host, of_host
from feedbraid.cluster._leases import HostPermits, Lease, Leases, LostError, name_of, while_good
from feedbraid.config import load_config
from feedbraid.errors import ConfigError, EngineError, FeedbraidError, LeaseLost, fault_in_words
from feedbraid.model import Reading
from feedbraid.nouns import dataclass
from feedbraid.records import Fence, Incident
from feedbraid.run import RunReport, note_entries, publish_parts, read_part, settle_parts, with_sending
from feedbraid.service import Service
from feedbraid.settings import Config
from feedbraid.store import Store
from feedbraid.stores import open_store
from feedbraid.wire import Shared, build, opened, parsers, shared_anew
from feedbraid.workers import Workers

FINISHED = "finished"
"""The note of what was stored when feeds were written last, see `Store.changes`."""

FINISH = "finish"
"""The lease of whoever writes feeds."""

GRACE = 5.0
"""Seconds that hosts have to end in good order when the worker is told to end."""

_AGAIN = 1.0
"""Seconds until a host is run again that somebody else was asking."""

_LOOK_UP, _LOOK_UP_AGAIN = 60.0, 1.0
"""Seconds for which it is known where origins are asked; the second for a host that is new."""

_LATER = 5.0
"""Seconds until a host is run again after trouble with the store."""

_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds between tries to reach the database; the last one repeats."""

_OF_ENGINES = ("procrastinate", "psycopg", "psycopg_pool")
"""Packages whose errors are those of an engine."""

_FENCES: ContextVar[tuple[Fence, ...]] = ContextVar("fences", default=())
"""The leases under which the present task writes."""


class Teller(Protocol):
    """Whom a worker tells what it does. Called from several threads."""

    def read(self, host: str, reports: Sequence[SourceReport], incidents: Sequence[Incident]) -> None:
        """Hear that sources of a host were read."""
        ...

    def wrote(self, report: RunReport) -> None:
        """Hear that feeds were written, as far as they had changed."""
        ...

    def trouble(self, place: str, lines: Sequence[str]) -> None:
        """Hear what is wrong at a place; nothing when that is over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a worker works with."""

    engine: Callable[[Config], Engine]
    leases: Leases
    clock: Callable[[], datetime]
    """Gives the moment of a pass."""
    tell: Teller


class Configuration:
    """The configuration file, read again when it has changed; the last good one holds."""

    def __init__(self, file: Path, tell: Teller) -> None:
        """Read it. Raises ConfigError."""
        self._file = file
        self._tell = tell
        self._mark = self._look()
        self.current = load_config(file)

    def _look(self) -> tuple[int, int]:
        with suppress(OSError):
            found = self._file.stat()
            return found.st_mtime_ns, found.st_size
        return (0, 0)

    def renewed(self) -> Config:
        """Give the configuration that holds now."""
        mark = self._look()
        if mark != self._mark:
            self._mark = mark
            try:
                self.current = load_config(self._file)
                self._tell.trouble("config", ())
            except ConfigError as error:
                self._tell.trouble("config", [str(problem) for problem in error.problems])
        return self.current


class Hosts:
    """Which origins are asked at which host: looked up now and then, which costs time for each that there is."""

    def __init__(self) -> None:
        self._readings: Sequence[Reading] = ()
        self._of: Mapping[str, Sequence[Reading]] = {}
        self._looked_up = -math.inf

    def readings_of(self, host: str, app: App) -> Sequence[Reading]:
        """Give the origins of a host; some may have moved to another one meanwhile, and are its origins soon."""
        age = time.monotonic() - self._looked_up
        if app.readings is not self._readings or age > _LOOK_UP or (host not in self._of and age > _LOOK_UP_AGAIN):
            self._readings, self._of = app.readings, by_host(app.readings, app.store.states())
            self._looked_up = time.monotonic()
        return self._of.get(host, ())


class Worker:
    """Runs hosts until it is told to end."""

    def __init__(self, file: Path, means: Means) -> None:
        """Make a worker for a configuration file. Raises ConfigError."""
        self._means = means
        self._tell = means.tell
        self._config = Configuration(file, means.tell)
        self._store: Store | None = None
        self._workers: Workers | None = None
        self._engine: Engine | None = None
        self._hosts = Hosts()
        self._built: tuple[Config, App] | None = None
        self._is_ending = asyncio.Event()

    @property
    def config(self) -> Config:
        """Give the configuration that holds."""
        return self._config.current

    async def work(self) -> None:
        """Run hosts until `drain` is called; survives whatever happens to the database."""
        asyncio.get_running_loop().set_exception_handler(_say_nothing)
        async with Workers(parsers()) as self._workers:
            tries = 0
            while not self._is_ending.is_set():
                try:
                    async with self._means.engine(self.config) as self._engine:
                        self._tell.trouble("queue", ())
                        tries = 0
                        if not self._is_ending.is_set():
                            await self._engine.run(self.run_host, self.finish)
                except EngineError as error:
                    self._tell.trouble("queue", [f"{error}; it is tried again"])
                    await self._rest(_PAUSES[min(tries, len(_PAUSES) - 1)])
                    tries += 1
                finally:
                    self._engine = None
            self._let_go_of_store()

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_ending.wait(), seconds)

    def drain(self) -> None:
        """Ask nobody any more, store what was read, give hosts back, and end. To be called in the event loop."""
        self._is_ending.set()
        if self._engine is not None:
            self._engine.stop(GRACE)

    # --- a host ---

    async def run_host(self, host: str) -> Ended:
        """Read the sources of a host that are due, under its lease. Never raises."""
        try:
            lease = await self._means.leases.take(name_of(host), self.config.cluster.lease.total_seconds())
            if lease is None:
                return Ended(again=_AGAIN)
            try:
                ended = await self._run_under(lease, host)
            finally:
                await self._means.leases.give_back(lease)
        except (LostError, LeaseLost):
            return self._troubled(host, "its lease was lost, and what came too late was not stored", _AGAIN)
        except FeedbraidError as error:
            self._let_go_of_store()
            return self._troubled(host, str(error), _LATER)
        except asyncio.CancelledError:
            return Ended(again=0.0)
        except Exception as error:  # noqa: BLE001  # whatever it is, other hosts go on
            self._let_go_of_store()
            return self._troubled(host, _fault(error), _LATER)
        self._tell.trouble(f"host {host}", ())
        return ended

    def _troubled(self, host: str, why: str, again: float) -> Ended:
        self._tell.trouble(f"host {host}", [f"{host or 'here'}: {why}; it is read again"])
        return Ended(again=again)

    async def _run_under(self, lease: Lease, host: str) -> Ended:
        token = _FENCES.set((lease.fence,))
        permits = HostPermits(self._means.leases, host, lease, self._refusal)
        try:
            app = self._app(permits)
            own = self._hosts.readings_of(host, app)
            names = [one.spec.name for one in own]
            work = read_part(app, self._means.clock(), names, lambda states: of_host(own, states, host))
            reports, incidents = await while_good(work, permits.held)
            self._tell.read(host, reports, incidents)
            # Seeds may have changed the whole configuration of feeds, and nobody else would notice.
            wants_finish = host == HERE or app.health.is_written or is_unfinished(app.store)
        finally:
            _FENCES.reset(token)
            await permits.let_go()
        again = 0.0 if self._is_ending.is_set() else _AGAIN
        return Ended(wants_finish=wants_finish, again=again if permits.refused else None)

    def _refusal(self) -> str:
        return "this worker ends" if self._is_ending.is_set() else ""

    def _app(self, permits: HostPermits) -> App:
        config = self._config.renewed()
        if self._store is None:
            self._store = open_store(config.place, _FENCES.get)
        if self._built is None or self._built[0] is not config or self._built[1].store is not self._store:
            self._built = config, build(config, self._store)
        return shared_anew(self._built[1], config, Shared(permits=permits, workers=self._workers))

    def _let_go_of_store(self) -> None:
        known, self._store = self._store, None
        if known is not None:
            with suppress(FeedbraidError):
                known.close()

    # --- feeds ---

    async def finish(self) -> bool:
        """Write what has changed, under the lease of that; tell whether all of it is written. Never raises."""
        leases = self._means.leases
        try:
            lease = await leases.take(FINISH)
            if lease is None:
                return False
            try:
                report, is_all = await while_good(self._in_thread(lease), {lease})
            except (LostError, asyncio.CancelledError):
                return False  # the thread may still write: the lease ends by itself
            except BaseException:
                await leases.give_back(lease)
                raise
            await leases.give_back(lease)
        except FeedbraidError as error:
            self._tell.trouble("feeds", [f"feeds could not be written: {error}; it is tried again"])
            await self._rest(_AGAIN)
            return False
        except Exception as error:  # noqa: BLE001  # as above
            self._tell.trouble("feeds", [f"feeds could not be written: {_fault(error)}; it is tried again"])
            await self._rest(_LATER)
            return False
        self._tell.trouble("feeds", ())
        self._tell.wrote(report)
        return is_all

    async def _in_thread(self, lease: Lease) -> tuple[RunReport, bool]:
        """Write feeds in a thread that nobody waits for when the process ends."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[RunReport, bool]] = loop.create_future()
        config, now = self._config.renewed(), self._means.clock()

        def settle(report: tuple[RunReport, bool] | None, error: Exception | None) -> None:
            if done.cancelled():
                return
            if error is not None:
                done.set_exception(error)
            elif report is not None:
                done.set_result(report)

        def work() -> None:
            report, trouble = None, None
            try:
                report = finish(config, self._means.leases, lease, now)
            except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
                trouble = error
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, report, trouble)

        threading.Thread(target=work, name="feedbraid-finish", daemon=True).start()
        return await done


def finish(config: Config, leases: Leases, lease: Lease, now: datetime) -> tuple[RunReport, bool]:
    """Bring the store in order, and write what has changed since somebody did it last, under a lease.

    Tells also whether nothing has changed meanwhile. Raises FeedbraidError. Whoever is ended in between, or loses
    the lease, leaves all of it to be done again.
    """
    shared = Shared(permits=HostPermits(leases), fences=lambda: (lease.fence,))
    with opened(config, shared) as app:
        seen = str(app.store.changes())
        settle_parts(app, now)
        report = publish_parts(app, now)
        if app.health.is_written:
            _write_health(app, report, now, config.folder)
        report = with_sending(app, report, now, Choices(), lambda: lease.is_good)
        note_entries(app.store, report.feeds)
        # What was committed meanwhile is for the next one: it has another number.
        app.store.keep_memo(FINISHED, seen)
        return report, not is_unfinished(app.store)


def is_unfinished(store: Store) -> bool:
    """Tell whether something was stored since feeds were written last."""
    return store.memo(FINISHED) != str(store.changes())


def _write_health(app: App, report: RunReport, now: datetime, folder: Path) -> None:
    from feedbraid.bulletin import public_feeds, publish_health  # noqa: PLC0415  # only where that is wished

    service = Service(last_run=now, last_good_run=now, feeds=public_feeds(app, report.feeds))
    publish_health(app, service, now, folder)


def _fault(error: Exception) -> str:
    lines = traceback.format_exception(error)
    where = lines[-2].strip().splitlines()[0] if len(lines) > 1 else ""
    return f"{fault_in_words(error)} ({where})"


def _say_nothing(loop: asyncio.AbstractEventLoop, context: Mapping[str, object]) -> None:
    """Leave untold that the end of a job could not be written down: it is put back, and why is told elsewhere."""
    error = context.get("exception")
    if type(error).__module__.partition(".")[0] not in _OF_ENGINES:
        loop.default_exception_handler(dict(context))
