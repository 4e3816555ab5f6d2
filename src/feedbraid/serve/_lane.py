"""Connections: the protocol of uvicorn, with a short way for plain requests, and with an end to all waiting.

A reader that asks for a feed sends a few hundred bytes at once: one GET, no body, nothing unusual. Such a block,
and nothing else, goes the short way: it is matched as a whole, answered at once, and written at once. Everything
else goes through h11, which knows all of HTTP/1.1. Both ways give the same answers.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from feedbraid.nouns import dataclass
from feedbraid.serve._access import UNIX
from feedbraid.serve._asgi import Application
from feedbraid.serve._moment import Ready, head_of
from feedbraid.serve._nouns import Answer, Asked


@dataclass(frozen=True, slots=True)
class Bounds:
    """What clients may do. Times in seconds."""

    wait: float = 15.0
    """Until the head of a request is whole: from the connection, or the last answer, on."""
    stall: float = 60.0
    """In which a client takes nothing of an answer; and until it has sent a body."""
    grace: float = 8.0
    """For answers that are under way at the end: containers are killed after ten."""
    connections: int = 1000
    """At the same time; for another one, the one that has waited longest has to go."""


PIECE = 64 * 1024
"""Bytes that are handed to the system at once, so that a client which does not read holds few of them."""

SHORT_HEAD = 8 * 1024
"""Bytes of the longest request that goes the short way."""

MOST_HEAD = 16 * 1024
"""Bytes of the head of a request; more is refused (RFC 6585 5)."""

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*+"
_HEAD = re.compile(rb"(GET|HEAD) (/[!-~]*+) HTTP/1\.1\r\n((?:%b:%b\r\n|(?!))++)\r\n" % (_TOKEN, _VALUE))
_UNUSUAL = frozenset({"content-length", "transfer-encoding", "upgrade", "expect", "te", "trailer"})


def plain_request(block: bytes, peer: str) -> Asked | None:
    """Read a block that is one whole plain request; None when it is anything else, or unusual in any way."""
    head = _HEAD.fullmatch(block)
    if head is None:
        return None
    headers: dict[str, str] = {}
    for line in head[3].decode("latin-1").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if name in headers:
            if name == "host":
                return None
            value = f"{headers[name]}, {value}"
        headers[name] = value
    if "host" not in headers or not _UNUSUAL.isdisjoint(headers):
        return None
    if headers.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    return Asked(head[1].decode(), head[2].decode(), headers, peer)


class Lane(H11Protocol):
    """One connection."""

    bounds = Bounds()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._application = config.loaded_app if isinstance(config.loaded_app, Application) else None
        self._rest: memoryview | None = None
        """What is still to be sent of an answer that went the short way."""
        self._is_plain = True
        """All so far went the short way: nothing of this connection was handed to h11."""
        self._is_last = False
        self.since = self.loop.time()
        """When the present wait, or the present request, began."""
        self._unsent = (0, 0.0)
        """Bytes that the system has not taken, and since when they are so many."""

    # --- requests ---

    def data_received(self, data: bytes) -> None:
        """Take a block from the network."""
        ready = self._answered_at_once(data)
        if ready is None:
            self._hand_over(data)
            return
        self._unset_keepalive_if_required()
        self.server_state.total_requests += 1
        body = memoryview(ready.body)
        self._rest = body[PIECE:]
        self.transport.write(b"".join((ready.head, body[:PIECE])))  # one packet, if they fit into it
        self._go_on()

    def _hand_over(self, data: bytes) -> None:
        """Give a block to h11, in pieces: it sees that a head is too long only while it waits for more."""
        self._is_plain = False
        for start in range(0, len(data), MOST_HEAD):
            if not self.transport.is_closing():
                super().data_received(data[start : start + MOST_HEAD])

    def _answered_at_once(self, data: bytes) -> Ready | None:
        if self._application is None or len(data) > SHORT_HEAD or not self._is_between():
            return None
        peer = self.client[0] if self.client else UNIX
        return self._application.desk.at_once(data, peer, self._read)

    def _read(self, block: bytes, peer: str) -> Asked | None:
        """Read a plain request for a document."""
        asked = plain_request(block, peer)
        if asked is None or self._application is None or self._application.is_routed(asked.target):
            return None
        return asked

    def _is_between(self) -> bool:
        """Tell whether one request is wholly done, and nothing of another one is here."""
        if self._rest is not None or self.flow.write_paused or self.transport.is_closing():
            return False
        conn = self.conn
        return self._is_plain or (
            conn.our_state is h11.IDLE and conn.their_state is h11.IDLE and not conn.trailing_data[0]
        )

    def _go_on(self) -> None:
        """Send what the system takes of an answer; no other request is read until all is sent."""
        if self._rest is None:
            return
        while self._rest and not self.flow.write_paused:
            self.transport.write(self._rest[:PIECE])
            self._rest = self._rest[PIECE:]
        if self._rest:
            self.flow.pause_reading()
            return
        self._rest = None
        self.since = self.loop.time()
        if self._is_last:
            self.transport.close()
        self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        self.since = self.loop.time()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; too long a head gets its own status (RFC 6585 5)."""
        request = self._request
        if self.is_busy and (request is None or request.response_started):
            self.transport.abort()
            return
        if request is not None:
            request.disconnected = True  # what it would have said is not sent any more
        status = getattr(sys.exception(), "error_status_hint", 400)
        body = f"{msg}\n".encode()
        headers = (("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))))
        self.transport.write(head_of(Answer(status, (*headers, ("Connection", "close")))) + body)
        self.transport.close()

    # --- the connection ---

    @property
    def is_busy(self) -> bool:
        """Tell whether an answer is under way."""
        request = self._request
        return self._rest is not None or (request is not None and not request.response_complete)

    @property
    def _request(self) -> RequestResponseCycle | None:
        return self.cycle  # there is none before the first request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a new connection; if there are too many, that which has waited longest for a request is ended."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            self._make_room()

    def _make_room(self) -> None:
        # Those that are ended already are still in the set, until the loop comes to tell them.
        there = [one for one in self.connections if isinstance(one, Lane) and not one.transport.is_closing()]
        if len(there) > self.bounds.connections:
            min((one for one in there if not one.is_busy), key=lambda one: one.since).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was to be sent."""
        self._rest = None
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio allows both
        """Send the answer that is under way to a client which has said its last word."""
        self._end_after_answer()
        return self.is_busy

    def resume_writing(self) -> None:
        """Go on when the system takes more."""
        super().resume_writing()
        if self._rest is not None:
            # Not from within: a transport that is closed while it calls ends twice.
            self.loop.call_soon(self._go_on)

    def shutdown(self) -> None:
        """End the connection, after the answer that is under way."""
        self._end_after_answer()
        if self._rest is None:
            super().shutdown()

    def _end_after_answer(self) -> None:
        self._is_last = True
        if self._request is not None:
            self._request.keep_alive = False

    def end_if_late(self, now: float) -> None:
        """End a connection on which nothing goes on for too long; `now` is the time of the loop."""
        if self._is_late(now):
            self.transport.abort()

    def _is_late(self, now: float) -> bool:
        unsent = self.transport.get_write_buffer_size()
        if unsent != self._unsent[0]:
            self._unsent = (unsent, now)
        if unsent:
            return now - self._unsent[1] > self.bounds.stall
        if self.is_busy:
            return self.conn.their_state is h11.SEND_BODY and now - self.since > self.bounds.stall
        return now - self.since > self.bounds.wait
