from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedbraid import __version__
from feedbraid.fetch import Answer, Body, Fetcher, NotModified
from feedbraid.model import Failed, FetchRules, Validators

FEED = b"<rss version='2.0'/>"
Handler = Callable[[httpx.Request], httpx.Response]


def ask(
    handler: Handler,
    url: str = "http://a.example/feed",
    known: Validators | None = None,
    **rules: Any,  # noqa: ANN401  # fields of FetchRules
) -> Answer:
    """One document from a web that is a function."""

    async def run() -> Answer:
        async with Fetcher(FetchRules(**rules), httpx.MockTransport(handler)) as fetcher:
            return await fetcher.get(url, known)

    return asyncio.run(run())


def reason_of(answer: Answer) -> str:
    assert isinstance(answer, Failed), answer
    assert answer.reason.isprintable()
    return answer.reason


class Site:
    """A web of canned answers by URL, which remembers what it was asked."""

    def __init__(self, pages: dict[str, httpx.Response]) -> None:
        self.pages = pages
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.pages.get(str(request.url), httpx.Response(404))

    @property
    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


def redirect(to: str | bytes, status: int = 302) -> httpx.Response:
    return httpx.Response(status, headers=[(b"Location", to.encode() if isinstance(to, str) else to)])


def conditions(request: httpx.Request) -> dict[bytes, bytes]:
    return {name: value for name, value in request.headers.raw if name.lower().startswith(b"if-")}


# --- what is sent -----------------------------------------------------------------------------------------


def test_p17_p18_p19_p25_p26_p27_the_request_has_these_headers_and_no_other() -> None:
    site = Site({"http://a.example/feed?x=1": httpx.Response(200, content=FEED)})
    ask(site, "http://a.example/feed?x=1#part", contact="https://me.example/about")
    (request,) = site.requests
    assert request.method == "GET"
    assert request.url.raw_path == b"/feed?x=1"
    sent = dict(request.headers)
    assert sent.pop("accept").startswith("application/atom+xml, application/rss+xml, application/feed+json")
    assert sent == {
        "host": "a.example",
        "accept-encoding": "gzip",
        "user-agent": f"feedbraid/{__version__} (+https://me.example/about)",
    }


@pytest.mark.parametrize(
    ("contact", "comment"),
    [
        pytest.param("", "no contact configured", id="none"),
        pytest.param("me@a.example\r\nX: y", "+me@a.example X: y", id="no second header"),
        pytest.param("张@a.example", "+张@a.example", id="beyond ASCII"),
    ],
)
def test_the_user_agent_is_one_honest_line(contact: str, comment: str) -> None:
    site = Site({})
    ask(site, contact=contact)
    raw = dict(site.requests[0].headers.raw)
    assert raw[b"User-Agent"].decode() == f"feedbraid/{__version__} ({comment})"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("ftp://a.example/feed", id="ftp"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("/feed", id="a path"),
        pytest.param("", id="nothing"),
        pytest.param("http:///feed", id="no host"),
        pytest.param("http://[::1", id="a broken address"),
        pytest.param("http://a.example:port/", id="a port that is no number"),
        pytest.param("http://a\0b/", id="a control character"),
        pytest.param("http://user:secret@a.example/", id="user and password"),
        pytest.param("http://secret@a.example/", id="user"),
        pytest.param("http://u:secret/x@a.example/", id="a password that breaks the address"),
    ],
)
def test_an_address_that_is_not_asked_fails_before_any_request(url: str) -> None:
    site = Site({})
    assert "secret" not in reason_of(ask(site, url))
    assert site.requests == []


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=40), st.binary(max_size=40))
def test_no_address_and_no_location_raises(url: str, location: bytes) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return redirect(location)

    assert isinstance(ask(handler, url), Failed)
    assert isinstance(ask(handler), Failed)


# --- validators -------------------------------------------------------------------------------------------


def test_p1_p2_validators_come_and_go_byte_for_byte() -> None:
    etag, modified = b'W/"\xe9-gzip"', b"sunday, 22 nov 2026"
    page = httpx.Response(200, headers=[(b"ETag", etag), (b"Last-Modified", modified)], content=FEED)
    site = Site({"http://a.example/feed": page})
    first = ask(site)
    assert isinstance(first, Body)
    assert first.validators == Validators(url="http://a.example/feed", etag=etag, last_modified=modified)
    ask(site, known=first.validators)
    assert [conditions(request) for request in site.requests] == [
        {},
        {b"If-None-Match": etag, b"If-Modified-Since": modified},
    ]


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        pytest.param(Validators(), {}, id="none known"),
        pytest.param(Validators(url="http://a.example/feed"), {}, id="neither header was given"),
        pytest.param(Validators(url="http://b.example/feed", etag=b'"1"'), {}, id="of another URL"),
        pytest.param(
            Validators(url="http://a.example/feed", etag=b'"1"'), {b"If-None-Match": b'"1"'}, id="an ETag alone"
        ),
        pytest.param(
            Validators(url="http://a.example/feed", last_modified=b"then"),
            {b"If-Modified-Since": b"then"},
            id="a date alone",
        ),
    ],
)
def test_p3_nothing_is_invented(known: Validators, sent: dict[bytes, bytes]) -> None:
    site = Site({})
    ask(site, known=known)
    assert conditions(site.requests[0]) == sent


