"""Which posts a feed has, in which order: merged, filtered, divided into live document and archive.

Decided from heads alone wherever no filter has to see a text. What filters said of a text is kept in the store, so
that each text is filtered once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import cached_property, partial
from typing import NamedTuple

from feedbraid.app import App, Effect, stand_in
from feedbraid.assemble import feed_title, via_links
from feedbraid.chain import Chain, Choice, Passed, build_chain
from feedbraid.codec import decode, digest, encode
from feedbraid.digests import Bundle, Told, bundles, running, shelf
from feedbraid.filters import Each, Row
from feedbraid.history import GapError, History, divide, place_in_archive, surely_closed
from feedbraid.merge import Merged, merge, newest_first
from feedbraid.model import (
    Channel,
    CopyHead,
    EntryKey,
    FeedSpec,
    FilterSpec,
    LedgerRow,
    PageHead,
    PageWish,
    Post,
    Recipe,
    SourceState,
)
from feedbraid.nouns import dataclass
from feedbraid.pagewish import is_wanted, is_wished, way_of
from feedbraid.parts import belongs, facts_of, kind_of, spec_of
from feedbraid.registry import plug_names
from feedbraid.store import Store

PAGES = "full_text"
"""The filter that wants the pages of posts."""

COMMAND = "exec"
"""The filter that starts a command."""

FEW = 5000
"""Copies that are chosen from at one time; each takes about a kilobyte."""

_AT_ONCE = 500
"""Texts that are held in memory while filters look at them."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a post, or one source's copy of it, is not in a feed: which filter, and its reason."""

    filter: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The posts of one feed before their text is read, and what its live documents would be rendered from."""

    spec: FeedSpec
    merged: tuple[Merged, ...]
    """The posts of the feed, newest first, or as a filter sorted them; weight and digest as published.

    All of them, or those that `select_newest` had to look at.
    """
    history: History
    ledger: Mapping[EntryKey, LedgerRow]
    channels: Mapping[str, Channel]
    feed_id: str
    closed: int
    """How many blocks of the archive are closed, those included that are to be closed now."""
    fingerprint: str
    changed: datetime | None
    """When its origins last brought or lost an entry; None when they never did."""
    filtering: Filtering
    bundles: tuple[Bundle, ...] = ()
    """The digests that a feed of them is to publish now, newest first."""

    def part_of(self, one: Merged, value: str) -> bool:
        """Tell whether a post belongs to the part of a value."""
        return belongs(self.filtering.facts(one.post), value)


def select(
    app: App,
    spec: FeedSpec,
    feed_id: str,
    states: Mapping[str, SourceState],
    without: Collection[tuple[str, str]] = (),
) -> Selection:
    """Choose the posts of a feed: merged by key, filtered, newest first, divided into live document and archive.

    `without` are copies that can not be rendered, as (origin, ref).
    """
    found = _Finding(app.store, spec, without)
    heads = found.allowed(app.store.heads(found.origins))
    own = _own_states(states, spec)
    channels = _channels(own)
    ledger = app.store.ledger({head.post for head in heads if head.post})
    filtering = Filtering(app, spec, ledger, channels, {(head.origin, head.ref): head for head in heads})
    merged = found.merged(filtering.of_sources(heads))
    ordered = filtering.of_feed(newest_first(merged, ledger))
    return _selection(app, spec, feed_id, own, filtering, ordered)


def select_newest(  # noqa: PLR0913  # as `select`, and how it goes about it
    app: App,
    spec: FeedSpec,
    feed_id: str,
    states: Mapping[str, SourceState],
    without: Collection[tuple[str, str]] = (),
    *,
    spare: int = 20,
    patient: bool = True,
) -> Selection:
    """Choose the posts of a feed as `select` does, without those that are neither live nor to be archived.

    So what a pass costs depends on what is new, not on how much there is. Filters, parts and digests want all.
    `spare` is how many copies more than the document holds are looked at first: some lose, or are blocked. Unless
    `patient`, raises ManyError when so many wait for the archive that `select_oldest` has to go first.
    """
    if _wants_all(app, spec):
        return select(app, spec, feed_id, states, without)
    found = _Finding(app.store, spec, without)
    unarchived = found.unarchived(patient=patient)
    if spec.archive and not app.store.blocks(spec.name):
        return select(app, spec, feed_id, states, without)
    own = _own_states(states, spec)
    channels = _channels(own)
    count = spec.limit + spare
    while True:
        merged, ledger, whole = found.window(count, unarchived)
        filtering = Filtering(app, spec, ledger, channels, {})
        try:
            return _selection(app, spec, feed_id, own, filtering, filtering.of_feed(merged), whole)
        except GapError:
            count *= 4


def select_oldest(  # noqa: PLR0913  # as `select_newest`
    app: App,
    spec: FeedSpec,
    feed_id: str,
    states: Mapping[str, SourceState],
    without: Collection[tuple[str, str]] = (),
    *,
    most: int = 0,
) -> Selection | None:
    """Choose posts that belong into the archive, of many that no closed block holds; None where they are few.

    Those blocks are closed that `select` would close first. So a first reading of very many posts takes no more
    memory than one of few. Filters, parts and digests want all at once, and so do posts that came late. `most` is
    how many copies are looked at first; `FEW` unless told.
    """
    most = most or FEW
    if not spec.archive or _wants_all(app, spec):
        return None
    found = _Finding(app.store, spec, without)
    while True:
        waiting, ledger, is_all = found.first_of_archive(most)
        if is_all:
            return None
        history = surely_closed(waiting, ledger, spec)
        if history.closing:
            break
        most *= 4
    own = _own_states(states, spec)
    channels = _channels(own)
    return Selection(
        spec=spec,
        merged=(),
        history=history,
        ledger=ledger,
        channels=channels,
        changed=_changed(own),
        feed_id=feed_id,
        closed=0,
        fingerprint="",
        filtering=Filtering(app, spec, ledger, channels, {}),
    )


class ManyError(Exception):
    """So many posts wait for the archive that blocks have to be closed a few at a time."""


class _Finding:
    """Finds the copies of a feed's posts."""

    def __init__(self, store: Store, spec: FeedSpec, without: Collection[tuple[str, str]]) -> None:
        self.origins = (*spec.origins, stand_in(spec.name))
        self._store, self._spec, self._without = store, spec, without
        self._rank = {name: place for place, name in enumerate(spec.origins)}
        self._own = frozenset(self.origins)
        self._blocked = store.blocked()

    def allowed(self, heads: Iterable[CopyHead]) -> list[CopyHead]:
        """Leave out what is blocked, or can not be rendered."""
        return [
            head
            for head in heads
            if (head.origin, head.ref) not in self._without
            and not (head.post in self._blocked or head.key in self._blocked)
        ]

    def merged(self, heads: Iterable[CopyHead]) -> tuple[Merged, ...]:
        """Group copies by their post."""
        return merge(heads, self._rank, own_first=not self._spec.ranked)

    def window(
        self, count: int, unarchived: Sequence[CopyHead]
    ) -> tuple[list[Merged], Mapping[EntryKey, LedgerRow], int | None]:
        """Give the posts of which `divide` has to know, newest first, their rows, and how many have no gap.

        These are the posts of the newest copies, `count` of them or more, those that no closed block holds, and
        the newest ones of each origin. Where these are all there are, nothing has a gap: None.
        """
        store = self._store
        newest = store.newest_heads(self.origins, count)
        found = self._posts_of((*newest, *unarchived))
        if len(self.origins) > 1 and len(newest) >= count:
            found |= self._newest_of_each
        ledger = store.ledger({*found, *(head.post for head in newest if head.post)})
        ordered = newest_first(found.values(), ledger)
        if len(newest) < count:
            return ordered, ledger, None
        oldest = _date(newest[-1], ledger)
        return ordered, ledger, sum(_date(one.winner, ledger) >= oldest for one in ordered)

    def first_of_archive(self, most: int) -> tuple[list[Merged], Mapping[EntryKey, LedgerRow], bool]:
        """Give the first posts that no closed block holds, as they go there, their rows, and whether that is all.

        They are made of the first `most` copies, or somewhat fewer: a post stands where its winner stands, and
        what other copies may stand beside the last one is not known. It counts as all when a copy came late.
        """
        heads = self._store.oldest_unarchived(self._spec.name, self.origins, most)
        if len(heads) < most or heads[0].late:
            return [], {}, True
        posts = self._posts_of(heads)
        ledger = self._store.ledger({*posts, *(head.post for head in heads[-1:] if head.post)})
        last = ledger[heads[-1].post or heads[-1].key].first_seen
        end = last, heads[-1].dated(last)
        placed = sorted((place_in_archive(one, ledger), one.post) for one in posts.values())
        return [posts[post] for place, post in placed if place[1:3] < end], ledger, False

    def unarchived(self, *, patient: bool = True) -> Sequence[CopyHead]:
        """Give the copies that no closed block holds, where there are such blocks; see `select_newest`."""
        store, name = self._store, self._spec.name
        if not self._spec.archive:
            return ()
        first = () if patient else store.oldest_unarchived(name, self.origins, FEW + 1)
        if len(first) > FEW and not first[0].late:
            raise ManyError
        return store.unarchived(name, self.origins) if patient or len(first) > FEW else first

    def _posts_of(self, heads: Iterable[CopyHead]) -> dict[EntryKey, Merged]:
        """Give the posts of some copies, made of all their copies."""
        posts = {head.post for head in heads if head.post}
        copies = (head for head in self._store.sharing(posts) if head.post in posts and head.origin in self._own)
        return {one.post: one for one in self.merged(self.allowed(copies))}

    @cached_property
    def _newest_of_each(self) -> Mapping[EntryKey, Merged]:
        """The newest posts that each origin wins, `min_per_source` of them or more, and some others."""
        wanted = self._spec.min_per_source
        found: dict[EntryKey, Merged] = {}
        count, origins = wanted + 1, list(self.origins) if wanted else []
        while origins:
            newest: dict[str, list[CopyHead]] = {origin: [] for origin in origins}
            for head in self._store.newest_heads(origins, count, of_each=True):
                newest[head.origin].append(head)
            found |= self._posts_of(head for heads in newest.values() for head in heads)
            origins = [
                origin
                for origin, heads in newest.items()
                if len(heads) >= count and sum(self._wins(head, found) for head in heads) < wanted
            ]
            count *= 4
        return found

    def _wins(self, head: CopyHead, posts: Mapping[EntryKey, Merged]) -> bool:
        """Tell whether a copy is what is published of its post, in the live document."""
        one = posts.get(head.post or head.key)
        return (
            one is not None
            and (one.winner.origin, one.winner.ref) == (head.origin, head.ref)
            and not (one.late and self._spec.archive)
        )


