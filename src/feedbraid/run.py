"""The order of the steps, written once.

take_in: read every due origin, store its copies and validators, settle the ledger   (network, `now`)
put_out: merge, choose, render, write what differs                                   (neither)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from feedbraid.app import App, Choices, FeedReport, SourceReport
from feedbraid.publish import make_ready
from feedbraid.put_out import put_out
from feedbraid.take_in import take_in


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What one pass did."""

    sources: tuple[SourceReport, ...]
    feeds: tuple[FeedReport, ...]

    @property
    def all_failed(self) -> bool:
        """Tell whether something was asked, and no source works, now or the last time it was asked.

        A configuration without sources is judged by its folders of seeds.
        """
        sources = [source for source in self.sources if source.kind != "seeds"] or self.sources
        asked = any(source.result != "waiting" for source in sources)
        return asked and all(source.failing for source in sources)


def run_once(
    app: App,
    now: datetime,
    choices: Choices,
    progress: Callable[[SourceReport], None] = lambda _: None,
) -> RunReport:
    """Make one pass: sources and seeds into the store, the store into files.

    Raises PublishError before anybody is asked when the output folder can not be written to (F9).
    """
    if not choices.dry:
        make_ready(app.output)
    sources = take_in(app, now, choices, progress)
    return RunReport(sources=sources, feeds=put_out(app, choices))
