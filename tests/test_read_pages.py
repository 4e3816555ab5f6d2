"""Pages of posts: which are asked for and how, what is kept of them, and what trouble costs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import pytest

from copies import copy, entry
from fakes import NOW
from feedbraid.app import App, PageAnswer, ReadPage, WantedPage
from feedbraid.codec import digest, encode
from feedbraid.errors import FilterMissing
from feedbraid.fetch import Fetcher
from feedbraid.model import (
    Access,
    CleaningRules,
    EntryKey,
    Failed,
    FetchRules,
    OriginSpec,
    PageHead,
    PageJob,
    PageText,
    PageWish,
    Postponed,
    Recipe,
    Rest,
    SourceState,
)
from feedbraid.pagewish import GIVEN_UP, is_wished
from feedbraid.parse import handle_page
from feedbraid.read_pages import FRUITLESS, PageReader, PagesReport, Unread, read_pages
from feedbraid.settings import Config
from feedbraid.store import OriginChange
from feedbraid.store.memory import MemoryStore
from feedbraid.urls import entry_key
from feedbraid.wire import build
from feedbraid.workers import Workers
from loopback import LoopbackServer, Reply, Seen

ARTICLE = encode(Recipe(css=("article",)))
TITLE = encode(Recipe(css=("h1",)))
HTML = (("Content-Type", "text/html"),)


STORY = "<!doctype html><h1>Head</h1><article><p>The story.</p></article><p>Rest"


def page(text: str = "The story.") -> Reply:
    return Reply(headers=HTML, body=STORY.replace("The story.", text).encode())


def wish(url: str, recipe: str = ARTICLE, **fields: Any) -> PageWish:  # noqa: ANN401  # the fields of PageWish
    return replace(PageWish(post=entry_key(url), url=url, made_from="d1", recipe=recipe), **fields)


async def find_here(job: PageJob) -> PageText | Failed:
    """Find the text without a process of its own."""
    return handle_page(job)


@asynccontextmanager
async def doors(rules: FetchRules, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[ReadPage]:
    own, others = Fetcher(rules, transport), Fetcher(replace(rules, allow=()), transport)
    async with own, others:
        yield PageReader(own, others, find_here, CleaningRules(), heeds_robots=rules.robots).read


def wired(*sources: OriginSpec, stated: Iterable[str] = (), **rules: Any) -> App:  # noqa: ANN401  # FetchRules
    """Make a real app, in which the first source states posts with these links."""
    store = MemoryStore()
    app = build(Config(sources=sources, fetch=FetchRules(**rules)), store)
    copies = [copy(sources[0].name, url, url, entry=entry(url, key=entry_key(url), link=url)) for url in stated]
    if sources:
        store.commit(OriginChange(state=SourceState(name=sources[0].name), put=tuple(copies)))
    return app


def app_of(*sources: OriginSpec, stated: Iterable[str] = (), **rules: Any) -> App:  # noqa: ANN401  # FetchRules
    """Make an app that starts no processes."""
    app = wired(*sources, stated=stated, **rules)
    return replace(app, open_pages=partial(doors, FetchRules(**rules)))


def at(server: LoopbackServer, *paths: str, make: Callable[..., App] = app_of, **rules: Any) -> App:  # noqa: ANN401  # FetchRules
    """Make an app with a source on this server, which states the posts that have these paths."""
    source = OriginSpec(name="voa", kind="web", locations=(server.url("/feed"),))
    usual = {"allow": (f"127.0.0.1:{server.port}",), "silence_timeout": 5.0, "spacing": 0.0}
    return make(source, stated=map(server.url, paths), **{**usual, **rules})


def head(app: App, url: str, recipe: str = ARTICLE) -> PageHead:
    return app.store.page_heads(recipe)[entry_key(url)]


def text(app: App, url: str, recipe: str = ARTICLE) -> str:
    return app.store.pages(recipe, [entry_key(url)]).get(entry_key(url), "")


def with_pages(app: App, read: Callable[[WantedPage], Awaitable[PageAnswer]]) -> App:
    """Have pages read by a function."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[ReadPage]:
        yield read

    return replace(app, open_pages=opened)


# --- what is kept -----------------------------------------------------------------------------------------


def test_the_text_of_a_page_is_kept_with_what_it_was_made_from() -> None:
    with LoopbackServer({"/1": page()}) as server:
        app = at(server, "/1", make=wired)
        report = read_pages(app, [wish(server.url("/1"))], NOW)
        kept, known = text(app, server.url("/1")), head(app, server.url("/1"))
    assert report == PagesReport(asked=1, read=1)
    assert kept == "<article><p>The story.</p></article>"
    assert known == PageHead(made_from="d1", digest=digest(kept), read=NOW)
    assert not is_wished(known, "d1", NOW + timedelta(days=999))


