"""Lazy images, srcset, embeds, tracking pixels: N45, N48, N49, D9."""

from __future__ import annotations

import pytest

from feedbraid import html
from feedbraid.model import CleaningRules, Note
from html_judge import faults

BASE = "https://example.org/blog/"


def cleaned(markup: str, **switches: object) -> html.Cleaned:
    return html.clean(markup, base=BASE, rules=CleaningRules(**switches))  # type: ignore[arg-type]  # a row's switches


IMAGE = '<img src="https://example.org/i.jpg">'

LAZY = [
    pytest.param('<img data-src="/i.jpg">', IMAGE, id="data-src without src"),
    pytest.param('<img src="blank.gif" data-src="/i.jpg">', IMAGE, id="data-src wins over a stand-in"),
    pytest.param('<img src="data:image/gif;base64,R0=" data-src="/i.jpg">', IMAGE, id="and over embedded data"),
    pytest.param('<img data-original="/i.jpg">', IMAGE, id="data-original"),
    pytest.param('<img data-lazy-src="/i.jpg">', IMAGE, id="data-lazy-src"),
    pytest.param('<IMG DATA-SRC="//example.org/i.jpg">', IMAGE, id="capitals, relative to the scheme"),
    pytest.param('<img src="/i.jpg" data-src="{&quot;a&quot;: 1}">', IMAGE, id="data-src that is no address"),
    pytest.param('<img src="/i.jpg" data-src="photo">', IMAGE, id="data-src that is a word"),
    pytest.param('<img src="/i.jpg" data-src="javascript:alert(1)//.x">', IMAGE, id="data-src that is hostile"),
    pytest.param(
        '<img data-src="/i.jpg" data-srcset="/j.jpg 2x">',
        '<img src="https://example.org/i.jpg" srcset="https://example.org/j.jpg 2x">',
        id="data-srcset beside data-src",
    ),
    pytest.param(
        '<img data-lazy-srcset="/i.jpg 1x, /j.jpg 2x">',
        '<img src="https://example.org/i.jpg" '
        'srcset="https://example.org/i.jpg 1x, https://example.org/j.jpg 2x">',
        id="data-lazy-srcset alone gives the src too",
    ),
    pytest.param(
        '<picture><source data-srcset="/i.webp"><img data-src="/i.jpg"></picture>',
        f'<picture><source srcset="https://example.org/i.webp">{IMAGE}</picture>',
        id="a picture",
    ),
    pytest.param('<img class="x"><noscript><img src="/i.jpg"></noscript>', IMAGE, id="a twin for an empty image"),
    pytest.param(
        '<img src="lazy.png"> <noscript><img src="/i.jpg"></noscript>', IMAGE, id="a twin for a stand-in before it"
    ),
    pytest.param(
        '<img src="data:x" data-src="/i.jpg"><noscript><img src="/i.jpg"></noscript>',
        IMAGE,
        id="a twin of a woken one",
    ),
    pytest.param(
        '<noscript><img src="/i.jpg"></noscript><img src="data:x" data-src="/i.jpg">', IMAGE, id="a twin in front"
    ),
    pytest.param(
        "<div></div><noscript><img src='/i.jpg'></noscript>", f"<div></div>{IMAGE}", id="an image of its own"
    ),
    pytest.param(f'{IMAGE}<noscript><img src="/other.jpg"></noscript>', IMAGE, id="a real image is no stand-in"),
    pytest.param("a<noscript>text <b>only</b></noscript>b", "ab", id="N47 a noscript without images goes"),
    pytest.param(
        '<noscript><img src="https://a.example/t" style="display: none"></noscript>',
        "",
        id="a hidden image stays away",
    ),
    pytest.param("&lt;img data-src=x&gt;", "&lt;img data-src=x&gt;", id="text about it"),
    pytest.param('<img src="/s.gif" data-lazyload="/i.jpg">', IMAGE, id="data-lazyload"),
    pytest.param('<img data-lazy="/i.jpg">', IMAGE, id="data-lazy"),
    pytest.param('<img src="/i.jpg" data-lazy="true">', IMAGE, id="data-lazy that says only that it is"),
    pytest.param(
        '<audio data-src="/a.mp3"></audio>', '<audio src="https://example.org/a.mp3"></audio>', id="lazy audio"
    ),
    pytest.param('<amp-img src="/i.jpg" layout="fill"></amp-img>', IMAGE, id="an image of AMP"),
    pytest.param(
        '<amp-img src="/i.jpg"><noscript><img src="/i.jpg"></noscript></amp-img>', IMAGE, id="with its twin"
    ),
    pytest.param(
        '<amp-video src="/v.mp4"></amp-video>', '<video src="https://example.org/v.mp4"></video>', id="AMP video"
    ),
]


