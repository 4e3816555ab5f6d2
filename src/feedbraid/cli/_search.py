"""Looking for the feed of a page: few requests, one after another, until one brings a feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from feedbraid import configvalues
from feedbraid.discover import Candidate, linked_feeds, named_feeds, preferred, usual_feeds
from feedbraid.fetch import Body, Fetcher
from feedbraid.model import Failed, Fresh, OriginSpec, ParseJob, Postponed, Reading
from feedbraid.nouns import dataclass
from feedbraid.policy import SLOW_DOWN
from feedbraid.preview import NAME
from feedbraid.settings import Config
from feedbraid.urls import host_of
from feedbraid.workers import Workers

MOST_REQUESTS = 8
"""Redirects and robots.txt not counted."""

MOST_NAMED = 3
"""Of the feeds that a page names, so many are tried when the first ones are none."""

Choose = Callable[[Sequence[Candidate], int], int | None]
"""Is given the feeds that a page names and the place of the likeliest; gives the place of the wanted one, or None
when any will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A feed."""

    url: str
    """The address to keep: the one that was asked, or where it moved to for good."""
    fresh: Fresh
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Tried:
    """An address that brought no feed, and why."""

    url: str
    reason: str


@dataclass(slots=True)
class Search:
    """One search; `tried` grows with it."""

    config: Config
    choose: Choose
    tried: list[Tried] = field(default_factory=list)
    _requests: int = 0
    _silent: set[str] = field(default_factory=set)
    """Hosts that are asked no more: they did not answer, or want rest."""

    async def run(self, url: str) -> Found | None:
        """Find a feed at an address, or by what is there."""
        async with Fetcher(self.config.fetch) as fetcher, Workers(1) as workers:
            page = await self._ask(fetcher, url)
            if page is not None:
                found = await self._read(workers, url, page)
                if found is not None:
                    return found
            for candidate in self._candidates(url, page):
                body = await self._ask(fetcher, candidate.url)
                found = await self._read(workers, candidate.url, body) if body is not None else None
                if found is not None:
                    return found
        return None

    def _candidates(self, url: str, page: Body | None) -> Sequence[Candidate]:
        """Give what to try: what the page names, else what it links to and what is usual."""
        if page is None:
            return usual_feeds(url)
        named = named_feeds(page.content, page.content_type, page.url, page.links)
        if named:
            likeliest = preferred(named)
            wanted = self.choose(named, likeliest) if len(named) > 1 else None
            if wanted is not None:
                return [named[wanted]]
            others = [one for place, one in enumerate(named) if place != likeliest and not one.comments]
            return [named[likeliest], *others][:MOST_NAMED]
        linked = linked_feeds(page.content, page.content_type, page.url)
        known = {one.url for one in linked}
        return [*linked, *(one for one in usual_feeds(page.url) if one.url not in known)]

    async def _ask(self, fetcher: Fetcher, url: str) -> Body | None:
        if self._requests >= MOST_REQUESTS or any(one.url == url for one in self.tried):
            return None
        if host_of(url) in self._silent:
            return None
        self._requests += 1
        if self.config.fetch.robots:
            allowed = await fetcher.robots_allow(url)
            if allowed is not True:
                reason = allowed.reason if isinstance(allowed, Failed) else "robots.txt asks that it is left alone"
                self.tried.append(Tried(url, reason))
                return None
        answer = await fetcher.get(url, None)
        if isinstance(answer, Body):
            return answer
        reason = answer.reason if isinstance(answer, Failed | Postponed) else "it brought nothing"
        self.tried.append(Tried(url, reason))
        if not isinstance(answer, Failed) or not answer.status or answer.status in SLOW_DOWN:
            self._silent.add(host_of(url))
        return None

    async def _read(self, workers: Workers, url: str, body: Body) -> Found | None:
        keep = body.moved if body.moved and body.moved == body.url else url
        spec = OriginSpec(name=NAME, kind=configvalues.kind_of(keep), locations=(keep,))
        config = self.config
        reading = Reading(
            spec=spec, feed_url=body.url, keys=config.keys, cleaning=config.cleaning, authority=config.authority
        )
        outcome = await workers.run(ParseJob(reading=reading, body=body.content, content_type=body.content_type))
        body.release()
        if isinstance(outcome, Fresh):
            return Found(url=keep, fresh=outcome, body=body.content, content_type=body.content_type)
        self.tried.append(Tried(url, outcome.reason))
        return None
