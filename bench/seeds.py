"""5,000 seeds in the sample format: `python bench/seeds.py`.

Cold (read, cleaned, stored, published with all archives), with nothing changed, and with one seed edited; beside
python-frontmatter reading the same files, and libyaml reading their heads, which both do nothing else.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from _measure import Command, Goal, compare, feedbraid
from _peers import Peers
from _scenario import run
from _worlds import write_seeds

BARE_HEADS = """
import sys, yaml, pathlib
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.md")):
    head, body = path.read_text("utf-8-sig")[4:].split("\\n---\\n", 1)
    yaml.load(head, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""

FRONTMATTER = """
import sys, frontmatter, pathlib
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.md")):
    frontmatter.load(path)
"""

COLD, READ, SAME, ONE = (
    "feedbraid build, cold",
    "feedbraid build, cold, no archives",
    "feedbraid build, nothing changed",
    "feedbraid build, one seed edited",
)
LIBRARY, HEADS = "python-frontmatter, all files", "libyaml, all heads"


def write_instance(given: argparse.Namespace, folder: Path, more: str = "") -> None:
    """Write an instance of seeds only."""
    if given.corpus:
        (folder / "seeds").mkdir(parents=True)
        files = sorted(Path(given.corpus).glob("*.md"))
        for number in range(given.seeds):
            file = files[number % len(files)]
            text = file.read_bytes().replace(b"\nfrom: ", b"\nfrom: https://copy.example/%d?" % number, 1)
            (folder / "seeds" / f"{file.stem}-{number:05}.md").write_bytes(text)
    else:
        write_seeds(folder / "seeds", given.seeds)
    (folder / "config.yaml").write_text(f"seeds: {{posts: seeds/}}\n{more}")


def forgetting(folder: Path) -> Callable[[], None]:
    """Have an instance know and have published nothing."""

    def forget() -> None:
        shutil.rmtree(folder / ".feedbraid", ignore_errors=True)
        shutil.rmtree(folder / "feeds", ignore_errors=True)

    return forget


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure the three builds beside bare reading."""
    whole, plain = folder / "whole", folder / "plain"
    write_instance(given, whole)
    write_instance(given, plain, "feeds: {all: {archive: 0}}\n")
    edited = sorted((whole / "seeds").glob("*.md"))[given.seeds // 2]
    build = feedbraid("build", "--quiet")

    def edit() -> None:
        with edited.open("a", encoding="utf-8") as file:
            file.write("<p>One more line.</p>\n")

    peers = Peers(given.peers)
    commands = [
        Command(COLD, build, str(whole), forgetting(whole)),
        Command(SAME, build, str(whole)),
        Command(ONE, build, str(whole), edit),
        Command(READ, build, str(plain), forgetting(plain)),
        Command(HEADS, [sys.executable, "-c", BARE_HEADS, str(whole / "seeds")]),
    ]
    python = peers.python("naive")
    if python:
        commands.append(Command(LIBRARY, [python, "-c", FRONTMATTER, str(whole / "seeds")]))
    costs = compare(f"{given.seeds:,} seeds", commands, rounds=given.rounds)
    if not python:
        return []
    return [
        Goal("6", "seeds cold, to python-frontmatter", 0.6, costs.ratio(COLD, LIBRARY)),
        Goal("6", "seeds unchanged, to python-frontmatter", 0.05, costs.ratio(SAME, LIBRARY)),
    ]


if __name__ == "__main__":
    run(__doc__, bench, seeds=5000)
