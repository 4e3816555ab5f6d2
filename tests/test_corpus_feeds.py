"""All real feeds of the corpus, served from loopback, into one feed and one each."""

from __future__ import annotations

import calendar
import html
import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest

from feedbraid.conformance import atom_faults, json_faults, rss_faults
from feedbraid.urls import uri_form
from loopback import LoopbackServer, Reply
from program import Instance

pytestmark = pytest.mark.corpus

NOT_READ = {
    "broken-017.xml": "cut before the end of its first item",  # the open item is dropped (B12); there is no other
    "edge-036.xml": "neither a channel nor an item",  # undeclared prefixes; the reference has 0, too
    "edge-039.xml": "neither a channel nor an item",  # an empty root (B28)
    "edge-063.xml": "neither a channel nor an item",  # an empty root (B28)
    "edge-064.xml": "external, parameter or damaged entity",  # refused, never read (B34)
}
"""Documents that are no feeds, or not to be read, and what the source is told to have failed of."""

FEWER = {
    "broken-016.xml": 1,  # cut: the last item is open and dropped (B12)
    "broken-018.xml": 1,  # the same
}
"""Entries of the reference that we do not have."""

DIFFERENT = {
    "atom10-019.xml": "feedburner:origLink replaces the proxied link (N145)",
    "atom10-022.xml": "feedburner:origLink (N145)",
    "broken-006.xml": "feedburner:origLink (N145)",
    "broken-007.xml": "feedburner:origLink (N145)",
    "enc-015.xml": "feedburner:origLink (N145)",
    "rss09-014.xml": "feedburner:origLink (N145)",
    "rss20-006.xml": "feedburner:origLink (N145)",
    "rss20-020.xml": "feedburner:origLink (N145)",
    "rss20-034.xml": "feedburner:origLink (N145)",
    "atom10-030.xml": "the first alternate link is the entry's, the reference takes the last (N58)",
    "rss20-049.xml": "the link of the item is its own, the reference takes a later one (N58)",
    "edge-053.xml": "the RSS link comes before an Atom link in the item (N58)",
    "edge-010.xml": "the id is no link (N58)",
    "edge-025.xml": "the id is no link (N58)",
    "edge-052.xml": "the id is no link (N58)",
    "edge-034.xml": "the id is no link (N58)",
    "edge-035.xml": "a relative guid is no link (N58)",
    "enc-042.xml": "Shift_JIS is read as WHATWG says: the wave dash is U+FF5E",
    "rss20-047.xml": "control characters in a twice encoded title are repaired (N35)",
}
"""Files where the first entry differs from the reference, and why ours is right."""


@dataclass(frozen=True)
class Published:
    """What one run made of the corpus."""

    instance: Instance
    sources: dict[str, dict[str, Any]]
    expected: dict[str, dict[str, Any]]
    base: str


def name_of(file: str) -> str:
    return file.replace(".", "-")


