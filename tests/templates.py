"""The templates of what runs an instance, with their marks filled in."""

from __future__ import annotations

import os
import shutil

import pytest

from conftest import REPOSITORY
from feedbraid.scaffold import WITH, pieces

SCAFFOLD = REPOSITORY / "src" / "feedbraid" / "scaffold"
MARKS = {
    "TITLE": "Harbour mirror",
    "URL": "https://example.org/feeds/",
    "HOST": "example.org",
    "PATH": "/feeds/",
    "PATTERN": "/feeds/",
    "FOLDER": "/srv/feeds",
    "COMMAND": "/usr/local/bin/feedbraid",
}


def templates(kind: str, **others: str) -> dict[str, str]:
    """Give the files of a kind as `feedbraid init` writes them, by their paths."""
    return {one.path: one.content.decode() for one in pieces(kind, {**MARKS, **others})}


TEMPLATES = {f"{kind}/{path}": text for kind in WITH for path, text in templates(kind).items()}
"""All of them, by kind and path."""


def found(name: str) -> str | None:
    """Give the path of a program of the system, if it is installed."""
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")


def tool(name: str) -> str:
    """Give the path of a program of the system; a test that needs it is skipped where it is missing."""
    path = found(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path
