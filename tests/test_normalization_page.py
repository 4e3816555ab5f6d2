"""The page of rules says what is tested, and every rule is tested or says why not."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from rules import RULES, TESTS, numbers_in, proofs

PAGE = TESTS.parent / "docs" / "normalization.md"
ROW = re.compile(r"^\| (N\d+[a-o]?) \| (.*) \|([^|]*)\|$", re.MULTILINE)
MOST_NAMED = 3
"""Tests a rule: the page is for people."""


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def cell(rule: str) -> str:
    """Write the last column of a rule."""
    return " ".join(f"`{test}`" for test in proofs().get(rule, ())[:MOST_NAMED])


def with_tests(text: str) -> str:
    return ROW.sub(lambda row: f"| {row[1]} | {row[2]} | {cell(row[1])} |".replace("|  |", "| |"), text)


def test_every_rule_stands_on_the_page_once_in_order() -> None:
    assert tuple(row[1] for row in ROW.finditer(page())) == RULES


def test_the_page_names_the_tests_that_there_are() -> None:
    wanted = with_tests(page())
    if os.environ.get("FEEDBRAID_GOLDEN") == "write":
        PAGE.write_text(wanted, encoding="utf-8")
    assert page() == wanted, "run: FEEDBRAID_GOLDEN=write pytest tests/test_normalization_page.py"


def test_every_rule_has_a_test_or_a_reason() -> None:
    told = {row[1]: row[2] for row in ROW.finditer(page())}
    without = [rule for rule, what in told.items() if rule not in proofs() and not has_reason(what)]
    assert without == []


def test_no_test_names_a_rule_that_does_not_exist() -> None:
    known = {*RULES, "N129"}  # its number alone stands for all its parts
    assert {rule: tests for rule, tests in proofs().items() if rule not in known} == {}


def has_reason(what: str) -> bool:
    """Tell whether a rule that we do not follow, or not yet, says why: more than a word."""
    return re.match(r"(?:Different|Later): .{20}", what) is not None


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        pytest.param("test_n63_n129a_sizes", {"N63", "N129a"}, id="two in a name"),
        pytest.param("a column: N5, then text", {"N5"}, id="one in a row"),
        pytest.param("test_iso_8601_n", set(), id="no number"),
        pytest.param("test_sn5_n5x", set(), id="parts of words"),
        pytest.param("n0007", set(), id="no rule has four digits"),
    ],
)
def test_rules_are_read_from_names(name: str, numbers: set[str]) -> None:
    assert numbers_in(name) == numbers


def test_rules_are_read_from_the_ids_of_rows(tmp_path: Path) -> None:
    module = tmp_path / "test_x.py"
    module.write_text(
        "import pytest\n"
        "ROWS = [pytest.param(1, id='N7 x'), pytest.param(2, id='y')]\n"
        "@pytest.mark.parametrize('a', ROWS)\n"
        "def test_of_a_table(a): ...\n"
        "@pytest.mark.parametrize('a', [pytest.param('N9', id='n8-x')])\n"
        "def test_n6_of_a_row(a): ...\n",
        encoding="utf-8",
    )
    assert proofs(tmp_path) == {
        "N6": ("test_x.py::test_n6_of_a_row",),
        "N7": ("test_x.py::test_of_a_table",),
        "N8": ("test_x.py::test_n6_of_a_row",),
    }