def test_without_wishes_nothing_is_opened() -> None:
    def refuse() -> Any:  # noqa: ANN401  # never returns
        raise AssertionError("a door was opened")

    assert read_pages(replace(app_of(), open_pages=refuse), [], NOW) == PagesReport()


def test_d23_without_wishes_nothing_heavy_is_imported() -> None:
    program = (
        "import sys, datetime\n"
        "from feedbraid import wire\n"
        "from feedbraid.read_pages import read_pages\n"
        "from feedbraid.settings import Config\n"
        "from feedbraid.store.memory import MemoryStore\n"
        "read_pages(wire.build(Config(), MemoryStore()), [], datetime.datetime.now(datetime.UTC))\n"
        "print([name for name in ('httpx', 'lxml', 'trafilatura', 'feedparser') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_app_without_a_way_to_pages_says_so() -> None:
    app = App(
        readings=(),
        feeds=(),
        store=MemoryStore(),
        open_sources=app_of().open_sources,
        load_format=app_of().load_format,
        output=app_of().output,
    )
    with pytest.raises(FilterMissing, match="the pages of posts can not be read here"):
        read_pages(app, [wish("https://a.example/1")], NOW)


def test_the_text_is_looked_for_where_nobody_says_where_it_stands() -> None:
    story = "<p>The council of Eastmouth has decided on Monday that the ferry stays.</p>" * 5
    body = f"<html><body><nav><a href='/'>Home</a></nav><div class=text>{story}</div></body></html>"
    with LoopbackServer({"/1": Reply(headers=HTML, body=body.encode())}) as server:
        app, recipe = at(server, "/1"), encode(Recipe())
        read_pages(app, [wish(server.url("/1"), recipe)], NOW)
        assert text(app, server.url("/1"), recipe) == f'<div class="text">{story}</div>'


def test_addresses_on_a_page_begin_where_it_was_found() -> None:
    body = b"<!doctype html><article><a href='b'>b</a> <img src='/c.png'></article>"
    moved = Reply(status=301, headers=(("Location", "/new/1"),))
    with LoopbackServer({"/1": moved, "/new/1": Reply(headers=HTML, body=body)}) as server:
        app = at(server, "/1")
        read_pages(app, [wish(server.url("/1"))], NOW)
        assert f'<a href="{server.url("/new/b")}">b</a> <img src="{server.url("/c.png")}">' in text(
            app, server.url("/1")
        )


def test_each_page_is_kept_as_it_comes() -> None:
    app = app_of()
    known: list[int] = []

    async def read(_: WantedPage) -> PageAnswer:
        known.append(len(app.store.page_heads(ARTICLE)))
        return [PageText("<p>x</p>")]

    read_pages(with_pages(app, read), [wish(f"https://a.example/{number}") for number in range(3)], NOW)
    assert known == [0, 1, 2]


# --- once -------------------------------------------------------------------------------------------------


def test_two_posts_on_one_page_cost_one_request() -> None:
    with LoopbackServer({"/1": page()}) as server:
        urls = [server.url("/1#!/a"), server.url("/1#!/b")]
        app = at(server, "/1#!/a", "/1#!/b")
        report = read_pages(app, [wish(url) for url in urls], NOW)
        assert [text(app, url) for url in urls] == ["<article><p>The story.</p></article>"] * 2
    assert server.paths == ["/1"]
    assert report == PagesReport(asked=1, read=1)


def test_two_ways_of_reading_one_page_cost_one_request() -> None:
    none = encode(Recipe(css=(".none",)))
    with LoopbackServer({"/1": page()}) as server:
        url = server.url("/1")
        app = at(server, "/1")
        report = read_pages(app, [wish(url), wish(url, TITLE), wish(url, none)], NOW)
        assert [text(app, url, recipe) for recipe in (ARTICLE, TITLE, none)] == [
            "<article><p>The story.</p></article>",
            "<h1>Head</h1>",
            "",
        ]
    assert server.paths == ["/1"]
    assert report == PagesReport(asked=1, failed=(Unread(url, "nothing on the page is named by .none"),))


# --- manners ----------------------------------------------------------------------------------------------


def test_pages_are_asked_for_by_their_kind_and_without_what_is_meant_for_the_source() -> None:
    access = Access(headers=(("X-Api-Key", "secret"),), auth="ann:secret")
    with LoopbackServer({"/1": page()}) as server:
        source = OriginSpec(name="voa", kind="web", locations=(server.url("/feed"),), access=access)
        app = app_of(
            source, stated=[server.url("/1")], allow=(f"127.0.0.1:{server.port}",), contact="me@a.example"
        )
        read_pages(app, [wish(server.url("/1"))], NOW)
    (seen,) = server.requests
    assert "secret" not in repr(seen.headers)
    assert (seen.header("accept") or "").startswith("text/html, ")
    assert "me@a.example" in (seen.header("user-agent") or "")
    assert [seen.header(name) for name in ("authorization", "cookie", "referer", "if-none-match")] == [None] * 4


def test_hosts_are_asked_side_by_side_and_the_pages_of_one_in_their_order() -> None:
    asked: list[str] = []

    async def read(wanted: WantedPage) -> PageAnswer:
        asked.append(wanted.url.removeprefix("https://"))
        await asyncio.sleep(0)
        return [PageText("<p>x</p>")]

    urls = [f"https://{host}.example/{number}" for host in "ab" for number in (1, 2)]
    read_pages(with_pages(app_of(), read), [wish(url) for url in urls], NOW)
    assert asked == ["a.example/1", "b.example/1", "a.example/2", "b.example/2"]


def test_b4_a_host_that_wants_rest_gets_it_from_feeds_too() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        busy = request.url.path == "/1" and asked.count("/1") == 1
        return httpx.Response(429, headers={"Retry-After": "7200"}) if busy else httpx.Response(200, html=STORY)

    urls = [f"https://www.voa.example/{number}" for number in (1, 2, 3)]
    rules = FetchRules(spacing=0.0)
    app = replace(app_of(), open_pages=partial(doors, rules, httpx.MockTransport(answer)))
    passes = [read_pages(app, [wish(url) for url in urls], NOW + timedelta(hours=hours)) for hours in (0, 1, 3)]
    assert [(one.asked, one.read, one.postponed) for one in passes] == [(1, 0, 2), (0, 0, 3), (3, 3, 0)]
    assert asked == ["/1", "/1", "/2", "/3"]
    rests = [state.rest for state in app.store.states().values()]
    assert rests == [Rest(host="voa.example", until=NOW + timedelta(hours=2))]


def test_a_host_that_a_feed_has_to_leave_alone_is_not_asked_for_pages() -> None:
    with LoopbackServer({"/1": page()}) as server:
        app = at(server, "/1")
        rest = Rest(host=f"127.0.0.1:{server.port}", until=NOW + timedelta(hours=1))
        app.store.commit(OriginChange(state=SourceState(name="voa", rest=rest)))
        assert read_pages(app, [wish(server.url("/1"))], NOW) == PagesReport(postponed=1)
    assert server.requests == []


@pytest.mark.parametrize(
    ("robots", "asked"),
    [
        pytest.param(
            Reply(body=b"User-agent: *\nDisallow: /1"), ["/robots.txt", "/2"], id="one page is forbidden"
        ),
        pytest.param(Reply(status=404), ["/robots.txt", "/1", "/2"], id="there is none"),
        pytest.param(Reply(status=500), ["/robots.txt"], id="it can not be read"),
    ],
)
def test_robots_txt_is_heeded_where_it_is_configured(robots: Reply, asked: list[str]) -> None:
    with LoopbackServer({"/robots.txt": robots, "/1": page(), "/2": page()}) as server:
        app = at(server, "/1", "/2", robots=True)
        report = read_pages(app, [wish(server.url("/1")), wish(server.url("/2"))], NOW)
    assert server.paths == asked
    assert report.read == len(asked) - 1
    assert all("robots.txt" in one.reason for one in report.failed)


def test_the_proxy_of_a_source_is_used_for_its_pages() -> None:
    asked: list[WantedPage] = []

    async def read(wanted: WantedPage) -> PageAnswer:
        asked.append(wanted)
        return [PageText("<p>x</p>")]

    source = OriginSpec(
        name="voa",
        kind="web",
        locations=("https://voa.example/feed",),
        access=Access(proxy="http://proxy.example:3128", auth="ann:secret"),
    )
    urls = [
        "https://voa.example/1",
        "https://voa.example:8443/2",
        "https://other.example/3",
        "https://voa.example/4",
    ]
    app = with_pages(app_of(source, stated=urls[:3]), read)
    read_pages(app, [wish(url) for url in urls], NOW)
    assert [(one.url, one.is_own, one.proxy) for one in sorted(asked, key=lambda one: urls.index(one.url))] == [
        (urls[0], True, "http://proxy.example:3128"),
        (urls[1], False, "http://proxy.example:3128"),
        (urls[2], False, "http://proxy.example:3128"),
        (urls[3], False, ""),
    ]


# --- trouble ----------------------------------------------------------------------------------------------


def slow(server: LoopbackServer) -> Callable[[Seen], Iterable[bytes]]:
    def answer(_: Seen) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"
        while not server.leaving.wait(0.05):
            yield b" "

    return answer


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param(Reply(status=500), "HTTP 500 Internal Server Error", id="an error of the server"),
        pytest.param(Reply(status=304), "HTTP 304 Not Modified", id="an answer to what nobody asked"),
        pytest.param(Reply(headers=HTML), "the page is empty", id="nothing"),
        pytest.param(
            Reply(headers=(("Content-Type", "application/pdf"),), body=b"%PDF-1"),
            "this is no web page, but application/pdf",
            id="a PDF",
        ),
        pytest.param(
            page("x" * 50_000),
            "50,061 bytes are too large, the limit is 50,000",
            id="a huge page",
        ),
        pytest.param(
            Reply(status=302, headers=(("Location", "/"),)),
            "its address leads to the front page",
            id="a page that is the front page now",
        ),
        pytest.param(
            Reply(status=302, headers=(("Location", "http://127.0.0.2:8080/"),)),
            "127.0.0.2:8080 is not asked, because 127.0.0.2 is no public address",
            id="a redirect to a private address",
        ),
    ],
)
def test_t1_a_page_that_can_not_be_read_is_told_with_its_reason(reply: Reply, reason: str) -> None:
    with LoopbackServer({"/1": reply, "/": page()}) as server:
        url = server.url("/1")
        app = at(server, "/1", max_bytes=50_000)
        report = read_pages(app, [wish(url)], NOW)
        known = head(app, url)
    assert [one.url for one in report.failed] == [url]
    assert report.failed[0].reason.startswith(reason)
    assert (report.asked, report.read) == (1, 0)
    assert known == PageHead(made_from="d1", digest="", read=NOW, tries=1, reason=report.failed[0].reason)


