"""The checks of `conformance` can fail: a good document, one thing spoiled in it, and the fault that is found."""

from __future__ import annotations

import re

import pytest

from conformance import atom_faults, json_faults, rss_faults
from factories import channel, feed, post, self_url
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.json import FORMAT as JSON
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.model import Category, Enclosure, Feed

FILES = (Enclosure("https://e.example/1.mp3", "audio/mpeg", 7),)


def good_feed() -> Feed:
    return feed(
        post(
            summary="Short",
            categories=(Category("news", "urn:x:y"),),
            enclosures=FILES,
            channel=channel(),
            comments="https://example.org/one#c",
        ),
        post("https://example.org/two", title="Two"),
        icon="https://example.org/i.png",
    )


GOOD_ATOM = ATOM.render(good_feed(), self_url("atom")).decode()
GOOD_RSS = RSS.render(good_feed(), self_url("rss")).decode()
GOOD_JSON = JSON.render(good_feed(), self_url("json")).decode()


def spoiled(good: str, pattern: str, replacement: str) -> bytes:
    """Replace the first match; the pattern must match."""
    bad, count = re.subn(pattern, replacement, good, count=1, flags=re.DOTALL)
    assert count == 1
    return bad.encode()


def test_the_good_documents_have_no_faults() -> None:
    assert atom_faults(GOOD_ATOM.encode()) == []
    assert rss_faults(GOOD_RSS.encode()) == []
    assert json_faults(GOOD_JSON.encode()) == []


@pytest.mark.parametrize(
    ("pattern", "replacement", "fault"),
    [
        pytest.param(r"^", "\n", "N123", id="bytes before the declaration"),
        pytest.param(r"\n$", "", "N123", id="no final line feed"),
        pytest.param(r"<title>News", "<!-- x --><title>News", "N98", id="a comment"),
        pytest.param(r"</feed>", "", "Premature end", id="not well-formed"),
        pytest.param(r"<feed ", '<feed xml:base="https://a.example/" ', "N97", id="xml:base"),
        pytest.param(
            r"<feed ", '<feed xmlns:media="http://search.yahoo.com/mrss/" ', "N93", id="unused namespace"
        ),
        pytest.param(r"<feed ", '<feed xmlns:atom="http://www.w3.org/2005/Atom" ', "N93", id="a prefix"),
        pytest.param(r"<id>tag:[^<]*</id>", "", "feed: 0 times", id="no feed id"),
        pytest.param(r"<author>.*?</author>", "", "feed: 0 times", id="no author"),
        pytest.param(r"<title>One</title>", "", "entry: 0 times", id="an entry without title"),
        pytest.param(r"<title>One", "<title>", "title: empty", id="an empty title"),
        pytest.param(r"<title>One", "<title>a &lt;b>", "N96", id="markup in plain text"),
        pytest.param(r"<title>One", '<title type="html">a &lt;b', "N96", id="markup in escaped text"),
        pytest.param(r"<title>One", '<title type="xhtml">One', "type 'xhtml'", id="another type of text"),
        pytest.param(r"<published>.*?</published>", "<published>2026-03-01</published>", "N14", id="a date only"),
        pytest.param(r"<published>2026", "<published>2027", "N21", id="published after it was updated"),
        pytest.param(r"<updated>2026", "<updated>2027", "N24", id="a feed newer than its entries"),
        pytest.param(r"<id>https://example.org/two", "<id>two", "no absolute IRI", id="a relative id"),
        pytest.param(r"<id>https://example.org/two", "<id>https://example.org/one", "twice", id="one id twice"),
        pytest.param(r' rel="enclosure"', "", "N95", id="a link without relation"),
        pytest.param(
            r' rel="enclosure" type="audio/mpeg"',
            ' rel="alternate" type="text/html"',
            "twice",
            id="two alternates",
        ),
        pytest.param(r' length="7"', ' length="0"', "N64", id="length 0"),
        pytest.param(r'href="https://e.example', 'href="//e.example', "N56", id="a relative link"),
        pytest.param(r' type="audio/mpeg"', ' type="audio"', "media type", id="no media type"),
        pytest.param(r' rel="self" type', ' rel="via" type', "N81", id="no self link"),
        pytest.param(r'term="news"', 'term=" "', "N70", id="an empty category"),
        pytest.param(r'scheme="urn:x:y"', 'scheme="y"', "N71", id="a relative scheme"),
        pytest.param(r'xml:lang="en"', 'xml:lang="english language"', "no language tag", id="no language"),
        pytest.param(r"<name>Ann", "<name>", "no name", id="a person without name"),
        pytest.param(r'<content type="html">', "<content>", "N39", id="content without type"),
        pytest.param(
            r"<link [^>]*two[^>]*/>\n<content.*?</content>", "", "4.1.2", id="neither content nor alternate"
        ),
        pytest.param(r"<summary>(.*?)</content>", "", "N40", id="no text"),
        pytest.param(r"<source>\n<id>https", "<source>\n<id>/", "source: id", id="a source with a relative id"),
        pytest.param(r"<icon>https", "<icon>ftp", "N56", id="an icon elsewhere"),
        pytest.param(r"</feed>", "<rights>R</rights></feed>", "N94", id="metadata after entries"),
        pytest.param(r"</entry>", "<x/></entry>", "unexpected", id="an unknown element"),
    ],
)
def test_an_atom_document_that_is_spoiled_has_a_fault(pattern: str, replacement: str, fault: str) -> None:
    assert fault in " ".join(atom_faults(spoiled(GOOD_ATOM, pattern, replacement)))


