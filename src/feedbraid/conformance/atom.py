"""Atom 1.0 (RFC 4287), archives (RFC 5005), and our own rules for both (N93..N99)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from feedbraid.conformance._links import Stated, check_alternates, check_feed_links, check_link
from feedbraid.conformance._markup import Bodies
from feedbraid.conformance._podcast import Podcast
from feedbraid.conformance._report import Fault, Report
from feedbraid.conformance._values import (
    EARLIEST,
    email_fault,
    iri_fault,
    is_blank,
    language_fault,
    rfc3339_fault,
    url_fault,
    words,
)
from feedbraid.conformance._xml import (
    ATOM,
    HISTORY,
    XML_BASE,
    XML_LANG,
    Check,
    Element,
    Found,
    Part,
    Shape,
    Walker,
    check_namespaces,
    check_no_stray_text,
    checked,
    shown,
)

_A_ID, _A_LINK, _A_AUTHOR, _A_ENTRY = f"{ATOM}id", f"{ATOM}link", f"{ATOM}author", f"{ATOM}entry"
_A_UPDATED, _A_PUBLISHED, _A_SOURCE = f"{ATOM}updated", f"{ATOM}published", f"{ATOM}source"
_A_TITLE, _A_SUMMARY, _A_CONTENT = f"{ATOM}title", f"{ATOM}summary", f"{ATOM}content"
_A_NAME, _A_GENERATOR = f"{ATOM}name", f"{ATOM}generator"
_ARCHIVE, _COMPLETE = f"{HISTORY}archive", f"{HISTORY}complete"

_TYPE = frozenset({"type"})
_CATEGORY = frozenset({"term", "scheme", "label"})
_GENERATOR = frozenset({"uri", "version"})
_LANGUAGE = frozenset({XML_LANG})
_NONE: frozenset[str] = frozenset()

_NO_TEXT = re.compile(r"<|&(?!#?\w+;)")
_NOT_OF_ENTRIES = words(
    "edit edit-media self service hub next prev previous first last current prev-archive next-archive"
)
"""What a source's server offers its own clients (N61)."""


def check(document: bytes) -> tuple[Fault, ...]:
    """List what is wrong with an Atom document."""
    return checked(document, f"{ATOM}feed", lambda report, root: _Atom(report).check(document, root))


