"""Visits sources as a pass does, or as the jobs of hosts do: `_visits.py FOLDER STORE MANNER`.

STORE is a path or the address of a database. MANNER is `pass`: all sources at once, then feeds are written;
`jobs`: one source after the other, each as if it were alone on its host; `commits`: nobody is asked, and a visit
to each of 2,000 sources is stored, that brought nothing; or `weigh`: each thing is done once that costs something
for every source that is configured, or every state that is stored. Prints a JSON object of
seconds. The start of the program, and reading the configuration, are counted in `weigh` alone.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from _fill import open_store
from feedbraid.app import App, Choices
from feedbraid.cli.start import dues_of
from feedbraid.config import load_config
from feedbraid.ids import fingerprint_of
from feedbraid.publish import make_ready
from feedbraid.put_out import put_out
from feedbraid.records import Visit
from feedbraid.run import settle_incidents
from feedbraid.settings import Config
from feedbraid.store import OriginChange
from feedbraid.take_in import name_feeds, settle_ledger, take_in
from feedbraid.wire import build

VISITED = 2000

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def cpu() -> float:
    """Give the CPU seconds of this process, and of those that it has started and that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def took(work: Callable[[], object]) -> float:
    """Do something; give its CPU seconds."""
    before = cpu()
    work()
    return cpu() - before


class Trips:
    """Counts how often a database was asked: each time is a way there and back."""

    def __init__(self) -> None:
        self.count = 0

    def follow(self) -> None:
        """Count from now on what goes over any connection."""
        import psycopg  # noqa: PLC0415  # not everywhere

        for name in ("execute", "executemany"):
            self._wrap(psycopg.Cursor, name)

    def _wrap(self, kind: type, name: str) -> None:
        do = getattr(kind, name)

        def counted(*given: object, **named: object) -> object:
            self.count += 1
            return do(*given, **named)

        setattr(kind, name, counted)


def read(app: App, choices: Choices) -> None:
    """Ask sources, and note what happened to them."""
    settle_incidents(app, NOW, take_in(app, NOW, choices))


def warm() -> None:
    """Load what is loaded once in the life of a worker."""
    for name in ("feedbraid.fetch", "feedbraid.sources.web", "feedbraid.workers"):
        import_module(name)


def one_pass(app: App, _: Config) -> dict[str, float]:
    """Ask all sources, and write the feeds."""
    make_ready(app.output)
    began = time.perf_counter()
    spent = took(lambda: read(app, Choices(force=True)))
    wall = time.perf_counter() - began
    return {"read": spent, "wall": wall, "finish": took(lambda: put_out(app, Choices()))}


def jobs(app: App, config: Config) -> dict[str, float]:
    """Ask one source after the other, with all that is done again for each; states of all are read each time."""
    began = time.perf_counter()
    total = 0.0
    for one in config.sources:
        alone = Choices(force=True, only=[one.name])
        only = replace(config, sources=(one,))
        total += took(lambda only=only, alone=alone: read(build(only, app.store), alone))
    return {"read": total, "wall": time.perf_counter() - began}


def commits(app: App, _: Config) -> dict[str, float]:
    """Store visits, one transaction each, to sources that are spread over all."""
    states = list(app.store.states().values())
    began = time.perf_counter()
    chosen = states[:: max(1, len(states) // VISITED)][:VISITED]
    changes = [OriginChange(state=one, visit=Visit(at=NOW, result="unchanged")) for one in chosen]
    spent = took(lambda: [app.store.commit(one) for one in changes])
    return {"read": spent, "wall": time.perf_counter() - began, "visits": len(chosen)}


def weigh(app: App, config: Config) -> dict[str, float]:
    """Do each thing once that grows with all sources."""
    store = app.store
    make_ready(app.output)
    name_feeds(app)
    return {
        "states": took(store.states),
        "readings": took(lambda: build(config, store)),
        "rank": took(lambda: app.rank),
        "prints": took(lambda: [fingerprint_of(one) for one in app.readings]),
        "dues": took(lambda: list(dues_of(app, NOW, (), {}))),
        "visits": took(store.visits),
        "incidents": took(store.incidents),
        "settle": took(lambda: settle_ledger(store, app.rank)),
        "finish": took(lambda: put_out(app, Choices())),
    }


MANNERS = {"pass": one_pass, "jobs": jobs, "commits": commits, "weigh": weigh}


def main() -> None:
    """Do what the command line says."""
    folder, place, manner = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    trips = Trips()
    before = cpu()
    config = load_config(folder / "config.yaml")
    found = {"configuration": cpu() - before}
    warm()
    store = open_store(place)
    if place.startswith("postgresql:"):
        trips.follow()
    try:
        found |= MANNERS[manner](build(config, store), config)
    finally:
        store.close()
    found |= {"trips": trips.count, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
