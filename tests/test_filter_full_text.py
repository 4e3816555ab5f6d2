"""Whole texts in the place of teasers: which posts get that of their page, and which pages are read how."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filtered
from feedbraid import html
from feedbraid.chain import Chain, Named
from feedbraid.codec import decode
from feedbraid.errors import ConfigError
from feedbraid.filters import Dropped, Each
from feedbraid.model import Recipe

TEASER = "<p>Ten words of it …</p>"
STORY = "<p>All of it, which is much more than ten words.</p>"


def recipe_of(config: str) -> Recipe:
    return decode(Recipe, filtered.chain_of(config).page)


# --- what a post gets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "fields", "changed"),
    [
        pytest.param("- full_text", {"body": TEASER, "page": STORY}, {"body": STORY}, id="a teaser gives way"),
        pytest.param("- full_text", {"body": "", "page": STORY}, {"body": STORY}, id="so does nothing at all"),
        pytest.param("- full_text", {"body": STORY, "page": ""}, {}, id="without a page the post stays"),
        pytest.param("- full_text", {"body": STORY, "page": STORY}, {}, id="the same text is no change"),
        pytest.param(
            "- full_text", {"body": STORY, "page": TEASER}, {}, id="less than the post has itself is nothing"
        ),
        pytest.param(
            "- full_text: .comic",
            {"body": STORY, "page": '<img src="https://voa.example/1.png">'},
            {"body": '<img src="https://voa.example/1.png">'},
            id="but what is named may be a picture alone",
        ),
        pytest.param(
            "- full_text: {shorter_than: 30}",
            {"body": TEASER, "page": STORY},
            {"body": STORY},
            id="a short post gets its page",
        ),
        pytest.param(
            "- full_text: {shorter_than: 10}", {"body": TEASER, "page": STORY}, {}, id="a long post keeps its text"
        ),
        pytest.param(
            "- full_text: {shorter_than: 10}",
            {"body": "", "summary": "A summary is a text of its own.", "page": STORY},
            {},
            id="a summary counts where there is nothing else",
        ),
        pytest.param("- full_text", {"body": TEASER, "link": "", "page": STORY}, {}, id="without a link no page"),
    ],
)
def test_which_text_a_post_has(config: str, fields: dict[str, Any], changed: dict[str, Any]) -> None:
    assert filtered.one_through(config, **fields) == changed


def test_the_summary_stays() -> None:
    post = filtered.post_of(body=TEASER, summary="Ten words", page=STORY)
    assert filtered.chain_of("- full_text").shaped(post).entry.summary == "Ten words"


def test_filters_behind_it_see_the_whole_text() -> None:
    (step,) = filtered.chain_of("- full_text").steps
    told = Chain((step, Named("told", Each(apply=lambda post: Dropped(post.entry.body)))))
    assert told.passed(filtered.post_of(body=TEASER, page=STORY)).reason == STORY


MARKUP = st.lists(st.sampled_from(["<p>", "</p>", "今天", "x ", "<img src='a'>", "&", "<"]), max_size=6).map(
    "".join
)


@settings(max_examples=60)
@given(MARKUP, MARKUP, st.sampled_from(["- full_text", "- full_text: article", "- full_text: {shorter_than: 3}"]))
def test_twice_is_once_whatever_the_texts_are(body: str, page: str, config: str) -> None:
    own, found = (html.clean(markup, base="https://voa.example/1").html for markup in (body, page))
    chain = filtered.chain_of(config)
    once = chain.shaped(filtered.post_of(body=own, page=found))
    assert once.entry.body in (own, found)
    assert chain.shaped(once) == once


# --- what is read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "recipe"),
    [
        pytest.param("- full_text", Recipe(), id="all of the defaults"),
        pytest.param("- full_text: article", Recipe(css=("article",)), id="one selector is short for css"),
        pytest.param("- full_text: [h1, .text]", Recipe(css=("h1", ".text")), id="so are several"),
        pytest.param(
            "- full_text: {css: '#a', remove: [.b, .c], shorter_than: 500, per_run: 3}",
            Recipe(css=("#a",), remove=(".b", ".c"), shorter_than=500, most=3),
            id="everything",
        ),
    ],
)
def test_the_reader_of_pages_is_told(config: str, recipe: Recipe) -> None:
    assert recipe_of(config) == recipe


def test_how_many_pages_are_read_does_not_make_their_texts_others() -> None:
    few, many = (recipe_of(f"- full_text: {{css: a, per_run: {n}, shorter_than: {n}}}") for n in (1, 99))
    assert few != many
    assert few.way == many.way == Recipe(css=("a",))


def test_other_filters_want_no_page() -> None:
    chain = filtered.chain_of("- limit: 3")
    assert chain.page == ""
    assert not any(step.wants_page for _, step in chain.steps if isinstance(step, Each))


# --- what has to be there ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "says"),
    [
        pytest.param("- full_text: {css: []}", "at least one value is needed here", id="no selector"),
        pytest.param("- full_text: {css: [a, a]}", "'a' stands here twice", id="one selector twice"),
        pytest.param("- full_text: {css: 'p::before'}", "::before is no element", id="a pseudo-element"),
        pytest.param("- full_text: {remove: 'a:foo'}", ":foo is unknown here", id="an unknown class"),
        pytest.param("- full_text: {css: '[a=\"\\x01\"'}", "is no CSS selector", id="no selector at all"),
        pytest.param("- full_text: {per_run: 100000}", "it has to be at most 10000", id="too many pages"),
        pytest.param("- full_text: {shorter_than: -1}", "it has to be at least 0", id="less than nothing"),
    ],
)
def test_what_can_not_be_done_is_said_with_its_place(config: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(config)
    assert says in str(caught.value)
    assert all(problem.line for problem in caught.value.problems)


def test_a_library_is_needed_only_to_look_for_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    with pytest.raises(ConfigError, match=r"pip install 'feedbraid\[fulltext\]'; or say with css where it stands"):
        filtered.specs_of("- full_text")
    assert recipe_of("- full_text: article") == Recipe(css=("article",))
