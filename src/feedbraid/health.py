"""What happens to sources that their reader should know: they break, heal, fall silent. Decided from facts alone.

A source has broken when it failed several times in a row, or said that it is gone for good. It is silent when it
has nothing new for much longer than is usual for it. Each is told once: a source that broke has to heal before it
can break again, and one that fell silent has to have something new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import dropwhile, pairwise, takewhile
from typing import Literal

from feedbraid.ids import mint
from feedbraid.masks import masked
from feedbraid.model import Skipped, SourceState
from feedbraid.nouns import dataclass
from feedbraid.policy import is_stopped
from feedbraid.records import Day, Incident, IncidentKind, Visit
from feedbraid.rules import HealthRules
from feedbraid.text import minute, times_in_a_row

NEWEST = 60
"""So many of a source's posts tell how often it has some."""

FEWEST = 5
"""With fewer dates than this nothing is usual yet."""

PATIENCE = 3
"""A source is silent after so many times its usual gap."""

SHORTEST_SILENCE = timedelta(days=2)
"""However often a source has posts otherwise: weekends and holidays are no news."""

DAY = timedelta(days=1)

_HEAP = timedelta(hours=6)
"""Posts that are spread over less bear the time at which somebody made all of them anew."""

State = Literal["never read", "good", "failing", "broken", "silent", "gone", "paused"]

