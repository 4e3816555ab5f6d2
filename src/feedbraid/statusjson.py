"""`status.json`: how the service and every source do, for programs. `docs/status.md` describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta

from feedbraid.dates import rfc3339
from feedbraid.health import Standing
from feedbraid.records import Incident
from feedbraid.service import Service

SCHEMA_VERSION = 1
"""Grows when a field goes or means something else; new fields may come at any time."""


def status_json(standings: Sequence[Standing], incidents: Sequence[Incident], service: Service) -> bytes:
    """Write the document; incidents are given oldest first, and written newest first."""
    whole = {
        "schema_version": SCHEMA_VERSION,
        "service": plain(service),
        "sources": [plain(one) for one in standings],
        "incidents": [plain(one) for one in reversed(incidents)],
    }
    return (json.dumps(whole, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "replace")


def plain(value: object) -> object:
    """Give a value as JSON knows it: dates by RFC 3339 in UTC, spans in seconds, nouns as objects."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (tuple, list)):
        return [plain(one) for one in value]
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    return value
