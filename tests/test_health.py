"""What happens to sources that their reader should know, and how they are shown to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import entry
from fakes import NOW, FakeSource, World, feed_spec, fresh
from feedbraid.app import Choices
from feedbraid.health import Facts, State, found, is_broken_by, silent_since, span, state_of, usual_gap
from feedbraid.model import (
    Believed,
    Channel,
    EntryKey,
    Failed,
    FileMark,
    FilterSpec,
    Fresh,
    Interval,
    NewAddress,
    OriginSpec,
    Outcome,
    Skipped,
    SourceState,
    Unchanged,
)
from feedbraid.policy import next_state, paused, reset, resumed
from feedbraid.records import Day, Incident, Visit
from feedbraid.rules import HealthRules
from feedbraid.run import RunReport, run_once
from feedbraid.standing import shares_of, shares_print, standings
from feedbraid.store import OriginChange
from feedbraid.store.memory import MemoryStore
from feedbraid.store.sqlite import sqlite_store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = HealthRules()
FAILED = Failed(reason="HTTP 500")
SAME = Unchanged(reason="304")


def dates(*ages: float) -> tuple[tuple[datetime, datetime], ...]:
    """Give the dates of posts of these ages in days, each seen when it was published."""
    return tuple((NOW - age * DAY, NOW - age * DAY) for age in ages)


DAILY = dates(*range(20))


# --- what is usual ----------------------------------------------------------------------------------------


def hours(*ages: float) -> list[datetime]:
    return [NOW - age * HOUR for age in ages]


@pytest.mark.parametrize(
    ("moments", "gap"),
    [
        pytest.param([], None, id="no post"),
        pytest.param(hours(0, 24, 48, 72), None, id="four posts"),
        pytest.param(hours(0, 24, 48, 72, 96), DAY, id="five posts, one a day"),
        pytest.param([NOW] * 60, None, id="sixty posts of one moment"),
        pytest.param(hours(0, 24, 48, *[72] * 57), None, id="sixty posts of four moments"),
        pytest.param([NOW - n * timedelta(seconds=1) for n in range(60)], None, id="a heap of one minute"),
        pytest.param(
            [NOW - 12 * HOUR - n * timedelta(seconds=1) for n in range(60)], None, id="a heap at midnight"
        ),
        pytest.param(hours(*(n / 10 for n in range(60))), None, id="a heap of less than six hours"),
        pytest.param(hours(*(n / 6 for n in range(60))), DAY, id="sixty posts in ten hours of one day"),
        pytest.param(hours(*(n for n in range(60))), DAY, id="one an hour"),
        pytest.param(hours(*(n * 168 for n in range(60))), 7 * DAY, id="one a week"),
        pytest.param(hours(*(n * 8760 for n in range(5))), 365 * DAY, id="one a year"),
        pytest.param(
            hours(*(month * 720 + n / 10 for month in range(6) for n in range(10))),
            30 * DAY,
            id="ten once a month",
        ),
        pytest.param(hours(*(n * 24 for n in range(20)), 2000), DAY, id="one long pause in twenty"),
        pytest.param(hours(0, 24, 48, 500, 524, 548, 1000, 1024), 20 * DAY, id="two long pauses in seven"),
    ],
)
def test_the_usual_gap_is_one_between_days_of_which_one_in_ten_is_longer(
    moments: list[datetime], gap: timedelta | None
) -> None:
    found_gap = usual_gap(moments)
    assert found_gap is None if gap is None else found_gap is not None and abs(found_gap - gap) <= DAY
    assert usual_gap(reversed(moments)) == found_gap


GOOD = SourceState(name="voa", fetched=NOW, succeeded=NOW)


@pytest.mark.parametrize(
    ("known", "days_later", "is_silent"),
    [
        pytest.param(DAILY, 3, False, id="three times its gap is not too long"),
        pytest.param(DAILY, 3.1, True, id="more than three times is"),
        pytest.param(dates(*(n / 24 for n in range(60))), 2, False, id="two days are always allowed"),
        pytest.param(dates(*(n * 7 for n in range(20))), 21, False, id="three weeks for a weekly one"),
        pytest.param(dates(*(n * 7 for n in range(20))), 21.1, True, id="more than three weeks for a weekly one"),
        pytest.param(dates(*(n * 365 for n in range(5))), 1000, False, id="one post a year"),
        pytest.param(DAILY[:4], 1000, False, id="too few posts"),
        pytest.param(
            tuple((NOW - n * DAY, NOW) for n in range(30, 90)), 3, False, id="old posts, just read first"
        ),
        pytest.param(
            tuple((NOW - n * DAY, NOW) for n in range(30, 90)), 3.1, True, id="old posts, read first then"
        ),
        pytest.param(((NOW + DAY, NOW), *DAILY), 4, False, id="a post from tomorrow"),
    ],
)
def test_a_source_is_silent_when_it_has_nothing_new_for_longer_than_is_usual(
    known: Sequence[tuple[datetime, datetime]],
    days_later: float,
    is_silent: bool,  # noqa: FBT001  # a column
) -> None:
    now = NOW + days_later * DAY
    facts = Facts(state=replace(GOOD, fetched=now, succeeded=now), kind="web", dates=known)
    assert (silent_since(facts, now) is not None) is is_silent
    assert [one.kind for one in found([facts], RULES, now)] == ["silent"] * is_silent
    assert silent_since(replace(facts, kind="seeds"), now) is None, "nobody has to write"


# --- what happened ----------------------------------------------------------------------------------------


def past(*kinds: Literal["broken", "healed", "silent"]) -> tuple[Incident, ...]:
    return tuple(
        Incident(id=f"urn:{n}", origin="voa", kind=kind, at=NOW - (9 - n) * DAY) for n, kind in enumerate(kinds)
    )


FAILING = replace(GOOD, succeeded=NOW - DAY, failures=3, error="HTTP 500")
GONE = replace(FAILING, failures=2, gone=2, error="HTTP 410")


@pytest.mark.parametrize(
    ("state", "before", "kinds"),
    [
        pytest.param(GOOD, (), [], id="good"),
        pytest.param(replace(FAILING, failures=2), (), [], id="failed twice"),
        pytest.param(FAILING, (), ["broken"], id="failed three times"),
        pytest.param(replace(FAILING, succeeded=None), (), ["broken"], id="was never read"),
        pytest.param(replace(FAILING, failures=99), past("broken"), [], id="is broken still"),
        pytest.param(FAILING, past("broken", "silent"), [], id="is broken still, and was silent"),
        pytest.param(FAILING, past("broken", "healed"), ["broken"], id="breaks again"),
        pytest.param(GONE, (), ["broken"], id="is gone for good"),
        pytest.param(replace(GONE, gone=1), (), [], id="said once that it is gone"),
        pytest.param(GOOD, past("broken"), ["healed"], id="heals"),
        pytest.param(GOOD, past("broken", "healed"), [], id="has healed"),
        pytest.param(replace(FAILING, failures=1), past("broken"), [], id="broke, was reset, and fails"),
        pytest.param(reset(FAILING, NOW), past("broken"), [], id="was reset, and not asked yet"),
        pytest.param(paused(FAILING), (), [], id="paused while it fails"),
        pytest.param(paused(GOOD), past("broken"), [], id="paused while it is broken"),
    ],
)
def test_breaking_and_healing_are_told_once(
    state: SourceState, before: tuple[Incident, ...], kinds: list[str]
) -> None:
    told = found([Facts(state=state, kind="web", past=before)], RULES, NOW)
    assert [one.kind for one in told] == kinds
    assert {(one.origin, one.at) for one in told} <= {("voa", NOW)}


def test_after_how_many_failures_a_source_is_broken_is_configured() -> None:
    once = Facts(state=replace(FAILING, failures=1), kind="web")
    assert [one.kind for one in found([once], HealthRules(broken_after=1), NOW)] == ["broken"]


def test_a_broken_source_is_not_called_silent() -> None:
    facts = Facts(state=replace(FAILING, fetched=NOW + 9 * DAY), kind="web", dates=DAILY)
    assert [one.kind for one in found([facts], RULES, NOW + 9 * DAY)] == ["broken"]
    failing = replace(facts, state=replace(facts.state, failures=1))
    assert found([failing], RULES, NOW + 9 * DAY) == ()


def test_what_is_told_says_since_when_and_why_without_credentials() -> None:
    reason = "https://ann:secret@voa.example/?token=secret: HTTP 500"
    state = replace(FAILING, succeeded=None, error=reason)
    (broken,) = found([Facts(state=state, kind="web")], RULES, NOW)
    assert broken.detail == (
        "https://***@voa.example/?token=***: HTTP 500 (failed 3 times in a row; it was never read)"
    )
    now = NOW + DAY
    visits = (
        Visit(at=NOW - DAY, result="read"),
        Visit(at=NOW - 5 * HOUR, result="failed", detail="HTTP 503"),
        Visit(at=NOW, result="failed", detail="HTTP 500"),
        Visit(at=now, result="unchanged"),
    )
    well = replace(GOOD, fetched=now, succeeded=now)
    (healed,) = found([Facts(state=well, kind="web", past=(broken,), visits=visits)], RULES, now)
    assert healed.detail == (
        "it was broken for 1 day 5 hours, since 2026-03-02 07:00 UTC; the last error: HTTP 500"
    )
    (unknown,) = found([Facts(state=well, kind="web", past=(broken,))], RULES, now)
    assert unknown.detail == "it was broken for 1 day, since 2026-03-02 12:00 UTC"


def test_a_silence_says_what_is_usual() -> None:
    now = NOW + 4 * DAY
    (silent,) = found(
        [Facts(state=replace(GOOD, fetched=now, succeeded=now), kind="web", dates=DAILY)], RULES, now
    )
    assert silent.detail == "nothing new since 2026-03-02 12:00 UTC; usually it has something every 1 day"


def test_incidents_of_sources_have_ids_of_their_own_which_stay() -> None:
    states = [replace(FAILING, name=name) for name in ("voa", "rfa")]
    first, second = (
        [one.id for one in found([Facts(state=s, kind="web") for s in states], RULES, NOW)] for _ in "ab"
    )
    assert first == second
    assert len(set(first)) == 2
    assert all(one.startswith("urn:uuid:") for one in first)


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (-DAY, "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=2, minutes=30), "2 hours 30 minutes"),
        (timedelta(days=1, minutes=30), "1 day"),
        (timedelta(days=3, hours=1), "3 days 1 hour"),
    ],
)
def test_a_length_of_time_in_words(time: timedelta, words: str) -> None:
    assert span(time) == words


@pytest.mark.parametrize(
    ("state", "known", "word"),
    [
        pytest.param(SourceState(name="voa"), (), "never read", id="never asked"),
        pytest.param(replace(GOOD, succeeded=None, failures=1, error="e"), (), "failing", id="never read, fails"),
        pytest.param(GOOD, DAILY, "good", id="good"),
        pytest.param(replace(FAILING, failures=2), DAILY, "failing", id="failing"),
        pytest.param(FAILING, DAILY, "broken", id="broken"),
        pytest.param(GONE, DAILY, "gone", id="gone"),
        pytest.param(paused(GONE), DAILY, "paused", id="paused"),
        pytest.param(GOOD, dates(*range(4, 20)), "silent", id="silent"),
    ],
)
def test_the_state_of_a_source_in_one_word(
    state: SourceState, known: Sequence[tuple[datetime, datetime]], word: State
) -> None:
    assert state_of(Facts(state=state, kind="web", dates=known), RULES, NOW) == word


# --- any order of events ----------------------------------------------------------------------------------

SPEC = OriginSpec(name="voa", kind="web", locations=("https://voa.example/",), schedule=Interval(every=HOUR))

OUTCOMES: dict[str, Fresh | Unchanged | Failed] = {
    "new": Fresh(entries=()),
    "same": SAME,
    "fail": FAILED,
    "gone": Failed(reason="gone", status=410),
}

_events = st.lists(
    st.tuples(
        st.sampled_from(["new", "same", "fail", "fail", "fail", "gone", "pause", "resume", "reset"]),
        st.integers(-24, 24 * 9),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(events=_events, posts=st.integers(0, 12))
def test_whatever_happens_breaking_and_healing_take_turns_and_a_silence_is_told_once(
    events: list[tuple[str, int]], posts: int
) -> None:
    store, state, now = MemoryStore(), SourceState(name="voa"), NOW
    known = list(dates(*range(posts)))
    news: list[int] = []
    for event, pause in events:
        now += pause * HOUR
        changes = {"pause": paused(state), "resume": resumed(state, now), "reset": reset(state, now)}
        if event in changes:
            state = changes[event]
            continue
        if event == "new" and not state.paused:
            known.insert(0, (now, now))
            news.append(len(store.incidents()))
        state = state if state.paused else next_state(state, OUTCOMES[event], SPEC, "f", now)
        facts = Facts(state=state, kind="web", past=store.incidents(), dates=sorted(known, reverse=True))
        told = found([facts], RULES, now)
        assert len({one.id for one in (*store.incidents(), *told)}) == len(store.incidents()) + len(told)
        assert not (told and state.paused)
        assert not any(one.kind == "silent" and state.error for one in told)
        store.keep_incidents(told)
        assert found([replace(facts, past=store.incidents())], RULES, now) == ()
    kinds = [one.kind for one in store.incidents() if one.kind != "silent"]
    assert kinds == (["broken", "healed"] * len(kinds))[: len(kinds)]
    silences = [n for n, one in enumerate(store.incidents()) if one.kind == "silent"]
    for earlier, later in pairwise(silences):
        assert any(earlier < place <= later for place in news), "twice silent, and nothing new in between"


# --- in passes --------------------------------------------------------------------------------------------


def one(number: int, **fields: Any) -> Any:  # noqa: ANN401  # the fields of Entry
    link = f"https://news.example/{number}"
    return entry(link, key=EntryKey(link), **{"public_id": link, "title": f"Post {number}", **fields})


def daily(count: int = 10) -> Fresh:
    return fresh(*(one(n, published=NOW - n * DAY) for n in range(count)), title="VOA")


def go(world: World, hours: float = 0, **choices: Any) -> RunReport:  # noqa: ANN401  # the fields of Choices
    return run_once(world.app(), NOW + hours * HOUR, Choices(**choices))


def kinds_of(report: RunReport) -> list[tuple[str, str]]:
    return [(incident.origin, incident.kind) for incident in report.incidents]


def test_passes_tell_of_a_source_that_breaks_and_heals(tmp_path: Path) -> None:
    outcomes: list[Outcome] = [daily(), FAILED, FAILED, FAILED, FAILED, SAME, SAME]
    world = World(tmp_path, {"voa": FakeSource(outcomes), "rfa": FakeSource([daily()])})
    told = [kinds_of(go(world, hours, force=True)) for hours in range(7)]
    assert told == [[], [], [], [("voa", "broken")], [], [("voa", "healed")], []]
    broken, healed = world.store.incidents()
    assert (broken.at, healed.at) == (NOW + 3 * HOUR, NOW + 5 * HOUR)
    assert "since 2026-03-02 13:00 UTC" in healed.detail


def test_a_source_that_answers_304_for_ever_falls_silent_once(tmp_path: Path) -> None:
    more = fresh(one(99, published=NOW + 5 * DAY), title="VOA")
    outcomes: list[Outcome] = [daily(), SAME, SAME, SAME, more, SAME, SAME]
    world = World(tmp_path, {"voa": FakeSource(outcomes)})
    told = [kinds_of(go(world, days * 24, force=True)) for days in (0, 3, 3.5, 4, 5, 8, 9)]
    assert told == [[], [], [("voa", "silent")], [], [], [], [("voa", "silent")]]


def test_a_folder_of_seeds_that_can_not_be_read_is_broken_and_heals(tmp_path: Path) -> None:
    world = World(tmp_path, {"posts": FakeSource([FAILED, FAILED, FAILED, SAME, SAME])})
    assert [kinds_of(go(world, n)) for n in range(5)] == [[], [], [("posts", "broken")], [("posts", "healed")], []]


def test_a_source_that_was_removed_or_paused_makes_no_incident(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([FAILED]), "rfa": FakeSource([FAILED])})
    for hours in range(2):
        go(world, hours, force=True)
    del world.sources["rfa"]
    world.store.commit(OriginChange(state=paused(world.store.states()["voa"])))
    reports = [go(world, hours, force=True, only=("voa",)) for hours in range(2, 6)]
    assert [report.incidents for report in reports] == [()] * 4
    assert {(report.sources[0].result, report.sources[0].detail) for report in reports} == {("waiting", "paused")}


def test_d21_a_pass_that_asks_nobody_neither_reads_nor_writes_incidents(tmp_path: Path) -> None:
    class Watched(MemoryStore):
        reads = 0

        def incidents(self) -> tuple[Incident, ...]:
            self.reads += 1
            return super().incidents()

    store = Watched()
    world = World(tmp_path, {"voa": FakeSource([daily()])}, store=store)
    go(world)
    before = store.reads
    go(world, 0.5)
    assert (before, store.reads) == (1, 1)


def test_d21_a_pass_that_asks_nobody_writes_nothing_into_the_file(tmp_path: Path) -> None:
    store = sqlite_store(str(tmp_path / "state.db"))
    world = World(tmp_path / "out", {"voa": FakeSource([daily()])}, store=store)
    go(world)
    before = store.driver.connection.total_changes
    go(world, 0.5)
    assert store.driver.connection.total_changes == before
    store.close()


# --- how sources stand ------------------------------------------------------------------------------------


def test_a_standing_says_where_a_source_is_and_how_it_did(tmp_path: Path) -> None:
    world = World(
        tmp_path, {"voa": FakeSource([daily(), FAILED])}, urls={"voa": "https://a:b@voa.example/?key=s3"}
    )
    go(world)
    go(world, 1, force=True)
    (voa,) = standings(world.app(), NOW + 2 * HOUR)
    assert (voa.name, voa.title, voa.kind, voa.address) == (
        "voa",
        "VOA",
        "web",
        "https://***@voa.example/?key=***",
    )
    assert (voa.state, voa.error, voa.failures) == ("failing", "HTTP 500", 1)
    assert (voa.fetched, voa.succeeded, voa.changed) == (NOW + HOUR, NOW, NOW)
    assert (voa.newest, voa.usual_gap) == (NOW, DAY)
    assert (voa.due, voa.why) == (NOW + 2 * HOUR, "the schedule")
    assert [visit.result for visit in voa.visits] == ["read", "failed"]
    assert len(voa.days) == len(voa.posts_per_day) == 30
    assert voa.days[-1] == Day(day=NOW.date(), read=1, failed=1, new=10)
    assert voa.days[0] == Day(day=date(2026, 2, 1))
    assert voa.posts_per_day == (0,) * 20 + (1,) * 10
    assert not voa.moved


def test_a_standing_counts_what_became_of_copies(tmp_path: Path) -> None:
    spam = FilterSpec("drop", json.dumps({"title": "Post 3"}))
    world = World(
        tmp_path,
        {"posts": FakeSource([fresh(one(1))]), "voa": FakeSource([daily(6)])},
        feeds=(
            replace(feed_spec("posts", "voa", limit=2), archive=0, filters=(spam,), mirror=""),
            replace(feed_spec("voa", limit=3, name="second"), archive=0, filters=(spam,)),
        ),
    )
    go(world)
    seeds, voa = standings(world.app(), NOW)
    assert (seeds.entries, seeds.shown, seeds.merged, seeds.filtered) == (1, 1, 0, 0)
    assert (voa.entries, voa.shown, voa.merged, voa.filtered) == (6, 3, 0, 1)
    world.feeds = world.feeds[:1]
    _, voa = standings(world.app(), NOW)
    assert (voa.shown, voa.merged, voa.filtered) == (1, 1, 1)


def test_a_post_that_only_one_of_two_feeds_leaves_out_is_not_filtered(tmp_path: Path) -> None:
    spam = FilterSpec("drop", json.dumps({"title": "Post 3"}))
    feeds = (replace(feed_spec("voa"), filters=(spam,)), feed_spec("voa", name="second"))
    world = World(tmp_path, {"voa": FakeSource([daily(6)])}, feeds=feeds)
    go(world)
    (voa,) = standings(world.app(), NOW)
    assert (voa.shown, voa.filtered) == (6, 0)


def test_a_copy_that_lost_in_one_feed_and_is_left_out_of_another_is_merged(tmp_path: Path) -> None:
    no_first = FilterSpec("drop", json.dumps({"title": "Post 1"}))
    feeds = (feed_spec("posts", "voa"), replace(feed_spec("voa", name="second"), filters=(no_first,)))
    world = World(tmp_path, {"posts": FakeSource([fresh(one(1))]), "voa": FakeSource([daily(6)])}, feeds=feeds)
    go(world)
    _, voa = standings(world.app(), NOW)
    assert (voa.shown, voa.merged, voa.filtered) == (5, 1, 0)


def test_a_post_that_is_written_twice_is_merged(tmp_path: Path) -> None:
    twice = [Believed(ref=name, entry=one(1)) for name in ("a.md", "b.md")]
    world = World(tmp_path, {"posts": FakeSource([Fresh(entries=tuple(twice))])})
    go(world)
    (seeds,) = standings(world.app(), NOW)
    assert (seeds.entries, seeds.shown, seeds.merged) == (2, 1, 1)


def test_what_a_filter_of_the_source_drops_is_filtered(tmp_path: Path) -> None:
    spam = FilterSpec("drop", json.dumps({"title": "Post 3"}))
    world = World(tmp_path, {"voa": FakeSource([daily(6)])}, filters={"voa": (spam,)})
    go(world)
    (voa,) = standings(world.app(), NOW)
    assert (voa.entries, voa.shown, voa.filtered) == (6, 5, 1)


def test_posts_in_the_archive_are_shown(tmp_path: Path) -> None:
    world = World(
        tmp_path, {"voa": FakeSource([daily(10)])}, feeds=(replace(feed_spec("voa", limit=4), archive=3),)
    )
    go(world)
    (voa,) = standings(world.app(), NOW)
    assert (voa.entries, voa.shown) == (10, 10)


def test_a_filter_that_is_not_there_does_not_hide_how_sources_do(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([daily()])})
    go(world)
    world.feeds = (replace(feed_spec("voa"), filters=(FilterSpec("none_of_ours", "{}"),)),)
    (voa,) = standings(world.app(), NOW)
    assert (voa.state, voa.entries, voa.shown) == ("good", 10, 0)


def test_a_seed_that_is_not_there_has_a_reason_with_file_and_line(tmp_path: Path) -> None:
    later = one(2, published=NOW + 3 * DAY)
    read = replace(
        fresh(one(1), later),
        skipped=(Skipped("2026/b.md", "its front matter has no end", line=4),),
        files=(FileMark(ref="2026/b.md", mtime_ns=1, size=1, digest=""),),
    )
    world = World(tmp_path, {"posts": FakeSource([read])}, urls={"posts": "seeds/"})
    go(world)
    (seeds,) = standings(world.app(), NOW)
    assert (seeds.kind, seeds.address) == ("seeds", "seeds/")
    assert seeds.skipped == (Skipped("seeds/2026/b.md", "its front matter has no end", line=4),)
    assert (seeds.held, seeds.held_until) == (1, NOW + 3 * DAY)
    assert (seeds.entries, seeds.shown) == (2, 1)
    assert (seeds.due, seeds.why) == (None, "it is read in every pass")


def test_sources_that_are_not_asked_say_why(tmp_path: Path) -> None:
    names = ("new", "paused", "gone", "moved")
    world = World(tmp_path, {name: FakeSource([SAME]) for name in names})
    moved = NewAddress(url="https://new.example/", instead_of="https://moved.example/")
    for state in (
        paused(SourceState(name="paused", due=NOW)),
        SourceState(name="gone", gone=2, error="HTTP 410", failures=2, due=NOW),
        SourceState(name="moved", address=moved, succeeded=NOW, fetched=NOW, due=NOW + HOUR),
    ):
        world.store.commit(OriginChange(state=_fingerprinted(world, state)))
    stands = standings(world.app(), NOW)
    assert [(one.name, one.state) for one in stands] == [
        ("new", "never read"),
        ("paused", "paused"),
        ("gone", "gone"),
        ("moved", "good"),
    ]
    assert [(one.due, one.why) for one in stands] == [
        (NOW, "it was never read"),
        (None, "it is paused"),
        (None, "it is gone for good"),
        (NOW + HOUR, "the schedule"),
    ]
    assert [(one.address, one.moved) for one in stands[2:]] == [
        ("https://gone.example/", False),
        ("https://new.example/", True),
    ]


def _fingerprinted(world: World, state: SourceState) -> SourceState:
    from feedbraid.ids import fingerprint_of  # noqa: PLC0415

    reading = next(one for one in world.app().readings if one.spec.name == state.name)
    return replace(state, fingerprint=fingerprint_of(reading))


def test_a_title_that_is_configured_wins_over_what_the_source_calls_itself(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([SAME])})
    channel = Channel(title="VOA", link="https://voa.example/home")
    world.store.commit(OriginChange(state=SourceState(name="voa", channel=channel)))
    app = world.app()
    (voa,) = standings(app, NOW)
    assert (voa.title, voa.link) == ("VOA", "https://voa.example/home")
    reading = app.readings[0]
    named = replace(app, readings=(replace(reading, spec=replace(reading.spec, title="The Voice")),))
    assert standings(named, NOW)[0].title == "The Voice"


def test_what_became_of_copies_is_gathered_anew_when_something_changes(tmp_path: Path) -> None:
    outcomes: list[Outcome] = [daily(6), SAME, FAILED, daily(7)]
    world = World(tmp_path, {"voa": FakeSource(outcomes)})
    prints = []
    for hours in range(4):
        go(world, hours, force=True)
        prints.append(shares_print(world.app()))
    assert prints[0] == prints[1] == prints[2] != prints[3]
    known = shares_of(world.app())
    assert standings(world.app(), NOW, known) == standings(world.app(), NOW)
    assert [one.entries for one in standings(world.app(), NOW, {})] == [0]
    world.feeds = (replace(feed_spec("voa"), limit=3),)
    assert shares_print(world.app()) != prints[3]


def test_is_broken_by_looks_past_silences() -> None:
    assert not is_broken_by(())
    assert is_broken_by(past("broken", "silent", "silent"))
    assert not is_broken_by(past("broken", "healed", "silent"))


def test_days_are_those_of_utc_that_end_today(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([SAME])})
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    (voa,) = standings(world.app(), midnight)
    assert (voa.days[0].day, voa.days[-1].day) == (date(2026, 1, 31), date(2026, 3, 1))
