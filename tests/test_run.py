"""Whole passes over fake sources: the order of the steps, and what must never happen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from factories import entry
from fakes import NOW, FakeSource, World, feed_spec, fresh
from feedbraid.app import Choices, FeedReport
from feedbraid.config import load_config
from feedbraid.errors import PublishError
from feedbraid.model import EntryKey, Failed, FileMark, KeyRules, Known, Outcome, Unchanged, Validators
from feedbraid.run import RunReport, note_entries, noted_entries, run_once
from feedbraid.store.memory import MemoryStore
from feedbraid.wire import opened

HOUR = timedelta(hours=1)
URL = "https://news.example/1"


def one(link: str = URL, key: str = "", **fields: Any) -> Any:  # noqa: ANN401  # the fields of Entry
    return entry(link, key=EntryKey(key or link), **{"public_id": link, **fields})


def go(world: World, hours: int = 0, **choices: Any) -> RunReport:  # noqa: ANN401  # the fields of Choices
    return run_once(world.app(), NOW + hours * HOUR, Choices(**choices))


def published(world: World, name: str = "all") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = json.loads((world.output / name / "feed.json").read_bytes())["items"]
    return items


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def test_a_pass_writes_every_format_of_a_feed(tmp_path: Path) -> None:
    report = go(World(tmp_path, {"voa": FakeSource([fresh(one())])}))
    assert report.feeds[0].written == ("all/atom.xml", "all/rss.xml", "all/feed.json")
    assert (report.sources[0].new, report.sources[0].result) == (1, "read")


def test_a_second_pass_writes_nothing_and_touches_no_file(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one(published=None))])})
    go(world)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    report = go(world, hours=24 * 7)
    assert report.feeds[0].written == ()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


def test_d6_an_undated_entry_is_dated_when_it_was_first_seen_for_ever(tmp_path: Path) -> None:
    world = World(
        tmp_path, {"voa": FakeSource([fresh(one(published=None)), fresh(one(published=None, title="New"))])}
    )
    go(world)
    go(world, hours=48)
    assert "2026-03-02T12:00:00Z" in (tmp_path / "all/atom.xml").read_text()
    assert published(world)[0]["title"] == "New"


def test_the_seed_wins_and_the_post_stands_once(tmp_path: Path) -> None:
    sources = {"posts": FakeSource([fresh(one(title="Seed"))]), "voa": FakeSource([fresh(one(title="Source"))])}
    world = World(tmp_path, sources)
    go(world)
    assert [item["title"] for item in published(world)] == ["Seed"]


def test_nothing_flaps_when_the_winner_answers_304(tmp_path: Path) -> None:
    sources = {
        "voa": FakeSource([fresh(one(title="First")), Unchanged(reason="304")]),
        "planet": FakeSource([fresh(one(title="Second"))]),
    }
    world = World(tmp_path, sources)
    go(world)
    assert go(world, hours=2).feeds[0].written == ()
    assert [item["title"] for item in published(world)] == ["First"]


def test_a_removed_seed_leaves_the_feed_and_the_copy_of_the_source_comes_back(tmp_path: Path) -> None:
    gone = replace(fresh(), gone=(URL,))
    sources = {
        "posts": FakeSource([fresh(one(title="Seed")), gone]),
        "voa": FakeSource([fresh(one(title="Source", public_id="guid:1"))]),
    }
    world = World(tmp_path, sources)
    go(world)
    seed_id = published(world)[0]["id"]
    go(world, hours=2)
    assert [(item["title"], item["id"]) for item in published(world)] == [("Source", seed_id)]


def test_one_bad_source_harms_no_other(tmp_path: Path) -> None:
    sources = {"bad": FakeSource([Failed(reason="HTTP 500")]), "voa": FakeSource([fresh(one())])}
    world = World(tmp_path, sources)
    report = go(world)
    assert [source.result for source in report.sources] == ["failed", "read"]
    assert len(published(world)) == 1
    assert not report.all_failed


def test_when_every_source_fails_the_last_good_files_stay(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one()), Failed(reason="no network")])})
    go(world)
    before = bytes_of(tmp_path)
    report = go(world, hours=2)
    assert report.all_failed
    assert bytes_of(tmp_path) == before


def test_a_source_that_forgets_its_posts_takes_none_from_us(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one()), fresh(one("https://news.example/2"))])})
    go(world)
    go(world, hours=2)
    assert {item["url"] for item in published(world)} == {URL, "https://news.example/2"}


def test_d3_a_source_that_changes_its_guids_floods_nobody(tmp_path: Path) -> None:
    world = World(
        tmp_path, {"voa": FakeSource([fresh(one(public_id="guid:old")), fresh(one(public_id="guid:new"))])}
    )
    go(world)
    go(world, hours=2)
    assert [item["id"] for item in published(world)] == ["guid:old"]


def test_the_order_in_which_sources_answer_leaves_no_trace(tmp_path: Path) -> None:
    results = []
    for number, pauses in enumerate(permutations((0, 3, 7))):
        stated = {
            name: FakeSource(
                [fresh(one(title=name, public_id=f"id:{name}"), one(f"https://{name}.example/x"))], pauses=p
            )
            for name, p in zip(("a", "b", "c"), pauses, strict=True)
        }
        world = World(tmp_path / str(number), stated)
        world.output.mkdir()
        go(world)
        results.append(bytes_of(world.output))
    assert all(result == results[0] for result in results)


def test_a_source_that_is_not_due_is_not_asked(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one())])})
    go(world)
    report = run_once(world.app(), NOW + timedelta(minutes=10), Choices())
    assert report.sources[0].result == "waiting"
    assert world.opened == [("voa",), ()]


def test_force_asks_anyway_and_still_tells_the_validators(tmp_path: Path) -> None:
    given = Validators(url=URL, etag=b'"1"')
    source = FakeSource([replace(fresh(one()), validators=given)])
    world = World(tmp_path, {"voa": source})
    go(world)
    run_once(world.app(), NOW + timedelta(minutes=1), Choices(force=True))
    assert source.told[1].state.validators == given


def test_only_the_named_source_is_asked(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one())]), "planet": FakeSource([fresh(one())])})
    report = go(world, only=("planet",))
    assert [source.result for source in report.sources] == ["waiting", "read"]


def test_build_asks_no_source(tmp_path: Path) -> None:
    world = World(tmp_path, {"posts": FakeSource([fresh(one())]), "voa": FakeSource([fresh(one())])})
    go(world, network=False)
    assert world.opened == [("posts",)]


def test_a_feed_without_posts_is_not_written(tmp_path: Path) -> None:
    report = go(World(tmp_path, {"voa": FakeSource([Failed(reason="HTTP 500")])}))
    assert (report.feeds[0].written, report.feeds[0].held) == ((), "there is nothing to publish yet")
    assert bytes_of(tmp_path) == {}


def test_f41_a_feed_that_would_lose_more_than_half_is_held_back(tmp_path: Path) -> None:
    many = [one(f"https://news.example/{n}") for n in range(9)]
    sources = {"posts": FakeSource([fresh(*many), replace(fresh(), gone=tuple(e.link for e in many[:5]))])}
    world = World(tmp_path, sources)
    go(world)
    report = go(world, hours=1)
    assert "would shrink from 9 to 4 entries" in report.feeds[0].held
    assert len(published(world)) == 9
    assert go(world, hours=2, allow_shrink=True).feeds[0].held == ""
    assert len(published(world)) == 4


def test_f9_nobody_is_asked_when_the_output_can_not_be_written(tmp_path: Path) -> None:
    world = World(tmp_path / "missing" / "feeds", {"voa": FakeSource([fresh(one())])})
    with pytest.raises(PublishError):
        go(world)
    assert world.opened == []


def test_a_damaged_or_missing_file_is_written_again(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one())])})
    go(world)
    good = bytes_of(tmp_path)
    (tmp_path / "all/atom.xml").write_bytes(b"half")
    (tmp_path / "all/rss.xml").unlink()
    assert go(world, hours=1).feeds[0].written == ("all/atom.xml", "all/rss.xml")
    assert bytes_of(tmp_path) == good


def test_a_dry_pass_reports_what_it_would_write_and_writes_nothing(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one())])})
    assert len(go(world, dry=True).feeds[0].written) == 3
    assert bytes_of(tmp_path) == {}


def test_the_limit_keeps_the_newest(tmp_path: Path) -> None:
    entries = [one(f"https://news.example/{n}", published=NOW - n * HOUR) for n in range(5)]
    world = World(tmp_path, {"voa": FakeSource([fresh(*entries)])}, feeds=(feed_spec("voa", limit=2),))
    go(world)
    assert [item["url"] for item in published(world)] == ["https://news.example/0", "https://news.example/1"]


def test_each_feed_ranks_its_own_origins(tmp_path: Path) -> None:
    sources = {"a": FakeSource([fresh(one(title="A"))]), "b": FakeSource([fresh(one(title="B"))])}
    feeds = (feed_spec("a", "b", name="ab"), feed_spec("b", "a", name="ba"))
    world = World(tmp_path, sources, feeds=feeds)
    go(world)
    assert [published(world, name)[0]["title"] for name in ("ab", "ba")] == ["A", "B"]
    assert published(world, "ab")[0]["id"] == published(world, "ba")[0]["id"]


def test_n13_the_id_of_a_feed_survives_a_move(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one())])})
    go(world)
    before = world.store.feed_ids()
    world.feeds = (replace(feed_spec("voa"), address="https://elsewhere.example/"),)
    go(world, hours=2)
    assert world.store.feed_ids() == before


def test_another_way_of_reading_voids_the_validators(tmp_path: Path) -> None:
    given = Validators(url=URL, etag=b'"1"')
    source = FakeSource([replace(fresh(one()), validators=given, body_digest="d")])
    world = World(tmp_path, {"voa": source})
    go(world)
    app = world.app()
    changed = replace(app.readings[0], spec=replace(app.readings[0].spec, zone="Asia/Shanghai"))
    run_once(replace(app, readings=(changed,)), NOW, Choices())
    assert (source.told[1].state.validators, source.told[1].state.body_digest) == (None, "")


def test_when_the_last_seed_is_gone_the_feed_is_empty(tmp_path: Path) -> None:
    outcomes: list[Outcome] = [fresh(one()), replace(fresh(), gone=(URL,)), Unchanged(reason="as before")]
    world = World(tmp_path, {"posts": FakeSource(outcomes)})
    go(world)
    assert len(go(world, hours=1).feeds[0].written) == 3
    assert published(world) == []
    assert "2026-03-02T13:00:00Z" in (tmp_path / "all/atom.xml").read_text()
    assert go(world, hours=9).feeds[0].written == ()


def test_d19_a_source_that_fails_while_others_wait_is_a_warning(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one())]), "bad": FakeSource([Failed(reason="HTTP 500")])})
    assert not go(world).all_failed
    assert not go(world, only=("bad",), force=True).all_failed


def test_d19_a_source_that_failed_before_and_waits_counts_as_failed(tmp_path: Path) -> None:
    failed = Failed(reason="HTTP 500")
    world = World(tmp_path, {"a": FakeSource([failed]), "b": FakeSource([failed])})
    assert go(world).all_failed
    assert go(world, only=("a",), force=True).all_failed


def test_n158_rules_for_keys_may_be_switched_on_and_off_again(tmp_path: Path) -> None:
    bare, www = one("https://news.example/1"), one("https://www.news.example/1", published=NOW - HOUR)
    outcomes: list[Outcome] = [fresh(www), fresh(replace(www, key=bare.key)), fresh(www)]
    world = World(tmp_path, {"a": FakeSource([fresh(bare)]), "b": FakeSource(outcomes)})
    plain = world.app()
    merging = replace(plain, readings=tuple(replace(one, keys=KeyRules(www=True)) for one in plain.readings))
    seen = []
    for app in (plain, merging, plain):
        run_once(app, NOW, Choices(force=True))
        seen.append(sorted(item["id"] for item in published(world)))
    assert seen == [[bare.link, www.link], [bare.link], [bare.link, www.link]]


@pytest.mark.parametrize("field", ["title", "body", "link"])
def test_an_edit_is_published_in_place_under_the_same_id(tmp_path: Path, field: str) -> None:
    edited = one(**({"link": URL, "key": URL} | {field: f"https://news.example/edited-{field}"}))
    world = World(tmp_path, {"voa": FakeSource([fresh(one()), fresh(replace(edited, key=EntryKey(URL)))])})
    go(world)
    first = published(world)[0]["id"]
    go(world, hours=2)
    assert [item["id"] for item in published(world)] == [first]
    assert f"edited-{field}" in (world.output / "all/feed.json").read_text()


class Faulty(FakeSource):
    """Has a fault of ours."""

    async def read(self, known: Known) -> Outcome:
        raise ZeroDivisionError(known.state.name)


def test_f44_a_fault_of_ours_in_one_source_stops_no_other(tmp_path: Path) -> None:
    world = World(tmp_path, {"bad": Faulty([]), "voa": FakeSource([fresh(one())])})
    report = go(world)
    assert [source.result for source in report.sources] == ["failed", "read"]
    assert "ZeroDivisionError: bad" in report.sources[0].detail


def test_n19_a_seed_of_tomorrow_is_published_tomorrow_though_its_file_looks_the_same(tmp_path: Path) -> None:
    for name, day in (("today", NOW), ("tomorrow", NOW + timedelta(days=1))):
        path = tmp_path / "seeds" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\ntitle: {name}\ndate: {day.isoformat()}\n---\nWords.\n", encoding="utf-8")
    config = tmp_path / "config.yaml"
    config.write_text("seeds: {posts: seeds/}\n", encoding="utf-8")
    entries = []
    for pause in (timedelta(), timedelta(hours=23), timedelta(hours=24), timedelta(hours=25)):
        with opened(load_config(config)) as app:
            (feed,) = run_once(app, NOW + pause, Choices()).feeds
            entries.append(feed.entries)
    assert entries == [1, 1, 2, 2]


class Folder(FakeSource):
    """Keeps the marks that it is told."""

    async def read(self, known: Known) -> Outcome:
        self.marks = tuple(known.files())
        return await super().read(known)


def test_a_folder_that_failed_is_read_the_new_way_when_it_is_back(tmp_path: Path) -> None:
    mark = FileMark(ref=URL, mtime_ns=1, size=1, digest="d")
    source = Folder([replace(fresh(one()), files=(mark,)), Failed(reason="gone"), fresh(one())])
    world = World(tmp_path, {"posts": source})
    go(world)
    app = world.app()
    changed = replace(app.readings[0], authority="me.example")
    for _ in range(2):
        run_once(replace(app, readings=(changed,)), NOW, Choices())
    assert len(source.told) == 3
    assert source.marks == (mark._replace(mtime_ns=-1, digest=""),)


def test_what_feeds_hold_is_noted_for_those_who_have_not_written_them() -> None:
    store = MemoryStore()
    assert noted_entries(store) == ()
    note_entries(store, [FeedReport(name="all", entries=3), FeedReport(name="a/news", entries=0)])
    assert noted_entries(store) == (FeedReport(name="a/news", entries=0), FeedReport(name="all", entries=3))
