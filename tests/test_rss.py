from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from factories import ADDRESS, after, channel, feed, post, self_url
from feedbraid.formats.rss import FORMAT
from feedbraid.model import Category, Enclosure, Feed, Person, Post

NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def channel_of(what: Feed) -> Any:  # noqa: ANN401  # lxml has no types
    return etree.fromstring(FORMAT.render(what, self_url("rss"))).find("channel")


def item_of(one: Post, **fields: object) -> Any:  # noqa: ANN401
    return channel_of(feed(one, **fields)).find("item")


def tags(element: Any) -> list[str]:  # noqa: ANN401
    return [f"{each.prefix}:{etree.QName(each).localname}" if each.prefix else each.tag for each in element]


def test_n77_n79_the_channel_states_everything_in_a_fixed_order() -> None:
    found = channel_of(feed(post(), rights="Ours", icon="https://example.org/i.png"))
    links = ["atom:link", "atom:link", "atom:link"]
    head = ["title", "link", "description", *links, "language", "copyright", "dc:creator", "lastBuildDate"]
    assert tags(found) == [*head, "generator", "docs", "image", "item"]
    assert found.findtext("generator") == "feedbraid (https://github.com/feedbraid/feedbraid)"
    assert found.findtext("docs") == "https://www.rssboard.org/rss-specification"
    assert found.findtext("lastBuildDate") == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert found.findtext("link") == ADDRESS


@pytest.mark.parametrize(("subtitle", "description"), [("Sub", "Sub"), ("", "News")])
def test_n78_the_description_is_the_subtitle_else_the_title(subtitle: str, description: str) -> None:
    assert channel_of(feed(subtitle=subtitle)).findtext("description") == description


def test_n81_n82_the_channel_links_to_itself_and_to_its_other_formats() -> None:
    found = channel_of(feed()).findall("atom:link", NS)
    assert [(link.get("rel"), link.get("href"), link.get("type")) for link in found] == [
        ("self", f"{ADDRESS}rss.xml", "application/rss+xml"),
        ("alternate", f"{ADDRESS}atom.xml", "application/atom+xml"),
        ("alternate", f"{ADDRESS}feed.json", "application/feed+json"),
    ]


def test_n91_an_image_only_where_there_is_an_icon() -> None:
    assert channel_of(feed()).find("image") is None
    image = channel_of(feed(icon="https://example.org/i.png")).find("image")
    assert [child.text for child in image] == ["https://example.org/i.png", "News", ADDRESS]


def test_n105_n106_an_item_states_everything_once_in_a_fixed_order() -> None:
    item = item_of(
        post(
            summary="Short",
            authors=(Person("Ann"), Person("Ben")),
            categories=(Category("a"), Category("b")),
            comments="https://example.org/one#c",
            enclosures=(Enclosure("https://e.example/1.mp3", "audio/mpeg", 7),),
            channel=channel(),
            updated=after(hours=1),
            language="de",
            rights="Mine",
            image="https://example.org/i.png",
        )
    )
    people = ["dc:creator", "dc:creator", "category", "category"]
    middle = ["comments", "enclosure", "guid", "pubDate", "source"]
    extensions = ["atom:updated", "dc:language", "dc:rights", "media:thumbnail"]
    assert tags(item) == ["title", "link", "description", "content:encoded", *people, *middle, *extensions]


@pytest.mark.parametrize(
    ("fields", "description", "encoded"),
    [
        pytest.param({"summary": "a < b", "body": "<p>B</p>"}, "a &lt; b", "<p>B</p>", id="both"),
        pytest.param({"body": "<p>B</p>"}, "<p>B</p>", None, id="a body"),
        pytest.param({"summary": "R&D", "body": ""}, "R&amp;D", None, id="a summary"),
        pytest.param({"body": ""}, None, None, id="a title is enough"),
        pytest.param({"body": "", "title": ""}, "example.org/one", None, id="a link only"),
    ],
)
def test_n39_n40_content_encoded_stands_only_beside_a_summary(
    fields: dict[str, Any], description: str | None, encoded: str | None
) -> None:
    item = item_of(post(**fields))
    assert (item.findtext("description"), item.findtext("content:encoded", None, NS)) == (description, encoded)


