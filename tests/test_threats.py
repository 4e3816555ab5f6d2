"""The threat model: what a hostile source, a hostile contributor or bad luck must not bring about.

Other modules have what needs a hostile server, a full disk or a file of bad input for each row.
"""

from __future__ import annotations

import ast
import asyncio
import gzip
import importlib
import inspect
import json
import pkgutil
import re
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import feedbraid
from asking import ask_loopback, reason_of
from fakes import NOW, FakeSource, World, feed_spec
from feedbraid import html
from feedbraid.app import Choices
from feedbraid.bounds import MAX_ELEMENTS, MAX_ELEMENTS_PER_ITEM, MAX_ITEMS
from feedbraid.config import load_config
from feedbraid.dates import LONGEST
from feedbraid.filters import _body
from feedbraid.gate import Refused, admit
from feedbraid.model import Failed, Fresh, Known, OriginSpec, Outcome, ParseJob, Reading, SourceState
from feedbraid.parse import handle
from feedbraid.run import RunReport, run_once
from feedbraid.sources import Tools
from feedbraid.sources.seeds import OPEN
from feedbraid.store.memory import MemoryStore
from feedbraid.wire import build
from feedbraid.workers import Workers
from html_judge import HOSTILE, faults
from loopback import LoopbackServer, Reply, Route, Seen
from program import Instance
from stories import Told, posts, rss

HOUR = timedelta(hours=1)
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def read(document: str | bytes, name: str = "voa", content_type: str = "application/xml") -> Outcome:
    """Give what a source has said with a document."""
    spec = OriginSpec(name=name, kind="web", locations=(f"https://{name}.example/",))
    body = document.encode("utf-8", "surrogatepass") if isinstance(document, str) else document
    reading = Reading(spec=spec, feed_url=f"https://{name}.example/feed")
    return handle(ParseJob(reading=reading, body=body, content_type=content_type))


def world(folder: Path, **documents: list[str | bytes]) -> World:
    """Make an instance whose sources answer with these documents, pass after pass."""
    return World(folder, {name: FakeSource([read(one, name) for one in some]) for name, some in documents.items()})


def go(where: World, hours: float = 0) -> RunReport:
    return run_once(where.app(), NOW + hours * HOUR, Choices())


def items(where: World) -> list[dict[str, Any]]:
    stated: list[dict[str, Any]] = json.loads((where.output / "all/feed.json").read_bytes())["items"]
    return stated


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


# --- T2, T3: exhaustion -----------------------------------------------------------------------------------

ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def endless(_: Seen) -> Iterator[bytes]:
    yield ENDLESS
    while True:
        yield b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


def headers_without_end(_: Seen) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: " + b"x" * 1000 + b"\r\n"


def drop_by_drop(server: LoopbackServer) -> Callable[[Seen], Iterator[bytes]]:
    def answer(_: Seen) -> Iterator[bytes]:
        yield ENDLESS
        while not server.leaving.wait(0.02):
            yield b"1\r\nx\r\n"

    return answer


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        pytest.param(
            Reply(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(bytes(50_000_000))),
            "larger than 1,000,000 bytes",
            id="a bomb",
        ),
        pytest.param(endless, "larger than 1,000,000 bytes", id="no end"),
        pytest.param(headers_without_end, "does not keep to HTTP", id="headers without end"),
        pytest.param(Reply(headers=(("Content-Length", "9" * 12),)), "too large", id="announced as huge"),
        pytest.param(None, "did not deliver within 0.5 s", id="drop by drop"),
    ],
)
def test_t2_an_answer_ends_at_its_bounds(route: Route | None, reason: str) -> None:
    with LoopbackServer() as server:
        server.routes["/"] = route or drop_by_drop(server)
        (answer,) = ask_loopback(server.url("/"), max_bytes=1_000_000, deadline=0.5 if route is None else 30)
    assert reason in reason_of(answer)


ATTRIBUTES = " ".join(f"a{n}=''" for n in range(100_000))
CHAIN = "".join(f'<!ENTITY e{n} "&e{n - 1};">' for n in range(1, 60_000))


KILLERS = {
    "a chain of entities": f'<!DOCTYPE rss [<!ENTITY e0 "x">{CHAIN}]><rss>&e59999;</rss>',
    "nested without end": "<rss><channel><item>" + "<a>" * 100_000,
    "attributes without end": f"<rss><channel><item {ATTRIBUTES}/></channel></rss>",
    "doctypes": "<!DOCTYPE \n" * 10_000,
    "line breaks": "\n" * 100_000 + "<rss>",
}


def test_t3_what_kills_a_parser_costs_the_worker_nothing() -> None:
    reading = Reading(spec=OriginSpec(name="a", kind="web", locations=("https://a.example/",)))
    documents = [*KILLERS.values(), rss(*posts(1))]

    async def one_after_the_other() -> list[Outcome]:
        async with Workers(1) as workers:
            return [await workers.run(ParseJob(reading=reading, body=one.encode())) for one in documents]

    *bad, good = asyncio.run(one_after_the_other())
    assert isinstance(good, Fresh)
    told = {name: one.reason for name, one in zip(KILLERS, bad, strict=True) if isinstance(one, Failed)}
    assert told.keys() == KILLERS.keys()
    assert [name for name, reason in told.items() if "parser" in reason] == [], "none crashed or was stopped"


# --- T4, T11: files, addresses, programs ------------------------------------------------------------------

