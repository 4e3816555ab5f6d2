"""Into the store: the pages of posts. Each is asked for once, and its text found in every way that is wished for.

The network and the moment of the pass are known here; nothing is published. Pages are asked for as politely as
feeds, and with less trust: where they are, a post says, whoever wrote it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from feedbraid import policy
from feedbraid.app import App, PageAnswer, ReadPage, WantedPage
from feedbraid.codec import decode, digest
from feedbraid.errors import FeedbraidError, fault_in_words
from feedbraid.model import (
    Access,
    CleaningRules,
    EntryKey,
    Failed,
    OriginSpec,
    PageHead,
    PageJob,
    PageText,
    PageWish,
    Postponed,
    Recipe,
    Rest,
    SourceState,
)
from feedbraid.nouns import dataclass
from feedbraid.pagewish import GIVEN_UP
from feedbraid.store import OriginChange
from feedbraid.urls import host_of

if TYPE_CHECKING:  # a run without wishes does not import the fetcher (D23)
    from feedbraid.fetch import Fetcher

FRUITLESS = 3
"""Pages in a row that a host gives no text for, after which it is asked for no other one in the same pass."""

SECONDS = 15.0
"""For finding the text of one page: several times what the largest real ones need."""

NOT_THERE = frozenset({404, policy.GONE})
"""What a server says of a page that is not to be asked for again."""

LEAST_REST = timedelta(hours=1)
"""Of a host that asks for rest, or says that these were too many requests."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A page that could not be read, and why."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesReport:
    """What became of the wishes for pages in one pass."""

    asked: int = 0
    """Pages that were asked for."""
    read: int = 0
    """Of these, those with a text in every way that was wished for."""
    failed: tuple[Unread, ...] = ()
    postponed: int = 0
    """Pages that were not asked for, because their host wants rest, or gave nothing for others."""


def read_pages(app: App, wishes: Sequence[PageWish], now: datetime) -> PagesReport:
    """Read the pages that are wished for, as far as their hosts allow, and keep each text as it comes."""
    return asyncio.run(_Pass(app, now).read(wishes)) if wishes else PagesReport()


# --- one pass ---------------------------------------------------------------------------------------------

_Pages = Mapping[WantedPage, Sequence[PageWish]]
"""Wishes by their page, without recipes yet."""


