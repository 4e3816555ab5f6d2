from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from factories import ADDRESS, after, channel, feed, post, self_url, siblings
from feedbraid.conformance import rss_faults
from feedbraid.formats.rss import FORMAT
from feedbraid.model import Category, Enclosure, Episode, Feed, Link, Person, Post, Show

NS = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
FH = "{http://purl.org/syndication/history/1.0}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"


def channel_of(what: Feed) -> Any:  # noqa: ANN401  # lxml has no types
    return etree.fromstring(FORMAT.render(what, self_url("rss"))).find("channel")


def item_of(one: Post, **fields: object) -> Any:  # noqa: ANN401
    return channel_of(feed(one, **fields)).find("item")


def tags(element: Any) -> list[str]:  # noqa: ANN401
    return [f"{each.prefix}:{etree.QName(each).localname}" if each.prefix else each.tag for each in element]


def test_n77_n79_the_channel_states_everything_in_a_fixed_order() -> None:
    found = channel_of(feed(post(), rights="Ours", icon="https://example.org/i.png"))
    links = ["atom:link", "atom:link", "atom:link"]
    head = ["title", "link", "description", *links, "language", "copyright", "dc:creator", "lastBuildDate"]
    assert tags(found) == [*head, "generator", "docs", "image", "item"]
    assert found.findtext("generator") == "feedbraid (https://github.com/feedbraid/feedbraid)"
    assert found.findtext("docs") == "https://www.rssboard.org/rss-specification"
    assert found.findtext("lastBuildDate") == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert found.findtext("link") == ADDRESS


@pytest.mark.parametrize(("subtitle", "description"), [("Sub", "Sub"), ("", "News")])
def test_n78_the_description_is_the_subtitle_else_the_title(subtitle: str, description: str) -> None:
    assert channel_of(feed(subtitle=subtitle)).findtext("description") == description


def test_n81_n82_the_channel_links_to_itself_and_to_its_other_formats() -> None:
    found = channel_of(feed()).findall("atom:link", NS)
    assert [(link.get("rel"), link.get("href"), link.get("type")) for link in found] == [
        ("self", f"{ADDRESS}rss.xml", "application/rss+xml"),
        ("alternate", f"{ADDRESS}atom.xml", "application/atom+xml"),
        ("alternate", f"{ADDRESS}feed.json", "application/feed+json"),
    ]


def test_n91_an_image_only_where_there_is_an_icon() -> None:
    assert channel_of(feed()).find("image") is None
    image = channel_of(feed(icon="https://example.org/i.png")).find("image")
    assert [child.text for child in image] == ["https://example.org/i.png", "News", ADDRESS]


@pytest.mark.parametrize(
    ("icon", "written"),
    [
        ("https://i.example/a.b/i.JPEG?size=2", True),
        ("https://i.example/i.jpg", True),
        ("https://i.example/i.gif#x.svg", True),
        ("https://i.example/", True),
        ("https://i.example", True),
        ("https://i.example/v1.2/icon", True),
        ("https://i.example/icon?format=png", False),
        ("https://i.example/favicon.ico", False),
        ("https://i.example/i.svg?x=.png", False),
        ("https://i.example/i.png.webp", False),
        ("https://[2001:db8::1]/i.png", False),
    ],
)
def test_n91_an_icon_that_is_no_gif_jpeg_or_png_is_no_image(icon: str, *, written: bool) -> None:
    image = channel_of(feed(icon=icon)).find("image")
    assert (image.findtext("url") if image is not None else None) == (icon if written else None)


# --- the history ------------------------------------------------------------------------------------------


def history(what: Feed, own: str = f"{ADDRESS}archive/2/rss.xml") -> list[tuple[str, str, str]]:
    links = etree.fromstring(FORMAT.render(what, own)).findall("channel/atom:link", NS)
    return [
        (link.get("rel"), link.get("href"), link.get("type")) for link in links if link.get("rel") != "alternate"
    ]


def archived(**fields: object) -> Feed:
    return feed(post(), is_archive=True, siblings=siblings(f"{ADDRESS}archive/2/"), **fields)


TYPE = "application/rss+xml"


def test_n86_the_live_document_links_to_the_newest_archive() -> None:
    what = feed(post(), previous=f"{ADDRESS}archive/2/")
    assert history(what, f"{ADDRESS}rss.xml") == [
        ("self", f"{ADDRESS}rss.xml", TYPE),
        ("prev-archive", f"{ADDRESS}archive/2/rss.xml", TYPE),
    ]
    assert channel_of(what).find(f"{FH}archive") is None


