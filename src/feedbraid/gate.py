"""What stands between the network and the parser: bytes are let in as harmless text, or refused with a reason.

The parser library is slow, hangs or dies on small hostile documents. So it gets UTF-8 text with nothing in front
of the root: no declaration, no DOCTYPE, no entities, and within bounds for depth and counts. What can be repaired
without guessing is repaired, and each repair is noted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from html import escape
from html.entities import html5
from typing import Literal
from xml.parsers import expat

from feedbraid.bounds import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_ELEMENTS_PER_ITEM, MAX_ITEMS
from feedbraid.charset import decode, utf8_of
from feedbraid.model import Note
from feedbraid.nouns import dataclass
from feedbraid.prolog import BLANK, FORBIDDEN, Refusal, character, read_prolog
from feedbraid.text import counted

MAX_ENTITY_GROWTH = 1_000_000
"""By how many characters all entity references together may make the document longer."""

_ITEMS = frozenset({"item", "entry"})
_LOUD = frozenset({"RSS", "FEED"})
_BINARY = (b"\x1f\x8b", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"%PDF", b"\x7fELF", b"RIFF", b"BZh")
_BINARY_DATA = "this is binary data, not a feed"

_CDATA = "<![CDATA["
_SECTION = re.compile(r"<!\[CDATA\[|<!--")
_SECTION_END = {_CDATA: "]]>", "<!--": "-->"}
_OPENED_CDATA = re.compile(r"<([\w.:-]+)(?:\s[^<>]*)?>\s*")
_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(#[0-9]+;|#[xX][0-9A-Fa-f]+;|[A-Za-z_][\w.-]*;)?")

_TAG = re.compile(r"<([A-Za-z_][^\s/<>]*)([^<>]*)")
_CUT = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A document that may be parsed: UTF-8, and for XML nothing but the root element."""

    body: bytes
    kind: Literal["xml", "json"]
    notes: tuple[Note, ...] = ()
    complete: bool = True
    """False when the document was cut: what stands after its last whole item is gone then."""
    well_formed: bool = True
    """False when no repair helped: only a forgiving parser can read it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that is no feed, or a dangerous one, and which."""

    reason: str


def admit(body: bytes, content_type: str = "", url: str = "") -> Admitted | Refused:
    """Judge a document by its bytes, its Content-Type header and its final URL (for addresses it mentions).

    Takes time in proportion to the document, and raises nothing.
    """
    if not body.strip(b" \t\r\n\x00"):
        return Refused("the body is empty")
    if body.startswith(_BINARY):
        return Refused(_BINARY_DATA)
    decoded = decode(body, content_type)
    if decoded is None:
        binary = b"\x00" in body
        return Refused(_BINARY_DATA if binary else "its character set is not stated and can not be guessed")
    notes = [Note("RFC 7303", decoded.warning)] if decoded.warning else []
    text, removed = FORBIDDEN.subn("", decoded.text)
    if removed:
        words = ("character that XML forbids was removed", "characters that XML forbids were removed")
        notes.append(Note("N35", counted(removed, *words)))
    if text.lstrip(BLANK).startswith(("{", "[")):
        return Admitted(body=text.encode(), kind="json", notes=tuple(notes))
    try:
        return _admit_xml(text, notes, url)
    except Refusal as refusal:
        binary = removed * 20 > len(text)
        return Refused(_BINARY_DATA if binary else str(refusal))


def root_of_plain(body: bytes, content_type: str = "") -> bytes | None:
    """Give the root element of a document which `admit` would let pass as it is, if only it is well-formed.

    That is an XML document in UTF-8 with nothing odd in front of its root. None when it may be another one. Bounds
    are not looked at.
    """
    data = utf8_of(body, content_type)
    if data is None or _LONG_REFERENCE.search(data) or _has_section_in_section(data):
        return None
    beginning = data[:_BEGINNING].decode("utf-8", "ignore")
    try:
        prolog = read_prolog(beginning)
    except Refusal:
        return None
    front = beginning[: prolog.root]
    start = len(front.encode())
    odd = prolog.junk or prolog.name in _LOUD or FORBIDDEN.search(front) or not data.startswith(front.encode())
    return None if odd else data[start:]


