"""Posts that must not be there: forgotten by the operator, blocked by a rule, or too old to be kept (D4).

A forgotten post is removed everywhere, archives and digests included, and is never taken in again. A blocked one
is hidden as thoroughly, but what its sources said stays in the store: a rule may be a mistake. An expired one
leaves the store alone; where it is published, it stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feedbraid.app import App
from feedbraid.chain import Chain, build_chain
from feedbraid.digests import Bundle, post_of, shelf
from feedbraid.model import (
    Believed,
    Channel,
    Copy,
    CopyHead,
    Entry,
    EntryKey,
    FeedSpec,
    KeyRules,
    OriginSpec,
    Post,
)
from feedbraid.records import Tombstone, mark_of
from feedbraid.selection import Selection, parts_of, select, told_digests, with_parts
from feedbraid.store import OriginChange, Store
from feedbraid.urls import entry_key

RULES = "block"
"""The note of the rules that were last put into force."""

UNFINISHED = "burial"
"""The note that posts are buried which may still stand in closed archives."""

_AT_ONCE = 500


# --- by rules ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration blocks."""

    chain: Chain

    def reason(self, post: Post) -> str:
        """Say which condition a post meets; empty when it may stay."""
        return self.chain.passed(post).reason


def rules_of(app: App) -> Rules:
    """Give the rules of a configuration."""
    return Rules(build_chain(app.block, app.make_filter))


def blocked_ones(
    rules: Rules, store: Store, copies: Sequence[Copy], channel: Channel | None, now: datetime
) -> Iterator[Tombstone]:
    """Give the tombstones of the copies that are blocked; they are written before the copies are stored."""
    for copy in copies:
        reason = rules.reason(_post_of(copy, channel))
        if reason:
            yield _blocked(store, copy.entry, reason, now)


def _post_of(copy: Copy, channel: Channel | None) -> Post:
    entry = copy.entry
    return Post(
        key=entry.key,
        id=entry.public_id,
        entry=entry,
        first_seen=copy.first_seen,
        last_changed=copy.last_changed,
        origin=copy.origin,
        channel=channel,
    )


def _blocked(store: Store, entry: Entry, reason: str, now: datetime) -> Tombstone:
    post = next((head.post for head in store.sharing([entry.key]) if head.post), entry.key)
    return Tombstone(post=post, marks=(entry.key,), why="blocked", at=now, detail=reason, title=entry.title)


def put_rules_into_force(app: App, now: datetime) -> None:
    """Judge all that is stored anew when the rules have changed.

    What only former rules blocked shows again.
    """
    rules, store = rules_of(app), app.store
    if store.memo(RULES) == rules.chain.print:
        return
    store.keep_memo(UNFINISHED, "yes")
    store.exhume([EntryKey(one.post) for one in store.tombstones() if one.why == "blocked"])
    states = store.states()
    for name in sorted(states):
        for copies in _all_copies(store, name):
            store.bury(blocked_ones(rules, store, copies, states[name].channel, now))
    store.keep_memo(RULES, rules.chain.print)


def _all_copies(store: Store, origin: str) -> Iterator[Sequence[Copy]]:
    refs = [(head.origin, head.ref) for head in store.heads([origin])]
    for start in range(0, len(refs), _AT_ONCE):
        yield tuple(store.copies(refs[start : start + _AT_ONCE]).values())


# --- by the operator --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A post that is to be forgotten, by its address or its published id, and why."""

    address: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """What was there of a post that is forgotten now."""

    address: str
    """Of the post, as its sources gave it, or else as it was asked for."""
    was_known: bool
    copies: tuple[tuple[str, str], ...] = ()
    """(origin, ref) of what was stored."""


