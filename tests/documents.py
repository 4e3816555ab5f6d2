"""Small feed documents for tests, and how they are read."""

from __future__ import annotations

from feedbraid.model import RawEntry, RawFeed
from feedbraid.parse import parse_document

URL = "https://site.example/feeds/news.xml"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    }.items()
)


def rss(*parts: str, version: str = "2.0") -> str:
    return f'<rss version="{version}" {NAMESPACES}><channel>{"".join(parts)}</channel></rss>'


def atom(*parts: str, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES} {attributes}>{"".join(parts)}</feed>'


def read(document: str | bytes, url: str = URL) -> RawFeed:
    raw = parse_document(document if isinstance(document, bytes) else document.encode(), "", url)
    assert isinstance(raw, RawFeed), raw
    return raw


def only(document: str) -> RawEntry:
    (entry,) = read(document).entries
    return entry