_BEGINNING = 4096
"""Bytes in which the root of a plain document begins."""

_LONG_REFERENCE = re.compile(rb"&#(?:[0-9]{10}|x[0-9A-Fa-f]{9})")
"""To a character: XML allows any number of zeros, `character` does not."""


def _has_section_in_section(data: bytes) -> bool:
    """Tell whether a CDATA section may have no end of its own."""
    mark = _CDATA.encode()
    found = data.find(mark)
    while found >= 0:
        following = data.find(mark, found + len(mark))
        end = data.find(b"]]>", found)
        if end < 0 or 0 <= following < end:
            return True
        found = following
    return False


def _admit_xml(text: str, notes: list[Note], url: str) -> Admitted:
    prolog = read_prolog(text, url)
    if prolog.junk:
        notes.append(Note("XML 2.8", "text in front of the document was ignored"))
    if prolog.name in _LOUD:
        notes.append(Note("XML 2.3", "its names are in capitals, which are others; they were read all the same"))
    root = _references(_close_cdata(text[prolog.root :], notes), prolog.entities, notes)
    body, whole = root.encode(), _Whole()
    try:
        _run_expat(body, whole)
    except expat.ExpatError as error:
        if whole.root_end >= 0:
            notes.append(Note("XML 2.1", "text after the end of the document was ignored"))
            body = body[: body.find(b">", whole.root_end) + 1]
            return Admitted(body=body, kind="xml", notes=tuple(notes))
        if error.code in _CUT:
            return _admit_cut(body, whole, notes)
        return _admit_damaged(root, body, prolog.name, notes)
    return Admitted(body=body, kind="xml", notes=tuple(notes))


# --- the text of the root ---------------------------------------------------------------------------------


def _close_cdata(text: str, notes: list[Note]) -> str:
    """End each CDATA section that has no end before its element does, so that it costs that element only."""
    pieces, done, closed = [], 0, 0
    ends = dict.fromkeys(_SECTION_END.values(), 0)
    while found := _SECTION.search(text, done):
        mark = _SECTION_END[found.group()]
        if 0 <= ends[mark] < found.end():
            ends[mark] = text.find(mark, found.end())
        end = ends[mark]
        own = _own_end(text, found.start(), end) if found.group() == _CDATA else -1
        if own < 0 and end < 0:
            break
        pieces.append(text[done : end if own < 0 else own])
        done = end if own < 0 else own
        if own >= 0:
            pieces.append("]]>")
            closed += 1
    if not closed:
        return text
    words = ("CDATA section without an end was closed", "CDATA sections without an end were closed")
    notes.append(Note("XML 2.7", counted(closed, *words)))
    return "".join([*pieces, text[done:]])


def _own_end(text: str, start: int, end: int) -> int:
    """Give where the element ends whose CDATA section is open at `start`; -1 when the section ends itself.

    `end` is the next end of a section. It is the end of another one, if that begins in between, behind the
    element.
    """
    inner = text.find(_CDATA, start + len(_CDATA), end) if end >= 0 else len(text)
    tag = text.rfind("<", max(0, start - 500), start) if inner >= 0 else -1
    opened = _OPENED_CDATA.fullmatch(text, tag, start) if tag >= 0 else None
    return text.find(f"</{opened.group(1)}>", start, inner) if opened else -1


def _references(text: str, entities: dict[str, str], notes: list[Note]) -> str:
    """Replace entities and HTML names, escape bare ampersands, drop references to forbidden characters."""
    mended = Counter[str]()

    def replaced(found: re.Match[str]) -> str:
        reference = found.group(1) or ""
        if reference.startswith("#"):
            mended["forbidden"] += not character(reference)
            return found.group() if character(reference) else ""
        value = entities.get(reference[:-1])
        if value is None:
            value = html5.get(reference)
            mended["bare" if value is None else "named"] += 1
        if value is None:
            return f"&amp;{reference}"
        mended["growth"] += max(0, len(value) - len(found.group()))
        if mended["growth"] > MAX_ENTITY_GROWTH:
            raise Refusal("its entities make it grow too much (an entity bomb)")
        return escape(value, quote=False)

    pieces, done = [], 0
    for start, end in _sections(text):
        pieces += [_REFERENCE.sub(replaced, text[done:start]), text[start:end]]
        done = end
    pieces.append(_REFERENCE.sub(replaced, text[done:]))
    notes += (Note("XML 4.1", counted(mended[kind], *words)) for kind, words in _MENDED.items() if mended[kind])
    return "".join(pieces)


