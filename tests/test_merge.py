"""Many copies, one post: who wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from feedbraid.merge import merge, newest_first
from feedbraid.model import CopyHead, EntryKey, LedgerRow

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
RANK = {"posts": 0, "voa": 1, "planet": 2}


def head(origin: str, ref: str = "1", post: str = "https://a/1", hours: int = 0) -> CopyHead:
    return CopyHead(
        origin=origin,
        ref=ref,
        key=EntryKey(post),
        post=EntryKey(post),
        source_id="",
        public_id=post,
        title=f"{origin} {ref}",
        link=post,
        published=NOW + timedelta(hours=hours),
        updated=None,
        first_seen=NOW,
        held_until=None,
        digest="",
    )


def test_n9_the_first_origin_of_the_feed_wins_whatever_is_newer() -> None:
    copies = [head("planet", hours=5), head("voa", hours=3), head("posts")]
    for order in permutations(copies):
        (one,) = merge(order, RANK)
        assert [one.winner.origin, *(other.origin for other in one.others)] == ["posts", "voa", "planet"]


def test_n9_an_origin_that_is_not_named_comes_last() -> None:
    (one,) = merge([head("elsewhere", hours=9), head("planet")], RANK)
    assert one.winner.origin == "planet"


def test_a_copy_that_was_saved_from_another_one_loses_to_all_that_were_not() -> None:
    saved = replace(head("posts", hours=9), saved=True)
    for order in permutations([saved, head("voa"), head("planet")]):
        (one,) = merge(order, RANK)
        assert [one.winner.origin, *(other.origin for other in one.others)] == ["voa", "planet", "posts"]
    (alone,) = merge([saved], RANK)
    assert alone.winner == saved


def test_d2_inside_one_origin_the_newest_wins_then_the_place() -> None:
    (newest,) = merge([head("posts", "a.md"), head("posts", "b.md", hours=1)], RANK)
    assert newest.winner.ref == "b.md"
    (first,) = merge([head("posts", "b.md"), head("posts", "a.md")], RANK)
    assert first.winner.ref == "a.md"


def test_d2_inside_one_origin_https_comes_before_http() -> None:
    plain = replace(head("voa", "a"), link="http://a/1")
    (one,) = merge([plain, head("voa", "b")], RANK)
    assert one.winner.link == "https://a/1"


def test_n19_a_held_copy_stands_aside() -> None:
    held = replace(head("posts"), held_until=NOW)
    assert [one.winner.origin for one in merge([held, head("voa")], RANK)] == ["voa"]
    assert merge([held], RANK) == ()


def test_n122_newest_first_and_equal_dates_by_id() -> None:
    copies = [
        head("voa", post="https://a/1"),
        head("voa", post="https://a/2"),
        head("voa", post="https://a/3", hours=1),
    ]
    keys = {EntryKey("https://a/1"): "z", EntryKey("https://a/2"): "a", EntryKey("https://a/3"): "m"}
    ledger = {key: LedgerRow(key=key, id=name, first_seen=copies[0].first_seen) for key, name in keys.items()}
    ordered = newest_first(merge(copies, RANK), ledger)
    assert [keys[one.post] for one in ordered] == ["m", "a", "z"]


heads = st.builds(
    head,
    st.sampled_from([*RANK, "elsewhere"]),
    st.sampled_from("abc"),
    st.sampled_from(["https://a/1", "https://a/2"]),
    st.integers(-3, 3),
)


@given(st.lists(heads, unique_by=lambda one: (one.origin, one.ref)), st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order_of_arrival(copies: list[CopyHead], chance: st.DataObject) -> None:
    shuffled = list(copies)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis hands in a random.Random
    assert merge(shuffled, RANK) == merge(copies, RANK)


@given(st.lists(heads, unique_by=lambda one: (one.origin, one.ref)))
def test_merging_loses_no_copy(copies: list[CopyHead]) -> None:
    merged = merge(copies, RANK)
    assert sorted((one.origin, one.ref) for each in merged for one in (each.winner, *each.others)) == sorted(
        (one.origin, one.ref) for one in copies
    )
