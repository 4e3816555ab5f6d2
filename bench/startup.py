"""What it costs to start: every command against `python -c pass`: `python bench/startup.py`.

First without work (`--version`, the help of each command), then commands that find nothing to do in a folder
with 50 sources which are not due, 200 posts and 20 seeds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from _measure import Command, Goal, compare, feedbraid, judge, measure
from _peers import Peers
from _scenario import options, versions, workplace
from _worlds import document, summary, write_seeds

IDLE = {
    "run": ["run", "--quiet"],
    "build": ["build", "--quiet"],
    "status": ["status"],
    "plan": ["plan"],
    "check": ["check"],
    "explain": ["explain", "https://harbour1.example/2025/1.html"],
    "export": ["export"],
    "schema": ["schema"],
    "doctor": ["doctor"],
}
"""Commands that have nothing to do, or only to look."""

BARE = "python -c pass"


def commands_of() -> list[str]:
    """Give the names of all commands, as the help lists them."""
    told = subprocess.run(feedbraid("--help"), capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  ([a-z]+)  ", told.partition("options:")[0], re.MULTILINE)


def write_instance(folder: Path) -> None:
    """Write an instance that has read all its sources and built all its feeds."""
    for number in range(50):
        (folder / f"{number}.xml").write_bytes(document(number, [summary(place) for place in range(4)]))
    write_seeds(folder / "seeds", 20)
    sources = "".join(f"  s{number}: {number}.xml\n" for number in range(50))
    (folder / "config.yaml").write_text(f"fetch: {{every: 30d, slowest: 30d}}\nsources:\n{sources}")
    measure(Command("run", feedbraid("run", "--quiet"), str(folder)))
    measure(Command("run", feedbraid("run", "--quiet"), str(folder)))


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure what does nothing, then what finds nothing to do."""
    bare = Command(BARE, [sys.executable, "-c", "pass"])
    helps = {"--version": ["--version"], "--help": ["--help"]}
    names = commands_of()
    helps |= {f"{name} --help": [name, "--help"] for name in (names[:1] if given.quick else names)}
    wordless = [Command(name, feedbraid(*argv), str(folder)) for name, argv in helps.items()]
    costs = compare("Start, and no work", [bare, *wordless], rounds=given.rounds)
    write_instance(folder)
    idle = {"run": IDLE["run"]} if given.quick else IDLE
    looks = [
        Command(f"feedbraid {name}", feedbraid(*argv), str(folder), ends_with=(0, 1))
        for name, argv in idle.items()
    ]
    done = compare("Nothing to do", [bare, *looks], rounds=given.rounds)
    return [
        Goal("7", "--version, to python -c pass", 1.5, costs.ratio("--version", BARE)),
        Goal("7", "--help, to python -c pass", 3, costs.ratio("--help", BARE)),
        Goal("7", "run with nothing due, CPU seconds", 0.25, done.value("feedbraid run", "cpu")),
        Goal("7", "run with nothing due, wall seconds", 0.25, done.value("feedbraid run", "wall")),
    ]


def main() -> None:
    """Measure, and judge."""
    given = options(__doc__, rounds=11)
    versions(Peers(""))
    with workplace() as folder:
        judge(bench(given, folder), given.results)


if __name__ == "__main__":
    main()
