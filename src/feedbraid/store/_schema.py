"""Opening the SQLite file: it has to be ours, whole, and of the newest schema.

The schema version stands in `PRAGMA user_version`. Migrations are the numbered files in `migrations/`; each runs
in one transaction together with its number, and a copy of the file is taken before the first of them (D15).
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from feedbraid.errors import StoreDamaged, StoreError, StoreTooNew, StoreUnwritable, store_error

APPLICATION_ID = 0x66656564
"""The word "feed" in ASCII: tells a store of ours from any other SQLite file."""

ADVICE = "nothing was changed; `feedbraid recover` keeps the file under another name and rebuilds the store"


def migrations() -> tuple[str, ...]:
    """Give the SQL of every migration; the first leads from an empty file to version 1, and so on."""
    folder = Path(__file__).with_name("migrations")
    return tuple(file.read_text(encoding="utf-8") for file in sorted(folder.glob("[0-9]*.sql")))


@cache
def tables() -> Mapping[str, tuple[str, ...]]:
    """Give the columns of every table of the newest version; tables that others refer to come before these."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for script in migrations():
            db.executescript(script)
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        ordered = (*_REFERRED, *(name for name in names if name not in _REFERRED))
        return {name: tuple(row[1] for row in db.execute(f"PRAGMA table_info({name})")) for name in ordered}


_REFERRED = ("origin", "copy", "tombstone")


def connect(path: str, patience: float) -> tuple[sqlite3.Connection, int]:
    """Open the file, and make it and its folder when missing. `patience` is in seconds.

    Gives also how often it was opened since it was checked, this time included; 0 when it was checked now.

    Raises StoreDamaged, StoreTooNew, StoreUnwritable or StoreError, and then leaves the file as it was.
    """
    openings = openings_unchecked(path)  # before SQLite makes files beside it
    is_checked = openings < CHECKED_EVERY
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=patience, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise trouble(path, error) from error
    try:
        prepare(db, path, migrations(), is_checked=is_checked)
    except (OSError, sqlite3.Error) as error:
        db.close()
        raise trouble(path, error) from error
    except BaseException:
        db.close()
        raise
    return db, openings + 1 if is_checked else 0


def prepare(db: sqlite3.Connection, path: str, scripts: Sequence[str], *, is_checked: bool = False) -> None:
    """Check the file and bring it to the newest version, which is the number of `scripts`."""
    version = _version(db, path, len(scripts))
    if not is_checked:
        _check(db, path)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    if 0 < version < len(scripts):
        back_up(db, f"{path}.backup-v{version}")
    for number in range(version + 1, len(scripts) + 1):
        _migrate(db, number, scripts[number - 1])


def trouble(path: str, error: Exception) -> StoreError:
    """Say what an error of the driver or the system means for the store at `path`."""
    if isinstance(error, OSError):
        return store_error(path, "the store can not be opened", error)
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreDamaged(path, f"the store is damaged ({error}); {ADVICE}")
    reason = _REASONS.get(code) or _REASONS.get(code & 0xFF, "the store can not be used")
    kind = StoreUnwritable if _is_unwritable(path, code) else StoreError
    return kind(path, f"{reason} ({error})")


_NOT_TAKEN = "the disk did not take what was to be written: it is full, or it fails"

_WRITING = (
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_FSYNC,
    sqlite3.SQLITE_IOERR_DIR_FSYNC,
    sqlite3.SQLITE_IOERR_TRUNCATE,
    sqlite3.SQLITE_IOERR_SHMOPEN,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_SHMMAP,
)
"""What is wrong with the disk rather than with the store. The index of the write-ahead log is made at opening."""

_REASONS = {
    sqlite3.SQLITE_BUSY: "another program holds the store; it stayed locked for the whole waiting time",
    sqlite3.SQLITE_FULL: "the disk is full; nothing was written",
    sqlite3.SQLITE_READONLY: "the store can not be written to",
    sqlite3.SQLITE_CANTOPEN: "the store can not be opened",
    sqlite3.SQLITE_IOERR: "the disk failed",
    **dict.fromkeys(_WRITING, _NOT_TAKEN),
}


