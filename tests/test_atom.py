from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from factories import ADDRESS, after, channel, feed, post, self_url, siblings
from feedbraid.formats.atom import FORMAT
from feedbraid.model import Category, Channel, Enclosure, Episode, Feed, Link, Person, Post, Show

NS = {"a": "http://www.w3.org/2005/Atom", "fh": "http://purl.org/syndication/history/1.0"}
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def root_of(what: Feed) -> Any:  # noqa: ANN401  # lxml has no types
    return etree.fromstring(FORMAT.render(what, self_url("atom")))


def entry_of(one: Post, **fields: object) -> Any:  # noqa: ANN401
    return root_of(feed(one, **fields)).find("a:entry", NS)


def tags(element: Any) -> list[str]:  # noqa: ANN401
    return [etree.QName(child).localname for child in element]


def links(element: Any) -> list[dict[str, str]]:  # noqa: ANN401
    return [dict(link.attrib) for link in element.findall("a:link", NS)]


def test_n94_the_feed_states_everything_in_a_fixed_order() -> None:
    root = root_of(feed(subtitle="Sub", rights="Ours", icon="https://example.org/i.png"))
    head = ["id", "title", "subtitle", "updated", "link", "link", "link", "link", "author", "rights", "icon"]
    assert tags(root) == [*head, "generator"]


def test_n77_the_generator_has_an_address_and_no_version() -> None:
    generator = root_of(feed()).find("a:generator", NS)
    assert (generator.text, dict(generator.attrib)) == (
        "feedbraid",
        {"uri": "https://github.com/feedbraid/feedbraid"},
    )


def test_n81_n82_the_feed_links_to_itself_its_page_and_its_other_formats() -> None:
    address = "https://feeds.example.org/news/"
    assert links(root_of(feed())) == [
        {"href": f"{address}atom.xml", "rel": "self", "type": "application/atom+xml"},
        {"href": address, "rel": "alternate", "type": "text/html"},
        {
            "href": f"{address}rss.xml",
            "rel": "alternate",
            "type": "application/rss+xml",
            "title": "News (rss.xml)",
        },
        {
            "href": f"{address}feed.json",
            "rel": "alternate",
            "type": "application/feed+json",
            "title": "News (feed.json)",
        },
    ]


def test_n95_an_entry_states_everything_in_a_fixed_order() -> None:
    entry = entry_of(
        post(
            summary="Short",
            rights="Mine",
            image="https://example.org/i.png",
            categories=(Category("news"),),
            channel=channel(),
        )
    )
    head = ["id", "title", "updated", "published", "author", "link", "category", "summary", "content", "rights"]
    assert tags(entry) == [*head, "thumbnail", "source"]


def test_n60_n62_n63_entry_links_keep_relation_type_language_title_and_length() -> None:
    entry = entry_of(
        post(
            enclosures=(
                Enclosure("https://e.example/1.mp3", "audio/mpeg", 7, "Sound"),
                Enclosure("https://e.example/2", "a/b"),
            ),
            links=(Link("https://r.example/", "license", "text/html", "de", "Terms"),),
            comments="https://example.org/one#c",
        )
    )
    sound = {"href": "https://e.example/1.mp3", "rel": "enclosure", "type": "audio/mpeg"}
    assert links(entry) == [
        {"href": "https://example.org/one", "rel": "alternate", "type": "text/html"},
        {**sound, "length": "7", "title": "Sound"},
        {"href": "https://e.example/2", "rel": "enclosure", "type": "a/b"},
        {"href": "https://r.example/", "rel": "license", "type": "text/html", "hreflang": "de", "title": "Terms"},
        {"href": "https://example.org/one#c", "rel": "replies", "type": "text/html"},
    ]


def test_n62_a_comments_page_that_is_among_the_links_is_not_linked_twice() -> None:
    page = "https://example.org/one#c"
    entry = entry_of(post(comments=page, links=(Link(page, "replies", "text/html"),)))
    assert [link["rel"] for link in links(entry)] == ["alternate", "replies"]


def test_n61_sources_that_have_it_too_come_after_the_links_of_the_entry_and_none_twice() -> None:
    found, hills = (
        Link("https://found.example/", "via"),
        Link("https://hills.example/", "via", "text/html", title="H"),
    )
    own = Link("https://hills.example/", "related")
    entry = entry_of(post(links=(found, own), comments="https://c.example/", via=(found, hills, hills)))
    assert [(link["rel"], link["href"]) for link in links(entry)][1:] == [
        ("via", "https://found.example/"),
        ("related", "https://hills.example/"),
        ("replies", "https://c.example/"),
        ("via", "https://hills.example/"),
    ]
    assert links(entry)[-1] == {
        "href": "https://hills.example/",
        "rel": "via",
        "type": "text/html",
        "title": "H",
    }


