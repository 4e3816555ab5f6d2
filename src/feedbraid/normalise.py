"""What a source said becomes what we believe: `RawFeed` → entries, each with the reasons for what was altered.

The law is the list of rules N1..N82. Writers never repair anything, so whatever leaves here is complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import UTC, datetime

from feedbraid import __version__, codec, html, ids, podcast, text, urls
from feedbraid.dates import read_date
from feedbraid.fields import categories, length, media_type, people, plain, type_of, usable
from feedbraid.model import (
    Believed,
    Category,
    Channel,
    Enclosure,
    Entry,
    EntryKey,
    Fresh,
    KeyParts,
    Link,
    Note,
    Person,
    RawChannel,
    RawContent,
    RawDate,
    RawEntry,
    RawFeed,
    RawLink,
    RawText,
    Reading,
    Skipped,
)
from feedbraid.nouns import dataclass

KEPT_RELATIONS = frozenset({"related", "via", "license", "replies"})
"""Other links of an Atom entry that are republished (N61)."""

HTML_TYPES = frozenset({"", "text/html", "application/xhtml+xml"})
MEDIA_KINDS = ("audio/", "video/", "image/")

DATES_OF_FEEDS_START = 1990
DATES_OF_SEEDS_START = 2
"""Year 1 is how some generators write "no date"; anything else in a seed is the author's word (N20)."""


@dataclass(slots=True)
class _Notes:
    """Collects the reasons while one entry is read."""

    items: list[Note] = field(default_factory=list)

    def add(self, rule: str, reason: str) -> None:
        if reason:
            self.items.append(Note(rule, reason))


def read_feed(raw: RawFeed, reading: Reading, known: Iterable[str] = ()) -> Fresh:
    """Normalize a whole document. Within it, one entry per key is kept, each by its own id (N8, D2).

    `known` is `Copy.stated` of stored copies: the texts of their entries are not read again (D21), unless the
    rest of this document makes something else of an entry than was stored.
    """
    facts = dict(_pair(one) for one in known)
    while True:
        fresh = _read_all(raw, reading, facts)
        others = [
            one.stated for one in fresh.entries if one.is_known and ids.facts(one.entry) != facts[one.stated]
        ]
        if not others:
            return fresh
        for stated in others:
            facts.pop(stated, None)


def _pair(stated: str) -> tuple[str, str]:
    first, _, second = stated.partition(" ")
    return first, second


def _read_all(raw: RawFeed, reading: Reading, facts: Mapping[str, str]) -> Fresh:
    channel = read_channel(raw.channel, reading)
    print_of = _Prints(reading, channel)
    read = []
    for entry in raw.entries:
        stated = print_of(entry)
        read.append(read_entry(entry, reading, channel, stated, is_known=stated in facts))
    believed = _keep_ids_apart(_keep_places_apart([item for item in read if isinstance(item, Believed)]))
    kept, doubled = _one_per_key(believed)
    return Fresh(
        entries=tuple(replace(item, ref=str(item.entry.key)) for item in kept),
        channel=channel,
        skipped=(*(item for item in read if isinstance(item, Skipped)), *doubled),
        notes=raw.notes,
        hints=raw.hints,
        complete=raw.complete,
    )


class _Prints:
    """Gives the digest of what an entry states, of all that it is read by, and of who reads it."""

    def __init__(self, reading: Reading, channel: Channel) -> None:
        by = ids.fingerprint_of(reading), codec.encode(replace(channel, subtitle="", rights=""))
        self._by = "\n".join((__version__, *by)).encode("utf-8", "surrogatepass")

    def __call__(self, entry: RawEntry) -> str:
        stated = codec.encode(replace(entry, ref="")).encode("utf-8", "surrogatepass")
        return codec.digest(self._by + stated)[:32]


# --- the feed as a whole ----------------------------------------------------------------------------------


