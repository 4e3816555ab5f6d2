"""The answer to a request: a pure function of the request, the published files, the rules and the time (N129).

Who may read what is decided first. Then what is asked for is looked up in the list of published files: a path that
is not on the list leads nowhere, so none leads out of the folder. Nothing of a query is ever repeated.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

from feedbraid import kinds
from feedbraid.model import SECRET, ServedFeed
from feedbraid.serve._asked import http_date, qualities, read_http_date, segments, strong_tags, tags
from feedbraid.serve._nouns import CODINGS, Answer, Coding, File, Headers, OnDisk, Request, Rules, Site, Variant

METHODS = "GET, HEAD, OPTIONS"
INDEX = "index.html"

_MINUTE = 60
"""In seconds."""

_EVERYBODY = ServedFeed(name="")
_STYLES = frozenset({"style.css", "feed.css"})
"""What pages and feeds look like; those that have a secret need it, too."""

_OPEN: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "ETag, Link, Retry-After"),
)
_PREFLIGHT: Headers = (
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", "Authorization, Cache-Control, If-Modified-Since, If-None-Match"),
    ("Access-Control-Max-Age", "86400"),
)
_NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
_CHALLENGE = ("WWW-Authenticate", 'Basic realm="feeds", charset="UTF-8"')
_NOT_KEPT = ("Cache-Control", "no-store")

MEANT = (
    "accept-encoding",
    "access-control-request-method",
    "content-length",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "transfer-encoding",
)
"""The headers of a request that an answer depends on; all others mean nothing to `respond`."""

NO_STORE = dict((_NOT_KEPT, _NO_SNIFFING))
"""Headers of what holds at this moment only."""
_VARY = ("Vary", "Accept-Encoding")


def respond(request: Request, site: Site, rules: Rules, now: datetime) -> Answer:
    """Answer a request. Total: whatever is asked, there is an answer."""
    answer = _refused(request, now) or _answer(request, site, rules, now)
    return Answer(answer.status, answer.headers) if request.method == "HEAD" else answer


def _refused(request: Request, now: datetime) -> Answer | None:
    """Answer what does not depend on the document."""
    closing: Headers = (("Connection", "close"),) if has_body(request.headers) else ()
    if request.wait:
        return _short(429, "Too many requests.", now, ("Retry-After", str(request.wait)), _NOT_KEPT, *closing)
    if request.method == "OPTIONS":
        preflight = _PREFLIGHT if "access-control-request-method" in request.headers else ()
        return Answer(204, (("Date", http_date(now)), ("Allow", METHODS), *_OPEN, *preflight, *closing))
    if request.method not in ("GET", "HEAD"):
        return _short(405, "Only GET and HEAD are of use here.", now, ("Allow", METHODS), *closing)
    return _short(413, "A request for a document has no body.", now, *closing) if closing else None


def has_body(headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes with a body (RFC 9112 6.3)."""
    return "transfer-encoding" in headers or headers.get("content-length", "0").strip() != "0"


def _answer(request: Request, site: Site, rules: Rules, now: datetime) -> Answer:
    place = _place(request.target, rules)
    feed = place.feed if place else _EVERYBODY
    if _is_private(feed, rules) and not feed.secret:
        # Who is nobody does not even learn whether there is something.
        if not request.user:
            return _short(401, "A user name and a password are needed.", now, _CHALLENGE, _NOT_KEPT)
        if feed.users and request.user not in feed.users:
            return _short(403, "This is for others.", now, _NOT_KEPT)
    if place is None:
        return _missing(now)
    if place.renamed:
        return _redirected(place, site, rules, now)
    if feed.ended and place.parts[0] == feed.name:
        return _short(410, "This feed has ended.", now, _kept(feed, rules, rules.spec.max_age))
    return _looked_up(request, place, site, rules, now)


# --- what is asked for, and who may have it ---------------------------------------------------------------