WATCH = Path(__file__).parent / "hostile" / "watch"
"""What is opened, connected to and started is noted by this folder's `sitecustomize`."""

NAUGHTY = (
    "../../outside",
    "/etc/cron.d/outside",
    "..\\..\\outside",
    "$(touch outside)",
    "`touch outside`; touch outside | touch outside",
    "outside\nrm -rf .",
    "{{ outside }} {% include 'outside' %} ${outside} %(outside)s {0.__class__} <%= outside %>",
    "con.xml:outside",
    "a/" * 300,
    "x" * 5000,
)


def naughty_feed() -> str:
    """Write a feed whose every text would be a path, a command or a template, if somebody took it for one."""

    def one(number: int, text: str) -> str:
        cdata = f"<![CDATA[{text}]]>"
        return (
            f"<item><title>{cdata}</title><link>https://naughty.example/../../outside{number}</link>"
            f"<guid>{cdata}</guid><category>{cdata}</category><author>{cdata}</author>"
            f'<enclosure url="https://naughty.example/../../outside{number}.mp3" length="1" type="{"../" * 9}"/>'
            f"<description>{cdata}</description></item>"
        )

    entries = "".join(one(number, text) for number, text in enumerate(NAUGHTY))
    name = f"<title><![CDATA[{NAUGHTY[0]}]]></title><link>https://naughty.example/</link>"
    return f'<rss version="2.0"><channel>{name}<description>x</description>{entries}</channel></rss>'


def luring_feeds(secret: str, canary: str) -> dict[str, str]:
    """Give documents that would have a parser open the file, or ask the address, if it could be led to do so."""
    item = "<item><title>&x;%x;</title><link>https://lure.example/1</link></item>"
    feed = f'<rss version="2.0"><channel><title>Lure</title>{{}}{item.replace("&x;%x;", "{}")}</channel></rss>'
    plain = feed.format("", "One")
    included = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{}" parse="text"/>'
    return {
        "a-path": secret,
        "a-file-address": f"file://{secret}",
        "an-address": canary,
        "an-entity": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{secret}">]>{feed.format("", "&x;")}',
        "an-entity-of-the-web": f'<!DOCTYPE rss [<!ENTITY x SYSTEM "{canary}">]>{feed.format("", "&x;")}',
        "a-parameter": f'<!DOCTYPE rss [<!ENTITY % x SYSTEM "{canary}"> %x;]>{plain}',
        "a-public-name": f'<!DOCTYPE rss [<!ENTITY x PUBLIC "a" "{canary}">]>{feed.format("", "&x;")}',
        "a-dtd": f'<!DOCTYPE rss SYSTEM "{canary}">{plain}',
        "a-dtd-of-a-file": f'<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "{secret}">{plain}',
        "an-inclusion": feed.format("", included.format(secret)),
        "an-inclusion-of-the-web": feed.format(included.format(canary), "One"),
        "a-style": f'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="{canary}"?>{plain}',
        "a-schema": plain.replace(
            "<rss",
            f'<rss xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:noNamespaceSchemaLocation="{canary}"',
        ),
    }


class Watched:
    """A pass over such feeds: what it opened, connected to and started, and what is there afterwards."""

    def __init__(self, folder: Path) -> None:
        self.instance = Instance(folder / "instance")
        self.secret = folder / "secret.xml"
        self.secret.write_text(rss(Told(link="https://secret.example/1", title="Secret")), encoding="utf-8")
        with LoopbackServer() as canary:
            lures = luring_feeds(str(self.secret), canary.url("/canary"))
            for name, document in {**lures, "naughty": naughty_feed()}.items():
                self.instance.write(f"in/{name}.xml", document)
            sources = {name: f"in/{name}.xml" for name in (*lures, "naughty")}
            self.instance.write("config.yaml", json.dumps({"sources": sources}))
            log, plan = folder / "events", folder / "plan"
            plan.write_text(json.dumps({"log": str(log), "names": {}}), encoding="utf-8")
            watched = {"FEEDBRAID_WATCH": str(plan), "PYTHONPATH": str(WATCH)}
            self.report = self.instance.run(**watched)
            self.canary_connections = canary.connections
        self.events = [json.loads(line)[1:] for line in log.read_text(encoding="utf-8").splitlines()]

    def arguments_of(self, event: str) -> list[Any]:
        return [rest[0] for name, *rest in self.events if name == event]

    @property
    def opened(self) -> set[Path]:
        """Whatever was opened: the program was started in the folder of its instance."""
        return {self.instance.folder / path for path in self.arguments_of("open")}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    return Watched(tmp_path_factory.mktemp("watched"))


def test_t4_no_document_makes_a_parser_open_a_file(watched: Watched) -> None:
    assert watched.instance.folder / "in/a-path.xml" in watched.opened, "it was watched"
    assert watched.secret not in watched.opened
    assert [name for name, content in watched.instance.outputs().items() if b"Secret" in content] == []


def test_t4_no_document_makes_a_parser_ask_an_address(watched: Watched) -> None:
    assert watched.canary_connections == 0
    assert watched.arguments_of("connect") == []


OWN_FILES = {
    "config.yaml",
    ".feedbraid/config.json",
    ".feedbraid/lock",
    ".feedbraid/state.db",
    ".feedbraid/state.db-checked",
    *(f"feeds/all/{name}" for name in ("atom.xml", "rss.xml", "feed.json", "index.html")),
    *(f"feeds/{name}" for name in ("index.html", "sources.opml", "feed.css", "style.css")),
}


