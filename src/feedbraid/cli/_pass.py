"""What `run` and `build` share: one pass under the lock, and how it is told to people and machines."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid.app import App, Choices, SourceReport
from feedbraid.config import load_config
from feedbraid.errors import FeedbraidError
from feedbraid.run import RunReport, run_once, with_sending
from feedbraid.service import Service
from feedbraid.settings import Config
from feedbraid.stores import alone
from feedbraid.text import counted, minute
from feedbraid.wire import opened, rehearsed

from ._clock import current_time
from ._said import complain, note, report_json
from ._waiting import add_wait

if TYPE_CHECKING:
    from feedbraid.keep import KeepReport

EXIT_FAILED = 1
EXIT_NOT_WRITTEN = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every pass."""
    parser.add_argument("--dry-run", action="store_true", help="show what would happen; store and write nothing")
    parser.add_argument(
        "--allow-shrink", action="store_true", help="publish a feed that loses over half its entries"
    )
    parser.add_argument("--strict", action="store_true", help="exit with 1 when any source fails")
    add_wait(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def make_pass(args: argparse.Namespace, choose: Callable[[Config], Choices]) -> int:
    """Read the configuration, make one pass, print its report, and give the exit code."""
    config = load_config(Path(args.config), makes_folder=not args.dry_run)
    return pass_of(args, config, choose(config))


def pass_of(args: argparse.Namespace, config: Config, choices: Choices) -> int:
    """Make one pass of a configuration, print its report, and give the exit code."""
    # One short pass makes many values and few cycles: looking for these after every 700 costs a tenth of a build.
    gc.set_threshold(50_000)
    now = current_time()
    with alone(config, wait=args.wait):
        parts = rehearsed(config) if args.dry_run else opened(config)
        with parts as app, _teller(args, app) as progress:
            report = run_once(app, now, choices, progress)
            if not args.dry_run:
                report = with_health(app, report, now, config.folder)
            report = with_sending(app, report, now, choices)
    _print_report(args, report, config)
    if choices.network and not args.dry_run:
        _tell_others(config, now)
    return _exit_code(args, report)


def _tell_others(config: Config, now: datetime) -> None:
    """Tell hubs and webhooks what they are to be told. Takes some seconds at most; the rest is told next time."""
    if config.websub.hubs or config.health.webhooks:
        from feedbraid.errands import settle  # noqa: PLC0415  # only where somebody is to be told

        try:
            complaints = settle(config, now).complaints
        except FeedbraidError as error:  # the pass is done all the same, and nothing of it is lost
            complaints = (str(error),)
        for line in complaints:
            complain(f"feedbraid: {line}")


def with_health(app: App, report: RunReport, now: datetime, root: Path) -> RunReport:
    """Write what the configuration wants to be told of the sources after a pass. Raises PublishError."""
    if not app.health.is_written:
        return report
    from feedbraid.bulletin import public_feeds, publish_health  # noqa: PLC0415  # only where that is wished

    good = None if report.all_failed else now
    service = Service(last_run=now, last_good_run=good, feeds=public_feeds(app, report.feeds))
    return replace(report, beside=(*report.beside, *publish_health(app, service, now, root)))


def _exit_code(args: argparse.Namespace, report: RunReport) -> int:
    failed = any(source.result == "failed" for source in report.sources)
    if report.all_failed or (args.strict and failed):
        return EXIT_FAILED
    is_behind = report.sent is not None and report.sent.failed
    return EXIT_NOT_WRITTEN if is_behind or any(feed.refused for feed in report.feeds) else 0


def _teller(args: argparse.Namespace, app: App) -> AbstractContextManager[Callable[[SourceReport], None]]:
    if args.quiet or args.json or not sys.stdout.isatty():
        return nullcontext(lambda _: None)
    from ._screen import Bar  # noqa: PLC0415  # rich is for terminals only

    return Bar(len(app.readings))


def _print_report(args: argparse.Namespace, report: RunReport, config: Config) -> None:
    if args.json:
        report_json(asdict(report))
        return
    if sys.stdout.isatty() and not args.quiet:
        from ._screen import print_tables  # noqa: PLC0415  # rich is for terminals only

        print_tables(report)
        for line in sending_complaints(report):
            complain(line)
    else:
        for line in complaints(report):
            complain(line)
        if args.dry_run and not args.quiet:
            for line in effects(report):
                note(line)
    if not args.quiet:
        note(summary(report, config, dry=args.dry_run))


_FLOOD = "entries that are older than the newest one known came at once"


def complaints(report: RunReport) -> list[str]:
    """Give a line for every source that failed and every feed that was held back."""
    failed = [f"{one.name}: {one.detail}" for one in report.sources if one.result == "failed"]
    floods = [
        f"{one.name}: {one.detail or _FLOOD}: {one.flood} new entries are held back until "
        f"{minute(one.held_until)}, then they go to the archive"
        for one in report.sources
        if one.flood and one.held_until
    ]
    floods += [
        f"{one.name}: {counted(one.blocked, 'post')} blocked by the configuration"
        for one in report.sources
        if one.blocked
    ]
    others = [
        f"{one.name}: {one.detail}"
        for one in report.sources
        if one.result == "read" and one.detail and not one.flood
    ]
    held = [f"{feed.name}: {said}" for feed in report.feeds for said in (feed.held, feed.note) if said]
    pages = (
        [f"{one.url}: its page gives no text: {one.reason}" for one in report.pages.failed] if report.pages else []
    )
    saved = list(_saving(report.saved)) if report.saved else []
    lines = (*failed, *floods, *others, *pages, *held, *report.held, *saved)
    return [*(f"feedbraid: {line}" for line in lines), *sending_complaints(report)]


def sending_complaints(report: RunReport) -> list[str]:
    """Give a line for each reason why another place does not have what was written."""
    return [f"feedbraid: publishing to {line}" for line in (report.sent.complaints if report.sent else ())]


def _saving(report: KeepReport) -> Iterator[str]:
    yield from (f"{path} was edited, so it stays as it is although its post has changed" for path in report.edited)
    yield from (f"{path} was deleted, because its post is forgotten" for path in report.deleted)
    yield from (
        f"the post of {path} is forgotten; the file was edited, so it is yours to delete" for path in report.left
    )
    yield from report.remarks


def effects(report: RunReport) -> list[str]:
    """Give a line for what each filter of each feed did, and for what it found."""
    lines = []
    for feed in report.feeds:
        for one in feed.effects:
            did = [f"leaves out {counted(one.dropped, 'post')}"] if one.dropped else []
            did += [f"changes {counted(one.changed, 'post')}"] if one.changed else []
            lines.append(f"feedbraid: {feed.name}: {one.filter} {' and '.join(did) or 'does nothing'}")
        lines += (f"feedbraid: {feed.name}: {remark}" for remark in feed.remarks)
    return lines


def summary(report: RunReport, config: Config, *, dry: bool) -> str:
    """Tell a pass in one line: what came in, what was written and where."""
    new = sum(source.new for source in report.sources)
    changed = sum(source.changed for source in report.sources)
    failed = sum(source.result == "failed" for source in report.sources)
    skipped = sum(len(source.skipped) for source in report.sources)
    parts = [f"{new} new", f"{changed} changed"]
    if report.recovered is not None:
        found = report.recovered
        posts, archives = counted(found.posts, "post"), counted(found.archives, "archive")
        parts.insert(0, f"the store was missing: read back {posts} and {archives} from {config.output}")
    parts += [f"{counted(report.pages.read, 'page')} read"] if report.pages and report.pages.read else []
    saved = len(report.saved.written) if report.saved else 0
    parts += [f"{counted(saved, 'post')} saved as {'a file' if saved == 1 else 'files'}"] if saved else []
    parts += [f"{failed} of {len(report.sources)} origins failed"] if failed else []
    parts += [f"{skipped} skipped (see `feedbraid check`)"] if skipped else []
    sending = told_of_sending(report, dry=dry)
    return f"feedbraid: {', '.join(parts)}; {'; '.join(filter(None, (_files(report, config, dry=dry), sending)))}"


def told_of_sending(report: RunReport, *, dry: bool) -> str:
    """Tell what was brought to another place; nothing where nothing had to be."""
    sent = report.sent
    if sent is None or not (sent.sent or sent.removed or sent.waiting):
        return ""
    done = [_counted_files("sent" if not dry else "would send", sent.sent, named=dry)]
    done += [_counted_files("removed" if not dry else "would remove", sent.removed, named=dry)]
    done += [f"{counted(sent.waiting, 'file')} waiting"] if sent.waiting else []
    return f"{', '.join(filter(None, done))} ({sent.place})"


def _counted_files(verb: str, keys: Sequence[str], *, named: bool) -> str:
    if not keys:
        return ""
    return f"{verb} {counted(len(keys), 'file')}{f': {_listed(keys)}' if named else ''}"


def _files(report: RunReport, config: Config, *, dry: bool) -> str:
    written = [*(path for feed in report.feeds for path in feed.written), *report.beside]
    entries = sum(feed.entries for feed in report.feeds)
    if not written:
        shown = "1 entry" if entries == 1 else f"{entries} entries"
        return f"nothing to write, {counted(len(report.feeds), 'feed')} with {shown} as before"
    verb = "would write" if dry else "wrote"
    return f"{verb} {counted(len(written), 'file')} in {config.output.rstrip('/')}/: {_listed(written)}"


def _listed(paths: Sequence[str]) -> str:
    return ", ".join(paths[:6]) + (f" and {len(paths) - 6} more" if len(paths) > 6 else "")
