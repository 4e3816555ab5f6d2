"""Feeds made from one feed: one for each category, source or author of its posts.

A part has a folder of its own below that of its feed, its own id and its own archive; its posts are those of the
feed that have the value in common, after the feed's filters.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from feedbraid.codec import digest
from feedbraid.model import FeedSpec, Post, SplitSpec

MOST = 500
"""Parts of one feed: more are not made by themselves."""

_PLAIN = re.compile(r"[a-z0-9]++(?: [a-z0-9]++|(?!))*+")
_OTHER = re.compile(r"[^a-z0-9]+")
_LONGEST = 40


def values_of(post: Post, split: SplitSpec) -> tuple[str, ...]:
    """Give the values by which a post belongs to parts."""
    if split.by == "source":
        return () if post.origin.startswith("(") else (post.origin,)
    if split.by == "author":
        return tuple(person.name for person in post.entry.authors)
    return tuple(category.term for category in post.entry.categories)


def folder_of(value: str, split: SplitSpec) -> str:
    """Give the name of a part's folder: the configured one, else one made of the value.

    Two values that differ in more than case have two names: what a name can not hold is told apart by a digest.
    """
    folded = value.casefold()
    for stated, name in split.names:
        if stated.casefold() == folded:
            return name
    if split.by == "source":
        return value
    if len(folded) <= _LONGEST and _PLAIN.fullmatch(folded):
        return folded.replace(" ", "-")
    words = _OTHER.sub("-", folded).strip("-")[:_LONGEST].strip("-")
    return f"{words}-{digest(folded)[:8]}".lstrip("-")


def kind_of(spec: FeedSpec) -> str:
    """Name the place where the store keeps the parts of a feed; no feed is called so."""
    return f"{spec.name} (by {spec.split.by})" if spec.split else ""


def found_in(facts: Iterable[str], split: SplitSpec, known: Mapping[str, str]) -> dict[str, str]:
    """Give the new parts that posts make, as folder to value, sorted.

    `facts` are what `facts_of` said of each post, `known` the parts that there are.
    """
    there = {value.casefold() for value in known.values()}
    spellings: dict[str, Counter[str]] = {}
    for one in facts:
        for value in json.loads(one):
            spellings.setdefault(value.casefold(), Counter())[value] += 1
    only = {value.casefold() for value in split.only}
    found = {}
    for folded, counts in sorted(spellings.items()):
        if folded not in there and counts.total() >= split.least and (not only or folded in only):
            value = min(counts, key=lambda spelling: (-counts[spelling], spelling))
            folder = folder_of(value, split)
            is_taken = folder in found or folder in known
            found[f"{folder}-{digest(folded)[:8]}" if is_taken else folder] = value
    return dict(sorted(found.items()))


def facts_of(post: Post, split: SplitSpec) -> str:
    """Say by which values a post belongs to parts, as JSON text."""
    return json.dumps(values_of(post, split), ensure_ascii=False)


def belongs(facts: str, value: str) -> bool:
    """Tell whether a post belongs to the part of a value."""
    folded = value.casefold()
    return any(one.casefold() == folded for one in json.loads(facts))


def spec_of(spec: FeedSpec, split: SplitSpec, folder: str, value: str, title: str) -> FeedSpec:
    """Configure a part; `title` is that of the whole feed."""
    address = f"{spec.address}{split.by}/{folder}/"
    return replace(
        spec,
        name=f"{spec.name}/{split.by}/{folder}",
        title=split.title.replace("{feed}", title).replace("{value}", value),
        address=address,
        home=address if spec.home == spec.address else spec.home,
        id="",
        subtitle="",
        mirror="",
        podcast=None,
        split=None,
        filters=(),
    )


def own_paths(prints: Mapping[str, str], spec: FeedSpec) -> Iterator[tuple[str, str]]:
    """Give the fingerprints of a feed's documents, without those of its parts."""
    inside, parts = f"{spec.name}/", f"{spec.name}/{spec.split.by}/" if spec.split else None
    for path, fingerprint in prints.items():
        if path.startswith(inside) and not (parts and path.startswith(parts)):
            yield path, fingerprint