@pytest.mark.parametrize(
    ("pattern", "replacement", "fault"),
    [
        pytest.param(r"</rss>", "", "Premature end", id="not well-formed"),
        pytest.param(r'version="2.0"', 'version="0.91"', "version 2.0", id="an old version"),
        pytest.param(r"<rss(.*)</rss>", r"<rdf\1</rdf>", "the root is rdf", id="another root"),
        pytest.param(r"<title>One", "<title><![CDATA[One]]>", "N102", id="CDATA"),
        pytest.param(r"<link>[^<]*</link>", "", "channel: 0 times link", id="no channel link"),
        pytest.param(
            r"<description>[^<]*</description>", "<description/>", "empty description", id="no description"
        ),
        pytest.param(r' rel="self"', ' rel="alternate"', "N81", id="no self link"),
        pytest.param(r'(<atom:link [^>]*) type="[^"]*"', r"\1", "without type", id="an atom:link without type"),
        pytest.param(r"<lastBuildDate>Sun", "<lastBuildDate>Mon", "N14", id="the wrong weekday"),
        pytest.param(r"<pubDate>([^<]*)GMT", r"<pubDate>\1+0000", "N14", id="a date with an offset"),
        pytest.param(r"<pubDate>[^<]*</pubDate>", "", "0 times pubDate", id="no date"),
        pytest.param(r"<language>en", "<language>e_n", "no language tag", id="no language"),
        pytest.param(r"<image>(.*?)<title>News", r"<image>\1<title>Icon", "N91", id="another image title"),
        pytest.param(
            r">https://example.org/two</guid>", ">https://example.org/one</guid>", "twice", id="a guid twice"
        ),
        pytest.param(r'isPermaLink="true"', 'isPermaLink="false"', "N103", id="a permalink that denies it"),
        pytest.param(r' isPermaLink="true"', "", "N103", id="a guid that does not say"),
        pytest.param(r' length="7"', "", "exactly url", id="an enclosure without length"),
        pytest.param(r' length="7"', ' length="7 MB"', "length is no number", id="a length in words"),
        pytest.param(r'<enclosure url="https://', '<enclosure url="/', "N56", id="a relative enclosure"),
        pytest.param(r'<source url="https', '<source url="ftp', "N56", id="a source elsewhere"),
        pytest.param(r"<comments>https:", "<comments>mailto:", "N56", id="comments by mail"),
        pytest.param(r"<dc:creator>Ann</dc:creator>", "<author>Ann</author>", "unexpected author", id="an author"),
        pytest.param(r"<category[^>]*>news", "<category>", "empty category", id="an empty category"),
        pytest.param(
            r"<title>Two</title>(.*?)<description>.*?</description>", r"\1", "neither title", id="no text at all"
        ),
        pytest.param(r"<description>Short</description>", "", "N39", id="content:encoded alone"),
        pytest.param(r"</channel>", "<docs>d</docs></channel>", "N100", id="metadata after items"),
    ],
)
def test_an_rss_document_that_is_spoiled_has_a_fault(pattern: str, replacement: str, fault: str) -> None:
    assert fault in " ".join(rss_faults(spoiled(GOOD_RSS, pattern, replacement)))


@pytest.mark.parametrize(
    ("pattern", "replacement", "fault"),
    [
        pytest.param(r"\}\n$", "", "document: ", id="cut"),
        pytest.param(r"\n$", "", "N109", id="no final line feed"),
        pytest.param(r'"title": "News"', r'"title": "\\u00e9"', "N109", id="an escaped character"),
        pytest.param(r"version/1.1", "version/1", "N109", id="an old version"),
        pytest.param(r'"title": "News",\n', "", "no title", id="no title"),
        pytest.param(r'"feed_url": "https', '"feed_url": "ftp', "N56", id="no usable address"),
        pytest.param(r'"authors": \[\{"name": "News"\}\]', '"authors": [{}]', "N55", id="an empty author"),
        pytest.param(
            r'"id": "https://example.org/two"', '"id": "https://example.org/one"', "twice", id="an id twice"
        ),
        pytest.param(r'"id": "[^"]*"', '"id": 7', "wrong type", id="an id that is a number"),
        pytest.param(r'"title": "One"', '"title": ""', "title is empty", id="an empty title"),
        pytest.param(r'"content_html"', '"content_xml"', "N111", id="no content"),
        pytest.param(r'"content_html"', '"_own.html"', "unknown member", id="an extension with a dot"),
        pytest.param(r"T12:00:00Z", "T12:00:00", "N14", id="a date without zone"),
        pytest.param(r'\["news"\]', '["news", 7]', "tag", id="a tag that is a number"),
        pytest.param(r'"mime_type": "audio/mpeg", ', "", "no mime_type", id="an attachment without type"),
        pytest.param(r'"size_in_bytes": 7', '"size_in_bytes": 0', "N116", id="size 0"),
        pytest.param(r'"about": "https', '"about": "x', "N56", id="an extension that says nothing about itself"),
    ],
)
def test_a_json_feed_that_is_spoiled_has_a_fault(pattern: str, replacement: str, fault: str) -> None:
    assert fault in " ".join(json_faults(spoiled(GOOD_JSON, pattern, replacement)))
