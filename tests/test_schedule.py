"""When the service wakes: cron lines through changes of the clock, jitter, turns, the alarm, and the loop."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.base import BaseScheduler
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.configtext import parse_config
from feedbraid.errors import ConfigError
from feedbraid.model import (
    Cron,
    Failed,
    Hints,
    Interval,
    OriginSpec,
    Rest,
    Schedule,
    SourceState,
    Unchanged,
    Validators,
)
from feedbraid.policy import AT_ONCE, TOLERANCE, is_due, next_state, next_time, next_visit, resting, slots, turns
from feedbraid.schedule import Alarm, Due, Event, Happened, Loop, Times
from feedbraid.settings import Config

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ETAG = Validators(url="https://voa.example/feed", etag=b'"a"')
SPEC = OriginSpec(name="voa", kind="web", locations=("https://voa.example/feed",), schedule=Interval(every=HOUR))

CHANGES = [
    pytest.param("Europe/Berlin", date(2026, 3, 29), id="Berlin, spring"),
    pytest.param("Europe/Berlin", date(2026, 10, 25), id="Berlin, autumn"),
    pytest.param("America/New_York", date(2026, 3, 8), id="New York, spring"),
    pytest.param("America/New_York", date(2026, 11, 1), id="New York, autumn"),
    pytest.param("Australia/Sydney", date(2026, 10, 4), id="Sydney, spring"),
    pytest.param("Australia/Sydney", date(2026, 4, 5), id="Sydney, autumn"),
]
"""Days on which a clock is set by an hour."""

DAILY = ["30 1 * * *", "30 2 * * *", "0 2 * * *", "0 3 * * *", "@daily"]


def around(zone: str, day: date) -> tuple[datetime, datetime]:
    """Give noon two days before and two days after a day, in UTC."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    return (noon - 2 * DAY).astimezone(UTC), (noon + 2 * DAY).astimezone(UTC)


# --- cron lines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("0 3 * * 0", "2026-01-11 03:00", id="Sunday is 0"),
        pytest.param("0 3 * * 7", "2026-01-11 03:00", id="Sunday is 7"),
        pytest.param("0 3 * * SUN", "2026-01-11 03:00", id="Sunday has a name"),
        pytest.param("0 3 1 feb *", "2026-02-01 03:00", id="months have names, in small letters too"),
        pytest.param("0 3 13 * FRI", "2026-01-09 03:00", id="day of month or of week"),
        pytest.param("0 3 8 * FRI", "2026-01-08 03:00", id="the other one of both"),
        pytest.param("0 3 */2 * FRI", "2026-01-09 03:00", id="and, when one begins with *"),
        pytest.param("*/15 * * * *", "2026-01-05 12:15", id="steps"),
        pytest.param("5-10,50 11 * * *", "2026-01-06 11:05", id="ranges and lists"),
        pytest.param("@hourly", "2026-01-05 13:00", id="a word"),
        pytest.param("@weekly", "2026-01-11 00:00", id="a week begins on Sunday"),
        pytest.param("0 3 29 2 *", "2028-02-29 03:00", id="a day of leap years"),
    ],
)
def test_cron_lines_mean_what_cron_means(line: str, expected: str) -> None:
    assert f"{next_time(Cron(line=line), NOW):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("line", DAILY)
def test_a_daily_source_is_asked_once_on_each_day_when_the_clock_is_set(zone: str, day: date, line: str) -> None:
    """Also when passes are made every minute, seconds late or early."""
    begin, end = around(zone, day)
    spec = replace(SPEC, schedule=Cron(line=line, zone=zone))
    state, asked, now = next_state(SourceState(name="voa"), Unchanged(reason="304"), spec, "f", begin), [], begin
    while now < end:
        now += timedelta(seconds=59)
        if is_due(state, spec, "f", now):
            asked.append(now)
            state = next_state(state, Unchanged(reason="304"), spec, "f", now)
    days = [(moment + TOLERANCE).astimezone(ZoneInfo(zone)).date() for moment in asked]
    assert days == [day + DAY * number for number in (-1, 0, 1, 2)]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize(
    "schedule",
    [Cron(line="0 * * * *"), Cron(line="@hourly"), Interval(every=HOUR)],
    ids=["cron", "word", "interval"],
)
def test_an_hourly_source_is_asked_every_hour_when_the_clock_is_set(
    zone: str, day: date, schedule: Cron | Interval
) -> None:
    begin, end = around(zone, day)
    schedule = replace(schedule, zone=zone) if isinstance(schedule, Cron) else schedule
    asked = [begin]
    while asked[-1] < end:
        asked.append(next_time(schedule, asked[-1]))
    assert {after - before for before, after in pairwise(asked)} == {HOUR}


