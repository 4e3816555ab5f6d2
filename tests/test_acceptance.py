"""The promises of the README, kept by the program as a user starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import REPOSITORY
from feedbraid.wire import load_format
from loopback import LoopbackServer, Reply, Seen
from program import Instance

RSS = '<rss version="2.0"><channel><title>{title}</title><link>https://{title}.example/</link>{items}</channel></rss>'
ITEM = "<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{guid}</guid>{rest}</item>"
DATED = "<pubDate>Mon, 02 Mar 2026 0{n}:00:00 GMT</pubDate><description>&lt;p&gt;Text {n}&lt;/p&gt;</description>"


def feed_of(title: str, *items: str) -> bytes:
    return RSS.format(title=title, items="".join(items)).encode()


def item(title: str, link: str, guid: str = "", rest: str = "") -> str:
    return ITEM.format(title=title, link=link, guid=guid or link, rest=rest)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An empty folder for an instance."""
    return Instance(tmp_path)


# --- the repository is a working instance -----------------------------------------------------------------


def test_the_repository_publishes_itself_and_then_leaves_every_file_alone(tmp_path: Path) -> None:
    for name in ("config.yaml", "seeds", "examples"):
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, tmp_path / name)
    instance = Instance(tmp_path)
    done = instance.feedbraid("run")
    assert done.returncode == 0, done.stderr
    assert "wrote 7 files in feeds/: harbour/atom.xml, harbour/rss.xml, harbour/feed.json" in done.stdout
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "feeds").rglob("*.*")}
    again = instance.feedbraid("run", "--force", now="2026-03-09T12:00:00Z")
    assert "nothing to write" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "feeds").rglob("*.*")} == before
    ferry = [one for one in instance.items("harbour") if "ferry" in one["url"]]
    assert [one["title"] for one in ferry] == ["Ferry timetable for the winter (with the bus connections)"]


def test_two_lines_of_configuration_give_a_valid_feed(instance: Instance) -> None:
    instance.write("config.yaml", "sources:\n  news: news.xml\n")
    instance.write(
        "news.xml", feed_of("news", item("One", "https://news.example/1", rest=DATED.format(n=1))).decode()
    )
    assert instance.run()["feeds"][0]["written"] == [
        "all/atom.xml",
        "all/rss.xml",
        "all/feed.json",
        "all/index.html",
    ]
    done = instance.feedbraid("check")
    assert done.returncode == 0, done.stdout


# --- the sample format ------------------------------------------------------------------------------------


def test_the_sample_format_makes_the_round_trip(instance: Instance) -> None:
    instance.write("config.yaml", "seeds: {posts: seeds/}\n")
    sample = (REPOSITORY / "seeds/2021-01-27-harbour-sample.md").read_text(encoding="utf-8")
    instance.write("seeds/2021-01-27-harbour-sample.md", sample)
    instance.run()
    (one,) = instance.items()
    assert one["title"] == "港口新闻：灯塔重新开放"
    assert one["url"] == "https://harbour.example/zh/lighthouse-reopens/5753650.html"
    assert one["date_published"] == "2021-01-27T14:41:19Z"
    assert one["authors"] == [{"name": "港口电台"}]
    assert one["tags"] == ["港口电台"]
    for document in (content for path, content in instance.outputs().items() if path.startswith("all/")):
        text = document.decode()
        assert "images.weserv.nl" in text
        assert "经过两年的修缮" in text
        assert "1611758479000" not in text
        assert "------" not in text
        assert "14:00:25" not in text
    assert not one["content_html"].startswith("<div>\n<div>")


# --- the same bytes ---------------------------------------------------------------------------------------

SEVERAL = """
site: {{url: "https://out.example/"}}
fetch: {{allow: ["127.0.0.1:{port}"]}}
sources:
  first: http://127.0.0.1:{port}/first
  second: http://localhost:{port}/second
  third: third.xml
seeds: {{posts: seeds/}}
"""


