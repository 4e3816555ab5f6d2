"""XML documents: how they are read, and how their elements are walked through."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from lxml import etree

from feedbraid.conformance._report import Fault, Report

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
HISTORY = "{http://purl.org/syndication/history/1.0}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"

NAMESPACES = {
    "atom": ATOM,
    "content": CONTENT,
    "dc": DC,
    "fh": HISTORY,
    "itunes": ITUNES,
    "media": MEDIA,
}
"""The extensions that are written, by the prefix that readers expect: some look for the prefix alone."""

Element = Any
"""An element of lxml, which has no types of its own."""

Check = Callable[[Element], None]
Found = Mapping[str, list[Element]]
"""The children of an element by their names."""

_HEAD = re.compile(
    rb'<\?xml version="1\.0" encoding="utf-8"\?>\n'
    rb'(?:<\?xml-stylesheet (?=[^<>]* ?type="text/css")(?=[^<>]* href="[^"<>]+")[^<>]+\?>\n)?<[A-Za-z]'
)
_BOM = b"\xef\xbb\xbf"
_UNWANTED = (
    (b"\r", "N35", "a carriage return"),
    (b"&#13;", "N35", "a carriage return"),
    (b"<![CDATA[", "N102", "a CDATA section"),
)
"""A text has no unescaped angle, so these stand for what they are."""
_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")


class Part(NamedTuple):
    """What an element may hold: one kind of child."""

    place: int
    """Children stand in the order of these numbers; those of 0 stand anywhere."""
    single: bool
    check: Check


class Shape(NamedTuple):
    """What an element has to hold, and where that is said."""

    rule: str
    parts: Mapping[str, Part]
    required: tuple[str, ...]


def read(document: bytes, root_name: str, report: Report) -> Element | None:
    """Read a document strictly; None when the rest can not be checked."""
    _check_bytes(document, report)
    # Blank text is left out, since it says nothing: `check_no_stray_text` finds the other. Bodies may be huge.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        collect_ids=False,
        remove_blank_text=True,
    )
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        report.add(error.lineno or 0, "XML 1.0", str(error.msg))
        return None
    if root.getroottree().docinfo.doctype:
        report.add(1, "N98", "a DOCTYPE")
    if root.tag != root_name:
        report.add(root.sourceline or 0, "XML 1.0", f"the root is {root.tag}, not {root_name}")
        return None
    return root


def checked(document: bytes, root_name: str, check: Callable[[Report, Element], None]) -> tuple[Fault, ...]:
    """List what is wrong with a document, `check` looking at what is below its root."""
    report = Report()
    root = read(document, root_name, report)
    if root is not None:
        check(report, root)
    return report.result()


def _check_bytes(document: bytes, report: Report) -> None:
    """Ask for what can be seen without reading (N98, N102, N123)."""
    if document.startswith(_BOM):
        report.add(1, "N123", "a byte order mark")
    elif not _HEAD.match(document):
        report.add(1, "N123", "does not begin with our declaration, a style sheet at most, and the root")
    if not document.endswith(b">\n") or document.endswith(b"\n\n"):
        report.add(0, "N123", "does not end with the root and a line feed")
    for sign, rule, text in _UNWANTED:
        at = document.find(sign)
        if at >= 0:
            report.add(line_at(document, at), rule, text)
    found = None if document.isascii() else _CONTROL.search(document)
    if found:
        report.add(line_at(document, found.start()), "N35", "a control character between U+0080 and U+009F")


def line_at(document: bytes, at: int) -> int:
    """Give the line of an offset, from 1."""
    return document.count(b"\n", 0, at) + 1


def check_no_stray_text(root: Element, parents: str, rule: str, report: Report) -> None:
    """Ask for white space alone between the children of elements that hold no text; `parents` is an XPath."""
    for text in root.xpath(f"{parents}/text()[normalize-space()]", namespaces=_PREFIXES):
        report.add(text.getparent().sourceline, rule, f"text where only elements stand: {text.strip()[:40]!r}")


_PREFIXES = {"a": ATOM.strip("{}")}


def check_namespaces(document: bytes, root: Element, fixed: tuple[str, ...], report: Report) -> None:
    """Ask for the namespaces that we know under their usual prefixes, none of them unused (N93, N100)."""
    for prefix, uri in root.nsmap.items():
        if prefix is None:  # the name of the root has told that one
            continue
        if NAMESPACES.get(prefix) != f"{{{uri}}}":
            report.add(root.sourceline, "N93", f"prefix {prefix} for the namespace {uri}")
        elif prefix not in fixed and f"<{prefix}:".encode() not in document:
            report.add(root.sourceline, "N93", f"namespace {prefix} is declared and not used")


def local_name(element: Element) -> str:
    """Give the name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def shown(name: str) -> str:
    """Write a name with its usual prefix."""
    for prefix, uri in NAMESPACES.items():
        if name.startswith(uri) and uri != ATOM:
            return f"{prefix}:{name.removeprefix(uri)}"
    return name.removeprefix(ATOM)


