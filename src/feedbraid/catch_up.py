"""A store that is older than what was published, such as a backup, takes from there what it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from feedbraid.app import App
from feedbraid.backups import RESTORED
from feedbraid.burial import RULES
from feedbraid.digests import shelf
from feedbraid.model import Copy, EntryKey, LedgerRow, SourceState
from feedbraid.recover import recover_published
from feedbraid.store import OriginChange, Settlement, Store
from feedbraid.store.memory import MemoryStore


def catch_up(app: App, now: datetime) -> int:
    """Take over what the store does not know: posts, closed archives, digests, ids of feeds; give how many posts.

    What is buried stays so. Whoever is ended before it is done does it at the next pass.
    """
    store, published = app.store, replace(app, store=MemoryStore())
    found = 0
    if recover_published(published, now) is not None:
        rows = _unknown_rows(store, published.store)
        for name, state in published.store.states().items():
            copies = _copies(published.store, name, rows)
            if copies:
                _take_over(store, state, copies, rows)
        for name, feed_id in published.store.feed_ids().items():
            store.keep_feed_id(name, feed_id)
        for name in dict.fromkeys([*(spec.name for spec in app.feeds), *published.store.feed_ids()]):
            _take_blocks_over(store, published.store, name)
        for spec in app.feeds:
            if spec.digest is not None:
                _take_digests_over(store, published.store, shelf(spec))
        found = len(rows)
    store.keep_memo(RULES, "")  # what was taken over is judged, too
    store.keep_memo(RESTORED, "")
    return found


def _take_blocks_over(store: Store, published: Store, name: str) -> None:
    """Close the archives that were closed since, with the posts as the store knows them, by their ids."""
    for number in sorted(published.blocks(name).keys() - store.blocks(name).keys()):
        block = published.block(name, number)
        owners = store.owners(post.id for post in block.posts)
        posts = tuple(replace(post, key=owners.get(post.id, post.key)) for post in block.posts)
        store.close_blocks(name, [replace(block, posts=posts)])


def _take_digests_over(store: Store, published: Store, place: str) -> None:
    """Close the digests that were published since, and note which posts they tell of."""
    known, members = store.parts(place), published.passed(place)
    for number in sorted(published.blocks(place)):
        block = published.block(place, number)
        label = block.posts[0].key.rpartition(" ")[2]
        if label not in known:
            told = {post: one for post, one in members.items() if one[0] == label}
            store.keep_passed(place, told)
            store.close_blocks(place, [block])
            store.keep_part(place, label, published.parts(place)[label])


def _unknown_rows(store: Store, published: Store) -> dict[EntryKey, LedgerRow]:
    """Give what is published under ids that the store does not know, by key."""
    heads = [head for name in published.states() for head in published.heads([name])]
    rows = published.ledger(head.key for head in heads)
    known = store.owners(row.id for row in rows.values())
    taken = {*store.ledger(rows), *store.buried(rows)}
    return {key: row for key, row in rows.items() if row.id not in known and key not in taken}


def _copies(published: Store, name: str, rows: Iterable[EntryKey]) -> tuple[Copy, ...]:
    wanted = frozenset(rows)
    refs = [(head.origin, head.ref) for head in published.heads([name]) if head.key in wanted]
    return tuple(published.copies(refs).values())


def _take_over(
    store: Store, state: SourceState, copies: tuple[Copy, ...], rows: dict[EntryKey, LedgerRow]
) -> None:
    store.commit(OriginChange(state=store.states().get(state.name, state), put=copies))
    keys = [copy.entry.key for copy in copies]
    posts = tuple((copy.origin, copy.ref, copy.entry.key) for copy in copies)
    store.settle(Settlement(rows=tuple(rows[key] for key in keys), posts=posts))