def test_n86_n87_an_archive_links_to_the_one_before_it_and_to_the_live_document() -> None:
    what = archived(previous=f"{ADDRESS}archive/1/")
    assert history(what) == [
        ("self", f"{ADDRESS}archive/2/rss.xml", TYPE),
        ("prev-archive", f"{ADDRESS}archive/1/rss.xml", TYPE),
        ("current", f"{ADDRESS}rss.xml", TYPE),
    ]
    assert tags(channel_of(what))[-3:] == ["docs", "fh:archive", "item"]
    assert [relation for relation, *_ in history(archived())] == ["self", "current"]


def test_n88_n89_a_document_is_never_called_complete_or_paged() -> None:
    for what in (feed(), feed(previous=ADDRESS), archived(), archived(previous=f"{ADDRESS}archive/1/")):
        assert channel_of(what).find(f"{FH}complete") is None
        assert {relation for relation, *_ in history(what)} <= {"self", "current", "prev-archive"}


# --- podcasts ---------------------------------------------------------------------------------------------

SHOW = Show(categories=(("Arts", ""),), image="https://s.example/cover.jpg", explicit=True)


def podcast_of(show: Show) -> list[tuple[str, Any]]:
    """Give what the channel says as a podcast: an element's text, else its attributes and its children's."""
    found = [each for each in channel_of(feed(show=show)) if each.tag.startswith(ITUNES)]
    return [(each.tag.removeprefix(ITUNES), _said(each)) for each in found]


def _said(element: Any) -> Any:  # noqa: ANN401  # a text, or a pair of one and what the children say
    own = element.text or next(iter(element.attrib.values()), "")
    return (own, [_said(child) for child in element]) if len(element) else own


def test_n68_a_podcast_says_no_more_than_it_must() -> None:
    assert podcast_of(SHOW) == [
        ("author", "News"),
        ("category", "Arts"),
        ("image", "https://s.example/cover.jpg"),
        ("explicit", "true"),
    ]


def test_n68_a_podcast_says_all_it_knows_in_a_fixed_order() -> None:
    whole = replace(
        SHOW,
        author="Ann",
        owner="Own Inc",
        email="o@s.example",
        categories=(("Arts", "Food"), ("Technology", ""), ("Arts", ""), ("Arts", "Books")),
        explicit=False,
        kind="serial",
    )
    assert podcast_of(whole) == [
        ("author", "Ann"),
        ("owner", ("", ["Own Inc", "o@s.example"])),
        ("category", ("Arts", ["Food", "Books"])),
        ("category", "Technology"),
        ("image", "https://s.example/cover.jpg"),
        ("explicit", "false"),
        ("type", "serial"),
    ]
    assert tags(channel_of(feed(post(), show=whole, icon="https://i.example/")))[-9:] == [
        "image",
        "itunes:author",
        "itunes:owner",
        "itunes:category",
        "itunes:category",
        "itunes:image",
        "itunes:explicit",
        "itunes:type",
        "item",
    ]


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"owner": "Own", "author": "Ann"}, "Own"), ({"author": "Ann"}, "Ann"), ({}, "News")],
)
def test_n53_n68_the_owner_is_named_with_the_mail_address_only(fields: dict[str, Any], name: str) -> None:
    assert "owner" not in dict(podcast_of(replace(SHOW, **fields)))
    assert dict(podcast_of(replace(SHOW, **fields, email="o@s.example")))["owner"] == ("", [name, "o@s.example"])


def test_n68_an_episode_says_all_it_knows_in_a_fixed_order() -> None:
    whole = Episode(
        duration=3723, season=2, number=14, kind="bonus", explicit=False, image="https://s.example/14.jpg"
    )
    item = item_of(post(episode=whole, image="https://s.example/t.jpg"), show=SHOW)
    found = [(each.tag.removeprefix(ITUNES), _said(each)) for each in item if each.tag.startswith(ITUNES)]
    assert found == [
        ("duration", "3723"),
        ("season", "2"),
        ("episode", "14"),
        ("episodeType", "bonus"),
        ("explicit", "false"),
        ("image", "https://s.example/14.jpg"),
    ]
    assert tags(item)[-7] == "media:thumbnail"
    assert item_of(post(episode=Episode(explicit=True)), show=SHOW).findtext(f"{ITUNES}explicit") == "true"


@pytest.mark.parametrize("image", ["https://[2001:db8::1]/i.jpg", "https://my_show.example/i.jpg"])
def test_n65_n68_the_image_of_an_episode_needs_a_host_with_dots(image: str) -> None:
    item = item_of(post(episode=Episode(season=1, image=image)), show=SHOW)
    assert tags(item)[-1] == "itunes:season"


