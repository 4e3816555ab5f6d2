"""The application (ASGI 3): documents by the desk, the rest by routes of Starlette, whose only door this is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import Any, BinaryIO
from urllib.parse import quote

from starlette.requests import Request as WebRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router

from feedbraid.serve._access import UNIX
from feedbraid.serve._asked import http_date
from feedbraid.serve._desk import Desk, current_time
from feedbraid.serve._nouns import Answer, Asked, Rules
from feedbraid.serve._respond import NO_STORE
from feedbraid.serve._shelf import Shelf

HEALTH = "/healthz"

BLOCK = 64 * 1024
"""Bytes that are handed over at once: a client that does not read holds no more than some of them."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def application(
    shelf: Shelf,
    rules: Rules,
    *,
    routes: Sequence[BaseRoute] = (),
    log: Callable[[str], None] | None = None,
    complain: Callable[[str], None] = lambda _: None,
) -> Application:
    """Make the application that serves a shelf.

    `routes` come before documents: all that begins with the first segment of one of them is theirs, whatever
    `auth` says. One of them may be `/healthz`, else there is a plain one. `log` gets a line for each answer to a
    request for a document, `complain` one for each new trouble.
    """
    desk = Desk(shelf, rules, log=log, complain=complain)
    if all(getattr(route, "path", "") != HEALTH for route in routes):
        routes = [*routes, _health_route(desk)]
    return Application(desk, routes)


def _health_route(desk: Desk) -> Route:
    """Make `/healthz`: 200 when there are documents to serve, 503 with the reason when there are none."""

    async def healthz(_: WebRequest) -> Response:
        await desk.freshen()
        trouble = desk.trouble and "the output folder can not be read"
        trouble = trouble or ("" if desk.shelf.site.files else "nothing is published yet")
        return how_it_is(trouble)

    return Route(HEALTH, healthz)


def how_it_is(trouble: str) -> Response:
    """Answer whether all is well, and if not, why."""
    return PlainTextResponse(f"{trouble or 'ok'}\n", 503 if trouble else 200, NO_STORE)


class Application:
    """What a server of ASGI calls for every request."""

    def __init__(self, desk: Desk, routes: Sequence[BaseRoute]) -> None:
        self.desk = desk
        self._router = Router(routes, redirect_slashes=False)
        self._tops = frozenset(_tops(routes))

    def is_routed(self, target: str) -> bool:
        """Tell whether a path belongs to the routes."""
        if not self._tops:
            return False
        return _top(target.partition("?")[0]) in self._tops

    async def admits(self, request: WebRequest) -> bool:
        """Tell whether somebody who asks for a route may see what has no rule of its own."""
        peer = request.client
        headers = joined(request.headers.raw)
        return await self.desk.admits(
            Asked(request.method, request.url.path, headers, peer.host if peer else UNIX)
        )

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await _decline(scope["type"], receive, send)
            return
        raw = scope.get("raw_path")
        target = raw.decode("latin-1") if raw else quote(scope["path"])
        peer = scope.get("client")
        asked = Asked(scope["method"], target, joined(scope["headers"]), peer[0] if peer else UNIX)
        if self.is_routed(target):
            wait = 0 if target == HEALTH else self.desk.must_wait(asked)
            answerer = PlainTextResponse("Too many requests.\n", 429, {"Retry-After": str(wait)})
            await (answerer if wait else self._router)(scope, receive, _dated(send))
            return
        answer, file = await self.desk.answer(asked)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers],
            }
        )
        await _send_body(answer, file, send)


def _tops(routes: Iterable[BaseRoute]) -> Iterable[str]:
    for route in routes:
        if not isinstance(route, Route | Mount):
            raise TypeError(f"{route!r} has no path to tell it from documents")
        yield _top(route.path)


def _top(path: str) -> str:
    return path[1:].partition("/")[0]


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers by name; several of one name are one list (RFC 9110 5.3)."""
    found: dict[str, str] = {}
    for raw, value in headers:
        name, text = raw.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def _dated(send: Send) -> Send:
    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            date = (b"date", http_date(current_time()).encode())
            message = {**message, "headers": [date, *message.get("headers", ())]}
        await send(message)

    return dated


async def _send_body(answer: Answer, file: BinaryIO | None, send: Send) -> None:
    """Send a body in blocks: the next one when the client has taken the last."""
    if file is not None:
        with file:
            while block := await asyncio.to_thread(file.read, BLOCK):
                await send({"type": "http.response.body", "body": block, "more_body": True})
    elif isinstance(answer.body, bytes) and len(answer.body) > BLOCK:
        for start in range(0, len(answer.body), BLOCK):
            block = answer.body[start : start + BLOCK]
            await send({"type": "http.response.body", "body": block, "more_body": True})
    elif isinstance(answer.body, bytes):
        await send({"type": "http.response.body", "body": answer.body})
        return
    await send({"type": "http.response.body", "body": b""})


async def _decline(kind: str, receive: Receive, send: Send) -> None:
    """Take part in what a server may ask besides: its start and end, and no websocket."""
    if kind == "websocket":
        await receive()
        await send({"type": "websocket.close"})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
