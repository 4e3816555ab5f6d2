"""`feedbraid plan`: the requests of the next hours, host by host, with the reason for each."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

from feedbraid.config import load_config
from feedbraid.ids import fingerprint_of
from feedbraid.plan import Candidate, Plan, Request, plan
from feedbraid.settings import Config
from feedbraid.text import counted
from feedbraid.wire import opened

from . import About, Command
from ._clock import current_time
from ._said import one_line, report, report_json

HOURS = 24
MOST_HOURS = 31 * 24


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--hours", type=_hours, default=HOURS, metavar="N", help="how far to look ahead, 1 to 744; default: 24"
    )
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")


def _hours(text: str) -> int:
    hours = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0
    if not 1 <= hours <= MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of hours from 1 to {MOST_HOURS}")
    return hours


def _execute(args: argparse.Namespace) -> int:
    made = _planned(load_config(Path(args.config)), timedelta(hours=args.hours))
    if args.json:
        report_json({**asdict(made, dict_factory=_plain), "hosts": dict(made.hosts)})
    else:
        report(one_line(line) for line in _lines(made))
    return 0


def _plain(fields: Iterable[tuple[str, object]]) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields}


def _planned(config: Config, span: timedelta) -> Plan:
    with opened(config) as app:
        states = app.store.states()
        candidates = [
            Candidate(spec=one.spec, fingerprint=fingerprint_of(one), state=states.get(one.spec.name))
            for one in app.readings
            if one.spec.kind == "web"
        ]
    return plan(candidates, current_time(), span, robots=config.fetch.robots)


def _lines(made: Plan) -> Iterator[str]:
    by_host: dict[str, list[Request]] = {}
    for one in made.requests:
        by_host.setdefault(one.host, []).append(one)
    for host, count in made.hosts:
        yield f"{host}: {counted(count, 'request')}"
        yield from (f"  {_line(one)}" for one in by_host[host])
    if made.idle:
        yield "not asked:"
        yield from (f"  {one.source}: {one.why}" for one in made.idle)
    yield _sum(made)


def _line(one: Request) -> str:
    what = "" if one.what == "feed" else f" ({one.what})"
    return f"{one.moment:%Y-%m-%d %H:%M} {one.source}{what}: {one.why}"


def _sum(made: Plan) -> str:
    span = f"from {made.begin:%Y-%m-%d %H:%M} to {made.end:%Y-%m-%d %H:%M} UTC"
    if not made.hosts or made.busiest_hour is None:
        return f"feedbraid: no requests {span}"
    total, hosts = counted(len(made.requests), "request"), counted(len(made.hosts), "host")
    (busiest, most), (hour, then) = made.hosts[0], made.busiest_hour
    return f"feedbraid: {total} to {hosts} {span}; at most {most} to {busiest}, and {then} from {hour:%H:%M} on"


COMMAND = Command(
    summary="show the requests of the next 24 hours per host, with the reason for each; asks nobody",
    example="feedbraid plan --hours 48",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Reads the configuration and the store, and rehearses the rules as if every source answered from now on
        that nothing has changed: which host is asked when, and what decides each moment (schedule, rhythm,
        max-age, Retry-After, a failure). Nobody is asked and nothing is written. Times are in UTC.
        """,
        group="look",
        examples=("feedbraid plan", "feedbraid plan --json"),
        exits=(0, 2, 3),
        see=("status", "run"),
    ),
)
