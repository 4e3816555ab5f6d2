"""Plain text: what XML 1.0 can carry, one line of it, language tags, derived titles, names of people.

Every function takes any text, raises nothing, and needs time in proportion to its length.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from feedbraid import languages
from feedbraid.model import RawPerson

LINE_LIMIT = 1000
"""Characters of one line: a safety limit, far above any real title (N31)."""

DERIVED_LENGTH = 100
"""Characters of a derived title, about (N30)."""


# --- what XML can carry -----------------------------------------------------------------------------------

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_HIGH = re.compile(r"[\U00010000-\U0010ffff]")
_REPAIRS = {chr(byte): bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0)}


def xml_safe(t: str) -> str:
    """Make a text that XML 1.0 can carry (N35): line ends are LF, the rest of what XML forbids is dropped.

    U+0080 to U+009F are bytes of Windows-1252 that were read as Latin-1, and become what they stood for;
    the five that it leaves open are dropped, like lone surrogates and noncharacters.
    """
    return t if t.isprintable() or _is_safe(t) else _repaired(t)


_CONTROLS = bytes((*range(0x09), *range(0x0B, 0x20), 0x7F))
_HIGH_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")


def _is_safe(t: str) -> bool:
    """Tell at a glance that nothing has to be repaired: in UTF-8, which is searched ten times as fast.

    False when only the patterns show it.
    """
    try:
        stated = t.encode()
    except UnicodeEncodeError:
        return False
    if len(stated.translate(None, _CONTROLS)) != len(stated):
        return False
    if len(stated) == len(t):
        return True
    if b"\xbf\xbe" in stated or b"\xbf\xbf" in stated or b"\xef\xb7" in stated:
        # The ends of planes, and U+FDD0 to U+FDEF, have these in UTF-8; a few good signs have them, too.
        return False
    return b"\xc2" not in stated or _HIGH_CONTROL.search(stated) is None


def _repaired(t: str) -> str:
    if _FORBIDDEN.search(t) is not None:
        t = t.replace("\r\n", "\n").replace("\r", "\n")
        t = _FORBIDDEN.sub(lambda found: _REPAIRS.get(found[0], ""), t)
    # A class of its own: one that holds both kinds takes 15 times as long to search.
    return _HIGH.sub(lambda found: "" if ord(found[0]) & 0xFFFE == 0xFFFE else found[0], t)


# --- one line ---------------------------------------------------------------------------------------------

_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_BLANKS = re.compile(r"[^\S ]\s*| \s+")
_IDEOGRAPHIC = "\u3000"


def one_line(t: str) -> str:
    """Make a plain field: safe for XML (N35), without embedding controls (N32), at most 1,000 long (N31).

    A run of white space becomes one blank, but a run of ideographic blanks alone becomes one of these:
    Chinese and Japanese titles set them on purpose. Both ends are trimmed.
    """
    line = t if is_line(t) else _BLANKS.sub(_one_blank, _UNSEEN.sub("", xml_safe(t)))
    return line.strip()[:LINE_LIMIT].rstrip()


def is_line(t: str) -> bool:
    """Tell at a glance that a text is one line, whatever stands at its ends. False when only looking shows it.

    What Python prints as it is holds nothing that is forbidden or unseen, and of all white space blanks alone.
    """
    return "  " not in t and t.isprintable()


def _one_blank(run: re.Match[str]) -> str:
    return _IDEOGRAPHIC if run[0].strip(_IDEOGRAPHIC) == "" else " "


def counted(number: int, one: str, many: str = "") -> str:
    """Say how many of something there are: `many` where adding an s to `one` is wrong."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def roughly(seconds: int) -> str:
    """Say how long something takes in the largest unit of which it has at least two."""
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * length:
            return counted(seconds // length, unit)
    return counted(seconds, "second")


def times_in_a_row(number: int) -> str:
    """Say how often something happened without a break."""
    return "once" if number == 1 else f"{number} times in a row"


def minute(moment: datetime) -> str:
    """Write a moment in UTC for people."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


# --- languages --------------------------------------------------------------------------------------------

_TAG = re.compile(
    r"""
    (?: [a-z]{2,3} (?:-[a-z]{3}){0,3}             # language, extended language
        (?: -[a-z]{4} )?                          # script
        (?: -(?:[a-z]{2}|\d{3}) )?                # region
        (?: -(?:[a-z\d]{5,8}|\d[a-z\d]{3}) )*     # variants
        (?: -[a-wyz\d](?:-[a-z\d]{2,8})+ )*       # extensions
        (?: -x(?:-[a-z\d]{1,8})+ )?               # private use
      | x(?:-[a-z\d]{1,8})+
      | en-gb-oed | sgn-(?:be-fr|be-nl|ch-de)   # grandfathered, against the syntax
    )
    """,
    re.VERBOSE | re.ASCII,
)
_TAG_LIMIT = 100


def language_tag(t: str) -> str:
    """Write a language as BCP 47 does, in its usual case (N73): `zh_hant_tw` is `zh-Hant-TW`; "" when it is none.

    It starts with a code of ISO 639-1 or 639-2, because readers know no others: `yue` is written `zh-yue`, and
    what has no such form is none, like `english` and `i-klingon`.
    """
    stated = t.strip()
    if len(stated) > _TAG_LIMIT:
        return ""
    return _language_tag(stated) if stated else ""


@lru_cache(maxsize=256)
def _language_tag(stated: str) -> str:
    tag = _behind_known(stated.replace("_", "-").lower())
    if len(tag) > _TAG_LIMIT or _TAG.fullmatch(tag) is None:
        return ""
    parts = tag.split("-")
    known = parts[0] == "x" or parts[0] in languages.KNOWN
    return "-".join(_cased(parts)) if known and not _repeats(parts) else ""


def _behind_known(tag: str) -> str:
    """Write a withdrawn code as its successor, and a language behind the wider one that holds it."""
    first, hyphen, rest = tag.partition("-")
    first = languages.RENAMED.get(first, first)
    wider = languages.WIDER.get(first, "")
    return f"{wider}-{first}{hyphen}{rest}" if wider else f"{first}{hyphen}{rest}"


def _repeats(parts: list[str]) -> bool:
    """Whether a variant or the letter of an extension stands twice before the private part (RFC 5646 2.2.9)."""
    public = parts[: parts.index("x")] if "x" in parts else parts
    letters = [part for part in public if len(part) == 1]
    first = public.index(letters[0]) if letters else len(public)
    variants = [part for part in public[1:first] if len(part) >= 4]
    return len(set(letters)) < len(letters) or len(set(variants)) < len(variants)


def _cased(parts: list[str]) -> list[str]:
    """Set the letters of each part large or small by its length and place (RFC 5646 2.1.1)."""
    cased = parts[:1]
    for before, part in pairwise(parts):
        if len(before) == 1 or len(part) not in (2, 4):
            cased.append(part)
        else:
            cased.append(part.upper() if len(part) == 2 else part.title())
    return cased


# --- titles -----------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"[a-z][a-z\d+.-]*://(?:[^/?#]*@)?([^/?#]*)([^?#]*)", re.IGNORECASE)
_BEGINNING = 10 * LINE_LIMIT
_JOINERS = "\u200d\ufe0e\ufe0f"


def derived_title(plain_body: str, link: str) -> str:
    """Give a title to a post that has none (N30): the beginning of its text, else host and path of its link."""
    return _shortened(one_line(plain_body.lstrip()[:_BEGINNING]) or one_line(_readable(link)))


def _readable(link: str) -> str:
    parts = _ADDRESS.match(link)
    if parts is None:
        return ""
    host, path = parts[1], parts[2].rstrip("/")
    try:
        return host + unquote(path, errors="strict")
    except UnicodeDecodeError:
        return host + path


def _shortened(line: str) -> str:
    """Cut a line at a word; where words have no blanks between them, at a character."""
    if len(line) <= DERIVED_LENGTH:
        return line
    end = max(line.rfind(blank, DERIVED_LENGTH // 2, DERIVED_LENGTH + 1) for blank in (" ", _IDEOGRAPHIC))
    return line[: end if end > 0 else _before_a_mark(line)].rstrip(" \u3000,;:-–—") + "…"


def _before_a_mark(line: str) -> int:
    """Where to cut so that no accent and no part of an emoji loses what it stands on."""
    end = DERIVED_LENGTH
    while end > DERIVED_LENGTH // 2 and (_clings(line[end]) or line[end - 1] == "\u200d"):
        end -= 1
    return end


def _clings(character: str) -> bool:
    return character in _JOINERS or unicodedata.category(character).startswith("M") or "🏻" <= character <= "🏿"


# --- people -----------------------------------------------------------------------------------------------

_APART = r"\s@<>()\[\]\",;:"
_MAIL = re.compile(
    rf"(?<![^{_APART}])(?<!@)(?:mailto:)?([^{_APART}]+@[^{_APART}]+\.[^{_APART}]+)",
    re.IGNORECASE,
)
_LEFT_OVER = re.compile(r"<\s*>|\[\s*\]|\(\s*\)|\(\s*mailto:[^()]*\)|\bmailto:", re.IGNORECASE)
_BRACKETED = re.compile(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_EDGES = " \"',;:|-–—"


def split_person(raw: RawPerson) -> tuple[str, str]:
    """Split a person into name and mail address, either "" when not stated (N52).

    Knows `mail (Name)`, `Name <mail>`, `Name (mailto:mail)` and bare addresses, which are no name. What
    remains of a list of people is their names: no address stays in a name (N53).
    """
    name, mail_beside_name = _split(raw.name)
    name_beside_mail, mail = _split(raw.email)
    return name or (name_beside_mail if mail else ""), mail or mail_beside_name


def _split(stated: str) -> tuple[str, str]:
    line = one_line(stated)
    mail = _MAIL.search(line) if "@" in line else None
    if mail is None and "mailto:" not in line.lower():
        return line, ""
    name = one_line(_LEFT_OVER.sub("", _MAIL.sub("", line))).replace(" ,", ",").strip(_EDGES)
    inner = _BRACKETED.fullmatch(name)
    return (inner[1].strip(_EDGES) if inner else name), _bare(mail[1]) if mail else ""


def _bare(address: str) -> str:
    """Without the query of a mailto URI (RFC 6068) and the full stop of a sentence."""
    return address.partition("?")[0].rstrip(".")
