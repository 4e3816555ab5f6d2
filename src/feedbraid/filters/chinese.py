"""Write Chinese posts in simplified or in traditional characters: the work of OpenCC.

It takes `pip install 'feedbraid[chinese]'`. A name is enough: `simplified`, `traditional`, `taiwan` and
`hongkong`, the last two with the forms of characters that are usual there. Words stay the ones that were chosen:
软件 becomes 軟件. The configurations of OpenCC can be named, too; `s2twp` and `tw2sp` also put the words of the
other side in the place of some (軟體).

Going to simplified characters, everything is converted. Going the other way, one character stands for several,
and OpenCC decides by the words around it. It would spoil a text that is traditional already (准許 would become
準許), so a post in which more characters are traditional than simplified is not converted again; `taiwan` and
`hongkong` then only change the forms of characters. In the same way a configuration that begins with `s2` leaves
alone what is traditional, and `tw2sp` and the ones that go from traditional to traditional leave alone what is
simplified. All that is converted in a post is judged together.

Titles, summaries, texts with the descriptions of their images, and categories are converted; names of authors
only if `what` says so. A post in another language stays as it is, and so does what is marked as another language
inside of one. A post without a language is taken for Chinese unless it has the letters of Japanese or Korean.
The language of a Chinese post is set to what it now is (zh-Hans, zh-Hant, zh-TW, zh-HK) where it says something
else and its text is converted; a post without one gets none. Links, addresses and ids stay as they are. The
language and the title of the feed are settings of the feed.

A word that is cut by an element, such as `<b>头</b>发`, is not known as a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Literal, TypeVar

from feedbraid import text
from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Category, Entry, Person, Post
from feedbraid.nesting import elements
from feedbraid.nouns import dataclass

from . import Each, Example, Filter, Mistake, Setting, _body, _text

T = TypeVar("T")
Convert = Callable[[str], str]
To = Literal[
    "simplified",
    "traditional",
    "taiwan",
    "hongkong",
    "t2s",
    "tw2s",
    "hk2s",
    "tw2sp",
    "s2t",
    "s2tw",
    "s2twp",
    "s2hk",
    "t2tw",
    "t2hk",
    "tw2t",
    "hk2t",
]
What = Literal["title", "content", "summary", "categories", "authors"]


class Options(Form):
    """What the characters become, and where."""

    to: To
    """simplified, traditional, taiwan or hongkong; or a configuration of OpenCC, such as s2twp."""
    what: OneOrMore[What] = ("title", "content", "summary", "categories")
    """Which parts of a post are converted: title, content, summary, categories, authors."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which configuration of OpenCC converts a post that is simplified, or traditional; "" for none."""

    simplified: str
    traditional: str
    language: str
    """Of what comes out."""


_PLANS: Mapping[To, _Plan] = {
    "simplified": _Plan("t2s", "t2s", "zh-Hans"),
    "traditional": _Plan("s2t", "", "zh-Hant"),
    "taiwan": _Plan("s2tw", "t2tw", "zh-TW"),
    "hongkong": _Plan("s2hk", "t2hk", "zh-HK"),
    "t2s": _Plan("t2s", "t2s", "zh-Hans"),
    "tw2s": _Plan("tw2s", "tw2s", "zh-Hans"),
    "hk2s": _Plan("hk2s", "hk2s", "zh-Hans"),
    "tw2sp": _Plan("", "tw2sp", "zh-Hans"),
    "s2t": _Plan("s2t", "", "zh-Hant"),
    "s2tw": _Plan("s2tw", "", "zh-TW"),
    "s2twp": _Plan("s2twp", "", "zh-TW"),
    "s2hk": _Plan("s2hk", "", "zh-HK"),
    "tw2t": _Plan("", "tw2t", "zh-Hant"),
    "hk2t": _Plan("", "hk2t", "zh-Hant"),
    "t2tw": _Plan("", "t2tw", "zh-TW"),
    "t2hk": _Plan("", "t2hk", "zh-HK"),
}


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    plan, what = _PLANS[options.to], frozenset(options.what)

    def apply(post: Post) -> Post:
        after = _converted(post.entry, plan, what)
        return post if after == post.entry else replace(post, entry=after)

    return Each(apply=apply)


