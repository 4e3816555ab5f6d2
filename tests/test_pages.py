"""The pages for people: structure, safety, languages (N124..N127)."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from factories import ADDRESS, MOMENT, after, channel, feed, post
from feedbraid import pages
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.html import clean
from feedbraid.model import CleaningRules, Enclosure, Episode, Feed, Person, Sibling
from feedbraid.pages import FeedLine, SourceLine, feed_page, index_page
from feedbraid.pages._body import embedded
from feedbraid.pages._files import clock, size
from feedbraid.pages._languages import direction
from golden_feeds import FEEDS
from html_judge import HOSTILE

VOID = {"area", "br", "col", "hr", "img", "link", "meta", "source", "track", "wbr"}


def parsed(document: bytes) -> Any:  # noqa: ANN401  # lxml has no types
    return lxml_html.document_fromstring(document.decode())


def page_of(*posts: Any, **fields: Any) -> Any:  # noqa: ANN401  # posts, the fields of Feed, a tree
    return parsed(feed_page(feed(*posts, **{"address": ADDRESS, **fields})))


def article(tree: Any, number: int = 0) -> Any:  # noqa: ANN401  # lxml has no types
    return tree.xpath("/html/body/main/article")[number]


def texts(tree: Any, path: str) -> list[str]:  # noqa: ANN401  # lxml has no types
    return [" ".join(each.text_content().split()) for each in tree.xpath(path)]


def line(**fields: Any) -> FeedLine:  # noqa: ANN401  # the fields of FeedLine
    what = feed()
    plain = FeedLine(
        title="News",
        subtitle="",
        address=ADDRESS,
        home=ADDRESS,
        language="en",
        entries=3,
        updated=MOMENT,
        siblings=what.siblings,
        sources=(),
    )
    return replace(plain, **fields)


def other_line(**fields: Any) -> FeedLine:  # noqa: ANN401  # the fields of FeedLine
    """Give a second feed, whose documents have the titles of the first."""
    address = "https://feeds.example.org/other/"
    siblings = tuple(replace(one, href=address + one.href.rpartition("/")[2]) for one in reversed(feed().siblings))
    return line(**{"title": "Other", "address": address, "siblings": siblings, **fields})


class Structure(HTMLParser):
    """Lists what is not well-formed, by a tokenizer that repairs nothing, and collects ids."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.path: list[str] = []
        self.ids: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        if tag not in VOID:
            self.path.append(tag)
        names = [name for name, _ in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.faults += [f"{tag} has {name}" for name in names if name.startswith("on") or name == "style"]
        self.faults += [f"{tag} has {name} twice" for name in set(names) if names.count(name) > 1]

    def handle_endtag(self, tag: str) -> None:
        if not self.path or self.path.pop() != tag:
            self.faults.append(f"unbalanced {tag}")


def structure(document: bytes) -> Structure:
    judge = Structure()
    judge.feed(document.decode())
    judge.close()
    judge.faults += [f"open {tag}" for tag in judge.path]
    return judge


def policy_of(tree: Any) -> dict[str, str]:  # noqa: ANN401  # lxml has no types
    (content,) = tree.xpath("/html/head/meta[@http-equiv='Content-Security-Policy']/@content")
    return dict(part.strip().partition(" ")[::2] for part in content.split(";"))


# --- a page says what a feed is ---------------------------------------------------------------------------


def test_n124_a_page_explains_the_feed_and_gives_its_addresses_to_copy() -> None:
    tree = page_of(post(), title="A <b> & c", subtitle="Sub & more", home="https://www.site.example/", previous="")
    assert texts(tree, "/html/head/title") == ["A <b> & c"]
    assert texts(tree, "//h1") == ["A <b> & c"]
    assert texts(tree, "/html/body/header/hgroup/p") == ["Sub & more"]
    assert texts(tree, "/html/body/header/p") == [
        "This is a feed. Subscribe by copying one of these addresses into a feed reader.",
        "Updated 2026-03-01 12:00 UTC · site.example · Sources (OPML)",
    ]
    assert texts(tree, "/html/body/header/ul/li/code") == [
        f"{ADDRESS}atom.xml",
        f"{ADDRESS}rss.xml",
        f"{ADDRESS}feed.json",
    ]
    assert tree.xpath("/html/body/header/ul/li/a/@href") == ["atom.xml", "rss.xml", "feed.json"]
    assert tree.xpath("/html/body/header/p/time/@datetime") == ["2026-03-01T12:00:00Z"]
    assert tree.xpath("/html/body/header//a/@href")[0] == "../index.html"
    assert "../sources.opml" in tree.xpath("//@href")
    assert b"user-select: all" in pages.STYLE


def test_n124_a_feed_in_one_format_has_one_address_to_copy() -> None:
    tree = page_of(siblings=(Sibling(f"{ADDRESS}rss.xml", "application/rss+xml", "News"),))
    assert texts(tree, "/html/body/header/p")[0] == (
        "This is a feed. Subscribe by copying this address into a feed reader."
    )


def test_n124_the_posts_are_listed_with_links_dates_authors_and_source() -> None:
    tree = page_of(
        post(
            "https://example.org/two?a=1&b=2",
            title="Two <i>",
            body="<p>The <em>text</em>.</p>",
            published=MOMENT,
            updated=after(days=2),
            first_seen=after(days=2),
            authors=(Person("Ann", "https://ann.example/"), Person("Ben & Co")),
            channel=channel(title="Hills & Vales", link="https://hills.example/"),
        )
    )
    one = article(tree)
    assert texts(one, "header/h2") == ["Two <i>"]
    assert one.xpath("header/h2/a/@href") == ["https://example.org/two?a=1&b=2"]
    assert texts(one, "header/p") == [
        "2026-03-01 12:00 UTC · updated 2026-03-03 12:00 UTC · Ann, Ben & Co · Hills & Vales"
    ]
    assert one.xpath("header/p//a/@href") == ["https://ann.example/", "https://hills.example/"]
    assert texts(one, "div/p/em") == ["text"]


def test_no_name_is_said_twice_and_not_that_of_the_page() -> None:
    tree = page_of(
        post(authors=(Person("Hills"),), channel=channel(title="Hills")),
        post("https://e.example/2", authors=(Person("News"),), channel=channel(title="News")),
        post(
            "https://e.example/3", authors=(Person("News"),), channel=channel(title="", link="https://h.example/")
        ),
    )
    assert [texts(article(tree, number), "header/p") for number in range(3)] == [
        ["2026-03-01 12:00 UTC · Hills"],
        ["2026-03-01 12:00 UTC"],
        ["2026-03-01 12:00 UTC · h.example"],
    ]


def test_the_origin_that_an_entry_names_is_its_source() -> None:
    tree = page_of(post(channel=channel(title="Planet"), named=channel(title="Woods"), authors=()))
    assert texts(article(tree), "header/p") == ["2026-03-01 12:00 UTC · Woods"]


def test_n30_a_post_without_a_title_is_reached_by_its_date() -> None:
    tree = page_of(post(title="", authors=()))
    assert article(tree).xpath("header/h2") == []
    assert article(tree).xpath("header/p/a/@href") == ["https://example.org/one"]
    assert texts(article(tree), "header/p/a/time") == ["2026-03-01 12:00 UTC"]


def test_n30_a_post_that_is_a_link_alone_is_called_by_it() -> None:
    tree = page_of(post(title="", body="", summary=""))
    assert texts(article(tree), "header/h2/a") == ["example.org/one"]


def test_a_summary_stands_in_for_a_body_as_text() -> None:
    tree = page_of(post(body="", summary="a <b>bold</b> & brave"))
    assert texts(article(tree), "div/p") == ["a <b>bold</b> & brave"]
    assert texts(page_of(post(body="<p>long</p>", summary="short")), "//article/div") == ["long"]


def test_n86_older_posts_are_said_to_be_in_the_archive() -> None:
    tree = page_of(post(), post("https://e.example/2"), previous=f"{ADDRESS}archive/7/")
    assert texts(tree, "/html/body/footer/p") == ["2 posts are here, older ones are in the archive feeds."]
    assert tree.xpath("/html/body/footer//a/@href") == ["archive/7/atom.xml"]
    assert page_of(post()).xpath("/html/body/footer") == []


def test_a_feed_without_posts_says_so() -> None:
    assert texts(page_of(), "/html/body/main") == ["There are no posts yet."]


def test_rights_are_shown() -> None:
    assert texts(page_of(rights="© <Ann>"), "/html/body/footer/p") == ["© <Ann>"]


# --- files ------------------------------------------------------------------------------------------------


def test_sound_and_film_play_without_loading_before_and_other_files_are_links() -> None:
    tree = page_of(
        post(
            body="",
            enclosures=(
                Enclosure("https://e.example/1.mp3?a=1&b=2", "audio/mpeg", 12_345_678, "Episode <1>"),
                Enclosure("https://e.example/%E7%AC%AC.webm", "video/webm"),
                Enclosure("https://e.example/p.pdf", "application/pdf", 81_920),
            ),
            episode=Episode(duration=3723),
        )
    )
    one = article(tree)
    assert one.xpath("figure/audio/@src") == ["https://e.example/1.mp3?a=1&b=2"]
    assert one.xpath("figure/video/@src") == ["https://e.example/%E7%AC%AC.webm"]
    assert one.xpath("figure/*/@preload") == ["none", "none"]
    assert len(one.xpath("figure/*/@controls")) == 2
    assert texts(one, "figure/figcaption") == ["Episode <1> · 1:02:03 · 12.3 MB", "第.webm", "p.pdf · 82 kB"]
    assert one.xpath("figure[3]//a/@href") == ["https://e.example/p.pdf"]


def test_what_the_body_plays_already_is_a_link_alone() -> None:
    source = "https://e.example/1.mp3?a=1&b=2"
    body = clean(f'<audio src="{source}"></audio>', base="https://e.example/").html
    one = article(page_of(post(body=body, enclosures=(Enclosure(source, "audio/mpeg"),))))
    assert one.xpath("figure/audio") == []
    assert one.xpath("figure//a/@href") == [source]


def test_n67_a_thumbnail_is_shown_where_the_body_has_no_picture() -> None:
    picture = "https://e.example/i.png?x=1&y=2"
    assert article(page_of(post(image=picture))).xpath("img/@src") == [picture]
    assert (
        article(page_of(post(image=picture, body='<p><img src="https://e.example/b.png"></p>'))).xpath("img") == []
    )


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (0, ""),
        (-5, ""),
        (1, "1 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (81_920, "82 kB"),
        (12_345_678, "12.3 MB"),
        (10**15, "1000000.0 GB"),
    ],
)
def test_sizes_are_written_in_decimal_units(length: int, written: str) -> None:
    assert size(length) == written


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, ""), (7, "0:07"), (123, "2:03"), (3600, "1:00:00"), (36_610, "10:10:10")]
)
def test_durations_are_written_as_players_do(seconds: int, written: str) -> None:
    assert clock(seconds) == written