class _Place(NamedTuple):
    """What a path means."""

    parts: tuple[str, ...]
    """The names in it, without the secret."""
    feed: ServedFeed
    """What holds there."""
    prefix: str = ""
    """What stands before the names in a public address: the secret, or nothing."""
    renamed: str = ""
    """The present name of the feed that is asked for by a former one."""


def _place(target: str, rules: Rules) -> _Place | None:
    parts = segments(target)
    if parts is None:
        return None
    if parts[0] == SECRET and len(parts) > 2:
        secret = _secret_place(parts, rules)
        if secret:
            return secret
    name = rules.renamed.get(parts[0], "")
    feed = rules.feeds.get(name or parts[0], _EVERYBODY)
    return None if feed.secret else _Place(parts, feed, renamed=name)


def _secret_place(parts: tuple[str, ...], rules: Rules) -> _Place | None:
    """Give what a path with a secret means; None when it is no secret of ours.

    It is compared with every secret that there is, in a time that tells nothing about them.
    """
    given = _fingerprint(parts[1])
    opened = [one for one in rules.feeds.values() if hmac.compare_digest(_fingerprint(one.secret), given)]
    rest, prefix = parts[2:], f"{SECRET}/{quote(parts[1], safe='')}/"
    former = rules.renamed.get(rest[0], "")
    for feed in opened:
        if feed.secret and feed.name == (former or rest[0]):
            return _Place(rest, feed, prefix, former)
        if feed.secret and rest[0] in _STYLES and len(rest) == 1:
            return _Place(rest, feed, prefix)
    return None


