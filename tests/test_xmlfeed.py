"""Documents of every dialect, and what of them is stated: written out entry by entry."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from documents import NAMESPACES, URL, atom, read, rss
from feedbraid.model import (
    Hints,
    RawCategory,
    RawChannel,
    RawContent,
    RawDate,
    RawEntry,
    RawFeed,
    RawLink,
    RawPerson,
    RawText,
)
from feedbraid.xmlfeed import read_xml_feed


def html(value: str, **more: str) -> RawText:
    return RawText(value=value, kind="html", **more)


def text(value: str, **more: str) -> RawText:
    return RawText(value=value, kind="text", **more)


def at(value: str, *parsed: int) -> RawDate:
    year, month, day, hour, minute, second = parsed
    return RawDate(text=value, parsed=(year, month, day, hour, minute, second))


RSS20 = rss(
    "<title>News &amp; more</title><link>https://site.example/</link><description>About</description>",
    '<atom:link rel="self" type="application/rss+xml" href="https://site.example/feeds/news.xml"/>',
    "<language>de-AT</language><copyright>All</copyright><managingEditor>ed@site.example (Ed)</managingEditor>",
    "<lastBuildDate>Fri, 20 Nov 2026 10:00:00 GMT</lastBuildDate>",
    "<image><url>/logo.png</url><title>No</title></image>",
    "<item><title>A &lt;b&gt;b&lt;/b&gt;</title><link>/1</link><guid>123</guid>",
    "<pubDate>Fri, 20 Nov 2026 09:00:00 +0100</pubDate><dc:date>2020-01-01</dc:date>",
    "<dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator><author>c@site.example (Cy)</author>",
    '<category domain="https://site.example/c">one</category><category>two</category>',
    "<description>short</description><content:encoded><![CDATA[<p>long</p>]]></content:encoded>",
    '<enclosure url="/a.mp3" length="12,345" type="audio/mpeg"/><comments>https://site.example/1#c</comments>',
    "<feedburner:origLink>https://site.example/orig</feedburner:origLink><dc:rights>Ours</dc:rights>",
    '<source url="https://other.example/feed">Other</source><dc:language>fr</dc:language></item>',
)

RSS10 = f"""<rdf:RDF xmlns="http://purl.org/rss/1.0/" {NAMESPACES}>
<channel rdf:about="https://site.example/"><title>News</title><link>https://site.example/</link>
<description>About</description><dc:date>2026-11-20T10:00:00Z</dc:date>
<items><rdf:Seq><rdf:li rdf:resource="https://site.example/1"/></rdf:Seq></items></channel>
<item rdf:about="https://site.example/1"><title>One</title><link>https://site.example/1</link>
<description>short</description><dc:description>other</dc:description><dc:date>2026-11-20T08:00:00+09:00</dc:date>
<dc:creator>Ann</dc:creator><dc:subject>sub</dc:subject></item></rdf:RDF>"""

RSS091 = rss(
    "<title>News</title><item><title>One</title><link>https://site.example/1</link></item>", version="0.91"
)

ATOM10 = atom(
    '<id>urn:x:feed</id><title type="html">N &lt;i&gt;x&lt;/i&gt;</title><subtitle>sub</subtitle>',
    '<link href="/"/><link rel="self" href="feed.atom"/><updated>2026-11-20T08:00:00Z</updated>',
    "<rights>All</rights><author><name>Ann</name><uri>about</uri><email>ann@site.example</email></author><icon>i.png</icon>",
    '<entry xml:lang="fr" xml:base="p/"><id>/t3_42</id>',
    '<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b><br/></div></title>',
    '<link href="1" hreflang="fr" title="one"/><link href="1.de" hreflang="de" type="text/html"/>',
    '<link rel="enclosure" href="a.mp3" type="audio/mpeg" length="5"/><link rel="related" href="//r.example/"/>',
    "<published>2026-11-20T08:00:00.5+01:00</published><updated>2026-11-20T09:00:00Z</updated>",
    '<summary>1 &lt; 2</summary><content type="html" xml:base="https://x.example/">&lt;p&gt;c&lt;/p&gt;</content>',
    '<category term="t" scheme="https://s.example/" label="T"/><author><name>B</name></author>',
    "<author><name>C</name></author><contributor><name>D</name></contributor>",
    '<source><id>urn:x:src</id><title>Src</title><link rel="self" href="https://src.example/f"/>',
    "<updated>2026-11-01T00:00:00Z</updated></source></entry>",
    attributes='xml:lang="en" xml:base="https://site.example/blog/"',
)

ATOM03 = """<feed version="0.3" xmlns="http://purl.org/atom/ns#">
<title mode="escaped" type="text/html">News</title>
<link rel="alternate" type="text/html" href="https://site.example/"/><tagline>sub</tagline>
<modified>2026-11-20T08:00:00Z</modified><entry><title>One</title><id>tag:site.example,2026:1</id>
<link rel="alternate" type="text/html" href="https://site.example/1"/><issued>2026-11-20T08:00:00Z</issued>
<modified>2026-11-20T09:00:00Z</modified><created>2026-11-19T00:00:00Z</created>
<content type="text/html" mode="escaped">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>"""

CDF = """<CHANNEL HREF="https://site.example/" LASTMOD="2026-11-20T08:00"><TITLE>News</TITLE>
<ABSTRACT>About</ABSTRACT><ITEM HREF="https://site.example/1"><TITLE>One</TITLE><ABSTRACT>short</ABSTRACT></ITEM>
</CHANNEL>"""

JSON11 = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "items": [{"id": "1", "url": "https://site.example/1", "content_text": "x"}],
    }
)

BLOG, PAGE = {"base": "https://site.example/blog/", "language": "en"}, {"base": "https://site.example/blog/p/"}
FRENCH = {**PAGE, "language": "fr"}

DIALECTS = [
    pytest.param(
        RSS20,
        RawFeed(
            version="rss20",
            channel=RawChannel(
                title=RawText(value="News & more"),
                subtitle=RawText(value="About"),
                links=(
                    RawLink(href="https://site.example/"),
                    RawLink(href=URL, rel="self", media_type="application/rss+xml"),
                ),
                authors=(RawPerson(name="ed@site.example (Ed)"),),
                rights=RawText(value="All"),
                language="de-AT",
                updated=at("Fri, 20 Nov 2026 10:00:00 GMT", 2026, 11, 20, 10, 0, 0),
                icon="/logo.png",
            ),
            entries=(
                RawEntry(
                    dialect="rss",
                    id="123",
                    id_is_permalink=True,
                    links=(RawLink(href="/1"),),
                    original_link="https://site.example/orig",
                    title=RawText(value="A <b>b</b>"),
                    summary=RawText(value="short"),
                    contents=(RawContent(value="<p>long</p>", media_type="text/html"),),
                    published=at("Fri, 20 Nov 2026 09:00:00 +0100", 2026, 11, 20, 8, 0, 0),
                    authors=(RawPerson(name="Ann"), RawPerson(name="Bob"), RawPerson(name="c@site.example (Cy)")),
                    categories=(RawCategory(term="one", scheme="https://site.example/c"), RawCategory(term="two")),
                    enclosures=(
                        RawLink(href="/a.mp3", rel="enclosure", media_type="audio/mpeg", length="12,345"),
                    ),
                    comments="https://site.example/1#c",
                    rights=RawText(value="Ours"),
                    language="fr",
                    origin=RawChannel(
                        title=RawText(value="Other"),
                        links=(RawLink(href="https://other.example/feed", rel="self"),),
                    ),
                    ref="1",
                ),
            ),
        ),
        id="RSS 2.0",
    ),
    pytest.param(
        RSS10,
        RawFeed(
            version="rss10",
            channel=RawChannel(
                title=RawText(value="News"),
                subtitle=RawText(value="About"),
                links=(RawLink(href="https://site.example/"),),
                updated=at("2026-11-20T10:00:00Z", 2026, 11, 20, 10, 0, 0),
            ),
            entries=(
                RawEntry(
                    dialect="rss",
                    id="https://site.example/1",
                    links=(RawLink(href="https://site.example/1"),),
                    title=RawText(value="One"),
                    summary=RawText(value="short"),
                    published=at("2026-11-20T08:00:00+09:00", 2026, 11, 19, 23, 0, 0),
                    authors=(RawPerson(name="Ann"),),
                    categories=(RawCategory(term="sub"),),
                    ref="1",
                ),
            ),
        ),
        id="RSS 1.0",
    ),
    pytest.param(
        RSS091,
        RawFeed(
            version="rss091u",
            channel=RawChannel(title=RawText(value="News")),
            entries=(
                RawEntry(
                    dialect="rss",
                    links=(RawLink(href="https://site.example/1"),),
                    title=RawText(value="One"),
                    ref="1",
                ),
            ),
        ),
        id="RSS 0.91",
    ),
    pytest.param(
        ATOM10,
        RawFeed(
            version="atom10",
            channel=RawChannel(
                id="urn:x:feed",
                title=html("N <i>x</i>", **BLOG),
                subtitle=text("sub", **BLOG),
                links=(
                    RawLink(href="https://site.example/"),
                    RawLink(href="https://site.example/blog/feed.atom", rel="self"),
                ),
                authors=(RawPerson(name="Ann", uri="https://site.example/blog/about", email="ann@site.example"),),
                rights=text("All", **BLOG),
                language="en",
                updated=at("2026-11-20T08:00:00Z", 2026, 11, 20, 8, 0, 0),
                icon="https://site.example/blog/i.png",
                base="https://site.example/blog/",
            ),
            entries=(
                RawEntry(
                    dialect="atom",
                    id="/t3_42",
                    links=(
                        RawLink(href="https://site.example/blog/p/1", hreflang="fr", title="one"),
                        RawLink(href="https://site.example/blog/p/1.de", hreflang="de", media_type="text/html"),
                        RawLink(
                            href="https://site.example/blog/p/a.mp3",
                            rel="enclosure",
                            media_type="audio/mpeg",
                            length="5",
                        ),
                        RawLink(href="https://r.example/", rel="related"),
                    ),
                    title=html("a <b>b</b><br>", **FRENCH),
                    summary=text("1 < 2", **FRENCH),
                    contents=(
                        RawContent(
                            value="<p>c</p>", media_type="text/html", base="https://x.example/", language="fr"
                        ),
                    ),
                    published=at("2026-11-20T08:00:00.5+01:00", 2026, 11, 20, 7, 0, 0),
                    updated=at("2026-11-20T09:00:00Z", 2026, 11, 20, 9, 0, 0),
                    authors=(RawPerson(name="B"), RawPerson(name="C")),
                    categories=(RawCategory(term="t", scheme="https://s.example/", label="T"),),
                    language="fr",
                    origin=RawChannel(
                        id="urn:x:src",
                        title=text("Src", **FRENCH),
                        links=(RawLink(href="https://src.example/f", rel="self"),),
                        updated=at("2026-11-01T00:00:00Z", 2026, 11, 1, 0, 0, 0),
                    ),
                    base="https://site.example/blog/p/",
                    ref="1",
                ),
            ),
        ),
        id="Atom 1.0",
    ),
    pytest.param(
        ATOM03,
        RawFeed(
            version="atom03",
            channel=RawChannel(
                title=html("News"),
                subtitle=text("sub"),
                links=(RawLink(href="https://site.example/", media_type="text/html"),),
                updated=at("2026-11-20T08:00:00Z", 2026, 11, 20, 8, 0, 0),
            ),
            entries=(
                RawEntry(
                    dialect="atom",
                    id="tag:site.example,2026:1",
                    links=(RawLink(href="https://site.example/1", media_type="text/html"),),
                    title=text("One"),
                    contents=(RawContent(value="<p>x</p>", media_type="text/html"),),
                    published=at("2026-11-20T08:00:00Z", 2026, 11, 20, 8, 0, 0),
                    updated=at("2026-11-20T09:00:00Z", 2026, 11, 20, 9, 0, 0),
                    ref="1",
                ),
            ),
        ),
        id="Atom 0.3",
    ),
    pytest.param(
        CDF,
        RawFeed(
            version="rss",
            channel=RawChannel(
                title=RawText(value="News"),
                subtitle=RawText(value="About"),
                links=(RawLink(href="https://site.example/"),),
                updated=at("2026-11-20T08:00", 2026, 11, 20, 8, 0, 0),
            ),
            entries=(
                RawEntry(
                    dialect="rss",
                    links=(RawLink(href="https://site.example/1"),),
                    title=RawText(value="One"),
                    summary=RawText(value="short"),
                    ref="1",
                ),
            ),
        ),
        id="CDF",
    ),
    pytest.param(
        JSON11,
        RawFeed(
            version="json11",
            channel=RawChannel(title=text("News")),
            entries=(
                RawEntry(
                    dialect="json",
                    id="1",
                    links=(RawLink(href="https://site.example/1"),),
                    contents=(RawContent(value="x", media_type="text/plain"),),
                    ref="1",
                ),
            ),
        ),
        id="JSON Feed 1.1",
    ),
]


@pytest.mark.parametrize(("document", "expected"), DIALECTS)
def test_a_document_of_each_dialect_is_read_as_it_is_stated(document: str, expected: RawFeed) -> None:
    assert read(document) == expected


@pytest.mark.parametrize("stated", ["html ", "text/html; charset=utf-8", "HTML"])
def test_n37_a_type_is_known_whatever_its_spelling(stated: str) -> None:
    entry = f'<entry><id>urn:a:1</id><content type="{stated}">&lt;p&gt;x&lt;/p&gt;</content></entry>'
    (found,) = read(atom(entry)).entries
    assert [content.media_type for content in found.contents] == ["text/html"]


def test_n58_a_relation_may_be_written_as_an_address() -> None:
    link = '<link rel="http://www.iana.org/assignments/relation/alternate" href="https://site.example/1"/>'
    (found,) = read(atom(f"<entry><id>urn:a:1</id>{link}</entry>")).entries
    assert [(one.rel, one.href) for one in found.links] == [("alternate", "https://site.example/1")]


# --- when a document wishes to be read --------------------------------------------------------------------


def wishes(elements: str) -> Hints:
    item = "<item><title>One</title></item>"
    document = f"<rss version='2.0'><channel><title>T</title>{elements}{item}</channel></rss>"
    raw = read_xml_feed(document.encode())
    assert raw is not None
    return raw.hints


@pytest.mark.parametrize(
    ("elements", "hints"),
    [
        pytest.param("", Hints(), id="P12 none"),
        pytest.param("<ttl>90</ttl>", Hints(ttl=timedelta(minutes=90)), id="P12 ttl"),
        pytest.param("<ttl> 5 </ttl>", Hints(ttl=timedelta(minutes=5)), id="blanks"),
        pytest.param("<ttl>soon</ttl>", Hints(), id="no number"),
        pytest.param("<ttl>-5</ttl>", Hints(), id="a negative number"),
        pytest.param("<ttl>99999999999999999999</ttl>", Hints(), id="an absurd number"),
        pytest.param(
            "<skipHours><hour>0</hour><hour>7</hour><hour>07</hour></skipHours>",
            Hints(skip_hours=(0, 7)),
            id="P12 skipHours",
        ),
        pytest.param("<skipHours><hour>24</hour></skipHours>", Hints(skip_hours=(0,)), id="24 is midnight"),
        pytest.param(
            "<skipHours><hour>25</hour><hour>-1</hour><hour>x</hour><hour/></skipHours>", Hints(), id="no hours"
        ),
        pytest.param(
            "<skipDays><day>Sunday</day><day>monday</day><day>Tue</day><day>Funday</day></skipDays>",
            Hints(skip_days=(0, 1, 6)),
            id="P12 skipDays",
        ),
        pytest.param("<item><hour>3</hour></item>", Hints(), id="an hour of an item is none of the channel"),
        pytest.param(
            "<skipHours>" + "<hour>1</hour>" * 5000 + "<hour>2</hour></skipHours>",
            Hints(skip_hours=(1,)),
            id="a flood of hours",
        ),
    ],
)
def test_p12_b85_wishes_of_a_document(elements: str, hints: Hints) -> None:
    assert wishes(elements) == hints


@pytest.mark.parametrize(
    ("elements", "capped"),
    [
        pytest.param("<ttl>10080</ttl>", False, id="a week"),
        pytest.param("<ttl>10081</ttl>", True, id="B85 more than a week"),
        pytest.param(
            f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(24))}</skipHours>", True, id="B85 hours"
        ),
        pytest.param(
            f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(23))}</skipHours>", False, id="but one"
        ),
        pytest.param(
            "<skipDays>"
            + "".join(f"<day>{d}</day>" for d in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
            + "</skipDays>",
            True,
            id="B85 days",
        ),
    ],
)
def test_wishes_that_would_stop_every_reading_are_noted(elements: str, *, capped: bool) -> None:
    raw = read(rss(elements, "<item><title>One</title></item>"))
    assert [note.rule for note in raw.notes] == ["RSS 2.0"] * capped


# --- what a text is, and who wrote the document -----------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        pytest.param("a &lt;b&gt;", RawText(value="a <b>"), id="a text alone"),
        pytest.param("a <b>b</b> &lt;c&gt;", html("a <b>b</b> &lt;c&gt;"), id="B39 elements inside"),
    ],
)
def test_b39_elements_inside_of_a_title_are_markup(title: str, expected: RawText) -> None:
    (entry,) = read(rss(f"<item><title>{title}</title></item>")).entries
    assert entry.title == expected


@pytest.mark.parametrize(
    ("document", "ours"),
    [
        pytest.param(
            rss("<generator>feedbraid (https://github.com/feedbraid/feedbraid)</generator>"), True, id="RSS"
        ),
        pytest.param(
            atom("<generator uri='https://github.com/feedbraid/feedbraid'>feedbraid</generator>"), True, id="Atom"
        ),
        pytest.param(rss("<generator>another program</generator>"), False, id="another program"),
        pytest.param(rss("<title>About https://github.com/feedbraid/feedbraid</title>"), False, id="a title"),
    ],
)
def test_b84_a_document_of_our_own_is_noted(document: str, *, ours: bool) -> None:
    assert [note.text.partition(":")[0] for note in read(document).notes] == [
        "feedbraid wrote this document"
    ] * ours


def test_t3_bases_with_blanks_do_not_pile_up() -> None:
    items = "<item><title xml:base='&#160;http://h.example/a/b'>T</title></item>" * 60
    raw = read_xml_feed(f"<rss version='2.0'><channel>{items}</channel></rss>".encode())
    assert raw is not None
    assert len(raw.entries) == 60
