"""Plain text from HTML and to it: N27, N28, N29, N31, N32, N37."""

from __future__ import annotations

from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid import html, text
from feedbraid.model import RawText

ANY_TEXT = st.text(st.characters(exclude_categories=[]))
MARKUP = st.lists(st.one_of(ANY_TEXT, st.sampled_from(["<b>", "</p>", "&amp;", "&#60;", "<script>", "<"]))).map(
    "".join
)

TO_TEXT = [
    pytest.param("plain", "plain", id="text without markup"),
    pytest.param("a<b>b</b>c", "abc", id="inline elements leave no blank"),
    pytest.param("<p>a</p><p>b</p>", "a b", id="blocks become a blank"),
    pytest.param("a<br>b<br/>c<hr>d", "a b c d", id="line breaks become a blank"),
    pytest.param("<ul><li>a<li>b</ul><table><td>c<td>d</table>", "a b c d", id="items and cells become a blank"),
    pytest.param("a<script>s</script><style>t</style>b", "ab", id="script and style are no text"),
    pytest.param("a<!-- c -->b", "ab", id="comments are no text"),
    pytest.param("AT&amp;T &lt;b&gt; &#233; &hellip;", "AT&T <b> é …", id="references are decoded"),
    pytest.param("&amp;lt;", "&lt;", id="references are decoded once"),
    pytest.param("&bogus; &", "&bogus; &", id="what is no reference stays"),
    pytest.param("a < b > c", "a < b > c", id="bare signs stay"),
    pytest.param(" a\n\t b&nbsp;c ", "a b c", id="white space collapses"),
    pytest.param("一\u3000\u3000二", "一\u3000二", id="ideographic blanks stay"),
    pytest.param("a\u202eb\ufeffc&#x202e;d", "abcd", id="N32 embedding controls go"),
    pytest.param("a\u200db\u200cc", "a\u200db\u200cc", id="N32 joiners stay"),
    pytest.param("a\x00&#1;b", "ab", id="N35 what XML forbids goes"),
    pytest.param("<math><mi>x</mi></math> and y", "x and y", id="formulas are text"),
]


@pytest.mark.parametrize(("markup", "expected"), TO_TEXT)
def test_n27_the_text_of_html_is_one_plain_line(markup: str, expected: str) -> None:
    assert html.to_text(markup) == expected


def test_n27_the_text_of_a_long_body_is_not_cut() -> None:
    assert html.to_text(f"<p>{'word ' * 5_000}</p>") == ("word " * 5_000).strip()


PLAIN = [
    pytest.param("text", "A &lt;b&gt; tag", "A &lt;b&gt; tag", id="N28 stated as text: as it is"),
    pytest.param("text", "<b>x</b> &amp;", "<b>x</b> &amp;", id="N28 stated as text: tags stay"),
    pytest.param("html", "<b>x</b> &amp; y", "x & y", id="N27 stated as HTML"),
    pytest.param("html", "no tags", "no tags", id="N27 HTML without a tag"),
    pytest.param("unknown", "<b>x</b> y", "x y", id="N28 a real tag makes it HTML"),
    pytest.param("unknown", "A &lt;b&gt; tag", "A <b> tag", id="N28 a reference makes it HTML: text about a tag"),
    pytest.param("unknown", "AT&T", "AT&T", id="N29 a bare ampersand stays"),
    pytest.param("unknown", "AT&amp;T", "AT&T", id="N27 a reference is decoded"),
    pytest.param("unknown", "AT&amp;amp;T", "AT&T", id="N29 escaped twice is decoded twice"),
    pytest.param("unknown", "AT&amp;amp;amp;T", "AT&amp;T", id="N29 but not three times"),
    pytest.param("unknown", "&amp;#8217;s &amp;#x2019;s", "’s ’s", id="N29 numbers too"),
    pytest.param("unknown", "x &amp;bogus; y", "x &bogus; y", id="N29 an unknown name stays"),
    pytest.param("unknown", "if a <b and c", "if a <b and c", id="N28 a comparison is no tag"),
    pytest.param("unknown", "<nobody> said", "<nobody> said", id="N28 a name HTML does not know is no tag"),
    pytest.param(
        "unknown", "The <script> element", "The <script> element", id="N28 text about a tag that swallows"
    ),
    pytest.param("unknown", "  a \n b ", "a b", id="N27 white space collapses"),
    pytest.param("unknown", "x" * 1_200, "x" * 1_000, id="N31 the safety limit"),
    pytest.param("unknown", "a\u202eb", "ab", id="N32 embedding controls go"),
]