def test_n30_an_item_without_a_title_has_none() -> None:
    assert item_of(post(title="")).find("title") is None


def test_n54_every_author_is_a_creator_and_never_an_author() -> None:
    item = item_of(post(authors=(Person("Ann", "https://ann.example/"), Person("Ben"))))
    assert [each.text for each in item.findall("dc:creator", NS)] == ["Ann", "Ben"]
    assert item.find("author") is None


def test_n64_n65_only_the_first_enclosure_with_length_0_when_unknown() -> None:
    files = (Enclosure("https://e.example/1", "audio/mpeg"), Enclosure("https://e.example/2", "audio/mpeg", 9))
    found = item_of(post(enclosures=files)).findall("enclosure")
    assert [dict(each.attrib) for each in found] == [
        {"url": "https://e.example/1", "length": "0", "type": "audio/mpeg"}
    ]


def test_n71_the_text_of_a_category_is_its_label_and_the_domain_its_scheme() -> None:
    found = item_of(post(categories=(Category("a", "urn:x:y", "A"), Category("b")))).findall("category")
    assert [(each.text, each.get("domain")) for each in found] == [("A", "urn:x:y"), ("b", None)]


@pytest.mark.parametrize(
    ("fields", "permanent"),
    [
        pytest.param({}, "true", id="the id is the link"),
        pytest.param({"id": "tag:example.org,2026:1"}, "false", id="the id is a tag"),
        pytest.param({"id": "https://example.org/other"}, "false", id="the id is another address"),
        pytest.param({"link": "", "id": "urn:x:1"}, "false", id="there is no link"),
    ],
)
def test_n103_a_guid_says_whether_it_is_the_link(fields: dict[str, Any], permanent: str) -> None:
    assert item_of(post(**fields)).find("guid").get("isPermaLink") == permanent


def test_n104_an_item_names_the_feed_it_comes_from() -> None:
    source = item_of(post(channel=channel())).find("source")
    assert (source.text, dict(source.attrib)) == ("The voa source", {"url": "https://voa.example/feed"})


def test_n104_a_source_without_an_address_is_not_named() -> None:
    assert item_of(post(channel=channel(feed_url=""))).find("source") is None


@pytest.mark.parametrize(
    ("fields", "published", "updated"),
    [
        pytest.param({}, "Sun, 01 Mar 2026 12:00:00 GMT", None, id="one date"),
        pytest.param(
            {"updated": after(hours=2)}, "Sun, 01 Mar 2026 12:00:00 GMT", "2026-03-01T14:00:00Z", id="two dates"
        ),
        pytest.param(
            {"published": None, "updated": after(hours=2)}, "Sun, 01 Mar 2026 14:00:00 GMT", None, id="no pubDate"
        ),
    ],
)
def test_n22_n107_dates_of_an_item(fields: dict[str, Any], published: str, updated: str | None) -> None:
    item = item_of(post(**fields))
    assert (item.findtext("pubDate"), item.findtext("atom:updated", None, NS)) == (published, updated)


def test_n74_the_language_of_an_item_is_stated_where_it_differs() -> None:
    what = feed(post(language="en"), post("https://example.org/2", language="de"), language="en")
    found = channel_of(what)
    assert found.findtext("language") == "en"
    assert [item.findtext("dc:language", None, NS) for item in found.findall("item")] == [None, "de"]


def test_n100_namespaces_are_constant_and_media_is_declared_where_it_is_used() -> None:
    start = b'<rss xmlns:atom="%(atom)s" xmlns:content="%(content)s" xmlns:dc="%(dc)s"'
    namespaces = {name.encode(): uri.encode() for name, uri in NS.items()}
    assert start % namespaces + b' version="2.0">' in FORMAT.render(feed(post()), self_url("rss"))
    with_image = FORMAT.render(feed(post(image="https://example.org/i.png")), self_url("rss"))
    assert start % namespaces + b' xmlns:media="http://search.yahoo.com/mrss/" version="2.0">' in with_image


def test_n102_no_cdata() -> None:
    assert b"a ]]&gt; b" in FORMAT.render(feed(post(title="a ]]> b")), self_url("rss"))
