"""RSS, RDF, Atom and CDF documents as they are stated: the facts of feedparser become nouns.

Nothing is believed here: addresses may be relative, dates senseless, texts hostile. The order is the document's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from feedbraid.dates import read_date
from feedbraid.fields import SOFTWARE_URL
from feedbraid.model import (
    Dialect,
    Hints,
    Note,
    RawCategory,
    RawChannel,
    RawContent,
    RawDate,
    RawEntry,
    RawFeed,
    RawLink,
    RawPerson,
    RawPodcast,
    RawText,
)
from feedbraid.quickfacts import Unknown, read_sound_facts
from feedbraid.xmlfacts import (
    ARTIST,
    ASIDE,
    BASE,
    CLOSED,
    COVER,
    DAYS,
    ENCLOSURES,
    HOURS,
    LANGUAGE,
    OWNER,
    PERMALINK,
    SUBJECTS,
    Document,
    Facts,
    parse_date,
    read_facts,
)

_XHTML = "application/xhtml+xml"
_HTML = frozenset({"text/html", _XHTML})
_VOID_END = re.compile("</(?:area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)>")
"""XML ends these elements, HTML must not: there a `</br>` is another line break."""
_INVENTED_SCHEMES = frozenset({"http://www.itunes.com/"})


def read_xml_feed(body: bytes, url: str = "") -> RawFeed | None:
    """Read a document that passed the gate; None when it has no channel and no item.

    `url` is where it was found: relative xml:base values start there. Raises whatever feedparser raises.
    """
    return _written(read_facts(body, url), url)


def read_sound_feed(root: bytes, url: str = "") -> RawFeed | None:
    """Read the root element of a plain document in one pass: what `read_xml_feed` gives, or None.

    None when the document is damaged, passes a bound, or has anything that only the parser library knows.
    """
    try:
        return _written(read_sound_facts(root, url), url)
    except Unknown:
        return None


def _written(document: Document, url: str) -> RawFeed | None:
    if not document.entries and not document.channel_seen:
        return None
    whole = [facts for place, facts in enumerate(document.entries) if _is_whole(facts, place, document.entries)]
    cut = len(whole) < len(document.entries)
    version, hints = document.version or "rss", _hints(document.channel)
    scribe = _Scribe("atom" if version.startswith("atom") else "rss", url)
    return RawFeed(
        version=version,
        channel=scribe.channel(document.channel),
        entries=tuple(scribe.entry(facts, place) for place, facts in enumerate(whole, 1)),
        notes=tuple(_notes(document.channel, hints, document.fault, cut=cut)),
        hints=hints,
        complete=not cut,
    )


_DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS_OF_A_DAY = frozenset({*map(str, range(25)), *(f"0{hour}" for hour in range(10))})
_MINUTES = re.compile(r"[0-9]{1,7}")
_LONGEST_TTL = timedelta(days=7)


def _hints(channel: Facts) -> Hints:
    """Read ttl, skipHours and skipDays (RSS 2.0); some count hours to 24, and shorten the names of days."""
    ttl = _MINUTES.fullmatch(_text(channel, "ttl").strip())
    hours = (stated.strip() for stated in channel.get(HOURS, ()))
    days = (stated.strip().lower()[:3] for stated in channel.get(DAYS, ()))
    return Hints(
        ttl=timedelta(minutes=int(ttl[0]) if ttl else 0),
        skip_hours=tuple(sorted({int(hour) % 24 for hour in hours if hour in _HOURS_OF_A_DAY})),
        skip_days=tuple(sorted({_DAY_NAMES.index(day) for day in days if day in _DAY_NAMES})),
    )


def _notes(channel: Facts, hints: Hints, fault: str, *, cut: bool) -> Iterator[Note]:
    if hints.ttl > _LONGEST_TTL or len(hints.skip_hours) == 24 or len(hints.skip_days) == 7:
        yield Note(
            "RSS 2.0", "its ttl, skipHours or skipDays would stop every reading; they hold for a week at most"
        )
    if SOFTWARE_URL in (_text(channel, "generator") + _text(_one(channel, "generator_detail"), "href")):
        yield Note("D1", "feedbraid wrote this document: if it is a feed of your own, it brings nothing new")
    if fault:
        yield Note("XML 2.1", f"not well-formed ({fault}): it was read as far as its tags can be recognised")
    if cut:
        yield Note("XML 2.1", "the last item has no end and is left out")


def _is_whole(facts: Facts, place: int, entries: list[Facts]) -> bool:
    """Tell whether an item was closed, at least by the beginning of the next one."""
    return CLOSED in facts or place < len(entries) - 1


def _text(facts: Facts, *keys: str) -> str:
    """Give the first text under one of the keys; past feedparser's own getters, which look elsewhere too."""
    for key in keys:
        value = dict.get(facts, key)
        if value and isinstance(value, str):
            return value
    return ""