# --- discovery --------------------------------------------------------------------------------------------


def alternates(tree: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401  # lxml has no types
    found = tree.xpath("/html/head/link[@rel='alternate']")
    return [(each.get("type"), each.get("title"), each.get("href")) for each in found]


def test_n127_a_page_names_its_feeds_atom_first_by_their_public_addresses() -> None:
    tree = page_of(siblings=tuple(reversed(feed().siblings)))
    assert alternates(tree) == [
        ("application/atom+xml", "News (atom.xml)", f"{ADDRESS}atom.xml"),
        ("application/rss+xml", "News (rss.xml)", f"{ADDRESS}rss.xml"),
        ("application/feed+json", "News (feed.json)", f"{ADDRESS}feed.json"),
    ]


def test_n127_the_index_names_all_feeds_atom_first_under_distinct_titles() -> None:
    tree = parsed(index_page("All", [line(), other_line()]))
    found = alternates(tree)
    assert [kind for kind, _, _ in found] == [
        kind for kind in ("application/atom+xml", "application/rss+xml", "application/feed+json") for _ in "12"
    ]
    assert found[0][2] == f"{ADDRESS}atom.xml"
    assert found[1][1] == "News (atom.xml) (https://feeds.example.org/other/atom.xml)"
    assert len({title for _, title, _ in found}) == 6
    assert tree.xpath("/html/body/footer//a/@href") == ["sources.opml"]


# --- the index --------------------------------------------------------------------------------------------


def test_the_index_lists_feeds_with_address_count_date_and_sources() -> None:
    sources = (
        SourceLine(
            name="h", title="Hills & <Vales>", feed_url="https://h.example/feed", link="https://h.example/"
        ),
        SourceLine(name="seeds", title="", feed_url="", link=""),
    )
    tree = parsed(index_page("All <feeds>", [line(subtitle="Sub", sources=sources), other_line(entries=1)]))
    one, two = tree.xpath("/html/body/main/section")
    assert texts(tree, "//h1") == ["All <feeds>"]
    assert one.xpath("h2/a/@href") == ["news/index.html"]
    assert two.xpath("h2/a/@href") == ["other/index.html"]
    assert texts(one, "p") == ["Sub", "3 posts · updated 2026-03-01 12:00 UTC · RSS · JSON Feed"]
    assert texts(one, "ul/li/code") == [f"{ADDRESS}atom.xml"]
    assert one.xpath("ul/li/a/@href") == ["news/atom.xml"]
    assert one.xpath("p/a/@href") == ["news/rss.xml", "news/feed.json"]
    assert texts(one, "details/summary") == ["2 sources"]
    assert texts(one, "details/ul/li") == ["Hills & <Vales> · feed", "seeds"]
    assert one.xpath("details//a/@href") == ["https://h.example/", "https://h.example/feed"]
    assert texts(two, "p") == ["1 post · updated 2026-03-01 12:00 UTC · RSS · JSON Feed"]
    assert two.xpath("details") == []


def test_a_feed_that_never_had_a_post_has_no_date_in_the_index() -> None:
    tree = parsed(index_page("All", [line(entries=0, updated=None, siblings=())]))
    assert texts(tree, "//section/p") == ["0 posts"]


def test_files_elsewhere_are_linked_by_their_whole_address() -> None:
    elsewhere = Sibling("https://cdn.example/a.xml", "application/atom+xml", "A")
    odd = Sibling(f"{ADDRESS}javascript:alert(1)", "application/rss+xml", "B")
    tree = page_of(siblings=(elsewhere, odd))
    assert tree.xpath("/html/body/header/ul//a/@href") == [elsewhere.href, odd.href]


# --- the frame --------------------------------------------------------------------------------------------


def documents() -> dict[str, bytes]:
    made = {name: feed_page(make()) for name, make in FEEDS.items()}
    made["alone"] = feed_page(FEEDS["planet"](), style=pages.STYLE.decode())
    made["index"] = index_page("All", [line(), other_line(language="ar")], language="zh-Hans")
    return made


@pytest.mark.parametrize("name", documents())
def test_n124_every_page_is_well_formed_html_without_scripts(name: str) -> None:
    document = documents()[name]
    found = structure(document)
    assert found.faults == []
    assert document.startswith(b"<!DOCTYPE html>\n<html lang=")
    assert document.endswith(b"</html>\n")
    assert b"\r" not in document
    assert not {"script", "form", "input", "object", "embed", "base"} & set(found.seen)
    assert found.seen.count("main") == 1
    assert found.seen.count("h1") >= 1
    assert len(found.ids) == len(set(found.ids))
    head = parsed(document).xpath("/html/head")[0]
    assert head[0].get("charset") == "utf-8"
    assert head[1].get("http-equiv") == "Content-Security-Policy"
    assert {each.get("name"): each.get("content") for each in head.xpath("meta[@name]")} | {"description": ""} == {
        "viewport": "width=device-width, initial-scale=1",
        "color-scheme": "light dark",
        "referrer": "no-referrer",
        "description": "",
    }


@pytest.mark.parametrize("name", documents())
def test_n122_pages_have_the_same_bytes_each_time(name: str) -> None:
    assert documents()[name] == documents()[name]


def test_n125_nothing_is_made_by_xslt() -> None:
    for document in (*documents().values(), pages.STYLE, pages.FEED_STYLE):
        assert b"xsl" not in document.lower()


def test_n129_the_policy_lets_pictures_and_sound_in_and_nothing_else() -> None:
    assert policy_of(page_of(post())) == {
        "default-src": "'none'",
        "img-src": "https: http: data:",
        "media-src": "https: http:",
        "style-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_n48_frames_are_allowed_only_where_a_post_has_one() -> None:
    body = clean(
        '<iframe src="https://player.example/1"></iframe>',
        base="https://e.example/",
        rules=CleaningRules(embeds=("player.example",)),
    ).html
    tree = page_of(post(body=body))
    assert policy_of(tree)["frame-src"] == "https:"
    (frame,) = tree.xpath("//iframe")
    assert dict(frame.attrib) == {
        "src": "https://player.example/1",
        "loading": "lazy",
        "referrerpolicy": "strict-origin-when-cross-origin",
    }
    assert "frame-src" not in policy_of(page_of(post(body="<p>&lt;iframe</p>")))


@pytest.mark.parametrize("css", [pages.STYLE.decode(), "a > b { content: 'é & </style><script>' }\r\n"])
def test_a_style_inside_the_page_is_allowed_by_its_hash(css: str) -> None:
    document = feed_page(feed(post()), style=css)
    (inside,) = re.findall(rb"<style>(.*?)</style>", document, re.DOTALL)
    digest = b64encode(sha256(inside).digest()).decode()
    assert policy_of(parsed(document))["style-src"] == f"'sha256-{digest}'"
    assert structure(document).faults == []
    assert b"style.css" not in document
    assert b"<script" not in document.replace(inside, b"")


def test_the_style_is_linked_where_the_page_is_told_it_is() -> None:
    assert page_of().xpath("/html/head/link[@rel='stylesheet']/@href") == ["../style.css"]
    tree = parsed(feed_page(feed(), up="../../"))
    assert tree.xpath("/html/head/link[@rel='stylesheet']/@href") == ["../../style.css"]
    assert {"../../index.html", "../../sources.opml"} <= set(tree.xpath("//@href"))
    assert parsed(index_page("All", [])).xpath("/html/head/link/@href") == ["style.css"]


# --- hostile text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    person, link = Person(hostile, "javascript:alert(1)"), "https://e.example/\"onmouseover='x'<b>"
    bad = post(
        link,
        title=hostile,
        summary=hostile,
        body=clean(hostile, base="https://e.example/", entry_link=link).html,
        authors=(person,),
        channel=channel(title=hostile, link="JAVASCRIPT:alert(1)"),
        image="data:text/html,<script>",
        enclosures=(Enclosure("javascript:alert(1)", "audio/mpeg"), Enclosure(link, 'a"b/<c>', 1, hostile)),
    )
    what = feed(bad, title=hostile, subtitle=hostile, rights=hostile, home="javascript:x", address=ADDRESS)
    lines = [
        line(
            title=hostile,
            subtitle=hostile,
            sources=(SourceLine(name=hostile, title=hostile, feed_url="javascript:x", link=hostile),),
        )
    ]
    for document in (feed_page(what), index_page(hostile, lines)):
        found = structure(document)
        assert found.faults == []
        assert not {"script", "iframe", "svg", "object", "form", "style", "base", "math"} & set(found.seen)
        for each in parsed(document).xpath("//@href | //@src"):
            assert not re.match(r"\s*(javascript|data|vbscript)\s*:", each, re.IGNORECASE), each


def test_addresses_that_are_not_of_the_web_are_not_linked() -> None:
    tree = page_of(post("javascript:alert(1)", title="T", channel=channel(link="file:///etc")), home="ftp://x/")
    assert article(tree).xpath(".//@href") == []
    assert texts(article(tree), "header/h2") == ["T"]


def test_n35_what_html_forbids_is_left_out() -> None:
    document = feed_page(feed(title="a\x00b\x0b\ud800c"))
    assert b"<title>abc</title>" in document


# --- bodies beside each other -----------------------------------------------------------------------------


def test_ids_of_bodies_are_gone_and_links_to_them_lead_to_the_post() -> None:
    body = clean(
        '<h2 id="posts">x</h2><p><a href="#posts">up</a></p>'
        '<table><tr><th id="h">1</th></tr><tr><td headers="h" class="c">2</td></tr></table>',
        base="https://e.example/",
        entry_link="https://e.example/one",
    ).html
    document = feed_page(feed(post(body=body), post("https://e.example/2", body=body)))
    assert structure(document).ids == ["posts"]
    tree = parsed(document)
    assert article(tree).xpath("div//a/@href") == ["https://e.example/one#posts"]
    assert tree.xpath("//article//@headers") == []
    assert article(tree).xpath("div//td/@class") == ["c"]


def test_a_page_has_one_main_and_bodies_keep_all_that_shows() -> None:
    body = '<main class="x" lang="de"><p title="a &lt;p id=1> b">kept</p><hr></main>'
    tree = page_of(post(body=body))
    assert len(tree.xpath("//main")) == 1
    (inner,) = article(tree).xpath("div/div")
    assert (inner.get("class"), inner.get("lang"), inner.text_content()) == ("x", "de", "kept")
    assert inner.xpath("p/@title") == ["a <p id=1> b"]


def test_pictures_and_players_of_bodies_wait_until_they_are_seen() -> None:
    body = (
        '<img src="https://e.example/1.png"><img src="https://e.example/2.png" alt="two" loading="eager">'
        '<audio src="https://e.example/3.mp3"></audio><video controls="" src="https://e.example/4.mp4"></video>'
    )
    one = article(page_of(post(body=body)))
    assert [dict(each.attrib) for each in one.xpath("div/img")] == [
        {"src": "https://e.example/1.png", "alt": "", "loading": "lazy"},
        {"src": "https://e.example/2.png", "alt": "two", "loading": "eager"},
    ]
    assert one.xpath("div/*/@preload") == ["none", "none"]
    assert len(one.xpath("div/*/@controls")) == 2


def test_the_style_names_no_class_and_no_id() -> None:
    selectors = re.sub(r"\{[^{}]*\}|\"[^\"]*\"", "", pages.STYLE.decode())
    assert re.findall(r"(?<![\w.])\.[a-z][\w-]*|#[\w-]+", selectors) == []


# --- languages --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("ar", "rtl"), ("he", "rtl"), ("iw", "rtl"), ("fa-AF", "rtl"), ("ur-PK", "rtl"),
        ("yi", "rtl"), ("ps", "rtl"), ("sd", "rtl"), ("ug", "rtl"), ("ckb-IQ", "rtl"),
        ("dv", "rtl"), ("az-Arab", "rtl"), ("pa-Arab-PK", "rtl"), ("ar-Latn", "ltr"), ("sd-Deva", "ltr"),
        ("en", "ltr"), ("zh-Hant-TW", "ltr"), ("de-1996", "ltr"), ("art-lojban", "ltr"), ("zh-yue-Hant", "ltr"),
        ("", "auto"),
    ],
)  # fmt: skip
def test_a_language_says_its_direction(language: str, expected: str) -> None:
    assert direction(language) == expected


