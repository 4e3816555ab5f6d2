"""The filters for addresses: image_proxy, unproxy, clean_links, absolute."""

from __future__ import annotations

import asyncio
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from functools import cache, partial
from html import escape, unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filtered
from feedbraid import html, urls
from feedbraid.chain import build_chain
from feedbraid.errors import ConfigError
from feedbraid.filters import Each, Setting
from feedbraid.filters._proxies import SERVICES
from feedbraid.media import written
from feedbraid.model import (
    CleaningRules,
    Enclosure,
    Episode,
    Fresh,
    Known,
    Link,
    OriginSpec,
    Person,
    Post,
    Reading,
    SourceState,
)
from feedbraid.sources.seeds import SeedFolder
from feedbraid.wire import make_filter

few = settings(max_examples=40, deadline=None)


chain_of = cache(filtered.chain_of)


def img(address: str) -> str:
    return f"<img{written({'src': address})}>"


def src_after(config: str, address: str) -> str:
    """Give what becomes of the address of an image."""
    body = chain_of(config).shaped(filtered.post_of(body=img(address))).entry.body
    return unescape(body.removeprefix('<img src="').removesuffix('">'))


def href_after(config: str, address: str) -> str:
    """Give what becomes of the address of a link."""
    post = filtered.post_of(body=f'<a href="{escape(address)}">x</a>')
    body = chain_of(config).shaped(post).entry.body
    return unescape(body.removeprefix('<a href="').removesuffix('">x</a>'))


def problem(config: str) -> str:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(config)
    return "; ".join(one.message for one in caught.value.problems)


# --- unproxy ----------------------------------------------------------------------------------------------

PLAIN = "https://news.example/a.jpg"
CAMO = f"https://camo.githubusercontent.com/{'0f' * 20}/"

