"""Dataclasses that make their methods late are those of the standard library all the same."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import pickle
import pkgutil
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

import feedbraid
from feedbraid.nouns import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """With and without a default, and one whose value is made anew each time."""

    name: str
    number: int = 3
    names: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Arguments by name, and a field that is neither compared nor shown."""

    at: datetime | None = None
    name: str
    secret: str = dataclasses.field(default="", repr=False)
    spoken: str = dataclasses.field(default="", compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class Unlike:
    """Two of them are never equal."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Bare:
    """Without fields."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Says itself how it is shown."""

    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


OWN = (Plain, Named, Unlike, Bare, Spoken)
STATED = "__init__", "__repr__", "__eq__", "__hash__"


def _nouns() -> Iterator[type]:
    """Give every class of ours that is made this way."""
    for found in pkgutil.walk_packages(feedbraid.__path__, "feedbraid."):
        if ".scaffold" in found.name or found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == found.name and dataclasses.is_dataclass(one):
                yield one


def _is_ours(kind: type) -> bool:
    return getattr(kind.__setattr__, "__module__", "") == "feedbraid.nouns"


def _is_stated(method: Any) -> bool:  # noqa: ANN401  # whatever stands in a class
    return inspect.isfunction(method) and method.__code__.co_filename != "<string>"


def _by_the_library(kind: Any) -> Any:  # noqa: ANN401  # any dataclass
    """Make the same class by the standard library."""
    left_out = {
        *kind.__slots__,
        *STATED,
        "__slots__",
        "__setattr__",
        "__delattr__",
        "__getstate__",
        "__setstate__",
    }
    own = {name: value for name, value in vars(kind).items() if name not in left_out}
    own = {name: value for name, value in own.items() if not name.startswith(("__dataclass", "__match"))}
    stated = {name: value for name, value in vars(kind).items() if name in STATED and _is_stated(value)}
    fields = {one.name: copy.copy(one) for one in dataclasses.fields(kind)}
    made = type(kind.__name__, (), {**own, **stated, **fields})
    eq = "__eq__" in vars(kind)
    return dataclasses.dataclass(frozen=True, slots=True, eq=eq)(made)


def _value(kind: Any, **stated: object) -> Any:  # noqa: ANN401  # as above
    """Make a value of a class; what a field holds is nobody's business here."""
    must = {one.name: f"a {one.name}" for one in dataclasses.fields(kind) if one.default is dataclasses.MISSING}
    return kind(**{**must, **stated})


def test_every_noun_has_the_signature_and_the_values_that_the_standard_library_gives() -> None:
    nouns = [one for one in _nouns() if _is_ours(one)]
    assert len(nouns) > 100
    for kind in (*OWN, *nouns):
        twin = _by_the_library(kind)
        assert str(inspect.signature(kind)) == str(inspect.signature(twin)), kind
        assert kind.__match_args__ == twin.__match_args__, kind  # type: ignore[attr-defined]  # of dataclasses
        one, other = _value(kind), _value(twin)
        names = [field.name for field in dataclasses.fields(kind)]
        assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names], kind
        assert repr(one) == repr(other), kind
        assert ("__hash__" in vars(kind)) == ("__hash__" in vars(twin)), kind
        assert (one == _value(kind)) == (other == _value(twin)), kind
        assert one != other


def test_nouns_of_the_model_are_made_this_way() -> None:
    from feedbraid import model  # noqa: PLC0415  # of this test alone

    for kind in vars(model).values():
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            assert _is_ours(kind), kind


def test_arguments_are_checked() -> None:
    assert (Plain("a").number, Plain("a", 4).number, Plain("a", number=5).number) == (3, 4, 5)
    plain: Any = Plain
    named: Any = Named
    with pytest.raises(TypeError):
        plain()
    with pytest.raises(TypeError):
        plain("a", 1, [], 2)
    with pytest.raises(TypeError):
        named("a")
    with pytest.raises(TypeError):
        named(name="a", nam="b")


def test_each_value_has_a_default_of_its_own() -> None:
    one, other = Plain("a"), Plain("a")
    one.names.append("x")
    assert other.names == []


def test_fields_that_are_not_compared_count_neither_for_equality_nor_for_the_hash() -> None:
    one, other = Named(name="a", spoken="b"), Named(name="a", spoken="c")
    assert one == other
    assert hash(one) == hash(other)
    assert one != Named(name="a", secret="b")  # noqa: S106  # it is none
    assert len({Bare(), Bare()}) == 1
    assert Unlike() != Unlike()


def test_secrets_are_not_shown() -> None:
    assert repr(Named(name="a", secret="b")) == "Named(at=None, name='a', spoken='')"  # noqa: S106  # it is none
    assert repr(Spoken("a")) == "<a>"


@pytest.mark.parametrize("value", [Plain("a"), Named(name="a"), Unlike(), Bare()])
def test_a_value_never_changes(value: Any) -> None:  # noqa: ANN401  # any of them
    for name in ("name", "secret", "unknown"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "b")
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(value, name)
    assert not hasattr(value, "__dict__")


def test_values_are_copied_replaced_and_sent() -> None:
    value = Named(name="a", at=datetime.fromisoformat("2026-03-02T12:00:00Z"), secret="b")  # noqa: S106  # it is none
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301  # our own
    assert copy.deepcopy(value) == value
    assert dataclasses.replace(value, name="c").name == "c"
    assert dataclasses.asdict(value)["spoken"] == ""
    with pytest.raises(TypeError):
        dataclasses.replace(value, unknown="c")  # type: ignore[call-arg]  # that is what is tried


def test_what_is_not_frozen_is_the_standard_librarys() -> None:
    @dataclass(slots=True)
    class Loose:
        name: str = ""

    value = Loose()
    value.name = "a"
    assert value == Loose("a")
    assert Loose.__init__.__module__ != "feedbraid.nouns"
