"""Stores: what is remembered between runs. One file each, exporting `CONNECT`; all pass one contract suite.

The store keeps each origin's own copy of an entry and, beside the copies, the ledger: which id a key was
published under, and since when. Merging is done on the way out, so nothing that a source says can corrupt
what is stored.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

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
from feedbraid.records import SavedFile, Tombstone, Visit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import date, datetime

    from feedbraid.records import Burial, Day, Errand, Incident, Subscription

VISITS_KEPT = 50
"""Of each origin, one by one."""

DAYS_KEPT = 400
"""Of each origin: a year can be compared with the one before."""

INCIDENTS_KEPT = 1000
"""Of all origins together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginChange:
    """All that one reading of one origin changes. It is committed as a whole or not at all."""

    state: SourceState
    put: tuple[Copy, ...] = ()
    """Replaces what is stored under the same (origin, ref)."""
    gone: tuple[str, ...] = ()
    """Refs that the origin no longer has (seed folders only; sources never lose anything)."""
    restated: tuple[tuple[str, str], ...] = ()
    """(ref, `Copy.stated`) of copies that stay as they are."""
    files: tuple[FileMark, ...] | None = None
    """All marks of a folder; None leaves them as they are."""
    skipped: tuple[Skipped, ...] | None = None
    """All that could not be used in this reading; None leaves the list as it is."""
    notes: tuple[Note, ...] = ()
    """What was repaired in the document as a whole."""
    visit: Visit | None = None
    """Is added to those of the origin, and counted in its day; None when nobody was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The ledger's next step: new rows, and which post each copy belongs to."""

    rows: tuple[LedgerRow, ...] = ()
    posts: tuple[tuple[str, str, EntryKey], ...] = ()
    """(origin, ref, ledger key)."""


@dataclass(frozen=True, slots=True)
class Flood:
    """Old entries of one origin that came at once and wait for `until` (D3)."""

    count: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """All that was read back from what was published, for an empty store (D16)."""

    origins: tuple[OriginChange, ...] = ()
    settlement: Settlement = Settlement()
    feed_ids: tuple[tuple[str, str], ...] = ()
    """(feed, id)."""
    blocks: tuple[tuple[str, tuple[Feed, ...]], ...] = ()
    """(feed, its closed blocks, oldest first)."""


def page_as_kept(known: tuple[PageHead, str] | None, head: PageHead, text: str) -> tuple[PageHead, str]:
    """Decide what stays of a page: a page that can not be read any more keeps the text that it had."""
    if text or known is None or not known[1]:
        return head, text
    return replace(head, digest=known[0].digest), known[1]


def counted(day: Day, visit: Visit) -> Day:
    """Count a visit in its day."""
    return replace(
        day,
        read=day.read + (visit.result == "read"),
        unchanged=day.unchanged + (visit.result == "unchanged"),
        failed=day.failed + (visit.result == "failed"),
        new=day.new + visit.new,
    )


LASTING: Sequence[Burial] = ("blocked", "expired", "forgotten")
"""Why posts are buried, what lasts longer behind what does not."""


def together(known: Tombstone | None, new: Tombstone) -> Tombstone:
    """Give the tombstone of a post that is buried again: the marks of both, the stronger reason."""
    first = known if known and LASTING.index(known.why) >= LASTING.index(new.why) else new
    return replace(first, marks=tuple(sorted({*(known.marks if known else ()), *new.marks, new.post})))


