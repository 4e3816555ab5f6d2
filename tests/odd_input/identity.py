"""Ids and keys of items (N2..N8)."""

from __future__ import annotations

from documents import URL
from odd_input.row import (
    AT,
    ATOM_FEED,
    ATOM_ID,
    ATOM_LINK,
    HOME,
    LINK,
    ONE,
    TITLED,
    Row,
    in_atom,
    in_rss,
    minted,
    page,
)


def _guid(name: str, guid: str, public_id: str = "", *, written: str = "") -> Row:
    """Make a row of an RSS guid beside a link. Without `public_id`, one is minted for it."""
    stated = f"{LINK}{ONE}<guid isPermaLink='false'>{written or guid}</guid>"
    own = public_id or minted(URL, guid)
    return in_rss(name, stated, {**AT, **TITLED, "source_id": guid, "public_id": own})


def _atom_id(name: str, stated: str, public_id: str = "", *, written: str = "") -> Row:
    """Make a row of an Atom id beside a link, kept unless `public_id` says otherwise."""
    item = f"<id>{written or stated}</id>{ATOM_LINK}<title>One</title>"
    own = public_id or stated
    return in_atom(name, item, {**AT, **TITLED, "source_id": stated, "public_id": own})


_UUID = "urn:uuid:1c9f0a52-6a2e-4f0e-9a7d-0b1c2d3e4f50"
_NEW = "<pubDate>Mon, 02 Mar 2026 12:00:00 GMT</pubDate>"
_OLD = "<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>"
_TAG = "tag:site.example,2026:1"

GUIDS = (
    _guid("n5-urn-uuid-is-kept", _UUID, _UUID),
    _guid("n5-urn-uuid-in-capitals-is-kept-as-written", _UUID.upper(), _UUID.upper()),
    _guid("n6-urn-uuid-with-a-letter-beyond-f-is-minted", "urn:uuid:1c9f0a52-6a2e-4f0e-9a7d-0b1c2d3e4f5g"),
    _guid("n6-urn-uuid-too-short-is-minted", "urn:uuid:1c9f0a52-6a2e-4f0e-9a7d"),
    _guid("n6-uuid-without-urn-is-minted", "1c9f0a52-6a2e-4f0e-9a7d-0b1c2d3e4f50"),
    _guid("n6-uuid-in-braces-is-minted", "{1C9F0A52-6A2E-4F0E-9A7D-0B1C2D3E4F50}"),
    _guid("n5-tag-uri-is-kept", "tag:site.example,2026-03-01:a/1", "tag:site.example,2026-03-01:a/1"),
    _guid("n5-tag-uri-of-a-mail-address-is-kept", "tag:ann@site.example,2026:1", "tag:ann@site.example,2026:1"),
    _guid("n6-tag-uri-without-a-date-is-minted", "tag:site.example:1"),
    _guid("n6-tag-uri-without-an-authority-is-minted", "tag:,2026:1"),
    _guid("n5-urn-isbn-is-kept", "urn:isbn:0451450523", "urn:isbn:0451450523"),
    _guid("n6-urn-with-a-namespace-of-one-letter-is-minted", "urn:x:1"),
    _guid("n6-urn-with-a-slash-is-minted", "urn:ab:c/d"),
    _guid("n6-tag-uri-in-capitals-is-minted", "tag:Site.example,2026:1"),
    _guid("n6-address-with-brackets-is-minted", "https://site.example/?a[]=1"),
    _guid("n5-info-uri-is-kept", "info:doi/10.1000/182", "info:doi/10.1000/182"),
    _guid("n5-mid-uri-is-kept", "mid:960830.1639@site.example", "mid:960830.1639@site.example"),
    _guid("n5-news-uri-is-kept", "news:comp.infosystems.www", "news:comp.infosystems.www"),
    _guid("n5-oai-is-minted", "oai:archive.example:2601.00001"),
    _guid("n5-at-uri-is-minted", "at://did:plc:abc/app.feed.post/1"),
    _guid("n5-yt-is-minted", "yt:video:a1b2c3d4e5f"),
    _guid("n5-bare-doi-is-minted", "10.1000/182"),
    _guid("n5-doi-scheme-is-minted", "doi:10.1000/182"),
    _guid("n6-number-is-minted", "123"),
    _guid("n6-query-is-minted", "?p=12"),
    _guid("n6-reddit-name-is-minted", "t3_abc"),
    _guid("n6-zero-is-an-id", "0"),
    _guid("n3-blanks-around-a-guid-are-no-part-of-it", _TAG, _TAG, written=f"\n   {_TAG}\t\n"),
    _guid("n5-scheme-in-capitals-is-kept-as-written", "HTTP://Site.Example/1", "HTTP://Site.Example/1"),
    _guid("n5-address-beyond-ascii-is-minted", "https://site.example/straße"),
    _guid("n5-address-with-a-blank-is-minted", "https://site.example/a b"),
    _guid("n5-address-without-a-host-is-minted", "http:///1"),
    _guid("n5-ftp-address-is-minted", "ftp://site.example/1"),
    _guid(
        "n2-escaped-ampersand-in-a-guid-is-one-ampersand",
        "https://site.example/?a=1&b=2",
        "https://site.example/?a=1&b=2",
        written="https://site.example/?a=1&amp;b=2",
    ),
    _guid(
        "n2-guid-in-cdata",
        "https://site.example/?a=1&b=2",
        "https://site.example/?a=1&b=2",
        written="<![CDATA[https://site.example/?a=1&b=2]]>",
    ),
    _guid("n3-case-of-a-guid-counts", "ABC"),
    in_rss("n6-empty-guid-is-none", f"{LINK}{ONE}<guid></guid>", AT | TITLED),
    in_rss("n6-blank-guid-is-none", f"{LINK}{ONE}<guid>  \n </guid>", AT | TITLED),
)

