"""Front matter: the keys and values at the head of a post, in YAML, TOML, JSON or plain lines, as text only.

A value is a text, a list or a mapping. Nothing becomes a date, a number or a truth value, because an author who
writes `title: no` means the word. Nothing is ever run; aliases, tags and deep nesting are refused before they
cost anything (T14). What is damaged is read key by key. This is the only module that knows PyYAML.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from datetime import date, datetime, time
from typing import Any, TypeAlias

import yaml

from feedbraid.model import Note, Skipped
from feedbraid.nouns import dataclass
from feedbraid.text import xml_safe

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""What a key can hold; numbers, dates and truth values stay the text that was written."""

MOST_CHARACTERS = 64 * 1024
MOST_KEYS = 500
"""In a damaged head: each is parsed alone."""
MOST_DOTS = 500
"""In a line of TOML: its parser takes time by the square of the parts of a dotted key."""
DEEPEST = 20
_TOO_DEEP = f"its front matter is nested deeper than {DEEPEST} levels"

TELLING = frozenset({"title", "date", "from", "link", "url"})
"""Keys by which a damaged head is recognised as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatter:
    """The head of a post, with its top-level keys in lower case, the text below it, and what was repaired."""

    fields: Mapping[str, Value]
    body: str
    notes: tuple[Note, ...] = ()


def read_front_matter(text: str, ref: str) -> FrontMatter | Skipped | None:
    """Split a post into head and body; None when it has no head at all.

    `text` has line feeds only. Never raises: a head that can not be used is a Skipped with its line.
    """
    start = len(text) - len(text.lstrip())
    opening = _OPENING.match(text, start)
    try:
        if opening:
            return _read_fenced(text, opening)
        return _read_object(text, start) if text.startswith("{", start) else _read_loose(text, start)
    except _UnusableError as trouble:
        return Skipped(ref, trouble.reason, trouble.line)
    except RecursionError:
        return Skipped(ref, _TOO_DEEP, text.count("\n", 0, start) + 1)


def text_of(value: Value) -> str:
    """Give the text of a value, trimmed: of a list its first text, of a mapping nothing."""
    if isinstance(value, str):
        return value.strip()
    return next(iter(texts_of(value)), "") if value else ""


def texts_of(value: Value) -> tuple[str, ...]:
    """Give all texts of a value, trimmed; empty ones and mappings are left out."""
    items = value if isinstance(value, list) else [value]
    return tuple(item.strip() for item in items if isinstance(item, str) and item.strip())


# --- where the head ends ----------------------------------------------------------------------------------

_OPENING = re.compile(r"(---|\+\+\+|;;;)[ \t]*+([A-Za-z]*+)[ \t]*+(?:\n|\Z)")
_CLOSING = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
    ";;;": re.compile(r"^;;;[ \t]*$", re.MULTILINE),
}
_LANGUAGES = {"yaml": "YAML", "yml": "YAML", "toml": "TOML", "json": "JSON"}
_BY_FENCE = {"---": "YAML", "+++": "TOML", ";;;": "JSON"}

_BODY_LINE = re.compile(r"^(?:<[!a-zA-Z]|\[[^\n]*\]\()", re.MULTILINE)
"""Markup or a linked heading at the start of a line: no head goes on here."""
_BLANK_LINE = re.compile(r"^[ \t]*$", re.MULTILINE)
_IN_A_HEAD = re.compile(r"""[ \t#\[\]{}"'-]|[A-Za-z_][\w .-]{0,40}[:=]""")
"""How a line of a head begins: with a key, or with what belongs to one."""
_NO_END = "its front matter has no closing line"


class _UnusableError(Exception):
    """The head can not be used, because of `reason`, seen at `line` of the file."""

    def __init__(self, reason: str, line: int) -> None:
        self.reason = reason
        self.line = line
        super().__init__(reason)


class _DamagedError(_UnusableError):
    """The same, but reading key by key may save it."""


@dataclass(slots=True)
class _Parsed:
    fields: dict[str, Value] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def with_body(self, body: str) -> FrontMatter:
        fields = {key.strip().lower(): value for key, value in self.fields.items()}
        return FrontMatter(fields=fields, body=body, notes=tuple(self.notes))


def _note(line: int, what: str) -> Note:
    return Note("seed", f"line {line}: {what}")


def _read_fenced(text: str, opening: re.Match[str]) -> FrontMatter:
    fence, language = opening[1], opening[2].lower()
    line = text.count("\n", 0, opening.end()) + 1
    kind = _LANGUAGES.get(language) if language else _BY_FENCE[fence]
    if kind is None:
        raise _UnusableError(f"front matter in {language} is never run", line - 1)
    return _read_head(kind, text, opening.end(), line, _CLOSING[fence])


def _read_head(kind: str, text: str, start: int, line: int, fence: re.Pattern[str]) -> FrontMatter:
    closing = fence.search(text, start)
    if closing is None:
        return _read_unclosed(kind, text, start, line)
    head, body = text[start : closing.start()], text[closing.end() :].removeprefix("\n")
    try:
        return _parse(kind, head, line).with_body(body)
    except _DamagedError as damage:
        if _BODY_LINE.search(head):
            return _read_unclosed(kind, text, start, line)
        return _recover(kind, head, line, damage).with_body(body)


def _read_unclosed(kind: str, text: str, start: int, line: int) -> FrontMatter:
    """Read a head without its closing line up to the first blank line or markup, when it tells enough.

    Where a line of it is no key, nothing tells where the text begins.
    """
    ends = [found.start() for mark in (_BLANK_LINE, _BODY_LINE) if (found := mark.search(text, start))]
    end = min(ends, default=len(text))
    head = text[start:end]
    if any(row and not _IN_A_HEAD.match(row) for row in head.split("\n")):
        raise _UnusableError(_NO_END, line - 1)
    try:
        parsed = _parse(kind, head, line)
    except _DamagedError as damage:
        parsed = _recover(kind, head, line, damage)
    front = parsed.with_body(text[end:])
    if "title" not in front.fields or not front.fields.keys() & (TELLING - {"title"}):
        raise _UnusableError(_NO_END, line - 1)
    stop = line + head.count("\n")
    note = _note(stop, "the front matter has no closing line; it was taken to end here")
    return replace(front, notes=(*front.notes, note))


def _read_object(text: str, start: int) -> FrontMatter | None:
    """Read a bare JSON object in front of the body; anything else in braces is no head."""
    line = text.count("\n", 0, start) + 1
    try:
        data, end = _JSON.raw_decode(text, start)
    except ValueError:
        return None
    return _Parsed(_mapping_of(data, line)).with_body(text[end:].lstrip("\n"))


_LOOSE_LINE = re.compile(r"([A-Za-z][\w .-]{0,30}?)[ \t]*:(?:[ \t]+(.*)|)")


def _read_loose(text: str, start: int) -> FrontMatter | None:
    """Read `Key: value` lines without a fence (Pelican), or a YAML head that lacks its opening line (Hexo)."""
    fields: dict[str, Value] = {}
    name, end = "", start
    for row in _rows(text, start):
        found = _LOOSE_LINE.fullmatch(row)
        if not row.strip() or row.rstrip() == "---":
            break
        if found:
            name = found[1].lower()
            fields[name] = found[2]
        elif name and row[0] in " \t-":
            fields[name] = f"{fields[name] or ''} {row.strip()}"
        else:
            return None
        end += len(row) + 1
    if "title" not in fields:
        return None
    if text.startswith("---", end):
        return _read_head("YAML", text, start, text.count("\n", 0, start) + 1, _CLOSING["---"])
    return FrontMatter(fields=fields, body=text[end:])


def _rows(text: str, start: int) -> Iterator[str]:
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


# --- the languages ----------------------------------------------------------------------------------------

_KEY = {
    "YAML": re.compile(r"([A-Za-z_][\w-]*)[ \t]*:(?!//)[ \t]*(.*)"),
    "TOML": re.compile(r"([A-Za-z_][\w-]*)[ \t]*=[ \t]*(.*)"),
}
_BEYOND_YAML = re.compile(r"[\x7f\x85\u2028\u2029]")
_JSON = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_TAGS = frozenset({None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "timestamp"))})


