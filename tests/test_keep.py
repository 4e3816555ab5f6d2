"""`save_to`: every new post becomes a seed file, which changes nothing that is published until it is edited."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from feedbraid.config import load_config
from feedbraid.keep import keep_posts
from feedbraid.model import CopyHead
from feedbraid.publish import Disk
from feedbraid.store import Store
from feedbraid.store.sqlite import sqlite_store
from feedbraid.wire import build, opened
from program import Instance

CONFIG = """
site: {{title: Ours, url: "https://out.example/", pages: false}}
sources:
  voa: {{url: voa.xml, save_to: {folder}}}
seeds: {{posts: seeds/}}
feeds:
  all: {{title: All, filters: [{{drop: {{title: Advertisement}}}}]}}
"""

ITEM = (
    "<entry><id>tag:voa.example,2026:{n}</id><title>{title}</title><link href='https://voa.example/{n}'/>{dates}"
    "<content type='html'>&lt;p&gt;Text {n}&lt;/p&gt;</content></entry>"
)
DATES = "<published>2026-02-0{n}T08:00:00Z</published><updated>2026-02-0{n}T09:00:00Z</updated>"


def document(*titles: str, undated: bool = False) -> str:
    items = (
        ITEM.format(n=n, title=title, dates="" if undated and n == 1 else DATES.format(n=n))
        for n, title in enumerate(titles, 1)
        if title
    )
    return (
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:x:voa</id><title>VOA</title><rights>© VOA</rights>"
        f"<link href='https://voa.example/'/><updated>2026-02-01T00:00:00Z</updated>{''.join(items)}</feed>"
    )


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance whose only source is saved inside of the folder of its seeds."""
    return made(tmp_path, "seeds/voa/")


def made(folder: Path, save_to: str) -> Instance:
    one = Instance(folder)
    one.write("config.yaml", CONFIG.format(folder=save_to))
    one.write("voa.xml", document("One", "Two", "Three", undated=True))
    (folder / "seeds").mkdir()
    return one


def saved(instance: Instance, place: str = "seeds/voa") -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted((instance.folder / place).iterdir())}


def again(instance: Instance, now: str = "2026-03-03T12:00:00Z") -> None:
    instance.run("--force", now=now)


def entries(instance: Instance) -> list[str]:
    """Give the entries of the Atom document, to the byte."""
    return re.findall(r"<entry>.*?</entry>", instance.outputs()["all/atom.xml"].decode(), re.DOTALL)


# --- files ------------------------------------------------------------------------------------------------


def test_every_post_becomes_a_file_and_an_unchanged_one_is_left_alone(instance: Instance) -> None:
    instance.run()
    assert list(saved(instance)) == ["2026-02-02-two.md", "2026-02-03-three.md", "2026-03-02-one.md"]
    before = {path: path.stat().st_mtime_ns for path in (instance.folder / "seeds/voa").iterdir()}
    again(instance)
    assert {path: path.stat().st_mtime_ns for path in (instance.folder / "seeds/voa").iterdir()} == before


def test_a_changed_post_is_written_again_under_the_name_that_it_has(instance: Instance) -> None:
    instance.run()
    instance.write("voa.xml", document("One", "Two, corrected", "Three", undated=True))
    again(instance)
    found = saved(instance)
    assert list(found) == ["2026-02-02-two.md", "2026-02-03-three.md", "2026-03-02-one.md"]
    assert 'title: "Two, corrected"' in found["2026-02-02-two.md"]


def test_a_file_that_was_edited_is_never_written_again(instance: Instance) -> None:
    instance.run()
    mine = saved(instance)["2026-02-02-two.md"].replace("Text 2", "My text")
    instance.write("seeds/voa/2026-02-02-two.md", mine)
    instance.write("voa.xml", document("One", "Two, corrected", "Three", undated=True))
    again(instance)
    assert saved(instance)["2026-02-02-two.md"] == mine


