"""A lost store loses nothing that was published, and a damaged one is never replaced in silence (D16)."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from loopback import LoopbackServer, Reply
from program import Instance
from stories import Told, posts, rss

SEED = "---\ntitle: A seed of ours\ncategories: [Harbour, 港口]\nauthor: Ann\n---\nSome *text* of ours.\n"
UNDATED = "---\ntitle: No date\n---\nA post without a date or an address.\n"
LATER = "2026-05-01T12:00:00Z"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A planet with archives: two sources and seeds, some posts long gone from their sources."""
    made = Instance(tmp_path)
    made.write(
        "config.yaml",
        "sources: {news: news.xml, blog: blog.xml}\nfeeds: {all: {limit: 20, archive: 10}, one: {from: news}}\n",
    )
    made.write("seeds/2026-01-03-ours.md", SEED)
    made.write("seeds/undated.md", UNDATED)
    made.write(
        "blog.xml", rss(*posts(1, 2, host="https://blog.example", guid="https://blog.example/?p={}"), name="blog")
    )
    made.write(
        "news.xml",
        rss(*posts(*range(40)), Told(link="https://news.example/x", body="No title, no date", day=None)),
    )
    made.run()
    made.write("news.xml", rss(*posts(*range(35, 45))))
    made.run("--force", now="2026-03-03T12:00:00Z")
    return made


def lose(instance: Instance) -> None:
    shutil.rmtree(instance.folder / ".feedbraid")


@pytest.mark.parametrize("formats", ["[atom, rss, json]", "[atom]", "[rss]", "[json]"])
def test_d16_without_the_store_the_feeds_stay_as_they_were(instance: Instance, formats: str) -> None:
    config = (instance.folder / "config.yaml").read_text()
    instance.write("config.yaml", config.replace("from: news", f"from: news, formats: {formats}"))
    shutil.rmtree(instance.folder / "feeds")
    instance.run("--force", now="2026-03-04T12:00:00Z")
    before = instance.outputs()
    lose(instance)
    done = instance.feedbraid("run", now=LATER)
    assert "the store was missing: read back 50 posts and 4 archives from feeds" in done.stdout
    assert "nothing to write" in done.stdout
    assert instance.outputs() == before
    assert instance.feedbraid("build", "--force", now=LATER).returncode == 0
    assert instance.outputs() == before, "and what is stored gives the same bytes"


def test_d16_posts_that_no_source_has_any_more_are_still_there(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    routes = {
        "/news": Reply(body=rss(*posts(*range(30))).encode()),
        "/blog": Reply(body=rss(*posts(1, 2, host="https://blog.example"), name="blog").encode()),
    }
    with LoopbackServer(routes) as server:
        addresses = f"{{news: {server.url('/news')}, blog: {server.url('/blog')}}}"
        allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}\n'
        feeds = "feeds: {all: {limit: 20, archive: 10}, one: {from: news}}\n"
        instance.write("config.yaml", f"{allow}sources: {addresses}\n{feeds}")
        instance.run()
    before = instance.outputs()
    lose(instance)
    done = instance.feedbraid("run", now=LATER)
    assert done.returncode == 1, "nobody answers any more"
    assert instance.outputs() == before
    again = instance.feedbraid("build", "--force", now=LATER)
    assert again.returncode == 0
    assert instance.outputs() == before


def test_d16_an_id_that_was_published_stays_when_the_source_changes_it(instance: Instance) -> None:
    ids = {item["url"]: item["id"] for item in instance.items() if "url" in item}
    lose(instance)
    instance.write("news.xml", rss(*posts(*range(35, 46), guid="https://ids.example/{}")))
    instance.run(now=LATER)
    after = {item["url"]: item["id"] for item in instance.items() if "url" in item}
    assert {url: after[url] for url in ids if url in after} == {url: ids[url] for url in ids if url in after}
    assert len(after.keys() - ids.keys()) == 1


def test_d16_a_seed_that_is_removed_after_the_recovery_is_gone(instance: Instance) -> None:
    lose(instance)
    instance.run(now=LATER)
    (instance.folder / "seeds/2026-01-03-ours.md").unlink()
    instance.run(now=LATER)
    assert "A seed of ours" not in {item.get("title") for item in instance.items()}


