"""What the specifications ask of a document, checked without the code that writes it.

`atom_faults` (RFC 4287), `rss_faults` (RSS 2.0 and the Advisory Board's profile) and `json_faults` (JSON Feed 1.1)
each give a list of sentences, empty when all is well. They also hold the stricter rules that feedbraid sets
itself; those name their number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from lxml import etree

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML = "{http://www.w3.org/XML/1998/namespace}"

Element = Any
Bounds = Mapping[str, tuple[int, int | None]]
"""How often a child may occur: at least, at most; None is without limit. Any other child is a fault."""

MANY, ONCE, MAYBE = (0, None), (1, 1), (0, 1)

ATOM_FEED: Bounds = {
    **dict.fromkeys((f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated", f"{ATOM}generator"), ONCE),
    **dict.fromkeys((f"{ATOM}subtitle", f"{ATOM}rights", f"{ATOM}icon", f"{ATOM}logo"), MAYBE),
    f"{ATOM}link": (2, None),
    f"{ATOM}author": (1, None),
    f"{ATOM}category": MANY,
    f"{ATOM}entry": MANY,
}
ATOM_ENTRY: Bounds = {
    **dict.fromkeys((f"{ATOM}id", f"{ATOM}title", f"{ATOM}updated"), ONCE),
    **dict.fromkeys((f"{ATOM}published", f"{ATOM}summary", f"{ATOM}content"), MAYBE),
    **dict.fromkeys((f"{ATOM}rights", f"{ATOM}source", f"{MEDIA}thumbnail"), MAYBE),
    **dict.fromkeys((f"{ATOM}link", f"{ATOM}author", f"{ATOM}category"), MANY),
}
ATOM_SOURCE: Bounds = {
    **dict.fromkeys((f"{ATOM}id", f"{ATOM}title", f"{ATOM}rights"), MAYBE),
    f"{ATOM}updated": ONCE,
    **dict.fromkeys((f"{ATOM}link", f"{ATOM}author"), MANY),
}
ATOM_PERSON: Bounds = {f"{ATOM}name": ONCE, f"{ATOM}uri": MAYBE, f"{ATOM}email": MAYBE}

RSS_CHANNEL: Bounds = {
    **dict.fromkeys(("title", "link", "description", "lastBuildDate", "generator", "docs"), ONCE),
    **dict.fromkeys(("language", "copyright", "image", "ttl"), MAYBE),
    f"{ATOM}link": (1, None),
    f"{DC}creator": (1, None),
    "item": MANY,
}
RSS_ITEM: Bounds = {
    **dict.fromkeys(("title", "link", "description", f"{CONTENT}encoded", "comments", "enclosure"), MAYBE),
    **dict.fromkeys(("source", f"{ATOM}updated", f"{DC}language", f"{DC}rights", f"{MEDIA}thumbnail"), MAYBE),
    **dict.fromkeys(("guid", "pubDate"), ONCE),
    f"{DC}creator": (1, None),
    "category": MANY,
}
RSS_IMAGE: Bounds = dict.fromkeys(("url", "title", "link"), ONCE)

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[^\x00-\x20\x7f<>\"{}|\\^`%]|%[0-9A-Fa-f]{2})+")
_URL = re.compile(r"https?://[^/?#]+(?:[!-~]*)")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?!00[01])")  # a character that JSON would let stand as it is
_RFC822 = "%a, %d %b %Y %H:%M:%S GMT"


# --- Atom -------------------------------------------------------------------------------------------------


def atom_faults(document: bytes) -> list[str]:
    """List what is wrong with an Atom document."""
    root, faults = _read_xml(document, f"{ATOM}feed")
    if root is None:
        return faults
    entries = root.findall(f"{ATOM}entry")
    faults += _bounds(root, ATOM_FEED) + _common_atom(root) + _atom_links(root)
    faults += _only_at_end(root, f"{ATOM}entry")
    faults += _unique("entry id", [entry.findtext(f"{ATOM}id") for entry in entries])
    if not root.findall(f"{ATOM}link[@rel='self']"):
        faults.append("feed: no self link (N81)")
    if b"<atom:" in document or b"xmlns:atom" in document:
        faults.append("document: Atom elements have a prefix (N93)")
    for place, entry in enumerate(entries, start=1):
        faults += [f"entry {place}: {fault}" for fault in _entry_faults(entry)]
    dates = [entry.findtext(f"{ATOM}updated") or "" for entry in entries]
    if dates and max(dates) != root.findtext(f"{ATOM}updated"):
        faults.append("feed: updated is not that of its newest entry (N24)")
    return faults


def _entry_faults(entry: Element) -> Iterator[str]:
    yield from _bounds(entry, ATOM_ENTRY)
    yield from _common_atom(entry)
    yield from _atom_links(entry)
    content = entry.find(f"{ATOM}content")
    if content is None and not entry.findall(f"{ATOM}link[@rel='alternate']"):
        yield "neither content nor an alternate link (RFC 4287 4.1.2)"
    if content is None and entry.find(f"{ATOM}summary") is None:
        yield "no text (N40)"
    if content is not None and (content.get("type") != "html" or not content.text):
        yield "content is empty, or not of type html (N39)"
    if (entry.findtext(f"{ATOM}published") or "") > (entry.findtext(f"{ATOM}updated") or ""):
        yield "published after updated (N21)"
    source = entry.find(f"{ATOM}source")
    if source is not None:
        found = (*_bounds(source, ATOM_SOURCE), *_common_atom(source), *_atom_links(source))
        yield from (f"source: {fault}" for fault in found)


def _common_atom(parent: Element) -> list[str]:
    """Check the constructs that feed, entry and source share."""
    checks: Mapping[str, Callable[[Element], Iterable[str]]] = {
        f"{ATOM}id": lambda e: () if _IRI.fullmatch(e.text or "") else ("no absolute IRI",),
        f"{ATOM}updated": lambda e: _rfc3339(e.text),
        f"{ATOM}published": lambda e: _rfc3339(e.text),
        f"{ATOM}author": _person_faults,
        f"{ATOM}category": _category_faults,
        f"{ATOM}icon": lambda e: _url(e.text),
        f"{MEDIA}thumbnail": lambda e: _url(e.get("url")),
        **dict.fromkeys((f"{ATOM}{name}" for name in ("title", "subtitle", "summary", "rights")), _text_faults),
    }
    faults = [
        f"{_name(child)}: {fault}" for child in parent if child.tag in checks for fault in checks[child.tag](child)
    ]
    language = parent.get(f"{XML}lang", "en")
    return faults if _LANGUAGE.fullmatch(language) else [*faults, f"xml:lang {language!r} is no language tag"]


def _atom_links(parent: Element) -> list[str]:
    links = parent.findall(f"{ATOM}link")
    alternates = [(k.get("type"), k.get("hreflang")) for k in links if k.get("rel") == "alternate"]
    faults = _unique("alternate link by type and language", alternates)
    for link in links:
        faults += [f"link {link.get('href')}: {fault}" for fault in _link_faults(link)]
    return faults


def _link_faults(link: Element) -> Iterator[str]:
    yield from _url(link.get("href"))
    if not link.get("rel"):
        yield "no explicit rel (N95)"
    if not _MEDIA_TYPE.fullmatch(link.get("type", "a/b")):
        yield "type is no media type"
    if not _LANGUAGE.fullmatch(link.get("hreflang", "en")):
        yield "hreflang is no language tag"
    if not re.fullmatch("[1-9][0-9]*", link.get("length", "1")):
        yield "length is no positive number (N64)"
    if len(link):
        yield "it has children"


def _text_faults(text: Element) -> Iterator[str]:
    value, kind = text.text or "", text.get("type")
    if not value.strip():
        yield "empty"
    if len(text):
        yield "it has child elements"
    if kind not in (None, "text", "html"):
        yield f"type {kind!r}"
    if kind != "html" and ("<" in value or "&" in value):
        yield "a reader could take its text for markup (N96)"
    if kind == "html" and re.search(r"<|&(?!#?\w+;)", value):
        yield "its HTML is no escaped text (N96)"


def _person_faults(person: Element) -> Iterator[str]:
    yield from _bounds(person, ATOM_PERSON)
    yield from _url(person.findtext(f"{ATOM}uri", "https://example.org/"))
    if not person.findtext(f"{ATOM}name", "").strip():
        yield "no name"


def _category_faults(category: Element) -> Iterator[str]:
    if not category.get("term", "").strip():
        yield "no term (N70)"
    if not _IRI.fullmatch(category.get("scheme", "a:b")):
        yield "scheme is no absolute IRI (N71)"


# --- RSS --------------------------------------------------------------------------------------------------


def rss_faults(document: bytes) -> list[str]:
    """List what is wrong with an RSS document."""
    root, faults = _read_xml(document, "rss")
    if root is None:
        return faults
    if root.get("version") != "2.0" or [child.tag for child in root] != ["channel"]:
        return [*faults, "rss: not version 2.0 with one channel"]
    channel = root[0]
    items = channel.findall("item")
    faults += [*_bounds(channel, RSS_CHANNEL), *_channel_faults(channel), *_only_at_end(channel, "item")]
    faults += _unique("guid", [item.findtext("guid") for item in items])
    for place, item in enumerate(items, start=1):
        faults += [f"item {place}: {fault}" for fault in _item_faults(item)]
    return faults


def _channel_faults(channel: Element) -> Iterator[str]:
    yield from (f"empty {tag}" for tag in ("title", "description") if not (channel.findtext(tag) or "").strip())
    yield from _url(channel.findtext("link"))
    yield from _rfc822(channel.findtext("lastBuildDate"))
    links = channel.findall(f"{ATOM}link")
    if [link.get("rel") for link in links].count("self") != 1:
        yield "not exactly one atom:link to itself (N81)"
    for link in links:
        yield from _link_faults(link)
        if not link.get("type"):
            yield "atom:link without type"
    if not _LANGUAGE.fullmatch(channel.findtext("language") or "en"):
        yield "language is no language tag"
    image = channel.find("image")
    if image is not None:
        yield from _bounds(image, RSS_IMAGE)
        if any(image.findtext(tag) != channel.findtext(tag) for tag in ("title", "link")):
            yield "image: title or link are not the channel's (N91)"


def _item_faults(item: Element) -> Iterator[str]:
    yield from _bounds(item, RSS_ITEM)
    if not (item.findtext("title") or item.findtext("description")):
        yield "neither title nor description"
    yield from (f"empty {_name(e)}" for e in item if e.tag in _NOT_EMPTY and not (e.text or "").strip())
    if item.find(f"{CONTENT}encoded") is not None and not item.findtext("description"):
        yield "content:encoded without description (N39)"
    yield from _rfc822(item.findtext("pubDate"))
    for url in (item.find("link"), item.find("comments")):
        yield from _url(url.text) if url is not None else ()
    guid, link = item.find("guid"), item.findtext("link")
    if guid is not None and guid.get("isPermaLink") != str(guid.text == link).lower():
        yield "isPermaLink is not explicit and true for its own link only (N103)"
    enclosure, source = item.find("enclosure"), item.find("source")
    if enclosure is not None:
        yield from _enclosure_faults(enclosure)
    if source is not None:
        yield from _url(source.get("url"))
    for text in item.findall(f"{ATOM}updated"):
        yield from _rfc3339(text.text)


_NOT_EMPTY = frozenset({"title", "description", "category", "guid", "source", f"{CONTENT}encoded", f"{DC}creator"})


def _enclosure_faults(enclosure: Element) -> Iterator[str]:
    yield from _url(enclosure.get("url"))
    if set(enclosure.attrib) != {"url", "length", "type"}:
        yield "enclosure: not exactly url, length and type"
    if not enclosure.get("length", "").isdigit() or not _MEDIA_TYPE.fullmatch(enclosure.get("type", "")):
        yield "enclosure: length is no number, or type no media type"


# --- JSON Feed --------------------------------------------------------------------------------------------

_FEED_MEMBERS = {
    **dict.fromkeys(("version", "title", "home_page_url", "feed_url", "description", "icon", "language"), str),
    **dict.fromkeys(("authors", "items"), list),
}
_ITEM_MEMBERS = {
    **dict.fromkeys(("id", "url", "title", "content_html", "content_text", "summary", "image"), str),
    **dict.fromkeys(("date_published", "date_modified", "language"), str),
    **dict.fromkeys(("authors", "tags", "attachments"), list),
    "_source": dict,
}
_ATTACHMENT_MEMBERS = {**dict.fromkeys(("url", "mime_type", "title"), str), "size_in_bytes": int}


def json_faults(document: bytes) -> list[str]:
    """List what is wrong with a JSON Feed."""
    try:
        feed = json.loads(document)
    except ValueError as error:
        return [f"document: {error}"]
    faults = [
        *_members(feed, _FEED_MEMBERS, ("version", "title", "home_page_url", "feed_url", "authors", "items"))
    ]
    faults += [fault for name in ("home_page_url", "feed_url") for fault in _url(feed.get(name))]
    if next(iter(feed), "") != "version" or feed.get("version") != "https://jsonfeed.org/version/1.1":
        faults.append("feed: version 1.1 does not come first (N109)")
    if not document.endswith(b"}\n") or b"\r" in document or _ESCAPED.search(document):
        faults.append("document: no final line feed, a carriage return, or an escaped character (N109)")
    items = feed.get("items", [])
    faults += _unique("item id", [item.get("id") for item in items]) + _authors(feed.get("authors", []))
    for place, item in enumerate(items, start=1):
        faults += [f"item {place}: {fault}" for fault in _json_item_faults(item)]
    return faults


def _json_item_faults(item: dict[str, Any]) -> Iterator[str]:
    yield from _members(item, _ITEM_MEMBERS, ("id", "date_modified", "authors"))
    if ("content_html" in item) == ("content_text" in item):
        yield "not exactly one of content_html and content_text (N111)"
    for name in ("date_published", "date_modified"):
        yield from _rfc3339(item.get(name, "2026-03-01T12:00:00Z"))
    for name in ("url", "image"):
        yield from _url(item.get(name, "https://example.org/"))
    yield from _authors(item.get("authors", []))
    if not all(isinstance(tag, str) and tag.strip() for tag in item.get("tags", [])):
        yield "a tag is no text"
    for attachment in item.get("attachments", []):
        yield from _members(attachment, _ATTACHMENT_MEMBERS, ("url", "mime_type"))
        yield from _url(attachment.get("url"))
        if attachment.get("size_in_bytes", 1) < 1:
            yield "size_in_bytes is not positive (N116)"
    source = item.get("_source", {"about": "https://example.org/"})
    yield from _url(source.get("about"))


def _members(value: dict[str, Any], kinds: Mapping[str, type], required: Iterable[str]) -> Iterator[str]:
    yield from (f"no {name}" for name in required if name not in value)
    for name, member in value.items():
        if name not in kinds:
            yield f"unknown member {name}"
        elif not isinstance(member, kinds[name]):
            yield f"{name} is of the wrong type"
        elif member in ("", [], {}) and name != "items":
            yield f"{name} is empty"


def _authors(authors: list[dict[str, str]]) -> list[str]:
    names = {"name": str, "url": str, "avatar": str}
    faults = [fault for author in authors for fault in _members(author, names, ())]
    return faults if all(authors) else [*faults, "an author is an empty object (N55)"]


# --- shared -----------------------------------------------------------------------------------------------


def _read_xml(document: bytes, root_tag: str) -> tuple[Element | None, list[str]]:
    """Read a document strictly; no element when the rest can not be checked."""
    faults = []
    if not document.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<') or not document.endswith(b">\n"):
        faults.append("document: not our declaration first and a line feed last (N123)")
    if b"\r" in document or b"<!" in document or document.count(b"<?") != 1:
        faults.append("document: a carriage return, DOCTYPE, CDATA, comment or instruction (N98, N102)")
    try:
        root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        return None, [*faults, f"document: {error}"]
    if any(f"{XML}base" in element.attrib for element in root.iter("*")):
        faults.append("document: xml:base (N97)")
    unused = set(root.nsmap.values()) - {etree.QName(e).namespace for e in root.iter("*")}
    if MEDIA.strip("{}") in unused:
        faults.append("document: a namespace is declared and not used (N93)")
    return (root, faults) if root.tag == root_tag else (None, [*faults, f"document: the root is {root.tag}"])


def _bounds(parent: Element, bounds: Bounds) -> list[str]:
    counts = Counter(child.tag for child in parent)
    faults = [f"{_name(parent)}: unexpected {tag}" for tag in counts if tag not in bounds]
    for tag, (least, most) in bounds.items():
        if counts[tag] < least or (most is not None and counts[tag] > most):
            faults.append(f"{_name(parent)}: {counts[tag]} times {tag}")
    return faults


def _only_at_end(parent: Element, tag: str) -> list[str]:
    tags = [child.tag == tag for child in parent]
    return [] if tags == sorted(tags) else [f"{_name(parent)}: metadata after {tag} (N94, N100)"]


def _unique(what: str, values: Iterable[object]) -> list[str]:
    return [f"{what} occurs twice: {value}" for value, count in Counter(values).items() if count > 1]


def _rfc3339(text: str | None) -> list[str]:
    try:
        good = bool(_RFC3339.fullmatch(text or "")) and bool(datetime.fromisoformat(text or ""))
    except ValueError:
        good = False
    return [] if good else [f"{text!r} is no RFC 3339 date in UTC and whole seconds (N14)"]


def _rfc822(text: str | None) -> list[str]:
    """Accept the one form that we write; the weekday has to be right. Needs English names: the locale C."""
    try:
        moment = datetime.strptime(text or "", _RFC822).replace(tzinfo=UTC)
        good = len(text or "") == 29 and moment.strftime(_RFC822) == text
    except ValueError:
        good = False
    return [] if good else [f"{text!r} is no RFC 822 date in GMT (N14)"]


def _url(text: str | None) -> list[str]:
    good = _URL.fullmatch(text or "") and _IRI.fullmatch(text or "")
    return [] if good else [f"{text!r} is no absolute http(s) URL (N56)"]


def _name(element: Element) -> str:
    return str(etree.QName(element).localname)
