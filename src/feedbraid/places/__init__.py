"""Where published files are brought: a folder, or an object store. All of them pass one contract suite.

A file is written only if the place still has what is believed to be there, told by its tag: so of two writers the
late one loses, and learns of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from feedbraid.nouns import dataclass
from feedbraid.rules import PublishRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A file that is to be brought to a place."""

    key: str
    """Where it belongs there, with slashes."""
    content: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stored:
    """It is there now, and is recognised by its tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something else is there than was believed, or nothing; it stays."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is there."""

    content: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Missing:
    """There is nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """It could not be done: why, and what is to be done about it; without credentials."""

    reason: str
    advice: str = ""
    ends: bool = True
    """Nothing else could be done there, either."""

    def __str__(self) -> str:
        return f"{self.reason}; {self.advice}" if self.advice else self.reason


class Place(Protocol):
    """What every place does. Trouble is a value."""

    async def put(self, load: Load, tag: str) -> Stored | Conflict | Trouble:
        """Bring a file: in the place of the one with this tag, or where there is none when it is empty."""
        ...

    async def get(self, key: str) -> Found | Missing | Trouble:
        """Read a file."""
        ...

    async def remove(self, key: str, tag: str) -> Missing | Conflict | Trouble:
        """Remove a file if it still has this tag; one that is not there is well."""
        ...


def open_place(rules: PublishRules, root: Path) -> Place | Trouble:
    """Open the place that is configured; the path of a folder begins at `root`. Nobody is asked yet."""
    if rules.is_folder:
        from feedbraid.places._folder import Folder  # noqa: PLC0415  # one of them alone is needed

        return Folder.ready(root / rules.to)
    try:
        from feedbraid.places._objects import opened  # noqa: PLC0415  # the library is an extra
    except ImportError:
        return Trouble(reason="the package obstore is missing", advice="pip install 'feedbraid[s3]'")
    return opened(rules)
