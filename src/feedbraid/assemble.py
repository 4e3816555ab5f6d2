"""Posts and a feed's configuration become the feed as published: here all is decided that a writer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feedbraid.merge import Merged
from feedbraid.model import Channel, Feed, FeedSpec, Link, Person, Post, Show
from feedbraid.posts import has_dotted_host


def feed_title(spec: FeedSpec, channels: Mapping[str, Channel]) -> str:
    """Give the configured title, else that of the only source, else the feed's name."""
    return spec.title or _mirrored(spec, channels).title or spec.name


def assemble(
    spec: FeedSpec,
    feed_id: str,
    posts: Sequence[Post],
    channels: Mapping[str, Channel],
    changed: datetime,
) -> Feed:
    """Build the feed of posts, given newest first. `channels` are those of its sources, by name.

    The feed was updated when its newest entry was, or, without entries, when it `changed` (N24, D7). A mirror of
    one source takes over what it does not say itself: title, subtitle, language, rights.
    """
    title = feed_title(spec, channels)
    mirrored = _mirrored(spec, channels)
    author = Person(spec.author or title)
    return Feed(
        name=spec.name,
        id=feed_id,
        title=title,
        subtitle=spec.subtitle or mirrored.subtitle,
        home=spec.home,
        author=author,
        updated=max((post.updated for post in posts), default=changed),
        posts=tuple(_authored(post, author) for post in posts),
        siblings=(),
        language=spec.language or mirrored.language,
        rights=spec.rights or mirrored.rights,
        icon=mirrored.icon,
        show=None if missing_of_podcast(spec, channels) else show_of(spec, channels),
        hubs=spec.hubs,
        ended=spec.ended,
    )


def via_links(merged: Merged, channels: Mapping[str, Channel]) -> tuple[Link, ...]:
    """Name the sources whose copies of a post lost to the winner, by their pages (rel "via", RFC 4287 4.2.7.2)."""
    own = channels.get(merged.winner.origin)
    shown = {_page_of(own)} if own else set()
    found = []
    for channel in (channels[other.origin] for other in merged.others if other.origin in channels):
        page = _page_of(channel)
        if page and page not in shown:
            shown.add(page)
            found.append(Link(href=page, rel="via", title=channel.title))
    return tuple(found)


def _page_of(channel: Channel) -> str:
    return channel.link or channel.feed_url


def show_of(spec: FeedSpec, channels: Mapping[str, Channel]) -> Show | None:
    """Complete what the operator says of a podcast by what its source says; None for a feed that is none (N68)."""
    if spec.podcast is None:
        return None
    mirrored = _mirrored(spec, channels)
    stated, own = mirrored.show or Show(), spec.podcast
    return replace(
        own,
        author=own.author or stated.author,
        owner=own.owner or stated.owner,
        email=own.email or stated.email,
        categories=own.categories or stated.categories,
        image=next(filter(has_dotted_host, (own.image, stated.image, mirrored.icon)), ""),
        explicit=stated.explicit if own.explicit is None else own.explicit,
        kind=own.kind or stated.kind,
    )


def missing_of_podcast(spec: FeedSpec, channels: Mapping[str, Channel]) -> tuple[str, ...]:
    """Name the settings without which a feed can not be published as the podcast that it is to be."""
    show = show_of(spec, channels)
    if show is None:
        return ()
    language = spec.language or _mirrored(spec, channels).language
    return show.missing if language else (*show.missing, "language")


def _mirrored(spec: FeedSpec, channels: Mapping[str, Channel]) -> Channel:
    return channels.get(spec.mirror, Channel())


def _authored(post: Post, author: Person) -> Post:
    """Give a post without an author the feed's: every entry has at least one (N51)."""
    return post if post.entry.authors else replace(post, entry=replace(post.entry, authors=(author,)))
