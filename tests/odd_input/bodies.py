"""Bodies and summaries: which text is chosen (N34..N41), and what of its HTML is kept (N42..N50)."""

from __future__ import annotations

from xml.sax.saxutils import escape

from feedbraid.model import Enclosure, Link
from odd_input.row import AT, ATOM, ATOM_AT, LINK, ONE, TITLED, Fields, Row, in_atom, in_rss, minted, whole


def _body(name: str, markup: str, body: str, why: tuple[str, ...] | None = None) -> Row:
    """Make a row of a content:encoded."""
    expected: Fields = {**AT, **TITLED, "body": body} if body else AT | TITLED
    item = f"{LINK}{ONE}<content:encoded>{escape(markup)}</content:encoded>"
    return in_rss(name, item, expected, why=why)


def _description(name: str, written: str, body: str) -> Row:
    """Make a row of a description alone, as it is written in XML."""
    item = f"{LINK}{ONE}<description>{written}</description>"
    return in_rss(name, item, {**AT, **TITLED, "body": body} if body else AT | TITLED)


def _atom(name: str, written: str, why: tuple[str, ...] | None = None, **fields: object) -> Row:
    return in_atom(name, f"{ATOM}<title>One</title>{written}", {**ATOM_AT, **TITLED, **fields}, why=why)


_WEAK = f"weak:site:{minted('', 'None', '<p>Text</p>')}"
_LONG = "<p>A body that is quite a bit longer than its summary.</p>"

CHOICES = (
    in_rss(
        "n34-description-beside-content-is-the-summary",
        f"{LINK}{ONE}<description>In &lt;b&gt;short&lt;/b&gt;</description>"
        f"<content:encoded>{escape(_LONG)}</content:encoded>",
        {**AT, **TITLED, "summary": "In short", "body": _LONG},
    ),
    in_rss(
        "n34-order-of-content-and-description-means-nothing",
        f"{LINK}{ONE}<content:encoded>{escape(_LONG)}</content:encoded><description>In short</description>",
        {**AT, **TITLED, "summary": "In short", "body": _LONG},
    ),
    in_rss(
        "n34-description-that-repeats-the-content-is-none",
        f"{LINK}{ONE}<description>The same.</description>"
        "<content:encoded>&lt;p&gt;The &lt;b&gt;same&lt;/b&gt;.&lt;/p&gt;</content:encoded>",
        {**AT, **TITLED, "body": "<p>The <b>same</b>.</p>"},
    ),
    in_rss(
        "n36-empty-content-gives-way-to-the-description",
        f"{LINK}{ONE}<description>&lt;p&gt;Text&lt;/p&gt;</description><content:encoded></content:encoded>",
        {**AT, **TITLED, "body": "<p>Text</p>"},
    ),
    in_rss(
        "n36-content-that-vanishes-gives-way-to-the-description",
        f"{LINK}{ONE}<description>Text</description>"
        "<content:encoded>&lt;script&gt;x()&lt;/script&gt;</content:encoded>",
        {**AT, **TITLED, "body": "<p>Text</p>"},
    ),
    in_rss(
        "n36-the-longer-of-two-contents-is-taken",
        f"{LINK}{ONE}<content:encoded>&lt;p&gt;a&lt;/p&gt;</content:encoded>"
        f"<content:encoded>{escape(_LONG)}</content:encoded>",
        {**AT, **TITLED, "body": _LONG},
    ),
    in_rss("n40-no-text-at-all", f"{LINK}{ONE}<description/>", AT | TITLED),
    in_rss(
        "n40-description-alone-is-enough",
        "<description>Text</description>",
        {"key": _WEAK, "public_id": minted(_WEAK), "body": "<p>Text</p>"},
        why=("N6",),
    ),
    _description("n37-text-without-markup-becomes-a-paragraph", "Just text.", "<p>Just text.</p>"),
    _description("n37-blank-lines-end-paragraphs", "One\ntwo\n\n three", "<p>One<br>two</p><p>three</p>"),
    _description("n37-less-than-in-plain-text", "I &lt;3 a &amp; b", "<p>I &lt;3 a &amp; b</p>"),
    _description("n37-description-with-markup-is-markup", "&lt;i&gt;a&lt;/i&gt;\n\nb", "<i>a</i>\n\nb"),
    _description("n37-reference-alone-is-markup", "caf&amp;eacute;", "café"),
    _description("n37-twice-escaped-markup-is-a-text-about-it", "&amp;lt;p&amp;gt;Hi", "&lt;p&gt;Hi"),
    _description("n36-description-in-cdata", "<![CDATA[<p>a &amp; b</p>]]>", "<p>a &amp; b</p>"),
    _description("n35-control-characters-in-a-body", "&lt;p&gt;It&#146;s&lt;/p&gt;", "<p>It\u2019s</p>"),
)

