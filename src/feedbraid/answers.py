"""What the headers and bytes of an HTTP answer say: pure, total, and bounded.

Headers are raw bytes, because validators go back byte for byte and servers send more than ASCII.
Dates are read relative to the server's own `Date`; no clock of ours takes part (RFC 9110 10.2.3, RFC 9111 4.2).
"""

from __future__ import annotations

import http
import re
import zlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from feedbraid.model import Access, Topic, Validators
from feedbraid.urls import strip_secrets

Headers = Iterable[tuple[bytes, bytes]]

MAX_AGE_CAP = timedelta(days=7)
"""A max-age of a year is a common mistake."""
RETRY_AFTER_CAP = timedelta(days=31)
EXCERPT_BYTES = 2048

_VALIDATOR_LIMIT = 1024
_EXCERPT_LENGTH = 120
_MEMBER_LIMIT = 1000
"""Gzip members in one body: real files have a few, and each one costs time."""

_DIRECTIVE = re.compile(rb'([\w!#$%&\'*+.^`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?')
_PARAMETER = re.compile(r""";\s*+([\w!#$%&'*+.^`|~-]++)\s*+(?:=\s*+(?:"([^"]*)"|([^\s,;"]*)))?""")
_LINK = re.compile(f"<([^<>]*)>((?:\\s*+{_PARAMETER.pattern})*)")
_LINK_LIMIT = 8192
_URI = re.compile(r"[!-~]+")
_NOT_TEXT = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class Unusable(Exception):  # noqa: N818  # it never leaves the fetcher: there it becomes a `Failed`
    """What the far end sent can not be used; the text says why, for people."""


def header(headers: Headers, name: bytes) -> bytes:
    """The first value of a header, as received; empty when there is none. `name` is in lower case."""
    return next((value for key, value in headers if key.lower() == name), b"")


def validators(url: str, headers: Headers, before: Validators | None = None) -> Validators:
    """ETag and Last-Modified as received, as a set; what a 304 leaves out stays as it was (RFC 9111 4.3.4)."""
    kept = before or Validators()
    return Validators(
        url=url,
        etag=_short(header(headers, b"etag")) or kept.etag,
        last_modified=_short(header(headers, b"last-modified")) or kept.last_modified,
    )


def conditions(known: Validators) -> list[tuple[bytes, bytes]]:
    """The request headers that send validators back: none that is empty, none beyond 1 kB."""
    pairs = ((b"If-None-Match", known.etag), (b"If-Modified-Since", known.last_modified))
    return [(name, value) for name, value in pairs if _short(value)]


def credentials(access: Access) -> list[tuple[bytes, bytes]]:
    """The request headers that are meant for one source alone."""
    stated = [(name.encode("ascii"), value.encode("latin-1")) for name, value in access.headers]
    if access.auth:
        stated.append((b"Authorization", b"Basic " + b64encode(access.auth.encode())))
    return stated


def merged(usual: Headers, *others: Headers) -> list[tuple[bytes, bytes]]:
    """All request headers, each name once: later ones take the place of earlier ones."""
    together = {name.lower(): (name, value) for headers in (usual, *others) for name, value in headers}
    return list(together.values())


def max_age(headers: Headers) -> timedelta | None:
    """How long the document stays fresh from now on, at most 7 days; None when it says nothing or no-cache."""
    given = _directives(headers)
    if given.keys() & {b"no-cache", b"no-store"}:
        return None
    if b"max-age" in given:
        lifetime = _digits(given[b"max-age"])
    else:
        lifetime = _seconds_until(header(headers, b"expires"), headers)
    if lifetime is None:
        return None
    remaining = lifetime - (_digits(header(headers, b"age")) or 0)
    return min(timedelta(seconds=max(remaining, 0)), MAX_AGE_CAP)


