"""Posts that must not be there: forgotten by the operator, blocked by a rule, or too old to be kept (D4).

A forgotten post is removed everywhere, archives and digests included, and is never taken in again. A blocked one
is hidden as thoroughly, but what its sources said stays in the store: a rule may be a mistake. An expired one
leaves the store alone, see `retention`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property

from feedbraid.app import App
from feedbraid.chain import Chain, build_chain
from feedbraid.codec import digest, encode
from feedbraid.digests import Bundle, post_of, shelf, without_parts
from feedbraid.model import (
    Believed,
    Channel,
    Copy,
    CopyHead,
    Entry,
    EntryKey,
    FeedSpec,
    KeyRules,
    Post,
    Reading,
)
from feedbraid.nouns import dataclass
from feedbraid.records import Tombstone, mark_of
from feedbraid.selection import Selection, select, told_digests, with_parts
from feedbraid.store import OriginChange, Store
from feedbraid.urls import entry_key

RULES = "block"
"""The note of the rules that were last put into force."""

UNFINISHED = "burial"
"""The note that posts are buried which may still stand in closed archives."""

WISHES = "forgotten"
"""The note of the wishes that were last fulfilled."""

_AT_ONCE = 500


# --- by rules ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rules:
    """What the configuration blocks."""

    chain: Chain

    def reason(self, post: Post) -> str:
        """Say which condition a post meets; empty when it may stay."""
        return self.chain.passed(post).reason if self.chain else ""


def rules_of(app: App) -> Rules:
    """Give the rules of a configuration."""
    return Rules(build_chain(app.block, app.make_filter))


def blocked_ones(
    rules: Rules, store: Store, copies: Sequence[Copy], channel: Channel | None, now: datetime
) -> Iterator[Tombstone]:
    """Give the tombstones of the copies that are blocked; they are written before the copies are stored."""
    for copy in copies if rules.chain else ():
        reason = rules.reason(_post_of(copy, channel))
        if reason:
            yield _blocked(store, copy, reason, now)


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


def _blocked(store: Store, copy: Copy, reason: str, now: datetime) -> Tombstone:
    """Bury the post of a copy: the one that it is of already, although its address may be another one now."""
    entry = copy.entry
    same = [head for head in store.known(copy.origin, [EntryKey(copy.ref)], ()) if head.ref == copy.ref]
    post = next((head.post for head in (*same, *store.sharing([entry.key])) if head.post), entry.key)
    return Tombstone(post=post, marks=(entry.key,), why="blocked", at=now, detail=reason, title=entry.title)


def unblock(rules: Rules, store: Store, marks: Iterable[str]) -> None:
    """Let blocked posts come back of which no copy meets a rule any more: they were edited, or copies went."""
    if not rules.chain:
        return
    posts = {one.post for one in store.buried(marks).values() if one.why == "blocked"}
    if not posts:
        return
    channels = {name: state.channel for name, state in store.states().items()}
    stones = [one for one in store.tombstones() if one.post in posts]
    free = [one for one in stones if not _is_met(rules, store, one, channels)]
    store.exhume([EntryKey(one.post) for one in free])


def _is_met(rules: Rules, store: Store, one: Tombstone, channels: Mapping[str, Channel | None]) -> bool:
    heads = store.sharing(map(EntryKey, one.marks))
    copies = store.copies((head.origin, head.ref) for head in heads).values()
    return any(rules.reason(_post_of(copy, channels.get(copy.origin))) for copy in copies)


def put_rules_into_force(app: App, rules: Rules, now: datetime) -> None:
    """Judge all that is stored anew when the rules have changed.

    What only former rules blocked shows again.
    """
    store = app.store
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
    """What is to be forgotten, by its address or its published id, and why."""

    address: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a wish is about."""

    wish: Wish
    address: str
    """By which a store that knows nothing would find the same."""
    tombstones: tuple[Tombstone, ...]
    """One for each post that is there under the address, or one for what may come."""
    is_known: bool
    copies: tuple[CopyHead, ...] = ()
    """What is stored."""


def look_for(app: App, wishes: Iterable[Wish], now: datetime) -> tuple[Found, ...]:
    """Find out what wishes are about, before they are fulfilled."""
    places = _Places(app)
    return tuple(_found(app, places, wish, now) for wish in wishes)


