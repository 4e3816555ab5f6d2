"""Commands: one file each, exporting `COMMAND`; and the one place where errors become exit codes (D19)."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn, cast

from feedbraid import __version__
from feedbraid.errors import ConfigError, FeedbraidError
from feedbraid.registry import load_plug, plug_names

EXIT_NOT_WRITTEN = 4
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

DESCRIPTION = """\
feedbraid republishes feeds: it pulls source feeds, merges them with your own seed posts,
removes duplicates by URL, and writes clean Atom, RSS and JSON feeds.
"""

EXIT_CODES = """\
exit codes: 0 done (a failed source is a warning; --strict makes it 1), 1 all sources failed,
2 configuration or usage, 3 store damaged, 4 cannot write output, 75 already running,
130 or 143 interrupted
"""


@dataclass(frozen=True, slots=True)
class Command:
    """What `cli/NAME.py` exports as `COMMAND`."""

    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]
    """Gives the exit code; raises FeedbraidError for trouble at home."""


class _Terminated(BaseException):
    """SIGTERM arrived: unwind like an interrupt, so that every transaction is rolled back or done."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and give its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["--version"]:
        print(f"feedbraid {__version__}")
        return 0
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = _execute(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return _close_output(0)
    except OSError as error:
        print(f"feedbraid: the report can not be written: {error.strerror or error}", file=sys.stderr)
        return _close_output(EXIT_NOT_WRITTEN)
    except (FeedbraidError, KeyboardInterrupt, _Terminated) as error:
        message, code = _ending(error)
        print(message, file=sys.stderr)
    return code


def _close_output(code: int) -> int:
    """Nobody reads the output any more: have the interpreter not complain of it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _ending(error: BaseException) -> tuple[str, int]:
    """Give what is said of an error, and the exit code."""
    match error:
        case FeedbraidError():
            return told(error), error.exit_code
        case KeyboardInterrupt():
            return "feedbraid: interrupted; nothing is half done", EXIT_INTERRUPTED
        case _:
            return "feedbraid: terminated; nothing is half done", EXIT_TERMINATED


def told(error: FeedbraidError) -> str:
    """Give what is said of trouble at home; a problem of the configuration begins with its place."""
    return str(error) if isinstance(error, ConfigError) else f"feedbraid: {error}"


def _terminate(signum: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001  # the signature of a handler
    raise _Terminated


def _execute(arguments: Sequence[str]) -> int:
    names = plug_names("feedbraid.cli")
    chosen = [name for name in arguments[:1] if name in names]
    parser = _parser(chosen or list(names))
    parsed = parser.parse_args(arguments)
    if parsed.command is None:
        parser.print_help()
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
