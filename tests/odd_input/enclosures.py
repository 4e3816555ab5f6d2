"""Enclosures, media and pictures (N63..N67)."""

from __future__ import annotations

from feedbraid.model import Enclosure
from odd_input.row import AT, ATOM, ATOM_AT, LINK, ONE, TITLED, Row, in_atom, in_rss

_MP3 = "https://site.example/a.mp3"


def _one(name: str, attributes: str, media_type: str = "audio/mpeg", length: int = 0, url: str = _MP3) -> Row:
    item = f"{LINK}{ONE}<enclosure {attributes}/>"
    return in_rss(name, item, {**AT, **TITLED, "enclosures": (Enclosure(url, media_type, length),)})


def _media(name: str, written: str, **fields: object) -> Row:
    return in_rss(name, f"{LINK}{ONE}{written}", {**AT, **TITLED, **fields})


STATED = (
    _one("n63-as-it-should-be", f'url="{_MP3}" type="audio/mpeg" length="123"', length=123),
    _one("n63-missing-type-is-told-by-the-extension", f'url="{_MP3}" length="123"', length=123),
    _one("n63-type-that-is-none-is-told-by-the-extension", f'url="{_MP3}" type="mp3"'),
    _one("n63-empty-type", f'url="{_MP3}" type="" length="0"'),
    _one("n63-type-in-capitals-with-a-parameter", f'url="{_MP3}" type="Audio/MPEG; rate=1"'),
    _one(
        "n63-extension-in-capitals-before-a-query",
        'url="https://site.example/a.MP3?x=1.pdf"',
        url="https://site.example/a.MP3?x=1.pdf",
    ),
    _one(
        "n63-nothing-tells-the-type",
        'url="https://site.example/get"',
        "application/octet-stream",
        url="https://site.example/get",
    ),
    _one("n64-negative-length-is-unknown", f'url="{_MP3}" type="audio/mpeg" length="-1"'),
    _one("n64-length-with-a-comma-is-unknown", f'url="{_MP3}" type="audio/mpeg" length="12,345"'),
    _one("n64-length-of-16-digits-is-unknown", f'url="{_MP3}" type="audio/mpeg" length="1234567890123456"'),
    _one(
        "n64-length-of-15-digits-is-known",
        f'url="{_MP3}" type="audio/mpeg" length="123456789012345"',
        length=123456789012345,
    ),
    _one("n64-length-in-words-is-unknown", f'url="{_MP3}" type="audio/mpeg" length="big"'),
    _one("n64-length-with-blanks", f'url="{_MP3}" type="audio/mpeg" length=" 12 "', length=12),
    _one("n64-length-in-arabic-digits-is-unknown", f'url="{_MP3}" type="audio/mpeg" length="\u0661\u0662"'),
    _one("n56-relative-enclosure", 'url="/a.mp3" type="audio/mpeg"'),
    _one("n57-enclosure-with-a-blank", 'url="/a b.mp3"', url="https://site.example/a%20b.mp3"),
    _one(
        "n59-tracking-parameters-of-enclosures-stay",
        'url="/a.mp3?utm_source=rss"',
        url="https://site.example/a.mp3?utm_source=rss",
    ),
    in_rss(
        "n56-enclosure-of-another-scheme-goes",
        f'{LINK}{ONE}<enclosure url="ftp://a.example/b"/>',
        AT | TITLED,
        why=("N63",),
    ),
    in_rss(
        "n63-enclosure-without-an-address-goes",
        f'{LINK}{ONE}<enclosure type="audio/mpeg" length="1"/>',
        AT | TITLED,
    ),
    in_rss(
        "n65-enclosure-twice-is-one",
        f'{LINK}{ONE}<enclosure url="{_MP3}" length="1"/><enclosure url="/a.mp3" length="2"/>',
        {**AT, **TITLED, "enclosures": (Enclosure(_MP3, "audio/mpeg", 1),)},
    ),
    in_rss(
        "n65-all-enclosures-are-kept-in-their-order",
        f'{LINK}{ONE}<enclosure url="/b.pdf" length="2"/><enclosure url="/a.mp3" length="1"/>',
        {
            **AT,
            **TITLED,
            "enclosures": (
                Enclosure("https://site.example/b.pdf", "application/pdf", 2),
                Enclosure(_MP3, "audio/mpeg", 1),
            ),
        },
    ),
    in_rss(
        "n63-item-of-an-enclosure-and-a-guid-alone",
        f'<guid isPermaLink="false">urn:isbn:0451450523</guid><enclosure url="{_MP3}"/>',
        {
            "key": "guid:site:urn:isbn:0451450523",
            "source_id": "urn:isbn:0451450523",
            "public_id": "urn:isbn:0451450523",
            "enclosures": (Enclosure(_MP3, "audio/mpeg"),),
        },
    ),
    in_atom(
        "n63-atom-enclosure-link",
        f'{ATOM}{ONE}<link rel="enclosure" href="/a.mp3" length="12" title=" The  file "/>',
        {**ATOM_AT, **TITLED, "enclosures": (Enclosure(_MP3, "audio/mpeg", 12, "The file"),)},
    ),
)

_GROUP = (
    '<media:group><media:content url="/small.mp4" type="video/mp4" fileSize="1"/>'
    '<media:content url="/large.mp4" type="video/mp4" fileSize="9"/></media:group>'
)

MEDIA = (
    _media(
        "n66-media-content-that-is-no-picture-is-an-enclosure",
        '<media:content url="/v.mp4" type="video/mp4" fileSize="7"/>',
        enclosures=(Enclosure("https://site.example/v.mp4", "video/mp4", 7),),
    ),
    _media(
        "n66-media-group",
        _GROUP,
        enclosures=(
            Enclosure("https://site.example/small.mp4", "video/mp4", 1),
            Enclosure("https://site.example/large.mp4", "video/mp4", 9),
        ),
    ),
    _media(
        "n66-media-content-that-is-a-picture",
        '<media:content url="/a.jpg" medium="image"/>',
        image="https://site.example/a.jpg",
    ),
    _media(
        "n66-first-thumbnail-is-the-picture",
        '<media:thumbnail url="/t.jpg"/><media:thumbnail url="/u.jpg"/>',
        image="https://site.example/t.jpg",
    ),
    _media(
        "n66-thumbnail-goes-before-a-media-picture",
        '<media:content url="/a.jpg" medium="image"/><media:thumbnail url="/t.jpg"/>',
        image="https://site.example/t.jpg",
    ),
    _media(
        "n66-thumbnail-inside-a-media-content",
        '<media:content url="/v.mp4" type="video/mp4"><media:thumbnail url="/t.jpg"/></media:content>',
        image="https://site.example/t.jpg",
        enclosures=(Enclosure("https://site.example/v.mp4", "video/mp4"),),
    ),
    _media(
        "n66-media-description-is-a-fallback-body",
        "<media:description>Text</media:description>",
        body="<p>Text</p>",
    ),
    _media(
        "n65-media-content-that-repeats-the-enclosure-is-one",
        f'<enclosure url="{_MP3}" type="audio/mpeg" length="5"/><media:content url="{_MP3}" type="audio/mpeg"/>',
        enclosures=(Enclosure(_MP3, "audio/mpeg", 5),),
    ),
    _media("n56-picture-of-another-scheme-goes", '<media:thumbnail url="data:image/png;base64,AA=="/>'),
)

ROWS = (*STATED, *MEDIA)
