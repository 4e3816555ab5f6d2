"""The SQL of what happened to sources, and of what other servers are to be told or have granted.

Every function works in the connection, and in the transaction, of the store that calls it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from feedbraid.records import Day, Errand, Incident, Visit

from . import DAYS_KEPT, INCIDENTS_KEPT, VISITS_KEPT

if TYPE_CHECKING:
    from ._sql import Work

_Row = tuple[Any, ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

VISITS = "SELECT origin, at, result, new, detail FROM visit ORDER BY origin, id"

VISITS_AMONG = """
SELECT origin, at, result, new, detail FROM visit
WHERE origin IN (SELECT value FROM json_each(?)) ORDER BY origin, id
"""

DAYS = "SELECT origin, day, read, unchanged, failed, new FROM day WHERE day >= ? ORDER BY origin, day"

INCIDENTS = "SELECT id, origin, kind, at, detail FROM incident ORDER BY number"

ERRANDS = """
SELECT kind, target, subject, body, made, due, tries, error FROM errand ORDER BY due, kind, target, subject
"""

_PUT_VISIT = "INSERT INTO visit (origin, at, result, new, detail) VALUES (?, ?, ?, ?, ?)"

_DROP_VISITS = """
DELETE FROM visit WHERE origin = :origin AND id <= (
    SELECT id FROM visit WHERE origin = :origin ORDER BY id DESC LIMIT 1 OFFSET :kept
)
"""

_PUT_DAY = """
INSERT INTO day (origin, day, read, unchanged, failed, new) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (origin, day) DO UPDATE SET
    read = day.read + excluded.read, unchanged = day.unchanged + excluded.unchanged,
    failed = day.failed + excluded.failed, new = day.new + excluded.new
"""

_DROP_DAYS = """
DELETE FROM day WHERE origin = :origin AND day <= (
    SELECT day FROM day WHERE origin = :origin ORDER BY day DESC LIMIT 1 OFFSET :kept
)
"""

_PUT_INCIDENT = """
INSERT INTO incident (id, origin, kind, at, detail) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""

_DROP_INCIDENTS = """
DELETE FROM incident
WHERE number <= (SELECT number FROM incident ORDER BY number DESC LIMIT 1 OFFSET ?)
AND number NOT IN (SELECT max(number) FROM incident GROUP BY origin, kind)
"""

_PUT_ERRAND = """
INSERT INTO errand (kind, target, subject, body, made, due, tries, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (kind, target, subject) DO UPDATE SET
    body = excluded.body, made = excluded.made, due = excluded.due, tries = excluded.tries, error = excluded.error
"""

_DROP_ERRAND = """
DELETE FROM errand
WHERE kind = ? AND target = ? AND subject = ? AND body = ? AND made = ? AND due = ? AND tries = ? AND error = ?
"""


def keep_visit(db: Work, origin: str, visit: Visit) -> None:
    """Add a visit, count it in its day, and forget the oldest visits and days.

    Days are forgotten by their number, not by their age: a clock that ran ahead once must not cost all of them.
    """
    results = [int(visit.result == result) for result in ("read", "unchanged", "failed")]
    db.execute(_PUT_VISIT, (origin, seconds(visit.at), visit.result, visit.new, visit.detail))
    db.execute(_DROP_VISITS, {"origin": origin, "kept": VISITS_KEPT})
    db.execute(_PUT_DAY, (origin, visit.at.astimezone(UTC).date().isoformat(), *results, visit.new))
    db.execute(_DROP_DAYS, {"origin": origin, "kept": DAYS_KEPT})


def keep_incidents(db: Work, incidents: Iterable[Incident]) -> None:
    """Add incidents that are not known, and forget the oldest."""
    rows = [(one.id, one.origin, one.kind, seconds(one.at), one.detail) for one in incidents]
    db.executemany(_PUT_INCIDENT, rows)
    db.execute(_DROP_INCIDENTS, (INCIDENTS_KEPT,))


def keep_errands(db: Work, put: Iterable[Errand], gone: Iterable[Errand]) -> None:
    """Forget messages that are still as given, and put others in their place."""
    db.executemany(_DROP_ERRAND, map(_errand_row, gone))
    db.executemany(_PUT_ERRAND, map(_errand_row, put))


def visits_of(rows: Iterable[_Row]) -> dict[str, tuple[Visit, ...]]:
    """Read the answer to `VISITS`."""
    return {
        origin: tuple(Visit(at=moment(row[1]), result=row[2], new=row[3], detail=row[4]) for row in group)
        for origin, group in groupby(rows, itemgetter(0))
    }


def days_of(rows: Iterable[_Row]) -> dict[str, tuple[Day, ...]]:
    """Read the answer to `DAYS`."""
    return {origin: tuple(map(_day, group)) for origin, group in groupby(rows, itemgetter(0))}


def _day(row: _Row) -> Day:
    return Day(day=date.fromisoformat(row[1]), read=row[2], unchanged=row[3], failed=row[4], new=row[5])


def incident(row: _Row) -> Incident:
    """Read a row of the answer to `INCIDENTS`."""
    return Incident(id=row[0], origin=row[1], kind=row[2], at=moment(row[3]), detail=row[4])


def errand(row: _Row) -> Errand:
    """Read a row of the answer to `ERRANDS`."""
    return Errand(
        kind=row[0],
        target=row[1],
        subject=row[2],
        body=row[3],
        made=moment(row[4]),
        due=moment(row[5]),
        tries=row[6],
        error=row[7],
    )


def _errand_row(one: Errand) -> _Row:
    return (one.kind, one.target, one.subject, one.body, seconds(one.made), seconds(one.due), one.tries, one.error)


def seconds(date: datetime) -> int:
    """Give a moment as whole seconds since 1970."""
    return (date - _EPOCH) // timedelta(seconds=1)


@lru_cache(maxsize=1024)
def moment(count: int) -> datetime:
    """Give what `seconds` counted. Many have the same, which takes room once then."""
    return datetime.fromtimestamp(count, UTC)
