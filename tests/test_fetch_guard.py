from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest

from asking import FEED, ask_loopback, reason_of
from feedbraid.fetch import Body, Fetcher, GuardedTransport
from feedbraid.model import FetchRules
from loopback import LoopbackServer, Reply

# --- the guard --------------------------------------------------------------------------------------------

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.127.127.127",
    "0.0.0.0",  # noqa: S104  # refused, not bound to
    "0",
    "0x7f.0.0.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "2130706433",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "ip6-localhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "127。0。0。1",
    "１２７.０.０.１",
    "[fe80::1%25lo]",
    "0x7f.1",
    "0177.1",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "[::1%251]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
]

METADATA = [
    "169.254.169.254",
    "169.254.43518",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[fd00:ec2::254]",
    "100.100.100.200",
    "168.63.129.16",
]
"""Where clouds tell a machine its own secrets. Whoever connects there is stopped by the guard of all tests."""


@pytest.mark.parametrize("host", SPELLINGS)
def test_t1_no_spelling_of_loopback_is_connected_to(host: str) -> None:
    with LoopbackServer({"/": Reply(body=b"inner")}) as server:
        on_its_port, on_port_80 = ask_loopback(server.url("/", host), f"http://{host}:80/", allow=())
    assert reason_of(on_its_port)
    assert re.search("no public address|no usable address|can not be resolved", reason_of(on_port_80))
    assert server.connections == 0


@pytest.mark.parametrize("host", SPELLINGS)
def test_t1_a_redirect_into_the_machine_is_refused(host: str) -> None:
    with LoopbackServer({"/": Reply(body=b"inner")}) as inner, LoopbackServer() as outer:
        outer.routes["/"] = Reply(
            status=302, headers=(("Location", inner.url("/", host).encode().decode("latin-1")),)
        )
        (answer,) = ask_loopback(outer.url("/"))
    assert reason_of(answer)
    assert outer.paths == ["/"]
    assert inner.connections == 0


@pytest.mark.parametrize("host", METADATA)
def test_t1_metadata_of_clouds_are_asked_neither_at_once_nor_behind_a_redirect(host: str) -> None:
    with LoopbackServer() as outer:
        outer.routes["/"] = Reply(status=307, headers=(("Location", f"http://{host}/latest/meta-data/"),))
        answers = ask_loopback(outer.url("/"), f"http://{host}/latest/meta-data/", f"https://{host}/")
    assert all(re.search("no public address|no usable address", reason_of(answer)) for answer in answers)
    assert outer.paths == ["/"]


def test_t1_each_hop_of_a_redirect_is_judged() -> None:
    with LoopbackServer({"/": Reply(body=b"inner")}) as inner, LoopbackServer() as outer:
        outer.routes["/"] = Reply(status=301, headers=(("Location", "/2"),))
        outer.routes["/2"] = Reply(status=302, headers=(("Location", outer.url("/3")),))
        outer.routes["/3"] = Reply(status=308, headers=(("Location", inner.url("/")),))
        (answer,) = ask_loopback(outer.url("/"))
    assert f"127.0.0.1:{inner.port} is not asked" in reason_of(answer)
    assert outer.paths == ["/", "/2", "/3"]
    assert inner.connections == 0


def test_the_refusal_says_what_to_add() -> None:
    (answer,) = ask_loopback("http://127.0.0.1:8799/", allow=())
    assert reason_of(answer) == (
        "127.0.0.1:8799 is not asked, because 8799 is no port of the web; "
        'to allow it, set fetch.allow: ["127.0.0.1:8799"]'
    )


def test_an_allowed_name_is_asked_at_its_address() -> None:
    with LoopbackServer({"/": Reply(body=FEED)}) as server:
        (answer,) = ask_loopback(server.url("/", "localhost"), allow=(f"localhost:{server.port}",))
    assert isinstance(answer, Body)
    assert server.requests[0].header("host") == f"localhost:{server.port}"


def stubbed(found: Callable[[str], list[str]], *allow: str) -> GuardedTransport:
    return GuardedTransport(FetchRules(allow=allow), found)


