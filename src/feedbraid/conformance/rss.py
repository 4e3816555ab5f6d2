"""RSS 2.0, the Advisory Board's best practices profile, archives (RFC 5005), and our own rules (N100..N108)."""

from __future__ import annotations

import re

from feedbraid.conformance._links import Stated, check_feed_links, check_link
from feedbraid.conformance._markup import Bodies
from feedbraid.conformance._podcast import Podcast
from feedbraid.conformance._report import Fault, Report
from feedbraid.conformance._values import (
    EARLIEST,
    iri_fault,
    language_fault,
    media_type_fault,
    rfc822_date,
    rfc3339_fault,
    url_fault,
)
from feedbraid.conformance._xml import (
    ATOM,
    CONTENT,
    DC,
    HISTORY,
    Check,
    Element,
    Found,
    Part,
    Shape,
    Walker,
    check_namespaces,
    check_no_stray_text,
    checked,
)

_CREATOR, _ENCODED = f"{DC}creator", f"{CONTENT}encoded"
_LINK, _UPDATED = f"{ATOM}link", f"{ATOM}updated"
_ARCHIVE, _COMPLETE = f"{HISTORY}archive", f"{HISTORY}complete"

_PERMALINK = frozenset({"isPermaLink"})
_DOMAIN = frozenset({"domain"})
_URL = frozenset({"url"})
_ENCLOSURE = frozenset({"url", "length", "type"})
_NONE: frozenset[str] = frozenset()

_DIGITS = re.compile("[0-9]{1,15}")
_POSITIVE = re.compile("[1-9][0-9]*")
_WIDEST, _HIGHEST = 144, 400
_SPEC, _PROFILE = "RSS 2.0", "Profile"

_DOUBLES = {
    "author": "N108",
    f"{DC}date": _PROFILE,
    f"{DC}subject": _PROFILE,
    f"{DC}title": _PROFILE,
    f"{DC}description": _PROFILE,
    f"{ATOM}published": _PROFILE,
    f"{ATOM}summary": _PROFILE,
    f"{ATOM}content": _PROFILE,
    f"{ATOM}author": _PROFILE,
}
"""Elements that say again, in other words, what another one has said."""


def check(document: bytes) -> tuple[Fault, ...]:
    """List what is wrong with an RSS document."""
    return checked(document, "rss", lambda report, root: _Rss(report).check(document, root))


