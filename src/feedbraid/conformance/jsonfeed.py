"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), and our own rules (N109..N119)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from feedbraid.conformance._markup import Bodies
from feedbraid.conformance._report import Fault, Report
from feedbraid.conformance._values import (
    EARLIEST,
    is_blank,
    language_fault,
    media_type_fault,
    rfc3339_fault,
    url_fault,
)
from feedbraid.conformance._xml import line_at

_SPEC = "JSON Feed 1.1"
VERSION = "https://jsonfeed.org/version/1.1"

_ESCAPED = re.compile(rb"(?<!\\)(?:\\\\)*\\u(?!00[01])")
"""A character that JSON would let stand as it is."""

_Kinds = Mapping[str, type | tuple[type, ...]]
_FEED: _Kinds = {
    **dict.fromkeys(("version", "title", "home_page_url", "feed_url", "description", "user_comment"), str),
    **dict.fromkeys(("next_url", "icon", "favicon", "language"), str),
    **dict.fromkeys(("authors", "hubs", "items"), list),
    "expired": bool,
}
_ITEM: _Kinds = {
    **dict.fromkeys(("id", "url", "external_url", "title", "content_html", "content_text", "summary"), str),
    **dict.fromkeys(("image", "banner_image", "date_published", "date_modified", "language"), str),
    **dict.fromkeys(("authors", "tags", "attachments"), list),
}
_AUTHOR: _Kinds = dict.fromkeys(("name", "url", "avatar"), str)
_HUB: _Kinds = dict.fromkeys(("type", "url"), str)
_ATTACHMENT: _Kinds = {
    **dict.fromkeys(("url", "mime_type", "title"), str),
    "size_in_bytes": int,
    "duration_in_seconds": (int, float),
}
_ADDRESSES = frozenset(
    {"url", "home_page_url", "feed_url", "next_url", "icon", "favicon", "image", "banner_image"}
)
_ADDRESSES |= {"external_url", "avatar"}

_Object = dict[str, Any]


def check(document: bytes) -> tuple[Fault, ...]:
    """List what is wrong with a JSON Feed."""
    report = Report()
    _check_bytes(document, report)
    try:
        feed = json.loads(document.decode(), object_pairs_hook=_object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        report.add(getattr(error, "lineno", 0), "RFC 8259", f"document: {error}")
        return report.result()
    if isinstance(feed, dict):
        _Json(document, report).check(feed)
    else:
        report.add(1, _SPEC, "document: no object")
    return report.result()


def _check_bytes(document: bytes, report: Report) -> None:
    if not document.endswith(b"}\n"):
        report.add(0, "N109", "document: no final line feed")
    if b"\r" in document:
        report.add(line_at(document, document.index(b"\r")), "N109", "document: a carriage return")
    found = _ESCAPED.search(document) if b"\\u" in document else None
    if found:
        report.add(line_at(document, found.start()), "N109", "document: an escaped character")


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"a member twice: {next(name for name in names if names.count(name) > 1)}")
    return made


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


