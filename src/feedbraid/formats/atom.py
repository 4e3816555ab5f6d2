"""Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache, partial
from typing import Any

from feedbraid.dates import rfc3339
from feedbraid.fields import SOFTWARE_URL
from feedbraid.formats import Format, _feedgen
from feedbraid.formats._feedgen import ATOM, HISTORY, MEDIA, XML_LANG, Element, add, lay_out, put, rank
from feedbraid.model import Category, Channel, Entry, Feed, Link, Person, Post
from feedbraid.posts import (
    SOFTWARE,
    escaped,
    history_of,
    name_of,
    origin_of,
    paragraph,
    stated_or_derived_title,
    thumbnail_of,
)

_ARCHIVE = f"{{{HISTORY}}}archive"
_FEED_HEAD = ("id", "title", "subtitle", "updated", "link", "author", "rights", "icon", "generator")
FEED_ORDER = rank(*_FEED_HEAD, _ARCHIVE)
"""N94."""

_THUMBNAIL = f"{{{MEDIA}}}thumbnail"
_ENTRY_HEAD = ("id", "title", "updated", "published", "author", "link", "category", "summary", "content", "rights")
ENTRY_ORDER = rank(*_ENTRY_HEAD, _THUMBNAIL, "source")
"""N95."""

SOURCE_ORDER = rank("id", "title", "updated", "link", "author", "rights")

_Attributes = dict[str, str]


class AtomFormat:
    """Writes `atom.xml`."""

    file_name = "atom.xml"
    media_type = "application/atom+xml"

    def render(self, feed: Feed, self_url: str) -> bytes:
        """Write the document (N93..N99)."""
        links = _feed_links(feed, self_url, self.file_name, self.media_type)
        namespaces = {"media": MEDIA} if any(map(thumbnail_of, feed.posts)) else {}
        if feed.is_archive:
            namespaces["fh"] = HISTORY
        generator = _feedgen.new_feed(partial(_repair_feed, feed=feed), namespaces)
        _fill_feed(generator, feed, links)
        for post in feed.posts:
            _add_entry(generator, post, feed.language)
        return _feedgen.atom_bytes(generator, feed.stylesheet)

    def read_ids(self, document: bytes) -> tuple[str, ...]:
        """Give the atom:id of each entry. Raises ValueError when this is no Atom document."""
        return _feedgen.texts_at(document, f"{{{ATOM}}}feed", f"{{{ATOM}}}entry/{{{ATOM}}}id")


# --- the feed ---------------------------------------------------------------------------------------------


def _fill_feed(generator: Any, feed: Feed, links: list[_Attributes]) -> None:  # noqa: ANN401  # no types
    generator.id(feed.id)
    generator.title(_text(feed.title))
    generator.updated(feed.updated)
    generator.author(_person(feed.author))
    generator.link(links)
    generator.generator(SOFTWARE, uri=SOFTWARE_URL)
    if feed.subtitle:
        generator.subtitle(_text(feed.subtitle))
    if feed.rights:
        generator.rights(_text(feed.rights))
    if feed.icon:
        generator.icon(feed.icon)
    if feed.language:
        generator.language(feed.language)


def _feed_links(feed: Feed, self_url: str, file_name: str, media_type: str) -> list[_Attributes]:
    """List self, the page for people, the feed in other formats, its history, its hubs (N77, N81..N83, N86)."""
    others = [sibling for sibling in feed.siblings if sibling.href != self_url]
    return [
        {"href": self_url, "rel": "self", "type": media_type},
        {"href": feed.home, "rel": "alternate", "type": "text/html"},
        *(_stated(href=s.href, rel="alternate", type=s.media_type, title=s.title) for s in others),
        *(
            {"href": folder + file_name, "rel": relation, "type": media_type}
            for relation, folder in history_of(feed)
        ),
        *({"href": hub, "rel": "hub"} for hub in feed.hubs),
    ]


def _repair_feed(element: Element, feed: Feed) -> None:
    put(element, "updated", rfc3339(feed.updated))
    if feed.is_archive:
        add(element, _ARCHIVE)
    lay_out(element, FEED_ORDER, _MARKED)


# --- one entry --------------------------------------------------------------------------------------------


def _add_entry(generator: Any, post: Post, feed_language: str) -> None:  # noqa: ANN401  # feedgen has no types
    entry, links, updated, published = post.entry, list(_entry_links(post)), post.updated, post.published
    dates = {"updated": rfc3339(updated), "published": rfc3339(published) if published else ""}
    language = entry.language if entry.language != feed_language else ""
    written = _feedgen.new_entry(generator, partial(_repair_entry, post, links, dates, language))
    summary, content = _summary_and_content(post)
    written.id(post.id)
    written.title(_text(stated_or_derived_title(post)))
    written.updated(updated)
    written.author([_person(author) for author in entry.authors])
    # feedgen refuses some relations and loses all of them: the repair adds what is missing to the address.
    written.link([{"href": link["href"]} for link in links])
    written.category([_category(category) for category in entry.categories])
    if published is not None:
        written.published(published)
    if summary:
        written.summary(_text(summary))
    if content:
        written.content(content, type="html")
    if entry.rights:
        written.rights(_text(entry.rights))


def _summary_and_content(post: Post) -> tuple[str, str]:
    """Choose the texts, so that every entry has one, and content where there is no link (N34, N40; 4.1.2)."""
    entry = post.entry
    if entry.body:
        return entry.summary, entry.body
    if entry.summary and entry.link:
        return entry.summary, ""
    return "", paragraph(entry.summary or stated_or_derived_title(post))


def _entry_links(post: Post) -> Iterator[_Attributes]:
    """Give the links in their order: the page, enclosures, others, the other sources (N60, N62, N63, N95)."""
    entry = post.entry
    stated = {(link.rel, link.href) for link in entry.links}
    if entry.link:
        yield {"href": entry.link, "rel": "alternate", "type": "text/html"}
    for file in entry.enclosures:
        length = str(file.length) if file.length else ""
        yield _stated(href=file.url, rel="enclosure", type=file.media_type, length=length, title=file.title)
    for link in entry.links:
        yield _link(link)
    if entry.comments and ("replies", entry.comments) not in stated:
        yield {"href": entry.comments, "rel": "replies", "type": "text/html"}
    for link in post.via:
        if (link.rel, link.href) not in stated:
            stated.add((link.rel, link.href))
            yield _link(link)


def _repair_entry(
    post: Post, links: list[_Attributes], dates: _Attributes, language: str, element: Element
) -> None:
    incomplete = iter(links)
    mend = {
        **_MARKED,
        "link": lambda link: link.attrib.update(next(incomplete)),
        "updated": lambda date: _write(date, dates["updated"]),
        "published": lambda date: _write(date, dates["published"]),
    }
    if language:
        element.set(XML_LANG, language)
    thumbnail = thumbnail_of(post)
    if thumbnail:
        add(element, _THUMBNAIL, attributes={"url": thumbnail})
    origin = origin_of(post)
    if origin is not None:
        _add_source(element, origin, post.entry, dates["updated"])
    lay_out(element, ENTRY_ORDER, mend)


def _add_source(parent: Element, origin: Channel, entry: Entry, updated: str) -> None:
    """Say where the entry comes from (N11). The date is the entry's own, so that it never churns (N12)."""
    pattern = _source(origin, has_authors=not entry.authors, has_rights=not entry.rights)
    if pattern is not None:
        source = deepcopy(pattern)
        source.find("updated").text = updated
        parent.append(source)


