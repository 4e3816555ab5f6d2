"""A source on the web: one URL, and mirrors that are tried in order when it fails."""

from __future__ import annotations

from dataclasses import replace

from feedbraid.fetch import Body, Fetcher, NotModified
from feedbraid.model import Failed, Known, Outcome, Reading, Unchanged, Validators
from feedbraid.workers import Workers

from . import Open, Source, Tools
from ._document import read_document


class WebSource:
    """One feed on the web."""

    def __init__(self, reading: Reading, fetcher: Fetcher, workers: Workers) -> None:
        self._reading = reading
        self._fetcher = fetcher
        self._workers = workers

    async def read(self, known: Known) -> Outcome:
        """Ask the URL, then each mirror, until one answers with a feed."""
        failures: list[Failed] = []
        for url in self._reading.spec.locations:
            outcome = await self._ask(url, known)
            if not isinstance(outcome, Failed):
                return outcome
            failures.append(outcome)
        return _summed_up(failures)

    async def _ask(self, url: str, known: Known) -> Outcome:
        answer = await self._fetcher.get(url, known.state.validators)
        if isinstance(answer, NotModified):
            return Unchanged(reason="304 not modified", validators=answer.validators, max_age=answer.max_age)
        if isinstance(answer, Failed):
            return answer
        return await self._read_body(answer, known, mirror=url != self._reading.spec.locations[0])

    async def _read_body(self, body: Body, known: Known, *, mirror: bool) -> Outcome:
        # What a mirror hands out is the source's document: its relative links are relative to the source.
        reading = replace(self._reading, feed_url=self._reading.spec.locations[0] if mirror else body.url)
        outcome = await read_document(self._workers, reading, known, body.content, body.content_type)
        if isinstance(outcome, Failed):
            return outcome
        return replace(outcome, validators=_worth_keeping(body.validators), max_age=body.max_age)


def _worth_keeping(validators: Validators) -> Validators | None:
    return validators if validators.etag or validators.last_modified else None


def _summed_up(failures: list[Failed]) -> Failed:
    """Say what each address answered; the longest wait that one of them asked for counts."""
    if len(failures) == 1:
        return failures[0]
    reasons = "; ".join(
        failure.reason if number == 0 else f"mirror {number}: {failure.reason}"
        for number, failure in enumerate(failures)
    )
    waits = [failure.retry_after for failure in failures if failure.retry_after is not None]
    return Failed(reason=reasons, retry_after=max(waits, default=None))


def _open(reading: Reading, tools: Tools) -> Source:
    if tools.fetcher is None or tools.workers is None:
        raise TypeError("a web source needs the fetcher and parser processes")
    return WebSource(reading, tools.fetcher, tools.workers)


OPEN: Open = _open
