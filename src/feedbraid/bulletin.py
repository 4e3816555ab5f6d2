"""All that is told of the health of the sources: gathered once, written in each form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from feedbraid.app import App, FeedReport
from feedbraid.healthsite import health_documents
from feedbraid.metrics import MEDIA_TYPE, metrics
from feedbraid.model import Document
from feedbraid.nouns import dataclass
from feedbraid.publish import write_changed, write_whole
from feedbraid.service import PublicFeed, Service
from feedbraid.standing import Share, standings


@dataclass(frozen=True, slots=True)
class Bulletin:
    """How everything does at one moment."""

    documents: tuple[Document, ...]
    """The status page and what belongs to it, with paths below the output folder."""
    metrics: Document


def bulletin(app: App, service: Service, now: datetime, shares: Mapping[str, Share] | None = None) -> Bulletin:
    """Write how the sources do. `shares` are those of `standing.shares_of`, where they are known already."""
    rows, incidents = standings(app, now, shares), app.store.incidents()
    whole = replace(service, version=app.version, errands=len(app.store.errands()))
    return Bulletin(
        health_documents(rows, incidents, whole, app.site), Document("metrics", MEDIA_TYPE, metrics(rows, whole))
    )


def publish_health(
    app: App, service: Service, now: datetime, root: Path, shares: Mapping[str, Share] | None = None
) -> tuple[str, ...]:
    """Write what the configuration wants written after each pass; give which files of the output folder changed.

    `root` is the folder of the configuration. Raises PublishError.
    """
    rules = app.health
    told = bulletin(app, service, now, shares)
    if rules.metrics:
        write_whole(root / rules.metrics, told.metrics.content)
    return write_changed(told.documents, app.output) if rules.publish else ()


def public_feeds(app: App, reports: Iterable[FeedReport]) -> tuple[PublicFeed, ...]:
    """Give the feeds that everybody may know of, as the last pass left them."""
    entries = {one.name: one.entries for one in reports}
    return tuple(
        PublicFeed(name=spec.name, title=spec.title, address=spec.address, entries=entries.get(spec.name, 0))
        for spec in app.feeds
        if spec.listed
    )
