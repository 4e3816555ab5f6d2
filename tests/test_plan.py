"""What `plan` says will be asked: the same as is asked, each with its reason."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from factories import entry
from fakes import FakeSource, World, fresh
from feedbraid import policy
from feedbraid.app import App, Choices
from feedbraid.ids import fingerprint_of
from feedbraid.model import (
    Cron,
    Failed,
    Fresh,
    Hints,
    Interval,
    OriginSpec,
    Outcome,
    Schedule,
    SourceState,
    Unchanged,
    Validators,
)
from feedbraid.plan import Candidate, Plan, plan
from feedbraid.take_in import take_in
from program import Instance

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ETAG = Validators(url="https://voa.example/", etag=b'"a"')
NOTHING_NEW = Unchanged(reason="304", validators=ETAG)
BUSY = Failed(reason="429", status=429, retry_after=5 * HOUR, scope="voa.example")
DISALLOWED = Failed(reason="robots.txt asks that this address is left alone", robots=False)


def spec_of(name: str = "voa", schedule: Schedule | None = None, host: str = "voa.example") -> OriginSpec:
    plain = Interval(every=8 * HOUR)
    return OriginSpec(name=name, kind="web", locations=(f"https://{host}/{name}",), schedule=schedule or plain)


def after(outcome: Fresh | Unchanged | Failed, spec: OriginSpec | None = None, **before: Any) -> Candidate:  # noqa: ANN401  # the fields of a state
    """Give a source that was asked just now."""
    spec = spec or spec_of()
    state = replace(SourceState(name=spec.name, changed=NOW, validators=ETAG), **before)
    state = policy.next_state(state, outcome, spec, "f", NOW, news=False)
    return Candidate(spec=spec, fingerprint="f", state=state)


def visits(*candidates: Candidate, robots: bool = False) -> list[tuple[str, str]]:
    """Give time and reason of each request, within a day from half an hour after they were asked."""
    made = plan(candidates, NOW + HOUR / 2, DAY, robots=robots)
    return [(f"{one.moment:%d %H:%M}", one.why if one.what == "feed" else one.what) for one in made.requests]


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        pytest.param(
            after(NOTHING_NEW),
            [("02 20:00", "the schedule"), ("03 04:00", "the schedule"), ("03 12:00", "the schedule")],
            id="the schedule",
        ),
        pytest.param(
            after(NOTHING_NEW, spec_of(schedule=Cron(line="0 7,19 * * *", zone="Asia/Shanghai"))),
            [("02 23:00", "the schedule"), ("03 11:00", "the schedule")],
            id="a cron line in its zone",
        ),
        pytest.param(
            after(
                replace(NOTHING_NEW), spec_of(schedule=Interval(every=5 * HOUR)), changed=NOW - 100 * DAY, quiet=9
            ),
            [(f"0{2 + hour // 24} {hour % 24:02}:00", "it rarely has news") for hour in (18, 24, 30, 36)],
            id="rarely has news",
        ),
        pytest.param(
            after(replace(NOTHING_NEW, max_age=11 * HOUR)),
            [(one, "the server says that it stays fresh (max-age)") for one in ("02 23:00", "03 10:00")],
            id="max-age, which each answer states again",
        ),
        pytest.param(
            after(NOTHING_NEW, hints=Hints(ttl=12 * HOUR)),
            [("03 00:00", "the feed wishes it (ttl)"), ("03 12:00", "the feed wishes it (ttl)")],
            id="ttl",
        ),
        pytest.param(
            after(NOTHING_NEW, hints=Hints(skip_hours=(4, 5), skip_days=())),
            [
                ("02 20:00", "the schedule"),
                ("03 06:00", "the feed wishes it (skipHours, skipDays)"),
            ],
            id="skipHours",
        ),
        pytest.param(
            after(BUSY, spec_of(schedule=Interval(every=4 * HOUR))),
            [
                ("02 17:00", "the server asked for rest (Retry-After)"),
                *((one, "the schedule") for one in ("02 21:00", "03 01:00", "03 05:00", "03 09:00")),
            ],
            id="Retry-After, then it answers again",
        ),
        pytest.param(
            after(Failed(reason="HTTP 500"), spec_of(schedule=Interval(every=7 * HOUR)), failures=1),
            [("03 02:07", "it failed"), ("03 09:07", "the schedule")],
            id="back-off, then it answers again",
        ),
        pytest.param(
            after(Unchanged(reason="the same bytes")),
            [("03 04:00", "it has nothing to recognise an unchanged document by")],
            id="no validators",
        ),
        pytest.param(
            after(Unchanged(reason="the same bytes", max_age=timedelta())),
            [("02 20:00", "the schedule"), ("03 04:00", "the schedule"), ("03 12:00", "the schedule")],
            id="no validators, but a max-age of nothing",
        ),
        pytest.param(
            Candidate(spec=spec_of(schedule=Interval(every=20 * HOUR)), fingerprint="f"),
            [("02 12:30", "it was never read"), ("03 08:30", "the schedule")],
            id="never read",
        ),
        pytest.param(
            replace(after(NOTHING_NEW, spec_of(schedule=Interval(every=20 * HOUR))), fingerprint="other"),
            [("02 12:30", "its configuration has changed"), ("03 08:30", "the schedule")],
            id="another configuration",
        ),
    ],
)
def test_each_request_is_planned_with_its_reason(candidate: Candidate, expected: list[tuple[str, str]]) -> None:
    assert visits(candidate) == expected


def test_p8_what_one_source_was_told_holds_for_all_on_its_host() -> None:
    told = after(BUSY, spec_of("told", schedule=Interval(every=4 * HOUR)))
    other = after(NOTHING_NEW, spec_of("other", schedule=Interval(every=HOUR)))
    made = plan([told, other], NOW + HOUR / 2, 6 * HOUR)
    assert [(f"{one.moment:%H:%M}", one.source, one.why) for one in made.requests] == [
        ("17:00", "other", "voa.example asked for rest"),
        ("17:00", "told", "the server asked for rest (Retry-After)"),
        ("18:00", "other", "the schedule"),
    ]


def test_robots_txt_is_planned_once_a_day_and_host() -> None:
    allowed = replace(NOTHING_NEW, robots=True)
    two = [after(allowed, spec_of(name, host="x.example")) for name in ("one", "two")]
    made = plan(two, NOW, 30 * HOUR, robots=True)
    asked = [f"{one.moment:%d %H}" for one in made.requests if one.what == "robots.txt"]
    assert asked == ["03 12"]
    assert [one.what for one in made.requests if one.moment == NOW + DAY] == ["robots.txt", "feed", "feed"]
    assert not any(one.what == "robots.txt" for one in plan(two, NOW, 30 * HOUR).requests)


def test_a_source_that_robots_txt_forbids_is_not_asked_but_robots_txt_is() -> None:
    forbidden = after(DISALLOWED, spec_of(schedule=Interval(every=4 * HOUR)))
    made = plan([forbidden], NOW, 3 * DAY, robots=True)
    assert {one.what for one in made.requests} == {"robots.txt"}
    assert 1 <= len(made.requests) <= 3
    (idle,) = made.idle
    assert idle.why == "robots.txt asks that this address is left alone"


def test_sources_that_are_not_asked_are_named_with_the_reason() -> None:
    gone = after(Failed(reason="HTTP 410 Gone", status=410), spec_of("gone"), gone=1)
    later = after(NOTHING_NEW, spec_of("later", schedule=Interval(every=3 * DAY)))
    made = plan([gone, later], NOW, DAY)
    assert [(one.source, one.why) for one in made.idle] == [
        ("gone", "never: HTTP 410 Gone"),
        ("later", "not before 2026-03-05 12:00 UTC: the schedule"),
    ]


def test_hosts_and_hours_are_counted() -> None:
    many = [after(NOTHING_NEW, spec_of(f"s{number}", host="many.example:8080")) for number in range(3)]
    one = after(NOTHING_NEW, spec_of("one", schedule=Interval(every=HOUR), host="one.example"))
    made = plan([*many, one], NOW, 10 * HOUR)
    assert made.hosts == (("one.example", 9), ("many.example:8080", 3))
    assert made.busiest_hour == (NOW + 8 * HOUR, 4)
    assert plan([], NOW, DAY) == Plan(begin=NOW, end=NOW + DAY, requests=(), idle=())


# --- the plan and what comes of it ------------------------------------------------------------------------

FIRST: dict[str, Outcome] = {
    "plain": Fresh(entries=(), validators=ETAG),
    "bare": Fresh(entries=()),
    "fresh-for-long": Fresh(entries=(), validators=ETAG, max_age=7 * HOUR),
    "bare-and-fresh": Fresh(entries=(), max_age=3 * HOUR),
    "ttl": Fresh(entries=(), validators=ETAG, hints=Hints(ttl=5 * HOUR)),
    "skips": Fresh(entries=(), validators=ETAG, hints=Hints(skip_hours=(1, 2, 3, 14, 15), skip_days=(1,))),
    "busy": Failed(reason="429", status=429, retry_after=3 * HOUR, scope="busy.example"),
    "beside": Fresh(entries=(), validators=ETAG),
    "broken": Failed(reason="HTTP 500"),
    "gone": Failed(reason="HTTP 410", status=410),
    "nightly": Fresh(entries=(), validators=ETAG),
    "jitters": Fresh(entries=(), validators=ETAG),
}
SCHEDULES: dict[str, Schedule] = {
    "nightly": Cron(line="30 2 * * *", zone="Europe/Berlin"),
    "jitters": Cron(line="*/20 * * * *", jitter=15 * MINUTE),
    "plain": Interval(every=30 * MINUTE),
}


def app_of(world: World) -> App:
    app = world.app()
    readings = [
        replace(one, spec=replace(one.spec, schedule=SCHEDULES.get(one.spec.name, one.spec.schedule)))
        for one in app.readings
    ]
    return replace(app, readings=tuple(readings))


def later(outcome: Outcome) -> list[Outcome]:
    """Give what a source says later: news if it had none yet, then that nothing has changed, with its wishes."""
    if isinstance(outcome, Fresh):
        return [Unchanged(reason="304", validators=outcome.validators, max_age=outcome.max_age)]
    return [replace(fresh(entry()), validators=ETAG), NOTHING_NEW]


def planned(app: App, begin: datetime) -> Plan:
    states = app.store.states()
    return plan(
        [
            Candidate(spec=one.spec, fingerprint=fingerprint_of(one), state=states.get(one.spec.name))
            for one in app.readings
        ],
        begin,
        2 * DAY,
    )


@pytest.mark.parametrize("names", [(name,) for name in FIRST] + [("busy", "beside")], ids="+".join)
def test_what_is_planned_is_what_is_asked_and_nobody_is_asked_before(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    sources = {name: FakeSource([FIRST[name], *later(FIRST[name])]) for name in names}
    world = World(tmp_path, sources, urls={"beside": "https://busy.example/beside"})
    app = app_of(world)
    take_in(app, NOW - 2 * MINUTE, Choices())
    made = planned(app, NOW)
    assert {one.source for one in made.requests} == set(names)
    for moment in sorted({one.moment for one in made.requests}):
        take_in(app, moment - policy.TOLERANCE - timedelta(seconds=1), Choices())
        take_in(app, moment, Choices())
        assert not world.opened[-2], f"{moment} is too late"
        assert set(world.opened[-1]) == {one.source for one in made.requests if one.moment == moment}
    take_in(app, made.end - policy.TOLERANCE - timedelta(seconds=1), Choices())
    assert not world.opened[-1], "and that is all"


# --- the command ------------------------------------------------------------------------------------------

CONFIG = """
fetch: {every: 8h}
sources:
  one: https://news.example/one
  two: {url: "https://news.example/two", every: "0 7 * * * Europe/Berlin"}
  three: http://127.0.0.1:8080/three
  file: news.xml
