"""The engine on the database of the store, by Procrastinate: the one door to it.

A host is one job: `queueing_lock` sees that it waits once, `lock` that it runs once. Writing feeds is a job of its
own, which puts itself off while hosts are busy. Jobs are removed when they end, however they end: what is due
stands in the store. The library leaves some things to its users: jobs of workers that died are never run again,
nor those whose end could not be written down; workers that died stay in their table; and a worker ends when it
loses the database for longer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self

import procrastinate
from procrastinate import exceptions
from procrastinate.job_context import JobContext
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.worker import Worker

from feedbraid.addresses import lifeline
from feedbraid.cluster import Engine, Finish, RunHost
from feedbraid.cluster._decide import is_time_to_finish, with_room
from feedbraid.errors import EngineError
from feedbraid.rules import ClusterRules
from feedbraid.service import Queue

HOST, FINISH = "host", "finish"
"""The two tasks."""

_URGENT = 10
"""The priority of writing feeds: a worker whose hosts are many does it first."""

_FAREWELL = 2.0
"""Seconds for which the end of what runs beside the jobs is waited for."""

_POLL = 1.0
"""Seconds after which a worker looks for jobs although nobody told it of any: put off ones, and freed locks."""

_LOOK = """
SELECT count(*) FILTER (WHERE task_name = 'host' AND status = 'todo') AS waiting,
    count(*) FILTER (WHERE task_name = 'host' AND status = 'doing') AS running,
    count(*) FILTER (WHERE task_name = 'finish') AS finishing,
    coalesce(extract(epoch FROM now() - min((
        SELECT greatest(min(event.at), job.scheduled_at) FROM procrastinate_events AS event
        WHERE event.job_id = job.id AND event.type = 'deferred'
    )) FILTER (WHERE task_name = 'host' AND status = 'todo')), 0)::float8 AS lag,
    (SELECT count(*) FROM procrastinate_workers
        WHERE last_heartbeat > now() - make_interval(secs => %(alive)s)) AS workers,
    extract(epoch FROM now())::float8 AS clock
