from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from factories import ADDRESS, after, channel, feed, post, self_url, siblings
from feedbraid.formats.json import FORMAT
from feedbraid.model import Category, Channel, Enclosure, Episode, Feed, Link, Person, Post, Show


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


def test_n86_n89_the_next_document_is_the_archive_before_this_one() -> None:
    what = feed(post(), subtitle="Sub", icon="https://i.example/", previous=f"{ADDRESS}archive/1/")
    members = read(what)
    assert members["next_url"] == f"{ADDRESS}archive/1/feed.json"
    assert list(members)[4:7] == ["description", "next_url", "icon"]
    assert "next_url" not in read(feed(post()))


def test_n86_n88_an_archive_looks_like_any_other_document() -> None:
    folder = f"{ADDRESS}archive/2/"
    what = feed(post(), siblings=siblings(folder), previous=f"{ADDRESS}archive/1/", is_archive=True)
    own = f"{folder}feed.json"
    plain = replace(what, is_archive=False)
    assert FORMAT.render(what, own) == FORMAT.render(plain, own)
    members = json.loads(FORMAT.render(what, own))
    assert (members["feed_url"], members["next_url"]) == (own, f"{ADDRESS}archive/1/feed.json")


def test_n109_the_document_is_utf_8_without_mark_and_ends_its_last_line() -> None:
    document = FORMAT.render(feed(post(title="春天")), self_url("json"))
    assert document.startswith(b'{"version": "https://jsonfeed.org/version/1.1",\n')
    assert document.endswith(b"}]}\n")
    assert "春天".encode() in document


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


@pytest.mark.parametrize(
    ("types", "durations"),
    [
        pytest.param(["audio/mpeg"], [60], id="one recording"),
        pytest.param(["application/pdf", "video/mp4"], [None, 60], id="beside another file"),
        pytest.param(["audio/mpeg", "audio/ogg"], [None, None], id="two recordings"),
        pytest.param(["application/octet-stream"], [None], id="a file of no known type"),
    ],
)
def test_n68_n116_a_duration_is_that_of_the_only_recording(types: list[str], durations: list[int | None]) -> None:
    files = tuple(Enclosure(f"https://e.example/{n}", kind) for n, kind in enumerate(types))
    item = item_of(post(enclosures=files, episode=Episode(duration=60)))
    assert [file.get("duration_in_seconds") for file in item["attachments"]] == durations
    unknown = item_of(post(enclosures=files, episode=Episode(season=1)))
    assert not any("duration_in_seconds" in file for file in unknown["attachments"])


def test_n64_n65_n116_all_files_with_a_length_where_it_is_known() -> None:
    files = (
        Enclosure("https://e.example/1", "audio/mpeg", 7),
        Enclosure("https://e.example/2", "application/octet-stream"),
    )
    assert item_of(post(enclosures=files))["attachments"] == [
        {"url": "https://e.example/1", "mime_type": "audio/mpeg", "size_in_bytes": 7},
        {"url": "https://e.example/2", "mime_type": "application/octet-stream"},
    ]


def test_n67_the_image_is_that_of_the_entry() -> None:
    assert item_of(post(image="https://example.org/i.png"))["image"] == "https://example.org/i.png"
    assert "image" not in item_of(post())


def test_n61_n112_other_links_are_not_in_json() -> None:
    linked = post(links=(Link("https://r.example/", "related"),), via=(Link("https://v.example/", "via"),))
    assert item_of(linked) == item_of(post())


def test_n113_dates_are_utc_in_whole_seconds() -> None:
    item = item_of(post(updated=after(minutes=1)))
    assert (item["date_published"], item["date_modified"]) == ("2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z")


def test_n55_n114_authors_have_a_name_and_maybe_a_page() -> None:
    item = item_of(post(authors=(Person("Ann", "https://ann.example/"), Person("Ben"))))
    assert item["authors"] == [{"name": "Ann", "url": "https://ann.example/"}, {"name": "Ben"}]
    assert "author" not in item
    assert "author" not in read(feed())


def test_n71_n115_tags_are_the_labels_of_categories() -> None:
    assert item_of(post(categories=(Category("a", "urn:x:y", "A"), Category("7"))))["tags"] == ["A", "7"]
    assert "tags" not in item_of(post())


def test_n117_without_a_hub_there_are_no_hubs() -> None:
    assert "hubs" not in read(feed(post()))


def test_n119_ids_are_those_of_the_posts() -> None:
    posts = [post(f"https://example.org/{n}", id=f"urn:x:{n}") for n in range(3)]
    assert [item["id"] for item in read(feed(*posts))["items"]] == ["urn:x:0", "urn:x:1", "urn:x:2"]


def test_n68_n126_a_podcast_and_a_style_sheet_change_nothing_in_json() -> None:
    show = Show(categories=(("Arts", ""),), image="https://s.example/c.jpg", explicit=True, email="o@s.example")
    assert read(feed(post(), show=show, stylesheet="https://s.example/s.css")) == read(feed(post()))


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
    assert sum(line.startswith('"items": [{"id": ') for line in lines) == 1
    assert lines.count('"title": "One",') == 2


def test_n61_two_categories_that_are_written_alike_are_one_tag() -> None:
    item = item_of(post(categories=(Category(term="a", label="News"), Category(term="b", label="News"))))
    assert item["tags"] == ["News"]
