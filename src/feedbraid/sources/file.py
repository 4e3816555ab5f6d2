"""A source that is a feed file on this machine."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from feedbraid.model import Failed, Known, Outcome, Reading

from . import Open, Source, Tools
from ._document import read_document

LARGEST_FILE = 20 * 1024 * 1024
"""In bytes: what a document from the web may have, too."""


LARGE = 1024 * 1024
"""In bytes: of larger files few are held at a time."""


class FileSource:
    """One feed file, given by its path relative to the configuration."""

    def __init__(self, reading: Reading, tools: Tools) -> None:
        self._reading = reading
        self._tools = tools

    async def read(self, known: Known) -> Outcome:
        """Read the file; a missing or unreadable one is a failure like that of any other source."""
        path = self._tools.root / self._reading.spec.locations[0]
        async with (self._tools.room if _is_large(path) else None) or nullcontext():
            return await self._read(path, known)

    async def _read(self, path: Path, known: Known) -> Outcome:
        try:
            body = _read_bounded(path)
        except OSError as error:
            return Failed(reason=f"{self._reading.spec.locations[0]}: {error.strerror or error}")
        if len(body) > LARGEST_FILE:
            return Failed(reason=f"the file is larger than {LARGEST_FILE // 1024 // 1024} MiB")
        if self._tools.workers is None:
            raise TypeError("a file source needs parser processes")
        return await read_document(self._tools.workers, self._reading, known, body)


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > LARGE
    except OSError:
        return False


def _read_bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_FILE + 1)


def _open(reading: Reading, tools: Tools) -> Source:
    return FileSource(reading, tools)


OPEN: Open = _open
