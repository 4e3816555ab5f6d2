"""Where a server listens: its options, and the sockets they stand for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid.settings import Config

if TYPE_CHECKING:
    import socket

LARGEST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every server."""
    parser.add_argument("--host", help="address to listen at; default: serve.host, or 127.0.0.1")
    parser.add_argument(
        "--port", type=_port, help="port to listen at, 0 for any that is free; default: serve.port, or 8080"
    )
    parser.add_argument("--socket", type=Path, metavar="PATH", help="listen at a socket of this machine instead")
    parser.add_argument("--access-log", action="store_true", help="print a line for each answer")


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LARGEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number up to {LARGEST_PORT}")
    return int(text)


def listening(args: argparse.Namespace, config: Config) -> list[socket.socket]:
    """Listen where options and configuration say. Raises ListenError."""
    from feedbraid.serve import listen, listen_at_socket  # noqa: PLC0415  # uvicorn: only where something is served

    if args.socket:
        return listen_at_socket(args.socket)
    return listen(args.host or config.serve.host, config.serve.port if args.port is None else args.port)
