"""One source that drips a byte at a time beside 200 good ones, read for the first time: `python bench/hostile.py`.

It is the time from the first request to the last good answer that must not grow.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from _measure import Command, Goal, Ratio, feedbraid, measure, print_table
from _scenario import ourselves, run
from _site import Sites, sites

DEADLINE, SHORT = 8, 2
"""Seconds for one document, and how many with --quick."""


def seconds(folder: Path, served: Sites, name: str, deadline: int) -> float:
    """Read all sources; gives the time from the first request to the last good answer."""
    settings = f"fetch: {{allow: ['127.0.0.0/8:{served.port}'], deadline: {deadline}}}\n"
    ours = ourselves(folder, served, name, settings=settings)
    served.answer()
    measure(Command(name, feedbraid("run", "--quiet"), str(ours.folder)))
    return served.answer()["seconds"]


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure without and with the hostile one, in turns."""
    count, ratios, rows = given.sources, [], []
    deadline = SHORT if given.quick else DEADLINE
    with sites(count) as good, sites(count + 1, kinds={count // 2: "dripping"}) as mixed:
        for number in range(given.rounds):
            alone = seconds(folder, good, f"good-{number}", deadline)
            beside = seconds(folder, mixed, f"mixed-{number}", deadline)
            ratios.append(beside / alone)
            rows.append([f"round {number + 1}", f"{alone:.2f}", f"{beside:.2f}", f"{ratios[-1]:.2f}"])
    print_table(["", "alone s", "beside one hostile s", "ratio"], rows)
    ratio = Ratio(statistics.median(ratios), min(ratios), max(ratios))
    return [Goal("hostile", "last good answer, beside one that drips", 1.15, ratio)]


if __name__ == "__main__":
    run(__doc__, bench, alone=True, sources=200)
