"""The SQLite file itself: opening, damage, versions, locks and full disks."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedbraid.errors import StoreDamaged, StoreError, StoreTooNew, StoreUnwritable
from feedbraid.model import Copy, Entry, EntryKey, SourceState
from feedbraid.store import OriginChange, _schema
from feedbraid.store._sql import SqlStore
from feedbraid.store.sqlite import SqliteFile, sqlite_store

DAY = datetime(2026, 1, 5, tzinfo=UTC)
NEWEST = len(_schema.migrations())


def change(count: int, size: int = 1000) -> OriginChange:
    copies = tuple(
        Copy(
            origin="voa",
            ref=str(number),
            entry=Entry(key=EntryKey(f"k{number}"), dialect="rss", body="x" * size),
            first_seen=DAY,
            last_changed=DAY,
        )
        for number in range(count)
    )
    return OriginChange(state=SourceState(name="voa"), put=copies)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with a hundred copies, closed again."""
    file = tmp_path / "state.db"
    with closing(sqlite_store(str(file))) as store:
        store.commit(change(100))
    return file


def pragma(path: Path, name: str) -> object:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"PRAGMA {name}").fetchone()[0]


# --- opening ----------------------------------------------------------------------------------------------


def test_a_store_and_its_folder_are_made(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "state.db"
    sqlite_store(str(path)).close()
    assert pragma(path, "application_id") == _schema.APPLICATION_ID
    assert pragma(path, "user_version") == NEWEST
    assert pragma(path, "journal_mode") == "wal"


def test_what_was_committed_is_there_after_opening_again(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        assert len(store.heads(("voa",))) == 100


def test_every_commit_is_flushed_to_the_disk(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        assert store.driver.connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store.driver.connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


def test_f23_an_empty_file_is_a_new_store(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.touch()
    with closing(sqlite_store(str(path))) as store:
        assert store.states() == {}
    assert pragma(path, "user_version") == NEWEST


def test_closing_twice_is_no_error(path: Path) -> None:
    store = sqlite_store(str(path))
    store.close()
    store.close()


def test_a_closed_store_answers_with_a_store_error(path: Path) -> None:
    store = sqlite_store(str(path))
    store.close()
    with pytest.raises(StoreError):
        store.states()


def test_a_folder_in_its_place_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="can not be opened") as caught:
        sqlite_store(str(tmp_path))
    assert caught.value.path == str(tmp_path)
    assert caught.value.exit_code == 3


def test_a_file_in_place_of_its_folder_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="can not be opened"):
        sqlite_store(str(tmp_path / "file" / "state.db"))


# --- damage -----------------------------------------------------------------------------------------------


def no_database(data: bytes) -> bytes:
    return b"this is a text, not a database\n" * (len(data) // 30)


def zeroed(data: bytes) -> bytes:
    return bytes(len(data))


def cut_to(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * share)]


def cut_in_the_header(data: bytes) -> bytes:
    return data[:50]


def header_damaged(data: bytes) -> bytes:
    return b"\xff" * 16 + data[16:]


def first_page_damaged(data: bytes) -> bytes:
    return data[:100] + b"\xff" * 500 + data[600:]


def page_zeroed(number: int) -> Callable[[bytes], bytes]:
    size = 4096
    return lambda data: data[: number * size] + bytes(size) + data[(number + 1) * size :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(no_database, id="F21 no database"),
        pytest.param(zeroed, id="F21 only zeros"),
        pytest.param(cut_to(0.5), id="F21 cut in half"),
        pytest.param(cut_to(0.95), id="F21 the end cut off"),
        pytest.param(cut_in_the_header, id="F21 cut in the header"),
        pytest.param(header_damaged, id="F21 header damaged"),
        pytest.param(first_page_damaged, id="F21 first page damaged"),
        pytest.param(page_zeroed(1), id="F22 a page zeroed"),
        pytest.param(page_zeroed(20), id="F22 another page zeroed"),
    ],
)
def test_f21_f22_a_damaged_store_is_refused_and_kept(path: Path, damage: Callable[[bytes], bytes]) -> None:
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    with pytest.raises(StoreDamaged) as caught:
        sqlite_store(str(path))
    assert caught.value.exit_code == 3
    assert str(path) in str(caught.value)
    assert "`feedbraid recover` keeps the file" in caught.value.reason
    assert "\n" not in caught.value.reason
    assert path.read_bytes() == damaged


def test_f22_a_file_that_nobody_touched_since_we_closed_it_is_checked_now_and_then(path: Path) -> None:
    counts = []
    for _ in range(_schema.CHECKED_EVERY + 2):
        counts.append(_schema.openings_unchecked(str(path)))
        sqlite_store(str(path)).close()
    assert counts[0] < counts[1] == counts[0] + 1
    assert max(counts) == _schema.CHECKED_EVERY, "then every page is looked at again"
    assert counts[-1] < _schema.CHECKED_EVERY


def test_f22_a_file_that_somebody_else_wrote_to_is_checked(path: Path) -> None:
    for place in range(20):
        sqlite_store(str(path)).close()
        assert _schema.openings_unchecked(str(path)) < _schema.CHECKED_EVERY
        with path.open("r+b") as file:
            file.seek(-1 - place, 2)
            (byte,) = file.read(1)
            file.seek(-1 - place, 2)
            file.write(bytes([byte]))
        assert _schema.openings_unchecked(str(path)) == _schema.CHECKED_EVERY, "however soon after"


def test_f22_a_note_that_can_not_be_read_or_written_has_the_file_checked(path: Path) -> None:
    note = Path(_schema.CHECKED.format(path))
    note.write_bytes(b"\xff nonsense")
    assert _schema.openings_unchecked(str(path)) == _schema.CHECKED_EVERY
    note.unlink()
    note.mkdir()
    sqlite_store(str(path)).close()
    assert _schema.openings_unchecked(str(path)) == _schema.CHECKED_EVERY


def test_f22_a_file_that_is_in_use_is_checked(path: Path) -> None:
    with closing(sqlite_store(str(path))):
        assert _schema.openings_unchecked(str(path)) == _schema.CHECKED_EVERY
        sqlite_store(str(path)).close()
        assert _schema.openings_unchecked(str(path)) == _schema.CHECKED_EVERY


def test_f21_the_database_of_another_program_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE other (x)")
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="no store of feedbraid"):
        sqlite_store(str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["UPDATE body SET entry = '{'", "UPDATE body SET notes = '[]'"])