FROM procrastinate_jobs AS job WHERE status IN ('todo', 'doing')
"""

_OPEN = "SELECT args ->> 'host' AS host, status FROM procrastinate_jobs WHERE task_name = 'host'"

_GIVEN_UP = "procrastinate_jobs_worker_id_fkey"
"""The rule of the database that a worker breaks who was forgotten and takes a job."""

_BEAT = 3
"""A worker is heard of so many times in a lease."""


class ProcrastinateEngine:
    """Hands out hosts by jobs in the database at an address."""

    def __init__(self, address: str, rules: ClusterRules, *, hosts: int = 1) -> None:
        """Make an engine that runs so many `hosts` at a time, where it runs any."""
        self._rules = rules
        self._lease = rules.lease.total_seconds()
        self._hosts = hosts
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=address,
                min_size=1,
                max_size=4,
                timeout=10,
                kwargs={**lifeline(10), "application_name": "feedbraid queue"},
            )
        )
        self._worker: Worker | None = None
        self._is_told_to_stop = False
        self._at_hand: set[int | None] = set()
        """Jobs that are being done here."""
        self._suspects: set[int | None] = set()
        """Jobs that seem to be done here, and are not."""
        # What it tells of its own doings is told by whoever runs it, in our words.
        for name in ("procrastinate", "psycopg"):
            logging.getLogger(name).setLevel(logging.CRITICAL)

    async def __aenter__(self) -> Self:
        """Connect, and make the tables of the queue where they are missing."""
        try:
            await self._app.open_async()
            if not await self._app.job_manager.check_connection_async():
                await self._make_tables()
        except BaseException as error:
            await self._close()
            if isinstance(error, exceptions.ProcrastinateException | OSError) or _is_of_pool(error):
                raise _trouble(error) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of all connections."""
        await self._close()

    async def _close(self) -> None:
        with suppress(exceptions.ProcrastinateException):
            await self._app.close_async()

    async def _make_tables(self) -> None:
        try:
            await self._app.schema_manager.apply_schema_async()
        except exceptions.ConnectorException:
            # Another machine may have made them just now, all in one transaction.
            if not await self._app.job_manager.check_connection_async():
                raise

    # --- handing out ---

    async def hand_out(self, hosts: Sequence[str]) -> int:
        """Have hosts run, in this order; see `Engine`."""
        try:
            await self._rescue()
            rows = await self._rows(_OPEN)
            waiting = sum(row["status"] == "todo" for row in rows)
            chosen, left = with_room(hosts, (row["host"] for row in rows), self._rules.queue - waiting)
            for host in chosen:
                await self._defer(HOST, host, {"host": host})
        except exceptions.ProcrastinateException as error:
            raise _trouble(error) from error
        return left

    async def _defer(self, task: str, lock: str, args: Mapping[str, Any], seconds: float = 0.0) -> None:
        """Put a job into the queue, unless the same one waits already."""
        when = {"seconds": seconds} if seconds else None
        deferrer = self._app.configure_task(
            task,
            lock=f"{task} {lock}",
            queueing_lock=f"{task} {lock}",
            priority=_URGENT if task == FINISH else 0,
            schedule_in=when,
        )
        with suppress(exceptions.AlreadyEnqueued):
            await deferrer.defer_async(**dict(args))

    async def _rescue(self) -> None:
        """Put jobs back of workers that were not heard of within a lease, and forget these workers."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._lease):
            await self._put_back(job)
        await manager.prune_stalled_workers(self._lease)

    async def _put_back(self, job: Job) -> None:
        with suppress(exceptions.ConnectorException):  # somebody else did it, or it has ended
            try:
                await self._app.job_manager.retry_job(job)
            except exceptions.ConnectorException:
                # The same host waits already, so that this job can not: it is not needed any more.
                await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=True)

    # --- running ---

    async def run(self, run_host: RunHost, finish: Finish) -> None:
        """Run hosts until `stop` is called; see `Engine`."""
        self._take_tasks(run_host, finish)
        worker = self._worker = Worker(
            self._app,
            concurrency=self._hosts,
            fetch_job_polling_interval=_POLL,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
            update_heartbeat_interval=self._lease / _BEAT,
            stalled_worker_timeout=self._lease,
        )
        rescuer = asyncio.create_task(self._rescue_for_ever(worker))
        try:
            if not self._is_told_to_stop:
                await worker.run()  # type: ignore[no-untyped-call]  # it says not what it gives
        except (exceptions.ProcrastinateException, OSError) as error:
            raise _trouble(error) from error
        finally:
            self._worker = None
            rescuer.cancel()
            # Not for ever: who is cancelled in the middle of a query may see another error in its place.
            await asyncio.wait([rescuer], timeout=_FAREWELL)
        if not self._is_told_to_stop:
            raise EngineError("the queue", "the connection to the database was lost")

    def _take_tasks(self, run_host: RunHost, finish: Finish) -> None:
        within = self._rules.finish_within.total_seconds()

        async def host_task(context: JobContext, host: str) -> None:
            with self._at_work(context):
                ended = await run_host(host)
                if ended.again is not None:
                    await self._defer(HOST, host, {"host": host}, 0.0 if self._is_told_to_stop else ended.again)
                if ended.wants_finish:
                    await self._defer(FINISH, "", {"since": (await self._seen())["clock"]})

        async def finish_task(context: JobContext, since: float) -> None:
            with self._at_work(context):
                seen = await self._seen()
                busy, age = seen["waiting"] + seen["running"], seen["clock"] - since
                if self._is_told_to_stop or not is_time_to_finish(busy, age, within):
                    await self._defer(FINISH, "", {"since": since}, _POLL)
                elif not await finish():
                    await self._defer(FINISH, "", {"since": (await self._seen())["clock"]}, _POLL)

        for name, task in ((HOST, host_task), (FINISH, finish_task)):
            self._app.tasks.pop(name, None)
            self._app.task(name=name, pass_context=True)(task)

    @contextmanager
    def _at_work(self, context: JobContext) -> Iterator[None]:
        self._at_hand.add(context.job.id)
        try:
            yield
        finally:
            self._at_hand.discard(context.job.id)

    async def _rescue_for_ever(self, worker: Worker) -> None:
        while self._worker is worker:
            await asyncio.sleep(self._lease)
            with suppress(exceptions.ProcrastinateException):
                await self._rescue()
                await self._rescue_own(worker)

    async def _rescue_own(self, worker: Worker) -> None:
        """Put back the jobs of this worker whose end could not be written down, as the database was away then."""
        if worker.worker_id is None:
            return
        jobs = await self._app.job_manager.list_jobs_async(status="doing", worker_id=worker.worker_id)
        left = {job.id: job for job in jobs if job.id not in self._at_hand}
        for number in self._suspects & left.keys():  # seen twice: the first time it may just have ended
            await self._put_back(left[number])
        self._suspects = set(left)

    def stop(self, patience: float) -> None:
        """Take no more hosts; see `Engine`."""
        self._is_told_to_stop = True
        if self._worker is not None:
            self._worker.shutdown_graceful_timeout = patience
            self._worker.stop()  # type: ignore[no-untyped-call]  # as above

    # --- looking ---

    async def look(self) -> Queue:
        """Tell how the queue does."""
        try:
            found = await self._seen()
        except exceptions.ProcrastinateException as error:
            raise _trouble(error) from error
        return Queue(
            waiting=found["waiting"],
            running=found["running"],
            lag_seconds=round(max(0.0, found["lag"]), 1),
            workers=found["workers"],
            is_finishing=found["finishing"] > 0,
        )

    async def _seen(self) -> dict[str, Any]:
        return (await self._rows(_LOOK, alive=self._lease))[0]

    async def _rows(self, query: str, **values: Any) -> list[dict[str, Any]]:  # noqa: ANN401  # columns have several types
        return await self._app.connector.execute_query_all_async(query, **values)


def _is_of_pool(error: BaseException) -> bool:
    return type(error).__name__ == "PoolTimeout"


def _trouble(error: BaseException) -> EngineError:
    cause = error.__cause__ or error
    if _GIVEN_UP in str(cause):
        return EngineError("the queue", "this worker was not heard of within its lease, and others took its hosts")
    return EngineError("the queue", str(cause).strip().partition("\n")[0] or type(cause).__name__)


_: type[Engine] = ProcrastinateEngine
