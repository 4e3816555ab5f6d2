"""The addresses at which hubs reach us: they verify what they were asked for, and tell of news (WebSub 5, 7, 8).

What a hub sends is not read as a feed. It only says that there is news, and the source itself is asked: so there
is one way into the store, with all its care, and whoever could forge a message would gain nothing but a visit.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from feedbraid import websub
from feedbraid.records import Subscription
from feedbraid.serve._desk import current_time
from feedbraid.serve._respond import NO_STORE

MOST_BYTES = 20 * 1024 * 1024
"""Of what a hub sends: none of it is kept, but it all has to be read for its signature."""

SECONDS = 30.0
"""In which a hub has to have sent everything."""

LONGEST_CHALLENGE = 4096
"""Characters."""


class Subscribers(Protocol):
    """What is known of subscriptions. Its methods may wait, and are called in threads."""

    def find(self, token: str) -> Subscription | None:
        """Give the subscription whose address ends so."""
        ...

    def settle(self, verdict: websub.Verdict) -> None:
        """Remember what was decided."""
        ...

    @property
    def lease(self) -> timedelta:
        """For how long hubs are asked to send."""
        ...


def callback_routes(
    subscribers: Subscribers,
    ring: Callable[[str], None],
    clock: Callable[[], datetime] = current_time,
) -> tuple[Route, ...]:
    """Make the routes. `ring` is called with the name of the source of which a hub tells news."""

    async def verify(request: Request) -> Response:
        known = await asyncio.to_thread(subscribers.find, request.path_params["token"])
        query = dict(request.query_params)
        verdict = websub.verified(known, query, subscribers.lease, clock())
        challenge = query.get("hub.challenge", "")
        if not verdict.confirms or len(challenge) > LONGEST_CHALLENGE:
            return PlainTextResponse("Nobody has asked for this.\n", 404, NO_STORE)
        await asyncio.to_thread(subscribers.settle, verdict)
        return PlainTextResponse(challenge, 200, NO_STORE)

    async def receive(request: Request) -> Response:
        known = await asyncio.to_thread(subscribers.find, request.path_params["token"])
        if known is None or not websub.takes(known, clock()):
            return PlainTextResponse("Nobody wants this any more.\n", 410, NO_STORE)
        try:
            async with asyncio.timeout(SECONDS):
                is_right = await _is_signed(request, known)
        except (TimeoutError, ClientDisconnect):
            return PlainTextResponse("It took too long.\n", 408, NO_STORE)
        except _TooLarge:
            return PlainTextResponse("It is too large.\n", 413, NO_STORE | {"Connection": "close"})
        if is_right:
            ring(known.origin)
        # Whoever signs wrongly is not told so (section 8).
        return Response(status_code=202, headers=NO_STORE)

    path = f"/{websub.FOLDER}/{{token}}"
    return Route(path, verify, methods=["GET"]), Route(path, receive, methods=["POST"])


class _TooLarge(Exception):  # noqa: N818  # it never leaves this module
    """A hub sends more than anybody can want."""


async def _is_signed(request: Request, known: Subscription) -> bool:
    """Read a message, of which nothing is kept, and tell whether it comes from the hub."""
    stated = request.headers.get("x-hub-signature", "")
    method = websub.signature_method(stated)
    mark = hmac.new(known.secret.encode(), digestmod=method or "sha1")
    size = 0
    async for block in request.stream():
        size += len(block)
        if size > MOST_BYTES:
            raise _TooLarge
        mark.update(block)
    if not known.secret:
        return True
    return bool(method) and websub.is_signature(stated, mark.hexdigest())
