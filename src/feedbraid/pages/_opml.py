"""The list of sources: OPML 2.0 (http://opml.org/spec2.opml), which feed readers import."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from feedbraid.dates import rfc822
from feedbraid.pages._lines import FeedLine, SourceLine
from feedbraid.pages._markup import text
from feedbraid.urls import host_of, uri_form


def sources_opml(title: str, feeds: Sequence[FeedLine], updated: datetime | None, owner: str = "") -> bytes:
    """Write `feeds/sources.opml`: a group for each feed, none when there is one feed alone (N120, N121).

    `updated` is the newest change of a source, or None. What is no feed on the web is not listed: a source needs
    an address (OPML 2.0, Subscription lists).
    """
    head = [("title", title), ("dateModified", rfc822(updated) if updated else ""), ("ownerName", owner)]
    # A body has at least one outline, so a feed without sources is listed as an empty group.
    listed = _outlines(feeds[0].sources) if len(feeds) == 1 else []
    outlines = listed or [line for feed in feeds for line in _group(feed)] or [_outline(text=title) + "/>"]
    return "\n".join(
        [
            '<?xml version="1.0" encoding="utf-8"?>',
            '<opml version="2.0">',
            "<head>",
            *(f"<{name}>{text(value)}</{name}>" for name, value in head if value or name == "title"),
            "</head>",
            "<body>",
            *outlines,
            "</body>",
            "</opml>",
            "",
        ]
    ).encode()


def _group(feed: FeedLine) -> list[str]:
    # No title: an outline with one and more than one attribute has to have a type.
    start, inside = _outline(text=feed.title), _outlines(feed.sources)
    return [f"{start}>", *inside, "</outline>"] if inside else [f"{start}/>"]


def _outlines(sources: Iterable[SourceLine]) -> list[str]:
    """List sources that have an address, each once."""
    found = {}
    for source in sources:
        address, name = _listable(source.feed_url), source.title or source.name
        if address and address not in found:
            found[address] = _outline(
                type="rss", text=name, title=name, xmlUrl=address, htmlUrl=_listable(source.link)
            )
    return [f"{start}/>" for start in found.values()]


def _listable(url: str) -> str:
    """Give the published form of an address; nothing for an IPv6 address, whose brackets validators refuse."""
    address = uri_form(url)
    return "" if ":" in host_of(address) else address


def _outline(**attributes: str) -> str:
    """Begin an outline; `text` is always there, other attributes when they say something."""
    stated = {name: text(value) for name, value in attributes.items() if value or name == "text"}
    return "<outline" + "".join(f' {name}="{value}"' for name, value in stated.items())
