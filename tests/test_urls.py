"""URL keys (N130..N158), the published form of links (N56, N57) and which ids may be published (N4, N5)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid import tracking, urls
from feedbraid.codec import digest
from feedbraid.model import KeyRules
from feedbraid.urls import (
    KEY_VERSION,
    absolute,
    category_scheme,
    entry_key,
    host_of,
    is_iri,
    is_name,
    key_steps,
    publishable_id,
    strip_tracking,
    uri_form,
)

EVERY_RULE = KeyRules(www=True, mobile_hosts=True, trailing_slash=True, index_files=True, amp=True)

U = "https://example.com"


# --- keys: tables -----------------------------------------------------------------------------------------

SAME = [
    pytest.param(f" \n{U}/a\t ", f"{U}/a", id="N131 white space around"),
    pytest.param(f"\ufeff{U}/a\u3000\u00a0", f"{U}/a", id="N131 byte order mark and wide blanks around"),
    pytest.param("https://exam\nple.com/a\r\n/b", f"{U}/a/b", id="N131 line breaks inside"),
    pytest.param(f"{U}/?a=1&amp;b=2", f"{U}/?a=1&b=2", id="N131 ampersand escaped once too often"),
    pytest.param(f"{U}/?a=1&amp;amp;b=2", f"{U}/?a=1&b=2", id="N131 ampersand escaped twice too often"),
    pytest.param(f"{U}/?a=1&#38;b=2", f"{U}/?a=1&b=2", id="N131 decimal ampersand"),
    pytest.param(f"{U}/?a=1&#038;b=2", f"{U}/?a=1&b=2", id="N131 decimal ampersand with a zero"),
    pytest.param(f"{U}/?a=1&#x26;b=2", f"{U}/?a=1&b=2", id="N131 hexadecimal ampersand"),
    pytest.param("https:\\\\example.com\\a\\b?c\\d", f"{U}/a/b?c%5Cd", id="N131 backslashes before the query"),
    pytest.param("HTTPS://Example.COM/a", f"{U}/a", id="N132 scheme and host in capitals"),
    pytest.param("https://例え.jp/a", "https://xn--r8jz45g.jp/a", id="N133 a name and its punycode"),
    pytest.param("https://例え。ｊｐ/a", "https://xn--r8jz45g.jp/a", id="N133 ideographic dot, fullwidth letters"),
    pytest.param("https://BÜCHER.example/a", "https://xn--bcher-kva.example/a", id="N133 capital umlaut"),
    pytest.param("https://b%C3%BCcher.example/", "https://xn--bcher-kva.example/", id="N133 escaped host"),
    pytest.param("https://☃.example/", "https://xn--n3h.example/", id="N133 emoji that the tables refuse"),
    pytest.param(
        "https://\ue000A.example/", "https://xn--a-ro7g.example/", id="N133 private use that has no mapping"
    ),
    pytest.param("https://a@b@example.com/", "https://a%40b@example.com/", id="N137 at sign in a user"),
    pytest.param("https://ΒΌΛΟΣ.gr/", "https://βόλοσ.gr/", id="N133 a capital sigma is no final sigma"),
    pytest.param("https://example.com:443/a", f"{U}/a", id="N134 default port"),
    pytest.param("http://example.com:80/a", "http://example.com/a", id="N134 default port of http"),
    pytest.param("https://example.com:/a", f"{U}/a", id="N134 empty port"),
    pytest.param("https://example.com:08443/a", "https://example.com:8443/a", id="N134 zero before a port"),
    pytest.param("https://@example.com/a", f"{U}/a", id="N134 empty user"),
    pytest.param(U, f"{U}/", id="N135 empty path"),
    pytest.param(f"{U}?a=1", f"{U}/?a=1", id="N135 empty path before a query"),
    pytest.param(f"{U}/a/./b/../c", f"{U}/a/c", id="N136 dot segments"),
    pytest.param(f"{U}/../../a", f"{U}/a", id="N136 dot segments above the root"),
    pytest.param(f"{U}/a/b/..", f"{U}/a/", id="N136 dots at the end"),
    pytest.param(f"{U}/a/%2E%2e/b", f"{U}/b", id="N136 escaped dots"),
    pytest.param(f"{U}/%7Eann/%61", f"{U}/~ann/a", id="N137 escaped unreserved characters"),
    pytest.param(f"{U}/%e5%93%a5", f"{U}/%E5%93%A5", id="N137 small hexadecimal digits"),
    pytest.param(f"{U}/日本?語=値", f"{U}/%E6%97%A5%E6%9C%AC?%E8%AA%9E=%E5%80%A4", id="N137 raw characters"),
    pytest.param(f"{U}/a b?c d", f"{U}/a%20b?c%20d", id="N137 blanks"),
    pytest.param(f"{U}/?a[]=1|2", f"{U}/?a%5B%5D=1%7C2", id="N137 signs outside the grammar"),
    pytest.param(f"{U}/100%", f"{U}/100%25", id="N137 lone percent sign"),
    pytest.param(f"{U}/?a&%61mp;b", f"{U}/?a&b", id="N137 an entity that was escaped"),
    pytest.param(f"{U}/a?", f"{U}/a", id="N139 empty query"),
    pytest.param(f"{U}/a#top", f"{U}/a", id="N140 fragment"),
    pytest.param(f"{U}/a#", f"{U}/a", id="N140 empty fragment"),
    pytest.param(f"{U}/a#:~:text=x", f"{U}/a", id="N140 text fragment"),
    pytest.param(f"{U}/a?fbclid=x", f"{U}/a", id="N141 the only parameter"),
    pytest.param(f"{U}/a?p=1&gclid=x&q=2", f"{U}/a?p=1&q=2", id="N141 a parameter in the middle"),
    pytest.param(f"{U}/a?hsCtaTracking=x&p=1", f"{U}/a?p=1", id="N141 capitals in a name"),
    pytest.param(f"{U}/a?utm_source=rss&utm_medium=feed", f"{U}/a", id="N142 a family"),
    pytest.param(f"{U}/a?p=1&utm%5Fsource=rss", f"{U}/a?p=1", id="N142 an escaped name"),
    pytest.param(f"{U}/a?fbclid=x&utm_id=1#top", f"{U}/a", id="N141 N142 both"),
    pytest.param("http://example.com/a", f"{U}/a", id="N146 http and https"),
    pytest.param("http://example.com:443/a", f"{U}/a", id="N146 http at the port of https"),
]

APART = [
    pytest.param(f"{U}/a", f"{U}/b", id="path"),
    pytest.param(f"{U}/watch?v=1", f"{U}/watch?v=2", id="query"),
    pytest.param(f"{U}/?p=123", f"{U}/?p=124", id="number in the query"),
    pytest.param("https://faß.example/", "https://fass.example/", id="N133 sharp s"),
    pytest.param("https://a_b.example/", "https://ab.example/", id="N133 underscore"),
    pytest.param("https://example.com:8443/", U, id="N134 another port"),
    pytest.param("https://example.com:80/", U, id="N134 port of the other scheme"),
    pytest.param("https://example.com./", f"{U}/", id="N155 trailing dot"),
    pytest.param(f"{U}/%25E5%2593", f"{U}/%E5%93", id="N137 encoded twice"),
    pytest.param(f"{U}/a%2Fb", f"{U}/a/b", id="N138 escaped slash"),
    pytest.param(f"{U}/a%3Fb", f"{U}/a?b", id="N138 escaped question mark"),
    pytest.param(f"{U}/?a=1%26b=2", f"{U}/?a=1&b=2", id="N138 escaped ampersand"),
    pytest.param(f"{U}/a//b", f"{U}/a/b", id="N138 double slash"),
    pytest.param(f"{U}/?q=a+b", f"{U}/?q=a%20b", id="N138 plus and blank"),
    pytest.param(f"{U}/?q=a+b", f"{U}/?q=a%2Bb", id="N138 plus and escaped plus"),
    pytest.param(f"{U}/a;v=1", f"{U}/a", id="N138 semicolon"),
    pytest.param(f"{U}/A", f"{U}/a", id="N138 case of a path"),
    pytest.param(f"{U}/?A=1", f"{U}/?a=1", id="N138 case of a query"),
    pytest.param(f"{U}/caf\u00e9", f"{U}/cafe\u0301", id="N138 composed and combining"),
    pytest.param(f"{U}/?a=1&b=2", f"{U}/?b=2&a=1", id="N138 order of parameters"),
    pytest.param(f"{U}/?a=1&a=1", f"{U}/?a=1", id="N138 parameter twice"),
    pytest.param(f"{U}/?a=", f"{U}/?a", id="N138 empty value"),
    pytest.param("https://ann@example.com/", "https://bob@example.com/", id="N138 user"),
    pytest.param("https://ann@example.com/", f"{U}/", id="N138 user and none"),
    pytest.param(f"{U}/#!/a", f"{U}/#!/b", id="N140 hash bang routes"),
    pytest.param(f"{U}/#/a", f"{U}/", id="N140 hash route and none"),
    pytest.param(f"{U}/?xfbclid=1", f"{U}/", id="N141 part of a name"),
    pytest.param(f"{U}/?ref=a", f"{U}/", id="N153 ref is no tracking parameter"),
    pytest.param(f"{U}/?utm=1", f"{U}/", id="N142 no family without underscore"),
    pytest.param(f"{U}/?b=1&a=2", f"{U}/?a=2&b=1", id="N152 parameters are never sorted"),
    pytest.param(f"{U}/?source=rss", f"{U}/", id="N153 source is no tracking parameter"),
    pytest.param(f"{U}/a;jsessionid=1", f"{U}/a;jsessionid=2", id="N154 session ids in a path"),
    pytest.param("https://youtu.be/x", "https://www.youtube.com/watch?v=x", id="N156 other addresses of a site"),
    pytest.param("https://www.google.com/url?q=https://example.com/", f"{U}/", id="N157 redirects"),
    pytest.param("mailto:ann@example.com", "mailto:bob@example.com", id="N130 other schemes"),
    pytest.param("magnet:?xt=a", "magnet:?xt=b", id="N130 magnet links"),
]

BY_CHOICE = [
    pytest.param("http://example.com/", f"{U}/", "http_is_https", id="N146"),
    pytest.param("http://example.com:8080/", "https://example.com:8080/", "http_is_https", id="N146 port"),
    pytest.param("https://www.example.com/a", f"{U}/a", "www", id="N147"),
    pytest.param("https://www.www.example.com/a", f"{U}/a", "www", id="N147 twice"),
    pytest.param("https://m.example.com/a", f"{U}/a", "mobile_hosts", id="N148 m"),
    pytest.param("https://mobile.example.com/a", f"{U}/a", "mobile_hosts", id="N148 mobile"),
    pytest.param("https://amp.example.com/a", f"{U}/a", "mobile_hosts", id="N148 amp"),
    pytest.param(f"{U}/a/", f"{U}/a", "trailing_slash", id="N149"),
    pytest.param(f"{U}/a/?b=1", f"{U}/a?b=1", "trailing_slash", id="N149 before a query"),
    pytest.param(f"{U}/a/index.html", f"{U}/a/", "index_files", id="N150 index.html"),
    pytest.param(f"{U}/index.php?p=1", f"{U}/?p=1", "index_files", id="N150 index.php"),
    pytest.param(f"{U}/a/amp/", f"{U}/a/", "amp", id="N151 at the end"),
    pytest.param(f"{U}/a/amp", f"{U}/a", "amp", id="N151 at the end without slash"),
    pytest.param(f"{U}/amp/a", f"{U}/a", "amp", id="N151 at the start"),
    pytest.param(f"{U}/a?amp=1&b=2", f"{U}/a?b=2", "amp", id="N151 parameter"),
    pytest.param(f"{U}/a?amp", f"{U}/a", "amp", id="N151 bare parameter"),
    pytest.param(
        "https://example-com.cdn.ampproject.org/c/s/example.com/a/amp?b=1",
        f"{U}/a?b=1",
        "amp",
        id="N151 cache",
    ),
    pytest.param("https://cdn.ampproject.org/v/s/example.com", f"{U}/", "amp", id="N151 viewer"),
    pytest.param("https://www.google.com/amp/s/example.com/a", f"{U}/a", "amp", id="N151 search engine"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_urls_of_one_entry_have_one_key(one: str, other: str) -> None:
    assert entry_key(one) == entry_key(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_urls_of_two_entries_have_two_keys(one: str, other: str) -> None:
    assert entry_key(one) != entry_key(other)


@pytest.mark.parametrize(("one", "other", "switch"), BY_CHOICE)
def test_n146_to_n151_merge_only_when_switched_on(one: str, other: str, switch: str) -> None:
    off, on = KeyRules(http_is_https=False), KeyRules(**{"http_is_https": False, switch: True})
    assert (entry_key(one, off) == entry_key(other, off), entry_key(one, on) == entry_key(other, on)) == (
        False,
        True,
    )


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param("https://www.com/", "https://www.com/", id="www is the name itself"),
        pytest.param("https://m.example/", "https://m.example/", id="m is the name itself"),
        pytest.param("https://m.www.example.com/", f"{U}/", id="both labels"),
        pytest.param("https://www.m.example.com/", f"{U}/", id="both labels the other way round"),
        pytest.param(f"{U}/a/amp/index.html/", f"{U}/a", id="all endings"),
        pytest.param(f"{U}/a/index.html/amp/", f"{U}/a", id="all endings in another order"),
        pytest.param(f"{U}/amp/", f"{U}/", id="a path that is amp alone"),
        pytest.param(f"{U}//", f"{U}/", id="slashes alone"),
        pytest.param(f"{U}/a/myindex.html", f"{U}/a/myindex.html", id="an index file in part"),
        pytest.param(f"{U}/camp/", f"{U}/camp", id="amp in part"),
        pytest.param(
            "https://cdn.ampproject.org/c/s/cdn.ampproject.org/c/s/example.com/",
            "https://cdn.ampproject.org/c/s/cdn.ampproject.org/c/s/example.com",
            id="a cache in a cache stays",
        ),
        pytest.param(
            "https://cdn.ampproject.org/amp/c/s/example.com/x",
            "https://cdn.ampproject.org/amp/c/s/example.com/x",
            id="amp at the start of a cache's path stays",
        ),
        pytest.param(
            "http://cdn.ampproject.org/c/-/x", "https://cdn.ampproject.org/c/-/x", id="no host in a cache"
        ),
    ],
)
def test_rules_of_choice_together(url: str, key: str) -> None:
    assert entry_key(url, EVERY_RULE) == key


def test_an_unwrapped_page_over_http_keeps_http_when_http_is_not_https() -> None:
    rules = KeyRules(http_is_https=False, amp=True)
    assert entry_key("https://ann@cdn.ampproject.org:80/c/example.com/a", rules) == "http://example.com/a"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("  mailto:Ann@Example.com ", id="another scheme, with its blanks"),
        pytest.param("urn:UUID:%61", id="a name"),
        pytest.param("/A/../b", id="a path"),
        pytest.param("//Example.com/a", id="no scheme"),
        pytest.param("http:///A", id="no host"),
        pytest.param("http://[::1/A", id="open bracket"),
        pytest.param("http://Example.com:99999/", id="port out of range"),
        pytest.param("http\u017f://Example.com/", id="a long s is no s"),
    ],
)
def test_n130_what_is_no_usable_http_url_is_its_own_key(url: str) -> None:
    assert (entry_key(url), key_steps(url)) == (url, ())


def test_key_steps_name_each_rule_that_changed_something() -> None:
    url = " HTTP://Bücher.Example:80/%7Ea/../b?utm_source=x&fbclid=y&p=1#top"
    assert [(step.rule, step.url) for step in key_steps(url, KeyRules(www=True))] == [
        ("N131", "HTTP://Bücher.Example:80/%7Ea/../b?utm_source=x&fbclid=y&p=1#top"),
        ("N132", "http://Bücher.Example:80/%7Ea/../b?utm_source=x&fbclid=y&p=1#top"),
        ("N133", "http://xn--bcher-kva.example:80/%7Ea/../b?utm_source=x&fbclid=y&p=1#top"),
        ("N134", "http://xn--bcher-kva.example/%7Ea/../b?utm_source=x&fbclid=y&p=1#top"),
        ("N136", "http://xn--bcher-kva.example/b?utm_source=x&fbclid=y&p=1#top"),
        ("N140", "http://xn--bcher-kva.example/b?utm_source=x&fbclid=y&p=1"),
        ("N141", "http://xn--bcher-kva.example/b?utm_source=x&p=1"),
        ("N142", "http://xn--bcher-kva.example/b?p=1"),
        ("N146", "https://xn--bcher-kva.example/b?p=1"),
    ]


def test_a_key_needs_no_step_when_it_is_one() -> None:
    assert key_steps(f"{U}/a?b=1") == ()


def test_n158_the_key_version_goes_up_with_the_tracking_lists() -> None:
    lists = " ".join([*sorted(tracking.NAMES), *tracking.PREFIXES])
    assert (KEY_VERSION, digest(lists)[:16]) == (1, "8650ab5988af837b")


# --- links ------------------------------------------------------------------------------------------------

PUBLISHED = [
    pytest.param("http://example.com", "http://example.com/", id="empty path"),
    pytest.param("HTTP://EXAMPLE.com:80/A", "http://example.com/A", id="capitals and default port"),
    pytest.param("https://例え.jp/日本?語", "https://xn--r8jz45g.jp/%E6%97%A5%E6%9C%AC?%E8%AA%9E", id="raw text"),
    pytest.param(f" {U}/a b\n", f"{U}/a%20b", id="blanks"),
    pytest.param(f"{U}/\x01\x7f", f"{U}/%01%7F", id="control characters"),
    pytest.param(f"{U}/%e5%7E", f"{U}/%E5%7E", id="digits of escapes large, unreserved ones left"),
    pytest.param(f"{U}/50%&%zz%4", f"{U}/50%25&%25zz%254", id="lone percent signs"),
    pytest.param(f"{U}/%25E5", f"{U}/%25E5", id="encoded twice"),
    pytest.param(f"{U}/a?b=c#d e", f"{U}/a?b=c#d%20e", id="the fragment stays"),
    pytest.param(f"{U}/a#b#c", f"{U}/a#b%23c", id="second number sign"),
    pytest.param(f"{U}/?utm_source=x", f"{U}/?utm_source=x", id="N59 tracking stays"),
    pytest.param(f"{U}/?a=1&amp;b=2", f"{U}/?a=1&b=2", id="ampersand escaped once too often"),
    pytest.param(f"{U}\\a\\b", f"{U}/a/b", id="backslashes"),
    pytest.param(f"{U}/a/../b", f"{U}/b", id="dot segments"),
    pytest.param("https://ann:secret@example.com/a", f"{U}/a", id="B81 user and password are no one's business"),
    pytest.param("https://a@b@example.com/", f"{U}/", id="two at signs"),
    pytest.param("http://good.example\\@bad.example/", "http://good.example/@bad.example/", id="host as browsers"),
    pytest.param("http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/", id="IPv6"),
    pytest.param(f"{U}/\ud800a", f"{U}/a", id="N35 lone surrogate"),
    pytest.param("http://127.0.0.1:8799/a", "http://127.0.0.1:8799/a", id="IPv4 and port"),
    pytest.param("http://a_b.example/", "http://a_b.example/", id="underscore"),
]

UNUSABLE = [
    pytest.param("", id="nothing"),
    pytest.param("   ", id="blanks"),
    pytest.param("#", id="number sign"),
    pytest.param("mailto:ann@example.com", id="mailto"),
    pytest.param("javascript:alert(1)", id="javascript"),
    pytest.param("java\nscript:alert(1)", id="javascript with a line break"),
    pytest.param("data:text/html,x", id="data"),
    pytest.param("ftp://example.com/", id="ftp"),
    pytest.param("tag:example.com,2020:x", id="tag"),
    pytest.param("urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8", id="uuid"),
    pytest.param("http:", id="scheme alone"),
    pytest.param("http://", id="no host"),
    pytest.param("http:///a", id="three slashes"),
    pytest.param("http:/a", id="one slash"),
    pytest.param("http:a", id="no slash"),
    pytest.param("http://?a", id="query for a host"),
    pytest.param("http://:80/", id="port without host"),
    pytest.param("http://ann@/", id="user without host"),
    pytest.param("http://./", id="dot for a host"),
    pytest.param("http://\u00ad/", id="host of ignored characters"),
    pytest.param("http://[::1/", id="open bracket"),
    pytest.param("http://::1]/", id="closing bracket"),
    pytest.param("http://[::1]x/", id="text after a bracket"),
    pytest.param("http://[1.2.3.4]/", id="IPv4 in brackets"),
    pytest.param("http://[:::]/", id="no IPv6"),
    pytest.param("http://[fe80::1%25eth0]/", id="IPv6 zone"),
    pytest.param("http://::1/", id="IPv6 without brackets"),
    pytest.param("http://example.com:99999/", id="port out of range"),
    pytest.param("http://example.com:0/", id="port zero"),
    pytest.param("http://example.com:-1/", id="negative port"),
    pytest.param("http://example.com:80a/", id="port with a letter"),
    pytest.param("http://example.com:８０/", id="fullwidth port"),
    pytest.param(f"http://example.com:{'9' * 5000}/", id="port of 5,000 digits"),
    pytest.param("http://exa mple.com/", id="blank in the host"),
    pytest.param("http://exa%20mple.com/", id="escaped blank in the host"),
    pytest.param("http://exa%2Fmple.com/", id="escaped slash in the host"),
    pytest.param("http://exa%FFmple.com/", id="host that is no UTF-8"),
    pytest.param("http://exa%mple.com/", id="lone percent sign in the host"),
    pytest.param("http://℀.example/", id="host with a letter that maps to a slash"),
    pytest.param("http://${HOST}/", id="placeholder"),
    pytest.param("http://<b>/", id="markup"),
    pytest.param(f"http://{'a' * 300}/", id="long host"),
    pytest.param(f"http://{'例' * 5000}/", id="very long host"),
    pytest.param("http://a|b/", id="bar in the host"),
    pytest.param("example.com/a", id="no scheme"),
    pytest.param("C:\\a", id="drive letter"),
]


@pytest.mark.parametrize(("url", "form"), PUBLISHED)
def test_n57_links_are_published_in_uri_form(url: str, form: str) -> None:
    assert uri_form(url) == form


@pytest.mark.parametrize("url", UNUSABLE)
def test_n56_what_is_no_http_url_is_not_published(url: str) -> None:
    assert (uri_form(url), absolute(url), host_of(url)) == ("", "", "")


@pytest.mark.parametrize(
    ("url", "base", "expected"),
    [
        pytest.param("http://a.example/x", "http://b.example/", "http://a.example/x", id="absolute"),
        pytest.param("//a.example/x", "", "https://a.example/x", id="scheme missing, no base"),
        pytest.param("//a.example/x", "http://b.example/", "http://a.example/x", id="scheme of the base"),
        pytest.param("\\\\a.example\\x", "", "https://a.example/x", id="backslashes"),
        pytest.param("//a.example:x/", "http://b.example/", "", id="bad port"),
        pytest.param("///x", "http://b.example/", "", id="empty host"),
        pytest.param("/x", "http://b.example/c/d?e", "http://b.example/x", id="path from the root"),
        pytest.param("x", "http://b.example/c/d?e", "http://b.example/c/x", id="path"),
        pytest.param("x", "http://b.example", "http://b.example/x", id="base without a path"),
        pytest.param("../x", "http://b.example/c/d/e", "http://b.example/c/x", id="path upwards"),
        pytest.param("../../../x", "http://b.example/c", "http://b.example/x", id="path above the root"),
        pytest.param(".", "http://b.example/c/d", "http://b.example/c/", id="dot"),
        pytest.param("?x", "http://b.example/c/d?e#f", "http://b.example/c/d?x", id="query"),
        pytest.param("?", "http://b.example/c/d?e#f", "http://b.example/c/d?", id="empty query"),
        pytest.param("#x", "http://b.example/c/d?e#f", "http://b.example/c/d?e#x", id="fragment"),
        pytest.param("x;y=1/../z", "http://b.example/c/", "http://b.example/c/z", id="semicolon"),
        pytest.param("日 本", " http://b.example/ ", "http://b.example/%E6%97%A5%20%E6%9C%AC", id="raw text"),
        pytest.param("", "http://b.example/", "", id="empty is no link"),
        pytest.param("x", "", "", id="no base"),
        pytest.param("x", "mailto:ann@example.com", "", id="base of another scheme"),
        pytest.param("x", "/y/", "", id="relative base"),
        pytest.param("x", "http://[::1/", "", id="broken base"),
        pytest.param("http:x", "http://b.example/", "", id="scheme and path alone"),
        pytest.param("javascript:x", "http://b.example/", "", id="javascript"),
        pytest.param("jAvA\tscript:x", "http://b.example/", "", id="javascript in disguise"),
        pytest.param("a.html:1", "http://b.example/", "", id="a colon makes a scheme"),
        pytest.param("./a:1", "http://b.example/", "http://b.example/a:1", id="a colon after a slash"),
        pytest.param("/x", "http://ann:secret@b.example/", "http://b.example/x", id="B81 password of the base"),
        pytest.param("//[", "http://b.example/", "", id="bracket"),
        pytest.param("]", "http://b.example/", "http://b.example/%5D", id="bracket in a path"),
    ],
)
def test_n56_references_are_resolved(url: str, base: str, expected: str) -> None:
    assert absolute(url, base) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(f"{U}/a?utm_source=x", f"{U}/a", id="the only parameter"),
        pytest.param(f"{U}/a?utm_source=x#b?utm_id=c", f"{U}/a#b?utm_id=c", id="the fragment stays"),
        pytest.param(f"{U}/a?p=1&FBCLID=x&q", f"{U}/a?p=1&q", id="capitals"),
        pytest.param(f"{U}/a?p=%7e+&&utm_id=1&q=", f"{U}/a?p=%7e+&&q=", id="the others as they are written"),
        pytest.param(f"{U}/a?utm%5Fid=1&p", f"{U}/a?p", id="escaped name"),
        pytest.param(f"{U}/a?", f"{U}/a?", id="empty query"),
        pytest.param(f"{U}/utm_id=1", f"{U}/utm_id=1", id="in a path"),
        pytest.param("mailto:a?utm_id=1", "mailto:a?utm_id=1", id="another scheme"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_n143_tracking_parameters_are_cut_out_of_the_text(url: str, expected: str) -> None:
    assert strip_tracking(url) == expected


@pytest.mark.parametrize(
    "parameter",
    [pytest.param(f"{name}=x", id=name) for name in [*sorted(tracking.NAMES), *tracking.PREFIXES]],
)
def test_n144_each_listed_parameter_is_removed_from_keys_and_links(parameter: str) -> None:
    url = f"{U}/?a=1&{parameter}&b=2"
    assert (entry_key(url), strip_tracking(url)) == (f"{U}/?a=1&b=2", f"{U}/?a=1&b=2")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        pytest.param("HTTP://WWW.Example.com:8080/", "www.example.com", id="capitals and port"),
        pytest.param("http://ann@例え.jp", "xn--r8jz45g.jp", id="punycode and user"),
        pytest.param("http://[::1]:80/", "::1", id="IPv6"),
    ],
)
def test_host_of_a_url(url: str, host: str) -> None:
    assert host_of(url) == host


# --- ids --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        pytest.param("http://example.com/1", True, id="http"),
        pytest.param("HTTP://Example.com:80/%7ea/../b", True, id="not canonical"),
        pytest.param("http://例え.jp/日本", True, id="not ASCII"),
        pytest.param("tag:nonsense", True, id="odd for its scheme"),
        pytest.param("yt:video:abc", True, id="unknown scheme"),
        pytest.param("oai:arXiv.org:2401.1", True, id="oai"),
        pytest.param("a:b", True, id="shortest"),
        pytest.param("", False, id="nothing"),
        pytest.param("http:", False, id="scheme alone"),
        pytest.param("123", False, id="number"),
        pytest.param("1a:b", False, id="scheme that starts with a digit"),
        pytest.param("/a", False, id="path"),
        pytest.param("a b:c", False, id="blank in the scheme"),
        pytest.param("http://example.com/a b", False, id="blank"),
        pytest.param("http://example.com/a\u00a0b", False, id="wide blank"),
        pytest.param("http://example.com/a\n", False, id="line break at the end"),
        pytest.param("http://example.com/\x7f", False, id="control character"),
        pytest.param("http://example.com/\ud800", False, id="lone surrogate"),
        pytest.param("http://example.com/\u202e", False, id="direction mark"),
        pytest.param("a:{b}", False, id="brace"),
        pytest.param("a:<b>", False, id="angle bracket"),
        pytest.param('a:"b"', False, id="quote"),
        pytest.param("a:\\b", False, id="backslash"),
        pytest.param("a:b|c", False, id="bar"),
        pytest.param("a:b^c`", False, id="caret and backtick"),
        pytest.param("a:%zz", False, id="bad escape"),
        pytest.param("a:%4", False, id="cut escape"),
        pytest.param("javascript:alert(1)", False, id="T4 a script"),
        pytest.param("JaVaScRiPt:alert(1)", False, id="T4 a script in mixed case"),
        pytest.param("vbscript:x", False, id="T4 another script"),
        pytest.param("data:text/html,x", False, id="T4 a page in an address"),
        pytest.param("data.example:x", True, id="a scheme that only begins like one that runs"),
    ],
)
def test_n4_absolute_iris_by_generic_syntax(text: str, is_one: bool) -> None:  # noqa: FBT001  # a table column
    assert is_iri(text) is is_one


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/?p=12",
        "https://example.com:8080/a#b",
        "tag:blogger.com,1999:blog-12.post-34",
        "tag:example.com,2020-01:",
        "tag:ann@example.com,2020-01-31:a/b?c#d",
        "tag:ann_b.c-d@example.com,2020:x",
        "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "URN:UUID:6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "urn:isbn:9780141036144",
        "urn:x-a:b%2Fc:D",
        "info:doi/10.1000/1",
        "news:a@example.com",
        "mid:a@example.com",
        "cid:a@example.com",
    ],
)
def test_n5_ids_that_are_published_as_they_stand(text: str) -> None:
    assert publishable_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "?p=12",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "t3_abc",
        "10.1000/1",
        "oai:arXiv.org:2401.1",
        "at://did:plc:abc/1",
        "yt:video:abc",
        "http://",
        "http:///a",
        "http://[::1/",
        "http://example.com:99999/",
        "http://ann:secret@example.com/1",
        "http://例え.jp/1",
        "http://example.com/a b",
        "tag:example.com:x",
        "tag:example.com,20:x",
        "tag:example.com,2020-13:x",
        "tag:example.com,2020-01-32:x",
        "tag:example.com,2020-1-1:x",
        "tag:,2020:x",
        "tag:-a.com,2020:x",
        "tag:a..com,2020:x",
        "tag:@example.com,2020:x",
        "tag:example.com,2020:a#b#c",
        "TAG:example.com,2020:x",
        "tag:Example.com,2020:x",
        "tag:Ann@example.com,2020:x",
        "tag:example.com,999-01-01:x",
        "tag:example.com,2020:a[1]",
        "http://[::1]/1",
        "http://example.com/a[1]",
        "http://example.com/?a[]=1",
        "info:a[1]",
        "urn:x-a:b/c",
        "urn:x-a:b~c",
        "urn:x-a:b&c",
        "urn:x-a:b?+c?=d",
        "urn:x-a:b#e",
        "urn:uuid:123",
        "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8x",
        "urn:x:a",
        "urn:isbn:",
        "urn:isbn:/a",
        "urn:urn:a",
        "info:",
        "cid:a b",
    ],
)
def test_n5_ids_that_are_not_published(text: str) -> None:
    assert not publishable_id(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("https://example.com/tags", "https://example.com/tags", id="address"),
        pytest.param("HTTP://Example.com", "http://example.com/", id="written as a URI"),
        pytest.param(
            "https://例え.jp/日", "https://xn--r8jz45g.jp/%E6%97%A5", id="IRI that can be written as a URI"
        ),
        pytest.param("https://example.com/a[1]", "https://example.com/a%5B1%5D", id="brackets are escaped"),
        pytest.param("tag:example.com,2026:t", "tag:example.com,2026:t", id="tag"),
        pytest.param("urn:x-a:b", "urn:x-a:b", id="URN"),
        *(
            pytest.param(text, "", id=text)
            for text in (
                *("", "tags", "http://", "http://[::1]/", "javascript:alert(1)", "oai:arXiv.org:1", "foo:bar"),
                *("tag:Example.com,2026:t", "tag:example.com:t", "tag:例え.jp,2026:t", "urn:x-a:文"),
                *("urn:uuid:123", "urn:x-a:b/c", "urn:x-a:%zz", "mid:a@example.com"),
            )
        ),
    ],
)
def test_n71_the_scheme_of_a_category_is_a_uri_or_nothing(text: str, expected: str) -> None:
    assert urls.category_scheme(text) == expected


# --- properties -------------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        *"%&=?#/\\@:.;[]+ \t\n\ufeff\u00a0",
        *("%2", "%2e", "%2E", "%25", "%61", "%41", "%5F", "%C3%9F", "%FF", "..", "/.", "//", "#!", "#/"),
        *("amp;", "&amp;", "&#38;", "#38;", "%61mp;", "amp", "amp=1", "&AMP;", "utm_a=1", "fbclid", "utm%5Fb"),
        *("/amp", "/index.html", "/index.php/", "/c", "/s", "/example.com", "cdn.ampproject.org", "google.com"),
        *("www.", "m.", "amp.", "mobile.", ":80", ":443", ":0", ":8080", "user:pw@", "[::1]"),
        *("例", "ß", "İ", "☃", "Σ", "。", "\u00ad", "\u202e", "\ud800", "é", "e\u0301", "ſ", "℀", "A", "b", "x.y"),
    ]
)
_HOSTS = st.sampled_from(
    ["example.com", "WWW.m.Example.com", "cdn.ampproject.org", "a.cdn.ampproject.org", "m.google.com", "例え。jp"]
)
_URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP:\\\\", " http://", "//", "mailto:", ""]),
    st.one_of(_HOSTS, st.lists(_PIECES, max_size=4).map("".join)),
    st.sampled_from(["", "/", "/amp", "/c/s/", "/amp/s/", "?", ":80"]),
    st.lists(_PIECES, max_size=12).map("".join),
)
_TEXTS = st.one_of(_URLS, st.text(max_size=40), _URLS.map(lambda url: url * 2))
_RULES = st.builds(
    lambda *switches: KeyRules(
        **dict(
            zip(
                ("http_is_https", "www", "mobile_hosts", "trailing_slash", "index_files", "amp"),
                switches,
                strict=True,
            )
        )
    ),
    *[st.booleans()] * 6,
)


@given(_TEXTS, _RULES)
@example("http://x/?a&%61mp;b", KeyRules())
@example("http://x:443/", KeyRules())
@example("https://cdn.ampproject.org/c/s/m.google.com/amp/s/x.y/amp/", EVERY_RULE)
def test_n130_keys_are_idempotent(url: str, rules: KeyRules) -> None:
    key = entry_key(url, rules)
    assert entry_key(key, rules) == key


@given(_TEXTS, _RULES)
def test_key_steps_end_at_the_key(url: str, rules: KeyRules) -> None:
    steps = key_steps(url, rules)
    assert (steps[-1].url if steps else url) == entry_key(url, rules)


@given(_TEXTS)
def test_n57_the_published_form_is_idempotent_ascii_and_an_iri(url: str) -> None:
    form = uri_form(url)
    assert uri_form(form) == form
    assert not form or (
        form.isascii() and is_iri(form) and form.startswith(("http://", "https://")) and host_of(form)
    )


@given(_TEXTS, _RULES)
def test_a_link_has_the_key_of_its_published_form(url: str, rules: KeyRules) -> None:
    form = uri_form(url)
    if form and "@" not in url:  # a key keeps the user (N138), a published link does not (B81)
        assert entry_key(form, rules) == entry_key(url, rules)


@given(_TEXTS, _TEXTS)
def test_n56_a_resolved_reference_is_usable_or_empty(url: str, base: str) -> None:
    link = absolute(url, base)
    assert uri_form(link) == link


@given(_TEXTS)
def test_n143_stripping_is_idempotent_and_only_removes(url: str) -> None:
    stripped = strip_tracking(url)
    assert strip_tracking(stripped) == stripped
    assert len(stripped) < len(url) or stripped == url


@given(st.one_of(_TEXTS, st.builds("{}:{}".format, st.sampled_from(["tag", "urn", "urn:uuid", "info"]), _TEXTS)))
def test_n5_a_publishable_id_is_an_ascii_iri(text: str) -> None:
    assert not publishable_id(text) or (text.isascii() and is_iri(text))


@given(st.one_of(_TEXTS, st.builds("{}:{}".format, st.sampled_from(["tag", "urn", "javascript", "Data"]), _TEXTS)))
@example("urn:uuid:8d7c4f2e-0000-5000-8000-000000000001")
@example("tag:a.example,2026:x")
def test_n71_the_scheme_of_a_category_is_an_address_a_name_or_nothing(text: str) -> None:
    scheme = category_scheme(text)
    assert category_scheme(scheme) == scheme
    assert scheme in ("", uri_form(text), text)
    assert not scheme or (scheme.isascii() and is_iri(scheme))
    assert not is_name(text) or scheme == text


@given(_TEXTS)
@example("http://[2001:DB8::1]:80/")
def test_the_host_of_any_text_is_a_name_an_address_or_nothing(url: str) -> None:
    host = host_of(url)
    assert host == host.lower()
    assert bool(host) == bool(uri_form(url))
    assert host.isascii()
    assert not set(host) & set("/?#@[] ")


# --- real links -------------------------------------------------------------------------------------------


def _links_of(corpus: Path) -> list[str]:
    lines = (corpus / "feeds" / "expected.jsonl").read_text(encoding="utf-8").splitlines()
    feeds = [json.loads(line) for line in lines]
    stated = [link for feed in feeds for link in (feed["feed_link"], feed["first"] and feed["first"].get("link"))]
    with (corpus / "seeds" / "index.tsv").open(encoding="utf-8", newline="") as file:
        seeds = [row["expected_url"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    return sorted({link for link in (*stated, *seeds) if isinstance(link, str)} - {""})


@pytest.mark.corpus
def test_real_links_keep_their_key_when_published(corpus: Path) -> None:
    links = _links_of(corpus)
    assert len(links) > 300
    for link in links:
        key, form = entry_key(link), uri_form(link)
        assert (entry_key(key), uri_form(form)) == (key, form)
        assert "@" in link or not form or entry_key(form) == entry_key(strip_tracking(form)) == key


@given(st.from_regex(urls._FINAL, fullmatch=True))
def test_n57_a_url_that_is_final_at_a_glance_is_changed_by_no_rule(url: str) -> None:
    if urls._is_final(url):
        assert urls._by_rules(url) == url


_PIECES = st.sampled_from(
    [
        *(
            "http://",
            "https://",
            "HTTPS://",
            "//",
            "/",
            "a.example",
            "b-c.example",
            "xn--bcher-kva.example",
            "10.0.0.1",
        ),
        *(
            "bücher.example",
            "user:pw@",
            ":80",
            ":8080",
            "?",
            "&",
            "&amp;",
            "&AMP;",
            "&#38;",
            ";",
            "#",
            "#!",
            "%",
            "%41",
        ),
        *(
            "%c3%a4",
            "%C3",
            "%2e",
            "%2F",
            "/.",
            "/..",
            "a=b",
            "utm_source=x",
            "UTM_medium=y",
            "f%62clid=2",
            "fbclid=1",
        ),
        *("ä", "中文", " ", "\n", "\\", "[", "|", "~", "."),
    ]
)
_PIECED = st.tuples(
    st.sampled_from(["", "http://a.example/", "https://www.b.example/x"]), st.lists(_PIECES, max_size=7)
).map(lambda parts: parts[0] + "".join(parts[1]))


@given(_PIECED, _PIECED)
@example("https://a.example/&#38;x", "")
@example("https://a.example/?x&AMP;y", "https://a.example/")
def test_n57_the_short_ways_lead_where_the_rules_lead(url: str, base: str) -> None:
    assert urls.absolute(url) in (
        "",
        urls._by_rules(urls._tidied(url)),
        urls._by_rules(f"https:{urls._tidied(url)}"),
    )
    assert urls._is_final(url) <= (urls._by_rules(url) in (url, url.replace("&AMP;", "&")))
    assert urls._is_final(url) or urls._in_uri_form(url) == urls._by_rules(url)
    assert entry_key(url) == urls._key_by_rules(url, KeyRules())
    assert urls.absolute(urls.absolute(url, base)) == urls.absolute(url, base)
