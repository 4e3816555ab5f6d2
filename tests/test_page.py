"""Pages of posts: three as sites write them, and whatever else comes; and when a page is worth asking for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import timedelta

import pytest

from factories import MOMENT, entry
from feedbraid import html
from feedbraid.codec import encode
from feedbraid.model import CleaningRules, Failed, PageHead, Recipe
from feedbraid.page import MAX_BYTES, MAX_ELEMENTS, extract, selector
from feedbraid.pagewish import GIVEN_UP, is_wanted, is_wished, way_of

URL = "https://site.example/news/ferry.html"

NEWS = """\
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Harbour town votes to keep its ferry | The Courier</title>
<meta property="og:title" content="Harbour town votes to keep its ferry"><style>.x{color:red}</style>
<script type="application/ld+json">{"@type":"NewsArticle","headline":"Harbour town votes"}</script></head>
<body class="single">
<div id="cookie-banner" class="cookie-banner"><p>We use cookies to make this better. <button>OK</button></p></div>
<header><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav></header>
<main><article class="post">
<header><h1>Harbour town votes to keep its ferry</h1>
<p class="byline">By <a href="/authors/ann">Ann Brook</a>, <time datetime="2026-03-02">2 March 2026</time></p>
<div class="share"><a href="https://social.example/share">Tell others</a></div></header>
<figure class="lead"><picture><source srcset="/img/ferry.webp 1200w" type="image/webp"><img src="/img/ferry.jpg"
alt="The ferry"></picture>
<figcaption>The ferry <em>Morning Star</em> leaves the quay at dusk.</figcaption></figure>
<p class="lede">The people of Eastmouth have voted by two to one to keep the ferry that has joined both sides of
the harbour since 1894, the council said on Monday.</p>
<p>Turnout was high for a local question: of the 11,204 people who may vote, 7,981 did so, more than at
<a href="../elections/2024">the last election</a>. The result binds the council for ten years.</p>
<h2>What it costs</h2>
<p>The crossing loses money on every weekday except Friday. A study that the council ordered last summer puts the
gap at 412,000 a year, most of it for fuel and wages.</p>
<table><caption>Passengers and cost</caption><thead><tr><th>Year</th><th>Gap</th></tr></thead>
<tbody><tr><td>2024</td><td>397,000</td></tr><tr><td>2025</td><td>412,000</td></tr></tbody></table>
<blockquote><p>A street does not earn money either.</p></blockquote>
<aside class="related"><h3>More on this</h3><ul><li><a href="/bridge"><img src="/img/bridge.jpg" alt="">Why the
bridge was never built</a></li></ul></aside>
<p>The council has until May to:</p>
<ul><li>sign the contract with the crew,</li><li>order <strong>two new engines</strong>, and</li><li>publish a
timetable.</li></ul>
<figure><img class="lazyload" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="/img/engine.jpg" alt="An
engine"><noscript><img src="/img/engine.jpg" alt="An engine"></noscript>
<figcaption>An old engine.</figcaption></figure>
<iframe src="https://video.example/embed/abc" width="560" height="315"></iframe>
<p>Correction: an earlier version named the wrong year for the first crossing.</p>
<p>Correction: an earlier version named the wrong year for the first crossing.</p>
<div class="newsletter"><h3>Get our newsletter</h3><form><input type="email"><button>Sign up</button></form></div>
</article>
<section id="comments"><h2>Comments</h2><div class="comment"><p>First! I have always liked the ferry and would pay
twice the fare for it any day of the week.</p></div></section></main>
<aside class="sidebar"><h3>Most read</h3><ol><li><a href="/whale">A whale in the bay</a></li></ol></aside>
<footer><p>All rights reserved. <a href="/imprint">Imprint</a></p></footer></body></html>
"""

BLOG = """\
<!doctype html><html><head><title>Sorting a list of lists — Tidy Notes</title>
<base href="https://static.notes.example/2026/sort/"></head>
<body><div id="wrap"><div id="top"><a href="/">Tidy Notes</a></div>
<div class="entry-content">
<h1 class="title">Sorting a list of lists</h1>
<p>Yesterday I had to sort rows by their <code>second</code> column, then by the first. Python makes that
<em>almost</em> too easy, but there is a catch that cost me an hour.</p>
<pre><code class="python">rows = [("b", 2), ("a", 2)]
for name, number in rows:
    print(name)