TEMPORARY = re.compile(r"\.([^/]+)\.feedbraid\.tmp$")


def test_t11_the_names_of_files_come_from_the_configuration_alone(watched: Watched) -> None:
    assert [one["new"] for one in watched.report["sources"] if one["name"] == "naughty"] == [len(NAUGHTY)]
    folder = watched.instance.folder
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {path for path in there if not path.startswith("in/")} <= OWN_FILES
    opened = {str(path.relative_to(folder)) for path in watched.opened if path.is_relative_to(folder)}
    files = {TEMPORARY.sub(r"\1", path) for path in opened if not path.startswith("in/")}
    assert files - OWN_FILES <= {".", ".feedbraid/config.tmp", "feeds", "feeds/all", "forgotten.txt"}, (
        "folders are flushed, and what was forgotten for good is looked for"
    )
    assert [path for path in watched.opened if "outside" in str(path)] == []


def test_t11_nothing_of_a_feed_reaches_a_command(watched: Watched) -> None:
    commands = watched.arguments_of("start")
    assert commands, "parser processes were started"
    assert {tuple(command[1:4]) for command in commands} == {("-P", "-m", "feedbraid.parse")}
    assert all(word.isdigit() for command in commands for word in command[4:])


# --- T5, T6: what a feed brings into ours -----------------------------------------------------------------

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"


def parsed(path: Path) -> ET.Element:
    return ET.fromstring(path.read_bytes())  # noqa: S314  # documents of ours


def poisoned(payload: str, number: int) -> dict[str, Any]:
    """Make an item of a JSON Feed, which can state any character, with the payload wherever there is text."""
    return {
        "id": f"https://poisoned.example/{number}",
        "url": f"https://poisoned.example/{number}",
        "title": f"{number} {payload}",
        "summary": f"{payload} in short",
        "content_html": f"<p>{number}</p>{payload}<p>and a longer text than in short</p>",
        "authors": [{"name": payload, "url": payload}],
        "tags": [payload],
        "image": payload,
        "external_url": payload,
        "attachments": [{"url": payload, "mime_type": payload, "title": payload}],
    }


def poisoned_feed(payloads: list[str]) -> str:
    head = {
        "version": "https://jsonfeed.org/version/1.1",
        "home_page_url": "javascript:alert(1)",
        "icon": payloads[0],
    }
    found = [poisoned(payload, number) for number, payload in enumerate(payloads)]
    return json.dumps({**head, "title": payloads[0], "description": payloads[0], "items": found})


def wide(folder: Path, payloads: list[str]) -> World:
    """Publish such a feed as a whole."""
    where = World(
        folder, {"poisoned": FakeSource([read(poisoned_feed(payloads), "poisoned", "application/json")])}
    )
    where.feeds = (replace(feed_spec("poisoned", limit=1000), max_bytes=0),)
    report = go(where)
    assert [feed.held for feed in report.feeds] == [""]
    assert len(items(where)) == len(payloads)
    return where


def markup_in(folder: Path) -> Iterator[str]:
    """Give every text of the documents that a reader takes for HTML."""
    yield from (item["content_html"] for item in json.loads((folder / "feed.json").read_bytes())["items"])
    for element in parsed(folder / "atom.xml").iter():
        if element.get("type") == "html":
            yield element.text or ""
        assert element.get("type") != "xhtml", "it would have to be judged, too"
    for element in parsed(folder / "rss.xml").iterfind("channel/item/*"):
        if element.tag in ("description", CONTENT):
            yield element.text or ""


def addresses_in(folder: Path) -> Iterator[str]:
    """Give every address that the documents state beside their texts."""
    for name in ("atom.xml", "rss.xml"):
        for element in parsed(folder / name).iter():
            yield from (value for key, value in element.attrib.items() if key in ("href", "url", "src"))
            if element.tag in ("link", "comments", "url", f"{ATOM}uri", f"{ATOM}icon", f"{ATOM}logo"):
                yield from filter(None, [element.text])
    for item in json.loads((folder / "feed.json").read_bytes())["items"]:
        yield from (item[key] for key in ("url", "external_url", "image") if key in item)
        yield from (one["url"] for one in item.get("attachments", ()))
        yield from (one["url"] for one in item.get("authors", ()) if "url" in one)


def test_t5_no_format_carries_what_runs(tmp_path: Path) -> None:
    wide(tmp_path, HOSTILE)
    found = list(markup_in(tmp_path / "all"))
    assert len(found) > 3 * len(HOSTILE)
    assert [(markup, faults(markup)) for markup in found if faults(markup)] == []
    odd = [url for url in addresses_in(tmp_path / "all") if not re.match(r"https?://[\w.\[\]:-]+/", url)]
    assert odd == []


BREAKING = [
    "]]>",
    "]]&gt;<![CDATA[",
    "--><!-- -->",
    "<?xml version='1.0'?><?php ?>",
    "</title></entry></item></channel></rss>",
    "&undeclared; &#0; &#x1b; &#xD800; &#xFFFF; &",
    "".join(map(chr, range(32))),
    "".join(map(chr, range(0x7F, 0xA0))),
    "\ud800 \udfff \udc00\ud800",
    "\ufffe\uffff\ufdd0\ufdef\U0001ffff\U0010ffff",
    "\u2028\u2029\u0085\ufeff",
    '"}],"items":[]}\\u0000\\',
    "<script>/*<![CDATA[*/</script>",
    "x" * 2000 + "]]>",
]


