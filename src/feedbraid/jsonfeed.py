"""JSON Feed 1 and 1.1 as they are stated. Wrong types are read as what they mean, where that is plain."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from feedbraid.fields import SOFTWARE_URL
from feedbraid.model import (
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

VERSIONS = {"https://jsonfeed.org/version/1": "json10", "https://jsonfeed.org/version/1.1": "json11"}

_Facts = dict[str, Any]


_LENIENT = json.JSONDecoder(strict=False)
"""Line ends inside texts are read, and what follows the document is not."""


def read_json_feed(body: bytes) -> RawFeed | None:
    """Read a JSON Feed. None when the bytes are another thing: no JSON, cut, or JSON without version and items."""
    try:
        facts, _ = _LENIENT.raw_decode(body.decode("utf-8-sig", "replace").lstrip())
    except (ValueError, RecursionError):
        return None
    items = facts.get("items") if isinstance(facts, dict) else None
    if not isinstance(items, list):
        return None
    stated = _text(facts, "version").replace("http://", "https://").rstrip("/")
    if not stated.startswith("https://jsonfeed.org/version/") and "title" not in facts:
        return None
    entries = tuple(_entry(item, place) for place, item in enumerate(items, 1) if isinstance(item, dict))
    return RawFeed(
        version=VERSIONS.get(stated, "json"),
        channel=_channel(facts, _text(facts, "language")),
        entries=entries,
        notes=tuple(_notes(stated, entries, len(items) - len(entries))),
    )


def _notes(version: str, entries: tuple[RawEntry, ...], strangers: int) -> Iterator[Note]:
    if version not in VERSIONS:
        yield Note("JSON Feed", "it does not state a known version")
    if any(entry.origin for entry in entries):
        yield Note("D1", "feedbraid wrote this document: if it is a feed of your own, it brings nothing new")
    if strangers:
        yield Note("JSON Feed", f"{strangers} items that are no objects were left out")


def _channel(facts: _Facts, language: str) -> RawChannel:
    return RawChannel(
        title=_plain(facts, "title"),
        subtitle=_plain(facts, "description"),
        links=tuple(_link(facts, "home_page_url", "alternate", "text/html"))
        + tuple(_link(facts, "feed_url", "self", "application/feed+json"))
        + tuple(_hubs(facts)),
        authors=_authors(facts),
        language=language,
        icon=_text(facts, "icon") or _text(facts, "favicon"),
    )


def _hubs(facts: _Facts) -> Iterator[RawLink]:
    for hub in _list(facts.get("hubs")):
        if isinstance(hub, dict) and _text(hub, "type").lower() == "websub" and (href := _text(hub, "url")):
            yield RawLink(href=href, rel="hub")


def _entry(item: _Facts, place: int) -> RawEntry:
    return RawEntry(
        dialect="json",
        id=_text(item, "id"),
        links=(*_link(item, "url", "alternate", ""), *_link(item, "external_url", "related", "")),
        title=_plain(item, "title"),
        summary=_plain(item, "summary"),
        contents=tuple(_contents(item)),
        published=_date(item, "date_published"),
        updated=_date(item, "date_modified"),
        authors=_authors(item),
        categories=tuple(RawCategory(term=tag) for tag in map(_as_text, _list(item.get("tags"))) if tag),
        enclosures=tuple(_attachments(item)),
        language=_text(item, "language"),
        image=_text(item, "image") or _text(item, "banner_image"),
        origin=_origin(item.get("_source")),
        podcast=_podcast(item),
        ref=str(place),
    )


def _contents(item: _Facts) -> Iterator[RawContent]:
    for key, media_type in (("content_html", "text/html"), ("content_text", "text/plain")):
        if value := _text(item, key):
            yield RawContent(value=value, media_type=media_type)


def _attachments(item: _Facts) -> Iterator[RawLink]:
    for attachment in _list(item.get("attachments")):
        if isinstance(attachment, dict) and (href := _text(attachment, "url")):
            yield RawLink(
                href=href,
                rel="enclosure",
                media_type=_text(attachment, "mime_type"),
                title=_text(attachment, "title"),
                length=_text(attachment, "size_in_bytes"),
            )


def _podcast(item: _Facts) -> RawPodcast | None:
    """Give the length in seconds of the first attachment that states one."""
    files = (file for file in _list(item.get("attachments")) if isinstance(file, dict))
    duration = next(filter(None, (_text(file, "duration_in_seconds") for file in files)), "")
    return RawPodcast(duration=duration) if duration else None


def _origin(source: object) -> RawChannel | None:
    """Give where an item comes from, as our own writer states it (N118); what others call `_source` is theirs."""
    if not isinstance(source, dict) or _text(source, "about") != SOFTWARE_URL:
        return None
    return RawChannel(
        title=_plain(source, "title"),
        links=(*_link(source, "home_page_url", "alternate", ""), *_link(source, "feed_url", "self", "")),
    )


def _authors(facts: _Facts) -> tuple[RawPerson, ...]:
    """Give the authors of version 1.1, one of them without a list, too, else the one author of version 1.

    A bare text is a name.
    """
    listed = facts.get("authors")
    stated = listed if isinstance(listed, list) and listed else [listed or facts.get("author")]
    people = (
        RawPerson(name=_text(one, "name"), uri=_text(one, "url"))
        if isinstance(one, dict)
        else RawPerson(name=_as_text(one))
        for one in stated
    )
    return tuple(dict.fromkeys(person for person in people if person != RawPerson()))


def _link(facts: _Facts, key: str, rel: str, media_type: str) -> Iterator[RawLink]:
    if href := _text(facts, key):
        yield RawLink(href=href, rel=rel, media_type=media_type)


def _plain(facts: _Facts, key: str) -> RawText | None:
    value = _text(facts, key)
    return RawText(value=value, kind="text") if value else None


def _date(facts: _Facts, key: str) -> RawDate | None:
    value = _text(facts, key)
    return RawDate(text=value) if value else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(facts: _Facts, key: str) -> str:
    return _as_text(facts.get(key))


def _as_text(value: object) -> str:
    """Give a text or a number as text, nothing else; without lone surrogates, which no output can carry (N35)."""
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).encode("utf-8", "ignore").decode() if isinstance(value, str | int | float) else ""