def _parse(kind: str, head: str, line: int) -> _Parsed:
    """Parse a head whose first line is `line` of the file."""
    if len(head) > MOST_CHARACTERS:
        raise _UnusableError(f"its front matter is longer than {MOST_CHARACTERS} characters", line)
    if kind == "YAML":
        return _parse_yaml(head, line)
    return _Parsed(_parse_toml(head, line) if kind == "TOML" else _parse_json(head, line))


def _parse_json(head: str, line: int) -> dict[str, Value]:
    braced = f"{{{head}}}" if head.lstrip().startswith('"') else head
    try:
        return _mapping_of(_JSON.decode(braced), line)
    except json.JSONDecodeError as error:
        raise _UnusableError(f"its front matter is no JSON: {error.msg}", line + error.lineno - 1) from None


def _parse_toml(head: str, line: int) -> dict[str, Value]:
    if max(row.count(".") for row in head.split("\n")) > MOST_DOTS:
        raise _UnusableError(f"its front matter has a line with more than {MOST_DOTS} dots", line)
    try:
        return _mapping_of(tomllib.loads(head, parse_float=str), line)
    except ValueError as error:  # its own error class, and integers of too many digits
        found = re.search(r"at line (\d+)", str(error))
        where = line + int(found[1]) - 1 if found else line
        raise _DamagedError(f"its front matter is no TOML: {error}", where) from None