BEHIND_PROXIES = [
    ("https://images.weserv.nl/?url=news.example/a.jpg", PLAIN, "weserv without a scheme"),
    ("https://images.weserv.nl?url=news.example/a.jpg", PLAIN, "weserv without a slash, as in the sample"),
    ("http://images.weserv.nl/?url=news.example/a.jpg", PLAIN, "weserv on http"),
    ("https://wsrv.nl/?w=300&url=https%3A%2F%2Fnews.example%2Fa.jpg&h=9", PLAIN, "weserv between its parameters"),
    ("https://wsrv.nl/?url=http://news.example/a.jpg", "http://news.example/a.jpg", "weserv with http"),
    ("https://images.weserv.nl/?url=ssl:news.example/a.jpg&w=1", PLAIN, "weserv with its old ssl:"),
    ("https://images.weserv.nl/?url=ssl%3Anews.example%2Fa.jpg", PLAIN, "weserv with its old ssl:, encoded"),
    ("https://images.weserv.nl/?url=//news.example/a.jpg", PLAIN, "weserv with two slashes"),
    (
        "https://voa.example/a/images.weserv.nl/?url=news.example/a.jpg",
        PLAIN,
        "weserv written as a relative address",
    ),
    ("https://wsrv.nl/?url=https%253A%252F%252Fnews.example%252Fa.jpg", PLAIN, "encoded twice"),
    ("https://wsrv.nl/?url=news.example%252Fa.jpg", PLAIN, "encoded twice without a scheme"),
    ("https://wsrv.nl/?url=https:/news.example/a.jpg", PLAIN, "a slash lost on the way"),
    (
        "https://wsrv.nl/?url=https%3A%2F%2Fnews.example%2F%25E4%25B8%25AD%3Fa%3D1%26b%3D%252B%2B%23f",
        "https://news.example/%E4%B8%AD?a=1&b=%2B+#f",
        "an address with signs of its own",
    ),
    (
        "https://wsrv.nl/?url=https://news.example/中 文.jpg",
        "https://news.example/%E4%B8%AD%20%E6%96%87.jpg",
        "Chinese",
    ),
    ("https://wsrv.nl/?url=https://news.example/%D6%D0.jpg", "https://news.example/%D6%D0.jpg", "escapes of GBK"),
    ("https://i0.wp.com/news.example/a.jpg?ssl=1&resize=9%2C9", PLAIN, "Photon"),
    ("https://i3.wp.com/news.example/a.jpg", "http://news.example/a.jpg", "Photon without ssl"),
    ("https://i1.wp.com/news.example/a?q=x%3D1%26y%3D2&ssl=1", "https://news.example/a?x=1&y=2", "Photon with q"),
    ("https://external-content.duckduckgo.com/iu/?u=https%3A%2F%2Fnews.example%2Fa.jpg&f=1", PLAIN, "DuckDuckGo"),
    ("https://proxy.duckduckgo.com/iu/?u=https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "DuckDuckGo before"),
    (
        "https://images1-focus-opensocial.googleusercontent.com/gadgets/proxy?container=focus&url=" + PLAIN,
        PLAIN,
        "Google's gadgets",
    ),
    (f"https://ci3.googleusercontent.com/proxy/LaM6v=s0-d-e1-ft#{PLAIN}", PLAIN, "Gmail"),
    (f"https://ci5.googleusercontent.com/meips/ADK=s0-d-e1-ft#{PLAIN}", PLAIN, "Gmail of late"),
    ("https://www.google.com/imgres?imgurl=https%3A%2F%2Fnews.example%2Fa.jpg&h=9", PLAIN, "Google's pictures"),
    ("https://cdn.statically.io/img/news.example/f=auto,w=600/a.jpg", PLAIN, "Statically"),
    ("https://cdn.statically.io/img/news.example/a.jpg", PLAIN, "Statically without parameters"),
    ("https://images-ext-1.discordapp.net/external/N62o/https/news.example/a.jpg?width=3", PLAIN, "Discord"),
    (
        "https://images-ext-2.discordapp.net/external/N62o/%3Fsize%3D9/https/news.example/a.jpg",
        f"{PLAIN}?size=9",
        "Discord with a query",
    ),
    ("https://external.xx.fbcdn.net/safe_image.php?d=A&url=https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "Facebook"),
    ("https://slack-imgs.com/?c=1&o1=ro&url=https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "Slack"),
    ("https://i.embed.ly/1/display/resize?key=1&url=https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "Embedly"),
    ("https://pocket-image-cache.com/direct?resize=w2000&url=https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "Pocket"),
    (
        "https://pocket-image-cache.com//filters:no_upscale()/https%3A%2F%2Fnews.example%2Fa.jpg",
        PLAIN,
        "Pocket, path",
    ),
    (CAMO + PLAIN.encode().hex(), PLAIN, "camo"),
    (f"https://camo.example/{'0f' * 20}?url=https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "camo with a query"),
    ("https://img.example/insecure/rs:fit:300:200/plain/https://news.example/a.jpg@webp", PLAIN, "imgproxy"),
    ("https://img.example/unsafe/plain/https%3A%2F%2Fnews.example%2Fa.jpg", PLAIN, "imgproxy, encoded"),
    (
        f"https://img.example/insecure/w:9/{urlsafe_b64encode(PLAIN.encode()).decode()}.png",
        PLAIN,
        "imgproxy, base64",
    ),
    (
        f"https://rss.example/proxy/{'aB-_' * 10}aB0=/{urlsafe_b64encode(PLAIN.encode()).decode()}",
        PLAIN,
        "Miniflux",
    ),
    (
        "https://wsrv.nl/?url=https%3A%2F%2Fi0.wp.com%2Fnews.example%2Fa.jpg%3Fssl%3D1",
        PLAIN,
        "Photon inside weserv",
    ),
    (
        "https://pocket-image-cache.com//filters:x()/https%3A%2F%2Fwsrv.nl%2F%3Furl%3Di1.wp.com%2Fnews.example%2Fa%3Fssl%3D1",
        "https://news.example/a",
        "three deep",
    ),
]


@pytest.mark.parametrize(
    ("proxied", "original"),
    [pytest.param(proxied, original, id=says) for proxied, original, says in BEHIND_PROXIES],
)
def test_unproxy_finds_the_original(proxied: str, original: str) -> None:
    stated = urls.absolute(proxied)
    assert src_after("- unproxy", stated) == original
    assert href_after("- unproxy", stated) == original


def nested(times: int) -> str:
    address = PLAIN
    for _ in range(times):
        address = f"https://wsrv.nl/?url={quote(address, safe='')}"
    return address


NOT_UNDONE = [
    ("https://news.example/a.jpg", "no proxy at all"),
    ("https://images.weserv.nl/lichtenstein.jpg", "a picture of the proxy itself"),
    ("https://images.weserv.nl/?url=", "an empty value"),
    ("https://wsrv.nl/?url=localhost/a.jpg", "a name without a dot"),
    ("https://wsrv.nl/?url=http%3A%2F%2Fprinter.local%2Fa.jpg", "a name of a house"),
    ("https://wsrv.nl/?url=http%3A%2F%2F192.168.1.1%2Fa.jpg", "a private number"),
    ("https://wsrv.nl/?url=http%3A%2F%2F0x7f.1%2Fa.jpg", "a number in disguise"),
    ("https://wsrv.nl/?url=http%3A%2F%2F93.184.215%2Fa.jpg", "half a number"),
    ("https://wsrv.nl/?url=ftp%3A%2F%2Fnews.example%2Fa.jpg", "another scheme"),
    ("https://wsrv.nl/?url=javascript%3Aalert(1)", "a script"),
    ("https://wsrv.nl/?url=data%3Aimage%2Fpng%3Bbase64%2CAA", "embedded data"),
    ("https://wsrv.nl/?url=mailto%3Aann%40news.example", "a mail address"),
    ("https://wsrv.nl/?url=https%3A%2F%2Fuser%3Apw%40news.example%2F", "a password in it"),
    ("https://wsrv.nl/?url=xn--a.xn--zzzzzz99999", "a host that no browser reads"),
    ("https://i0.wp.com/latex.php?latex=x", "a picture of wp.com"),
    ("https://lh3.googleusercontent.com/proxy/cvncEsPLflt3jbDLh5D2Jd1Mzq5D", "Google, encrypted"),
    ("https://camo.githubusercontent.com/0f0f/zz", "camo, not in hex"),
    (CAMO + "ffff" * 8, "camo, no text"),
    ("https://img.example/insecure/w:9/aHR0cHM6Ly_", "imgproxy, cut off"),
    ("https://share.example/?url=https%3A%2F%2Fnews.example%2Fa.jpg", "a host that nobody knows"),
    (nested(9), "nine deep"),
    ("https://wsrv.nl/?url=news.example/" + "a" * 16_000, "an address that no server takes"),
]


@pytest.mark.parametrize("address", [pytest.param(address, id=says) for address, says in NOT_UNDONE])
def test_unproxy_leaves_what_says_nothing(address: str) -> None:
    assert src_after("- unproxy", address) == address


def test_unproxy_goes_as_deep_as_eight() -> None:
    assert src_after("- unproxy", nested(8)) == PLAIN


def test_unproxy_works_at_every_place() -> None:
    proxied = "https://wsrv.nl/?url=news.example/{}"
    body = (
        f'<p><a href="{proxied.format("page.jpg")}"><img src="{proxied.format("1.jpg")}" '
        f'srcset="{proxied.format("1.jpg")} 1x, https://news.example/b,c.jpg 2x, {proxied.format("d%2C")} 3x"></a>'
        f'</p><picture><source srcset="{proxied.format("2.webp")} 100w"><img src="https://news.example/2.jpg"></picture>'
        f'<video src="{proxied.format("3.mp4")}" poster="{proxied.format("3.jpg")}">'
        f'<track src="{proxied.format("3.vtt")}"></video><q cite="{proxied.format("q")}">Q</q>'
    )
    post = filtered.post_of(
        body=body,
        link=proxied.format("link"),
        image=proxied.format("4.jpg"),
        episode=Episode(image=proxied.format("5.jpg"), duration=7),
        enclosures=[
            Enclosure(proxied.format("6.jpg"), "image/jpeg", 100),
            Enclosure("https://news.example/6.jpg", "image/jpeg", 200),
            Enclosure("https://news.example/7.mp3", "audio/mpeg", 300),
        ],
    )
    after = chain_of("- unproxy").shaped(post).entry
    assert after.body == (
        '<p><a href="https://news.example/page.jpg"><img src="https://news.example/1.jpg" '
        'srcset="https://news.example/1.jpg 1x, https://news.example/b,c.jpg 2x, https://news.example/d%2C 3x">'
        '</a></p><picture><source srcset="https://news.example/2.webp 100w"><img src="https://news.example/2.jpg"></picture>'
        '<video src="https://news.example/3.mp4" poster="https://news.example/3.jpg">'
        f'<track src="https://news.example/3.vtt"></video><q cite="{proxied.format("q")}">Q</q>'
    )
    assert after.link == proxied.format("link")
    assert (after.image, after.episode) == (
        "https://news.example/4.jpg",
        Episode(image="https://news.example/5.jpg", duration=7),
    )
    assert after.enclosures == (
        Enclosure("https://news.example/6.jpg", "image/jpeg", 0),
        Enclosure("https://news.example/7.mp3", "audio/mpeg", 300),
    )


def test_unproxy_removes_a_counting_pixel_that_hid_behind_a_proxy() -> None:
    body = f"<p>A</p>{img('https://wsrv.nl/?url=pixel.wp.com/g.gif')}{img('https://wsrv.nl/?url=news.example/a')}"
    assert filtered.one_through("- unproxy", body=body) == {"body": f"<p>A</p>{img('https://news.example/a')}"}


def test_unproxy_can_take_addresses_without_a_scheme_for_http() -> None:
    assert src_after("- unproxy: {scheme: http}", "https://wsrv.nl/?url=news.example/a") == "http://news.example/a"
    assert (
        src_after("- unproxy: {scheme: http}", "https://wsrv.nl/?url=ssl:news.example/a")
        == "https://news.example/a"
    )


def test_unproxy_leaves_the_proxies_that_may_stay() -> None:
    photon = "https://i0.wp.com/news.example/a.jpg?ssl=1"
    assert src_after("- unproxy: {except: '*.wp.com'}", photon) == photon
    inside = f"https://wsrv.nl/?url={quote(photon, safe='')}"
    assert src_after("- unproxy: {except: ['*.wp.com', x.example]}", inside) == photon


OWN_TEMPLATES = [
    (
        "https://p.example/{any}/?url={url}",
        "https://p.example/s1g/?url=https%3A%2F%2Fnews.example%2Fa.jpg&w=1",
        PLAIN,
    ),
    ("https://p.example/{any}/?url={url}", "https://p.example/a/b/?url=https%3A%2F%2Fnews.example%2Fa.jpg", ""),
    (
        "https://p.example/?url={raw}",
        "http://p.example/?url=https://news.example/a?b=1&c=2",
        "https://news.example/a?b=1&c=2",
    ),
    ("HTTPS://P.Example?url={url}", "https://p.example/?url=news.example%2Fa.jpg", PLAIN),
    ("https://p.example/{raw}", "https://p.example/https:/news.example/a.jpg", PLAIN),
    ("https://p.example/{raw}", "https://p.example/news.example/a.jpg", ""),
    (
        "https://p.example/{scheme}:/{host}{path}",
        "https://p.example/http:/news.example/a?b",
        "http://news.example/a?b",
    ),
    ("https://p.example/{host}{path}?w=1", "https://p.example/news.example/a.jpg?w=1", PLAIN),
    ("https://p.example/{host}{path}?w=1", "https://p.example/news.example/a.jpg", ""),
    ("https://p.example/x/{base64}.webp", "https://p.example/x/aHR0cHM6Ly9uZXdzLmV4YW1wbGUvYS5qcGc.webp", PLAIN),
    ("https://p.example/x/{base64}.webp", "https://p.example/x/aHR0cHM6Ly9uZX.webp", ""),
    (
        "https://p.example/{url}.webp",
        "https://p.example/https%3A%2F%2Fnews.example%2Fa.webp.webp",
        "https://news.example/a.webp",
    ),
    ("https://p.example/{raw}/to/{any}", "https://p.example/https://news.example/a.jpg/to/s1g", PLAIN),
    ("https://p.example/x/{base64}", "https://p.example/x/_w", ""),
    ("https://p.example/{url}", "https://p.example/https%3A%2F%2Fnews.example%2Fa.jpg/more", ""),
    ("https://p.example/?u={no_scheme}", "https://p.example/?u=news.example%2Fa.jpg#top", PLAIN),
    (
        "https://images.weserv.nl/?url={raw}",
        "https://images.weserv.nl/?url=news.example/a?b=1&c=2",
        "https://news.example/a?b=1",
    ),
]


@pytest.mark.parametrize(("template", "address", "original"), OWN_TEMPLATES)
def test_unproxy_undoes_templates(template: str, address: str, original: str) -> None:
    assert src_after(f"- unproxy:\n    templates: {template}", address) == (original or address)


# --- image_proxy ------------------------------------------------------------------------------------------

WSRV = "https://wsrv.nl/?url="
TEMPLATES = [
    *SERVICES.values(),
    "https://p.example/?url={url}",
    "https://p.example/?w=800&url={url}&q=90",
    "https://p.example/insecure/plain/{url}@webp",
    "https://p.example/{raw}",
    "https://p.example/?{raw}",
    "https://p.example/?u={no_scheme}",
    "https://p.example/{no_scheme}/x.jpg",
    "https://p.example/insecure/rs:fit:300/{base64}.png",
    "https://p.example/?b={base64}&x",
    "https://p.example/{scheme}/{host}{path}",
    "https://p.example:8443/{scheme}:/{host}{path}",
]
ORIGINALS = [
    PLAIN,
    "http://news.example/a.jpg",
    "https://news.example/",
    "https://news.example:8080/a%20b%2Fc.jpg?x=1&y=%26+#top",
    "https://xn--fsq092h.example/%E4%B8%AD.jpg",
    "http://93.184.215.14/a,b.jpg?u=https%3Ax",
    "https://news.example/%25E4?a=b&amp=;#%23",
    "https://news.example/a.jpg@2x;v=1!$'()*,[]~",
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("original", ORIGINALS)
def test_what_image_proxy_does_unproxy_undoes(template: str, original: str) -> None:
    stated = urls.uri_form(original)
    proxied = src_after(f"- image_proxy:\n    template: {template}", stated)
    assert proxied != stated
    assert urls.uri_form(proxied) == proxied
    assert src_after(f"- unproxy:\n    templates: {template}", proxied) == stated
    if template in SERVICES.values():
        assert src_after("- unproxy", proxied) == stated


SIGNS = st.text(alphabet="aZ0%2F?&=#+;:@!$'()*,~|[]{} \"<>\\^`中é😀.-_/", max_size=30)
HOSTS = st.sampled_from(["news.example", "a.b.c.example:8080", "例子.example", "93.184.215.14"])
ADDRESSES = (
    st.builds("{}://{}/{}".format, st.sampled_from(["http", "https"]), HOSTS, SIGNS)
    .map(urls.uri_form)
    .filter(bool)
)


@few
@given(address=ADDRESSES, template=st.sampled_from(TEMPLATES))
def test_every_picture_goes_there_and_back(address: str, template: str) -> None:
    there, back = f"- image_proxy:\n    template: {template}", f"- unproxy:\n    templates: {template}"
    proxied = src_after(there, address)
    assert proxied != address or "http" in address[5:]
    assert urls.uri_form(proxied) == proxied
    assert html.clean(img(proxied), base="").html == img(proxied)
    assert src_after(there, proxied) == proxied
    assert src_after(back, proxied) == address
    if template in SERVICES.values():
        assert src_after("- unproxy", proxied) == address


NOT_PROXIED = [
    ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "embedded data"),
    ("/a.jpg", "a relative address"),
    ("cid:a@news.example", "a part of a mail"),
    ("ftp://news.example/a.jpg", "another scheme"),
    ("http://localhost/a.jpg", "a host that no proxy reaches"),
    ("http://10.0.0.1/a.jpg", "a private number"),
    ("http://[2606:2800:220:1::1]/a.jpg", "a number that no name stands for"),
    ("https://wsrv.nl/?url=news.example/a.jpg", "what went through it"),
    ("https://images.weserv.nl/?url=news.example/a.jpg", "what went through weserv"),
    ("https://i0.wp.com/news.example/a.jpg", "what went through Photon"),
    (CAMO + PLAIN.encode().hex(), "what went through camo"),
    ("https://unknown.example/?u=https%3A%2F%2Fnews.example%2Fa.jpg", "what went through an unknown proxy"),
    ("https://unknown.example/p/https://news.example/a.jpg", "what went through an unknown proxy, by its path"),
    (
        "https://unknown.example/p/aHR0cHM6Ly9uZXdzLmV4YW1wbGUvYS5qcGc",
        "what went through an unknown proxy, in base64",
    ),
    (f"https://news.example/{'%E4' * 4000}", "what would be too long"),
]


@pytest.mark.parametrize("address", [pytest.param(address, id=says) for address, says in NOT_PROXIED])
def test_image_proxy_leaves_alone(address: str) -> None:
    assert src_after("- image_proxy: wsrv", address) == address


def test_a_host_that_is_named_is_proxied_whatever_stands_in_its_addresses() -> None:
    address = "https://cdn.example/_next/image?url=https%3A%2F%2Fnews.example%2Fa.jpg"
    config = "- image_proxy:\n    service: wsrv\n    domains: [cdn.example, '*']"
    assert src_after(config, address) == WSRV + quote(address, safe="")
    assert src_after("- image_proxy:\n    service: wsrv\n    domains: '*'", address) == address


def test_two_filters_never_send_a_picture_through_two_proxies() -> None:
    config = (
        "- image_proxy:\n    template: https://p.example/?u={url}\n    domains: news.example\n- image_proxy: wsrv"
    )
    assert src_after(config, PLAIN) == "https://p.example/?u=https%3A%2F%2Fnews.example%2Fa.jpg"
    assert src_after(config, "https://other.example/") == f"{WSRV}https%3A%2F%2Fother.example%2F"


HOSTS_AND_GLOBS = [
    ("*.sinaimg.cn", "wx1.sinaimg.cn", True),
    ("*.sinaimg.cn", "sinaimg.cn", True),
    ("*.sinaimg.cn", "a.b.sinaimg.cn", True),
    ("*.sinaimg.cn", "notsinaimg.cn", False),
    ("*.sinaimg.cn", "sinaimg.cn.evil.example", False),
    ("sinaimg.cn", "wx1.sinaimg.cn", False),
    ("WX?.SinaImg.cn", "wx1.sinaimg.cn", True),
    ("*.例子.example", "img.xn--fsqu00a.example", True),
    ("*", "news.example", True),
]


@pytest.mark.parametrize(("glob", "host", "fits"), HOSTS_AND_GLOBS)
def test_domains_and_except_name_hosts(glob: str, host: str, fits: bool) -> None:  # noqa: FBT001  # a table
    address = f"https://{host}/a.jpg"
    proxied = WSRV + quote(address, safe="")
    only = src_after(f"- image_proxy:\n    service: wsrv\n    domains: '{glob}'", address)
    never = src_after(f"- image_proxy:\n    service: wsrv\n    except: ['{glob}']", address)
    assert (only, never) == ((proxied, address) if fits else (address, proxied))


def test_the_first_host_that_fits_decides() -> None:
    config = (
        "- image_proxy:\n    service: weserv\n    domains:\n      a.example: https://p.example/{raw}\n"
        "      '*.b.example':\n      x.b.example: wsrv"
    )
    assert src_after(config, "https://a.example/1") == "https://p.example/https://a.example/1"
    assert (
        src_after(config, "https://x.b.example/1") == "https://images.weserv.nl/?url=https%3A%2F%2Fx.b.example%2F1"
    )
    assert src_after(config, "https://c.example/1") == "https://c.example/1"


EVERYWHERE = (
    '<p><a href="{0}"><img src="{0}" srcset="{0} 1x, {0} 2x"></a></p>'
    '<picture><source srcset="{0} 100w"><img src="{0}"></picture>'
    '<video src="{0}" poster="{0}"><source src="{0}"><track src="{0}"></video><audio src="{0}"></audio>'
    '<blockquote cite="{0}">Q</blockquote>'
)


@pytest.mark.parametrize(
    ("what", "counted", "beside"),
    [
        pytest.param("", 6, 0, id="images, sizes and posters unless something else is said"),
        pytest.param("images", 2, 0, id="images"),
        pytest.param("srcset", 3, 0, id="sizes"),
        pytest.param("poster", 1, 0, id="posters"),
        pytest.param("video", 3, 0, id="films and sounds"),
        pytest.param("enclosures", 0, 2, id="enclosures"),
        pytest.param("[images, enclosures, video]", 5, 2, id="several"),
    ],
)
def test_image_proxy_changes_what_it_is_told(what: str, counted: int, beside: int) -> None:
    files = [Enclosure(PLAIN, "image/jpeg", 100), Enclosure("https://news.example/a.mp3", "audio/mpeg", 100)]
    before = filtered.post_of(
        body=EVERYWHERE.format(PLAIN),
        link=PLAIN,
        image=PLAIN,
        enclosures=files,
        episode=Episode(image=PLAIN),
        links=(Link(PLAIN, "related"),),
    )
    config = "- image_proxy:\n    service: wsrv" + (f"\n    what: {what}" if what else "")
    after = chain_of(config).shaped(before).entry
    proxied = WSRV + quote(PLAIN, safe="")
    assert after.body.count(WSRV) == counted == after.body.count(proxied)
    assert (after.image == proxied) + (after.enclosures[0] == Enclosure(proxied, "image/jpeg")) == beside
    assert after.enclosures[1] == files[1]
    assert (after.link, after.links, after.episode) == (
        before.entry.link,
        before.entry.links,
        before.entry.episode,
    )
    assert html.clean(after.body, base="").html == after.body


def test_an_address_that_is_no_uri_yet_is_one_in_the_proxy() -> None:
    assert src_after("- image_proxy: wsrv", "https://News.Example/中 文.jpg") == (
        f"{WSRV}https%3A%2F%2Fnews.example%2F%25E4%25B8%25AD%2520%25E6%2596%2587.jpg"
    )


def test_a_body_that_would_be_too_large_stays_as_it_was() -> None:
    body = img("https://news.example/a") * 29_000
    assert 900_000 < len(body) < html.MAX_BYTES
    passed = chain_of("- image_proxy: weserv").passed(filtered.post_of(body=body))
    assert (passed.changed, passed.trouble) == ((), ((0, "the body would have more than 1,000,000 bytes"),))


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("- image_proxy: https://p.example/?u={uri}", "there is no placeholder {uri}; did you mean 'url'?"),
        ("- image_proxy: https://p.example/?u={any}{url}", "there is no placeholder {any}"),
        ("- image_proxy: https://p.example/{host}", "write {url} there"),
        ("- image_proxy: https://{host}.p.example{path}", "the host of a template has to be written out"),
        ("- image_proxy: https://p.example/?u={url", "a brace is without its other one"),
        ("- image_proxy: https://p.example/{{url}}", "a brace is without its other one"),
        ("- image_proxy: //p.example/?u={url}", "does not begin with https:// or http://"),
        ("- image_proxy: 'p.example/?u={url}'", "does not begin with https:// or http://"),
        ("- image_proxy: ftp://p.example/?u={url}", "does not begin with https:// or http://"),
        ("- image_proxy: https://p.example/#{url}", "a template has no # in it"),
        ("- image_proxy: https://p.example/{url},", "no comma at its end"),
        ("- image_proxy: weserve", "'weserve' is neither a service (weserv, wsrv) nor a template"),
        ("- image_proxy: {service: imgproxy}", "'imgproxy' is not one of"),
        ("- image_proxy: {service: wsrv, template: weserv}", "template and service say the same thing"),
        ("- image_proxy: {domains: a.example}", "say through which proxy"),
        ("- image_proxy: {domains: {a.example: wsrv, b.example: }}", "say through which proxy"),
        ("- image_proxy: {service: wsrv, domains: {a.example: weserv}}", "every host of `domains` has its own"),
        ("- image_proxy: {service: wsrv, domains: {a.example: nope}}", "'nope' is neither a service"),
        ("- image_proxy: {service: wsrv, domains: ['a b']}", "'a b' is no host"),
        ("- image_proxy: {service: wsrv, domains: [[a]]}", "hosts are needed here, such as"),
        ("- image_proxy: {service: wsrv, what: [pictures]}", "'pictures' is not one of"),
        ("- unproxy: https://p.example/{any}", "write {url} there"),
        ("- unproxy: {scheme: ftp}", "'ftp' is not one of"),
    ],
)
def test_a_wrong_proxy_is_refused_with_what_would_be_right(config: str, says: str) -> None:
    assert says in problem(config)


# --- the sample -------------------------------------------------------------------------------------------

TWIN = """\
---
title: "一个标题"
date: 2021-01-27T14:41:19.000Z
from: https://voa.example/a/5753650.html
---
<!--1611758479000-->
[一个标题](https://voa.example/a/5753650.html)
------

<div>
<div><i>Wed, 27 Jan 2021 14:00:25 GMT</i></div>\
<img src="https://images.weserv.nl?url=gdb.voa.example/990D_cx0_w900.jpg" width="100%">\
<p>正文</p><img src="//images.weserv.nl/?url=gdb.voa.example/2.jpg">\
<img src="images.weserv.nl/?url=gdb.voa.example/3.jpg">
</div>
"""


def seed_post(folder: Path, content: bytes) -> Post:
    """Read a seed the way a build does."""
    (folder / "seeds").mkdir()
    (folder / "seeds" / "a.md").write_bytes(content)
    spec = OriginSpec(name="posts", kind="seeds", locations=("seeds",))
    outcome = asyncio.run(SeedFolder(Reading(spec=spec), folder).read(Known(state=SourceState(name="posts"))))
    assert isinstance(outcome, Fresh)
    (believed,) = outcome.entries
    return replace(filtered.post_of(), key=believed.entry.key, entry=believed.entry)


BOTH = "- unproxy\n- image_proxy: https://images.weserv.nl/?url={url}"


def test_a_post_like_the_sample_has_each_picture_behind_one_proxy(tmp_path: Path) -> None:
    post = seed_post(tmp_path, TWIN.encode())
    restored = chain_of("- unproxy").shaped(post).entry.body
    originals = [f"https://gdb.voa.example/{name}.jpg" for name in ("990D_cx0_w900", "2", "3")]
    assert [restored.count(f'<img src="{address}"') for address in originals] == [1, 1, 1]
    assert "weserv" not in restored
    proxied = chain_of(BOTH).shaped(post).entry.body
    for address in originals:
        assert proxied.count(f'<img src="https://images.weserv.nl/?url={quote(address, safe="")}"') == 1
    assert proxied.count("weserv") == 3


@pytest.mark.corpus
def test_the_sample_has_its_picture_behind_one_proxy(corpus: Path, tmp_path: Path) -> None:
    post = seed_post(tmp_path, (corpus / "seeds" / "seed-000.md").read_bytes())
    name = "990D9CDF-4414-4B17-8918-3AD60621C597_cx0_cy2_cw0_r1_s_w900.jpg"
    assert post.entry.body.count("weserv") == 1
    restored = chain_of("- unproxy").shaped(post).entry.body
    assert restored.count(f'<img src="https://gdb.voanews.com/{name}"') == 1
    assert "weserv" not in restored
    proxied = chain_of(BOTH).shaped(post)
    only = f'<img src="https://images.weserv.nl/?url=https%3A%2F%2Fgdb.voanews.com%2F{name}"'
    assert (proxied.entry.body.count(only), proxied.entry.body.count("weserv")) == (1, 1)
    assert chain_of(BOTH).shaped(proxied) == proxied
    assert chain_of("- image_proxy: wsrv").shaped(post) == post


@pytest.mark.corpus
def test_no_real_post_keeps_a_known_proxy(corpus: Path) -> None:
    spec = OriginSpec(name="posts", kind="seeds", locations=("seeds/seed-0*.md",))
    outcome = asyncio.run(SeedFolder(Reading(spec=spec), corpus).read(Known(state=SourceState(name="posts"))))
    assert isinstance(outcome, Fresh)
    changed = 0
    for believed in outcome.entries:
        post = replace(filtered.post_of(), key=believed.entry.key, entry=believed.entry)
        after = chain_of("- unproxy").shaped(post)
        assert not any(f'="https://{host}' in after.entry.body for host in ("images.weserv.nl", "i0.wp.com"))
        assert chain_of("- unproxy").shaped(after) == after
        changed += after != post
    assert changed >= 20


# --- clean_links ------------------------------------------------------------------------------------------

PAGE = "https://news.example/p?a=1&b=2"
IN_QUERY = quote(PAGE, safe="")
REDIRECTS = [
    f"https://www.google.com/url?sa=t&q=words&url={IN_QUERY}&usg=AOv",
    "https://www.google.com/url?q=https://news.example/p?a%3D1%26b%3D2&sa=D&ust=1",
    f"https://www.google.co.uk/url?q={IN_QUERY}",
    f"http://news.google.com/news/url?sa=t&fd=R&url={IN_QUERY}",
    f"https://l.facebook.com/l.php?u={IN_QUERY}&h=AT0&s=1",
    f"https://lm.facebook.com/l.php?u={IN_QUERY}",
    f"https://l.instagram.com/?u={IN_QUERY}&e=AT",
    f"https://out.reddit.com/t3_abc?url={IN_QUERY}&token=x",
    f"https://t.umblr.com/redirect?z={IN_QUERY}&t=x",
    f"https://steamcommunity.com/linkfilter/?u={IN_QUERY}",
    f"https://steamcommunity.com/linkfilter/?url={PAGE}".replace("&b", "%26b"),
    f"https://slack-redir.net/link?url={IN_QUERY}&v=3",
    f"https://vk.com/away.php?to={IN_QUERY}&cc_key=",
    f"https://m.vk.com/away.php?to={IN_QUERY}",
    f"https://www.youtube.com/redirect?event=video&q={IN_QUERY}&v=x",
    f"https://disq.us/url?url={IN_QUERY}%3AnIZ2PuKyF-abcdefghi_klmnopq&cuid=1",
    f"https://duckduckgo.com/l/?kh=-1&uddg={IN_QUERY}",
    f"http://www.bing.com/news/apiclick.aspx?ref=FexRss&aid=&url={IN_QUERY.lower()}&c=1",
    f"https://www.linkedin.com/safety/go?url={IN_QUERY}&trk=x",
    f"https://nam02.safelinks.protection.outlook.com/?url={IN_QUERY}&data=05%7C01",
    f"https://ab12.r.us-east-1.awstrack.me/L0/{quote(PAGE, safe=':')}/1/0100-00/SbaN=130",
    f"https://ab12.r.us-east-1.awstrack.me/L0/{quote(quote(PAGE, safe=':'), safe=':')}/1/0100-00/SbaN=130",
    f"https://href.li/?{PAGE}",
    f"https://www.pixiv.net/jump.php?{IN_QUERY}",
    f"https://www.deviantart.com/users/outgoing?{PAGE}",
    f"https://link.zhihu.com/?target={IN_QUERY}",
    f"https://weibo.cn/sinaurl?u={IN_QUERY}",
    f"https://l.facebook.com/l.php?u={quote(f'https://link.zhihu.com/?target={IN_QUERY}', safe='')}",
    f"https://go.corp.example/x?to=&toURL={IN_QUERY}",
]


@pytest.mark.parametrize("redirect", REDIRECTS)
def test_a_redirect_gives_way_to_its_page(redirect: str) -> None:
    config = "- clean_links: {hosts: {'*.corp.example': toURL}}"
    assert href_after(config, redirect) == PAGE
    after = chain_of(config).shaped(
        filtered.post_of(link=redirect, comments=redirect, links=(Link(redirect, "related", title="T"),))
    )
    assert (after.entry.link, after.entry.comments, after.entry.links) == (
        PAGE,
        PAGE,
        (Link(PAGE, "related", title="T"),),
    )
    assert after.key == after.entry.key == redirect
    assert src_after(config, redirect) == redirect


LINKS_THAT_STAY = [
    "https://t.co/abc",
    "https://feedproxy.google.com/~r/x/~3/y/",
    "https://www.bing.com/ck/a?!&u=a1aHR0cHM6Ly9uZXdzLmV4YW1wbGUv&ntb=1",
    "https://www.google.com/search?q=https%3A%2F%2Fnews.example%2F",
    "https://www.google.com/url?q=only+words",
    f"https://google.example/url?q={IN_QUERY}",
    f"https://share.example/?url={IN_QUERY}",
    f"https://www.facebook.com/sharer.php?u={IN_QUERY}",
    "https://l.facebook.com/l.php?u=http%3A%2F%2Flocalhost%2F",
    "https://l.facebook.com/l.php?u=javascript%3Aalert(1)",
    "https://l.facebook.com/l.php?u=news.example%2Fp",
    "https://vk.com/away.php",
    "https://x.awstrack.me/L0/",
    "mailto:ann@news.example?subject=a&ref=b",
    "tel:5",
]


@pytest.mark.parametrize("address", LINKS_THAT_STAY)
def test_other_links_stay(address: str) -> None:
    assert href_after("- clean_links: [ref]", address) == address


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://news.example/?ref=x&id=1", "https://news.example/?id=1"),
        ("https://news.example/?REF=x", "https://news.example/"),
        ("https://news.example/?r%65f=x#ref=1", "https://news.example/#ref=1"),
        ("https://news.example/?t[0]=a&t=b&t0=c", "https://news.example/?t=b&t0=c"),
        ("https://news.example/?spm_a=1&spm=2&refer=3", "https://news.example/?spm=2&refer=3"),
        ("https://news.example/?utm_source=rss&a=b", "https://news.example/?a=b"),
        ("https://news.example/?b=%20&ref&a=+", "https://news.example/?b=%20&a=+"),
        (
            f"https://vk.com/away.php?to={quote('https://news.example/?ref=1&fbclid=2', safe='')}",
            "https://news.example/",
        ),
    ],
)
def test_named_and_known_parameters_are_removed(before: str, after: str) -> None:
    config = "- clean_links: [Ref, spm_*, 't[0]']"
    assert href_after(config, before) == after
    assert filtered.one_through(config, link=before) == {"link": after}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("[a, a]", "'a' stands here twice"),
        ("[a b]", "'a b' is no name of a parameter"),
        ("{hosts: {a.example: '*'}}", "'*' is no name of a parameter: write the one that has the address"),
        ("{hosts: [a.example]}", "hosts with a parameter each are needed here"),
    ],
)
def test_what_is_no_parameter_is_refused(config: str, says: str) -> None:
    assert says in problem(f"- clean_links: {config}")