def test_validators_are_sent_on_the_hop_that_they_belong_to() -> None:
    site = Site(
        {"http://a.example/feed": redirect("https://a.example/rss"), "https://a.example/rss": httpx.Response(304)}
    )
    known = Validators(url="https://a.example/rss", etag=b'"1"')
    assert ask(site, known=known) == NotModified(validators=known)
    assert [conditions(request) for request in site.requests] == [{}, {b"If-None-Match": b'"1"'}]


def test_validators_are_not_told_after_a_step_from_https_to_http() -> None:
    site = Site({"https://a.example/feed": redirect("http://a.example/feed")})
    ask(site, "https://a.example/feed", known=Validators(url="http://a.example/feed", etag=b'"1"'))
    assert [conditions(request) for request in site.requests] == [{}, {}]


def test_validators_are_not_told_later_either_after_such_a_step() -> None:
    site = Site(
        {
            "https://a.example/feed": redirect("http://b.example/"),
            "http://b.example/": redirect("http://a.example/feed"),
        }
    )
    ask(site, "https://a.example/feed", known=Validators(url="http://a.example/feed", etag=b'"1"'))
    assert [conditions(request) for request in site.requests] == [{}, {}, {}]


def test_p7_a_304_renews_validators_and_max_age() -> None:
    headers = [(b"ETag", b'"2"'), (b"Cache-Control", b"max-age=60")]
    known = Validators(url="http://a.example/feed", etag=b'"1"', last_modified=b"then")
    assert ask(Site({"http://a.example/feed": httpx.Response(304, headers=headers)}), known=known) == NotModified(
        validators=Validators(url="http://a.example/feed", etag=b'"2"', last_modified=b"then"),
        max_age=timedelta(seconds=60),
    )


@pytest.mark.parametrize("known", [None, Validators(url="http://b.example/", etag=b'"1"')])
def test_robustness_4_2_a_304_that_was_not_asked_for_is_a_failure(known: Validators | None) -> None:
    site = Site({"http://a.example/feed": httpx.Response(304)})
    assert reason_of(ask(site, known=known)) == "HTTP 304 Not Modified"


# --- answers ----------------------------------------------------------------------------------------------


def test_a_200_gives_the_document() -> None:
    headers = [(b"Content-Type", b"application/rss+xml; charset=\xe9"), (b"Cache-Control", b"max-age=60")]
    site = Site({"http://a.example/feed": httpx.Response(200, headers=headers, content=FEED)})
    assert ask(site, "HTTP://A.example:80/feed#x") == Body(
        url="http://a.example/feed",
        content=FEED,
        content_type="application/rss+xml; charset=\xe9",
        validators=Validators(url="http://a.example/feed"),
        max_age=timedelta(seconds=60),
    )


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(204, "HTTP 204 No Content", id="no content"),
        pytest.param(206, "HTTP 206 Partial Content: sorry", id="a part"),
        pytest.param(300, "HTTP 300 Multiple Choices: sorry", id="a choice"),
        pytest.param(403, "HTTP 403 Forbidden: sorry", id="forbidden"),
        pytest.param(404, "HTTP 404 Not Found: sorry", id="not found"),
        pytest.param(410, "HTTP 410 Gone: sorry", id="gone"),
        pytest.param(429, "HTTP 429 Too Many Requests: sorry", id="too many"),
        pytest.param(503, "HTTP 503 Service Unavailable: sorry", id="unavailable"),
    ],
)
def test_only_200_and_304_are_success(status: int, reason: str) -> None:
    body = b"" if status == 204 else b"sorry"
    answer = httpx.Response(status, headers={"Content-Type": "text/plain", "Retry-After": "120"}, content=body)
    failed = ask(Site({"http://a.example/feed": answer}))
    assert isinstance(failed, Failed)
    assert (failed.reason, failed.status, failed.retry_after) == (reason, status, timedelta(seconds=120))


