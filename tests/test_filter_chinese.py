"""The filter `chinese`: what is converted, into what, and what stays as it is."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filtered
from feedbraid import html
from feedbraid.filters import Each, chinese
from feedbraid.model import Category, Person, Post

NAMES = get_args(chinese.To)
PLAIN: dict[str, Any] = {"title": "", "body": "", "language": "zh"}


def after(config: str, **fields: Any) -> dict[str, Any] | str:  # noqa: ANN401  # as an example writes them
    return filtered.one_through(config, **(PLAIN | fields))


# --- characters -------------------------------------------------------------------------------------------

TITLES = [
    pytest.param("simplified", "頭髮與乾淨的後面", "头发与干净的后面", id="traditional to simplified"),
    pytest.param("simplified", "头发和一句「頭髮」", "头发和一句「头发」", id="a traditional quotation"),
    pytest.param("simplified", "北京時間和北京时间", "北京时间和北京时间", id="both in one"),
    pytest.param("traditional", "头发和干净的后面", "頭髮和乾淨的後面", id="simplified to traditional"),
    pytest.param("traditional", "佛羅里達州批准准許", None, id="traditional stays traditional"),
    pytest.param("taiwan", "这里的网络软件", "這裡的網絡軟件", id="the forms of Taiwan, the words as they were"),
    pytest.param("taiwan", "這裏的佛羅里達州", "這裡的佛羅里達州", id="the forms of Taiwan for traditional"),
    pytest.param("hongkong", "这里台湾的里面", "這裏台灣的裏面", id="the forms of Hong Kong"),
    pytest.param("s2twp", "网络软件", "網路軟體", id="the words of Taiwan"),
    pytest.param("s2twp", "網絡軟件", None, id="s2 leaves traditional alone"),
    pytest.param("tw2sp", "這個程式", "这个程序", id="the words of the mainland"),
    pytest.param("tw2sp", "这个程序", None, id="tw2sp leaves simplified alone"),
    pytest.param("tw2sp", "程序", None, id="what can be either stays"),
    pytest.param("t2tw", "這裏", "這裡", id="traditional to traditional"),
    pytest.param("t2tw", "这里", None, id="t2tw leaves simplified alone"),
    pytest.param(
        "simplified", "只有病例。至於單日", "只有病例。至于单日", id="a word that was read wrongly at first"
    ),
    pytest.param("simplified", "Plain words", None, id="no Chinese"),
    pytest.param("traditional", "", None, id="nothing"),
]


@pytest.mark.parametrize(("to", "title", "expected"), TITLES)
def test_characters_are_converted(to: str, title: str, expected: str | None) -> None:
    outcome = after(f"- chinese: {{to: {to}, what: title}}", title=title)
    assert outcome == ({} if expected is None else {"title": expected})


def test_a_post_is_judged_as_a_whole() -> None:
    """The characters of the name are used in both; its text shows that it is traditional."""
    assert after("- chinese: traditional", title="范里", body="<p>這是後面的頭髮。</p>") == {}
    assert after("- chinese: traditional", title="范里", body="<p>这是后面的头发。</p>") != {}


@pytest.mark.parametrize("name", NAMES)
def test_opencc_changes_nothing_that_markup_is_made_of(name: chinese.To) -> None:
    for one in {chinese._PLANS[name].simplified, chinese._PLANS[name].traditional} - {""}:
        signs = "".join(map(chr, range(32, 127)))
        assert chinese._converter(one)(f"&amp;{signs}头&lt;頭")[: len(signs) + 5] == f"&amp;{signs}"


# --- where ------------------------------------------------------------------------------------------------


def test_everything_but_names_of_authors_is_converted() -> None:
    fields = {"title": "頭", "summary": "頭髮", "body": "<p>髮</p>", "categories": ["新聞"], "authors": ["劉頭"]}
    everything = {
        "title": "头",
        "summary": "头发",
        "body": "<p>发</p>",
        "categories": ["新闻"],
        "language": "zh-Hans",
    }
    assert after("- chinese: simplified", **fields, language="zh-TW") == everything
    assert after("- chinese: {to: simplified, what: authors}", **fields) == {"authors": ["刘头"]}


def test_two_spellings_of_one_category_become_one_in_its_place() -> None:
    terms = [Category("新聞", "https://a.example/"), Category("b"), Category("新闻"), Category("頭", "", "头")]
    post = filtered.post_of(**PLAIN | {"categories": terms, "authors": [Person("劉", "https://a.example/")]})
    made = filtered.chain_of("- chinese: {to: simplified, what: [categories, authors]}").shaped(post).entry
    assert made.categories == (Category("新闻", "https://a.example/"), Category("b"), Category("头"))
    assert made.authors == (Person("刘", "https://a.example/"),)


IMAGE = '<img src="https://a.example/1.png" alt="{}" title="{}">'
MIXED = '<p lang="ja">頭<br lang="zh"><i lang="zh-TW">頭</i>頭</p>'
MIXED_AFTER = '<p lang="ja">頭<br lang="zh-Hans"><i lang="zh-Hans">头</i>頭</p>'
BODIES = [
    pytest.param("<p>頭&amp;髮&nbsp;<br>頭</p>", "<p>头&amp;发&nbsp;<br>头</p>", id="text, with references"),
    pytest.param('<a href="https://a.example/%E9">頭</a>', '<a href="https://a.example/%E9">头</a>', id="links"),
    pytest.param('<b id="頭">x</b>', '<b id="頭">x</b>', id="no ids"),
    pytest.param('<p title="頭&quot;&gt;">x</p>', '<p title="头&quot;&gt;">x</p>', id="titles of elements"),
    pytest.param('<p class="alt=頭">x</p>', '<p class="alt=頭">x</p>', id="what only looks like a title"),
    pytest.param(IMAGE.format("頭", "髮"), IMAGE.format("头", "发"), id="images"),
    pytest.param('<p lang="ja">頭<b>頭</b></p>頭', '<p lang="ja">頭<b>頭</b></p>头', id="another language stays"),
    pytest.param(MIXED, MIXED_AFTER, id="Chinese in another language"),
    pytest.param('<p lang="zh_tw">頭</p>', '<p lang="zh-Hans">头</p>', id="the mark of a language"),
    pytest.param('<p lang="zh-CN">頭</p>', '<p lang="zh-CN">头</p>', id="a mark that is right"),
    pytest.param('<p lang="">頭</p>', '<p lang="">头</p>', id="an empty mark"),
    pytest.param('<p lang="??">頭</p>', '<p lang="??">头</p>', id="a mark that says nothing"),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_bodies_are_converted_and_their_markup_stays(body: str, expected: str) -> None:
    assert html.clean(body, base="https://voa.example/").html == body
    made = after("- chinese: {to: simplified, what: content}", body=body, language="")
    assert made == ({"body": expected} if body != expected else {})


# --- languages --------------------------------------------------------------------------------------------

LANGUAGES = [
    pytest.param("simplified", "zh", "zh-Hans", id="any Chinese"),
    pytest.param("simplified", "zh-TW", "zh-Hans", id="a region of the other script"),
    pytest.param("simplified", "zh-SG", "zh-SG", id="a region of the same script"),
    pytest.param("simplified", "zh-Hant-CN", "zh-Hans", id="the script goes before the region"),
    pytest.param("simplified", "zh-yue-HK", "zh-yue-Hans", id="Cantonese stays Cantonese"),
    pytest.param("traditional", "zh-CN", "zh-Hant", id="to traditional"),
    pytest.param("taiwan", "zh-CN", "zh-TW", id="to Taiwan"),
    pytest.param("hongkong", "zh-Hans-HK", "zh-HK", id="to Hong Kong"),
    pytest.param("simplified", "", "", id="an unknown one stays unknown"),
]


@pytest.mark.parametrize(("to", "language", "expected"), LANGUAGES)
def test_the_language_says_what_the_text_now_is(to: str, language: str, expected: str) -> None:
    body = "<p>這是頭髮</p>" if to == "simplified" else "<p>这是头发</p>"
    made = after(f"- chinese: {to}", body=body, language=language)
    assert isinstance(made, dict)
    assert "body" in made
    assert made.get("language", language) == expected


def test_the_language_stays_where_the_text_is_not_converted() -> None:
    assert after("- chinese: {to: simplified, what: title}", title="頭", language="zh-TW") == {"title": "头"}
    assert after("- chinese: simplified", title="你好", language="zh-TW") == {}


OTHERS = [
    pytest.param("ja", "<p>東京</p>", id="said to be Japanese"),
    pytest.param("en", "<p>A word: 頭</p>", id="said to be English"),
    pytest.param(
        "",
        "<p>東京の天気は曇りのち晴れでしょう。気温は平年並みの見込みです。</p>",
        id="Japanese that does not say so",
    ),
    pytest.param("", "<p>大韓民國의 憲法은 다음과 같다</p>", id="Korean that does not say so"),
]


@pytest.mark.parametrize(("language", "body"), OTHERS)
def test_other_languages_are_not_touched(language: str, body: str) -> None:
    assert after("- chinese: simplified", title="頭", body=body, language=language) == {}


def test_a_japanese_letter_or_a_dot_in_a_name_makes_no_japanese() -> None:
    made = after(
        "- chinese: {to: simplified, what: title}", title="奧巴馬・貝拉克の頭髮和乾淨的後面與前面都是", language=""
    )
    assert made == {"title": "奥巴马・贝拉克の头发和干净的后面与前面都是"}


# --- twice is once ----------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(
            "头发",
            "頭髮",
            "佛罗里达",
            "佛羅里達",
            "准许",
            "准許",
            "程序",
            "程式",
            "声明",
            "病例至於",
            "里",
            "后",
            "范",
            "台湾",
        ),
        *(
            "<b>",
            "</b>",
            "&amp;",
            "x",
            "の",
            '<p lang="ja">',
            "</p>",
            '<img src="https://a.example/1" alt="面">',
            "𠮷",
            "𫝀",
        ),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NAMES), st.lists(PIECES, max_size=8), st.sampled_from(["", "zh", "zh-TW", "ja"]))
def test_twice_is_once_and_what_comes_out_can_be_published(name: str, pieces: list[str], language: str) -> None:
    body = html.clean("".join(pieces), base="https://voa.example/").html
    post = filtered.post_of(title="后面", body=body, language=language, categories=["新闻", "頭"])
    once = shaped(name, post)
    assert shaped(name, once) is once
    assert html.clean(once.entry.body, base="https://voa.example/").html == once.entry.body


def shaped(name: str, post: Post) -> Post:
    ((_, step),) = filtered.chain_of(f"- chinese: {name}").steps
    assert isinstance(step, Each)
    made = step.apply(post)
    assert isinstance(made, Post)
    return made


@pytest.mark.corpus
def test_real_chinese_text_is_converted_once(corpus: Path) -> None:
    files = sorted((corpus / "seeds").iterdir())[:200:5]
    bodies = [html.clean(unescape(path.read_bytes().decode("utf-8", "replace")), base="").html for path in files]
    posts = [
        filtered.post_of(title="", body=body, language="zh")
        for body in bodies
        if len(re.findall("[\u4e00-\u9fff]", body)) > 200
    ]
    for name in ("simplified", "traditional", "taiwan", "hongkong", "s2twp", "tw2sp"):
        once = [shaped(name, post) for post in posts]
        assert [shaped(name, post) for post in once] == once
        assert once != posts
