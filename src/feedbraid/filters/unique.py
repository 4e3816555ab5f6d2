"""Find posts that say the same under different addresses, such as one report of an agency in two newspapers.

Posts with one address are one post without any filter. This one compares texts, which is never certain. Therefore
it only tells what it found, with the notes of a run, until `merge: true` has it leave posts out.

Two posts say the same when all of this is so:

- Their dates are not further apart than `within`.
- Their titles are alike, by `title` percent of their characters, and the numbers in them are the same: part 3 is
  not part 4. The name of the site at the end of a title, as in "Talks go on - VOA News", does not count.
- The beginnings of their texts are alike, by `text` percent: of the first 500 characters, or as many as the
  shorter text has, so that an excerpt is like the whole. Texts of fewer than 40 characters have to be equal, under
  titles of 40 characters or more. Equal titles alone are never enough.

Upper and lower case, punctuation and the width of characters do not count. A post without a title has the
beginning of its text in its place.

Of such posts, the one that was seen first stays, for ever. A later one is left out when it is like one that stays;
it names the source of that one, and `feedbraid explain` says which it is. Of posts that were first seen together,
as in a first run, the one with the newer date stays. The order of posts does not matter, and posts that come later
change nothing for those that are there.

A post is compared with the twenty that share most pieces of the title and pairs of words with it, so that many
posts take little time. When a text is changed so that two posts are no longer alike, both are in the feed. Texts
that are the same each day, as of a podcast that describes no episode, look alike here. Do not merge these.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import field, replace
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, NamedTuple
from zlib import crc32

from pydantic import Field

from feedbraid import configvalues as values
from feedbraid.forms import Age, Form
from feedbraid.model import EntryKey, Post
from feedbraid.nouns import dataclass
from feedbraid.text import counted, derived_title
from feedbraid.urls import host_of

from . import AllPosts, Chosen, Example, Filter, Mistake, Row, Setting, _body
from ._conditions import plain_text

_Percent = Annotated[int, Field(ge=60, le=100)]


class Options(Form):
    """When posts are the same, and what becomes of them."""

    title: _Percent = 90
    """How much of the titles has to be the same, in percent."""
    text: _Percent = 80
    """How much of the beginnings of the texts has to be the same, in percent."""
    within: Age = "3d"
    """How far apart their dates may be, such as 12h."""
    merge: bool = False
    """true: leave out the one that was seen later; false: only tell."""


def _build(options: Options, setting: Setting) -> AllPosts:  # noqa: ARG001  # every filter gets it
    within = values.span(options.within)

    def choose(rows: Sequence[Row]) -> Chosen:
        merged = _merged(rows, options, within)
        return _left_out(rows, merged) if options.merge else Chosen(rows=tuple(rows), notes=_notes(merged))

    return AllPosts(choose=choose, look=_look)


def _left_out(rows: Sequence[Row], merged: dict[EntryKey, EntryKey]) -> Chosen:
    return Chosen(
        rows=tuple(row for row in rows if row.key not in merged),
        dropped={key: f"it says the same as {stays}" for key, stays in merged.items()},
        merged=merged,
    )


_MOST_NAMED = 5


def _notes(merged: dict[EntryKey, EntryKey]) -> tuple[str, ...]:
    latest = list(reversed(merged.items()))
    named = (f"{key} says the same as {stays}" for key, stays in latest[:_MOST_NAMED])
    rest = len(latest) - _MOST_NAMED
    return (*named, f"and {counted(rest, 'more post')}") if rest > 0 else tuple(named)


# --- what is compared -------------------------------------------------------------------------------------

_COMPARED = 500
"""Characters of a text."""

_LONGEST_TITLE = 200

_NO_WORD = re.compile(r"[^\w ]|_")
_TAIL = re.compile(r" [-–—－·•»:]+ | ?[|｜_] ?|: ")


def _look(post: Post) -> str:
    """Give title and beginning of the text for comparing, a line each."""
    entry = post.entry
    plain = plain_text(replace(post, entry=replace(entry, body=_body.beginning(entry.body, _COMPARED))))
    title = post.entry.title or derived_title(plain, "")
    return f"{_cleaned(_without_site(title, post)[:_LONGEST_TITLE])}\n{_cleaned(plain[:_COMPARED])}"


def _cleaned(text: str) -> str:
    """Write a short text so that only its words count. The library takes the square of the time for accents."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_NO_WORD.sub(_mark_or_blank, folded).split())


