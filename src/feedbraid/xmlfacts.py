"""XML feeds as plain facts: the only door to feedparser, with its opinions removed.

Its parsers are taken. What they add is not: ids stay verbatim, no link is made up from an id, no media type is
assumed, texts are neither cleaned nor resolved, and what podcast and media elements say is kept beside the body.
Addresses are completed only where an xml:base is stated.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from feedbraid.nouns import dataclass

MAX_CATEGORIES = 1_000
"""Of one item or channel: feedparser compares each with all others."""

MOST_PIECES = 500
"""Of the text of an address: where elements are not closed, it grows with each, and is looked at each time."""

MOST_SKIPPED = 48
"""Hours, or days, that are read: there are 24 and 7."""

Facts = dict[str, Any]
"""What feedparser found in a channel or an item, by its names for the elements."""

BASE, CLOSED, LANGUAGE, PERMALINK, ENCLOSURES = "(base)", "(closed)", "(language)", "(permalink)", "(enclosures)"
HOURS, DAYS = "(hours)", "(days)"
ARTIST, OWNER, SUBJECTS, COVER = "(artist)", "(owner)", "(subjects)", "(cover)"
"""What is remembered beside that. No element can have such a name. HOURS and DAYS are to be skipped, as stated.
The last four are of podcasts: the author, the
owner's name and mail address, pairs of a category and its subcategory, the address of the image."""

_MIXED_UP = "dc_date dc_description itunes_subtitle itunes_summary media_description media_title"
_REWORDED = "itunes_duration itunes_episode itunes_episodetype itunes_explicit itunes_season itunes_type"
ASIDE = {name: f"({name})" for name in f"{_MIXED_UP} {_REWORDED}".split()}
"""Elements whose text is kept apart, where feedparser would mix it with that of others, or lose its words."""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document: `version` in feedparser's words, or empty."""

    version: str
    channel: Facts
    entries: list[Facts]
    channel_seen: bool
    fault: str = ""
    """Why the strict parser gave up, when the loose one had to read it."""


def parse_date(text: str) -> tuple[int, int, int, int, int, int] | None:
    """Give feedparser's reading of a date in UTC, year to second, which may be nonsense."""
    return _certain_date(text) or read_library_date(text)


def read_library_date(text: str) -> tuple[int, int, int, int, int, int] | None:
    """Let feedparser read a date."""
    from feedparser.datetimes import _parse_date  # noqa: PLC0415  # costs 70 ms: only for those who parse

    with suppress(ArithmeticError, LookupError, TypeError, ValueError):
        year, month, day, hour, minute, second = (int(part) for part in tuple(_parse_date(text))[:6])
        return (year, month, day, hour, minute, second)
    return None


_DAY = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME = r"([0-9]{2}):([0-9]{2}):([0-9]{2})"
_RFC3339 = re.compile(rf"{_DAY}T{_TIME}(?:\.[0-9]{{1,9}})?(?:Z|([+-])([0-9]{{2}}):([0-9]{{2}}))")
_RFC822 = re.compile(
    r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    rf" ([0-9]{{4}}) {_TIME} (?:GMT|UTC|UT|Z|([+-])([0-9]{{2}})([0-9]{{2}}))"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _certain_date(text: str) -> tuple[int, int, int, int, int, int] | None:
    """Read the two usual forms of a date as the library does, in a fraction of its time."""
    if found := _RFC3339.fullmatch(text):
        year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    elif found := _RFC822.fullmatch(text):
        day, name, year, hour, minute, second, sign, hours, minutes = found.groups()
        month = _MONTHS.index(name) + 1
    else:
        return None
    try:
        stated = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second))  # noqa: DTZ001  # UTC
        if sign:
            east = timedelta(hours=int(hours), minutes=int(minutes))
            stated = stated - east if sign == "+" else stated + east
    except (OverflowError, ValueError):
        return None
    return (stated.year, stated.month, stated.day, stated.hour, stated.minute, stated.second)


