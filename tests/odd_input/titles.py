"""Titles (N27..N35): plain text on one line, whatever they were written as."""

from __future__ import annotations

from odd_input.row import AT, ATOM, ATOM_AT, LINK, Fields, Row, in_atom, in_rss


def _rss(name: str, written: str, title: str, notes: tuple[str, ...] = ()) -> Row:
    expected: Fields = {**AT, "title": title} if title else AT
    return in_rss(name, f"{LINK}<title>{written}</title>", expected, notes=notes)


def _atom(name: str, written: str, title: str, notes: tuple[str, ...] = ()) -> Row:
    return in_atom(name, ATOM + written, {**ATOM_AT, "title": title}, notes=notes)


_XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">'

IN_RSS = (
    _rss("n28-escaped-tags-are-markup", "A &lt;b&gt;bold&lt;/b&gt; title", "A bold title"),
    _rss("n28-twice-escaped-tags-are-a-text-about-tags", "The &amp;lt;b&amp;gt; tag", "The <b> tag"),
    _rss("n28-less-than-is-no-tag", "if a &lt; b and b &gt; c", "if a < b and b > c"),
    _rss("n28-heart-is-no-tag", "I &lt;3 feeds", "I <3 feeds"),
    _rss("n28-unknown-word-in-angles-is-no-tag", "std::vector&lt;int&gt; explained", "std::vector<int> explained"),
    _rss("n28-title-about-the-script-element", "The &lt;script&gt; element", "The <script> element"),
    _rss("n47-script-with-its-end-goes-with-its-text", "Good &lt;script&gt;x()&lt;/script&gt;day", "Good day"),
    _rss("n27-inline-markup-makes-no-blank", "Super&lt;em&gt;script&lt;/em&gt;ed", "Superscripted"),
    _rss("n27-line-break-is-a-blank", "One&lt;br/&gt;Two", "One Two"),
    _rss("n27-cdata-with-markup", "<![CDATA[<b>Salt</b> &amp; pepper]]>", "Salt & pepper"),
    _rss("n27-cdata-with-a-bare-ampersand", "<![CDATA[Salt & pepper]]>", "Salt & pepper"),
    _rss("n29-twice-escaped-ampersand", "Q&amp;amp;A", "Q&A"),
    _rss("n29-three-times-escaped-ampersand", "Q&amp;amp;amp;A", "Q&A"),
    _rss("n29-unknown-reference-stays", "AT&amp;T &amp;bogus; x", "AT&T &bogus; x"),
    _rss("n29-twice-escaped-number", "It&amp;#8217;s", "It\u2019s"),
    _rss("n27-html-name-of-a-character", "caf&eacute; &hellip;", "café \u2026", notes=("XML 4.1",)),
    _rss("n27-bare-ampersand", "AT&T", "AT&T", notes=("XML 4.1",)),
    _rss("n27-white-space-collapses", "\n  One\t\t two\r\n three  ", "One two three"),
    _rss("n27-carriage-return-reference", "One&#13;&#10;two", "One two"),
    _rss("n27-no-break-spaces-collapse", "One&#160;&#160;two", "One two"),
    _rss("n27-ideographic-blank-stays", "春\u3000夏", "春\u3000夏"),
    _rss("n27-run-of-ideographic-blanks-is-one", "\u3000春\u3000\u3000夏\u3000", "春\u3000夏"),
    _rss("n32-direction-override-goes", "abc\u202edef\u202cghi", "abcdefghi"),
    _rss("n32-direction-isolates-go", "\u2067abc\u2069", "abc"),
    _rss("n32-byte-order-mark-inside-goes", "One\ufeff two", "One two"),
    _rss(
        "n32-joiners-of-emoji-stay",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ),
    _rss(
        "n32-non-joiner-of-persian-stays",
        "\u0645\u06cc\u200c\u0634\u0648\u062f",
        "\u0645\u06cc\u200c\u0634\u0648\u062f",
    ),
    _rss("n32-mark-of-direction-stays", "a\u200eb", "a\u200eb"),
    _rss("n27-line-separators-are-blanks", "a\u2028b\u2029c", "a b c"),
    _rss("n27-comment-inside-a-title", "A<!-- b -->C", "AC"),
    _rss("n27-bare-markup-inside-a-title", "A <b>bold</b> word", "A bold word"),
    _rss("n33-accents-are-not-composed", "cafe\u0301", "cafe\u0301"),
    _rss("n35-control-character", "One\x0btwo", "Onetwo", notes=("N35",)),
    _rss("n35-escape-character", "\x1b[1mOne", "[1mOne", notes=("N35",)),
    _rss("n35-reference-to-nul", "One&#0;two", "Onetwo", notes=("XML 4.1",)),
    _rss("n35-reference-to-a-control-character", "One&#x0B;two", "Onetwo", notes=("XML 4.1",)),
    _rss("n35-references-to-half-characters", "Smile &#55357;&#56832;", "Smile", notes=("XML 4.1",)),
    _rss("n35-reference-to-fffe", "One&#xFFFE;", "One", notes=("XML 4.1",)),
    _rss("n35-raw-fffe", "One\ufffe", "One", notes=("N35",)),
    _rss("n35-noncharacter-of-another-plane", "One\U0001ffff", "One"),
    _rss("n35-windows-dash-as-a-reference", "1999&#150;2026", "1999\u20132026"),
    _rss("n35-windows-apostrophe-raw", "It\x92s", "It\u2019s"),
    _rss("n35-hole-of-windows-1252", "One&#129;two", "Onetwo"),
    _rss("n27-character-beyond-the-first-plane", "&#128512; \U00020000", "\U0001f600 \U00020000"),
    _rss("n27-replacement-character-stays", "One \ufffd", "One \ufffd"),
    _rss("n31-long-title-is-not-cut", "x" * 1000, "x" * 1000),
    _rss("n31-endless-title-is-cut", "x" * 1001, "x" * 1000),
    _rss("n30-empty-title", "", ""),
    _rss("n30-blank-title", " \n ", ""),
    _rss("n30-title-of-an-image-alone", "&lt;img src='a.png' alt='A'&gt;", ""),
    in_rss("n30-no-title", LINK, AT),
    in_rss(
        "n30-title-of-a-picture-is-not-that-of-the-item",
        f'{LINK}<media:content url="https://site.example/a.jpg" medium="image">'
        "<media:title>Ann at work</media:title></media:content>",
        {**AT, "image": "https://site.example/a.jpg"},
    ),
    in_rss(
        "n30-title-of-an-image-element-is-not-that-of-the-item",
        f"{LINK}<title>One</title><image><title>Logo</title><url>https://site.example/l.png</url></image>",
        {**AT, "title": "One"},
    ),
)

