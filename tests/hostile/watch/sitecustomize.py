"""Watches every Python process of the program under test; Python itself imports this module at its start.

Where the variable `FEEDBRAID_WATCH` names a plan, names lead to loopback, a connection that leaves the machine is
refused, and what is opened, connected to and started is noted, one line each. The plan is JSON:

    {"log": "/path", "names": {"rebind.test": ["198.51.100.7", "127.0.0.1"]}}
"""

from __future__ import annotations

import atexit
import errno
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

VARIABLE = "FEEDBRAID_WATCH"
FAMILIES_OF_THE_INTERNET = (2, 10, 30)
"""AF_INET, and AF_INET6 as Linux and macOS number it."""
LOOPBACK = ("127.", "::1", "::ffff:127.", "0.0.0.0")  # noqa: S104  # connected to, not bound to
""""::" stands for it, too, and is so as a whole."""


def _watch(log: str, names: dict[str, list[str]]) -> None:
    noted = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(*words: object) -> None:
        line = json.dumps([" ".join(sys.orig_argv[1:4]), *words], default=repr)
        os.write(noted, line.encode() + b"\n")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str | bytes):
            note("open", os.fsdecode(arguments[0]))
        elif event == "subprocess.Popen":
            note("start", list(arguments[1]))
        elif event == "socket.connect" and arguments[0].family in FAMILIES_OF_THE_INTERNET:
            note("connect", *arguments[1][:2])
            host = str(arguments[1][0])
            if host != "::" and not host.startswith(LOOPBACK):
                raise OSError(errno.ENETUNREACH, "no test leaves this machine")

    def farewell() -> None:
        children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        note("peak", _peak_of_this_process(), children)

    if names:
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
        from hostile.names import lead_names_to_loopback  # noqa: PLC0415  # only where names are watched, too

        lead_names_to_loopback({name: tuple(addresses) for name, addresses in names.items()})
        del sys.path[0]
    atexit.register(farewell)
    sys.addaudithook(hook)


def _peak_of_this_process() -> int:
    """Give the most memory that was in use, in kB; what its parent had at the start of it does not count."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))


if plan := os.environ.get(VARIABLE):
    _watch(**json.loads(Path(plan).read_text(encoding="utf-8")))
