"""The addresses of the service beside its feeds: how the sources do, and what may be done about that."""

from __future__ import annotations

import asyncio
import gzip
import hmac
from base64 import b64decode
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from functools import lru_cache, partial
from typing import Literal, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from feedbraid.errors import FeedbraidError
from feedbraid.masks import masked
from feedbraid.model import Document
from feedbraid.nouns import dataclass
from feedbraid.rules import HealthRules
from feedbraid.serve._asgi import how_it_is
from feedbraid.serve._asked import qualities
from feedbraid.serve._respond import NO_STORE

Action = Literal["refetch", "reset", "pause", "resume"]

ACTIONS: tuple[Action, ...] = ("refetch", "reset", "pause", "resume")

ANSWERED_WITHIN = 10.0
"""Seconds for which somebody who wants something done waits for the answer."""

_LEVEL = 5
"""Of gzip: a page of 300 sources becomes an eightieth of its size in some milliseconds."""

_PAGE = {
    **NO_STORE,
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="feedbraid health", charset="UTF-8"', **NO_STORE}


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an action."""

    status: int
    """200 done, 202 will be done, 404 no such source, 409 can not be done, 503 not now."""
    text: str


class Board(Protocol):
    """What the service knows of itself. All but `trouble` may wait, and is called in threads."""

    def trouble(self) -> str:
        """Say why the service is not well; empty when it is."""
        ...

    def document(self, name: str) -> Document | None:
        """Give a document about the health of the sources by its name, such as `status.json`."""
        ...

    def metrics(self) -> Document:
        """Give the metrics for Prometheus."""
        ...

    def act(self, action: Action, source: str) -> Future[Done]:
        """Have something done about a source."""
        ...


def health_routes(
    board: Board, rules: Callable[[], HealthRules], admits: Callable[[Request], Awaitable[bool]]
) -> tuple[Route, ...]:
    """Make the routes. `rules` gives those that hold now; `admits` tells who may see feeds without a rule."""
    guard = _Guard(rules, admits)

    async def healthz(_: Request) -> Response:
        return how_it_is(board.trouble())

    async def shown(request: Request) -> Response:
        name = request.path_params.get("name") or "index.html"
        return await asyncio.to_thread(_told, request, partial(board.document, name))

    async def measured(request: Request) -> Response:
        return await asyncio.to_thread(_told, request, board.metrics)

    async def led(_: Request) -> Response:
        return RedirectResponse("status/", 301)

    async def acted(request: Request) -> Response:
        action, source = request.path_params["action"], request.path_params["source"]
        if action not in ACTIONS:
            known = ", ".join(ACTIONS)
            return JSONResponse({"error": f"there is no action {action!r}; there are {known}"}, 404, NO_STORE)
        done = await _in_time(board.act(action, source))
        key = "done" if done.status < 300 else "error"
        return JSONResponse({"source": source, "action": action, key: done.text}, done.status, NO_STORE)

    return (
        Route("/healthz", healthz),
        Route("/status", guard.shows(led)),
        Route("/status/", guard.shows(shown)),
        Route("/status/{name}", guard.shows(shown)),
        Route("/metrics", guard.shows(measured)),
        Route("/admin/{action}/{source}", guard.admits(acted), methods=["POST"]),
    )


async def _in_time(wanted: Future[Done]) -> Done:
    try:
        async with asyncio.timeout(ANSWERED_WITHIN):
            return await asyncio.shield(asyncio.wrap_future(wanted))
    except TimeoutError:
        return Done(202, "a pass is being made; it is done after that")


def _told(request: Request, give: Callable[[], Document | None]) -> Response:
    try:
        document = give()
    except FeedbraidError as error:
        return PlainTextResponse(f"{masked(str(error))}\n", 503, NO_STORE)
    if document is None:
        return _nothing()
    headers, body = _PAGE | {"Vary": "Accept-Encoding"}, document.content
    if qualities(request.headers.get("accept-encoding", "")).get("gzip"):
        headers, body = headers | {"Content-Encoding": "gzip"}, _packed(body)
    return Response(body, headers=headers, media_type=document.media_type)


def _nothing() -> Response:
    return PlainTextResponse("There is nothing here.\n", 404, NO_STORE)


@lru_cache(maxsize=8)
def _packed(content: bytes) -> bytes:
    return gzip.compress(content, _LEVEL, mtime=0)


_Answerer = Callable[[Request], Awaitable[Response]]


class _Guard:
    """Who may see, and who may act."""

    def __init__(self, rules: Callable[[], HealthRules], admits: Callable[[Request], Awaitable[bool]]) -> None:
        self._rules = rules
        self._admits = admits

    def shows(self, answerer: _Answerer) -> _Answerer:
        async def answer(request: Request) -> Response:
            rules = self._rules()
            if rules.show == "nobody":
                return _nothing()
            is_shown = rules.show == "everybody" and await self._admits(request)
            if not is_shown and not (rules.token and _knows(request, rules.token)):
                needed = (
                    "The token of health.token is needed here" if rules.token else "A user of serve.auth is needed"
                )
                return PlainTextResponse(f"{needed}.\n", 401, _CHALLENGE)
            return await answerer(request)

        return answer

    def admits(self, answerer: _Answerer) -> _Answerer:
        async def answer(request: Request) -> Response:
            token = self._rules().token
            if not token:
                return JSONResponse({"error": "set health.token to allow this"}, 403, NO_STORE)
            if not _bears(request, token):
                return JSONResponse(
                    {"error": "send Authorization: Bearer, and the token of health.token"},
                    401,
                    NO_STORE | {"WWW-Authenticate": "Bearer"},
                )
            return await answerer(request)

        return answer


def _bears(request: Request, token: str) -> bool:
    """Tell whether a request proves itself by a header that no page of another site can have a browser send."""
    kind, _, stated = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and _is_same(stated.strip(), token)


def _knows(request: Request, token: str) -> bool:
    """Tell whether a request has the token, as a bearer or as the password of any user, for browsers."""
    if _bears(request, token):
        return True
    kind, _, stated = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        words = b64decode(stated.strip(), validate=True).decode()
    except ValueError:
        return False
    return _is_same(words.partition(":")[2], token)


def _is_same(stated: str, token: str) -> bool:
    return hmac.compare_digest(stated.encode("utf-8", "surrogatepass"), token.encode())
