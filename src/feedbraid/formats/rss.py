"""RSS 2.0, by the RSS Advisory Board's best practices."""

from __future__ import annotations

from functools import partial
from typing import Any

from feedbraid.dates import rfc822, rfc3339
from feedbraid.fields import SOFTWARE_URL
from feedbraid.formats import Format, _feedgen, _itunes
from feedbraid.formats._feedgen import ATOM, CONTENT, DC, HISTORY, ITUNES, MEDIA, Element, add, lay_out, put, rank
from feedbraid.model import Category, Feed, Post
from feedbraid.posts import (
    SOFTWARE,
    escaped,
    has_bracketed_host,
    has_dotted_host,
    history_of,
    name_of,
    origin_of,
    stated_or_derived_title,
    thumbnail_of,
    unique,
)

DOCS = "https://www.rssboard.org/rss-specification"
"""N79."""

_LINK, _UPDATED = f"{{{ATOM}}}link", f"{{{ATOM}}}updated"
_CREATOR, _LANGUAGE, _RIGHTS = f"{{{DC}}}creator", f"{{{DC}}}language", f"{{{DC}}}rights"
_ENCODED = f"{{{CONTENT}}}encoded"
_THUMBNAIL = f"{{{MEDIA}}}thumbnail"
_ARCHIVE = f"{{{HISTORY}}}archive"

CHANNEL_ORDER = rank(
    "title",
    "link",
    "description",
    _LINK,
    "language",
    "copyright",
    _CREATOR,
    "lastBuildDate",
    "generator",
    "docs",
    "image",
    *_itunes.SHOW_TAGS,
    _ARCHIVE,
)

ITEM_ORDER = rank(
    "title",
    "link",
    "description",
    _ENCODED,
    _CREATOR,
    "category",
    "comments",
    "enclosure",
    "guid",
    "pubDate",
    "source",
    _UPDATED,
    _LANGUAGE,
    _RIGHTS,
    _THUMBNAIL,
    *_itunes.EPISODE_TAGS,
)
"""N105."""

_CHANNEL_ONLY = rank("channel")

_IMAGES = (".gif", ".jpeg", ".jpg", ".png")


class RssFormat:
    """Writes `rss.xml`."""

    file_name = "rss.xml"
    media_type = "application/rss+xml"

    def render(self, feed: Feed, self_url: str) -> bytes:
        """Write the document (N100..N108)."""
        namespaces = {"atom": ATOM, "content": CONTENT, "dc": DC}
        if any(map(thumbnail_of, feed.posts)):
            namespaces["media"] = MEDIA
        if feed.show is not None:
            namespaces["itunes"] = ITUNES
        if feed.is_archive:
            namespaces["fh"] = HISTORY
        history = [
            {"href": folder + self.file_name, "rel": relation, "type": self.media_type}
            for relation, folder in history_of(feed)
        ]
        repair = partial(_repair_root, feed=feed, self_url=self_url, history=history)
        generator = _feedgen.new_feed(repair, namespaces)
        _fill_channel(generator, feed, self_url, self.media_type)
        for post in feed.posts:
            _add_item(generator, post, feed)
        return _feedgen.rss_bytes(generator, feed.stylesheet)

    def read_ids(self, document: bytes) -> tuple[str, ...]:
        """Give the guid of each item. Raises ValueError when this is no RSS document."""
        return _feedgen.texts_at(document, "rss", "channel/item/guid")


# --- the channel ------------------------------------------------------------------------------------------


def _fill_channel(generator: Any, feed: Feed, self_url: str, media_type: str) -> None:  # noqa: ANN401  # no types
    generator.title(feed.title)
    generator.description(feed.subtitle or feed.title)
    # feedgen takes the link that came last for the channel's own.
    generator.link(href=self_url, rel="self", type=media_type)
    generator.link(href=feed.home, rel="alternate")
    generator.generator(f"{SOFTWARE} ({SOFTWARE_URL})")
    generator.docs(DOCS)
    if feed.language:
        generator.language(feed.language)
    if feed.rights:
        generator.rights(feed.rights)
    if feed.icon and not has_bracketed_host(feed.icon) and _is_image(feed.icon):
        generator.image(url=feed.icon, title=feed.title, link=feed.home)


