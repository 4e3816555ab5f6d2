"""One seed file becomes a raw entry: the script format, other generators, damage, and what is no post."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid import html
from feedbraid.dates import read_date
from feedbraid.model import OriginSpec, RawPerson, RawText, Reading, Skipped
from feedbraid.postfile import MOST_BYTES, PostRead, read_post
from feedbraid.text import one_line

PLAIN = Reading(spec=OriginSpec(name="posts", kind="seeds", locations=("seeds/",)))
ON_A_SITE = Reading(
    spec=OriginSpec(name="posts", kind="seeds", locations=("seeds/",), site="https://site.example/blog/")
)

SCRIPT_POST = """\
---
layout: post
title: "一个 \\"标题\\" [续]"
date: 2021-01-27T14:41:19.000Z
author: 某报
from: https://news.example/a/one.html
tags: [ 某报 ]
comments: True
categories: [ 某报, 国际 ]
---
<!--1611758479000-->
[一个 "标题" [续]](https://news.example/a/one.html)
------

<div>
<div><i>Wed, 27 Jan 2021 14:00:25 GMT</i></div><img src="https://images.weserv.nl?url=img.example/1.jpg">\
<p># 一</p><div>- 二</div>
</div>
"""


def read(text: str | bytes, ref: str = "post.md", reading: Reading = PLAIN) -> PostRead:
    found = read_post(text if isinstance(text, bytes) else text.encode(), ref, reading)
    assert isinstance(found, PostRead), found
    return found


def skipped(text: str | bytes, ref: str = "post.md") -> Skipped:
    found = read_post(text if isinstance(text, bytes) else text.encode(), ref, PLAIN)
    assert isinstance(found, Skipped), found
    assert found.ref == ref
    return found


def head(*lines: str, body: str = "Text.") -> PostRead:
    return read("\n".join(["---", "title: x", "date: 2020-01-01", *lines, "---", body]))


def link(found: PostRead) -> str:
    return found.raw.links[0].href if found.raw.links else ""


def body(found: PostRead) -> str:
    return found.raw.contents[0].value if found.raw.contents else ""


def date(found: PostRead) -> str:
    return found.raw.published.text if found.raw.published else ""


def notes(found: PostRead) -> list[str]:
    return [note.text for note in found.notes]


# --- the script format ------------------------------------------------------------------------------------


def test_the_script_format_is_read_whole() -> None:
    found = read(SCRIPT_POST, "2021-01-27-一个标题.md")
    raw = found.raw
    assert raw.dialect == "seed"
    assert raw.title == RawText(value='一个 "标题" [续]')
    assert (link(found), date(found)) == ("https://news.example/a/one.html", "2021-01-27T14:41:19.000Z")
    assert raw.authors == (RawPerson(name="某报"),)
    assert [category.term for category in raw.categories] == ["某报", "国际"]
    assert (raw.ref, raw.slug, raw.base) == ("2021-01-27-一个标题.md", "一个标题", link(found))
    assert raw.contents[0].media_type == "text/html"
    assert (raw.id, raw.summary, raw.updated, found.notes) == ("", None, None, ())


def test_the_outer_div_and_the_date_in_it_are_no_part_of_the_body_and_nothing_in_it_is_markdown() -> None:
    picture = '<img src="https://images.weserv.nl?url=img.example/1.jpg">'
    assert body(read(SCRIPT_POST)) == f"{picture}<p># 一</p><div>- 二</div>"


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        pytest.param("<div>\n<p>a</p>\n</div>", "<p>a</p>", id="the outer div"),
        pytest.param("<div><p>a</p></div>", "<p>a</p>", id="the outer div in one line"),
        pytest.param("<div>a</div><div>b</div>", "<div>a</div><div>b</div>", id="two divs are no outer one"),
        pytest.param("<div>\n<div>a</div><div>b</div>\n</div>", "<div>a</div><div>b</div>", id="two divs in one"),
        pytest.param("<div>\n<p>a", "<p>a", id="an outer div that is cut"),
        pytest.param("<div>\n\n</div>", "", id="an empty div"),
        pytest.param("<div>\n<i>Wed, 27 Jan 2021 14:00:25 GMT</i><p>a</p>\n</div>", "<p>a</p>", id="a bare date"),
        pytest.param("<div><i>2020-07-16T01:13:26</i></div><p>a</p>", "<p>a</p>", id="a date without outer div"),
        pytest.param("<div><i><br>2020-07-16T01:13:26.505Z</i></div>a", "<p>a</p>", id="a break in the date"),
        pytest.param("<div>10/07/2020 - 14:35</div><p>a</p>", "<p>a</p>", id="a date in figures"),
        pytest.param(
            "<div><i>Our reporter</i></div><p>a</p>", "<div><i>Our reporter</i></div><p>a</p>", id="no date"
        ),
        pytest.param("<div>\n#1 the *best*\n</div>", "<p>#1 the *best*</p>", id="text with marks of Markdown"),
        pytest.param("<div>\n1 & 2\n3\n</div>", "<p>1 &amp; 2<br>3</p>", id="text with line ends"),
    ],
)
def test_the_body_of_the_script_format(inner: str, expected: str) -> None:
    found = read(f"<!--1611758479000-->\n[t](https://a.example/)\n------\n\n{inner}\n")
    assert body(found) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "<!--1593048195000-->\n[t](https://a.example/)\n------\n\n<div>a</div>",
            "2020-06-25T01:23:15Z",
            id="the epoch comment",
        ),
        pytest.param(
            "[t](https://a.example/)\n------\n日期：Mon, 29 Jun 2020 22:07:11 +0000\n\n<p>a</p>",
            "Mon, 29 Jun 2020 22:07:11 +0000",
            id="a date line",
        ),
        pytest.param(
            "<!--NaN-->\n[t](https://a.example/)\n------\n\n<div><i>2020-07-16T01:13:26</i></div>",
            "2020-07-16T01:13:26",
            id="no number, but a date in the body",
        ),
        pytest.param(
            "<!--9999999999999999-->\n[t](https://a.example/)\n---\n\na", "", id="a number beyond the calendar"
        ),
        pytest.param("<!--NaN-->\n[t](https://a.example/)\n---\n", "", id="nothing"),
    ],
)
def test_posts_without_front_matter_have_a_linked_heading(text: str, expected: str) -> None:
    found = read(text)
    assert found.raw.title == RawText(value="t")
    assert (link(found), date(found)) == ("https://a.example/", expected)
    assert "日期" not in body(found)


def test_front_matter_counts_more_than_the_heading() -> None:
    front = '---\ntitle: "a"\ndate: 2021-01-27\nfrom: https://a.example/a b\n---\n'
    found = read(f"{front}<!--1-->\n[b](https://a.example/a%20b)\n------\n\n<div>\nc\n</div>")
    assert found.raw.title == RawText(value="a")
    assert (link(found), date(found)) == ("https://a.example/a b", "2021-01-27")


# --- addresses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["from: https://a.example/1", "link: https://a.example/2"],
            "https://a.example/1",
            id="from comes first",
        ),
        pytest.param(
            ["from: 某报", "link: https://a.example/2"], "https://a.example/2", id="a from that is no address"
        ),
        pytest.param(["canonicalUrl: https://a.example/3"], "https://a.example/3", id="canonicalUrl"),
        pytest.param(["redirect_to:\n  - https://a.example/4"], "https://a.example/4", id="the first of a list"),
        pytest.param(["permalink: https://a.example/5"], "https://a.example/5", id="an absolute permalink"),
        pytest.param(["guid: https://a.example/6"], "https://a.example/6", id="an absolute guid"),
        pytest.param(["guid: urn:uuid:1"], "", id="a guid that is no address"),
        pytest.param(["link: <https://a.example/7>"], "https://a.example/7", id="brackets around it"),
        pytest.param(["link: //a.example/8"], "//a.example/8", id="without a scheme"),
        pytest.param(["from: https://a.example/中 文"], "https://a.example/中 文", id="blanks and raw characters"),
        pytest.param(["permalink: /about/"], "", id="a relative one without a site"),
        pytest.param(
            ["from: javascript:alert(1)", "link: https://a.example/9"],
            "https://a.example/9",
            id="another one is usable",
        ),
        pytest.param([], "", id="none"),
    ],
)
def test_the_link_is_the_first_absolute_address(lines: list[str], expected: str) -> None:
    assert link(head(*lines)) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("permalink: /2020/one/", "https://site.example/blog/2020/one/", id="a permalink"),
        pytest.param("url: one.html", "https://site.example/blog/one.html", id="a url"),
        pytest.param("path: inside/one", "https://site.example/blog/inside/one", id="a path of Zola"),
        pytest.param("permalink: pretty", "", id="a style is no address"),
        pytest.param("permalink: /:year/:title/", "", id="a template is no address"),
        pytest.param("layout: post", "", id="none"),
    ],
)
def test_relative_addresses_stand_on_the_configured_site(line: str, expected: str) -> None:
    found = read(f"---\ntitle: x\n{line}\n---\na", reading=ON_A_SITE)
    assert link(found) == expected
    assert found.raw.base == (expected or "https://site.example/blog/")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://a.example/x", "mailto:a@b.example", "data:text/html,x"]
)
def test_a_link_that_is_no_web_address_is_refused(url: str) -> None:
    assert skipped(f"---\ntitle: x\nlink: {url}\n---\na").reason == f"its link is no http(s) address: {url}"


# --- dates ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "ref", "expected", "note"),
    [
        pytest.param(
            "date: 2021-01-27 14:41:19 +0800", "2020-02-03-a.md", "2021-01-27 14:41:19 +0800", "", id="as written"
        ),
        pytest.param(
            "date: ‘2019-01-17 15:55:00 -07:00'", "a.md", "2019-01-17 15:55:00 -07:00", "", id="odd quotes go"
        ),
        pytest.param(
            "date: 1815-06-18", "2020-02-03-a.md", "1815-06-18", "", id="an old date is the author's word"
        ),
        pytest.param("pubDate: 2021-01-27", "a.md", "2021-01-27", "", id="under another name"),
        pytest.param("published: 2021-01-27", "a.md", "2021-01-27", "", id="published may be a date"),
        pytest.param("published: true", "2020-02-03-a.md", "2020-02-03", "it states no date", id="or a word"),
        pytest.param(
            "layout: x", "2020-2-3-a.md", "2020-02-03", "it states no date; 2020-02-03 was taken", id="file name"
        ),
        pytest.param(
            "layout: x",
            "posts/2020-02-03-a/index.md",
            "2020-02-03",
            "taken from its name",
            id="name of its folder",
        ),
        pytest.param("layout: x", "2020/02/03/a.md", "2020-02-03", "taken from its name", id="folders"),
        pytest.param("path: 2020/02/03/a", "a.md", "2020-02-03", "taken from its name", id="its path on the site"),
        pytest.param(
            "date: 0001-01-01T00:00:00Z", "2020-02-03-a.md", "2020-02-03", "can not be read", id="year 1 is none"
        ),
        pytest.param("date: AUTO_GEN", "2020-02-03-a.md", "2020-02-03", "'AUTO_GEN' can not be read", id="a word"),
        pytest.param(
            "date: AUTO_GEN\ncreated: 2021-01-27", "a.md", "2021-01-27", "2021-01-27 was taken", id="the next one"
        ),
        pytest.param("date: 2026-02-30", "2020-02-03-a.md", "2020-02-03", "can not be read", id="no such day"),
        pytest.param("layout: x", "a.md", "", "the moment it was first seen", id="none at all"),
    ],
)
def test_the_date_is_the_first_one_that_can_be_read(lines: str, ref: str, expected: str, note: str) -> None:
    found = read(f"---\ntitle: x\n{lines}\n---\na", ref)
    assert date(found) == expected
    assert note in " ".join(notes(found)) if note else found.notes == ()


@pytest.mark.parametrize(
    "stated",
    [
        "2026-02-30",
        "2026-02-30 10:00:00 +0800",
        "2026-13-01",
        "2026-00-05",
        "2026-01-05T25:00:00Z",
        "2026-01-05 10:75",
    ],
)
def test_b102_a_date_that_does_not_exist_is_refused_where_no_other_is_stated(stated: str) -> None:
    assert skipped(f"---\ntitle: x\ndate: {stated}\n---\na", "2026-02-30-a.md").reason == (
        f"its date {stated} does not exist"
    )
    assert date(read(f"---\ntitle: x\ndate: {stated}\ncreated: 2026-01-05\n---\na")) == "2026-01-05"


def test_updated_comes_from_any_of_its_names() -> None:
    for key in ("last_modified_at", "lastmod", "updated", "modified"):
        raw = head(f"{key}: 2021-02-03").raw
        assert raw.updated is not None
        assert raw.updated.text == "2021-02-03"


def test_an_expiry_date_is_recorded() -> None:
    assert notes(head("expirydate: 2021-02-03")) == [
        "it says that it expires at 2021-02-03; posts are kept all the same"
    ]


# --- the other fields -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "terms"),
    [
        pytest.param(["tags: [a b, c]"], ["a b", "c"], id="a list"),
        pytest.param(["tags: a b"], ["a", "b"], id="words, as Jekyll has them"),
        pytest.param(["tags: a b, c，d"], ["a b", "c", "d"], id="commas"),
        pytest.param(["category: a b"], ["a b"], id="one category is not split at blanks"),
        pytest.param(["tags: [a]", "categories: [b, a]"], ["a", "b"], id="tags and categories, each once"),
        pytest.param(["taxonomies: {tags: [a], categories: [b]}"], ["a", "b"], id="taxonomies of Zola"),
        pytest.param(["tags:"], [], id="none"),
        pytest.param(
            ["categories:", "  - [Diary, Games]", "  - x"], ["Diary", "Games", "x"], id="lists in lists of Hexo"
        ),
        pytest.param(["tags: [{label: L}, {name: N}]"], ["L", "N"], id="mappings that name them"),
    ],
)
def test_n72_tags_and_categories_become_categories(lines: list[str], terms: list[str]) -> None:
    assert [category.term for category in head(*lines).raw.categories] == terms


@pytest.mark.parametrize(
    ("line", "people"),
    [
        pytest.param("author: Ann", [RawPerson(name="Ann")], id="a text"),
        pytest.param("author: [Ann, Bob]", [RawPerson(name="Ann"), RawPerson(name="Bob")], id="a list"),
        pytest.param(
            "author: {Name: Ann, url: https://a.example/, email: a@a.example}",
            [RawPerson(name="Ann", uri="https://a.example/", email="a@a.example")],
            id="a mapping",
        ),
        pytest.param(
            "authors: [{name: Ann}, Bob]", [RawPerson(name="Ann"), RawPerson(name="Bob")], id="a mixed list"
        ),
        pytest.param("authors: A, B", [RawPerson(name="A, B")], id="a list in one text is not taken apart (N55)"),
        pytest.param("author:", [], id="none"),
        pytest.param("author: {twitter: ann}", [], id="a mapping without a name"),
    ],
)
def test_authors_come_in_four_shapes(line: str, people: list[RawPerson]) -> None:
    assert list(head(line).raw.authors) == people


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        pytest.param("id: tag:a.example,2020:1", "id", "tag:a.example,2020:1", id="an id of its own"),
        pytest.param("lang: zh-Hans", "language", "zh-Hans", id="lang"),
        pytest.param("language: [English]", "language", "English", id="a list of languages"),
        pytest.param("image: /a.jpg", "image", "/a.jpg", id="an image"),
        pytest.param("image: {path: /a.jpg}", "image", "/a.jpg", id="an image as a mapping"),
        pytest.param("cover: {image: /a.jpg}", "image", "/a.jpg", id="a cover of Hugo"),
        pytest.param("description: A & b", "summary", RawText(value="A & b"), id="a description"),
        pytest.param("summary: a\nexcerpt: b", "summary", RawText(value="a"), id="a summary before an excerpt"),
    ],
)
def test_other_fields(line: str, field: str, expected: object) -> None:
    assert getattr(head(line).raw, field) == expected


@pytest.mark.parametrize(
    ("ref", "slug"),
    [
        pytest.param("2020-01-02-a-b.md", "a-b", id="a date in front"),
        pytest.param("sub/a.b.md", "a.b", id="a folder and dots"),
        pytest.param("2020-01-02.md", "", id="a date alone"),
        pytest.param("posts/a/index.md", "a", id="a folder of its own"),
        pytest.param("index.md", "index", id="no folder"),
    ],
)
def test_n7_the_slug_is_the_file_name_without_date_and_extension(ref: str, slug: str) -> None:
    assert read("---\ntitle: x\n---\na", ref).raw.slug == slug


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("---\ntitle: a\n---\n# b", RawText(value="a"), id="the stated title"),
        pytest.param(
            "---\nlayout: x\n---\ntext\n\n# b *c*\n",
            RawText(value="b <em>c</em>", kind="html"),
            id="the first heading",
        ),
        pytest.param("---\nlayout: x\n---\ntext", None, id="nothing"),
    ],
)
def test_a_post_without_a_title_takes_its_first_heading(text: str, expected: RawText | None) -> None:
    assert read(text).raw.title == expected


# --- bodies -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ref", "expected"),
    [
        pytest.param("*a* <b>c</b>", "a.md", "<p><em>a</em> <b>c</b></p>", id="Markdown with HTML"),
        pytest.param("|a|\n|-|\n|b|", "a.markdown", "<table>", id="a table"),
        pytest.param("*a* <b>c</b>", "a.html", "*a* <b>c</b>", id="an HTML file"),
        pytest.param("*a* <b>", "a.txt", "<p>*a* &lt;b&gt;</p>", id="a text file"),
        pytest.param(
            "<article>\n <p>a</p>\n\n    <p>b</p>\n</article>",
            "a.md",
            "<article>\n <p>a</p>\n\n    <p>b</p>\n</article>",
            id="one element from end to end",
        ),
        pytest.param(
            '<div markdown="1">\n\n*a*\n\n</div>', "a.md", "<em>a</em>", id="unless it says it holds Markdown"
        ),
        pytest.param("<div>a</div>\n\n*b*", "a.md", "<em>b</em>", id="an element and more"),
        pytest.param(
            "a {{ site.url }} {% include x %}",
            "a.md",
            "<p>a {{ site.url }} {% include x %}</p>",
            id="Liquid is not executed",
        ),
        pytest.param(
            "{% raw %}{{ a }} {% highlight x %}{% endraw %}",
            "a.md",
            "<p>{{ a }} {% highlight x %}</p>",
            id="raw marks go",
        ),
        pytest.param("a{% comment %} b {% endcomment %}", "a.md", "<p>a</p>", id="comments go"),
        pytest.param("a{% comment %} b", "a.md", "<p>a{% comment %} b</p>", id="a comment without an end stays"),
        pytest.param(
            "{% highlight ruby linenos %}\nputs '<b>'\n\n# x\n{% endhighlight %}",
            "a.md",
            "<pre><code>\nputs '&lt;b&gt;'\n\n# x\n</code></pre>",
            id="code",
        ),
        pytest.param("", "a.md", "", id="none"),
    ],
)
def test_bodies_become_html(text: str, ref: str, expected: str) -> None:
    found = body(read(f"---\ntitle: x\n---\n{text}\n", ref))
    assert (expected in found) if expected else (found == "")


def test_a_huge_body_is_not_read_as_markdown() -> None:
    found = read("---\ntitle: x\ndate: 2020-01-01\n---\n" + "*a* " * 250_001)
    assert body(found).startswith("<p>*a*")
    assert notes(found) == ["longer than 1000000 characters, it was not read as Markdown"]


# --- what is no post --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(b"", "it is empty", id="an empty file"),
        pytest.param(b"\xef\xbb\xbf \r\n", "it is empty", id="a byte order mark alone"),
        pytest.param(b"\x89PNG\0\0", "it is a binary file", id="a binary file"),
        pytest.param(b"x" * (MOST_BYTES + 1), "it is larger than 5 MiB", id="a huge file"),
        pytest.param(b"Just a text.", "neither front matter nor a linked heading", id="prose"),
        pytest.param("某报\n------\n\n[a](b)".encode(), "neither front matter", id="a heading without a link"),
        pytest.param(b"[a](https://a.example/)\n\ntext", "neither front matter", id="a link that is no heading"),
        pytest.param(b"---\ntitle: caf\xe9\n---\na", "byte 14 is 0xe9", id="one byte that is not UTF-8"),
        pytest.param(
            "---\ntitle: 中文标题的文章\n---\n".encode() + b"\xff", "not UTF-8: byte", id="a bad byte in UTF-8"
        ),
        pytest.param(b"---\ntitle: '{{ title }}'\n---\na", "it is a template", id="a template"),
        pytest.param(b"---\ntitle: a\ndate: {{ .Date }}\n---\na", "it is a template", id="a template of a date"),
        pytest.param(b"---\ntitle: a\ndraft: yes\n---\na", "it is a draft", id="a draft"),
        pytest.param(b"---\ntitle: a\npublished: false\n---\na", "published: false", id="not published"),
        pytest.param(b"Title: a\nStatus: hidden\n\na", "status: hidden", id="hidden"),
        pytest.param(b"---\ntitle: a\n", "no closing line", id="trouble in the head"),
    ],
)
def test_what_is_no_post_is_skipped_with_its_reason(text: bytes, reason: str) -> None:
    assert reason in skipped(text).reason


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("---\ntitle: café\n---\na".encode("latin-1"), id="Latin-1"),
        pytest.param("---\ntitle: 中国的经济\n---\n我们在这个时候，要看到的是。".encode("gb18030"), id="GB 18030"),
        pytest.param("---\ntitle: café\ncharset: martian\n---\na".encode("latin-1"), id="an unknown name"),
        pytest.param("---\ntitle: 中\ncharset: gbk\n---\n".encode("gbk") + b"\xff", id="not what it says"),
    ],
)
def test_b100_bad_bytes_are_named_with_their_place_and_nothing_is_guessed(data: bytes) -> None:
    found = skipped(data)
    assert re.match(r"it is not UTF-8: byte \d+ is 0x[0-9a-f]{2}; save it in UTF-8", found.reason)
    assert found.line == 2


# --- encodings --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "title", "note"),
    [
        pytest.param(
            "---\ntitle: café\ncharset: iso-8859-1\n---\na".encode("latin-1"),
            "café",
            "read as cp1252",
            id="a declared one",
        ),
        pytest.param(
            "---\ntitle: 中\nencoding: gbk\n---\na".encode("gbk"),
            "中",
            "read as gb18030",
            id="a declared Chinese one",
        ),
    ],
)
def test_b100_other_encodings_are_read_where_a_seed_names_them(data: bytes, title: str, note: str) -> None:
    found = read(data)
    assert found.raw.title == RawText(value=title)
    assert any(note in text for text in notes(found))


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert read(b"\xef\xbb\xbf" + SCRIPT_POST.replace("\n", "\r\n").encode()) == read(SCRIPT_POST)


# --- for every file ---------------------------------------------------------------------------------------


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"---\ntitle: x\n---\n", b"---\n", b"[a](http://b.example)\n--\n"]),
)
@example(b"\xff\xfe", b"")
def test_reading_never_raises(data: bytes, start: bytes) -> None:
    assert isinstance(read_post(start + data, "2020-01-01-a.md", ON_A_SITE), PostRead | Skipped)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80))
def test_any_text_is_a_body(text: str) -> None:
    assert isinstance(read_post(f"---\ntitle: x\n---\n{text}".encode(), "a.md", PLAIN), PostRead)


# --- real files -------------------------------------------------------------------------------------------

UNUSABLE = {
    "seed-118.md": "it is no post",
    "seed-119.md": "it is no post",
    "seed-209.md": "is no YAML",
    "seed-278.md": "status: hidden",
    "seed-283.md": "in coffee is never run",
    "seed-285.md": "in javascript is never run",
    "seed-286.md": "in coffee is never run",
    "seed-287.md": "it is a template",
    "seed-289.md": "it is a template",
    "seed-290.md": "it is a template",
    "seed-291.md": "it is a template",
}
"""The files that are no posts, by the words of the reason."""

FROM_ELSEWHERE = {"seed-252.md": "2024-03-27", "seed-253.md": "2021-11-01", "seed-254.md": "2025-01-22"}
"""Posts that state no date; it stands in the path they give for their own site."""


def rows(corpus: Path) -> Iterator[dict[str, str]]:
    with (corpus / "seeds" / "index.tsv").open(encoding="utf-8", newline="") as table:
        yield from csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)


@pytest.mark.corpus
def test_all_real_posts_are_read_as_they_were_read_by_hand(corpus: Path) -> None:
    differences = []
    for row in rows(corpus):
        name = row["file"]
        found = read_post((corpus / "seeds" / name).read_bytes(), name, PLAIN)
        if isinstance(found, Skipped):
            if UNUSABLE.get(name, "?") not in found.reason:
                differences.append((name, "skipped", found.reason))
            continue
        title = html.plain(found.raw.title) if found.raw.title else ""
        expected_title = one_line(html.plain(RawText(value=row["expected_title"])))
        moment = read_date(found.raw.published, zone="UTC", earliest=1970).value if found.raw.published else None
        moment_text = moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else "unreadable"
        expected_date = row["expected_date_utc"]
        if name in FROM_ELSEWHERE:
            expected_date = f"{FROM_ELSEWHERE[name]}T00:00:00Z"
        stated = (title, link(found), moment_text)
        if stated != (expected_title, row["expected_url"], expected_date):
            differences.append((name, str(stated), str((expected_title, row["expected_url"], expected_date))))
    assert differences == []


@pytest.mark.corpus
def test_real_file_names_give_dates_where_the_post_states_none(corpus: Path) -> None:
    checked = 0
    for row in rows(corpus):
        name, _, stated = row["note"].partition("date of the file name: ")
        if stated:
            found = read((corpus / "seeds" / row["file"]).read_bytes(), row["original_name"])
            assert date(found) == stated[:10], name
            checked += 1
    assert checked > 10


@pytest.mark.corpus
def test_the_heads_of_script_posts_never_reach_the_body(corpus: Path) -> None:
    for row in rows(corpus):
        found = read_post((corpus / "seeds" / row["file"]).read_bytes(), row["file"], PLAIN)
        if row["epoch_ms"] and isinstance(found, PostRead):
            assert row["epoch_ms"] not in body(found)[:40]
            assert not re.match(r"\[|<div>\n|---|<div><i>(?:<br>)?[\w, :.-]+</i>", body(found)), row["file"]


# --- further keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "comments: True",
        "enclosures: x.mp3",
        "links: { self: a }",
        "episode: 12",
        "source: somewhere",
        "source: { name: a, url: b }",
        "terms: [ a ]",
        "saved: yes",
        "exact: no",
    ],
)
def test_keys_that_mean_something_else_to_others_change_nothing(line: str) -> None:
    assert head(line).raw == head().raw


def test_people_may_write_the_further_keys_themselves() -> None:
    raw = head(
        "enclosures: [{url: https://a.example/1.mp3, type: audio/mpeg, length: 12}]",
        "comments: https://a.example/comments",
        "published_id: urn:x:1",
    ).raw
    assert [(one.href, one.media_type, one.length) for one in raw.enclosures] == [
        ("https://a.example/1.mp3", "audio/mpeg", "12")
    ]
    assert raw.comments == "https://a.example/comments"
    assert (raw.links, raw.published_id) == ((), "urn:x:1")


def test_exact_is_no_word_of_a_post_without_the_heading_of_the_format() -> None:
    assert body(head("exact: true", body="*Text*")) == "<p><em>Text</em></p>"
    assert body(head("exact: true", body="[x](https://a.example/)\n------\n\ntext")) == "<p>text</p>"
