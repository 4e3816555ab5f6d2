"""The bad-input matrix, row by row, through the whole program: fetched, parsed, stored, published, fetched again.

All rows are the sources of one feedbraid, beside one good source; each has a feed of its own. They are read three
times: at the second pass servers are asked with what they gave, at the third everything that could spare a reading
is forgotten. Then every row has to have become what it says, every document has to be valid and harmless, and
neither pass may have changed a byte.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import feedbraid
import output_judge
from bad_input import CANARY, ROWS, SECRET, SEEDS, Bad, BadSeed, Fields, rss, two
from fakes import NOW
from feedbraid.app import App, Choices, SourceReport
from feedbraid.checks import check_seeds
from feedbraid.config import load_config
from feedbraid.conformance import faults
from feedbraid.model import Copy, Note, SourceState
from feedbraid.run import RunReport, run_once
from feedbraid.store import OriginChange, Store
from feedbraid.wire import opened
from loopback import LoopbackServer, Reply, Seen
from program import Instance

GOOD = two(0).encode()
MEDIA_TYPES = {
    "atom.xml": "application/atom+xml",
    "rss.xml": "application/rss+xml",
    "feed.json": "application/feed+json",
    "index.html": "text/html",
    "sources.opml": "text/x-opml",
}

ERRORS = {*range(1, 12), 25, 28, *range(30, 37), 41, 96, 99, 100, 102, 105, 106, 108, 109, 110, 115, 116, 117}
WARNINGS = {
    *range(12, 25),
    26,
    40,
    44,
    45,
    *range(55, 59),
    *range(61, 66),
    67,
    70,
    72,
    81,
    83,
    84,
    85,
    95,
    101,
    104,
}
WARNINGS |= {107, 111, 114}
"""The outcomes that the matrix asks for; all others are to be read without a word."""

ON_PURPOSE = {
    84: "has a test of its own below",
    99: "front matter that is not quite YAML is read where its keys are certain, with a warning",
    106: "front matter without an end is read where a blank line ends it and it tells enough, with a warning",
    107: "nothing becomes a truth value, so there is nothing to warn of",
}
"""Rows whose outcome is another, and why."""


# --- one feedbraid, three passes --------------------------------------------------------------------------


@contextmanager
def configured(folder: Path, config: str) -> Iterator[App]:
    """Give the app of a configuration in a folder, with its store open."""
    path = folder / "config.yaml"
    path.write_text(config, encoding="utf-8")
    with opened(load_config(path)) as app:
        yield app


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}


def forget(store: Store) -> None:
    """Forget what could spare a reading: validators, and the digests of bodies and files."""
    for state in store.states().values():
        marks = tuple(mark._replace(mtime_ns=-1, digest="") for mark in store.files(state.name))
        store.commit(OriginChange(state=replace(state, validators=None, body_digest=""), files=marks or None))


@dataclass(frozen=True)
class Pass:
    """What one pass did."""

    report: RunReport
    requests: tuple[Seen, ...]
    states: dict[str, SourceState]
    outputs: dict[str, bytes]

    def source(self, name: str) -> SourceReport:
        (found,) = [source for source in self.report.sources if source.name == name]
        return found

    def request(self, path: str) -> Seen:
        (found,) = [seen for seen in self.requests if seen.path == path]
        return found

    def items(self, feed: str) -> list[dict[str, Any]]:
        document = self.outputs.get(f"{feed}/feed.json", b'{"items": []}')
        items: list[dict[str, Any]] = json.loads(document)["items"]
        return items


@dataclass(frozen=True)
class Matrix:
    """All rows after three passes."""

    passes: tuple[Pass, ...]
    notes: dict[str, tuple[Note, ...]]
    copies: dict[str, tuple[Copy, ...]]
    findings: tuple[str, ...]
    canaries: int
    """How often somebody connected to where nobody may."""

    @property
    def last(self) -> Pass:
        return self.passes[-1]

    @property
    def entry_rules(self) -> dict[str, tuple[str, ...]]:
        """Give the rules of the notes on the entries of each source."""
        return {
            name: tuple(sorted({n.rule for copy in all_ for n in copy.notes}))
            for name, all_ in self.copies.items()
        }


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    folder, away = tmp_path_factory.mktemp("matrix"), tmp_path_factory.mktemp("away")
    secret = away / "secret.xml"
    secret.write_text(rss(0, "<item><title>The secret</title></item>"), encoding="utf-8")
    (folder / "seeds").mkdir()
    for seed in SEEDS:
        (folder / "seeds" / seed.path).write_bytes(seed.content)
    with LoopbackServer() as server, LoopbackServer() as canary:

        def serve(row: Bad, body: bytes) -> None:
            filled = body.replace(SECRET, str(secret).encode()).replace(CANARY, canary.url("/canary").encode())
            server.routes[f"/{row.name}"] = _with_etag(filled, row.content_type)

        server.routes["/good"] = _with_etag(GOOD, "application/rss+xml")
        for row in ROWS:
            serve(row, row.body if row.before is None else row.before)
        with configured(folder, _config(server)) as app:
            first = _make_pass(app, server, 0)
            for row in ROWS:
                serve(row, row.body)
            second = _make_pass(app, server, 2)
            forget(app.store)
            third = _make_pass(app, server, 8)
            heads = {name: app.store.heads([name]) for name in third.states}
            yield Matrix(
                passes=(first, second, third),
                notes={name: app.store.notes(name) for name in third.states},
                copies={
                    name: tuple(app.store.copies((head.origin, head.ref) for head in found).values())
                    for name, found in heads.items()
                },
                findings=tuple(map(str, check_seeds(app))),
                canaries=canary.connections,
            )


def _with_etag(body: bytes, content_type: str) -> Any:  # noqa: ANN401  # a route
    """Make a route that answers 304 to who has the document."""
    etag = f'"{sha256(body).hexdigest()[:16]}"'

    def answer(seen: Seen) -> Reply:
        if seen.header("If-None-Match") == etag:
            return Reply(status=304)
        return Reply(body=body, headers=(("Content-Type", content_type), ("ETag", etag)))

    return answer


def _config(server: LoopbackServer) -> str:
    names = ["good", *(row.name for row in ROWS)]
    sources = "".join(f"  {name}: {server.url(f'/{name}')}\n" for name in names)
    feeds = "".join(f"  {name}: {{from: [{name}]}}\n" for name in (*names, "posts"))
    allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"], spacing: 0}}\n'
    return f"{allow}sources:\n{sources}seeds: {{posts: seeds/}}\nfeeds:\n{feeds}"


def _make_pass(app: App, server: LoopbackServer, hours: int) -> Pass:
    done = len(server.requests)
    report = run_once(app, NOW + timedelta(hours=hours), Choices(force=True, everything=hours > 2))
    states = dict(app.store.states())
    return Pass(report, tuple(server.requests[done:]), states, files_of(app.output))


# --- the rows ---------------------------------------------------------------------------------------------


def stated(item: dict[str, Any], wanted: Fields) -> Fields:
    """Give what an item has to say under the names that are asked for."""
    return {name: item.get(name) for name in wanted}


def odd(words: tuple[str, ...], texts: list[str]) -> list[str]:
    """Give the texts when they are not as many as the words, or do not hold them."""
    agree = len(words) == len(texts) and all(word in text for word, text in zip(words, texts, strict=True))
    return [] if agree else texts


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_document_comes_out_as_its_row_says(matrix: Matrix, row: Bad) -> None:
    told, items = matrix.last.source(row.name), matrix.last.items(row.name)
    assert len(items) == len(row.items), items
    assert [stated(item, wanted) for item, wanted in zip(items, row.items, strict=True)] == list(row.items)
    if row.outcome == "error":
        assert (told.result, row.reason in told.detail) == ("failed", True), told
        assert told.detail.isprintable()
        return
    assert told.result == "read", told.detail
    assert odd(row.notes, [note.text for note in matrix.notes[row.name]]) == []
    assert matrix.entry_rules[row.name] == row.why
    assert odd(row.skipped, [one.reason for one in told.skipped]) == []


@pytest.mark.parametrize("row", SEEDS, ids=lambda row: row.id)
def test_a_seed_comes_out_as_its_row_says(matrix: Matrix, row: BadSeed) -> None:
    left_out = [(one.reason, one.line) for one in matrix.passes[0].source("posts").skipped if one.ref == row.path]
    notes = [note.text for copy in matrix.copies["posts"] if copy.ref == row.path for note in copy.notes]
    items = {item["id"]: item for item in matrix.last.items("posts")}
    if row.outcome == "error":
        assert [(row.said in reason, line) for reason, line in left_out] == [(True, row.line)], left_out
        assert any(f"seeds/{row.path}" in found and row.said in found for found in matrix.findings)
        return
    assert left_out == []
    assert odd((row.said,) if row.said else (), notes if row.outcome == "warn" else []) == []
    if row.published:
        assert stated(items[row.published["url"]], row.published) == row.published


def test_every_row_has_the_outcome_that_it_must_have() -> None:
    outcomes: dict[int, set[str]] = {}
    rows: tuple[Bad | BadSeed, ...] = (*ROWS, *SEEDS)
    for row in rows:
        outcomes.setdefault(row.number, set()).add(row.outcome)
    wanted = {
        number: {"error"} if number in ERRORS else {"warn"} if number in WARNINGS else {"ok"}
        for number in range(1, 118)
    }
    assert {number for number in wanted if outcomes.get(number) != wanted[number]} == ON_PURPOSE.keys()


def test_a_row_that_warns_says_of_what() -> None:
    warned = {row.id: bool(row.notes or row.why or row.skipped) for row in ROWS if row.outcome == "warn"}
    assert [name for name, said in warned.items() if not said] == []
    assert [row.id for row in ROWS if row.outcome == "ok" and row.notes] == []


# --- what holds for all of them ---------------------------------------------------------------------------


def test_i3_i4_another_reading_adds_nothing_and_changes_no_byte(matrix: Matrix) -> None:
    first, second, third = matrix.passes
    assert [source.name for source in second.report.sources if source.new] == []
    assert [source.name for source in third.report.sources if source.new or source.changed] == []
    assert {source.result for source in third.report.sources} == {"read", "failed"}
    assert [path for path in first.outputs if second.outputs.get(path) != first.outputs[path]] == []
    assert [path for path in first.outputs if third.outputs.get(path) != first.outputs[path]] == []
    assert first.outputs.keys() == third.outputs.keys()


def test_i2_no_entry_leaves(matrix: Matrix) -> None:
    before, after = (
        {(row.name, item["id"]) for row in ROWS for item in one.items(row.name)} for one in matrix.passes[::2]
    )
    assert len(before) > 100
    assert before <= after


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_i1_every_document_is_valid(matrix: Matrix, name: str) -> None:
    documents = {path: content for path, content in matrix.last.outputs.items() if path.endswith(name)}
    assert len(documents) > (0 if name == "sources.opml" else 70)
    found = {path: faults(MEDIA_TYPES[name], content) for path, content in documents.items()}
    assert {path: one for path, one in found.items() if one} == {}


def test_t5_t6_i5_nothing_in_any_document_runs_or_leads_astray(matrix: Matrix) -> None:
    found = {path: output_judge.faults(path, content) for path, content in matrix.last.outputs.items()}
    assert {path: one for path, one in found.items() if one} == {}


def test_i10_f35_the_good_source_is_published_beside_all_bad_ones(matrix: Matrix) -> None:
    for one in matrix.passes:
        assert [item["title"] for item in one.items("good")] == ["Item 1", "Item 2"]
    assert not matrix.last.report.all_failed


def test_t1_t4_i6_nobody_is_asked_but_the_sources(matrix: Matrix) -> None:
    names = {"/good", *(f"/{row.name}" for row in ROWS)}
    assert [sorted(seen.path for seen in one.requests) for one in matrix.passes] == [sorted(names)] * 3
    assert matrix.canaries == 0
    assert not any(b"The secret" in content for content in matrix.last.outputs.values())


# --- what single rows say besides -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b1", "b2", "b3"], ids=lambda name: f"{name.upper()}")
def test_a_failure_keeps_the_validators_of_the_last_good_answer(matrix: Matrix, name: str) -> None:
    first, second, _ = matrix.passes
    given = first.states[name].validators
    assert given is not None
    assert second.states[name].validators == given
    assert second.request(f"/{name}").header("If-None-Match") == given.etag.decode()


def test_b5_a_bot_challenge_backs_off_like_a_server_error(matrix: Matrix) -> None:
    states = [one.states["b5"] for one in matrix.passes]
    waits = [(state.due - state.fetched) / timedelta(hours=1) for state in states if state.due and state.fetched]
    assert [state.failures for state in states] == [1, 2, 3]
    assert 1 <= waits[0] < 2 <= waits[1] < 4 <= waits[2]


@pytest.mark.parametrize("name", ["b12", "b13"], ids=lambda name: f"{name.upper()}")
def test_a_cut_document_is_asked_for_as_a_whole_the_next_time(matrix: Matrix, name: str) -> None:
    second = matrix.passes[1]
    assert second.request(f"/{name}").header("If-None-Match") is None
    assert second.source(name).result == "read"
    assert second.request("/good").header("If-None-Match") is not None
    assert second.source("good").detail == "304 not modified"


def test_b85_no_hint_of_a_document_stops_polling_for_more_than_seven_days(matrix: Matrix) -> None:
    state = matrix.last.states["b85"]
    assert state.due is not None
    assert state.fetched is not None
    assert timedelta() < state.due - state.fetched <= timedelta(days=7)


def test_b103_b104_two_seeds_with_one_address_are_both_named(matrix: Matrix) -> None:
    (found,) = [line for line in matrix.findings if "has the same address" in line]
    assert found.startswith("seeds/2026-01-05-dup-a.md: warning: ")
    assert "seeds/2026-01-06-dup-b.md" in found


def test_b84_our_own_output_as_a_source_is_harmless_and_warned_of(tmp_path: Path) -> None:
    own = {f"own-{name.partition('.')[0]}": f"feeds/all/{name}" for name in ("atom.xml", "rss.xml", "feed.json")}
    (tmp_path / "news.xml").write_bytes(GOOD)
    sources = "".join(f", {name}: {path}" for name, path in own.items())
    with configured(tmp_path, f"sources: {{news: news.xml{sources}}}\n") as app:
        outputs, results = [], []
        for hours in (0, 2, 4):
            report = run_once(app, NOW + timedelta(hours=hours), Choices(force=True, everything=True))
            results.append({source.result for source in report.sources})
            outputs.append(files_of(app.output / "all"))
            forget(app.store)
        assert results == [{"read", "failed"}, {"read"}, {"read"}]
        items = [[item["id"] for item in json.loads(one["feed.json"])["items"]] for one in outputs]
        assert items[0] == items[1] == ["https://b0.example/1", "https://b0.example/2"]
        assert outputs[2] == outputs[1]
        notes = {name: [note.text for note in app.store.notes(name)] for name in own}
    assert {name: odd(("feedbraid wrote this document",), told) for name, told in notes.items()} == {
        n: [] for n in own
    }


# --- what a document may make the program do --------------------------------------------------------------


SITECUSTOMIZE = '''
"""Notes what this process, and each that it starts, does to the world, and in the end how large it became."""
import atexit, json, os, resource, sys

log = os.open(os.environ["WATCHED_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
watched = {"open", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
watched |= {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "urllib.Request"}


def say(event, args):
    line = json.dumps([os.getpid(), event, args], default=repr)
    os.write(log, f"{line}\\n".encode())


def hook(event, args):
    if event in watched:
        say(event, args[:2])


def peak():
    """Give kilobytes. `ru_maxrss` would begin with what the process had that started this one."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def report():
    watched.clear()  # what is done for this is nobody else's work
    say("memory", [peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss])


