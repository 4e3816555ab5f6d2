"""Filters as an operator meets them: what the commands say of them, and the pages of posts over the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopback import LoopbackServer, Reply
from program import Instance
from stories import Told, rss

CONFIG = """
sources: {news: news.xml}
feeds:
  all:
    from: news
    filters:
      - drop: {title: Anzeige}
      - retitle: {prefix: "[{source}] "}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", CONFIG)
    told = [
        Told(link=f"https://news.example/{n}", title=title) for n, title in enumerate(("News", "Anzeige: Kauft"))
    ]
    made.write("news.xml", rss(*told))
    return made


def test_a_dry_run_says_what_each_filter_does_and_writes_nothing(instance: Instance) -> None:
    done = instance.feedbraid("run", "--dry-run")
    assert "feedbraid: all: drop (filter 1) leaves out 1 post\n" in done.stderr + done.stdout
    assert "feedbraid: all: retitle (filter 2) changes 1 post\n" in done.stderr + done.stdout
    assert not (instance.folder / "feeds").exists()


def test_a_run_is_silent_about_filters_that_work(instance: Instance) -> None:
    done = instance.feedbraid("run")
    assert "drop" not in done.stderr + done.stdout
    assert [item["title"] for item in instance.items()] == ["[The news] News"]


def test_explain_names_the_filter_and_its_reason(instance: Instance) -> None:
    instance.run()
    left_out = instance.feedbraid("explain", "https://news.example/1").stdout
    assert "feed all: not in it: left out by drop (filter 1): its title has 'Anzeige'" in left_out
    changed = instance.feedbraid("explain", "https://news.example/0").stdout
    assert "; changed by retitle (filter 2)" in changed


def test_a_preview_goes_through_the_filters_of_a_feed(instance: Instance) -> None:
    shown = instance.feedbraid("preview", "news.xml", "--feed", "all").stdout
    assert "left out  Anzeige: Kauft: drop (filter 1): its title has 'Anzeige'" in shown
    assert "retitle (filter 2): changed title" in shown
    assert "[The news] News" in shown
    assert "[The news]" not in instance.feedbraid("preview", "news.xml").stdout


def test_a_preview_through_a_feed_that_there_is_not_is_a_mistake(instance: Instance) -> None:
    done = instance.feedbraid("preview", "news.xml", "--feed", "al")
    assert done.returncode == 2
    assert "there is no feed 'al'; there are: all" in done.stderr


def test_a_command_that_is_not_allowed_is_a_mistake_with_its_place(instance: Instance) -> None:
    instance.write("config.yaml", CONFIG + "      - exec: {command: [cat]}\n")
    done = instance.feedbraid("run")
    assert done.returncode == 2
    assert "config.yaml:9:9: feeds.all.filters.exec: commands are not allowed here" in done.stderr


def test_an_edited_command_is_asked_again(instance: Instance) -> None:
    instance.write("config.yaml", "allow_exec: true\n" + CONFIG + "      - exec: {command: [sh, title.sh]}\n")
    instance.write("title.sh", 'cat > /dev/null; echo \'{"title": "One"}\'\n')
    instance.run()
    assert [item["title"] for item in instance.items()] == ["One"]
    instance.write("title.sh", 'cat > /dev/null; echo \'{"title": "Two, longer"}\'\n')
    instance.run("--force", now="2026-03-03T12:00:00Z")
    assert [item["title"] for item in instance.items()] == ["Two, longer"]


# --- pages of posts ---------------------------------------------------------------------------------------

SENTENCE = "The harbour was open again on Monday, and forty boats came in before noon. "


HTML = (("Content-Type", "text/html; charset=utf-8"),)


def page(words: str) -> Reply:
    text = f"<html><body><article><h1>Boats</h1><p>{(SENTENCE + words) * 6}</p></article></body></html>"
    return Reply(body=text.encode(), headers=HTML)


def feed_of(server: LoopbackServer, **posts: str) -> Reply:
    told = [Told(link=server.url(f"/{name}"), guid=name, title=name, body=body) for name, body in posts.items()]
    return Reply(body=rss(*told).encode(), headers=(("Content-Type", "application/rss+xml"),))


