from __future__ import annotations

import asyncio
import gzip
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from asking import FEED, ask_loopback, reason_of
from feedbraid.fetch import Answer, Body, Fetcher, NotModified
from feedbraid.fetch._transport import GuardedTransport
from feedbraid.model import FetchRules
from loopback import LoopbackServer, Reply, Seen, self_signed

# --- what is sent -----------------------------------------------------------------------------------------


def test_p27_cookies_are_neither_kept_nor_sent() -> None:
    cookie = [("Set-Cookie", "a=b; Path=/")]
    with LoopbackServer() as server:
        server.routes["/1"] = Reply(status=302, headers=(*cookie, ("Location", "/2")))
        server.routes["/2"] = Reply(headers=tuple(cookie), body=FEED)
        answers = ask_loopback(server.url("/1"), server.url("/2"))
    assert all(isinstance(answer, Body) for answer in answers)
    assert server.paths == ["/1", "/2", "/2"]
    assert [seen.header("cookie") for seen in server.requests] == [None] * 3
    assert [seen.header("referer") for seen in server.requests] == [None] * 3


def test_a_non_ascii_etag_survives_real_sockets() -> None:
    def answer(seen: Seen) -> Reply:
        known = seen.header("if-none-match") == '"\xe9"'
        return Reply(status=304 if known else 200, headers=(("ETag", '"\xe9"'),))

    async def run(url: str, allow: str) -> list[Answer]:
        async with Fetcher(FetchRules(allow=(allow,))) as fetcher:
            first = await fetcher.get(url, None)
            assert isinstance(first, Body)
            return [first, await fetcher.get(url, first.validators), await fetcher.get(url, first.validators)]

    with LoopbackServer({"/feed": answer}) as server:
        first, second, third = asyncio.run(run(server.url("/feed"), f"127.0.0.1:{server.port}"))
    assert isinstance(first, Body)
    assert first.validators.etag == b'"\xe9"'
    assert second == third == NotModified(validators=first.validators)
    assert len({seen.peer_port for seen in server.requests}) == 1, "one kept connection"


# --- size and time ----------------------------------------------------------------------------------------


def head(*lines: str) -> bytes:
    return "\r\n".join(("HTTP/1.1 200 OK", *lines, "", "")).encode()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(bytes(10_000_000))),
            "larger than 50,000 bytes",
            id="a gzip bomb",
        ),
        pytest.param(Reply(body=bytes(50_001)), "50,001 bytes are too large, the limit is 50,000", id="announced"),
        pytest.param(
            lambda _: (head("Transfer-Encoding: chunked"), *[b"1000\r\n" + bytes(4096) + b"\r\n"] * 1000),
            "larger than 50,000 bytes",
            id="chunks without end",
        ),
        pytest.param(
            Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(FEED)[:-4]),
            "the gzip data ends too early",
            id="gzip that is cut",
        ),
        pytest.param(Reply(headers=(("Content-Encoding", "br"),), body=b"x"), "packed as br", id="brotli"),
        pytest.param(
            lambda _: (head("Content-Length: 100"), b"<rss>"),
            "does not keep to HTTP: peer closed connection",
            id="a body that is cut",
        ),
        pytest.param(
            lambda _: (head("Transfer-Encoding: chunked"), b"5\r\n<rss>\r\n"),
            "does not keep to HTTP: peer closed connection",
            id="chunks that are cut",
        ),
        pytest.param(lambda _: (b"hello\r\n\r\n",), "does not keep to HTTP", id="no HTTP at all"),
        pytest.param(
            lambda _: (head(*[f"X-{n}: {'x' * 1000}" for n in range(200)]),),
            "does not keep to HTTP",
            id="huge headers",
        ),
        pytest.param(lambda _: (), "does not keep to HTTP: Server disconnected", id="no answer"),
    ],
)
def test_robustness_4_2_a_hostile_answer_is_a_failure(
    answer: Reply | Callable[[Seen], Iterable[bytes]], reason: str
) -> None:
    with LoopbackServer({"/feed": answer}) as server:
        (result,) = ask_loopback(server.url("/feed"), max_bytes=50_000)
    assert reason in reason_of(result)
    assert server.paths == ["/feed"], "what fails is not asked again at once"


def test_gzip_over_real_sockets() -> None:
    with LoopbackServer(
        {"/f": Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(FEED))}
    ) as server:
        (answer,) = ask_loopback(server.url("/f"))
    assert isinstance(answer, Body)
    assert answer.content == FEED


