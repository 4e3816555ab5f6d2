"""`feedbraid pause SOURCE`: leave a source alone until it is resumed."""

from __future__ import annotations

import argparse

from feedbraid import policy

from . import About, Command, _named


def _execute(args: argparse.Namespace) -> int:
    return _named.change_states(
        args,
        policy.paused,
        lambda before: "was paused already" if before.paused else "is not asked any more until it is resumed",
    )


COMMAND = Command(
    summary="leave sources alone until they are resumed; what they said stays published",
    example="feedbraid pause voa",
    add_arguments=_named.add_sources,
    execute=_execute,
    about=About(
        text="""
        For a source whose site is being moved, or that floods you: it is not asked any more, neither by `run`
        nor by `start` nor when its hub tells of news, until `feedbraid resume`. Its posts stay where they are.
        A running service heeds it at its next pass. Nobody is asked.
        """,
        group="change",
        examples=("feedbraid pause voa bbc --wait",),
        exits=(0, 2, 3, 4, 75),
        see=("resume", "status"),
    ),
)