@pytest.mark.parametrize("entry_link", ["https://example.org/one", ""])
def test_n60_there_is_one_alternate_link_of_type_html_at_most(entry_link: str) -> None:
    found = [link for link in links(entry_of(post(entry_link, id="urn:x:1"))) if link["rel"] == "alternate"]
    assert found == [{"href": entry_link, "rel": "alternate", "type": "text/html"}] * bool(entry_link)


def archived(**fields: object) -> Feed:
    folder = f"{ADDRESS}archive/2/"
    return feed(post(), is_archive=True, siblings=siblings(folder), **fields)


def history(what: Feed, own: str = f"{ADDRESS}archive/2/atom.xml") -> list[tuple[str, str, str]]:
    root = etree.fromstring(FORMAT.render(what, own))
    known = ("self", "current", "prev-archive", "next-archive", "next", "previous", "first", "last")
    return [(link["rel"], link["href"], link["type"]) for link in links(root) if link["rel"] in known]


TYPE = "application/atom+xml"


def test_n86_the_live_document_links_to_the_newest_archive() -> None:
    what = feed(post(), previous=f"{ADDRESS}archive/2/")
    assert history(what, f"{ADDRESS}atom.xml") == [
        ("self", f"{ADDRESS}atom.xml", TYPE),
        ("prev-archive", f"{ADDRESS}archive/2/atom.xml", TYPE),
    ]
    assert root_of(what).find("fh:archive", NS) is None


def test_n86_n87_an_archive_links_to_the_one_before_it_and_to_the_live_document() -> None:
    what = archived(previous=f"{ADDRESS}archive/1/")
    assert history(what) == [
        ("self", f"{ADDRESS}archive/2/atom.xml", TYPE),
        ("prev-archive", f"{ADDRESS}archive/1/atom.xml", TYPE),
        ("current", f"{ADDRESS}atom.xml", TYPE),
    ]
    assert root_of(what).find("fh:archive", NS) is not None
    assert root_of(what).findtext("a:id", None, NS) == root_of(feed()).findtext("a:id", None, NS)


def test_n86_the_oldest_archive_links_to_none_before_it() -> None:
    assert [relation for relation, *_ in history(archived())] == ["self", "current"]


def test_n88_n89_a_document_is_never_called_complete_or_paged() -> None:
    for what in (feed(), feed(previous=ADDRESS), archived(), archived(previous=f"{ADDRESS}archive/1/")):
        assert root_of(what).find("fh:complete", NS) is None
        assert {relation for relation, *_ in history(what)} <= {"self", "current", "prev-archive"}


def test_n94_the_mark_of_an_archive_comes_after_the_metadata_and_before_the_entries() -> None:
    assert tags(root_of(archived()))[-3:] == ["generator", "archive", "entry"]


def test_n68_n93_atom_says_nothing_of_podcasts() -> None:
    show = Show(categories=(("Arts", ""),), image="https://example.org/i.png", explicit=False)
    document = FORMAT.render(feed(post(episode=Episode(duration=5)), show=show), self_url("atom"))
    assert document == FORMAT.render(feed(post()), self_url("atom"))


def test_n91_the_icon_is_stated_as_it_is() -> None:
    assert (
        root_of(feed(icon="https://example.org/i.png")).findtext("a:icon", None, NS) == "https://example.org/i.png"
    )
    assert root_of(feed()).find("a:icon", NS) is None


def test_n14_dates_are_utc_in_whole_seconds() -> None:
    entry = entry_of(post(updated=after(minutes=1)))
    assert entry.findtext("a:published", None, NS) == "2026-03-01T12:00:00Z"
    assert entry.findtext("a:updated", None, NS) == "2026-03-01T12:01:00Z"


def test_n22_an_entry_without_a_publication_date_states_none() -> None:
    entry = entry_of(post(published=None, first_seen=after(days=2)))
    assert "published" not in tags(entry)
    assert entry.findtext("a:updated", None, NS) == "2026-03-03T12:00:00Z"


