"""The page of rules says what is tested, and every rule is tested or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rule_pages import RulePage
from rules import RULES, numbers_in, proofs

PAGE = RulePage("normalization.md", RULES)


def test_every_rule_stands_on_the_page_once_in_order() -> None:
    assert PAGE.numbers() == PAGE.rules


def test_the_page_names_the_tests_that_there_are() -> None:
    wanted = PAGE.wanted()
    assert PAGE.text() == wanted, "run: FEEDBRAID_GOLDEN=write pytest tests/test_normalization_page.py"


def test_every_rule_has_a_test_or_a_reason() -> None:
    assert PAGE.unproved() == []


def test_no_test_names_a_rule_that_does_not_exist() -> None:
    assert PAGE.unknown(besides=frozenset({"N129"})) == {}, "N129 alone stands for all its parts"


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
