"""Lists of sources that other programs keep, and what they bring to a configuration."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import MOMENT
from feedbraid import configvalues
from feedbraid.configedit import FeedChange, NewSource
from feedbraid.model import FeedSpec, OriginSpec
from feedbraid.pages._lines import FeedLine, SourceLine
from feedbraid.pages._opml import sources_opml
from feedbraid.subscriptions import (
    KINDS,
    Kind,
    Known,
    Listed,
    Subscriptions,
    name_for,
    planned,
    read_subscriptions,
    same_source,
)


def read(text: str, kind: Kind | None = None) -> Subscriptions:
    return read_subscriptions(text.encode(), kind)


def stated(text: str, kind: Kind | None = None) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.url, one.title, one.folders) for one in read(text, kind).sources]


def opml(*outlines: str, head: str = "") -> str:
    return f'<?xml version="1.0"?>\n<opml version="1.1"><head>{head}</head>\n<body>\n' + "\n".join(
        [*outlines, "</body>", "</opml>"]
    )


# --- OPML -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outline", "url", "title"),
    [
        ('<outline text="A" xmlUrl="https://a.example/f"/>', "https://a.example/f", "A"),
        ("<outline TITLE='A' text='B' XMLURL='https://a.example/f'></outline>", "https://a.example/f", "A"),
        (
            '<outline text="A &amp; B" xmlUrl="https://a.example/?a=1&amp;b=2"/>',
            "https://a.example/?a=1&b=2",
            "A & B",
        ),
        (
            '<outline text="A & B" xmlUrl="https://a.example/?a=1&copy=2"/>',
            "https://a.example/?a=1&copy=2",
            "A & B",
        ),
        ('<outline text="Caf&eacute; &#x2603;" xmlUrl="https://a.example/f"/>', "https://a.example/f", "Café ☃"),
        ('<outline text="a > b" xmlUrl="https://a.example/f" / >', "https://a.example/f", "a > b"),
        ('<outline\n text="A"\n xmlUrl=" https://a.example/f\n"/>', "https://a.example/f", "A"),
        ('<outline text="A" xmlUrl=https://a.example/f>', "https://a.example/f", "A"),
        ('<outline text="A" xmlUrl="feed://a.example/f"/>', "http://a.example/f", "A"),
        ('<outline text="A" xmlUrl="feed:https://a.example/f"/>', "https://a.example/f", "A"),
        ('<outline type="rss" text="A" url="https://a.example/f"/>', "https://a.example/f", "A"),
        ('<outline text="https://a.example/f" xmlUrl="https://a.example/f"/>', "https://a.example/f", ""),
        ('<outline text="美国之音 😀" xmlUrl="https://a.example/f"/>', "https://a.example/f", "美国之音 😀"),
    ],
)
def test_an_outline_is_read_as_it_was_meant(outline: str, url: str, title: str) -> None:
    assert stated(opml(outline)) == [(url, title, ())]


def test_folders_are_kept_to_any_depth_and_closed_again() -> None:
    found = stated(
        opml(
            '<outline text="Tech">',
            '<outline text="A" xmlUrl="https://a.example/"/>',
            '<outline title="Deep"><outline text="B" xmlUrl="https://b.example/"></outline></outline>',
            "</outline>",
            '<outline text="C" xmlUrl="https://c.example/"/>',
        )
    )
    assert found == [
        ("https://a.example/", "A", ("Tech",)),
        ("https://b.example/", "B", ("Tech", "Deep")),
        ("https://c.example/", "C", ()),
    ]


def test_nothing_outside_of_the_list_is_read() -> None:
    text = opml('<outline text="&secret;" xmlUrl="https://a.example/&secret;"/>').replace(
        "<opml", '<!DOCTYPE opml [<!ENTITY secret SYSTEM "file:///etc/hostname">]>\n<opml'
    )
    assert stated(text) == [("https://a.example/&secret;", "&secret;", ())]


def test_comments_and_damage_are_passed_over() -> None:
    inside = '<!-- <outline text="no" xmlUrl="https://no.example/"/> -->'
    whole = opml(inside, '<outline text="A" xmlUrl="https://a.example/"/>')
    cut = read(whole[: whole.index("</body>")] + '<outline text="B" xmlUrl="https://b.exa')
    assert [one.url for one in cut.sources] == ["https://a.example/"]
    assert cut.remarks == ("the file has no end: sources that stood there may be missing",)
    assert read(whole).remarks == ()


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "gb18030"])
def test_a_list_is_read_in_the_character_set_it_states(codec: str) -> None:
    text = opml('<outline text="美国之音" xmlUrl="https://a.example/"/>')
    label = f'<?xml version="1.0" encoding="{codec.removesuffix("-sig")}"?>'
    content = text.replace('<?xml version="1.0"?>', label).encode(codec)
    assert [one.title for one in read_subscriptions(content).sources] == ["美国之音"]


def test_a_wrong_character_set_costs_no_source() -> None:
    text = opml('<outline text="Café" xmlUrl="https://a.example/"/>').encode("latin-1")
    (one,) = read_subscriptions(text).sources
    assert one.url == "https://a.example/"


def test_what_can_not_be_used_says_where_and_why() -> None:
    found = read(
        opml(
            '<outline text="None" type="rss"/>',
            '<outline text="Ftp" xmlUrl="ftp://a.example/"/>',
            '<outline text="Secret" xmlUrl="https://ann:geheim@a.example/f"/>',
            '<outline text="Other" type="include" url="https://a.example/more.opml"/>',
            '<outline text="A" xmlUrl="https://a.example/" category="/Tech"/>',
        )
    )
    assert [(one.line, one.what, one.reason.split(",")[0].split(";")[0]) for one in found.unusable] == [
        (4, "None", "it has no address"),
        (5, "Ftp", "'ftp://a.example/' does not begin with https:// or http://"),
        (6, "Secret", "an address can not carry a user name or password"),
    ]
    assert "geheim" not in str(found.unusable)
    assert [remark.split()[0] for remark in found.remarks] == ["categories", "lists"]


def test_our_own_list_of_sources_comes_back() -> None:
    lines = (
        SourceLine(name="voa", title="VOA", feed_url="https://voa.example/f?a=1&b=2", link=""),
        SourceLine(name="seeds", title="", feed_url="", link=""),
    )
    plain = FeedLine(
        title="News",
        subtitle="",
        address="",
        home="",
        language="",
        entries=1,
        updated=None,
        siblings=(),
        sources=lines,
    )
    feeds = [plain, replace(plain, title="All")]
    found = read_subscriptions(sources_opml("T", feeds, MOMENT, "Ann"))
    assert (found.title, found.owner) == ("T", "Ann")
    assert [one.folders for one in found.sources] == [("News",), ("All",)]
    assert {one.url for one in found.sources} == {"https://voa.example/f?a=1&b=2"}


# --- JSON, planets, lists ---------------------------------------------------------------------------------

A, B = ("https://a.example/f", "A", ()), ("https://b.example/f", "B", ())


@pytest.mark.parametrize(
    "document",
    [
        [{"name": "A", "url": "https://a.example/f"}, {"title": "B", "link": "https://b.example/f"}],
        [
            {"Name": "A", "xmlUrl": "https://a.example/f"},
            {"text": "B", "feed": "https://b.example/f", "url": "https://b.example/"},
        ],
        {"A": "https://a.example/f", "B": {"url": "https://b.example/f"}},
        {"subs": [{"name": "A", "url": "https://a.example/f"}, ["B", "https://b.example/f"]]},
        [["https://a.example/f", "A"], ["B", "https://b.example/f"]],
        [
            {"site": "A", "url": "https://a.example/f"},
            {"site": "https://b.example/", "title": "B", "rss": "https://b.example/f"},
        ],
    ],
)
def test_json_is_read_in_any_shape_that_has_names_and_addresses(document: object) -> None:
    assert stated(json.dumps(document)) == [A, B]


def test_json_with_groups_has_folders() -> None:
    grouped = {"x": ["https://a.example/f"], "y": [{"name": "B", "url": "https://b.example/f"}]}
    assert stated(json.dumps(grouped)) == [
        ("https://a.example/f", "", ("x",)),
        ("https://b.example/f", "B", ("y",)),
    ]
    assert stated('[{"name": "A", "url": "https://a.example/f", "folder": "z"}]') == [(A[0], "A", ("z",))]


def test_json_says_in_which_line_something_can_not_be_used() -> None:
    found = read(
        '[\n  {"name": "A", "url": "https://a.example/f"},\n  {"name": "B"},\n  {"name": "C", "url": "x"}\n]'
    )
    assert [(one.line, one.what) for one in found.unusable] == [(3, "B"), (4, "C")]


PLANET = """\
# a planet
[Planet]
name = Planet Example
link: http://planet.example/
owner_name = Jo Doe
items_per_page = 60
template_files = a.tmpl
  b.tmpl