def test_n68_no_text_of_a_show_is_longer_than_255_characters() -> None:
    show = replace(SHOW, author="a" * 300, owner="b" * 254 + " c", email="o@s.example")
    said = dict(podcast_of(show))
    assert said["author"] == "a" * 255
    assert said["owner"] == ("", ["b" * 254, "o@s.example"])


def test_n68_what_is_not_known_of_an_episode_is_not_said() -> None:
    assert tags(item_of(post(), show=SHOW)) == tags(item_of(post()))
    assert tags(item_of(post(episode=Episode(duration=1)), show=SHOW)) == [
        *tags(item_of(post())),
        "itunes:duration",
    ]


def test_n68_a_feed_that_is_no_podcast_says_nothing_of_one() -> None:
    whole = post(episode=Episode(duration=5, image="https://s.example/14.jpg", explicit=True))
    assert FORMAT.render(feed(whole), self_url("rss")) == FORMAT.render(feed(post()), self_url("rss"))


def test_n69_a_podcast_states_no_guid_of_a_show() -> None:
    document = FORMAT.render(feed(post(episode=Episode(duration=5)), show=SHOW), self_url("rss"))
    assert b"podcastindex" not in document
    assert b"<podcast:" not in document


# --- one item ---------------------------------------------------------------------------------------------


def test_n105_n106_an_item_states_everything_once_in_a_fixed_order() -> None:
    item = item_of(
        post(
            summary="Short",
            authors=(Person("Ann"), Person("Ben")),
            categories=(Category("a"), Category("b")),
            comments="https://example.org/one#c",
            enclosures=(Enclosure("https://e.example/1.mp3", "audio/mpeg", 7),),
            channel=channel(),
            updated=after(hours=1),
            language="de",
            rights="Mine",
            image="https://example.org/i.png",
        )
    )
    people = ["dc:creator", "dc:creator", "category", "category"]
    middle = ["comments", "enclosure", "guid", "pubDate", "source"]
    extensions = ["atom:updated", "dc:language", "dc:rights", "media:thumbnail"]
    assert tags(item) == ["title", "link", "description", "content:encoded", *people, *middle, *extensions]


@pytest.mark.parametrize(
    ("fields", "description", "encoded"),
    [
        pytest.param({"summary": "a < b", "body": "<p>B</p>"}, "a &lt; b", "<p>B</p>", id="both"),
        pytest.param({"body": "<p>B</p>"}, "<p>B</p>", None, id="a body"),
        pytest.param({"summary": "R&D", "body": ""}, "R&amp;D", None, id="a summary"),
        pytest.param({"body": ""}, None, None, id="a title is enough"),
        pytest.param({"body": "", "title": ""}, "example.org/one", None, id="a link only"),
    ],
)
def test_n39_n40_content_encoded_stands_only_beside_a_summary(
    fields: dict[str, Any], description: str | None, encoded: str | None
) -> None:
    item = item_of(post(**fields))
    assert (item.findtext("description"), item.findtext("content:encoded", None, NS)) == (description, encoded)


def test_n30_an_item_without_a_title_has_none() -> None:
    assert item_of(post(title="")).find("title") is None


def test_n61_sources_that_have_it_too_are_not_named_in_rss() -> None:
    with_others = post(via=(Link("https://hills.example/", "via"),))
    assert FORMAT.render(feed(with_others), self_url("rss")) == FORMAT.render(feed(post()), self_url("rss"))


def test_n66_one_thumbnail_and_no_group() -> None:
    item = item_of(
        post(image="https://example.org/i.png", enclosures=(Enclosure("https://e.example/1.png", "image/png"),))
    )
    media = [each for each in item if each.prefix == "media"]
    assert [(tags(item)[-1], dict(each.attrib)) for each in media] == [
        ("media:thumbnail", {"url": "https://example.org/i.png"})
    ]


def test_n76_the_rights_of_an_item_have_an_element_of_their_own() -> None:
    assert item_of(post(rights="© Ann")).findtext("dc:rights", None, NS) == "© Ann"
    assert item_of(post()).find("dc:rights", NS) is None


def test_n80_n90_what_would_be_wrong_or_change_with_time_is_not_in_the_channel() -> None:
    what = feed(post(comments="https://example.org/one#c"), show=SHOW, icon="https://i.example/", rights="Ours")
    shy = "managingEditor webMaster ttl skipHours skipDays cloud textInput rating pubDate author comments category"
    root = etree.fromstring(FORMAT.render(what, self_url("rss")))
    assert [name for name in shy.split() if root.find(f"channel/{name}") is not None] == []
    assert not [each.tag for each in root.iter() if "syndication/" in each.tag]


