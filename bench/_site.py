"""Many sources on loopback, one address each, as many hosts on the web are; the server is a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVER = Path(__file__).with_name("_server.py")

ETAG = '"v0"'
"""The tag of every document until it changes."""


@dataclass(frozen=True, slots=True)
class Sites:
    """The running server."""

    port: int
    count: int
    process: subprocess.Popen[str]

    @property
    def urls(self) -> list[str]:
        """Give the addresses of all sources."""
        return [f"http://{address}:{self.port}/feed.xml" for address in addresses(self.count)]

    def answer(self, **settings: object) -> dict[str, float]:
        """Have the sources answer in another way from now on; gives what was counted since the last call.

        `validators`: whether documents have tags; `changed`: so many sources have one new post;
        `troubled`: whether those that are not good do what they do.
        """
        if self.process.stdin is None or self.process.stdout is None:
            raise TypeError("the server was started without pipes")
        self.process.stdin.write(f"{json.dumps(settings)}\n")
        self.process.stdin.flush()
        counted: dict[str, float] = json.loads(self.process.stdout.readline())
        return counted


def addresses(count: int) -> list[str]:
    """Give addresses of the loopback network."""
    return [f"127.0.{1 + number // 250}.{1 + number % 250}" for number in range(count)]


@contextmanager
def sites(count: int, *, kinds: Mapping[int, str] | None = None, **world: object) -> Iterator[Sites]:
    """Serve so many sources; `world` is of `World` in `_server.py`."""
    settings = json.dumps({"sources": count, "kinds": kinds or {}, **world})
    argv = [sys.executable, str(SERVER), settings]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not (said := process.stdout.readline()):
                raise RuntimeError("the server of the sources did not start")
            yield Sites(int(said), count, process)
        finally:
            process.kill()
