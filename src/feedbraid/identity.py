"""Which copy is which post: decided from facts alone, written by the store.

Two decisions. `recognise` matches what an origin states now with what it stated before, so that an edited or
moved entry is updated in place. `settle` gives every new key its published id, which then never changes (D3).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from feedbraid import ids
from feedbraid.codec import digest, encode
from feedbraid.model import Believed, Copy, CopyHead, Entry, EntryKey, KeyRules, LedgerRow, Note, credible
from feedbraid.nouns import dataclass
from feedbraid.ranking import precedence
from feedbraid.text import minute
from feedbraid.urls import entry_key, still_https

# --- one origin, now and before ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What one reading brings: copies to store, and how many of them are new."""

    put: tuple[Copy, ...]
    new: int
    """Without what was saved from a post that is known."""
    changed: int
    keys: frozenset[EntryKey] = frozenset()
    """Of all entries, whether they changed or not."""
    held: frozenset[str] = frozenset()
    """Refs of seeds that wait for their date, whether they changed or not."""
    flood: int = 0
    """How many of the new ones are older than what is known, and held back because they are too many."""
    another: str = ""
    """What the source has become, when it is another one and nothing in it is known."""
    restated: tuple[tuple[str, str], ...] = ()
    """(ref, `Copy.stated`) of copies that stay as they are although they may be stated in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloodRule:
    """When new entries are too many and too old to be new (D3)."""

    newest: datetime | None
    """The date of the newest entry known before; None at the first reading, which is never a flood."""
    more_than: int
    """0: nothing is a flood."""
    hold: timedelta
    another: str = ""
    """How the document calls itself now that it is another one than before, as its title and its page tell."""


NO_FLOODS = FloodRule(newest=None, more_than=0, hold=timedelta())


def keys_to_ask(items: Iterable[Believed]) -> set[EntryKey]:
    """Give all keys under which copies of these entries may be stored."""
    entries = [item.entry for item in items]
    return {key for entry in entries for key in (entry.key, _place(entry), _page(entry))}


def recognise_feed(
    origin: str,
    items: Sequence[Believed],
    known: Iterable[CopyHead],
    now: datetime,
    flood: FloodRule = NO_FLOODS,
) -> Recognised:
    """Match the entries of a feed with its stored copies: by key, else by what speaks for a move (D1, D3, N10).

    An entry keeps the `published` it was first stored with, so that a source which redates its posts does not
    reorder ours. `known` holds the stored copies whose key or ref is one of `keys_to_ask`, or that share an id or
    a title. Entries that are stored as they are stated stay so, whatever else is decided.
    """
    heads = tuple(known)
    by_key = {head.key: head for head in heads}
    stated_keys = keys_to_ask(items)
    moves = _Moves([head for head in heads if head.key not in stated_keys])
    matched = [(place, *_match(item, by_key)) for place, item in enumerate(items) if not item.is_known]
    moves.expect([item.entry for _, item, old in matched if old is None], of=len(items))
    refs = {head.ref for head in heads}
    as_stored = frozenset(item.entry.key for item in items if item.is_known)
    copies = []
    for place, item, same in matched:
        old = same or moves.take(item.entry)
        ref = old.ref if old else _free_ref(item.entry.key, refs)
        refs.add(ref)
        seen = now if _is_dated(item.entry) else now - timedelta(seconds=place)
        stated = _secured(_redated(item, old), old)
        copies.append((old, _copy(origin, ref, stated, old, now, seen)))
    if flood.another and all(old is None for old, _ in copies):
        return replace(_changes(_all_held_back(copies, flood, now)), another=flood.another)
    found = _changes(_holding_back(copies, flood, now))
    return replace(found, keys=found.keys | as_stored)


def _place(entry: Entry) -> EntryKey:
    return ids.place_key(entry.key, entry.link)


def _page(entry: Entry) -> EntryKey:
    return ids.page_key(entry.key, entry.link)


def _match(item: Believed, by_key: Mapping[EntryKey, CopyHead]) -> tuple[Believed, CopyHead | None]:
    """Find the copy with the key of an entry, and the key that the entry has from now on.

    Where fragments name posts, a document that holds only one of a page's posts does not show it; the stored
    copies do.
    """
    entry = item.entry
    same_place = [by_key[key] for key in (_place(entry), _page(entry)) if key in by_key]
    for old in same_place:
        if old.link == entry.link:
            return replace(item, entry=replace(entry, key=old.key)), old
    old_at_key = by_key.get(entry.key)
    if old_at_key is None or not _is_another_post(old_at_key, entry):
        return item, old_at_key
    return replace(item, entry=replace(entry, key=_place(entry))), None


def _is_another_post(old: CopyHead, entry: Entry) -> bool:
    """Tell whether a copy with the same key is another post of the same page: other fragment, other title."""
    before, now = old.link.partition("#")[2], entry.link.partition("#")[2]
    same = _same_title(entry, old) and entry.published == old.published
    return bool(before and now) and before != now and not same


def rekeyed(copies: Iterable[Copy], rules: KeyRules) -> tuple[Copy, ...]:
    """Give the copies whose key other rules make another, with that key: for entries that left their document."""
    keys = [(copy, entry_key(copy.entry.link, rules)) for copy in copies if copy.entry.link]
    return tuple(replace(copy, entry=replace(copy.entry, key=key)) for copy, key in keys if copy.entry.key != key)


def recognise_files(
    origin: str,
    items: Sequence[Believed],
    known: Mapping[str, CopyHead],
    now: datetime,
    elsewhere: Collection[EntryKey] = (),
) -> Recognised:
    """Match seeds with their stored copies by path; one dated in the future is held until then (N19).

    `elsewhere` are keys of which others have copies: a file that was saved from one of these is no news.
    """
    copies = []
    for item in items:
        old = known.get(item.ref)
        copy = _copy(origin, item.ref, item, old, now, now)
        due = item.entry.published
        if due is not None and due > now:
            note = Note("N19", f"its date lies in the future: it is held back until {minute(due)}")
            copy = replace(copy, held_until=due, notes=(*copy.notes, note))
        copies.append((old, copy))
    return _without_echoes(_changes(copies), known, elsewhere)


def _without_echoes(
    found: Recognised, known: Mapping[str, CopyHead], elsewhere: Collection[EntryKey]
) -> Recognised:
    """Count no copy as new or changed that only repeats what another origin says."""
    echoes = [copy.ref for copy in found.put if copy.entry.saved and copy.entry.key in elsewhere]
    changed = sum(ref in known for ref in echoes)
    return replace(found, new=found.new - len(echoes) + changed, changed=found.changed - changed)


class _Moves:
    """The stored copies whose key is not stated any more: what an entry at a new address may have been before.

    Nothing may be swallowed: a source that gives all its entries one id, one link or one title must not make each
    new one replace the last. So a name counts only where it is one copy's alone, and it takes two witnesses.
    """

    def __init__(self, left: Sequence[CopyHead]) -> None:
        self._left = {head.ref: head for head in left}
        self._by_name: dict[str, list[CopyHead]] = {}
        for head in left:
            for name in {head.source_id, head.link, head.public_id, _title(head.title)} - {""}:
                self._by_name.setdefault(name, []).append(head)
        self._everything = False

    def expect(self, unmatched: Sequence[Entry], *, of: int) -> None:
        """Look whether the whole source has moved: none of its `of` entries is known, most have known titles."""
        found = sum(self._called(entry) is not None for entry in unmatched)
        self._everything = found >= SMALLEST_MOVE and found * 2 >= len(unmatched) == of

    def take(self, entry: Entry) -> CopyHead | None:
        """Give the copy that an entry was before; it is no other entry's from then on."""
        old = self._known_by_id(entry) or self._known_by_link(entry) or self._known_by_place(entry)
        if old is None and self._everything:
            old = self._called(entry)
        if old is not None:
            del self._left[old.ref]
        return old

    def _only(self, name: str) -> CopyHead | None:
        found = [head for head in self._by_name.get(name, ()) if head.ref in self._left] if name else []
        return found[0] if len(found) == 1 else None

    def _known_by_id(self, entry: Entry) -> CopyHead | None:
        """Find the copy with the id of an entry, stated or published, and with its title or date (D1)."""
        candidates = (self._only(name) for name in (entry.public_id, entry.source_id))
        return next(
            (old for old in candidates if old and (_same_date(entry, old) or _same_title(entry, old))), None
        )

    def _known_by_link(self, entry: Entry) -> CopyHead | None:
        """Find the copy with the link of an entry: its source is keyed on something else, or the rules changed."""
        old = self._only(entry.link)
        if old is None:
            return None
        other_id = entry.source_id != old.source_id and "" not in (entry.source_id, old.source_id)
        return old if _same_date(entry, old) or (_same_title(entry, old) and not other_id) else None

    def _known_by_place(self, entry: Entry) -> CopyHead | None:
        """Find the copy with the title and date of an entry, and its path on another host: the site has moved."""
        old = self._only(_title(entry.title))
        moved = old is not None and entry.published == old.published and _is_same_place(entry.link, old.link)
        return old if moved else None

    def _called(self, entry: Entry) -> CopyHead | None:
        """Find the copy with the title and date of an entry, at an address of another kind: no new edition."""
        found = [
            head
            for head in self._by_name.get(_title(entry.title), ())
            if head.ref in self._left and entry.published == head.published
        ]
        return found[0] if len(found) == 1 and _kind_of(entry.link) != _kind_of(found[0].link) else None


