"""The server over real sockets: every promise (N129) on the wire, hostile clients, and `feedbraid serve`."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import brotli
import pytest
import zstandard
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from feedbraid.model import ServedFeed
from feedbraid.serve import Bounds, Rules, Shelf, application, hashed
from serving import (
    ATOM,
    CONTENTS,
    LANES,
    LAST,
    NOISE,
    PLAIN,
    TOKEN,
    Server,
    basic,
    refuses,
    rest,
    serving,
    slow_client,
    until,
    write,
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the files of these tests; no test changes them."""
    with serving(write(tmp_path_factory.mktemp("feeds")), renamed=(("old", "news"),)) as server:
        yield server


# --- N129 on the wire -------------------------------------------------------------------------------------

TYPES = {
    "/news/atom.xml": "application/atom+xml; charset=utf-8",
    "/news/rss.xml": "application/rss+xml; charset=utf-8",
    "/news/feed.json": "application/feed+json",
    "/news/": "text/html; charset=utf-8",
    "/": "text/html; charset=utf-8",
    "/style.css": "text/css; charset=utf-8",
    "/sources.opml": "text/x-opml; charset=utf-8",
    "/big.png": "image/png",
}


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize(("target", "media_type"), TYPES.items())
def test_n129a_types_and_bytes(served: Server, target: str, media_type: str, lane: dict[str, str]) -> None:
    got = served.ask(target, **lane)
    path = target[1:] + ("index.html" if target.endswith("/") else "")
    assert (got.status, got["Content-Type"], got.body) == (200, media_type, CONTENTS[path])
    assert got["Server"] == "", "what it runs is nobody's business"


@pytest.mark.parametrize("target", ["/news/atom.xml", "/news/", "/", "/news", "/none", "/old/rss.xml", "/big.png"])
@pytest.mark.parametrize("more", [{}, {"Accept-Encoding": "gzip"}, {"If-None-Match": "*"}])
def test_both_ways_give_the_same_answers(served: Server, target: str, more: dict[str, str]) -> None:
    for method in ("GET", "HEAD"):
        short, long = served.ask(target, method, **more), served.ask(target, method, TE="trailers", **more)
        short.headers.pop("date"), long.headers.pop("date")
        assert short == long


@pytest.mark.parametrize("lane", LANES)
def test_n129c_n129d_n129e_a_reader_that_polls_gets_304(served: Server, lane: dict[str, str]) -> None:
    first = served.ask(**lane)
    assert re.fullmatch(r'"[0-9a-f]+"', first["ETag"])
    for condition in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": f'"x", W/{first["ETag"]}'},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        again = served.ask(**lane, **condition)
        assert (again.status, again.body) == (304, b"")
    assert served.ask(if_none_match='"x"', if_modified_since=first["Last-Modified"], **lane).status == 200
    assert served.ask(if_modified_since="yesterday", **lane).status == 200


def test_n129d_last_modified_is_the_time_of_the_file(tmp_path: Path) -> None:
    write(tmp_path)
    os.utime(tmp_path / "news" / "atom.xml", (784_111_777, 784_111_777))
    with serving(tmp_path) as server:
        assert server.ask()["Last-Modified"] == "Sun, 06 Nov 1994 08:49:37 GMT"
        for form in (
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ):
            assert server.ask(if_modified_since=form).status == 304
        assert server.ask(if_modified_since="Sun, 06 Nov 1994 08:49:36 GMT").status == 200


