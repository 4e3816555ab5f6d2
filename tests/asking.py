"""Asking a loopback server through a real fetcher."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx

from feedbraid.fetch import Answer, Fetcher
from feedbraid.model import Failed, FetchRules

FEED = b"<rss version='2.0'/>"


def ask_loopback(
    *urls: str,
    transport: httpx.AsyncBaseTransport | None = None,
    **rules: Any,  # noqa: ANN401  # fields of FetchRules
) -> list[Answer]:
    """Documents from real sockets, one after the other over one fetcher; their ports are allowed by default."""

    async def run() -> list[Answer]:
        rules.setdefault("allow", tuple(re.findall(r"127\.0\.0\.1:\d+", " ".join(urls))))
        async with Fetcher(FetchRules(**rules), transport) as fetcher:
            return [await fetcher.get(url, None) for url in urls]

    return asyncio.run(run())


def reason_of(answer: Answer) -> str:
    assert isinstance(answer, Failed), answer
    assert answer.reason.isprintable()
    return answer.reason
