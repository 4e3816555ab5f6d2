"""`feedbraid compare OLD_FEED`: what the subscribers of another feed would see if they moved to ours."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from feedbraid.compare import Comparison, Match, Ours, Verdict, compare, ours_of
from feedbraid.config import load_config
from feedbraid.configvalues import nearest
from feedbraid.errors import ConfigError
from feedbraid.masks import masked
from feedbraid.model import Failed, FeedSpec, Fresh
from feedbraid.preview import lone_source, read_alone
from feedbraid.settings import Config
from feedbraid.store.memory import MemoryStore
from feedbraid.stores import is_there
from feedbraid.wire import build, opened

from . import About, Command
from ._clock import current_time
from ._said import complain, report, report_json

EXIT_DIFFERENT = 1
EXIT_UNREADABLE = 1

HEADINGS: dict[Verdict, str] = {
    "same": "the same",
    "changed": "changed in place",
    "new": "would look new",
    "double": "in the old feed more than once",
    "older": "older, not shown now",
    "gone": "gone",
}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old_feed", metavar="OLD_FEED", help="address or file of the feed that people have now")
    parser.add_argument("--feed", metavar="NAME", help="which of our feeds they would move to")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON")


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    ours = _ours(config, _chosen(args, config), args.config)
    read = _read_old(config, args.old_feed)
    if isinstance(read, Failed):
        reason = read.reason.removeprefix(f"{args.old_feed}: ")
        complain(f"feedbraid: {args.old_feed} can not be read: {reason}")
        return EXIT_UNREADABLE
    compared = compare([item.entry for item in read.entries], ours, config.keys)
    if args.json:
        facts = {**asdict(compared), "counts": compared.counts, "skipped": [asdict(one) for one in read.skipped]}
        report_json(facts, mask=False)
    else:
        report(_lines(masked(args.old_feed), compared, read))
    return 0 if compared.harmless else EXIT_DIFFERENT


# --- what is compared -------------------------------------------------------------------------------------


def _chosen(args: argparse.Namespace, config: Config) -> FeedSpec:
    feeds = {spec.name: spec for spec in config.feeds}
    if args.feed is None and len(feeds) == 1:
        return config.feeds[0]
    if args.feed in feeds:
        return feeds[args.feed]
    message = (
        f"there are several feeds; say which one subscribers would move to: {', '.join(feeds)}"
        if args.feed is None
        else f"there is no feed {args.feed!r}; {nearest(args.feed, feeds)}"
    )
    raise ConfigError.of(args.config, message, "--feed")


def _ours(config: Config, spec: FeedSpec, file: str) -> Ours:
    """Read our feed; a store is not made where there is none."""
    if is_there(config.place):
        with opened(config) as app:
            ours = ours_of(app, spec)
        if ours is not None:
            return ours
    message = f"the feed {spec.name} has no posts yet to compare with; run `feedbraid run` first"
    raise ConfigError.of(file, message)


def _read_old(config: Config, place: str) -> Fresh | Failed:
    """Read the old feed as it stands: its links keep what we would remove from them."""
    try:
        spec = lone_source(place, config.sources)
    except ValueError as error:
        raise ConfigError.of(place, str(error)) from None
    cleaning = replace(config.cleaning, tracking_parameters=True)
    lone = replace(config, sources=(spec,), seeds=(), feeds=(), cleaning=cleaning, folder=Path())
    return read_alone(build(lone, MemoryStore()), current_time())


# --- what is printed --------------------------------------------------------------------------------------


def _lines(place: str, compared: Comparison, read: Fresh) -> list[str]:
    lines = [f"{place}: {_items(len(compared.matches))}; our feed {compared.feed}: {_items(compared.posts)}", ""]
    lines += [f"{compared.counts.get(verdict, 0):>6} {heading}" for verdict, heading in HEADINGS.items()]
    lines += [f"{compared.added:>6} added: new to everybody"]
    for verdict in HEADINGS:
        if verdict != "same":
            lines += _section(verdict, [match for match in compared.matches if match.verdict == verdict])
    if read.skipped:
        lines += ["", "not compared:"]
        lines += [f"  item {one.ref}: {one.reason}" for one in read.skipped]
    lines += [line for advice in compared.advice for line in ("", advice)]
    ending = "can move unharmed" if compared.harmless else "would notice"
    return [*lines, "", f"feedbraid: subscribers {ending}"]


def _section(verdict: Verdict, matches: Sequence[Match]) -> list[str]:
    if not matches:
        return []
    return ["", f"{HEADINGS[verdict]}:", *(line for match in matches for line in _match_lines(match))]


def _match_lines(match: Match) -> list[str]:
    detail = match.why or ", ".join(match.differs)
    lines = [f"  {match.title or match.link or match.old_id}" + (f" ({detail})" if detail else "")]
    if match.verdict in ("new", "double"):
        return [*lines, f"    old id  {match.old_id}", f"    our id  {match.our_id}"]
    if match.verdict == "gone":
        return [*lines, f"    old id  {match.old_id}", f"    link    {match.link or 'none'}"]
    return lines


def _items(number: int) -> str:
    return "1 item" if number == 1 else f"{number} items"


COMMAND = Command(
    summary="tell which items would look new, changed or gone to subscribers of an old feed who move to ours; "
    "exit code 1 when some would look new or are gone",
    example="feedbraid compare https://old.example/feed.xml --feed all",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        For a move from another republisher, before anybody is redirected: asks for the old feed, or reads its
        file, and compares it with one of ours, item by item. Readers know an item by its id alone, so an item
        with another id is new to everybody. Where a setting would keep the old ids, it is named. The store is
        only read.
        """,
        group="look",
        examples=("feedbraid compare old.xml",),
        exits=(
            (0, "nothing would look new and nothing is gone"),
            (1, "something would or is, or the old feed can not be read"),
            (2, "no such feed, or nothing to compare with yet"),
            3,
        ),
        see=("preview", "explain"),
    ),
)
