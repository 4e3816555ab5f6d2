"""The reference of filters says what the code does, and its beginning only what works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import filter_page
from feedbraid.configtext import parse_config

TEXT = filter_page.PAGE.read_text(encoding="utf-8")
BEGINNING = TEXT.partition(filter_page.FROM_HERE)[0]
CONFIGURATIONS = re.findall(r"```yaml\n(.*?)```", BEGINNING, re.DOTALL)


def test_the_reference_is_made_of_the_code() -> None:
    wanted = filter_page.wanted()
    assert filter_page.PAGE.read_text(encoding="utf-8") == wanted, (
        "run: FEEDBRAID_GOLDEN=write pytest tests/test_filters_page.py"
    )


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_every_configuration_on_the_page_is_good(text: str, tmp_path: Path) -> None:
    assert parse_config(text, "config.yaml", tmp_path).feeds


def test_the_page_has_configurations_and_every_filter() -> None:
    assert len(CONFIGURATIONS) >= 5
    assert [name for name in filter_page.kinds() if f"\n## {name}\n" not in TEXT] == []
