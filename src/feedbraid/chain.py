"""Filters in their order: what becomes of one post, and which of all posts stay.

Filters that look at one post are asked for every post; what they said is kept by whoever asks (`Passed`), so that
a build in which one post changed filters one. Filters of all posts then choose, each at its place in the order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from typing import NamedTuple

from feedbraid.codec import digest, encode
from feedbraid.filters import AllPosts, Chosen, Dropped, Each, FilterError, Row, Step
from feedbraid.model import Entry, EntryKey, FilterSpec, Post
from feedbraid.nouns import dataclass

STAYS = -1


class Named(NamedTuple):
    """A filter with its name for people."""

    name: str
    """Such as "drop (filter 2)", or "drop (filter 1 of voa)"."""
    step: Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What the filters that look at one post made of it."""

    dropped: int = STAYS
    """The place of the filter that leaves it out; the filters after it were not asked."""
    reason: str = ""
    changed: tuple[int, ...] = ()
    """The places of the filters that changed it."""
    facts: tuple[tuple[int, str], ...] = ()
    """For each filter of all posts, what it has to know of this one."""
    trouble: tuple[tuple[int, str], ...] = ()
    """The places of the filters that could not do their work on it, and why; for these it stays as it was."""
    weight: int = 0
    """See `Entry.weight`."""
    digest: str = ""
    """Of the entry as it is published."""
    entry: Entry | None = None
    """As it is published, where making it again would take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """Why a post is left out: by which filter, and for what reason."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which posts stay."""

    kept: tuple[EntryKey, ...]
    """In their order."""
    fates: Mapping[EntryKey, Fate]
    merged: Mapping[EntryKey, EntryKey]
    """Left out because another post stands for them, and which."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain:
    """The filters of one feed, or of one source, ready to be used."""

    steps: tuple[Named, ...] = ()
    print: str = ""
    """Tells one chain from another."""

    def __bool__(self) -> bool:
        return bool(self.steps)

    def then(self, other: Chain) -> Chain:
        """Give a chain of both, this one first."""
        return Chain((*self.steps, *other.steps), f"{self.print} {other.print}".strip())

    def of_each(self) -> Chain:
        """Give the chain without filters of all posts."""
        return Chain(tuple(one for one in self.steps if isinstance(one.step, Each)), self.print)

    def with_look(self, name: str, look: Callable[[Post], str]) -> Chain:
        """Give a chain that says one thing more of each post that comes to its end."""
        step = AllPosts(choose=lambda rows: Chosen(rows=tuple(rows)), look=look)
        return Chain((*self.steps, Named(name, step)), f"{self.print} {name}")

    def name(self, place: int) -> str:
        """Give the name of the filter at a place."""
        return self.steps[place].name

    @property
    def page(self) -> str:
        """How the pages of posts are to be read, as JSON text; empty when no filter wants them."""
        return next((step.wants_page for _, step in self.steps if isinstance(step, Each) and step.wants_page), "")

    @property
    def is_slow(self) -> bool:
        """Tell whether what the filters made of a post is worth keeping."""
        return any(isinstance(step, Each) and step.is_slow for _, step in self.steps)

    def passed(self, post: Post) -> Passed:
        """Ask every filter that looks at one post."""
        walk = _Walk(post)
        for place, (_, step) in enumerate(self.steps):
            dropped = walk.take(place, step)
            if dropped is not None:
                told, trouble = tuple(walk.facts), tuple(walk.trouble)
                if not dropped.is_lasting:
                    trouble = (*trouble, (place, dropped.reason))
                return Passed(dropped=place, reason=dropped.reason, facts=told, trouble=trouble)
        entry = walk.post.entry
        return Passed(
            changed=tuple(walk.changed),
            facts=tuple(walk.facts),
            trouble=tuple(walk.trouble),
            weight=entry.weight,
            digest=digest(encode(entry)),
            entry=entry if self.is_slow else None,
        )

    def shaped(self, post: Post) -> Post:
        """Give a post that stays as it is published."""
        walk = _Walk(post)
        for place, (_, step) in enumerate(self.steps):
            if isinstance(step, Each):
                walk.take(place, step)
        return walk.post

    def trace(self, post: Post) -> tuple[tuple[str, Post | Dropped | str], ...]:
        """Give the name of each filter that looks at one post, with what it makes of it or why it could not."""
        walk = _Walk(post)
        told: list[tuple[str, Post | Dropped | str]] = []
        for place, (name, step) in enumerate(self.steps):
            if isinstance(step, AllPosts):
                continue
            dropped = walk.take(place, step)
            if dropped is not None:
                return (*told, (name, dropped))
            failed = [why for where, why in walk.trouble if where == place]
            told.append((name, failed[0] if failed else walk.post))
        return tuple(told)

    def choose(self, rows: Sequence[Row], passed: Mapping[EntryKey, Passed]) -> Choice:
        """Have the filters of all posts choose, each among those that came as far as it."""
        fates: dict[EntryKey, Fate] = {}
        merged: dict[EntryKey, EntryKey] = {}
        notes: list[str] = []
        alive = list(rows)
        for place, (name, step) in enumerate(self.steps):
            for row in alive:
                if passed[row.key].dropped == place:
                    fates[row.key] = Fate(place=place, reason=passed[row.key].reason)
            alive = [row for row in alive if row.key not in fates]
            if isinstance(step, AllPosts):
                facts = [replace(row, facts=_facts(passed[row.key], place)) for row in alive]
                chosen = step.choose(facts)
                fates |= {key: Fate(place=place, reason=reason) for key, reason in chosen.dropped.items()}
                merged |= chosen.merged
                notes += (f"{name}: {note}" for note in chosen.notes)
                alive = list(chosen.rows)
        return Choice(kept=tuple(row.key for row in alive), fates=fates, merged=merged, notes=tuple(notes))


def build_chain(specs: Sequence[FilterSpec], make: Callable[[FilterSpec], Step], of: str = "") -> Chain:
    """Make the chain of a feed, or of the source named `of`."""
    behind = f" of {of}" if of else ""
    steps = [Named(f"{spec.name} (filter {number}{behind})", make(spec)) for number, spec in enumerate(specs, 1)]
    prints = [encode(spec) for spec in specs]
    prints += [step.print for _, step in steps]
    return Chain(tuple(steps), digest("\n".join(prints)) if specs else "")


def _facts(passed: Passed, place: int) -> str:
    return next((facts for where, facts in passed.facts if where == place), "")


@dataclass(slots=True)
class _Walk:
    """One post on its way through a chain."""

    post: Post
    changed: list[int] = field(default_factory=list)
    facts: list[tuple[int, str]] = field(default_factory=list)
    trouble: list[tuple[int, str]] = field(default_factory=list)

    def take(self, place: int, step: Step) -> Dropped | None:
        """Go through one filter."""
        if isinstance(step, AllPosts):
            if step.look is not None:
                try:
                    self.facts.append((place, step.look(self.post)))
                except FilterError as error:
                    self.trouble.append((place, str(error)))
            return None
        try:
            after = step.apply(self.post)
        except FilterError as error:
            self.trouble.append((place, str(error)))
            return None
        if isinstance(after, Dropped):
            return after
        if after is not self.post and after != self.post:
            self.changed.append(place)
            self.post = after
        return None
