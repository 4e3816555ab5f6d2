"""Into the store: read every due origin, store its copies and validators, settle the ledger.

The network and the moment of the pass are known here; nothing is published. `take_in` is the whole of it; where
several machines share the work, each reads some origins (`read_some`), and one of them settles what all have read
(`enforce`, then `settle_stock`).
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from feedbraid import identity, ids, policy, urls
from feedbraid.app import App, Choices, SourceReport, stand_in
from feedbraid.burial import (
    UNFINISHED,
    Rules,
    blocked_ones,
    finish,
    fulfil,
    marks_in,
    put_rules_into_force,
    rules_of,
    unblock,
    without_buried,
)
from feedbraid.errors import FeedbraidError, fault_in_words
from feedbraid.forgotten import written_wishes
from feedbraid.ids import fingerprint_of
from feedbraid.masks import masked
from feedbraid.model import (
    Believed,
    Channel,
    CopyHead,
    EntryKey,
    Failed,
    FileMark,
    Fresh,
    Known,
    OriginSpec,
    Outcome,
    Postponed,
    Reading,
    Rest,
    SourceState,
    Unchanged,
)
from feedbraid.records import Visit
from feedbraid.retention import expired, faded
from feedbraid.sources import Source
from feedbraid.store import OriginChange, Settlement, Store
from feedbraid.text import minute

AT_THE_START = 0.05
"""Seconds of a pass in which nothing can have been asked on a real network."""

SETTLED_AT_A_TIME = 4000
"""Copies that are given their posts at a time: each takes some kilobytes meanwhile."""

AT_ONCE = 256
"""Sources that are being read at one time. Most of them wait: for their turn, an answer, or a parser."""

AT_ONE_HOST = 8
"""Sources of one host that are being read at one time, of which one is asked: what was fetched and is not parsed
yet is asked for once more, when the worker dies."""

_FILES = 64
"""Of these, files on this machine, which are read at once: bounds the bodies held in memory."""

STATED = 300
"""Entries of a source that are not read again when they are stated as before, at most."""

_GROUP = 64
"""Sources in which nothing changed and that are stored together, at most."""


def take_in(
    app: App,
    now: datetime,
    choices: Choices,
    progress: Callable[[SourceReport], None] = lambda _: None,
) -> tuple[SourceReport, ...]:
    """Read every due origin and settle the ledger. Seed folders are always due.

    Ends with one transaction an origin, copies and validators together, and one for the ledger.
    A source that the operator paused is not asked, whatever the choices.
    """
    rules = enforce(app, now)
    states = app.store.states()
    due = due_ones(app.readings, states, now, choices)
    current = _pass_at(app, rules, states, now, progress)
    try:
        done = {report.name: report for report in _finished(_read_all(current, due), due)}
    finally:
        current.quiet.flush()
    settle_stock(app, now, [name for name, one in done.items() if one.new], current.stated)
    rests = [state.rest for state in states.values() if state.rest]
    return tuple(done.get(one.spec.name) or _waiting(one, states, rests, now) for one in app.readings)


def enforce(app: App, now: datetime) -> Rules:
    """Fulfil what is to be forgotten, and judge what is stored anew where the rules have changed; give them."""
    fulfil(app, written_wishes(app.folder), now)
    rules = rules_of(app)
    put_rules_into_force(app, rules, now)
    return rules


Choose = Callable[[Mapping[str, SourceState]], Sequence[Reading]]


async def read_some(app: App, now: datetime, among: Collection[str], choose: Choose) -> tuple[SourceReport, ...]:
    """Read those of some origins that are due, and commit what they say; the ledger is settled by somebody else.

    `choose` gives the origins, from the states of those `among` which they are: it costs nothing to have many
    others. Ends in good order when it is cancelled: what was read until then is stored.
    """
    states = {**app.store.resting(), **app.store.states(among)}
    due = due_ones(choose(states), states, now, Choices())
    current = _pass_at(app, rules_of(app), states, now, lambda _: None)
    try:
        reports = await _read_all(current, due, AT_ONE_HOST)
    finally:
        current.quiet.flush()
    app.store.exhume(faded(app.store, current.stated))
    return tuple(reports)


def due_ones(
    readings: Sequence[Reading], states: Mapping[str, SourceState], now: datetime, choices: Choices
) -> list[Reading]:
    """Give the origins that are to be read now. One that the operator paused never is."""
    paused = {name for name, state in states.items() if state.paused}
    due = [one for one in readings if _wanted(one.spec, choices) and one.spec.name not in paused]
    if choices.force:
        return due
    rests = [state.rest for state in states.values() if state.rest and state.rest.until > now]
    return [one for one in due if _is_due(one, states.get(one.spec.name), rests, now, choices.news)]


def settle_stock(
    app: App, now: datetime, news: Collection[str], stated: Mapping[str, Collection[str]] | None = None
) -> None:
    """Bring the store in order after origins were read: held posts, ledger, ids of feeds, posts that go.

    `news` are the origins that brought something new, `stated` the marks of what was stated by those that do not
    keep everything.
    """
    app.store.release(now)
    settle_ledger(app.store, app.rank)
    dismiss_stand_ins(app)
    name_feeds(app)
    app.store.exhume(faded(app.store, stated or {}))
    app.store.bury(expired(app, news, now))
    finish(app)


def _wanted(spec: OriginSpec, choices: Choices) -> bool:
    return spec.kind == "seeds" or (choices.network and (not choices.only or spec.name in choices.only))


def _is_due(
    reading: Reading, state: SourceState | None, rests: Sequence[Rest], now: datetime, news: Sequence[str]
) -> bool:
    """Tell whether an origin is to be read: also one that has news, however long it was to stay fresh."""
    spec = reading.spec
    if spec.kind == "seeds":
        return True
    if _resting(reading, state, rests, now):
        return False
    return (spec.name in news and not _is_failing(state)) or policy.is_due(
        state, spec, fingerprint_of(reading), now
    )


def _is_failing(state: SourceState | None) -> bool:
    return state is not None and (state.failures > 0 or policy.is_stopped(state))


def _resting(reading: Reading, state: SourceState | None, rests: Sequence[Rest], now: datetime) -> Rest | None:
    """Give the rest that another source's server asked for, for all on its host."""
    if not rests or reading.spec.kind != "web":
        return None
    asked = policy.address(state or SourceState(name=""), reading.spec)
    return policy.resting(asked, rests, now)


