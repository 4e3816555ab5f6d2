"""Which copy is which post."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from feedbraid.identity import Settled, recognise_feed, recognise_files, rekeyed, settle
from feedbraid.model import Believed, Copy, CopyHead, Entry, EntryKey, KeyRules, LedgerRow
from feedbraid.store.memory import head_of

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
THEN = NOW - timedelta(days=1)
STATED = datetime(2026, 1, 4, 8, 0, tzinfo=UTC)


def believed(url: str, guid: str = "", title: str = "A title", published: datetime | None = STATED) -> Believed:
    entry = Entry(
        key=EntryKey(url),
        dialect="rss",
        source_id=guid,
        public_id=guid or url,
        link=url,
        title=title,
        published=published,
    )
    return Believed(ref=url, entry=entry)


def stored(item: Believed, origin: str = "voa", post: str | None = None) -> CopyHead:
    copy = Copy(origin=origin, ref=item.ref, entry=item.entry, first_seen=THEN, last_changed=THEN)
    return head_of(copy, EntryKey(post or item.entry.key))


# --- recognise --------------------------------------------------------------------------------------------


def test_an_unknown_entry_is_new() -> None:
    found = recognise_feed("voa", [believed("https://a/1")], [], NOW)
    assert (found.new, found.changed, found.put[0].first_seen) == (1, 0, NOW)


def test_an_equal_entry_is_no_change() -> None:
    item = believed("https://a/1")
    assert recognise_feed("voa", [item], [stored(item)], NOW).put == ()


def test_n10_an_edited_entry_keeps_its_place_and_first_seen() -> None:
    old = stored(believed("https://a/1"))
    found = recognise_feed("voa", [believed("https://a/1", title="Corrected")], [old], NOW)
    assert (found.new, found.changed) == (0, 1)
    assert (found.put[0].ref, found.put[0].first_seen, found.put[0].entry.title) == (
        "https://a/1",
        THEN,
        "Corrected",
    )


def test_n10_a_redated_entry_keeps_its_first_publication_date() -> None:
    old = stored(believed("https://a/1"))
    found = recognise_feed("voa", [believed("https://a/1", published=NOW)], [old], NOW)
    assert found.put == ()


def test_an_entry_that_gains_a_date_takes_it() -> None:
    old = stored(believed("https://a/1", published=None))
    found = recognise_feed("voa", [believed("https://a/1")], [old], NOW)
    assert found.put[0].entry.published == STATED


def test_n19_a_date_far_in_the_future_does_not_stick() -> None:
    old = stored(believed("https://a/1", published=NOW + timedelta(days=900)))
    found = recognise_feed("voa", [believed("https://a/1")], [old], NOW)
    assert found.put[0].entry.published == STATED


def test_d1_an_entry_that_moved_is_known_by_its_id() -> None:
    old = stored(believed("https://a/1", guid="g1"))
    found = recognise_feed("voa", [believed("https://a/new", guid="g1")], [old], NOW)
    assert (found.new, found.changed) == (0, 1)
    assert (found.put[0].ref, found.put[0].entry.link) == ("https://a/1", "https://a/new")


def test_b70_two_addresses_with_one_id_stay_two() -> None:
    old = stored(believed("https://a/1", guid="g1"))
    both = [believed("https://a/1", guid="g1"), believed("https://a/2", guid="g1")]
    found = recognise_feed("voa", both, [old], NOW)
    assert [copy.ref for copy in found.put] == ["https://a/2"]


def test_a_source_that_gives_every_post_one_id_loses_none() -> None:
    old = stored(believed("https://a/1", guid="always", title="Monday"))
    tuesday = believed("https://a/2", guid="always", title="Tuesday", published=NOW)
    found = recognise_feed("voa", [tuesday], [old], NOW)
    assert (found.new, found.put[0].ref) == (1, "https://a/2")


def test_a_new_post_at_an_address_that_another_left_overwrites_nothing() -> None:
    moved = replace(stored(believed("https://a/moved", guid="g1")), ref="https://a/1")
    found = recognise_feed("voa", [believed("https://a/1", guid="g2", title="Other")], [moved], NOW)
    assert [copy.ref for copy in found.put] == ["https://a/1 2"]


def at_place(fragment: str, title: str, key: str = "https://a/day") -> Believed:
    item = believed(f"https://a/day#{fragment}", title=title)
    return replace(item, entry=replace(item.entry, key=EntryKey(key)))


def test_n140_where_fragments_name_posts_a_lone_one_overwrites_no_other() -> None:
    stored_copies = [stored(at_place("x", "Monday"))]
    found = recognise_feed("voa", [at_place("y", "Tuesday")], stored_copies, NOW)
    assert (found.new, found.put[0].entry.key) == (1, "https://a/day#y")


def test_n140_a_lone_post_of_a_page_is_known_by_its_place() -> None:
    stored_copies = [stored(at_place(f, f, f"https://a/day#{f}")) for f in "xy"]
    found = recognise_feed("voa", [at_place("y", "Edited")], stored_copies, NOW)
    assert (found.new, found.changed, found.put[0].entry.key) == (0, 1, "https://a/day#y")


def test_n140_a_post_that_was_alone_on_its_page_is_known_when_others_join_it() -> None:
    now_apart = [at_place(f, f, f"https://a/day#{f}") for f in "xy"]
    found = recognise_feed("voa", now_apart, [stored(at_place("x", "x"))], NOW)
    assert [(copy.entry.key, copy.entry.title) for copy in found.put] == [("https://a/day#y", "y")]


def test_n140_a_fragment_that_only_names_a_place_is_no_other_post() -> None:
    found = recognise_feed("voa", [at_place("comments", "One")], [stored(at_place("top", "One"))], NOW)
    assert (found.new, found.changed) == (0, 1)


def test_b114_a_seed_of_the_future_is_held_until_its_date() -> None:
    tomorrow = NOW + timedelta(hours=12)
    seed = believed("https://a/1", published=tomorrow)
    found = recognise_files("posts", [seed], {}, NOW)
    assert (found.put[0].held_until, found.held) == (tomorrow, frozenset({"https://a/1"}))
    again = recognise_files("posts", [seed], {"https://a/1": head_of(found.put[0], None)}, NOW)
    assert (again.put, again.held) == ((), frozenset({"https://a/1"}))
    due = recognise_files("posts", [seed], {"https://a/1": head_of(found.put[0], None)}, tomorrow)
    assert (due.put[0].held_until, due.changed) == (None, 1)


def test_an_edited_seed_is_known_by_its_path_even_when_its_address_changes() -> None:
    old = replace(stored(believed("https://a/1"), origin="posts"), ref="2026-01-04-a.md")
    edited = replace(believed("https://a/2"), ref="2026-01-04-a.md")
    found = recognise_files("posts", [edited], {old.ref: old}, NOW)
    assert (found.put[0].ref, found.put[0].first_seen) == ("2026-01-04-a.md", THEN)


# --- settle -----------------------------------------------------------------------------------------------

RANK = {"posts": 0, "voa": 1, "planet": 2}


def unsettled(
    url: str, origin: str, guid: str = "", first_seen: datetime = NOW, post: str | None = None
) -> CopyHead:
    item = believed(url, guid)
    head = stored(item, origin)
    return replace(head, first_seen=first_seen, post=EntryKey(post) if post else None)


def post_ids(settled: Settled) -> dict[EntryKey, str]:
    return {row.key: row.id for row in settled.rows}


def test_n9_the_id_comes_from_the_highest_ranked_origin_in_whatever_order_they_answer() -> None:
    heads = [unsettled("https://a/1", "planet", "p"), unsettled("https://a/1", "voa", "v")]
    for order in permutations(heads):
        assert post_ids(settle(order, {}, {}, RANK)) == {"https://a/1": "v"}


def test_first_seen_is_the_earliest_of_all_copies() -> None:
    heads = [unsettled("https://a/1", "voa"), unsettled("https://a/1", "planet", first_seen=THEN)]
    assert settle(heads, {}, {}, RANK).rows[0].first_seen == THEN


def test_d3_a_published_id_never_changes() -> None:
    row = LedgerRow(key=EntryKey("https://a/1"), id="old", first_seen=THEN)
    settled = settle([unsettled("https://a/1", "posts", "new")], {row.key: row}, {}, RANK)
    assert settled.rows == ()
    assert settled.posts == (("posts", "https://a/1", EntryKey("https://a/1")),)


def test_n8_an_id_that_another_post_holds_is_not_given_twice() -> None:
    first = settle(
        [unsettled("https://a/1", "voa", "same"), unsettled("https://a/2", "voa", "same")], {}, {}, RANK
    )
    ids = post_ids(first)
    assert ids[EntryKey("https://a/1")] == "same"
    assert ids[EntryKey("https://a/2")].startswith("urn:uuid:")
    holder = unsettled("https://a/1", "voa", "same", post="https://a/1")
    new = unsettled("https://a/3", "voa", "same")
    later = settle([holder, new], ledger_of("https://a/1"), {"same": EntryKey("https://a/1")}, RANK)
    assert post_ids(later)[EntryKey("https://a/3")].startswith("urn:uuid:")


def test_a_copy_that_moved_stays_with_its_post() -> None:
    row = LedgerRow(key=EntryKey("https://a/1"), id="x", first_seen=THEN)
    moved = unsettled("https://a/new", "voa", post="https://a/1")
    settled = settle([moved], {row.key: row}, {}, RANK)
    assert (settled.rows, settled.posts) == ((), (("voa", "https://a/new", EntryKey("https://a/1")),))


def test_another_origin_joins_a_post_that_moved() -> None:
    row = LedgerRow(key=EntryKey("https://a/1"), id="x", first_seen=THEN)
    moved = unsettled("https://a/new", "voa", post="https://a/1")
    joining = unsettled("https://a/new", "planet")
    settled = settle([moved, joining], {row.key: row}, {}, RANK)
    assert {post for _, _, post in settled.posts} == {"https://a/1"}


def ledger_of(*keys: str) -> dict[EntryKey, LedgerRow]:
    return {EntryKey(key): LedgerRow(key=EntryKey(key), id=f"id of {key}", first_seen=THEN) for key in keys}


def test_a_copy_that_moves_to_a_known_address_joins_its_post() -> None:
    heads = [
        unsettled("https://a/2", "voa", post="https://a/1"),
        unsettled("https://a/2", "planet", post="https://a/2"),
    ]
    settled = settle(heads, ledger_of("https://a/1", "https://a/2"), {}, RANK)
    assert (settled.rows, {post for _, _, post in settled.posts}) == ((), {"https://a/2"})


def titled(url: str, title: str, post: str, ref: str) -> CopyHead:
    return replace(unsettled(url, "posts", post=post), title=title, ref=ref)


def test_seeds_that_are_renumbered_stay_as_many_posts_as_they_are() -> None:
    heads = [
        titled("https://a/0", "Zero", "https://a/1", "01.md"),
        titled("https://a/1", "One", "https://a/2", "02.md"),
        titled("https://a/2", "Two", "https://a/2", "03.md"),
    ]
    settled = settle(heads, ledger_of("https://a/1", "https://a/2"), {}, RANK)
    assert [post for _, _, post in settled.posts] == ["https://a/0", "https://a/1", "https://a/2"]


def test_d3_an_id_whose_post_has_no_copy_any_more_goes_on_with_the_seed_that_states_it() -> None:
    ledger = ledger_of("file:posts:a.md")
    (row,) = ledger.values()
    moved = replace(unsettled("file:posts:sub/a.md", "posts"), public_id=row.id)
    settled = settle([moved], ledger, {row.id: row.key}, RANK)
    assert (settled.rows, [post for _, _, post in settled.posts]) == ((), [row.key])


def test_rules_for_keys_may_change_and_every_entry_is_known_by_its_link() -> None:
    item = believed("https://a/1/")
    other_rules = replace(item, entry=replace(item.entry, key=EntryKey("https://a/1")))
    found = recognise_feed("voa", [other_rules], [stored(item)], NOW)
    assert (found.new, found.put[0].ref, found.put[0].entry.key) == (0, "https://a/1/", "https://a/1")


def test_entries_that_left_their_document_are_rekeyed_by_their_links() -> None:
    entry = believed("https://www.a.example/1").entry
    copy = Copy(origin="voa", ref="r", entry=entry, first_seen=THEN, last_changed=THEN)
    assert [one.entry.key for one in rekeyed([copy], KeyRules(www=True))] == ["https://a.example/1"]
    assert rekeyed([copy], KeyRules()) == ()


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(RANK)), st.sampled_from("xyz")), max_size=12)
)
def test_settling_again_changes_nothing(stated: list[tuple[str, str, str]]) -> None:
    heads = [
        replace(unsettled(url, origin, guid), ref=f"{url} {n}") for n, (url, origin, guid) in enumerate(stated)
    ]
    first = settle(heads, {}, {}, RANK)
    ledger = {row.key: row for row in first.rows}
    posts = {(origin, ref): post for origin, ref, post in first.posts}
    again = settle(
        [replace(head, post=posts[head.origin, head.ref]) for head in heads],
        ledger,
        {row.id: row.key for row in first.rows},
        RANK,
    )
    assert (again.rows, again.posts) == ((), first.posts)
    assert len({row.id for row in first.rows}) == len(first.rows)
