"""What all requests have in common: who asks, an address that may be asked, and what went wrong, in words."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from typing import cast

import httpx

from feedbraid import __version__, answers
from feedbraid.answers import Unpacker, Unusable
from feedbraid.model import FetchRules

_EXCERPT_SECONDS = 2.0
"""How long the body of an error is waited for: its status says enough without."""


def user_agent(contact: str) -> bytes:
    """Say who asks, and where the operator can be reached."""
    words = answers.printable(contact)
    comment = f"+{words}" if words else "no contact configured"
    return f"feedbraid/{__version__} ({comment})".encode()


def address(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """The URL to ask, without its fragment. Raises Unusable; the reason never repeats a password."""
    try:
        url = base.join(text) if base else httpx.URL(text)
        if "#" in str(url):
            url = url.copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise Unusable("this is no usable address") from error
    if url.scheme not in ("http", "https"):
        raise Unusable(f"only http and https are asked, not {answers.printable(url.scheme)[:20] or 'a bare path'}")
    if not url.host:
        raise Unusable("the address names no host")
    if url.userinfo:
        raise Unusable("the address has a user name or a password in it, which is not sent")
    return url


def shown_host(url: httpx.URL) -> str:
    """Give a host as it stands in a URL."""
    return f"[{url.host}]" if ":" in url.host else url.host


def port_of(url: httpx.URL) -> int:
    """Give the port that is asked."""
    return url.port or (443 if url.scheme == "https" else 80)


async def start_of(response: httpx.Response) -> bytes:
    """The first bytes of a body that only explains: whatever goes wrong with it, the status stands."""
    try:
        unpacker = Unpacker(response.headers.raw, answers.EXCERPT_BYTES)
    except Unusable:
        return b""
    with contextlib.suppress(Unusable, httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_EXCERPT_SECONDS):
            async for block in blocks(response):
                unpacker.add(block)
    return bytes(unpacker.content)


def blocks(response: httpx.Response) -> httpx.AsyncByteStream:
    """The bytes as they are on the wire: httpx would unpack a block of any size at once."""
    return cast("httpx.AsyncByteStream", response.stream)


_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (Unusable, "{error}"),
    (ssl.SSLCertVerificationError, "the TLS certificate of {host} is not valid: {error.verify_message}"),
    (ssl.SSLError, "no TLS connection with {host}: {error}"),
    (ConnectionRefusedError, "{host} refuses connections on port {port}"),
    (httpx.ConnectTimeout, "no connection to {host} within {rules.connect_timeout:g} s"),
    (httpx.TimeoutException, "{host} was silent for {rules.silence_timeout:g} s"),
    (httpx.ConnectError, "no connection to {host}: {root}"),
    (httpx.NetworkError, "the connection to {host} broke: {root}"),
    (httpx.ProtocolError, "{host} does not keep to HTTP: {root}"),
    (TimeoutError, "{host} did not deliver within {rules.deadline:g} s"),
    (Exception, "{host} could not be asked: {root}"),
)


def in_words(trouble: BaseException, url: httpx.URL, rules: FetchRules, proxy: str = "") -> str:
    """The reason for people: that of the most telling error among those that led to this one."""
    chain = list(_causes(trouble))
    root = next((str(error) for error in reversed(chain) if str(error)), type(trouble).__name__)
    words, error = next((words, error) for kind, words in _WORDS for error in chain if isinstance(error, kind))
    said = words.format(error=error, root=root[:200], host=shown_host(url), port=port_of(url), rules=rules)
    if proxy and not isinstance(error, Unusable):
        said = f"through the proxy {httpx.URL(proxy).host}: {said}"
    return answers.printable(said)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__  # the pool of httpcore cuts causes off
