"""What `feedbraid --help` tells: all commands by what they are for.

It reads the summaries from the text of the commands, and imports little: whoever asks for help waits for no more
than the interpreter takes (D23).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import textwrap
from functools import partial

from feedbraid import __version__

VERSION = f"feedbraid {__version__}"

WIDEST = 80
"""Columns of all help; a narrower terminal has fewer."""

DESCRIPTION = (
    "feedbraid republishes feeds: it pulls source feeds, merges them with your own seed posts, "
    "removes duplicates by URL, and writes clean Atom, RSS and JSON feeds."
)

EXIT_CODES = (
    "exit codes: 0 done (a failed source is a warning; --strict makes it 1), 1 all sources failed, "
    "2 configuration or usage, 3 store damaged or locked, 4 cannot write output or store (disk full, read-only), "
    "75 already running, 130 or 143 interrupted"
)

GROUPS = {
    "start here": "start here",
    "every day": "every day",
    "look": "look, and change nothing",
    "change": "change what is read and published",
    "keep": "keep it safe, and take it elsewhere",
}
"""What a group of commands is for, in the order in which `feedbraid --help` shows them."""

_COMMANDS = os.path.join(os.path.dirname(__file__), "cli")  # noqa: PTH118, PTH120  # pathlib takes as long as all the rest

_STATED = re.compile(r'^ +(group|summary)="([^";]*+)', re.MULTILINE)
"""How commands state their group, and the first part of their summary."""


def overview() -> str:
    """Give the overview of all commands."""
    return whole_parser(f"\n\n{_grouped(width())}").format_help()


def whole_parser(commands: str = "") -> argparse.ArgumentParser:
    """Make a parser of the program as a whole; `commands` is what its help tells of them."""
    wide = width()
    parser = argparse.ArgumentParser(
        prog="feedbraid",
        usage="feedbraid [-h] [--version] COMMAND ...",
        description=folded(DESCRIPTION, wide) + commands,
        epilog=f"`feedbraid help COMMAND` tells more of each.\n\n{folded(EXIT_CODES, wide)}",
        formatter_class=formatter(wide),
    )
    parser.add_argument("--version", action="version", version=VERSION)
    return parser


def formatter(wide: int) -> partial[argparse.RawDescriptionHelpFormatter]:
    """Make what lays out help, so many columns wide."""
    return partial(argparse.RawDescriptionHelpFormatter, width=wide)


def width() -> int:
    """Give the columns of help: those of the terminal, or what COLUMNS says of it, and not too many."""
    stated = os.environ.get("COLUMNS", "")
    columns = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 9 else 0
    if columns == 0 and sys.__stdout__ is not None:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns
        except (OSError, ValueError):  # it is no terminal, or closed
            columns = WIDEST
    return min(WIDEST, columns or WIDEST)


def command_names() -> tuple[str, ...]:
    """List the commands, sorted; names with an underscore are none."""
    with os.scandir(_COMMANDS) as found:
        names = [one.name.removesuffix(".py") for one in found if one.name.endswith(".py")]
    return tuple(sorted(name for name in names if not name.startswith("_")))


def summary_of(name: str) -> tuple[str, str]:
    """Give the group of a command and the first part of its summary, from its text: importing takes far longer."""
    with open(os.path.join(_COMMANDS, f"{name}.py"), encoding="utf-8") as file:  # noqa: PTH118, PTH123  # as above
        found = dict(_STATED.findall(file.read()))
    return found.get("group", ""), found.get("summary", "")


def _grouped(wide: int) -> str:
    """List all commands by what they are for, each with the first part of its summary."""
    stated = {name: summary_of(name) for name in command_names()}
    blocks = []
    for group, heading in (*GROUPS.items(), ("", "others")):
        rows = [row(name, summary, 12, wide) for name, (own, summary) in stated.items() if own == group]
        blocks += ["\n".join([f"{heading}:", *rows])] if rows else []
    return "\n\n".join(blocks)


def row(name: str, words: str, room: int, wide: int) -> str:
    """Write a line of a table: a name, and what is told of it, which begins so many columns further right."""
    return folded(f"  {name:<{room - 2}}{words}", wide, room)


def folded(text: str, wide: int, indent: int = 0) -> str:
    """Break a text into lines; words stay whole."""
    return textwrap.fill(
        text, wide, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
    )
