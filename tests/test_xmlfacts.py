"""What the parser library would add, lose or mix up, case by case (standards: traps of feedparser 6)."""

from __future__ import annotations

import pytest

from documents import URL, atom, only, read, rss
from feedbraid.model import RawContent, RawDate, RawLink, RawPerson, RawPodcast, RawText
from feedbraid.xmlfacts import MAX_CATEGORIES, parse_date, read_facts


def item(*parts: str) -> str:
    return rss(f"<item>{''.join(parts)}</item>")


def entry(*parts: str) -> str:
    return atom(f"<entry>{''.join(parts)}</entry>")


# --- ids and links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "stated_id", "permalink"),
    [
        pytest.param(item("<guid>123</guid>"), "123", True, id="a guid is a permalink unless it says not"),
        pytest.param(item('<guid isPermaLink="TRUE">a</guid>'), "a", True, id="in any case"),
        pytest.param(item('<guid isPermaLink="false">/a</guid>'), "/a", False, id="not a permalink"),
        pytest.param(
            item("<link>https://site.example/1</link><guid>b</guid>"), "b", True, id="even beside a link"
        ),
        pytest.param(item("<link/><guid>b</guid>"), "b", True, id="even beside an empty link"),
        pytest.param(item("<guid> </guid>"), "", True, id="B73 an empty guid is none"),
        pytest.param(entry("<id>/t3_42</id>"), "/t3_42", False, id="an Atom id is not resolved"),
        pytest.param(
            atom("<entry><id>1?a=b</id></entry>", attributes='xml:base="https://site.example/"'),
            "1?a=b",
            False,
            id="an Atom id is not resolved against xml:base either",
        ),
    ],
)
def test_n58_an_id_stays_verbatim_and_is_never_a_link(document: str, stated_id: str, permalink: bool) -> None:  # noqa: FBT001
    stated = only(document)
    assert (stated.id, stated.id_is_permalink) == (stated_id, permalink)
    assert [link.href for link in stated.links if link.href != "https://site.example/1"] == []


def test_n58_all_links_are_kept_in_their_order() -> None:
    links = only(
        entry('<link href="/en" hreflang="en"/><link href="/de" hreflang="de"/><link rel="via" href="/v"/>')
    )
    assert [(link.href, link.rel, link.hreflang) for link in links.links] == [
        ("/en", "alternate", "en"),
        ("/de", "alternate", "de"),
        ("/v", "via", ""),
    ]


def test_no_media_type_is_made_up_for_a_link() -> None:
    assert only(item("<link>/1</link>")).links == (RawLink(href="/1"),)


def test_an_atom_link_in_rss_is_a_link_like_any_other() -> None:
    stated = only(item('<link>/1</link><atom:link rel="replies" type="application/atom+xml" href="/c"/>'))
    assert stated.links == (
        RawLink(href="/1"),
        RawLink(href="/c", rel="replies", media_type="application/atom+xml"),
    )


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        pytest.param("", "p/1", id="no xml:base: it stays relative"),
        pytest.param("https://site.example/blog/", "https://site.example/blog/p/1", id="B80 an absolute one"),
        pytest.param("/blog/", "https://site.example/blog/p/1", id="one relative to the document"),
        pytest.param("javascript:alert(1)", "p/1", id="one of another scheme counts for nothing"),
    ],
)
def test_b80_links_follow_xml_base_where_one_is_stated(base: str, expected: str) -> None:
    document = atom('<entry><link href="p/1"/></entry>', attributes=f'xml:base="{base}"' if base else "")
    assert only(document).links[0].href == expected


def test_an_address_that_can_not_be_resolved_stays_as_it_is() -> None:
    document = atom('<entry><link href="http://[x"/></entry>', attributes='xml:base="https://site.example/"')
    assert only(document).links[0].href == "http://[x"


