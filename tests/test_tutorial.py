"""A stranger's path, as docs/tutorial.md has it: from `git clone` to a served and merged feed in nine commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import feedparser
import pytest

from docs_runner import World, read_page, steps_of, told

FEW = 10
"""A stranger types fewer commands than this."""

TUTORIAL = read_page("docs/tutorial.md")
COMMANDS = [step.command for block in TUTORIAL.blocks if block.language == "console" for step in steps_of(block)]

WANTED = {
    "Hello": "posts",
    "The ferry, and how to catch it": "posts",
    "Lighthouse open on Sundays & holidays": "harbour",
    "Sounds of the harbour, part 3": "harbour",
    "Mackerel again": "market",
    "Closed on Monday": "market",
}
"""The posts of the feed, and where each is from."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The tutorial to its end, while the service still runs."""
    with told(TUTORIAL.blocks, tmp_path_factory.mktemp("tutorial"), {}) as world:
        yield world


def _ask(world: World, path: str, **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection(world.where, timeout=30)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_it_takes_fewer_than_ten_commands() -> None:
    first = next(number for number, command in enumerate(COMMANDS) if command.startswith("git clone"))
    served = next(number for number, command in enumerate(COMMANDS) if command.startswith("feedbraid start"))
    checked = next(number for number, command in enumerate(COMMANDS) if command.startswith("feedbraid check"))
    assert (first, checked) == (0, served + 1)
    assert checked + 1 < FEW
    assert checked + 1 == 9, "the tutorial says nine"


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml"])
def test_the_feed_is_served_with_posts_of_all_origins_and_no_duplicates(world: World, name: str) -> None:
    response, body = _ask(world, f"/news/{name}")
    assert response.status == 200
    feed: Any = feedparser.parse(body)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.feed.title == "Harbour and market"
    assert sorted(unescape(entry.title) for entry in feed.entries) == sorted(WANTED)
    links = [entry.link for entry in feed.entries if entry.get("link", "").startswith("https:")]
    assert len(set(links)) == len(links) == len(WANTED) - 1, "all but the greeting, which is about no page"
    assert len({entry.id for entry in feed.entries}) == len(WANTED)


def test_json_says_the_same_and_in_the_words_of_the_seed(world: World) -> None:
    _, body = _ask(world, "/news/feed.json")
    items = {item["title"]: item for item in json.loads(body)["items"]}
    assert sorted(items) == sorted(WANTED)
    ferry = items["The ferry, and how to catch it"]
    assert ferry["url"] == "https://harbour.example/ferry-winter"
    assert "<strong>18:40</strong>" in ferry["content_html"]


def test_who_asks_again_is_told_that_nothing_changed(world: World) -> None:
    response, _ = _ask(world, "/news/atom.xml")
    again, body = _ask(world, "/news/atom.xml", If_None_Match=response.getheader("ETag") or "")
    assert (again.status, body) == (304, b"")


def test_the_page_for_people_is_there(world: World) -> None:
    response, body = _ask(world, "/news/")
    assert response.status == 200
    assert "Mackerel again" in body.decode()


def test_every_document_is_held_against_its_specification(world: World) -> None:
    """The tutorial does so itself, and its words are compared: here only that it is among its commands."""
    assert "feedbraid check --outputs" in COMMANDS
    assert world.where
