"""Documents of ours, damaged: bits flipped, parts cut, repeated, swapped, spliced, replaced by words that hurt.

Every mutant is a function of its target, a seed and its number, so that each can be made again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from random import Random

from html_judge import HOSTILE
from odd_input import (
    addresses,
    bodies,
    dates,
    enclosures,
    encodings,
    identity,
    jsonfeeds,
    labels,
    links,
    people,
    shapes,
    titles,
)
from odd_input import (
    seeds as odd_seeds,
)

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
LONGEST = 100_000
"""Bytes of a mutant."""
PUMPED = 60_000
"""Bytes of a word without end."""
SEED_LIMIT = 12_000
"""Bytes of a document that is worth the time to be read again and again."""

_FEEDS = (
    *(identity, dates, titles, bodies, people, links, enclosures),
    *(labels, shapes, encodings, jsonfeeds, addresses),
)


@dataclass(frozen=True, slots=True)
class Pool:
    """What mutants of one target are made of."""

    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...]
    parts: tuple[bytes, ...]
    """Tags or lines of the documents: what is usual, in unusual places."""

    def word(self, chance: Random) -> bytes:
        """Give a word that hurts, or a part."""
        return chance.choice(self.words if chance.random() < 0.7 else self.parts)


def seeds(target: str) -> tuple[bytes, ...]:
    """Give the documents that mutants of a target are made from, each once, in a fixed order."""
    written = {"feed": _feed_seeds, "seed": _post_seeds}.get(target, list)()
    folders = (HERE / "start", TESTS / "corpus")
    kept = [path.read_bytes() for folder in folders for path in sorted(folder.glob(f"{target}-*"))]
    return tuple(dict.fromkeys(seed for seed in (*written, *kept) if len(seed) <= SEED_LIMIT))


def _feed_seeds() -> list[bytes]:
    rows = [row for module in _FEEDS for row in module.ROWS]
    stated = [f"Content-Type: {row.content_type}\n\n".encode("latin-1", "replace") for row in rows]
    golden = [path.read_bytes() for path in sorted((TESTS / "golden").iterdir())]
    return [
        (head if row.content_type else b"") + row.document for row, head in zip(rows, stated, strict=True)
    ] + golden


def _post_seeds() -> list[bytes]:
    return [f"File: {row.seed}\n\n".encode() + row.document for row in odd_seeds.ROWS]


_WORDS = {
    "feed": ("any", "addresses", "dates", "feed"),
    "seed": ("any", "addresses", "dates", "seed"),
    "headers": ("any", "headers"),
    "config": ("any", "addresses", "seed", "config"),
}


@cache
def pool_of(target: str) -> Pool:
    """Give what mutants of a target are made of."""
    own = seeds(target)
    part = rb"<[^<>]{1,120}>" if target == "feed" else rb"[^\n]{1,200}"
    found = [word for seed in own for word in re.findall(part, seed)]
    hostile = [text.encode("utf-8", "surrogatepass") for text in HOSTILE if target in ("feed", "seed")]
    listed = [word for name in _WORDS[target] for word in words(name)]
    return Pool(own, (*listed, *hostile), tuple(dict.fromkeys(found)))


@cache
def words(name: str) -> tuple[bytes, ...]:
    """Read a list of words."""
    rows = (HERE / "words" / f"{name}.dict").read_text(encoding="ascii").splitlines()
    return tuple(re.sub(rb"\\x(..)", _byte, row[1:-1].encode()) for row in rows if row.startswith('"'))


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode())


def mutant(target: str, seed: int, number: int) -> bytes:
    """Make one mutant."""
    pool = pool_of(target)
    chance = Random(f"{target} {seed} {number}")
    return changed(chance.choice(pool.seeds), pool, chance)


def changed(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Change a document in one way or several."""
    for _ in range(min(1 + int(chance.expovariate(0.4)), 12)):
        data = chance.choice(_WAYS)(data, pool, chance)[:LONGEST]
    return data


_Way = Callable[[bytes, Pool, Random], bytes]


def _part(data: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + int(chance.expovariate(1 / 30)) + 1)


