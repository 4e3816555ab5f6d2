"""Feeds at random, as far as the model allows them: `feeds` is a hypothesis strategy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from html import escape
from typing import Any

from hypothesis import strategies as st

from factories import ADDRESS, MOMENT, feed, post
from feedbraid.model import Category, Channel, Enclosure, Episode, Feed, Link, Person, Post, Show
from feedbraid.text import one_line


def _looks_doubly_encoded(text: str) -> bool:
    """Tell whether feedparser would take Latin-1 letters for bytes of UTF-8 and "repair" them."""
    try:
        return text.encode("latin-1").decode() != text
    except UnicodeError:
        return False


plain = st.text(max_size=40).map(one_line).filter(lambda text: not _looks_doubly_encoded(text))
"""Plain text as `normalise` lets it through: whatever it lets through must be writable."""

names = plain.filter(bool)

urls = st.builds(
    "https://{}/{}".format,
    st.sampled_from(["a.example", "xn--fiq228c.example", "a_b.example", "[2001:db8::1]"]),
    st.text(alphabet="ab/&=?~+;'()@:,!$*-._", max_size=12),
)
maybe_urls = st.one_of(st.just(""), urls)
moments = st.integers(-(10**8), 10**6).map(lambda seconds: MOMENT + timedelta(seconds=seconds))
languages = st.sampled_from(["", "en", "zh-Hans", "ar"])
people = st.builds(Person, names, maybe_urls)
categories = st.builds(Category, names, st.sampled_from(["", "urn:x:y", "https://example.org/s"]), plain)
bodies = st.one_of(st.just(""), plain.map(lambda text: f"<p>{escape(text)}</p>\n<hr>"))

enclosures = st.builds(
    Enclosure,
    urls,
    st.sampled_from(["audio/mpeg", "image/svg+xml", "application/octet-stream"]),
    st.integers(0, 10**15 - 1),
    plain,
)

links = st.builds(
    Link,
    urls,
    st.sampled_from(["related", "via", "license", "replies"]),
    st.sampled_from(["", "text/html"]),
    languages,
    plain,
)

channels = st.builds(
    Channel,
    id=st.sampled_from(["", "urn:x:source"]),
    title=plain,
    feed_url=maybe_urls,
    link=maybe_urls,
    authors=st.lists(people, max_size=2).map(tuple),
    rights=plain,
)

episodes = st.builds(
    Episode,
    duration=st.integers(0, 10**6),
    season=st.integers(0, 99),
    number=st.integers(0, 9_999),
    kind=st.sampled_from(["", "full", "trailer", "bonus"]),
    explicit=st.sampled_from([None, True, False]),
    image=maybe_urls,
)

shows = st.builds(
    Show,
    author=plain,
    owner=plain,
    email=st.sampled_from(["", "show@example.org"]),
    categories=st.lists(
        st.sampled_from([("Arts", "Design"), ("Arts", "Food"), ("Arts", ""), ("Technology", "")]),
        min_size=1,
        unique=True,
    ).map(tuple),
    image=urls,
    explicit=st.booleans(),
    kind=st.sampled_from(["", "episodic", "serial"]),
)

posts = st.builds(
    post,
    maybe_urls,
    title=plain,
    summary=plain,
    body=bodies,
    published=st.one_of(st.none(), moments),
    updated=st.one_of(st.none(), moments),
    first_seen=moments,
    authors=st.lists(people, min_size=1, max_size=3).map(tuple),
    categories=st.lists(categories, max_size=3).map(tuple),
    enclosures=st.lists(enclosures, max_size=3, unique_by=lambda file: file.url).map(tuple),
    links=st.lists(links, max_size=3, unique_by=lambda link: (link.rel, link.href)).map(tuple),
    comments=maybe_urls,
    rights=plain,
    language=languages,
    image=maybe_urls,
    channel=st.one_of(st.none(), channels),
    named=st.one_of(st.none(), channels),
    via=st.lists(st.builds(Link, urls, st.just("via"), title=plain), max_size=2).map(tuple),
    episode=st.one_of(st.none(), episodes),
)


def _with_ids(found: list[Post]) -> list[Post]:
    """Make ids unique: the link for the first post that has it, else a URN."""
    taken: set[str] = {""}
    kept = []
    for place, each in enumerate(found):
        own = f"urn:x:{place}" if each.entry.link in taken else each.entry.link
        taken.add(own)
        kept.append(replace(each, id=own))
    return kept


@st.composite
def _feeds(draw: st.DrawFn) -> Feed:
    drawn: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {
                "title": names,
                "subtitle": plain,
                "language": languages,
                "rights": plain,
                "icon": maybe_urls,
                "author": people,
                "previous": st.sampled_from(["", f"{ADDRESS}archive/1/"]),
                "is_archive": st.booleans(),
                "show": st.one_of(st.none(), shows),
                "stylesheet": maybe_urls,
                "address": st.just("https://feeds.example.org/live/"),
            }
        )
    )
    return feed(*draw(st.lists(posts, max_size=4).map(_with_ids)), **drawn)


feeds = _feeds()