class _Json:
    """Checks one document. Lines are looked for only when there is a fault to be told."""

    def __init__(self, document: bytes, report: Report) -> None:
        self._document = document
        self._report = report
        self._bodies = Bodies(report)
        self._id: object = None
        self._line: int | None = 1

    def check(self, feed: _Object) -> None:
        """Check the whole document."""
        self._members(feed, _FEED, ("version", "title", "home_page_url", "feed_url", "authors", "items"))
        if next(iter(feed), "") != "version" or feed.get("version") != VERSION:
            self._fault("N109", "feed: version 1.1 does not come first")
        if "next_url" in feed and feed["next_url"] == feed.get("feed_url"):
            self._fault(_SPEC, "feed: next_url is feed_url")
        self._check_language(feed)
        self._authors(feed)
        for hub in self._objects(feed, "hubs"):
            self._members(hub, _HUB, ("type", "url"))
        items = self._objects(feed, "items")
        self._check_ids(items)
        for place, item in enumerate(items, start=1):
            self._report.place, self._id, self._line = f"item {place}: ", item.get("id"), None
            self._check_item(item)
        self._report.place = ""

    def _check_ids(self, items: Sequence[_Object]) -> None:
        seen = set()
        for item in items:
            id_ = str(item.get("id"))
            if id_ in seen:
                self._fault("N119", f"item id occurs twice: {id_}")
            seen.add(id_)

    # --- items

    def _check_item(self, item: _Object) -> None:
        self._members(item, _ITEM, ("id", "date_modified", "authors"))
        if ("content_html" in item) == ("content_text" in item):
            self._fault("N111", "not exactly one of content_html and content_text")
        body = item.get("content_html")
        if isinstance(body, str):
            known = len(self._report.faults)
            self._bodies.check(0, "content_html", body)
            if len(self._report.faults) > known:
                self._report.relocate(known, self._where())
        self._check_dates(item)
        self._check_language(item)
        self._authors(item)
        if not all(isinstance(tag, str) and not is_blank(tag) for tag in _list(item, "tags")):
            self._fault(_SPEC, "a tag is no text")
        for attachment in self._objects(item, "attachments"):
            self._attachment(attachment)
        source = item.get("_source")
        if isinstance(source, dict) and url_fault(source.get("about")):
            self._fault("N118", f"_source: about {url_fault(source.get('about'))}")

    def _check_dates(self, item: _Object) -> None:
        published, modified = item.get("date_published"), item.get("date_modified")
        for name, date in (("date_published", published), ("date_modified", modified)):
            fault = rfc3339_fault(date) if isinstance(date, str) else ""
            if fault:
                self._fault("N14", f"{name}: {fault}")
        dates = [date for date in (published, modified) if isinstance(date, str)]
        if sorted(dates) != dates:
            self._fault("N21", "published after modified")
        if "_source" in item and dates and min(dates)[:4] < EARLIEST:
            self._fault("N20", f"a source's date before {EARLIEST}")

    def _attachment(self, attachment: _Object) -> None:
        self._members(attachment, _ATTACHMENT, ("url", "mime_type"))
        fault = media_type_fault(str(attachment.get("mime_type")))
        if fault:
            self._fault(_SPEC, f"attachment: {fault}")
        for name in ("size_in_bytes", "duration_in_seconds"):
            value = attachment.get(name, 1)
            if isinstance(value, (int, float)) and value <= 0:
                self._fault("N116", f"{name} is not positive")

    # --- what several objects have

    def _members(self, value: _Object, kinds: _Kinds, required: Iterable[str]) -> None:
        for name in required:
            if name not in value:
                self._fault(_SPEC, f"no {name}")
        for name, member in value.items():
            kind = kinds.get(name)
            if kind is None:
                self._extension(name, member)
            elif not isinstance(member, kind) or (isinstance(member, bool) and kind is not bool):
                self._fault(_SPEC, f"{name} is of the wrong type")
            elif member in ("", [], {}) and name != "items":
                self._fault(_SPEC, f"{name} is empty")
            elif name in _ADDRESSES and url_fault(member):
                self._fault("N56", f"{name} {url_fault(member)}")

    def _extension(self, name: str, member: object) -> None:
        if not name.startswith("_") or "." in name or len(name) == 1:
            self._fault(_SPEC, f"unknown member {name}")
        elif not isinstance(member, dict) or not member:
            self._fault(_SPEC, f"extension {name} is no object")

    def _check_language(self, value: _Object) -> None:
        language = value.get("language", "en")
        if isinstance(language, str) and language_fault(language):
            self._fault("N73", f"language {language_fault(language)}")

    def _authors(self, value: _Object) -> None:
        for author in self._objects(value, "authors"):
            self._members(author, _AUTHOR, ())
            if not author:
                self._fault("N55", "an author is an empty object")
            elif is_blank(str(author.get("name", "x"))):
                self._fault("N55", "an author without a name to read")

    def _objects(self, value: _Object, name: str) -> list[_Object]:
        found = _list(value, name)
        objects = [one for one in found if isinstance(one, dict)]
        if len(objects) < len(found):
            self._fault(_SPEC, f"{name} holds what is no object")
        return objects

    # --- faults

    def _fault(self, rule: str, text: str) -> None:
        self._report.add(self._where(), rule, text)

    def _where(self) -> int:
        """Give the line of the item that is being looked at; 0 when its id is not found."""
        if self._line is None:
            written = json.dumps(self._id, ensure_ascii=False)
            at = self._document.find(f'"id": {written}'.encode(errors="replace"))
            self._line = line_at(self._document, at) if at >= 0 else 0
        return self._line


def _list(value: _Object, name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []
