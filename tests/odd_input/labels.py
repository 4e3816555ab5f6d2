"""Categories, languages, rights (N70..N76), and what a feed says of itself (N27, N51, N56, N91)."""

from __future__ import annotations

from documents import URL
from feedbraid.model import Category, Channel, Person
from odd_input.row import AT, ATOM, ATOM_AT, HOME, LINK, ONE, TITLED, Fields, Row, in_atom, in_rss


def _tags(name: str, written: str, *categories: Category) -> Row:
    expected: Fields = AT | TITLED | ({"categories": categories} if categories else {})
    return in_rss(name, f"{LINK}{ONE}{written}", expected)


def _atom_tags(name: str, written: str, *categories: Category) -> Row:
    expected: Fields = ATOM_AT | TITLED | ({"categories": categories} if categories else {})
    return in_atom(name, f"{ATOM}{ONE}{written}", expected)


CATEGORIES = (
    _tags("n70-empty-categories-go", "<category/><category>  </category><category>a</category>", Category("a")),
    _tags("n70-categories-are-trimmed", "<category>\n a  b </category>", Category("a b")),
    _tags("n70-first-spelling-wins", "<category>News</category><category>NEWS</category>", Category("News")),
    _tags(
        "n70-sharp-s-folds",
        "<category>Straße</category><category>STRASSE</category>",
        Category("Straße"),
    ),
    _tags(
        "n70-composed-and-decomposed-are-one",
        "<category>e\u0301</category><category>é</category>",
        Category("e\u0301"),
    ),
    _tags("n70-order-stays", "<category>b</category><category>a</category>", Category("b"), Category("a")),
    _tags("n72-commas-do-not-split", "<category>a, b/c</category>", Category("a, b/c")),
    _tags(
        "n71-domain-that-is-an-iri",
        '<category domain="https://site.example/tags">a</category>',
        Category("a", "https://site.example/tags"),
    ),
    _tags("n71-domain-of-an-unknown-scheme-goes", '<category domain="foo:bar">a</category>', Category("a")),
    _tags("n71-script-is-no-domain", '<category domain="javascript:alert(1)">a</category>', Category("a")),
    _tags("n71-domain-that-is-none-goes", '<category domain="tags">a</category>', Category("a")),
    _tags("n27-category-with-markup", "<category>&lt;b&gt;A&lt;/b&gt; &amp;amp; B</category>", Category("A & B")),
    _tags("n27-category-in-cdata", "<category><![CDATA[R&D]]></category>", Category("R&D")),
    _tags("n70-dc-subject-is-a-category", "<dc:subject>a</dc:subject>", Category("a")),
    _atom_tags(
        "n71-atom-term-scheme-and-label",
        '<category term="a1" scheme="tag:site.example,2026:t" label="A one"/>',
        Category("a1", "tag:site.example,2026:t", "A one"),
    ),
    _atom_tags("n71-label-that-repeats-the-term-is-none", '<category term="a" label="a"/>', Category("a")),
    _atom_tags("n70-atom-category-without-a-term", '<category scheme="tag:site.example,2026:t"/>'),
    _atom_tags("n70-label-stands-in-for-a-missing-term", '<category term="" label="A"/>', Category("A")),
)


def _language(name: str, stated: str, language: str) -> Row:
    expected: Fields = AT | TITLED | ({"language": language} if language else {})
    head = f"<link>https://site.example/</link><language>{stated}</language>"
    return in_rss(name, f"{LINK}{ONE}", expected, head=head)


LANGUAGES = (
    _language("n73-case-of-region", "en-us", "en-US"),
    _language("n73-underscore", "zh_TW", "zh-TW"),
    _language("n73-script", "ZH-HANT-tw", "zh-Hant-TW"),
    _language("n73-blanks-around", " de ", "de"),
    _language("n73-cantonese-is-written-behind-chinese", "yue-HK", "zh-yue-HK"),
    _language("n73-code-of-no-language", "qq-DE", ""),
    _language("n73-word-is-no-tag", "english", ""),
    _language("n73-locale-with-a-character-set-is-no-tag", "en_US.UTF-8", ""),
    _language("n73-list-is-no-tag", "en, de", ""),
    in_atom(
        "n74-language-of-the-entry-goes-before-that-of-the-feed",
        f'{ATOM}{ONE}<summary xml:lang="fr">a</summary>',
        {**ATOM_AT, **TITLED, "language": "de", "body": "<p>a</p>"},
        attributes='xml:lang="de"',
    ),
    in_rss(
        "n74-dc-language-of-an-item",
        f"{LINK}{ONE}<dc:language>pt_br</dc:language>",
        {**AT, **TITLED, "language": "pt-BR"},
        head="<link>https://site.example/</link><language>en</language>",
    ),
    in_rss(
        "n74-odd-language-of-an-item-gives-way-to-that-of-the-feed",
        f"{LINK}{ONE}<dc:language>none at all</dc:language>",
        {**AT, **TITLED, "language": "en"},
        head="<link>https://site.example/</link><language>en</language>",
    ),
)

