"""Where documents wait between being rendered and being written: few of them in memory, many in a file.

Nothing is written before everything of a feed was rendered and checked, and an archive can be far larger than
memory.
"""

from __future__ import annotations

from dataclasses import field
from types import TracebackType
from typing import IO, Self

from feedbraid.errors import PublishError
from feedbraid.model import Document
from feedbraid.nouns import dataclass

IN_MEMORY = 8 * 1024 * 1024
"""Bytes of documents that wait without a file."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A document that waits."""

    path: str
    media_type: str
    size: int
    _start: int = field(repr=False)
    _spool: Spool = field(repr=False)

    @property
    def content(self) -> bytes:
        """Its bytes, read again. Raises PublishError."""
        return self._spool.read(self._start, self.size)


class Spool:
    """Holds documents until it is left. Its file has no name and is gone with the program, however it ends.

    `folder` is where the file is made: on the disk that takes the documents there is room for them, or there is no
    room for the documents either. An empty one is the system's folder for such files.
    """

    def __init__(self, folder: str = "", in_memory: int = IN_MEMORY) -> None:
        self._folder = folder
        self._in_memory = in_memory
        self._opened: IO[bytes] | None = None
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opened is not None:
            self._opened.close()

    @property
    def _file(self) -> IO[bytes]:
        if self._opened is None:
            from tempfile import SpooledTemporaryFile  # noqa: PLC0415  # where nothing is written, nothing waits

            self._opened = SpooledTemporaryFile(  # noqa: SIM115  # `__exit__` closes it
                max_size=self._in_memory, dir=self._folder or None
            )
        return self._opened

    def keep(self, document: Document) -> Waiting:
        """Have a document wait. Raises PublishError."""
        start, size = self._end, len(document.content)
        try:
            self._file.seek(start)
            self._file.write(document.content)
        except OSError as error:
            raise self._failed(error) from error
        self._end += size
        return Waiting(document.path, document.media_type, size, start, self)

    def read(self, start: int, size: int) -> bytes:
        """Give what was written at a place. Raises PublishError."""
        try:
            self._file.seek(start)
            found = self._file.read(size)
        except OSError as error:
            raise self._failed(error) from error
        if len(found) != size:
            raise PublishError(self._folder, "a temporary file in it lost what was written")
        return found

    def _failed(self, error: OSError) -> PublishError:
        place = self._folder or "the folder for temporary files"
        return PublishError(place, f"a temporary file can not be written there: {error.strerror or error}")