def test_what_falls_into_two_equal_hours_comes_in_the_first_one() -> None:
    due = next_time(Cron(line="30 2 * * *", zone="Europe/Berlin"), datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert due == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert f"{due.astimezone(ZoneInfo('Europe/Berlin')):%H:%M %Z}" == "02:30 CEST"


def test_what_falls_into_an_hour_that_is_left_out_comes_when_it_is_over() -> None:
    due = next_time(Cron(line="30 2 * * *", zone="Europe/Berlin"), datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert due == datetime(2026, 3, 29, 3, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("line", ["30 2 * * *", "30 1 * * *", "0 * * * *", "*/30 2 * * *", "0 3 * * *"])
def test_the_next_time_is_the_same_from_wherever_it_is_looked_for(zone: str, day: date, line: str) -> None:
    begin, end = around(zone, day)
    schedule = Cron(line=line, zone=zone)
    times = slots(schedule, begin)
    known = [next(times)]
    while known[-1] < end + 2 * DAY:
        known.append(next(times))
    now = begin
    while now < end:
        assert next_time(schedule, now) == next(time for time in known if time > now), now
        now += 10 * MINUTE


@given(st.integers(-40, 40))
def test_a_slot_that_was_asked_for_some_seconds_early_is_not_asked_for_again(seconds: int) -> None:
    spec = replace(SPEC, schedule=Cron(line="40 * * * *"))
    state = next_state(SourceState(name="voa"), Unchanged(reason="304"), spec, "f", NOW)
    now = NOW + 40 * MINUTE + timedelta(seconds=seconds)
    if not is_due(state, spec, "f", now):
        assert seconds < -30
        return
    outcomes: tuple[Unchanged | Failed, ...] = (Unchanged(reason="304"), Failed(reason="HTTP 500"))
    for outcome in outcomes:
        after = next_state(state, outcome, spec, "f", now)
        assert after.due is not None
        assert after.due >= NOW + 100 * MINUTE


# --- what a configuration says ----------------------------------------------------------------------------


def configured(every: str, fetch: str = "") -> Config:
    return parse_config(
        f"fetch: {{{fetch}}}\nsources: {{a: {{url: https://a.example/, every: '{every}'}}}}", "config.yaml"
    )


@pytest.mark.parametrize(
    ("every", "schedule"),
    [
        pytest.param("40 7 * * *", Cron(line="40 7 * * *"), id="in UTC"),
        pytest.param("40 7 * * * Europe/Berlin", Cron(line="40 7 * * *", zone="Europe/Berlin"), id="in a zone"),
        pytest.param("@daily Asia/Shanghai", Cron(line="@daily", zone="Asia/Shanghai"), id="a word in a zone"),
        pytest.param("40 7 * * MON", Cron(line="40 7 * * MON"), id="a day is no zone"),
        pytest.param("30m", Interval(every=30 * MINUTE), id="a pause"),
    ],
)
def test_a_schedule_may_name_a_time_zone(every: str, schedule: Schedule) -> None:
    assert configured(every).sources[0].schedule == schedule


@pytest.mark.parametrize(
    ("every", "words"),
    [
        pytest.param("40 7 * * * europe/berlin", "did you mean 'Europe/Berlin'?", id="a zone in small letters"),
        pytest.param("@daily Berlin", "'Berlin' is no time zone", id="no zone"),
        pytest.param("0 40 7 * * *", "a cron line has five fields", id="seconds"),
        pytest.param("40 7 * * * Europe/Berlin UTC", "a cron line has five fields", id="two zones"),
        pytest.param("0 3 31 2 *", "is no cron line: bad day-of-month", id="a day that there is not"),
        pytest.param("0 25 * * *", "is no cron line: bad hour", id="an hour that there is not"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_named(every: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        configured(every)


def test_jitter_and_spread_are_settings_and_may_be_none() -> None:
    plain = configured("1h")
    assert (plain.sources[0].schedule.jitter, plain.spread) == (timedelta(), 10 * MINUTE)
    other = configured("@daily UTC", "jitter: 5m, spread: 0")
    assert (other.sources[0].schedule, other.spread) == (Cron(line="@daily", jitter=5 * MINUTE), timedelta())
    with pytest.raises(ConfigError, match="'2d' is too long: at most 1d"):
        configured("1h", "jitter: 2d")


# --- jitter and turns -------------------------------------------------------------------------------------

NAMES = [f"s{number}" for number in range(200)]


@pytest.mark.parametrize("plain", [Interval(every=HOUR), Cron(line="0 * * * *")], ids=["interval", "cron"])
def test_jitter_delays_each_source_by_a_time_of_its_own_and_always_by_the_same(plain: Interval | Cron) -> None:
    schedule = replace(plain, jitter=5 * MINUTE)
    late = [next_time(schedule, NOW, name) - next_time(plain, NOW, name) for name in NAMES]
    assert min(late) >= timedelta()
    assert max(late) <= 5 * MINUTE
    assert len(set(late)) > 100
    assert late == [next_time(schedule, NOW, name) - next_time(plain, NOW, name) for name in NAMES]
    assert all(one.microseconds == 0 for one in late)


def test_jitter_leaves_one_visit_for_each_slot() -> None:
    spec = replace(SPEC, schedule=Cron(line="0 * * * *", jitter=20 * MINUTE))
    state, asked = SourceState(name="voa"), [NOW]
    for _ in range(48):
        state = next_state(state, Unchanged(reason="304"), spec, "f", asked[-1])
        assert state.due is not None
        asked.append(state.due)
    assert [moment.replace(minute=0, second=0) for moment in asked] == [
        NOW + HOUR * number for number in range(49)
    ]
    assert len({moment.minute for moment in asked}) > 10


def test_another_jitter_holds_at_once() -> None:
    state = next_state(SourceState(name="voa"), Unchanged(reason="304", validators=ETAG), SPEC, "f", NOW)
    late = replace(SPEC, schedule=replace(SPEC.schedule, jitter=DAY))
    assert is_due(state, SPEC, "f", NOW + HOUR)
    assert not is_due(state, late, "f", NOW + HOUR)


@pytest.mark.parametrize("count", [0, 1, AT_ONCE])
def test_sources_that_are_not_many_are_asked_at_once(count: int) -> None:
    assert set(turns(NAMES[:count], 10 * MINUTE).values()) <= {timedelta()}


def test_very_many_sources_take_turns_within_the_window() -> None:
    names = [f"s{number}" for number in range(1064)]
    waits = turns(names, 10 * MINUTE)
    assert waits == turns(reversed(names), 10 * MINUTE)
    assert set(waits) == set(names)
    assert max(waits.values()) == 10 * MINUTE
    sizes = [list(waits.values()).count(wait) for wait in sorted(set(waits.values()))]
    assert sizes == [AT_ONCE, *[50] * 20]


def test_without_a_window_nobody_waits() -> None:
    assert set(turns([*NAMES], timedelta()).values()) == {timedelta()}


# --- the next visit ---------------------------------------------------------------------------------------

spans = st.integers(0, 10 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
hints = st.builds(
    Hints,
    skip_hours=st.sets(st.integers(0, 23)).map(lambda found: tuple(sorted(found))),
    skip_days=st.sets(st.integers(0, 6), max_size=6).map(lambda found: tuple(sorted(found))),
)
schedules: st.SearchStrategy[Schedule] = st.sampled_from(
    [Interval(every=HOUR), Interval(every=6 * HOUR, jitter=HOUR), Cron(line="30 2 * * *", zone="Europe/Berlin")]
)


OUTCOMES: tuple[Unchanged | Failed, ...] = (
    Unchanged(reason="304", validators=ETAG),
    Unchanged(reason="304", validators=ETAG, max_age=5 * HOUR),
    Failed(reason="HTTP 500"),
    Failed(reason="429", status=429, retry_after=2 * DAY, scope="voa.example"),
    Failed(reason="410", status=410),
)


@st.composite
def states(draw: st.DrawFn) -> SourceState:
    begun = NOW - draw(spans)
    outcome = draw(st.sampled_from(OUTCOMES))
    before = SourceState(name="voa", changed=begun - draw(spans), hints=draw(hints), quiet=3)
    spec = replace(SPEC, schedule=draw(schedules))
    return next_state(before, outcome, spec, draw(st.sampled_from(["f", "other"])), begun)


@given(st.none() | states(), schedules, st.lists(spans, max_size=2))
def test_the_next_visit_is_the_first_moment_at_which_a_source_is_due(
    state: SourceState | None, schedule: Schedule, spans: list[timedelta]
) -> None:
    spec = replace(SPEC, schedule=schedule)
    rests = [Rest(host="voa.example", until=NOW + span) for span in spans]

    def may_be_asked(now: datetime) -> bool:
        return is_due(state, spec, "f", now) and not resting(SPEC.locations[0], rests, now)

    visit = next_visit(state, spec, "f", rests, NOW)
    assert visit is not None
    moment, why = visit
    assert moment >= NOW
    assert why
    assert may_be_asked(moment)
    earlier = NOW
    while earlier < moment - TOLERANCE:
        assert not may_be_asked(earlier), f"{earlier} is before {moment}: {why}"
        earlier += max(MINUTE, (moment - NOW) / 500)


def test_p22_a_source_that_is_gone_is_not_visited_any_more() -> None:
    gone = SourceState(name="voa", fingerprint="f", fetched=NOW, due=NOW, gone=2, error="HTTP 410")
    assert next_visit(gone, SPEC, "f", [], NOW) is None
    assert next_visit(gone, SPEC, "other", [], NOW) == (NOW, "its configuration has changed")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        pytest.param({"due": NOW + HOUR, "why": "the schedule"}, "the schedule", id="as planned"),
        pytest.param({"due": None}, "it was never read", id="never read"),
        pytest.param({"fetched": NOW + DAY}, "the clock was set", id="F17 a visit in the future"),
        pytest.param({"hints": Hints(skip_hours=(13,))}, "the feed wishes it (skipHours, skipDays)", id="skipped"),
    ],
)
def test_what_decides_the_next_visit_is_named(fields: dict[str, Any], why: str) -> None:
    state = replace(SourceState(name="voa", fingerprint="f", fetched=NOW, due=NOW + HOUR), **fields)
    visit = next_visit(state, SPEC, "f", [], NOW)
    assert visit is not None
    assert visit[1] == why


def test_p8_what_another_source_was_told_on_the_same_host_is_named() -> None:
    state = SourceState(name="voa", fingerprint="f", fetched=NOW, due=NOW + HOUR)
    rests = [Rest(host="voa.example", until=NOW + 3 * HOUR)]
    assert next_visit(state, SPEC, "f", rests, NOW) == (NOW + 3 * HOUR, "voa.example asked for rest")
    assert next_visit(state, replace(SPEC, kind="file"), "f", rests, NOW) == (NOW + HOUR, "the schedule")


def test_p18_robots_txt_is_asked_for_anew_after_a_day_however_often_the_feed_is() -> None:
    state = SourceState(name="voa")
    for hour in range(30):
        state = next_state(state, Unchanged(reason="304", robots=True), SPEC, "f", NOW + hour * HOUR)
    assert state.robots_read == NOW + DAY


# --- the alarm --------------------------------------------------------------------------------------------


class Clock(datetime):
    """The time of day of a machine, as a test has it."""

    at = NOW

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one will do
        return cls.at.astimezone(tz)


class ByHand(BaseScheduler):  # type: ignore[misc]  # the library has no types
    """APScheduler, looking at the clock when it is told to."""

    def wakeup(self) -> None:
        """Look later."""

    def shutdown(self, wait: bool = True) -> None:  # noqa: FBT001, FBT002  # as the library has it
        super().shutdown(wait)

    def look(self) -> None:
        self._process_jobs()


@pytest.fixture
def rang(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When the alarm rang."""
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Clock)
    monkeypatch.setattr(Clock, "at", NOW)
    return []


def alarm_by_hand(rang: list[datetime], beat: timedelta) -> tuple[Alarm, ByHand]:
    scheduler = ByHand(timezone=UTC, executors={"default": DebugExecutor()})
    alarm = Alarm(lambda: rang.append(Clock.at), beat, scheduler)
    alarm.start()
    return alarm, scheduler


def pass_time(scheduler: ByHand, until: datetime, step: timedelta = 10 * MINUTE) -> None:
    while until > Clock.at:
        Clock.at += step
        scheduler.look()


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("line", ["30 2 * * *", "0 3 * * *", "0 * * * *"])
def test_the_alarm_goes_by_a_cron_line_when_the_clock_is_set(
    rang: list[datetime], zone: str, day: date, line: str
) -> None:
    begin, end = around(zone, day)
    Clock.at = begin
    schedule = Cron(line=line, zone=zone)
    alarm, scheduler = alarm_by_hand(rang, 100 * DAY)
    alarm.set([Due(next_time(schedule, begin), schedule)])
    pass_time(scheduler, end)
    expected = [begin]
    while (following := next_time(schedule, expected[-1])) <= end:
        expected.append(following)
    assert rang == expected[1:]
    assert len(rang) == ((end - begin) / HOUR if line == "0 * * * *" else 4)


def test_f18_f50_times_that_were_missed_are_made_up_for_once(rang: list[datetime]) -> None:
    alarm, scheduler = alarm_by_hand(rang, 15 * MINUTE)
    hourly = Cron(line="0 * * * *")
    alarm.set([Due(NOW + HOUR, hourly), Due(NOW + 2 * HOUR), Due(NOW + 3 * HOUR, Interval(every=MINUTE))])
    Clock.at = NOW + 3650 * DAY + 7 * MINUTE
    for _ in range(3):
        scheduler.look()
    assert rang == [Clock.at]
    scheduler.look()
    assert len(rang) == 1


def test_the_alarm_rings_by_the_beat_when_nothing_is_due(rang: list[datetime]) -> None:
    alarm, scheduler = alarm_by_hand(rang, 30 * MINUTE)
    alarm.set([])
    pass_time(scheduler, NOW + 2 * HOUR)
    assert rang == [NOW + 30 * MINUTE * number for number in (1, 2, 3, 4)]


def test_the_alarm_forgets_the_times_of_before(rang: list[datetime]) -> None:
    alarm, scheduler = alarm_by_hand(rang, 100 * DAY)
    alarm.set([Due(NOW + HOUR)])
    alarm.set([Due(NOW + 2 * HOUR)])
    pass_time(scheduler, NOW + DAY)
    assert rang == [NOW + 2 * HOUR]


def test_of_thousands_of_sources_the_alarm_knows_one_time_for_each_schedule(rang: list[datetime]) -> None:
    alarm, scheduler = alarm_by_hand(rang, DAY)
    two: tuple[Schedule, ...] = (Interval(every=HOUR), Cron(line="@hourly"))
    alarm.set(Due(NOW + (1 + number) * MINUTE, two[number % 2]) for number in range(10_000))
    (job,) = scheduler.get_jobs()
    assert len(job.trigger.triggers) == 3
    pass_time(scheduler, NOW + 2 * MINUTE, MINUTE)
    assert rang == [NOW + MINUTE, NOW + 2 * MINUTE]


def test_times_that_are_over_come_at_once_and_then_by_the_schedule() -> None:
    times = Times(Due(NOW - HOUR, Cron(line="40 * * * *")))
    assert times.get_next_fire_time(None, NOW) == NOW
    assert times.get_next_fire_time(NOW, NOW) == NOW + 40 * MINUTE
    assert times.get_next_fire_time(NOW, NOW + 3 * HOUR) == NOW + 3 * HOUR + 40 * MINUTE
    assert Times(Due(NOW - HOUR)).get_next_fire_time(NOW, NOW) is None


# --- the loop ---------------------------------------------------------------------------------------------


def looping(
    work: Callable[[Loop, frozenset[Event]], Iterable[Due] | None],
    beat: timedelta = HOUR,
    **options: Any,  # noqa: ANN401  # those of the loop
) -> None:
    """Let a loop call `work` until it rings END."""
    loop = Loop(lambda happened: work(loop, happened), beat, **options)
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    thread.join(15)
    assert not thread.is_alive(), "it waits for ever"


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(milliseconds=30)  # noqa: TID251  # by this clock the library goes


def test_the_loop_works_when_something_is_due_and_says_so() -> None:
    seen = []

    def work(loop: Loop, happened: frozenset[Event]) -> list[Due]:
        seen.append(happened)
        if len(seen) == 3:
            loop.ring(Happened.END)
        return [Due(soon())]

    looping(work)
    assert seen == [{Happened.START}, {Happened.TIME}, {Happened.TIME}]


def test_no_overlap_whatever_happens_during_a_call_leads_to_one_more() -> None:
    seen: list[frozenset[Event]] = []
    at_work = 0

    def work(loop: Loop, happened: frozenset[Event]) -> list[Due]:
        nonlocal at_work
        at_work += 1
        assert at_work == 1
        seen.append(happened)
        if len(seen) == 1:
            others = [threading.Thread(target=loop.ring, args=(event,)) for event in ["a", "b", "a"] * 10]
            for one in others:
                one.start()
            for one in others:
                one.join()
        else:
            loop.ring(Happened.END)
        at_work -= 1
        return ()  # type: ignore[return-value]  # nothing is due

    looping(work)
    assert seen == [{Happened.START}, {"a", "b"}]


def test_a_call_that_knows_no_times_leaves_those_of_before_and_their_schedules() -> None:
    calls = []

    def work(loop: Loop, _: frozenset[Event]) -> list[Due] | None:
        calls.append(time.monotonic())
        if len(calls) == 4:
            loop.ring(Happened.END)
        return [Due(soon(), Interval(every=timedelta(milliseconds=30)))] if len(calls) == 1 else None

    looping(work)
    assert len(calls) == 4


def test_a_loop_that_never_knew_a_time_works_by_the_beat() -> None:
    calls = []

    def work(loop: Loop, happened: frozenset[Event]) -> None:
        calls.append(happened)
        if len(calls) == 3:
            loop.ring(Happened.END)

    looping(work, timedelta(milliseconds=50))
    assert calls == [{Happened.START}, {Happened.TIME}, {Happened.TIME}]


def test_f17_a_clock_that_is_set_wakes_the_loop() -> None:
    ahead = [timedelta()]
    seen = []

    def work(loop: Loop, happened: frozenset[Event]) -> tuple[Due, ...]:
        seen.append(happened)
        if len(seen) == 2:
            loop.ring(Happened.END)
        else:
            threading.Timer(0.05, lambda: ahead.append(-DAY)).start()
        return ()

    looping(work, clock=lambda: datetime.now(UTC) + ahead[-1], look=timedelta(milliseconds=10))  # noqa: TID251  # as above
    assert seen == [{Happened.START}, {Happened.CLOCK}]


class Beside:
    """A companion that keeps a record."""

    def __init__(self, record: list[str], name: str) -> None:
        self._record = record
        self._name = name

    def start(self) -> None:
        if self._name == "broken":
            raise OSError("the port is taken")
        self._record.append(f"{self._name} starts")

    def stop(self) -> None:
        self._record.append(f"{self._name} stops")


def test_companions_start_before_the_work_and_stop_after_it_the_last_one_first() -> None:
    record: list[str] = []

    def work(loop: Loop, _: frozenset[Event]) -> None:
        record.append("work")
        loop.ring(Happened.END)

    looping(work, companions=[Beside(record, "one"), Beside(record, "two")])
    assert record == ["one starts", "two starts", "work", "two stops", "one stops"]


def test_companions_stop_when_the_work_is_interrupted_and_when_another_one_can_not_start() -> None:
    record: list[str] = []

    def work(_: frozenset[Event]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Loop(work, HOUR, companions=[Beside(record, "one")]).run()
    with pytest.raises(OSError, match="the port is taken"):
        Loop(work, HOUR, companions=[Beside(record, "one"), Beside(record, "broken")]).run()
    assert record == ["one starts", "one stops"] * 2


def test_the_loop_shows_that_it_lives_while_it_waits_and_not_while_it_works() -> None:
    signs: list[str] = []

    def work(loop: Loop, happened: frozenset[Event]) -> tuple[Due, ...]:
        signs.append("work")
        time.sleep(0.1)  # it is the length of the work that is tested
        signs.append("done")
        if Happened.START not in happened:
            loop.ring(Happened.END)
        return ()

    beat, look = timedelta(milliseconds=200), timedelta(milliseconds=20)
    looping(work, beat, alive=lambda: signs.append("alive"), look=look)
    assert signs[:2] == ["work", "done"]
    assert signs[-3:] == ["work", "done", "alive"]
    assert 4 <= signs[2:-3].count("alive") == len(signs) - 5


def test_f47_what_came_due_during_a_call_is_forgotten_for_what_the_call_says() -> None:
    seen = []

    def work(loop: Loop, happened: frozenset[Event]) -> list[Due]:
        seen.append(happened)
        if len(seen) == 1:
            return [Due(soon(), Interval(every=timedelta(milliseconds=20)))]
        time.sleep(0.1)  # it comes due several times meanwhile
        threading.Timer(0.1, loop.ring, [Happened.END]).start()
        return []

    looping(work)
    assert seen == [{Happened.START}, {Happened.TIME}]