def forget(app: App, wishes: Iterable[Wish], now: datetime) -> tuple[Forgotten, ...]:
    """Remove posts from the store for good, known or not; `finish` removes them from archives."""
    found = [_sought(app, wish, now) for wish in wishes]
    if found:
        app.store.keep_memo(UNFINISHED, "yes")
        app.store.bury(tombstone for tombstone, _ in found)
    return tuple(forgotten for _, forgotten in found)


def _sought(app: App, wish: Wish, now: datetime) -> tuple[Tombstone, Forgotten]:
    post, heads = find(app, wish.address)
    marks = {post, *(head.key for head in heads), *(mark_of(head.origin, head.source_id) for head in heads)}
    tombstone = Tombstone(
        post=post, marks=tuple(sorted(marks - {""})), why="forgotten", at=now, detail=wish.reason
    )
    link = next((head.link for head in heads if head.link), wish.address)
    copies = tuple((head.origin, head.ref) for head in heads)
    return tombstone, Forgotten(address=link, was_known=bool(heads or app.store.ledger([post])), copies=copies)


def find(app: App, address: str) -> tuple[EntryKey, tuple[CopyHead, ...]]:
    """Give the post that an address or a published id stands for, and all copies of it."""
    store = app.store
    key = store.owners([address]).get(address) or entry_key(address, key_rules(app))
    heads = store.sharing([key]) or with_link(app, key)
    post = next((head.post for head in heads if head.post), key)
    return post, store.sharing({post, key, *(head.key for head in heads)})


def with_link(app: App, key: EntryKey) -> tuple[CopyHead, ...]:
    """Find copies by their link: their source may be keyed on something else than the URL."""
    rules = key_rules(app)
    heads = app.store.heads([one.spec.name for one in app.readings])
    return tuple(head for head in heads if head.link and entry_key(head.link, rules) == key)


def key_rules(app: App) -> KeyRules:
    """Give the rules by which addresses become keys: they are the same for all origins."""
    return app.readings[0].keys if app.readings else KeyRules()


def missing_wishes(app: App, wishes: Sequence[Wish]) -> tuple[Wish, ...]:
    """Give the wishes that were not fulfilled yet: somebody wrote them down, or the store is another one."""
    keys = {wish.address: find(app, wish.address)[0] for wish in wishes}
    buried = app.store.buried(keys.values())
    return tuple(
        wish for wish in wishes if (known := buried.get(keys[wish.address])) is None or known.why != "forgotten"
    )


def remember(app: App, addresses: Iterable[str]) -> tuple[Tombstone, ...]:
    """Let posts come back that were forgotten; gives their tombstones, those that there are.

    They are there again once a source or a seed states them: all are read anew.
    """
    marks = [find(app, address)[0] for address in addresses]
    found = tuple({one.post: one for one in app.store.buried(marks).values() if one.why != "blocked"}.values())
    app.store.exhume([EntryKey(one.post) for one in found])
    if found:
        read_anew(app)
    return found


def read_anew(app: App) -> None:
    """Have all origins read as if nothing were known of their documents."""
    for state in app.store.states().values():
        app.store.commit(OriginChange(state=replace(state, fingerprint="", validators=None, body_digest="")))


# --- what comes again -------------------------------------------------------------------------------------


def without_buried(
    store: Store, spec: OriginSpec, entries: Sequence[Believed]
) -> tuple[tuple[Believed, ...], tuple[Tombstone, ...]]:
    """Part the entries of a source from those that are forgotten or expired.

    Also gives these tombstones with the marks that such entries have by now: a post may change its address.
    """
    by_place = [(item, _marks(spec.name, item.entry)) for item in entries]
    known = store.buried(mark for _, marks in by_place for mark in marks)
    gone = {mark: one for mark, one in known.items() if one.why != "blocked"}
    if not gone:
        return tuple(entries), ()
    kept, wider = [], []
    for item, marks in by_place:
        found = next((gone[mark] for mark in marks if mark in gone), None)
        if found is None:
            kept.append(item)
        elif any(mark not in gone for mark in marks):
            wider.append(replace(found, marks=marks))
    return tuple(kept), tuple(wider)


