"""Documents that are odd as a whole: dialects, namespaces, damage, and what is no feed."""

from __future__ import annotations

from documents import URL
from feedbraid.model import Enclosure, Person
from odd_input.row import (
    AT,
    ATOM,
    ATOM_AT,
    AUTHORLESS,
    HOME,
    LINK,
    ONE,
    PLAIN_RSS,
    TITLED,
    Fields,
    minted,
    page,
    whole,
)

_SITE: Fields = {**AT, **TITLED, "authors": (Person("Site"),)}
_NOON = "2026-03-01T12:00:00Z"
_RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'

DIALECTS = (
    whole(
        "rss-2-0-as-it-should-be",
        PLAIN_RSS,
        _SITE,
        channel={"id": URL, "title": "Site", "feed_url": URL, "link": HOME},
    ),
    whole("rss-0-91", PLAIN_RSS.replace("2.0", "0.91"), _SITE),
    whole(
        "rss-0-91-with-its-doctype",
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" '
        f'"http://my.netscape.com/publish/formats/rss-0.91.dtd">{PLAIN_RSS.replace("2.0", "0.91")}',
        _SITE,
    ),
    whole(
        "rss-0-92-item-without-a-title", f"<rss version='0.92'><channel><item>{LINK}</item></channel></rss>", AT
    ),
    whole("rss-of-a-version-to-come", PLAIN_RSS.replace("2.0", "3.7"), _SITE),
    whole("rss-without-a-version", PLAIN_RSS.replace(" version='2.0'", ""), _SITE),
    whole(
        "rss-1-0-items-beside-the-channel",
        f'<rdf:RDF {_RDF} {_DC} xmlns="http://purl.org/rss/1.0/"><channel rdf:about="{HOME}"><link>{HOME}</link>'
        '</channel><item rdf:about="https://site.example/1"><title>One</title><link>https://site.example/1</link>'
        f"<dc:date>{_NOON}</dc:date><dc:creator>Ann</dc:creator></item></rdf:RDF>",
        {
            **AT,
            **TITLED,
            "source_id": "https://site.example/1",
            "published": _NOON,
            "authors": (Person("Ann"),),
        },
    ),
    whole(
        "rss-1-0-about-is-no-link",
        f'<rdf:RDF {_RDF} xmlns="http://purl.org/rss/1.0/"><channel/><item rdf:about="https://site.example/1">'
        "<title>One</title></item></rdf:RDF>",
        {
            "key": "guid:site:https://site.example/1",
            "source_id": "https://site.example/1",
            "public_id": "https://site.example/1",
            "title": "One",
        },
    ),
    whole(
        "rss-0-90",
        f'<rdf:RDF {_RDF} xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><link>{HOME}</link></channel>'
        f"<item>{ONE}{LINK}</item></rdf:RDF>",
        AT | TITLED,
    ),
    whole(
        "atom-0-3-tagline-and-links",
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Site</title><tagline>All</tagline>'
        f'<link rel="alternate" type="text/html" href="{HOME}"/><entry>{ATOM}{ONE}</entry></feed>',
        {**ATOM_AT, **TITLED, "authors": (Person("Site"),)},
        dialect="atom",
        channel={"id": URL, "title": "Site", "subtitle": "All", "feed_url": URL, "link": HOME},
    ),
    whole(
        "cdf-item",
        f'<CHANNEL HREF="{HOME}"><ITEM HREF="https://site.example/1"><TITLE>One</TITLE><ABSTRACT>Text</ABSTRACT>'
        "</ITEM></CHANNEL>",
        {**AT, **TITLED, "body": "<p>Text</p>"},
    ),
    whole(
        "feed-with-no-items", f"{AUTHORLESS}</channel></rss>", channel={"id": URL, "feed_url": URL, "link": HOME}
    ),
)

