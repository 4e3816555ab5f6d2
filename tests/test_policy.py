"""When a source is asked again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from feedbraid.codec import encode
from feedbraid.model import (
    Channel,
    Cron,
    Failed,
    Fresh,
    Hints,
    Interval,
    Move,
    OriginSpec,
    Rest,
    Schedule,
    SourceState,
    Unchanged,
    Validators,
)
from feedbraid.policy import (
    address,
    is_due,
    is_stopped,
    next_state,
    next_time,
    next_visit,
    paused,
    reset,
    resting,
    resumed,
)

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPEC = OriginSpec(name="voa", kind="web", locations=("https://voa.example/feed",), schedule=Interval(every=HOUR))
FAILED = Failed(reason="HTTP 500")
STATE = SourceState(name="voa", fingerprint="f", fetched=NOW, succeeded=NOW, due=NOW + HOUR)


@pytest.mark.parametrize(
    ("state", "fingerprint", "after", "due"),
    [
        pytest.param(None, "f", timedelta(), True, id="a source never read is due"),
        pytest.param(STATE, "f", timedelta(), False, id="a source just read is not due"),
        pytest.param(STATE, "f", timedelta(minutes=59), False, id="59 minutes are too soon for one hour"),
        pytest.param(
            STATE, "f", timedelta(seconds=3575), True, id="a cron job that starts seconds early finds it due"
        ),
        pytest.param(STATE, "f", HOUR, True, id="after its interval it is due"),
        pytest.param(STATE, "g", timedelta(), True, id="another configuration makes it due"),
        pytest.param(STATE, "f", timedelta(days=-1), True, id="a clock set back makes it due"),
        pytest.param(STATE, "f", timedelta(days=-3650), True, id="a clock set back ten years makes it due"),
    ],
)
def test_a_source_is_due_when(state: SourceState | None, fingerprint: str, after: timedelta, due: bool) -> None:  # noqa: FBT001  # a column of the table
    assert is_due(state, SPEC, fingerprint, NOW + after) is due


@pytest.mark.parametrize(
    ("every", "early", "due"),
    [
        pytest.param(timedelta(hours=1), timedelta(seconds=30), True, id="half a minute of an hour"),
        pytest.param(timedelta(hours=1), timedelta(seconds=31), False, id="not more"),
        pytest.param(timedelta(minutes=1), timedelta(seconds=3), True, id="three seconds of a minute"),
        pytest.param(timedelta(minutes=1), timedelta(seconds=4), False, id="not half of a minute"),
    ],
)
def test_a_pass_asks_no_source_much_sooner_than_its_pause_is_over(
    every: timedelta,
    early: timedelta,
    due: bool,  # noqa: FBT001  # a column of the table
) -> None:
    spec = replace(SPEC, schedule=Interval(every=every))
    state = replace(STATE, due=NOW + every, schedule=encode(spec.schedule))
    assert is_due(state, spec, "f", NOW + every - early) is due


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param(Interval(every=timedelta(minutes=30)), "2026-01-05 12:30", id="an interval counts from now"),
        pytest.param(Cron(line="40 * * * *"), "2026-01-05 12:40", id="a cron line names minutes"),
        pytest.param(Cron(line="0 3 * * 0"), "2026-01-11 03:00", id="Sunday is 0"),
        pytest.param(Cron(line="0 3 * * 7"), "2026-01-11 03:00", id="Sunday is 7, too"),
        pytest.param(Cron(line="0 3 13 * 5"), "2026-01-09 03:00", id="day of month and of week are alternatives"),
        pytest.param(Cron(line="@daily"), "2026-01-06 00:00", id="an alias is a cron line"),
        pytest.param(Cron(line="0 9 * * *", zone="Asia/Shanghai"), "2026-01-06 01:00", id="a zone moves the hour"),
    ],
)
def test_the_next_time_of(schedule: Schedule, expected: str) -> None:
    assert f"{next_time(schedule, NOW):%Y-%m-%d %H:%M}" == expected


def test_a_success_forgets_former_failures() -> None:
    failing = SourceState(name="voa", failures=3, error="HTTP 500")
    state = next_state(failing, Unchanged(reason="304"), SPEC, "f", NOW)
    assert (state.failures, state.error, state.succeeded) == (0, "", NOW)


@pytest.mark.parametrize(
    ("failures", "hours"),
    [
        pytest.param(0, 1, id="the first failure waits one interval"),
        pytest.param(1, 2, id="the second waits two"),
        pytest.param(2, 4, id="the third waits four"),
        pytest.param(9, 24, id="after many it is asked once a day"),
        pytest.param(50, 7 * 24, id="after a month it rests, and is asked once a week"),
    ],
)
def test_p21_failures_back_off(failures: int, hours: int) -> None:
    before = SourceState(name="voa", failures=failures)
    state = next_state(before, Failed(reason="HTTP 500"), SPEC, "f", NOW)
    assert state.due is not None
    assert 1 <= (state.due - NOW) / (hours * HOUR) <= 1.1
    assert state.failures == failures + 1
    assert state.due.microsecond == 0


def test_p21_sources_that_failed_together_are_not_asked_together() -> None:
    names = [f"s{number}" for number in range(20)]
    failing = [next_state(SourceState(name=name, failures=3), FAILED, SPEC, "f", NOW) for name in names]
    assert len({state.due for state in failing}) > 15
    assert failing == [next_state(SourceState(name=name, failures=3), FAILED, SPEC, "f", NOW) for name in names]


def test_a_failure_never_shortens_a_long_interval() -> None:
    weekly = OriginSpec(name="w", kind="web", locations=(), schedule=Interval(every=timedelta(days=7)))
    state = next_state(SourceState(name="w"), Failed(reason="x"), weekly, "f", NOW)
    assert state.due == NOW + timedelta(days=7)


def test_p8_retry_after_is_obeyed_up_to_a_month() -> None:
    asked = next_state(STATE, Failed(reason="429", retry_after=timedelta(days=3)), SPEC, "f", NOW)
    assert asked.due == NOW + timedelta(days=3)
    absurd = next_state(STATE, Failed(reason="429", retry_after=timedelta(days=400)), SPEC, "f", NOW)
    assert absurd.due == NOW + timedelta(days=31)


def test_p10_max_age_is_a_floor_of_at_most_a_week() -> None:
    fresh = next_state(STATE, Unchanged(reason="304", max_age=timedelta(hours=5)), SPEC, "f", NOW)
    assert fresh.due == NOW + timedelta(hours=5)
    absurd = next_state(STATE, Unchanged(reason="304", max_age=timedelta(days=365)), SPEC, "f", NOW)
    assert absurd.due == NOW + timedelta(days=7)


def test_p4_a_200_with_the_same_bytes_and_no_validators_forgets_the_old_ones() -> None:
    old = Validators(url="https://voa.example/feed", etag=b'"a"')
    state = next_state(SourceState(name="voa", validators=old), Unchanged(reason="same bytes"), SPEC, "f", NOW)
    assert state.validators is None


def test_p4_a_200_replaces_the_validators_as_a_set() -> None:
    old = Validators(url="https://voa.example/feed", etag=b'"a"', last_modified=b"then")
    new = Validators(url="https://voa.example/feed", etag=b'"b"')
    state = next_state(SourceState(name="voa", validators=old), Fresh(entries=(), validators=new), SPEC, "f", NOW)
    assert state.validators == new


def test_b12_a_cut_document_leaves_no_validators() -> None:
    given = Validators(url="https://voa.example/feed", etag=b'"b"')
    outcome = Fresh(entries=(), validators=given, body_digest="d", complete=False)
    state = next_state(SourceState(name="voa"), outcome, SPEC, "f", NOW)
    assert (state.validators, state.body_digest) == (None, "")


def test_p6_a_failure_erases_no_validators() -> None:
    old = Validators(url="https://voa.example/feed", etag=b'"a"')
    state = next_state(SourceState(name="voa", validators=old), Failed(reason="HTTP 500"), SPEC, "f", NOW)
    assert state.validators == old


# --- wishes -----------------------------------------------------------------------------------------------


def test_p9_too_many_requests_without_a_time_slow_down_at_once() -> None:
    for status in (429, 503):
        state = next_state(STATE, Failed(reason="x", status=status), SPEC, "f", NOW)
        assert state.due is not None
        assert 2 * HOUR <= state.due - NOW <= 2.2 * HOUR


def test_p8_a_wish_of_the_server_is_kept_to_the_second() -> None:
    asked = next_state(STATE, Failed(reason="429", status=429, retry_after=3 * HOUR), SPEC, "f", NOW)
    assert not is_due(asked, SPEC, "f", NOW + 3 * HOUR - timedelta(seconds=1))
    assert is_due(asked, SPEC, "f", NOW + 3 * HOUR)


def test_p8_another_configuration_does_not_ask_before_the_server_allows() -> None:
    asked = next_state(STATE, Failed(reason="429", status=429, retry_after=3 * HOUR), SPEC, "f", NOW)
    assert not is_due(asked, SPEC, "other", NOW + HOUR)
    assert is_due(asked, SPEC, "other", NOW + 3 * HOUR)


def reading(**fields: Any) -> Fresh:  # noqa: ANN401  # fields of Fresh
    given = Validators(url="https://voa.example/feed", etag=b'"b"')
    return Fresh(**{"entries": (), "validators": given, **fields})


def test_p12_ttl_is_a_floor_of_at_most_a_week() -> None:
    state = next_state(STATE, reading(hints=Hints(ttl=5 * HOUR)), SPEC, "f", NOW)
    assert (state.due, state.why) == (NOW + 5 * HOUR, "the feed wishes it (ttl)")
    unchanged = next_state(state, Unchanged(reason="304"), SPEC, "f", NOW)
    assert unchanged.due == NOW + 5 * HOUR, "a 304 brings no document, the wish of the last one holds"
    absurd = next_state(STATE, reading(hints=Hints(ttl=timedelta(days=400))), SPEC, "f", NOW)
    assert absurd.due == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    ("hints", "hours"),
    [
        pytest.param(Hints(skip_hours=(13, 14)), 3, id="the hours after now are skipped"),
        pytest.param(Hints(skip_hours=(13,), skip_days=(1,)), 2, id="hours and days"),
        pytest.param(Hints(skip_days=(0,)), 12, id="the rest of Monday is skipped"),
        pytest.param(Hints(skip_days=(0, 1, 2)), 60, id="three days are skipped"),
        pytest.param(Hints(skip_hours=(3,)), 1, id="another hour is skipped"),
        pytest.param(Hints(skip_hours=tuple(range(24))), 1, id="B85 who skips all hours is not obeyed"),
        pytest.param(Hints(skip_days=tuple(range(7))), 1, id="B85 who skips all days is not obeyed"),
    ],
)
def test_p12_skipped_hours_and_days_are_left_out(hints: Hints, hours: int) -> None:
    assert NOW.weekday() == 0
    state = next_state(STATE, reading(hints=hints), SPEC, "f", NOW)
    assert state.due == NOW + hours * HOUR


def test_p12_a_source_that_is_late_waits_for_an_hour_that_is_not_skipped_but_not_for_ever() -> None:
    state = replace(STATE, hints=Hints(skip_hours=(16,)))
    assert not is_due(state, SPEC, "f", NOW + 4 * HOUR)
    assert is_due(state, SPEC, "f", NOW + 5 * HOUR)
    assert is_due(state, SPEC, "f", NOW + timedelta(days=7, hours=4 + 24))


def test_p14_a_source_without_validators_is_asked_half_as_often_after_each_visit_without_news() -> None:
    state, pauses = STATE, []
    for _ in range(7):
        state = next_state(state, Unchanged(reason="the same bytes"), SPEC, "f", NOW)
        assert state.due is not None
        pauses.append((state.due - NOW) / HOUR)
    assert pauses == [2, 4, 8, 16, 24, 24, 24]
    news = next_state(state, Fresh(entries=()), SPEC, "f", NOW)
    assert news.due == NOW + HOUR


def test_p14_a_reading_that_brings_nothing_is_no_news() -> None:
    state = next_state(STATE, Fresh(entries=()), SPEC, "f", NOW, news=False)
    assert state.due == NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("since_news", "minutes"),
    [
        pytest.param(timedelta(hours=2), 60, id="a busy source is asked by the schedule"),
        pytest.param(timedelta(hours=20), 120, id="after 20 hours every two"),
        pytest.param(timedelta(days=100), 360, id="never more seldom than the slowest pause"),
    ],
)
def test_p11_a_source_that_rarely_has_news_is_asked_less_often(since_news: timedelta, minutes: int) -> None:
    given = Validators(url="u", etag=b"e")
    state = replace(STATE, changed=NOW - since_news, validators=given)
    after = next_state(state, Unchanged(reason="304", validators=given), SPEC, "f", NOW)
    assert after.due == NOW + timedelta(minutes=minutes)


def test_a_cron_line_and_a_file_are_kept_to() -> None:
    line = replace(SPEC, schedule=Cron(line="0 * * * *"))
    state = replace(STATE, changed=NOW - timedelta(days=100), quiet=9)
    assert next_state(state, Unchanged(reason="304"), line, "f", NOW).due == NOW + HOUR
    file = replace(SPEC, kind="file")
    assert next_state(state, Unchanged(reason="same bytes"), file, "f", NOW).due == NOW + HOUR


def test_a_quicker_schedule_holds_at_once_but_not_against_the_server() -> None:
    daily = replace(SPEC, schedule=Interval(every=timedelta(days=1)))
    plain = next_state(STATE, reading(), daily, "f", NOW)
    assert not is_due(plain, daily, "f", NOW + 2 * HOUR)
    assert is_due(plain, SPEC, "f", NOW + 2 * HOUR)
    fresh = next_state(STATE, reading(max_age=5 * HOUR), daily, "f", NOW)
    assert not is_due(fresh, SPEC, "f", NOW + 2 * HOUR)
    assert is_due(fresh, SPEC, "f", NOW + 5 * HOUR)


# --- gone, moved, resting ---------------------------------------------------------------------------------


def test_p22_a_feed_that_is_gone_is_asked_once_more_after_a_day_and_then_never() -> None:
    gone = Failed(reason="HTTP 410 Gone", status=410)
    once = next_state(STATE, gone, SPEC, "f", NOW)
    assert not is_stopped(once)
    assert once.due == NOW + timedelta(days=1)
    twice = next_state(once, gone, SPEC, "f", NOW + timedelta(days=1))
    assert is_stopped(twice)
    assert not is_due(twice, SPEC, "f", NOW + timedelta(days=4000))
    assert is_due(twice, SPEC, "another configuration", NOW + timedelta(days=2))


def test_p22_a_feed_that_comes_back_is_not_gone() -> None:
    once = next_state(STATE, Failed(reason="HTTP 410 Gone", status=410), SPEC, "f", NOW)
    assert next_state(once, FAILED, SPEC, "f", NOW).gone == 0
    assert next_state(once, reading(), SPEC, "f", NOW).gone == 0


NEW = "https://voa.example/new"


def after_redirects(*days: float, to: str = NEW, spec: OriginSpec = SPEC) -> SourceState:
    state = STATE
    for day in days:
        state = next_state(state, reading(moved=to), spec, "f", NOW + timedelta(days=day))
    return state


@pytest.mark.parametrize(
    ("days", "asked"),
    [
        pytest.param((0, 0.5), SPEC.locations[0], id="two readings are not enough"),
        pytest.param((0, 0.1, 0.2, 0.3), SPEC.locations[0], id="nor is less than a day"),
        pytest.param((0, 0.5, 1), NEW, id="three readings that span a day are"),
    ],
)
def test_p23_a_permanent_redirect_is_believed_when_it_held(days: tuple[float, ...], asked: str) -> None:
    assert address(after_redirects(*days), SPEC) == asked


def test_p23_a_believed_address_stays_until_it_fails_or_the_configuration_names_another() -> None:
    state = after_redirects(0, 0.5, 1)
    assert address(next_state(state, reading(), SPEC, "f", NOW), SPEC) == NEW
    assert address(state, replace(SPEC, locations=("https://elsewhere.example/",))) == "https://elsewhere.example/"
    for _ in range(3):
        state = next_state(state, FAILED, SPEC, "f", NOW)
    assert address(state, SPEC) == SPEC.locations[0]


def test_p23_t8_another_target_or_a_direct_answer_starts_the_count_again() -> None:
    state = after_redirects(0, 0.5)
    assert next_state(state, reading(), SPEC, "f", NOW).move is None
    other = next_state(state, reading(moved="https://other.example/"), SPEC, "f", NOW + timedelta(days=1))
    assert address(other, SPEC) == SPEC.locations[0]
    assert other.move == Move(to="https://other.example/", times=1, since=NOW + timedelta(days=1))


def test_p23_t8_no_redirect_leads_from_https_to_http_for_good() -> None:
    assert after_redirects(0, 0.5, 1, 2, to="http://voa.example/new").address is None
    plain = replace(SPEC, locations=("http://voa.example/feed",))
    assert address(after_redirects(0, 0.5, 1, to="http://voa.example/new", spec=plain), plain).endswith("/new")


def test_p23_how_long_a_redirect_has_to_hold_can_be_set() -> None:
    patient = replace(SPEC, believe=timedelta(days=7))
    assert address(after_redirects(0, 2, 4, spec=patient), patient) == SPEC.locations[0]
    assert address(after_redirects(0, 2, 7, spec=patient), patient) == NEW


@pytest.mark.parametrize(
    ("host", "url", "rests"),
    [
        pytest.param("example.com", "https://example.com/feed", True, id="a domain"),
        pytest.param("example.com", "https://ann.example.com/feed", True, id="a host below a domain"),
        pytest.param("example.com", "https://badexample.com/feed", False, id="another domain"),
        pytest.param("a.example.com:443", "https://a.example.com/feed", True, id="a host"),
        pytest.param("a.example.com:443", "https://b.example.com/feed", False, id="another host of its domain"),
        pytest.param("a.example.com:443", "http://a.example.com/feed", False, id="another port"),
        pytest.param("a.example.com:8080", "http://A.example.com:8080/feed", True, id="a port in the address"),
    ],
)
def test_p8_all_on_a_host_wait_that_asked_for_rest(host: str, url: str, rests: bool) -> None:  # noqa: FBT001  # a column
    rest = Rest(host=host, until=NOW + HOUR)
    assert (resting(url, [rest], NOW) == rest) is rests
    assert resting(url, [rest], NOW + HOUR) is None


def test_p8_the_longest_rest_counts() -> None:
    short, long = Rest(host="a.example:80", until=NOW + HOUR), Rest(host="a.example", until=NOW + 2 * HOUR)
    assert resting("http://a.example/", [short, long], NOW) == long


def test_p8_a_server_that_asks_for_rest_is_left_alone_by_all_until_the_source_is_asked_again() -> None:
    outcome = Failed(reason="429", status=429, retry_after=2 * HOUR, scope="example.com")
    state = next_state(STATE, outcome, SPEC, "f", NOW)
    assert state.rest == Rest(host="example.com", until=NOW + 2 * HOUR)
    assert next_state(state, reading(), SPEC, "f", NOW + 2 * HOUR).rest is None


def test_f17_a_due_time_that_no_rule_can_have_made_is_not_waited_for() -> None:
    state = replace(STATE, due=NOW + timedelta(days=3000), schedule="{}")
    assert is_due(state, SPEC, "f", NOW + HOUR)


# --- as the operator wants it ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({}, id="never asked"),
        pytest.param({"due": NOW - HOUR, "fetched": NOW - 2 * HOUR, "fingerprint": "f"}, id="due"),
        pytest.param({"due": NOW + HOUR, "fetched": NOW, "fingerprint": "other"}, id="configuration changed"),
        pytest.param({"due": NOW + HOUR, "fetched": NOW + HOUR, "fingerprint": "f"}, id="clock set back"),
    ],
)
def test_a_paused_source_is_not_due(fields: dict[str, Any]) -> None:
    state = SourceState(name="voa", **fields)
    assert is_due(state, SPEC, "f", NOW)
    assert not is_due(paused(state), SPEC, "f", NOW)
    assert next_visit(paused(state), SPEC, "f", [], NOW) is None


def test_a_pause_outlasts_an_attempt_and_keeps_what_is_remembered() -> None:
    state = SourceState(name="voa", failures=2, error="HTTP 500", due=NOW)
    assert paused(state) == replace(state, paused=True)
    assert next_state(paused(state), Failed(reason="HTTP 500"), SPEC, "f", NOW).paused


def test_a_source_that_goes_on_is_asked_at_once_whatever_its_schedule_is_now() -> None:
    state = next_state(SourceState(name="voa"), Unchanged(reason="304"), SPEC, "f", NOW)
    going_on = resumed(paused(state), NOW + timedelta(seconds=1))
    assert not is_due(state, SPEC, "f", NOW + timedelta(seconds=1))
    assert is_due(going_on, SPEC, "f", NOW + timedelta(seconds=1))
    assert is_due(going_on, replace(SPEC, schedule=Interval(every=6 * HOUR)), "f", NOW + timedelta(seconds=1))
    assert resumed(state, NOW) == state


def test_a_source_that_goes_on_still_leaves_its_server_the_rest_it_asked_for() -> None:
    failed = next_state(SourceState(name="voa"), Failed(reason="HTTP 429", retry_after=5 * HOUR), SPEC, "f", NOW)
    going_on = resumed(paused(failed), NOW + HOUR)
    assert not is_due(going_on, SPEC, "f", NOW + HOUR)
    assert is_due(going_on, SPEC, "f", NOW + 5 * HOUR)


def test_a_source_that_is_reset_has_never_failed_and_is_asked_at_once() -> None:
    state = SourceState(name="voa", succeeded=NOW - HOUR, channel=Channel(title="VOA"))
    for hours in (0, 48):
        gone = Failed(reason="HTTP 410", status=410, retry_after=5 * HOUR, scope="voa.example")
        state = next_state(state, gone, SPEC, "f", NOW + hours * HOUR)
    assert is_stopped(state)
    again = reset(state, NOW + 49 * HOUR)
    assert (again.failures, again.error, again.gone, again.rest) == (0, "", 0, None)
    assert (again.succeeded, again.channel) == (state.succeeded, state.channel)
    assert is_due(again, SPEC, "f", NOW + 49 * HOUR)
