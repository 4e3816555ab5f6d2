"""A folder of this machine, or one that is mounted: what a web server hands out as it is.

Its tags are digests of the bytes. Whoever writes holds the lock of the folder meanwhile, so that nobody else of us
comes between the look and the writing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from feedbraid.codec import digest
from feedbraid.errors import PublishError
from feedbraid.model import Document
from feedbraid.places import Conflict, Found, Load, Missing, Stored, Trouble
from feedbraid.publish import make_ready, remove_from, write_into

ADVICE = "give the user that runs feedbraid the right to write there, make room, or mount its disk"


class Folder:
    """A folder that is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def ready(cls, folder: Path) -> Self | Trouble:
        """Make the folder when only itself is missing, and remove what an earlier crash left in it."""
        try:
            make_ready(folder)
        except PublishError as error:
            return Trouble(reason=str(error), advice=ADVICE)
        return cls(folder)

    async def put(self, load: Load, tag: str) -> Stored | Conflict | Trouble:
        """Bring a file: in the place of the one with this tag, or where there is none when it is empty."""
        try:
            with self._alone():
                if self._tag(load.key) != tag:
                    return Conflict()
                write_into(Document(load.key, "", load.content), self._folder)
        except (OSError, PublishError) as error:
            return self._trouble(error)
        return Stored(digest(load.content))

    async def get(self, key: str) -> Found | Missing | Trouble:
        """Read a file."""
        try:
            content = (self._folder / key).read_bytes()
        except FileNotFoundError:
            return Missing()
        except OSError as error:
            return self._trouble(error)
        return Found(content, digest(content))

    async def remove(self, key: str, tag: str) -> Missing | Conflict | Trouble:
        """Remove a file if it still has this tag; one that is not there is well."""
        try:
            with self._alone():
                if self._tag(key) not in (tag, ""):
                    return Conflict()
                remove_from(key, self._folder)
        except (OSError, PublishError) as error:
            return self._trouble(error)
        return Missing()

    def _tag(self, key: str) -> str:
        try:
            return digest((self._folder / key).read_bytes())
        except FileNotFoundError:
            return ""

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _trouble(self, error: OSError | PublishError) -> Trouble:
        reason = str(error) if isinstance(error, PublishError) else f"{self._folder}: {error.strerror or error}"
        return Trouble(reason=reason, advice=ADVICE, ends=False)
