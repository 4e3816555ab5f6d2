"""Which test proves which rule: tests carry the numbers of rules in their names and in the ids of their rows.

`test_n63_n64_...` is about N63 and N64, and so is a row whose id holds `N63`. Other letters than N stand for
rows of the other page, and stand at the beginning only: `test_b12_f35_...`, or an id such as `B12 cut in an item`.
The names are read from the source, without importing it; only rows whose ids are computed need the module itself.
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

NO_PROOFS = frozenset({"test_feedgen.py", "test_normalization_page.py", "test_robustness_page.py"})
"""What a library does wrong is no proof of what we do right; nor is a test of these pages."""

SCORED = frozenset({"test_manners.py"})
"""Rows there begin with the letters of public scorers, and end with our own numbers of manners: `… (13, 16)`."""

TESTS = Path(__file__).resolve().parent

RULES = tuple(f"N{number}" for number in range(1, 129)) + tuple(f"N129{letter}" for letter in "abcdefghijklmno")
RULES += tuple(f"N{number}" for number in range(130, 159))
"""Every rule of what becomes of input, in order. N129 has fifteen parts."""

_ROWS = {"P": 27, "T": 15, "F": 54, "B": 117, "I": 10}
ROBUSTNESS = tuple(f"{letter}{number}" for letter, last in _ROWS.items() for number in range(1, last + 1))
"""Manners, threats, faults, bad input and what holds for all of it, in order."""

_ANYWHERE = re.compile(r"(?<![A-Za-z0-9])[nN](\d{1,3}[a-o]?)(?![A-Za-z0-9])")
_NUMBER_OF_NAME = r"_[a-z]\d{1,3}[a-o]?(?=_|$)"
_LEADING_NAME = re.compile(rf"test((?:{_NUMBER_OF_NAME})+)")
_LEADING_ID = re.compile(r"(?:[A-Z]\d{1,3}[a-o]?(?:[,:]? +|$))+")
_ENDING = re.compile(r"\(([\d, ]+)\)$")
_OWN = re.compile(rf"(?<![A-Z])[{''.join(_ROWS)}]\d+")


def numbers_in(name: str) -> set[str]:
    """Give the rules that a test is about by its name: `test_n63_n129a_x` gives N63 and N129a."""
    leading = _LEADING_NAME.match(name)
    own = _OWN.findall(leading[1].upper().replace("_", " ")) if leading else ()
    return _rules_in(name).union(own)


def numbers_in_id(text: str) -> set[str]:
    """Give the rules that a row is about by its id: `B17 B18 forbidden characters` gives B17 and B18."""
    leading = _LEADING_ID.match(text)
    own = set(_OWN.findall(leading[0]) if leading else ())
    return _rules_in(text) | (own & set(ROBUSTNESS))


def manners_in_id(text: str) -> set[str]:
    """Give the manners that a row of a scorer is about: `B1 asks once an hour (13, 16)` gives P13 and P16."""
    ending = _ENDING.search(text)
    return {f"P{number}" for number in ending[1].split(", ")} & {*ROBUSTNESS} if ending else set()


def _rules_in(text: str) -> set[str]:
    return {f"N{number}" for number in _ANYWHERE.findall(text.replace("_", " "))}


@cache
def proofs(folder: Path = TESTS) -> dict[str, tuple[str, ...]]:
    """Give the tests of each rule as `file::function`, those first that are named after it; then by name."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for path in sorted(folder.glob("test_*.py")):
        if path.name in NO_PROOFS:
            continue
        for function, named, in_rows in _tests_of(path):
            for rule in named | in_rows:
                found[rule][f"{path.name}::{function}"] = rule not in named
    return {rule: tuple(sorted(tests, key=lambda test: (tests[test], test))) for rule, tests in found.items()}


def _tests_of(path: Path) -> Iterator[tuple[str, set[str], set[str]]]:
    """Give the tests of a file: name, rules in the name, rules in the ids of its rows."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    numbers = manners_in_id if path.name in SCORED else numbers_in_id
    tables = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            values = [value for mark in node.decorator_list for value in _id_values(mark, tables, frozenset())]
            ids = [leaf.value for value in values for leaf in ast.walk(value) if isinstance(leaf, ast.Constant)]
            in_rows = {rule for text in ids if isinstance(text, str) for rule in numbers(text)}
            if not all(map(_is_literal, values)):
                computed = {rule for text in _computed_ids(path, node.name) for rule in numbers(text)}
                in_rows |= computed.difference(RULES)
            yield node.name, numbers_in(node.name), in_rows


def _id_values(node: ast.AST, tables: dict[str, ast.expr], seen: frozenset[str]) -> Iterator[ast.expr]:
    """Give what stands for ids of a parametrized test, in its decorator or in the tables that this names."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in tables and part.id not in seen:
            yield from _id_values(tables[part.id], tables, seen | {part.id})
        elif isinstance(part, ast.keyword) and part.arg in ("id", "ids"):
            yield part.value


def _is_literal(value: ast.expr) -> bool:
    parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    return all(isinstance(part, ast.Constant) for part in parts)


# --- ids that are computed --------------------------------------------------------------------------------


def _computed_ids(path: Path, function: str) -> Iterator[str]:
    """Give the ids of all rows of a test, from the marks that pytest reads."""
    for mark in getattr(getattr(_module(path), function), "pytestmark", ()):
        if mark.name == "parametrize":
            yield from _ids_of(mark.args[1], mark.kwargs.get("ids"), is_one=isinstance(mark.args[0], str))


def _ids_of(rows: Iterable[Any], named: Any, *, is_one: bool) -> Iterator[str]:  # noqa: ANN401  # whatever pytest takes
    """Give the ids of rows; each has one value, which may be a tuple, or several."""
    for place, row in enumerate(rows):
        is_param = hasattr(row, "values") and hasattr(row, "marks")
        if is_param and isinstance(row.id, str):
            yield row.id
        elif callable(named):
            yield str(named(row.values[0] if is_param else row if is_one else row[0]))
        elif named:
            yield str(list(named)[place])


@cache
def _module(path: Path) -> Any:  # noqa: ANN401  # a test module
    name = f"{path.stem}_read_for_its_rows"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there for the module that they are made in
    spec.loader.exec_module(module)
    return module