def test_a_file_that_was_deleted_stays_deleted(instance: Instance) -> None:
    instance.run()
    (instance.folder / "seeds/voa/2026-02-02-two.md").unlink()
    again(instance)
    instance.write("voa.xml", document("One", "Two, corrected", "Three", undated=True))
    again(instance, "2026-03-04T12:00:00Z")
    assert "2026-02-02-two.md" not in saved(instance)
    assert any("Two, corrected" in entry for entry in entries(instance))


def test_a_file_of_the_operator_is_never_written_over(instance: Instance) -> None:
    instance.write("seeds/voa/2026-02-02-two.md", "---\ntitle: Mine\nfrom: https://mine.example/\n---\nMine")
    instance.run()
    found = saved(instance)
    assert "Mine" in found["2026-02-02-two.md"]
    assert [name for name in found if name.startswith("2026-02-02-two-")]


def test_when_the_store_is_lost_files_are_known_again(instance: Instance) -> None:
    instance.run()
    instance.write(
        "seeds/voa/2026-02-03-three.md", saved(instance)["2026-02-03-three.md"].replace("Text 3", "My text")
    )
    before = saved(instance)
    shutil.rmtree(instance.folder / ".feedbraid")
    instance.write("voa.xml", document("One", "Two, corrected", "Three, corrected", undated=True))
    again(instance)
    found = saved(instance)
    assert found.keys() == before.keys()
    assert found["2026-02-03-three.md"] == before["2026-02-03-three.md"]
    assert 'title: "Two, corrected"' in found["2026-02-02-two.md"]


# --- what is published ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["seeds/voa/", "elsewhere"])
def test_saving_changes_nothing_of_what_is_published(tmp_path: Path, place: str) -> None:
    plain, saving = made(tmp_path / "plain", "''"), made(tmp_path / "saving", place)
    for now in ("2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z"):
        for one in (plain, saving):
            again(one, now)
        assert saving.outputs() == plain.outputs()
    for one in (plain, saving):
        one.write("voa.xml", document("One", "Two, corrected", "Three", undated=True))
        again(one, "2026-03-04T12:00:00Z")
        again(one, "2026-03-05T12:00:00Z")
    assert saving.outputs() == plain.outputs()
    assert "Two, corrected" in saving.outputs()["all/atom.xml"].decode()
    assert saving.feedbraid("check").returncode == 0


def test_an_edited_file_is_a_seed_and_wins(instance: Instance) -> None:
    instance.run()
    again(instance)
    before = entries(instance)
    mine = saved(instance)["2026-02-02-two.md"].replace("Text 2", "My text")
    instance.write("seeds/voa/2026-02-02-two.md", mine)
    again(instance, "2026-03-04T12:00:00Z")
    now = entries(instance)
    assert len(now) == len(before)
    assert sum("My text" in entry for entry in now) == 1
    assert [re.findall("<id>.*?</id>", entry)[0] for entry in now] == [
        re.findall("<id>.*?</id>", entry)[0] for entry in before
    ]


def test_without_store_source_and_feeds_the_files_give_the_same_posts(instance: Instance) -> None:
    instance.run()
    before = entries(instance)
    assert len(before) == 3
    for name in (".feedbraid", "feeds"):
        shutil.rmtree(instance.folder / name)
    config = (instance.folder / "config.yaml").read_text()
    instance.write("config.yaml", config.replace("sources:\n  voa: {url: voa.xml, save_to: seeds/voa/}\n", ""))
    done = instance.feedbraid("build", now="2026-09-01T12:00:00Z")
    assert done.returncode == 0, done.stderr
    assert entries(instance) == before


# --- feeds ------------------------------------------------------------------------------------------------


def test_a_feed_is_saved_as_it_is_published_without_what_are_seeds_already(tmp_path: Path) -> None:
    one = made(tmp_path, "''")
    config = (one.folder / "config.yaml").read_text()
    one.write("config.yaml", config.replace("title: All,", "title: All, save_to: site/_posts,"))
    one.write("voa.xml", document("One", "Advertisement", "Three"))
    one.write("seeds/mine.md", "---\ntitle: Mine\nfrom: https://mine.example/\ndate: 2026-02-01\n---\nMine")
    one.run()
    assert list(saved(one, "site/_posts")) == ["2026-02-01-one.md", "2026-02-03-three.md"]


