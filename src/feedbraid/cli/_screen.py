"""What a terminal shows: a bar while sources are read, tables afterwards, facts in rows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from feedbraid.app import SourceReport
from feedbraid.masks import masked
from feedbraid.run import RunReport

from ._said import deliver, escaped, report

PRINTED_WIDTH = 240
"""Columns of a table that goes to a file or a pipe, where nothing should be folded."""

STYLES = {"failed": "red", "read": "green", "unchanged": "dim", "waiting": "dim"}


class Bar:
    """A progress bar over the sources of a pass."""

    def __init__(self, total: int) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, transient=True)
        self._task = self._progress.add_task("reading", total=total)

    def __enter__(self) -> Callable[[SourceReport], None]:
        self._progress.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _tell(self, report: SourceReport) -> None:
        self._progress.update(self._task, advance=1, description=f"read {report.name}")


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """Print a table; texts are shown as they are, never as markup."""
    table = Table(*headings, box=None, pad_edge=False, header_style="bold")
    for number, row in enumerate(rows):
        style = styles[number] if number < len(styles) else ""
        table.add_row(*(Text(escaped(cell)) for cell in row), style=style)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PRINTED_WIDTH)
    with console.capture() as printed:
        console.print(table)
    deliver(printed.get())


def print_tables(done: RunReport) -> None:
    """Print what became of every source and of every feed."""
    rows = [_source_row(source) for source in done.sources]
    print_rows(
        ("source", "result", "new", "changed", "unchanged", "why"),
        rows,
        [STYLES[source.result] for source in done.sources],
    )
    report([""])
    print_rows(
        ("feed", "entries", "written"),
        [(one.name, str(one.entries), one.held or ", ".join(one.written) or "as before") for one in done.feeds],
        ["red" if one.refused else "" for one in done.feeds],
    )
    filtered = [(feed.name, one) for feed in done.feeds for one in feed.effects]
    if filtered:
        report([""])
        print_rows(
            ("feed", "filter", "left out", "changed"),
            [(name, one.filter, str(one.dropped), str(one.changed)) for name, one in filtered],
            ["" if one.dropped or one.changed else "dim" for _, one in filtered],
        )
    report(f"{feed.name}: {remark}" for feed in done.feeds for remark in feed.remarks)


def _source_row(source: SourceReport) -> tuple[str, ...]:
    if source.result != "read":
        return (source.name, source.result, "", "", "", masked(source.detail))
    skipped = [f"{len(source.skipped)} skipped, see `feedbraid check`"] if source.skipped else []
    gone = [f"{source.gone} gone"] if source.gone else []
    counts = (str(source.new), str(source.changed), str(source.unchanged))
    return (source.name, source.result, *counts, ", ".join(gone + skipped))
