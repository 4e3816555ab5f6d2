"""Commands: one file each, exporting `COMMAND`; and the one place where errors become exit codes (D19)."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn, cast

from feedbraid import __version__
from feedbraid.errors import ConfigError, FeedbraidError
from feedbraid.registry import load_plug, plug_names

from ._said import complain, report

EXIT_NOT_WRITTEN = 4

DESCRIPTION = """\
feedbraid republishes feeds: it pulls source feeds, merges them with your own seed posts,
removes duplicates by URL, and writes clean Atom, RSS and JSON feeds.
"""

EXIT_CODES = """\
exit codes: 0 done (a failed source is a warning; --strict makes it 1), 1 all sources failed,
2 configuration or usage, 3 store damaged or locked, 4 cannot write output or store (disk full, read-only),
75 already running, 130 or 143 interrupted
"""


@dataclass(frozen=True, slots=True)
class Command:
    """What `cli/NAME.py` exports as `COMMAND`."""

    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]
    """Gives the exit code; raises FeedbraidError for trouble at home."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _mend_streams()
    ended_by = [signal.SIGINT]

    def terminate(_: int, frame: FrameType | None) -> None:
        ended_by[0] = signal.SIGTERM
        _interrupt(frame)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        return _execute(arguments)
    except FeedbraidError as error:
        for line in told(error):
            complain(line)
        return error.exit_code
    except OSError as error:  # about a file that nobody looks after, such as a temporary one
        complain(f"feedbraid: {error.filename or 'the system'}: {error.strerror or error}")
        return EXIT_NOT_WRITTEN
    except KeyboardInterrupt:
        complain(f"feedbraid: {_ENDINGS[ended_by[0]]}; nothing is half done")
        _leave(128 + ended_by[0])
    finally:
        signal.signal(signal.SIGTERM, before)


_ENDINGS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}


def _interrupt(frame: FrameType | None) -> None:
    """Do what an interrupt from the keyboard does: unwind, so that every transaction is rolled back or done.

    While the event loop runs, asyncio has a handler of its own for that, which ends its tasks in good order.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):  # it is ignored, as in a job in the background
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _leave(code: int) -> NoReturn:
    """End at once: a thread that waits for a name server or a disk can not be interrupted (F4)."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _mend_streams() -> None:
    """Have standard streams lead somewhere, and speak UTF-8, whatever the surroundings (F13).

    Where one is closed, the next file that is opened would take its number: the store, for example.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def told(error: FeedbraidError) -> list[str]:
    """Give what is said of trouble at home; a problem of the configuration begins with its place."""
    if isinstance(error, ConfigError):
        return [str(problem) for problem in error.problems]
    return [f"feedbraid: {error}"]


def _execute(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--version"]:
        report([f"feedbraid {__version__}"])
        return 0
    names = plug_names("feedbraid.cli")
    chosen = [name for name in arguments[:1] if name in names]
    parser = _parser(chosen or list(names))
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as ended:  # help was printed, or what is wrong with the arguments
        report([])
        return int(ended.code or 0)
    if parsed.command is None:
        parser.print_help()
        report([])
        return 2
    command: Command = parsed.chosen
    return command.execute(parsed)


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser of the named commands only, so that one command does not wait for the others' imports."""
    parser = argparse.ArgumentParser(
        prog="feedbraid",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"feedbraid {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in names:
        command = cast("Command", load_plug("feedbraid.cli", name, "COMMAND"))
        sub = commands.add_parser(
            name,
            help=command.summary,
            description=command.summary,
            epilog=f"example: {command.example}",
        )
        sub.add_argument("-c", "--config", default="config.yaml", metavar="FILE", help="default: config.yaml")
        command.add_arguments(sub)
        sub.set_defaults(chosen=command)
    return parser
