"""Out of the store: merge, choose, render, write what differs. Neither network nor clock.

What is published of one feed is its live documents, one a format, its page, and the closed blocks of its archive.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from itertools import chain
from typing import NamedTuple

from feedbraid import archive, pages
from feedbraid.app import NOTHING_YET, App, Choices, FeedReport, PutOutReport, stand_in
from feedbraid.assemble import assemble, missing_of_podcast, via_links
from feedbraid.codec import decode, digest, encode
from feedbraid.conformance import faults
from feedbraid.formats import Format
from feedbraid.history import History, divide
from feedbraid.merge import Merged, merge, newest_first
from feedbraid.model import Channel, Document, EntryKey, Feed, FeedSpec, LedgerRow, Post, SourceState
from feedbraid.press import HeldError, Pressed, Task, is_as_written, press, stamped
from feedbraid.publish import differing, read_published, write_changed
from feedbraid.site import INDEX, feed_line, site_documents

SMALLEST_GUARDED = 4
"""A document with fewer entries may shrink as it likes (D18)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The posts of one feed before their text is read, and what its live documents would be rendered from."""

    spec: FeedSpec
    merged: tuple[Merged, ...]
    """All posts of the feed, newest first."""
    history: History
    ledger: Mapping[EntryKey, LedgerRow]
    channels: Mapping[str, Channel]
    feed_id: str
    closed: int
    """How many blocks of the archive are closed, those included that are to be closed now."""
    fingerprint: str
    changed: datetime | None
    """When its origins last brought or lost an entry; None when they never did."""


def put_out(app: App, choices: Choices) -> PutOutReport:
    """Write every feed from the store: a pure function of store and configuration, down to the byte.

    A document is rendered only if something in it changed, or the file is not as it was written;
    choices can have all rendered, or nothing written.
    """
    states, feed_ids = app.store.states(), app.store.feed_ids()
    fingerprints = app.store.fingerprints()
    outcomes = []
    for spec in app.feeds:
        own = {path: print_ for path, print_ in fingerprints.items() if path.startswith(f"{spec.name}/")}
        outcomes.append(_put_out_feed(app, spec, spec.id or feed_ids[spec.name], states, own, choices))
    lines = [outcome.line for outcome in outcomes if outcome.line is not None]
    site = [
        (one, _told(faults(one.media_type, one.content))) for one in site_documents(app.site, app.feeds, lines)
    ]
    beside = [one for one, fault in site if not fault]
    documents = [*(document for outcome in outcomes for document in outcome.documents), *beside]
    written = differing(documents, app.output) if choices.dry else write_changed(documents, app.output)
    if not choices.dry:
        kept = {
            path: print_ if outcome.held or path.endswith("/") else stamped(path, print_, app.output)
            for outcome in outcomes
            for path, print_ in outcome.prints.items()
        }
        if kept != fingerprints:
            app.store.keep_fingerprints(kept)
    names = {document.path for document in beside}
    return PutOutReport(
        feeds=tuple(_feed_report(outcome, written) for outcome in outcomes),
        beside=tuple(path for path in written if path in names),
        held=tuple(f"{one.path} {fault}, the last good one stays" for one, fault in site if fault),
    )


def current_feed(app: App, spec: FeedSpec) -> Feed | None:
    """Give the live feed as it would be rendered now; None when there is nothing to publish yet."""
    feed_id = spec.id or app.store.feed_ids().get(spec.name, "")
    selection = select(app, spec, feed_id, app.store.states())
    return None if selection.changed is None else _Edition(app, selection, selection.changed).live


# --- which posts ------------------------------------------------------------------------------------------


def select(
    app: App,
    spec: FeedSpec,
    feed_id: str,
    states: Mapping[str, SourceState],
    without: Collection[tuple[str, str]] = (),
) -> Selection:
    """Choose the posts of a feed: merged by key, newest first, divided into live document and archive.

    `without` are copies that can not be rendered, as (origin, ref).
    """
    rank = {name: place for place, name in enumerate(spec.origins)}
    origins = (*spec.origins, stand_in(spec.name))
    heads = [head for head in app.store.heads(origins) if (head.origin, head.ref) not in without]
    merged = merge(heads, rank, own_first=not spec.ranked)
    ledger = app.store.ledger({one.post for one in merged})
    ordered = newest_first(merged, ledger)
    history = divide(ordered, ledger, app.store.archived(spec.name), spec)
    own = [states[name] for name in origins if name in states]
    channels = {state.name: state.channel for state in own if state.channel}
    changed = max((state.changed for state in own if state.changed), default=None)
    closed = len(app.store.blocks(spec.name)) + len(history.closing)
    stated = [encode(spec), feed_id, app.version, str(closed), "" if history.live else str(changed)]
    stated += [f"{name} {encode(channel)}" for name, channel in channels.items()]
    stated += [_print_of(one, ledger[one.post]) for one in history.live]
    return Selection(
        spec=spec,
        merged=tuple(ordered),
        history=history,
        ledger=ledger,
        channels=channels,
        changed=changed,
        feed_id=feed_id,
        closed=closed,
        fingerprint=digest("\n".join(stated)),
    )


def _print_of(one: Merged, row: LedgerRow) -> str:
    """Give what a rendered post depends on: its text, its origins, and what the ledger knows."""
    others = ",".join(other.origin for other in one.others)
    return f"{row.id} {row.first_seen.timestamp():.0f} {one.winner.origin} {one.winner.digest} {others}"


# --- one feed ---------------------------------------------------------------------------------------------


class _Outcome(NamedTuple):
    spec: FeedSpec
    documents: tuple[Document, ...] = ()
    prints: Mapping[str, str] = {}
    line: pages.FeedLine | None = None
    held: str = ""
    note: str = ""


def _put_out_feed(  # noqa: PLR0913, PLR0917  # all that a build knows of a feed
    app: App,
    spec: FeedSpec,
    feed_id: str,
    states: Mapping[str, SourceState],
    known: Mapping[str, str],
    choices: Choices,
) -> _Outcome:
    """Render what has to be rendered; `known` are the fingerprints of the feed's documents.

    Under the path of its folder stands what the whole was made from, and what the index says of it: while that
    holds and no file was touched, the store need not be looked through.
    """
    folder = f"{spec.name}/"
    state = digest(f"{encode(spec)} {feed_id} {app.version} {app.site.pages} {app.store.changes()}")
    made_from, _, line = known.get(folder, "").partition(" ")
    if (
        made_from == state
        and not choices.everything
        and all(is_as_written(path, print_, app.output) for path, print_ in known.items() if path != folder)
    ):
        return _Outcome(spec, prints=known, line=decode(pages.FeedLine, line))
    pressed = _press(app, spec, feed_id, states, known, choices)
    if isinstance(pressed, str):
        before = decode(pages.FeedLine, line) if line else None
        return _Outcome(spec, prints=known if before else {}, line=before, held=pressed)
    edition, (documents, prints), left_out = pressed
    missing = ", ".join(missing_of_podcast(spec, edition.channels))
    notes = [f"not published as a podcast yet: state its {missing} in the configuration"] if missing else []
    notes += [f"{place} is left out, it can not be published: {reason}" for place, reason in left_out.items()]
    whole = {} if notes else {folder: f"{state} {encode(edition.line)}"}
    return _Outcome(spec, documents, {**prints, **whole}, edition.line, note="; ".join(notes))


def _press(  # noqa: PLR0913, PLR0917  # as above
    app: App,
    spec: FeedSpec,
    feed_id: str,
    states: Mapping[str, SourceState],
    known: Mapping[str, str],
    choices: Choices,
) -> tuple[_Edition, Pressed, Mapping[str, str]] | str:
    """Render a feed, if need be without the entries that can not be (F45), which are given with the reason.

    A text says why nothing of it may be published.
    """
    without: dict[tuple[str, str], str] = {}
    while True:
        selection = select(app, spec, feed_id, states, without)
        if selection.changed is None:
            return NOTHING_YET
        edition = _Edition(app, selection, selection.changed)
        edition.close_blocks()
        tasks = (*edition.archive_tasks(), *edition.live_tasks(allow_shrink=choices.allow_shrink))
        try:
            pressed = press(tasks, known, app.output, everything=choices.everything)
        except HeldError as error:
            bad = edition.unprintable()
            if not bad:
                return f"{error}, the last good one stays"
            edition.open_blocks_again()
            without |= bad
        else:
            return edition, pressed, {f"{origin} ({ref})": why for (origin, ref), why in without.items()}


class _Edition:
    """One feed as it is to be published now."""

    def __init__(self, app: App, selection: Selection, changed: datetime) -> None:
        self._app = app
        self._selection = selection
        self._changed = changed
        self._spec = selection.spec
        self._formats = {name: app.load_format(name) for name in selection.spec.formats}

    @cached_property
    def live(self) -> Feed:
        """The live feed, with the texts of its posts."""
        spec, selection = self._spec, self._selection
        feed = self._assembled(selection.history.live)
        return replace(
            feed,
            siblings=archive.siblings_of(self._formats, spec.address, feed.title),
            address=spec.address,
            previous=archive.address_of(spec, selection.closed),
            stylesheet=spec.stylesheet,
        )

    @property
    def channels(self) -> Mapping[str, Channel]:
        """What its sources say of themselves."""
        return self._selection.channels

    @property
    def line(self) -> pages.FeedLine:
        """What the index says of it."""
        return feed_line(self.live, self._spec, self._selection.channels)

    def _assembled(self, merged: Sequence[Merged]) -> Feed:
        refs = [(one.winner.origin, one.winner.ref) for one in merged]
        copies = self._app.store.copies(refs)
        selection = self._selection
        posts = []
        for one, ref in zip(merged, refs, strict=True):
            row, copy = selection.ledger[one.post], copies[ref]
            posts.append(
                Post(
                    key=one.post,
                    id=row.id,
                    entry=copy.entry,
                    first_seen=row.first_seen,
                    last_changed=copy.last_changed,
                    origin=copy.origin,
                    channel=selection.channels.get(copy.origin),
                    via=via_links(one, selection.channels),
                )
            )
        return assemble(self._spec, selection.feed_id, posts, selection.channels, self._changed)

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
        closing = self._selection.history.closing
        self._app.store.close_blocks(
            self._spec.name, [archive.as_closed(self._assembled(block)) for block in closing]
        )

    def open_blocks_again(self) -> None:
        """Take back the blocks that were closed just now: nothing of them was published yet."""
        self._app.store.reopen_blocks(self._spec.name, len(self._selection.history.closing))

    def archive_tasks(self) -> Iterator[Task]:
        """Give the documents of the archive; the live ones link to them, so these come first."""
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
                render=lambda: pages.feed_page(self.live),
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
        lost = set(before) - self._reachable()
        if len(lost) * 2 <= len(before):
            return ""
        return (
            f"would shrink from {len(before)} to {len(self.live.posts)} entries; "
            "if that is right, run once with --allow-shrink"
        )

    def _reachable(self) -> set[str]:
        """Give the ids of all posts in the live document and in the archive."""
        archived = self._app.store.ledger(self._app.store.archived(self._spec.name))
        return {post.id for post in self.live.posts} | {row.id for row in archived.values()}


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
    )
