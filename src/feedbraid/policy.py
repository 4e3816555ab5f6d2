"""When and where a source is asked again: decided from its state and the time, without asking anybody.

The rules of a polite fetcher (robustness.md 2): the operator's schedule is the least pause; servers and documents
can only make it longer, and no wish is obeyed for ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from feedbraid.codec import digest, encode
from feedbraid.model import (
    Channel,
    Cron,
    Failed,
    Fresh,
    Hints,
    Interval,
    Move,
    NewAddress,
    OriginSpec,
    Rest,
    Schedule,
    SourceState,
    Unchanged,
)
from feedbraid.urls import host_of, still_https

SCHEDULE = "the schedule"
MAX_AGE = "the server says that it stays fresh (max-age)"
TTL = "the feed wishes it (ttl)"
SKIPPED = "the feed wishes it (skipHours, skipDays)"
RARE = "it rarely has news"
UNRECOGNISABLE = "it has nothing to recognise an unchanged document by"
FAILED = "it failed"
RETRY_AFTER = "the server asked for rest (Retry-After)"
NEVER_READ = "it was never read"
CHANGED = "its configuration has changed"
CLOCK = "the clock was set"
ASKED = "the operator wants it"

TOLERANCE = timedelta(seconds=30)
"""A cron job that starts some seconds earlier than an hour ago still finds its hourly sources due."""

SHARE = 20
"""Of a pause, up to such a part may be left out."""

DAY = timedelta(days=1)

LONGEST_PAUSE = DAY
"""Of the back-off after failures, and between visits to a source that has nothing to recognise a document by."""

RESTING_AFTER = 30
"""Failures in a row after which a source is asked once a week."""

LONGEST_FRESHNESS = timedelta(days=7)
"""A max-age, a ttl or skipped days beyond this are taken for a mistake."""

LONGEST_WAIT = timedelta(days=31)
"""A server that asks for more is not obeyed."""

GOOD_READINGS = 3
"""By way of a permanent redirect, until its target is believed; captive portals redirect everything."""

FAILURES_AT_NEW_ADDRESS = 3
"""In a row, until the configured address is asked again."""

AT_ONCE = 64
"""Sources that are asked at once when the service begins; where more are due, the others take turns."""

PORTIONS = 20
"""In so many turns, each of which costs a pass."""

GONE = 410
TOO_MANY = 429
SLOW_DOWN = frozenset({TOO_MANY, 503})

CRON_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_Wish = tuple[datetime, str]
"""A time before which a source is not asked, and why."""


# --- when -------------------------------------------------------------------------------------------------


def is_due(state: SourceState | None, spec: OriginSpec, fingerprint: str, now: datetime) -> bool:
    """Tell whether a source is to be asked now: never before, config changed, time come, or clock set back."""
    if state is not None and state.paused:
        return False
    if state is None or state.due is None:
        return True
    if _clock_was_wrong(state, now):
        return True
    if state.fingerprint != fingerprint:
        return not state.failures or now >= (state.not_before or now)
    if is_stopped(state):
        return False
    due = due_time(state, state.due, spec)
    is_time = now >= due - tolerance(spec.schedule)
    return is_time and now >= (state.not_before or now) and not _is_skipped(state.hints, due, now)


def tolerance(schedule: Schedule) -> timedelta:
    """Give how much sooner than due a source may be asked: next to nothing of a short pause."""
    return min(TOLERANCE, schedule.every / SHARE) if isinstance(schedule, Interval) else TOLERANCE


def due_time(state: SourceState, planned: datetime, spec: OriginSpec) -> datetime:
    """Give when a source is due that was planned for a time: its schedule may have changed since."""
    if state.fetched is None or state.schedule in ("", _written(spec.schedule)):
        return planned
    return max(next_time(spec.schedule, state.fetched, state.name), state.not_before or state.fetched)


@lru_cache(maxsize=256)
def _written(schedule: Schedule) -> str:
    return encode(schedule)


def is_stopped(state: SourceState) -> bool:
    """Tell whether a source is not asked any more: it said twice, a day apart, that it is gone for good."""
    return state.gone > 1


def next_time(schedule: Schedule, now: datetime, name: str = "") -> datetime:
    """Give the time after `now` at which a schedule wants the source of a name to be asked, in UTC."""
    planned = next(slots(schedule, now)) if isinstance(schedule, Cron) else now + schedule.every
    return planned + _late_by(schedule.jitter, name, planned)


def slots(schedule: Cron, after: datetime) -> Iterator[datetime]:
    """Give the times of a cron line after a moment, in the moment's own zone; none where none comes in 50 years.

    The line is read in its zone as Debian's cron reads it: what falls into an hour that a day leaves out comes
    when that hour is over, and what falls into an hour that a day has twice comes in the first one, unless hours
    or minutes begin with `*`. Raises ValueError when it is no cron line.
    """
    from cronsim import CronSim, CronSimError  # noqa: PLC0415  # slow, and most schedules are intervals (D23)

    try:
        line = CRON_ALIASES.get(schedule.line, schedule.line)
        found = CronSim(line, after.astimezone(ZoneInfo(schedule.zone)))
    except CronSimError as error:
        raise ValueError(str(error).lower()) from error
    # In the second of two equal hours the library begins with what was in the first one.
    return (slot for slot in (local.astimezone(after.tzinfo) for local in found) if slot > after)


def _late_by(jitter: timedelta, name: str, planned: datetime) -> timedelta:
    """Give how much later than planned a source is asked: not the same for all, always the same for one time."""
    if not jitter:
        return jitter
    share = int(digest(f"{name} {planned.timestamp():.0f}")[:8], 16) / 0xFFFFFFFF
    return whole_seconds(jitter * share)


def next_visit(
    state: SourceState | None, spec: OriginSpec, fingerprint: str, rests: Sequence[Rest], now: datetime
) -> _Wish | None:
    """Give when, from `now` on, a source is asked next, and what decided that; None when it is not asked any more.

    That is the first moment at which `is_due` says so, without its tolerance, and its host does not rest.
    """
    found = _next_due(state, spec, fingerprint, now)
    if found is None or spec.kind != "web" or not rests:
        return found
    asked = address(state or SourceState(name=spec.name), spec)
    while found is not None and (rest := resting(asked, rests, found[0])):
        later = _next_due(state, spec, fingerprint, rest.until)
        found = (later[0], f"{rest.host} asked for rest") if later else None
    return found


def _next_due(state: SourceState | None, spec: OriginSpec, fingerprint: str, now: datetime) -> _Wish | None:
    if state is not None and state.paused:
        return None
    if state is None or state.due is None:
        return now, NEVER_READ
    if _clock_was_wrong(state, now):
        return now, CLOCK
    if state.fingerprint != fingerprint:
        return max(now, state.not_before if state.failures and state.not_before else now), CHANGED
    if is_stopped(state):
        return None
    due = due_time(state, state.due, spec)
    moment = max(now, due, state.not_before or due)
    allowed = _not_skipped(state.hints, moment, due)
    return (allowed, SKIPPED) if allowed > moment else (moment, state.why or SCHEDULE)


def turns(names: Iterable[str], window: timedelta) -> Mapping[str, timedelta]:
    """Give how long after the service began each of the sources is asked that were due then (start-up spread).

    Up to `AT_ONCE` sources are asked at once, the others one portion after the other within the window. The order
    is nobody's choice, and always the same.
    """
    order = sorted(set(names), key=lambda name: (digest(name), name))
    late = max(1, len(order) - AT_ONCE)
    portions = [-(-max(0, place - AT_ONCE + 1) * PORTIONS // late) for place in range(len(order))]
    return dict(zip(order, (window * portion / PORTIONS for portion in portions), strict=True))


def resting(url: str, rests: Iterable[Rest], now: datetime) -> Rest | None:
    """Give the longest rest that the host of a URL has to be left; None when there is none."""
    name, port = host_of(url), urlsplit(url).port or (443 if url.startswith("https:") else 80)
    host = f"{name}:{port}"
    found = [
        one for one in rests if one.until > now and (one.host in (host, name) or name.endswith(f".{one.host}"))
    ]
    return max(found, key=lambda one: one.until, default=None)


def _clock_was_wrong(state: SourceState, now: datetime) -> bool:
    """Notice that the last visit lies in the future, or the next one further ahead than any can be (F17)."""
    furthest = now + LONGEST_WAIT + LONGEST_FRESHNESS
    return (state.fetched or now) > now + TOLERANCE or (
        is_interval(state) and (state.due or now) > furthest and not is_stopped(state)
    )


def is_interval(state: SourceState) -> bool:
    """Tell whether a state was made under an interval: a cron line may name a day in a year."""
    return "Cron" not in state.schedule


# --- as the operator wants it -----------------------------------------------------------------------------


def paused(state: SourceState) -> SourceState:
    """Have a source not asked any more, until it is resumed; what is remembered of it stays."""
    return replace(state, paused=True)


def resumed(state: SourceState, now: datetime) -> SourceState:
    """Have a paused source asked at once, unless its server wants rest; one that is not paused stays as it is."""
    # Without its schedule the planned time is not made anew, should the schedule have changed since.
    return replace(state, paused=False, due=now, why=ASKED, schedule="") if state.paused else state


def reset(state: SourceState, now: datetime) -> SourceState:
    """Forget that a source failed, or is gone, or was asked to wait, and have it asked at once."""
    return replace(
        state,
        failures=0,
        gone=0,
        error="",
        not_before=None,
        rest=None,
        due=now,
        why=ASKED,
        schedule="",
    )


# --- after an attempt -------------------------------------------------------------------------------------


def next_state(  # noqa: PLR0913  # all that a state is made of
    old: SourceState,
    outcome: Fresh | Unchanged | Failed,
    spec: OriginSpec,
    fingerprint: str,
    now: datetime,
    *,
    news: bool = True,
) -> SourceState:
    """Give the state of a source after an attempt, with the time of the next one.

    `news` tells whether a reading brought, changed or lost an entry.
    """
    state = replace(
        old, fingerprint=fingerprint, schedule=_written(spec.schedule), fetched=now, rest=None, not_before=None
    )
    if outcome.robots is not None and not robots_are_known(state, now):
        state = replace(state, robots=outcome.robots, robots_read=now)
    if isinstance(outcome, Failed):
        return _after_failure(state, outcome, spec, now)
    new_address, move = _addresses(state, outcome.moved, spec, now)
    state = replace(
        state,
        succeeded=now,
        failures=0,
        gone=0,
        error="",
        quiet=0 if news and isinstance(outcome, Fresh) else state.quiet + 1,
        address=new_address,
        move=move,
        validators=outcome.validators,
    )
    if isinstance(outcome, Fresh):
        state = _after_reading(state, outcome)
    return _planned(state, outcome.max_age, spec, now)


def _after_reading(state: SourceState, outcome: Fresh) -> SourceState:
    """Keep the validators only with a whole document: else a 304 would hide what was cut off."""
    return replace(
        state,
        validators=outcome.validators if outcome.complete else None,
        body_digest=outcome.body_digest if outcome.complete else "",
        channel=_channel(outcome.channel, state.channel),
        hints=outcome.hints,
    )


def _channel(new: Channel | None, old: Channel | None) -> Channel | None:
    """Give what is known of a source; one that flaps between the schemes of its page stays at https (F53)."""
    if new is None or old is None:
        return new or old
    return replace(new, link=still_https(new.link, old.link))


def _planned(state: SourceState, max_age: timedelta | None, spec: OriginSpec, now: datetime) -> SourceState:
    """Set the next visit: after the schedule, and after what server and document wish for."""
    wishes = [
        (now + min(max_age or timedelta(), LONGEST_FRESHNESS), MAX_AGE),
        (now + min(state.hints.ttl, LONGEST_FRESHNESS), TTL),
    ]
    not_before, _ = max(wishes)
    due, why = max((_planned_time(state, spec, now), SCHEDULE), _rhythm(state, max_age, spec, now), *wishes)
    allowed = _allowed(state.hints, due)
    if allowed > due:
        due, why = allowed, SKIPPED
    return replace(state, due=due, why=why, not_before=not_before if not_before > now else None)


def _planned_time(before: SourceState, spec: OriginSpec, now: datetime) -> datetime:
    """Give the next time of the schedule; that of a cron line which was asked for some seconds early is over."""
    due = before.due
    is_early = due is not None and isinstance(spec.schedule, Cron) and now < due <= now + TOLERANCE
    return next_time(spec.schedule, due if due is not None and is_early else now, spec.name)


def _rhythm(state: SourceState, max_age: timedelta | None, spec: OriginSpec, now: datetime) -> _Wish:
    """Ask a source less often that rarely has news; a cron line is kept to.

    Without validators and max-age every visit costs a whole document: its pause doubles. Else it is a tenth of the
    time since the last news, the measure of RFC 9111 4.2.2.
    """
    if spec.kind != "web" or not isinstance(spec.schedule, Interval):
        return now, ""
    every = spec.schedule.every
    if state.validators is None and max_age is None:
        doubled = min(every * (1 << min(state.quiet, 10)), LONGEST_PAUSE)
        return now + max(every, doubled), UNRECOGNISABLE
    since_news = now - (state.changed or now) if state.quiet else timedelta()
    return now + max(every, min(whole_seconds(since_news / 10), spec.slowest)), RARE


def _after_failure(state: SourceState, outcome: Failed, spec: OriginSpec, now: datetime) -> SourceState:
    """Wait twice as long after each failure in a row, at least as long as the server asks (B4..B8)."""
    failures = state.failures + 1
    gone = state.gone + 1 if outcome.status == GONE else 0
    planned = _planned_time(state, spec, now)
    due, why = max(
        (planned, SCHEDULE),
        (now + _back_off(state.name, failures, outcome, planned - now), FAILED),
        (now + (DAY if gone else timedelta()), "it is gone, which is asked once more"),
    )
    asked = now + min(outcome.retry_after or timedelta(), LONGEST_WAIT)
    if asked > due:
        due, why = asked, RETRY_AFTER
    return replace(
        state,
        failures=failures,
        gone=gone,
        error=outcome.reason,
        due=due,
        why=why,
        not_before=asked if asked > now else None,
        rest=Rest(host=outcome.scope, until=due) if outcome.scope else None,
        address=None if failures >= FAILURES_AT_NEW_ADDRESS else state.address,
    )


def _back_off(name: str, failures: int, outcome: Failed, usual: timedelta) -> timedelta:
    """Give the pause after a number of failures in a row, spread upwards by a tenth from the second on."""
    slower = outcome.status in SLOW_DOWN and not outcome.retry_after
    steps = min(failures - 1 + slower, 10)
    longest = LONGEST_FRESHNESS if failures > RESTING_AFTER else LONGEST_PAUSE
    spread = int(digest(f"{name} {failures}")[:4], 16) / 0xFFFF / 10 if steps else 0
    return whole_seconds(min(usual * (1 << steps), longest) * (1 + spread))


def whole_seconds(span: timedelta) -> timedelta:
    """Cut what no clock of ours counts (N14)."""
    return timedelta(seconds=span // timedelta(seconds=1))


# --- hours and days that a document wishes to be left alone ------------------------------------------------


def _is_skipped(hints: Hints, due: datetime, now: datetime) -> bool:
    """Tell whether a source is to be left alone now, unless it was due a week ago."""
    return now < due + LONGEST_FRESHNESS and _allowed(hints, now) > now


def _not_skipped(hints: Hints, moment: datetime, due: datetime) -> datetime:
    """Give the first moment from this one on at which a source that was due at a time is not to be left alone."""
    return max(moment, min(_allowed(hints, moment), due + LONGEST_FRESHNESS))


def _allowed(hints: Hints, moment: datetime) -> datetime:
    """Give the first moment from this one on that is in no skipped hour or day; this one when none comes soon."""
    if not (hints.skip_hours or hints.skip_days):
        return moment
    start = moment.replace(minute=0, second=0, microsecond=0)
    hours = (start + timedelta(hours=count) for count in range(7 * 24 + 1))
    free = (hour for hour in hours if hour.hour not in hints.skip_hours and hour.weekday() not in hints.skip_days)
    return max(next(free, moment), moment)


# --- where ------------------------------------------------------------------------------------------------


def robots_are_known(state: SourceState, now: datetime) -> bool:
    """Tell whether robots.txt was read within a day."""
    return state.robots is not None and state.robots_read is not None and now < state.robots_read + DAY


def address(state: SourceState, spec: OriginSpec) -> str:
    """Give the address to ask first: the configured one, or the one it moved to for good."""
    known = state.address
    return known.url if known is not None and known.instead_of == spec.locations[0] else spec.locations[0]


def _addresses(
    state: SourceState, moved: str, spec: OriginSpec, now: datetime
) -> tuple[NewAddress | None, Move | None]:
    """Count the good readings by way of a permanent redirect, and believe it when it held long enough (C1..C3)."""
    asked = address(state, spec)
    known = state.address if asked != spec.locations[0] else None
    if not moved or (asked.startswith("https:") and not moved.startswith("https:")):
        return known, None
    before = state.move if state.move and state.move.to == moved else Move(to=moved, times=0, since=now)
    move = replace(before, times=before.times + 1)
    if move.times < GOOD_READINGS or now - move.since < spec.believe:
        return known, move
    return NewAddress(url=moved, instead_of=spec.locations[0]), None
