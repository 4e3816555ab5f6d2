"""`feedbraid start`: pass after pass, until it is told to stop."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from feedbraid.app import Choices
from feedbraid.config import load_config
from feedbraid.errors import ConfigError, FeedbraidError
from feedbraid.schedule import Ticker

from . import Command, _pass, told
from ._said import complain, note

BEAT = 60.0
"""Seconds from one look whether a source is due or a seed has changed to the next; most looks ask nobody."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--beat", type=_seconds, default=BEAT, metavar="SECONDS", help="how often to look what is due; default: 60"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(dry_run=False, allow_shrink=False, strict=False, wait=True, json=False, news_only=True)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0.1 to 86400")
    return seconds


def _execute(args: argparse.Namespace) -> int:
    Ticker(_Service(args).make_pass, timedelta(seconds=args.beat)).run()
    return 0


class _Service:
    """Makes passes like those of `run`, tells each trouble once, and goes on."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._config = load_config(Path(args.config))
        """The last good one. Raises ConfigError: a service that can do nothing says so at once (F29)."""
        self._troubles: list[str] = []

    def make_pass(self) -> None:
        """Take over what has changed in the configuration, unless that is broken (F31), and make a pass."""
        self._tell([*self._reload(), *self._pass()])

    def _reload(self) -> Sequence[str]:
        try:
            config = load_config(Path(self._args.config))
        except ConfigError as error:
            return [
                *told(error),
                f"feedbraid: {self._args.config} can not be used; it goes on with the former one",
            ]
        if config != self._config and not self._args.quiet:
            note(f"feedbraid: {self._args.config} has changed; it holds from now on")
        self._config = config
        return ()

    def _pass(self) -> Sequence[str]:
        try:
            _pass.pass_of(self._args, self._config, Choices())
        except FeedbraidError as error:
            return told(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, the next pass may do without
            fault = f"feedbraid has a fault here, please report it: {type(error).__name__}: {error}"
            return [f"feedbraid: {fault}", *traceback.format_exc().splitlines()]
        return ()

    def _tell(self, troubles: Sequence[str]) -> None:
        """Complain of what is new: a service whose disk is full would say so once a minute."""
        for line in troubles:
            if line not in self._troubles:
                complain(line)
        self._troubles[:] = troubles


COMMAND = Command(
    summary="make a pass whenever a source is due or a seed has changed, until stopped",
    example="feedbraid start --config /etc/feedbraid.yaml",
    add_arguments=_add_arguments,
    execute=_execute,
)
