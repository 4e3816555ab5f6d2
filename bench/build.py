"""Writing feeds from what is stored, all archives too: `python bench/build.py`.

15,000 posts: the first build, a build with nothing changed, one after a new post, one after an edited one. Then
1,000 whole posts beside feedgen writing the same ones, and the memory for 100 and for 10,000.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

from _measure import Command, Goal, compare, feedbraid, judge
from _peers import Peers
from _scenario import options, versions, workplace

FILL = Path(__file__).with_name("_fill.py")

BUILD = feedbraid("build", "--quiet")

FEEDGEN = """
import json, sys, datetime
from feedgen.feed import FeedGenerator
items = json.load(open(sys.argv[1]))["items"]
feed = FeedGenerator()
feed.id("urn:x"); feed.title("All"); feed.link(href="https://out.example/"); feed.description("All")
feed.author(name="All")
for item in items:
    entry = feed.add_entry(order="append")
    entry.id(item["id"]); entry.title(item["title"]); entry.link(href=item["url"])
    entry.content(item["content_html"], type="html")
    entry.published(datetime.datetime.fromisoformat(item["date_published"]))
    entry.updated(datetime.datetime.fromisoformat(item["date_published"]))
    entry.author(name="Ann Lee"); entry.category(term="News")
feed.atom_file(sys.argv[2] + "/atom.xml"); feed.rss_file(sys.argv[2] + "/rss.xml")
json.dump({"items": items}, open(sys.argv[2] + "/feed.json", "w"), ensure_ascii=False)
"""

_numbers = count()


def fill(folder: Path, posts: int, length: int) -> None:
    """Fill the store of a folder, of which nothing is published yet; it is kept beside as `filled`."""
    subprocess.run([sys.executable, str(FILL), str(folder), str(posts), str(length)], check=True)
    shutil.copytree(folder / ".feedbraid", folder / "filled")


def unpublish(folder: Path) -> Callable[[], None]:
    """Have nothing been published ever."""

    def prepare() -> None:
        for name in (".feedbraid", "feeds"):
            shutil.rmtree(folder / name, ignore_errors=True)
        for seed in (folder / "seeds").iterdir():
            seed.unlink()
        shutil.copytree(folder / "filled", folder / ".feedbraid")

    return prepare


def lose_files(folder: Path) -> Callable[[], None]:
    """Have everything been published, and the files be gone."""
    return lambda: shutil.rmtree(folder / "feeds")


def add_post(folder: Path) -> Callable[[], None]:
    """Have one more post, a seed: builds ask no source."""

    def prepare() -> None:
        number = next(_numbers)
        (folder / "seeds" / f"2038-{number}.md").write_text(
            f'---\ntitle: "News {number}"\ndate: 2026-06-{1 + number % 28:02}T{number // 28 % 24:02}:00:00Z\n'
            f"link: https://own.example/{number}\n---\n<p>New: {number}.</p>\n"
        )

    return prepare


def edit_post(folder: Path) -> Callable[[], None]:
    """Have one post been edited: the newest seed."""

    def prepare() -> None:
        newest = max((folder / "seeds").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        with newest.open("a") as file:
            file.write("<p>One more line.</p>\n")

    return prepare


def published(folder: Path) -> Path:
    """Collect what was published, live and archived, for the yardstick."""
    items = {
        item["id"]: item
        for path in sorted((folder / "feeds/all").rglob("feed.json"))
        for item in json.loads(path.read_bytes())["items"]
    }
    (folder / "items.json").write_text(json.dumps({"items": list(items.values())}), encoding="utf-8")
    return folder / "items.json"


def builds(folder: Path, title: str = "") -> dict[str, Command]:
    """Give the builds of a folder, in an order in which each finds what it needs."""
    states = {
        "first build": unpublish(folder),
        "nothing changed": lambda: None,
        "one new post": add_post(folder),
        "one post edited": edit_post(folder),
        "files lost": lose_files(folder),
    }
    return {
        name: Command(f"feedbraid, {title}{name}", BUILD, str(folder), before) for name, before in states.items()
    }


def feedgen(folder: Path) -> Command:
    """Give feedgen and json writing the same posts, one document a format. A build has to be there."""
    (folder / "bare").mkdir()
    argv = [sys.executable, "-c", FEEDGEN, str(published(folder)), str(folder / "bare")]
    return Command("feedgen and json, the same posts", argv)


def bench_many(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure the builds of many posts."""
    fill(folder, given.posts, 2800)
    subprocess.run(BUILD, cwd=folder, check=True)
    commands = builds(folder)
    title = f"{given.posts:,} stored posts to Atom, RSS, JSON and pages, with archives"
    costs = compare(title, [*commands.values(), feedgen(folder)], rounds=given.rounds)
    first, same = commands["first build"].name, commands["nothing changed"].name
    return [Goal("8", "an unchanged build, to the first one", 0.1, costs.ratio(same, first))]


def bench_thousand(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure 1,000 whole posts beside feedgen, and the memory of more and fewer."""
    tenth = given.posts // 150
    few, some, many = (5, 10, 15) if given.quick else (tenth, 10 * tenth, 100 * tenth)
    sizes = {few: folder / "few", some: folder / "some", many: folder / "many"}
    for posts, place in sizes.items():
        fill(place, posts, given.length)
        subprocess.run(BUILD, cwd=place, check=True)
    place = sizes[some]
    commands, bare = builds(place), feedgen(place)
    costs = compare(f"{some:,} whole posts", [*commands.values(), bare], rounds=given.rounds)
    lost = {
        posts: Command(f"{posts:,} posts, files lost", BUILD, str(one), lose_files(one))
        for posts, one in sizes.items()
        if posts in (few, many)
    }
    first = {
        posts: Command(f"{posts:,} posts, first build", BUILD, str(one), unpublish(one))
        for posts, one in sizes.items()
    }
    peaks = compare("Memory", [*first.values(), *lost.values()], rounds=1 if given.quick else min(3, given.rounds))
    return [
        Goal("8", "files lost, to feedgen", 0.6, costs.ratio(commands["files lost"].name, bare.name)),
        Goal("8", "one new post, to feedgen", 0.15, costs.ratio(commands["one new post"].name, bare.name)),
        Goal("8", "peak, first build, many to few", 1.3, peaks.ratio(first[many].name, first[few].name, "peak")),
        Goal("8", "peak, files lost, many to few", 1.3, peaks.ratio(lost[many].name, lost[few].name, "peak")),
    ]


def main() -> None:
    """Measure, and judge."""
    given = options(__doc__, posts=15_000, length=8000)
    versions(Peers(""))
    with workplace() as folder:
        goals = bench_thousand(given, folder)
    if not given.quick:  # the same builds again, of more posts
        with workplace() as folder:
            goals += bench_many(given, folder / "many")
    judge(goals, given.results)


if __name__ == "__main__":
    main()
