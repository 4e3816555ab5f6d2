"""The network, behind the guard of addresses: a name is resolved once, only a judged address is connected to."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from ipaddress import IPv4Address, ip_address

import httpcore
import httpx

from feedbraid import guard
from feedbraid.answers import Unusable
from feedbraid.model import FetchRules

_ADDRESSES_PER_FAMILY = 2
"""Addresses of a name that are tried, of IPv6 and of IPv4: a broken one must not use up all the time."""
_LONGEST_HEAD = 160 * 1024
"""Bytes up to the end of the headers, interim responses included."""

Resolver = Callable[[str], list[str]]
"""Finds the addresses of a host name; blocks, and raises OSError or UnicodeError."""


class Meter:
    """Counts what comes before a response: an endless row of interim ones (RFC 9110 15.2) is not waited out."""

    def __init__(self) -> None:
        self.is_head = True
        self._bytes = 0

    def add(self, count: int) -> None:
        if self.is_head:
            self._bytes += count
            if self._bytes > _LONGEST_HEAD:
                raise Unusable(f"the headers of the answer are too long: more than {_LONGEST_HEAD:,} bytes")


METER: ContextVar[Meter | None] = ContextVar("meter", default=None)
"""Of the request that this task has sent last."""


class _MeteredStream(httpcore.AsyncNetworkStream):
    """A connection that tells the meter of the current request what was read."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109  # of httpcore
        block = await self._stream.read(max_bytes, timeout)
        meter = METER.get()
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
            content=request.content,
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