def test_n108_an_item_has_no_author_and_counts_no_comments() -> None:
    item = item_of(post(comments="https://example.org/one#c"))
    assert item.findtext("comments") == "https://example.org/one#c"
    assert not {"author", "slash:comments", "thr:total"} & set(tags(item))


def test_n54_every_author_is_a_creator_and_never_an_author() -> None:
    item = item_of(post(authors=(Person("Ann", "https://ann.example/"), Person("Ben"))))
    assert [each.text for each in item.findall("dc:creator", NS)] == ["Ann", "Ben"]
    assert item.find("author") is None


def test_n64_n65_only_the_first_enclosure_with_length_0_when_unknown() -> None:
    files = (Enclosure("https://e.example/1", "audio/mpeg"), Enclosure("https://e.example/2", "audio/mpeg", 9))
    found = item_of(post(enclosures=files)).findall("enclosure")
    assert [dict(each.attrib) for each in found] == [
        {"url": "https://e.example/1", "length": "0", "type": "audio/mpeg"}
    ]


@pytest.mark.parametrize(
    "unfit",
    [
        "https://localhost/1.mp3",
        "https://my_files.example/1.mp3",
        "https://[2001:db8::1]/1.mp3",
        "https://e.example./1.mp3",
        "https://example?e.example",
    ],
)
def test_n65_the_enclosure_is_the_first_whose_host_has_dots(unfit: str) -> None:
    odd = Enclosure(unfit, "audio/mpeg", 1)
    fit = [Enclosure(f"https://{host}", "audio/mpeg", 1) for host in ("e-2.example:8080/2.mp3", "3.example")]
    found = item_of(post(enclosures=(odd, *fit))).findall("enclosure")
    assert [each.get("url") for each in found] == ["https://e-2.example:8080/2.mp3"]
    assert item_of(post(enclosures=(odd, fit[1]))).find("enclosure").get("url") == "https://3.example"
    assert item_of(post(enclosures=(odd,))).find("enclosure") is None


def test_n56_addresses_with_an_ipv6_host_are_left_out() -> None:
    url = "http://[2001:db8::1]/"
    document = FORMAT.render(
        feed(post(url, comments=url, image=url, channel=channel(feed_url=url)), icon=url), self_url("rss")
    )
    (item,) = etree.fromstring(document).findall("channel/item")
    assert tags(item) == ["title", "description", "dc:creator", "guid", "pubDate"]
    assert (item.findtext("guid"), item.find("guid").get("isPermaLink")) == (url, "false")
    assert document.count(b"[2001") == 1
    assert b"xmlns:media" not in document
    assert rss_faults(document) == []


def test_n71_the_text_of_a_category_is_its_label_and_the_domain_its_scheme() -> None:
    found = item_of(post(categories=(Category("a", "urn:x:y", "A"), Category("b")))).findall("category")
    assert [(each.text, each.get("domain")) for each in found] == [("A", "urn:x:y"), ("b", None)]


@pytest.mark.parametrize(
    ("fields", "permanent"),
    [
        pytest.param({}, "true", id="the id is the link"),
        pytest.param({"id": "tag:example.org,2026:1"}, "false", id="the id is a tag"),
        pytest.param({"id": "https://example.org/other"}, "false", id="the id is another address"),
        pytest.param({"link": "", "id": "urn:x:1"}, "false", id="there is no link"),
    ],
)
def test_n103_a_guid_says_whether_it_is_the_link(fields: dict[str, Any], permanent: str) -> None:
    assert item_of(post(**fields)).find("guid").get("isPermaLink") == permanent


def test_n104_an_item_names_the_feed_it_comes_from() -> None:
    source = item_of(post(channel=channel())).find("source")
    assert (source.text, dict(source.attrib)) == ("The voa source", {"url": "https://voa.example/feed"})


def test_n104_a_source_without_an_address_is_not_named() -> None:
    assert item_of(post(channel=channel(feed_url=""))).find("source") is None


@pytest.mark.parametrize(
    ("fields", "published", "updated"),
    [
        pytest.param({}, "Sun, 01 Mar 2026 12:00:00 GMT", None, id="one date"),
        pytest.param(
            {"updated": after(hours=2)}, "Sun, 01 Mar 2026 12:00:00 GMT", "2026-03-01T14:00:00Z", id="two dates"
        ),
        pytest.param(
            {"published": None, "updated": after(hours=2)}, "Sun, 01 Mar 2026 14:00:00 GMT", None, id="no pubDate"
        ),
    ],
)
def test_n22_n107_dates_of_an_item(fields: dict[str, Any], published: str, updated: str | None) -> None:
    item = item_of(post(**fields))
    assert (item.findtext("pubDate"), item.findtext("atom:updated", None, NS)) == (published, updated)