_MENDED = {
    "bare": ("ampersand was escaped", "ampersands were escaped"),
    "named": ("HTML name of a character was read", "HTML names of characters were read"),
    "forbidden": ("forbidden reference was removed", "forbidden references were removed"),
}


def _sections(text: str) -> Iterator[tuple[int, int]]:
    """Give where CDATA sections and comments begin and end: in them "&" means nothing."""
    done, endless = 0, set[str]()
    while found := _SECTION.search(text, done):
        mark = _SECTION_END[found.group()]
        end = -1 if mark in endless else text.find(mark, found.end())
        if end < 0:
            endless.add(mark)
            done = found.end()
            continue
        done = end + 3
        yield found.start(), done


# --- bounds -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Bounds:
    """Counts while elements open and close; raises at the first bound that is passed."""

    elements: int = 0
    items: int = 0
    in_item: int = 0
    open: list[str] = field(default_factory=list)

    def element(self, name: str, attributes: int) -> None:
        self.elements += 1
        self.in_item += 1
        if _is_item(name):
            self.items += 1
            self.in_item = 0
        if self.elements > MAX_ELEMENTS:
            raise Refusal(f"it has over {MAX_ELEMENTS} elements")
        if self.items > MAX_ITEMS:
            raise Refusal(f"it has over {MAX_ITEMS} items")
        if self.items and self.in_item > MAX_ELEMENTS_PER_ITEM:
            raise Refusal(f"an item of it has over {MAX_ELEMENTS_PER_ITEM} elements")
        if attributes > MAX_ATTRIBUTES:
            raise Refusal(f"an element of it has over {MAX_ATTRIBUTES} attributes")

    def deeper(self, name: str) -> None:
        self.open.append(name)
        if len(self.open) > MAX_DEPTH:
            raise Refusal(f"its elements are nested over {MAX_DEPTH} deep")


@dataclass(slots=True)
class _Whole:
    """How far a document is well-formed: where its last item and its root end, in bytes."""

    root_end: int = -1
    item_end: int = -1
    ancestors: tuple[str, ...] = ()


def _is_item(name: str) -> bool:
    return name.rpartition(":")[2].lower() in _ITEMS


def _run_expat(body: bytes, whole: _Whole) -> None:
    bounds = _Bounds()
    parser = expat.ParserCreate("UTF-8")
    parser.ordered_attributes = True

    def start(name: str, attributes: list[str]) -> None:
        bounds.element(name, len(attributes) // 2)
        bounds.deeper(name)

    def end(name: str) -> None:
        bounds.open.pop()
        if _is_item(name) and not any(map(_is_item, bounds.open)):
            whole.item_end, whole.ancestors = parser.CurrentByteIndex, tuple(bounds.open)
            bounds.in_item = 0
        if not bounds.open:
            whole.root_end = parser.CurrentByteIndex

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.Parse(body, True)  # noqa: FBT003  # the parser takes nothing else


def _admit_damaged(root: str, body: bytes, name: str, notes: list[Note]) -> Admitted:
    """Count tags in the text, because the document can not be followed to its end."""
    bounds = _Bounds()
    for tag in _TAG.finditer(root):
        bounds.element(tag.group(1), tag.group(2).count("="))
    return Admitted(body=body, kind="xml", notes=tuple(notes), complete=f"</{name}" in root, well_formed=False)


def _admit_cut(body: bytes, whole: _Whole, notes: list[Note]) -> Admitted:
    """Keep all up to the end of the last whole item, and close what is open around it."""
    if whole.item_end < 0:
        raise Refusal("the document is cut before the end of its first item")
    notes.append(Note("XML 2.1", "the document is cut: the item that was open is left out"))
    kept = body[: body.find(b">", whole.item_end) + 1]
    closing = "".join(f"</{name}>" for name in reversed(whole.ancestors))
    return Admitted(body=kept + closing.encode(), kind="xml", notes=tuple(notes), complete=False)
