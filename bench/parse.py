"""Parse and clean: documents of whole posts, read by the library alone and by feedbraid: `python bench/parse.py`.

`feedbraid` is what a parser process does with a document: gate, parse, clean, normalize by all rules. With the
fast reader off, feedparser reads all. `gate, fast reader, nh3` gives what feedparser gives as it comes, and no
more: entries whose bodies are cleaned and whose addresses are absolute. Two processes read the same documents as
`feedbraid run` has them read once many wait; that they are started counts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from _measure import Command, Costs, Goal, compare, figure, judge, print_table
from _peers import Peers
from _scenario import options, versions, workplace
from _worlds import bodies_of, document, post_body

_READ_ALL = "import io, sys, pathlib, feedparser\nfor path in sorted(pathlib.Path(sys.argv[1]).glob('*.xml')):\n"

DEFAULTS = f"{_READ_ALL}    feedparser.parse(io.BytesIO(path.read_bytes()))\n"

RAW = f"""{_READ_ALL}    feedparser.parse(
        io.BytesIO(path.read_bytes()), sanitize_html=False, resolve_relative_uris=False)
"""

RAW_NH3 = f"""import nh3
{_READ_ALL}    found = feedparser.parse(
        io.BytesIO(path.read_bytes()), sanitize_html=False, resolve_relative_uris=False)
    for entry in found.entries:
        for text in entry.get("content") or [entry.get("summary_detail", dict(value=""))]:
            nh3.clean(text["value"])
"""

OURS = """
import sys, pathlib
from feedbraid import parse
from feedbraid.model import OriginSpec, ParseJob, Reading
if sys.argv[2:] == ["feedparser"]:
    parse.read_sound_feed = lambda *_: None
reading = Reading(spec=OriginSpec(name="x", kind="web", locations=()), feed_url="https://harbour.example/feed")
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    assert parse.handle(ParseJob(reading=reading, body=path.read_bytes())).entries
"""

AS_FEEDPARSER = """
import sys, pathlib, nh3
from feedbraid.parse import parse_document
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.xml")):
    found = parse_document(path.read_bytes(), url="https://harbour.example/feed")
    assert found.entries
    for entry in found.entries:
        for text in (*entry.contents, *filter(None, [entry.summary])):
            nh3.clean(text.value, url_relative=("rewrite_with_base", "https://harbour.example/feed"))
"""

PROCESSES = """
import asyncio, sys, pathlib
from feedbraid.model import OriginSpec, ParseJob, Reading
from feedbraid.workers import Workers
reading = Reading(spec=OriginSpec(name="x", kind="web", locations=()), feed_url="https://harbour.example/feed")
async def main():
    count = int(sys.argv[2])
    places = asyncio.Semaphore(2 * count)
    async with Workers(count, long_wait=0) as workers:
        async def read(path):
            async with places:
                assert (await workers.run(ParseJob(reading=reading, body=path.read_bytes()))).entries
        await asyncio.gather(*map(read, sorted(pathlib.Path(sys.argv[1]).glob("*.xml"))))
asyncio.run(main())
"""


def write_documents(given: argparse.Namespace, folder: Path) -> float:
    """Write documents of 20 posts each; gives MB."""
    pool = bodies_of(Path(given.corpus)) if given.corpus else []
    pool = pool or [post_body(number, given.length) for number in range(401)]
    folder.mkdir()
    for number in range(given.documents):
        bodies = [pool[(number * 20 + place) % len(pool)] for place in range(20)]
        (folder / f"{number:04}.xml").write_bytes(document(number, bodies))
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def speeds(costs: Costs, names: Sequence[str], size: float, what: str) -> None:
    """Print MB/s."""
    print_table(
        ["", f"MB/s of {what}"], [[name, figure(size / max(costs.median(name, what), 1e-9))] for name in names]
    )


def bench(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Measure the readers, then one and two processes."""
    place = str(folder / "documents")
    size = write_documents(given, Path(place))

    def script(name: str, text: str, *more: str) -> Command:
        return Command(name, [sys.executable, "-c", text, place, *more])

    alike = "gate, fast reader, nh3"
    ours, slow, one, two = "feedbraid", "feedbraid, by feedparser", "one process", "two processes"
    defaults, raw, cleaned = "feedparser, as it comes", "feedparser, raw", "feedparser, raw, and bare nh3"
    commands = [
        script(ours, OURS),
        script(slow, OURS, "feedparser"),
        script(alike, AS_FEEDPARSER),
        script(defaults, DEFAULTS),
        script(raw, RAW),
        script(cleaned, RAW_NH3),
    ]
    title = f"{given.documents} documents of 20 posts, {size:.1f} MB: parse and clean"
    costs = compare(title, commands, rounds=given.rounds)
    speeds(costs, [command.name for command in commands], size, "cpu")
    pool = compare(
        "The same documents through parser processes",
        [script(one, PROCESSES, "1"), script(two, PROCESSES, "2")],
        rounds=given.rounds,
    )
    speeds(pool, [one, two], size, "wall")
    return [
        Goal("4", "by feedparser, cleaned and normalized, to feedparser raw", 1.2, costs.ratio(slow, raw)),
        Goal("4", "bare feedparser raw and nh3, to feedparser raw", 1.2, costs.ratio(cleaned, raw)),
        Goal(
            "4",
            "the same as feedparser, as it comes: times faster",
            12,
            costs.ratio(defaults, alike),
            at_least=True,
        ),
        Goal("4", "all rules of normalizing: times faster", 12, costs.ratio(defaults, ours), at_least=True),
        Goal("4", "wall of one process to that of two", 1.7, pool.ratio(one, two, "wall"), at_least=True),
    ]


def main() -> None:
    """Measure, and judge."""
    given = options(__doc__, documents=150, length=2800)
    versions(Peers(""))
    if given.quick:
        given.documents = 2
    with workplace() as folder:
        judge(bench(given, folder), given.results)


if __name__ == "__main__":
    main()