def test_t6_no_text_breaks_our_documents(tmp_path: Path) -> None:
    where = wide(tmp_path, BREAKING)
    for name in ("atom.xml", "rss.xml"):
        tree = parsed(tmp_path / "all" / name)
        assert len([*tree.iter(f"{ATOM}entry"), *tree.iter("item")]) == len(BREAKING)
    for name, content in bytes_below(tmp_path).items():
        text = content.decode()  # strictly
        steering = re.findall("[\x00-\x08\x0b-\x1f\x80-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]", text)
        assert (name, steering) == (name, [])
    assert {item["url"] for item in items(where)} == {
        f"https://poisoned.example/{n}" for n in range(len(BREAKING))
    }


# --- T7: spoofing -----------------------------------------------------------------------------------------

HONEST = Told(link="https://honest.example/1", guid="https://honest.example/1", title="As it was", day=1)
LATER = 300


def test_t7_who_states_the_address_of_another_source_does_not_take_its_place(tmp_path: Path) -> None:
    forged = rss(Told(link=HONEST.link, guid="urn:x-forged:1", title="Forged", day=LATER, body="Forged."))
    where = world(tmp_path, honest=[rss(HONEST)], hostile=[forged])
    for hours in (0, 2):
        go(where, hours)
        assert [(item["id"], item["title"]) for item in items(where)] == [(HONEST.guid, HONEST.title)]
        assert b"Forged" not in b"".join(bytes_below(tmp_path).values())


@pytest.mark.parametrize(
    "honest_first", [pytest.param(True, id="known before"), pytest.param(False, id="both at once")]
)
def test_t7_who_states_the_id_of_another_source_does_not_take_its_post(
    tmp_path: Path, *, honest_first: bool
) -> None:
    forged = Told(link="https://hostile.example/1", guid=HONEST.guid, title="Forged", day=LATER)
    hostile: list[str | bytes] = (
        [rss(name="hostile"), rss(forged, name="hostile")] if honest_first else [rss(forged)]
    )
    where = world(tmp_path, honest=[rss(HONEST)], hostile=hostile)
    go(where)
    go(where, 2)
    stated = {item["url"]: (item["id"], item["title"]) for item in items(where)}
    assert stated[HONEST.link] == (HONEST.guid, HONEST.title)
    assert stated[forged.link][0] not in ("", HONEST.guid)


def test_t7_a_date_in_2099_brings_nobody_to_the_top_for_ever(tmp_path: Path) -> None:
    far = Told(link="https://hostile.example/1", title="Far", day=365 * 73)
    where = world(
        tmp_path, honest=[rss(), rss(Told(link="https://honest.example/2", title="Newer", day=61))], far=[rss(far)]
    )
    go(where)
    go(where, 24)
    assert [item["title"] for item in items(where)] == ["Newer", "Far"]
    assert b"2099" not in b"".join(bytes_below(tmp_path).values())


def test_t7_nothing_turns_the_direction_of_a_plain_text_round(tmp_path: Path) -> None:
    turned = f"gpj.{BIDI}exe.txt{BIDI}"
    wide(tmp_path, [turned, *BIDI])
    (first, *_) = json.loads((tmp_path / "all/feed.json").read_bytes())["items"]
    plain = [first["title"], *first["tags"], *(one["name"] for one in first["authors"])]
    for document in (tmp_path / "all/atom.xml", tmp_path / "all/rss.xml"):
        plain += [one.text or "" for one in parsed(document).iter() if one.tag.endswith(("title", "name"))]
    assert [text for text in plain if set(text) & set(BIDI)] == []
    assert "gpj.exe.txt" in " ".join(plain)


# --- T8: another owner ------------------------------------------------------------------------------------

PAGE = "<!DOCTYPE html><html><title>Internal server error</title></html>"


def test_t8_who_sends_a_source_elsewhere_for_a_moment_does_not_keep_it(tmp_path: Path) -> None:
    with LoopbackServer({"/portal": Reply(body=PAGE.encode())}) as server:
        allow = f'["127.0.0.1:{server.port}"]'
        config = Instance(tmp_path).write(
            "config.yaml", f"fetch: {{allow: {allow}, spacing: 0}}\nsources: {{news: {server.url('/feed')}}}\n"
        )
        app = build(load_config(config), MemoryStore())

        def asked(hour: int, moved_to: str = "") -> list[str]:
            feed = Reply(body=rss(*posts(1)).encode())
            moved = Reply(status=301, headers=(("Location", moved_to),))
            server.routes |= {"/feed": moved if moved_to else feed, "/new": feed}
            server.requests.clear()
            run_once(app, NOW + hour * HOUR, Choices())
            return server.paths

        assert asked(0, "/new") == ["/feed", "/new"]
        assert asked(2, "/new") == ["/feed", "/new"], "once is not for ever"
        assert asked(4) == ["/feed"]
        for hour in (100, 200, 300, 400):
            assert asked(hour, "/portal") == ["/feed", "/portal"], "what is no feed is never believed"
        assert asked(500) == ["/feed"]
    assert len(json.loads((tmp_path / "feeds/all/feed.json").read_bytes())["items"]) == 1


