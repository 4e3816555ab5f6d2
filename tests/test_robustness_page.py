"""The page about manners, threats, faults and bad input: every row on it is tested or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from rule_pages import RulePage, has_reason
from rules import ROBUSTNESS, manners_in_id, numbers_in, numbers_in_id, proofs

PAGE = RulePage("robustness.md", ROBUSTNESS)


def test_every_row_stands_on_the_page_once_in_order() -> None:
    assert PAGE.numbers() == PAGE.rules


def test_the_page_names_the_tests_that_there_are() -> None:
    wanted = PAGE.wanted()
    assert PAGE.text() == wanted, "run: FEEDBRAID_GOLDEN=write pytest tests/test_robustness_page.py"


def test_every_row_has_a_test_or_a_reason() -> None:
    assert PAGE.unproved() == []


def test_no_test_names_a_row_that_does_not_exist() -> None:
    assert PAGE.unknown() == {}


@pytest.mark.parametrize(
    ("what", "has_one"),
    [
        pytest.param("Different: the store is read back from what was published.", True, id="on purpose"),
        pytest.param("Later: there is no server yet that could be asked.", True, id="not yet"),
        pytest.param("Later: soon.", False, id="no reason but a word"),
        pytest.param("We do it later: when there is time enough.", False, id="a sentence"),
    ],
)
def test_a_row_without_a_test_needs_a_reason(what: str, *, has_one: bool) -> None:
    assert has_reason(what) is has_one


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        pytest.param("test_b12_f35_cut", {"B12", "F35"}, id="two in a name"),
        pytest.param("test_n5_t7_i9_p27", {"N5", "T7", "I9", "P27"}, id="nothing but numbers"),
        pytest.param("test_d6_f18_dates", {"F18"}, id="beside a letter that has no rows"),
        pytest.param("test_f500_never", {"F500"}, id="a number that does not exist is seen"),
        pytest.param("test_column_b12", set(), id="not at the beginning"),
        pytest.param("test_b12x_f2y", set(), id="parts of words"),
        pytest.param("test_utf8_i18n", set(), id="words with numbers"),
    ],
)
def test_rows_are_read_from_names(name: str, numbers: set[str]) -> None:
    assert numbers_in(name) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("B12 cut in an item", {"B12"}, id="one"),
        pytest.param("B17 B18, F35: forbidden characters", {"B17", "B18", "F35"}, id="several"),
        pytest.param("F6", {"F6"}, id="nothing else"),
        pytest.param("I9 N5 both letters", {"I9", "N5"}, id="beside another letter"),
        pytest.param("T10:00 in 2024", set(), id="a time of day"),
        pytest.param("b12-lower-case", set(), id="lower case"),
        pytest.param("as B12 is", set(), id="not at the beginning"),
        pytest.param("B118 F0 T16 x", set(), id="numbers that do not exist"),
        pytest.param("B12x B3", set(), id="part of a word"),
    ],
)
def test_rows_are_read_from_ids(text: str, numbers: set[str]) -> None:
    assert numbers_in_id(text) == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        pytest.param("B1 asks at most once an hour (13, 16)", {"P13", "P16"}, id="two"),
        pytest.param("A3 sends it back unaltered (1)", {"P1"}, id="one"),
        pytest.param("B2 waits (of 10) for the age", set(), id="not at the end"),
        pytest.param("D9 does what nobody wants (0, 99)", set(), id="numbers that do not exist"),
    ],
)
def test_rows_of_scorers_end_with_our_numbers(text: str, numbers: set[str]) -> None:
    assert manners_in_id(text) == numbers


def test_rows_of_scorers_are_told_by_their_file(tmp_path: Path) -> None:
    module = tmp_path / "test_manners.py"
    module.write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('a', [pytest.param(1, id='B1 asks at most once an hour (13)')])\n"
        "def test_t15_manners(a): ...\n",
        encoding="utf-8",
    )
    assert proofs(tmp_path).keys() == {"P13", "T15"}


def test_rows_are_read_from_ids_that_are_computed(tmp_path: Path) -> None:
    module = tmp_path / "test_y.py"
    module.write_text(
        "import pytest\n"
        "NUMBERS = (1, 2)\n"
        "@pytest.mark.parametrize('a', NUMBERS, ids=lambda number: f'B{number} of a function')\n"
        "def test_named_by_a_function(a): ...\n"
        "@pytest.mark.parametrize('a', [pytest.param(n, id=f'F{n} of a list') for n in (3, 4)])\n"
        "def test_made_in_place(a): ...\n"
        "@pytest.mark.parametrize('a', [pytest.param(5, id='I5')])\n"
        "def test_t6_written_down(a): ...\n",
        encoding="utf-8",
    )
    assert proofs(tmp_path) == {
        "B1": ("test_y.py::test_named_by_a_function",),
        "B2": ("test_y.py::test_named_by_a_function",),
        "F3": ("test_y.py::test_made_in_place",),
        "F4": ("test_y.py::test_made_in_place",),
        "I5": ("test_y.py::test_t6_written_down",),
        "T6": ("test_y.py::test_t6_written_down",),
    }