def test_a_damaged_row_is_a_damaged_store(path: Path, damage: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(damage)
    with closing(sqlite_store(str(path))) as store, pytest.raises(StoreDamaged, match="a stored row is damaged"):
        store.copies([("voa", "1")])


# --- versions ---------------------------------------------------------------------------------------------


def test_f25_a_store_of_a_later_version_is_refused_and_kept(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="schema 99") as caught:
        sqlite_store(str(path))
    assert caught.value.exit_code == 3
    assert path.read_bytes() == before


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


GOOD = "CREATE TABLE later (x);\n-- a comment; with a semicolon\nINSERT INTO later\nVALUES ('a;b');\n"
BAD = "CREATE TABLE later (x);\nINSERT INTO nowhere VALUES (1);\n"


def test_d15_migrations_run_in_order_with_a_backup_first(path: Path) -> None:
    scripts = (*_schema.migrations(), GOOD, "INSERT INTO later VALUES ('c');")
    with closing(raw(path)) as db:
        _schema.prepare(db, str(path), scripts)
        assert db.execute("SELECT x FROM later").fetchall() == [("a;b",), ("c",)]
        assert db.execute("PRAGMA user_version").fetchone() == (NEWEST + 2,)
    assert not Path(f"{path}.backup-v{NEWEST}.tmp").exists()
    with closing(sqlite_store(f"{path}.backup-v{NEWEST}")) as backup:
        assert len(backup.heads(("voa",))) == 100


def test_a_store_without_health_gets_it_and_keeps_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with closing(raw(path)) as db:
        _schema.prepare(db, str(path), _schema.migrations()[:3])
        db.execute("INSERT INTO origin VALUES ('voa', '{\"name\":\"voa\"}', '{}', '{}')")
        db.execute(
            "INSERT INTO copy (origin, ref, key, source_id, public_id, title, link, published, first_seen,"
            " last_changed, digest) VALUES ('voa', '1', 'k', 's', 'p', 't', 'l', 86400, 172800, 172800, 'd')"
        )
    with closing(sqlite_store(str(path))) as store:
        assert store.states() == {"voa": SourceState(name="voa")}
        days = datetime(1970, 1, 2, tzinfo=UTC), datetime(1970, 1, 3, tzinfo=UTC)
        assert store.newest_dates("voa", 60) == (days,)
        assert (store.visits(), store.incidents(), store.errands(), store.subscriptions()) == ({}, (), (), {})


def test_d15_a_new_store_needs_no_backup(tmp_path: Path) -> None:
    sqlite_store(str(tmp_path / "state.db")).close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["state.db", "state.db-checked"]


def test_f26_a_migration_that_fails_leaves_the_store_at_its_version(path: Path) -> None:
    with closing(raw(path)) as db, pytest.raises(sqlite3.OperationalError):
        _schema.prepare(db, str(path), (*_schema.migrations(), BAD))
    with closing(sqlite_store(str(path))) as store:
        assert len(store.heads(("voa",))) == 100
    assert Path(f"{path}.backup-v{NEWEST}").exists()


DIE_IN_MIGRATION = """
import os, sqlite3, sys
from feedbraid.store import _schema
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.create_function("die", 0, lambda: os._exit(137))
_schema.prepare(db, sys.argv[1], (*_schema.migrations(), "CREATE TABLE later (x);\\nSELECT die();\\n"))
"""


def test_f26_a_kill_in_a_migration_leaves_the_store_at_its_version(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIE_IN_MIGRATION, str(path)], check=False)
    assert done.returncode == 137
    with closing(sqlite_store(str(path))) as store:
        assert len(store.heads(("voa",))) == 100
    with closing(raw(path)) as db:
        _schema.prepare(db, str(path), (*_schema.migrations(), GOOD))
        assert db.execute("SELECT x FROM later").fetchall() == [("a;b",)]