def several(instance: Instance, port: int) -> None:
    config = SEVERAL.format(port=port).replace('"]', f'", "localhost:{port}"]')
    instance.write("config.yaml", config)
    shared = item("Shared, third", "https://news.example/a?utm_source=x", "third-a", DATED.format(n=3))
    instance.write(
        "third.xml", feed_of("third", shared, item("C", "https://news.example/c", rest=DATED.format(n=4))).decode()
    )
    instance.write(
        "seeds/2026-03-01-seed.md", "---\ntitle: Saat für Ümlaute 种子\nlink: https://news.example/s\n---\nText\n"
    )


ROUTES: dict[str, Reply] = {
    "/first": Reply(
        body=feed_of(
            "first",
            item("Shared, first", "http://news.example/a", "first-a", DATED.format(n=1)),
            item("Same date", "https://news.example/d", rest=DATED.format(n=2)),
        )
    ),
    "/second": Reply(
        body=feed_of(
            "second",
            item("Shared, second", "https://NEWS.example/%61", "second-a", DATED.format(n=1)),
            item("Same date, too", "https://news.example/e", rest=DATED.format(n=2)),
        )
    ),
}


def test_hash_seed_zone_locale_and_a_later_clock_leave_no_trace(tmp_path: Path) -> None:
    surroundings = [
        ({"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"}, "2026-03-02T12:00:00Z"),
        ({"PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8"}, "2026-03-09T12:00:00Z"),
        ({"PYTHONHASHSEED": "99", "TZ": "America/St_Johns", "LC_ALL": "POSIX"}, "2026-06-02T12:00:00Z"),
    ]
    results = []
    with LoopbackServer(ROUTES) as server:
        for number, (env, now) in enumerate(surroundings):
            instance = Instance(tmp_path / str(number))
            several(instance, server.port)
            instance.run("--strict", now=now, **env)
            results.append(instance.outputs())
    assert len(results[0]) == 7
    assert all(result == results[0] for result in results)


def test_the_order_in_which_servers_answer_leaves_no_trace(tmp_path: Path) -> None:
    results = []
    with LoopbackServer() as server:
        for slow, quick in (("/first", "/second"), ("/second", "/first")):
            server.routes = {quick: ROUTES[quick], slow: _after(quick, slow, server)}
            server.requests.clear()
            instance = Instance(tmp_path / slow[1:])
            several(instance, server.port)
            instance.run("--strict")
            results.append(instance.outputs())
    assert results[0] == results[1]


def _after(quick: str, slow: str, server: LoopbackServer) -> Callable[[Seen], Reply]:
    """Answer only when the other path was asked for."""

    def answer(_: Seen) -> Reply:
        while quick not in server.paths:
            server.leaving.wait(0.01)
        return ROUTES[slow]

    return answer


# --- duplicates by URL ------------------------------------------------------------------------------------


