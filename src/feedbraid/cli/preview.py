"""`feedbraid preview URL_OR_FILE`: what a source would look like here. Nothing is stored."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from feedbraid.app import App
from feedbraid.config import load_config
from feedbraid.errors import ConfigError, PublishError
from feedbraid.masks import masked
from feedbraid.model import Failed, Feed, FeedSpec, FilterSpec, Fresh, Note
from feedbraid.preview import Item, Preview, lone_feed, lone_source, preview, read_alone
from feedbraid.put_out import current_feed, live_feed
from feedbraid.registry import plug_names
from feedbraid.selection import select
from feedbraid.settings import Config
from feedbraid.store.memory import MemoryStore
from feedbraid.wire import build

from . import About, Command
from ._clock import current_time
from ._numbers import count_of
from ._said import complain, delivering, note, report, report_json

EXIT_UNREADABLE = 1

CONFIG = "config.yaml"
"""Read when it is there; a preview needs none."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="URL_OR_FILE", help="address or file of a feed")
    parser.add_argument("--limit", type=count_of("items", 10), metavar="N", help="show the newest N items only")
    parser.add_argument("--feed", metavar="NAME", help="apply the filters of this feed of the configuration")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--format", choices=plug_names("feedbraid.formats"), help="print the document of a feed of this alone"
    )
    how.add_argument("--html", metavar="FILE", help="write a page for people, which needs no other file")
    how.add_argument("--json", action="store_true", help="print the preview as JSON")
    parser.set_defaults(config=None)


def _execute(args: argparse.Namespace) -> int:
    config = _config(args.config)
    try:
        source = lone_source(args.place, config.sources)
    except ValueError as error:
        raise ConfigError.of(args.place, str(error)) from None
    spec = lone_feed(source, config.site, _filters(config, args))
    lone = replace(config, sources=(source,), seeds=(), feeds=(spec,), folder=Path())
    app = build(lone, MemoryStore())
    read = read_alone(app, current_time())
    if isinstance(read, Failed):
        reason = read.reason.removeprefix(f"{args.place}: ") + _where(read, args.config)
        complain(f"feedbraid: {args.place} can not be read: {reason}")
        return EXIT_UNREADABLE
    if args.format is None and args.html is None:
        everything = replace(spec, limit=args.limit or max(len(read.entries), 1), max_bytes=0)
        selection = select(app, everything, "", app.store.states())
        _show(args, preview(args.place, read, live_feed(app, selection), selection))
        return 0
    return _publish(args, app, replace(spec, limit=args.limit or spec.limit), read)


def _filters(config: Config, args: argparse.Namespace) -> tuple[FilterSpec, ...]:
    """Give the filters of the feed that is named; none when none is."""
    if args.feed is None:
        return ()
    feeds = {spec.name: spec for spec in config.feeds}
    if args.feed not in feeds:
        message = f"there is no feed {args.feed!r}; there are: {', '.join(feeds) or 'none'}"
        raise ConfigError.of(args.config or CONFIG, message, "--feed")
    return feeds[args.feed].filters


def _config(file: str | None) -> Config:
    """Read the configuration that is named, or the one that is here; else all has its default."""
    return load_config(Path(file or CONFIG)) if file or Path(CONFIG).exists() else Config()


def _where(failed: Failed, file: str | None) -> str:
    """Say where a setting belongs that the reason names."""
    if "fetch.allow" not in failed.reason or file or Path(CONFIG).exists():
        return ""
    return f", in a {CONFIG} here or in the file that -c names"


# --- a document or a page ---------------------------------------------------------------------------------


def _publish(args: argparse.Namespace, app: App, spec: FeedSpec, read: Fresh) -> int:
    feed = current_feed(app, spec)
    if feed is None:
        complain(f"feedbraid: {args.place} has no item that can be published")
        for one in read.skipped:
            complain(f"feedbraid: item {one.ref}: {one.reason}")
        return EXIT_UNREADABLE
    if args.html is not None:
        _write_page(feed, args.html)
        return 0
    chosen = app.load_format(args.format)
    document = chosen.render(feed, spec.address + chosen.file_name)
    with delivering():
        sys.stdout.buffer.write(document)
    return 0


