"""The door to the web: one polite and guarded GET at a time (robustness.md 2, 4.2 and 5).

Every answer is a value, whatever the far end does. Polite: one request at a time per host and spaced out, few at a
time per registered domain, none to a host that asked for rest, validators sent back byte for byte, no cookies, no
Referer, gzip only, one repetition when a kept connection turns out to be dead.
Requests go straight to a transport of httpx: its client would keep cookies, and reads every Location by itself.
Guarded: each hop of a redirect is judged, names are resolved once and only a judged address is connected to,
and bytes, silence and time have limits, on the wire and after unpacking.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from ipaddress import IPv4Address, ip_address
from typing import Self, cast

import httpcore
import httpx
from protego import Protego

from feedbraid import __version__, answers, guard
from feedbraid.answers import Unpacker, Unusable
from feedbraid.domains import registered_domain
from feedbraid.model import Access, Failed, FetchRules, Postponed, Validators
from feedbraid.policy import SLOW_DOWN, TOO_MANY

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXCERPT_SECONDS = 2.0
"""How long the body of an error is waited for: its status says enough without."""
_ADDRESSES_PER_FAMILY = 2
"""Addresses of a name that are tried, of IPv6 and of IPv4: a broken one must not use up all the time."""
_PERMANENT = frozenset({301, 308})
_LONGEST_SPACE = 5.0
"""Seconds between two requests to one host, however slow its last answer was."""
_LARGE = 1024 * 1024
"""Bytes of a document, from which on there is room for two of them at a time."""
_LONGEST_HEAD = 160 * 1024
"""Bytes up to the end of the headers, interim responses included."""
_FREE_BLOCKS, _LEAST_BLOCK = 1000, 64
"""After so many blocks, one has to have so many bytes on average: each costs time that others need."""
_ROBOTS_BYTES = 500 * 1024
"""RFC 9309 2.5."""
_ROBOTS_NAME = "feedbraid"
_PUBLIC = Access()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A document, whole and unpacked (HTTP 200)."""

    url: str
    """The final URL, after all redirects, without a fragment."""
    content: bytes
    content_type: str
    """The Content-Type header as received, or empty."""
    validators: Validators
    max_age: timedelta | None = None
    """How long the document stays fresh, at most 7 days; None when the server does not say."""
    moved: str = ""
    """Where permanent redirects led, as far as there was no other before them; empty for nowhere."""
    release: Callable[[], None] = field(default=lambda: None, compare=False)
    """To be called once the content is not needed any more: others may wait for the room it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The document is still as it was when it brought the validators that were sent (HTTP 304)."""

    validators: Validators
    """Those that were sent, renewed where the answer brought new ones (RFC 9111 4.3.4)."""
    max_age: timedelta | None = None
    moved: str = ""
    """As in `Body`."""


Answer = Body | NotModified | Failed | Postponed

