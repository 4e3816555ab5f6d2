"""Measure commands against each other in one run: interleaved, medians, CPU time and peak memory.

CPU time is that of the whole process, user and system, with all processes that it started and waited for. Other
work on the machine moves the seconds of all commands of a table alike, so only ratios of one round are compared.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

METER = Path(__file__).with_name("_meter.py")


@dataclass(frozen=True, slots=True)
class Command:
    """Something to measure. `before` puts things in order, `after` looks at what was done; neither is measured."""

    name: str
    argv: Sequence[str]
    cwd: str = "."
    before: Callable[[], object] = lambda: None
    after: Callable[[], object] = lambda: None
    env: Mapping[str, str] = field(default_factory=dict)
    ends_with: Sequence[int] = (0,)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command took: seconds, and MiB of the largest process and of all that lived together."""

    cpu: float
    wall: float
    peak: float
    together: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of the ratios of the rounds, the least and the most of them."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{figure(self.median)} ({figure(self.low)} to {figure(self.high)})"


def ratio_of(own: Sequence[float], its: Sequence[float]) -> Ratio:
    """Compare figures of two things, round by round."""
    ratios = [one / other for one, other in zip(own, its, strict=True)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def measure(command: Command) -> Cost:
    """Run a command once. Raises RuntimeError when it fails."""
    command.before()
    reading, writing = os.pipe()
    argv = [sys.executable, "-I", "-S", str(METER), str(writing), *command.argv]
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            argv,
            cwd=command.cwd,
            env={**os.environ, **command.env},
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            pass_fds=[writing],
            process_group=0,
        )
        os.close(writing)
        try:
            with os.fdopen(reading) as report:
                said = report.read().split()
            process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        _refuse_left_over(command, process.pid)
        if len(said) != 5 or int(said[4]) not in command.ends_with:
            complaints.seek(0)
            told = complaints.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{command.name} ended with {said[4:]}: {' '.join(command.argv)}\n{told}")
    command.after()
    cpu, wall, largest, together = map(float, said[:4])
    return Cost(cpu, wall, largest / 1024, together / 1024)


def _refuse_left_over(command: Command, group: int) -> None:
    """Refuse figures that lack what a process took that nobody waited for."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return
    raise RuntimeError(f"{command.name} left processes behind")


@dataclass(frozen=True, slots=True)
class Costs:
    """What the commands of one table took, in the order of the rounds."""

    by_name: Mapping[str, Sequence[Cost]]

    def ratio(self, one: str, other: str, what: str = "cpu") -> Ratio:
        """Compare two commands, round by round."""
        own, its = ([getattr(cost, what) for cost in self.by_name[name]] for name in (one, other))
        return ratio_of(own, its)

    def value(self, one: str, what: str) -> Ratio:
        """Give what a command took of something."""
        values = [getattr(cost, what) for cost in self.by_name[one]]
        return Ratio(statistics.median(values), min(values), max(values))

    def most(self, one: str, what: str) -> float:
        """Give the most that a command took of something."""
        return max(getattr(cost, what) for cost in self.by_name[one])

    def median(self, one: str, what: str = "cpu") -> float:
        """Give the median of what a command took of something."""
        return statistics.median(getattr(cost, what) for cost in self.by_name[one])


def compare(title: str, commands: Sequence[Command], *, rounds: int = 5) -> Costs:
    """Run all in turn, print a table of medians, and of ratios to the first, round by round."""
    by_name: dict[str, list[Cost]] = {command.name: [] for command in commands}
    for _ in range(rounds):
        for command in commands:
            by_name[command.name].append(measure(command))
    costs = Costs(by_name)
    first = commands[0].name
    rows = [
        [
            name,
            f"{costs.median(name):.3f}",
            f"{costs.median(name, 'wall'):.3f}",
            str(costs.ratio(name, first)) if name != first else "1",
            f"{costs.most(name, 'peak'):.0f}",
            f"{costs.most(name, 'together'):.0f}",
        ]
        for name in by_name
    ]
    say(f"**{title}** ({rounds} {'rounds' if rounds > 1 else 'round'})")
    print_table(["", "CPU s", "wall s", "CPU, times the first", "largest process MiB", "all processes MiB"], rows)
    return costs


def figure(number: float) -> str:
    """Write a number with three digits that count, or as many as it has before the point."""
    decimals = 3 if number < 0.1 else 2 if number < 10 else 1 if number < 100 else 0
    return f"{number:,.{decimals}f}"


def say(line: str) -> None:
    """Print a paragraph at once: a bench takes long, and its output may be a file."""
    print(f"\n{line}", flush=True)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table as Markdown; all columns but the first are numbers."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    print()
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(f"| {' | '.join(cells)} |")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Goal:
    """What a figure has to be at most, or at least, and what it was."""

    number: str
    what: str
    bound: float
    ratio: Ratio
    at_least: bool = False

    @property
    def reached(self) -> bool:
        """Tell whether the median is within the bound."""
        return self.ratio.median >= self.bound if self.at_least else self.ratio.median <= self.bound

    def row(self) -> list[str]:
        """Give the row of a table of goals."""
        way = "at least" if self.at_least else "at most"
        bound = f"{way} {self.bound:g}"
        return [f"{self.number}: {self.what}", bound, str(self.ratio), "reached" if self.reached else "**missed**"]


def exactly(number: float) -> Ratio:
    """Give a figure that has no spread."""
    return Ratio(number, number, number)


GOALS_HEAD = ("goal", "bound", "measured", "")


def judge(goals: Sequence[Goal], results: str) -> None:
    """Print how near the goals are, and append them to the file of results if there is one."""
    if goals:
        print_table(GOALS_HEAD, [goal.row() for goal in goals])
    if results:
        with Path(results).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(goal)) + "\n" for goal in goals)


def goals_in(results: Path) -> list[Goal]:
    """Read back what `judge` wrote."""
    found = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return [Goal(**{**one, "ratio": Ratio(**one["ratio"])}) for one in found]


def print_versions(packages: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
    """Print what was measured with."""
    found = {name: version(name) for name in packages} | dict(extra or {})
    python = f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} processors"
    print(python, *(f"{name} {number}" for name, number in found.items()), sep=", ", flush=True)


def feedbraid(*arguments: str) -> list[str]:
    """Give the command line of feedbraid itself."""
    return [sys.executable, "-m", "feedbraid", *arguments]