Dates = Sequence[tuple[datetime, datetime]]
"""Of the newest posts of a source, newest first: the date of each, and when it was first seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one source after a pass that asked it."""

    state: SourceState
    kind: str
    past: tuple[Incident, ...] = ()
    """Its incidents until now, in the order in which they became known."""
    visits: tuple[Visit, ...] = ()
    """The last ones, oldest first; needed of a source that was broken."""
    dates: Dates = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a source does, and what became of its posts: all that is shown of it anywhere. Holds no credentials."""

    name: str
    title: str
    kind: str
    address: str
    """Where it is asked now; a path, or several, of files."""
    link: str = ""
    """The page that people see."""
    state: State = "never read"
    error: str = ""
    failures: int = 0
    """In a row."""
    fetched: datetime | None = None
    succeeded: datetime | None = None
    changed: datetime | None = None
    """When it last brought a new or changed entry."""
    newest: datetime | None = None
    """The date of its newest post."""
    due: datetime | None = None
    """None: it is not asked any more, or, of a folder of seeds, in every pass."""
    why: str = ""
    """What decided that."""
    entries: int = 0
    """Its copies that are stored."""
    shown: int = 0
    """Those of them that win in a feed and stand in a document of it, live or archived."""
    merged: int = 0
    """Those that lost to another copy of the same post, mostly that of another source, and win nowhere."""
    held: int = 0
    """Those that wait: old ones that came at once, and seeds with a date to come."""
    held_until: datetime | None = None
    """When the first of these appear."""
    skipped: tuple[Skipped, ...] = ()
    """What its last reading could not use, and why; `ref` of a seed is its path."""
    filtered: int = 0
    """Its copies that are left out by filters of every feed that it is in."""
    days: tuple[Day, ...] = ()
    """The last 30 of UTC, oldest first; those without visits are empty."""
    posts_per_day: tuple[int, ...] = ()
    """Of the same days, by the dates of the posts."""
    visits: tuple[Visit, ...] = ()
    """The last ones, oldest first."""
    usual_gap: timedelta | None = None
    """Between days with posts; None when nothing is usual yet."""
    moved: bool = False
    """It is asked elsewhere than configured, because it moved for good."""


# --- incidents --------------------------------------------------------------------------------------------


def found(facts: Iterable[Facts], rules: HealthRules, now: datetime) -> tuple[Incident, ...]:
    """Decide what has happened to sources since the last incident of each."""
    return tuple(incident for one in facts if not one.state.paused for incident in _of_source(one, rules, now))


def _of_source(facts: Facts, rules: HealthRules, now: datetime) -> Iterator[Incident]:
    state, was_broken = facts.state, is_broken_by(facts.past)
    # A clock that was set back may give one moment twice: the incident before tells them apart.
    moment = f"{_moment_id(now)} {facts.past[-1].id if facts.past else ''}"
    if is_broken(state, rules):
        if not was_broken:
            yield _incident("broken", state.name, moment, now, _breakage(state))
        return
    if was_broken:
        if not succeeds(state):
            return
        yield _incident("healed", state.name, moment, now, _recovery(facts, now))
    since = silent_since(facts, now)
    if since is not None:
        # Made of when the silence began, its id tells that it was told of, whatever clocks said meanwhile.
        one = _incident("silent", state.name, _moment_id(since), now, _silence(facts, since))
        told = [known for known in facts.past if known.kind == "silent"]
        # A silence may seem to begin earlier when the newest post is withdrawn.
        if one.id not in {known.id for known in told} and not any(since <= known.at <= now for known in told):
            yield one


def _incident(kind: IncidentKind, origin: str, moment: str, now: datetime, detail: str) -> Incident:
    return Incident(id=mint("incident", origin, kind, moment), origin=origin, kind=kind, at=now, detail=detail)


def _moment_id(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def is_broken(state: SourceState, rules: HealthRules) -> bool:
    """Tell whether a source failed too often in a row, or is gone for good."""
    return state.failures >= rules.broken_after or is_stopped(state)


def is_broken_by(past: Iterable[Incident]) -> bool:
    """Tell whether a source had broken, and not healed yet, by its incidents."""
    kinds = [one.kind for one in past if one.kind != "silent"]
    return kinds[-1:] == ["broken"]


def succeeds(state: SourceState) -> bool:
    """Tell whether a source could be read when it was last asked: one that was reset has yet to show it."""
    return state.succeeded is not None and state.succeeded == state.fetched and not state.error


def _breakage(state: SourceState) -> str:
    last = f"it was last read {minute(state.succeeded)}" if state.succeeded else "it was never read"
    return f"{masked(state.error)} (failed {times_in_a_row(state.failures)}; {last})"


def _recovery(facts: Facts, now: datetime) -> str:
    """Say for how long a source was broken, counted from its first failure as far back as visits are known."""
    broke = [one for one in facts.past if one.kind == "broken"][-1]
    before = dropwhile(lambda visit: visit.result != "failed", reversed(facts.visits))
    failures = list(takewhile(lambda visit: visit.result == "failed", before))
    since = min([broke.at, *(visit.at for visit in failures[-1:])])
    last = f"; the last error: {failures[0].detail}" if failures and failures[0].detail else ""
    return f"it was broken for {span(now - since)}, since {minute(since)}{last}"


# --- silence ----------------------------------------------------------------------------------------------


def usual_gap(dates: Iterable[datetime]) -> timedelta | None:
    """Give the time that a source usually leaves between days with posts, of which one in ten is longer.

    Days are counted, so that posts which come in bursts, once a month, do not make a gap of minutes usual. None
    when there are too few dates, or when all posts bear the time of one heap.
    """
    moments = sorted(set(dates))
    if len(moments) < FEWEST or moments[-1] - moments[0] < _HEAP:
        return None
    days = sorted({moment.date() for moment in moments})
    gaps = sorted(later - earlier for earlier, later in pairwise(days))
    return gaps[-(-9 * len(gaps) // 10) - 1] if gaps else DAY


def silent_since(facts: Facts, now: datetime) -> datetime | None:
    """Give when a source last had something new, when that was too long ago; else None.

    What it had before it was first read counts from then on. Nobody expects a folder of seeds to have something.
    """
    if facts.kind == "seeds" or not facts.dates or not succeeds(facts.state):
        return None
    since = max(max(moments) for moments in facts.dates[:NEWEST])
    if now - since <= SHORTEST_SILENCE:
        return None
    gap = usual_gap(date for date, _ in facts.dates[:NEWEST])
    if gap is None:
        return None
    return since if now - since > max(SHORTEST_SILENCE, PATIENCE * gap) else None


def _silence(facts: Facts, since: datetime) -> str:
    gap = usual_gap(date for date, _ in facts.dates[:NEWEST]) or DAY
    return f"nothing new since {minute(since)}; usually it has something every {span(gap)}"


# --- words ------------------------------------------------------------------------------------------------


def state_of(facts: Facts, rules: HealthRules, now: datetime) -> State:
    """Give the state of a source in one word."""
    state = facts.state
    judged: tuple[tuple[State, bool], ...] = (
        ("paused", state.paused),
        ("gone", is_stopped(state)),
        ("broken", is_broken(state, rules)),
        ("failing", bool(state.error)),
        ("never read", state.succeeded is None),
        ("silent", silent_since(facts, now) is not None),
    )
    return next((name for name, holds in judged if holds), "good")


def span(time: timedelta) -> str:
    """Write a length of time for people, in days and hours or in hours and minutes."""
    minutes = max(time, timedelta()) // timedelta(minutes=1)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    counts = ((days, "day"), (hours, "hour")) if days else ((hours, "hour"), (minutes, "minute"))
    words = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count]
    return " ".join(words) or "less than a minute"
