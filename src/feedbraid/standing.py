"""How every source does, gathered once: what status page, `status.json`, metrics and `feedbraid status` show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from feedbraid import policy
from feedbraid.app import App
from feedbraid.codec import digest, encode
from feedbraid.errors import FilterMissing
from feedbraid.health import NEWEST, Dates, Facts, Standing, state_of, usual_gap
from feedbraid.ids import fingerprint_of
from feedbraid.masks import masked
from feedbraid.model import Channel, CopyHead, FeedSpec, OriginSpec, Reading, Rest, Skipped, SourceState
from feedbraid.nouns import dataclass
from feedbraid.records import Day, Visit
from feedbraid.selection import select, told_digests
from feedbraid.sources.seeds import path_of

DAYS = 30

_Place = tuple[str, str]
"""The origin of a copy, and its ref there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What became of the copies of one origin."""

    entries: int = 0
    shown: int = 0
    merged: int = 0
    filtered: int = 0
    held: int = 0
    held_until: datetime | None = None
    dates: Dates = ()
    """Of all copies, newest first: the date of each, and when it was first seen."""


def standings(app: App, now: datetime, shares: Mapping[str, Share] | None = None) -> tuple[Standing, ...]:
    """Give how every origin does, in the order of the configuration.

    `shares` are those of `shares_of`, where they were gathered before. That is the dear part, as it reads the
    heads of all copies; what it gives holds for as long as `shares_print` stays the same.
    """
    store = app.store
    states, today = store.states(), now.date()
    first = today - timedelta(DAYS - 1)
    known = _Known(
        now=now,
        states=states,
        rests=[state.rest for state in states.values() if state.rest],
        first=first,
        days=store.days(first),
        visits=store.visits(),
        shares=shares_of(app) if shares is None else shares,
    )
    return tuple(_standing(app, known, one) for one in app.readings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    now: datetime
    states: Mapping[str, SourceState]
    rests: Sequence[Rest]
    first: date
    """The first of the days that are shown."""
    days: Mapping[str, Sequence[Day]]
    visits: Mapping[str, tuple[Visit, ...]]
    shares: Mapping[str, Share]


def _standing(app: App, known: _Known, reading: Reading) -> Standing:
    spec, name = reading.spec, reading.spec.name
    state = known.states.get(name, SourceState(name=name))
    share, channel = known.shares.get(name, Share()), state.channel or Channel()
    dates = [date for date, _ in share.dates]
    facts = Facts(state=state, kind=spec.kind, dates=share.dates[:NEWEST])
    due, why = _next_visit(reading, known)
    asked = _address(state, spec)
    return Standing(
        name=name,
        title=spec.title or channel.title or name,
        kind=spec.kind,
        address=masked(asked),
        link=masked(channel.link),
        state=state_of(facts, app.health, known.now),
        error=masked(state.error),
        failures=state.failures,
        fetched=state.fetched,
        succeeded=state.succeeded,
        changed=state.changed,
        newest=dates[0] if dates else None,
        due=due,
        why=why,
        entries=share.entries,
        shown=share.shown,
        merged=share.merged,
        held=share.held,
        held_until=share.held_until,
        skipped=tuple(_skipped(spec, one) for one in app.store.skipped(name)),
        filtered=share.filtered,
        days=_filled(known.days.get(name, ()), known.first),
        posts_per_day=_per_day(dates, known.first),
        visits=known.visits.get(name, ()),
        usual_gap=usual_gap(dates[:NEWEST]),
        moved=spec.kind == "web" and asked != spec.locations[0],
    )


def _next_visit(reading: Reading, known: _Known) -> tuple[datetime | None, str]:
    """Give when a source is asked next, and what decided that."""
    spec = reading.spec
    state = known.states.get(spec.name)
    if state is not None and state.paused:
        return None, "it is paused"
    if spec.kind == "seeds":
        return None, "it is read in every pass"
    visit = policy.next_visit(state, spec, fingerprint_of(reading), known.rests, known.now)
    return visit or (None, "it is gone for good")


def _address(state: SourceState, spec: OriginSpec) -> str:
    return policy.address(state, spec) if spec.kind == "web" else ", ".join(spec.locations)


def _skipped(spec: OriginSpec, one: Skipped) -> Skipped:
    ref = path_of(spec.locations, one.ref) if spec.kind == "seeds" else one.ref
    return replace(one, ref=masked(ref), reason=masked(one.reason))


def _filled(days: Iterable[Day], first: date) -> tuple[Day, ...]:
    known = {one.day: one for one in days}
    shown = (first + timedelta(number) for number in range(DAYS))
    return tuple(known.get(day) or Day(day=day) for day in shown)


def _per_day(dates: Iterable[datetime], first: date) -> tuple[int, ...]:
    counts = Counter(moment.date() for moment in dates)
    return tuple(counts[first + timedelta(number)] for number in range(DAYS))


# --- what became of the copies ----------------------------------------------------------------------------


def shares_of(app: App) -> Mapping[str, Share]:
    """Give what became of the copies of every origin, by name. Decided as documents are: nothing is rendered."""
    states = app.store.states()
    fates = [fate for spec in app.feeds if (fate := _fate(app, spec, states))]
    shown = {place for fate in fates for place in fate.shown}
    kept = {place for fate in fates for place in fate.won}
    lost = {place for fate in fates for place in fate.lost} - kept
    left_out = {place for fate in fates for place in fate.left_out} - kept - lost
    in_feeds, to_others, by_filters = _count(shown), _count(lost), _count(left_out)
    found: dict[str, list[CopyHead]] = {one.spec.name: [] for one in app.readings}
    for head in app.store.heads(tuple(found)):
        found[head.origin].append(head)
    return {
        name: _share(heads, shown=in_feeds[name], merged=to_others[name], filtered=by_filters[name])
        for name, heads in found.items()
    }


def shares_print(app: App) -> str:
    """Give what `shares_of` depends on: what is stored, and what is configured."""
    stated = [str(app.store.changes()), app.version, *map(encode, app.feeds), *map(encode, app.readings)]
    return digest("\n".join(stated))


@dataclass(frozen=True, slots=True)
class _Fate:
    """What one feed made of copies."""

    won: frozenset[_Place]
    lost: frozenset[_Place]
    """To another copy of the same post."""
    left_out: frozenset[_Place]
    """By filters."""
    shown: frozenset[_Place]


def _fate(app: App, spec: FeedSpec, states: Mapping[str, SourceState]) -> _Fate | None:
    """Give what a feed makes of copies; None when a filter of it can not work here, which says so elsewhere."""
    try:
        selection = select(app, spec, "", states)
    except FilterMissing:
        return None
    filtering = selection.filtering
    published = {one.post for one in selection.history.live} | app.store.archived(spec.name)
    published |= {one.post for block in selection.history.closing for one in block}
    if spec.digest is not None:
        published = {post for post, label in told_digests(app, spec).members.items() if label}
    won = {one.post: _place(one.winner) for one in selection.merged}
    return _Fate(
        won=frozenset(won.values()),
        lost=frozenset(_place(other) for one in selection.merged for other in one.others),
        left_out=frozenset(
            place
            for place, head in filtering.stated.items()
            if place in filtering.copies_left_out or (head.post is not None and head.post in filtering.left_out)
        ),
        shown=frozenset(place for post, place in won.items() if post in published),
    )


def _place(head: CopyHead) -> _Place:
    return head.origin, head.ref


def _count(places: Iterable[_Place]) -> Counter[str]:
    """Count places by their origin."""
    return Counter(origin for origin, _ in places)


def _share(heads: Sequence[CopyHead], *, shown: int, merged: int, filtered: int) -> Share:
    held = [head.held_until for head in heads if head.held_until is not None]
    return Share(
        entries=len(heads),
        shown=shown,
        merged=merged,
        filtered=filtered,
        held=len(held),
        held_until=min(held, default=None),
        dates=tuple(sorted(((head.sort_date, head.first_seen) for head in heads), reverse=True)),
    )