class Walker:
    """Goes through elements by their shapes."""

    __slots__ = ("report",)

    def __init__(self, report: Report) -> None:
        self.report = report

    def fault(self, element: Element, rule: str, text: str) -> None:
        """Report something about an element."""
        self.report.add(element.sourceline or 0, rule, text)

    def walk(self, parent: Element, shape: Shape) -> Found:
        """Check the children of an element, one after the other; give them by name."""
        rule, parts, required = shape
        found: dict[str, list[Element]] = {}
        reached = 0
        for child in parent:
            tag = child.tag
            part = parts.get(tag)
            if part is None:
                self._unexpected(parent, child, rule)
                continue
            place, single, check = part
            if place:
                if place < reached:
                    self.fault(
                        child, "N94", f"{shown(tag)} stands too late in {local_name(parent)} (N94, N95, N105)"
                    )
                reached = place
            if tag not in found:
                found[tag] = [child]
            else:
                found[tag].append(child)
                if single:
                    self.fault(child, rule, f"{local_name(parent)}: more than one {shown(tag)}")
            check(child)
        for tag in required:
            if tag not in found:
                self.fault(parent, rule, f"{local_name(parent)}: no {shown(tag)}")
        return found

    def _unexpected(self, parent: Element, child: Element, rule: str) -> None:
        if isinstance(child.tag, str):
            self.fault(child, rule, f"unexpected {shown(child.tag)} in {local_name(parent)}")
        else:
            self.fault(child, "N98", f"a comment or instruction in {local_name(parent)}")

    # --- leaves

    def text_of(self, leaf: Element, rule: str, attributes: frozenset[str] = frozenset()) -> str:
        """Give the text of an element that has nothing but text; report what else it has, and its lack."""
        stated = leaf.keys()
        if stated and not attributes.issuperset(stated):
            self.fault(leaf, rule, f"{shown(leaf.tag)}: unexpected attribute {', '.join(stated)}")
        if len(leaf):
            self.fault(leaf, rule, f"{shown(leaf.tag)}: it has child elements")
        text: str = leaf.text or ""
        if not text or text.isspace():
            self.fault(leaf, rule, f"{shown(leaf.tag)}: empty")
        return text

    def value(self, leaf: Element, rule: str, fault_of: Callable[[str | None], str]) -> None:
        """Check the text of a leaf by a function that names its fault."""
        text = self.text_of(leaf, rule)
        fault = fault_of(text) if text else ""
        if fault:
            self.fault(leaf, rule, f"{shown(leaf.tag)}: {fault}")

    def attribute(self, element: Element, name: str, rule: str, fault_of: Callable[[str | None], str]) -> None:
        """Check an attribute, if it is there."""
        stated = element.get(name)
        fault = "" if stated is None else fault_of(stated)
        if fault:
            self.fault(element, rule, f"{shown(element.tag)}: {name} {fault}")

    def only_attributes(self, element: Element, rule: str, allowed: frozenset[str]) -> None:
        """Report what an element that has attributes alone has beside the allowed ones."""
        stated = element.keys()
        if not allowed.issuperset(stated):
            names = ", ".join(sorted(set(stated) - allowed))
            self.fault(element, rule, f"{shown(element.tag)}: unexpected attribute {names}")
        if len(element) or element.text:
            self.fault(element, rule, f"{shown(element.tag)}: it is not empty")