@pytest.mark.parametrize("extra", [b"", b"TE: trailers\r\n"])
@pytest.mark.parametrize(
    ("method", "condition", "status"),
    [(b"GET", b"If-None-Match: *\r\n", 304), (b"HEAD", b"", 200), (b"HEAD", b"If-None-Match: *\r\n", 304)],
)
def test_n129f_304_and_head_have_no_body_and_the_connection_goes_on(
    served: Server, method: bytes, condition: bytes, status: int, extra: bytes
) -> None:
    head = b" /news/atom.xml HTTP/1.1\r\nHost: a\r\n" + extra
    with served.connection() as client:
        client.sendall(method + head + condition + b"\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += client.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert answer.endswith(b"\r\n\r\n"), "nothing follows"
        client.sendall(b"HEAD" + head + b"Connection: close\r\n\r\n")
        assert rest(client).startswith(b"HTTP/1.1 200 OK\r\n")


def test_n129f_n129g_what_caches_need(served: Server) -> None:
    for got in (served.ask(), served.ask(if_none_match="*")):
        assert got["Cache-Control"].startswith("public, max-age=1800, stale-while-revalidate=")
        assert (got["Vary"], got["Set-Cookie"]) == ("Accept-Encoding", "")
        assert got["ETag"]
        assert got["Date"].endswith(" GMT")
    assert served.ask("/news/archive/1/atom.xml")["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("path", ["news/atom.xml", "news/feed.json", "news/index.html", "style.css"])
def test_n129h_every_coding_gives_the_same_bytes(served: Server, path: str, lane: dict[str, str]) -> None:
    unpack: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.decompress,
        "br": brotli.decompress,
        "zstd": zstandard.ZstdDecompressor().decompress,
    }
    tags = set()
    for coding, function in unpack.items():
        got = served.ask(f"/{path}", accept_encoding=coding, **lane)
        assert (got["Content-Encoding"], got["Vary"]) == (coding, "Accept-Encoding")
        assert function(got.body) == CONTENTS[path]
        assert len(got.body) < len(CONTENTS[path])
        tags.add(got["ETag"])
        assert served.ask(f"/{path}", accept_encoding=coding, if_none_match=got["ETag"], **lane).status == 304
    assert len(tags | {served.ask(f"/{path}")["ETag"]}) == 4


def test_n129i_what_browsers_are_told(served: Server) -> None:
    page, feed = served.ask("/news/"), served.ask()
    assert page["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "script" not in page["Content-Security-Policy"]
    assert (page["X-Content-Type-Options"], feed["X-Content-Type-Options"]) == ("nosniff", "nosniff")
    assert (page["Access-Control-Allow-Origin"], feed["Access-Control-Allow-Origin"]) == ("", "*")
    asked = {"Origin": "https://reader.example", "Access-Control-Request-Method": "GET"}
    before = served.ask("/news/atom.xml", "OPTIONS", **asked)
    assert (before.status, before["Access-Control-Allow-Origin"], before.body) == (204, "*", b"")


def test_n129j_links(served: Server) -> None:
    assert '<https://example.org/feeds/news/atom.xml>; rel="self"' in served.ask()["Link"]
    assert '<https://example.org/feeds/news/rss.xml>; rel="alternate"' in served.ask()["Link"]


def test_n129k_renamed_and_ended_feeds(served: Server, tmp_path: Path) -> None:
    moved = served.ask("/old/archive/1/atom.xml?x=1")
    assert (moved.status, moved["Location"]) == (301, "../../../news/archive/1/atom.xml")
    with serving(write(tmp_path), feeds=(ServedFeed(name="news", ended=True),)) as server:
        assert (server.ask().status, server.ask("/quiet/rss.xml").status) == (410, 200)


@pytest.mark.parametrize("lane", LANES)
def test_n129l_who_asks_too_often_gets_429(tmp_path: Path, lane: dict[str, str]) -> None:
    with serving(write(tmp_path), rate=3, trusted_proxies=("127.0.0.1/32",)) as server:
        statuses = [server.ask(**lane).status for _ in range(4)]
        refused = server.ask(**lane)
        assert (statuses, refused.status) == ([200, 200, 200, 429], 429)
        assert 1 <= int(refused["Retry-After"]) <= 20
        assert refused["Content-Type"] == "text/plain; charset=utf-8"
        assert server.ask(x_forwarded_for="10.0.0.9", **lane).status == 200, "another client behind the proxy"
        assert server.ask("/healthz").status == 200


def test_n129m_when_the_folder_vanishes_the_last_good_files_stay(tmp_path: Path) -> None:
    with serving(write(tmp_path / "feeds")) as server:
        (tmp_path / "feeds").rename(tmp_path / "away")
        assert until(lambda: server.ask("/healthz").status == 503)
        assert server.ask().body == ATOM
        assert server.ask("/healthz").body == b"the output folder can not be read\n"
        (tmp_path / "away").rename(tmp_path / "feeds")
        assert until(lambda: server.ask("/healthz").status == 200)
        assert len(server.complaints) == 1, "told once"
        assert "No such file" in server.complaints[0]


@pytest.mark.parametrize("lane", LANES)
def test_n129n_queries_are_ignored_and_nothing_is_reflected(served: Server, lane: dict[str, str]) -> None:
    for target in ("/news/atom.xml", "/news", "/none"):
        got = served.ask(f"{target}?q=Zqxj<script>", host="zqxj.example", x_forwarded_host="zqxj.example", **lane)
        plain = served.ask(target, **lane)
        assert (got.status, got.body) == (plain.status, plain.body)
        assert "zqxj" not in str(got).lower()


def test_n129n_a_folder_without_its_slash_leads_to_it(served: Server) -> None:
    got = served.ask("/news?x=1")
    assert (got.status, got["Location"]) == (301, "news/")


# --- paths on the wire ------------------------------------------------------------------------------------

TRAVERSALS = [
    b"/../../../../etc/passwd",
    b"/news/../../secret.txt",
    b"/%2e%2e/%2e%2e/etc/passwd",
    b"/%252e%252e/etc/passwd",
    b"/..%2f..%2fetc%2fpasswd",
    b"/news/..%5c..%5csecret.txt",
    b"/news\\..\\..\\secret.txt",
    b"//etc/passwd",
    b"/%2fetc/passwd",
    b"/news/atom.xml%00.html",
    b"/.hidden/rss.xml",
    b"/%2ehidden/rss.xml",
    b"/news/.rss.xml.feedbraid.tmp",
    b"/out.html",
    b"/folder/secret.html",
    b"/secret.txt",
    b"/news/%c0%ae%c0%ae/secret.txt",
    b"/news/\xff/atom.xml",
    b"file:///etc/passwd",
    b"../etc/passwd",
    b"*",
]


@pytest.fixture(scope="module")
def tempting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    top = tmp_path_factory.mktemp("top")
    feeds = write(top / "feeds", {"news/atom.xml": ATOM})
    write(top, {"secret.txt": b"HUSH", "secret.html": b"HUSH", "feeds/.hidden/rss.xml": b"HUSH"})
    write(feeds, {"news/.rss.xml.feedbraid.tmp": b"HUSH", "secret.txt": b"HUSH"})
    (feeds / "out.html").symlink_to(top / "secret.html")
    (feeds / "folder").symlink_to(top)
    with serving(feeds) as server:
        yield server


@pytest.mark.parametrize("extra", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_folder(tempting: Server, path: bytes, extra: bytes) -> None:
    with tempting.connection() as client:
        client.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n" + extra + b"\r\n")
        client.shutdown(socket.SHUT_WR)
        answer = rest(client)
    assert answer.startswith((b"HTTP/1.1 404 ", b"HTTP/1.1 400 "))
    assert b"HUSH" not in answer
    assert b"root:" not in answer


# --- connections ------------------------------------------------------------------------------------------


def test_a_connection_takes_many_requests_one_after_the_other(served: Server) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as client:
        client.connect()
        assert client.sock is not None
        own = client.sock.getsockname()
        for number in range(60):
            client.request("GET", "/news/atom.xml", headers={"TE": "trailers"} if number % 3 == 0 else {})
            answer = client.getresponse()
            assert (answer.status, answer.read()) == (200, ATOM)
        assert client.sock.getsockname() == own


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param([PLAIN * 5 + LAST], id="all at once"),
        pytest.param([PLAIN + PLAIN[:9], PLAIN[9:] + LAST], id="cut in the second"),
        pytest.param([PLAIN, PLAIN[:-1], PLAIN[-1:], LAST], id="cut before the end"),
        pytest.param([bytes([byte]) for byte in PLAIN + LAST], id="byte by byte"),
        pytest.param([PLAIN[:20], PLAIN[20:] + PLAIN, LAST], id="the rest of one and a whole one"),
    ],
)
def test_requests_are_told_apart_however_they_arrive(served: Server, blocks: list[bytes]) -> None:
    with served.connection() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for block in blocks:
            client.sendall(block)
        answer = rest(client)
    wanted = b"".join(blocks).count(b"GET ")
    assert answer.count(b"HTTP/1.1 200 OK") == answer.count(b"</feed>") == wanted


def test_a_block_that_looks_like_a_request_is_none_in_the_middle_of_another_one(served: Server) -> None:
    with served.connection() as client:
        client.sendall(b"GET /none HTTP/1.1\r\nX: a\r\nY: ")
        assert served.ask().status == 200, "by now it has arrived"
        client.sendall(PLAIN)
        assert served.ask().status == 200
        client.shutdown(socket.SHUT_WR)
        assert rest(client).startswith(b"HTTP/1.1 404 "), "Y is GET /news/atom.xml HTTP/1.1"


@pytest.mark.parametrize("lane", [b"", b"TE: trailers\r\n"])
@pytest.mark.parametrize("memory", [pytest.param(20_000_000, id="memory"), pytest.param(0, id="disk")])
def test_a_client_that_has_said_its_last_word_is_answered(tmp_path: Path, memory: int, lane: bytes) -> None:
    with serving(write(tmp_path), memory=memory) as server:
        for target in ("/big.png", "/news/atom.xml"):
            with server.connection() as client:
                client.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n".encode() + lane + b"\r\n")
                client.shutdown(socket.SHUT_WR)
                assert rest(client).endswith(CONTENTS[target[1:]])


def test_http_1_0_is_answered_and_hung_up(served: Server) -> None:
    answer = served.raw(b"GET /news/atom.xml HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(ATOM)


BAD = [
    ("no HTTP at all", b"hello\r\n\r\n", 400),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n", 400),
    ("an empty line before it", b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("no host", b"GET / HTTP/1.1\r\n\r\n", 400),
    ("no host, but something else", b"GET / HTTP/1.1\r\nX: a\r\n\r\n", 400),
    ("two hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("a blank before the colon", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("a line end in a header", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", 400),
    ("two lengths", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("a length that is none", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
    ("a long target", b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431),
    ("a long header", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
    ("many headers", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 20_000 + b"\r\n", 431),
    ("a header without an end", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000, 431),
    ("a body", b"GET /news/atom.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 413),
    ("a body to come", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", 413),
    ("a post", b"POST /news/atom.xml HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 405),
    ("chunks", b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 405),
    ("bad chunks", b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400),
]


@pytest.mark.parametrize(("block", "status"), [pytest.param(*row[1:], id=row[0]) for row in BAD])
def test_what_is_no_good_request_is_refused_and_hung_up(served: Server, block: bytes, status: int) -> None:
    before = list(served.complaints)
    with served.connection() as client:
        try:
            client.sendall(block)
        except ConnectionError:
            assert status == 431, "hung up while it was still talking"
        answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 %d " % status) or (status == 431 and not answer)
    assert b"\r\n\r\n" in answer or not answer
    assert served.ask().status == 200
    assert served.complaints == before, "nobody is told of what strangers do"


def test_a_header_of_a_few_thousand_bytes_is_taken(served: Server) -> None:
    assert served.ask(cookie="a" * 12_000).status == 200
    assert served.ask(f"/news/atom.xml?{'a' * 6000}").status == 200


def test_a_client_that_says_half_a_request_does_not_wait_for_ever(tmp_path: Path) -> None:
    with serving(write(tmp_path), bounds=Bounds(wait=0.5)) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connection()) for _ in range(4)]
        clients[1].sendall(PLAIN[:-2])
        clients[2].sendall(PLAIN + b"GET /")
        clients[3].sendall(PLAIN)
        begun = time.monotonic()
        answers = [rest(client) for client in clients]
        assert [answer.count(b"</feed>") for answer in answers] == [0, 0, 1, 1]
        assert time.monotonic() - begun < 8


def test_a_client_that_sends_no_body_does_not_wait_for_ever(tmp_path: Path) -> None:
    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    routes = (Route("/hook", read, methods=["POST"]),)
    with serving(write(tmp_path), routes=routes, bounds=Bounds(stall=0.5)) as server:
        begun = time.monotonic()
        assert server.raw(b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf") == b""
        assert time.monotonic() - begun < 8


def test_a_client_that_reads_nothing_does_not_wait_for_ever(tmp_path: Path) -> None:
    with (
        serving(write(tmp_path, {"big.png": NOISE * 3}), bounds=Bounds(stall=0.5)) as server,
        ExitStack() as stack,
    ):
        clients = [stack.enter_context(slow_client(server.port, lane)) for lane in (b"", b"TE: trailers\r\n")]
        assert until(lambda: all(map(gone, clients))), "they are still connected"
        assert server.ask("/big.png").body == NOISE * 3


def gone(client: socket.socket) -> bool:
    """Tell whether the other end has hung up for good: then what is sent is answered with a reset."""
    try:
        client.send(b"\r\n")
    except ConnectionError:
        return True
    return False


def test_many_slow_clients_do_not_keep_good_ones_waiting(tmp_path: Path) -> None:
    with serving(write(tmp_path), bounds=Bounds(connections=50)) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connection()) for _ in range(200)]
        for number, client in enumerate(clients):
            with suppress(ConnectionError):
                client.sendall(PLAIN[: 1 + number % 30])
        for _ in range(20):
            assert server.ask().body == ATOM
        assert until(lambda: sum(map(is_cut, clients)) >= 150), "only so many may be there at a time"


def is_cut(client: socket.socket) -> bool:
    """Tell whether the other end has hung up, without a word to it."""
    client.settimeout(0)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_a_client_that_leaves_in_the_middle_harms_nobody(served: Server) -> None:
    for _ in range(20):
        with served.connection() as client:
            client.sendall(b"GET /big.png HTTP/1.1\r\nHost: a\r\n\r\n")
            client.recv(10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert served.ask("/big.png").body == NOISE


# --- files that change ------------------------------------------------------------------------------------


def test_a_file_that_changes_is_seen_and_its_validators_with_it(tmp_path: Path) -> None:
    with serving(write(tmp_path)) as server:
        first = server.ask(accept_encoding="gzip")
        new = ATOM.replace(b"ferry", b"tram")
        write(tmp_path, {"news/atom.xml": new, "later/rss.xml": ATOM})
        (tmp_path / "news" / "rss.xml").unlink()
        assert until(lambda: server.ask(if_none_match=first["ETag"], accept_encoding="gzip").status == 200)
        assert server.ask().body == new
        assert (server.ask("/later/rss.xml").status, server.ask("/news/rss.xml").status) == (200, 404)
        assert until(lambda: server.ask(accept_encoding="gzip")["Content-Encoding"] == "gzip")
        second = server.ask(accept_encoding="gzip")
        assert gzip.decompress(second.body) == new
        assert first["ETag"] != second["ETag"]


def test_who_has_written_files_can_have_them_served_at_once(tmp_path: Path) -> None:
    with serving(write(tmp_path)) as server:
        assert server.ask().status == 200
        write(tmp_path, {"news/atom.xml": b"<feed/>"})
        server.shelf.look()
        assert server.ask().body == b"<feed/>"


@pytest.mark.parametrize("memory", [pytest.param(20_000_000, id="memory"), pytest.param(0, id="disk")])
@pytest.mark.parametrize("lane", [b"", b"TE: trailers\r\n"])
def test_f16_a_file_that_is_replaced_while_it_is_sent_is_sent_to_its_end(
    tmp_path: Path, memory: int, lane: bytes
) -> None:
    with serving(write(tmp_path), memory=memory) as server, server.connection() as client:
        client.sendall(b"GET /big.png HTTP/1.1\r\nHost: a\r\n" + lane + b"\r\n")
        assert client.recv(1) == b"H"
        write(tmp_path, {"big.png": b"new"})
        server.shelf.look()
        assert server.ask("/big.png").body == b"new"
        client.sendall(LAST)
        assert NOISE in rest(client)


def test_files_beyond_the_memory_are_served_from_disk(tmp_path: Path) -> None:
    with serving(write(tmp_path), memory=0) as server:
        for target in ("/news/atom.xml", "/big.png"):
            got = server.ask(target)
            assert got.body == CONTENTS[target[1:]]
            assert server.ask(target, if_none_match=got["ETag"]).status == 304
            assert server.ask(target, "HEAD")["Content-Length"] == str(len(got.body))
        write(tmp_path, {"news/atom.xml": b"<feed/>"})
        assert server.ask().body == b"<feed/>", "a file that was exchanged is noticed when it is opened"
        (tmp_path / "news" / "atom.xml").unlink()
        assert server.ask().status == 404


# --- who may read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", LANES)
def test_passwords_plain_and_hashed(tmp_path: Path, lane: dict[str, str]) -> None:
    users = (("ann", hashed("x")), ("bob", "y"))
    feeds = (ServedFeed(name="news", users=("ann",)), ServedFeed(name="quiet", secret=TOKEN))
    with serving(write(tmp_path), users=users, feeds=feeds) as server:
        refused = server.ask(**lane)
        assert (refused.status, refused["WWW-Authenticate"][:11]) == (401, "Basic realm")
        for _ in range(2):
            assert server.ask(authorization=basic("ann", "x"), **lane).body == ATOM
            assert server.ask(authorization=basic("ann", "y"), **lane).status == 401
            assert server.ask(authorization=basic("bob", "y"), **lane).status == 403
        assert server.ask("/", authorization=basic("bob", "y"), **lane).status == 200
        assert server.ask("/quiet/rss.xml", authorization=basic("ann", "x"), **lane).status == 404
        assert server.ask(f"/s/{TOKEN}/quiet/rss.xml", **lane).body == ATOM
        assert server.ask("/healthz", **lane).status == 200
        assert TOKEN not in str(server.log)


def test_a_flood_of_passwords_is_asked_to_come_later(tmp_path: Path) -> None:
    with serving(write(tmp_path), users=(("ann", hashed("x")),), public=True) as server, ExitStack() as stack:
        clients = [stack.enter_context(server.connection()) for _ in range(60)]
        for number, client in enumerate(clients):
            guess = basic("ann", str(number)).encode()
            client.sendall(LAST[:-2] + b"Authorization: " + guess + b"\r\n\r\n")
        answers = [rest(client)[9:12] for client in clients]
        assert set(answers) <= {b"200", b"429"}
        assert b"429" in answers
        assert server.ask().status == 200


def test_other_rules_hold_from_now_on(tmp_path: Path) -> None:
    with serving(write(tmp_path)) as server:
        assert server.ask().status == 200
        server.follow(users=(("ann", "x"),), max_age=5)
        assert server.ask().status == 401
        assert server.ask(authorization=basic("ann", "x"))["Cache-Control"].startswith("private, max-age=5,")


# --- what is mounted --------------------------------------------------------------------------------------


def test_routes_come_before_documents_and_have_a_date(tmp_path: Path) -> None:
    async def hello(request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"hello {request.path_params.get('name', '')}")

    async def broken(_: Request) -> PlainTextResponse:
        raise RuntimeError("broken on purpose")

    routes = (Route("/hello", hello), Mount("/deep", routes=[Route("/{name}", hello)]), Route("/broken", broken))
    with serving(write(tmp_path), routes=routes, users=(("ann", "x"),)) as server:
        assert server.ask("/hello?x").body == b"hello "
        assert server.ask("/deep/ann").body == b"hello ann"
        assert server.ask("/hello")["Date"].endswith(" GMT")
        assert server.ask("/hello/").status == 404
        assert server.ask("/healthz").body == b"ok\n"
        assert server.ask("/hello", "POST").status == 405
        assert server.ask("/broken").status == 500
        assert server.ask("/hello").status == 200
        assert any("broken on purpose" in line for line in server.complaints)


def test_healthz_says_that_nothing_is_published_yet(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        got = server.ask("/healthz")
        assert (got.status, got.body, got["Cache-Control"]) == (503, b"nothing is published yet\n", "no-store")
        assert server.ask().status == 404
        write(tmp_path)
        server.shelf.look()
        assert server.ask("/healthz").status == 200


def test_a_server_may_announce_its_start_and_websockets_are_declined(tmp_path: Path) -> None:
    app = application(Shelf(write(tmp_path), 0), Rules())

    async def talk(kind: str, *messages: str) -> list[str]:
        waiting, said = [{"type": one} for one in messages], []

        async def receive() -> dict[str, str]:
            return waiting.pop(0)

        async def send(message: Any) -> None:  # noqa: ANN401  # as ASGI has it
            said.append(message["type"])

        await app({"type": kind}, receive, send)
        return said

    begun = asyncio.run(talk("lifespan", "lifespan.startup", "lifespan.shutdown"))
    assert begun == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert asyncio.run(talk("websocket", "websocket.connect")) == ["websocket.close"]


# --- the end ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lane", [b"", b"TE: trailers\r\n"])
@pytest.mark.parametrize("size", [pytest.param(2, id="memory"), pytest.param(4, id="disk")])
def test_the_server_ends_after_the_answers_that_are_under_way(tmp_path: Path, size: int, lane: bytes) -> None:
    with ExitStack() as stack:
        with serving(write(tmp_path, {"big.png": NOISE * size})) as server:
            client = stack.enter_context(slow_client(server.port, lane))
            loaded = stack.enter_context(ThreadPoolExecutor()).submit(
                read_when, client, lambda: refuses(server.port)
            )
        assert loaded.result(10).endswith(NOISE * size)
        assert server.complaints == []


def read_when(client: socket.socket, condition: Callable[[], bool]) -> bytes:
    assert until(condition), "it takes nobody new"
    return rest(client)


def test_the_server_waits_for_no_client_longer_than_it_may(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with serving(write(tmp_path, {"big.png": NOISE * 2}), bounds=Bounds(grace=1)) as server:
            clients = [stack.enter_context(slow_client(server.port, lane)) for lane in (b"", b"TE: trailers\r\n")]
            begun = time.monotonic()
        assert 0.9 < time.monotonic() - begun < 5
        assert all(len(rest(client)) < len(NOISE * 2) for client in clients)