</code></pre>
<p>The key is a tuple<sup id="r1"><a href="#fn1">1</a></sup>, and tuples compare from left to right. That is the
whole trick, and it works for <kbd>None</kbd> too as long as you replace it first.</p>
<div class="highlight"><pre><span class="k">def</span> <span class="nf">key</span>(<span>row</span>):
    <span class="k">return</span> <span>row</span>[1]
</pre></div>
<p><img src="graph.png" alt="Time against length"><br>Time against length, on my old laptop.</p>
<ol><li><p>Measure first.</p></li><li><p>Then sort.</p><ul><li>not before</li></ul></li></ol>
<dl><dt>stable</dt><dd>equal items keep their order</dd></dl>
<hr><p id="fn1">1. A tuple of one works as well. <a href="#r1">Back</a></p>
</div><div class="sharedaddy"><ul><li><a href="?share=mail">Mail</a></li></ul></div>
<div id="footer">Powered by hope</div></div></body></html>
"""

CHINESE = """\
<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=gbk">
<title>新地铁线路三月开通_海城日报</title></head>
<body><div class="nav"><a href="/">首页</a><a href="/china">国内</a></div>
<div class="content"><h1>新地铁线路三月开通</h1><div id="zoom">
<p>　　海城三月二日电 （记者 李明）海城市交通局二日宣布，
连接东港与西山的地铁五号线将于本月十五日开通试运营，全长三十八公里。</p>
<p align="center"><img src="//img.haicheng.example/metro.jpg" alt="五号线列车"></p>
<p align="center">五号线列车在东港站进行测试。（图/张伟）</p>
<table border="1"><tr><td>里程</td><td>票价</td></tr><tr><td>6公里以内</td><td>3元</td></tr></table>
<p>　　“我每天上班要换两次公交车，”家住西山的陈女士说，“地铁开通后，路上可以少花四十分钟。”</p>
<p>　　市政府计划在二〇三〇年前再建三条线路，总投资约六百亿元。专家认为，资金来源仍是一个问题。</p>
</div><div class="related"><h3>相关新闻</h3><ul><li><a href="/1.html">公交线路调整通知</a></li></ul></div>
</div><div class="footer">版权所有 海城日报</div></body></html>
"""

STORY = "<p>The council of Eastmouth has decided on Monday that the ferry stays where it is.</p>"


def found(
    page: str | bytes, *css: str, content_type: str = "text/html", remove: tuple[str, ...] = (), url: str = URL
) -> str:
    text = text_of(page, *css, content_type=content_type, remove=remove, url=url)
    assert isinstance(text, str), text
    assert html.clean(text, base=url).html == text, "it can be published as it is"
    return text


def text_of(
    page: str | bytes, *css: str, content_type: str = "text/html", remove: tuple[str, ...] = (), url: str = URL
) -> str | Failed:
    content = page if isinstance(page, bytes) else page.encode()
    return extract(content, content_type, url, Recipe(css=css, remove=remove), CleaningRules())


def reason(page: str | bytes, *css: str, content_type: str = "text/html") -> str:
    text = text_of(page, *css, content_type=content_type)
    assert isinstance(text, Failed), text
    return text.reason


# --- pages as they are ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("harbour since 1894, the council said on Monday.</p>", id="the text"),
        pytest.param('<a href="https://site.example/elections/2024">the last election</a>', id="links, absolute"),
        pytest.param(
            "<figcaption>The ferry <em>Morning Star</em> leaves the quay at dusk.</figcaption>",
            id="whole captions",
        ),
        pytest.param('srcset="https://site.example/img/ferry.webp 1200w"', id="pictures in sizes"),
        pytest.param('src="https://site.example/img/engine.jpg"', id="lazy pictures, awake"),
        pytest.param("<caption>Passengers and cost</caption><thead><tr><th>Year</th>", id="whole tables"),
        pytest.param("<h2>What it costs</h2>", id="headings"),
        pytest.param("order <strong>two new engines</strong>, and</li>", id="lists"),
        pytest.param("<blockquote><p>A street does not earn", id="quotations"),
        pytest.param('<a href="https://video.example/embed/abc">', id="players, as links"),
    ],
)
def test_what_belongs_to_an_article_is_there(part: str) -> None:
    assert part in found(NEWS)


@pytest.mark.parametrize(
    "part",
    [
        pytest.param("cookies", id="banners"),
        pytest.param("Sport", id="menus"),
        pytest.param("Tell others", id="buttons to share"),
        pytest.param("bridge", id="other articles and their pictures"),
        pytest.param("newsletter", id="newsletters"),
        pytest.param("twice the fare", id="comments"),
        pytest.param("whale", id="side columns"),
        pytest.param("Imprint", id="the foot of the page"),
        pytest.param("Harbour town", id="the title"),
        pytest.param("NewsArticle", id="scripts"),
    ],
)
def test_what_is_around_an_article_is_not_there(part: str) -> None:
    assert part in NEWS
    assert part not in found(NEWS)


def test_a_paragraph_that_stands_there_twice_stays_twice() -> None:
    assert found(NEWS).count("Correction: an earlier version") == 2


def test_pictures_stand_where_they_stood() -> None:
    text = found(NEWS)
    places = [text.index(part) for part in ("ferry.jpg", "Monday", "412,000 a year", "engine.jpg", "Correction")]
    assert places == sorted(places)


def test_code_and_notes_of_a_blog_are_as_they_were_written() -> None:
    text = found(BLOG)
    assert (
        '<pre><code class="python">rows = [("b", 2), ("a", 2)]\nfor name, number in rows:\n    print(name)\n'
        in text
    )
    assert "rows by their <code>second</code> column" in text
    assert '):\n    <span class="k">return</span>' in text
    assert "<ol><li><p>Measure first.</p></li><li><p>Then sort.</p><ul><li>not before</li></ul></li></ol>" in text
    assert "<dl><dt>stable</dt><dd>equal items keep their order</dd></dl>" in text
    assert f'<sup id="r1"><a href="{URL}#fn1">1</a></sup>' in text
    assert 'src="https://static.notes.example/2026/sort/graph.png"' in text
    assert not any(part in text for part in ("Powered", "share=mail", "Tidy Notes", "Sorting a list of lists"))


def test_a_chinese_page_in_its_own_character_set() -> None:
    text = found(CHINESE.encode("gbk"))
    assert "<p>　　海城三月二日电 （记者 李明）海城市交通局二日宣布" in text
    assert 'src="https://img.haicheng.example/metro.jpg"' in text
    assert "（图/张伟）" in text
    assert "<tr><td>6公里以内</td><td>3元</td></tr>" in text
    assert not any(part in text for part in ("首页", "公交线路调整通知", "版权所有", "新地铁线路三月开通"))


def page_of(*parts: str, title: str = "News") -> str:
    return f"<!doctype html><html><head><title>{title}</title></head><body>{''.join(parts)}</body></html>"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(
            page_of("<div class=a>", STORY * 3, "</div>"),
            f'<div class="a">{STORY * 3}</div>',
            id="around it stays nothing but its own frame",
        ),
        pytest.param(
            page_of("<div><div><div class=a>", STORY * 3, "</div></div></div>"),
            f'<div class="a">{STORY * 3}</div>',
            id="not the frames of its frame",
        ),
        pytest.param(
            page_of("<div>Advertisement<a href=/x>Buy</a>", STORY * 3, "</div>"),
            f"<div>{STORY * 3}</div>",
            id="text beside paragraphs goes when it is none of the post",
        ),
        pytest.param(
            page_of("<div>", STORY * 3, "<div class=image><img src=a.png><div class=x>By Ann</div></div></div>"),
            f'<div>{STORY * 3}<div class="image"><img src="https://site.example/news/a.png">'
            '<div class="x">By Ann</div></div></div>',
            id="a picture keeps what is written below it",
        ),
        pytest.param(
            page_of("<div>", STORY * 3, "<div class=image><img src=a.png><a href=/x>Another one</a></div></div>"),
            f"<div>{STORY * 3}</div>",
            id="a picture that leads to another post goes",
        ),
        pytest.param(
            page_of("<div><img src=logo.png></div><div class=a>", STORY * 3, "</div>"),
            f'<div class="a">{STORY * 3}</div>',
            id="a picture elsewhere is none of the post",
        ),
        pytest.param(
            page_of(
                "<div>", STORY * 3, "<p>It was on <time>2 March</time> that they met in the old hall.</p></div>"
            ),
            f"<div>{STORY * 3}<p>It was on <time>2 March</time> that they met in the old hall.</p></div>",
            id="a paragraph of which a part is recognised stays whole",
        ),
        pytest.param(
            page_of("<main><header><div><h1>News</h1></div></header>", STORY * 3, "</main>"),
            f"<main>{STORY * 3}</main>",
            id="what held the title alone goes with it",
        ),
        pytest.param(
            page_of("<pre>$ cd /</pre><div>", STORY * 3, "<pre>$ ls</pre><hr></div>"),
            f"<div>{STORY * 3}<pre>$ ls</pre><hr></div>",
            id="code between paragraphs stays, code elsewhere does not",
        ),
        pytest.param(
            page_of(
                f'<script type="application/ld+json">{{"articleBody": "{"It stays. " * 30}"}}</script>', "Wait."
            ),
            f"<p>{'It stays. ' * 29}It stays.</p>",
            id="a text that is only in the data of the page",
        ),
    ],
)
def test_what_is_taken_of_a_page(page: str, text: str) -> None:
    assert "".join(found(page).split("\n")).strip() == text


def test_it_asks_nobody_for_anything_and_says_the_same_in_every_process() -> None:
    program = (
        "import sys\n"
        "def hook(event, args):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'subprocess.Popen'): print(event)\n"
        "import test_page, hashlib\n"
        "sys.addaudithook(hook)\n"
        "texts = [test_page.found(page) for page in (test_page.NEWS, test_page.BLOG, test_page.CHINESE)]\n"
        "print(hashlib.sha256(repr(texts).encode()).hexdigest())\n"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.path.dirname(__file__)},  # noqa: PTH120  # short
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    assert said[0].stdout == said[1].stdout
    assert len(said[0].stdout) == 65
    assert [one.stderr for one in said] == ["", ""]


def test_the_library_keeps_its_thoughts_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "feedbraid"):
        assert reason("<html><body></body></html>") == "no text of a post was found on the page"
    assert caplog.records == []


# --- where an operator says it stands ---------------------------------------------------------------------

NAMED = page_of(
    "<main><header><h1>News</h1></header></main><div id=a><p class=t>One</p><p class=x>Ad</p></div>",
    "<p class=t>Two</p>tail<div class=t>Three<p class=t>Four</p><button>Share</button></div>",
    "<p class=t><img src=a.png></p>",
)


@pytest.mark.parametrize(
    ("css", "remove", "text"),
    [
        pytest.param(["#a"], (), '<div id="a"><p class="t">One</p><p class="x">Ad</p></div>', id="one element"),
        pytest.param(["#a"], (".x",), '<div id="a"><p class="t">One</p></div>', id="without a part of it"),
        pytest.param(
            ["p.x", "#a .t"], (), '<p class="t">One</p><p class="x">Ad</p>', id="in the order of the page"
        ),
        pytest.param(
            ["div.t, div.t .t"], (), '<div class="t">Three<p class="t">Four</p></div>', id="nothing is taken twice"
        ),
        pytest.param(["#a + p"], (), '<p class="t">Two</p>', id="without the text behind it"),
        pytest.param(
            ["body > p:last-child"],
            (),
            '<p class="t"><img src="https://site.example/news/a.png"></p>',
            id="a picture alone",
        ),
        pytest.param(
            ["body > .t:has(img), h1"],
            (),
            '<p class="t"><img src="https://site.example/news/a.png"></p>',
            id="not the title",
        ),
    ],
)
def test_what_an_operator_names(css: list[str], remove: tuple[str, ...], text: str) -> None:
    assert found(NAMED, *css, remove=remove).replace("\n", "") == text


def test_what_an_operator_removes_is_not_found_either() -> None:
    page = page_of(
        "<div>", STORY * 3, "<p class=ad>A long advertisement that looks like a sentence of it.</p></div>"
    )
    assert "advertisement" in found(page)
    assert "advertisement" not in found(page, remove=(".ad",))


@pytest.mark.parametrize(
    ("css", "says"),
    [
        pytest.param([".none", "#nor"], "nothing on the page is named by .none, #nor", id="nothing is named"),
        pytest.param(["h1"], "nothing on the page can be published", id="the title alone"),
        pytest.param(["main"], "nothing on the page can be published", id="a frame of the title alone"),
        pytest.param(["button"], "nothing on the page is named by button", id="a control"),
    ],
)
def test_what_names_nothing_is_said(css: list[str], says: str) -> None:
    assert reason(NAMED, *css).startswith(says)


# --- no pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "content_type", "says"),
    [
        pytest.param(b"", "text/html", "the page is empty", id="nothing"),
        pytest.param(b" \n", "", "the page is empty", id="blanks"),
        pytest.param(b"%PDF-1.7", "application/pdf", "this is no web page, but application/pdf", id="PDF"),
        pytest.param(b"%PDF-1.7", "text/html", "this is no web page, but binary data", id="PDF called HTML"),
        pytest.param(b"\x89PNG", "image/png; x=y", "this is no web page, but image/png", id="a picture"),
        pytest.param(b'{"a": 1}', "application/json", "this is no web page, but application/json", id="JSON"),
        pytest.param(b'{"a": 1}', "", "this is no web page", id="JSON without a type"),
        pytest.param(b"just words", "text/html", "this is no web page", id="plain text"),
        pytest.param(b"<?xml version='1.0'?><rss><p>x</p></rss>", "text/xml", "this is no web page", id="a feed"),
        pytest.param(
            b"<html>" + b"x" * MAX_BYTES, "text/html", "the page is larger than 5,000,000 bytes", id="far too much"
        ),
        pytest.param(
            b"<html>" + b"<div>" * 1000, "text/html", "the page is too deeply nested to be read", id="far too deep"
        ),
        pytest.param(
            b"<html>" + b"<p>x" * MAX_ELEMENTS,
            "text/html",
            "the page has over 50,000 elements; name those of the text with css",
            id="far too many elements",
        ),
        pytest.param(b"<!doctype html><title>x</title>", "text/html", "no text of a post was found", id="no text"),
        pytest.param(
            page_of("<p>Just a moment, we check that you are no robot.</p>").encode(),
            "text/html",
            "hardly any text is on the page (46 bytes)",
            id="T9 a question to robots",
        ),
        pytest.param(
            b"<html><head><meta http-equiv=refresh content='0; url=/story'></head><p>Moved to another place</p>",
            "text/html",
            "hardly any text is on the page",
            id="a redirect that is not followed",
        ),
    ],
)
def test_what_is_no_page_of_a_post_is_refused(content: bytes, content_type: str, says: str) -> None:
    assert reason(content, content_type=content_type).startswith(says)


def test_a_short_text_in_chinese_says_as_much_as_a_long_one() -> None:
    short = "海城市交通局二日宣布，连接东港与西山的地铁五号线将于本月十五日开通试运营，全长三十八公里。"
    assert found(page_of(f"<article><p>{short}</p><p>{short[:30]}</p></article>"))


def test_a_text_that_no_post_can_hold_is_refused() -> None:
    assert "more than a post can hold" in reason(
        page_of("<article><p>", "word " * 300_000, "</p></article>"), "article"
    )


# --- character sets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        pytest.param("<html><body>Grüße, 今天</body>".encode(), "text/html", id="UTF-8 is what nobody states"),
        pytest.param(
            "<html><body>Grüße, 今天</body>".encode(), "text/html; charset=gbk", id="UTF-8 against the server"
        ),
        pytest.param("\ufeff<html><body>Grüße, 今天</body>".encode("utf-16"), "text/html", id="a byte order mark"),
        pytest.param(
            "<html><body>Grüße, 今天</body>".encode("gb18030"), "text/html; charset=GB2312", id="the server"
        ),
        pytest.param(
            "<html><head><meta charset='gbk'></head><body>Grüße, 今天</body>".encode("gb18030"), "", id="the page"
        ),
        pytest.param(
            "<html><meta charset=gbk><body>Grüße, 今天</body>".encode("gb18030"),
            "text/html; charset=utf-8",
            id="the page, where the server is wrong",
        ),
    ],
)
def test_the_character_set_of_a_page(content: bytes, content_type: str) -> None:
    assert found(content, "body", content_type=content_type) == "Grüße, 今天"


def test_what_nobody_can_tell_is_western() -> None:
    assert found(b"<html><body>caf\xe9 \x80 5</body>", "body") == "café € 5"
    assert found(b"<html><meta charset=x-unknown><body>caf\xe9</body>", "body") == "café"


# --- titles -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "stays"),
    [
        pytest.param("<h1>Ferry stays in town</h1>", False, id="the title"),
        pytest.param("<header><h1>Ferry  stays\nin <b>town</b></h1></header>", False, id="in other words of HTML"),
        pytest.param("<h2>FERRY STAYS IN TOWN</h2>", False, id="in capitals"),
        pytest.param("<h1>Ferry stays in town - Courier</h1>", False, id="with the name of the site"),
        pytest.param("<div><strong>Ferry stays in town</strong></div>", False, id="in no heading"),
        pytest.param("<img src=a.png><h1>Ferry stays in town</h1>", False, id="below a picture"),
        pytest.param("<h1>Ferry stays in town</h1><h2>Ferry stays in town</h2>", False, id="twice"),
        pytest.param("<h1>Ferry</h1>", True, id="a word of it"),
        pytest.param("<p>Words first.</p><h1>Ferry stays in town</h1>", True, id="after words"),
        pytest.param("<h4>Ferry stays in town</h4>", False, id="in a small heading"),
        pytest.param("<h4>Ferry stays in town today</h4>", True, id="with other words in a small heading"),
    ],
)
def test_a_text_does_not_begin_with_its_title(heading: str, stays: bool) -> None:  # noqa: FBT001
    text = found(page_of(f"<main>{heading}{STORY}</main>", title="Ferry stays in town | Courier"), "main")
    assert ("ferry" in text.partition("The council")[0].lower()) == stays


# --- when -------------------------------------------------------------------------------------------------


def known(tries: int = 0, made_from: str = "d1") -> PageHead:
    return PageHead(made_from=made_from, digest="" if tries else "x", read=MOMENT, tries=tries)


@pytest.mark.parametrize(
    ("head", "passed", "is_due"),
    [
        pytest.param(None, 0, True, id="never asked"),
        pytest.param(known(), 9_999, False, id="read"),
        pytest.param(known(1), 0.9, False, id="failed once, not an hour ago"),
        pytest.param(known(1), 1, True, id="failed once, an hour ago"),
        pytest.param(known(2), 5.9, False, id="failed twice, not six hours ago"),
        pytest.param(known(2), 6, True, id="failed twice, six hours ago"),
        pytest.param(known(3), 23.9, False, id="failed three times, not a day ago"),
        pytest.param(known(3), 24, True, id="failed three times, a day ago"),
        pytest.param(known(GIVEN_UP), 9_999, False, id="given up"),
        pytest.param(known(made_from="d0"), 5.9, False, id="changed, but read lately"),
        pytest.param(known(made_from="d0"), 6, True, id="changed"),
        pytest.param(known(GIVEN_UP, "d0"), 6, True, id="given up, and changed since"),
        pytest.param(known(1), -24, True, id="F17 failed, and the clock was set back"),
        pytest.param(known(), -24, False, id="F17 read, and the clock was set back"),
        pytest.param(known(GIVEN_UP), -24, False, id="F17 given up, and the clock was set back"),
    ],
)
def test_when_a_page_is_asked_for(head: PageHead | None, passed: float, is_due: bool) -> None:  # noqa: FBT001
    assert is_wished(head, "d1", MOMENT + timedelta(hours=passed)) == is_due


@pytest.mark.parametrize(
    ("fields", "shorter_than", "wanted"),
    [
        pytest.param({"body": STORY * 99}, 0, True, id="all posts"),
        pytest.param({"link": ""}, 0, False, id="no page"),
        pytest.param({"body": "<p>ten chars!</p>"}, 11, True, id="less than that"),
        pytest.param({"body": "<p>ten chars!</p>"}, 10, False, id="as much as that"),
        pytest.param({"body": "", "summary": "ten chars!"}, 10, False, id="a summary is a text"),
        pytest.param({"body": ""}, 1, True, id="nothing"),
    ],
)
def test_which_posts_get_the_text_of_their_page(fields: dict[str, str], shorter_than: int, wanted: bool) -> None:  # noqa: FBT001
    assert is_wanted(entry(**fields), Recipe(shorter_than=shorter_than)) == wanted


def test_pages_are_kept_by_what_decides_their_text() -> None:
    assert way_of(encode(Recipe(css=("a",), most=5, shorter_than=9))) == way_of(encode(Recipe(css=("a",))))
    assert way_of(encode(Recipe(css=("a",)))) != way_of(encode(Recipe(remove=("a",))))
    assert way_of("") == ""


@pytest.mark.parametrize("stated", ["article >", "a:foo", "::before", "", "svg|a", "[a='\x01']", ":not(" * 400])
def test_a_selector_that_is_none_is_refused(stated: str) -> None:
    with pytest.raises(ValueError, match="is no CSS selector"):
        selector(stated)


def test_a_selector_stays_as_it_is_written() -> None:
    assert selector(" #a > .b ") == " #a > .b "