def test_t2_a_page_may_have_fewer_bytes_than_a_feed() -> None:
    with LoopbackServer({"/1": page("x" * 5_000_000)}) as server:
        (unread,) = read_pages(at(server, "/1", make=wired), [wish(server.url("/1"))], NOW).failed
    assert unread.reason == "5,000,061 bytes are too large, the limit is 5,000,000"


def test_t2_a_page_that_never_ends_is_given_up_at_the_deadline() -> None:
    with LoopbackServer({"/2": page()}) as server:
        server.routes["/1"] = slow(server)
        app = at(server, "/1", "/2", deadline=0.4)
        report = read_pages(app, [wish(server.url("/1")), wish(server.url("/2"))], NOW)
        assert text(app, server.url("/2"))
    assert [one.reason for one in report.failed] == ["127.0.0.1 did not deliver within 0.4 s"]


def test_t1_a_private_host_is_asked_for_the_posts_of_its_own_sources_alone() -> None:
    with LoopbackServer({"/secret": page("secret"), "/1": page()}) as server:
        app = at(server, "/1", make=wired)
        report = read_pages(app, [wish(server.url("/secret")), wish(server.url("/1"))], NOW)
        assert text(app, server.url("/1"))
    assert server.paths == ["/1"]
    (unread,) = report.failed
    assert unread.reason.startswith(f"127.0.0.1:{server.port} is not asked")
    assert "fetch.allow" not in unread.reason, "that would not help"


