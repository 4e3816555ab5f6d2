"""The way through a proxy, which httpcore knows: CONNECT, absolute addresses, and what a proxy is told alone."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator

import httpcore
import httpx

from feedbraid.fetch._wire import AGAIN


class ProxiedTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 through one proxy."""

    def __init__(self, address: str, trust: ssl.SSLContext, parallel: int) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust,
            max_connections=parallel,
            max_keepalive_connections=parallel,
            keepalive_expiry=5.0,
            proxy=_proxy(address),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; once more if it went out on a kept connection that was given up."""
        events: list[str] = []
        try:
            return await self._sent(request, events)
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            is_kept = "http11.send_request_headers.started" in events
            if request.method not in AGAIN or not is_kept or "connection.connect_tcp.started" in events:
                raise
        return await self._sent(request, events)

    async def _sent(self, request: httpx.Request, events: list[str]) -> httpx.Response:
        async def note(event: str, _: object) -> None:  # httpcore awaits it
            events.append(event)

        url = request.url
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.content,
            extensions={**request.extensions, "trace": note},
        )
        with _errors_of_httpx():
            answer = await self._pool.handle_async_request(asked)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Stream(answer), extensions=answer.extensions
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._pool.aclose()


def _proxy(address: str) -> httpcore.Proxy:
    url = httpx.URL(address)
    auth = (url.username.encode(), url.password.encode()) if url.userinfo else None
    return httpcore.Proxy(str(url.copy_with(userinfo=b"")), auth=auth)


class _Stream(httpx.AsyncByteStream):
    """The blocks of an answer, as they come."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _errors_of_httpx():
            async for block in self._answer.aiter_stream():
                yield block

    async def aclose(self) -> None:
        await self._answer.aclose()


@contextlib.contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """The errors of httpcore have twins of the same name in httpx."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
        twin = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise twin(str(error)) from error
