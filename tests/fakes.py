"""Stand-ins for what lies beyond a seam: sources that say what a test has them say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from feedbraid.app import App
from feedbraid.filters import Setting, Step
from feedbraid.model import (
    Believed,
    Channel,
    Entry,
    FeedSpec,
    FilterSpec,
    Fresh,
    Known,
    OriginSpec,
    Outcome,
    Reading,
)
from feedbraid.store import Store
from feedbraid.store.memory import MemoryStore
from feedbraid.wire import load_format, make_filter

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def fresh(*entries: Entry, title: str = "") -> Fresh:
    """Make the outcome of a source that has these entries."""
    items = tuple(Believed(ref=str(one.key), entry=one) for one in entries)
    return Fresh(
        entries=items, channel=Channel(title=title, feed_url="https://voa.example/feed") if title else None
    )


@dataclass
class FakeSource:
    """Answers with the next of its outcomes, the last one for ever; remembers what it was told."""

    outcomes: list[Outcome]
    told: list[Known] = field(default_factory=list)
    pauses: int = 0
    """How many turns of the event loop it takes to answer: lets a test choose the order of arrival."""

    async def read(self, known: Known) -> Outcome:
        """Answer, after letting others go first as often as told."""
        self.told.append(known)
        for _ in range(self.pauses):
            await asyncio.sleep(0)
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


@dataclass
class World:
    """A whole feedbraid over fake sources, a memory store and a temporary folder."""

    output: Path
    sources: dict[str, FakeSource]
    store: Store = field(default_factory=MemoryStore)
    feeds: tuple[FeedSpec, ...] = ()
    opened: list[tuple[str, ...]] = field(default_factory=list)
    on_open: Callable[[], None] = lambda: None
    urls: Mapping[str, str] = field(default_factory=dict)
    """Addresses of sources that are to be on a certain host."""
    steps: Mapping[str, Step] = field(default_factory=dict)
    """Filters by name, beside those that there are."""
    filters: Mapping[str, tuple[FilterSpec, ...]] = field(default_factory=dict)
    """Those of sources, by the name of the source."""

    def app(self) -> App:
        """Put the app together; origins called "posts" are seed folders."""
        specs = [
            OriginSpec(
                name=name,
                kind="seeds" if name == "posts" else "web",
                locations=(self.urls.get(name, f"https://{name}.example/"),),
                filters=self.filters.get(name, ()),
            )
            for name in self.sources
        ]
        return App(
            readings=tuple(Reading(spec=spec) for spec in specs),
            feeds=self.feeds or (feed_spec(*self.sources),),
            store=self.store,
            open_sources=self._open,
            load_format=load_format,
            output=self.output,
            make_filter=self._make_filter,
        )

    def _make_filter(self, spec: FilterSpec) -> Step:
        return self.steps[spec.name] if spec.name in self.steps else make_filter(Setting(), spec)

    @asynccontextmanager
    async def _open(self, specs: Sequence[OriginSpec]) -> AsyncIterator[Mapping[str, FakeSource]]:
        self.on_open()
        self.opened.append(tuple(spec.name for spec in specs))
        yield {spec.name: self.sources[spec.name] for spec in specs}


def feed_spec(*origins: str, name: str = "all", limit: int = 50) -> FeedSpec:
    """Configure a feed of these origins, in this order; it mirrors the only one that is no seed folder."""
    sources = [origin for origin in origins if origin != "posts"]
    return FeedSpec(
        name=name,
        title="All news",
        origins=origins,
        address=f"https://out.example/{name}/",
        home="https://out.example/",
        limit=limit,
        mirror=next(iter(sources), "") if len(sources) == 1 else "",
    )