class _Atom:
    """Checks one document, with each element looked at once."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._walker = walker = Walker(report)
        self._bodies = Bodies(report)
        self._podcast = Podcast(walker, report)
        self._ids: set[str] = set()
        self._newest = ""
        self._count = 0
        self._feed_has_author = True

        self._links: list[Stated] = []

        def link(element: Element) -> None:
            self._links.append(check_link(walker, element))

        def one(place: int, check_: Check) -> Part:
            return Part(place, single=True, check=check_)

        def many(place: int, check_: Check) -> Part:
            return Part(place, single=False, check=check_)

        self._person = Shape(
            "RFC 4287 3.2",
            {
                _A_NAME: one(1, self._plain),
                f"{ATOM}uri": one(2, self._uri),
                f"{ATOM}email": one(3, self._email),
            },
            (_A_NAME,),
        )
        self._source = Shape(
            "RFC 4287 4.2.11",
            {
                _A_ID: one(1, self._iri),
                _A_TITLE: one(2, self._text),
                f"{ATOM}subtitle": one(3, self._text),
                _A_UPDATED: one(4, self._date),
                _A_LINK: many(5, link),
                _A_AUTHOR: many(6, self._named),
                f"{ATOM}rights": one(7, self._text),
            },
            (_A_UPDATED,),
        )
        self._entry = Shape(
            "RFC 4287 4.1.2",
            {
                _A_ID: one(1, self._iri),
                _A_TITLE: one(2, self._text),
                _A_UPDATED: one(3, self._date),
                _A_PUBLISHED: one(4, self._date),
                _A_AUTHOR: many(5, self._named),
                _A_LINK: many(6, link),
                f"{ATOM}category": many(7, self._category),
                _A_SUMMARY: one(8, self._text),
                _A_CONTENT: one(9, self._content),
                f"{ATOM}rights": one(10, self._text),
                _A_SOURCE: one(11, self._of_source),
                **self._podcast.of_items,
            },
            (_A_ID, _A_TITLE, _A_UPDATED),
        )
        self._feed = Shape(
            "RFC 4287 4.1.1",
            {
                _A_ID: one(1, self._iri),
                _A_TITLE: one(2, self._text),
                f"{ATOM}subtitle": one(3, self._text),
                _A_UPDATED: one(4, self._date),
                _A_LINK: many(5, link),
                _A_AUTHOR: many(6, self._named),
                f"{ATOM}category": many(7, self._category),
                f"{ATOM}rights": one(8, self._text),
                f"{ATOM}icon": one(9, self._address),
                f"{ATOM}logo": one(10, self._address),
                _A_GENERATOR: one(11, self._generator),
                _ARCHIVE: one(12, self._mark),
                _COMPLETE: one(12, self._mark),
                **{name: part._replace(place=12) for name, part in self._podcast.of_channels.items()},
                _A_ENTRY: many(13, self._of_entry),
            },
            (_A_ID, _A_TITLE, _A_UPDATED, _A_LINK, _A_AUTHOR, _A_GENERATOR),
        )

    def check(self, document: bytes, root: Element) -> None:
        """Check the whole document."""
        check_namespaces(document, root, (), self._report)
        if "atom" in root.nsmap:
            self._walker.fault(root, "N93", "Atom elements have a prefix")
        for parents in (".", "a:entry", "a:entry/a:source"):
            check_no_stray_text(root, parents, "RFC 4287 4.1", self._report)
        self._feed_has_author = root.find(_A_AUTHOR) is not None
        self._check_language(root)
        links: list[Stated] = []
        self._links = links
        found = self._walker.walk(root, self._feed)
        marks = [name.rpartition("}")[2] for name in (_ARCHIVE, _COMPLETE) if name in found]
        check_feed_links(self._walker, root, links, "application/atom+xml", marks)
        if not any(link.get("rel") == "alternate" for link in links):
            self._walker.fault(root, "N77", "feed: no alternate link")
        self._podcast.check_show(document, root, found)
        updated = root.findtext(_A_UPDATED)
        if self._newest and updated != self._newest:
            self._walker.fault(root, "N24", f"feed: updated {updated} is not that of its newest entry")

    # --- entries

    def _of_entry(self, entry: Element) -> None:
        self._count += 1
        self._report.place = f"entry {self._count}: "
        self._check_language(entry)
        links: list[Stated] = []
        self._links = links
        found = self._walker.walk(entry, self._entry)
        self._check_identity(found)
        self._check_links(entry, links, has_content=_A_CONTENT in found)
        if _A_CONTENT not in found and _A_SUMMARY not in found:
            self._walker.fault(entry, "N40", "no text")
        if not (self._feed_has_author or _A_AUTHOR in found or _has_author(found.get(_A_SOURCE))):
            self._walker.fault(entry, "RFC 4287 4.1.2", "no author, in its source and the feed neither")
        self._check_dates(entry, found)
        self._report.place = ""

    def _check_identity(self, found: Found) -> None:
        for element in found.get(_A_ID, ()):
            text = element.text or ""
            if text in self._ids:
                self._walker.fault(element, "N8", f"entry id occurs twice: {text}")
            self._ids.add(text)

    def _check_links(self, entry: Element, links: list[Stated], *, has_content: bool) -> None:
        relations = [link.get("rel", "") for link in links]
        if len(links) > 1:
            check_alternates(self._walker, entry, links)
            self._check_enclosures(entry, [link for link in links if link.get("rel") == "enclosure"])
        unfit = _NOT_OF_ENTRIES.intersection(relations)
        if unfit:
            self._walker.fault(entry, "N61", f"link to {', '.join(sorted(unfit))}")
        if not has_content and "alternate" not in relations:
            self._walker.fault(entry, "RFC 4287 4.1.2", "neither content nor an alternate link")

    def _check_enclosures(self, entry: Element, files: list[Stated]) -> None:
        if any("type" not in file for file in files):
            self._walker.fault(entry, "N63", "enclosure without type")
        if len({file.get("href") for file in files}) < len(files):
            self._walker.fault(entry, "N65", "an enclosure twice")

    def _check_dates(self, entry: Element, found: Found) -> None:
        updated = _text_of(found, _A_UPDATED)
        self._newest = max(self._newest, updated)
        published = _text_of(found, _A_PUBLISHED) or updated
        if published > updated:
            self._walker.fault(entry, "N21", "published after updated")
        if _A_SOURCE in found and min(published, updated)[:4] < EARLIEST:
            self._walker.fault(entry, "N20", f"a source's date before {EARLIEST}")

    def _of_source(self, source: Element) -> None:
        self._check_language(source)
        outer, self._links = self._links, []
        self._walker.walk(source, self._source)
        check_alternates(self._walker, source, self._links)
        self._links = outer

    # --- constructs

    def _check_language(self, element: Element) -> None:
        stated = element.keys()
        if stated:
            if XML_BASE in stated:
                self._walker.fault(element, "N97", f"{shown(element.tag)}: xml:base")
            elif not _LANGUAGE.issuperset(stated):
                self._walker.fault(element, "RFC 4287 2", f"{shown(element.tag)}: attributes beside xml:lang")
            self._walker.attribute(element, XML_LANG, "RFC 4287 2", language_fault)

    def _iri(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 4287 4.2.6", iri_fault)

    def _date(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 4287 3.3", rfc3339_fault)

    def _address(self, leaf: Element) -> None:
        self._walker.value(leaf, "N56", url_fault)

    def _plain(self, leaf: Element) -> None:
        self._walker.text_of(leaf, "RFC 4287 3.2.1")

    def _uri(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 4287 3.2.2", url_fault)

    def _email(self, leaf: Element) -> None:
        self._walker.value(leaf, "RFC 4287 3.2.3", email_fault)

    def _named(self, person: Element) -> None:
        self._check_language(person)
        self._walker.walk(person, self._person)

    def _text(self, text: Element) -> None:
        """Ask for text that nobody can misread (RFC 4287 3.1, N96)."""
        value, kind = self._walker.text_of(text, "RFC 4287 3.1", _TYPE), text.get("type")
        if kind is None or kind == "text":
            if "<" in value or "&" in value:
                self._walker.fault(text, "N96", f"{shown(text.tag)}: a reader could take its text for markup")
        elif kind != "html":
            self._walker.fault(text, "RFC 4287 3.1.1", f"{shown(text.tag)}: type {kind!r}")
        elif _NO_TEXT.search(value):
            self._walker.fault(text, "N96", f"{shown(text.tag)}: its HTML is no escaped text")

    def _content(self, content: Element) -> None:
        body = self._walker.text_of(content, "RFC 4287 4.1.3", _TYPE)
        if content.get("type") != "html":
            self._walker.fault(content, "N39", "content is not of type html")
        else:
            self._bodies.check(content.sourceline or 0, "content", body)

    def _category(self, category: Element) -> None:
        self._walker.only_attributes(category, "RFC 4287 4.2.2", _CATEGORY)
        if is_blank(category.get("term")):
            self._walker.fault(category, "N70", "category: no term")
        if is_blank(category.get("label", "x")):
            self._walker.fault(category, "RFC 4287 4.2.2.3", "category: empty label")
        self._walker.attribute(category, "scheme", "N71", iri_fault)

    def _generator(self, generator: Element) -> None:
        self._walker.text_of(generator, "RFC 4287 4.2.4", _GENERATOR)
        self._walker.attribute(generator, "uri", "RFC 4287 4.2.4", url_fault)

    def _mark(self, mark: Element) -> None:
        self._walker.only_attributes(mark, "RFC 5005 4", _NONE)


def _text_of(found: Found, name: str) -> str:
    return found[name][0].text or "" if name in found else ""


def _has_author(sources: Sequence[Element] | None) -> bool:
    return any(source.find(_A_AUTHOR) is not None for source in sources or ())