NAMESPACES = (
    whole(
        "atom-with-a-prefix",
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:id>tag:site.example,2026:1</a:id>'
        '<a:link href="https://site.example/1"/><a:title>One</a:title></a:entry></a:feed>',
        ATOM_AT | TITLED,
        dialect="atom",
    ),
    whole(
        "dublin-core-with-an-odd-prefix",
        f'<rss version="2.0" xmlns:zz="http://purl.org/dc/elements/1.1/"><channel><item>{ONE}{LINK}'
        "<zz:creator>Ann</zz:creator></item></channel></rss>",
        {**AT, **TITLED, "authors": (Person("Ann"),)},
    ),
    whole(
        "content-with-an-odd-prefix",
        f'<rss version="2.0" xmlns:q="http://purl.org/rss/1.0/modules/content/"><channel><item>{ONE}{LINK}'
        "<q:encoded>&lt;p&gt;a&lt;/p&gt;</q:encoded></item></channel></rss>",
        {**AT, **TITLED, "body": "<p>a</p>"},
    ),
    whole(
        "undeclared-prefix-is-read-by-its-usual-meaning",
        f"{AUTHORLESS}<item>{ONE}{LINK}<dc:creator>Ann</dc:creator></item></channel></rss>",
        {**AT, **TITLED, "authors": (Person("Ann"),)},
        notes=("XML 2.1",),
    ),
    whole(
        "undeclared-prefix-of-no-meaning",
        f"{AUTHORLESS}<item>{ONE}{LINK}<my:thing>x</my:thing></item></channel></rss>",
        AT | TITLED,
        notes=("XML 2.1",),
    ),
    whole(
        "rss-2-0-in-a-default-namespace",
        f'<rss version="2.0" xmlns="http://backend.userland.com/rss2"><channel><item>{ONE}{LINK}</item>'
        "</channel></rss>",
        AT | TITLED,
    ),
    whole(
        "media-namespace-without-its-slash",
        f'<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss"><channel><link>{HOME}</link><item>{ONE}{LINK}'
        '<media:thumbnail url="/t.jpg"/></item></channel></rss>',
        {**AT, **TITLED, "image": "https://site.example/t.jpg"},
    ),
    whole(
        "tags-in-capitals",
        f"<RSS VERSION='2.0'><CHANNEL><ITEM><TITLE>One</TITLE><LINK>{AT['link']}</LINK></ITEM></CHANNEL></RSS>",
        AT | TITLED,
        notes=("XML 2.3",),
    ),
    whole(
        "foreign-element-with-a-title-inside",
        f'<rss version="2.0" xmlns:x="https://site.example/x"><channel><item>{ONE}{LINK}'
        "<x:box><x:title>Two</x:title></x:box></item></channel></rss>",
        AT | TITLED,
    ),
    whole(
        "enclosure-in-capitals",
        f"{AUTHORLESS}<item>{ONE}{LINK}<enclosure URL='/a.mp3' TYPE='audio/mpeg' LENGTH='5'/></item>"
        "</channel></rss>",
        {**AT, **TITLED, "enclosures": (Enclosure("https://site.example/a.mp3", "audio/mpeg", 5),)},
    ),
)

_ITEM = f"<item>{ONE}{LINK}</item>"
_CUT = ("XML 2.1",)

