"""What webhooks are told of incidents."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.alerts import MOST_AT_ONCE, MOST_NAMED, alerts, body_of, facts_of
from feedbraid.records import Incident
from feedbraid.rules import Webhook

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LINK = "https://example.org/feeds/status/"
BROKEN = Incident(id="urn:x:1", origin="news", kind="broken", at=NOW, detail='HTTP 500, "again"')
HEALED = Incident(id="urn:x:2", origin="news", kind="healed", at=NOW)


def hook(**settings: object) -> Webhook:
    return Webhook(url="https://hooks.example/T0KEN", **settings)  # type: ignore[arg-type]  # as a test gives them


def test_each_webhook_is_told_once_of_each_incident_that_it_wants() -> None:
    hooks = [hook(), Webhook(url="https://other.example/", kinds=("broken",))]
    made = list(alerts([BROKEN, HEALED], hooks, LINK, NOW))
    assert [(one.target, one.subject) for one in made] == [
        ("https://hooks.example/T0KEN", "urn:x:1"),
        ("https://hooks.example/T0KEN", "urn:x:2"),
        ("https://other.example/", "urn:x:1"),
    ]
    assert {(one.kind, one.made, one.due, one.tries) for one in made} == {("alert", NOW, NOW, 0)}


def test_without_a_template_all_is_told_as_json() -> None:
    assert json.loads(body_of(facts_of(BROKEN, LINK), hook())) == {
        "title": "news is broken",
        "text": 'news is broken: HTTP 500, "again"',
        "source": "news",
        "kind": "broken",
        "time": "2026-03-01T12:00:00Z",
        "link": LINK,
    }


@pytest.mark.parametrize(
    ("template", "content_type", "expected"),
    [
        pytest.param(
            '{"text": "{text}"}',
            "application/json",
            '{"text": "news is broken: HTTP 500, \\"again\\""}',
            id="json",
        ),
        pytest.param("{title}\n{link}", "text/plain", f"news is broken\n{LINK}", id="plain text"),
        pytest.param(
            "{text}",
            "text/plain; charset=utf-8",
            'news is broken: HTTP 500, "again"',
            id="no escapes in plain text",
        ),
        pytest.param("{other} {", "text/plain", "{other} {", id="other braces stay"),
    ],
)
def test_a_template_is_filled_in(template: str, content_type: str, expected: str) -> None:
    assert body_of(facts_of(BROKEN, LINK), hook(template=template, content_type=content_type)) == expected


@given(detail=st.text(), source=st.text())
def test_whatever_a_source_says_the_body_stays_json(detail: str, source: str) -> None:
    incident = Incident(id="urn:x:3", origin=source, kind="silent", at=NOW, detail=detail)
    body = body_of(facts_of(incident, LINK), hook(template='{"a": "{text}", "b": ["{source}"]}'))
    told = json.loads(body)
    assert set(told) == {"a", "b"}
    assert told["b"] == [source]
    assert detail in told["a"]


def test_many_at_once_are_told_together() -> None:
    def broken(count: int) -> list[Incident]:
        return [replace(BROKEN, id=f"urn:x:{number}", origin=f"s{number}") for number in range(count)]

    assert len(list(alerts(broken(MOST_AT_ONCE), [hook()], LINK, NOW))) == MOST_AT_ONCE
    (one,) = alerts(broken(300), [hook()], LINK, NOW)
    told = json.loads(one.body)
    assert told["title"] == "300 sources are broken"
    assert told["text"].endswith(f"s{MOST_NAMED - 1} and {300 - MOST_NAMED} more")
    assert told["source"].split(", ") == [f"s{number}" for number in range(300)]
    both = list(alerts([*broken(300), HEALED], [hook()], LINK, NOW))
    assert [json.loads(one.body)["kind"] for one in both] == ["broken", "healed"]