def test_t1_a_post_of_a_stranger_does_not_get_at_a_page_that_another_one_shares() -> None:
    stranger = EntryKey("https://stranger.example/1")
    with LoopbackServer({"/1": page("secret")}) as server:
        app = at(server, "/1")
        wishes = [wish(server.url("/1")), wish(server.url("/1"), post=stranger)]
        read_pages(app, wishes, NOW)
        assert app.store.page_heads(ARTICLE)[stranger].digest == ""
        assert text(app, server.url("/1"))
    assert server.paths == ["/1"]


@pytest.mark.parametrize(("status", "is_asked_again"), [(404, False), (410, False), (403, True), (503, True)])
def test_a_page_that_is_not_there_is_not_asked_for_again(status: int, is_asked_again: bool) -> None:  # noqa: FBT001
    with LoopbackServer({"/1": Reply(status=status)}) as server:
        app = at(server, "/1")
        read_pages(app, [wish(server.url("/1"))], NOW)
        known = head(app, server.url("/1"))
    assert is_wished(known, "d1", NOW + timedelta(days=9)) == is_asked_again
    assert known.tries == (1 if is_asked_again else GIVEN_UP)


def test_failures_are_counted_and_leave_the_text_that_is_there() -> None:
    with LoopbackServer({"/1": page()}) as server:
        url = server.url("/1")
        app = at(server, "/1")
        read_pages(app, [wish(url)], NOW)
        server.routes["/1"] = Reply(status=500)
        for tries in (1, 2, 3):
            read_pages(app, [wish(url, tries=tries - 1)], NOW)
            assert head(app, url).tries == tries
        assert text(app, url) == "<article><p>The story.</p></article>"
        server.routes["/1"] = page("New.")
        read_pages(app, [wish(url, tries=3)], NOW)
        assert (head(app, url).tries, head(app, url).reason) == (0, "")
        assert text(app, url) == "<article><p>New.</p></article>"


