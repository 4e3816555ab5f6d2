"""Standings of sources in every state, for tests of what shows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from factories import MOMENT, after
from feedbraid.health import Standing
from feedbraid.model import SiteSpec, Skipped
from feedbraid.records import Day, Incident, Visit
from feedbraid.service import PublicFeed, Queue, Service

SITE = SiteSpec(title="港口 & Ferry news", address="https://feeds.example.org/", language="zh-Hans", author="Ann")

QUIET = tuple(Day(day=(MOMENT - timedelta(days=29 - back)).date()) for back in range(30))
BUSY = tuple(
    replace(day, read=place % 4, unchanged=20 - place % 7, failed=int(place % 9 == 0) * 3, new=place % 4)
    for place, day in enumerate(QUIET)
)
BAD = tuple(
    replace(day, unchanged=24 if place < 22 else 0, failed=24 if place > 21 else 0)
    for place, day in enumerate(QUIET)
)


def standing(name: str = "voa", **fields: Any) -> Standing:  # noqa: ANN401  # the fields of Standing
    """Make the standing of a source that does well."""
    plain = Standing(
        name=name,
        title=f"The {name} source",
        kind="web",
        address=f"https://{name}.example/feed",
        link=f"https://{name}.example/",
        state="good",
        error="",
        failures=0,
        fetched=after(minutes=-10),
        succeeded=after(minutes=-10),
        changed=after(hours=-5),
        newest=after(hours=-6),
        due=after(minutes=50),
        why="the schedule",
        entries=40,
        shown=31,
        merged=4,
        held=0,
        held_until=None,
        skipped=(),
        filtered=5,
        days=BUSY,
        posts_per_day=tuple(day * 7 % 5 for day in range(30)),
        visits=(
            Visit(at=after(hours=-1), result="unchanged"),
            Visit(at=after(minutes=-10), result="read", new=2),
        ),
        usual_gap=timedelta(hours=9),
        moved=False,
    )
    return replace(plain, **fields)


def every_state() -> tuple[Standing, ...]:
    """Give twelve sources: every state, every kind, and what breaks layouts."""
    long_error = "the server answered 503 Service Unavailable to https://broken.example/" + "a-very-long-path/" * 8
    tried = tuple(Visit(at=after(hours=-one), result="failed", detail=long_error) for one in range(30, 0, -1))
    skipped = (
        Skipped("2026-02-30-no-such-day.md", "the date 2026-02-30 does not exist", 3),
        Skipped("drafts/Straße & <b>Ärger</b>.md", "front matter is not closed: --- is missing", 1),
    )
    never = {"fetched": None, "succeeded": None, "changed": None, "newest": None, "due": None, "usual_gap": None}
    return (
        standing("voa", title="美国之音中文网"),
        standing("ferry", title="The Ferry News and what the boats bring, gathered every hour " * 3),
        standing(
            "broken",
            state="broken",
            error=long_error,
            failures=12,
            succeeded=after(days=-8),
            visits=tried,
            days=BAD,
        ),
        standing("failing", state="failing", error="no answer within 30 seconds", failures=2, due=after(hours=2)),
        standing(
            "silent", state="silent", changed=after(days=-40), newest=after(days=-40), posts_per_day=(0,) * 30
        ),
        standing("gone", state="gone", error="410 Gone", failures=1, due=None, why="", shown=0),
        standing("paused", state="paused", due=None, why="paused by the operator"),
        standing(
            "new",
            title="",
            state="never read",
            entries=0,
            shown=0,
            merged=0,
            filtered=0,
            days=QUIET,
            visits=(),
            posts_per_day=(0,) * 30,
            why="never asked",
            link="",
            **never,
        ),
        standing(
            "posts", title="", kind="seeds", address="", link="", due=None, skipped=skipped, entries=12, shown=10
        ),
        standing("file", title="A file on this disk", kind="file", address="/srv/feeds/local.xml", link=""),
        standing(
            "moved",
            title="نشرة الميناء",
            moved=True,
            address="https://moved.example/new?key=***",
            held=14,
            held_until=after(days=1),
        ),
        standing("wide", title="W" * 200, address="https://wide.example/" + "x" * 300, entries=123456, shown=50),
    )


def incident(kind: Any = "broken", **fields: Any) -> Incident:  # noqa: ANN401  # the fields of Incident
    """Make an incident of the source `voa`."""
    when = fields.get("at", MOMENT)
    plain = Incident(
        id=f"tag:example.org,2026:{kind}-{when:%Y%m%d%H%M%S}",
        origin="voa",
        kind=kind,
        at=MOMENT,
        detail="3 failures in a row: 503 Service Unavailable",
    )
    return replace(plain, **fields)


INCIDENTS = (
    incident("silent", at=after(days=-9), detail="nothing new for 40 days, usually one in 9 hours"),
    incident("broken", at=after(days=-3), origin="removed"),
    incident("broken", at=after(days=-2)),
    incident("healed", at=after(days=-1), detail="after 1 day; the last error was 503 Service Unavailable"),
)

SERVICE = Service(
    version="1.2.3",
    started=after(days=-3),
    last_run=after(minutes=-10),
    last_good_run=after(minutes=-10),
    next_due=after(minutes=5),
    pass_seconds=2.25,
    troubles=(),
    errands=2,
    queue=Queue(waiting=7, running=3, lag_seconds=1.5, workers=2, is_finishing=True),
    feeds=(
        PublicFeed(
            name="news", title="News", address="https://feeds.example.org/news/", entries=50, updated=MOMENT
        ),
        PublicFeed(name="new", title="", address="https://feeds.example.org/new/", entries=0),
    ),
)