def subscribed(folder: Path, server: LoopbackServer, filters: str = "[full_text]") -> Instance:
    made = Instance(folder)
    made.write(
        "config.yaml",
        f"fetch: {{allow: ['127.0.0.1:{server.port}'], spacing: 0}}\nsources: {{blog: '{server.url('/feed')}'}}\n"
        f"feeds: {{all: {{filters: {filters}}}}}\n",
    )
    return made


def bodies(instance: Instance) -> dict[str, str]:
    return {item["title"]: item["content_html"] for item in instance.items()}


def test_the_text_of_a_page_is_published_in_the_pass_that_brings_the_post(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        server.routes |= {"/feed": feed_of(server, one="Short."), "/one": page("And more. ")}
        instance = subscribed(tmp_path, server)
        report = instance.run()
    assert (report["pages"]["asked"], report["pages"]["read"]) == (1, 1)
    assert bodies(instance)["one"].count("And more.") == 6


def test_a_page_is_asked_for_once_and_again_when_its_post_changes(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        server.routes |= {"/feed": feed_of(server, one="Short."), "/one": page("And more. ")}
        instance = subscribed(tmp_path, server)
        for day in (2, 3, 4):
            instance.run("--force", now=f"2026-03-0{day}T12:00:00Z")
        assert server.paths.count("/one") == 1
        server.routes |= {"/feed": feed_of(server, one="Short, and edited."), "/one": page("Edited. ")}
        instance.run("--force", now="2026-03-05T12:00:00Z")
        assert server.paths.count("/one") == 2
    assert "Edited." in bodies(instance)["one"]


def test_a_page_that_can_not_be_read_leaves_the_post_with_its_own_text_and_is_told_once(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        server.routes |= {"/feed": feed_of(server, one="Short."), "/one": Reply(status=500)}
        instance = subscribed(tmp_path, server)
        first = instance.feedbraid("run")
        soon = instance.feedbraid("run", "--force", now="2026-03-02T12:30:00Z")
        later = instance.feedbraid("run", "--force", now="2026-03-02T13:30:00Z")
        assert server.paths.count("/one") == 2
    assert f"{server.url('/one')}: its page gives no text: HTTP 500" in first.stderr
    assert "gives no text" not in soon.stderr
    assert "gives no text" in later.stderr
    assert bodies(instance) == {"one": "<p>Short.</p>"}


def test_no_page_is_asked_for_of_a_post_that_is_left_out_before(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        server.routes |= {
            "/feed": feed_of(server, one="Short.", advert="Short."),
            "/one": page("And more. "),
            "/advert": page("Buy. "),
        }
        instance = subscribed(tmp_path, server, "[drop: {title: advert}, full_text]")
        instance.run()
        assert "/advert" not in server.paths
    assert list(bodies(instance)) == ["one"]


def test_a_filter_after_it_judges_the_text_of_the_page(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        server.routes |= {
            "/feed": feed_of(server, long="Short.", short="Short."),
            "/long": page("And more. "),
            "/short": Reply(body=b"<html><body><p>Nothing here.</p></body></html>", headers=HTML),
        }
        instance = subscribed(tmp_path, server, "[full_text, keep: {longer_than: 200}]")
        instance.run()
    assert list(bodies(instance)) == ["long"]


def test_no_more_pages_are_asked_for_in_one_run_than_it_may(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        names = [f"p{number}" for number in range(5)]
        server.routes |= {f"/{name}": page("And more. ") for name in names}
        server.routes["/feed"] = feed_of(server, **dict.fromkeys(names, "Short."))
        instance = subscribed(tmp_path, server, "[full_text: {per_run: 2}]")
        asked = [instance.run("--force", now=f"2026-03-02T1{hour}:00:00Z")["pages"]["asked"] for hour in range(4)]
    assert asked == [2, 2, 1, 0]


def test_a_build_asks_nobody_and_publishes_the_same(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        server.routes |= {"/feed": feed_of(server, one="Short."), "/one": page("And more. ")}
        instance = subscribed(tmp_path, server)
        instance.run()
    before = instance.outputs()
    (tmp_path / "feeds/all/atom.xml").unlink()
    assert instance.feedbraid("build").returncode == 0
    assert instance.outputs() == before
