"""Backups of the store as an operator meets them: taken while it is in use, tried, and put back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedbraid.backups import put_back, take_backup
from feedbraid.errors import PublishError, StoreError
from feedbraid.store import _schema
from feedbraid.store.sqlite import sqlite_store
from program import Instance
from stories import Told, posts, rss

LATER = datetime(2026, 3, 3, 12, tzinfo=UTC)
CONFIG = "site: {url: https://out.example/}\nsources: {news: news.xml}\nfeeds: {all: {limit: 10, archive: 5}}\n"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", CONFIG)
    tell(made, *posts(*range(20)))
    return made


def tell(instance: Instance, *told: Told, now: str = "2026-03-02T12:00:00Z") -> None:
    instance.write("news.xml", rss(*told))
    instance.run("--force", now=now)


def test_a_backup_is_a_store(instance: Instance) -> None:
    assert "feedbraid: copy.db has " in instance.said("backup", "copy.db")
    store = sqlite_store(str(instance.folder / "copy.db"))
    assert len(store.heads(["news"])) == 20
    store.close()


def test_a_backup_is_taken_while_another_program_writes(instance: Instance) -> None:
    writer = sqlite3.connect(instance.folder / ".feedbraid/state.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM copy")
    try:
        instance.said("backup", "copy.db")
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    store = sqlite_store(str(instance.folder / "copy.db"))
    assert len(store.heads(["news"])) == 20, "as it was before the transaction"
    store.close()


def test_backups_without_a_name_stand_beside_the_store_and_the_oldest_go(instance: Instance) -> None:
    for minute in range(4):
        instance.said("backup", "--keep", "2", now=f"2026-03-02T12:0{minute}:00Z")
    names = sorted(path.name for path in (instance.folder / ".feedbraid/backups").iterdir())
    assert names == ["state-20260302T120200Z.db", "state-20260302T120300Z.db"]


def test_a_former_backup_gives_way_and_nothing_else_does(instance: Instance) -> None:
    instance.said("backup", "copy.db")
    instance.said("backup", "copy.db")
    instance.write("notes.txt", "my notes")
    assert "notes.txt: this is no store of feedbraid, so it is not overwritten" in instance.said(
        "backup", "notes.txt", code=4
    )
    assert (instance.folder / "notes.txt").read_text() == "my notes"


def test_there_is_nothing_to_back_up_before_the_first_run(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", CONFIG)
    assert "there is no store yet: it is made by the first run" in instance.said("backup", "copy.db", code=3)
    assert not (tmp_path / ".feedbraid").exists()


def test_what_was_published_since_a_backup_is_not_lost_by_it(instance: Instance) -> None:
    instance.said("backup", "copy.db")
    tell(instance, *posts(*range(14, 32)), now="2026-03-03T12:00:00Z")  # closes archives, forgets old posts
    before = instance.outputs()
    told = instance.said("restore", "copy.db")
    assert "feedbraid: 12 posts published since then were read back from feeds" in told
    (instance.folder / "news.xml").write_text(rss(*posts(31)))  # the source has forgotten the others
    instance.run("--force", now="2026-03-03T12:05:00Z")
    assert instance.outputs() == before


def test_what_a_restore_that_was_killed_began_is_ended_by_the_next_run(instance: Instance) -> None:
    instance.said("backup", "copy.db")
    tell(instance, *posts(*range(14, 32)), now="2026-03-03T12:00:00Z")
    before = instance.outputs()
    put_back(instance.folder / "copy.db", instance.folder / ".feedbraid/state.db", LATER)
    (instance.folder / "news.xml").write_text(rss(*posts(31)))
    instance.run("--force", now="2026-03-03T12:05:00Z")
    assert instance.outputs() == before


@pytest.mark.parametrize(
    "feed", ["{digest: day}", "{limit: 10, archive: 5, split: source}"], ids=["digests", "parts, keyed on guids"]
)
def test_digests_and_archives_of_parts_survive_an_older_store(tmp_path: Path, feed: str) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", f"sources: {{news: {{url: news.xml, key: guid}}}}\nfeeds: {{all: {feed}}}\n")
    tell(instance, *posts(*range(12)))
    instance.said("backup", "copy.db")
    tell(instance, *posts(*range(10, 22)), now="2026-03-05T12:00:00Z")
    tell(instance, *posts(*range(20, 32)), now="2026-03-07T12:00:00Z")
    before = instance.outputs()
    instance.said("restore", "copy.db", now="2026-03-07T12:00:00Z")
    tell(instance, *posts(31), now="2026-03-07T12:05:00Z")
    assert instance.outputs() == before


def test_a_backup_of_a_former_version_is_brought_to_this_one(instance: Instance) -> None:
    with closing(sqlite3.connect(instance.folder / "old.db", isolation_level=None)) as old:
        _schema.prepare(old, str(instance.folder / "old.db"), _schema.migrations()[:4])
        old.execute("INSERT INTO feed VALUES ('all', 'urn:uuid:0b8c3d0e-5b1f-4b1e-9a54-0f6f0f3c8b1d')")
    instance.said("restore", "old.db")
    assert sqlite_store(str(instance.folder / ".feedbraid/state.db")).feed_ids().keys() == {"all"}


def test_a_store_is_neither_its_own_backup_nor_replaced_by_an_empty_one(instance: Instance) -> None:
    store = instance.folder / ".feedbraid/state.db"
    with pytest.raises(PublishError, match="this is the store itself; name another file"):
        take_backup(str(store), store)
    with pytest.raises(StoreError, match="this is the store itself; nothing was changed"):
        put_back(store, store, LATER)
    instance.write("empty.db", "")
    with pytest.raises(StoreError, match="it is empty: no run ever filled it; nothing was changed"):
        put_back(instance.folder / "empty.db", store, LATER)
    assert [path.name for path in store.parent.glob("state.db.*")] == []


def test_a_backup_goes_into_a_folder_that_is_named(instance: Instance) -> None:
    (instance.folder / "backups").mkdir()
    assert "backups/state-20260302T120000Z.db has " in instance.said("backup", "backups")


def test_the_former_store_is_kept(instance: Instance) -> None:
    instance.said("backup", "copy.db")
    tell(instance, *posts(*range(21)), now="2026-03-03T12:00:00Z")
    instance.said("restore", "copy.db", now="2026-03-03T12:01:00Z")
    store = sqlite_store(str(instance.folder / ".feedbraid/state.db.replaced-20260303T120100Z"))
    assert len(store.heads(["news"])) == 21
    store.close()


def test_a_damaged_store_is_set_aside(instance: Instance) -> None:
    instance.said("backup", "copy.db")
    damaged = instance.write(".feedbraid/state.db", "this is no database, and long enough to be none " * 40)
    instance.said("restore", "copy.db")
    assert "no database" in next(damaged.parent.glob("state.db.damaged-*")).read_text()
    before = instance.outputs()
    instance.run("--force")
    assert instance.outputs() == before


@pytest.mark.parametrize(
    ("name", "message"),
    [("nothing.db", "nothing.db: there is no such file"), ("notes.txt", "notes.txt: ")],
)
def test_what_is_no_backup_changes_nothing(instance: Instance, name: str, message: str) -> None:
    instance.write("notes.txt", "my notes " * 200)
    before = (instance.folder / ".feedbraid/state.db").read_bytes()
    assert message in instance.said("restore", name, code=3)
    assert (instance.folder / ".feedbraid/state.db").read_bytes() == before


def test_a_backup_of_the_operator_serves_recover_where_nothing_was_published(instance: Instance) -> None:
    instance.said("backup")
    instance.write(".feedbraid/state.db", "this is no database, and long enough to be none " * 40)
    for path in sorted((instance.folder / "feeds").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (instance.folder / "news.xml").unlink()
    assert "the backup state-20260302T120000Z.db took its place" in instance.said("recover")
    assert len(instance.items()) == 10


def test_a_forgotten_post_is_not_in_a_restored_store(instance: Instance) -> None:
    instance.said("backup", "copy.db")
    instance.said("forget", "https://news.example/post/19")
    instance.said("restore", "copy.db")
    instance.said("build")
    assert not any(b"on day 19." in content for content in instance.outputs().values())
