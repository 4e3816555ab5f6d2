"""Answers that are given again: a reader asks for the same thing as the one before it, within the same second.

An answer is made of the request, the files, the rules and the second, and of nothing else (`respond`). So it is
the same, byte for byte, for as long as these are: it is kept for so long, and for no longer.
"""

from __future__ import annotations

import http
from datetime import datetime
from typing import NamedTuple

from feedbraid.serve._nouns import Answer, Asked, OnDisk, Request, Rules, Site
from feedbraid.serve._respond import MEANT, respond

MOST = 512
"""Requests whose answers are kept; when there are more, it begins anew."""

LONGEST = 2 * 1024
"""Bytes of a request that is worth keeping: readers send a few hundred."""

_SECRET = "authorization"  # noqa: S105  # the name of it
_PHRASES = {status.value: status.phrase for status in http.HTTPStatus}


def head_of(answer: Answer) -> bytes:
    """Write the head of an answer as it goes to the wire."""
    lines = "".join([f"{name}: {value}\r\n" for name, value in answer.headers])
    return f"HTTP/1.1 {answer.status} {_PHRASES[answer.status]}\r\n{lines}\r\n".encode("latin-1")


class Ready(NamedTuple):
    """An answer that can be sent at once."""

    answer: Answer
    head: bytes
    body: bytes
    """Shared by all to whom it is sent; empty for none."""


def ready_to_send(answer: Answer) -> Ready:
    """Write an answer whose body is in memory, or which has none."""
    return Ready(answer, head_of(answer), answer.body if isinstance(answer.body, bytes) else b"")


class Moment:
    """Files, rules and a second, and the answers to what was asked while they held."""

    def __init__(self, site: Site, rules: Rules, now: datetime) -> None:
        self._site, self._rules, self._now = site, rules, now
        self._of_blocks: dict[bytes, tuple[Asked, Ready]] = {}
        """By the very bytes of a request."""
        self._of_meanings: dict[tuple[str | None, ...], Ready] = {}
        """By all of a request that an answer depends on: different readers send different bytes."""

    def is_of(self, site: Site, rules: Rules, now: datetime) -> bool:
        """Tell whether it is still this moment."""
        return self._site is site and self._rules is rules and self._now == now

    def again(self, block: bytes) -> tuple[Asked, Ready] | None:
        """Give what was asked with the same bytes, and what was answered; None when that never happened."""
        return self._of_blocks.get(block)

    def ready(self, asked: Asked, user: str, block: bytes) -> Ready | None:
        """Make an answer to a block, and keep it unless there is a secret in it; None when its body is on disk."""
        if len(block) > LONGEST or _SECRET in asked.headers:
            return self._made(asked, user)
        if len(self._of_blocks) >= MOST:
            self._of_blocks.clear()
            self._of_meanings.clear()
        meaning = (asked.method, asked.target, *map(asked.headers.get, MEANT))
        ready = self._of_meanings.get(meaning)
        if ready is None:
            ready = self._made(asked, user)
            if ready is None:
                return None
            self._of_meanings[meaning] = ready
        self._of_blocks[block] = asked, ready
        return ready

    def _made(self, asked: Asked, user: str) -> Ready | None:
        request = Request(method=asked.method, target=asked.target, headers=asked.headers, user=user)
        answer = respond(request, self._site, self._rules, self._now)
        if isinstance(answer.body, OnDisk):
            return None
        return ready_to_send(answer)
