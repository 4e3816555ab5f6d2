"""Which posts the live document of a feed holds, and which go to its archive (RFC 5005, N85..N87, D13).

Decided from heads alone. One law holds at every moment: each post is in the live document or in a closed block,
so that a reader which follows the links to the archive meets every post. A closed block never changes, so posts go
there in the order in which they were first seen, not by date: a late old post must not open a block again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feedbraid.merge import Merged, newest_first
from feedbraid.model import EntryKey, FeedSpec, LedgerRow
from feedbraid.nouns import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """The posts of a feed as they are to be published."""

    live: tuple[Merged, ...]
    """Newest first."""
    closing: tuple[tuple[Merged, ...], ...]
    """Blocks to be closed now, oldest first; each newest first."""


class GapError(Exception):
    """More of the newest posts have to be known."""


def divide(
    ordered: Sequence[Merged],
    ledger: Mapping[EntryKey, LedgerRow],
    archived: Collection[EntryKey],
    spec: FeedSpec,
    whole: int | None = None,
) -> History:
    """Divide the posts of a feed, given newest first. `archived` are those in its closed blocks.

    Not all posts of a feed need to be given: the newest ones, of which there are `whole` without a gap, all that
    no closed block holds, and of each origin the newest `min_per_source` that it wins. Raises GapError when that
    is not enough to tell what all posts would have given.
    """
    timely = [one for one in ordered if not (one.late and spec.archive)]
    known = None if whole is None else sum(not (one.late and spec.archive) for one in ordered[:whole])
    if known is not None and known < spec.limit // 2:
        raise GapError
    quiet = _quiet(timely, spec)
    waiting = _oldest_seen_first(ordered, ledger, archived) if spec.archive else []
    blocks, needed = _close(waiting, quiet, spec)
    live = _live(timely, needed, quiet, spec, known)
    place = {one.post: number for number, one in enumerate(ordered)}
    return History(
        live=tuple(one for one in timely if one.post in live),
        closing=tuple(tuple(sorted(block, key=lambda one: place[one.post])) for block in blocks),
    )


def surely_closed(waiting: Sequence[Merged], ledger: Mapping[EntryKey, LedgerRow], spec: FeedSpec) -> History:
    """Close the blocks that `divide` would close first, of which the first posts that no block holds tell enough.

    `waiting` are these in the order in which blocks are filled, without a gap; more of them follow. As long as
    what is left of these alone is too much for a live document, the next block is closed whatever follows.
    """
    left = max(spec.limit + 1, spec.archive)
    blocks, done = [], 0
    while len(waiting) - done > left:
        end = done + _block_size(waiting[done : done + spec.archive], spec)
        blocks.append(tuple(newest_first(waiting[done:end], ledger)))
        done = end
    return History(live=(), closing=tuple(blocks))


def place_in_archive(one: Merged, ledger: Mapping[EntryKey, LedgerRow]) -> tuple[bool, datetime, datetime, str]:
    """Give what sorts posts in the order in which blocks are filled (N87)."""
    row = ledger[one.post]
    return not one.late, row.first_seen, one.winner.dated(row.first_seen), row.id


def _oldest_seen_first(
    ordered: Iterable[Merged], ledger: Mapping[EntryKey, LedgerRow], archived: Collection[EntryKey]
) -> list[Merged]:
    """List the posts that no closed block holds, in the order in which blocks are filled."""
    waiting = (one for one in ordered if one.post not in archived)
    return sorted(waiting, key=lambda one: place_in_archive(one, ledger))


def _close(
    waiting: list[Merged], quiet: Sequence[Merged], spec: FeedSpec
) -> tuple[list[list[Merged]], list[Merged]]:
    """Close blocks until what is left fits into the live document; what came late goes at once."""
    blocks, done = [], 0
    while done < len(waiting) and (waiting[done].late or not _fits(waiting, done, quiet, spec)):
        end = done + _block_size(waiting[done : done + spec.archive], spec)
        blocks.append(waiting[done:end])
        done = end
    return blocks, waiting[done:]


def _fits(posts: Sequence[Merged], done: int, quiet: Sequence[Merged], spec: FeedSpec) -> bool:
    """Tell whether a live document can hold the posts that are left, and those of quiet sources beside them."""
    if len(posts) - done == 1:
        return True
    if len(posts) - done > spec.limit:
        return False
    waiting = posts[done:]
    wanted = {one.post: one for one in (*waiting, *quiet)}.values()
    weight = sum(one.winner.weight for one in wanted)
    if len(wanted) > spec.limit or (spec.max_bytes and weight > spec.max_bytes):
        return False
    loudest = max(Counter(one.winner.origin for one in waiting).values())
    return not spec.max_per_source or loudest <= spec.max_per_source


def _block_size(waiting: Sequence[Merged], spec: FeedSpec) -> int:
    """Count the posts of the next block: all of one kind, late or not, up to its size and the budget of bytes."""
    size = weight = 0
    for one in waiting:
        weight += one.winner.weight
        if size and (one.late != waiting[0].late or (spec.max_bytes and weight > spec.max_bytes)):
            break
        size += 1
    return size


def _quiet(timely: Sequence[Merged], spec: FeedSpec) -> list[Merged]:
    """Give each source's newest posts that are not among the newest of all; at most half of places and bytes."""
    half = replace(spec, limit=spec.limit // 2, max_bytes=spec.max_bytes // 2)
    budget = _Budget(half)
    seen: Counter[str] = Counter()
    found = []
    for place, one in enumerate(timely):
        seen[one.winner.origin] += 1
        if place >= half.limit and seen[one.winner.origin] <= spec.min_per_source and budget.has_room(one):
            budget.take(one)
            found.append(one)
    return found


def _live(
    timely: Sequence[Merged],
    needed: Iterable[Merged],
    quiet: Iterable[Merged],
    spec: FeedSpec,
    known: int | None,
) -> Collection[EntryKey]:
    """Choose what subscribers see: what no block holds, quiet sources, then the newest, within the budget.

    Where posts are missing, `known` is how many of the newest stand there without a gap.
    """
    budget = _Budget(spec)
    shown = set()
    for one in needed:
        budget.take(one)
        shown.add(one.post)
    for one in quiet:
        if one.post not in shown and budget.has_room(one):
            budget.take(one)
            shown.add(one.post)
    for one in timely[:known]:
        if one.post in shown or budget.is_loud(one):
            continue
        if not budget.has_room(one):
            return shown
        budget.take(one)
        shown.add(one.post)
    if known is not None:
        raise GapError
    return shown


class _Budget:
    """Places and bytes that are left in a live document."""

    def __init__(self, spec: FeedSpec) -> None:
        self._spec = spec
        self._count = self._weight = 0
        self._by_source: Counter[str] = Counter()

    def take(self, one: Merged) -> None:
        self._count += 1
        self._weight += one.winner.weight
        self._by_source[one.winner.origin] += 1

    def has_room(self, one: Merged) -> bool:
        """Tell whether one more fits; the first one always does."""
        if self._count == 0:
            return self._spec.limit > 0
        heavy = self._spec.max_bytes and self._weight + one.winner.weight > self._spec.max_bytes
        return self._count < self._spec.limit and not heavy

    def is_loud(self, one: Merged) -> bool:
        limit = self._spec.max_per_source
        return bool(limit) and self._by_source[one.winner.origin] >= limit