SMALLEST_MOVE = 3
"""Entries that are known by title and date alone, for a source to count as moved."""


def _title(title: str) -> str:
    return f"title {title}" if title else ""


def _same_title(entry: Entry, old: CopyHead) -> bool:
    return entry.title == old.title != ""


def _same_date(entry: Entry, old: CopyHead) -> bool:
    return entry.published is not None and entry.published == old.published


def _is_same_place(link: str, other: str) -> bool:
    """Tell whether two addresses have the same path and query on different hosts."""
    here, there = urlsplit(link), urlsplit(other)
    same = (here.path, here.query) == (there.path, there.query) and here.path.strip("/") != ""
    return same and here.netloc != there.netloc


def _kind_of(link: str) -> tuple[str, tuple[bool, ...], tuple[str, ...]]:
    """Give what the addresses of one site have in common: host, where numbers stand, names of parameters."""
    parts = urlsplit(link)
    segments = tuple(segment.isdigit() for segment in parts.path.split("/"))
    return parts.netloc, segments, tuple(part.partition("=")[0] for part in parts.query.split("&"))


def _holding_back(
    copies: Sequence[tuple[CopyHead | None, Copy]], rule: FloodRule, now: datetime
) -> list[tuple[CopyHead | None, Copy]]:
    """Hold new entries back that are many and older than what is known: for subscribers they are not new (D3)."""
    old = {copy.ref for before, copy in copies if before is None and _is_older(copy.entry, rule.newest)}
    if not 0 < rule.more_than < len(old):
        return list(copies)
    return _held(
        copies, old, f"came with {len(old)} new entries that are older than the newest one known", rule, now
    )