def _several(facts: Facts, key: str) -> list[Facts]:
    found = dict.get(facts, key)
    return [value for value in found if isinstance(value, dict)] if isinstance(found, list) else []


def _one(facts: Facts, key: str) -> Facts:
    found = dict.get(facts, key)
    return found if isinstance(found, dict) else {}


class _Scribe:
    """Writes feedparser's facts of one document as nouns."""

    def __init__(self, dialect: Literal["atom", "rss"], document: str) -> None:
        self.dialect: Dialect = dialect
        self.document = document

    def channel(self, facts: Facts) -> RawChannel:
        return RawChannel(
            id=_text(facts, "id"),
            title=self.text(facts, "title"),
            subtitle=self.text(facts, "subtitle") or _plain(facts, "itunes_summary", "itunes_subtitle"),
            links=_links(facts),
            authors=_people(facts),
            rights=self.text(facts, "rights"),
            language=_text(facts, "language"),
            updated=_date(facts, "updated", ASIDE["dc_date"], "published"),
            icon=_text(facts, "icon", "logo") or _text(_one(facts, "image"), "href"),
            base=self.base(_text(facts, BASE)),
            podcast=_podcast(facts, "itunes_type"),
        )

    def entry(self, facts: Facts, place: int) -> RawEntry:
        return RawEntry(
            dialect=self.dialect,
            id=_text(facts, "id"),
            id_is_permalink=bool(facts.get(PERMALINK)),
            links=_links(facts),
            original_link=_text(facts, "feedburner_origlink"),
            title=self.text(facts, "title") or (None if _has_picture(facts) else _plain(facts, "media_title")),
            summary=self.summary(facts),
            contents=tuple(self.content(detail) for detail in _several(facts, "content")),
            published=_date(facts, "published", ASIDE["dc_date"], "created"),
            updated=_date(facts, "updated"),
            authors=_people(facts),
            categories=_categories(facts),
            enclosures=tuple(_enclosures(facts)),
            comments=_text(facts, "comments"),
            rights=self.text(facts, "rights"),
            language=_text(facts, "language", LANGUAGE),
            image=_image(facts),
            origin=self.origin(_one(facts, "source")),
            podcast=_podcast(facts, "itunes_episodetype"),
            base=self.base(_text(facts, BASE)),
            ref=str(place),
        )

    def base(self, stated: str) -> str:
        """Give an xml:base; the document's own address is none."""
        return stated if stated != self.document and stated.startswith(("http://", "https://")) else ""

    def text(self, facts: Facts, key: str) -> RawText | None:
        detail = _one(facts, f"{key}_detail")
        own = _text(facts, key)
        if not own or not _text(detail, "value"):
            return None
        if own != _text(detail, "value"):
            return RawText(value=own)  # the detail is that of a deeper element, such as an image's title
        return RawText(
            value=_markup(detail),
            kind=self.kind(_text(detail, "type")),
            base=self.base(_text(detail, "base")),
            language=_text(detail, "language"),
        )

    def kind(self, media_type: str) -> Literal["text", "html", "unknown"]:
        """Tell whether a text is markup: in RSS only elements inside of it say so."""
        media_type = _type_of(media_type)
        if self.dialect != "atom":
            return "html" if media_type == _XHTML else "unknown"
        return "html" if media_type in _HTML else "text" if media_type == "text/plain" else "unknown"

    def summary(self, facts: Facts) -> RawText | None:
        """Give the stated summary, else what podcast and media elements say (N66); never a copy of the content."""
        return self.text(facts, "summary") or _plain(
            facts, "dc_description", "media_description", "itunes_summary", "itunes_subtitle"
        )

    def content(self, detail: Facts) -> RawContent:
        media_type = _type_of(_text(detail, "type"))
        guessed = self.dialect != "atom" and media_type == "text/plain"
        return RawContent(
            value=_markup(detail),
            media_type="" if guessed else media_type,
            src=_text(detail, "src"),
            base=self.base(_text(detail, "base")),
            language=_text(detail, "language"),
        )

    def origin(self, facts: Facts) -> RawChannel | None:
        """Read Atom's source element, or RSS's, which has an address and a text only."""
        if self.dialect == "atom":
            return self.channel(facts) if facts else None
        address, title = _text(facts, "href"), _text(facts, "title")
        if not address:
            return None
        return RawChannel(
            links=(RawLink(href=address, rel="self"),), title=RawText(value=title) if title else None
        )


IANA = "http://www.iana.org/assignments/relation/"
"""A link relation may be written as an address (RFC 4287 4.2.7.2)."""

_SHORT_TYPES = {"text": "text/plain", "html": "text/html", "xhtml": "application/xhtml+xml"}