def read_facts(body: bytes, url: str) -> Document:
    """Run the strict parser, and the loose one when the document turns out not to be well-formed."""
    from xml.sax import SAXException, handler  # noqa: PLC0415  # costs 20 ms: only where the library is needed

    strict, loose = _readers()
    fault = ""
    reader = strict(url, None, "utf-8")
    parser = _parser_class()(namespaceHandling=True)
    parser.setFeature(handler.feature_external_ges, False)  # noqa: FBT003  # takes nothing else
    parser.setContentHandler(reader)
    parser.setErrorHandler(reader)
    try:
        parser.feed(body)
        parser.close()
    except (SAXException, ValueError) as error:  # the latter for a namespace with blanks in it
        fault = error.getMessage() if isinstance(error, SAXException) else str(error)
        reader = loose(url, None, "utf-8", {})
        reader.feed(body.decode())
    return Document(reader.version, reader.feeddata, reader.entries, reader.channel_seen, fault)


@functools.cache
def _parser_class() -> Any:  # noqa: ANN401  # made here, because its base is loaded here
    from xml.sax.expatreader import ExpatParser  # noqa: PLC0415

    class _Parser(ExpatParser):
        """Hands text over in long pieces: in escaped HTML, several times faster than each `&lt;` by itself."""

        _parser: Any

        def reset(self) -> None:
            super().reset()
            self._parser.buffer_text = True

    return _Parser


_REFERENCE = re.compile("&([A-Za-z0-9_]+);")


def _mangled(address: str) -> str:
    """Do to an address what the library does."""
    return _REFERENCE.sub(r"&\g<1>", address)


_LANGUAGES = {"xml:lang": "lang"}
_ADDRESSES = frozenset({"cite", "href", "poster", "src"})


def _is_address(name: str, value: str) -> bool:
    """Tell whether an attribute is a reference to elsewhere: fragments belong to the entry (N46)."""
    return name in _ADDRESSES and not value.startswith("#")


_FAULTS = (ArithmeticError, LookupError, TypeError, ValueError)
"""What some handlers raise on an end without a beginning, or an element without its attributes."""

if TYPE_CHECKING:

    class _Library:
        """What is used of feedparser's two parser classes."""

        baseuri: str
        basestack: list[str]
        contentparams: dict[str, str]
        depth: int
        elementstack: list[tuple[str, int, list[str]]]
        entries: list[dict[str, Any]]
        feeddata: dict[str, Any]
        guidislink: bool
        inauthor: int
        incontent: int
        langstack: list[str | None]

        def __init__(self, baseuri: str, *others: object) -> None: ...
        def _save_author(self, key: str, value: str, prefix: str = ...) -> None: ...
        def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None: ...
        def unknown_endtag(self, tag: str) -> None: ...
        def strattrs(self, attrs: list[tuple[str, str]]) -> str: ...
        def push(self, element: str, expecting_text: int) -> None: ...
        def pop(self, element: str) -> str | None: ...
        def _get_context(self) -> dict[str, Any]: ...
        def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None: ...
        def _start_author(self, attrs_d: dict[str, str]) -> None: ...
        def _start_itunes_category(self, attrs_d: dict[str, str]) -> None: ...
        def _end_itunes_category(self) -> None: ...
        def _start_itunes_image(self, attrs_d: dict[str, str]) -> None: ...
        def _start_channel(self, attrs_d: dict[str, str]) -> None: ...
        def _start_feed(self, attrs_d: dict[str, str]) -> None: ...
        def _start_item(self, attrs_d: dict[str, str]) -> None: ...
        def _end_item(self) -> None: ...
        def _start_link(self, attrs_d: dict[str, str]) -> None: ...

else:
    _Library = object


