"""Additions to the text of a configuration: what was there stays, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid.configedit import FeedChange, NewSource, scalar, with_additions, written
from feedbraid.configtree import read_tree
from feedbraid.errors import ConfigError

VOA = NewSource(name="voa", url="https://voa.example/feed")
NO = NewSource(name="no", url="https://no.example/#1, x", title="1e3")
TECH = FeedChange(name="tech", title="Tech: all", origins=("voa", "no"))


def added(before: str, *sources: NewSource, feeds: tuple[FeedChange, ...] = ()) -> str:
    return with_additions(before, "config.yaml", sources or (VOA,), feeds)


def stands_in(before: str, after: str) -> bool:
    """Tell whether a text is left of another one when some of its characters are taken away."""
    rest = iter(after)
    return all(character in rest for character in before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "sources:\n  voa: https://voa.example/feed\n", id="nothing"),
        pytest.param("# mine\n", "# mine\n\nsources:\n  voa: https://voa.example/feed\n", id="a comment alone"),
        pytest.param(
            "site:\n    title: T",
            "site:\n    title: T\n\nsources:\n    voa: https://voa.example/feed\n",
            id="4 blanks",
        ),
        pytest.param("sources:\n\n# end\n", "sources:\n  voa: https://voa.example/feed\n\n# end\n", id="empty"),
        pytest.param(
            "sources:\n  a: x.xml  # A\n\n  # more\nsite:\n  title: 'T'\n",
            "sources:\n  a: x.xml  # A\n  voa: https://voa.example/feed\n\n  # more\nsite:\n  title: 'T'\n",
            id="comments",
        ),
        pytest.param(
            "sources:\n  a: x.xml", "sources:\n  a: x.xml\n  voa: https://voa.example/feed\n", id="no last break"
        ),
        pytest.param(
            "sources:\r\n  a: x.xml\r\nkeys:\r\n",
            "sources:\r\n  a: x.xml\r\n  voa: https://voa.example/feed\r\nkeys:\r\n",
            id="CRLF",
        ),
        pytest.param(
            "sources:\n      a:\n         url: x.xml\n         filters:\n         - limit: {days: 3}\n",
            "sources:\n      a:\n         url: x.xml\n         filters:\n         - limit: {days: 3}\n"
            "      voa: https://voa.example/feed\n",
            id="six blanks",
        ),
        pytest.param(
            "sources:\n  a:\n    url: x.xml\n    title: |\n      One\n\nkeys:\n",
            "sources:\n  a:\n    url: x.xml\n    title: |\n      One\n\n  voa: https://voa.example/feed\nkeys:\n",
            id="a text of several lines",
        ),
        pytest.param(
            "sources: {}  # none\n", "sources: {voa: https://voa.example/feed}  # none\n", id="empty brackets"
        ),
        pytest.param(
            "sources: {a: x.xml}\n", "sources: {a: x.xml, voa: https://voa.example/feed}\n", id="brackets"
        ),
        pytest.param(
            "sources: {\n  a: x.xml,\n  b: y.xml,\n}\n",
            "sources: {\n  a: x.xml,\n  b: y.xml,\n  voa: https://voa.example/feed,\n}\n",
            id="brackets of several lines",
        ),
        pytest.param(
            '{"sources": {"a": "x"}}', '{"sources": {"a": "x", "voa": "https://voa.example/feed"}}', id="JSON"
        ),
        pytest.param("{}", "{sources: {voa: https://voa.example/feed}}", id="an empty mapping"),
        pytest.param(
            "x: &x x.xml\nsources: &s\n  a: *x\n  b: *x # B\n",
            "x: &x x.xml\nsources: &s\n  a: *x\n  b: *x # B\n  voa: https://voa.example/feed\n",
            id="anchors",
        ),
        pytest.param(
            "---\nsite: {title: T}\n...\n",
            "---\nsite: {title: T}\n\nsources:\n  voa: https://voa.example/feed\n...\n",
            id="the end of a document",
        ),
    ],
)
def test_a_source_is_put_where_it_belongs(before: str, after: str) -> None:
    assert added(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from: [voa]", "from: [voa, tv]"),
        ("from: [a, voa] # A", "from: [a, voa, tv] # A"),
        ("from: voa", "from: [voa, tv]"),
        ("from: 'voa' # A", "from: ['voa', tv] # A"),
        ("from:\n    - voa\n    - a  # A", "from:\n    - voa\n    - a  # A\n    - tv"),
        ("from:\n      - voa", "from:\n      - voa\n      - tv"),
        ("limit: 50", "limit: 50"),
    ],
)
def test_a_feed_shows_one_more(before: str, after: str) -> None:
    start, end = "feeds:\n  all:\n    ", "\n    # last\n\nsources:\n  voa: x.xml\n  tv: y.xml\n"
    change = FeedChange(name="all", origins=("tv",))
    assert with_additions(start + before + end, "config.yaml", [], [change]) == start + after + end


def test_values_are_in_quotes_only_where_they_need_them() -> None:
    assert added("", VOA, NO, feeds=(TECH,)) == (
        "sources:\n"
        "  voa: https://voa.example/feed\n"
        '  "no":\n'
        "    url: https://no.example/#1, x\n"
        '    title: "1e3"\n'
        "\n"
        "feeds:\n"
        "  tech:\n"
        '    title: "Tech: all"\n'
        '    from: [voa, "no"]\n'
    )


def test_a_long_list_has_a_line_for_each_value() -> None:
    names = tuple(f"source-{number}" for number in range(20))
    after = written({"feeds": {"all": {"from": names}}})
    assert after.splitlines()[2:4] == ["    from:", "      - source-0"]
    assert read_tree(after, "", {}).data == {"feeds": {"all": {"from": list(names)}}}


@pytest.mark.parametrize(
    "before",
    [
        "sources: ~\n",
        "sources: &s\n  a: x.xml\nother: *s\n",
        "other: &s\n  a: x.xml\nsources: *s\n",
        "sources: [a]\n",
        "- a\n",
        "sources: {voa: x.xml}\n",
    ],
)
def test_what_can_not_be_added_to_is_left_and_the_lines_are_told(before: str) -> None:
    with pytest.raises(ConfigError, match=r"write by hand\n\nsources:\n  voa: https") as caught:
        added(before)
    assert caught.value.exit_code == 2


def test_what_is_no_yaml_is_named_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"config.yaml:1:5"):
        added("a: b: c\n")


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)


@given(TEXTS, st.booleans())
@example(value="${HOME}", flow=False)
@example(value="$${HOME}", flow=True)
@example(value="a: b", flow=True)
@example(value="x #y", flow=False)
@example(value="\x85\u2028\ufeff", flow=False)
@example(value="2026-01-01", flow=False)
@example(value="👨‍👩‍👧 News", flow=False)
def test_a_text_is_read_as_it_was_meant(value: str, flow: bool) -> None:  # noqa: FBT001  # hypothesis passes it so
    stated = scalar(value, flow=flow)
    assert read_tree(f"a: [{stated}]" if flow else f"a: {stated}", "", {"HOME": "x"}).data == {
        "a": [value] if flow else value
    }


COMMENTS = st.sampled_from(["", "  # c", " # 'x: {"])
ENTRIES = st.sampled_from(
    ["{n}: x.xml{c}", "{n}:{c}\n{i}{i}url: 'x.xml'{c}", '{n}: {{url: "x.xml"}}{c}', "{n}: &{n} x.xml{c}", "# {n}"]
)


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """Make a configuration as somebody may have written it."""
    unit = draw(st.sampled_from(["  ", "    ", " "]))
    entries = draw(st.lists(ENTRIES, max_size=4))
    has_section = bool(entries) or draw(st.booleans())
    lines = [f"sources:{draw(COMMENTS)}"] if has_section else []
    for number, one in enumerate(entries):
        stated = one.format(n=f"s{number}", c=draw(COMMENTS), i=unit)
        lines += [unit + line for line in stated.split("\n")]
        lines += draw(st.sampled_from([[], [""], ["# between"], [unit + "# inside", ""]]))
    site = ["site:", f"{unit}title: T{draw(COMMENTS)}", *draw(st.sampled_from([[], [""], ["# x"]]))]
    whole = [*site, *lines] if draw(st.booleans()) else [*lines, *site]
    eol = draw(st.sampled_from(["\n", "\r\n"]))
    return eol.join(whole) + draw(st.sampled_from(["", eol, eol * 3]))


@given(configurations())
def test_lines_are_added_and_nothing_else_changes(before: str) -> None:
    after = added(before, VOA, NO, feeds=(TECH,))
    assert stands_in(before, after)
    kept, lines = before.splitlines(), iter(after.splitlines())
    assert all(line in lines for line in kept)
    stated, said = read_tree(before, "", {}).data, read_tree(after, "", {}).data
    assert isinstance(stated, dict)
    assert isinstance(said, dict)
    assert said["sources"].items() >= (stated.get("sources") or {}).items()
    assert {"voa", "no"} <= said["sources"].keys()
    assert said["site"] == stated["site"]
    assert "\r\n" not in before or after.count("\r\n") == after.count("\n")


@given(configurations())
def test_a_second_addition_goes_behind_the_first(before: str) -> None:
    once = added(before, VOA)
    twice = added(once, NO)
    assert stands_in(once, twice)
    assert twice.index("voa.example") < twice.index("no.example")
