"""Messages to hubs and webhooks: each is delivered once, none is lost, and none holds anything up."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from factories import MOMENT, after
from feedbraid import errands, websub
from feedbraid.answers import Unusable
from feedbraid.app import Choices
from feedbraid.config import load_config
from feedbraid.errands import Subscribers, decided, settle
from feedbraid.errors import PublishError
from feedbraid.fetch import deliver
from feedbraid.fetch._deliver import sent_on
from feedbraid.model import (
    Channel,
    Delivered,
    Delivery,
    FetchRules,
    Message,
    SourceState,
    Topic,
    Undelivered,
    Unsent,
)
from feedbraid.records import Errand, Subscription
from feedbraid.run import run_once
from feedbraid.serve._callback import callback_routes
from feedbraid.settings import Config
from feedbraid.store import OriginChange, Store
from feedbraid.wire import opened
from loopback import LoopbackServer, Reply, Seen
from program import Instance
from serving import Server, serving, write
from stories import posts, rss

PING = Errand(
    kind="ping", target="https://hub.example/x", subject="https://out.example/a/atom.xml", made=MOMENT, due=MOMENT
)
RULES = FetchRules(silence_timeout=2, connect_timeout=2)


# --- what is decided --------------------------------------------------------------------------------------


def test_a_message_that_was_delivered_is_done() -> None:
    outcome = decided(PING, Delivered(204), MOMENT)
    assert (outcome.again, outcome.complaint) == (None, "")


def test_a_message_that_was_not_sent_waits_as_it_is() -> None:
    outcome = decided(PING, Unsent(), MOMENT)
    assert (outcome.again, outcome.complaint) == (PING, "")


@pytest.mark.parametrize(("tries", "minutes"), [(0, 1), (1, 5), (2, 15), (3, 60), (4, 360), (5, 360)])
def test_a_message_is_tried_again_later_and_later(tries: int, minutes: int) -> None:
    again = decided(replace(PING, tries=tries), Undelivered(reason="down", status=503), MOMENT).again
    assert again == replace(PING, tries=tries + 1, due=after(minutes=minutes), error="down")


def test_what_the_server_wishes_for_is_heeded() -> None:
    wish = Undelivered(reason="slow down", status=429, retry_after=timedelta(hours=2))
    again = decided(PING, wish, MOMENT).again
    assert again is not None
    assert again.due == after(hours=2)


@pytest.mark.parametrize(
    ("status", "is_kept"), [(400, False), (404, False), (410, False), (408, True), (301, True)]
)
def test_a_refusal_ends_it_at_once(status: int, *, is_kept: bool) -> None:
    outcome = decided(PING, Undelivered(reason="no", status=status), MOMENT)
    assert (outcome.again is not None) is is_kept
    assert outcome.complaint


def test_it_is_given_up_after_a_day() -> None:
    old = replace(PING, tries=5)
    assert decided(old, Undelivered(reason="down"), after(hours=17)).again is not None
    outcome = decided(old, Undelivered(reason="down"), after(hours=18))
    assert outcome.again is None
    assert "given up" in outcome.complaint


def test_it_is_complained_of_at_first_and_at_last() -> None:
    down = Undelivered(reason="down")
    said = [decided(replace(PING, tries=tries), down, MOMENT).complaint for tries in (0, 1, 2)]
    assert [bool(one) for one in said] == [True, False, False]


def test_no_complaint_names_the_address_of_a_webhook() -> None:
    alert = replace(PING, kind="alert", target="https://hooks.example/s3cr3t/path")
    said = decided(alert, Undelivered(reason="HTTP 404 Not Found", status=404), MOMENT).complaint
    assert "hooks.example" in said
    assert "s3cr3t" not in said


# --- on the wire ------------------------------------------------------------------------------------------


def _sent(*messages: Message, seconds: float = 5, rules: FetchRules = RULES) -> tuple[Delivery, ...]:
    return asyncio.run(deliver(messages, rules, seconds=seconds))


def test_a_message_is_posted_as_it_is() -> None:
    with LoopbackServer({"/hook?k=1": Reply(status=204)}) as server:
        one = Message(url=server.url("/hook?k=1"), body=b"\xff{}", headers=(("X-Key", "abc"),), is_own=True)
        assert _sent(one) == (Delivered(204),)
        (seen,) = server.requests
    assert (seen.method, seen.body, seen.header("X-Key")) == ("POST", b"\xff{}", "abc")
    assert (seen.header("User-Agent") or "").startswith("feedbraid/")


def test_a_private_host_is_sent_something_only_if_the_operator_named_it() -> None:
    with LoopbackServer({"/": Reply()}) as server:
        (foreign,) = _sent(Message(url=server.url("/"), body=b""))
        assert isinstance(foreign, Undelivered)
        assert server.requests == []
        allowed = replace(RULES, allow=(f"127.0.0.1:{server.port}",))
        assert _sent(Message(url=server.url("/"), body=b""), rules=allowed) == (Delivered(200),)


@pytest.mark.parametrize("status", [307, 308])
def test_a_hub_may_send_a_request_on_but_a_webhook_with_its_secrets_not(status: int) -> None:
    with LoopbackServer({"/new": Reply(status=202)}) as server:
        server.routes["/old"] = Reply(status=status, headers=(("Location", "/new"),))
        one = Message(url=server.url("/old"), body=b"a=1", is_own=True, follows=True)
        assert _sent(one) == (Delivered(202),)
        assert [(seen.method, seen.path, seen.body) for seen in server.requests] == [
            ("POST", "/old", b"a=1"),
            ("POST", "/new", b"a=1"),
        ]
        (result,) = _sent(replace(one, follows=False))
        assert isinstance(result, Undelivered)
        assert result.status == status


def test_a_host_that_the_operator_named_does_not_lead_to_another_private_one() -> None:
    with LoopbackServer({"/": Reply()}) as other, LoopbackServer() as server:
        server.routes["/"] = Reply(status=307, headers=(("Location", other.url("/")),))
        (result,) = _sent(Message(url=server.url("/"), body=b"", is_own=True, follows=True))
        assert isinstance(result, Undelivered)
        assert other.requests == []


@pytest.mark.parametrize(
    ("url", "location", "following"),
    [
        ("https://hub.example/a", "/b", "https://hub.example/b"),
        ("https://hub.example/a", "https://other.example/", "https://other.example/"),
        ("http://hub.example/a", "http://other.example/", "http://other.example/"),
        ("http://hub.example/a", "https://hub.example/a", "https://hub.example/a"),
    ],
)
def test_a_message_is_sent_on_to_where_the_server_wants_it(url: str, location: str, following: str) -> None:
    assert str(sent_on(httpx.URL(url), location)) == following


def test_a_message_never_loses_its_encryption_on_its_way() -> None:
    with pytest.raises(Unusable, match=r"hub\.example wants it sent on without encryption, to other\.example"):
        sent_on(httpx.URL("https://hub.example/a"), "http://other.example/")


def test_a_circle_of_redirects_has_an_end() -> None:
    with LoopbackServer() as server:
        server.routes["/"] = Reply(status=307, headers=(("Location", "/"),))
        (result,) = _sent(Message(url=server.url("/"), body=b"", is_own=True, follows=True))
        assert isinstance(result, Undelivered)
        assert len(server.requests) == 4


def test_a_silent_server_holds_nobody_up() -> None:
    with LoopbackServer({"/good": Reply()}) as good, LoopbackServer() as bad:

        def silent(_: Seen) -> Iterable[bytes]:
            bad.leaving.wait(20)
            return ()

        bad.routes["/"] = silent
        stuck = Message(url=bad.url("/"), body=b"", is_own=True)
        results = _sent(stuck, stuck, Message(url=good.url("/good"), body=b"", is_own=True), seconds=0.5)
        bad.leaving.set()
    assert results[0] == Undelivered(reason="127.0.0.1 did not answer in time")
    assert results[1:] == (Unsent(), Delivered(200))


def test_an_endless_answer_is_not_read() -> None:
    with LoopbackServer() as server:

        def endless(_: Seen) -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while not server.leaving.is_set():
                yield b"x" * 65536

        server.routes["/"] = endless
        assert _sent(Message(url=server.url("/"), body=b"", is_own=True)) == (Delivered(200),)


# --- from the store ---------------------------------------------------------------------------------------


@dataclass
class Hub:
    """A hub that does what WebSub asks of it: verifies intents while it is asked, and distributes."""

    server: LoopbackServer
    callback: Server | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return self.server.url("/hub")

    def answer(self, seen: Seen) -> Reply:
        """Take a request, and come back to verify it before it is answered."""
        fields = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        self.asked.append(fields)
        if fields["hub.mode"] != "publish":
            self.verified.append(self._verify(fields))
        return Reply(status=202)

    def _verify(self, fields: dict[str, str]) -> int:
        query = {"hub.mode": fields["hub.mode"], "hub.topic": fields["hub.topic"], "hub.challenge": "xyz"}
        if "hub.lease_seconds" in fields:
            query["hub.lease_seconds"] = "86400"
        path = f"{urlsplit(fields['hub.callback']).path}?{urlencode(query)}"
        return self._ask("GET", path)[0]

    def distribute(self, body: bytes, secret: str) -> int:
        """Send news to who has subscribed last."""
        last = [one for one in self.asked if one["hub.mode"] == "subscribe"][-1]
        mark = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self._ask("POST", urlsplit(last["hub.callback"]).path, body, {"X-Hub-Signature": f"sha256={mark}"})[
            0
        ]

    def _ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int]:
        assert self.callback is not None
        client = HTTPConnection("127.0.0.1", self.callback.port, timeout=10)
        try:
            client.request(method, path, body, headers or {})
            return (client.getresponse().status,)
        finally:
            client.close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with LoopbackServer() as server:
        found = Hub(server)
        server.routes["/hub"] = found.answer
        yield found


def _config(folder: Path, hub: Hub, more: str = "", sources: str = "{news: https://news.example/feed}") -> Config:
    file = folder / "config.yaml"
    file.write_text(
        f"site: {{url: https://out.example/}}\nfetch: {{allow: ['127.0.0.1:{hub.server.port}']}}\n"
        f"sources: {sources}\n{more}\n"
    )
    return load_config(file)


@contextmanager
def _store(config: Config) -> Iterator[Store]:
    with opened(config) as app:
        yield app.store


def _kept(config: Config, *messages: Errand) -> None:
    with _store(config) as store:
        store.keep_errands(put=messages)


def _waiting(config: Config) -> tuple[Errand, ...]:
    with _store(config) as store:
        return store.errands()


def test_n84_each_ping_is_delivered_once(tmp_path: Path, hub: Hub) -> None:
    config = _config(tmp_path, hub, f"websub: {{hubs: '{hub.url}'}}")
    due = replace(PING, target=hub.url)
    _kept(config, due, replace(due, subject="https://out.example/a/rss.xml", due=after(minutes=5)))
    report = settle(config, MOMENT)
    assert (report.delivered, report.waiting, report.complaints) == (1, 1, ())
    assert report.next_due == after(minutes=5)
    assert hub.asked == [{"hub.mode": "publish", "hub.url": "https://out.example/a/atom.xml"}]
    assert settle(config, after(minutes=5)).delivered == 1
    assert settle(config, after(minutes=6)).delivered == 0
    assert len(hub.asked) == 2


def test_a_hub_that_is_down_is_told_later(tmp_path: Path, hub: Hub) -> None:
    config = _config(tmp_path, hub, f"websub: {{hubs: '{hub.url}'}}")
    _kept(config, replace(PING, target=hub.url))
    hub.server.routes["/hub"] = Reply(status=503)
    report = settle(config, MOMENT)
    assert (report.delivered, report.waiting, len(report.complaints)) == (0, 1, 1)
    assert settle(config, after(seconds=59)).next_due == after(minutes=1)
    hub.server.routes["/hub"] = hub.answer
    assert settle(config, after(minutes=1)).delivered == 1
    assert _waiting(config) == ()


@pytest.mark.parametrize("status", [202, 503])
def test_news_that_come_while_a_ping_is_under_way_are_told_too(tmp_path: Path, hub: Hub, status: int) -> None:
    config = _config(tmp_path, hub, f"websub: {{hubs: '{hub.url}'}}")
    newer = replace(PING, target=hub.url, made=after(minutes=1), due=after(minutes=1))
    _kept(config, replace(PING, target=hub.url))

    def meanwhile(_: Seen) -> Reply:
        _kept(config, newer)
        return Reply(status=status)

    hub.server.routes["/hub"] = meanwhile
    settle(config, MOMENT)
    assert _waiting(config) == (newer,)


def test_nobody_is_told_who_is_not_configured_any_more(tmp_path: Path, hub: Hub) -> None:
    config = _config(tmp_path, hub, "websub: {hubs: https://other.example/}")
    _kept(config, replace(PING, target=hub.url), replace(PING, kind="alert", target=hub.url))
    assert settle(config, MOMENT).waiting == 0
    assert hub.server.requests == []


def test_an_alert_goes_to_its_webhook_with_its_headers(tmp_path: Path, hub: Hub) -> None:
    hub.server.routes["/hook"] = Reply(status=200)
    url = hub.server.url("/hook")
    hooks = f"health: {{webhooks: [{{url: '{url}', headers: {{X-Key: abc}}, content_type: text/plain}}]}}"
    config = _config(tmp_path, hub, hooks)
    _kept(config, replace(PING, kind="alert", target=url, body="it broke – 坏了"))
    assert settle(config, MOMENT).delivered == 1
    (seen,) = hub.server.requests
    assert (seen.body.decode(), seen.header("X-Key"), seen.header("Content-Type")) == (
        "it broke – 坏了",
        "abc",
        "text/plain",
    )


def test_without_anybody_to_tell_the_store_is_not_even_opened(tmp_path: Path, hub: Hub) -> None:
    config = _config(tmp_path, hub)
    assert settle(config, MOMENT) == errands.ErrandsReport()
    assert not (tmp_path / ".feedbraid").exists()


# --- subscriptions ----------------------------------------------------------------------------------------


@dataclass
class Ringing:
    """A service that hubs reach, and what it was rung for."""

    config: Config
    rung: list[str] = field(default_factory=list)
    bell: threading.Event = field(default_factory=threading.Event)

    def ring(self, origin: str) -> None:
        """Remember that a hub has told news."""
        self.rung.append(origin)
        self.bell.set()

    def known(self) -> dict[str, Subscription]:
        """Give what is remembered of subscriptions."""
        with _store(self.config) as store:
            return dict(store.subscriptions())


@pytest.fixture
def service(tmp_path: Path, hub: Hub) -> Iterator[Ringing]:
    config = _config(tmp_path, hub, "websub: {callback: https://me.example/}")
    with _store(config) as store:
        channel = Channel(topic=Topic(hub.url, "https://news.example/feed"))
        store.commit(OriginChange(state=SourceState(name="news", channel=channel)))
    one = Ringing(config)
    routes = callback_routes(Subscribers(lambda: one.config), one.ring, lambda: MOMENT)
    with serving(write(tmp_path / "served"), routes=routes) as server:
        hub.callback = server
        yield one


def test_a_source_that_names_a_hub_is_subscribed_to_and_heard(service: Ringing, hub: Hub) -> None:
    report = settle(service.config, MOMENT, subscribes=True)
    assert report.complaints == ()
    assert hub.verified == [200]
    known = service.known()["news"]
    assert (known.until, known.tries, known.error) == (after(days=1), 0, "")
    assert len(known.token) >= 32
    assert report.next_due == after(hours=16)
    assert hub.distribute(b"<feed/>", "") == 202
    assert service.bell.wait(10)
    assert service.rung == ["news"]


def test_a_forged_message_is_ignored(service: Ringing, hub: Hub) -> None:
    settle(service.config, MOMENT, subscribes=True)
    with _store(service.config) as store:
        store.keep_subscription(replace(store.subscriptions()["news"], secret="right"))  # noqa: S106  # of a test
    assert hub.distribute(b"<feed/>", "wrong") == 202
    assert service.rung == []
    assert hub.distribute(b"<feed/>", "right") == 202
    assert service.bell.wait(10)


def test_a_lease_is_renewed_under_the_same_address(service: Ringing, hub: Hub) -> None:
    settle(service.config, MOMENT, subscribes=True)
    settle(service.config, after(hours=15), subscribes=True)
    assert len(hub.asked) == 1
    settle(service.config, after(hours=16), subscribes=True)
    assert [one["hub.mode"] for one in hub.asked] == ["subscribe", "subscribe"]
    assert hub.asked[0]["hub.callback"] == hub.asked[1]["hub.callback"]
    assert service.known()["news"].tries == 0


def test_a_source_that_is_removed_is_unsubscribed(service: Ringing, hub: Hub) -> None:
    settle(service.config, MOMENT, subscribes=True)
    service.config = replace(service.config, sources=())
    settle(service.config, after(minutes=1), subscribes=True)
    assert [one["hub.mode"] for one in hub.asked] == ["subscribe", "unsubscribe"]
    assert hub.verified == [200, 200]
    assert service.known() == {}


def test_a_hub_that_is_down_is_asked_again_and_the_source_is_read_as_configured(
    service: Ringing, hub: Hub
) -> None:
    hub.server.routes["/hub"] = Reply(status=503)
    (said,) = settle(service.config, MOMENT, subscribes=True).complaints
    assert said.startswith("news: the hub 127.0.0.1 does not take a subscription")
    assert service.known()["news"].tries == 1
    assert settle(service.config, after(seconds=30), subscribes=True).next_due == after(minutes=1)
    hub.server.routes["/hub"] = hub.answer
    settle(service.config, after(minutes=1), subscribes=True)
    assert service.known()["news"].until is not None


def test_a_hub_that_verifies_and_then_fails_has_been_heard(service: Ringing, hub: Hub) -> None:
    def broken(seen: Seen) -> Reply:
        hub.answer(seen)
        return Reply(status=500)

    hub.server.routes["/hub"] = broken
    assert settle(service.config, MOMENT, subscribes=True).complaints == ()
    assert service.known()["news"].tries == 0


def test_without_a_callback_what_was_asked_for_is_forgotten(service: Ringing, hub: Hub) -> None:
    settle(service.config, MOMENT, subscribes=True)
    service.config = replace(service.config, websub=replace(service.config.websub, callback=""))
    settle(service.config, MOMENT, subscribes=True)
    assert service.known() == {}
    assert len(hub.asked) == 1


def test_a_hub_of_a_source_may_not_be_a_private_host(service: Ringing, hub: Hub) -> None:
    guarded = replace(service.config, fetch=replace(service.config.fetch, allow=()))
    (said,) = settle(guarded, MOMENT, subscribes=True).complaints
    assert "no port of the web" in said or "no public address" in said
    assert hub.server.requests == []


def test_a_verification_that_comes_too_late_brings_nothing_back(service: Ringing) -> None:
    settle(service.config, MOMENT, subscribes=True)
    known = service.known()["news"]
    with _store(service.config) as store:
        store.drop_subscription("news")
    Subscribers(lambda: service.config).settle(websub.Verdict(confirms=True, put=known))
    assert service.known() == {}


# --- the whole program ------------------------------------------------------------------------------------

_FEED = "https://out.example/all/"


def _program(folder: Path, hub: Hub, *numbers: int) -> Instance:
    hub.server.routes["/feed"] = Reply(body=rss(*posts(*numbers)).encode())
    one = Instance(folder)
    one.write(
        "config.yaml",
        f"site: {{url: https://out.example/}}\nfetch: {{allow: ['127.0.0.1:{hub.server.port}'], every: 10m}}\n"
        f"websub: {{hubs: '{hub.url}'}}\nsources: {{news: '{hub.server.url('/feed')}'}}\n",
    )
    return one


def _told(hub: Hub) -> list[str]:
    told = sorted(one["hub.url"] for one in hub.asked)
    hub.asked.clear()
    return told


def test_n84_hubs_are_told_once_of_each_document_that_changed(tmp_path: Path, hub: Hub) -> None:
    one = _program(tmp_path, hub, 1, 2)
    one.run(now="2026-03-02T12:00:00Z")
    assert _told(hub) == [f"{_FEED}{name}" for name in ("atom.xml", "feed.json", "rss.xml")]
    one.run(now="2026-03-02T12:30:00Z")
    one.run("--dry-run", now="2026-03-02T13:00:00Z")
    assert _told(hub) == []
    _program(tmp_path, hub, 1, 2, 3)
    one.run(now="2026-03-02T13:30:00Z")
    assert len(_told(hub)) == 3


def test_a_hub_that_is_down_does_not_make_a_run_fail(tmp_path: Path, hub: Hub) -> None:
    one = _program(tmp_path, hub, 1)
    hub.server.routes["/hub"] = Reply(status=500)
    done = one.feedbraid("run", now="2026-03-02T12:00:00Z")
    assert done.returncode == 0
    assert done.stderr.count("the hub 127.0.0.1 does not take a message") == 1
    hub.server.routes["/hub"] = hub.answer
    one.run(now="2026-03-02T12:02:00Z")
    assert len(_told(hub)) == 3


def test_a_build_asks_nobody_and_the_next_run_tells(tmp_path: Path, hub: Hub) -> None:
    one = _program(tmp_path, hub, 1)
    one.write("seeds/2026-03-01-a.md", "---\ntitle: A\n---\nText.\n")
    assert one.feedbraid("build").returncode == 0
    assert hub.server.requests == []
    one.run()
    assert len(_told(hub)) == 3


def test_a_ping_is_kept_before_its_file_is_written(tmp_path: Path, hub: Hub) -> None:
    config = _config(tmp_path, hub, f"websub: {{hubs: '{hub.url}'}}")
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "2026-03-01-a.md").write_text("---\ntitle: A\n---\nText.\n")
    config = load_config(tmp_path / "config.yaml")
    (tmp_path / "feeds" / "all" / "atom.xml").mkdir(parents=True)  # a folder stands where the file should be
    with pytest.raises(PublishError), opened(config) as app:
        run_once(app, MOMENT, Choices(network=False))
    assert _waiting(config) == ()
    with opened(config) as app:
        (tmp_path / "feeds" / "all" / "atom.xml").rmdir()
        (tmp_path / "feeds" / "style.css").mkdir()  # the last file can not be written
        with pytest.raises(PublishError):
            run_once(app, MOMENT, Choices(network=False))
    assert {one.due for one in _waiting(config)} == {MOMENT + websub.FORETOLD}