# --- texts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "summary", "contents"),
    [
        pytest.param(entry("<content>c</content>"), None, ["c"], id="content is not copied into the summary"),
        pytest.param(entry("<content>c</content><summary>s</summary>"), "s", ["c"], id="content first"),
        pytest.param(
            item("<content:encoded>c</content:encoded><description>s</description>"), "s", ["c"], id="RSS"
        ),
        pytest.param(
            item("<description>s</description><itunes:summary>i</itunes:summary>"), "s", [], id="a podcast"
        ),
        pytest.param(
            item("<itunes:summary>i</itunes:summary><description>s</description>"), "s", [], id="in front"
        ),
        pytest.param(
            item("<itunes:subtitle>t</itunes:subtitle><itunes:summary>i</itunes:summary>"), "i", [], id="alone"
        ),
        pytest.param(
            item("<description>s</description><dc:description>d</dc:description>"), "s", [], id="Dublin Core"
        ),
        pytest.param(
            item(
                "<description>s</description><media:group><media:description>m</media:description></media:group>"
            ),
            "s",
            [],
            id="media: the description is not replaced",
        ),
        pytest.param(
            entry("<media:group><media:description>m</media:description></media:group>"),
            "m",
            [],
            id="N66 media alone",
        ),
    ],
)
def test_n36_summary_and_contents_do_not_mix(document: str, summary: str | None, contents: list[str]) -> None:
    stated = only(document)
    assert (stated.summary.value if stated.summary else None) == summary
    assert [content.value for content in stated.contents] == contents


@pytest.mark.parametrize(
    ("document", "title"),
    [
        pytest.param(item("<media:title>m</media:title><title>t</title>"), "t", id="in front"),
        pytest.param(
            item("<title>t</title><media:content><media:title>m</media:title></media:content>"), "t", id="behind"
        ),
        pytest.param(item("<media:title>m</media:title>"), "m", id="alone"),
        pytest.param(item("<title>t</title><image><title>i</title></image>"), "t", id="of an image"),
        pytest.param(item("<title> </title>"), None, id="blank"),
    ],
)
def test_the_title_is_the_items_own(document: str, title: str | None) -> None:
    stated = only(document)
    assert (stated.title.value if stated.title else None) == title


@pytest.mark.parametrize(
    ("stated_type", "value", "expected"),
    [
        pytest.param("", "a &lt;b&gt;", RawText(value="a <b>", kind="text"), id="text when nothing is said"),
        pytest.param("text", "a &lt;b&gt;", RawText(value="a <b>", kind="text"), id="text"),
        pytest.param("html", "a &lt;b&gt;", RawText(value="a <b>", kind="html"), id="html"),
        pytest.param("text/html", "&amp;amp;", RawText(value="&amp;", kind="html"), id="as a media type"),
    ],
)
def test_n28_atom_says_what_a_title_is(stated_type: str, value: str, expected: RawText) -> None:
    attribute = f' type="{stated_type}"' if stated_type else ""
    assert only(entry(f"<title{attribute}>{value}</title>")).title == expected


def test_n28_rss_does_not_say_what_a_title_is() -> None:
    assert only(item("<title>a &lt;b&gt;b&lt;/b&gt;</title>")).title == RawText(value="a <b>b</b>")


def test_n38_xhtml_ends_no_void_element() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/>&lt;/br&gt;</p><img src="i.png"/></div>'
    (content,) = only(entry(f'<content type="xhtml">{div}</content>')).contents
    assert content.value == '<p>a<br>&lt;/br&gt;</p><img src="i.png">'


def test_n41_content_elsewhere_and_content_of_other_types_is_stated_as_such() -> None:
    video = only(entry('<content src="v.mp4" type="video/mp4"/>'))
    assert video.contents == (RawContent(media_type="video/mp4", src="v.mp4"),)
    image = only(entry('<content type="image/png">iVBORw0KGgo=</content>'))
    assert image.contents[0].media_type == "image/png"


def test_n45_an_xml_base_inside_a_body_holds_for_what_stands_below_it() -> None:
    inner = (
        '<p xml:base="/deep/"><a href="a">a</a><b xml:base="er/"><img src="b.png"/></b><img src="c.png"/></p>'
        '<a href="d">d</a><p xml:base="https://cdn.example/"><a href="#e">e</a><q cite="f" title="g">f</q></p>'
    )
    content = (
        f'<content type="xhtml" xml:base="x/"><div xmlns="http://www.w3.org/1999/xhtml">{inner}</div></content>'
    )
    (found,) = only(atom(f"<entry>{content}</entry>", attributes='xml:base="https://site.example/"')).contents
    assert found.base == "https://site.example/x/"
    for expected in (
        '<a href="https://site.example/deep/a">',
        '<img src="https://site.example/deep/er/b.png">',
        '<img src="https://site.example/deep/c.png">',
        '<a href="d">',
        '<a href="#e">',
        '<q cite="https://cdn.example/f" title="g">',
    ):
        assert expected in found.value.replace('"/>', '">')


