"""Many servers on loopback in one process, one address each, as many hosts on the web are."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

ETAG = b'"bench"'
CRUMB_SECONDS = 0.05


@dataclass
class Site:
    """Answers every address with one document, or 304 to its ETag; `/slow` drips for ever."""

    body: bytes
    port: int = 0
    requests: int = 0
    good: list[float] = field(default_factory=list)
    """When the answers to all but `/slow` were sent, since the last call of `begin`."""
    _start: float = 0.0

    def begin(self) -> None:
        """Forget what was counted."""
        self.requests = 0
        self.good.clear()
        self._start = 0.0

    def seconds(self) -> float:
        """Give the time from the first request to the last answer of a good source."""
        return self.good[-1] - self._start

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it leaves."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self._start = self._start or time.perf_counter()
                self.requests += 1
                if head.startswith(b"GET /slow"):
                    await self._drip(writer)
                elif ETAG in head:
                    writer.write(b"HTTP/1.1 304 Not Modified\r\nETag: " + ETAG + b"\r\n\r\n")
                else:
                    start = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: " + ETAG
                    writer.write(start + b"\r\nContent-Length: %d\r\n\r\n" % len(self.body) + self.body)
                await writer.drain()
                self.good.append(time.perf_counter())
        writer.close()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n")
        while True:
            writer.write(b"<")
            await writer.drain()
            await asyncio.sleep(CRUMB_SECONDS)


def addresses(count: int) -> list[str]:
    """Give addresses of the loopback network."""
    return [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(count)]


@contextlib.contextmanager
def served(site: Site, count: int) -> Iterator[Site]:
    """Serve a site on `count` addresses of loopback, in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> None:
        first = await asyncio.start_server(site.answer, "127.0.0.1", 0)
        site.port = first.sockets[0].getsockname()[1]
        await asyncio.start_server(site.answer, addresses(count), site.port, backlog=1024)

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    if not ready.wait(30):
        raise RuntimeError("the servers did not start")
    try:
        yield site
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
