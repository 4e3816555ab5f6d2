"""The store in a PostgreSQL database, by psycopg: for several machines that work on the same one.

One transaction per method that writes, at READ COMMITTED, and each begins with two things: it waits for others
that are about the same (`Lock`), and it makes sure of the leases that its work depends on (`Fence`). PostgreSQL
knows no character NUL in a text, so that texts which have one are written in another spelling; see `_Spelled`.

A connection that is lost is made anew for what only reads, and before a transaction has begun. What was being
written is never repeated: the caller has to decide.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from socket import gethostname
from typing import Any, get_args

import psycopg
from psycopg import errors, pq
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int8Dumper

from feedbraid.addresses import lifeline, place_name
from feedbraid.errors import AlreadyRunning, LeaseLost, StoreDamaged, StoreError, StoreTooNew, StoreUnwritable
from feedbraid.masks import masked
from feedbraid.records import Fence
from feedbraid.store import Store, _schema, _sql
from feedbraid.store._sql import Fill, Lock, Read, Row, SqlStore, Values, Work

ADVICE = "put a backup in its place, see `feedbraid restore`"

_SETTINGS = {**lifeline(20), "client_encoding": "utf8"}
"""Of every connection, unless its address states another one."""

_LIFELINE = b"""
SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
SET tcp_user_timeout = '30s'
"""
"""So that the server, too, notices when a machine is gone, and lets others have what it held."""

_SESSION = """
SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '30s'; SET TIME ZONE 'UTC';
SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on
"""
"""Whoever is stopped in the middle of a transaction is thrown out before the others lose patience."""

_UNHURRIED = b"SET LOCAL idle_in_transaction_session_timeout = 0"
"""For a copy of everything, in which one side may have to wait for the other one."""

_ROWS = 500
"""That are held at a time while everything is read."""

_COUNTED = {"copy": "id", "visit": "id", "incident": "number"}
"""Columns that the database counts by itself."""

_OURS = 0x66656564
"""The word "feed" in ASCII: the first half of our advisory locks, which other programs may have, too."""

_MIGRATING = 0
_RUNNING = 1000

_LOCKS = {name: number for number, name in enumerate(get_args(Lock), start=1) if name != "origin"}


def no_fences() -> Sequence[Fence]:
    """Give no lease: whoever writes alone needs none."""
    return ()


def migrations() -> tuple[str, ...]:
    """Give the SQL of every migration; the first leads from an empty database to version 1, and so on."""
    folder = Path(__file__).with_name("migrations_postgres")
    return tuple(file.read_text(encoding="utf-8") for file in sorted(folder.glob("[0-9]*.sql")))


class PostgresDatabase:
    """The database at an address, `postgresql://…`: what a `SqlStore` works on. Its tables are made when missing.

    Unless `is_made`: then there must be some.

    `fences` is asked at the beginning of every transaction which leases it depends on.

    Raises StoreTooNew or StoreError when it can not be used, LeaseLost when something was to be written without a
    lease, and StoreUnwritable when the disk of the server is full or the database only to be read.
    """

    advice = ADVICE
    held = " FOR UPDATE"

    def __init__(
        self, address: str, fences: Callable[[], Sequence[Fence]] = no_fences, *, is_made: bool = True
    ) -> None:
        self.name = place_name(address)
        self._address, self._fences = address, fences
        self._is_made = is_made
        self._is_inside = self._is_closed = False
        with self._translated():
            self.connection = self._connect()

    def rows(self, query: str, values: Values = ()) -> list[Row]:
        """Give the answer to a query; asks again, once, when the connection was lost before."""
        with self._translated():
            try:
                return self._ask(query, values)
            except psycopg.OperationalError:
                if self._is_inside or not self._is_lost():
                    raise
                self.connection = self._connect()
                return self._ask(query, values)

    def _ask(self, query: str, values: Values) -> list[Row]:
        return self.connection.execute(spelled(query), values or None).fetchall()

    @contextmanager
    def transaction(self, *locks: Lock) -> Iterator[Work]:
        """Begin a transaction, which waits for those with the same locks; commit it, or roll it back.

        What begins inside of one is a part of it.
        """
        if self._is_inside:
            with self._translated():
                yield _Transaction(self.connection)
            return
        with self._translated():
            self._begin(locks)
        self._is_inside = True
        try:
            with self._translated():
                self._see_to(self._fences())
                yield _Transaction(self.connection)
                self._commit()
        except BaseException:
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")
            raise
        finally:
            self._is_inside = False

    def _begin(self, locks: Sequence[Lock]) -> None:
        text = _beginning(locks)
        try:
            self._start(text)
        except psycopg.OperationalError:
            if not self._is_lost():
                raise
            self.connection = self._connect()
            self._start(text)

    def _start(self, text: bytes) -> None:
        try:
            self.connection.execute(text, prepare=False)
        except psycopg.Error:
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")
            raise

    def _see_to(self, fences: Sequence[Fence]) -> None:
        """Hold the leases in place until the transaction ends: nobody can take one before."""
        for fence in sorted(fences, key=lambda one: one.name):
            if self.connection.execute(_FENCE, (fence.name, fence.token)).fetchone() is None:
                what = f"the lease {fence.name!r} is lost: it has run out, or another worker has taken it"
                raise LeaseLost(self.name, f"{what}; nothing was written")

    def _commit(self) -> None:
        try:
            status = self.connection.execute("COMMIT").statusmessage
        except psycopg.OperationalError as error:
            if not self._is_lost():
                raise
            what = "the connection was lost while a change was committed, and it may be stored or not; try again"
            raise StoreError(self.name, f"{what} ({_line(error)})") from error
        if status != "COMMIT":
            raise StoreError(self.name, "the database took back what was to be written; try again")

    def alone(self) -> AbstractContextManager[object]:
        """Make one transaction of a block, for which all others wait that write."""
        return self.transaction(*(name for name in get_args(Lock) if name != "origin"))

    @contextmanager
    def snapshot(self) -> Iterator[Read]:
        """Let all tables be read as they are at one moment."""
        with self._translated():
            self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self.connection.execute(_UNHURRIED)
        self._is_inside = True
        try:
            yield self._read
        finally:
            self._is_inside = False
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")

    def _read(self, table: str, columns: Sequence[str]) -> Iterator[Row]:
        query = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608  # our names
        with self._translated(), self.connection.cursor(name="feedbraid") as cursor:
            cursor.itersize = _ROWS
            cursor.execute(query.encode())
            yield from cursor

    @contextmanager
    def anew(self, *, replace: bool) -> Iterator[Fill]:
        """Let all tables be filled in one transaction."""
        with self.transaction(*get_args(Lock)) as db:
            self.connection.execute(_UNHURRIED)
            before = _sql.emptied(db, self.name, replace=replace)
            yield self._fill
            _sql.count_on(db, before)
            for table, column in _COUNTED.items():
                sequence = f"pg_get_serial_sequence('{table}', '{column}')"
                query = f"SELECT setval({sequence}, max({column})) FROM {table}"  # noqa: S608  # our names
                self.connection.execute(query.encode())
        # Else it would be some minutes before the database knows how much there is of what.
        with self._translated():
            self.connection.execute(f"ANALYZE {', '.join(_schema.tables())}".encode())

    def _fill(self, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with self._translated(), self.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def compact(self) -> None:
        """Let room be used again that removed posts left: PostgreSQL keeps it, and nobody has to wait."""
        with self._translated():
            self.connection.execute(f"VACUUM (ANALYZE) {', '.join(_schema.tables())}".encode())

    def size(self) -> int:
        """Give the bytes of our tables, with their indexes."""
        sizes = (f"pg_total_relation_size('{name}')" for name in _schema.tables())
        return int(self.rows(f"SELECT {' + '.join(sizes)}")[0][0])

    @staticmethod
    def array(values: Iterable[str]) -> list[str]:
        """Make one bound value of texts."""
        return sorted(set(values))

    def close(self) -> None:
        """Let go of the connection."""
        self._is_closed = True
        self.connection.close()

    def _is_lost(self) -> bool:
        return self.connection.closed and not self._is_closed

    def _connect(self) -> psycopg.Connection[Row]:
        """Connect, and bring the database to the newest version."""
        db = _connected(self._address, self.name)
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: psycopg.Connection[Row]) -> None:
        encoding = db.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreError(self.name, f"the encoding of this database is {encoding}; it has to be UTF8")
        db.execute(_SESSION, prepare=False)
        scripts = migrations()
        version = _version(db)
        if version > len(scripts):
            raise StoreTooNew(
                self.name,
                f"a later version of feedbraid wrote this store (schema {version}, this one knows "
                f"{len(scripts)}); use that version or put a backup in its place",
            )
        if not version and not self._is_made:
            raise StoreError(self.name, "there is no store in this database yet: it is made by the first run")
        if version < len(scripts):
            self._migrate(db, scripts)

    def _migrate(self, db: psycopg.Connection[Row], scripts: Sequence[str]) -> None:
        try:
            with db.transaction():
                # Another machine may come first while this one waits for the lock.
                db.execute(_lock_text(_MIGRATING, "pg_advisory_xact_lock"))
                db.execute("CREATE TABLE IF NOT EXISTS feedbraid (version BIGINT NOT NULL)")
                for script in scripts[_version(db) :]:
                    db.execute(script.encode(), prepare=False)
                db.execute("DELETE FROM feedbraid")
                db.execute("INSERT INTO feedbraid (version) VALUES (%s)", (len(scripts),))
        except (errors.DuplicateTable, errors.DuplicateFunction) as error:
            what = "this database holds tables of something else; feedbraid needs one of its own"
            raise StoreError(self.name, f"{what} ({_line(error)}); nothing was changed") from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise _trouble(self.name, error, is_writing=self._is_inside) from error


class _Transaction:
    """A transaction that goes on, as `Work` wants it."""

    __slots__ = ("_cursor",)

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._cursor = connection.cursor()

    def execute(self, query: str, values: Values = (), /) -> psycopg.Cursor[Row]:
        """Run a statement."""
        return self._cursor.execute(spelled(query), values or None)

    def executemany(self, query: str, rows: Iterable[Values], /) -> psycopg.Cursor[Row]:
        """Run a statement once for each of some values, sent together."""
        self._cursor.executemany(spelled(query), list(rows))
        return self._cursor


def postgres_store(
    address: str, fences: Callable[[], Sequence[Fence]] = no_fences, *, is_made: bool = True
) -> SqlStore[PostgresDatabase]:
    """Open the store in a database. Raises as `PostgresDatabase` does."""
    return SqlStore(PostgresDatabase(address, fences, is_made=is_made))


def is_filled(address: str) -> bool:
    """Tell whether something was ever stored in a database; changes nothing there. Raises StoreError."""
    name = place_name(address)
    with closing(_connected(address, name)) as db:
        try:
            found = _version(db) and db.execute("SELECT 1 FROM origin UNION ALL SELECT 1 FROM feed").fetchone()
        except psycopg.Error as error:
            raise _trouble(name, error, is_writing=False) from error
        return bool(found)


@contextmanager
def only_one(address: str, *, wait: bool = False) -> Iterator[None]:
    """Be the only one of all machines while the block runs, or until the connection is lost.

    Raises AlreadyRunning when another program is that and `wait` is false, and StoreError.
    """
    name = place_name(address)
    db = _connected(address, name)
    try:
        try:
            _take(db, wait=wait)
        except psycopg.Error as error:
            raise _trouble(name, error, is_writing=False) from error
        yield
    finally:
        db.close()


def _take(db: psycopg.Connection[Row], *, wait: bool) -> None:
    if wait:
        db.execute(_lock_text(_RUNNING, "pg_advisory_lock"))
        return
    found = db.execute(_lock_text(_RUNNING, "pg_try_advisory_lock")).fetchone()
    if found is None or not found[0]:
        holder = db.execute(_HOLDER, (_OURS, _RUNNING)).fetchone()
        raise AlreadyRunning(str(holder[0]) if holder else "process unknown")


_HOLDER = """
SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = %s AND objid = %s AND objsubid = 2
"""


def _connected(address: str, name: str) -> psycopg.Connection[Row]:
    """Connect to a database."""
    try:
        stated = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.ProgrammingError as error:
        raise StoreError(name, _NO_ADDRESS) from error
    who = f"feedbraid on {gethostname()[:30]}, process {os.getpid()}"
    make: Callable[..., psycopg.Connection[Row]] = psycopg.Connection.connect  # its settings have several types
    try:
        made = make(autocommit=True, context=_adapters(), **{**_SETTINGS, "application_name": who, **stated})
        made.execute(_LIFELINE, prepare=False)
    except psycopg.Error as error:
        raise _trouble(name, error, is_writing=False) from error
    return made


# --- the spelling of SQL ------------------------------------------------------------------------------------

_LONG = frozenset({"ref", "key", "item", "recipe", "post", "id", "target", "subject", "place"})
"""Columns whose texts have no limit: they are unique by their digests, as the schema says."""


def _by_digest(found: re.Match[str]) -> str:
    columns = [f"mark_of({name})" if name in _LONG else name for name in found[1].split(", ")]
    return f"ON CONFLICT ({', '.join(columns)})"


_SPELLING: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"IN \(SELECT value FROM json_each\((:\w+|\?)\)\)", r"= ANY (\1)"),
    (r"json_each\((:\w+)\) AS (\w+)", r"unnest(CAST(\1 AS TEXT[])) AS \2 (value)"),
    (r" INDEXED BY \w+", ""),
    (r" \+(?=\w)", " "),
    (r"ON CONFLICT \(([\w, ]+)\)", _by_digest),
    (r"%", "%%"),
    (r"\?", "%s"),
    (r":(\w+)", r"%(\1)s"),
)


@cache
def spelled(query: str) -> bytes:
    """Write a query as PostgreSQL and its driver read it."""
    for pattern, replacement in _SPELLING:
        query = re.sub(pattern, replacement, query)
    return query.encode()


_FENCE = """
SELECT 1 FROM lease WHERE name = %s AND token = %s AND until > clock_timestamp() FOR SHARE
"""


def _lock_text(number: int, function: str) -> bytes:
    return f"SELECT {function}({_OURS}, {number})".encode()


@cache
def _beginning(locks: Sequence[Lock]) -> bytes:
    """Begin a transaction and take locks, in one order for all programs. Single origins are about copies, too."""
    taken = [_lock_text(number, "pg_advisory_xact_lock") for name, number in _LOCKS.items() if name in locks]
    if "origin" in locks:
        taken.append(_lock_text(_LOCKS["copy"], "pg_advisory_xact_lock_shared"))
    return b"; ".join([b"BEGIN", *taken])


def _version(db: psycopg.Connection[Row]) -> int:
    """Give the version of the schema; 0 where there is none."""
    found = db.execute("SELECT to_regclass('feedbraid')").fetchone()
    if found is None or found[0] is None:
        return 0
    row = db.execute("SELECT max(version) FROM feedbraid").fetchone()
    return int(row[0] or 0) if row else 0


# --- texts --------------------------------------------------------------------------------------------------


class _Spelled:
    """Writes texts: NUL as two characters, and the one that begins these two as well, so that the order stays."""

    oid = 0
    format = pq.Format.TEXT

    def __init__(self, cls: type, _context: object = None) -> None:
        self._cls = cls

    @staticmethod
    def dump(text: str) -> bytes:
        """Write a text."""
        if "\0" in text or "\1" in text:
            text = text.replace("\1", "\1\2").replace("\0", "\1\1")
        return text.encode()

    def quote(self, text: str) -> bytes:
        """Write a text as a part of a statement: this is never done."""
        raise NotImplementedError

    def get_key(self, _text: str, _format: object) -> type:
        """Tell that all texts are written in the same way."""
        return self._cls

    def upgrade(self, _text: str, _format: object) -> _Spelled:
        """Tell the same."""
        return self


class _Read:
    """Reads texts that `_Spelled` wrote."""

    format = pq.Format.TEXT

    def __init__(self, _oid: int, _context: object = None) -> None:
        """Need nothing."""

    @staticmethod
    def load(data: Any) -> str:  # noqa: ANN401  # bytes, or something that gives them
        """Read a text."""
        text = str(data, "utf-8")
        return text.replace("\1\1", "\0").replace("\1\2", "\1") if "\1" in text else text


@cache
def _adapters() -> AdaptersMap:
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(str, _Spelled)
    adapters.register_loader("text", _Read)
    # One type for all numbers, so that a statement is prepared once.
    adapters.register_dumper(int, Int8Dumper)
    return adapters


# --- trouble ------------------------------------------------------------------------------------------------

_NO_ADDRESS = (
    "this is no address of a database; it has the form postgresql://user:password@host/database, and signs such "
    "as @, /, : and % in a password are written as %40, %2F, %3A and %25"
)

_REASONS: tuple[tuple[type[psycopg.Error] | tuple[type[psycopg.Error], ...], type[StoreError], str], ...] = (
    (
        errors.LockNotAvailable,
        StoreError,
        "another program holds the store; it stayed locked for the whole waiting time",
    ),
    (
        (errors.DeadlockDetected, errors.SerializationFailure),
        StoreError,
        "another program was writing the same; nothing was written: try again",
    ),
    (errors.DiskFull, StoreUnwritable, "the disk of the database is full; nothing was written"),
    (errors.ReadOnlySqlTransaction, StoreUnwritable, "the database can only be read: it may be a replica"),
    ((errors.DataCorrupted, errors.IndexCorrupted), StoreDamaged, f"the database is damaged; {ADVICE}"),
    (errors.InsufficientPrivilege, StoreError, "this user of the database may not do that"),
    (errors.TooManyConnections, StoreError, "the database has no connection left: see max_connections"),
)


def _trouble(name: str, error: psycopg.Error, *, is_writing: bool) -> StoreError:
    """Say what an error of the driver means for the store."""
    for kinds, kind, reason in _REASONS:
        if isinstance(error, kinds):
            return kind(name, f"{reason} ({_line(error)})")
    if isinstance(error, psycopg.OperationalError):
        lost = "the connection to the database was lost, and nothing was written; try again"
        reason = lost if is_writing else "the database can not be reached"
        return StoreError(name, f"{reason} ({_line(error)})")
    return StoreError(name, f"the store can not be used ({_line(error)})")


def _line(error: psycopg.Error) -> str:
    """Give the first line of what the database said: others may repeat what was to be written."""
    return masked(next(iter(str(error).splitlines()), type(error).__name__))


CONNECT: Callable[[str], Store] = postgres_store
