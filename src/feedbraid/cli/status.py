"""`feedbraid status`: how every source does, and why."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid.app import App
from feedbraid.config import load_config
from feedbraid.health import Standing, span
from feedbraid.masks import masked
from feedbraid.policy import NEVER_READ, SCHEDULE
from feedbraid.standing import standings
from feedbraid.statusjson import plain
from feedbraid.text import counted, minute, times_in_a_row
from feedbraid.wire import opened

from . import About, Command
from ._clock import current_time
from ._said import report, report_json

if TYPE_CHECKING:
    from feedbraid.settings import Config

    from ._many import Together

_RED = ("failing", "broken", "gone")
_YELLOW = ("silent", "paused")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print all that is known of each source as JSON")
    parser.add_argument(
        "--cluster", action="store_true", help="show the queue, the workers, and who reads what just now, too"
    )


def _execute(args: argparse.Namespace) -> int:
    config, now = load_config(Path(args.config)), current_time()
    with opened(config) as app:
        found = standings(app, now)
        sending = list(_sending(app))
    cluster = _cluster(config, args.config) if args.cluster else None
    if args.json:
        sources = [_fields(one) for one in found]
        report_json(sources if cluster is None else {"sources": sources, "cluster": cluster.plain()})
        return 0
    from ._screen import print_rows  # noqa: PLC0415  # rich only where a table is printed

    print_rows(
        ("source", "state", "last success", "last new entry", "next fetch", "why"),
        [
            (one.name, one.state, _moment(one.succeeded), _moment(one.changed), _due(one, now), _why(one))
            for one in found
        ],
        ["red" if one.state in _RED else "yellow" if one.state in _YELLOW else "" for one in found],
    )
    report(sending)
    if cluster is not None:
        report(cluster.lines())
    return 0


def _sending(app: App) -> Iterator[str]:
    """Tell how far the place is behind to which files are brought, where there is one."""
    if app.publish is None:
        return
    from feedbraid.send_out import publishing_of  # noqa: PLC0415  # only where that is configured

    known = publishing_of(app.store, app.publish)
    yield ""
    if known.behind is not None:
        waiting = counted(known.waiting, "file")
        yield masked(f"publishing: behind since {minute(known.behind)}, {waiting} waiting: {known.trouble}")
    elif not known.state:
        yield masked(f"publishing: nothing was sent to {known.place} yet")
    else:
        yield masked(f"publishing: {known.place} has all files, last sent {_moment(known.succeeded)}")


def _cluster(config: Config, file: str) -> Together:
    from ._many import looked_at  # noqa: PLC0415  # only where several machines share the work

    return looked_at(config, file)


def _fields(one: Standing) -> dict[str, object]:
    return {"source": one.name} | {field.name: plain(getattr(one, field.name)) for field in fields(one)}


def _due(one: Standing, now: datetime) -> str:
    if one.state == "paused":
        return "paused"
    if one.kind == "seeds":
        return "every run"
    if one.due is None:
        return "never again"
    return "now" if one.due <= now else _moment(one.due)


def _moment(moment: datetime | None) -> str:
    return minute(moment) if moment else "never"


def _why(one: Standing) -> str:
    failing = [f"failed {times_in_a_row(one.failures)}: {one.error}"] if one.error else []
    gap = one.usual_gap if one.state == "silent" else None
    silent = [f"usually it has something every {span(gap)}"] if gap else []
    skipped = [f"{len(one.skipped)} skipped, see `feedbraid check`"] if one.skipped else []
    held = [f"{one.held} entries are held back, the first until {_moment(one.held_until)}"] if one.held else []
    moved = [f"moved for good, asked at {one.address}"] if one.moved else []
    later = [f"next: {one.why}"] if one.due and one.why not in (SCHEDULE, NEVER_READ) and not one.error else []
    return "; ".join(failing + silent + skipped + held + moved + later)


COMMAND = Command(
    summary="show per source: last success, last new entry, next fetch, errors and why",
    example="feedbraid status --json",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Reads the store, and shows a row for each source and folder of seeds: how it is (ok, failing, broken,
        silent, gone, paused), when it was last read and last had something new, when it is asked next, and what
        decided that. Where feeds are published elsewhere, too, a line tells whether that place is behind. Where
        several machines share the work, that is over all of them, and --cluster shows how they do. Nobody is asked
        and nothing is written.
        """,
        group="look",
        examples=("feedbraid status", "feedbraid status --cluster"),
        exits=(0, 2, 3),
        see=("plan", "run", "start", "worker"),
    ),
)
