"""A small HTTP/1.1 server on 127.0.0.1 for tests: routes in a dict, a log of requests, faults on request.

    with LoopbackServer({"/feed.xml": Reply(body=b"<rss/>")}) as server:
        fetch(server.url("/feed.xml"))
    assert server.paths == ["/feed.xml"]

A route is a canned `Reply`, or a callable that takes the `Seen` request and returns a `Reply` or an iterable of
bytes. Such bytes go to the wire as they are, status line and all, and the connection is closed after the last.
A route that wants to be slow waits on `server.leaving`, which is set when the `with` block ends.
"""

from __future__ import annotations

import ssl
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer. `Content-Length` is added unless `headers` have one; they may hold Latin-1 characters."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came. `headers` keep order and spelling; the peer's port tells connections apart."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    peer_port: int
    body: bytes = b""
    """What was sent with it."""

    def header(self, name: str) -> str | None:
        """The first value of a header, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Route = Reply | Callable[[Seen], Reply | Iterable[bytes]]


def self_signed(folder: Path) -> ssl.SSLContext:
    """Give a certificate that nobody signed; the test is skipped where none can be made."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=localhost", "-days", "2"]
    names = ["-addext", "subjectAltName=DNS:localhost"]
    try:
        subprocess.run([*command, *files, *names], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("openssl can not make a certificate here")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return tls


class LoopbackServer:
    """The server; it listens from construction, answers inside the `with` block, and closes at its end."""

    def __init__(self, routes: Mapping[str, Route] | None = None, *, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = dict(routes or {})
        """Path, with its query, to what is answered; more may be added at any time. Others get a 404."""
        self.requests: list[Seen] = []
        self.leaving = threading.Event()
        self._scheme = "https" if tls else "http"
        self._server = _Server(("127.0.0.1", 0), _handler_of(self))
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return int(self._server.server_address[1])

    @property
    def connections(self) -> int:
        """How many connections were opened, whether a request followed or not."""
        return self._server.accepted

    @property
    def paths(self) -> list[str]:
        """The paths of all requests, in the order they came."""
        return [seen.path for seen in self.requests]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """The address of a path on this server."""
        return f"{self._scheme}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    accepted = 0

    def get_request(self) -> tuple[Any, Any]:
        pair = super().get_request()
        self.accepted += 1
        return pair

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # the signature of socketserver
        """A client that goes away in the middle is what many tests are about."""


def _handler_of(server: LoopbackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Seen(self.command, self.path, tuple(self.headers.items()), int(self.client_address[1]), body)
            server.requests.append(seen)
            route = server.routes.get(self.path, Reply(status=404))
            answer = route if isinstance(route, Reply) else route(seen)
            if isinstance(answer, Reply):
                self._send(answer)
            else:
                self._send_raw(answer)

        do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names that http.server looks for

        def _send(self, reply: Reply) -> None:
            self.send_response_only(reply.status)
            if "content-length" not in {key.lower() for key, _ in reply.headers}:
                self.send_header("Content-Length", str(len(reply.body)))
            for key, value in reply.headers:
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def _send_raw(self, blocks: Iterable[bytes]) -> None:
            self.close_connection = True
            for block in blocks:
                self.wfile.write(block)
                self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """The log is `requests`."""

    return Handler
