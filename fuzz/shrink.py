"""A find, made as small as it can be without becoming another one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from shift import DEADLINE, TOO_LONG, Find, failure, in_a_process

SECONDS = 100.0
"""The most time for one find."""
SLOW = 2.0
"""Seconds of processor time after which a document still counts as slow while it shrinks."""


def smallest(find: Find) -> bytes:
    """Take away what is not needed for the same failure: halves first, single bytes last."""
    end = time.monotonic() + SECONDS
    data = find.data

    def still_fails(shorter: bytes) -> bool:
        return time.monotonic() < end and _kind(find, shorter) == find.kind

    if not still_fails(data):
        return data  # it depends on what was read before, or on the machine
    before = b""
    while data != before:
        before = data
        size = len(data) // 2
        while size:
            data = _without_parts(data, size, still_fails)
            size //= 2
    return data


def _without_parts(data: bytes, size: int, still_fails: Callable[[bytes], bool]) -> bytes:
    start = 0
    while start < len(data):
        shorter = data[:start] + data[start + size :]
        if still_fails(shorter):
            data = shorter
        else:
            start += size
    return data


def _kind(find: Find, data: bytes) -> str:
    """Read a document in a process of its own, and give the kind of its failure."""
    back, forth = os.pipe()
    deadline = SLOW if find.kind == TOO_LONG else DEADLINE

    def work() -> None:
        os.write(forth, failure(find.target, data, deadline).encode("utf-8", "backslashreplace"))

    died = in_a_process(work)
    os.close(forth)
    with os.fdopen(back, "rb") as answer:
        return died or answer.read().decode()