_SVG = '<svg xmlns="http://www.w3.org/2000/svg"><circle r="1"/></svg>'
_XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'

IN_ATOM = (
    _atom("n37-atom-text-content", "<content>a &lt;b&gt; c</content>", body="<p>a &lt;b&gt; c</p>"),
    _atom(
        "n37-atom-text-plain-with-line-breaks",
        '<content type="text/plain">One\ntwo\n\nthree</content>',
        body="<p>One<br>two</p><p>three</p>",
    ),
    _atom("n36-atom-html-content", '<content type="html">&lt;p&gt;a&lt;/p&gt;</content>', body="<p>a</p>"),
    _atom(
        "n36-atom-media-type-with-a-parameter",
        '<content type="text/html; charset=utf-8">&lt;p&gt;a&lt;/p&gt;</content>',
        body="<p>a</p>",
    ),
    _atom(
        "n38-xhtml-becomes-html",
        f'<content type="xhtml"><div {_XHTML}><p>a<br/>b</p><hr/></div></content>',
        body="<p>a<br>b</p><hr>",
    ),
    _atom(
        "n38-xhtml-with-a-prefix",
        '<content type="xhtml" xmlns:h="http://www.w3.org/1999/xhtml"><h:div><h:p>a <h:em>b</h:em></h:p></h:div>'
        "</content>",
        body="<p>a <em>b</em></p>",
    ),
    _atom(
        "n38-empty-elements-of-xhtml-are-closed",
        f'<content type="xhtml"><div {_XHTML}><p>a<b/>c</p></div></content>',
        body="<p>a<b></b>c</p>",
    ),
    _atom("n41-svg-inline-is-left-out", f'<content type="image/svg+xml">{_SVG}</content>'),
    _atom(
        "n41-base64-gives-way-to-the-summary",
        '<content type="image/png">iVBORw0KGgo=</content><summary>A picture</summary>',
        body="<p>A picture</p>",
        why=("N41",),
    ),
    _atom(
        "n41-content-elsewhere-that-is-media-is-an-enclosure",
        '<content type="video/mp4" src="https://site.example/a.mp4"/><summary>A film</summary>',
        body="<p>A film</p>",
        enclosures=(Enclosure("https://site.example/a.mp4", "video/mp4"),),
    ),
    _atom(
        "n41-content-elsewhere-that-is-a-page-is-related",
        '<content type="text/html" src="https://site.example/full.html"/>',
        links=(Link("https://site.example/full.html", "related", "text/html"),),
    ),
    _atom("n36-summary-alone-is-the-body", '<summary type="html">&lt;p&gt;a&lt;/p&gt;</summary>', body="<p>a</p>"),
    _atom("n36-empty-content-element", '<content type="html"/><summary>a</summary>', body="<p>a</p>"),
    _atom(
        "n34-atom-summary-beside-content",
        '<summary type="html">In &lt;i&gt;short&lt;/i&gt;</summary>'
        f'<content type="html">{escape(_LONG)}</content>',
        summary="In short",
        body=_LONG,
    ),
    _atom(
        "n45-base-of-the-content-element",
        '<content type="html" xml:base="https://other.example/d/">&lt;img src="a.png"&gt;</content>',
        body='<img src="https://other.example/d/a.png">',
    ),
    whole(
        "n36-atom-0-3-escaped-content",
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry>'
        f"{ATOM}{ONE}"
        '<content type="text/html" mode="escaped">&lt;p&gt;a&lt;/p&gt;</content></entry></feed>',
        {**ATOM_AT, **TITLED, "body": "<p>a</p>"},
        dialect="atom",
    ),
    whole(
        "n36-atom-0-3-inline-xml-content",
        '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry>'
        f"{ATOM}{ONE}"
        f'<content type="application/xhtml+xml" mode="xml"><div {_XHTML}><p>a</p></div></content></entry></feed>',
        {**ATOM_AT, **TITLED, "body": "<div><p>a</p></div>"},
        dialect="atom",
    ),
)

_VIDEO = "https://www.youtube.com/embed/abc"

