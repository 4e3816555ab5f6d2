"""Dataclasses whose methods are made when they are first used, so that a start need not wait for them (D23).

The standard library writes and compiles up to seven methods for each class as soon as it is defined: that is a
millisecond a class, and a third of a start, though a pass makes values of few of them. `dataclass` here gives the
same classes: fields, defaults, order of arguments, equality, hash, what is printed, and that they are frozen.
`__init__` puts each value directly into its slot, which is faster, too.

Classes that are not both frozen and slotted are left to the standard library. Not offered to the others: `order`,
`__post_init__`, and fields that are no arguments.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any, cast

__all__ = ["dataclass"]


def _lazy_dataclass(
    cls: Any = None,  # noqa: ANN401  # checkers see the signature of the standard library
    *,
    frozen: bool = False,
    slots: bool = False,
    eq: bool = True,
    kw_only: bool = False,
) -> Any:  # noqa: ANN401  # as above
    if cls is None:
        return lambda one: _lazy_dataclass(one, frozen=frozen, slots=slots, eq=eq, kw_only=kw_only)
    if not (frozen and slots):
        return dataclasses.dataclass(frozen=frozen, slots=slots, eq=eq, kw_only=kw_only)(cls)
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the standard library makes a text of its signature
    own = frozenset(vars(cls))
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    for name, make in _METHODS.items():
        if name not in own and (eq or name not in ("__eq__", "__hash__")):
            setattr(made, name, _Later(made, name, make))
    made.__setattr__, made.__delattr__ = _refuse_to_set, _refuse_to_delete
    made.__getstate__, made.__setstate__ = _state, _set_state
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _lazy_dataclass


class _Later:
    """Stands where a method of a class will be, and makes it when somebody asks for it."""

    __slots__ = ("_cls", "_make", "_name")

    def __init__(self, cls: type, name: str, make: Callable[[type], FunctionType]) -> None:
        self._cls, self._name, self._make = cls, name, make

    def __get__(self, instance: object, owner: type) -> object:
        method = self._make(self._cls)
        method.__module__, method.__qualname__ = self._cls.__module__, f"{self._cls.__qualname__}.{self._name}"
        setattr(self._cls, self._name, method)
        return method.__get__(instance, owner)


# --- methods as text --------------------------------------------------------------------------------------


def _init(cls: type) -> FunctionType:
    known: dict[str, object] = {"_unset": _Unset()}
    arguments, body, is_named = ["self"], [], False
    for one in sorted(_fields(cls), key=lambda field: bool(field.kw_only)):
        name, value, default = one.name, one.name, ""
        if one.default_factory is not dataclasses.MISSING:
            known[f"_new_{name}"] = one.default_factory
            value, default = f"_new_{name}() if {name} is _unset else {name}", "=_unset"
        elif one.default is not dataclasses.MISSING:
            known[f"_default_{name}"], default = one.default, f"=_default_{name}"
        if one.kw_only and not is_named:
            arguments.append("*")
            is_named = True
        known[f"_set_{name}"] = getattr(cls, name).__set__
        arguments.append(f"{name}{default}")
        body.append(f"_set_{name}(self, {value})")
    method = _function(cls, f"__init__({', '.join(arguments)})", body or ["pass"], known)
    method.__annotations__ = {**{one.name: one.type for one in _fields(cls)}, "return": None}
    return method


def _repr(cls: type) -> FunctionType:
    shown = ", ".join(f"{one.name}={{self.{one.name}!r}}" for one in _fields(cls) if one.repr)
    return _function(cls, "__repr__(self)", [f'return f"{{self.__class__.__qualname__}}({shown})"'])


def _eq(cls: type) -> FunctionType:
    names = [one.name for one in _fields(cls) if one.compare]
    same = f"return {_tuple('self', names)} == {_tuple('other', names)}"
    body = ["if other.__class__ is not self.__class__:", " return NotImplemented", same]
    return _function(cls, "__eq__(self, other)", body)


def _hash(cls: type) -> FunctionType:
    names = [one.name for one in _fields(cls) if (one.compare if one.hash is None else one.hash)]
    return _function(cls, "__hash__(self)", [f"return hash({_tuple('self', names)})"])


class _Unset:
    """Stands for a value that is made anew each time."""

    def __repr__(self) -> str:
        return "<factory>"


_METHODS: Mapping[str, Callable[[type], FunctionType]] = {
    "__init__": _init,
    "__repr__": _repr,
    "__eq__": _eq,
    "__hash__": _hash,
}


def _fields(cls: Any) -> tuple[dataclasses.Field[Any], ...]:  # noqa: ANN401  # any dataclass
    return dataclasses.fields(cls)


def _tuple(who: str, names: list[str]) -> str:
    return f"({''.join(f'{who}.{name},' for name in names)})"


def _function(cls: type, head: str, body: list[str], known: Mapping[str, object] | None = None) -> FunctionType:
    """Compile a method; what it needs to know comes as arguments of a function around it."""
    known = known or {}
    name = head.partition("(")[0]
    lines = [f"def make({', '.join(known)}):", f" def {head}:", *(f"  {line}" for line in body), f" return {name}"]
    made: dict[str, Callable[..., object]] = {}
    exec("\n".join(lines), vars(sys.modules[cls.__module__]), made)  # noqa: S102  # made of names of fields alone
    return cast("FunctionType", made["make"](**known))


# --- methods that all share -------------------------------------------------------------------------------


def _refuse_to_set(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401  # any dataclass
    return [getattr(self, one.name) for one in _fields(type(self))]


def _set_state(self: Any, state: list[object]) -> None:  # noqa: ANN401  # as above
    for one, value in zip(_fields(type(self)), state, strict=True):
        object.__setattr__(self, one.name, value)
