"""The facts of a sound RSS or Atom document in one pass, as the library behind `xmlfacts` would give them.

Only elements whose meaning is certain are known here: where each may stand, and what the library makes of it.
Whatever else a document has makes it `Unknown`, and the library reads it. Both give the same facts; tests compare
them over everything that is known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin
from xml.parsers import expat

from feedbraid.bounds import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_ELEMENTS_PER_ITEM, MAX_ITEMS
from feedbraid.quicknames import (
    HANDLED,
    MIXED_UP,
    NAMESPACES,
    NETSCAPE,
    NO_PREFIX,
    RDF,
    VERSIONS,
    XLINK,
    XML,
    is_harmless,
)
from feedbraid.xmlfacts import (
    ARTIST,
    ASIDE,
    BASE,
    CLOSED,
    COVER,
    DAYS,
    ENCLOSURES,
    HOURS,
    LANGUAGE,
    MAX_CATEGORIES,
    MOST_SKIPPED,
    OWNER,
    PERMALINK,
    SUBJECTS,
    Document,
    Facts,
)


class Unknown(Exception):  # noqa: N818  # no fault: the other reader reads it
    """The document has something whose facts only the library can tell; carries what."""


def read_sound_facts(root: bytes, url: str) -> Document:
    """Read a root element in UTF-8. Raises Unknown when it has anything that is not known here for certain."""
    reader = _Reader(root, url)
    parser = expat.ParserCreate("UTF-8", " ")
    parser.namespace_prefixes = True
    parser.buffer_text = True
    parser.buffer_size = _BUFFER
    parser.StartNamespaceDeclHandler = reader.namespace
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.pieces.append
    parser.ProcessingInstructionHandler = reader.instruction
    try:
        parser.Parse(root, True)  # noqa: FBT003  # the parser takes nothing else
    except expat.ExpatError as error:
        raise Unknown(f"not well-formed: {error}") from error
    return Document(reader.version, reader.channel, reader.entries, BASE in reader.channel)


_BUFFER = 64 * 1024

# --- text and addresses -----------------------------------------------------------------------------------

_LARGER_SIGNS = {
    0x80 + place: sign
    for place, sign in enumerate(bytes(range(0x80, 0xA0)).decode("cp1252", "replace"))
    if sign != "\ufffd"
}
_SMALL_SIGNS = re.compile(rb"\xc2[\x80-\x9f]")
_SMALL_REFERENCES = re.compile(rb"&#(?:0*1[2-5][0-9]|x0*[89][0-9A-Fa-f]);")
"""Characters that the library takes for those of windows-1252."""


def _may_have_small_signs(root: bytes) -> bool:
    # The first test takes next to no time, and is the last one for most documents.
    return bool((b"\xc2" in root and _SMALL_SIGNS.search(root)) or _SMALL_REFERENCES.search(root))


def _mended(text: str) -> str:
    """Do what the library does to UTF-8 that was taken for Latin-1 and encoded again."""
    try:
        mended = text.encode("latin-1").decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
    return mended.translate(_LARGER_SIGNS)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace(">", "&gt;").replace("<", "&lt;")


def _is_plain(url: str) -> bool:
    """Tell whether an address stays the same when it is joined to itself, as the library does all the time."""
    return not url or (_USUAL.match(url) is not None and _joined(url, url) == url)


_USUAL = re.compile("https?://[^/]")


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError as error:
        raise Unknown("an address that can not be read") from error


# --- the reader -------------------------------------------------------------------------------------------

_Attributes = dict[str, str]
_Open = Callable[["_Reader", _Attributes], None]
_Close = Callable[["_Reader"], object]


class _Place(dict[str, _Open]):
    """What may stand inside of an element: how it begins, by its name."""

    others: bool
    """Whether elements without a meaning may stand there, too."""
    textless: bool
    """Whether text beside the elements would mean something."""

    def __init__(self, *, others: bool = False, textless: bool = False) -> None:
        super().__init__()
        self.others, self.textless = others, textless


class _Reader:
    """Follows one document from element to element."""

    def __init__(self, root: bytes, url: str) -> None:
        if not _is_plain(url):
            raise Unknown("an address of the document that is not in its usual form")
        self.document = self.base = url
        self.may_have_small_signs = _may_have_small_signs(root)
        self.version = ""
        self.channel: Facts = {}
        self.entries: list[Facts] = []
        self.facts = self.channel
        self.pieces: list[str] = []
        self.place: _Place = _DOCUMENT
        self.close: _Close = _nothing
        self.language: str | None = None
        self.tag = self.key = ""
        self.detail: Facts = {}
        self.escaped = 0
        """How many of the pieces of a text of XHTML are markup already."""
        self.title_is_settled = self.has_content = self.is_atom = False
        self.depths: dict[str, int] = {}
        self.tags_seen: set[tuple[str | None, str | None, str | None]] = set()
        self.subjects: list[str] = []
        self.ends: list[str] = []
        self.entry: Facts = {}
        self.sourced: Facts = {}
        self._names: dict[str, str] = {}
        self._prefixes: dict[str, str] = {}
        self._renamed: dict[str, str] = {}
        self._stack: list[tuple[_Place, _Close, str | None, str]] = []
        self._elements = self._in_item = self._declared = 0

    # --- what the parser tells ---

    def namespace(self, prefix: str | None, uri: str | None) -> None:
        """Take a namespace when the library gives its elements the names that they have here."""
        self._declared += 1
        if not uri:
            return
        lower, stated = uri.lower(), (prefix or "").lower()
        known = NAMESPACES.get(lower)
        if (
            lower in MIXED_UP
            or uri.split() != [uri]
            or ("backend.userland.com/rss" in lower and known is None)
            or (uri == XLINK and self._stack)
        ):
            raise Unknown(f"the namespace {uri}")
        if stated and self._prefixes.setdefault(stated, uri) != uri:
            raise Unknown("a prefix that stands for two namespaces")
        if known is not None and stated:
            self._renamed[stated] = known
        elif stated in HANDLED and stated:
            raise Unknown(f"the prefix {stated} for {uri}")
        if not self.version and lower in VERSIONS and not (prefix and lower == NETSCAPE):
            self.version = VERSIONS[lower]

    def instruction(self, target: str, data: str) -> None:  # noqa: ARG002  # the parser hands them over
        """Give up: the gate looks for references even there."""
        raise Unknown("an instruction")

    def start(self, name: str, stated: _Attributes) -> None:
        self._count(len(stated))
        self.tag = tag = self._names.get(name) or self._name(name)
        place = self.place
        if place.textless and any(map(str.strip, self.pieces)):
            raise Unknown("text between elements")
        begin = place.get(tag)
        if begin is None:
            if not (place.others and is_harmless(tag)):
                raise Unknown(f"<{tag}>")
            begin, attributes = _skip, _without_base(stated)
        else:
            attributes = _attributes(stated) if stated else {}
        self._stack.append((place, self.close, self.language, self.base))
        if attributes:
            self._follow(attributes)
        begin(self, attributes)

    def end(self, name: str) -> None:  # noqa: ARG002  # the parser knows which one it is
        self.close(self)
        self.place, self.close, self.language, self.base = self._stack.pop()
        if self.place.textless:
            self.pieces.clear()

    def _count(self, attributes: int) -> None:
        self._elements += 1
        self._in_item += 1
        if (
            self._elements > MAX_ELEMENTS
            or attributes + self._declared > MAX_ATTRIBUTES
            or len(self._stack) >= MAX_DEPTH
            or (self.entries and self._in_item > MAX_ELEMENTS_PER_ITEM)
        ):
            raise Unknown("too much of something")
        self._declared = 0

    def _name(self, name: str) -> str:
        """Give an element the name that the library has for it, such as `dc:creator`, in lower case."""
        uri, _, rest = name.rpartition(" ") if name.count(" ") == 1 else name.partition(" ")
        if not uri or not rest:
            tag = name.strip()
        else:
            local, _, prefix = rest.partition(" ")
            known = NAMESPACES.get(uri.lower(), prefix or NO_PREFIX).lower()
            if self._renamed.get(known, known) != known:
                raise Unknown(f"the prefix {known} for another namespace")
            tag = f"{known}:{local}" if known else local
        self._names[name] = tag = tag.lower()
        return tag

    def _follow(self, attributes: _Attributes) -> None:
        """Let xml:lang and xml:base hold inside of an element."""
        language = attributes.get("xml:lang", attributes.get("lang"))
        if language is not None:
            self.language = language or None
        base = attributes.get("xml:base", attributes.get("base", "")).strip()
        if base:
            joined = _joined(self.base, base)
            if "///" in base or not joined or not _is_plain(joined):
                raise Unknown("an xml:base that is not in its usual form")
            self.base = joined

    # --- places ---

    def enter(self, place: _Place, close: _Close) -> None:
        self.place, self.close = place, close
        self.pieces.clear()

    def begin_item(self, stated_language: str) -> None:
        self.facts = {BASE: self.base, LANGUAGE: stated_language}
        self.entries.append(self.facts)
        self.depths, self.tags_seen = {}, set()
        self._in_item = 0
        self.title_is_settled = self.has_content = False

    def end_item(self) -> None:
        self.facts[CLOSED] = True
        self.facts = self.channel
        self._in_item = 0
        self.title_is_settled = self.has_content = False

    def keep_least_deep(self, key: str, text: str) -> None:
        """Keep a text of an item, unless there is one that stands less deep."""
        depth = len(self._stack)
        if depth <= self.depths.get(key, depth):
            self.depths[key] = depth
            self.facts[key] = text

    # --- what stands in an element, at its end ---

    def stated(self) -> str:
        return "".join(self.pieces).strip()

    def text(self) -> str:
        return self.kept(self.stated())

    def kept(self, text: str) -> str:
        """Do to a text what the library does before it keeps it."""
        if text.isascii():
            return text
        text = _mended(text)
        return text.translate(_LARGER_SIGNS) if self.may_have_small_signs else text

    def address(self, stated: str) -> str:
        """Complete an address where an xml:base is stated."""
        if self.base == self.document:
            return stated
        try:
            return urljoin(self.base, stated)
        except ValueError:
            return stated

    def address_text(self) -> str:
        stated = self.stated()
        return self.kept(self.address(stated) if stated else "")

    def add_category(self, term: str | None, scheme: str | None, label: str | None) -> None:
        tags = self.facts.setdefault("tags", [])
        tag = (term, scheme, label)
        if len(tags) < MAX_CATEGORIES and any(tag) and tag not in self.tags_seen:
            tags.append({"term": term, "scheme": scheme, "label": label})
            self.tags_seen.add(tag)


def _attributes(stated: _Attributes) -> _Attributes:
    """Write attributes as the library does. Those in a namespace must not have the name of one with a meaning."""
    found = {}
    for name, value in stated.items():
        key = name.lower()
        if " " in name:
            uri, local, *_ = name.split(" ")
            known = "xml" if uri == XML else "rdf" if uri == RDF else ""
            key = f"{known}:{local.lower()}"
            if not known:
                if local.lower() in _MEANT:
                    raise Unknown(f"an attribute {local} in the namespace {uri}")
                key = name
        found[key] = value.lower() if key in ("rel", "type") else value
    return found


_MEANT = frozenset(
    [
        "base",
        "domain",
        "filesize",
        "href",
        "hreflang",
        "ispermalink",
        "label",
        "lang",
        "lastmod",
        "length",
        "medium",
        "mode",
        "rel",
        "scheme",
        "src",
        "term",
        "text",
        "title",
        "type",
        "uri",
        "url",
        "version",
    ]
)
"""Attributes that are looked at."""


def _without_base(stated: _Attributes) -> _Attributes:
    if any("base" in name.lower() for name in stated):
        raise Unknown("a base inside of an element without a meaning")
    return {}


# --- how elements begin and end ---------------------------------------------------------------------------


def _nothing(reader: _Reader) -> None:
    """End an element that says nothing."""


def _into(place: _Place, close: _Close = _nothing) -> _Open:
    """Make the beginning of an element of which nothing counts but what stands inside."""

    def start(reader: _Reader, attributes: _Attributes) -> None:  # noqa: ARG001  # all are called alike
        reader.enter(place, close)

    return start


def _text(close: _Close) -> _Open:
    """Make the beginning of an element that holds text and nothing else."""
    return _into(_NOTHING, close)


def _bare(close: _Close) -> _Open:
    """Make that of one which may not have attributes: with some, the library keeps those instead of the text."""

    def start(reader: _Reader, attributes: _Attributes) -> None:
        if attributes:
            raise Unknown(f"attributes of <{reader.tag}>")
        reader.enter(_NOTHING, close)

    return start


def _as(key: str) -> _Close:
    """Keep the text of an element; of several the last one counts."""

    def end(reader: _Reader) -> None:
        reader.facts[key] = reader.text()

    return end


def _address_as(key: str) -> _Close:
    def end(reader: _Reader) -> None:
        reader.facts[key] = reader.address_text()

    return end


def _least_deep_as(key: str) -> _Close:
    def end(reader: _Reader) -> None:
        reader.keep_least_deep(key, reader.text())

    return end


def _expect_no_text(reader: _Reader) -> None:
    if any(map(str.strip, reader.pieces)):
        raise Unknown("a text where none is expected")


# --- the document, its channel and its items ---


def _start_rss(reader: _Reader, attributes: _Attributes) -> None:
    if not reader.version.startswith("rss"):
        stated = attributes.get("version", "")
        known = {"0.91": "rss091u", "0.92": "rss092", "0.93": "rss093", "0.94": "rss094"}
        reader.version = known.get(stated) or ("rss20" if stated.startswith("2.") else "rss")
    _set_language_of_all(reader)
    reader.enter(_RSS, _nothing)


def _start_feed(reader: _Reader, attributes: _Attributes) -> None:
    known = {"0.1": "atom01", "0.2": "atom02", "0.3": "atom03"}
    reader.version = reader.version or known.get(attributes.get("version", ""), "atom")
    reader.is_atom = reader.version.startswith("atom")
    _set_language_of_all(reader)
    reader.channel[BASE] = reader.base
    reader.enter(_CHANNEL, _nothing)


def _set_language_of_all(reader: _Reader) -> None:
    if reader.language:
        reader.channel["language"] = reader.language.replace("_", "-")


def _start_rdf(reader: _Reader, attributes: _Attributes) -> None:
    if not reader.version.startswith("rss") or attributes:
        raise Unknown("RDF that is no RSS")
    reader.enter(_RDF, _nothing)


def _start_channel(reader: _Reader, attributes: _Attributes) -> None:
    if "lastmod" in attributes or "href" in attributes or BASE in reader.channel:
        raise Unknown("a channel with attributes, or a second one")
    reader.channel[BASE] = reader.base
    reader.enter(_CHANNEL, _nothing)


def _start_item(reader: _Reader, attributes: _Attributes) -> None:
    if "lastmod" in attributes or "href" in attributes or len(reader.entries) == MAX_ITEMS:
        raise Unknown("an item with attributes, or too many")
    reader.begin_item(attributes.get("xml:lang", ""))
    if attributes.get("rdf:about"):
        reader.facts["id"] = attributes["rdf:about"]
    reader.enter(_ITEM, _Reader.end_item)


def _will_skip(key: str) -> _Close:
    def end(reader: _Reader) -> None:
        skipped, stated = reader.channel.setdefault(key, []), reader.text()
        if stated and len(skipped) < MOST_SKIPPED:
            skipped.append(stated)

    return end


# --- texts that may be markup ---

_TYPES = {
    "text": "text/plain",
    "plain": "text/plain",
    "text/plain": "text/plain",
    "html": "text/html",
    "text/html": "text/html",
    "xhtml": "application/xhtml+xml",
    "application/xhtml+xml": "application/xhtml+xml",
}
_XHTML = _TYPES["xhtml"]


def _begin_detail(reader: _Reader, key: str, attributes: _Attributes, default: str, end: _Close) -> None:
    stated = _TYPES.get(attributes.get("type", default))
    if stated is None or attributes.get("mode") == "base64" or (stated == _XHTML and not reader.is_atom):
        raise Unknown(f"the type of {key}: {attributes.get('type')}")
    language = reader.language.replace("_", "-") if reader.language else reader.language
    reader.detail = {"type": stated, "language": language, "base": reader.base}
    reader.key, reader.escaped = key, 0
    reader.enter(_MARKUP if stated == _XHTML else _NOTHING, end)


def _end_detail(reader: _Reader) -> str:
    value = reader.text() if reader.detail["type"] != _XHTML else reader.kept(_inside(reader).strip())
    reader.detail["value"] = value
    return value


def _inside(reader: _Reader) -> str:
    """Give what stands inside of the one div that holds all of a text of XHTML."""
    pieces = reader.pieces
    _escape_last(reader)
    while len(pieces) > 1 and not pieces[-1].strip():
        pieces.pop()
    first = 0
    while len(pieces) - first > 1 and not pieces[first].strip():
        first += 1
    if (
        reader.version == "atom10"
        and pieces
        and (pieces[first] == "<div>" or pieces[first].startswith("<div "))
        and pieces[-1] == "</div>"
    ):
        depth = 0
        for piece in pieces[first:-1]:
            if piece.startswith("</"):
                depth -= 1
                if depth == 0:
                    break
            elif piece.startswith("<") and not piece.endswith("/>"):
                depth += 1
        else:
            return "".join(pieces[first + 1 : -1])
    return "".join(pieces[first:])


def _escape_last(reader: _Reader) -> None:
    """Escape the text since the last tag."""
    pieces = reader.pieces
    if reader.escaped < len(pieces):
        pieces[reader.escaped :] = map(_escaped, pieces[reader.escaped :])
    reader.escaped = len(pieces)


def _open_markup(reader: _Reader, attributes: _Attributes) -> None:
    """Write the beginning of an element that belongs to a text of XHTML."""
    if "base" in attributes or any(map(_IN_NAMESPACE.search, attributes.keys() - {"xml:lang"})):
        raise Unknown("an attribute in a namespace inside of a text")
    _escape_last(reader)
    stated = "".join(
        f' {"lang" if name == "xml:lang" else name}="{_escaped(value).replace(_QUOTE, "&quot;")}"'
        for name, value in attributes.items()
    )
    reader.pieces.append(f"<{reader.tag[len(_MARKUP_PREFIX) :]}{stated}>")
    reader.escaped += 1
    reader.ends.append(f"</{reader.tag[len(_MARKUP_PREFIX) :]}>")
    reader.place, reader.close = _MARKUP, _close_markup


def _close_markup(reader: _Reader) -> None:
    _escape_last(reader)
    reader.pieces.append(reader.ends.pop())
    reader.escaped += 1


_IN_NAMESPACE = re.compile("[ :]")
_QUOTE = '"'
_MARKUP_PREFIX = "xhtml:"


_NO_MARKUP = frozenset({"xhtml:body", "xhtml:math", "xhtml:svg", "xhtml:item", "xhtml:entry"})


class _Markup(_Place):
    """The inside of a text of XHTML."""

    def get(self, tag: str, default: _Open | None = None) -> _Open | None:  # type: ignore[override]
        known = tag.startswith(_MARKUP_PREFIX) and tag not in _NO_MARKUP
        return _open_markup if known else default


def _start_title(reader: _Reader, attributes: _Attributes) -> None:
    _begin_detail(reader, "title", attributes, "text", _end_title)


def _end_title(reader: _Reader) -> None:
    """Keep the first title that is not empty."""
    value = _end_detail(reader)
    if not reader.title_is_settled:
        reader.facts["title"], reader.facts["title_detail"] = value, reader.detail
    reader.title_is_settled = reader.title_is_settled or value != ""


def _detailed(key: str, default: str = "text") -> _Open:
    """Make the beginning of a text that may be markup, `default` where it does not say which."""

    def start(reader: _Reader, attributes: _Attributes) -> None:
        if key == "summary" and "summary" in reader.facts and not reader.has_content:
            raise Unknown("a second summary")  # the library takes it for a content
        _begin_detail(reader, key, attributes, default, _end_detailed)

    return start


def _end_detailed(reader: _Reader) -> None:
    reader.facts[reader.key] = _end_detail(reader)
    reader.facts[f"{reader.key}_detail"] = reader.detail


def _start_content(reader: _Reader, attributes: _Attributes) -> None:
    encoded = reader.tag == "content:encoded"
    _begin_detail(reader, "content", attributes, "html" if encoded else "text", _end_content)
    if not reader.is_atom and reader.detail["type"] == "text/plain":
        raise Unknown("content that may be text or markup")
    if attributes.get("src") and not encoded:
        reader.detail["src"] = attributes["src"]
    reader.has_content = True


def _end_content(reader: _Reader) -> None:
    """Keep a content; the library takes it for the summary, too, as long as there is none."""
    value = _end_detail(reader)
    reader.facts.setdefault("content", []).append(reader.detail)
    reader.facts.setdefault("summary", value)


# --- links and people ---


def _href(attributes: _Attributes) -> str | None:
    return attributes.get("url", attributes.get("uri", attributes.get("href"))) or attributes.get("href")


def _start_link(reader: _Reader, attributes: _Attributes) -> None:
    href = _href(attributes)
    link = {"rel": "alternate", "type": "", **attributes}
    reader.facts.setdefault("links", []).append(link)
    if href is not None:
        link["href"] = reader.address(href)
    reader.enter(_NOTHING, _end_link if href is None else _expect_no_text)


def _end_link(reader: _Reader) -> None:
    stated = reader.stated()
    address = reader.address(stated) if stated else ""
    kept = reader.kept(address)
    if ";" in address:
        if kept != address or reader.base != reader.document:
            raise Unknown("an address with semicolons")
        kept = address.replace("&amp;", "&")
    if kept:
        reader.facts["links"][-1]["href"] = kept


def _end_license(reader: _Reader) -> None:
    address = reader.text()
    if address:
        reader.facts.setdefault("links", []).append({"rel": "license", "href": address})


def _start_guid(reader: _Reader, attributes: _Attributes) -> None:
    reader.facts[PERMALINK] = attributes.get("ispermalink", "true").strip().lower() == "true"
    reader.enter(_NOTHING, _as("id"))


def _start_generator(reader: _Reader, attributes: _Attributes) -> None:
    href = _href(attributes)
    reader.facts["generator_detail"] = {} if href is None else {"href": reader.address(href)}
    reader.enter(_NOTHING, _as("generator"))


def _person(close: Callable[[_Reader], object], place: _Place) -> _Open:
    def start(reader: _Reader, attributes: _Attributes) -> None:  # noqa: ARG001
        reader.facts.setdefault("authors", []).append({})
        reader.enter(place, close)

    return start


def _end_person(reader: _Reader) -> str:
    """Give a person without elements the name that stands there."""
    person = reader.facts["authors"][-1]
    name = "" if person else reader.text()
    if name:
        person["name"] = name
    return name


def _end_artist(reader: _Reader) -> None:
    reader.facts[ARTIST] = _end_person(reader)


def _persons(key: str) -> _Close:
    def end(reader: _Reader) -> None:
        reader.facts["authors"][-1][key] = reader.address_text() if key == "href" else reader.stated()

    return end


def _owners(key: str) -> _Close:
    def end(reader: _Reader) -> None:
        reader.facts.setdefault(OWNER, {})[key] = reader.stated()

    return end


# --- categories ---


def _start_category(reader: _Reader, attributes: _Attributes) -> None:
    scheme = attributes.get("scheme", attributes.get("domain"))
    reader.add_category(attributes.get("term"), scheme, attributes.get("label"))
    reader.enter(_NOTHING, _end_category)


def _start_media_category(reader: _Reader, attributes: _Attributes) -> None:
    scheme = attributes.get("scheme", "http://search.yahoo.com/mrss/category_schema")
    _start_category(reader, {**attributes, "scheme": scheme})


def _end_category(reader: _Reader) -> None:
    value, tags = reader.text(), reader.facts["tags"]
    if not value:
        return
    if not tags or tags[-1]["term"]:
        reader.add_category(value, None, None)
        return
    last = tags[-1]
    reader.tags_seen.discard((last["term"], last["scheme"], last["label"]))
    last["term"] = value
    reader.tags_seen.add((value, last["scheme"], last["label"]))


def _keywords(scheme: str | None) -> _Close:
    def end(reader: _Reader) -> None:
        for term in reader.text().split(","):
            if term.strip():
                reader.add_category(term.strip(), scheme, None)

    return end


_ITUNES = "http://www.itunes.com/"


def _start_itunes_category(reader: _Reader, attributes: _Attributes) -> None:
    subject, pairs = attributes.get("text", ""), reader.facts.setdefault(SUBJECTS, [])
    if reader.subjects and pairs and pairs[-1] == (reader.subjects[0], ""):
        pairs.pop()
    if len(pairs) < MAX_CATEGORIES:
        pairs.append((reader.subjects[0], subject) if reader.subjects else (subject, ""))
    reader.subjects.append(subject)
    if reader.facts is not reader.channel:
        reader.add_category(attributes.get("text"), _ITUNES, None)
    reader.enter(_ITUNES_CATEGORY, _end_itunes_category)


def _end_itunes_category(reader: _Reader) -> None:
    _expect_no_text(reader)
    reader.subjects.pop()


# --- pictures, files, and where an item comes from ---


def _start_image(reader: _Reader, attributes: _Attributes) -> None:  # noqa: ARG001
    reader.channel.setdefault("image", {})
    reader.title_is_settled = False
    reader.enter(_IMAGE, _unsettle_title)


def _end_image_address(reader: _Reader) -> None:
    reader.channel["image"]["href"] = reader.address_text()


def _start_text_input(reader: _Reader, attributes: _Attributes) -> None:  # noqa: ARG001
    reader.title_is_settled = False
    reader.enter(_TEXT_INPUT, _unsettle_title)


def _unsettle_title(reader: _Reader) -> None:
    """Let another title of the channel replace the first one, as the library does after a title elsewhere."""
    reader.title_is_settled = False


def _start_itunes_image(reader: _Reader, attributes: _Attributes) -> None:
    address = attributes.get("href") or attributes.get("url", "")
    reader.facts[COVER] = address
    if address:
        reader.facts["image"] = {"href": address}
    reader.enter(_NOTHING, _nothing)


def _listed(key: str, place: _Place, close: _Close = _nothing) -> _Open:
    """Make the beginning of an element of which the attributes are kept."""

    def start(reader: _Reader, attributes: _Attributes) -> None:
        reader.facts.setdefault(key, []).append(attributes)
        reader.enter(place, close)

    return start


def _end_thumbnail(reader: _Reader) -> None:
    address = reader.address_text()
    if address.strip():
        reader.facts["media_thumbnail"][-1].setdefault("url", address)


def _start_source(reader: _Reader, attributes: _Attributes) -> None:
    reader.title_is_settled = False
    reader.sourced = {"href": attributes["url"]} if "url" in attributes else {}
    if not reader.is_atom:
        reader.enter(_NOTHING, _end_rss_source)
        return
    if "url" in attributes:
        raise Unknown("the address of a source in Atom")
    reader.entry, reader.facts = reader.facts, reader.sourced
    reader.enter(_SOURCE, _end_atom_source)


def _end_rss_source(reader: _Reader) -> None:
    title = reader.text()
    if title:
        reader.sourced["title"] = title
    reader.facts["source"] = reader.sourced


def _end_atom_source(reader: _Reader) -> None:
    _expect_no_text(reader)
    reader.facts = reader.entry
    reader.facts["source"] = reader.sourced
    reader.title_is_settled = False


def _noted(key: str, place: _Place) -> _Open:
    """Make the beginning of an element of an Atom source of which only counts that it is there."""

    def start(reader: _Reader, attributes: _Attributes) -> None:  # noqa: ARG001
        reader.facts[key] = True
        reader.enter(place, _nothing)

    return start


# --- where each may stand ---------------------------------------------------------------------------------

_NOTHING, _MARKUP, _SKIPPED = _Place(), _Markup(), _Place(others=True)
_DOCUMENT, _RSS, _RDF = _Place(), _Place(), _Place(others=True)
_CHANNEL, _ITEM, _MEDIA = _Place(others=True), _Place(others=True), _Place(others=True)
_SOURCE, _ITUNES_CATEGORY = _Place(textless=True), _Place(textless=True)
_IMAGE, _SKIPPED_IMAGE, _TEXT_INPUT, _HOURS, _DAYS = _Place(), _Place(), _Place(), _Place(), _Place()
_PERSON, _SKIPPED_PERSON, _OWNER = _Place(), _Place(), _Place()

_skip, _skip_text = _into(_SKIPPED), _text(_nothing)
_author, _rights = _person(_end_person, _PERSON), _detailed("rights")
_published, _updated, _created = _text(_as("published")), _text(_as("updated")), _text(_as("created"))
_KEPT_ASIDE = (
    "dc_date dc_description itunes_duration itunes_episode itunes_episodetype itunes_explicit itunes_season"
    " itunes_subtitle itunes_summary itunes_type"
)
_COMMON: dict[str, _Open] = {
    **{name.replace("_", ":"): _text(_as(ASIDE[name])) for name in _KEPT_ASIDE.split()},
    **dict.fromkeys(("title", "dc:title"), _start_title),
    **dict.fromkeys(("rights", "copyright", "dc:rights"), _rights),
    **dict.fromkeys(("author", "dc:creator", "managingeditor"), _author),
    **dict.fromkeys(("dc:contributor", "dc:publisher", "webmaster"), _skip_text),
    **dict.fromkeys(("language", "dc:language"), _text(_as("language"))),
    **dict.fromkeys(("updated", "modified", "dcterms:modified", "lastbuilddate"), _updated),
    **dict.fromkeys(("published", "issued", "dcterms:issued", "pubdate"), _published),
    **dict.fromkeys(("created", "dcterms:created"), _created),
    "link": _start_link,
    "id": _text(_as("id")),
    "contributor": _into(_SKIPPED_PERSON),
    "itunes:author": _person(_end_artist, _NOTHING),
    "itunes:image": _start_itunes_image,
    "itunes:category": _start_itunes_category,
    "itunes:owner": _into(_OWNER),
    "creativecommons:license": _text(_end_license),
}
_MEDIA.update(
    {
        "media:content": _listed("media_content", _MEDIA),
        "media:group": _into(_MEDIA),
        "media:thumbnail": _listed("media_thumbnail", _NOTHING, _end_thumbnail),
        "media:title": _text(_least_deep_as(ASIDE["media_title"])),
        "media:description": _text(_least_deep_as(ASIDE["media_description"])),
        "media:category": _start_media_category,
        "media:keywords": _bare(_keywords(None)),
    }
)
_SKIPPED.update(dict.fromkeys(_MEDIA, _skip))
_DOCUMENT.update({"rss": _start_rss, "feed": _start_feed, "rdf:rdf": _start_rdf})
_RSS["channel"] = _start_channel
_RDF.update(
    {
        "channel": _start_channel,
        "item": _start_item,
        "image": _into(_SKIPPED_IMAGE),
        "textinput": _start_text_input,
    }
)
_CHANNEL.update(
    _COMMON
    | dict.fromkeys((*_MEDIA, "items"), _skip)
    | dict.fromkeys(("category", "dc:subject", "keywords", "itunes:keywords", "docs", "cloud"), _skip_text)
    | dict.fromkeys(("item", "entry"), _start_item)
    | dict.fromkeys(("subtitle", "tagline"), _detailed("subtitle"))
    | dict.fromkeys(("info", "feedburner:browserfriendly"), _detailed("info"))
    | {
        "description": _detailed("subtitle", "html"),
        "generator": _start_generator,
        "icon": _bare(_address_as("icon")),
        "logo": _bare(_address_as("logo")),
        "ttl": _bare(_as("ttl")),
        "image": _start_image,
        "textinput": _start_text_input,
        "skiphours": _into(_HOURS),
        "skipdays": _into(_DAYS),
    }
)
_ITEM.update(
    _COMMON
    | _MEDIA
    | dict.fromkeys(("category", "dc:subject", "keywords"), _start_category)
    | dict.fromkeys(("content", "content:encoded"), _start_content)
    | {
        "guid": _start_guid,
        "description": _detailed("summary", "html"),
        "summary": _detailed("summary"),
        "itunes:keywords": _bare(_keywords(_ITUNES)),
        "comments": _bare(_address_as("comments")),
        "enclosure": _listed(ENCLOSURES, _NOTHING),
        "source": _start_source,
        "feedburner:origlink": _bare(_as("feedburner_origlink")),
    }
)
_SOURCE.update(
    {
        "id": _COMMON["id"],
        "title": _start_title,
        "subtitle": _detailed("subtitle"),
        "rights": _rights,
        "link": _start_link,
        "author": _author,
        "published": _published,
        "updated": _updated,
        "icon": _bare(_address_as("icon")),
        "logo": _bare(_address_as("logo")),
        "generator": _start_generator,
        "contributor": _noted("contributors", _SKIPPED_PERSON),
        "category": _noted("tags", _NOTHING),
    }
)
_IMAGE.update(dict.fromkeys(("title", "link", "description", "width", "height"), _skip_text))
_SKIPPED_IMAGE.update(_IMAGE | {"url": _skip_text})
_IMAGE["url"] = _text(_end_image_address)
_TEXT_INPUT.update(dict.fromkeys(("title", "link", "description", "name"), _skip_text))
_HOURS["hour"] = _text(_will_skip(HOURS))
_DAYS["day"] = _text(_will_skip(DAYS))
_PERSON.update({"name": _text(_persons("name")), "email": _text(_persons("email"))})
_PERSON.update(dict.fromkeys(("uri", "url", "homepage"), _text(_persons("href"))))
_SKIPPED_PERSON.update(dict.fromkeys(("name", "email", "uri"), _skip_text))
_OWNER.update(dict.fromkeys(("name", "itunes:name"), _text(_owners("name"))))
_OWNER.update(dict.fromkeys(("email", "itunes:email"), _text(_owners("email"))))
_ITUNES_CATEGORY["itunes:category"] = _start_itunes_category