@pytest.mark.parametrize(
    ("title", "kind", "text"),
    [
        pytest.param('plain > "text"', None, 'plain > "text"', id="plain text stays"),
        pytest.param("a < b", "html", "a &lt; b", id="a less-than sign"),
        pytest.param("R&D", "html", "R&amp;D", id="an ampersand"),
        pytest.param("<b>&amp;</b>", "html", "&lt;b&gt;&amp;amp;&lt;/b&gt;", id="markup that is meant"),
    ],
)
def test_n96_a_text_that_could_be_taken_for_markup_is_html(title: str, kind: str | None, text: str) -> None:
    root = root_of(feed(post(title=title, summary=title, rights=title), title=title, subtitle=title, rights=title))
    found = root.xpath("//a:title | //a:subtitle | //a:summary | //a:rights", namespaces=NS)
    assert {(each.get("type"), each.text) for each in found} == {(kind, text)}
    assert len(found) == 6


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        pytest.param({"body": "<p>Hello <b>you</b></p>"}, "Hello you", id="from the body"),
        pytest.param({"body": "", "summary": "In short"}, "In short", id="from the summary"),
        pytest.param({"body": ""}, "example.org/one", id="from the link"),
        pytest.param({"body": "", "link": "", "id": "urn:x:1"}, "urn:x:1", id="from the id, when all else fails"),
    ],
)
def test_n30_an_entry_without_a_title_gets_a_derived_one(fields: dict[str, Any], title: str) -> None:
    assert entry_of(post(title="", **fields)).findtext("a:title", None, NS) == title


@pytest.mark.parametrize(
    ("fields", "summary", "content"),
    [
        pytest.param({"summary": "S", "body": "<p>B</p>"}, "S", "<p>B</p>", id="both"),
        pytest.param({"body": "<p>B</p>"}, None, "<p>B</p>", id="a body"),
        pytest.param({"summary": "S", "body": ""}, "S", None, id="a summary and a link"),
        pytest.param(
            {"summary": "S < T", "body": "", "link": ""}, None, "<p>S &lt; T</p>", id="a summary, no link"
        ),
        pytest.param({"body": "", "title": "A & B"}, None, "<p>A &amp; B</p>", id="a title"),
    ],
)
def test_n39_n40_every_entry_has_text(fields: dict[str, Any], summary: str | None, content: str | None) -> None:
    entry = entry_of(post(**fields))
    assert (entry.findtext("a:summary", None, NS), entry.findtext("a:content", None, NS)) == (summary, content)


def test_n39_content_is_escaped_html() -> None:
    assert entry_of(post()).find("a:content", NS).get("type") == "html"


def test_n11_n12_an_entry_says_where_it_comes_from_and_when_it_was_updated_itself() -> None:
    source = entry_of(post(channel=channel(rights="Theirs"))).find("a:source", NS)
    assert [(etree.QName(child).localname, child.text) for child in source if child.text] == [
        ("id", "https://voa.example/feed"),
        ("title", "The voa source"),
        ("updated", "2026-03-01T12:00:00Z"),
        ("rights", "Theirs"),
    ]
    assert links(source) == [
        {"href": "https://voa.example/feed", "rel": "self"},
        {"href": "https://voa.example/", "rel": "alternate"},
    ]


def test_n11_the_source_that_an_entry_came_with_is_kept() -> None:
    entry = entry_of(post(channel=channel("planet"), named=channel("woods")))
    assert entry.findtext("a:source/a:title", None, NS) == "The woods source"


def test_n11_a_source_without_id_or_title_is_known_by_its_address() -> None:
    source = entry_of(post(channel=channel(id="", title="", link=""))).find("a:source", NS)
    assert source.findtext("a:id", None, NS) == "https://voa.example/feed"
    assert source.findtext("a:title", None, NS) == "voa.example"


def test_n11_a_source_without_id_and_address_is_known_by_its_page() -> None:
    source = entry_of(post(channel=channel(id="", feed_url=""))).find("a:source", NS)
    assert source.findtext("a:id", None, NS) == "https://voa.example/"


@pytest.mark.parametrize(
    "source",
    [None, Channel(), Channel(id="urn:x:1"), Channel(title="No id"), Channel(id="urn:x:1", feed_url="urn:x:2")],
    ids=["a seed", "a source that says nothing", "no title", "no id", "no host"],
)
def test_n11_without_an_origin_there_is_no_source(source: Channel | None) -> None:
    assert entry_of(post(channel=source)).find("a:source", NS) is None


def test_n76_the_source_states_no_rights_where_the_entry_does() -> None:
    entry = entry_of(post(rights="Mine", channel=channel(rights="Theirs")))
    assert entry.findtext("a:rights", None, NS) == "Mine"
    assert entry.find("a:source/a:rights", NS) is None


def test_n11_the_authors_of_a_source_stand_in_for_those_of_an_entry() -> None:
    source = channel(authors=(Person("Eve", "https://eve.example/"),))
    entry = entry_of(post(authors=(), channel=source))
    assert entry.findtext("a:source/a:author/a:uri", None, NS) == "https://eve.example/"


def test_n74_n75_languages_are_stated_where_they_differ() -> None:
    what = feed(post(language="en"), post("https://example.org/2", language="de"), language="en")
    root = root_of(what)
    assert [root.get(LANG)] + [entry.get(LANG) for entry in root.findall("a:entry", NS)] == ["en", None, "de"]