def test_the_words_of_an_error_come_unpacked_and_only_from_the_start() -> None:
    headers = (("Content-Encoding", "gzip"), ("Content-Type", "text/plain"))
    body = gzip.compress(b"over quota " * 1_000_000)
    with LoopbackServer({"/f": Reply(status=429, headers=headers, body=body)}) as server:
        (answer,) = ask_loopback(server.url("/f"))
    assert reason_of(answer).startswith("HTTP 429 Too Many Requests: over quota over quota")


def test_an_error_that_is_packed_in_an_unknown_way_is_told_by_its_status() -> None:
    reply = Reply(status=503, headers=(("Content-Encoding", "br"), ("Content-Type", "text/plain")), body=b"x")
    with LoopbackServer({"/f": reply}) as server:
        (answer,) = ask_loopback(server.url("/f"))
    assert reason_of(answer) == "HTTP 503 Service Unavailable"


@pytest.mark.parametrize(
    ("first", "limits", "reason"),
    [
        pytest.param(b"", {"silence_timeout": 0.1}, "was silent for 0.1 s", id="no first byte"),
        pytest.param(head("Content-Length: 9"), {"silence_timeout": 0.1}, "was silent for 0.1 s", id="no body"),
        pytest.param(b"", {"deadline": 0.1}, "did not deliver within 0.1 s", id="deadline before the first byte"),
        pytest.param(
            head("Content-Length: 9"), {"deadline": 0.1}, "did not deliver within 0.1 s", id="in the body"
        ),
    ],
)
def test_a_server_that_stalls_is_left(first: bytes, limits: dict[str, Any], reason: str) -> None:
    server = LoopbackServer()

    def stall(_: Seen) -> Iterator[bytes]:
        yield first
        server.leaving.wait()

    server.routes["/feed"] = stall
    with server:
        (answer,) = ask_loopback(server.url("/feed"), **limits)
    assert reason_of(answer) == f"127.0.0.1 {reason}"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", head("Content-Length: 100000")])
def test_robustness_0_10_a_body_that_drips_ends_at_the_deadline(start: bytes) -> None:
    server = LoopbackServer()

    def drip(_: Seen) -> Iterator[bytes]:
        yield start
        while not server.leaving.wait(0.02):
            yield b"x"

    server.routes["/feed"] = drip
    with server:
        (answer,) = ask_loopback(server.url("/feed"), silence_timeout=5.0, deadline=0.3)
    assert reason_of(answer) == "127.0.0.1 did not deliver within 0.3 s"


def test_the_deadline_spans_all_redirects() -> None:
    server = LoopbackServer()

    def lead_on(seen: Seen) -> Reply:
        server.leaving.wait(0.2)
        return Reply(status=302, headers=(("Location", seen.path + "x"),))

    server.routes |= {"/" + "x" * n: lead_on for n in range(10)}
    with server:
        (answer,) = ask_loopback(server.url("/"), deadline=0.5, max_redirects=9)
    assert reason_of(answer) == "127.0.0.1 did not deliver within 0.5 s"
    assert len(server.requests) <= 3


# --- manners ----------------------------------------------------------------------------------------------


def test_p15_a_host_is_asked_one_thing_at_a_time() -> None:
    active, most = 0, 0
    server = LoopbackServer()

    def watch(_: Seen) -> Reply:
        nonlocal active, most
        active += 1
        most = max(most, active)
        server.leaving.wait(0.02)
        active -= 1
        return Reply(body=FEED)

    async def run() -> None:
        async with Fetcher(FetchRules(allow=(f"127.0.0.1:{server.port}",))) as fetcher:
            await asyncio.gather(*(fetcher.get(server.url(path), None) for path in server.routes))

    server.routes = {f"/{n}": watch for n in range(5)}
    with server:
        asyncio.run(run())
    assert server.paths == list(server.routes)
    assert most == 1
    assert len({seen.peer_port for seen in server.requests}) == 1, "over one kept connection"


