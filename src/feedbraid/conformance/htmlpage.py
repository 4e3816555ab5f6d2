"""Pages for people: what every browser, and every finder of feeds, counts on (HTML Standard, N124..N127)."""

from __future__ import annotations

import re

from lxml import etree

from feedbraid.conformance._report import Fault, Report
from feedbraid.conformance._values import is_blank, language_fault, media_type_fault
from feedbraid.conformance._xml import Element, line_at

_SPEC = "HTML"

_CHARSET = re.compile(rb'<meta charset="utf-8">', re.IGNORECASE)
_WITHIN = 1024
"""Bytes in which a browser looks for the encoding."""

_UNSAFE = frozenset({"script", "object", "embed", "applet", "base", "frame", "frameset", "form"})
_ADDRESSES = frozenset({"href", "src", "poster", "cite", "action", "data"})
_RUNNING = re.compile(r"[\x00-\x20]*(?:java|vb)script:|[\x00-\x20]*data:text", re.IGNORECASE)


def check(document: bytes) -> tuple[Fault, ...]:
    """List what is wrong with a page."""
    report = Report()
    _check_bytes(document, report)
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True, remove_comments=True)
    root = etree.fromstring(document, parser)
    if root is None or root.tag != "html":
        report.add(0, _SPEC, "no page")
        return report.result()
    page = _Page(report)
    page.check_head(root)
    for element in root.iter("*"):
        page.check_element(element)
    return report.result()


def _check_bytes(document: bytes, report: Report) -> None:
    if not document.startswith(b"<!DOCTYPE html>\n"):
        report.add(1, _SPEC, "does not begin with <!DOCTYPE html>")
    if not _CHARSET.search(document, 0, _WITHIN):
        report.add(1, _SPEC, f"no charset utf-8 in the first {_WITHIN} bytes")
    if not document.endswith(b"</html>\n"):
        report.add(0, _SPEC, "does not end with </html> and a line feed")
    try:
        document.decode()
    except UnicodeDecodeError as error:
        report.add(line_at(document, error.start), _SPEC, "not written in UTF-8")


class _Page:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._ids: set[str] = set()
        self._alternates: set[str] = set()

    def _fault(self, element: Element, rule: str, text: str) -> None:
        self._report.add(element.sourceline or 0, rule, text)

    def check_head(self, root: Element) -> None:
        """Ask for language, title, viewport."""
        fault = language_fault(root.get("lang"))
        if fault:
            self._fault(root, _SPEC, f"html: lang {fault}")
        titles = root.findall("head/title")
        if len(titles) != 1 or is_blank(titles[0].text):
            self._fault(root, _SPEC, "not one title with words")
        if not any(meta.get("name") == "viewport" for meta in root.iterfind("head/meta")):
            self._fault(root, _SPEC, "no viewport")

    def check_element(self, element: Element) -> None:
        """Check one element with its attributes."""
        tag = element.tag
        if tag in _UNSAFE:
            self._fault(element, "N125", f"element {tag}")
        for name, value in element.items():
            self._check_attribute(element, name.lower(), value)
        if tag == "img" and element.get("alt") is None:
            self._fault(element, _SPEC, "img without alt")
        if tag == "iframe" and not (element.get("src") or "").startswith("https://"):
            self._fault(element, "N48", "iframe that is not https")
        if tag == "link" and "alternate" in (element.get("rel") or "").split():
            self._check_alternate(element)

    def _check_attribute(self, element: Element, name: str, value: str) -> None:
        if name.startswith("on") or name in ("style", "srcdoc"):
            self._fault(element, "N125", f"attribute {name} of {element.tag}")
        if name in _ADDRESSES and (_RUNNING.match(value) or is_blank(value)):
            self._fault(element, "N125", f"{name} of {element.tag}: {value[:80]!r}")
        if name == "id":
            if value in self._ids or is_blank(value):
                self._fault(element, _SPEC, f"id is empty or occurs twice: {value!r}")
            self._ids.add(value)

    def _check_alternate(self, link: Element) -> None:
        title = link.get("title") or ""
        if media_type_fault(link.get("type")) or is_blank(title) or is_blank(link.get("href")):
            self._fault(link, "N127", "alternate link without type, title or address")
        if title in self._alternates:
            self._fault(link, "N127", f"two alternate links of the same title: {title}")
        self._alternates.add(title)
