"""Seed files: front matter and bodies as people and programs write them."""

from __future__ import annotations

from feedbraid.model import Category, Person
from odd_input.row import AT, Fields, Row, minted, seed

_FROM = "from: https://site.example/1\n"
_ONE: Fields = {**AT, "title": "One"}
_DAY = "2026-03-01T00:00:00Z"
_NOON = "2026-03-01T12:00:00Z"


def _head(name: str, lines: str, *, notes: tuple[str, ...] = (), path: str = "one.md", **fields: object) -> Row:
    """Make a row of YAML lines below the address; `fields` are those beside it and its key."""
    return seed(
        name,
        f"---\n{_FROM}date: 2026-03-01\n{lines}\n---\n",
        {**AT, "published": _DAY, **fields},
        notes=notes,
        path=path,
    )


def _titled(name: str, written: str, title: str, notes: tuple[str, ...] = ()) -> Row:
    return _head(name, f"title: {written}", notes=notes, title=title)


def _dated(name: str, written: str, published: str, *, zone: str = "UTC", path: str = "one.md") -> Row:
    lines = f"---\ntitle: One\n{_FROM}{written}\n---\n"
    return seed(name, lines, {**_ONE, "published": published}, zone=zone, path=path)


def _body(name: str, text: str, body: str, path: str = "one.md") -> Row:
    lines = f"---\ntitle: One\n{_FROM}date: 2026-03-01\n---\n{text}"
    return seed(name, lines, {**_ONE, "published": _DAY, **({"body": body} if body else {})}, path=path)


def _left_out(name: str, document: str | bytes, reason: str) -> Row:
    return seed(name, document, skipped=(reason,))


_SEED = ("seed",)

TITLES = (
    _titled("seed-title-in-double-quotes", '"A: b"', "A: b"),
    _titled("seed-title-in-single-quotes", "'Ann''s'", "Ann's"),
    _titled("seed-title-with-escapes", r'"A \"b\" \u6587"', 'A "b" \u6587'),
    _titled("seed-title-with-a-bare-colon", "A: b: c", "A: b: c", _SEED),
    _titled("seed-title-that-begins-with-a-bracket", "[News] One", "[News] One", _SEED),
    _titled("seed-title-that-begins-with-a-brace", "{One} two", "{One} two", _SEED),
    _titled("seed-title-with-inner-quotes", '"A "b" c"', 'A "b" c', _SEED),
    _titled("seed-title-of-two-quoted-words", '"A" and "b"', 'A" and "b', _SEED),
    _titled("seed-title-that-begins-with-an-at-sign", "@ann writes", "@ann writes", _SEED),
    _titled("seed-title-that-begins-with-a-percent-sign", "%50 off", "%50 off", _SEED),
    _titled("seed-title-that-begins-with-a-backtick", "`code`", "`code`", _SEED),
    _titled("seed-title-with-a-hash", "C# and F#", "C# and F#"),
    _titled("seed-title-with-a-comment", "One # draft", "One"),
    _titled("seed-title-that-is-a-number", "007", "007"),
    _titled("seed-title-that-is-a-date", "2026-01-02", "2026-01-02"),
    _titled("seed-title-that-is-a-truth-value", "no", "no"),
    _titled("seed-title-over-two-lines", ">\n  One\n  two", "One two"),
    _titled("seed-title-with-line-breaks", "|\n  One\n  two", "One two"),
    _titled("seed-title-with-markup", '"<b>One</b> &amp; two"', "One & two"),
    _titled("seed-title-with-fullwidth-colon", "港口：灯塔", "港口：灯塔"),
    _titled("seed-title-with-a-tab-behind-the-key", "\tOne", "One"),
    _head("seed-key-in-capitals", "Title: One", title="One"),
    _head("seed-key-twice", "title: One\ntitle: Two", notes=_SEED, title="Two"),
    _head("seed-title-null", "title: ~"),
    seed(
        "seed-without-a-title-takes-the-first-heading",
        f"---\n{_FROM}date: 2026-03-01\n---\n# One *two*\n\nText\n",
        {**AT, "title": "One two", "published": _DAY, "body": "<h1>One <em>two</em></h1>\n<p>Text</p>"},
    ),
)

DATES = (
    _dated("seed-date-of-a-script", "date: 2021-01-27T14:41:19.000Z", "2021-01-27T14:41:19Z"),
    _dated("seed-date-of-jekyll", "date: 2026-03-01 20:00:00 +0800", _NOON),
    _dated("seed-date-without-a-zone", "date: 2026-03-01 20:00", _NOON, zone="Asia/Shanghai"),
    _dated("seed-date-in-quotes", 'date: "2026-03-01"', _DAY),
    seed(
        "seed-date-from-its-name",
        f"---\ntitle: One\n{_FROM}---\n",
        {**_ONE, "published": _DAY},
        path="2026-03-01-one.md",
        notes=_SEED,
    ),
    _dated("seed-stated-date-goes-before-its-name", "date: 2026-03-01T12:00:00Z", _NOON, path="2020-01-01-one.md"),
    seed(
        "seed-date-that-is-none-gives-way-to-its-name",
        f"---\ntitle: One\n{_FROM}date: soon\n---\n",
        {**_ONE, "published": _DAY},
        path="2026-3-1-one.md",
        notes=_SEED,
    ),
    seed("seed-without-any-date", f"---\ntitle: One\n{_FROM}---\n", _ONE, notes=_SEED),
    _dated("seed-pubdate-of-hugo", "publishDate: 2026-03-01", _DAY),
    _dated("n20-seed-of-1969-keeps-its-date", "date: 1969-07-20", "1969-07-20T00:00:00Z"),
    _dated("n20-seed-of-1492-keeps-its-date", "date: 1492-10-12", "1492-10-12T00:00:00Z"),
    _head("seed-last-change", "title: One\nlastmod: 2026-03-02", title="One", updated="2026-03-02T00:00:00Z"),
    _head(
        "seed-last-change-of-jekyll",
        "title: One\nlast_modified_at: 2026-03-02",
        title="One",
        updated="2026-03-02T00:00:00Z",
    ),
)

LABELS = (
    _head("seed-tags-as-a-list", "tags: [ a, b ]", categories=(Category("a"), Category("b"))),
    _head("seed-tags-as-lines", "tags:\n  - a\n  - b c", categories=(Category("a"), Category("b c"))),
    _head("seed-tags-as-words", "tags: a b", categories=(Category("a"), Category("b"))),
    _head("seed-tags-with-commas", "tags: a b, c", categories=(Category("a b"), Category("c"))),
    _head(
        "seed-tags-with-chinese-commas",
        "tags: 港口，灯塔",
        categories=(Category("港口"), Category("灯塔")),
    ),
    _head("seed-one-category", "category: a b", categories=(Category("a b"),)),
    _head(
        "n72-seed-tags-and-categories-are-both-categories",
        "categories: [x]\ntags: [a, X]",
        categories=(Category("a"), Category("X")),
    ),
    _head(
        "seed-tags-that-are-numbers",
        "tags: [2026, 1.0, yes]",
        categories=(Category("2026"), Category("1.0"), Category("yes")),
    ),
    _head("seed-empty-tags", "tags: []\ncategories:"),
    _head("seed-author", "author: Ann Lee", authors=(Person("Ann Lee"),)),
    _head("seed-author-with-mail", "author: Ann <ann@site.example>", authors=(Person("Ann"),)),
    _head("seed-authors-as-a-list", "authors: [Ann, Bob]", authors=(Person("Ann"), Person("Bob"))),
    _head(
        "seed-author-as-a-mapping",
        "author:\n  name: Ann\n  url: https://ann.example/",
        authors=(Person("Ann", "https://ann.example/"),),
    ),
    _head("seed-language", "lang: zh_cn", language="zh-CN"),
    _head("seed-image", "image: /i/a.png", image="https://site.example/i/a.png"),
    _head("seed-image-as-a-mapping", "image:\n  path: a.png", image="https://site.example/a.png"),
    _head("seed-excerpt-alone-is-the-body", "excerpt: In short", body="<p>In short</p>"),
    _head("seed-unknown-keys", "layout: post\nweight: 7\nmy: {a: [1, {b: c}]}"),
)

_TITLE = "title: One\ndate: 2026-03-01\n"
_FILE: Fields = {"title": "One", "published": _DAY}
_NO_ADDRESS: Fields = {**_FILE, "key": "file:site:one.md", "public_id": minted("seed", "2026-03-01", "one")}


def _address(name: str, lines: str, link: str, site: str = "") -> Row:
    return seed(
        name, f"---\n{_TITLE}{lines}\n---\n", {**_FILE, "key": link, "public_id": link, "link": link}, site=site
    )


ADDRESSES = (
    _address(
        "seed-from-goes-before-link",
        "link: https://site.example/2\nfrom: https://site.example/1",
        "https://site.example/1",
    ),
    _address("seed-canonical-address", "canonical_url: https://site.example/1", "https://site.example/1"),
    _address("seed-external-address", "external_url: https://site.example/1", "https://site.example/1"),
    _address("seed-address-in-angles", "from: <https://site.example/1>", "https://site.example/1"),
    _address("seed-absolute-permalink", "permalink: https://site.example/1/", "https://site.example/1/"),
    _address(
        "seed-relative-permalink", "permalink: /p/one/", "https://mine.example/p/one/", "https://mine.example/"
    ),
    _address(
        "seed-relative-permalink-on-a-site-below-a-folder",
        "permalink: /p/one",
        "https://mine.example/blog/p/one",
        "https://mine.example/blog/",
    ),
    seed("seed-relative-permalink-without-a-site", f"---\n{_TITLE}permalink: /p/one/\n---\n", _NO_ADDRESS),
    seed(
        "seed-permalink-style-is-no-address",
        f"---\n{_TITLE}permalink: pretty\n---\n",
        _NO_ADDRESS,
        site="https://mine.example/",
    ),
    seed(
        "seed-permalink-pattern-is-no-address",
        f"---\n{_TITLE}permalink: /:year/:title\n---\n",
        _NO_ADDRESS,
        site="https://mine.example/",
    ),
    seed("n7-seed-without-an-address", f"---\n{_TITLE}---\n", _NO_ADDRESS),
    seed(
        "n7-seed-id-is-published-and-the-key",
        f"---\n{_TITLE}{_FROM}id: tag:mine.example,2026:one\n---\n",
        {
            **_FILE,
            "key": "id:tag:mine.example,2026:one",
            "source_id": "tag:mine.example,2026:one",
            "public_id": "tag:mine.example,2026:one",
            "link": "https://site.example/1",
        },
    ),
    seed(
        "n7-seed-id-that-is-a-number",
        f"---\n{_TITLE}{_FROM}id: 17\n---\n",
        {**AT, **_FILE, "source_id": "17"},
        why=("N7",),
    ),
    seed(
        "n7-seed-of-an-authority-gets-its-tag",
        f"---\n{_TITLE}{_FROM}---\n",
        {**AT, **_FILE, "public_id": "tag:mine.example,2026-03-01:one"},
        path="2026-03-01-one.md",
        authority="mine.example",
    ),
    seed(
        "n7-seed-of-a-jekyll-site-keeps-its-id",
        f"---\n{_TITLE}{_FROM}categories: [News]\n---\n",
        {
            **AT,
            **_FILE,
            "public_id": "https://mine.example/news/2026/03/01/one",
            "categories": (Category("News"),),
        },
        path="_posts/2026-03-01-one.md",
        site="https://mine.example/",
        ids="jekyll",
    ),
    _left_out(
        "seed-link-of-another-scheme", f"---\n{_TITLE}link: ftp://site.example/1\n---\n", "no http(s) address"
    ),
    _left_out("seed-script-as-link", f"---\n{_TITLE}link: javascript:x()\n---\n", "no http(s) address"),
)

BODIES = (
    _body("seed-markdown-indented-code", "    a\n      b\n", "<pre><code>a\n  b\n</code></pre>"),
    _body("seed-markdown", "One *two* **three**\n", "<p>One <em>two</em> <strong>three</strong></p>"),
    _body(
        "seed-markdown-code",
        "```python\na < b\n```\n",
        '<pre><code class="language-python">a &lt; b\n</code></pre>',
    ),
    _body(
        "seed-markdown-table",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n"
        "</tbody>\n</table>",
    ),
    _body(
        "seed-markdown-with-html",
        "<details><summary>a</summary>b</details>\n",
        "<details><summary>a</summary>b</details>",
    ),
    _body(
        "seed-markdown-relative-picture", "![A](/a.png)\n", '<p><img src="https://site.example/a.png" alt="A"></p>'
    ),
    _body("seed-markdown-script-link", "[a](javascript:x())\n", "<p>[a](javascript:x())</p>"),
    _body("seed-html-file", "<p>One *two*</p>\n", "<p>One *two*</p>", path="one.html"),
    _body("seed-text-file", "One *two* <b>\n\nthree\n", "<p>One *two* &lt;b&gt;</p><p>three</p>", path="one.txt"),
    _body(
        "seed-one-div-is-html",
        "<div>\n    <p>a</p>\n\n    <p>*b*</p>\n</div>\n",
        "<div>\n    <p>a</p>\n\n    <p>*b*</p>\n</div>",
    ),
    _body("seed-script-in-the-body", "Text <script>x()</script>\n", "<p>Text </p>"),
    _body("seed-liquid-raw", "{% raw %}{{ a }}{% endraw %}\n", "<p>{{ a }}</p>"),
    _body("seed-rule-in-the-body", "One\n\n---\n\ntwo\n", "<p>One</p>\n<hr>\n<p>two</p>"),
    seed(
        "seed-script-format",
        '---\nlayout: post\ntitle: "One"\ndate: 2026-03-01T12:00:00.000Z\nauthor: Ann\n'
        "from: https://site.example/1\ntags: [ Ann ]\n---\n<!--1772366400000-->\n[One](https://site.example/1)\n------\n\n"
        "<div>\n<p>Text</p>\n</div>\n",
        {
            **_ONE,
            "published": _NOON,
            "authors": (Person("Ann"),),
            "categories": (Category("Ann"),),
            "body": "<p>Text</p>",
        },
    ),
    seed(
        "seed-script-format-without-front-matter",
        "<!--1772366400000-->\n[One [two]](https://site.example/1)\n------\n\n<div>\n<p>Text</p>\n</div>\n",
        {**AT, "title": "One [two]", "published": _NOON, "body": "<p>Text</p>"},
    ),
)

