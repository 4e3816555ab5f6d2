"""Many copies, one post: who wins (D2). A pure step on the way out, so a 304 can never make anything flap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feedbraid.model import CopyHead, EntryKey, LedgerRow
from feedbraid.nouns import dataclass
from feedbraid.ranking import precedence


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """One post of a feed: the copy that wins, and those it wins over, best first."""

    post: EntryKey
    winner: CopyHead
    others: tuple[CopyHead, ...] = ()

    @property
    def late(self) -> bool:
        """Tell whether every copy came with a flood of old entries: then the post belongs in the archive."""
        return self.winner.late and all(other.late for other in self.others)


def merge(heads: Iterable[CopyHead], rank: Mapping[str, int], *, own_first: bool = False) -> tuple[Merged, ...]:
    """Group copies by their post; the highest-ranked origin wins as a whole (N9). Held copies stand aside.

    `rank` maps the origins of one feed to their place in its `from`. With `own_first`, a copy that names another
    feed as its origin loses to one that does not, whatever their ranks: for feeds whose order nobody chose. A copy
    that was saved from another one loses to all that were not.
    """
    groups: dict[EntryKey, list[CopyHead]] = {}
    for head in heads:
        if head.post is not None and head.held_until is None:
            groups.setdefault(head.post, []).append(head)
    return tuple(_merged(post, group, rank, own_first=own_first) for post, group in sorted(groups.items()))


def _merged(post: EntryKey, group: list[CopyHead], rank: Mapping[str, int], *, own_first: bool) -> Merged:
    if len(group) == 1:
        return Merged(post=post, winner=group[0])
    winner, *others = sorted(
        group, key=lambda head: (head.saved, own_first and head.second_hand, precedence(head, rank))
    )
    return Merged(post=post, winner=winner, others=tuple(others))


def newest_first(merged: Iterable[Merged], ledger: Mapping[EntryKey, LedgerRow]) -> list[Merged]:
    """Order posts by date, newest first, equal dates by id (N122)."""
    by_id = sorted(merged, key=lambda one: ledger[one.post].id)
    return sorted(by_id, key=lambda one: one.winner.dated(ledger[one.post].first_seen), reverse=True)
