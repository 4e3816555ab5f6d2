"""Which copy is which post: decided from facts alone, written by the store.

Two decisions. `recognise` matches what an origin states now with what it stated before, so that an edited or
moved entry is updated in place. `settle` gives every new key its published id, which then never changes (D3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from feedbraid import ids
from feedbraid.codec import digest, encode
from feedbraid.model import Believed, Copy, CopyHead, Entry, EntryKey, KeyRules, LedgerRow, Note, credible
from feedbraid.ranking import precedence
from feedbraid.urls import entry_key

# --- one origin, now and before ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What one reading brings: copies to store, and how many of them are new."""

    put: tuple[Copy, ...]
    new: int
    changed: int
    keys: frozenset[EntryKey] = frozenset()
    """Of all entries, whether they changed or not."""
    held: frozenset[str] = frozenset()
    """Refs of seeds that wait for their date, whether they changed or not."""


def keys_to_ask(items: Iterable[Believed]) -> set[EntryKey]:
    """Give all keys under which copies of these entries may be stored."""
    entries = [item.entry for item in items]
    return {key for entry in entries for key in (entry.key, _place(entry), _page(entry))}


def recognise_feed(origin: str, items: Sequence[Believed], known: Iterable[CopyHead], now: datetime) -> Recognised:
    """Match the entries of a feed with its stored copies: by key, else by an equal id (D1, N10).

    An entry keeps the `published` it was first stored with, so that a source which redates its posts does not
    reorder ours. `known` holds the stored copies whose key or ref is one of `keys_to_ask`, or that share an id.
    """
    heads = tuple(known)
    by_key = {head.key: head for head in heads}
    stated_keys = keys_to_ask(items)
    left = [head for head in heads if head.key not in stated_keys]
    moved_from = {head.source_id: head for head in left} | {head.link: head for head in left}
    refs = {head.ref for head in heads}
    copies = []
    for stated in items:
        item, old = _match(stated, by_key)
        old = old or _moved(item, moved_from)
        ref = old.ref if old else _free_ref(item.entry.key, refs)
        refs.add(ref)
        copies.append((old, _copy(origin, ref, _redated(item, old), old, now)))
    return _changes(copies)


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
    return bool(before and now) and before != now and old.title != entry.title


def rekeyed(copies: Iterable[Copy], rules: KeyRules) -> tuple[Copy, ...]:
    """Give the copies whose key other rules make another, with that key: for entries that left their document."""
    keys = [(copy, entry_key(copy.entry.link, rules)) for copy in copies if copy.entry.link]
    return tuple(replace(copy, entry=replace(copy.entry, key=key)) for copy, key in keys if copy.entry.key != key)


def recognise_files(
    origin: str, items: Sequence[Believed], known: Mapping[str, CopyHead], now: datetime
) -> Recognised:
    """Match seeds with their stored copies by path; one dated in the future is held until then (N19)."""
    copies = []
    for item in items:
        old = known.get(item.ref)
        copy = _copy(origin, item.ref, item, old, now)
        due = item.entry.published
        if due is not None and due > now:
            note = Note("N19", f"its date lies in the future: it is held back until {due:%Y-%m-%d %H:%M} UTC")
            copy = replace(copy, held_until=due, notes=(*copy.notes, note))
        copies.append((old, copy))
    return _changes(copies)


def _moved(item: Believed, moved_from: Mapping[str, CopyHead]) -> CopyHead | None:
    """Find the copy that an entry was before: equal id or link, and title or date speak for it.

    The key of that copy is not stated any more: the entry has another address, or the rules for keys are others.
    A source that gives all its entries one id must not make each new one replace the last, hence the second
    witness.
    """
    entry = item.entry
    for old in (moved_from.get(name) for name in (entry.source_id, entry.link) if name):
        if old is None:
            continue
        same_date = entry.published == old.published and entry.published is not None
        if same_date or entry.title == old.title:
            return old
    return None


def _free_ref(wanted: str, taken: set[str]) -> str:
    ref, number = wanted, 2
    while ref in taken:
        ref, number = f"{wanted} {number}", number + 1
    return ref


def _redated(item: Believed, old: CopyHead | None) -> Believed:
    first = credible(old.published, old.first_seen) if old else None
    if first is None or item.entry.published == first:
        return item
    note = Note("N10", f"published stays {first:%Y-%m-%d %H:%M} UTC, as it was first stated")
    return replace(item, entry=replace(item.entry, published=first), notes=(*item.notes, note))


def _copy(origin: str, ref: str, item: Believed, old: CopyHead | None, now: datetime) -> Copy:
    return Copy(
        origin=origin,
        ref=ref,
        entry=item.entry,
        first_seen=old.first_seen if old else now,
        last_changed=now,
        notes=item.notes,
    )


def _changes(copies: Sequence[tuple[CopyHead | None, Copy]]) -> Recognised:
    new = [copy for old, copy in copies if old is None]
    changed = [copy for old, copy in copies if old is not None and _differs(old, copy)]
    held = frozenset(copy.ref for _, copy in copies if copy.held_until is not None)
    keys = frozenset(copy.entry.key for _, copy in copies)
    return Recognised(put=(*new, *changed), new=len(new), changed=len(changed), keys=keys, held=held)


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
