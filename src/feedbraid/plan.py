"""What will be asked in the time to come, if no source has news: `policy`, rehearsed without asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from feedbraid import policy
from feedbraid.model import Failed, OriginSpec, Rest, SourceState, Unchanged, Validators
from feedbraid.nouns import dataclass
from feedbraid.text import minute
from feedbraid.urls import host_of

ROBOTS = "whether robots.txt allows it is asked once a day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source on the web, as it is now."""

    spec: OriginSpec
    fingerprint: str
    """Of how it is read now."""
    state: SourceState | None = None
    """None when it was never read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A document that will be asked for."""

    moment: datetime
    host: str
    """With its port when the address names one."""
    source: str
    what: Literal["feed", "robots.txt"] = "feed"
    why: str
    """What decided the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A source that will not be asked for its feed."""

    source: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be asked from one moment to another."""

    begin: datetime
    end: datetime
    requests: tuple[Request, ...]
    """In order of time."""
    idle: tuple[Idle, ...]

    @property
    def hosts(self) -> tuple[tuple[str, int], ...]:
        """Give each host with the number of its requests, those with the most first."""
        counts = Counter(one.host for one in self.requests)
        return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))

    @property
    def busiest_hour(self) -> tuple[datetime, int] | None:
        """Give the hour of the clock with the most requests, the first of equals, and their number."""
        hours = Counter(one.moment.replace(minute=0, second=0, microsecond=0) for one in self.requests)
        return max(hours.items(), key=lambda one: (one[1], -one[0].timestamp()), default=None)


def plan(candidates: Sequence[Candidate], begin: datetime, span: timedelta, *, robots: bool = False) -> Plan:
    """Rehearse all visits from `begin` on, as if every source answered that nothing has changed (HTTP 304).

    What servers and documents wished for the last time they wish for again; one that fails answers again. One that
    was never read has news at first, and knows conditional requests. `robots` tells whether robots.txt is heeded.
    """
    end = begin + span
    rests = [one.state.rest for one in candidates if one.state and one.state.rest]
    requests: list[Request] = []
    idle: list[Idle] = []
    for one in candidates:
        found = list(_visits(one, rests, begin, end, robots=robots))
        requests += found
        if not any(request.what == "feed" for request in found):
            idle.append(Idle(source=one.spec.name, why=_why_idle(one, rests, begin)))
    return Plan(begin=begin, end=end, requests=tuple(_once(requests)), idle=tuple(idle))


def _visits(
    one: Candidate, rests: Sequence[Rest], begin: datetime, end: datetime, *, robots: bool
) -> Iterator[Request]:
    state, now, max_age = _assumed(one), begin, _max_age(one.state)
    visit = policy.next_visit(one.state, one.spec, one.fingerprint, rests, now)
    while visit is not None and visit[0] < end:
        now, why = visit
        host = _host(policy.address(state, one.spec))
        asks_first = robots and not policy.robots_are_known(state, now)
        may_ask = not robots or state.robots is not False
        if asks_first:
            yield Request(moment=now, host=host, source=one.spec.name, what="robots.txt", why=ROBOTS)
        if may_ask:
            yield Request(moment=now, host=host, source=one.spec.name, why=why)
        outcome = _outcome(state, max_age, allowed=may_ask if robots else None)
        after = policy.next_state(state, outcome, one.spec, one.fingerprint, now, news=False)
        state = replace(after, changed=now) if after.succeeded and not state.succeeded else after
        visit = policy.next_visit(state, one.spec, one.fingerprint, rests, now)


def _outcome(state: SourceState, max_age: timedelta | None, *, allowed: bool | None) -> Unchanged | Failed:
    if allowed is False:
        return Failed(reason=state.error, robots=False)
    return Unchanged(reason="304", validators=state.validators, max_age=max_age, robots=allowed)


def _assumed(one: Candidate) -> SourceState:
    """Give what is taken for the state of a source."""
    if one.state is not None and one.state.succeeded is not None:
        return one.state
    return replace(one.state or SourceState(name=one.spec.name), validators=Validators(url=one.spec.locations[0]))


def _max_age(state: SourceState | None) -> timedelta | None:
    """Give the freshness that the last answer stated, as far as its traces tell."""
    if state is None or state.failures or state.fetched is None:
        return None
    wish = (state.not_before or state.fetched) - state.fetched
    if wish > state.hints.ttl:
        return wish
    # Without anything to recognise its document by, it would wait for longer, had it not stated one.
    stated_none_left = state.validators is None and state.quiet > 0 and state.why == policy.SCHEDULE
    return timedelta() if stated_none_left else None


def _host(url: str) -> str:
    port = urlsplit(url).port
    return f"{host_of(url)}:{port}" if port else host_of(url)


def _once(requests: Iterable[Request]) -> Iterator[Request]:
    """Ask for robots.txt once a host and pass, whoever wants to know; give all in order of time."""
    asked: set[tuple[datetime, str]] = set()
    for one in sorted(requests, key=lambda one: (one.moment, one.host, one.what == "feed", one.source)):
        if one.what == "feed":
            yield one
        elif (one.moment, one.host) not in asked:
            asked.add((one.moment, one.host))
            yield one


def _why_idle(one: Candidate, rests: Sequence[Rest], begin: datetime) -> str:
    """Say why a source is not asked for its feed."""
    if one.state is not None and one.state.paused:
        return "not while it is paused"
    if one.state is not None and policy.is_stopped(one.state):
        return f"never: {one.state.error}"
    if one.state is not None and one.state.robots is False:
        return one.state.error
    visit = policy.next_visit(one.state, one.spec, one.fingerprint, rests, begin)
    return f"not before {minute(visit[0])}: {visit[1]}" if visit else "never"
