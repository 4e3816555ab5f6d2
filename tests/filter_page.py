"""The reference of filters, made of their code: what each is for, its options, its examples, its mistakes."""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from feedbraid.filters import Example, Filter, Mistake
from feedbraid.registry import load_plug, plug_names

PAGE = Path(__file__).parent.parent / "docs" / "filters.md"
FROM_HERE = (
    "<!-- Made of the code from here on; FEEDBRAID_GOLDEN=write pytest tests/test_filters_page.py writes it. -->"
)


def kinds() -> dict[str, Filter]:
    """Give every filter of ours by name."""
    names = plug_names("feedbraid.filters")
    return {name: cast("Filter", load_plug("feedbraid.filters", name, "FILTER")) for name in names}


def wanted() -> str:
    """Give the page as it should be: its beginning as it is, the reference made anew."""
    beginning = PAGE.read_text(encoding="utf-8").partition(FROM_HERE)[0]
    page = "\n".join(
        [beginning + FROM_HERE, "", *_contents(), *(line for one in kinds().items() for line in _section(*one))]
    )
    if os.environ.get("FEEDBRAID_GOLDEN") == "write":
        PAGE.write_text(page, encoding="utf-8")
    return page


def _contents() -> Iterator[str]:
    yield "| filter | what it does |"
    yield "|---|---|"
    for name, kind in kinds().items():
        yield f"| [`{name}`](#{name}) | {_cell(kind.summary)} |"
    yield ""


def _section(name: str, kind: Filter) -> Iterator[str]:
    yield f"## {name}"
    yield ""
    yield from (inspect.getdoc(sys.modules[f"feedbraid.filters.{name}"]) or "").splitlines()
    yield ""
    if kind.extra:
        yield f"It needs more than feedbraid brings: `pip install 'feedbraid[{kind.extra}]'`."
        yield ""
    yield from _options(kind)
    for example in kind.examples:
        yield from _example(example)
    yield "What people get wrong:"
    yield ""
    for mistake in kind.mistakes:
        yield from _mistake(mistake)


def _options(kind: Filter) -> Iterator[str]:
    yield "| option | what | when not given |"
    yield "|---|---|---|"
    for name, field in kind.options.model_fields.items():
        yield f"| `{field.alias or name}` | {_cell(field.description or '')} | {_default(field)} |"
    yield ""
    if kind.short:
        yield f"Short: a text or a list in place of the options is `{kind.short}`."
        yield ""


def _default(field: FieldInfo) -> str:
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    if field.is_required():
        return "it has to be given"
    if default in (None, "", (), {}, PydanticUndefined):
        return ""
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    return f"`{', '.join(map(str, default)) if isinstance(default, tuple) else default}`"


def _example(example: Example) -> Iterator[str]:
    yield example.says
    yield ""
    yield from _yaml(example.config)
    yield "| a post with | comes out with |"
    yield "|---|---|"
    for before, gives in zip(example.posts, example.gives, strict=True):
        yield f"| {_fields(before)} | {_outcome(gives)} |"
    yield ""
    if example.order:
        places = ", ".join(str(place + 1) for place in example.order)
        yield f"They come out in this order: {places}."
        yield ""


def _outcome(gives: Mapping[str, Any] | str) -> str:
    if isinstance(gives, str):
        return f"left out: {_cell(gives)}"
    return _fields(gives) if gives else "as it was"


def _fields(fields: Mapping[str, Any]) -> str:
    return "<br>".join(f"{name}: {_code(_told(value))}" for name, value in fields.items()) or "nothing special"


def _told(value: Any) -> str:  # noqa: ANN401  # of any kind
    if isinstance(value, str):
        return value or "(empty)"
    return json.dumps(value, ensure_ascii=False, default=str)


def _code(text: str) -> str:
    shown = text if len(text) <= 300 else f"{text[:300]}…"
    fence = "``" if "`" in shown else "`"
    return f"{fence}{_cell(shown)}{fence}"


def _mistake(mistake: Mistake) -> Iterator[str]:
    yield from _yaml(mistake.config)
    yield f"`{mistake.says}`" if mistake.is_error else mistake.says
    yield ""


def _yaml(config: str) -> Iterator[str]:
    yield "```yaml"
    yield "filters:"
    yield from (f"  {line}" for line in config.strip("\n").splitlines())
    yield "```"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
