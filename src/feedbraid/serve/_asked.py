"""What the headers of a request say (RFC 9110). Every function is total: what makes no sense says nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from feedbraid.dates import rfc822

LONGEST_LIST = 4096
"""Characters of a header with a list that are worth reading: longer ones are of no use to anybody."""

# --- dates (RFC 9110 5.6.7) -------------------------------------------------------------------------------

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"(?P<month>{'|'.join(_MONTHS)})"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_TIME = "(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
_FORMS = (
    re.compile(f"{_DAY}, (?P<day>[0-9]{{2}}) {_MONTH} (?P<year>[0-9]{{4}}) {_TIME} GMT"),
    re.compile(f"{_LONG_DAY}, (?P<day>[0-9]{{2}})-{_MONTH}-(?P<year>[0-9]{{2}}) {_TIME} GMT"),
    re.compile(f"{_DAY} {_MONTH} (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})"),
)
_LEAP_SECOND = 60
_CENTURY = 100
_TOO_FAR = 50
"""Years: a year of two digits that would be further ahead is one of the past century."""


def read_http_date(text: str, now: datetime) -> datetime | None:
    """Read a date in one of the three forms of HTTP; None for anything else."""
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None:
        return None
    year, second = int(found["year"]), int(found["second"])
    if len(found["year"]) < len("1994"):
        year = _full_year(year, now.year)
    try:
        return datetime(
            year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            59 if second == _LEAP_SECOND else second,
            tzinfo=UTC,
        )
    except ValueError:
        return None


def _full_year(two_digits: int, this_year: int) -> int:
    year = this_year - this_year % _CENTURY + two_digits
    return year - _CENTURY if year > this_year + _TOO_FAR else year


@lru_cache(maxsize=64)
def http_date(moment: datetime) -> str:
    """Write a date as HTTP does."""
    return rfc822(moment)


# --- lists ------------------------------------------------------------------------------------------------

_TAG = re.compile(r'(?:W/)?("[^"]*+")')
_TAGS = re.compile(r'[ \t,]*+(?:(?:W/)?"[^"]*+"(?:[ \t]*+,[ \t,]*+|[ \t]*+$)|(?!))++')
_ELEMENT = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]++)(?:[ \t]*+;[ \t]*+[qQ]=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)|(?!))?+[ \t]*+"
)


def tags(text: str) -> frozenset[str]:
    """Give the entity tags of a list, weak ones like strong ones; none when it is no list of them."""
    if len(text) > LONGEST_LIST or not _TAGS.fullmatch(text):
        return frozenset()
    return frozenset(_TAG.findall(text))


def strong_tags(text: str) -> frozenset[str]:
    """Give the strong entity tags of a list."""
    return tags(text) - {tag for weak, tag in re.findall(r'(W/)?("[^"]*+")', text[:LONGEST_LIST]) if weak}


@lru_cache(maxsize=256)
def qualities(text: str) -> Mapping[str, float]:
    """Give what `Accept-Encoding` names, each with its weight; an element that is none is left out."""
    found: dict[str, float] = {}
    if len(text) > LONGEST_LIST:
        return found
    for element in text.split(","):
        match = _ELEMENT.fullmatch(element.strip(" \t"))
        if match:
            name = match[1].lower().removeprefix("x-")
            found[name] = float(match[2] or 1)
    return found


# --- the target (RFC 9112 3.2) ----------------------------------------------------------------------------

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9_.~-]*+|(?!))*+/?+")
_ABSOLUTE = re.compile(r"https?://[^/?#]*+", re.IGNORECASE)
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SHORT = 200
"""Characters of a target that is worth remembering: those of documents are asked for again and again."""
_DECEPTIVE = re.compile(r"[/\\\x00-\x1f\x7f]")


def segments(target: str) -> tuple[str, ...] | None:
    """Give the segments of the path that is asked for, escapes undone once; None when no file can be called so.

    The path `/` has one segment, which is empty. What is no plain name is not looked for at all: `..`, names that
    begin with a dot, a slash or a backslash in an escape, NUL, escapes that are no UTF-8.
    """
    return _segments(target) if len(target) <= _SHORT else _segments.__wrapped__(target)


@lru_cache(maxsize=1024)
def _segments(target: str) -> tuple[str, ...] | None:
    path = target.partition("?")[0].partition("#")[0]
    if not path.startswith("/"):
        path = _ABSOLUTE.sub("", path, count=1)
        path = path or "/"
    if _PLAIN.fullmatch(path):
        return tuple(path[1:].split("/"))
    if not path.startswith("/") or _ESCAPE.search(path):
        return None
    try:
        found = tuple(unquote_to_bytes(one).decode() for one in path[1:].split("/"))
    except ValueError:
        return None
    names = found if found[-1] else found[:-1]
    if any(not name or name.startswith(".") or _DECEPTIVE.search(name) for name in names):
        return None
    return found
