"""Filters: one file each, exporting `FILTER`; they shape what is republished.

Filters run on the way out: the store keeps what sources said, so a filter takes effect at the next build, asks
nobody, and can be undone. A filter is a pure function of posts. It never changes the key, the id or a date of a
post, so no subscriber sees a post twice. What a filter is for stands in its docstring, what its options mean in
theirs, and both in the reference, with the examples, each of which is a test.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from feedbraid.model import CleaningRules
from feedbraid.nouns import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from feedbraid.forms import Form
    from feedbraid.model import EntryKey, Post


class FilterError(Exception):
    """A filter could not do its work on a post, which stays as it was; the text says why."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A filter leaves a post out, for a reason that people understand."""

    reason: str
    is_lasting: bool = True
    """False when it may think better of it: the operator is told, and it is asked again at the next build."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """A filter that looks at one post at a time."""

    apply: Callable[[Post], Post | Dropped]
    """Gives the post itself when nothing is to be changed. May raise FilterError."""
    is_slow: bool = False
    """What it made of a post is kept, so that it need not be done again for each document."""
    wants_page: str = ""
    """For the filter `full_text` alone: how pages are read, as JSON text of `model.Recipe`."""
    print: str = ""
    """Tells it from what it was before, where its options do not: a command that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a filter of all posts knows of one of them."""

    key: EntryKey
    origin: str
    """The name of the source or folder of seeds."""
    date: datetime
    """What posts are ordered by: published, else updated, else first seen."""
    first_seen: datetime
    facts: str = ""
    """What `AllPosts.look` said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a filter of all posts decided."""

    rows: tuple[Row, ...]
    """Those that stay, in their order."""
    dropped: Mapping[EntryKey, str] = field(default_factory=dict)
    """The others, each with its reason."""
    merged: Mapping[EntryKey, EntryKey] = field(default_factory=dict)
    """Of the dropped ones, those that another post stands for, and which."""
    notes: tuple[str, ...] = ()
    """What the operator should know of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllPosts:
    """A filter that has to see all posts to decide."""

    choose: Callable[[Sequence[Row]], Chosen]
    """Gets the rows in their order, newest first unless another filter sorted them."""
    look: Callable[[Post], str] | None = None
    """Says what `choose` has to know of a post's text; kept, so that texts are read once."""
    print: str = ""
    """As in `Each`."""


Step = Each | AllPosts


@dataclass(frozen=True, slots=True)
class Setting:
    """What a filter may know of the rest of the configuration."""

    cleaning: CleaningRules = field(default_factory=CleaningRules)
    folder: str = ""
    """The path of the configuration's folder."""
    may_execute: bool = False
    """The operator allows filters to start commands."""


class Build(Protocol):
    """Make a filter of its checked options. May raise ValueError when a part of the machine is missing."""

    def __call__(self, options: Any, setting: Setting) -> Step:  # noqa: ANN401  # the filter's own form
        """Make it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A use of a filter, with what comes of it: shown in the reference, and a test."""

    says: str
    """One sentence: what it is good for."""
    config: str
    """YAML: the list of filters, as it stands below `filters:`."""
    posts: tuple[Mapping[str, Any], ...]
    """Fields of posts before; what is not named has a plain value."""
    gives: tuple[Mapping[str, Any] | str, ...]
    """For each post in its order the fields that changed, {} for none, or the reason for which it was left out."""
    order: tuple[int, ...] = ()
    """Which posts come out, by their place in `posts`, where their order changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What people get wrong with a filter, and what they are told: shown in the reference, and a test."""

    config: str
    """YAML, as in `Example`."""
    says: str
    """A part of the error message; or, when the configuration is right but not what was meant, what it does."""
    is_error: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What `filters/NAME.py`, or a package under the entry point `feedbraid.filters`, exports as `FILTER`."""

    summary: str
    """One line for the reference."""
    options: type[Form]
    build: Build
    short: str = ""
    """The option that is meant when a text or a list stands in the place of the options."""
    is_idempotent: bool = True
    """Twice is the same as once."""
    extra: str = ""
    """What has to be installed with feedbraid: `pip install feedbraid[EXTRA]`."""
    needs: str = ""
    """The module that comes with it."""
    examples: tuple[Example, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
