"""What webhooks are told: one message for each incident and each webhook that wants to know of its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from feedbraid.records import Errand, Incident
from feedbraid.rules import Webhook

HEADLINES = {
    "broken": "{source} is broken",
    "healed": "{source} is well again",
    "silent": "{source} is silent for longer than is usual",
}

HEADLINES_OF_MANY = {
    "broken": "{count} sources are broken",
    "healed": "{count} sources are well again",
    "silent": "{count} sources are silent for longer than is usual",
}

MOST_AT_ONCE = 5
"""Of one kind in one pass; more are told together, as when the network was down."""

MOST_NAMED = 20

_PLACEHOLDER = re.compile(r"\{(title|text|source|kind|time|link)\}")


def alerts(
    incidents: Iterable[Incident], webhooks: Iterable[Webhook], link: str, now: datetime
) -> Iterator[Errand]:
    """Give a message for each incident and webhook, or one for all of a kind when there are many at once.

    `link` leads to the status page; empty when there is none.
    """
    told = tuple(incidents)
    by_kind = [tuple(one for one in told if one.kind == kind) for kind in HEADLINES]
    messages = [facts for alike in by_kind for facts in _messages(alike, link)]
    for hook in webhooks:
        for subject, facts in messages:
            if facts["kind"] in hook.kinds:
                body = body_of(facts, hook)
                yield Errand(kind="alert", target=hook.url, subject=subject, body=body, made=now, due=now)


def _messages(alike: Sequence[Incident], link: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Give what is told of incidents of one kind, each with what makes it unlike any other message."""
    if len(alike) <= MOST_AT_ONCE:
        yield from ((one.id, facts_of(one, link)) for one in alike)
    else:
        yield alike[0].id, _facts_of_many(alike, link)


def _facts_of_many(alike: Sequence[Incident], link: str) -> Mapping[str, str]:
    headline = HEADLINES_OF_MANY[alike[0].kind].format(count=len(alike))
    names = [one.origin for one in alike]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return facts_of(alike[0], link) | {
        "title": headline,
        "text": f"{headline}: {', '.join(names[:MOST_NAMED])}{more}",
        "source": ", ".join(names),
    }


def body_of(facts: Mapping[str, str], hook: Webhook) -> str:
    """Give the body of a message: the template with its placeholders filled in, or all facts as JSON.

    Values are escaped as JSON needs it where the body is JSON. What looks like a placeholder in a value stays.
    """
    if not hook.template:
        return json.dumps(facts, ensure_ascii=False)
    is_json = hook.content_type.partition(";")[0].strip().endswith("json")
    return _PLACEHOLDER.sub(lambda found: _written(facts[found[1]], is_json=is_json), hook.template)


def facts_of(incident: Incident, link: str) -> dict[str, str]:
    """Give what a message tells, by the name of its placeholder."""
    return {
        "title": headline_of(incident),
        "text": text_of(incident),
        "source": incident.origin,
        "kind": incident.kind,
        "time": f"{incident.at:%Y-%m-%dT%H:%M:%SZ}",
        "link": link,
    }


def headline_of(incident: Incident) -> str:
    """Say in a few words what happened."""
    return HEADLINES[incident.kind].format(source=incident.origin)


def text_of(incident: Incident) -> str:
    """Say in a sentence or two what happened."""
    headline = headline_of(incident)
    return f"{headline}: {incident.detail}" if incident.detail else headline


def _written(value: str, *, is_json: bool) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1] if is_json else value
