"""Regular expressions that nobody has to be afraid of: the door to RE2, which always takes linear time.

A pattern stands in a configuration, the text in a feed: with the engine of the standard library one of them can
make the other run for years. RE2 knows neither look-around nor references to groups inside a pattern.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import re2

_MEMORY = 8 << 20
"""Bytes that one pattern may take; more is refused when it is read."""


class Pattern:
    """A compiled pattern."""

    __slots__ = ("_compiled", "groups", "text")

    def __init__(self, text: str, compiled: Any) -> None:  # noqa: ANN401  # a type of the library, without stubs
        self.text = text
        self._compiled = compiled
        self.groups: int = compiled.groups

    def found_in(self, text: str) -> bool:
        """Tell whether the pattern matches anywhere in a text."""
        return self._compiled.search(text) is not None

    def replaced(self, text: str, by: str) -> str:
        r"""Put `by` in the place of every match; \1 to \9 are its groups, \0 is all of it, \\ a backslash."""
        return str(self._compiled.sub(_filler(by), text))


def compiled(text: str) -> Pattern:
    """Compile a pattern. Raises ValueError with a message for the operator."""
    return _compiled(text)


@cache
def _compiled(text: str) -> Pattern:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return Pattern(text, re2.compile(text, options))
    except re2.error as error:
        raise ValueError(f"{text!r} is no regular expression: {_words(error)}") from None


def template(by: str, groups: int) -> str:
    """Check what is put in the place of matches. Raises ValueError when it names a group that there is not."""
    for part in _parts(by):
        if isinstance(part, int) and part > groups:
            raise ValueError(f"\\{part} stands for a group, and the pattern has {groups}")
    return by


def _words(error: Exception) -> str:
    said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
    if "perl operator" in said:
        return f"{said}; look-around such as (?=, (?! or (?<= is not possible here"
    if "escape sequence" in said:
        return f"{said}; references such as \\1 are not possible inside a pattern"
    return said


def _parts(by: str) -> list[str | int]:
    parts: list[str | int] = []
    rest = iter(by)
    for character in rest:
        if character != "\\":
            parts.append(character)
            continue
        following = next(rest, "\\")
        parts.append(int(following) if following in "0123456789" else following)
    return parts


def _filler(by: str) -> Callable[[Any], str]:
    parts = _parts(by)
    return lambda found: "".join(part if isinstance(part, str) else found[part] or "" for part in parts)
