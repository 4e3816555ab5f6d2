"""Runs a command and says on a descriptor what it took: `_meter.py DESCRIPTOR COMMAND...`, for `_measure.py`.

A process of its own, and a small one: the memory that a process reports as its peak begins with that of the
process which started it.
"""

from __future__ import annotations

import os
import select
import sys
import time

EVERY = 50
"""Milliseconds between two looks at the memory of all processes."""


def high_water(pid: str) -> int:
    """Give the most memory that a process has had so far, in kB; 0 once it is gone."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123  # pathlib would be in the figures
            for line in file:
                if line.startswith(b"VmHWM"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0


def children(pid: str) -> list[str]:
    """Give the processes that a process has started and that are still there."""
    found: list[str] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208  # pathlib would be in the figures
            with open(f"/proc/{pid}/task/{thread}/children") as file:  # noqa: PTH123
                found += file.read().split()
    except OSError:
        pass
    return found


def together(pid: str) -> int:
    """Give the sum of the peaks of a process and all below it, in kB."""
    return high_water(pid) + sum(map(together, children(pid)))


def main() -> int:
    """Run the command to its end; writes CPU seconds, seconds, kB of the largest process, kB of all, status."""
    report, command = int(sys.argv[1]), sys.argv[2:]
    start, most = time.perf_counter(), 0
    process = os.posix_spawnp(command[0], command, os.environ)
    watch = select.poll()
    watch.register(os.pidfd_open(process), select.POLLIN)
    while not watch.poll(EVERY):
        most = max(most, together(str(process)))
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - start
    cpu, largest = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
    code = os.waitstatus_to_exitcode(status)
    os.write(report, f"{cpu} {seconds} {largest} {max(most, largest)} {code}".encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
