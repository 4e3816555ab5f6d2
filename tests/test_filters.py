"""What every filter has to keep to, and the examples and mistakes of the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filtered
from feedbraid import html
from feedbraid.chain import Chain
from feedbraid.errors import ConfigError
from feedbraid.filters import Each, Example, Filter, Mistake
from feedbraid.model import Post
from feedbraid.registry import load_plug, plug_names
from feedbraid.text import one_line

KINDS = {
    name: cast("Filter", load_plug("feedbraid.filters", name, "FILTER"))
    for name in plug_names("feedbraid.filters")
}
EXAMPLES = [
    pytest.param(name, example, id=f"{name}-{number}")
    for name, kind in KINDS.items()
    for number, example in enumerate(kind.examples, 1)
]
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}-{number}")
    for name, kind in KINDS.items()
    for number, mistake in enumerate(kind.mistakes, 1)
]
TOP = {"exec": {"allow_exec": "true"}}


def chain_of(name: str, config: str) -> Chain:
    return filtered.chain_of(config, **TOP.get(name, {}))


def posts_of(example: Example) -> list[Post]:
    return [filtered.post_of(number, **fields) for number, fields in enumerate(example.posts, 1)]


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_gives_what_it_says(name: str, example: Example) -> None:
    posts = posts_of(example)
    kept, outcomes = filtered.through(chain_of(name, example.config), posts)
    assert tuple(outcomes) == example.gives
    expected = example.order or [place for place, gives in enumerate(example.gives) if not isinstance(gives, str)]
    assert kept == [posts[place].key for place in expected]


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_mistake_is_answered_as_the_reference_says(name: str, mistake: Mistake) -> None:
    if not mistake.is_error:
        assert filtered.specs_of(mistake.config, **TOP.get(name, {}))
        return
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(mistake.config, **TOP.get(name, {}))
    assert mistake.says in str(caught.value)
    assert all(problem.line and problem.column for problem in caught.value.problems)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_no_filter_changes_a_key_an_id_or_a_date(name: str, example: Example) -> None:
    chain = chain_of(name, example.config).of_each()
    for post in posts_of(example):
        after = chain.shaped(post)
        assert (after.key, after.id, after.entry.key, after.entry.public_id, after.entry.source_id) == (
            post.key,
            post.id,
            post.entry.key,
            post.entry.public_id,
            post.entry.source_id,
        )
        assert (after.published, after.updated, after.first_seen) == (
            post.published,
            post.updated,
            post.first_seen,
        )
        assert (after.origin, after.via, after.channel) == (post.origin, post.via, post.channel)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_what_a_filter_writes_is_safe_to_publish(name: str, example: Example) -> None:
    chain = chain_of(name, example.config).of_each()
    for post in posts_of(example):
        body = chain.shaped(post).entry.body
        assert body in (post.entry.body, html.clean(body, base=post.entry.link).html)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_twice_is_once(name: str, example: Example) -> None:
    chain = chain_of(name, example.config).of_each()
    own = [step for _, step in chain.steps]
    if not (KINDS[name].is_idempotent and all(isinstance(step, Each) for step in own)):
        pytest.skip("this filter does not say so")
    for post in posts_of(example):
        once = chain.shaped(post)
        if not chain.passed(post).reason:
            assert chain.shaped(once) == once


PIECES = st.sampled_from(
    [
        *(
            "News &amp; more",
            "<p>",
            "</p>",
            "广告。",
            "<b>",
            "</b>",
            "<ul><li>",
            "</ul>",
            "<h1>",
            "</h1>",
            "&nbsp;",
            "<",
        ),
        *(
            "<table><tr><td>",
            "</table>",
            '<img src="/a.jpg" srcset="b.jpg 2x, c.jpg">',
            '<div class="ad">',
            "</div>",
        ),
        *(
            '<a href="https://images.weserv.nl/?url=a.example/x.png&w=9">',
            "</a>",
            "<pre>\n",
            "</pre>",
            "Anzeige: ",
        ),
        *(
            '<a href="https://www.google.com/url?q=https://b.example/%E4%BD%A0">',
            "<video poster='p.png'>",
            "</video>",
        ),
    ]
)
LINES = st.lists(
    st.sampled_from(["News", "Anzeige:", "漢字", "广告", "&", "<b>", " ", "é", "VOA"]), max_size=6
).map("".join)
POSTS = st.fixed_dictionaries(
    {
        "body": st.lists(PIECES, max_size=12).map(
            lambda parts: html.clean("".join(parts), base="https://voa.example/1").html
        ),
        "title": LINES.map(one_line),
        "summary": LINES.map(one_line),
        "authors": st.lists(st.sampled_from(["Ann", "Bo", "admin"]), max_size=2, unique=True),
        "categories": st.lists(st.sampled_from(["News", "Politik", "Sport"]), max_size=3, unique=True),
        "language": st.sampled_from(["", "en", "zh-Hant", "de"]),
        "enclosures": st.lists(
            st.sampled_from(["https://voa.example/1.mp3", "https://voa.example/1.jpg"]), max_size=1
        ),
        "page": st.sampled_from(["", "<p>The whole text of the page.</p>"]),
    }
)
STARTING = {"exec"}
"""Filters that start a process for each post: their examples have to do."""
LISTS = [
    pytest.param(name, example.config, id=f"{name}-{number}")
    for name, kind in KINDS.items()
    for number, example in enumerate(kind.examples, 1)
    if name not in STARTING
]


@pytest.mark.parametrize(("name", "config"), LISTS)
@settings(max_examples=25, deadline=None)
@given(fields=POSTS)
def test_every_filter_is_pure_keeps_what_identifies_a_post_and_leaves_it_safe(
    name: str, config: str, fields: dict[str, Any]
) -> None:
    chain, post = filtered.chain_of(config).of_each(), filtered.post_of(**fields)
    passed = chain.passed(post)
    assert passed == chain.passed(post) == filtered.chain_of(config).of_each().passed(post)
    after = chain.shaped(post)
    assert replace(after, entry=post.entry) == post
    assert (after.entry.key, after.entry.public_id, after.entry.source_id, after.entry.published) == (
        post.entry.key,
        post.entry.public_id,
        post.entry.source_id,
        post.entry.published,
    )
    assert after.entry.body in (post.entry.body, html.clean(after.entry.body, base=post.entry.link).html)
    assert [after.entry.title, after.entry.summary] == [one_line(after.entry.title), one_line(after.entry.summary)]
    if KINDS[name].is_idempotent and not passed.reason and not passed.trouble:
        assert chain.shaped(after) == after


@pytest.mark.parametrize("name", KINDS)
def test_a_filter_is_documented(name: str) -> None:
    kind = KINDS[name]
    assert kind.summary
    assert kind.examples
    assert kind.mistakes
    assert all(field.description for field in kind.options.model_fields.values())
    module = load_plug("feedbraid.filters", name, "__doc__")
    assert isinstance(module, str)
    assert len(module.splitlines()) > 2


@pytest.mark.parametrize("name", KINDS)
def test_a_filter_refuses_an_option_that_there_is_not_with_its_place(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        filtered.specs_of(f"- {name}: {{no_such_option: 1}}")
    found = [problem for problem in caught.value.problems if "no_such_option" in problem.message]
    assert [(problem.line, problem.column) for problem in found] == [(5, len(f"      - {name}: {{") + 1)]
    assert "there is no setting 'no_such_option' here" in found[0].message
