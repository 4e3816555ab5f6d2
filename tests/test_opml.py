"""The list of sources (OPML 2.0)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from factories import ADDRESS, MOMENT, after, feed
from feedbraid.pages import FeedLine, SourceLine, sources_opml
from html_judge import HOSTILE

HILLS = SourceLine(
    name="hills", title="Hills & <Vales>", feed_url="https://h.example/feed?a=1&b=2", link="https://h.example/"
)
LAKES = SourceLine(name="lakes", title="", feed_url="https://l.example/rss", link="")
SEEDS = SourceLine(name="seeds", title="Seeds", feed_url="", link="https://example.org/")


def line(*sources: SourceLine, **fields: Any) -> FeedLine:  # noqa: ANN401  # the fields of FeedLine
    plain = FeedLine(
        title="News",
        subtitle="",
        address=ADDRESS,
        home=ADDRESS,
        language="en",
        entries=3,
        updated=after(days=9),
        siblings=feed().siblings,
        sources=sources,
    )
    return replace(plain, **fields)


def written(*feeds: FeedLine, title: str = "All", updated: datetime | None = None, owner: str = "") -> ET.Element:
    return ET.fromstring(sources_opml(title, feeds, updated, owner))  # noqa: S314  # our own document


def tree(element: ET.Element) -> list[Any]:
    """Give the outlines as (text, [inner outlines])."""
    return [(each.get("text"), tree(each)) for each in element]


def body(root: ET.Element) -> ET.Element:
    found = root.find("body")
    assert found is not None
    return found


def test_n120_the_document_is_opml_2_with_title_date_and_owner() -> None:
    root = written(line(HILLS), title="All & more", updated=MOMENT, owner="Ann <a>")
    assert (root.tag, root.attrib) == ("opml", {"version": "2.0"})
    assert [each.tag for each in root] == ["head", "body"]
    assert [(each.tag, each.text) for each in root[0]] == [
        ("title", "All & more"),
        ("dateModified", "Sun, 01 Mar 2026 12:00:00 GMT"),
        ("ownerName", "Ann <a>"),
    ]


def test_n120_the_date_is_that_of_the_newest_source_change_or_absent() -> None:
    assert written(line(HILLS)).find("head/dateModified") is None
    assert b"2026" not in sources_opml("All", [line(HILLS)], None)


def test_n120_a_source_states_type_text_title_and_addresses() -> None:
    hills, lakes = body(written(line(HILLS, LAKES)))
    assert list(hills.attrib.items()) == [
        ("type", "rss"),
        ("text", "Hills & <Vales>"),
        ("title", "Hills & <Vales>"),
        ("xmlUrl", "https://h.example/feed?a=1&b=2"),
        ("htmlUrl", "https://h.example/"),
    ]
    assert list(lakes.attrib.items()) == [
        ("type", "rss"),
        ("text", "lakes"),
        ("title", "lakes"),
        ("xmlUrl", "https://l.example/rss"),
    ]


def test_n120_n121_each_of_several_feeds_is_a_group_in_the_order_given() -> None:
    assert tree(body(written(line(LAKES, HILLS), line(HILLS, title="Zoo"), line(LAKES, title="Art")))) == [
        ("News", [("lakes", []), ("Hills & <Vales>", [])]),
        ("Zoo", [("Hills & <Vales>", [])]),
        ("Art", [("lakes", [])]),
    ]


def test_n120_a_group_states_nothing_but_its_text() -> None:
    assert [each.attrib for each in body(written(line(HILLS), line()))] == [{"text": "News"}, {"text": "News"}]


def test_n120_addresses_with_an_ipv6_host_are_left_out() -> None:
    far = replace(HILLS, feed_url="http://[2001:db8::1]:8080/feed")
    page = replace(LAKES, link="http://[2001:db8::1]/")
    (kept,) = body(written(line(far, page)))
    assert (kept.get("text"), kept.get("htmlUrl")) == ("lakes", None)


def test_n120_one_feed_alone_needs_no_group() -> None:
    assert tree(body(written(line(HILLS, LAKES)))) == [("Hills & <Vales>", []), ("lakes", [])]


def test_n120_what_is_no_feed_on_the_web_is_not_listed_and_nothing_twice() -> None:
    bad = replace(HILLS, name="bad", feed_url="javascript:alert(1)")
    odd = replace(LAKES, link="data:text/html,x")
    assert tree(body(written(line(SEEDS, bad, HILLS, replace(HILLS, title="Again"), odd)))) == [
        ("Hills & <Vales>", []),
        ("lakes", []),
    ]
    assert body(written(line(odd)))[0].get("htmlUrl") is None


@pytest.mark.parametrize("feeds", [[], [line()], [line(SEEDS)], [line(SEEDS), line()]])
def test_n120_a_body_has_at_least_one_outline(feeds: list[FeedLine]) -> None:
    outlines = list(body(written(*feeds)))
    assert outlines
    assert all(each.get("text") and each.get("type") is None for each in outlines)


@pytest.mark.parametrize("hostile", [*HOSTILE, "a\x00b\ud800", "tab\tand\nbreak", "]]>", "春天"])
def test_n120_every_text_survives_in_well_formed_xml(hostile: str) -> None:
    source = replace(HILLS, title=hostile, link=hostile)
    root = written(line(source, title=hostile), line(source), title=hostile, owner=hostile)
    assert [each.tag for each in root.iter()] == [
        "opml", "head", "title", "ownerName", "body", "outline", "outline", "outline", "outline",
    ]  # fmt: skip
    assert all(each.get("text") for each in root.iter("outline"))


def test_n121_the_bytes_are_utf_8_with_lf_and_the_same_each_time() -> None:
    feeds = [line(HILLS, LAKES, title="春天"), line(LAKES)]
    document = sources_opml("All", feeds, MOMENT)
    assert document == sources_opml("All", feeds, MOMENT)
    assert document.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<opml version="2.0">\n')
    assert document.endswith(b"</opml>\n")
    assert b"\r" not in document
    assert "春天".encode() in document
    assert b"xml-stylesheet" not in document
