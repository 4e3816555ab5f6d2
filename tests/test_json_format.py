from __future__ import annotations

import json
from typing import Any

import pytest

from factories import ADDRESS, after, channel, feed, post, self_url
from feedbraid.formats.json import FORMAT
from feedbraid.model import Category, Channel, Enclosure, Feed, Person, Post


def read(what: Feed) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(FORMAT.render(what, self_url("json")))
    return result


def item_of(one: Post, **fields: object) -> dict[str, Any]:
    result: dict[str, Any] = read(feed(one, **fields))["items"][0]
    return result


def test_n109_n110_the_feed_states_everything_in_a_fixed_order() -> None:
    what = feed(subtitle="Sub", icon="https://example.org/i.png", author=Person("Ann", "https://ann.example/"))
    assert list(read(what).items()) == [
        ("version", "https://jsonfeed.org/version/1.1"),
        ("title", "News"),
        ("home_page_url", ADDRESS),
        ("feed_url", f"{ADDRESS}feed.json"),
        ("description", "Sub"),
        ("icon", "https://example.org/i.png"),
        ("authors", [{"name": "Ann", "url": "https://ann.example/"}]),
        ("language", "en"),
        ("items", []),
    ]


def test_n109_characters_are_written_as_they_are() -> None:
    assert "春天 👍🏽" in FORMAT.render(feed(post(title="春天 👍🏽")), self_url("json")).decode()


def test_n111_n118_an_item_states_everything_in_a_fixed_order() -> None:
    item = item_of(
        post(
            summary="Short",
            image="https://example.org/i.png",
            updated=after(hours=1),
            categories=(Category("a", "urn:x:y", "A"), Category("b")),
            language="de",
            enclosures=(
                Enclosure("https://e.example/1", "audio/mpeg", 7, "Sound"),
                Enclosure("https://e.example/2", "a/b"),
            ),
            channel=channel(),
        )
    )
    assert list(item.items()) == [
        ("id", "https://example.org/one"),
        ("url", "https://example.org/one"),
        ("title", "One"),
        ("content_html", "<p>The text of one.</p>"),
        ("summary", "Short"),
        ("image", "https://example.org/i.png"),
        ("date_published", "2026-03-01T12:00:00Z"),
        ("date_modified", "2026-03-01T13:00:00Z"),
        ("authors", [{"name": "Ann"}]),
        ("tags", ["A", "b"]),
        ("language", "de"),
        (
            "attachments",
            [
                {"url": "https://e.example/1", "mime_type": "audio/mpeg", "title": "Sound", "size_in_bytes": 7},
                {"url": "https://e.example/2", "mime_type": "a/b"},
            ],
        ),
        (
            "_source",
            {
                "about": "https://github.com/feedbraid/feedbraid",
                "feed_url": "https://voa.example/feed",
                "title": "The voa source",
                "home_page_url": "https://voa.example/",
            },
        ),
    ]


@pytest.mark.parametrize(
    ("fields", "members"),
    [
        pytest.param(
            {"body": "", "summary": "S"}, {"title": "One", "content_text": "S"}, id="a summary is the text"
        ),
        pytest.param({"body": ""}, {"title": "One", "content_text": "One"}, id="a title is the text"),
        pytest.param({"body": "", "title": ""}, {"content_text": "example.org/one"}, id="a link only"),
        pytest.param({"title": ""}, {"content_html": "<p>The text of one.</p>"}, id="no title is no member"),
    ],
)
def test_n30_n40_n111_texts_of_an_item(fields: dict[str, Any], members: dict[str, str]) -> None:
    item = item_of(post(**fields))
    texts = ("title", "content_html", "content_text", "summary")
    assert {name: item[name] for name in texts if name in item} == members


def test_n22_an_item_without_a_publication_date_states_none() -> None:
    item = item_of(post(published=None))
    assert "date_published" not in item
    assert item["date_modified"] == "2026-03-01T12:00:00Z"


def test_n74_an_item_in_the_language_of_the_feed_states_none() -> None:
    assert "language" not in item_of(post(language="en"), language="en")


def test_n118_the_origin_that_an_entry_names_itself_wins() -> None:
    item = item_of(post(channel=channel("planet"), named=channel("woods")))
    assert item["_source"]["title"] == "The woods source"


@pytest.mark.parametrize("source", [None, Channel()], ids=["a seed", "a source that says nothing"])
def test_n118_without_an_origin_there_is_no_source(source: Channel | None) -> None:
    assert "_source" not in item_of(post(channel=source))


def test_each_member_has_its_own_line() -> None:
    lines = FORMAT.render(feed(post(), post("https://example.org/2")), self_url("json")).decode().split("\n")
    assert lines[-1] == ""
    assert lines.count("{") == 3
    assert '"title": "One",' in lines
