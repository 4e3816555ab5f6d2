"""The store in a database: every method of the protocol, once, over a driver for each kind of database (D15).

One transaction per method that writes. Entries are stored as JSON text of `codec`, and beside them, in columns,
all that `identity` and `merge` decide by. A store belongs to the thread that opened it.

The SQL is what both kinds read, in the spelling of SQLite where they differ in a word; the other driver spells
those few words anew. Where several programs write at once, each transaction names what it is about (`Lock`), and
counts what changed as its last step: that number is one row that all of them share.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from sys import intern
from typing import Any, Generic, Literal, Protocol, TypeVar

from feedbraid import codec
from feedbraid.errors import StoreDamaged, StoreError
from feedbraid.model import (
    FUTURE_TOLERANCE,
    Copy,
    CopyHead,
    Entry,
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
    Flood,
    OriginChange,
    Restoration,
    Settlement,
    _burial,
    _health,
    _schema,
    page_as_kept,
)

from ._health import moment, seconds

T = TypeVar("T")

Row = tuple[Any, ...]
Values = Sequence[Any] | Mapping[str, Any]
_Columns = dict[str, str | int | None]

Lock = Literal["origin", "copy", "block", "feed", "fingerprint", "passed", "page", "health", "burial", "saved"]
"""What a transaction reads in order to write it. "origin" is about single ones: many may hold it at a time."""


class Answer(Protocol):
    """What a statement gave; `rowcount` is the number of rows that it changed."""

    @property
    def rowcount(self) -> int:
        """Give the number of rows."""
        ...

    def fetchone(self) -> Any:  # noqa: ANN401  # a row has columns of several types
        """Give the next row, or None."""
        ...


class Work(Protocol):
    """A transaction that goes on."""

    def execute(self, query: str, values: Any = ..., /) -> Answer:  # noqa: ANN401  # each driver has its type
        """Run a statement."""
        ...

    def executemany(self, query: str, rows: Iterable[Any], /) -> Answer:
        """Run a statement once for each of some values."""
        ...


Read = Callable[[str, Sequence[str]], Iterator[Row]]
Fill = Callable[[str, Sequence[str], Iterable[Row]], None]


class Driver(Protocol):
    """A database that is open. Every method raises `StoreError` when it fails."""

    name: str
    """As it is called in messages: without secrets."""
    advice: str
    """What to do when it is damaged."""
    held: str
    """Ends a query for rows that nobody else may change while the transaction lasts."""

    def rows(self, query: str, values: Values = ()) -> list[Row]:
        """Give the answer to a query; inside of a transaction, too."""
        ...

    def transaction(self, *locks: Lock) -> AbstractContextManager[Work]:
        """Begin a transaction that waits for others with one of these locks; commit it, or roll it back."""
        ...

    def alone(self) -> AbstractContextManager[object]:
        """Make one transaction of a block, where others may write; nothing else is to be done where nobody can."""
        ...

    def snapshot(self) -> AbstractContextManager[Read]:
        """Let all tables be read as they are at one moment; gives what reads the rows of one, a few at a time."""
        ...

    def anew(self, *, replace: bool) -> AbstractContextManager[Fill]:
        """Let all tables be filled in one transaction; gives what fills one with rows of some columns.

        `replace` has what they hold removed. Without it, a store that is not empty is refused.
        """
        ...

    def compact(self) -> None:
        """Give room back that removed posts left."""
        ...

    def size(self) -> int:
        """Give the bytes that the store takes."""
        ...

    def array(self, values: Iterable[str]) -> object:
        """Make one bound value of texts, of which each counts once: the number of values has a limit."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


D_co = TypeVar("D_co", bound=Driver, covariant=True)

_ROWS = 100
"""Copies that are written at a time: the texts of a whole folder would be held beside its entries."""

NOT_EMPTY = "it is not empty; with --replace it gives way to what is copied"

_NEVER = -(10**18)
"""Before all moments."""

_TOLERANCE = FUTURE_TOLERANCE // timedelta(seconds=1)

_HEAD = (
    "SELECT origin, ref, key, post, source_id, public_id, title, link, published, updated, first_seen, held_until,"
    " digest, weight, late, second_hand, saved FROM copy"
)

_ELSE = "ELSE ledger.first_seen END"


def _shown(published: str, updated: str, post: str) -> str:
    """Write what `CopyHead.dated` gives for the first sight of a post, in SQL; NULL for a post that is unknown."""
    last = f"ledger.first_seen + {_TOLERANCE}"
    date = f"CASE WHEN {published} <= {last} THEN {published} WHEN {updated} <= {last} THEN {updated} {_ELSE}"
    return f"(SELECT {date} FROM ledger WHERE ledger.key = {post})"  # noqa: S608  # made of names alone


_STATES = "SELECT name, state FROM origin ORDER BY name"

_STATES_AMONG = "SELECT name, state FROM origin WHERE name IN (SELECT value FROM json_each(?)) ORDER BY name"

_RESTING = """SELECT name, state FROM origin WHERE state LIKE '%,"rest":{%' ORDER BY name"""
"""No text inside a state can look like this: its quotes are escaped."""

