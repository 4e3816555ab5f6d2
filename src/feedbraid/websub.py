"""WebSub, as far as it is decided: which changes hubs are told, and what is asked of the hubs of sources.

We publish (section 6) and subscribe (sections 5, 7 and 8) by W3C's Recommendation of 23 January 2018. Pure: facts
in, decisions out. `errands` sends what is decided here, and the server answers hubs by it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from feedbraid.model import FeedSpec, Message, Topic
from feedbraid.nouns import dataclass
from feedbraid.records import Errand, Subscription

FORETOLD = timedelta(minutes=5)
"""A ping that is kept before its file is written is due only then: by that time the file is there."""

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
"""Between two requests to a hub that has not verified the first."""

LONGEST_LEASE = timedelta(days=365)
SHORTEST_RENEWAL = timedelta(minutes=10)
"""However short its lease, a hub is not asked more often."""

FAREWELLS = 3
"""How often a hub is asked to stop, before it is left to find that nobody takes what it sends."""

FOLDER = "websub"
"""The first segment of the paths at which hubs reach us."""

TOKEN_BYTES, TOKEN_LENGTH = 32, 43
"""Of chance in a token, and characters of it (RFC 4648 5, without padding)."""

SIGNATURES = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""The methods of section 7, by the names of Python's hashes."""

_FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
_LEFT = "(left {})"
_SECONDS = re.compile(r"[0-9]{1,10}")


# --- publishing -------------------------------------------------------------------------------------------


class Published(Protocol):
    """A document that is going to be written."""

    @property
    def path(self) -> str:
        """Below the output folder."""
        ...

    @property
    def media_type(self) -> str:
        """Without parameters."""
        ...


def pings(documents: Iterable[tuple[FeedSpec, Published]], now: datetime) -> Iterator[Errand]:
    """Give a message for each hub and each live document that is going to be written (N84).

    They are to be kept before the files are written, so that none is lost when the program is ended in between:
    one for a file that stayed as it was does no harm. `at_once` has them delivered when the files are written.
    """
    for spec, document in documents:
        folder, _, name = document.path.rpartition("/")
        if folder != spec.name or document.media_type == "text/html":
            continue
        for hub in spec.hubs:
            yield Errand(kind="ping", target=hub, subject=spec.address + name, made=now, due=now + FORETOLD)


def at_once(foretold: Iterable[Errand]) -> Iterator[Errand]:
    """Have pings delivered as soon as can be: their files are written."""
    return (replace(one, due=one.made) for one in foretold)


def ping_message(errand: Errand) -> Message:
    """Tell a hub, which the operator has chosen, that a document has changed."""
    body = urlencode({"hub.mode": "publish", "hub.url": errand.subject}).encode()
    return Message(url=errand.target, body=body, headers=_FORM, is_own=True, follows=True)


# --- subscribing ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done about subscriptions."""

    begin: Mapping[str, Topic]
    """Origins without a subscription."""
    ask: tuple[Subscription, ...]
    """Those to be asked for, again or for longer."""
    leave: tuple[Subscription, ...]
    """Those that nobody wants any more, still under the names of their origins."""
    stop: tuple[Subscription, ...]
    """Those that were left, and whose hubs have to be asked to stop."""
    forget: tuple[Subscription, ...]
    """Those that were left, and have ended."""


def planned(wanted: Mapping[str, Topic], known: Mapping[str, Subscription], now: datetime) -> Plan:
    """Decide what to do, from the topics of the origins and what hubs were asked for."""
    current = [one for one in known.values() if not is_left(one)]
    left = [one for one in known.values() if is_left(one)]
    stay = {one.origin for one in current if _topic_of(one) == wanted.get(one.origin)}
    over = [one for one in left if one.tries >= FAREWELLS or (one.until or now) <= now]
    return Plan(
        begin={name: topic for name, topic in wanted.items() if name not in stay},
        ask=tuple(one for one in current if one.origin in stay and next_ask(one) <= now),
        leave=tuple(one for one in current if one.origin not in stay),
        stop=tuple(one for one in left if one not in over and next_ask(one) <= now),
        forget=tuple(over),
    )


