"""What the program says: one line for one event, nothing that steers a terminal, no secret (F48).

Two kinds of words: a log, which tells what was done and must never end it (`note`, `complain`), and what was asked
for, which has to arrive (`report`, `report_json`).
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from feedbraid.errors import PublishError
from feedbraid.masks import masked

_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Line breaks, escape codes, what turns the direction of writing round, and halves of characters."""


def escaped(text: str) -> str:
    """Make a text one line, with everything visible that would steer a terminal."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """Make a text fit for a log."""
    return masked(escaped(text))


def note(line: str) -> None:
    """Tell what was done. When nobody can hear it, it is done all the same (F8)."""
    _log(sys.stdout, line)


def complain(line: str) -> None:
    """Tell what went wrong."""
    _log(sys.stderr, line)


def report(lines: Iterable[str]) -> None:
    """Print what was asked for. Raises PublishError when it can not be written."""
    deliver("".join(f"{escaped(line)}\n" for line in lines))


def report_json(value: object, *, mask: bool = True) -> None:
    """Print what was asked for as JSON, in one line. Raises PublishError when it can not be written.

    Addresses of posts are what some are asked for; nothing is a secret in them.
    """
    text = json.dumps(value, ensure_ascii=False, default=str)
    deliver((masked(text) if mask else text) + "\n")


def deliver(text: str) -> None:
    """Print a text that was asked for, as it is. Raises PublishError when it can not be written."""
    with delivering():
        sys.stdout.write(text)


@contextmanager
def delivering() -> Iterator[None]:
    """Print something that was asked for: a full disk is a PublishError, and a reader may leave before the end."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        discard(sys.stdout)
        if not isinstance(error, BrokenPipeError):
            raise PublishError("standard output", error.strerror or str(error)) from error


_forms: list[Callable[[str], str]] = [one_line]
"""How a line is told; the last one holds."""


def speak(form: Callable[[str], str]) -> None:
    """Tell lines in another form from now on, to the end of the process."""
    _forms.append(form)


def _log(stream: TextIO, line: str) -> None:
    note_as_it_is(stream, _forms[-1](line))


def note_as_it_is(stream: TextIO, line: str) -> None:
    """Tell a line that is fit for a log."""
    try:
        print(line, file=stream, flush=True)
    except OSError:
        discard(stream)


def discard(stream: TextIO) -> None:
    """Empty the buffer of a stream that can not be written to, so that nothing complains of it once more."""
    with suppress(OSError):
        number = stream.fileno()
        kept, nowhere = os.dup(number), os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        stream.flush()
        os.dup2(kept, number)
        os.close(kept)
        os.close(nowhere)