def marks(element: Any) -> tuple[str | None, str | None]:  # noqa: ANN401  # lxml has no types
    return element.get("lang"), element.get("dir")


@pytest.mark.parametrize(
    ("feed_language", "entry_language", "page_marks", "article_marks", "text_dir"),
    [
        ("en", "en", ("en", "ltr"), (None, None), None),
        ("en", "", ("en", "ltr"), (None, None), "auto"),
        ("en", "zh-Hans", ("en", "ltr"), ("zh-Hans", None), None),
        ("zh-Hans", "zh-Hant", ("zh-Hans", "ltr"), ("zh-Hant", None), None),
        ("zh-Hans", "ja", ("zh-Hans", "ltr"), ("ja", None), None),
        ("en", "ar", ("en", "ltr"), ("ar", "rtl"), None),
        ("he", "en", ("he", "rtl"), ("en", "ltr"), None),
        ("he", "ar", ("he", "rtl"), ("ar", None), None),
        ("", "fa", ("en", "ltr"), ("fa", "rtl"), None),
        ("", "", ("en", "ltr"), ("", None), "auto"),
    ],
)
def test_n74_posts_say_their_language_and_direction_where_they_differ(
    feed_language: str,
    entry_language: str,
    page_marks: tuple[str, str],
    article_marks: tuple[str | None, str | None],
    text_dir: str | None,
) -> None:
    tree = page_of(post(language=entry_language), language=feed_language)
    one = article(tree)
    assert marks(tree.xpath("/html")[0]) == page_marks
    assert marks(one) == article_marks
    assert one.xpath("header")[0].get("dir") == text_dir
    assert one.xpath("div")[0].get("dir") == text_dir


