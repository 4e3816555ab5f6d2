"""Source kinds: one file each, exporting `OPEN`.

A source is asked for what it has, is told what is known of it, and answers with an outcome. It never raises
for trouble at the far end: that is a `Failed`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from feedbraid.model import Known, Outcome, Reading
from feedbraid.nouns import dataclass

if TYPE_CHECKING:  # a run in which nothing is due imports neither the fetcher nor the parser (D23)
    import asyncio

    from feedbraid.fetch import Fetcher
    from feedbraid.workers import Workers


class Source(Protocol):
    """One origin that can be read."""

    async def read(self, known: Known) -> Outcome:
        """Read the origin as it is now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a source may use. Both doors are shared by all sources of a run."""

    root: Path
    """The folder of the configuration: relative paths start here."""
    fetcher: Fetcher | None = None
    """Present when a source of kind "web" is read."""
    workers: Workers | None = None
    """Present when a source of kind "web" or "file" is read."""
    heeds_robots: bool = False
    """Whether robots.txt is asked first."""
    alone: bool = False
    """Folders of seeds alone are read: there is no event loop that has to be kept free."""
    room: asyncio.Semaphore | None = None
    """For large documents on this machine: so many are held at a time. Present when a source of kind "file" is."""


Open = Callable[[Reading, Tools], Source]
"""What `sources/NAME.py` exports as `OPEN`."""
