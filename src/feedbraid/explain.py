"""Why is this post there, or not? Key rule by rule, every copy, the winner, and each feed's verdict (D5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from feedbraid import urls
from feedbraid.app import App, stand_in
from feedbraid.burial import key_rules, with_link
from feedbraid.merge import Merged
from feedbraid.model import CopyHead, EntryKey, FeedSpec, LedgerRow, Note, Skipped
from feedbraid.nouns import dataclass
from feedbraid.selection import Filtering, Selection, select, told_digests
from feedbraid.text import minute


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
    removed: str = ""
    """Why no feed may have it, when somebody had it forgotten, a rule blocks it, or it was kept no longer."""


def explain(app: App, url: str) -> Story:
    """Tell the story of an address, or of a key as `explain` prints it."""
    rules = key_rules(app)
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
        removed=_removed(app, {key, *(head.post for head in heads if head.post)}, is_here=bool(heads)),
    )


def _removed(app: App, marks: Collection[str], *, is_here: bool) -> str:
    for one in app.store.buried(marks).values():
        if one.why == "expired" and is_here:  # of another source, which keeps it
            continue
        because = f": {one.detail}" if one.detail else ""
        return f"{one.why} since {minute(one.at)}{because}"
    return ""


def _relatives(app: App, key: EntryKey) -> tuple[CopyHead, ...]:
    """Give every copy with this key, and every copy of the same post."""
    heads = app.store.sharing([key]) or with_link(app, key)
    posts = {head.post for head in heads if head.post is not None}
    found = {(head.origin, head.ref): head for head in (*heads, *app.store.sharing(posts))}
    return tuple(found[ref] for ref in sorted(found))


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
    own = [head for head in heads if head.origin in (*spec.origins, stand_in(spec.name))]
    if not own:
        return "not in it: no copy comes from its origins"
    if row is None:
        return "not in it: its only copies are held back until their date"
    selection = select(app, spec, "", app.store.states())
    filtering = selection.filtering
    blocked = app.store.buried({row.key, *(head.key for head in own)})
    if any(one.why == "blocked" for one in blocked.values()):
        return "not in it: a rule of the configuration blocks it"
    found = next((one for one in selection.merged if one.post == row.key), None)
    if found is None:
        return _absence(filtering, own, row)
    others = [
        f"{head.origin} ({head.ref})"
        for head in found.others
        if (head.origin, head.ref) not in filtering.copies_left_out
    ]
    over = f", over {', '.join(others)}" if others else ""
    winner = found.winner
    changed = [name for name, _ in filtering.trace(found) if name]
    shaped = f"; changed by {', '.join(changed)}" if changed else ""
    left_out = "".join(f"; {_copy_left_out(filtering, head)}" for head in own if _is_left_out(filtering, head))
    return (
        f"the copy of {winner.origin} ({winner.ref}) wins{over}; "
        f"it {_place(app, spec, found, selection)}{shaped}{left_out}"
    )


def _absence(filtering: Filtering, own: Sequence[CopyHead], row: LedgerRow) -> str:
    """Say why no copy of a post is in a feed that its origins are in."""
    by_feed = filtering.left_out.get(row.key)
    if by_feed is not None:
        return f"not in it: left out by {by_feed.filter}: {by_feed.reason}"
    by_source = [_copy_left_out(filtering, head) for head in own if _is_left_out(filtering, head)]
    if by_source:
        return f"not in it: {'; '.join(by_source)}"
    return "not in it: its only copies are held back until their date"


def _is_left_out(filtering: Filtering, head: CopyHead) -> bool:
    return (head.origin, head.ref) in filtering.copies_left_out


def _copy_left_out(filtering: Filtering, head: CopyHead) -> str:
    found = filtering.copies_left_out[head.origin, head.ref]
    return f"the copy of {head.origin} ({head.ref}) is left out by {found.filter}: {found.reason}"


def _place(app: App, spec: FeedSpec, found: Merged, selection: Selection) -> str:
    """Say where a post stands: in the live document, in the archive, or in neither because there is none."""
    if spec.digest is not None:
        return _digest_of(app, spec, found)
    history = selection.history
    live = [one.post for one in history.live]
    if found.post in live:
        return f"is entry {live.index(found.post) + 1}"
    if found.post in app.store.archived(spec.name) or any(found in block for block in history.closing):
        return "is in the archive"
    return f"comes after the limit of {spec.limit}"


def _digest_of(app: App, spec: FeedSpec, found: Merged) -> str:
    label = told_digests(app, spec).members.get(found.post)
    if label is None:
        return "waits for the next digest"
    return f"is in the digest {label}" if label else "is older than the first digest"


def _skipped(app: App, url: str, key: EntryKey) -> tuple[tuple[str, Skipped], ...]:
    return tuple(
        (one.spec.name, item)
        for one in app.readings
        for item in app.store.skipped(one.spec.name)
        if url in item.reason or key in item.reason
    )
