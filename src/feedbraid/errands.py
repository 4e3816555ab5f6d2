"""Messages to other servers: what a pass leaves to be told to hubs and webhooks, and what is asked of hubs.

They wait in the store until they are delivered, so that none is lost, and no feed waits for one. `settle` delivers
what is due; it has its own connection to the store, so that a thread beside the passes can call it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from feedbraid import urls, websub
from feedbraid.masks import masked
from feedbraid.model import Delivered, Delivery, FetchRules, Message, Topic, Undelivered, Unsent
from feedbraid.nouns import dataclass
from feedbraid.records import Errand, Subscription
from feedbraid.settings import Config
from feedbraid.store import Store
from feedbraid.wire import opened

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""Before a message is tried again; the last one repeats."""

PATIENCE = timedelta(hours=24)
"""After this a message is given up: what it tells is no news any more."""

SECONDS = 10.0
"""What a single run spends on messages at most, when everything else is done."""

_PASSING = frozenset({408, 429})
"""Of HTTP's refusals, those that say "later"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandsReport:
    """What became of the messages that were due."""

    delivered: int = 0
    complaints: tuple[str, ...] = ()
    """What could not be delivered and why, for the operator."""
    waiting: int = 0
    """Messages that are still to be delivered."""
    next_due: datetime | None = None
    """When something is to be done again; None when nothing is."""


def settle(config: Config, now: datetime, *, seconds: float = SECONDS, subscribes: bool = False) -> ErrandsReport:
    """Deliver the messages that are due, in so many `seconds`, and see to subscriptions where that is wanted.

    Only a service can subscribe, as hubs have to reach it. Raises StoreError; trouble far away is in the report.
    """
    if not (config.websub.hubs or config.health.webhooks or subscribes):
        return ErrandsReport()
    with opened(config) as app:
        delivered, complaints = _deliver(app.store, config, now, seconds)
        if subscribes:
            complaints += _subscribe(app.store, config, now, seconds)
        left = app.store.errands()
        due = [one.due for one in left]
        if subscribes:
            due += [websub.next_ask(one) for one in app.store.subscriptions().values()]
        return ErrandsReport(
            delivered=delivered,
            complaints=tuple(complaints),
            waiting=len(left),
            next_due=min(due, default=None),
        )


def _send(messages: Sequence[Message], rules: FetchRules, seconds: float) -> tuple[Delivery, ...]:
    if not messages:
        return ()
    from feedbraid.fetch import deliver  # noqa: PLC0415  # only when something is sent (D23)

    return asyncio.run(deliver(messages, rules, seconds=seconds))


# --- messages ---------------------------------------------------------------------------------------------


def _deliver(store: Store, config: Config, now: datetime, seconds: float) -> tuple[int, list[str]]:
    """Deliver what is due; those to whom nothing is told any more are forgotten."""
    due = {errand: _message(errand, config) for errand in store.errands() if errand.due <= now}
    store.keep_errands(gone=[errand for errand, message in due.items() if message is None])
    sent = {errand: message for errand, message in due.items() if message is not None}
    results = dict(zip(sent, _send(list(sent.values()), config.fetch, seconds), strict=True))
    outcomes = [decided(errand, result, now) for errand, result in results.items()]
    current = frozenset(store.errands())
    store.keep_errands(
        # One that was replaced meanwhile tells of something newer, and goes by itself.
        put=[one.again for one in outcomes if one.again is not None and one.errand in current],
        gone=[one.errand for one in outcomes if one.again is None],
    )
    delivered = sum(isinstance(result, Delivered) for result in results.values())
    return delivered, list(dict.fromkeys(one.complaint for one in outcomes if one.complaint))


def _message(errand: Errand, config: Config) -> Message | None:
    """Write a message; None when the configuration does not want it sent any more."""
    if errand.kind == "ping":
        return websub.ping_message(errand) if errand.target in config.websub.hubs else None
    hook = next((one for one in config.health.webhooks if one.url == errand.target), None)
    if hook is None:
        return None
    headers = (("Content-Type", hook.content_type), *hook.headers)
    return Message(url=hook.url, body=errand.body.encode(), headers=headers, is_own=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is to be done with a message that was tried."""

    errand: Errand
    again: Errand | None = None
    """As it is to be kept; None to forget it."""
    complaint: str = ""


