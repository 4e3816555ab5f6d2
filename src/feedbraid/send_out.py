"""Out of the output folder to another place: what differs from what was sent before, and nothing else.

What was sent is remembered in the store, so a pass in which nothing changed asks nobody. Before a file is sent for
the first time, that is remembered as well: what is found there after a crash is known to be ours.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from feedbraid.app import App, Choices, PutOutReport
from feedbraid.codec import decode, digest, encode
from feedbraid.kinds import gzipped, known_names
from feedbraid.masks import masked
from feedbraid.mirror import Item, Plan, items_of, planned, state_of
from feedbraid.model import EntryKey
from feedbraid.nouns import dataclass
from feedbraid.places import Conflict, Found, Load, Missing, Place, Stored, Trouble, open_place
from feedbraid.press import written
from feedbraid.publish import read_published
from feedbraid.records import Publishing, SavedFile
from feedbraid.rules import PublishRules
from feedbraid.service import FOLDER
from feedbraid.site import INDEX
from feedbraid.store import Store

AT_A_TIME = 16
"""Files that are sent side by side; what became of them is remembered before the next ones."""

MEMO = "publishing"
"""Under which it is noted how far the place is behind."""

SHOWN = 5
"""Files that a complaint names."""

OpenPlace = Callable[[PublishRules, Path], Place | Trouble]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How files are sent."""

    open_place: OpenPlace = open_place
    go_on: Callable[[], bool] = lambda: True
    """Is asked now and then; after a no, the next pass does the rest."""