[DEFAULT]
facewidth = 60

[http://a.example/f?x=1]
name = A
filter = python

[b]
feed = https://b.example/f

[excerpt.py]
width = 500
[http://lists.example/all.opml]
content_type = opml
[empty]
a = b
"""


def test_a_planet_is_read_with_what_has_no_counterpart() -> None:
    found = read(PLANET)
    assert [(one.url, one.title, one.line) for one in found.sources] == [
        ("http://a.example/f?x=1", "A", 13),
        ("https://b.example/f", "b", 17),
    ]
    assert (found.kind, found.title, found.link, found.owner) == (
        "venus",
        "Planet Example",
        "http://planet.example/",
        "Jo Doe",
    )
    assert [(one.line, one.what) for one in found.unusable] == [
        (22, "http://lists.example/all.opml"),
        (24, "empty"),
    ]
    assert [remark.partition(":")[0] for remark in found.remarks] == [
        "filters",
        "templates",
        "items_per_page, days_per_page",
        "sections about filters and templates were left out",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[Planet]\nname = P\n[http://a.example/f] ; Ann's\nname = Ann\n[x]\nfeed = http://b.example/f\n",
        "t = P\n[ann]\n  title = Ann\n  feed = http://a.example/f\n[x]\n    # no\n    feed = http://b.example/f\n",
    ],
    ids=["comments behind sections", "options that are set off"],
)
def test_a_planet_is_read_however_it_is_laid_out(text: str) -> None:
    assert stated(text) == [("http://a.example/f", "Ann", ()), ("http://b.example/f", "x", ())]


@pytest.mark.parametrize(
    ("line", "url", "title"),
    [
        ("https://a.example/f", "https://a.example/f", ""),
        ("https://a.example/f  Ann and co  # friend", "https://a.example/f", "Ann and co"),
        ("https://a.example/f#top", "https://a.example/f#top", ""),
        ('https://a.example/f tag "~Ann" "b"', "https://a.example/f", "Ann"),
        ('https://a.example/f "tag" "b"', "https://a.example/f", ""),
        ("feed 30m http://a.example/f", "http://a.example/f", ""),
        ("- https://a.example/f,", "https://a.example/f", ""),
        ("- <https://a.example/f> Ann", "https://a.example/f", "Ann"),
        ("https://a.example/f,b Ann", "https://a.example/f,b", "Ann"),
        ("Ann,https://a.example/f,news", "https://a.example/f", "Ann"),
        ('"Ann, and co","https://a.example/f","news"', "https://a.example/f", "Ann, and co"),
        ("Ann\thttps://a.example/f\tnews", "https://a.example/f", "Ann"),
    ],
)
def test_a_line_of_a_list_is_an_address_and_a_name(line: str, url: str, title: str) -> None:
    assert stated(f"# mine\n\n{line}\n") == [(url, title, ())]


def test_a_line_without_an_address_is_named() -> None:
    found = read("https://a.example/f\r\nnews.example\r\n")
    assert [(one.line, one.what) for one in found.unusable] == [(2, "news.example")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no source"),
        (b"<rss version='2.0'><channel/></rss>", "feed itself"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"<x/>", "no OPML"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', "feed itself"),
        (b'[{"a": }]', "no JSON in line 1"),
        (b"[" * 100_000, "no JSON"),
        (b"# nothing\n", "no source"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text"),
    ],
)
def test_what_is_no_list_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_subscriptions(content)


MARKUP = st.lists(
    st.sampled_from(
        [
            "<outline ",
            'xmlUrl="',
            "https://a.example/",
            '"',
            ">",
            "/>",
            "</outline>",
            "<!--",
            "]",
            "[",
            "=",
            "\n",
            "&",
            "{",
        ]
    )
).map("".join)


@given(st.one_of(st.binary(), MARKUP.map(str.encode)), st.sampled_from([None, *KINDS]))
def test_anything_is_a_list_or_refused(content: bytes, kind: Kind | None) -> None:
    try:
        found = read_subscriptions(content, kind)
    except ValueError:
        return
    for one in found.sources:
        assert configvalues.address(one.url) == one.url


# --- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "url", "name"),
    [
        ("Harbour News", "https://h.example/f", "harbour-news"),
        ("Ann’s Café – Über", "https://h.example/f", "anns-cafe-uber"),
        ("美国之音", "https://www.voachinese.com/api/epiqq", "voachinese"),
        ("الجزيرة", "https://aljazeera.example.co.uk/f", "aljazeera-example"),
        ("😀", "http://127.0.0.1:8799/feed.xml", "127-0-0-1"),
        ("", "https://feeds.bbci.co.uk/x/rss.xml", "feeds-bbci"),
        ("X", "https://h.example/f", "h"),
        ("", "../feeds/harbour.xml", "harbour"),
        ("a " * 60, "https://h.example/", "-".join(["a"] * 20)),
        ("", "", "feed"),
    ],
)
def test_a_name_is_made_of_the_title_or_the_host(title: str, url: str, name: str) -> None:
    assert name_for(title, url, ()) == name


def test_a_name_that_is_taken_gets_more_of_the_address_then_a_number() -> None:
    taken = list[str]()
    for _ in range(4):
        taken.append(name_for("News", "https://h.example/a/feed", taken))
    assert taken == ["news", "h", "h-a-feed", "news-2"]


@given(st.text(), st.text(), st.sets(st.sampled_from(["feed", "a", "feed-2"])))
def test_a_name_can_always_be_used(title: str, url: str, taken: set[str]) -> None:
    name = name_for(title, url, taken)
    assert configvalues.name(name) == name
    assert name not in taken


def test_addresses_of_one_source_are_the_same() -> None:
    assert same_source("http://Voa.example:80/f") == same_source("https://voa.example/f#x")
    assert same_source("./a.xml") == same_source("a.xml")
    assert same_source("https://voa.example/f?a=1") != same_source("https://voa.example/f")


# --- what is added ----------------------------------------------------------------------------------------


def source(name: str, *places: str) -> OriginSpec:
    return OriginSpec(name=name, kind="web", locations=places or (f"https://{name}.example/",))


def feed(name: str, *origins: str, ranked: bool = True) -> FeedSpec:
    return FeedSpec(name=name, title=name.title(), origins=origins, address="", home="", ranked=ranked)


LIST = [
    Listed(url="https://a.example/", title="A One", folders=("Tech",)),
    Listed(url="http://b.example/", title="b", folders=("Tech", "Deep")),
    Listed(url="https://A.example/", folders=("Other",)),
]


def test_folders_become_feeds_beside_the_one_of_everything() -> None:
    found = planned(LIST, Known())
    assert found.sources == (
        NewSource(name="a-one", url="https://a.example/", title="A One"),
        NewSource(name="b", url="http://b.example/"),
    )
    assert found.feeds == (
        FeedChange(name="all"),
        FeedChange(name="tech", title="Tech", origins=("a-one", "b")),
        FeedChange(name="deep", title="Deep", origins=("b",)),
        FeedChange(name="other", title="Other", origins=("a-one",)),
    )
    assert found.there == ()
    assert found.unpublished == ()


def test_what_is_there_stays_and_feeds_get_what_they_lack() -> None:
    known = Known(
        sources=(source("mine", "http://m.example/", "http://a.example/"),),
        names=("mine", "b"),
        feeds=(feed("tech", "mine"), feed("other", ranked=False)),
    )
    found = planned(LIST, known)
    assert found.sources == (NewSource(name="b-2", url="http://b.example/", title="b"),)
    assert found.feeds == (
        FeedChange(name="tech", title="Tech", origins=("b-2",)),
        FeedChange(name="deep", title="Deep", origins=("b-2",)),
    )


def test_one_feed_takes_all_when_it_is_named() -> None:
    known = Known(feeds=(feed("tech", "x"),))
    assert planned(LIST, known, "tech").feeds == (FeedChange(name="tech", origins=("a-one", "b")),)
    assert planned(LIST, Known(), "all").feeds == ()
    assert planned(LIST, Known(), "new").feeds == (
        FeedChange(name="all"),
        FeedChange(name="new", origins=("a-one", "b")),
    )


def test_sources_that_no_feed_shows_are_named() -> None:
    listed = [Listed(url="https://a.example/", title="A One")]
    assert planned(listed, Known(feeds=(feed("tech", "x"),))).unpublished == ("a-one",)
    assert planned(listed, Known(feeds=(feed("tech", "x"), feed("all", ranked=False)))).unpublished == ()


def test_a_folder_takes_no_name_that_the_service_needs() -> None:
    listed = [
        Listed(url="https://b.example/"),
        *(Listed(url="https://a.example/", folders=(title,)) for title in ("Status", "All", "新闻", "音乐")),
    ]
    names = [one.name for one in planned(listed, Known()).feeds]
    assert names == ["all", "status-2", "all-2", "feed", "feed-2"]
    for name in names:
        configvalues.feed_name(name)


def test_a_folder_of_everything_is_the_feed_that_there_is_anyway() -> None:
    listed = [Listed(url=f"https://{name}.example/", folders=("all",)) for name in "ab"]
    assert planned(listed, Known()).feeds == ()
    assert [one.name for one in planned([*listed, Listed(url="https://c.example/")], Known()).feeds] == [
        "all",
        "all-2",
    ]


def test_a_second_import_adds_nothing() -> None:
    known = Known(
        sources=(source("a-one", "https://a.example/"), source("b")),
        names=("a-one", "b"),
        feeds=(
            feed("all", ranked=False),
            feed("tech", "a-one", "b"),
            feed("deep", "b"),
            feed("other", "a-one"),
        ),
    )
    found = planned(LIST, known)
    assert (found.sources, found.feeds) == ((), ())
    assert found.there == (("https://a.example/", "a-one"), ("http://b.example/", "b"))
