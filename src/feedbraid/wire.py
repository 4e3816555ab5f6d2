"""Configuration → `App`: the only module that picks concrete parts."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from feedbraid import __version__
from feedbraid.addresses import is_database
from feedbraid.app import App, ReadPage
from feedbraid.backups import copy_parts
from feedbraid.errors import FilterMissing, StoreError
from feedbraid.filters import Filter, Setting, Step
from feedbraid.formats import Format
from feedbraid.model import FilterSpec, OriginSpec, Reading
from feedbraid.nouns import dataclass
from feedbraid.registry import load_plug, plug_names
from feedbraid.settings import Config
from feedbraid.sources import Open, Source, Tools
from feedbraid.store import Store
from feedbraid.stores import Fences, copy_store, is_there, open_store

if TYPE_CHECKING:  # a run in which nothing is due imports neither the fetcher nor the parser (D23)
    from feedbraid.fetch import Permits
    from feedbraid.workers import Workers

AT_A_TIME = 2
"""Large documents of this machine that are held, as of those that are fetched."""

MOST_PARSERS = 4
"""Parser processes, at most; and never more than the machine has processors."""


def parsers() -> int:
    """Give how many parser processes there may be on this machine."""
    return min(os.cpu_count() or 1, MOST_PARSERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What the work of several machines needs: leave to ask hosts, leases to write with, doors that stay open."""

    permits: Permits | None = None
    fences: Fences = tuple
    workers: Workers | None = None
    """Parser processes that are not ended with the work."""


ALONE = Shared()


@contextmanager
def opened(config: Config, shared: Shared = ALONE) -> Iterator[App]:
    """Give the app of a configuration, with its store open."""
    store = open_store(config.place, shared.fences)
    try:
        yield build(config, store, shared)
    finally:
        store.close()


@contextmanager
def rehearsed(config: Config) -> Iterator[App]:
    """Give the app with a copy of its store, so that a pass can be tried and leaves no trace."""
    import tempfile  # noqa: PLC0415  # only for rehearsals (D23)

    with tempfile.TemporaryDirectory(prefix="feedbraid-") as folder:
        store = open_store(str(_copy(config, Path(folder))))
        try:
            yield build(config, store)
        finally:
            store.close()


def _copy(config: Config, folder: Path) -> Path:
    """Copy the store to a file in a folder; where there is none yet, there is no file."""
    if is_database(config.store):
        copied = folder / "state.db"
        if is_there(config.store):
            copy_store(config.store, str(copied))
        return copied
    original = config.folder / config.store
    if original.is_dir():
        raise StoreError(str(original), "a folder stands where the store should be")
    return copy_parts(original, folder)


def build(config: Config, store: Store, shared: Shared = ALONE) -> App:
    """Put the parts together."""
    return App(
        readings=tuple(_reading(config, spec) for spec in (*config.seeds, *config.sources)),
        feeds=config.feeds,
        store=store,
        open_sources=partial(_open_sources, config, shared),
        load_format=load_format,
        output=config.folder / config.output,
        site=config.site,
        health=config.health,
        publish=config.publish,
        version=__version__,
        make_filter=partial(
            make_filter, Setting(config.cleaning, str(config.folder), may_execute=config.may_execute)
        ),
        open_pages=partial(_open_pages, config, shared),
        block=config.block,
        folder=config.folder,
    )


def shared_anew(app: App, config: Config, shared: Shared) -> App:
    """Give the same app with other doors: nothing of it costs more where there are more sources."""
    return replace(
        app,
        open_sources=partial(_open_sources, config, shared),
        open_pages=partial(_open_pages, config, shared),
    )


def _reading(config: Config, spec: OriginSpec) -> Reading:
    return Reading(spec=spec, keys=config.keys, cleaning=config.cleaning, authority=config.authority)


@cache
def load_format(name: str) -> Format:
    """Load an output format by its name."""
    return cast("Format", load_plug("feedbraid.formats", name, "FORMAT"))


def make_filter(setting: Setting, spec: FilterSpec) -> Step:
    """Make a filter of its configuration. Raises FilterMissing when it can not work here."""
    try:
        if spec.name not in plug_names("feedbraid.filters"):
            from feedbraid.filters import _trust  # noqa: PLC0415  # pydantic: only where another package adds a filter

            return _trust.made(spec.name, spec.options, setting)
        kind = cast("Filter", load_plug("feedbraid.filters", spec.name, "FILTER"))
        return kind.build(kind.options.model_validate_json(spec.options), setting)
    except (LookupError, ValueError, ImportError) as error:
        raise FilterMissing(spec.name, str(error)) from error


@asynccontextmanager
async def _open_sources(
    config: Config, shared: Shared, specs: Sequence[OriginSpec]
) -> AsyncIterator[Mapping[str, Source]]:
    """Open the doors that the sources need, and no others (D23)."""
    async with AsyncExitStack() as doors:
        tools = await _tools(config, shared, {spec.kind for spec in specs}, doors)
        yield {spec.name: _opener(spec.kind)(_reading(config, spec), tools) for spec in specs}


async def _tools(config: Config, shared: Shared, kinds: set[str], doors: AsyncExitStack) -> Tools:
    fetcher = room = None
    workers = shared.workers
    if "web" in kinds:
        from feedbraid.fetch import Fetcher  # noqa: PLC0415  # as above

        fetcher = await doors.enter_async_context(Fetcher(config.fetch, permits=shared.permits))
    if workers is None and kinds & {"web", "file"}:
        from feedbraid.workers import Workers  # noqa: PLC0415  # only when something is parsed (D23)

        workers = await doors.enter_async_context(Workers(parsers()))
    if "file" in kinds:
        import asyncio  # noqa: PLC0415  # as above

        room = asyncio.Semaphore(AT_A_TIME)
    return Tools(
        root=config.folder,
        fetcher=fetcher,
        workers=workers,
        heeds_robots=config.fetch.robots,
        room=room,
        alone=kinds == {"seeds"},
    )


@asynccontextmanager
async def _open_pages(config: Config, shared: Shared) -> AsyncIterator[ReadPage]:
    """Open the doors to pages of posts."""
    from feedbraid.fetch import Fetcher  # noqa: PLC0415  # only when something is fetched (D23)
    from feedbraid.page import MAX_BYTES  # noqa: PLC0415  # as above
    from feedbraid.read_pages import SECONDS, PageReader  # noqa: PLC0415  # as above
    from feedbraid.workers import Workers  # noqa: PLC0415  # as above

    rules = replace(config.fetch, max_bytes=min(config.fetch.max_bytes, MAX_BYTES))
    async with (
        Fetcher(rules, permits=shared.permits) as own,
        Fetcher(replace(rules, allow=()), permits=shared.permits) as others,
        Workers(parsers(), SECONDS) as workers,
    ):
        yield PageReader(own, others, workers.run, config.cleaning, heeds_robots=rules.robots).read


def _opener(kind: str) -> Open:
    return cast("Open", load_plug("feedbraid.sources", kind, "OPEN"))
