"""The conditions of the filters `keep` and `drop`: each of them both ways, together, and written wrongly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filtered
from factories import after
from feedbraid.errors import ConfigError
from feedbraid.filters import Dropped, Each
from feedbraid.filters._conditions import Conditions, leaving_out
from feedbraid.model import Category, Channel, Person, Post

Fields = Mapping[str, Any]

IMAGE = '<p>Look: <img src="https://voa.example/1.jpg" alt="A > B"></p>'

BOTH_WAYS = [
    pytest.param(
        "{title: anzeige}",
        {"title": "Eine ANZEIGE"},
        "its title has 'anzeige'",
        {"title": "News", "body": "<p>Anzeige</p>"},
        "its title has no 'anzeige'",
        id="a piece of the title, whatever its case",
    ),
    pytest.param(
        "{title: STRASSE}",
        {"title": "In der Straße"},
        "its title has 'STRASSE'",
        {"title": ""},
        "its title has no 'STRASSE'",
        id="a piece of the title, case as Unicode folds it",
    ),
    pytest.param(
        "{title: [广告, 推广]}",
        {"title": "【推广】好东西"},
        "its title has '推广'",
        {"title": "新闻"},
        "its title has none of '广告', '推广'",
        id="one of several values",
    ),
    pytest.param(
        "{title: [a1, a2, a3, a4, a5, a6, a7]}",
        {"title": "A7"},
        "its title has 'a7'",
        {"title": "B"},
        "its title has none of 'a1', 'a2', 'a3', 'a4', 'a5' and 2 more",
        id="more values than are named",
    ),
    pytest.param(
        "{title: {regex: '^Re:'}}",
        {"title": "Re: News"},
        "its title has /^Re:/",
        {"title": "re: News"},
        "its title has no /^Re:/",
        id="a regular expression, in which case counts",
    ),
    pytest.param(
        "{title: [x, {regex: '(?i)^re:'}]}",
        {"title": "re: News"},
        "its title has /(?i)^re:/",
        {"title": "More: News"},
        "its title has none of 'x', /(?i)^re:/",
        id="a text or a regular expression",
    ),
    pytest.param(
        "{content: 'rain today'}",
        {"body": "<p>Much <b>Rain</b> today.</p>"},
        "its text has 'rain today'",
        {"title": "rain today", "body": '<p title="rain today">Sun.</p>'},
        "its text has no 'rain today'",
        id="the text of the body, not its markup",
    ),
    pytest.param(
        "{content: rain}",
        {"body": "", "summary": "Rain."},
        "its text has 'rain'",
        {"body": "<p>Sun.</p>", "summary": "Rain."},
        "its text has no 'rain'",
        id="the summary of a post without a body",
    ),
    pytest.param(
        "{text: rain}",
        {"title": "Rain", "body": ""},
        "its title has 'rain'",
        {"title": "Sun", "body": "<p>Heat.</p>"},
        "its title has no 'rain' and its text has no 'rain'",
        id="title or content, met by the title",
    ),
    pytest.param(
        "[rain, snow]",
        {"title": "Weather", "body": "<p>Snow.</p>"},
        "its text has 'snow'",
        {"title": "Weather", "body": ""},
        "its title has none of 'rain', 'snow' and its text has none of 'rain', 'snow'",
        id="the short form, met by the content",
    ),
    pytest.param(
        "{author: smith}",
        {"authors": ["Bob", "Ann Smith"]},
        "its author's name has 'smith'",
        {"authors": []},
        "its author's name has no 'smith'",
        id="a piece of the name of any author",
    ),
    pytest.param(
        "{category: sport}",
        {"categories": ["News", "Sport"]},
        "its category is 'sport'",
        {"categories": ["Motorsport"]},
        "its category is not 'sport'",
        id="the whole name of a category",
    ),
    pytest.param(
        "{category: sport}",
        {"categories": [Category("s1", label="Sport")]},
        "its category is 'sport'",
        {"categories": []},
        "its category is not 'sport'",
        id="the label of a category",
    ),
    pytest.param(
        "{category: {regex: sport$}}",
        {"categories": ["Motorsport"]},
        "its category is /sport$/",
        {"categories": ["Sports"]},
        "its category is not /sport$/",
        id="a regular expression for a category",
    ),
    pytest.param(
        "{url: [/live/, /ticker/]}",
        {"link": "https://voa.example/LIVE/1"},
        "its address has '/live/'",
        {"link": ""},
        "its address has none of '/live/', '/ticker/'",
        id="a piece of the address",
    ),
    pytest.param(
        "{url: /广告/}",
        {"link": "https://voa.example/%E5%B9%BF%E5%91%8A/1"},
        "its address has '/广告/'",
        {"link": "https://voa.example/1"},
        "its address has no '/广告/'",
        id="a piece of the address as people read it",
    ),
    pytest.param(
        "{source: VOA}",
        {"source": "voa"},
        "its source is 'VOA'",
        {"source": "voanews"},
        "its source is not 'VOA'",
        id="the name of the source",
    ),
    pytest.param(
        "{source: [The Planet, other]}",
        {"origin": Channel(title="The planet")},
        "its source is 'The Planet'",
        {"origin": Channel(title="The planets")},
        "its source is none of 'The Planet', 'other'",
        id="the title of the feed that the post names",
    ),
    pytest.param(
        "{language: en}",
        {"language": "en-GB"},
        "its language is en",
        {"language": "eng"},
        "its language is not en",
        id="a language, wherever it is spoken",
    ),
    pytest.param(
        "{language: [zh_hans, en-GB]}",
        {"language": "zh-Hans-CN"},
        "its language is zh-Hans",
        {"language": "en"},
        "its language is none of zh-Hans, en-GB",
        id="languages, one of them by country",
    ),
    pytest.param(
        "{language: en}",
        {"language": "EN"},
        "its language is en",
        {"language": ""},
        "its language is not en",
        id="a post that states no language",
    ),
    pytest.param(
        "{longer_than: 3}",
        {"body": "<p>Four</p>"},
        "its text is longer than 3 characters",
        {"body": "<p><b>Ten</b></p>"},
        "its text is not longer than 3 characters",
        id="a long text",
    ),
    pytest.param(
        "{shorter_than: 4}",
        {"body": "", "summary": "Ten"},
        "its text is shorter than 4 characters",
        {"body": "<p>Four</p>"},
        "its text is not shorter than 4 characters",
        id="a short text",
    ),
    pytest.param(
        "{has_enclosure: true}",
        {"enclosures": ["https://voa.example/1.bin"]},
        "it has an enclosure",
        {},
        "it has no enclosure",
        id="with a file",
    ),
    pytest.param(
        "{has_enclosure: no}",
        {},
        "it has no enclosure",
        {"enclosures": ["https://voa.example/1.mp3"]},
        "it has an enclosure",
        id="without a file",
    ),
    pytest.param(
        "{has_enclosure: Audio}",
        {"enclosures": ["https://voa.example/1.jpg", "https://voa.example/1.mp3"]},
        "it has an enclosure of type audio",
        {"enclosures": ["https://voa.example/1.jpg"]},
        "it has no enclosure of type audio",
        id="with a file of a kind",
    ),
    pytest.param(
        "{has_enclosure: video/mp4}",
        {"enclosures": ["https://voa.example/1.mp4"]},
        "it has an enclosure of type video/mp4",
        {"enclosures": ["https://voa.example/1.mp3"]},
        "it has no enclosure of type video/mp4",
        id="with a file of a media type",
    ),
    pytest.param(
        "{has_image: true}",
        {"body": IMAGE},
        "it has an image",
        {"body": "<p>&lt;img&gt;</p>"},
        "it has no image",
        id="with an image in its body",
    ),
    pytest.param(
        "{has_image: false}",
        {"body": "<p>Text.</p>"},
        "it has no image",
        {"image": "https://voa.example/1.jpg"},
        "it has an image",
        id="without an image",
    ),
    pytest.param(
        "{has_image: true}",
        {"enclosures": ["https://voa.example/1.jpg"]},
        "it has an image",
        {"enclosures": ["https://voa.example/1.mp3"]},
        "it has no image",
        id="with a file that is an image",
    ),
    pytest.param(
        "{title: a, author: b}",
        {"title": "A", "authors": ["B"]},
        "its title has 'a' and its author's name has 'b'",
        {"title": "A", "authors": ["C"]},
        "its author's name has no 'b'",
        id="two conditions, both of which have to be met",
    ),
    pytest.param(
        "{any: [{title: a}, {author: b}]}",
        {"title": "X", "authors": ["B"]},
        "its author's name has 'b'",
        {"title": "X", "authors": ["C"]},
        "its title has no 'a' and its author's name has no 'b'",
        id="any of two blocks",
    ),
    pytest.param(
        "{any: [x, [y, z]]}",
        {"title": "Z", "body": ""},
        "its title has 'z'",
        {"title": "A", "body": "", "summary": ""},
        "its title has no 'x' and its text has no 'x' and its title has none of 'y', 'z' "
        "and its text has none of 'y', 'z'",
        id="any of several texts",
    ),
    pytest.param(
        "{all: [{title: a}, {title: b}]}",
        {"title": "AB"},
        "its title has 'a' and its title has 'b'",
        {"title": "A"},
        "its title has no 'b'",
        id="all of two blocks",
    ),
    pytest.param(
        "{not: {title: a}}",
        {"title": "X"},
        "its title has no 'a'",
        {"title": "A"},
        "its title has 'a'",
        id="a block that is not met",
    ),
    pytest.param(
        "{not: [x, {regex: y}]}",
        {"title": "A", "body": ""},
        "its title has none of 'x', /y/ and its text has none of 'x', /y/",
        {"title": "", "body": "<p>y</p>"},
        "its text has /y/",
        id="none of several texts",
    ),
    pytest.param(
        "{category: Sport, not: {any: [{title: cup}, {not: {has_image: true}}]}}",
        {"categories": ["Sport"], "title": "Run", "body": IMAGE},
        "its category is 'Sport' and its title has no 'cup' and it has an image",
        {"categories": ["Sport"], "title": "Run"},
        "it has no image",
        id="blocks inside each other",
    ),
    pytest.param(
        "{any: [{title: a1}, {title: a2}, {title: a3}, {title: a4}, {title: a5}, {title: a6}]}",
        {"title": "A6"},
        "its title has 'a6'",
        {"title": "B"},
        "its title has no 'a1' and its title has no 'a2' and its title has no 'a3' and its title has no 'a4' "
        "and its title has no 'a5' and 1 more",
        id="more reasons than are named",
    ),
]


@pytest.mark.parametrize(("block", "meets", "why", "fails", "why_not"), BOTH_WAYS)
def test_a_condition_is_met_and_said_both_ways(
    block: str, meets: Fields, why: str, fails: Fields, why_not: str
) -> None:
    assert filtered.one_through(f"- drop: {block}", **meets) == why
    assert filtered.one_through(f"- drop: {block}", **fails) == {}
    assert filtered.one_through(f"- keep: {block}", **meets) == {}
    assert filtered.one_through(f"- keep: {block}", **fails) == why_not


def test_the_title_of_the_feed_of_a_source_counts_and_its_absence_does_no_harm() -> None:
    assert filtered.one_through("- drop: {source: The VOA}", source="x") == {}
    (step,) = (named.step for named in filtered.chain_of("- drop: {source: Voice of America}").steps)
    assert isinstance(step, Each)
    post = filtered.post_of()
    assert step.apply(post) is post
    assert step.apply(_with_channel(post, Channel(title="voice of america"))) == Dropped(
        "its source is 'Voice of America'"
    )
    assert isinstance(step.apply(_with_channel(post, None)), Post)


def _with_channel(post: Post, channel: Channel | None) -> Post:
    return Post(
        key=post.key,
        id=post.id,
        entry=post.entry,
        first_seen=post.first_seen,
        last_changed=post.last_changed,
        origin=post.origin,
        channel=channel,
    )


def test_a_long_value_is_named_by_its_beginning() -> None:
    why = filtered.one_through(f"- keep: {{title: {'x' * 500}}}", title="A")
    assert why == f"its title has no '{'x' * 60}…'"


# --- ages -------------------------------------------------------------------------------------------------


def _by_age(config: str, **days: float) -> dict[str, Any]:
    """Give what becomes of posts of the source "s" that are so many days old, by their titles."""
    posts = [
        filtered.post_of(number, title=title, source="s", published=after(days=-age))
        for number, (title, age) in enumerate(days.items())
    ]
    return dict(zip(days, filtered.through(filtered.chain_of(config), posts)[1], strict=True))


MORE = "it is more than 2d older than the newest post"
AT_MOST = "it is at most 2d older than the newest post"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        pytest.param("- drop: {older_than: 2d}", {"old": MORE}, id="drop the old ones"),
        pytest.param("- keep: {older_than: 2d}", {"new": AT_MOST, "edge": AT_MOST}, id="keep the old ones"),
        pytest.param("- keep: {newer_than: 2d}", {"old": MORE}, id="keep the new ones"),
        pytest.param("- drop: {newer_than: 2d}", {"new": AT_MOST, "edge": AT_MOST}, id="drop the new ones"),
        pytest.param("- drop: {older_than: 2d, title: new}", {}, id="an age and a text, not both met"),
        pytest.param(
            "- drop: {older_than: 2d, title: old}",
            {"old": f"its title has 'old' and {MORE}"},
            id="an age and a text, both met",
        ),
        pytest.param(
            "- drop: {any: [{older_than: 2d}, {title: edge}]}",
            {"old": MORE, "edge": "its title has 'edge'"},
            id="an age or a text",
        ),
        pytest.param(
            "- drop: {not: {any: [{title: new}, {not: {older_than: 1d 24h}}]}}",
            {"old": "its title has no 'new' and it is more than 1d 24h older than the newest post"},
            id="an age below other conditions",
        ),
        pytest.param(
            "- drop: {title: new}\n- drop: {older_than: 1m}",
            {"new": "its title has 'new'", "old": "it is more than 1m older than the newest post"},
            id="the newest one of those that are left counts",
        ),
        pytest.param("- keep: {newer_than: 400d}", {}, id="more than a year"),
    ],
)
def test_an_age_counts_from_the_newest_post(config: str, expected: dict[str, str]) -> None:
    found = _by_age(config, new=0, edge=2, old=2.001)
    assert found == {"new": {}, "edge": {}, "old": {}} | expected


def test_ages_keep_the_order_and_have_no_trouble_with_an_empty_feed() -> None:
    chain = filtered.chain_of("- drop: {older_than: 1d, title: a}")
    assert filtered.through(chain, []) == ([], [])
    posts = [filtered.post_of(number, published=after(hours=-number % 3)) for number in range(5)]
    assert filtered.through(chain, posts)[0] == [post.key for post in posts]


# --- written wrongly --------------------------------------------------------------------------------------

DEEP = """\
- drop:
    any:
      - title: a
      - {titel: b}
      - not:
          all:
            - title: [x, {regex: '(?=a)'}]
            - {}
