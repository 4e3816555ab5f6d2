"""One run at a time (D17): a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedbraid.errors import AlreadyRunning, StoreError


@contextmanager
def only_one(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs.

    Raises AlreadyRunning when another process holds it and `wait` is false, StoreError when it can not be made.
    """
    handle = _open(path)
    try:
        _take(handle, path, wait=wait)
        _sign(handle, path)
        yield
    finally:
        os.close(handle)


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreError(str(path), f"the lock can not be made: {error.strerror}") from error


def _sign(handle: int, path: Path) -> None:
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()}\n".encode())
    except OSError as error:
        raise StoreError(str(path), f"the lock can not be written: {error.strerror}") from error


def _take(handle: int, path: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise StoreError(str(path), f"the lock can not be taken: {error.strerror}") from error
        holder = os.pread(handle, 100, 0).decode(errors="replace").strip()
        raise AlreadyRunning(holder or "process unknown") from error
