"""JSON Feed (N5, N14, N37, N63..N65, N70): wrong types are read as what they mean, where that is plain."""

from __future__ import annotations

from documents import URL
from feedbraid.model import Category, Enclosure, Link, Person
from odd_input.row import AT, HOME, JSON, JSON_AT, Row, in_json, minted, whole

_ONE: dict[str, object] = {**JSON_AT, "title": "One"}


def _item(name: str, written: str, why: tuple[str, ...] | None = None, **fields: object) -> Row:
    """Make a row of what stands beside id, url and title."""
    return in_json(name, f'{JSON}, "title": "One"{written and ", " + written}', {**_ONE, **fields}, why=why)


def _id(name: str, written: str, source_id: str) -> Row:
    item = f'"id": {written}, "url": "https://site.example/1", "title": "One"'
    own = {"source_id": source_id, "public_id": minted(URL, source_id)} if source_id else {}
    return in_json(name, item, {**AT, "title": "One", **own})


ITEMS = (
    _id("n6-number-as-id", "17", "17"),
    _id("n6-number-with-a-fraction-as-id", "1.5", "1.5"),
    _id("n6-whole-number-with-a-point-as-id", "17.0", "17"),
    _id("n6-number-of-thirty-digits-as-id", "123456789012345678901234567890", "123456789012345678901234567890"),
    _id("n6-number-beyond-all-bounds-as-id", "1e400", ""),
    _id("n6-null-as-id", "null", ""),
    _id("n6-truth-value-as-id", "true", ""),
    _id("n6-list-as-id", '["a"]', ""),
    _item("json-as-it-should-be", ""),
    _item(
        "json-nulls-everywhere",
        '"summary": null, "content_html": null, "tags": null, "authors": null, "attachments": null, '
        '"date_published": null, "image": null, "language": null',
    ),
    _item("json-unknown-members", '"_mine": {"a": [1, {"b": null}]}, "content": "x"'),
    _item(
        "n28-json-title-is-text",
        '"summary": ""',
    ),
    in_json(
        "n28-json-title-with-tags-is-text",
        f'{JSON}, "title": "The <b> tag &amp; more"',
        {**JSON_AT, "title": "The <b> tag &amp; more"},
    ),
    in_json("n30-json-without-a-title", f'{JSON}, "content_text": "Text"', {**JSON_AT, "body": "<p>Text</p>"}),
    in_json("n30-json-title-null", f'{JSON}, "title": null', JSON_AT),
    in_json("json-number-as-title", f'{JSON}, "title": 1984', {**JSON_AT, "title": "1984"}),
    _item("n36-json-html", '"content_html": "<p>a &amp; b</p>"', body="<p>a &amp; b</p>"),
    _item(
        "n37-json-text-with-line-breaks",
        r'"content_text": "One\ntwo\n\nthree <b> & four"',
        body="<p>One<br>two</p><p>three &lt;b&gt; &amp; four</p>",
    ),
    _item(
        "n36-json-html-and-text",
        '"content_html": "<p><b>The longer one</b></p>", "content_text": "The short"',
        body="<p><b>The longer one</b></p>",
    ),
    _item("n36-json-summary-alone-is-the-body", '"summary": "In <short>"', body="<p>In &lt;short&gt;</p>"),
    _item(
        "n34-json-summary-beside-content",
        '"summary": "In short", "content_text": "A text that is longer"',
        summary="In short",
        body="<p>A text that is longer</p>",
    ),
    _item("n35-json-control-characters", r'"content_text": "One\u0000\u000b\u0007two"', body="<p>Onetwo</p>"),
    _item("n35-json-half-a-character", r'"content_text": "One\ud83dtwo"', body="<p>Onetwo</p>"),
    _item("json-break-inside-a-text", '"content_text": "One\ntwo"', body="<p>One<br>two</p>"),
    _item(
        "n51-json-authors",
        '"authors": [{"name": "Ann", "url": "https://ann.example/"}, {"name": "Bob"}]',
        authors=(Person("Ann", "https://ann.example/"), Person("Bob")),
    ),
    _item("n51-json-author-of-version-1", '"author": {"name": "Ann"}', authors=(Person("Ann"),)),
    _item(
        "n51-json-authors-go-before-author",
        '"author": {"name": "Bob"}, "authors": [{"name": "Ann"}]',
        authors=(Person("Ann"),),
    ),
    _item("n51-json-texts-as-authors", '"authors": ["Ann", "Bob"]', authors=(Person("Ann"), Person("Bob"))),
    _item("n51-json-text-as-author", '"author": "Ann"', authors=(Person("Ann"),)),
    _item("n55-json-empty-author", '"authors": [{}, {"avatar": "https://a.example/a.png"}]'),
    _item("n52-json-mail-as-author", '"authors": [{"name": "ann@site.example"}]'),
    _item(
        "n70-json-tags-that-are-no-texts",
        '"tags": ["a", 7, null, true, "", " A ", {"name": "x"}]',
        categories=(Category("a"), Category("7")),
    ),
    _item("n70-json-tags-as-one-text", '"tags": "a"'),
    _item(
        "n14-json-date-without-a-zone", '"date_published": "2026-03-01T12:00:00"', published="2026-03-01T12:00:00Z"
    ),
    _item("n16-json-date-as-a-number", '"date_published": 1772366400', published="2026-03-01T12:00:00Z"),
    _item("n15-json-date-that-is-none", '"date_published": "soon"', why=("N15",)),
    _item(
        "n63-json-attachment-without-a-type",
        '"attachments": [{"url": "/a.mp3"}]',
        enclosures=(Enclosure("https://site.example/a.mp3", "audio/mpeg"),),
    ),
    _item(
        "n64-json-attachment-sizes",
        '"attachments": [{"url": "/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 12}, '
        '{"url": "/b.mp3", "size_in_bytes": -1}, {"url": "/c.mp3", "size_in_bytes": "9"}, '
        '{"url": "/d.mp3", "size_in_bytes": 1.5}]',
        enclosures=(
            Enclosure("https://site.example/a.mp3", "audio/mpeg", 12),
            Enclosure("https://site.example/b.mp3", "audio/mpeg"),
            Enclosure("https://site.example/c.mp3", "audio/mpeg", 9),
            Enclosure("https://site.example/d.mp3", "audio/mpeg"),
        ),
    ),
    _item(
        "n63-json-attachments-that-are-none",
        '"attachments": ["https://site.example/a.mp3", {"mime_type": "audio/mpeg"}, {"url": 7}]',
        enclosures=(Enclosure("https://site.example/7", "application/octet-stream"),),
    ),
    _item(
        "n61-json-external-url-is-related",
        '"external_url": "https://other.example/a"',
        links=(Link("https://other.example/a", "related"),),
    ),
    _item(
        "n67-json-image-goes-before-the-banner",
        '"banner_image": "/b.png", "image": "/a.png"',
        image="https://site.example/a.png",
    ),
    _item("n67-json-banner-alone", '"banner_image": "/b.png"', image="https://site.example/b.png"),
    _item("n74-json-language-of-an-item", '"language": "pt_br"', language="pt-BR"),
    in_json(
        "n58-json-id-that-is-an-address-is-no-link",
        '"id": "https://site.example/1", "title": "One"',
        {
            "key": "guid:site:https://site.example/1",
            "source_id": "https://site.example/1",
            "public_id": "https://site.example/1",
            "title": "One",
        },
    ),
    in_json(
        "n61-json-external-url-alone-is-no-link",
        '"id": "a", "title": "One", "external_url": "https://other.example/a"',
        {
            "key": "guid:site:a",
            "source_id": "a",
            "public_id": minted(URL, "a"),
            "title": "One",
            "links": (Link("https://other.example/a", "related"),),
        },
    ),
    in_json(
        "d18-json-item-with-nothing",
        ['"id": "a"', f'{JSON}, "title": "One"'],
        _ONE,
        skipped=("nothing to publish",),
    ),
)