def _date(head: CopyHead, ledger: Mapping[EntryKey, LedgerRow]) -> datetime:
    return head.dated(ledger[head.post or head.key].first_seen)


def _selection(  # noqa: PLR0913, PLR0917  # all that is known of a feed
    app: App,
    spec: FeedSpec,
    feed_id: str,
    own: Sequence[SourceState],
    filtering: Filtering,
    ordered: Sequence[Merged],
    whole: int | None = None,
) -> Selection:
    ledger = filtering.ledger
    told = told_digests(app, spec)
    gathered = bundles(ordered, ledger, spec, _until(own), told)
    if spec.digest is None:
        archived = app.store.archived(spec.name, (one.post for one in ordered))
        history = divide(ordered, ledger, archived, spec, whole)
    else:
        history = History(live=tuple(one for one in ordered if one.post not in told.members), closing=())
    changed = _changed(own)
    blocks = app.store.blocks(shelf(spec))
    closed = len(blocks) + len(history.closing)
    stated = [encode(spec), feed_id, app.version, str(closed), "" if history.live else str(changed)]
    stated += [f"{name} {encode(channel)}" for name, channel in filtering.channels.items()]
    shown = history.live if spec.digest is None else ()
    stated += [_print_of(one, ledger[one.post]) for one in shown]
    stated += [*blocks.values(), *(bundle.label for bundle in gathered)] if spec.digest else []
    return Selection(
        spec=spec,
        merged=tuple(ordered),
        history=history,
        ledger=ledger,
        channels=filtering.channels,
        changed=changed,
        feed_id=feed_id,
        closed=closed,
        fingerprint=digest("\n".join(stated)),
        filtering=filtering,
        bundles=gathered,
    )


