"""Which way a language is written, and how texts of another language or of none are marked."""

from __future__ import annotations

import re

from feedbraid.pages._markup import Markup, element

_RTL_LANGUAGES = re.compile(
    "ajp|apc|apd|ar|arc|arq|ary|arz|azb|bgn|bqi|ckb|dv|fa|glk|hac|he|iw|ji|khw|ks|lki|lrc|luz|mzn|nqo|pnb|prs|ps"
    "|rhg|sd|sdh|skr|syr|ug|ur|yi"
)
_RTL_SCRIPTS = re.compile("adlm|arab|aran|hebr|mand|nkoo|rohg|samr|syrc|thaa")
_SCRIPT_LENGTH = 4

ENGLISH = "en"
"""The language of our own words."""


def direction(language: str) -> str:
    """Give "rtl" or "ltr" for a language tag (BCP 47): its script decides when it names one; "auto" for no tag."""
    if not language:
        return "auto"
    primary, *rest = language.lower().split("-")
    script = next((part for part in rest[:2] if len(part) == _SCRIPT_LENGTH and part.isalpha()), "")
    if script:
        return "rtl" if _RTL_SCRIPTS.fullmatch(script) else "ltr"
    return "rtl" if _RTL_LANGUAGES.fullmatch(primary) else "ltr"


def page_attributes(language: str) -> dict[str, str | None]:
    """Say what the page is written in: without a stated language only our own words are certain."""
    return {"lang": language or ENGLISH, "dir": direction(language or ENGLISH)}


def part_attributes(language: str, around: str) -> dict[str, str | None]:
    """Mark a part of a page whose language may differ from that around it.

    Nothing is known of a part without a language on a page without one. On a page with one it inherits that (N74).
    """
    if not language and not around:
        return {"lang": ""}
    if not language or language == around:
        return {}
    turned = direction(language) != direction(around or ENGLISH)
    return {"lang": language, "dir": direction(language) if turned else None}


def text_direction(language: str) -> str | None:
    """Let the letters decide where no language says the direction."""
    return None if language else "auto"


def in_english(words: Markup, around: str) -> Markup:
    """Mark our own words on a page in another language."""
    if (around or ENGLISH).lower().split("-")[0] == ENGLISH:
        return words
    return element("span", {"lang": ENGLISH, "dir": "ltr"}, words)
