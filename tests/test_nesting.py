"""What is too much for a parser, and what a parser reads as it is written: N42, N50."""

from __future__ import annotations

import re

import nh3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import nesting
from feedbraid.nesting import in_place, is_tangled, is_well_nested, without_tags
from html_judge import HOSTILE

MANY = 20_000


def numbered(pattern: str, count: int = MANY) -> str:
    return "".join(pattern.replace("#", str(number)) for number in range(count))


BOMBS = [
    pytest.param("<div>" * MANY, id="nested blocks"),
    pytest.param("<span>" * MANY, id="nested inline elements"),
    pytest.param("<table><tr><td>" * MANY, id="nested tables"),
    pytest.param("&" * 200_000, id="ampersands"),
    pytest.param("<a " + numbered(" a#=''", 8_000) + ">", id="attributes of one tag"),
    pytest.param("<p>" + numbered("<b id=#>") + "<p>x" * MANY, id="formatting that is opened again"),
    pytest.param("<p>" + "<b id=1>" * 400 + "<p>x" * MANY, id="little formatting, often"),
    pytest.param(numbered("<div><b id=#></div>") + "<p>x" * MANY, id="formatting in blocks"),
    pytest.param(numbered("<b id=#><!--</b>-->"), id="end tags in comments"),
    pytest.param(numbered("<b id=#><i title='</b>'></i>"), id="end tags in attributes"),
    pytest.param(numbered("<b id=#><textarea></b></textarea>"), id="end tags in text"),
    pytest.param(numbered("<b id=#><object></b></object>"), id="end tags behind a barrier"),
    pytest.param("<span><div></span></div>" * MANY, id="end tags out of reach"),
    pytest.param("<li><ul></li>" * MANY, id="list items"),
    pytest.param("<form><div></form>" * MANY, id="forms"),
    pytest.param("<tr><object></tr>" * MANY, id="rows outside of a table"),
    pytest.param('<i a=="><b id=1>' * MANY, id="a quotation mark that opens nothing"),
    pytest.param("<!--><b id=1>" * MANY, id="a comment that ends at once"),
    pytest.param("<!--a--!><b id=1>" * MANY, id="a comment that ends with an exclamation mark"),
    pytest.param("<textarea><script></textarea>" + "<div>" * MANY, id="a script in a text area"),
    pytest.param("<svg><style>" + numbered("<b id=#>"), id="a style in foreign content"),
    pytest.param("<x><div>" + "<span>" * 500 + "</x>" * 100_000, id="end tags that are sought in vain"),
]


@pytest.mark.parametrize("markup", BOMBS)
def test_n42_what_makes_a_parser_work_without_end_is_found(markup: str) -> None:
    assert is_tangled(markup)


HARMLESS = [
    pytest.param("<p>a</p>" * MANY, id="paragraphs"),
    pytest.param("<p>a" * MANY, id="paragraphs without an end"),
    pytest.param("<ul>" + "<li>a" * MANY + "</ul>", id="items without an end"),
    pytest.param("<dl>" + "<dt>a<dd>b" * MANY + "</dl>", id="definitions without an end"),
    pytest.param("<table>" + "<tr><td>a<th>b" * MANY + "</table>", id="cells without an end"),
    pytest.param("<table><tr><td>a</table>" * MANY, id="tables with open cells"),
    pytest.param("<tbody><tr><td>a</td></tr></tbody>" * MANY, id="parts of tables without a table"),
    pytest.param("<div><span>a</div>" * MANY, id="spans that a block ends"),
    pytest.param("<a name=x>a" * MANY, id="anchors without an end"),
    pytest.param("<br><img src=x><hr/>" * MANY, id="void elements"),
    pytest.param("<b><i>x</i></b>" * MANY, id="formatting that ends"),
    pytest.param("<script>" + "'<div>'" * MANY + "</script>", id="a script that writes tags"),
    pytest.param("<!--" + "<div> " * MANY + "-->", id="a comment with tags"),
    pytest.param("<p title='" + "<div>" * MANY + "'>x", id="an attribute with tags"),
    pytest.param("&amp;" * 90_000, id="many references"),
    pytest.param("word " * 200_000, id="plain text"),
    pytest.param("<b>" * 100, id="a short text"),
]


@pytest.mark.parametrize("markup", HARMLESS)
def test_n42_honest_html_is_not_taken_for_a_bomb(markup: str) -> None:
    assert not is_tangled(markup)


def test_n42_the_text_of_a_bomb_can_be_had() -> None:
    assert without_tags("<div a='>'>a<!-- <b> --><script>'<b>'</script>&amp;</div>").split() == ["a", "&amp;"]