def select_part(
    whole: Selection, spec: FeedSpec, value: str, feed_id: str, states: Mapping[str, SourceState]
) -> Selection:
    """Choose the posts of a part of a feed: those of the whole that have the value in common."""
    own = _own_states(states, spec)
    members = [one for one in whole.merged if whole.part_of(one, value)]
    return _selection(whole.filtering.app, spec, feed_id, own, whole.filtering, members)


def _own_states(states: Mapping[str, SourceState], spec: FeedSpec) -> list[SourceState]:
    """Give what is known of the origins of a feed, and of those that stand in for them."""
    return [states[name] for name in (*spec.origins, stand_in(spec.name)) if name in states]


def _channels(own: Iterable[SourceState]) -> dict[str, Channel]:
    """Give what origins say of themselves."""
    return {state.name: state.channel for state in own if state.channel}


def _changed(own: Iterable[SourceState]) -> datetime | None:
    """Give when one of some origins last brought or lost an entry."""
    return max((state.changed for state in own if state.changed), default=None)


def _wants_all(app: App, spec: FeedSpec) -> bool:
    """Tell whether all posts of a feed have to be known to choose some."""
    return spec.split is not None or spec.digest is not None or any(_filters_of(app, spec))


def told_digests(app: App, spec: FeedSpec) -> Told:
    """Give the digests of a feed that were published."""
    if spec.digest is None:
        return Told({}, {})
    members = {EntryKey(post): label for post, (label, _) in app.store.passed(shelf(spec)).items()}
    return Told(app.store.parts(shelf(spec)), members)