@pytest.mark.parametrize(("parallel", "together"), [(2, True), (1, False)])
def test_several_hosts_are_asked_at_once_up_to_the_limit(parallel: int, *, together: bool) -> None:
    both = threading.Barrier(2)

    def meet(_: Seen) -> Reply:
        try:
            both.wait(5.0 if together else 0.1)
        except threading.BrokenBarrierError:
            return Reply(status=500)
        return Reply(body=FEED)

    async def run(*servers: LoopbackServer) -> list[Answer]:
        allow = tuple(f"127.0.0.1:{server.port}" for server in servers)
        async with Fetcher(FetchRules(allow=allow, parallel=parallel)) as fetcher:
            return await asyncio.gather(*(fetcher.get(server.url("/"), None) for server in servers))

    with LoopbackServer({"/": meet}) as one, LoopbackServer({"/": meet}) as two:
        answers = asyncio.run(run(one, two))
    assert [isinstance(answer, Body) for answer in answers] == [together, together]


def test_a_kept_connection_that_the_server_gave_up_is_replaced_once() -> None:
    def moody(seen: Seen) -> Reply | Iterable[bytes]:
        kept = [other for other in server.requests if other.peer_port == seen.peer_port]
        return () if len(kept) > 1 else Reply(body=FEED)

    with LoopbackServer({"/1": moody, "/2": moody}) as server:
        answers = ask_loopback(server.url("/1"), server.url("/2"))
    assert [type(answer) for answer in answers] == [Body, Body]
    assert server.paths == ["/1", "/2", "/2"]


def test_a_kept_connection_is_replaced_no_more_than_once() -> None:
    with LoopbackServer({"/1": Reply(body=FEED), "/2": lambda _: ()}) as server:
        _, answer = ask_loopback(server.url("/1"), server.url("/2"))
    assert "Server disconnected" in reason_of(answer)
    assert server.paths == ["/1", "/2", "/2"]


# --- trouble on the way -----------------------------------------------------------------------------------


def test_a_refused_connection_is_told() -> None:
    with LoopbackServer() as server:
        url = server.url("/")
    (answer,) = ask_loopback(url)
    assert reason_of(answer) == f"127.0.0.1 refuses connections on port {httpx.URL(url).port}"


def test_f39_a_certificate_that_nobody_signed_is_a_failure(tmp_path: Path) -> None:
    with LoopbackServer({"/": Reply(body=FEED)}, tls=self_signed(tmp_path)) as server:
        (answer,) = ask_loopback(server.url("/"))
    assert reason_of(answer).startswith("the TLS certificate of 127.0.0.1 is not valid: self")
    assert server.requests == []


def believing(folder: Path, allow: tuple[str, ...]) -> GuardedTransport:
    """Make a transport that believes the certificate in a folder, and knows one name: localhost."""

    def trust() -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
        context.set_alpn_protocols(["http/1.1"])
        return context

    return GuardedTransport(FetchRules(allow=allow), resolve=lambda _: ["127.0.0.1"], trust=trust)


def test_a_source_is_read_over_tls_by_its_name_and_the_connection_is_kept(tmp_path: Path) -> None:
    tls, names = self_signed(tmp_path), list[str | None]()
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    large = b"<rss>" + b"x" * 300_000
    with LoopbackServer({"/1": Reply(body=FEED), "/2": Reply(body=large)}, tls=tls) as server:
        allow = (f"localhost:{server.port}",)
        urls = [f"https://localhost:{server.port}{path}" for path in ("/1", "/2")]
        first, second = ask_loopback(*urls, transport=believing(tmp_path, allow), allow=allow, spacing=0)
    assert isinstance(first, Body)
    assert isinstance(second, Body)
    assert (first.content, second.content) == (FEED, large)
    assert names == ["localhost"], "one connection, and the server was told the name"
    assert len({seen.peer_port for seen in server.requests}) == 1


def test_f39_a_certificate_for_another_name_is_a_failure(tmp_path: Path) -> None:
    with LoopbackServer({"/": Reply(body=FEED)}, tls=self_signed(tmp_path)) as server:
        allow = (f"elsewhere.example:{server.port}",)
        url = f"https://elsewhere.example:{server.port}/"
        (answer,) = ask_loopback(url, transport=believing(tmp_path, allow), allow=allow)
    assert "certificate of elsewhere.example is not valid" in reason_of(answer)
    assert server.requests == []


def test_https_to_a_server_that_speaks_none_is_a_failure() -> None:
    with LoopbackServer() as server:
        (answer,) = ask_loopback(f"https://127.0.0.1:{server.port}/")
    assert reason_of(answer).startswith("no TLS connection with 127.0.0.1: ")