def _marks(origin: str, entry: Entry) -> tuple[str, ...]:
    return tuple(filter(None, (entry.key, mark_of(origin, entry.source_id))))


# --- from archives and digests ----------------------------------------------------------------------------


def finish(app: App) -> int:
    """Remove buried posts from closed archives and digests; gives how many documents of these change.

    Whoever is ended before that does it at the next pass.
    """
    store = app.store
    if not store.memo(UNFINISHED):
        return 0
    gone = {EntryKey(one.post) for one in store.tombstones() if one.why != "expired"}
    changed = sum(_without(store, spec, gone) for spec in with_parts(app) if spec.digest is None)
    changed += sum(_digests_without(app, spec, gone) for spec in app.feeds if spec.digest is not None)
    store.keep_memo(UNFINISHED, "")
    return changed


def _without(store: Store, spec: FeedSpec, gone: Collection[EntryKey]) -> int:
    if store.archived(spec.name).isdisjoint(gone):
        return 0
    rewritten = {}
    for number in store.blocks(spec.name):
        block = store.block(spec.name, number)
        posts = tuple(post for post in block.posts if post.key not in gone)
        if len(posts) < len(block.posts):
            updated = max((post.updated for post in posts), default=block.updated)  # N24
            rewritten[number] = replace(block, posts=posts, updated=updated)
    store.rewrite_blocks(spec.name, rewritten)
    return len(rewritten)


def _digests_without(app: App, spec: FeedSpec, gone: Collection[EntryKey]) -> int:
    """Write the digests anew that tell of buried posts."""
    told = told_digests(app, spec)
    labels = {label for post, label in told.members.items() if post in gone and label}
    if not labels:
        return 0
    states, feed_ids = app.store.states(), app.store.feed_ids()
    feed_id = spec.id or feed_ids[spec.name]
    selection = select(app, spec, feed_id, states)
    blocks = {
        number: block
        for number in app.store.blocks(shelf(spec))
        for block in [app.store.block(shelf(spec), number)]
        if block.posts and block.posts[0].key.rpartition(" ")[2] in labels
    }
    rewritten = {
        number: replace(block, posts=(_rewritten(block.posts[0], selection, told.members, block.title),))
        for number, block in blocks.items()
    }
    app.store.rewrite_blocks(shelf(spec), rewritten)
    return len(rewritten)


def _rewritten(digest: Post, selection: Selection, members: Mapping[EntryKey, str], title: str) -> Post:
    label = digest.key.rpartition(" ")[2]
    own = tuple(one for one in selection.merged if members.get(one.post) == label)
    bundle = Bundle(label=label, end=digest.first_seen, members=own)
    return post_of(bundle, selection.filtering.posts(own), selection.spec, selection.feed_id, title)


# --- by age and number ------------------------------------------------------------------------------------


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
    marks = {mark for head in heads for mark in (head.key, mark_of(head.origin, head.source_id)) if mark}
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
    """Give the posts that live documents show, and those that are to go to an archive."""
    needed: set[EntryKey] = set()
    states, feed_ids = app.store.states(), app.store.feed_ids()
    for spec in app.feeds:
        selection = select(app, spec, spec.id or feed_ids.get(spec.name, ""), states)
        needed |= {one.post for one in selection.history.live}
        posts = [one.post for one in selection.merged]
        needed |= _not_archived(app.store, spec, posts)
        for part, value in parts_of(app, spec, states):
            own = [one.post for one in selection.merged if selection.part_of(one, value)]
            needed |= _not_archived(app.store, part, own)
    return needed


def _not_archived(store: Store, spec: FeedSpec, posts: Sequence[EntryKey]) -> set[EntryKey]:
    """Give the posts that no closed block holds; where there is no archive, those of the live document."""
    return set(posts) - store.archived(spec.name) if spec.archive else set(posts[: spec.limit])
