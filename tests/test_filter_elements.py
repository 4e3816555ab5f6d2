"""The filters `remove` and `keep_only`: which elements a selector means, and that nothing else changes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import cssselect
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

import filtered
from feedbraid import html
from feedbraid.errors import ConfigError
from feedbraid.filters import FilterError, _elements
from feedbraid.media import ATTRS
from feedbraid.nesting import MAX_DEPTH

HOME = "https://voa.example/1"


def cleaned(markup: str) -> str:
    return html.clean(markup, base=HOME).html


def matched(css: str, body: str) -> list[str]:
    return [body[one.start : one.end] for one in _elements.compiled([css]).found(body)]


def left(config: str, body: str) -> str:
    """Give what filters make of a body that is as cleaning leaves it."""
    assert cleaned(body) == body
    outcome = filtered.one_through(config, body=body)
    assert isinstance(outcome, dict)
    return str(outcome.get("body", body))


# --- which elements a selector means ----------------------------------------------------------------------

LIST = '<ul class="a b"><li id="1">x</li><li id="2">y<b>z</b></li><li id="3">y</li></ul>'
PAGE = '<h2>t</h2><p class="x">1</p><p>2</p><div><p lang="en-GB">3</p><img src="https://a.example/i.png"></div>'

SELECTORS = [
    pytest.param("LI#2 B", LIST, ["<b>z</b>"], id="names of elements in any case"),
    pytest.param(".A", LIST, [], id="names of classes as they are written"),
    pytest.param(".b", '<p class="bb">x</p><p class="b">y</p>', ['<p class="b">y</p>'], id="whole classes"),
    pytest.param(r".md\:flex", '<p class="md:flex">x</p>', ['<p class="md:flex">x</p>'], id="escapes"),
    pytest.param("p.x + p", PAGE, ["<p>2</p>"], id="the next sibling"),
    pytest.param("h2 ~ p", PAGE, ['<p class="x">1</p>', "<p>2</p>"], id="later siblings"),
    pytest.param("div > p", PAGE, ['<p lang="en-GB">3</p>'], id="children"),
    pytest.param("ul b", LIST, ["<b>z</b>"], id="descendants"),
    pytest.param("ul > b", LIST, [], id="descendants are no children"),
    pytest.param("[lang|=en]", PAGE, ['<p lang="en-GB">3</p>'], id="an attribute with a dash"),
    pytest.param("[src^='https://A.' i]", PAGE, ['<img src="https://a.example/i.png">'], id="in any case"),
    pytest.param("[src^='https://A.']", PAGE, [], id="values as they are written"),
    pytest.param("[src$='.png']", PAGE, ['<img src="https://a.example/i.png">'], id="the end of a value"),
    pytest.param("[src*='']", PAGE, [], id="an empty part is in nothing"),
    pytest.param("p[class!=x]", PAGE, ["<p>2</p>", '<p lang="en-GB">3</p>'], id="another value or none"),
    pytest.param("p[class!=x]", "<p>y</p>", ["<p>y</p>"], id="no value at all"),
    pytest.param("p[class!=X i]", PAGE, ["<p>2</p>", '<p lang="en-GB">3</p>'], id="another value in any case"),
    pytest.param(
        "a[title='\"<&']", '<a title="&quot;<&amp;">x</a>', ['<a title="&quot;<&amp;">x</a>'], id="signs"
    ),
    pytest.param("p:first-child", PAGE, ['<p lang="en-GB">3</p>'], id="first child"),
    pytest.param("p:first-of-type", PAGE, ['<p class="x">1</p>', '<p lang="en-GB">3</p>'], id="first of type"),
    pytest.param("li:last-child", LIST, ['<li id="3">y</li>'], id="last child"),
    pytest.param("b:only-child", LIST, ["<b>z</b>"], id="only child"),
    pytest.param("li:nth-child(odd)", LIST, ['<li id="1">x</li>', '<li id="3">y</li>'], id="every other child"),
    pytest.param("li:nth-child(-n+1)", LIST, ['<li id="1">x</li>'], id="the first children"),
    pytest.param("li:nth-last-child(2)", LIST, ['<li id="2">y<b>z</b></li>'], id="counted from the end"),
    pytest.param("p:nth-of-type(2)", PAGE, ["<p>2</p>"], id="counted among its kind"),
    pytest.param("p:not(.x)", PAGE, ["<p>2</p>", '<p lang="en-GB">3</p>'], id="not"),
    pytest.param("div:has(> img)", PAGE, [PAGE[PAGE.index("<div") :]], id="has a child"),
    pytest.param("li:has(b)", LIST, ['<li id="2">y<b>z</b></li>'], id="has below it"),
    pytest.param("li:has(+ #3)", LIST, ['<li id="2">y<b>z</b></li>'], id="has behind it"),
    pytest.param("li:has(~ li:has(b))", LIST, ['<li id="1">x</li>'], id="has, nested"),
    pytest.param(":is(h2, img)", PAGE, ["<h2>t</h2>", '<img src="https://a.example/i.png">'], id="is"),
    pytest.param("p:empty", "<p></p><p> </p><p><br></p>", ["<p></p>"], id="empty"),
    pytest.param("li:contains(yz)", LIST, ['<li id="2">y<b>z</b></li>'], id="text across elements"),
    pytest.param(
        "p:contains('a b')", "<p>a\n  b</p><p>ab</p>", ["<p>a\n  b</p>"], id="blanks in texts count as one"
    ),
    pytest.param("p:contains('<&')", "<p>&lt;&amp;</p>", ["<p>&lt;&amp;</p>"], id="texts are decoded"),
    pytest.param("b:contains(z)", "<b>x</b>z<b>y</b>", [], id="text beside an element is not in it"),
    pytest.param("p:contains(广告)", "<p>本页广告</p>", ["<p>本页广告</p>"], id="Chinese text"),
    pytest.param("h2, .x", PAGE, ["<h2>t</h2>", '<p class="x">1</p>'], id="several with commas"),
    pytest.param("html p, body > p, * > h2", PAGE, [], id="nothing is around the text of a post"),
]


@pytest.mark.parametrize(("css", "body", "expected"), SELECTORS)
def test_a_selector_means_what_it_means_in_a_browser(css: str, body: str, expected: list[str]) -> None:
    assert matched(css, body) == expected


REFUSED = [
    pytest.param("div[", "is no CSS selector", id="cut"),
    pytest.param("", "is no CSS selector", id="empty"),
    pytest.param("p:not(.a, .b)", "is no CSS selector", id="a list in not"),
    pytest.param("p::before", "::before is no element", id="a pseudo-element"),
    pytest.param("p:hover", ":hover is unknown here; there are: :first-child, ", id="a state"),
    pytest.param(":root", ":root is unknown here", id="root"),
    pytest.param("p:lang(en)", ":lang() is unknown here", id="an unknown function"),
    pytest.param("svg|a", "there are no namespaces in HTML", id="a namespace"),
    pytest.param("p:nth-child(often)", ":nth-child() takes a number", id="no number"),
    pytest.param("p:contains()", ":contains() takes a text", id="no text"),
    pytest.param("p:has(div p)", "in :has() one element is named", id="a combinator in has"),
    pytest.param("*" + ".a" * 60, "it has more than 40 parts", id="many parts"),
    pytest.param(":is(" * 100 + "a" + ")" * 100, "a selector has at most 500 characters", id="long"),
    pytest.param(":is(" * 90 + "a" + ")" * 90, "it has more than 40 parts", id="deep"),
]


@pytest.mark.parametrize(("css", "says"), REFUSED)
def test_a_selector_that_is_not_possible_is_an_error_when_it_is_read(css: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        _elements.compiled([css])


def test_the_error_names_the_place_in_the_configuration() -> None:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of("- remove:\n    css:\n      - .good\n      - 'p:hover'")
    assert [(one.line, one.column) for one in caught.value.problems] == [(8, 15)]


NAMES = ["p", "div", "b", "section", "br", "img"]
CLASSES = ["x", "y", "x y", ""]
ATOMS = st.sampled_from(
    [
        *("p", "div", "b", "br", ".x", "p.x", "div.y", "[class]", "[class~=y]", "#i", "b[class=x]", "p:not(.x)"),
        *("p:first-child", "b:last-child", "div:only-child", "p:nth-child(2n+1)", "b:nth-last-child(2)"),
        *("p:first-of-type", "b:nth-of-type(2)", "div:has(b)", "div:has(> .x)", "p:has(+ b)", "b:has(~ br)"),
        *(":is(p, b)", "div:contains(uv)", "b:not(div b)", "p:empty"),
    ]
)
GROUPS = st.lists(st.tuples(st.sampled_from([" ", " > ", " + ", " ~ "]), ATOMS), min_size=1, max_size=4).map(
    lambda parts: "".join(by + atom for by, atom in parts).lstrip(" >+~")
)
TREES = st.recursive(
    st.sampled_from(["u", "v", "&amp;", "<br>", "<b></b>", '<b class="x">u</b>', '<p id="i">v</p>']),
    lambda inner: st.tuples(
        st.sampled_from(["div", "p", "b"]), st.sampled_from(CLASSES), st.lists(inner, max_size=4)
    ).map(lambda made: f'<{made[0]} class="{made[1]}">{"".join(made[2])}</{made[0]}>'),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(GROUPS, st.lists(TREES, max_size=4).map("".join))
@example("b:not(div b)", "<div><p><b></b></p></div><b></b>")
def test_what_matches_is_what_another_library_finds(css: str, body: str) -> None:
    """Ask lxml, with the XPath that cssselect makes of the selector, about the same elements."""
    root = etree.fromstring(f"<whole>{body.replace('<br>', '<br/>')}</whole>")
    numbered = {element: number for number, element in enumerate(root.iterdescendants())}
    xpath = cssselect.HTMLTranslator().css_to_xpath(css, prefix="descendant::")
    expected = sorted(numbered[element] for element in root.xpath(xpath))
    starts = [one.start for one in _elements.compiled(["*"]).found(body)]
    assert [starts.index(one.start) for one in _elements.compiled([css]).found(body)] == expected


# --- nothing else changes ---------------------------------------------------------------------------------

FRAGMENTS = st.one_of(
    st.sampled_from(["p", "b", "div", "table", "td", "ul", "li", "pre", "a href=x", "ruby", "rt", "h2"]).map(
        "<{}>".format
    ),
    st.sampled_from(["p", "b", "div", "table", "ul", "pre", "a", "ruby"]).map("</{}>".format),
    st.sampled_from(
        ["<br>", "<img src=i title='<b>&quot;>'>", "&nbsp;", "&lt;p&gt;", "\n", "<a title='x\ny'>", "<hr/>"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)
BODIES = st.lists(FRAGMENTS, max_size=14).map("".join).map(cleaned)


@settings(max_examples=100, deadline=None)
@given(BODIES)
def test_every_element_of_a_cleaned_body_is_found_where_it_stands(body: str) -> None:
    elements = _elements.compiled(["*"]).found(body)
    assert [one.start for one in elements] == [
        tag.start() for tag in re.finditer(rf"<[a-z][a-z0-9]*{ATTRS}>", body)
    ]
    for one in elements:
        opening, closing = body[one.start : one.content], body[one.content_end : one.end]
        name = re.split("[ >]", opening[1:])[0]
        assert closing == (f"</{name}>" if closing else "")
        assert matched("*", body[one.content : one.content_end]) == [
            body[inner.start : inner.end] for inner in elements if one.content <= inner.start < one.content_end
        ]


FILTERS = st.sampled_from(
    [
        *("- remove: [b, li, td]", "- remove: {css: [a, ul, p], unwrap: true}", "- keep_only: [li, b, a]"),
        *("- remove: '*'", "- keep_only: '*'", "- remove: {css: '*', unwrap: true}", "- remove: 'p:contains(b)'"),
    ]
)


@settings(max_examples=100, deadline=None)
@given(FILTERS, BODIES)
def test_whatever_is_cut_out_what_is_left_can_be_published_and_twice_is_once(config: str, body: str) -> None:
    after = left(config, body)
    assert cleaned(after) == after
    if ":contains" not in config:
        assert left(config, after) == after


UNTOUCHED = [
    pytest.param("<p>a<b>b</b>tail</p>", "<p>atail</p>", id="the text behind an element"),
    pytest.param(
        '<p title="a<b>&quot;\n">&nbsp;&lt;<br><b>x</b></p>',
        '<p title="a<b>&quot;\n">&nbsp;&lt;<br></p>',
        id="signs",
    ),
    pytest.param("<b>x</b>\n<p>y</p>\n", "\n<p>y</p>\n", id="blanks"),
    pytest.param("<p><b>x<b>y</b></b></p>", "<p></p>", id="an element in another one"),
    pytest.param("<b>x</b>", "", id="everything"),
]


@pytest.mark.parametrize(("body", "expected"), UNTOUCHED)
def test_what_is_not_removed_stays_as_it_is_written(body: str, expected: str) -> None:
    after = _elements.without(
        body, [(one.start, one.end) for one in _elements.outermost(_elements.compiled(["b"]).found(body))]
    )
    assert after == expected


def test_unwrapping_keeps_the_content_of_elements_inside_of_each_other() -> None:
    body = '<div class="a"><div class="a"><p>x</p></div>y</div>'
    assert left("- remove: {css: .a, unwrap: true}", body) == "<p>x</p>y"


def test_unwrapping_an_element_without_content_removes_it() -> None:
    assert left("- remove: {css: br, unwrap: true}", "<p>a<br>b</p>") == "<p>ab</p>"


def test_what_lost_its_place_gets_one() -> None:
    assert left("- remove: {css: [ol, table], unwrap: true}", "<ol><li>y</li></ol>") == "<ul><li>y</li></ul>"
    body = "<table><tbody><tr><td><p>x</p></td></tr></tbody></table><ul><li>y</li></ul>"
    assert left("- keep_only: [td, li]", body) == "<p>x</p><ul><li>y</li></ul>"


def test_elements_inside_of_what_is_kept_are_kept_once_and_in_their_order() -> None:
    body = '<p>a</p><div class="k"><p class="k">b</p></div><p>c</p><p class="k">d</p>'
    assert left('- keep_only: [".k", "div"]', body) == '<div class="k"><p class="k">b</p></div><p class="k">d</p>'


@pytest.mark.parametrize("config", ["- remove: .nothing", "- keep_only: .nothing", "- keep_only: p"])
def test_a_post_in_which_nothing_changes_is_the_same_object(config: str) -> None:
    ((_, step),) = filtered.chain_of(config).steps
    post = filtered.post_of(body="<p>x</p>")
    assert step.apply(post) is post  # type: ignore[union-attr]  # these filters look at one post


# --- hostile bodies ---------------------------------------------------------------------------------------


def test_a_body_as_deep_as_cleaning_lets_through_is_read() -> None:
    body = "<div>" * MAX_DEPTH + "x" + "</div>" * MAX_DEPTH
    assert cleaned(body) == body
    assert len(matched("div div", body)) == MAX_DEPTH - 1


BROKEN = [
    pytest.param("<p><b>x</p></b>", id="crossed"),
    pytest.param("<p>x", id="open"),
    pytest.param("x</p>", id="closed twice"),
    pytest.param("<p class=x>y</p>", id="a value without quotes"),
    pytest.param("a < b<p></p>", id="a sign that is no tag"),
    pytest.param("<p></p><", id="a sign at the end"),
]


@pytest.mark.parametrize("body", BROKEN)
def test_a_body_that_is_no_serialized_html_stays_as_it_is(body: str) -> None:
    with pytest.raises(FilterError, match="no HTML as feedbraid writes it"):
        _elements.compiled(["*"]).found(body)
    chain = filtered.chain_of("- remove: '*'")
    post = filtered.post_of(body=body)
    assert chain.shaped(post) is post
    assert chain.passed(post).trouble == ((0, "its text is no HTML as feedbraid writes it"),)


def test_a_body_in_which_nothing_can_match_is_not_even_read() -> None:
    unreadable = '<p class="text">x'
    for css in ("b", ".other", "#id", "p.other", "p[id]", "b > p", "b:not(.text)"):
        assert matched(css, unreadable) == []


BODIES_OF_SIZE = [
    pytest.param('<p class="a">x</p>' * 12_000, id="siblings"),
    pytest.param("<br>" * 12_000, id="void elements"),
    pytest.param("<div>" * 500 + "a" * 200_000 + "</div>" * 500, id="text in many elements"),
    pytest.param(f'<p class="{"a " * 100_000}">x</p>', id="classes"),
]
COSTLY = [
    *("* ~ * ~ *", "* + *", "* * * *", ":nth-child(2n+1)", ":nth-last-of-type(3)", ":only-of-type", ":has(~ .b)"),
    *(":has(*)", ":contains(aaaaaaaaab)", ":contains(a)", "[class*=ab]", ".b", ":not(* + *)"),
]


@pytest.mark.parametrize("body", BODIES_OF_SIZE)
def test_no_selector_takes_time_by_the_square_of_the_body(body: str) -> None:
    """By the square, each would take many seconds."""
    for css in COSTLY:
        before = time.process_time()
        _elements.compiled([css]).found(body)
        assert time.process_time() - before < 1, css


# --- real bodies ------------------------------------------------------------------------------------------


def stated_bodies(folder: Path) -> Iterator[str]:
    element = re.compile(r"<(description|content:encoded|content|summary)\b[^>]*>(.*?)</\1>", re.DOTALL)
    for path in sorted((folder / "feeds").iterdir())[::6]:
        document = path.read_bytes().decode("utf-8", "replace")
        for found in [found[2] for found in element.finditer(document)][:3]:
            yield found.removeprefix("<![CDATA[").removesuffix("]]>") if "<![CDATA[" in found else unescape(found)


@pytest.mark.corpus
def test_every_element_of_real_bodies_is_found_and_what_is_left_can_be_published(corpus: Path) -> None:
    bodies = [cleaned(body) for body in stated_bodies(corpus)]
    assert len(bodies) > 50
    for body in bodies:
        found = _elements.compiled(["*"]).found(body)
        assert len(found) == len(re.findall("<[a-z]", re.sub(r'"[^"]*"', "", body)))
        after = left("- remove: ['a:has(img)', 'p:last-child', li]", body)
        assert cleaned(after) == after
