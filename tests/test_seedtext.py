"""A post as a seed file: the format of the seed scripts to the byte, and nothing lost on the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from corpus_entries import entries_of_feeds, entries_of_seeds
from factories import MOMENT, after, channel, entry, post
from feedbraid.model import (
    Believed,
    Category,
    Channel,
    Enclosure,
    Entry,
    EntryKey,
    Episode,
    Link,
    OriginSpec,
    Person,
    RawCategory,
    RawContent,
    RawDate,
    RawEntry,
    RawLink,
    RawPerson,
    RawText,
    Reading,
    Skipped,
)
from feedbraid.normalise import read_entry
from feedbraid.postfile import read_post
from feedbraid.seedtext import (
    FOLDER,
    LONGEST_SLUG,
    PLAIN,
    difference,
    entry_of,
    marked_name,
    saved_text,
    seed_name,
    seed_names,
    seed_text,
)

SAMPLE = """\
---
layout: post
title: "港口新闻：\\"灯塔\\" 重新开放 [续]"
date: 2021-01-27T14:41:19.000Z
author: 港口电台
from: https://harbour.example/zh/lighthouse-reopens/5753650.html?a=1#b
tags: [ 港口电台, 国际 ]
categories: [ 港口电台, 国际 ]
---
<!--1611758479000-->
[港口新闻："灯塔" 重新开放 [续]](https://harbour.example/zh/lighthouse-reopens/5753650.html?a=1#b)
------

<div>
<img src="https://images.weserv.nl/?url=img.example/1.jpg"><p># 一</p>
---
<div>- 二</div>
</div>
"""


def read(text: str, ref: str = "2000-01-01-any.md", reading: Reading = PLAIN) -> Entry:
    """Read a seed to its end."""
    found = read_post(text.encode(), ref, reading)
    assert not isinstance(found, Skipped), found
    believed = read_entry(found.raw, reading, Channel())
    assert isinstance(believed, Believed), believed
    return believed.entry


def head_of(text: str) -> dict[str, Any]:
    """Read front matter as the parsers of site generators do; they must agree."""
    head = text.removeprefix("---\n").partition("\n---\n")[0]
    by_pyyaml = yaml.safe_load(head)
    assert YAML(typ="safe").load(head) == {
        key: value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
        for key, value in by_pyyaml.items()
    }
    assert isinstance(by_pyyaml, dict)
    return by_pyyaml


# --- the format -------------------------------------------------------------------------------------------


def test_a_post_that_says_no_more_than_the_format_is_written_byte_for_byte_in_it() -> None:
    assert seed_text(read(SAMPLE)) == SAMPLE


RICH = entry(
    "https://voa.example/a",
    key=EntryKey("guid:voa:1"),
    public_id="tag:voa.example,2026:1",
    title='Say "no": {{ it }} # & \\ <b>',
    summary="What it says, in short",
    body="<p>{{ site.title }} {% raw %} <b>and much more of it</b></p>\n\n---\n",
    updated=after(days=1),
    authors=(Person("Ann", "https://ann.example/"), Person("no")),
    categories=(Category("2026"), Category("a, b", "https://voa.example/s", "A & B"), Category("yes")),
    enclosures=(Enclosure("https://voa.example/a,b.mp3", "audio/mpeg", 123, "The: file"),),
    links=(Link("https://other.example/", "via", "text/html", "en", "Other"),),
    comments="https://voa.example/a#comments",
    rights="© VOA",
    language="no",
    image="https://voa.example/a.jpg",
    episode=Episode(
        duration=3723, season=1, number=2, kind="bonus", explicit=False, image="https://voa.example/e"
    ),
    origin=channel(subtitle="Of all", rights="© all", language="en", authors=(Person("Bob"),)),
)


def test_a_post_that_says_everything_is_read_back_whole() -> None:
    assert read(seed_text(RICH)) == replace(RICH, dialect="seed")


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"updated": after(days=1)}, "updated: 2026-03-02T12:00:00.000Z"),
        ({"authors": (Person("Ann"), Person("Bob"))}, "authors: [ { name: Ann }, { name: Bob } ]"),
        (
            {"authors": (Person("Ann", "https://a.example/"),)},
            'authors: [ { name: Ann, url: "https://a.example/" } ]',
        ),
        ({"summary": "Short: it is"}, 'summary: "Short: it is"'),
        ({"rights": "CC"}, "rights: CC"),
        ({"language": "zh-Hans"}, "language: zh-Hans"),
        ({"comments": "https://a.example/c"}, 'comments: "https://a.example/c"'),
        ({"public_id": "urn:x:1"}, 'published_id: "urn:x:1"'),
        ({"key": EntryKey("guid:a:1")}, 'known_by: "guid:a:1"'),
        ({"title": ""}, "exact: true"),
        ({"published": None}, "exact: true"),
        ({"body": "no markup"}, "exact: true"),
        ({"body": "<div><i>Wed, 27 Jan 2021 14:00:25 GMT</i></div><p>a</p>"}, "exact: true"),
        ({"body": " <p>a</p>\n"}, "exact: true"),
        ({"title": "{{ title }}"}, "exact: true"),
        ({"title": "Using &lt; and <b>"}, "exact: true"),
        ({"link": "https://a.example/it's'", "key": EntryKey("https://a.example/it's'")}, "exact: true"),
    ],
)
def test_what_the_format_can_not_say_is_a_further_key(changes: dict[str, Any], line: str) -> None:
    one = entry(**changes)
    text = seed_text(one)
    assert line in text.partition("\n---\n")[0].split("\n")
    assert difference(text, one) == ""


def test_what_is_read_otherwise_is_named() -> None:
    assert difference(SAMPLE, replace(read(SAMPLE), title="Another")) == "its title is read as another one"
    assert isinstance(difference("---\n", entry()), Skipped)


@pytest.mark.parametrize("ids", ["auto", "jekyll"])
@pytest.mark.parametrize("authority", ["", "example.org"])
def test_the_published_id_is_stated_where_seeds_get_ids_of_their_own(authority: str, ids: Any) -> None:  # noqa: ANN401
    reading = Reading(spec=replace(FOLDER, ids=ids, site="https://s.example/"), authority=authority)
    one = entry()
    text = seed_text(one, reading)
    assert ("published_id" in text) == (authority != "" or ids == "jekyll")
    assert difference(text, one, reading) == ""


def test_an_id_of_its_own_stays_the_key() -> None:
    own = read("---\ntitle: a\nid: 'tag:a.example,2020:1'\nfrom: https://a.example/\ndate: 2020-01-01\n---\nText")
    text = seed_text(own)
    assert 'id: "tag:a.example,2020:1"' in text.split("\n")
    assert read(text) == own


# --- what must not be run or rendered ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", ["<p>{{ x }}</p>", "<p>{% endraw %}</p>", '<a title="{{{{{%">x</a>', "<pre>{%- x -%}\n\n    y</pre>"]
)
def test_no_generator_finds_liquid_below_the_front_matter(body: str) -> None:
    one = entry(body=body, title="{{ x }} of {% y %}")
    text = seed_text(one)
    below = text.partition("\n---\n")[2]
    assert "{{" not in below
    assert "{%" not in below
    assert read(text).body == body


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("a [b] c", "a [b] c"),
        ("a ] b", r"a \] b"),
        ("*a* `b` <c> snake_case _d_", r"\*a\* \`b\` &lt;c> snake_case \_d\_"),
        ("AT&T &amp;", "AT&T &amp;amp;"),
        ("{{ a }}", "&#123;{ a }}"),
    ],
)
def test_the_heading_shows_the_title(title: str, heading: str) -> None:
    assert f"\n[{heading}](https://example.org/one)\n------\n" in seed_text(entry(title=title))


def test_a_post_without_link_has_a_heading_all_the_same() -> None:
    one = entry("", key=EntryKey("guid:a:1"), public_id="urn:x:1")
    text = seed_text(one)
    assert "\n[One](#)\n" in text
    assert difference(text, one) == ""


# --- the way there and back -------------------------------------------------------------------------------

ODD = [
    *(
        "---",
        "no",
        "2026",
        "null",
        "~",
        "a: b",
        "a #b",
        "- a",
        "'a'",
        '"',
        "\\",
        "\\ud83d\\ude00",
        "{{ a }}",
        "{%x%}",
    ),
    *(
        "&amp;lt;",
        "&lt;b&gt;",
        "<b>x</b>",
        "a]b",
        "](",
        "\u2028",
        "\x85",
        "\ufeffa",
        "😀",
        "\u0301",
        "%",
        "@",
        "`",
        "|",
        ">",
    ),
    *("Ann <ann@a.example>", "2020-01-01", "y", "=", "<<", "!!python/x", "&a", "*a", "?", ",", "[", "{"),
]
texts = st.one_of(
    st.sampled_from(ODD),
    st.lists(st.sampled_from([*ODD, "a", " ", "中"]), max_size=5).map("".join),
    st.text(max_size=12),
)
raw_texts = st.builds(RawText, value=texts, kind=st.sampled_from(["text", "html", "unknown"]))
addresses = st.builds(
    "https://{}/{}".format,
    st.sampled_from(["a.example", "中.example", "[2001:db8::1]"]),
    st.text(alphabet="ab/&=?~+;'()@:,!$*-._{}[]%\"<>#中", max_size=10),
)
raw_links = st.builds(
    RawLink,
    href=addresses,
    rel=st.sampled_from(["alternate", "related", "via", "license", "enclosure"]),
    media_type=st.sampled_from(["", "text/html", "audio/mpeg", "x"]),
    hreflang=st.sampled_from(["", "no"]),
    title=texts,
    length=st.sampled_from(["", "12", "x"]),
)
dates = st.one_of(
    st.none(),
    st.sampled_from(["2021-01-27T14:41:19Z", "1995-05-05", "never"]).map(lambda text: RawDate(text=text)),
)
markups = st.one_of(
    texts,
    st.lists(
        st.sampled_from(["<div>", "</div>", "<p>", "<pre>", "\n", "\n---\n", " ", "<i>2020-01-01</i>", *ODD]),
        max_size=8,
    ).map("".join),
)
raw_entries = st.builds(
    RawEntry,
    dialect=st.sampled_from(["rss", "atom", "json"]),
    id=texts,
    links=st.lists(raw_links, max_size=3).map(tuple),
    title=st.one_of(st.none(), raw_texts),
    summary=st.one_of(st.none(), raw_texts),
    contents=st.lists(
        st.builds(RawContent, value=markups, media_type=st.sampled_from(["", "text/html", "text/plain"])),
        max_size=1,
    ).map(tuple),
    published=dates,
    updated=dates,
    authors=st.lists(st.builds(RawPerson, name=texts, uri=st.one_of(st.just(""), addresses)), max_size=3).map(
        tuple
    ),
    categories=st.lists(
        st.builds(RawCategory, term=texts, scheme=st.one_of(st.just(""), addresses), label=texts), max_size=3
    ).map(tuple),
    comments=st.one_of(st.just(""), addresses),
    rights=st.one_of(st.none(), raw_texts),
    language=st.sampled_from(["", "no", "zh-Hans"]),
    image=st.one_of(st.just(""), addresses),
)
SOURCE = Reading(spec=OriginSpec(name="voa", kind="web", locations=()), feed_url="https://voa.example/feed")


@given(raw_entries, st.one_of(st.just(Channel()), st.just(channel(authors=(Person("Ann"),)))))
def test_what_any_source_says_is_read_back_from_its_seed(raw: RawEntry, source: Channel) -> None:
    believed = read_entry(raw, SOURCE, source)
    if isinstance(believed, Believed):
        one = replace(believed.entry, origin=source if source.title else None)
        text = seed_text(one)
        assert difference(text, one) == ""
        assert seed_text(read(text)) == text
        assert head_of(text)["title"] == one.title
        assert "{{" not in text.partition("\n---\n")[2]


@pytest.mark.corpus
def test_every_seed_of_the_corpus_is_read_back(corpus: Path) -> None:
    entries = entries_of_seeds(corpus)
    for name, one in entries.items():
        text = seed_text(one)
        assert difference(text, one) == "", name
        assert seed_text(read(text)) == text, name
        head_of(text)
    assert len(entries) > 250


@pytest.mark.corpus
def test_every_entry_of_the_feeds_of_the_corpus_is_read_back(corpus: Path) -> None:
    """All fields are compared but two: the dialect, and the id as the source stated it, which counts there."""
    found = [(name, one) for name, entries in entries_of_feeds(corpus).items() for one in entries]
    for name, one in found:
        text = seed_text(one)
        assert difference(text, one) == "", (name, one.link)
        assert seed_text(read(text)) == text, (name, one.link)
    assert len(found) > 1000


# --- posts ------------------------------------------------------------------------------------------------


def test_a_post_keeps_its_id_its_dates_and_its_source() -> None:
    one = post(id="urn:x:1", channel=channel(rights="© VOA", subtitle="x"), published=None, authors=())
    told = entry_of(one)
    assert (told.public_id, told.published, told.updated) == ("urn:x:1", None, MOMENT)
    assert told.origin == channel(rights="© VOA")


def test_a_date_that_is_not_believed_is_gone() -> None:
    told = entry_of(post(published=after(days=3), first_seen=MOMENT, last_changed=MOMENT))
    assert (told.published, told.updated) == (None, MOMENT)


def test_a_saved_post_is_untouched_until_somebody_edits_it() -> None:
    text = saved_text(seed_text(replace(RICH, origin=channel())))
    assert (read(text).saved, read(text).origin) == (True, channel())
    assert read(text.replace("\n", "\r\n")).saved
    for edited in (text + " ", text.replace("layout: post", "layout: page"), text.replace("much", "little")):
        assert (read(edited).saved, read(edited).origin) == (False, None)


def test_nothing_in_a_feed_can_say_that_it_is_a_seed_of_ours() -> None:
    links = tuple(RawLink(href="x:y", rel=f"feedbraid:{name}") for name in ("saved", "known_by", "published_id"))
    believed = read_entry(
        RawEntry(dialect="atom", id="a:b", title=RawText(value="a"), links=links), SOURCE, Channel()
    )
    assert isinstance(believed, Believed)
    assert (believed.entry.saved, believed.entry.public_id) == (False, "a:b")
    assert believed.entry.key == "guid:voa:a:b"


# --- file names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("拜登总统与普京首次通话 同意延长《新约》", "拜登总统与普京首次通话-同意延长-新约"),
        ('A: "b"? <c>|\\d/e. ', "a-b-c-d-e"),
        ("Cafe\u0301", "café"),
        ("...", "post"),
        ("", "post"),
        ("😀", "post"),
        ("CON", "con"),
        ("字" * 60, "字" * 33),
        ("x" * 99 + "e\u0308y", "x" * 99),
        ("प्रधानमंत्री", "प्रधानमंत्री"),
    ],
)
def test_a_file_is_named_by_day_and_title(title: str, name: str) -> None:
    assert seed_name(title, MOMENT) == f"2026-03-01-{name}"


@given(st.text(max_size=200))
def test_any_title_gives_a_name_that_every_file_system_takes(title: str) -> None:
    name = seed_name(title, MOMENT)
    slug = name.removeprefix("2026-03-01-")
    assert slug
    assert len(slug.encode()) <= LONGEST_SLUG
    assert not set(slug) & set('<>:"/\\|?*. \t\n\0')
    assert slug[-1] not in "-."


def test_equal_names_are_told_apart_by_the_key_and_not_by_the_order() -> None:
    same = [("k1", "Émile", MOMENT), ("k2", "émile", MOMENT), ("k3", "Other", MOMENT)]
    names = seed_names(same)
    assert names == seed_names(reversed(same))
    assert names["k3"] == "2026-03-01-other"
    assert names["k1"] == marked_name("2026-03-01-émile", "k1")
    assert len({name.casefold() for name in names.values()}) == 3
