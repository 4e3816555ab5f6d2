"""Commands: one file each, exporting `COMMAND`; and the one place where errors become exit codes (D19)."""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Literal, NoReturn, cast

from feedbraid.errors import ConfigError, FeedbraidError
from feedbraid.nouns import dataclass
from feedbraid.overview import VERSION, folded, formatter, overview, row, whole_parser, width
from feedbraid.registry import load_plug, plug_names

from ._said import complain, deliver, report

EXIT_USAGE = 2
EXIT_NOT_WRITTEN = 4

Group = Literal["start here", "every day", "look", "change", "keep"]

EXITS: Mapping[int, str] = {
    0: "done",
    1: "all sources failed",
    2: "the configuration, or what was typed, is wrong",
    3: "the store is damaged or locked",
    4: "output or store can not be written",
    75: "another run is going on",
    130: "interrupted",
}
"""What an exit code means where a command does not say it better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What `feedbraid COMMAND --help` tells beside the options."""

    text: str
    """A paragraph or more: what it reads, what it writes, whether it asks the network. Empty lines part them."""
    group: Group
    examples: tuple[str, ...] = ()
    """Further ones, beside `Command.example`."""
    exits: tuple[int | tuple[int, str], ...] = (0, 2)
    """The exit codes it can give; those whose meaning is its own with their words."""
    see: tuple[str, ...] = ()
    """Other commands."""


@dataclass(frozen=True, slots=True)
class Command:
    """What `cli/NAME.py` exports as `COMMAND`."""

    summary: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], int]
    """Gives the exit code; raises FeedbraidError for trouble at home."""
    about: About | None = None
    has_config: bool = True
    """It takes `-c FILE`."""


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
        report([VERSION])
        return 0
    if arguments[:1] == ["help"]:
        arguments = [*arguments[1:2], "--help"]
    if not arguments or arguments[0] in ("-h", "--help"):
        deliver(overview())
        return 0 if arguments else EXIT_USAGE
    names = plug_names("feedbraid.cli")
    if not arguments[0].startswith("-") and arguments[0] not in names:
        return _mistyped("feedbraid", f"there is no command {arguments[0]!r}", arguments[0], names)
    return _call(_parser([name for name in arguments[:1] if name in names] or list(names)), arguments)


def _call(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    """Have the command that the arguments name do its work."""
    try:
        parsed, unknown = parser.parse_known_args(arguments)
    except SystemExit as ended:  # help was printed, or what is wrong with the arguments
        report([])
        return int(ended.code or 0)
    if unknown:
        return _unknown(parser, parsed, unknown[0])
    if parsed.command is None:
        parser.print_help()
        report([])
        return EXIT_USAGE
    command: Command = parsed.chosen
    return command.execute(parsed)


def _unknown(parser: argparse.ArgumentParser, parsed: argparse.Namespace, wrong: str) -> int:
    """Complain of an argument that nobody takes."""
    name, own = "feedbraid", parser
    if parsed.command is not None:
        name, own = f"feedbraid {parsed.command}", parsed.parser
    if not wrong.startswith("-"):
        return _mistyped(name, f"nothing is known to do with {wrong!r}", "", ())
    options = [option for option in own._option_string_actions if option.startswith("--")]  # noqa: SLF001  # no other way to ask for them
    stated = wrong.partition("=")[0]
    return _mistyped(name, f"there is no option {stated!r}", stated, options)


def _mistyped(name: str, what: str, wrong: str, right: Iterable[str]) -> int:
    """Say what nobody understands, and what was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415  # only when something is wrong

    close = get_close_matches(wrong, list(right), n=1)
    meant = f"did you mean {close[0]!r}?" if close else f"`{name} --help` lists all there is"
    complain(f"{name}: {what}; {meant}")
    return EXIT_USAGE


# --- help -------------------------------------------------------------------------------------------------


def load_command(name: str) -> Command:
    """Load a command. Raises LookupError when there is none of that name."""
    return cast("Command", load_plug("feedbraid.cli", name, "COMMAND"))


def _parser(names: Sequence[str]) -> argparse.ArgumentParser:
    """Build the parser of the named commands only, so that one command does not wait for the others' imports."""
    loaded = {name: load_command(name) for name in names}
    wide = width()
    parser = whole_parser()
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="feedbraid", help=argparse.SUPPRESS)
    for name, command in loaded.items():
        sub = commands.add_parser(
            name,
            description=_description(name, command, wide),
            epilog=_epilog(command, wide),
            formatter_class=formatter(wide),
        )
        if command.has_config:
            sub.add_argument("-c", "--config", default="config.yaml", metavar="FILE", help="default: config.yaml")
        command.add_arguments(sub)
        sub.set_defaults(chosen=command, parser=sub)
    return parser


def _description(name: str, command: Command, wide: int) -> str:
    told = f"feedbraid {name}: {command.summary}"
    paragraphs = [told, *(command.about.text.split("\n\n") if command.about else ())]
    return "\n\n".join(folded(" ".join(one.split()), wide) for one in paragraphs)


def _epilog(command: Command, wide: int) -> str:
    """Give what stands below the options; an example is never folded, so that it can be copied."""
    about = command.about
    examples = (command.example, *(about.examples if about else ()))
    lines = [f"{'example: ' if not place else '         '}{one}" for place, one in enumerate(examples)]
    if about is not None:
        stated = dict(one if isinstance(one, tuple) else (one, EXITS[one]) for one in about.exits)
        lines += ["", "exit codes:", *(row(str(code), words, 7, wide) for code, words in stated.items())]
        if about.see:
            lines += ["", folded(f"see also: {', '.join(f'feedbraid {name}' for name in about.see)}", wide, 10)]
    return "\n".join(lines)