# --- redirects --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "final"),
    [
        pytest.param("http://b.example/rss", "http://b.example/rss", id="absolute"),
        pytest.param("/rss?x=1", "http://a.example/rss?x=1", id="a path"),
        pytest.param("rss", "http://a.example/dir/rss", id="relative"),
        pytest.param("//b.example/rss", "http://b.example/rss", id="without a scheme"),
        pytest.param("/rss#part", "http://a.example/rss", id="with a fragment"),
        pytest.param("/源".encode(), "http://a.example/%E6%BA%90", id="in UTF-8"),
    ],
)
def test_a_redirect_is_followed(status: int, location: str | bytes, final: str) -> None:
    site = Site(
        {"http://a.example/dir/feed": redirect(location, status), final: httpx.Response(200, content=FEED)}
    )
    answer = ask(site, "http://a.example/dir/feed")
    assert isinstance(answer, Body)
    assert answer.url == answer.validators.url == final
    assert site.urls == ["http://a.example/dir/feed", final]


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        pytest.param("", "a redirect without a Location", id="no Location"),
        pytest.param("ftp://a.example/feed", "only http and https are asked, not ftp", id="ftp"),
        pytest.param("file:///etc/passwd", "only http and https are asked, not file", id="file"),
        pytest.param("http://u:secret@b.example/", "user name or a password", id="user and password"),
        pytest.param("http://a.example:port/", "no usable address", id="a broken address"),
        pytest.param("/feed", "go in a circle", id="to itself"),
    ],
)
def test_a_redirect_that_leads_nowhere_is_a_failure(location: str, reason: str) -> None:
    site = Site({"http://a.example/feed": redirect(location)})
    found = reason_of(ask(site))
    assert reason in found
    assert "a.example" in found
    assert "secret" not in found
    assert len(site.requests) == 1


def test_redirects_in_a_circle_end_where_it_closes() -> None:
    site = Site({"http://a.example/feed": redirect("/login"), "http://a.example/login": redirect("/feed")})
    assert reason_of(ask(site)) == "the redirects of a.example go in a circle"
    assert site.urls == ["http://a.example/feed", "http://a.example/login"]


def test_no_more_redirects_are_followed_than_the_rules_allow() -> None:
    pages = {f"http://a.example/{n}": redirect(f"/{n + 1}") for n in range(9)}
    pages["http://a.example/5"] = httpx.Response(200, content=FEED)
    assert isinstance(ask(Site(pages), "http://a.example/0", max_redirects=5), Body)
    site = Site(pages)
    assert reason_of(ask(site, "http://a.example/0", max_redirects=4)).startswith("more than 4 redirects")
    assert len(site.requests) == 5


# --- turns and troubles -----------------------------------------------------------------------------------


def test_d22_waiting_for_a_turn_does_not_count_for_the_deadline() -> None:
    async def slowly(_: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.2)
        return httpx.Response(200, content=FEED)

    async def run() -> list[Answer]:
        async with Fetcher(FetchRules(deadline=0.5), httpx.MockTransport(slowly)) as fetcher:
            return await asyncio.gather(*(fetcher.get(f"http://a.example/{n}", None) for n in range(3)))

    assert [type(answer) for answer in asyncio.run(run())] == [Body] * 3


def test_redirects_between_two_hosts_do_not_wait_for_each_other_for_ever() -> None:
    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if request.url.path == "/end":
            return httpx.Response(200, content=FEED)
        return redirect("http://b.example/end" if request.url.host == "a.example" else "http://a.example/end")

    async def run() -> list[Answer]:
        async with Fetcher(FetchRules(), httpx.MockTransport(handler)) as fetcher:
            asked = asyncio.gather(*(fetcher.get(f"http://{host}.example/", None) for host in "ab"))
            return await asyncio.wait_for(asked, 5.0)

    assert [type(answer) for answer in asyncio.run(run())] == [Body, Body]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(httpx.ConnectTimeout(""), "no connection to a.example within 10 s", id="connecting"),
        pytest.param(httpx.ReadTimeout(""), "a.example was silent for 10 s", id="reading"),
        pytest.param(httpx.WriteTimeout(""), "a.example was silent for 10 s", id="writing"),
        pytest.param(httpx.ConnectError("no route"), "no connection to a.example: no route", id="no route"),
        pytest.param(httpx.ReadError(""), "the connection to a.example broke: ReadError", id="broken off"),
        pytest.param(httpx.DecodingError("odd"), "a.example could not be asked: odd", id="another error of httpx"),
        pytest.param(
            OSError(24, "Too many open files"), "could not be asked: [Errno 24] Too many open", id="system"
        ),
        pytest.param(ssl.SSLError(1, "wrong version"), "no TLS connection with a.example: ", id="TLS"),
    ],
)
def test_every_error_on_the_way_becomes_a_reason(error: Exception, reason: str) -> None:
    requests = 0

    def handler(_: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        raise error

    assert reason in reason_of(ask(handler))
    assert requests == 1
