"""Plain text: N30, N31, N32, N35, N52, N73."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid import text
from feedbraid.model import RawPerson
from feedbraid.text import LINE_LIMIT, derived_title, language_tag, one_line, split_person, xml_safe

ANY_TEXT = st.text(st.characters(exclude_categories=[]))

XML_SAFE = [
    pytest.param("plain <b>text</b> & é 字 😀", "plain <b>text</b> & é 字 😀", id="harmless text stays"),
    pytest.param("a\tb\nc", "a\tb\nc", id="tab and line feed stay"),
    pytest.param("a\r\nb\rc\r\r\nd", "a\nb\nc\n\nd", id="line ends become LF"),
    pytest.param("a\x00\x08\x0b\x0c\x1fb", "ab", id="control characters are dropped"),
    pytest.param("a\x7fb", "ab", id="DEL, which HTML does not know"),
    pytest.param("it\x92s \x93so\x94 \x96 \x80", "it’s “so” – €", id="C1 controls are read as Windows-1252"),
    pytest.param("\x85", "…", id="U+0085 is an ellipsis of Windows-1252"),
    pytest.param("a\x81\x8d\x8f\x90\x9db", "ab", id="the five holes of Windows-1252 are dropped"),
    pytest.param("a\ud800b\udfffc", "abc", id="lone surrogates are dropped"),
    pytest.param("a\ufffe\uffff\ufdd0\ufdefb", "ab", id="noncharacters are dropped"),
    pytest.param(
        "a\U0001fffe\U0001ffff\U0010fffe\U0010ffffb", "ab", id="noncharacters of high planes are dropped"
    ),
    pytest.param(
        "\ufdcf\ufdf0\ufffd\U0001fffd\U00020000", "\ufdcf\ufdf0\ufffd\U0001fffd\U00020000", id="neighbours stay"
    ),
    pytest.param("a\u2028b\u202ec", "a\u2028b\u202ec", id="what only plain fields forbid stays"),
]


@pytest.mark.parametrize(("text", "expected"), XML_SAFE)
def test_n35_a_text_is_made_safe_for_xml(text: str, expected: str) -> None:
    assert xml_safe(text) == expected


@given(ANY_TEXT)
def test_n35_whatever_comes_out_is_allowed_in_xml(text: str) -> None:
    safe = xml_safe(text)
    assert all(_allowed(ord(character)) for character in safe)
    assert xml_safe(safe) == safe


def _allowed(code: int) -> bool:
    return (
        (code in (0x9, 0xA) or 0x20 <= code <= 0x7F or 0xA0 <= code <= 0xD7FF or 0xE000 <= code <= 0x10FFFF)
        and not 0xFDD0 <= code <= 0xFDEF
        and code & 0xFFFE != 0xFFFE
    )


ONE_LINE = [
    pytest.param("  a \n\t b  ", "a b", id="white space collapses and is trimmed"),
    pytest.param("a\xa0b\u2028c\u2009d", "a b c d", id="every kind of blank becomes one blank"),
    pytest.param("嗎？\u3000中國", "嗎？\u3000中國", id="an ideographic blank stays"),
    pytest.param("嗎？\u3000\u3000中國", "嗎？\u3000中國", id="ideographic blanks collapse to one of them"),
    pytest.param("嗎？\u3000 中國", "嗎？ 中國", id="a mixed run becomes one blank"),
    pytest.param("\u3000標題\u3000", "標題", id="ideographic blanks are trimmed"),
    pytest.param("\ufeffa\u202eb\u202c\u2066c\u2069", "abc", id="bidirectional controls and U+FEFF are dropped"),
    pytest.param("a \u202e b", "a b", id="blanks on both sides of a dropped control are one run"),
    pytest.param("👩\u200d💻 می\u200cخواهم", "👩\u200d💻 می\u200cخواهم", id="joiners stay"),
    pytest.param("a\u200e\u200fb", "a\u200e\u200fb", id="directional marks stay"),
    pytest.param("\x00 \x93a\x94", "“a”", id="the text is safe for XML"),
    pytest.param("x" * 999 + " yz", "x" * 999, id="a line of 1,000 characters ends there, without a blank"),
]


@pytest.mark.parametrize(("text", "expected"), ONE_LINE)
def test_n32_a_plain_field_is_one_clean_line(text: str, expected: str) -> None:
    assert one_line(text) == expected


@given(ANY_TEXT)
@example("\u3000 \u202e\u3000" * 600)
def test_n32_a_line_is_a_fixed_point(text: str) -> None:
    line = one_line(text)
    assert one_line(line) == line
    assert len(line) <= LINE_LIMIT
    assert "\n" not in line


@pytest.mark.corpus
def test_n27_titles_of_the_corpus_lose_nothing_but_blanks(corpus: Path) -> None:
    index = (corpus / "seeds" / "index.tsv").read_text(encoding="utf-8").split("\n")
    titles = [row.split("\t")[2] for row in index[1:] if row]
    records = (corpus / "feeds" / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    titles += [title for record in records if isinstance(title := json.loads(record)["feed_title"], str)]
    titles = [title for title in titles if not any("\x80" <= character <= "\x9f" for character in title)]
    assert len(titles) > 500
    assert [title for title in titles if one_line(title).split() != title.split()] == []


@pytest.mark.corpus
def test_n27_ideographic_blanks_of_the_corpus_stay(corpus: Path) -> None:
    index = (corpus / "seeds" / "index.tsv").read_text(encoding="utf-8").split("\n")
    titles = [row.split("\t")[2] for row in index if "title-ideographic-blank" in row]
    assert titles
    assert [one_line(title) for title in titles] == titles


LANGUAGES = [
    pytest.param("en", "en", id="language"),
    pytest.param("EN_us", "en-US", id="an underscore becomes a hyphen, the region capital"),
    pytest.param("zh_hant_tw", "zh-Hant-TW", id="script and region"),
    pytest.param(" de-CH-1996 ", "de-CH-1996", id="variant, blanks around it"),
    pytest.param("zh-CMN-hans-cn", "zh-cmn-Hans-CN", id="extended language"),
    pytest.param("es-419", "es-419", id="region of digits"),
    pytest.param("en-u-CA-buddhist", "en-u-ca-buddhist", id="extension: no capitals behind its letter"),
    pytest.param("en-a-bb-x-A-b", "en-a-bb-x-a-b", id="a letter may come again in the private part"),
    pytest.param("X-Klingon", "x-klingon", id="private use"),
    pytest.param("i-klingon", "", id="grandfathered, of no known language"),
    pytest.param("yue", "zh-yue", id="an extended language stands behind the wider one"),
    pytest.param("cmn-hans-CN", "zh-cmn-Hans-CN", id="with its script and region"),
    pytest.param("arz", "ar-arz", id="Egyptian Arabic"),
    pytest.param("zsm", "ms-zsm", id="Malay"),
    pytest.param("iw_IL", "he-IL", id="a withdrawn code"),
    pytest.param("haw", "haw", id="three letters"),
    pytest.param("xx", "", id="two letters that are no language"),
    pytest.param("qqq-DE", "", id="three letters that are no language"),
    pytest.param("yue-aaa-bbb-ccc", "", id="four extended languages, one of them the primary"),
    pytest.param("sgn-be-fr", "sgn-BE-FR", id="grandfathered against the syntax"),
    pytest.param("english", "", id="no language has seven letters"),
    pytest.param("C", "", id="a locale without language"),
    pytest.param("en_US.UTF-8", "", id="a locale with an encoding"),
    pytest.param("en-", "", id="hyphen at the end"),
    pytest.param("en--us", "", id="empty part"),
    pytest.param("de-1996-1996", "", id="a variant twice"),
    pytest.param("en-a-bb-a-cc", "", id="an extension twice"),
    pytest.param("ｅｎ", "", id="fullwidth letters"),
    pytest.param("ſv", "", id="a long s"),
    pytest.param("x-" + "-".join(["abc"] * 100), "", id="longer than any language"),
    pytest.param("", "", id="nothing"),
]


@pytest.mark.parametrize(("text", "expected"), LANGUAGES)
def test_n73_a_language_is_a_bcp_47_tag_or_nothing(text: str, expected: str) -> None:
    assert language_tag(text) == expected


@given(ANY_TEXT | st.from_regex(r"[a-z]{2,3}([-_][a-zA-Z0-9]{1,8}){0,5}", fullmatch=True))
def test_n73_a_tag_is_a_fixed_point(text: str) -> None:
    tag = language_tag(text)
    assert language_tag(tag) == tag
    assert tag.lower().endswith(text.strip().replace("_", "-").lower().partition("-")[2] if tag else "")


TITLES = [
    pytest.param("A short\nbody. ", "https://a.example/x", "A short body.", id="a short body is the title"),
    pytest.param("word " * 40, "", "word " * 19 + "word…", id="a long one is cut at a word"),
    pytest.param("a" * 98 + ", bcd", "", "a" * 98 + "…", id="no comma before the ellipsis"),
    pytest.param("字" * 150, "", "字" * 100 + "…", id="text without blanks is cut at a character"),
    pytest.param("字" * 60 + "\u3000" + "字" * 90, "", "字" * 60 + "…", id="an ideographic blank ends a word"),
    pytest.param("x" * 99 + "e\u0301\u0301" + "x", "", "x" * 99 + "…", id="a letter is not cut from its accents"),
    pytest.param("x" * 98 + "👩\u200d💻x", "", "x" * 98 + "…", id="an emoji is not cut in two"),
    pytest.param("x" * 100, "", "x" * 100, id="a hundred characters fit"),
    pytest.param(" ", "https://a.example/posts/1?q#f", "a.example/posts/1", id="no text: host and path"),
    pytest.param(
        "", "https://me:pw@a.example/%E4%BD%A0/", "a.example/你", id="a path is readable, a password not shown"
    ),
    pytest.param("", "https://a.example/%FF", "a.example/%FF", id="a path that is no UTF-8 stays as it is"),
    pytest.param("", "https://a.example/a%00%0Ab", "a.example/a b", id="a path is as clean as any title"),
    pytest.param("", "", "", id="neither text nor link"),
    pytest.param("", "not a link", "", id="a link that is none"),
]


@pytest.mark.parametrize(("body", "link", "expected"), TITLES)
def test_n30_a_title_is_derived_from_the_text_else_from_the_link(body: str, link: str, expected: str) -> None:
    assert derived_title(body, link) == expected


@given(ANY_TEXT, ANY_TEXT)
@example("\u0301" * 300, "")
def test_n30_a_derived_title_is_one_short_line(body: str, link: str) -> None:
    title = derived_title(body, "https://a.example/" + link)
    assert title
    assert len(title) <= 101
    assert one_line(title) == title


PEOPLE = [
    pytest.param("noreply@blogger.com (prz)", "", "prz", "noreply@blogger.com", id="mail (Name)"),
    pytest.param("jo@a.example (Jo (JJ) Doe)", "", "Jo (JJ) Doe", "jo@a.example", id="mail (Name) with brackets"),
    pytest.param("Jo Doe <jo@a.example>", "", "Jo Doe", "jo@a.example", id="Name <mail>"),
    pytest.param('"Doe, Jo" <jo@a.example>', "", "Doe, Jo", "jo@a.example", id="a quoted name"),
    pytest.param("Jo (mailto:jo@a.example)", "", "Jo", "jo@a.example", id="Name (mailto:mail)"),
    pytest.param("Jo (mailto:&#106;&#111;)", "", "Jo", "", id="a mail address in disguise is no name"),
    pytest.param("jo@a.example - Jo", "", "Jo", "jo@a.example", id="mail - Name"),
    pytest.param("jo@a.example", "", "", "jo@a.example", id="a bare address is no name"),
    pytest.param("MAILTO:jo@a.example?subject=Hi", "", "", "jo@a.example", id="a mailto URI"),
    pytest.param("jo@a.example (jo@a.example)", "", "", "jo@a.example", id="an address beside itself"),
    pytest.param("jo@a.example ()", "", "", "jo@a.example", id="an empty name"),
    pytest.param(
        "Write to jo@a.example.", "", "Write to", "jo@a.example", id="the full stop is not of the address"
    ),
    pytest.param(
        "Al <al@a.example>, Bo <bo@b.example>", "", "Al, Bo", "al@a.example", id="a list keeps its names"
    ),
    pytest.param("mailto:", "", "", "", id="a scheme is no name"),
    pytest.param("Author (name)", "", "Author (name)", "", id="brackets without an address stay"),
    pytest.param("@jo@social.example", "", "@jo@social.example", "", id="a fediverse handle is a name"),
    pytest.param("DJ@Night", "", "DJ@Night", "", id="a name with an at sign"),
    pytest.param("“Jo” O'Neil", "", "“Jo” O'Neil", "", id="a name without address keeps its quotes"),
    pytest.param("Jo", "mailto:jo@a.example", "Jo", "jo@a.example", id="a stated address"),
    pytest.param("", "jo@a.example (Jo)", "Jo", "jo@a.example", id="a name beside the stated address"),
    pytest.param("", "me@localhost", "", "", id="an address without a domain is none, and no name"),
    pytest.param("Jo <old@a.example>", "new@a.example", "Jo", "new@a.example", id="the stated address wins"),
    pytest.param("  Jo \n Doe ", "", "Jo Doe", "", id="a name is one line"),
    pytest.param("", "", "", "", id="nobody"),
]


@pytest.mark.parametrize(("name", "email", "expected_name", "expected_mail"), PEOPLE)
def test_n52_a_person_is_split_into_name_and_address(
    name: str, email: str, expected_name: str, expected_mail: str
) -> None:
    assert split_person(RawPerson(name=name, email=email)) == (expected_name, expected_mail)


@given(ANY_TEXT, ANY_TEXT)
@example("a@b.c" * 300, "mailto:" * 300)
def test_n53_no_address_stays_in_a_name(before: str, after: str) -> None:
    name, _ = split_person(RawPerson(name=f"{before[:200]} <jo@a.example> {after}"))
    assert "jo@a.example" not in name


@pytest.mark.parametrize(
    "text", ["a@" * 500_000, "(" * 1_000_000, "mailto:" * 200_000, "x@y." * 300_000, "- " * 500_000]
)
def test_hostile_length_is_no_trouble(text: str) -> None:
    assert len(one_line(text)) <= LINE_LIMIT
    assert len(split_person(RawPerson(name=text, email=text))[0]) <= LINE_LIMIT
    assert len(derived_title(text, text)) <= 101
    assert language_tag(text) == ""


# --- the short ways ---------------------------------------------------------------------------------------

ODD = st.text(
    st.sampled_from(
        "ab \t\n\r\x00\x0b\x7f\x80\x81\x85\x9f\xa0\u3000\u202a\ufeff\ufdd0\ufffd\ufffe\uffff漾漿😀\U0001ffff\ud800"
    )
)


@given(ODD | st.text(st.characters(exclude_categories=[])))
@example("a\ufffe")
@example("\uffff")
@example("\U0001fffe")
@example("\xa0\x9f")
def test_n35_what_is_safe_at_a_glance_needs_no_repair(stated: str) -> None:
    assert xml_safe(stated) == text._repaired(stated)


def test_n31_what_prints_as_it_is_holds_nothing_that_a_line_may_not_hold() -> None:
    printed = "".join(sign for sign in map(chr, range(0x110000)) if text.is_line(sign))
    assert text._repaired(printed) == printed
    assert text._UNSEEN.search(printed) is None
    assert text._BLANKS.search(printed) is None
    assert not text.is_line("a  b")
