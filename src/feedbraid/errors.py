"""The exceptions of feedbraid: trouble at home.

Trouble far away (a source that fails, an entry that makes no sense) is a value, never an exception.

    FeedbraidError
    ├── ConfigError          the configuration can not be used; lists every problem
    ├── StoreError           the store can not be read or written
    │   ├── StoreDamaged     it is no store of ours, cut, or fails its own check
    │   ├── StoreTooNew      written by a later version of feedbraid
    │   ├── LeaseLost        another worker does by now what this one was doing
    │   └── StoreUnwritable  nothing is wrong with it, but the disk is full, or may not be written to
    ├── EngineError          what hands work out to several machines can not be reached
    ├── FilterMissing        a filter of the configuration can not work on this machine
    ├── PublishError         an output file can not be written
    ├── ListenError          nobody can listen where the server is to
    └── AlreadyRunning       another run holds the lock
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from feedbraid.nouns import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable


class FeedbraidError(Exception):
    """Base of every error that feedbraid raises on purpose; `exit_code` is what the program ends with."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file: where, and what would be right. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ConfigError(FeedbraidError):
    """The configuration can not be used. `problems` has all of them, in the order of the file."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, file: str, message: str, path: str = "") -> ConfigError:
        """Say one thing that is wrong with a file, or with what was typed, and that stands in no line of it."""
        return cls([Problem(file=file, line=0, column=0, path=path, message=message)])


class FilterMissing(FeedbraidError):  # noqa: N818  # what is wrong with it
    """The filter called `name` can not work here, because of `reason`."""

    exit_code = 2

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"the filter {name!r} can not work here: {reason}")


class StoreError(FeedbraidError):
    """The store at `path` can not be used, because of `reason`."""

    exit_code = 3

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class StoreDamaged(StoreError):  # noqa: N818  # the state of the store, as the exit code names it
    """The file is no store of ours, is cut, or fails its integrity check."""


class StoreTooNew(StoreError):  # noqa: N818
    """The store was written by a later version of feedbraid."""


class LeaseLost(StoreError):  # noqa: N818
    """Another worker may do by now what this one was doing; nothing was written."""


class StoreUnwritable(StoreError):  # noqa: N818
    """The disk is full, or may not be written to; what is stored is as it was (F7)."""

    exit_code = 4


_UNWRITABLE = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}
)


def store_error(path: str, what: str, error: OSError) -> StoreError:
    """Say of an error of the system that `what` failed at `path`, and whether that means that nobody can write."""
    kind = StoreUnwritable if error.errno in _UNWRITABLE else StoreError
    return kind(path, f"{what}: {error.strerror or error}")


class EngineError(FeedbraidError):
    """What hands work out can not be used, because of `reason`; `place` says what it is."""

    exit_code = 3

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}")


class PublishError(FeedbraidError):
    """The output file at `path` can not be written, because of `reason`."""

    exit_code = 4

    def __init__(self, path: str, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class ListenError(FeedbraidError):
    """Nobody can listen at `place`, because of `reason`."""

    exit_code = 2

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}")


class AlreadyRunning(FeedbraidError):  # noqa: N818
    """Another run holds the lock; `holder` says which."""

    exit_code = 75

    def __init__(self, holder: str) -> None:
        self.holder = holder
        super().__init__(f"another run is going on ({holder}); wait for it with --wait")


def fault_in_words(error: Exception) -> str:
    """Say that something failed that must not, whatever anybody sends or writes."""
    return f"feedbraid has a fault here, please report it: {type(error).__name__}: {error}"
