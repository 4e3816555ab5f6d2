"""Keys of addresses through a whole document (N130..N146): what is one entry, and what must stay two."""

from __future__ import annotations

from odd_input.row import ONE, Fields, Row, in_rss, minted


def _key(name: str, written: str, key: str, link: str = "", *, public_id: str = "") -> Row:
    """Make a row of a link as it stands in XML. Its key is its id, too, unless stated; `link` is published."""
    expected: Fields = {"key": key, "public_id": public_id or key, "link": link or key, "title": "One"}
    return in_rss(name, f"{ONE}<link>{written}</link>", expected)


_A = "https://site.example/a"

ROWS = (
    _key(
        "n138-semicolon-behind-a-parameter-stays",
        "https://site.example/?a=1&amp;b;c=2",
        "https://site.example/?a=1&b;c=2",
    ),
    _key(
        "n131-escaped-ampersand-three-times",
        "https://site.example/?a=1&amp;amp;amp;b=2",
        "https://site.example/?a=1&b=2",
    ),
    _key("n146-http-is-keyed-as-https", "http://site.example/a", _A, "http://site.example/a"),
    _key("n132-scheme-and-host-in-capitals", "HTTP://SITE.Example/a", _A, "http://site.example/a"),
    _key("n138-case-of-a-path-counts", "https://site.example/A", "https://site.example/A"),
    _key("n134-default-port", "https://site.example:443/a", _A),
    _key("n134-default-port-of-http", "http://site.example:80/a", _A, "http://site.example/a"),
    _key("n134-empty-port", "https://site.example:/a", _A),
    _key("n134-other-port-counts", "https://site.example:8443/a", "https://site.example:8443/a"),
    _key("n136-dot-segments", "https://site.example/x/../a/./b", "https://site.example/a/b"),
    _key("n136-dot-segments-beyond-the-root", "https://site.example/../../a", _A),
    _key("n136-escaped-dot-segments", "https://site.example/x/%2E%2e/a", _A),
    _key("n137-escapes-of-plain-letters", "https://site.example/%61", _A, "https://site.example/%61"),
    _key("n137-tilde", "https://site.example/%7eann", "https://site.example/~ann", "https://site.example/%7Eann"),
    _key("n137-small-escapes", "https://site.example/%e4%b8%ad", "https://site.example/%E4%B8%AD"),
    _key("n137-letters-beyond-ascii", "https://site.example/中", "https://site.example/%E4%B8%AD"),
    _key("n138-escaped-slash-stays", "https://site.example/a%2fb", "https://site.example/a%2Fb"),
    _key("n138-two-slashes-stay", "https://site.example/a//b", "https://site.example/a//b"),
    _key("n138-trailing-slash-counts", "https://site.example/a/", "https://site.example/a/"),
    _key("n138-order-of-parameters-counts", "https://site.example/?b=1&amp;a=2", "https://site.example/?b=1&a=2"),
    _key("n138-empty-value-and-no-value", "https://site.example/?a=&amp;b", "https://site.example/?a=&b"),
    _key("n138-plus-is-no-blank", "https://site.example/?q=a+b", "https://site.example/?q=a+b"),
    _key("n138-no-composition", "https://site.example/e\u0301", "https://site.example/e%CC%81"),
    _key("n139-empty-query", "https://site.example/a?", _A, "https://site.example/a?"),
    _key("n140-fragment", "https://site.example/a#b", _A, "https://site.example/a#b"),
    _key("n140-hash-route-with-a-bang-counts", "https://site.example/#!/a", "https://site.example/#!/a"),
    _key("n140-hash-route-with-a-slash-counts", "https://site.example/#/a", "https://site.example/#/a"),
    _key("n140-empty-fragment", "https://site.example/a#", _A, "https://site.example/a#"),
    _key("n141-fbclid-goes", "https://site.example/a?fbclid=x", _A),
    _key("n141-name-in-capitals", "https://site.example/a?FBCLID=x&amp;b=1", "https://site.example/a?b=1"),
    _key(
        "n142-utm-goes-from-the-middle",
        "https://site.example/a?x=1&amp;utm_medium=rss&amp;y=2",
        "https://site.example/a?x=1&y=2",
    ),
    _key(
        "n142-word-that-begins-alike-stays", "https://site.example/a?utmost=1", "https://site.example/a?utmost=1"
    ),
    _key("n153-ref-stays", "https://site.example/a?ref=rss", "https://site.example/a?ref=rss"),
    _key(
        "n143-semicolon-is-no-separator",
        "https://site.example/a?x=1;utm_source=b",
        "https://site.example/a?x=1;utm_source=b",
    ),
    _key("n147-www-counts", "https://www.site.example/a", "https://www.site.example/a"),
    _key("n133-host-beyond-ascii", "https://BÜCHER.example/a", "https://xn--bcher-kva.example/a"),
    _key("n133-host-in-punycode", "https://XN--BCHER-KVA.example/a", "https://xn--bcher-kva.example/a"),
    _key("n133-ideographic-dot", "https://site。example/a", _A),
    _key("n133-fullwidth-host", "https://ｓite.example/a", _A),
    _key("n133-escaped-host", "https://%73ite.example/a", _A),
    _key("n133-emoji-host", "https://\u2615.example/a", "https://xn--53h.example/a"),
    _key("n133-underscore-in-a-host", "https://my_site.example/a", "https://my_site.example/a"),
    _key(
        "n133-n6-ipv6-host-is-kept-in-the-key-and-its-id-minted",
        "https://[2001:DB8::1]/a",
        "https://[2001:db8::1]/a",
        public_id=minted("https://[2001:db8::1]/a"),
    ),
    _key("n155-trailing-dot-of-a-host-counts", "https://site.example./a", "https://site.example./a"),
    _key("n131-break-inside", "https://site.example/\n\ta", _A),
)
