"""Filters at work in whole passes: where they stand, what they see, what they must never cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from factories import after, entry
from fakes import NOW, FakeSource, World, feed_spec, fresh
from feedbraid.app import Choices, Effect
from feedbraid.explain import explain
from feedbraid.filters import AllPosts, Chosen, Dropped, Each, FilterError, Row
from feedbraid.model import Channel, Entry, EntryKey, FilterSpec, Post, SourceState
from feedbraid.run import RunReport, run_once

HOUR = timedelta(hours=1)
MINE = FilterSpec("mine", "{}")
OTHER = FilterSpec("other", "{}")


def link(number: int) -> str:
    return f"https://news.example/{number}"


def one(number: int, **fields: Any) -> Entry:  # noqa: ANN401  # the fields of Entry
    stated = {"title": f"Post {number}", "published": after(hours=number - 100), **fields}
    return entry(link(number), key=EntryKey(link(number)), public_id=link(number), **stated)


@dataclass
class Counting:
    """A filter that looks at one post, and counts how often it is asked."""

    does: Callable[[Post], Post | Dropped]
    asked: list[str] = field(default_factory=list)

    def step(self, **how: Any) -> Each:  # noqa: ANN401  # the fields of Each
        return Each(apply=self._apply, **how)

    def _apply(self, post: Post) -> Post | Dropped:
        self.asked.append(post.entry.title)
        return self.does(post)


def marked(post: Post, mark: str = "!") -> Post:
    return replace(post, entry=replace(post.entry, title=post.entry.title + mark))


def without(*numbers: int) -> Callable[[Post], Post | Dropped]:
    unwanted = {link(number) for number in numbers}
    return lambda post: Dropped("it is not wanted") if post.entry.link in unwanted else post


def world_of(folder: Path, *entries: Entry, **fields: Any) -> World:  # noqa: ANN401  # the fields of World
    """Make a world of one source, whose feed has the filter "mine"."""
    feeds = (replace(feed_spec("voa"), filters=(MINE,)),)
    return World(folder, {"voa": FakeSource([fresh(*entries, title="VOA")])}, **{"feeds": feeds, **fields})


def go(world: World, hours: int = 0, **choices: Any) -> RunReport:  # noqa: ANN401  # the fields of Choices
    return run_once(world.app(), NOW + hours * HOUR, Choices(**choices))


def items(world: World, name: str = "all") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((world.output / name / "feed.json").read_bytes())["items"]
    return found


def titles(world: World, name: str = "all") -> list[str]:
    return [item["title"] for item in items(world, name)]


def verdict(world: World, number: int) -> str:
    return explain(world.app(), link(number)).feeds[0].verdict


# --- what they do -----------------------------------------------------------------------------------------


def test_a_filter_changes_what_is_published_and_not_what_is_stored(tmp_path: Path) -> None:
    world = world_of(tmp_path, one(1), steps={"mine": Counting(marked).step()})
    go(world)
    assert titles(world) == ["Post 1!"]
    (copy,) = world.store.copies([("voa", link(1))]).values()
    assert copy.entry.title == "Post 1"


def test_filters_run_in_their_order(tmp_path: Path) -> None:
    steps = {"mine": Counting(marked).step(), "other": Counting(lambda post: marked(post, "?")).step()}
    for order, expected in (((MINE, OTHER), "Post 1!?"), ((OTHER, MINE), "Post 1?!")):
        world = world_of(
            tmp_path / expected[-1], one(1), steps=steps, feeds=(replace(feed_spec("voa"), filters=order),)
        )
        go(world)
        assert titles(world) == [expected]


def test_the_filters_of_a_source_run_before_those_of_a_feed(tmp_path: Path) -> None:
    steps = {"mine": Counting(marked).step(), "other": Counting(lambda post: marked(post, "?")).step()}
    world = world_of(tmp_path, one(1), steps=steps, filters={"voa": (OTHER,)})
    go(world)
    assert titles(world) == ["Post 1?!"]


def test_what_a_source_s_filter_leaves_out_another_source_can_still_bring(tmp_path: Path) -> None:
    sources = {
        "voa": FakeSource([fresh(one(1, title="Of VOA"), one(2))]),
        "bbc": FakeSource([fresh(one(1, title="Of BBC"))]),
    }
    world = World(tmp_path, sources, steps={"mine": Counting(without(1, 2)).step()}, filters={"voa": (MINE,)})
    go(world)
    assert titles(world) == ["Of BBC"]
    assert "the copy of bbc" in verdict(world, 1)
    assert "the copy of voa (https://news.example/1) is left out by mine (filter 1 of voa)" in verdict(world, 1)
    assert verdict(world, 2) == (
        "not in it: the copy of voa (https://news.example/2) is left out by mine (filter 1 of voa): "
        "it is not wanted"
    )


def test_a_filter_of_all_posts_chooses_among_those_that_came_as_far(tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def first_two(rows: Sequence[Row]) -> Chosen:
        seen.append([row.facts for row in rows])
        return Chosen(rows=tuple(rows[:2]), dropped={row.key: "two are enough" for row in rows[2:]})

    steps = {
        "mine": Counting(without(4)).step(),
        "other": AllPosts(choose=first_two, look=lambda post: post.entry.title),
    }
    feeds = (replace(feed_spec("voa"), filters=(MINE, OTHER)),)
    world = world_of(tmp_path, *map(one, range(1, 6)), steps=steps, feeds=feeds)
    go(world)
    assert titles(world) == ["Post 5", "Post 3"]
    assert seen[0] == ["Post 5", "Post 3", "Post 2", "Post 1"]
    assert verdict(world, 4) == "not in it: left out by mine (filter 1): it is not wanted"
    assert verdict(world, 2) == "not in it: left out by other (filter 2): two are enough"


def test_a_filter_can_order_the_posts(tmp_path: Path) -> None:
    upside_down = AllPosts(choose=lambda rows: Chosen(rows=tuple(reversed(rows))))
    world = world_of(tmp_path, *map(one, range(1, 5)), steps={"mine": upside_down})
    go(world)
    assert titles(world) == ["Post 1", "Post 2", "Post 3", "Post 4"]


def test_a_post_that_another_one_stands_for_is_named_by_its_source(tmp_path: Path) -> None:
    first, second = EntryKey(link(1)), EntryKey("https://bbc.example/2")
    alike = AllPosts(
        choose=lambda rows: Chosen(
            rows=tuple(row for row in rows if row.key == first),
            dropped={second: "says the same"},
            merged={second: first},
        )
    )
    bbc = entry(str(second), key=second, public_id=str(second), title="The same", published=after(hours=-1))
    of_bbc = replace(fresh(bbc), channel=Channel(title="BBC", link="https://bbc.example/"))
    sources = {"voa": FakeSource([fresh(one(1), title="VOA")]), "bbc": FakeSource([of_bbc])}
    feeds = (replace(feed_spec("voa", "bbc"), filters=(MINE,)),)
    world = World(tmp_path, sources, steps={"mine": alike}, feeds=feeds)
    go(world)
    assert titles(world) == ["Post 1"]
    assert '<link href="https://bbc.example/" rel="via" title="BBC"/>' in (tmp_path / "all/atom.xml").read_text()


def test_what_filters_make_of_a_post_goes_into_the_archive(tmp_path: Path) -> None:
    feeds = (replace(feed_spec("voa", limit=3), archive=2, filters=(MINE,)),)
    world = world_of(tmp_path, *map(one, range(1, 6)), steps={"mine": Counting(marked).step()}, feeds=feeds)
    go(world)
    archived = json.loads((tmp_path / "all/archive/1/feed.json").read_bytes())["items"]
    assert [item["title"] for item in archived] == ["Post 2!", "Post 1!"]


def test_a_text_that_a_filter_makes_longer_counts_for_the_budget_of_a_document(tmp_path: Path) -> None:
    longer = Counting(lambda post: replace(post, entry=replace(post.entry, body="<p>" + "x" * 40_000 + "</p>")))
    feeds = (replace(feed_spec("voa"), max_bytes=100_000, archive=0, filters=(MINE,)),)
    world = world_of(tmp_path, *map(one, range(1, 6)), steps={"mine": longer.step()}, feeds=feeds)
    go(world)
    assert titles(world) == ["Post 5", "Post 4"]


# --- what they cost ---------------------------------------------------------------------------------------


def test_a_build_in_which_one_post_changed_filters_one_text(tmp_path: Path) -> None:
    before, now = [one(1), one(2), one(3)], [one(1), one(2, title="Edited"), one(3)]
    source = FakeSource([fresh(*before), fresh(*now)])
    drop_all_but = Counting(without(1))
    feeds = (replace(feed_spec("voa", limit=1), archive=0, filters=(MINE,)),)
    world = World(tmp_path, {"voa": source}, steps={"mine": drop_all_but.step()}, feeds=feeds)
    go(world)
    assert sorted(drop_all_but.asked) == ["Post 1", "Post 2", "Post 3", "Post 3"]
    drop_all_but.asked.clear()
    go(world, hours=2)
    assert drop_all_but.asked == ["Edited", "Post 3"]  # the one that changed, and the one that is shown


def test_a_slow_filter_is_asked_once_for_each_text(tmp_path: Path) -> None:
    slow = Counting(marked)
    world = world_of(tmp_path, one(1), one(2), steps={"mine": slow.step(is_slow=True)})
    go(world)
    go(world, hours=2, everything=True)
    assert sorted(slow.asked) == ["Post 1", "Post 2"]
    assert titles(world) == ["Post 2!", "Post 1!"]


def test_what_was_filtered_is_forgotten_with_its_post(tmp_path: Path) -> None:
    source = FakeSource([fresh(one(1), one(2))])
    feeds = (replace(feed_spec("voa"), filters=(MINE,)),)
    world = World(tmp_path, {"voa": source}, steps={"mine": Counting(marked).step()}, feeds=feeds)
    go(world)
    assert set(world.store.passed("feed all")) == {link(1), link(2)}
    world.feeds = (replace(feeds[0], origins=("bbc",)),)
    world.sources = {**world.sources, "bbc": FakeSource([fresh(one(3))])}
    go(world, hours=2)
    assert set(world.store.passed("feed all")) == {link(3)}


def test_another_list_of_filters_takes_effect_at_the_next_build_and_asks_nobody(tmp_path: Path) -> None:
    world = world_of(tmp_path, one(1), one(2), steps={"mine": Counting(marked).step()})
    go(world)
    asked = len(world.sources["voa"].told)
    world.feeds = (feed_spec("voa"),)
    go(world, network=False)
    assert titles(world) == ["Post 2", "Post 1"]
    assert len(world.sources["voa"].told) == asked


def test_other_filters_of_a_source_do_not_have_it_read_anew(tmp_path: Path) -> None:
    world = world_of(tmp_path, one(1), steps={"mine": Counting(marked).step()}, feeds=(feed_spec("voa"),))
    go(world)
    world.filters = {"voa": (MINE,)}
    go(world, hours=2)
    assert titles(world) == ["Post 1!"]
    assert world.sources["voa"].told[-1].state.fingerprint == world.store.states()["voa"].fingerprint


def test_a_second_pass_with_filters_writes_nothing(tmp_path: Path) -> None:
    counting = Counting(marked)
    world = world_of(tmp_path, one(1), steps={"mine": counting.step()})
    go(world)
    counting.asked.clear()
    assert go(world, hours=24).feeds[0].written == ()
    assert counting.asked == []


# --- what goes wrong --------------------------------------------------------------------------------------


def test_a_filter_that_can_not_work_leaves_the_post_as_it_was_says_so_and_is_asked_again(tmp_path: Path) -> None:
    state = {"broken": True}

    def sometimes(post: Post) -> Post:
        if state["broken"]:
            raise FilterError("the command failed")
        return marked(post)

    world = world_of(tmp_path, one(1), one(2), steps={"mine": Counting(sometimes).step()})
    report = go(world)
    assert titles(world) == ["Post 2", "Post 1"]
    assert report.feeds[0].note == "mine (filter 1): the command failed (2 posts)"
    state["broken"] = False
    report = go(world, hours=2)
    assert titles(world) == ["Post 2!", "Post 1!"]
    assert report.feeds[0].note == ""


def test_d18_a_filter_that_leaves_out_most_of_a_feed_is_held_back_until_it_is_meant(tmp_path: Path) -> None:
    world = world_of(tmp_path, *map(one, range(1, 7)), steps={"mine": Counting(without(1, 2, 3, 4)).step()})
    world.feeds = (feed_spec("voa"),)
    go(world)
    world.feeds = (replace(feed_spec("voa"), filters=(MINE,)),)
    report = go(world, hours=2)
    assert "would shrink from 6 to 2 entries" in report.feeds[0].held
    assert len(titles(world)) == 6
    go(world, hours=3, allow_shrink=True)
    assert titles(world) == ["Post 6", "Post 5"]


def test_the_report_tells_what_each_filter_did(tmp_path: Path) -> None:
    steps = {"mine": Counting(without(1)).step(), "other": Counting(marked).step()}
    feeds = (replace(feed_spec("voa"), filters=(MINE, OTHER)),)
    world = world_of(tmp_path, one(1), one(2), one(3), steps=steps, feeds=feeds)
    expected = (
        Effect(filter="mine (filter 1)", dropped=1),
        Effect(filter="other (filter 2)", changed=2),
    )
    assert go(world).feeds[0].effects == expected
    assert go(world, hours=1).feeds[0].effects == ()
    assert go(world, hours=1, dry=True).feeds[0].effects == expected


def test_explain_names_the_filters_that_changed_a_post(tmp_path: Path) -> None:
    steps = {"mine": Counting(marked).step(), "other": Counting(lambda post: post).step()}
    feeds = (replace(feed_spec("voa"), filters=(MINE, OTHER)),)
    world = world_of(tmp_path, one(1), steps=steps, feeds=feeds)
    go(world)
    assert verdict(world, 1) == (
        "the copy of voa (https://news.example/1) wins; it is entry 1; changed by mine (filter 1)"
    )


@pytest.mark.parametrize("feed_name", ["all", "none"])
def test_what_a_filter_may_know_of_the_ledger_is_the_post_as_it_is_published(
    tmp_path: Path, feed_name: str
) -> None:
    known: list[tuple[str, str, str]] = []

    def look(post: Post) -> Post:
        known.append((post.id, post.origin, post.channel.title if post.channel else ""))
        return post

    feeds = (replace(feed_spec("voa", name=feed_name), filters=(MINE,)),)
    go(world_of(tmp_path, one(1), steps={"mine": Counting(look).step()}, feeds=feeds))
    assert set(known) == {(link(1), "voa", "VOA")}


def test_a_source_that_was_never_read_has_nothing_to_filter(tmp_path: Path) -> None:
    world = world_of(tmp_path, one(1), steps={"mine": Counting(marked).step()})
    world.store.keep_feed_id("all", "urn:x:all")
    assert world.store.states() == {}
    report = go(world, network=False)
    assert report.feeds[0].held == "there is nothing to publish yet"
    assert SourceState(name="voa").channel is None
