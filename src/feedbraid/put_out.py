"""Out of the store: merge, choose, render, write what differs. Neither network nor clock.

What is published of one feed is its live documents, one a format, its page, and the closed blocks of its archive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property, partial
from itertools import accumulate, chain, islice
from pathlib import Path
from typing import NamedTuple

from feedbraid import archive, ids, pages, parts
from feedbraid.app import NOTHING_YET, App, Choices, Effect, FeedReport, PutOutReport
from feedbraid.assemble import assemble, feed_title, missing_of_podcast
from feedbraid.codec import decode, digest, encode
from feedbraid.conformance import faults
from feedbraid.digests import post_of, shelf
from feedbraid.formats import Format
from feedbraid.merge import Merged
from feedbraid.model import Channel, Document, EntryKey, Feed, FeedSpec, SourceState
from feedbraid.press import HeldError, Pressed, Task, as_written, press, stamped
from feedbraid.publish import Printed, differing, read_published, write_changed
from feedbraid.selection import (
    Filtering,
    ManyError,
    Selection,
    changing_prints,
    parts_of,
    period_of,
    select,
    select_newest,
    select_oldest,
    select_part,
)
from feedbraid.service import FOLDER
from feedbraid.site import INDEX, feed_line, site_documents
from feedbraid.spool import Spool, Waiting

SMALLEST_GUARDED = 4
"""A document with fewer entries may shrink as it likes (D18)."""


_SITE = "/"
"""Of the fingerprint of what stands beside the feeds."""

Changes = Sequence[tuple[FeedSpec, Waiting]]
"""Documents of feeds that are going to be written."""


def put_out(
    app: App,
    choices: Choices,
    announcing: Callable[[Changes], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> PutOutReport:
    """Write every feed from the store: a pure function of store and configuration, down to the byte.

    A document is rendered only if something in it changed, or the file is not as it was written;
    choices can have all rendered, or nothing written. Files are written inside of what `announcing` gives.
    """
    with Spool("" if choices.dry else str(app.output)) as spool:
        return _put_out(app, choices, announcing, spool)


def _put_out(
    app: App, choices: Choices, announcing: Callable[[Changes], AbstractContextManager[None]], spool: Spool
) -> PutOutReport:
    fingerprints = app.store.fingerprints()
    outcomes = list(_outcomes(app, choices, fingerprints, spool))
    published = [(outcome.spec, outcome.line) for outcome in outcomes if outcome.line is not None]
    beside = _put_out_site(app, published, fingerprints, choices)
    waiting = (one for outcome in outcomes for one in outcome.documents)
    documents: Sequence[Printed] = (*waiting, *beside.documents)
    if choices.dry:
        written = differing(documents, app.output)
    else:
        with announcing(_changes(app, outcomes)):
            written = write_changed(documents, app.output)
        rendered = {document.path for document in documents}
        kept = {
            path: stamped(path, print_, app.output) if path in rendered else print_
            for some in (*(outcome.prints for outcome in outcomes), beside.prints)
            for path, print_ in some.items()
        }
        if kept != fingerprints:
            app.store.keep_fingerprints(kept)
    names = {document.path for document in beside.documents}
    return PutOutReport(
        feeds=tuple(_feed_report(outcome, written) for outcome in outcomes),
        beside=tuple(path for path in written if path in names),
        held=beside.faults,
    )


def _outcomes(app: App, choices: Choices, fingerprints: Mapping[str, str], spool: Spool) -> Iterator[_Outcome]:
    """Render what has to be rendered of every feed and its parts."""
    states, feed_ids = app.store.states(), app.store.feed_ids()
    for spec in app.feeds:
        feed_id = spec.id or feed_ids[spec.name]
        order = _Order(
            app=app,
            spec=spec,
            feed_id=feed_id,
            states=states,
            known=dict(parts.own_paths(fingerprints, spec)),
            choices=choices,
            choose=cache(partial(select_newest, app, spec, feed_id, states, patient=False)),
            spool=spool,
        )
        yield _put_out_feed(order)
        yield from map(_put_out_feed, _orders_of_parts(order, fingerprints))


class _Beside(NamedTuple):
    """What is published beside the feeds."""

    documents: tuple[Document, ...]
    prints: Mapping[str, str]
    faults: tuple[str, ...] = ()


def _put_out_site(
    app: App,
    published: Sequence[tuple[FeedSpec, pages.FeedLine]],
    fingerprints: Mapping[str, str],
    choices: Choices,
) -> _Beside:
    """Render index, list of sources and style, unless they stand there as they were made from the same facts.

    What they were made from stands under the path of the output folder itself.
    """
    known = {path: one for path, one in fingerprints.items() if path.rpartition("/")[0] == ""}
    status = f"{FOLDER}{INDEX}" if app.health.publish else ""
    lines = (f"{encode(spec)} {encode(line)}" for spec, line in published)
    styles = (spec.stylesheet for spec in app.feeds)
    state = digest("\n".join((app.version, encode(app.site), status, str(len(app.feeds)), *styles, *lines)))
    prints = _as_written(known, _SITE, app.output) if known.get(_SITE) == state else None
    if prints and not (choices.everything or choices.dry):
        return _Beside((), prints)
    rendered = [
        (one, _told(faults(one.media_type, one.content)))
        for one in site_documents(app.site, app.feeds, published, status)
    ]
    good = tuple(one for one, fault in rendered if not fault)
    prints = {one.path: f"{state} {digest(one.content)}" for one in good}
    wrong = tuple(f"{one.path} {fault}, the last good one stays" for one, fault in rendered if fault)
    return _Beside(good, prints if wrong else {**prints, _SITE: state}, wrong)


def _changes(app: App, outcomes: Iterable[_Outcome]) -> Changes:
    """Give the documents that are going to be written of feeds of which hubs are told."""
    found: list[tuple[FeedSpec, Waiting]] = []
    for outcome in outcomes:
        if outcome.spec.hubs:
            paths = frozenset(differing(outcome.documents, app.output))
            found += ((outcome.spec, document) for document in outcome.documents if document.path in paths)
    return found


def current_feed(app: App, spec: FeedSpec) -> Feed | None:
    """Give the live feed as it would be rendered now; None when there is nothing to publish yet."""
    feed_id = spec.id or app.store.feed_ids().get(spec.name, "")
    return live_feed(app, select(app, spec, feed_id, app.store.states()))


def live_feed(app: App, selection: Selection) -> Feed | None:
    """Give the live feed of posts that were chosen; None when there is nothing to publish yet."""
    return None if selection.changed is None else _Edition(app, selection, selection.changed).live


# --- what is to be done -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Order:
    """One feed that is to be published, and all that is known of it."""

    app: App
    spec: FeedSpec
    feed_id: str
    states: Mapping[str, SourceState]
    known: Mapping[str, str]
    """The fingerprints of its documents."""
    choices: Choices
    choose: Callable[[frozenset[tuple[str, str]]], Selection]
    """Chooses its posts, without copies that can not be rendered. Raises ManyError."""
    spool: Spool
    whole_state: str = ""
    """Of the feed that it is a part of."""

    @cached_property
    def state(self) -> str:
        """A digest of all that the feed is made from."""
        app, spec = self.app, self.spec
        shaped = (encode(one.spec) for one in app.readings if one.spec.filters and one.spec.name in spec.origins)
        until = period_of(self.states, spec)
        made_from = f"{encode(spec)} {self.feed_id} {app.version} {app.site.pages} {app.store.changes()}"
        return digest(" ".join((made_from, until, *shaped, *changing_prints(app, spec), self.whole_state)))

    @property
    def whole(self) -> str:
        """The path under which the fingerprint of the whole feed stands."""
        return f"{self.spec.name}/"

    @cached_property
    def as_published(self) -> Mapping[str, str] | None:
        """The fingerprints, if nothing changed since the feed was last published, and no file was touched."""
        made_from = self.known.get(self.whole, "").partition(" ")[0]
        return _as_written(self.known, self.whole, self.app.output) if made_from == self.state else None


def _as_written(known: Mapping[str, str], whole: str, output: Path) -> Mapping[str, str] | None:
    """Give fingerprints with how their files look now; None when one is not as it was written.

    The one of the whole is of no file.
    """
    prints = {path: one if path == whole else as_written(path, one, output) for path, one in known.items()}
    return prints if all(prints.values()) else None


def _orders_of_parts(order: _Order, fingerprints: Mapping[str, str]) -> Iterator[_Order]:
    """Order the feeds that are made of the posts of one feed; one that was there once stays for ever."""
    _find_parts(order)
    store = order.app.store
    feed_ids = store.feed_ids()
    for part, value in parts_of(order.app, order.spec, order.states):
        if part.name not in feed_ids:
            store.keep_feed_id(part.name, ids.mint("feed", part.address))
        feed_id = feed_ids.get(part.name) or store.feed_ids()[part.name]
        yield replace(
            order,
            spec=part,
            feed_id=feed_id,
            known={path: one for path, one in fingerprints.items() if path.startswith(f"{part.name}/")},
            choose=partial(_choose_part, order, part, value, feed_id),
            whole_state=order.state,
        )


def _find_parts(order: _Order) -> None:
    """Look for new parts of a feed when it changed, and remember them."""
    store, spec = order.app.store, order.spec
    if spec.split is None or order.as_published is not None:
        return
    known = store.parts(parts.kind_of(spec))
    selection = order.choose(frozenset())
    facts = (selection.filtering.facts(one.post) for one in selection.merged)
    new = parts.found_in(facts, spec.split, known)
    for folder, value in islice(new.items(), max(0, parts.MOST - len(known))):
        store.keep_part(parts.kind_of(spec), folder, value)


def _choose_part(
    order: _Order, part: FeedSpec, value: str, feed_id: str, without: frozenset[tuple[str, str]]
) -> Selection:
    return select_part(order.choose(without), part, value, feed_id, order.states)


# --- one feed ---------------------------------------------------------------------------------------------


class _Outcome(NamedTuple):
    spec: FeedSpec
    documents: tuple[Waiting, ...] = ()
    prints: Mapping[str, str] = {}
    line: pages.FeedLine | None = None
    held: str = ""
    note: str = ""
    effects: tuple[Effect, ...] = ()
    remarks: tuple[str, ...] = ()


def _put_out_feed(order: _Order) -> _Outcome:
    """Render what has to be rendered.

    Under the path of its folder stands what the whole was made from, and what the index says of it: while that
    holds and no file was touched, the store need not be looked through. Who asks what would happen wants to know
    what filters do.
    """
    spec, known = order.spec, order.known
    line = known.get(order.whole, "").partition(" ")[2]
    if not (order.choices.everything or order.choices.dry) and order.as_published is not None:
        return _Outcome(spec, prints=order.as_published, line=decode(pages.FeedLine, line))
    pressed = _press(order)
    if isinstance(pressed, str):
        before = decode(pages.FeedLine, line) if line else None
        return _Outcome(spec, prints=known if before else {}, line=before, held=pressed)
    edition, (documents, prints), left_out = pressed
    missing = ", ".join(missing_of_podcast(spec, edition.channels))
    notes = [f"not published as a podcast yet: state its {missing} in the configuration"] if missing else []
    notes += [f"{place} is left out, it can not be published: {reason}" for place, reason in left_out.items()]
    filtering = edition.filtering if edition.filtering.spec == spec else None  # that of a part is its whole's
    notes += filtering.trouble if filtering else []
    whole = {} if notes else {order.whole: f"{order.state} {encode(edition.line)}"}
    return _Outcome(
        spec,
        documents,
        {**prints, **whole},
        edition.line,
        note="; ".join(notes),
        effects=filtering.effects if filtering else (),
        remarks=tuple(filtering.notes) if filtering else (),
    )


def _press(order: _Order) -> tuple[_Edition, Pressed, Mapping[str, str]] | str:
    """Render a feed, if need be without the entries that can not be (F45), which are given with the reason.

    A text says why nothing of it may be published.
    """
    without: dict[tuple[str, str], str] = {}
    choices, choose = order.choices, order.choose
    all_of_it = order.app, order.spec, order.feed_id, order.states
    early = 0
    while True:
        try:
            selection = choose(frozenset(without))
        except ManyError:
            early, choose = _close_oldest(order), partial(select_newest, *all_of_it)
            continue
        if selection.changed is None:
            return NOTHING_YET
        edition = _Edition(order.app, selection, selection.changed)
        edition.close_blocks()
        tasks = chain(edition.archive_tasks(), edition.live_tasks(allow_shrink=choices.allow_shrink))
        try:
            pressed = press(tasks, order.known, order.app.output, order.spool, everything=choices.everything)
        except HeldError as error:
            bad = edition.unprintable()
            edition.open_blocks_again()
            if early:  # now all at once, so that whatever can not be rendered is found
                order.app.store.reopen_blocks(shelf(order.spec), early)
                early, choose = 0, partial(select, *all_of_it)
                continue
            if not bad:
                return f"{error}, the last good one stays"
            without |= bad
        else:
            _keep_told(order, selection)
            return edition, pressed, {f"{origin} ({ref})": why for (origin, ref), why in without.items()}


def _close_oldest(order: _Order) -> int:
    """Close blocks of the archive a few at a time, as long as very many posts wait for it; count the blocks."""
    count = 0
    while selection := select_oldest(order.app, order.spec, order.feed_id, order.states):
        if selection.changed is None:
            break
        edition = _Edition(order.app, selection, selection.changed)
        edition.close_blocks()
        count += edition.closed
    return count


def _keep_told(order: _Order, selection: Selection) -> None:
    """Remember which posts are in a digest now."""
    if not selection.bundles:
        return
    from feedbraid.dates import rfc3339  # noqa: PLC0415  # slow, and few feeds are digests (D23)

    store, place = order.app.store, shelf(order.spec)
    for bundle in selection.bundles:
        label = bundle.label if bundle.is_shown else ""
        store.keep_passed(place, {one.post: (label, "") for one in bundle.members})
        if bundle.is_shown:
            store.keep_part(place, bundle.label, rfc3339(bundle.end))


class _Edition:
    """One feed as it is to be published now."""

    def __init__(self, app: App, selection: Selection, changed: datetime) -> None:
        self._app = app
        self._selection = selection
        self._changed = changed
        self._spec = selection.spec
        self._formats = {name: app.load_format(name) for name in selection.spec.formats}
        self.closed = 0
        self._shelf = shelf(selection.spec)

    @cached_property
    def live(self) -> Feed:
        """The live feed, with the texts of its posts."""
        spec, selection = self._spec, self._selection
        feed = self._digests() if spec.digest else self._assembled(selection.history.live)
        closed = 0 if spec.digest else selection.closed
        return replace(
            feed,
            siblings=archive.siblings_of(self._formats, spec.address, feed.title),
            address=spec.address,
            previous=archive.address_of(spec, closed),
            stylesheet=spec.stylesheet,
        )

    @property
    def channels(self) -> Mapping[str, Channel]:
        """What its sources say of themselves."""
        return self._selection.channels

    @property
    def filtering(self) -> Filtering:
        """What filters did to it."""
        return self._selection.filtering

    @property
    def line(self) -> pages.FeedLine:
        """What the index says of it."""
        return feed_line(self.live, self._spec, self._selection.channels)

    def _assembled(self, merged: Sequence[Merged]) -> Feed:
        selection = self._selection
        posts = selection.filtering.posts(merged)
        return assemble(self._spec, selection.feed_id, posts, selection.channels, self._changed)

    def _digests(self) -> Feed:
        """Read the digests that were closed, the newest ones, as many as the document holds."""
        store, spec = self._app.store, self._spec
        newest = sorted(store.blocks(self._shelf), reverse=True)[: spec.limit]
        posts = [post for number in newest for post in store.block(self._shelf, number).posts]
        weights = accumulate(post.entry.weight for post in posts)
        held = [weight for weight in weights if not spec.max_bytes or weight <= spec.max_bytes]
        selection = self._selection
        shown = posts[: max(1, len(held))]
        return assemble(spec, selection.feed_id, shown, selection.channels, self._changed)

    def _closing(self) -> Iterator[Feed]:
        """Give the blocks that are to be closed now, oldest first; a digest is one of its own."""
        selection = self._selection
        if self._spec.digest is None:
            yield from map(self._assembled, selection.history.closing)
            return
        title = feed_title(self._spec, selection.channels)
        posts = (
            post_of(bundle, selection.filtering.posts(bundle.members), self._spec, selection.feed_id, title)
            for bundle in reversed(selection.bundles)
            if bundle.is_shown
        )
        for post in posts:
            yield assemble(self._spec, selection.feed_id, [post], selection.channels, self._changed)

    def unprintable(self) -> dict[tuple[str, str], str]:
        """Give the copies that can not be rendered, not even alone, with the reason."""
        found = {}
        history = self._selection.history
        for one in chain(*history.closing, history.live):
            alone = replace(self._assembled([one]), address=self._spec.address)
            faults_of = (
                _fault_of(partial(self._alone, form, alone), form, alone) for form in self._formats.values()
            )
            reason = next((fault for fault in faults_of if fault), "")
            if reason:
                found[one.winner.origin, one.winner.ref] = reason
        return found

    def _alone(self, one: Format, feed: Feed) -> bytes:
        return one.render(feed, self._spec.address + one.file_name)

    def close_blocks(self) -> None:
        """Close the blocks that are full: from now on they stay as they are."""
        if self._selection.history.closing or self._selection.bundles:
            blocks = map(archive.as_closed, self._closing())
            self.closed = self._app.store.close_blocks(self._shelf, blocks)

    def open_blocks_again(self) -> None:
        """Take back the blocks that were closed just now: nothing of them was published yet."""
        self._app.store.reopen_blocks(self._shelf, self.closed)
        self.closed = 0

    def archive_tasks(self) -> Iterator[Task]:
        """Give the documents of the archive; the live ones link to them, so these come first."""
        if self._spec.digest is not None:
            return iter(())
        return archive.tasks(self._app.store, self._spec, self._formats, self._app.version, _fault)

    def live_tasks(self, *, allow_shrink: bool) -> Iterator[Task]:
        """Give the live documents, and the page."""
        spec, print_ = self._spec, self._selection.fingerprint
        for one in self._formats.values():
            yield Task(
                path=f"{spec.name}/{one.file_name}",
                media_type=one.media_type,
                print=print_,
                render=partial(self._render, one),
                check=partial(self._check, one, allow_shrink=allow_shrink),
            )
        if self._app.site.pages:
            yield Task(
                path=f"{spec.name}/{INDEX}",
                media_type="text/html",
                print=print_,
                render=lambda: pages.feed_page(self.live, up="../" * (1 + spec.name.count("/"))),
                check=lambda content: _told(faults("text/html", content)),
            )

    def _render(self, one: Format) -> bytes:
        return one.render(self.live, self._spec.address + one.file_name)

    def _check(self, one: Format, content: bytes, *, allow_shrink: bool) -> str:
        return _fault(one, content, self.live) or ("" if allow_shrink else self._shrinking(one))

    def _shrinking(self, one: Format) -> str:
        """Say how many entries would be lost, when that is more than half (D18); archived ones are not lost."""
        content = read_published(self._app.output, f"{self._spec.name}/{one.file_name}")
        before = _ids(one, content) if content is not None else ()
        if len(before) < SMALLEST_GUARDED:
            return ""
        lost = self._out_of_reach(before)
        if len(lost) * 2 <= len(before) or len(lost - self._forgotten()) * 2 <= len(before):
            return ""
        return (
            f"would shrink from {len(before)} to {len(self.live.posts)} entries; "
            "if that is right, run once with --allow-shrink"
        )

    def _forgotten(self) -> set[str]:
        """Give the ids of posts that somebody wants to be gone: a takedown is no mistake."""
        store = self._app.store
        posts = (EntryKey(one.post) for one in store.tombstones() if one.why == "forgotten")
        return {row.id for row in store.ledger(posts).values()}

    def _out_of_reach(self, before: Iterable[str]) -> set[str]:
        """Give the ids among some that are neither in the live document nor in the archive."""
        store = self._app.store
        missing = set(before) - {post.id for post in self.live.posts}
        owners = store.owners(missing)
        archived = store.archived(self._spec.name, owners.values())
        return {one for one in missing if owners.get(one) not in archived}


def _fault(one: Format, content: bytes, feed: Feed) -> str:
    """Say why a rendering must not be published, or nothing (D18)."""
    try:
        written = one.read_ids(content)
    except ValueError as error:
        return f"would not be well-formed: {error}"
    if written != tuple(post.id for post in feed.posts):
        return "would not hold the entries it should"
    return _told(faults(one.media_type, content))


def _fault_of(render: Callable[[], bytes], one: Format, feed: Feed) -> str:
    try:
        content = render()
    except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to this entry
        return f"{type(error).__name__}: {error}"
    return _fault(one, content, feed)


def _told(found: Sequence[object]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"would not be valid: {found[0]}{more}" if found else ""


def _ids(one: Format, content: bytes) -> tuple[str, ...]:
    try:
        return one.read_ids(content)
    except ValueError:
        return ()


def _feed_report(outcome: _Outcome, written: Sequence[str]) -> FeedReport:
    own = {document.path for document in outcome.documents}
    return FeedReport(
        name=outcome.spec.name,
        entries=outcome.line.entries if outcome.line else 0,
        written=tuple(path for path in written if path in own),
        held=outcome.held,
        note=outcome.note,
        effects=outcome.effects,
        remarks=outcome.remarks,
    )
