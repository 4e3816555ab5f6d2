"""`feedbraid backup [FILE]`: copy the store, also while it is in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from feedbraid.backups import backup_path, own_backups, take_backup
from feedbraid.config import load_config

from . import About, Command
from ._clock import current_time
from ._numbers import count_of
from ._said import note


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="or a folder; default: a name with the time, beside the store"
    )
    parser.add_argument(
        "--keep",
        type=count_of("backups", 7),
        metavar="N",
        help="of the backups without a name of their own keep the newest N",
    )


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    store = config.store_file
    own = backup_path(store, current_time())
    target = Path(args.file) if args.file else own
    if target.is_dir():
        target /= own.name
    take_backup(config.place, target)
    note(f"feedbraid: {target} has {target.stat().st_size / 1024:,.0f} KiB")
    for old in own_backups(store)[: -args.keep] if args.keep else ():
        old.unlink(missing_ok=True)
        note(f"feedbraid: removed {old.name}")
    return 0


COMMAND = Command(
    summary="copy the store to a file, also while feedbraid is running",
    example="feedbraid backup /backups/feedbraid.db",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        The store is one file, but it must not be copied by hand while it is in use. This takes a copy of it as
        it is at one moment, compact and whole, and of a store in PostgreSQL, too. A former backup of the same
        name gives way only when the new one is on the disk. No lock is needed and nobody has to wait.

        Seeds, config.yaml and forgotten.txt are files of yours: back them up as you do your other files.
        """,
        group="keep",
        examples=("feedbraid backup --keep 7",),
        exits=(0, 2, 3, (4, "the file can not be written, or it is no backup")),
        see=("restore", "vacuum"),
    ),
)