def test_one_url_in_a_seed_and_three_spellings_is_one_post_and_nothing_flaps(instance: Instance) -> None:
    spellings = {
        "tracked": "https://news.example/a%C3%A9?utm_source=rss&amp;utm_medium=feed",
        "plain": "http://news.example/aé",
        "encoded": "https://news.example/%61%c3%a9",
    }

    def conditional(name: str, link: str) -> Callable[[Seen], Reply]:
        def answer(seen: Seen) -> Reply:
            if seen.header("If-None-Match"):
                return Reply(status=304)
            entry = item(f"From {name}", link, f"{name}-1", DATED.format(n=1))
            return Reply(body=feed_of(name, entry), headers=(("ETag", f'"{name}"'),))

        return answer

    with LoopbackServer({f"/{name}": conditional(name, link) for name, link in spellings.items()}) as server:
        sources = "".join(f"  {name}: {server.url('/' + name)}\n" for name in spellings)
        allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}\n'
        feeds = (
            "feeds: {all: {from: [posts, tracked, plain, encoded]}, sources: {from: [tracked, plain, encoded]}}\n"
        )
        instance.write("config.yaml", f"{allow}sources:\n{sources}seeds: {{posts: seeds/}}\n{feeds}")
        instance.write("seeds/2026-03-01-a.md", "---\ntitle: The seed\nfrom: https://news.example/aé\n---\nText\n")
        instance.run("--strict")
        assert [one["title"] for one in instance.items("all")] == ["The seed"]
        assert [one["title"] for one in instance.items("sources")] == ["From tracked"]
        before = instance.outputs()
        report = instance.run("--strict", "--force", now="2026-03-02T14:00:00Z")
        assert {one["detail"] for one in report["sources"] if one["kind"] == "web"} == {"304 not modified"}
        assert instance.outputs() == before
        told = instance.feedbraid("explain", "http://NEWS.example:80/a%c3%A9?fbclid=1#top")
    assert told.returncode == 0, told.stdout
    for expected in ("N132", "N134", "N141", "N140", "N146", "key      https://news.example/a%C3%A9"):
        assert expected in told.stdout
    for name in ("copy of posts (2026-03-01-a.md)", "copy of tracked", "copy of plain", "copy of encoded"):
        assert name in told.stdout
    assert "feed all: the copy of posts (2026-03-01-a.md) wins, over tracked" in told.stdout


# --- trouble ----------------------------------------------------------------------------------------------


def test_a_bad_configuration_lists_every_problem_with_its_place(instance: Instance) -> None:
    instance.write(
        "config.yaml", "site: {titel: x}\nsources:\n  news: ftp://news.example/\nfeeds:\n  all: {limit: many}\n"
    )
    done = instance.feedbraid("run")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(" ")[0] for line in lines] == ["config.yaml:1:8:", "config.yaml:3:9:", "config.yaml:5:16:"]


