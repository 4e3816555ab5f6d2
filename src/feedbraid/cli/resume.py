"""`feedbraid resume SOURCE`: ask a paused source again."""

from __future__ import annotations

import argparse

from feedbraid import policy

from . import About, Command, _named
from ._clock import current_time


def _execute(args: argparse.Namespace) -> int:
    now = current_time()
    return _named.change_states(
        args,
        lambda state: policy.resumed(state, now),
        lambda before: "is asked at the next run" if before.paused else "was not paused",
    )


COMMAND = Command(
    summary="have paused sources asked again",
    example="feedbraid resume voa",
    add_arguments=_named.add_sources,
    execute=_execute,
    about=About(
        text="""
        Undoes `feedbraid pause`: the source is due at once, and the next `run`, or the next pass of the service,
        asks it. Nobody is asked by this command itself.
        """,
        group="change",
        exits=(0, 2, 3, 4, 75),
        see=("pause", "retry"),
    ),
)
