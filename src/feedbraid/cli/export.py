"""`feedbraid export`: posts as seed files, and the list of sources as OPML, to take them elsewhere."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid.config import load_config
from feedbraid.configvalues import nearest
from feedbraid.errors import ConfigError, PublishError
from feedbraid.model import Channel, FeedSpec, OriginSpec
from feedbraid.publish import Disk, write_whole
from feedbraid.settings import Config
from feedbraid.stores import is_there
from feedbraid.text import counted
from feedbraid.urls import strip_secrets
from feedbraid.wire import opened

from . import About, Command
from ._said import complain, deliver, note

if TYPE_CHECKING:
    from feedbraid.app import App
    from feedbraid.keep import Stock
    from feedbraid.pages import FeedLine, SourceLine

EXIT_DIFFERENT = 1

STANDARD_OUTPUT = "-"

LOOSE = "In no feed"
"""The folder of sources that no feed has."""


class Unhurried(Disk):
    """Files that are not waited for one by one: what is copied can be copied again."""

    def sync(self, path: Path) -> None:
        """Leave it to the system when a file is on the disk."""


UNHURRIED = Unhurried()


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--posts", metavar="DIR", help="write every post as a seed file into this folder")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--feed", metavar="NAME", help="posts of this feed only, as it publishes them")
    which.add_argument("--source", metavar="NAME", help="posts of this source only, as it states them")
    parser.add_argument(
        "--opml",
        nargs="?",
        const=STANDARD_OUTPUT,
        metavar="FILE",
        help="write the list of sources, each feed a folder; without FILE to standard output",
    )
    parser.add_argument("--force", action="store_true", help="write over files that differ")
    parser.add_argument("--dry-run", action="store_true", help="show what would happen; write nothing")


def _execute(args: argparse.Namespace) -> int:
    if args.posts is None and args.opml is None:
        raise _wrong(args, "", "say what is wanted: posts with --posts DIR, the list of sources with --opml")
    if args.posts is None and (args.feed or args.source):
        raise _wrong(
            args, "--feed" if args.feed else "--source", "it chooses posts; say where they go: --posts DIR"
        )
    config = load_config(Path(args.config))
    codes = [_export_posts(args, config)] if args.posts is not None else []
    codes += [_export_opml(args, config)] if args.opml is not None else []
    return max(codes)


def _wrong(args: argparse.Namespace, path: str, message: str) -> ConfigError:
    return ConfigError.of(args.config, message, path)


# --- posts ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Counts:
    """What became of the posts."""

    by_fate: Counter[str] = field(default_factory=Counter)
    differing: list[str] = field(default_factory=list)


def _export_posts(args: argparse.Namespace, config: Config) -> int:
    origins = {spec.name: spec for spec in (*config.seeds, *config.sources)}
    feeds = {spec.name: spec for spec in config.feeds}
    _check_name(args, "--source", args.source, origins)
    _check_name(args, "--feed", args.feed, feeds)
    if not is_there(config.place):  # a store is not made where there is none
        raise _wrong(args, "", "there are no posts yet to export; run `feedbraid run` first")
    folder = Path(args.posts)
    with opened(config) as app:
        stock = _stock(app, feeds.get(args.feed), args.source)
        counts = _write_posts(app, stock, folder, args)
    for path in counts.differing:
        complain(f"feedbraid: {path} differs from the post, and stays as it is; --force writes over it")
    note(f"feedbraid: {_summary(counts, stock, args)}")
    for name in _seeds_at(config, folder):
        complain(
            f"feedbraid: {folder} is in the seeds {name!r}: at the next run these posts stand for those of their "
            "sources, which change them no more; `save_to` in the configuration saves posts that stay theirs"
        )
    return EXIT_DIFFERENT if counts.differing else 0


def _seeds_at(config: Config, folder: Path) -> list[str]:
    """Name the folders of seeds of which a folder is a part."""
    return [
        spec.name
        for spec in config.seeds
        for location in spec.locations
        if "*" not in location and folder.resolve().is_relative_to((config.folder / location).resolve())
    ]


def _check_name(args: argparse.Namespace, option: str, name: str | None, known: Mapping[str, object]) -> None:
    if name is not None and name not in known:
        kind = option.removeprefix("--")
        raise _wrong(args, option, f"there is no {kind} {name!r}; {nearest(name, known)}")


def _stock(app: App, feed: FeedSpec | None, source: str | None) -> Stock:
    from feedbraid.keep import stock_of, stock_of_feed  # noqa: PLC0415  # the parsers of posts, only for posts (D23)

    if feed is not None:
        return stock_of_feed(app, feed)
    return stock_of(app, [source] if source else [])


def _write_posts(app: App, stock: Stock, folder: Path, args: argparse.Namespace) -> _Counts:
    from feedbraid.keep import EXTENSION, seed_reading, written  # noqa: PLC0415  # as above
    from feedbraid.seedtext import seed_name  # noqa: PLC0415  # as above

    counts, reading = _Counts(), seed_reading(app)
    keys = list(stock.merged)
    names = stock.names(keys)
    with _made(folder, dry=args.dry_run):
        for post in stock.posts(keys):
            made = written(post, reading)
            if made.remark:
                complain(f"feedbraid: {post.entry.link or post.entry.title or post.id}: {made.remark}")
            if not made.text:
                counts.by_fate["left out"] += 1
                continue
            content = made.text.encode()
            plain = seed_name(*stock.known_by(post.key))
            if names[post.key] != plain and _content(folder / f"{plain}{EXTENSION}") == content:
                counts.by_fate["there"] += 1
                continue
            fate = _write(folder / f"{names[post.key]}{EXTENSION}", content, args, counts)
            counts.by_fate[fate] += 1
    return counts


@contextmanager
def _made(folder: Path, *, dry: bool) -> Iterator[None]:
    """Make the folder, and have what was written to it on the disk at the end."""
    try:
        if not dry:
            folder.mkdir(parents=True, exist_ok=True)
        yield
        if not dry:
            Disk().sync(folder)
    except OSError as error:
        raise PublishError(str(folder), error.strerror or str(error)) from error


def _write(target: Path, content: bytes, args: argparse.Namespace, counts: _Counts) -> str:
    """Write a file unless it is there; one that differs only by force. Give what became of it."""
    before = _content(target)
    if before == content:
        return "there"
    if before is not None and not args.force:
        counts.differing.append(str(target))
        return "differs"
    if not args.dry_run:
        write_whole(target, content, UNHURRIED)
    return "written"


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _summary(counts: _Counts, stock: Stock, args: argparse.Namespace) -> str:
    fates = counts.by_fate
    verb = "would write" if args.dry_run else "wrote"
    parts = [f"{verb} {counted(fates['written'], 'post')} to {args.posts.rstrip('/') or '/'}/"]
    parts += [f"{fates['there']} were there already"] if fates["there"] else []
    parts += [f"{fates['differs']} differ"] if fates["differs"] else []
    parts += [f"{fates['left out']} left out"] if fates["left out"] else []
    parts += [f"{stock.held} held back until later, left out"] if stock.held else []
    return ", ".join(parts)


# --- the list of sources ----------------------------------------------------------------------------------


def _export_opml(args: argparse.Namespace, config: Config) -> int:
    from feedbraid.pages import sources_opml  # noqa: PLC0415  # only where it is wanted (D23)

    channels, changed = _channels(config)
    lines = [_feed_line(_folder_of(spec, config), spec.origins, config, channels) for spec in config.feeds]
    in_feeds = {name for spec in config.feeds for name in spec.origins}
    loose = tuple(spec.name for spec in config.sources if spec.name not in in_feeds)
    lines += [_feed_line(LOOSE, loose, config, channels)] if loose else []
    for spec in config.sources:
        reason = _unlisted(spec)
        if reason:
            complain(f"feedbraid: {spec.name}: {reason}")
    title = config.site.title or "Sources"
    content = sources_opml(title, lines, changed, owner=config.site.author)
    if args.opml == STANDARD_OUTPUT:
        deliver(content.decode())
        return 0
    return _write_opml(Path(args.opml), content, args, sum(spec.kind == "web" for spec in config.sources))


def _folder_of(spec: FeedSpec, config: Config) -> str:
    """Name a feed by its title, unless it only has that of the whole site, as others may."""
    return spec.name if spec.title in ("", config.site.title) else spec.title


def _write_opml(target: Path, content: bytes, args: argparse.Namespace, count: int) -> int:
    counts = _Counts()
    try:
        fate = _write(target, content, args, counts)
    except OSError as error:
        raise PublishError(str(target), error.strerror or str(error)) from error
    if fate == "differs":
        complain(f"feedbraid: {target} differs, and stays as it is; --force writes over it")
        return EXIT_DIFFERENT
    verb = "would write" if args.dry_run else "wrote"
    note(
        f"feedbraid: {target} is as before"
        if fate == "there"
        else f"feedbraid: {verb} {counted(count, 'source')} to {target}"
    )
    return 0


def _channels(config: Config) -> tuple[dict[str, Channel], datetime | None]:
    """Give what sources say of themselves, and when one last changed; nothing where no store is yet."""
    if not is_there(config.place):
        return {}, None
    with opened(config) as app:
        states = app.store.states()
    names = {spec.name for spec in config.sources}
    own = [state for name, state in states.items() if name in names]
    changed = max((state.changed for state in own if state.changed), default=None)
    return {state.name: state.channel for state in own if state.channel}, changed


def _feed_line(title: str, origins: tuple[str, ...], config: Config, channels: Mapping[str, Channel]) -> FeedLine:
    from feedbraid.pages import FeedLine  # noqa: PLC0415  # as above

    specs = {spec.name: spec for spec in config.sources}
    return FeedLine(
        title=title,
        subtitle="",
        address="",
        home="",
        language="",
        entries=0,
        updated=None,
        siblings=(),
        sources=tuple(_source_line(specs[name], channels.get(name)) for name in origins if name in specs),
    )


def _source_line(spec: OriginSpec, channel: Channel | None) -> SourceLine:
    from feedbraid.pages import SourceLine  # noqa: PLC0415  # as above

    stated = channel or Channel()
    return SourceLine(
        name=spec.name,
        title=spec.title or stated.title or spec.name,
        feed_url=strip_secrets(spec.locations[0]) if spec.kind == "web" else "",
        link=stated.link,
    )


def _unlisted(spec: OriginSpec) -> str:
    """Say what of a source the list does not have."""
    if spec.kind != "web":
        return "it is a file here, and no address on the web: it is not in the list"
    has_secret = strip_secrets(spec.locations[0]) != spec.locations[0]
    return "its address has a secret in it, which is left out of the list" if has_secret else ""


COMMAND = Command(
    summary="write posts as seed files, or the list of sources as OPML",
    example="feedbraid export --posts backup/",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        With --posts, every post that is stored becomes a file in the format of seeds, `2021-01-27-title.md`, those
        of archives included: for a site that is built of such files, for another instance, or to keep. Posts that
        are held back are left out. A file that is there already and differs is never written over, but named,
        unless --force is given.

        With --opml, the configured sources are listed as feed readers and other instances import them, each feed
        a folder. Secrets are left out. Nobody is asked over the network.
        """,
        group="keep",
        examples=("feedbraid export --posts site/_posts --feed all", "feedbraid export --opml sources.opml"),
        exits=(0, (1, "files that differ were left as they are"), 2, 3, 4),
        see=("import", "add"),
    ),
)
