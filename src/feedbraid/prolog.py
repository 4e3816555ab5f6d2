"""What stands in front of the root element of a document: all of it goes, and tells what the document is.

Nothing here is ever fetched or expanded twice. Every step takes time in proportion to what it skips.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin

PROLOG_LIMIT = 400_000
"""The root must begin within this many characters."""
MAX_ENTITIES = 32
"""Entities that stand for more than one character; those for one are as harmless as a character reference."""
MAX_ENTITIES_AT_ALL = 300
MAX_ENTITY_LENGTH = 256

BLANK = "\ufeff \t\r\n"
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 2.2 does not allow in a document."""

_NAME = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_FEED_ROOTS = frozenset({"rss", "feed", "rdf", "channel"})
_LATE_DECLARATION = re.compile(r"\s+<\?xml\s")
_HTML_DOCTYPE = re.compile(r"<!DOCTYPE\s+html", re.IGNORECASE)
_PREDEFINED = frozenset({"amp", "lt", "gt", "quot", "apos"})
_CHARACTER = re.compile(r"&(#(?:[0-9]{1,8}|[xX][0-9A-Fa-f]{1,8});)")
_DOCTYPE_PART = re.compile(r"[^\"'<>\[\]]+|\"[^\"]*\"|'[^']*'|<!--|<\?|<!|[<>\[\]]")
_ENTITY = re.compile(r"<!ENTITY\s+([A-Za-z_:][\w.:-]*)\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_CHARACTER_SET = re.compile(r"<!ENTITY\s+%\s+[\w.-]+\s+PUBLIC\s+\"-//W3C//[^\"]*\"\s+\"[^\"]*\"\s*>")
"""The names of HTML characters, which old Drupal versions declare and never use: known here without fetching."""

