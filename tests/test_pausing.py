"""`pause`, `resume` and `retry` as an operator meets them."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopback import LoopbackServer, Reply
from program import Instance
from stories import posts, rss


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", "sources: {news: news.xml, other: other.xml}\n")
    made.write("news.xml", rss(*posts(0)))
    made.write("other.xml", rss(*posts(5), name="other"))
    made.run()
    return made


def results(instance: Instance) -> dict[str, str]:
    return {one["name"]: one["result"] for one in instance.run("--force")["sources"]}


def test_a_paused_source_is_not_asked_and_its_posts_stay(instance: Instance) -> None:
    assert instance.said("pause", "news") == "feedbraid: news is not asked any more until it is resumed\n"
    assert results(instance) == {"news": "waiting", "other": "unchanged"}
    assert len(instance.items()) == 2
    assert instance.said("pause", "news") == "feedbraid: news was paused already\n"


def test_a_resumed_source_is_asked_again(instance: Instance) -> None:
    instance.said("pause", "news", "other")
    assert instance.said("resume", "news") == "feedbraid: news is asked at the next run\n"
    assert results(instance) == {"news": "unchanged", "other": "waiting"}
    assert instance.said("resume", "news") == "feedbraid: news was not paused\n"


@pytest.mark.parametrize("command", ["pause", "resume", "retry"])
def test_a_source_that_is_not_there_is_named_with_what_was_meant(instance: Instance, command: str) -> None:
    told = instance.said(command, "new", "xyz", code=2)
    assert "config.yaml: there is no source 'new'; did you mean 'news'?\n" in told
    assert "config.yaml: there is no source 'xyz'; there are: news, other\n" in told


def test_retry_asks_a_paused_source_only_when_it_is_resumed(instance: Instance) -> None:
    instance.said("pause", "news")
    assert "'news' is paused; `feedbraid resume news` comes first" in instance.said("retry", "news", code=2)


def test_retry_asks_a_source_that_was_gone_for_good(tmp_path: Path) -> None:
    answers = iter([Reply(status=410), Reply(status=410)])
    found = Reply(body=rss(*posts(0)).encode())
    with LoopbackServer({"/feed": lambda _: next(answers, found)}) as server:
        instance = Instance(tmp_path)
        allowed = f"fetch: {{allow: ['127.0.0.1:{server.port}']}}"
        instance.write("config.yaml", f"{allowed}\nsources: {{news: '{server.url('/feed')}'}}\n")
        for day in (2, 3):
            instance.feedbraid("run", now=f"2026-03-0{day}T12:00:00Z")
        asked = len(server.requests)
        instance.feedbraid("run", now="2026-03-05T12:00:00Z")
        assert len(server.requests) == asked, "it is left alone"
        assert "1 new" in instance.said("retry", "news")
        assert len(server.requests) == asked + 1
        assert len(instance.items()) == 1


def test_d16_a_store_that_was_lost_is_read_back_before_anything_is_paused(instance: Instance) -> None:
    (instance.folder / ".feedbraid/state.db").unlink()
    for name in ("news", "other"):
        (instance.folder / f"{name}.xml").unlink()
    assert "the store was missing: read back 2 posts from feeds" in instance.said("pause", "news", "other")
    instance.said("build", "--allow-shrink")
    assert len(instance.items()) == 2
