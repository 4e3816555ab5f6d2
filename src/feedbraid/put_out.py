"""Out of the store: merge, choose, render, write what differs. Neither network nor clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from feedbraid.app import NOTHING_YET, App, Choices, FeedReport
from feedbraid.assemble import assemble, feed_title
from feedbraid.codec import digest, encode
from feedbraid.formats import Format
from feedbraid.merge import Merged, merge, newest_first
from feedbraid.model import (
    Channel,
    Copy,
    CopyHead,
    Document,
    EntryKey,
    Feed,
    FeedSpec,
    LedgerRow,
    Post,
    Sibling,
    SourceState,
)
from feedbraid.publish import differing, read_published, write_changed
from feedbraid.store import Store

SMALLEST_GUARDED = 4
"""A document with fewer entries may shrink as it likes (D18)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The posts of one feed before their text is read, and what the feed would be rendered from."""

    spec: FeedSpec
    merged: tuple[Merged, ...]
    ledger: Mapping[EntryKey, LedgerRow]
    channels: Mapping[str, Channel]
    feed_id: str
    fingerprint: str
    changed: datetime | None
    """When its origins last brought or lost an entry; None when they never did."""


def put_out(app: App, choices: Choices) -> tuple[FeedReport, ...]:
    """Write every feed from the store: a pure function of store and configuration, down to the byte.

    A document is rendered only if something in it changed, or the file is not as it was written;
    choices can have all rendered, or nothing written.
    """
    states = app.store.states()
    feed_ids = app.store.feed_ids()
    fingerprints = app.store.fingerprints()
    outcomes = [
        _put_out_feed(
            app,
            select(app, spec, spec.id or feed_ids[spec.name], states),
            {} if choices.everything else fingerprints,
            allow_shrink=choices.allow_shrink,
        )
        for spec in app.feeds
    ]
    documents = [document for outcome in outcomes for document in outcome.documents]
    written = differing(documents, app.output) if choices.dry else write_changed(documents, app.output)
    if not choices.dry:
        kept = {path: print_ for outcome in outcomes for path, print_ in outcome.prints.items()}
        if kept != fingerprints:
            app.store.keep_fingerprints(kept)
    return tuple(_feed_report(outcome, written) for outcome in outcomes)


def select(app: App, spec: FeedSpec, feed_id: str, states: Mapping[str, SourceState]) -> Selection:
    """Choose the posts of a feed: merged by key, newest first, up to its limit."""
    rank = {name: place for place, name in enumerate(spec.origins)}
    merged = merge(app.store.heads(spec.origins), rank)
    ledger = app.store.ledger({one.post for one in merged})
    ordered = newest_first(merged, {key: row.id for key, row in ledger.items()})[: spec.limit]
    own = [states[name] for name in spec.origins if name in states]
    channels = {state.name: state.channel for state in own if state.channel}
    changed = max((state.changed for state in own if state.changed), default=None)
    stated = [encode(spec), feed_id, app.version, "" if ordered else str(changed)]
    stated += [f"{name} {encode(channel)}" for name, channel in channels.items()]
    stated += [_print_of(one.winner, ledger[one.post]) for one in ordered]
    return Selection(
        spec=spec,
        merged=tuple(ordered),
        ledger=ledger,
        channels=channels,
        changed=changed,
        feed_id=feed_id,
        fingerprint=digest("\n".join(stated)),
    )


def _print_of(winner: CopyHead, row: LedgerRow) -> str:
    """Give what a rendered post depends on: its text, its origin, and what the ledger knows."""
    return f"{row.id} {row.first_seen.timestamp():.0f} {winner.origin} {winner.digest}"


class _FeedOutcome(NamedTuple):
    selection: Selection
    documents: tuple[Document, ...] = ()
    prints: Mapping[str, str] = {}
    held: str = ""


def _put_out_feed(
    app: App, selection: Selection, fingerprints: Mapping[str, str], *, allow_shrink: bool
) -> _FeedOutcome:
    if selection.changed is None:
        return _FeedOutcome(selection, held=NOTHING_YET)
    formats = {name: app.load_format(name) for name in selection.spec.formats}
    paths = {name: f"{selection.spec.name}/{one.file_name}" for name, one in formats.items()}
    current = {path: fingerprints.get(path, "") for path in paths.values()}
    if all(_is_as_written(app.output, path, selection, print_) for path, print_ in current.items()):
        return _FeedOutcome(selection, prints=current)
    feed = build_feed(app.store, selection, formats, selection.changed)
    documents = []
    for name, one in formats.items():
        document = Document(paths[name], one.media_type, one.render(feed, _address(selection.spec, one)))
        fault = _fault(document, one, feed, app.output, allow_shrink=allow_shrink)
        if fault:
            return _FeedOutcome(selection, prints=current, held=fault)
        documents.append(document)
    prints = {doc.path: f"{selection.fingerprint} {digest(doc.content)}" for doc in documents}
    return _FeedOutcome(selection, tuple(documents), prints)


def _is_as_written(output: Path, path: str, selection: Selection, print_: str) -> bool:
    rendered_from, _, written = print_.partition(" ")
    if rendered_from != selection.fingerprint:
        return False
    content = read_published(output, path)
    return content is not None and digest(content) == written


def _address(spec: FeedSpec, one: Format) -> str:
    return spec.address + one.file_name


def build_feed(store: Store, selection: Selection, formats: Mapping[str, Format], changed: datetime) -> Feed:
    """Read the text of the chosen posts and assemble the feed."""
    refs = [(one.winner.origin, one.winner.ref) for one in selection.merged]
    copies = store.copies(refs)
    posts = [_post(selection, one, copies[ref]) for one, ref in zip(selection.merged, refs, strict=True)]
    title = feed_title(selection.spec, selection.channels)
    siblings = [
        Sibling(_address(selection.spec, one), one.media_type, f"{title} ({one.file_name})")
        for one in formats.values()
    ]
    feed = assemble(selection.spec, selection.feed_id, posts, selection.channels, changed)
    return replace(feed, siblings=tuple(siblings))


def _post(selection: Selection, one: Merged, copy: Copy) -> Post:
    row = selection.ledger[one.post]
    return Post(
        key=one.post,
        id=row.id,
        entry=copy.entry,
        first_seen=row.first_seen,
        last_changed=copy.last_changed,
        origin=copy.origin,
        channel=selection.channels.get(copy.origin),
    )


def _fault(document: Document, one: Format, feed: Feed, output: Path, *, allow_shrink: bool) -> str:
    """Say why a document must not be published, or nothing (D18)."""
    try:
        written = one.read_ids(document.content)
    except ValueError as error:
        return f"{document.path} would not be well-formed, the last good one stays: {error}"
    if written != tuple(post.id for post in feed.posts):
        return f"{document.path} would not hold the entries it should, the last good one stays"
    before = 0 if allow_shrink else _entries_before(one, read_published(output, document.path))
    if before >= SMALLEST_GUARDED and len(written) * 2 < before:
        return (
            f"{document.path} would shrink from {before} to {len(written)} entries, "
            "the last good one stays; if that is right, run once with --allow-shrink"
        )
    return ""


def _entries_before(one: Format, content: bytes | None) -> int:
    try:
        return len(one.read_ids(content)) if content is not None else 0
    except ValueError:
        return 0


def _feed_report(outcome: _FeedOutcome, written: Sequence[str]) -> FeedReport:
    own = {document.path for document in outcome.documents}
    return FeedReport(
        name=outcome.selection.spec.name,
        entries=len(outcome.selection.merged),
        written=tuple(path for path in written if path in own),
        held=outcome.held,
    )