_PUT_ORIGIN = """
INSERT INTO origin (name, state, skipped, notes)
VALUES (:name, :state, coalesce(:skipped, '{}'), coalesce(:notes, '{}'))
ON CONFLICT (name) DO UPDATE SET
    state = excluded.state, skipped = coalesce(:skipped, origin.skipped), notes = coalesce(:notes, origin.notes)
"""

_PUT_COPY = f"""
INSERT INTO copy (origin, ref, key, source_id, public_id, title, link, published, updated, first_seen,
    last_changed, held_until, digest, weight, late, second_hand, saved, stated)
VALUES (:origin, :ref, :key, :source_id, :public_id, :title, :link, :published, :updated, :first_seen,
    :last_changed, :held_until, :digest, :weight, :late, :second_hand, :saved, :stated)
ON CONFLICT (origin, ref) DO UPDATE SET
    settled = CASE WHEN copy.key = excluded.key THEN copy.settled ELSE 0 END, key = excluded.key,
    source_id = excluded.source_id, public_id = excluded.public_id, title = excluded.title, link = excluded.link,
    published = excluded.published, updated = excluded.updated, first_seen = excluded.first_seen,
    last_changed = excluded.last_changed, held_until = excluded.held_until,
    digest = excluded.digest, weight = excluded.weight,
    late = excluded.late, second_hand = excluded.second_hand, saved = excluded.saved,
    stated = excluded.stated, shown = {_shown("excluded.published", "excluded.updated", "copy.post")}
WHERE copy.digest <> excluded.digest OR coalesce(copy.held_until, {_NEVER}) <> coalesce(excluded.held_until, {
    _NEVER
})
    OR copy.late <> excluded.late OR copy.first_seen <> excluded.first_seen
    OR copy.last_changed <> excluded.last_changed
"""  # noqa: S608  # made of constants; values are bound

_PUT_BODY = """
INSERT INTO body (copy, entry, notes)
SELECT id, :entry, :notes FROM copy WHERE origin = :origin AND ref = :ref
ON CONFLICT (copy) DO UPDATE SET entry = excluded.entry, notes = excluded.notes
WHERE body.entry <> excluded.entry OR body.notes <> excluded.notes
"""

_PUT_FILE = """
INSERT INTO file (origin, ref, mtime_ns, size, digest) VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin, ref) DO UPDATE
SET mtime_ns = excluded.mtime_ns, size = excluded.size, digest = excluded.digest
"""

_KNOWN = f"""
{_HEAD} WHERE id IN (
    SELECT id FROM copy WHERE origin = :origin AND key IN (SELECT value FROM json_each(:keys))
    UNION
    SELECT id FROM copy WHERE origin = :origin AND ref IN (SELECT value FROM json_each(:keys))
    UNION
    SELECT id FROM copy WHERE origin = :origin AND source_id IN (SELECT value FROM json_each(:ids))
        AND source_id <> ''
    UNION
    SELECT id FROM copy WHERE origin = :origin AND title IN (SELECT value FROM json_each(:titles)) AND title <> ''
) ORDER BY ref
"""  # noqa: S608  # made of constants; values are bound

_SHARING = f"""
{_HEAD} WHERE id IN (
    SELECT id FROM copy WHERE key IN (SELECT value FROM json_each(:keys))
    UNION
    SELECT id FROM copy WHERE post IN (SELECT value FROM json_each(:keys))
) ORDER BY origin, ref
"""  # noqa: S608  # as above

_HEADS = f"{_HEAD} WHERE origin IN (SELECT value FROM json_each(?)) ORDER BY origin, ref"  # noqa: S608  # as above

_OPEN = "post IS NOT NULL AND held_until IS NULL"
"""Of a copy that may be published."""

_AMONG_ALL = f"""
{_HEAD} WHERE {_OPEN} AND +origin IN (SELECT value FROM json_each(:origins)) AND shown >= coalesce((
    SELECT shown FROM copy WHERE {_OPEN} AND +origin IN (SELECT value FROM json_each(:origins))
    ORDER BY shown DESC LIMIT 1 OFFSET :count - 1
), {_NEVER}) ORDER BY shown DESC, origin, ref
"""  # noqa: S608  # made of constants; values are bound
"""By the index of all dates: a plus keeps the others out of it."""

_OF_EACH = f"""
{_HEAD} WHERE id IN (
    SELECT copy.id FROM json_each(:origins) AS one JOIN copy ON copy.origin = one.value
    WHERE {_OPEN} AND shown >= coalesce((
        SELECT shown FROM copy AS other WHERE other.origin = one.value AND other.post IS NOT NULL
        AND other.held_until IS NULL ORDER BY other.shown DESC LIMIT 1 OFFSET :count - 1
    ), {_NEVER})
) ORDER BY shown DESC, origin, ref
"""  # noqa: S608  # as above

_WITHOUT_BLOCK = f"""
{_HEAD} WHERE {_OPEN} AND origin IN (SELECT value FROM json_each(:origins))
AND NOT EXISTS (SELECT 1 FROM archived WHERE archived.feed = :feed AND archived.key = copy.post)
"""  # noqa: S608  # as above

