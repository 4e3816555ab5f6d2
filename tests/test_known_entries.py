"""An entry that is stored as it is stated is not cleaned again (D21), and nothing comes out otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import identity
from feedbraid.model import (
    Channel,
    CleaningRules,
    Copy,
    Fresh,
    OriginSpec,
    RawChannel,
    RawContent,
    RawDate,
    RawEntry,
    RawFeed,
    RawLink,
    RawText,
    Reading,
)
from feedbraid.normalise import read_feed
from feedbraid.store.memory import head_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
READING = Reading(
    spec=OriginSpec(name="voa", kind="web", locations=("https://site.example/feed",)),
    feed_url="https://site.example/feed",
)


def stated(number: int = 1, **fields: object) -> RawEntry:
    usual = RawEntry(
        dialect="rss",
        id=f"guid-{number}",
        links=(RawLink(href=f"https://site.example/{number}", rel="alternate"),),
        title=RawText(value=f"Post {number}", kind="html"),
        contents=(RawContent(value=f"<p>Body <b>{number}</b>", media_type="text/html"),),
    )
    return replace(usual, **fields)  # type: ignore[arg-type]  # fields of a RawEntry


def document(*entries: RawEntry, title: str = "Site") -> RawFeed:
    numbered = tuple(replace(entry, ref=str(place)) for place, entry in enumerate(entries))
    channel = RawChannel(
        title=RawText(value=title, kind="text"), links=(RawLink(href="https://site.example/", rel="alternate"),)
    )
    return RawFeed(version="rss20", channel=channel, entries=numbered)


def stored(*entries: RawEntry) -> tuple[Copy, ...]:
    return identity.recognise_feed("voa", read_feed(document(*entries), READING).entries, (), NOW).put


def prints(copies: Sequence[Copy]) -> list[str]:
    return [copy.stated for copy in copies]


def known_ones(fresh: Fresh) -> list[str]:
    return [item.entry.title for item in fresh.entries if item.is_known]


def test_what_is_stored_comes_without_its_texts() -> None:
    copies = stored(stated(1), stated(2))
    fresh = read_feed(document(stated(3), stated(1), stated(2)), READING, prints(copies))
    assert known_ones(fresh) == ["Post 1", "Post 2"]
    assert [item.entry.body for item in fresh.entries] == ["<p>Body <b>3</b></p>", "", ""]


READ_AGAIN = [
    pytest.param(stated(1, contents=(RawContent(value="<p>Other", media_type="text/html"),)), id="another text"),
    pytest.param(stated(1, title=RawText(value="Other", kind="html")), id="another title"),
    pytest.param(stated(1, base="https://else.example/"), id="another base"),
    pytest.param(stated(1, updated=RawDate(text="2026-01-01T00:00:00Z")), id="another date"),
]


@pytest.mark.parametrize("entry", READ_AGAIN)
def test_what_is_stated_otherwise_is_read(entry: RawEntry) -> None:
    fresh = read_feed(document(entry), READING, prints(stored(stated(1))))
    assert known_ones(fresh) == []
    assert fresh.entries[0].entry.body


def test_what_is_read_by_other_rules_is_read() -> None:
    known = prints(stored(stated(1)))
    assert known_ones(read_feed(document(stated(1)), READING, known)) == ["Post 1"]
    by_others = replace(READING, cleaning=CleaningRules(tracking_parameters=True))
    assert known_ones(read_feed(document(stated(1)), by_others, known)) == []
    elsewhere = replace(READING, feed_url="https://site.example/new/feed")
    assert known_ones(read_feed(document(stated(1)), elsewhere, known)) == []
    assert known_ones(read_feed(document(stated(1), title="Other"), READING, known)) == []


def test_what_only_its_text_tells_is_read() -> None:
    for entry in (stated(1, title=None), stated(1, links=(), id="")):
        assert known_ones(read_feed(document(entry), READING, prints(stored(entry)))) == []


def test_what_the_rest_of_the_document_makes_something_else_is_read() -> None:
    """A second entry with the same id takes the id from the first one's meaning (N8)."""
    known = prints(stored(stated(1), stated(2)))
    fresh = read_feed(document(stated(3, id="guid-1"), stated(1), stated(2)), READING, known)
    assert known_ones(fresh) == ["Post 2"]
    assert all(item.entry.body or item.is_known for item in fresh.entries)


def test_a_copy_that_vanished_in_between_is_not_stored_without_its_texts() -> None:
    fresh = read_feed(document(stated(1)), READING, prints(stored(stated(1))))
    assert known_ones(fresh) == ["Post 1"]
    assert identity.recognise_feed("voa", fresh.entries, (), NOW).put == ()


# --- nothing comes out differently ---------------------------------------------------------------------------

NUMBERS = st.integers(1, 4)
ENTRIES = st.builds(
    lambda number, guid, link, title, body, day: stated(
        number,
        id=guid and f"guid-{guid}",
        links=(RawLink(href=link, rel="alternate"),) if link else (),
        title=RawText(value=title, kind="html") if title else None,
        contents=(RawContent(value=body, media_type="text/html"),) if body else (),
        published=RawDate(text=f"2026-02-0{day}T00:00:00Z") if day else None,
    ),
    NUMBERS,
    st.sampled_from(["", *map(str, range(1, 4))]),
    st.sampled_from(
        [
            "",
            "https://site.example/",
            *(
                f"{scheme}://site.example/{n}{place}"
                for scheme in ("http", "https")
                for n in (1, 2)
                for place in ("", "#a", "#b")
            ),
        ]
    ),
    st.sampled_from(["", "One", "Two", "Three"]),
    st.sampled_from(["", "<p>a", "<p>b <i>c", "text"]),
    st.integers(0, 3),
)
HISTORIES = st.lists(ENTRIES, min_size=2, max_size=6).flatmap(
    lambda pool: st.lists(
        st.builds(
            lambda entries, title: document(*entries, title=title),
            st.lists(st.sampled_from(pool), min_size=1, max_size=5, unique_by=id),
            st.sampled_from(["Site", "Site", "Site", "Other"]),
        ),
        min_size=2,
        max_size=4,
    )
)
"""Documents of one source, one after the other: most entries stand in several of them."""


def step(before: dict[str, Copy], raw: RawFeed, known: Sequence[str], now: datetime) -> identity.Recognised:
    rule = identity.FloodRule(
        newest=NOW - timedelta(days=20), more_than=2, hold=timedelta(days=1), another="" if before else "another"
    )
    heads = [head_of(copy, None) for copy in before.values()]
    return identity.recognise_feed("voa", read_feed(raw, READING, known).entries, heads, now, rule)


@given(HISTORIES)
def test_every_document_leads_to_the_same_copies(documents: Sequence[RawFeed]) -> None:
    copies: dict[str, Copy] = {}
    for hours, raw in enumerate(documents):
        now = NOW + timedelta(hours=hours)
        long_way = step(copies, raw, (), now)
        may_show = [copy for copy in copies.values() if copy.held_until is None]  # as stores give them
        short_way = step(copies, raw, prints(may_show), now)
        assert replace(short_way, restated=()) == replace(long_way, restated=())
        copies |= {copy.ref: copy for copy in long_way.put}
        copies |= {ref: replace(copies[ref], stated=stated) for ref, stated in long_way.restated}


def test_a_channel_has_all_fields_that_entries_are_read_by() -> None:
    """Whoever adds a field to it decides whether entries are read by it: see `normalise._Prints`."""
    assert set(Channel.__slots__) == {
        "authors", "feed_url", "icon", "id", "language", "link", "rights", "show", "subtitle", "title", "topic",
    }  # fmt: skip
