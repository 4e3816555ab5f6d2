"""Readers without a network, to judge the judge by.

The polite one shows that full marks can be had; its flaws can be chosen. The rude one gets nothing.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from loopback import Reply, Seen

from .manners import DAY, HOUR, NAMES, SOURCES, START, World, path_of
from .score import CONTACT, WEEK, Log

SPACE = 0.002
"""Seconds between two requests to one host."""


@dataclass
class _Known:
    """What the polite reader remembers of a source."""

    due: datetime = START
    address: str = ""
    """The name of the publisher that it moved to."""
    validators: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By publisher: ETag and Last-Modified, as they were given."""
    body: bytes = b""
    failures: int = 0
    quiet: int = 0
    news: datetime = START
    gone: int = 0
    move: tuple[str, int, datetime] = ("", 0, START)
    """Where a permanent redirect led, how many times, and since when."""

    def hint(self, name: str) -> int:
        """Give the number in an element of the document, 0 when there is none."""
        found = re.search(rb"<%s>(\d+)<" % name.encode(), self.body)
        return int(found[1]) if found else 0

    def allows(self, moment: datetime) -> bool:
        """Tell whether the document lets it be asked for then."""
        hours = {int(hour) for hour in re.findall(rb"<hour>(\d+)", self.body)}
        days = {day.decode() for day in re.findall(rb"<day>(\w+)", self.body)}
        return moment.hour not in hours and f"{moment:%A}" not in days


