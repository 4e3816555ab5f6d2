"""The file of posts that are to be forgotten, one a line: so that a lost store, or an older one, brings none back.

It stands beside the configuration, and people may write to it, too:

    https://news.example/a/1    2026-11-23 at the request of its author
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from feedbraid.burial import Wish
from feedbraid.errors import ConfigError
from feedbraid.publish import write_whole

FILE = "forgotten.txt"

_HEAD = """\
# Posts that are never published again: an address a line, and after it why. `feedbraid forget` writes here.
"""


def written_wishes(folder: Path) -> tuple[Wish, ...]:
    """Read the file beside the configuration. Raises ConfigError when it is there and can not be read."""
    return tuple(wish for wish in map(_wish, _lines(folder / FILE)) if wish is not None)


def write_wishes(folder: Path, wishes: Iterable[Wish]) -> None:
    """Add posts to the file. Raises PublishError when that can not be done."""
    lines = _lines(folder / FILE) or _HEAD.splitlines()
    there = {wish.address for wish in map(_wish, lines) if wish is not None}
    new = [f"{wish.address}    {wish.reason}".rstrip() for wish in wishes if wish.address not in there]
    if new:
        _write(folder / FILE, (*lines, *new))


def drop_wishes(folder: Path, addresses: Iterable[str]) -> int:
    """Take posts out of the file, and give how many lines that were. Raises PublishError as above."""
    gone, lines = frozenset(addresses), _lines(folder / FILE)
    kept = [line for line in lines if (wish := _wish(line)) is None or wish.address not in gone]
    if len(kept) < len(lines):
        _write(folder / FILE, kept)
    return len(lines) - len(kept)


def _wish(line: str) -> Wish | None:
    address, *reason = line.split(maxsplit=1) or ("#",)
    return None if address.startswith("#") else Wish(address=address, reason=reason[0] if reason else "")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"it is not UTF-8: byte {error.start} is no text") from error
    except OSError as error:
        raise _unreadable(path, f"it can not be read: {error.strerror}") from error


def _unreadable(path: Path, reason: str) -> ConfigError:
    words = f"{reason}; nothing is published until it can, so that nothing comes back that is to be forgotten"
    return ConfigError.of(str(path), words)


def _write(path: Path, lines: Iterable[str]) -> None:
    write_whole(path, "".join(f"{line}\n" for line in lines).encode())
