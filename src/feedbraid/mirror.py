"""What is to be sent to another place so that it has the same files as the output folder: decided by facts alone.

What was sent before is remembered, so a place that needs nothing is not asked anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from feedbraid import kinds
from feedbraid.codec import digest
from feedbraid.kinds import Kind
from feedbraid.nouns import dataclass
from feedbraid.records import SavedFile
from feedbraid.rules import PublishRules

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file as it is to stand in another place."""

    path: str
    """Below the output folder."""
    content: str
    """The digest of its bytes there; empty when that is not known yet."""
    is_packed: bool = False
    """It is the compressed twin of that file."""
    headers: Headers = ()
    """What comes with it when it is read there."""
    rank: int = 0
    """What has a lower one is sent before."""

    @property
    def key(self) -> str:
        """Its path in the other place."""
        return f"{self.path}.gz" if self.is_packed else self.path

    @property
    def print(self) -> str:
        """A digest of all that is sent of it."""
        return digest(f"{self.content} {self.headers}")


def items_of(files: Mapping[str, str], rules: PublishRules, names: Mapping[str, Kind]) -> Iterator[Item]:
    """Give what has to stand in the other place, of files by path with the digest of each.

    Left out is what belongs to feeds that not everybody may read, and what our own server would not hand out.
    """
    for path, content in files.items():
        kind = kinds.kind_of(path.rpartition("/")[2], names)
        if kind is None or path.partition("/")[0] in rules.hidden:
            continue
        plain = Item(path=path, content=content, headers=_headers(path, kind, rules), rank=_rank(path, kind))
        yield plain
        if rules.compress and kind.text:
            yield Item(
                path=path,
                content=content,
                is_packed=True,
                headers=() if rules.is_folder else (*plain.headers, ("Content-Encoding", "gzip")),
                rank=plain.rank,
            )


def _headers(path: str, kind: Kind, rules: PublishRules) -> Headers:
    """Give the headers that our own server would send, as far as another place can keep them."""
    if rules.is_folder:
        return ()
    keeping = kinds.KEPT_FOR_EVER if kinds.is_closed(path, kind) else kinds.kept(rules.max_age)
    return (
        ("Cache-Control", f"public, {keeping}"),
        ("Content-Type", kinds.content_type(kind, browser_types=rules.browser_types)),
    )


def _rank(path: str, kind: Kind) -> int:
    """Put what others point to before what points there: archives and pictures, feeds, pages, the lists of all."""
    if kinds.is_closed(path, kind) or (kind.role == "other" and path.endswith((".css", *_PICTURES))):
        return 0
    if "/" not in path:
        return 3
    return 1 if kind.role == "feed" else 2


_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be done, in this order."""

    send: tuple[Item, ...] = ()
    remove: tuple[str, ...] = ()
    """Keys of what was sent and is not ours any more."""


def planned(
    items: Mapping[str, Item],
    sent: Mapping[str, SavedFile],
    *,
    stays: Callable[[str], bool] = lambda _: False,
    everything: bool = False,
) -> Plan:
    """Decide what to send and what to remove, of items by key.

    `stays` tells of keys that are not removed although nothing is known of them now; `everything` sends what is
    there already, too.
    """
    send = [one for key, one in items.items() if everything or key not in sent or sent[key].digest != one.print]
    gone = [key for key in sent if key not in items and not stays(key)]
    return Plan(
        send=tuple(sorted(send, key=lambda one: (one.rank, one.key))), remove=tuple(sorted(gone, reverse=True))
    )


def state_of(items: Mapping[str, Item]) -> str:
    """Give a digest that tells whether anything has to be looked at."""
    return digest("\n".join(f"{key} {items[key].print}" for key in sorted(items)))