def read_channel(raw: RawChannel, reading: Reading) -> Channel:
    """Normalize what a document says of itself, or what an entry says of its origin (N11)."""
    feed_url = reading.feed_url or next((usable(ln.href, raw.base) for ln in raw.links if ln.rel == "self"), "")
    base = usable(raw.base, feed_url) or feed_url
    language = text.language_tag(raw.language)
    link = _page_link(raw.links, base, language)
    stated_id = text.xml_safe(raw.id).strip()
    feed_url = urls.strip_secrets(feed_url)
    return Channel(
        id=stated_id if urls.is_iri(stated_id) else feed_url or link,
        title=reading.spec.title or plain(raw.title),
        subtitle=plain(raw.subtitle),
        feed_url=feed_url,
        link=link,
        authors=people(raw.authors, base),
        rights=plain(raw.rights),
        language=language,
        icon=usable(raw.icon, base or link),
        show=podcast.read_show(raw.podcast, base or link),
    )


def _entry_origin(raw: RawChannel | None, reading: Reading) -> Channel | None:
    """Read an entry's own atom:source; the source's URL and configured title are not its own."""
    if raw is None:
        return None
    channel = read_channel(raw, replace(reading, feed_url="", spec=replace(reading.spec, title="")))
    return channel if channel.title or channel.id else None


# --- one entry --------------------------------------------------------------------------------------------


