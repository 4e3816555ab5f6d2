"""A run in which nothing changed: `python bench/unchanged.py`.

1,000 sources say 304 to a conditional request; then they send the bytes of the last time again, without tags,
which has to be found out. Beside peers stand the same requests by bare httpx and by curl, which do nothing with
the answers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from _measure import Command, Goal, compare
from _peers import Contender, Peers, debian, naive, posts_script, reader, rss2email
from _scenario import OURS, as_command, expecting, fill, ourselves, run
from _site import ETAG, Sites, sites

BARE_HTTPX = """
import asyncio, sys, httpx
urls = open(sys.argv[1]).read().split()
async def main():
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=32)
    places = asyncio.Semaphore(32)
    async with httpx.AsyncClient(limits=limits, trust_env=False) as client:
        async def get(url):
            async with places:
                answer = await client.get(url, headers={"If-None-Match": sys.argv[2]})
                assert answer.status_code == 304
        await asyncio.gather(*map(get, urls))
asyncio.run(main())
"""

SAME = f"{OURS}, sent again without tags"
HTTPX, CURL = "bare httpx, the same requests", "curl --parallel, the same requests"


def limits(folder: Path, served: Sites, ready: Callable[[], object]) -> list[Command]:
    """Give the same requests, with nothing done about the answers."""
    wanted = {"304": served.count}
    (folder / "urls").write_text("\n".join(served.urls))
    lines = "".join(f'url = "{url}"\noutput = /dev/null\n' for url in served.urls)
    (folder / "curl").write_text(lines)
    bare = [sys.executable, "-c", BARE_HTTPX, str(folder / "urls"), ETAG]
    commands = [Command(HTTPX, bare, before=ready, after=expecting(served, HTTPX, **wanted))]
    curl = debian("curl", "curl")
    if curl:
        many = ["--silent", "--parallel", "--parallel-max", "32", "--header", f"If-None-Match: {ETAG}"]
        asked = [curl, *many, "--config", str(folder / "curl")]
        commands.append(Command(CURL, asked, before=ready, after=expecting(served, CURL, **wanted)))
    return commands


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure 304, and the same bytes again."""
    peers, count = Peers(given.peers), given.sources
    with sites(count, length=2800, corpus=given.corpus) as served:
        near: Sequence[Contender] = [ourselves(folder, served)]
        near = [*near, *naive(peers, folder, served.urls), *reader(peers, folder, served.urls)]
        far = [*rss2email(peers, folder, served.urls), *posts_script(peers, folder, served.urls)]
        fill([*near, *far], served)
        tagged, untagged = (
            lambda: served.answer(validators=True, changed=0),
            lambda: served.answer(validators=False, changed=0),
        )
        rest = {
            one.name: as_command(one, "filled", tagged, expecting(served, one.name, **{"304": count}))
            for one in near
        }
        own = near[0]
        again = as_command(own, "filled", untagged, expecting(served, SAME, **{"200": count}))
        same = Command(SAME, again.argv, again.cwd, before=again.before, after=again.after)
        costs = compare(
            f"{count:,} sources, nothing changed (304)",
            [*rest.values(), same, *limits(folder, served, tagged)],
            rounds=given.rounds,
        )
        if far:
            others = [as_command(one, "filled", tagged) for one in far]
            compare(
                f"{count:,} sources, nothing changed (304), further peers",
                [rest[OURS], *others],
                rounds=min(2, given.rounds),
            )
        without = [as_command(one, "filled", untagged) for one in near]
        compare(f"{count:,} sources, the same bytes again (200)", without, rounds=given.rounds)
    goals = [
        Goal("2", "nothing changed, to bare httpx", 1.2, costs.ratio(OURS, HTTPX)),
        Goal("2", "nothing changed, largest process, MiB", 55, costs.value(OURS, "peak")),
        Goal("3", "same bytes again, to 304", 1.5, costs.ratio(SAME, OURS)),
    ]
    if given.peers:
        goals.insert(0, Goal("2", "nothing changed, to reader", 0.5, costs.ratio(OURS, "reader")))
    return goals


if __name__ == "__main__":
    run(__doc__, bench, sources=1000)