"""


@pytest.mark.parametrize(
    ("config", "says", "place"),
    [
        pytest.param("- keep: {}", "say which posts: at least one condition is needed", (5, 9), id="nothing"),
        pytest.param("- keep: {title: }", "say which posts", (5, 9), id="a condition without a value"),
        pytest.param("- keep: {not: {}}", "say which posts", (5, 16), id="an empty block inside"),
        pytest.param("- keep: {any: []}", "at least one value is needed here", (5, 16), id="an empty list"),
        pytest.param("- keep: {any: [~]}", "a block of conditions is needed here", (5, 22), id="no block"),
        pytest.param("- keep: {title: ' '}", "a text to look for is needed here", (5, 23), id="an empty text"),
        pytest.param("- keep: ['']", "a text to look for is needed here", (5, 16), id="an empty text, short"),
        pytest.param("- keep: {title: [[a]]}", "a text to look for is needed", (5, 24), id="a list in a list"),
        pytest.param("- keep: {title: [a, a]}", "'a' stands here twice", (5, 16), id="a value twice"),
        pytest.param("- keep: {title: {regex: ''}}", "a regular expression is needed", (5, 31), id="no pattern"),
        pytest.param("- keep: {title: {regex: '('}}", "'(' is no regular expression", (5, 31), id="a bad pattern"),
        pytest.param(
            "- keep: {title: [a, {regex: '('}]}", "is no regular expression", (5, 35), id="a bad pattern in a list"
        ),
        pytest.param(
            "- keep: {title: {regexp: a}}", "no setting 'regexp' here; did you mean 'regex'", (5, 24), id="regexp"
        ),
        pytest.param(
            "- drop: [{title: a}, {title: b}]", "several blocks stand in a list below  any:", (5, 16), id="blocks"
        ),
        pytest.param(
            "- drop: {any: {title: a, author: b}}", "a list of conditions is needed", (5, 16), id="any of no list"
        ),
        pytest.param("- drop: {language: english}", "is no language tag", (5, 26), id="no language"),
        pytest.param("- drop: {older_than: 30}", "'30' lacks its unit: write 30d", (5, 28), id="no unit"),
        pytest.param("- drop: {older_than: 0d}", "'0d' is no span of time", (5, 28), id="no age"),
        pytest.param("- drop: {newer_than: a week}", "'a week' is no span of time", (5, 28), id="an age in words"),
        pytest.param("- drop: {has_enclosure: mp3}", "nor a kind of file such as audio", (5, 31), id="mp3"),
        pytest.param("- drop: {has_image: maybe}", "true or false is needed", (5, 27), id="maybe"),
        pytest.param("- drop: {shorter_than: 0}", "0 is too small", (5, 30), id="no text is so short"),
        pytest.param(
            "- drop: {longer_than: 5, shorter_than: 6}", "no text is both longer than 5 and", (5, 9), id="lengths"
        ),
        pytest.param(
            "- drop: {older_than: 60d, newer_than: 30d}", "no post is both older than 60d and", (5, 9), id="ages"
        ),
        pytest.param(DEEP, "there is no setting 'titel' here; did you mean 'title'?", (8, 16), id="a name, deep"),
        pytest.param(DEEP, "'(?=a)' is no regular expression", (11, 40), id="a pattern, deep"),
        pytest.param(DEEP, "say which posts: at least one condition", (12, 21), id="an empty block, deep"),
        pytest.param(f"- drop: {'{not: ' * 50}a{'}' * 50}", "nested too deeply", (5, 106), id="fifty nots"),
        pytest.param(f"- drop: {'{any: [' * 50}a{']}' * 50}", "nested too deeply", (5, 71), id="fifty lists"),
        pytest.param(f"- drop: {'{not: ' * 5000}a{'}' * 5000}", "nested too deeply", (1, 1), id="five thousand"),
        pytest.param("- drop: {not: &a {not: *a}}", "nested too deeply", (5, 25), id="a block in itself"),
    ],
)
def test_a_mistake_is_named_at_its_place(config: str, says: str, place: tuple[int, int]) -> None:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(config)
    found = [(one.line, one.column) for one in caught.value.problems if says in one.message]
    assert found[:1] == [place]


def test_what_is_nested_as_deep_as_a_configuration_may_be_is_judged() -> None:
    nested = "{not: " * 12 + "{title: a}" + "}" * 12
    assert filtered.one_through(f"- drop: {nested}", title="A") == "its title has 'a'"
    assert filtered.one_through(f"- keep: {nested}", title="B") == "its title has no 'a'"


# --- for all conditions and all posts -------------------------------------------------------------------------

WORDS = st.sampled_from(["a", "B", "ß", "广告", "a b", "%"])
TEXTS = st.one_of(
    WORDS, st.lists(WORDS, min_size=1, max_size=3, unique=True), WORDS.map(lambda one: {"regex": one})
)
SIMPLE = st.one_of(
    st.dictionaries(
        st.sampled_from(["text", "title", "content", "author", "category", "url", "source"]),
        TEXTS,
        min_size=1,
        max_size=2,
    ),
    st.sampled_from(["en", "zh-Hans"]).map(lambda value: {"language": value}),
    st.integers(1, 20).map(lambda value: {"longer_than": value}),
    st.integers(1, 20).map(lambda value: {"shorter_than": value}),
    st.sampled_from(["true", "false", "audio"]).map(lambda value: {"has_enclosure": value}),
    st.booleans().map(lambda value: {"has_image": value}),
    st.sampled_from(["1d", "2h"]).map(lambda value: {"older_than": value}),
    st.sampled_from(["1d", "2h"]).map(lambda value: {"newer_than": value}),
)
BLOCKS = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda blocks: {"any": blocks}),
        st.lists(inner, min_size=1, max_size=3).map(lambda blocks: {"all": blocks}),
        inner.map(lambda block: {"not": block}),
    ),
    max_leaves=6,
)
PIECES = st.lists(st.sampled_from(["a", "B", "SS", "广告", "b", "x"]), max_size=4).map(" ".join)
POSTS = st.lists(
    st.fixed_dictionaries(
        {
            "title": PIECES,
            "body": PIECES.map(lambda text: f"<p>{text}</p>" if text else ""),
            "authors": st.lists(st.sampled_from(["A", "b"]), max_size=2).map(tuple),
            "categories": st.lists(st.sampled_from(["A", "b", "广告"]), max_size=2).map(tuple),
            "enclosures": st.sampled_from([(), ("https://voa.example/1.mp3",), ("https://voa.example/1.jpg",)]),
            "language": st.sampled_from(["", "en-GB", "zh-Hans-CN"]),
            "source": st.sampled_from(["a", "voa"]),
            "published": st.integers(0, 60).map(lambda hours: after(hours=-hours)),
        }
    ),
    max_size=5,
)


@settings(max_examples=70, deadline=None)
@given(BLOCKS, POSTS)
def test_keep_and_drop_split_the_posts_in_two(block: dict[str, Any], fields: list[dict[str, Any]]) -> None:
    posts = [filtered.post_of(number, **one) for number, one in enumerate(fields)]
    kept, why_not = filtered.through(filtered.chain_of(f"- keep: {json.dumps(block)}"), posts)
    left, why = filtered.through(filtered.chain_of(f"- drop: {json.dumps(block)}"), posts)
    assert sorted(kept + left) == sorted(post.key for post in posts)
    assert all((one == {}) != (other == {}) for one, other in zip(why_not, why, strict=True))
    doubled, _ = filtered.through(filtered.chain_of(f"- drop: {json.dumps({'not': {'not': block}})}"), posts)
    assert doubled == left


EVERYTHING = {
    **{name: ["zq", {"regex": "(z|q)+$"}] for name in ("title", "content", "author", "category", "url", "source")},
    "text": "zq",
    "language": "en",
    "longer_than": 10,
    "has_enclosure": "audio",
    "has_image": True,
}
HOSTILE = [
    pytest.param({"title": "", "body": "", "link": "", "authors": (), "page": ""}, id="nothing at all"),
    pytest.param({"body": "<div>" * 100_000}, id="a hundred thousand open elements"),
    pytest.param({"body": '<img a="' * 100_000}, id="a hundred thousand open images"),
    pytest.param({"body": "<" * 200_000}, id="many less-than signs"),
    pytest.param({"body": "a\u0316\u0301" * 300_000}, id="a million accents"),
    pytest.param({"body": "z" * 1_000_000 + "!"}, id="a million letters that a pattern likes"),
    pytest.param({"title": "\ufdfa" * 1000, "language": "x" * 1000}, id="odd fields"),
    pytest.param({"link": "https://voa.example/%FF%" * 1000}, id="a broken address"),
]


@pytest.mark.parametrize("fields", HOSTILE)
def test_any_post_can_be_looked_at(fields: Fields) -> None:
    blocks = [{name: value} for name, value in EVERYTHING.items()]
    (named,) = filtered.chain_of(f"- drop: {{any: [{{all: {json.dumps(blocks)}}}, {{title: zq}}]}}").steps
    assert isinstance(named.step, Each)
    post = filtered.post_of(**fields)
    assert named.step.apply(post) is post
    for block in blocks:
        told = leaving_out(Conditions.model_validate(block), if_met=False)
        assert isinstance(told, Each)
        outcome = told.apply(post)
        assert outcome is post or (isinstance(outcome, Dropped) and outcome.reason)


def test_a_person_without_a_name_and_a_file_without_a_type_do_no_harm() -> None:
    assert filtered.one_through("- drop: {author: a}", authors=[Person("")]) == {}
