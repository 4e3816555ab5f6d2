"""What `feedbraid init` writes: templates of configurations, and of what runs an instance and serves its feeds.

`config/KIND.yaml` is a configuration. Each other folder holds files, laid out as in the folder of an instance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from feedbraid.nouns import dataclass

KINDS = ("feed", "planet", "jekyll", "service")
"""The templates of configurations."""

WITH = ("github", "systemd", "docker", "nginx", "caddy", "cluster")
"""What an instance can be run or served with: a folder each."""

_HERE = Path(__file__).parent
_MARK = re.compile(r"@@([A-Z]{1,20})@@")


@dataclass(frozen=True, slots=True)
class Piece:
    """One file to be written: its path relative to the folder of the instance, and its content."""

    path: str
    content: bytes
    is_program: bool = False


def template(kind: str) -> str:
    """Give the template of a configuration."""
    return (_HERE / "config" / f"{kind}.yaml").read_text(encoding="utf-8")


def pieces(name: str, values: Mapping[str, str], root: Path = _HERE) -> tuple[Piece, ...]:
    """Give the files of a folder of templates, with their marks filled in, sorted by path."""
    folder = root / name
    return tuple(
        Piece(
            str(file.relative_to(folder)),
            filled(file.read_text(encoding="utf-8"), values).encode(),
            is_program=bool(file.stat().st_mode & 0o100),
        )
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    )


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of marks such as `@@TITLE@@`; a mark without a value stays."""
    return _MARK.sub(lambda found: values.get(found[1], found[0]), text)
