"""OPML 2.0 (http://opml.org/spec2.opml): a list of subscriptions."""

from __future__ import annotations

from collections.abc import Callable

from feedbraid.conformance._report import Fault, Report
from feedbraid.conformance._values import (
    email_fault,
    is_blank,
    language_fault,
    rfc822_date,
    url_fault,
)
from feedbraid.conformance._xml import Element, Part, Shape, Walker, check_no_stray_text, checked

_SPEC = "OPML 2.0"

_ADDRESSES = frozenset({"xmlUrl", "htmlUrl", "url"})
_ATTRIBUTES = _ADDRESSES | {"text", "type", "title", "description", "language", "version", "category", "created"}
_LINKS = {"rss": "xmlUrl", "link": "url", "include": "url"}
"""Which address an outline of a type has to have."""


def check(document: bytes) -> tuple[Fault, ...]:
    """List what is wrong with an OPML document."""
    return checked(document, "opml", lambda report, root: _Opml(report).check(root))


class _Opml:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._walker = Walker(report)

        def once(check: Callable[[Element], None]) -> Part:
            return Part(0, single=True, check=check)

        self._head = Shape(
            _SPEC,
            {
                "title": once(self._text),
                "dateCreated": once(self._date),
                "dateModified": once(self._date),
                "ownerName": once(self._text),
                "ownerEmail": once(lambda leaf: self._walker.value(leaf, _SPEC, email_fault)),
                "ownerId": once(lambda leaf: self._walker.value(leaf, _SPEC, url_fault)),
                "docs": once(lambda leaf: self._walker.value(leaf, _SPEC, url_fault)),
            },
            ("title",),
        )

    def check(self, root: Element) -> None:
        """Check the whole document."""
        if root.get("version") != "2.0" or root.keys() != ["version"]:
            self._walker.fault(root, _SPEC, "not version 2.0")
        if [child.tag for child in root] != ["head", "body"]:
            self._walker.fault(root, _SPEC, "not one head and one body")
            return
        for parents in (".", "head", "body", "//outline"):
            check_no_stray_text(root, parents, _SPEC, self._report)
        head, body = root
        self._walker.walk(head, self._head)
        if not len(body):
            self._walker.fault(body, _SPEC, "no outline")
        for parent in (body, *body.iter("outline")):
            self._check_children(parent)

    def _text(self, leaf: Element) -> None:
        self._walker.text_of(leaf, _SPEC)

    def _date(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 822 5", lambda text: rfc822_date(text)[1])

    def _check_children(self, parent: Element) -> None:
        addresses = set()
        for outline in parent:
            if outline.tag != "outline":
                self._walker.fault(outline, _SPEC, f"unexpected {outline.tag} in {parent.tag}")
                continue
            self._check_outline(outline)
            address = outline.get("xmlUrl")
            if address and address in addresses:
                self._walker.fault(outline, "N120", f"listed twice: {address}")
            addresses.add(address)

    def _check_outline(self, outline: Element) -> None:
        stated = dict(outline.items())
        kind = stated.get("type", "")
        for name in sorted(stated.keys() - _ATTRIBUTES):
            self._walker.fault(outline, _SPEC, f"outline: unexpected attribute {name}")
        for name in ("text", *stated):
            if is_blank(stated.get(name)):
                self._walker.fault(outline, _SPEC, f"outline: no {name}")
        needed = _LINKS.get(kind)
        if needed and needed not in stated:
            self._walker.fault(outline, _SPEC, f"outline of type {kind}: no {needed}")
        if "xmlUrl" in stated and kind != "rss":
            self._walker.fault(outline, _SPEC, "outline with xmlUrl: not of type rss")
        if needed and len(outline):
            self._walker.fault(outline, _SPEC, f"outline of type {kind}: it has children")
        self._check_values(outline, stated)

    def _check_values(self, outline: Element, stated: dict[str, str]) -> None:
        faults = [url_fault(stated[name]) for name in sorted(_ADDRESSES & stated.keys())]
        faults.append(language_fault(stated.get("language", "en")))
        faults.append(rfc822_date(stated["created"])[1] if "created" in stated else "")
        for fault in faults:
            if fault:
                self._walker.fault(outline, _SPEC, f"outline: {fault}")
