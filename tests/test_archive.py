"""Archives as a subscriber and an operator meet them (RFC 5005 4, N85..N89, D13)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from program import Instance
from stories import Told, posts, rss

ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "https://out.example/feeds/"
CONFIG = f"site: {{url: {SITE}}}\nsources: {{news: news.xml}}\nfeeds: {{all: {{limit: 10, archive: 5}}}}\n"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", CONFIG)
    tell(made, *posts(*range(23)))
    return made


def tell(instance: Instance, *told: Told, now: str = "2026-03-02T12:00:00Z") -> dict[str, Any]:
    instance.write("news.xml", rss(*told))
    return instance.run("--force", now=now)


def archives(instance: Instance) -> dict[str, bytes]:
    return {path: content for path, content in instance.outputs().items() if "/archive/" in path}


def file_at(instance: Instance, address: str) -> bytes:
    return instance.outputs()[address.removeprefix(SITE)]


def followed(instance: Instance, name: str) -> Iterator[tuple[str, bytes]]:
    """Follow the links of a format from the live document to the oldest archive, as a reader does."""
    address: str | None = f"{SITE}all/{name}"
    while address is not None:
        document = file_at(instance, address)
        yield address, document
        if name == "feed.json":
            address = json.loads(document).get("next_url")
            continue
        links = {link.get("rel"): link.get("href") for link in etree.fromstring(document).iter(f"{ATOM}link")}
        address = links.get("prev-archive")


def links_of(name: str, document: bytes) -> list[str]:
    if name == "feed.json":
        return [item["url"] for item in json.loads(document)["items"]]
    root = etree.fromstring(document)
    if name == "rss.xml":
        return [item.findtext("link") for item in root.iter("item")]
    return [entry.find(f"{ATOM}link").get("href") for entry in root.iter(f"{ATOM}entry")]


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_n86_n89_whoever_follows_the_links_meets_every_post(instance: Instance, name: str) -> None:
    chain: list[tuple[str, bytes]] = []
    for number, day in enumerate((23, 27, 36), start=3):
        tell(instance, *posts(*range(day - 10, day + 4)), now=f"2026-03-{number:02}T12:00:00Z")
        chain = list(followed(instance, name))
        seen = {link for _, document in chain for link in links_of(name, document)}
        assert seen == {f"https://news.example/post/{n}" for n in range(day + 4)}
        assert len(links_of(name, chain[0][1])) == 10
    assert [address for address, _ in chain[1:3]] == [
        f"{SITE}all/archive/{len(chain) - 1}/{name}",
        f"{SITE}all/archive/{len(chain) - 2}/{name}",
    ]


def test_n86_closed_blocks_never_change(instance: Instance) -> None:
    before = archives(instance)
    assert {path.split("/")[2] for path in before} == {"1", "2", "3"}
    edited = [replace(one, body="Rewritten.", title=f"{one.title} (again)") for one in posts(*range(23))]
    tell(instance, *edited, *posts(30, 31), now="2026-03-05T12:00:00Z")
    after = archives(instance)
    assert {path: after[path] for path in before} == before
    assert b"Rewritten" in instance.outputs()["all/atom.xml"], "the live document has what became of its posts"
    instance.write("news.xml", rss())
    instance.feedbraid("run", "--force", now="2026-03-06T12:00:00Z")
    assert {path: archives(instance)[path] for path in before} == before


def test_n87_a_late_old_post_does_not_reopen_a_block(instance: Instance) -> None:
    before = archives(instance)
    old = Told(link="https://news.example/late", guid="late", title="Late", day=-40)
    tell(instance, *posts(*range(23)), old, now="2026-03-03T12:00:00Z")
    assert {path: archives(instance)[path] for path in before} == before
    assert "https://news.example/late" in {item["url"] for item in instance.items()}, "until its block is closed"


def test_archives_are_repaired_and_otherwise_left_alone(instance: Instance) -> None:
    before = instance.outputs()
    cut, gone = instance.folder / "feeds/all/archive/1/atom.xml", instance.folder / "feeds/all/archive/2/rss.xml"
    stay = instance.folder / "feeds/all/archive/2/atom.xml"
    untouched = stay.stat().st_mtime_ns
    cut.write_bytes(cut.read_bytes()[:300])
    gone.unlink()
    assert "3 errors" in instance.feedbraid("check", "--outputs").stdout
    done = instance.feedbraid("build")
    assert "wrote 2 files in feeds/: all/archive/1/atom.xml, all/archive/2/rss.xml" in done.stdout
    assert instance.outputs() == before
    assert stay.stat().st_mtime_ns == untouched


def test_archives_move_along_with_the_site_and_keep_their_posts(instance: Instance) -> None:
    ids = [etree.fromstring(one).findtext(f"{ATOM}entry/{ATOM}id") for _, one in followed(instance, "atom.xml")]
    instance.write("config.yaml", CONFIG.replace("out.example", "new.example"))
    assert instance.feedbraid("build").returncode == 0
    found = instance.outputs()["all/archive/2/atom.xml"].decode()
    assert "out.example" not in found
    assert 'href="https://new.example/feeds/all/archive/1/atom.xml" rel="prev-archive"' in found
    assert ids[1] in instance.outputs()["all/archive/3/atom.xml"].decode()


def test_a_new_format_gets_its_archives_too(instance: Instance) -> None:
    instance.write("config.yaml", CONFIG.replace("archive: 5", "archive: 5, formats: [atom]"))
    instance.run()
    instance.write("config.yaml", CONFIG)
    instance.run()
    assert {path.rpartition("/")[2] for path in archives(instance)} == {"atom.xml", "rss.xml", "feed.json"}
    assert "0 errors" in instance.feedbraid("check", "--outputs").stdout


def test_a_lower_limit_loses_nothing_and_needs_no_permission(instance: Instance) -> None:
    instance.write("config.yaml", CONFIG.replace("limit: 10", "limit: 3"))
    report = instance.run()
    assert report["feeds"][0]["held"] == ""
    seen = {link for _, one in followed(instance, "feed.json") for link in links_of("feed.json", one)}
    assert len(seen) == 23
    assert len(instance.items()) == 3


def test_explain_tells_where_a_post_is(instance: Instance) -> None:
    assert "is in the archive" in instance.feedbraid("explain", "https://news.example/post/1").stdout
    assert "is entry 1" in instance.feedbraid("explain", "https://news.example/post/22").stdout


def test_a_dry_run_closes_no_block(instance: Instance) -> None:
    before, store = instance.outputs(), (instance.folder / ".feedbraid/state.db").read_bytes()
    instance.write("news.xml", rss(*posts(*range(20, 60))))
    done = instance.feedbraid("run", "--force", "--dry-run", now="2026-03-05T12:00:00Z")
    assert "would write" in done.stdout
    assert instance.outputs() == before
    assert (instance.folder / ".feedbraid/state.db").read_bytes() == store
