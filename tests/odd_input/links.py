"""Links of items (N56..N62)."""

from __future__ import annotations

from feedbraid.model import Link
from odd_input.row import AT, ATOM_AT, ATOM_ID, LINK, ONE, TITLED, Fields, Row, in_atom, in_rss, page, whole

_TAG = "tag:site.example,2026:1"


def _rss(name: str, written: str, link: str, key: str = "", why: tuple[str, ...] | None = None) -> Row:
    """Make a row of an RSS link; its key is the same unless `key` says otherwise."""
    own = key or link
    expected: Fields = {"key": own, "public_id": own, "link": link, "title": "One"}
    return in_rss(name, f"{ONE}<link>{written}</link>", expected, why=why)


def _atom(
    name: str, written: str, link: str = "https://site.example/1", attributes: str = "", **fields: object
) -> Row:
    expected: Fields = {**ATOM_AT, **TITLED, "key": link, "link": link, **fields}
    return in_atom(name, f"{ATOM_ID}{ONE}{written}", expected, attributes=attributes)


def _no_link(name: str, written: str) -> Row:
    item = f"{ONE}<link>{written}</link><guid isPermaLink='false'>{_TAG}</guid>"
    expected: Fields = {"key": f"guid:site:{_TAG}", "source_id": _TAG, "public_id": _TAG, "title": "One"}
    return in_rss(name, item, expected, why=("N56",))


IN_RSS = (
    _rss("n56-link-from-the-root", "/posts/1", "https://site.example/posts/1"),
    _rss("n56-link-without-a-scheme", "//other.example/1", "https://other.example/1"),
    _rss("n57-blanks-inside", "https://site.example/a b", "https://site.example/a%20b"),
    _rss("n57-blanks-and-breaks-around", "\n  https://site.example/1\n ", "https://site.example/1"),
    _rss("n57-break-inside", "https://site.example/lo\nng", "https://site.example/long"),
    _rss(
        "n57-letters-beyond-ascii",
        "https://site.example/文?q=é",
        "https://site.example/%E6%96%87?q=%C3%A9",
    ),
    _rss("n57-host-beyond-ascii", "https://bücher.example/1", "https://xn--bcher-kva.example/1"),
    _rss("n57-sharp-s-is-not-ss", "https://straße.example/1", "https://xn--strae-oqa.example/1"),
    _rss("n57-host-in-capitals", "HTTPS://Site.EXAMPLE/A", "https://site.example/A"),
    _rss("n57-small-escapes-become-large", "https://site.example/%e6%96%87", "https://site.example/%E6%96%87"),
    _rss("n57-lone-percent", "https://site.example/50%-off", "https://site.example/50%25-off"),
    _rss("n57-backslashes", "https:\\\\site.example\\a\\b", "https://site.example/a/b"),
    _rss("n57-brackets-in-a-path", "https://site.example/a[1]", "https://site.example/a%5B1%5D"),
    _rss("n57-braces-in-a-path", "https://site.example/{a}", "https://site.example/%7Ba%7D"),
    _rss(
        "n59-fragment-stays-in-the-link",
        "https://site.example/1#part",
        "https://site.example/1#part",
        "https://site.example/1",
    ),
    _rss(
        "n131-ampersand-left-from-double-escaping",
        "https://site.example/?a=1&amp;amp;b=2",
        "https://site.example/?a=1&b=2",
    ),
    _rss("n57-address-in-cdata", "<![CDATA[https://site.example/?a=1&b=2]]>", "https://site.example/?a=1&b=2"),
    _no_link("n56-script-is-no-link", "javascript:alert(1)"),
    _no_link("n56-mail-is-no-link", "mailto:ann@site.example"),
    _no_link("n56-ftp-is-no-link", "ftp://site.example/1"),
    _no_link("n56-file-is-no-link", "file:///etc/passwd"),
    _no_link("n56-port-beyond-the-range", "https://site.example:99999/1"),
    in_rss(
        "n145-original-link-replaces-the-proxied-one",
        f"{ONE}<link>https://feedproxy.google.com/~r/site/~3/abc/</link>"
        "<feedburner:origLink>https://site.example/1</feedburner:origLink>",
        AT | TITLED,
    ),
    in_rss(
        "n58-first-of-two-rss-links",
        f"{ONE}{LINK}<link>https://site.example/2</link>",
        AT | TITLED,
    ),
    in_rss(
        "n62-comments-page",
        f"{ONE}{LINK}<comments>https://site.example/1#comments</comments>",
        {**AT, **TITLED, "comments": "https://site.example/1#comments"},
    ),
    in_rss(
        "n56-relative-comments-page",
        f"{ONE}{LINK}<comments>/1/comments</comments>",
        {**AT, **TITLED, "comments": "https://site.example/1/comments"},
    ),
    in_rss("n56-script-is-no-comments-page", f"{ONE}{LINK}<comments>javascript:x()</comments>", AT | TITLED),
)

_HTML = '<link rel="alternate" type="text/html" href="https://site.example/1"/>'
_ENGLISH = '<link hreflang="en-GB" type="text/html" href="https://site.example/1"/>'

