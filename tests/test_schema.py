"""The JSON Schema of config.yaml: whole, the same each time, and a description for each setting."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from feedbraid.cli.schema import schema_text
from feedbraid.configform import ConfigForm
from inside import Inside
from program import Instance

SCHEMA: dict[str, Any] = json.loads(schema_text())

TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


def forms(node: object = SCHEMA, path: str = "#") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of the schema that says something of a value, with its path."""
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from forms(item, f"{path}/{place}")
    elif isinstance(node, dict):
        if {"type", "$ref", "anyOf", "enum", "const", "properties"} & node.keys():
            yield path, node
        for name, value in node.items():
            if name not in ("default", "enum", "const", "required"):
                yield from forms(value, f"{path}/{name}")


def test_it_says_which_dialect_it_is() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["type"] == "object"
    assert SCHEMA["title"] == "feedbraid configuration"


def test_every_reference_leads_somewhere() -> None:
    references = [form["$ref"] for _, form in forms() if "$ref" in form]
    assert len(references) > 20
    assert [one for one in references if one.removeprefix("#/$defs/") not in SCHEMA["$defs"]] == []


def test_every_type_is_one_of_the_dialect() -> None:
    for path, form in forms():
        stated = form.get("type", [])
        if isinstance(stated, str | list):  # else it is a setting of that name
            assert {stated} if isinstance(stated, str) else set(stated) <= TYPES, path


def test_it_has_every_setting_at_the_top() -> None:
    assert set(SCHEMA["properties"]) == set(ConfigForm.settings())


def described(form: Mapping[str, Any]) -> bool:
    """It has a description, or the form that it refers to does."""
    if form.get("description"):
        return True
    named = [form, *form.get("anyOf", []), *form.get("allOf", [])]
    referred = [one["$ref"].removeprefix("#/$defs/") for one in named if "$ref" in one]
    return any(SCHEMA["$defs"][name].get("description") for name in referred)


def test_every_setting_has_a_description() -> None:
    silent = [
        f"{path}/{name}"
        for path, form in forms()
        if path != "#/$defs" and isinstance(form.get("properties"), dict) and "/anyOf/" not in path
        for name, setting in form["properties"].items()
        if not described(setting)
    ]
    assert silent == []


def test_settings_that_do_not_exist_are_mistakes_in_every_form() -> None:
    own = [name for name, form in SCHEMA["$defs"].items() if name.endswith("Form") and "properties" in form]
    assert len(own) > 8
    assert [name for name in own if SCHEMA["$defs"][name].get("additionalProperties") is not False] == []
    assert SCHEMA["additionalProperties"] is False


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    other = "1" if os.environ.get("PYTHONHASHSEED") == "0" else "0"
    done = Instance(tmp_path).feedbraid("schema", PYTHONHASHSEED=other)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == schema_text()


def test_it_is_written_to_a_file_that_is_whole(tmp_path: Path) -> None:
    instance = Inside(tmp_path)
    done = instance.feedbraid("schema", "-o", "feedbraid.schema.json")
    assert (done.returncode, done.stdout) == (0, "feedbraid: wrote feedbraid.schema.json\n")
    assert (tmp_path / "feedbraid.schema.json").read_text(encoding="utf-8") == schema_text()
    assert len(list(tmp_path.iterdir())) == 1


def test_where_it_can_not_be_written_the_reason_is_told(tmp_path: Path) -> None:
    done = Inside(tmp_path).feedbraid("schema", "-o", "none/feedbraid.schema.json")
    assert done.returncode == 4
    assert "none/feedbraid.schema.json: No such file or directory" in done.stderr