def test_n43_the_language_of_a_part_of_a_body_is_said_as_html_does() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml"><p xml:lang="fr">oui</p></div>'
    (content,) = only(entry(f'<content type="xhtml">{div}</content>')).contents
    assert content.value == '<p lang="fr">oui</p>'


def test_html_is_neither_cleaned_nor_resolved() -> None:
    markup = '<a href="/x" onclick="y()">z</a><script>1</script>'
    assert only(item(f"<description><![CDATA[{markup}]]></description>")).summary == RawText(value=markup)


# --- dates, people, categories, media ---------------------------------------------------------------------


def test_n18_updated_is_never_a_copy_of_published() -> None:
    stated = only(item("<pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate>"))
    assert stated.published == RawDate(text="Fri, 20 Nov 2026 09:00:00 GMT", parsed=(2026, 11, 20, 9, 0, 0))
    assert stated.updated is None


@pytest.mark.parametrize(
    "stated",
    [
        pytest.param("-0001-11-30T00:00:00+00:00", id="a year that is none"),
        pytest.param("99999999-01-01", id="a year out of range"),
        pytest.param("gestern", id="no date"),
        pytest.param("Fri, 99 Nov 99999999999 99:99:99 +9999", id="numbers out of range"),
    ],
)
def test_n16_a_senseless_date_is_kept_as_text(stated: str) -> None:
    published = only(item(f"<pubDate>{stated}</pubDate>")).published
    assert published is not None
    assert published.text == stated


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param("<pubDate>soon</pubDate><dc:date>2026-11-20</dc:date>", "2026-11-20", id="unreadable"),
        pytest.param(
            "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate><dc:date>2026-11-20</dc:date>", "2026-11-20", id="N20"
        ),
        pytest.param(
            "<dc:date>2026-11-20</dc:date><pubDate>2025-11-20</pubDate>", "2025-11-20", id="pubDate first"
        ),
        pytest.param("<pubDate>soon</pubDate><dc:date>later</dc:date>", "soon", id="none is readable"),
        pytest.param("<dc:date>2026-11-20</dc:date>", "2026-11-20", id="dc:date alone"),
        pytest.param(
            "<pubDate>2016/6/29 soon</pubDate><dc:date>2026-11-20</dc:date>", "2026-11-20", id="N16 half a date"
        ),
    ],
)
def test_n15_n16_n18_of_several_dates_the_first_that_can_be_read_is_taken(parts: str, expected: str) -> None:
    published = only(item(f"<title>t</title>{parts}")).published
    assert published is not None
    assert published.text == expected


def test_n18_the_channel_falls_back_to_a_date_that_can_be_read_too() -> None:
    updated = read(
        rss("<title>t</title><lastBuildDate>now</lastBuildDate><dc:date>2026-11-20</dc:date>")
    ).channel.updated
    assert updated is not None
    assert updated.text == "2026-11-20"


def test_n16_what_is_no_date_has_no_reading() -> None:
    assert parse_date("") is None


def test_n52_a_person_in_rss_is_one_text() -> None:
    assert only(item("<author>ann@site.example (Ann)</author>")).authors == (
        RawPerson(name="ann@site.example (Ann)"),
    )


def test_a_long_name_costs_no_time() -> None:
    read(rss(f"<webMaster>{'a' * 200_000}</webMaster>"))


def test_the_same_person_is_stated_once() -> None:
    assert only(item("<author>Ann</author><dc:creator>Ann</dc:creator>")).authors == (RawPerson(name="Ann"),)


def test_keywords_do_not_get_a_made_up_scheme() -> None:
    (category,) = only(item("<itunes:keywords>one</itunes:keywords>")).categories
    assert (category.term, category.scheme) == ("one", "")


def test_categories_are_bounded() -> None:
    facts = read_facts(item("".join(f"<category>{n}</category>" for n in range(MAX_CATEGORIES + 9))).encode(), URL)
    assert len(facts.entries[0]["tags"]) == MAX_CATEGORIES


def test_n66_media_contents_are_enclosures_and_pictures_are_the_image() -> None:
    stated = only(
        item(
            '<media:content url="https://cdn.example/i.jpg" medium="image" fileSize="9"/>',
            '<media:content url="https://cdn.example/v.mp4" type="video/mp4"/><media:content/>',
            '<media:thumbnail url="https://cdn.example/t.jpg"/>',
        )
    )
    assert stated.image == "https://cdn.example/t.jpg"
    assert stated.enclosures == (
        RawLink(href="https://cdn.example/v.mp4", rel="enclosure", media_type="video/mp4"),
    )


