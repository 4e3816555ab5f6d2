"""The small fields of entries and channels: people, categories, media types (N51..N55, N63..N71)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from feedbraid import html, text, urls
from feedbraid.model import Category, Person, RawCategory, RawPerson, RawText

SOFTWARE_URL = "https://github.com/feedbraid/feedbraid"
"""Marks what only we state in a document, and names its generator, without a version: an upgrade changes no bytes
(N77)."""

TYPE_BY_EXTENSION = {
    "aac": "audio/aac",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/opus",
    "wav": "audio/wav",
    "m4v": "video/mp4",
    "mkv": "video/x-matroska",
    "mov": "video/quicktime",
    "mp4": "video/mp4",
    "ogv": "video/ogg",
    "webm": "video/webm",
    "avif": "image/avif",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "png": "image/png",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "epub": "application/epub+zip",
    "pdf": "application/pdf",
    "torrent": "application/x-bittorrent",
    "zip": "application/zip",
}
"""Ours, because the machine's own table would let the machine into the output (N122)."""


def usable(url: str, base: str) -> str:
    """Give the absolute http(s) form of a stated address, or nothing; an empty address is no address (N56)."""
    return urls.absolute(url, base) if url else ""


def plain(raw: RawText | None) -> str:
    """Give a stated text as plain text, or nothing (N27)."""
    return html.plain(raw) if raw else ""


_REMEMBERED = 1_000
_SHORT = 200
"""Characters. The names and categories of a feed are mostly the same few, and are read once each."""


def people(stated: Sequence[RawPerson], base: str) -> tuple[Person, ...]:
    """Read people; a bare mail address counts as no name, and mail addresses are not republished (N52, N53)."""
    found: dict[str, Person] = {}
    for raw in stated:
        read = _name if len(raw.name) + len(raw.email) <= _SHORT else _name.__wrapped__
        name = read(raw.name, raw.email)
        if name:
            found.setdefault(name, Person(name, usable(raw.uri, base)))
    return tuple(found.values())


@lru_cache(maxsize=_REMEMBERED)
def _name(stated: str, mail: str) -> str:
    return text.one_line(text.split_person(RawPerson(name=html.plain(RawText(value=stated)), email=mail))[0])


def categories(stated: Sequence[RawCategory]) -> tuple[Category, ...]:
    """Read categories: trimmed, empty ones dropped, the first spelling of each wins (N70, N71)."""
    found: dict[str, Category] = {}
    for raw in stated:
        short = len(raw.term) + len(raw.scheme) + len(raw.label) <= _SHORT
        read = _category if short else _category.__wrapped__
        spelling, category = read(raw.term, raw.scheme, raw.label)
        if spelling:
            found.setdefault(spelling, category)
    return tuple(found.values())


@lru_cache(maxsize=_REMEMBERED)
def _category(stated_term: str, stated_scheme: str, stated_label: str) -> tuple[str, Category]:
    """Read a category, and give that by which its spellings are one; "" for none."""
    term, label = html.plain(RawText(value=stated_term)), html.plain(RawText(value=stated_label))
    scheme = urls.category_scheme(stated_scheme.strip())
    category = Category(term or label, scheme, "" if label == (term or label) else label)
    return unicodedata.normalize("NFC", category.term).casefold(), category


def media_type(stated: str) -> str:
    """Give a media type without parameters, or nothing when it is not of the form type/subtype."""
    kind, slash, subtype = stated.partition(";")[0].strip().lower().partition("/")
    return f"{kind}/{subtype}" if slash and _is_type_name(kind) and _is_type_name(subtype) else ""


def _is_type_name(name: str) -> bool:
    return 0 < len(name) <= 127 and name.isascii() and name.replace("-", "a").translate(_TYPE_MARKS).isalnum()


_TYPE_MARKS = str.maketrans("!#$&^_.+", "aaaaaaaa")


def type_of(url: str) -> str:
    """Give the media type that the extension of an address stands for (N63)."""
    path = url.partition("#")[0].partition("?")[0]
    return TYPE_BY_EXTENSION.get(path.rpartition("/")[2].rpartition(".")[2].lower(), "application/octet-stream")


def length(stated: str) -> int:
    """Give a length in bytes, 0 when it is not stated as digits alone (N64)."""
    digits = stated.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else 0
