"""`feedbraid retry SOURCE`: forget that a source failed, and ask it now."""

from __future__ import annotations

import argparse
from pathlib import Path

from feedbraid import policy
from feedbraid.app import Choices
from feedbraid.config import load_config
from feedbraid.errors import ConfigError
from feedbraid.settings import Config
from feedbraid.stores import alone
from feedbraid.wire import opened

from . import About, Command, _named, _pass
from ._clock import current_time


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", nargs="+", metavar="SOURCE", help="name of a source of the configuration")
    _pass.add_arguments(parser)


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    names = _named.known_sources(config, args.config, args.source)
    if not args.dry_run:
        _reset(args, config, names)
    return _pass.pass_of(
        args, config, Choices(force=True, only=names, allow_shrink=args.allow_shrink, dry=args.dry_run)
    )


def _reset(args: argparse.Namespace, config: Config, names: tuple[str, ...]) -> None:
    now = current_time()
    with alone(config, wait=args.wait), opened(config) as app:
        _named.read_back(app, config, now)
        states = app.store.states()
        paused = [name for name in names if name in states and states[name].paused]
        if paused:
            message = f"{paused[0]!r} is paused; `feedbraid resume {paused[0]}` comes first"
            raise ConfigError.of(args.config, message)
        for name in names:
            _named.change_state(app, name, lambda state: policy.reset(state, now))


COMMAND = Command(
    summary="forget that sources failed, or were gone, and ask them now",
    example="feedbraid retry voa",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        For a source that you have mended, or that said it was gone for good (HTTP 410): its failures, its rest
        and what was planned for it are forgotten, it is asked at once, and the feeds are written. Use it with
        care: who asks for rest has a reason.
        """,
        group="change",
        exits=((0, "the pass is done"), (1, "the source failed again"), 2, 3, 4, 75, 130),
        see=("status", "resume", "run"),
    ),
)
