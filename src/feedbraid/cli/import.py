# ruff: noqa: N999
"""`feedbraid import FILE`: sources from a list that another program kept. Nothing is fetched."""

from __future__ import annotations

import argparse
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from feedbraid import configvalues
from feedbraid.configedit import Value, written
from feedbraid.errors import ConfigError
from feedbraid.masks import masked
from feedbraid.subscriptions import KINDS, Additions, Subscriptions, planned, read_subscriptions
from feedbraid.text import counted

from . import About, Command
from ._amend import Amended, amended_text, feed_name, read_file, replace_file, unpublished
from ._said import complain, note

EXIT_NOTHING_USABLE = 1


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", metavar="FILE", help="OPML, subs.json, a planet's config.ini, or a list"
    )
    parser.add_argument("--as", dest="kind", choices=KINDS, help="what the file is; else its content tells")
    parser.add_argument(
        "--feed", metavar="NAME", help="show its sources in this feed, whatever folders they are in"
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would be added, and change nothing")
    parser.add_argument(
        "--posts", metavar="DIR", help="instead of sources, make seeds of the posts in this folder"
    )
    parser.add_argument("--name", metavar="NAME", help="with --posts: the seeds that they go to; else the first")


def _execute(args: argparse.Namespace) -> int:
    if args.posts is not None:
        from ._import_posts import import_posts  # noqa: PLC0415  # only where posts are imported

        return import_posts(args)
    if args.file is None:
        raise _wrong("import", "name a file, such as feeds.opml, or a folder of posts with --posts")
    read = _read(args)
    file = read_file(Path(args.config))
    feed = feed_name(args.feed) if args.feed is not None else ""
    if file.content is None:
        file = replace(file, text=_beginning(read))
    additions = planned(read.sources, file.known, feed)
    for one in read.unusable:
        complain(f"{args.file}:{one.line}: {masked(one.what) or 'a source'} is left out: {one.reason}")
    if additions.sources or additions.feeds:
        text = amended_text(file, additions)
        if not args.dry_run:
            replace_file(file, text)
    _tell(args, file, read, additions)
    return 0 if read.sources else EXIT_NOTHING_USABLE


def _wrong(file: str, message: str) -> ConfigError:
    return ConfigError.of(file, message)


def _read(args: argparse.Namespace) -> Subscriptions:
    try:
        content = Path(args.file).read_bytes()
    except OSError as error:
        raise _wrong(args.file, error.strerror or str(error)) from error
    try:
        return read_subscriptions(content, args.kind)
    except ValueError as error:
        raise _wrong(args.file, str(error)) from None


def _beginning(read: Subscriptions) -> str:
    """Write the beginning of a new configuration: what the list says of what is published."""
    site: dict[str, Value] = {"title": read.title} if read.title else {}
    with suppress(ValueError):
        site |= {"url": configvalues.folder_address(read.link)} if read.link else {}
    site |= {"author": read.owner} if read.owner else {}
    return written({"site": site}) if site else ""


def _tell(args: argparse.Namespace, file: Amended, read: Subscriptions, additions: Additions) -> None:
    would = "would be " if args.dry_run else ""
    made = f" to {'a new ' if file.content is None else ''}{args.config}" if additions.sources else ""
    counts = [f"{counted(len(additions.sources), 'source')} {would}added{made}"]
    counts += [f"{len(additions.there)} there already"] if additions.there else []
    counts += [f"{len(read.unusable)} left out"] if read.unusable else []
    note(f"feedbraid: {args.file}: {', '.join(counts)}")
    present = {spec.name for spec in file.known.feeds}
    for one in additions.feeds:
        shows = counted(len(one.origins), "source") if one.origins else "everything"
        what = f"shows {shows} more" if one.name in present else f"is new and shows {shows}"
        note(f"feedbraid: the feed {one.name} {what}")
    for remark in read.remarks:
        note(f"feedbraid: {remark}")
    if additions.unpublished:
        complain(f"feedbraid: {unpublished(additions.unpublished, file.known)}")


COMMAND = Command(
    summary="add the sources of another program's list, or the posts of a site; fetches nothing",
    example="feedbraid import subscriptions.opml --dry-run",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Adds the sources of a list that the configuration lacks: OPML, whose folders become feeds; subs.json;
        the config.ini of a planet; or a text with an address in each line, and a name behind it. Nobody is
        asked over the network; the next run reads them. What can not be used is named with its line.

        Without a configuration, one is made; in one that is there, comments and order stay as they are. With
        --posts, the posts of a site become seeds instead.
        """,
        group="start here",
        examples=("feedbraid import planet.ini --feed planet", "feedbraid import --posts _posts/"),
        exits=(
            0,
            (1, "there is nothing in the file that can be used"),
            (2, "the file or the configuration can not be used"),
            (4, "the configuration can not be written"),
        ),
        see=("add", "export", "run"),
    ),
)
