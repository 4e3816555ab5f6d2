"""Manners that need more than one request: turns, pauses, rest, redirects that last, robots.txt, credentials."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from feedbraid.domains import registered_domain
from feedbraid.fetch import Answer, Body, Fetcher
from feedbraid.model import Access, Failed, FetchRules, Postponed
from loopback import LoopbackServer, Reply, Seen

FEED = b"<rss version='2.0'/>"
Pages = dict[str, httpx.Response]


@dataclass
class Web:
    """A web of canned answers that notes who was asked at the same time as whom, on a clock of its own."""

    pages: Pages
    takes: float = 0.0
    """Seconds that each answer takes."""
    asked: list[httpx.Request] = field(default_factory=list)
    times: list[tuple[float, float]] = field(default_factory=list)
    most_at_once: dict[str, int] = field(default_factory=dict)
    _now: dict[str, int] = field(default_factory=dict)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        clock = asyncio.get_running_loop().time
        domain = registered_domain(request.url.host)
        start = clock()
        self.asked.append(request)
        self._now[domain] = self._now.get(domain, 0) + 1
        self.most_at_once[domain] = max(self.most_at_once.get(domain, 0), self._now[domain])
        await asyncio.sleep(self.takes)
        self._now[domain] -= 1
        self.times.append((start, clock()))
        known = self.pages.get(str(request.url))
        return httpx.Response(200, content=FEED) if known is None else known

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.asked]


class QuickLoop(asyncio.SelectorEventLoop):
    """A loop on which no time is waited for: it passes at once, as much as the next timer wants."""

    def __init__(self) -> None:
        super().__init__()
        self._passed = 0.0

    def time(self) -> float:
        return super().time() + self._passed

    def _run_once(self) -> None:
        # A timer that was given up may still be the first: after it the loop would wait in truth for the next one.
        timers = [one.when() for one in self._scheduled if not one.cancelled()]  # type: ignore[attr-defined]
        if not self._ready and timers:  # type: ignore[attr-defined]
            self._passed += max(0.0, min(timers) - self.time())
        super()._run_once()  # type: ignore[misc]


def ask_all(web: Web, *urls: str, access: Access | None = None, **rules: Any) -> list[Answer]:  # noqa: ANN401  # fields of FetchRules
    """Ask for all at once; answers in the order of the URLs."""

    async def run() -> list[Answer]:
        async with Fetcher(FetchRules(**rules), httpx.MockTransport(web)) as fetcher:
            return await asyncio.gather(*(fetcher.get(url, None, access or Access()) for url in urls))

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        return runner.run(run())


# --- turns and pauses -------------------------------------------------------------------------------------


def test_p15_a_host_is_asked_one_thing_at_a_time_and_has_time_to_breathe() -> None:
    web = Web({}, takes=0.2)
    ask_all(web, *(f"http://a.example/{number}" for number in range(4)))
    pauses = [start - end for (_, end), (start, _) in zip(web.times, web.times[1:], strict=False)]
    assert len(pauses) == 3
    assert all(0.95 <= pause <= 1.3 for pause in pauses), pauses


def test_p15_no_pause_is_longer_than_five_seconds() -> None:
    web = Web({}, takes=8)
    ask_all(web, "http://a.example/1", "http://a.example/2")
    assert 4.9 <= web.times[1][0] - web.times[0][1] <= 5.3


@pytest.mark.parametrize("rules", [{"spacing": 0.0}], ids=["spacing 0"])
def test_p15_the_pause_can_be_left_out(rules: dict[str, Any]) -> None:
    web = Web({}, takes=0.2)
    ask_all(web, "http://a.example/1", "http://a.example/2", **rules)
    assert web.times[1][0] - web.times[0][1] < 0.1


def test_p15_hosts_of_one_domain_are_asked_a_few_at_a_time() -> None:
    web = Web({}, takes=1)
    blogs = [f"http://user{number}.blogspot.com/feed" for number in range(10)]
    others = [f"http://site{number}.example/feed" for number in range(10)]
    ask_all(web, *blogs, *others, per_domain=3)
    assert web.most_at_once["blogspot.com"] == 3
    assert len(web.asked) == 20


def test_p15_hosts_of_the_operator_are_exempt_from_the_limit_of_a_domain() -> None:
    web = Web({}, takes=1)
    hosts = [f"blog{number}.me.example" for number in range(6)]
    ask_all(web, *(f"http://{host}/" for host in hosts), per_domain=1, own=tuple(hosts))
    assert web.most_at_once["me.example"] == 6


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        pytest.param("news.example.co.uk", "example.co.uk", id="two labels are public"),
        pytest.param("ann.blogspot.com", "blogspot.com", id="a service is one owner"),
        pytest.param("WWW.Example.COM.", "example.com", id="spelling"),
        pytest.param("192.0.2.1", "192.0.2.1", id="an address"),
        pytest.param("::1", "::1", id="an IPv6 address"),
        pytest.param("nas", "nas", id="a name without dots"),
        pytest.param("com", "com", id="a public suffix"),
    ],
)
def test_a_registered_domain(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


# --- rest -------------------------------------------------------------------------------------------------


def limited(status: int, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("answer", "scope", "postponed"),
    [
        pytest.param(
            limited(429), "service.com", ["http://a.service.com/2", "http://b.service.com/"], id="429: a domain"
        ),
        pytest.param(
            limited(503, Retry_After="60"),
            "a.service.com:80",
            ["http://a.service.com/2"],
            id="503 with a time: a host",
        ),
        pytest.param(limited(503), "", [], id="503 without a time: the source"),
        pytest.param(limited(500, Retry_After="60"), "", [], id="500: the source"),
    ],
)
def test_p8_who_rests_when_a_server_asks_for_it(answer: httpx.Response, scope: str, postponed: list[str]) -> None:
    web = Web({"http://a.service.com/1": answer}, takes=0.1)
    others = ["http://a.service.com/2", "http://b.service.com/", "http://elsewhere.com/"]

    async def run() -> list[Answer]:
        async with Fetcher(FetchRules(), httpx.MockTransport(web)) as fetcher:
            return [await fetcher.get(url, None) for url in ("http://a.service.com/1", *others)]

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        first, *rest = runner.run(run())
    assert isinstance(first, Failed)
    assert first.scope == scope
    assert [url for url, one in zip(others, rest, strict=True) if isinstance(one, Postponed)] == postponed
    assert [url for url in others if url not in web.urls] == postponed


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param({"own": ("a.service.com",)}, id="a host of the operator"),
        pytest.param({"allow": ("a.service.com",)}, id="a private host"),
    ],
)
def test_p8_on_own_and_private_hosts_only_the_source_rests(rules: dict[str, Any]) -> None:
    web = Web({"http://a.service.com/1": limited(429)})
    first, second = ask_all(web, "http://a.service.com/1", "http://a.service.com/2", **rules)
    assert isinstance(first, Failed)
    assert first.scope == ""
    assert isinstance(second, Body)


# --- memory -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "at_once"),
    [pytest.param(2**20 + 1, 2, id="large documents"), pytest.param(2**19, 6, id="usual documents")],
)
def test_i8_two_large_documents_are_held_at_a_time_and_no_deadline_counts_while_others_wait(
    size: int, at_once: int
) -> None:
    held = most = 0

    async def take(fetcher: Fetcher, number: int) -> None:
        nonlocal held, most
        answer = await fetcher.get(f"http://site{number}.example/feed", None)
        assert isinstance(answer, Body), answer
        held += 1
        most = max(most, held)
        await asyncio.sleep(20)
        held -= 1
        answer.release()
        answer.release()

    async def run() -> None:
        web = Web({f"http://site{n}.example/feed": httpx.Response(200, content=b"x" * size) for n in range(6)})
        async with Fetcher(FetchRules(deadline=1), httpx.MockTransport(web)) as fetcher:
            await asyncio.gather(*(take(fetcher, number) for number in range(6)))

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        runner.run(run())
    assert most == at_once


# --- redirects that last ----------------------------------------------------------------------------------


def hop(to: str, status: int) -> httpx.Response:
    return httpx.Response(status, headers={"Location": to})


@pytest.mark.parametrize(
    ("hops", "moved"),
    [
        pytest.param([301], "http://a.example/1", id="301"),
        pytest.param([308], "http://a.example/1", id="308"),
        pytest.param([301, 308], "http://a.example/2", id="two that last"),
        pytest.param([302], "", id="302"),
        pytest.param([303], "", id="303"),
        pytest.param([307], "", id="307"),
        pytest.param([301, 302], "http://a.example/1", id="one that lasts, then one that does not"),
        pytest.param([302, 301], "", id="nothing lasts behind one that does not"),
        pytest.param([301, 302, 301], "http://a.example/1", id="nor later"),
        pytest.param([], "", id="none"),
    ],
)
def test_p23_p24_how_far_the_way_is_for_good(hops: list[int], moved: str) -> None:
    pages = {f"http://a.example/{n}": hop(f"/{n + 1}", status) for n, status in enumerate(hops)}
    (answer,) = ask_all(Web(pages), "http://a.example/0")
    assert isinstance(answer, Body)
    assert answer.moved == moved


# --- credentials ------------------------------------------------------------------------------------------

SECRET = Access(headers=(("X-Key", "hush"), ("User-Agent", "mine")), auth="ann:sesame")
BASIC = "Basic " + base64.b64encode(b"ann:sesame").decode()


def test_headers_and_passwords_go_to_the_host_of_the_source() -> None:
    web = Web({})
    ask_all(web, "http://a.example/feed", access=SECRET)
    (request,) = web.asked
    assert (request.headers["x-key"], request.headers["authorization"]) == ("hush", BASIC)
    assert request.headers.get_list("user-agent") == ["mine"]


@pytest.mark.parametrize(
    ("target", "is_told"),
    [
        pytest.param("http://a.example/other", True, id="the same host"),
        pytest.param("http://b.example/feed", False, id="another host"),
        pytest.param("http://a.example:8080/feed", False, id="another port"),
        pytest.param("https://a.example/feed", False, id="another scheme"),
    ],
)
def test_t12_no_redirect_carries_secrets_elsewhere(target: str, is_told: bool) -> None:  # noqa: FBT001  # a column
    web = Web({"http://a.example/feed": hop(target, 302)})
    ask_all(web, "http://a.example/feed", access=SECRET)
    assert web.urls == ["http://a.example/feed", target]
    assert ("authorization" in web.asked[1].headers) is is_told
    assert ("x-key" in web.asked[1].headers) is is_told


def test_t12_no_secret_is_in_a_reason() -> None:
    web = Web({"http://a.example/feed": limited(403)})
    (answer,) = ask_all(web, "http://a.example/feed", access=SECRET)
    assert not any(secret in str(answer) for secret in ("hush", "sesame", BASIC))


# --- proxies ----------------------------------------------------------------------------------------------


def through(proxy: str, url: str, **rules: Any) -> Answer:  # noqa: ANN401  # fields of FetchRules
    async def run() -> Answer:
        async with Fetcher(FetchRules(**rules)) as fetcher:
            return await fetcher.get(url, None, Access(proxy=proxy))

    return asyncio.run(run())


def test_a_proxy_gets_the_whole_address_and_its_own_password() -> None:
    seen: list[Seen] = []

    def answer(request: Seen) -> Reply:
        seen.append(request)
        return Reply(body=FEED)

    with LoopbackServer({"http://news.example/feed": answer}) as proxy:
        found = through(f"http://ann:sesame@127.0.0.1:{proxy.port}", "http://news.example/feed")
    assert isinstance(found, Body)
    assert found.content == FEED
    assert seen[0].header("Host") == "news.example"
    assert seen[0].header("Proxy-Authorization") == BASIC


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://127.0.0.1/feed", id="loopback"),
        pytest.param("http://[::ffff:10.0.0.1]/feed", id="a private address in another spelling"),
        pytest.param("http://localhost/feed", id="localhost"),
        pytest.param("http://metadata.localhost/feed", id="a name below localhost"),
        pytest.param("http://169.254.169.254/latest", id="metadata"),
        pytest.param("http://0x7f.1/feed", id="hexadecimal"),
        pytest.param("http://2130706433/feed", id="one number"),
        pytest.param("http://127.1/feed", id="short"),
    ],
)
def test_t1_no_private_address_is_asked_through_a_proxy(url: str) -> None:
    with LoopbackServer({url: Reply(body=FEED)}) as proxy:
        found = through(f"http://127.0.0.1:{proxy.port}", url)
        assert proxy.connections == 0
    assert isinstance(found, Failed)
    assert "no public address" in found.reason


def test_a_proxy_that_is_not_there_is_named_without_its_password() -> None:
    with LoopbackServer() as proxy:
        port = proxy.port
    found = through(f"http://ann:sesame@127.0.0.1:{port}", "http://news.example/feed")
    assert isinstance(found, Failed)
    assert found.reason.startswith("through the proxy 127.0.0.1: ")
    assert "sesame" not in found.reason


# --- robots.txt -------------------------------------------------------------------------------------------


def allowed(web: Web, *urls: str) -> list[bool | Failed]:
    async def run() -> list[bool | Failed]:
        async with Fetcher(FetchRules(), httpx.MockTransport(web)) as fetcher:
            return await asyncio.gather(*(fetcher.robots_allow(url) for url in urls))

    with asyncio.Runner(loop_factory=QuickLoop) as runner:
        return runner.run(run())


def robots(text: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, content=text.encode())


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        pytest.param(robots("User-agent: *\nDisallow: /private/"), True, id="another path"),
        pytest.param(robots("User-agent: *\nDisallow: /"), False, id="all are kept out"),
        pytest.param(robots("User-agent: feedbraid\nDisallow: /feed"), False, id="we are kept out"),
        pytest.param(
            robots("User-agent: *\nDisallow: /\n\nUser-agent: feedbraid\nAllow: /feed"), True, id="we may"
        ),
        pytest.param(robots("\0\1nonsense"), True, id="nonsense"),
        pytest.param(lambda: httpx.Response(404), True, id="there is none"),
        pytest.param(lambda: httpx.Response(403), True, id="RFC 9309 2.3.1.3: it can not be had"),
    ],
)
def test_robots_txt(answer: Callable[[], httpx.Response], verdict: bool) -> None:  # noqa: FBT001  # a column
    web = Web({"http://a.example/robots.txt": answer()})
    assert allowed(web, "http://a.example/feed", "http://a.example/feed") == [verdict, verdict]
    assert web.urls == ["http://a.example/robots.txt"]


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_that_can_not_say_what_it_allows_is_not_asked_for_more(status: int) -> None:
    web = Web({"http://a.example/robots.txt": httpx.Response(status)})
    (found,) = allowed(web, "http://a.example/feed")
    assert isinstance(found, Failed)
    assert "robots.txt" in found.reason
