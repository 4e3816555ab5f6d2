"""JSON Feed: the two versions, and what other programs make of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.jsonfeed import read_json_feed
from feedbraid.model import (
    RawCategory,
    RawChannel,
    RawContent,
    RawDate,
    RawEntry,
    RawFeed,
    RawLink,
    RawPerson,
    RawPodcast,
    RawText,
)

VERSION = "https://jsonfeed.org/version/1.1"


def feed(*items: Any, **facts: Any) -> bytes:  # noqa: ANN401  # any JSON value
    return json.dumps({"version": VERSION, "title": "T", "items": list(items), **facts}).encode()


def read(body: bytes) -> RawFeed:
    raw = read_json_feed(body)
    assert raw is not None
    return raw


def only(**facts: Any) -> RawEntry:  # noqa: ANN401
    (entry,) = read(feed(facts)).entries
    return entry


def text(value: str) -> RawText:
    return RawText(value=value, kind="text")


def test_a_whole_feed_of_version_1_1() -> None:
    body = feed(
        {
            "id": "urn:x:1",
            "url": "https://site.example/1",
            "external_url": "https://other.example/",
            "title": "One & <two>",
            "content_html": "<p>x</p>",
            "content_text": "x",
            "summary": "short",
            "image": "https://site.example/i.png",
            "banner_image": "https://site.example/b.png",
            "date_published": "2026-11-20T08:00:00Z",
            "date_modified": "2026-11-20T09:00:00+01:00",
            "authors": [{"name": "Ann", "url": "https://site.example/ann", "avatar": "/a.png"}, {"name": "Bob"}],
            "tags": ["one", "two"],
            "language": "fr",
            "attachments": [
                {"url": "https://site.example/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 5, "title": "A"}
            ],
        },
        title="News",
        description="About",
        home_page_url="https://site.example/",
        feed_url="https://site.example/feed.json",
        icon="https://site.example/i.png",
        authors=[{"name": "Eve"}],
        language="en",
    )
    assert read(body) == RawFeed(
        version="json11",
        channel=RawChannel(
            title=text("News"),
            subtitle=text("About"),
            links=(
                RawLink(href="https://site.example/", media_type="text/html"),
                RawLink(href="https://site.example/feed.json", rel="self", media_type="application/feed+json"),
            ),
            authors=(RawPerson(name="Eve"),),
            language="en",
            icon="https://site.example/i.png",
        ),
        entries=(
            RawEntry(
                dialect="json",
                id="urn:x:1",
                links=(
                    RawLink(href="https://site.example/1"),
                    RawLink(href="https://other.example/", rel="related"),
                ),
                title=text("One & <two>"),
                summary=text("short"),
                contents=(
                    RawContent(value="<p>x</p>", media_type="text/html"),
                    RawContent(value="x", media_type="text/plain"),
                ),
                published=RawDate(text="2026-11-20T08:00:00Z"),
                updated=RawDate(text="2026-11-20T09:00:00+01:00"),
                authors=(RawPerson(name="Ann", uri="https://site.example/ann"), RawPerson(name="Bob")),
                categories=(RawCategory(term="one"), RawCategory(term="two")),
                enclosures=(
                    RawLink(
                        href="https://site.example/a.mp3",
                        rel="enclosure",
                        media_type="audio/mpeg",
                        title="A",
                        length="5",
                    ),
                ),
                language="fr",
                image="https://site.example/i.png",
                ref="1",
            ),
        ),
    )


@pytest.mark.parametrize(
    ("stated", "version", "notes"),
    [
        pytest.param("https://jsonfeed.org/version/1", "json10", 0, id="version 1"),
        pytest.param("http://jsonfeed.org/version/1/", "json10", 0, id="as it was written at first"),
        pytest.param(VERSION, "json11", 0, id="version 1.1"),
        pytest.param("https://jsonfeed.org/version/2", "json", 1, id="a later version"),
        pytest.param(None, "json", 1, id="none, but title and items"),
    ],
)
def test_every_version_is_read(stated: str | None, version: str, notes: int) -> None:
    raw = read(feed({"id": "1"}, version=stated))
    assert (raw.version, len(raw.entries), len(raw.notes)) == (version, 1, notes)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"error": "no such feed"}', id="B6 another object"),
        pytest.param(b'{"items": []}', id="items alone"),
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b'"text"', id="a text"),
        pytest.param(feed({"id": "1"})[:-9], id="B96 a cut feed"),
        pytest.param(b"[" * 100_000, id="too many brackets"),
        pytest.param(
            b'{"version": "' + VERSION.encode() + b'", "items": ' + b"[" * 100_000, id="too many in a feed"
        ),
        pytest.param(b"9" * 10_000, id="a number too long for a number"),
    ],
)
def test_what_is_no_json_feed_is_none(body: bytes) -> None:
    assert read_json_feed(body) is None


def test_b95_of_items_of_wrong_types_the_objects_are_kept() -> None:
    raw = read(feed({"id": 1}, "x", None, 3, [], {"id": "2"}, {}))
    assert [(entry.id, entry.ref) for entry in raw.entries] == [("1", "1"), ("2", "6"), ("", "7")]
    assert [note.text for note in raw.notes] == ["4 items that are no objects were left out"]


def test_a_feed_whose_items_are_no_list_is_none() -> None:
    assert (
        read_json_feed(json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": {"id": "1"}}).encode())
        is None
    )


def test_line_ends_in_texts_and_words_behind_the_end_are_forgiven() -> None:
    raw = read_json_feed(b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "a\nb"}]} <!-- 3 ms -->')
    assert raw is not None
    assert [entry.id for entry in raw.entries] == ["a\nb"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("x", "x", id="a text"),
        pytest.param(7, "7", id="a number"),
        pytest.param(7.0, "7", id="a whole number with a point"),
        pytest.param(7.5, "7.5", id="a fraction"),
        pytest.param(float("nan"), "", id="NaN"),
        pytest.param(float("inf"), "", id="infinity"),
        pytest.param(True, "", id="a truth value"),
        pytest.param(None, "", id="null"),
        pytest.param(["x"], "", id="a list"),
        pytest.param({"x": 1}, "", id="an object"),
        pytest.param("a\ud800b", "ab", id="N35 a lone surrogate"),
    ],
)
def test_b95_a_text_of_another_type_is_read_where_its_meaning_is_plain(value: object, expected: str) -> None:
    entry = only(id=value, url=value, title=value)
    assert entry.id == expected
    assert [link.href for link in entry.links] == ([expected] if expected else [])
    assert (entry.title.value if entry.title else "") == expected


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        pytest.param({"author": {"name": "Ann"}}, ["Ann"], id="version 1"),
        pytest.param({"author": "Ann"}, ["Ann"], id="a bare name"),
        pytest.param({"authors": ["Ann", {"name": "Bob"}, 3, {}, None]}, ["Ann", "Bob", "3"], id="a mixed list"),
        pytest.param({"authors": [], "author": {"name": "Ann"}}, ["Ann"], id="an empty list and one author"),
        pytest.param({"authors": [{"name": "Ann"}, {"name": "Ann"}]}, ["Ann"], id="twice the same"),
        pytest.param({"authors": {"name": "Ann"}}, ["Ann"], id="B95 one without a list"),
        pytest.param({"authors": "Ann"}, ["Ann"], id="B95 a bare text"),
        pytest.param({}, [], id="none"),
    ],
)
def test_authors_of_both_versions(facts: dict[str, Any], names: list[str]) -> None:
    assert [person.name for person in only(**facts).authors] == names


def test_broken_attachments_tags_and_images_are_left_out() -> None:
    entry = only(
        attachments=[{"mime_type": "a/b"}, "x", {"url": "/a", "size_in_bytes": "9"}], tags=["a", "", None, 3]
    )
    assert entry.enclosures == (RawLink(href="/a", rel="enclosure", length="9"),)
    assert [category.term for category in entry.categories] == ["a", "3"]
    assert only(banner_image="/b").image == "/b"


def test_a_byte_order_mark_and_bad_bytes_do_no_harm() -> None:
    assert read(b"\xef\xbb\xbf" + feed({"id": "1"})).entries[0].id == "1"
    assert read(feed({"id": "#"}).replace(b"#", b"\xff")).entries[0].id == "\ufffd"


@pytest.mark.parametrize(
    ("attachments", "duration"),
    [
        pytest.param([{"url": "/a", "duration_in_seconds": 61}], "61", id="seconds"),
        pytest.param([{"url": "/a", "duration_in_seconds": 61.5}], "61.5", id="a fraction"),
        pytest.param(
            [{"url": "/a"}, {"url": "/b", "duration_in_seconds": 7}], "7", id="the first that states one"
        ),
        pytest.param([{"url": "/a", "duration_in_seconds": [1]}], None, id="no number"),
        pytest.param([{"url": "/a", "duration_in_seconds": True}], None, id="a truth value"),
        pytest.param(["x", None], None, id="no attachments"),
        pytest.param({"url": "/a", "duration_in_seconds": 7}, None, id="no list"),
    ],
)
def test_n116_the_duration_of_an_attachment_is_that_of_the_episode(attachments: Any, duration: str | None) -> None:  # noqa: ANN401
    assert only(attachments=attachments).podcast == (RawPodcast(duration=duration) if duration else None)


ABOUT = "https://github.com/feedbraid/feedbraid"


def test_n118_the_origin_that_we_wrote_ourselves_is_read_back() -> None:
    source = {"feed_url": "https://a.example/feed", "title": "A & <b>", "home_page_url": "https://a.example/"}
    assert only(_source={"about": ABOUT, **source}).origin == RawChannel(
        title=text("A & <b>"),
        links=(RawLink(href="https://a.example/"), RawLink(href="https://a.example/feed", rel="self")),
    )
    assert only(_source={"about": ABOUT, "title": "A"}).origin == RawChannel(title=text("A"))


def test_b84_a_document_of_our_own_is_noted() -> None:
    for about, notes in ((ABOUT, 1), ("https://other.example/", 0)):
        items = [{"id": "1"}, {"id": "2", "_source": {"about": about, "title": "A"}}]
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items}
        raw = read_json_feed(json.dumps(feed).encode())
        assert raw is not None
        assert [note.rule for note in raw.notes] == ["D1"] * notes


@pytest.mark.parametrize(
    "source",
    [
        pytest.param({"about": "https://other.example/", "title": "A"}, id="of another program"),
        pytest.param({"title": "A"}, id="of nobody"),
        pytest.param("A", id="no object"),
        pytest.param([ABOUT], id="a list"),
        pytest.param(None, id="null"),
    ],
)
def test_n118_what_others_call_source_is_no_origin(source: Any) -> None:  # noqa: ANN401  # any JSON value
    assert only(_source=source).origin is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
KEYS = st.sampled_from(
    ["id", "url", "title", "tags", "authors", "author", "attachments", "content_html", "date_published", "_source"]
)


@given(
    st.dictionaries(
        KEYS, VALUES | st.lists(st.dictionaries(st.sampled_from(["url", "name", "duration_in_seconds"]), VALUES))
    )
)
def test_any_values_make_a_feed(facts: dict[str, Any]) -> None:
    (entry,) = read(feed(facts, **facts)).entries
    repr(entry).encode()


@given(st.binary())
def test_any_bytes_are_a_feed_or_none(body: bytes) -> None:
    read_json_feed(body)
