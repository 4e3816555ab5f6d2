"""Hundreds of sources in one process, good and bad ones, each on an address of its own: `_manysites.py COUNT LOG`.

It prints its port and serves until it is told to end. The log has a line when a request came and one when it was
over: `+` or `-`, the number of the source, the time of the clock that all processes share, in seconds, and, when
it is over, what was answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import TextIO

from _site import addresses
from _worlds import body

RETRY_AFTER = 100
"""Seconds of rest that a busy source asks for, at every second visit."""

SLOW_SECONDS, CRUMBS = 6.0, 20
"""How long a slow source takes for a document, and in how many pieces it comes."""

ITEMS, ITEM_LENGTH = 15, 900

SHARES = {"hanging": 0.02, "slow": 0.05, "failing": 0.05, "busy": 0.03}
"""Of all sources; the rest are good."""


def kinds(count: int) -> list[str]:
    """Give the kind of each source: in the shares of the table, mixed, the same each time."""
    found = ["good"] * count
    free = sorted(range(count), key=lambda number: number * 7919 % 10007)
    for kind, share in SHARES.items():
        for _ in range(max(1, round(share * count))):
            found[free.pop()] = kind
    return found


@dataclass
class _Source:
    """A source: what it is, what was asked of it, and how often its document changed."""

    number: int
    kind: str
    visits: int = 0
    version: int = 0
    began: float = field(default_factory=time.time)

    def document(self) -> tuple[bytes, bytes]:
        """Give the tag and the bytes of the present version."""
        items = []
        for post in range(self.version, self.version + ITEMS):
            date = formatdate(self.began + 60 * (post - ITEMS))
            items.append(
                f"<item><title>News {post} of harbour {self.number}</title>"
                f"<link>https://harbour{self.number}.example/{post}</link><pubDate>{date}</pubDate>"
                f"<description><![CDATA[{body(post, ITEM_LENGTH)}]]></description></item>"
            )
        document = (
            f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Harbour {self.number}'
            f"</title><link>https://harbour{self.number}.example/</link><description>x</description>"
            f"{''.join(reversed(items))}</channel></rss>"
        )
        return b'"v%d"' % self.version, document.encode()


class Sites:
    """All sources, and the log of what they were asked."""

    def __init__(self, count: int, log: TextIO) -> None:
        self._sources = {
            address: _Source(number, kind)
            for number, (address, kind) in enumerate(zip(addresses(count), kinds(count), strict=True))
        }
        self._log = log

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it leaves."""
        source = self._sources[writer.get_extra_info("sockname")[0]]
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                self._write(f"+ {source.number} {time.monotonic():.3f}")
                said = "left"
                try:
                    said = await self._answer(source, head, reader, writer)
                finally:
                    self._write(f"- {source.number} {time.monotonic():.3f} {said}")
        writer.close()

    def _write(self, line: str) -> None:
        self._log.write(f"{line}\n")

    async def _answer(
        self, source: _Source, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> str:
        source.visits += 1
        is_even = source.visits % 2 == 0
        if source.kind == "hanging":
            await reader.read()  # until the client gives up
            return "nothing"
        if source.kind == "failing" and is_even:
            writer.transport.abort()
            return "reset"
        if source.kind == "failing":
            return await _say(writer, b"500 Internal Server Error")
        if source.kind == "busy" and is_even:
            return await _say(writer, b"429 Too Many Requests", b"Retry-After: %d\r\n" % RETRY_AFTER)
        return await self._feed(source, head, writer)

    async def _feed(self, source: _Source, head: bytes, writer: asyncio.StreamWriter) -> str:
        """Answer with 304 and with a new post in turns."""
        tag = b'"v%d"' % source.version
        if tag in head and source.visits % 2:
            return await _say(writer, b"304 Not Modified", b"ETag: %s\r\n" % tag, None)
        source.version += tag in head
        tag, document = source.document()
        headers = b"Content-Type: application/rss+xml\r\nETag: %s\r\n" % tag
        pieces = CRUMBS if source.kind == "slow" else 1
        return await _say(writer, b"200 OK", headers, document, pieces)


async def _say(
    writer: asyncio.StreamWriter, status: bytes, headers: bytes = b"", content: bytes | None = b"", pieces: int = 1
) -> str:
    length = b"" if content is None else b"Content-Length: %d\r\n" % len(content)
    writer.write(b"HTTP/1.1 %s\r\n%s%s\r\n" % (status, headers, length))
    size = len(content or b"") // pieces + 1
    for number in range(pieces):
        writer.write((content or b"")[number * size : (number + 1) * size])
        await writer.drain()
        if pieces > 1:
            await asyncio.sleep(SLOW_SECONDS / pieces)
    return status[:3].decode()


async def serve(count: int, log: Path) -> None:
    """Serve until SIGTERM."""
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    with log.open("w", buffering=1) as file:
        sites = Sites(count, file)
        everywhere = addresses(count)
        first = await asyncio.start_server(sites.talk, everywhere[0], 0)
        port = first.sockets[0].getsockname()[1]
        if everywhere[1:]:
            await asyncio.start_server(sites.talk, everywhere[1:], port, backlog=1024)
        print(port, flush=True)
        await told.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
