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
from collections import defaultdict
from collections.abc import Callable
from dataclasses import field, replace
from datetime import timedelta
from functools import partial
from typing import Self

import httpx
from protego import Protego

from feedbraid import answers, guard
from feedbraid.answers import Unpacker, Unusable
from feedbraid.domains import registered_domain
from feedbraid.fetch._asking import address, blocks, in_words, port_of, shown_host, start_of, user_agent
from feedbraid.fetch._patience import Patience
from feedbraid.fetch._permits import Permits
from feedbraid.fetch._places import Places
from feedbraid.fetch._transport import GuardedTransport
from feedbraid.model import Access, Failed, FetchRules, Postponed, Topic, Validators
from feedbraid.nouns import dataclass
from feedbraid.policy import SLOW_DOWN, TOO_MANY

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
_LONGEST_SPACE = 5.0
"""Seconds between two requests to one host, however slow its last answer was."""
_LARGE = 1024 * 1024
"""Bytes of a document, from which on there is room for two of them at a time."""
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
    topic: Topic | None = None
    """What its Link headers say of a hub (WebSub 4)."""
    links: str = ""
    """Its Link headers as received, at most 8,192 characters of them."""
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
        return shown_host(self.url)

    @property
    def port(self) -> int:
        return port_of(self.url)


