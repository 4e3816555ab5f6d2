"""The store in a SQLite file, by the standard library's driver (D15).

Write-ahead log, flushed to the disk at each commit.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from feedbraid.store import Store, _schema, _sql
from feedbraid.store._sql import Fill, Lock, Read, Row, SqlStore, Values, Work

PATIENCE = 30.0
"""Seconds to wait for a store that another program holds."""


class SqliteFile:
    """The file at `path`, which is made when missing: what a `SqlStore` works on.

    Raises StoreDamaged, StoreTooNew, StoreUnwritable or StoreError when the file can not be used; it is then left
    as it was.
    `patience` is how long to wait for another program, in seconds.
    """

    advice = _schema.ADVICE
    held = ""  # a transaction that writes is alone

    def __init__(self, path: str, patience: float) -> None:
        self.name = path
        self.connection, self._openings = _schema.connect(path, patience)

    def rows(self, query: str, values: Values = ()) -> list[Row]:
        """Give the answer to a query."""
        try:
            rows: list[Row] = self.connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _schema.trouble(self.name, error) from error
        return rows

    @contextmanager
    def transaction(self, *_locks: Lock) -> Iterator[Work]:
        """Begin a transaction, which waits for all others; commit it, or roll it back."""
        with self._translated():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            finally:
                # SQLite has already rolled back by itself after some errors, such as a full disk.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    @staticmethod
    def alone() -> AbstractContextManager[object]:
        """Do nothing: one run goes on at a time, see `lock`."""
        return nullcontext()

    @staticmethod
    def array(values: Iterable[str]) -> str:
        """Make one bound value of texts."""
        return json.dumps(sorted(set(values)))

    def back_up(self, target: str) -> None:
        """Copy the store as it is at this moment to a file, which is whole or not there. Raises OSError, too."""
        with self._translated():
            _schema.back_up(self.connection, target)

    def compact(self) -> None:
        """Write the file anew without the room that removed posts left."""
        with self._translated():
            self.connection.execute("VACUUM")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def size(self) -> int:
        """Give the bytes of the file and of its write-ahead log."""
        parts = (Path(f"{self.name}{part}") for part in ("", "-wal", "-shm"))
        return sum(part.stat().st_size for part in parts if part.is_file())

    @contextmanager
    def snapshot(self) -> Iterator[Read]:
        """Let all tables be read as they are at one moment."""
        with self._translated():
            self.connection.execute("BEGIN")
        try:
            yield self._read
        finally:
            self.connection.execute("ROLLBACK")

    def _read(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        with self._translated():
            yield from self.connection.execute(f"SELECT {', '.join(columns)} FROM {table}")  # noqa: S608  # our names

    @contextmanager
    def anew(self, *, replace: bool) -> Iterator[Fill]:
        """Let all tables be filled in one transaction."""
        with self.transaction() as db:
            before = _sql.emptied(db, self.name, replace=replace)
            yield self._fill
            _sql.count_on(db, before)

    def _fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608  # our names

    def close(self) -> None:
        """Let go of the file; its write-ahead log is merged into it."""
        with self._translated():
            self.connection.close()
        _schema.note_closed(self.name, self._openings)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _schema.trouble(self.name, error) from error


def sqlite_store(path: str, *, patience: float = PATIENCE) -> SqlStore[SqliteFile]:
    """Open the store in a file. Raises and waits as `SqliteFile` does."""
    return SqlStore(SqliteFile(path, patience))


def copy_over(source: str, target: str) -> None:
    """Write the content of one store over that of another at once, and bring it to this version."""
    _schema.copy_over(source, target)
    sqlite_store(target).close()


CONNECT: Callable[[str], Store] = sqlite_store
