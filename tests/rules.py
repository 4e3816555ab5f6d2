"""Which test proves which rule: tests carry the numbers of rules in their names and in the ids of their rows.

`test_n63_n64_...` is about N63 and N64, and so is a row whose id holds `N63`. The names are read from the source,
without importing it, so that no test has to be able to run here.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

NO_PROOFS = frozenset({"test_feedgen.py", "test_normalization_page.py"})
"""What a library does wrong is no proof of what we do right; nor is a test of this page."""

TESTS = Path(__file__).resolve().parent

RULES = tuple(f"N{number}" for number in range(1, 129)) + tuple(f"N129{letter}" for letter in "abcdefghijklmno")
RULES += tuple(f"N{number}" for number in range(130, 159))
"""Every rule there is, in order. N129 has fifteen parts."""

_NUMBER = re.compile(r"(?<![A-Za-z0-9])[nN](\d{1,3}[a-o]?)(?![A-Za-z0-9])")


def numbers_in(name: str) -> set[str]:
    """Give the rules that a name is about: `test_n63_n129a_x` gives N63 and N129a."""
    return {f"N{number}" for number in _NUMBER.findall(name.replace("_", " "))}


@cache
def proofs(folder: Path = TESTS) -> dict[str, tuple[str, ...]]:
    """Give the tests of each rule as `file::function`, those first that are named after it; then by name."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for path in sorted(folder.glob("test_*.py")):
        if path.name in NO_PROOFS:
            continue
        for function, named, in_rows in _tests_of(path.read_text(encoding="utf-8")):
            for rule in named | in_rows:
                found[rule][f"{path.name}::{function}"] = rule not in named
    return {rule: tuple(sorted(tests, key=lambda test: (tests[test], test))) for rule, tests in found.items()}


def _tests_of(source: str) -> Iterator[tuple[str, set[str], set[str]]]:
    """Give the tests of a file: name, rules in the name, rules in the ids of its rows."""
    tree = ast.parse(source)
    tables = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            ids = {text for mark in node.decorator_list for text in _row_ids(mark, tables, frozenset())}
            yield node.name, numbers_in(node.name), {rule for text in ids for rule in numbers_in(text)}


def _row_ids(node: ast.AST, tables: dict[str, ast.expr], seen: frozenset[str]) -> Iterator[str]:
    """Give the literal ids of a parametrized test, in its decorator or in the tables that this names."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in tables and part.id not in seen:
            yield from _row_ids(tables[part.id], tables, seen | {part.id})
        elif isinstance(part, ast.keyword) and part.arg in ("id", "ids"):
            leaves = (leaf.value for leaf in ast.walk(part.value) if isinstance(leaf, ast.Constant))
            yield from (text for text in leaves if isinstance(text, str))
