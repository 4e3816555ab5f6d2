"""Atheris as the engine: it follows which lines of feedbraid and feedparser a document reaches."""

from __future__ import annotations

import sys
from functools import partial
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shift import Shift

FOLLOWED = ["feedbraid", "feedparser"]


def watch() -> None:
    """Import what is to be followed. Says how to get Atheris when it is not there."""
    try:
        import atheris  # noqa: PLC0415
    except ImportError:
        sys.exit("Atheris is not installed here: .venv/bin/python -m pip install atheris")
    with atheris.instrument_imports(include=FOLLOWED):
        import feedparser.api  # noqa: F401, PLC0415

        import fuzz_targets  # noqa: F401, PLC0415


def run(shift: Shift, seconds: float, runs: int) -> None:
    """Read what Atheris makes up until the time is up: one target after the other, each for its part of it."""
    from shift import in_a_process  # noqa: PLC0415

    for target in shift.targets:
        outcome = in_a_process(partial(_work, shift, target, seconds / len(shift.targets), runs), shift)
        if outcome:
            shift.keep(shift.current(outcome))


def _work(shift: Shift, target: str, seconds: float, runs: int) -> None:
    import atheris  # noqa: PLC0415
    import mutate  # noqa: PLC0415

    folder = shift.folder.parent / target
    folder.mkdir()
    for seed in mutate.seeds(target):
        (folder / sha256(seed).hexdigest()).write_bytes(seed)
    pool = mutate.pool_of(target)

    def change(data: bytes, most: int, number: int) -> bytes:
        chance = Random(number)
        if chance.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return mutate.changed(data, pool, chance)[:most]

    atheris.Setup(
        [
            "fuzz",
            str(folder),
            f"-max_total_time={seconds:.0f}",
            f"-runs={runs or -1}",
            f"-seed={shift.seed}",
            "-max_len=60000",
            "-rss_limit_mb=0",
            "-timeout=1000",
            "-verbosity=0",
            f"-artifact_prefix={folder}/",
        ],
        lambda data: shift.attempt(shift.done, target, data),
        custom_mutator=change,
    )
    atheris.Fuzz()
