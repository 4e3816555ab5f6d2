"""What the index and the list of sources say of each feed."""

from __future__ import annotations

from datetime import datetime

from feedbraid.model import Sibling
from feedbraid.nouns import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source as listed. `feed_url` is empty for what is no feed on the web: seeds, local files."""

    name: str
    title: str
    feed_url: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """One feed as listed."""

    title: str
    subtitle: str
    address: str
    """The public folder of the feed, with a slash at the end; the page of the feed stands in it."""
    home: str
    language: str
    entries: int
    """Posts in the live document."""
    updated: datetime | None
    siblings: tuple[Sibling, ...]
    sources: tuple[SourceLine, ...]
    folder: str = ""
    """Its folder as seen from the index, with a slash at the end; empty for the last one of its address."""