@pytest.mark.parametrize(("markup", "expected"), LAZY)
def test_n45_lazy_images_get_the_address_that_a_script_would_give_them(markup: str, expected: str) -> None:
    once = cleaned(markup).html
    assert once.replace(' class="x"', "") == expected
    assert cleaned(once).html == once


def test_d5_repaired_images_are_noted() -> None:
    assert cleaned('<img data-src="/a.jpg"><img data-src="/b.jpg">').notes == (
        Note("N45", "2 lazy images repaired"),
    )


SRCSET = [
    pytest.param("a.jpg 1x, /b.jpg 2x", "{B}a.jpg 1x, https://example.org/b.jpg 2x", id="densities"),
    pytest.param("a.jpg 480w,b.jpg 800w", "{B}a.jpg 480w, {B}b.jpg 800w", id="widths without a blank"),
    pytest.param("w_1,h_2/a.jpg 1.5x, b.jpg", "{B}w_1,h_2/a.jpg 1.5x, {B}b.jpg", id="commas in an address"),
    pytest.param("a.jpg, b.jpg 2x", "{B}a.jpg, {B}b.jpg 2x", id="no size"),
    pytest.param("data:image/png;base64,AA,BB 1x, b.jpg 2x", "{B}b.jpg 2x", id="embedded data goes"),
    pytest.param("javascript:x 1x, b.jpg 2x", "{B}b.jpg 2x", id="other schemes go"),
    pytest.param("a.jpg 1q, b.jpg 2x", "{B}b.jpg 2x", id="an unknown size goes"),
    pytest.param(" , ,a.jpg  2x , ", "{B}a.jpg 2x", id="stray commas and blanks"),
    pytest.param("a.jpg 100w 50h", "{B}a.jpg 100w 50h", id="width and height"),
    pytest.param(
        "https://a.example/w_1,h_2/a.jpg 1x,https://a.example/w_2,h_4/a.jpg 2x",
        "https://a.example/w_1,h_2/a.jpg 1x, https://a.example/w_2,h_4/a.jpg 2x",
        id="commas in addresses, and no blank behind a size",
    ),
    pytest.param("a.jpg 100w (max-width: 3px), b.jpg 2w", "{B}b.jpg 2w", id="a size with brackets"),
]


@pytest.mark.parametrize(("stated", "expected"), SRCSET)
def test_n45_each_image_of_a_srcset_is_absolute(stated: str, expected: str) -> None:
    once = cleaned(f'<img src="/i.jpg" srcset="{stated}">').html
    assert once == f'<img src="https://example.org/i.jpg" srcset="{expected.replace("{B}", BASE)}">'
    assert cleaned(once).html == once


def link(url: str, label: str = "") -> str:
    return f'<p><a href="{url}">{label or url}</a></p>'


