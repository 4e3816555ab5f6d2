"""Fills a store with the states of sources that were read before: `_sources.py FOLDER STORE COUNT DAYS`.

STORE is a path or the address of a database. Where it is a database, there are 50 visits of each source, and so
many days on which it was visited. A source has no posts.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

from _fill import open_store, patterns
from _visits import NOW
from feedbraid import policy
from feedbraid.config import load_config
from feedbraid.ids import fingerprint_of
from feedbraid.model import SourceState, Validators
from feedbraid.store import OriginChange
from feedbraid.wire import build

VISITS = """
INSERT INTO visit (origin, at, result, new, detail)
SELECT name, 1772000000 + 3600 * n, 'unchanged', 0, '' FROM generate_series(1, 50) AS n, origin
"""

DAYS = """
INSERT INTO day (origin, day, read, unchanged, failed, new)
SELECT name, to_char(date '2026-03-01' - n::int, 'YYYY-MM-DD'), 1, 23, 0, 1
FROM generate_series(1, {days}) AS n, origin
"""


def main() -> None:
    """Configure sources, and have each of them been read."""
    folder, place, count, days = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    lines = "".join(
        f"  s{number}: https://harbour{number // 4}.example/{number}/feed\n" for number in range(count)
    )
    (folder / "config.yaml").write_text(f"sources:\n{lines}")
    config = load_config(folder / "config.yaml")
    store = open_store(place)
    fresh = patterns(0)
    readings = iter(build(config, store).readings)
    while group := list(islice(readings, 1000)):
        changes = []
        for one in group:
            url = one.spec.locations[0] if one.spec.locations else ""
            known = Validators(url=url, etag=b'"5f3c-61a2b"', last_modified=b"Mon, 02 Mar 2026 09:12:44 GMT")
            new = policy.next_state(SourceState(name=one.spec.name), fresh, one.spec, fingerprint_of(one), NOW)
            changes.append(OriginChange(state=replace(new, validators=known)))
        store.commit(*changes)
    store.close()
    if place.startswith("postgresql:"):
        import psycopg  # noqa: PLC0415  # not everywhere

        with psycopg.connect(place, autocommit=True) as db:
            db.execute(VISITS.encode())
            db.execute(DAYS.format(days=days).encode())


if __name__ == "__main__":
    main()
