"""`feedbraid run`: one pass, for cron, systemd or a CI job."""

from __future__ import annotations

import argparse

from feedbraid.app import Choices
from feedbraid.errors import ConfigError, Problem
from feedbraid.settings import Config

from . import Command, _pass


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="ask sources that are not due, too")
    parser.add_argument(
        "--source", action="append", default=[], metavar="NAME", help="ask only this source; repeatable"
    )
    _pass.add_arguments(parser)


def _execute(args: argparse.Namespace) -> int:
    return _pass.make_pass(args, lambda config: _choices(args, config))


def _choices(args: argparse.Namespace, config: Config) -> Choices:
    names = [spec.name for spec in config.sources]
    unknown = [name for name in args.source if name not in names]
    if unknown:
        message = f"there is no source {unknown[0]!r}; there are: {', '.join(names) or 'none'}"
        raise ConfigError([Problem(file=args.config, line=0, column=0, path="--source", message=message)])
    return Choices(
        force=args.force or bool(args.source),
        only=args.source,
        allow_shrink=args.allow_shrink,
        dry=args.dry_run,
    )


COMMAND = Command(
    summary="fetch what is due, merge it with the seeds, write the feeds",
    example="feedbraid run --source voa --force",
    add_arguments=_add_arguments,
    execute=_execute,
)
