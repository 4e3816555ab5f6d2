"""Small posts and feeds for tests: every field has a plain default, a test states only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from feedbraid.model import Channel, Entry, EntryKey, Feed, Link, Person, Post, Sibling

MOMENT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
"""When things happen in tests, unless they say otherwise."""

ADDRESS = "https://feeds.example.org/news/"
"""The folder of the feed that `feed` makes."""

FORMATS = {
    "atom": ("atom.xml", "application/atom+xml"),
    "rss": ("rss.xml", "application/rss+xml"),
    "json": ("feed.json", "application/feed+json"),
}


def after(**time: float) -> datetime:
    """Give the moment so many days, hours, minutes after `MOMENT`."""
    return MOMENT + timedelta(**time)


def entry(link: str = "https://example.org/one", **fields: Any) -> Entry:  # noqa: ANN401  # the fields of Entry
    """Make an entry with a title, a body and a publication date; keyed by its link."""
    plain = Entry(
        key=EntryKey(link or "id:no-link"),
        dialect="rss",
        public_id=link or "urn:uuid:8d7c4f2e-0000-5000-8000-000000000001",
        link=link,
        title="One",
        body="<p>The text of one.</p>",
        published=MOMENT,
        authors=(Person("Ann"),),
    )
    return replace(plain, **fields)


def post(
    link: str = "https://example.org/one",
    *,
    id: str = "",  # noqa: A002  # the name of the field
    first_seen: datetime = MOMENT,
    last_changed: datetime = MOMENT,
    origin: str = "seeds",
    channel: Channel | None = None,
    named: Channel | None = None,
    via: tuple[Link, ...] = (),
    **fields: Any,  # noqa: ANN401  # the fields of Entry
) -> Post:
    """Make a post from the fields of its entry; its id is the entry's `public_id` unless given.

    `origin` is the name of its source and `channel` what that says of itself; `named` is the entry's own origin,
    `via` are the other sources that have it.
    """
    stated = entry(link, origin=named, **fields)
    return Post(
        key=stated.key,
        id=id or stated.public_id,
        entry=stated,
        first_seen=first_seen,
        last_changed=last_changed,
        origin=origin,
        channel=channel,
        via=via,
    )


def channel(name: str = "voa", **fields: Any) -> Channel:  # noqa: ANN401  # the fields of Channel
    """Make the channel of a source called `name`."""
    plain = Channel(
        id=f"https://{name}.example/feed",
        title=f"The {name} source",
        feed_url=f"https://{name}.example/feed",
        link=f"https://{name}.example/",
    )
    return replace(plain, **fields)


def feed(*posts: Post, **fields: Any) -> Feed:  # noqa: ANN401  # the fields of Feed
    """Make a feed in all formats, updated when its newest post was (N24), or at `MOMENT` when it has none."""
    title = str(fields.get("title", "News"))
    plain = Feed(
        name="news",
        id="tag:example.org,2026:news",
        title=title,
        subtitle="",
        home=ADDRESS,
        author=Person(title),
        updated=max((each.updated for each in posts), default=MOMENT),
        posts=posts,
        siblings=siblings(ADDRESS, title),
        language="en",
        address=ADDRESS,
    )
    return replace(plain, **fields)


def siblings(folder: str, title: str = "News") -> tuple[Sibling, ...]:
    """Give the documents of a feed, or of a block of its archive, in all formats."""
    return tuple(Sibling(folder + file, kind, f"{title} ({file})") for file, kind in FORMATS.values())


def self_url(format_name: str) -> str:
    """Give the address of the document that `feed` has in a format."""
    return ADDRESS + FORMATS[format_name][0]
