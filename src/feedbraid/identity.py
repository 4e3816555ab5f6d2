"""Which copy is which post: decided from facts alone, written by the store.

Two decisions. `recognise` matches what an origin states now with what it stated before, so that an edited or
moved entry is updated in place. `settle` gives every new key its published id, which then never changes (D3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feedbraid import ids
from feedbraid.codec import digest, encode
from feedbraid.model import Believed, Copy, CopyHead, Entry, EntryKey, LedgerRow, Note, credible
from feedbraid.ranking import precedence

# --- one origin, now and before ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What one reading brings: copies to store, and how many of them are new."""

    put: tuple[Copy, ...]
    new: int
    changed: int
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
    moved_from = {head.source_id: head for head in heads if head.source_id and head.key not in stated_keys}
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
    """Find the copy an entry moved away from: equal id, and title or date speak for it.

    The address of that copy is not stated any more. A source that gives all its entries one id must not make
    each new one replace the last, hence the second witness.
    """
    entry = item.entry
    old = moved_from.get(entry.source_id)
    if old is None:
        return None
    same_title = entry.title == old.title
    same_date = entry.published == old.published and entry.published is not None
    return old if same_title or same_date else None


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
    return Recognised(put=(*new, *changed), new=len(new), changed=len(changed), held=held)


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
    """Give each key of the heads its post: the one it has, the one its copies had, or a new one.

    `heads` are the unsettled copies and all that share a key or post with them; `ledger` has the rows of these
    keys and posts, `owners` the keys that hold the ids the heads would be published under. The id of a new
    post comes from the copy of the highest-ranked origin, so the order in which sources answered leaves no
    trace. Where one address turns out to belong to two posts, the older id survives (N158).
    """
    book = _Book(rows=dict(ledger), owners=dict(owners))
    copies = sorted(heads, key=lambda head: (head.origin, head.ref))
    members: dict[EntryKey, list[CopyHead]] = {}
    for head in copies:
        members.setdefault(head.key, []).append(head)
    post_of = {key: _settle_key(key, members[key], book, rank) for key in sorted(members)}
    return Settled(
        rows=tuple(row for key, row in sorted(book.rows.items()) if ledger.get(key) != row),
        posts=tuple((head.origin, head.ref, book.root(post_of[head.key])) for head in copies),
    )


@dataclass(slots=True)
class _Book:
    """The ledger while it is settled."""

    rows: dict[EntryKey, LedgerRow]
    owners: dict[str, EntryKey]

    def root(self, key: EntryKey) -> EntryKey:
        while (row := self.rows.get(key)) is not None and row.same_as is not None:
            key = row.same_as
        return key


def _settle_key(key: EntryKey, members: Sequence[CopyHead], book: _Book, rank: Mapping[str, int]) -> EntryKey:
    """Give the post of all copies with this key; the oldest survives where they had several."""
    posts = {book.root(head.post) for head in members if head.post is not None}
    if key in book.rows:
        posts.add(book.root(key))
    if not posts:
        _open_post(key, min(members, key=lambda head: precedence(head, rank)), members, book)
        return key
    survivor, *others = sorted(posts, key=lambda post: (book.rows[post].first_seen, book.rows[post].id))
    for other in others:
        book.rows[other] = replace(book.rows[other], same_as=survivor)
    return survivor


def _open_post(key: EntryKey, winner: CopyHead, members: Sequence[CopyHead], book: _Book) -> None:
    wanted = winner.public_id
    post_id = wanted if book.owners.get(wanted, key) == key else ids.mint(wanted, key)
    book.owners[post_id] = key
    book.rows[key] = LedgerRow(key=key, id=post_id, first_seen=min(head.first_seen for head in members))
