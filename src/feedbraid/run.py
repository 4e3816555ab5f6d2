"""The order of the steps, written once.

take_in: read every due origin, store its copies and validators, settle the ledger   (network, `now`)
         and read the pages of posts, where a filter wants them
settle:  decide which sources broke, healed or fell silent, and remember it          (`now`)
put_out: merge, choose, render, write what differs                                   (neither)

`run_once` is all of it, in one process. Where several machines share the work, each reads some origins
(`read_part`), and one at a time does the rest (`settle_parts`, then `publish_parts`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from feedbraid import health
from feedbraid.alerts import alerts
from feedbraid.app import App, Choices, FeedReport, PutOutReport, Recovered, SourceReport
from feedbraid.backups import RESTORED
from feedbraid.nouns import dataclass
from feedbraid.publish import make_ready
from feedbraid.put_out import Changes, put_out
from feedbraid.records import Incident
from feedbraid.selection import has_pages, wished_pages
from feedbraid.service import FOLDER
from feedbraid.store import Store
from feedbraid.take_in import Choose, enforce, read_some, settle_stock, take_in
from feedbraid.websub import at_once, pings

if TYPE_CHECKING:
    from feedbraid.keep import KeepReport
    from feedbraid.read_pages import PagesReport
    from feedbraid.send_out import SendReport


WRITING = "writing"
"""A note of no meaning: the store takes it from those who may write."""


ENTRIES = "entries"
"""A note of how many entries each feed has, for those who have not written them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one pass did."""

    sources: tuple[SourceReport, ...]
    feeds: tuple[FeedReport, ...]
    beside: tuple[str, ...] = ()
    """Files written beside the feeds."""
    held: tuple[str, ...] = ()
    """Why files beside the feeds were not written."""
    pages: PagesReport | None = None
    """What became of the pages of posts; None when no filter wants any."""
    recovered: Recovered | None = None
    """What was read back from the output folder first, because the store was missing."""
    incidents: tuple[Incident, ...] = ()
    """What has happened to sources since the last pass that their reader should know."""
    saved: KeepReport | None = None
    """What became of the posts that are saved as files; None where none are."""
    sent: SendReport | None = None
    """What was brought to another place; None where none is configured."""

    @property
    def all_failed(self) -> bool:
        """Tell whether something was asked, and no source works, now or the last time it was asked.

        A configuration without sources is judged by its folders of seeds.
        """
        sources = [source for source in self.sources if source.kind != "seeds"] or self.sources
        asked = any(source.result != "waiting" for source in sources)
        return asked and all(source.failing for source in sources)


def is_empty(store: Store) -> bool:
    """Tell whether a store is new: no origin was ever read."""
    return not store.feed_ids() and not store.states()


def recovered(app: App, now: datetime) -> Recovered | None:
    """Read back what was published, where the store is new; None where it is not, or nothing was."""
    if not is_empty(app.store):
        return None
    from feedbraid.recover import recover_published  # noqa: PLC0415  # parses: only where something is to be read

    return recover_published(app, now)


def _catch_up(app: App, now: datetime) -> None:
    """End what `feedbraid restore` began, where it was ended in between."""
    if app.store.memo(RESTORED):
        from feedbraid.catch_up import catch_up  # noqa: PLC0415  # as above

        catch_up(app, now)


def _take_in_pages(
    app: App, now: datetime, choices: Choices, sources: Sequence[SourceReport]
) -> PagesReport | None:
    """Read the pages of posts that a filter wants, in passes that ask anybody, or bring new seeds."""
    busy = any(one.result != "waiting" if one.kind != "seeds" else one.new or one.changed for one in sources)
    return _read_wanted(app, now) if choices.network and busy else None


def _read_wanted(app: App, now: datetime) -> PagesReport | None:
    if not any(has_pages(app, spec) for spec in app.feeds):
        return None
    from feedbraid.read_pages import read_pages  # noqa: PLC0415  # asks the network: only where pages are wanted

    return read_pages(app, wished_pages(app, now), now)


def settle_incidents(app: App, now: datetime, sources: Sequence[SourceReport]) -> tuple[Incident, ...]:
    """Decide what happened to the sources that were asked in a pass, and remember it.

    Costs nothing where nobody was asked, and next to nothing for a folder of seeds that is as before.
    """
    asked = {one.name: one.kind for one in sources if one.result != "waiting"}
    if not asked:
        return ()
    past: dict[str, list[Incident]] = {name: [] for name in asked}
    for incident in app.store.incidents():
        past.get(incident.origin, []).append(incident)
    quiet = {one.name for one in sources if one.kind == "seeds" and one.result != "failed"}
    looked_at = [name for name in asked if name not in quiet or health.is_broken_by(past[name])]
    found = health.found(_facts(app, looked_at, asked, past), app.health, now) if looked_at else ()
    # Before the incidents: whoever is ended in between tells twice rather than not at all.
    app.store.keep_errands(put=alerts(found, app.health.webhooks, f"{app.site.address}{FOLDER}", now))
    app.store.keep_incidents(found)
    return found


def _facts(
    app: App, names: Sequence[str], kinds: Mapping[str, str], past: Mapping[str, Sequence[Incident]]
) -> Iterator[health.Facts]:
    states = app.store.states(names)
    broken = [name for name in names if health.is_broken_by(past[name])]
    visits = app.store.visits(broken) if broken else {}
    for name in names:
        yield health.Facts(
            state=states[name],
            kind=kinds[name],
            past=tuple(past[name]),
            visits=visits.get(name, ()),
            dates=app.store.newest_dates(name, health.NEWEST),
        )


@contextmanager
def _foretelling(app: App, now: datetime, changes: Changes) -> Iterator[None]:
    """Keep what hubs are to be told before files are written, and have it told once they are (N84)."""
    foretold = tuple(pings(changes, now))
    app.store.keep_errands(put=foretold)
    yield
    app.store.keep_errands(put=at_once(foretold))


@contextmanager
def _foretelling_alone(app: App, now: datetime, changes: Changes) -> Iterator[None]:
    """Do the same, and make sure, before files are written, that whoever writes them has not lost the right to."""
    app.store.keep_memo(WRITING, "yes")
    with _foretelling(app, now, changes):
        yield


def run_once(
    app: App,
    now: datetime,
    choices: Choices,
    progress: Callable[[SourceReport], None] = lambda _: None,
) -> RunReport:
    """Make one pass: sources and seeds into the store, the store into files.

    Raises PublishError before anybody is asked when the output folder can not be written to (F9).
    """
    if not choices.dry:
        make_ready(app.output)
    read_back = begin(app, now)
    sources = take_in(app, now, choices, progress)
    incidents = settle_incidents(app, now, sources)
    pages = _take_in_pages(app, now, choices, sources)
    published = put_out(app, choices, partial(_foretelling, app, now))
    saved = None if choices.dry else _save_posts(app)
    return RunReport(
        sources=sources,
        feeds=published.feeds,
        beside=published.beside,
        held=published.held,
        pages=pages,
        recovered=read_back,
        incidents=incidents,
        saved=saved,
    )


def with_sending(
    app: App, report: RunReport, now: datetime, choices: Choices, go_on: Callable[[], bool] = lambda: True
) -> RunReport:
    """Bring what was written to where the configuration wants it, too, as long as `go_on` says so.

    What could not be brought there is for the next pass.
    """
    if app.publish is None:
        return report
    from feedbraid.send_out import Means, send_out  # noqa: PLC0415  # only where that is wished

    done = PutOutReport(feeds=report.feeds, beside=report.beside, held=report.held)
    return replace(report, sent=send_out(app, done, now, choices, Means(go_on=go_on)))


def begin(app: App, now: datetime) -> Recovered | None:
    """See that the store knows what was published, before anybody is asked; tell what was read back."""
    read_back = recovered(app, now)
    _catch_up(app, now)
    return read_back


# --- the same steps, shared by several machines -----------------------------------------------------------


async def read_part(
    app: App, now: datetime, among: Collection[str], choose: Choose
) -> tuple[tuple[SourceReport, ...], tuple[Incident, ...]]:
    """Read those of some origins that are due, and decide what happened to them; see `read_some`."""
    sources = await read_some(app, now, among, choose)
    return sources, settle_incidents(app, now, sources)


def settle_parts(app: App, now: datetime) -> None:
    """Bring the store in order after origins were read, by whomever."""
    enforce(app, now)
    with app.store.alone():  # what is settled is decided from copies that nobody may change meanwhile
        settle_stock(app, now, [one.spec.name for one in app.readings if one.spec.retention])


def publish_parts(app: App, now: datetime) -> RunReport:
    """Read the pages of posts that are wanted, and publish what is stored, after `settle_parts`.

    Raises PublishError when the output folder can not be written to.
    """
    make_ready(app.output)
    pages = _read_wanted(app, now)
    published = put_out(app, Choices(), partial(_foretelling_alone, app, now))
    return RunReport(
        sources=(),
        feeds=published.feeds,
        beside=published.beside,
        held=published.held,
        pages=pages,
        saved=_save_posts(app),
    )


def note_entries(store: Store, feeds: Sequence[FeedReport]) -> None:
    """Note how many entries the feeds have that were written."""
    noted = json.dumps({one.name: one.entries for one in feeds}, sort_keys=True)
    if noted != store.memo(ENTRIES):
        store.keep_memo(ENTRIES, noted)


def noted_entries(store: Store) -> tuple[FeedReport, ...]:
    """Give what whoever wrote the feeds last noted of them."""
    noted = json.loads(store.memo(ENTRIES) or "{}")
    return tuple(FeedReport(name=name, entries=count) for name, count in noted.items())


def _save_posts(app: App) -> KeepReport | None:
    """Save posts as files, where the configuration wants that."""
    if not any([*(spec.save_to for spec in app.feeds), *(one.spec.save_to for one in app.readings)]):
        return None
    from feedbraid.keep import keep_posts  # noqa: PLC0415  # reads and writes seeds: only where posts are saved

    return keep_posts(app, app.folder)
