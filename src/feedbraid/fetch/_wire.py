"""One connection that speaks HTTP/1.1, one request after the other.

Most answers are plain: a whole head in the first block, all of it spelled as RFC 9112 has it, and no body or one
of a stated length. Such an answer, and no other, goes the short way. Everything else goes through h11 from its
first byte on, which knows all of HTTP/1.1, and decides what is wrong. Both ways give the same answers.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

import httpx

from feedbraid.answers import Unusable
from feedbraid.fetch._patience import Alarm

if TYPE_CHECKING:
    import h11

LONGEST_HEAD = 160 * 1024
"""Bytes up to the end of the headers, interim responses included: an endless row of them is not waited out."""

MOST_HELD = 64 * 1024
"""Bytes that have come and wait to be read, from which on the server has to wait."""

_LONGEST_EVENT = 100 * 1024
"""Bytes of a head, or of the line that begins a chunk: what h11 holds of an unfinished one."""

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*+"
_ANSWER = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e\x80-\xff]*+)?\r\n((?:%b:%b\r\n|(?!))*+)\r\n" % (_TOKEN, _VALUE)
)
_LENGTH = re.compile(rb"[0-9]{1,20}")
_WORDS = rb"(?:[!-~\x80-\xff]++(?:[\t\x20]++(?=[!-~\x80-\xff])|)|(?!))*+"
_REQUEST = re.compile(
    rb"[A-Z]++ [!-~]++ HTTP/1\.1\r\n(?:(?!(?i:transfer-encoding):)%b: %b\r\n|(?!))++\r\n" % (_TOKEN, _WORDS)
)
_BODILESS = frozenset({204, 304})

Headers = list[tuple[bytes, bytes]]

AGAIN = frozenset({"GET", "HEAD"})
"""What may be asked twice (RFC 9110 9.2.2)."""

Origin = tuple[str, str, int]
"""The scheme, host and port that a connection leads to."""


class Plain(NamedTuple):
    """The head of a plain answer."""

    status: int
    headers: Headers
    length: int
    """Bytes of its body."""
    stays: bool
    """The connection can be used again."""
    end: int
    """Bytes of the head itself."""


def plain_answer(block: bytes, method: str) -> Plain | None:
    """Read the head of a plain answer; None when it is not whole, or unusual in any way."""
    head = _ANSWER.match(block)
    if head is None or head.end() > _LONGEST_EVENT:
        return None
    status = int(head[1])
    lines = (line.partition(b":") for line in head[2].split(b"\r\n")[:-1])
    headers = [(name, value.strip(b" \t")) for name, _, value in lines]
    framing: dict[bytes, bytes] = {}
    for name, value in headers:
        low = name.lower()
        if low in (b"transfer-encoding", b"content-length", b"connection"):
            if low in framing:
                return None
            framing[low] = value.lower()
    if b"transfer-encoding" in framing:
        return None
    connection = framing.get(b"connection", b"keep-alive")
    length = framing.get(b"content-length", b"0" if status in _BODILESS else b"")
    if connection not in (b"keep-alive", b"close") or not _LENGTH.fullmatch(length):
        return None
    has_body = status not in _BODILESS and method != "HEAD"
    return Plain(status, headers, int(length) if has_body else 0, connection != b"close", head.end())


class Wire(asyncio.Protocol):
    """One connection; `asyncio` calls the methods that are named as its protocols have them."""

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self._loop = asyncio.get_running_loop()
        self._transport = cast("asyncio.Transport", None)
        self._blocks: list[bytes] = []
        self._held = 0
        self._ended = False
        self._error: Exception | None = None
        self._is_full = False
        self._waiter: asyncio.Future[bool] | None = None
        self._is_idle = False
        self.idle_since = 0.0
        """By the clock of the loop."""

    # --- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep what came until it is read."""
        if self._is_idle:
            self.abort()
            return
        self._blocks.append(data)
        self._held += len(data)
        if self._held > MOST_HELD:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Note that the server has said all."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone. Many servers leave a TLS connection without a farewell."""
        self._ended = True
        if not isinstance(exc, ssl.SSLEOFError):
            self._error = exc
        self._wake()

    def pause_writing(self) -> None:
        """Note that the server does not take what is sent."""
        self._is_full = True

    def resume_writing(self) -> None:
        """Note that it does again."""
        self._is_full = False
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(True)

    # --- what is done with it

    @property
    def transport(self) -> asyncio.Transport:
        """What lies below."""
        return self._transport

    @property
    def is_alive(self) -> bool:
        """Tell whether the server is there, as far as is known."""
        return not self._ended

    def rest(self) -> bool:
        """Have nothing asked for a while: what comes all the same ends it. Tell whether it is still good."""
        if self._ended or self._blocks:
            self.abort()
            return False
        self._is_idle, self.idle_since = True, self._loop.time()
        return True

    def resume(self) -> None:
        """Have something asked again."""
        self._is_idle = False

    def abort(self) -> None:
        """Close it at once."""
        self._ended = True
        self._transport.abort()

    async def wait(self, seconds: float | None) -> bool:
        """Wait until something happens; tell whether it did within so many seconds."""
        waiter: asyncio.Future[bool] = self._loop.create_future()
        self._waiter = waiter
        alarm = None if seconds is None else Alarm(seconds, self._give_up)
        try:
            return await waiter
        finally:
            self._waiter = None
            if alarm is not None:
                alarm.cancel()

    def _give_up(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(False)

    async def read(self, seconds: float | None) -> bytes:
        """Give the next bytes; none at the end. Raises ReadTimeout and ReadError."""
        while not self._blocks:
            if self._error is not None:
                raise httpx.ReadError(str(self._error)) from self._error
            if self._ended:
                return b""
            if not await self.wait(seconds):
                raise httpx.ReadTimeout("")
        data = self._blocks[0] if len(self._blocks) == 1 else b"".join(self._blocks)
        self._blocks.clear()
        if self._held > MOST_HELD:
            self._transport.resume_reading()
        self._held = 0
        return data

    async def write(self, data: bytes, seconds: float | None) -> None:
        """Send bytes, and wait until the system took most of them. Raises WriteTimeout.

        A server that leaves meanwhile may have said why before.
        """
        self._transport.write(data)
        while self._is_full and not self._ended:
            if not await self.wait(seconds):
                raise httpx.WriteTimeout("")


async def asked(wire: Wire, request: httpx.Request, keep: Callable[[Wire], None]) -> httpx.Response:
    """Send a request, and give its answer as soon as the head is there.

    `keep` gets the connection when the answer was read to its end and another one may follow. Raises the errors of
    httpx, and Unusable.
    """
    limits: Mapping[str, float | None] = request.extensions.get("timeout", {})
    seconds = limits.get("read")
    try:
        await wire.write(_written(request), limits.get("write"))
        first = await wire.read(seconds)
        plain = plain_answer(first, request.method)
        if plain is not None:
            body: httpx.AsyncByteStream = _PlainBody(wire, plain, first[plain.end :], seconds, keep)
            return _answer(wire, plain.status, plain.headers, body)
        odd = _OddBody(wire, request, seconds, keep)
        status, headers = await odd.head(first)
        return _answer(wire, status, headers, odd)
    except BaseException:
        wire.abort()
        raise


def _answer(wire: Wire, status: int, headers: Headers, body: httpx.AsyncByteStream) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=body, extensions={"network_stream": wire.transport})


