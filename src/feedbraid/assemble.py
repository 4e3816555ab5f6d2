"""Posts and a feed's configuration become the feed as published: here all is decided that a writer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feedbraid.model import Channel, Feed, FeedSpec, Person, Post


def feed_title(spec: FeedSpec, channels: Mapping[str, Channel]) -> str:
    """Give the configured title, else that of the only source, else the feed's name."""
    titles = [channels[name].title for name in spec.origins if name in channels and channels[name].title]
    return spec.title or (titles[0] if len(titles) == 1 else spec.name)


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
    mirrored = _only_channel(spec, channels)
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
    )


def _only_channel(spec: FeedSpec, channels: Mapping[str, Channel]) -> Channel:
    found = [channels[name] for name in spec.origins if name in channels]
    return found[0] if len(found) == 1 else Channel()


def _authored(post: Post, author: Person) -> Post:
    """Give a post without an author the feed's: every entry has at least one (N51)."""
    return post if post.entry.authors else replace(post, entry=replace(post.entry, authors=(author,)))
