"""What every store promises: one suite, run over each file in `store/`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from copies import DAY, STORES, connect, copy, entry, key, row
from factories import feed, post
from feedbraid import codec
from feedbraid.model import (
    Channel,
    Copy,
    EntryKey,
    Feed,
    FileMark,
    Note,
    PageHead,
    Person,
    Rest,
    Skipped,
    SourceState,
    Validators,
)
from feedbraid.records import Day, Errand, Incident, Result, SavedFile, Subscription, Tombstone, Visit
from feedbraid.store import INCIDENTS_KEPT, Flood, OriginChange, Restoration, Settlement, Store

HOUR = timedelta(hours=1)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = connect(request.param, tmp_path / "state.db")
    yield opened
    opened.close()


def put(store: Store, origin: str, *copies: Copy) -> None:
    store.commit(OriginChange(state=SourceState(name=origin), put=copies))


def settle(store: Store, *posts: tuple[str, str, EntryKey]) -> None:
    store.settle(Settlement(posts=posts))


FULL_ENTRY = entry(
    "full",
    dialect="atom",
    title="今天的天气很好 & \N{PILE OF POO}",
    summary="short",
    body="<p>long</p>",
    published=datetime(1969, 7, 20, 20, 17, 40, tzinfo=UTC),
    updated=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    authors=(Person("A"), Person("B", "https://b.example/")),
    origin=Channel(title="A planet"),
)


# --- states -----------------------------------------------------------------------------------------------


def test_states_of_some_origins_and_of_those_that_rest(store: Store) -> None:
    odd = SourceState(name="odd", channel=Channel(title='x,"rest":{"', link="https://a.example/"))
    limited = SourceState(name="limited", rest=Rest(host="a.example", until=DAY))
    store.commit(*(OriginChange(state=state) for state in (odd, limited, SourceState(name="plain"))))
    assert store.states() == {"limited": limited, "odd": odd, "plain": SourceState(name="plain")}
    assert store.states(["plain", "odd", "none"]) == {"odd": odd, "plain": SourceState(name="plain")}
    assert store.states([]) == {}
    assert store.resting() == {"limited": limited}


# --- what copies were read from ---------------------------------------------------------------------------


def test_what_copies_were_read_from_is_told_of_those_that_may_be_published(store: Store) -> None:
    day = timedelta(days=1)
    put(
        store,
        "voa",
        copy("voa", "a", "a", stated="print-a facts", entry=entry("a", published=DAY - day)),
        copy("voa", "b", "b", stated="print-b facts", entry=entry("b", published=DAY)),
        copy("voa", "c", "c"),
        copy("voa", "held", "held", stated="print-h facts", held_until=DAY + day),
        copy("voa", "new", "new", stated="print-n facts"),
    )
    put(store, "bbc", copy("bbc", "d", "d", stated="print-d facts"))
    assert store.stated("voa", 10) == ()  # nothing has a post yet
    store.settle(Settlement(rows=tuple(map(row, "abcd")), posts=tuple(("voa", ref, key(ref)) for ref in "abc")))
    store.settle(Settlement(rows=(row("held"),), posts=(("voa", "held", key("held")),)))
    assert sorted(store.stated("voa", 10)) == ["print-a facts", "print-b facts"]
    assert store.stated("voa", 0) == store.stated("cnn", 10) == ()
    assert [copy.stated for copy in store.copies([("voa", "a"), ("voa", "c")]).values()] == ["print-a facts", ""]


def test_a_copy_that_stays_may_be_stated_in_other_words(store: Store) -> None:
    put(store, "voa", copy("voa", "a", "a", stated="one facts"))
    store.settle(Settlement(rows=(row("a"),), posts=(("voa", "a", key("a")),)))
    changes = store.changes()
    again = (("a", "other facts"), ("gone", "x facts"))
    store.commit(OriginChange(state=SourceState(name="voa"), restated=again))
    assert store.stated("voa", 10) == ("other facts",)
    assert store.changes() == changes
    assert store.copies([("voa", "a")])["voa", "a"] == copy("voa", "a", "a", stated="other facts")


# --- origins ----------------------------------------------------------------------------------------------


def test_a_new_store_is_empty(store: Store) -> None:
    assert store.states() == {}
    assert store.files("voa") == ()
    assert store.skipped("voa") == ()
    assert store.notes("voa") == ()
    assert store.heads(("voa",)) == ()
    assert store.unsettled(9) == ()
    assert store.feed_ids() == {}
    assert store.fingerprints() == {}
    assert store.passed("feed all") == {}
    assert store.page_heads("{}") == {}
    assert store.pages("{}", [key("a")]) == {}
    assert store.parts("all") == {}
    assert store.visits() == {}
    assert store.days(date.min) == {}
    assert store.newest_dates("voa", 60) == ()
    assert store.incidents() == ()
    assert store.errands() == ()
    assert store.subscriptions() == {}


def test_a_state_comes_back_as_it_was(store: Store) -> None:
    state = SourceState(
        name="voa",
        fingerprint="f",
        validators=Validators(url="https://example.org/", etag=b'W/"\xff"', last_modified=b"Mon"),
        fetched=DAY,
        failures=3,
        error="timed out",
        channel=Channel(title="美国之音"),
    )
    store.commit(OriginChange(state=state))
    assert store.states() == {"voa": state}


def test_a_state_replaces_the_former_one_and_leaves_the_copies(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    store.commit(OriginChange(state=SourceState(name="voa", failures=1)))
    assert store.states() == {"voa": SourceState(name="voa", failures=1)}
    assert [head.ref for head in store.heads(("voa",))] == ["1"]


def test_a_reading_of_very_many_copies_is_one_change(store: Store) -> None:
    refs = [f"{number:03}" for number in range(250)]
    before = store.changes()
    put(store, "voa", *(copy("voa", ref, ref) for ref in refs))
    assert [head.ref for head in store.heads(("voa",))] == refs
    assert [one[1] for one in store.copies(("voa", ref) for ref in refs)] == refs
    assert store.changes() == before + 1


def test_states_are_listed_by_name(store: Store) -> None:
    for name in ("b", "a", "c"):
        store.commit(OriginChange(state=SourceState(name=name)))
    assert list(store.states()) == ["a", "b", "c"]


def test_file_marks_are_replaced_as_a_whole_and_sorted(store: Store) -> None:
    state = SourceState(name="posts")
    first = tuple(FileMark(ref=ref, mtime_ns=2**60, size=1, digest="d") for ref in ("b", "a", "c"))
    second = (FileMark(ref="c", mtime_ns=5, size=2, digest="e"), FileMark(ref="a", mtime_ns=5, size=1, digest="d"))
    store.commit(OriginChange(state=state, files=first))
    assert [mark.ref for mark in store.files("posts")] == ["a", "b", "c"]
    store.commit(OriginChange(state=state, files=second))
    assert store.files("posts") == (second[1], second[0])


def test_file_marks_stay_when_a_change_does_not_speak_of_them(store: Store) -> None:
    mark = FileMark(ref="a", mtime_ns=1, size=1, digest="d")
    store.commit(OriginChange(state=SourceState(name="posts"), files=(mark,)))
    store.commit(OriginChange(state=SourceState(name="posts")))
    assert store.files("posts") == (mark,)
    store.commit(OriginChange(state=SourceState(name="posts"), files=()))
    assert store.files("posts") == ()


def test_skipped_items_stay_in_order_until_the_next_reading(store: Store) -> None:
    skipped = (Skipped("9", "no link", line=3), Skipped("2", "no title"))
    store.commit(OriginChange(state=SourceState(name="voa"), skipped=skipped))
    store.commit(OriginChange(state=SourceState(name="voa", failures=1)))
    assert store.skipped("voa") == skipped
    store.commit(OriginChange(state=SourceState(name="voa"), skipped=()))
    assert store.skipped("voa") == ()


def test_notes_of_a_document_stay_until_another_one_is_read(store: Store) -> None:
    notes = (Note("N35", "2 characters dropped"),)
    store.commit(OriginChange(state=SourceState(name="voa"), skipped=(), notes=notes))
    store.commit(OriginChange(state=SourceState(name="voa", failures=1)))
    assert store.notes("voa") == notes
    store.commit(OriginChange(state=SourceState(name="voa"), skipped=()))
    assert store.notes("voa") == ()


# --- copies -----------------------------------------------------------------------------------------------


def test_a_copy_comes_back_as_it_was(store: Store) -> None:
    whole = copy(
        "voa",
        "1",
        "full",
        entry=FULL_ENTRY,
        first_seen=DAY,
        last_changed=DAY + timedelta(days=1),
        held_until=DAY + timedelta(days=2),
        notes=(Note("N35", "a character dropped"),),
    )
    put(store, "voa", whole)
    assert store.copies([("voa", "1")]) == {("voa", "1"): whole}


def test_a_head_has_what_merging_decides_by(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "full", entry=FULL_ENTRY, held_until=DAY))
    (head,) = store.heads(("voa",))
    assert (head.origin, head.ref, head.key, head.post) == ("voa", "1", FULL_ENTRY.key, None)
    assert (head.source_id, head.public_id) == (FULL_ENTRY.source_id, FULL_ENTRY.public_id)
    assert (head.title, head.link) == (FULL_ENTRY.title, FULL_ENTRY.link)
    assert (head.published, head.updated) == (FULL_ENTRY.published, FULL_ENTRY.updated)
    assert (head.first_seen, head.held_until) == (DAY, DAY)
    assert head.digest == codec.digest(codec.encode(FULL_ENTRY))


def test_a_copy_replaces_the_one_in_its_place(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    newer = copy("voa", "1", "a", entry=entry("a", title="New"), last_changed=DAY + timedelta(hours=1))
    put(store, "voa", newer)
    assert store.copies([("voa", "1")]) == {("voa", "1"): newer}
    assert [head.title for head in store.heads(("voa",))] == ["New"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"held_until": DAY}, id="held"),
        pytest.param({"first_seen": DAY - timedelta(1)}, id="first seen earlier"),
        pytest.param({"last_changed": DAY + timedelta(1)}, id="changed later"),
        pytest.param({"notes": (Note("N1", "n"),)}, id="other notes"),
    ],
)
def test_a_copy_is_replaced_although_its_entry_is_the_same(store: Store, changes: dict[str, Any]) -> None:
    put(store, "voa", copy("voa", "1", "a", held_until=DAY + timedelta(2)))
    newer = copy("voa", "1", "a", **changes)
    put(store, "voa", newer)
    assert store.copies([("voa", "1")]) == {("voa", "1"): newer}
    assert store.heads(("voa",))[0].held_until == newer.held_until


def test_the_same_place_in_two_origins_is_two_copies(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    put(store, "rfa", copy("rfa", "1", "a"))
    assert len(store.copies([("voa", "1"), ("rfa", "1")])) == 2


def test_gone_copies_leave_and_only_they(store: Store) -> None:
    put(store, "posts", copy("posts", "a", "a"), copy("posts", "b", "b"))
    put(store, "voa", copy("voa", "a", "a"))
    store.commit(OriginChange(state=SourceState(name="posts"), gone=("a", "never there")))
    assert [(head.origin, head.ref) for head in store.heads(("posts", "voa"))] == [("posts", "b"), ("voa", "a")]
    assert store.copies([("posts", "a")]) == {}


def test_a_place_that_is_left_and_taken_in_one_change_starts_anew(store: Store) -> None:
    put(store, "posts", copy("posts", "a", "a"))
    settle(store, ("posts", "a", key("a")))
    change = OriginChange(state=SourceState(name="posts"), gone=("a",), put=(copy("posts", "a", "a"),))
    store.commit(change)
    assert [(head.ref, head.post) for head in store.unsettled(9)] == [("a", None)]


def test_a_copy_that_comes_back_starts_anew(store: Store) -> None:
    put(store, "posts", copy("posts", "a", "a"))
    settle(store, ("posts", "a", key("a")))
    store.commit(OriginChange(state=SourceState(name="posts"), gone=("a",)))
    put(store, "posts", copy("posts", "a", "a"))
    assert [(head.ref, head.post) for head in store.unsettled(9)] == [("a", None)]


def test_unknown_copies_are_left_out(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    assert list(store.copies([("voa", "2"), ("voa", "1"), ("rfa", "1")])) == [("voa", "1")]
    assert store.copies([]) == {}


def test_heads_are_those_of_the_origins_sorted_by_place(store: Store) -> None:
    put(store, "b", copy("b", "2", "a"), copy("b", "10", "b"), copy("b", "é", "c"), copy("b", "z", "d"))
    put(store, "a", copy("a", "1", "e"))
    put(store, "c", copy("c", "1", "f"))
    places = [(head.origin, head.ref) for head in store.heads(("b", "a", "missing"))]
    assert places == [("a", "1"), ("b", "10"), ("b", "2"), ("b", "z"), ("b", "é")]
    assert store.heads(()) == ()


def test_known_finds_by_key_and_by_source_id_in_one_origin(store: Store) -> None:
    put(store, "voa", copy("voa", "3", "a"), copy("voa", "1", "b"), copy("voa", "2", "c"))
    put(store, "rfa", copy("rfa", "1", "a"))
    found = store.known("voa", [key("a"), key("unknown")], ["guid-b", "guid-a", "unknown"])
    assert [head.ref for head in found] == ["1", "3"]
    assert store.known("voa", [], []) == ()


def test_known_finds_by_ref_so_that_a_copy_that_moved_is_not_overwritten(store: Store) -> None:
    put(store, "voa", copy("voa", key("a"), "b"))
    assert [head.key for head in store.known("voa", [key("a")], [])] == [key("b")]


def test_an_empty_source_id_recognises_nothing(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a", entry=entry("a", source_id="")))
    assert store.known("voa", [], [""]) == ()


def test_a_change_that_can_not_be_written_changes_nothing(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    broken = copy("voa", "2", "b", entry=entry("b", published=cast("datetime", "yesterday")))
    change = OriginChange(
        state=SourceState(name="voa", failures=9), put=(copy("voa", "3", "c"), broken), gone=("1",), files=()
    )
    with pytest.raises((AttributeError, TypeError, ValueError)):
        store.commit(change)
    assert store.states() == {"voa": SourceState(name="voa")}
    assert [head.ref for head in store.heads(("voa",))] == ["1"]


# --- the ledger -------------------------------------------------------------------------------------------


def test_new_copies_are_unsettled_until_they_are_settled(store: Store) -> None:
    put(store, "b", copy("b", "1", "a"))
    put(store, "a", copy("a", "2", "b"), copy("a", "1", "c"))
    assert [(head.origin, head.ref) for head in store.unsettled(9)] == [("b", "1"), ("a", "2"), ("a", "1")]
    assert [(head.origin, head.ref) for head in store.unsettled(2)] == [("b", "1"), ("a", "2")]
    settle(store, ("a", "1", key("c")), ("b", "1", key("c")))
    assert [(head.origin, head.ref) for head in store.unsettled(9)] == [("a", "2")]
    assert [head.post for head in store.heads(("a", "b"))] == [key("c"), None, key("c")]


def test_a_new_text_leaves_a_copy_settled(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    settle(store, ("voa", "1", key("a")))
    put(store, "voa", copy("voa", "1", "a", entry=entry("a", title="New")))
    assert store.unsettled(9) == ()


def test_d3_a_copy_whose_key_moved_is_unsettled_and_keeps_its_post(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "a"))
    settle(store, ("voa", "1", key("a")))
    put(store, "voa", copy("voa", "1", "moved"))
    assert [(head.key, head.post) for head in store.unsettled(9)] == [(key("moved"), key("a"))]
    put(store, "voa", copy("voa", "1", "moved", entry=entry("moved", title="New")))
    assert [(head.key, head.post) for head in store.unsettled(9)] == [(key("moved"), key("a"))]


def test_sharing_finds_by_key_and_by_post_in_all_origins(store: Store) -> None:
    put(store, "b", copy("b", "1", "a"), copy("b", "2", "other"))
    put(store, "a", copy("a", "1", "a"), copy("a", "2", "moved"))
    settle(store, ("a", "2", key("a")))
    assert [(head.origin, head.ref) for head in store.sharing([key("a")])] == [("a", "1"), ("a", "2"), ("b", "1")]
    assert store.sharing([]) == ()


def test_settling_a_copy_that_is_gone_does_nothing(store: Store) -> None:
    settle(store, ("voa", "1", key("a")))
    assert store.unsettled(9) == ()


def test_the_ledger_gives_the_rows_of_known_keys(store: Store) -> None:
    rows = (row("a"), row("b", first_seen=DAY + timedelta(1)))
    store.settle(Settlement(rows=rows))
    assert store.ledger([key("b"), key("a"), key("c")]) == {key("a"): rows[0], key("b"): rows[1]}
    assert store.ledger([]) == {}


def test_d3_the_id_and_first_seen_of_a_ledger_row_never_change(store: Store) -> None:
    store.settle(Settlement(rows=(row("a"),)))
    store.settle(Settlement(rows=(row("a", id="urn:other", first_seen=DAY + timedelta(1)),)))
    assert store.ledger([key("a")]) == {key("a"): row("a")}


def test_owners_names_the_key_of_an_id(store: Store) -> None:
    store.settle(Settlement(rows=(row("b", id="urn:one"), row("c"))))
    assert store.owners(["urn:one", "urn:c", "urn:free"]) == {"urn:c": key("c"), "urn:one": key("b")}
    assert store.owners([]) == {}


# --- feeds and documents ----------------------------------------------------------------------------------


def test_n13_the_id_of_a_feed_is_kept_once_and_for_ever(store: Store) -> None:
    store.keep_feed_id("voa", "urn:first")
    store.keep_feed_id("all", "urn:all")
    store.keep_feed_id("voa", "urn:second")
    assert store.feed_ids() == {"all": "urn:all", "voa": "urn:first"}


def test_fingerprints_are_replaced_as_a_whole(store: Store) -> None:
    store.keep_fingerprints({"voa/atom.xml": "1", "voa/rss.xml": "2"})
    store.keep_fingerprints({"voa/atom.xml": "3"})
    assert store.fingerprints() == {"voa/atom.xml": "3"}
    store.keep_fingerprints({})
    assert store.fingerprints() == {}


def test_answers_do_not_change_with_the_store(store: Store) -> None:
    states, feed_ids, prints = store.states(), store.feed_ids(), store.fingerprints()
    put(store, "voa", copy("voa", "1", "a"))
    store.keep_feed_id("voa", "urn:x")
    store.keep_fingerprints({"a": "b"})
    assert (states, feed_ids, prints) == ({}, {}, {})


# --- amounts ----------------------------------------------------------------------------------------------


def test_questions_may_be_longer_than_a_database_takes_parameters(store: Store) -> None:
    count = 40_000
    names = [str(number) for number in range(count)]
    put(store, "voa", *(copy("voa", name, name) for name in names[:3]))
    store.settle(Settlement(rows=tuple(row(name) for name in names[:3])))
    keys = [key(name) for name in names]
    assert len(store.known("voa", keys, [f"guid-{name}" for name in names])) == 3
    assert len(store.sharing(keys)) == 3
    assert len(store.ledger(keys)) == 3
    assert len(store.owners([f"urn:{name}" for name in names])) == 3
    assert len(store.copies([("voa", name) for name in names])) == 3
    assert len(store.heads([*names, "voa"])) == 3


# --- history ----------------------------------------------------------------------------------------------


def test_copies_are_found_by_their_title(store: Store) -> None:
    put(
        store,
        "voa",
        copy("voa", "1", "a"),
        copy("voa", "2", "b"),
        copy("voa", "3", "c", entry=entry("c", title="")),
    )
    assert [head.ref for head in store.known("voa", (), (), ["About b", ""])] == ["2"]


def test_the_newest_copy_is_told_by_its_credible_date(store: Store) -> None:
    assert store.newest("voa") is None
    far = entry("far", published=DAY + timedelta(days=900))
    put(
        store,
        "voa",
        copy("voa", "1", "far", entry=far),
        copy("voa", "2", "b", entry=entry("b", updated=DAY - HOUR)),
    )
    put(store, "rfa", copy("rfa", "1", "z", first_seen=DAY + timedelta(days=9)))
    assert store.newest("voa") == DAY
    put(store, "voa", copy("voa", "3", "c", entry=entry("c", published=DAY + HOUR)))
    assert store.newest("voa") == DAY + HOUR


def test_d3_floods_are_counted_and_released_when_their_time_has_come(store: Store) -> None:
    held = [copy("voa", str(n), str(n), late=True, held_until=DAY + n * HOUR) for n in (1, 2)]
    put(store, "voa", *held, copy("voa", "3", "3"))
    put(store, "posts", copy("posts", "s", "s", held_until=DAY + HOUR))
    assert store.floods() == {"voa": Flood(2, DAY + 2 * HOUR)}
    before = store.changes()
    store.release(DAY)
    assert (store.floods(), store.changes()) == ({"voa": Flood(2, DAY + 2 * HOUR)}, before)
    store.release(DAY + HOUR)
    assert store.floods() == {"voa": Flood(1, DAY + 2 * HOUR)}
    assert store.changes() > before
    found = {head.ref: (head.held_until, head.late) for head in store.heads(("voa", "posts"))}
    assert found == {
        "1": (None, True),
        "2": (DAY + 2 * HOUR, True),
        "3": (None, False),
        "s": (DAY + HOUR, False),
    }, "a seed waits for its own reading"


def test_a_head_knows_the_weight_of_its_entry_and_whether_it_is_second_hand(store: Store) -> None:
    own, named = entry("a", body="<p>x</p>"), entry("b", origin=Channel(title="Planet"))
    put(store, "voa", copy("voa", "1", "a", entry=own), copy("voa", "2", "b", entry=named))
    heads = store.heads(("voa",))
    assert [(head.weight, head.second_hand) for head in heads] == [(own.weight, False), (named.weight, True)]


def block_of(*names: str) -> Feed:
    return feed(*(post(key(name), id=f"urn:{name}") for name in names), home="", siblings=())


def test_n86_closed_blocks_are_numbered_and_come_back_as_they_were(store: Store) -> None:
    assert (store.blocks("all"), store.archived("all")) == ({}, frozenset())
    first, second = block_of("a", "b"), block_of("c")
    store.close_blocks("all", [first])
    store.close_blocks("all", [second])
    store.close_blocks("other", [second])
    store.close_blocks("all", [])
    assert list(store.blocks("all")) == [1, 2]
    assert store.blocks("all")[2] == store.blocks("other")[1] == codec.digest(codec.encode(second))
    assert (store.block("all", 1), store.block("all", 2)) == (first, second)
    assert store.archived("all") == {key("a"), key("b"), key("c")}
    with pytest.raises(KeyError):
        store.block("all", 3)


def test_the_newest_heads_are_those_of_settled_copies_by_the_first_sight_of_their_posts(store: Store) -> None:
    early, late = DAY - timedelta(days=5), DAY + timedelta(days=5)
    copies = {
        "a": copy("voa", "a", "a", entry=entry("a", published=early)),
        "b": copy("voa", "b", "b", entry=entry("b", published=late)),
        "c": copy("voa", "c", "c"),
        "held": copy("voa", "held", "held", held_until=late),
        "new": copy("voa", "new", "new"),
    }
    put(store, "voa", *copies.values())
    put(store, "rfa", copy("rfa", "a", "a"))
    rows = (row("a"), row("b", first_seen=DAY - timedelta(days=9)), row("c"), row("held"))
    posts = tuple(
        (origin, one, key(one)) for origin, one in (("voa", "a"), ("voa", "b"), ("voa", "c"), ("rfa", "a"))
    )
    store.settle(Settlement(rows=rows, posts=(*posts, ("voa", "held", key("held")))))

    def refs(count: int, *, of_each: bool = False) -> list[str]:
        heads = store.newest_heads(["rfa", "voa"], count, of_each=of_each)
        return [f"{head.origin} {head.ref}" for head in heads]

    assert refs(1) == ["rfa a", "voa c"], "with those that are as old as the last one"
    assert refs(3) == ["rfa a", "voa c", "voa a"]
    assert refs(9) == ["rfa a", "voa c", "voa a", "voa b"]
    assert refs(1, of_each=True) == ["rfa a", "voa c"]
    assert refs(2, of_each=True) == ["rfa a", "voa c", "voa a"]
    put(store, "voa", copy("voa", "a", "a", entry=entry("a", published=DAY + timedelta(hours=1))))
    assert refs(1) == ["voa a"], "another date counts at once"


def test_n86_unarchived_heads_are_those_that_no_closed_block_holds(store: Store) -> None:
    put(store, "voa", copy("voa", "a", "a"), copy("voa", "b", "b"), copy("voa", "new", "new"))
    settle(store, ("voa", "a", key("a")), ("voa", "b", key("b")))
    store.close_blocks("all", [block_of("a")])
    assert [head.ref for head in store.unarchived("all", ["voa"])] == ["b"]
    assert [head.ref for head in store.unarchived("other", ["voa"])] == ["a", "b"]
    assert store.unarchived("all", ["rfa"]) == ()
    assert store.archived("all", [key("a"), key("b")]) == {key("a")}


def test_the_oldest_unarchived_heads_stand_as_their_posts_go_to_the_archive(store: Store) -> None:
    dates = {"a": 3, "b": 9, "c": 1, "d": None, "first": 8}
    dated = [entry(name, published=None if day is None else DAY - timedelta(day)) for name, day in dates.items()]
    put(store, "voa", *(copy("voa", one.title[-1], one.title.split()[-1], entry=one) for one in dated))
    put(store, "rfa", copy("rfa", "a", "a", entry=replace(dated[0], published=DAY - timedelta(2))))
    rows = tuple(row(name) for name in "abcd")
    places = [("voa", name, key(name)) for name in "abcd"]
    early = row("first", first_seen=DAY - timedelta(1))
    store.settle(
        Settlement(rows=(*rows, early), posts=(*places, ("rfa", "a", key("a")), ("voa", "t", key("first"))))
    )
    store.close_blocks("all", [block_of("c")])

    def refs(feed: str, most: int) -> list[str]:
        return [f"{head.origin} {head.ref}" for head in store.oldest_unarchived(feed, ["voa", "rfa"], most)]

    assert refs("all", 9) == ["voa t", "voa b", "voa a", "rfa a", "voa d"]
    assert refs("other", 5) == ["voa t", "voa b", "voa a", "rfa a", "voa c"]
    put(store, "voa", copy("voa", "d", "d", entry=dated[3], late=True))
    assert refs("all", 2) == ["voa d", "voa t"], "what came late goes first"


def test_f45_blocks_of_which_nothing_was_published_can_be_taken_back(store: Store) -> None:
    first, second = block_of("a"), block_of("b")
    store.close_blocks("all", [first, second, block_of("c")])
    store.close_blocks("other", [second])
    store.reopen_blocks("all", 2)
    store.reopen_blocks("all", 0)
    assert list(store.blocks("all")) == [1]
    assert store.archived("all") == {key("a")}
    assert list(store.blocks("other")) == [1]
    store.close_blocks("all", [second])
    assert store.block("all", 2) == second


def test_d21_the_counter_grows_when_a_document_may_change_and_at_no_other_time(store: Store) -> None:
    state = SourceState(name="voa", channel=Channel(title="Voice"))
    counts = [store.changes()]

    def commit(change: OriginChange) -> None:
        store.commit(change)
        counts.append(store.changes())

    commit(OriginChange(state=state, put=(copy("voa", "1", "a"),)))
    commit(OriginChange(state=state))
    commit(OriginChange(state=SourceState(name="voa", failures=1, channel=state.channel)))
    commit(OriginChange(state=SourceState(name="voa", channel=Channel(title="Another"))))
    commit(OriginChange(state=SourceState(name="voa", channel=Channel(title="Another")), gone=("1",)))
    grew = [after > before for before, after in pairwise(counts)]
    assert grew == [True, False, False, True, True]
    store.settle(Settlement(rows=(row("a"),)))
    assert store.changes() > counts[-1]


def test_d16_an_empty_store_is_filled_in_one_step(store: Store) -> None:
    state = SourceState(name="voa", fingerprint="read back", channel=Channel(title="Voice"))
    closed = block_of("a")
    store.restore(
        Restoration(
            origins=(OriginChange(state=state, put=(copy("voa", "1", "a", late=True),)),),
            settlement=Settlement(rows=(row("a"),), posts=(("voa", "1", key("a")),)),
            feed_ids=(("all", "urn:feed"),),
            blocks=(("all", (closed,)),),
        )
    )
    assert store.states() == {"voa": state}
    assert [(head.post, head.late) for head in store.heads(("voa",))] == [(key("a"), True)]
    assert store.unsettled(9) == ()
    assert store.owners(["urn:a"]) == {"urn:a": key("a")}
    assert store.feed_ids() == {"all": "urn:feed"}
    assert (store.block("all", 1), store.archived("all")) == (closed, frozenset({key("a")}))


# --- what filters made of posts ---------------------------------------------------------------------------


def test_what_filters_made_of_posts_is_kept_by_feed_and_by_source(store: Store) -> None:
    store.keep_passed("feed all", {"b": ("p1", "今天"), "a": ("p1", "")})
    store.keep_passed("source all", {"a": ("p2", "x")})
    assert store.passed("feed all") == {"a": ("p1", ""), "b": ("p1", "今天")}
    assert store.passed("source all") == {"a": ("p2", "x")}


def test_what_filters_made_of_a_post_is_replaced_and_forgotten(store: Store) -> None:
    store.keep_passed("feed all", {name: ("p1", name) for name in "abc"})
    store.keep_passed("feed all", {"a": ("p2", "A"), "d": ("p2", "D")}, gone=["b", "none"])
    assert store.passed("feed all") == {"a": ("p2", "A"), "c": ("p1", "c"), "d": ("p2", "D")}
    store.keep_passed("feed all", {"a": ("p3", "again")}, gone=["a", "c", "d"])
    assert store.passed("feed all") == {"a": ("p3", "again")}


def test_what_filters_made_of_posts_is_no_news_for_documents(store: Store) -> None:
    before = store.changes()
    store.keep_passed("feed all", {"a": ("p1", "x")})
    assert store.changes() == before


# --- pages of posts ---------------------------------------------------------------------------------------

READ = PageHead(made_from="d1", digest="t1", read=DAY)


def test_pages_are_kept_by_the_way_they_were_read(store: Store) -> None:
    other = PageHead(made_from="d1", digest="t2", read=DAY + HOUR)
    store.keep_page("{}", key("b"), READ, "<p>今天</p>")
    store.keep_page("{}", key("a"), READ, "<p>a</p>")
    store.keep_page('{"css":["p"]}', key("a"), other, "<p>other</p>")
    assert store.page_heads("{}") == {key("a"): READ, key("b"): READ}
    assert list(store.page_heads("{}")) == [key("a"), key("b")]
    assert store.page_heads('{"css":["p"]}') == {key("a"): other}
    wanted = [key("b"), key("a"), key("a"), key("none")]
    assert list(store.pages("{}", iter(wanted)).items()) == [(key("a"), "<p>a</p>"), (key("b"), "<p>今天</p>")]
    assert store.pages('{"css":["p"]}', wanted) == {key("a"): "<p>other</p>"}
    assert store.pages("{}", []) == {}


def test_a_page_without_a_text_has_a_head_alone(store: Store) -> None:
    failed = PageHead(made_from="d1", digest="", read=DAY, tries=2, reason="HTTP 500")
    store.keep_page("{}", key("a"), failed, "")
    assert store.page_heads("{}") == {key("a"): failed}
    assert store.pages("{}", [key("a")]) == {}


def test_a_page_that_can_not_be_read_any_more_keeps_its_text(store: Store) -> None:
    failed = PageHead(made_from="d1", digest="", read=DAY + HOUR, tries=1, reason="HTTP 500")
    store.keep_page("{}", key("a"), READ, "<p>a</p>")
    store.keep_page("{}", key("a"), failed, "")
    kept = PageHead(made_from="d1", digest="t1", read=DAY + HOUR, tries=1, reason="HTTP 500")
    assert store.page_heads("{}") == {key("a"): kept}
    assert store.pages("{}", [key("a")]) == {key("a"): "<p>a</p>"}
    changed = PageHead(made_from="d2", digest="", read=DAY + HOUR, tries=1, reason="HTTP 500")
    store.keep_page("{}", key("a"), changed, "")
    assert store.page_heads("{}") == {key("a"): replace(changed, digest="t1")}
    assert store.pages("{}", [key("a")]) == {key("a"): "<p>a</p>"}


def test_d21_a_page_is_news_for_documents_when_its_text_is_another(store: Store) -> None:
    counts = [store.changes()]

    def keep(text: str, **fields: Any) -> None:  # noqa: ANN401  # fields of PageHead
        head = PageHead(**{"made_from": "d1", "digest": text, "read": DAY, **fields})
        store.keep_page("{}", key("a"), head, text)
        counts.append(store.changes())

    keep("", tries=1)
    keep("text")
    keep("text", read=DAY + HOUR)
    keep("", tries=1)
    keep("another")
    keep("another", made_from="d2")
    keep("", made_from="d3")
    grew = [after > before for before, after in pairwise(counts)]
    assert grew == [False, True, False, False, True, False, False]


# --- parts of feeds ---------------------------------------------------------------------------------------


def test_the_parts_of_a_feed_are_kept_once_and_for_ever_and_sorted(store: Store) -> None:
    store.keep_part("all", "sport", "Sport")
    store.keep_part("all", "news", "今天")
    store.keep_part("all", "sport", "Another")
    store.keep_part("other", "sport", "Sports")
    assert list(store.parts("all").items()) == [("news", "今天"), ("sport", "Sport")]
    assert store.parts("other") == {"sport": "Sports"}


# --- what happened to sources ------------------------------------------------------------------------------


def visit(store: Store, origin: str, at: datetime, result: Result = "unchanged", **fields: Any) -> Visit:  # noqa: ANN401  # fields of Visit
    one = Visit(at=at, result=result, **fields)
    store.commit(OriginChange(state=SourceState(name=origin), visit=one))
    return one


def test_visits_are_listed_by_origin_oldest_first(store: Store) -> None:
    second = visit(store, "voa", DAY, "failed", detail="HTTP 500")
    other = visit(store, "rfa", DAY + HOUR)
    third = visit(store, "voa", DAY + 2 * HOUR, "read", new=3)
    assert list(store.visits().items()) == [("rfa", (other,)), ("voa", (second, third))]
    assert store.visits(["rfa", "none"]) == {"rfa": (other,)}
    assert store.visits([]) == {}


def test_visits_are_in_the_order_in_which_they_were_made_whatever_the_clock_said(store: Store) -> None:
    visits = tuple(visit(store, "voa", DAY + hours * HOUR) for hours in (9000, 1, 2))
    assert store.visits() == {"voa": visits}


def test_the_last_fifty_visits_of_each_origin_are_kept(store: Store) -> None:
    other = visit(store, "rfa", DAY)
    visits = [visit(store, "voa", DAY + number * HOUR) for number in range(52)]
    assert store.visits() == {"rfa": (other,), "voa": tuple(visits[2:])}


def test_a_change_without_a_visit_adds_none(store: Store) -> None:
    store.commit(OriginChange(state=SourceState(name="voa")))
    assert store.visits() == {}
    assert store.days(date.min) == {}


def test_visits_are_counted_by_day(store: Store) -> None:
    visit(store, "voa", DAY, "read", new=3)
    visit(store, "voa", DAY + HOUR, "failed")
    visit(store, "voa", DAY + 2 * HOUR, "read", new=1)
    visit(store, "voa", DAY + 24 * HOUR)
    visit(store, "rfa", DAY)
    today = DAY.date()
    first = Day(day=today, read=2, failed=1, new=4)
    second = Day(day=today + timedelta(1), unchanged=1)
    other = Day(day=today, unchanged=1)
    assert list(store.days(today).items()) == [("rfa", (other,)), ("voa", (first, second))]
    assert store.days(today + timedelta(1)) == {"voa": (second,)}
    assert store.days(today + timedelta(2)) == {}


def test_days_are_days_of_utc(store: Store) -> None:
    late = datetime(2026, 1, 6, 7, 0, tzinfo=timezone(timedelta(hours=8)))
    visit(store, "voa", late)
    assert store.days(date.min) == {"voa": (Day(day=date(2026, 1, 5), unchanged=1),)}


def test_the_last_four_hundred_days_are_kept(store: Store) -> None:
    for number in range(402):
        visit(store, "voa", DAY + number * 24 * HOUR)
    days = [one.day for one in store.days(date.min)["voa"]]
    assert days == [DAY.date() + timedelta(number) for number in range(2, 402)]


def test_f17_a_clock_that_ran_ahead_once_costs_no_days(store: Store) -> None:
    visit(store, "voa", DAY)
    visit(store, "voa", DAY.replace(year=2099))
    visit(store, "voa", DAY + 24 * HOUR)
    days = [one.day for one in store.days(date.min)["voa"]]
    assert days == [DAY.date(), DAY.date() + timedelta(1), date(2099, 1, 5)]


def test_a_visit_is_no_news_for_documents(store: Store) -> None:
    visit(store, "voa", DAY)
    before = store.changes()
    visit(store, "voa", DAY + HOUR, "failed", detail="HTTP 500")
    assert store.changes() == before


def test_a_restored_origin_may_have_a_visit(store: Store) -> None:
    one = Visit(at=DAY, result="read", new=1)
    store.restore(Restoration(origins=(OriginChange(state=SourceState(name="voa"), visit=one),)))
    assert store.visits() == {"voa": (one,)}


def test_the_newest_dates_of_an_origin_are_those_that_its_copies_are_sorted_by(store: Store) -> None:
    put(
        store,
        "voa",
        copy("voa", "1", "a", entry=entry("a", published=DAY - 5 * HOUR)),
        copy("voa", "2", "b", entry=entry("b", updated=DAY - 3 * HOUR)),
        copy("voa", "3", "c", entry=entry("c")),
        copy("voa", "4", "d", entry=entry("d", published=DAY.replace(year=2099), updated=DAY - 2 * HOUR)),
        copy("voa", "5", "e", entry=entry("e", published=DAY - 5 * HOUR), first_seen=DAY + HOUR),
    )
    put(store, "rfa", copy("rfa", "1", "f", entry=entry("f", published=DAY)))
    dates = (
        (DAY, DAY),
        (DAY - 2 * HOUR, DAY),
        (DAY - 3 * HOUR, DAY),
        (DAY - 5 * HOUR, DAY + HOUR),
        (DAY - 5 * HOUR, DAY),
    )
    assert store.newest_dates("voa", 60) == dates
    assert store.newest_dates("voa", 2) == dates[:2]
    assert store.newest_dates("none", 60) == ()


def incident(name: str, **fields: Any) -> Incident:  # noqa: ANN401  # fields of Incident
    return Incident(**{"id": f"urn:{name}", "origin": "voa", "kind": "broken", "at": DAY, **fields})


def test_incidents_are_kept_once_in_their_order(store: Store) -> None:
    first = incident("b", detail="HTTP 500 今天")
    second = incident("a", origin="rfa", kind="healed", at=DAY - HOUR)
    store.keep_incidents(iter([first, second]))
    store.keep_incidents([incident("b", detail="another"), incident("c", kind="silent")])
    store.keep_incidents([])
    assert store.incidents() == (first, second, incident("c", kind="silent"))


def test_the_last_thousand_incidents_are_kept(store: Store) -> None:
    store.keep_incidents(incident(str(number)) for number in range(600))
    store.keep_incidents(incident(str(number)) for number in range(600, 1002))
    assert [one.id for one in store.incidents()] == [f"urn:{number}" for number in range(2, 1002)]


# --- messages to be delivered, subscriptions ---------------------------------------------------------------


def errand(subject: str, **fields: Any) -> Errand:  # noqa: ANN401  # fields of Errand
    usual: dict[str, Any] = {"kind": "ping", "target": "https://hub.example/", "made": DAY, "due": DAY}
    return Errand(**{**usual, "subject": subject, **fields})


def test_errands_are_sorted_by_when_they_are_due(store: Store) -> None:
    errands = [
        errand("b"),
        errand("a", due=DAY + HOUR, tries=2, error="HTTP 500", body="今天"),
        errand("a", target="https://a.example/"),
        errand("z", kind="alert"),
        errand("c", due=DAY - HOUR),
    ]
    store.keep_errands(iter(errands))
    store.keep_errands()
    assert store.errands() == (errands[4], errands[3], errands[2], errands[0], errands[1])


def test_a_later_errand_takes_the_place_of_the_former(store: Store) -> None:
    store.keep_errands([errand("a"), errand("b")])
    store.keep_errands([errand("a", body="later")])
    assert store.errands() == (errand("a", body="later"), errand("b"))


def test_an_errand_that_was_replaced_meanwhile_is_not_forgotten(store: Store) -> None:
    store.keep_errands([errand("a"), errand("b")])
    for fields in ({"body": "later"}, {"made": DAY + HOUR}, {"due": DAY + HOUR}, {"tries": 1}, {"error": "e"}):
        store.keep_errands(gone=[errand("a", **fields)])
    assert store.errands() == (errand("a"), errand("b"))
    store.keep_errands(gone=iter([errand("a"), errand("none")]))
    assert store.errands() == (errand("b"),)


def test_errands_are_forgotten_before_others_are_put(store: Store) -> None:
    store.keep_errands([errand("a")])
    store.keep_errands([errand("a", tries=1)], gone=[errand("a")])
    assert store.errands() == (errand("a", tries=1),)


def subscription(origin: str, **fields: Any) -> Subscription:  # noqa: ANN401  # fields of Subscription
    usual: dict[str, Any] = {
        "hub": "https://hub.example/",
        "topic": "https://a.example/",
        "token": "t",
        "secret": "s",
    }
    return Subscription(**{**usual, "origin": origin, **fields})


def test_there_is_one_subscription_of_an_origin(store: Store) -> None:
    granted = subscription("voa", asked=DAY, until=DAY + HOUR, tries=3, error="HTTP 500")
    store.keep_subscription(subscription("voa"))
    store.keep_subscription(subscription("rfa"))
    store.keep_subscription(granted)
    assert list(store.subscriptions().items()) == [("rfa", subscription("rfa")), ("voa", granted)]
    store.drop_subscription("rfa")
    store.drop_subscription("none")
    assert store.subscriptions() == {"voa": granted}


def test_the_last_incident_of_each_kind_of_a_source_is_kept_however_many_follow(store: Store) -> None:
    first = incident("old", origin="old")
    store.keep_incidents([first])
    store.keep_incidents([incident(f"busy{number}", kind="silent") for number in range(INCIDENTS_KEPT + 5)])
    kept = store.incidents()
    assert (kept[0], len(kept)) == (first, INCIDENTS_KEPT + 1)


# --- what must not come back ------------------------------------------------------------------------------


def tombstone(post: str, **changes: Any) -> Tombstone:  # noqa: ANN401  # any field of a tombstone
    return Tombstone(**{"post": key(post), "why": "forgotten", "at": DAY, **changes})


def test_d4_a_buried_post_leaves_with_all_its_copies_and_pages(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "one"), copy("voa", "2", "two"))
    put(store, "bbc", copy("bbc", "9", "other"), copy("bbc", "8", "one"))
    settle(store, ("voa", "1", key("one")), ("voa", "2", key("two")), ("bbc", "9", key("one")))
    store.settle(Settlement(rows=(row("one"),)))
    store.keep_page("way", key("one"), PageHead(made_from="x", digest="y", read=DAY), "text")
    store.bury([tombstone("one")])
    assert [(head.origin, head.ref) for head in store.heads(["bbc", "voa"])] == [("voa", "2")], (
        "that which was not settled yet goes by its key"
    )
    assert not store.page_heads("way")
    assert store.ledger([key("one")]), "its id is kept: it must not become that of another post"


def test_d4_a_tombstone_is_found_by_every_mark(store: Store) -> None:
    stone = tombstone("one", marks=("a mark", "another"), detail="a court", title="Title")
    store.bury([stone])
    found = store.buried(["a mark", "nothing", key("one")])
    assert found == dict.fromkeys(["a mark", key("one")], replace(stone, marks=()))
    assert store.tombstones() == (replace(stone, marks=tuple(sorted(("a mark", "another", key("one"))))),)
    assert store.blocked() == frozenset()


def test_d4_a_tombstone_stays_and_gets_more_marks(store: Store) -> None:
    store.bury([tombstone("one", detail="first")])
    store.bury([tombstone("one", detail="second", why="expired", marks=("more",), at=DAY + HOUR)])
    (found,) = store.tombstones()
    assert (found.detail, found.why, found.at) == ("first", "forgotten", DAY)
    assert "more" in found.marks


def test_d4_nothing_stays_of_what_filters_made_of_a_forgotten_post(store: Store) -> None:
    for scope in ("feed all", "source voa", "all (digests)"):
        store.keep_passed(scope, {key("one"): ("print", "its text"), key("two"): ("print", "another")})
    store.bury([tombstone("one")])
    left = {scope: len(store.passed(scope)) for scope in ("feed all", "source voa", "all (digests)")}
    assert left == {"feed all": 1, "source voa": 1, "all (digests)": 2}


def test_d4_an_expired_post_can_be_forgotten_and_the_stronger_reason_is_found_first(store: Store) -> None:
    store.bury([tombstone("one", why="expired", marks=("m",)), tombstone("two", why="blocked", marks=("m",))])
    assert store.buried(["m"])["m"].why == "expired"
    store.bury([tombstone("one", at=DAY + HOUR)])
    assert [(one.post, one.why) for one in store.tombstones()] == [
        (key("two"), "blocked"),
        (key("one"), "forgotten"),
    ]
    assert store.buried(["m"])["m"].post == key("one")


def test_a_blocked_post_keeps_its_copies_until_it_is_forgotten(store: Store) -> None:
    put(store, "voa", copy("voa", "1", "one"))
    settle(store, ("voa", "1", key("one")))
    store.bury([tombstone("one", why="blocked", marks=("m",))])
    assert len(store.heads(["voa"])) == 1
    assert store.blocked() == {key("one"), "m"}
    store.bury([tombstone("one", detail="now for good")])
    assert not store.heads(["voa"])
    assert not store.blocked()
    assert [(one.why, one.detail) for one in store.tombstones()] == [("forgotten", "now for good")]


def test_a_post_that_may_come_back_has_no_tombstone(store: Store) -> None:
    store.bury([tombstone("one", marks=("m",)), tombstone("two")])
    store.exhume([key("one")])
    assert [one.post for one in store.tombstones()] == [key("two")]
    assert not store.buried(["m"])


def test_d21_burying_is_news_for_documents(store: Store) -> None:
    before = store.changes()
    store.bury([])
    assert store.changes() == before
    store.bury([tombstone("one")])
    store.exhume([key("one")])
    assert store.changes() > before + 1


def test_d4_closed_blocks_can_be_rewritten_in_their_place(store: Store) -> None:
    one, two = feed(post("https://a.example/1"), post("https://a.example/2")), feed(post("https://a.example/3"))
    store.close_blocks("all", [one, two])
    less = replace(one, posts=one.posts[:1])
    digest_of_two, before = store.blocks("all")[2], store.changes()
    store.rewrite_blocks("all", {1: less})
    assert store.block("all", 1) == less
    assert store.blocks("all") == {1: codec.digest(codec.encode(less)), 2: digest_of_two}
    assert store.archived("all") == {less.posts[0].key, two.posts[0].key}
    assert store.changes() > before


def test_saved_files_are_kept_by_folder_and_replaced_by_post(store: Store) -> None:
    first, second = (SavedFile(path=f"{n}.md", digest=f"d{n}", made_from=f"m{n}") for n in (1, 2))
    store.keep_saved("seeds/", {key("one"): first, key("two"): first})
    store.keep_saved("posts/", {key("one"): second})
    store.keep_saved("seeds/", {key("two"): second}, gone=[key("one"), key("never")])
    assert store.saved("seeds/") == {key("two"): second}
    assert store.saved("posts/") == {key("one"): second}
    assert store.saved("elsewhere/") == {}


def test_a_memo_is_empty_until_it_is_written_and_then_replaced(store: Store) -> None:
    assert store.memo("rules") == ""
    store.keep_memo("rules", "1")
    store.keep_memo("rules", "2")
    assert store.memo("rules") == "2"
    assert store.memo("others") == ""


def test_a_head_knows_whether_its_entry_was_saved(store: Store) -> None:
    put(store, "seeds", replace(copy("seeds", "1", "one"), entry=entry("one", saved=True)))
    assert [head.saved for head in store.heads(["seeds"])] == [True]
