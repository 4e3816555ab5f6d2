"""Answers that are given again: byte for byte what would be answered anew, and not once something has changed."""

from __future__ import annotations

import asyncio
import re
import socket
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import MOMENT
from feedbraid.model import ServedFeed, ServeRules
from feedbraid.serve import Answer, Request, Rules, Shelf, Site, respond
from feedbraid.serve._access import UNIX
from feedbraid.serve._desk import Desk
from feedbraid.serve._lane import SHORT_HEAD, plain_request
from feedbraid.serve._moment import LONGEST, MOST, Moment, Ready, head_of
from feedbraid.serve._nouns import Asked
from feedbraid.serve._respond import MEANT
from serving import ADDRESS, ATOM, TOKEN, Server, basic, serving, until, write

PEER = "192.0.2.1"


def shelf_of(folder: Path, memory: int = 20_000_000) -> Shelf:
    """Put files on a shelf, all of them compressed."""
    shelf = Shelf(write(folder), memory)
    shelf.look()
    while shelf.pack(1_000_000):
        pass
    return shelf


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return shelf_of(tmp_path_factory.mktemp("feeds")).site


def block_of(
    target: str = "/news/atom.xml", method: str = "GET", headers: Mapping[str, str] | None = None
) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "a", **(headers or {})}.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")


def sent(answer: Answer) -> tuple[bytes, bytes]:
    assert answer.body is None or isinstance(answer.body, bytes)
    return head_of(answer), answer.body or b""


# --- the same answers -------------------------------------------------------------------------------------

ALL_RULES = [
    Rules(address=ADDRESS),
    Rules(ServeRules(renamed=(("old", "news"),), browser_types=True), ADDRESS, hubs=("https://hub.example/",)),
    Rules(
        ServeRules(
            users=(("ann", "x"),),
            feeds=(ServedFeed(name="quiet", secret=TOKEN), ServedFeed(name="news", ended=True)),
        ),
        ADDRESS,
    ),
]
TARGETS = st.sampled_from(
    [
        *(
            "/",
            "/news",
            "/news/",
            "/news/atom.xml",
            "/news/atom.xml?x",
            "/news/rss.xml",
            "/news/feed.json",
            "/none",
        ),
        *("/big.png", "/old/rss.xml", "/%2e%2e/x", "/quiet/rss.xml", f"/s/{TOKEN}/quiet/rss.xml", "/s/x/quiet/"),
    ]
)
VALUES: Mapping[str, list[str]] = {
    "Accept-Encoding": ["", "gzip", "br, gzip;q=0.5", "zstd", "identity;q=0", "*;q=0", "GZIP"],
    "If-None-Match": ["*", '"x"', 'W/"x", {tag}', "{tag}", "{packed}", "nonsense"],
    "If-Match": ["*", '"x"', "{tag}"],
    "If-Modified-Since": [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sunday, 06-Nov-70 08:49:37 GMT",
    ],
    "If-Unmodified-Since": ["Sun, 06 Nov 1994 08:49:37 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"],
    "User-Agent": ["Reader/1.0", "Reader/2.0 (7 subscribers)"],
    "Access-Control-Request-Method": ["GET"],
    "Cookie": ["a=b"],
    "Range": ["bytes=0-1"],
    "Authorization": [basic("ann", "x"), "nonsense"],
}
FIELDS = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
BLOCKS = st.builds(block_of, TARGETS, st.sampled_from(["GET", "GET", "HEAD"]), FIELDS)