def with_parts(app: App) -> Iterator[FeedSpec]:
    """Give every feed that is published: each configured one, and after it those that are made of its posts."""
    states = app.store.states()
    for spec in app.feeds:
        yield spec
        yield from (part for part, _ in parts_of(app, spec, states))


def parts_of(app: App, spec: FeedSpec, states: Mapping[str, SourceState]) -> Iterator[tuple[FeedSpec, str]]:
    """Give the feeds that are made of the posts of one, each with the value that its posts have in common."""
    if spec.split is None:
        return
    channels = {name: state.channel for name, state in states.items() if state.channel}
    for folder, value in app.store.parts(kind_of(spec)).items():
        yield spec_of(spec, spec.split, folder, value, feed_title(spec, channels)), value


def wished_pages(app: App, now: datetime) -> tuple[PageWish, ...]:
    """Give the posts whose pages are to be read now, those of each feed newest first and as many as it may ask."""
    states, feed_ids = app.store.states(), app.store.feed_ids()
    wishes: dict[tuple[str, EntryKey], PageWish] = {}
    for spec in app.feeds:
        if has_pages(app, spec):
            selection = select(app, spec, spec.id or feed_ids[spec.name], states)
            for wish in _wishes(selection, now):
                wishes.setdefault((wish.recipe, wish.post), wish)
    return tuple(wishes.values())


def changing_prints(app: App, spec: FeedSpec) -> Iterator[str]:
    """Tell the filters of a feed that may change although their options do not: commands, those of packages."""
    for one in _filters_of(app, spec):
        if one.name == COMMAND or one.name not in plug_names("feedbraid.filters"):
            yield app.make_filter(one).print


def has_pages(app: App, spec: FeedSpec) -> bool:
    """Tell whether a filter of a feed, or of its sources, wants the pages of posts."""
    return any(one.name == PAGES for one in _filters_of(app, spec))


def _filters_of(app: App, spec: FeedSpec) -> Iterator[FilterSpec]:
    """Give the filters of a feed, and those of its sources."""
    origins = frozenset(spec.origins)
    own = (one.spec.filters for one in app.readings if one.spec.name in origins)
    return (one for filters in (spec.filters, *own) for one in filters)


def _wishes(selection: Selection, now: datetime) -> Iterator[PageWish]:
    filtering = selection.filtering
    store = filtering.app.store
    known: dict[str, Mapping[EntryKey, PageHead]] = {}
    counts: Counter[str] = Counter()
    for head in filtering.reaching_pages(selection.history):
        recipe = filtering.recipe(head.origin)
        steps = decode(Recipe, recipe)
        if counts[recipe] == steps.most or head.post is None:
            continue
        page = known.setdefault(recipe, store.page_heads(way_of(recipe))).get(head.post)
        if not is_wished(page, head.digest, now):
            continue
        entry = store.copies([(head.origin, head.ref)])[head.origin, head.ref].entry
        if is_wanted(entry, steps):
            counts[recipe] += 1
            tries = page.tries if page and page.made_from == head.digest else 0
            yield PageWish(
                post=head.post, url=entry.link, made_from=head.digest, recipe=way_of(recipe), tries=tries
            )