NAMES = st.sampled_from(
    sorted(
        nesting.elements(
            "div span b i a p li ul dl dt dd table tr td object button h1 pre x-y select form em section"
        )
    )
)
FRAGMENTS = st.one_of(
    NAMES.map("<{}>".format),
    NAMES.map("</{}>".format),
    st.builds("<{} id={}>".format, NAMES, st.integers(0, 99)),
    st.sampled_from(
        ["x", "<!--", "-->", "<!-->", "'", '"', "<i title='", "<br>", "<textarea>", "</textarea>", "<script>"]
    ),
)
TEXTS = st.one_of(st.lists(FRAGMENTS, max_size=30).map("".join), st.sampled_from(HOSTILE))
TAGS = {
    "div",
    "span",
    "b",
    "i",
    "a",
    "p",
    "li",
    "ul",
    "dl",
    "dt",
    "dd",
    "table",
    "tr",
    "td",
    "h1",
    "pre",
    "em",
    "tbody",
}
PARSER = nh3.Cleaner(tags=TAGS | {"blockquote", "section"}, attributes={"*": {"id"}}, link_rel=None)


def depth(serialized: str) -> int:
    """Count the open elements, without those that a parser adds by itself."""
    deepest = now = 0
    for end, name in re.findall(r"<(/?)([a-z0-9]+)", serialized):
        if name not in ("br", "img", "tbody", "tr"):
            now += -1 if end else 1
        deepest = max(deepest, now)
    return deepest


@given(TEXTS)
def test_n42_the_depth_is_never_underestimated(markup: str) -> None:
    path = nesting._Path()
    pattern = nesting._TAG_ALONE if nesting._FOREIGN.search(markup) else nesting._TAG
    deepest = 0
    for tag in pattern.finditer(markup):
        path.grows_too_much(tag)
        deepest = max(deepest, len(path.items))
    lone_end_of_p = "</p" in markup
    assert depth(PARSER.clean(markup)) <= deepest + lone_end_of_p


ATTRIBUTES = st.sampled_from(
    [
        "",
        " id=1",
        " id='a b'",
        ' id="a"lang="b"',
        ' id="<b>"',
        " id='>'",
        ' "id="',
        " id=a'b",
        " id==",
        " / id",
        " id = 1 /",
        "\nid",
        "/",
        " id='" + "x" * 300 + "'",
    ]
)
WRITTEN = st.recursive(
    st.sampled_from(
        ["x", "<br>", "<!--a-->", "<!-->", "<!--a--!>", "<!--<b>-->", "<iframe></iframe>", "<p>", "</p>"]
    ),
    lambda inner: st.builds(
        "<{0}{1}>{2}</{0}>".format,
        st.one_of(NAMES, st.sampled_from(["iframe", "textarea", "P", "svg", "x-y", "plaintext", "title"])),
        ATTRIBUTES,
        st.lists(inner, max_size=4).map("".join),
    ),
    max_leaves=20,
)


@given(WRITTEN | TEXTS, st.integers(1, 40))
def test_n42_what_is_plain_at_a_glance_is_no_bomb_and_no_deeper_than_it_is_written(
    markup: str, times: int
) -> None:
    bomb = markup * times
    if not nesting._is_plainly_nested(bomb):
        return
    path = nesting._Path()
    pattern = nesting._TAG_ALONE if nesting._FOREIGN.search(bomb) else nesting._TAG
    assert not any(path.grows_too_much(tag) for tag in pattern.finditer(bomb))
    assert depth(PARSER.clean(bomb)) <= depth(nesting._TAG.sub(lambda tag: tag[0].lower(), bomb))


PLAIN = [
    pytest.param("<p class=a>a <a href='x'>b</a><br/><!-- c --></p>" * MANY, True, id="paragraphs"),
    pytest.param("<iframe src=x></iframe><script>a</script>" * MANY, True, id="texts without tags"),
    pytest.param("<script><b></b></script>", False, id="tags in a script"),
    pytest.param("<b title='</b>'></b>", False, id="a tag in an attribute"),
    pytest.param('<b "title="></b>"></b>', False, id="a quotation mark in a name"),
    pytest.param("<b><!--></b>-->", False, id="a comment that ends at once"),
    pytest.param("<b><!--a--!></b>-->", False, id="a comment that ends with an exclamation mark"),
    pytest.param("<plaintext></plaintext>", False, id="a text without an end"),
    pytest.param("<p>a<p>b", False, id="open elements"),
    pytest.param("<b><i></b></i>", False, id="crossed elements"),
    pytest.param("<div>" * 512 + "</div>" * 512, False, id="deep"),
    pytest.param("<b title=" + "x" * 4000 + ">" + "<p></p>" * 1000 + "</b>", False, id="much to open again"),
]


@pytest.mark.parametrize(("markup", "expected"), PLAIN)
def test_n42_what_is_plain_at_a_glance(markup: str, expected: bool) -> None:  # noqa: FBT001  # a column
    assert nesting._is_plainly_nested(markup) is expected


