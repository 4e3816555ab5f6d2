"""The quick reader beside the parser library: wherever it reads a document, both give the same, field by field."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from feedparser.mixin import _FeedParserMixin
from hypothesis import given
from hypothesis import strategies as st

import test_xmlfacts
import test_xmlfeed
from documents import NAMESPACES, URL, atom, rss
from feedbraid.bounds import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_ELEMENTS_PER_ITEM, MAX_ITEMS
from feedbraid.gate import Admitted, admit, root_of_plain
from feedbraid.quickfacts import Unknown, read_sound_facts
from feedbraid.quicknames import HANDLED, MIXED_UP, is_harmless
from feedbraid.quicknames import NAMESPACES as KNOWN
from feedbraid.xmlfacts import _readers, parse_date, read_library_date
from feedbraid.xmlfeed import read_sound_feed, read_xml_feed


def assert_equal(root: bytes, url: str = URL) -> bool:
    """Compare both readers; tell whether the quick one read the document."""
    quick = read_sound_feed(root, url)
    if quick is None:
        return False
    slow = read_xml_feed(root, url)
    assert slow is not None
    assert quick.channel == slow.channel
    for mine, theirs in zip(quick.entries, slow.entries, strict=True):
        assert mine == theirs
    assert quick == slow
    return True


# --- documents that were written for other tests, and real ones --------------------------------------------


def tables() -> list[str]:
    """Collect the documents in the tables of two other modules."""
    found = []
    for module in (test_xmlfeed, test_xmlfacts):
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                for row in mark.args[1] if mark.name == "parametrize" else ():
                    values = getattr(row, "values", row)
                    found += [
                        one for one in (values if isinstance(values, tuple) else [values]) if isinstance(one, str)
                    ]
    return [one for one in found if one.startswith("<")]


@pytest.mark.parametrize("document", tables())
def test_what_other_tests_read_is_read_alike(document: str) -> None:
    whole = document if document.startswith(("<rss", "<feed", "<rdf")) else rss(f"<item>{document}</item>")
    assert_equal(whole.encode())


@dataclass(frozen=True)
class Read:
    """Which of the real documents of each kind were read quickly, and which are there."""

    quick: Counter[str]
    there: Counter[str]


@pytest.fixture(scope="module")
def real(corpus: Path) -> Read:
    quick, there = Counter[str](), Counter[str]()
    for path in sorted((corpus / "feeds").glob("*.xml")):
        admitted = admit(path.read_bytes(), "", URL)
        if isinstance(admitted, Admitted) and admitted.well_formed:
            kind = path.name.partition("-")[0]
            there[kind] += 1
            quick[kind] += assert_equal(admitted.body)
    return Read(quick, there)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("kind", "share"),
    [
        ("rss20", 0.9),
        ("atom10", 0.8),
        ("podcast", 0.85),
        ("youtube", 0.8),
        ("rss09", 0.95),
        ("enc", 0.85),
        ("rss10", 0.6),
    ],
)
def test_most_real_documents_are_read_quickly_and_alike(real: Read, kind: str, share: float) -> None:
    assert real.quick[kind] >= share * real.there[kind]


# --- documents put together from all that is known ---------------------------------------------------------

TEXTS = st.sampled_from(
    [
        "",
        "x",
        " x\n",
        "a, b,,c",
        "http://a.example/?a=1&amp;b;=2",
        "?a&amp;amp;b",
        "http://a.example/;p",
        "/rel",
        "#f",
        "&lt;b&gt;x&lt;/b&gt; &amp;amp; y",
        "<![CDATA[<p>y</p> &amp; z]]>",
        "x<!-- no --> y",
        "été",
        "\u00c3\u00a9t\u00c3\u00a9",
        "\u0093q\u0094 &#146;&#160;",
        "\u3000港口\u00a0",
        "Fri, 20 Nov 2026 09:00:00 +0100",
        "2026-11-20T08:00:00.5+05:30",
        "2026-11-20",
        "12",
        "yes",
        "a@b.example (Ann)",
        "feedbraid https://feedbraid.example/",
    ]
)
ATTRIBUTES = {
    "type": ["text", "html", "xhtml", "TEXT/HTML", "image/png", "audio/mpeg"],
    "rel": ["self", "alternate", "ENCLOSURE"],
    "href": ["/h", "http://h.example/?a=1&amp;b=2", ""],
    "url": ["/u", ""],
    "uri": ["/i"],
    "term": ["t", ""],
    "scheme": ["http://s.example/"],
    "domain": ["d", ""],
    "label": ["l"],
    "isPermaLink": ["true", "false", " TRUE "],
    "length": ["1"],
    "filesize": ["2"],
    "medium": ["image", "video"],
    "text": ["News", ""],
    "title": ["T"],
    "hreflang": ["de"],
    "src": ["/s"],
    "mode": ["escaped", "base64"],
    "xml:lang": ["de", "", "de_AT"],
    "lang": ["fr"],
    "xml:base": ["http://b.example/c/", "d/", ""],
    "base": ["http://e.example/"],
    "foo:none": ["1"],
    "foo:href": ["/z"],
    "rdf:about": ["urn:a"],
    "lastmod": ["2020-01-01"],
}
LEAVES = """
title link description guid id pubDate lastBuildDate category keywords author managingEditor webMaster
comments enclosure summary content updated published created modified issued rights copyright language
subtitle tagline generator icon logo docs ttl cloud info source dc:title dc:creator dc:date dc:subject
dc:rights dc:language dc:description dc:publisher dc:contributor dc:identifier dcterms:created dcterms:issued
dcterms:modified content:encoded feedburner:origLink feedburner:info itunes:author itunes:summary
itunes:subtitle itunes:duration itunes:episode itunes:episodeType itunes:explicit itunes:season itunes:type
itunes:image itunes:keywords itunes:title itunes:block media:title media:description media:thumbnail
media:content media:category media:keywords media:credit media:rating media:community creativeCommons:license
cc:license atom:link atom:updated atom:id foo:bar foo:title unknown x_y georss:point name url
"""
CHILDREN = {
    "author": "name uri email",
    "contributor": "name uri email",
    "itunes:owner": "itunes:name itunes:email",
    "itunes:category": "itunes:category",
    "image": "url title link description width height",
    "textInput": "title description name link",
    "skipHours": "hour",
    "skipDays": "day",
    "media:group": "media:title media:description media:content media:thumbnail media:keywords media:credit",
    "media:content": "media:title media:description media:thumbnail media:category media:rating",
    "source": "id title subtitle rights link author updated icon category contributor",
    "foo:box": "foo:bar unknown",
    "description": "p",
}
MARKUP = [
    "<x:div>a <x:b>b</x:b> &amp; c</x:div>",
    '<div xmlns="http://www.w3.org/1999/xhtml"><div>k</div></div>\n',
    '<x:p xml:lang="de">d</x:p><x:br/>',
    '<x:div class="&lt;k&quot;"><x:img src="/i?a&amp;b/"/></x:div>',
    "t <x:title>u</x:title>",
    "<x:div><x:body/></x:div>",
]
MORE = (
    'xmlns:foo="urn:foo" xmlns:x="http://www.w3.org/1999/xhtml" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:creativeCommons="http://backend.userland.com/creativeCommonsRssModule"'
    ' xmlns:cc="http://web.resource.org/cc/" xmlns:georss="http://www.georss.org/georss"'
)


@st.composite
def attributes(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=3, unique=True))
    return "".join(f' {name}="{draw(st.sampled_from(ATTRIBUTES[name]))}"' for name in names)


def sometimes(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(st.just(""), st.just(""), strategy)


@st.composite
def leaves(draw: st.DrawFn, names: list[str]) -> str:
    name = draw(st.sampled_from(names))
    return f"<{name}{draw(sometimes(attributes()))}>{draw(TEXTS)}</{name}>"


@st.composite
def containers(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(sorted(CHILDREN)))
    inside = draw(st.lists(leaves(CHILDREN[name].split()), max_size=3))
    return f"<{name}{draw(sometimes(attributes()))}>{''.join(inside)}{draw(sometimes(TEXTS))}</{name}>"


@st.composite
def markup(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["title", "summary", "content", "subtitle", "rights"]))
    return f'<{name} type="xhtml">{"".join(draw(st.lists(st.sampled_from(MARKUP), max_size=2)))}</{name}>'


ELEMENTS = st.lists(
    st.one_of(leaves(LEAVES.split()), leaves(LEAVES.split()), containers(), markup()), max_size=8
).map("\n".join)


@st.composite
def feeds(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["rss", "atom", "atom03", "rdf"]))
    item = "entry" if kind.startswith("atom") else "item"
    head, stated = draw(ELEMENTS), draw(sometimes(attributes()))
    each = f"<{item}{draw(sometimes(attributes()))}>"
    items = "".join(f"{each}{inside}</{item}>" for inside in draw(st.lists(ELEMENTS, max_size=3)))
    names = f"{NAMESPACES} {MORE}"
    if kind == "atom":
        return f'<feed xmlns="http://www.w3.org/2005/Atom" {names}{stated}>{head}{items}</feed>'
    if kind == "atom03":
        return f'<feed version="0.3" xmlns="http://purl.org/atom/ns#" {names}{stated}>{head}{items}</feed>'
    if kind == "rdf":
        names = names.replace('xmlns:atom="http://www.w3.org/2005/Atom"', 'xmlns:atom="urn:none"')
        return f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" {names}><channel>{head}</channel>{items}</rdf:RDF>'
    return f'<rss version="2.0" {names}{stated}><channel>{head}{items}</channel></rss>'


@given(feeds())
def test_any_document_made_of_known_things_is_read_alike(document: str) -> None:
    assert_equal(document.encode())


@pytest.mark.parametrize(
    "inside",
    [
        "<title>a</title><title>b</title>",
        "<title/><title>a</title><dc:title>b</dc:title>",
        '<title>a</title><source url="/s">S</source><title>b</title>',
        "<guid>a</guid><guid isPermaLink='false'>b</guid><atom:id>c</atom:id>",
        "<content:encoded>a</content:encoded><description>b</description><description>c</description>",
        "<description>a</description><content:encoded>b</content:encoded><description>c</description>",
        "<content:encoded>a</content:encoded><content:encoded>b</content:encoded>",
        "<category domain='d'>a</category><category domain='d'>a</category><category>a</category><category/>",
        "<media:group><media:title>deep</media:title></media:group><media:title>a</media:title>",
        "<media:title>a</media:title><media:group><media:title>deep</media:title></media:group>",
        "<link>a</link><atom:link href='/b'/><link>c?d&amp;e;f</link><link/>",
        "<itunes:category text='a'><itunes:category/></itunes:category><itunes:keywords>c</itunes:keywords>",
        "<author>a</author><dc:creator>b</dc:creator><itunes:author>c</itunes:author><author/>",
    ],
)
def test_of_several_elements_the_same_count(inside: str) -> None:
    assert assert_equal(
        rss(f"<title>c</title><item>{inside}</item><title>d</title><item>{inside}</item>").encode()
    )


@pytest.mark.parametrize(
    "head",
    [
        "<title>a</title><title>b</title>",
        "<title>a</title><image><url>/i</url><title>b</title></image><title>c</title>",
        "<image><url>/i</url></image><itunes:image href='/j'/>",
        "<itunes:image href='/j'/><image><url>/i</url></image>",
        "<title>a</title><textInput><title>b</title><name>q</name></textInput><title>c</title>",
        "<description>a</description><description>b</description><ttl>5</ttl><skipDays><day>Mon</day></skipDays>",
    ],
)
def test_of_several_elements_of_a_channel_the_same_count(head: str) -> None:
    assert assert_equal(rss(f"{head}<item/>").encode())


# --- what is not for the quick reader ----------------------------------------------------------------------


def reason(document: str, url: str = URL) -> str:
    with pytest.raises(Unknown) as unknown:
        read_sound_facts(document.encode(), url)
    return str(unknown.value)


@pytest.mark.parametrize(
    ("document", "stated"),
    [
        (rss("<item><description>a <b>b</b></description></item>"), "<b>"),
        (rss("<item><image><url>/i</url></image></item>"), "<image>"),
        (rss("<item><description>a</description><description>b</description></item>"), "a second summary"),
        (rss("<item><content>a</content></item>"), "content that may be text or markup"),
        (rss("<item><title>a</item>"), "not well-formed: mismatched tag: line 1, column 4"),
        (rss("<item><no:title>a</no:title></item>"), "not well-formed: unbound prefix: line 1"),
        (rss("<?php x ?>"), "an instruction"),
        (rss('<k:title xmlns:k="http://purl.org/pie/">a</k:title>'), "the namespace http://purl.org/pie/"),
        (rss('<k:b xmlns:k="urn:a b">a</k:b>'), "not well-formed: syntax error"),
        (rss('<k:b xmlns:k="urn:a"/><k:b xmlns:k="urn:b"/>'), "a prefix that stands for two namespaces"),
        (rss('<author xmlns:psc="urn:a"/>'), "the prefix psc for urn:a"),
        (rss("<item><foo><title>a</title></foo></item>"), "<title>"),
        (rss('<item xml:base="http:///a.example/"/>'), "an xml:base that is not in its usual form"),
        (rss('<item><foo base="b"/></item>'), "a base inside of an element without a meaning"),
        (rss("</channel><channel>"), "a channel with attributes, or a second one"),
        ("<html/>", "<html>"),
    ],
)
def test_the_library_reads_what_is_not_known_for_certain(document: str, stated: str) -> None:
    assert reason(document).startswith(stated)
    assert read_sound_feed(document.encode(), URL) is None


@pytest.mark.parametrize(
    "url", ["ftp://site.example/", "http:///site.example/", "http://site.example/a?", "http://[x"]
)
def test_an_address_that_the_library_would_rewrite_is_left_to_it(url: str) -> None:
    assert reason(rss("<item/>"), url).startswith("an address")


@pytest.mark.parametrize(
    "document",
    [
        rss("<item/>" * (MAX_ITEMS + 1)),
        rss("<item>", "<x/>" * (MAX_ELEMENTS_PER_ITEM + 1), "</item>"),
        rss("<x/>" * (MAX_ELEMENTS + 1)),
        rss("<x>" * MAX_DEPTH, "</x>" * MAX_DEPTH),
        rss("<x ", *(f'a{number}="" ' for number in range(MAX_ATTRIBUTES + 1)), "/>"),
        rss("<x ", *(f'xmlns:a{number}="u" ' for number in range(MAX_ATTRIBUTES + 1)), "/>"),
    ],
)
def test_t3_a_bound_of_the_gate_is_one_here_too(document: str) -> None:
    assert reason(document).startswith(("too much", "an item with attributes, or too many"))
    assert not isinstance(admit(document.encode()), Admitted)


def test_the_names_are_those_of_the_library() -> None:
    """Every handler of the library is known, and each of its namespaces is here, is refused, or means nothing."""
    strict, _ = _readers()
    handlers = {name.split("_", 2)[2].lower() for name in dir(strict) if name.startswith(("_start_", "_end_"))}
    here = {f"{prefix}_{name}".strip("_") for prefix, names in HANDLED.items() for name in names.split()}
    assert handlers == here - {"feedburner_origlink"}
    for uri, prefix in _FeedParserMixin.namespaces.items():
        known = KNOWN.get(uri.lower())
        meant = prefix.lower() in HANDLED
        assert known == prefix.lower() or (
            known is None and (uri.lower() in MIXED_UP or not meant or uri == "")
        ), uri


NAMES = st.text("abcdeimtxy_-.", min_size=1, max_size=8).filter(lambda name: name[0].isalpha())


@given(NAMES, st.sampled_from(["", "media:", "itunes:", "dc:", "foo:", "feedburner:"]), st.booleans())
def test_nothing_follows_from_an_element_without_a_meaning(name: str, prefix: str, with_attribute: bool) -> None:  # noqa: FBT001
    tag = f"{prefix}{name}"
    if is_harmless(tag):
        stated = ' k="1"' if with_attribute else ""
        stray = f"<{tag}{stated}>text</{tag}>"
        inside = f"<title>a</title>{stray}<link>/a</link>{stray}<description>b</description>{stray}"
        document = rss(f"{inside}<item>{inside}</item>").replace("<rss", '<rss xmlns:foo="urn:foo"')
        assert assert_equal(document.encode())


# --- documents that may pass as they are -------------------------------------------------------------------

PLAIN = rss("<item><title>a</title></item>")


@pytest.mark.parametrize(
    ("document", "content_type"),
    [
        (PLAIN.encode(), ""),
        (b"\xef\xbb\xbf" + PLAIN.encode(), "text/xml; charset=gbk"),
        (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- a --><!DOCTYPE rss>{PLAIN}'.encode(),
            "text/xml; charset=utf8",
        ),
        (f'<?xml version="1.0" encoding="ISO-8859-1"?>{PLAIN}'.encode(), ""),
        (f"<!-- é -->{PLAIN}".encode(), ""),
        (atom("<entry><title><![CDATA[é & ]]></title></entry>").encode(), ""),
    ],
)
def test_a_plain_document_passes_as_it_is(document: bytes, content_type: str) -> None:
    admitted = admit(document, content_type)
    assert isinstance(admitted, Admitted)
    assert root_of_plain(document, content_type) == admitted.body
    assert admitted.notes == ()


@pytest.mark.parametrize(
    "document",
    [
        f"x{PLAIN}".encode(),
        f'<?xml version="1.0" encoding="gbk"?>{PLAIN}é'.encode(),
        PLAIN.encode("utf-16"),
        rss("<title><![CDATA[a</title><link><![CDATA[b]]></link>").encode(),
        rss("<title>&#0000000038;</title>").encode(),
        f"<!--{'x' * 5000}-->{PLAIN}".encode(),
        f"<!-- \x01 -->{PLAIN}".encode(),
        b"<html>",
        b"{}",
        b"",
    ],
)
def test_a_document_that_may_need_repair_does_not(document: bytes) -> None:
    assert root_of_plain(document) is None


PIECES = st.sampled_from(
    [
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "&#38;",
        "&#0000000038;",
        "&#x1;",
        "&amp;",
        "&",
        "&nbsp;",
        "<b>",
        "</b>",
        "é",
        "\x01",
        "<?x &y ?>",
        "\ufffe",
        "a",
        " ",
        "<title>",
        "</title>",
    ]
)


@given(st.lists(PIECES).map("".join), st.sampled_from(["", "text/xml; charset=gbk", "text/xml; charset=utf-8"]))
def test_whatever_passes_as_it_is_would_not_have_been_repaired(inside: str, content_type: str) -> None:
    document = rss(f"<item><foo>{inside}</foo></item>").encode("utf-8", "surrogatepass")
    root = root_of_plain(document, content_type)
    if root is not None and read_sound_feed(root) is not None:
        admitted = admit(document, content_type)
        assert isinstance(admitted, Admitted)
        assert (admitted.body, admitted.notes) == (root, ())


# --- dates -------------------------------------------------------------------------------------------------

CLOCKS = st.tuples(*(st.integers(0, last) for last in (9999, 13, 32, 25, 61, 61))).map(
    lambda t: f"{t[0]:04}-{t[1]:02}-{t[2]:02}T{t[3]:02}:{t[4]:02}:{t[5]:02}"
)
ZONES = st.sampled_from(["Z", "+00:00", "-08:00", "+05:30", "-99:99", "+0530", ".5Z", ".123+02:00", "", "z"])
LETTERS = st.tuples(
    st.sampled_from(["", "Sat, ", "Thu, ", "sat, ", "Samedi, "]),
    st.integers(0, 32),
    st.sampled_from(["Jan", "Oct", "Feb", "oct", "October"]),
    st.sampled_from(["2026", "0001", "26", "9999"]),
    st.sampled_from(["09:00:00", "23:59:60", "9:00", "00:00:00"]),
    st.sampled_from(["GMT", "UTC", "UT", "Z", "+0100", "-0330", "EST", "+9999", ""]),
).map(lambda t: f"{t[0]}{t[1]} {t[2]} {t[3]} {t[4]} {t[5]}".strip())


@given(st.one_of(st.tuples(CLOCKS, ZONES).map("".join), LETTERS))
def test_n16_the_usual_dates_are_read_as_the_library_reads_them(text: str) -> None:
    assert parse_date(text) == read_library_date(text)
