"""A store that is older than what was published, such as a backup, takes from there what it does not know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from feedbraid.app import App
from feedbraid.model import Copy, EntryKey, LedgerRow, SourceState
from feedbraid.recover import recover_published
from feedbraid.store import OriginChange, Settlement, Store
from feedbraid.store.memory import MemoryStore


def catch_up(app: App, now: datetime) -> int:
    """Take over the posts and closed archives that the store does not know; give how many posts these are.

    What is buried stays so.
    """
    published = replace(app, store=MemoryStore())
    if recover_published(published, now) is None:
        return 0
    rows = _unknown_rows(app.store, published.store)
    for name, state in published.store.states().items():
        copies = _copies(published.store, name, rows)
        if copies:
            _take_over(app.store, state, copies, rows)
    for spec in app.feeds:
        later = sorted(published.store.blocks(spec.name).keys() - app.store.blocks(spec.name).keys())
        app.store.close_blocks(spec.name, [published.store.block(spec.name, number) for number in later])
    return len(rows)


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
