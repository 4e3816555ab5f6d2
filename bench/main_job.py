"""The main job, measured: `make bench`, or `python bench/main_job.py [seeds|parse|render]`."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from _measure import Command, compare, feedbraid, print_versions
from _worlds import rss, write_seeds

HERE = Path(__file__).resolve().parent

BARE_FRONT_MATTER = """
import sys, yaml, pathlib
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.md")):
    head, body = path.read_text("utf-8-sig")[4:].split("\\n---\\n", 1)
    yaml.load(head, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""

BARE_FEEDPARSER = """
import io, sys, pathlib, feedparser
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    feedparser.parse(io.BytesIO(path.read_bytes()))
"""

RAW_FEEDPARSER = """
import io, sys, pathlib, feedparser
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    feedparser.parse(io.BytesIO(path.read_bytes()), sanitize_html=False, resolve_relative_uris=False)
"""

OUR_PARSER = """
import sys, pathlib
from feedbraid.model import OriginSpec, ParseJob, Reading
from feedbraid.parse import handle
reading = Reading(spec=OriginSpec(name="x", kind="web", locations=()), feed_url="https://harbour.example/feed")
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    assert handle(ParseJob(reading=reading, body=path.read_bytes())).entries
"""

BARE_FEEDGEN = """
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
    entry.author(name="Harbour"); entry.category(term="News")
feed.atom_file(sys.argv[2] + "/atom.xml"); feed.rss_file(sys.argv[2] + "/rss.xml")
json.dump({"items": items}, open(sys.argv[2] + "/feed.json", "w"), ensure_ascii=False)
"""


def bench_seeds(folder: Path) -> None:
    """5,000 posts in the sample format: cold, and again when nothing changed."""
    write_seeds(folder / "seeds", 5000)
    (folder / "config.yaml").write_text("seeds: {posts: seeds/}\n")

    def forget() -> None:
        shutil.rmtree(folder / ".feedbraid", ignore_errors=True)
        shutil.rmtree(folder / "feeds", ignore_errors=True)

    build = feedbraid("build", "--quiet")
    compare(
        "5,000 seeds: read, cleaned, stored, published",
        [
            Command("feedbraid build, cold", build, str(folder), forget),
            Command("feedbraid build, unchanged", build, str(folder)),
            Command(
                "bare: read and parse front matter only",
                [sys.executable, "-c", BARE_FRONT_MATTER, str(folder / "seeds")],
            ),
        ],
    )


def bench_parse(folder: Path) -> None:
    """Forty documents of twenty whole posts: parsed and normalized."""
    for number in range(40):
        (folder / f"{number:02}.xml").write_text(rss(number * 20, 20, 8000), encoding="utf-8")
    size = sum(path.stat().st_size for path in folder.glob("*.xml")) / 1e6
    compare(
        f"Parse and normalize 800 whole posts, {size:.1f} MB",
        [
            Command("feedbraid: gate, parse, clean, normalize", [sys.executable, "-c", OUR_PARSER, str(folder)]),
            Command("bare feedparser, raw (nothing cleaned)", [sys.executable, "-c", RAW_FEEDPARSER, str(folder)]),
            Command("bare feedparser", [sys.executable, "-c", BARE_FEEDPARSER, str(folder)]),
        ],
        rounds=3,
    )


def bench_render(folder: Path) -> None:
    """10,000 stored posts to all formats: a live document and 199 archives."""
    for number in range(4):
        (folder / f"{number}.xml").write_text(rss(number * 2500, 2500, 3000), encoding="utf-8")
    sources = "".join(f"  s{number}: {number}.xml\n" for number in range(4))
    (folder / "config.yaml").write_text(f"sources:\n{sources}")
    compare(
        "(the store is filled)",
        [Command("feedbraid run, cold", feedbraid("run", "--quiet"), str(folder))],
        rounds=1,
    )
    (folder / "bare").mkdir()
    _write_items(folder)
    bare = [sys.executable, "-c", BARE_FEEDGEN, str(folder / "items.json"), str(folder / "bare")]

    def remove_outputs() -> None:
        shutil.rmtree(folder / "feeds")

    compare(
        "10,000 stored posts to Atom, RSS and JSON, live and archives",
        [
            Command("feedbraid build, no file there", feedbraid("build", "--quiet"), str(folder), remove_outputs),
            Command("feedbraid build, nothing changed", feedbraid("build", "--quiet"), str(folder)),
            Command("bare feedgen and json", bare),
        ],
        rounds=5,
    )


def _write_items(folder: Path) -> None:
    """Collect what was published, live and archived, for the yardstick."""
    items = {
        item["id"]: item
        for path in sorted((folder / "feeds/all").rglob("feed.json"))
        for item in json.loads(path.read_bytes())["items"]
    }
    (folder / "items.json").write_text(json.dumps({"items": list(items.values())}), encoding="utf-8")


SCENARIOS = {"seeds": bench_seeds, "parse": bench_parse, "render": bench_render}


def main() -> None:
    """Run the named scenarios, or all."""
    print_versions(["feedparser", "feedgen", "lxml", "nh3", "pyyaml"])
    for name in sys.argv[1:] or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as folder:
            SCENARIOS[name](Path(folder))


if __name__ == "__main__":
    main()