_ITEM = f'{{{JSON}, "title": "One"}}'
_VERSION = '"version": "https://jsonfeed.org/version/1.1"'


def _whole(name: str, document: str, *, items: int = 1, **more: object) -> Row:
    return whole(name, document, *([_ONE] * items), dialect="json", **more)


DOCUMENTS = (
    _whole("json-version-1", f'{{"version": "https://jsonfeed.org/version/1", "items": [{_ITEM}]}}'),
    _whole("json-version-over-http", f'{{"version": "http://jsonfeed.org/version/1.1/", "items": [{_ITEM}]}}'),
    _whole(
        "json-version-to-come",
        f'{{"version": "https://jsonfeed.org/version/2", "items": [{_ITEM}]}}',
        notes=("JSON Feed",),
    ),
    whole(
        "json-without-a-version-but-a-title",
        f'{{"title": "Site", "items": [{_ITEM}]}}',
        {**_ONE, "authors": (Person("Site"),)},
        dialect="json",
        notes=("JSON Feed",),
    ),
    whole("json-without-version-and-title", f'{{"items": [{_ITEM}]}}', failed="no whole JSON Feed"),
    whole("json-list-at-the-top", f"[{_ITEM}]", failed="no whole JSON Feed"),
    whole("json-without-items", f'{{{_VERSION}, "title": "Site"}}', failed="no whole JSON Feed"),
    _whole(
        "json-items-that-are-no-objects", f'{{{_VERSION}, "items": [null, "a", {_ITEM}, 7]}}', notes=("JSON Feed",)
    ),
    _whole("json-with-words-behind-it", f'{{{_VERSION}, "items": [{_ITEM}]}} <!-- cached -->'),
    _whole("json-sent-as-html", f'\n {{{_VERSION}, "items": [{_ITEM}]}}', content_type="text/html; charset=utf-8"),
    _whole("json-with-a-byte-order-mark-in-front", f'\ufeff{{{_VERSION}, "items": [{_ITEM}]}}'),
    _whole("json-empty", f'{{{_VERSION}, "items": []}}', items=0, channel={"id": URL, "feed_url": URL}),
    whole(
        "json-channel",
        f'{{{_VERSION}, "title": "The <b> site", "home_page_url": "{HOME}", "description": "All of it", '
        '"feed_url": "https://elsewhere.example/feed.json", "icon": "/i.png", "favicon": "/f.png", '
        f'"language": "en-us", "authors": [{{"name": "Ann"}}], "expired": false, "items": [{_ITEM}]}}',
        {**_ONE, "authors": (Person("Ann"),), "language": "en-US"},
        dialect="json",
        channel={
            "id": URL,
            "title": "The <b> site",
            "subtitle": "All of it",
            "feed_url": URL,
            "link": HOME,
            "authors": (Person("Ann"),),
            "language": "en-US",
            "icon": "https://site.example/i.png",
        },
    ),
)

ROWS = (*ITEMS, *DOCUMENTS)