def _is_unwritable(path: str, code: int) -> bool:
    """Tell whether an error means that nobody can write there (F7); the store itself may be sound."""
    if code & 0xFF == sqlite3.SQLITE_CANTOPEN:
        # Even a reader needs the write-ahead log, which is a file beside it.
        return not os.access(Path(path).parent, os.W_OK | os.X_OK)
    return code & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY) or code in _WRITING


def _version(db: sqlite3.Connection, path: str, newest: int) -> int:
    application, version = _number(db, "application_id"), _number(db, "user_version")
    empty = db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
    if application != APPLICATION_ID and not (empty and application == version == 0):
        raise StoreDamaged(path, f"this SQLite file is no store of feedbraid; {ADVICE}")
    if version > newest:
        raise StoreTooNew(
            path,
            f"a later version of feedbraid wrote this store (schema {version}, this one knows {newest}); "
            "use that version or put a backup in its place",
        )
    return version


def _number(db: sqlite3.Connection, pragma: str) -> int:
    value: int = db.execute(f"PRAGMA {pragma}").fetchone()[0]
    return value


def _check(db: sqlite3.Connection, path: str) -> None:
    # Reading, writing and counting go on as if nothing had happened when a page inside is damaged.
    (answer,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise StoreDamaged(path, f"the store is damaged ({' '.join(answer.split())}); {ADVICE}")


# --- a look at every page, once -----------------------------------------------------------------------------
#
# A check reads the whole file. One that nobody else wrote to since we closed it needs none.

CHECKED_EVERY = 50
"""Openings after which a file is checked although nobody touched it: a disk may fail by itself."""

CHECKED = "{}-checked"
"""Beside the store: how the file looked when it was closed, and how often it was opened since its last check."""


def openings_unchecked(path: str) -> int:
    """Count the openings since a file was last checked; as many as call for a check if somebody wrote to it."""
    try:
        noted, _, count = Path(CHECKED.format(path)).read_text("ascii").partition(" ")
        is_as_closed = noted == _looks(path) and not os.path.exists(f"{path}-wal")  # noqa: PTH110  # on the way of every start
        return int(count) if is_as_closed else CHECKED_EVERY
    except (OSError, ValueError):
        return CHECKED_EVERY


def note_closed(path: str, openings: int) -> None:
    """Note how a file looks that was closed just now, unless others have it open; nothing is lost if that fails.

    Ends when the clock of the file system has gone on, so that whatever is written from now on looks different.
    """
    note = Path(CHECKED.format(path))
    try:
        if os.path.exists(f"{path}-wal"):  # noqa: PTH110  # as above
            return
        for _ in range(_TICKS):
            note.write_text(f"{_looks(path)} {openings}", "ascii")
            if note.stat().st_ctime_ns > Path(path).stat().st_ctime_ns:
                return
            time.sleep(_TICK)
        note.unlink()
    except OSError:
        return


_TICK, _TICKS = 0.002, 20
"""Seconds; a clock that goes on less often than that leaves the file without a note."""


def _looks(path: str) -> str:
    found = os.stat(path)  # noqa: PTH116  # as above
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"


def copy_over(source: str, target: str) -> None:
    """Write the content of one SQLite file over another one, in one transaction. Raises StoreError."""
    try:
        address = f"{Path(source).absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as read, closing(sqlite3.connect(target)) as written:
            read.backup(written)
    except (OSError, sqlite3.Error) as error:
        raise trouble(target, error) from error


def back_up(db: sqlite3.Connection, target: str) -> None:
    """Copy a database as it is at this moment to a file, which is whole or not there."""
    part = Path(f"{target}.tmp")
    part.unlink(missing_ok=True)
    try:
        db.execute("VACUUM INTO ?", (str(part),))
        _sync(part)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    # The name, too: the migration that follows must not reach the disk before its backup.
    _sync(part.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _migrate(db: sqlite3.Connection, number: int, script: str) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have come first while this one waited for the lock.
        if _number(db, "user_version") < number:
            for statement in _statements(script):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {number}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    # `executescript` would commit the transaction that it runs in.
    lines: list[str] = []
    for line in script.splitlines():
        lines.append(line)
        if sqlite3.complete_statement("\n".join(lines)):
            yield "\n".join(lines)
            lines.clear()
