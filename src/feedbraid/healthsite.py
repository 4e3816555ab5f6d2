"""The documents about health, for the output folder and for the server: one folder that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from feedbraid import incidents as atom
from feedbraid import pages
from feedbraid.formats.atom import FORMAT
from feedbraid.health import Standing
from feedbraid.model import Document, Sibling, SiteSpec
from feedbraid.records import Incident
from feedbraid.service import FOLDER, Service
from feedbraid.statusjson import status_json


def health_documents(
    standings: Sequence[Standing], incidents: Sequence[Incident], service: Service, site: SiteSpec
) -> tuple[Document, ...]:
    """Write the status page with its style, `status.json`, and the feed of incidents; these come oldest first.

    All are written at each pass: they tell when a source is asked next, so they differ from pass to pass.
    """
    titles = {one.name: one.title for one in standings}
    newest = atom.newest_first(incidents)
    page = pages.status_page(
        atom.health_title(site),
        standings,
        newest[: atom.MOST],
        service,
        feed=Sibling(f"{site.address}{FOLDER}{atom.FILE}", FORMAT.media_type, atom.health_title(site)),
        index="../index.html" if site.pages else "",
    )
    return (
        Document(f"{FOLDER}style.css", "text/css", pages.STATUS_STYLE),
        Document(f"{FOLDER}index.html", "text/html", page),
        Document(f"{FOLDER}status.json", "application/json", status_json(standings, incidents, service)),
        Document(f"{FOLDER}{atom.FILE}", FORMAT.media_type, atom.incidents_feed(incidents, titles, site)),
    )