EMBEDS = [
    pytest.param('<iframe src="https://v.example/e/1"></iframe>', link("https://v.example/e/1"), id="an iframe"),
    pytest.param(
        '<iframe src="//v.example/e/1"/>after', link("https://v.example/e/1") + "after", id="self-closed"
    ),
    pytest.param(
        '<iframe data-src="/e" src="about:blank"></iframe>', link("https://example.org/e"), id="a lazy iframe"
    ),
    pytest.param(
        '<iframe src="/e" title="A &lt;b&gt;"></iframe>', link("https://example.org/e", "A &lt;b&gt;"), id="titled"
    ),
    pytest.param('<p><iframe src="/e"></iframe></p>', link("https://example.org/e"), id="alone in its paragraph"),
    pytest.param('<p class="v"> <iframe src="/e"></iframe> </p>', link("https://example.org/e"), id="with blanks"),
    pytest.param(
        '<p>a <iframe src="/e"></iframe> b</p>',
        f"<p>a </p>{link('https://example.org/e')} b",
        id="inside a paragraph",
    ),
    pytest.param(
        '<object data="http://v.example/f.swf"><embed src="http://v.example/f.swf"></object>',
        link("http://v.example/f.swf"),
        id="object and embed are one",
    ),
    pytest.param(
        '<object><param name="movie" value="x"><embed src="/f?a=1&amp;b=2"></object>',
        link("https://example.org/f?a=1&amp;b=2"),
        id="embed in an object without data",
    ),
    pytest.param(
        '<object width="4"> <param name="movie" value="/f"> <param name="x" value="y"> </object>',
        link("https://example.org/f"),
        id="an object with a parameter for its address",
    ),
    pytest.param(
        '<object> <param name="movie" value="/f"> <embed src="/g"></object>',
        "  " + link("https://example.org/g"),
        id="the embed in an object says where it is",
    ),
    pytest.param('<object><param name="wmode" value="/f"></object>x', "x", id="an object without an address"),
    pytest.param('<iframe srcdoc="&lt;b&gt;a&lt;/b&gt;"></iframe>x', "x", id="a document inside an attribute"),
    pytest.param(
        '<noscript><iframe src="/e"></iframe></noscript>', link("https://example.org/e"), id="an embed in noscript"
    ),
    pytest.param("<iframe>fallback</iframe>x", "x", id="no address"),
    pytest.param('<iframe src="javascript:alert(1)"></iframe>x', "x", id="a hostile address"),
    pytest.param('<iframe src="/e" width="0" height="0"></iframe>x', "x", id="N49 an invisible iframe"),
    pytest.param(
        '<iframe src="https://www.googletagmanager.com/ns.html?id=1"></iframe>', "", id="N49 a known counter"
    ),
    pytest.param("&lt;iframe src='/e'&gt;", "&lt;iframe src='/e'&gt;", id="text about it"),
]


@pytest.mark.parametrize(("markup", "expected"), EMBEDS)
def test_n48_an_embed_becomes_a_link_to_the_embedded_page(markup: str, expected: str) -> None:
    once = cleaned(markup).html
    assert once == expected
    assert cleaned(once).html == once


def test_d5_embeds_are_noted() -> None:
    assert cleaned('<iframe src="/e"></iframe>').notes == (Note("N48", "1 embed linked instead of shown"),)


LISTED = [
    pytest.param(
        '<iframe src="https://v.example/e" width="5" height="6" allowfullscreen title="T" onload="x" id="z">'
        "<b>fallback</b></iframe>",
        '<iframe src="https://v.example/e" width="5" height="6" allowfullscreen="" title="T"></iframe>',
        id="keeps its size and title alone",
    ),
    pytest.param(
        '<p><iframe src="//www.V.example/e"></iframe></p>',
        '<p><iframe src="https://www.v.example/e"></iframe></p>',
        id="with www., in its paragraph",
    ),
    pytest.param('<iframe src="http://v.example/e"></iframe>', link("http://v.example/e"), id="not without https"),
    pytest.param(
        '<iframe src="https://x.v.example/e"></iframe>', link("https://x.v.example/e"), id="no other host"
    ),
    pytest.param(
        '<iframe src="https://evil.example/v.example"></iframe>',
        link("https://evil.example/v.example"),
        id="nor a path",
    ),
    pytest.param('<embed src="https://v.example/e">', link("https://v.example/e"), id="nor another element"),
]


