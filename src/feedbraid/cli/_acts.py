"""What others want of the service: an operator with the token, and hubs that tell of news."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from feedbraid import policy
from feedbraid.app import App
from feedbraid.model import SourceState
from feedbraid.nouns import dataclass
from feedbraid.schedule import Due, Event, Happened, wall_clock
from feedbraid.store import OriginChange

if TYPE_CHECKING:
    from feedbraid.serve import Action, Done

PUSHES_APART = timedelta(seconds=30)
"""A source is not asked more often than so, however often its hub tells of news."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A source is to be asked at once, due or not."""

    source: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """A hub tells of news in a source."""

    source: str


class Pushes:
    """Has sources asked of which hubs tell news: at once, and what is told soon after that together, later."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[str, float] = {}
        self._waiting: set[str] = set()

    def sorted_out(self, happened: frozenset[Event]) -> tuple[frozenset[Event], Due | None]:
        """Give the events with the pushes that count now; and when others do, that have to wait."""
        pushed = {event for event in happened if isinstance(event, Pushed)}
        self._waiting |= {event.source for event in pushed}
        now, apart = self._clock(), PUSHES_APART.total_seconds()
        ready = {name for name in self._waiting if now - self._asked.get(name, float("-inf")) >= apart}
        self._waiting -= ready
        self._asked |= dict.fromkeys(ready, now)
        left = min((apart - (now - self._asked[name]) for name in self._waiting), default=None)
        later = None if left is None else Due(wall_clock() + timedelta(seconds=left))
        return (happened - pushed) | {Pushed(name) for name in ready}, later


def refused(reason: str) -> Done:
    """Say that nothing can be done now."""
    from feedbraid.serve import Done  # noqa: PLC0415  # uvicorn: only where something is served

    return Done(503, reason)


def acted(app: App, action: Action, source: str, now: datetime) -> tuple[Done, Event | None]:
    """Do what an operator wants done about a source; give what is said of it, and what is to be looked at."""
    from feedbraid.serve import Done  # noqa: PLC0415  # uvicorn: only where something is served

    specs = {one.spec.name: one.spec for one in app.readings}
    if source not in specs:
        return Done(404, f"there is no source {source!r}"), None
    if specs[source].kind == "seeds":
        return Done(409, f"{source!r} is a folder of seeds, which is read whenever it changes"), None
    return _acted(app, action, app.store.states().get(source) or SourceState(name=source), now)


def _acted(app: App, action: Action, state: SourceState, now: datetime) -> tuple[Done, Event | None]:
    from feedbraid.serve import Done  # noqa: PLC0415  # as above

    match action:
        case "pause":
            app.store.commit(OriginChange(state=policy.paused(state)))
            return Done(200, "it is not asked any more until it is resumed"), None
        case "resume":
            app.store.commit(OriginChange(state=policy.resumed(state, now)))
            return Done(200, "it is asked when it is due"), Happened.TIME
        case "reset":
            app.store.commit(OriginChange(state=policy.reset(state, now)))
            then = "it stays paused" if state.paused else "it is asked at once"
            return Done(200, f"its errors are forgotten, and {then}"), None if state.paused else Asked(state.name)
        case "refetch" if state.paused:
            return Done(409, "it is paused; resume it first"), None
        case "refetch":
            return Done(200, "it is asked at once"), Asked(state.name)