def _mark_or_blank(found: re.Match[str]) -> str:
    # The vowel signs of Indian scripts are marks: no letters, but parts of words.
    return found[0] if unicodedata.category(found[0]).startswith("M") else " "


def _without_site(title: str, post: Post) -> str:
    """Take the name of the site off the end of a title."""
    parts = _TAIL.split(title)
    if len(parts) == 1:
        return title
    names = {_squeezed(name) for name in _names_of_site(post)}
    while len(parts) > 1 and _squeezed(parts[-1]) in names:
        parts.pop()
    return " ".join(parts)


def _names_of_site(post: Post) -> Iterator[str]:
    host = host_of(post.entry.link).removeprefix("www.")
    yield from (post.origin, host, *host.split("."))
    for channel in (post.channel, post.entry.origin):
        if channel is not None:
            yield from (channel.title, *_TAIL.split(channel.title))


def _squeezed(text: str) -> str:
    return _cleaned(text[:_LONGEST_TITLE]).replace(" ", "")


# --- when it is the same ----------------------------------------------------------------------------------

_SHORT = 40
"""Characters of a text, below which alike is not enough; and of a title, from which on it says something."""

_NUMBER = re.compile(r"\d+")

Differ = Callable[[str, str, int], bool]
"""Whether two texts differ by more than so many insertions and deletions."""


class _Said(NamedTuple):
    """What a post says, as far as it is compared."""

    row: Row
    title: str
    numbers: tuple[str, ...]
    text: str


def _said(row: Row) -> _Said:
    title, _, text = row.facts.partition("\n")
    return _Said(row, title, tuple(_NUMBER.findall(title)), text)


def _differ() -> Differ:
    """Open the door to rapidfuzz. Distances are whole numbers, so that all machines decide alike."""
    from rapidfuzz.distance import Indel  # noqa: PLC0415  # only when posts are compared (D23)

    return lambda one, other, most: Indel.distance(one, other, score_cutoff=most) > most


