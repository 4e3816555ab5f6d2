"""Copies and ledger rows for tests of stores, and the stores themselves: a test states only what it is about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import postgres
from feedbraid.model import Copy, Entry, EntryKey, LedgerRow
from feedbraid.registry import load_plug, plug_names
from feedbraid.store import Store

Connect = Callable[[str], Store]

DAY = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
STORES = plug_names("feedbraid.store")


def connect(name: str, path: Path) -> Store:
    """Open an empty store. Skips the test where there is none of this kind."""
    place = postgres.empty() if name == "postgres" else str(path)
    return cast("Connect", load_plug("feedbraid.store", name, "CONNECT"))(place)


def key(name: str) -> EntryKey:
    return EntryKey(f"https://example.org/{name}")


def entry(name: str, **changes: Any) -> Entry:  # noqa: ANN401  # any field of an entry
    usual: dict[str, Any] = {
        "key": key(name),
        "dialect": "rss",
        "source_id": f"guid-{name}",
        "public_id": f"urn:{name}",
        "title": f"About {name}",
        "link": key(name),
    }
    return Entry(**{**usual, **changes})


def copy(origin: str, ref: str, name: str, **changes: Any) -> Copy:  # noqa: ANN401  # any field of a copy
    usual: dict[str, Any] = {"entry": entry(name), "first_seen": DAY, "last_changed": DAY}
    return Copy(origin=origin, ref=ref, **{**usual, **changes})


def row(name: str, **changes: Any) -> LedgerRow:  # noqa: ANN401  # any field of a ledger row
    return LedgerRow(**{"key": key(name), "id": f"urn:{name}", "first_seen": DAY, **changes})