def _all_held_back(
    copies: Sequence[tuple[CopyHead | None, Copy]], rule: FloodRule, now: datetime
) -> list[tuple[CopyHead | None, Copy]]:
    """Hold back what a source brings that has become another one: its address may have a new owner (T8)."""
    every = {copy.ref for _, copy in copies} if rule.more_than else set()
    return _held(copies, every, f"came when its source became {rule.another}", rule, now)


def _held(
    copies: Sequence[tuple[CopyHead | None, Copy]], refs: set[str], why: str, rule: FloodRule, now: datetime
) -> list[tuple[CopyHead | None, Copy]]:
    until = now + rule.hold
    note = Note("D3", f"{why}: held back until {minute(until)}, then it goes to the archive")
    return [
        (
            before,
            replace(copy, late=True, held_until=until, notes=(*copy.notes, note)) if copy.ref in refs else copy,
        )
        for before, copy in copies
    ]


def _is_older(entry: Entry, newest: datetime | None) -> bool:
    stated = entry.published or entry.updated
    return newest is not None and stated is not None and stated < newest


def _free_ref(wanted: str, taken: set[str]) -> str:
    ref, number = wanted, 2
    while ref in taken:
        ref, number = f"{wanted} {number}", number + 1
    return ref


def _is_dated(entry: Entry) -> bool:
    """Tell whether an entry states a date: those that do not keep the order of their document (B68)."""
    return entry.published is not None or entry.updated is not None


def _secured(item: Believed, old: CopyHead | None) -> Believed:
    """Keep https where it was stated before: a source that flaps between the schemes has no news (F53, B76)."""
    entry = item.entry
    link = still_https(entry.link, old.link) if old else entry.link
    if link == entry.link:
        return item
    public_id = link if entry.public_id == entry.link else entry.public_id
    return replace(item, entry=replace(entry, link=link, public_id=public_id))


def _redated(item: Believed, old: CopyHead | None) -> Believed:
    first = credible(old.published, old.first_seen) if old else None
    if first is None or item.entry.published == first:
        return item
    note = Note("N10", f"published stays {minute(first)}, as it was first stated")
    return replace(item, entry=replace(item.entry, published=first), notes=(*item.notes, note))


def _copy(  # noqa: PLR0913, PLR0917  # all that a copy is made of
    origin: str, ref: str, item: Believed, old: CopyHead | None, now: datetime, first_seen: datetime
) -> Copy:
    return Copy(
        origin=origin,
        ref=ref,
        entry=item.entry,
        first_seen=old.first_seen if old else first_seen,
        last_changed=now,
        held_until=old.held_until if old and old.late else None,
        late=old.late if old else False,
        notes=item.notes,
        stated=f"{item.stated} {ids.facts(item.entry)}" if item.stated else "",
    )


