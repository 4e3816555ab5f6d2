"""Messages to other servers: one POST each, few at a time, one at a time to a host, and never for long.

Nothing is repeated here: whether and when a message is tried again is decided by those who keep it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx

from feedbraid import answers
from feedbraid.answers import Unusable
from feedbraid.fetch._asking import address, in_words, port_of, shown_host, start_of, user_agent
from feedbraid.fetch._transport import GuardedTransport
from feedbraid.model import Delivered, Delivery, FetchRules, Message, Undelivered, Unsent

AT_ONCE = 8
"""Hosts that are sent something at the same time."""

REDIRECTS = 3
"""How often a message is sent on."""

_SENT_ON = frozenset({307, 308})
"""These alone have the request repeated as it was (RFC 9110 15.4.8, 15.4.9)."""


async def deliver(messages: Sequence[Message], rules: FetchRules, *, seconds: float) -> tuple[Delivery, ...]:
    """Send each message, and give what became of each. Never raises for the far end.

    After so many `seconds` no other message is begun, and those under way are given up.
    """
    end = asyncio.get_running_loop().time() + seconds
    async with AsyncExitStack() as doors:
        letters = _Letters(rules, end)
        doors.push_async_callback(letters.close)
        return tuple(await asyncio.gather(*(letters.send(one) for one in messages)))


class _Letters:
    """The doors to the hosts that are sent something; those that the operator named may be private."""

    def __init__(self, rules: FetchRules, end: float) -> None:
        self._rules = rules
        self._end = end
        self._guarded = GuardedTransport(rules)
        self._own: dict[str, GuardedTransport] = {}
        self._hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._places = asyncio.Semaphore(AT_ONCE)
        self._agent = user_agent(rules.contact)
        self._limits = httpx.Timeout(rules.silence_timeout, connect=rules.connect_timeout, pool=None).as_dict()

    async def close(self) -> None:
        for transport in (self._guarded, *self._own.values()):
            await transport.aclose()

    async def send(self, message: Message) -> Delivery:
        try:
            url = address(message.url)
        except Unusable as error:
            return Undelivered(reason=str(error))
        async with self._hosts[url.netloc.decode("ascii")], self._places:
            clock = asyncio.get_running_loop().time
            if clock() >= self._end:
                return Unsent()
            try:
                async with asyncio.timeout_at(min(self._end, clock() + self._rules.deadline)):
                    return await self._sent(message, url)
            except (Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                return Undelivered(reason=_reason(error, url, self._rules))

    async def _sent(self, message: Message, url: httpx.URL) -> Delivered | Undelivered:
        """Send a message, and on where the server asks for it: never from https to http."""
        own = message.is_own
        for _ in range(REDIRECTS + 1):
            response = await self._post(message, url, self._door(url) if own else self._guarded)
            try:
                found = await _judged(response)
                if response.status_code not in _SENT_ON or not message.follows:
                    return found
                following = sent_on(url, answers.location(response.headers.raw))
            finally:
                await response.aclose()
            own = own and following.host == url.host and port_of(following) == port_of(url)
            url = following
        raise Unusable(f"more than {REDIRECTS} redirects, the last one to {shown_host(url)}")

    def _door(self, url: httpx.URL) -> GuardedTransport:
        """Give the door to a host that the operator named: it and no other may be private."""
        host = url.raw_host.decode("ascii")
        place = f"[{host}]:{port_of(url)}" if ":" in host else f"{host}:{port_of(url)}"
        if place not in self._own:
            self._own[place] = GuardedTransport(replace(self._rules, allow=(*self._rules.allow, place)))
        return self._own[place]

    async def _post(self, message: Message, url: httpx.URL, door: GuardedTransport) -> httpx.Response:
        usual = [(b"User-Agent", self._agent), (b"Accept-Encoding", b"gzip")]
        stated = [(name.encode("ascii"), value.encode("latin-1")) for name, value in message.headers]
        request = httpx.Request(
            "POST",
            url,
            headers=answers.merged(usual, stated),
            content=message.body,
            extensions={"timeout": self._limits},
        )
        return await door.handle_async_request(request)


def sent_on(url: httpx.URL, location: str) -> httpx.URL:
    """Give where a server wants a message sent on to. Raises Unusable when that would cost its encryption."""
    following = address(location, url)
    if url.scheme == "https" and following.scheme == "http":
        raise Unusable(f"{shown_host(url)} wants it sent on without encryption, to {shown_host(following)}")
    return following


async def _judged(response: httpx.Response) -> Delivered | Undelivered:
    """Tell what an answer means; of its body only the beginning is read."""
    status, headers = response.status_code, response.headers.raw
    start = await start_of(response)
    if 200 <= status < 300:
        return Delivered(status)
    reason = answers.status_in_words(status, headers, start)
    return Undelivered(reason=reason, status=status, retry_after=answers.retry_after(headers))


def _reason(error: Exception, url: httpx.URL, rules: FetchRules) -> str:
    if isinstance(error, TimeoutError) and not isinstance(error, httpx.HTTPError):
        return f"{shown_host(url)} did not answer in time"
    return in_words(error, url, rules)