def test_two_sources_may_share_a_folder_and_a_post_of_both_is_saved_once(tmp_path: Path) -> None:
    one = made(tmp_path, "kept")
    config = (one.folder / "config.yaml").read_text()
    one.write("config.yaml", config.replace("sources:\n", "sources:\n  other: {url: other.xml, save_to: kept/}\n"))
    one.write("other.xml", document("One of another", undated=True).replace("VOA", "Other"))
    one.run()
    before = saved(one, "kept")
    assert list(before) == ["2026-02-02-two.md", "2026-02-03-three.md", "2026-03-02-one-of-another.md"]
    again(one)
    assert saved(one, "kept") == before


def test_a_rehearsal_saves_nothing(instance: Instance) -> None:
    assert instance.feedbraid("run", "--dry-run").returncode == 0
    assert not (instance.folder / "seeds/voa").exists()


def test_a_folder_that_can_not_be_written_ends_with_4_and_the_feeds_are_published(instance: Instance) -> None:
    instance.write("seeds/voa", "a file")
    done = instance.feedbraid("run")
    assert done.returncode == 4
    assert "seeds/voa" in done.stderr
    assert "all/atom.xml" in instance.outputs()


# --- what has to go, and what must not come back ----------------------------------------------------------


def test_the_untouched_file_of_a_forgotten_post_goes_and_an_edited_one_is_named_once(instance: Instance) -> None:
    instance.run()
    mine = instance.write("seeds/voa/2026-02-03-three.md", saved(instance)["2026-02-03-three.md"] + "Mine")
    done = instance.feedbraid("forget", "https://voa.example/2", "https://voa.example/3")
    assert done.returncode == 0, done.stderr
    assert list(saved(instance)) == ["2026-02-03-three.md", "2026-03-02-one.md"]
    deleted, left = done.stderr.splitlines()[-2:]
    assert deleted == "feedbraid: seeds/voa/2026-02-02-two.md was deleted, because its post is forgotten"
    assert left.startswith(
        "feedbraid: the post of seeds/voa/2026-02-03-three.md is forgotten; the file was edited"
    )
    done = instance.feedbraid("run", "--force", now="2026-03-03T12:00:00Z")
    assert "forgotten" not in done.stderr
    assert "Mine" in mine.read_text()
    assert len(entries(instance)) == 1


def test_a_blocked_post_is_neither_saved_nor_exported(tmp_path: Path) -> None:
    one = made(tmp_path, "kept")
    one.write("config.yaml", CONFIG.format(folder="kept") + "block:\n  - title: Two\n")
    one.run()
    assert list(saved(one, "kept")) == ["2026-02-03-three.md", "2026-03-02-one.md"]
    assert one.feedbraid("export", "--posts", "out").returncode == 0
    assert list(saved(one, "out")) == ["2026-02-03-three.md", "2026-03-02-one.md"]


def test_what_was_saved_is_no_news(instance: Instance) -> None:
    assert instance.run()["sources"][1]["new"] == 3
    report = instance.run("--force", now="2026-03-03T12:00:00Z")
    assert [(one["new"], one["changed"]) for one in report["sources"]] == [(0, 0), (0, 0)]
    instance.write("voa.xml", document("One", "Two, corrected", "Three", undated=True))
    again(instance, "2026-03-04T12:00:00Z")
    report = instance.run("--force", now="2026-03-05T12:00:00Z")
    assert [(one["new"], one["changed"]) for one in report["sources"]] == [(0, 0), (0, 0)]
    instance.write("seeds/voa/2026-02-02-two.md", saved(instance)["2026-02-02-two.md"].replace("Text 2", "Mine"))
    report = instance.run("--force", now="2026-03-06T12:00:00Z")
    assert [(one["new"], one["changed"]) for one in report["sources"]] == [(0, 1), (0, 0)]


# --- a pass that was ended --------------------------------------------------------------------------------


class Killed(Exception):  # noqa: N818  # it is the end of the program, and no error of ours
    """The end of the program."""