_UNARCHIVED = f"{_WITHOUT_BLOCK} ORDER BY origin, ref"

_OLDEST_UNARCHIVED = f"""
{_WITHOUT_BLOCK}
ORDER BY late DESC, (SELECT ledger.first_seen FROM ledger WHERE ledger.key = copy.post), shown, origin, ref
LIMIT :most
"""  # noqa: S608  # as above

_ARCHIVED_AMONG = "SELECT key FROM archived WHERE feed = ? AND key IN (SELECT value FROM json_each(?))"

_UNSETTLED = f"{_HEAD} WHERE settled = 0 ORDER BY key, origin, ref LIMIT ?"

_SORT_DATE = f"""CASE
    WHEN published <= first_seen + {_TOLERANCE} THEN published
    WHEN updated <= first_seen + {_TOLERANCE} THEN updated
    ELSE first_seen
END"""
"""There is an index of the same expression."""

_STATED = f"""
SELECT stated FROM copy WHERE origin = ? AND {_OPEN} ORDER BY shown DESC LIMIT ?
"""  # noqa: S608  # as above

_RESTATE = "UPDATE copy SET stated = :stated WHERE origin = :origin AND ref = :ref AND stated <> :stated"

_NEWEST = f"SELECT max({_SORT_DATE}) FROM copy WHERE origin = ?"  # noqa: S608  # as above

_NEWEST_DATES = f"""
SELECT {_SORT_DATE} AS dated, first_seen FROM copy WHERE origin = ?
ORDER BY {_SORT_DATE} DESC, first_seen DESC LIMIT ?
"""  # noqa: S608  # as above

_FLOODS = """
SELECT origin, count(*), max(held_until) FROM copy INDEXED BY copy_held
WHERE late = 1 AND held_until IS NOT NULL GROUP BY origin
ORDER BY origin
"""

_RELEASE = "UPDATE copy SET held_until = NULL WHERE late = 1 AND held_until <= ?"

_PAGES = """
SELECT post, content FROM page
WHERE recipe = ? AND post IN (SELECT value FROM json_each(?)) AND length(content) > 0 ORDER BY post
"""

_PAGE = "SELECT head, content FROM page WHERE recipe = ? AND post = ?"

_PUT_PAGE = """
INSERT INTO page (recipe, post, head, content) VALUES (?, ?, ?, ?)
ON CONFLICT (recipe, post) DO UPDATE SET head = excluded.head, content = excluded.content
"""

_COUNT = "UPDATE counter SET changes = changes + 1"

_COPIES = """
SELECT ref, entry, first_seen, last_changed, held_until, late, notes, stated
FROM copy JOIN body ON body.copy = copy.id
WHERE origin = ? AND ref IN (SELECT value FROM json_each(?)) ORDER BY ref
"""

_PUT_LEDGER = """
INSERT INTO ledger (key, id, first_seen) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING
"""

_LEDGER = """
SELECT key, id, first_seen FROM ledger WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key
"""

_SETTLE = f"""
UPDATE copy SET post = :post, settled = 1, shown = {_shown("published", "updated", ":post")}
WHERE origin = :origin AND ref = :ref
"""  # noqa: S608  # made of constants; values are bound

_OWNERS = """
SELECT id, key FROM ledger WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id, key
"""


_PUT_PASSED = """
INSERT INTO passed (scope, item, print, value) VALUES (?, ?, ?, ?)
ON CONFLICT (scope, item) DO UPDATE SET print = excluded.print, value = excluded.value
"""

_PUT_SUBSCRIPTION = """
INSERT INTO subscription (origin, value) VALUES (?, ?)
ON CONFLICT (origin) DO UPDATE SET value = excluded.value
"""

_PUT_SAVED = """
INSERT INTO saved (place, post, path, digest, made_from) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (place, post) DO UPDATE SET
    path = excluded.path, digest = excluded.digest, made_from = excluded.made_from
"""

