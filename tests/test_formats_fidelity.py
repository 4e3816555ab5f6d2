"""Documents of others, read and written again: what they state is still there, word by word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from documents import URL, atom, read, rss
from factories import ADDRESS, MOMENT, feed
from feedbraid.formats import Format
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.json import FORMAT as JSON
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.model import Fresh, OriginSpec, Post, Reading
from feedbraid.normalise import read_feed


def fresh(document: str) -> Fresh:
    return read_feed(
        read(document), Reading(spec=OriginSpec(name="site", kind="web", locations=(URL,)), feed_url=URL)
    )


def republished(document: str, plug: Format, *, says_where_from: bool = False) -> str:
    """Read a document and write it as the only source of a feed; seeds say nothing of where they come from."""
    found = fresh(document)
    channel = found.channel
    assert channel is not None
    posts = [
        Post(
            key=believed.entry.key,
            id=believed.entry.public_id,
            entry=believed.entry,
            first_seen=MOMENT,
            last_changed=MOMENT,
            origin="site",
            channel=channel if says_where_from else None,
        )
        for believed in found.entries
    ]
    show = channel.show if channel.show and not channel.show.missing else None
    what = feed(*posts, title=channel.title or "News", language=channel.language, show=show)
    return plug.render(what, ADDRESS + plug.file_name).decode()


def entries(document: str, **options: bool) -> str:
    """Give the entries of the Atom document that a document becomes."""
    written = republished(document, ATOM, **options)
    return written[written.index("<entry") :].removesuffix("</feed>\n")


def items(document: str) -> str:
    written = republished(document, RSS)
    return written[written.index("<item") :].removesuffix("</channel>\n</rss>\n")


def json_items(document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(republished(document, JSON))["items"]
    return found


def lines(*parts: str) -> str:
    return "".join(f"{part}\n" for part in parts)


# --- Atom to Atom -----------------------------------------------------------------------------------------

DATES = "<published>2026-01-01T12:00:00.123+02:00</published><updated>2026-01-02T12:00:00Z</updated>"


def test_n4_n38_n60_n61_n71_n76_an_atom_entry_comes_out_as_it_went_in() -> None:
    document = atom(
        "<id>urn:x:feed</id><title>Blog</title>",
        '<entry xml:lang="fr" xml:base="2026/"><id>tag:site.example,2026:1</id>',
        '<title type="xhtml"><h:div xmlns:h="http://www.w3.org/1999/xhtml">',
        "A <h:em>b</h:em> &lt; c</h:div></title>",
        f'<link href="one" hreflang="fr"/>{DATES}',
        '<link rel="related" href="../other" type="text/html" hreflang="de" title="R &amp; D"/>',
        '<link rel="via" href="https://via.example/"/><link rel="license" href="https://cc.example/by"/>',
        '<link rel="replies" type="application/atom+xml" href="one/replies.atom"/><link rel="edit" href="edit"/>',
        '<link rel="replies" type="text/html" href="one#comments"/><link rel="self" href="self"/>',
        '<link rel="enclosure" type="audio/mpeg" length="55" href="a.mp3" title="Sound"/>',
        "<author><name>Ann</name><uri>/ann</uri><email>ann@site.example</email></author>",
        "<author><name>Ben</name><uri>https://ben.example/</uri></author>",
        '<category term="t1" scheme="https://s.example/" label="T &amp; 1"/><category term="t2"/>',
        '<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">In <b>short</b></div></summary>',
        '<content type="xhtml" xml:base="deep/"><div xmlns="http://www.w3.org/1999/xhtml">',
        '<p>At <a href="l">length</a><br/>R&amp;D</p>',
        '<p xml:base="er/"><img src="i.png" alt=""/></p></div></content>',
        "<rights>© Ann &amp; Ben</rights></entry>",
        attributes='xml:lang="en" xml:base="https://site.example/blog/"',
    )
    year = "https://site.example/blog/2026/"
    assert entries(document) == lines(
        '<entry xml:lang="fr">',
        "<id>tag:site.example,2026:1</id>",
        '<title type="html">A b &amp;lt; c</title>',
        "<updated>2026-01-02T12:00:00Z</updated>",
        "<published>2026-01-01T10:00:00Z</published>",
        "<author><name>Ann</name><uri>https://site.example/ann</uri></author>",
        "<author><name>Ben</name><uri>https://ben.example/</uri></author>",
        f'<link href="{year}one" rel="alternate" type="text/html"/>',
        f'<link href="{year}a.mp3" rel="enclosure" type="audio/mpeg" length="55" title="Sound"/>',
        '<link href="https://site.example/blog/other" rel="related" type="text/html" '
        'hreflang="de" title="R &#x26; D"/>',
        '<link href="https://via.example/" rel="via"/>',
        '<link href="https://cc.example/by" rel="license"/>',
        f'<link href="{year}one/replies.atom" rel="replies" type="application/atom+xml"/>',
        f'<link href="{year}one#comments" rel="replies" type="text/html"/>',
        '<category term="t1" scheme="https://s.example/" label="T &#x26; 1"/>',
        '<category term="t2"/>',
        "<summary>In short</summary>",
        f'<content type="html">&lt;p&gt;At &lt;a href="{year}deep/l"&gt;length&lt;/a&gt;&lt;br&gt;'
        "R&amp;amp;D&lt;/p&gt;"
        f'&lt;p&gt;&lt;img src="{year}deep/er/i.png" alt=""&gt;&lt;/p&gt;</content>',
        '<rights type="html">© Ann &amp;amp; Ben</rights>',
        "</entry>",
    )


@pytest.mark.parametrize(
    ("kind", "stated", "body", "plain"),
    [
        pytest.param("text", "1 &lt; 2 &amp; 3", "<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3", id="text"),
        pytest.param("text", "&lt;b&gt;", "<p>&lt;b&gt;</p>", "<b>", id="text about a tag"),
        pytest.param("html", "&lt;b&gt;x&lt;/b&gt; &amp;lt; y", "<b>x</b> &lt; y", "x < y", id="html"),
        pytest.param("html", "AT&amp;amp;T", "AT&amp;T", "AT&T", id="html with a reference"),
        pytest.param(
            "xhtml",
            '<div xmlns="http://www.w3.org/1999/xhtml"><b>x</b> &lt; y &amp; z</div>',
            "<b>x</b> &lt; y &amp; z",
            "x < y & z",
            id="xhtml",
        ),
    ],
)
def test_n28_n37_n38_n96_texts_of_each_type_mean_the_same(kind: str, stated: str, body: str, plain: str) -> None:
    element = '<{0} type="{1}">{2}</{0}>'
    document = atom(
        "<title>T</title><entry><id>urn:x:1</id>",
        *(element.format(name, kind, stated) for name in ("title", "rights")),
        f'<content type="{kind}">{stated}</content></entry>',
    )
    (item,) = json_items(document)
    assert (item["title"], item["content_html"]) == (plain, body)
    (again,) = json_items(republished(document, ATOM))
    assert (again["title"], again["content_html"]) == (plain, body)
    (entry,) = fresh(republished(document, ATOM)).entries
    assert entry.entry.rights == plain


@pytest.mark.parametrize("kind", ["text", "html", "xhtml"])
def test_n34_a_summary_of_each_type_stays_beside_the_content(kind: str) -> None:
    stated = '<div xmlns="http://www.w3.org/1999/xhtml">In short</div>' if kind == "xhtml" else "In short"
    document = atom(
        f'<title>T</title><entry><id>urn:x:1</id><title>One</title><summary type="{kind}">{stated}</summary>',
        '<content type="html">&lt;p&gt;Now at length.&lt;/p&gt;</content></entry>',
    )
    assert "<summary>In short</summary>\n" in entries(document)


SOURCE = (
    '<source xml:base="https://woods.example/"><id>urn:x:woods</id><title>Woods</title><link href="/"/>'
    '<link rel="self" href="/feed.atom"/><updated>2020-01-01T00:00:00Z</updated><rights>© Woods</rights>'
    "<author><name>Eve</name></author></source>"
)


def test_n11_n12_the_source_of_an_entry_is_kept_and_not_nested() -> None:
    document = atom(
        "<id>urn:x:planet</id><title>Planet</title><author><name>Team</name></author>",
        f"<entry><id>urn:x:1</id><title>One</title>{DATES}<content>x</content>{SOURCE}</entry>",
        f"<entry><id>urn:x:2</id><title>Two</title>{DATES}<content>y</content></entry>",
    )
    first, second = entries(document, says_where_from=True).split("</entry>\n")[:2]
    assert first.endswith(
        lines(
            "<source>",
            "<id>urn:x:woods</id>",
            "<title>Woods</title>",
            "<updated>2026-01-02T12:00:00Z</updated>",
            '<link href="https://woods.example/feed.atom" rel="self"/>',
            '<link href="https://woods.example/" rel="alternate"/>',
            "<rights>© Woods</rights>",
            "</source>",
        )
    )
    assert "<author><name>Eve</name></author>" in first
    assert "<title>Planet</title>" in second
    assert f'<link href="{URL}" rel="self"/>' in second
    again = republished(republished(document, ATOM, says_where_from=True), ATOM)
    assert again.count("<source>") == 2
    assert "urn:x:planet" in again


@pytest.mark.parametrize(
    ("base", "inner", "expected"),
    [
        pytest.param("", "", "https://site.example/p/i.png", id="none: the entry's own page"),
        pytest.param("https://b.example/", "", "https://b.example/i.png", id="of the feed"),
        pytest.param("https://b.example/", ' xml:base="x/"', "https://b.example/x/i.png", id="of the content"),
        pytest.param("/f/", ' xml:base="x/"', "https://site.example/f/x/i.png", id="relative all the way"),
        pytest.param("", ' xml:base="https://c.example/"', "https://c.example/i.png", id="of the content alone"),
    ],
)
@pytest.mark.parametrize("kind", ["html", "xhtml"])
def test_n45_n97_addresses_are_absolute_whatever_the_base(kind: str, base: str, inner: str, expected: str) -> None:
    image = '<img src="i.png"/>'
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{image}</div>'
    body = div if kind == "xhtml" else image.replace("<", "&lt;")
    document = atom(
        '<title>T</title><entry><id>urn:x:1</id><link href="https://site.example/p/q"/>',
        f'<content type="{kind}"{inner}>{body}</content></entry>',
        attributes=f'xml:base="{base}"' if base else "",
    )
    assert json_items(document)[0]["content_html"] == f'<img src="{expected}">'
    assert "xml:base" not in republished(document, ATOM)


def test_n73_n74_n75_languages_are_kept_where_they_are_stated() -> None:
    document = atom(
        "<title>T</title>",
        '<entry xml:lang="zh_hant_tw"><id>urn:x:1</id><title>a</title></entry>',
        "<entry><id>urn:x:2</id><title>b</title></entry>",
        '<entry xml:lang="english"><id>urn:x:3</id><title>c</title></entry>',
        attributes='xml:lang="DE-at"',
    )
    written = republished(document, ATOM)
    assert '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de-AT">' in written
    assert written.count("<entry>") == 2
    assert '<entry xml:lang="zh-Hant-TW">\n<id>urn:x:1</id>' in written


# --- media ------------------------------------------------------------------------------------------------

VIDEO = atom(
    "<id>yt:channel:1</id><title>Channel</title><link href='https://tube.example/channel/1'/>",
    "<entry><id>yt:video:abc</id><title>A &amp; B</title><link href='https://tube.example/watch?v=abc'/>",
    f"<author><name>Channel</name><uri>https://tube.example/channel/1</uri></author>{DATES}",
    "<media:group><media:title>Other words</media:title>",
    '<media:content url="https://tube.example/v/abc" type="application/x-shockwave-flash" width="640"/>',
    '<media:thumbnail url="https://i.example/abc.jpg" width="480" height="360"/>',
    "<media:description>First line\nsecond &lt;line&gt;: a &amp; b\n\nNew paragraph</media:description>",
    '<media:community><media:starRating count="5" average="5.00" min="1" max="5"/>',
    '<media:statistics views="77"/></media:community><media:credit role="author">Somebody</media:credit>',
    "</media:group></entry>",
)
VIDEO_BODY = "<p>First line<br>second &lt;line&gt;: a &amp; b</p><p>New paragraph</p>"


def test_n66_n67_a_video_has_its_description_as_body_and_its_thumbnail_as_image() -> None:
    escaped = VIDEO_BODY.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    thumbnail = '<media:thumbnail url="https://i.example/abc.jpg"/>'
    assert entries(VIDEO) == lines(
        "<entry>",
        "<id>yt:video:abc</id>",
        '<title type="html">A &amp;amp; B</title>',
        "<updated>2026-01-02T12:00:00Z</updated>",
        "<published>2026-01-01T10:00:00Z</published>",
        "<author><name>Channel</name><uri>https://tube.example/channel/1</uri></author>",
        '<link href="https://tube.example/watch?v=abc" rel="alternate" type="text/html"/>',
        f'<content type="html">{escaped}</content>',
        thumbnail,
        "</entry>",
    )
    assert items(VIDEO) == lines(
        "<item>",
        "<title>A &#x26; B</title>",
        "<link>https://tube.example/watch?v=abc</link>",
        f"<description>{escaped}</description>",
        "<dc:creator>Channel</dc:creator>",
        '<guid isPermaLink="false">yt:video:abc</guid>',
        "<pubDate>Thu, 01 Jan 2026 10:00:00 GMT</pubDate>",
        "<atom:updated>2026-01-02T12:00:00Z</atom:updated>",
        thumbnail,
        "</item>",
    )
    assert json_items(VIDEO) == [
        {
            "id": "yt:video:abc",
            "url": "https://tube.example/watch?v=abc",
            "title": "A & B",
            "content_html": VIDEO_BODY,
            "image": "https://i.example/abc.jpg",
            "date_published": "2026-01-01T10:00:00Z",
            "date_modified": "2026-01-02T12:00:00Z",
            "authors": [{"name": "Channel", "url": "https://tube.example/channel/1"}],
        }
    ]


FILES = rss(
    "<title>Files</title><item><title>t</title><guid isPermaLink='false'>tag:site.example,2026:f</guid>",
    '<enclosure url="/1.mp3" length="10" type="audio/mpeg"/><enclosure url="/2" length="-1" type=""/>',
    '<media:group><media:content url="/low.mp4" type="video/mp4" fileSize="7"><media:credit>C</media:credit>',
    '</media:content><media:content url="/high.mp4" medium="video" isDefault="true"/></media:group>',
    '<media:content url="/1.mp3" type="audio/mpeg"/><media:content url="/p.jpg" medium="image"/></item>',
)


def test_n63_n64_n65_n66_all_files_are_in_atom_and_json_and_the_first_in_rss() -> None:
    at = "https://site.example/"
    assert [line for line in entries(FILES).splitlines() if "<link" in line] == [
        f'<link href="{at}1.mp3" rel="enclosure" type="audio/mpeg" length="10"/>',
        f'<link href="{at}2" rel="enclosure" type="application/octet-stream"/>',
        f'<link href="{at}low.mp4" rel="enclosure" type="video/mp4" length="7"/>',
        f'<link href="{at}high.mp4" rel="enclosure" type="video/mp4"/>',
    ]
    assert [line for line in items(FILES).splitlines() if "<enclosure" in line] == [
        f'<enclosure url="{at}1.mp3" length="10" type="audio/mpeg"/>'
    ]
    (item,) = json_items(FILES)
    assert [file["url"] for file in item["attachments"]] == [
        f"{at}{n}" for n in ("1.mp3", "2", "low.mp4", "high.mp4")
    ]
    assert item["image"] == f"{at}p.jpg"
    assert item["authors"] == [{"name": "Files"}]


# --- podcasts ---------------------------------------------------------------------------------------------

PODCAST = rss(
    "<title>Trees</title><language>en</language><itunes:author>Host</itunes:author><itunes:type>Serial</itunes:type>",
    "<itunes:owner><itunes:name>Own</itunes:name><itunes:email>o@site.example</itunes:email></itunes:owner>",
    '<itunes:category text="Society &amp;amp; Culture"><itunes:category text="Documentary"/></itunes:category>',
    '<itunes:category text="News"/><itunes:category text="Podcasting"/><itunes:image href="/c.jpg"/>',
    "<itunes:explicit>clean</itunes:explicit><item><title>1</title><guid>https://site.example/1</guid>",
    '<enclosure url="/1.mp3" length="10" type="audio/mpeg"/><itunes:duration>1:02:03</itunes:duration>',
    "<itunes:season>2</itunes:season><itunes:episode>3</itunes:episode><itunes:episodeType>Full</itunes:episodeType>",
    '<itunes:explicit>yes</itunes:explicit><itunes:image href="/e.jpg"/><itunes:summary>On oaks</itunes:summary>',
    "<itunes:author>Guest</itunes:author></item>",
)


def test_n51_n68_a_podcast_comes_out_as_a_podcast() -> None:
    written = republished(PODCAST, RSS)
    head, _, rest = written.partition("<item>\n")
    assert head.endswith(
        lines(
            "<docs>https://www.rssboard.org/rss-specification</docs>",
            "<itunes:author>Host</itunes:author>",
            "<itunes:owner><itunes:name>Own</itunes:name><itunes:email>o@site.example</itunes:email></itunes:owner>",
            '<itunes:category text="Society &#x26; Culture">'
            '<itunes:category text="Documentary"/></itunes:category>',
            '<itunes:category text="News"/>',
            '<itunes:image href="https://site.example/c.jpg"/>',
            "<itunes:explicit>false</itunes:explicit>",
            "<itunes:type>serial</itunes:type>",
        )
    )
    assert rest.startswith(
        lines(
            "<title>1</title>",
            "<link>https://site.example/1</link>",
            "<description>&lt;p&gt;On oaks&lt;/p&gt;</description>",
            "<dc:creator>Guest</dc:creator>",
            '<enclosure url="https://site.example/1.mp3" length="10" type="audio/mpeg"/>',
            '<guid isPermaLink="true">https://site.example/1</guid>',
            "<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>",
            '<media:thumbnail url="https://site.example/e.jpg"/>',
            "<itunes:duration>3723</itunes:duration>",
            "<itunes:season>2</itunes:season>",
            "<itunes:episode>3</itunes:episode>",
            "<itunes:episodeType>full</itunes:episodeType>",
            "<itunes:explicit>true</itunes:explicit>",
            '<itunes:image href="https://site.example/e.jpg"/>',
        )
    )
    assert republished(written, RSS) == written


def test_n116_the_duration_of_a_podcast_is_in_json_and_stays_there() -> None:
    (item,) = json_items(PODCAST)
    assert item["attachments"] == [
        {
            "url": "https://site.example/1.mp3",
            "mime_type": "audio/mpeg",
            "size_in_bytes": 10,
            "duration_in_seconds": 3723,
        }
    ]
    assert json_items(republished(PODCAST, JSON)) == [item]


@pytest.mark.parametrize("plug", [ATOM, RSS, JSON])
def test_n55_n56_nothing_that_is_published_points_elsewhere_than_to_the_web(plug: Format) -> None:
    script = "javascript:alert(1)"
    document = atom(
        f'<title>T</title><icon>{script}</icon><entry><id>urn:x:1</id><link href="{script}"/>',
        f'<link rel="related" href="{script}"/><link rel="enclosure" href="{script}"/><title>t</title>',
        f'<media:thumbnail url="{script}"/><author><name>Ann</name><uri>{script}</uri></author>',
        f'<content type="html">&lt;a href="{script}"&gt;x&lt;/a&gt;</content>',
        f'<source><id>urn:x:s</id><link href="{script}"/><title>S</title></source></entry>',
    )
    assert "javascript" not in republished(document, plug, says_where_from=True)