def _flip(data: bytes, _pool: Pool, chance: Random) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def _set(data: bytes, _pool: Pool, chance: Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _cut(data: bytes, _pool: Pool, chance: Random) -> bytes:
    start, end = _part(data, chance)
    return data[:start] + data[end:]


def _truncate(data: bytes, _pool: Pool, chance: Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _repeat(data: bytes, _pool: Pool, chance: Random) -> bytes:
    start, end = _part(data, chance)
    times = 2 ** chance.randrange(1, 12) if chance.random() < 0.3 else 2
    return data[:start] + data[start:end] * min(times, LONGEST // (end - start + 1) + 1) + data[end:]


def _swap(data: bytes, _pool: Pool, chance: Random) -> bytes:
    a, b, c, d = sorted(chance.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _splice(data: bytes, pool: Pool, chance: Random) -> bytes:
    other = chance.choice(pool.seeds)
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _insert(data: bytes, pool: Pool, chance: Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + pool.word(chance) + data[place:]


def _many(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Insert one word very often: depth, length, numbers without end."""
    place = chance.randrange(len(data) + 1)
    return data[:place] + pool.word(chance) * 2 ** chance.randrange(1, 11) + data[place:]


def _pump(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Fill with a few words, over and over: what takes time by the square of its length shows here, at a price."""
    if chance.random() < 0.8:
        return _many(data, pool, chance)
    unit = b"".join(pool.word(chance) for _ in range(chance.randrange(1, 5)))
    place = chance.randrange(len(data) + 1)
    return data[:place] + _as_written(unit, chance) * (PUMPED // (len(unit) + 1)) + data[place:]


def _overwrite(data: bytes, pool: Pool, chance: Random) -> bytes:
    start, end = _part(data, chance)
    return data[:start] + pool.word(chance) + data[end:]


def _number(data: bytes, _pool: Pool, chance: Random) -> bytes:
    return _one(rb"[0-9]+", data, chance, lambda _: chance.choice(words("numbers")))


def _line(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Move, double, drop or replace a line, or set it in or out."""
    rows = data.split(b"\n")
    here, there = chance.randrange(len(rows)), chance.randrange(len(rows))
    row = rows[here]
    way = chance.randrange(5)
    if way == 0:
        rows.insert(there, row)
    elif way == 1:
        del rows[here]
    elif way == 2:
        rows[here], rows[there] = rows[there], row
    elif way == 3:
        rows[here] = b"  " + row if chance.random() < 0.5 else row.removeprefix(b"  ")
    else:
        rows[here] = row.partition(b":")[0] + b": " + pool.word(chance)
    return b"\n".join(rows)


def _one(pattern: bytes, data: bytes, chance: Random, change: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """Change one of the places where a pattern matches."""
    found = [*re.finditer(pattern, data)]
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + change(one) + data[one.end() :]


_VALUES = (
    rb"<([\w:]+)[^<>]*>([^<>]*)(?=<)",
    rb"([\w:]+)=\"([^\"<>]*)(?=\")",
    rb"([\w:]+)='([^'<>]*)(?=')",
    rb"\"(\w+)\": *\"([^\"]*)(?=\")",
    rb"(?m)^ *([\w-]+): *(.*)$",
)
"""How values stand behind their names: in XML, JSON, YAML, headers."""
_ADDRESS_NAMES = re.compile(
    rb"(?i).*(?:link|id|ur[il]|href|src|icon|logo|image|comments|base|domain|scheme|location|from)"
)
_DATE_NAMES = re.compile(rb"(?i).*(?:date|published|updated|modified|created|issued|expires|after)")


def _value(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Replace a value by a word of its kind, as it is or escaped."""

    def change(found: re.Match[bytes]) -> bytes:
        start = found.start(2) - found.start()
        return found[0][:start] + _as_written(_fitting(found[1], found[2], pool, chance), chance)

    return _one(chance.choice(_VALUES), data, chance, change)


def _fitting(name: bytes, value: bytes, pool: Pool, chance: Random) -> bytes:
    """Choose a word for a value: mostly one of its kind."""
    if chance.random() < 0.3:
        return pool.word(chance)
    if _DATE_NAMES.fullmatch(name):
        return chance.choice(words("dates"))
    if _ADDRESS_NAMES.fullmatch(name) or value.startswith((b"http", b"/")):
        return chance.choice(words("addresses"))
    return chance.choice(words("numbers")) if value.isdigit() else chance.choice(pool.words)


def _as_written(word: bytes, chance: Random) -> bytes:
    return word if chance.random() < 0.4 else escape(word.decode("latin-1")).encode("latin-1")


_ITEM = rb"(?s)<(item|entry)\b.*?</\1>"


def _item(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Put an item of another document beside one of this: what two say may contradict itself."""
    others = [*re.finditer(_ITEM, chance.choice(pool.seeds))]
    if not others:
        return data
    return _one(_ITEM, data, chance, lambda found: found[0] + chance.choice(others)[0])


_ELEMENT = rb"<([A-Za-z:]+)[^<>]*>[^<>]*</\1>"


def _element(data: bytes, pool: Pool, chance: Random) -> bytes:
    """Drop, double or replace an element without children."""
    other = [*re.finditer(_ELEMENT, chance.choice(pool.seeds))]
    choice = chance.choice(other)[0] if other else b""
    return _one(
        _ELEMENT, data, chance, lambda found: chance.choice((b"", found[0] * 2, found[0] + choice, choice))
    )


def _name(data: bytes, _pool: Pool, chance: Random) -> bytes:
    """Rename an element by another one of the document."""
    names = re.findall(rb"<([A-Za-z:]+)", data)
    if len(names) < 2:
        return data
    old, new = chance.sample(names, 2)
    return re.sub(rb"(</?)" + re.escape(old) + rb"(?=[\s/>])", rb"\1" + new, data)


_CODECS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030", "big5hkscs", "cp932"),
    *("euc-jp", "iso2022-jp", "cp949", "koi8-r", "cp1251", "cp1252", "cp1256", "mac-roman", "utf-7", "ascii"),
)


def _recode(data: bytes, _pool: Pool, chance: Random) -> bytes:
    """Write the document in another character set, and perhaps say so."""
    codec = chance.choice(_CODECS)
    text = data.decode("utf-8", "replace")
    if chance.random() < 0.5:
        text = f'<?xml version="1.0" encoding="{chance.choice(_CODECS)}"?>{text}'
    return text.encode(codec, "xmlcharrefreplace")


_WAYS: tuple[_Way, ...] = (
    *(_flip, _set, _cut, _truncate, _repeat, _swap, _splice, _insert, _insert, _overwrite),
    *(_number, _line, _element, _element, _item, _item, _name, _recode, _many, _pump, *[_value] * 12),
)
