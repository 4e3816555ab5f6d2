"""`feedbraid vacuum`: give room back that the store does not need."""

from __future__ import annotations

import argparse
from pathlib import Path

from feedbraid.backups import compact
from feedbraid.config import load_config
from feedbraid.retention import expired
from feedbraid.stores import alone
from feedbraid.text import counted
from feedbraid.wire import opened

from . import About, Command
from ._clock import current_time
from ._said import note
from ._waiting import add_wait


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_wait(parser)


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    with alone(config, wait=args.wait):
        with opened(config) as app:
            gone = expired(app, [one.spec.name for one in app.readings], current_time())
            app.store.bury(gone)
        before, after = compact(config.place)
    if gone:
        note(f"feedbraid: {counted(len(gone), 'post')} removed, which retention does not keep")
    note(f"feedbraid: {config.store_name} has {after / 1024:,.0f} KiB; it had {before / 1024:,.0f}")
    return 0


COMMAND = Command(
    summary="put retention into force now, and give unused room of the store back to the disk",
    example="feedbraid vacuum",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Removes what `retention` in the configuration does not keep, which otherwise happens whenever a source
        has news, and writes the store anew without gaps. For that it needs as much room again as the store has.
        PostgreSQL keeps the room for what comes, and nobody has to wait.
        What is published stays as it is. Nobody is asked.
        """,
        group="keep",
        exits=(0, 2, 3, 4, 75),
        see=("backup", "status"),
    ),
)
