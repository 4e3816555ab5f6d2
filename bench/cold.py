"""A first run: 1,000 sources of 20 posts each, nothing known before: `python bench/cold.py`.

Once with whole posts, once with summaries. Beside feedbraid as it comes, which also publishes archives, JSON and
pages, stands feedbraid publishing only what the stack of the four libraries does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _measure import Goal, compare, judge
from _peers import Peers, naive, posts_script, reader, rss2email
from _scenario import ALIKE, ALIKE_FEEDS, OURS, as_command, expecting, options, ourselves, versions, workplace
from _site import sites


def bench(given: argparse.Namespace, folder: Path, kind: str, length: int) -> list[Goal]:
    """Measure one kind of documents."""
    peers, goals = Peers(given.peers), []
    with sites(given.sources, length=length, corpus=given.corpus if length else "") as served:
        ours = [ourselves(folder, served), ourselves(folder, served, ALIKE, ALIKE_FEEDS)]
        ours = ours[:1] if given.quick else ours
        near = [*ours, *naive(peers, folder, served.urls), *reader(peers, folder, served.urls)]
        far = [*rss2email(peers, folder, served.urls), *posts_script(peers, folder, served.urls)]
        commands = {}
        for one in (*near, *far):
            one.keep("fresh")
            look = expecting(served, one.name, **{"200": given.sources})
            commands[one.name] = as_command(one, "fresh", served.answer, look)
        title = f"{given.sources:,} sources x 20 posts, {kind}, first run"
        costs = compare(title, [commands[one.name] for one in near], rounds=given.rounds)
        if given.peers:
            goals = [
                Goal("1", f"first run, {kind}, to reader", 0.12, costs.ratio(OURS, "reader")),
                Goal(
                    "1", f"peak memory, {kind}, to the naive stack", 0.8, costs.ratio(OURS, near[2].name, "peak")
                ),
            ]
        if far:
            rest = [commands[one.name] for one in (ours[0], *far)]
            compare(f"{title}, further peers", rest, rounds=min(2, given.rounds))
    return goals


def main() -> None:
    """Measure whole posts, then summaries."""
    given = options(__doc__, sources=1000, length=2800)
    versions(Peers(given.peers))
    goals = []
    for kind, length in (("whole posts", given.length), ("summaries", 0)):
        with workplace() as folder:
            goals += bench(given, folder, kind, length)
    judge(goals, given.results)


if __name__ == "__main__":
    main()
