"""What it costs as work grows: `python bench/growth.py [--million] [--picture FILE]`.

100, 1,000 and 10,000 sources of 20 summaries each, read for the first time and with nothing changed; 10,000 and
100,000 stored posts, and a million with --million, which takes half an hour and 6 GB of disk: built with nothing
changed, and after one new post. `--picture` draws the curves as SVG.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from _measure import Command, Goal, compare, exactly, judge, measure, print_table
from _peers import Peers
from _picture import Panel, draw
from _scenario import as_command, expecting, options, ourselves, versions
from _site import sites
from build import BUILD, FILL, add_post

Figures = dict[str, dict[int, tuple[float, float]]]
"""Of each thing that is measured, by how much there was: CPU seconds, and peak MiB of the largest process."""

COLD, SAME, IDLE, NEW = "first run", "nothing changed", "build, nothing changed", "build, one new post"


def growing_sources(given: argparse.Namespace, folder: Path, counts: list[int]) -> Figures:
    """Measure passes over more and more sources."""
    figures: Figures = {COLD: {}, SAME: {}}
    for count in counts:
        place = folder / str(count)
        place.mkdir()
        with sites(count, length=0) as served:
            ours = ourselves(place, served)
            ours.keep("fresh")
            cold = as_command(ours, "fresh", served.answer, expecting(served, COLD, **{"200": count}))
            costs = compare(f"{count:,} sources, first run", [_named(cold, COLD)], rounds=1)
            figures[COLD][count] = costs.median(COLD), costs.most(COLD, "peak")
            same = Command(
                SAME, ours.argv, str(ours.folder), served.answer, expecting(served, SAME, **{"304": count})
            )
            measure(same)
            costs = compare(f"{count:,} sources, nothing changed", [same], rounds=given.rounds)
            figures[SAME][count] = costs.median(SAME), costs.most(SAME, "peak")
        shutil.rmtree(place)
    return figures


def _named(command: Command, name: str) -> Command:
    return Command(name, command.argv, command.cwd, command.before, command.after)


def growing_store(given: argparse.Namespace, folder: Path, counts: list[int]) -> Figures:
    """Measure builds from more and more stored posts."""
    figures: Figures = {IDLE: {}, NEW: {}}
    for count in counts:
        place = folder / f"{count}-posts"
        subprocess.run([sys.executable, str(FILL), str(place), str(count), "0"], check=True)
        first = Command("first build, all archives", BUILD, str(place), add_post(place))
        compare(f"{count:,} stored posts", [first], rounds=1)
        commands = [Command(IDLE, BUILD, str(place)), Command(NEW, BUILD, str(place), add_post(place))]
        for command in commands:
            measure(command)
        costs = compare(f"{count:,} stored posts, published before", commands, rounds=given.rounds)
        for name in (IDLE, NEW):
            figures[name][count] = costs.median(name), costs.most(name, "peak")
        shutil.rmtree(place)
    return figures


def panels(sources: Figures, posts: Figures) -> list[Panel]:
    """Arrange the figures as a picture."""
    return [
        Panel(
            "Time of a source", "sources", "CPU ms per source", {name: _each(one) for name, one in sources.items()}
        ),
        Panel(
            "Memory of a run", "sources", "MiB at the peak", {name: _peaks(one) for name, one in sources.items()}
        ),
        Panel(
            "Time of a build",
            "stored posts",
            "CPU seconds",
            {name.removeprefix("build, "): _seconds(one) for name, one in posts.items()},
        ),
        Panel(
            "Memory of a build",
            "stored posts",
            "MiB at the peak",
            {name.removeprefix("build, "): _peaks(one) for name, one in posts.items()},
        ),
    ]


def _each(figures: dict[int, tuple[float, float]]) -> list[tuple[float, float]]:
    return [(count, 1000 * seconds / count) for count, (seconds, _) in figures.items()]


def _seconds(figures: dict[int, tuple[float, float]]) -> list[tuple[float, float]]:
    return [(count, seconds) for count, (seconds, _) in figures.items()]


def _peaks(figures: dict[int, tuple[float, float]]) -> list[tuple[float, float]]:
    return [(count, peak) for count, (_, peak) in figures.items()]


def show(figures: Figures, what: str) -> None:
    """Print how each figure grows."""
    counts = list(next(iter(figures.values())))
    rows = [[f"{name}, CPU s", *(f"{one[count][0]:.2f}" for count in counts)] for name, one in figures.items()]
    rows += [
        [f"{name}, ms each", *(f"{1000 * one[count][0] / count:.3f}" for count in counts)]
        for name, one in figures.items()
    ]
    rows += [[f"{name}, MiB", *(f"{one[count][1]:.0f}" for count in counts)] for name, one in figures.items()]
    print_table([what, *(f"{count:,}" for count in counts)], rows)


def flat(figures: Figures, what: str) -> list[Goal]:
    """Judge time and memory at the most against those in the middle, where the start counts little."""
    goals = []
    for name, one in figures.items():
        *_, before, last = one
        each = (one[last][0] / last) / (one[before][0] / before)
        goals.append(Goal("growth", f"{name}, time of a {what}, {last:,} to {before:,}", 1.2, exactly(each)))
        peak = one[last][1] / one[before][1]
        goals.append(Goal("growth", f"{name}, peak memory, {last:,} to {before:,}", 1.2, exactly(peak)))
    return goals


def main() -> None:
    """Measure, print, and draw."""
    given = options(__doc__, rounds=3, most_sources=10_000, most_posts=100_000)
    if given.million:
        given.most_posts = 1_000_000
    versions(Peers(""))
    of_sources = [3] if given.quick else [count for count in (100, 1000, 10_000) if count <= given.most_sources]
    of_posts = [20] if given.quick else [n for n in (10_000, 100_000, 1_000_000) if n <= given.most_posts]
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as place:
        folder = Path(place)
        sources = growing_sources(given, folder, of_sources)
        posts = growing_store(given, folder, of_posts)
    show(sources, "sources")
    show(posts, "stored posts")
    if given.picture:
        about = "CPU time and memory as sources and stored posts grow"
        Path(given.picture).write_text(draw(about, panels(sources, posts)), encoding="utf-8")
    if not given.quick:
        judge([*flat(sources, "source"), *flat(posts, "post")], given.results)


if __name__ == "__main__":
    main()
