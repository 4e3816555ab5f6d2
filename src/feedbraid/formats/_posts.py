"""What the three writers say alike of a post: texts that stand in for missing ones, and where it comes from."""

from __future__ import annotations

from html import escape

from feedbraid.html import to_text
from feedbraid.model import Channel, Post
from feedbraid.text import derived_title
from feedbraid.urls import host_of

SOFTWARE = "feedbraid"
SOFTWARE_URL = "https://github.com/feedbraid/feedbraid"
"""Named in every document, without a version: an upgrade changes no bytes (N77)."""


def stated_or_derived_title(post: Post) -> str:
    """Give the title, else one made of the text, else of the link (N30), else the id; never empty."""
    entry = post.entry
    return entry.title or derived_title(to_text(entry.body) or entry.summary, entry.link) or post.id


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
