"""`feedbraid add URL`: finds the feed of a page, shows what it is like, and makes it a source."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from feedbraid import configvalues
from feedbraid.configedit import FeedChange, NewSource
from feedbraid.discover import Candidate, Loop, loop_at, loop_in
from feedbraid.errors import ConfigError
from feedbraid.masks import masked
from feedbraid.model import Failed, Fresh, OriginSpec
from feedbraid.preview import lone_feed, lone_source, preview, read_alone
from feedbraid.settings import Config
from feedbraid.store.memory import MemoryStore
from feedbraid.subscriptions import EVERYTHING, added, name_for, same_source, usable_address
from feedbraid.text import counted, minute
from feedbraid.wire import build

from . import About, Command
from ._amend import Amended, amended_text, read_file, replace_file, unpublished
from ._clock import current_time
from ._said import complain, note, one_line, report

EXIT_NOTHING_FOUND = 1

_BARE_HOST = re.compile(
    r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?!xml|json|rss|atom|rdf)[A-Za-z]{2,}(?::[0-9]+)?(?:[/?].*)?"
)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("place", metavar="URL_OR_FILE", help="address of a page or a feed, or the file of a feed")
    parser.add_argument("--name", help="what the source is called; else its title or its host tells")
    parser.add_argument(
        "--feed", action="append", default=[], metavar="NAME", help="show it in this feed, too; may be repeated"
    )
    parser.add_argument("--pick", type=_number, metavar="N", help="of several feeds of a page, take this one")
    parser.add_argument("--yes", action="store_true", help="ask nothing on a terminal")
    parser.add_argument("--no-preview", action="store_true", help="do not show what the feed is like")
    parser.add_argument("--anyway", action="store_true", help="add it even if it may be a feed of your own")


def _number(text: str) -> int:
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no place in a list, such as 1")
    return int(text)


def _execute(args: argparse.Namespace) -> int:
    file = read_file(Path(args.config))
    place = _place(args.place)
    _check_names(args, file)
    owner = _owner(place, file)
    if owner:
        return _show_in_feeds(args, file, owner)
    _refuse(loop_at(place, file.config.site, file.config.feeds), args)
    found = _found_on_web(args, file.config, place) if "://" in place else _read_file(args, file, place)
    if found is None:
        return EXIT_NOTHING_FOUND
    url, fresh = found
    owner = _owner(url, file) if "://" in url else ""
    if owner:
        return _show_in_feeds(args, file, owner)
    title = fresh.channel.title if fresh.channel else ""
    if not args.no_preview:
        report(f"{label:<9} {value}" for label, value in _facts(url, fresh))
    if not _is_wanted(args, args.name or name_for(title, url, file.known.names)):
        note("feedbraid: nothing is changed")
        return 0
    file = read_file(file.path)  # that took a while: somebody may have changed it
    _check_names(args, file)
    owner = _owner(url, file)
    if owner:
        return _show_in_feeds(args, file, owner)
    return _write(args, file, NewSource(name=args.name or name_for(title, url, file.known.names), url=url))


def _wrong(what: str, message: str) -> ConfigError:
    return ConfigError.of(what, message)


def _place(stated: str) -> str:
    """Give the address or path that is meant; a bare host is an address, unless there is a file of that name."""
    try:
        if _BARE_HOST.fullmatch(stated) and not Path(stated).exists():
            stated = f"https://{stated}"
        return usable_address(stated) if "://" in stated else configvalues.location(stated)
    except (OSError, ValueError) as error:
        raise _wrong(stated, str(error)) from None


def _check_names(args: argparse.Namespace, file: Amended) -> None:
    """Judge what is named on the command line before anybody is asked."""
    if args.name is not None:
        try:
            configvalues.name(args.name)
        except ValueError as error:
            raise _wrong("--name", str(error)) from None
        if args.name in file.known.names:
            raise _wrong("--name", f"there is a source or a folder of seeds {args.name!r} already")
    feeds = [spec.name for spec in file.known.feeds] or [EVERYTHING]
    for name in args.feed:
        if name not in feeds:
            raise _wrong("--feed", f"there is no feed {name!r}; {configvalues.nearest(name, feeds)}")


def _owner(place: str, file: Amended) -> str:
    """Give the name of the source that has an address already; empty for none."""
    if "://" not in place:
        return next((spec.name for spec in file.config.sources if _is_file(spec, file, place)), "")
    key = same_source(place)
    return next((spec.name for spec in file.config.sources if key in map(same_source, spec.locations)), "")


def _is_file(spec: OriginSpec, file: Amended, place: str) -> bool:
    return spec.kind == "file" and os.path.realpath(file.path.parent / spec.locations[0]) == os.path.realpath(
        place
    )


def _beside(config: Path, place: str) -> str:
    """Give the path of a file relative to the configuration."""
    return place if Path(place).is_absolute() else os.path.relpath(place, config.parent)


def _refuse(loop: Loop | None, args: argparse.Namespace) -> None:
    """Raise ConfigError when a document is our own: it would bring nothing but repetitions."""
    if loop is None or (args.anyway and not loop.certain):
        return
    way = "" if loop.certain else "; if it is another one's, add it with --anyway"
    raise _wrong(masked(args.place), f"not added, since a feed must not be read by itself: {loop.reason}{way}")


# --- finding ----------------------------------------------------------------------------------------------


def _found_on_web(args: argparse.Namespace, config: Config, place: str) -> tuple[str, Fresh] | None:
    from ._search import Search  # noqa: PLC0415  # httpx: only where something is asked

    def choose(candidates: Sequence[Candidate], likeliest: int) -> int | None:
        return _chosen(args, candidates, likeliest)

    search = Search(config, choose)
    found = asyncio.run(search.run(place))
    if found is None:
        complain(f"feedbraid: no feed was found at {masked(place)}; what was tried:")
        for one in search.tried:
            complain(f"  {masked(one.url)}: {one.reason}")
        return None
    _refuse(loop_at(found.url, config.site, config.feeds), args)
    _refuse(loop_in(found.body, found.content_type, found.fresh, config.site, config.feeds), args)
    for one in search.tried[1:]:  # the first is the page itself
        complain(f"feedbraid: {masked(one.url)} brought no feed: {one.reason}")
    if same_source(found.url) != same_source(place):
        note(f"feedbraid: the feed is at {found.url}")
    return found.url, found.fresh


def _chosen(args: argparse.Namespace, candidates: Sequence[Candidate], likeliest: int) -> int | None:
    """Tell which feeds a page names, and take the one that is picked, else ask; else any will do."""
    note(f"feedbraid: the page names {len(candidates)} feeds")
    for number, one in enumerate(candidates, 1):
        about = ", ".join(filter(None, (one.title, one.kind, "of comments" if one.comments else "")))
        note(f"  {number}. {one.url}{f' ({about})' if about else ''}")
    if args.pick is not None:
        if args.pick > len(candidates):
            raise _wrong("--pick", f"the page names {len(candidates)} feeds only")
        return int(args.pick) - 1
    if _asks(args):
        return _answered(len(candidates), likeliest)
    note(f"feedbraid: number {likeliest + 1} is tried first; --pick N takes another one")
    return None


def _answered(count: int, likeliest: int) -> int:
    while True:
        answer = _answer(f"which one? [{likeliest + 1}] ")
        if not answer:
            return likeliest
        if answer.isdecimal() and 1 <= int(answer) <= count:
            return int(answer) - 1


def _read_file(args: argparse.Namespace, file: Amended, place: str) -> tuple[str, Fresh] | None:
    """Read a feed file; its path is kept relative to the configuration."""
    source = lone_source(_beside(file.path, place))
    feed = lone_feed(source, file.config.site)
    lone = replace(file.config, sources=(source,), seeds=(), feeds=(feed,))
    read = read_alone(build(lone, MemoryStore()), current_time())
    if isinstance(read, Failed):
        complain(
            f"feedbraid: {args.place} can not be read: {read.reason.removeprefix(f'{source.locations[0]}: ')}"
        )
        return None
    body = Path(place).read_bytes()
    _refuse(loop_in(body, "", read, file.config.site, file.config.feeds), args)
    return source.locations[0], read


# --- what it is like --------------------------------------------------------------------------------------


def _facts(url: str, fresh: Fresh) -> Iterator[tuple[str, str]]:
    found = preview(url, fresh, None)
    dates = [date for one in fresh.entries if (date := one.entry.published or one.entry.updated)]
    newest = f", the newest of {minute(max(dates))}" if dates else ""
    yield "source", masked(url)
    yield "title", found.title or "none"
    yield from [("format", found.format)] if found.format else []
    yield "items", f"{found.count}{newest}" if found.count else "none yet"
    for one in found.notes:
        yield "repaired", f"{one.rule}: {one.text}"
    for rule, texts in _repairs(fresh).items():
        yield "repaired", f"{rule}: in {counted(len(texts), 'item')}, such as: {texts[0]}"
    if found.skipped:
        yield "skipped", f"{counted(len(found.skipped), 'item')}, such as {found.skipped[0].reason}"
    if not found.complete:
        yield "cut", "the document has no end: later items may be missing"


def _repairs(fresh: Fresh) -> dict[str, list[str]]:
    """Give what was repaired in items, by rule; each item counts once."""
    found: dict[str, list[str]] = {}
    for item in fresh.entries:
        for rule, text in {one.rule: one.text for one in reversed(item.notes)}.items():
            found.setdefault(rule, []).append(text)
    return dict(sorted(found.items()))


# --- asking -----------------------------------------------------------------------------------------------


def _asks(args: argparse.Namespace) -> bool:
    return not args.yes and sys.stdin.isatty() and sys.stdout.isatty()


def _is_wanted(args: argparse.Namespace, name: str) -> bool:
    return not _asks(args) or _answer(f"add it to {args.config} as {name}? [Y/n] ").lower() in ("", "y", "yes")


def _answer(question: str) -> str:
    """Ask on a terminal; who ends the input has no answer but no."""
    try:
        return input(one_line(question)).strip()
    except EOFError:
        return "n"


# --- writing ----------------------------------------------------------------------------------------------


def _write(args: argparse.Namespace, file: Amended, source: NewSource) -> int:
    changes = [FeedChange(name=name, origins=(source.name,)) for name in args.feed]
    additions = added([source], changes, file.known)
    replace_file(file, amended_text(file, additions))
    where = f" and to {', '.join(one.name for one in additions.feeds)}" if additions.feeds else ""
    made = f"the new file {args.config}" if file.content is None else args.config
    note(f"feedbraid: {source.name} is added to {made}{where}; `feedbraid run` reads it")
    if additions.unpublished:
        complain(f"feedbraid: {unpublished(additions.unpublished, file.known)}")
    return 0


def _show_in_feeds(args: argparse.Namespace, file: Amended, owner: str) -> int:
    """Add nothing but to feeds, since the source is there already."""
    additions = added([], [FeedChange(name=name, origins=(owner,)) for name in args.feed], file.known)
    if additions.feeds:
        replace_file(file, amended_text(file, additions))
    where = f" and is added to {', '.join(one.name for one in additions.feeds)}" if additions.feeds else ""
    note(f"feedbraid: {masked(args.place)} is a source already: {owner}{where}")
    return 0


COMMAND = Command(
    summary="find the feed of a page and make it a source; comments and order in the configuration stay",
    example="feedbraid add https://news.example/ --feed all",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Asks the address, finds the feed that the page names or that is where feeds usually are (at most eight
        requests), shows what it is like, and writes it to the configuration as a source; comments and order
        there stay as they are. On a terminal it asks first, and which one where a page names several.

        A source that is there already is not added twice, and none of your own feeds is. No post is stored;
        the next run reads the source.
        """,
        group="start here",
        examples=("feedbraid add https://news.example/feed.xml --name news --yes",),
        exits=(
            (0, "it is a source now, or was one already"),
            (1, "no feed is found there, or it can not be read"),
            (2, "the configuration, or what was typed, is wrong"),
            (4, "the configuration can not be written"),
        ),
        see=("import", "preview", "run"),
    ),
)
