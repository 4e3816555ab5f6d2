"""YAML text to plain values, each with its place in the file: the door to ruamel.yaml.

Every scalar stays the text that the operator wrote, so that a title may be `no` or `2026`; what it means is the
business of the form it is filled into. `${NAME}` is replaced by the environment variable, `$${NAME}` stays.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from feedbraid.errors import ConfigError, Problem
from feedbraid.nouns import dataclass

Path = tuple[str | int, ...]
"""Names and places in lists, counted from 0; a negative number marks a problem with a key itself."""

Place = tuple[int, int]
"""Line and column, counted from 1."""

SHORTEST = "sources:\n  news: https://news.example/feed.xml"
"""The shortest useful configuration."""

DEEPEST = 20
"""Levels: far more than a configuration has, far fewer than a value that contains itself."""

MOST_VALUES = 200_000
"""An alias counts each time it is used: nine lines can stand for a thousand million values."""

_TAGS = frozenset(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "map", "seq")
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_VARIABLE = re.compile(r"\$(\$?)\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Tree:
    """What a file says: mappings, lists, texts and None; where each value stands; what is wrong with it so far."""

    data: object
    places: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    problems: tuple[tuple[Path, Place, str], ...]
    filled: frozenset[Path] = frozenset()
    """Where the environment has filled something in."""

    def known(self, path: Path) -> Path:
        """Give the longest beginning of a path that stands in the file."""
        while path and path not in self.places:
            path = path[:-1]
        return path


def read_tree(text: str, file: str, environment: Mapping[str, str]) -> Tree:
    """Read a file. Raises ConfigError when it is no YAML, or empty; all else that is wrong stands in the tree."""
    node = _compose(text, file)
    if node is None:
        raise ConfigError(
            [Problem(file, 1, 1, "", f"the file is empty; the shortest useful one is\n\n{SHORTEST}\n")]
        )
    walk = _Walk(file, environment)
    data = walk.value(node, (), (1, 1))
    return Tree(data, walk.places, walk.keys, tuple(walk.problems), frozenset(walk.filled))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Where a value stands in a text, in characters counted from 0; for whoever writes into the text."""

    kind: Literal["mapping", "list", "text", "nothing", "alias"]
    start: int
    end: int
    """Behind its last character; of a block, behind that of its last value."""
    column: int
    """Of its first character, counted from 0."""
    flow: bool = False
    """It stands in brackets."""
    quoted: bool = False
    """It stands in double quotes."""
    text: str = ""
    keys: tuple[Part, ...] = ()
    """Of a mapping."""
    values: tuple[Part, ...] = ()
    """Of a mapping or a list."""

    def member(self, name: str) -> tuple[Part, Part] | None:
        """Give a key of a mapping and its value."""
        pairs = zip(self.keys, self.values, strict=True) if self.kind == "mapping" else ()
        return next((pair for pair in pairs if pair[0].text == name), None)


def read_parts(text: str, file: str) -> Part | None:
    """Tell where the values of a text stand that `read_tree` can read; None when it has none."""
    node = _compose(text, file)
    return None if node is None else _part(node, text, 0)


_ALIAS = re.compile(r"[^*]*\*[^\s,\[\]{}]*")


def _part(node: Node, text: str, behind: int) -> Part:
    """`behind` is where what stands before the value ends: an alias stands after it, and its node does not."""
    start, end, column = node.start_mark.index, node.end_mark.index, node.start_mark.column
    if start < behind:
        alias = _ALIAS.match(text, behind)
        return Part(kind="alias", start=behind, end=alias.end() if alias else behind, column=column)
    if isinstance(node, ScalarNode):
        kind: Literal["text", "nothing"] = "nothing" if _is_null(node) else "text"
        return Part(kind=kind, start=start, end=end, column=column, quoted=node.style == '"', text=node.value)
    flow = isinstance(node, CollectionNode) and bool(node.flow_style)
    keys, values, done = list[Part](), list[Part](), start
    for one in node.value:
        key, value = one if isinstance(node, MappingNode) else (None, one)
        if key is not None:
            keys.append(_part(key, text, done))
            done = keys[-1].end
        values.append(_part(value, text, done))
        done = max(done, values[-1].end)
    return Part(
        kind="mapping" if isinstance(node, MappingNode) else "list",
        start=start,
        end=end if flow else done,
        column=column,
        flow=flow,
        keys=tuple(keys),
        values=tuple(values),
    )