def decided(errand: Errand, result: Delivery, now: datetime) -> Outcome:
    """Decide what to do with a message: it is done, or tried again later, or given up."""
    if isinstance(result, Delivered):
        return Outcome(errand=errand)
    if isinstance(result, Unsent):
        return Outcome(errand=errand, again=errand)
    place = f"{_WHAT[errand.kind]} {urls.host_of(errand.target)}"
    reason = masked(result.reason)
    if 400 <= result.status < 500 and result.status not in _PASSING:
        return Outcome(errand=errand, complaint=f"{place} refuses a message, it is given up: {reason}")
    pause = PAUSES[min(errand.tries, len(PAUSES) - 1)]
    due = now + max(pause, result.retry_after or timedelta())
    if due >= errand.made + PATIENCE:
        return Outcome(errand=errand, complaint=f"{place} has not taken a message, it is given up: {reason}")
    again = replace(errand, due=due, tries=errand.tries + 1, error=reason)
    first = f"{place} does not take a message, it is tried again for a day: {reason}"
    return Outcome(errand=errand, again=again, complaint=first if errand.tries == 0 else "")


_WHAT = {"ping": "the hub", "alert": "the webhook"}


# --- subscriptions ----------------------------------------------------------------------------------------


def wanted_topics(store: Store, config: Config) -> dict[str, Topic]:
    """Give the topics of the sources, as far as they name a hub and we can be reached."""
    if not config.websub.callback:
        return {}
    names = {spec.name for spec in config.sources if spec.kind == "web"}
    states = store.states().items()
    return {
        name: state.channel.topic
        for name, state in states
        if name in names and state.channel is not None and state.channel.topic is not None
    }


def _subscribe(store: Store, config: Config, now: datetime, seconds: float) -> list[str]:
    """Ask hubs for what is wanted, and to stop what is not."""
    known = store.subscriptions()
    if not config.websub.callback:
        for origin in known:
            store.drop_subscription(origin)
        return []
    plan = websub.planned(wanted_topics(store, config), known, now)
    for one in plan.forget:
        store.drop_subscription(one.origin)
    for one in plan.leave:
        store.keep_subscription(websub.left(one))
        store.drop_subscription(one.origin)
    new = (
        websub.begun(origin, topic, secrets.token_urlsafe(websub.TOKEN_BYTES), secrets.token_hex(32))
        for origin, topic in plan.begin.items()
    )
    to_stop = [*plan.stop, *map(websub.left, plan.leave)]
    return _ask(store, config, [*plan.ask, *new, *to_stop], now, seconds)


def _ask(store: Store, config: Config, wishes: Sequence[Subscription], now: datetime, seconds: float) -> list[str]:
    """Ask hubs. It is remembered before: they may come to verify it before they answer."""
    noted = [websub.asked(one, now) for one in wishes]
    for one in noted:
        store.keep_subscription(one)
    messages = [websub.request(one, config.websub.callback, config.websub.lease) for one in noted]
    results = _send(messages, config.fetch, seconds)
    current = store.subscriptions()
    complaints = []
    for before, one, result in zip(wishes, noted, results, strict=True):
        if isinstance(result, Delivered) or current.get(one.origin) != one:
            continue
        if isinstance(result, Unsent):
            store.keep_subscription(before)
            continue
        store.keep_subscription(replace(one, error=masked(result.reason)))
        if before.tries == 0 and not websub.is_left(one):
            complaints.append(_refusal(one, result))
    return complaints


def _refusal(known: Subscription, result: Undelivered) -> str:
    hub, reason = urls.host_of(known.hub), masked(result.reason)
    return f"{known.origin}: the hub {hub} does not take a subscription, it is read as configured: {reason}"


class Subscribers:
    """What the server knows of subscriptions; it looks into the store of the configuration that holds now."""

    def __init__(self, config: Callable[[], Config]) -> None:
        self._config = config

    @property
    def lease(self) -> timedelta:
        """For how long hubs are asked to send."""
        return self._config().websub.lease

    def find(self, token: str) -> Subscription | None:
        """Give the subscription whose address ends so."""
        if len(token) != websub.TOKEN_LENGTH:  # no reason to open the store for
            return None
        with opened(self._config()) as app:
            return _with_token(app.store.subscriptions(), token)

    def settle(self, verdict: websub.Verdict) -> None:
        """Remember what was decided, unless the subscription was given up meanwhile."""
        with opened(self._config()) as app:
            known = app.store.subscriptions()
            if verdict.put is not None and _is_there(known, verdict.put):
                app.store.keep_subscription(verdict.put)
            if verdict.gone is not None and _is_there(known, verdict.gone):
                app.store.drop_subscription(verdict.gone.origin)


def _is_there(known: Mapping[str, Subscription], one: Subscription) -> bool:
    return one.origin in known and known[one.origin].token == one.token


def _with_token(known: Mapping[str, Subscription], token: str) -> Subscription | None:
    stated = token.encode("utf-8", "surrogatepass")
    found: Iterator[Subscription] = (
        one for one in known.values() if secrets.compare_digest(one.token.encode(), stated)
    )
    return next(found, None)
