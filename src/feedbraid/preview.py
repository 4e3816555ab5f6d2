"""What one source would look like here, with every repair and its reason. Meant for a store that forgets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import datetime

from feedbraid import configvalues, html
from feedbraid.app import App, Choices
from feedbraid.dates import rfc3339
from feedbraid.model import (
    Channel,
    Dialect,
    Entry,
    EntryKey,
    Failed,
    Feed,
    FeedSpec,
    FilterSpec,
    Fresh,
    Known,
    Note,
    OriginSpec,
    Outcome,
    Post,
    SiteSpec,
    Skipped,
)
from feedbraid.nouns import dataclass
from feedbraid.posts import stated_or_derived_title
from feedbraid.selection import Selection
from feedbraid.sources import Source
from feedbraid.take_in import take_in

NAME = "preview"
"""Of a source that the configuration does not have."""

_FORMATS: Mapping[Dialect, str] = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One post as it would be published. Dates are RFC 3339, empty when none is stated."""

    id: str
    title: str
    link: str
    published: str
    updated: str
    authors: tuple[str, ...]
    characters: int
    """Of its text, without markup."""
    images: int
    """In its text."""
    enclosures: tuple[str, ...]
    """Their addresses."""
    notes: tuple[Note, ...]
    """What was altered, by which rule."""


@dataclass(frozen=True, slots=True)
class LeftOutItem:
    """An item that a filter leaves out."""

    title: str
    link: str
    filter: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a source says of itself, what had to be repaired, and its posts as they would be published."""

    place: str
    title: str
    subtitle: str
    link: str
    language: str
    format: str
    """Of the document: "Atom", "RSS", "JSON Feed"; empty when it has no items to tell it by."""
    count: int
    """How many items can be published."""
    items: tuple[Item, ...]
    """The newest of them."""
    complete: bool
    """False when the document is cut."""
    notes: tuple[Note, ...]
    """What was repaired in the document as a whole."""
    skipped: tuple[Skipped, ...]
    left_out: tuple[LeftOutItem, ...]
    """Items that filters leave out, newest first."""
    etag: str
    last_modified: str
    max_age: int
    """How many seconds the server says that the document stays fresh; 0 when it says nothing."""


def lone_source(place: str, configured: Iterable[OriginSpec] = ()) -> OriginSpec:
    """Make a source of an address or path; one that is configured is read as configured.

    Raises ValueError with what is wrong and what would be right.
    """
    place = configvalues.location(place)
    for spec in configured:
        if place in spec.locations:
            return replace(spec, locations=(place,))
    return OriginSpec(name=NAME, kind=configvalues.kind_of(place), locations=(place,))


def lone_feed(source: OriginSpec, site: SiteSpec, filters: tuple[FilterSpec, ...] = ()) -> FeedSpec:
    """Make a feed of one source alone, with the defaults of a feed; what its document can not hold is left out."""
    address = f"{site.address}{source.name}/"
    return FeedSpec(
        name=source.name,
        title="",
        origins=(source.name,),
        mirror=source.name,
        address=address,
        home=address,
        language=site.language,
        author=site.author,
        archive=0,
        filters=filters,
    )


def read_alone(app: App, now: datetime) -> Fresh | Failed:
    """Read the only source of an app into its store, as a run does, and give all that the source said."""
    heard: list[Outcome] = []

    @asynccontextmanager
    async def listening(specs: Sequence[OriginSpec]) -> AsyncIterator[Mapping[str, Source]]:
        async with app.open_sources(specs) as sources:
            yield {name: _Listening(source, heard) for name, source in sources.items()}

    (report,) = take_in(replace(app, open_sources=listening), now, Choices(force=True))
    outcome = heard[0] if heard else None
    return outcome if isinstance(outcome, Fresh) else Failed(reason=report.detail)


@dataclass(frozen=True, slots=True)
class _Listening:
    """A source whose outcome is kept, too."""

    source: Source
    heard: list[Outcome]

    async def read(self, known: Known) -> Outcome:
        outcome = await self.source.read(known)
        self.heard.append(outcome)
        return outcome


def preview(place: str, fresh: Fresh, feed: Feed | None, selection: Selection | None = None) -> Preview:
    """Tell what a reading brought and what is made of it. `feed` is None when there is nothing to publish."""
    channel, validators = fresh.channel or Channel(), fresh.validators
    notes = {item.entry.key: item.notes for item in fresh.entries}
    if feed is not None and selection is not None:
        notes = _with_filters(notes, selection, {post.entry.key for post in feed.posts})
    dialect = next((item.entry.dialect for item in fresh.entries), None)
    return Preview(
        place=place,
        title=channel.title,
        subtitle=channel.subtitle,
        link=channel.link,
        language=channel.language,
        format=_FORMATS.get(dialect, "") if dialect else "",
        count=len(fresh.entries),
        items=tuple(_item(post, notes) for post in feed.posts) if feed else (),
        complete=fresh.complete,
        notes=fresh.notes,
        skipped=fresh.skipped,
        left_out=tuple(_left_out(fresh, selection)) if selection else (),
        etag=validators.etag.decode("latin-1") if validators else "",
        last_modified=validators.last_modified.decode("latin-1") if validators else "",
        max_age=int(fresh.max_age.total_seconds()) if fresh.max_age else 0,
    )


def _with_filters(
    notes: Mapping[EntryKey, tuple[Note, ...]], selection: Selection, shown: Collection[EntryKey]
) -> dict[EntryKey, tuple[Note, ...]]:
    """Add to what was altered in an entry what filters change in it."""
    changed = {
        one.winner.key: tuple(_changes(selection.filtering.trace(one)))
        for one in selection.merged
        if one.winner.key in shown
    }
    return {key: (*notes.get(key, ()), *changed.get(key, ())) for key in notes.keys() | changed.keys()}


def _changes(steps: Iterator[tuple[str, Post]]) -> Iterator[Note]:
    _, before = next(steps)
    for name, after in steps:
        names = [
            field.name
            for field in fields(Entry)
            if getattr(before.entry, field.name) != getattr(after.entry, field.name)
        ]
        yield Note(name, f"changed {', '.join(names)}")
        before = after


def _left_out(fresh: Fresh, selection: Selection) -> Iterator[LeftOutItem]:
    filtering = selection.filtering
    refs = {ref: why for (_, ref), why in filtering.copies_left_out.items()}
    for item in fresh.entries:
        entry = item.entry
        why = filtering.left_out.get(entry.key) or refs.get(entry.key) or refs.get(item.ref)
        if why is not None:
            yield LeftOutItem(entry.title, entry.link, why.filter, why.reason)


def _item(post: Post, notes: Mapping[EntryKey, tuple[Note, ...]]) -> Item:
    entry = post.entry
    stated = entry.updated is not None or post.published is not None
    return Item(
        id=post.id,
        title=stated_or_derived_title(post),
        link=entry.link,
        published=rfc3339(post.published) if post.published else "",
        updated=rfc3339(post.updated) if stated else "",
        authors=tuple(person.name for person in entry.authors),
        characters=len(html.to_text(entry.body)),
        images=entry.body.count("<img "),
        enclosures=tuple(file.url for file in entry.enclosures),
        notes=notes.get(entry.key, ()),
    )