def next_ask(known: Subscription) -> datetime:
    """Give when a hub is asked: after two thirds of a lease, or a while after it was asked in vain."""
    if known.asked is None:
        return _LONG_AGO
    if known.tries or known.until is None:
        return known.asked + PAUSES[min(max(known.tries, 1), len(PAUSES)) - 1]
    return known.asked + max((known.until - known.asked) * 2 / 3, SHORTEST_RENEWAL)


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _topic_of(known: Subscription) -> Topic:
    return Topic(known.hub, known.topic)


def begun(origin: str, topic: Topic, token: str, secret: str) -> Subscription:
    """Begin a subscription. A hub that is reached without encryption is told no secret (section 5.1)."""
    own = secret if topic.hub.startswith("https:") else ""
    return Subscription(origin=origin, hub=topic.hub, topic=topic.url, token=token, secret=own)


def asked(known: Subscription, now: datetime) -> Subscription:
    """Note that a hub is asked now; until it verifies that, it counts as in vain."""
    return replace(known, asked=now, tries=known.tries + 1, error="")


def left(known: Subscription) -> Subscription:
    """Give a subscription that nobody wants any more a name of its own, which is none of an origin."""
    return replace(known, origin=_LEFT.format(known.token), asked=None, tries=0, error="")


def is_left(known: Subscription) -> bool:
    """Tell whether nobody wants a subscription any more."""
    return known.origin == _LEFT.format(known.token)


def request(known: Subscription, callback: str, lease: timedelta) -> Message:
    """Ask the hub of a source, which is guarded like a source, to send news, or to stop (section 5.1)."""
    fields = {
        "hub.callback": f"{callback.rstrip('/')}/{FOLDER}/{known.token}",
        "hub.mode": "unsubscribe" if is_left(known) else "subscribe",
        "hub.topic": known.topic,
    }
    if not is_left(known):
        fields["hub.lease_seconds"] = str(int(lease.total_seconds()))
        fields |= {"hub.secret": known.secret} if known.secret else {}
    return Message(url=known.hub, body=urlencode(fields).encode(), headers=_FORM, follows=True)


# --- what hubs ask and send -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to answer a hub that verifies a request, and what to remember."""

    confirms: bool
    put: Subscription | None = None
    gone: Subscription | None = None


NO = Verdict(confirms=False)


def verified(known: Subscription | None, query: Mapping[str, str], lease: timedelta, now: datetime) -> Verdict:
    """Judge the request of a hub to verify an intent, or its refusal (sections 5.2 and 5.3).

    `lease` holds where the hub does not say for how long it sends.
    """
    if known is None or query.get("hub.topic") != known.topic:
        return NO
    match query.get("hub.mode"):
        case "denied":
            reason = query.get("hub.reason", "")[:200]
            error = f"the hub refuses: {reason}" if reason else "the hub refuses"
            kept = replace(known, until=None, asked=now, tries=len(PAUSES), error=error)
            return Verdict(confirms=True, gone=known) if is_left(known) else Verdict(confirms=True, put=kept)
        case "subscribe" if not is_left(known) and known.asked is not None:
            seconds = _SECONDS.fullmatch(query.get("hub.lease_seconds", ""))
            granted = timedelta(seconds=int(seconds[0])) if seconds else lease
            until = now + min(granted, LONGEST_LEASE)
            return Verdict(confirms=True, put=replace(known, asked=now, until=until, tries=0, error=""))
        case "unsubscribe" if is_left(known):
            return Verdict(confirms=True, gone=known)
    return NO


def takes(known: Subscription | None, now: datetime) -> bool:
    """Tell whether a hub may send news: it has verified the request, and its lease has not ended."""
    return known is not None and not is_left(known) and known.until is not None and known.until > now


def signature_method(stated: str) -> str:
    """Give the hash that a signature is made with; empty for none that is known (section 7)."""
    method = stated.partition("=")[0].strip().lower()
    return method if method in SIGNATURES else ""


def is_signature(stated: str, right: str) -> bool:
    """Compare a signature, as a hub states it, with the right one in hexadecimal; takes as long for any."""
    found = stated.partition("=")[2].strip().lower()
    return hmac.compare_digest(found.encode("utf-8", "surrogatepass"), right.encode())