MARKUP = (
    _body("n42-open-elements-are-closed", "<p>one<b>two", "<p>one<b>two</b></p>"),
    _body("n42-crossed-elements-are-nested", "<b>a<i>b</b>c</i>", "<b>a<i>b</i></b><i>c</i>"),
    _body("n42-block-ends-the-paragraph", "<p>a<div>b</div>", "<p>a</p><div>b</div>"),
    _body("n42-comments-go", "a<!-- b -->c", "ac"),
    _body(
        "n42-whole-page-leaves-its-body",
        "<html><head><title>T</title></head><body><p>a</p></body></html>",
        "<p>a</p>",
    ),
    _body("n42-form-controls-go", "<form><input value='x'><button>Send</button></form>", "Send"),
    _body("n42-svg-goes", "<p>a<svg><circle r='1'/></svg>b</p>", "<p>ab</p>"),
    _body("n42-figure-and-ruby-stay", "<ruby>漢<rt>kan</rt></ruby>", "<ruby>漢<rt>kan</rt></ruby>"),
    _body(
        "n43-style-and-scripts-of-attributes-go",
        "<p style='color:red' onclick='x()' class='c'>a</p>",
        '<p class="c">a</p>',
    ),
    _body("n44-script-link-keeps-its-text", "<a href='javascript:x()'>go</a>", "<a>go</a>"),
    _body(
        "n44-mail-link-stays",
        "<a href='mailto:ann@site.example'>write</a>",
        '<a href="mailto:ann@site.example">write</a>',
    ),
    _body(
        "n44-picture-as-data-goes", "<p>a<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></p>", "<p>a</p>"
    ),
    _body(
        "n45-relative-picture-counts-from-the-entry",
        "<img src='i/a.png'>",
        '<img src="https://site.example/i/a.png">',
    ),
    _body(
        "n45-picture-without-a-scheme", "<img src='//cdn.example/a.png'>", '<img src="https://cdn.example/a.png">'
    ),
    _body(
        "n45-srcset-becomes-absolute",
        "<img src='a.png' srcset='a.png 1x, /b.png 2x'>",
        '<img src="https://site.example/a.png" '
        'srcset="https://site.example/a.png 1x, https://site.example/b.png 2x">',
    ),
    _body("n45-picture-without-an-address-goes", "<p>a<img src=''></p>", "<p>a</p>", why=("N45",)),
    _body(
        "n45-blank-in-an-address-is-escaped", "<a href='/a b'>a</a>", '<a href="https://site.example/a%20b">a</a>'
    ),
    _body(
        "n46-fragment-points-into-the-entry", "<a href='#fn1'>1</a>", '<a href="https://site.example/1#fn1">1</a>'
    ),
    _body(
        "n47-script-and-style-go-with-their-text",
        "<style>p{}</style><p>a</p><script>x()</script>",
        "<p>a</p>",
        why=("N47",),
    ),
    _body("n47-unknown-element-leaves-its-text", "<x-note>kept</x-note>", "kept"),
    _body(
        "n48-embed-becomes-a-link",
        f"<iframe src='{_VIDEO}'></iframe>",
        f'<p><a href="{_VIDEO}">{_VIDEO}</a></p>',
        why=("N48",),
    ),
    _body(
        "n49-picture-of-one-pixel-goes",
        "<p>a<img src='https://c.example/x' width='1' height='1'></p>",
        "<p>a</p>",
        why=("N49",),
    ),
    _body("n50-blanks-in-pre-stay", "<pre>a\n  b\t c</pre>", "<pre>a\n  b\t c</pre>"),
    _body(
        "d9-tracking-parameters-of-links-go",
        "<a href='/a?utm_source=x&amp;b=1'>a</a>",
        '<a href="https://site.example/a?b=1">a</a>',
        why=("D9",),
    ),
    _body("n42-stray-less-than", "<p>1 < 2 & 3</p>", "<p>1 &lt; 2 &amp; 3</p>"),
    _body("n42-no-break-space-stays", "<p>a&nbsp;b</p>", "<p>a&nbsp;b</p>"),
    _body(
        "n42-base-element-means-nothing",
        "<base href='https://evil.example/'><a href='/a'>a</a>",
        '<a href="https://site.example/a">a</a>',
    ),
    _body("n42-meta-refresh-goes", "<meta http-equiv='refresh' content='0;url=https://evil.example/'>a", "a"),
)

ROWS = (*CHOICES, *IN_ATOM, *MARKUP)