@lru_cache(maxsize=64)
def _source(channel: Channel, *, has_authors: bool, has_rights: bool) -> Element | None:
    """Make the element for a source, without its date, if there is an id and a title for it (RFC 4287 4.2.11).

    Building one takes as long as the rest of an entry, and most entries of a feed share theirs.
    """
    identity, name = channel.id or channel.feed_url or channel.link, name_of(channel)
    if not (identity and name):
        return None
    source = _feedgen.element("source")
    add(source, "id", identity)
    add(source, "title", _text(name))
    add(source, "updated")
    for href, rel in ((channel.feed_url, "self"), (channel.link, "alternate")):
        if href:
            add(source, "link", attributes={"href": href, "rel": rel})
    if has_authors:
        _add_authors(source, channel)
    if has_rights and channel.rights:
        add(source, "rights", _text(channel.rights))
    lay_out(source, SOURCE_ORDER, _MARKED)
    return source


def _add_authors(source: Element, channel: Channel) -> None:
    for person in channel.authors:
        author = add(source, "author")
        for tag, text in _person(person).items():
            add(author, tag, text)


# --- values -----------------------------------------------------------------------------------------------


def _text(plain: str) -> str:
    """Escape a text that a reader could take for markup; its element gets type html (N96)."""
    return escaped(plain) if "<" in plain or "&" in plain else plain


def _mark_if_escaped(element: Element) -> None:
    """Set the type where `_text` escaped: only then there is an ampersand."""
    if "&" in element.text:
        element.set("type", "html")


_MARKED = dict.fromkeys(("title", "subtitle", "summary", "rights"), _mark_if_escaped)


def _write(element: Element, text: str) -> None:
    element.text = text


def _person(person: Person) -> _Attributes:
    return _stated(name=person.name, uri=person.uri)


def _link(link: Link) -> _Attributes:
    return _stated(href=link.href, rel=link.rel, type=link.media_type, hreflang=link.hreflang, title=link.title)


def _category(category: Category) -> _Attributes:
    return _stated(term=category.term, scheme=category.scheme, label=category.label)


def _stated(**fields: str) -> _Attributes:
    """Leave out what is empty."""
    return {name: value for name, value in fields.items() if value}


FORMAT: Format = AtomFormat()
