"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

from collections.abc import Iterable
from json import JSONEncoder, loads
from typing import Any

from feedbraid.dates import rfc3339
from feedbraid.fields import SOFTWARE_URL
from feedbraid.formats import Format
from feedbraid.model import Enclosure, Entry, Feed, Person, Post
from feedbraid.posts import name_of, origin_of, stated_or_derived_title, unique

VERSION = "https://jsonfeed.org/version/1.1"
RECORDINGS = ("audio/", "video/")

_write = JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",\n", ": ")).encode

_Members = dict[str, Any]


class JsonFormat:
    """Writes `feed.json`."""

    file_name = "feed.json"
    media_type = "application/feed+json"

    def render(self, feed: Feed, self_url: str) -> bytes:
        """Write the document (N109..N119), one member a line."""
        next_url = feed.previous + self.file_name if feed.previous else ""
        items = [_item(post, feed.language) for post in feed.posts]
        return f"{_write({**_head(feed, self_url, next_url), 'items': items})}\n".encode()

    def read_ids(self, document: bytes) -> tuple[str, ...]:
        """Give the id of each item. Raises ValueError when this is no JSON Feed."""
        try:
            return tuple(str(item["id"]) for item in loads(document)["items"])
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"no JSON Feed: {error!r}") from error


def _head(feed: Feed, self_url: str, next_url: str) -> _Members:
    """Give the members in their order; an archive looks like any other document (N86, N89)."""
    return _stated(
        version=VERSION,
        title=feed.title,
        home_page_url=feed.home,
        feed_url=self_url,
        description=feed.subtitle,
        next_url=next_url,
        icon=feed.icon,
        authors=_authors([feed.author]),
        language=feed.language,
        expired=feed.ended,
        hubs=[{"type": "WebSub", "url": hub} for hub in feed.hubs],
    )


def _item(post: Post, feed_language: str) -> _Members:
    """Give the members in their order. An item has HTML, or plain text when there is no body (N40, N111)."""
    entry = post.entry
    published = post.published
    text = "" if entry.body else entry.summary or stated_or_derived_title(post)
    return _stated(
        id=post.id,
        url=entry.link,
        title=entry.title,
        content_html=entry.body,
        content_text=text,
        summary=entry.summary if entry.body else "",
        image=entry.image,
        date_published=rfc3339(published) if published else "",
        date_modified=rfc3339(post.updated),
        authors=_authors(entry.authors),
        tags=unique(category.label or category.term for category in entry.categories),
        language=entry.language if entry.language != feed_language else "",
        attachments=_attachments(entry),
        _source=_source(post),
    )


def _authors(people: Iterable[Person]) -> list[_Members]:
    return [_stated(name=person.name, url=person.uri) for person in people]


def _attachments(entry: Entry) -> list[_Members]:
    """Give all files; the duration of the entry is that of its recording when there is exactly one (N116)."""
    recordings = [file for file in entry.enclosures if file.media_type.startswith(RECORDINGS)]
    known = entry.episode.duration if entry.episode and len(recordings) == 1 else 0
    return [_attachment(file, known if file in recordings else 0) for file in entry.enclosures]


def _attachment(file: Enclosure, duration: int) -> _Members:
    return _stated(
        url=file.url,
        mime_type=file.media_type,
        title=file.title,
        size_in_bytes=file.length,
        duration_in_seconds=duration,
    )


def _source(post: Post) -> _Members:
    """Say where the item comes from, in an extension of ours (N118)."""
    channel = origin_of(post)
    if channel is None:
        return {}
    stated = _stated(feed_url=channel.feed_url, title=name_of(channel), home_page_url=channel.link)
    return {"about": SOFTWARE_URL, **stated} if stated else {}


def _stated(**members: Any) -> _Members:  # noqa: ANN401  # texts, numbers, arrays and objects
    """Leave out what is empty, and a number that is 0: unknown (N64)."""
    return {name: value for name, value in members.items() if value}


FORMAT: Format = JsonFormat()