def period_of(states: Mapping[str, SourceState], spec: FeedSpec) -> str:
    """Name the period that a feed of digests is in; empty for other feeds."""
    return running(spec, _until(states[name] for name in spec.origins if name in states))


def _until(states: Iterable[SourceState]) -> datetime | None:
    """Give the moment of the last pass that asked an origin: as far as the store knows, it is now."""
    return max((state.fetched for state in states if state.fetched), default=None)


def _print_of(one: Merged, row: LedgerRow) -> str:
    """Give what a rendered post depends on: its text, its origins, and what the ledger knows."""
    others = ",".join(other.origin for other in one.others)
    return f"{row.id} {row.first_seen.timestamp():.0f} {one.winner.origin} {one.winner.digest} {others}"


# --- filters ----------------------------------------------------------------------------------------------


class _Item(NamedTuple):
    """A copy that a chain is asked about."""

    id: EntryKey
    """Its post; for the filters of a source, which may state one post twice, its place."""
    head: CopyHead
    others: tuple[CopyHead, ...] = ()


@dataclass(slots=True)
class Filtering:
    """The filters of a feed and of its sources at work; afterwards, what they did."""

    app: App
    spec: FeedSpec
    ledger: Mapping[EntryKey, LedgerRow]
    channels: Mapping[str, Channel]
    stated: Mapping[tuple[str, str], CopyHead]
    """The copies as their origins state them, by (origin, ref)."""
    chain: Chain = field(init=False)
    chains: Mapping[str, Chain] = field(init=False)
    """Of the sources that have filters."""
    left_out: dict[EntryKey, LeftOut] = field(default_factory=dict)
    copies_left_out: dict[tuple[str, str], LeftOut] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What filters found."""
    trouble: list[str] = field(default_factory=list)
    """What filters could not do."""
    _dropped: Counter[str] = field(default_factory=Counter)
    _changed: Counter[str] = field(default_factory=Counter)
    _winners: dict[EntryKey, tuple[str, str]] = field(default_factory=dict)
    _passed: dict[EntryKey, Passed] = field(default_factory=dict)
    _passed_copies: dict[tuple[str, str], Passed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chain = build_chain(self.spec.filters, self.app.make_filter)
        if self.spec.split is not None:
            self.chain = self.chain.with_look(self._split_name, partial(facts_of, split=self.spec.split))
        self.chains = {
            one.spec.name: build_chain(one.spec.filters, self.app.make_filter, one.spec.name)
            for one in self.app.readings
            if one.spec.filters and one.spec.name in self.spec.origins
        }

    @property
    def _split_name(self) -> str:
        return f"split by {self.spec.split.by}" if self.spec.split else ""

    def facts(self, post: EntryKey) -> str:
        """Give what is known of the values by which a post belongs to parts, as JSON text."""
        return self._passed[post].facts[-1][1] if self.spec.split and self._passed[post].facts else "[]"

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Tell what each filter did, those of sources first."""
        names = [name for chain in (*self.chains.values(), self.chain) for name, _ in chain.steps]
        return tuple(
            Effect(filter=name, dropped=self._dropped[name], changed=self._changed[name])
            for name in names
            if name != self._split_name
        )

    def of_sources(self, heads: Sequence[CopyHead]) -> list[CopyHead]:
        """Have the filters of sources choose among the copies of each; what they change counts from here on."""
        kept = [head for head in heads if head.origin not in self.chains]
        for name, chain in self.chains.items():
            own = [head for head in heads if head.origin == name and _is_ready(head, self.ledger)]
            kept += self._of_source(name, chain, own)
        return kept

    def _of_source(self, name: str, chain: Chain, heads: Sequence[CopyHead]) -> list[CopyHead]:
        ordered = sorted(heads, key=lambda head: (-self._date(head).timestamp(), head.ref))
        items = [_Item(EntryKey(head.ref), head) for head in ordered]
        passed = self._ask(f"source {name}", chain, items)
        self._passed_copies |= {(name, item): record for item, record in passed.items()}
        choice = chain.choose([self._row(item) for item in items], passed)
        self._tell(chain, choice, passed)
        self.copies_left_out |= {
            (name, key): LeftOut(chain.name(fate.place), fate.reason) for key, fate in choice.fates.items()
        }
        by_ref = {head.ref: head for head in heads}
        return [_as_published(by_ref[key], passed[key]) for key in choice.kept]

    def of_feed(self, ordered: Sequence[Merged]) -> list[Merged]:
        """Have the filters of the feed choose among its posts, given newest first."""
        self._winners = {one.post: (one.winner.origin, one.winner.ref) for one in ordered}
        if not self.chain:
            return list(ordered)
        items = [_Item(one.post, one.winner, one.others) for one in ordered]
        self._passed = self._ask(f"feed {self.spec.name}", self.chain, items)
        choice = self.chain.choose([self._row(item) for item in items], self._passed)
        self._tell(self.chain, choice, self._passed)
        self.left_out |= {
            key: LeftOut(self.chain.name(fate.place), fate.reason) for key, fate in choice.fates.items()
        }
        by_key = {one.post: one for one in ordered}
        stood_for: dict[EntryKey, list[CopyHead]] = {}
        for key, stays in choice.merged.items():
            stood_for.setdefault(stays, []).extend((by_key[key].winner, *by_key[key].others))
        return [
            replace(
                by_key[key],
                winner=_as_published(by_key[key].winner, self._passed[key]),
                others=(*by_key[key].others, *stood_for.get(key, ())),
            )
            for key in choice.kept
        ]

    def posts(self, merged: Sequence[Merged]) -> list[Post]:
        """Read the texts of posts, and give them as they are published."""
        shaped = self._read([_Item(one.post, one.winner, one.others) for one in merged])
        return [self._shaped(post, self._passed.get(post.key), self.chain) for post in shaped]

    def trace(self, one: Merged) -> Iterator[tuple[str, Post]]:
        """Give the name of each filter that changes a post, with what it makes of it; none for the first."""
        (post,) = self._base([_Item(one.post, one.winner, one.others)])
        yield "", post
        for chain in (self.chains.get(one.winner.origin, Chain()), self.chain):
            for name, after in chain.trace(post):
                if isinstance(after, Post) and after != post:
                    yield name, after
                    post = after

    def reaching_pages(self, history: History) -> list[CopyHead]:
        """Give the copies that come as far as the filter that wants their pages, newest first.

        Those that are to be published, and those that a later filter leaves out, which may think better of it.
        """
        shown = {one.post for block in (*history.closing, history.live) for one in block}
        found: dict[EntryKey, CopyHead] = {}
        for place, head in self.stated.items():
            if head.post is None or not self.recipe(head.origin):
                continue
            left_out = self.copies_left_out.get(place) or self.left_out.get(head.post)
            is_winner = self._winners.get(head.post) == place or place in self.copies_left_out
            if is_winner and (head.post in shown if left_out is None else not self._is_before(left_out, head)):
                found.setdefault(head.post, head)
        return sorted(found.values(), key=lambda head: (-self._date(head).timestamp(), head.ref))

    def _is_before(self, left_out: LeftOut, head: CopyHead) -> bool:
        """Tell whether a filter stands before the one that wants pages."""
        for chain in (self.chains.get(head.origin, Chain()), self.chain):
            for name, step in chain.steps:
                if isinstance(step, Each) and step.wants_page:
                    return False
                if name == left_out.filter:
                    return True
        return True

    # --- one chain

    def _ask(self, scope: str, chain: Chain, items: Sequence[_Item]) -> dict[EntryKey, Passed]:
        """Ask a chain about posts, unless it was asked about the same before."""
        store = self.app.store
        known = store.passed(scope)
        is_of_source = scope.startswith("source ")
        prints = self._prints(chain, items, is_of_source=is_of_source)
        found = {
            item.id: decode(Passed, known[item.id][1])
            for item in items
            if known.get(item.id, ("", ""))[0] == prints[item.id]
        }
        asked = [item for item in items if item.id not in found]
        for start in range(0, len(asked), _AT_ONCE):
            batch = asked[start : start + _AT_ONCE]
            read = self._base(batch) if is_of_source else self._read(batch)
            found |= {item.id: chain.passed(post) for item, post in zip(batch, read, strict=True)}
        put = {item.id: (prints[item.id], encode(found[item.id])) for item in asked if not found[item.id].trouble}
        gone = known.keys() - prints.keys()
        if put or gone:
            store.keep_passed(scope, {str(item): value for item, value in put.items()}, sorted(gone))
        return found

    def _prints(self, chain: Chain, items: Sequence[_Item], *, is_of_source: bool) -> dict[EntryKey, str]:
        """Give what the answer of a chain depends on."""
        same = {
            origin: digest(f"{chain.print} {self.app.version} {encode(channel) if channel else ''}")
            for origin in {item.head.origin for item in items}
            for channel in [self.channels.get(origin)]
        }
        recipes = {origin: chain.page if is_of_source else self.recipe(origin) for origin in same}
        read_so = {recipe: self.app.store.page_heads(way_of(recipe)) for recipe in set(recipes.values()) - {""}}
        prints = {}
        for item in items:
            row = self._row_of(item.head)
            page = read_so.get(recipes[item.head.origin], {}).get(row.key)
            read = page.digest if page else ""
            stated = (
                f"{same[item.head.origin]} {item.head.digest} {row.id} {row.first_seen.timestamp():.0f} {read}"
            )
            prints[item.id] = digest(stated)[:32]
        return prints

    def _tell(self, chain: Chain, choice: Choice, passed: Mapping[EntryKey, Passed]) -> None:
        self._dropped.update(chain.name(fate.place) for fate in choice.fates.values())
        self._changed.update(chain.name(place) for key in choice.kept for place in passed[key].changed)
        self.notes += choice.notes
        trouble = Counter((chain.name(place), why) for one in passed.values() for place, why in one.trouble)
        self.trouble += (
            f"{name}: {why}" + (f" ({count} posts)" if count > 1 else "") for (name, why), count in trouble.items()
        )

    # --- posts

    def _read(self, items: Sequence[_Item]) -> list[Post]:
        """Read posts as the filters of their sources leave them."""
        return [
            self._shaped(
                post,
                self._passed_copies.get((item.head.origin, item.head.ref)),
                self.chains.get(item.head.origin, Chain()),
            )
            for item, post in zip(items, self._base(items), strict=True)
        ]

    def _shaped(self, post: Post, passed: Passed | None, chain: Chain) -> Post:
        if passed is not None and passed.entry is not None:
            return replace(post, entry=passed.entry)
        return chain.shaped(post) if chain else post

    def _base(self, items: Sequence[_Item]) -> list[Post]:
        """Read posts as their sources state them."""
        copies = self.app.store.copies((item.head.origin, item.head.ref) for item in items)
        texts = self._pages(items)
        posts = []
        for item in items:
            row, copy = self._row_of(item.head), copies[item.head.origin, item.head.ref]
            posts.append(
                Post(
                    key=row.key,
                    id=row.id,
                    entry=copy.entry,
                    first_seen=row.first_seen,
                    last_changed=copy.last_changed,
                    origin=copy.origin,
                    channel=self.channels.get(copy.origin),
                    via=via_links(Merged(post=row.key, winner=item.head, others=item.others), self.channels),
                    page=texts.get(row.key, ""),
                )
            )
        return posts

    def _pages(self, items: Iterable[_Item]) -> dict[EntryKey, str]:
        wanted: dict[str, list[EntryKey]] = {}
        for item in items:
            recipe = self.recipe(item.head.origin)
            if recipe and item.head.post:
                wanted.setdefault(recipe, []).append(item.head.post)
        return {
            post: text
            for recipe, posts in wanted.items()
            for post, text in self.app.store.pages(way_of(recipe), posts).items()
        }

    def recipe(self, origin: str) -> str:
        """Say how the pages of a source's posts are read, as JSON text of a `Recipe`; empty for not at all."""
        return self.chains.get(origin, Chain()).page or self.chain.page

    def _row(self, item: _Item) -> Row:
        row = self._row_of(item.head)
        return Row(key=item.id, origin=item.head.origin, date=self._date(item.head), first_seen=row.first_seen)

    def _row_of(self, head: CopyHead) -> LedgerRow:
        return self.ledger[head.post or head.key]

    def _date(self, head: CopyHead) -> datetime:
        return head.dated(self._row_of(head).first_seen)


def _is_ready(head: CopyHead, ledger: Mapping[EntryKey, LedgerRow]) -> bool:
    return head.post is not None and head.held_until is None and head.post in ledger


def _as_published(head: CopyHead, passed: Passed) -> CopyHead:
    """Give a head that weighs what is published, and changes when that does."""
    return replace(head, weight=passed.weight, digest=passed.digest)