def _compose(text: str, file: str) -> Node | None:
    compose: Callable[[str], Node | None] = YAML().compose
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)  # YAML allows it: the later one counts
            return compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = Problem(file, line, column, "", _words(error))
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        problem = Problem(
            file, line, column, "", f"the character U+{ord(text[error.position]):04X} can not stand here"
        )
    except RecursionError:
        problem = Problem(file, 1, 1, "", "brackets are nested too deeply")
    except (YAMLError, ValueError) as error:
        problem = Problem(file, 1, 1, "", f"this is no YAML: {error}")
    raise ConfigError([problem])


def _words(error: MarkedYAMLError) -> str:
    said = str(error.problem or error.context or "")
    if r"'\t'" in said:
        return "a tab can not stand at the beginning of a line or value: use blanks"
    if "mapping values are not allowed" in said:
        return "a colon and a blank do not belong here: put a text that has them into quotes"
    if "cannot start any token" in said:
        character = said.split("'")[1]
        return f"a text can not begin with {character!r}: put it into quotes"
    return f"this is no YAML: {', '.join(filter(None, (error.context, said)))}"


@dataclass(slots=True)
class _Walk:
    """One way through the nodes, which gathers places and problems."""

    file: str
    environment: Mapping[str, str]
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    problems: list[tuple[Path, Place, str]] = field(default_factory=list)
    filled: set[Path] = field(default_factory=set)

    def value(self, node: Node, path: Path, key_place: Place) -> object:
        """Give the value of a node; a block, a list or nothing stands where its key stands."""
        text = isinstance(node, ScalarNode) and not _is_null(node)
        place = _place(node) if text else key_place
        self.places[path] = place
        if len(path) > DEEPEST or len(self.places) > MOST_VALUES:
            raise ConfigError([Problem(self.file, *place, "", "values are nested too deeply, or are too many")])
        if node.tag not in _TAGS:
            self._wrong(path, place, f"the tag {node.tag} is not understood here")
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, i), _place(item)) for i, item in enumerate(node.value)]
        return self._filled(node.value, path, place) if text else None

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, item in node.value:
            place, name = _place(key), key.value
            if not isinstance(key, ScalarNode):
                self._wrong((*path, -place[0]), place, "a key is a plain text")
            elif name in values:
                first = self.keys[*path, name][0]
                self._wrong((*path, name, -place[0]), place, f"{name!r} stands here twice, first in line {first}")
            else:
                self.keys[*path, name] = place
                values[name] = self.value(item, (*path, name), place)
        return values

    def _filled(self, text: str, path: Path, place: Place) -> str:
        alone = _SURROGATE.search(text)
        if alone is not None:  # an escape such as "\ud800" makes what no file can hold
            self._wrong(path, place, f"the character U+{ord(alone[0]):04X} can not stand here")
            return ""

        def fill(found: re.Match[str]) -> str:
            if found[1]:
                return f"${{{found[2]}}}"
            self.filled.add(path)
            if found[2] not in self.environment:
                self._wrong(path, place, f"the environment variable {found[2]!r} is not set")
            return self.environment.get(found[2], "")

        return _VARIABLE.sub(fill, text)

    def _wrong(self, path: Path, place: Place, message: str) -> None:
        self.problems.append((path, place, message))


def _is_null(node: ScalarNode) -> bool:
    return bool(node.tag == "tag:yaml.org,2002:null")


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1