PERMALINKS = (
    in_rss(
        "n58-permalink-guid-is-the-link",
        f"{ONE}<guid>https://site.example/1</guid>",
        {**AT, **TITLED, "source_id": "https://site.example/1"},
    ),
    in_rss(
        "n58-permalink-flag-in-capitals",
        f"{ONE}<guid isPermaLink='True'>https://site.example/1</guid>",
        {**AT, **TITLED, "source_id": "https://site.example/1"},
    ),
    in_rss(
        "n58-guid-that-says-it-is-no-permalink-is-no-link",
        f"{ONE}<guid isPermaLink='false'>https://site.example/1</guid>",
        {
            "key": "guid:site:https://site.example/1",
            "source_id": "https://site.example/1",
            "public_id": "https://site.example/1",
            "title": "One",
        },
    ),
    in_rss(
        "n58-guid-is-no-link",
        f"{ONE}<guid>2</guid>",
        {"key": "guid:site:2", "source_id": "2", "public_id": minted(URL, "2"), "title": "One"},
    ),
    in_rss(
        "n58-relative-guid-is-no-link",
        f"{ONE}<guid>/posts/2</guid>",
        {
            "key": "guid:site:/posts/2",
            "source_id": "/posts/2",
            "public_id": minted(URL, "/posts/2"),
            "title": "One",
        },
    ),
    in_rss(
        "n58-link-goes-before-a-permalink-guid",
        f"{LINK}{ONE}<guid isPermaLink='true'>https://site.example/?p=1</guid>",
        {**AT, **TITLED, "source_id": "https://site.example/?p=1", "public_id": "https://site.example/?p=1"},
    ),
    in_rss(
        "n58-urn-marked-as-permalink-is-no-link",
        f"{ONE}<guid isPermaLink='true'>{_UUID}</guid>",
        {"key": f"guid:site:{_UUID}", "source_id": _UUID, "public_id": _UUID, "title": "One"},
    ),
    in_rss(
        "n56-mail-link-gives-way-to-the-permalink-guid",
        f"{ONE}<link>mailto:ann@site.example</link><guid>https://site.example/1</guid>",
        {**AT, **TITLED, "source_id": "https://site.example/1"},
    ),
)

_WEAK = f"weak:site:{minted('One', 'None', '')}"

MISSING = (
    in_rss(
        "n6-neither-guid-nor-link-is-known-by-its-words",
        ONE,
        {"key": _WEAK, "public_id": minted(_WEAK), "title": "One"},
        why=("N6",),
    ),
    in_rss(
        "n6-without-guid-the-canonical-address-is-the-id",
        f"{ONE}<link>http://Site.Example:80/1?utm_source=rss#top</link>",
        {**AT, **TITLED, "link": "http://site.example/1#top"},
        why=("D9",),
    ),
    in_rss(
        "n6-link-to-the-home-page-is-no-address-of-a-post",
        f"{ONE}<link>https://site.example/</link><guid isPermaLink='false'>7</guid>",
        {
            "key": "guid:site:7",
            "source_id": "7",
            "public_id": minted(URL, "7"),
            "link": HOME,
            "title": "One",
        },
    ),
    in_atom("n4-missing-atom-id-is-the-address", f"{ATOM_LINK}<title>One</title>", AT | TITLED),
    in_atom("n4-empty-atom-id-is-the-address", f"<id/>{ATOM_LINK}<title>One</title>", AT | TITLED),
    in_atom(
        "n58-atom-id-is-no-link",
        "<id>https://site.example/1</id><title>One</title>",
        {
            "key": "guid:site:https://site.example/1",
            "source_id": "https://site.example/1",
            "public_id": "https://site.example/1",
            "title": "One",
        },
    ),
    in_atom(
        "n6-feed-without-an-id-lends-its-address-to-minted-ids",
        f"<id>42</id>{ATOM_LINK}<title>One</title>",
        {**AT, **TITLED, "source_id": "42", "public_id": minted(URL, "42")},
        head="",
    ),
)

