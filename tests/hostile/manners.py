"""A world of publishers in virtual time, who note every request, and what each of them gives and asks for.

A publisher is a function from a visit to a reply, so that a reader can be judged with sockets or without.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from loopback import Reply, Seen

from .cases import feed

START = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday, at midnight."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = "Mon, 02 Mar 2026 00:00:00 GMT"
LINGER = 0.01
"""Seconds that the publishers of one host take to answer, so that two requests at once are seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request and its reply."""

    now: datetime
    """The virtual time."""
    name: str
    """Whose path was asked; empty for a path that nobody has."""
    host: str
    path: str
    method: str
    headers: tuple[tuple[str, str], ...]
    reply: Reply
    began: float = 0.0
    """Seconds on the monotonic clock."""
    ended: float = 0.0

    def header(self, name: str) -> str | None:
        """Give a header of the request."""
        return _value(self.headers, name)

    def given(self, name: str) -> str | None:
        """Give a header of the reply."""
        return _value(self.reply.headers, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request to one publisher, and how often it was asked before."""

    name: str
    now: datetime
    times: int
    headers: tuple[tuple[str, str], ...]
    address_of: Callable[[str], str]
    """Gives the address of another publisher."""

    @property
    def hours(self) -> float:
        """Virtual hours since the start."""
        return (self.now - START) / HOUR

    def edition(self, *hours: float) -> int:
        """Count which of these hours are over."""
        return sum(self.hours >= hour for hour in hours)


Publisher = Callable[[Visit], Reply]


def _hushed(visit: Visit, reply: Reply) -> Reply:
    """Have a reader come less often that has shown what it does."""
    if visit.times < ENOUGH or visit.name in LOUD or reply.status not in (200, 304):
        return reply
    ages = ("cache-control", "expires", "age")
    return replace(reply, headers=(*(pair for pair in reply.headers if pair[0].lower() not in ages), QUIET))


def document(
    visit: Visit,
    *headers: tuple[str, str],
    edition: int = 0,
    head: str = "",
    etag: str = "",
    modified: str = "",
    again: tuple[tuple[str, str], ...] | None = None,
) -> Reply:
    """Give the feed of a publisher, or a 304 when its validators come back (RFC 9110 13.2.2).

    `again` are the headers of a 304 in place of those of a 200.
    """
    stated = (*([("ETag", etag)] if etag else []), *([("Last-Modified", modified)] if modified else []))
    known, since = _value(visit.headers, "if-none-match"), _value(visit.headers, "if-modified-since")
    same = known == etag if known is not None and etag else bool(modified) and since == modified
    if same:
        return Reply(status=304, headers=(*stated, *headers) if again is None else again)
    body = feed(visit.name, *range(1, 3 + edition), head=head)
    return Reply(headers=(("Content-Type", "application/rss+xml"), *stated, *headers), body=body)


QUIET = ("Cache-Control", "max-age=43200")
"""Has a reader come twice a day only, which spares time: most publishers have seen enough by then."""
ENOUGH = 8
"""Visits after which a publisher becomes quiet."""
LOUD = frozenset({"plain", "both", "lively", "bare", "skip-hours", "skip-days", "year"})
"""Publishers that have to go on as they are."""
SELDOM = ("Cache-Control", "max-age=172800")


def trouble(status: int, *headers: tuple[str, str], body: bytes = b"<p>Sorry, out of order</p>") -> Reply:
    """Give an error with a page for people."""
    return Reply(status=status, headers=(("Content-Type", "text/html"), *headers), body=body)


def _value(headers: tuple[tuple[str, str], ...], name: str) -> str | None:
    return next((value for key, value in headers if key.lower() == name.lower()), None)


def http_date(moment: datetime) -> str:
    """Write a moment as HTTP does (RFC 9110 5.6.7)."""
    return format_datetime(moment, usegmt=True)


def _etag(etag: str, *changes: float) -> Publisher:
    return lambda visit: document(
        visit, etag=etag.format(visit.edition(*changes)), edition=visit.edition(*changes)
    )


def _modified(value: str) -> Publisher:
    return lambda visit: document(visit, modified=value)


def _aging(*headers: tuple[str, str]) -> Publisher:
    return lambda visit: document(visit, *headers, etag='"a"')


def _both(visit: Visit) -> Reply:
    edition = visit.edition(80, 200)
    modified = http_date(START + edition * DAY)
    return document(visit, etag=f'"both-{edition}"', modified=modified, edition=edition)


def _forgets(visit: Visit) -> Reply:
    edition = visit.edition(80, 200)
    etag, modified = (('"f-0"', LONG_AGO), ('"f-1"', ""), ("", http_date(START + 9 * DAY)))[edition]
    return document(visit, etag=etag, modified=modified, edition=edition)