def _converted(entry: Entry, plan: _Plan, what: frozenset[What]) -> Entry:
    sample = "".join(_texts(entry, what))
    if sample.isascii() or not _is_chinese(entry.language, sample):
        return entry
    name = _chosen(plan, sample)
    if not name:
        return entry
    after = _with_texts(entry, what, _converter(name), plan.language)
    if "content" not in what or after == entry:
        return after
    return replace(after, language=_language(entry.language, plan.language))


def _texts(entry: Entry, what: frozenset[What]) -> Iterator[str]:
    """Give what is to be converted."""
    yield from (getattr(entry, field) for name, field in _FIELDS.items() if name in what)
    yield from (category.term for category in entry.categories if "categories" in what)
    yield from (person.name for person in entry.authors if "authors" in what)


_FIELDS: dict[What, str] = {"title": "title", "summary": "summary", "content": "body"}


def _with_texts(entry: Entry, what: frozenset[What], convert: Convert, language: str) -> Entry:
    line = _on_one_line(convert)
    made: dict[str, object] = {name: line(getattr(entry, name)) for name in ("title", "summary") if name in what}
    if "content" in what:
        made["body"] = _body.fitting(_converted_body(entry.body, convert, language))
    if "categories" in what:
        made["categories"] = _once((_category(one, line) for one in entry.categories), lambda one: one.term)
    if "authors" in what:
        made["authors"] = _once((Person(line(one.name), one.uri) for one in entry.authors), lambda one: one.name)
    return replace(entry, **made)  # type: ignore[arg-type]  # the fields by their names


def _on_one_line(convert: Convert) -> Convert:
    return lambda stated: stated if stated.isascii() else text.one_line(convert(stated))


def _category(stated: Category, line: Convert) -> Category:
    term, label = line(stated.term), line(stated.label)
    return Category(term, stated.scheme, "" if label == term else label)


def _once(items: Iterable[T], name: Callable[[T], str]) -> tuple[T, ...]:
    """Leave out what has become the same name as one before it."""
    found: dict[str, T] = {}
    for one in items:
        found.setdefault(name(one), one)
    return tuple(found.values())


# --- bodies -----------------------------------------------------------------------------------------------

_DESCRIPTION = re.compile(r'(?<= alt=")[^"]+|(?<= title=")[^"]+')
_MARK = re.compile(r'(?<= lang=")[^"]*')
_VOID = elements("area br col hr img source track wbr")


def _converted_body(body: str, convert: Convert, language: str) -> str:
    """Convert the text of a body and the descriptions in it, but not what is marked as another language.

    It is converted as it is written: no serialized body has a reference to a Chinese character.
    """
    if ' lang="' in body:
        return "".join(_marked(body, convert, language))
    parts, at = [], 0
    for tag in _body.TAG.finditer(body):
        if not tag[0].isascii():
            parts += [convert(body[at : tag.start()]), _start(tag[0], convert, language)]
            at = tag.end()
    return "".join([*parts, convert(body[at:])])


def _marked(body: str, convert: Convert, language: str) -> Iterator[str]:
    path = [True]
    for _, stated, tag in _text.pieces(body):
        yield convert(stated) if path[-1] and not stated.isascii() else stated
        if tag is None:
            return
        mark = _MARK.search(tag.written)
        is_chinese = path[-1] if mark is None else _may_be_chinese(mark[0])
        yield _start(tag.written, convert, language) if is_chinese else tag.written
        if not tag.is_end and tag.name not in _VOID:
            path.append(is_chinese)
        elif tag.is_end and len(path) > 1:
            path.pop()


def _start(tag: str, convert: Convert, language: str) -> str:
    if not tag.isascii():
        tag = _DESCRIPTION.sub(lambda found: convert(found[0]), tag)
    return _MARK.sub(lambda found: _language(text.language_tag(found[0]), language) or found[0], tag)


# --- languages --------------------------------------------------------------------------------------------

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OTHERS = re.compile("[\u3041-\u3096\u30a1-\u30fa\uac00-\ud7a3]")
"""The letters of Japanese, without marks that Chinese has, too, and of Korean."""

_FEW = 10
"""One such letter for so many Chinese characters makes no other language."""

_SCRIPTS = {
    **dict.fromkeys(("Hans", "CN", "MY", "SG"), "Hans"),
    **dict.fromkeys(("Hant", "HK", "MO", "TW"), "Hant"),
}
"""By script or region; the script comes first in a tag."""


def _is_chinese(language: str, sample: str) -> bool:
    if language:
        return _may_be_chinese(language)
    return len(_OTHERS.findall(sample)) * _FEW <= len(_HAN.findall(sample))


