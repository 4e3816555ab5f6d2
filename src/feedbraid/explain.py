"""Why is this post there, or not? Key rule by rule, every copy, the winner, and each feed's verdict (D5)."""

from __future__ import annotations

from dataclasses import dataclass

from feedbraid import urls
from feedbraid.app import App
from feedbraid.merge import merge, newest_first
from feedbraid.model import CopyHead, EntryKey, FeedSpec, KeyRules, LedgerRow, Note, Skipped


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyStory:
    """One origin's copy, as `explain` tells it."""

    origin: str
    place: str
    title: str
    link: str
    key: str
    published: str
    updated: str
    first_seen: str
    held_until: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedStory:
    """What one feed made of it."""

    feed: str
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All that is known of one address."""

    url: str
    steps: tuple[urls.KeyStep, ...]
    key: str
    post_id: str
    first_seen: str
    copies: tuple[CopyStory, ...]
    feeds: tuple[FeedStory, ...]
    skipped: tuple[tuple[str, Skipped], ...]
    """(origin, item) of what could not be used and names the address or its key."""


def explain(app: App, url: str) -> Story:
    """Tell the story of an address, or of a key as `explain` prints it."""
    rules = app.readings[0].keys if app.readings else KeyRules()
    key = urls.entry_key(url, rules)
    heads = _relatives(app, key)
    ledger = app.store.ledger({head.post for head in heads if head.post} | {key})
    row = next((ledger[head.post] for head in heads if head.post and head.post in ledger), ledger.get(key))
    return Story(
        url=url,
        steps=urls.key_steps(url, rules),
        key=key,
        post_id=row.id if row else "",
        first_seen=str(row.first_seen) if row else "",
        copies=tuple(_copy_stories(app, heads)),
        feeds=tuple(FeedStory(feed=spec.name, verdict=_verdict(app, spec, heads, row)) for spec in app.feeds),
        skipped=_skipped(app, url, key),
    )


def _relatives(app: App, key: EntryKey) -> tuple[CopyHead, ...]:
    """Give every copy with this key, and every copy of the same post."""
    heads = app.store.sharing([key]) or _with_link(app, key)
    posts = {head.post for head in heads if head.post is not None}
    found = {(head.origin, head.ref): head for head in (*heads, *app.store.sharing(posts))}
    return tuple(found[ref] for ref in sorted(found))


def _with_link(app: App, key: EntryKey) -> tuple[CopyHead, ...]:
    """Find copies by their link: their source may be keyed on something else than the URL."""
    heads = app.store.heads([one.spec.name for one in app.readings])
    rules = app.readings[0].keys if app.readings else KeyRules()
    return tuple(head for head in heads if head.link and urls.entry_key(head.link, rules) == key)


def _copy_stories(app: App, heads: tuple[CopyHead, ...]) -> list[CopyStory]:
    rank = app.rank
    copies = app.store.copies((head.origin, head.ref) for head in heads)
    ordered = sorted(heads, key=lambda head: (rank.get(head.origin, len(rank)), head.ref))
    return [
        CopyStory(
            origin=head.origin,
            place=head.ref,
            title=head.title,
            link=head.link,
            key=head.key,
            published=str(head.published or "not stated"),
            updated=str(head.updated or "not stated"),
            first_seen=str(head.first_seen),
            held_until=str(head.held_until or ""),
            notes=copies[head.origin, head.ref].notes,
        )
        for head in ordered
    ]


def _verdict(app: App, spec: FeedSpec, heads: tuple[CopyHead, ...], row: LedgerRow | None) -> str:
    own = [head for head in heads if head.origin in spec.origins]
    if not own:
        return "not in it: no copy comes from its origins"
    rank = {name: place for place, name in enumerate(spec.origins)}
    merged = merge(own, rank)
    if not merged or row is None:
        return "not in it: its only copies are held back until their date"
    winner = merged[0].winner
    others = [f"{head.origin} ({head.ref})" for head in merged[0].others]
    over = f", over {', '.join(others)}" if others else ""
    place = _place(app, spec, merged[0].post, rank)
    shown = f"is entry {place}" if place <= spec.limit else f"comes {place}th, after the limit of {spec.limit}"
    return f"the copy of {winner.origin} ({winner.ref}) wins{over}; it {shown}"


def _place(app: App, spec: FeedSpec, post: EntryKey, rank: dict[str, int]) -> int:
    merged = merge(app.store.heads(spec.origins), rank)
    ids = {key: row.id for key, row in app.store.ledger({one.post for one in merged}).items()}
    return [one.post for one in newest_first(merged, ids)].index(post) + 1


def _skipped(app: App, url: str, key: EntryKey) -> tuple[tuple[str, Skipped], ...]:
    return tuple(
        (one.spec.name, item)
        for one in app.readings
        for item in app.store.skipped(one.spec.name)
        if url in item.reason or key in item.reason
    )