def test_d16_documents_of_others_are_not_taken_for_ours(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    instance.write("news.xml", rss(*posts(1)))
    instance.write("feeds/all/atom.xml", "<html>not a feed</html>")
    instance.write(
        "feeds/all/feed.json",
        '{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{"url": "https://x.example/"}]}',
    )
    report = instance.run()
    assert report["recovered"] is None
    assert len(instance.items()) == 1


def test_d16_archives_are_never_written_anew(instance: Instance) -> None:
    """Whatever a reading back can not tell, closed documents stay byte for byte."""
    path = instance.folder / "feeds/all/archive/1/atom.xml"
    before = {path: path.stat().st_mtime_ns for path in instance.folder.glob("feeds/*/archive/*/*")}
    lose(instance)
    instance.run(now=LATER)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert path in before


def test_d16_a_missing_archive_leaves_a_gap_and_no_other_trouble(instance: Instance) -> None:
    before = instance.outputs()
    lose(instance)
    shutil.rmtree(instance.folder / "feeds/all/archive/2")
    for name in ("99999999", "007", "not one", "2026"):
        instance.write(f"feeds/all/archive/{name}/atom.xml", "<feed/>")
    done = instance.feedbraid("run", now=LATER)
    assert done.returncode == 0, done.stderr
    after = instance.outputs()
    kept = [path for path in before if "archive/1/" in path or "archive/3/" in path]
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}
    assert "all/archive/2/atom.xml" in after
    assert instance.feedbraid("run", now=LATER).returncode == 0


def test_d16_a_damaged_archive_is_written_anew(instance: Instance) -> None:
    before = instance.outputs()
    damaged = instance.folder / "feeds/all/archive/1/rss.xml"
    damaged.write_bytes(damaged.read_bytes()[:400])
    lose(instance)
    instance.run(now=LATER)
    assert instance.outputs() == before


def test_d16_what_became_of_a_post_is_in_the_live_documents_and_what_it_was_in_the_archive(
    instance: Instance,
) -> None:
    edited = posts(*range(35, 45))
    instance.write("news.xml", rss(*(replace(one, body="Rewritten.") for one in edited)))
    instance.run("--force", now="2026-03-05T12:00:00Z")
    before = instance.outputs()
    lose(instance)
    instance.run(now=LATER)
    assert instance.outputs() == before
    instance.feedbraid("build", "--force", now=LATER)
    assert instance.outputs() == before


def test_d3_d16_a_flood_that_went_to_the_archive_stays_there(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    attic = [
        Told(link=f"https://news.example/old/{n}", guid=f"old{n}", title=f"Old {n}", day=-n) for n in range(1, 15)
    ]
    told = posts(*range(9))
    for day, now in (("02", told), ("03", [*told, *attic]), ("05", [*told, *attic])):
        instance.write("news.xml", rss(*now))
        instance.run("--force", now=f"2026-03-{day}T12:00:00Z")
    before = instance.outputs()
    assert len(instance.items()) == 9
    assert "all/archive/1/atom.xml" in before
    lose(instance)
    instance.run(now=LATER)
    assert instance.outputs() == before


# --- a damaged store --------------------------------------------------------------------------------------


def damage(instance: Instance) -> bytes:
    store = instance.folder / ".feedbraid/state.db"
    content = store.read_bytes()
    damaged = content[:4096] + b"\xff" * 3000 + content[7096:]
    store.write_bytes(damaged)
    return damaged


def test_d16_a_damaged_store_is_refused_and_named(instance: Instance) -> None:
    damaged, before = damage(instance), instance.outputs()
    done = instance.feedbraid("run", now=LATER)
    assert done.returncode == 3
    assert "the store is damaged" in done.stderr
    assert "`feedbraid recover`" in done.stderr
    assert (instance.folder / ".feedbraid/state.db").read_bytes() == damaged
    assert instance.outputs() == before


def test_d16_f24_recover_keeps_the_damaged_file_and_rebuilds_the_store(instance: Instance) -> None:
    damaged, before = damage(instance), instance.outputs()
    done = instance.feedbraid("recover", now=LATER)
    assert done.returncode == 0, done.stderr
    assert "the damaged file is kept as state.db.damaged-20260501T120000Z" in done.stdout
    assert "read back" in done.stdout
    assert (instance.folder / ".feedbraid/state.db.damaged-20260501T120000Z").read_bytes() == damaged
    feeds = {path for path in before if path.endswith((".xml", ".json"))}
    assert {path: instance.outputs()[path] for path in feeds} == {path: before[path] for path in feeds}
    assert instance.feedbraid("run", now=LATER).returncode == 0
    assert instance.outputs() == before


def test_d16_recover_leaves_a_sound_store_alone(instance: Instance) -> None:
    before = (instance.folder / ".feedbraid/state.db").read_bytes()
    assert "is sound; there is nothing to recover" in instance.feedbraid("recover").stdout
    assert (instance.folder / ".feedbraid/state.db").read_bytes() == before


def test_d16_where_nothing_was_published_the_backup_is_taken(instance: Instance) -> None:
    store = instance.folder / ".feedbraid/state.db"
    shutil.copy(store, f"{store}.backup-v1")
    before = {path: content for path, content in instance.outputs().items() if path.startswith("one/")}
    damage(instance)
    shutil.rmtree(instance.folder / "feeds")
    done = instance.feedbraid("recover", now=LATER)
    assert "the backup state.db.backup-v1 took its place" in done.stdout
    after = instance.outputs()
    assert {path: after[path] for path in before} == before
    assert json.loads(after["one/feed.json"])["items"]
