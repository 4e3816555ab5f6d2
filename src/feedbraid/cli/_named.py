"""Sources that are named on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from feedbraid.app import App
from feedbraid.config import load_config
from feedbraid.errors import ConfigError, Problem
from feedbraid.model import SourceState
from feedbraid.run import recovered
from feedbraid.settings import Config
from feedbraid.store import OriginChange
from feedbraid.stores import alone
from feedbraid.text import counted
from feedbraid.wire import opened

from ._clock import current_time
from ._said import note
from ._waiting import add_wait

Change = Callable[[SourceState], SourceState]


def add_sources(parser: argparse.ArgumentParser) -> None:
    """Add the names of sources, and how long to wait for another run."""
    parser.add_argument("source", nargs="+", metavar="SOURCE", help="name of a source of the configuration")
    add_wait(parser)


def known_sources(config: Config, file: str, names: Sequence[str], option: str = "") -> tuple[str, ...]:
    """Give the names. Raises ConfigError when a source is not in the configuration."""
    known = {spec.name for spec in config.sources}
    wrong = [name for name in names if name not in known]
    if not wrong:
        return tuple(dict.fromkeys(names))
    from feedbraid.configvalues import nearest  # noqa: PLC0415  # only when something is wrong

    problems = [
        Problem(
            file=file,
            line=0,
            column=0,
            path=option,
            message=f"there is no source {name!r}; {nearest(name, [spec.name for spec in config.sources])}",
        )
        for name in wrong
    ]
    raise ConfigError(problems)


def change_states(args: argparse.Namespace, change: Change, said: Callable[[SourceState], str]) -> int:
    """Change what is remembered of the sources that were named, and tell what that means for each."""
    config = load_config(Path(args.config))
    names = known_sources(config, args.config, args.source)
    with alone(config, wait=args.wait), opened(config) as app:
        read_back(app, config, current_time())
        for name in names:
            note(f"feedbraid: {name} {said(change_state(app, name, change))}")
    return 0


def read_back(app: App, config: Config, now: datetime) -> None:
    """Fill a store that was lost from what was published: once something stands in it, no run would (D16)."""
    found = recovered(app, now)
    if found is not None:
        note(f"feedbraid: the store was missing: read back {counted(found.posts, 'post')} from {config.output}")


def change_state(app: App, name: str, change: Change) -> SourceState:
    """Change what is remembered of a source; gives what was remembered before."""
    before = app.store.states().get(name) or SourceState(name=name)
    app.store.commit(OriginChange(state=change(before)))
    return before
