"""Servers on loopback: `HostileServer` also breaks connections off, `Listener` counts who knocks."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Self

from loopback import LoopbackServer, Route

RESET = b"\0reset"
"""A block that is no bytes: the connection is broken off with a RST where it stands."""

BACKLOG = 256
WEB_PORTS = (8443, 8080)
"""Ports on which a guard that judges the port alone would let the listener be reached."""


class HostileServer(LoopbackServer):
    """A loopback server that many connect to at once, and whose raw answers may break the connection off."""

    def __init__(self, routes: Mapping[str, Route] | None = None) -> None:
        super().__init__(routes)
        self._server.socket.listen(BACKLOG)
        self._server.RequestHandlerClass = _breaking(self._server.RequestHandlerClass)


def _breaking(handler: Any) -> Any:  # noqa: ANN401  # a class made in a function has no name to annotate with
    class Breaking(handler):  # type: ignore[misc]  # the same
        def _send_raw(self, blocks: Iterable[bytes]) -> None:
            self.close_connection = True
            for block in blocks:
                if block == RESET:
                    self._reset()
                    return
                self.connection.sendall(block)

        def _reset(self) -> None:
            """Close without a word: with a linger time of zero the system sends a RST."""
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            os.close(self.connection.detach())

    return Breaking


INNER_FEED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n\r\n"
    b"<rss version='2.0'><channel><title>Inner</title><item><title>inner</title>"
    b"<link>https://inner.example/</link></item></channel></rss>"
)
"""An answer that whoever reaches the inner port takes for a success."""


class Listener:
    """Counts the connections to a port on 127.0.0.1, and on ::1 where there is one; answers all with one feed."""

    def __init__(self) -> None:
        self.connections = 0
        first = _first_free()
        self.port = int(first.getsockname()[1])
        self._sockets = [first, *_on_ipv6(self.port)]
        self._threads = [threading.Thread(target=self._count, args=(one,), daemon=True) for one in self._sockets]

    def _count(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection, suppress(OSError):
                connection.settimeout(1.0)
                connection.recv(2**16)
                connection.sendall(INNER_FEED)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for listening, thread in zip(self._sockets, self._threads, strict=True):
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join()


def _first_free() -> socket.socket:
    for port in (*WEB_PORTS, 0):
        listening = socket.socket()
        try:
            listening.bind(("127.0.0.1", port))
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
        else:
            return listening
    raise OSError("no port is free on 127.0.0.1")


def _on_ipv6(port: int) -> list[socket.socket]:
    try:
        listening = socket.socket(socket.AF_INET6)
    except OSError:
        return []
    try:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listening.bind(("::1", port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        return []
    return [listening]
