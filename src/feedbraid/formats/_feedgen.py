"""The only module that knows feedgen, and the XML tree it builds.

feedgen makes the elements. What it gets wrong, or can not write, is put right by a repair of ours: an extension,
which feedgen hands each element that it has finished. `tests/test_feedgen.py` pins every defect that is repaired,
so that a release of feedgen which behaves in another way is noticed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from html import escape
from itertools import chain
from operator import itemgetter
from typing import Any

from lxml import etree

Element = Any
"""An element of lxml, which has no types of its own."""

Repair = Callable[[Element], None]

DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
"""The very first bytes of every document (N123); feedgen's own declaration has other quotes and letters."""

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def _lines_of(elements: bytes) -> re.Pattern[bytes]:
    """Find the lines that begin with elements and have references: no line of a text begins with an angle."""
    return re.compile(rb"\n<(?:" + elements + rb")[^&\n]*+&[^\n]*+")


_IN_ATOM = _lines_of(rb"(?:link|category|author)\b|(?:title|subtitle|rights|summary)>")
_IN_ITEMS = _lines_of(rb"title>|category\b|source\b|dc:(?:creator|rights)>|itunes:")
_IN_CHANNEL = _lines_of(rb"(?:title|description|copyright|dc:creator|image)>|atom:link\b|itunes:")
"""Where plain text stands. What has type html in Atom, and the description of an RSS item, is no plain text."""


class _Extension:
    """What feedgen asks for namespaces, and calls with a finished element."""

    __slots__ = ("namespaces", "repair")

    def __init__(self) -> None:
        self.repair: Repair = _leave
        self.namespaces: Mapping[str, str] = {}

    def extend_ns(self) -> dict[str, str]:
        return dict(self.namespaces)

    def extend_atom(self, element: Element) -> Element:
        self.repair(element)
        return element

    extend_rss = extend_atom


def _leave(element: Element) -> None:
    """Repair nothing."""


NOTHING: Mapping[str, Repair] = {}
_RANK = itemgetter(0)


def new_feed(repair: Repair, namespaces: Mapping[str, str]) -> Any:  # noqa: ANN401  # feedgen has no types
    """Make feedgen's feed; `repair` gets the root before any entry is in it, `namespaces` go to the root (N93)."""
    from feedgen.feed import FeedGenerator  # noqa: PLC0415  # a run in which nothing changed does without (D23)

    generator = FeedGenerator()
    generator.register_extension("feedbraid", _Extension, _Extension)
    generator.feedbraid.repair = repair
    generator.feedbraid.namespaces = namespaces
    # feedgen stamps the clock here, and writes it by switching the locale of the whole process and back, which
    # is not safe beside threads. Without a date it does neither; the RSS writer adds the element.
    generator._FeedGenerator__rss_lastBuildDate = None  # noqa: SLF001  # there is no public way
    return generator


def new_entry(generator: Any, repair: Repair) -> Any:  # noqa: ANN401  # feedgen has no types
    """Add an entry after the others, where feedgen would put it before them; `repair` gets its element."""
    entry = generator.add_entry(order="append")
    entry.feedbraid.repair = repair
    return entry


def atom_bytes(generator: Any, stylesheet: str = "") -> bytes:  # noqa: ANN401  # feedgen has no types
    """Write the feed as Atom, in UTF-8 without BOM, after our declaration (N123).

    `stylesheet` is the address of a CSS file for browsers that show XML, or empty (N126).
    """
    xml: bytes = generator.atom_str(xml_declaration=False)
    return _document(stylesheet, xml, _IN_ATOM.finditer(xml))


def rss_bytes(generator: Any, stylesheet: str = "") -> bytes:  # noqa: ANN401  # feedgen has no types
    """Write the feed as RSS, under the same rules as `atom_bytes`."""
    xml: bytes = generator.rss_str(xml_declaration=False)
    items = xml.find(b"\n<item>")
    head = items if items >= 0 else len(xml)
    return _document(stylesheet, xml, chain(_IN_CHANNEL.finditer(xml, 0, head), _IN_ITEMS.finditer(xml, head)))


def _document(stylesheet: str, xml: bytes, plain: Iterable[re.Match[bytes]]) -> bytes:
    """Put the prolog before a document, which may be large and is copied once, and repair its plain texts.

    lxml can not write hexadecimal references, which no reader takes for markup (N101).
    """
    whole, end = memoryview(xml), 0
    parts: list[bytes | memoryview] = [_prolog(stylesheet)]
    for found in plain:
        parts += whole[end : found.start()], _with_hexadecimal_references(found[0])
        end = found.end()
    return b"".join([*parts, whole[end:]])


def _with_hexadecimal_references(line: bytes) -> bytes:
    return line.replace(b"&amp;", b"&#x26;").replace(b"&lt;", b"&#x3C;").replace(b"&gt;", b"&#x3E;")


def _prolog(stylesheet: str) -> bytes:
    """Name the style sheet right after the declaration: feedgen writes no instructions.

    Its address is escaped as in an attribute, so that a `?>` in it does not end the instruction.
    """
    if not stylesheet:
        return DECLARATION
    href = escape(stylesheet, quote=False).replace('"', "&quot;")
    return DECLARATION + f'<?xml-stylesheet type="text/css" href="{href}"?>\n'.encode()


# --- elements ---------------------------------------------------------------------------------------------


def element(tag: str) -> Element:
    """Make an element without a parent."""
    return etree.Element(tag)


def add(parent: Element, tag: str, text: str = "", attributes: Mapping[str, str] | None = None) -> Element:
    """Append a child; attributes that are empty are left out."""
    stated = {name: value for name, value in attributes.items() if value} if attributes else None
    child = etree.SubElement(parent, tag, stated)
    if text:
        child.text = text
    return child


def put(parent: Element, tag: str, text: str) -> None:
    """Set the text of the only child of that name, or append one."""
    child = parent.find(tag)
    if child is None:
        child = etree.SubElement(parent, tag)
    child.text = text


def rank(*tags: str) -> Mapping[str, int]:
    """Number tags for `lay_out`."""
    return {tag: place for place, tag in enumerate(tags)}


def lay_out(element: Element, order: Mapping[str, int], mend: Mapping[str, Repair] = NOTHING) -> None:
    """Sort the children by tag, equal ones as they stand; each ends its line, as does the element (N99, N123).

    `mend` says what to do with the children of a tag on the way, in the order in which they were added.
    """
    ranked = []
    for child in element:
        tag = child.tag
        if tag in mend:
            mend[tag](child)
        child.tail = "\n"
        ranked.append((order[tag], child))
    ranked.sort(key=_RANK)
    element[:] = [child for _, child in ranked]
    element.text = element.tail = "\n"


# --- reading our own documents ----------------------------------------------------------------------------


def texts_at(document: bytes, root: str, path: str) -> tuple[str, ...]:
    """Give the texts of the elements at a path below the root, in the order of the document.

    Raises ValueError when it is not well-formed, has a DOCTYPE (N98), or its root is another element.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        tree = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not well-formed: {error}") from error
    if tree.getroottree().docinfo.doctype:
        raise ValueError("it has a DOCTYPE")
    if tree.tag != root:
        raise ValueError(f"its root is {tree.tag}, not {root}")
    return tuple(_texts(tree.iterfind(path)))


def _texts(elements: Iterable[Element]) -> Iterable[str]:
    return (element.text or "" for element in elements)
