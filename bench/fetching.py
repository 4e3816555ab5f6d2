"""Fetching, measured over loopback: `python bench/fetching.py [unchanged|hostile]`."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from _measure import Command, compare, feedbraid, measure, print_versions
from _site import ETAG, Site, addresses, served
from _worlds import rss

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


def write_config(folder: Path, site: Site, urls: Sequence[str], settings: str = "") -> None:
    """Configure all URLs as sources of one feed."""
    sources = "".join(f"  s{number}: {url}\n" for number, url in enumerate(urls))
    (folder / "config.yaml").write_text(
        f"fetch:\n  allow: ['127.0.0.0/8:{site.port}']\n{settings}sources:\n{sources}"
    )


def bench_unchanged(folder: Path) -> None:
    """1,000 sources on 1,000 hosts of which nothing changed: one conditional request each."""
    with served(Site(rss(0, 20, 1000).encode()), 1000) as site:
        urls = [f"http://{address}:{site.port}/feed" for address in addresses(1000)]
        write_config(folder, site, urls)
        (folder / "urls").write_text("\n".join(urls))
        compare(
            "(the store is filled)",
            [Command("feedbraid run, cold", feedbraid("run", "--quiet"), str(folder))],
            rounds=1,
        )
        bare = [sys.executable, "-c", BARE_HTTPX, str(folder / "urls"), ETAG.decode()]
        compare(
            "1,000 sources, nothing changed: 1,000 conditional requests",
            [
                Command("feedbraid run --force", feedbraid("run", "--quiet", "--force"), str(folder), site.begin),
                Command("bare httpx, the same requests", bare, before=site.begin),
            ],
        )
        print(f"requests of the last command: {site.requests}")


def bench_hostile(folder: Path) -> None:
    """200 good sources, read for the first time, without and with one that drips a byte at a time."""
    ratios = []
    with served(Site(rss(0, 20, 2000).encode()), 201) as site:
        good = [f"http://{address}:{site.port}/feed" for address in addresses(200)]
        slow = f"http://{addresses(201)[-1]}:{site.port}/slow"
        print("\n200 good sources, cold: seconds from the first request to the last good answer\n")
        for number in range(5):
            alone = _seconds(folder, site, good)
            together = _seconds(folder, site, [*good[:100], slow, *good[100:]])
            ratios.append(together / alone)
            print(f"round {number + 1}: {alone:.2f} alone, {together:.2f} beside one hostile, {ratios[-1]:.2f}")
    print(f"median ratio {statistics.median(ratios):.2f}")


def _seconds(folder: Path, site: Site, urls: Sequence[str]) -> float:
    for name in (".feedbraid", "feeds"):
        shutil.rmtree(folder / name, ignore_errors=True)
    write_config(folder, site, urls, "  deadline: 8\n")
    site.begin()
    measure(Command("feedbraid run, cold", feedbraid("run", "--quiet"), str(folder)))
    return site.seconds()


SCENARIOS = {"unchanged": bench_unchanged, "hostile": bench_hostile}


def main() -> None:
    """Run the named scenarios, or all."""
    print_versions(["httpx", "httpcore", "anyio"])
    for name in sys.argv[1:] or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as folder:
            SCENARIOS[name](Path(folder))


if __name__ == "__main__":
    main()
