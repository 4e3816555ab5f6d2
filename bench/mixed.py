"""Good and bad sources together: `python bench/mixed.py`.

Of 1,000 sources 2 % never answer, 5 % answer after two seconds, 2 % fail; the others say 304. No pass can be
quicker than the time that a silent server is given, nor than all waiting divided by the hosts that are asked at
a time. Every source that answers has to be read: a good one that counts as failed ends the bench with an error.
The same is looked at for a first run, where all has to be parsed, too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

from _measure import Command, Goal, Ratio, compare, feedbraid, say
from _scenario import as_command, fill, ourselves, run
from _server import SLOW_SECONDS
from _site import sites

SHARES = {"hanging": 0.02, "slow": 0.05, "failing": 0.02}
SILENCE, PARALLEL = 10.0, 32
"""What feedbraid has unless it is configured otherwise: seconds that a server may be silent, hosts at a time."""


def kinds_of(count: int) -> dict[int, str]:
    """Give the sources that are not good, spread over all, the same each time."""
    free = sorted(range(count), key=lambda number: number * 7919 % 10007)
    return {free.pop(): kind for kind, share in SHARES.items() for _ in range(max(1, round(share * count)))}


def bound_of(kinds: dict[int, str], silence: float, slow: float) -> float:
    """Give the seconds below which no pass can be."""
    waits = {"hanging": silence, "slow": slow, "failing": 0.0}
    return max(silence, slow, sum(waits[kind] for kind in kinds.values()) / PARALLEL)


def failed(folder: Path) -> set[str]:
    """Give the names of the sources that feedbraid says it could not read."""
    said = subprocess.run(feedbraid("status", "--json"), cwd=folder, capture_output=True, text=True, check=False)
    return {source["name"] for source in json.loads(said.stdout) if source["failures"]}


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure a pass of 304, and a first one."""
    kinds = kinds_of(given.sources)
    silence, slow = (2.0, 0.1) if given.quick else (SILENCE, SLOW_SECONDS)
    bad = {f"s{number}" for number, kind in kinds.items() if kind in ("hanging", "failing")}
    with sites(given.sources, kinds=kinds, slow=slow, length=2800, corpus=given.corpus) as served:
        settings = f"fetch: {{allow: ['127.0.0.0/8:{served.port}'], silence_timeout: {silence:g}}}\n"
        ours = ourselves(folder, served, settings=settings)

        def look() -> None:
            if (found := failed(ours.folder)) != bad:
                raise RuntimeError(f"should have failed: {sorted(bad)}; failed: {sorted(found)}")

        served.answer(troubled=False)
        fill([ours], served)
        commands = [
            as_command(ours, "filled", lambda: served.answer(troubled=True), look),
            as_command(ours, "fresh", lambda: served.answer(troubled=True), look),
        ]
        names = "nothing changed", "first run"
        commands = [
            Command(f"feedbraid, {name}", one.argv, one.cwd, before=one.before, after=one.after)
            for name, one in zip(names, commands, strict=True)
        ]
        title = f"{given.sources:,} sources, of them bad: {len(bad)}, slow: {len(kinds) - len(bad)}"
        costs = compare(title, commands, rounds=given.rounds)
    bound = bound_of(kinds, silence, slow)
    wall = costs.value(commands[0].name, "wall")
    say(f"The bound is {bound:g} s. Every source that answered was read, in every round.")
    ratio = Ratio(wall.median / bound, wall.low / bound, wall.high / bound)
    return [Goal("9", "wall with 9 % bad or slow sources, to the bound", 1.3, ratio)]


if __name__ == "__main__":
    run(__doc__, bench, alone=True, sources=1000)
