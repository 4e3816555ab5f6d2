"""When a source is asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from feedbraid.model import (
    Cron,
    Failed,
    Fresh,
    Interval,
    OriginSpec,
    Schedule,
    SourceState,
    Unchanged,
    Validators,
)
from feedbraid.policy import is_due, next_state, next_time

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPEC = OriginSpec(name="voa", kind="web", locations=("https://voa.example/feed",), schedule=Interval(every=HOUR))
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
    assert is_due(state, fingerprint, NOW + after) is due


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
        pytest.param(50, 24, id="no failure waits longer than a day"),
    ],
)
def test_failures_back_off(failures: int, hours: int) -> None:
    before = SourceState(name="voa", failures=failures)
    state = next_state(before, Failed(reason="HTTP 500"), SPEC, "f", NOW)
    assert state.due == NOW + hours * HOUR
    assert state.failures == failures + 1


def test_a_failure_never_shortens_a_long_interval() -> None:
    weekly = OriginSpec(name="w", kind="web", locations=(), schedule=Interval(every=timedelta(days=7)))
    state = next_state(SourceState(name="w"), Failed(reason="x"), weekly, "f", NOW)
    assert state.due == NOW + timedelta(days=7)


def test_retry_after_is_obeyed_up_to_a_month() -> None:
    asked = next_state(STATE, Failed(reason="429", retry_after=timedelta(days=3)), SPEC, "f", NOW)
    assert asked.due == NOW + timedelta(days=3)
    absurd = next_state(STATE, Failed(reason="429", retry_after=timedelta(days=400)), SPEC, "f", NOW)
    assert absurd.due == NOW + timedelta(days=31)


def test_max_age_is_a_floor_of_at_most_a_week() -> None:
    fresh = next_state(STATE, Unchanged(reason="304", max_age=timedelta(hours=5)), SPEC, "f", NOW)
    assert fresh.due == NOW + timedelta(hours=5)
    absurd = next_state(STATE, Unchanged(reason="304", max_age=timedelta(days=365)), SPEC, "f", NOW)
    assert absurd.due == NOW + timedelta(days=7)


def test_a_304_without_validators_keeps_the_old_ones() -> None:
    old = Validators(url="https://voa.example/feed", etag=b'"a"')
    state = next_state(SourceState(name="voa", validators=old), Unchanged(reason="304"), SPEC, "f", NOW)
    assert state.validators == old


def test_a_200_replaces_the_validators_as_a_set() -> None:
    old = Validators(url="https://voa.example/feed", etag=b'"a"', last_modified=b"then")
    new = Validators(url="https://voa.example/feed", etag=b'"b"')
    state = next_state(SourceState(name="voa", validators=old), Fresh(entries=(), validators=new), SPEC, "f", NOW)
    assert state.validators == new


def test_b12_a_cut_document_leaves_no_validators() -> None:
    given = Validators(url="https://voa.example/feed", etag=b'"b"')
    outcome = Fresh(entries=(), validators=given, body_digest="d", complete=False)
    state = next_state(SourceState(name="voa"), outcome, SPEC, "f", NOW)
    assert (state.validators, state.body_digest) == (None, "")


def test_a_failure_erases_no_validators() -> None:
    old = Validators(url="https://voa.example/feed", etag=b'"a"')
    state = next_state(SourceState(name="voa", validators=old), Failed(reason="HTTP 500"), SPEC, "f", NOW)
    assert state.validators == old