RIGHTS = (
    in_atom(
        "n76-rights-of-an-entry",
        f'{ATOM}{ONE}<rights type="html">&amp;copy; Ann &lt;b&gt;Lee&lt;/b&gt;</rights>',
        {**ATOM_AT, **TITLED, "rights": "\u00a9 Ann Lee"},
    ),
    in_atom(
        "n76-rights-as-xhtml",
        f'{ATOM}{ONE}<rights type="xhtml">'
        '<div xmlns="http://www.w3.org/1999/xhtml">&#169; <b>Ann</b></div></rights>',
        {**ATOM_AT, **TITLED, "rights": "\u00a9 Ann"},
    ),
    in_rss(
        "n76-dc-rights-of-an-item",
        f"{LINK}{ONE}<dc:rights>CC  BY</dc:rights>",
        {**AT, **TITLED, "rights": "CC BY"},
    ),
    in_rss(
        "n76-copyright-of-the-channel-stays-there",
        f"{LINK}{ONE}",
        AT | TITLED,
        head="<link>https://site.example/</link><copyright>&amp;copy; Site</copyright>",
        channel={"id": URL, "feed_url": URL, "link": HOME, "rights": "\u00a9 Site"},
    ),
)

_SELF: Fields = {"id": URL, "feed_url": URL, "link": HOME}
_SITE: Fields = {**AT, **TITLED, "authors": (Person("Site"),)}


def _channel(name: str, head: str, **fields: object) -> Row:
    """Make a row of what stands in an RSS channel without a title."""
    return in_rss(name, f"{LINK}{ONE}", AT | TITLED, head=head, channel=fields)


_HEAD = f"<link>{HOME}</link>"
_ATOM_SELF: Fields = {"id": "tag:site.example,2026:feed", "feed_url": URL, "link": HOME}

CHANNELS = (
    in_atom(
        "n74-xml-lang-of-an-entry",
        f"{ATOM}{ONE}",
        {**ATOM_AT, **TITLED, "language": "zh-Hant"},
        attributes='xml:lang="zh-hant"',
    ),
    in_rss(
        "n27-title-of-a-channel-with-markup",
        f"{LINK}{ONE}",
        _SITE,
        head=f"<title>&lt;b&gt;Site&lt;/b&gt;\n </title>{_HEAD}",
        channel={**_SELF, "title": "Site"},
    ),
    _channel("n77-channel-without-a-title", _HEAD, **_SELF),
    _channel("n77-channel-without-anything", "", id=URL, feed_url=URL),
    _channel(
        "n27-description-of-a-channel",
        f"{_HEAD}<description>All &amp;amp; &lt;i&gt;more&lt;/i&gt;</description>",
        **_SELF,
        subtitle="All & more",
    ),
    _channel(
        "n91-picture-of-a-channel",
        f"{_HEAD}<image><url>/logo.png</url><title>Logo</title><link>https://a.example/</link></image>",
        **_SELF,
        icon="https://site.example/logo.png",
    ),
    _channel("n56-script-as-picture-of-a-channel", f"{_HEAD}<image><url>javascript:x()</url></image>", **_SELF),
    _channel(
        "n58-self-is-not-the-home-page", f'<atom:link rel="self" href="https://a.example/f"/>{_HEAD}', **_SELF
    ),
    _channel("n58-first-of-two-home-pages", f"{_HEAD}<link>https://a.example/</link>", **_SELF),
    _channel(
        "n56-home-page-without-a-scheme-is-a-relative-address",
        "<link>site.example</link>",
        id=URL,
        feed_url=URL,
        link="https://site.example/feeds/site.example",
    ),
    in_atom(
        "n11-atom-feed-id-beyond-ascii-is-kept",
        f"{ATOM}{ONE}",
        ATOM_AT | TITLED,
        head="<id>urn:ab:文</id>",
        channel={"id": "urn:ab:文", "feed_url": URL},
    ),
    in_atom(
        "n11-atom-feed-id-that-is-no-iri-gives-way-to-the-address",
        f"{ATOM}{ONE}",
        ATOM_AT | TITLED,
        head="<id>news</id>",
        channel={"id": URL, "feed_url": URL},
    ),
    in_atom(
        "n91-icon-goes-before-logo",
        f"{ATOM}{ONE}",
        ATOM_AT | TITLED,
        head=f'<id>tag:site.example,2026:feed</id><link href="{HOME}"/><logo>/l.png</logo><icon>/i.png</icon>',
        channel={**_ATOM_SELF, "icon": "https://site.example/i.png"},
    ),
    in_atom(
        "n28-atom-subtitle-of-type-html",
        f"{ATOM}{ONE}",
        ATOM_AT | TITLED,
        head=f'<id>tag:site.example,2026:feed</id><link href="{HOME}"/>'
        '<subtitle type="html">a &lt;b&gt;b&lt;/b&gt;</subtitle>',
        channel={**_ATOM_SELF, "subtitle": "a b"},
    ),
    in_atom(
        "n11-source-of-an-entry-is-its-origin",
        f"{ATOM}{ONE}<source><id>tag:other.example,2026:f</id><title>Other</title>"
        '<link rel="self" href="https://other.example/f"/><link href="https://other.example/"/>'
        "<author><name>Ann</name></author></source>",
        {
            **ATOM_AT,
            **TITLED,
            "authors": (Person("Ann"),),
            "origin": Channel(
                id="tag:other.example,2026:f",
                title="Other",
                feed_url="https://other.example/f",
                link="https://other.example/",
                authors=(Person("Ann"),),
            ),
        },
    ),
    in_rss(
        "n104-source-of-an-rss-item-is-its-origin",
        f'{LINK}{ONE}<source url="https://other.example/rss">Other</source>',
        {
            **AT,
            **TITLED,
            "origin": Channel(id="https://other.example/rss", title="Other", feed_url="https://other.example/rss"),
        },
    ),
    in_atom("n11-empty-source-is-none", f"{ATOM}{ONE}<source/>", ATOM_AT | TITLED),
)

ROWS = (*CATEGORIES, *LANGUAGES, *RIGHTS, *CHANNELS)