def test_n30_the_title_of_a_picture_is_not_that_of_the_entry() -> None:
    title = "<media:title>ann</media:title>"
    avatar = f'<media:content url="https://cdn.example/i.jpg" medium="image">{title}</media:content>'
    assert only(item("<guid>g</guid>", avatar)).title is None


def test_n51_the_owner_of_a_podcast_is_none_of_its_authors() -> None:
    owner = (
        "<itunes:owner><itunes:name>Own Inc</itunes:name><itunes:email>o@x.example</itunes:email></itunes:owner>"
    )
    for parts in (("<itunes:author>Host</itunes:author>", owner), (owner, "<itunes:author>Host</itunes:author>")):
        assert [person.name for person in read(rss(*parts, item("<guid>g</guid>"))).channel.authors] == ["Host"]


# --- podcasts ---------------------------------------------------------------------------------------------

SHOW = (
    "<title>t</title><itunes:author>Host</itunes:author>",
    "<itunes:owner><itunes:name>Own Inc</itunes:name><itunes:email>o@x.example</itunes:email></itunes:owner>",
    '<itunes:category text="Society &amp; Culture"><itunes:category text="Documentary"/>',
    '<itunes:category text="Philosophy"/></itunes:category><itunes:category text="Arts"/>',
    '<itunes:image href="/cover.jpg"/><itunes:explicit>Clean</itunes:explicit><itunes:type>serial</itunes:type>',
    "<itunes:keywords>a,b</itunes:keywords><itunes:block>Yes</itunes:block>",
)
EPISODE = (
    "<title>e</title><itunes:author>Guest</itunes:author><itunes:title>Other</itunes:title>",
    "<itunes:duration>1:02:03</itunes:duration><itunes:season>2</itunes:season>",
    "<itunes:episode>14</itunes:episode><itunes:episodeType>full</itunes:episodeType>",
    '<itunes:explicit>yes</itunes:explicit><itunes:image href="/14.jpg"/>',
)
RAW_SHOW = RawPodcast(
    author="Host",
    owner=RawPerson(name="Own Inc", email="o@x.example"),
    categories=(("Society & Culture", "Documentary"), ("Society & Culture", "Philosophy"), ("Arts", "")),
    image="/cover.jpg",
    explicit="Clean",
    kind="serial",
)
RAW_EPISODE = RawPodcast(
    author="Guest", image="/14.jpg", explicit="yes", kind="full", duration="1:02:03", season="2", episode="14"
)


def test_n68_what_a_podcast_says_is_read_word_by_word() -> None:
    stated = read(rss(*SHOW, f"<item>{''.join(EPISODE)}</item>"))
    assert stated.channel.podcast == RAW_SHOW
    assert [entry.podcast for entry in stated.entries] == [RAW_EPISODE]
    assert [entry.title for entry in stated.entries] == [RawText(value="e")]


def test_n68_a_damaged_podcast_says_the_same() -> None:
    damaged = read(rss(*SHOW, f"<item>{''.join(EPISODE)}</item><item><title><b></title></item>"))
    assert "not well-formed" in damaged.notes[0].text
    assert (damaged.channel.podcast, damaged.entries[0].podcast) == (RAW_SHOW, RAW_EPISODE)


def test_n68_an_episode_is_one_in_atom_too() -> None:
    assert only(entry("<id>urn:x:1</id>", *EPISODE)).podcast == RAW_EPISODE


@pytest.mark.parametrize("order", [1, -1], ids=["in front", "behind"])
def test_n68_other_elements_of_the_same_names_are_not_mixed_in(order: int) -> None:
    parts = (
        "<image><url>/logo.png</url></image><webMaster>w@x.example</webMaster><category>News</category>",
        "".join(SHOW),
    )
    stated = read(rss(*parts[::order])).channel
    assert stated.podcast is not None
    assert (stated.podcast.image, stated.podcast.owner) == ("/cover.jpg", RAW_SHOW.owner)
    assert set(stated.podcast.categories) == set(RAW_SHOW.categories)


def test_n68_without_podcast_elements_there_is_no_podcast() -> None:
    stated = read(rss("<title>t</title><managingEditor>e</managingEditor><image><url>/i</url></image>", item()))
    assert stated.channel.podcast is None
    assert only(item("<title>t</title><author>a</author><media:thumbnail url='/i'/>")).podcast is None


