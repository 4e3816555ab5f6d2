"""What is remembered of what happened: visits, incidents, messages to be delivered, subscriptions, leases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from feedbraid.nouns import dataclass

Result = Literal["read", "unchanged", "failed"]
Burial = Literal["forgotten", "blocked", "expired"]
IncidentKind = Literal["broken", "healed", "silent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One attempt to read an origin, and what came of it."""

    at: datetime
    result: Result
    new: int = 0
    """Entries that were new."""
    detail: str = ""
    """Why it failed; without credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All visits to an origin on one day of UTC, counted."""

    day: date
    read: int = 0
    unchanged: int = 0
    failed: int = 0
    new: int = 0
    """Entries that were new."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something happened to a source that its reader should know: it broke, healed, or fell silent."""

    id: str
    """An IRI that stays the same for ever."""
    origin: str
    kind: IncidentKind
    at: datetime
    detail: str = ""
    """What is known of it, for people; without credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A message for another server that was not delivered yet.

    There is one of a kind, target and subject: a later one takes the place of the former.
    """

    kind: Literal["ping", "alert"]
    target: str
    """Where it goes: the URL of a hub, or of a webhook."""
    subject: str
    """What it is about: the URL of a feed that has changed, or the id of an incident."""
    body: str = ""
    made: datetime
    due: datetime
    """Not before."""
    tries: int = 0
    """In vain, until now."""
    error: str = ""
    """Why the last try failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a hub was asked to send for a source, and what it granted (WebSub, section 5)."""

    origin: str
    hub: str
    topic: str
    token: str
    """The last part of the callback address, which nobody can guess; a secret."""
    secret: str
    """What the hub signs its messages with (WebSub, section 7)."""
    asked: datetime | None = None
    """When the hub was asked last."""
    until: datetime | None = None
    """When the lease ends; None until the hub has verified it."""
    tries: int = 0
    """In vain, until now."""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A post that was removed, and must not come back (D4)."""

    post: str
    """Its key in the ledger."""
    marks: tuple[str, ...] = ()
    """By which it would be recognised: the keys of its copies, and what `mark_of` makes of their ids."""
    why: Burial
    """The operator had it forgotten, a rule blocks it, or it was too old or one too many."""
    at: datetime
    detail: str = ""
    """The reason that the operator gave, or which rule it was."""
    title: str = ""
    """Of a blocked or expired one; a forgotten one leaves no word of itself."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A lease that whoever writes has to hold still: its name, and the token that it was taken with."""

    name: str
    token: int


def mark_of(origin: str, source_id: str) -> str:
    """Give by what a post is recognised that has another address now: the id that its source states."""
    return f"{source_id} of {origin}" if source_id else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """A post that was saved as a file."""

    path: str
    """Below the folder, with slashes."""
    digest: str
    """SHA-256 of the bytes that were written: other bytes are somebody's own."""
    made_from: str
    """The digest of the entry, see `CopyHead.digest`."""
