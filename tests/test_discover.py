"""Where the feed of a page may be, and whether a feed is one of our own."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.discover import (
    USUAL_PATHS,
    Candidate,
    Loop,
    linked_feeds,
    loop_at,
    loop_in,
    named_feeds,
    preferred,
    usual_feeds,
)
from feedbraid.model import Channel, FeedSpec, Fresh, Note, SiteSpec
from feedbraid.tags import tags, unescaped

PAGE = "https://site.example/blog/"
RSS = 'rel="alternate" type="application/rss+xml"'


def named(head: str, links: str = "", body: str = "") -> list[str]:
    page = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>".encode()
    return [one.url for one in named_feeds(page, "text/html; charset=utf-8", PAGE, links)]


@pytest.mark.parametrize(
    ("head", "urls"),
    [
        (f'<link {RSS} href="/f.xml">', ["https://site.example/f.xml"]),
        ("<LINK REL=Alternate TYPE='application/atom+xml' HREF=f.xml>", ["https://site.example/blog/f.xml"]),
        (f'<link {RSS} href="//cdn.example/f">', ["https://cdn.example/f"]),
        (f'<link {RSS} href="/f?a=1&amp;b=2"/>', ["https://site.example/f?a=1&b=2"]),
        (f'<link {RSS} href="/f?a=1&copy=2"/>', ["https://site.example/f?a=1&copy=2"]),
        (f'<base href="https://b.example/x/"><link {RSS} href="f">', ["https://b.example/x/f"]),
        ('<link rel="alternate" type="application/feed+json" href="/f.json">', ["https://site.example/f.json"]),
        ('<link rel="feed" href="/f">', ["https://site.example/f"]),
        ('<link rel="alternate" type="text/xml; charset=utf-8" href="/f">', ["https://site.example/f"]),
        (
            f'<link {RSS} href="/a"><link {RSS} href="/a"><link {RSS} href="/b">',
            ["https://site.example/a", "https://site.example/b"],
        ),
        ('<link rel="alternate" type="application/json" href="/wp-json/x">', []),
        ('<link rel="alternate" hreflang="de" href="/de">', []),
        ('<link rel="alternate stylesheet" type="text/xml" href="/x">', []),
        ('<link rel="stylesheet" type="application/rss+xml" href="/x">', []),
        (f"<link {RSS}>", []),
        (f'<link {RSS} href="javascript:x()">', []),
        (f'<!-- <link {RSS} href="/f"> -->', []),
        (f"<script>var x = '<link {RSS} href=\"/f\">';</script>", []),
    ],
)
def test_a_page_names_its_feeds_in_its_head(head: str, urls: list[str]) -> None:
    assert named(head) == urls


def test_headers_name_feeds_before_the_page_does() -> None:
    links = (
        '</h>; rel="alternate"; type="application/rss+xml"; title="H", </n>; rel=next, '
        '<//x.example/a>; type="application/atom+xml"; rel=alternate'
    )
    assert named(f'<link {RSS} href="/h"><link {RSS} href="/p">', links) == [
        "https://site.example/h",
        "https://x.example/a",
        "https://site.example/p",
    ]


@pytest.mark.parametrize(
    ("charset", "content_type"),
    [
        ('<meta charset="gb2312">', "text/html"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=GBK">', ""),
        ("", "text/html; charset=gb2312"),
    ],
)
def test_a_page_is_read_in_its_own_character_set(charset: str, content_type: str) -> None:
    page = (
        f'<html><head>{charset}<link {RSS} title="评论" href="/评论.xml"><link {RSS} title="新闻" href="/f.xml">'
    )
    found = named_feeds(page.encode("gb2312"), content_type, PAGE)
    assert [(one.title, one.comments) for one in found] == [("评论", True), ("新闻", False)]
    assert found[0].url == "https://site.example/%E8%AF%84%E8%AE%BA.xml"


@pytest.mark.parametrize(
    ("title", "href"),
    [("News » Comments Feed", "/x"), ("News", "/comments/feed/"), ("评论", "/x"), ("Kommentare", "/x")],
)
def test_a_feed_of_comments_is_not_the_first_choice(title: str, href: str) -> None:
    page = f'<link {RSS} title="{title}" href="{href}"><link {RSS} title="News" href="/feed">'.encode()
    found = named_feeds(page, "", PAGE)
    assert [one.comments for one in found] == [True, False]
    assert preferred(found) == 1
    assert preferred(found[:1]) == 0
    assert found[1] == Candidate(url="https://site.example/feed", title="News", kind="RSS")


def test_links_of_the_page_that_look_like_feeds_are_taken_when_they_are_its_own() -> None:
    hrefs = [
        "/rss.xml",
        "/about",
        "https://other.example/feed",
        "/a/feed/",
        "/comments/feed",
        "/x.rss",
        "/y.atom",
        "http://[",
    ]
    page = "".join(f'<a href="{href}">x</a>' for href in hrefs).encode()
    found = [one.url for one in linked_feeds(page, "", PAGE)]
    assert found == ["https://site.example/rss.xml", "https://site.example/a/feed/", "https://site.example/x.rss"]


def test_usual_places_are_few() -> None:
    assert [one.url for one in usual_feeds(PAGE)] == [f"https://site.example{path}" for path in USUAL_PATHS]
    assert len(USUAL_PATHS) <= 7


@given(st.binary(), st.text())
def test_any_page_can_be_looked_at(page: bytes, links: str) -> None:
    for one in (*named_feeds(page, "", PAGE, links), *linked_feeds(page, "", PAGE)):
        assert one.url.startswith(("http://", "https://"))


# --- tags -------------------------------------------------------------------------------------------------


@given(st.text(st.sampled_from("<>/=\"'ab !-[]CDAT&;#\n"), max_size=200))
def test_tags_are_found_in_their_order_in_any_text(text: str) -> None:
    places = [(tag.start, tag.end) for tag in tags(text)]
    assert all(start < end for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@pytest.mark.parametrize(
    "piece", ["<a b='", '<a "', "<!--", "<![CDATA[", "<script>", "<a " + "x=" * 50, "< ", "<a b=\"'<a '\""]
)
def test_tags_take_time_in_proportion_to_the_text(piece: str) -> None:
    text = piece * (400_000 // len(piece))
    assert sum(1 for _ in tags(text)) <= len(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a &amp; b", "a & b"),
        ("?a&copy=1", "?a&copy=1"),
        ("&#x41;&#66;", "AB"),
        ("&#0;&#55296;", ""),
        ("&nix;", "&nix;"),
    ],
)
def test_references_are_read_where_they_end(text: str, read: str) -> None:
    assert unescaped(text) == read


# --- our own ----------------------------------------------------------------------------------------------

SITE = SiteSpec(address="https://out.example/feeds/")
NEWS = FeedSpec(
    name="news",
    title="",
    origins=(),
    address="https://out.example/feeds/news/",
    home="",
    id="tag:out.example,2026:news",
)
FRESH = Fresh(entries=(), channel=Channel(title="T", id="https://t.example/"))


@pytest.mark.parametrize(
    ("url", "certain"),
    [
        ("https://out.example/feeds/news/atom.xml", True),
        ("http://OUT.example:80/feeds/news/rss.xml", True),
        ("https://out.example/feeds/other/atom.xml", False),
        ("https://out.example/blog.xml", None),
        ("https://out.example.evil.example/feeds/", None),
    ],
)
def test_an_address_below_the_site_is_ours(url: str, *, certain: bool | None) -> None:
    found = loop_at(url, SITE, [NEWS])
    assert (found and found.certain) is certain


ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="{}"/>'
    '<entry><link rel="self" href="{}"/></entry></feed>'
)


@pytest.mark.parametrize(
    ("document", "certain"),
    [
        (ATOM.format("https://out.example/feeds/news/atom.xml", ""), True),
        (ATOM.format("https://out.example/feeds/x/atom.xml", ""), False),
        (ATOM.format("https://t.example/", "https://out.example/feeds/news/atom.xml"), None),
        (
            '<rss><channel><atom:link href="http://out.example/feeds/news/rss.xml" rel="self"/></channel></rss>',
            True,
        ),
        (json.dumps({"feed_url": "https://out.example/feeds/news/feed.json"}), True),
        ('{"feed_url": 1}', None),
        ("{", None),
    ],
)
def test_a_document_that_names_one_of_our_addresses_is_ours(document: str, *, certain: bool | None) -> None:
    found = loop_in(document.encode(), "", FRESH, SITE, [NEWS])
    assert (found and found.certain) is certain


def test_a_document_with_one_of_our_ids_is_ours() -> None:
    fresh = Fresh(entries=(), channel=Channel(id=NEWS.id))
    found = loop_in(b"<feed/>", "", fresh, SITE, [NEWS])
    assert found == Loop(reason="it has the id of the feed 'news' of this configuration", certain=True)


def test_a_document_that_some_feedbraid_wrote_may_be_ours() -> None:
    fresh = Fresh(entries=(), notes=(Note("D1", "feedbraid wrote this document"),))
    found = loop_in(b"<feed/>", "", fresh, SITE, [NEWS])
    assert found is not None
    assert not found.certain
