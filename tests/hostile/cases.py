"""Well over two hundred ways in which a server can do harm, each with what has to come of it.

A case is served on a host of its own, at its path, as raw bytes. Each is asked in two passes. Where the rules are
silent (`ANY`), either outcome is right, as long as no item is read by half and nothing breaks.
"""

from __future__ import annotations

import base64
import functools
import gzip
import itertools
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from loopback import LoopbackServer, Reply, Route, Seen

from .server import RESET

DEADLINE = 5
"""Seconds for a document, as the configuration of the tests says; slow cases take longer than that."""
SILENCE = 2
"""Seconds that a server may be silent, as the configuration of the tests says."""
MAX_BYTES = 4 * 1024 * 1024
"""Of a document, as the configuration of the tests says."""
ENOUGH = 4 * DEADLINE
"""Seconds after which a slow case gives up by itself."""
SECRET = "the-words-of-a-local-file"  # noqa: S105  # what must not come out
GOOD = "/good.xml"
METADATA = "169.254.169.254"
REBOUND = "rebind.test"
ALLOWED_ONCE = "198.51.100.7"
"""The first address of the name that is rebound; its network is allowed, loopback behind it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request to a case, and what its answer may be made of."""

    slug: str
    step: str
    """What follows the path of the case, without the slash between them."""
    turn: int
    """How often the path with this step was asked before."""
    headers: tuple[tuple[str, str], ...]
    port: int
    inner: int
    """The port that must never be reached."""
    secret: str
    """The path of a file that must never be read."""
    path: str
    leaving: threading.Event

    @property
    def feed(self) -> bytes:
        """The plain feed of this case: two items."""
        return feed(self.slug)

    def header(self, name: str) -> str | None:
        """Give a header of the request."""
        return next((value for key, value in self.headers if key.lower() == name), None)

    def drip(self, data: bytes, every: float = 0.05, size: int = 1) -> Iterator[bytes]:
        """Send a few bytes at a time, `every` so many seconds."""
        for start in range(0, len(data), size):
            yield data[start : start + size]
            if self.leaving.wait(every):
                return

    def stall(self) -> Iterator[bytes]:
        """Send nothing more, and keep the connection open."""
        self.leaving.wait(ENOUGH)
        yield b""


Answer = bytes | Callable[[Ask], bytes | Iterable[bytes]]
Result = Literal["read", "failed", "any"]


@dataclass(frozen=True, slots=True)
class Expect:
    """What has to come of a pass: the result, words of its reason, and how many entries are published then."""

    result: Result
    reason: str = ""
    """A regular expression that the reason of a failure has to match."""
    entries: int | None = None
    """None: it does not matter, as long as each is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One way to do harm."""

    path: str
    answer: Answer
    expect: Expect
    then: Expect
    """What comes of the second pass."""
    steps: tuple[str, ...] = ()
    """Paths below `path` that are answered, too."""
    moving: bool = False
    """The second pass rightly changes what is published."""
    url: str = ""
    """What is asked in place of `path` on a host of its own; {port} and {inner} stand for ports."""
    rows: str = "F35"
    """The rows of the matrices that it belongs to."""
    words: str = ""
    """What its path does not say."""

    @property
    def slug(self) -> str:
        """A name that can be a source and a host."""
        return self.path.strip("/").lower().replace("/", "-").replace(".", "-")

    @property
    def busy(self) -> bool:
        """Whether it is asked in a pass of its own."""
        return self.path.startswith("/busy/")


READ = Expect("read", entries=2)
ANY = Expect("any")


def failed(reason: str, entries: int = 0) -> Expect:
    """Expect a failure whose reason says so; entries that were published before stay."""
    return Expect("failed", reason, entries)


# --- what answers are made of -----------------------------------------------------------------------------


def feed(slug: str, *numbers: int, head: str = "", mark: str = "whole", date: str = "02 Mar 2026") -> bytes:
    """Give an RSS document; the title of an item ends with its mark, so that half an item shows."""
    items = "".join(item(slug, number, mark=mark, date=date) for number in numbers or (1, 2))
    return rss(slug, head + items)


def item(slug: str, number: int, *, mark: str = "whole", date: str = "02 Mar 2026", guid: str = "") -> str:
    """Give one item."""
    link = f"https://{slug}.example/{number}"
    dated = f"<pubDate>{date} 00:00:0{number % 10} GMT</pubDate>"
    return (
        f"<item><title>{slug} {number} {mark}</title><link>{link}</link><guid>{guid or link}</guid>{dated}"
        f"<description>Words {number}, whole</description></item>"
    )


def rss(slug: str, inside: str) -> bytes:
    """Give an RSS document around items."""
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{slug}</title>'
        f"<link>https://{slug}.example/</link><description/>{inside}</channel></rss>"
    ).encode()


def http(
    body: bytes = b"",
    *headers: str,
    status: str = "200 OK",
    length: bool = True,
    kind: str = "application/rss+xml",
) -> bytes:
    """Give a plain answer as bytes; headers are Latin-1."""
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {kind}"] if kind else []), *headers]
    lines += [f"Content-Length: {len(body)}"] if length else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """Give one chunk (RFC 9112 7.1)."""
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


def chunked(*parts: bytes, last: bytes = b"0\r\n\r\n", coding: str = "chunked") -> bytes:
    """Give an answer whose body is what is given here, chunk sizes and all."""
    return http(b"".join(parts), f"Transfer-Encoding: {coding}", length=False) + last


CHUNKED_HEAD = http(b"", "Transfer-Encoding: chunked", length=False)
ENDLESS_HEAD = http(length=False)


def with_feed(*headers: str, **more: str) -> Callable[[Ask], bytes]:
    """Answer with the plain feed and these headers."""
    return lambda ask: http(ask.feed, *headers, **more)  # type: ignore[arg-type]  # texts for texts


def for_ever(block: bytes, head: bytes = b"") -> Callable[[Ask], Iterator[bytes]]:
    """Answer without an end, as fast as the other side takes it."""

    def answer(ask: Ask) -> Iterator[bytes]:
        yield head
        while not ask.leaving.is_set():
            yield block

    return answer


