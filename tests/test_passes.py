"""Passes over a real server, one after the other on a clock of their own: what it is asked, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from factories import entry
from fakes import NOW, FakeSource, World, fresh
from feedbraid import policy
from feedbraid.app import Choices, SourceReport
from feedbraid.config import load_config
from feedbraid.model import EntryKey, Failed, Fresh, Outcome, SourceState, Unchanged
from feedbraid.records import Day, Visit
from feedbraid.run import run_once
from feedbraid.store import OriginChange
from feedbraid.take_in import from_start
from feedbraid.wire import opened
from loopback import LoopbackServer, Reply, Seen
from stories import posts, rss

START = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = Reply(body=rss(*posts(1, 2)).encode(), headers=(("ETag", '"a"'),))


@dataclass
class Instance:
    """A configuration whose only source is /feed of the server."""

    folder: Path
    server: LoopbackServer
    now: datetime = START

    def configure(self, source: str = "", fetch: str = "") -> None:
        """Write the configuration; `source` and `fetch` are further settings."""
        (self.folder / "config.yaml").write_text(
            f"fetch:\n  allow: ['127.0.0.1:{self.server.port}']\n{fetch}"
            f"sources:\n  news:\n    url: {self.server.url('/feed')}\n{source}",
            encoding="utf-8",
        )

    def after(self, pause: timedelta, *, force: bool = False) -> SourceReport:
        """Let time pass, then make a pass."""
        self.now += pause
        with opened(load_config(self.folder / "config.yaml")) as app:
            (report,) = run_once(app, self.now, Choices(force=force)).sources
        return report

    def asked_after(self, pause: timedelta) -> list[str]:
        """Let time pass, make a pass, and give the paths that it asked for."""
        before = len(self.server.paths)
        self.after(pause)
        return self.server.paths[before:]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with LoopbackServer({"/feed": FEED}) as server:
        made = Instance(tmp_path, server)
        made.configure()
        yield made


def moved(to: str) -> Callable[[Seen], Reply]:
    return lambda _: Reply(status=301, headers=(("Location", to),))


def test_p16_no_pass_asks_what_is_not_due(instance: Instance) -> None:
    assert instance.asked_after(timedelta()) == ["/feed"]
    assert instance.asked_after(timedelta(minutes=59)) == []
    assert instance.asked_after(timedelta(minutes=1)) == ["/feed"]


def test_p23_the_old_address_is_not_asked_any_more_once_the_new_one_is_believed(instance: Instance) -> None:
    instance.server.routes.update({"/feed": moved("/new"), "/new": FEED})
    for pause in (timedelta(), 12 * HOUR, 12 * HOUR):
        assert instance.asked_after(pause) == ["/feed", "/new"]
    assert instance.asked_after(12 * HOUR) == ["/new"]
    assert instance.server.requests[-1].header("If-None-Match") == '"a"'


def test_p23_another_title_does_not_forget_the_new_address(instance: Instance) -> None:
    instance.server.routes.update({"/feed": moved("/new"), "/new": FEED})
    for pause in (timedelta(), 12 * HOUR, 12 * HOUR):
        instance.after(pause)
    instance.configure("    title: Another\n")
    assert instance.asked_after(timedelta()) == ["/new"]


def test_f37_a_redirect_to_a_page_is_never_believed(instance: Instance) -> None:
    page = Reply(body=b"<!doctype html><title>Sign in</title>", headers=(("Content-Type", "text/html"),))
    instance.server.routes.update({"/feed": moved("/portal"), "/portal": page})
    for _ in range(5):
        assert instance.asked_after(timedelta(days=2)) == ["/feed", "/portal"]
    instance.server.routes["/feed"] = FEED
    assert instance.asked_after(timedelta(days=2)) == ["/feed"]


def test_p22_what_is_gone_is_asked_twice_and_the_report_says_what_to_do(instance: Instance) -> None:
    instance.server.routes["/feed"] = Reply(status=410)
    instance.after(timedelta())
    assert instance.asked_after(23 * HOUR) == []
    assert instance.asked_after(HOUR) == ["/feed"]
    report = instance.after(timedelta(days=100))
    assert (report.result, report.failing) == ("waiting", True)
    assert report.detail == "stopped: HTTP 410 Gone; remove it, or ask again with --force --source news"
    instance.server.routes["/feed"] = FEED
    assert instance.after(timedelta(), force=True).result == "read"
    assert instance.asked_after(HOUR) == ["/feed"]


def test_a_quicker_schedule_needs_no_whole_document(instance: Instance) -> None:
    instance.after(timedelta())
    instance.configure("    every: 30m\n")
    assert instance.asked_after(timedelta(minutes=29)) == []
    assert instance.asked_after(timedelta(minutes=2)) == ["/feed"]
    assert instance.server.requests[-1].header("If-None-Match") == '"a"'


def test_p12_a_feed_says_when_it_wishes_to_be_read(instance: Instance) -> None:
    wishes = "<ttl>180</ttl><skipHours><hour>15</hour><hour>16</hour></skipHours>"
    body = rss(*posts(1)).replace("<item>", f"{wishes}<item>", 1).encode()
    instance.server.routes["/feed"] = Reply(body=body, headers=(("ETag", '"a"'),))
    instance.after(timedelta())
    waiting = instance.after(3 * HOUR)
    assert (waiting.result, waiting.detail) == (
        "waiting",
        "due 2026-01-05 17:00 UTC: the feed wishes it (skipHours, skipDays)",
    )
    assert instance.asked_after(HOUR) == []
    assert instance.asked_after(HOUR) == ["/feed"]


def test_robots_txt_is_asked_for_once_a_day_and_only_when_it_is_to_be(instance: Instance) -> None:
    instance.server.routes["/robots.txt"] = Reply(body=b"User-agent: *\nDisallow: /private")
    assert instance.asked_after(timedelta()) == ["/feed"]
    instance.configure(fetch="  robots: true\n")
    assert instance.asked_after(HOUR) == ["/robots.txt", "/feed"]
    assert instance.asked_after(6 * HOUR) == ["/feed"]
    assert instance.asked_after(24 * HOUR) == ["/robots.txt", "/feed"]


def test_a_source_that_robots_txt_names_is_left_alone_and_fails(instance: Instance) -> None:
    instance.server.routes["/robots.txt"] = Reply(body=b"User-agent: *\nDisallow: /")
    instance.configure(fetch="  robots: true\n")
    report = instance.after(timedelta())
    assert (report.result, report.detail) == ("failed", "robots.txt asks that this address is left alone")
    assert instance.server.paths == ["/robots.txt"]


def test_a_source_is_asked_with_its_headers_and_no_file_keeps_them(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "open-sesame")
    instance.configure("    headers: {X-Key: '${SECRET}'}\n    auth: 'ann:${SECRET}'\n")
    instance.after(timedelta())
    assert instance.server.requests[-1].header("X-Key") == "open-sesame"
    assert instance.server.requests[-1].header("Authorization") == "Basic YW5uOm9wZW4tc2VzYW1l"
    kept = [path for path in instance.folder.rglob("*") if path.is_file() and b"sesame" in path.read_bytes()]
    assert kept == []


# --- rest -------------------------------------------------------------------------------------------------


def test_p8_while_a_domain_rests_none_of_its_sources_is_asked(tmp_path: Path) -> None:
    post = entry("https://a.example/1", key=EntryKey("https://a.example/1"), public_id="https://a.example/1")
    limited = Failed(reason="HTTP 429", status=429, retry_after=5 * HOUR, scope="service.com")
    sources = {"first": FakeSource([limited, fresh(post)]), "second": FakeSource([fresh(post)] * 3)}
    world = World(tmp_path, sources, urls={"first": "http://a.service.com/", "second": "http://b.service.com/"})
    assert [one.result for one in run_once(world.app(), NOW, Choices()).sources] == ["failed", "read"]
    waiting = run_once(world.app(), NOW + 2 * HOUR, Choices()).sources
    assert [one.result for one in waiting] == ["waiting", "waiting"]
    assert waiting[1].detail == "due 2026-03-02 17:00 UTC: service.com asked for rest"
    assert [one.result for one in run_once(world.app(), NOW + 5 * HOUR, Choices()).sources] == ["read", "read"]


# --- visits -----------------------------------------------------------------------------------------------


def test_every_attempt_is_a_visit_and_counted_in_its_day(instance: Instance) -> None:
    instance.after(timedelta())
    instance.server.routes["/feed"] = Reply(status=304)
    instance.after(HOUR)
    instance.server.routes["/feed"] = Reply(status=500)
    instance.after(24 * HOUR)
    with opened(load_config(instance.folder / "config.yaml")) as app:
        visits, days = app.store.visits()["news"], app.store.days(START.date())["news"]
    assert visits == (
        Visit(at=START, result="read", new=2),
        Visit(at=START + HOUR, result="unchanged"),
        Visit(at=START + 25 * HOUR, result="failed", detail=visits[-1].detail),
    )
    assert "500" in visits[-1].detail
    assert days == (
        Day(day=START.date(), read=1, unchanged=1, new=2),
        Day(day=START.date() + timedelta(1), failed=1),
    )


def test_a_visit_that_failed_does_not_tell_a_secret(tmp_path: Path) -> None:
    failed = Failed(reason="https://ann:secret@news.example/?token=secret: HTTP 403")
    world = World(tmp_path, {"news": FakeSource([failed])})
    run_once(world.app(), NOW, Choices())
    (visit,) = world.store.visits()["news"]
    assert visit.detail == "https://***@news.example/?token=***: HTTP 403"


def test_a_folder_of_seeds_is_visited_when_something_is_new_gone_or_wrong(tmp_path: Path) -> None:
    one = fresh(entry("https://news.example/1", key=EntryKey("https://news.example/1")))
    gone = Fresh(entries=(), gone=(one.entries[0].ref,))
    same = Unchanged(reason="as before")
    outcomes: list[Outcome] = [one, same, one, gone, Failed(reason="no such folder"), same]
    world = World(tmp_path, {"posts": FakeSource([*outcomes])})
    for number in range(len(outcomes)):
        run_once(world.app(), NOW + number * HOUR, Choices())
    assert [(visit.at, visit.result, visit.new) for visit in world.store.visits()["posts"]] == [
        (NOW, "read", 1),
        (NOW + 3 * HOUR, "read", 0),
        (NOW + 4 * HOUR, "failed", 0),
    ]


def test_a_source_that_is_not_asked_is_not_visited(instance: Instance) -> None:
    instance.after(timedelta())
    instance.after(timedelta(minutes=5))
    with opened(load_config(instance.folder / "config.yaml")) as app:
        assert [visit.at for visit in app.store.visits()["news"]] == [START]


def test_a_paused_source_is_not_asked_until_it_goes_on(instance: Instance) -> None:
    instance.after(timedelta())
    change(instance, policy.paused)
    assert instance.asked_after(24 * HOUR) == []
    assert instance.after(timedelta(), force=True).detail == "paused"
    change(instance, lambda state: policy.resumed(state, instance.now))
    assert instance.asked_after(timedelta()) == ["/feed"]


def change(instance: Instance, how: Callable[[SourceState], SourceState]) -> None:
    with opened(load_config(instance.folder / "config.yaml")) as app:
        app.store.commit(OriginChange(state=how(app.store.states()["news"])))


@pytest.mark.parametrize(("seconds", "rest"), [(0.01, 100), (0.4, 102), (1.0, 102), (2.3, 104)])
def test_a_rest_is_counted_from_the_answer_and_not_from_the_start_of_the_pass(seconds: float, rest: int) -> None:
    busy = Failed(reason="HTTP 429", status=429, retry_after=timedelta(seconds=100))
    assert from_start(busy, seconds) == replace(busy, retry_after=timedelta(seconds=rest))
    assert from_start(Unchanged(reason="304"), seconds) == Unchanged(reason="304")


def told_after(instance: Instance, pause: timedelta) -> list[str]:
    """Let time pass, make a pass in which news are told of the source, and give the paths that it asked for."""
    instance.now += pause
    before = len(instance.server.paths)
    with opened(load_config(instance.folder / "config.yaml")) as app:
        run_once(app, instance.now, Choices(only=("news",), news=("news",)))
    return instance.server.paths[before:]


def test_news_that_are_told_make_a_fresh_source_due_but_none_that_asked_for_rest(instance: Instance) -> None:
    fresh_for_long = (*FEED.headers, ("Cache-Control", "max-age=86400"))
    instance.server.routes["/feed"] = Reply(body=FEED.body, headers=fresh_for_long)
    instance.after(timedelta())
    assert instance.asked_after(HOUR) == []
    assert told_after(instance, timedelta(minutes=1)) == ["/feed"]
    instance.server.routes["/feed"] = Reply(status=429, headers=(("Retry-After", "7200"),))
    assert told_after(instance, timedelta(minutes=1)) == ["/feed"]
    assert told_after(instance, timedelta(minutes=1)) == [], "it asked for rest"
    instance.server.routes["/feed"] = Reply(status=500)
    assert told_after(instance, timedelta(hours=48)) == ["/feed"]
    assert told_after(instance, timedelta(minutes=1)) == [], "it fails: it is asked again when its pause is over"
