"""Numbers on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def count_of(what: str, example: int) -> Callable[[str], int]:
    """Make a check for how many of something, at least one; its words are for the operator."""

    def checked(text: str) -> int:
        if not (text.isdecimal() and int(text)):
            raise argparse.ArgumentTypeError(f"{text!r} is no number of {what}, such as {example}")
        return int(text)

    return checked
