"""Does a host answer? One HEAD request to each, without credentials, behind the same guard as everything else."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime

import httpx

from feedbraid import answers
from feedbraid.answers import Unusable
from feedbraid.doctor import Seen
from feedbraid.fetch._asking import address, in_words, port_of, shown_host, user_agent
from feedbraid.fetch._transport import GuardedTransport
from feedbraid.model import FetchRules

EACH = 10.0
"""Seconds that one host is waited for, at most."""

Target = tuple[str, str]
"""An address, and the proxy through which it is asked, or ""."""


def one_per_host(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Give one target for each host, port, scheme and proxy: nobody is asked twice."""
    kept: dict[tuple[str, str, int, str], Target] = {}
    for url, proxy in targets:
        with suppress(Unusable):
            read = address(url)
            kept.setdefault((read.scheme, read.host, port_of(read), proxy), (url, proxy))
    return tuple(kept.values())


async def probe(targets: Sequence[Target], rules: FetchRules, *, seconds: float) -> tuple[Seen, ...]:
    """Ask each host; never raises for the far end. Those for which no time is left are left out."""
    end = asyncio.get_running_loop().time() + seconds
    async with AsyncExitStack() as doors:
        doors_to: dict[str, GuardedTransport] = {}
        for proxy in {proxy for _, proxy in targets}:
            doors_to[proxy] = GuardedTransport(rules, proxy=proxy)
            doors.push_async_callback(doors_to[proxy].aclose)
        places = asyncio.Semaphore(rules.parallel)
        found = await asyncio.gather(
            *(_in_turn(url, proxy, rules, doors_to[proxy], places, end) for url, proxy in targets)
        )
    return tuple(one for one in found if one is not None)


async def _in_turn(  # noqa: PLR0913, PLR0917  # all that a request needs
    url: str, proxy: str, rules: FetchRules, door: GuardedTransport, places: asyncio.Semaphore, end: float
) -> Seen | None:
    async with places:
        now = asyncio.get_running_loop().time()
        if now >= end:
            return None
        read = address(url)
        host = shown_host(read) if read.port is None else f"{shown_host(read)}:{read.port}"
        try:
            async with asyncio.timeout_at(min(end, now + EACH)):
                return await _seen(host, read, rules, door)
        except TimeoutError:
            return Seen(host=host, failure=f"{host} did not answer in time")
        except (Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Seen(host=host, failure=in_words(error, read, rules, proxy))


async def _seen(host: str, url: httpx.URL, rules: FetchRules, door: GuardedTransport) -> Seen:
    limits = httpx.Timeout(rules.silence_timeout, connect=rules.connect_timeout, pool=None).as_dict()
    headers = [(b"User-Agent", user_agent(rules.contact)), (b"Accept", b"*/*"), (b"Connection", b"close")]
    request = httpx.Request("HEAD", url, headers=headers, extensions={"timeout": limits})
    response = await door.handle_async_request(request)
    try:
        stream = response.extensions.get("network_stream")
        secured = stream.get_extra_info("ssl_object") if stream is not None else None
        date = answers.date_of(answers.header(response.headers.raw, b"date"))
        return Seen(host=host, date=date, expires=_expiry(secured))
    finally:
        await response.aclose()


def _expiry(secured: object) -> datetime | None:
    """Give the end of a server's certificate."""
    if not isinstance(secured, ssl.SSLObject | ssl.SSLSocket):
        return None
    until = (secured.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None