@pytest.mark.parametrize(("markup", "expected"), LISTED)
def test_n48_an_iframe_of_a_listed_host_stays(markup: str, expected: str) -> None:
    once = cleaned(markup, embeds=("v.example",)).html
    assert once == expected
    assert faults(once, iframes=True) == []
    assert cleaned(once, embeds=("v.example",)).html == once


def test_n48_a_host_may_be_listed_with_www() -> None:
    player = '<iframe src="https://v.example/e"></iframe>'
    assert cleaned(player, embeds=("WWW.v.example",)).html == player


PIXELS = [
    pytest.param('width="1" height="1" src="https://a.example/p.gif"', id="one pixel large"),
    pytest.param('width="0" height="1px" src="https://a.example/p.gif"', id="less than one pixel"),
    pytest.param('src="http://feeds.feedburner.com/~r/Blog/~4/abc"', id="FeedBurner"),
    pytest.param('src="https://feeds.example.org/~r/Blog/~4/abc"', id="FeedBurner under another name"),
    pytest.param('src="https://pixel.wp.com/b.gif?v=1"', id="WordPress pixel"),
    pytest.param('src="https://stats.wordpress.com/b.gif?v=1"', id="WordPress stats"),
    pytest.param('src="http://feeds.wordpress.com/1.0/comments/x/"', id="WordPress feeds"),
    pytest.param('src="https://medium.com/_/stat?event=post.clientViewed"', id="Medium"),
    pytest.param('src="https://blogger.googleusercontent.com/tracker/1"', id="Blogger"),
    pytest.param('src="https://www.facebook.com/tr?id=1&amp;ev=PageView"', id="Facebook"),
    pytest.param('src="http://rss.feedsportal.com/c/1/mf.gif"', id="FeedsPortal"),
    pytest.param('src="https://stats.example.net/matomo.php?idsite=1"', id="Matomo"),
    pytest.param('src="https://ssl-vg03.met.vgwort.de/na/abc"', id="VG Wort"),
    pytest.param('srcset="https://a.example/p.gif 1x" width="1" height="1"', id="one pixel, by srcset alone"),
]


@pytest.mark.parametrize("attributes", PIXELS)
def test_n49_tracking_pixels_go_unless_they_are_wanted(attributes: str) -> None:
    assert cleaned(f"a<img {attributes}>b") == html.Cleaned("ab", (Note("N49", "1 tracking pixel removed"),))
    assert cleaned(f"a<img {attributes}>b", tracking_pixels=True).html.startswith("a<img ")


IMAGES = [
    pytest.param('width="1" src="https://a.example/p.gif"', id="one side alone says nothing"),
    pytest.param('width="100" height="1" src="https://a.example/p.gif"', id="a line"),
    pytest.param('src="https://a.example/pixel.wp.com/i.jpg"', id="a path that looks like a counter"),
    pytest.param('src="https://notmedium.com/_/stat"', id="a host that ends like one"),
    pytest.param('src="https://medium.com/i.jpg"', id="another image of that host"),
    pytest.param('src="https://i0.wp.com/a.example/i.jpg"', id="an image proxy"),
]


@pytest.mark.parametrize("attributes", IMAGES)
def test_n49_other_images_stay(attributes: str) -> None:
    assert cleaned(f"<img {attributes}>") == html.Cleaned(f"<img {attributes}>")


def test_n49_a_pixel_takes_the_link_around_it_along() -> None:
    counter = "http://feeds.wordpress.com/1.0"
    body = f'<p>a <a href="{counter}/gocomments/x/"><img alt="" src="{counter}/comments/x/"></a></p>'
    assert cleaned(body).html == "<p>a </p>"