ALTERNATES = (
    _atom("n58-alternate-of-type-html-goes-first", f'<link type="application/pdf" href="/1.pdf"/>{_HTML}'),
    _atom("n58-first-of-two-alternates", f'{_HTML}<link href="https://site.example/2"/>'),
    _atom(
        "n58-alternate-in-the-language-of-the-feed",
        f'<link hreflang="de" href="https://site.example/de"/>{_ENGLISH}',
        attributes='xml:lang="en"',
        language="en",
    ),
    _atom(
        "n58-alternate-in-another-language-is-better-than-none",
        '<link hreflang="de" href="https://site.example/1"/>',
        attributes='xml:lang="en"',
        language="en",
    ),
    _atom(
        "n58-alternate-of-another-type-is-better-than-none",
        '<link type="application/pdf" href="https://site.example/1"/>',
    ),
    _atom("n58-relation-in-capitals", '<link rel="Alternate" href="https://site.example/1"/>'),
    _atom(
        "n58-relation-as-an-address-of-the-registry",
        '<link rel="http://www.iana.org/assignments/relation/alternate" href="https://site.example/1"/>',
    ),
    _atom("n58-self-is-not-the-link", f'<link rel="self" href="https://site.example/1.atom"/>{_HTML}'),
    _atom(
        "n56-base-of-the-root",
        '<link href="p/1"/>',
        "https://base.example/d/p/1",
        'xml:base="https://base.example/d/"',
    ),
    in_atom(
        "n56-base-of-the-entry-counts-from-that-of-the-root",
        f'{ATOM_ID}{ONE}<link xml:base="e/" href="1"/>',
        {**ATOM_AT, **TITLED, "key": "https://base.example/d/e/1", "link": "https://base.example/d/e/1"},
        attributes='xml:base="https://base.example/d/"',
    ),
    _atom(
        "n56-relative-base-counts-from-the-document",
        '<link href="1"/>',
        "https://site.example/feeds/p/1",
        'xml:base="p/"',
    ),
    in_atom(
        "n58-only-self-is-no-link",
        f'{ATOM_ID}{ONE}<link rel="self" href="https://site.example/1.atom"/>',
        {"key": f"guid:site:{_TAG}", "source_id": _TAG, "public_id": _TAG, "title": "One"},
    ),
    in_rss(
        "n58-atom-link-in-an-rss-item",
        f'{ONE}<atom:link href="https://site.example/1"/>',
        AT | TITLED,
    ),
    in_rss(
        "n61-atom-self-in-an-rss-item-is-no-link",
        f'{ONE}<atom:link rel="self" href="https://site.example/1.xml"/><guid isPermaLink="false">{_TAG}</guid>',
        {"key": f"guid:site:{_TAG}", "source_id": _TAG, "public_id": _TAG, "title": "One"},
    ),
)

OTHERS = (
    _atom(
        "n61-related-via-and-license-are-kept",
        f'{_HTML}<link rel="related" href="https://a.example/"/><link rel="via" type="text/html" href="https://b.example/"/>'
        '<link rel="license" href="https://c.example/"/>',
        links=(
            Link("https://a.example/", "related"),
            Link("https://b.example/", "via", "text/html"),
            Link("https://c.example/", "license"),
        ),
    ),
    _atom(
        "n61-relation-of-the-registry-is-shortened",
        f'{_HTML}<link rel="http://www.iana.org/assignments/relation/related" href="https://a.example/"/>',
        links=(Link("https://a.example/", "related"),),
    ),
    _atom(
        "n61-edit-self-service-and-next-are-dropped",
        f'{_HTML}<link rel="edit" href="/e"/><link rel="edit-media" href="/m"/><link rel="self" href="/s"/>'
        '<link rel="service" href="/v"/><link rel="next" href="/n"/><link rel="previous" href="/p"/>',
    ),
    _atom(
        "n61-unknown-relation-is-dropped",
        f'{_HTML}<link rel="https://site.example/rel/thing" href="/t"/>',
    ),
    _atom(
        "n62-replies-of-type-html-are-the-comments-page",
        f'{_HTML}<link rel="replies" type="text/html" href="/1#c"/>',
        comments="https://site.example/1#c",
        links=(Link("https://site.example/1#c", "replies", "text/html"),),
    ),
    _atom(
        "n62-replies-as-a-feed-are-no-comments-page",
        f'{_HTML}<link rel="replies" type="application/atom+xml" href="/1/c.atom"/>',
        links=(Link("https://site.example/1/c.atom", "replies", "application/atom+xml"),),
    ),
    _atom("n56-related-script-is-dropped", f'{_HTML}<link rel="related" href="javascript:x()"/>'),
    _atom(
        "n61-related-link-twice-is-one",
        f'{_HTML}<link rel="related" href="https://a.example/"/><link rel="related" href="https://a.example"/>',
        links=(Link("https://a.example/", "related"),),
    ),
    _atom(
        "n27-title-and-language-of-a-related-link",
        f'{_HTML}<link rel="related" title=" A  b " hreflang="de_at" href="https://a.example/"/>',
        links=(Link("https://a.example/", "related", "", "de-AT", "A b"),),
    ),
    whole(
        "n56-link-without-a-home-page-counts-from-the-document",
        f"<rss version='2.0'><channel><item>{ONE}<link>1.html</link></item></channel></rss>",
        page("https://site.example/feeds/1.html", title="One"),
    ),
)

ROWS = (*IN_RSS, *ALTERNATES, *OTHERS)