def _mapping_of(data: object, line: int) -> dict[str, Value]:
    value = _as_value(data, line, 0)
    if not isinstance(value, dict):
        raise _UnusableError("its front matter is no list of keys and values", line)
    return value


def _as_value(data: object, line: int, depth: int) -> Value:
    if depth > DEEPEST:
        raise _UnusableError(_TOO_DEEP, line)
    if isinstance(data, dict):
        return {str(key): _as_value(item, line, depth + 1) for key, item in data.items()}
    if isinstance(data, list):
        return [_as_value(item, line, depth + 1) for item in data]
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, date | datetime | time):
        return data.isoformat()
    return None if data is None else str(data)


_ESCAPED_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
"""One character above U+FFFF as JSON writes it in ASCII; YAML has no such pairs."""


def _joined(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1] + found[2]).decode("utf-16-be")


def _parse_yaml(head: str, line: int) -> _Parsed:
    readable = _BEYOND_YAML.sub(" ", xml_safe(_ESCAPED_PAIR.sub(_joined, head)))
    plain = _plain_fields(readable) if readable == head else None
    if plain is not None:
        return _Parsed(plain)
    reader = _YamlReader(yaml.parse(readable, Loader=_LOADER), line)
    try:
        fields = reader.read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = line + (mark.line if mark else 0)
        raise _DamagedError(f"its front matter is no YAML: {error.problem or error.context}", where) from None
    except yaml.YAMLError as error:
        raise _DamagedError(f"its front matter is no YAML: {error}", line) from None
    if readable != head:
        reader.notes.insert(0, _note(line, "control characters in the front matter were replaced"))
    return _Parsed(fields, reader.notes)


_BEGINNING = r"""[^-"'\[\]{},\#:?&*!|>%@`\s]"""
_WORD = rf"""[ ]*+{_BEGINNING}[^"'\[\]{{}},\#:?&*!|>%@`]*+"""
_PLAIN_ROW = re.compile(
    rf"""([A-Za-z_][A-Za-z0-9_-]{{0,99}}):(?:[ ]+(?:
        "([^"\\]*)"
      | '([^']*)'
      | \[({_WORD}(?:,{_WORD})*)\]
      | (?!.*(?::(?:[ ]|\Z)|[ ]\#))({_BEGINNING}.*)
    ))?[ ]*""",
    re.VERBOSE,
)
"""A key with nothing, a text in quotes, a list of bare words in one line, or a bare text: groups 2 to 5."""
_LISTED, _BARE = 4, 5


def _plain_fields(head: str) -> dict[str, Value] | None:
    """Read a head of such rows as YAML, at a tenth of what its parser costs; None for any other, or any doubt.

    In each row stands one whole value, since the next one begins with a key, and nothing in it has a meaning but
    what is looked for here: there are no escapes, tags, anchors or comments.
    """
    if "\t" in head or "\ufeff" in head:
        return None
    fields: dict[str, Value] = {}
    for row in filter(None, head.split("\n")):
        found = _PLAIN_ROW.fullmatch(row)
        if found is None or found[1] in fields or found[1] in _NOTHING:
            return None
        name, form = found[1], found.lastindex or 1
        if form == _LISTED:
            fields[name] = [_bare(item) for item in found[form].split(",")]
        elif form == _BARE:
            fields[name] = _bare(found[form])
        else:
            fields[name] = None if form == 1 else found[form]
    return fields


def _bare(written: str) -> str | None:
    text = written.strip(" ")
    return None if text in _NOTHING else text