def read_entry(
    raw: RawEntry, reading: Reading, channel: Channel, stated: str = "", *, is_known: bool = False
) -> Believed | Skipped:
    """Normalize one item. Skipped only when it has nothing to publish: no title, no text and no link.

    Of one that `is_known` the texts are left out, unless it is recognised by them. `stated` is its digest.
    """
    notes = _Notes()
    link = _entry_link(raw, reading, channel, notes)
    base = usable(raw.base, reading.feed_url) if raw.base != reading.feed_url else ""
    base = base or link or channel.link or channel.feed_url
    title = plain(raw.title)
    is_known = is_known and bool(title) and bool(link or raw.id)
    bodies = _NO_BODIES if is_known else _bodies(raw, base, link, reading, notes)
    enclosures = _enclosures(raw, base, notes)
    if not (title or link or bodies.body or enclosures):
        return Skipped(raw.ref, "it has no title, no text, no link and no enclosure: there is nothing to publish")
    earliest = DATES_OF_SEEDS_START if raw.dialect == "seed" else DATES_OF_FEEDS_START
    published = _date(raw.published, "published", reading, earliest, notes)
    draft = _Draft(
        source_id=text.xml_safe(raw.id).strip(),
        link=link,
        title=title,
        body=bodies.body or (enclosures[0].url if enclosures else ""),
        published=published,
        categories=categories(raw.categories),
    )
    key = _key(raw, draft, reading, channel, notes)
    entry = Entry(
        key=key,
        dialect=raw.dialect,
        source_id=draft.source_id,
        public_id=_public_id(raw, draft, key, reading, channel, notes),
        link=link,
        title=title,
        summary=bodies.summary,
        body=bodies.body,
        published=published,
        updated=_date(raw.updated, "updated", reading, earliest, notes),
        authors=_authors(raw, channel, base),
        categories=draft.categories,
        enclosures=enclosures,
        links=_other_links(raw, base),
        comments=_comments(raw, base),
        rights=plain(raw.rights),
        language=text.language_tag(raw.language) or channel.language,
        image=usable(raw.image, base),
        origin=_entry_origin(raw.origin, reading),
        episode=podcast.read_episode(raw.podcast, base),
        saved=raw.saved,
    )
    return Believed(ref=raw.ref, entry=entry, notes=tuple(notes.items), stated=stated, is_known=is_known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """What the identity of an entry is decided from."""

    source_id: str
    link: str
    title: str
    body: str
    published: datetime | None
    categories: tuple[Category, ...]


def _parts(draft: _Draft, reading: Reading, channel: Channel) -> tuple[KeyParts, ...]:
    """Choose what an entry is keyed on: one that links to the page of the whole feed has no address of its own."""
    if reading.spec.key != ("url",) or not draft.link or not channel.link:
        return reading.spec.key
    if urls.entry_key(draft.link, reading.keys) != urls.entry_key(channel.link, reading.keys):
        return reading.spec.key
    return ("guid",) if draft.source_id else ("url", "title")


def _key(raw: RawEntry, draft: _Draft, reading: Reading, channel: Channel, notes: _Notes) -> EntryKey:
    """Choose the key: a seed's own id is an escape from the rule that the URL decides (D1)."""
    stated_key = text.xml_safe(raw.known_by).strip()
    if stated_key:
        return EntryKey(stated_key)
    if raw.dialect == "seed" and urls.is_iri(draft.source_id):
        return EntryKey(f"id:{draft.source_id}")
    name = reading.spec.name
    stated = ids.Stated(source=name, link=draft.link, source_id=draft.source_id, title=draft.title)
    key = ids.make_key(_parts(draft, reading, channel), stated, reading.keys)
    if key is not None:
        return key
    if raw.dialect == "seed":
        return EntryKey(f"file:{name}:{raw.ref}")
    notes.add("N6", "it states neither link nor id: it is known by its title, date and text, which may change")
    return EntryKey(f"weak:{name}:{ids.mint(draft.title, str(draft.published), draft.body)}")


def _public_id(  # noqa: PLR0913, PLR0917  # what an id is decided from
    raw: RawEntry, draft: _Draft, key: EntryKey, reading: Reading, channel: Channel, notes: _Notes
) -> str:
    if raw.dialect != "seed":
        channel_id = channel.id or reading.spec.name
        return ids.public_id(raw.dialect, draft.source_id, channel_id=channel_id, key=key)
    published = text.xml_safe(raw.published_id).strip()
    if urls.is_iri(published):
        return published
    if published:
        notes.add("N7", f"its published_id {published!r} is no absolute IRI and is not used")
    if urls.is_iri(draft.source_id):
        return draft.source_id
    if draft.source_id:
        notes.add("N7", f"its id {draft.source_id!r} is no absolute IRI and is not used")
    if reading.spec.ids == "jekyll" and reading.spec.site:
        names = [category.term for category in draft.categories]
        return urls.uri_form(ids.jekyll_id(reading.spec.site, draft.published, raw.slug, names))
    return ids.seed_id(reading.authority, draft.published, raw.slug, key)


# --- links ------------------------------------------------------------------------------------------------


def _page_link(links: Iterable[RawLink], base: str, language: str) -> str:
    """Choose the page among alternates: of type html or none, in the feed's language if one is (N58)."""
    alternates = [(link, href) for link in links if link.rel == "alternate" and (href := usable(link.href, base))]
    pages = [(ln, href) for ln, href in alternates if ln.media_type.split(";")[0].strip().lower() in HTML_TYPES]
    speaking = [(ln, href) for ln, href in pages if _same_language(ln.hreflang, language)]
    return next((href for _, href in (*speaking, *pages, *alternates)), "")


def _same_language(hreflang: str, language: str) -> bool:
    primary = text.language_tag(hreflang).partition("-")[0]
    return not primary or not language or primary == language.partition("-")[0]


def _entry_link(raw: RawEntry, reading: Reading, channel: Channel, notes: _Notes) -> str:
    base = usable(raw.base, reading.feed_url) or channel.link or reading.feed_url
    original = usable(raw.original_link, "")
    link = original or _page_link(raw.links, base, text.language_tag(raw.language) or channel.language)
    if not link and raw.id_is_permalink:
        link = usable(raw.id.strip(), "")
    if not link and any(ln.href for ln in raw.links if ln.rel == "alternate"):
        notes.add("N56", "its link is no http(s) address and is left out")
    if reading.cleaning.tracking_parameters or not link:
        return link
    stripped = urls.strip_tracking(link)
    notes.add("D9", "tracking parameters were removed from its link" if stripped != link else "")
    return stripped


def _other_links(raw: RawEntry, base: str) -> tuple[Link, ...]:
    found = {
        (link.rel, href): Link(
            href=href,
            rel=link.rel,
            media_type=media_type(link.media_type),
            hreflang=text.language_tag(link.hreflang),
            title=text.one_line(link.title),
        )
        for link in (*raw.links, *_content_links(raw, "related"))
        if link.rel in KEPT_RELATIONS and (href := usable(link.href, base))
    }
    return tuple(found.values())


def _comments(raw: RawEntry, base: str) -> str:
    """Give the comments page: RSS `comments`, Atom `replies` of type text/html (N62)."""
    replies = [ln.href for ln in raw.links if ln.rel == "replies" and ln.media_type.startswith("text/html")]
    return next((href for url in (raw.comments, *replies) if (href := usable(url, base))), "")


def _content_links(raw: RawEntry, rel: str) -> Iterator[RawLink]:
    """Give content that only points elsewhere as a link: media as an enclosure, the rest as related (N41)."""
    for content in raw.contents:
        media = content.media_type.startswith(MEDIA_KINDS)
        if content.src and media == (rel == "enclosure"):
            yield RawLink(href=content.src, rel=rel, media_type=content.media_type)


# --- enclosures -------------------------------------------------------------------------------------------


def _enclosures(raw: RawEntry, base: str, notes: _Notes) -> tuple[Enclosure, ...]:
    """Read all enclosures, one a URL, in their order (N63..N65)."""
    stated = (
        *raw.enclosures,
        *(link for link in raw.links if link.rel == "enclosure"),
        *_content_links(raw, "enclosure"),
    )
    found: dict[str, Enclosure] = {}
    for link in stated:
        href = usable(link.href, base)
        if not href:
            notes.add("N63", "an enclosure without a usable http(s) address was left out")
        elif href not in found:
            found[href] = Enclosure(
                url=href,
                media_type=media_type(link.media_type) or type_of(href),
                length=length(link.length),
                title=text.one_line(link.title),
            )
    return tuple(found.values())


# --- text -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bodies:
    body: str
    summary: str


_NO_BODIES = _Bodies("", "")


def _bodies(raw: RawEntry, base: str, link: str, reading: Reading, notes: _Notes) -> _Bodies:
    """Choose the body: the longest inline content after cleaning, else the summary (N34, N36)."""

    def clean(markup: str, stated_base: str) -> str:
        own = usable(stated_base, base) if stated_base != reading.feed_url else ""
        cleaned = html.clean(markup, base=own or base, entry_link=link, rules=reading.cleaning)
        notes.items.extend(note for note in cleaned.notes if note not in notes.items)
        return cleaned.html

    contents = [clean(_as_html(content), content.base) for content in raw.contents if _is_inline(content, notes)]
    longest = max(contents, key=len, default="")
    if raw.summary is None:
        return _Bodies(longest, "")
    if not longest:
        return _Bodies(clean(_summary_html(raw.summary), raw.summary.base), "")
    summary = plain(raw.summary)
    return _Bodies(longest, "" if _says_the_same(summary, longest) else summary)


def _says_the_same(summary: str, body: str) -> bool:
    """Tell whether a summary would only repeat a cleaned body, or is longer than its text (N34)."""
    if not summary or (len(summary) < text.LINE_LIMIT // 2 and html.says_more(body, len(summary))):
        return False
    whole = html.to_text(body)
    return text.one_line(whole) == summary or len(summary) >= len(whole)


def _is_inline(content: RawContent, notes: _Notes) -> bool:
    if content.src or not content.value:
        return False
    if content.media_type in HTML_TYPES or content.media_type.startswith("text/"):
        return True
    notes.add("N41", f"inline content of type {text.one_line(content.media_type)} was left out")
    return False


def _as_html(content: RawContent) -> str:
    if content.media_type in ("text/html", "application/xhtml+xml"):
        return content.value
    if content.media_type == "" and html.has_markup(content.value):
        return content.value
    return html.from_plain(content.value)


def _summary_html(summary: RawText) -> str:
    if summary.kind == "html" or (summary.kind == "unknown" and html.has_markup(summary.value)):
        return summary.value
    return html.from_plain(summary.value)


# --- dates, people, categories ----------------------------------------------------------------------------


def _date(raw: RawDate | None, which: str, reading: Reading, earliest: int, notes: _Notes) -> datetime | None:
    if raw is None:
        return None
    read = read_date(raw, zone=reading.spec.zone, earliest=earliest)
    if read.note:
        rule, _, reason = read.note.partition(" ")
        notes.add(rule, f"{which}: {reason}" if reason else "")
    return read.value


def _authors(raw: RawEntry, channel: Channel, base: str) -> tuple[Person, ...]:
    """Give the entry's authors, else those of the origin it names, else the source's, else the source (N51)."""
    named = raw.origin.authors if raw.origin and raw.dialect != "seed" else ()
    own = people(raw.authors, base) or people(named, base) or channel.authors
    return own or ((Person(channel.title),) if channel.title else ())


# --- several entries of one document ----------------------------------------------------------------------


def _keep_places_apart(items: Sequence[Believed]) -> list[Believed]:
    """Where entries of one page differ in the fragment, it belongs to their keys: nothing may be lost (N140).

    Entries that say the same are one post, whatever place of its page they point to (B77).
    """
    places: dict[EntryKey, set[str]] = {}
    says: dict[EntryKey, set[object]] = {}
    for item in items:
        entry = item.entry
        places.setdefault(entry.key, set()).add(entry.link.partition("#")[2])
        says.setdefault(entry.key, set()).add((entry.title or entry.summary or entry.body, entry.published))
    apart = {key for key, found in places.items() if len(found) > 1 and len(says[key]) > 1}
    return [_at_its_place(item) if item.entry.key in apart else item for item in items]


def _at_its_place(item: Believed) -> Believed:
    entry = item.entry
    key = ids.place_key(entry.key, entry.link)
    own_id = ids.key_id(key) if entry.public_id == ids.key_id(entry.key) else entry.public_id
    return replace(item, entry=replace(entry, key=key, public_id=own_id))


def _keep_ids_apart(items: Sequence[Believed]) -> list[Believed]:
    """Where one id stands on several addresses, the first keeps it; it says nothing of identity then (N8)."""
    keys_of: dict[str, list[EntryKey]] = {}
    for item in items:
        keys = keys_of.setdefault(item.entry.source_id, [])
        if item.entry.key not in keys:
            keys.append(item.entry.key)
    return [_apart(item, keys_of[item.entry.source_id]) for item in items]


def _apart(item: Believed, keys: Sequence[EntryKey]) -> Believed:
    entry = item.entry
    if not entry.source_id or len(keys) < 2:
        return item
    note = Note("N8", f"its id {entry.source_id} stands on {len(keys)} addresses of this document")
    public = entry.public_id if entry.key == keys[0] else ids.mint(entry.public_id, entry.key)
    return replace(item, entry=replace(entry, source_id="", public_id=public), notes=(*item.notes, note))


def _one_per_key(items: Sequence[Believed]) -> tuple[list[Believed], list[Skipped]]:
    """Keep the newest entry of each key, https before http, then the first in the document (D2)."""
    groups: dict[EntryKey, list[Believed]] = {}
    for item in items:
        groups.setdefault(item.entry.key, []).append(item)
    kept = {key: max(group, key=_freshness) for key, group in groups.items()}
    doubled = [
        Skipped(
            item.ref,
            f"another item has the same address and is taken: {item.entry.key} "
            "(if they are two posts, set `key: guid` or `key: [url, title]` for this source)",
        )
        for item in items
        if item is not kept[item.entry.key]
    ]
    return list(kept.values()), doubled


_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _freshness(item: Believed) -> tuple[datetime, bool]:
    entry = item.entry
    return entry.updated or entry.published or _LONG_AGO, entry.link.startswith("https:")
