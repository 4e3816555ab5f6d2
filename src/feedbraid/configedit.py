"""Additions to the text of a configuration, in which everything else stays as it is, byte for byte.

Nothing is written anew: it is looked up where things stand, and new lines are put in. What comes out is read again
before it is given back, and has to say what the text said before, and what was to be added, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from feedbraid.configtree import Part, read_parts, read_tree
from feedbraid.errors import ConfigError, Problem
from feedbraid.nouns import dataclass

WIDTH = 100
"""Characters of a line, from which on a list is written with a line for each value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A source that is to be added."""

    name: str
    url: str
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """A feed that is to be added, or to show more sources than it does."""

    name: str
    title: str = ""
    """Of a new one."""
    origins: tuple[str, ...] = ()
    """Added to what it names; a feed that names nothing shows all that there is, and stays as it is."""


Value = str | tuple[str, ...] | Mapping[str, "Value"]
"""A text, a list of texts, or settings with their names."""


def with_additions(text: str, file: str, sources: Iterable[NewSource], feeds: Iterable[FeedChange] = ()) -> str:
    """Give the text with these additions. Raises ConfigError when it is no YAML, or when they do not fit in.

    No name of a source may be in it yet.
    """
    root = read_parts(text, file) if text.strip() else None
    editor = _Editor(text, root)
    known = _feeds_in(root)
    new = {"sources": {one.name: _source(one) for one in sources}, "feeds": {}}
    for feed in feeds:
        if feed.name in known:
            editor.extend_feed(known[feed.name], feed.origins)
        else:
            new["feeds"][feed.name] = _feed(feed)
    editor.add({section: members for section, members in new.items() if members})
    made = editor.text()
    _check(text, made, file, new, {feed.name: feed.origins for feed in feeds if feed.name in known})
    return made


def written(settings: Mapping[str, Value]) -> str:
    """Write settings as the text of a new file."""
    return "".join(f"{line}\n" for line in _Editor("", None).lines(settings, 0))


def _source(source: NewSource) -> Value:
    return {"url": source.url, "title": source.title} if source.title else source.url


def _feed(feed: FeedChange) -> Value:
    stated: dict[str, Value] = {}
    if feed.title:
        stated["title"] = feed.title
    if feed.origins:
        stated["from"] = feed.origins
    return stated


def _feeds_in(root: Part | None) -> dict[str, Part]:
    found = root.member("feeds") if root is not None else None
    if found is None or found[1].kind != "mapping":
        return {}
    return {key.text: value for key, value in zip(found[1].keys, found[1].values, strict=True)}


class _Editor:
    """A text, and what is to be put into it where."""

    def __init__(self, text: str, root: Part | None) -> None:
        self._text = text
        self._root = root
        self._eol = "\r\n" if "\r\n" in text else "\n"
        self._unit = _unit(root)
        self._insertions: list[tuple[int, str]] = []

    def text(self) -> str:
        """Give the text with all that was to be put in."""
        pieces, done = [], 0
        for position, piece in sorted(self._insertions, key=lambda one: one[0]):
            pieces += [self._text[done:position], piece]
            done = position
        return "".join([*pieces, self._text[done:]])

    def add(self, additions: Mapping[str, Mapping[str, Value]]) -> None:
        """Add members to sections; sections that are not there yet go to the end."""
        missing: dict[str, Value] = {}
        for section, members in additions.items():
            found = self._root.member(section) if self._root is not None else None
            if found is None:
                missing[section] = members
            elif found[1].kind == "mapping" and found[1].keys:
                self._add_to(found[1], members)
            elif found[1].kind == "mapping":
                self._fill(found[1], members)
            else:
                column = found[0].column + self._unit
                self._put_lines(found[0].end, self.lines(members, column))
        if missing and self._root is not None and self._root.flow:
            (self._add_to if self._root.keys else self._fill)(self._root, missing)
        elif missing:
            self._put_sections(missing)

    def extend_feed(self, feed: Part, origins: Sequence[str]) -> None:
        """Add to what a feed shows, if it says what."""
        found = feed.member("from") if feed.kind == "mapping" else None
        if found is None or not origins:
            return
        stated = found[1]
        if stated.kind == "list" and not stated.flow:
            dashes = [" " * stated.column + f"- {scalar(name)}" for name in origins]
            self._put_lines(stated.end, dashes)
            return
        names = ", ".join(scalar(name, flow=True) for name in origins)
        if stated.kind == "list":
            self._insertions.append((stated.values[-1].end if stated.values else stated.start + 1, f", {names}"))
        else:
            self._insertions += [(stated.start, "["), (stated.end, f", {names}]")]

    # --- where ------------------------------------------------------------------------------------------------

    def _add_to(self, mapping: Part, members: Mapping[str, Value]) -> None:
        """Put members behind the last one of a mapping."""
        last = mapping.values[-1].end
        if not mapping.flow:
            self._put_lines(last, self.lines(members, mapping.keys[0].column))
            return
        quoted = mapping.keys[-1].quoted
        added = [_flow_member(name, value, quoted=quoted) for name, value in members.items()]
        parts = "".join(f",{self._break(mapping)}{one}" for one in added)
        self._insertions.append((max(last, mapping.keys[-1].end), parts))

    def _fill(self, mapping: Part, members: Mapping[str, Value]) -> None:
        """Put members into an empty pair of brackets."""
        quoted = bool(self._root and self._root.flow and self._root.keys and self._root.keys[-1].quoted)
        added = [_flow_member(name, value, quoted=quoted) for name, value in members.items()]
        before = self._break(mapping)
        start = before if len(added) > 1 else ""
        self._insertions.append((mapping.start + 1, f"{start}{f',{before}'.join(added)}"))

    def _break(self, mapping: Part) -> str:
        """Give what stands in front of a member in brackets: a line each, where that is how it is written."""
        keys = mapping.keys
        is_spread = len(keys) > 1 and "\n" in self._text[keys[0].start : keys[-1].start]
        column = keys[-1].column if is_spread else 2 * self._unit
        return self._eol + " " * column if is_spread or len(keys) != 1 else " "

    def _put_sections(self, sections: Mapping[str, Value]) -> None:
        """Put sections behind all that is there, with an empty line between them."""
        position = len(self._text)
        closing = re.search(r"^\.\.\.(?:\s|\Z)", self._text, re.MULTILINE)
        if closing and self._root is not None and closing.start() >= self._root.end:
            position = closing.start()
        column = self._root.column if self._root is not None and self._root.keys else 0
        lines = [
            line for section, members in sections.items() for line in ("", *self.lines({section: members}, column))
        ]
        before = self._text[:position]
        is_open = (
            bool(before) and not before.endswith("\n") and not any(position == at for at, _ in self._insertions)
        )
        if not before.strip() or before.endswith(("\n\n", "\n\r\n")):
            lines = lines[1:]
        self._insertions.append((position, self._eol * is_open + "".join(f"{line}{self._eol}" for line in lines)))

    def _put_lines(self, behind: int, lines: Sequence[str]) -> None:
        """Put lines behind the line in which something ends."""
        if self._text[behind - 1 : behind] == "\n":  # a text of several lines ends with its last break
            at = behind
        else:
            found = self._text.find("\n", behind)
            at = found + 1 if found >= 0 else len(self._text)
        is_open = self._text[at - 1 : at] != "\n"
        self._insertions.append((at, self._eol * is_open + "".join(f"{line}{self._eol}" for line in lines)))

    # --- what -------------------------------------------------------------------------------------------------

    def lines(self, members: Mapping[str, Value], column: int) -> list[str]:
        """Write settings as lines, beginning at a column."""
        lines: list[str] = []
        for name, value in members.items():
            start = f"{' ' * column}{scalar(name)}:"
            if isinstance(value, str):
                lines.append(f"{start} {scalar(value)}")
            elif isinstance(value, tuple):
                line = f"{start} {_flow(value)}"
                deeper = " " * (column + self._unit)
                lines += [line] if len(line) <= WIDTH else [start, *(f"{deeper}- {scalar(one)}" for one in value)]
            elif value:
                lines += [start, *self.lines(value, column + self._unit)]
            else:
                lines.append(f"{start} {{}}")
        return lines


def _unit(root: Part | None) -> int:
    """Give by how many blanks a level is set off in a text."""
    for value in root.values if root is not None and not root.flow else ():
        if value.kind == "mapping" and not value.flow and value.keys and root is not None:
            return max(1, value.keys[0].column - root.keys[0].column)
    return 2


# --- scalars ----------------------------------------------------------------------------------------------

_OTHER_MEANING = re.compile(
    r"(?:null|true|false|yes|no|on|off|y|n|~|[-+]?\.(?:inf|nan)|[-+]?[0-9.][0-9A-FXO_.:+TZ -]*)", re.IGNORECASE
)
"""What YAML, in one of its versions, takes for something else than a text."""
_NEEDS_QUOTES = re.compile(r": |:$| #|^\s|\s$|^---|^\.\.\.")
_JOINERS = "\u200c\u200d\ufe0f"
_VARIABLE = re.compile(r"\$\{(?=[^{}]*\})")


def scalar(value: str, *, flow: bool = False) -> str:
    """Write a text so that it is read as this very text: in quotes only where it needs them."""
    value = _VARIABLE.sub("$${", value)
    is_plain = (
        value.isprintable()
        and (value[:1].isalnum() or value[:1] in "./" or value[:1] > "\x7f")
        and not (_NEEDS_QUOTES.search(value) or _OTHER_MEANING.fullmatch(value))
        and not (flow and re.search(r"[\[\]{},]", value))
    )
    return value if value and is_plain else _quoted(value)


def _quoted(value: str) -> str:
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable() or character in _JOINERS:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _flow(value: Value, *, quoted: bool = False) -> str:
    if isinstance(value, str):
        return _quoted(_VARIABLE.sub("$${", value)) if quoted else scalar(value, flow=True)
    if isinstance(value, tuple):
        return f"[{', '.join(_flow(one, quoted=quoted) for one in value)}]"
    return f"{{{', '.join(_flow_member(name, one, quoted=quoted) for name, one in value.items())}}}"


def _flow_member(name: str, value: Value, *, quoted: bool) -> str:
    return f"{_flow(name, quoted=quoted)}: {_flow(value, quoted=quoted)}"


# --- is it what was meant ---------------------------------------------------------------------------------


def _check(
    before: str,
    after: str,
    file: str,
    new: Mapping[str, Mapping[str, Value]],
    extended: Mapping[str, tuple[str, ...]],
) -> None:
    """Raise ConfigError unless the text says what it said before, and what was added."""
    stated = read_tree(before, file, {}).data if before.strip() and read_parts(before, file) is not None else {}
    try:
        found = read_tree(after, file, {}).data
    except ConfigError:
        found = None
    if found is None or found != _expected(stated, new, extended):
        wanted = {name: one for name, one in new.items() if one}
        lines = [
            *_Editor("", None).lines(wanted, 0),
            *(f"# feeds.{name}.from: add {', '.join(more)}" for name, more in extended.items()),
        ]
        written = "\n".join(lines)
        words = f"it is written in a way in which nothing can be added by itself; write by hand\n\n{written}\n"
        raise ConfigError([Problem(file, 0, 0, "", words)])


def _expected(
    stated: object, new: Mapping[str, Mapping[str, Value]], extended: Mapping[str, tuple[str, ...]]
) -> dict[str, object] | None:
    if not isinstance(stated, dict):
        return None
    result = {**stated}
    for section, members in new.items():
        known = result.get(section)
        if members:
            result[section] = {**(known if isinstance(known, dict) else {}), **_plain(members)}
    for name, origins in extended.items():
        feed = result["feeds"][name]
        shown = feed.get("from") if isinstance(feed, dict) else None
        if shown:
            more = [*([shown] if isinstance(shown, str) else shown), *origins]
            result["feeds"] = {**result["feeds"], name: {**feed, "from": more if origins else shown}}
    return result


def _plain(members: Mapping[str, Value]) -> dict[str, object]:
    return {
        name: list(value) if isinstance(value, tuple) else value if isinstance(value, str) else _plain(value)
        for name, value in members.items()
    }