def test_t1_a_name_is_resolved_once_and_the_judged_address_is_connected_to() -> None:
    resolved: list[str] = []

    def rebinding(host: str) -> list[str]:
        resolved.append(host)
        return ["127.0.0.1"] if len(resolved) == 1 else ["10.0.0.1"]

    with LoopbackServer({"/": Reply(body=FEED)}) as server:
        transport = stubbed(rebinding, f"a.example:{server.port}")
        (answer,) = ask_loopback(server.url("/", "a.example"), transport=transport)
    assert isinstance(answer, Body)
    assert resolved == ["a.example"]


def test_t1_a_name_that_turns_to_loopback_after_it_was_judged_never_gets_there() -> None:
    turns = iter((["::1"], ["127.0.0.1"], ["127.0.0.1"]))
    with LoopbackServer({"/": Reply(body=b"inner")}) as inner:
        url = inner.url("/", "a.example")  # nobody listens at ::1, which is allowed
        answers = ask_loopback(url, url, transport=stubbed(lambda _: next(turns), f"[::1]:{inner.port}"))
    assert ["is not asked" in reason_of(answer) for answer in answers] == [False, True]
    assert inner.connections == 0


def test_t1_a_public_address_that_was_judged_is_the_one_that_is_connected_to() -> None:
    turns = iter((["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]))
    with LoopbackServer({"/": Reply(body=b"inner")}) as inner:
        transport = stubbed(lambda _: next(turns), f"8.8.8.8:{inner.port}")
        with pytest.raises(AssertionError, match=r"a test tried to reach .'8.8.8.8'"):  # the guard of all tests
            ask_loopback(inner.url("/", "a.example"), transport=transport)
    assert inner.connections == 0


def test_t1_of_several_addresses_only_those_that_may_be_asked_are_connected_to() -> None:
    with LoopbackServer({"/": Reply(body=FEED)}) as server:
        transport = stubbed(lambda _: ["127.0.0.2", "::1", "127.0.0.1"], f"127.0.0.1:{server.port}")
        (answer,) = ask_loopback(server.url("/", "a.example"), transport=transport)
    assert isinstance(answer, Body)


def test_an_address_that_does_not_answer_is_followed_by_the_next() -> None:
    with LoopbackServer({"/": Reply(body=FEED)}) as server:
        transport = stubbed(lambda _: ["::1", "127.0.0.1"], f"a.example:{server.port}")
        (answer,) = ask_loopback(server.url("/", "a.example"), transport=transport)
    assert isinstance(answer, Body)


def unknown(host: str) -> list[str]:
    raise OSError(-2, f"no such name as {host}")


def invalid(host: str) -> list[str]:
    raise UnicodeError(host)


@pytest.mark.parametrize(
    ("resolve", "reason"),
    [
        pytest.param(unknown, "the name a.example can not be resolved: no such name as a.example", id="unknown"),
        pytest.param(invalid, "the name a.example can not be resolved: it is no valid name", id="invalid"),
        pytest.param(lambda _: [], "the name a.example has no address", id="no address"),
        pytest.param(
            lambda _: ["10.0.0.1"],
            "a.example:80 is not asked, because 10.0.0.1 is no public address; "
            'to allow it, set fetch.allow: ["a.example:80"]',
            id="private",
        ),
    ],
)
def test_a_name_that_leads_nowhere_is_a_failure(resolve: Callable[[str], list[str]], reason: str) -> None:
    (answer,) = ask_loopback("http://a.example/", transport=stubbed(resolve))
    assert reason_of(answer) == reason


def test_a_name_server_that_is_slow_is_told_apart() -> None:
    release = threading.Event()

    def wait(_: str) -> list[str]:
        release.wait()
        return []

    try:
        (answer,) = ask_loopback("http://a.example/", transport=stubbed(wait), connect_timeout=0.1)
    finally:
        release.set()
    assert reason_of(answer) == "the name a.example was not resolved within 0.1 s"


def test_an_allowance_that_means_nothing_is_trouble_at_home() -> None:
    with pytest.raises(ValueError, match="no host, host:port or network"):
        Fetcher(FetchRules(allow=("http://a.example/",)))


def test_f38_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer({"/": Reply(body=FEED)}) as server, LoopbackServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        (answer,) = ask_loopback(server.url("/"))
    assert isinstance(answer, Body)
    assert proxy.requests == []
