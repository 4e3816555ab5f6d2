"""The filter as a test sees it: options in, a post in, a post out. Run it with `pytest`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from feedbraid_reading_time import FILTER

from feedbraid.filters import Each, Setting
from feedbraid.model import Entry, EntryKey, Post

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
ENTRY = Entry(key=EntryKey("https://news.example/1"), dialect="rss", title="Long", body=f"<p>{'word ' * 500}</p>")
POST = Post(key=ENTRY.key, id=ENTRY.key, entry=ENTRY, first_seen=NOON, last_changed=NOON, origin="news")


def titled(post: Post, **options: str) -> Post:
    """Give a post as the filter leaves it. Options are texts, as they stand in a configuration."""
    step = FILTER.build(FILTER.options.model_validate(options), Setting())
    assert isinstance(step, Each)
    after = step.apply(post)
    assert isinstance(after, Post)
    return after


def test_a_title_says_how_long_it_takes() -> None:
    assert titled(POST).entry.title == "Long (3 min)"
    assert titled(POST, words_per_minute="500").entry.title == "Long (1 min)"


def test_twice_is_once() -> None:
    assert titled(titled(POST)) == titled(POST)


def test_a_post_without_text_stays_as_it_is() -> None:
    empty = replace(POST, entry=replace(ENTRY, body=""))
    assert titled(empty) is empty
