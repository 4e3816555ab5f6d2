"""What writers and pages say alike: texts that stand in for missing ones, where a post comes from, its history."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import TypeVar

from feedbraid.model import Channel, Feed, Post
from feedbraid.text import derived_title
from feedbraid.urls import host_of

T = TypeVar("T")

SOFTWARE = "feedbraid"

_DOTTED_HOST = re.compile(r"https?://[A-Za-z0-9-]++(?:\.(?!-)[A-Za-z0-9-]++|(?!))++(?=[:/?#]|\Z)")


def stated_or_derived_title(post: Post) -> str:
    """Give the title, else one made of the text, else of the link (N30), else the id; never empty."""
    entry = post.entry
    return entry.title or _derived_title(post) or post.id


def _derived_title(post: Post) -> str:
    from feedbraid.html import to_text  # noqa: PLC0415  # slow, and few posts have no title (D23)

    return derived_title(to_text(post.entry.body) or post.entry.summary, post.entry.link)


def unique(values: Iterable[T]) -> list[T]:
    """Give values in their order, each once: two categories may be written alike."""
    kept: list[T] = []
    for value in values:
        if value not in kept:
            kept.append(value)
    return kept


def escaped(plain: str) -> str:
    """Write plain text as HTML."""
    return escape(plain, quote=False)


def paragraph(plain: str) -> str:
    """Write plain text as one paragraph of HTML."""
    return f"<p>{escaped(plain)}</p>"


def origin_of(post: Post) -> Channel | None:
    """Give the feed a post comes from: the one it names itself, else its source; None for a seed (N11)."""
    return post.entry.origin or post.channel


def name_of(channel: Channel) -> str:
    """Give a feed's title, else the host it is on; empty when it has neither."""
    return channel.title or host_of(channel.link or channel.feed_url)


def has_dotted_host(url: str) -> bool:
    """Tell whether the host is labels of letters, digits and hyphens with dots between them (N65).

    Validators and podcast players want such a host of a file: no underscore, no IPv6 address, no `localhost`.
    """
    return _DOTTED_HOST.match(url) is not None


def has_bracketed_host(url: str) -> bool:
    """Tell whether the host of a URL in URI form is an IPv6 address: validators of RSS refuse its brackets."""
    return url.startswith(("http://[", "https://["))


def thumbnail_of(post: Post) -> str:
    """Give the address for `media:thumbnail` (N66), or nothing."""
    image = post.entry.image
    return "" if has_bracketed_host(image) else image


def history_of(feed: Feed) -> Iterator[tuple[str, str]]:
    """Give relation and folder of the documents that a document of the feed is continued in (RFC 5005 4, N86).

    An archive names no newer archive than itself: it would have to change when there is one (N87).
    """
    if feed.previous:
        yield "prev-archive", feed.previous
    if feed.is_archive:
        yield "current", feed.address