def _changes(copies: Sequence[tuple[CopyHead | None, Copy]]) -> Recognised:
    new = [copy for old, copy in copies if old is None]
    changed = [copy for old, copy in copies if old is not None and _differs(old, copy)]
    held = frozenset(copy.ref for _, copy in copies if copy.held_until is not None)
    keys = frozenset(copy.entry.key for _, copy in copies)
    flood = sum(copy.late for copy in new)
    as_before = {copy.ref for _, copy in copies} - {copy.ref for copy in (*new, *changed)}
    return Recognised(
        put=(*new, *changed),
        new=len(new),
        changed=len(changed),
        keys=keys,
        held=held,
        flood=flood,
        restated=tuple((copy.ref, copy.stated) for _, copy in copies if copy.ref in as_before and copy.stated),
    )


def _differs(old: CopyHead, copy: Copy) -> bool:
    return old.digest != digest(encode(copy.entry)) or old.held_until != copy.held_until


# --- the ledger -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The ledger's next step: rows to write, and the post of every copy that needs one."""

    rows: tuple[LedgerRow, ...]
    posts: tuple[tuple[str, str, EntryKey], ...]


def settle(
    heads: Iterable[CopyHead],
    ledger: Mapping[EntryKey, LedgerRow],
    owners: Mapping[str, EntryKey],
    rank: Mapping[str, int],
) -> Settled:
    """Give each key of the heads its post: its own, the one that its copies moved away with, or a new one.

    `heads` are the unsettled copies and all that share a key or post with them, or hold an id they would be
    published under; `ledger` has the rows of these keys and posts, `owners` the keys that hold those ids. The id
    of a new post comes from the copy of the highest-ranked origin, so the order in which sources answered leaves
    no trace. The ledger only ever grows, so whatever made two copies one post can be taken back.
    """
    copies = sorted(heads, key=lambda head: (head.origin, head.ref))
    by_key: dict[EntryKey, list[CopyHead]] = {}
    for head in copies:
        by_key.setdefault(head.key, []).append(head)
    living = {key for head in copies if head.origin in rank for key in (head.key, head.post) if key}
    book = _Book(ledger=ledger, by_key=by_key, owners=dict(owners), living=living, rank=rank)
    post_of = {key: book.post_of(key) for key in sorted(by_key)}
    return Settled(
        rows=tuple(book.opened),
        posts=tuple((head.origin, head.ref, post_of[head.key]) for head in copies),
    )


@dataclass(slots=True, kw_only=True)
class _Book:
    """The ledger while it is settled."""

    ledger: Mapping[EntryKey, LedgerRow]
    by_key: Mapping[EntryKey, Sequence[CopyHead]]
    owners: dict[str, EntryKey]
    living: set[EntryKey]
    """Keys and posts of copies that configured origins have."""
    rank: Mapping[str, int]
    opened: list[LedgerRow] = field(default_factory=list)

    def post_of(self, key: EntryKey) -> EntryKey:
        """Give the post of all copies with this key."""
        if key in self.ledger:
            return key
        brought = {head.post for head in self.by_key[key] if head.post in self.ledger and self._keeps_post(head)}
        if brought:
            rows = [self.ledger[post] for post in brought if post is not None]
            return min(rows, key=lambda row: (row.first_seen, row.id)).key
        return self._new_post(key)

    def _keeps_post(self, head: CopyHead) -> bool:
        """Tell whether a copy that left its address takes its post along.

        Not when another copy is at that address now, unless it is the same entry by its title, or that of an
        origin that has not followed yet an entry that its own origin knows by its id.
        """
        stayed = [other for other in self.by_key.get(head.post or head.key, ()) if other is not head]
        return all(
            (other.title == head.title != "") or (head.source_id != "" and other.origin != head.origin)
            for other in stayed
        )

    def _new_post(self, key: EntryKey) -> EntryKey:
        """Open a post; an id whose owner has no copy any more means that a seed was moved or a source renamed."""
        members = self.by_key[key]
        wanted = min(members, key=lambda head: precedence(head, self.rank)).public_id
        owner = self.owners.get(wanted, key)
        if owner != key and owner not in self.living:
            self.living.add(owner)
            return owner
        post_id = wanted if owner == key else ids.mint(wanted, key)
        self.owners[post_id] = key
        self.opened.append(LedgerRow(key=key, id=post_id, first_seen=min(head.first_seen for head in members)))
        return key
