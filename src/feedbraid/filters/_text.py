"""What filters do with plain text and with the text in bodies: measure it, cut it, give names other names.

A text is cut at the end of a word where one is near; Chinese and Japanese words have no blanks between them, so
there a text is cut behind a character. No accent, and no part of an emoji, is cut from what it belongs to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape, unescape
from typing import Annotated

from pydantic import AfterValidator

from feedbraid import patterns
from feedbraid.model import Person, Post
from feedbraid.nesting import elements
from feedbraid.nouns import dataclass
from feedbraid.posts import paragraph
from feedbraid.text import LINE_LIMIT, one_line

# --- values in forms --------------------------------------------------------------------------------------


def words(value: str) -> str:
    """Check a text of one line that may not be empty."""
    line = one_line(value)
    if not line:
        raise ValueError("a text is needed here")
    return line


def regex(value: str) -> str:
    """Check a regular expression."""
    if value:
        patterns.compiled(value)
    return value


Phrase = Annotated[str, AfterValidator(words)]
Regex = Annotated[str, AfterValidator(regex)]


def checked_change(pattern: str, by: str) -> str:
    """Check what takes the place of the matches of a pattern. Raises ValueError."""
    compiled = patterns.compiled(pattern)
    if by and compiled.found_in(""):
        raise ValueError(
            f"{pattern!r} matches where nothing is, so this would be put everywhere; try + instead of *"
        )
    return patterns.template(by, compiled.groups)


def inner_line(value: str) -> str:
    """Make one line in which a blank at either end stays, because it may be meant."""
    return one_line(f"|{value[: LINE_LIMIT - 2]}|")[1:-1]


# --- names that are given others --------------------------------------------------------------------------


def folded(name: str) -> str:
    """Give the form in which names are compared: without regard to case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def checked_renames(renames: Mapping[str, str]) -> Mapping[str, str]:
    """Check a table of names and what they become: none twice, none renamed again. Raises ValueError."""
    targets: dict[str, str] = {}
    for old, new in renames.items():
        if folded(old) in targets:
            raise ValueError(f"{old!r} stands here twice; large and small letters count as one")
        targets[folded(old)] = new
    for old, new in renames.items():
        last = targets.get(folded(new), new)
        if folded(last) != folded(new) or (last != new and folded(old) != folded(new)):
            raise ValueError(f"{new!r} is renamed itself, to {last!r}; write  {old}: {last}")
    return renames


def renaming(renames: Mapping[str, str]) -> Callable[[str], str]:
    """Make what gives a name its new form."""
    targets = {folded(old): new for old, new in renames.items()}
    return lambda name: targets.get(folded(name), name)


def one_each(people: Iterable[Person]) -> tuple[Person, ...]:
    """Give people, each name once."""
    found: dict[str, Person] = {}
    for person in people:
        found.setdefault(person.name, person)
    return tuple(found.values())


# --- bodies -----------------------------------------------------------------------------------------------

_PIECE = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:[^"<>]++|"[^"]*+"|(?!))*+)>')
_VOID = elements("area br col hr img source track wbr")

PARAGRAPHS = elements(
    "address article aside audio blockquote center details div dl figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hgroup hr main nav ol p pre section summary table ul video"
)
LINES = elements("br caption dd dt li tbody tfoot thead tr")
CELLS = elements("td th")
"""Elements that part the text before them from the text behind them: as paragraphs, as lines, by a blank."""

_BREAKS = PARAGRAPHS | LINES | CELLS


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag or an end tag."""

    name: str
    written: str
    attributes: str
    is_end: bool


def pieces(body: str) -> Iterator[tuple[int, str, Tag | None]]:
    """Give each text of a body as it is written, which may be empty, where it starts, and the tag behind it."""
    at = 0
    for found in _PIECE.finditer(body):
        yield at, body[at : found.start()], Tag(found[2], found[0], found[3], found[1] == "/")
        at = found.end()
    yield at, body[at:], None


def closed(markup: str) -> str:
    """Close the elements that are still open at the end of a body that was cut."""
    path: list[str] = []
    for _, _, tag in pieces(markup):
        if tag is None or tag.name in _VOID:
            continue
        if not tag.is_end:
            path.append(tag.name)
        elif path:
            path.pop()
    return markup + "".join(f"</{name}>" for name in reversed(path))


def as_markup(plain: str) -> str:
    """Write plain text as a serializer does."""
    return escape(plain, quote=False).replace("\xa0", "&nbsp;")


def shown_body(post: Post) -> str:
    """Give the body, else the summary as a body: what is added to a text must not stand in its place."""
    entry = post.entry
    return entry.body or (paragraph(entry.summary) if entry.summary else "")


# --- where to cut -----------------------------------------------------------------------------------------

NEAR = 40
"""Characters; a word that ends this far before the limit ends the text."""

_TRAILING = " \t\n\xa0\u3000,;:-–—，、；："
_CHINESE = re.compile("[\u2e80-\u2fdf\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Characters of scripts that set no blanks between words."""
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？…]++[\"'”’」』）]*+")