def test_all_sources_failed_is_exit_code_1_and_the_files_stay(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    instance.write("news.xml", feed_of("news", item("One", "https://news.example/1")).decode())
    instance.run()
    before = instance.outputs()
    (instance.folder / "news.xml").write_text("<html><body>gone</body></html>")
    done = instance.feedbraid("run", "--force")
    assert (done.returncode, instance.outputs()) == (1, before)
    assert "news:" in done.stderr


def test_d17_a_second_run_leaves_with_75_and_names_the_first(instance: Instance) -> None:
    import fcntl  # noqa: PLC0415  # for this test alone

    instance.write("config.yaml", "sources: {news: news.xml}\n")
    instance.write(".feedbraid/lock", "process 4711\n")
    with (instance.folder / ".feedbraid/lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = instance.feedbraid("run")
    assert done.returncode == 75
    assert "process 4711" in done.stderr


def test_d23_a_run_with_nothing_due_imports_no_heavy_library(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\nseeds: {posts: seeds/}\n")
    instance.write("news.xml", feed_of("news", item("One", "https://news.example/1")).decode())
    instance.write("seeds/a.md", "---\ntitle: A\nlink: https://a.example/\n---\nText\n")
    instance.run()
    done = instance.feedbraid("run", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "feedbraid.put_out" in imported
    assert imported & {"httpx", "feedparser", "feedgen", "apscheduler", "rich"} == set()


def test_a_dry_run_leaves_no_trace(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    instance.write("news.xml", feed_of("news", item("One", "https://news.example/1")).decode())
    done = instance.feedbraid("run", "--dry-run")
    assert "would write 7 files" in done.stdout
    assert not (instance.folder / "feeds").exists()
    assert not (instance.folder / ".feedbraid/state.db").exists()


def test_quiet_says_nothing_and_status_says_why(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml, bad: bad.xml}\n")
    instance.write("news.xml", feed_of("news", item("One", "https://news.example/1")).decode())
    done = instance.feedbraid("run", "--quiet")
    assert done.stdout == ""
    status = json.loads(instance.feedbraid("status", "--json").stdout)
    assert [(one["source"], one["state"]) for one in status] == [("news", "good"), ("bad", "failing")]
    assert "No such file" in status[1]["error"]
    table = instance.feedbraid("status").stdout
    assert "failed once: bad.xml: No such file" in table


def test_check_names_seeds_that_can_not_be_used_and_broken_outputs(instance: Instance) -> None:
    instance.write("config.yaml", "seeds: {posts: seeds/}\n")
    instance.write("seeds/good.md", "---\ntitle: A\nlink: https://a.example/\n---\nText\n")
    instance.write("seeds/empty.md", "")
    assert instance.feedbraid("build").returncode == 0
    done = instance.feedbraid("check")
    assert done.returncode == 1
    assert "seeds/empty.md: error: it is empty" in done.stdout
    (instance.folder / "feeds/all/atom.xml").write_text("<feed>")
    assert "all/atom.xml: error:" in instance.feedbraid("check", "--outputs").stdout


def test_every_published_document_is_read_by_its_own_reader(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    instance.write("news.xml", feed_of("news", item("One", "https://news.example/1")).decode())
    instance.run()
    ids = {
        load_format(n).read_ids(instance.outputs()[f"all/{load_format(n).file_name}"])
        for n in ("atom", "rss", "json")
    }
    assert ids == {("https://news.example/1",)}


@pytest.mark.parametrize(
    "now",
    ["yesterday", "9999-12-31T23:59:59Z", "253402300799", "0001-01-01T00:00:00+05:00", "2026-03-02T12:00:00"],
)
def test_d20_a_clock_that_makes_no_sense_is_named(instance: Instance, now: str) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    done = instance.feedbraid("run", now=now)
    assert (done.returncode, done.stderr.split(":")[0]) == (2, "FEEDBRAID_NOW")


def test_a_report_that_can_not_be_written_is_no_traceback(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "feedbraid", "status", "--json"],
            cwd=instance.folder,
            stdout=full,
            stderr=-1,
            check=False,
        )
    assert (done.returncode, b"Traceback" in done.stderr) == (4, False)


def test_a_seed_without_address_keeps_its_id_when_it_is_moved(instance: Instance) -> None:
    instance.write("config.yaml", "seeds: {posts: seeds/}\n")
    text = "---\ntitle: A\ndate: 2026-01-02\n---\nText\n"
    instance.write("seeds/2026-01-02-a.md", text)
    instance.run()
    before = instance.items()[0]["id"]
    (instance.folder / "seeds/2026-01-02-a.md").unlink()
    instance.write("seeds/sub/2026-01-02-a.md", text)
    instance.run()
    assert [item["id"] for item in instance.items()] == [before]


def test_a_mirror_hands_out_the_posts_of_its_source(instance: Instance) -> None:
    document = feed_of("news", item("One", "/1", "g")).replace(b"<link>https://news.example/</link>", b"")
    with LoopbackServer({"/mirror": Reply(body=document), "/news": Reply(status=500)}) as server:
        mirror = server.url("/mirror", "localhost")
        allow = f'fetch: {{allow: ["127.0.0.1:{server.port}", "localhost:{server.port}"]}}\n'
        sources = f"sources: {{news: {{url: {server.url('/news')}, mirrors: [{mirror}]}}}}\n"
        instance.write("config.yaml", allow + sources)
        instance.run()
        assert [one["url"] for one in instance.items()] == [server.url("/1")]


def test_d5_explain_finds_a_post_whose_source_is_keyed_on_its_ids(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: {url: news.xml, key: guid}}\n")
    instance.write("news.xml", feed_of("news", item("One", "https://news.example/1", "g1")).decode())
    instance.run()
    told = instance.feedbraid("explain", "https://news.example/1")
    assert (told.returncode, "guid:news:g1" in told.stdout) == (0, True)
