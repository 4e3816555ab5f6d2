"""The files of a post: players for sound and film, links with a size for the rest."""

from __future__ import annotations

from urllib.parse import unquote

from feedbraid.model import Enclosure, Entry
from feedbraid.pages._markup import NOTHING, Markup, element, lines, text
from feedbraid.pages._page import linked, sentence, web_address

_KILO = 1000
_MINUTE = 60
_PLAYERS = ("audio", "video")


def thumbnail(entry: Entry) -> Markup:
    """Show the picture of an entry whose body has none: it may well be the same."""
    source = web_address(entry.image)
    if not source or "<img" in entry.body:
        return NOTHING
    return element("img", {"src": source, "alt": "", "loading": "lazy"})


def files(entry: Entry) -> Markup:
    """Show the files of an entry. What its body plays already gets a link alone."""
    kinds = [_kind(file, entry.body) for file in entry.enclosures]
    main = next((file for file, kind in zip(entry.enclosures, kinds, strict=True) if kind), None)
    duration = entry.episode.duration if entry.episode else 0
    return lines(
        *(
            _figure(file, kind, duration if file is main else 0)
            for file, kind in zip(entry.enclosures, kinds, strict=True)
        )
    )


def _kind(file: Enclosure, body: str) -> str:
    kind = file.media_type.partition("/")[0].lower()
    return kind if kind in _PLAYERS and str(text(file.url)) not in body else ""


def _figure(file: Enclosure, kind: str, duration: int) -> Markup:
    source = web_address(file.url)
    if not source:
        return NOTHING
    stated = file.title or file_name(file.url) or file.media_type
    player = element(kind, {"src": source, "controls": "", "preload": "none"}) if kind else NOTHING
    facts = sentence(
        linked(element("bdi", {}, text(stated)), file.url, type=file.media_type),
        text(clock(duration)),
        text(size(file.length)),
    )
    return element("figure", {}, player, element("figcaption", {}, facts))


def file_name(url: str) -> str:
    """Give the last part of an address for people to read; empty when it ends in a slash."""
    return unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2], errors="replace")


def size(length: int) -> str:
    """Write a number of bytes in decimal units, `12.3 MB`; empty for 0, which is unknown."""
    if length <= 0:
        return ""
    amount, unit = float(length), "bytes"
    for larger in ("kB", "MB", "GB"):
        if amount < _KILO:
            break
        amount, unit = amount / _KILO, larger
    return f"{amount:.0f} {unit}" if unit in ("bytes", "kB") else f"{amount:.1f} {unit}"


def clock(seconds: int) -> str:
    """Write a duration as players do, `1:02:03` or `2:03`; empty for 0, which is unknown."""
    if seconds <= 0:
        return ""
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