ATOM_IDS = (
    _atom_id("n4-atom-id-beyond-ascii-is-kept", "https://site.example/文章/1"),
    _atom_id("n4-atom-id-of-an-unregistered-scheme-is-kept", "yt:video:a1b2c3d4e5f"),
    _atom_id("n4-atom-urn-uuid-that-is-none-is-kept", "urn:uuid:not-a-uuid"),
    _atom_id("n4-atom-id-is-not-made-canonical", "HTTP://WWW.Site.EXAMPLE:80/%7eann/../1"),
    _atom_id("n3-blanks-around-an-atom-id-are-no-part-of-it", _TAG, written=f"\n  {_TAG}  "),
    _atom_id("n4-atom-id-that-is-a-number-is-minted", "123", minted(ATOM_FEED, "123")),
    _atom_id("n4-atom-id-of-a-scheme-alone-is-minted", "tag:", minted(ATOM_FEED, "tag:")),
    _atom_id("n4-atom-id-with-a-blank-is-minted", "urn:a b", minted(ATOM_FEED, "urn:a b")),
    _atom_id("n4-atom-id-with-braces-is-minted", "urn:ab:{1}", minted(ATOM_FEED, "urn:ab:{1}")),
    _atom_id(
        "n4-atom-id-with-half-an-escape-is-minted",
        "https://site.example/50%-off",
        minted(ATOM_FEED, "https://site.example/50%-off"),
    ),
    _atom_id("n4-relative-atom-id-is-minted", "/posts/1", minted(ATOM_FEED, "/posts/1")),
)

_TWO = "<link>https://site.example/2</link>"

TOGETHER = (
    in_rss(
        "n8-one-guid-on-two-addresses-stays-with-the-first",
        [f"{ONE}{LINK}<guid>{_TAG}</guid>", f"{ONE}{_TWO}<guid>{_TAG}</guid>"],
        {**AT, **TITLED, "public_id": _TAG},
        page("https://site.example/2", title="One") | {"public_id": minted(_TAG, "https://site.example/2")},
        why=("N8",),
    ),
    in_rss(
        "n8-guids-that-differ-in-case-are-two",
        [f"{ONE}{LINK}<guid>a</guid>", f"{ONE}{_TWO}<guid>A</guid>"],
        {**AT, **TITLED, "source_id": "a", "public_id": minted(URL, "a")},
        page("https://site.example/2", title="One", source_id="A") | {"public_id": minted(URL, "A")},
        why=(),
    ),
    in_rss(
        "n8-one-address-twice-is-one-entry",
        [f"<title>First</title>{LINK}<guid>a</guid>", f"<title>Second</title>{LINK}<guid>b</guid>"],
        {**AT, "title": "First", "source_id": "a", "public_id": minted(URL, "a")},
        skipped=("another item has the same address",),
    ),
    in_rss(
        "d2-of-two-items-with-one-address-the-newest-is-taken",
        [f"<title>Old</title>{LINK}{_OLD}", f"<title>New</title>{LINK}{_NEW}"],
        {**AT, "title": "New", "published": "2026-03-02T12:00:00Z"},
        skipped=("another item has the same address",),
    ),
    in_rss(
        "n146-http-and-https-are-one-entry",
        [f"{ONE}<link>http://site.example/1</link>", f"{ONE}{LINK}"],
        AT | TITLED,
        skipped=("another item has the same address",),
    ),
    in_rss(
        "n140-where-fragments-tell-posts-apart-they-count",
        [
            "<title>First</title><link>https://site.example/day#one</link>",
            "<title>Second</title><link>https://site.example/day#two</link>",
        ],
        page("https://site.example/day#one", title="First"),
        page("https://site.example/day#two", title="Second"),
    ),
    in_atom(
        "n8-one-atom-id-on-two-addresses-stays-with-the-first",
        [
            f"{ATOM_ID}{ATOM_LINK}<title>A</title>",
            f'{ATOM_ID}<link href="https://site.example/2"/><title>B</title>',
        ],
        {**AT, "public_id": _TAG, "title": "A"},
        page("https://site.example/2", title="B") | {"public_id": minted(_TAG, "https://site.example/2")},
        why=("N8",),
    ),
    in_rss(
        "d18-an-item-with-nothing-does-not-stop-the-rest",
        ["<guid isPermaLink='false'>9</guid>", f"{ONE}{LINK}"],
        AT | TITLED,
        skipped=("nothing to publish",),
    ),
)

ROWS = (*GUIDS, *PERMALINKS, *MISSING, *ATOM_IDS, *TOGETHER)
