"""Cleaning: N35, N37, N38, N42..N47, N50, D9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid import html, text
from feedbraid.media import LAZY_SRC, LAZY_SRCSET, values_of, written
from feedbraid.model import CleaningRules, Note
from feedbraid.nesting import in_place, is_tangled
from html_judge import FORBIDDEN, HOSTILE, NAMES, faults

BASE = "https://example.org/blog/"
ENTRY = "https://example.org/blog/post.html"


def cleaned(markup: str, rules: CleaningRules = CleaningRules()) -> html.Cleaned:  # noqa: B008  # frozen
    return html.clean(markup, base=BASE, entry_link=ENTRY, rules=rules)


# --- hostile markup ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("markup", HOSTILE)
def test_n42_hostile_markup_comes_out_harmless_and_balanced(markup: str) -> None:
    once = cleaned(f"<p>before</p>{markup}").html
    assert faults(once) == []
    assert once.startswith("<p>before</p>")
    assert cleaned(once).html == once


@pytest.mark.parametrize("markup", HOSTILE)
def test_n48_an_allowed_host_lets_nothing_else_through(markup: str) -> None:
    once = cleaned(markup, CleaningRules(embeds=("example.org",), tracking_pixels=True)).html
    assert faults(once, iframes=True) == []


def test_n42_nothing_that_runs_loads_or_asks_is_on_the_list() -> None:
    assert not html.TAGS & FORBIDDEN
    assert not {name for name in NAMES if name.startswith("on")}
    assert not NAMES & {"style", "srcdoc", "action", "formaction", "data", "ping", "background", "rel", "target"}


# --- elements, attributes, text ---------------------------------------------------------------------------

ELEMENTS = [
    pytest.param("<p>a<p>b", "<p>a</p><p>b</p>", id="open elements are closed"),
    pytest.param("<b><i>x</b></i>", "<b><i>x</i></b>", id="crossed elements are uncrossed"),
    pytest.param("a < b & c", "a &lt; b &amp; c", id="bare signs are escaped"),
    pytest.param("a<!-- c -->b", "ab", id="comments go"),
    pytest.param("<x-y>a</x-y><font>b</font>", "ab", id="N47 unknown elements leave their text"),
    pytest.param("a<script>s</script><style>t</style>b", "ab", id="N47 script and style go with their text"),
    pytest.param("a<template>t</template><title>u</title>b", "ab", id="N47 template and title go with their text"),
    pytest.param("a<noscript>please enable</noscript>b", "ab", id="N47 noscript goes with its text"),
    pytest.param('<p style="x" onclick="y" id="i">a</p>', '<p id="i">a</p>', id="N43 style and handlers go"),
    pytest.param('<p lang="zh" title="t">a</p>', '<p lang="zh" title="t">a</p>', id="N43 global attributes stay"),
    pytest.param(
        '<a href="https://a.example/">x</a>', '<a href="https://a.example/">x</a>', id="N43 no rel is added"
    ),
    pytest.param(
        '<ol start="3"><li>a</li></ol>', '<ol start="3"><li>a</li></ol>', id="N43 lists keep their start"
    ),
    pytest.param("<ruby>漢<rt>kan</rt></ruby>", "<ruby>漢<rt>kan</rt></ruby>", id="N42 ruby stays"),
    pytest.param(
        "<details open><summary>a</summary>b</details>",
        '<details open=""><summary>a</summary>b</details>',
        id="N42 details stay",
    ),
    pytest.param("<pre>\n\n a\n  b\n</pre>", "<pre>\n\n a\n  b\n</pre>", id="N50 pre keeps its white space"),
    pytest.param("<code>a  b</code>", "<code>a  b</code>", id="N50 code keeps its white space"),
    pytest.param(
        "<p>a<script src=x />b</p>c", "<p>ab</p>c", id="N38 a self-closed script does not swallow the rest"
    ),
    pytest.param(
        '<p><a id="n"/>a</p>', '<p><a id="n"></a>a</p>', id="N38 a self-closed anchor does not swallow it"
    ),
    pytest.param(
        "<a href=https://a.example/>x</a>", '<a href="https://a.example/">x</a>', id="a slash of the address"
    ),
    pytest.param("<![CDATA[<p>a</p>]]>", "<p>a</p>", id="CDATA that was escaped twice"),
    pytest.param("a&#1;b&#13;c&#xFFFE;d", "ab\ncd", id="N35 references can not hide what XML forbids"),
    pytest.param("<math><mi>x</mi><mo>=</mo><mn>2</mn></math>", "x=2", id="N47 formulas leave their text"),
    pytest.param(
        "<math><semantics><mi>E</mi><annotation>E=m</annotation></semantics></math>!",
        "E!",
        id="N47 formulas leave their text once",
    ),
    pytest.param(
        "<p>vector<int> x</p> y", "<p>vector x</p> y", id="N47 a name of MathML does not swallow the rest"
    ),
    pytest.param("<text>a</text> <set>b", "a b", id="N47 nor one of SVG"),
    pytest.param(
        '<img alt="vector<int>" src="https://a.example/i"><g>x',
        '<img alt="vector&lt;int&gt;" src="https://a.example/i">x',
        id="N47 names in attributes are text",
    ),
    pytest.param("<svg><g><text>t</text></g></svg><g>x</g><svg/>y", "xy", id="N42 names in drawings go with them"),
    pytest.param("<svg><title>i</title><text>t</text></svg>x", "x", id="N42 drawings go"),
    pytest.param("<form><label>a <input value=b></label></form>", "a ", id="N42 form controls go"),
    pytest.param("<select><option>a<option>b</select>c", "abc", id="N42 a choice leaves its text"),
    pytest.param("<xmp><b>a</b></xmp>", "&lt;b&gt;a&lt;/b&gt;", id="N42 text that only looks like markup"),
    pytest.param("<plaintext>a <b>", "a &lt;b&gt;", id="N42 plaintext"),
    pytest.param("<image src=https://a.example/i>", '<img src="https://a.example/i">', id="N42 image is img"),
    pytest.param(
        '<base href="https://b.example/"><a href="x">x</a>',
        '<a href="https://example.org/blog/x">x</a>',
        id="N45 a base inside the body is not believed",
    ),
    pytest.param('<meta http-equiv="refresh" content="0;url=x">a', "a", id="N42 nothing leads away by itself"),
    pytest.param("<!--[if mso]>x<![endif]-->a<![if !mso]>b<![endif]>", "ab", id="N42 conditional comments go"),
    pytest.param("<?xml version='1.0'?><o:p>a</o:p>", "a", id="N47 instructions and names with a colon go"),
    pytest.param("<li>a<li>b", "<ul><li>a</li><li>b</li></ul>", id="N42 items without a list get one"),
    pytest.param("<menu><li>a</menu>", "<ul><li>a</li></ul>", id="N42 items of a menu too"),
    pytest.param("<dt>a<dd>b", "<dl><dt>a</dt><dd>b</dd></dl>", id="N42 terms without a list get one"),
    pytest.param("<tr><td>a</td></tr>", "a", id="N42 cells without a table leave their text"),
    pytest.param("<ruby><sup>a<rt>b</sup></ruby>", "<ruby><sup>ab</sup></ruby>", id="N42 a reading out of place"),
    pytest.param('<p>a<source src="/x">b</p>', "<p>ab</p>", id="N42 a source of nothing"),
    pytest.param("&amp;lt;b&amp;gt; &nbsp;&copy;", "&amp;lt;b&amp;gt; &nbsp;©", id="references are decoded once"),
    pytest.param("", "", id="nothing"),
]


@pytest.mark.parametrize(("markup", "expected"), ELEMENTS)
def test_n42_a_body_is_written_by_the_list(markup: str, expected: str) -> None:
    assert cleaned(markup).html == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["pre", "code"]))
@example("\n\n  x\n\t y \n", "pre")
@example(" <b>&amp; ", "code")
def test_n50_white_space_in_pre_and_code_is_kept_to_the_character(stated: str, tag: str) -> None:
    safe = text.xml_safe(stated).replace("\ufeff", "")
    body = f"<p>a</p><{tag}>x{escape(safe)}</{tag}>"
    assert unescape(cleaned(body).html) == f"<p>a</p><{tag}>x{safe}</{tag}>"


def test_n37_line_breaks_of_a_plain_text_body_survive_cleaning() -> None:
    assert cleaned(html.from_plain("a\nb\n\nc <d>")).html == "<p>a<br>b</p><p>c &lt;d&gt;</p>"


# --- addresses --------------------------------------------------------------------------------------------

LINKS = [
    pytest.param("page", "https://example.org/blog/page", id="N45 relative"),
    pytest.param("/page", "https://example.org/page", id="N45 relative to the root"),
    pytest.param("//cdn.example/x", "https://cdn.example/x", id="N45 relative to the scheme"),
    pytest.param("?q=1", "https://example.org/blog/?q=1", id="N45 query alone"),
    pytest.param("#fn1", "https://example.org/blog/post.html#fn1", id="N46 a fragment belongs to the entry"),
    pytest.param(" https://a.example/x y ", "https://a.example/x%20y", id="N57 blanks"),
    pytest.param("https://BÜCHER.example/ü", "https://xn--bcher-kva.example/%C3%BC", id="N57 host and path"),
    pytest.param("mailto:a@b.example?subject=x y", "mailto:a@b.example?subject=x%20y", id="N44 mailto"),
    pytest.param("TEL:+49", "tel:+49", id="N44 tel"),
    pytest.param("magnet:?xt=urn:btih:1&dn=ü%", "magnet:?xt=urn:btih:1&dn=%C3%BC%25", id="N44 magnet"),
    pytest.param("ftp://a.example/x", "ftp://a.example/x", id="N44 ftp"),
    pytest.param("xmpp:a@b.example", "xmpp:a@b.example", id="N44 xmpp"),
    pytest.param("geo:1,2", "geo:1,2", id="N44 geo"),
    pytest.param("mailto:", None, id="N45 a scheme alone"),
    pytest.param("", None, id="N45 empty"),
    pytest.param("javascript:x", None, id="N44 a scheme that is not listed"),
    pytest.param("http://", None, id="N45 no host"),
    pytest.param("//1.2.3.4.5/", None, id="N45 a host that no parser takes"),
    pytest.param("//xn--zz-/", None, id="N45 a host that is no punycode"),
    pytest.param("https://a.example/?utm_source=x&id=1", "https://a.example/?id=1", id="D9 tracking parameters"),
]


@pytest.mark.parametrize(("stated", "expected"), LINKS)
def test_n45_links_become_absolute_or_lose_their_address(stated: str, expected: str | None) -> None:
    once = cleaned(f'<a href="{stated}">text</a>').html
    assert unescape(once) == ("<a>text</a>" if expected is None else f'<a href="{expected}">text</a>')
    assert cleaned(once).html == once


def test_n46_without_an_entry_link_fragments_belong_to_the_base() -> None:
    assert html.clean('<a href="#a">x</a>', base=BASE).html == f'<a href="{BASE}#a">x</a>'


def test_n45_without_a_base_only_absolute_addresses_stay() -> None:
    body = '<a href="x">x</a><a href="#y">y</a><a href="https://a.example/">z</a><img src="/i.png">'
    assert html.clean(body, base="").html == '<a>x</a><a>y</a><a href="https://a.example/">z</a>'


FILES = [
    pytest.param('<img src="/i.png">', '<img src="https://example.org/i.png">', id="src"),
    pytest.param('<q cite="c">x</q>', '<q cite="https://example.org/blog/c">x</q>', id="cite"),
    pytest.param('<q cite="mailto:a@b.example">x</q>', "<q>x</q>", id="N44 mailto is for links alone"),
    pytest.param('<img src="tel:1">', "", id="N45 an image without an address goes"),
    pytest.param('<a href="/x"><img alt="a"></a>', "", id="N45 with a link that has nothing else"),
    pytest.param(
        '<a href="/x"><img> t</a>', '<a href="https://example.org/x"> t</a>', id="N45 but not with its text"
    ),
    pytest.param(
        '<video poster="/p.jpg" controls><source src="v.mp4" type="video/mp4"><source><track></video>',
        '<video poster="https://example.org/p.jpg" controls="">'
        '<source src="https://example.org/blog/v.mp4" type="video/mp4"></video>',
        id="poster and source, and those without one go",
    ),
    pytest.param(
        '<audio src="a.mp3"><track src="t.vtt" kind="captions"></audio>',
        '<audio src="https://example.org/blog/a.mp3">'
        '<track src="https://example.org/blog/t.vtt" kind="captions"></audio>',
        id="audio and track",
    ),
]


@pytest.mark.parametrize(("markup", "expected"), FILES)
def test_n45_every_address_is_absolute(markup: str, expected: str) -> None:
    assert cleaned(markup).html == expected


def test_d9_tracking_parameters_stay_when_they_are_wanted() -> None:
    link = '<a href="https://a.example/?utm_source=x">x</a>'
    assert cleaned(link, CleaningRules(tracking_parameters=True)) == html.Cleaned(link)


def test_d5_notes_say_what_was_removed_by_which_rule_and_how_often() -> None:
    body = (
        "<script>a</script><script>b</script><style>c</style><img><q cite='x:y'>q</q>"
        "<a href='/?utm_source=1'>x</a><a href='/?fbclid=1'>x</a>"
    )
    assert cleaned(body).notes == (
        Note("D9", "2 links freed of tracking parameters"),
        Note("N45", "1 attribute without a usable address removed"),
        Note("N45", "1 image without a usable address removed"),
        Note("N47", "2 scripts removed"),
        Note("N47", "1 style removed"),
    )


# --- limits -----------------------------------------------------------------------------------------------


def test_n42_a_body_of_more_than_a_million_bytes_is_left_out() -> None:
    assert cleaned("é" * 500_001) == html.Cleaned(
        "", (Note("N42", "1 body of more than 1,000,000 bytes left out"),)
    )
    assert len(cleaned("x" * html.MAX_BYTES).html) == html.MAX_BYTES


def test_n42_a_body_that_grows_beyond_the_limit_is_left_out() -> None:
    assert cleaned("<" * 400_000).html == ""


def test_n42_images_inside_the_text_do_not_count() -> None:
    assert cleaned(f'a<img src="data:image/png;base64,{"A" * 2_000_000}">b').html == "ab"


def test_n42_a_body_that_is_nested_too_deeply_keeps_its_text() -> None:
    body = "<div>" * 5_000 + "deep &amp; down" + "</div>" * 5_000
    deep = cleaned(body)
    assert deep.html == "<p>deep &amp; down</p>"
    assert deep.notes == (Note("N42", "1 body too deeply nested to be cleaned, its text kept"),)
    assert cleaned(deep.html).html == deep.html
    assert html.to_text(body) == "deep & down"


def test_n42_what_stands_in_noscript_is_bounded_too() -> None:
    assert cleaned("<noscript><img src=/i.jpg></noscript>").html != ""
    assert cleaned(f"<noscript>{'<div>' * 5_000}<img src=/i.jpg></noscript>").html == ""


# --- any text ---------------------------------------------------------------------------------------------

NAMES_OF_ELEMENTS = sorted(html.TAGS | FORBIDDEN | {"font", "x-y"})
FRAGMENTS = st.one_of(
    st.sampled_from(NAMES_OF_ELEMENTS).map("<{}>".format),
    st.sampled_from(NAMES_OF_ELEMENTS).map("</{}>".format),
    st.sampled_from(NAMES_OF_ELEMENTS).map("<{} id='a' src='x.png' href=/y?utm_source=1&b />".format),
    st.sampled_from(HOSTILE),
    st.sampled_from(
        ["<math><mi>", "<annotation>", "<amp-img src=a>", "</amp-img>", "<param name=src value=x>", "<object>"]
    ),
    st.sampled_from(
        ["<!--", "-->", "]]>", "<![CDATA[", "\n", "&", "&#1;", "&amp;lt;", "&nbsp;", "<pre>\n", '"', "'", ">", "<"]
    ),
    st.sampled_from(
        ['<img data-src="a.jpg">', "<noscript><img src=b.jpg></noscript>", "<img width=1 height=1 src=c>"]
    ),
    st.sampled_from(
        ["<iframe src='//example.org/e'></iframe>", "<embed src=f.swf>", "<img srcset='a 1x, b,c 2x'>"]
    ),
    st.text(st.characters(exclude_categories=[]), max_size=8),
)
BODIES = st.lists(FRAGMENTS, max_size=14).map("".join)
RULES = st.sampled_from(
    [CleaningRules(), CleaningRules(tracking_pixels=True, tracking_parameters=True, embeds=("example.org",))]
)


@given(BODIES, RULES)
@example("<p><button><p>x</p></button></p>", CleaningRules())
@example("<a href=1><p><a href=2><table><a href=3>", CleaningRules())
@example("</b>\ufeff\ufeffx", CleaningRules())
@example("<pre><img>\n\nx", CleaningRules())
@example("<select><rp>\ufeff", CleaningRules())
@example("<img srcset='a 1x' width=1 height=1>", CleaningRules())
@example("<ruby><main><sup><rt>x", CleaningRules())
@example("<pre><rtc><form>\n", CleaningRules())
@example("<pre><source src=a>\nx", CleaningRules())
@example("<li><noscript><img src=x.png></noscript><iframe src=//e.example>", CleaningRules())
def test_n50_cleaning_any_text_twice_is_cleaning_it_once(body: str, rules: CleaningRules) -> None:
    once = cleaned(body, rules).html
    assert cleaned(once, rules).html == once
    assert faults(once, iframes=True) == []
    assert text.xml_safe(once) == once


@given(st.text(st.characters(exclude_categories=[])))
def test_n42_any_base_is_survived(base: str) -> None:
    once = html.clean('<a href="x#y"><img src="/z.png">t</a>', base=base, entry_link=base).html
    assert faults(once) == []


def stated_bodies(folder: Path) -> Iterator[str]:
    element = re.compile(r"<(description|content:encoded|content|summary)\b[^>]*>(.*?)</\1>", re.DOTALL)
    for path in sorted((folder / "feeds").iterdir()):
        document = path.read_bytes().decode("utf-8", "replace")
        for found in [found[2] for found in element.finditer(document)][:4]:
            yield found.removeprefix("<![CDATA[").removesuffix("]]>") if "<![CDATA[" in found else unescape(found)
    for path in sorted((folder / "seeds").iterdir()):
        yield path.read_bytes().decode("utf-8", "replace")


@pytest.mark.corpus
def test_n42_real_bodies_come_out_harmless_and_stay_as_they_are(corpus: Path) -> None:
    bodies = list(stated_bodies(corpus))
    assert len(bodies) > 500
    for body in bodies:
        once = cleaned(body).html
        assert faults(once) == []
        assert cleaned(once).html == once
        assert (once == "") <= (html.to_text(body) == "" or "<img" in body or "<svg" in body or "<a" in body)


@pytest.mark.parametrize(
    "body",
    [
        "<script>1</script> <script>2</script>",
        "<!-- a -->\n<!-- b -->",
        "<iframe></iframe>\t<embed>",
        " \n ",
    ],
)
def test_n40_a_body_of_which_only_blanks_are_left_is_none(body: str) -> None:
    assert cleaned(body).html == ""


@pytest.mark.parametrize("name", ["rtc", "bdo"])
def test_n42_what_validators_refuse_goes_and_its_text_stays(name: str) -> None:
    assert cleaned(f"<p>a<{name} dir='rtl'>b</{name}>c</p>").html == "<p>abc</p>"


# --- the short ways ---------------------------------------------------------------------------------------


LAZY = *LAZY_SRC, *LAZY_SRCSET
EVERY_ADDRESS = re.compile(html._HAS_ADDRESS.pattern.replace(f"(?!(?a:{html._FINE}))", ""))


def element_written_anew(washer: html._Washer, found: re.Match[str]) -> str:
    """Write an element with all its attributes, whether or not they hold an address."""
    values = {name: washer.attribute(found[1], name, value) for name, value in values_of(found[2]).items()}
    return f"<{found[1]}{written({name: value for name, value in values.items() if value is not None})}>"


def plodding(markup: str, rules: CleaningRules) -> html.Cleaned:
    """Clean as if nothing could be told at a glance: every step is taken, and all is read twice."""
    washer = html._Washer(BASE, ENTRY, rules)
    stated = html._familiar(html._EMBEDDED_DATA.sub("data:,", text._repaired(markup)))
    for name in html._GONE.findall(stated):
        washer.note("N47", name.lower(), "removed")
    marked = stated.replace("<![CDATA[", "").replace("]]>", "") if "<![CDATA[" in stated else stated
    whole = html._SELF_CLOSED.sub(r"<\1\2></\1>", marked)
    reveal = any(sign in whole.lower() for sign in ("<iframe", "<object", "<embed", "<noscript", *LAZY))
    cleaner = html._STRICT_WITH_IFRAMES if reveal and rules.embeds else html._STRICT
    shown = washer.media.revealed(html._laid_open(whole)) if reveal else whole
    addressed = EVERY_ADDRESS.sub(lambda found: element_written_anew(washer, found), cleaner.clean(shown))
    addressed = washer.media.pruned(addressed)
    again = html._tidied(addressed.replace("<p></p>", "") if reveal else addressed)
    for _ in range(html._ROUNDS):
        before, again = again, html._tidied(in_place(cleaner.clean(again)))
        if again == before:
            return washer.result(again)
    return cleaned(markup, rules)  # it never reads back as it is written


ADDRESSES = st.sampled_from(
    [
        *(
            "https://a.example/",
            "http://a-b.example/x/y?z=1&amp;w=%C3%A4#f",
            "https://a.example/?utm_source=x&amp;y=1",
        ),
        *(
            "https://a.example/?y=1&amp;fbclid=2",
            "https://9.example/.a",
            "https://a.b9/x",
            "https://xn--a.example/",
        ),
        *(
            "https://a.example/%c3%a4",
            "/x",
            "#f",
            "//b.example/",
            "https://b.example:80/",
            "mailto:a@b.example",
            "a&lt;b",
        ),
    ]
)
ADDRESSED = st.tuples(
    st.sampled_from(["<a", "<img", "<video", "<source", "<blockquote", "<q"]),
    st.lists(
        st.tuples(
            st.sampled_from([' href="', ' src="', ' cite="', ' poster="', ' srcset="', ' alt="', ' DATA-src="']),
            ADDRESSES,
            st.just('"'),
        ).map("".join),
        max_size=3,
    ).map("".join),
    st.just(">x"),
).map("".join)


IFRAMED = st.sampled_from(
    [
        '<iframe src="//b.example/e" title="A &amp;lt; b" width="9"></iframe>',
        *(
            '<iframe src="https://b.example/e" style="display:none"></iframe>',
            "<iframe src=javascript:a></iframe>",
        ),
        *('<iframe data="/d">x</iframe>', '<IFRAME width="1" height="0" src=/e></iframe>', "<iframe></iframe>"),
        *(
            "</iframe>",
            "<p>",
            "</p>",
            "<b>",
            "<button>",
            "</button>",
            "<pre>\n",
            "<table><tr>",
            "<td>",
            "</table>",
        ),
        *("<param title='<iframe></iframe>'>", "<i title='</p><p>'>", "<li>", "text", " ", "<img src=/i.png>"),
    ]
)


@given(
    st.lists(FRAGMENTS | ADDRESSED, max_size=10).map("".join) | st.lists(IFRAMED, max_size=8).map("".join), RULES
)
@example("a</iframe><p/>b", CleaningRules())
@example("<p><param title='</p><p>'> <iframe src=/e></iframe></p>", CleaningRules())
@example("<pre>\n<iframe src=javascript:a></iframe>\n  </pre>", CleaningRules())
@example("<table><tr><td>a</td></tr></table><iframe src=/e></iframe>", CleaningRules())
@example("<\u017fcript><\u0130frame><table><td>&#13;&#1;", CleaningRules())
@example("<table><tr><td><table><caption>a</table><li>", CleaningRules())
def test_n42_the_short_ways_lead_where_the_long_ones_lead(body: str, rules: CleaningRules) -> None:
    assert cleaned(body, rules) == plodding(body, rules)


@pytest.mark.corpus
def test_n42_the_short_ways_lead_there_for_real_bodies_too(corpus: Path) -> None:
    for body in stated_bodies(corpus):
        if len(body) < html.MAX_BYTES // 4 and not is_tangled(body):
            assert cleaned(body) == plodding(body, CleaningRules())


@given(BODIES)
def test_n34_a_text_that_says_more_at_a_glance_is_longer(body: str) -> None:
    once = cleaned(body).html
    longest = max((length for length in range(40) if html.says_more(once, length)), default=-1)
    assert len(html.to_text(once)) > longest


@given(
    st.lists(
        st.sampled_from([*"ab &;#", "&amp;", "&lt;", "&nbsp;", "&#8217;", "&#38;", "&hellip;", "\n"]), max_size=8
    ).map("".join)
)
def test_n27_references_without_tags_are_read_as_a_parser_reads_them(stated: str) -> None:
    assert html.to_text(stated) == html.to_text(f"{stated}<b></b>")