def test_n74_a_title_in_an_unknown_language_is_not_called_english() -> None:
    (heading,) = page_of(language="", title="תוכן").xpath("/html/body/header/hgroup")
    assert marks(heading) == ("", "auto")
    (heading,) = parsed(index_page("תוכן", [])).xpath("/html/body/header/hgroup")
    assert marks(heading) == ("", "auto")
    (heading,) = page_of(language="fr").xpath("/html/body/header/hgroup")
    assert marks(heading) == (None, None)


def test_our_own_words_are_english_on_every_page() -> None:
    assert page_of(post(), language="en-GB").xpath("/html/body/header//span") == []
    tree = page_of(post(), language="ar")
    (intro,) = tree.xpath("/html/body/header/p[1]/span")
    assert marks(intro) == ("en", "ltr")
    assert {marks(each) for each in tree.xpath("//header//time | //header//code")} == {(None, "ltr")}
    section = parsed(index_page("A", [line(language="ar")], language="en")).xpath("//section")[0]
    assert marks(section) == ("ar", "rtl")
    assert {marks(each) for each in section.xpath("p/span")} == {("en", "ltr")}


# --- the style --------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Give the relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("style", [pages.STYLE, pages.FEED_STYLE], ids=["style.css", "feed.css"])
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), [(f, b) for f in ("ink", "soft", "link") for b in ("paper", "tint")])
def test_colours_have_the_contrast_of_wcag_aa(style: bytes, scheme: int, front: str, back: str) -> None:
    palettes = re.findall(r"--paper: #[^}]*", style.decode())
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", palettes[scheme]))
    assert contrast(colours[front], colours[back]) >= 4.5


