"""A PostgreSQL server to measure on, and what it counts: CPU, transactions, rows, WAL, bytes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from postgres import Server

TESTS = Path(__file__).resolve().parents[1] / "tests"

SAFE = ("fsync=on", "full_page_writes=on", "shared_buffers=256MB", "max_wal_size=4GB")
"""As on a server that must not lose anything."""


_LOOK = """
SELECT xact_commit::float8, (tup_inserted + tup_updated + tup_deleted)::float8,
    (pg_current_wal_lsn() - '0/0')::float8
FROM pg_stat_database WHERE datname = '{}'
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a server did, or the difference of two moments: CPU seconds, and numbers."""

    cpu: float
    transactions: float
    rows: float
    """Written: inserted, changed and removed ones."""
    wal: float
    """Bytes."""

    def since(self, before: Counts) -> Counts:
        """Give the difference."""
        return Counts(*(getattr(self, one.name) - getattr(before, one.name) for one in fields(Counts)))


class Database:
    """One database on a server of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._number = 0

    def new(self) -> str:
        """Give the address of a database without any content; it is the one that is looked at from now on."""
        self._number += 1
        self._server.sql(f"CREATE DATABASE {self._name}")
        return self._server.address(self._name)

    @property
    def _name(self) -> str:
        return f"bench{self._number}"

    def checkpoint(self) -> None:
        """Write everything out: each page that is changed for the first time after that goes whole to the log."""
        self._server.sql("CHECKPOINT")

    def look(self) -> Counts:
        """Tell what was done so far; sessions that have ended have told what they did."""
        row = self._server.sql("SELECT pg_stat_force_next_flush()", _LOOK.format(self._name))[0]
        transactions, rows, wal = (float(str(value)) for value in row)
        return Counts(cpu=self._cpu(), transactions=transactions, rows=rows, wal=wal)

    def size(self) -> int:
        """Give the bytes of the database, once what was removed is tidied up."""
        self._server.sql("VACUUM", database=self._name)
        return int(str(self._server.sql(f"SELECT pg_database_size('{self._name}')")[0][0]))

    def size_of(self, table: str) -> int:
        """Give the bytes of a table, with its indexes and long texts."""
        found = self._server.sql(f"SELECT pg_total_relation_size('{table}')", database=self._name)
        return int(str(found[0][0]))

    def _cpu(self) -> float:
        """Give the CPU seconds of all processes of the server, those that have ended included."""
        first = (self._server.data / "postmaster.pid").read_text().split()[0]
        children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        ticks = sum(_ticks(first)) + sum(sum(_ticks(one)[:2]) for one in children)
        return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(process: str) -> list[int]:
    """Give user and system time of a process, and of its children that have ended."""
    try:
        return [int(word) for word in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:15]]
    except OSError:
        return [0]


@contextmanager
def database() -> Iterator[Database | None]:
    """Give a database on a server that ends afterwards; None, and say why, where there can be no server."""
    sys.path.insert(0, str(TESTS))
    import postgres  # noqa: PLC0415  # it is of the tests, and wants what they want

    if reason := postgres.missing():
        print(f"\nPostgreSQL is left out: {reason}")
        yield None
        return
    server = postgres.Server(*SAFE)
    try:
        server.start()
        yield Database(server)
    finally:
        server.remove()
