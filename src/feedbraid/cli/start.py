"""`feedbraid start`: pass after pass, until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from feedbraid.app import Choices
from feedbraid.errors import FeedbraidError
from feedbraid.schedule import Ticker

from . import Command, _pass, told

BEAT = timedelta(minutes=1)
"""How often it looks whether a source is due or a seed has changed; a look that finds nothing asks nobody."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(dry_run=False, allow_shrink=False, strict=False, wait=True, json=False, news_only=True)


def _execute(args: argparse.Namespace) -> int:
    ended_by: list[int] = []
    ticker = Ticker(_passes(args), BEAT)

    def stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature of a handler
        ended_by.append(signum)
        ticker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    ticker.run()
    return 128 + ended_by[0] if ended_by else 0


def _passes(args: argparse.Namespace) -> Callable[[], None]:
    """Give the work of one beat: a pass like that of `run`, which tells its trouble and goes on."""
    before: list[str] = []

    def one_pass() -> None:
        try:
            _pass.make_pass(args, lambda _: Choices())
            before.clear()
        except FeedbraidError as error:
            if before != [told(error)]:
                print(told(error), file=sys.stderr)
            before[:] = [told(error)]

    return one_pass


COMMAND = Command(
    summary="make a pass whenever a source is due or a seed has changed, until stopped",
    example="feedbraid start --config /etc/feedbraid.yaml",
    add_arguments=_add_arguments,
    execute=_execute,
)