def _shaky(visit: Visit) -> Reply:
    if 60 <= visit.hours < 84:
        return trouble(500 if visit.times % 2 else 503)
    if 150 <= visit.hours < 156:
        return trouble(429)
    return document(visit, etag='"shaky"', modified=LONG_AGO)


def _renewing(visit: Visit) -> Reply:
    """Call the same document by another name at every second visit."""
    known = _value(visit.headers, "if-none-match")
    if known is None or not known.startswith('"renewing-'):
        return document(visit, etag='"renewing-0"')
    return Reply(status=304, headers=(("ETag", f'"renewing-{visit.times}"'),) if visit.times % 2 else ())


def _renews_its_age(visit: Visit) -> Reply:
    return document(visit, etag='"a"', again=(("Cache-Control", "max-age=14400"),))


def _expires(visit: Visit) -> Reply:
    return document(visit, ("Expires", http_date(visit.now + 3 * HOUR)), etag='"e"')


def _once(reply: Callable[[Visit], Reply], at: int = 2) -> Publisher:
    """Be in trouble at one visit, counted from zero."""

    def answer(visit: Visit) -> Reply:
        if visit.times == at:
            return reply(visit)
        return document(visit, etag='"once"')

    return answer


def _resting(status: int, seconds: int) -> Publisher:
    return _once(lambda _: trouble(status, ("Retry-After", str(seconds))))


def _resting_until(status: int, pause: timedelta) -> Publisher:
    return _once(lambda visit: trouble(status, ("Retry-After", http_date(visit.now + pause))))


def _gone(visit: Visit) -> Reply:
    return trouble(410) if visit.times >= 2 else document(visit, etag='"gone"')


def _missing(visit: Visit) -> Reply:
    return trouble(404) if visit.times >= 2 else document(visit, etag='"missing"')


def _to(status: int, target: str) -> Publisher:
    return lambda visit: trouble(status, ("Location", visit.address_of(target)), body=b"moved")


def _wanders(visit: Visit) -> Reply:
    return trouble(301, ("Location", visit.address_of(f"wanders-{visit.times % 2}")), body=b"moved")


def _captive(visit: Visit) -> Reply:
    """Sit in a hotel for three days, where a portal answers in place of everybody."""
    if 24 <= visit.hours < 96:
        return trouble(301, ("Location", visit.address_of("portal")), body=b"moved")
    return document(visit, etag='"captive"')


def _portal(_: Visit) -> Reply:
    page = b"<!DOCTYPE html><html><head><title>Hotel</title></head><body>Log in</body></html>"
    return Reply(headers=(("Content-Type", "text/html"), ("ETag", '"portal"')), body=page)


def _wishing(head: str) -> Publisher:
    return lambda visit: document(visit, etag='"w"', head=head)


def _lively(visit: Visit) -> Reply:
    """Have news twice a day in the last days."""
    edition = visit.edition(*range(228, 336, 12))
    return document(visit, etag=f'"lively-{edition}"', edition=edition)


def _cookies(visit: Visit) -> Reply:
    return document(visit, ("Set-Cookie", "id=you; Path=/; Max-Age=99999999"), ("Set-Cookie", "b=c"), etag='"c"')


def _plain(visit: Visit) -> Reply:
    return document(visit, etag='"plain"')


def _wandered(visit: Visit) -> Reply:
    """Give the same bytes at both addresses."""
    return document(replace(visit, name="wanders"), etag='"wanders"')


def _crowd(visit: Visit) -> Reply:
    return document(visit, SELDOM, etag='"crowd"')


def _bare(visit: Visit) -> Reply:
    return document(visit)


def _restless(visit: Visit) -> Reply:
    """Call the same document by another name from some day on."""
    return document(visit, etag=f'"restless-{visit.edition(80, 200)}"')


ALL_HOURS = "".join(f"<hour>{hour}</hour>" for hour in range(24))
NIGHT = "".join(f"<hour>{hour}</hour>" for hour in range(6))
YEAR = str(365 * 24 * 3600)