class _Faithful(_Library):
    """Handlers that keep what is stated. Their names are feedparser's: `_start_` or `_end_`, and the element."""

    channel_seen = False
    resolve_relative_uris = False
    sanitize_html = False

    def __init__(self, baseuri: str, *others: object) -> None:
        self.document = baseuri
        self.subjects: list[str] = []
        super().__init__(baseuri, *others)

    def _save_author(self, key: str, value: str, prefix: str = "author") -> None:
        """A podcast's owner, whom the library files as publisher, is none of its authors (N51)."""
        if prefix == "author":
            super()._save_author(key, value, prefix)
        else:
            self._get_context().setdefault(OWNER, {})[key] = value

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        # The library would cut blanks off a base only after it looked for its scheme, and pile bases up.
        trimmed = [(name, value.strip() if name in ("xml:base", "base") else value) for name, value in attrs]
        with suppress(*_FAULTS):
            super().unknown_starttag(tag, trimmed)

    def unknown_endtag(self, tag: str) -> None:
        try:
            super().unknown_endtag(tag)
        except _FAULTS:
            self.depth -= 1
            del self.basestack[-1:], self.langstack[-1:]

    def resolve_uri(self, uri: str) -> str:
        return uri if self.baseuri == self.document else self._resolved(uri)

    def _resolved(self, uri: str) -> str:
        with suppress(ValueError):
            return urljoin(self.baseuri, uri)
        return uri

    def strattrs(self, attrs: list[tuple[str, str]]) -> str:
        """Write the attributes of an element in a body of XHTML so that they mean the same in HTML.

        That knows neither xml:base, which may change at any depth, nor xml:lang.
        """
        deeper = self.baseuri != self.contentparams.get("base")
        return super().strattrs(
            [
                (
                    _LANGUAGES.get(name, name),
                    self._resolved(value) if deeper and _is_address(name, value) else value,
                )
                for name, value in attrs
            ]
        )

    def pop(self, element: str) -> str | None:
        """Keep the semicolons of an address: the library takes `?a=1&b;c=2` for a damaged reference (N138)."""
        pieces = self.elementstack[-1][2] if element == "link" and self.elementstack else []
        stated = "".join(pieces).strip() if len(pieces) < MOST_PIECES else ""
        output = super().pop(element)
        links = self._get_context().get("links") if ";" in stated else None
        address = self.resolve_uri(stated) if links else ""
        if links and links[-1].get("href") in {_mangled(address), _mangled(address.replace("&amp;", "&"))}:
            links[-1]["href"] = address.replace("&amp;", "&")
        return output

    def _add_tag(self, term: str | None, scheme: str | None, label: str | None) -> None:
        if len(self._get_context().get("tags", ())) < MAX_CATEGORIES:
            super()._add_tag(term, scheme, label)

    def _start_channel(self, attrs_d: dict[str, str]) -> None:
        self.channel_seen = True
        self.feeddata[BASE] = self.baseuri
        super()._start_channel(attrs_d)

    def _start_feed(self, attrs_d: dict[str, str]) -> None:
        self.channel_seen = True
        self.feeddata[BASE] = self.baseuri
        super()._start_feed(attrs_d)

    def _start_item(self, attrs_d: dict[str, str]) -> None:
        super()._start_item(attrs_d)
        self.entries[-1].update({BASE: self.baseuri, LANGUAGE: attrs_d.get("xml:lang", "")})

    def _end_item(self) -> None:
        if self.entries:
            self.entries[-1][CLOSED] = True
        super()._end_item()

    def _start_guid(self, attrs_d: dict[str, str]) -> None:
        self._get_context()[PERMALINK] = attrs_d.get("ispermalink", "true").strip().lower() == "true"
        self._start_id(attrs_d)

    def _start_id(self, attrs_d: dict[str, str]) -> None:  # noqa: ARG002  # handlers are all called alike
        self.guidislink = False
        self.push("id", 1)

    def _start_link(self, attrs_d: dict[str, str]) -> None:
        attrs_d.setdefault("type", "")
        super()._start_link(attrs_d)

    def _start_enclosure(self, attrs_d: dict[str, str]) -> None:
        self._get_context().setdefault(ENCLOSURES, []).append(attrs_d)

    def _sync_author_detail(self, key: str = "author") -> None:
        """Do not look for mail addresses: the library's way takes the square of a long name (12 s for 30 kB)."""

    def _end_author(self) -> None:
        self._end_person()

    def _end_itunes_author(self) -> None:
        self._get_context()[ARTIST] = self._end_person()

    def _end_person(self) -> str | None:
        stated = self.pop("author")
        self.inauthor = 0
        authors = self._get_context().get("authors")
        if authors and not authors[-1] and stated:
            authors[-1]["name"] = stated
        return stated

    def _start_itunes_category(self, attrs_d: dict[str, str]) -> None:
        """Remember below which category another one stands: the library forgets it."""
        subject, pairs = attrs_d.get("text", ""), self._get_context().setdefault(SUBJECTS, [])
        if self.subjects and pairs and pairs[-1] == (self.subjects[0], ""):
            pairs.pop()
        if len(pairs) < MAX_CATEGORIES:
            pairs.append((self.subjects[0], subject) if self.subjects else (subject, ""))
        self.subjects.append(subject)
        super()._start_itunes_category(attrs_d)

    def _end_itunes_category(self) -> None:
        del self.subjects[-1:]
        super()._end_itunes_category()

    def _start_itunes_image(self, attrs_d: dict[str, str]) -> None:
        self._get_context()[COVER] = attrs_d.get("href") or attrs_d.get("url", "")
        super()._start_itunes_image(attrs_d)

    def _start_hour(self, attrs_d: dict[str, str]) -> None:  # noqa: ARG002  # handlers are all called alike
        self.push("(hour)", 1)

    def _end_hour(self) -> None:
        self._will_skip(HOURS, self.pop("(hour)"))

    def _start_day(self, attrs_d: dict[str, str]) -> None:  # noqa: ARG002  # handlers are all called alike
        self.push("(day)", 1)

    def _end_day(self) -> None:
        self._will_skip(DAYS, self.pop("(day)"))

    def _will_skip(self, key: str, stated: str | None) -> None:
        """Keep what stands in skipHours or skipDays: there may be 24 of them, and the library keeps the last."""
        skipped = self.feeddata.setdefault(key, [])
        if stated and len(skipped) < MOST_SKIPPED and self._get_context() is self.feeddata:
            skipped.append(stated)

    def _end_published(self) -> None:
        self.pop("published")

    def _end_updated(self) -> None:
        self.pop("updated")

    def _end_created(self) -> None:
        self.pop("created")

    _start_entry, _end_entry = _start_item, _end_item
    _end_managingeditor = _end_author
    _end_issued = _end_pubdate = _end_published
    _end_modified = _end_lastbuilddate = _end_updated


