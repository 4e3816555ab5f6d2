"""A lost store loses nothing that was published: ids, dates, posts and archives are read back from the documents.

It happens by itself when the store is empty and our own documents are in the output folder (D16). What a document
says is read as any other feed is; in every format together, because each knows something that the others do not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape

from feedbraid import archive, ids
from feedbraid.app import App, Recovered, stand_in
from feedbraid.assemble import assemble
from feedbraid.codec import digest
from feedbraid.dates import rfc3339
from feedbraid.digests import digest_post, shelf
from feedbraid.formats import Format
from feedbraid.jsonfeed import read_json_feed
from feedbraid.model import (
    Channel,
    Copy,
    Entry,
    EntryKey,
    Feed,
    FeedSpec,
    Fresh,
    KeyRules,
    LedgerRow,
    Note,
    OriginSpec,
    Person,
    Post,
    Reading,
    SourceState,
)
from feedbraid.normalise import read_feed
from feedbraid.nouns import dataclass
from feedbraid.parts import spec_of
from feedbraid.publish import read_published
from feedbraid.selection import select
from feedbraid.store import OriginChange, Restoration, Settlement
from feedbraid.store.memory import MemoryStore
from feedbraid.urls import entry_key, strip_secrets
from feedbraid.xmlfeed import read_xml_feed

RICHEST_FIRST = ("application/atom+xml", "application/feed+json", "application/rss+xml")
"""Media types in the order in which documents are believed: Atom states most of an entry."""


def recover_published(app: App, now: datetime) -> Recovered | None:
    """Fill an empty store from what was published; None when nothing was."""
    specs = [one for spec in app.feeds for one in (spec, *_published_parts(app, spec))]
    read = [found for spec in specs if (found := _read_feed(app, spec)) is not None]
    if not read:
        return None
    editions = [edition for found in read for edition in (found.live, *found.blocks)]
    restorer = _Restorer(app, now, editions)
    restorer.add(read)
    named = [(found.spec.name, found.live.id) for found in read if found.live.id and not found.spec.id]
    restoration = restorer.restoration(named)
    app.store.restore(_with_late_ones(app, read, restoration))
    for found in read:
        _keep_digests(app, found)
    _keep_archives_as_they_are(app, specs)
    posts = {entry.public_id for edition in editions for entry in edition.entries}
    return Recovered(feeds=len(read), posts=len(posts), archives=sum(len(found.blocks) for found in read))


def _published_parts(app: App, spec: FeedSpec) -> Iterator[FeedSpec]:
    """Give the feeds that were made of the posts of one, by their folders; the posts tell their values again."""
    if spec.split is None:
        return
    folder = app.output / spec.name / spec.split.by
    names = sorted(found.name for found in folder.iterdir() if found.is_dir()) if folder.is_dir() else []
    for name in names:
        if _FOLDER.fullmatch(name):
            yield spec_of(spec, spec.split, name, name, "")


_FOLDER = re.compile(r"[a-z0-9][a-z0-9_-]*")


def _with_late_ones(app: App, read: Sequence[_Published], restoration: Restoration) -> Restoration:
    """Mark archived posts that would come into a live document now, and were in none: they came late (D3)."""
    trial = MemoryStore()
    trial.restore(restoration)
    shown = {entry.public_id for found in read for entry in found.live.entries}
    late = set()
    for found in read:
        if found.spec.digest is not None or "/" in found.spec.name:
            continue  # their posts are those of other feeds
        selection = select(replace(app, store=trial), found.spec, "", trial.states())
        archived = {entry.public_id for block in found.blocks for entry in block.entries}
        chosen = {selection.ledger[one.post].id for one in selection.history.live}
        late |= {one for one in chosen & archived if one not in shown}
    return replace(restoration, origins=tuple(_marked(change, late) for change in restoration.origins))


def _marked(change: OriginChange, late: Collection[str]) -> OriginChange:
    put = (replace(copy, late=True) if copy.entry.public_id in late else copy for copy in change.put)
    return replace(change, put=tuple(put))


# --- reading ----------------------------------------------------------------------------------------------


_SILENT = Channel()


@dataclass(frozen=True, slots=True)
class _Edition:
    """What the documents of one live feed, or of one archive, say together."""

    id: str = ""
    channel: Channel = _SILENT
    entries: tuple[Entry, ...] = ()
    """`public_id` and `source_id` are the published id."""
    untitled: frozenset[str] = frozenset()
    """Ids of entries whose title is none of theirs: Atom needs one, the other formats tell."""
    bare: frozenset[str] = frozenset()
    """Ids of entries whose text only stands in for a body: JSON Feed alone tells."""


@dataclass(frozen=True, slots=True)
class _Published:
    spec: FeedSpec
    live: _Edition
    blocks: tuple[_Edition, ...]
    digests: tuple[Entry, ...] = ()
    """Those that were published, oldest first."""


def _read_feed(app: App, spec: FeedSpec) -> _Published | None:
    formats = sorted(
        (app.load_format(name) for name in spec.formats), key=lambda one: RICHEST_FIRST.index(one.media_type)
    )
    live = _read_edition(app, spec, formats, f"{spec.name}/", spec.address)
    if spec.digest is not None:  # made of posts, as they will be again: none of its entries is one
        return _Published(spec, replace(live, entries=()), (), _digests(live)) if live else None
    blocks = tuple(_read_blocks(app, spec, formats))
    return _Published(spec, live or _Edition(), blocks) if live or blocks else None


def _digests(live: _Edition) -> tuple[Entry, ...]:
    labelled = (one for one in live.entries if one.link.partition("#")[2] and one.published)
    return tuple(sorted(labelled, key=lambda one: (one.published, one.link)))


def _keep_digests(app: App, found: _Published) -> None:
    """Close the digests of a feed again, each a block, as they were published."""
    for entry in found.digests:
        label, end = entry.link.partition("#")[2], entry.published or _LONG_AGO
        post = digest_post(found.spec, label, end, entry.public_id, entry.title, entry.body)
        app.store.close_blocks(shelf(found.spec), [archive.as_closed(_feed_of(found, post))])
        app.store.keep_part(shelf(found.spec), label, rfc3339(end))
        members = {
            str(key): (label, "") for link in _MEMBER.findall(entry.body) for key in _keys_of(app, unescape(link))
        }
        app.store.keep_passed(shelf(found.spec), members)


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


_MEMBER = re.compile(r'<(?:li|h2)><a href="([^"]*+)"')
"""How a digest links to a post."""


def _keys_of(app: App, link: str) -> set[EntryKey]:
    """Give the posts that have a link: their source may be keyed on something else than the URL."""
    rules = app.readings[0].keys if app.readings else KeyRules()
    key = entry_key(link, rules)
    return {head.post for head in app.store.sharing([key]) if head.post} | {key}


def _feed_of(found: _Published, post: Post) -> Feed:
    spec, title = found.spec, found.spec.title or found.live.channel.title
    return assemble(replace(spec, title=title), found.live.id, [post], {}, post.first_seen)


def _read_blocks(app: App, spec: FeedSpec, formats: Sequence[Format]) -> Iterator[_Edition]:
    """Read archive after archive; one that is missing between others keeps its number, with nothing in it."""
    missing = 0
    for number in sorted(_numbers(app, spec)):
        folder = f"{spec.name}/{archive.FOLDER}/{number}/"
        read = _read_edition(app, spec, formats, folder, archive.address_of(spec, number))
        if read is not None and number - missing <= LARGEST_GAP:
            yield from (_Edition() for _ in range(missing + 1, number))
            yield read
            missing = number


LARGEST_GAP = 100
"""Archives in a row that may be missing: a folder with a higher number is none of ours."""


def _numbers(app: App, spec: FeedSpec) -> set[int]:
    """Give the numbers of the archives that seem to be there."""
    folder = app.output / spec.name / archive.FOLDER
    names = [found.name for found in folder.iterdir() if found.is_dir()] if folder.is_dir() else []
    return {int(name) for name in names if _NUMBER.fullmatch(name)}


_NUMBER = re.compile("[1-9][0-9]{0,8}")


def _read_edition(
    app: App, spec: FeedSpec, formats: Sequence[Format], folder: str, address: str
) -> _Edition | None:
    """Read one feed in every format that is there, the richest first."""
    found = []
    for one in formats:
        content = read_published(app.output, folder + one.file_name)
        read = _read_document(app, spec, content, address + one.file_name) if content is not None else None
        if read is not None:
            found.append(read)
    if not found:
        return None
    by_id: dict[str, Entry] = {}
    for entry in (item.entry for fresh, _ in found for item in fresh.entries):
        known = by_id.get(entry.source_id)
        by_id[entry.source_id] = _completed(known, entry) if known else replace(entry, public_id=entry.source_id)
    channels = [fresh.channel for fresh, _ in found if fresh.channel is not None]
    return _Edition(
        id=_feed_id(channels),
        channel=channels[0],
        entries=tuple(by_id.values()),
        untitled=frozenset(
            item.entry.source_id for fresh, _ in found for item in fresh.entries if not item.entry.title
        ),
        bare=frozenset().union(*(bare for _, bare in found)),
    )


def _read_document(app: App, spec: FeedSpec, content: bytes, url: str) -> tuple[Fresh, frozenset[str]] | None:
    """Read a document of ours, with the ids of its items without body; what can not be read is not there."""
    cleaning = app.readings[0].cleaning if app.readings else Reading(spec=_NOBODY).cleaning
    reading = Reading(spec=replace(_NOBODY, name=stand_in(spec.name)), feed_url=url, cleaning=cleaning)
    try:
        raw = read_json_feed(content) if content.startswith(b"{") else read_xml_feed(content, url)
        bare = _without_body(content)
    except Exception:  # noqa: BLE001  # whatever the parser raises: a document that is damaged can not be read back
        return None
    return (read_feed(raw, reading), bare) if raw is not None and raw.complete else None


_NOBODY = OriginSpec(name="", kind="file", locations=(), key=("guid",))
"""Keyed on ids: two posts of one address are two posts."""


def _feed_id(channels: Iterable[Channel]) -> str:
    """Give the id of the feed, where a format states one: Atom does."""
    return next((one.id for one in channels if one.id not in ("", one.feed_url, one.link)), "")


def _without_body(content: bytes) -> frozenset[str]:
    """Give the ids of the items of a JSON Feed that have plain text only."""
    if not content.startswith(b"{"):
        return frozenset()
    return frozenset(str(item["id"]) for item in json.loads(content)["items"] if "content_html" not in item)


def _completed(known: Entry, entry: Entry) -> Entry:
    """Add what another format says of an entry, and the richer one does not."""
    return replace(
        known,
        comments=known.comments or entry.comments,
        episode=known.episode or entry.episode,
        origin=known.origin or entry.origin,
    )


# --- whose they are ---------------------------------------------------------------------------------------


class _Restorer:
    """Collects what is to be restored: each entry goes to the source that it names, or to a stand-in."""

    def __init__(self, app: App, now: datetime, editions: Sequence[_Edition]) -> None:
        self._untitled = frozenset().union(*(edition.untitled for edition in editions))
        self._bare = frozenset().union(*(edition.bare for edition in editions))
        self._seen: dict[str, datetime] = {}
        """When posts were first seen, at the latest: all dates that were published were credible then (N19)."""
        for entry in (entry for edition in editions for entry in edition.entries):
            dates = [date for date in (entry.published, entry.updated) if date]
            earlier = self._seen.get(entry.public_id)
            self._seen[entry.public_id] = min(max([*dates, earlier or _LONG_AGO]), now) if dates else now
        self._readings = {one.spec.name: one for one in app.readings}
        self._now = now
        self._rows: dict[str, LedgerRow] = {}
        self._keys: set[EntryKey] = set()
        self._copies: dict[str, dict[str, Copy]] = {}
        self._of_part: dict[str, str] = {}
        """Which source a post is of, where a feed of that source alone was published."""
        self._channels: dict[str, Channel] = {}
        self._blocks: list[tuple[str, tuple[Feed, ...]]] = []

    def add(self, read: Sequence[_Published]) -> None:
        """Add what was published: live documents first, which have what became of a post, then blocks."""
        self._of_part |= {
            entry.public_id: found.spec.name.rpartition("/")[2]
            for found in read
            if "/source/" in found.spec.name
            for edition in (found.live, *found.blocks)
            for entry in edition.entries
        }
        for found in read:
            self._add_edition(found, found.live)
        for found in read:
            posts = [self._add_edition(found, edition) for edition in reversed(found.blocks)]
            blocks = [
                _block(found, edition, own) for edition, own in zip(found.blocks, reversed(posts), strict=True)
            ]
            self._blocks.append((found.spec.name, tuple(blocks)))

    def _add_edition(self, found: _Published, edition: _Edition) -> tuple[Post, ...]:
        """Give the posts of a document as it states them; the store takes what was stated first."""
        origins = {entry.origin for one in (found.live, *found.blocks) for entry in one.entries}
        entries = [self._bared(entry) for entry in edition.entries]
        return tuple(
            self._remember(self._owner(entry, found.spec, alone=len(origins) == 1), entry, found)
            for entry in entries
        )

    def _bared(self, entry: Entry) -> Entry:
        """Take away what a document only put where an entry said nothing (N30, N40)."""
        if entry.public_id in self._untitled:
            entry = replace(entry, title="")
        return replace(entry, body="", summary="") if entry.public_id in self._bare else entry

    def _owner(self, entry: Entry, spec: FeedSpec, *, alone: bool) -> str:
        """Find the source of an entry by the address that it names, or because there is no other."""
        sources = [name for name in spec.origins if self._readings[name].spec.kind != "seeds"]
        of_part = self._of_part.get(entry.public_id, "")
        if of_part in sources:
            return of_part
        if entry.origin is not None:
            for name in sources:
                reading = self._readings[name]
                published = (strip_secrets(address) for address in reading.spec.locations)
                addresses = {entry_key(address, reading.keys) for address in published}
                if entry_key(entry.origin.feed_url, reading.keys) in addresses:
                    return name
            if alone and spec.mirror:
                return spec.mirror
        return stand_in(spec.name)

    def _remember(self, name: str, entry: Entry, found: _Published) -> Post:
        channel = entry.origin if name in self._readings else None
        if channel is not None:
            self._channels.setdefault(name, channel)
            if found.spec.mirror == name:
                self._channels[name] = _as_mirrored(self._channels[name], found)
        row = self._rows.get(entry.public_id) or self._open_row(name, entry)
        own = replace(entry, key=row.key, origin=None if channel else entry.origin)
        note = Note("D16", "read back from what was published, because the store was missing")
        copy = Copy(
            origin=name,
            ref=row.key,
            entry=own,
            first_seen=row.first_seen,
            last_changed=row.first_seen,
            notes=(note,),
        )
        self._copies.setdefault(name, {}).setdefault(copy.ref, copy)
        return Post(
            key=row.key,
            id=row.id,
            entry=own,
            first_seen=row.first_seen,
            last_changed=row.first_seen,
            origin=name,
            channel=self._channels.get(name),
        )

    def _open_row(self, name: str, entry: Entry) -> LedgerRow:
        """Give a post its place in the ledger: first seen when its newest date was, for it was credible then."""
        reading = self._readings.get(name)
        stated = ids.Stated(source=name, link=entry.link, source_id=entry.public_id, title=entry.title)
        parts, rules = (reading.spec.key, reading.keys) if reading else (("url",), self._rules())
        key = ids.make_key(parts, stated, rules) or EntryKey(f"id:{entry.public_id}")
        if key in self._keys or (reading is None and not entry.link):
            key = EntryKey(f"id:{entry.public_id}")
        row = LedgerRow(key=key, id=entry.public_id, first_seen=self._seen[entry.public_id])
        self._keys.add(key)
        self._rows[entry.public_id] = row
        return row

    def _rules(self) -> KeyRules:
        return next((reading.keys for reading in self._readings.values()), KeyRules())

    def restoration(self, feed_ids: Iterable[tuple[str, str]]) -> Restoration:
        """Give all of it."""
        return Restoration(
            origins=tuple(
                OriginChange(state=self._state(name), put=tuple(own.values()))
                for name, own in self._copies.items()
            ),
            settlement=Settlement(
                rows=tuple(self._rows.values()),
                posts=tuple(
                    (name, copy.ref, copy.entry.key) for name, own in self._copies.items() for copy in own.values()
                ),
            ),
            feed_ids=tuple(feed_ids),
            blocks=tuple(self._blocks),
        )

    def _state(self, name: str) -> SourceState:
        """Give the state of a source that is to be read anew, and matched with all that is known of it."""
        return SourceState(name=name, fingerprint=FINGERPRINT, changed=self._now, channel=self._channels.get(name))


FINGERPRINT = "read back"
"""No fingerprint of a way to read a source, so that the next reading is taken for one of another way."""


_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _as_mirrored(channel: Channel, found: _Published) -> Channel:
    """Complete a source by what its feed says of itself, where the feed is a mirror of it alone."""
    head = found.live.channel
    return replace(
        channel,
        subtitle=channel.subtitle or head.subtitle,
        language=channel.language or head.language,
        rights=channel.rights or head.rights,
        icon=channel.icon or head.icon,
    )


def _block(found: _Published, edition: _Edition, own: tuple[Post, ...]) -> Feed:
    """Give a closed block as it was kept; one that is missing has the words of the live document."""
    head = edition.channel if edition.entries else found.live.channel
    title = head.title or found.spec.title or found.spec.name
    return archive.as_closed(
        Feed(
            name=found.spec.name,
            id=edition.id or found.live.id or found.spec.id or ids.mint("feed", found.spec.address),
            title=title,
            subtitle=head.subtitle,
            home="",
            author=head.authors[0] if head.authors else Person(title),
            updated=max((post.updated for post in own), default=_LONG_AGO),
            posts=own,
            siblings=(),
            language=head.language,
            rights=head.rights,
            icon=head.icon,
            show=head.show if head.show and not head.show.missing else None,
        )
    )


def _keep_archives_as_they_are(app: App, specs: Iterable[FeedSpec]) -> None:
    """Note that the documents of closed blocks are as they were written: they must never change (N86)."""
    kept = {}
    for spec in specs:
        formats = {name: app.load_format(name) for name in spec.formats}
        for task in archive.tasks(app.store, spec, formats, app.version, _other_entries):
            content = read_published(app.output, task.path)
            if content is not None and not task.check(content):
                kept[task.path] = f"{task.print} {digest(content)}"
    app.store.keep_fingerprints(kept)


def _other_entries(one: Format, content: bytes, feed: Feed) -> str:
    """Say why a document is not the one that was written for a block: it is damaged, or has other entries."""
    try:
        same = one.read_ids(content) == tuple(post.id for post in feed.posts)
    except ValueError as error:
        return str(error)
    return "" if same else "other entries"