@functools.cache
def zeros(megabytes: int, wrap: Literal["gzip", "zlib", "raw"] = "gzip") -> bytes:
    """Pack zeros so tightly that a MB of them is a kB; the end of the stream is never written."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    head = {"gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\xff", "zlib": b"\x78\x9c", "raw": b""}[wrap]
    return head + block * megabytes


@functools.cache
def zstd_zeros(megabytes: int) -> bytes:
    """Pack zeros as a Zstandard frame of runs (RFC 8878 3.1.1): four bytes for 128 kB."""
    run = ((2**17 << 3) | 2).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\0\x68" + run * (8 * megabytes) + b"\x01\0\0"


# --- /bomb: what is small on the wire and large when unpacked ---------------------------------------------

LARGE = "larg|too (long|big|many)|limit"
LATE = "silent|did not deliver|time|slow"
ENDLESS = f"{LARGE}|{LATE}"
"""Whichever limit comes first on a busy machine."""
PACKED = "packed as"
DAMAGED = "damaged|ends too early|cut"
NOT_HTTP = "does not keep to HTTP|broke|closed|disconnected|no answer"
GZIP_WITH_A_NAME = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"
"""The start of a gzip stream whose file name follows (RFC 1952 2.3.1)."""
NO_FEED = "not a feed|no feed|not XML|no whole JSON Feed|HTML|a page"


def _packed(coding: str, body: bytes) -> bytes:
    return http(body, f"Content-Encoding: {coding}")


def _packed_feed(coding: str, *, change: Callable[[bytes], bytes] = lambda body: body) -> Callable[[Ask], bytes]:
    return lambda ask: _packed(coding, change(gzip.compress(ask.feed, mtime=0)))


BOMBS: dict[str, tuple[Answer, Expect]] = {
    "gzip": (lambda _: _packed("gzip", zeros(1000)), failed(LARGE)),
    "gzip-without-length": (lambda _: http(zeros(1000), "Content-Encoding: gzip", length=False), failed(LARGE)),
    "gzip-of-blanks": (
        lambda ask: _packed("gzip", gzip.compress(ask.feed + b" " * MAX_BYTES, mtime=0)),
        failed(LARGE),
    ),
    "gzip-in-gzip": (lambda _: _packed("gzip, gzip", gzip.compress(zeros(1000), mtime=0)), failed(PACKED)),
    "gzip-in-gzip-unsaid": (lambda _: _packed("gzip", gzip.compress(zeros(1000), mtime=0)), failed(NO_FEED)),
    "gzip-twice-in-two-headers": (
        lambda _: http(zeros(10), "Content-Encoding: gzip", "Content-Encoding: gzip"),
        failed(PACKED),
    ),
    "deflate": (lambda _: _packed("deflate", zeros(1000, "zlib")), failed(f"{LARGE}|{PACKED}")),
    "deflate-raw": (lambda _: _packed("deflate", zeros(1000, "raw")), failed(f"{LARGE}|{PACKED}")),
    "brotli": (_packed("br", b"\xff\xff\xff\xff" * 400), failed(PACKED)),
    "zstd": (lambda _: _packed("zstd", zstd_zeros(1000)), failed(PACKED)),
    "compress": (_packed("compress", b"\x1f\x9d\x90\0"), failed(PACKED)),
    "unknown-coding": (_packed("x-secret", b"\0" * 1000), failed(PACKED)),
    "gzip-and-brotli": (_packed("gzip, br", b"\0" * 1000), failed(PACKED)),
    "coding-of-many-names": (_packed("gzip, " * 500 + "gzip", zeros(10)), failed(PACKED)),
    "identity": (with_feed("Content-Encoding: identity"), READ),
    "coding-empty": (with_feed("Content-Encoding: "), READ),
    "gzip-upper-case": (_packed_feed("GZIP"), READ),
    "gzip-old-name": (_packed_feed("x-gzip"), READ),
    "gzip-cut-in-half": (_packed_feed("gzip", change=lambda body: body[: len(body) // 2]), failed(DAMAGED)),
    "gzip-without-its-end": (_packed_feed("gzip", change=lambda body: body[:-8]), failed(DAMAGED)),
    "gzip-wrong-sum": (_packed_feed("gzip", change=lambda body: body[:-8] + b"\0" * 8), failed(DAMAGED)),
    "gzip-bits-flipped": (
        _packed_feed("gzip", change=lambda body: body[:40] + bytes(byte ^ 255 for byte in body[40:])),
        failed(DAMAGED),
    ),
    "gzip-and-garbage-behind": (_packed_feed("gzip", change=lambda body: body + b"\0" * 512), ANY),
    "gzip-in-two-members": (
        lambda ask: _packed("gzip", gzip.compress(ask.feed[:99], mtime=0) + gzip.compress(ask.feed[99:], mtime=0)),
        READ,
    ),
    "gzip-of-many-members": (
        lambda _: _packed("gzip", gzip.compress(b"", mtime=0) * 100_000),
        failed("members|larg"),
    ),
    "gzip-endless-name": (
        for_ever(b"a" * 2**16, http(GZIP_WITH_A_NAME, "Content-Encoding: gzip", length=False)),
        failed(ENDLESS),
    ),
    "gzip-said-but-plain": (with_feed("Content-Encoding: gzip"), failed(DAMAGED)),
    "gzip-unsaid": (lambda ask: http(gzip.compress(ask.feed, mtime=0)), failed(NO_FEED)),
    "gzip-empty": (_packed("gzip", b""), failed("empty")),
    "gzip-of-nothing": (_packed("gzip", gzip.compress(b"", mtime=0)), failed("empty")),
    "endless": (for_ever(b"<!-- more -->" * 5000, ENDLESS_HEAD), failed(ENDLESS)),
    "endless-chunks": (for_ever(chunk(b"<a>" * 20_000), CHUNKED_HEAD), failed(ENDLESS)),
    "endless-gzip": (
        for_ever(zeros(8)[10:], http(zeros(0), "Content-Encoding: gzip", length=False)),
        failed(ENDLESS),
    ),
    "endless-error": (
        for_ever(b"sorry " * 10_000, http(status="404 Not Found", length=False)),
        failed("HTTP 404"),
    ),
    "error-packed-tightly": (
        lambda _: http(zeros(100), "Content-Encoding: gzip", status="500 Oh", kind="text/html"),
        failed("HTTP 500"),
    ),
    "redirect-with-endless-body": (
        lambda ask: (
            http(ask.feed)
            if ask.step
            else for_ever(b"x" * 65536, http(b"", f"Location: {ask.path}/on", status="302 Found", length=False))(
                ask
            )
        ),
        READ,
    ),
    "plain": (lambda ask: http(ask.feed + b" " * MAX_BYTES), failed(LARGE)),
    "plain-without-length": (lambda ask: http(ask.feed + b" " * MAX_BYTES, length=False), failed(ENDLESS)),
}

# --- /slow ------------------------------------------------------------------------------------------------


def _after_one_second(ask: Ask) -> Iterator[bytes]:
    ask.leaving.wait(1.0)
    yield http(ask.feed)


def _stalled(data: bytes) -> Callable[[Ask], Iterator[bytes]]:
    def answer(ask: Ask) -> Iterator[bytes]:
        yield data
        yield from ask.stall()

    return answer


def _stalled_in_the_body(ask: Ask) -> Iterator[bytes]:
    yield http(ask.feed)[:-40]
    yield from ask.stall()


def _open_after_the_end(ask: Ask) -> Iterator[bytes]:
    yield http(ask.feed)
    yield from ask.stall()


def _never_closed(ask: Ask) -> Iterator[bytes]:
    yield http(ask.feed, length=False)
    yield from ask.stall()


def _headers_for_ever(ask: Ask) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from ask.drip(b"X-More: x\r\n" * 1000, 0.2, 11)


def _slow_step_by_step(ask: Ask) -> Iterator[bytes]:
    """Each hop is in time, all of them are not."""
    ask.leaving.wait(0.6 * SILENCE)
    onward = int(ask.step or 0) + 1
    yield http(b"", f"Location: /slow/redirects/{onward}", status="302 Found") if onward < 6 else http(ask.feed)


def _dripped(data: bytes, every: float = 0.05) -> Callable[[Ask], Iterator[bytes]]:
    return lambda ask: ask.drip(data, every)


SLOWLY: dict[str, tuple[Answer, Expect]] = {
    "ok-1s": (_after_one_second, READ),
    "first-byte": (_stalled(b""), failed(LATE)),
    "stall-in-status": (_stalled(b"HTTP/1.1 2"), failed(LATE)),
    "stall-in-headers": (_stalled(b"HTTP/1.1 200 OK\r\nContent-Le"), failed(LATE)),
    "stall-before-body": (_stalled(http(length=False)), failed(LATE)),
    "stall-in-body": (_stalled_in_the_body, failed(LATE)),
    "stall-in-chunk": (_stalled(CHUNKED_HEAD + b"ff\r\n<rss"), failed(LATE)),
    "stall-before-last-chunk": (lambda ask: _stalled(CHUNKED_HEAD + chunk(ask.feed))(ask), failed(LATE)),
    "stall-in-trailers": (lambda ask: _stalled(CHUNKED_HEAD + chunk(ask.feed) + b"0\r\n")(ask), failed(LATE)),
    "stall-in-gzip": (
        lambda ask: _stalled(http(gzip.compress(ask.feed)[:-20], "Content-Encoding: gzip", length=False))(ask),
        failed(LATE),
    ),
    "status-drip": (_dripped(b"HTTP/1.1 200 " + b"O" * 1000, 0.1), failed(LATE)),
    "headers-drip": (_dripped(http(b"", "X: " + "y" * 500), 0.1), failed(LATE)),
    "headers-for-ever": (_headers_for_ever, failed(LATE)),
    "body-drip": (lambda ask: ask.drip(http(ask.feed), 0.1), failed(LATE)),
    "chunk-drip": (
        lambda ask: ask.drip(CHUNKED_HEAD + b"".join(chunk(bytes([byte])) for byte in ask.feed), 0.1, 6),
        failed(LATE),
    ),
    "chunk-size-drip": (lambda ask: _then_drip(ask, CHUNKED_HEAD, b"0" * 999), failed(LATE)),
    "blank-lines-drip": (lambda ask: _then_drip(ask, ENDLESS_HEAD, b"\n" * 1000), failed(LATE)),
    "continue-for-ever": (_dripped(b"HTTP/1.1 100 Continue\r\n\r\n" * 200, 0.01), failed(f"{LATE}|{NOT_HTTP}")),
    "gzip-drip": (
        lambda ask: _then_drip(ask, http(b"", "Content-Encoding: gzip", length=False), gzip.compress(ask.feed)),
        failed(LATE),
    ),
    "open-after-the-end": (_open_after_the_end, READ),
    "never-closed": (_never_closed, failed(LATE)),
    "error-drip": (
        lambda ask: _then_drip(ask, http(b"", status="404 Not Found", length=False), b"sorry " * 200),
        failed(f"HTTP 404|{LATE}"),
    ),
    "redirects": (_slow_step_by_step, failed(LATE)),
}


def _then_drip(ask: Ask, head: bytes, rest: bytes) -> Iterator[bytes]:
    yield head
    yield from ask.drip(rest, 0.1)


# --- /length: Content-Length that lies --------------------------------------------------------------------

BROKEN_OFF = f"{NOT_HTTP}|{DAMAGED}|incomplete|too early"


def _length(*values: str, cut: int = 0) -> Callable[[Ask], bytes]:
    """Answer with the feed, cut to so many bytes, under these lengths; {n} stands for the right one."""

    def answer(ask: Ask) -> bytes:
        lines = [f"Content-Length: {value.format(n=len(ask.feed))}" for value in values]
        return http(ask.feed[: cut or None], *lines, length=False)

    return answer


LENGTHS: dict[str, tuple[Answer, Expect]] = {
    "too-large": (_length("99999"), failed(BROKEN_OFF)),
    "too-large-by-one": (
        lambda ask: http(ask.feed, f"Content-Length: {len(ask.feed) + 1}", length=False),
        failed(BROKEN_OFF),
    ),
    "too-small": (
        lambda ask: http(ask.feed, f"Content-Length: {len(ask.feed) - 60}", length=False),
        Expect("read", entries=1),
    ),
    "body-cut": (_length("{n}", cut=200), failed(BROKEN_OFF)),
    "zero": (_length("0"), failed("empty")),
    "none": (with_feed(), READ),
    "until-close": (lambda ask: http(ask.feed, length=False), READ),
    "negative": (_length("-1"), failed(NOT_HTTP)),
    "words": (_length("many"), failed(NOT_HTTP)),
    "plus": (_length("+{n}"), failed(NOT_HTTP)),
    "hex": (_length("0x200"), failed(NOT_HTTP)),
    "fraction": (_length("{n}.0"), failed(NOT_HTTP)),
    "exponent": (_length("1e3"), failed(NOT_HTTP)),
    "underscore": (_length("1_000"), failed(NOT_HTTP)),
    "arabic-digits": (_length("\xb2\xb3"), failed(NOT_HTTP)),
    "huge": (_length("9" * 30), failed(f"{LARGE}|{NOT_HTTP}")),
    "of-4000-digits": (_length("9" * 4000), failed(f"{LARGE}|{NOT_HTTP}")),
    "over-the-limit": (_length(str(MAX_BYTES + 1)), failed(LARGE)),
    "twice-equal": (_length("{n}", "{n}"), ANY),
    "twice-different": (_length("{n}", "5"), failed(NOT_HTTP)),
    "listed-equal": (_length("{n}, {n}"), ANY),
    "listed-different": (_length("5, {n}"), failed(NOT_HTTP)),
    "with-blanks": (_length("  {n}  "), READ),
    "leading-zeros": (_length("000{n}"), ANY),
    "empty": (_length(""), failed(NOT_HTTP)),
    "and-chunked": (
        lambda ask: http(
            chunk(ask.feed) + b"0\r\n\r\n", "Transfer-Encoding: chunked", "Content-Length: 5", length=False
        ),
        ANY,
    ),
}

# --- /chunked ---------------------------------------------------------------------------------------------


def _chunks(
    *, size: str = "{n:x}", extension: bytes = b"", last: bytes = b"0\r\n\r\n", coding: str = "chunked"
) -> Callable[[Ask], bytes]:
    """Answer with the feed in one chunk whose size line is this."""

    def answer(ask: Ask) -> bytes:
        line = size.format(n=len(ask.feed)).encode() + extension + b"\r\n"
        return chunked(line, ask.feed, b"\r\n", last=last, coding=coding)

    return answer


CHUNKS: dict[str, tuple[Answer, Expect]] = {
    "ok": (_chunks(), READ),
    "byte-by-byte": (lambda ask: chunked(*(chunk(bytes([byte])) for byte in ask.feed)), READ),
    "upper-case": (_chunks(size="{n:X}"), READ),
    "leading-zeros": (_chunks(size="0000{n:x}"), READ),
    "extension": (_chunks(extension=b';name="a;b"'), READ),
    "huge-extension": (_chunks(extension=b";x=" + b"y" * 2**20), failed(f"{NOT_HTTP}|{LARGE}")),
    "endless-extension": (for_ever(b"y" * 65536, CHUNKED_HEAD + b"5;x="), failed(f"{NOT_HTTP}|{LARGE}|{LATE}")),
    "trailers": (_chunks(last=b"0\r\nETag: x\r\nX-Sum: 1\r\n\r\n"), READ),
    "trailer-flood": (_chunks(last=b"0\r\n" + b"X: y\r\n" * 100_000 + b"\r\n"), failed(f"{NOT_HTTP}|{LARGE}")),
    "endless-trailers": (
        lambda ask: for_ever(b"X: y\r\n" * 1000, CHUNKED_HEAD + chunk(ask.feed) + b"0\r\n")(ask),
        failed(f"{NOT_HTTP}|{LARGE}|{LATE}"),
    ),
    "size-of-words": (_chunks(size="xyz"), failed(NOT_HTTP)),
    "size-negative": (_chunks(size="-5"), failed(NOT_HTTP)),
    "size-plus": (_chunks(size="+{n:x}"), failed(NOT_HTTP)),
    "size-with-0x": (_chunks(size="0x{n:x}"), failed(NOT_HTTP)),
    "size-huge": (_chunks(size="f" * 16), failed(f"{NOT_HTTP}|{LARGE}")),
    "size-of-40-digits": (_chunks(size="0" * 39 + "f"), ANY),
    "size-endless": (for_ever(b"0" * 65536, CHUNKED_HEAD), failed(f"{NOT_HTTP}|{LARGE}|{LATE}")),
    "size-empty": (_chunks(size=""), failed(NOT_HTTP)),
    "size-too-small": (_chunks(size="5"), failed(NOT_HTTP)),
    "size-too-large": (_chunks(size="fff"), failed(BROKEN_OFF)),
    "no-end": (_chunks(last=b""), failed(BROKEN_OFF)),
    "cut-in-a-chunk": (lambda ask: chunked(chunk(ask.feed)[:300], last=b""), failed(BROKEN_OFF)),
    "no-line-end-behind": (lambda ask: chunked(b"%x\r\n%s" % (len(ask.feed), ask.feed)), failed(NOT_HTTP)),
    "bare-line-feeds": (lambda ask: chunked(b"%x\n%s\n" % (len(ask.feed), ask.feed), last=b"0\n\n"), ANY),
    "nothing": (chunked(), failed("empty")),
    "twice": (_chunks(coding="chunked, chunked"), failed(NOT_HTTP)),
    "gzip-transfer": (
        lambda ask: chunked(chunk(gzip.compress(ask.feed)), coding="gzip, chunked"),
        failed(f"{NOT_HTTP}|{PACKED}|{NO_FEED}"),
    ),
    "unknown-transfer": (_chunks(coding="secret"), failed(f"{NOT_HTTP}|{PACKED}")),
    "in-http-1.0": (lambda ask: _chunks()(ask).replace(b"HTTP/1.1", b"HTTP/1.0", 1), ANY),
    "said-but-plain": (lambda ask: http(ask.feed, "Transfer-Encoding: chunked", length=False), failed(NOT_HTTP)),
}

# --- /proto: what is hardly HTTP --------------------------------------------------------------------------


def _status_line(line: str) -> Callable[[Ask], bytes]:
    def answer(ask: Ask) -> bytes:
        return http(ask.feed).replace(b"HTTP/1.1 200 OK", line.encode("latin-1"), 1)

    return answer


def _broken_off(*before: bytes) -> Callable[[Ask], Iterator[bytes]]:
    return lambda _: iter([*before, RESET])


PROTOCOLS: dict[str, tuple[Answer, Expect]] = {
    "close-at-once": (b"", failed(NOT_HTTP)),
    "reset-at-once": (_broken_off(), failed(NOT_HTTP)),
    "reset-in-headers": (_broken_off(b"HTTP/1.1 200 OK\r\nContent-"), failed(NOT_HTTP)),
    "reset-in-body": (_broken_off(http(b"<rss>", "Content-Length: 999", length=False)), failed(NOT_HTTP)),
    "close-in-headers": (b"HTTP/1.1 200 OK\r\nContent-", failed(NOT_HTTP)),
    "http-0.9": (lambda ask: ask.feed, failed(NOT_HTTP)),
    "http-1.0": (_status_line("HTTP/1.0 200 OK"), READ),
    "http-2": (_status_line("HTTP/2.0 200 OK"), ANY),
    "http-9.9": (_status_line("HTTP/9.9 200 OK"), ANY),
    "http-2-preface": (b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18, failed(NOT_HTTP)),
    "icecast": (_status_line("ICY 200 OK"), failed(NOT_HTTP)),
    "lower-case": (_status_line("http/1.1 200 ok"), ANY),
    "no-reason": (_status_line("HTTP/1.1 200"), READ),
    "reason-empty": (_status_line("HTTP/1.1 200 "), READ),
    "reason-beyond-ascii": (_status_line("HTTP/1.1 200 Gr\xfc\xdfe"), READ),
    "reason-of-10-kB": (_status_line("HTTP/1.1 200 " + "x" * 10_000), ANY),
    "reason-of-1-MB": (_status_line("HTTP/1.1 200 " + "x" * 2**20), failed(f"{NOT_HTTP}|{LARGE}")),
    "status-of-words": (_status_line("HTTP/1.1 abc OK"), failed(NOT_HTTP)),
    "status-of-2-digits": (_status_line("HTTP/1.1 20 OK"), failed(NOT_HTTP)),
    "status-of-4-digits": (_status_line("HTTP/1.1 2000 OK"), failed(NOT_HTTP)),
    "status-negative": (_status_line("HTTP/1.1 -200 OK"), failed(NOT_HTTP)),
    "status-0": (_status_line("HTTP/1.1 000 OK"), failed(f"{NOT_HTTP}|HTTP 0")),
    "status-099": (_status_line("HTTP/1.1 099 OK"), failed(f"{NOT_HTTP}|HTTP 99")),
    "status-600": (_status_line("HTTP/1.1 600 OK"), failed(f"{NOT_HTTP}|HTTP 600")),
    "status-999": (_status_line("HTTP/1.1 999 Denied"), failed(f"{NOT_HTTP}|HTTP 999")),
    "blank-line-first": (lambda ask: b"\r\n" + http(ask.feed), ANY),
    "blank-lines-for-ever": (for_ever(b"\r\n" * 1000), failed(f"{NOT_HTTP}|{LARGE}|{LATE}")),
    "hello": (b"HELLO\r\n\r\n", failed(NOT_HTTP)),
    "ssh": (b"SSH-2.0-OpenSSH_9.6\r\n", failed(NOT_HTTP)),
    "smtp": (b"220 mail.test ESMTP\r\n", failed(NOT_HTTP)),
    "garbage": (bytes(range(256)) * 40, failed(NOT_HTTP)),
    "garbage-for-ever": (for_ever(bytes(range(256)) * 256), failed(f"{NOT_HTTP}|{LARGE}")),
    "zeros": (b"\0" * 5000, failed(NOT_HTTP)),
    "escape-codes": (_status_line("HTTP/1.1 500 \x1b[2J\x1b]0;owned\x07"), failed(f"{NOT_HTTP}|HTTP 500")),
    "tls-alert": (b"\x15\x03\x01\0\x02\x02\x46", failed(NOT_HTTP)),
    "100-then-200": (lambda ask: b"HTTP/1.1 100 Continue\r\n\r\n" + http(ask.feed), READ),
    "103-then-200": (
        lambda ask: b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n" + http(ask.feed),
        READ,
    ),
    "1xx-50": (lambda ask: b"HTTP/1.1 102 Processing\r\n\r\n" * 50 + http(ask.feed), ANY),
    "101": (
        lambda ask: http(ask.feed, "Upgrade: h2c", status="101 Switching Protocols"),
        failed(f"{NOT_HTTP}|101"),
    ),
    "204-with-body": (with_feed(status="204 No Content"), failed("HTTP 204")),
    "205-with-body": (with_feed(status="205 Reset Content"), failed("HTTP 205")),
    "206": (with_feed("Content-Range: bytes 0-99/200", status="206 Partial Content"), failed("HTTP 206")),
    "201": (with_feed(status="201 Created"), failed("HTTP 201")),
    "202": (with_feed(status="202 Accepted"), failed("HTTP 202")),
    "203": (with_feed(status="203 Non-Authoritative Information"), ANY),
    "226": (with_feed("IM: feed", status="226 IM Used"), failed("HTTP 226")),
    "304-with-body": (with_feed(status="304 Not Modified"), failed("HTTP 304")),
    "no-headers": (lambda ask: b"HTTP/1.1 200 OK\r\n\r\n" + ask.feed, READ),
    "bare-line-feeds": (lambda ask: http(ask.feed).replace(b"\r\n", b"\n"), ANY),
    "two-answers": (lambda ask: http(ask.feed) + http(feed(ask.slug, 7, 8)), READ),
    "answer-and-garbage": (lambda ask: http(ask.feed) + b"\0" * 9999, READ),
}

# --- /headers ---------------------------------------------------------------------------------------------

TOO_MUCH = f"{NOT_HTTP}|{LARGE}"


def _raw_header(*lines: bytes) -> Callable[[Ask], bytes]:
    """Answer with the feed and these lines among the headers, as they are."""
    return lambda ask: http(ask.feed).replace(b"\r\n\r\n", b"\r\n" + b"\r\n".join(lines) + b"\r\n\r\n", 1)


def _pointing(name: str, value: str) -> Callable[[Ask], bytes]:
    """Answer with the feed and a header that names the inner port."""
    return lambda ask: http(ask.feed, f"{name}: {value.format(inner=f'http://127.0.0.1:{ask.inner}')}")


HEADERS: dict[str, tuple[Answer, Expect]] = {
    "value-of-1-MB": (with_feed("X-Long: " + "x" * 2**20), failed(TOO_MUCH)),
    "name-of-10-kB": (with_feed("X" * 10_000 + ": y"), ANY),
    "name-of-1-MB": (with_feed("X" * 2**20 + ": y"), failed(TOO_MUCH)),
    "1000": (with_feed(*(f"X-{n}: y" for n in range(1000))), ANY),
    "10000": (with_feed(*(f"X-Number-{n}: its value is {n}" for n in range(10_000))), failed(TOO_MUCH)),
    "100": (with_feed(*(f"X-{n}: y" for n in range(100))), READ),
    "endless": (for_ever(b"X: y\r\n" * 1000, b"HTTP/1.1 200 OK\r\n"), failed(f"{TOO_MUCH}|{LATE}")),
    "endless-value": (for_ever(b"x" * 65536, b"HTTP/1.1 200 OK\r\nX: "), failed(f"{TOO_MUCH}|{LATE}")),
    "cookies-200": (with_feed(*(f"Set-Cookie: c{n}=v; Path=/" for n in range(200))), READ),
    "cookies-10000": (with_feed(*(f"Set-Cookie: c{n}=v" for n in range(10_000))), failed(TOO_MUCH)),
    "cookie-of-8-kB": (with_feed("Set-Cookie: a=" + "b" * 8000), READ),
    "folded": (_raw_header(b"X-Old: one", b"  two"), ANY),
    "folded-first": (_raw_header(b" folded: x"), ANY),
    "no-colon": (_raw_header(b"this is no header"), failed(NOT_HTTP)),
    "no-name": (_raw_header(b": value"), failed(NOT_HTTP)),
    "blank-before-colon": (_raw_header(b"X-Odd : y"), ANY),
    "blank-in-name": (_raw_header(b"X Odd: y"), failed(NOT_HTTP)),
    "name-beyond-ascii": (_raw_header("X-Größe: 1".encode()), failed(NOT_HTTP)),
    "value-in-utf-8": (_raw_header("X-Title: 新闻".encode()), READ),
    "value-in-latin-1": (_raw_header(b"X-Title: Gr\xfc\xdfe"), READ),
    "nul-in-value": (_raw_header(b"X-Nul: a\0b"), failed(NOT_HTTP)),
    "nul-in-name": (_raw_header(b"X\0: a"), failed(NOT_HTTP)),
    "escape-in-value": (_raw_header(b"X-Escape: \x1b[2J"), ANY),
    "bare-cr": (_raw_header(b"X-Cr: a\rSet-Cookie: b=c"), ANY),
    "empty-value": (_raw_header(b"X-Empty:"), READ),
    "type-missing": (with_feed(kind=""), READ),
    "type-empty": (with_feed(kind=" "), READ),
    "type-twice": (with_feed("Content-Type: text/html"), ANY),
    "type-of-10-kB": (with_feed(kind="application/rss+xml; x=" + "y" * 10_000), READ),
    "type-octets": (with_feed(kind="application/octet-stream"), READ),
    "type-image": (with_feed(kind="image/png"), READ),
    "type-html": (with_feed(kind="text/html"), READ),
    "type-json": (with_feed(kind="application/json"), READ),
    "type-garbage": (with_feed(kind=";;;=/ \xe9 ,,"), READ),
    "charset-unknown": (with_feed(kind="text/xml; charset=nothing-8"), READ),
    "charset-of-python": (with_feed(kind="text/xml; charset=unicode_escape"), READ),
    "charset-punycode": (with_feed(kind="text/xml; charset=punycode"), READ),
    "charset-of-4-kB": (with_feed(kind="text/xml; charset=" + "x" * 4096), READ),
    "location-on-200": (_pointing("Location", "{inner}/"), READ),
    "content-location": (_pointing("Content-Location", "{inner}/"), READ),
    "refresh": (_pointing("Refresh", "0; url={inner}/"), READ),
    "link-preload": (_pointing("Link", "<{inner}/>; rel=preload, <{inner}/hub>; rel=hub"), READ),
    "alt-svc": (_pointing("Alt-Svc", 'h2=":1", h3=":1"; ma=9999'), READ),
    "report-to": (_pointing("Report-To", '{{"endpoints":[{{"url":"{inner}/"}}]}}'), READ),
    "disposition": (with_feed('Content-Disposition: attachment; filename="../../../../etc/cron.d/x"'), READ),
    "authenticate-on-200": (with_feed('WWW-Authenticate: Basic realm="x"'), READ),
    "connection-odd": (with_feed("Connection: keep-alive, close, upgrade", "Keep-Alive: timeout=-1"), READ),
    "date-odd": (
        with_feed("Date: yesterday", "Age: many", "Expires: never", "Cache-Control: max-age=\xe9,,="),
        READ,
    ),
    "date-of-year-9999": (with_feed("Date: Fri, 31 Dec 9999 23:59:59 GMT", "Expires: 0"), READ),
    "max-age-huge": (with_feed("Cache-Control: max-age=" + "9" * 4000), READ),
    "max-age-negative": (with_feed("Cache-Control: max-age=-1", "Age: -5"), READ),
    "cache-control-of-20-kB": (with_feed("Cache-Control: " + "a=b, " * 4000), READ),
    "cache-control-quotes": (with_feed('Cache-Control: a="' + "\\" * 5000), READ),
}

# --- /status ----------------------------------------------------------------------------------------------

PHRASES = {402: "Payment Required", 418: "I'm a teapot", 451: "Unavailable For Legal Reasons"}
STATUSES = (
    *range(400, 419),
    *(421, 422, 423, 424, 425, 426, 428, 429, 431, 444, 451, 499),
    *range(500, 509),
    *(510, 511, 520, 521, 522, 525, 530, 599),
)
RETRY_AFTER = {
    "seconds": "3600",
    "zero": "0",
    "negative": "-1",
    "fraction": "1.5",
    "exponent": "1e9",
    "huge": "9" * 40,
    "of-4000-digits": "9" * 4000,
    "garbage": "\xe9 soon",
    "empty": "",
    "date": "Tue, 03 Mar 2026 12:00:00 GMT",
    "date-past": "Mon, 02 Mar 1970 12:00:00 GMT",
    "date-of-year-9999": "Fri, 31 Dec 9999 23:59:59 GMT",
    "date-of-year-0": "Fri, 31 Dec 0000 23:59:59 GMT",
    "date-impossible": "Mon, 31 Feb 2026 25:61:61 GMT",
    "two-digit-year": "Tuesday, 03-Mar-26 12:00:00 GMT",
    "list": "3600, 7200",
}


def _error(status: int, *headers: str) -> bytes:
    phrase = PHRASES.get(status, "Trouble")
    return http(b"<h1>Sorry</h1><p>Come back later</p>", *headers, status=f"{status} {phrase}", kind="text/html")


STATUS_ANSWERS: dict[str, tuple[Answer, Expect]] = {
    **{str(status): (_error(status), failed(f"HTTP {status}.*Sorry")) for status in STATUSES},
    **{
        f"{status}-{name}": (_error(status, f"Retry-After: {value}"), failed(f"HTTP {status}"))
        for status in (429, 503)
        for name, value in RETRY_AFTER.items()
    },
    "401-basic": (_error(401, 'WWW-Authenticate: Basic realm="\xe9\x1b[2J"'), failed("HTTP 401")),
    "401-negotiate": (_error(401, "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM"), failed("HTTP 401")),
    "403-bot-wall": (
        http(
            b"<title>Just a moment...</title>", "cf-mitigated: challenge", status="403 Forbidden", kind="text/html"
        ),
        failed("HTTP 403"),
    ),
    "500-with-feed": (with_feed(status="500 Oops"), failed("HTTP 500")),
    "404-with-feed": (with_feed(status="404 Not Found"), failed("HTTP 404")),
    "404-binary": (http(bytes(range(256)), status="404 Not Found", kind="text/plain"), failed("HTTP 404")),
    "500-escape-codes": (
        http(b"\x1b[2J\x07\xe2\x80\xaeowned", status="500 Oops", kind="text/plain"),
        failed("HTTP 500"),
    ),
    "429-on-redirect": (
        lambda ask: (
            _error(429, "Retry-After: 60")
            if ask.step
            else http(b"", f"Location: {ask.path}/on", status="302 Found")
        ),
        failed("HTTP 429"),
    ),
}

# --- /redirect --------------------------------------------------------------------------------------------


def _to(location: str, status: int = 302) -> Callable[[Ask], bytes]:
    """Redirect to this; {self}, {port}, {inner} and {path} are filled in."""

    def answer(ask: Ask) -> bytes:
        if ask.step:
            return http(ask.feed)
        target = location.format(
            self=f"http://{ask.slug}.test:{ask.port}{ask.path}", port=ask.port, inner=ask.inner, path=ask.path
        )
        # Headers are written as Latin-1: what is beyond it goes out as its UTF-8 bytes.
        line = target.encode().decode("latin-1") if any(ord(char) > 255 for char in target) else target
        return http(b"moved", f"Location: {line}", status=f"{status} Moved", kind="text/html")

    return answer


def _chain(hops: int) -> Callable[[Ask], bytes]:
    def answer(ask: Ask) -> bytes:
        done = int(ask.step or 0)
        if done == hops:
            return http(ask.feed)
        return http(b"", f"Location: {ask.path}/{done + 1}", status="302 Found")

    return answer


def _circle(ask: Ask) -> bytes:
    return http(b"", f"Location: {ask.path}{'' if ask.step else '/1'}", status="302 Found")


def _two_locations(first: str, second: str) -> Callable[[Ask], bytes]:
    def answer(ask: Ask) -> bytes:
        if ask.step:
            return http(ask.feed)
        lines = [f"Location: {one.format(path=ask.path, inner=ask.inner)}" for one in (first, second)]
        return http(b"", *lines, status="302 Found")

    return answer


def _to_a_page(ask: Ask) -> bytes:
    if ask.step:
        return http(b"<!DOCTYPE html><title>Log in</title><p>Welcome to the hotel</p>", kind="text/html")
    return http(b"", f"Location: {ask.path}/on", status=f"{302 - ask.turn % 2} Found")


REFUSED = (
    "redirect.*(not asked|no usable|only http|user name|resolve)|not asked|no usable|can not be resolved|only http"
)
CIRCLE = "circle|redirect"

REDIRECTS: dict[str, tuple[Answer, Expect]] = {
    **{str(status): (_to("{path}/on", status), READ) for status in (301, 302, 303, 307, 308)},
    **{
        str(status): (_to("{path}/on", status), failed(f"HTTP {status}"))
        for status in (300, 304, 305, 306, 309, 399)
    },
    "absolute": (_to("{self}/on"), READ),
    "other-host": (_to("http://elsewhere.test:{port}{path}/on"), READ),
    "without-scheme": (_to("//elsewhere.test:{port}{path}/on"), READ),
    "relative": (_to("relative/on"), READ),
    "dot-segments": (_to("../redirect/./x/../dot-segments/on"), READ),
    "with-fragment": (_to("{path}/on#part"), READ),
    "blanks-around": (_to("  {path}/on  "), READ),
    "upper-case-scheme": (_to("HTTP://elsewhere.test:{port}{path}/on"), READ),
    "in-utf-8": (_to("{path}/新"), READ),
    "in-latin-1": (_to("{path}/gr\xfcn"), ANY),
    "self": (_to("{path}"), failed(CIRCLE)),
    "self-by-fragment": (_to("{path}#again"), failed(CIRCLE)),
    "circle": (_circle, failed(CIRCLE)),
    "chain-5": (_chain(5), READ),
    "chain-6": (_chain(6), failed("more than 5 redirects")),
    "endless": (_chain(99), failed("more than 5 redirects")),
    "no-location": (http(b"", status="302 Found"), failed("without a Location")),
    "empty-location": (_to(""), failed("without a Location|circle")),
    "location-of-1-MB": (_to("/" + "x" * 2**20), failed(TOO_MUCH)),
    "location-of-30-kB": (_to("/" + "x" * 30_000), ANY),
    "two-locations": (_two_locations("{path}/on", "http://127.0.0.1:{inner}/"), ANY),
    "two-locations-inner-first": (_two_locations("http://127.0.0.1:{inner}/", "{path}/on"), ANY),
    "nul": (_to("{path}/on\0"), failed(f"{NOT_HTTP}|{REFUSED}")),
    "to-html": (_to_a_page, failed(NO_FEED)),
    "by-meta-refresh": (
        lambda ask: http(
            b'<meta http-equiv="refresh" content="0; url=http://127.0.0.1:%d/">' % ask.inner, kind="text/html"
        ),
        failed(NO_FEED),
    ),
    "to-a-port-that-is-closed": (_to("http://elsewhere.test:1/"), failed("not asked|refuses")),
    "to-mail-port": (_to("http://elsewhere.test:25/"), failed("not asked")),
    "to-no-such-name": (_to("http://no-such-name.invalid:{port}/"), failed("resolve")),
    "to-https-that-is-none": (_to("https://elsewhere.test:{port}/"), failed("TLS")),
}

SCHEMES = (
    "ftp://127.0.0.1:{inner}/feed",
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "javascript:alert(1)",
    "data:application/rss+xml,<rss/>",
    "gopher://127.0.0.1:{inner}/_GET",
    "dict://127.0.0.1:{inner}/d",
    "ldap://127.0.0.1:{inner}/",
    "ws://127.0.0.1:{inner}/",
    "unix:///var/run/docker.sock",
    "view-source:http://127.0.0.1:{inner}/",
    "about:blank",
    "mailto:me@a.example",
    "jar:http://127.0.0.1:{inner}/!/x",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
)
"""What is no http."""

LOOPBACK = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.8.8.8",
    "127.000.000.001",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.1",
    "017700000001",
    "0177.0.0.1",
    "0",
    "0.0.0.0",  # noqa: S104  # refused, not bound to
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "inner.test",
    "a.b.inner.test",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[::1%25lo]",
    "[fe80::1%25lo]",
    "127。0。0。1",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "%31%32%37.0.0.1",
    "127.0.0.1%2f",
    "user@127.0.0.1",
    "user:secret@127.0.0.1",
    "elsewhere.test@127.0.0.1",
    "elsewhere.test:80@127.0.0.1",
    "elsewhere.test%00@127.0.0.1",
)
"""Spellings that may lead to the inner port."""

TRICKS = (
    "http:127.0.0.1:{inner}/",
    "http:/127.0.0.1:{inner}/",
    "http:///127.0.0.1:{inner}/",
    "http:\\\\127.0.0.1:{inner}\\",
    "//127.0.0.1:{inner}/",
    "/\\127.0.0.1:{inner}/",
    "\\\\127.0.0.1:{inner}\\",
    "\thttp://127.0.0.1:{inner}/",
    "ht\ttp://127.0.0.1:{inner}/",
    "http://127.0.0.1:{port}@127.0.0.1:{inner}/",
    "http://elsewhere.test:{port}\\@127.0.0.1:{inner}/",
    "http://elsewhere.test:{port}#@127.0.0.1:{inner}/",
    "http://elsewhere.test:{port}?@127.0.0.1:{inner}/",
    "http://elsewhere.test:{port};@127.0.0.1:{inner}/",
    "http://127.0.0.1:0{inner}/",
    "http://127.0.0.1:{inner}:{port}/",
    "http://127.0.0.1:{port}:{inner}/",
    "http://127.0.0.1: {inner}/",
    "http://127.0.0.1:+{inner}/",
    "http://127.0.0.1:99999/",
    "https://127.0.0.1:{inner}/",
    "https://localhost:{inner}/",
    f"http://{REBOUND}:{{inner}}/",
)
"""Ways to write an address so that two readers of it differ."""

PRIVATE = (
    METADATA,
    "100.100.100.200",
    "168.63.129.16",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[fd00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "metadata.google.internal",
)
"""Hosts on the networks of the operator, asked on port 80."""

DIRECT = {
    "loopback": "http://127.0.0.1:{inner}/feed.xml",
    "loopback-v6": "http://[::1]:{inner}/feed.xml",
    "localhost": "http://localhost:{inner}/feed.xml",
    "name": "http://inner.test:{inner}/feed.xml",
    "number": "http://2130706433:{inner}/feed.xml",
    "metadata": f"http://{METADATA}/latest/feed.xml",
    "private": "http://192.168.0.1/feed.xml",
    "rebound": f"http://{REBOUND}:{{inner}}/feed.xml",
    "no-such-name": "http://no-such-name.invalid/feed.xml",
    "closed-port": "http://direct.test:1/feed.xml",
    "https-that-is-none": "https://direct.test:{port}/feed.xml",
}
"""What an operator may be talked into: the address of the source itself leads where nothing may be asked."""

# --- /state: what changes from one pass to the next -------------------------------------------------------


def _in_turn(*answers: Answer) -> Callable[[Ask], bytes | Iterable[bytes]]:
    """Answer with these one after the other, and with the last one from then on."""

    def answer(ask: Ask) -> bytes | Iterable[bytes]:
        return give(answers[min(ask.turn, len(answers) - 1)], ask)

    return answer


def _churning(change: Callable[[Ask], bytes]) -> Callable[[Ask], bytes]:
    return lambda ask: http(change(ask))


def _recognised(**sent: str) -> Callable[[Ask], bytes]:
    """Give these headers, and demand them back: a 304 to the same bytes, else a 400 that says what came.

    Underlines stand for hyphens; an empty demand is that nothing comes back.
    """
    given = {name.replace("_", "-"): value for name, value in sent.items()}
    pairs = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}

    def answer(ask: Ask) -> bytes:
        lines = [f"{name}: {value}" for name, value in given.items()]
        if ask.turn == 0:
            return http(ask.feed, *lines)
        back = {name: ask.header(pairs[name]) for name in given}
        if back == {name: value.strip() for name, value in given.items()}:
            return http(b"", *lines, status="304 Not Modified", length=False)
        return http(repr(back).encode(), status="400 Not What I Gave", kind="text/plain")

    return answer


def _not_kept(etag: str, modified: str = "") -> Callable[[Ask], bytes]:
    """Give validators that are none, and object to whatever comes back."""

    def answer(ask: Ask) -> bytes:
        if ask.header("if-none-match") is not None or ask.header("if-modified-since") is not None:
            return http(b"that was none", status="400 Not What I Gave", kind="text/plain")
        return http(ask.feed, f"ETag: {etag}", *([f"Last-Modified: {modified}"] if modified else []))

    return answer


def _page_with_validators(ask: Ask) -> bytes:
    if ask.header("if-none-match"):
        return http(status="400 That Was A Page")
    return http(b"<!DOCTYPE html><title>Hello</title>", 'ETag: "page"', kind="text/html")


GONE = failed("HTTP 410", entries=2)
PLAIN = with_feed()
PAGE = http(b"<!DOCTYPE html><html><title>Parked</title><body>Buy this domain</body></html>", kind="text/html")
STATES: dict[str, tuple[Answer, Expect, Expect]] = {
    "good-then-html": (_in_turn(PLAIN, PAGE), READ, failed(NO_FEED, entries=2)),
    "good-then-html-called-rss": (_in_turn(PLAIN, http(PAGE[-80:])), READ, failed(NO_FEED, entries=2)),
    "good-then-empty": (_in_turn(PLAIN, http()), READ, failed("empty", entries=2)),
    "good-then-blank": (_in_turn(PLAIN, http(b" \r\n\t")), READ, failed("empty", entries=2)),
    "good-then-no-items": (_in_turn(PLAIN, lambda ask: http(rss(ask.slug, ""))), READ, READ),
    "good-then-cut": (_in_turn(PLAIN, lambda ask: http(ask.feed[:-40])), READ, READ),
    "good-then-cut-in-the-head": (_in_turn(PLAIN, lambda ask: http(ask.feed[:60])), READ, failed("", entries=2)),
    "good-then-404": (_in_turn(PLAIN, _error(404)), READ, failed("HTTP 404", entries=2)),
    "good-then-410": (_in_turn(PLAIN, _error(410)), READ, GONE),
    "good-then-500": (_in_turn(PLAIN, _error(500)), READ, failed("HTTP 500", entries=2)),
    "good-then-reset": (_in_turn(PLAIN, _broken_off()), READ, failed(NOT_HTTP, entries=2)),
    "good-then-bomb": (_in_turn(PLAIN, lambda _: _packed("gzip", zeros(1000))), READ, failed(LARGE, entries=2)),
    "good-then-entities": (
        _in_turn(PLAIN, lambda ask: http(laughs(ask.slug, "\n"))),
        READ,
        failed("entit", entries=2),
    ),
    "good-then-inner": (_in_turn(PLAIN, _to("http://127.0.0.1:{inner}/")), READ, failed(REFUSED, entries=2)),
    "shrinking": (
        lambda ask: http(feed(ask.slug, *range(1, 5 - 3 * ask.turn))),
        Expect("read", entries=4),
        Expect("read", entries=4),
    ),
    "reordered": (lambda ask: http(feed(ask.slug, *((2, 1) if ask.turn else (1, 2)))), READ, READ),
    "guid-churn": (
        _churning(lambda ask: rss(ask.slug, "".join(item(ask.slug, n, guid=f"{ask.turn}-{n}") for n in (1, 2)))),
        READ,
        READ,
    ),
    "guid-swap": (
        _churning(
            lambda ask: rss(ask.slug, "".join(item(ask.slug, n, guid=f"g{(n + ask.turn) % 2}") for n in (1, 2)))
        ),
        READ,
        READ,
    ),
    "date-churn": (_churning(lambda ask: feed(ask.slug, date=f"0{1 + ask.turn % 2} Mar 2026")), READ, READ),
    "date-vanishes": (
        _churning(lambda ask: ask.feed.replace(b"pubDate", b"pubDate" if ask.turn == 0 else b"x")),
        READ,
        READ,
    ),
    "build-date-churn": (
        _churning(
            lambda ask: feed(
                ask.slug, head=f"<lastBuildDate>0{2 + ask.turn % 2} Mar 2026 0:00 GMT</lastBuildDate>"
            )
        ),
        READ,
        READ,
    ),
    "http-https": (
        _churning(lambda ask: ask.feed.replace(b"https://", (b"https://", b"http://")[ask.turn % 2])),
        READ,
        READ,
    ),
    "tracking-churn": (
        _churning(lambda ask: ask.feed.replace(b"</link><guid>", b"?utm_source=%d</link><guid>" % ask.turn)),
        READ,
        READ,
    ),
    "comment-churn": (_churning(lambda ask: ask.feed + b"<!-- page made in %d ms -->" % ask.turn), READ, READ),
    "304-first": (http(status="304 Not Modified", length=False), failed("HTTP 304"), failed("HTTP 304")),
    "304-without-validators": (
        _in_turn(PLAIN, http(status="304 Not Modified", length=False)),
        READ,
        failed("HTTP 304", entries=2),
    ),
    "304-with-body": (
        _in_turn(with_feed('ETag: "a"'), with_feed('ETag: "a"', status="304 Not Modified")),
        READ,
        READ,
    ),
    "304-with-another-etag": (
        _in_turn(with_feed('ETag: "a"'), http(b"", 'ETag: "b"', status="304 Not Modified", length=False)),
        READ,
        READ,
    ),
    "etag-changes": (lambda ask: http(ask.feed, f'ETag: "{ask.turn}"'), READ, READ),
    "etag-strong": (_recognised(ETag='"abc"'), READ, READ),
    "etag-weak": (_recognised(ETag='W/"abc"'), READ, READ),
    "etag-lower-weak": (_recognised(ETag='w/"abc"'), READ, READ),
    "etag-unquoted": (_recognised(ETag="abc-123"), READ, READ),
    "etag-half-quoted": (_recognised(ETag='"abc'), READ, READ),
    "etag-gzip": (_recognised(ETag='"abc--gzip"'), READ, READ),
    "etag-comma": (_recognised(ETag='"a, b", W/"c"'), READ, READ),
    "etag-star": (_recognised(ETag="*"), ANY, ANY),
    "etag-of-blanks-inside": (_recognised(ETag='"a  b\tc"'), READ, READ),
    "etag-beyond-ascii": (_recognised(ETag='"\xe9t\xe9"'), READ, READ),
    "etag-of-900-bytes": (_recognised(ETag='"' + "x" * 900 + '"'), READ, READ),
    "etag-empty": (_not_kept(""), READ, READ),
    "etag-huge": (_not_kept('"' + "x" * 20_000 + '"'), READ, READ),
    "modified-huge": (_not_kept("", "x" * 20_000), READ, READ),
    "modified": (_recognised(Last_Modified="Mon, 02 Mar 2026 00:00:00 GMT"), READ, READ),
    "modified-offset": (_recognised(Last_Modified="Mon, 2 Mar 2026 00:00:00 +0000"), READ, READ),
    "modified-iso": (_recognised(Last_Modified="2026-03-02T00:00:00Z"), READ, READ),
    "modified-words": (_recognised(Last_Modified="yesterday, \xe9"), READ, READ),
    "modified-1970": (_recognised(Last_Modified="Thu, 01 Jan 1970 00:00:00 GMT"), READ, READ),
    "modified-future": (_recognised(Last_Modified="Fri, 31 Dec 9999 23:59:59 GMT"), READ, READ),
    "both": (_recognised(ETag='"abc"', Last_Modified="Mon, 02 Mar 2026 00:00:00 GMT"), READ, READ),
    "page-with-validators": (_page_with_validators, failed(NO_FEED), failed(NO_FEED)),
}

MOVING: dict[str, tuple[Answer, Expect, Expect]] = {
    "grows": (lambda ask: http(feed(ask.slug, *range(1, 3 + ask.turn))), READ, Expect("read", entries=3)),
    "html-then-good": (_in_turn(PAGE, PLAIN), failed(NO_FEED), READ),
    "content-churn": (
        _churning(lambda ask: ask.feed.replace(b"Words", b"Words, seen %d times" % ask.turn)),
        READ,
        READ,
    ),
    "format-changes": (_churning(lambda ask: atom(ask.slug) if ask.turn else ask.feed), READ, READ),
    "becomes-another-feed": (lambda ask: http(feed(f"{ask.slug}-2" if ask.turn else ask.slug)), READ, READ),
    "flood": (
        lambda ask: http(feed(ask.slug, *(range(1, 401) if ask.turn else (1, 2)), date="01 Mar 2026")),
        READ,
        ANY,
    ),
}
"""Cases whose second pass rightly changes what is published."""


# --- /body: documents that are none, or worse -------------------------------------------------------------


def atom(slug: str) -> bytes:
    """Give the plain feed of a case as Atom."""
    entries = "".join(
        f"<entry><id>https://{slug}.example/{n}</id><title>{slug} {n} whole</title>"
        f'<link href="https://{slug}.example/{n}"/><updated>2026-03-02T00:00:0{n}Z</updated>'
        f"<published>2026-03-02T00:00:0{n}Z</published><summary>Words {n}, whole</summary></entry>"
        for n in (1, 2)
    )
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><id>https://{slug}.example/</id><title>{slug}</title>'
        f"<updated>2026-03-02T00:00:00Z</updated>{entries}</feed>"
    ).encode()


def declaring(slug: str, declarations: str, use: str = "", between: str = "\n") -> bytes:
    """Give a feed with a DOCTYPE of its own, and a title that uses what it declares."""
    head = f'<?xml version="1.0"?>{between}<!DOCTYPE rss [{declarations}]>{between}'
    body = rss(slug, f"<item><title>{slug} 1 {use} whole</title><link>https://{slug}.example/1</link></item>")
    return head.encode() + body.removeprefix(b'<?xml version="1.0"?>')


def laughs(slug: str, between: str) -> bytes:
    """Give nine levels of entities, each ten of the one below."""
    steps = [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)]
    return declaring(slug, between.join(['<!ENTITY e0 "ha">', *steps]), "&e9;", between)


def _body(make: Callable[[Ask], bytes | str], kind: str = "application/rss+xml") -> Callable[[Ask], bytes]:
    def answer(ask: Ask) -> bytes:
        made = make(ask)
        return http(made.encode() if isinstance(made, str) else made, kind=kind)

    return answer


def _items(inside: Callable[[Ask], str]) -> Callable[[Ask], bytes]:
    """Answer with a feed of these items and a whole one behind them."""
    return lambda ask: http(rss(ask.slug, inside(ask) + item(ask.slug, 9)))


def _titled(*, head: str = "", inside: str = "") -> str:
    return f"<item {head}><title>t whole</title><link>https://a.example/</link>{inside}</item>"


ENTITIES = "entit|DOCTYPE|external"
TOO_DEEP = "nest|deep|attribut|element|items|too (long|many|large)|limit|stopped|memory"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVQI12NgAAAAAgAB4iG8MwAAAABJRU5ErkJggg=="
)

BODIES: dict[str, tuple[str, Answer, Expect]] = {
    "empty": ("B1", http(), failed("empty")),
    "whitespace": ("B2", http(b" \n\t\r\n" * 100), failed("empty")),
    "html": ("B3", PAGE, failed(NO_FEED)),
    "html-with-feed-link": (
        "B4",
        _body(
            lambda ask: (
                '<html><head><link rel="alternate" type="application/rss+xml" '
                f'href="http://127.0.0.1:{ask.inner}/rss"></head></html>'
            ),
            "text/html",
        ),
        failed(r"127\.0\.0\.1:\d+/rss"),
    ),
    "bot-wall": (
        "B5",
        http(
            b"<!DOCTYPE html><title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x></script>",
            kind="text/html",
        ),
        failed(f"{NO_FEED}|challenge|bot"),
    ),
    "json-error": ("B6", http(b'{"error": "no such feed"}', kind="application/json"), failed(NO_FEED)),
    "path": ("B7", _body(lambda ask: ask.secret), failed(NO_FEED)),
    "url": ("B8", _body(lambda ask: f"http://127.0.0.1:{ask.inner}/"), failed(NO_FEED)),
    "opml": ("B9", http(b'<opml version="2.0"><body><outline text="a"/></body></opml>'), failed(NO_FEED)),
    "sitemap": (
        "B10",
        http(
            b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://a</loc></url></urlset>'
        ),
        failed(NO_FEED),
    ),
    "png": ("B11", http(PNG), failed(NO_FEED)),
    "pdf": ("B11", http(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj"), failed(NO_FEED)),
    "zip": ("B11", http(b"PK\x03\x04" + bytes(200)), failed(NO_FEED)),
    "all-bytes": ("B11", http(bytes(range(256)) * 200), failed(NO_FEED)),
    "text": ("B11", http(b"The feed has moved.", kind="text/plain"), failed(NO_FEED)),
    "cut-in-item-2": ("B12", _body(lambda ask: ask.feed[: ask.feed.rindex(b"<link>")]), Expect("read", entries=1)),
    "cut-in-a-tag": ("B13", _body(lambda ask: ask.feed[:-9]), READ),
    "nul-bytes": ("B18", _body(lambda ask: ask.feed.replace(b"Words", b"Wo\0rds")), READ),
    "control-characters": ("B17", _body(lambda ask: ask.feed.replace(b"Words", b"\x01\x0b\x1f")), READ),
    "garbage-behind": ("B22", _body(lambda ask: ask.feed + b"</html><b>" * 1000), READ),
    "php-warning-before": ("B21", _body(lambda ask: b"<br /><b>Warning</b>: x in y\n" + ask.feed), READ),
    "unclosed": ("B25", http(b"<rss version='2.0'><channel><title>x<item><title>y<item><title>z"), ANY),
    "entities-by-lines": ("B30", _body(lambda ask: laughs(ask.slug, "\n")), failed(ENTITIES)),
    "entities-on-one-line": ("B31", _body(lambda ask: laughs(ask.slug, "")), failed(ENTITIES)),
    "entities-behind-a-comment": ("B32", _body(lambda ask: laughs(ask.slug, "<!-- x -->")), ANY),
    "entities-square": (
        "B33",
        _body(lambda ask: declaring(ask.slug, f'<!ENTITY a "{"a" * 50_000}">', "&a;" * 5000)),
        failed(ENTITIES),
    ),
    "entities-in-a-chain": (
        "F43",
        _body(
            lambda ask: declaring(
                ask.slug,
                '<!ENTITY e0 "x">' + "".join(f'<!ENTITY e{n} "&e{n - 1};">' for n in range(1, 60_000)),
                "&e59999;",
            )
        ),
        failed(f"{ENTITIES}|{TOO_DEEP}"),
    ),
    "entities-in-a-circle": (
        "B30",
        _body(lambda ask: declaring(ask.slug, '<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;")),
        failed(ENTITIES),
    ),
    "xxe-file": (
        "B34",
        _body(lambda ask: declaring(ask.slug, f'<!ENTITY a SYSTEM "file://{ask.secret}">', "&a;")),
        failed(ENTITIES),
    ),
    "xxe-http": (
        "B35",
        _body(lambda ask: declaring(ask.slug, f'<!ENTITY a SYSTEM "http://127.0.0.1:{ask.inner}/">', "&a;")),
        failed(ENTITIES),
    ),
    "xxe-parameter": (
        "B36",
        _body(lambda ask: declaring(ask.slug, f'<!ENTITY % a SYSTEM "http://127.0.0.1:{ask.inner}/"> %a;')),
        failed(ENTITIES),
    ),
    "external-dtd": (
        "B37",
        _body(
            lambda ask: ask.feed.replace(
                b"?><rss", b'?><!DOCTYPE rss SYSTEM "http://127.0.0.1:%d/rss.dtd"><rss' % ask.inner
            )
        ),
        READ,
    ),
    "xinclude": (
        "B39",
        _items(
            lambda ask: (
                '<item xmlns:xi="http://www.w3.org/2001/XInclude"><title>whole</title>'
                f"<link>https://{ask.slug}.example/1</link>"
                f'<description><xi:include href="file://{ask.secret}" parse="text"/></description></item>'
            )
        ),
        READ,
    ),
    "style-instruction": (
        "B90",
        _body(
            lambda ask: ask.feed.replace(
                b"?><rss", b'?><?xml-stylesheet href="http://127.0.0.1:%d/x.xsl"?><rss' % ask.inner
            )
        ),
        READ,
    ),
    "schema-location": (
        "I6",
        _body(
            lambda ask: ask.feed.replace(
                b"<rss ",
                b'<rss xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                b'xsi:noNamespaceSchemaLocation="http://127.0.0.1:%d/x.xsd" ' % ask.inner,
            )
        ),
        READ,
    ),
    "pictures-inside": (
        "I6",
        _items(
            lambda ask: (
                f"<image><url>http://127.0.0.1:{ask.inner}/i.png</url></image>"
                f"<item><title>whole</title><link>https://{ask.slug}.example/1</link>"
                f'<enclosure url="http://127.0.0.1:{ask.inner}/a.mp3" length="1" type="audio/mpeg"/>'
                f'<description>&lt;img src="http://127.0.0.1:{ask.inner}/p.png"&gt;</description></item>'
            )
        ),
        READ,
    ),
    "line-breaks-before": ("B40", _body(lambda ask: b"\n" * 40_000 + ask.feed.partition(b"?>")[2]), READ),
    "doctypes-before": ("B41", _body(lambda ask: b"<!DOCTYPE \n" * 10_000 + ask.feed), failed("")),
    "comments-before": ("B40", _body(lambda ask: b"<!-- x -->" * 30_000 + ask.feed.partition(b"?>")[2]), READ),
    "comments-open": (
        "F43",
        _items(lambda _: _titled(inside="<description>" + "&lt;!-- " * 40_000 + "</description>")),
        ANY,
    ),
    "attribute-of-2-MB": ("F43", _items(lambda _: _titled(head=f'a="{"x" * 2_000_000}"')), ANY),
    "attributes-100000": (
        "F43",
        _items(lambda _: _titled(head=" ".join(f'a{n}=""' for n in range(100_000)))),
        failed(TOO_DEEP),
    ),
    "categories-100000": (
        "F43",
        _items(lambda _: _titled(inside="<category>c</category>" * 100_000)),
        failed(TOO_DEEP),
    ),
    "depth-of-xml-100000": (
        "F43",
        _items(lambda _: _titled(inside="<a>" * 100_000 + "</a>" * 100_000)),
        failed(TOO_DEEP),
    ),
    "depth-of-xml-open": ("F43", _body(lambda _: b"<rss>" + b"<a>" * 500_000), failed("")),
    "depth-of-html": (
        "F43",
        _items(lambda _: _titled(inside="<description>" + "&lt;div&gt;" * 60_000 + "</description>")),
        ANY,
    ),
    "ampersands": (
        "F43",
        _items(lambda _: _titled(inside="<description>" + "&amp;" * 400_000 + "</description>")),
        ANY,
    ),
    "links-open": (
        "F43",
        _items(lambda _: _titled(inside="<description>" + '&lt;a href="' * 60_000 + "</description>")),
        ANY,
    ),
    "items-100000": (
        "F42",
        _body(lambda ask: rss(ask.slug, "<item><guid>g</guid></item>" * 100_000)),
        failed(TOO_DEEP),
    ),
    "text-of-3-MB": (
        "F43",
        _items(lambda _: _titled(inside=f"<description>{'word ' * 600_000}</description>")),
        ANY,
    ),
    "tag-names-of-1-MB": ("F43", _items(lambda _: _titled(inside=f"<{'a' * 1_000_000}/>")), ANY),
    "namespaces-10000": (
        "F43",
        _items(lambda _: _titled(head=" ".join(f'xmlns:n{n}="u:{n}"' for n in range(10_000)))),
        ANY,
    ),
    "json-depth": ("B95", http(b"[" * 100_000, kind="application/feed+json"), failed("")),
    "json-number": (
        "B95",
        http(b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"9" * 10_000 + b"}"),
        failed(""),
    ),
    "json-surrogate": (
        "B95",
        _body(
            lambda ask: (
                '{"version": "https://jsonfeed.org/version/1.1", "title": "\\ud800", "items": [{"id": "1", '
                f'"url": "https://{ask.slug}.example/1", "title": "\\udfff whole", "content_text": "x"}}]}}'
            ),
            "application/feed+json",
        ),
        Expect("read", entries=1),
    ),
    "json-cut": ("B96", http(b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id'), failed("")),
    "utf-16": (
        "B43",
        _body(lambda ask: ask.feed.decode().replace("?>", " encoding='utf-16'?>").encode("utf-16")),
        READ,
    ),
    "utf-16-that-is-none": ("B62", _body(lambda ask: b"\xff\xfe" + ask.feed), ANY),
    "utf-7": (
        "B64",
        _body(
            lambda ask: ask.feed.replace(b'"1.0"', b'"1.0" encoding="utf-7"').replace(
                b"Words", b"+ADw-script+AD4-"
            )
        ),
        READ,
    ),
    "punycode": ("B65", _body(lambda ask: ask.feed.replace(b'"1.0"', b'"1.0" encoding="punycode"')), READ),
    "zlib-codec": ("B63", _body(lambda ask: ask.feed.replace(b'"1.0"', b'"1.0" encoding="zlib_codec"')), READ),
    "xml-1.9": ("B27", _body(lambda ask: ask.feed.replace(b'"1.0"', b'"1.9"')), ANY),
    "script": (
        "B86",
        _items(
            lambda ask: (
                "<item><title>&lt;script&gt;alert(1)&lt;/script&gt; whole</title>"
                f"<link>https://{ask.slug}.example/1</link>"
                "<description>&lt;script&gt;alert(2)&lt;/script&gt;&lt;img src=x onerror=alert(3)&gt;"
                "</description></item>"
            )
        ),
        READ,
    ),
    "bad-links": (
        "B81",
        _items(
            lambda _: "".join(
                f"<item><title>{n} whole</title><guid>{n}</guid><link>{link}</link></item>"
                for n, link in enumerate(
                    ("javascript:alert(1)", "file:///etc/passwd", "http://u:secret@a.example/")
                )
            )
        ),
        Expect("read", entries=1),
    ),
    "path-names": (
        "T11",
        _items(
            lambda ask: (
                "<item><title>../../../etc/cron.d/x whole</title><guid>../../x</guid>"
                f"<link>https://{ask.slug}.example/1</link></item>"
            )
        ),
        READ,
    ),
}

# --- /busy: what costs the other side nothing and us all our time ----------------------------------------

NOT_BY_THE_CLOCK = f"{NOT_HTTP}|{LARGE}|small|1\\d\\d"

BUSY: dict[str, tuple[Answer, Expect]] = {
    "1xx-flood": (for_ever(b"HTTP/1.1 102 Processing\r\n\r\n" * 500), failed(NOT_BY_THE_CLOCK)),
    "100-flood": (for_ever(b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 500), failed(NOT_BY_THE_CLOCK)),
    "small-chunks": (for_ever(chunk(b"<a/>") * 500, CHUNKED_HEAD), failed(NOT_BY_THE_CLOCK)),
    "chunks-of-one-byte": (for_ever(chunk(b" ", b";x") * 500, CHUNKED_HEAD), failed(NOT_BY_THE_CLOCK)),
    "bystander-1": (PLAIN, READ),
    "bystander-2": (PLAIN, READ),
}
"""Asked in a pass of their own. To give up at the deadline is too late: until then the others starve."""

STEPS: dict[str, tuple[str, ...]] = {
    "/bomb/redirect-with-endless-body": ("on",),
    "/slow/redirects": tuple("123456"),
    "/status/429-on-redirect": ("on",),
    "/redirect/circle": ("1",),
    "/redirect/chain-5": tuple("12345"),
    "/redirect/chain-6": tuple("123456"),
    "/redirect/endless": tuple("123456789"),
    "/redirect/in-utf-8": ("%E6%96%B0",),
    "/redirect/in-latin-1": ("gr%C3%BCn", "gr%FCn"),
}
"""Paths below those of cases that are answered, too."""


def give(answer: Answer, ask: Ask) -> bytes | Iterable[bytes]:
    """Give what an answer is for a request."""
    return answer if isinstance(answer, bytes) else answer(ask)


PLAIN_TABLES = {
    "bomb": BOMBS,
    "slow": SLOWLY,
    "length": LENGTHS,
    "chunked": CHUNKS,
    "proto": PROTOCOLS,
    "headers": HEADERS,
    "status": STATUS_ANSWERS,
    "redirect": REDIRECTS,
    "busy": BUSY,
}


def _cases() -> Iterator[Case]:
    for folder, table in PLAIN_TABLES.items():
        rows = "T2" if table is BUSY else "F35"
        for name, (answer, expect) in table.items():
            yield Case(path=f"/{folder}/{name}", answer=answer, expect=expect, then=expect, rows=rows)
    for name, (rows, answer, expect) in BODIES.items():
        yield Case(path=f"/body/{name}", answer=answer, expect=expect, then=expect, rows=rows)
    for name, (answer, expect, then) in (STATES | MOVING).items():
        moving = name in MOVING
        yield Case(path=f"/state/{name}", answer=answer, expect=expect, then=then, moving=moving, rows="F53 F54")
    yield from _inward()


def _inward() -> Iterator[Case]:
    for number, location in enumerate((*SCHEMES, *TRICKS)):
        yield _refused(f"/redirect/trick-{number}", location)
    for number, host in enumerate(LOOPBACK):
        yield _refused(f"/redirect/loopback-{number}", f"http://{host}:{{inner}}/")
    for number, host in enumerate(PRIVATE):
        yield _refused(f"/redirect/private-{number}", f"http://{host}/latest/meta-data/")
    for name, url in DIRECT.items():
        expect = failed("not asked|resolve|TLS|no usable|no connection|refuses")
        yield Case(path=f"/direct/{name}", answer=b"", expect=expect, then=expect, url=url, rows="T1 I6")


def _refused(path: str, location: str) -> Case:
    """A redirect to where nothing may be asked; what looks like a path on the same host may lead there."""
    expect = failed(f"{REFUSED}|circle|HTTP 404|TLS|no connection|{NOT_HTTP}")
    return Case(path=path, answer=_to(location), expect=expect, then=expect, rows="T1 I6", words=location)


def _with_steps(case: Case) -> Case:
    usual = ("on",) if case.path.startswith("/redirect/") else ()
    return replace(case, steps=STEPS.get(case.path, usual))


CASES = tuple(_with_steps(case) for case in _cases())


# --- the server -------------------------------------------------------------------------------------------


def routes(server: LoopbackServer, inner: int, secret: str) -> dict[str, Route]:
    """Give what a server answers under the paths of all cases, and the plain feed of a good source."""
    found: dict[str, Route] = {GOOD: Reply(body=feed("good"), headers=(("Content-Type", "application/rss+xml"),))}
    for case in CASES:
        for step in ("", *case.steps):
            path = f"{case.path}/{step}" if step else case.path
            found[path] = _route(case, step, server, inner, secret)
    return found


def _route(case: Case, step: str, server: LoopbackServer, inner: int, secret: str) -> Route:
    turns = itertools.count()

    def route(seen: Seen) -> Iterable[bytes]:
        ask = Ask(
            slug=case.slug,
            step=step,
            turn=next(turns),
            headers=seen.headers,
            port=server.port,
            inner=inner,
            secret=secret,
            path=case.path,
            leaving=server.leaving,
        )
        given = give(case.answer, ask)
        return (given,) if isinstance(given, bytes) else given

    return route
