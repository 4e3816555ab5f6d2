"""A page of docs that says of every rule what we do, and names the tests that prove it.

The last column of its tables is made from the names of tests; with FEEDBRAID_GOLDEN=write it is written anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from rules import TESTS, proofs

DOCS = TESTS.parent / "docs"

MOST_NAMED = 3
"""Tests a rule: the page is for people."""

_ROW = re.compile(r"^\| ([A-Z]\d+[a-o]?) \| (.*) \|([^|]*)\|$", re.MULTILINE)
_REASON = re.compile(r"(?:Different|Later): .{20}")


@dataclass(frozen=True)
class RulePage:
    """One page: its file in docs, and the rules that have to stand on it, in order."""

    file: str
    rules: tuple[str, ...]

    def text(self) -> str:
        """Give the page as it is."""
        return (DOCS / self.file).read_text(encoding="utf-8")

    def numbers(self) -> tuple[str, ...]:
        """Give the rules that stand on it, in its order."""
        return tuple(row[1] for row in _ROW.finditer(self.text()))

    def wanted(self) -> str:
        """Give the page with the tests that there are; write it when the environment asks for that."""
        text = _ROW.sub(
            lambda row: f"| {row[1]} | {row[2]} | {_cell(row[1])} |".replace("|  |", "| |"), self.text()
        )
        if os.environ.get("FEEDBRAID_GOLDEN") == "write":
            (DOCS / self.file).write_text(text, encoding="utf-8")
        return text

    def unproved(self) -> list[str]:
        """Give the rules that have neither a test nor a reason for having none."""
        told = {row[1]: row[2] for row in _ROW.finditer(self.text())}
        return [rule for rule, what in told.items() if rule not in proofs() and not has_reason(what)]

    def unknown(self, *, besides: frozenset[str] = frozenset()) -> dict[str, tuple[str, ...]]:
        """Give the tests of rules with the letters of this page that do not exist."""
        known, letters = besides.union(self.rules), {rule[0] for rule in self.rules}
        return {rule: tests for rule, tests in proofs().items() if rule[0] in letters and rule not in known}


def has_reason(what: str) -> bool:
    """Tell whether a rule that we do not follow, or not yet, says why: more than a word."""
    return _REASON.match(what) is not None


def _cell(rule: str) -> str:
    return " ".join(f"`{test}`" for test in proofs().get(rule, ())[:MOST_NAMED])
