"""`feedbraid store copy FROM TO`: move the store to another file or database."""

from __future__ import annotations

import argparse
from pathlib import Path

from feedbraid.errors import ConfigError
from feedbraid.places import is_database, place_name
from feedbraid.stores import copy_store, open_store

from . import About, Command
from ._said import note


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["copy"], metavar="copy", help="what to do with the store")
    parser.add_argument("source", metavar="FROM", help="a file, or postgresql://user:password@host/database")
    parser.add_argument("target", metavar="TO", help="the same; it is made where there is none")
    parser.add_argument("--replace", action="store_true", help="remove what the store at TO holds")


def _execute(args: argparse.Namespace) -> int:
    source, target = args.source, args.target
    if source == target or (_is_file(source) and _is_file(target) and Path(source).samefile(target)):
        raise ConfigError.of(place_name(target), "this is the same store; name another place")
    copy_store(source, target, replace=args.replace)
    store = open_store(target)
    try:
        size = store.driver.size()
    finally:
        store.close()
    note(f"feedbraid: {place_name(target)} holds all of {place_name(source)}, in {size / 1024:,.0f} KiB")
    return 0


def _is_file(place: str) -> bool:
    return not is_database(place) and Path(place).exists()


COMMAND = Command(
    summary="copy all that is remembered to another file or database",
    example="feedbraid store copy .feedbraid/state.db postgresql://feedbraid@db.example/feedbraid",
    add_arguments=_add_arguments,
    execute=_execute,
    has_config=False,
    about=About(
        text="""
        Copies a store as it is at one moment, between files and PostgreSQL databases, in either direction, and
        without loss. The first one is only read, and may be in use meanwhile; what it learns after that moment is
        not in the copy, so end the service first. The other one is filled in one transaction: whole or not at
        all. If it holds something already, it is left alone, unless --replace is given.

        Then say in config.yaml, under `store`, or in the environment, by FEEDBRAID_STORE, where the store is now.
        No configuration is needed for the copy. A password need not be typed: ~/.pgpass and PGPASSWORD are read.
        """,
        group="keep",
        examples=("feedbraid store copy postgresql://feedbraid@db.example/feedbraid state.db --replace",),
        exits=(0, 2, (3, "a store can not be read or written, or the one at TO is not empty"), 4),
        see=("backup", "restore"),
    ),
)