WELL_NESTED = [
    pytest.param("<p>a<b>c</b></p><p>d</p>", True, id="paragraphs"),
    pytest.param("<div><p>a</p><ul><li><p>b</p></li></ul></div>", True, id="blocks and lists"),
    pytest.param("<a><div>x</div></a><br><img>", True, id="a link around a block"),
    pytest.param("<p><p>a</p></p>", False, id="a paragraph in a paragraph"),
    pytest.param("<p><span><div>a</div></span></p>", False, id="a block in a paragraph"),
    pytest.param("<a><b><a>x</a></b></a>", False, id="a link in a link"),
    pytest.param("<h1><h2>x</h2></h1>", False, id="a heading in a heading"),
    pytest.param("<div><li>x</li></div>", False, id="an item without a list"),
    pytest.param("<p><source></p>", False, id="a source of nothing"),
    pytest.param("<video><source></video>", True, id="a source of a film"),
    pytest.param("<table>\n<tbody><tr><td>a</td> <th><p>b</p></th></tr></tbody></table>c", True, id="a table"),
    pytest.param("<table><colgroup><col></colgroup><caption>a</caption></table>", True, id="parts of a table"),
    pytest.param("<table><tr><td>a</td></tr></table>", False, id="a row without a body"),
    pytest.param("<table><tbody><tr>a<td>b</td></tr></tbody></table>", False, id="text in a row"),
    pytest.param("<table><tbody></tbody><br></table>", False, id="a break in a table"),
    pytest.param('<table title="<tr>"><b></b></table>', False, id="an element in a table"),
    pytest.param("<p><table></table></p>", False, id="a table in a paragraph"),
    pytest.param("<tbody></tbody>", False, id="a part without a table"),
    pytest.param("<b>x", False, id="an open element"),
    pytest.param("x</b>", False, id="a lone end"),
    pytest.param("<b><i></b></i>", False, id="crossed elements"),
]


@pytest.mark.parametrize(("markup", "expected"), WELL_NESTED)
def test_n50_a_second_reading_is_spared_for_what_stays_the_same(markup: str, expected: bool) -> None:  # noqa: FBT001  # a column
    assert is_well_nested(markup) is expected


@given(TEXTS)
def test_n50_what_is_well_nested_reads_back_as_it_is(markup: str) -> None:
    serialized = PARSER.clean(markup).replace("\n", "")
    if is_well_nested(serialized):
        assert PARSER.clean(serialized) == serialized


PLACES = [
    pytest.param("<p>a</p>", "<p>a</p>", id="nothing out of place"),
    pytest.param("<ul><li>a</li></ul>", "<ul><li>a</li></ul>", id="items of a list"),
    pytest.param("<li>a</li> <li>b</li>c", "<ul><li>a</li> <li>b</li></ul>c", id="neighbours share one list"),
    pytest.param("<li>a</li>b<li>c</li>", "<ul><li>a</li></ul>b<ul><li>c</li></ul>", id="text between them"),
    pytest.param(
        "<li>a</li><br><li>b</li>", "<ul><li>a</li></ul><br><ul><li>b</li></ul>", id="an element between"
    ),
    pytest.param("<div><li>a</li></div>", "<div><ul><li>a</li></ul></div>", id="in another element"),
    pytest.param("<li>a</li><dd>b</dd>", "<ul><li>a</li></ul><dl><dd>b</dd></dl>", id="two kinds of list"),
    pytest.param("<li><ul><li>a</li></ul></li>", "<ul><li><ul><li>a</li></ul></li></ul>", id="with a list inside"),
    pytest.param("<li><dt>a</dt></li>", "<ul><li><dl><dt>a</dt></dl></li></ul>", id="with another stray inside"),
    pytest.param("<dl><div><dt>a</dt></div></dl>", "<dl><div><dt>a</dt></div></dl>", id="groups of a list"),
    pytest.param(
        "<dl><div><p><dt>a</dt></p></div></dl>", "<dl><div><p><dl><dt>a</dt></dl></p></div></dl>", id="p"
    ),
    pytest.param("<ruby>a<rt>b</rt></ruby>", "<ruby>a<rt>b</rt></ruby>", id="a reading"),
    pytest.param("<rt>a<b>c</b></rt>", "a<b>c</b>", id="a reading of nothing"),
    pytest.param('<img title="<li>">', '<img title="<li>">', id="text in an attribute"),
    pytest.param('<source src="x"><track src="y">a', "a", id="sources of nothing"),
    pytest.param('<video><source src="x"><track src="y"></video>', None, id="sources of a film"),
    pytest.param('<picture><source srcset="x"><img src="y"></picture>', None, id="sources of a picture"),
    pytest.param("<rt>a</rt></b>b", "ab", id="an end of nothing"),
]


@pytest.mark.parametrize(("markup", "expected"), PLACES)
def test_n42_items_and_parts_stand_where_they_belong(markup: str, expected: str | None) -> None:
    assert in_place(markup) == (markup if expected is None else expected)


@given(TEXTS)
def test_n42_what_is_in_place_stays_there(markup: str) -> None:
    once = in_place(PARSER.clean(markup))
    assert in_place(once) == once
    assert without_tags(once).split() == without_tags(PARSER.clean(markup)).split()