def cut(plain: str, length: int, ellipsis: str = "…") -> str:
    """Cut a text to so many characters, with the ellipsis."""
    if len(plain) <= length:
        return plain
    room = length - len(ellipsis)
    end = place_to_cut(plain, room, max(room // 2, room - NEAR))
    return (trimmed(plain[:end]) or plain[:end]) + ellipsis


def beginning(plain: str, length: int) -> str:
    """Give the first sentences of a text, so many characters at most; when they are short, it is cut at a word."""
    if len(plain) <= length:
        return plain
    ends = [found.end() for found in _SENTENCE_END.finditer(plain[: length + 1]) if found.end() <= length]
    return plain[: ends[-1]] if ends and ends[-1] >= length // 2 else cut(plain, length)


def trimmed(plain: str) -> str:
    """Leave out what no text ends with."""
    return plain.rstrip(_TRAILING)


def place_to_cut(plain: str, most: int, least: int) -> int:
    """Find the last word end between two places, else the last place that is inside of no character."""
    ends = (at for at in range(most, max(least, 0), -1) if _ends_a_word(plain, at))
    return next(ends, None) or _outside_of_characters(plain, most)


def _ends_a_word(plain: str, at: int) -> bool:
    if plain[at : at + 1].isspace():
        return True
    return any(map(_CHINESE.match, plain[at - 1 : at + 1])) and not _clings(plain, at)


def _outside_of_characters(plain: str, at: int) -> int:
    place = at
    while place and _clings(plain, place):
        place -= 1
    return place or at


def _clings(plain: str, at: int) -> bool:
    """Tell whether a character belongs to the one before it, as a reader sees them (about UAX 29)."""
    character = plain[at : at + 1]
    if not character or not at:
        return False
    if _is_flag_letter(character):
        return plain[at - 1] == "\u200d" or _flag_letters_before(plain, at) % 2 == 1
    joined = plain[at - 1] == "\u200d" or character == "\u200d" or unicodedata.category(character)[0] == "M"
    return (
        joined
        or "🏻" <= character <= "🏿"
        or "\U000e0020" <= character <= "\U000e007f"
        or "\u1160" <= character <= "\u11ff"
    )


def _is_flag_letter(character: str) -> bool:
    return "🇦" <= character <= "🇿"


def _flag_letters_before(plain: str, at: int) -> int:
    start = at
    while start and _is_flag_letter(plain[start - 1]):
        start -= 1
    return at - start


# --- how much stays ---------------------------------------------------------------------------------------

_RUN = re.compile(r"\S+")
_WORD = re.compile(
    rf"[“‘「『（《【〈〔]{{0,8}}+{_CHINESE.pattern}[、。，．！？；：…—·～’”）〉》」』】〕〗]*+|[^\s{_CHINESE.pattern[1:-1]}]++"
)


@dataclass(slots=True)
class Meter:
    """Counts the text of a body piece by piece: characters as `html.to_text` has them, or words.

    A Chinese or Japanese character counts as a word. Images count as nothing.
    """

    limit: int
    by_words: bool = False
    used: int = 0
    gap: bool = False
    """A blank or a break came last."""

    def take(self, plain: str) -> int | None:
        """Count a text; give the place in it where the limit is passed, if it is."""
        for found in (_WORD if self.by_words else _RUN).finditer(plain):
            blank = int(self.used > 0 and (self.gap or found.start() > 0) and not self.by_words)
            cost = 1 if self.by_words else blank + len(found[0])
            if self.used + cost > self.limit:
                room = 0 if self.by_words else max(self.limit - self.used - blank, 0)
                return found.start() + room
            self.used += cost
            self.gap = False
        self.gap = self.gap or plain[-1:].isspace()
        return None

    def passes(self, tag: Tag | None) -> None:
        """Count a tag: some part the words on their two sides."""
        self.gap = self.gap or (tag is not None and tag.name in _BREAKS)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long texts may be, with the ellipsis at their end where they were cut."""

    most: int
    by_words: bool
    ellipsis: str

    def is_passed(self, body: str) -> bool:
        """Tell whether a body is longer."""
        meter = Meter(self.most, self.by_words)
        for _, written, tag in pieces(body):
            if meter.take(unescape(written)) is not None:
                return True
            meter.passes(tag)
        return False

    def cut_line(self, plain: str) -> str:
        """Cut a line of plain text; one that fits stays as it is."""
        if not self.by_words:
            return cut(plain, self.most, self.ellipsis)
        if Meter(self.most, by_words=True).take(plain) is None:
            return plain
        return trimmed(plain[: self._room().take(plain)]) + self.ellipsis

    def cut_body(self, body: str) -> str:
        """Cut a body that is longer, never inside markup; elements that are open are closed."""
        last, meter = (0, ""), self._room()
        for at, written, tag in pieces(body):
            plain, begins = unescape(written), meter.gap and bool(last[1])
            place = meter.take(plain)
            if place is not None:
                kept = _kept(plain, place, may_go=begins, by_words=self.by_words)
                end, text = (at, kept) if kept else (last[0], trimmed(last[1]))
                return closed(f"{body[:end]}{as_markup(text + self.ellipsis)}")
            last = (at, plain) if plain.strip() else last
            meter.passes(tag)
        return body

    def _room(self) -> Meter:
        """Count what stays before the ellipsis."""
        needed = len(_WORD.findall(f"字{self.ellipsis}")) - 1 if self.by_words else len(self.ellipsis)
        return Meter(self.most - needed, self.by_words)


def _kept(plain: str, place: int, *, may_go: bool, by_words: bool) -> str:
    """Give what stays of the text in which the limit is passed; nothing when its first word is too long."""
    if by_words or not place:
        return trimmed(plain[:place])
    end = place_to_cut(plain, place, place - NEAR)
    if may_go and place <= NEAR and not _ends_a_word(plain, end):
        return ""
    return trimmed(plain[:end])
