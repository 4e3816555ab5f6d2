"""The nouns.

Three stages of trust, each its own type: `RawEntry` is what a source said, `Entry` is what we believe of it
(absolute links, UTC dates or none, safe text), `Post` is an entry with what the ledger remembers of it.
All are frozen and hold tuples, so that a value can be shared, hashed and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, NewType

from feedbraid.nouns import dataclass

EntryKey = NewType("EntryKey", str)
"""The canonical form of an entry's URL (N130..N158): the identity for dedup. Made by `urls.entry_key` alone."""

Dialect = Literal["atom", "rss", "json", "seed"]
"""Which family of formats an entry was stated in; the rules for ids differ (N4..N7)."""

_FRAME = 1200
"""Bytes of an entry's dates, authors, source and tags, about."""

FUTURE_TOLERANCE = timedelta(hours=24)
"""A date further than this after the moment an entry was first seen counts as missing (N19)."""


# --- what a source said -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """A text as stated. `kind` "unknown" means that the format does not say whether it is markup (RSS)."""

    value: str
    kind: Literal["text", "html", "unknown"] = "unknown"
    base: str = ""
    """The xml:base in effect as an absolute URL, or empty."""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawContent:
    """A body as stated: inline text, or a `src` that points to it (Atom, RFC 4287 4.1.3)."""

    value: str = ""
    media_type: str = ""
    """"text/plain", "text/html", "application/xhtml+xml", another type, or empty when not stated."""
    src: str = ""
    base: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLink:
    """A link as stated; `href` may be relative, `length` may be no number."""

    href: str
    rel: str = "alternate"
    media_type: str = ""
    hreflang: str = ""
    title: str = ""
    length: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPerson:
    """A person as stated; in RSS often a mail address and a name in one text, which then stands in `name`."""

    name: str = ""
    uri: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawCategory:
    """A category as stated."""

    term: str
    scheme: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPodcast:
    """What `itunes:` elements state of a show or an episode, word by word; empty where they say nothing."""

    author: str = ""
    owner: RawPerson | None = None
    categories: tuple[tuple[str, str], ...] = ()
    """(category, subcategory or empty)."""
    image: str = ""
    explicit: str = ""
    kind: str = ""
    """Of a show "episodic" or "serial", of an episode "full", "trailer" or "bonus"."""
    duration: str = ""
    season: str = ""
    episode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDate:
    """A date as stated, and the parser's reading of it (year to second, UTC), which is not trusted (N16)."""

    text: str
    parsed: tuple[int, int, int, int, int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawChannel:
    """What a document says of the feed as a whole, or what an Atom entry's `source` says of its origin."""

    id: str = ""
    title: RawText | None = None
    subtitle: RawText | None = None
    links: tuple[RawLink, ...] = ()
    authors: tuple[RawPerson, ...] = ()
    rights: RawText | None = None
    language: str = ""
    updated: RawDate | None = None
    icon: str = ""
    base: str = ""
    podcast: RawPodcast | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """When a document wishes to be read (RSS 2.0: ttl, skipHours, skipDays)."""

    ttl: timedelta = timedelta()
    """How long it may be kept; zero when it does not say."""
    skip_hours: tuple[int, ...] = ()
    """Hours of the day, in UTC, in which it is not to be asked for: 0 to 23."""
    skip_days: tuple[int, ...] = ()
    """Days of the week, in UTC; Monday is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEntry:
    """One item as its source stated it. Every field may be absent, relative, contradictory or hostile."""

    dialect: Dialect
    id: str = ""
    """guid, atom:id, JSON id, or a seed's own `id`: verbatim."""
    id_is_permalink: bool = False
    links: tuple[RawLink, ...] = ()
    original_link: str = ""
    """feedburner:origLink, when present."""
    title: RawText | None = None
    summary: RawText | None = None
    contents: tuple[RawContent, ...] = ()
    published: RawDate | None = None
    updated: RawDate | None = None
    authors: tuple[RawPerson, ...] = ()
    categories: tuple[RawCategory, ...] = ()
    enclosures: tuple[RawLink, ...] = ()
    """RSS enclosures, JSON attachments and media contents; Atom's come as links with rel "enclosure"."""
    comments: str = ""
    rights: RawText | None = None
    language: str = ""
    image: str = ""
    origin: RawChannel | None = None
    """The entry's own atom:source, when it came with one."""
    podcast: RawPodcast | None = None
    base: str = ""
    ref: str = ""
    """Where it stands: a seed's path below its folder, or the position in the document as text."""
    slug: str = ""
    """Seeds only: the file name without date and extension, for ids (N7)."""
    known_by: str = ""
    """Seeds only: the key of the post, where its address is not."""
    published_id: str = ""
    """Seeds only: the id under which the post is published."""
    saved: bool = False
    """Seeds only: it was saved from a feed, and nobody has edited it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A whole document as stated, and what had to be repaired to read it."""

    version: str
    """The dialect in the parser's words: "rss20", "atom10", "json11", …"""
    channel: RawChannel
    entries: tuple[RawEntry, ...]
    notes: tuple[Note, ...] = ()
    hints: Hints = Hints()
    complete: bool = True
    """False when the document was cut: its validators must not be kept then (B12)."""


# --- what we believe --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """A recorded reason (D5): something was dropped, repaired or altered, and by which rule."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """An item that can not be used: where it stands and why. Never stops the rest (D18)."""

    ref: str
    reason: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """An author: a name, and an absolute http(s) address of a page about them, or none (N51..N55)."""

    name: str
    uri: str = ""


@dataclass(frozen=True, slots=True)
class Category:
    """A category: `scheme` is an absolute IRI or empty (N70, N71)."""

    term: str
    scheme: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an entry. `length` is in bytes, 0 when unknown (N63..N65)."""

    url: str
    media_type: str
    length: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Another absolute link of an entry: related, via, license, replies (N61, N62)."""

    href: str
    rel: str
    media_type: str = ""
    hreflang: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What podcast players want to know of an entry (N68). `duration` is in seconds; 0 is not stated."""

    duration: int = 0
    season: int = 0
    number: int = 0
    kind: Literal["", "full", "trailer", "bonus"] = ""
    explicit: bool | None = None
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What a podcast has to say of itself (N68)."""

    author: str = ""
    owner: str = ""
    """The name of the owner."""
    email: str = ""
    """Of the owner: published in a feed that is declared a podcast, and nowhere else (N53)."""
    categories: tuple[tuple[str, str], ...] = ()
    """(category, subcategory or empty)."""
    image: str = ""
    explicit: bool | None = None
    kind: Literal["", "episodic", "serial"] = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Name what a podcast must state and this one does not, by the settings of the configuration."""
        stated = {
            "categories": self.categories,
            "image": self.image,
            "explicit": self.explicit is not None,
            "email": self.email,
        }
        return tuple(name for name, value in stated.items() if not value)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a source says of who tells of its news: the URL of a hub, and its own by which the hub knows it."""

    hub: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What we believe of a source feed: the stuff of atom:source (N11) and of a mirror's own title."""

    id: str = ""
    title: str = ""
    subtitle: str = ""
    feed_url: str = ""
    link: str = ""
    authors: tuple[Person, ...] = ()
    rights: str = ""
    language: str = ""
    icon: str = ""
    show: Show | None = None
    topic: Topic | None = None
    """Who tells of its news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item, normalized: writers never repair anything.

    Every text is XML 1.0 safe (N35), every URL absolute http(s) in URI form (N57), every date aware UTC in
    whole seconds or None (N14), `body` balanced allow-listed HTML (N42).
    """

    key: EntryKey
    dialect: Dialect
    source_id: str = ""
    """The id as the source states it, trimmed: compared inside one source only."""
    public_id: str = ""
    """The id under which it would be published if the ledger knew none (N4..N7)."""
    link: str = ""
    title: str = ""
    summary: str = ""
    body: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    categories: tuple[Category, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    links: tuple[Link, ...] = ()
    comments: str = ""
    rights: str = ""
    language: str = ""
    image: str = ""
    origin: Channel | None = None
    """The channel the entry itself names as its origin (a planet of planets), else None: then its source's."""
    episode: Episode | None = None
    saved: bool = False
    """It comes from a file in which it was saved, and which nobody has edited since."""

    @property
    def is_second_hand(self) -> bool:
        """Tell whether a feed took it from another one; a seed that names its source is a word of our own."""
        return self.origin is not None and self.dialect != "seed"

    @property
    def weight(self) -> int:
        """Estimate the bytes that the entry takes in an XML document, where markup is escaped."""
        texts = self.title, self.summary, self.body, self.rights, self.link, self.link, self.public_id
        plain = sum(len(text.encode()) for text in texts)
        files = sum(len(file.url) + 100 for file in self.enclosures) + sum(
            len(one.href) + 80 for one in self.links
        )
        labels = sum(len(one.term.encode()) + len(one.scheme) + 60 for one in self.categories)
        escapes = sum(4 * text.count("&") + 3 * (text.count("<") + text.count(">")) for text in texts)
        return _FRAME + plain + escapes + files + labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """A normalized entry with where it stood and what was altered on the way."""

    ref: str
    entry: Entry
    notes: tuple[Note, ...] = ()
    stated: str = ""
    """Digest of what the source stated and of all that it was read by; empty for seeds."""
    is_known: bool = False
    """A copy of it is stored that was read from the very same: its texts were left out here."""


# --- what we remember -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One origin's own copy of an entry, as that origin last stated it. Unique by (origin, ref)."""

    origin: str
    ref: str
    entry: Entry
    first_seen: datetime
    last_changed: datetime
    held_until: datetime | None = None
    """A seed dated in the future, or a flood of old entries, stays out of the feeds until then."""
    late: bool = False
    """It came with a flood of old entries: it goes to the archive, never into the live document."""
    notes: tuple[Note, ...] = ()
    stated: str = ""
    """`Believed.stated`, and `ids.facts` of the entry, with a blank between; empty for seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyHead:
    """A copy without its text: all that `identity` and `merge` decide by."""

    origin: str
    ref: str
    key: EntryKey
    post: EntryKey | None
    """The ledger key this copy belongs to; None until it is settled."""
    source_id: str
    public_id: str
    title: str
    link: str
    published: datetime | None
    updated: datetime | None
    first_seen: datetime
    held_until: datetime | None
    digest: str
    """SHA-256 of the encoded entry: equal digests, equal entries."""
    weight: int = 0
    """See `Entry.weight`."""
    late: bool = False
    second_hand: bool = False
    """See `Entry.is_second_hand`."""
    saved: bool = False
    """See `Entry.saved`."""

    @property
    def sort_date(self) -> datetime:
        """What an origin's copies are ordered by: published, else updated, else first seen."""
        return self.dated(self.first_seen)

    def dated(self, first_seen: datetime) -> datetime:
        """Give the date that a post, first seen then, is ordered by when this copy of it wins (N122)."""
        return credible(self.published, first_seen) or credible(self.updated, first_seen) or first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """What never changes once published: the id of a key, and when it was first seen (D3)."""

    key: EntryKey
    id: str
    first_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The winning entry for one key, with what the ledger knows."""

    key: EntryKey
    id: str
    entry: Entry
    first_seen: datetime
    last_changed: datetime
    origin: str
    channel: Channel | None = None
    """The source it came from, or None for a seed."""
    via: tuple[Link, ...] = ()
    """The other sources that have it, too (rel "via")."""

    page: str = ""
    """The text of its page, as HTML that is safe to publish; empty when none was fetched (filter `full_text`)."""

    @property
    def published(self) -> datetime | None:
        """The stated publication date, unless it lies too far in the future (N19, N22)."""
        return credible(self.entry.published, self.first_seen)

    @property
    def updated(self) -> datetime:
        """updated, else published, else first seen; never before published (N21).

        A date of change is judged by when the change was seen (N19): edits come long after the first sight.
        """
        published = self.published
        seen = max(self.first_seen, self.last_changed)
        updated = credible(self.entry.updated, seen) or published or self.first_seen
        return max(updated, published) if published else updated


def credible(stated: datetime | None, first_seen: datetime) -> datetime | None:
    """Give the stated date, or None when it lies more than a day after the entry was first seen (N19)."""
    return stated if stated is not None and stated <= first_seen + FUTURE_TOLERANCE else None


# --- sources ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server gave to recognise a document by: byte for byte, and for which final URL (RFC 9110 8.8)."""

    url: str = ""
    etag: bytes = b""
    last_modified: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What permanent redirects say of a source's address (RFC 9110 15.4.2, 15.4.9)."""

    to: str
    """Where the last ones led."""
    times: int
    """Good readings in a row that came by way of them."""
    since: datetime
    """When the first of these was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """The address that is asked instead of the configured one."""

    url: str
    instead_of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A server wants to be left alone."""

    host: str
    """A host with its port; or a registered domain, with all hosts below it."""
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """What is remembered of one origin between runs."""

    name: str
    fingerprint: str = ""
    """Of the configuration that decides how the origin is read; another one makes the validators void."""
    validators: Validators | None = None
    body_digest: str = ""
    fetched: datetime | None = None
    succeeded: datetime | None = None
    changed: datetime | None = None
    """When it last brought a new or changed entry."""
    due: datetime | None = None
    schedule: str = ""
    """The schedule that `due` was made with."""
    why: str = ""
    """What decided `due`, for people."""
    not_before: datetime | None = None
    """What the server wished for: holds also when the schedule changes."""
    quiet: int = 0
    """Readings in a row that brought nothing new."""
    hints: Hints = Hints()
    move: Move | None = None
    """A new address that is not believed yet."""
    address: NewAddress | None = None
    """A new address that is believed."""
    gone: int = 0
    """How often in a row the server said that the feed is gone for good (HTTP 410)."""
    rest: Rest | None = None
    """Others on the same host wait, too."""
    robots: bool | None = None
    """Whether robots.txt allows the source; None when it was not asked for."""
    robots_read: datetime | None = None
    failures: int = 0
    """In a row."""
    error: str = ""
    """Why the last attempt failed; empty after a success."""
    paused: bool = False
    """It is not asked until the operator lets it go on."""
    channel: Channel | None = None


class FileMark(NamedTuple):
    """How a seed file looked when it was last read: an unchanged one costs a `stat`, not a parse.

    A tuple, because there are as many as files, and each run compares them all.
    """

    ref: str
    mtime_ns: int
    size: int
    digest: str
    """SHA-256 of the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a source is told when it is read: its state, and the marks of its files (folders only)."""

    state: SourceState
    files: Callable[[], Sequence[FileMark]] = field(default=tuple, compare=False)
    """Gives the marks: there are as many as files, and a folder that looks as it did needs none."""
    address: str = ""
    """Where to ask first, when that is not the configured address any more; empty for there."""
    robots: bool | None = None
    """What robots.txt allows, when that was looked up lately."""
    stated: Callable[[], Sequence[str]] = field(default=tuple, compare=False)
    """Gives `Copy.stated` of the newest copies: what they were read from is not read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A source was read. For a folder, `entries` has the changed files only and `gone` the vanished refs."""

    entries: tuple[Believed, ...]
    channel: Channel | None = None
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[Note, ...] = ()
    validators: Validators | None = None
    body_digest: str = ""
    """Of the document; for a folder, of how its files look, unless that can not tell what is in them."""
    files: tuple[FileMark, ...] = ()
    """All files of a folder, as they are now."""
    gone: tuple[str, ...] = ()
    unchanged: int = 0
    """Files that were not read because they look as before."""
    max_age: timedelta | None = None
    """How long the server says the document stays fresh."""
    hints: Hints = Hints()
    moved: str = ""
    """Where permanent redirects of the configured address lead; empty for nowhere."""
    robots: bool | None = None
    """Whether robots.txt allows the source, when that was looked up."""
    complete: bool = True
    """False when the document was cut: then its validators are not kept, so that the next answer is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """The source says, or its bytes show, that nothing changed."""

    reason: str
    validators: Validators | None = None
    """All of them: a 200 that brought the same bytes without validators has none (P4)."""
    max_age: timedelta | None = None
    moved: str = ""
    """As in `Fresh`."""
    robots: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The source could not be read: a value, because trouble far away never stops the rest."""

    reason: str
    status: int = 0
    """Of HTTP; 0 when there was no answer, or when it could not be used."""
    retry_after: timedelta | None = None
    scope: str = ""
    """The host or registered domain that has to rest, see `Rest`; empty when it is only the source."""
    robots: bool | None = None
    """As in `Fresh`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """The source was not asked, because another one made its host ask for rest in the same pass."""

    reason: str


Outcome = Fresh | Unchanged | Failed | Postponed


# --- pages of posts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How the text of a post is found on its page."""

    css: tuple[str, ...] = ()
    """Selectors of what is taken; when there are none, the text is looked for."""
    remove: tuple[str, ...] = ()
    """Selectors of what is left out."""
    shorter_than: int = 0
    """Only posts with less text of their own, in characters, get that of their page; 0: all."""
    most: int = 20
    """The most pages of one feed in one run."""

    @property
    def way(self) -> Recipe:
        """Give what of it decides the text: pages are kept under that, so other bounds ask for no page again."""
        return Recipe(css=self.css, remove=self.remove)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWish:
    """A post whose page is to be read."""

    post: EntryKey
    url: str
    made_from: str
    """The digest of the entry, see `CopyHead.digest`: the page is read again when it changes."""
    recipe: str
    """JSON text of a `Recipe`."""
    tries: int = 0
    """How often it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHead:
    """What is known of the page of a post, without its text."""

    made_from: str
    digest: str
    """SHA-256 of its text; empty when it has none."""
    read: datetime
    """When it was last asked for."""
    tries: int = 0
    """How often in a row it could not be read."""
    reason: str = ""
    """Why it has no text."""


# --- configuration, as the rest of the program sees it ----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Ask again after this time."""

    every: timedelta
    jitter: timedelta = timedelta()
    """Up to so much later, so that not all are asked at one time; a source always by the same at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Ask at the times of a cron line, in a named time zone."""

    line: str
    zone: str = "UTC"
    jitter: timedelta = timedelta()
    """As in `Interval`."""


Schedule = Interval | Cron

KeyParts = Literal["url", "guid", "title"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRules:
    """Which opt-in rules make a key (N146..N150); the safe ones always hold."""

    http_is_https: bool = True
    www: bool = False
    mobile_hosts: bool = False
    trailing_slash: bool = False
    index_files: bool = False
    amp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one source is asked with; its parts may be secret, so none of them is ever printed."""

    headers: tuple[tuple[str, str], ...] = ()
    auth: str = ""
    """User name and password with a colon between them, for basic authentication (RFC 7617)."""
    proxy: str = ""
    """The address of an HTTP proxy."""


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """One filter, as configured."""

    name: str
    options: str
    """JSON text of its options, checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How many of the posts of one source the store keeps."""

    age: timedelta | None = None
    """Older ones go, counted from the newest post of the source; None: however old."""
    count: int = 0
    """At most so many stay; 0: any number."""
    least: int = 100
    """Always so many stay, however old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginSpec:
    """One source or seed folder, as configured."""

    name: str
    kind: str
    """The module in `sources/` that reads it: "web", "file" or "seeds"."""
    locations: tuple[str, ...]
    """URL and mirrors in the order they are tried; or one path; or the globs of a seed folder."""
    schedule: Schedule = Interval(every=timedelta(hours=1))
    key: tuple[KeyParts, ...] = ("url",)
    zone: str = "UTC"
    """Of dates that name none (N17)."""
    title: str = ""
    """Overrides what the source calls itself."""
    site: str = ""
    """Seeds only: the site their permalinks are relative to."""
    ids: Literal["auto", "jekyll"] = "auto"
    """Seeds only: "jekyll" mints the ids that jekyll-feed would write (N7)."""
    slowest: timedelta = timedelta(hours=6)
    """A source that brings nothing new is asked less and less often, down to this; cron lines are kept to."""
    believe: timedelta = timedelta(days=1)
    """How long a permanent redirect has to hold until the new address is asked instead."""
    access: Access = Access()
    flood: int = 10
    """More new entries than this at once, older than the newest known one, are held back (D3)."""
    hold: timedelta = timedelta(days=1)
    """How long such a flood is held back before it goes to the archive."""
    filters: tuple[FilterSpec, ...] = ()
    """What shapes its posts before they are merged with others."""
    save_to: str = ""
    """A folder in which each of its posts is saved as a seed file; empty for none."""
    retention: Retention | None = None
    """How much of it is kept; None: everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CleaningRules:
    """The switches of D9."""

    tracking_pixels: bool = False
    """Keep known tracking pixels."""
    tracking_parameters: bool = False
    """Keep known tracking parameters in emitted links."""
    embeds: tuple[str, ...] = ()
    """Hosts whose https iframes may stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSpec:
    """One feed for each value that posts of a feed have in common."""

    by: Literal["category", "source", "author"] = "category"
    only: tuple[str, ...] = ()
    """These values alone; none means all."""
    names: tuple[tuple[str, str], ...] = ()
    """(value, name of its folder)."""
    least: int = 1
    """Posts that have to have a value before it gets a feed."""
    title: str = "{feed}: {value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSpec:
    """One post for all that came in a period."""

    every: Literal["day", "week", "month"] = "day"
    zone: str = "UTC"
    """Where days begin and end."""
    show: Literal["titles", "summaries", "full"] = "summaries"
    most: int = 100
    """Posts in one digest; the number of the others is told."""
    title: str = "{feed}: {period}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSpec:
    """One published feed, as configured."""

    name: str
    title: str
    origins: tuple[str, ...]
    """Also the precedence (D2)."""
    address: str = field(repr=False)
    """The public URL of the feed's folder, with a slash at the end; what makes it secret may be a part of it."""
    home: str = field(repr=False)
    """The page that people see (N77)."""
    id: str = ""
    subtitle: str = ""
    language: str = ""
    author: str = ""
    rights: str = ""
    limit: int = 50
    """The most entries of the live document."""
    max_bytes: int = 250_000
    """The most bytes of the live document, about; 0 is without limit (N85)."""
    min_per_source: int = 1
    """Entries of each source that stay in the live document however old they are, in up to half of its places."""
    max_per_source: int = 0
    """The most entries of one source in the live document; 0 is without limit."""
    archive: int = 50
    """Entries of one archive document; 0 is without archives (RFC 5005)."""
    mirror: str = ""
    """The only source among the origins, whose words the feed takes over; empty when there are more or none."""
    ranked: bool = True
    """The operator ordered the origins; else a source's own copy wins over one that names it as its origin."""
    podcast: Show | None = None
    """Not None: a podcast; what it says of itself wins over what its source says."""
    stylesheet: str = field(default="", repr=False)
    """Address of a CSS file for browsers that show XML (N126); empty for none."""
    formats: tuple[str, ...] = ("atom", "rss", "json")
    filters: tuple[FilterSpec, ...] = ()
    """What shapes its posts, in this order."""
    split: SplitSpec | None = None
    digest: DigestSpec | None = None
    listed: bool = True
    """The index and the list of sources name it, as everybody may know of it."""
    hubs: tuple[str, ...] = ()
    """URLs of hubs that are told when its live documents change, and that these name (N83)."""
    ended: bool = False
    """There will be no more posts."""
    save_to: str = ""
    """A folder in which each of its posts is saved as a seed file; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSpec:
    """What all feeds have in common, as configured."""

    title: str = ""
    address: str = "http://localhost:8080/"
    """The public URL of the output folder, with a slash at the end."""
    language: str = ""
    author: str = ""
    pages: bool = True
    """Write pages for people, and the list of sources."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRules:
    """How sources on the web are asked. Times in seconds, sizes in bytes."""

    contact: str = ""
    """An address where the operator can be reached; goes into the User-Agent."""
    allow: tuple[str, ...] = ()
    """Private hosts that may be asked all the same: "host", "host:port", or a network "10.0.0.0/8"."""
    connect_timeout: float = 10.0
    silence_timeout: float = 10.0
    """The longest pause between two blocks of an answer."""
    deadline: float = 30.0
    """For a whole document, redirects included."""
    max_bytes: int = 20 * 1024 * 1024
    """On the wire, and again after unpacking."""
    max_redirects: int = 5
    parallel: int = 32
    """Hosts asked at the same time; one host is asked one thing at a time."""
    per_domain: int = 4
    """Of these, hosts of one registered domain."""
    spacing: float = 5.0
    """The pause before a host is asked again, in multiples of the time that its last answer took."""
    own: tuple[str, ...] = ()
    """Hosts that are the operator's: neither spaced, nor held with others of their domain."""
    robots: bool = False
    """Ask for robots.txt first, once a day and host (RFC 9309)."""


SECRET = "s"  # noqa: S105  # it is none
"""The first segment of a path that has a secret in it, which is the second one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFeed:
    """What is special about one feed when it is served."""

    name: str
    public: bool = False
    """Everybody may read it, also where everything else needs a user."""
    users: tuple[str, ...] = ()
    """They alone may read it."""
    secret: str = field(default="", repr=False)
    """It is served below `/s/SECRET/` alone; empty when it has none."""
    ended: bool = False
    """It is gone for good (HTTP 410); its files stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRules:
    """How published files are handed to readers."""

    host: str = "127.0.0.1"
    port: int = 8080
    max_age: int = 1800
    """Seconds for which readers and caches may keep a document without asking again."""
    browser_types: bool = False
    """Send XML as `application/xml`, which browsers show and do not save (N129a)."""
    memory: int = 64 * 1024 * 1024
    """Bytes of documents that are held in memory; what is beyond is read from its file each time."""
    rate: int = 0
    """Requests that one client may make in a minute; 0 is without limit."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks, or "unix" for the socket, whose word counts on whom they speak for (X-Forwarded-For)."""
    users: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """(name, password or its hash). When there are any, everything needs one of them, unless it is public."""
    public: bool = False
    """What has no rule of its own needs no user."""
    feeds: tuple[ServedFeed, ...] = ()
    """Those about which something is special."""
    renamed: tuple[tuple[str, str], ...] = ()
    """(former name of a feed, its name now)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that decides how the words of one source become entries."""

    spec: OriginSpec
    feed_url: str = ""
    """The final URL of the document; empty for a local file."""
    keys: KeyRules = KeyRules()
    cleaning: CleaningRules = CleaningRules()
    authority: str = ""
    """For minted `tag:` ids (RFC 4151): a domain or mail address of the operator, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseJob:
    """A document for the parser process."""

    reading: Reading
    body: bytes
    content_type: str = ""
    """The Content-Type header as received, or empty."""
    known: tuple[str, ...] = ()
    """`Copy.stated` of entries whose texts need not be read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageJob:
    """The page of a post for the parser process."""

    url: str
    """Its final address: what is relative begins there."""
    recipe: Recipe
    cleaning: CleaningRules = CleaningRules()
    body: bytes
    content_type: str = ""
    """The Content-Type header as received, or empty."""


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of a post, found on its page."""

    html: str
    """Safe to publish."""


# --- what is published ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sibling:
    """The same feed in a format: where, and of which media type."""

    href: str
    media_type: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A named selection of posts, complete: a writer decides nothing."""

    name: str
    id: str
    title: str
    subtitle: str
    home: str
    author: Person
    updated: datetime
    posts: tuple[Post, ...]
    siblings: tuple[Sibling, ...]
    language: str = ""
    rights: str = ""
    icon: str = ""
    address: str = ""
    """The public folder of the live documents, with a slash at the end."""
    previous: str = ""
    """The public folder of the archive that continues this document, with a slash at the end; empty for none."""
    is_archive: bool = False
    """It holds one closed block of the history, not the newest posts (RFC 5005 4)."""
    show: Show | None = None
    """Complete, or None: then no podcast element is written (N68)."""
    stylesheet: str = ""
    """Address of a CSS file for browsers that show XML (N126); empty for none."""
    hubs: tuple[str, ...] = ()
    """URLs of hubs that tell of its news; never in an archive."""
    ended: bool = False
    """There will be no more posts; never in an archive, which says nothing of what comes."""


@dataclass(frozen=True, slots=True)
class Document:
    """One output file: `path` below the output folder, media type, bytes."""

    path: str
    media_type: str
    content: bytes


# --- messages to other servers ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is to be sent to another server, by POST."""

    url: str = field(repr=False)
    """May be a secret."""
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    is_own: bool = False
    """The operator named its host, which may be a private one; else it is guarded like sources."""
    follows: bool = False
    """It may be sent on where the server asks for that (HTTP 307 and 308): nothing in its headers is secret."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server has taken a message (HTTP 2xx)."""

    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """The server has not taken a message, or could not be reached."""

    reason: str
    status: int = 0
    """Of HTTP; 0 when there was no answer."""
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unsent:
    """There was no time left for a message: nobody was asked."""


Delivery = Delivered | Undelivered | Unsent