IN_ATOM = (
    _atom("n28-atom-type-in-capitals", '<title type="HTML">a &lt;b&gt;b&lt;/b&gt;</title>', "a b"),
    _atom("n28-atom-type-as-a-media-type", '<title type="text/html">a &lt;b&gt;b&lt;/b&gt;</title>', "a b"),
    _atom("n28-atom-text-by-default-is-text", "<title>The &lt;b&gt; tag</title>", "The <b> tag"),
    _atom("n28-atom-text-keeps-references", '<title type="text">&amp;amp; &amp;eacute;</title>', "&amp; &eacute;"),
    _atom("n28-atom-html-is-markup", '<title type="html">A &lt;b&gt;bold&lt;/b&gt; title</title>', "A bold title"),
    _atom("n28-atom-html-reference", '<title type="html">1 &amp;lt; 2 &amp;amp; 3</title>', "1 < 2 & 3"),
    _atom("n28-atom-html-in-cdata", '<title type="html"><![CDATA[<i>One</i> &amp; two]]></title>', "One & two"),
    _atom(
        "n28-atom-xhtml-is-markup",
        f'<title type="xhtml">{_XHTML}A <em>good</em> title &amp; more</div></title>',
        "A good title & more",
    ),
    _atom(
        "n28-atom-xhtml-with-a-prefix",
        '<title type="xhtml" xmlns:h="http://www.w3.org/1999/xhtml">'
        "<h:div>A <h:em>good</h:em> title</h:div></title>",
        "A good title",
    ),
    _atom(
        "n28-atom-html-in-cdata-about-a-tag", '<title type="html">The &amp;lt;b&amp;gt; tag</title>', "The <b> tag"
    ),
    _atom("n28-atom-html-less-than", '<title type="html">a &amp;lt; b</title>', "a < b"),
)

ROWS = (*IN_RSS, *IN_ATOM)
