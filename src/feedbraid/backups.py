"""Copies of the store: taken while it is in use, tried before they are trusted, and put in its place again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from feedbraid.errors import PublishError, StoreDamaged, StoreError
from feedbraid.places import is_database
from feedbraid.store.sqlite import copy_over, sqlite_store
from feedbraid.stores import back_up, copy_store, is_there, open_store

STORE_PARTS = ("", "-wal", "-shm")
"""The files of a store, by what their names end with."""

FOLDER = "backups"
"""Beside the store: where backups go that nobody gave a name."""

RESTORED = "restored"
"""The note in a store that it was a backup, and may know less than what is published."""

_MOMENT = "%Y%m%dT%H%M%SZ"


def backup_path(store: Path, now: datetime) -> Path:
    """Name the backup of a store that is taken now."""
    return store.parent / FOLDER / f"{store.stem}-{now:{_MOMENT}}{store.suffix}"


def own_backups(store: Path) -> tuple[Path, ...]:
    """Give the backups that nobody gave a name, oldest first."""
    return tuple(sorted((store.parent / FOLDER).glob(f"{store.stem}-????????T??????Z{store.suffix}")))


def take_backup(place: str, target: Path) -> None:
    """Copy a store as it is at one moment, also while others write to it; `target` is whole or not there.

    A former backup gives way. Raises PublishError when something else stands there, or it can not be written, and
    StoreError when the store can not be read.
    """
    store = Path(place)
    if not is_database(place) and not store.is_file():
        raise StoreError(place, "there is no store yet: it is made by the first run")
    if target.exists() and store.exists() and store.samefile(target):
        raise PublishError(str(target), "this is the store itself; name another file")
    if target.exists() and fault_of(target) is not None:
        raise PublishError(
            str(target), "this is no store of feedbraid, so it is not overwritten; name another file"
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        back_up(place, str(target))
    except OSError as error:
        raise PublishError(str(target), error.strerror or str(error)) from error


def fault_of(file: Path) -> StoreError | None:
    """Say why a file is no sound store of this version or a former one; tried with a copy of it."""
    try:
        with _copy_of(file):
            return None
    except StoreError as error:
        return error


@contextmanager
def _copy_of(file: Path) -> Iterator[Path]:
    """Give a copy of a store, brought to this version. Raises StoreError when it is none, or it is damaged."""
    import tempfile  # noqa: PLC0415  # only where a backup is tried (D23)

    with tempfile.TemporaryDirectory(prefix="feedbraid-") as folder:
        copied = copy_parts(file, Path(folder))
        try:
            sqlite_store(str(copied)).close()
        except StoreError as error:
            raise type(error)(str(file), error.reason.partition(";")[0]) from error
        yield copied


def copy_parts(store: Path, folder: Path) -> Path:
    """Copy the files of a store, those that there are, and give the path of the copy."""
    import shutil  # noqa: PLC0415  # only where a store is copied (D23)

    copied = folder / "state.db"
    for part in STORE_PARTS:
        if Path(f"{store}{part}").is_file():
            shutil.copy(f"{store}{part}", f"{copied}{part}")
    return copied


def put_back(backup: Path, store: Path, now: datetime, database: str = "") -> str:
    """Put a backup in the place of a store, which is kept; gives the name of what is kept, or nothing.

    `database` is the address of the store where it is in one; what is kept is a file beside `store` all the same.

    Raises StoreError when the backup is none; then nothing was changed. Programs that have the store open see the
    backup from their next transaction on.
    """
    if not backup.is_file():
        raise StoreError(str(backup), "there is no such file")
    if store.exists() and store.samefile(backup):
        raise StoreError(str(backup), "this is the store itself; nothing was changed")
    with _copy_of(backup) as copied:
        if not _note_in(copied):
            raise StoreError(str(backup), "it is empty: no run ever filled it; nothing was changed")
        kept = _keep_database(database, store, now) if database else _keep(store, now)
        if database:
            copy_store(str(copied), database, replace=True)
        else:
            copy_over(str(copied), str(store))
    return kept


def _note_in(copied: Path) -> bool:
    """Note in a copy that it may know less than what is published; False when it knows nothing at all."""
    opened = sqlite_store(str(copied))
    try:
        opened.keep_memo(RESTORED, "yes")
        return bool(opened.states() or opened.feed_ids())
    finally:
        opened.close()


def _keep_database(database: str, store: Path, now: datetime) -> str:
    if not is_there(database):
        return ""
    kept = store.with_name(f"{store.name}.replaced-{now:{_MOMENT}}")
    take_backup(database, kept)
    return kept.name


def _keep(store: Path, now: datetime) -> str:
    if not store.exists():
        store.parent.mkdir(parents=True, exist_ok=True)
        return ""
    kept = store.with_name(f"{store.name}.replaced-{now:{_MOMENT}}")
    try:
        take_backup(str(store), kept)
    except StoreDamaged:
        return set_aside(store, now, "damaged")
    return kept.name


def set_aside(store: Path, now: datetime, why: str) -> str:
    """Rename the parts of a store, and give the new name: nothing of it is lost."""
    kept = store.with_name(f"{store.name}.{why}-{now:{_MOMENT}}")
    for part in STORE_PARTS:
        if Path(f"{store}{part}").exists():
            Path(f"{store}{part}").rename(f"{kept}{part}")
    return kept.name


def newest_backup(store: Path) -> Path | None:
    """Give the newest sound copy of a store: taken before an upgrade, or by the operator without a name."""
    found = [*store.parent.glob(f"{store.name}.backup-v*"), *own_backups(store)]
    newest_first = sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return next((backup for backup in newest_first if fault_of(backup) is None), None)


def compact(place: str) -> tuple[int, int]:
    """Have a store give room back that removed posts left; gives its size before and after. Raises StoreError."""
    with closing(open_store(place)) as opened:
        before = opened.driver.size()
        opened.driver.compact()
        return before, opened.driver.size()
