"""A run in which a tenth of the sources have one new post each, the others none: `python bench/changed.py`."""

from __future__ import annotations

import argparse
from pathlib import Path

from _measure import Goal, compare
from _peers import Peers, naive, posts_script, reader, rss2email
from _scenario import ALIKE, ALIKE_FEEDS, OURS, as_command, expecting, fill, ourselves, run
from _site import sites


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure one new post in each of a tenth of the sources."""
    peers, count, some = Peers(given.peers), given.sources, max(1, given.sources // 10)
    with sites(count, length=2800, corpus=given.corpus) as served:
        ours = [ourselves(folder, served), ourselves(folder, served, ALIKE, ALIKE_FEEDS)]
        ours = ours[:1] if given.quick else ours
        near = [*ours, *naive(peers, folder, served.urls), *reader(peers, folder, served.urls)]
        far = [*rss2email(peers, folder, served.urls), *posts_script(peers, folder, served.urls)]
        fill([*near, *far], served)
        title = f"{count:,} sources, {some:,} of them with one new post"
        commands = {
            one.name: as_command(
                one,
                "filled",
                lambda: served.answer(validators=True, changed=some),
                expecting(served, one.name, **({"200": some, "304": count - some} if one in near else {})),
            )
            for one in (*near, *far)
        }
        costs = compare(title, [commands[one.name] for one in near], rounds=given.rounds)
        if far:
            rest = [commands[one.name] for one in (ours[0], *far)]
            compare(f"{title}, further peers", rest, rounds=min(2, given.rounds))
    if not given.peers:
        return []
    return [
        Goal("3", "a tenth changed, to the naive stack", 0.3, costs.ratio(OURS, near[2].name)),
        Goal("3", "the same, publishing what it does", 0.3, costs.ratio(ALIKE, near[2].name)),
    ]


if __name__ == "__main__":
    run(__doc__, bench, sources=1000)
