"""`feedbraid run`: one pass, for cron, systemd or a CI job."""

from __future__ import annotations

import argparse

from feedbraid.app import Choices
from feedbraid.settings import Config

from . import About, Command, _pass
from ._named import known_sources


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="ask sources that are not due, too")
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="ask only this source; repeatable"
    )
    _pass.add_arguments(parser)


def _execute(args: argparse.Namespace) -> int:
    return _pass.make_pass(args, lambda config: _choices(args, config))


def _choices(args: argparse.Namespace, config: Config) -> Choices:
    names = known_sources(config, args.config, args.source, "--source")
    return Choices(
        force=args.force or bool(args.source),
        only=names,
        allow_shrink=args.allow_shrink,
        dry=args.dry_run,
    )


COMMAND = Command(
    summary="fetch what is due, merge it with the seeds, write the feeds",
    example="feedbraid run --source voa --force",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Reads the seeds, asks every source that is due, stores what is new, and writes the feeds that have
        changed. Sources are asked with the validators of the last time, one at a time per host, and not before
        their time; --force and --source ask all the same. A source that fails is a warning: its posts stay.

        Meant for cron, a timer of systemd or a CI job: one line tells what was done. In a run in which nothing
        changed, no file is touched. Only one run goes on at a time; --dry-run works on a copy of the store.
        """,
        group="every day",
        examples=("feedbraid run", "feedbraid run --dry-run", "feedbraid run --quiet --wait --strict"),
        exits=(
            (0, "done; a source that failed is a warning"),
            (1, "all sources failed, or one of them with --strict"),
            2,
            3,
            (4, "output or store can not be written, a feed is held back, or publishing fails"),
            75,
            130,
        ),
        see=("build", "start", "status", "plan"),
    ),
)