atexit.register(report)
sys.addaudithook(hook)
'''


@dataclass(frozen=True)
class Watched:
    """The program as it ran, and all that it and its parser processes did to the world."""

    folder: Path
    report: dict[str, Any]
    events: tuple[tuple[int, str, list[Any]], ...]

    def of(self, *events: str) -> list[list[Any]]:
        return [args for _, event, args in self.events if event in events]

    def source(self, name: str) -> dict[str, Any]:
        (found,) = [source for source in self.report["sources"] if source["name"] == name]
        return dict(found)


def watched_run(folder: Path) -> Watched:
    """Run the program in a folder, with a hook in each of its processes."""
    instance = Instance(folder)
    instance.write("hook/sitecustomize.py", SITECUSTOMIZE)
    log = folder / "hook" / "log"
    path = os.pathsep.join([str(folder / "hook"), os.environ.get("PYTHONPATH", "")]).strip(os.pathsep)
    report = instance.run("--force", PYTHONPATH=path, WATCHED_LOG=str(log))
    events = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    return Watched(folder, report, tuple((pid, event, args) for pid, event, args in events))


REACHING = [row for row in ROWS if row.number in {7, 8, 34, 35, 36, 37, 39, 90}]
"""The rows whose documents name files and addresses."""


def test_t4_t11_i9_documents_that_name_files_and_addresses_reach_neither(tmp_path: Path) -> None:
    folder, secret = tmp_path / "instance", tmp_path / "secret.xml"
    folder.mkdir()
    secret.write_text(rss(0, "<item><title>The secret</title></item>"), encoding="utf-8")
    with LoopbackServer() as server, LoopbackServer() as canary:
        names = []
        for row in REACHING:
            body = row.body.replace(SECRET, str(secret).encode()).replace(CANARY, canary.url("/canary").encode())
            server.routes[f"/{row.name}"] = Reply(body=body)
            (folder / f"{row.name}.xml").write_bytes(body)
            names += [f"  {row.name}: {server.url(f'/{row.name}')}", f"  file-{row.name}: {row.name}.xml"]
        allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}'
        (folder / "config.yaml").write_text("\n".join([allow, "sources:", *names, "  good: good.xml", ""]))
        (folder / "good.xml").write_bytes(GOOD)
        seen = watched_run(folder)
        assert canary.connections == 0
    opened_paths = {path for path, *_ in seen.of("open") if isinstance(path, str)}
    assert sorted(path for path in opened_paths if not _may_be_opened(path, folder)) == []
    assert {f"{row.name}.xml" for row in REACHING} <= {Path(path).name for path in opened_paths}
    assert {str(args[1]) for args in seen.of("socket.connect")} == {str(["127.0.0.1", server.port])}
    assert {host for host, *_ in seen.of("socket.getaddrinfo", "socket.gethostbyname")} <= {"127.0.0.1"}
    assert {" ".join(command[1:4]) for _, command in seen.of("subprocess.Popen")} == {"-P -m feedbraid.parse"}
    assert seen.of("os.system", "os.exec", "os.posix_spawn", "os.spawn", "socket.sendto", "urllib.Request") == []
    assert len({pid for pid, _, _ in seen.events}) >= 2
    assert seen.source("good")["new"] == 2


def _may_be_opened(path: str, folder: Path) -> bool:
    """Tell whether a file is the program's own, or one that its configuration names."""
    whole = (folder / path).resolve()
    own = [
        Path(sys.prefix),
        Path(sys.base_prefix),
        Path(feedbraid.__file__).parent,
        folder / "feeds",
        folder / ".feedbraid",
    ]
    named = {
        folder,
        folder / "config.yaml",
        folder / "good.xml",
        folder / "forgotten.txt",
        *(folder / f"{row.name}.xml" for row in REACHING),
    }
    return whole in named or str(whole) == "/dev/null" or any(whole.is_relative_to(one.resolve()) for one in own)


# --- what costs time and memory ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Heavy:
    """A document that is large, deep, or made to cost its square; how it ends is the same on any machine."""

    name: str
    document: Callable[[], str]
    refused: str = ""
    """Words of the reason; empty: it is read."""
    entries: int = 1


def one_item(text: str, more: str = "") -> str:
    return rss(
        1,
        f"<item><title>One</title><link>https://h.example/1</link>{more}<description>{text}</description></item>",
    )


def many_items(count: int) -> str:
    return rss(1, *(f"<item><title>{n}</title><link>https://h.example/{n}</link></item>" for n in range(count)))


def crossed(count: int) -> str:
    """Write a document that only a forgiving parser reads."""
    return one_item("<b><i></b></i><![CDATA[" + '<a href="' * count + "]]>")


def numbered(part: str, count: int) -> str:
    return " ".join(part.format(n) for n in range(count))


def doctype(declarations: Iterable[str], between: str = "") -> str:
    return f"<?xml version='1.0'?><!DOCTYPE rss [{between.join(declarations)}]>"


def chain() -> list[str]:
    return ['<!ENTITY e0 "x">', *(f'<!ENTITY e{n} "&e{n - 1};">' for n in range(1, 60_000))]


LAUGHS = ('<!ENTITY l0 "ha">', *(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)))
LONG_ENTITY = f'<!ENTITY a "{"x" * 10_000}">'
SHORT_ENTITY = f'<!ENTITY a "{"x" * 256}">'

HEAVY = (
    Heavy("entity-chain", lambda: doctype(chain()) + one_item("&e59999;"), "entity bomb"),
    Heavy("entity-chain-in-lines", lambda: doctype(chain(), "\n") + one_item("&e59999;"), "entity bomb"),
    Heavy("laughs", lambda: doctype(LAUGHS) + one_item("&l9;"), "entity bomb"),
    Heavy("laughs-in-lines", lambda: doctype(LAUGHS, "\n") + one_item("&l9;"), "entity bomb"),
    Heavy("quadratic", lambda: doctype([LONG_ENTITY]) + one_item("&a;" * 300_000), "entity bomb"),
    Heavy("quadratic-times-ten", lambda: doctype([LONG_ENTITY]) + one_item("&a;" * 3_000_000), "entity bomb"),
    Heavy("short-entity-often", lambda: doctype([SHORT_ENTITY]) + one_item("&a;" * 100_000), "grow too much"),
    Heavy("text-over-the-cap", lambda: one_item("x" * 22_000_000), "larger than 20 MiB"),
    Heavy("long-attribute", lambda: one_item("x", f"<a b='{'x' * 18_000_000}'/>")),
    Heavy("items-100000", lambda: many_items(100_000), "over 5000 items"),
    Heavy("items-5000", lambda: many_items(5_000), entries=5_000),
    Heavy("html-10-mb", lambda: one_item("&lt;p&gt;words &lt;b&gt;and&lt;/b&gt; more&lt;/p&gt; " * 180_000)),
    Heavy(
        "attributes-100000",
        lambda: one_item("x", "<a " + numbered("b{}='x'", 100_000) + "/>"),
        "over 200 attributes",
    ),
    Heavy("categories-100000", lambda: one_item("x", "<category>a</category>" * 100_000), "over 8000 elements"),
    Heavy("categories-7900", lambda: one_item("x", numbered("<category>c{}</category>", 7_900))),
    Heavy("nested-xml", lambda: one_item("x", "<a>" * 100_000 + "</a>" * 100_000), "nested over 200 deep"),
    Heavy("nested-html", lambda: one_item("&lt;div&gt;" * 100_000 + "words")),
    Heavy("ampersands", lambda: one_item("&amp;amp;" * 2_000_000)),
    Heavy("open-formatting", lambda: one_item("&lt;b&gt;&lt;i&gt;&lt;p&gt;" * 60_000)),
    Heavy("line-breaks-first", lambda: "\n" * 40_000 + one_item("x")),
    Heavy("doctypes-10000", lambda: "<!DOCTYPE \n" * 10_000 + one_item("x"), "not finished"),
    Heavy("entities-10000", lambda: "<!DOCTYPE rss [" + "<!ENTITY \n" * 10_000 + one_item("x"), "not finished"),
    Heavy("escaped-comments", lambda: one_item("&lt;!-- " * 40_000)),
    Heavy("open-quotes", lambda: one_item("&lt;a href=&quot;" * 80_000)),
    Heavy("open-quotes-crossed", lambda: crossed(80_000), "over 8000 elements"),
    Heavy("fewer-open-quotes-crossed", lambda: crossed(7_000)),
    Heavy("open-cdata", lambda: one_item("<x><![CDATA[</x>" * 200_000), "over 8000 elements"),
)
"""All that was seen to cost seconds, gigabytes or the process when it reached a parser or a cleaner."""


@pytest.fixture(scope="module")
def heavy(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("heavy")
    for one in HEAVY:
        (folder / f"{one.name}.xml").write_text(one.document(), encoding="utf-8")
    (folder / "good.xml").write_bytes(GOOD)
    names = "".join(f"  {one.name}: {one.name}.xml\n" for one in HEAVY)
    (folder / "config.yaml").write_text(
        f"sources:\n{names}  good: good.xml\nfeeds: {{all: {{archive: 0}}}}\n", encoding="utf-8"
    )
    return watched_run(folder)


@pytest.mark.parametrize("one", HEAVY, ids=lambda one: f"T2 T3 I7 {one.name}")
def test_a_heavy_document_ends_as_it_should_within_its_deadline(heavy: Watched, one: Heavy) -> None:
    told = heavy.source(one.name)
    if one.refused:
        assert one.refused in told["detail"]
        assert told["result"] == "failed"
    else:
        assert (told["result"], told["new"]) == ("read", one.entries), told["detail"]


def test_i10_the_good_source_is_published_beside_all_heavy_ones(heavy: Watched) -> None:
    assert (heavy.source("good")["result"], heavy.source("good")["new"]) == ("read", 2)
    assert heavy.report["feeds"][0]["written"] != []


def test_i8_memory_stays_within_bounds(heavy: Watched) -> None:
    kilobytes = heavy.of("memory")
    assert max(mine for mine, _ in kilobytes) < 300 * 1024
    assert max(others for _, others in kilobytes) < 1024 * 1024