def test_the_style_is_small_and_asks_for_nothing() -> None:
    assert len(pages.STYLE) < 6000
    for style in (pages.STYLE, pages.FEED_STYLE):
        assert style.count(b"{") == style.count(b"}")
        assert not re.search(
            rb"@import|url\((?!http://www\.w3\.org/2005/Atom\))|https?:(?!//www\.w3\.org/2005/Atom)", style
        )


def test_n126_the_style_of_feeds_begins_with_its_namespace_and_hides_bodies() -> None:
    """Anywhere else, a namespace is ignored and with it every rule that uses it."""
    style = pages.FEED_STYLE.decode()
    assert style.startswith("@namespace atom url(http://www.w3.org/2005/Atom);\n")
    assert "entry > *, item > * { display: none }" in style
    assert "content" not in re.sub(r"content: \"[^\"]*\"", "", style)
    assert b'xmlns="http://www.w3.org/2005/Atom"' in ATOM.render(feed(post()), f"{ADDRESS}atom.xml")


def test_n124_a_page_needs_no_style_to_be_read() -> None:
    """Order in the document is the order in which it is read."""
    found = structure(feed_page(FEEDS["planet"]()))
    assert found.seen.index("h1") < found.seen.index("code") < found.seen.index("article")


def test_the_page_of_a_feed_is_the_same_whatever_its_order_of_siblings() -> None:
    what: Feed = FEEDS["podcast"]()
    assert feed_page(replace(what, siblings=tuple(reversed(what.siblings)))) == feed_page(what)


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('<p lang="xx yy">a</p>', "<p>a</p>"),
        ('<p dir="bogus">a</p>', "<p>a</p>"),
        ('<p lang="ar" dir="rtl">a</p>', '<p lang="ar" dir="rtl">a</p>'),
    ],
)
def test_a_page_has_no_language_or_direction_that_there_is_not(body: str, shown: str) -> None:
    assert str(embedded(body)) == shown


_TAGS = st.sampled_from(["p", "main", "mainly", "img", "iframe", "video", "td", "a"])
_ATTRIBUTES = st.sampled_from(
    ["", ' id="x"', ' lang="en"', ' lang="x y"', ' dir="up"', ' headers="h"', ' alt="id"', ' src="a?id=1"']
)


@given(st.lists(st.tuples(_TAGS, _ATTRIBUTES, st.sampled_from(["", ' id="', "a &lt; b"])), max_size=6))
def test_every_tag_that_has_to_change_is_changed_whatever_stands_beside_it(
    parts: list[tuple[str, str, str]],
) -> None:
    elements = [f"<{tag}{attributes}>{text}</{tag}>" for tag, attributes, text in parts]
    beside = '<p lang="en">all are looked at</p>'
    assert str(embedded("".join(elements))) + beside == str(embedded("".join(elements) + beside))