class Fetcher:
    """Asks servers for documents, as `rules` say. An async context manager: leaving it closes all connections.

    A `transport` of the caller takes the place of the network, with its guard of addresses; `permits` are asked
    before each request, where others may ask the same hosts. Raises ValueError when `rules.allow` has something
    that is no host, host:port or network.
    """

    def __init__(
        self,
        rules: FetchRules,
        transport: httpx.AsyncBaseTransport | None = None,
        permits: Permits | None = None,
    ) -> None:
        self._rules = rules
        self._permits = permits
        self._transport = transport or GuardedTransport(rules)
        self._proxied: dict[str, httpx.AsyncBaseTransport] = {}
        self._exempt = _Exempt(rules)
        self._headers = _headers(rules.contact)
        self._limits = httpx.Timeout(rules.silence_timeout, connect=rules.connect_timeout, pool=None).as_dict()
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)
        self._domains: defaultdict[str, asyncio.Semaphore] = defaultdict(
            partial(asyncio.Semaphore, rules.per_domain)
        )
        self._places = Places(rules.parallel)
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
            hop = _Hop(url=address(url), known=known, seconds=seconds, access=access)
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
            place = address("/robots.txt", address(url))
        except Unusable as error:
            return Failed(reason=str(error))
        if str(place) not in self._robots:
            self._robots[str(place)] = asyncio.ensure_future(self._read_robots(str(place), access))
        found = await self._robots[str(place)]
        return found if isinstance(found, Failed) else bool(found.can_fetch(url, _ROBOTS_NAME))

    async def _read_robots(self, place: str, access: Access) -> Protego | Failed:
        answer = await self.get(place, None, Access(proxy=access.proxy))
        if isinstance(answer, Body):
            answer.release()
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
                await host.pause()
                async with self._places.place():
                    return await self._permitted(hop, host)
            domain = registered_domain(ascii_host)
            async with self._domains[domain]:
                await host.pause()
                async with self._places.place():
                    if self._resting & {name, domain}:
                        return Postponed(reason=f"{hop.host} asked for rest in this very pass")
                    return self._noted(await self._permitted(hop, host), name, domain)

    async def _permitted(self, hop: _Hop, host: _Host) -> Answer | _Hop:
        """Ask where nobody else does; the leave is waited for outside the deadline."""
        if self._permits is None:
            return await self._timed(hop, host)
        async with self._permits.at(hop.url.raw_host.decode("ascii")) as refusal:
            return Postponed(reason=refusal) if refusal else await self._timed(hop, host)

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
            async with Patience(hop.seconds) as deadline:
                answer = await self._exchange(hop, deadline)
        except (Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Failed(reason=in_words(error, hop.url, self._rules, hop.access.proxy))
        finally:
            host.free_at = clock() + min((clock() - start) * self._rules.spacing, _LONGEST_SPACE)
        return replace(answer, seconds=end - clock()) if isinstance(answer, _Hop) else answer

    async def _exchange(self, hop: _Hop, deadline: Patience) -> Answer | _Hop:
        conditions = hop.conditions
        headers = answers.merged(self._headers, hop.credentials, conditions)
        request = httpx.Request("GET", hop.url, headers=headers, extensions={"timeout": self._limits})
        response = await self._transport_of(hop).handle_async_request(request)
        try:
            return await self._read(hop, response, deadline, is_known=bool(conditions))
        finally:
            await response.aclose()

    def _transport_of(self, hop: _Hop) -> httpx.AsyncBaseTransport:
        proxy = hop.access.proxy
        if not proxy:
            return self._transport
        if proxy not in self._proxied:
            self._proxied[proxy] = GuardedTransport(self._rules, proxy=proxy)
        return self._proxied[proxy]

    async def _read(
        self, hop: _Hop, response: httpx.Response, deadline: Patience, *, is_known: bool
    ) -> Answer | _Hop:
        status, headers = response.status_code, response.headers.raw
        if status == 200:
            room = _Room(self._large, self._places, deadline)
            try:
                return await self._document(hop, response, room)
            except BaseException:
                room.leave()
                raise
        if status == 304 and is_known:
            if hop.access.proxy:
                await start_of(response)  # its empty body, so that the connection can be kept
            renewed = answers.validators(str(hop.url), headers, hop.known)
            return NotModified(validators=renewed, max_age=answers.max_age(headers), moved=hop.moved)
        if status in _REDIRECTS:
            return _next_hop(hop, response)
        reason = answers.status_in_words(status, headers, await start_of(response))
        return Failed(reason=reason, status=status, retry_after=answers.retry_after(headers))

    async def _document(self, hop: _Hop, response: httpx.Response, room: _Room) -> Body:
        url, headers = str(hop.url), response.headers.raw
        unpacker = Unpacker(headers, self._rules.max_bytes)
        unpacker.expect(answers.header(headers, b"content-length"))
        count = 0
        async for block in blocks(response):
            count += 1
            unpacker.add(block)
            if count > _FREE_BLOCKS and unpacker.wire < count * _LEAST_BLOCK:
                raise Unusable("the document comes in too many small pieces")
            if len(unpacker.content) > _LARGE:
                await room.enter()
        content = unpacker.finish()
        room.fill()
        return Body(
            url=url,
            content=content,
            content_type=answers.header(headers, b"content-type").decode("latin-1"),
            validators=answers.validators(url, headers),
            max_age=answers.max_age(headers),
            moved=hop.moved,
            topic=answers.topic(url, headers),
            links=answers.stated_links(headers),
            release=room.leave,
        )


class _Room:
    """Memory for a document, given back once; that for a large one is waited for, outside the deadline."""

    def __init__(self, large: asyncio.Semaphore, places: Places, deadline: Patience) -> None:
        self._large = large
        self._places = places
        self._deadline = deadline
        self._is_large = False
        self._is_full = False

    async def enter(self) -> None:
        """Wait until there is room for a large document."""
        if self._is_large:
            return
        self._deadline.pause()
        await self._large.acquire()
        self._is_large = True
        self._deadline.go_on()

    def fill(self) -> None:
        """Count the whole document among those that wait for a reader."""
        self._is_full = True
        self._places.hold()

    def leave(self) -> None:
        if self._is_large:
            self._is_large = False
            self._large.release()
        if self._is_full:
            self._is_full = False
            self._places.drop()


class _Host:
    """One host and port: asked one thing at a time, with a pause after each answer."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.free_at = 0.0

    async def pause(self) -> None:
        wait = self.free_at - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)


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
    return [
        (b"User-Agent", user_agent(contact)),
        (b"Accept", _ACCEPT.encode()),
        (b"Accept-Encoding", b"gzip"),
    ]


def _next_hop(hop: _Hop, response: httpx.Response) -> _Hop:
    try:
        url = address(answers.location(response.headers.raw), hop.url)
    except Unusable as error:
        raise Unusable(f"redirected by {hop.host}: {error}") from error
    before = (*hop.before, str(hop.url))
    if str(url) in before:
        raise Unusable(f"the redirects of {hop.host} go in a circle")
    follows_permanent_ones = not hop.before or hop.moved == str(hop.url)
    lasts = response.status_code in _PERMANENT and follows_permanent_ones
    return replace(hop, url=url, before=before, moved=str(url) if lasts else hop.moved)
