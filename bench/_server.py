"""Sources on loopback, one address each, in a process of its own: `_server.py WORLD`, for `_site.py`.

Prints its port, and answers each line of its input, a JSON object of settings, with what was counted since the
last one. Documents are made and compressed before the port is printed, so that answering costs next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _worlds import bodies_of, document, post_body, summary

VARIETY = 401
"""Different bodies; a prime number, so that no two sources have the same ones in the same order."""

SLOW_SECONDS = 2.0
CRUMB_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class World:
    """How many sources there are, and what they are like."""

    sources: int
    entries: int = 20
    length: int = 2800
    """Of whole bodies, on average; 0 for summaries."""
    corpus: str = ""
    """A folder of posts that bodies are taken from."""
    slow: float = SLOW_SECONDS
    """Seconds that a slow source takes."""
    kinds: dict[int, str] = field(default_factory=dict)
    """Of the sources that are not good: hanging, slow, failing, dripping."""


@dataclass(slots=True)
class State:
    """What the sources answer with now."""

    validators: bool = True
    """Whether documents have tags; without, everything is sent again at each visit."""
    changed: int = 0
    """So many sources have one new post."""
    troubled: bool = True
    """Whether the sources that are not good do what they do, or answer like all others."""
    counts: dict[str, int] = field(default_factory=dict)
    start: float = 0.0
    last: float = 0.0


class Sources:
    """The documents of all sources."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.state = State()
        pool = bodies_of(Path(world.corpus)) if world.corpus else []
        if not pool:
            pool = [
                post_body(number, world.length) if world.length else summary(number) for number in range(VARIETY)
            ]
        self._pool = pool
        self._made = {number: self._answer(number, 0) for number in range(world.sources)}
        self._news: dict[int, tuple[bytes, bytes]] = {}

    def _answer(self, number: int, news: int) -> tuple[bytes, bytes]:
        entries = self.world.entries
        bodies = [self._pool[(number * entries + place) % len(self._pool)] for place in range(entries)]
        content = document(number, bodies, news)
        packer = zlib.compressobj(6, wbits=31)
        return content, packer.compress(content) + packer.flush()

    def set(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Take over settings; gives what was counted, and begins to count anew."""
        before = self.state
        kept = {name: getattr(before, name) for name in ("validators", "changed", "troubled")}
        self.state = State(**{**kept, **settings})
        for number in range(self.world.sources):
            if self._is_changed(number) and number not in self._news:
                self._news[number] = self._answer(number, 1)
        return {**before.counts, "seconds": before.last - before.start}

    def _is_changed(self, number: int) -> bool:
        """Tell whether a source is one of those that have a new post; they are spread over all."""
        count, of = self.state.changed, self.world.sources
        return number * count // of != (number + 1) * count // of

    def answer(self, number: int, head: bytes) -> bytes:
        """Answer one request."""
        changed = self._is_changed(number)
        tag = b'"v%d"' % changed
        if self.state.validators and tag in head:
            return self._say(b"304 Not Modified", b"ETag: %s\r\n" % tag, None)
        content, packed = self._news[number] if changed else self._made[number]
        headers = b"Content-Type: application/xml\r\n"
        if self.state.validators:
            headers += b"ETag: %s\r\n" % tag
        if b"gzip" in head:
            content, headers = packed, headers + b"Content-Encoding: gzip\r\n"
        return self._say(b"200 OK", headers, content)

    def fail(self) -> bytes:
        """Answer one request to a source that fails."""
        return self._say(b"500 Internal Server Error", b"", b"")

    def _say(self, status: bytes, headers: bytes, content: bytes | None) -> bytes:
        self.count(status[:3].decode())
        length = b"" if content is None else b"Content-Length: %d\r\n" % len(content)
        self.state.last = time.perf_counter()
        return b"HTTP/1.1 %s\r\n%s%s\r\n%s" % (status, headers, length, content or b"")

    def count(self, what: str) -> None:
        """Count one of something."""
        self.state.counts[what] = self.state.counts.get(what, 0) + 1
        self.state.start = self.state.start or time.perf_counter()


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Find out which source is asked; what comes from another machine is not heard."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # the loop says so
        self._transport = transport
        first, second, third, fourth = map(int, transport.get_extra_info("sockname")[0].split("."))
        self._number = (third - 1) * 250 + fourth - 1
        if first != 127 or second != 0 or not 0 <= self._number < self._sources.world.sources:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._waiting += data
        while b"\r\n\r\n" in self._waiting:
            head, _, self._waiting = self._waiting.partition(b"\r\n\r\n")
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        kind = self._sources.world.kinds.get(self._number) if self._sources.state.troubled else None
        loop = asyncio.get_running_loop()
        if kind == "hanging":
            self._sources.count(kind)
        elif kind == "failing":
            self._transport.write(self._sources.fail())
        elif kind == "slow":
            wait = self._sources.world.slow
            loop.call_later(wait, lambda: self._transport.write(self._sources.answer(self._number, head)))
        elif kind == "dripping":
            self._sources.count(kind)
            self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n")
            self._drip()
        else:
            self._transport.write(self._sources.answer(self._number, head))

    def _drip(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"<")
            asyncio.get_running_loop().call_later(CRUMB_SECONDS, self._drip)


async def serve(world: World) -> None:
    """Serve until the input ends."""
    sources = Sources(world)
    loop = asyncio.get_running_loop()
    # One socket for all of 127.0.0.0/8: ten thousand would be too many for the limits of most machines.
    server = await loop.create_server(lambda: Talk(sources), "0.0.0.0", 0, backlog=4096)  # noqa: S104  # see Talk
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await lines.readline():
        print(json.dumps(sources.set(json.loads(line))), flush=True)


def main() -> None:
    """Serve the world of the argument."""
    settings = json.loads(sys.argv[1])
    settings["kinds"] = {int(number): kind for number, kind in settings.get("kinds", {}).items()}
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(World(**settings)))


if __name__ == "__main__":
    main()
