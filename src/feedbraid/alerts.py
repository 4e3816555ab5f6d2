"""What webhooks are told: one message for each incident and each webhook that wants to know of its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from feedbraid.records import Errand, Incident
from feedbraid.rules import Webhook

HEADLINES = {
    "broken": "{source} is broken",
    "healed": "{source} is well again",
    "silent": "{source} is silent for longer than is usual",
}

_PLACEHOLDER = re.compile(r"\{(title|text|source|kind|time|link)\}")


def alerts(
    incidents: Iterable[Incident], webhooks: Iterable[Webhook], link: str, now: datetime
) -> Iterator[Errand]:
    """Give a message for each incident and webhook. `link` leads to the status page; empty when there is none."""
    hooks = tuple(webhooks)
    for incident in incidents:
        for hook in hooks:
            if incident.kind in hook.kinds:
                body = body_of(incident, hook, link)
                yield Errand(kind="alert", target=hook.url, subject=incident.id, body=body, made=now, due=now)


def body_of(incident: Incident, hook: Webhook, link: str) -> str:
    """Give the body of a message: the template with its placeholders filled in, or all that is known as JSON.

    Values are escaped as JSON needs it where the body is JSON. What looks like a placeholder in a value stays.
    """
    facts = facts_of(incident, link)
    if not hook.template:
        return json.dumps(facts, ensure_ascii=False)
    is_json = hook.content_type.partition(";")[0].strip().endswith("json")
    return _PLACEHOLDER.sub(lambda found: _written(facts[found[1]], is_json=is_json), hook.template)


def facts_of(incident: Incident, link: str) -> Mapping[str, str]:
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
