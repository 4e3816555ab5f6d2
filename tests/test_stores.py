"""The same store in another place: copies from files to databases and back, and what the program does."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import postgres
from copies import DAY, copy, entry, key, row
from factories import feed, post
from feedbraid.errors import StoreError
from feedbraid.model import FileMark, Note, PageHead, Skipped, SourceState
from feedbraid.records import Errand, Incident, SavedFile, Subscription, Tombstone, Visit
from feedbraid.store import OriginChange, Settlement, Store, _schema
from feedbraid.stores import alone, copy_store, is_there, open_store
from program import Instance
from stories import posts, rss

HOUR = timedelta(hours=1)


@pytest.fixture
def address() -> str:
    return postgres.empty()


def fill(store: Store) -> None:
    """Put something into every table."""
    copies = [
        copy("voa", f"{n}", f"{n}", entry=entry(f"{n}", title="天\0\1" * n), held_until=DAY) for n in range(4)
    ]
    store.commit(
        OriginChange(
            state=SourceState(name="voa", failures=2),
            put=tuple(copies),
            files=(FileMark(ref="a", mtime_ns=2**60, size=1, digest="d"),),
            skipped=(Skipped("9", "no link"),),
            notes=(Note("N35", "dropped"),),
            visit=Visit(at=DAY, result="read", new=4),
        )
    )
    store.settle(Settlement(rows=(row("1"), row("2")), posts=(("voa", "", key("1")), ("voa", "天\0\1", key("2")))))
    store.keep_feed_id("all", "urn:all")
    store.keep_fingerprints({"all/atom.xml": "f"})
    store.close_blocks("all", [feed(post("https://a.example/1"))])
    store.keep_passed("feed all", {"\0": ("p", "v")})
    store.keep_page("{}", key("1"), PageHead(made_from="x", digest="y", read=DAY), "text")
    store.keep_part("all", "china", "China")
    store.keep_incidents([Incident(id="i", origin="voa", kind="broken", at=DAY, detail="d")])
    store.keep_errands(
        [Errand(kind="ping", target="https://h.example/", subject="s", body="b", made=DAY, due=DAY + HOUR)]
    )
    store.keep_subscription(Subscription(origin="voa", hub="h", topic="t", token="t", secret="s"))  # noqa: S106  # none
    store.bury([Tombstone(post=key("9"), why="forgotten", at=DAY, marks=("m",))])
    store.keep_saved("seeds/", {key("1"): SavedFile(path="1.md", digest="d", made_from="m")})
    store.keep_memo("m", "v")


def content(place: str) -> dict[str, list[tuple[Any, ...]]]:
    with closing(open_store(place)) as store, store.driver.snapshot() as read:
        return {table: sorted(read(table, columns), key=repr) for table, columns in _schema.tables().items()}


# --- copies -------------------------------------------------------------------------------------------------


def test_there_and_back_a_store_is_the_same(address: str, tmp_path: Path) -> None:
    first, second = str(tmp_path / "first.db"), str(tmp_path / "second.db")
    with closing(open_store(first)) as store:
        fill(store)
    before = content(first)
    assert all(before.values()), "something stands in every table"
    copy_store(first, address)
    assert content(address) == before
    copy_store(address, second)
    assert content(second) == content(first) == before


def test_both_databases_have_the_same_tables(address: str) -> None:
    open_store(address).close()
    database = address.partition("?")[0].rpartition("/")[2]
    query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    found: dict[str, set[str]] = {}
    for table, column in postgres.running().sql(query, database=database):
        found.setdefault(str(table), set()).add(str(column))
    of_machines = {"feedbraid", "lease"}
    assert found.keys() - of_machines == _schema.tables().keys()
    assert {name: set(columns) for name, columns in _schema.tables().items()} == {
        name: columns for name, columns in found.items() if name not in of_machines
    }


def test_a_copy_can_be_written_to(address: str, tmp_path: Path) -> None:
    file = str(tmp_path / "first.db")
    with closing(open_store(file)) as store:
        fill(store)
    copy_store(file, address)
    with closing(open_store(address)) as store:
        visit = Visit(at=DAY + HOUR, result="failed", detail="x")
        store.commit(OriginChange(state=SourceState(name="voa"), put=(copy("voa", "9", "9"),), visit=visit))
        store.keep_incidents([Incident(id="j", origin="voa", kind="healed", at=DAY, detail="d")])
        assert [one.result for one in store.visits()["voa"]] == ["read", "failed"]
        assert [one.id for one in store.incidents()] == ["i", "j"]
        assert len(store.heads(["voa"])) == 5


@pytest.mark.parametrize("to_database", [True, False])
def test_what_stands_at_the_target_is_replaced_on_request_alone(
    address: str, tmp_path: Path, *, to_database: bool
) -> None:
    source = str(tmp_path / "first.db")
    target = address if to_database else str(tmp_path / "second.db")
    with closing(open_store(source)) as store:
        fill(store)
    with closing(open_store(target)) as store:
        for number in range(30):
            store.settle(Settlement(rows=(row(f"{number}"),)))
        store.keep_memo("other", "o")
        seen = store.changes()
    before = content(target)
    with pytest.raises(StoreError, match="not empty; with --replace"):
        copy_store(source, target)
    assert content(target) == before
    copy_store(source, target, replace=True)
    after = content(target)
    assert after.pop("counter") > [(seen,)], "whoever looks at the number sees that everything has changed"
    expected = content(source)
    del expected["counter"]
    assert after == expected


def test_a_copy_that_fails_in_the_middle_leaves_nothing(address: str, tmp_path: Path) -> None:
    source = str(tmp_path / "first.db")
    with closing(open_store(source)) as store:
        fill(store)
        store.driver.rows("PRAGMA foreign_keys = OFF")
        store.driver.rows("INSERT INTO body (copy, entry, notes) VALUES (4711, '{}', '{}')")
    with pytest.raises(StoreError, match="violates foreign key"):
        copy_store(source, address)
    assert not is_there(address)
    assert not any(rows for table, rows in content(address).items() if table != "counter")


def test_a_copy_shows_one_moment_although_others_write(address: str) -> None:
    with closing(open_store(address)) as store, closing(open_store(address)) as other:
        fill(store)
        with store.driver.snapshot() as read:
            before = list(read("origin", ["name"]))
            fill_again = OriginChange(state=SourceState(name="rfa"), put=(copy("rfa", "1", "1"),))
            other.commit(fill_again)
            assert list(read("origin", ["name"])) == before
            assert len(list(read("copy", ["id"]))) == 4
        assert len(store.states()) == 2


def test_nothing_is_made_where_nothing_is_to_be_read(address: str, tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"
    with pytest.raises(StoreError, match="no store yet"):
        copy_store(str(missing), address)
    assert not missing.exists()
    server = postgres.running()
    server.sql("DROP DATABASE IF EXISTS nothing", "CREATE DATABASE nothing")
    bare = server.address("nothing")
    with pytest.raises(StoreError, match="no store in this database yet"):
        copy_store(bare, str(tmp_path / "target.db"))
    assert not is_there(bare)
    assert server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database="nothing") == [(0,)]


def test_without_the_driver_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("feedbraid.store.postgres", raising=False)
    monkeypatch.delitem(sys.modules, "feedbraid.store.postgres", raising=False)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"://\*\*\*@h/d: .*pip install 'feedbraid\[cluster\]'"):
        open_store("postgresql://me:s3cret@h/d")


# --- the program --------------------------------------------------------------------------------------------

CONFIG = """\
site: {{url: https://out.example/}}
sources: {{news: news.xml}}
feeds: {{all: {{limit: 5, archive: 3}}}}
{}"""


def instance(folder: Path, store: str = "") -> Instance:
    folder.mkdir(exist_ok=True)
    made = Instance(folder)
    made.write("config.yaml", CONFIG.format(store))
    made.write("news.xml", rss(*posts(*range(12))))
    return made


def test_with_a_database_the_same_bytes_are_published(address: str, tmp_path: Path) -> None:
    one, other = instance(tmp_path / "file"), instance(tmp_path / "database", f"store: {address}\n")
    for made in (one, other):
        made.run()
        made.write("news.xml", rss(*posts(*range(1, 14))))
        made.run("--force", now="2026-03-03T12:00:00Z")
    assert one.outputs() == other.outputs()
    assert not (other.folder / ".feedbraid/state.db").exists()
    said = other.said("run", now="2026-03-03T12:00:01Z")
    assert "nothing to write" in said


def test_the_life_of_a_store_in_a_database(address: str, tmp_path: Path) -> None:
    made = instance(tmp_path / "instance")
    secret = address.replace("feedbraid@", "feedbraid:s3cret@")
    assert "would write" in made.said("run", "--dry-run", FEEDBRAID_STORE=address)
    assert not is_there(address)
    made.run(FEEDBRAID_STORE=address)
    made.write("news.xml", rss(*posts(*range(3, 16))))
    assert "4 new" in made.said("run", "--force", "--dry-run", FEEDBRAID_STORE=secret)
    with closing(open_store(address)) as store:
        assert len(store.heads(["news"])) == 12
    assert "has " in made.said("backup", "copy.db", FEEDBRAID_STORE=address)
    made.run("--force", now="2026-03-03T12:00:00Z", FEEDBRAID_STORE=address)
    outputs = made.outputs()
    kept = made.said("restore", "copy.db", FEEDBRAID_STORE=address)
    assert "kept as state.db.replaced-" in kept
    assert "4 posts published since then were read back" in kept
    made.run("--force", now="2026-03-03T12:00:00Z", FEEDBRAID_STORE=address)
    assert made.outputs() == outputs
    assert "it had" in made.said("vacuum", FEEDBRAID_STORE=secret)
    assert "is not empty" in made.said("recover", FEEDBRAID_STORE=secret)
    doctor = made.feedbraid("doctor", "--offline", FEEDBRAID_STORE=secret)
    assert "store: postgresql://***@/" in doctor.stdout
    assert "is sound" in doctor.stdout
    everything = made.said("status", FEEDBRAID_STORE=secret) + doctor.stdout + doctor.stderr
    assert "s3cret" not in everything
    assert not (made.folder / ".feedbraid/state.db").exists()


def test_the_store_is_moved_by_a_command(address: str, tmp_path: Path) -> None:
    made = instance(tmp_path / "instance")
    made.run()
    outputs = made.outputs()
    said = made.said("store", "copy", ".feedbraid/state.db", address.replace("feedbraid@", "feedbraid:s3cret@"))
    assert "holds all of .feedbraid/state.db" in said
    assert "s3cret" not in said
    assert "not empty" in made.said("store", "copy", ".feedbraid/state.db", address, code=3)
    assert "the same store" in made.said("store", "copy", address, address, code=2)
    (made.folder / ".feedbraid/state.db").unlink()
    assert "nothing to write" in made.said("run", FEEDBRAID_STORE=address)
    made.said("build", FEEDBRAID_STORE=address)
    assert made.outputs() == outputs


def test_f48_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    postgres.needed()
    made = instance(tmp_path / "instance", "store: postgresql://me:s3cret@127.0.0.1:1/db\n")
    for command in ("run", "status", "vacuum", "backup", "recover"):
        said = made.said(command, code=3)
        assert "postgresql://***@127.0.0.1:1/db: the database can not be reached" in said
        assert "s3cret" not in said
    doctor = made.feedbraid("doctor", "--offline")
    assert "can not be reached" in doctor.stdout
    assert "s3cret" not in doctor.stdout + doctor.stderr


def test_a_place_that_is_none_is_a_problem_of_the_configuration(tmp_path: Path) -> None:
    made = instance(tmp_path / "instance", "store: mysql://me:s3cret@host/db\n")
    said = made.said("run", code=2)
    assert "config.yaml:4:8: store: a path on this machine, or an address such as postgresql://host/" in said
    assert "s3cret" not in said
    made.write("config.yaml", CONFIG.format(""))
    assert "FEEDBRAID_STORE: a path on this machine, or an address" in made.said(
        "run", code=2, FEEDBRAID_STORE="mysql://h/d"
    )
    made.run(FEEDBRAID_STORE="elsewhere/state.db")
    assert (made.folder / "elsewhere/state.db").exists()


def test_d17_one_run_at_a_time_on_all_machines(address: str, tmp_path: Path) -> None:
    here, there = (instance(tmp_path / name, f"store: {address}\n") for name in ("here", "there"))
    here.run()
    from feedbraid.config import load_config  # noqa: PLC0415  # only here

    ended = threading.Event()

    def runs() -> None:
        there.run("--wait")
        ended.set()

    with alone(load_config(here.folder / "config.yaml")):
        said = there.said("run", code=75)
        assert "another run is going on (feedbraid on " in said
        assert ", process " in said
        waiting = threading.Thread(target=runs)
        waiting.start()
        query = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while postgres.running().sql(query) == [(0,)]:
            assert not ended.is_set()
    waiting.join()
    assert ended.is_set()