def _set_aside(key: str) -> dict[str, Callable[..., None]]:
    """Make the handlers that keep an element's text apart, where the library would mix it with another's."""

    def start(self: _Library, attrs_d: dict[str, str]) -> None:  # noqa: ARG001  # handlers are all called alike
        self.push(key, 1)

    def end(self: _Library) -> None:
        self.pop(key)

    return {f"_start_{key[1:-1]}": start, f"_end_{key[1:-1]}": end}


@functools.cache
def _readers() -> tuple[Any, Any]:
    """Make the strict and the loose parser class. The loose one left `&amp;` in ids, names and categories."""
    from xml.sax.saxutils import unescape  # noqa: PLC0415

    from feedparser import api  # noqa: PLC0415

    handlers = {name: handle for key in ASIDE.values() for name, handle in _set_aside(key).items()}

    def decode_entities(self: _Library, element: str, data: str) -> str:
        decoded: str = api.LooseFeedParser.decode_entities(self, element, data)
        return decoded if self.incontent else unescape(decoded, {"&quot;": '"', "&apos;": "'"})

    strict = type("_Strict", (_Faithful, api.StrictFeedParser), handlers)
    loose = type("_Loose", (_Faithful, api.LooseFeedParser), {**handlers, "decode_entities": decode_entities})
    return strict, loose