_WHOLE = f"---\n{_TITLE}{_FROM}---\nText\n"
_READ: Fields = {**_ONE, "published": _DAY, "body": "<p>Text</p>"}

FILES = (
    seed("seed-with-a-byte-order-mark", f"\ufeff{_WHOLE}", _READ),
    seed("seed-with-windows-line-ends", _WHOLE.replace("\n", "\r\n"), _READ),
    seed("seed-with-old-mac-line-ends", _WHOLE.replace("\n", "\r"), _READ),
    seed("seed-with-blank-lines-in-front", f"\n\n{_WHOLE}", _READ),
    seed("seed-with-blanks-behind-the-fences", _WHOLE.replace("---\n", "---  \n"), _READ),
    seed("seed-fence-of-dots", f"---\n{_TITLE}{_FROM}...\nText\n", _READ),
    seed("seed-without-its-closing-fence", f"---\n{_TITLE}{_FROM}\nText\n", _READ, notes=_SEED),
    seed(
        "seed-in-toml",
        '+++\ntitle = "One"\ndate = 2026-03-01\nfrom = "https://site.example/1"\n+++\nText\n',
        _READ,
    ),
    seed(
        "seed-in-json", '{"title": "One", "date": "2026-03-01", "from": "https://site.example/1"}\n\nText\n', _READ
    ),
    seed("seed-of-pelican", "Title: One\nDate: 2026-03-01\nLink: https://site.example/1\n\nText\n", _READ),
    seed(
        "seed-in-gbk-that-says-so",
        f"---\ncoding: gbk\n{_FROM}date: 2026-03-01\ntitle: 港口\n---\n".encode("gbk"),
        {**AT, "title": "港口", "published": _DAY},
        notes=_SEED,
    ),
    _left_out("seed-in-utf-16", _WHOLE.encode("utf-16"), "binary file"),
    _left_out("seed-in-latin-1", _WHOLE.replace("Text", "café").encode("latin-1"), "it is not UTF-8"),
    _left_out("seed-that-is-empty", "\n \n", "it is empty"),
    _left_out("seed-without-front-matter", "# One\n\nText\n", "neither front matter nor a linked heading"),
    _left_out("seed-draft", f"---\n{_TITLE}draft: true\n---\n", "it is a draft"),
    _left_out("seed-draft-in-words", f"---\n{_TITLE}draft: 'Yes'\n---\n", "it is a draft"),
    _left_out("seed-not-published", f"---\n{_TITLE}published: false\n---\n", "published: false"),
    _left_out("seed-status-draft", f"---\n{_TITLE}status: Draft\n---\n", "status: draft"),
    seed("seed-that-is-no-draft", f"---\n{_TITLE}{_FROM}draft: false\npublished: true\n---\nText\n", _READ),
    _left_out("seed-that-is-a-template", "---\ntitle: '{{ page.title }}'\n---\n", "it is a template"),
    _left_out(
        "seed-with-a-tag-that-runs", f"---\n{_TITLE}x: !!python/object/apply:os.system [ls]\n---\n", "uses a tag"
    ),
    _left_out("seed-with-aliases", f"---\n{_TITLE}a: &a [1]\nb: *a\n---\n", "uses an alias"),
    _left_out("seed-front-matter-that-runs", f"---js\n{_TITLE}---\n", "is never run"),
    _left_out("seed-with-a-list-as-front-matter", "---\n- a\n- b\n---\nText\n", "no list of keys and values"),
    _left_out("seed-with-nothing-to-publish", "---\ndate: 2026-03-01\n---\n", "nothing to publish"),
)

ROWS = (*TITLES, *DATES, *LABELS, *ADDRESSES, *BODIES, *FILES)
