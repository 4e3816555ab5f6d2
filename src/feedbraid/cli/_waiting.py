"""Waiting for another run."""

from __future__ import annotations

import argparse


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Add the option by which a command that needs the lock waits for it."""
    parser.add_argument("--wait", action="store_true", help="wait for another run to end, instead of exit code 75")
