"""`feedbraid add URL`, as a user runs it: what is asked, what is told, and what stands in the file afterwards."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feedbraid.cli._amend import amended_text, read_file, replace_file
from feedbraid.config import load_config
from feedbraid.configedit import NewSource
from feedbraid.errors import ConfigError
from feedbraid.subscriptions import added as planning
from inside import Inside
from loopback import LoopbackServer, Reply, Seen
from program import MOMENT, Instance
from stories import posts, rss

FEED = Reply(headers=(("Content-Type", "application/rss+xml"),), body=rss(*posts(1, 2, 3)).encode())
HEAD = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'


def page(*head: str, body: str = "") -> Reply:
    text = f"<!DOCTYPE html><html><head>{''.join(head)}</head><body>{body}</body></html>"
    return Reply(headers=(("Content-Type", "text/html"),), body=text.encode())


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer({"/news.xml": FEED}) as started:
        yield started


@pytest.fixture
def mine(tmp_path: Path, server: LoopbackServer) -> Instance:
    instance = Inside(tmp_path)
    instance.write("config.yaml", start(server))
    return instance


def start(server: LoopbackServer, rest: str = "sources:\n\n# the end\n") -> str:
    return f'# mine\nfetch:\n  allow: ["127.0.0.1:{server.port}"]   # local\n  spacing: 0\n\n{rest}'


def text(instance: Instance) -> str:
    return (instance.folder / "config.yaml").read_text(encoding="utf-8")


def added(server: LoopbackServer, path: str, name: str = "x") -> str:
    return start(server, f"sources:\n  {name}: {server.url(path)}\n\n# the end\n")


# --- finding ----------------------------------------------------------------------------------------------


def test_a_feed_is_shown_and_added_with_one_request(mine: Instance, server: LoopbackServer) -> None:
    done = mine.feedbraid("add", server.url("/news.xml"))
    assert done.returncode == 0, done.stderr
    name = next(iter(load_config(mine.folder / "config.yaml").sources)).name
    assert text(mine) == added(server, "/news.xml", name)
    assert server.paths == ["/news.xml"]
    shown = {line.split()[0] for line in done.stdout.splitlines()}
    assert {"source", "title", "format", "items"} <= shown
    assert done.stdout.splitlines()[-1] == f"feedbraid: {name} is added to config.yaml; `feedbraid run` reads it"
    assert "items     3, the newest of" in done.stdout
    assert mine.run()["sources"][0]["new"] == 3


@pytest.mark.parametrize(
    ("routes", "requests"),
    [
        ({"/": page(HEAD.format("News", "/news.xml"))}, ["/", "/news.xml"]),
        ({"/": page(HEAD.format("Comments", "/c"), HEAD.format("News", "news.xml"))}, ["/", "/news.xml"]),
        ({"/": page(HEAD.format("Gone", "/gone"), HEAD.format("News", "news.xml"))}, ["/", "/gone", "/news.xml"]),
        ({"/": page(body='<a href="/x">x</a><a href="/news.rss">RSS</a>'), "/news.rss": FEED}, ["/", "/news.rss"]),
        ({"/": page(), "/rss.xml": FEED}, ["/", "/feed", "/rss", "/rss.xml"]),
        ({"/atom.xml": FEED}, ["/", "/feed", "/rss", "/rss.xml", "/atom.xml"]),
        (
            {
                "/": Reply(
                    headers=(("Link", '</news.xml>; rel="alternate"; type="application/rss+xml"'),), body=b"<html>"
                )
            },
            ["/", "/news.xml"],
        ),
        (
            {"/": Reply(status=302, headers=(("Location", "/b/"),)), "/b/": page(HEAD.format("", "../news.xml"))},
            ["/", "/b/", "/news.xml"],
        ),
    ],
)
def test_the_feed_of_a_page_is_found_with_few_requests(
    mine: Instance, server: LoopbackServer, routes: dict[str, Reply], requests: list[str]
) -> None:
    server.routes.update(routes)
    done = mine.feedbraid("add", server.url("/"), "--name", "x", "--no-preview")
    assert done.returncode == 0, done.stderr
    assert server.paths == requests
    assert text(mine) == added(server, requests[-1])


def test_a_json_feed_is_found(mine: Instance, server: LoopbackServer) -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1", "title": "J", "items": [{"id": "1", "content_text": "a"}]}'
    )
    server.routes["/feed.json"] = Reply(headers=(("Content-Type", "application/json"),), body=body)
    done = mine.feedbraid("add", server.url("/feed.json"), "--name", "x")
    assert "format    JSON Feed" in done.stdout
    assert text(mine) == added(server, "/feed.json")


def test_where_a_feed_moved_to_for_good_is_what_is_added(mine: Instance, server: LoopbackServer) -> None:
    server.routes["/old"] = Reply(status=301, headers=(("Location", "/news.xml"),))
    server.routes["/today"] = Reply(status=302, headers=(("Location", "/other.xml"),))
    server.routes["/other.xml"] = FEED
    mine.feedbraid("add", server.url("/old"), "--name", "x")
    mine.feedbraid("add", server.url("/today"), "--name", "y")
    places = [spec.locations[0] for spec in load_config(mine.folder / "config.yaml").sources]
    assert places == [server.url("/news.xml"), server.url("/today")]


def test_of_several_feeds_all_are_told_and_one_is_picked(mine: Instance, server: LoopbackServer) -> None:
    server.routes["/"] = page(
        HEAD.format("Comments", "/c.xml"), HEAD.format("A", "/a.xml"), HEAD.format("B", "/b.xml")
    )
    server.routes |= {"/a.xml": FEED, "/b.xml": FEED}
    told = mine.feedbraid("add", server.url("/"), "--pick", "3", "--name", "x").stdout
    assert text(mine) == added(server, "/b.xml")
    assert f"  2. {server.url('/a.xml')} (A, RSS)" in told
    assert f"  1. {server.url('/c.xml')} (Comments, RSS, of comments)" in told
    told = mine.feedbraid("add", server.url("/"), "--name", "y").stdout
    assert "number 2 is tried first; --pick N takes another one" in told
    assert mine.feedbraid("add", server.url("/"), "--pick", "4", "--name", "z").returncode == 2


def test_what_was_tried_is_told_when_there_is_no_feed(mine: Instance, server: LoopbackServer) -> None:
    server.routes["/"] = page()
    before = text(mine)
    done = mine.feedbraid("add", server.url("/"))
    assert done.returncode == 1
    assert len(server.paths) <= 8
    assert done.stderr.splitlines()[:3] == [
        f"feedbraid: no feed was found at {server.url('/')}; what was tried:",
        f"  {server.url('/')}: this is a web page, not a feed",
        f"  {server.url('/feed')}: HTTP 404 Not Found",
    ]
    assert len(done.stderr.splitlines()) == 1 + len(server.paths)
    assert text(mine) == before


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asks_for_rest_is_left_alone(mine: Instance, server: LoopbackServer, status: int) -> None:
    server.routes["/"] = Reply(status=status)
    assert mine.feedbraid("add", server.url("/")).returncode == 1
    assert server.paths == ["/"]


def test_private_hosts_are_not_asked_unless_they_are_allowed(tmp_path: Path, server: LoopbackServer) -> None:
    done = Inside(tmp_path).feedbraid("add", server.url("/news.xml"))
    assert done.returncode == 1
    assert "fetch.allow" in done.stderr
    assert server.paths == []
    assert not (tmp_path / "config.yaml").exists()


def test_robots_are_heeded_where_the_configuration_says_so(mine: Instance, server: LoopbackServer) -> None:
    mine.write("config.yaml", text(mine).replace("  spacing: 0\n", "  spacing: 0\n  robots: true\n"))
    server.routes["/robots.txt"] = Reply(body=b"User-agent: *\nDisallow: /news\n")
    done = mine.feedbraid("add", server.url("/news.xml"))
    assert done.returncode == 1
    assert "/news.xml" not in server.paths


def test_a_file_is_a_source_and_its_path_is_kept_relative(mine: Instance) -> None:
    mine.write("saved/feed.xml", rss(*posts(1, 2)))
    assert mine.feedbraid("add", "saved/feed.xml", "--name", "x").returncode == 0
    assert "  x: saved/feed.xml\n" in text(mine)
    again = mine.feedbraid("add", str(mine.folder / "saved" / "feed.xml"))
    assert again.stdout.endswith("is a source already: x\n")
    assert mine.feedbraid("add", "none.xml").returncode == 1


def test_what_was_picked_is_taken_or_nothing(mine: Instance, server: LoopbackServer) -> None:
    server.routes["/"] = page(HEAD.format("A", "/news.xml"), HEAD.format("B", "/gone.xml"))
    before = text(mine)
    done = mine.feedbraid("add", server.url("/"), "--pick", "2")
    assert (done.returncode, server.paths, text(mine)) == (1, ["/", "/gone.xml"], before)


def test_a_host_that_does_not_answer_keeps_nobody_from_asking_another(
    mine: Instance, server: LoopbackServer
) -> None:
    server.routes["/"] = page(HEAD.format("A", "http://nothing.invalid/feed"), HEAD.format("B", "/news.xml"))
    done = mine.feedbraid("add", server.url("/"), "--name", "x")
    assert done.returncode == 0
    assert "nothing.invalid/feed brought no feed: the name nothing.invalid can not be resolved" in done.stderr
    assert text(mine) == added(server, "/news.xml")


# --- what is there, and what is ours ----------------------------------------------------------------------


def test_an_address_that_is_there_is_named_and_nothing_is_asked(mine: Instance, server: LoopbackServer) -> None:
    mine.write(
        "config.yaml",
        added(server, "/news.xml", "old")
        + "feeds:\n  a: {}\n  b:\n    from: old\n  c:\n    from:\n      - old\n  d: {from: [old]}\n",
    )
    before = text(mine)
    done = mine.feedbraid("add", server.url("/news.xml").replace("http:", "HTTP:") + "#top")
    assert (done.returncode, text(mine), server.paths) == (0, before, [])
    assert done.stdout.endswith("is a source already: old\n")


def test_a_feed_that_names_what_it_shows_is_only_added_to_when_it_is_named(
    mine: Instance, server: LoopbackServer
) -> None:
    server.routes["/more.xml"] = FEED
    feeds = "feeds:\n  a:\n    from: [old]  # A\n  b:\n    from:\n    - old\n"
    mine.write("config.yaml", start(server, f"sources:\n  old: {server.url('/news.xml')}\n{feeds}"))
    done = mine.feedbraid("add", server.url("/more.xml"), "--name", "x")
    assert (
        "no feed shows x: each names what it shows; the same command with --feed adds to one (a, b)" in done.stderr
    )
    assert feeds in text(mine)
    done = mine.feedbraid("add", server.url("/more.xml"), "--feed", "a", "--feed", "b")
    assert done.stdout.endswith("is a source already: x and is added to a, b\n")
    assert text(mine).endswith("feeds:\n  a:\n    from: [old, x]  # A\n  b:\n    from:\n    - old\n    - x\n")


def test_none_of_our_own_feeds_is_added(mine: Instance, server: LoopbackServer) -> None:
    mine.write("config.yaml", start(server, f"site:\n  url: {server.url('/out/')}\nsources:\n"))
    before = text(mine)
    done = mine.feedbraid("add", server.url("/out/all/atom.xml"), "--anyway")
    assert (done.returncode, server.paths) == (2, [])
    assert "is where the feed 'all' of this configuration is" in done.stderr
    self = f'<a:link rel="self" href="{server.url("/out/all/rss.xml")}"/>'
    own = (
        f'<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>T</title>{self}</channel></rss>'
    )
    server.routes["/copy"] = Reply(headers=(("Content-Type", "application/rss+xml"),), body=own.encode())
    done = mine.feedbraid("add", server.url("/copy"))
    assert done.returncode == 2
    assert "it calls itself" in done.stderr
    assert text(mine) == before


def test_what_another_feedbraid_wrote_is_added_only_when_that_is_meant(
    mine: Instance, server: LoopbackServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Inside(tmp_path_factory.mktemp("other"))
    other.write("feed.xml", rss(*posts(1, 2)))
    other.write("config.yaml", "site: {url: https://other.example/}\nsources: {x: feed.xml}\n")
    other.run()
    server.routes["/atom.xml"] = Reply(
        headers=(("Content-Type", "application/atom+xml"),), body=other.outputs()["all/atom.xml"]
    )
    done = mine.feedbraid("add", server.url("/atom.xml"))
    assert done.returncode == 2
    assert "add it with --anyway" in done.stderr
    assert mine.feedbraid("add", server.url("/atom.xml"), "--anyway", "--name", "x").returncode == 0
    assert text(mine) == added(server, "/atom.xml")


# --- the file ---------------------------------------------------------------------------------------------


def test_mode_and_link_of_the_file_stay_and_so_does_its_mark(mine: Instance, server: LoopbackServer) -> None:
    link, real = mine.folder / "config.yaml", mine.folder / "real.yaml"
    real.write_bytes(b"\xef\xbb\xbf" + text(mine).replace("\n", "\r\n").encode())
    link.unlink()
    link.symlink_to("real.yaml")
    real.chmod(0o640)
    assert mine.feedbraid("add", server.url("/news.xml"), "--name", "x").returncode == 0
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_bytes() == b"\xef\xbb\xbf" + added(server, "/news.xml").replace("\n", "\r\n").encode()
    assert sorted(path.name for path in mine.folder.iterdir()) == ["config.yaml", "real.yaml"]


def test_a_configuration_is_made_where_there_is_none(mine: Instance) -> None:
    mine.write("feed.xml", rss(*posts(1, 2)))
    (mine.folder / "config.yaml").unlink()
    done = mine.feedbraid("add", "feed.xml", "--name", "x")
    assert text(mine) == "sources:\n  x: feed.xml\n"
    assert "x is added to the new file config.yaml" in done.stdout


def test_what_somebody_else_adds_meanwhile_stays(mine: Instance, server: LoopbackServer) -> None:
    """Two at once find feeds of one name, and one of them the same feed."""

    def meanwhile(_: Seen) -> Reply:
        other = added(server, "/news.xml", "the-news")
        mine.write("config.yaml", other)
        return FEED

    server.routes["/other.xml"] = meanwhile
    assert mine.feedbraid("add", server.url("/other.xml")).returncode == 0
    found = {spec.name: spec.locations[0] for spec in load_config(mine.folder / "config.yaml").sources}
    assert found == {"the-news": server.url("/news.xml"), "127-0-0-1": server.url("/other.xml")}
    mine.write("config.yaml", start(server))
    server.routes["/news.xml"] = meanwhile
    done = mine.feedbraid("add", server.url("/news.xml"))
    assert (done.returncode, text(mine)) == (0, added(server, "/news.xml", "the-news"))
    assert done.stdout.endswith("is a source already: the-news\n")


def test_of_many_that_write_at_once_none_is_lost_or_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources:\n  a: a.xml\n", encoding="utf-8")

    def write(number: int) -> str:
        file = read_file(tmp_path / "config.yaml")
        name = f"s{number}"
        try:
            additions = planning([NewSource(name=name, url=f"{name}.xml")], [], file.known)
            replace_file(file, amended_text(file, additions))
        except ConfigError:  # somebody else changed it just now
            return ""
        return name

    with ThreadPoolExecutor(8) as pool:
        written = {"a", *filter(None, pool.map(write, range(40)))}
    assert {spec.name for spec in load_config(tmp_path / "config.yaml").sources} == written
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--name", "Über"], "--name: 'Über' is no name"),
        (["--name", "taken"], "--name: there is a source or a folder of seeds 'taken' already"),
        (["--feed", "al"], "--feed: there is no feed 'al'; did you mean 'all'?"),
    ],
)
def test_names_are_judged_before_anything_is_asked(
    mine: Instance, server: LoopbackServer, arguments: list[str], words: str
) -> None:
    mine.write("config.yaml", start(server, "sources:\n  taken: x.xml\n"))
    done = mine.feedbraid("add", server.url("/news.xml"), *arguments)
    assert (done.returncode, server.paths) == (2, [])
    assert words in done.stderr


@pytest.mark.parametrize("place", ["ftp://news.example/", "https://ann:geheim@news.example/", "", "file:///x.xml"])
def test_what_is_no_address_is_explained(mine: Instance, place: str) -> None:
    done = mine.feedbraid("add", place)
    assert done.returncode == 2
    assert "geheim" not in done.stderr.partition(": ")[2]


# --- a terminal -------------------------------------------------------------------------------------------


def on_terminal(instance: Instance, answers: str, *arguments: str) -> str:
    """Run the program on a terminal at which somebody types, and give what was to be seen."""
    master, slave = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "feedbraid", *arguments],
        cwd=instance.folder,
        env={**os.environ, "FEEDBRAID_NOW": MOMENT},
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    os.write(master, answers.encode())
    seen = b""
    try:
        while block := os.read(master, 65536):
            seen += block
    except OSError:  # how the end of a program looks from here
        pass
    finally:
        os.close(master)
        program.wait()
    return seen.decode()


def test_on_a_terminal_one_is_asked(mine: Instance, server: LoopbackServer) -> None:
    before = text(mine)
    seen = on_terminal(mine, "n\n", "add", server.url("/news.xml"), "--name", "x")
    assert "add it to config.yaml as x? [Y/n]" in seen
    assert "nothing is changed" in seen
    assert text(mine) == before
    on_terminal(mine, "\n", "add", server.url("/news.xml"), "--name", "x")
    assert text(mine) == added(server, "/news.xml")


def test_on_a_terminal_one_chooses(mine: Instance, server: LoopbackServer) -> None:
    server.routes["/"] = page(HEAD.format("A", "/a.xml"), HEAD.format("B", "/b.xml"))
    server.routes |= {"/a.xml": FEED, "/b.xml": FEED}
    seen = on_terminal(mine, "7\n2\ny\n", "add", server.url("/"), "--name", "x")
    assert seen.count("which one? [1]") == 2
    assert text(mine) == added(server, "/b.xml")


def test_with_yes_nobody_is_asked(mine: Instance, server: LoopbackServer) -> None:
    assert "[Y/n]" not in on_terminal(mine, "", "add", server.url("/news.xml"), "--name", "x", "--yes")
    assert text(mine) == added(server, "/news.xml")
