"""Which posts stay in the live document, and which go to the archive: decided from heads alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import feed_spec
from feedbraid.history import History, divide
from feedbraid.merge import merge, newest_first
from feedbraid.model import CopyHead, EntryKey, FeedSpec, LedgerRow

DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)


def head(number: int, origin: str = "voa", *, seen: int = 0, weight: int = 1000, late: bool = False) -> CopyHead:
    """Make a copy of a post that is dated `number` days and first seen `seen` days after the first."""
    key = EntryKey(f"https://a.example/{origin}/{number}")
    date, first_seen = DAY + timedelta(days=number), DAY + timedelta(days=seen)
    return CopyHead(
        origin=origin,
        ref=str(key),
        key=key,
        post=key,
        source_id="",
        public_id=key,
        title="",
        link=key,
        published=min(date, first_seen),
        updated=None,
        first_seen=first_seen,
        held_until=None,
        digest="",
        weight=weight,
        late=late,
    )


def told(heads: Sequence[CopyHead], spec: FeedSpec, archived: frozenset[EntryKey] = frozenset()) -> History:
    ledger = {one.key: LedgerRow(key=one.key, id=one.key, first_seen=one.first_seen) for one in heads}
    merged = merge(heads, {name: place for place, name in enumerate(spec.origins)})
    return divide(newest_first(merged, ledger), ledger, archived, spec)


def names(history: History) -> tuple[list[str], list[list[str]]]:
    """Give the posts of the live document and of the blocks that are closed, by origin and number."""
    prefix = "https://a.example/"
    live = [one.post.removeprefix(prefix) for one in history.live]
    return live, [[one.post.removeprefix(prefix) for one in block] for block in history.closing]


def spec_of(*origins: str, **changes: int) -> FeedSpec:
    return replace(feed_spec(*(origins or ("voa",))), **changes)  # type: ignore[arg-type]  # its numbers


def test_a_feed_that_fits_has_no_archive() -> None:
    heads = [head(n, seen=200) for n in range(50)]
    live, closing = names(told(heads, spec_of()))
    assert (len(live), closing) == (50, [])


def test_n87_blocks_are_filled_in_the_order_in_which_posts_were_first_seen() -> None:
    heads = [head(9, seen=9), head(1, seen=20), *(head(n, seen=10 + n) for n in range(2, 6))]
    live, closing = names(told(heads, spec_of(limit=4, archive=3)))
    assert closing == [["voa/9", "voa/3", "voa/2"]], "a late old post does not go before those seen earlier"
    assert set(live) >= {"voa/1", "voa/4", "voa/5"}, "what no block holds is in the live document"


def test_n85_the_live_document_stays_within_its_bytes_and_is_trimmed_at_the_oldest() -> None:
    heads = [head(n, seen=100, weight=30_000) for n in range(20)]
    live, closing = names(told(heads, spec_of(max_bytes=100_000)))
    assert live == ["voa/19", "voa/18", "voa/17"]
    assert all(len(block) <= 3 for block in closing), "blocks keep to the bytes, too"


def test_n85_one_post_that_is_larger_than_the_budget_is_shown_all_the_same() -> None:
    live, closing = names(told([head(1, seen=9, weight=900_000)], spec_of(max_bytes=250_000)))
    assert (live, closing) == (["voa/1"], [])


def test_a_quiet_source_keeps_its_place() -> None:
    heads = [*(head(n, "loud", seen=n) for n in range(10, 200)), head(1, "quiet", seen=1)]
    live, closing = names(told(heads, spec_of("loud", "quiet")))
    assert live[-1] == "quiet/1"
    assert len(live) == 50
    assert closing[0][-1] == "quiet/1"


def test_quiet_sources_take_no_more_than_half_of_the_places() -> None:
    quiet = [head(n, f"q{n}", seen=n) for n in range(30)]
    heads = [*quiet, *(head(n, "loud", seen=n) for n in range(50, 100))]
    live, _ = names(told(heads, spec_of("loud", *(one.origin for one in quiet), limit=10)))
    assert sum(name.startswith("q") for name in live) == 5


def test_a_loud_source_has_no_more_than_its_places_and_loses_nothing() -> None:
    heads = [*(head(n, "loud", seen=100) for n in range(10, 30)), *(head(n, "calm", seen=100) for n in range(5))]
    history = told(heads, spec_of("loud", "calm", max_per_source=3))
    live, closing = names(history)
    assert [name for name in live if name.startswith("loud")] == ["loud/29", "loud/28", "loud/27"]
    assert {*live, *(name for block in closing for name in block)} == {
        f"{one.origin}/{one.key.rsplit('/', 1)[1]}" for one in heads
    }


def test_d3_what_came_late_goes_to_the_archive_and_never_into_the_live_document() -> None:
    heads = [*(head(n, seen=50) for n in range(5)), *(head(n, "old", seen=60, late=True) for n in range(4))]
    live, closing = names(told(heads, spec_of("voa", "old")))
    assert live == ["voa/4", "voa/3", "voa/2", "voa/1", "voa/0"]
    assert closing == [["old/3", "old/2", "old/1", "old/0"]]


def test_without_archives_the_live_document_has_the_newest() -> None:
    heads = [head(n, seen=n) for n in range(60)]
    live, closing = names(told(heads, spec_of(archive=0, limit=3)))
    assert (live, closing) == (["voa/59", "voa/58", "voa/57"], [])


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
@given(
    heads=st.lists(
        st.builds(
            head,
            st.integers(0, 400),
            st.sampled_from(["a", "b", "c"]),
            seen=st.integers(0, 400),
            weight=st.integers(1200, 90_000),
            late=st.booleans(),
        ),
        max_size=40,
        unique_by=lambda one: one.key,
    ),
    sizes=st.tuples(
        st.integers(1, 9), st.integers(0, 3), st.integers(0, 4), st.sampled_from([0, 100_000, 250_000])
    ),
    steps=st.integers(1, 4),
)
def test_n86_every_post_is_in_the_live_document_or_in_one_closed_block(
    limit: int, heads: list[CopyHead], sizes: tuple[int, int, int, int], steps: int
) -> None:
    block, least, most, budget = sizes
    spec = spec_of("a", "b", "c", limit=limit, archive=block, min_per_source=least, max_per_source=most)
    spec = replace(spec, max_bytes=budget)
    in_order = sorted(heads, key=lambda one: one.first_seen)
    archived: list[EntryKey] = []
    for step in range(1, steps + 1):
        known = in_order[: len(in_order) * step // steps]
        history = told(known, spec, frozenset(archived))
        closed = [one.post for part in history.closing for one in part]
        archived += closed
        live = [one.post for one in history.live]
        assert len(set(archived)) == len(archived), "no post is in two blocks"
        assert {*live, *archived} == {one.key for one in known}, "every post can be reached"
        assert len(live) <= limit
        weight = sum(one.winner.weight for one in history.live)
        assert not budget or weight <= budget or len(live) == 1
        assert all(len(part) <= block for part in history.closing)
        assert not any(one.late for one in history.live)
        again = told(known, spec, frozenset(archived))
        assert again.closing == (), "what was decided once stays decided"
        assert again.live == history.live