def retry_after(headers: Headers) -> timedelta | None:
    """How long the server asks to be left alone, at most 31 days (RFC 9110 10.2.3: seconds, or a date)."""
    value = header(headers, b"retry-after")
    seconds = _digits(value)
    if seconds is None:
        seconds = _seconds_until(value, headers)
    return None if seconds is None else min(timedelta(seconds=max(seconds, 0)), RETRY_AFTER_CAP)


def location(headers: Headers) -> str:
    """Where a redirect leads, as stated in UTF-8 or Latin-1. Raises Unusable when it does not say."""
    value = header(headers, b"location")
    if not value:
        raise Unusable("a redirect without a Location")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def stated_links(headers: Headers) -> str:
    """The Link headers, as stated."""
    return _joined(headers, b"link")[:_LINK_LIMIT].decode("latin-1")


def link_values(stated: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The addresses in a Link header, each with its parameters by name in lower case (RFC 8288 3).

    Of several parameters of one name the first one holds; nonsense is left out.
    """
    for found in _LINK.finditer(stated):
        parameters = [(name.lower(), quoted or bare) for name, quoted, bare in _PARAMETER.findall(found[2])]
        yield found[1].strip(), dict(reversed(parameters))


def links(headers: Headers) -> list[tuple[str, str]]:
    """The addresses in Link headers with their relations, as stated."""
    return [
        (href, relation.lower())
        for href, parameters in link_values(stated_links(headers))
        for relation in parameters.get("rel", "").split()
    ]


def topic(url: str, headers: Headers) -> Topic | None:
    """What Link headers say of a hub: the first one, and the topic, by default the document's own address."""
    return topic_of(links(headers), url)


def topic_of(links: Iterable[tuple[str, str]], url: str) -> Topic | None:
    """The first hub among links with their relations, if any, and the document's own address (WebSub 4).

    `url` is where the document was found: relative addresses start there, and it stands in for a missing self.
    """
    absolute = [(_absolute(href, url), relation) for href, relation in links]
    first = {relation: href for href, relation in reversed(absolute) if href}
    return Topic(first["hub"], first.get("self") or url) if first.get("hub") and url else None


def is_open(url: str, access: Access) -> bool:
    """Whether everybody may read what is at an address: nothing of what it is asked with looks like a secret."""
    return not (access.headers or access.auth) and strip_secrets(url) == url


def _absolute(href: str, base: str) -> str:
    """An absolute address of the web, or nothing."""
    try:
        whole = urljoin(base, href).partition("#")[0]
        is_usable = urlsplit(whole).scheme in ("http", "https") and bool(urlsplit(whole).hostname)
    except ValueError:
        return ""
    return whole if is_usable and len(whole) <= _VALIDATOR_LIMIT and _URI.fullmatch(whole) else ""


def status_in_words(status: int, headers: Headers, start: bytes = b"") -> str:
    """A status for people: "HTTP 404 Not Found", and the first words of the body when it is text."""
    try:
        line = f"HTTP {status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        line = f"HTTP {status}"
    words = _first_words(start) if _is_text(header(headers, b"content-type"), start) else ""
    return f"{line}: {words}" if words else line


def printable(text: str) -> str:
    """Foreign text on one line, without anything that steers a terminal or turns the direction of writing."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


class Unpacker:
    """Puts a body together from the blocks on the wire, and never holds more than `limit` bytes of it.

    `headers` name the coding: gzip, which is asked for, or deflate, which some send all the same. `add` and
    `finish` raise `Unusable` for another coding, for damaged or cut data and for too much of it.
    """

    def __init__(self, headers: Headers, limit: int) -> None:
        self._coding = _coding(headers)
        self._limit = limit
        self.wire = 0
        """Bytes that came."""
        self._members = 0
        self._inflater = zlib.decompressobj()
        self.content = bytearray()

    def expect(self, content_length: bytes) -> None:
        """Refuse a body that is announced as too large, before any of it is read."""
        length = _digits(content_length)
        if length is not None and length > self._limit:
            raise Unusable(f"{length:,} bytes are too large, the limit is {self._limit:,}")

    def add(self, block: bytes) -> None:
        """Take one block as it came."""
        self.wire += len(block)
        if self._coding:
            self._inflate(block)
        else:
            self.content += block[: self._room()]
        if max(self.wire, len(self.content)) > self._limit:
            raise Unusable(f"larger than {self._limit:,} bytes")

    def finish(self) -> bytes:
        """The whole body."""
        if self._members and not self._inflater.eof:
            raise Unusable(f"the {self._coding} data ends too early")
        return bytes(self.content)

    def _room(self) -> int:
        return self._limit + 1 - len(self.content)

    def _inflate(self, block: bytes) -> None:
        while block and self._room() > 0:
            if not self._inside(block):
                return
            try:
                self.content += self._inflater.decompress(block, self._room())
            except zlib.error as error:
                raise Unusable(f"the {self._coding} data is damaged: {error}") from error
            block = self._inflater.unconsumed_tail or self._inflater.unused_data

    def _inside(self, block: bytes) -> bool:
        """Whether `block` goes on with a member or starts one: what else follows the last member is padding."""
        if self._members and not self._inflater.eof:
            return True
        if self._members and (self._coding != "gzip" or block[0] != 0x1F):
            return False
        if self._members == _MEMBER_LIMIT:
            raise Unusable(f"the gzip data has more than {_MEMBER_LIMIT} members")
        self._members += 1
        self._inflater = zlib.decompressobj(_window(self._coding, block))
        return True


def _window(coding: str, start: bytes) -> int:
    """The window size that tells zlib the format: "deflate" comes with a zlib header, or wrongly without one."""
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if start[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS


def _coding(headers: Headers) -> str:
    named = _joined(headers, b"content-encoding").decode("latin-1").lower()
    codings = [coding for part in named.split(",") if (coding := part.strip()) not in ("", "identity")]
    if not codings:
        return ""
    known = {"gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}
    if len(codings) > 1 or codings[0] not in known:
        shown = printable(", ".join(codings))[:_EXCERPT_LENGTH]
        raise Unusable(f"the answer is packed as {shown}, which was not asked for")
    return known[codings[0]]


def _joined(headers: Headers, name: bytes) -> bytes:
    return b", ".join(value for key, value in headers if key.lower() == name)


def _short(value: bytes) -> bytes:
    return value if value.strip() and len(value) <= _VALIDATOR_LIMIT else b""


def _directives(headers: Headers) -> dict[bytes, bytes]:
    found = _DIRECTIVE.findall(_joined(headers, b"cache-control"))
    return {name.lower(): quoted or bare for name, quoted, bare in reversed(found)}


def _digits(value: bytes) -> int | None:
    """A number of seconds; one that is absurdly long becomes very large, for the caps."""
    digits = value.strip()
    if not re.fullmatch(rb"[0-9]+", digits):
        return None
    return int(digits) if len(digits) <= 10 else 10**10


def _seconds_until(then: bytes, headers: Headers) -> int | None:
    moment, date = date_of(then), date_of(header(headers, b"date"))
    return None if moment is None or date is None else int((moment - date).total_seconds())


def date_of(value: bytes) -> datetime | None:
    """The moment that a header states (RFC 9110 5.6.7); None when it is no date."""
    try:
        date = parsedate_to_datetime(value.decode("latin-1"))
    except (IndexError, OverflowError, TypeError, ValueError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _is_text(content_type: bytes, start: bytes) -> bool:
    kind = content_type.lower()
    return b"\0" not in start and (kind.startswith(b"text/") or b"json" in kind or b"xml" in kind)


def _first_words(start: bytes) -> str:
    words = printable(_NOT_TEXT.sub(" ", start.decode(errors="replace")))
    return words if len(words) <= _EXCERPT_LENGTH else words[: _EXCERPT_LENGTH - 1].rstrip() + "…"
