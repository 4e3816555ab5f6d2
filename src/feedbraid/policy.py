"""When a source is asked again: decided from its state and the time, without asking anybody."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from feedbraid.model import Cron, Failed, Fresh, OriginSpec, Outcome, Schedule, SourceState, Unchanged

TOLERANCE = timedelta(seconds=30)
"""A cron job that starts some seconds earlier than an hour ago still finds its hourly sources due."""

LONGEST_PAUSE = timedelta(days=1)
"""Of the back-off after failures."""

LONGEST_FRESHNESS = timedelta(days=7)
"""A server's max-age beyond this is taken for a mistake."""

LONGEST_WAIT = timedelta(days=31)
"""A server that asks for more is not obeyed."""

CRON_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


def is_due(state: SourceState | None, fingerprint: str, now: datetime) -> bool:
    """Tell whether a source is to be asked now: never before, config changed, time come, or clock set back."""
    if state is None or state.due is None or state.fingerprint != fingerprint:
        return True
    clock_was_wrong = (state.fetched or now) > now + TOLERANCE
    return clock_was_wrong or now >= state.due - TOLERANCE


def next_time(schedule: Schedule, now: datetime) -> datetime:
    """Give the time after `now` at which a schedule wants to ask, in UTC."""
    if isinstance(schedule, Cron):
        local = now.astimezone(ZoneInfo(schedule.zone))
        line = CRON_ALIASES.get(schedule.line, schedule.line)
        return next(CronSim(line, local)).astimezone(now.tzinfo)
    return now + schedule.every


def next_state(
    old: SourceState, outcome: Outcome, spec: OriginSpec, fingerprint: str, now: datetime
) -> SourceState:
    """Give the state of a source after an attempt, with the time of the next one."""
    state = replace(old, fingerprint=fingerprint, fetched=now)
    if isinstance(outcome, Failed):
        return _after_failure(state, outcome, spec, now)
    freshness = min(outcome.max_age or timedelta(), LONGEST_FRESHNESS)
    state = replace(
        state,
        succeeded=now,
        failures=0,
        error="",
        due=max(next_time(spec.schedule, now), now + freshness),
    )
    if isinstance(outcome, Unchanged):
        return replace(state, validators=outcome.validators or state.validators)
    return _after_reading(state, outcome)


def _after_reading(state: SourceState, outcome: Fresh) -> SourceState:
    """Keep the validators only with a whole document: else a 304 would hide what was cut off."""
    return replace(
        state,
        validators=outcome.validators if outcome.complete else None,
        body_digest=outcome.body_digest if outcome.complete else "",
        channel=outcome.channel or state.channel,
    )


def _after_failure(state: SourceState, outcome: Failed, spec: OriginSpec, now: datetime) -> SourceState:
    """Wait twice as long after each failure in a row, at least as long as the server asks (B4..B8)."""
    failures = state.failures + 1
    planned = next_time(spec.schedule, now)
    pause = max(min((planned - now) * 2 ** min(failures - 1, 10), LONGEST_PAUSE), planned - now)
    asked = min(outcome.retry_after or timedelta(), LONGEST_WAIT)
    return replace(state, failures=failures, error=outcome.reason, due=now + max(pause, asked))