SOURCES: dict[str, Publisher] = {
    "both": _both,
    "plain": _plain,
    "weak": _etag('W/"weak-{}"', 80),
    "gzipped": _etag('"gzipped--gzip"'),
    "commas": _etag('W/"a, b;c"'),
    "quoteless": _etag("quoteless-1;x"),
    "accents": _etag('"\xe9t\xe9"'),
    "dated": _modified(LONG_AGO),
    "dated-by-offset": _modified("Mon, 2 Mar 2026 00:00:00 +0000"),
    "dated-by-words": _modified("2026-03-02 at midnight"),
    "bare": _bare,
    "forgets": _forgets,
    "restless": _restless,
    "shaky": _shaky,
    "renewing": _renewing,
    "fresh": _aging(("Cache-Control", "public, max-age=7200")),
    "aged": _aging(("Cache-Control", "max-age=21600"), ("Age", "14400")),
    "no-cache": _aging(("Cache-Control", "no-cache, max-age=86400")),
    "no-store": _aging(("Cache-Control", "no-store, max-age=86400")),
    "year": _aging(("Cache-Control", f"max-age={YEAR}")),
    "expires": _expires,
    "renews-its-age": _renews_its_age,
    "limited": _resting(429, 6 * 3600),
    "limited-date": _resting_until(429, 5 * HOUR),
    "limited-bare": _once(lambda _: trouble(429)),
    "limited-past": _resting_until(429, -5 * HOUR),
    "busy": _resting(503, 6 * 3600),
    "busy-date": _resting_until(503, 5 * HOUR),
    "broken": lambda _: trouble(500),
    "missing": _missing,
    "dropped": lambda _: Reply(status=0),
    "gone": _gone,
    "gone-once": _once(lambda _: trouble(410)),
    "moved-301": _to(301, "new-301"),
    "moved-308": _to(308, "new-308"),
    "found-302": _to(302, "there-302"),
    "found-303": _to(303, "there-303"),
    "found-307": _to(307, "there-307"),
    "wanders": _wanders,
    "captive": _captive,
    "captive-for-ever": _to(301, "portal-for-ever"),
    "ttl": _wishing("<ttl>180</ttl>"),
    "ttl-year": _wishing("<ttl>525600</ttl>"),
    "skip-hours": _wishing(f"<skipHours>{NIGHT}</skipHours>"),
    "skip-all-hours": _wishing(f"<skipHours>{ALL_HOURS}</skipHours>"),
    "skip-days": _wishing("<skipDays><day>Saturday</day><day>Sunday</day></skipDays>"),
    "lively": _lively,
    "cookies": _cookies,
    "query": _plain,
    "crowd-1": _crowd,
    "crowd-2": _crowd,
    "crowd-3": _crowd,
    "crowd-4": _crowd,
}
"""What the reader subscribes to."""

BESIDE: dict[str, Publisher] = {
    "new-301": _plain,
    "new-308": _plain,
    "there-302": _plain,
    "there-303": _plain,
    "there-307": _plain,
    "wanders-0": _wandered,
    "wanders-1": _wandered,
    "portal": _portal,
    "portal-for-ever": _portal,
}
"""Where some of them lead to."""

QUERY = "?format=rss&b=%2F&a="
FRAGMENT = "#newest"


def path_of(name: str) -> str:
    """Give the path of a publisher, with its query."""
    return f"/{name}.xml{QUERY if name == 'query' else ''}"


NAMES = {path_of(name): name for name in (*SOURCES, *BESIDE)}


@dataclass
class World:
    """All publishers, the time, and the log."""

    port: int = 80
    one_host: bool = False
    """All of them share 127.0.0.1; else each has a host of its own, but for the crowd."""
    now: datetime = START
    log: list[Asked] = field(default_factory=list)
    said: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What the reader tells its operator of each source that fails."""

    def __post_init__(self) -> None:
        self._times: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()

    def address_of(self, name: str) -> str:
        """Give the address of a publisher, as an operator would write it."""
        host = "127.0.0.1" if self.one_host else f"{name.partition('-')[0] if 'crowd' in name else name}.test"
        return f"http://{host}:{self.port}{path_of(name)}{FRAGMENT if name == 'query' else ''}"

    def answer(self, seen: Seen, leaving: threading.Event | None = None) -> Reply:
        """Answer a request and note it; the `status` 0 stands for no answer at all."""
        began = time.monotonic()
        name = NAMES.get(seen.path, "")
        with self._lock:
            times = self._times[name]
            self._times[name] += 1
        visit = Visit(name=name, now=self.now, times=times, headers=seen.headers, address_of=self.address_of)
        publisher = SOURCES.get(name) or BESIDE.get(name)
        reply = _hushed(visit, publisher(visit)) if publisher else trouble(404)
        if leaving is not None and name.startswith("crowd"):
            leaving.wait(LINGER)
        reply = replace(reply, headers=(("Date", http_date(self.now)), *reply.headers))
        asked = Asked(
            now=self.now,
            name=name,
            host=seen.header("host") or "",
            path=seen.path,
            method=seen.method,
            headers=seen.headers,
            reply=reply,
            began=began,
            ended=time.monotonic(),
        )
        with self._lock:
            self.log.append(asked)
        return reply
