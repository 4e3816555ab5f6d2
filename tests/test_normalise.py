"""What a source said becomes what we believe: one test a rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feedbraid.codec import digest
from feedbraid.ids import NAMESPACE, jekyll_id, mint, seed_id
from feedbraid.model import (
    Believed,
    Category,
    Channel,
    CleaningRules,
    Enclosure,
    Entry,
    EntryKey,
    Episode,
    Link,
    OriginSpec,
    Person,
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
    Reading,
    Show,
    Skipped,
)
from feedbraid.normalise import read_channel, read_entry, read_feed
from feedbraid.text import one_line
from feedbraid.urls import is_iri, uri_form
from fuzz_targets import judge_outcome

SPEC = OriginSpec(name="voa", kind="web", locations=("https://voa.example/feed",))
READING = Reading(spec=SPEC, feed_url="https://voa.example/feed")
CHANNEL = Channel(id="https://voa.example/feed", title="VOA", link="https://voa.example/")
SEEDS = Reading(spec=OriginSpec(name="posts", kind="seeds", locations=("seeds/",)))


def raw(**fields: Any) -> RawEntry:  # noqa: ANN401  # the fields of RawEntry
    plain = {"dialect": "rss", "links": (RawLink(href="https://voa.example/1"),), "title": RawText(value="One")}
    return RawEntry(**{**plain, **fields})


def read(item: RawEntry, reading: Reading = READING, channel: Channel = CHANNEL) -> Entry:
    believed = read_entry(item, reading, channel)
    assert isinstance(believed, Believed), believed
    return believed.entry


def notes(item: RawEntry, reading: Reading = READING) -> list[str]:
    believed = read_entry(item, reading, CHANNEL)
    assert isinstance(believed, Believed)
    return [note.rule for note in believed.notes]


# --- identity ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "stated", "expected"),
    [
        pytest.param("atom", "tag:voa.example,2026:1", "tag:voa.example,2026:1", id="n4 an Atom id is kept"),
        pytest.param("atom", "  urn:x:1  ", "urn:x:1", id="n3 white space around an id is no part of it"),
        pytest.param("atom", "yt:video:abc", "yt:video:abc", id="n4 an odd Atom id is kept, too"),
        pytest.param("atom", "no iri", mint(CHANNEL.id, "no iri"), id="n6 an Atom id that is no IRI is minted"),
        pytest.param("rss", "https://voa.example/?p=1", "https://voa.example/?p=1", id="n5 an address is an id"),
        pytest.param("rss", "1234", mint(CHANNEL.id, "1234"), id="n6 a number is no id for the world"),
        pytest.param("rss", "oai:x:1", mint(CHANNEL.id, "oai:x:1"), id="n5 an unregistered scheme is minted"),
        pytest.param("rss", "", "https://voa.example/1", id="n6 without a guid the canonical URL is the id"),
        pytest.param("json", "42", mint(CHANNEL.id, "42"), id="n6 a JSON id is treated like a guid"),
    ],
)
def test_ids(dialect: str, stated: str, expected: str) -> None:
    assert read(raw(dialect=dialect, id=stated)).public_id == expected


def test_n3_ids_are_trimmed_and_else_compared_by_character() -> None:
    links = [(RawLink(href=f"https://voa.example/{n}"),) for n in range(3)]
    ids = ["\n urn:x:a\t", "urn:x:A", "urn:x:%61"]
    items = [raw(dialect="atom", id=one, links=link) for one, link in zip(ids, links, strict=True)]
    found = [item.entry.public_id for item in read_feed(document(*items), READING).entries]
    assert found == ["urn:x:a", "urn:x:A", "urn:x:%61"]


def test_n6_an_entry_without_link_and_id_is_known_by_its_words() -> None:
    item = raw(links=(), id="")
    assert read(item).key.startswith("weak:voa:urn:uuid:")
    assert "N6" in notes(item)
    assert read(item) == read(item)


def test_n6_an_id_without_a_link_is_scoped_to_its_source() -> None:
    assert read(raw(links=(), id="g1")).key == "guid:voa:g1"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(("url",), "https://voa.example/1", id="the URL alone"),
        pytest.param(("guid",), "guid:voa:g1", id="the guid, for sources whose links change at every fetch"),
        pytest.param(
            ("url", "title"), "https://voa.example/1 title:", id="URL and title, where one URL has many posts"
        ),
    ],
)
def test_d1_a_source_may_be_keyed_on(parts: tuple[Any, ...], expected: str) -> None:
    reading = Reading(spec=OriginSpec(name="voa", kind="web", locations=(), key=parts))
    assert read(raw(id="g1"), reading).key.startswith(expected)


def test_n7_a_seed_keeps_the_id_it_states_and_is_keyed_on_it() -> None:
    seed = read(raw(dialect="seed", id="tag:me.example,2021:x"), SEEDS)
    assert (seed.public_id, seed.key) == ("tag:me.example,2021:x", "id:tag:me.example,2021:x")


def test_n7_a_number_is_no_id_of_a_seed() -> None:
    item = raw(dialect="seed", id="17")
    assert read(item, SEEDS).key == "https://voa.example/1"
    assert "N7" in notes(item, SEEDS)


def test_n7_a_seed_gets_a_tag_of_the_configured_authority() -> None:
    reading = Reading(spec=SEEDS.spec, authority="me.example")
    item = raw(dialect="seed", slug="lighthouse", published=RawDate(text="2021-01-27T14:41:19Z"))
    assert read(item, reading).public_id == "tag:me.example,2021-01-27:lighthouse"


@pytest.mark.parametrize(
    ("authority", "slug", "expected"),
    [
        pytest.param("me.example", "old", "tag:me.example,0987-01-27:old", id="a year has four digits"),
        pytest.param("me.example", "a b", f"tag:me.example,0987-01-27:{digest('a b')[:16]}", id="a blank"),
        pytest.param("a+b@me.example", "old", mint("seed", "a+b@me.example", "0987-01-27", "old"), id="a plus"),
    ],
)
def test_n7_an_id_of_a_seed_is_a_valid_tag_or_minted(authority: str, slug: str, expected: str) -> None:
    key = EntryKey("https://voa.example/1")
    assert seed_id(authority, datetime(987, 1, 27, tzinfo=UTC), slug, key) == expected


def test_n7_jekyll_writes_years_with_four_digits() -> None:
    date = datetime(987, 1, 2, tzinfo=UTC)
    assert jekyll_id("https://a.example/", date, "x", ["B"]) == "https://a.example/b/0987/01/02/x"


def test_n7_without_an_authority_a_seed_is_known_by_its_address() -> None:
    assert read(raw(dialect="seed", slug="lighthouse"), SEEDS).public_id == "https://voa.example/1"


def test_n7_the_ids_that_jekyll_feed_writes_can_be_kept() -> None:
    spec = OriginSpec(name="posts", kind="seeds", locations=(), site="https://old.example/", ids="jekyll")
    item = raw(
        dialect="seed",
        slug="lighthouse",
        published=RawDate(text="2021-01-27"),
        categories=(RawCategory(term="News"),),
    )
    assert read(item, Reading(spec=spec)).public_id == "https://old.example/news/2021/01/27/lighthouse"


def test_a_seed_without_an_address_is_known_by_its_file() -> None:
    assert read(raw(dialect="seed", links=(), ref="a/b.md"), SEEDS).key == "file:posts:a/b.md"


# --- whole documents --------------------------------------------------------------------------------------


def document(*entries: RawEntry) -> RawFeed:
    return RawFeed(version="rss20", channel=RawChannel(title=RawText(value="VOA")), entries=entries)


def test_b71_two_guids_on_one_address_are_one_entry_and_the_newest_is_taken() -> None:
    older = raw(id="a", title=RawText(value="Old"), published=RawDate(text="2026-01-01T00:00:00Z"), ref="0")
    newer = raw(id="b", title=RawText(value="New"), published=RawDate(text="2026-01-02T00:00:00Z"), ref="1")
    for order in ((older, newer), (newer, older)):
        fresh = read_feed(document(*order), READING)
        assert [item.entry.title for item in fresh.entries] == ["New"]
        assert [item.ref for item in fresh.skipped] == ["0"]


def test_b71_equal_dates_take_the_first_of_the_document() -> None:
    fresh = read_feed(document(raw(id="a", title=RawText(value="First")), raw(id="b")), READING)
    assert [item.entry.title for item in fresh.entries] == ["First"]


def test_b76_of_http_and_https_the_latter_is_kept() -> None:
    items = (raw(links=(RawLink(href="http://voa.example/1"),)), raw())
    assert [item.entry.link for item in read_feed(document(*items), READING).entries] == ["https://voa.example/1"]


def test_n140_entries_of_one_page_that_differ_in_the_fragment_are_all_kept() -> None:
    items = [raw(links=(RawLink(href=f"https://voa.example/day#{n}"),), title=RawText(value=n)) for n in "abc"]
    fresh = read_feed(document(*items), READING)
    assert [item.entry.key for item in fresh.entries] == [f"https://voa.example/day#{n}" for n in "abc"]
    assert len({item.entry.public_id for item in fresh.entries}) == 3
    lone = read_feed(document(items[0]), READING)
    assert [item.entry.key for item in lone.entries] == ["https://voa.example/day"]


def test_entries_that_all_link_to_the_page_of_the_feed_are_all_kept() -> None:
    home = (RawLink(href="https://voa.example/"),)
    channel = RawChannel(title=RawText(value="VOA"), links=home)
    by_guid = [raw(id=f"g{n}", links=home, title=RawText(value="Same")) for n in range(3)]
    by_title = [raw(links=home, title=RawText(value=f"Title {n}")) for n in range(3)]
    for items in (by_guid, by_title):
        fresh = read_feed(RawFeed(version="rss20", channel=channel, entries=tuple(items)), READING)
        assert len({item.entry.public_id for item in fresh.entries}) == 3


def test_n8_two_addresses_with_one_guid_stay_two_with_unique_ids() -> None:
    other = raw(id="urn:isbn:1", links=(RawLink(href="https://voa.example/2"),))
    fresh = read_feed(document(raw(id="urn:isbn:1"), other), READING)
    assert [item.entry.public_id for item in fresh.entries] == [
        "urn:isbn:1",
        mint("urn:isbn:1", "https://voa.example/2"),
    ]
    assert [item.entry.source_id for item in fresh.entries] == ["", ""]


def test_an_item_with_nothing_to_publish_is_skipped_with_its_place() -> None:
    fresh = read_feed(document(raw(), RawEntry(dialect="rss", ref="1")), READING)
    assert [item.ref for item in fresh.skipped] == ["1"]
    assert len(fresh.entries) == 1


# --- dates ------------------------------------------------------------------------------------------------


def test_n18_published_and_updated_are_read_apart() -> None:
    entry = read(raw(published=RawDate(text="2026-01-01T10:00:00+08:00"), updated=RawDate(text="2026-01-02")))
    assert entry.published == datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
    assert entry.updated == datetime(2026, 1, 2, tzinfo=UTC)


def test_n20_a_date_before_1990_is_missing_in_a_feed_and_kept_in_a_seed() -> None:
    old = raw(published=RawDate(text="1969-07-20T20:17:00Z"))
    assert read(old).published is None
    assert read(raw(dialect="seed", published=old.published), SEEDS).published == datetime(
        1969, 7, 20, 20, 17, tzinfo=UTC
    )


def test_n17_a_date_without_zone_is_read_in_the_zone_of_its_source() -> None:
    spec = OriginSpec(name="voa", kind="web", locations=(), zone="Asia/Shanghai")
    entry = read(raw(published=RawDate(text="2026-01-01 10:00:00")), Reading(spec=spec))
    assert entry.published == datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


# --- text -------------------------------------------------------------------------------------------------


def test_n27_n35_titles_are_plain_and_xml_safe() -> None:
    assert read(raw(title=RawText(value="<b>A</b>\x08 &amp;\n B", kind="html"))).title == "A & B"


def test_n30_a_missing_title_stays_missing() -> None:
    assert read(raw(title=None)).title == ""


def test_n36_the_longest_content_is_the_body() -> None:
    contents = (
        RawContent(value="<p>short</p>", media_type="text/html"),
        RawContent(value="<p>the longer one</p>", media_type="text/html"),
    )
    assert read(raw(contents=contents)).body == "<p>the longer one</p>"


def test_n36_without_content_the_summary_is_the_body() -> None:
    entry = read(raw(summary=RawText(value="<p>All there is</p>")))
    assert (entry.body, entry.summary) == ("<p>All there is</p>", "")


def test_n34_a_summary_beside_a_longer_content_is_kept_as_plain_text() -> None:
    entry = read(
        raw(
            summary=RawText(value="In <i>short</i>"),
            contents=(RawContent(value="<p>In short, and then at length</p>", media_type="text/html"),),
        )
    )
    assert entry.summary == "In short"


@pytest.mark.parametrize("summary", ["The same", "<p>The same</p>", "longer than the content"])
def test_n34_a_summary_that_adds_nothing_is_dropped(summary: str) -> None:
    entry = read(
        raw(
            summary=RawText(value=summary), contents=(RawContent(value="<p>The same</p>", media_type="text/html"),)
        )
    )
    assert entry.summary == ""


def test_n37_plain_text_becomes_paragraphs() -> None:
    entry = read(raw(summary=RawText(value="one & one\ntwo\n\nthree")))
    assert entry.body.startswith("<p>one &amp; one<br>")
    assert entry.body.count("<p>") == 2


def test_n41_content_elsewhere_is_a_link_and_media_an_enclosure() -> None:
    contents = (
        RawContent(src="/talk.mp3", media_type="audio/mpeg"),
        RawContent(src="/talk.pdf", media_type="application/pdf"),
    )
    entry = read(raw(contents=contents))
    assert entry.enclosures == (Enclosure("https://voa.example/talk.mp3", "audio/mpeg"),)
    assert entry.links == (Link("https://voa.example/talk.pdf", "related", "application/pdf"),)


def test_n41_inline_content_of_another_type_is_left_out() -> None:
    item = raw(contents=(RawContent(value="aGVsbG8=", media_type="image/png"),))
    assert read(item).body == ""
    assert "N41" in notes(item)


def test_n45_addresses_in_the_body_are_absolute_against_the_entry() -> None:
    entry = read(raw(summary=RawText(value='<img src="/i.png"><a href="b">b</a>')))
    assert 'src="https://voa.example/i.png"' in entry.body
    assert 'href="https://voa.example/b"' in entry.body


def test_n45_xml_base_comes_before_the_entry() -> None:
    content = RawContent(value='<img src="i.png">', media_type="text/html", base="https://cdn.example/x/")
    assert 'src="https://cdn.example/x/i.png"' in read(raw(contents=(content,))).body


def test_n45_the_address_of_the_feed_is_no_stated_base() -> None:
    content = RawContent(value='<img src="i.png">', media_type="text/html", base=READING.feed_url)
    item = raw(contents=(content,), base=READING.feed_url, links=(RawLink(href="https://voa.example/a/b"),))
    assert 'src="https://voa.example/a/i.png"' in read(item).body


def test_n46_fragments_belong_to_the_entry() -> None:
    entry = read(raw(summary=RawText(value='<a href="#fn1">1</a>')))
    assert 'href="https://voa.example/1#fn1"' in entry.body


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3))
def test_n6_what_is_minted_is_a_uuid_of_version_5(parts: list[str]) -> None:
    assert mint(*parts) == uuid5(UUID(NAMESPACE), "\n".join(parts)).urn


# --- people, links, categories ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        pytest.param((RawPerson(name="Ann"),), (Person("Ann"),), id="a name"),
        pytest.param((RawPerson(name="a@x.example (Ann)"),), (Person("Ann"),), id="n52 mail and name"),
        pytest.param((RawPerson(name="Ann <a@x.example>"),), (Person("Ann"),), id="n52 name and mail"),
        pytest.param((RawPerson(name="a@x.example"),), (Person("VOA"),), id="n51 a bare mail address is no name"),
        pytest.param((), (Person("VOA"),), id="n51 without an author the source stands in"),
        pytest.param(
            (RawPerson(name="A"), RawPerson(name="B"), RawPerson(name="A")), (Person("A"), Person("B")), id="n54"
        ),
        pytest.param(
            (RawPerson(name="Ann", uri="/ann"),), (Person("Ann", "https://voa.example/ann"),), id="n55 a page"
        ),
        pytest.param((RawPerson(name="Ann", uri="mailto:a@x.example"),), (Person("Ann"),), id="n55 no page"),
    ],
)
def test_people(authors: tuple[RawPerson, ...], expected: tuple[Person, ...]) -> None:
    assert read(raw(authors=authors)).authors == expected


@pytest.mark.parametrize(
    "stated", ["ann@x.example", "mailto:ann@x.example", "<ann@x.example>", "ann@x.example ()"]
)
def test_n53_no_mail_address_of_an_author_is_taken_over(stated: str) -> None:
    people = (RawPerson(name=stated), RawPerson(name="Bob", email="bob@x.example"), RawPerson(email=stated))
    assert read(raw(authors=people)).authors == (Person("Bob"),)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://ann.example/", "https://ann.example/"),
        ("/ann", "https://voa.example/ann"),
        ("mailto:ann@x.example", ""),
        ("javascript:alert(1)", ""),
        ("acct:ann@x.example", ""),
    ],
)
def test_n55_the_page_of_an_author_is_on_the_web(uri: str, expected: str) -> None:
    assert read(raw(authors=(RawPerson(name="Ann", uri=uri),))).authors == (Person("Ann", expected),)


def test_n51_authors_of_the_source_come_before_its_title() -> None:
    channel = Channel(title="VOA", authors=(Person("Desk"),))
    assert read(raw(), channel=channel).authors == (Person("Desk"),)


@pytest.mark.parametrize(
    ("links", "expected"),
    [
        pytest.param(
            (RawLink(href="/a.pdf", media_type="application/pdf"), RawLink(href="/a", media_type="text/html")),
            "https://voa.example/a",
            id="the page comes before another type",
        ),
        pytest.param(
            (RawLink(href="/de", hreflang="de"), RawLink(href="/zh", hreflang="zh-CN")),
            "https://voa.example/zh",
            id="the page in the language of the feed comes first",
        ),
        pytest.param(
            (RawLink(href="/only.pdf", media_type="application/pdf"),), "https://voa.example/only.pdf", id="any"
        ),
        pytest.param((RawLink(href="/x", rel="enclosure"),), "", id="an enclosure is no page"),
        pytest.param((RawLink(href="javascript:alert(1)"),), "", id="n56 a script is no link"),
        pytest.param((RawLink(href="//cdn.example/x"),), "https://cdn.example/x", id="protocol-relative"),
    ],
)
def test_n58_the_link_is(links: tuple[RawLink, ...], expected: str) -> None:
    channel = Channel(title="VOA", link="https://voa.example/", language="zh")
    assert read(raw(links=links), channel=channel).link == expected


def test_n58_a_permalink_guid_is_a_link_and_another_guid_is_none() -> None:
    assert read(raw(links=(), id="https://voa.example/p", id_is_permalink=True)).link == "https://voa.example/p"
    assert read(raw(links=(), id="https://voa.example/p")).link == ""
    assert read(raw(links=(), id="/p", id_is_permalink=True)).link == ""


def test_n145_the_original_link_replaces_the_proxied_one() -> None:
    item = raw(links=(RawLink(href="http://feeds.feedburner.com/~r/1"),), original_link="https://voa.example/o")
    assert read(item).link == "https://voa.example/o"


def test_d9_tracking_parameters_leave_the_link_unless_they_shall_stay() -> None:
    item = raw(links=(RawLink(href="https://voa.example/1?utm_source=x&id=2"),))
    assert read(item).link == "https://voa.example/1?id=2"
    assert "D9" in notes(item)
    keeping = Reading(spec=SPEC, cleaning=CleaningRules(tracking_parameters=True))
    assert read(item, keeping).link == "https://voa.example/1?utm_source=x&id=2"


def test_n56_every_address_is_one_of_the_web_or_left_out() -> None:
    script, local, mail = "javascript:alert(1)", "file:///etc/passwd", "mailto:a@x.example"
    entry = read(
        raw(
            links=(RawLink(href=script), RawLink(href=mail, rel="related"), RawLink(href="r", rel="via")),
            enclosures=(RawLink(href=local), RawLink(href="a.mp3")),
            comments=script,
            image="data:image/png;base64,AA",
        )
    )
    assert (entry.link, entry.comments, entry.image) == ("", "", "")
    assert [link.href for link in entry.links] == ["https://voa.example/r"]
    assert [file.url for file in entry.enclosures] == ["https://voa.example/a.mp3"]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("HTTPS://VOA.example:443/A/./B/../C?b=2&a=1#x", "https://voa.example/A/C?b=2&a=1#x"),
        ("https://www.voa.example/index.html?utm_source=x", "https://www.voa.example/index.html"),
        ("http://voa.example/%e4%bd%a0", "http://voa.example/%E4%BD%A0"),
    ],
)
def test_n59_the_link_is_that_of_the_source_in_uri_form(stated: str, expected: str) -> None:
    assert read(raw(links=(RawLink(href=stated),))).link == expected


def test_n61_only_links_that_mean_something_elsewhere_are_kept() -> None:
    links = tuple(
        RawLink(href=f"/{rel}", rel=rel)
        for rel in ("alternate", "related", "via", "license", "edit", "self", "next")
    )
    assert [link.rel for link in read(raw(links=links)).links] == ["related", "via", "license"]


def test_n62_replies_are_the_comments_page() -> None:
    links = (RawLink(href="/1"), RawLink(href="/1/comments", rel="replies", media_type="text/html"))
    assert read(raw(links=links)).comments == "https://voa.example/1/comments"
    assert read(raw(comments="/c")).comments == "https://voa.example/c"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param(
            RawLink(href="/a.mp3", media_type="audio/mpeg", length="12"), ("audio/mpeg", 12), id="as stated"
        ),
        pytest.param(RawLink(href="/a.mp3?x=1"), ("audio/mpeg", 0), id="n63 type by extension"),
        pytest.param(RawLink(href="/a"), ("application/octet-stream", 0), id="n63 no type at all"),
        pytest.param(RawLink(href="/a.mp3", media_type="mp3"), ("audio/mpeg", 0), id="n63 a type of no form"),
        pytest.param(RawLink(href="/a", media_type="Audio/MPEG; x=y"), ("audio/mpeg", 0), id="n63 parameters"),
        pytest.param(RawLink(href="/a.mp3", length="12,345"), ("audio/mpeg", 0), id="n64 a length with a comma"),
        pytest.param(RawLink(href="/a.mp3", length="-1"), ("audio/mpeg", 0), id="n64 a negative length"),
        pytest.param(RawLink(href="/a.mp3", length="9" * 16), ("audio/mpeg", 0), id="n64 an absurd length"),
    ],
)
def test_enclosures(link: RawLink, expected: tuple[str, int]) -> None:
    (enclosure,) = read(raw(enclosures=(link,))).enclosures
    assert (enclosure.media_type, enclosure.length) == expected


def test_n65_an_enclosure_stands_once_and_an_unusable_one_not_at_all() -> None:
    item = raw(
        enclosures=(RawLink(href="/a.mp3"), RawLink(href="/a.mp3"), RawLink(href="file:///etc/passwd")),
        links=(RawLink(href="/1"), RawLink(href="/b.mp3", rel="enclosure")),
    )
    assert [one.url for one in read(item).enclosures] == ["https://voa.example/a.mp3", "https://voa.example/b.mp3"]
    assert "N63" in notes(item)


@pytest.mark.parametrize("repeated", [1, 300], ids=["a short one is remembered", "a long one is not"])
def test_n52_n70_names_and_categories_are_read_alike_whatever_their_length(repeated: int) -> None:
    word = "é" * repeated
    authors = RawPerson(name=f"a@x.example (<b>{word}</b> &amp; Bob)"), RawPerson(email=f"a@x.example ({word})")
    stated = RawCategory(term=f" {word}&amp;b ", label="L"), RawCategory(term=word.upper()), RawCategory(term=word)
    found = read(raw(authors=authors, categories=stated))
    assert found.authors == (Person(f"{word} & Bob"), Person(word))
    assert found.categories == (Category(f"{word}&b", label="L"), Category(word.upper()))


def test_n70_categories_are_trimmed_and_unique_in_their_first_spelling() -> None:
    stated = (" News ", "", "news", "Cafe\u0301", "Caf\u00e9", "美国之音", "美国之音")
    terms = [one.term for one in read(raw(categories=tuple(RawCategory(term=term) for term in stated))).categories]
    assert terms == ["News", "Cafe\u0301", "美国之音"]


def test_n71_a_scheme_is_an_absolute_iri_or_nothing() -> None:
    stated = (RawCategory(term="a", scheme="https://x.example/s", label="A"), RawCategory(term="b", scheme="s"))
    assert read(raw(categories=stated)).categories == (Category("a", "https://x.example/s", "A"), Category("b"))


def test_n73_n74_a_language_must_fit_and_else_is_that_of_the_feed() -> None:
    assert read(raw(language="zh_hans")).language == "zh-Hans"
    channel = Channel(title="VOA", language="zh")
    assert read(raw(language="english!"), channel=channel).language == "zh"


# --- the channel ------------------------------------------------------------------------------------------


def test_n11_the_channel_says_where_entries_come_from() -> None:
    stated = RawChannel(
        title=RawText(value="VOA &amp; more", kind="html"),
        links=(RawLink(href="https://voa.example/feed", rel="self"), RawLink(href="/")),
        language="zh_CN",
    )
    assert read_channel(stated, READING) == Channel(
        id="https://voa.example/feed",
        title="VOA & more",
        feed_url="https://voa.example/feed",
        link="https://voa.example/",
        language="zh-CN",
    )


def test_the_configured_title_names_the_source() -> None:
    reading = Reading(spec=OriginSpec(name="voa", kind="web", locations=(), title="Voice"))
    assert read_channel(RawChannel(title=RawText(value="x")), reading).title == "Voice"


def test_a_local_file_is_known_by_the_address_it_states() -> None:
    local = Reading(spec=OriginSpec(name="voa", kind="file", locations=("a.xml",)))
    stated = RawChannel(links=(RawLink(href="https://voa.example/feed", rel="self"),))
    assert read_channel(stated, local).feed_url == "https://voa.example/feed"


def test_n11_an_entry_of_a_planet_keeps_the_origin_it_names() -> None:
    origin = RawChannel(
        id="tag:ann.example,2026:feed",
        title=RawText(value="Ann"),
        links=(RawLink(href="https://ann.example/feed", rel="self"), RawLink(href="https://ann.example/")),
    )
    named = read(raw(dialect="atom", origin=origin)).origin
    assert named is not None
    assert (named.id, named.title, named.feed_url) == (
        "tag:ann.example,2026:feed",
        "Ann",
        "https://ann.example/feed",
    )


def test_an_entry_that_is_nothing_but_an_enclosure_is_published() -> None:
    entry = read(RawEntry(dialect="rss", enclosures=(RawLink(href="https://voa.example/1.mp3"),)))
    other = read(RawEntry(dialect="rss", enclosures=(RawLink(href="https://voa.example/2.mp3"),)))
    assert entry.enclosures[0].url == "https://voa.example/1.mp3"
    assert entry.key != other.key


def test_n51_the_authors_of_the_origin_come_before_those_of_the_aggregator() -> None:
    origin = RawChannel(title=RawText(value="ST"), authors=(RawPerson(name="SA"),))
    assert read(raw(dialect="atom", origin=origin)).authors == (Person("SA"),)


def test_a_skipped_entry_says_why() -> None:
    skipped = read_entry(RawEntry(dialect="rss", ref="7"), READING, CHANNEL)
    assert isinstance(skipped, Skipped)
    assert "nothing to publish" in skipped.reason


# --- podcasts ---------------------------------------------------------------------------------------------


def test_n68_an_episode_belongs_to_its_entry_and_its_image_is_absolute() -> None:
    entry = read(raw(podcast=RawPodcast(duration="1:00", image="cover.jpg")))
    assert entry.episode == Episode(duration=60, image="https://voa.example/cover.jpg")
    assert read(raw()).episode is None


def test_n68_a_show_belongs_to_its_channel() -> None:
    podcast = RawPodcast(
        author="Host",
        owner=RawPerson(name="Own Inc", email="o@voa.example"),
        categories=(("Arts", "Food"),),
        image="/cover.jpg",
        explicit="no",
    )
    channel = read_channel(RawChannel(title=RawText(value="VOA"), podcast=podcast), READING)
    assert channel.show == Show(
        author="Host",
        owner="Own Inc",
        email="o@voa.example",
        categories=(("Arts", "Food"),),
        image="https://voa.example/cover.jpg",
        explicit=False,
    )
    assert channel.authors == ()


def test_n68_the_duration_of_json_is_that_of_the_episode() -> None:
    assert read(raw(dialect="json", podcast=RawPodcast(duration="61.5"))).episode == Episode(duration=61)


# --- whatever a source says -------------------------------------------------------------------------------

WORDS = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=30),
    st.lists(
        st.sampled_from(
            [
                *(
                    "<b>",
                    "</b>",
                    "<script>x</script>",
                    "<p>a</p><p>b</p>",
                    "<img src='/i.png'>",
                    "&amp;lt;",
                    "&#0;",
                    "&nbsp;",
                ),
                *(
                    "a",
                    "中文",
                    "\n\n",
                    "\0",
                    "\ud800",
                    "\u202e",
                    "\x85",
                    "😀",
                    "jo@a.example (Jo)",
                    "audio/mpeg",
                    "html",
                    "zh_TW",
                ),
            ]
        ),
        max_size=5,
    ).map("".join),
)
ADDRESSES = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                "https://voa.example/1",
                "http://voa.example/1#b",
                "/2",
                "?p=3",
                "#c",
                "//b.example/x.mp3",
                "https://voa.example/",
            ),
            *(
                "javascript:x",
                "data:text/html,x",
                "mailto:a@b.example",
                "https://u:p@voa.example/",
                "https://[::1]/",
                "https://中.example/",
            ),
            *(
                "urn:x:1",
                "tag:voa.example,2026:1",
                "https://voa.example/?utm_source=x&fbclid=y",
                "https://a b/",
                "1",
            ),
        ]
    ),
    WORDS,
)
RAW_TEXTS = st.none() | st.builds(
    RawText, value=WORDS, kind=st.sampled_from(["text", "html", "unknown"]), base=ADDRESSES, language=WORDS
)
RAW_LINKS = st.builds(
    RawLink,
    href=ADDRESSES,
    rel=st.sampled_from(["alternate", "self", "related", "via", "license", "replies", "enclosure", "edit"])
    | WORDS,
    media_type=st.sampled_from(["", "text/html", "audio/mpeg", "application/atom+xml"]) | WORDS,
    hreflang=st.sampled_from(["", "en", "zh-Hans"]) | WORDS,
    title=WORDS,
    length=st.sampled_from(["", "12", "-1", "9" * 30]) | WORDS,
)
RAW_PEOPLE = st.builds(RawPerson, name=WORDS, uri=ADDRESSES, email=WORDS)
RAW_DATES = st.none() | st.builds(
    RawDate,
    text=st.sampled_from(
        ["2026-01-05", "2026-02-30", "now", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    | WORDS,
    parsed=st.none() | st.tuples(*[st.integers(-(10**6), 10**6)] * 6),
)
RAW_PODCASTS = st.none() | st.builds(
    RawPodcast,
    author=WORDS,
    owner=st.none() | RAW_PEOPLE,
    categories=st.lists(st.tuples(st.sampled_from(["Arts", "News", "x"]), WORDS), max_size=2).map(tuple),
    image=ADDRESSES,
    explicit=st.sampled_from(["yes", "clean", "x"]),
    kind=st.sampled_from(["full", "serial", "x"]),
    duration=st.sampled_from(["1:02:03", "9" * 20, "9" * 9, "x"]),
    season=st.sampled_from(["1", "²", "9" * 10, "-1"]),
    episode=WORDS,
)
RAW_CHANNELS = st.builds(
    RawChannel,
    id=ADDRESSES,
    title=RAW_TEXTS,
    subtitle=RAW_TEXTS,
    links=st.lists(RAW_LINKS, max_size=3).map(tuple),
    authors=st.lists(RAW_PEOPLE, max_size=2).map(tuple),
    rights=RAW_TEXTS,
    language=WORDS,
    icon=ADDRESSES,
    base=ADDRESSES,
    podcast=RAW_PODCASTS,
)
RAW_ENTRIES = st.builds(
    RawEntry,
    dialect=st.sampled_from(["atom", "rss", "json", "seed"]),
    id=ADDRESSES,
    id_is_permalink=st.booleans(),
    links=st.lists(RAW_LINKS, max_size=3).map(tuple),
    original_link=ADDRESSES,
    title=RAW_TEXTS,
    summary=RAW_TEXTS,
    contents=st.lists(
        st.builds(
            RawContent,
            value=WORDS,
            media_type=st.sampled_from(["", "text/plain", "text/html", "application/xhtml+xml", "image/svg+xml"])
            | WORDS,
            src=ADDRESSES,
            base=ADDRESSES,
        ),
        max_size=2,
    ).map(tuple),
    published=RAW_DATES,
    updated=RAW_DATES,
    authors=st.lists(RAW_PEOPLE, max_size=2).map(tuple),
    categories=st.lists(st.builds(RawCategory, term=WORDS, scheme=ADDRESSES, label=WORDS), max_size=3).map(tuple),
    enclosures=st.lists(RAW_LINKS, max_size=2).map(tuple),
    comments=ADDRESSES,
    rights=RAW_TEXTS,
    language=WORDS,
    image=ADDRESSES,
    origin=st.none() | RAW_CHANNELS,
    podcast=RAW_PODCASTS,
    base=ADDRESSES,
    ref=st.just("1"),
    slug=st.sampled_from(["", "a-b", "中 文", "../x"]),
)
RAW_FEEDS = st.builds(
    RawFeed, version=st.just("x"), channel=RAW_CHANNELS, entries=st.lists(RAW_ENTRIES, max_size=4).map(tuple)
)
READINGS = st.builds(
    Reading,
    spec=st.builds(
        OriginSpec,
        name=st.just("voa"),
        kind=st.just("web"),
        locations=st.just(()),
        key=st.sampled_from([("url",), ("guid",), ("url", "title")]),
        zone=st.sampled_from(["UTC", "Asia/Tokyo"]),
        title=st.sampled_from(["", "A title"]),
        site=st.sampled_from(["", "https://voa.example"]),
        ids=st.sampled_from(["auto", "jekyll"]),
    ),
    feed_url=st.sampled_from(["", "https://voa.example/feed"]),
    authority=st.sampled_from(["", "voa.example"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RAW_FEEDS, READINGS)
def test_i1_i5_whatever_a_source_says_is_safe_or_skipped_with_a_reason(stated: RawFeed, reading: Reading) -> None:
    found = read_feed(stated, reading)
    assert read_feed(stated, reading) == found
    judge_outcome(found)
    assert len(found.entries) + len(found.skipped) == len(stated.entries)
    keys, own = [item.entry.key for item in found.entries], [item.entry.public_id for item in found.entries]
    assert len(set(keys)) == len(keys)
    assert all(own)
    if found.channel is not None:
        channel = found.channel
        assert all(one_line(line) == line for line in (channel.title, channel.subtitle, channel.rights))
        assert all(url == uri_form(url) for url in (channel.link, channel.icon))
        assert not channel.id or is_iri(channel.id)
    for episode in (item.entry.episode for item in found.entries):
        assert episode is None or min(episode.duration, episode.season, episode.number) >= 0
        assert episode is None or episode.image == uri_form(episode.image)


@pytest.mark.parametrize(
    ("asked", "published"),
    [
        ("https://a.example/feed?token=hush&lang=en", "https://a.example/feed?lang=en"),
        ("https://a.example/feed?api_key=hush", "https://a.example/feed"),
        ("https://a.example/feed?AUTH=hush&sig=hush&PASSWORD=hush", "https://a.example/feed"),
        (
            "https://a.example/feed?keyword=fish&author=ann&id=5",
            "https://a.example/feed?keyword=fish&author=ann&id=5",
        ),
    ],
)
def test_t12_a_token_in_the_address_of_a_source_is_not_published(asked: str, published: str) -> None:
    found = read_channel(RawChannel(), replace(READING, feed_url=asked))
    assert (found.feed_url, found.id) == (published, published)
