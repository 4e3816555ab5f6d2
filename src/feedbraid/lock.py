"""One run at a time (D17): a lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feedbraid.errors import AlreadyRunning, store_error
from feedbraid.text import roughly

_SIGNATURE = "process {}, begun {} seconds after the machine\n"
"""By the clock that nobody can set: another run tells from it how old this one is, whatever the time of day."""

_SIGNED = re.compile(r"(process [0-9]{1,9})(?:, begun ([0-9]{1,12}) seconds)?")


@contextmanager
def only_one(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file at `path` while the block runs.

    Raises AlreadyRunning when another process holds it and `wait` is false, StoreError when it can not be made:
    StoreUnwritable where nobody can write.
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
        raise store_error(str(path), "the lock can not be made", error) from error


def _sign(handle: int, path: Path) -> None:
    text = _SIGNATURE.format(os.getpid(), int(time.monotonic())).encode()
    try:
        # Over what an earlier run wrote: that takes no room on a disk that is full.
        os.pwrite(handle, text, 0)
        os.ftruncate(handle, len(text))
    except OSError as error:
        raise store_error(str(path), "the lock can not be written", error) from error


def _take(handle: int, path: Path, *, wait: bool) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise store_error(str(path), "the lock can not be taken", error) from error
        raise AlreadyRunning(_holder(os.pread(handle, 100, 0))) from error


def _holder(signature: bytes) -> str:
    """Say who signed, and since when, as far as it can be told: the lock is signed just after it was taken."""
    signed = _SIGNED.match(signature.decode(errors="replace"))
    if signed is None:
        return "process unknown"
    process, begun = signed.groups()
    age = int(time.monotonic()) - int(begun) if begun else -1
    return f"{process}, for {roughly(age)}" if age >= 0 else process
