"""A source on the web: one URL, and mirrors that are tried in order when it fails."""

from __future__ import annotations

from dataclasses import replace

from feedbraid.answers import is_open
from feedbraid.fetch import Body, Fetcher, NotModified
from feedbraid.model import Access, Failed, Fresh, Known, Outcome, Postponed, Reading, Unchanged, Validators
from feedbraid.workers import Workers

from . import Open, Source, Tools
from ._document import read_document


class WebSource:
    """One feed on the web."""

    def __init__(self, reading: Reading, fetcher: Fetcher, workers: Workers, *, heeds_robots: bool) -> None:
        self._reading = reading
        self._fetcher = fetcher
        self._workers = workers
        self._heeds_robots = heeds_robots

    async def read(self, known: Known) -> Outcome:
        """Ask the URL, or where it moved to, then each mirror, until one answers with a feed."""
        first, *mirrors = self._reading.spec.locations
        allowed = await self._robots(known.address or first, known)
        if isinstance(allowed, Failed):
            return allowed
        if allowed is False:
            return Failed(reason="robots.txt asks that this address is left alone", robots=False)
        failures: list[Failed | Postponed] = []
        for url in (known.address or first, *mirrors):
            outcome = await self._ask(url, known, is_mirror=url in mirrors)
            if isinstance(outcome, Fresh | Unchanged):
                return replace(outcome, robots=allowed, moved="" if url in mirrors else outcome.moved)
            failures.append(outcome)
        return _summed_up(failures)

    async def _robots(self, url: str, known: Known) -> bool | Failed | None:
        if not self._heeds_robots or known.robots is not None:
            return known.robots if self._heeds_robots else None
        return await self._fetcher.robots_allow(url, self._reading.spec.access)

    async def _ask(self, url: str, known: Known, *, is_mirror: bool) -> Outcome:
        access = Access(proxy=self._reading.spec.access.proxy) if is_mirror else self._reading.spec.access
        answer = await self._fetcher.get(url, known.state.validators, access)
        if isinstance(answer, NotModified):
            return Unchanged(
                reason="304 not modified",
                validators=answer.validators,
                max_age=answer.max_age,
                moved=answer.moved,
            )
        if isinstance(answer, Body):
            try:
                return await self._read_body(answer, known, is_mirror=is_mirror)
            finally:
                answer.release()
        return answer

    async def _read_body(self, body: Body, known: Known, *, is_mirror: bool) -> Outcome:
        # What a mirror hands out is the source's document: its relative links are relative to the source.
        reading = replace(self._reading, feed_url=self._reading.spec.locations[0] if is_mirror else body.url)
        outcome = await read_document(self._workers, reading, known, body.content, body.content_type)
        if isinstance(outcome, Failed):
            return outcome
        if isinstance(outcome, Fresh):
            outcome = self._with_topic(outcome, body)
        return replace(outcome, validators=_worth_keeping(body.validators), max_age=body.max_age, moved=body.moved)

    def _with_topic(self, fresh: Fresh, body: Body) -> Fresh:
        """Note which hub the headers name: they go before the document (WebSub 4)."""
        if fresh.channel is None or body.topic is None or not is_open(body.url, self._reading.spec.access):
            return fresh
        return replace(fresh, channel=replace(fresh.channel, topic=body.topic))


def _worth_keeping(validators: Validators) -> Validators | None:
    return validators if validators.etag or validators.last_modified else None


def _summed_up(failures: list[Failed | Postponed]) -> Failed | Postponed:
    """Say what each address answered; the longest wait that one of them asked for counts, and the first status."""
    if len(failures) == 1:
        return failures[0]
    failed = [failure for failure in failures if isinstance(failure, Failed)]
    if not failed:
        return failures[0]
    reasons = "; ".join(
        failure.reason if number == 0 else f"mirror {number}: {failure.reason}"
        for number, failure in enumerate(failures)
    )
    waits = [failure.retry_after for failure in failed if failure.retry_after is not None]
    first = failures[0]
    return Failed(
        reason=reasons,
        status=first.status if isinstance(first, Failed) else 0,
        scope=first.scope if isinstance(first, Failed) else "",
        retry_after=max(waits, default=None),
    )


def _open(reading: Reading, tools: Tools) -> Source:
    if tools.fetcher is None or tools.workers is None:
        raise TypeError("a web source needs the fetcher and parser processes")
    return WebSource(reading, tools.fetcher, tools.workers, heeds_robots=tools.heeds_robots)


OPEN: Open = _open