def _found(app: App, places: _Places, wish: Wish, now: datetime) -> Found:
    posts, stated = places.posts(wish.address)
    by_post = {post: app.store.sharing([post]) for post in posts}
    heads = tuple(head for own in by_post.values() for head in own)
    links = [head.link for head in heads if head.link]
    is_alone = len(posts) == 1 and links and places.posts(links[0])[0] == posts
    return Found(
        wish=wish,
        address=links[0] if is_alone else wish.address,
        tombstones=tuple(
            Tombstone(
                post=post,
                marks=tuple(sorted({*stated, *_marks_of(own)})),
                why="forgotten",
                at=now,
                detail=wish.reason,
            )
            for post, own in by_post.items()
        ),
        is_known=bool(heads or app.store.ledger(posts)),
        copies=heads,
    )


def _marks_of(heads: Iterable[CopyHead]) -> Iterator[str]:
    for head in heads:
        yield from filter(None, (head.key, mark_of(head.origin, head.source_id)))


def forget(app: App, found: Iterable[Found]) -> None:
    """Remove posts from the store for good, known or not; `finish` removes them from archives."""
    some = tuple(found)
    if some:
        app.store.keep_memo(UNFINISHED, "yes")
        app.store.bury(tombstone for one in some for tombstone in one.tombstones)


