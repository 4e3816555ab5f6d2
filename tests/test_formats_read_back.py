"""Random feeds in every format: no faults, and a reader gets back what went in."""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings

from factories import self_url
from feedbraid.conformance import atom_faults, json_faults, rss_faults
from feedbraid.formats import Format
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.json import FORMAT as JSON
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.model import Feed, OriginSpec, Post, RawFeed, Reading
from feedbraid.normalise import read_feed
from feedbraid.parse import parse_document
from golden_feeds import FEEDS
from random_feeds import feeds


@settings(max_examples=60, deadline=None)
@given(what=feeds)
@pytest.mark.parametrize(
    ("name", "plug", "faults"),
    [("atom", ATOM, atom_faults), ("rss", RSS, rss_faults), ("json", JSON, json_faults)],
)
def test_any_feed_has_no_faults(name: str, plug: Format, faults: Callable[[bytes], list[str]], what: Feed) -> None:
    document = plug.render(what, self_url(name))
    assert faults(document) == []
    assert plug.read_ids(document) == tuple(post.id for post in what.posts)


def _parse(document: bytes) -> Any:  # noqa: ANN401  # feedparser has no types
    parsed = feedparser.parse(BytesIO(document), sanitize_html=False, resolve_relative_uris=False)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def _moment(parsed: Any) -> datetime:  # noqa: ANN401  # a struct_time
    return datetime.fromtimestamp(timegm(parsed), UTC)


def _plain_title(entry: Any) -> str:  # noqa: ANN401
    """Read a title by its type, as a reader has to (N96)."""
    detail = entry.title_detail
    return str(unescape(detail.value) if detail.type == "text/html" else detail.value)


@settings(max_examples=60, deadline=None)
@given(what=feeds)
def test_atom_gives_back_what_went_in(what: Feed) -> None:
    parsed = _parse(ATOM.render(what, self_url("atom")))
    assert len(parsed.entries) == len(what.posts)
    for entry, post in zip(parsed.entries, what.posts, strict=True):
        stated = post.entry
        assert entry.id == post.id
        assert _moment(entry.updated_parsed) == post.updated
        assert ("published" in entry) == (post.published is not None)
        assert not stated.title or _plain_title(entry) == stated.title
        assert [ln.href for ln in _links(entry, "alternate")] == [stated.link] * bool(stated.link)
        assert _enclosures(entry) == _files(post)
        assert [author.name for author in entry.authors] == [author.name for author in stated.authors]
        assert not stated.body or entry.content[0].value == stated.body


@settings(max_examples=60, deadline=None)
@given(what=feeds)
def test_rss_gives_back_what_went_in(what: Feed) -> None:
    parsed = _parse(RSS.render(what, self_url("rss")))
    assert parsed.feed.link == what.home
    for entry, post in zip(parsed.entries, what.posts, strict=True):
        stated = post.entry
        assert entry.id == post.id
        assert _moment(entry.published_parsed) == (post.published or post.updated)
        assert entry.get("title", "") == stated.title
        assert entry.get("link", "") == ("" if "[" in stated.link else stated.link)
        assert _enclosures(entry) == [file for file in _files(post) if _has_dotted_host(file[0])][:1]
        assert not stated.body or stated.body in _texts(entry)


@settings(max_examples=60, deadline=None)
@given(what=feeds)
def test_json_gives_back_what_went_in(what: Feed) -> None:
    parsed = json.loads(JSON.render(what, self_url("json")))
    for item, post in zip(parsed["items"], what.posts, strict=True):
        stated = post.entry
        assert item["id"] == post.id
        assert (item.get("url", ""), item.get("title", "")) == (stated.link, stated.title)
        assert datetime.fromisoformat(item["date_modified"]) == post.updated
        assert ("date_published" in item) == (post.published is not None)
        files = [(f["url"], f["mime_type"], str(f.get("size_in_bytes", 0))) for f in item.get("attachments", [])]
        assert files == _files(post)
        assert item.get("content_html", "") == stated.body


def _links(entry: Any, relation: str) -> list[Any]:  # noqa: ANN401
    return [link for link in entry.get("links", []) if link.rel == relation]


def _enclosures(entry: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401
    return [(link.href, link.type, link.get("length", "0")) for link in _links(entry, "enclosure")]


def _files(post: Post) -> list[tuple[str, str, str]]:
    return [(file.url, file.media_type, str(file.length)) for file in post.entry.enclosures]


def _has_dotted_host(url: str) -> bool:
    host = url.split("/")[2]
    return not set(host) & set("[_")


def _texts(entry: Any) -> list[str]:  # noqa: ANN401
    return [entry.get("summary", ""), *(content.value for content in entry.get("content", []))]


# --- by feedbraid itself: what it republishes of its own -----------------------------------------------------

NOT_THE_SAME = {
    "chinese-news": "a summary that says what the body says is left out (N34)",
    "bare-entries": "what stands in for a missing body becomes the body; dates before 1990 are none (N20)",
    "hostile-text": "markup in a name is removed (N27), a doubled escape is undone (N29)",
}
NOT_THE_SAME_WITHOUT_A_TYPE = {
    **NOT_THE_SAME,
    "links-only": "what stands in for a missing body becomes the body",
    "media": "a guid of an unknown scheme is no id for the world (N5)",
}


def read_again(plug: Format, what: Feed, own: str) -> Feed:
    """Read a document of ours as a source, and put its entries where they came from."""
    raw = parse_document(plug.render(what, own), plug.media_type, own)
    assert isinstance(raw, RawFeed), raw
    reading = Reading(spec=OriginSpec(name="ours", kind="web", locations=(own,)), feed_url=own)
    entries = {believed.entry.public_id: believed.entry for believed in read_feed(raw, reading).entries}
    posts = tuple(replace(post, entry=entries[post.id], channel=None, via=()) for post in what.posts)
    return replace(what, posts=posts)


@pytest.mark.parametrize(
    ("plug", "name"),
    [
        *((ATOM, name) for name in FEEDS if name not in NOT_THE_SAME),
        *((plug, name) for plug in (RSS, JSON) for name in FEEDS if name not in NOT_THE_SAME_WITHOUT_A_TYPE),
    ],
)
def test_n2_n11_n118_a_document_of_ours_read_as_a_source_is_written_as_it_was(plug: Format, name: str) -> None:
    what = FEEDS[name]()
    (own,) = (sibling.href for sibling in what.siblings if sibling.media_type == plug.media_type)
    assert plug.render(read_again(plug, what, own), own) == plug.render(what, own)
