"""What the forms of a configuration have in common, those of filters too: the door to pydantic.

A form holds values as the operator wrote them, each checked by a function that raises ValueError with a message
for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from feedbraid import configvalues as values
from feedbraid.text import one_line

T = TypeVar("T")


def as_list(value: object) -> object:
    """Take one text for a list of it."""
    return (value,) if isinstance(value, str) else value


def unique(items: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse a value that stands in a list twice."""
    twice = [item for place, item in enumerate(items) if item in items[:place]]
    if twice:
        raise ValueError(f"{twice[0]!r} stands here twice")
    return items


def some(items: tuple[T, ...]) -> tuple[T, ...]:
    """Refuse an empty list."""
    if not items:
        raise ValueError("at least one value is needed here")
    return items


OneOrMore = Annotated[
    tuple[T, ...],
    BeforeValidator(as_list, json_schema_input_type=str | tuple[str, ...]),
    AfterValidator(some),
    AfterValidator(unique),
]
Line = Annotated[str, AfterValidator(one_line)]
Age = Annotated[str, AfterValidator(values.age)]
Interval = Annotated[str, AfterValidator(values.interval)]
Language = Annotated[str, AfterValidator(values.optional(values.language))]
Address = Annotated[str, AfterValidator(values.optional(values.public_address))]


class Form(BaseModel):
    """A block of settings; one that is there without a value has its default."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        return {name: value for name, value in data.items() if value is not None}

    @classmethod
    def settings(cls) -> tuple[str, ...]:
        """Give the names of the settings as they stand in the file."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())