def test_a_page_that_is_the_whole_query_is_taken_as_it_is() -> None:
    page = "https://news.example/p?a=%26&b=2#c"
    assert href_after("- clean_links", f"https://href.li/?{page}") == page


def test_redirects_can_stay() -> None:
    redirect = f"https://vk.com/away.php?to={IN_QUERY}&utm_source=x"
    assert href_after("- clean_links: {redirects: false}", redirect) == redirect.removesuffix("&utm_source=x")


def test_two_links_that_become_one_are_one() -> None:
    links = (Link(PAGE, "related"), Link(f"https://vk.com/away.php?to={IN_QUERY}", "related"), Link(PAGE, "via"))
    after = chain_of("- clean_links").shaped(filtered.post_of(links=links))
    assert after.entry.links == (Link(PAGE, "related"), Link(PAGE, "via"))


# --- absolute ---------------------------------------------------------------------------------------------

MOVE = """\
- absolute:
    move:
      http://old.example/: https://new.example/
      http://old.example/blog: https://blog.example/b
      https://old.example/blog/2020/: https://web.archive.example/2020/http://old.example/blog/2020/
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://old.example/", "https://new.example/"),
        ("https://old.example/a?b#c", "https://new.example/a?b#c"),
        ("http://old.example/blog", "https://blog.example/b"),
        ("http://old.example/blog?p=1", "https://blog.example/b?p=1"),
        ("http://old.example/blog/x", "https://blog.example/b/x"),
        ("http://old.example/blogger", "https://new.example/blogger"),
        ("http://old.example/blog/2020", "https://blog.example/b/2020"),
        ("http://old.example/blog/2020/1", "https://web.archive.example/2020/http://old.example/blog/2020/1"),
        ("http://www.old.example/", "http://www.old.example/"),
        ("http://old.example.evil.example/", "http://old.example.evil.example/"),
        ("http://old.example:8080/", "http://old.example:8080/"),
        ("https://new.example/", "https://new.example/"),
        ("mailto:old.example", "mailto:old.example"),
    ],
)
def test_the_longest_beginning_moves(before: str, after: str) -> None:
    assert href_after(MOVE, before) == after
    assert href_after(MOVE, after) == after


def test_a_frame_that_may_not_be_shown_where_it_moved_becomes_a_link() -> None:
    config = "- absolute: {move: {'https://a.example/': 'https://b.example/'}}"
    setting = Setting(CleaningRules(embeds=("a.example",)))
    chain = build_chain(filtered.specs_of(config), partial(make_filter, setting))
    body = '<iframe src="https://a.example/1"></iframe>'
    after = chain.shaped(filtered.post_of(body=body)).entry.body
    assert after == '<p><a href="https://b.example/1">https://b.example/1</a></p>'


def test_all_addresses_of_a_post_move_and_its_identity_stays() -> None:
    old, new = "http://old.example/a", "https://new.example/a"

    def post(address: str) -> Post:
        return filtered.post_of(
            body=EVERYWHERE.format(address),
            link=address,
            comments=address,
            image=address,
            enclosures=[Enclosure(address, "audio/mpeg", 100)],
            episode=Episode(image=address),
            links=(Link(address, "related"),),
            authors=[Person("Ann", address)],
        )

    after = chain_of(MOVE).shaped(post(old))
    assert after.entry == replace(post(new).entry, key=after.key, public_id=after.id)
    assert after.key == old


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("https://b.example/", "old beginnings with a new one each are needed here"),
        ("{'http://a.example/x?y': 'https://b.example/'}", "is no beginning of addresses"),
        ("{'http://a.example/': 'https://b.example/#x/'}", "nothing can come after"),
        ("{'http://a.example/x': 'https://b.example/'}", "write the slash at the end of both"),
        ("{'http://a.example/': 'https://a.example/b/'}", "https://a.example/b/ is moved itself"),
        (
            "{'http://a.example/': 'https://b.example/', 'http://b.example/c/': 'https://d.example/'}",
            "is moved itself",
        ),
        ("{'http://a.example/': 'https://b.example/x', 'http://b.example/x/': 'https://d.example/'}", "both"),
    ],
)
def test_a_move_that_comes_to_no_end_is_refused(config: str, says: str) -> None:
    assert says in problem(f"- absolute: {{move: {config}}}")


@pytest.mark.parametrize(
    "move",
    [
        "{'http://a.example/': 'https://a.example/'}",
        "{'http://a.example/': 'https://b.example/', 'http://b.example/': 'https://b.example/'}",
        "{'http://a.example/': 'https://b.example/x/', 'http://b.example/xy/': 'https://c.example/'}",
    ],
)
def test_a_move_that_comes_to_an_end_is_taken(move: str) -> None:
    assert href_after(f"- absolute: {{move: {move}}}", "http://a.example/1").startswith("https://")


PLACES = st.builds(
    "{}://{}.example/{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from("ab"),
    st.sampled_from(["", "x", "x/", "x/y", "xy/", "?u=", "x/?u=a/"]),
)


@few
@given(
    move=st.dictionaries(PLACES, PLACES, min_size=1, max_size=3),
    address=PLACES,
    rest=st.sampled_from(["", "z", "/z", "y/"]),
)
def test_moving_twice_is_moving_once(move: dict[str, str], address: str, rest: str) -> None:
    lines = "".join(f"\n      '{old}': '{new}'" for old, new in move.items())
    config = f"- absolute:\n    move:{lines}"
    try:
        once = src_after(config, address + rest)
    except ConfigError:
        return
    assert src_after(config, once) == once


# --- all of them ------------------------------------------------------------------------------------------

ALL = [
    "- unproxy: https://p.example/{any}/{raw}",
    "- image_proxy: {template: 'https://p.example/{base64}', what: [images, srcset, poster, video, enclosures]}",
    "- clean_links: {parameters: [a*b*c], hosts: {'*': u}}",
    "- absolute: {base: 'https://voa.example/', move: {'http://news.example/': 'https://new.example/'}}",
]
PIECES = st.sampled_from(
    [
        *(
            "https://wsrv.nl/?url=",
            "https%3A%2F%2F",
            "i0.wp.com/",
            "news.example",
            "/",
            "?",
            "&",
            "#",
            "=",
            "%",
            "%25",
        ),
        *("aHR0cHM6Ly9", "https://vk.com/away.php?to=", "https://p.example/", "://", "中", "u=", "😀"),
        *(CAMO, "68747470", "\x00", "\n", " ", ",", "xn--a.", "//", "https:", "http://", "data:", "..", "abc=1"),
    ]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@few
@given(first=TEXTS, second=TEXTS, config=st.sampled_from(ALL))
def test_whatever_stands_in_an_address_is_taken_and_twice_is_once(first: str, second: str, config: str) -> None:
    stated = html.clean(
        f'<p><a href="{escape(first)}">x</a>'
        f'<img src="{escape(second)}" srcset="{escape(first)} 1x, {escape(second)} 2x">'
        f'<video src="{escape(first)}" poster="{escape(second)}"></video></p>',
        base="https://voa.example/",
    ).html
    address = urls.absolute(second, "https://voa.example/")
    post = filtered.post_of(
        body=stated, image=address, comments=address, enclosures=[Enclosure(address, "image/png")]
    )
    chain = chain_of(config)
    once = chain.shaped(post)
    assert html.clean(once.entry.body, base=post.entry.link).html == once.entry.body
    assert urls.uri_form(once.entry.image) == once.entry.image
    assert chain.shaped(once) == once


@pytest.mark.parametrize("config", ALL)
@pytest.mark.parametrize(
    "body", ["", "x" * 1000, '<img src="', "<img>", '<img src="">', '<img srcset=",,">', "<a>"]
)
def test_a_post_without_addresses_stays_the_very_same(config: str, body: str) -> None:
    chain = chain_of(config)
    post = filtered.post_of(link="", body=body, title="", authors=[], enclosures=[])
    assert [step.apply(post) is post for _, step in chain.steps if isinstance(step, Each)] == [True]


HOSTILE = {
    "thousands of pictures": img("https://wsrv.nl/?url=news.example/a.jpg&w=1") * 4_000,
    "thousands of links": f'<a href="{escape(REDIRECTS[0])}">x</a>' * 3_000,
    "one list of thousands of sizes": f'<img srcset="{"https://wsrv.nl/?url=news.example/a 1x, " * 5_000}">',
    "proxies in proxies": img("https://wsrv.nl/?url=" * 40_000),
    "many proxies in proxies": img("https://wsrv.nl/?url=" * 700) * 30,
    "a path of many parts": img("https://p.example/" + "a:b/" * 200_000),
    "signatures without an end": img(f"https://p.example/{'a' * 25}/" * 600) * 25,
    "dots": img("https://wsrv.nl/?url=" + "a." * 7_000) * 25,
    "commas": f'<img srcset="{"," * 800_000}">',
    "parameters": f'<a href="https://news.example/?{"a" * 40}&{"abcab=" * 2500}">x</a>' * 25,
}


@pytest.mark.parametrize("config", ALL)
@pytest.mark.parametrize("body", [pytest.param(body, id=says) for says, body in HOSTILE.items()])
def test_a_hostile_body_takes_no_time(config: str, body: str) -> None:
    post = filtered.post_of(body=body)
    started = time.process_time()
    chain_of(config).passed(post)
    assert time.process_time() - started < 5
