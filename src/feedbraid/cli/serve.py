"""`feedbraid serve`: the HTTP server alone, which hands the published files to readers."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid.config import load_config
from feedbraid.errors import FeedbraidError, PublishError

from . import About, Command, _listening, _log
from ._front import listening_app, tell_places
from ._said import report

if TYPE_CHECKING:
    from feedbraid.serve import Service


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    _listening.add_arguments(parser)
    _log.add_arguments(parser)
    parser.add_argument(
        "--hash", action="store_true", help="print the hash of a password, for serve.auth, and serve nothing"
    )


def _execute(args: argparse.Namespace) -> int:
    if args.hash:
        return _print_hash()
    config = load_config(Path(args.config))
    from feedbraid import serve  # noqa: PLC0415  # uvicorn and starlette, only where something is served (D23)

    shelf = serve.Shelf(config.folder / config.output, config.serve.memory)
    try:
        shelf.look()
    except PublishError as error:
        raise PublishError(error.path, f"{error.reason}; what is served is written by `feedbraid run`") from error
    log = _log.Log.chosen(args)
    app, sockets = listening_app(args, config, log, shelf)
    tell_places(log, config, sockets)
    asyncio.run(_until_told(serve.Service(app, sockets, complain=log.complain)))
    return 0


async def _until_told(service: Service) -> None:
    """Serve until a signal comes: what is under way is finished then; a second one ends that, too."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    await service.run()


def _print_hash() -> int:
    """Read a password, and print what `serve.auth` may hold instead of it."""
    from feedbraid.serve import hashed  # noqa: PLC0415  # as above

    is_typed = sys.stdin.isatty()
    password = getpass.getpass("password: ") if is_typed else sys.stdin.readline().rstrip("\r\n")
    if not password or (is_typed and getpass.getpass("again: ") != password):
        raise _PasswordError("the password is empty, or not the same both times")
    report([hashed(password)])
    return 0


class _PasswordError(FeedbraidError):
    exit_code = 2


COMMAND = Command(
    summary="hand the written feeds to readers over HTTP, until stopped",
    example="feedbraid serve --port 8080",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Reads the output folder and answers requests with what is in it, compressed, with validators and the
        right media types. Nothing is fetched and nothing is written: a `feedbraid run` from cron beside it is
        noticed at once. SIGTERM and Ctrl-C end it after the answers that are under way.

        With --hash it serves nothing, but reads a password and prints its hash for serve.auth.
        """,
        group="every day",
        examples=("feedbraid serve --socket /run/feedbraid.sock", "feedbraid serve --hash"),
        exits=(
            (0, "told to end"),
            (2, "the configuration is wrong, or it can not listen there"),
            (4, "there is no output folder"),
        ),
        see=("start", "run"),
    ),
)
