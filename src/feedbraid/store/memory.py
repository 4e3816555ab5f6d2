"""The store that forgets: for previews, trial runs and tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime

from feedbraid import codec
from feedbraid.model import (
    Copy,
    CopyHead,
    EntryKey,
    Feed,
    FileMark,
    LedgerRow,
    Note,
    PageHead,
    Skipped,
    SourceState,
)
from feedbraid.nouns import dataclass
from feedbraid.records import Day, Errand, Incident, SavedFile, Subscription, Tombstone, Visit
from feedbraid.store import (
    DAYS_KEPT,
    INCIDENTS_KEPT,
    LASTING,
    VISITS_KEPT,
    Flood,
    OriginChange,
    Restoration,
    Settlement,
    Store,
    counted,
    page_as_kept,
    together,
)


@dataclass(frozen=True, slots=True)
class _Held:
    copy: Copy
    head: CopyHead
    settled: bool


class MemoryStore:
    """Keeps everything in dictionaries, as long as the process lives."""

    def __init__(self) -> None:
        self._states: dict[str, SourceState] = {}
        self._files: dict[str, tuple[FileMark, ...]] = {}
        self._skipped: dict[str, tuple[Skipped, ...]] = {}
        self._notes: dict[str, tuple[Note, ...]] = {}
        self._held: dict[tuple[str, str], _Held] = {}
        self._ledger: dict[EntryKey, LedgerRow] = {}
        self._feed_ids: dict[str, str] = {}
        self._fingerprints: dict[str, str] = {}
        self._blocks: dict[str, list[Feed]] = {}
        self._passed: dict[str, dict[str, tuple[str, str]]] = {}
        self._pages: dict[str, dict[EntryKey, tuple[PageHead, str]]] = {}
        self._parts: dict[str, dict[str, str]] = {}
        self._visits: dict[str, tuple[Visit, ...]] = {}
        self._days: dict[str, dict[date, Day]] = {}
        self._incidents: dict[str, Incident] = {}
        self._errands: dict[tuple[str, str, str], Errand] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._tombstones: dict[str, Tombstone] = {}
        self._saved: dict[str, dict[EntryKey, SavedFile]] = {}
        self._memos: dict[str, str] = {}
        self._changes = 1

    def states(self, among: Collection[str] | None = None) -> Mapping[str, SourceState]:
        """Give the state of every origin ever committed, by name; or of those among some."""
        return {name: one for name, one in sorted(self._states.items()) if among is None or name in among}

    def resting(self) -> Mapping[str, SourceState]:
        """Give the states of origins whose servers ever asked for rest, by name."""
        return {name: one for name, one in self.states().items() if one.rest is not None}

    def files(self, origin: str) -> tuple[FileMark, ...]:
        """Give the marks of a folder's files, sorted by ref."""
        return self._files.get(origin, ())

    def skipped(self, origin: str) -> tuple[Skipped, ...]:
        """Give what the last reading of an origin could not use, in its order."""
        return self._skipped.get(origin, ())

    def notes(self, origin: str) -> tuple[Note, ...]:
        """Give what the last reading of an origin had to repair in the document as a whole."""
        return self._notes.get(origin, ())

    def commit(self, *changes: OriginChange) -> None:
        """Write one reading of each of these origins: copies and validators together."""
        for change in changes:
            self._put(change)

    def _put(self, change: OriginChange) -> None:
        origin = change.state.name
        gone = frozenset(change.gone)
        held = {(copy.origin, copy.ref): self._hold(copy, gone) for copy in change.put}
        before = self._states.get(origin)
        if change.put or change.gone or before is None or before.channel != change.state.channel:
            self._changes += 1
        self._states[origin] = change.state
        for ref in gone:
            self._held.pop((origin, ref), None)
        self._held |= held
        for ref, stated in change.restated:
            if (origin, ref) in self._held:
                one = self._held[origin, ref]
                self._held[origin, ref] = replace(one, copy=replace(one.copy, stated=stated))
        if change.files is not None:
            self._files[origin] = tuple(sorted(change.files, key=lambda mark: mark.ref))
        if change.skipped is not None:
            self._skipped[origin] = change.skipped
        if change.skipped is not None or change.notes:
            self._notes[origin] = change.notes
        if change.visit is not None:
            self._count(origin, change.visit)

    def _count(self, origin: str, visit: Visit) -> None:
        self._visits[origin] = (*self._visits.get(origin, ()), visit)[-VISITS_KEPT:]
        days, today = self._days.get(origin, {}), visit.at.astimezone(UTC).date()
        days[today] = counted(days.get(today, Day(day=today)), visit)
        self._days[origin] = dict(sorted(days.items())[-DAYS_KEPT:])

    def _hold(self, copy: Copy, gone: frozenset[str]) -> _Held:
        old = None if copy.ref in gone else self._held.get((copy.origin, copy.ref))
        settled = old is not None and old.settled and old.head.key == copy.entry.key
        return _Held(copy, head_of(copy, old.head.post if old else None), settled)

    def known(
        self, origin: str, keys: Iterable[EntryKey], source_ids: Iterable[str], titles: Iterable[str] = ()
    ) -> tuple[CopyHead, ...]:
        """Give the heads of an origin's copies with one of these keys, refs, source ids or titles, by ref."""
        wanted, stated, called = frozenset(keys), frozenset(source_ids) - {""}, frozenset(titles) - {""}
        return self._heads(
            lambda held: (
                held.head.origin == origin
                and (
                    held.head.key in wanted
                    or held.head.ref in wanted
                    or held.head.source_id in stated
                    or held.head.title in called
                )
            )
        )

    def stated(self, origin: str, count: int) -> tuple[str, ...]:
        """Give `Copy.stated` of an origin's copies that have it: of about `count`, those with the latest posts."""
        heads = sorted(self._open([origin]), key=self._shown, reverse=True)[:count]
        stated = (self._held[head.origin, head.ref].copy.stated for head in heads)
        return tuple(one for one in stated if one)

    def newest(self, origin: str) -> datetime | None:
        """Give the date of an origin's newest copy, by `CopyHead.sort_date`; None when it has none."""
        return max((head.sort_date for head in self.heads([origin])), default=None)

    def floods(self) -> Mapping[str, Flood]:
        """Give, for every origin that has some, the old entries that are held back."""
        found: dict[str, list[datetime]] = {}
        for (origin, _), held in sorted(self._held.items()):
            if held.copy.late and held.copy.held_until is not None:
                found.setdefault(origin, []).append(held.copy.held_until)
        return {origin: Flood(len(dates), max(dates)) for origin, dates in found.items()}

    def release(self, now: datetime) -> None:
        """Let go of floods whose time has come."""
        for place, held in list(self._held.items()):
            until = held.copy.held_until
            if held.copy.late and until is not None and until <= now:
                head = replace(held.head, held_until=None)
                self._held[place] = _Held(replace(held.copy, held_until=None), head, held.settled)
                self._changes += 1

    def heads(self, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give the heads of all copies of the origins, sorted by (origin, ref)."""
        wanted = frozenset(origins)
        return self._heads(lambda held: held.head.origin in wanted)

    def newest_heads(self, origins: Sequence[str], count: int, *, of_each: bool = False) -> tuple[CopyHead, ...]:
        """Give the heads of the newest copies that may be published, newest first."""
        dated = (head for head in self._open(origins) if head.post in self._ledger)
        heads = sorted(dated, key=self._shown, reverse=True)
        groups = [[head for head in heads if head.origin == one] for one in origins] if of_each else [heads]
        kept = {
            (head.origin, head.ref)
            for group in groups
            for head in group
            if self._shown(head) >= self._shown(group[min(count, len(group)) - 1])
        }
        return tuple(head for head in heads if (head.origin, head.ref) in kept)

    def unarchived(self, feed: str, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give the heads of copies that may be published and whose post no closed block of a feed holds."""
        archived = self.archived(feed)
        return tuple(head for head in self._open(origins) if head.post not in archived)

    def oldest_unarchived(self, feed: str, origins: Sequence[str], most: int) -> tuple[CopyHead, ...]:
        """Give the first of these heads: what came late, then by the first sight of their posts, and by date."""

        def place(head: CopyHead) -> tuple[bool, datetime, datetime]:
            return not head.late, self._ledger[head.post or head.key].first_seen, self._shown(head)

        return tuple(sorted(self.unarchived(feed, origins), key=place)[:most])

    def _open(self, origins: Sequence[str]) -> Sequence[CopyHead]:
        return [head for head in self.heads(origins) if head.post is not None and head.held_until is None]

    def _shown(self, head: CopyHead) -> datetime:
        return head.dated(self._ledger[head.post or head.key].first_seen)

    def copies(self, refs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Copy]:
        """Give whole copies by (origin, ref); unknown ones are left out."""
        return {place: self._held[place].copy for place in sorted(set(refs)) if place in self._held}

    def unsettled(self, most: int) -> tuple[CopyHead, ...]:
        """Give the heads of copies that are new or changed their key since they were settled: the first by key."""
        heads = self._heads(lambda held: not held.settled)
        return tuple(sorted(heads, key=lambda head: head.key)[:most])

    def sharing(self, keys: Iterable[EntryKey]) -> tuple[CopyHead, ...]:
        """Give the heads of all copies, of any origin, whose key or post is one of the keys."""
        wanted = frozenset(keys)
        return self._heads(lambda held: held.head.key in wanted or held.head.post in wanted)

    def _heads(self, wanted: Callable[[_Held], bool]) -> tuple[CopyHead, ...]:
        return tuple(held.head for _, held in sorted(self._held.items(), key=_place) if wanted(held))

    def ledger(self, keys: Iterable[EntryKey]) -> Mapping[EntryKey, LedgerRow]:
        """Give the ledger rows of the keys; unknown keys are left out."""
        return {key: self._ledger[key] for key in sorted(set(keys)) if key in self._ledger}

    def owners(self, ids: Iterable[str]) -> Mapping[str, EntryKey]:
        """Give the key that holds each published id; free ids are left out."""
        wanted = frozenset(ids)
        rows = [row for row in self._ledger.values() if row.id in wanted]
        return dict(sorted((row.id, row.key) for row in rows))

    def settle(self, settlement: Settlement) -> None:
        """Write the ledger's next step; a row that is there never changes (D3)."""
        self._changes += bool(settlement.rows or settlement.posts)
        for row in settlement.rows:
            self._ledger.setdefault(row.key, row)
        for origin, ref, post in settlement.posts:
            if (held := self._held.get((origin, ref))) is not None:
                self._held[origin, ref] = _Held(held.copy, replace(held.head, post=post), settled=True)

    def feed_ids(self) -> Mapping[str, str]:
        """Give the minted id of every feed, by name (N13)."""
        return dict(sorted(self._feed_ids.items()))

    def keep_feed_id(self, name: str, feed_id: str) -> None:
        """Remember the id of a feed; one that is already there stays."""
        self._feed_ids.setdefault(name, feed_id)

    def archived(self, feed: str, among: Iterable[EntryKey] | None = None) -> frozenset[EntryKey]:
        """Give the ledger keys of all posts in the closed blocks of a feed, or of those among some."""
        found = frozenset(post.key for content in self._blocks.get(feed, ()) for post in content.posts)
        return found if among is None else found & frozenset(among)

    def blocks(self, feed: str) -> Mapping[int, str]:
        """Give the number of every closed block of a feed, from 1 on, with the SHA-256 of its content."""
        contents = self._blocks.get(feed, ())
        return {number: codec.digest(codec.encode(content)) for number, content in enumerate(contents, start=1)}

    def block(self, feed: str, number: int) -> Feed:
        """Give a closed block as it was closed. Raises KeyError when there is none of that number."""
        contents = self._blocks.get(feed, [])
        if not 1 <= number <= len(contents):
            raise KeyError(number)
        return contents[number - 1]

    def close_blocks(self, feed: str, contents: Iterable[Feed]) -> int:
        """Add closed blocks after those that are there, for ever."""
        new = list(contents)
        self._blocks.setdefault(feed, []).extend(new)
        return len(new)

    def reopen_blocks(self, feed: str, count: int) -> None:
        """Remove the newest blocks of a feed, of which nothing was published."""
        if count:
            del self._blocks[feed][-count:]

    def rewrite_blocks(self, feed: str, contents: Mapping[int, Feed]) -> None:
        """Put other contents in the place of closed blocks, by number."""
        for number, content in contents.items():
            self._blocks[feed][number - 1] = content
        self._changes += bool(contents)

    def changes(self) -> int:
        """Give a number that grows whenever something changes that a document may show."""
        return self._changes

    def restore(self, restoration: Restoration) -> None:
        """Fill an empty store with what was published."""
        for change in restoration.origins:
            self.commit(change)
        self.settle(restoration.settlement)
        for name, feed_id in restoration.feed_ids:
            self.keep_feed_id(name, feed_id)
        for name, contents in restoration.blocks:
            self.close_blocks(name, contents)

    def fingerprints(self) -> Mapping[str, str]:
        """Give, for every document by path, the fingerprint of what it was rendered from."""
        return dict(sorted(self._fingerprints.items()))

    def keep_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Remember what documents were rendered from; replaces the former ones as a whole."""
        self._fingerprints = dict(fingerprints)

    def passed(self, scope: str) -> Mapping[str, tuple[str, str]]:
        """Give what filters made of posts, as (print, value) by item."""
        return dict(self._passed.get(scope, {}))

    def keep_passed(self, scope: str, put: Mapping[str, tuple[str, str]], gone: Iterable[str] = ()) -> None:
        """Remember what filters made of posts, and forget it of others."""
        known = self._passed.setdefault(scope, {})
        for item in gone:
            known.pop(item, None)
        known.update(put)

    def page_heads(self, recipe: str) -> Mapping[EntryKey, PageHead]:
        """Give what is known of all pages that were read in one way, by post."""
        return {post: head for post, (head, _) in sorted(self._pages.get(recipe, {}).items())}

    def pages(self, recipe: str, posts: Iterable[EntryKey]) -> Mapping[EntryKey, str]:
        """Give the texts of pages by post; those that have none are left out."""
        known = self._pages.get(recipe, {})
        return {post: known[post][1] for post in sorted(set(posts)) if post in known and known[post][1]}

    def keep_page(self, recipe: str, post: EntryKey, head: PageHead, text: str) -> None:
        """Remember the page of a post; one without text leaves the text that is there."""
        known = self._pages.setdefault(recipe, {})
        before = known.get(post)
        known[post] = page_as_kept(before, head, text)
        self._changes += known[post][1] != (before[1] if before else "")

    def parts(self, feed: str) -> Mapping[str, str]:
        """Give the feeds that are made of the posts of one feed, sorted."""
        return dict(sorted(self._parts.get(feed, {}).items()))

    def keep_part(self, feed: str, name: str, value: str) -> None:
        """Remember a part of a feed for ever; one that is already there stays."""
        self._parts.setdefault(feed, {}).setdefault(name, value)

    def visits(self, among: Collection[str] | None = None) -> Mapping[str, tuple[Visit, ...]]:
        """Give the last visits to every origin, or to those among some, by name, oldest first."""
        return {name: one for name, one in sorted(self._visits.items()) if among is None or name in among}

    def days(self, since: date) -> Mapping[str, tuple[Day, ...]]:
        """Give the days of every origin from one day on, by name, oldest first."""
        found = {
            origin: tuple(one for day, one in days.items() if day >= since)
            for origin, days in sorted(self._days.items())
        }
        return {origin: days for origin, days in found.items() if days}

    def newest_dates(self, origin: str, count: int) -> tuple[tuple[datetime, datetime], ...]:
        """Give the `CopyHead.sort_date` of an origin's newest copies, newest first, and when each was seen."""
        dates = ((head.sort_date, head.first_seen) for head in self.heads([origin]))
        return tuple(sorted(dates, reverse=True)[:count])

    def incidents(self) -> tuple[Incident, ...]:
        """Give the last incidents in the order in which they were kept."""
        return tuple(self._incidents.values())

    def keep_incidents(self, incidents: Iterable[Incident]) -> None:
        """Remember incidents; one whose id is known stays as it is."""
        for incident in incidents:
            self._incidents.setdefault(incident.id, incident)
        whole = tuple(self._incidents.values())
        last = {(one.origin, one.kind): one.id for one in whole}.values()
        kept = {*last, *(one.id for one in whole[-INCIDENTS_KEPT:])}
        self._incidents = {one.id: one for one in whole if one.id in kept}

    def errands(self) -> tuple[Errand, ...]:
        """Give the messages that are to be delivered, sorted by (due, kind, target, subject)."""
        return tuple(sorted(self._errands.values(), key=lambda one: (one.due, *_identity(one))))

    def keep_errands(self, put: Iterable[Errand] = (), gone: Iterable[Errand] = ()) -> None:
        """Forget messages, and remember others; one that was replaced since it was read is not forgotten."""
        for errand in gone:
            if self._errands.get(_identity(errand)) == errand:
                del self._errands[_identity(errand)]
        self._errands |= {_identity(errand): errand for errand in put}

    def subscriptions(self) -> Mapping[str, Subscription]:
        """Give what hubs were asked for, by origin."""
        return dict(sorted(self._subscriptions.items()))

    def keep_subscription(self, subscription: Subscription) -> None:
        """Remember what a hub was asked for; replaces what was remembered of the origin."""
        self._subscriptions[subscription.origin] = subscription

    def drop_subscription(self, origin: str) -> None:
        """Forget what a hub was asked for an origin."""
        self._subscriptions.pop(origin, None)

    def bury(self, tombstones: Iterable[Tombstone]) -> None:
        """Remove posts with all that is known of them but their ids, and remember that they must not come back."""
        for one in tombstones:
            self._changes += 1
            self._tombstones[one.post] = together(self._tombstones.get(one.post), one)
            if one.why == "blocked":
                continue
            for place, held in list(self._held.items()):
                if (held.head.post or held.head.key) == one.post:
                    del self._held[place]
            for pages in self._pages.values():
                pages.pop(EntryKey(one.post), None)
            for scope, passed in self._passed.items():
                if one.why == "forgotten" and scope.startswith(("feed ", "source ")):
                    passed.pop(one.post, None)

    def exhume(self, posts: Iterable[EntryKey]) -> None:
        """Let posts come back."""
        for post in posts:
            self._tombstones.pop(post, None)
            self._changes += 1

    def tombstones(self) -> tuple[Tombstone, ...]:
        """Give the tombstones of all posts that were removed, sorted by (at, post)."""
        return tuple(sorted(self._tombstones.values(), key=lambda one: (one.at, one.post)))

    def blocked(self) -> frozenset[str]:
        """Give the marks of all posts that are blocked."""
        return frozenset(mark for one in self._tombstones.values() if one.why == "blocked" for mark in one.marks)

    def buried(self, marks: Iterable[str]) -> Mapping[str, Tombstone]:
        """Give the tombstones, without their marks, that some marks lead to."""
        wanted = frozenset(marks)
        newest_first = sorted(self.tombstones(), key=lambda one: (one.at, one.post), reverse=True)
        weakest_first = sorted(newest_first, key=lambda one: LASTING.index(one.why))
        return {mark: replace(one, marks=()) for one in weakest_first for mark in one.marks if mark in wanted}

    def saved(self, place: str) -> Mapping[EntryKey, SavedFile]:
        """Give the posts that were saved as files in a folder."""
        return dict(sorted(self._saved.get(place, {}).items()))

    def keep_saved(self, place: str, put: Mapping[EntryKey, SavedFile], gone: Iterable[EntryKey] = ()) -> None:
        """Remember that posts were saved as files in a folder, and forget it of others."""
        known = self._saved.setdefault(place, {})
        for post in gone:
            known.pop(post, None)
        known.update(put)

    def alone(self) -> AbstractContextManager[object]:
        """Do nothing: nobody else is there."""
        return nullcontext()

    def memo(self, name: str) -> str:
        """Give what was noted under a name; empty when nothing was."""
        return self._memos.get(name, "")

    def keep_memo(self, name: str, value: str) -> None:
        """Note something under a name, in the place of what stood there."""
        self._memos[name] = value

    def close(self) -> None:
        """Forget nothing yet: there is no storage to let go of."""


def _identity(errand: Errand) -> tuple[str, str, str]:
    return errand.kind, errand.target, errand.subject


def _place(item: tuple[tuple[str, str], _Held]) -> tuple[str, str]:
    return item[0]


def head_of(copy: Copy, post: EntryKey | None) -> CopyHead:
    """Give the head of a copy that belongs to a post."""
    entry = copy.entry
    return CopyHead(
        origin=copy.origin,
        ref=copy.ref,
        key=entry.key,
        post=post,
        source_id=entry.source_id,
        public_id=entry.public_id,
        title=entry.title,
        link=entry.link,
        published=entry.published,
        updated=entry.updated,
        first_seen=copy.first_seen,
        held_until=copy.held_until,
        digest=codec.digest(codec.encode(entry)),
        weight=entry.weight,
        late=copy.late,
        second_hand=entry.is_second_hand,
        saved=entry.saved,
    )


def _connect(_path: str) -> Store:
    return MemoryStore()


CONNECT: Callable[[str], Store] = _connect
