"""Files to serve, a server in a thread of the test, and how to ask it."""

from __future__ import annotations

import base64
import http.client
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import shake_256
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute

from feedbraid.model import ServeRules
from feedbraid.serve import Bounds, Rules, Service, Shelf, application, listen, running

ATOM = b"<feed xmlns='http://www.w3.org/2005/Atom'>" + b"<entry>A harbour and its ferry</entry>" * 40 + b"</feed>"
PAGE = b"<!DOCTYPE html><title>News</title>" + b"<p>A harbour and its ferry</p>" * 40
NOISE = shake_256(b"a picture").digest(3_000_000)
ADDRESS = "https://example.org/feeds/"
TOKEN = "k7-abcdefghijklmnop"  # noqa: S105  # of a test

CONTENTS = {
    "index.html": PAGE,
    "style.css": b"p { margin: 0 }" * 40,
    "sources.opml": b"<opml version='2.0'/>" * 40,
    "news/atom.xml": ATOM,
    "news/rss.xml": ATOM.replace(b"feed", b"rss"),
    "news/feed.json": b'{"version": "https://jsonfeed.org/version/1.1"}' * 20,
    "news/index.html": PAGE,
    "news/archive/1/atom.xml": ATOM.replace(b"harbour", b"archive"),
    "quiet/rss.xml": ATOM,
    "big.png": NOISE,
}

PLAIN = b"GET /news/atom.xml HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /news/atom.xml HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
"""A request, and one after which the server is to hang up."""

LANES = [pytest.param({}, id="short way"), pytest.param({"TE": "trailers"}, id="by h11")]
"""A plain request, and one that is unusual."""


def write(folder: Path, contents: Mapping[str, bytes] = CONTENTS) -> Path:
    """Write files as feedbraid does: whole, and in the place of others."""
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / ".new").write_bytes(content)
        (folder / ".new").replace(folder / name)
    return folder


@dataclass
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def __getitem__(self, name: str) -> str:
        return self.headers.get(name.lower(), "")


@dataclass
class Server:
    """A running server, and how to ask it."""

    port: int
    shelf: Shelf
    follow: Callable[..., None]
    complaints: list[str]
    log: list[str]

    def ask(self, target: str = "/news/atom.xml", method: str = "GET", **headers: str) -> Got:
        """Ask once, on a connection of its own; `if_none_match` is the header If-None-Match."""
        return ask(self.port, target, method, {name.replace("_", "-"): value for name, value in headers.items()})

    def connection(self) -> closing[socket.socket]:
        """Connect, for bytes of one's own."""
        return connection(self.port)

    def raw(self, block: bytes) -> bytes:
        """Send bytes, and give everything that comes until the server hangs up."""
        with self.connection() as client:
            client.sendall(block)
            return rest(client)


def connection(port: int) -> closing[socket.socket]:
    return closing(socket.create_connection(("127.0.0.1", port), 10))


def rest(client: socket.socket) -> bytes:
    """Read to the end; a connection that is cut has one, too."""
    found = b""
    try:
        while block := client.recv(1 << 16):
            found += block
    except ConnectionError:
        pass
    return found


def ask(port: int, target: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Got:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as client:
        client.putrequest(method, target, skip_host="host" in (headers or {}), skip_accept_encoding=True)
        for name, value in (headers or {}).items():
            client.putheader(name, value)
        client.endheaders()
        answer = client.getresponse()
        found = answer.getheaders()
        assert len({name.lower() for name, _ in found}) == len(found), "no header stands there twice"
        return Got(answer.status, {name.lower(): value for name, value in found}, answer.read())


@contextmanager
def serving(
    folder: Path,
    *,
    routes: tuple[BaseRoute, ...] = (),
    bounds: Bounds | None = None,
    memory: int = 20_000_000,
    **rules: Any,  # noqa: ANN401  # the fields of ServeRules
) -> Iterator[Server]:
    """Serve a folder from a thread of this process."""
    shelf = Shelf(folder, memory)
    sockets = listen("127.0.0.1", 0)
    log: list[str] = []
    complaints: list[str] = []
    app = application(
        shelf, Rules(ServeRules(**rules), ADDRESS), routes=routes, log=log.append, complain=complaints.append
    )

    def follow(**others: Any) -> None:  # noqa: ANN401  # as above
        app.desk.follow(Rules(ServeRules(**others), ADDRESS))

    with running(Service(app, sockets, complain=complaints.append, bounds=bounds or Bounds())):
        yield Server(sockets[0].getsockname()[1], shelf, follow, complaints, log)


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until something is so, with a bound."""
    last = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > last:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def slow_client(port: int, lane: bytes = b"") -> Iterator[socket.socket]:
    """Begin to load the picture, and read one byte of the answer."""
    with closing(socket.socket()) as client:
        client.settimeout(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        client.connect(("127.0.0.1", port))
        client.sendall(b"GET /big.png HTTP/1.1\r\nHost: a\r\n" + lane + b"\r\n")
        assert client.recv(1) == b"H"
        yield client


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
