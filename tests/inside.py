"""The program as a user starts it, but inside this process: its half second of starting is not waited for."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess

from feedbraid.cli import main
from program import MOMENT, Instance


class Inside(Instance):
    """An instance whose commands are calls of `main`, with streams, folder and environment of their own."""

    def feedbraid(self, *arguments: str, now: str = MOMENT, **env: str) -> CompletedProcess[str]:
        """Do what the program does, and give what it printed."""
        return called(arguments, self.folder, {**os.environ, "FEEDBRAID_NOW": now, **env})


def called(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], *, together: bool = False
) -> CompletedProcess[str]:
    """Do what the program does in a folder; `together` has what it complains of among its output."""
    out = _stream()
    err = out if together else _stream()
    with chdir(folder), _surrounded(environment), redirect_stdout(out), redirect_stderr(err):
        code = main(arguments)
    return CompletedProcess(arguments, code, _text(out), "" if together else _text(err))


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()


@contextmanager
def _surrounded(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    _set(environment)
    try:
        yield
    finally:
        _set(before)


def _set(environment: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
