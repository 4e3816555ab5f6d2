"""`feedbraid build`: write the feeds from what is stored and from the seeds. No source is asked."""

from __future__ import annotations

import argparse

from feedbraid.app import Choices

from . import About, Command, _pass


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--force", action="store_true", help="render feeds in which nothing changed, too, and send them again"
    )
    _pass.add_arguments(parser)


def _execute(args: argparse.Namespace) -> int:
    choices = Choices(network=False, everything=args.force, allow_shrink=args.allow_shrink, dry=args.dry_run)
    return _pass.make_pass(args, lambda _: choices)


COMMAND = Command(
    summary="write the feeds from the store and the seeds; no source is asked",
    example="feedbraid build --dry-run",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Reads the seeds and the store, and writes the feeds that have changed: after an edit of config.yaml, of
        a filter or of a seed. No source is asked, so one that is new in the configuration shows nothing yet. Where
        `publish` names another place, what has changed is sent there; --force sends everything again.
        """,
        group="every day",
        examples=("feedbraid build", "feedbraid build --force"),
        exits=(
            0,
            2,
            3,
            (4, "output or store can not be written, a feed is held back, or publishing fails"),
            75,
            130,
        ),
        see=("run", "check"),
    ),
)