# --- T9, T10: erasing and flooding ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(rss(), id="an empty feed"),
        pytest.param(rss(*posts(7)), id="a shrunk feed"),
        pytest.param(PAGE, id="a page with status 200"),
        pytest.param("", id="nothing"),
        pytest.param(rss(*posts(1, 2, 3))[:300], id="a part"),
    ],
)
def test_t9_nothing_that_a_source_says_takes_a_post_away(tmp_path: Path, later: str) -> None:
    where = world(tmp_path, voa=[rss(*posts(*range(1, 8))), later])
    go(where)
    before = bytes_below(tmp_path)
    assert len(items(where)) == 7
    for hours in (2, 24, 24 * 400):
        go(where, hours)
        assert len(where.store.heads(["voa"])) == 7
        assert bytes_below(tmp_path) == before


def rss_of(number: int, inside: str = "") -> bytes:
    return (
        f"<rss><channel>{'<item>' + inside + '</item>' if inside else '<item/>' * number}</channel></rss>".encode()
    )


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param(rss_of(MAX_ITEMS + 1), "over 5000 items", id="items"),
        pytest.param(
            rss_of(1, "<c/>" * (MAX_ELEMENTS_PER_ITEM + 1)), "over 8000 elements", id="elements of an item"
        ),
        pytest.param(b"<rss>" + b"<c/>" * MAX_ELEMENTS + b"</rss>", "over 200000 elements", id="elements"),
    ],
)
def test_t10_a_document_has_so_many_items_and_elements_and_no_more(document: bytes, reason: str) -> None:
    refused = admit(document)
    assert isinstance(refused, Refused)
    assert reason in refused.reason


def test_t10_a_source_that_floods_leaves_live_documents_and_other_sources_as_they_were(tmp_path: Path) -> None:
    flood = [
        rss(*posts(*range(60 * turn + 1, 60 * turn + 61), host="https://loud.example")) for turn in range(1, 5)
    ]
    where = world(tmp_path, quiet=[rss(*posts(1, 2))], loud=[*flood])
    for hours in range(0, 8, 2):
        go(where, hours)
        live = items(where)
        assert len(live) == 50
        assert sum(item["url"].startswith("https://news.example/") for item in live) >= 1
        assert all(path.stat().st_size < 300_000 for path in (tmp_path / "all").glob("*.*"))


def test_t10_new_ids_at_every_pass_bring_nothing_new(tmp_path: Path) -> None:
    churned = [rss(*posts(*range(1, 31), guid=f"turn{turn}-{{}}")) for turn in range(5)]
    where = world(tmp_path, voa=[*churned])
    reports = [go(where, hours) for hours in range(0, 10, 2)]
    assert [report.sources[0].new for report in reports] == [30, 0, 0, 0, 0]
    assert [report.feeds[0].written for report in reports[1:]] == [()] * 4


# --- T12: logs --------------------------------------------------------------------------------------------

STEERING = "\x1b[2J\x1b]0;owned\x07\x9b31m\r\nfeedbraid: 0 new, all is well\u2028\u202e\u200f"
TOKEN = "s3cr3t-t0k3n"  # noqa: S105  # that of nobody


def lying_answers() -> dict[str, Reply]:
    """Give answers that end up in words about a source, and would like to be lines of their own."""
    wire = STEERING.replace("\r\n", " ").encode().decode("latin-1")
    page = f"<html><link rel='alternate' type='application/rss+xml' href='/{STEERING}'></html>"
    return {
        "/status": Reply(status=503, headers=(("Content-Type", "text/plain"),), body=STEERING.encode()),
        "/coding": Reply(headers=(("Content-Encoding", f"x{wire}"),), body=b"x"),
        "/there": Reply(status=302, headers=(("Location", f"{wire}://x/"),)),
        "/user": Reply(status=302, headers=(("Location", f"http://ann:{TOKEN}@127.0.0.1:1/?key={TOKEN}"),)),
        "/page": Reply(headers=(("Content-Type", "text/html"),), body=page.encode()),
        "/root": Reply(body=f"<{STEERING}/>".encode()),
        "/charset": Reply(headers=(("Content-Type", f"text/xml; charset={wire}"),), body=b"<opml/>"),
        "/json": Reply(body=json.dumps({"version": STEERING, "items": [{"id": STEERING}]}).encode()),
    }


