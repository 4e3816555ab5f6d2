"""Where a store is, file or database: opening it, being alone with it, and copying all of it to another place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import ModuleType

from feedbraid import lock
from feedbraid.errors import StoreError
from feedbraid.places import is_database, place_name
from feedbraid.records import Fence
from feedbraid.settings import Config
from feedbraid.store import _schema
from feedbraid.store._sql import Driver, SqlStore
from feedbraid.store.sqlite import SqliteFile, sqlite_store

Fences = Callable[[], Sequence[Fence]]


def open_store(place: str, fences: Fences | None = None, *, is_made: bool = True) -> SqlStore[Driver]:
    """Open the store at a path or an address; `fences` is asked before each change, see `store.postgres`.

    Raises StoreError; also, where it is not to be made, when there is none.
    """
    if is_database(place):
        postgres = _postgres(place)
        made: SqlStore[Driver] = postgres.postgres_store(place, fences or postgres.no_fences, is_made=is_made)
        return made
    if not is_made and not Path(place).is_file():
        raise StoreError(place, "there is no store yet: it is made by the first run")
    return sqlite_store(place)


def _postgres(place: str) -> ModuleType:
    try:
        from feedbraid.store import postgres  # noqa: PLC0415  # psycopg: only where there is a database
    except ImportError as error:
        more = "a store in PostgreSQL needs more: pip install 'feedbraid[cluster]'"
        raise StoreError(place_name(place), f"{more} ({error})") from error
    return postgres


def is_there(place: str) -> bool:
    """Tell whether there is a file; or whether something was ever stored in a database. Raises StoreError."""
    return bool(_postgres(place).is_filled(place)) if is_database(place) else Path(place).is_file()


@contextmanager
def alone(config: Config, *, wait: bool = False) -> Iterator[None]:
    """Be the only one who makes a pass with a store, while the block runs: on this machine, and at its database.

    Raises AlreadyRunning when another program does that and `wait` is false, and StoreError.
    """
    with ExitStack() as held:
        held.enter_context(lock.only_one(config.lock, wait=wait))
        if is_database(config.store):
            held.enter_context(_postgres(config.store).only_one(config.store, wait=wait))
        yield


def copy_store(source: str, target: str, *, replace: bool = False) -> None:
    """Copy all that one store holds to another place, in one transaction there; the first is only read.

    Raises StoreError: also when there is no store at the source, or one at the target that is not empty and is not
    to be replaced.
    """
    with closing(open_store(source, is_made=False)) as read, closing(open_store(target)) as written:
        _copy_all(read.driver, written.driver, replace=replace)


def back_up(place: str, target: str) -> None:
    """Copy a store as it is at one moment to a file, which is whole or not there.

    Raises StoreError, and OSError of the file.
    """
    with ExitStack() as held:
        driver = held.enter_context(closing(open_store(place, is_made=False))).driver
        if not isinstance(driver, SqliteFile):
            import tempfile  # noqa: PLC0415  # only where there is a database

            folder = tempfile.TemporaryDirectory(prefix=".feedbraid-", dir=Path(target).parent)
            copied = held.enter_context(closing(sqlite_store(f"{held.enter_context(folder)}/state.db")))
            _copy_all(driver, copied.driver)
            driver = copied.driver
        driver.back_up(target)


def _copy_all(source: Driver, target: Driver, *, replace: bool = False) -> None:
    with source.snapshot() as read, target.anew(replace=replace) as fill:
        for table, columns in _schema.tables().items():
            fill(table, columns, read(table, columns))