def _type_of(stated: str) -> str:
    """Give a media type without parameters and blanks, in lower case, Atom's words written out."""
    media_type = stated.partition(";")[0].strip().lower()
    return _SHORT_TYPES.get(media_type, media_type)


def _markup(detail: Facts) -> str:
    value = _text(detail, "value")
    return _VOID_END.sub("", value) if _text(detail, "type") == _XHTML else value


def _plain(facts: Facts, *names: str) -> RawText | None:
    value = _text(facts, *(ASIDE[name] for name in names))
    return RawText(value=value) if value else None


def _links(facts: Facts) -> tuple[RawLink, ...]:
    """Give all links in the order of the document."""
    return tuple(_link(link, _text(link, "href")) for link in _several(facts, "links") if _text(link, "href"))


def _link(link: Facts, href: str) -> RawLink:
    return RawLink(
        href=href,
        rel=_text(link, "rel").strip().lower().removeprefix(IANA) or "alternate",
        media_type=_text(link, "type"),
        hreflang=_text(link, "hreflang"),
        title=_text(link, "title"),
        length=_text(link, "length", "filesize"),
    )


def _enclosures(facts: Facts) -> Iterator[RawLink]:
    """Give RSS enclosures, then media contents that are no pictures: those are the entry's image (N63, N66)."""
    media = [content for content in _several(facts, "media_content") if not _is_shown_elsewhere(content)]
    for stated in (*_several(facts, ENCLOSURES), *media):
        href = _text(stated, "url", "href")
        if href:
            yield _link({**stated, "rel": "enclosure"}, href)


def _image(facts: Facts) -> str:
    """Give the picture: the item's own, the first thumbnail, or the first media content that is one (N66)."""
    thumbnails = [_text(thumbnail, "url") for thumbnail in _several(facts, "media_thumbnail")]
    pictures = [_text(content, "url") for content in _several(facts, "media_content") if _is_picture(content)]
    return next(filter(None, (_text(_one(facts, "image"), "href"), *thumbnails, *pictures)), "")


def _is_picture(content: Facts) -> bool:
    return _text(content, "medium") == "image" or _text(content, "type").startswith("image/")


def _is_shown_elsewhere(content: Facts) -> bool:
    return _is_picture(content) or _text(content, "type") == "application/x-shockwave-flash"


def _has_picture(facts: Facts) -> bool:
    """Tell whether a media title may be that of a picture, such as the author's, and not of the entry (N30)."""
    return any(_is_picture(content) for content in _several(facts, "media_content"))


def _people(facts: Facts) -> tuple[RawPerson, ...]:
    people = (
        RawPerson(name=_text(person, "name"), uri=_text(person, "href"), email=_text(person, "email"))
        for person in _several(facts, "authors")
    )
    return tuple(dict.fromkeys(person for person in people if person != RawPerson()))


def _categories(facts: Facts) -> tuple[RawCategory, ...]:
    return tuple(
        RawCategory(
            term=_text(tag, "term"),
            scheme=scheme if (scheme := _text(tag, "scheme")) not in _INVENTED_SCHEMES else "",
            label=_text(tag, "label"),
        )
        for tag in _several(facts, "tags")
    )


def _podcast(facts: Facts, kind: str) -> RawPodcast | None:
    """Give what `itunes:` elements state; None when there are none."""
    if _OF_PODCASTS.isdisjoint(facts):
        return None
    owner = _one(facts, OWNER)
    stated = RawPodcast(
        author=_text(facts, ARTIST),
        owner=RawPerson(name=_text(owner, "name"), email=_text(owner, "email")) if owner else None,
        categories=tuple(dict.get(facts, SUBJECTS, ())),
        image=_text(facts, COVER),
        explicit=_text(facts, ASIDE["itunes_explicit"]),
        kind=_text(facts, ASIDE[kind]),
        duration=_text(facts, ASIDE["itunes_duration"]),
        season=_text(facts, ASIDE["itunes_season"]),
        episode=_text(facts, ASIDE["itunes_episode"]),
    )
    return stated if stated != _NO_PODCAST else None


_NO_PODCAST = RawPodcast()
_OF_PODCASTS = frozenset({ARTIST, OWNER, SUBJECTS, COVER, *ASIDE.values()})


def _date(facts: Facts, *keys: str) -> RawDate | None:
    """Give the first date under one of the keys that can be read, else the first, to be named in a note.

    Each comes with feedparser's reading of that very text (N16).
    """
    stated = [RawDate(text=value, parsed=parse_date(value)) for key in keys if (value := _text(facts, key))]
    if len(stated) < 2:
        return stated[0] if stated else None
    return next((date for date in stated if read_date(date).value is not None), stated[0])
