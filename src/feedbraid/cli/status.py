"""`feedbraid status`: how every source does, and why."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from feedbraid.config import load_config
from feedbraid.model import OriginSpec, SourceState
from feedbraid.policy import SCHEDULE, is_stopped
from feedbraid.store import Flood
from feedbraid.wire import opened

from . import Command
from ._said import masked, report_json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    source: str
    state: str
    succeeded: str
    changed: str
    due: str
    because: str
    """What decided when it is due."""
    address: str
    """Where it is asked now, when it moved for good; empty for the configured address."""
    failures: int
    error: str
    skipped: int
    held: int
    """Old entries that came at once and are held back."""
    held_until: str


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the states as JSON")


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    with opened(config) as app:
        states, floods = app.store.states(), app.store.floods()
        rows = [
            _row(
                one.spec,
                states.get(one.spec.name),
                len(app.store.skipped(one.spec.name)),
                floods.get(one.spec.name),
            )
            for one in app.readings
        ]
    if args.json:
        report_json([asdict(row) for row in rows])
        return 0
    from ._screen import print_rows  # noqa: PLC0415  # rich only where a table is printed

    print_rows(
        ("source", "state", "last success", "last new entry", "next fetch", "why"),
        [(row.source, row.state, row.succeeded, row.changed, row.due, _why(row)) for row in rows],
        ["red" if row.state in ("failing", "gone") else "" for row in rows],
    )
    return 0


def _row(spec: OriginSpec, state: SourceState | None, skipped: int, flood: Flood | None) -> _Row:
    known = state or SourceState(name=spec.name)
    return _Row(
        source=spec.name,
        state=_state(state),
        succeeded=_moment(known.succeeded),
        changed=_moment(known.changed),
        due="every run" if spec.kind == "seeds" else _due(known),
        because="" if is_stopped(known) or known.why == SCHEDULE else known.why,
        address=known.address.url if known.address else "",
        failures=known.failures,
        error=known.error,
        skipped=skipped,
        held=flood.count if flood else 0,
        held_until=_moment(flood.until) if flood else "",
    )


def _state(state: SourceState | None) -> str:
    if state is None:
        return "never read"
    return "gone" if is_stopped(state) else "failing" if state.error else "good"


def _due(state: SourceState) -> str:
    return "never again" if is_stopped(state) else _moment(state.due) if state.due else "now"


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"


def _why(row: _Row) -> str:
    failing = [f"failed {_times(row.failures)}: {masked(row.error)}"] if row.error else []
    skipped = [f"{row.skipped} skipped, see `feedbraid check`"] if row.skipped else []
    held = [f"{row.held} old entries that came at once are held until {row.held_until}"] if row.held else []
    moved = [f"moved for good, asked at {masked(row.address)}"] if row.address else []
    later = [f"next: {row.because}"] if row.because and not row.error else []
    return "; ".join(failing + held + skipped + moved + later)


def _times(failures: int) -> str:
    return "once" if failures == 1 else f"{failures} times in a row"


COMMAND = Command(
    summary="show per source: last success, last new entry, next fetch, errors and why",
    example="feedbraid status --json",
    add_arguments=_add_arguments,
    execute=_execute,
)
