"""How many posts of a source are kept: by age and by number.

An expired post leaves the store alone; where it is published, it stays. Its tombstone holds for the sources that
had it, and for as long as they state it: another source may bring it, and tombstones do not pile up.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from feedbraid.app import App
from feedbraid.model import CopyHead, EntryKey, OriginSpec
from feedbraid.records import Tombstone, mark_of
from feedbraid.selection import parts_of, select, select_part
from feedbraid.store import Store


def expired(app: App, names: Collection[str], now: datetime) -> tuple[Tombstone, ...]:
    """Give the tombstones of the posts of sources that are kept no longer.

    A post goes when all its copies go, and when it is neither in a live document nor still to be archived.
    """
    heads = [head for one in app.readings if one.spec.name in names for head in _surplus(app.store, one.spec)]
    if not heads:
        return ()
    places = {(head.origin, head.ref) for head in heads}
    posts = {head.post: head for head in heads if head.post}
    copies: dict[EntryKey, list[CopyHead]] = {}
    for head in app.store.sharing(posts):
        copies.setdefault(head.post or head.key, []).append(head)
    needed = _needed(app)
    return tuple(
        _expired(post, copies[post], posts[post].title, now)
        for post in sorted(posts)
        if post not in needed and all((head.origin, head.ref) in places for head in copies[post])
    )


def _expired(post: EntryKey, heads: Iterable[CopyHead], title: str, now: datetime) -> Tombstone:
    marks = {mark_of(head.origin, one) for head in heads for one in (head.key, head.source_id) if one}
    return Tombstone(post=post, marks=tuple(sorted(marks)), why="expired", at=now, title=title)


def _surplus(store: Store, spec: OriginSpec) -> Iterator[CopyHead]:
    rule = spec.retention
    if rule is None:
        return
    heads = sorted(store.heads([spec.name]), key=lambda head: (head.sort_date, head.ref), reverse=True)
    for place, head in enumerate(heads):
        too_old = rule.age is not None and heads[0].sort_date - head.sort_date > rule.age
        one_too_many = 0 < rule.count <= place
        if place >= rule.least and (too_old or one_too_many) and head.held_until is None:
            yield head


def _needed(app: App) -> set[EntryKey]:
    """Give the posts that live documents show, and those that are to go to an archive: no other is in neither."""
    needed: set[EntryKey] = set()
    states, feed_ids = app.store.states(), app.store.feed_ids()
    for spec in app.feeds:
        whole = select(app, spec, spec.id or feed_ids.get(spec.name, ""), states)
        parts = (select_part(whole, part, value, "", states) for part, value in parts_of(app, spec, states))
        for selection in (whole, *parts):
            history = selection.history
            needed |= {one.post for block in (history.live, *history.closing) for one in block}
    return needed


def faded(store: Store, stated: Mapping[str, Collection[str]]) -> tuple[EntryKey, ...]:
    """Give the expired posts that their sources do not state any more; `stated` are the marks of what these do."""
    if not stated:
        return ()
    return tuple(
        EntryKey(one.post) for one in store.tombstones() if one.why == "expired" and _has_faded(one, stated)
    )


def _has_faded(one: Tombstone, stated: Mapping[str, Collection[str]]) -> bool:
    marks = [mark for mark in one.marks if mark != one.post]
    origins = {mark.rpartition(" of ")[2] for mark in marks}
    return origins <= stated.keys() and not any(mark in stated[mark.rpartition(" of ")[2]] for mark in marks)
