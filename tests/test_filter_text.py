"""Filters of texts: words replaced, footers and headers added, texts cut, made plain, or left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import filtered
from feedbraid import html
from feedbraid.chain import Chain
from feedbraid.errors import ConfigError
from feedbraid.filters import _text
from feedbraid.filters._template import as_html, parsed
from feedbraid.model import Post

FEW = settings(max_examples=40, deadline=None)

PIECES = [
    *("word", "longer words, and more. ", "中文字符，", "。", " ", "\n", "&amp;", "&lt;b&gt;", "&nbsp;", "\u3000"),
    *(
        "e\u0301\u0302",
        "👩\u200d👩\u200d👧",
        "🇩🇪🇫🇷",
        "👍🏽",
        "{",
        "\\1",
        "—",
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<div>",
        "</div>",
    ),
    *(
        "<a href='https://x.example/a?b=1&c=2'>",
        "<a>",
        "</a>",
        "<ul><li>",
        "<li>",
        "</ul>",
        "<br>",
        "<hr>",
        "<h2>",
    ),
    *(
        "<table><tr><td>",
        "<td>",
        "</table>",
        "<pre>\n",
        "</pre>",
        "<blockquote>",
        "</blockquote>",
        "</h2>",
        "<wbr>",
    ),
    *(
        "<img src='https://x.example/i.png' alt='a > \" &lt;/a>'>",
        "<ruby>漢<rp>(</rp><rt>かん</rt></ruby>",
        "<dl><dt>",
    ),
    *(
        "<video src='https://x.example/v.mp4'>none</video>",
        "<details><summary>",
        "</summary>",
        "</details>",
        "<dd>",
    ),
]
BODIES = st.lists(st.sampled_from(PIECES), max_size=20).map(lambda parts: cleaned("".join(parts)))
OTHERS = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", "A title", "中文" * 30]),
        "link": st.sampled_from(["", "https://voa.example/1"]),
        "summary": st.sampled_from(["", "A summary & more of it."]),
        "authors": st.sampled_from([[], ["<i>"]]),
    }
)
LARGE = {
    "paragraphs": "<p>Some text, and <b>more</b> of it &amp; so on.</p>" * 5_000,
    "one word": "x" * 250_000,
    "Chinese": "会谈继续，双方都说气氛很好。" * 6_000,
    "accents": "\u0301" * 120_000,
    "flags": "🇩" * 60_000,
    "nested": "<div><b>" * 250 + "x " * 100_000 + "</b></div>" * 250,
}


def cleaned(markup: str) -> str:
    return html.clean(markup, base="https://voa.example/1").html


def body_of(config: str, body: str, **fields: Any) -> str:  # noqa: ANN401  # fields of posts
    return after(filtered.chain_of(config), body=body, **fields).entry.body


def after(chain: Chain, **fields: Any) -> Post:  # noqa: ANN401  # fields of posts
    return chain.shaped(filtered.post_of(**fields))


def trouble_of(config: str, **fields: Any) -> str:  # noqa: ANN401  # fields of posts
    passed = filtered.chain_of(config).passed(filtered.post_of(**fields))
    return passed.trouble[0][1] if passed.trouble else ""


def error_of(config: str) -> str:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(config)
    return str(caught.value)


# --- replace ----------------------------------------------------------------------------------------------

REPLACED = [
    pytest.param("{text: a, by: o}", "<p>Aa b</p>", "<p>Ao b</p>", id="a text, letter by letter"),
    pytest.param("{text: A, by: o, ignore_case: true}", "<p>Aa</p>", "<p>oo</p>", id="without regard to case"),
    pytest.param("{text: 会谈, by: 谈判}", "<p>会谈会谈</p>", "<p>谈判谈判</p>", id="Chinese"),
    pytest.param("{text: É, by: e, ignore_case: true}", "<p>é</p>", "<p>e</p>", id="letters with accents"),
    pytest.param("{text: a.c, by: x, ignore_case: true}", "<p>abc A.C</p>", "<p>abc x</p>", id="a dot is a dot"),
    pytest.param(r"{text: a, by: '\1'}", "a", r"\1", id="a backslash is one, in a text"),
    pytest.param(r"{text: a, by: '\1', ignore_case: true}", "A", r"\1", id="in any case"),
    pytest.param("{text: '&', by: and}", "a &amp; b &amp;amp;", "a and b andamp;", id="references are signs"),
    pytest.param("{text: <, by: '&lt;'}", "a &lt; b", "a &amp;lt; b", id="signs become references"),
    pytest.param("{text: a, by: <b>}", "a", "&lt;b&gt;", id="what is put in is no markup"),
    pytest.param("{text: b}", "<b>b</b> &amp; <i>ab</i>", "<b></b> &amp; <i>a</i>", id="never inside markup"),
    pytest.param(
        "{text: one two}", "<p>one <b>two</b></p>", "<p>one <b>two</b></p>", id="not where a tag runs through"
    ),
    pytest.param("{text: x, by: y}", '<p title="x">x</p>', '<p title="x">y</p>', id="never inside an attribute"),
    pytest.param(r"{regex: '(\w)(\d)', by: '\2\1'}", "a1 b2", "1a 2b", id="groups"),
    pytest.param(
        r"{regex: '\s+', by: ''}", "<p>a b</p>\n<p>c</p>", "<p>ab</p><p>c</p>", id="blanks between elements"
    ),
    pytest.param(r"{regex: '^', by: ''}", "<p>a</p>", "<p>a</p>", id="nothing in the place of nothing"),
    pytest.param(
        r"{regex: '\n', by: x}",
        "<table>\n<tbody><tr><td>1</td></tr></tbody></table>",
        "x<table><tbody><tr><td>1</td></tr></tbody></table>",
        id="text where none can be goes where it can",
    ),
    pytest.param('{text: a, by: "\\0\\x01b"}', "a", "b", id="what no document can carry"),
    pytest.param("[{text: a, by: b}, {text: b, by: c}]", "ab", "cc", id="one after the other"),
    pytest.param("{text: a, by: ''}", "a", "", id="a body may be emptied"),
    pytest.param("{text: a, by: b}", "", "", id="no body"),
]


@pytest.mark.parametrize(("options", "body", "expected"), REPLACED)
def test_words_of_a_body_are_replaced(options: str, body: str, expected: str) -> None:
    assert body_of(f"- replace: {options}", body) == expected


FIELDS: dict[str, Any] = {"title": "a", "body": "<p>a</p>", "summary": "a", "authors": ["a"]}
IN_FIELDS = [
    pytest.param("", {"title": "b", "body": "<p>b</p>"}, id="in title and content when not told otherwise"),
    pytest.param("in: title", {"title": "b"}, id="in the title"),
    pytest.param("in: [content]", {"body": "<p>b</p>"}, id="in the content"),
    pytest.param("in: [summary, author]", {"summary": "b", "authors": ["b"]}, id="in summary and authors"),
]


@pytest.mark.parametrize(("where", "changed"), IN_FIELDS)
def test_words_are_replaced_where_it_is_said(where: str, changed: dict[str, Any]) -> None:
    options = ", ".join(filter(None, ["text: a", "by: b", where]))
    assert filtered.one_through(f"- replace: {{{options}}}", **FIELDS) == changed


def test_titles_and_names_are_not_emptied() -> None:
    everywhere = "- replace: {text: a, in: [title, content, summary, author]}"
    assert filtered.one_through(everywhere, **FIELDS) == {"body": "<p></p>", "summary": ""}


def test_a_line_stays_a_line() -> None:
    changed = filtered.one_through(
        '- replace: {text: " ", by: "\\n\\n", in: [title, summary]}', title="a b", summary="c d"
    )
    assert changed == {}


def test_names_that_become_alike_are_one() -> None:
    config = "- replace: {regex: '^by ', in: author}"
    assert filtered.one_through(config, authors=["by Ann", "Ann"]) == {"authors": ["Ann"]}


def test_a_text_that_would_be_too_long_stays() -> None:
    config = "- replace: {text: x, by: longer}"
    assert trouble_of(config, body="x" * 200_000) == "the body would have more than 1,000,000 bytes"
    assert body_of(config, "x" * 200_000) == "x" * 200_000


REPLACE_ERRORS = [
    pytest.param("{text: a, regex: b}", "say what is replaced, and by what", id="a text and a pattern"),
    pytest.param("[{text: a}, {by: b}]", "say what is replaced, and by what", id="one of a list says nothing"),
    pytest.param("{rules: [{text: a}], text: b}", "one change or a list of rules, not both", id="both"),
    pytest.param("[]", "say what is replaced, and by what", id="an empty list"),
    pytest.param(
        "{regex: 'a(?!b)'}", "look-around such as (?=, (?! or (?<= is not possible here", id="look-ahead"
    ),
    pytest.param("{text: a, in: []}", "at least one value is needed here", id="nowhere"),
    pytest.param("{text: a, ignore_case: perhaps}", "true or false is needed", id="no answer"),
]


@pytest.mark.parametrize(("options", "said"), REPLACE_ERRORS)
def test_replace_refuses(options: str, said: str) -> None:
    assert said in error_of(f"- replace: {options}")


# --- footer and header ------------------------------------------------------------------------------------

P = "<p>Text.</p>"
FOOTERS = [
    pytest.param("text: From {source}", {}, f"{P}<p>From VOA</p>", id="a paragraph of text"),
    pytest.param("text: '{title} & {{x}}'", {"title": "<b>"}, f"{P}<p>&lt;b&gt; &amp; {{x}}</p>", id="escaped"),
    pytest.param("text: 来自 {source}", {"source": "voa"}, f"{P}<p>来自 VOA</p>", id="Chinese"),
    pytest.param(f"text: {'x ' * 600}{{source}}", {}, f"{P}<p>{'x ' * 600}VOA</p>", id="a long one"),
    pytest.param('text: "a\\nb"', {}, f"{P}<p>a b</p>", id="one line"),
    pytest.param(
        """html: '<a href="{link}" title="{title}">x</a>'""",
        {"title": '"><script>'},
        f'{P}<a href="https://voa.example/1" title="&quot;&gt;&lt;script&gt;">x</a>',
        id="a value stays in its attribute",
    ),
    pytest.param("""html: '<a href="{link}">x</a>'""", {"link": ""}, P, id="no link: no footer"),
    pytest.param(
        """html: '<a href="{link}">x</a>'""",
        {"link": "https://voa.example/?a=1&copy=2"},
        f'{P}<a href="https://voa.example/?a=1&amp;copy=2">x</a>',
        id="an address with an ampersand",
    ),
    pytest.param(
        """html: '<a href="{link}">{source}</a>'""",
        {"link": ""},
        f"{P}<a>VOA</a>",
        id="no link, but something else",
    ),
    pytest.param(
        """html: '<a href="https://x.example/?u={link}&t={title}">x</a>'""",
        {"title": "a&b#c d"},
        f'{P}<a href="https://x.example/?u=https%3A%2F%2Fvoa.example%2F1&amp;t=a%26b%23c%20d">x</a>',
        id="values in the query of an address are encoded",
    ),
    pytest.param(
        """html: '<a href="https://x.example/go/{link}">{title}?</a>'""",
        {"title": "a b"},
        f'{P}<a href="https://x.example/go/https://voa.example/1">a b?</a>',
        id="others are not",
    ),
    pytest.param(
        """html: '<a title="Who? {title}">x</a>'""",
        {"title": "a b"},
        f'{P}<a title="Who? a b">x</a>',
        id="no address, no query",
    ),
    pytest.param("html: '<div><p>open'", {}, f"{P}<div><p>open</p></div>", id="what is open is closed"),
    pytest.param("html: '</div></p>x'", {}, f"{P}<p></p>x", id="what was never opened is not closed"),
    pytest.param("html: '<script>x</script>'", {}, P, id="a script is no footer"),
    pytest.param("text: By {author}", {"authors": []}, P, id="nobody to name"),
    pytest.param(
        "text: ['By {author}', x]", {"authors": []}, f"{P}<p>x</p>", id="nobody to name, but another part"
    ),
    pytest.param("text: ['', x]", {}, f"{P}<p>x</p>", id="no paragraph of nothing"),
    pytest.param("text: ['By {author}', x]", {}, f"{P}<p>By Ann</p><p>x</p>", id="two paragraphs"),
    pytest.param("html: [<div>, '{author}', x]", {"authors": []}, f"{P}<div>x</div>", id="parts of an element"),
    pytest.param("text: By {author}", {"authors": ["Ann", "张三"]}, f"{P}<p>By Ann, 张三</p>", id="two names"),
    pytest.param("text: By {author}", {"body": ""}, "<p>By Ann</p>", id="neither body nor summary"),
    pytest.param(
        "text: x", {"body": "", "summary": "a & b"}, "<p>a &amp; b</p><p>x</p>", id="a summary is a body then"
    ),
    pytest.param("text: x", {"body": f"{P}<p>x</p>"}, f"{P}<p>x</p>", id="it is there already"),
    pytest.param(
        "text: x", {"body": f"<div>{P}<p>x</p></div>"}, f"<div>{P}<p>x</p></div><p>x</p>", id="not at the end"
    ),
]


@pytest.mark.parametrize(("options", "fields", "expected"), FOOTERS)
def test_a_footer_is_added(options: str, fields: dict[str, Any], expected: str) -> None:
    chain = filtered.chain_of(f"- footer:\n    {options}")
    once = after(chain, **{"body": P, **fields})
    assert once.entry.body == expected
    assert chain.shaped(once) == once


HEADERS = [
    pytest.param("text: x", P, f"<p>x</p>{P}", id="a paragraph of text"),
    pytest.param("text: x", f"<p>x</p>{P}", f"<p>x</p>{P}", id="it is there already"),
    pytest.param("text: x", "", "<p>x</p>", id="no body"),
    pytest.param("html: '<hr>'", "正文", "<hr>正文", id="before text without an element"),
]


@pytest.mark.parametrize(("options", "body", "expected"), HEADERS)
def test_a_header_is_added(options: str, body: str, expected: str) -> None:
    assert body_of(f"- header: {{{options}}}", body) == expected


def test_header_and_footer_keep_a_summary_and_stand_around_it() -> None:
    chain = filtered.chain_of("- summary_only\n- header: a\n- footer: z")
    once = after(chain, body="<p>Long.</p>", summary="Short.")
    assert (once.entry.body, once.entry.summary) == ("<p>a</p><p>Short.</p><p>z</p>", "Short.")
    assert chain.shaped(once) == once


def test_a_text_that_would_be_too_long_gets_no_footer() -> None:
    assert trouble_of("- footer: x", body="x" * 999_995) == "the body would have more than 1,000,000 bytes"
    assert body_of("- header: x", "x" * 999_995) == "x" * 999_995


ADDITION_ERRORS = [
    pytest.param("''", "say what is added", id="nothing"),
    pytest.param("['', ' ']", "say what is added", id="twice nothing"),
    pytest.param("[a, a]", "'a' stands here twice", id="the same twice"),
    pytest.param("a &amp; b", "readers would see the tags of this text", id="a reference"),
    pytest.param("{html: '{url}'}", "there is no placeholder {url}; there are: source, link", id="a placeholder"),
    pytest.param(
        "{html: '<style>p {color: red}</style>'}", "there is no placeholder {color: red}", id="braces of CSS"
    ),
]


@pytest.mark.parametrize(("options", "said"), ADDITION_ERRORS)
def test_footer_refuses(options: str, said: str) -> None:
    assert said in error_of(f"- footer: {options}")


@FEW
@given(title=st.text(max_size=30), words=st.text(max_size=30))
def test_no_value_becomes_markup(title: str, words: str) -> None:
    stated = words.replace("{", "{{").replace("}", "}}").replace("<", "").replace("&", "")
    filled = as_html(parsed(f'{stated}<i title="{{title}}">{{title}}</i>'), filtered.post_of(title=title))
    assert filled.count("<") in (0, 2)


# --- summary_only -----------------------------------------------------------------------------------------

SUMMARIES = [
    pytest.param("One. Two three four five six seven.", "One. Two three four five six…", id="no short sentence"),
    pytest.param("One two three.", "One two three.", id="a short text is its own summary"),
    pytest.param("One two. Three four five. Six seven.", "One two. Three four five.", id="whole sentences"),
    pytest.param("One “two.” Three “four”! Five six seven.", "One “two.” Three “four”!", id="with their marks"),
    pytest.param("One two three four five six seven.", "One two three four five six…", id="else whole words"),
    pytest.param(
        "Version 3.5.1 of a thing is there now.", "Version 3.5.1 of a thing is…", id="no end in a number"
    ),
    pytest.param(
        "一二三四五六七八九十一二三四五。六七八九十一二三四五六七八九十。",
        "一二三四五六七八九十一二三四五。",
        id="Chinese sentences",
    ),
    pytest.param(
        "一二三四五六七八九十" * 4, "一二三四五六七八九十" * 2 + "一二三四五六七八九…", id="Chinese words"
    ),
    pytest.param("x" * 31, "x" * 29 + "…", id="one word"),
    pytest.param("x" * 27 + "👩\u200d👩\u200d👧👩\u200d👩\u200d👧", "x" * 27 + "…", id="no emoji is taken apart"),
]


@pytest.mark.parametrize(("text", "expected"), SUMMARIES)
def test_the_beginning_of_a_text_is_its_summary(text: str, expected: str) -> None:
    changed = filtered.one_through("- summary_only: 30", body=f"<p>{text}</p>")
    assert changed == {"body": "", "summary": expected}


def test_a_summary_stays_and_what_has_no_body_too() -> None:
    assert filtered.one_through("- summary_only: 20", body=P, summary="s" * 900) == {"body": ""}
    assert filtered.one_through("- summary_only", body="", summary="") == {}
    assert filtered.one_through("- summary_only", body='<img src="https://voa.example/i.png">') == {"body": ""}


# --- strip_html -------------------------------------------------------------------------------------------

STRIPPED = [
    pytest.param("", "a <b>b</b> <i>c</i>", "<p>a b c</p>", id="text without an element"),
    pytest.param("", "<p>a</p>\n<p>b</p>", "<p>a</p><p>b</p>", id="paragraphs"),
    pytest.param("", "<div>a<p>b</p>c</div>", "<p>a</p><p>b</p><p>c</p>", id="nested blocks"),
    pytest.param("", "a<br>b<br>\n<br>c", "<p>a<br>b</p><p>c</p>", id="lines, and two breaks for a paragraph"),
    pytest.param("", "<br>a<br>", "<p>a</p>", id="no break at an edge"),
    pytest.param(
        "", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "<p>a</p><p>b</p><p>c</p>", id="nested lists"
    ),
    pytest.param("", "<dl><dt>a</dt><dd>b</dd></dl>", "<p>a<br>b</p>", id="definitions"),
    pytest.param(
        "",
        "<table><tbody><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></tbody></table>",
        "<p>a b<br>c</p>",
        id="cells and rows",
    ),
    pytest.param("", "<pre>\n\na  b\n\tc\n\nd</pre>", "<p>a b<br>c</p><p>d</p>", id="lines of code"),
    pytest.param("", "<p>a\n  b <b> c</b></p>", "<p>a b c</p>", id="blanks are one"),
    pytest.param("", "<p>&nbsp;</p><p>10&nbsp;km</p>", "<p>10&nbsp;km</p>", id="blanks that do not break"),
    pytest.param("", "<p>\u3000\u3000一\u3000二</p>", "<p>\u3000\u3000一\u3000二</p>", id="Chinese indents"),
    pytest.param("", "<p>&lt;b&gt; &amp;amp;</p>", "<p>&lt;b&gt; &amp;amp;</p>", id="references stay"),
    pytest.param(
        "",
        '<a href="https://x.example/">a</a><img src="https://x.example/i.png">',
        "<p>a</p>",
        id="no links, no images",
    ),
    pytest.param("", '<img src="https://x.example/i.png">', "", id="nothing but an image"),
    pytest.param("", "", "", id="no body"),
    pytest.param(
        "links",
        '<a href="https://x.example/" class="c"><h2>a</h2><p>b</p></a>',
        '<p><a href="https://x.example/">a</a></p><p>b</p>',
        id="a link around paragraphs",
    ),
    pytest.param(
        "links",
        '<p><a href="https://x.example/"> <img src="https://x.example/i.png"></a>a</p>',
        "<p>a</p>",
        id="an empty link",
    ),
    pytest.param(
        "links",
        '<p>a <a href="https://x.example/">b<br>c<br></a>d</p>',
        '<p>a <a href="https://x.example/">b<br>c</a><br>d</p>',
        id="a link of two lines",
    ),
    pytest.param(
        "links",
        '<a href="https://x.example/1">a<table><tbody><tr><td><a href="https://x.example/2">b</a></td></tr></tbody></table></a>',
        '<p><a href="https://x.example/1">a</a></p><p>b</p>',
        id="a link in a link",
    ),
    pytest.param(
        "links",
        '<p><a>a</a> <a href="mailto:a@b.example?subject=x&amp;y">b</a></p>',
        '<p>a <a href="mailto:a@b.example?subject=x&amp;y">b</a></p>',
        id="an anchor, and mail",
    ),
    pytest.param(
        "images",
        '<figure><img src="https://x.example/i.png" alt="a > &lt;p> b  c"><figcaption>d</figcaption></figure>',
        '<p><img src="https://x.example/i.png" alt="a > &lt;p> b  c"></p><p>d</p>',
        id="images stay as they are",
    ),
]


@pytest.mark.parametrize(("keep", "body", "expected"), STRIPPED)
def test_a_body_becomes_plain(keep: str, body: str, expected: str) -> None:
    assert body_of(f"- strip_html: [{keep}]" if keep else "- strip_html", body) == expected


def test_a_plain_text_that_would_be_too_long_stays_as_it_is() -> None:
    assert trouble_of("- strip_html", body="x<hr>" * 130_000) == "the body would have more than 1,000,000 bytes"


# --- truncate ---------------------------------------------------------------------------------------------

CUT = [
    pytest.param("20", "<p>One two three.</p>", "<p>One two three.</p>", id="a short text stays"),
    pytest.param("20", "<p>One two three four five</p>", "<p>One two three four…</p>", id="at the end of a word"),
    pytest.param("20", "<p>One two three, four-and-five</p>", "<p>One two three…</p>", id="without a comma"),
    pytest.param(
        "20",
        "<p>一二三四五六七八九，十一二三四五六七八九十</p>",
        "<p>一二三四五六七八九，十一二三四五六七八…</p>",
        id="Chinese at a character",
    ),
    pytest.param(
        "10", "<p>一二三四五六七八九，十</p>", "<p>一二三四五六七八九…</p>", id="Chinese without a comma"
    ),
    pytest.param("10", "<p>abcdefghijklmn</p>", "<p>abcdefghi…</p>", id="a long word inside of it"),
    pytest.param(
        "12", "<p>abc def <b>ghi</b>jklmn</p>", "<p>abc def <b>ghi…</b></p>", id="a word that markup divides"
    ),
    pytest.param("10", "<p>abc <b>defghijkl</b> mn</p>", "<p>abc…</p>", id="a long word in an element of its own"),
    pytest.param("10", "<p>abcdef.</p><p>ghijkl</p>", "<p>abcdef.…</p>", id="no paragraph of an ellipsis alone"),
    pytest.param(
        "10", "<p>abcd\n\n  efgh &nbsp; i</p>", "<p>abcd\n\n  efgh…</p>", id="a run of blanks counts as one"
    ),
    pytest.param("11", "<p>abcd\n\n  efgh &nbsp; i</p>", "<p>abcd\n\n  efgh &nbsp; i</p>", id="exactly so long"),
    pytest.param(
        "10",
        "<p>&amp;&lt;&gt;&amp;&amp;&amp;&amp;&amp;&amp;&amp;</p>",
        "<p>&amp;&lt;&gt;&amp;&amp;&amp;&amp;&amp;&amp;&amp;</p>",
        id="a reference is one sign",
    ),
    pytest.param("10", "<p>&amp;bcdefghi&lt;jk</p>", "<p>&amp;bcdefghi…</p>", id="a reference is not cut"),
    pytest.param(
        "10",
        "<div><ul><li>abc <i>def <b>ghi jkl</b></i></li><li>m</li></ul></div>",
        "<div><ul><li>abc <i>def…</i></li></ul></div>",
        id="what is open is closed",
    ),
    pytest.param(
        "10",
        '<p><img src="https://x.example/1.png"></p><p>abc def ghi</p><img src="https://x.example/2.png">',
        '<p><img src="https://x.example/1.png"></p><p>abc def…</p>',
        id="images before the cut stay",
    ),
    pytest.param(
        "10",
        '<img src="https://x.example/1.png">' * 20,
        '<img src="https://x.example/1.png">' * 20,
        id="images count as nothing",
    ),
    pytest.param("10", "<p>a&nbsp;b cd ef gh</p>", "<p>a&nbsp;b cd ef…</p>", id="a blank that does not break"),
    pytest.param("10", "<p>abcdefg e\u0301e\u0301e\u0301e\u0301</p>", "<p>abcdefg…</p>", id="accents, at a word"),
    pytest.param("10", "<p>abcdefghe\u0301e\u0301</p>", "<p>abcdefgh…</p>", id="no accent is cut off"),
    pytest.param("10", "<p>abcdefg👩\u200d👩\u200d👧x</p>", "<p>abcdefg…</p>", id="a family stays together"),
    pytest.param("10", "<p>abcdefgh👍🏽x</p>", "<p>abcdefgh…</p>", id="a thumb keeps its colour"),
    pytest.param("10", "<p>abcdef🇩🇪🇫🇷🇮🇹</p>", "<p>abcdef🇩🇪…</p>", id="a flag keeps its second half"),
    pytest.param(
        "10",
        "<p>葛\U000e0100葛\U000e0100葛\U000e0100葛\U000e0100葛\U000e0100葛\U000e0100</p>",
        "<p>葛\U000e0100葛\U000e0100葛\U000e0100葛\U000e0100…</p>",
        id="a variant of a character",
    ),
    pytest.param("{length: 10, ellipsis: ''}", "<p>abc def ghi</p>", "<p>abc def</p>", id="no ellipsis"),
    pytest.param(
        "{length: 12, ellipsis: ' [...]'}", "<p>abc def ghi jkl</p>", "<p>abc [...]</p>", id="another ellipsis"
    ),
    pytest.param(
        "{length: 10, ellipsis: ' <&>'}",
        "<p>abc def ghi jkl</p>",
        "<p>abc &lt;&amp;&gt;</p>",
        id="an ellipsis is text",
    ),
    pytest.param(
        "{words: 10}", "<p>a b c <b>d</b> e f g h i j</p>", "<p>a b c <b>d</b> e f g h i j</p>", id="ten words"
    ),
    pytest.param(
        "{words: 10}",
        "<p>a b c <b>d</b> e f g h i, j k</p>",
        "<p>a b c <b>d</b> e f g h i, j…</p>",
        id="more than ten",
    ),
    pytest.param(
        "{words: 10}",
        "<p>一二三四，五六七八“九”十。十一</p>",
        "<p>一二三四，五六七八“九”十。…</p>",
        id="words of Chinese",
    ),
    pytest.param(
        "{words: 10, ellipsis: ' [...]'}",
        "<p>a b c d e f g h i j k</p>",
        "<p>a b c d e f g h i [...]</p>",
        id="an ellipsis is a word",
    ),
]


@pytest.mark.parametrize(("options", "body", "expected"), CUT)
def test_a_body_is_cut(options: str, body: str, expected: str) -> None:
    chain = filtered.chain_of(f"- truncate: {options}")
    once = after(chain, body=body)
    assert once.entry.body == expected
    assert chain.shaped(once) == once


READ_ON = [
    pytest.param("Read on", {}, '<p>abc def…</p><p><a href="https://voa.example/1">Read on</a></p>', id="a link"),
    pytest.param(
        "在{source}", {}, '<p>abc def…</p><p><a href="https://voa.example/1">在VOA</a></p>', id="placeholders"
    ),
    pytest.param(
        "<b> {title}",
        {"title": "&"},
        '<p>abc def…</p><p><a href="https://voa.example/1">&lt;b&gt; &amp;</a></p>',
        id="text",
    ),
    pytest.param(
        "x",
        {"link": "https://voa.example/?a=1&copy=2"},
        '<p>abc def…</p><p><a href="https://voa.example/?a=1&amp;copy=2">x</a></p>',
        id="an address with an ampersand",
    ),
    pytest.param("Read on", {"link": ""}, "<p>abc def…</p>", id="no link to a post that has none"),
    pytest.param("{author}", {"authors": []}, "<p>abc def…</p>", id="nobody to name"),
]


@pytest.mark.parametrize(("more", "fields", "expected"), READ_ON)
def test_a_text_that_was_cut_links_to_the_rest(more: str, fields: dict[str, Any], expected: str) -> None:
    chain = filtered.chain_of(f"- truncate: {{length: 10, more: '{more}'}}")
    once = after(chain, body="<p>abc def ghi</p>", **fields)
    assert once.entry.body == expected
    assert chain.shaped(once) == once
    assert after(chain, body="<p>abc def</p>", **fields).entry.body == "<p>abc def</p>"


def test_a_text_that_is_cut_shorter_has_one_link() -> None:
    first = after(filtered.chain_of("- truncate: {length: 12, more: Read on}"), body="<p>abc def ghi jkl</p>")
    second = filtered.chain_of("- truncate: {length: 10, more: Read on}").shaped(first)
    assert second.entry.body == '<p>abc def…</p><p><a href="https://voa.example/1">Read on</a></p>'


OTHER_FIELDS = [
    pytest.param("10", {"summary": "abc def ghi"}, {"summary": "abc def…"}, id="a summary is cut, too"),
    pytest.param("{words: 10}", {"summary": "一" * 12}, {"summary": "一" * 10 + "…"}, id="by words"),
    pytest.param("10", {"title": "abc def ghi"}, {}, id="a title is not"),
    pytest.param("{title: 10}", {"title": "abc def ghi"}, {"title": "abc def…"}, id="unless it is said"),
    pytest.param("{title: 10}", {"title": "abcdefghij"}, {}, id="exactly so long"),
    pytest.param(
        "{title: 10}",
        {"title": "会谈继续双方都说气氛很好"},
        {"title": "会谈继续双方都说气…"},
        id="a Chinese title",
    ),
    pytest.param(
        "{title: 10}", {"title": "e" + "\u0301" * 20}, {"title": "e" + "\u0301" * 8 + "…"}, id="accents alone"
    ),
    pytest.param("{title: 10}", {"title": "-" * 20}, {"title": "-" * 9 + "…"}, id="hyphens alone"),
    pytest.param("{title: 10}", {"body": "<p>abc def ghi</p>", "title": ""}, {}, id="bodies stay then"),
]


@pytest.mark.parametrize(("options", "fields", "changed"), OTHER_FIELDS)
def test_titles_and_summaries_are_cut(options: str, fields: dict[str, Any], changed: dict[str, Any]) -> None:
    assert filtered.one_through(f"- truncate: {options}", **{"body": "", **fields}) == changed


TRUNCATE_ERRORS = [
    pytest.param("{more: Read on}", "say how much stays: length, words or title", id="nothing is cut"),
    pytest.param("{title: 80, more: Read on}", "say length or words, too", id="a link behind titles"),
    pytest.param("{words: 9}", "9 is too small: it has to be at least 10", id="few words"),
    pytest.param(
        "{length: 100, ellipsis: (to be continued)}",
        "at most 9 characters, and '(to be continued)' has 17",
        id="a long ellipsis",
    ),
    pytest.param("{length: 100, more: '{url}'}", "there is no placeholder {url}", id="a placeholder"),
]


@pytest.mark.parametrize(("options", "said"), TRUNCATE_ERRORS)
def test_truncate_refuses(options: str, said: str) -> None:
    assert said in error_of(f"- truncate: {options}")


@FEW
@given(body=BODIES, length=st.integers(10, 60))
def test_a_cut_text_is_never_longer_than_it_may_be(body: str, length: int) -> None:
    short = body_of(f"- truncate: {length}", body)
    assert len(html.to_text(short)) <= length
    assert short == body or len(html.to_text(body)) > length
    assert short == body or short.rstrip("</>abcdefghijklmnopqrstuvwxyz0123456789").endswith("…")


@FEW
@given(body=BODIES, words=st.integers(10, 20), ellipsis=st.sampled_from(["…", " […]", ""]))
def test_a_cut_text_has_no_more_words_than_it_may_have(body: str, words: int, ellipsis: str) -> None:
    limit = _text.Limit(words, by_words=True, ellipsis=ellipsis)
    assert not limit.is_passed(limit.cut_body(body))
    assert limit.cut_body(body) == body or limit.is_passed(body)


SCRAPS = st.text(st.sampled_from("ab  ,一，。e\u0301👩\u200d👧🏽🇩🇪\u3000"), min_size=11, max_size=60)


@FEW
@example(scraps="aaaaaaaaa\u200d🇩a", length=13)
@given(scraps=SCRAPS, length=st.integers(10, 40))
def test_no_character_is_parted_from_what_belongs_to_it(scraps: str, length: int) -> None:
    plain = f"ab{scraps}"
    short = _text.cut(plain, length)
    assert len(short) <= length
    if short != plain:
        kept, behind = short[:-1], plain[len(short) - 1]
        assert behind not in "\u0301\u200d🏽"
        assert not kept.endswith("\u200d") or behind in " ,，\u3000"
        flags = len(kept) - len(kept.rstrip("🇩🇪"))
        assert behind not in "🇩🇪" or flags % 2 == 0


# --- all of them ------------------------------------------------------------------------------------------

TWICE = [
    "- footer: {html: '<p>From <a href=\"{link}\">{source}</a>'}",
    "- footer: {html: '<li>{title}'}",
    "- footer: {html: 'x <b>'}",
    "- header: '{title}, {date}'",
    "- header: {html: '<dt> {author}'}",
    "- summary_only: 20",
    "- strip_html",
    "- strip_html: [links, images]",
    "- truncate: {length: 20, more: Read on, title: 10}",
    "- truncate: {words: 10, ellipsis: ' […]'}",
    "- truncate: {length: 15, title: 10, more: 'On {title}'}",
    "- truncate: {length: 10, ellipsis: ''}",
]
ONCE = [
    "- replace: [{regex: '[a-z ]+', by: '\\0\n-'}, {text: '中', by: \"\\u3000\"}]",
    "- replace: {regex: '\\s+', by: <b>, in: [title, content, summary, author]}",
    '- replace: {text: WORD, by: "\\n", ignore_case: true}',
]


@pytest.mark.parametrize("config", [*TWICE, *ONCE])
@settings(max_examples=15, deadline=None)
@given(body=BODIES, rest=OTHERS)
def test_what_comes_out_is_safe_and_twice_is_once(config: str, body: str, rest: dict[str, Any]) -> None:
    chain = filtered.chain_of(config)
    once = after(chain, body=body, **rest)
    assert html.clean(once.entry.body, base=rest["link"], entry_link=rest["link"]).html == once.entry.body
    assert config in ONCE or chain.shaped(once) == once
    if once == filtered.post_of(body=body, **rest):
        assert not chain.passed(once).changed


HEAVY = [
    TWICE[0],
    "- strip_html: [links, images]",
    TWICE[8],
    TWICE[9],
    "- summary_only: 20",
    "- replace: {text: o, by: '&'}",
]


@pytest.mark.parametrize("kind", LARGE)
def test_large_bodies_are_no_trouble(kind: str) -> None:
    for config in HEAVY:
        made = after(filtered.chain_of(config), body=LARGE[kind]).entry
        assert made.body or made.summary
        assert len(made.body.encode()) <= html.MAX_BYTES


WILD = ["<", "<<p<", "</p>", '<a href="', "<b", "&#0;", "&", "<!--", "]]>", "\x00", "<p>" * 600]


@pytest.mark.parametrize("config", [*TWICE, *ONCE])
@settings(max_examples=10, deadline=None)
@given(body=st.lists(st.one_of(st.sampled_from(WILD), st.text(max_size=5)), max_size=6).map("".join))
def test_what_is_no_markup_raises_nothing(config: str, body: str) -> None:
    assert filtered.chain_of(config).shaped(filtered.post_of(body=body, title="", link="")) is not None