DAMAGE = (
    whole(
        "bare-ampersand-in-a-link",
        f"{AUTHORLESS}<item>{ONE}<link>https://site.example/?a=1&b=2</link></item></channel></rss>",
        page("https://site.example/?a=1&b=2", title="One"),
        notes=("XML 4.1",),
    ),
    whole(
        "html-names-without-a-doctype",
        f"{AUTHORLESS}<item><title>a&nbsp;b&mdash;c</title>{LINK}</item></channel></rss>",
        {**AT, "title": "a b\u2014c"},
        notes=("XML 4.1",),
    ),
    whole(
        "cut-in-the-second-item", f"{AUTHORLESS}{_ITEM}<item><title>Tw", AT | TITLED, notes=_CUT, complete=False
    ),
    whole("cut-between-items", f"{AUTHORLESS}{_ITEM}", AT | TITLED, notes=_CUT, complete=False),
    whole("cut-in-the-last-tag", f"{AUTHORLESS}{_ITEM}</channel></rs", AT | TITLED, notes=_CUT, complete=False),
    whole("cut-in-the-first-item", f"{AUTHORLESS}<item><title>On", failed="cut before the end of its first item"),
    whole(
        "cut-in-cdata",
        f"{AUTHORLESS}{_ITEM}<item><description><![CDATA[<p>Te",
        AT | TITLED,
        notes=_CUT,
        complete=False,
    ),
    whole(
        "junk-behind-the-end",
        f"{AUTHORLESS}{_ITEM}</channel></rss>\n<!-- cached --> 0",
        AT | TITLED,
        notes=("XML 2.1",),
    ),
    whole(
        "two-documents-in-a-row",
        f"{AUTHORLESS}{_ITEM}</channel></rss>{PLAIN_RSS}",
        AT | TITLED,
        notes=("XML 2.1",),
    ),
    whole(
        "html-behind-the-end",
        f"{AUTHORLESS}{_ITEM}</channel></rss><script>x()</script>",
        AT | TITLED,
        notes=("XML 2.1",),
    ),
    whole(
        "blank-lines-before-the-declaration",
        f"\n\n <?xml version='1.0'?>{AUTHORLESS}{_ITEM}</channel></rss>",
        AT | TITLED,
        notes=("XML 2.8",),
    ),
    whole(
        "words-before-the-document",
        f"Warning: mysql_connect() failed<br>{AUTHORLESS}{_ITEM}</channel></rss>".replace("<br>", ""),
        AT | TITLED,
        notes=("XML 2.8",),
    ),
    whole(
        "comment-before-the-root",
        f"<?xml version='1.0'?><!-- a & b -- c -->{AUTHORLESS}{_ITEM}</channel></rss>",
        AT | TITLED,
    ),
    whole(
        "stylesheet-before-the-root",
        f"<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?>{AUTHORLESS}{_ITEM}</channel></rss>",
        AT | TITLED,
    ),
    whole(
        "doctype-with-entities-of-its-own",
        f'<!DOCTYPE rss [<!ENTITY site "Site &#38; Co"><!ENTITY eacute "&#233;">]>{AUTHORLESS}'
        f"<item><title>&site; caf&eacute;</title>{LINK}</item></channel></rss>",
        {**AT, "title": "Site & Co café"},
    ),
    whole(
        "doctype-that-reads-a-file",
        f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>{AUTHORLESS}<item><title>&x;</title></item>'
        "</channel></rss>",
        failed="external, parameter or damaged entity",
    ),
    whole(
        "doctype-with-entities-in-entities",
        f'<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>{AUTHORLESS}<item><title>&b;</title></item>'
        "</channel></rss>",
        failed="entity bomb",
    ),
    whole(
        "attribute-without-quotes",
        f"{AUTHORLESS}<item>{ONE}{LINK}<guid isPermaLink=false>7</guid></item></channel></rss>",
        {**AT, **TITLED, "source_id": "7", "public_id": minted(URL, "7")},
        notes=("XML 2.1",),
    ),
    whole(
        "description-with-bare-markup",
        f"{AUTHORLESS}<item>{ONE}{LINK}<description><p>a <b>b</b></p></description></item></channel></rss>",
        {**AT, **TITLED, "body": "<p>a <b>b</b></p>"},
    ),
    whole(
        "cdata-without-its-end",
        f"{AUTHORLESS}<item>{ONE}{LINK}<description><![CDATA[<p>a</p></description></item></channel></rss>",
        {**AT, **TITLED, "body": "<p>a</p>"},
        notes=("XML 2.7",),
    ),
    whole(
        "byte-order-mark-inside-the-prolog",
        f"\ufeff\ufeff<?xml version='1.0'?>{AUTHORLESS}{_ITEM}</channel></rss>",
        AT | TITLED,
    ),
)

NO_FEEDS = (
    whole("empty-body", b"", failed="the body is empty"),
    whole("blank-body", b" \r\n\t ", failed="the body is empty"),
    whole("binary-body", b"\x89PNG\r\n\x1a\n\0\0", failed="binary data"),
    whole("zipped-body", b"\x1f\x8b\x08\0\0\0\0\0", failed="binary data"),
    whole("text", b"Not found", failed="this is text, not a feed"),
    whole(
        "web-page", "<!DOCTYPE html><html><body><p>Hi</p></body></html>", failed="this is a web page, not a feed"
    ),
    whole(
        "web-page-that-names-its-feed",
        '<html><head><link rel="alternate" type="application/atom+xml" href="/atom.xml"></head></html>',
        failed="it advertises a feed at https://site.example/atom.xml",
    ),
    whole(
        "page-against-robots",
        "<html><head><title>Just a moment...</title></head></html>",
        failed="keeps robots out",
    ),
    whole("opml", "<opml version='2.0'><body/></opml>", failed="an OPML list of feeds"),
    whole("sitemap", "<urlset><url/></urlset>", failed="a sitemap"),
    whole("empty-root", "<rss version='2.0'/>", failed="neither a channel nor an item"),
    whole("other-json", '{"error": "not found"}', failed="this is JSON, but no whole JSON Feed"),
    whole(
        "cut-json",
        '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1"',
        failed="no whole JSON Feed",
    ),
)

ROWS = (*DIALECTS, *NAMESPACES, *DAMAGE, *NO_FEEDS)