def test_t12_what_others_say_is_one_line_and_no_secret_is_told(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    with LoopbackServer({f"{path}?token={TOKEN}": reply for path, reply in lying_answers().items()}) as server:
        sources = {path[1:]: f"{server.url(path)}?token={TOKEN}" for path in lying_answers()}
        config = {"fetch": {"allow": [f"127.0.0.1:{server.port}"], "spacing": 0}, "sources": sources}
        instance.write("config.yaml", json.dumps({**config, "seeds": {"seeds": "seeds"}}))
        instance.write("seeds/1.md", f'---\ntitle: One\nlink: "javascript:{TOKEN}\\e[2J"\n---\n')
        instance.write(f"seeds/\x1b[2J{BIDI}.md", f"---\ntitle: Two\nlink: file:{STEERING}\n---\n")
        done = [instance.feedbraid(command) for command in ("run", "status", "check")]
    assert len(server.requests) == len(sources)
    assert done[0].returncode == 1, "all failed"
    for one in done:
        printed = one.stdout + one.stderr
        steering = re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", printed)
        assert steering == []
        assert not re.search("^feedbraid: 0 new, all is well", printed, re.MULTILINE)
        assert TOKEN not in re.sub("javascript:\\S*", "", printed)
    assert all(line.startswith("feedbraid: ") for line in done[0].stderr.splitlines())


# --- T14: seeds -------------------------------------------------------------------------------------------

BILLION = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
GOOD_SEED = "---\ntitle: Good\nlink: https://seeds.example/1\ndate: 2026-01-05\n---\nText\n"

BAD_SEEDS = {
    "a tag that builds an object": "title: !!python/object/apply:os.system ['touch outside']",
    "a tag that opens a file": "title: !!python/object/apply:builtins.open ['outside', 'w']",
    "a tag of our own": "title: !outside x",
    "a bomb of aliases": f"title: x\na0: &a0 [x, x]\n{BILLION}",
    "an alias of itself": "title: x\na: &a [*a]",
    "a nesting": f"title: x\nlist: {'[' * 3000}{']' * 3000}",
    "a huge head": f"title: x\n{'k: v' * 100_000}",
    "a number of 5,000 digits": "title: x\nlink: javascript:alert(1)\nn: " + "9" * 5000,
}


def test_t14_f32_a_hostile_seed_is_named_and_skipped_and_nothing_runs(tmp_path: Path) -> None:
    for number, head in enumerate(BAD_SEEDS.values()):
        (tmp_path / f"{number}.md").write_text(f"---\n{head}\n---\nText\n", encoding="utf-8")
    (tmp_path / "script.md").write_text("---js\nrequire('fs').writeFileSync('outside', '')\n---\nText\n")
    (tmp_path / "binary.md").write_bytes(bytes(range(256)))
    (tmp_path / "huge.md").write_bytes(b"---\ntitle: x\n---\n" + b"x" * 6_000_000)
    (tmp_path / "link.md").symlink_to("/etc/passwd")
    (tmp_path / "good.md").write_text(GOOD_SEED, encoding="utf-8")
    reading = Reading(spec=OriginSpec(name="posts", kind="seeds", locations=(".",)))
    outcome = asyncio.run(OPEN(reading, Tools(root=tmp_path)).read(Known(state=SourceState(name="posts"))))
    assert isinstance(outcome, Fresh)
    assert [item.entry.title for item in outcome.entries] == ["Good"]
    names = [*(f"{number}.md" for number in range(len(BAD_SEEDS))), *("binary", "huge", "link", "script")]
    assert [one.ref.removesuffix(".md") for one in outcome.skipped] == [name.removesuffix(".md") for name in names]
    assert not (tmp_path / "outside").exists()


# --- T15: being a nuisance --------------------------------------------------------------------------------


def test_t15_a_program_that_starts_again_and_again_asks_nobody_before_it_is_due(tmp_path: Path) -> None:
    where = world(tmp_path, voa=[rss(*posts(1))])
    for start in range(50):
        go(where, start / 60)
    assert len(where.sources["voa"].told) == 1, "the schedule is in the store"


def test_t15_a_source_that_fails_for_two_weeks_is_asked_about_daily(tmp_path: Path) -> None:
    where = World(tmp_path, {"voa": FakeSource([Failed(reason="HTTP 500")])})
    for half_hour in range(14 * 48):
        go(where, half_hour / 2)
    assert 14 <= len(where.sources["voa"].told) <= 14 + 6


# --- our own patterns -------------------------------------------------------------------------------------

SMALL = 10_000
"""Characters of the shortest hostile text; the others are two and four times as long."""
SECONDS = 0.7
"""Of processor time for one text: a hundred times what a pattern takes that looks at a character a few times."""

BOUNDED = {
    "dates": LONGEST,
    "answers._NOT_TEXT": 2048,  # the beginning of an error's body
    "sources.seeds._WILDCARD": 500,  # a path in the configuration
    "text._TAG": 100,
    "serve._lane": 8192,  # a head that takes the short way
}
"""Patterns, or modules of patterns, that see short texts only: as many characters as this."""

WITHIN: dict[str, Callable[[str], object]] = {
    name: lambda text: html.clean(text, base="https://a.example/")
    for name in ("html._UNREAD", "media._NOSCRIPT", "nesting._PIECE")
} | {
    name: lambda text: _body.map_text(html.clean(text, base="https://a.example/").html, str)
    for name in ("filters._body.TAG", "filters._text._PIECE")
}
"""Patterns that see what the cleaner wrote, where every element has its end: the whole way is tried."""

METHODS = ("fullmatch", "match", "search", "finditer")
SAME = {"sub": "finditer", "subn": "finditer", "split": "finditer", "findall": "finditer"}
UNSEEN_USES = {
    "charset._STARTS": {"match"},
    "frontmatter._BLANK_LINE": {"search"},
    "frontmatter._CLOSING": {"search"},
    "nesting._TAG_ALONE": {"finditer"},
    "text._TAG": {"fullmatch"},
    "filters._proxies._ALSO_SERVING": {"fullmatch"},
    "conformance._markup": {"fullmatch"},
    "conformance._podcast": {"fullmatch"},
    "frontmatter._KEY": {"match"},
    "postbody._DIV": {"finditer"},
}
"""How patterns are used that stand in tables or are handed on."""


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(feedbraid.__path__, "feedbraid."):
        if not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:  # noqa: ANN401  # whatever stands in a module
    """Give the patterns that a module-level value is, holds or makes."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Mapping):
        yield from patterns_in([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from patterns_in(one)
    elif inspect.isclass(value) and value.__module__.startswith("feedbraid."):
        yield from patterns_in([one for name, one in vars(value).items() if not name.startswith("__")])
    elif hasattr(value, "cache_info") and "Pattern" in str(inspect.signature(value).return_annotation):
        yield from patterns_in(value() if not inspect.signature(value).parameters else ())


def uses_in(tree: ast.Module) -> dict[str, set[str]]:
    """Give the methods by which each pattern with a name is used."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            method = SAME.get(node.attr, node.attr)
            if method in METHODS:
                found.setdefault(node.value.id, set()).add(method)
    return found


def literals_in(tree: ast.Module) -> Iterator[tuple[re.Pattern[Any], str]]:
    """Give the patterns that are written where they are used, as in `re.search("x", text)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            written, method = node.args[0], SAME.get(node.func.attr, node.func.attr)
            in_place = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if in_place and method in METHODS and isinstance(written, ast.Constant):
                yield re.compile(written.value), method


def own_patterns() -> dict[str, tuple[re.Pattern[Any], set[str]]]:
    """Give every pattern of the program under its name, with the methods by which it is used."""
    found: dict[str, tuple[re.Pattern[Any], set[str]]] = {}
    for module in modules():
        where = module.__name__.removeprefix("feedbraid.")
        tree = ast.parse(inspect.getsource(module))
        uses = uses_in(tree)
        for name, value in vars(module).items():
            for place, pattern in enumerate(patterns_in(value)):
                known = (
                    uses.get(name) or UNSEEN_USES.get(f"{where}.{name}") or UNSEEN_USES.get(where) or set(METHODS)
                )
                found[f"{where}.{name}" + (f"[{place}]" if place else "")] = pattern, known
        for place, (pattern, method) in enumerate(literals_in(tree)):
            found[f"{where} in place {place}"] = pattern, {method}
    return found


OPS = importlib.import_module("re._constants")
TREE = importlib.import_module("re._parser")
ODD_END = "\0"
"""What hardly any pattern wants to find at the end."""
POOL = "a0 \t\n<>\"'-./:=&;,%#?@[](){}!_Z"


def _characters(members: list[tuple[Any, Any]]) -> list[str]:
    """Give some characters of a class."""
    written = f"[{''.join(map(_member, members))}]"
    ends = [chr(code) for op, own in members if op in (OPS.LITERAL, OPS.RANGE) for code in _codes(own)]
    one = re.compile(written)
    return [character for character in dict.fromkeys([*POOL, *ends]) if one.match(character)]


def _codes(own: Any) -> tuple[int, ...]:  # noqa: ANN401  # a number, or two
    return own if isinstance(own, tuple) else (own,)


def _member(member: tuple[Any, Any]) -> str:
    op, own = member
    if op is OPS.NEGATE:
        return "^"
    if op is OPS.CATEGORY:
        return CATEGORIES[str(own).removeprefix("CATEGORY_")]
    return "-".join(re.escape(chr(code)) for code in _codes(own))


CATEGORIES = {
    f"{'NOT_' * (letter.isupper())}{name}": f"\\{letter}"
    for name, letters in (("DIGIT", "dD"), ("SPACE", "sS"), ("WORD", "wW"))
    for letter in letters
}
REPEATS = {OPS.MAX_REPEAT, OPS.MIN_REPEAT, OPS.POSSESSIVE_REPEAT}


def _inner(op: Any, own: Any) -> list[Any]:  # noqa: ANN401  # of a tree of the standard library
    """Give the trees in a node."""
    if op in REPEATS:
        return [own[2]]
    if op is OPS.SUBPATTERN:
        return [own[3]]
    if op is OPS.BRANCH:
        return list(own[1])
    if op in (OPS.ASSERT, OPS.ASSERT_NOT):
        return [own[1]]
    if op is OPS.GROUPREF_EXISTS:
        return [tree for tree in own[1:] if tree]
    return [own] if op is OPS.ATOMIC_GROUP else []


SIMPLE: dict[Any, Callable[[Any, dict[int, str]], list[str]]] = {
    OPS.LITERAL: lambda own, _: [chr(own)],
    OPS.NOT_LITERAL: lambda own, _: [character for character in 'a "<' if ord(character) != own][:2],
    OPS.ANY: lambda *_: ["a"],
    OPS.IN: lambda own, _: _characters(own),
    OPS.GROUPREF: lambda own, groups: [groups.get(own, "")],
    OPS.ASSERT: lambda *_: [""],
    OPS.ASSERT_NOT: lambda *_: [""],
    OPS.AT: lambda *_: [""],
}


def _texts_of(op: Any, own: Any, groups: dict[int, str]) -> list[str]:  # noqa: ANN401  # as above
    """Give a few short texts that a node matches."""
    if op in SIMPLE:
        return SIMPLE[op](own, groups)
    found = [text for tree in _inner(op, own) for text in _texts(tree, groups)]
    if op in REPEATS:
        found = [text * own[0] for text in found[:2]] + (found[:1] if own[0] == 0 else [])
    elif op is OPS.SUBPATTERN and found:
        groups[own[0]] = found[0]
    return found


def _texts(tree: Any, groups: dict[int, str]) -> list[str]:  # noqa: ANN401  # as above
    found = [""]
    for op, own in tree:
        choices = _texts_of(op, own, groups)[:3] or [""]
        found = [text + choice for text in found for choice in choices][:4]
    return found


def _pumps(
    tree: Any,  # noqa: ANN401  # as above
    before: str,
    groups: dict[int, str],
) -> Iterator[tuple[str, str]]:
    """Give, for each repeat, a text that leads to it and one that it can take again and again."""
    for op, own in tree:
        if op in REPEATS and own[1] > 20:
            yield from ((before, text) for text in _texts(own[2], groups)[:3] if text)
        for part in _inner(op, own):
            yield from _pumps(part, before, groups)
        before += (_texts_of(op, own, groups) or [""])[0]


NOTHING = repr(TREE.parse("a|(?!)")[0][1][1][-1])
"""The alternative that never matches, as the parser of the library gives it."""


def groups_without_a_way_back(tree: Any) -> Iterator[Any]:  # noqa: ANN401  # of the parser of the library
    """Give the groups that are repeated possessively without the alternative that never matches at their end."""
    for op, facts in tree:
        if op is OPS.POSSESSIVE_REPEAT and not _is_one_character(facts[2]) and not _ends_in_nothing(facts[2]):
            yield facts[2]
        for inner in _trees_in(facts):
            yield from groups_without_a_way_back(inner)


def _is_one_character(tree: Any) -> bool:  # noqa: ANN401  # as above
    return len(tree) == 1 and tree[0][0] in (OPS.IN, OPS.LITERAL, OPS.NOT_LITERAL, OPS.ANY)


def _ends_in_nothing(tree: Any) -> bool:  # noqa: ANN401  # as above
    op, facts = tree[0]
    if op is OPS.SUBPATTERN:
        return len(tree) == 1 and _ends_in_nothing(facts[-1])
    return len(tree) == 1 and op is OPS.BRANCH and repr(facts[1][-1]) == NOTHING


def _trees_in(facts: Any) -> Iterator[Any]:  # noqa: ANN401  # as above
    if isinstance(facts, TREE.SubPattern):
        yield facts
    elif isinstance(facts, list | tuple):
        for one in facts:
            yield from _trees_in(one)


def test_no_pattern_falls_into_the_trap_of_early_releases_of_python() -> None:
    """Before Python 3.11.5, a group that is repeated possessively forgets to go back to where its last try began.

    What comes after the group is looked for too far behind then: `(?:ab+)*+c` finds "ac" (python/cpython#106052).
    An alternative at the end that never matches has it go back.
    """
    assert list(groups_without_a_way_back(TREE.parse("(?:ab)*+"))), "the test sees it"
    assert not list(groups_without_a_way_back(TREE.parse("(?:ab|(?!))*+(c|(?!))?+d++")))
    trees = {name: tree_of(pattern) for name, (pattern, _) in own_patterns().items()}
    assert [name for name, tree in trees.items() if list(groups_without_a_way_back(tree))] == []


def tree_of(pattern: re.Pattern[Any]) -> Any:  # noqa: ANN401  # as above
    is_text = isinstance(pattern.pattern, str)
    return TREE.parse(pattern.pattern, pattern.flags if is_text else pattern.flags & ~re.UNICODE)


def hostile_texts(pattern: re.Pattern[Any], length: int) -> list[str]:
    """Give texts of about this length that make a careless pattern look at each character again and again."""
    written = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = TREE.parse(written, pattern.flags & ~re.UNICODE)
    repeated = {_texts(tree, {})[0][:-1] or "a"}
    led_to = set()
    for before, pump in _pumps(tree, "", {}):
        repeated |= {before + pump, before or pump}
        led_to.add((before, pump))
    texts = {part * (length // len(part)) for part in repeated}
    return sorted(texts | {lead + part * (length // len(part)) + ODD_END for lead, part in led_to})


def attack_all(done: int) -> None:
    """Try every pattern, but for so many that were tried before. A text that takes too long ends this process."""
    for place, (name, (pattern, methods)) in enumerate(own_patterns().items()):
        for method, text in _attacks_on(name, pattern, methods) if place >= done else ():
            sys.stdout.write(json.dumps([place, name, method, text[:40], len(text)]) + "\n")
            sys.stdout.flush()
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            _attack(name, pattern, method, text)
            signal.setitimer(signal.ITIMER_PROF, 0)


def _attacks_on(name: str, pattern: re.Pattern[Any], methods: set[str]) -> Iterator[tuple[str, str]]:
    longest = next((bound for start, bound in BOUNDED.items() if name.startswith(start)), 4 * SMALL)
    lengths = (longest,) if name in WITHIN else (longest // 4, longest // 2, longest)
    for method in methods - {"match"} if "fullmatch" in methods else methods:
        for length in lengths:
            yield from ((method, text) for text in hostile_texts(pattern, length))


def _attack(name: str, pattern: re.Pattern[Any], method: str, text: str) -> None:
    if name in WITHIN:
        WITHIN[name](text)
        return
    subject = text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")
    found = getattr(pattern, method)(subject)
    if method == "finditer":
        for _ in found:
            pass


def test_t2_t3_no_pattern_of_ours_looks_at_a_hostile_text_again_and_again() -> None:
    too_slow, done, killed = [], 0, True
    while killed:
        last, killed = _attacked(done)
        too_slow += [last] * killed
        done = last[0] + 1
    assert done > 200
    assert too_slow == []


def _attacked(done: int) -> tuple[list[Any], bool]:
    """Try the patterns in a process; give what was tried last, and whether the process was killed at it."""
    ended = subprocess.run(
        [sys.executable, "-c", f"import test_threats; test_threats.attack_all({done})"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in (0, -signal.SIGPROF), ended.stderr
    last: list[Any] = json.loads(ended.stdout.splitlines()[-1])
    return last, ended.returncode != 0
