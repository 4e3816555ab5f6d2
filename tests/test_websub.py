"""WebSub: what documents name, what hubs are told and asked, and what they may say (W3C, and N82..N84)."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest

from factories import ADDRESS, FORMATS, MOMENT, after, feed, post, self_url
from feedbraid import answers, websub
from feedbraid.config import load_config
from feedbraid.conformance import faults
from feedbraid.model import Access, Document, FeedSpec, Fresh, OriginSpec, ParseJob, Reading, Topic
from feedbraid.parse import handle
from feedbraid.records import Subscription
from feedbraid.serve._callback import callback_routes
from feedbraid.wire import load_format
from serving import Server, serving, write

HUB, TOPIC = "https://hub.example/", "https://news.example/feed"
LEASE = timedelta(days=10)

PLAIN = Subscription(origin="news", hub=HUB, topic=TOPIC, token="t0ken", secret="s3cret")  # noqa: S106  # of a test
ACTIVE = replace(PLAIN, asked=MOMENT, until=MOMENT + timedelta(days=9))
ASKED = replace(PLAIN, asked=MOMENT, tries=1)


# --- documents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMATS)
def test_n83_n117_a_live_document_names_its_hubs_and_stays_valid(name: str) -> None:
    hubs = (HUB, "https://other.example/hub?a=1&b=2")
    one = load_format(name)
    document = one.render(feed(post(), hubs=hubs), self_url(name))
    assert faults(one.media_type, document) == ()
    assert _hubs_in(document, name) == hubs


@pytest.mark.parametrize("name", FORMATS)
def test_n83_without_hubs_a_document_says_nothing_of_them(name: str) -> None:
    assert b"hub" not in load_format(name).render(feed(post()), self_url(name)).replace(b"github", b"")


def test_n129k_an_ended_feed_says_so_in_json() -> None:
    one = load_format("json")
    document = one.render(feed(post(), ended=True), self_url("json"))
    assert json.loads(document)["expired"] is True
    assert faults(one.media_type, document) == ()


def _hubs_in(document: bytes, name: str) -> tuple[str, ...]:
    if name == "json":
        return tuple(one["url"] for one in json.loads(document)["hubs"] if one["type"] == "WebSub")
    from lxml import etree  # noqa: PLC0415  # only for those that are XML

    found = etree.fromstring(document).iter("{http://www.w3.org/2005/Atom}link")
    return tuple(one.get("href") for one in found if one.get("rel") == "hub")


CONFIGS = {
    "public": ("site: {url: https://out.example/}", "", (HUB,)),
    "no address": ("site: {title: News}", "", ()),
    "users only": ("site: {url: https://out.example/}\nserve: {auth: {ann: pw-of-ann}}", "", ()),
    "secret": ("site: {url: https://out.example/}", "access: {secret: 0123456789abcdef0123}", ()),
    "ended": ("site: {url: https://out.example/}", "ended: true", ()),
    "public among private ones": (
        "site: {url: https://out.example/}\nserve: {auth: {ann: pw-of-ann}}",
        "access: {public: true}",
        (HUB,),
    ),
}


@pytest.mark.parametrize(("head", "settings", "hubs"), CONFIGS.values(), ids=CONFIGS)
def test_n84_hubs_hear_only_of_feeds_that_everybody_may_read(
    tmp_path: Path, head: str, settings: str, hubs: tuple[str, ...]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        f"{head}\nwebsub: {{hubs: {HUB}}}\nsources: {{news: https://news.example/feed}}\n"
        f"feeds: {{all: {{{settings}}}}}\n"
    )
    assert load_config(file).feeds[0].hubs == hubs


# --- what hubs are told -----------------------------------------------------------------------------------

SPEC = FeedSpec(name="news", title="News", origins=("news",), address=ADDRESS, home=ADDRESS, hubs=(HUB,))


def test_n84_each_live_document_is_told_of_once_by_its_own_address() -> None:
    paths = ("news/atom.xml", "news/feed.json", "news/archive/1/atom.xml")
    documents = [(SPEC, Document(path, "application/atom+xml", b"")) for path in paths]
    page = (SPEC, Document("news/index.html", "text/html", b""))
    told = list(websub.pings([*documents, page], MOMENT))
    assert [(one.target, one.subject) for one in told] == [
        (HUB, f"{ADDRESS}atom.xml"),
        (HUB, f"{ADDRESS}feed.json"),
    ]
    assert {one.due for one in told} == {MOMENT + websub.FORETOLD}
    assert {one.due for one in websub.at_once(told)} == {MOMENT}


def test_n84_a_feed_without_hubs_tells_nobody() -> None:
    told = websub.pings([(replace(SPEC, hubs=()), Document("news/atom.xml", "application/atom+xml", b""))], MOMENT)
    assert list(told) == []


def test_n84_a_ping_is_a_form_with_mode_and_address() -> None:
    (errand, *_) = websub.pings([(SPEC, Document("news/atom.xml", "application/atom+xml", b""))], MOMENT)
    message = websub.ping_message(errand)
    assert parse_qs(message.body.decode()) == {"hub.mode": ["publish"], "hub.url": [f"{ADDRESS}atom.xml"]}
    assert message.is_own


# --- what sources say -------------------------------------------------------------------------------------

LINKS = {
    "both": ('<https://hub.example/>; rel="hub", </f>; rel=self', Topic(HUB, "https://news.example/f")),
    "no self": ('<https://hub.example/>; rel="hub"', Topic(HUB, TOPIC)),
    "several relations": ('</h>; title="a, b; rel=x"; rel="next HUB"', Topic("https://news.example/h", TOPIC)),
    "the first one": ("<https://hub.example/>; rel=hub, <https://b.example/>; rel=hub", Topic(HUB, TOPIC)),
    "no hub": ('</f>; rel="self"', None),
    "no address of the web": ("<javascript:alert(1)>; rel=hub", None),
    "nonsense": ("<<>>; rel==hub;;;", None),
    "rel in a title": ('<https://hub.example/>; title="; rel=hub"', None),
}


@pytest.mark.parametrize(("value", "topic"), LINKS.values(), ids=LINKS)
def test_a_hub_is_found_in_link_headers(value: str, topic: Topic | None) -> None:
    assert answers.topic(TOPIC, [(b"Link", value.encode())]) == topic


DOCUMENTS = {
    "atom": (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><link rel="hub" href="https://hub.example/"/>'
        b'<link rel="self" href="https://news.example/self"/><entry><title>A</title></entry></feed>'
    ),
    "rss": (
        b'<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>T</title>'
        b'<atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" '
        b'href="https://news.example/self"/><item><title>A</title></item></channel></rss>'
    ),
    "json": (
        b'{"version":"https://jsonfeed.org/version/1.1","title":"T","feed_url":"https://news.example/self",'
        b'"hubs":[{"type":"rssCloud","url":"https://no.example/"},{"type":"WebSub","url":"https://hub.example/"}],'
        b'"items":[{"id":"1","content_text":"A"}]}'
    ),
}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_hub_is_found_in_documents(document: bytes) -> None:
    assert _read(document) == Topic(HUB, "https://news.example/self")


@pytest.mark.parametrize(
    ("url", "access"),
    [(TOPIC, Access(auth="ann:pw")), (TOPIC, Access(headers=(("X-Key", "1"),))), (f"{TOPIC}?token=abc", Access())],
)
def test_no_hub_hears_of_a_source_that_not_everybody_may_read(url: str, access: Access) -> None:
    assert _read(DOCUMENTS["atom"], url, access) is None


def _read(document: bytes, url: str = TOPIC, access: Access = Access()) -> Topic | None:  # noqa: B008  # it is frozen
    reading = Reading(spec=OriginSpec(name="news", kind="web", locations=(url,), access=access), feed_url=url)
    found = handle(ParseJob(reading=reading, body=document))
    assert isinstance(found, Fresh)
    assert found.channel is not None
    return found.channel.topic


# --- what hubs are asked ----------------------------------------------------------------------------------


def test_a_subscription_begins_where_a_source_names_a_hub() -> None:
    plan = websub.planned({"news": Topic(HUB, TOPIC)}, {}, MOMENT)
    assert (dict(plan.begin), plan.ask, plan.leave) == ({"news": Topic(HUB, TOPIC)}, (), ())


@pytest.mark.parametrize(
    ("known", "moment", "asks"),
    [
        (PLAIN, MOMENT, True),
        (ACTIVE, after(days=5, hours=23), False),
        (ACTIVE, after(days=6), True),  # two thirds of nine days
        (ASKED, after(seconds=59), False),
        (ASKED, after(minutes=1), True),
        (replace(ASKED, tries=3), after(minutes=14), False),
        (replace(ASKED, tries=99), after(days=1), True),
        (replace(ACTIVE, until=after(seconds=3)), after(minutes=9), False),  # however short the lease
    ],
)
def test_a_lease_is_renewed_in_time_and_a_hub_that_does_not_verify_is_asked_less_and_less(
    known: Subscription, moment: datetime, *, asks: bool
) -> None:
    plan = websub.planned({"news": Topic(HUB, TOPIC)}, {"news": known}, moment)
    assert bool(plan.ask) is asks


@pytest.mark.parametrize("wanted", [{}, {"news": Topic("https://new.example/", TOPIC)}])
def test_what_nobody_wants_any_more_is_left(wanted: dict[str, Topic]) -> None:
    plan = websub.planned(wanted, {"news": ACTIVE}, MOMENT)
    assert plan.leave == (ACTIVE,)
    assert dict(plan.begin) == wanted
    gone = websub.left(ACTIVE)
    assert websub.planned({}, {gone.origin: gone}, MOMENT).stop == (gone,)
    assert websub.planned({}, {gone.origin: gone}, after(days=9)).forget == (gone,)
    tired = replace(gone, tries=websub.FAREWELLS)
    assert websub.planned({}, {gone.origin: tired}, MOMENT).forget == (tired,)


def test_a_request_says_all_that_a_hub_needs() -> None:
    fields = parse_qs(websub.request(PLAIN, "https://me.example/", LEASE).body.decode())
    assert fields == {
        "hub.mode": ["subscribe"],
        "hub.topic": [TOPIC],
        "hub.callback": ["https://me.example/websub/t0ken"],
        "hub.lease_seconds": ["864000"],
        "hub.secret": ["s3cret"],
    }
    farewell = parse_qs(websub.request(websub.left(PLAIN), "https://me.example", LEASE).body.decode())
    assert set(farewell) == {"hub.mode", "hub.topic", "hub.callback"}
    assert not websub.request(PLAIN, "https://me.example", LEASE).is_own


def test_a_hub_without_encryption_is_told_no_secret() -> None:
    assert websub.begun("news", Topic("http://hub.example/", TOPIC), "t", "s").secret == ""
    assert websub.begun("news", Topic(HUB, TOPIC), "t", "s").secret == "s"  # noqa: S105  # of a test


# --- what hubs may say ------------------------------------------------------------------------------------


@dataclass
class FakeSubscribers:
    """Knows some subscriptions."""

    known: dict[str, Subscription]
    lease: timedelta = LEASE
    verdicts: list[websub.Verdict] = field(default_factory=list)

    def find(self, token: str) -> Subscription | None:
        """Give the subscription whose address ends so."""
        return self.known.get(token)

    def settle(self, verdict: websub.Verdict) -> None:
        """Remember what was decided."""
        self.verdicts.append(verdict)


Desk = tuple[Server, FakeSubscribers, list[str]]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    known = {
        "asked": replace(ASKED, token="asked"),  # noqa: S106  # of a test
        "on": replace(ACTIVE, token="on"),  # noqa: S106
        "over": replace(ACTIVE, token="over", until=MOMENT),  # noqa: S106
        "left": websub.left(replace(ACTIVE, token="left")),  # noqa: S106
        "open": replace(ACTIVE, token="open", secret=""),  # noqa: S106
    }
    rung: list[str] = []
    book = FakeSubscribers(known)
    folder = write(tmp_path_factory.mktemp("served"))
    with serving(folder, routes=callback_routes(book, rung.append, lambda: MOMENT)) as server:
        yield server, book, rung


def _verify(server: Server, token: str, **query: str) -> tuple[int, str]:
    fields = {f"hub.{name}": value for name, value in query.items()}
    got = server.ask(f"/websub/{token}?{urlencode(fields)}")
    return got.status, got.body.decode()


@pytest.mark.parametrize(
    ("token", "mode", "topic", "status"),
    [
        ("asked", "subscribe", TOPIC, 200),
        ("on", "subscribe", TOPIC, 200),
        ("left", "unsubscribe", TOPIC, 200),
        ("on", "denied", TOPIC, 200),
        ("on", "unsubscribe", TOPIC, 404),
        ("left", "subscribe", TOPIC, 404),
        ("asked", "subscribe", "https://other.example/", 404),
        ("nobody", "subscribe", TOPIC, 404),
        ("asked", "publish", TOPIC, 404),
    ],
)
def test_only_what_was_asked_for_is_verified(desk: Desk, token: str, mode: str, topic: str, status: int) -> None:
    server, book, _ = desk
    book.verdicts.clear()
    found = _verify(server, token, mode=mode, topic=topic, challenge="abc", lease_seconds="3600")
    assert found[0] == status
    assert (found[1] == "abc") is (status == 200)
    assert bool(book.verdicts) is (status == 200)


@pytest.mark.parametrize(("stated", "lease"), [("3600", timedelta(hours=1)), ("", LEASE), ("-1", LEASE)])
def test_the_lease_is_what_the_hub_grants(stated: str, lease: timedelta) -> None:
    query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.lease_seconds": stated}
    put = websub.verified(ASKED, query, LEASE, MOMENT).put
    assert put == replace(PLAIN, asked=MOMENT, until=MOMENT + lease)


def test_an_endless_lease_has_an_end() -> None:
    query = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.lease_seconds": "9999999999"}
    put = websub.verified(ASKED, query, LEASE, MOMENT).put
    assert put is not None
    assert put.until == MOMENT + websub.LONGEST_LEASE


def test_a_refusal_is_remembered_and_asked_again_after_a_day() -> None:
    query = {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "no such topic"}
    put = websub.verified(ACTIVE, query, LEASE, MOMENT).put
    assert put is not None
    assert "no such topic" in put.error
    assert websub.next_ask(put) == after(days=1)


BODY = b"<feed/>" * 1000


def _post(server: Server, token: str, signature: str, body: bytes = BODY) -> int:
    client = HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        client.request("POST", f"/websub/{token}", body, {"X-Hub-Signature": signature} if signature else {})
        return client.getresponse().status
    finally:
        client.close()


def _signed(method: str, secret: str = "s3cret") -> str:  # noqa: S107  # of a test
    return f"{method}={hmac.new(secret.encode(), BODY, getattr(hashlib, method)).hexdigest()}"


@pytest.mark.parametrize("method", sorted(websub.SIGNATURES))
def test_a_message_that_is_signed_rings(desk: Desk, method: str) -> None:
    server, _, rung = desk
    rung.clear()
    assert _post(server, "on", _signed(method)) == 202
    assert rung == ["news"]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=00",
        _signed("sha256", "other"),
        _signed("sha256").replace("sha256", "sha1"),
        "md5=00",
        "sha256=\xe9",
    ],
)
def test_a_wrong_signature_is_taken_and_ignored(desk: Desk, signature: str) -> None:
    server, _, rung = desk
    rung.clear()
    assert _post(server, "on", signature) == 202
    assert rung == []


@pytest.mark.parametrize("token", ["nobody", "left", "over", "asked"])
def test_what_nobody_wants_is_answered_with_gone(desk: Desk, token: str) -> None:
    server, _, rung = desk
    rung.clear()
    assert _post(server, token, _signed("sha256")) == 410
    assert rung == []


def test_where_the_hub_was_told_no_secret_its_address_has_to_do(desk: Desk) -> None:
    server, _, rung = desk
    rung.clear()
    assert _post(server, "open", "") == 202
    assert rung == ["news"]


def test_a_message_that_is_too_large_is_not_read_to_its_end(desk: Desk) -> None:
    server, _, rung = desk
    rung.clear()
    block = b"x" * (1024 * 1024)
    with server.connection() as client:
        client.sendall(b"POST /websub/on HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
        for _ in range(20):
            client.sendall(block)
        client.sendall(b"x")
        assert client.recv(64).startswith(b"HTTP/1.1 413")
    assert rung == []