class _Places:
    """Where posts are found, whatever their sources are keyed on."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._rules = key_rules(app)

    def posts(self, address: str) -> tuple[tuple[EntryKey, ...], set[str]]:
        """Give the posts that an address or a published id stands for, and by what others would be recognised.

        An id is that of one post. An address may be that of several, where a source is not keyed on it; that of
        nothing stands for what may come.
        """
        store, key = self._app.store, entry_key(address, self._rules)
        named = store.owners([address]).get(address, key)
        if named != key:
            return (named,), {address}
        posts = {head.post or head.key for head in store.sharing([key])} | self._by_link.get(key, set())
        return tuple(sorted(posts)) or (key,), {address, key}

    @cached_property
    def _by_link(self) -> Mapping[EntryKey, set[EntryKey]]:
        """Posts by the address that they link to, also those that only archives have."""
        store, found = self._app.store, defaultdict[EntryKey, set[EntryKey]](set)
        for head in store.heads(tuple(store.states())):
            if head.link:
                found[entry_key(head.link, self._rules)].add(head.post or head.key)
        for spec in with_parts(self._app):
            for number in store.blocks(spec.name):
                for post in store.block(spec.name, number).posts:
                    if post.entry.link:
                        found[entry_key(post.entry.link, self._rules)].add(post.key)
        return found


def with_link(app: App, key: EntryKey) -> tuple[CopyHead, ...]:
    """Find copies by their link: their source may be keyed on something else than the URL."""
    rules = key_rules(app)
    heads = app.store.heads([one.spec.name for one in app.readings])
    return tuple(head for head in heads if head.link and entry_key(head.link, rules) == key)


def key_rules(app: App) -> KeyRules:
    """Give the rules by which addresses become keys: they are the same for all origins."""
    return app.readings[0].keys if app.readings else KeyRules()


def fulfil(app: App, wishes: Sequence[Wish], now: datetime) -> None:
    """Fulfil the wishes that somebody wrote down, and those that an older store knows nothing of.

    They are looked at only when they are others than last time: there may be thousands.
    """
    stated = [encode(key_rules(app)), *(wish.address for wish in wishes)]
    print_ = digest("\n".join(stated)) if wishes else ""
    if app.store.memo(WISHES) == print_:
        return
    done = app.store.buried(wish.address for wish in wishes)
    forget(app, look_for(app, (wish for wish in wishes if not _is_forgotten(done.get(wish.address))), now))
    app.store.keep_memo(WISHES, print_)


def _is_forgotten(one: Tombstone | None) -> bool:
    return one is not None and one.why == "forgotten"


def removed_under(app: App, addresses: Iterable[str]) -> tuple[Tombstone, ...]:
    """Give the tombstones of posts that were forgotten or expired, by their addresses or published ids."""
    store, named = app.store, tuple(addresses)
    marks = {*named, *(entry_key(one, key_rules(app)) for one in named), *store.owners(named).values()}
    return tuple(one for one in store.tombstones() if one.why != "blocked" and not marks.isdisjoint(one.marks))


def remember(app: App, tombstones: Iterable[Tombstone]) -> None:
    """Let posts come back. They are there once a source or a seed states them: all are read anew."""
    posts = [EntryKey(one.post) for one in tombstones]
    app.store.exhume(posts)
    if posts:
        read_anew(app)


def wishes_for(app: App, tombstones: Iterable[Tombstone], wishes: Iterable[Wish]) -> tuple[Wish, ...]:
    """Give the wishes that are about some tombstones, however their addresses are spelt."""
    marks, rules = {mark for one in tombstones for mark in one.marks}, key_rules(app)
    return tuple(wish for wish in wishes if not marks.isdisjoint({wish.address, entry_key(wish.address, rules)}))


def read_anew(app: App) -> None:
    """Have all origins read as if nothing were known of their documents."""
    for state in app.store.states().values():
        app.store.commit(OriginChange(state=replace(state, fingerprint="", validators=None, body_digest="")))


# --- what comes again -------------------------------------------------------------------------------------


def without_buried(
    store: Store, reading: Reading, entries: Sequence[Believed]
) -> tuple[tuple[Believed, ...], tuple[Tombstone, ...]]:
    """Part the entries of a source from those that are forgotten, or that it had when they expired.

    Also gives the tombstones of forgotten ones with the marks that they have by now: posts change their address.
    """
    name = reading.spec.name
    by_place = [(item, marks_in(reading, item.entry)) for item in entries]
    gone = {
        mark: one
        for mark, one in store.buried(mark for _, marks in by_place for mark in marks).items()
        if one.why == "forgotten" or (one.why == "expired" and mark != one.post and reading.spec.retention)
    }
    if not gone:
        return tuple(entries), ()
    kept, wider = [], []
    for item, marks in by_place:
        found = next((gone[mark] for mark in marks if mark in gone), None)
        if found is None:
            kept.append(item)
        elif found.why == "forgotten" and not gone.keys() >= {*(own := _own_marks(name, item.entry))}:
            wider.append(replace(found, marks=own))
    return tuple(kept), tuple(wider)


def marks_in(reading: Reading, entry: Entry) -> tuple[str, ...]:
    """Give by what an entry is recognised as a post that was removed, the surest first."""
    own, name = _own_marks(reading.spec.name, entry), reading.spec.name
    link = entry_key(entry.link, reading.keys) if entry.link and reading.spec.key != ("url",) else ""
    return tuple(filter(None, (*own, mark_of(name, entry.key), entry.public_id, link)))


def _own_marks(origin: str, entry: Entry) -> tuple[str, ...]:
    return tuple(filter(None, (entry.key, mark_of(origin, entry.source_id))))


# --- from archives and digests ----------------------------------------------------------------------------


def finish(app: App) -> int:
    """Remove buried posts from closed archives and digests; gives how many documents of these change.

    Whoever is ended before that does it at the next pass.
    """
    store = app.store
    if not store.memo(UNFINISHED):
        return 0
    stones = [one for one in store.tombstones() if one.why != "expired"]
    gone = {EntryKey(one.post) for one in stones}
    gone |= {head.post for head in store.sharing(map(EntryKey, store.blocked())) if head.post}
    changed = sum(_without(store, spec, gone) for spec in with_parts(app) if spec.digest is None)
    marks = gone.union(EntryKey(mark) for one in stones for mark in one.marks)
    changed += sum(_digests_without(app, spec, gone, marks) for spec in app.feeds if spec.digest is not None)
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


def _digests_without(app: App, spec: FeedSpec, gone: Collection[EntryKey], marks: Collection[EntryKey]) -> int:
    """Write the digests anew that tell of buried posts; whatever comes back is told in a later one."""
    members = told_digests(app, spec).members
    told = {post: label for post, label in members.items() if post in gone and label}
    if not told:
        return 0
    states, place = app.store.states(), shelf(spec)
    selection = select(app, spec, spec.id or app.store.feed_ids()[spec.name], states)
    rewritten = {}
    for number in app.store.blocks(place):
        block = app.store.block(place, number)
        if block.posts and _label(block.posts[0]) in told.values():
            left = {post for post, label in members.items() if label == _label(block.posts[0])} - set(gone)
            posts = _rewritten(block.posts[0], selection, left, marks, block.title)
            rewritten[number] = replace(block, posts=posts)
    app.store.rewrite_blocks(place, rewritten)
    app.store.keep_passed(place, {}, gone=told)
    return len(rewritten)


def _label(digest: Post) -> str:
    return digest.key.rpartition(" ")[2]


def _rewritten(
    digest: Post, selection: Selection, left: Collection[EntryKey], marks: Collection[EntryKey], title: str
) -> tuple[Post, ...]:
    """Write a digest of the posts that are left of it; where not all of these are stored, cut the others out."""
    own = tuple(one for one in selection.merged if one.post in left)
    if len(own) == len(left):
        bundle = Bundle(label=_label(digest), end=digest.first_seen, members=own)
        texts = selection.filtering.posts(own)
        return (post_of(bundle, texts, selection.spec, selection.feed_id, title),) if own else ()
    rules = key_rules(selection.filtering.app)
    body = without_parts(
        digest.entry.body,
        lambda link: entry_key(link, rules) in marks,
        lambda link: entry_key(link, rules) in left,
    )
    return (replace(digest, entry=replace(digest.entry, body=body)),) if body else ()
