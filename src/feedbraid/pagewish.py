"""Which pages of posts are worth asking for, and when.

Nothing here reads a page: that is the business of `page`, and most passes do without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from feedbraid.codec import decode, encode
from feedbraid.model import Entry, PageHead, Recipe
from feedbraid.policy import TOLERANCE

PAUSES = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""How long a page is left alone after each failure in a row; it is asked again as often as there are pauses."""

GIVEN_UP = len(PAUSES) + 1
"""The number of failures in a row from which on a page is not asked for again."""

LEAST_AGE = timedelta(hours=6)
"""A page is not read again before, however often its post changes: some sources change theirs at each visit."""


def is_wished(head: PageHead | None, made_from: str, now: datetime) -> bool:
    """Tell whether the page of a post is to be asked for now; `made_from` is the digest of its entry."""
    if head is None:
        return True
    clock_was_wrong = head.read > now + TOLERANCE
    since = timedelta.max if clock_was_wrong else now - head.read
    if head.made_from != made_from:
        return since >= LEAST_AGE - TOLERANCE
    return 0 < head.tries < GIVEN_UP and since >= PAUSES[head.tries - 1] - TOLERANCE


def is_wanted(entry: Entry, recipe: Recipe) -> bool:
    """Tell whether a post gets the text of its page: it has one, and not enough text of its own."""
    if not entry.link:
        return False
    return not recipe.shorter_than or length(entry.body or entry.summary) < recipe.shorter_than


@cache
def way_of(recipe: str) -> str:
    """Give the JSON text of a recipe under which pages are kept: without what only says how many are read."""
    return encode(decode(Recipe, recipe).way) if recipe else ""


def length(markup: str) -> int:
    """Count the characters of the text of HTML."""
    from feedbraid.html import to_text  # noqa: PLC0415  # slow, and only where pages are read (D23)

    return len(to_text(markup))