@given(st.lists(BLOCKS, min_size=1, max_size=8), st.sampled_from(ALL_RULES), st.data())
def test_what_is_answered_again_is_what_would_be_answered_anew(
    site: Site, blocks: list[bytes], rules: Rules, data: st.DataObject
) -> None:
    file, moment = site.files["news/atom.xml"], Moment(site, rules, MOMENT)
    for pattern in [*blocks, *data.draw(st.permutations(blocks))]:
        block = pattern.replace(b"{tag}", file.tag("").encode()).replace(b"{packed}", file.tag("gzip").encode())
        asked = plain_request(block, PEER)
        assert asked is not None
        user = "ann" if asked.headers.get("authorization") == basic("ann", "x") and rules.is_guarded else ""
        request = Request(method=asked.method, target=asked.target, headers=asked.headers, user=user)
        anew = sent(respond(request, site, rules, MOMENT))
        again = moment.again(block)
        assert again is None or again[1][1:] == anew
        ready = moment.ready(asked, user, block)
        assert ready is not None
        assert ready[1:] == anew
        assert (moment.again(block) is None) == ("authorization" in asked.headers), "no password is kept"


class Listening(dict[str, str]):
    """Headers that tell which of them are looked at."""

    def __init__(self, headers: Mapping[str, str], heard: set[str]) -> None:
        super().__init__(headers)
        self._heard = heard

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401  # as dict has it
        self._heard.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self._heard.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self._heard.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("whoever reads all headers depends on all of them")


def test_an_answer_depends_on_no_header_that_is_not_named(site: Site) -> None:
    heard: set[str] = set()
    stated = {name.lower(): value for name, values in VALUES.items() for value in values[:1]}
    for rules in ALL_RULES:
        for method in ("GET", "OPTIONS"):
            for target in ("/", "/news/atom.xml", "/none", "/old/rss.xml"):
                for left_out in ("", *stated):
                    headers = {name: value for name, value in stated.items() if name != left_out}
                    request = Request(method=method, target=target, headers=Listening(headers, heard))
                    respond(request, site, rules, MOMENT)
    assert heard == set(MEANT)


# --- what is kept -----------------------------------------------------------------------------------------


def test_no_number_of_requests_fills_the_memory(site: Site) -> None:
    moment = Moment(site, ALL_RULES[0], MOMENT)
    blocks = [block_of(f"/news/atom.xml?{number}") for number in range(3 * MOST)]
    for block in blocks:
        asked = plain_request(block, PEER)
        assert asked is not None
        moment.ready(asked, "", block)
    kept = sum(moment.again(block) is not None for block in blocks)
    assert 0 < kept <= MOST
    assert moment.again(blocks[-1]) is not None


def test_long_requests_are_answered_and_not_kept(site: Site) -> None:
    moment, block = Moment(site, ALL_RULES[0], MOMENT), block_of(headers={"Cookie": "a" * LONGEST})
    asked = plain_request(block, PEER)
    assert asked is not None
    ready = moment.ready(asked, "", block)
    assert ready is not None
    assert (ready.body, moment.again(block)) == (ATOM, None)
    assert LONGEST < SHORT_HEAD


# --- at the desk ------------------------------------------------------------------------------------------