def test_n74_the_language_of_an_item_is_stated_where_it_differs() -> None:
    what = feed(post(language="en"), post("https://example.org/2", language="de"), language="en")
    found = channel_of(what)
    assert found.findtext("language") == "en"
    assert [item.findtext("dc:language", None, NS) for item in found.findall("item")] == [None, "de"]


def test_n100_namespaces_are_constant_and_media_is_declared_where_it_is_used() -> None:
    start = b'<rss xmlns:atom="%(atom)s" xmlns:content="%(content)s" xmlns:dc="%(dc)s"'
    namespaces = {name.encode(): uri.encode() for name, uri in NS.items()}
    assert start % namespaces + b' version="2.0">' in FORMAT.render(feed(post()), self_url("rss"))
    items_last = tags(channel_of(feed(post(), post("https://example.org/2"), icon="https://example.org/i.png")))
    assert items_last[-2:] == ["item", "item"]
    assert items_last.count("item") == 2
    with_image = FORMAT.render(feed(post(image="https://example.org/i.png")), self_url("rss"))
    assert start % namespaces + b' xmlns:media="http://search.yahoo.com/mrss/" version="2.0">' in with_image


def test_n100_the_namespaces_of_podcasts_and_archives_are_declared_where_they_are_used() -> None:
    used = FORMAT.render(feed(post(image="https://i.example/"), show=SHOW, is_archive=True), self_url("rss"))
    names = re.findall(rb"xmlns:(\w+)=", used.partition(b"<channel>")[0])
    assert names == [b"atom", b"content", b"dc", b"media", b"itunes", b"fh"]
    assert set(etree.fromstring(FORMAT.render(feed(post()), self_url("rss"))).nsmap) == {"atom", "content", "dc"}


def test_n101_plain_texts_have_hexadecimal_references() -> None:
    odd = "a < b & c >"
    one = post(
        title=odd,
        categories=(Category("R&D"),),
        authors=(Person("<Ann>"),),
        rights=odd,
        channel=channel(title=odd, feed_url="https://voa.example/?a=1&b=2"),
    )
    what = feed(
        one,
        title="News & >",
        subtitle="<Sub>",
        rights="& all",
        icon="https://i.example/i.png",
        show=replace(SHOW, author="A & B"),
    )
    document = FORMAT.render(what, self_url("rss")).decode()
    for line in (
        "<title>News &#x26; &#x3E;</title>",
        "<description>&#x3C;Sub&#x3E;</description>",
        "<copyright>&#x26; all</copyright>",
        "<title>a &#x3C; b &#x26; c &#x3E;</title>",
        "<category>R&#x26;D</category>",
        "<dc:creator>&#x3C;Ann&#x3E;</dc:creator>",
        "<dc:rights>a &#x3C; b &#x26; c &#x3E;</dc:rights>",
        '<source url="https://voa.example/?a=1&#x26;b=2">a &#x3C; b &#x26; c &#x3E;</source>',
        "<itunes:author>A &#x26; B</itunes:author>",
    ):
        assert f"\n{line}\n" in document
    assert "<image><url>https://i.example/i.png</url><title>News &#x26; &#x3E;</title>" in document
    assert 'title="News &#x26; &#x3E; (atom.xml)"' in document
    assert "&amp;" not in document
    assert etree.fromstring(document.encode()).findtext("channel/item/title") == odd


def test_n101_texts_in_html_are_escaped_as_before() -> None:
    body = "<p>a &amp; b</p>\n<title>x & y</title>\n<category>&"
    for one in (post(body=body), post(body="", summary=body), post(body=body, summary="<i>")):
        document = FORMAT.render(feed(one), self_url("rss"))
        assert b"&#x" not in document
        assert any(text in document for text in (b"&lt;p&gt;", b"&amp;lt;p&amp;gt;"))


def test_n102_no_cdata() -> None:
    assert b"a ]]&#x3E; b" in FORMAT.render(feed(post(title="a ]]> b")), self_url("rss"))


def test_n61_two_categories_that_are_written_alike_stand_once() -> None:
    item = item_of(post(categories=(Category(term="a", label="News"), Category(term="b", label="News"))))
    assert [element.text for element in item.findall("category")] == ["News"]