def _waiting(
    reading: Reading, states: Mapping[str, SourceState], rests: Sequence[Rest], now: datetime
) -> SourceReport:
    state = states.get(reading.spec.name)
    return SourceReport(
        name=reading.spec.name,
        kind=reading.spec.kind,
        result="waiting",
        detail=_plan_of(reading, state, rests, now),
        failing=bool(state and state.error),
    )


def _plan_of(reading: Reading, state: SourceState | None, rests: Sequence[Rest], now: datetime) -> str:
    """Say when a source is asked next, and why not before."""
    if state is not None and state.paused:
        return "paused"
    if state is not None and policy.is_stopped(state):
        return f"stopped: {state.error}; remove it, or ask again with --force --source {reading.spec.name}"
    rest = _resting(reading, state, rests, now)
    if rest is not None:
        return f"due {minute(rest.until)}: {rest.host} asked for rest"
    if state is None or state.due is None:
        return "never read"
    why = f": {state.why}" if state.why not in ("", policy.SCHEDULE) else ""
    return f"due {minute(state.due)}{why}"


class _Pass(NamedTuple):
    app: App
    states: Mapping[str, SourceState]
    now: datetime
    progress: Callable[[SourceReport], None]
    began: float
    """When the pass began, by the clock that nobody can set."""
    rules: Rules
    """What is blocked."""
    seen: datetime
    """When what is new now is seen first: a clock that was set back must not date it before the old (F17)."""
    stated: dict[str, frozenset[str]]
    """Collects the marks of what sources state that do not keep everything."""
    quiet: _Quiet
    prints: dict[str, str]
    """The fingerprints of readings by name: each is made once."""

    def print_of(self, reading: Reading) -> str:
        """Give the fingerprint of a reading."""
        name = reading.spec.name
        if name not in self.prints:
            self.prints[name] = fingerprint_of(reading)
        return self.prints[name]