_OTHER_ROOTS = {
    "opml": "an OPML list of feeds",
    "urlset": "a sitemap",
    "sitemapindex": "a sitemap",
    "svg": "an image",
}
_CHALLENGES = re.compile(
    "just a moment|cf[-_]chl|cf-challenge|captcha|enable javascript and cookies|ddos-guard|ddos protection"
    "|attention required|are you (?:a )?(?:human|robot)|anubis|incapsula"
)
_LINK_TAG = re.compile(r"<link\s[^<>]{1,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![a-z])([a-z]++)\s*+=\s*+(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
_FEED_TYPES = frozenset(f"application/{name}" for name in ("rss+xml", "atom+xml", "feed+json", "rdf+xml"))


class Refusal(Exception):  # noqa: N818  # a judgement, not a fault
    """The document is no feed, or a dangerous one; carries the reason."""


@dataclass(slots=True)
class Prolog:
    """Where the root element begins, its name as written, and the entities that its DOCTYPE declares."""

    root: int = 0
    name: str = ""
    junk: bool = False
    """Whether something stands there that does not belong."""
    entities: dict[str, str] = field(default_factory=dict)


def read_prolog(text: str, url: str = "") -> Prolog:
    """Find the root element of a feed. Raises Refusal when there is none; `url` completes addresses it names."""
    prolog = Prolog()
    done, first = 0, ""
    while (at := text.find("<", done, PROLOG_LIMIT)) >= 0:
        prolog.junk = prolog.junk or bool(text[done:at].strip(BLANK))
        name = _NAME.match(text, at)
        if name is None:
            done = _skip(text, at, prolog, url)
            continue
        local = name.group(1).lower()
        if local in _FEED_ROOTS and (not first or local != "channel"):
            junk = prolog.junk or bool(first) or bool(_LATE_DECLARATION.match(text))
            return replace(prolog, root=at, name=name.group()[1:], junk=junk)
        if local == "html":
            raise Refusal(_describe_page(text, url))
        first, done = first or local, name.end()
    raise Refusal(_describe_foreign(first))


def _skip(text: str, at: int, prolog: Prolog, url: str) -> int:
    """Give the position after a comment, an instruction, a DOCTYPE, or a stray "<"."""
    if text.startswith("<!--", at):
        return _after(text, "-->", at + 4, "a comment")
    if text.startswith("<?", at):
        tag = text.find("<", at + 1)
        end = text.find("?>", at, tag if tag >= 0 else len(text))
        return end + 2 if end >= 0 else _after(text, ">", at, "an instruction")
    if _HTML_DOCTYPE.match(text, at):
        raise Refusal(_describe_page(text, url))
    if text[at : at + 9].upper() != "<!DOCTYPE":
        return at + 1
    return _read_doctype(text, at + 9, prolog.entities)


def _after(text: str, mark: str, start: int, what: str) -> int:
    end = text.find(mark, start)
    if end < 0:
        raise Refusal(f"this is no feed: it begins with {what} that has no end")
    return end + len(mark)


def _read_doctype(text: str, position: int, entities: dict[str, str]) -> int:
    """Read the entities of a DOCTYPE and give the position after it. Nothing is ever fetched."""
    subset, opened = False, list[int]()
    while part := _DOCTYPE_PART.match(text, position, PROLOG_LIMIT):
        mark, position = part.group(), part.end()
        if mark in ("<!--", "<?"):
            position = _after(text, "-->" if mark == "<!--" else "?>", position, "a DOCTYPE")
        elif mark in ("<", "<!"):
            opened.append(part.start())
        elif mark in ("[", "]"):
            subset = mark == "["
        elif mark == ">" and opened:
            _read_entity(text[opened.pop() : position], entities)
        elif mark == ">" and not subset:
            return position
    raise Refusal("its DOCTYPE is not finished")


def _read_entity(declaration: str, entities: dict[str, str]) -> None:
    if not declaration.upper().startswith("<!ENTITY"):
        return
    read = _ENTITY.fullmatch(declaration)
    if _CHARACTER_SET.fullmatch(declaration) or (read and read.group(1) in _PREDEFINED):
        return
    if read is None:
        raise Refusal("its DOCTYPE has an external, parameter or damaged entity, which is never read")
    stated = read.group(2) or read.group(3) or ""
    value = _CHARACTER.sub(lambda found: character(found.group(1)), stated)
    if re.search("[&%<]", _CHARACTER.sub("", stated)):
        raise Refusal("its DOCTYPE has nested entities (an entity bomb)")
    if len(value) > MAX_ENTITY_LENGTH:
        raise Refusal(f"its DOCTYPE has an entity of over {MAX_ENTITY_LENGTH} characters (an entity bomb)")
    entities.setdefault(read.group(1), value)
    if len(entities) > MAX_ENTITIES_AT_ALL or sum(len(known) > 1 for known in entities.values()) > MAX_ENTITIES:
        raise Refusal("its DOCTYPE has too many entities (an entity bomb)")


def character(reference: str) -> str:
    """Give the character for `#38;` or `#x26;`, or nothing when XML forbids it or it is far too long."""
    digits = reference[1:-1]
    if len(digits) > 9:
        return ""
    number = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return FORBIDDEN.sub("", chr(number)) if number <= 0x10FFFF else ""


# --- no feed: what else -----------------------------------------------------------------------------------


def _describe_page(text: str, url: str) -> str:
    for tag in _LINK_TAG.finditer(text, 0, PROLOG_LIMIT):
        facts = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag.group())}
        if "alternate" in facts.get("rel", "").lower() and facts.get("type", "").lower() in _FEED_TYPES:
            return f"this is a web page, not a feed; it advertises a feed at {_joined(url, facts.get('href', ''))}"
    if _CHALLENGES.search(text[:PROLOG_LIMIT].lower()):
        return "this is a page that keeps robots out (a challenge), not a feed"
    return "this is a web page, not a feed"


def _joined(base: str, href: str) -> str:
    address = "".join(href.split())[:500]
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _describe_foreign(first: str) -> str:
    if not first:
        return "this is text, not a feed"
    return f"this is {_OTHER_ROOTS.get(first, f'XML or HTML that begins with <{first[:40]}>')}, not a feed"
