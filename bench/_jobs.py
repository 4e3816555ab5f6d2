"""Hands out jobs that do nothing, and takes them, by Procrastinate: `_jobs.py FOLDER ADDRESS COUNT`.

As hosts are handed out: one after the other, each with a lock of its own. Prints a JSON object: CPU seconds and
seconds of handing out and of taking, all together.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import procrastinate
from procrastinate.jobs import DeleteJobCondition

from _visits import cpu

AT_A_TIME = 8


async def work(address: str, count: int) -> dict[str, float]:
    """Hand out so many jobs, then take all of them."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4))

    @app.task(name="host")
    async def host(host: str) -> None:
        """Do nothing."""

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        began, before = time.perf_counter(), cpu()
        for number in range(count):
            lock = f"host {number}"
            await app.configure_task("host", lock=lock, queueing_lock=lock).defer_async(host=str(number))
        given, between = time.perf_counter(), cpu()
        await app.run_worker_async(
            wait=False,
            concurrency=AT_A_TIME,
            delete_jobs=DeleteJobCondition.ALWAYS,
            install_signal_handlers=False,
        )
        return {
            "hand_out": given - began,
            "hand_out_cpu": between - before,
            "take": time.perf_counter() - given,
            "read": cpu() - between,
            "trips": 0,
        }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(sys.argv[2], int(sys.argv[3])))))