class Deadly(Disk):
    """Files of a program that is ended while it writes them."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.done: list[str] = []

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file, so many times."""
        super().replace(old, new)
        self.done.append(new.name)
        self.left -= 1
        if not self.left:
            raise Killed

    def sync(self, path: Path) -> None:
        """Remember what is waited for."""
        super().sync(path)
        self.done.append(f"sync {path.name}")


class Watched:
    """A store that counts how often it is asked for posts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def heads(self, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give them, and count."""
        self.asked += 1
        return self._store.heads(origins)


def test_d21_where_nothing_has_changed_no_post_is_looked_at(tmp_path: Path) -> None:
    one = made(tmp_path, "kept")
    one.run()
    store = Watched(sqlite_store(str(tmp_path / ".feedbraid/state.db")))
    try:
        app = build(load_config(tmp_path / "config.yaml"), cast("Store", store))
        keep_posts(app, tmp_path)
        assert store.asked == 0
        app.store.keep_memo("saved", "something else")
        keep_posts(app, tmp_path)
        assert store.asked > 0
    finally:
        app.store.close()


def kept(folder: Path, disk: Disk) -> None:
    with opened(load_config(folder / "config.yaml")) as app:
        keep_posts(app, folder, disk)


def test_whoever_is_ended_while_posts_are_saved_has_no_file_twice(tmp_path: Path) -> None:
    one = made(tmp_path, "''")
    same_day = document("Other", "Same", "Same").replace("02-02T", "02-03T")
    one.write("voa.xml", document("Other"))
    one.run()
    one.write("voa.xml", re.sub("<entry>(?=<id>tag:voa.example,2026:3).*?</entry>", "", same_day))
    one.write("config.yaml", CONFIG.format(folder="kept"))
    kept(tmp_path, Disk())
    one.write("config.yaml", CONFIG.format(folder="''"))
    again(one)
    one.write("config.yaml", CONFIG.format(folder="kept"))
    with pytest.raises(Killed):
        kept(tmp_path, Deadly(after=1))
    one.write("voa.xml", same_day)
    again(one, "2026-03-04T12:00:00Z")
    assert [name[:15] for name in saved(one, "kept")] == ["2026-02-01-othe", "2026-02-03-same", "2026-02-03-same"]


def test_the_names_of_files_are_on_the_disk_before_the_store_knows_of_them(tmp_path: Path) -> None:
    """Else a file that a power cut took would count as one that the operator deleted."""
    one = made(tmp_path, "''")
    one.run()
    one.write("config.yaml", CONFIG.format(folder="kept"))
    disk = Deadly(after=0)
    kept(tmp_path, disk)
    assert disk.done[-1] == "sync kept"
    assert sum(name.endswith(".md") and not name.startswith("sync") for name in disk.done) == 3


# --- places -----------------------------------------------------------------------------------------------


def test_one_folder_by_two_names_is_one_folder(tmp_path: Path) -> None:
    one = made(tmp_path, "./kept/")
    config = (one.folder / "config.yaml").read_text()
    one.write("config.yaml", config.replace("title: All,", "title: All, save_to: kept/../kept,"))
    one.run()
    assert len(saved(one, "kept")) == 3
    one.write("voa.xml", document("One", "Two, corrected", "Three", undated=True))
    done = one.feedbraid("run", "--force", now="2026-03-03T12:00:00Z")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("place", ["feeds/posts", "./feeds"])
def test_posts_are_not_saved_among_the_feeds(tmp_path: Path, place: str) -> None:
    one = made(tmp_path, place)
    done = one.feedbraid("check")
    assert done.returncode == 2
    assert done.stderr.startswith("config.yaml:4:")
    assert "sources.voa.save_to: feeds is where the feeds are written: name a folder beside it" in done.stderr


def test_an_exported_post_is_a_seed_as_any_other_and_wins(tmp_path: Path) -> None:
    one = made(tmp_path, "''")
    one.run()
    assert one.feedbraid("export", "--posts", "seeds").returncode == 0
    for path in (tmp_path / "seeds").iterdir():
        path.write_text(path.read_text().replace("Text", "My text"))
    again(one)
    assert [entry.count("My text") for entry in entries(one)] == [1, 1, 1]