def _write_page(feed: Feed, file: str) -> None:
    from feedbraid import pages  # noqa: PLC0415  # only when a page is written

    try:
        Path(file).write_bytes(pages.feed_page(feed, up="", style=pages.STYLE.decode()))
    except OSError as error:
        raise PublishError(file, error.strerror or str(error)) from error
    note(f"feedbraid: wrote {file}")


# --- facts and a table ------------------------------------------------------------------------------------


def _show(args: argparse.Namespace, found: Preview) -> None:
    if args.json:
        report_json(asdict(replace(found, place=masked(found.place))), mask=False)
        return
    report(f"{name:<9} {value}" for name, value in _facts(found))
    if not found.items:
        return
    from ._screen import print_rows  # noqa: PLC0415  # rich only where a table is printed

    rows = [row for item in found.items for row in _rows(item)]
    report([""])
    print_rows(
        ("title, link, enclosures, repairs", "date", "author", "text"),
        [cells for cells, _ in rows],
        [style for _, style in rows],
    )


def _facts(found: Preview) -> list[tuple[str, str]]:
    shown = len(found.items)
    count = str(found.count) if shown == found.count else f"{found.count}, the newest {shown} shown"
    stated = {
        "source": masked(found.place),
        "title": found.title or "none",
        "subtitle": found.subtitle,
        "link": found.link or "none",
        "language": found.language or "not stated",
        "format": found.format,
        "items": count,
        "server": _server(found),
    }
    facts = [(name, value) for name, value in stated.items() if value]
    facts += [("repaired", _told(note)) for note in found.notes]
    facts += [("left out", f"{one.title or one.link}: {one.filter}: {one.reason}") for one in found.left_out]
    facts += [] if found.complete else [("cut", "the document has no end: later items may be missing")]
    return facts + [("skipped", f"item {one.ref}: {one.reason}") for one in found.skipped]


def _server(found: Preview) -> str:
    said = [f"ETag {found.etag}" if found.etag else ""]
    said += [f"Last-Modified {found.last_modified}" if found.last_modified else ""]
    said += [f"fresh for {found.max_age} seconds" if found.max_age else ""]
    return ", ".join(one for one in said if one)


def _rows(item: Item) -> list[tuple[Sequence[str], str]]:
    """Give the row of an item, and below it one for each address and for each thing that was altered.

    They share the widest column, so that a narrow terminal cuts few of them.
    """
    date = item.published or item.updated or "none: when first seen"
    row = (item.title, date, ", ".join(item.authors), _text(item))
    addresses = [item.link or "no link", *(f"enclosure {url}" for url in item.enclosures)]
    below = [(address, "") for address in addresses] + [(_told(note), "dim") for note in item.notes]
    return [(row, "bold"), *(((f"  {line}", "", "", ""), style) for line, style in below)]


def _text(item: Item) -> str:
    if not item.characters and not item.images:
        return "none"
    images = {0: "", 1: ", 1 image"}.get(item.images, f", {item.images} images")
    return f"{item.characters} characters{images}"


def _told(note: Note) -> str:
    return f"{note.rule}: {note.text}"


COMMAND = Command(
    summary="show what a source would look like here, with every repair and its reason; stores nothing",
    example="feedbraid preview https://news.example/feed.xml --limit 5",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Asks one address, or reads one file, and shows each item as it would be published here: every repair
        with its rule, what was left out and why, what the server said. Needs no configuration; if there is a
        config.yaml, its rules hold. Nothing is stored; only --html writes a file.
        """,
        group="look",
        examples=("feedbraid preview feed.xml --format atom", "feedbraid preview feed.xml --html page.html"),
        exits=(
            (0, "it can be read"),
            (1, "it can not be read; the reason is told"),
            2,
            (4, "the page can not be written"),
        ),
        see=("compare", "explain", "run"),
    ),
)
