"""Measure commands against each other in one run: interleaved, medians, CPU time and peak memory."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True)
class Command:
    """Something to measure. `before` puts things in order and is not measured."""

    name: str
    argv: Sequence[str]
    cwd: str = "."
    before: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds (user and system, children included) and peak memory in MiB of the largest process."""

    cpu: float
    peak: float


def measure(command: Command) -> Cost:
    """Run a command once. Raises RuntimeError when it fails."""
    command.before()
    process = subprocess.Popen(command.argv, cwd=command.cwd, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command.name} ended with {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compare(title: str, commands: Sequence[Command], *, rounds: int = 5) -> None:
    """Print a table: medians of each command, and the median of its ratios to the last one, round by round."""
    costs: dict[str, list[Cost]] = {command.name: [] for command in commands}
    for _ in range(rounds):
        for command in commands:
            costs[command.name].append(measure(command))
    yardstick = costs[commands[-1].name]
    print(f"\n{title} ({rounds} rounds)\n")
    print(f"{'':44} {'CPU s':>8} {'ratio':>8} {'spread':>15} {'peak MiB':>9}")
    for command in commands:
        _print_row(command.name, costs[command.name], yardstick)


def _print_row(name: str, costs: Sequence[Cost], yardstick: Sequence[Cost]) -> None:
    ratios = [own.cpu / other.cpu for own, other in zip(costs, yardstick, strict=True)]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    cpu = statistics.median(cost.cpu for cost in costs)
    peak = max(cost.peak for cost in costs)
    print(f"{name:44} {cpu:8.3f} {statistics.median(ratios):8.2f} {spread:>15} {peak:9.0f}")


def print_versions(packages: Sequence[str], extra: Mapping[str, str] | None = None) -> None:
    """Print what was measured with."""
    found = {name: version(name) for name in packages} | dict(extra or {})
    python = f"Python {platform.python_version()} on {platform.machine()}, {os.cpu_count()} processors"
    print(python, *(f"{name} {number}" for name, number in found.items()), sep=", ")


def feedbraid(*arguments: str) -> list[str]:
    """Give the command line of feedbraid itself."""
    return [sys.executable, "-m", "feedbraid", *arguments]