"""


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    made = Instance(tmp_path_factory.mktemp("plan"))
    made.write("config.yaml", CONFIG)
    return made


def test_d20_plan_prints_the_requests_of_a_day_for_each_host(instance: Instance) -> None:
    done = instance.feedbraid("plan", now="2026-03-02T12:00:00Z")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "news.example: 5 requests",
        "  2026-03-02 12:00 one: it was never read",
        "  2026-03-02 12:00 two: it was never read",
        "  2026-03-02 20:00 one: the schedule",
        "  2026-03-03 04:00 one: the schedule",
        "  2026-03-03 06:00 two: the schedule",
        "127.0.0.1:8080: 3 requests",
        "  2026-03-02 12:00 three: it was never read",
        "  2026-03-02 20:00 three: the schedule",
        "  2026-03-03 04:00 three: the schedule",
        (
            "feedbraid: 8 requests to 2 hosts from 2026-03-02 12:00 to 2026-03-03 12:00 UTC; "
            "at most 5 to news.example, and 3 from 12:00 on"
        ),
    ]


def test_d20_plan_as_json(instance: Instance) -> None:
    done = instance.feedbraid("plan", "--json", "--hours", "1", now="2026-03-02T12:00:00Z")
    made = json.loads(done.stdout)
    assert made["hosts"] == {"news.example": 2, "127.0.0.1:8080": 1}
    assert (made["begin"], made["end"]) == ("2026-03-02T12:00:00+00:00", "2026-03-02T13:00:00+00:00")
    assert made["requests"][0] == {
        "moment": "2026-03-02T12:00:00+00:00",
        "host": "127.0.0.1:8080",
        "source": "three",
        "what": "feed",
        "why": "it was never read",
    }
    assert made["idle"] == []


@pytest.mark.parametrize("hours", ["0", "745", "-1", "x", "1.5", "²"])
def test_hours_that_make_no_sense_are_named(instance: Instance, hours: str) -> None:
    done = instance.feedbraid("plan", f"--hours={hours}")
    assert (done.returncode, f"{hours!r} is no number of hours" in done.stderr) == (2, True)
