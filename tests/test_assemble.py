"""Posts and configuration become the feed as published."""

from __future__ import annotations

from dataclasses import replace

from factories import MOMENT, after, channel, post
from fakes import feed_spec
from feedbraid.assemble import assemble
from feedbraid.model import Person

SPEC = replace(feed_spec("voa"), title="")
CHANNELS = {"voa": channel("voa", title="Voice", subtitle="About", language="zh", rights="Theirs")}


def test_n24_a_feed_was_updated_when_its_newest_entry_was() -> None:
    posts = [post(updated=after(hours=2)), post("https://example.org/two", updated=after(hours=5))]
    assert assemble(SPEC, "urn:x", posts, {}, MOMENT).updated == after(hours=5)


def test_n24_a_feed_without_entries_was_updated_when_it_lost_them() -> None:
    assert assemble(SPEC, "urn:x", [], {}, MOMENT).updated == MOMENT


def test_a_mirror_takes_over_what_it_does_not_say_itself() -> None:
    feed = assemble(SPEC, "urn:x", [], CHANNELS, MOMENT)
    assert (feed.title, feed.subtitle, feed.language, feed.rights) == ("Voice", "About", "zh", "Theirs")
    own = replace(SPEC, title="Mine", subtitle="S", language="en", rights="R")
    feed = assemble(own, "urn:x", [], CHANNELS, MOMENT)
    assert (feed.title, feed.subtitle, feed.language, feed.rights) == ("Mine", "S", "en", "R")


def test_a_merged_feed_takes_over_nothing() -> None:
    spec = replace(SPEC, origins=("voa", "rfa"), mirror="")
    feed = assemble(spec, "urn:x", [], CHANNELS | {"rfa": channel("rfa")}, MOMENT)
    assert (feed.title, feed.subtitle, feed.language) == ("all", "", "")


def test_n51_a_post_without_an_author_has_that_of_the_feed() -> None:
    feed = assemble(SPEC, "urn:x", [post(authors=())], CHANNELS, MOMENT)
    assert (feed.author, feed.posts[0].entry.authors) == (Person("Voice"), (Person("Voice"),))
    named = assemble(replace(SPEC, author="Desk"), "urn:x", [post(authors=())], CHANNELS, MOMENT)
    assert named.posts[0].entry.authors == (Person("Desk"),)