def test_t3_a_page_that_hangs_the_reader_costs_itself_alone() -> None:
    endless = encode(Recipe(css=("article ~ * ~ * ~ * ~ *",)))
    many = Reply(headers=HTML, body=b"<!doctype html><article>x</article>" + b"<p>x</p>" * 4000)

    @asynccontextmanager
    async def opened() -> AsyncIterator[ReadPage]:
        rules = FetchRules(allow=(f"127.0.0.1:{server.port}",))
        async with Fetcher(rules) as fetcher, Workers(1, deadline=1.5) as workers:
            yield PageReader(fetcher, fetcher, workers.run, CleaningRules(), heeds_robots=False).read

    with LoopbackServer({"/1": many, "/2": page()}) as server:
        app = replace(at(server, "/1", "/2"), open_pages=opened)
        report = read_pages(app, [wish(server.url("/1"), endless), wish(server.url("/2"))], NOW)
        assert text(app, server.url("/2"))
    assert [one.reason for one in report.failed] == ["the parser was stopped after 1.5 s"]


def test_a_host_that_gives_nothing_is_left_alone_for_the_rest_of_the_pass() -> None:
    pages = [f"/{number}" for number in range(FRUITLESS + 2)]
    with LoopbackServer(dict.fromkeys(pages, Reply(status=502))) as server:
        app = at(server, *pages)
        report = read_pages(app, [wish(server.url(path)) for path in pages], NOW)
        assert len(app.store.page_heads(ARTICLE)) == FRUITLESS
    assert server.paths == pages[:FRUITLESS]
    assert (report.asked, report.postponed) == (FRUITLESS, 2)


def test_pages_that_are_not_there_say_nothing_of_the_others() -> None:
    pages = [f"/{number}" for number in range(FRUITLESS + 2)]
    with LoopbackServer({pages[-1]: page()}) as server:
        report = read_pages(at(server, *pages), [wish(server.url(path)) for path in pages], NOW)
    assert (report.asked, report.read, report.postponed) == (FRUITLESS + 2, 1, 0)


def test_f44_a_fault_of_ours_in_one_page_does_not_stop_the_others() -> None:
    async def read(wanted: WantedPage) -> PageAnswer:
        await asyncio.sleep(0)
        if wanted.url.endswith("/1"):
            raise ValueError("oh")
        return [PageText("<p>x</p>")]

    app = with_pages(app_of(), read)
    report = read_pages(app, [wish("https://a.example/1"), wish("https://a.example/2")], NOW)
    reason = "feedbraid has a fault here, please report it: ValueError: oh"
    assert report == PagesReport(asked=2, read=1, failed=(Unread("https://a.example/1", reason),))


def test_what_is_postponed_is_not_counted_as_a_failure() -> None:
    async def read(_: WantedPage) -> PageAnswer:
        await asyncio.sleep(0)
        return Postponed(reason="later")

    app = with_pages(app_of(), read)
    assert read_pages(app, [wish("https://a.example/1")], NOW) == PagesReport(postponed=1)
    assert app.store.page_heads(ARTICLE) == {}


def test_trouble_is_told_in_the_order_of_addresses() -> None:
    async def read(wanted: WantedPage) -> PageAnswer:
        await asyncio.sleep(0.02 if wanted.url.startswith("https://a") else 0)
        return Failed(reason="no")

    urls = ["https://b.example/1", "https://a.example/2", "https://a.example/1"]
    report = read_pages(with_pages(app_of(), read), [wish(url) for url in urls], NOW)
    assert [one.url for one in report.failed] == sorted(urls)