_PUT_MEMO = """
INSERT INTO memo (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""


@dataclass(frozen=True, slots=True)
class _Notes:
    items: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class _Skips:
    items: tuple[Skipped, ...] = ()


class SqlStore(Generic[D_co]):
    """A store in the database that a driver has opened."""

    def __init__(self, driver: D_co) -> None:
        self.driver = driver
        self._state = f"SELECT state FROM origin WHERE name = ?{driver.held}"  # noqa: S608  # made of constants
        self._rows, self._transaction, self._array = driver.rows, driver.transaction, driver.array

    def states(self, among: Collection[str] | None = None) -> Mapping[str, SourceState]:
        """Give the state of every origin ever committed, by name; or of those among some."""
        rows = self._rows(_STATES) if among is None else self._rows(_STATES_AMONG, (self._array(among),))
        return {name: self._decode(SourceState, state) for name, state in rows}

    def resting(self) -> Mapping[str, SourceState]:
        """Give the states of origins whose servers ever asked for rest, by name."""
        return {name: self._decode(SourceState, state) for name, state in self._rows(_RESTING)}

    def files(self, origin: str) -> tuple[FileMark, ...]:
        """Give the marks of a folder's files, sorted by ref."""
        rows = self._rows("SELECT ref, mtime_ns, size, digest FROM file WHERE origin = ? ORDER BY ref", (origin,))
        return tuple(map(FileMark._make, rows))

    def skipped(self, origin: str) -> tuple[Skipped, ...]:
        """Give what the last reading of an origin could not use, in its order."""
        rows = self._rows("SELECT skipped FROM origin WHERE name = ?", (origin,))
        return self._decode(_Skips, rows[0][0]).items if rows else ()

    def notes(self, origin: str) -> tuple[Note, ...]:
        """Give what the last reading of an origin had to repair in the document as a whole."""
        rows = self._rows("SELECT notes FROM origin WHERE name = ?", (origin,))
        return self._decode(_Notes, rows[0][0]).items if rows else ()

    def commit(self, *changes: OriginChange) -> None:
        """Write one reading of each of these origins, all in one transaction: copies and validators together."""
        # In one order for all programs: two that hold what the other one waits for would wait for ever.
        with self._transaction("origin") as db:
            self._put(db, sorted(changes, key=_name_of))

    def _put(self, db: Work, changes: Iterable[OriginChange]) -> None:
        if sum([self._put_one(db, change) for change in changes]):
            db.execute(_COUNT)

    def _put_one(self, db: Work, change: OriginChange) -> bool:
        """Write a reading; tell whether a document may show what changed."""
        origin, channel = change.state.name, codec.encode(change.state.channel)
        shown = not self._has_channel(origin, channel)
        db.execute(_PUT_ORIGIN, _origin_row(change))
        if change.gone:
            gone = [(origin, ref) for ref in change.gone]
            shown |= db.executemany("DELETE FROM copy WHERE origin = ? AND ref = ?", gone).rowcount > 0
        for start in range(0, len(change.put), _ROWS):
            copies = [_copy_row(copy) for copy in change.put[start : start + _ROWS]]
            shown |= db.executemany(_PUT_COPY, copies).rowcount > 0
            db.executemany(_PUT_BODY, copies)
        if change.restated:
            restated = [{"origin": origin, "ref": ref, "stated": stated} for ref, stated in change.restated]
            db.executemany(_RESTATE, restated)
        if change.files is not None:
            self._replace_files(db, origin, change.files)
        if change.visit is not None:
            _health.keep_visit(db, origin, change.visit)
        return shown

    def _has_channel(self, origin: str, channel: str) -> bool:
        """Tell whether this is stored of an origin; no text inside a state can look like a name and its object."""
        rows = self._rows(self._state, (origin,))
        if rows and f',"channel":{channel}' in rows[0][0]:
            return True
        return bool(rows) and codec.encode(self._decode(SourceState, rows[0][0]).channel) == channel

    def _replace_files(self, db: Work, origin: str, files: Sequence[FileMark]) -> None:
        before = {mark.ref: mark for mark in self.files(origin)}
        gone = before.keys() - {mark.ref for mark in files}
        changed = [mark for mark in files if before.get(mark.ref) != mark]
        db.executemany("DELETE FROM file WHERE origin = ? AND ref = ?", [(origin, ref) for ref in sorted(gone)])
        db.executemany(_PUT_FILE, [(origin, *mark) for mark in changed])

    def known(
        self, origin: str, keys: Iterable[EntryKey], source_ids: Iterable[str], titles: Iterable[str] = ()
    ) -> tuple[CopyHead, ...]:
        """Give the heads of an origin's copies with one of these keys, refs, source ids or titles, by ref."""
        values = {
            "origin": origin,
            "keys": self._array(keys),
            "ids": self._array(source_ids),
            "titles": self._array(titles),
        }
        return _heads(self._rows(_KNOWN, values))

    def stated(self, origin: str, count: int) -> tuple[str, ...]:
        """Give `Copy.stated` of an origin's copies that have it: of about `count`, those with the latest posts."""
        return tuple(stated for (stated,) in self._rows(_STATED, (origin, count)) if stated)

    def newest(self, origin: str) -> datetime | None:
        """Give the date of an origin's newest copy, by `CopyHead.sort_date`; None when it has none."""
        return _date_or_none(self._rows(_NEWEST, (origin,))[0][0])

    def floods(self) -> Mapping[str, Flood]:
        """Give, for every origin that has some, the old entries that are held back."""
        return {origin: Flood(count, moment(until)) for origin, count, until in self._rows(_FLOODS)}

    def release(self, now: datetime) -> None:
        """Let go of floods whose time has come."""
        if not self.floods():
            return
        with self._transaction("copy") as db:
            if db.execute(_RELEASE, (seconds(now),)).rowcount:
                db.execute(_COUNT)

    def heads(self, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give the heads of all copies of the origins, sorted by (origin, ref)."""
        return _heads(self._rows(_HEADS, (self._array(origins),)))

    def newest_heads(self, origins: Sequence[str], count: int, *, of_each: bool = False) -> tuple[CopyHead, ...]:
        """Give the heads of the newest copies that may be published, newest first."""
        query = _OF_EACH if of_each else _AMONG_ALL
        return _heads(self._rows(query, {"origins": self._array(origins), "count": count}))

    def unarchived(self, feed: str, origins: Sequence[str]) -> tuple[CopyHead, ...]:
        """Give the heads of copies that may be published and whose post no closed block of a feed holds."""
        return _heads(self._rows(_UNARCHIVED, {"feed": feed, "origins": self._array(origins)}))

    def oldest_unarchived(self, feed: str, origins: Sequence[str], most: int) -> tuple[CopyHead, ...]:
        """Give the first of these heads: what came late, then by the first sight of their posts, and by date."""
        values = {"feed": feed, "origins": self._array(origins), "most": most}
        return _heads(self._rows(_OLDEST_UNARCHIVED, values))

    def copies(self, refs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], Copy]:
        """Give whole copies by (origin, ref); unknown ones are left out."""
        wanted: dict[str, list[str]] = {}
        for origin, ref in sorted(set(refs)):
            wanted.setdefault(origin, []).append(ref)
        return {
            (origin, row[0]): self._copy(origin, row)
            for origin, some in wanted.items()
            for row in self._rows(_COPIES, (origin, self._array(some)))
        }

    def _copy(self, origin: str, row: Row) -> Copy:
        ref, entry, first_seen, last_changed, held_until, late, notes, stated = row
        return Copy(
            origin=origin,
            ref=ref,
            entry=self._decode(Entry, entry),
            first_seen=moment(first_seen),
            last_changed=moment(last_changed),
            held_until=_date_or_none(held_until),
            late=bool(late),
            notes=self._decode(_Notes, notes).items,
            stated=stated,
        )

    def unsettled(self, most: int) -> tuple[CopyHead, ...]:
        """Give the heads of copies that are new or changed their key since they were settled: the first by key."""
        return _heads(self._rows(_UNSETTLED, (most,)))

    def sharing(self, keys: Iterable[EntryKey]) -> tuple[CopyHead, ...]:
        """Give the heads of all copies, of any origin, whose key or post is one of the keys."""
        return _heads(self._rows(_SHARING, {"keys": self._array(keys)}))

    def ledger(self, keys: Iterable[EntryKey]) -> Mapping[EntryKey, LedgerRow]:
        """Give the ledger rows of the keys; unknown keys are left out."""
        same = {key: key for key in keys}  # there may be very many, and whoever asks has them already
        found = {}
        for stored, post_id, first_seen in _given_up(self._rows(_LEDGER, (self._array(same),))):
            key = same[stored]
            found[key] = LedgerRow(key=key, id=post_id, first_seen=moment(first_seen))
        return found

    def owners(self, ids: Iterable[str]) -> Mapping[str, EntryKey]:
        """Give the key that holds each published id; free ids are left out."""
        return dict(self._rows(_OWNERS, (self._array(ids),)))

    def settle(self, settlement: Settlement) -> None:
        """Write the ledger's next step; a row that is there never changes (D3)."""
        with self._transaction("copy") as db:
            _settle(db, settlement)

    def feed_ids(self) -> Mapping[str, str]:
        """Give the minted id of every feed, by name (N13)."""
        return dict(self._rows("SELECT name, id FROM feed ORDER BY name"))

    def keep_feed_id(self, name: str, feed_id: str) -> None:
        """Remember the id of a feed for ever; one that is already there stays."""
        with self._transaction("feed") as db:
            db.execute("INSERT INTO feed (name, id) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, feed_id))

    def archived(self, feed: str, among: Iterable[EntryKey] | None = None) -> frozenset[EntryKey]:
        """Give the ledger keys of all posts in the closed blocks of a feed, or of those among some."""
        if among is None:
            return frozenset(row[0] for row in self._rows("SELECT key FROM archived WHERE feed = ?", (feed,)))
        return frozenset(row[0] for row in self._rows(_ARCHIVED_AMONG, (feed, self._array(among))))

    def blocks(self, feed: str) -> Mapping[int, str]:
        """Give the number of every closed block of a feed, from 1 on, with the SHA-256 of its content."""
        return dict(self._rows("SELECT number, digest FROM block WHERE feed = ? ORDER BY number", (feed,)))

    def block(self, feed: str, number: int) -> Feed:
        """Give a closed block as it was closed. Raises KeyError when there is none of that number."""
        rows = self._rows("SELECT content FROM block WHERE feed = ? AND number = ?", (feed, number))
        if not rows:
            raise KeyError(number)
        return self._decode(Feed, self._unpacked(rows[0][0], "closed archive"))

    def close_blocks(self, feed: str, contents: Iterable[Feed]) -> int:
        """Add closed blocks after those that are there, for ever, in one transaction."""
        with self._transaction("block") as db:
            return self._close(db, feed, contents)

    def reopen_blocks(self, feed: str, count: int) -> None:
        """Remove the newest blocks of a feed, of which nothing was published, in one transaction."""
        with self._transaction("block") as db:
            last = (feed, max(self.blocks(feed), default=0) - count)
            db.execute("DELETE FROM block WHERE feed = ? AND number > ?", last)
            db.execute("DELETE FROM archived WHERE feed = ? AND number > ?", last)

    def _close(self, db: Work, feed: str, contents: Iterable[Feed]) -> int:
        first = last = max(self.blocks(feed), default=0)
        for last, content in enumerate(contents, start=first + 1):
            _add_block(db, feed, last, content)
        return last - first

    def rewrite_blocks(self, feed: str, contents: Mapping[int, Feed]) -> None:
        """Put other contents in the place of closed blocks, by number, in one transaction."""
        if not contents:
            return
        with self._transaction("block") as db:
            for number, content in contents.items():
                db.execute("DELETE FROM block WHERE feed = ? AND number = ?", (feed, number))
                db.execute("DELETE FROM archived WHERE feed = ? AND number = ?", (feed, number))
                _add_block(db, feed, number, content)
            db.execute(_COUNT)

    def changes(self) -> int:
        """Give a number that grows whenever something changes that a document may show."""
        count: int = self._rows("SELECT changes FROM counter")[0][0]
        return count

    def restore(self, restoration: Restoration) -> None:
        """Fill an empty store with what was published, in one transaction."""
        with self._transaction("copy", "block", "feed") as db:
            db.executemany("INSERT INTO feed (name, id) VALUES (?, ?)", restoration.feed_ids)
            for feed, contents in restoration.blocks:
                self._close(db, feed, contents)
            self._put(db, restoration.origins)
            _settle(db, restoration.settlement)

    def fingerprints(self) -> Mapping[str, str]:
        """Give, for every document by path, the fingerprint of what it was rendered from."""
        return dict(self._rows("SELECT path, value FROM fingerprint ORDER BY path"))

    def keep_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Remember what documents were rendered from; replaces the former ones as a whole."""
        if fingerprints == self.fingerprints():
            return
        with self._transaction("fingerprint") as db:
            db.execute("DELETE FROM fingerprint")
            db.executemany("INSERT INTO fingerprint (path, value) VALUES (?, ?)", fingerprints.items())

    def passed(self, scope: str) -> Mapping[str, tuple[str, str]]:
        """Give what filters made of posts, as (print, value) by item."""
        rows = self._rows("SELECT item, print, value FROM passed WHERE scope = ? ORDER BY item", (scope,))
        return {item: (print_, value) for item, print_, value in rows}

    def keep_passed(self, scope: str, put: Mapping[str, tuple[str, str]], gone: Iterable[str] = ()) -> None:
        """Remember what filters made of posts, and forget it of others, in one transaction."""
        with self._transaction("passed") as db:
            db.executemany("DELETE FROM passed WHERE scope = ? AND item = ?", [(scope, item) for item in gone])
            db.executemany(
                _PUT_PASSED,
                [(scope, item, print_, value) for item, (print_, value) in put.items()],
            )

    def page_heads(self, recipe: str) -> Mapping[EntryKey, PageHead]:
        """Give what is known of all pages that were read in one way, by post."""
        rows = self._rows("SELECT post, head FROM page WHERE recipe = ? ORDER BY post", (recipe,))
        return {EntryKey(post): self._decode(PageHead, head) for post, head in rows}

    def pages(self, recipe: str, posts: Iterable[EntryKey]) -> Mapping[EntryKey, str]:
        """Give the texts of pages by post; those that have none are left out."""
        rows = self._rows(_PAGES, (recipe, self._array(posts)))
        return {EntryKey(post): self._unpacked(content, "page") for post, content in rows}

    def keep_page(self, recipe: str, post: EntryKey, head: PageHead, text: str) -> None:
        """Remember the page of a post; one without text leaves the text that is there."""
        with self._transaction("page") as db:
            row = db.execute(_PAGE, (recipe, post)).fetchone()
            before = row and (self._decode(PageHead, row[0]), self._unpacked(row[1], "page"))
            kept, kept_text = page_as_kept(before, head, text)
            content = zlib.compress(kept_text.encode()) if kept_text else b""
            db.execute(_PUT_PAGE, (recipe, post, codec.encode(kept), content))
            if kept_text != (before[1] if before else ""):
                db.execute(_COUNT)

    def parts(self, feed: str) -> Mapping[str, str]:
        """Give the feeds that are made of the posts of one feed, sorted."""
        return dict(self._rows("SELECT name, value FROM part WHERE feed = ? ORDER BY name", (feed,)))

    def keep_part(self, feed: str, name: str, value: str) -> None:
        """Remember a part of a feed for ever; one that is already there stays."""
        with self._transaction("feed") as db:
            db.execute(
                "INSERT INTO part (feed, name, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (feed, name, value)
            )

    def visits(self, among: Collection[str] | None = None) -> Mapping[str, tuple[Visit, ...]]:
        """Give the last visits to every origin, or to those among some, by name, oldest first."""
        if among is None:
            return _health.visits_of(self._rows(_health.VISITS))
        return _health.visits_of(self._rows(_health.VISITS_AMONG, (self._array(among),)))

    def days(self, since: date) -> Mapping[str, tuple[Day, ...]]:
        """Give the days of every origin from one day on, by name, oldest first."""
        return _health.days_of(self._rows(_health.DAYS, (since.isoformat(),)))

    def newest_dates(self, origin: str, count: int) -> tuple[tuple[datetime, datetime], ...]:
        """Give the `CopyHead.sort_date` of an origin's newest copies, newest first, and when each was seen."""
        rows = self._rows(_NEWEST_DATES, (origin, count))
        return tuple((moment(date), moment(first_seen)) for date, first_seen in rows)

    def incidents(self) -> tuple[Incident, ...]:
        """Give the last incidents in the order in which they were kept."""
        return tuple(map(_health.incident, self._rows(_health.INCIDENTS)))

    def keep_incidents(self, incidents: Iterable[Incident]) -> None:
        """Remember incidents, in one transaction; one whose id is known stays as it is."""
        some = tuple(incidents)
        if not some:
            return
        with self._transaction("health") as db:
            _health.keep_incidents(db, some)

    def errands(self) -> tuple[Errand, ...]:
        """Give the messages that are to be delivered, sorted by (due, kind, target, subject)."""
        return tuple(map(_health.errand, self._rows(_health.ERRANDS)))

    def keep_errands(self, put: Iterable[Errand] = (), gone: Iterable[Errand] = ()) -> None:
        """Forget messages, and remember others, in one transaction; one that was replaced stays."""
        new, old = tuple(put), tuple(gone)
        if not (new or old):
            return
        with self._transaction("health") as db:
            _health.keep_errands(db, new, old)

    def subscriptions(self) -> Mapping[str, Subscription]:
        """Give what hubs were asked for, by origin."""
        rows = self._rows("SELECT origin, value FROM subscription ORDER BY origin")
        return {origin: self._decode(Subscription, value) for origin, value in rows}

    def keep_subscription(self, subscription: Subscription) -> None:
        """Remember what a hub was asked for; replaces what was remembered of the origin."""
        row = (subscription.origin, codec.encode(subscription))
        with self._transaction("health") as db:
            db.execute(_PUT_SUBSCRIPTION, row)

    def drop_subscription(self, origin: str) -> None:
        """Forget what a hub was asked for an origin."""
        with self._transaction("health") as db:
            db.execute("DELETE FROM subscription WHERE origin = ?", (origin,))

    def bury(self, tombstones: Iterable[Tombstone]) -> None:
        """Remove posts with all that is known of them but their ids, and remember that they must not come back."""
        some = tuple(tombstones)
        if not some:
            return
        with self._transaction("copy", "passed", "page", "burial") as db:
            _burial.bury(db, some, self._array)
            db.execute(_COUNT)

    def exhume(self, posts: Iterable[EntryKey]) -> None:
        """Let posts come back, in one transaction."""
        with self._transaction("burial") as db:
            if _burial.exhume(db, posts):
                db.execute(_COUNT)

    def tombstones(self) -> tuple[Tombstone, ...]:
        """Give the tombstones of all posts that were removed, sorted by (at, post)."""
        marks = self._rows(_burial.MARKS)
        return tuple(_burial.tombstones_of(self._rows(_burial.TOMBSTONES), marks))

    def blocked(self) -> frozenset[str]:
        """Give the marks of all posts that are blocked."""
        return frozenset(row[0] for row in self._rows(_burial.BLOCKED))

    def buried(self, marks: Iterable[str]) -> Mapping[str, Tombstone]:
        """Give the tombstones, without their marks, that some marks lead to."""
        rows = self._rows(_burial.BURIED, (self._array(marks),))
        return {row[0]: _burial.tombstone(row[1:]) for row in rows}

    def saved(self, place: str) -> Mapping[EntryKey, SavedFile]:
        """Give the posts that were saved as files in a folder."""
        query = "SELECT post, path, digest, made_from FROM saved WHERE place = ? ORDER BY post"
        rows = self._rows(query, (place,))
        return {EntryKey(post): SavedFile(path=path, digest=d, made_from=m) for post, path, d, m in rows}

    def keep_saved(self, place: str, put: Mapping[EntryKey, SavedFile], gone: Iterable[EntryKey] = ()) -> None:
        """Remember that posts were saved as files in a folder, and forget it of others, in one transaction."""
        rows = [(place, post, one.path, one.digest, one.made_from) for post, one in put.items()]
        with self._transaction("saved") as db:
            db.executemany("DELETE FROM saved WHERE place = ? AND post = ?", [(place, post) for post in gone])
            db.executemany(_PUT_SAVED, rows)

    def memo(self, name: str) -> str:
        """Give what was noted under a name; empty when nothing was."""
        rows = self._rows("SELECT value FROM memo WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def alone(self) -> AbstractContextManager[object]:
        """Hold everybody else off from changing what is stored while the block runs."""
        return self.driver.alone()

    def keep_memo(self, name: str, value: str) -> None:
        """Note something under a name, in the place of what stood there."""
        with self._transaction("feed") as db:
            db.execute(_PUT_MEMO, (name, value))

    def close(self) -> None:
        """Let go of the database."""
        self.driver.close()

    def _unpacked(self, content: bytes, what: str) -> str:
        try:
            return zlib.decompress(content).decode() if content else ""
        except (zlib.error, ValueError) as error:
            raise StoreDamaged(self.driver.name, f"a {what} is damaged ({error}); {self.driver.advice}") from error

    def _decode(self, kind: type[T], text: str) -> T:
        try:
            return codec.decode(kind, text)
        except ValueError as error:
            raise StoreDamaged(
                self.driver.name, f"a stored row is damaged ({error}); {self.driver.advice}"
            ) from error


def _add_block(db: Work, feed: str, number: int, content: Feed) -> None:
    text = codec.encode(content)
    row = (feed, number, codec.digest(text), zlib.compress(text.encode(), 1))
    db.execute("INSERT INTO block (feed, number, digest, content) VALUES (?, ?, ?, ?)", row)
    keys = [(feed, post.key, number) for post in content.posts]
    db.executemany("INSERT INTO archived (feed, key, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", keys)


def _name_of(change: OriginChange) -> str:
    return change.state.name


def _settle(db: Work, settlement: Settlement) -> None:
    rows = [(row.key, row.id, seconds(row.first_seen)) for row in settlement.rows]
    posts = [{"post": post, "origin": origin, "ref": ref} for origin, ref, post in settlement.posts]
    db.executemany(_PUT_LEDGER, rows)
    db.executemany(_SETTLE, posts)
    if rows or posts:
        db.execute(_COUNT)


def _origin_row(change: OriginChange) -> dict[str, str | None]:
    # A reading that brought nothing new says nothing of the document: what was noted of the last one stays.
    was_read = change.skipped is not None
    return {
        "name": change.state.name,
        "state": codec.encode(change.state),
        "skipped": codec.encode(_Skips(change.skipped)) if change.skipped is not None else None,
        "notes": codec.encode(_Notes(change.notes)) if was_read or change.notes else None,
    }


def _copy_row(copy: Copy) -> _Columns:
    entry = copy.entry
    text = codec.encode(entry)
    return {
        "origin": copy.origin,
        "ref": copy.ref,
        "key": entry.key,
        "source_id": entry.source_id,
        "public_id": entry.public_id,
        "title": entry.title,
        "link": entry.link,
        "published": _seconds_or_none(entry.published),
        "updated": _seconds_or_none(entry.updated),
        "first_seen": seconds(copy.first_seen),
        "last_changed": seconds(copy.last_changed),
        "held_until": _seconds_or_none(copy.held_until),
        "digest": codec.digest(text),
        "weight": entry.weight,
        "late": int(copy.late),
        "second_hand": int(entry.is_second_hand),
        "stated": copy.stated,
        "saved": int(entry.saved),
        "entry": text,
        "notes": codec.encode(_Notes(copy.notes)),
    }


def _given_up(rows: list[Row]) -> Iterator[Row]:
    """Give rows one by one and let go of each: very many, and what is made of them, would take twice the room."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _heads(rows: list[Row]) -> tuple[CopyHead, ...]:
    return tuple(map(_head, _given_up(rows)))


def _head(row: Row) -> CopyHead:
    key, link = row[2], row[7]
    return CopyHead(
        origin=intern(row[0]),
        ref=key if row[1] == key else row[1],
        key=key,
        post=key if row[3] == key else row[3],
        source_id=link if row[4] == link else row[4],
        public_id=link if row[5] == link else row[5],
        title=row[6],
        link=link,
        published=_date_or_none(row[8]),
        updated=_date_or_none(row[9]),
        first_seen=moment(row[10]),
        held_until=_date_or_none(row[11]),
        digest=row[12],
        weight=row[13],
        late=bool(row[14]),
        second_hand=bool(row[15]),
        saved=bool(row[16]),
    )


def _seconds_or_none(date: datetime | None) -> int | None:
    return None if date is None else seconds(date)


def _date_or_none(count: int | None) -> datetime | None:
    return None if count is None else moment(count)


def emptied(db: Work, name: str, *, replace: bool) -> int:
    """Remove everything, in a transaction; give what was counted before, and 0 for a store that was empty.

    Raises StoreError when it was not, and that is not wanted.
    """
    tables = [table for table in reversed(tuple(_schema.tables())) if table != "counter"]
    is_filled = any(db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in tables)  # noqa: S608  # ours
    if is_filled and not replace:
        raise StoreError(name, NOT_EMPTY)
    (before,) = db.execute("SELECT changes FROM counter").fetchone()
    for table in (*tables, "counter"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608  # our names
    return int(before) if is_filled else 0


_COUNT_ON = "UPDATE counter SET changes = 1 + CASE WHEN changes > :before THEN changes ELSE :before END"


def count_on(db: Work, before: int) -> None:
    """Let what is counted go on from what it was before, so that everybody sees that everything has changed."""
    if before:
        db.execute(_COUNT_ON, {"before": before})
