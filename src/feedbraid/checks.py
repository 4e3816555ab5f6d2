"""What is wrong with seeds and written feeds, each problem with its file. Reads only; stores nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal

from feedbraid import archive
from feedbraid.app import App
from feedbraid.conformance import faults
from feedbraid.model import Believed, EntryKey, Failed, FeedSpec, Fresh, Known, OriginSpec, Outcome, SourceState
from feedbraid.nouns import dataclass
from feedbraid.publish import read_published
from feedbraid.selection import with_parts
from feedbraid.site import INDEX, SOURCES
from feedbraid.sources.seeds import path_of


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a file. An error keeps something from being published."""

    level: Literal["error", "warning"]
    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.level}: {self.message}"


def check_seeds(app: App) -> tuple[Finding, ...]:
    """Read every seed folder anew: what can not be used, what was repaired, which seeds share a URL."""
    specs = [one.spec for one in app.readings if one.spec.kind == "seeds"]
    outcomes = asyncio.run(_read_folders(app, specs))
    return tuple(
        finding
        for spec, outcome in zip(specs, outcomes, strict=True)
        for finding in _folder_findings(spec, outcome)
    )


async def _read_folders(app: App, specs: Sequence[OriginSpec]) -> list[Outcome]:
    async with app.open_sources(specs) as sources:
        return [await sources[spec.name].read(Known(state=SourceState(name=spec.name))) for spec in specs]


def _folder_findings(spec: OriginSpec, outcome: Outcome) -> list[Finding]:
    if isinstance(outcome, Failed):
        return [Finding("error", f"seeds.{spec.name}", 0, outcome.reason)]
    if not isinstance(outcome, Fresh):
        return []

    def path(ref: str) -> str:
        return path_of(spec.locations, ref)

    skipped = [Finding("error", path(one.ref), one.line, one.reason) for one in outcome.skipped]
    notes = [
        Finding("warning", path(item.ref), 0, f"{note.rule}: {note.text}")
        for item in outcome.entries
        for note in item.notes
    ]
    return [*skipped, *notes, *_shared_addresses(outcome.entries, path)]


def _shared_addresses(entries: Sequence[Believed], path: Callable[[str], str]) -> list[Finding]:
    places: dict[EntryKey, list[str]] = {}
    for item in entries:
        places.setdefault(item.entry.key, []).append(path(item.ref))
    return [
        Finding("warning", refs[0], 0, f"has the same address as {', '.join(refs[1:])}: one post, the newest wins")
        for refs in places.values()
        if len(refs) > 1
    ]


def check_outputs(app: App) -> tuple[Finding, ...]:
    """Read every published document: which are missing, invalid, or disagree with their siblings."""
    of_feeds = [finding for spec in with_parts(app) for finding in _feed_findings(app, spec)]
    return (*of_feeds, *_site_findings(app))


def _feed_findings(app: App, spec: FeedSpec) -> list[Finding]:
    folders = [spec.name]
    if spec.digest is None:  # its blocks are single posts
        folders += [f"{spec.name}/{archive.FOLDER}/{number}" for number in app.store.blocks(spec.name)]
    findings = [finding for folder in folders for finding in _edition_findings(app, spec, folder)]
    if app.site.pages:
        path = f"{spec.name}/{INDEX}"
        findings += _faults(path, "text/html", read_published(app.output, path))
    return findings


def _edition_findings(app: App, spec: FeedSpec, folder: str) -> list[Finding]:
    """Check the documents of one live feed, or of one archive, in all formats."""
    findings: list[Finding] = []
    entries: dict[str, tuple[str, ...]] = {}
    for name in spec.formats:
        one = app.load_format(name)
        path = f"{folder}/{one.file_name}"
        content = read_published(app.output, path)
        found = _faults(path, one.media_type, content)
        findings += found
        if content is not None and not found:
            entries[path] = one.read_ids(content)
    if len(set(entries.values())) > 1:
        counts = ", ".join(f"{path} {len(ids)}" for path, ids in entries.items())
        findings.append(Finding("error", folder, 0, f"its documents disagree on their entries: {counts}"))
    return findings


def _site_findings(app: App) -> list[Finding]:
    if not app.site.pages:
        return []
    kinds = {INDEX: "text/html", SOURCES: "text/x-opml"}
    return [
        fault for path, kind in kinds.items() for fault in _faults(path, kind, read_published(app.output, path))
    ]


def _faults(path: str, media_type: str, content: bytes | None) -> list[Finding]:
    """Hold a published file against its specification."""
    if content is None:
        return [Finding("error", path, 0, "is not written yet; run `feedbraid build`")]
    return [Finding("error", path, one.line, f"{one.rule}: {one.text}") for one in faults(media_type, content)]