def test_a_migration_that_another_process_ran_first_is_not_run_again(path: Path) -> None:
    with closing(raw(path)) as db:
        _schema._migrate(db, NEWEST, BAD)
        assert db.execute("PRAGMA user_version").fetchone() == (NEWEST,)


# --- locks, full disks, kills -----------------------------------------------------------------------------


def test_f27_a_locked_store_is_waited_for_then_refused(path: Path) -> None:
    with closing(sqlite_store(str(path), patience=0.01)) as store, closing(raw(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program holds the store"):
            store.keep_feed_id("voa", "urn:x")
        other.execute("ROLLBACK")
        store.keep_feed_id("voa", "urn:x")
        assert store.feed_ids() == {"voa": "urn:x"}


def test_f27_a_store_that_is_locked_at_opening_is_refused(path: Path) -> None:
    with closing(raw(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program holds the store"):
            sqlite_store(str(path), patience=0.01)


def test_f7_a_full_disk_rolls_back_and_the_next_commit_works(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        pages = store.driver.connection.execute("PRAGMA page_count").fetchone()[0]
        store.driver.connection.execute(f"PRAGMA max_page_count = {pages + 10}")
        before = store.heads(("voa",))
        with pytest.raises(StoreUnwritable, match="the disk is full") as caught:
            store.commit(change(200))
        assert caught.value.exit_code == 4
        assert store.heads(("voa",)) == before
        store.driver.connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
        store.commit(change(200))
        assert len(store.heads(("voa",))) == 200


NO_ROOM = """
import resource, sqlite3, sys
from pathlib import Path
from feedbraid.errors import StoreUnwritable
from feedbraid.store import _schema
from feedbraid.store.sqlite import sqlite_store
from test_store_sqlite import change

def fill(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

store, path = sqlite_store(sys.argv[1]), sys.argv[1]
before = store.heads(("voa",))
fill(100_000)
try:
    store.commit(change(300))
except StoreUnwritable as error:
    print(error.reason)
assert store.heads(("voa",)) == before
fill(resource.RLIM_INFINITY)
store.commit(change(300))
assert len(store.heads(("voa",))) == 300
store.close()

fill(100_000)
try:
    _schema.prepare(sqlite3.connect(path, isolation_level=None), path, (*_schema.migrations(), "SELECT 1;"))
except sqlite3.Error as error:
    print(_schema.trouble(path, error).exit_code, [file.name for file in Path(path).parent.glob("*backup*")])
fill(resource.RLIM_INFINITY)
assert len(sqlite_store(path).heads(("voa",))) == 300
"""
"""A disk that takes no more bytes in one file, for a commit and for the backup before a migration."""


def test_f7_a_disk_that_takes_no_more_rolls_back_and_leaves_no_part_of_a_backup(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(path)],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("the disk did not take what was to be written")
    assert lines[1] == "4 []"


def test_an_interruption_in_a_transaction_rolls_back(path: Path) -> None:
    def interrupted(store: SqlStore[SqliteFile]) -> None:
        with store.driver.transaction("copy") as db:
            db.execute("DELETE FROM copy")
            raise KeyboardInterrupt

    with closing(sqlite_store(str(path))) as store:
        with pytest.raises(KeyboardInterrupt):
            interrupted(store)
        assert len(store.heads(("voa",))) == 100


def test_f7_a_store_that_can_not_be_written_to_is_told_apart_from_a_damaged_one(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        store.driver.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(StoreUnwritable, match="can not be written to"):
            store.keep_feed_id("voa", "urn:x")


DIE_IN_COMMIT = """
import os, sys
from feedbraid.store.sqlite import sqlite_store
store = sqlite_store(sys.argv[1])
store.keep_feed_id("committed", "urn:x")
with store._transaction() as db:
    db.execute("DELETE FROM copy")
    os._exit(137)
"""


def test_f1_a_kill_in_a_transaction_keeps_what_was_committed_before(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", DIE_IN_COMMIT, str(path)], check=False)
    assert done.returncode == 137
    with closing(sqlite_store(str(path))) as store:
        assert store.feed_ids() == {"committed": "urn:x"}
        assert len(store.heads(("voa",))) == 100


# --- work that is not done --------------------------------------------------------------------------------


def test_d21_a_copy_that_is_the_same_is_not_written_again(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        before = store.driver.connection.total_changes
        store.commit(change(100))
        assert store.driver.connection.total_changes - before == 1, "only the state of the source is written"


def test_d21_fingerprints_that_are_the_same_are_not_written_again(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        store.keep_fingerprints({"a": "1"})
        before = store.driver.connection.total_changes
        store.keep_fingerprints({"a": "1"})
        assert store.driver.connection.total_changes == before


def test_a_body_leaves_with_its_copy(path: Path) -> None:
    with closing(sqlite_store(str(path))) as store:
        refs = tuple(str(number) for number in range(100))
        store.commit(OriginChange(state=SourceState(name="voa"), gone=refs))
        assert store.driver.connection.execute("SELECT count(*) FROM body").fetchone() == (0,)


@pytest.mark.parametrize(
    ("method", "query"),
    [
        pytest.param("known", "_KNOWN", id="known"),
        pytest.param("floods", "_FLOODS", id="floods"),
        pytest.param("release", "_RELEASE", id="release"),
        pytest.param("sharing", "_SHARING", id="sharing"),
        pytest.param("unsettled", "_UNSETTLED", id="unsettled"),
        pytest.param("copies", "_COPIES", id="copies"),
        pytest.param("owners", "_OWNERS", id="owners"),
        pytest.param("ledger", "_LEDGER", id="ledger"),
        pytest.param("newest", "_NEWEST", id="newest"),
        pytest.param("newest_dates", "_NEWEST_DATES", id="newest dates"),
    ],
)
def test_no_question_reads_a_whole_table(path: Path, method: str, query: str) -> None:
    from feedbraid.store import _sql as module  # noqa: PLC0415  # only here

    text: str = getattr(module, query)
    values: object = (
        {"origin": "voa", "keys": "[]", "ids": "[]", "titles": "[]"} if ":" in text else ("[]",) * text.count("?")
    )
    with closing(sqlite_store(str(path))) as store:
        plan = [row[3] for row in store.driver.connection.execute(f"EXPLAIN QUERY PLAN {text}", values)]  # type: ignore[arg-type]  # either form of values
    scans = [step for step in plan if step.startswith("SCAN ") and "json_each" not in step and "INDEX" not in step]
    assert scans == [], method


@pytest.mark.parametrize(
    ("query", "values", "expected"),
    [
        ("_NEWEST_DATES", ("voa", 60), "SEARCH copy USING INDEX copy_by_date (origin=?)"),
        ("_UNSETTLED", (4000,), "SCAN copy USING INDEX copy_unsettled"),
    ],
)
def test_the_first_of_many_are_read_in_the_order_of_an_index(
    query: str, values: tuple[object, ...], expected: str, path: Path
) -> None:
    from feedbraid.store import _sql as module  # noqa: PLC0415  # only here

    with closing(sqlite_store(str(path))) as store:
        plan = store.driver.connection.execute(f"EXPLAIN QUERY PLAN {getattr(module, query)}", values)
        assert [row[3] for row in plan] == [expected]
