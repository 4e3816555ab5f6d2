"""Every check of `feedbraid.conformance` can fail: a good document, one thing spoiled, the fault that is found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from factories import channel, feed, post, self_url
from feedbraid import html
from feedbraid.conformance import Fault, atom_faults, faults, json_faults, rss_faults
from feedbraid.conformance._report import MOST
from feedbraid.formats import Format
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.json import FORMAT as JSON
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.model import Category, Enclosure, Feed, Person
from feedbraid.pages import FeedLine, SourceLine, feed_page, index_page, sources_opml
from html_judge import HOSTILE
from random_feeds import feeds

GOLDEN = Path(__file__).parent / "golden"
KINDS = {
    "atom.xml": "application/atom+xml",
    "rss.xml": "application/rss+xml",
    "feed.json": "application/feed+json",
}
FORMATS: dict[str, Format] = {"atom": ATOM, "rss": RSS, "json": JSON}
FILES = (Enclosure("https://e.example/1.mp3", "audio/mpeg", 7), Enclosure("https://e.example/2.mp3", "audio/mpeg"))
BODY = (
    '<p>A <a href="https://example.org/?a=1&amp;b=2" title="x < y">link</a><br>and <em>more</em></p>'
    '<img src="https://example.org/i.png" alt="" srcset="https://example.org/2.png 2x, https://example.org/3.png">'
    '<iframe src="https://video.example/1"></iframe>'
)


def good_feed() -> Feed:
    return feed(
        post(
            summary="Short",
            body=BODY,
            authors=(Person("Ann", "https://ann.example/"),),
            categories=(Category("news", "urn:x:y", "News"),),
            enclosures=FILES,
            channel=channel(rights="Mine", authors=(Person("Eve"),)),
            comments="https://example.org/one#c",
            image="https://example.org/i.png",
            language="fr",
        ),
        post("https://example.org/two", title="Two"),
        icon="https://example.org/i.png",
        subtitle="All the news",
    )


def good_opml() -> bytes:
    source = SourceLine(name="voa", title="VOA", feed_url="https://voa.example/feed", link="https://voa.example/")
    what = good_feed()
    lines = [
        FeedLine(
            title=title,
            subtitle="",
            address=what.address,
            home=what.home,
            language="en",
            entries=2,
            updated=what.updated,
            siblings=what.siblings,
            sources=(source,),
        )
        for title in ("News", "More")
    ]
    return sources_opml("Feeds", lines, what.updated, owner="Ann")


GOOD = {
    "atom": ("application/atom+xml", ATOM.render(good_feed(), self_url("atom")).decode()),
    "rss": ("application/rss+xml", RSS.render(good_feed(), self_url("rss")).decode()),
    "json": ("application/feed+json", JSON.render(good_feed(), self_url("json")).decode()),
    "show": ("application/rss+xml", (GOLDEN / "show.rss.xml").read_text("utf-8")),
    "archive.atom": ("application/atom+xml", (GOLDEN / "archive.atom.xml").read_text("utf-8")),
    "archive.rss": ("application/rss+xml", (GOLDEN / "archive.rss.xml").read_text("utf-8")),
    "archive.json": ("application/feed+json", (GOLDEN / "archive.feed.json").read_text("utf-8")),
    "live": ("application/atom+xml", (GOLDEN / "live.atom.xml").read_text("utf-8")),
    "styled": ("application/atom+xml", (GOLDEN / "stylesheet.atom.xml").read_text("utf-8")),
    "opml": ("text/x-opml", good_opml().decode()),
    "page": ("text/html", feed_page(good_feed()).decode()),
}


def spoiled(good: str, pattern: str, replacement: str) -> bytes:
    """Replace the first match; the pattern must match."""
    bad, count = re.subn(pattern, replacement, good, count=1, flags=re.DOTALL)
    assert count == 1
    return bad.encode()


def case(which: str, pattern: str, replacement: str, rule: str, text: str, *, id: str) -> object:  # noqa: A002
    return pytest.param(which, pattern, replacement, rule, text, id=f"{which}-{id}")


# --- good documents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", GOOD)
def test_the_good_documents_have_no_faults(which: str) -> None:
    media_type, document = GOOD[which]
    assert faults(media_type, document.encode()) == ()


@pytest.mark.parametrize("path", sorted(GOLDEN.iterdir()), ids=lambda path: path.name)
def test_goldens_have_no_faults(path: Path) -> None:
    assert faults(KINDS[path.name.partition(".")[2]], path.read_bytes()) == ()


@settings(max_examples=60, deadline=None)
@given(what=feeds)
def test_any_feed_has_no_faults_in_any_format(what: Feed) -> None:
    for name, plug in FORMATS.items():
        assert faults(plug.media_type, plug.render(what, self_url(name))) == ()
    assert faults("text/html", feed_page(what)) == ()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_n42_a_cleaned_body_has_no_faults(hostile: str) -> None:
    body = html.clean(hostile, base="https://example.org/").html
    assert faults("application/atom+xml", ATOM.render(feed(post(body=body)), self_url("atom"))) == ()


def test_an_index_page_has_no_faults() -> None:
    assert faults("text/html", index_page("Feeds", [], language="en")) == ()


def test_an_unknown_media_type_has_no_rules() -> None:
    assert faults("text/plain", b"\xff") == ()


# --- one thing spoiled ------------------------------------------------------------------------------------

_BASE = '<feed xml:base="https://a.example/" '
_MEDIA = "http://search.yahoo.com/mrss/"

XML = [
    case("atom", r"^", "\n", "N123", "our declaration", id="bytes before the declaration"),
    case("atom", r"^", "\ufeff", "N123", "byte order mark", id="a byte order mark"),
    case("atom", r'encoding="utf-8"', 'encoding="us-ascii"', "N123", "our declaration", id="another encoding"),
    case("atom", r"\n$", "", "N123", "line feed", id="no final line feed"),
    case("atom", r"\n$", "\n\n", "N123", "line feed", id="an empty line last"),
    case("atom", r"<title>News", "<!-- x --><title>News", "N98", "a comment", id="a comment"),
    case("atom", r"<title>News", "<?x y?><title>News", "N98", "comment or instruction", id="an instruction"),
    case(
        "atom", r"<title>News", "<title>Ne<?x y?>ws", "RFC 4287 3.1", "child elements", id="an instruction in text"
    ),
    case("rss", r"<title>One", "<title><![CDATA[One]]>", "N102", "CDATA", id="a CDATA section"),
    case("atom", r"\n<feed", "\n<!DOCTYPE feed>\n<feed", "N98", "DOCTYPE", id="a DOCTYPE"),
    case("atom", r"</title>", "&#13;</title>", "N35", "carriage return", id="a carriage return as a reference"),
    case("atom", r"<title>News", "\r\n<title>News", "N35", "carriage return", id="a carriage return"),
    case("atom", r"<title>One", "<title>O\x85", "N35", "control character", id="a C1 control character"),
    case("atom", r"<title>One", "<title>O\x0b", "XML 1.0", "PCDATA invalid Char", id="a character XML forbids"),
    case("atom", r"<title>One", "<title>O\uffff", "XML 1.0", "PCDATA invalid Char", id="a noncharacter"),
    case("atom", r"</feed>", "", "XML 1.0", "Premature end", id="not well-formed"),
    case("atom", r"<feed(.*)</feed>", r"<fed\1</fed>", "XML 1.0", "the root is", id="another root"),
    case("rss", r"<rss(.*)</rss>", r"<rdf\1</rdf>", "XML 1.0", "the root is rdf", id="another root"),
    case("atom", r"<feed ", _BASE, "N97", "xml:base", id="xml:base"),
    case(
        "atom", r"<author>", '<author xml:base="https://a.example/">', "N97", "xml:base", id="xml:base of a person"
    ),
    case("atom", r"<entry>", "<entry>words", "RFC 4287 4.1", "only elements stand", id="text in an entry"),
    case("rss", r"<item>", "<item>words", "RSS 2.0", "only elements stand", id="text in an item"),
    case("rss", r"<rss ", f'<rss xmlns:itunes="{_MEDIA}" ', "N93", "prefix itunes", id="a prefix of another"),
    case("live", r"<feed ", f'<feed xmlns:media="{_MEDIA}" ', "N93", "not used", id="an unused namespace"),
    case("atom", r"<feed ", '<feed xmlns:atom="http://www.w3.org/2005/Atom" ', "N93", "a prefix", id="a prefix"),
    case("rss", r"<rss ", '<rss xmlns="urn:x" ', "XML 1.0", "the root is", id="a namespace for RSS"),
    case("atom", r"<feed ", '<feed xmlns:x="urn:x" ', "N93", "prefix x", id="an unknown namespace"),
    case("styled", r'type="text/css"', 'type="text/xsl"', "N123", "style sheet", id="a style sheet of XSLT"),
    case(
        "styled", r"\n<feed", '\n<?xml-stylesheet href="x"?>\n<feed', "N123", "style sheet", id="two style sheets"
    ),
]

ATOM_CASES = [
    case("atom", r"<id>tag:[^<]*</id>", "", "RFC 4287 4.1.1", "feed: no id", id="no feed id"),
    case("atom", r"(<id>tag:[^<]*</id>)", r"\1\1", "RFC 4287 4.1.1", "more than one id", id="two feed ids"),
    case("atom", r"<author>.*?</author>", "", "RFC 4287 4.1.1", "feed: no author", id="no author"),
    case("atom", r"<generator.*?</generator>", "", "RFC 4287 4.1.1", "no generator", id="no generator"),
    case("atom", r'(<generator uri=")https', r"\1gopher", "RFC 4287 4.2.4", "gopher", id="a generator elsewhere"),
    case("atom", r"<title>One</title>", "", "RFC 4287 4.1.2", "entry: no title", id="an entry without title"),
    case("atom", r"<title>One", "<title>", "RFC 4287 3.1", "title: empty", id="an empty title"),
    case("atom", r"<title>One", "<title>a &lt;b>", "N96", "for markup", id="markup in plain text"),
    case(
        "atom", r"<title>One", '<title type="html">a &lt;b', "N96", "no escaped text", id="markup in escaped text"
    ),
    case("atom", r"<title>One", '<title type="html">a &amp; b', "N96", "no escaped text", id="a bare ampersand"),
    case("atom", r"<title>One", '<title type="xhtml">One', "RFC 4287 3.1.1", "type 'xhtml'", id="another type"),
    case(
        "atom",
        r"<title>One",
        '<title dir="rtl">One',
        "RFC 4287 3.1",
        "unexpected attribute dir",
        id="an attribute",
    ),
    case("atom", r"<title>One", "<title>O<b/>ne", "RFC 4287 3.1", "child elements", id="elements in a title"),
    case("atom", r"<published>[^<]*", "<published>2026-03-01", "RFC 4287 3.3", "no RFC 3339", id="a date only"),
    case("atom", r"<published>2026-03-01", "<published>2026-02-30", "RFC 4287 3.3", "calendar", id="30 February"),
    case("atom", r"<published>([^<]*)Z", r"<published>\1.5Z", "RFC 4287 3.3", "whole seconds", id="half a second"),
    case(
        "atom", r"<published>2026", "<published>2027", "N21", "after updated", id="published after it was updated"
    ),
    case("atom", r"<published>2026", "<published>1970", "N20", "before 1990", id="a source's date before 1990"),
    case("atom", r"<updated>2026", "<updated>2027", "N24", "newest entry", id="a feed newer than its entries"),
    case(
        "atom", r"<id>https://example.org/two", "<id>two", "RFC 4287 4.2.6", "no absolute IRI", id="a relative id"
    ),
    case(
        "atom",
        r"<id>https://example.org/two",
        "<id>urn:a b",
        "RFC 4287 4.2.6",
        "no absolute IRI",
        id="a blank in an id",
    ),
    case("atom", r"<id>https://example.org/two", "<id>https://example.org/one", "N8", "twice", id="one id twice"),
    case("atom", r' rel="enclosure"', "", "N95", "no explicit rel", id="a link without relation"),
    case(
        "atom", r' rel="enclosure"', ' rel="attached"', "RFC 4287 4.2.7.2", "registered", id="an unknown relation"
    ),
    case(
        "atom", r' rel="enclosure"', ' rel="edit"', "N61", "link to edit", id="a relation of the source's server"
    ),
    case("atom", r"/2.mp3", "/1.mp3", "N65", "twice", id="an enclosure twice"),
    case(
        "atom",
        r' rel="enclosure" type="audio/mpeg"',
        ' rel="alternate" type="text/html"',
        "RFC 4287 4.1.1",
        "twice",
        id="two alternates",
    ),
    case("atom", r'(enclosure") type="audio/mpeg"', r"\1", "N63", "without type", id="an enclosure without type"),
    case("atom", r' length="7"', ' length="0"', "N64", "no positive", id="length 0"),
    case("atom", r'href="https://e.example', 'href="//e.example', "N56", "no absolute", id="a relative link"),
    case(
        "atom", r'href="https://e.example', 'href="https://é.example', "N56", "no absolute", id="a link in letters"
    ),
    case("atom", r"e.example/1.mp3", "e.example/%zz", "N56", "no absolute", id="half an escape"),
    case("atom", r"e.example/1.mp3", "e.example/1 mp3", "N56", "no absolute", id="a blank in a link"),
    case("atom", r'href="https://e.example[^"]*" ', "", "RFC 4287 4.2.7.1", "no href", id="a link to nothing"),
    case("atom", r' length="7"', ' hreflang="e_n"', "RFC 4287 4.2.7.4", "no language", id="hreflang"),
    case("atom", r' length="7"', ' title=" "', "RFC 4287 4.2.7.5", "title is empty", id="an empty link title"),
    case(
        "atom", r' length="7"', ' size="7"', "RFC 4287 4.2.7", "unexpected attribute size", id="a link attribute"
    ),
    case("atom", r' length="7"/>', ">x</link>", "RFC 4287 4.2.7", "not empty", id="a link with text"),
    case(
        "atom",
        r'"enclosure" type="audio/mpeg"',
        '"enclosure" type="audio"',
        "RFC 4287 4.2.7.3",
        "media type",
        id="type",
    ),
    case("atom", r' rel="self" type', ' rel="via" type', "N81", "no link to itself", id="no self link"),
    case(
        "atom",
        r'rel="self" type="application/atom',
        'rel="self" type="text',
        "N81",
        "has the type",
        id="self type",
    ),
    case(
        "atom",
        r'rel="alternate" type="application/rss\+xml"',
        'rel="self"',
        "N81",
        "more than one",
        id="two selves",
    ),
    case(
        "atom",
        r'rel="alternate" type="application/rss\+xml"',
        'rel="alternate"',
        "N82",
        "without type",
        id="untyped",
    ),
    case("atom", r'term="news"', 'term=" "', "N70", "no term", id="an empty category"),
    case("atom", r'scheme="urn:x:y"', 'scheme="y"', "N71", "no absolute IRI", id="a relative scheme"),
    case("atom", r'label="News"', 'label=""', "RFC 4287 4.2.2.3", "empty label", id="an empty label"),
    case("atom", r'label="News"', 'text="x"', "RFC 4287 4.2.2", "unexpected attribute", id="a category attribute"),
    case("atom", r'xml:lang="en"', 'xml:lang="en_GB"', "RFC 4287 2", "no language tag", id="no language"),
    case("atom", r'xml:lang="fr"', 'xml:lang=""', "RFC 4287 2", "no language tag", id="an entry without language"),
    case("atom", r"<entry>", '<entry x="y">', "RFC 4287 2", "beside xml:lang", id="an attribute of an entry"),
    case("atom", r"<name>Ann", "<name> ", "RFC 4287 3.2.1", "name: empty", id="a person without name"),
    case("atom", r"<name>Ann</name>", "", "RFC 4287 3.2", "author: no name", id="a person without a name element"),
    case("atom", r"<uri>https", "<uri>ftp", "RFC 4287 3.2.2", "no absolute", id="a person elsewhere"),
    case("atom", r"(</uri>)", r"\1<email>ann</email>", "RFC 4287 3.2.3", "no mail address", id="no mail address"),
    case("atom", r"(</uri>)", r"\1<phone>1</phone>", "RFC 4287 3.2", "unexpected phone", id="a person's phone"),
    case("atom", r'<content type="html">', "<content>", "N39", "type html", id="content without type"),
    case(
        "atom",
        r'<content type="html">.*?</',
        '<content type="html"></',
        "RFC 4287 4.1.3",
        "empty",
        id="no content",
    ),
    case(
        "atom",
        r'<content type="html"',
        '<content type="html" src="x"',
        "RFC 4287 4.1.3",
        "src",
        id="content by src",
    ),
    case(
        "atom",
        r"<link [^>]*two[^>]*/>\n<content.*?</content>",
        "",
        "RFC 4287 4.1.2",
        "neither",
        id="no content, no page",
    ),
    case("atom", r"<summary>(.*?)</content>", "", "N40", "no text", id="no text"),
    case(
        "atom", r"<source>\n<id>https", "<source>\n<id>/", "RFC 4287 4.2.6", "no absolute IRI", id="a source's id"
    ),
    case(
        "atom",
        r"(<source>.*?)<updated>.*?</updated>",
        r"\1",
        "RFC 4287 4.2.11",
        "no updated",
        id="a source's date",
    ),
    case(
        "atom", r"<source>", "<source><icon>x</icon>", "RFC 4287 4.2.11", "unexpected icon", id="a source's icon"
    ),
    case("atom", r'rel="self"/>', 'rel="alternate"/>', "RFC 4287 4.1.1", "twice", id="a source's alternates"),
    case("atom", r"<icon>https", "<icon>ftp", "N56", "icon", id="an icon elsewhere"),
    case("atom", r"</feed>", "<rights>R</rights></feed>", "N94", "too late", id="metadata after entries"),
    case(
        "atom",
        r"(<title>One</title>)\n(<updated>.*?</updated>)",
        r"\2\1",
        "N94",
        "too late",
        id="title after updated",
    ),
    case("atom", r"</entry>", "<x/></entry>", "RFC 4287 4.1.2", "unexpected x", id="an unknown element"),
    case("atom", r'(<media:thumbnail url=")https', r"\1ftp", "N66", "no absolute", id="a thumbnail elsewhere"),
    case(
        "atom", r"<media:thumbnail ", '<media:thumbnail alt="" ', "N66", "attribute alt", id="a thumbnail's text"
    ),
    case(
        "atom",
        r'href="https://feeds.example.org/news/" rel="alternate" type="text/html"/>.*?<author>',
        'href="https://a.example/" rel="related"/><author>',
        "N77",
        "no alternate",
        id="no page",
    ),
]

HISTORY = [
    case(
        "archive.atom",
        r"<fh:archive/>",
        "<fh:archive>1</fh:archive>",
        "RFC 5005 4",
        "not empty",
        id="a mark with text",
    ),
    case(
        "archive.atom", r"<fh:archive/>", "<fh:complete/>", "RFC 5005 2", "no archive", id="complete with archives"
    ),
    case("archive.rss", r"<fh:archive/>", "<fh:archive/><fh:complete/>", "RFC 5005 2", "no archive", id="both"),
    case(
        "archive.atom", r"<link [^>]*current[^>]*/>", "", "RFC 5005 4", "not link to the current", id="no current"
    ),
    case(
        "archive.rss",
        r"<atom:link [^>]*current[^>]*/>",
        "",
        "RFC 5005 4",
        "not link to the current",
        id="no current",
    ),
    case("archive.atom", r"<fh:archive/>\n", "", "RFC 5005 4", "this is no archive", id="current, and no archive"),
    case(
        "archive.atom", r"archive/1/atom", "atom", "RFC 5005 4", "previous archive is", id="the current before it"
    ),
    case(
        "archive.atom", r'rel="current"', 'rel="prev-archive"', "RFC 5005 2", "more than one", id="two before it"
    ),
    case("live", r'rel="prev-archive"', 'rel="next-archive"', "RFC 5005 4", "next archive", id="a next archive"),
    case(
        "archive.atom",
        r'rel="alternate" type="text/html"',
        'rel="next"',
        "N89",
        "together",
        id="pages and archives",
    ),
    case(
        "atom",
        r'atom.xml" rel="self"(.*?)<link',
        r'atom.xml" rel="self"\1<link href="https://feeds.example.org/news/atom.xml" rel="next"/><link',
        "RFC 5005 3",
        "is this document",
        id="the next page is itself",
    ),
    case(
        "archive.atom",
        r'(href=")([^"]*)(" rel="self"[^>]*>)',
        r'\1\2\3<link href="\2" rel="next-archive"/>',
        "RFC 5005 4",
        "next archive is this",
        id="the next archive is itself",
    ),
    case(
        "archive.json",
        r'"feed_url": "[^"]*"(.*?)"next_url": ("[^"]*")',
        r'"feed_url": \2\1"next_url": \2',
        "JSON Feed 1.1",
        "next_url is feed_url",
        id="a loop",
    ),
]

RSS_CASES = [
    case("rss", r'version="2.0"', 'version="0.91"', "RSS 2.0", "version 2.0", id="an old version"),
    case("rss", r"</channel>", "</channel><channel/>", "RSS 2.0", "one channel", id="two channels"),
    case("rss", r"<channel>", '<channel x="y">', "RSS 2.0", "attributes", id="an attribute of the channel"),
    case("rss", r"<item>", '<item x="y">', "RSS 2.0", "attributes", id="an attribute of an item"),
    case("rss", r"<link>[^<]*</link>", "", "RSS 2.0", "channel: no link", id="no channel link"),
    case("rss", r"<title>News</title>", "", "RSS 2.0", "channel: no title", id="no channel title"),
    case(
        "rss",
        r"<description>[^<]*</description>",
        "<description/>",
        "RSS 2.0",
        "description: empty",
        id="empty text",
    ),
    case("rss", r' rel="self"', ' rel="via"', "N81", "no link to itself", id="no self link"),
    case("rss", r'(rel="alternate") type="[^"]*"', r"\1", "N82", "without type", id="an atom:link without type"),
    case("rss", r'rel="alternate" type="[^"]*"', 'rel="related"', "N82", "without type", id="a link without type"),
    case("rss", r"<lastBuildDate>Sun", "<lastBuildDate>Mon", "RFC 822 5", "was a Sun", id="the wrong weekday"),
    case("rss", r"<lastBuildDate>Sun, 01", "<lastBuildDate>Mon, 02", "N24", "newest item", id="built later"),
    case(
        "rss", r"<pubDate>([^<]*)GMT", r"<pubDate>\1+0000", "RFC 822 5", "no RFC 822", id="a date with an offset"
    ),
    case(
        "rss",
        r"<pubDate>[^<]*<",
        "<pubDate>Mon, 30 Feb 2026 12:00:00 GMT<",
        "RFC 822 5",
        "calendar",
        id="30 February",
    ),
    case(
        "rss", r"<pubDate>[^<]*<", "<pubDate>Sun, 1 Mar 26 12:00 GMT<", "RFC 822 5", "no RFC 822", id="short date"
    ),
    case(
        "rss", r"<pubDate>[^<]*<", "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT<", "N20", "before 1990", id="the epoch"
    ),
    case("rss", r"<pubDate>[^<]*</pubDate>", "", "RSS 2.0", "item: no pubDate", id="no date"),
    case("rss", r"<guid.*?</guid>", "", "RSS 2.0", "item: no guid", id="no guid"),
    case("rss", r"(<language>)en", r"\1e_n", "N73", "no language tag", id="no language"),
    case("rss", r"(<dc:language>)fr", r"\1français", "N73", "no language tag", id="no language of an item"),
    case("rss", r"(<image>.*?<title>)News", r"\1Icon", "N91", "not the channel's", id="another image title"),
    case("rss", r"<image>", "<image><width>145</width>", "N91", "from 1 to 144", id="a wide image"),
    case("rss", r"<image>", "<image><height>0</height>", "N91", "from 1 to 400", id="a flat image"),
    case("rss", r"(<image>.*?)<url>.*?</url>", r"\1", "RSS 2.0", "image: no url", id="an image without address"),
    case("rss", r"<docs>", "<ttl>1.5</ttl><docs>", "RSS 2.0", "no number of minutes", id="half a minute"),
    case("rss", r"<docs>https", "<docs>ftp", "N56", "docs", id="docs elsewhere"),
    case(
        "rss", r"<docs>", "<pubDate>x</pubDate><docs>", "RSS 2.0", "unexpected pubDate", id="a date of the channel"
    ),
    case(
        "rss",
        r">https://example.org/two</guid>",
        ">https://example.org/one</guid>",
        "N8",
        "twice",
        id="a guid twice",
    ),
    case(
        "rss", r'(<guid isPermaLink="true">)[^<]*', r"\1two", "N4", "no absolute IRI", id="a guid that is no IRI"
    ),
    case(
        "rss", r'isPermaLink="true"', 'isPermaLink="false"', "N103", "isPermaLink", id="a permalink that denies it"
    ),
    case("rss", r' isPermaLink="true"', "", "N103", "isPermaLink", id="a guid that does not say"),
    case("rss", r' length="7"', "", "RSS 2.0", "not exactly url", id="an enclosure without length"),
    case("rss", r' length="7"', ' length="7 MB"', "RSS 2.0", "length is no number", id="a length in words"),
    case("rss", r' type="audio/mpeg"', ' type="audio"', "RSS 2.0", "no media type", id="no media type"),
    case(
        "rss", r' length="7"', ' length="7" size="7"', "RSS 2.0", "unexpected attribute size", id="a file's size"
    ),
    case("rss", r"(<enclosure [^>]*/>)", r"\1\1", "RSS 2.0", "more than one enclosure", id="two enclosures"),
    case("rss", r'<enclosure url="https://', '<enclosure url="/', "N56", "enclosure", id="a relative enclosure"),
    case("rss", r'<source url="https', '<source url="ftp', "N56", "source", id="a source elsewhere"),
    case("rss", r"(<source [^>]*>)[^<]*", r"\1", "RSS 2.0", "source: empty", id="a nameless source"),
    case("rss", r"<comments>https:", "<comments>mailto:", "N56", "comments", id="comments by mail"),
    case("rss", r"<dc:creator>Ann</dc:creator>", "<author>Ann</author>", "N108", "author says", id="an author"),
    case("rss", r"</item>", "<dc:date>2026</dc:date></item>", "Profile", "date says again", id="a date twice"),
    case("rss", r"</item>", "<dc:subject>x</dc:subject></item>", "Profile", "subject says again", id="a subject"),
    case("rss", r"<dc:creator>Ann", "<dc:creator>", "RSS 2.0", "creator: empty", id="a nameless creator"),
    case("rss", r"<dc:creator>Ann</dc:creator>", "", "RSS 2.0", "no dc:creator", id="no creator"),
    case("rss", r"(<category[^>]*>)News", r"\1", "RSS 2.0", "category: empty", id="an empty category"),
    case("rss", r'domain="urn:x:y"', 'domain="y"', "N71", "no absolute IRI", id="a relative domain"),
    case(
        "rss",
        r"<title>Two</title>(.*?)<description>.*?</description>",
        r"\1",
        "RSS 2.0",
        "neither title",
        id="no text",
    ),
    case("rss", r"<description>Short</description>", "", "N39", "without description", id="content:encoded alone"),
    case("rss", r"(<content:encoded>).*?</", r"\1</", "RSS 2.0", "encoded: empty", id="an empty body"),
    case(
        "rss",
        r"</channel>",
        "<docs>https://d.example/</docs></channel>",
        "N94",
        "too late",
        id="metadata after items",
    ),
    case("rss", r"(<title>One</title>)\n(<link>.*?</link>)", r"\2\1", "N94", "too late", id="title after link"),
    case(
        "rss",
        r"</item>",
        "<atom:updated>2026-03-01T12:00:00Z</atom:updated></item>",
        "N107",
        "not after",
        id="no news",
    ),
    case(
        "rss",
        r"</item>",
        "<atom:updated>2026</atom:updated></item>",
        "RFC 4287 3.3",
        "no RFC 3339",
        id="atom:updated",
    ),
    case("rss", r"</item>", "<rating>5</rating></item>", "RSS 2.0", "unexpected rating", id="an unknown element"),
]

PODCAST = [
    case("show", r"\n<itunes:image [^>]*>", "", "N68", "no itunes:image", id="no image"),
    case("show", r"\n<itunes:explicit>.*?</itunes:explicit>", "", "N68", "no itunes:explicit", id="no explicit"),
    case("show", r"(<itunes:explicit>)false", r"\1clean", "N68", "none of true, false", id="an old word"),
    case("show", r"(<itunes:type>)\w+", r"\1daily", "N68", "none of episodic", id="another type"),
    case("show", r"(<itunes:duration>)\w+", r"\g<1>1:99", "N68", "not of its form", id="99 seconds"),
    case("show", r"(<itunes:duration>)\w+", r"\g<1>0", "N68", "not of its form", id="no duration"),
    case("show", r"(<itunes:episode>)\w+", r"\g<1>0", "N68", "not of its form", id="episode 0"),
    case("show", r"(<itunes:season>)\w+", r"\1two", "N68", "not of its form", id="a season in words"),
    case("show", r"(<itunes:episodeType>)\w+", r"\1extra", "N68", "none of full", id="another kind"),
    case(
        "show",
        r'<itunes:category text="Arts"',
        '<itunes:category text="Art"',
        "N68",
        "in no directory",
        id="category",
    ),
    case("show", r'text="Design"', 'text="Podcasting"', "N68", "in no directory", id="a subcategory"),
    case("show", r'<itunes:category text="Tech', '<itunes:category name="Tech', "N68", "not a text", id="a name"),
    case("show", r'(<itunes:image href=")https', r"\1ftp", "N68", "no absolute", id="an image elsewhere"),
    case("show", r"<itunes:email>[^<]*", "<itunes:email>me", "N68", "no mail address", id="no mail address"),
    case("show", r"<itunes:name>.*?</itunes:name>", "", "N68", "owner: no itunes:name", id="a nameless owner"),
    case("show", r"<itunes:author>.*?</", "<itunes:author></", "N68", "author: empty", id="a nameless author"),
    case(
        "show",
        r"<itunes:author>",
        "<itunes:block>no</itunes:block><itunes:author>",
        "N68",
        "none of Yes",
        id="block",
    ),
    case(
        "show",
        r"<itunes:author>",
        "<itunes:new-feed-url>x</itunes:new-feed-url><itunes:author>",
        "N68",
        "absolute",
        id="moved",
    ),
    case(
        "show",
        r"<itunes:author>",
        "<itunes:x>y</itunes:x><itunes:author>",
        "RSS 2.0",
        "unexpected itunes:x",
        id="unknown",
    ),
]

JSON_CASES = [
    case("json", r"\}\n$", "", "RFC 8259", "document: ", id="cut"),
    case("json", r"^.*$", "[]\n", "JSON Feed 1.1", "no object", id="a list"),
    case("json", r"^", "\ufeff", "RFC 8259", "BOM", id="a byte order mark"),
    case("json", r'("title": "News",)', r"\1\1", "RFC 8259", "a member twice: title", id="a member twice"),
    case("json", r'"size_in_bytes": 7', '"size_in_bytes": NaN', "RFC 8259", "NaN is no JSON", id="not a number"),
    case("json", r"\n$", "", "N109", "no final line feed", id="no final line feed"),
    case("json", r"\n", "\r\n", "N109", "carriage return", id="a carriage return"),
    case(
        "json", r'"title": "News"', r'"title": "\\u00e9"', "N109", "escaped character", id="an escaped character"
    ),
    case("json", r"version/1.1", "version/1", "N109", "version 1.1", id="an old version"),
    case("json", r'("version": [^\n]*)\n("title": [^\n]*)', r"\2\1", "N109", "come first", id="the title first"),
    case("json", r'"title": "News",\n', "", "JSON Feed 1.1", "no title", id="no title"),
    case("json", r'"items": \[.*\]', '"items": {}', "JSON Feed 1.1", "items is of the wrong type", id="no list"),
    case("json", r'"items": \[.*\]', '"items": [1]', "JSON Feed 1.1", "no object", id="an item that is a number"),
    case("json", r'"feed_url": "https', '"feed_url": "ftp', "N56", "no absolute", id="no usable address"),
    case(
        "json", r'"title": "News"', '"title": "News", "next_url": "x"', "N56", "next_url", id="no usable next_url"
    ),
    case(
        "json",
        r'"title": "News"',
        '"title": "News", "expired": 1',
        "JSON Feed 1.1",
        "wrong type",
        id="a number for true",
    ),
    case(
        "json",
        r'"title": "News"',
        '"title": "News", "hubs": [{"type": "x"}]',
        "JSON Feed 1.1",
        "no url",
        id="a hub",
    ),
    case(
        "json",
        r'"title": "News"',
        '"title": "News", "author": {}',
        "JSON Feed 1.1",
        "unknown member author",
        id="author",
    ),
    case(
        "json",
        r'"title": "News"',
        '"title": "News", "_a.b": {"c": 1}',
        "JSON Feed 1.1",
        "unknown member _a.b",
        id="a dot",
    ),
    case(
        "json", r'"title": "News"', '"title": "News", "_a": 1', "JSON Feed 1.1", "no object", id="a bare extension"
    ),
    case("json", r'"language": "en"', '"language": "e_n"', "N73", "no language tag", id="no language"),
    case(
        "json",
        r'"authors": \[\{"name": "News"\}\]',
        '"authors": [{}]',
        "N55",
        "empty object",
        id="an empty author",
    ),
    case("json", r'\{"name": "Ann"', '{"name": " "', "N55", "without a name", id="a nameless author"),
    case(
        "json", r'\{"name": "Ann"', '{"email": "a"', "JSON Feed 1.1", "unknown member email", id="an author's mail"
    ),
    case(
        "json",
        r'"id": "https://example.org/two"',
        '"id": "https://example.org/one"',
        "N119",
        "twice",
        id="an id twice",
    ),
    case(
        "json",
        r'"id": "[^"]*"',
        '"id": 7',
        "JSON Feed 1.1",
        "id is of the wrong type",
        id="an id that is a number",
    ),
    case("json", r'"id": "[^"]*"', '"id": ""', "JSON Feed 1.1", "id is empty", id="an empty id"),
    case("json", r'"title": "One"', '"title": ""', "JSON Feed 1.1", "title is empty", id="an empty title"),
    case("json", r'"content_html"', '"content_xml"', "N111", "not exactly one", id="no content"),
    case(
        "json",
        r'"content_html"',
        '"content_text": "x", "content_html"',
        "N111",
        "not exactly one",
        id="two contents",
    ),
    case("json", r"T12:00:00Z", "T12:00:00", "N14", "no RFC 3339", id="a date without zone"),
    case("json", r'"date_published": "2026', '"date_published": "2027', "N21", "after modified", id="dates"),
    case("json", r'"date_published": "2026', '"date_published": "1970', "N20", "before 1990", id="the epoch"),
    case(
        "json",
        r'"tags": \["News"\]',
        '"tags": ["news", 7]',
        "JSON Feed 1.1",
        "a tag is no text",
        id="a tag of digits",
    ),
    case("json", r'"mime_type": "audio/mpeg",\n', "", "JSON Feed 1.1", "no mime_type", id="a file without type"),
    case(
        "json",
        r'"mime_type": "audio/mpeg"',
        '"mime_type": "mp3"',
        "JSON Feed 1.1",
        "no media type",
        id="a file's type",
    ),
    case("json", r'"size_in_bytes": 7', '"size_in_bytes": 0', "N116", "not positive", id="size 0"),
    case("json", r'"size_in_bytes": 7', '"size_in_bytes": true', "JSON Feed 1.1", "wrong type", id="size true"),
    case(
        "json",
        r'"size_in_bytes": 7',
        '"duration_in_seconds": -1',
        "N116",
        "not positive",
        id="a negative duration",
    ),
    case(
        "json",
        r'"about": "https',
        '"about": "x',
        "N118",
        "no absolute",
        id="an extension that does not explain itself",
    ),
    case("json", r'"image": "https', '"image": "ftp', "N56", "image", id="an image elsewhere"),
]

BODIES = [
    ("<p>a", "N42", "</p> is missing"),
    ("a</p>", "N42", "</p> closes nothing"),
    ("<p><em>a</p></em>", "N42", "closes nothing"),
    ("<p>a < b</p>", "N42", "a < that begins no tag"),
    ("<p>a & b</p>", "N42", "an & that begins no reference"),
    ("<P>a</P>", "N42", "no tag as it should be"),
    ("<img src=x>", "N42", "no tag as it should be"),
    ("<br/>", "N42", "no tag as it should be"),
    ("<!-- x -->", "N42", "no tag as it should be"),
    ('<a title="x" title="y">z</a>', "N42", "twice"),
    ("<script>x</script>", "RFC 4287 8.1", "element script"),
    ("<style>x</style>", "RFC 4287 8.1", "element style"),
    ("<svg></svg>", "RFC 4287 8.1", "element svg"),
    ("<form></form>", "RFC 4287 8.1", "element form"),
    ("<x-custom>a</x-custom>", "N42", "no tag as it should be"),
    ('<p onclick="x">a</p>', "RFC 4287 8.1", "attribute onclick"),
    ('<p style="color: red">a</p>', "RFC 4287 8.1", "attribute style"),
    ('<a href="https://a.example/" ping="https://b.example/">a</a>', "RFC 4287 8.1", "attribute ping"),
    ('<iframe srcdoc="x"></iframe>', "RFC 4287 8.1", "attribute srcdoc"),
    ('<a href="javascript:x()">a</a>', "N45", "href of a"),
    ('<a href="/a">a</a>', "N45", "href of a"),
    ('<a href="#a">a</a>', "N45", "href of a"),
    ('<a href="">a</a>', "N45", "href of a"),
    ('<a href="https://a.example/ü">a</a>', "N45", "href of a"),
    ('<img src="a.png" alt="">', "N45", "src of img"),
    ('<img src="data:image/png;base64,AA">', "N45", "src of img"),
    ('<img src="https://a.example/" srcset="https://a.example/ 2x, b.png 3x">', "N45", "srcset of img"),
    ('<video poster="//a.example/p.png"></video>', "N45", "poster of video"),
    ('<blockquote cite="a">b</blockquote>', "N45", "cite of blockquote"),
    ('<iframe src="http://a.example/"></iframe>', "N45", "src of iframe"),
    (
        '<picture><br><p><a href="https://a.example/"><b><i><u><s>x</s></u></i></b></a></p><br>',
        "N42",
        "</picture> is",
    ),
    ("<p>" * 600 + "</p>" * 599, "N42", "</p> is missing"),
]

OPML = [
    case("opml", r'version="2.0"', 'version="1.0"', "OPML 2.0", "not version 2.0", id="an old version"),
    case("opml", r"<head>.*</head>", "", "OPML 2.0", "one head and one body", id="no head"),
    case("opml", r"<title>Feeds</title>", "", "OPML 2.0", "no title", id="no title"),
    case("opml", r"<title>Feeds", "<title>", "OPML 2.0", "title: empty", id="an empty title"),
    case("opml", r"(<dateModified>)[^<]*", r"\g<1>2026-03-01", "RFC 822 5", "no RFC 822", id="an ISO date"),
    case(
        "opml", r"(<ownerName>)", r"<ownerEmail>ann</ownerEmail>\1", "OPML 2.0", "no mail address", id="the owner"
    ),
    case("opml", r"(<ownerName>)", r"<x/>\1", "OPML 2.0", "unexpected x", id="an unknown element"),
    case("opml", r"<body>.*</body>", "<body></body>", "OPML 2.0", "no outline", id="nothing in it"),
    case("opml", r"<body>", "<body>text", "OPML 2.0", "only elements stand", id="text in the body"),
    case("opml", r"<body>", "<body><x/>", "OPML 2.0", "unexpected x", id="another element in the body"),
    case("opml", r'text="VOA"', 'text=""', "OPML 2.0", "no text", id="an outline without text"),
    case("opml", r' xmlUrl="[^"]*"', "", "OPML 2.0", "type rss: no xmlUrl", id="a source without address"),
    case("opml", r'xmlUrl="https', 'xmlUrl="feed', "OPML 2.0", "no absolute", id="another scheme"),
    case("opml", r' type="rss"', "", "OPML 2.0", "not of type rss", id="a source without type"),
    case("opml", r' type="rss"', ' type="rss" x="y"', "OPML 2.0", "unexpected attribute x", id="an attribute"),
    case("opml", r' type="rss"', ' type="rss" language="e_n"', "OPML 2.0", "no language tag", id="no language"),
    case("opml", r' type="rss"', ' type="rss" created="x"', "OPML 2.0", "no RFC 822", id="no date"),
    case(
        "opml",
        r'(<outline type="rss"[^>]*)/>',
        r'\1><outline text="x"/></outline>',
        "OPML 2.0",
        "children",
        id="inside",
    ),
    case("opml", r'(<outline type="rss"[^>]*/>)', r"\1\1", "N120", "listed twice", id="a source twice"),
]

PAGE = [
    case("page", r"^<!DOCTYPE html>\n", "", "HTML", "<!DOCTYPE html>", id="no doctype"),
    case("page", r'<meta charset="utf-8">', "", "HTML", "no charset", id="no charset"),
    case("page", r"<head>", "<head>" + " " * 1024, "HTML", "no charset", id="a late charset"),
    case("page", r"</html>\n$", "", "HTML", "does not end", id="cut"),
    case("page", r'<html lang="en"', '<html lang="english language"', "HTML", "no language tag", id="no language"),
    case("page", r"<title>News</title>", "<title> </title>", "HTML", "one title", id="an empty title"),
    case("page", r'name="viewport"', 'name="view"', "HTML", "no viewport", id="no viewport"),
    case("page", r"</main>", "<script>x</script></main>", "N125", "element script", id="a script"),
    case("page", r"<main", '<main onclick="x"', "N125", "attribute onclick", id="a handler"),
    case("page", r"<main", '<main style="x"', "N125", "attribute style", id="a style"),
    case("page", r"</main>", '<a href="javascript:x">x</a></main>', "N125", "href of a", id="a link that runs"),
    case("page", r"</main>", '<a href="">x</a></main>', "N125", "href of a", id="an empty link"),
    case("page", r"</main>", '<img src="x.png"></main>', "HTML", "img without alt", id="no alternative text"),
    case("page", r"</main>", '<p id="posts"></p></main>', "HTML", "occurs twice", id="an id twice"),
    case("page", r"</main>", '<iframe src="http://x.example/"></iframe></main>', "N48", "not https", id="a frame"),
    case(
        "page", r"</head>", '<link rel="alternate" href="x"></head>', "N127", "without type", id="a bare alternate"
    ),
    case("page", r'(<link rel="alternate"[^>]*>)', r"\1\1", "N127", "same title", id="an alternate twice"),
]

SPOILED = [*XML, *ATOM_CASES, *HISTORY, *RSS_CASES, *PODCAST, *JSON_CASES, *OPML, *PAGE]


@pytest.mark.parametrize(("which", "pattern", "replacement", "rule", "text"), SPOILED)
def test_a_spoiled_document_has_the_fault(
    which: str, pattern: str, replacement: str, rule: str, text: str
) -> None:
    media_type, good = GOOD[which]
    found = faults(media_type, spoiled(good, pattern, replacement))
    assert [fault for fault in found if fault.rule == rule and text in fault.text], found


@pytest.mark.parametrize(("body", "rule", "text"), BODIES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_spoiled_body_has_the_fault(name: str, body: str, rule: str, text: str) -> None:
    found = faults(FORMATS[name].media_type, FORMATS[name].render(feed(post(body=body)), self_url(name)))
    assert [fault for fault in found if fault.rule == rule and text in fault.text], found
    assert all(fault.line for fault in found)


# --- what a fault says ------------------------------------------------------------------------------------


def test_a_fault_names_its_line_and_its_entry() -> None:
    lines = GOOD["atom"][1].splitlines()
    place = next(at for at, line in enumerate(lines) if "<title>Two" in line)
    lines[place] = "<title></title>"
    assert atom_faults("\n".join([*lines, ""]).encode()) == [
        f"line {place + 1}: RFC 4287 3.1: entry 2: title: empty"
    ]


def test_a_fault_in_a_json_feed_names_the_line_of_its_item() -> None:
    bad = spoiled(GOOD["json"][1], '"title": "Two"', '"title": ""')
    line = bad.decode().splitlines().index('{"id": "https://example.org/two",') + 1
    assert json_faults(bad) == [f"line {line}: JSON Feed 1.1: item 2: title is empty"]


def test_an_entry_needs_an_author_of_its_own_or_of_its_source_or_feed() -> None:
    alone = re.sub(r"<author>.*?</author>\n", "", GOOD["atom"][1]).encode()
    first, _ = [fault for fault in faults("application/atom+xml", alone) if fault.rule == "RFC 4287 4.1.2"]
    assert first.text == "entry 1: no author, in its source and the feed neither"
    named = re.sub(
        r"(<entry.*?<source>.*?)(<rights>)",
        r"\1<author><name>Eve</name></author>\2",
        alone.decode(),
        count=1,
        flags=re.DOTALL,
    )
    assert not [fault for fault in faults("application/atom+xml", named.encode()) if "entry 1" in fault.text]


def test_a_fault_without_a_line_does_not_name_one() -> None:
    assert str(Fault(0, "N123", "text")) == "N123: text"


def test_faults_are_bounded_and_in_the_order_of_the_document() -> None:
    bad = b'<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>\n' + b"<x/>\n" * 3 * MOST
    found = faults("application/rss+xml", bad + b"</channel></rss>\n")
    assert len(found) == MOST
    assert [fault.line for fault in found] == sorted(fault.line for fault in found)
    assert len(rss_faults(bad + b"</channel></rss>\n")) == MOST


@pytest.mark.parametrize("media_type", [*KINDS.values(), "text/x-opml", "text/html"])
@pytest.mark.parametrize(
    "document", [b"", b"\x00", b"\xff\xfe\x00", b"<", b"[" * 100_000, b"<a>" * 10_000, b"{}", b"<html></html>"]
)
def test_any_bytes_have_faults_and_raise_nothing(media_type: str, document: bytes) -> None:
    assert faults(media_type, document)


def test_entities_are_not_expanded() -> None:
    document = b'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE rss [<!ENTITY a "' + b"x" * 1000 + b'">]>\n'
    document += b'<rss version="2.0"><channel><title>&a;</title></channel></rss>\n'
    assert any(fault.rule == "N98" for fault in faults("application/rss+xml", document))


def test_a_text_of_more_than_ten_megabytes_is_read() -> None:
    long = post(body="<p>" + "word " * 2_200_000 + "</p>")
    assert faults("application/atom+xml", ATOM.render(feed(long), self_url("atom"))) == ()
