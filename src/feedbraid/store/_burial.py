"""The rows of posts that were removed and must not come back (D4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from feedbraid.records import Tombstone

from ._health import moment, seconds

if TYPE_CHECKING:
    from ._sql import Work

TOMBSTONES = "SELECT post, why, at, detail, title FROM tombstone ORDER BY at, post"
MARKS = "SELECT post, mark FROM mark ORDER BY post, mark"

BLOCKED = "SELECT mark FROM mark JOIN tombstone ON tombstone.post = mark.post WHERE why = 'blocked'"

# The last one of a mark counts.
BURIED = """
SELECT mark, tombstone.post, why, at, detail, title FROM mark JOIN tombstone ON tombstone.post = mark.post
WHERE mark IN (SELECT value FROM json_each(?))
ORDER BY mark, why = 'forgotten', why = 'expired', at DESC, tombstone.post DESC
"""

_PUT = """
INSERT INTO tombstone (post, why, at, detail, title) VALUES (?, ?, ?, ?, ?) ON CONFLICT (post) DO UPDATE SET
    why = excluded.why, at = excluded.at, detail = excluded.detail, title = excluded.title
WHERE tombstone.why <> 'forgotten'
AND (excluded.why = 'forgotten' OR (tombstone.why = 'blocked' AND excluded.why = 'expired'))
"""

_GONE = (
    "DELETE FROM copy WHERE post = :post OR (post IS NULL AND key = :post)",
    "DELETE FROM page WHERE post = :post",
)


# What filters made of a post may hold its text. Digests remember by the same table what they have told.
_NOT_PASSED = """
DELETE FROM passed
WHERE (scope LIKE 'feed %' OR scope LIKE 'source %') AND item IN (SELECT value FROM json_each(?))
"""


def bury(db: Work, tombstones: Sequence[Tombstone], array: Callable[[Iterable[str]], object]) -> None:
    """Remove posts, and write their tombstones; inside of a transaction."""
    for one in tombstones:
        db.execute(_PUT, (one.post, one.why, seconds(one.at), one.detail, one.title))
        marks = [(mark, one.post) for mark in sorted({*one.marks, one.post})]
        db.executemany("INSERT INTO mark (mark, post) VALUES (?, ?) ON CONFLICT DO NOTHING", marks)
        for statement in _GONE if one.why != "blocked" else ():
            db.execute(statement, {"post": one.post})
    forgotten = [one.post for one in tombstones if one.why == "forgotten"]
    if forgotten:
        db.execute(_NOT_PASSED, (array(forgotten),))


def exhume(db: Work, posts: Iterable[str]) -> int:
    """Remove the tombstones of posts with their marks, and give the number of those that there were."""
    rows = [(post,) for post in posts]
    db.executemany("DELETE FROM mark WHERE post = ?", rows)
    return db.executemany("DELETE FROM tombstone WHERE post = ?", rows).rowcount if rows else 0


def tombstones_of(rows: Iterable[Sequence[Any]], marks: Iterable[Sequence[str]]) -> Iterator[Tombstone]:
    """Read tombstones, each with its marks."""
    by_post: dict[str, list[str]] = {}
    for post, mark in marks:
        by_post.setdefault(post, []).append(mark)
    for row in rows:
        yield tombstone(row, tuple(by_post.get(row[0], ())))


def tombstone(row: Sequence[Any], marks: tuple[str, ...] = ()) -> Tombstone:
    """Read a tombstone."""
    post, why, at, detail, title = row
    return Tombstone(post=post, marks=marks, why=why, at=moment(at), detail=detail, title=title)
