"""Filters of the small fields: titles, languages, categories, authors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factories
import filtered
from feedbraid.errors import ConfigError
from feedbraid.model import Category, Channel, Person, Post
from feedbraid.text import LINE_LIMIT, one_line

LINES = st.text(max_size=40).map(one_line)
FEW = settings(max_examples=60, deadline=None)


def error_of(config: str) -> str:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(config)
    return str(caught.value)


def after(config: str, post: Post) -> Post:
    return filtered.chain_of(config).shaped(post)


def title_of(config: str, **fields: Any) -> str:  # noqa: ANN401  # fields of posts
    return after(config, filtered.post_of(**fields)).entry.title


# --- retitle ----------------------------------------------------------------------------------------------

TITLES = [
    pytest.param('prefix: "[{source}] "', {"title": "A"}, "[VOA] A", id="a prefix names the source"),
    pytest.param('prefix: "[{source}] "', {"title": "[VOA] A"}, "[VOA] A", id="a prefix that is there is enough"),
    pytest.param('prefix: "[{source}] "', {"title": "[BBC] A"}, "[VOA] [BBC] A", id="another prefix is not ours"),
    pytest.param('prefix: "{source}："', {"title": "标题"}, "VOA：标题", id="Chinese needs no blank"),
    pytest.param('prefix: " {source}  "', {"title": "A"}, "VOA A", id="blanks that no title has are tidied"),
    pytest.param('prefix: "a\\n b "', {"title": "A"}, "a b A", id="a line break is a blank"),
    pytest.param('suffix: " ({author})"', {"title": "A"}, "A (Ann)", id="a suffix names the author"),
    pytest.param('suffix: " ({author})"', {"title": "A (Ann)"}, "A (Ann)", id="a suffix that is there is enough"),
    pytest.param('suffix: " ({author})"', {"title": "A", "authors": []}, "A", id="no author: no suffix"),
    pytest.param(
        'suffix: " ({author} {date})"',
        {"title": "A", "authors": []},
        "A ( 2026-03-01)",
        id="an empty part leaves nothing",
    ),
    pytest.param('{prefix: "a ", suffix: " z"}', {"title": "m"}, "a m z", id="both at once"),
    pytest.param('prefix: "x "', {"title": ""}, "", id="a post without a title stays without one"),
    pytest.param("pattern: ^A+ *", {"title": "AA b"}, "b", id="what matches is cut off"),
    pytest.param("pattern: .+", {"title": "A"}, "A", id="a title is never emptied"),
    pytest.param("{pattern: '[^ ]+', replace: ' '}", {"title": "A b"}, "A b", id="blanks alone are no title"),
    pytest.param(r"{pattern: '(\w+) (\w+)', replace: '\2 \1'}", {"title": "a b"}, "b a", id="groups"),
    pytest.param(r"{pattern: a, replace: '\\\0'}", {"title": "a"}, r"\a", id="a backslash, and all of it"),
    pytest.param(
        "{pattern: a, replace: '{source}'}", {"title": "a"}, "{source}", id="no placeholders in patterns"
    ),
    pytest.param("{pattern: (?i)news, replace: ''}", {"title": "News: A"}, ": A", id="without regard to case"),
    pytest.param("pattern: '^【[^】]*】'", {"title": "【快讯】会谈继续"}, "会谈继续", id="Chinese brackets"),
    pytest.param(
        '{pattern: "^Breaking: ", prefix: "{source}: "}',
        {"title": "Breaking: A"},
        "VOA: A",
        id="the pattern comes before the prefix",
    ),
    pytest.param('untitled: "{date}"', {"title": ""}, "2026-03-01", id="a title for a post without one"),
    pytest.param('untitled: "{date}"', {"title": "A"}, "A", id="but not for one that has one"),
    pytest.param(
        '{untitled: "{date}", prefix: "x "}',
        {"title": ""},
        "x 2026-03-01",
        id="a given title gets the prefix, too",
    ),
    pytest.param('untitled: "{author}"', {"title": "", "authors": []}, "", id="nothing to make a title of"),
    pytest.param('template: "{source}, {date}"', {"title": "A"}, "VOA, 2026-03-01", id="a whole new title"),
    pytest.param('template: "{author}"', {"title": "A", "authors": []}, "A", id="an empty new title is none"),
    pytest.param('prefix: "{{{source}}} "', {"title": "A"}, "{VOA} A", id="braces"),
    pytest.param('prefix: "{ source }: "', {"title": "A"}, "VOA: A", id="blanks in a placeholder"),
    pytest.param('prefix: "{link} "', {"title": "A", "link": ""}, "A", id="a post without a link"),
    pytest.param(
        'prefix: "{source_link} "', {"title": "A"}, "https://voa.example/ A", id="the page of the source"
    ),
    pytest.param(
        'suffix: " {author}"', {"title": "A", "authors": ["<b>", "&amp;"]}, "A <b>, &amp;", id="plain values"
    ),
]


@pytest.mark.parametrize(("options", "fields", "expected"), TITLES)
def test_a_title_becomes(options: str, fields: dict[str, Any], expected: str) -> None:
    stated = options if options.startswith("{") else f"{{{options}}}"
    assert title_of(f"- retitle: {stated}", **fields) == expected


def test_a_seed_comes_from_its_folder() -> None:
    seed = factories.post(origin="posts", title="A")
    assert after('- retitle: "[{source}{source_link}] "', seed).entry.title == "[posts] A"


def test_a_post_comes_from_the_feed_that_it_names_itself() -> None:
    post = factories.post(channel=factories.channel("planet"), named=Channel(title="Ann's"), title="A")
    assert after('- retitle: "[{source}] "', post).entry.title == "[Ann's] A"


def test_a_feed_without_a_title_is_called_by_its_host() -> None:
    post = factories.post(channel=Channel(feed_url="https://voa.example/feed"), title="A")
    assert after('- retitle: "[{source}] "', post).entry.title == "[voa.example] A"


def test_the_date_is_when_it_was_first_seen_where_none_is_stated() -> None:
    post = filtered.post_of(title="A", published=None, first_seen="2026-05-06T23:30:00-04:00")
    assert after('- retitle: "{date} "', post).entry.title == "2026-05-07 A"


def test_the_date_is_that_of_publication() -> None:
    post = filtered.post_of(title="A", published="2026-01-02T03:04:05Z", first_seen="2026-05-06T23:30:00Z")
    assert after('- retitle: "{date} "', post).entry.title == "2026-01-02 A"


def test_a_prefix_that_makes_a_title_too_long_is_not_added() -> None:
    longest = "标" * (LINE_LIMIT - 3)
    assert title_of("- retitle: 'VOA '", title=longest) == longest
    assert title_of("- retitle: 'VOA '", title=longest[1:]) == f"VOA {longest[1:]}"


@FEW
@given(prefix=st.text(max_size=12), suffix=st.text(max_size=12), title=LINES)
def test_prefix_and_suffix_are_added_once_to_one_line(prefix: str, suffix: str, title: str) -> None:
    def stated(words: str) -> str:
        line = one_line(words).replace("'", "''").replace("{", "{{").replace("}", "}}")
        return f"' {line} '"

    chain = filtered.chain_of(f"- retitle: {{prefix: {stated(prefix)}, suffix: {stated(suffix)}, untitled: '?'}}")
    once = chain.shaped(filtered.post_of(title=title))
    assert chain.shaped(once) == once
    assert one_line(once.entry.title) == once.entry.title
    assert (title or "?") in once.entry.title


def test_a_title_that_stays_leaves_the_post_as_it_is() -> None:
    post = filtered.post_of(title="VOA A")
    assert after("- retitle: 'VOA '", post) is post


RETITLE_ERRORS = [
    pytest.param(
        "prefix: '{Source}'", "there is no placeholder {Source}; did you mean 'source'?", id="case counts"
    ),
    pytest.param("prefix: '{}'", "there is no placeholder {}; there are: source, link, title", id="an empty one"),
    pytest.param("prefix: '{source'", "'{' stands alone here; a brace is written twice: {{", id="open brace"),
    pytest.param("prefix: 'a} '", "'}' stands alone here; a brace is written twice: }}", id="closing brace"),
    pytest.param(
        "prefix: '{source!r}'", "there is no placeholder {source!r}; did you mean 'source'?", id="no format"
    ),
    pytest.param("suffix: '{title}'", "{title} has no place here", id="a suffix of the title"),
    pytest.param("untitled: '{title}'", "{title} has no place here", id="a title of no title"),
    pytest.param("replace: a", "say what is replaced by this: pattern", id="replace without a pattern"),
    pytest.param("pattern: '('", "'(' is no regular expression", id="no pattern"),
    pytest.param(r"{pattern: a, replace: '\1'}", "stands for a group, and the pattern has 0", id="no such group"),
    pytest.param("{pattern: .*, replace: x}", "'.*' matches where nothing is", id="a pattern of nothing"),
    pytest.param("prefix: ''", "say what becomes of titles", id="nothing to be done"),
    pytest.param(f"prefix: {'x' * 10_001}", "more than 10,000 characters is too long", id="a text without end"),
]


@pytest.mark.parametrize(("options", "said"), RETITLE_ERRORS)
def test_retitle_refuses(options: str, said: str) -> None:
    assert said in error_of(f"- retitle: {options if options.startswith('{') else f'{{{options}}}'}")


def test_a_wrong_group_is_shown_where_it_is_written() -> None:
    assert error_of("- retitle:\n    pattern: a\n    replace: '\\1'").startswith("config.yaml:7:20:")


# --- language ---------------------------------------------------------------------------------------------

LANGUAGES = [
    pytest.param("zh-Hans", "", "zh-Hans", id="a post without a language gets it"),
    pytest.param("ZH_hans", "", "zh-Hans", id="in its usual form"),
    pytest.param("zh-Hans", "en", "en", id="a post with one keeps it"),
    pytest.param("{set: zh-Hans, replace: true}", "en", "zh-Hans", id="unless told otherwise"),
    pytest.param("{set: zh-Hans, replace: false}", "en", "en", id="or told so"),
]


@pytest.mark.parametrize(("options", "stated", "expected"), LANGUAGES)
def test_a_language_becomes(options: str, stated: str, expected: str) -> None:
    assert after(f"- language: {options}", filtered.post_of(language=stated)).entry.language == expected


def test_an_empty_language_is_refused() -> None:
    assert "is no language tag" in error_of("- language: ''")
    assert "the setting 'set' is missing" in error_of("- language: {replace: true}")


# --- categories -------------------------------------------------------------------------------------------

CATEGORIES = [
    pytest.param("{add: [a, b]}", ["x"], ["x", "a", "b"], id="new ones come last"),
    pytest.param("[a, b]", ["B"], ["B", "a"], id="one that is there is not added again"),
    pytest.param("{drop: [A, 乙]}", ["a", "甲", "乙"], ["甲"], id="some are removed"),
    pytest.param('{drop: "*"}', ["a", "b"], [], id="all are removed"),
    pytest.param('{drop: "*", add: news}', ["a", "b"], ["news"], id="all are removed for another one"),
    pytest.param("{keep: [甲, B]}", ["a", "b", "甲"], ["b", "甲"], id="others are removed"),
    pytest.param("{keep: a, add: z}", ["a", "b"], ["a", "z"], id="what is added need not be kept"),
    pytest.param("{map: {a: b}}", ["x", "A", "y"], ["x", "b", "y"], id="a renamed one keeps its place"),
    pytest.param("{map: {a: b}}", ["a", "c", "B"], ["b", "c"], id="and is there once"),
    pytest.param("{map: {a: b}, drop: b}", ["a", "c"], ["c"], id="it is renamed, then removed"),
    pytest.param("{map: {a: b}, keep: a}", ["a"], [], id="it is renamed, then not kept"),
    pytest.param("{map: {a: b}, add: a}", [], ["b"], id="what is added is renamed as well"),
    pytest.param("{map: {news: News}}", ["NEWS", "news"], ["News"], id="only the case is changed"),
    pytest.param("{map: {straße: street}}", ["STRASSE"], ["street"], id="small and large letters are compared"),
    pytest.param("{map: {e\u0301: e}}", ["\u00c9"], ["e"], id="composed or not"),
    pytest.param("{drop: a}", [], [], id="no categories"),
]


@pytest.mark.parametrize(("options", "stated", "expected"), CATEGORIES)
def test_categories_become(options: str, stated: list[str], expected: list[str]) -> None:
    chain = filtered.chain_of(f"- categories: {options}")
    once = chain.shaped(filtered.post_of(categories=stated))
    assert [one.term for one in once.entry.categories] == expected
    assert chain.shaped(once) == once


def test_a_category_is_found_by_its_label_and_loses_it_with_its_scheme() -> None:
    stated = Category("t1", "https://voa.example/topics", "Politik")
    renamed = after("- categories: {map: {politik: politics}}", filtered.post_of(categories=[stated]))
    assert renamed.entry.categories == (Category("politics"),)
    dropped = after("- categories: {drop: politik}", filtered.post_of(categories=[stated]))
    assert dropped.entry.categories == ()
    kept = after("- categories: {keep: politik}", filtered.post_of(categories=[stated]))
    assert kept.entry.categories == (stated,)


def test_categories_that_stay_leave_the_post_as_it_is() -> None:
    post = filtered.post_of(categories=["a"])
    assert after("- categories: {map: {b: c}, drop: d, add: A}", post) is post


CATEGORY_ERRORS = [
    pytest.param("{map: {a: b, b: c}}", "'b' is renamed itself, to 'c'; write  a: c", id="a chain"),
    pytest.param("{map: {a: b, B: a}}", "'b' is renamed itself, to 'a'", id="a circle"),
    pytest.param("{map: {a: b, A: c}}", "'A' stands here twice; large and small letters count as one", id="twice"),
    pytest.param("{map: {a: [b]}}", "one text is needed here", id="a list in a map"),
    pytest.param("{map: [a]}", "are needed here", id="no map"),
    pytest.param("{drop: [a, a]}", "'a' stands here twice", id="the same twice"),
    pytest.param("{drop: []}", "at least one value is needed here", id="an empty list"),
    pytest.param("{drop: a, keep: A}", "'a' can not be dropped and kept", id="dropped and kept"),
    pytest.param("{add: ' '}", "a text is needed here", id="blanks alone"),
]


@pytest.mark.parametrize(("options", "said"), CATEGORY_ERRORS)
def test_categories_refuses(options: str, said: str) -> None:
    assert said in error_of(f"- categories: {options}")


# --- author -----------------------------------------------------------------------------------------------

AUTHORS = [
    pytest.param("Ann", [], ["Ann"], id="a post without an author gets one"),
    pytest.param("[Ann, 张三]", [], ["Ann", "张三"], id="or two"),
    pytest.param("Ann", ["Bo"], ["Bo"], id="a post with one keeps it"),
    pytest.param("{set: Ann, replace: true}", ["Bo"], ["Ann"], id="unless told otherwise"),
    pytest.param("{drop: admin}", ["Admin", "Bo"], ["Bo"], id="a name that is none is removed"),
    pytest.param("{drop: admin, set: Ann}", ["Admin"], ["Ann"], id="and another one takes its place"),
    pytest.param("{map: {bo: Bo Li}}", ["BO", "Ann"], ["Bo Li", "Ann"], id="a name is written as elsewhere"),
    pytest.param("{map: {bo: Bo Li}}", ["Bo", "Bo Li"], ["Bo Li"], id="and is there once"),
    pytest.param("{map: {bo: Bo Li}, set: Bo}", [], ["Bo Li"], id="what is set is renamed as well"),
    pytest.param("{map: {bo: Bo Li}, drop: bo li}", ["Bo"], [], id="it is renamed, then removed"),
    pytest.param("{map: {Bo: X}}", ["Bo Li"], ["Bo Li"], id="names are compared as a whole"),
]


@pytest.mark.parametrize(("options", "stated", "expected"), AUTHORS)
def test_authors_become(options: str, stated: list[str], expected: list[str]) -> None:
    chain = filtered.chain_of(f"- author: {options}")
    once = chain.shaped(filtered.post_of(authors=stated))
    assert [person.name for person in once.entry.authors] == expected
    assert chain.shaped(once) == once


def test_who_is_renamed_keeps_the_address_and_who_is_set_has_none() -> None:
    post = filtered.post_of(authors=[Person("bo", "https://bo.example/")])
    assert after("- author: {map: {Bo: Bo Li}}", post).entry.authors == (Person("Bo Li", "https://bo.example/"),)
    assert after("- author: {set: bo, replace: true}", post).entry.authors == (Person("bo"),)


def test_authors_that_stay_leave_the_post_as_it_is() -> None:
    post = filtered.post_of(authors=["Ann"])
    assert after("- author: {set: Bo, map: {Bo: Bob}, drop: admin}", post) is post


AUTHOR_ERRORS = [
    pytest.param("ann@example.org", "mail addresses are not published; write the name alone", id="a mail address"),
    pytest.param("{map: {a: Ann <a@b.example>}}", "write the name alone: Ann", id="a mail address in a map"),
    pytest.param("{map: {a: b, b: c}}", "'b' is renamed itself, to 'c'", id="a chain"),
    pytest.param("''", "a text is needed here", id="an empty name"),
]


@pytest.mark.parametrize(("options", "said"), AUTHOR_ERRORS)
def test_author_refuses(options: str, said: str) -> None:
    assert said in error_of(f"- author: {options}")


# --- all of them ------------------------------------------------------------------------------------------

IDEMPOTENT = {
    "retitle": "- retitle: {prefix: '[{source}] ', suffix: ' {author}', untitled: '{date}'}",
    "categories": "- categories: {map: {a: b, 新闻: news}, drop: [c], add: [B, d]}",
    "author": "- author: {map: {a: b}, drop: [c], set: [A, d]}",
}
TERMS = st.lists(st.sampled_from(["a", "A", "b", "B", "c", "d", "新闻", "[VOA] "]).map(one_line), max_size=6)


@pytest.mark.parametrize("name", IDEMPOTENT)
@FEW
@given(title=LINES, terms=TERMS, names=TERMS)
def test_twice_is_once(name: str, title: str, terms: list[str], names: list[str]) -> None:
    chain = filtered.chain_of(IDEMPOTENT[name])
    once = chain.shaped(filtered.post_of(title=title, categories=terms, authors=names))
    assert chain.shaped(once) == once


def test_a_post_with_nothing_in_it_is_no_trouble() -> None:
    bare = filtered.post_of(title="", body="", summary="", link="", authors=[], categories=[], published=None)
    chain = filtered.chain_of("\n".join([*IDEMPOTENT.values(), "- language: en"]))
    assert filtered.changes(bare, chain.shaped(bare)) == {
        "title": "[VOA] 2026-03-01",
        "categories": ["B", "d"],
        "authors": ["b", "d"],
        "language": "en",
    }
