"""Fills a store with posts, as if they had been read from sources: `_fill.py FOLDER POSTS LENGTH [ADDRESS]`.

Reading a million posts would take an hour, and is measured elsewhere. Each post is written through the store's own
methods, settled in the ledger as a run does it, and nothing is published. The store is that of the folder, or the
database at an address.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from _worlds import document, post_body, summary
from feedbraid.model import Believed, Copy, Fresh, OriginSpec, ParseJob, Reading, SourceState
from feedbraid.parse import handle
from feedbraid.store import OriginChange, Store
from feedbraid.store.sqlite import sqlite_store
from feedbraid.take_in import settle_ledger

EACH = 2_000
"""Posts of a source."""

VARIETY = 40


def patterns(length: int) -> Fresh:
    """Read one document, whose entries are patterns for others."""
    bodies = [post_body(number, length) if length else summary(number) for number in range(VARIETY)]
    reading = Reading(
        spec=OriginSpec(name="x", kind="web", locations=()), feed_url="https://harbour1.example/feed"
    )
    fresh = handle(ParseJob(reading=reading, body=document(1, bodies)))
    if not isinstance(fresh, Fresh):
        raise TypeError(fresh.reason)
    return fresh


def copies(origin: str, numbers: range, found: Sequence[Believed]) -> Iterator[Copy]:
    """Give copies with these numbers, about one an hour."""
    for number in numbers:
        one = found[number % len(found)]
        old, new = one.ref.rpartition("/")[2], f"{number}.html"
        moment = datetime(2015, 1, 1, tzinfo=UTC) + timedelta(minutes=6 * number)
        entry = one.entry
        entry = replace(
            entry,
            key=type(entry.key)(entry.key.replace(old, new)),
            link=entry.link.replace(old, new),
            source_id=f"harbour-{number}",
            public_id=f"tag:harbour.example,2025:{number}",
            title=f"{entry.title} {number}",
            published=moment,
            updated=None,
        )
        yield Copy(origin=origin, ref=entry.key, entry=entry, first_seen=moment, last_changed=moment)


def open_store(place: str) -> Store:
    """Open the store in a file, or in the database at an address."""
    if not place.startswith("postgresql://"):
        return sqlite_store(place)
    from feedbraid.store.postgres import postgres_store  # noqa: PLC0415  # not everywhere

    return postgres_store(place)


def main() -> None:
    """Fill the store of a folder, and configure its sources."""
    folder, posts, length = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    names = [f"s{number}" for number in range(-(-posts // EACH))]
    (folder / "seeds").mkdir(parents=True)
    (folder / ".feedbraid").mkdir()
    sources = "".join(f"  {name}: https://{name}.example/feed\n" for name in names)
    (folder / "config.yaml").write_text(f"seeds: {{posts: seeds/}}\nsources:\n{sources}")
    fresh = patterns(length)
    store = open_store(sys.argv[4] if len(sys.argv) > 4 else str(folder / ".feedbraid/state.db"))
    for place, name in enumerate(names):
        numbers = range(place * EACH, min(posts, (place + 1) * EACH))
        put = tuple(copies(name, numbers, fresh.entries))
        moment = put[-1].first_seen
        state = SourceState(
            name=name, channel=fresh.channel, fetched=moment, succeeded=moment, changed=moment, due=moment
        )
        change = OriginChange(state=state, put=put)
        store.commit(change)
        settle_ledger(store, {name: place})
    store.close()


if __name__ == "__main__":
    main()
