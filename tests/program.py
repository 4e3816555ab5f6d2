"""The program as a user starts it: in a folder with a config.yaml, as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nursery import run_program

MOMENT = "2026-03-02T12:00:00Z"
"""The time of a pass, unless a test says otherwise."""


@dataclass(frozen=True)
class Instance:
    """A folder with a configuration, as a user has it."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        """Write a file of the instance; folders are made."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def feedbraid(self, *arguments: str, now: str = MOMENT, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the program to its end and give what it printed."""
        return run_program(arguments, self.folder, {**os.environ, "FEEDBRAID_NOW": now, **env})

    def run(self, *arguments: str, now: str = MOMENT, **env: str) -> dict[str, Any]:
        """Make a pass that must succeed, and give its report."""
        done = self.feedbraid("run", "--json", *arguments, now=now, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def said(self, *arguments: str, code: int = 0, **env: str) -> str:
        """Run the program, which has to end with a code, and give all that it printed."""
        done = self.feedbraid(*arguments, **env)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def outputs(self) -> dict[str, bytes]:
        """Give every published file by its path."""
        folder = self.folder / "feeds"
        return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.*"))}

    def items(self, feed: str = "all") -> list[dict[str, Any]]:
        """Give the items of a feed, from its JSON."""
        items: list[dict[str, Any]] = json.loads((self.folder / "feeds" / feed / "feed.json").read_bytes())[
            "items"
        ]
        return items