@pytest.fixture(scope="module")
def published(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    files = sorted(path for path in (corpus / "feeds").iterdir() if path.suffix in (".xml", ".json"))
    lines = (corpus / "feeds" / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    expected = {row["file"]: row for row in map(json.loads, lines)}
    instance = Instance(tmp_path_factory.mktemp("feeds"))
    with LoopbackServer({f"/{path.name}": Reply(body=path.read_bytes()) for path in files}) as server:
        instance.write("config.yaml", configuration(server, [path.name for path in files]))
        report = instance.run(now="2026-11-22T12:00:00Z")
        again = instance.feedbraid("run", "--force", now="2026-11-22T14:00:00Z")
        assert "nothing to write" in again.stdout, again.stdout
    sources = {
        file: source for source in report["sources"] for file in expected if name_of(file) == source["name"]
    }
    return Published(instance, sources, expected, server.url("/"))


def configuration(server: LoopbackServer, files: list[str]) -> str:
    sources = "".join(f"  {name_of(file)}: {server.url('/' + file)}\n" for file in files)
    feeds = "".join(f"  {name_of(file)}: {{from: [{name_of(file)}], limit: 1000}}\n" for file in files)
    allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"], spacing: 0}}\nclean: {{tracking_parameters: true}}\n'
    return f"{allow}sources:\n{sources}feeds:\n  all: {{limit: 10000}}\n{feeds}"


def test_every_feed_is_read_and_every_other_document_named(published: Published) -> None:
    assert len(published.sources) == len(published.expected) == 333
    failed = {file: source["detail"] for file, source in published.sources.items() if source["result"] == "failed"}
    assert failed.keys() == NOT_READ.keys()
    assert [file for file, reason in NOT_READ.items() if reason not in failed[file]] == []


def test_every_entry_of_the_reference_is_there(published: Published) -> None:
    missing = {}
    for file, source in published.sources.items():
        found = source["new"] + len(source["skipped"])
        if source["result"] == "read" and found != published.expected[file]["entries"]:
            missing[file] = published.expected[file]["entries"] - found
    assert missing == FEWER


def first_stated(row: dict[str, Any]) -> dict[str, str]:
    """Give what the reference, as corrected by hand, says of the first entry; unknown fields are left out."""
    first = {**row["first"], **(row.get("corrected") or {})}
    return {name: str(value) for name, value in first.items() if value is not None}


def flat(title: str) -> str:
    """Undo what N27 does to titles: markup removed, references decoded, white space collapsed."""
    text = title.replace("\ufeff", "")
    for _ in range(2):
        text = html.unescape(re.sub(r"</?\w[^<>]*>", "", text))
    return " ".join(text.split())


def differences(published: Published, file: str) -> list[str]:
    items = published.instance.items(name_of(file))
    stated = first_stated(published.expected[file])
    links = {item.get("url") for item in items}
    titles = {flat(item.get("title", "")) for item in items}
    dates = {item.get(name) for item in items for name in ("date_published", "date_modified")}
    found = []
    if "link" in stated and uri_form(urljoin(published.base, stated["link"])) not in links:
        found.append(f"link {stated['link']}")
    if "title" in stated and flat(stated["title"]) not in titles:
        found.append(f"title {stated['title']}")
    if "published" in stated and stated["published"] not in dates:
        found.append(f"date {stated['published']}")
    return found


def test_the_first_entry_is_as_the_reference_has_it_or_the_difference_is_explained(published: Published) -> None:
    read = [file for file, source in published.sources.items() if source["new"]]
    found = {file: differences(published, file) for file in read}
    assert {file: found[file] for file in read if found[file] and file not in DIFFERENT} == {}
    assert [file for file in DIFFERENT if not found[file]] == [], "explained, but there is no difference any more"


def seconds(parsed: Any) -> str | None:  # noqa: ANN401  # a struct_time of feedparser
    return f"{datetime.fromtimestamp(calendar.timegm(parsed), UTC):%Y-%m-%dT%H:%M:%SZ}" if parsed else None


def read_back(document: bytes) -> list[tuple[Any, ...]]:
    """Read a document with feedparser as a feed reader does: ids, links, titles, dates."""
    entries = feedparser.parse(io.BytesIO(document), sanitize_html=False, resolve_relative_uris=False).entries
    return [
        (
            entry.id,
            next((ln.href for ln in entry.get("links", ()) if ln.rel == "alternate"), ""),
            entry.get("title", ""),
        )
        for entry in entries
    ]


def test_every_output_is_valid_and_says_the_same_in_every_format(published: Published) -> None:
    outputs = published.instance.outputs()
    feeds = sorted({path.partition("/")[0] for path in outputs if "/" in path})
    assert len(feeds) == 1 + sum(bool(source["new"]) for source in published.sources.values())
    for feed in feeds:
        atom, rss, stated = (outputs[f"{feed}/{name}"] for name in ("atom.xml", "rss.xml", "feed.json"))
        assert (feed, atom_faults(atom), rss_faults(rss), json_faults(stated)) == (feed, [], [], [])
        items = json.loads(stated)["items"]
        assert [(one["id"], one.get("url", "")) for one in items] == [one[:2] for one in read_back(atom)]
        assert [(one["id"], one.get("url", "")) for one in items] == [one[:2] for one in read_back(rss)]


def test_dates_and_titles_are_read_back_from_atom(published: Published) -> None:
    outputs = published.instance.outputs()
    parsed = feedparser.parse(io.BytesIO(outputs["all/atom.xml"]), sanitize_html=False)
    items = published.instance.items("all")
    assert len(parsed.entries) == len(items) > 4000
    for entry, item in zip(parsed.entries, items, strict=True):
        assert seconds(entry.updated_parsed) == item.get("date_modified", item.get("date_published"))
        if "title" in item:
            assert flat(entry.title) == flat(html.escape(item["title"], quote=False))
