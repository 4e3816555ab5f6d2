"""What is served, what is asked, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import Literal, NamedTuple

from feedbraid.kinds import Kind, is_closed
from feedbraid.model import ServedFeed, ServeRules
from feedbraid.nouns import dataclass


class Stamp(NamedTuple):
    """How a file looked when it was read: as long as it looks so, it is the same."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int


Coding = Literal["", "gzip", "br", "zstd"]
"""How a variant is compressed (RFC 9110 8.4.1); empty for not at all."""

CODINGS: tuple[Coding, ...] = ("br", "zstd", "gzip")
"""Those that are made; of two that a reader likes alike, the first one it can have."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The bytes of a file in one coding."""

    coding: Coding
    size: int
    content: bytes | None = field(repr=False)
    """None: too large to be held in memory, it is read from its file each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A published file."""

    path: str
    """Below the output folder, with slashes."""
    kind: Kind
    place: str
    """Where it is on this machine, links resolved."""
    stamp: Stamp
    digest: str
    """Of its bytes: the heart of its entity tags."""
    plain: Variant
    packed: tuple[Variant, ...] = ()
    """Compressed, where that is smaller."""
    is_packed: bool = False
    """Nothing more is to be compressed of it."""
    has_frames: bool = False
    """A page that shows frames of other sites."""

    @property
    def folder(self) -> str:
        """Its folder, with a slash at the end; empty for the top."""
        return self.path[: self.path.rfind("/") + 1]

    @property
    def is_closed(self) -> bool:
        """Tell whether it is a document of an archive, which never changes."""
        return is_closed(self.path, self.kind)

    def tag(self, coding: Coding) -> str:
        """Give the strong entity tag of a variant (RFC 9110 8.8.3)."""
        return f'"{self.digest}-{coding}"' if coding else f'"{self.digest}"'


@dataclass(frozen=True)
class Site:
    """All published files at one moment. It never changes: a new one takes its place."""

    files: Mapping[str, File] = field(default_factory=dict)
    """By path."""
    troubles: tuple[str, ...] = ()
    """Which files are there and can not be served, and why."""

    @cached_property
    def feeds(self) -> Mapping[str, tuple[File, ...]]:
        """The feed documents of each folder; the order is that of importance (N127)."""
        found: dict[str, list[File]] = {}
        for file in self.files.values():
            if file.kind.role == "feed":
                found.setdefault(file.folder, []).append(file)
        return {folder: tuple(sorted(files, key=_importance)) for folder, files in found.items()}

    @cached_property
    def packed(self) -> int:
        """Bytes of memory that compressed variants take."""
        return sum(variant.size for file in self.files.values() for variant in file.packed)


def _importance(file: File) -> tuple[int, str]:
    order = ("application/atom+xml", "application/rss+xml", "application/feed+json")
    kind = file.kind.media_type
    return (order.index(kind) if kind in order else len(order), file.path)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came from the network."""

    method: str
    target: str
    headers: Mapping[str, str]
    peer: str
    """The address of the other end; `UNIX` at a socket of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client asks, and what is known of it."""

    method: str
    target: str
    """As it came: with escapes and query."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By name in small letters; several of one name are joined with commas."""
    user: str = ""
    """Who it has proved to be; empty for nobody."""
    wait: int = 0
    """Seconds that it has to wait, because it asked too often; 0 when it need not."""


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A body that is read from a file while it is sent."""

    place: str
    stamp: Stamp


Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. A body of None is no body at all, whatever `Content-Length` says (HEAD, 304)."""

    status: int
    headers: Headers
    body: bytes | OnDisk | None = None


@dataclass(frozen=True)
class Rules:
    """How files are served: the configuration, ready for use."""

    spec: ServeRules = field(default_factory=ServeRules)
    address: str = "http://localhost:8080/"
    """The public address of the output folder, with a slash at the end."""
    hubs: tuple[str, ...] = ()
    """Addresses of WebSub hubs that tell of news in all feeds."""

    @cached_property
    def feeds(self) -> Mapping[str, ServedFeed]:
        """What is special about feeds, by name."""
        return {one.name: one for one in self.spec.feeds}

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """Former names of feeds, each with the name that holds now."""
        return dict(self.spec.renamed)

    @cached_property
    def is_guarded(self) -> bool:
        """Tell whether anything needs a user name and a password."""
        return bool(self.spec.users)