class Polite:
    """Keeps to every rule, but for its flaws: words that say what it does wrong."""

    def __init__(self, world: World, *flaws: str) -> None:
        self._world = world
        self._flaws = frozenset(flaws)
        self._known = {name: _Known() for name in SOURCES}
        self._leaving = threading.Event() if "has no pause" in flaws else None
        self._headers = (
            ("Host", "reader"),
            ("User-Agent", "Mozilla/5.0 (X11)" if "poses" in flaws else f"polite/1.0 (+{CONTACT})"),
            ("Accept", "*/*" if "takes all" in flaws else "application/atom+xml, application/rss+xml"),
            ("Accept-Encoding", "identity" if "takes no gzip" in flaws else "gzip"),
            *([("Referer", "http://reader.test/")] if "refers" in flaws else []),
        )

    def visit(self, times: Iterable[datetime]) -> Log:
        """Make passes at these times."""
        for now in times:
            self._world.now = now
            for name, known in self._known.items():
                if now >= known.due and (self._allows(known, now) or now >= known.due + WEEK - DAY):
                    self._read(name, known, now)
        return Log(tuple(self._world.log), dict(self._world.said))

    # --- asking ---

    def _read(self, name: str, known: _Known, now: datetime) -> None:
        if "looks first" in self._flaws:
            self._ask(name, (), "HEAD")
        asked, moved = known.address or name, ""
        reply = self._ask(asked, self._conditions(known, asked))
        permanent = ("302",) if "remembers 302" in self._flaws else ()
        if reply.status in (301, 302, 303, 307, 308):
            asked = NAMES[urlsplit(_given(reply, "location")).path]
            moved = asked if reply.status in (301, 308) or str(reply.status) in permanent else ""
            reply = self._ask(asked, self._conditions(known, asked))
        good = reply.status == 304 or (reply.status == 200 and b"<rss" in reply.body)
        if good or "believes pages" in self._flaws:
            self._believe(known, moved, now)
        if good:
            self._succeed(known, asked, reply, now)
        else:
            self._fail(name, known, reply, now)

    def _ask(self, name: str, conditions: tuple[tuple[str, str], ...], method: str = "GET") -> Reply:
        if "crowd" in name and self._leaving is None:
            threading.Event().wait(SPACE)
        if "wants the icon" in self._flaws:
            self._world.answer(Seen("GET", "/favicon.ico", self._headers, 0))
        return self._world.answer(Seen(method, path_of(name), (*self._headers, *conditions), 0), self._leaving)

    def _conditions(self, known: _Known, name: str) -> tuple[tuple[str, str], ...]:
        etag, modified = known.validators.get(name, ("", ""))
        if "invents" in self._flaws and not modified:
            modified = "Thu, 01 Jan 1970 00:00:00 GMT"
        if "drops W/" in self._flaws:
            etag = etag.removeprefix("W/")
        if "quotes" in self._flaws and '"' not in etag:
            etag = f'"{etag}"'
        if "writes dates anew" in self._flaws:
            modified = modified.replace("+0000", "GMT")
        if "sends one of two" in self._flaws and etag:
            modified = ""
        pairs = (("If-None-Match", etag), ("If-Modified-Since", modified))
        return tuple(pair for pair in pairs if pair[1].strip('"'))

    # --- remembering ---

    def _believe(self, known: _Known, moved: str, now: datetime) -> None:
        if not moved:
            return
        before, times, since = known.move if known.move[0] == moved else (moved, 0, now)
        known.move = (before, times + 1, since)
        held = times + 1 >= 3 and now - since >= DAY
        if (held or "believes at once" in self._flaws) and "never believes" not in self._flaws:
            known.address = moved

    def _succeed(self, known: _Known, asked: str, reply: Reply, now: datetime) -> None:
        self._keep_validators(known, asked, reply)
        same = reply.status == 304 or reply.body == known.body
        known.quiet = known.quiet + 1 if same else 0
        known.news = known.news if same else now
        known.body = known.body if same else reply.body
        known.failures = known.gone = 0
        known.due = self._next(known, asked, reply, now)

    def _keep_validators(self, known: _Known, asked: str, reply: Reply) -> None:
        old = known.validators.get(asked, ("", ""))
        new = (_given(reply, "etag"), _given(reply, "last-modified"))
        if reply.status == 304:
            new = old if "304 renews nothing" in self._flaws else (new[0] or old[0], new[1] or old[1])
        elif "merges" in self._flaws:
            new = (new[0] or old[0], new[1] or old[1])
        elif "trusts a hash" in self._flaws and reply.body == known.body:
            new = old
        known.validators[asked] = new

    def _next(self, known: _Known, asked: str, reply: Reply, now: datetime) -> datetime:
        floor = 59 * HOUR / 60 if "is early" in self._flaws else HOUR
        fresh = self._freshness(reply)
        rhythm = floor
        if not any(known.validators[asked]) and fresh is None:
            rhythm = floor if "never doubles" in self._flaws else min(floor * 2 ** min(known.quiet, 10), DAY)
        elif known.quiet and "has one rhythm" not in self._flaws:
            rhythm = max(floor, min((now - known.news) / 10, 6 * HOUR))
        ttl = timedelta() if "reads no wishes" in self._flaws else timedelta(minutes=known.hint("ttl"))
        wish = max(fresh or timedelta(), ttl)
        return now + max(rhythm, wish if "has no week" in self._flaws else min(wish, WEEK))

    def _allows(self, known: _Known, now: datetime) -> bool:
        return "reads no wishes" in self._flaws or known.allows(now)

    def _freshness(self, reply: Reply) -> timedelta | None:
        cache = _given(reply, "cache-control")
        if "ignores max-age" in self._flaws or (reply.status == 304 and "304 has no age" in self._flaws):
            return None
        if re.search("no-cache|no-store", cache) and "stores all" not in self._flaws:
            return None
        if found := re.search(r"max-age=(\d+)", cache):
            age = 0 if "knows no Age" in self._flaws else int(_given(reply, "age") or 0)
            return timedelta(seconds=int(found[1]) - age)
        expires = _given(reply, "expires")
        return _moment(expires) - _moment(_given(reply, "date")) if expires else None

    def _fail(self, name: str, known: _Known, reply: Reply, now: datetime) -> None:
        if "is silent" not in self._flaws:
            self._world.said[name].add(_in_words(reply))
        if "forgets in trouble" in self._flaws:
            known.validators.clear()
        known.failures += 1
        known.gone += reply.status == 410
        pause = min(HOUR * 2 ** min(known.failures - 1, 10), DAY)
        wait = self._retry_after(reply)
        if "never backs off" in self._flaws or (reply.status == 404 and "likes 404" in self._flaws):
            pause = HOUR
        elif reply.status in (429, 503) and not wait and "hears no 429" not in self._flaws:
            pause = max(2 * (pause + HOUR), pause)
        if known.gone and "mourns not" not in self._flaws:
            pause = DAY if known.gone == 1 else 9999 * DAY
        known.due = now + max(pause, wait)

    def _retry_after(self, reply: Reply) -> timedelta:
        value = _given(reply, "retry-after")
        if value.isdecimal():
            return timedelta() if "counts no seconds" in self._flaws else timedelta(seconds=int(value))
        if value and "reads no dates" not in self._flaws:
            return max(_moment(value) - _moment(_given(reply, "date")), timedelta())
        return timedelta()