class _Rss:
    """Checks one document, with each element looked at once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._walker = Walker(report)
        self._bodies = Bodies(report)
        self._podcast = Podcast(self._walker, report)
        self._links: list[Stated] = []
        self._guids: set[str] = set()
        self._newest = ""
        self._count = 0

        def one(check_: Check, place: int = 0) -> Part:
            return Part(place, single=True, check=check_)

        def many(check_: Check, place: int = 0) -> Part:
            return Part(place, single=False, check=check_)

        doubles = {name: one(self._double) for name in _DOUBLES}
        self._image = Shape(
            _SPEC,
            {
                "url": one(self._address),
                "title": one(self._plain),
                "link": one(self._address),
                "width": one(self._at_most(_WIDEST)),
                "height": one(self._at_most(_HIGHEST)),
                "description": one(self._plain),
            },
            ("url", "title", "link"),
        )
        self._item = Shape(
            _SPEC,
            {
                **doubles,
                "title": one(self._plain, 1),
                "link": one(self._address, 2),
                "description": one(self._html, 3),
                _ENCODED: one(self._html, 4),
                _CREATOR: many(self._plain, 5),
                "category": many(self._category, 6),
                "comments": one(self._address, 7),
                "enclosure": one(self._enclosure, 8),
                "guid": one(self._guid, 9),
                "pubDate": one(self._date, 10),
                "source": one(self._source, 11),
                _UPDATED: one(self._other_date, 12),
                f"{DC}language": one(self._language, 12),
                f"{DC}rights": one(self._plain, 12),
                **{name: part._replace(place=12) for name, part in self._podcast.of_items.items()},
            },
            ("guid", "pubDate", _CREATOR),
        )
        self._channel = Shape(
            _SPEC,
            {
                **doubles,
                "title": one(self._plain, 1),
                "link": one(self._address, 1),
                "description": one(self._plain, 1),
                "language": one(self._language, 1),
                "copyright": one(self._plain, 1),
                "lastBuildDate": one(self._date, 1),
                "generator": one(self._plain, 1),
                "docs": one(self._address, 1),
                "ttl": one(self._minutes, 1),
                "image": one(self._of_image, 1),
                _LINK: many(self._link, 1),
                _CREATOR: many(self._plain, 1),
                _ARCHIVE: one(self._mark, 1),
                _COMPLETE: one(self._mark, 1),
                **{name: part._replace(place=1) for name, part in self._podcast.of_channels.items()},
                "item": many(self._of_item, 2),
            },
            ("title", "link", "description", "lastBuildDate", "generator", "docs", _LINK, _CREATOR),
        )

    def check(self, document: bytes, root: Element) -> None:
        """Check the whole document."""
        check_namespaces(document, root, ("atom", "content", "dc"), self._report)
        for parents in (".", "channel", "channel/item"):
            check_no_stray_text(root, parents, _SPEC, self._report)
        if (
            root.get("version") != "2.0"
            or root.keys() != ["version"]
            or [child.tag for child in root] != ["channel"]
        ):
            self._walker.fault(root, _SPEC, "rss: not version 2.0 with one channel")
        for channel in root.findall("channel")[:1]:
            self._check_channel(document, channel)

    # --- the channel

    def _check_channel(self, document: bytes, channel: Element) -> None:
        if channel.keys():
            self._walker.fault(channel, _SPEC, "channel: it has attributes")
        found = self._walker.walk(channel, self._channel)
        marks = [name.rpartition("}")[2] for name in (_ARCHIVE, _COMPLETE) if name in found]
        check_feed_links(self._walker, channel, self._links, "application/rss+xml", marks)
        self._podcast.check_show(document, channel, found)
        built, _ = rfc822_date(_text_of(found, "lastBuildDate"))
        if self._newest and built != self._newest:
            self._walker.fault(channel, "N24", f"channel: lastBuildDate {built} is not that of its newest item")
        for image in found.get("image", ()):
            if any(image.findtext(tag) != _text_of(found, tag) for tag in ("title", "link")):
                self._walker.fault(image, "N91", "image: title or link are not the channel's")

    def _of_image(self, image: Element) -> None:
        self._walker.walk(image, self._image)

    def _link(self, link: Element) -> None:
        stated = check_link(self._walker, link)
        self._links.append(stated)
        if "type" not in stated and stated.get("rel") not in ("hub", "self", "alternate"):
            self._walker.fault(link, "N82", f"atom:link {stated.get('href')} without type")

    # --- items

    def _of_item(self, item: Element) -> None:
        self._count += 1
        self._report.place = f"item {self._count}: "
        if item.keys():
            self._walker.fault(item, _SPEC, "it has attributes")
        found = self._walker.walk(item, self._item)
        if "title" not in found and "description" not in found:
            self._walker.fault(item, _SPEC, "neither title nor description")
        if _ENCODED in found and "description" not in found:
            self._walker.fault(item, "N39", "content:encoded without description")
        for guid in found.get("guid", ()):
            self._check_guid(guid, _text_of(found, "link"))
        self._check_dates(item, found)
        self._report.place = ""

    def _check_guid(self, guid: Element, link: str) -> None:
        text = guid.text or ""
        if guid.get("isPermaLink") != str(text == link).lower():
            self._walker.fault(guid, "N103", "isPermaLink is not explicit and true for its own link only")
        if text in self._guids:
            self._walker.fault(guid, "N8", f"guid occurs twice: {text}")
        self._guids.add(text)

    def _check_dates(self, item: Element, found: Found) -> None:
        published, _ = rfc822_date(_text_of(found, "pubDate"))
        updated = _text_of(found, _UPDATED) or published
        self._newest = max(self._newest, updated)
        if _UPDATED in found and updated <= published:
            self._walker.fault(item, "N107", "atom:updated is not after pubDate")
        if "source" in found and published and published[:4] < EARLIEST:
            self._walker.fault(item, "N20", f"a source's date before {EARLIEST}")

    def _guid(self, guid: Element) -> None:
        text = self._walker.text_of(guid, _SPEC, _PERMALINK)
        fault = iri_fault(text)
        if fault:
            self._walker.fault(guid, "N4", f"guid: {fault}")

    def _enclosure(self, enclosure: Element) -> None:
        self._walker.only_attributes(enclosure, _SPEC, _ENCLOSURE)
        if len(enclosure.keys()) < len(_ENCLOSURE):
            self._walker.fault(enclosure, _SPEC, "enclosure: not exactly url, length and type")
        if not _DIGITS.fullmatch(enclosure.get("length", "")):
            self._walker.fault(enclosure, _SPEC, "enclosure: length is no number")
        for fault, rule in (
            (url_fault(enclosure.get("url")), "N56"),
            (media_type_fault(enclosure.get("type")), _SPEC),
        ):
            if fault:
                self._walker.fault(enclosure, rule, f"enclosure: {fault}")

    def _source(self, source: Element) -> None:
        self._walker.text_of(source, _SPEC, _URL)
        fault = url_fault(source.get("url"))
        if fault:
            self._walker.fault(source, "N56", f"source: {fault}")

    def _category(self, category: Element) -> None:
        self._walker.text_of(category, _SPEC, _DOMAIN)
        self._walker.attribute(category, "domain", "N71", iri_fault)

    def _double(self, element: Element) -> None:
        name = str(element.tag)
        self._walker.fault(element, _DOUBLES[name], f"{name.rpartition('}')[2]} says again what is said already")

    # --- leaves

    def _plain(self, leaf: Element) -> None:
        self._walker.text_of(leaf, _SPEC)

    def _html(self, leaf: Element) -> None:
        name = "description" if leaf.tag == "description" else "content:encoded"
        self._bodies.check(leaf.sourceline or 0, name, self._walker.text_of(leaf, _SPEC))

    def _address(self, leaf: Element) -> None:
        self._walker.value(leaf, "N56", url_fault)

    def _language(self, leaf: Element) -> None:
        self._walker.value(leaf, "N73", language_fault)

    def _date(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 822 5", _rfc822_fault)

    def _other_date(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 4287 3.3", rfc3339_fault)

    def _minutes(self, leaf: Element) -> None:
        self._walker.value(leaf, _SPEC, _minutes_fault)

    def _at_most(self, most: int) -> Check:
        def fault(text: str | None) -> str:
            good = text and _POSITIVE.fullmatch(text) and int(text) <= most
            return "" if good else f"{text!r} is no number from 1 to {most}"

        return lambda leaf: self._walker.value(leaf, "N91", fault)

    def _mark(self, mark: Element) -> None:
        self._walker.only_attributes(mark, "RFC 5005 4", _NONE)


def _text_of(found: Found, name: str) -> str:
    return found[name][0].text or "" if name in found else ""


def _rfc822_fault(text: str | None) -> str:
    return rfc822_date(text)[1]


def _minutes_fault(text: str | None) -> str:
    return "" if _POSITIVE.fullmatch(text or "") else f"{text!r} is no number of minutes"