Resolver = Callable[[str], list[str]]
"""Finds the addresses of a host name; blocks, and raises OSError or UnicodeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hop:
    """One request on the way to a document."""

    url: httpx.URL
    known: Validators
    seconds: float
    """What is left of the deadline."""
    access: Access
    """What the host of the first URL, and no other, is asked with."""
    before: tuple[str, ...] = ()
    """The URLs that led here."""
    moved: str = ""
    """Where permanent redirects alone have led."""

    @property
    def conditions(self) -> list[tuple[bytes, bytes]]:
        """Validators belong to one URL, and what https brought is not told to http."""
        downgraded = self.url.scheme == "http" and any(url.startswith("https:") for url in self.before)
        return [] if downgraded or self.known.url != str(self.url) else answers.conditions(self.known)

    @property
    def credentials(self) -> list[tuple[bytes, bytes]]:
        """Nothing that is meant for one origin is told to another (RFC 9110 15.4)."""
        if self.before and _origin(httpx.URL(self.before[0])) != _origin(self.url):
            return []
        return answers.credentials(self.access)

    @property
    def host(self) -> str:
        return f"[{self.url.host}]" if ":" in self.url.host else self.url.host

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.url.scheme == "https" else 80)


class Fetcher:
    """Asks servers for documents, as `rules` say. An async context manager: leaving it closes all connections.

    A `transport` of the caller takes the place of the network, with its guard of addresses. Raises ValueError when
    `rules.allow` has something that is no host, host:port or network.
    """

    def __init__(self, rules: FetchRules, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._rules = rules
        self._transport = transport or GuardedTransport(rules)
        self._proxied: dict[str, httpx.AsyncBaseTransport] = {}
        self._exempt = _Exempt(rules)
        self._headers = _headers(rules.contact)
        self._limits = httpx.Timeout(rules.silence_timeout, connect=rules.connect_timeout, pool=None).as_dict()
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._domains: defaultdict[str, asyncio.Semaphore] = defaultdict(
            partial(asyncio.Semaphore, rules.per_domain)
        )
        self._places = asyncio.Semaphore(rules.parallel)
        self._large = asyncio.Semaphore(2)
        self._resting: set[str] = set()
        self._robots: dict[str, asyncio.Task[Protego | Failed]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for transport in (self._transport, *self._proxied.values()):
            await transport.aclose()

    async def get(self, url: str, validators: Validators | None, access: Access = _PUBLIC) -> Answer:
        """Ask for the document at `url`. `validators` are sent on the hop whose URL they belong to, if any.

        Never raises for the far end. The deadline counts while something is asked, not while a turn is awaited.
        """
        known, seconds = validators or Validators(), self._rules.deadline
        try:
            hop = _Hop(url=_address(url), known=known, seconds=seconds, access=access)
        except Unusable as error:
            return Failed(reason=str(error))
        for _ in range(self._rules.max_redirects + 1):
            answer = await self._take_turn(hop)
            if not isinstance(answer, _Hop):
                return answer
            hop = answer
        return Failed(reason=f"more than {self._rules.max_redirects} redirects, the last one to {hop.host}")

    async def robots_allow(self, url: str, access: Access = _PUBLIC) -> bool | Failed:
        """Tell whether robots.txt lets us ask for `url`, or why that could not be found out (RFC 9309 2.3.1).

        It is asked for once a host. One that is not there allows everything.
        """
        try:
            place = _address("/robots.txt", _address(url))
        except Unusable as error:
            return Failed(reason=str(error))
        if str(place) not in self._robots:
            self._robots[str(place)] = asyncio.ensure_future(self._read_robots(str(place), access))
        found = await self._robots[str(place)]
        return found if isinstance(found, Failed) else bool(found.can_fetch(url, _ROBOTS_NAME))

    async def _read_robots(self, place: str, access: Access) -> Protego | Failed:
        answer = await self.get(place, None, Access(proxy=access.proxy))
        if isinstance(answer, Body):
            return Protego.parse(answer.content[:_ROBOTS_BYTES].decode("utf-8", "replace"))
        if isinstance(answer, Failed) and 400 <= answer.status < 500 and answer.status not in SLOW_DOWN:
            return Protego.parse("")
        reason = answer.reason if isinstance(answer, Failed | Postponed) else "304"
        return Failed(reason=f"{place} could not be read, so nothing else was asked for: {reason}")

    async def _take_turn(self, hop: _Hop) -> Answer | _Hop:
        ascii_host = hop.url.raw_host.decode("ascii")
        name = f"{ascii_host}:{hop.port}"
        host, is_own = self._hosts[name], self._exempt.covers(hop)
        async with host.turn:
            if is_own:
                async with host.pause(), self._places:
                    return await self._timed(hop, host)
            domain = registered_domain(ascii_host)
            async with self._domains[domain], host.pause(), self._places:
                if self._resting & {name, domain}:
                    return Postponed(reason=f"{hop.host} asked for rest in this very pass")
                return self._noted(await self._timed(hop, host), name, domain)

    def _noted(self, answer: Answer | _Hop, host: str, domain: str) -> Answer | _Hop:
        """Note who has to rest: a limit of requests holds for a domain (RFC 6585 4), an overload for a host."""
        if not isinstance(answer, Failed) or answer.status not in SLOW_DOWN:
            return answer
        scope = domain if answer.status == TOO_MANY else host if answer.retry_after else ""
        self._resting.add(scope)
        return replace(answer, scope=scope)

    async def _timed(self, hop: _Hop, host: _Host) -> Answer | _Hop:
        clock = asyncio.get_running_loop().time
        start = clock()
        end = start + hop.seconds
        try:
            async with asyncio.timeout_at(end) as deadline:
                answer = await self._exchange(hop, deadline)
        except (Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Failed(reason=_in_words(error, hop, self._rules))
        finally:
            host.free_at = clock() + min((clock() - start) * self._rules.spacing, _LONGEST_SPACE)
        return replace(answer, seconds=end - clock()) if isinstance(answer, _Hop) else answer

    async def _exchange(self, hop: _Hop, deadline: asyncio.Timeout) -> Answer | _Hop:
        response = await self._send(hop)
        try:
            return await self._read(hop, response, deadline)
        finally:
            await response.aclose()

    async def _send(self, hop: _Hop) -> httpx.Response:
        """Send the request; once more if it went out on a kept connection that the server had given up."""
        events: list[str] = []
        try:
            return await self._send_once(hop, events)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            if "http11.send_request_headers.started" not in events or "connection.connect_tcp.started" in events:
                raise
        return await self._send_once(hop, events)

    async def _send_once(self, hop: _Hop, events: list[str]) -> httpx.Response:
        meter = _Meter()
        _METER.set(meter)

        async def note(event: str, _: object) -> None:  # httpcore awaits it
            events.append(event)
            if event == "http11.receive_response_headers.complete":
                meter.is_head = False

        headers = answers.merged(self._headers, hop.credentials, hop.conditions)
        request = httpx.Request(
            "GET", hop.url, headers=headers, extensions={"timeout": self._limits, "trace": note}
        )
        return await self._transport_of(hop).handle_async_request(request)

    def _transport_of(self, hop: _Hop) -> httpx.AsyncBaseTransport:
        proxy = hop.access.proxy
        if not proxy:
            return self._transport
        if proxy not in self._proxied:
            self._proxied[proxy] = GuardedTransport(self._rules, proxy=proxy)
        return self._proxied[proxy]

    async def _read(self, hop: _Hop, response: httpx.Response, deadline: asyncio.Timeout) -> Answer | _Hop:
        status, headers = response.status_code, response.headers.raw
        if status == 200:
            room = _Room(self._large, deadline)
            try:
                return await self._document(hop, response, room)
            except BaseException:
                room.leave()
                raise
        if status == 304 and hop.conditions:
            await _start_of(response)  # its empty body, so that the connection can be kept
            renewed = answers.validators(str(hop.url), headers, hop.known)
            return NotModified(validators=renewed, max_age=answers.max_age(headers), moved=hop.moved)
        if status in _REDIRECTS:
            return _next_hop(hop, response)
        reason = answers.status_in_words(status, headers, await _start_of(response))
        return Failed(reason=reason, status=status, retry_after=answers.retry_after(headers))

    async def _document(self, hop: _Hop, response: httpx.Response, room: _Room) -> Body:
        url, headers = str(hop.url), response.headers.raw
        unpacker = Unpacker(headers, self._rules.max_bytes)
        unpacker.expect(answers.header(headers, b"content-length"))
        count = 0
        async for block in _blocks(response):
            count += 1
            unpacker.add(block)
            if count > _FREE_BLOCKS and unpacker.wire < count * _LEAST_BLOCK:
                raise Unusable("the document comes in too many small pieces")
            if len(unpacker.content) > _LARGE:
                await room.enter()
        return Body(
            url=url,
            content=unpacker.finish(),
            content_type=answers.header(headers, b"content-type").decode("latin-1"),
            validators=answers.validators(url, headers),
            max_age=answers.max_age(headers),
            moved=hop.moved,
            release=room.leave,
        )


class _Room:
    """Memory for a large document: waited for once, outside the deadline, and given back once."""

    def __init__(self, places: asyncio.Semaphore, deadline: asyncio.Timeout) -> None:
        self._places = places
        self._deadline = deadline
        self._is_in = False

    async def enter(self) -> None:
        if self._is_in:
            return
        clock, end = asyncio.get_running_loop().time, self._deadline.when()
        start = clock()
        self._deadline.reschedule(None)
        await self._places.acquire()
        self._is_in = True
        self._deadline.reschedule(None if end is None else end + clock() - start)

    def leave(self) -> None:
        if self._is_in:
            self._is_in = False
            self._places.release()


class _Meter:
    """Counts what comes before a response: an endless row of interim ones (RFC 9110 15.2) is not waited out."""

    def __init__(self) -> None:
        self.is_head = True
        self._bytes = 0

    def add(self, count: int) -> None:
        if self.is_head:
            self._bytes += count
            if self._bytes > _LONGEST_HEAD:
                raise Unusable(f"the headers of the answer are too long: more than {_LONGEST_HEAD:,} bytes")


_METER: ContextVar[_Meter | None] = ContextVar("meter", default=None)
"""Of the request that this task has sent last."""


class _MeteredStream(httpcore.AsyncNetworkStream):
    """A connection that tells the meter of the current request what was read."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # of httpcore
        block = await self._stream.read(max_bytes, timeout)
        meter = _METER.get()
        if meter is not None:
            meter.add(len(block))
        return block

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109  # of httpcore
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature of httpcore
    ) -> httpcore.AsyncNetworkStream:
        return _MeteredStream(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Host:
    """One host and port: asked one thing at a time, with a pause after each answer."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.free_at = 0.0

    @asynccontextmanager
    async def pause(self) -> AsyncIterator[None]:
        wait = self.free_at - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)
        yield


class _Exempt:
    """Hosts that no limit of others' machines is meant for: the operator's own, and private ones."""

    def __init__(self, rules: FetchRules) -> None:
        self._own = frozenset(host.lower() for host in rules.own)
        self._allowed = tuple(guard.read_allowance(text) for text in rules.allow)

    def covers(self, hop: _Hop) -> bool:
        host = hop.url.host
        return host in self._own or any(guard.names(one, host) for one in self._allowed)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _headers(contact: str) -> list[tuple[bytes, bytes]]:
    words = answers.printable(contact)
    comment = f"+{words}" if words else "no contact configured"
    return [
        (b"User-Agent", f"feedbraid/{__version__} ({comment})".encode()),
        (b"Accept", _ACCEPT.encode()),
        (b"Accept-Encoding", b"gzip"),
    ]


def _address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """The URL to ask, without its fragment. Raises Unusable; the reason never repeats a password."""
    try:
        url = (base.join(text) if base else httpx.URL(text)).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise Unusable("this is no usable address") from error
    if url.scheme not in ("http", "https"):
        raise Unusable(f"only http and https are asked, not {answers.printable(url.scheme)[:20] or 'a bare path'}")
    if not url.host:
        raise Unusable("the address names no host")
    if url.userinfo:
        raise Unusable("the address has a user name or a password in it, which is not sent")
    return url


def _next_hop(hop: _Hop, response: httpx.Response) -> _Hop:
    try:
        url = _address(answers.location(response.headers.raw), hop.url)
    except Unusable as error:
        raise Unusable(f"redirected by {hop.host}: {error}") from error
    before = (*hop.before, str(hop.url))
    if str(url) in before:
        raise Unusable(f"the redirects of {hop.host} go in a circle")
    follows_permanent_ones = not hop.before or hop.moved == str(hop.url)
    lasts = response.status_code in _PERMANENT and follows_permanent_ones
    return replace(hop, url=url, before=before, moved=str(url) if lasts else hop.moved)


async def _start_of(response: httpx.Response) -> bytes:
    """The first bytes of a body that only explains: whatever goes wrong with it, the status stands."""
    try:
        unpacker = Unpacker(response.headers.raw, answers.EXCERPT_BYTES)
    except Unusable:
        return b""
    with contextlib.suppress(Unusable, httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_EXCERPT_SECONDS):
            async for block in _blocks(response):
                unpacker.add(block)
    return bytes(unpacker.content)


def _blocks(response: httpx.Response) -> httpx.AsyncByteStream:
    """The bytes as they are on the wire: httpx would unpack a block of any size at once."""
    return cast("httpx.AsyncByteStream", response.stream)


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (Unusable, "{error}"),
    (ssl.SSLCertVerificationError, "the TLS certificate of {hop.host} is not valid: {error.verify_message}"),
    (ssl.SSLError, "no TLS connection with {hop.host}: {error}"),
    (ConnectionRefusedError, "{hop.host} refuses connections on port {hop.port}"),
    (httpx.ConnectTimeout, "no connection to {hop.host} within {rules.connect_timeout:g} s"),
    (httpx.TimeoutException, "{hop.host} was silent for {rules.silence_timeout:g} s"),
    (httpx.ConnectError, "no connection to {hop.host}: {root}"),
    (httpx.NetworkError, "the connection to {hop.host} broke: {root}"),
    (httpx.ProtocolError, "{hop.host} does not keep to HTTP: {root}"),
    (TimeoutError, "{hop.host} did not deliver within {rules.deadline:g} s"),
    (Exception, "{hop.host} could not be asked: {root}"),
)


def _in_words(trouble: BaseException, hop: _Hop, rules: FetchRules) -> str:
    """The reason for people: that of the most telling error among those that led to this one."""
    chain = list(_causes(trouble))
    root = next((str(error) for error in reversed(chain) if str(error)), type(trouble).__name__)
    words, error = next((words, error) for kind, words in _WORDS for error in chain if isinstance(error, kind))
    said = words.format(error=error, root=root[:200], hop=hop, rules=rules)
    if hop.access.proxy and not isinstance(error, Unusable):
        said = f"through the proxy {httpx.URL(hop.access.proxy).host}: {said}"
    return answers.printable(said)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__  # the pool of httpcore cuts causes off


@functools.cache
def _trust() -> ssl.SSLContext:
    """Reading the certificates of all authorities takes longer than a fetch."""
    return httpx.create_ssl_context(trust_env=False)


def _resolve(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class GuardedTransport(httpx.AsyncBaseTransport):
    """The network, behind the guard of addresses: HTTP/1.1, straight to the server or through the given proxy.

    A proxy is trusted with everything that goes through it, and resolves names itself: only an address that stands
    in a URL, and the name localhost, are judged here.
    """

    def __init__(self, rules: FetchRules, resolve: Resolver = _resolve, proxy: str = "") -> None:
        self._threads = ThreadPoolExecutor(rules.parallel, thread_name_prefix="resolve")
        self._allowed = tuple(guard.read_allowance(text) for text in rules.allow)
        self._is_proxied = bool(proxy)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trust(),
            max_connections=rules.parallel,
            max_keepalive_connections=rules.parallel,
            keepalive_expiry=5.0,
            proxy=_proxy(proxy) if proxy else None,
            network_backend=None if proxy else _GuardedBackend(rules, resolve, self._threads),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        url = request.url
        if self._is_proxied:
            self._judge_text(url)
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            extensions=request.extensions,
        )
        with _errors_of_httpx():
            answer = await self._pool.handle_async_request(asked)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer), extensions=answer.extensions
        )

    def _judge_text(self, url: httpx.URL) -> None:
        address = _address_in(url.host)
        port = url.port or (443 if url.scheme == "https" else 80)
        refusal = guard.refusal(url.host, port, address, self._allowed) if address else ""
        if refusal:
            raise Unusable(refusal)

    async def aclose(self) -> None:
        """Close all connections; a name that is still being resolved is not waited for."""
        await self._pool.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _address_in(host: str) -> guard.Address | None:
    """Give the address that a host is in whatever spelling; None for a name that has to be looked up."""
    if host.rstrip(".").endswith("localhost"):
        return IPv4Address("127.0.0.1")
    with contextlib.suppress(ValueError):
        return ip_address(host)
    with contextlib.suppress(OSError):
        return ip_address(socket.inet_aton(host))
    return None


def _proxy(address: str) -> httpcore.Proxy:
    url = httpx.URL(address)
    auth = (url.username.encode(), url.password.encode()) if url.userinfo else None
    return httpcore.Proxy(str(url.copy_with(userinfo=b"")), auth=auth)


class _Stream(httpx.AsyncByteStream):
    """The blocks of an answer, as they come."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for block in self._answer.aiter_stream():
                yield block

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextlib.contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """The errors of httpcore have twins of the same name in httpx."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        twin = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise twin(str(error)) from error


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, judges every address, and connects to a judged one: rebinding finds no gap."""

    def __init__(self, rules: FetchRules, resolve: Resolver, threads: ThreadPoolExecutor) -> None:
        self._allowed = tuple(guard.read_allowance(text) for text in rules.allow)
        self._resolve = resolve
        self._threads = threads
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the name that may be asked and answers."""
        found = await self._connected(host, port, timeout, local_address, socket_options)
        return _MeteredStream(found)

    async def _connected(
        self,
        host: str,
        port: int,
        timeout: float | None,  # noqa: ASYNC109  # as above
        local_address: str | None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = self._judged(host, port, await self._addresses(host, timeout))
        share = None if timeout is None else timeout / len(addresses)
        for address in addresses[:-1]:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._network.connect_tcp(address, port, share, local_address, socket_options)
        return await self._network.connect_tcp(addresses[-1], port, share, local_address, socket_options)

    async def _addresses(self, host: str, seconds: float | None) -> list[guard.Address]:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                found = await loop.run_in_executor(self._threads, self._resolve, host)
        except TimeoutError as error:
            raise Unusable(f"the name {host} was not resolved within {seconds:g} s") from error
        except (OSError, UnicodeError) as error:
            cause = getattr(error, "strerror", None) or "it is no valid name"
            raise Unusable(f"the name {host} can not be resolved: {cause}") from error
        return [ip_address(text) for text in dict.fromkeys(found)]

    def _judged(self, host: str, port: int, addresses: list[guard.Address]) -> list[str]:
        verdicts = [(guard.refusal(host, port, address, self._allowed), address) for address in addresses]
        public = [address for refusal, address in verdicts if not refusal]
        if not public:
            raise Unusable(next((refusal for refusal, _ in verdicts), f"the name {host} has no address"))
        families = [[address for address in public if address.version == version] for version in (4, 6)]
        tried = {address for family in families for address in family[:_ADDRESSES_PER_FAMILY]}
        return [str(address) for address in public if address in tried]
