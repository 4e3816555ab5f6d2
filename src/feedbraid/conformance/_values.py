"""Values that several formats have: addresses, dates, languages, media types.

A function named after a fault gives it as words, or nothing when the value is good. The same values come again and
again in a document, so the answers are kept.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

_KEPT = 4096

_PLAIN_SIGNS = r"\w.~!$&'()*+,;="
_SIGNS = rf"[{_PLAIN_SIGNS}:@/-]++|%[0-9A-Fa-f]{{2}}"
_URL = re.compile(
    rf"https?://(?:[{_PLAIN_SIGNS}:%-]*+@)?(?:\[[0-9A-Fa-f:.]+\]|[{_PLAIN_SIGNS}%-]++)(?::[0-9]*+)?"
    rf"(?:/(?:{_SIGNS}|(?!))*+)?(?:\?(?:{_SIGNS}|\?|(?!))*+)?(?:#(?:{_SIGNS}|\?|(?!))*+)?",
    re.ASCII,
)
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[^\x00-\x20\x7f-\xa0<>\"{}|\\^`%]++|%[0-9A-Fa-f]{2}|(?!))++")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>()]+@[^\s@<>()]+\.[^\s@<>().]+")
_LANGUAGE = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+|i-[a-z]{3,8}|en-gb-oed|sgn-(?:be-fr|be-nl|ch-de)",
    re.IGNORECASE,
)
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RFC822 = re.compile(
    rf"({'|'.join(_DAYS)}), ([0-9]{{2}}) ({'|'.join(_MONTHS)}) ([0-9]{{4}}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)


def words(text: str) -> frozenset[str]:
    """Make a set of names."""
    return frozenset(text.split())


EARLIEST = "1990"
"""A year before is a mistake of a source (N20); what somebody wrote themselves may be as old as it likes."""


@lru_cache(_KEPT)
def url_fault(text: str | None) -> str:
    """Ask for an absolute URI of http or https (RFC 3986)."""
    return "" if _URL.fullmatch(text or "") else f"{text!r} is no absolute http(s) URL"


@lru_cache(_KEPT)
def iri_fault(text: str | None) -> str:
    """Ask for an absolute IRI (RFC 3987)."""
    return "" if _IRI.fullmatch(text or "") else f"{text!r} is no absolute IRI"


@lru_cache(_KEPT)
def media_type_fault(text: str | None) -> str:
    """Ask for a media type without parameters (RFC 6838 4.2)."""
    return "" if _MEDIA_TYPE.fullmatch(text or "") else f"{text!r} is no media type"


@lru_cache(_KEPT)
def language_fault(text: str | None) -> str:
    """Ask for a language tag that is well-formed (RFC 5646 2.1)."""
    return "" if _LANGUAGE.fullmatch(text or "") else f"{text!r} is no language tag"


def email_fault(text: str | None) -> str:
    """Ask for an address of the form name@host.tld (N53)."""
    return "" if _EMAIL.fullmatch(text or "") else f"{text!r} is no mail address"


@lru_cache(_KEPT)
def rfc3339_fault(text: str | None) -> str:
    """Ask for a date that exists, in UTC and whole seconds (RFC 3339 5.6, N14)."""
    stated = text or ""
    if _RFC3339.fullmatch(stated) is None:
        return f"{text!r} is no RFC 3339 date in UTC and whole seconds"
    try:
        datetime.fromisoformat(stated)
    except ValueError:
        return f"{text!r} is no day of the calendar or time of a day"
    return ""


@lru_cache(_KEPT)
def rfc822_date(text: str | None) -> tuple[str, str]:
    """Read the one form that RSS and OPML are written in here; give the date as RFC 3339 does, and the fault.

    The weekday has to be right, the year has four digits, the zone is GMT (N14).
    """
    found = _RFC822.fullmatch(text or "")
    if found is None:
        return "", f"{text!r} is no RFC 822 date in GMT"
    weekday, day, month, year, hour, minute, second = found.groups()
    stamp = f"{year}-{_MONTHS.index(month) + 1:02}-{day}T{hour}:{minute}:{second}Z"
    fault = rfc3339_fault(stamp)
    if fault:
        return "", f"{text!r} is no day of the calendar or time of a day"
    true = _DAYS[datetime.fromisoformat(stamp).weekday()]
    return stamp, "" if true == weekday else f"{text!r} was a {true}"


def is_blank(text: str | None) -> bool:
    """Tell whether there is nothing to read."""
    return not (text and text.strip())