class _YamlReader:
    """Builds values from parser events, which cost nothing before they are looked at."""

    def __init__(self, events: Iterator[Any], line: int) -> None:
        self.notes: list[Note] = []
        self._events = events
        self._line = line
        self._anchors: set[str] = set()

    def read(self) -> dict[str, Value]:
        """Read the one mapping of the stream; an empty stream is an empty mapping."""
        openings = (yaml.StreamStartEvent, yaml.DocumentStartEvent)
        root = next(event for event in self._events if not isinstance(event, openings))
        if isinstance(root, yaml.StreamEndEvent):
            return {}
        value = self._value(root, 0)
        for _ in self._events:
            pass  # what stands behind the mapping must be well-formed too
        if not isinstance(value, dict):
            raise _DamagedError("its front matter is no list of keys and values", self._line)
        return value

    def _value(self, event: Any, depth: int) -> Value:  # noqa: ANN401  # PyYAML's events are untyped
        self._judge(event, depth)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(item, depth + 1))
            return items
        return None if not event.style and event.value in _NOTHING else str(event.value)

    def _mapping(self, depth: int) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            name = self._value(key, depth + 1) or ""
            if not isinstance(name, str):
                raise _DamagedError("a key of its front matter is no text", self._at(key))
            if name in fields:
                self.notes.append(_note(self._at(key), f"{name} stands twice; the last one counts"))
            fields[name] = self._value(next(self._events), depth + 1)
        return fields

    def _judge(self, event: Any, depth: int) -> None:  # noqa: ANN401  # PyYAML's events are untyped
        if isinstance(event, yaml.AliasEvent):
            kind = _UnusableError if event.anchor in self._anchors else _DamagedError
            raise kind(f"its front matter uses an alias, *{event.anchor}", self._at(event))
        if event.anchor:
            self._anchors.add(event.anchor)
        if depth > DEEPEST:
            raise _UnusableError(_TOO_DEEP, self._at(event))
        if event.tag not in _PLAIN_TAGS:
            raise _UnusableError(f"its front matter uses a tag, {event.tag}", self._at(event))

    def _at(self, event: Any) -> int:  # noqa: ANN401  # PyYAML's events are untyped
        return self._line + int(event.start_mark.line)


# --- damage -----------------------------------------------------------------------------------------------


_ALIAS = re.compile(r"(?<![^\s\[{,])\*([\w-]+)")
_ANCHOR = re.compile(r"(?<![^\s\[{,])&([\w-]+)")


def _recover(kind: str, head: str, line: int, damage: _DamagedError) -> _Parsed:
    """Read a damaged head key by key: what parses alone is parsed, the rest is taken as it stands.

    An alias is refused here, too, where its anchor may stand in another part.
    """
    anchors = frozenset(_ANCHOR.findall(head))
    alias = next((name for name in _ALIAS.findall(head) if name in anchors), "")
    if alias and kind == "YAML":
        raise _UnusableError(f"its front matter uses an alias, *{alias}", damage.line)
    found = _Parsed()
    chunks = list(_chunks(head, line, _KEY[kind]))
    for number, rows in chunks if len(chunks) <= MOST_KEYS else ():
        try:
            part = _parse(kind, "\n".join(rows), number)
        except _DamagedError:
            name, value = _by_hand(rows, _KEY[kind])
            part = _Parsed({name: value}, [_note(number, f"{name} is no valid {kind}; it was read as it stands")])
        found.fields |= part.fields
        found.notes += part.notes
    if not TELLING & {name.lower() for name in found.fields}:
        raise _UnusableError(damage.reason, damage.line)
    return found


def _chunks(head: str, line: int, key: re.Pattern[str]) -> Iterator[tuple[int, list[str]]]:
    """Cut a head before each line that begins with a key; give each part with its line in the file."""
    number, rows = line, list[str]()
    for offset, row in enumerate(head.split("\n")):
        if key.match(row):
            if rows:
                yield number, rows
            number, rows = line + offset, []
        if rows or key.match(row):
            rows.append(row)
    if rows:
        yield number, rows


def _by_hand(rows: list[str], key: re.Pattern[str]) -> tuple[str, Value]:
    found = key.match(rows[0])
    name, first = (found[1], found[2]) if found else ("", rows[0])
    rest = [row.strip() for row in rows[1:] if row.strip()]
    if not first.strip() and rest and all(row.startswith("-") for row in rest):
        return name, [_unquoted(row[1:]) for row in rest]
    whole = " ".join([first, *rest])
    listed = re.fullmatch(r"\s*\[([^\[\]]*)\]\s*", whole)
    if listed:
        return name, [_unquoted(item) for item in listed[1].split(",")]
    return name, _unquoted(whole)


_COMMENT = re.compile(r"\s#.*")


def _unquoted(written: str) -> str:
    """Take a text out of its quotes; a comment behind it goes, and so do the escapes that are certain."""
    value = written.strip()
    quote = value[:1]
    if quote not in ('"', "'"):
        return _COMMENT.sub("", value, count=1)
    end = value.rfind(quote)
    if end > 0 and (end == len(value) - 1 or value[end + 1 :].lstrip().startswith("#")):
        value = value[:end]
    value = value[1:]
    return value.replace("''", "'") if quote == "'" else re.sub(r'\\(["\\/])', r"\1", value)
