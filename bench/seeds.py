"""5,000 seeds in the sample format: `python bench/seeds.py`.

Builds: cold (read, cleaned, stored, published with all archives), with nothing changed, and with one seed edited.
Then the step of it that python-frontmatter does, too, of which the goals are: files are read and parted into
head and body, or are seen to be as they were. Each side tells the CPU time of that step alone.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from _measure import Command, Goal, compare, feedbraid, print_table, ratio_of, say
from _peers import Peers
from _scenario import run
from _worlds import write_seeds

BARE_HEADS = """
import sys, yaml, pathlib
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.md")):
    head, body = path.read_text("utf-8-sig")[4:].split("\\n---\\n", 1)
    yaml.load(head, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""

LIBRARY_READS = """
import sys, time, pathlib, frontmatter
began = time.process_time()
for path in sorted(pathlib.Path(sys.argv[1], "seeds").glob("*.md")):
    try:
        frontmatter.load(path)
    except Exception:
        pass  # real heads are not always what YAML allows
print(time.process_time() - began)
"""

WE_READ = """
import sys, time, pathlib
from feedbraid.frontmatter import read_front_matter
began = time.process_time()
for path in sorted(pathlib.Path(sys.argv[1], "seeds").glob("*.md")):
    read_front_matter(path.read_text("utf-8-sig", errors="replace"), path.name)
print(time.process_time() - began)
"""

WE_SEE_NO_CHANGE = """
import sys, time, asyncio, functools, pathlib
from feedbraid.model import Known, OriginSpec, Reading, Unchanged
from feedbraid.sources.seeds import SeedFolder
from feedbraid.store.sqlite import sqlite_store
root = pathlib.Path(sys.argv[1])
store = sqlite_store(root / ".feedbraid/state.db")
source = SeedFolder(Reading(spec=OriginSpec(name="posts", kind="seeds", locations=("seeds/",))), root)
async def look():
    began = time.process_time()
    known = Known(state=store.states()["posts"], files=functools.partial(store.files, "posts"))
    outcome = await source.read(known)
    print(time.process_time() - began)
    assert isinstance(outcome, Unchanged), outcome
asyncio.run(look())
store.close()
"""

COLD, READ, SAME, ONE = (
    "feedbraid build, cold",
    "feedbraid build, cold, no archives",
    "feedbraid build, nothing changed",
    "feedbraid build, one seed edited",
)
HEADS = "libyaml, all heads"


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

    commands = [
        Command(COLD, build, str(whole), forgetting(whole)),
        Command(SAME, build, str(whole)),
        Command(ONE, build, str(whole), edit),
        Command(READ, build, str(plain), forgetting(plain)),
        Command(HEADS, [sys.executable, "-c", BARE_HEADS, str(whole / "seeds")]),
    ]
    compare(f"{given.seeds:,} seeds", commands, rounds=given.rounds)
    python = Peers(given.peers).python("naive")
    return bench_step(given, whole, python) if python else []


def bench_step(given: argparse.Namespace, folder: Path, python: str) -> list[Goal]:
    """Measure the step that the library does, too, in turn with it."""
    scripts = {
        "python-frontmatter": (python, LIBRARY_READS),
        "feedbraid, new files": (sys.executable, WE_READ),
        "feedbraid, files as before": (sys.executable, WE_SEE_NO_CHANGE),
    }
    seconds: dict[str, list[float]] = {name: [] for name in scripts}
    for _ in range(given.rounds):
        for name, (interpreter, script) in scripts.items():
            argv = [interpreter, "-c", script, str(folder)]
            told = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
            seconds[name].append(float(told))
    library, new, same = seconds.values()
    say(f"**Heads and bodies of {given.seeds:,} seeds** ({given.rounds} rounds)")
    print_table(["", "CPU s of the step"], [[name, f"{median(found):.3f}"] for name, found in seconds.items()])
    return [
        Goal("6", "seeds cold, to python-frontmatter", 0.6, ratio_of(new, library)),
        Goal("6", "seeds unchanged, to python-frontmatter", 0.05, ratio_of(same, library)),
    ]


if __name__ == "__main__":
    run(__doc__, bench, seeds=5000)