class _Quiet:
    """Visits that brought nothing, stored some at a time: a transaction costs more than the visit.

    Whoever is ended in between forgets that these sources were asked, and nothing else: they are asked once more,
    with the validators that they have just confirmed. What must not be forgotten is stored at once: entries,
    failures, and the rest that a server asks for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._changes: list[OriginChange] = []

    def add(self, change: OriginChange) -> None:
        """Store a change soon."""
        self._changes.append(change)
        if len(self._changes) >= _GROUP:
            self.flush()

    def flush(self) -> None:
        """Store what was collected."""
        collected, self._changes = self._changes, []
        if collected:
            self._store.commit(*collected)


def _pass_at(
    app: App,
    rules: Rules,
    states: Mapping[str, SourceState],
    now: datetime,
    progress: Callable[[SourceReport], None],
) -> _Pass:
    rank = app.rank
    visits = [state.fetched for name, state in states.items() if state.fetched and name in rank]
    seen = max([now, *visits])
    quiet = _Quiet(app.store)
    return _Pass(app, states, now, progress, time.monotonic(), rules, seen, stated={}, quiet=quiet, prints={})


async def _read_all(current: _Pass, due: Sequence[Reading], at_once: int = AT_ONCE) -> list[SourceReport]:
    """Read folders first, so that their work does not starve connections, then many sources at a time."""
    async with current.app.open_sources([one.spec for one in due]) as sources:
        reports: list[SourceReport] = []

        async def read(readings: Iterator[Reading], files: AbstractAsyncContextManager[None]) -> None:
            for one in readings:
                async with files if one.spec.kind == "file" else nullcontext():
                    reports.append(await _read_one(current, sources[one.spec.name], one))

        await read((one for one in due if one.spec.kind == "seeds"), nullcontext())
        if len(reports) < len(due):
            import asyncio  # noqa: PLC0415  # only when a source is due (D23)

            files = asyncio.Semaphore(_FILES)
            others = iter(in_turns([one for one in due if one.spec.kind != "seeds"], current.states))
            readers = [asyncio.ensure_future(read(others, files)) for _ in range(min(at_once, len(due)))]
            try:
                await asyncio.gather(*readers)
            finally:  # where one of them ends in trouble, the others must not go on alone
                for one in readers:
                    one.cancel()
                await asyncio.gather(*readers, return_exceptions=True)
        return reports


def _finished(reading: Coroutine[None, None, list[SourceReport]], due: Sequence[Reading]) -> list[SourceReport]:
    """Run to its end what reads all that is due; folders alone, which are waited for anyway, need no loop."""
    if any(one.spec.kind != "seeds" for one in due):
        import asyncio  # noqa: PLC0415  # as above

        return asyncio.run(reading)
    try:
        reading.send(None)
    except StopIteration as done:
        reports: list[SourceReport] = done.value
        return reports
    reading.close()
    raise RuntimeError("a folder of seeds waits for somebody else")


def in_turns(readings: Sequence[Reading], states: Mapping[str, SourceState]) -> list[Reading]:
    """Order sources so that the first one of each host goes first, then the second one: a host is asked slowly.

    Many sources of one host would hold up all those behind them, else. In front are those that failed the last
    time: who kept us waiting then may do so again, and is best waited for while others are asked.
    """
    before: Counter[str] = Counter()
    places: list[tuple[tuple[int, bool], Reading]] = []
    for one in readings:
        host = urls.host_of(one.spec.locations[0]) if one.spec.kind == "web" else ""
        state = states.get(one.spec.name)
        places.append(((before[host] if host else 0, state is None or not state.failures), one))
        before[host] += 1
    return [one for _, one in sorted(places, key=itemgetter(0))]


async def _read_one(current: _Pass, source: Source, reading: Reading) -> SourceReport:
    known = _known(current, reading)
    outcome = from_start(await _ask(source, known), time.monotonic() - current.began)
    report = _stored(current, reading, known, outcome)
    current.progress(report)
    return report


def from_start(outcome: Outcome, seconds: float) -> Outcome:
    """Count the rest that a server asks for from the start of the pass, which was so many seconds before.

    One second more, because of the moment of the pass only the whole seconds are kept.
    """
    if not isinstance(outcome, Failed) or not outcome.retry_after or seconds < AT_THE_START:
        return outcome
    return replace(outcome, retry_after=outcome.retry_after + timedelta(seconds=math.ceil(seconds) + 1))


async def _ask(source: Source, known: Known) -> Outcome:
    """Read a source; a fault of ours in one of them must not stop the others either (D18, F44)."""
    try:
        return await source.read(known)
    except FeedbraidError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to this source
        return _our_fault(error)


def _stored(current: _Pass, reading: Reading, known: Known, outcome: Outcome) -> SourceReport:
    """Store what a source said; a fault of ours in that must not stop the others either (D18, F44)."""
    try:
        return _commit(current, reading, known, outcome)
    except FeedbraidError:
        raise
    except Exception as error:  # noqa: BLE001  # as above
        return _commit(current, reading, known, _our_fault(error))


def _our_fault(error: Exception) -> Failed:
    return Failed(reason=fault_in_words(error))


def _known(current: _Pass, reading: Reading) -> Known:
    """Tell a source what is known of it; read another way, it must give everything anew."""
    state = current.states.get(reading.spec.name)
    files: Callable[[], Sequence[FileMark]] = partial(current.app.store.files, reading.spec.name)
    if state is None:
        return Known(state=SourceState(name=reading.spec.name), files=files)
    name, count = state.name, STATED
    if state.fingerprint != current.print_of(reading):
        files = partial(_marks_to_be_read, files)
        state, count = replace(state, validators=None, body_digest="", gone=0), 0
    return Known(
        state=state,
        files=files,
        address=policy.address(state, reading.spec) if reading.spec.kind == "web" else "",
        robots=state.robots if policy.robots_are_known(state, current.now) else None,
        stated=partial(current.app.store.stated, name, count),
    )


def _commit(current: _Pass, reading: Reading, known: Known, outcome: Outcome) -> SourceReport:
    spec = reading.spec
    if isinstance(outcome, Postponed):
        return SourceReport(name=spec.name, kind=spec.kind, result="waiting", detail=outcome.reason)
    match outcome:
        case Failed(reason=reason):
            # A folder that is to be read another way and failed has to remember that it was not read yet.
            files = tuple(known.files()) if spec.kind == "seeds" else None
            failed = Visit(at=current.now, result="failed", detail=masked(reason))
            state = _next(current, reading, known, outcome)
            current.app.store.commit(OriginChange(state=state, files=files, visit=failed))
            return SourceReport(name=spec.name, kind=spec.kind, result="failed", detail=reason, failing=True)
        case Unchanged(reason=reason):
            # Looking at a folder is no visit that is worth a line; there is one in every pass.
            visit = None if spec.kind == "seeds" else Visit(at=current.now, result="unchanged")
            current.quiet.add(OriginChange(state=_next(current, reading, known, outcome), visit=visit))
            return SourceReport(name=spec.name, kind=spec.kind, result="unchanged", detail=reason)
        case Fresh():
            return _commit_fresh(current, reading, known, outcome)


def _next(
    current: _Pass, reading: Reading, known: Known, outcome: Fresh | Unchanged | Failed, *, news: bool = False
) -> SourceState:
    fingerprint = current.print_of(reading)
    return policy.next_state(known.state, outcome, reading.spec, fingerprint, current.now, news=news)


def _commit_fresh(current: _Pass, reading: Reading, known: Known, outcome: Fresh) -> SourceReport:
    store, spec, now = current.app.store, reading.spec, current.now
    entries, wider = without_buried(store, reading, outcome.entries)
    found = _recognise(current, reading, replace(outcome, entries=entries), known)
    channel = outcome.channel or known.state.channel
    blocked = tuple(blocked_ones(current.rules, store, found.put, channel, now))
    if blocked or wider:
        store.keep_memo(UNFINISHED, "yes")
        store.bury((*wider, *blocked))
    left = store.known(spec.name, map(EntryKey, outcome.gone), ()) if outcome.gone else ()
    has_news = bool(found.put or outcome.gone)
    is_worth_a_line = spec.kind != "seeds" or bool(found.new or found.changed or outcome.gone)
    if spec.kind == "seeds" and found.held:
        outcome = _with_held_to_be_read(outcome, found.held)
    state = _next(current, reading, known, outcome, news=has_news)
    store.commit(
        OriginChange(
            state=replace(state, changed=now) if has_news else state,
            put=found.put,
            gone=outcome.gone,
            restated=found.restated,
            files=outcome.files if spec.kind == "seeds" else None,
            skipped=outcome.skipped,
            notes=outcome.notes,
            visit=Visit(at=now, result="read", new=found.new) if is_worth_a_line else None,
        )
    )
    unblock(current.rules, store, [*(copy.entry.key for copy in found.put), *(head.key for head in left)])
    if found.new and spec.retention and outcome.complete:
        current.stated[spec.name] = frozenset(m for one in outcome.entries for m in marks_in(reading, one.entry))
    return SourceReport(
        name=spec.name,
        kind=spec.kind,
        result="read",
        new=found.new,
        changed=found.changed,
        unchanged=outcome.unchanged + len(outcome.entries) - len(found.put),
        gone=len(outcome.gone),
        skipped=outcome.skipped,
        detail=f"it is another feed now, {found.another}" if found.another else "",
        blocked=len(blocked),
        flood=found.flood,
        held_until=current.seen + spec.hold if found.flood else None,
    )


def _recognise(current: _Pass, reading: Reading, outcome: Fresh, known: Known) -> identity.Recognised:
    store, now = current.app.store, current.seen
    spec, entries = reading.spec, outcome.entries
    if spec.kind == "seeds":
        by_path = {head.ref: head for head in store.known(spec.name, [EntryKey(one.ref) for one in entries], ())}
        return identity.recognise_files(spec.name, entries, by_path, now, _elsewhere(store, spec.name, entries))
    if known.state.fingerprint not in ("", current.print_of(reading)):
        return _recognise_anew(store, reading, entries, known, now)
    keys = identity.keys_to_ask(entries)
    source_ids = [item.entry.source_id for item in entries]
    heads = store.known(spec.name, keys, source_ids, [item.entry.title for item in entries])
    rule = replace(_flood_rule(store, spec, known), another=_another(known.state.channel, outcome.channel))
    return identity.recognise_feed(spec.name, entries, heads, now, rule)


def _elsewhere(store: Store, name: str, entries: Sequence[Believed]) -> set[EntryKey]:
    """Give the keys of saved files of which other origins have copies."""
    keys = {item.entry.key for item in entries if item.entry.saved}
    return {head.key for head in store.sharing(keys) if head.origin != name} if keys else set()


def _another(before: Channel | None, now: Channel | None) -> str:
    """Say what a document has become when neither its title nor the host of its page are those of before."""
    if before is None or now is None or not (before.title and now.title and before.link and now.link):
        return ""
    is_same = before.title == now.title or urls.host_of(before.link) == urls.host_of(now.link)
    return "" if is_same else f"{now.title!r} in place of {before.title!r}"


def _flood_rule(store: Store, spec: OriginSpec, known: Known) -> identity.FloodRule:
    """Give when entries are old: before the newest known one, and before the source was last read."""
    dates = (store.newest(spec.name), known.state.succeeded)
    newest = min((date for date in dates if date), default=None)
    return identity.FloodRule(newest=newest, more_than=spec.flood, hold=spec.hold)


def _recognise_anew(
    store: Store, reading: Reading, entries: Sequence[Believed], known: Known, now: datetime
) -> identity.Recognised:
    """Match with every stored copy, because the rules that made their keys may be others now (N158)."""
    heads = store.heads([reading.spec.name])
    found = identity.recognise_feed(
        reading.spec.name, entries, heads, now, _flood_rule(store, reading.spec, known)
    )
    if reading.spec.key != ("url",):
        return found
    stated = {copy.ref for copy in found.put} | {head.ref for head in heads if head.key in found.keys}
    left = store.copies((head.origin, head.ref) for head in heads if head.ref not in stated)
    rekeyed = identity.rekeyed(left.values(), reading.keys)
    return replace(found, put=(*found.put, *rekeyed))


def _marks_to_be_read(files: Callable[[], Iterable[FileMark]]) -> tuple[FileMark, ...]:
    return tuple(mark._replace(mtime_ns=-1, digest="") for mark in files())


def _with_held_to_be_read(outcome: Fresh, held: frozenset[str]) -> Fresh:
    """Have seeds that are held back read again next time: only a reading can let them go."""
    files = tuple(mark._replace(digest="") if mark.ref in held else mark for mark in outcome.files)
    return replace(outcome, files=files, body_digest="")


def settle_ledger(store: Store, rank: Mapping[str, int], at_a_time: int = SETTLED_AT_A_TIME) -> None:
    """Give every new copy its post, and every new post its id.

    So many copies `at_a_time`, with all that they depend on, so that a first reading of very many takes no more
    memory than one of few. They go by their keys, as they would all at once. Whoever is ended in between leaves
    the rest to be settled by the next one.
    """
    while unsettled := store.unsettled(at_a_time):
        heads = _with_relatives(store, unsettled)
        keys = {key for head in heads for key in (head.key, head.post) if key}
        owners = store.owners({head.public_id for head in heads})
        settled = identity.settle(heads, store.ledger(keys | set(owners.values())), owners, rank)
        store.settle(Settlement(rows=settled.rows, posts=settled.posts))


def _with_relatives(store: Store, heads: Sequence[CopyHead]) -> tuple[CopyHead, ...]:
    """Add every copy that shares a key or a post with the heads or holds their ids, and with those, to the end."""
    found: dict[tuple[str, str], CopyHead] = {}
    asked: set[EntryKey] = set()
    fresh = heads
    while fresh:
        found |= {(head.origin, head.ref): head for head in fresh}
        owners = store.owners({head.public_id for head in fresh})
        wanted = {*owners.values(), *(key for head in fresh for key in (head.key, head.post) if key)} - asked
        asked |= wanted
        fresh = tuple(head for head in store.sharing(wanted) if (head.origin, head.ref) not in found)
    return tuple(found.values())


def dismiss_stand_ins(app: App) -> None:
    """Remove copies that were read back from what was published, once an origin states their post again."""
    names = [stand_in(spec.name) for spec in app.feeds]
    if not app.store.heads(names):
        return
    for name, state in app.store.states().items():
        if name not in names:
            continue
        heads = app.store.heads([name])
        stated = {
            head.post
            for head in app.store.sharing(head.post for head in heads if head.post)
            if head.origin in app.rank
        }
        gone = tuple(head.ref for head in heads if head.post in stated)
        if gone:
            app.store.commit(OriginChange(state=state, gone=gone))


def name_feeds(app: App) -> None:
    """Mint the id of every feed that has none: once, for ever (N13)."""
    named = app.store.feed_ids()
    for spec in app.feeds:
        if spec.name not in named:
            app.store.keep_feed_id(spec.name, ids.mint("feed", spec.address))
