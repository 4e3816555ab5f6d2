"""Where the feed of a page may be: what the page and its headers name, what its links look like, what is usual."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from feedbraid import answers, charset, urls
from feedbraid.model import FeedSpec, Fresh, SiteSpec
from feedbraid.nouns import dataclass
from feedbraid.tags import tags
from feedbraid.text import one_line

MOST_BYTES = 2 * 1024 * 1024
"""Of a page that are looked at: links to feeds stand in its head."""

MOST_NAMED, MOST_LINKED = 50, 3

USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml", "/index.xml", "/feed.json")
"""Tried one after another when a page names no feed."""

_TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/feed+json": "JSON Feed",
    "application/rdf+xml": "RSS",
    "application/xml": "XML",
    "text/xml": "XML",
    "text/rss+xml": "RSS",
    "application/x-rss+xml": "RSS",
}
"""Not application/json: that is how pages of WordPress name their programming interface."""

_COMMENTS = re.compile(r"\bcomments?\b|/comments/|留言|评论|評論|kommentare?\b|commentaires?\b", re.IGNORECASE)
_LOOKS_LIKE_A_FEED = re.compile(
    r"(?:/(?:feed|rss|atom)/?|[/._-](?:feed|rss|atom|index)\.(?:xml|json)|\.(?:rss|atom))$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An address at which a feed may be."""

    url: str
    title: str = ""
    kind: str = ""
    """"RSS", "Atom", "JSON Feed", "XML", as stated; or empty."""
    comments: bool = False
    """It is about comments, not about posts."""


def named_feeds(body: bytes, content_type: str, url: str, links: str = "") -> tuple[Candidate, ...]:
    """Give the feeds that a page names: in its Link headers `links` first, then in its head; `url` is its own."""
    found: dict[str, Candidate] = {}
    for one in (*_in_header(links, url), *_in_page(body, content_type, url)):
        found.setdefault(one.url, one)
    return tuple(found.values())[:MOST_NAMED]


def linked_feeds(body: bytes, content_type: str, url: str) -> tuple[Candidate, ...]:
    """Give the addresses on the same host that a page links to and that look like feeds."""
    page = _text(body, content_type)
    base = _base(page, url)
    hrefs = (tag.attributes.get("href", "") for tag in tags(page) if tag.name == "a")
    found = dict.fromkeys(urls.absolute(href, base) for href in hrefs if _looks_like_a_feed(href))
    own = [one for one in found if one and urls.host_of(one) == urls.host_of(url)]
    candidates = [Candidate(url=one, comments=bool(_COMMENTS.search(one))) for one in own]
    return tuple(one for one in candidates if not one.comments)[:MOST_LINKED]


def usual_feeds(url: str) -> tuple[Candidate, ...]:
    """Give the addresses at which sites usually have their feed."""
    return tuple(Candidate(url=urljoin(url, path)) for path in USUAL_PATHS)


def preferred(candidates: tuple[Candidate, ...]) -> int:
    """Give the place of the first candidate that is not about comments, counted from 0."""
    return next((place for place, one in enumerate(candidates) if not one.comments), 0)


def _in_header(links: str, url: str) -> Iterator[Candidate]:
    for href, stated in answers.link_values(links):
        yield from _candidate(href, stated, url)


def _in_page(body: bytes, content_type: str, url: str) -> Iterator[Candidate]:
    page = _text(body, content_type)
    base = _base(page, url)
    for tag in tags(page):
        if tag.name == "link" and not tag.closing:
            yield from _candidate(tag.attributes.get("href", ""), tag.attributes, base)


def _candidate(href: str, stated: Mapping[str, str], base: str) -> Iterator[Candidate]:
    relations = stated.get("rel", "").lower().split()
    kind = _TYPES.get(stated.get("type", "").partition(";")[0].strip().lower(), "")
    is_named = ("alternate" in relations and kind) or "feed" in relations
    address = urls.absolute(href, base) if is_named and "stylesheet" not in relations else ""
    if address:
        title = one_line(stated.get("title", ""))
        comments = bool(_COMMENTS.search(f"{title} {urlsplit(address).path}"))
        yield Candidate(url=address, title=title, kind=kind, comments=comments)


def _base(page: str, url: str) -> str:
    stated = next((tag.attributes.get("href", "") for tag in tags(page) if tag.name == "base"), "")
    return urls.absolute(stated, url) or url


def _looks_like_a_feed(href: str) -> bool:
    try:
        path = urlsplit(href.strip()).path
    except ValueError:
        return False
    return len(path) <= 2000 and _LOOKS_LIKE_A_FEED.search(path.lower()) is not None


def _text(body: bytes, content_type: str) -> str:
    return charset.decode_page(body[:MOST_BYTES], content_type)


# --- our own ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Why a document seems to be one that we wrote: read as a source, it would bring nothing but repetitions."""

    reason: str
    certain: bool
    """False when it may as well be another one's."""


def loop_at(url: str, site: SiteSpec, feeds: Iterable[FeedSpec]) -> Loop | None:
    """Tell by its address whether a document is our own."""
    for feed in feeds:
        if _is_below(url, feed.address):
            return Loop(reason=f"{url} is where the feed {feed.name!r} of this configuration is", certain=True)
    if _is_below(url, site.address):
        return Loop(reason=f"{url} is below site.url ({site.address}), where our own feeds are", certain=False)
    return None


def loop_in(
    body: bytes, content_type: str, fresh: Fresh, site: SiteSpec, feeds: Sequence[FeedSpec]
) -> Loop | None:
    """Tell by what a document says of itself whether it is our own."""
    stated = [
        one for one in (*_own_addresses(body, content_type), fresh.channel.id if fresh.channel else "") if one
    ]
    for one in stated:
        named = [feed.name for feed in feeds if feed.id == one]
        if named:
            return Loop(reason=f"it has the id of the feed {named[0]!r} of this configuration", certain=True)
        found = loop_at(one, site, feeds)
        if found:
            return Loop(reason=f"it calls itself {one}: {found.reason}", certain=found.certain)
    if any(note.rule == "D1" for note in fresh.notes):
        return Loop(reason="feedbraid wrote this document: it may be a feed of your own", certain=False)
    return None


def _is_below(url: str, folder: str) -> bool:
    return bool(folder) and urls.entry_key(url).startswith(urls.entry_key(folder))


def _own_addresses(body: bytes, content_type: str) -> Iterator[str]:
    """Give the addresses at which a feed says that it is."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        with suppress(ValueError, RecursionError):
            whole = json.loads(body)
            stated = whole.get("feed_url") if isinstance(whole, dict) else None
            yield from [stated] if isinstance(stated, str) else []
        return
    for tag in tags(_text(body, content_type)):
        name = tag.name.rpartition(":")[2]
        if name in ("item", "entry"):
            return
        if name == "link" and tag.attributes.get("rel", "").lower() == "self":
            yield tag.attributes.get("href", "").strip()