@dataclass(frozen=True, slots=True)
class _Judge:
    """Tells whether two posts say the same."""

    options: Options
    within: timedelta
    differ: Differ = field(default_factory=_differ)

    def is_same(self, one: _Said, other: _Said) -> bool:
        return (
            abs(one.row.date - other.row.date) <= self.within
            and one.numbers == other.numbers
            and self._alike(one.title, other.title, self.options.title)
            and self._same_text(one, other)
        )

    def _same_text(self, one: _Said, other: _Said) -> bool:
        length = min(len(one.text), len(other.text))
        if length < _SHORT:
            return one.text == other.text != "" and min(len(one.title), len(other.title)) >= _SHORT
        return self._alike(one.text[:length], other.text[:length], self.options.text)

    def _alike(self, one: str, other: str, percent: int) -> bool:
        return not self.differ(one, other, (len(one) + len(other)) * (100 - percent) // 100)


# --- all posts --------------------------------------------------------------------------------------------

_MOST_HOLDERS = 10
"""Posts that are remembered for one mark in one span of time: what more of them have tells nothing."""

_MOST_COMPARED = 20
"""Posts that one is compared with: those that share most with it."""

_PIECE = 5
"""Characters of a piece of a title."""

_DRAWN = 10
"""Pieces that are marks, at most."""

_BEGINNING = 20
"""Characters of a text that are a mark."""


def _merged(rows: Sequence[Row], options: Options, within: timedelta) -> dict[EntryKey, EntryKey]:
    """Give for each post that says the same as an earlier one the earliest such one that stays."""
    if len(rows) < 2:
        return {}
    judge, staying = _Judge(options, within), _Staying(within)
    merged: dict[EntryKey, EntryKey] = {}
    for one in map(_said, _earliest_seen_first(rows)):
        marks = _marks(one)
        same = [place for place in staying.like(one, marks) if judge.is_same(one, staying.posts[place])]
        if same:
            merged[one.row.key] = staying.posts[min(same)].row.key
        else:
            staying.add(one, marks)
    return merged


def _earliest_seen_first(rows: Sequence[Row]) -> list[Row]:
    """Order posts by who stays. Of those that were seen at once it is the one that is higher in a feed."""
    by_key = sorted(rows, key=lambda row: row.key)
    by_date = sorted(by_key, key=lambda row: row.date, reverse=True)
    return sorted(by_date, key=lambda row: row.first_seen)


def _marks(said: _Said) -> frozenset[int]:
    """Give checksums of what another post with these words most likely has, too.

    Pieces of the title, pairs of words of the text, and how it begins. Which ones is as good as drawn by lot, but
    the same ones are drawn from the same text.
    """
    title, words = said.title, said.text.split()
    pieces = {title[at : at + _PIECE] for at in range(max(len(title) - _PIECE, 0) + 1)}
    pairs = {f"{one} {other}" for one, other in pairwise(words)}
    seed = crc32(" ".join(said.numbers).encode())
    return frozenset((*_drawn(pieces, seed), *_drawn(pairs, seed), *_drawn({said.text[:_BEGINNING]}, seed)))


def _drawn(pieces: AbstractSet[str], seed: int) -> list[int]:
    return sorted(crc32(piece.encode(), seed) for piece in pieces)[:_DRAWN]


@dataclass(slots=True)
class _Staying:
    """The posts that stay, to be found by their marks: only few have to be compared with each new one."""

    within: timedelta
    posts: list[_Said] = field(default_factory=list)
    _holders: dict[int, dict[int, tuple[int, ...]]] = field(default_factory=dict)
    """For each span of time and mark, the places of the first posts that have it."""

    def _span(self, said: _Said) -> int:
        return int(said.row.date.timestamp() // self.within.total_seconds())

    def like(self, said: _Said, marks: frozenset[int]) -> list[int]:
        """Give the places of those that share most with a post; a mark that few have counts more."""
        span = self._span(said)
        shared: defaultdict[int, int] = defaultdict(int)
        for near in (span - 1, span, span + 1):
            holders = self._holders.get(near, {})
            for mark in marks & holders.keys():
                for place in holders[mark]:
                    shared[place] += _MOST_HOLDERS // len(holders[mark])
        return sorted(sorted(shared), key=shared.__getitem__, reverse=True)[:_MOST_COMPARED]

    def add(self, said: _Said, marks: frozenset[int]) -> None:
        holders = self._holders.setdefault(self._span(said), {})
        for mark in marks:
            known = holders.get(mark, ())
            if len(known) < _MOST_HOLDERS:
                holders[mark] = (*known, len(self.posts))
        self.posts.append(said)


_TALKS = "<p>Negotiators of both sides met in Geneva on Monday to discuss the terms of a lasting truce.</p>"

FILTER = Filter(
    summary="find posts that say the same under different addresses",
    options=Options,
    build=_build,
    examples=(
        Example(
            says="One report in two newspapers: the one that was seen first stays.",
            config="- unique: {merge: true}",
            posts=(
                {"source": "bbc", "title": "Talks go on in Geneva - BBC", "body": _TALKS},
                {
                    "source": "voa",
                    "title": "Talks Go On in Geneva",
                    "body": _TALKS,
                    "first_seen": "2026-03-01T11:00:00Z",
                },
            ),
            gives=("it says the same as https://voa.example/2", {}),
        ),
        Example(
            says="Told, not left out.",
            config="- unique",
            posts=(
                {"title": "Talks go on in Geneva", "body": _TALKS},
                {"title": "Talks go on in Geneva", "body": _TALKS},
            ),
            gives=({}, {}),
        ),
        Example(
            says="Not the same: another text under the same title, another number in the title.",
            config="- unique: {merge: true, within: 7d}",
            posts=(
                {
                    "title": "The week in pictures",
                    "body": "<p>Floods in the south, and a rocket that flew to the moon.</p>",
                },
                {
                    "title": "The week in pictures",
                    "body": "<p>A new year begins; people light fires and dance in the snow.</p>",
                },
                {"title": "The long history of tea, part 1", "body": _TALKS},
                {"title": "The long history of tea, part 2", "body": _TALKS},
            ),
            gives=({}, {}, {}, {}),
        ),
    ),
    mistakes=(
        Mistake(config="- unique: {title: 0.9}", says="a whole number is needed, such as 50"),
        Mistake(config="- unique: {title: 10}", says="10 is too small: it has to be at least 60"),
        Mistake(config="- unique: {within: 3}", says="'3' lacks its unit"),
        Mistake(
            config="- unique",
            says="Leaves nothing out: a run tells which posts say the same. When it is right, add `merge: true`.",
            is_error=False,
        ),
    ),
)
