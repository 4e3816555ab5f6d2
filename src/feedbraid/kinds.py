"""What a published file is, told by its name, and what is told of it: for our server and for other places."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, cast

from feedbraid.nouns import dataclass
from feedbraid.registry import load_plug, plug_names

if TYPE_CHECKING:
    from feedbraid.formats import Format

Role = Literal["feed", "page", "other"]

ARCHIVE = "archive"
"""The folder of closed blocks below a feed: what is in it never changes (RFC 5005 4)."""

YEAR, WEEK = 31_536_000, 604_800
"""In seconds."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a published file is, told by its name."""

    media_type: str
    """Without parameters."""
    role: Role = "other"
    text: bool = True
    """It becomes smaller when it is compressed."""
    xml: bool = False
    charset: bool = True
    """The type has the parameter charset: XML, where it wins over the declaration (RFC 7303), and plain text."""


_FORMATS = {
    "atom": ("atom.xml", Kind("application/atom+xml", "feed", xml=True)),
    "json": ("feed.json", Kind("application/feed+json", "feed", charset=False)),
    "rss": ("rss.xml", Kind("application/rss+xml", "feed", xml=True)),
}
"""What our own formats say of themselves, known without importing their libraries (D23); a test compares it."""

_NAMES = {
    "robots.txt": Kind("text/plain"),
    "sources.opml": Kind("text/x-opml", xml=True),
    "status.json": Kind("application/json", charset=False),
    "health.atom": Kind("application/atom+xml", xml=True),
}
_ENDINGS = {
    ".html": Kind("text/html", "page"),
    ".css": Kind("text/css"),
    ".png": Kind("image/png", text=False, charset=False),
    ".jpg": Kind("image/jpeg", text=False, charset=False),
    ".jpeg": Kind("image/jpeg", text=False, charset=False),
    ".gif": Kind("image/gif", text=False, charset=False),
    ".webp": Kind("image/webp", text=False, charset=False),
    ".ico": Kind("image/x-icon", text=False, charset=False),
}


def known_names() -> Mapping[str, Kind]:
    """Give the names of documents in all formats, and what they are."""
    others = (name for name in plug_names("feedbraid.formats") if name not in _FORMATS)
    added = (cast("Format", load_plug("feedbraid.formats", name, "FORMAT")) for name in others)
    return {
        **dict(_FORMATS.values()),
        **{one.file_name: _kind_of_type(one.media_type) for one in added},
        **_NAMES,
    }


def _kind_of_type(media_type: str) -> Kind:
    xml = media_type.endswith(("+xml", "/xml"))
    return Kind(media_type, "feed", xml=xml, charset=xml)


def kind_of(name: str, names: Mapping[str, Kind]) -> Kind | None:
    """Tell what a file is by its name; None when it is not served."""
    if name.startswith("."):
        return None
    return names.get(name) or _ENDINGS.get(f".{name.rpartition('.')[2]}")


def is_closed(path: str, kind: Kind) -> bool:
    """Tell whether a file, by its path below the output folder, is of an archive, which never changes."""
    return kind.role == "feed" and f"/{ARCHIVE}/" in path


def content_type(kind: Kind, *, browser_types: bool) -> str:
    """Give the media type of a file as it is sent (N129a); `browser_types` are those that browsers show."""
    shown = kind.role == "feed" and kind.xml and browser_types
    media_type = "application/xml" if shown else kind.media_type
    return f"{media_type}; charset=utf-8" if kind.charset else media_type


def kept(seconds: int) -> str:
    """Say how long something may be kept unasked, and that an old one is better than none (RFC 5861)."""
    return f"max-age={seconds}, stale-while-revalidate={seconds}, stale-if-error={WEEK}"


KEPT_FOR_EVER = f"max-age={YEAR}, immutable"
"""Of what never changes."""

_GZIP = 16 + zlib.MAX_WBITS


def gzipped(content: bytes) -> bytes:
    """Compress, with no time in the header: the same bytes each time."""
    packer = zlib.compressobj(6, wbits=_GZIP)
    return packer.compress(content) + packer.flush()