def test_n66_a_thumbnail_with_an_ipv6_host_is_left_out() -> None:
    document = FORMAT.render(feed(post(image="https://[2001:db8::1]/i.png")), self_url("atom"))
    assert b"thumbnail" not in document
    assert b"xmlns:media" not in document


def test_n65_all_enclosures_are_kept_whatever_their_host() -> None:
    files = tuple(
        Enclosure(f"https://{host}/1", "audio/mpeg") for host in ("localhost", "[2001:db8::1]", "e.example")
    )
    found = links(entry_of(post(enclosures=files)))
    assert [link["href"] for link in found if link["rel"] == "enclosure"] == [file.url for file in files]


def test_n101_plain_texts_have_hexadecimal_references() -> None:
    one = post(
        "https://example.org/?a=1&b=2",
        title="a > b",
        summary="c > d",
        rights="e > f",
        categories=(Category("R&D"),),
        authors=(Person("<Ann>"),),
        channel=channel(title="g > h", link="https://voa.example/?a=1&b=2"),
    )
    document = FORMAT.render(feed(one, title="N>", subtitle="S>", rights="R>"), self_url("atom")).decode()
    for line in (
        "<title>N&#x3E;</title>",
        "<subtitle>S&#x3E;</subtitle>",
        "<rights>R&#x3E;</rights>",
        "<title>a &#x3E; b</title>",
        "<summary>c &#x3E; d</summary>",
        "<rights>e &#x3E; f</rights>",
        "<title>g &#x3E; h</title>",
        '<category term="R&#x26;D"/>',
        "<author><name>&#x3C;Ann&#x3E;</name></author>",
        '<link href="https://example.org/?a=1&#x26;b=2" rel="alternate" type="text/html"/>',
        '<link href="https://voa.example/?a=1&#x26;b=2" rel="alternate"/>',
    ):
        assert f"\n{line}\n" in document


def test_n101_texts_in_html_are_escaped_as_before() -> None:
    one = post(title="a < b", summary="c & d", rights="<e>", body="<p>&amp;</p>\n<title>x & y\n<link>")
    document = FORMAT.render(
        feed(one, title="N & M", subtitle="<S>", siblings=(), author=Person("N")), self_url("atom")
    )
    assert b"&#x" not in document
    assert b'<title type="html">a &amp;lt; b</title>' in document


def test_n71_categories_have_scheme_and_label() -> None:
    entry = entry_of(post(categories=(Category("a", "urn:x:y", "A"), Category("b"))))
    assert [dict(each.attrib) for each in entry.findall("a:category", NS)] == [
        {"term": "a", "scheme": "urn:x:y", "label": "A"},
        {"term": "b"},
    ]


def test_n93_a_namespace_is_declared_only_where_it_is_used() -> None:
    assert root_of(feed(post())).nsmap == {None: NS["a"]}
    media = "http://search.yahoo.com/mrss/"
    assert root_of(feed(post(image="https://example.org/i.png"))).nsmap == {None: NS["a"], "media": media}
    assert root_of(feed(post(), is_archive=True)).nsmap == {None: NS["a"], "fh": NS["fh"]}
    both = FORMAT.render(feed(post(image="https://example.org/i.png"), is_archive=True), self_url("atom"))
    namespaces = f'<feed xmlns:media="{media}" xmlns:fh="{NS["fh"]}" xmlns="{NS["a"]}" xml:lang="en">'
    assert namespaces.encode() in both


def test_n93_no_element_of_atom_has_a_prefix() -> None:
    document = FORMAT.render(feed(post(channel=channel()), is_archive=True), self_url("atom"))
    assert b"<atom:" not in document
    assert b"xmlns:atom" not in document


def test_n97_n98_no_base_no_comment_no_doctype_no_cdata() -> None:
    hostile = "]]> <!-- x --> <!DOCTYPE x> <?php ?> <![CDATA[ xml:base=''"
    document = FORMAT.render(feed(post(title=hostile, summary=hostile), title=hostile), self_url("atom"))
    root = etree.fromstring(document)
    assert not [each for each in root.iter() if not isinstance(each.tag, str)]
    assert b"<!" not in document
    assert not root.xpath("//@xml:base")


def test_n99_each_element_has_its_own_line_and_text_stays_as_it_is() -> None:
    body = "<pre>  a\n\n\tb </pre>"
    document = FORMAT.render(feed(post(body=body)), self_url("atom")).decode()
    assert "<entry>\n<id>https://example.org/one</id>\n<title>One</title>\n" in document
    assert etree.fromstring(document.encode()).findtext("a:entry/a:content", None, NS) == body


def test_the_order_of_posts_is_the_order_of_entries() -> None:
    what = feed(post("https://example.org/b"), post("https://example.org/a"))
    ids = FORMAT.read_ids(FORMAT.render(what, self_url("atom")))
    assert ids == ("https://example.org/b", "https://example.org/a")