class Store(Protocol):
    """What every store does. All methods raise `StoreError` when the storage fails."""

    def states(self, among: Collection[str] | None = None) -> Mapping[str, SourceState]:
        """Give the state of every origin ever committed, by name; or of those among some."""
        ...

    def resting(self) -> Mapping[str, SourceState]:
        """Give the states of origins whose servers ever asked for rest, by name."""
        ...

    def files(self, origin: str) -> tuple[FileMark, ...]:
        """Give the marks of a folder's files, sorted by ref."""
        ...

    def skipped(self, origin: str) -> tuple[Skipped, ...]:
        """Give what the last reading of an origin could not use, in its order."""
        ...

    def notes(self, origin: str) -> tuple[Note, ...]:
        """Give what the last reading of an origin had to repair in the document as a whole."""
        ...

    def commit(self, *changes: OriginChange) -> None:
        """Write one reading of each of these origins, all in one transaction: copies and validators together."""
        ...

    def known(
        self, origin: str, keys: Iterable[EntryKey], source_ids: Iterable[str], titles: Iterable[str] = ()
    ) -> tuple[CopyHead, ...]:
        """Give the heads of an origin's copies with one of these keys, refs, source ids or titles, by ref."""
        ...

    def stated(self, origin: str, count: int) -> tuple[str, ...]:
        """Give `Copy.stated` of an origin's copies that have it: of about `count`, those with the latest posts."""
        ...

    def newest(self, origin: str) -> datetime | None:
        """Give the date of an origin's newest copy, by `CopyHead.sort_date`; None when it has none."""
        ...

    def floods(self) -> Mapping[str, Flood]:
        """Give, for every origin that has some, the old entries that are held back."""
        ...

    def release(self, now: datetime) -> None:
        """Let go of floods whose time has come."""
        ...

    def heads(self, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give the heads of all copies of the origins, sorted by (origin, ref)."""
        ...

    def newest_heads(self, origins: Sequence[str], count: int, *, of_each: bool = False) -> tuple[CopyHead, ...]:
        """Give the heads of the newest copies that may be published: those with a post that are not held back.

        By `CopyHead.dated` for the first sight of their post, newest first, then by (origin, ref). `count` of all
        origins together or of each, those included that are as old as the last one.
        """
        ...

    def unarchived(self, feed: str, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give the heads of copies as above whose post no closed block of a feed holds, by (origin, ref)."""
        ...

    def oldest_unarchived(self, feed: str, origins: Sequence[str], most: int) -> tuple[CopyHead, ...]:
        """Give the first of these heads: what came late, then by the first sight of their posts, and by date.

        The date is that of a copy as it would be published, see `CopyHead.dated`; equals stand by (origin, ref).
        """
        ...

    def copies(self, refs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Copy]:
        """Give whole copies by (origin, ref); unknown ones are left out."""
        ...

    def unsettled(self, most: int) -> tuple[CopyHead, ...]:
        """Give the heads of copies that are new or changed their key since they were settled: the first by key."""
        ...

    def sharing(self, keys: Iterable[EntryKey]) -> tuple[CopyHead, ...]:
        """Give the heads of all copies, of any origin, whose key or post is one of the keys."""
        ...

    def ledger(self, keys: Iterable[EntryKey]) -> Mapping[EntryKey, LedgerRow]:
        """Give the ledger rows of the keys; unknown keys are left out."""
        ...

    def owners(self, ids: Iterable[str]) -> Mapping[str, EntryKey]:
        """Give the key that holds each published id; free ids are left out."""
        ...

    def settle(self, settlement: Settlement) -> None:
        """Write the ledger's next step, in one transaction."""
        ...

    def feed_ids(self) -> Mapping[str, str]:
        """Give the minted id of every feed, by name (N13)."""
        ...

    def keep_feed_id(self, name: str, feed_id: str) -> None:
        """Remember the id of a feed for ever; one that is already there stays."""
        ...

    def archived(self, feed: str, among: Iterable[EntryKey] | None = None) -> frozenset[EntryKey]:
        """Give the ledger keys of all posts in the closed blocks of a feed, or of those among some."""
        ...

    def blocks(self, feed: str) -> Mapping[int, str]:
        """Give the number of every closed block of a feed, from 1 on, with the SHA-256 of its content."""
        ...

    def block(self, feed: str, number: int) -> Feed:
        """Give a closed block as it was closed. Raises KeyError when there is none of that number."""
        ...

    def close_blocks(self, feed: str, contents: Iterable[Feed]) -> int:
        """Add closed blocks after those that are there, for ever, in one transaction; give their number.

        The store is read meanwhile: the blocks may be made one by one of what it holds.
        """
        ...

    def reopen_blocks(self, feed: str, count: int) -> None:
        """Remove the newest blocks of a feed, of which nothing was published, in one transaction."""
        ...

    def rewrite_blocks(self, feed: str, contents: Mapping[int, Feed]) -> None:
        """Put other contents in the place of closed blocks, by number, in one transaction: for posts that go."""
        ...

    def changes(self) -> int:
        """Give a number that grows whenever something changes that a document may show."""
        ...

    def restore(self, restoration: Restoration) -> None:
        """Fill an empty store with what was published, in one transaction."""
        ...

    def fingerprints(self) -> Mapping[str, str]:
        """Give, for every document by path, the fingerprint of what it was rendered from."""
        ...

    def keep_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Remember what documents were rendered from; replaces the former ones as a whole."""
        ...

    def passed(self, scope: str) -> Mapping[str, tuple[str, str]]:
        """Give what filters made of posts, as (print, value) by item; `scope` is a feed or a source."""
        ...

    def keep_passed(self, scope: str, put: Mapping[str, tuple[str, str]], gone: Iterable[str] = ()) -> None:
        """Remember what filters made of posts, and forget it of others, in one transaction."""
        ...

    def page_heads(self, recipe: str) -> Mapping[EntryKey, PageHead]:
        """Give what is known of all pages that were read in one way, by post."""
        ...

    def pages(self, recipe: str, posts: Iterable[EntryKey]) -> Mapping[EntryKey, str]:
        """Give the texts of pages by post; those that have none are left out."""
        ...

    def keep_page(self, recipe: str, post: EntryKey, head: PageHead, text: str) -> None:
        """Remember the page of a post; one without text leaves the text that is there."""
        ...

    def parts(self, feed: str) -> Mapping[str, str]:
        """Give the feeds that are made of the posts of one feed: name to what these have in common, sorted."""
        ...

    def keep_part(self, feed: str, name: str, value: str) -> None:
        """Remember a part of a feed for ever; one that is already there stays."""
        ...

    def visits(self, among: Collection[str] | None = None) -> Mapping[str, tuple[Visit, ...]]:
        """Give the last visits to every origin, or to those among some, by name, oldest first.

        There are at most `VISITS_KEPT` of each.
        """
        ...

    def days(self, since: date) -> Mapping[str, tuple[Day, ...]]:
        """Give the days of every origin from one day on, by name, oldest first; those without visits are left out.

        The last `DAYS_KEPT` on which an origin was visited are there.
        """
        ...

    def newest_dates(self, origin: str, count: int) -> tuple[tuple[datetime, datetime], ...]:
        """Give the `CopyHead.sort_date` of an origin's newest copies, newest first, and when each was seen."""
        ...

    def incidents(self) -> tuple[Incident, ...]:
        """Give incidents in the order in which they were kept.

        These are the last `INCIDENTS_KEPT`, and the last of each kind of each origin: these decide what is new.
        """
        ...

    def keep_incidents(self, incidents: Iterable[Incident]) -> None:
        """Remember incidents, in one transaction; one whose id is known stays as it is."""
        ...

    def errands(self) -> tuple[Errand, ...]:
        """Give the messages that are to be delivered, sorted by (due, kind, target, subject)."""
        ...

    def keep_errands(self, put: Iterable[Errand] = (), gone: Iterable[Errand] = ()) -> None:
        """Forget messages, and remember others, in one transaction.

        One that was replaced since it was read is not forgotten.
        """
        ...

    def subscriptions(self) -> Mapping[str, Subscription]:
        """Give what hubs were asked for, by origin."""
        ...

    def keep_subscription(self, subscription: Subscription) -> None:
        """Remember what a hub was asked for; replaces what was remembered of the origin."""
        ...

    def drop_subscription(self, origin: str) -> None:
        """Forget what a hub was asked for an origin."""
        ...

    def bury(self, tombstones: Iterable[Tombstone]) -> None:
        """Remove the copies and pages of posts, and remember that they must not come back.

        In one transaction. Copies of posts that are blocked stay: a rule may be a mistake. A tombstone stays as it
        is, unless the post is buried for a stronger reason now, see `LASTING`; the marks of a later one are added
        to it. Closed blocks stay.
        """
        ...

    def exhume(self, posts: Iterable[EntryKey]) -> None:
        """Let posts come back, in one transaction."""
        ...

    def tombstones(self) -> tuple[Tombstone, ...]:
        """Give the tombstones of all posts that were removed, sorted by (at, post)."""
        ...

    def blocked(self) -> frozenset[str]:
        """Give the marks of all posts that are blocked: their copies are there, and must not be published."""
        ...

    def buried(self, marks: Iterable[str]) -> Mapping[str, Tombstone]:
        """Give the tombstones, without their marks, that some marks lead to: mark to tombstone.

        Where a mark leads to several, the strongest reason counts, see `LASTING`.
        """
        ...

    def saved(self, place: str) -> Mapping[EntryKey, SavedFile]:
        """Give the posts that were saved as files in a folder."""
        ...

    def keep_saved(self, place: str, put: Mapping[EntryKey, SavedFile], gone: Iterable[EntryKey] = ()) -> None:
        """Remember that posts were saved as files in a folder, and forget it of others, in one transaction."""
        ...

    def alone(self) -> AbstractContextManager[object]:
        """Hold everybody else off from changing what is stored while the block runs.

        Where several programs may write, the block is one transaction, and its writing is done at its end.
        """
        ...

    def memo(self, name: str) -> str:
        """Give what was noted under a name; empty when nothing was."""
        ...

    def keep_memo(self, name: str, value: str) -> None:
        """Note something under a name, in the place of what stood there."""
        ...

    def close(self) -> None:
        """Let go of the storage."""
        ...
