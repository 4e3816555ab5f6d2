"""`feedbraid recover`: rebuild a damaged store; the damaged file is kept under another name."""

from __future__ import annotations

import argparse
import shutil
from datetime import datetime
from pathlib import Path

from feedbraid.app import Choices
from feedbraid.backups import newest_backup, set_aside
from feedbraid.config import load_config
from feedbraid.errors import StoreDamaged, StoreError
from feedbraid.places import is_database
from feedbraid.run import RunReport, run_once
from feedbraid.settings import Config
from feedbraid.stores import alone, is_there
from feedbraid.wire import opened

from . import About, Command, _pass
from ._clock import current_time
from ._said import note
from ._waiting import add_wait


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_wait(parser)


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    store, now = config.store_file, current_time()
    with alone(config, wait=args.wait):
        if is_database(config.store):
            if is_there(config.store):
                note(f"feedbraid: {config.store_name} answers and is not empty; `feedbraid restore` replaces it")
                return 0
        elif store.exists():
            fault = _fault(config)
            if fault is None:
                note(f"feedbraid: {config.store} is sound; there is nothing to recover")
                return 0
            note(f"feedbraid: {fault}")
            note(f"feedbraid: the damaged file is kept as {set_aside(store, now, 'damaged')}")
        report = _rebuild(config, store, now)
    note(_pass.summary(report, config, dry=False))
    return 0


def _rebuild(config: Config, store: Path, now: datetime) -> RunReport:
    """Fill a new store from what was published, which is newer than any backup; else from the newest backup."""
    with opened(config) as app:
        if (report := run_once(app, now, Choices(network=False))).recovered is not None:
            return report
    backup = newest_backup(store)
    if backup is None or is_database(config.store):
        return report
    set_aside(store, now, "empty")
    shutil.copy(backup, store)
    note(f"feedbraid: nothing was published yet; the backup {backup.name} took its place")
    with opened(config) as app:
        return run_once(app, now, Choices(network=False))


def _fault(config: Config) -> StoreError | None:
    try:
        with opened(config):
            return None
    except StoreDamaged as error:
        return error


COMMAND = Command(
    summary="rebuild a damaged store from what was published, or a backup, and from the seeds",
    example="feedbraid recover",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        When a run refuses with exit code 3: the damaged store is kept under another name, and a new one is
        filled from the published feeds, which have ids, dates and posts; where nothing was published, from the
        newest sound backup; and from the seeds. A store that is sound is left alone. Nobody is asked.
        """,
        group="keep",
        examples=("feedbraid recover --wait",),
        exits=((0, "the store is rebuilt, or it was sound"), 2, 3, 4, 75),
        see=("status", "run"),
    ),
)