@pytest.mark.parametrize(("kind", "stated", "expected"), PLAIN)
def test_n28_a_stated_text_becomes_plain(
    kind: Literal["text", "html", "unknown"], stated: str, expected: str
) -> None:
    assert html.plain(RawText(value=stated, kind=kind)) == expected


HAS_MARKUP = [
    pytest.param("a<br>b", True, id="a void element"),
    pytest.param("<P CLASS=x>a", True, id="an element in capitals"),
    pytest.param("a</p>", True, id="an end tag"),
    pytest.param("<img src='a>b'>", True, id="an attribute with a sign"),
    pytest.param("a &eacute; b", True, id="a named reference"),
    pytest.param("a &#233; b", True, id="a number"),
    pytest.param("a &#xe9; b", True, id="a hexadecimal number"),
    pytest.param("<script>x</script>", True, id="a script that ends"),
    pytest.param("<script> matters", False, id="a script that does not end"),
    pytest.param("a & b", False, id="an ampersand"),
    pytest.param("R&D; x", False, id="an unknown name"),
    pytest.param("?a=1&copy=2", False, id="a name without its semicolon"),
    pytest.param("1 < 2 > 0", False, id="comparisons"),
    pytest.param("I <3 you", False, id="a heart"),
    pytest.param("<ann@example.org>", False, id="a mail address"),
    pytest.param("<https://example.org/>", False, id="an address"),
    pytest.param("", False, id="nothing"),
]


@pytest.mark.parametrize(("stated", "expected"), HAS_MARKUP)
def test_n28_html_is_told_by_real_tags_and_references(stated: str, expected: bool) -> None:  # noqa: FBT001  # a column
    assert html.has_markup(stated) is expected


FROM_PLAIN = [
    pytest.param("a", "<p>a</p>", id="one paragraph"),
    pytest.param("a\n\nb\n \n\n c", "<p>a</p><p>b</p><p>c</p>", id="blank lines end paragraphs"),
    pytest.param("a\nb\r\nc", "<p>a<br>b<br>c</p>", id="other line ends become br"),
    pytest.param("\n a \n", "<p>a</p>", id="white space around goes"),
    pytest.param("a < b & <c>", "<p>a &lt; b &amp; &lt;c&gt;</p>", id="signs are escaped"),
    pytest.param("a\x00b", "<p>ab</p>", id="N35 what XML forbids goes"),
    pytest.param(" \n ", "", id="nothing"),
]


@pytest.mark.parametrize(("stated", "expected"), FROM_PLAIN)
def test_n37_plain_text_becomes_html(stated: str, expected: str) -> None:
    assert html.from_plain(stated) == expected


@given(MARKUP)
def test_n27_any_text_becomes_one_safe_line(markup: str) -> None:
    line = html.to_text(markup)
    assert text.one_line(line) == line[: text.LINE_LIMIT].rstrip()
    assert len(html.plain(RawText(value=markup))) <= text.LINE_LIMIT


@given(ANY_TEXT)
@example("&nbsp;")
def test_n37_any_plain_text_survives_the_way_to_html_and_back(stated: str) -> None:
    body = html.from_plain(stated)
    assert html.to_text(body) == html.to_text(body.replace("<br>", " "))
    assert html.to_text(body).split() != [] or not text.one_line(stated)
    assert html.clean(body, base="").html == body.replace("\xa0", "&nbsp;")