def test_n68_attributes_of_podcast_elements_do_no_harm() -> None:
    parts = '<itunes:season name="Two">2</itunes:season><itunes:category/><itunes:image/><itunes:owner/>'
    assert only(item("<title>t</title>", parts)).podcast == RawPodcast(season="2", categories=(("", ""),))


def test_n68_the_categories_of_a_show_are_bounded() -> None:
    many = "".join(f'<itunes:category text="{n}"/>' for n in range(MAX_CATEGORIES + 9))
    podcast = read(rss("<title>t</title>", many)).channel.podcast
    assert podcast is not None
    assert len(podcast.categories) == MAX_CATEGORIES


@pytest.mark.parametrize(
    "credit", ['<media:credit role="author">Ann</media:credit>', "<media:credit>Ann</media:credit>"]
)
def test_n66_who_is_credited_for_a_medium_is_none_of_the_authors(credit: str) -> None:
    content = f'<media:content url="/v.mp4">{credit}</media:content>'
    for part in (credit, content, f"<media:group>{content}</media:group>"):
        assert only(item("<title>t</title>", part)).authors == ()


@pytest.mark.parametrize(
    ("parts", "image"),
    [
        pytest.param('<itunes:image href="https://cdn.example/a.jpg"/>', "https://cdn.example/a.jpg", id="itunes"),
        pytest.param('<media:content url="/b" medium="image"/>', "/b", id="media content"),
        pytest.param('<media:content url="/c" type="image/png"/>', "/c", id="media content by its type"),
        pytest.param('<media:content url="/v" type="video/mp4"/>', "", id="a video is none"),
    ],
)
def test_n66_the_image_of_an_item(parts: str, image: str) -> None:
    assert only(item(parts)).image == image


def test_an_rss_source_without_address_is_no_origin() -> None:
    assert only(item("<title>t</title><source>Paper</source>")).origin is None


def test_elements_with_attributes_where_text_is_expected_do_no_harm() -> None:
    stated = only(item('<title>t</title><comments a="b">x</comments><image a="b"/><tags c="d"/>'))
    assert stated.comments == ""


def test_a_channel_takes_podcast_texts_only_when_it_has_none() -> None:
    parts = "<itunes:subtitle>i</itunes:subtitle><itunes:summary>s</itunes:summary>"
    assert read(rss(f"<description>d</description>{parts}")).channel.subtitle == RawText(value="d")
    assert read(rss(parts)).channel.subtitle == RawText(value="s")


# --- the loose parser -------------------------------------------------------------------------------------


def test_a_damaged_document_states_the_same_as_a_sound_one() -> None:
    address = "https://site.example/?a=1&amp;b=2"
    parts = (
        f"<title>R&amp;D</title><link>{address}</link><guid>{address}</guid><author>C&amp;D</author>"
        "<category>A&amp;B &lt;c&gt;</category><description>&lt;p&gt;x&amp;amp;y&lt;/p&gt;</description>"
    )
    damaged = read(rss(f"<item>{parts}</item><item><title><b></title></item>"))
    assert damaged.entries[0] == only(item(parts))
    assert "not well-formed (mismatched tag)" in damaged.notes[0].text


@pytest.mark.parametrize(
    "stray",
    [
        pytest.param("</media:player>", id="an end without a beginning"),
        pytest.param("</creativeCommons:license>", id="of a licence"),
        pytest.param("</width>", id="of a number"),
        pytest.param(
            '<p:chapters xmlns:p="http://podlove.org/simple-chapters"><p:chapter/></p:chapters>', id="no start"
        ),
        pytest.param(
            '<g:where xmlns:g="http://www.georss.org/georss"><g:point>x</g:point></g:where>', id="no point"
        ),
    ],
)
def test_elements_that_the_library_can_not_take_do_no_harm(stray: str) -> None:
    stated = read(rss(f"<item><title>a</title>{stray}<link>/a</link></item><item><title>b</title></item>"))
    assert [entry.title.value for entry in stated.entries if entry.title] == ["a", "b"]
    assert stated.entries[0].links == (RawLink(href="/a"),)


def test_b16_undeclared_prefixes_do_no_harm() -> None:
    stated = read(rss("<item><title>a</title><foo:bar>1</foo:bar></item><item><title>b</title></item>"))
    assert [entry.title.value for entry in stated.entries if entry.title] == ["a", "b"]
    assert "unbound prefix" in stated.notes[0].text