class Window:
    """A desk, and what it was told to log."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = lambda: MOMENT, **rules: Any) -> None:  # noqa: ANN401  # the fields of ServeRules
        self.shelf = shelf_of(folder)
        self.log: list[str] = []
        self.desk = Desk(self.shelf, Rules(ServeRules(**rules), ADDRESS), log=self.log.append, clock=clock)
        self.reads = 0

    def ask(self, block: bytes, peer: str = PEER) -> Ready | None:
        return self.desk.at_once(block, peer, self._read)

    def status(self, block: bytes, peer: str = PEER) -> int:
        ready = self.ask(block, peer)
        return ready.answer.status if ready else 0

    def _read(self, block: bytes, peer: str) -> Asked | None:
        self.reads += 1
        return plain_request(block, peer)

    def run(self, test: Callable[[], Awaitable[None]]) -> None:
        async def whole() -> None:
            await self.desk.warm_up(10)
            try:
                await test()
            finally:
                await self.desk.close()

        asyncio.run(whole())


def test_each_request_is_counted_and_told_of_by_its_own_client(tmp_path: Path) -> None:
    window = Window(tmp_path, rate=2, trusted_proxies=("192.0.2.9",))
    proxied = block_of(headers={"X-Forwarded-For": "198.51.100.1"})

    async def test() -> None:
        assert [window.status(block_of()) for _ in range(4)] == [200, 200, 429, 429]
        assert [window.status(block_of(), UNIX) for _ in range(3)] == [200, 200, 429]
        assert [window.status(proxied, "192.0.2.9") for _ in range(3)] == [200, 200, 429]
        assert [window.status(proxied, "192.0.2.7") for _ in range(3)] == [200, 200, 429]
        assert window.reads == 2, "the same bytes are read once"

    window.run(test)
    size = len(ATOM)
    assert window.log[:3] == [f"{PEER} GET /news/atom.xml 200 {size}"] * 2 + [f"{PEER} GET /news/atom.xml 429 19"]
    assert [line.split()[0] for line in window.log[4::3]] == [UNIX, "198.51.100.1", "192.0.2.7"]


def test_a_new_file_a_new_rule_and_a_new_second_are_answered_by_at_once(tmp_path: Path) -> None:
    now = [MOMENT]
    window = Window(tmp_path, lambda: now[0])

    async def test() -> None:
        first, again = window.ask(block_of()), window.ask(block_of())
        assert first is not None
        assert first is again
        write(tmp_path, {"news/atom.xml": b"<feed/>"})
        window.shelf.look()
        second = window.ask(block_of())
        assert second is not None
        assert (second.body, second.head == first.head) == (b"<feed/>", False)
        window.desk.follow(Rules(ServeRules(users=(("ann", "x"),)), ADDRESS))
        assert window.status(block_of()) == 401
        window.desk.follow(Rules(ServeRules(), ADDRESS))
        assert window.status(block_of()) == 200
        now[0] += timedelta(seconds=1)
        later = window.ask(block_of())
        assert later is not None
        assert b"\r\nDate: Sun, 01 Mar 2026 12:00:00 GMT\r\n" in second.head
        assert b"\r\nDate: Sun, 01 Mar 2026 12:00:01 GMT\r\n" in later.head

    window.run(test)


def test_nothing_is_answered_at_once_before_the_folder_was_looked_at(tmp_path: Path) -> None:
    window = Window(tmp_path)

    async def test() -> None:
        assert window.ask(block_of()) is None
        await window.desk.close()

    asyncio.run(test())
    assert window.log == []


def test_files_that_are_not_there_any_more_are_let_go_though_nobody_asks(tmp_path: Path) -> None:
    window = Window(tmp_path)
    files = weakref.ref(window.shelf.site)

    async def test() -> None:
        assert window.status(block_of()) == 200
        write(tmp_path, {"news/atom.xml": b"<feed/>"})
        window.shelf.look()
        assert await asyncio.to_thread(until, lambda: files() is None)

    window.run(test)


# --- on the wire ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(write(tmp_path_factory.mktemp("feeds")), renamed=(("old", "news"),)) as server:
        yield server


@pytest.mark.parametrize("target", ["/news/atom.xml", "/news/", "/", "/news", "/none", "/old/rss.xml", "/big.png"])
@pytest.mark.parametrize(
    "headers", [{}, {"Accept-Encoding": "br"}, {"If-None-Match": "*"}, {"Accept-Encoding": "identity;q=0"}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_short_way_and_that_by_h11_send_the_same_bytes(
    served: Server, method: str, target: str, headers: dict[str, str]
) -> None:
    short, by_h11 = (block_of(target, method, {**headers, **more}) for more in ({}, {"TE": "trailers"}))
    with served.connection() as client:
        first, again, anew = (answered(client, block) for block in (short, short, by_h11))
    assert first == again == anew


def answered(client: socket.socket, block: bytes) -> tuple[bytes, bytes]:
    """Send a request, and give the head of its answer, without its date, and the body."""
    client.sendall(block)
    found = b""
    while b"\r\n\r\n" not in found:
        found += client.recv(1 << 16)
    head, _, body = found.partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: ([0-9]++)", head)
    size = 0 if length is None or block.startswith(b"HEAD") else int(length[1])
    while len(body) < size:
        body += client.recv(1 << 16)
    return re.sub(rb"\r\nDate: [^\r]*+", b"", head), body