def _may_be_chinese(language: str) -> bool:
    return text.language_tag(language).partition("-")[0] in ("", "zh")


def _language(stated: str, made: str) -> str:
    """Give the tag of a Chinese text that was converted: the stated one where that is right, too."""
    parts = stated.split("-")
    scripts = [_SCRIPTS[part] for part in parts if part in _SCRIPTS]
    script = _SCRIPTS[made[3:]]
    if not stated or (scripts[:1] == [script] and made in (f"zh-{script}", f"zh-{parts[-1]}")):
        return stated
    spoken = [part for part in parts[1:] if len(part) == 3 and part.isalpha()]
    return "-".join(["zh", *spoken, made[3:]])


# --- OpenCC -----------------------------------------------------------------------------------------------


def _chosen(plan: _Plan, sample: str) -> str:
    """Choose the configuration for a post by the characters of what is to be converted."""
    if plan.simplified == plan.traditional:
        return plan.simplified
    tendency = sum(count * _tendency(character) for character, count in Counter(sample).items())
    if not tendency:
        return ""
    return plan.simplified if tendency > 0 else plan.traditional


@cache
def _tendency(character: str) -> int:
    """Tell whether a character is simplified (1), traditional (-1), or neither (0)."""
    if character.isascii():
        return 0
    return (_converter("s2t")(character) != character) - (_converter("t2s")(character) != character)


@cache
def _converter(name: str) -> Convert:
    from opencc import OpenCC  # noqa: PLC0415  # it may not be there, and its dictionaries are large

    convert: Convert = OpenCC(name).convert
    return _until_it_stays(convert) if name in ("t2s", "tw2s", "hk2s") else convert


def _until_it_stays(convert: Convert) -> Convert:
    """Convert what was hidden by a word that was read wrongly the first time, too."""

    def converted(stated: str) -> str:
        for _ in range(_ROUNDS):
            before, stated = stated, convert(stated)
            if stated == before:
                break
        return stated

    return converted


_ROUNDS = 4


FILTER = Filter(
    summary="write Chinese posts in simplified or in traditional characters",
    options=Options,
    build=_build,
    short="to",
    extra="chinese",
    needs="opencc",
    examples=(
        Example(
            says="A Taiwanese source for readers on the mainland.",
            config="- chinese: simplified",
            posts=(
                {
                    "title": "皇后與頭髮",
                    "body": '<p>她的頭髮<img src="https://voa.example/1.jpg" alt="頭髮"></p>',
                    "categories": ["新聞"],
                    "language": "zh-TW",
                },
                {"title": "日本の新聞", "body": "<p>東京の天気</p>", "language": "ja"},
            ),
            gives=(
                {
                    "title": "皇后与头发",
                    "body": '<p>她的头发<img src="https://voa.example/1.jpg" alt="头发"></p>',
                    "categories": ["新闻"],
                    "language": "zh-Hans",
                },
                {},
            ),
        ),
        Example(
            says="美国之音给台湾的读者；已经是正体字的文章不再转换。",
            config="- chinese: taiwan",
            posts=(
                {"title": "佛罗里达州的新闻", "body": "<p>这里是后面。</p>", "language": "zh"},
                {"title": "佛羅里達州的新聞", "body": "<p>批准與准許。</p>", "language": "zh-TW"},
            ),
            gives=(
                {"title": "佛羅里達州的新聞", "body": "<p>這裡是後面。</p>", "language": "zh-TW"},
                {},
            ),
        ),
        Example(
            says="With the words of Taiwan, and titles alone.",
            config="- chinese: {to: s2twp, what: title}",
            posts=({"title": "软件和网络", "body": "<p>软件</p>", "language": "zh-CN"},),
            gives=({"title": "軟體和網路"},),
        ),
    ),
    mistakes=(
        Mistake(config="- chinese", says="the setting 'to' is missing"),
        Mistake(config="- chinese: zh-Hant", says="'zh-Hant' is not one of 'simplified', 'traditional', 'taiwan'"),
        Mistake(
            config="- chinese: {to: simplified, what: [titles]}", says="'titles' is not one of 'title', 'content'"
        ),
        Mistake(
            config="- chinese: {to: s2t, what: [title, content]}",
            says="Summaries and categories stay simplified. Without `what`, all of a post is converted, but the "
            "names of its authors.",
            is_error=False,
        ),
    ),
)
