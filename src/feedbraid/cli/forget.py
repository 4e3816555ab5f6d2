"""`feedbraid forget URL`: remove a post everywhere, and keep it out."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from feedbraid.app import App, Choices
from feedbraid.burial import Found, Wish, forget, look_for, remember, removed_under, wishes_for
from feedbraid.config import load_config
from feedbraid.errors import ConfigError
from feedbraid.forgotten import FILE, drop_wishes, write_wishes, written_wishes
from feedbraid.model import CopyHead, EntryKey
from feedbraid.records import Tombstone
from feedbraid.settings import Config
from feedbraid.sources.seeds import path_of
from feedbraid.stores import alone
from feedbraid.text import minute
from feedbraid.wire import opened, rehearsed

from . import About, Command, _named, _pass
from ._clock import current_time
from ._said import complain, note, report, report_json


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="*", metavar="URL", help="address of a post, or the id it is published under")
    parser.add_argument("--reason", default="", metavar="TEXT", help=f"why; it is written to {FILE}")
    parser.add_argument("--undo", action="store_true", help="let the posts come back")
    parser.add_argument("--list", action="store_true", help="list what was removed: forgotten, blocked or expired")
    _pass.add_arguments(parser)


def _execute(args: argparse.Namespace) -> int:
    config = load_config(Path(args.config))
    if args.list:
        return _list(args, config)
    if not args.url:
        raise _wrong(args, "the address of a post is needed, or --list")
    if any(len(url.split()) != 1 or url.startswith("#") for url in args.url):
        raise _wrong(args, "an address has no blanks in it")
    with alone(config, wait=args.wait):
        parts = rehearsed(config) if args.dry_run else opened(config)
        with parts as app:
            _named.read_back(app, config, current_time())
            (_undo if args.undo else _forget)(args, app, config)
    choices = Choices(network=False, allow_shrink=args.allow_shrink, dry=args.dry_run)
    if args.dry_run:
        return 0
    code = _pass.pass_of(args, config, choices)
    if not args.undo:
        _tell_of_leftovers(config, args.url)
    return code


def _tell_of_leftovers(config: Config, addresses: Sequence[str]) -> None:
    """Name files below the output folder that tell of a forgotten post, and that no feed writes any more."""
    with opened(config) as app:
        stones = removed_under(app, addresses)
        ids = [row.id for row in app.store.ledger(EntryKey(one.post) for one in stones).values()]
        written = app.store.fingerprints().keys()
    texts = {text.encode() for one in (*ids, *addresses) for text in (one, one.replace("&", "&amp;"))}
    output = config.folder / config.output
    for file in sorted(output.glob("*/**/*.*")):
        path = file.relative_to(output).as_posix()
        if path not in written and file.is_file() and any(text in file.read_bytes() for text in texts):
            complain(
                f"feedbraid: {config.output.rstrip('/')}/{path} has it still; no feed writes that file: delete it"
            )


def _wrong(args: argparse.Namespace, message: str) -> ConfigError:
    return ConfigError.of(args.config, message)


def _forget(args: argparse.Namespace, app: App, config: Config) -> None:
    now = current_time()
    reason = " ".join((f"{now:%Y-%m-%d}", *args.reason.split()))
    found = look_for(app, [Wish(address=url, reason=reason) for url in args.url], now)
    if not args.dry_run:
        # Before anything is removed: whoever is ended in between, or can not write there, has lost nothing.
        write_wishes(config.folder, [replace(one.wish, address=one.address) for one in found])
    forget(app, found)
    for one in found:
        _tell(args, app, one)


def _tell(args: argparse.Namespace, app: App, one: Found) -> None:
    if args.quiet or args.json:
        return
    if not one.is_known:
        note(f"feedbraid: {one.address} is not here, and stays out when it comes")
        return
    origins = ", ".join(sorted({head.origin for head in one.copies})) or "no origin any more"
    verb = "would be" if args.dry_run else "is"
    number = len(one.tombstones)
    several = f"; {number} posts have this address, all of them go" if number > 1 else ""
    note(f"feedbraid: {one.address} {verb} forgotten; it was stated by {origins}{several}")
    for path in _seed_files(app, one.copies):
        words = "no feed shows it any more; the file is yours to delete"
        note(f"feedbraid: the seed {path} states it; {words}")


def _seed_files(app: App, copies: Iterable[CopyHead]) -> list[str]:
    seeds = {one.spec.name: one.spec for one in app.readings if one.spec.kind == "seeds"}
    return [path_of(seeds[one.origin].locations, one.ref) for one in copies if one.origin in seeds]


def _undo(args: argparse.Namespace, app: App, config: Config) -> None:
    found = removed_under(app, args.url)
    wishes = written_wishes(config.folder)
    lines = [one for one in wishes if one.address in args.url] + [*wishes_for(app, found, wishes)]
    if not args.dry_run:
        drop_wishes(config.folder, {one.address for one in lines})
    remember(app, found)
    if not found and not lines:
        raise _wrong(args, f"{args.url[0]} was not forgotten; `feedbraid forget --list` lists what was")
    if not (args.quiet or args.json):
        for one in found:
            note(f"feedbraid: {one.post} may come back, once a seed or a source states it again")


def _list(args: argparse.Namespace, config: Config) -> int:
    with opened(config) as app:
        found = app.store.tombstones()
    if args.json:
        report_json([_fields(one) for one in found], mask=False)
    else:
        report(_lines(found))
    return 0


def _fields(one: Tombstone) -> dict[str, str]:
    return {"post": one.post, "why": one.why, "at": one.at.isoformat(), "detail": one.detail, "title": one.title}


def _lines(found: Sequence[Tombstone]) -> Iterable[str]:
    for one in found:
        title = f"  {one.title}" if one.title else ""
        detail = f": {one.detail}" if one.detail else ""
        yield f"{minute(one.at)}  {one.why}{detail}  {one.post}{title}"


COMMAND = Command(
    summary="remove a post everywhere, and never take it in again",
    example="feedbraid forget https://news.example/a/1 --reason 'at the request of its author'",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text=f"""
        For a takedown: the post goes from the store, from all feeds, from their pages, archives and digests, and
        the feeds are written at once. It does not come back, whatever its sources say: its address is written to
        {FILE} beside config.yaml, which also holds when the store is lost. Nobody is asked.

        A seed that states it is named and left for you to delete. Readers and caches have what they have; backups
        taken before still hold the post.
        """,
        group="change",
        examples=("feedbraid forget --list", "feedbraid forget --undo https://news.example/a/1"),
        exits=(0, 2, 3, 4, 75, 130),
        see=("explain", "backup"),
    ),
)