def _is_image(url: str) -> bool:
    """Tell whether an address can be that of a GIF, JPEG or PNG, which alone an image may be (RSS 2.0).

    What has no extension may be one, unless a query says that it is made by a program.
    """
    address, _, query = url.partition("#")[0].partition("?")
    name = address.partition("://")[2].partition("/")[2].rpartition("/")[2].lower()
    return name.endswith(_IMAGES) if "." in name else not query


def _repair_root(root: Element, feed: Feed, self_url: str, history: list[dict[str, str]]) -> None:
    channel = root.find("channel")
    for sibling in feed.siblings:
        if sibling.href != self_url:
            attributes = {"href": sibling.href, "rel": "alternate", "type": sibling.media_type}
            add(channel, _LINK, attributes={**attributes, "title": sibling.title})
    for attributes in history:
        add(channel, _LINK, attributes=attributes)
    for hub in feed.hubs:
        add(channel, _LINK, attributes={"href": hub, "rel": "hub"})
    if feed.show is not None:
        _itunes.add_show(channel, feed.show, feed.author.name)
    if feed.is_archive:
        add(channel, _ARCHIVE)
    add(channel, _CREATOR, feed.author.name)
    put(channel, "lastBuildDate", rfc822(feed.updated))
    lay_out(channel, CHANNEL_ORDER)
    lay_out(root, _CHANNEL_ONLY)


# --- one item ---------------------------------------------------------------------------------------------


def _add_item(generator: Any, post: Post, feed: Feed) -> None:  # noqa: ANN401  # feedgen has no types
    entry = post.entry
    item = _feedgen.new_entry(generator, partial(_repair_item, post=post, feed=feed))
    link, comments = _for_rss(entry.link), _for_rss(entry.comments)
    description, encoded = _description_and_encoded(post)
    if entry.title:
        item.title(entry.title)
    if link:
        item.link(href=link, rel="alternate")
    if description:
        item.description(description, isSummary=True)
    if encoded:
        item.content(encoded)
    item.category(unique(map(_category, entry.categories)))
    if comments:
        item.comments(comments)
    file = next((file for file in entry.enclosures if has_dotted_host(file.url)), None)
    if file is not None:
        item.enclosure(file.url, file.length, file.media_type)
    item.guid(post.id, permalink=post.id == link)
    origin = origin_of(post)
    if origin is not None and _for_rss(origin.feed_url):
        item.source(origin.feed_url, name_of(origin))


def _for_rss(url: str) -> str:
    """Leave out an address that validators of RSS refuse."""
    return "" if has_bracketed_host(url) else url


def _description_and_encoded(post: Post) -> tuple[str, str]:
    """Choose the texts, both HTML: `content:encoded` only beside a summary (N39, N40)."""
    entry = post.entry
    if entry.body and entry.summary:
        return escaped(entry.summary), entry.body
    if entry.body or entry.summary:
        return entry.body or escaped(entry.summary), ""
    return "" if entry.title else escaped(stated_or_derived_title(post)), ""


def _category(category: Category) -> dict[str, str]:
    stated = {"term": category.label or category.term}
    return {**stated, "scheme": category.scheme} if category.scheme else stated


def _repair_item(item: Element, post: Post, feed: Feed) -> None:
    entry = post.entry
    for author in entry.authors:
        add(item, _CREATOR, author.name)
    # feedgen would write the date by switching the locale of the process.
    published, updated = post.published, post.updated
    add(item, "pubDate", rfc822(published or updated))
    if published is not None and published != updated:
        add(item, _UPDATED, rfc3339(updated))
    if entry.language and entry.language != feed.language:
        add(item, _LANGUAGE, entry.language)
    if entry.rights:
        add(item, _RIGHTS, entry.rights)
    thumbnail = thumbnail_of(post)
    if thumbnail:
        add(item, _THUMBNAIL, attributes={"url": thumbnail})
    if feed.show is not None and entry.episode is not None:
        _itunes.add_episode(item, entry.episode)
    lay_out(item, ITEM_ORDER)


FORMAT: Format = RssFormat()
