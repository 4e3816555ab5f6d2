"""`feedbraid restore FILE`: put a backup of the store in its place."""

from __future__ import annotations

import argparse
from pathlib import Path

from feedbraid.backups import put_back
from feedbraid.catch_up import catch_up
from feedbraid.config import load_config
from feedbraid.places import is_database
from feedbraid.stores import alone
from feedbraid.text import counted
from feedbraid.wire import opened

from . import About, Command
from ._clock import current_time
from ._said import note
from ._waiting import add_wait


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a backup that `feedbraid backup` took")
    add_wait(parser)


def _execute(args: argparse.Namespace) -> int:
    config, now = load_config(Path(args.config)), current_time()
    with alone(config, wait=args.wait):
        kept = put_back(Path(args.file), config.store_file, now, config.place if is_database(config.store) else "")
        note(f"feedbraid: {args.file} is the store now{f'; the former one is kept as {kept}' if kept else ''}")
        with opened(config) as app:
            found = catch_up(app, now)
    if found:
        note(f"feedbraid: {counted(found, 'post')} published since then were read back from {config.output}")
    note("feedbraid: the next run reads what else the sources have")
    return 0


COMMAND = Command(
    summary="put a backup in the place of the store; the former one is kept",
    example="feedbraid restore /backups/feedbraid.db",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        The backup is tried first: one that is damaged, or no store at all, changes nothing. The former store is
        kept beside the new one. What was published since the backup was taken, and what it therefore does not
        know, is read back from the output folder, so that no post is lost and none is published twice. A
        service that is running goes on with it at its next pass.
        """,
        group="keep",
        exits=(0, 2, (3, "the backup can not be used"), 4, 75),
        see=("backup", "recover"),
    ),
)