ALL_AS_USUAL, USUAL = Choices(), Means()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What was brought to another place."""

    place: str
    sent: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    waiting: int = 0
    """Files that are not there as they should be."""
    complaints: tuple[str, ...] = ()
    """Why, and what is to be done."""
    failed: bool = False
    """The next pass can not mend it by itself."""


def send_out(
    app: App, done: PutOutReport, now: datetime, choices: Choices = ALL_AS_USUAL, means: Means = USUAL
) -> SendReport | None:
    """Bring what a pass has written to the place that is configured; None where none is.

    `done` tells what would be written, and what could not be, which stays there as it is. Raises StoreError alone.
    """
    rules = app.publish
    if rules is None:
        return None
    known = publishing_of(app.store, rules)
    files = {**files_of(app), **dict.fromkeys(_to_be_written(done, choices), "")}
    items = {one.key: one for one in items_of(files, rules, known_names())}
    state = state_of(items)
    if known.state == state and not choices.everything:
        return SendReport(place=known.place)
    sender = _Sender(app, rules, means)
    sender.is_forced = choices.everything
    plan = planned(items, sender.known, stays=_stays(done), everything=choices.everything)
    if choices.dry:
        return replace(sender.report, sent=tuple(one.key for one in plan.send), removed=plan.remove)
    if plan.send or plan.remove:
        sender.carry_out(plan)
    wrong = planned(items, sender.known, stays=_stays(done))
    report = replace(sender.report, waiting=len(wrong.send) + len(wrong.remove))
    app.store.keep_memo(MEMO, encode(_noted(known, report, state, now)))
    return report


def _noted(known: Publishing, report: SendReport, state: str, now: datetime) -> Publishing:
    """Give what is to be remembered of how far the place is behind."""
    if report.waiting or report.complaints:
        trouble = report.complaints[0] if report.complaints else ""
        return replace(known, state="", behind=known.behind or now, waiting=report.waiting, trouble=trouble)
    succeeded = now if report.sent or report.removed else known.succeeded
    return Publishing(place=known.place, state=state, succeeded=succeeded)


def try_place(rules: PublishRules, root: Path, open_place: OpenPlace = open_place) -> Trouble | None:
    """Read a file where files are brought: give why that can not be done. Nothing is written."""
    import asyncio  # noqa: PLC0415  # only when somebody is asked (D23)

    place = open_place(rules, root)
    if isinstance(place, Trouble):
        return place

    async def tried() -> Found | Missing | Trouble:
        return await place.get(INDEX)

    found = asyncio.run(tried())
    return found if isinstance(found, Trouble) else None


def publishing_of(store: Store, rules: PublishRules) -> Publishing:
    """Give how far the place is behind, as it was after the last pass."""
    noted = store.memo(MEMO)
    known = decode(Publishing, noted) if noted else None
    name = place_of(rules)
    return known if known is not None and known.place == name else Publishing(place=name)


def place_of(rules: PublishRules) -> str:
    """Name a place for people, and for the store: equal buckets of two services are two places."""
    return f"{rules.to} at {masked(rules.endpoint)}" if rules.endpoint else rules.to


def _to_be_written(done: PutOutReport, choices: Choices) -> frozenset[str]:
    """Give what would be written where nothing is."""
    if not choices.dry:
        return frozenset()
    return frozenset((*(path for feed in done.feeds for path in feed.written), *done.beside))


def _stays(done: PutOutReport) -> Callable[[str], bool]:
    """Tell what is not removed: a feed that could not be written, or a file beside them, may not be known now."""
    names = frozenset(feed.name.partition("/")[0] for feed in done.feeds if feed.held)
    return lambda key: key.partition("/")[0] in names or (bool(done.held) and "/" not in key)


def files_of(app: App) -> dict[str, str]:
    """Give what is ours in the output folder: path to digest."""
    names = {spec.name for spec in app.feeds}
    found = {
        path: written(one)
        for path, one in app.store.fingerprints().items()
        if not path.endswith("/") and ("/" not in path or path.partition("/")[0] in names)
    }
    if app.health.publish:
        found |= dict(_health_files(app.output))
    return found


def _health_files(output: Path) -> Iterator[tuple[str, str]]:
    """Give the files that tell how sources do: they are in no list, as they differ from pass to pass."""
    try:
        names = sorted(os.listdir(output / FOLDER))  # noqa: PTH208  # their names are all that is needed
    except FileNotFoundError:
        return
    for name in names:
        content = read_published(output, f"{FOLDER}{name}")
        if content is not None:
            yield f"{FOLDER}{name}", digest(content)


# --- one pass ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Failed:
    """A file that is not as it should be: why, and whether the next pass mends it by itself."""

    why: Trouble | str
    mends: bool = False


_Outcome = SavedFile | _Failed
"""What is to be remembered of a file, or why it is not as it should be."""

_LATE = (
    "somebody else has written there since; that stays for now, and the next pass replaces it. "
    "If it happens again and again, two instances publish to one place"
)
_FOREIGN = (
    "there already, and not sent from here, so left as it is; delete it there, or allow to replace it: "
    "publish: {replace: true}"
)
_TOUCHED = "changed since it was written; the next pass writes it anew"
_STAYS = "no longer published here, but changed there by somebody else, so it stays; delete it there"
_UNFINISHED = "not everything was sent yet; the next pass goes on"


class _Sender:
    """One pass over the files."""

    def __init__(self, app: App, rules: PublishRules, means: Means) -> None:
        self._store, self._output, self._root = app.store, app.output, app.folder
        self._rules, self._means = rules, means
        self.place = place_of(rules)
        self._shelf = f"publish {self.place}"
        self.known = {str(key): one for key, one in app.store.saved(self._shelf).items()}
        """What was sent, as far as is known; of what is about to be sent for the first time, its name alone."""
        self.is_forced = False
        self._done: list[str] = []
        self._removed: list[str] = []
        self._failures: dict[str, list[str]] = {}
        """Why something is not as it should be, with the files it concerns."""
        self._is_failed = False

    @property
    def report(self) -> SendReport:
        """What was done until now."""
        return SendReport(
            place=self.place,
            sent=tuple(self._done),
            removed=tuple(self._removed),
            complaints=tuple(f"{self.place}: {_listed(keys)}{why}" for why, keys in self._failures.items()),
            failed=self._is_failed,
        )

    def carry_out(self, plan: Plan) -> None:
        """Do what is planned."""
        place = self._means.open_place(self._rules, self._root)
        if isinstance(place, Trouble):
            self._fail("", _Failed(place))
            return
        import asyncio  # noqa: PLC0415  # only when something is sent (D23)

        asyncio.run(self._to(place, plan))

    async def _to(self, place: Place, plan: Plan) -> None:
        import asyncio  # noqa: PLC0415  # as above

        new = {one.key for one in plan.send} - set(self.known)
        self._keep({key: SavedFile(path=key, digest="", made_from="") for key in new})
        for some, is_last in _in_turn(plan.send):
            if not self._means.go_on():
                self._fail("", _Failed(_UNFINISHED, mends=True))
                return
            putting = (self._put(place, one, is_new=one.key in new) for one in some)
            outcomes = dict(zip(some, await asyncio.gather(*putting), strict=True))
            self._take_down(outcomes)
            troubles = [one.why for one in outcomes.values() if isinstance(one, _Failed)]
            if any(isinstance(one, Trouble) and one.ends for one in troubles):
                return
            if is_last and any(isinstance(one, Trouble) for one in troubles):
                break  # nothing is sent that may point to what is missing
        for key in plan.remove:
            await self._remove(place, key)

    def _take_down(self, outcomes: Mapping[Item, _Outcome]) -> None:
        put = {item.key: one for item, one in outcomes.items() if isinstance(one, SavedFile)}
        self._keep(put)
        self._done += (key for key, one in put.items() if one.digest)
        for item, one in outcomes.items():
            if isinstance(one, _Failed):
                self._fail(item.key, one)
            elif not one.digest:
                self._fail(item.key, _Failed(_LATE, mends=True))

    async def _put(self, place: Place, item: Item, *, is_new: bool) -> _Outcome:
        """Send a file, unless somebody else has written there since."""
        content = read_published(self._output, item.path)
        if content is None or digest(content) != item.content:
            return _Failed(_TOUCHED, mends=True)
        load = Load(key=item.key, content=gzipped(content) if item.is_packed else content, headers=item.headers)
        first = await place.put(load, self.known[item.key].made_from)
        done = await self._put_again(place, load, is_new=is_new) if isinstance(first, Conflict) else first
        if isinstance(done, Stored):
            return SavedFile(path=item.key, digest=item.print, made_from=done.tag)
        return _Failed(done) if isinstance(done, Trouble) else done

    async def _put_again(self, place: Place, load: Load, *, is_new: bool) -> Stored | Trouble | _Outcome:
        """Look what is there. It is replaced only where it is what was to be sent, or nothing, or may be replaced.

        Else the tag of what is there is remembered: the next pass, which knows what holds then, goes by it.
        """
        found = await place.get(load.key)
        if isinstance(found, Trouble):
            return found
        tag = found.tag if isinstance(found, Found) else ""
        is_same = isinstance(found, Missing) or found.content == load.content
        if is_same or self._rules.replace or (self.is_forced and not is_new):
            done = await place.put(load, tag)
            if not isinstance(done, Conflict):
                return done
        if is_new and not is_same:
            self._forget(load.key)
            return _Failed(_FOREIGN)
        return self._winner(load.key, tag)

    def _winner(self, key: str, tag: str) -> SavedFile | _Failed:
        """Give what is to be remembered of a file that another writer has replaced, which may have said so."""
        told = self._store.saved(self._shelf).get(EntryKey(key))
        if told is not None and told.digest and told.made_from == tag:
            self.known[key] = told
            return _Failed(_LATE, mends=True)
        return SavedFile(path=key, digest="", made_from=tag)

    async def _remove(self, place: Place, key: str) -> None:
        if not self._means.go_on():
            self._fail("", _Failed(_UNFINISHED, mends=True))
            return
        done = await place.remove(key, self.known[key].made_from)
        if isinstance(done, Trouble):
            self._fail(key, _Failed(done))
            return
        self._forget(key)
        if isinstance(done, Conflict):
            self._fail(key, _Failed(_STAYS))
        else:
            self._removed.append(key)

    def _keep(self, put: Mapping[str, SavedFile]) -> None:
        if put:
            self._store.keep_saved(self._shelf, {EntryKey(key): one for key, one in put.items()})
            self.known |= put

    def _forget(self, key: str) -> None:
        self._store.keep_saved(self._shelf, {}, gone=[EntryKey(key)])
        self.known.pop(key, None)

    def _fail(self, key: str, failure: _Failed) -> None:
        keys = self._failures.setdefault(str(failure.why), [])
        if key:
            keys.append(key)
        self._is_failed = self._is_failed or not failure.mends


def _listed(keys: Sequence[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return f"{', '.join(keys[:SHOWN])}{more}: "


def _in_turn(items: Sequence[Item]) -> Iterator[tuple[tuple[Item, ...], bool]]:
    """Give some items at a time, all of one rank, and whether they are the last ones of it."""
    for _, ranked in groupby(items, key=lambda one: one.rank):
        left = tuple(ranked)
        while left:
            some, left = left[:AT_A_TIME], left[AT_A_TIME:]
            yield some, not left
