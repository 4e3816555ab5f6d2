"""What comes over one connection: the short way and h11 say the same of every answer."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

import h11
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asking import FEED, ask_loopback, reason_of
from feedbraid.fetch import Body
from feedbraid.fetch._wire import Wire, asked, plain_answer
from loopback import LoopbackServer, Reply, Seen

Said = tuple[int, list[tuple[bytes, bytes]], bytes]


def by_h11(data: bytes, method: str) -> Said | None:
    """What h11 alone makes of all that a server said; None when that is no answer."""
    talk = h11.Connection(h11.CLIENT)
    talk.send(h11.Request(method=method, target="/", headers=[("Host", "a.example")]))
    talk.send(h11.EndOfMessage())
    status, headers, body = 0, list[tuple[bytes, bytes]](), b""
    with suppress(h11.RemoteProtocolError):
        talk.receive_data(data)
        if data:
            talk.receive_data(b"")
        while True:
            match talk.next_event():
                case h11.Response() as answer:
                    status, headers = answer.status_code, list(answer.headers.raw_items())
                case h11.Data() as piece:
                    body += bytes(piece.data)
                case h11.EndOfMessage():
                    return status, headers, body
                case h11.InformationalResponse():
                    pass
                case _:
                    break
    return None


async def by_wire(data: bytes, method: str, cuts: Sequence[int]) -> tuple[Said | None, bool]:
    """What we make of it when it comes in several blocks, and whether the connection is used again."""
    near, far = socket.socketpair()
    near.settimeout(0)
    wire, kept = Wire(("http", "a.example", 80)), list[Wire]()
    await asyncio.get_running_loop().create_connection(lambda: wire, sock=near)
    limits = {"read": 5.0, "write": 5.0}
    request = httpx.Request(method, "http://a.example/", extensions={"timeout": limits})
    said = asyncio.ensure_future(_say(far, data, cuts))
    try:
        with suppress(httpx.RemoteProtocolError):
            answer = await asked(wire, request, kept.append)
            try:
                body = b"".join([block async for block in answer.stream])  # type: ignore[union-attr]
                found = (answer.status_code, answer.headers.raw, body)
            finally:
                await answer.aclose()
            return found, bool(kept)
        return None, bool(kept)
    finally:
        await said
        wire.abort()
        far.close()
        await asyncio.sleep(0)


async def _say(far: socket.socket, data: bytes, cuts: Sequence[int]) -> None:
    start = 0
    with suppress(OSError):  # whoever has heard enough leaves
        for end in (*sorted(cuts), len(data)):
            far.sendall(data[start:end])
            start = end
            await asyncio.sleep(0)
        far.shutdown(socket.SHUT_WR)


STARTS = (
    *(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 \r\n", b"HTTP/1.1 200\r\n", b"HTTP/1.1 304 Not Modified\r\n"),
    *(b"HTTP/1.1 204 \xe9\r\n", b"HTTP/1.1 500 A\tB\r\n", b"HTTP/1.0 200 OK\r\n", b"HTTP/2.0 200 OK\r\n"),
    *(b"HTTP/1.1 100 Go\r\n\r\n", b"HTTP/1.1 101 x\r\n", b"HTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n"),
    *(b"HTTP/1.1  200 OK\r\n", b"HTTP/1.1 200 OK\n", b"http/1.1 200 OK\r\n", b"HTTP/1.1 600 x\r\n", b"\r\n", b""),
)
FIELDS = (
    *(b"Content-Length: 5\r\n", b"content-length:5\r\n", b"Content-Length: 5, 5\r\n", b"Content-Length: +5\r\n"),
    *(
        b"Content-Length: 005\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: %d\r\n" % 10**30,
        b"Content-Length: 0\r\n",
    ),
    *(b"Content-Length : 5\r\n", b"Content-Length: 5 \r\n", b"Content-Length: 6\r\n", b"Content-Length: 5\n"),
    *(
        b"Transfer-Encoding: chunked\r\n",
        b"transfer-encoding: Chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
    ),
    *(b"Connection: close\r\n", b"Connection: Keep-Alive\r\n", b"Connection: x, close\r\n", b'ETag: W/"\xe9"\r\n'),
    *(
        b"X: y\r\n",
        b"X:\r\n",
        b"X: \t a b \t\r\n",
        b"X: a\x01b\r\n",
        b"X: a\0b\r\n",
        b"X: a\x7fb\r\n",
        b"X: a\x0bb\r\n",
    ),
    *(
        b" fold\r\n",
        b"\tfold\r\n",
        b"X: a\rb\r\n",
        b"X: a\r\r\n",
        b": x\r\n",
        b"no colon\r\n",
        b"X\xe9: a\r\n",
        b"X : a\r\n",
    ),
)
BODIES = (
    *(
        b"",
        b"hello",
        b"hell",
        b"hello!",
        b"helloHTTP/1.1 200 OK\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"0\r\n\r\n",
    ),
    *(
        b"5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n",
    ),
    *(
        b"5\r\nhello\r\n0\r\nA b\r\n\r\n",
        b"5 \r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r\n",
    ),
)
ANSWERS = st.builds(
    lambda start, fields, end, body: start + b"".join(fields) + end + body,
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(FIELDS), max_size=3),
    st.sampled_from((b"\r\n", b"\r\n", b"\n", b"")),
    st.sampled_from(BODIES),
)
ODDITIES = st.builds(
    lambda whole, place, byte: whole[:place] + bytes([byte]) + whole[place + 1 :],
    ANSWERS,
    st.integers(0, 80),
    st.integers(0, 255),
)


@settings(max_examples=400, deadline=None)
@given(ANSWERS | ODDITIES | st.binary(max_size=60), st.sampled_from(("GET", "HEAD")), st.lists(st.integers(0, 90)))
def test_every_answer_is_read_as_h11_reads_it(data: bytes, method: str, cuts: list[int]) -> None:
    found, _ = asyncio.run(by_wire(data, method, cuts))
    assert found == by_h11(data, method)


@settings(max_examples=1000, deadline=None)
@given(ANSWERS | ODDITIES, st.sampled_from(("GET", "HEAD")))
def test_the_short_way_says_nothing_that_h11_does_not(data: bytes, method: str) -> None:
    plain = plain_answer(data, method)
    if plain is None:
        return
    end = plain.end + plain.length
    if len(data) < end:
        assert by_h11(data, method) is None
    else:
        assert by_h11(data[:end], method) == (plain.status, plain.headers, data[plain.end : end])


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *lines, "", "")).encode("latin-1")


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        pytest.param(head("Content-Length: 5") + b"hello", True, id="a length"),
        pytest.param(head("ETag: 1", status="304 Not Modified"), True, id="304"),
        pytest.param(
            head("Content-Length: 5", status="304 Not Modified"), True, id="304 with the length of a 200"
        ),
        pytest.param(head("Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n", True, id="chunks"),
        pytest.param(head("Content-Length: 5", "Connection: close") + b"hello", False, id="the server goes"),
        pytest.param(head("Content-Length: 5") + b"hello!", False, id="more than was stated"),
        pytest.param(head(status="304 Not Modified") + b"hello", False, id="304 with a body"),
        pytest.param(head("Content-Length: 5") + b"hell", False, id="less than was stated"),
        pytest.param(
            head("Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n!", False, id="more than chunks"
        ),
        pytest.param(head() + b"hello", False, id="to the end"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", False, id="HTTP/1.0"),
    ],
)
def test_a_connection_is_used_again_only_when_it_is_clear_where_an_answer_ends(
    answer: bytes, *, is_kept: bool
) -> None:
    assert asyncio.run(by_wire(answer, "GET", ()))[1] is is_kept


def test_what_a_server_says_unasked_ends_a_kept_connection() -> None:
    """The answer to a request that was never made must not be taken for that to the next one."""
    server = LoopbackServer()

    def twice(_: Seen) -> list[bytes]:
        answer = head("Content-Length: 4") + b"good"
        return [answer] if len(server.requests) > 1 else [answer, head("Content-Length: 3") + b"bad"]

    server.routes |= {"/1": twice, "/2": twice}
    with server:
        answers = ask_loopback(server.url("/1"), server.url("/2"))
    assert [answer.content for answer in answers if isinstance(answer, Body)] == [b"good", b"good"]
    assert server.connections == 2


def test_robustness_4_2_an_endless_row_of_interim_answers_is_not_waited_out() -> None:
    def go_on(_: Seen) -> list[bytes]:
        return [b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 100] * 1000

    with LoopbackServer({"/": go_on}) as server:
        (answer,) = ask_loopback(server.url("/"))
    assert reason_of(answer) == "the headers of the answer are too long: more than 163,840 bytes"


def test_an_answer_behind_interim_ones_is_read() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
    with LoopbackServer({"/": lambda _: [interim, head("Content-Length: 4"), b"good"]}) as server:
        (answer,) = ask_loopback(server.url("/"))
    assert isinstance(answer, Body)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\0b", " a", "a ", "a\nb"])
def test_a_header_that_would_be_another_request_is_not_sent(value: str) -> None:
    async def run() -> None:
        near, far = socket.socketpair()
        near.settimeout(0)
        wire = Wire(("http", "a.example", 80))
        await asyncio.get_running_loop().create_connection(lambda: wire, sock=near)
        try:
            with pytest.raises(httpx.LocalProtocolError):
                await asked(wire, httpx.Request("GET", "http://a.example/", headers={"X": value}), lambda _: None)
            await asyncio.sleep(0)
            assert far.recv(100) == b""
        finally:
            far.close()

    asyncio.run(run())


def test_a_large_document_comes_whole_although_it_is_read_slowly() -> None:
    body = FEED + bytes(3_000_000)
    with LoopbackServer({"/": Reply(body=body)}) as server:
        (answer,) = ask_loopback(server.url("/"))
    assert isinstance(answer, Body)
    assert answer.content == body
