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
from feedbraid.settings import Config

from . import Command
from ._said import complain, note, report

if TYPE_CHECKING:
    import socket

    from feedbraid.serve import Service

LARGEST_PORT = 65535


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen at; default: serve.host, or 127.0.0.1")
    parser.add_argument(
        "--port", type=_port, help="port to listen at, 0 for any that is free; default: serve.port, or 8080"
    )
    parser.add_argument("--socket", type=Path, metavar="PATH", help="listen at a socket of this machine instead")
    parser.add_argument("--access-log", action="store_true", help="print a line for each answer")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors, and answers if so asked")
    parser.add_argument(
        "--hash", action="store_true", help="print the hash of a password, for serve.auth, and serve nothing"
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number up to {LARGEST_PORT}")
    return int(text)


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
    rules = serve.Rules(config.serve, config.site.address)
    app = serve.application(shelf, rules, log=_note if args.access_log else None, complain=_complain)
    sockets = _listen(args, config)
    if not args.quiet:
        _note(f"serving {config.output.rstrip('/')}/ at {', '.join(serve.addresses(sockets))}")
    asyncio.run(_until_told(serve.Service(app, sockets, complain=_complain)))
    return 0


def _listen(args: argparse.Namespace, config: Config) -> list[socket.socket]:
    from feedbraid.serve import listen, listen_at_socket  # noqa: PLC0415  # as above

    if args.socket:
        return listen_at_socket(args.socket)
    return listen(args.host or config.serve.host, config.serve.port if args.port is None else args.port)


async def _until_told(service: Service) -> None:
    """Serve until a signal comes: what is under way is finished then; a second one ends that, too."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    await service.run()


def _note(line: str) -> None:
    note(f"feedbraid: {line}")


def _complain(line: str) -> None:
    complain(f"feedbraid: {line}")


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
)
