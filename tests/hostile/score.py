"""The score of a reader's manners: what it asked of the publishers, judged by the rules of polite readers.

    cd tests && python -m hostile.score [--days 14] [--one-host]

lets the program visit the publishers for some virtual days and prints a line for each criterion. A criterion is
a function from the log to what was wrong; one whose occasion never came is not met either.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from io import StringIO
from pathlib import Path

from loopback import Reply, Route, Seen

from .manners import BESIDE, DAY, FRAGMENT, HOUR, NAMES, SOURCES, START, Asked, World
from .names import names_lead_to_loopback
from .server import RESET, HostileServer

DAYS = 14
CONTACT = "https://operator.example/about"
FLOOR = HOUR
SLACK = timedelta(minutes=90)
"""How much later than wished a reader may come: passes are half an hour apart, and it may spread its visits."""
WEEK = 7 * DAY


# --- reading the log --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Log:
    """What was asked, in order; and what the reader said of sources that fail."""

    asked: tuple[Asked, ...]
    said: dict[str, set[str]]

    def of(self, name: str) -> list[Asked]:
        """Give the requests to one publisher."""
        return self._by_name.get(name, [])

    @cached_property
    def _by_name(self) -> dict[str, list[Asked]]:
        found: dict[str, list[Asked]] = {}
        for one in self.asked:
            found.setdefault(one.name, []).append(one)
        return found

    def gaps(self, name: str) -> list[tuple[Asked, timedelta]]:
        """Give each request with the time until the next one to the same publisher."""
        return [(one, after.now - one.now) for one, after in itertools.pairwise(self.of(name))]

    @cached_property
    def end(self) -> datetime:
        """The time of the last request to anybody."""
        return max(one.now for one in self.asked)


Faults = Iterator[str]


@dataclass(frozen=True)
class Criterion:
    """One rule of politeness."""

    id: str
    words: str
    judge: Callable[[Log], Faults]

    def faults(self, log: Log) -> list[str]:
        """Give what was wrong; nothing means full marks."""
        return list(itertools.islice(self.judge(log), 5))


def _told(one: Asked, wrong: str) -> str:
    after = one.now - START
    return f"{one.name}: {wrong} (day {after.days}, {after.seconds // 3600:02}:{after.seconds // 60 % 60:02})"


def conditions(asked: Iterable[Asked]) -> Iterator[tuple[Asked, str | None, str | None]]:
    """Give each request to one URL with the ETag and the date that it has to bring back, or None.

    A 200 replaces both, a 304 renews what it states, everything else leaves them as they were (RFC 9111 4.3.4).
    """
    etag = modified = None
    for one in asked:
        yield one, etag, modified
        if one.reply.status == 200:
            etag, modified = one.given("etag"), one.given("last-modified")
        elif one.reply.status == 304:
            etag, modified = one.given("etag") or etag, one.given("last-modified") or modified


def _brings_back(*names: str, etag: bool = True, modified: bool = True) -> Callable[[Log], Faults]:
    """Judge that these sources get back what they gave, byte for byte, and nothing else."""

    def judge(log: Log) -> Faults:
        for name in names:
            occasions = 0
            for one, tag, date in conditions(log.of(name)):
                sent, since = one.header("if-none-match"), one.header("if-modified-since")
                occasions += tag is not None or date is not None
                if etag and sent != tag:
                    yield _told(one, f"sent the ETag {sent!r}, was given {tag!r}")
                if modified and since != date:
                    yield _told(one, f"sent the date {since!r}, was given {date!r}")
            if occasions < 3:
                yield f"{name}: never asked with what it gave"

    return judge


# --- A: validators ----------------------------------------------------------------------------------------


def _invents_nothing(log: Log) -> Faults:
    for name in (*SOURCES, *BESIDE):
        for one, tag, date in conditions(log.of(name)):
            sent = one.header("if-none-match"), one.header("if-modified-since")
            if (tag, date) == (None, None) and sent != (None, None):
                yield _told(one, f"sent {sent}, was given nothing")
    if not log.of("bare"):
        yield "bare: never asked"


def _forgets_what_is_absent(log: Log) -> Faults:
    yield from _brings_back("forgets")(log)
    given = {
        (one.given("etag"), one.given("last-modified")) for one in log.of("forgets") if one.reply.status == 200
    }
    if len(given) < 3:
        yield f"forgets: its validators changed less often than planned: {given}"


def _takes_new_ones(log: Log) -> Faults:
    yield from _brings_back("restless")(log)
    sent = {one.header("if-none-match") for one in log.of("restless")}
    if len(sent - {None}) < 3:
        yield f"restless: it never sent the newest ETag, but {sent}"


def _keeps_them_in_trouble(log: Log) -> Faults:
    yield from _brings_back("shaky", "plain")(log)
    errors = [one for one in log.of("shaky") if one.reply.status >= 400]
    if len(errors) < 2:
        yield "shaky: it never met trouble"
    if errors and log.of("shaky")[-1].now <= errors[-1].now:
        yield "shaky: never asked again after its trouble"


# --- B: when ----------------------------------------------------------------------------------------------


def _not_within_the_hour(log: Log) -> Faults:
    for name in SOURCES:
        for one, gap in log.gaps(name):
            if timedelta() < gap < FLOOR:
                yield _told(one, f"asked again after {gap}")
    if len(log.of("both")) < 30:
        yield "both: hardly ever asked"


def _waits(names: dict[str, timedelta], *, after: Sequence[int]) -> Callable[[Log], Faults]:
    """Judge that these are left alone for so long after a reply of this status, and not much longer."""

    def judge(log: Log) -> Faults:
        for name, pause in names.items():
            gaps = [(one, gap) for one, gap in log.gaps(name) if one.reply.status in after]
            if not gaps:
                yield f"{name}: never asked again"
                continue
            for one, gap in gaps:
                if gap < pause:
                    yield _told(one, f"asked again after {gap}, not {pause}")
            if gaps[0][1] > pause + SLACK:
                yield _told(gaps[0][0], f"asked again after {gaps[0][1]} only, it wished for {pause}")

    return judge


def _obeys_max_age(log: Log) -> Faults:
    wishes = {"fresh": 2 * HOUR, "aged": 2 * HOUR, "expires": 3 * HOUR}
    yield from _waits(wishes, after=(200, 304))(log)
    for name in ("no-cache", "no-store"):
        gaps = log.gaps(name)
        if not gaps or gaps[0][1] > 3 * HOUR:
            yield f"{name}: takes a document for fresh that must not be stored"


def _slows_down(log: Log) -> Faults:
    for name in ("limited-bare", "limited-past"):
        gaps = log.gaps(name)
        place = next((number for number, (one, _) in enumerate(gaps) if one.reply.status == 429), 0)
        if not place:
            yield f"{name}: never asked again"
        elif gaps[place][1] <= gaps[place - 1][1]:
            yield _told(gaps[place][0], f"came back after {gaps[place][1]} as if nothing had been")


def _backs_off(name: str, *, most: int, twice: bool = False) -> Callable[[Log], Faults]:
    """Judge that visits to a source in trouble grow rarer, are at rest in the end, and never come at once."""

    def judge(log: Log) -> Faults:
        failed = [one for one in log.of(name) if one.reply.status not in (200, 304)]
        visits = sorted({one.now for one in failed})
        at_once = len(failed) - len(visits)
        if at_once > (len(visits) if twice else 0):
            yield f"{name}: {at_once} requests were repeated at once"
        gaps = [after - before for before, after in itertools.pairwise(visits)]
        if not 3 < len(visits) <= most:
            yield f"{name}: asked {len(visits)} times"
        for before, after in itertools.pairwise(gaps):
            if after < min(0.8 * before, 20 * HOUR):
                yield f"{name}: came back after {after}, after {before} the time before"
        if gaps and max(gaps) < 20 * HOUR:
            yield f"{name}: never at rest, {max(gaps)} at most"

    return judge


def _all_back_off(*judges: Callable[[Log], Faults]) -> Callable[[Log], Faults]:
    return lambda log: itertools.chain.from_iterable(judge(log) for judge in judges)


def _asks_the_rare_less(log: Log) -> Faults:
    since = log.end - 4 * DAY
    counts = {name: sum(one.now > since for one in log.of(name)) for name in ("plain", "gzipped", "lively")}
    for name in ("plain", "gzipped"):
        if counts[name] >= counts["lively"] or counts[name] > 48:
            yield f"{name}: {counts[name]} visits in four days, to a lively source {counts['lively']}"
        if not counts[name]:
            yield f"{name}: no visit in four days"


def _obeys_the_document(log: Log) -> Faults:
    yield from _waits({"ttl": 3 * HOUR}, after=(200, 304))(log)
    first_weekend = START + 5 * DAY
    for name, wrong in (
        ("skip-hours", [one for one in log.of("skip-hours")[1:] if one.now.hour < 6]),
        ("skip-days", [one for one in log.of("skip-days")[1:] if one.now.weekday() >= 5]),
    ):
        yield from (_told(one, "asked when it wished to be left alone") for one in wrong)
        if not any(one.now > first_weekend + 2 * DAY for one in log.of(name)):
            yield f"{name}: not asked any more"


def _goes_on(log: Log) -> Faults:
    """Judge that no wish and no trouble ends the visits for ever; a week is the longest."""
    for name in sorted(set(SOURCES) - {"gone"}):
        asked = [one.now for one in (*log.of(name), *log.of(name.replace("moved", "new")))]
        moments = sorted([START, *asked, log.end])
        longest = max(after - before for before, after in itertools.pairwise(moments))
        if longest > WEEK * 1.2:
            yield f"{name}: not asked for {longest}"
    for name in ("year", "ttl-year", "skip-all-hours"):
        if len(log.of(name)) < 2:
            yield f"{name}: asked {len(log.of(name))} times in {DAYS} days"
    for one, gap in log.gaps("year"):
        if gap < 6 * DAY:
            yield _told(one, f"asked again after {gap} although it stays fresh")


# --- C: where ---------------------------------------------------------------------------------------------


def _believes(old: str, new: str) -> Callable[[Log], Faults]:
    """Judge that a permanent redirect is believed after three good visits over a day, and soon."""

    def judge(log: Log) -> Faults:
        before, after = log.of(old), log.of(new)
        if len(before) < 3 or not after:
            yield f"{old}: asked {len(before)} times, its new address {len(after)} times"
            return
        held = before[-1].now - before[0].now
        if held < DAY:
            yield f"{old}: its new address was believed after {held}"
        if held > 3 * DAY:
            yield f"{old}: still asked after {held}"
        if sum(one.now > before[-1].now for one in after) < 5:
            yield f"{new}: hardly asked after it was believed"

    return judge


def _asks_both(old: str, *new: str) -> Callable[[Log], Faults]:
    """Judge that where a redirect leads is asked by way of it, every time."""

    def judge(log: Log) -> Faults:
        ways = {one.now for one in log.of(old)}
        for one in (one for name in new for one in log.of(name)):
            if one.now not in ways:
                yield _told(one, f"asked without {old}")
        if not any(moment > log.end - WEEK for moment in ways):
            yield f"{old}: not asked any more"
        if not any(log.of(name) for name in new):
            yield f"{old}: its redirect was never followed"

    return judge


def _takes_no_portal_for_a_feed(log: Log) -> Faults:
    yield from _asks_both("captive", "portal")(log)
    yield from _asks_both("captive-for-ever", "portal-for-ever")(log)
    for name in ("portal", "portal-for-ever"):
        for one in log.of(name):
            if one.header("if-none-match") or one.header("if-modified-since"):
                yield _told(one, "asked with validators of a page")
    if not any(one.now > START + 4 * DAY and one.reply.status in (200, 304) for one in log.of("captive")):
        yield "captive: not read any more after the stay in the hotel"


def _stops_when_gone(log: Log) -> Faults:
    refused = [one for one in log.of("gone") if one.reply.status == 410]
    if len(refused) != 2:
        yield f"gone: asked {len(refused)} times although it is gone, and not twice"
    elif not DAY <= refused[1].now - refused[0].now <= 2 * DAY:
        yield f"gone: made sure after {refused[1].now - refused[0].now}, and not after a day"
    returning = log.of("gone-once")
    refusal = next((one.now for one in returning if one.reply.status == 410), log.end)
    if sum(one.now > refusal for one in returning) < 5:
        yield "gone-once: not asked any more although it is back"


# --- D: how -----------------------------------------------------------------------------------------------


def _says_who_it_is(log: Log) -> Faults:
    names = {one.header("user-agent") for one in log.asked}
    if len(names) != 1:
        yield f"it has several names: {sorted(map(str, names))[:3]}"
    for name in map(str, names):
        if not re.match(r"[A-Za-z][\w.-]*/\d[\w.]* \(.*\)$", name) or CONTACT not in name:
            yield f"no name, version and contact: {name}"
        if re.search(r"mozilla|python|httpx|urllib|curl|bot", name, re.IGNORECASE):
            yield f"the name of another: {name}"


def _header_has(name: str, *words: str) -> Callable[[Log], Faults]:
    def judge(log: Log) -> Faults:
        for one in log.asked:
            missing = [word for word in words if word not in (one.header(name) or "").lower()]
            if missing:
                yield _told(one, f"{name}: {one.header(name)!r} is without {missing}")

    return judge


def _sends_nothing_more(log: Log) -> Faults:
    unwanted = {"cookie", "referer", "cache-control", "pragma", "authorization", "from", "range", "origin"}
    for one in log.asked:
        found = sorted(unwanted & {key.lower() for key, _ in one.headers})
        if found:
            yield _told(one, f"sent {found}")
    if not any(one.given("set-cookie") for one in log.asked):
        yield "cookies: never asked"


def _asks_once(log: Log) -> Faults:
    for one in log.asked:
        if one.method != "GET":
            yield _told(one, f"asked with {one.method}")
    for name in SOURCES:
        first = [one for one in log.of(name) if one.now == START]
        if len(first) != (2 if name == "dropped" and len(first) == 2 else 1):
            yield f"{name}: asked {len(first)} times at the start"
        for (one, gap), answered in ((pair, pair[0].reply.status) for pair in log.gaps(name)):
            if not gap and answered:
                yield _told(one, "asked twice in one pass")


def _asks_nothing_else(log: Log) -> Faults:
    for one in log.asked:
        if one.path not in NAMES:
            yield f"{one.host}{one.path}: nobody named it"
    if not log.of("query"):
        yield f"query: never asked as it is written, without {FRAGMENT}"


def _is_one_guest(log: Log) -> Faults:
    crowd = sorted((one for one in log.asked if one.name.startswith("crowd")), key=lambda one: one.began)
    occasions = 0
    for one, after in itertools.pairwise(crowd):
        if one.now != after.now:
            continue
        occasions += 1
        if after.began < one.ended:
            yield _told(after, f"asked while {one.name} of the same host was answering")
        elif after.began - one.ended < (one.ended - one.began) / 4:
            yield _told(
                after, f"asked {1000 * (after.began - one.ended):.0f} ms after {one.name} of the same host"
            )
    if occasions < 3:
        yield "crowd: never asked in one pass"


# --- ours: what the sources of the rules say in other words -------------------------------------------------


def _doubles(log: Log) -> Faults:
    gaps = [gap for _, gap in log.gaps("bare")]
    if len(gaps) < 5:
        yield f"bare: asked {len(gaps) + 1} times"
        return
    for before, after in itertools.pairwise(gaps):
        if after < min(1.5 * before, 20 * HOUR):
            yield f"bare: came back after {after}, after {before} the time before, and nothing had changed"
    if max(gaps) > 28 * HOUR:
        yield f"bare: came back after {max(gaps)}, more than a day"


def _tells_why(log: Log) -> Faults:
    for name, words in (
        ("broken", "HTTP 500.*out of order"),
        ("missing", "HTTP 404.*out of order"),
        ("gone", "HTTP 410"),
        ("captive-for-ever", "page|HTML|not a feed"),
        ("dropped", "closed|broke|disconnected|no answer|does not keep"),
    ):
        if not any(re.search(words, said) for said in log.said.get(name, ())):
            yield f"{name}: the operator is told {sorted(log.said.get(name, ()))}"


CRITERIA = (
    Criterion("A1", "invents no validator and sends none on first contact (3)", _invents_nothing),
    Criterion("A2", "sends an ETag back byte for byte (2)", _brings_back("weak", "gzipped", "commas")),
    Criterion(
        "A3",
        "sends Last-Modified back unaltered, whatever it looks like (1)",
        _brings_back("dated", "dated-by-offset", "dated-by-words"),
    ),
    Criterion("A4", "sends both where both were given (4)", _brings_back("both")),
    Criterion(
        "A5", "sends odd ETags back, too: without quotes, beyond ASCII (2)", _brings_back("quoteless", "accents")
    ),
    Criterion("A6", "forgets a validator that a 200 does not repeat (4)", _forgets_what_is_absent),
    Criterion("A7", "takes new validators of an unchanged body (5)", _takes_new_ones),
    Criterion("A8", "keeps validators through errors and for long (6)", _keeps_them_in_trouble),
    Criterion("A9", "lets a 304 renew validators, or keep them (7)", _brings_back("renewing")),
    Criterion("B1", "asks at most once an hour, restarts included (13, 16)", _not_within_the_hour),
    Criterion("B2", "waits for max-age and Expires, less Age, unless no-cache (10)", _obeys_max_age),
    Criterion("B3", "lets a 304 renew max-age (7)", _waits({"renews-its-age": 4 * HOUR}, after=(304,))),
    Criterion(
        "B4", "obeys Retry-After in seconds (8)", _waits({"limited": 6 * HOUR, "busy": 6 * HOUR}, after=(429, 503))
    ),
    Criterion(
        "B5",
        "obeys Retry-After as a date (8)",
        _waits({"limited-date": 5 * HOUR, "busy-date": 5 * HOUR}, after=(429, 503)),
    ),
    Criterion("B6", "slows down at a 429 without Retry-After (9)", _slows_down),
    Criterion(
        "B7",
        "backs off from errors, and repeats at once what was dropped, no more than once (21)",
        _all_back_off(
            _backs_off("broken", most=24),
            _backs_off("dropped", most=24, twice=True),
            _backs_off("captive-for-ever", most=24),
        ),
    ),
    Criterion("B8", "backs off from a 404 like from other errors (21)", _backs_off("missing", most=24)),
    Criterion("B9", "asks a source less often that rarely has news (11)", _asks_the_rare_less),
    Criterion("B10", "obeys ttl, skipHours and skipDays (12)", _obeys_the_document),
    Criterion("B11", "goes on asking whatever a source wishes, within a week (10, 12)", _goes_on),
    Criterion(
        "C1",
        "believes a 301 and a 308 after three visits over a day, one target alone (23)",
        _all_back_off(
            _believes("moved-301", "new-301"),
            _believes("moved-308", "new-308"),
            _asks_both("wanders", "wanders-0", "wanders-1"),
        ),
    ),
    Criterion(
        "C2",
        "does not remember 302, 303 and 307 (24)",
        _all_back_off(*(_asks_both(f"found-{status}", f"there-{status}") for status in (302, 303, 307))),
    ),
    Criterion("C3", "takes no portal for the new address of a feed (23)", _takes_no_portal_for_a_feed),
    Criterion("C4", "makes sure of a 410 after a day, then stops (22)", _stops_when_gone),
    Criterion("D1", "has one name, with version and contact (19)", _says_who_it_is),
    Criterion("D2", "takes gzip (25)", _header_has("accept-encoding", "gzip")),
    Criterion("D3", "asks for feeds (26)", _header_has("accept", "application/atom+xml", "application/rss+xml")),
    Criterion("D4", "sends no cookies, no Referer, no no-cache (27)", _sends_nothing_more),
    Criterion("D5", "uses GET alone, and once in a pass (17)", _asks_once),
    Criterion("D6", "asks for nothing that nobody named (18)", _asks_nothing_else),
    Criterion("D7", "asks a host one thing at a time, spaced out (15)", _is_one_guest),
    Criterion("O14", "doubles its pause where nothing tells that nothing changed (14)", _doubles),
    Criterion("O20", "tells its operator why a source fails (20)", _tells_why),
)
"""Rows A to D are those of public scorers; O stands for ours. The numbers are those of the checklist."""


def table(log: Log) -> str:
    """Give a line for each criterion, and the sum."""
    lines, met = [], 0
    for one in CRITERIA:
        faults = one.faults(log)
        met += not faults
        lines.append(f"{one.id:<4} {'-' if faults else '1'}  {one.words}")
        lines += [f"          {fault}" for fault in faults]
    return "\n".join([*lines, f"     {met} of {len(CRITERIA)}, {len(log.asked)} requests"])


# --- visiting ---------------------------------------------------------------------------------------------


def moments(days: float) -> list[datetime]:
    """Give the times of all passes: every half hour, and at first also a minute before each full hour."""
    halves = [START + number * HOUR / 2 for number in range(int(days * 48))]
    early = [START + number * HOUR - HOUR / 60 for number in range(1, 7)]
    return sorted({*halves, *(moment for moment in early if moment < halves[-1])})


@contextmanager
def publishing(*, one_host: bool = False) -> Iterator[World]:
    """Have all publishers answer on loopback."""
    with HostileServer() as server, names_lead_to_loopback():
        world = World(port=server.port, one_host=one_host)
        server.routes = _Everything(server, world)
        yield world


class _Everything(dict[str, Route]):
    """Routes every path to the world, which knows its own."""

    def __init__(self, server: HostileServer, world: World) -> None:
        super().__init__()
        self._server = server
        self._world = world

    def get(self, _path: str, _default: Route | None = None) -> Route:  # type: ignore[override]  # its one use
        return self._answer

    def _answer(self, seen: Seen) -> Reply | Iterable[bytes]:
        reply = self._world.answer(seen, self._server.leaving)
        return reply if reply.status else (RESET,)


def configure(folder: Path, world: World) -> Path:
    """Write a configuration that subscribes to every source."""
    lines = [
        "site: {title: All, url: 'https://out.example/', pages: false}",
        f"fetch: {{contact: '{CONTACT}', every: 1h, allow: ['127.0.0.1:{world.port}']}}",
        "sources:",
        *(f"  {name}: '{world.address_of(name)}'" for name in SOURCES),
        "feeds: {all: {formats: [json]}}",
    ]
    path = folder / "config.yaml"
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def visit_in_process(folder: Path, world: World, times: Sequence[datetime]) -> Log:
    """Make the passes with `now` as an argument; the program is restarted once a day."""
    from feedbraid.app import Choices  # noqa: PLC0415  # other readers are judged without the program
    from feedbraid.config import load_config  # noqa: PLC0415
    from feedbraid.run import run_once  # noqa: PLC0415
    from feedbraid.wire import opened  # noqa: PLC0415

    config = load_config(configure(folder, world))
    for _, passes in itertools.groupby(times, key=datetime.date):
        with opened(config) as app:
            for world.now in passes:
                for source in run_once(app, world.now, Choices()).sources:
                    if source.result == "failed":
                        world.said[source.name].add(source.detail)
    return Log(tuple(world.log), dict(world.said))


def visit_by_program(folder: Path, world: World, times: Sequence[datetime]) -> Log:
    """Make the passes from the command line to the exit code, the time in the environment."""
    from feedbraid.cli import main  # noqa: PLC0415  # other readers are judged without the program

    configure(folder, world)
    before = os.environ.get("FEEDBRAID_NOW")
    try:
        for world.now in times:
            os.environ["FEEDBRAID_NOW"] = world.now.isoformat()
            with chdir(folder), redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
                code = main(["run", "--json"])
            if code:
                raise RuntimeError(f"exit code {code}: {errors.getvalue()}")
            for source in json.loads(output.getvalue())["sources"]:
                if source["result"] == "failed":
                    world.said[source["name"]].add(source["detail"])
    finally:
        if before is None:
            del os.environ["FEEDBRAID_NOW"]
        else:
            os.environ["FEEDBRAID_NOW"] = before
    return Log(tuple(world.log), dict(world.said))


def _main() -> int:
    options = argparse.ArgumentParser(description="Score the manners of the program over some virtual days.")
    options.add_argument("--days", type=float, default=DAYS)
    options.add_argument("--one-host", action="store_true", help="all publishers share one address")
    options.add_argument("--program", action="store_true", help="from the command line to the exit code")
    chosen = options.parse_args()
    visit = visit_by_program if chosen.program else visit_in_process
    with tempfile.TemporaryDirectory() as folder, publishing(one_host=chosen.one_host) as world:
        log = visit(Path(folder), world, moments(chosen.days))
    sys.stdout.write(table(log) + "\n")
    return 0 if all(not one.faults(log) for one in CRITERIA) else 1


if __name__ == "__main__":
    sys.exit(_main())