@dataclass(slots=True)
class _Pass:
    app: App
    now: datetime
    rests: list[Rest] = field(init=False)
    asked: int = 0
    good: int = 0
    postponed: int = 0
    failed: list[Unread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rests = [state.rest for state in self.app.store.states().values() if state.rest]

    async def read(self, wishes: Sequence[PageWish]) -> PagesReport:
        """Ask all hosts at once, and each for one page after the other."""
        by_host = self._by_host(wishes)
        async with self.app.open_pages() as read_page:
            await asyncio.gather(*(self._read_host(read_page, pages) for pages in by_host))
        failed = tuple(sorted(self.failed, key=lambda one: (one.url, one.reason)))
        return PagesReport(asked=self.asked, read=self.good, failed=failed, postponed=self.postponed)

    def _by_host(self, wishes: Sequence[PageWish]) -> list[_Pages]:
        """Put together what is on one page, and the pages that are on one host."""
        sources = self._sources({wish.post for wish in wishes})
        hosts: dict[str, dict[WantedPage, list[PageWish]]] = {}
        for wish in wishes:
            page = _page_of(wish, sources.get(wish.post, ()))
            hosts.setdefault(host_of(page.url), {}).setdefault(page, []).append(wish)
        return list(hosts.values())

    def _sources(self, posts: Iterable[EntryKey]) -> Mapping[EntryKey, Sequence[OriginSpec]]:
        """Give the sources on the web that state each post, in the order of the configuration."""
        rank = self.app.rank
        specs = {one.spec.name: one.spec for one in self.app.readings if one.spec.kind == "web"}
        found: dict[EntryKey, list[OriginSpec]] = {}
        for head in sorted(self.app.store.sharing(posts), key=lambda head: rank.get(head.origin, 0)):
            if head.origin in specs:
                found.setdefault(head.post or head.key, []).append(specs[head.origin])
        return found

    async def _read_host(self, read_page: ReadPage, pages: _Pages) -> None:
        fruitless = 0
        for page, wishes in pages.items():
            if fruitless == FRUITLESS or policy.resting(page.url, self.rests, self.now):
                self.postponed += 1
                continue
            recipes = list(dict.fromkeys(wish.recipe for wish in wishes))
            wanted = replace(page, recipes=tuple(decode(Recipe, recipe) for recipe in recipes))
            answer = await _ask(read_page, wanted)
            fruitless = fruitless + 1 if _is_fruitless(answer) else 0
            if isinstance(answer, Postponed):
                self.postponed += 1
                continue
            found = [answer] * len(recipes) if isinstance(answer, Failed) else answer
            self._keep(page.url, wishes, dict(zip(recipes, found, strict=True)))

    def _keep(self, url: str, wishes: Sequence[PageWish], found: Mapping[str, PageText | Failed]) -> None:
        self.asked += 1
        for wish in wishes:
            one = found[wish.recipe]
            text = one.html if isinstance(one, PageText) else ""
            self.app.store.keep_page(wish.recipe, wish.post, _head_of(wish, one, self.now), text)
        failures = {one.reason: one for one in found.values() if isinstance(one, Failed)}
        self.good += not failures
        self.failed += (Unread(url, reason) for reason in failures)
        for failed in failures.values():
            self._note_rest(failed)

    def _note_rest(self, failed: Failed) -> None:
        """Remember who wants to be left alone: its feeds wait as well."""
        if not failed.scope:
            return
        pause = min(max(failed.retry_after or timedelta(), LEAST_REST), policy.LONGEST_WAIT)
        rest = Rest(host=failed.scope, until=self.now + pause)
        self.rests.append(rest)
        self.app.store.commit(OriginChange(state=SourceState(name=f"(pages of {rest.host})", rest=rest)))


def _page_of(wish: PageWish, sources: Sequence[OriginSpec]) -> WantedPage:
    url = wish.url.partition("#")[0]
    places = {_place(location) for source in sources for location in source.locations}
    proxy = next((source.access.proxy for source in sources), "")
    return WantedPage(url=url, recipes=(), is_own=_place(url) in places, proxy=proxy)


def _head_of(wish: PageWish, found: PageText | Failed, now: datetime) -> PageHead:
    if isinstance(found, PageText):
        return PageHead(made_from=wish.made_from, digest=digest(found.html), read=now)
    tries = GIVEN_UP if found.status in NOT_THERE else wish.tries + 1
    return PageHead(made_from=wish.made_from, digest="", read=now, tries=tries, reason=found.reason)


def _place(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _is_fruitless(answer: PageAnswer) -> bool:
    """Tell whether there is no text, and maybe none on any page: what says that one is not there is an answer."""
    if isinstance(answer, Postponed):
        return False
    if isinstance(answer, Failed):
        return answer.robots is None and answer.status // 100 != 4
    return all(isinstance(found, Failed) for found in answer)


async def _ask(read_page: ReadPage, wanted: WantedPage) -> PageAnswer:
    """Read a page; a fault of ours in one of them must not stop the others either (D18, F44)."""
    try:
        return await read_page(wanted)
    except FeedbraidError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it is, it belongs to this page
        return Failed(reason=fault_in_words(error))


# --- one page ---------------------------------------------------------------------------------------------

_ACCEPT = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.1"


Find = Callable[[PageJob], Awaitable[PageText | Failed]]
"""Finds a text on a page, in a parser process."""


class PageReader:
    """Asks for pages: through `own` where a source of the post is on the host, else through `others`.

    `others` must not ask private hosts: what stands there would be published because a stranger linked to it.
    """

    def __init__(
        self, own: Fetcher, others: Fetcher, find: Find, cleaning: CleaningRules, *, heeds_robots: bool
    ) -> None:
        self._own = own
        self._others = others
        self._find = find
        self._cleaning = cleaning
        self._heeds_robots = heeds_robots

    async def read(self, wanted: WantedPage) -> PageAnswer:
        """Ask for a page once, with nothing that is meant for its source, and find its text by each recipe."""
        from feedbraid.fetch import Body, NotModified  # noqa: PLC0415  # loaded with the fetcher (D23)

        fetcher = self._own if wanted.is_own else self._others
        access = Access(headers=(("Accept", _ACCEPT),), proxy=wanted.proxy)
        allowed = await fetcher.robots_allow(wanted.url, access) if self._heeds_robots else True
        if allowed is not True:
            return allowed or Failed(reason="robots.txt asks that this page is left alone", robots=False)
        answer = await fetcher.get(wanted.url, None, access)
        if isinstance(answer, NotModified):
            return Failed(reason="HTTP 304 although nothing is known of the page", status=304)
        if not isinstance(answer, Body):
            return answer if wanted.is_own else _without_remedy(answer)
        try:
            return await self._read(wanted, answer.url, answer.content, answer.content_type)
        finally:
            answer.release()

    async def _read(self, wanted: WantedPage, url: str, content: bytes, content_type: str) -> PageAnswer:
        if _is_front_page(url) and not _is_front_page(wanted.url):
            return [Failed(reason="its address leads to the front page")] * len(wanted.recipes)
        jobs = [
            PageJob(url=url, recipe=recipe, cleaning=self._cleaning, body=content, content_type=content_type)
            for recipe in wanted.recipes
        ]
        return [await self._find(job) for job in jobs]


def _is_front_page(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _without_remedy(answer: Failed | Postponed) -> Failed | Postponed:
    """Leave out how feeds on private hosts are allowed: that does not hold for pages that others link to."""
    said = answer.reason.partition("; to allow it, set")[0]
    return answer if said == answer.reason or isinstance(answer, Postponed) else replace(answer, reason=said)
