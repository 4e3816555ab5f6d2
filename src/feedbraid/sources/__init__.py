"""Source kinds: one file each, exporting `OPEN`.

A source is asked for what it has, is told what is known of it, and answers with an outcome. It never raises
for trouble at the far end: that is a `Failed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from feedbraid.model import Known, Outcome


class Source(Protocol):
    """One origin that can be read."""

    async def read(self, known: Known) -> Outcome:
        """Read the origin as it is now."""
        ...
