"""Nouns to JSON text and back: for the store, and for answers of the parser process.

A dataclass becomes an object that leaves out fields at their default, so that a new field costs stored rows
nothing. Dates are RFC 3339 in UTC, bytes are Latin-1 text, a union of dataclasses carries its class name.
The text of equal values is equal: keys stand in the order of the fields.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import operator
import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, Union, get_args, get_origin

T = TypeVar("T")

_Write = Callable[[Any], Any]
_Read = Callable[[Any], Any]


def encode(value: object) -> str:
    """Write a dataclass value as JSON text on one line."""
    kind: Any = type(value)
    return _text_of(_codec_of(kind)[0](value))


_text_of = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":")).encode


def decode(kind: type[T], text: str | bytes) -> T:
    """Read a value that `encode` wrote. Raises ValueError when the text is something else."""
    form: Any = kind
    try:
        result: T = _codec_of(form)[1](json.loads(text))
    except (ArithmeticError, AttributeError, LookupError, RecursionError, StopIteration, TypeError) as error:
        raise ValueError(f"no {kind.__name__}: {error}") from error
    return result


def digest(text: str | bytes) -> str:
    """SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


@functools.cache
def _codec_of(kind: Any) -> tuple[_Write, _Read]:  # noqa: ANN401  # a type form: class, union, NewType, Literal
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _union_codec(args)
    if origin is tuple:
        return _tuple_codec(args)
    if dataclasses.is_dataclass(kind):
        return _dataclass_codec(kind)
    return _SCALARS.get(kind, (_same, _same))


def _same(value: object) -> object:
    return value


def _union_codec(args: tuple[Any, ...]) -> tuple[_Write, _Read]:
    kinds = [arg for arg in args if arg is not type(None)]
    if len(kinds) == 1:
        write, read = _codec_of(kinds[0])
        return (
            lambda value: None if value is None else write(value),
            lambda data: None if data is None else read(data),
        )
    by_name = {kind.__name__: _codec_of(kind) for kind in kinds}
    return (
        lambda value: {type(value).__name__: by_name[type(value).__name__][0](value)},
        lambda data: next(by_name[name][1](inner) for name, inner in data.items()),
    )


def _tuple_codec(args: tuple[Any, ...]) -> tuple[_Write, _Read]:
    if len(args) == 2 and args[1] is Ellipsis:
        write, read = _codec_of(args[0])
        return lambda value: [write(v) for v in value], lambda data: tuple(read(d) for d in data)
    codecs = [_codec_of(arg) for arg in args]
    return (
        lambda value: [codec[0](v) for codec, v in zip(codecs, value, strict=True)],
        lambda data: tuple(codec[1](d) for codec, d in zip(codecs, data, strict=True)),
    )


def _dataclass_codec(kind: Any) -> tuple[_Write, _Read]:  # noqa: ANN401
    hints = typing.get_type_hints(kind)
    fields = dataclasses.fields(kind)
    codecs = [_codec_of(hints[f.name]) for f in fields]
    plan = [
        (f.name, f.default, None if write is _same else write)
        for f, (write, _) in zip(fields, codecs, strict=True)
    ]
    readers = [(f.name, read) for f, (_, read) in zip(fields, codecs, strict=True) if read is not _same]
    values_of = operator.attrgetter(*(f.name for f in fields)) if len(fields) > 1 else None

    def write(value: object) -> dict[str, Any]:
        data = {}
        values = values_of(value) if values_of else (getattr(value, plan[0][0]),) if plan else ()
        for (name, default, write_field), field_value in zip(plan, values, strict=True):
            if field_value != default:
                data[name] = write_field(field_value) if write_field else field_value
        return data

    def read(data: dict[str, Any]) -> object:
        for name, read_field in readers:
            if name in data:
                data[name] = read_field(data[name])
        return kind(**data)

    return write, read


def _write_date(value: datetime) -> str:
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.isoformat()[:19]}Z"


_SCALARS: dict[Any, tuple[_Write, _Read]] = {
    datetime: (_write_date, datetime.fromisoformat),
    timedelta: (lambda value: value.total_seconds(), lambda data: timedelta(seconds=data)),
    bytes: (lambda value: value.decode("latin-1"), lambda data: data.encode("latin-1")),
}