def _fingerprint(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _is_private(feed: ServedFeed, rules: Rules) -> bool:
    """Tell whether only some may read a feed, and what is of it must not be kept for all (RFC 9111 3.5)."""
    if feed.secret:
        return True
    return bool(rules.spec.users) and not feed.public and (bool(feed.users) or not rules.spec.public)


def _looked_up(request: Request, place: _Place, site: Site, rules: Rules, now: datetime) -> Answer:
    path = "/".join(place.parts)
    file = _file(path, site)
    if file is not None:
        return _document(request, _Chosen(file, place, rules), site, now)
    if f"{path}/{INDEX}" in site.files:
        return _moved((place.parts[-1], ""), place, rules, now)
    return _missing(now)


def _file(path: str, site: Site) -> File | None:
    return site.files.get(path + INDEX if not path or path.endswith("/") else path)


def _redirected(place: _Place, site: Site, rules: Rules, now: datetime) -> Answer:
    """Lead from a document of a feed by its former name to the same one by its present name (N129k)."""
    there = (place.renamed, *place.parts[1:])
    path = "/".join(there)
    if _file(path, site) is None:
        if f"{path}/{INDEX}" not in site.files:
            return _missing(now)
        there = (*there, "")
    return _moved(("..",) * (len(place.parts) - 1) + there, place, rules, now)


def _moved(parts: tuple[str, ...], place: _Place, rules: Rules, now: datetime) -> Answer:
    """Lead elsewhere: by a relative address, which holds behind every proxy and trusts no `Host`."""
    location = "/".join(quote(part, safe="") for part in parts)
    kept = _kept(place.feed, rules, rules.spec.max_age)
    return _short(301, "It is elsewhere.", now, ("Location", location), kept)


def _missing(now: datetime) -> Answer:
    return _short(404, "There is no such document.", now, ("Cache-Control", f"max-age={_MINUTE}"))


def _short(status: int, text: str, now: datetime, *headers: tuple[str, str]) -> Answer:
    """Answer in a few words, which are the same whoever asks for whatever."""
    body = f"{text}\n".encode()
    common = (
        ("Date", http_date(now)),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        _NO_SNIFFING,
    )
    return Answer(status, (*common, *_OPEN, *headers), body)


# --- a document -------------------------------------------------------------------------------------------


class _Chosen(NamedTuple):
    """A document, and what holds for it."""

    file: File
    place: _Place
    rules: Rules

    @property
    def is_index(self) -> bool:
        """It was asked for by the name of its folder."""
        return not self.place.parts[-1]

    @property
    def base(self) -> str:
        """The public address of the folder, as this reader knows it."""
        return self.rules.address + self.place.prefix


def _document(request: Request, chosen: _Chosen, site: Site, now: datetime) -> Answer:
    file, headers = chosen.file, request.headers
    accepted = _accepted(file, headers)
    best = max(
        (one for one in (*file.packed, file.plain) if one.coding in accepted),
        key=lambda one: accepted[one.coding],
        default=None,
    )
    known = _known(file, accepted, best, headers)
    if best is None and known is None:
        return _short(406, "It does not come in any of these codings.", now, _VARY)
    common = _common(chosen, known if known is not None else best.coding if best else "", now)
    if _has_failed(file, accepted, headers, now):
        return _short(412, "It is another one by now.", now)
    if known is not None or best is None or _is_as_before(file, headers, now):
        return Answer(304, common)
    body = OnDisk(file.place, file.stamp) if best.content is None else best.content
    return Answer(200, common + _whole(chosen, best, site, now), body)


def _accepted(file: File, headers: Mapping[str, str]) -> Mapping[Coding, float]:
    """Give the codings that a client takes, each with its weight (RFC 9110 12.5.3).

    Without a word about it, plain bytes are the last resort; of two codings of one weight the first counts.
    """
    stated = headers.get("accept-encoding")
    if stated is None or not file.kind.text:
        return _PLAIN_ALONE
    return _weights(stated)


_PLAIN_ALONE: Mapping[Coding, float] = {"": 1.0}
_LAST = 0.0001


@lru_cache(maxsize=256)
def _weights(stated: str) -> Mapping[Coding, float]:
    named = qualities(stated)
    others = named.get("*", 0.0)
    weights: dict[Coding, float] = {coding: named.get(coding, others) for coding in CODINGS}
    weights[""] = named.get("identity", 0.0 if named.get("*") == 0 else _LAST)
    return {coding: weight for coding, weight in weights.items() if weight > 0}


def _known(
    file: File, accepted: Mapping[Coding, float], best: Variant | None, headers: Mapping[str, str]
) -> Coding | None:
    """Give the variant that a client says it has; None when it has none that is good (N129e).

    Any that it takes will do: after a restart none is compressed yet, and nobody needs to load anything again.
    """
    stated = headers.get("if-none-match")
    if stated is None:
        return None
    if stated.strip() == "*":
        return best.coding if best else None
    has = tags(stated)
    if best is not None and file.tag(best.coding) in has:
        return best.coding
    return next((coding for coding in accepted if file.tag(coding) in has), None)


def _has_failed(file: File, accepted: Mapping[Coding, float], headers: Mapping[str, str], now: datetime) -> bool:
    """Tell whether a client wants it only as it was, and it is not any more (RFC 9110 13.1.1, 13.1.4)."""
    stated = headers.get("if-match")
    if stated is not None:
        return stated.strip() != "*" and strong_tags(stated).isdisjoint(map(file.tag, accepted))
    since = headers.get("if-unmodified-since")
    moment = read_http_date(since, now) if since else None
    return moment is not None and _modified(file) > moment


def _is_as_before(file: File, headers: Mapping[str, str], now: datetime) -> bool:
    """Tell whether it has not changed since a date; that counts only where no tags are stated (N129e)."""
    since = headers.get("if-modified-since")
    if since is None or "if-none-match" in headers:
        return False
    moment = read_http_date(since, now)
    return moment is not None and _modified(file) <= moment


_EARLIEST, _LATEST = 0, 253_402_300_799
"""What a date of HTTP can say: the years up to 9999, and none before computers kept such time."""


@lru_cache(maxsize=1024)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST), _LATEST), UTC)


