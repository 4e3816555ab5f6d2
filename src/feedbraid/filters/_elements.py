"""Elements of a body, as CSS selectors name them: the door to cssselect.

cssselect reads a selector; what it matches is found here, in a list of the elements of a body. Every selector
that is taken needs time in proportion to the body, however hostile that is: as XPath, which cssselect would
translate it to, `p ~ p` took 95 seconds for a body of 5,000 paragraphs, and places among siblings take the
square. An element is known by where it stands in the text, so what is not selected stays as it is, to the byte;
and no depth is too much.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache, cached_property
from html import unescape
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator

from feedbraid.media import ATTRS, values_of
from feedbraid.nesting import elements
from feedbraid.nouns import dataclass

from . import FilterError

MOST_CHARACTERS = 500
MOST_PARTS = 40
"""Of a selector."""

_NODE = Any
"""What cssselect makes of a part of a selector; it has no types."""


class Element(NamedTuple):
    """Where an element stands in a body: it and its content, each from and to. A void one has an empty content."""

    start: int
    content: int
    content_end: int
    end: int


@dataclass(frozen=True, slots=True)
class Selectors:
    """What is meant by some selectors: all that one of them matches."""

    each: tuple[tuple[tuple[str, ...], _NODE], ...]
    """What has to be in a body that one of them matches in, and what cssselect made of it."""

    def found(self, body: str) -> tuple[Element, ...]:
        """Find the elements of a body, in their order. Raises FilterError when it is no serialized HTML."""
        nodes = [node for signs, node in self.each if all(sign in body for sign in signs)]
        if not nodes:
            return ()
        tree = _read(body)
        return tuple(tree.element(one) for one in sorted(set().union(*(_found(tree, node) for node in nodes))))


def compiled(css: Iterable[str]) -> Selectors:
    """Compile selectors. Raises ValueError with a message for the operator."""
    return Selectors(tuple(one for text in css for one in _compiled(text)))


def checked(css: str) -> str:
    """Check a selector, or several with commas between them."""
    _compiled(css)
    return css


Css = Annotated[str, AfterValidator(checked)]


def outermost(elements: Iterable[Element]) -> Iterator[Element]:
    """Leave out elements that are in others of them; they come in the order of the body."""
    end = -1
    for element in elements:
        if element.start >= end:
            end = element.end
            yield element


def without(body: str, spans: Iterable[tuple[int, int]]) -> str:
    """Cut parts out of a body, given in any order; none overlaps another."""
    at, kept = 0, []
    for start, end in sorted(spans):
        kept.append(body[at:start])
        at = end
    return "".join([*kept, body[at:]])


# --- selectors --------------------------------------------------------------------------------------------


@cache
def _compiled(css: str) -> tuple[tuple[tuple[str, ...], _NODE], ...]:
    from cssselect import SelectorError, parse  # noqa: PLC0415  # not needed by who has no such filter

    if len(css) > MOST_CHARACTERS:
        raise ValueError(f"a selector has at most {MOST_CHARACTERS} characters; write a list of several")
    try:
        nodes = [_of_elements(selector) for selector in parse(css)]
    except SelectorError as error:
        raise ValueError(f"{css!r} is no CSS selector: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{css!r} is not possible: {error}") from None
    return tuple((tuple(dict.fromkeys(_signs(node))), node) for node in nodes)


def _of_elements(selector: Any) -> _NODE:  # noqa: ANN401  # a type of the library
    if selector.pseudo_element:
        raise ValueError(f"::{selector.pseudo_element} is no element")
    if _depth(selector.parsed_tree) > MOST_PARTS:
        raise ValueError(f"it has more than {MOST_PARTS} parts")
    _found(_read(""), selector.parsed_tree)  # refuses what is unknown
    return selector.parsed_tree


def _depth(node: _NODE) -> int:
    inner = [getattr(node, name) for name in ("selector", "subselector") if hasattr(node, name)]
    inner += getattr(node, "selector_list", ())
    if type(node).__name__ == "Relation":
        inner += [part.parsed_tree for _, part in node.arguments]
    return 1 + max(map(_depth, inner), default=0)


_PLAIN = re.compile(r'[^&<>"\xa0]*')


def _signs(node: _NODE) -> Iterator[str]:
    """Give texts without which a body has nothing that matches: names, and values that are written as they are."""
    kind = type(node).__name__
    if kind == "Element":
        yield from [f"<{node.element.lower()}"] if node.element else []
        return
    yield from _signs(node.selector)
    if kind == "CombinedSelector":
        yield from _signs(node.subselector)
    elif kind == "Attrib":
        yield from [] if node.operator == "!=" else [f" {node.attrib.lower()}="]
    stated = {"Class": "class_name", "Hash": "id"}.get(kind)
    if stated and _PLAIN.fullmatch(getattr(node, stated)):
        yield getattr(node, stated)


# --- the elements of a body -------------------------------------------------------------------------------

_TAG = re.compile(rf"<(?:/([a-z][a-z0-9]*)|([a-z][a-z0-9]*)({ATTRS}))>")
_VOID = elements("area br col hr img source track wbr")
_BLANKS = re.compile(r"\s+")
_WORD = re.compile(r"[^ \t\n\f]+")
_NOT_READABLE = "its text is no HTML as feedbraid writes it"


@dataclass
class _Tree:
    """The elements of a body in their order; each is a number, and -1 is what holds all of them."""

    body: str
    names: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    """As they are written."""
    parents: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    content_ends: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def element(self, one: int) -> Element:
        return Element(self.starts[one], self.contents[one], self.content_ends[one], self.ends[one])

    def open(self, tag: re.Match[str], parent: int) -> None:
        self.names.append(tag[2])
        self.attributes.append(tag[3])
        self.parents.append(parent)
        self.starts.append(tag.start())
        for ends in (self.contents, self.content_ends, self.ends):
            ends.append(tag.end())

    def close(self, one: int, tag: re.Match[str]) -> None:
        self.content_ends[one], self.ends[one] = tag.span()

    def value(self, one: int, name: str) -> str | None:
        """Give the value of an attribute."""
        return values_of(self.attributes[one]).get(name) if f" {name}=" in self.attributes[one] else None

    @cached_property
    def named(self) -> Mapping[str, set[int]]:
        found: dict[str, set[int]] = {}
        for one, name in enumerate(self.names):
            found.setdefault(name, set()).add(one)
        return found

    @cached_property
    def before(self) -> Sequence[int]:
        """The sibling before each, or -1."""
        last: dict[int, int] = {}
        before = []
        for one, parent in enumerate(self.parents):
            before.append(last.get(parent, -1))
            last[parent] = one
        return before

    def place(self, one: int, order: str) -> int:
        """Give the place of an element among its siblings, from 1: in one of the orders that `:nth-` knows."""
        if order not in self._places:
            self._places[order] = self._counted(order)
        return self._places[order][one]

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        return {}

    def _counted(self, order: str) -> list[int]:
        counts: Counter[tuple[int, str]] = Counter()
        places = [0] * len(self.names)
        numbers = range(len(self.names))
        for one in reversed(numbers) if order.startswith("last-") else numbers:
            among = self.parents[one], self.names[one] if order.endswith("of-type") else ""
            counts[among] += 1
            places[one] = counts[among]
        return places

    @cached_property
    def text(self) -> tuple[str, Mapping[int, int]]:
        """Give the text of the body, and where in it each place in the body lies that has a tag."""
        parts, places, at, length = [], {}, 0, 0
        for tag in _TAG.finditer(self.body):
            parts.append(_BLANKS.sub(" ", unescape(self.body[at : tag.start()])))
            length += len(parts[-1])
            at = tag.end()
            places[tag.start()] = places[at] = length
        return "".join(parts), places


def _read(body: str) -> _Tree:
    tree, path, at = _Tree(body), [-1], 0
    for tag in _TAG.finditer(body):
        if body.find("<", at, tag.start()) >= 0:
            raise FilterError(_NOT_READABLE)
        at = tag.end()
        if tag[1]:
            if len(path) == 1 or tree.names[path[-1]] != tag[1]:
                raise FilterError(_NOT_READABLE)
            tree.close(path.pop(), tag)
        else:
            tree.open(tag, path[-1])
            if tag[2] not in _VOID:
                path.append(len(tree.names) - 1)
    if len(path) > 1 or body.find("<", at) >= 0:
        raise FilterError(_NOT_READABLE)
    return tree


# --- what matches -----------------------------------------------------------------------------------------

_Set = set[int]


def _found(tree: _Tree, node: _NODE) -> _Set:
    """Give the elements that match. Raises ValueError when the selector is none that is possible here."""
    kind = type(node).__name__
    if kind not in _FINDERS:
        raise ValueError(f"{node.canonical()} is unknown here")
    return _FINDERS[kind](tree, node)


def _of_name(tree: _Tree, node: _NODE) -> _Set:
    if node.namespace:
        raise ValueError("there are no namespaces in HTML")
    return tree.named.get(node.element.lower(), set()) if node.element else set(range(len(tree.names)))


def _of_class(tree: _Tree, node: _NODE) -> _Set:
    return _with_value(tree, node.selector, "class", lambda value: node.class_name in _WORD.findall(value))


def _of_id(tree: _Tree, node: _NODE) -> _Set:
    return _with_value(tree, node.selector, "id", lambda value: value == node.id)


def _of_attribute(tree: _Tree, node: _NODE) -> _Set:
    test = _TESTS.get(node.operator.replace("!", ""))
    if node.namespace or test is None:
        raise ValueError(f"{node.canonical()} is unknown here")
    tidied = str.lower if node.flag == "i" else str
    stated = tidied(node.value.value if node.value else "")
    having = _with_value(tree, node.selector, node.attrib.lower(), lambda value: test(tidied(value), stated))
    return _found(tree, node.selector) - having if node.operator == "!=" else having


_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "exists": lambda _value, _stated: True,
    "=": lambda value, stated: value == stated,
    "~=": lambda value, stated: stated in _WORD.findall(value),
    "|=": lambda value, stated: value == stated or value.startswith(f"{stated}-"),
    "^=": lambda value, stated: stated != "" and value.startswith(stated),
    "$=": lambda value, stated: stated != "" and value.endswith(stated),
    "*=": lambda value, stated: stated != "" and stated in value,
}


def _with_value(tree: _Tree, node: _NODE, name: str, test: Callable[[str], bool]) -> _Set:
    return {
        one for one in _found(tree, node) for value in [tree.value(one, name)] if value is not None and test(value)
    }


def _combined(tree: _Tree, node: _NODE) -> _Set:
    """Walk from what the left side matches to what the right side does."""
    left, right = _found(tree, node.selector), _found(tree, node.subselector)
    if node.combinator == ">":
        return {one for one in right if tree.parents[one] in left}
    if node.combinator == "+":
        return {one for one in right if tree.before[one] in left}
    return right & _reached(tree.before if node.combinator == "~" else tree.parents, left)


def _reached(way: Sequence[int], start: _Set) -> _Set:
    """Give all from which a way leads back to some; each step leads to a lower number, and -1 is its end."""
    reached: _Set = set()
    for one, back in enumerate(way):
        if back in start or back in reached:
            reached.add(one)
    return reached


def _with_others(tree: _Tree, node: _NODE) -> _Set:
    """`:has()`: walk from what is matched in it back to what has that below it, or behind it."""
    found = _found(tree, node.selector)
    others = (_back_from(tree, combinator.value, part.parsed_tree) for combinator, part in node.arguments)
    return found & set().union(*others)


def _back_from(tree: _Tree, combinator: str | None, node: _NODE) -> _Set:
    if type(node).__name__ == "CombinedSelector":
        raise ValueError("in :has() one element is named; for one in another write  a:has(b:has(c))")
    found = _found(tree, node)
    way = tree.before if combinator in ("+", "~") else tree.parents
    if combinator in ("+", ">"):
        return {way[one] for one in found}
    reached: _Set = set()
    for one in range(len(way) - 1, -1, -1):
        if one in found or one in reached:
            reached.add(way[one])
    return reached


def _not(tree: _Tree, node: _NODE) -> _Set:
    return _found(tree, node.selector) - _found(tree, node.subselector)


def _any_of(tree: _Tree, node: _NODE) -> _Set:
    return _found(tree, node.selector) & set().union(*(_found(tree, one) for one in node.selector_list))


def _of_kind(tree: _Tree, node: _NODE) -> _Set:
    test = _KINDS.get(node.ident)
    if test is None:
        raise ValueError(f":{node.ident} is unknown here; there are: {', '.join(f':{name}' for name in _KNOWN)}")
    return {one for one in _found(tree, node.selector) if test(tree, one)}


def _first(*orders: str) -> Callable[[_Tree, int], bool]:
    return lambda tree, one: all(tree.place(one, order) == 1 for order in orders)


_KINDS: Mapping[str, Callable[[_Tree, int], bool]] = {
    "first-child": _first("child"),
    "last-child": _first("last-child"),
    "only-child": _first("child", "last-child"),
    "first-of-type": _first("of-type"),
    "last-of-type": _first("last-of-type"),
    "only-of-type": _first("of-type", "last-of-type"),
    "empty": lambda tree, one: tree.contents[one] == tree.content_ends[one],
}
_FUNCTIONS = ("nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type", "contains")
_KNOWN = (*_KINDS, *(f"{name}()" for name in (*_FUNCTIONS, "not", "is", "has")))


def _of_function(tree: _Tree, node: _NODE) -> _Set:
    if node.name not in _FUNCTIONS:
        raise ValueError(f":{node.name}() is unknown here; there are: {', '.join(f':{name}' for name in _KNOWN)}")
    found = _found(tree, node.selector)
    if node.name == "contains":
        return _containing(tree, found, _phrase(node))
    step, first = _series(node)
    order = node.name.removeprefix("nth-")
    return {one for one in found if _is_nth(tree.place(one, order), step, first)}


def _series(node: _NODE) -> tuple[int, int]:
    from cssselect.parser import parse_series  # noqa: PLC0415  # not needed by who has no such filter

    try:
        step, first = parse_series(node.arguments)
    except ValueError:
        raise ValueError(f":{node.name}() takes a number, odd, even, or such as 3n+1") from None
    return step, first


def _is_nth(place: int, step: int, first: int) -> bool:
    if step == 0:
        return place == first
    rounds, rest = divmod(place - first, step)
    return rest == 0 and rounds >= 0


def _phrase(node: _NODE) -> str:
    if not node.arguments or any(token.type not in ("STRING", "IDENT") for token in node.arguments):
        raise ValueError(':contains() takes a text, such as :contains("Read more")')
    return _BLANKS.sub(" ", " ".join(token.value for token in node.arguments))


def _containing(tree: _Tree, found: _Set, phrase: str) -> _Set:
    text, places = tree.text
    at, containing = -1, set()
    for one in sorted(found):
        start, end = places[tree.contents[one]], places[tree.content_ends[one]]
        if at < start:  # where it stood is behind us, so no part of the text is searched twice
            at = text.find(phrase, start)
            if at < 0:
                break
        if at + len(phrase) <= end:
            containing.add(one)
    return containing


_FINDERS: Mapping[str, Callable[[_Tree, _NODE], _Set]] = {
    "Element": _of_name,
    "Class": _of_class,
    "Hash": _of_id,
    "Attrib": _of_attribute,
    "CombinedSelector": _combined,
    "Relation": _with_others,
    "Negation": _not,
    "Matching": _any_of,
    "SpecificityAdjustment": _any_of,
    "Pseudo": _of_kind,
    "Function": _of_function,
}
"""By the kinds of parts that cssselect knows; one that a later version adds is refused."""