def _written(request: httpx.Request) -> bytes:
    """Give a request as it goes to the wire. Raises LocalProtocolError when it is none."""
    start = b"%b %b HTTP/1.1\r\n" % (request.method.encode("ascii"), request.url.raw_path)
    head = b"%b%b\r\n" % (start, b"".join(b"%b: %b\r\n" % pair for pair in request.headers.raw))
    # A line too many is one that stood inside a header.
    if head.count(b"\r\n") == len(request.headers.raw) + 2 and _REQUEST.fullmatch(head):
        return head + request.content
    return _spoken(request)[1]


def _spoken(request: httpx.Request) -> tuple[h11.Connection, bytes]:
    """Have h11 say a request; give its side of the conversation, and the bytes."""
    import h11  # noqa: PLC0415  # most passes need none

    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_EVENT)
    try:
        asked = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        events = (asked, h11.Data(data=request.content), h11.EndOfMessage())
        return talk, b"".join(talk.send(event) or b"" for event in events)
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error


class _PlainBody(httpx.AsyncByteStream):
    """A body of a stated length."""

    def __init__(
        self, wire: Wire, head: Plain, start: bytes, seconds: float | None, keep: Callable[[Wire], None]
    ) -> None:
        self._wire = wire
        self._start = start
        self._length = self._left = head.length
        self._seconds = seconds
        self._keep = keep
        self._stays = head.stays and len(start) <= head.length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        block, self._start = self._start, b""
        while self._left:
            block = block or await self._wire.read(self._seconds)
            if not block:
                self._stays = False
                come = self._length - self._left
                raise httpx.RemoteProtocolError(
                    f"peer closed connection without sending complete message body "
                    f"(received {come} bytes, expected {self._length})"
                )
            self._stays &= len(block) <= self._left
            block = block[: self._left]
            self._left -= len(block)
            yield block
            block = b""

    async def aclose(self) -> None:
        if self._stays and not self._left:
            self._keep(self._wire)
        else:
            self._wire.abort()
        self._stays = False


class _OddBody(httpx.AsyncByteStream):
    """An answer that h11 reads."""

    def __init__(
        self, wire: Wire, request: httpx.Request, seconds: float | None, keep: Callable[[Wire], None]
    ) -> None:
        self._wire = wire
        self._talk, _ = _spoken(request)
        self._seconds = seconds
        self._keep = keep

    async def head(self, first: bytes) -> tuple[int, Headers]:
        """Give status and headers; `first` is what came of the answer."""
        import h11  # noqa: PLC0415  # as above

        come = 0
        block: bytes | None = first
        while True:
            if block is not None:
                if not block:
                    raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
                come += len(block)
                self._talk.receive_data(block)
            event = self._next()
            if isinstance(event, h11.Response):
                return event.status_code, list(event.headers.raw_items())
            if come > LONGEST_HEAD:
                raise Unusable(f"the headers of the answer are too long: more than {LONGEST_HEAD:,} bytes")
            block = await self._wire.read(self._seconds) if event is h11.NEED_DATA else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import h11  # noqa: PLC0415  # as above

        while not isinstance(event := self._next(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif event is h11.NEED_DATA:
                self._talk.receive_data(await self._wire.read(self._seconds))
            else:
                raise httpx.RemoteProtocolError("the answer ends in another one")

    def _next(self) -> object:
        import h11  # noqa: PLC0415  # as above

        try:
            return self._talk.next_event()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error

    async def aclose(self) -> None:
        import h11  # noqa: PLC0415  # as above

        if self._talk.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE} and self._talk.trailing_data == (
            b"",
            False,
        ):
            self._keep(self._wire)
        else:
            self._wire.abort()
