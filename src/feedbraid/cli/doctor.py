"""`feedbraid doctor`: is all well with this instance and its machine? A line for each thing that is looked at."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from feedbraid import doctor, machine, policy
from feedbraid.app import App
from feedbraid.checks import Finding, check_outputs, check_seeds
from feedbraid.config import load_config
from feedbraid.doctor import Check, Published, Seen, StoreFacts
from feedbraid.errors import AlreadyRunning, ConfigError, FeedbraidError, StoreError
from feedbraid.masks import masked
from feedbraid.model import FeedSpec, SiteSpec
from feedbraid.places import is_database
from feedbraid.publish import read_published
from feedbraid.settings import Config
from feedbraid.stores import alone, open_store
from feedbraid.text import counted
from feedbraid.wire import opened

from . import About, Command
from ._clock import current_time
from ._said import one_line, report, report_json

EXIT_TROUBLE = 1

SECONDS = 30.0
"""For all that is asked on the network, at most."""

ATOM = "atom.xml"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--offline", action="store_true", help="ask nobody on the network")
    parser.add_argument("--json", action="store_true", help="print the checks as JSON")


def _execute(args: argparse.Namespace) -> int:
    found = [
        replace(one, finding=masked(one.finding), advice=masked(one.advice))
        for one in _checks(Path(args.config), current_time(), offline=args.offline)
    ]
    if args.json:
        report_json([asdict(one) for one in found])
    else:
        report(_lines(found))
    return EXIT_TROUBLE if any(one.level == "trouble" for one in found) else 0


def _lines(found: Sequence[Check]) -> Iterator[str]:
    for one in found:
        yield one_line(f"{one.level:<8} {one.what}: {one.finding}")
        if one.level != "ok":
            yield one_line(f"{'':<8} {one.advice}")
    counts = Counter(one.level for one in found)
    warnings, troubles = counted(counts["warning"], "warning"), counted(counts["trouble"], "trouble")
    yield f"feedbraid: {counted(len(found), 'check')}, {warnings}, {troubles}"


# --- what is looked at ------------------------------------------------------------------------------------


def _checks(file: Path, now: datetime, *, offline: bool) -> Iterator[Check]:
    """Look at one thing after the other; what can not be looked at for want of another is left out."""
    try:
        config = load_config(file)
    except ConfigError as error:
        advice = "correct it" if file.exists() else "`feedbraid init` writes one"
        first_lines = [str(one).partition("\n")[0].partition("; create it")[0] for one in error.problems]
        yield from (Check("trouble", "configuration", line, advice) for line in first_lines)
        yield from _of_machine(now, Config(), [machine.installed()])
        return
    yield doctor.ok("configuration", f"{file} is good: {_extent(config)}")
    yield doctor.check_address(config.site.address, SiteSpec().address)
    yield from _of_files(config)
    yield from _of_instance(config, now)
    if not offline:
        yield from _of_network(config, now)


def _extent(config: Config) -> str:
    sources, feeds = counted(len(config.sources), "source"), counted(len(config.feeds), "feed")
    return f"{sources}, {counted(len(config.seeds), 'folder of seeds', 'folders of seeds')}, {feeds}"


def _of_machine(now: datetime, config: Config, traces: Sequence[doctor.Trace]) -> Iterator[Check]:
    yield doctor.check_python(*machine.python_versions())
    yield doctor.check_libraries(machine.libraries())
    has_proxy = any(one.access.proxy for one in config.sources)
    yield from doctor.check_environment(os.environ, has_proxy=has_proxy)
    yield doctor.check_clock(now, traces)
    yield doctor.check_zones(has_data=machine.has_zones())
    yield doctor.check_files(machine.open_files(), config.fetch.parallel)


def _of_files(config: Config) -> Iterator[Check]:
    """Look at folders and disks."""
    store, output = config.store_file.parent, config.folder / config.output
    yield doctor.check_folder(machine.folder("folder of the configuration", config.folder, needs_writing=False))
    yield doctor.check_folder(machine.folder("folder of the store", store))
    yield doctor.check_folder(machine.folder("output folder", output))
    for spec in config.seeds:
        for place in spec.locations:
            path = config.folder / place
            if path.is_dir():
                yield doctor.check_folder(machine.folder(f"seeds {spec.name}", path, needs_writing=False))
    for disk in machine.disks({"the store": store, "the output": output}):
        yield doctor.check_disk(disk)


def _of_instance(config: Config, now: datetime) -> Iterator[Check]:
    """Look at what is stored and published; a store is not made where there is none."""
    output = config.folder / config.output
    facts = _facts(config)
    traces = [machine.installed(), *machine.written("what was published", output.glob("*/*.*"))]
    if facts.size is None and not facts.fault:
        yield doctor.check_store(facts)
        yield doctor.check_schedule(now, None, [])
        yield from _of_machine(now, config, traces)
        return
    yield doctor.check_lock(_holder(config))
    try:
        with opened(config) as app:
            yield doctor.check_store(facts)
            yield from _of_store(app, now)
            moments = [state.fetched for state in app.store.states().values() if state.fetched]
    except StoreError as error:
        yield doctor.check_store(replace(facts, fault=str(error)))
        moments = []
    traces += [doctor.Trace("the last pass", max(moments))] if moments else []
    yield from _of_machine(now, config, traces)


def _facts(config: Config) -> StoreFacts:
    """Find out how large the store is; a database is asked, and may fail."""
    if not is_database(config.store):
        path = config.place
        return StoreFacts(path=path, size=machine.size_of(path), log=machine.size_of(f"{path}-wal") or 0)
    try:
        with closing(open_store(config.store)) as store:
            return StoreFacts(path=config.store_name, size=store.driver.size())
    except StoreError as error:
        return StoreFacts(path=config.store_name, size=None, fault=str(error))


def _holder(config: Config) -> str:
    """Say who makes a pass just now."""
    if not config.lock.exists():
        return ""
    try:
        with alone(config):
            return ""
    except AlreadyRunning as error:
        return error.holder
    except FeedbraidError:  # nobody can write there: its folder says so
        return ""


def _of_store(app: App, now: datetime) -> Iterator[Check]:
    states = app.store.states()
    known = [(one.spec, states[one.spec.name]) for one in app.readings if one.spec.name in states]
    asked = [(spec, state) for spec, state in known if spec.kind != "seeds"]
    last = max((state.fetched for _, state in asked if state.fetched), default=None)
    dues = [
        policy.due_time(state, state.due, spec)
        for spec, state in asked
        if state.due and not state.paused and not policy.is_stopped(state)
    ]
    yield doctor.check_schedule(now, last, dues)
    seeds = check_seeds(app)
    yield doctor.check_findings("seeds", *_counts(seeds), "all can be used")
    if any((app.output / spec.name).is_dir() for spec in app.feeds):
        yield doctor.check_findings("outputs", *_counts(check_outputs(app)), "all are valid")
    else:
        yield doctor.ok("outputs", "nothing is written yet; `feedbraid run` does it")


def _counts(findings: Sequence[Finding]) -> tuple[int, int]:
    errors = sum(one.level == "error" for one in findings)
    return errors, len(findings) - errors


# --- the network ------------------------------------------------------------------------------------------


def _of_network(config: Config, now: datetime) -> Iterator[Check]:
    from feedbraid.fetch.probing import one_per_host  # noqa: PLC0415  # only when something is asked (D23)

    places = [(url, one.access.proxy) for one in config.sources if one.kind == "web" for url in one.locations]
    targets = one_per_host(places)
    document = _document(config)
    seen, published = asyncio.run(_asked(config, targets, document))
    if targets:
        yield doctor.check_way_out(seen, len(targets))
    yield from (doctor.check_host(one, now) for one in seen)
    compared = doctor.check_time_of_others(now, seen)
    if compared is not None:
        yield compared
    if published is not None:
        yield doctor.check_published(published)


async def _asked(
    config: Config, targets: Sequence[tuple[str, str]], document: tuple[str, bytes] | None
) -> tuple[tuple[Seen, ...], Published | None]:
    from feedbraid.fetch.probing import probe  # noqa: PLC0415  # as above

    seen = asyncio.ensure_future(probe(targets, config.fetch, seconds=SECONDS))
    published = None if document is None else await _published(config, *document)
    return await seen, published


def _document(config: Config) -> tuple[str, bytes] | None:
    """Give address and content of one document that was written here and that everybody may read."""
    if config.site.address == SiteSpec().address or (config.serve.users and not config.serve.public):
        return None
    special = {one.name for one in config.serve.feeds}
    open_ones = [spec for spec in config.feeds if spec.name not in special and "atom" in spec.formats]
    written = [(spec, _written(config, spec)) for spec in open_ones]
    return next(((spec.address + ATOM, content) for spec, content in written if content), None)


def _written(config: Config, spec: FeedSpec) -> bytes | None:
    return read_published(config.folder / config.output, f"{spec.name}/{ATOM}")


async def _published(config: Config, url: str, content: bytes) -> Published:
    """Ask for our own document; its host, which the operator named, may be a private one."""
    from feedbraid.fetch import Body, Fetcher  # noqa: PLC0415  # as above

    rules = replace(config.fetch, allow=(*config.fetch.allow, *_own_place(url)), deadline=SECONDS)
    async with Fetcher(rules) as fetcher:
        answer = await fetcher.get(url, None)
    if not isinstance(answer, Body):
        return Published(url=url, failure=getattr(answer, "reason", "it gave no document"))
    (ours, expected), (theirs, updated) = _signs(content), _signs(answer.content)
    return Published(
        url=url, is_ours=ours == theirs, is_same=answer.content == content, updated=updated, expected=expected
    )


def _own_place(url: str) -> tuple[str, ...]:
    """Give host and port of an address, as `fetch.allow` has them."""
    from urllib.parse import urlsplit  # noqa: PLC0415  # only here

    with suppress(ValueError):
        parts = urlsplit(url)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return (f"{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}",)
    return ()


def _signs(document: bytes) -> tuple[str, str]:
    """Give what tells an Atom document of ours apart: its id, and when it was updated."""
    found = [re.search(rb"<%s>([^<]{1,500})</%s>" % (name, name), document) for name in (b"id", b"updated")]
    identity, updated = (one[1].decode("utf-8", "replace") if one else "" for one in found)
    return identity, updated


COMMAND = Command(
    summary="look whether all is well with this instance and its machine; exit code 1 when something is not",
    example="feedbraid doctor",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Looks at the configuration, the folders and their disks, the store, the lock, the seeds and the written
        feeds; at Python, the libraries, the environment, the clock and its time zones; whether runs are made in
        time; and on the network whether each host of a source answers, how long its certificate holds, and
        whether the public address gives what was written here. One line for each, with what to do where
        something is not well.

        Each host gets one HEAD request without credentials, and our own address one GET; --offline leaves them
        out. Nothing is repaired, and no store is made where there is none. A warning may be meant so.
        """,
        group="look",
        examples=("feedbraid doctor --offline", "feedbraid doctor --json"),
        exits=((0, "all is well, or there are warnings only"), (1, "something is in the way"), 2),
        see=("check", "status", "recover"),
    ),
)
