"""The network, behind the guard of addresses: a name is resolved once, only a judged address is connected to."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, ip_address

import httpx

from feedbraid import guard
from feedbraid.answers import Unusable
from feedbraid.fetch._patience import Patience
from feedbraid.fetch._wire import AGAIN, Origin, Wire, asked
from feedbraid.model import FetchRules

_ADDRESSES_PER_FAMILY = 2
"""Addresses of a name that are tried, of IPv6 and of IPv4: a broken one must not use up all the time."""

_KEPT = 5.0
"""Seconds that a connection is kept for the next request."""

_THREADS = 3
"""Names that are looked up at a time, for each host that is: name servers hang longer than they are waited for."""

Resolver = Callable[[str], list[str]]
"""Finds the addresses of a host name; blocks, and raises OSError or UnicodeError."""

Trust = Callable[[], ssl.SSLContext]
"""Gives what TLS is spoken with; it takes long, and is asked where a source wants it."""


@functools.cache
def _trust() -> ssl.SSLContext:
    """Reading the certificates of all authorities takes longer than a fetch."""
    trust = httpx.create_ssl_context(trust_env=False)
    trust.set_alpn_protocols(["http/1.1"])
    return trust


def _resolve(host: str) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


class GuardedTransport(httpx.AsyncBaseTransport):
    """The network, behind the guard of addresses: HTTP/1.1, straight to the server or through the given proxy.

    A proxy is trusted with everything that goes through it, and resolves names itself: only an address that stands
    in a URL, and the name localhost, are judged here. `trust` gives the authorities that certificates come from.
    """

    def __init__(
        self, rules: FetchRules, resolve: Resolver = _resolve, proxy: str = "", trust: Trust = _trust
    ) -> None:
        self._threads = ThreadPoolExecutor(rules.parallel * _THREADS, thread_name_prefix="resolve")
        self._allowed = tuple(guard.read_allowance(text) for text in rules.allow)
        self._resolve = resolve
        self._trust = trust
        self._proxied = _way_through(proxy, rules) if proxy else None
        self._most_kept = rules.parallel
        self._kept: dict[Origin, Wire] = {}
        """In the order in which they were used last."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; a GET or HEAD once more if it went out on a kept connection that was given up."""
        url = request.url
        port = url.port or (443 if url.scheme == "https" else 80)
        if self._proxied is not None:
            self._judge_text(url.host, port)
            return await self._proxied.handle_async_request(request)
        origin = (url.scheme, url.raw_host.decode("ascii"), port)
        kept = self._taken(origin)
        if kept is not None:
            try:
                return await asked(kept, request, self._keep)
            except (httpx.NetworkError, httpx.RemoteProtocolError):
                if request.method not in AGAIN:
                    raise
        seconds = request.extensions.get("timeout", {}).get("connect")
        return await asked(await self._connected(origin, seconds), request, self._keep)

    def _judge_text(self, host: str, port: int) -> None:
        address = _address_in(host)
        refusal = guard.refusal(host, port, address, self._allowed) if address else ""
        if refusal:
            raise Unusable(refusal)

    async def aclose(self) -> None:
        """Close all connections; a name that is still being resolved is not waited for."""
        if self._proxied is not None:
            await self._proxied.aclose()
        for wire in self._kept.values():
            wire.abort()
        self._kept.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.sleep(0)  # in which they are closed

    # --- connections that are kept

    def _keep(self, wire: Wire) -> None:
        """Keep a connection for the next request to its host: one for each, and not more than hosts are asked."""
        before = self._kept.pop(wire.origin, None)
        if before is not None:
            before.abort()
        if wire.rest():
            self._kept[wire.origin] = wire
        oldest = asyncio.get_running_loop().time() - _KEPT
        for origin, one in list(self._kept.items()):
            if one.idle_since > oldest and len(self._kept) <= self._most_kept:
                break
            self._kept.pop(origin).abort()

    def _taken(self, origin: Origin) -> Wire | None:
        """Take the connection that was kept for a host, if it is still good."""
        wire = self._kept.pop(origin, None)
        if wire is None:
            return None
        if wire.is_alive and asyncio.get_running_loop().time() - wire.idle_since < _KEPT:
            wire.resume()
            return wire
        wire.abort()
        return None

    # --- connections that are made

    async def _connected(self, origin: Origin, seconds: float | None) -> Wire:
        """Connect to the first address of the name that may be asked and answers: rebinding finds no gap."""
        _, host, port = origin
        addresses = self._judged(host, port, await self._addresses(host, seconds))
        share = None if seconds is None else seconds / len(addresses)
        for address in addresses[:-1]:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._wired(origin, await _joined(address, port, share), seconds)
        return await self._wired(origin, await _joined(addresses[-1], port, share), seconds)

    async def _wired(self, origin: Origin, joined: socket.socket, seconds: float | None) -> Wire:
        """Speak HTTP over a connection that was made, and before it TLS where that is wanted."""
        scheme, host, _ = origin
        wire = Wire(origin)
        loop = asyncio.get_running_loop()
        try:
            if scheme != "https":
                await loop.create_connection(lambda: wire, sock=joined)
                return wire
            async with Patience(seconds):
                await loop.create_connection(lambda: wire, sock=joined, ssl=self._trust(), server_hostname=host)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("") from error
        except (OSError, ValueError) as error:  # the latter for a name that can not stand in a certificate
            joined.close()
            raise httpx.ConnectError(str(error)) from error
        return wire

    async def _addresses(self, host: str, seconds: float | None) -> list[guard.Address]:
        with contextlib.suppress(ValueError):
            return [ip_address(host)]
        loop = asyncio.get_running_loop()
        try:
            async with Patience(seconds):
                found = await loop.run_in_executor(self._threads, self._resolve, host)
        except TimeoutError as error:
            raise Unusable(f"the name {host} was not resolved within {seconds:g} s") from error
        except (OSError, UnicodeError) as error:
            cause = getattr(error, "strerror", None) or "it is no valid name"
            raise Unusable(f"the name {host} can not be resolved: {cause}") from error
        return [ip_address(text) for text in dict.fromkeys(found)]

    def _judged(self, host: str, port: int, addresses: list[guard.Address]) -> list[guard.Address]:
        verdicts = [(guard.refusal(host, port, address, self._allowed), address) for address in addresses]
        public = [address for refusal, address in verdicts if not refusal]
        if not public:
            raise Unusable(next((refusal for refusal, _ in verdicts), f"the name {host} has no address"))
        families = [[address for address in public if address.version == version] for version in (4, 6)]
        tried = {address for family in families for address in family[:_ADDRESSES_PER_FAMILY]}
        return [address for address in public if address in tried]


def _way_through(proxy: str, rules: FetchRules) -> httpx.AsyncBaseTransport:
    from feedbraid.fetch._proxied import ProxiedTransport  # noqa: PLC0415  # most need none

    return ProxiedTransport(proxy, _trust(), rules.parallel)


def _address_in(host: str) -> guard.Address | None:
    """Give the address that a host is in whatever spelling; None for a name that has to be looked up."""
    if host.rstrip(".").endswith("localhost"):
        return IPv4Address("127.0.0.1")
    with contextlib.suppress(ValueError):
        return ip_address(host)
    with contextlib.suppress(OSError):
        return ip_address(socket.inet_aton(host))
    return None


async def _joined(address: guard.Address, port: int, seconds: float | None) -> socket.socket:
    """Connect to an address."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        joined = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        raise httpx.ConnectError(str(error)) from error
    loop = asyncio.get_running_loop()
    try:
        async with Patience(seconds):
            await loop.sock_connect(joined, (str(address), port))
    except TimeoutError as error:
        joined.close()
        raise httpx.ConnectTimeout("") from error
    except OSError as error:
        joined.close()
        raise httpx.ConnectError(str(error)) from error
    except BaseException:
        joined.close()
        raise
    return joined