class Rude:
    """Asks everybody for everything at every pass, believes all it hears, and takes care to be no one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._addresses: dict[str, str] = {}
        self._leaving = threading.Event()
        self._count = itertools.count()

    def visit(self, times: Iterable[datetime]) -> Log:
        """Make passes at these times."""
        for now in times:
            self._world.now = now
            for name in SOURCES:
                self._ask("HEAD", "/favicon.ico")
                reply = self._ask("GET", path_of(self._addresses.get(name, name)))
                if location := _given(reply, "location"):
                    self._addresses[name] = NAMES[urlsplit(location).path]
        return Log(tuple(self._world.log), {})

    def _ask(self, method: str, path: str) -> Reply:
        headers = (
            ("User-Agent", f"Mozilla/5.0 ({next(self._count) % 3})"),
            ("Accept", "*/*"),
            ("Cookie", "id=you"),
            ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
            ("If-None-Match", "null"),
        )
        # Only where two requests are at the same time is it seen whether they are spaced out.
        leaving = self._leaving if "crowd" in path and self._world.now == START else None
        return self._world.answer(Seen(method, path, headers, 0), leaving)


FLAWS = {
    "A1": ("invents",),
    "A2": ("drops W/",),
    "A3": ("writes dates anew",),
    "A4": ("sends one of two",),
    "A5": ("quotes",),
    "A6": ("merges",),
    "A7": ("trusts a hash",),
    "A8": ("forgets in trouble",),
    "A9": ("304 renews nothing",),
    "B1": ("is early",),
    "B2": ("ignores max-age", "knows no Age", "stores all"),
    "B3": ("304 has no age",),
    "B4": ("counts no seconds",),
    "B5": ("reads no dates",),
    "B6": ("hears no 429",),
    "B7": ("never backs off",),
    "B8": ("likes 404",),
    "B9": ("has one rhythm",),
    "B10": ("reads no wishes",),
    "B11": ("has no week",),
    "C1": ("believes at once", "never believes"),
    "C2": ("remembers 302",),
    "C3": ("believes pages",),
    "C4": ("mourns not",),
    "D1": ("poses",),
    "D2": ("takes no gzip",),
    "D3": ("takes all",),
    "D4": ("refers",),
    "D5": ("looks first",),
    "D6": ("wants the icon",),
    "D7": ("has no pause",),
    "O14": ("never doubles",),
    "O20": ("is silent",),
}
"""By criterion: what a reader that is polite otherwise may do wrong, so that it has to show there."""


def _in_words(reply: Reply) -> str:
    if reply.status == 200:
        return "this is a page, not a feed"
    return f"HTTP {reply.status}: {reply.body.decode()}" if reply.status else "the connection was closed"


def _given(reply: Reply, name: str) -> str:
    return next((value for key, value in reply.headers if key.lower() == name), "")


def _moment(value: str) -> datetime:
    return parsedate_to_datetime(value)