def _modified(file: File) -> datetime:
    """Give when its bytes last changed, in whole seconds (N129d)."""
    return _moment(file.stamp.mtime_ns // 1_000_000_000)


# --- headers ----------------------------------------------------------------------------------------------


def _common(chosen: _Chosen, coding: Coding, now: datetime) -> Headers:
    """Give the headers that 200 and 304 have in common (N129f)."""
    file, rules = chosen.file, chosen.rules
    feed = chosen.place.feed
    return (
        ("Date", http_date(now)),
        ("ETag", file.tag(coding)),
        _kept_for_ever(feed, rules) if file.is_closed else _kept(feed, rules, rules.spec.max_age),
        *((_VARY,) if file.kind.text else ()),
        *((("Content-Location", INDEX),) if chosen.is_index else ()),
        *(() if file.kind.role == "page" else _OPEN),
    )


def _kept(feed: ServedFeed, rules: Rules, seconds: int) -> tuple[str, str]:
    whose = "private" if _is_private(feed, rules) else "public"
    return ("Cache-Control", f"{whose}, {kinds.kept(seconds)}")


def _kept_for_ever(feed: ServedFeed, rules: Rules) -> tuple[str, str]:
    whose = "private" if _is_private(feed, rules) else "public"
    return ("Cache-Control", f"{whose}, {kinds.KEPT_FOR_EVER}")


def _whole(chosen: _Chosen, variant: Variant, site: Site, now: datetime) -> Headers:
    """Give the headers that come with the bytes."""
    file = chosen.file
    links = ", ".join(_links(chosen, site))
    return (
        ("Content-Type", kinds.content_type(file.kind, browser_types=chosen.rules.spec.browser_types)),
        ("Content-Length", str(variant.size)),
        *((("Content-Encoding", variant.coding),) if variant.coding else ()),
        ("Last-Modified", http_date(min(_modified(file), now))),
        ("Accept-Ranges", "none"),
        *((("Link", links),) if links else ()),
        _NO_SNIFFING,
        *_GUARDS.get((file.kind.role, file.has_frames), ()),
        *((("X-Robots-Tag", "noindex"),) if chosen.place.feed.secret else ()),
    )


def _links(chosen: _Chosen, site: Site) -> list[str]:
    """Name the document itself, the others of the same feed, and who tells of news (RFC 8288, N129j)."""
    file = chosen.file
    feeds = site.feeds.get(file.folder, ())
    if not feeds or file.kind.role == "other":
        return []
    links = [_link(chosen, one.path, "self" if one is file else "alternate", one.kind.media_type) for one in feeds]
    if file.kind.role == "page":
        return [_link(chosen, file.folder, "self"), *links]
    if file.folder + INDEX in site.files:
        links.append(_link(chosen, file.folder, "alternate", "text/html"))
    is_told = not (file.is_closed or _is_private(chosen.place.feed, chosen.rules))
    return links + [f'<{hub}>; rel="hub"' for hub in chosen.rules.hubs if is_told]


def _link(chosen: _Chosen, path: str, rel: str, media_type: str = "") -> str:
    kind = f'; type="{media_type}"' if media_type and rel != "self" else ""
    return f'<{chosen.base}{_quoted(path)}>; rel="{rel}"{kind}'


@lru_cache(maxsize=1024)
def _quoted(path: str) -> str:
    return quote(path)


_PICTURES = "img-src https: http: data:; media-src https: http:"
_LAST_WORDS = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def _policy(*own: str) -> Headers:
    words = ("default-src 'none'", _PICTURES, *own, _LAST_WORDS)
    return (("Content-Security-Policy", "; ".join(words)), ("Referrer-Policy", "no-referrer"))


_GUARDS: Mapping[tuple[str, bool], Headers] = {
    ("page", False): _policy("style-src 'self'"),
    ("page", True): _policy("style-src 'self'", "frame-src https:"),
    ("feed", False): _policy("style-src 'self' 'unsafe-inline'"),  # with which browsers show XML as a tree
}
"""What a browser may do with a document: a page has the same words in it, which no header can loosen (N129i)."""
