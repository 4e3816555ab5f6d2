"""The head of a post as text: YAML, TOML, JSON and plain lines, whole or damaged, and never executed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from feedbraid import frontmatter
from feedbraid.frontmatter import FrontMatter, Value, read_front_matter, text_of, texts_of
from feedbraid.model import Skipped
from feedbraid.text import xml_safe


@pytest.fixture(params=["CSafeLoader", "SafeLoader"], autouse=True)
def _both_loaders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read everything with libyaml and without it."""
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml")
    monkeypatch.setattr(frontmatter, "_LOADER", getattr(yaml, request.param))


def read(text: str) -> FrontMatter:
    found = read_front_matter(text, "a.md")
    assert isinstance(found, FrontMatter), found
    return found


def refused(text: str) -> Skipped:
    found = read_front_matter(text, "a.md")
    assert isinstance(found, Skipped), found
    return found


def notes(found: FrontMatter) -> list[str]:
    return [note.text for note in found.notes]


@pytest.mark.parametrize(
    ("yaml_text", "expected"),
    [
        pytest.param("title: no", {"title": "no"}, id="a word is no truth value"),
        pytest.param("title: 0123", {"title": "0123"}, id="digits are no number"),
        pytest.param("title: 1e3", {"title": "1e3"}, id="a number in scientific form is no number"),
        pytest.param("date: 2021-01-27", {"date": "2021-01-27"}, id="a date stays as it is written"),
        pytest.param(
            "date: 2021-01-27 14:41:19 +0800",
            {"date": "2021-01-27 14:41:19 +0800"},
            id="the date that Jekyll writes",
        ),
        pytest.param("date: 2026-02-30", {"date": "2026-02-30"}, id="a date that does not exist raises nothing"),
        pytest.param("title:", {"title": None}, id="a key without a value"),
        pytest.param("title: ~", {"title": None}, id="a tilde is nothing"),
        pytest.param('title: "null"', {"title": "null"}, id="a quoted null is a word"),
        pytest.param("tags: [ a, 2020 ]", {"tags": ["a", "2020"]}, id="a list in one line"),
        pytest.param("tags:\n- a\n- b", {"tags": ["a", "b"]}, id="a list of lines"),
        pytest.param("author: {name: Ann}", {"author": {"name": "Ann"}}, id="a mapping"),
        pytest.param("text: |\n  a\n  b\n", {"text": "a\nb\n"}, id="a block of text"),
        pytest.param("text: >\n  a\n  b\n", {"text": "a b\n"}, id="a folded block of text"),
        pytest.param("Title: x", {"title": "x"}, id="keys are compared without case"),
        pytest.param("title: x # why", {"title": "x"}, id="a comment goes"),
        pytest.param('title: "a \\"b\\" c"', {"title": 'a "b" c'}, id="escaped quotes"),
        pytest.param("title: !!str 12", {"title": "12"}, id="a tag for text is harmless"),
        pytest.param("", {}, id="an empty head"),
        pytest.param("# only a comment", {}, id="a head with a comment alone"),
    ],
)
def test_yaml_is_read_as_text(yaml_text: str, expected: dict[str, Value]) -> None:
    found = read(f"---\n{yaml_text}\n---\nbody")
    assert (found.fields, found.body, found.notes) == (expected, "body", ())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param("---\ntitle: x\n---\nbody", "x", id="YAML"),
        pytest.param("---  \ntitle: x\n--- \nbody", "x", id="blanks behind the fences"),
        pytest.param("\n\n---\ntitle: x\n---\nbody", "x", id="empty lines in front"),
        pytest.param("---\ntitle: x\n...\nbody", "x", id="dots for an end"),
        pytest.param("---yaml\ntitle: x\n---\nbody", "x", id="YAML by name"),
        pytest.param('+++\ntitle = "x"\n+++\nbody', "x", id="TOML"),
        pytest.param('---toml\ntitle = "x"\n---\nbody', "x", id="TOML by name"),
        pytest.param('---json\n{"title": "x"}\n---\nbody', "x", id="JSON by name"),
        pytest.param('--- json\n{"title": "x"}\n---\nbody', "x", id="JSON by name after a blank"),
        pytest.param(';;;\n"title": "x"\n;;;\nbody', "x", id="JSON of Hexo, without braces"),
        pytest.param(';;;\n{"title": "x"}\n;;;\nbody', "x", id="JSON of Hexo, with braces"),
        pytest.param('{\n"title": "x"\n}\nbody', "x", id="a bare JSON object"),
        pytest.param("title: x\n---\nbody", "x", id="a head without its opening line"),
    ],
)
def test_every_kind_of_head_is_told_apart(text: str, title: str) -> None:
    found = read(text)
    assert (found.fields["title"], found.body.strip()) == (title, "body")


def test_toml_values_stay_text() -> None:
    head = 'date = 2021-01-27T14:41:19Z\nday = 2021-01-27\nweight = 3\nratio = 0.50\ndraft = true\ntags = ["a"]'
    found = read(f'+++\ntitle = "x"\n{head}\n[taxonomies]\ncategories = ["b"]\n+++\n')
    assert found.fields == {
        "title": "x",
        "date": "2021-01-27T14:41:19+00:00",
        "day": "2021-01-27",
        "weight": "3",
        "ratio": "0.50",
        "draft": "true",
        "tags": ["a"],
        "taxonomies": {"categories": ["b"]},
    }


def test_json_values_stay_text() -> None:
    found = read(
        '---json\n{"title": "x", "n": 1.50, "big": 123456789012345678901, "draft": false, "no": null}\n---\n'
    )
    assert found.fields == {
        "title": "x", "n": "1.50", "big": "123456789012345678901", "draft": "false", "no": None
    }  # fmt: skip


def test_pelican_lines_are_read_with_their_continuations() -> None:
    found = read("Title: a: b\nDate: 2012-10-30\nSummary: one\n    two\nTags:\n\nThe text: here.")
    assert found.fields == {"title": "a: b", "date": "2012-10-30", "summary": "one two", "tags": None}
    assert found.body.strip() == "The text: here."


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Just a text.", id="prose"),
        pytest.param("", id="nothing"),
        pytest.param("Note: this is prose\nAuthor: no", id="lines without a title"),
        pytest.param("Title: x\nprose goes on\n", id="prose below a line that looks like a key"),
        pytest.param("{% include x %}", id="a template tag"),
        pytest.param("{ not json }", id="braces"),
        pytest.param("----\ntitle: x\n----\n", id="four dashes"),
    ],
)
def test_a_text_without_a_head_is_left_alone(text: str) -> None:
    assert read_front_matter(text, "a.md") is None


# --- damage -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "value"),
    [
        pytest.param("title: A colon: and more", "A colon: and more", id="an unquoted colon"),
        pytest.param('title: "the "inner" quotes"', 'the "inner" quotes', id="inner quotes"),
        pytest.param(
            'title: "a \\"good\\" and a "bad" one"', 'a "good" and a "bad" one', id="both kinds of quotes"
        ),
        pytest.param('title: "水平\\智力\\能力"', "水平\\智力\\能力", id="backslashes that escape nothing"),
        pytest.param("title: 'it's here'", "it's here", id="an apostrophe in single quotes"),
        pytest.param("title: [兩岸] 大連疫情", "[兩岸] 大連疫情", id="brackets at the start"),
        pytest.param("title: [open", "[open", id="a bracket that stays open"),
        pytest.param('title: "open', "open", id="a quote that stays open"),
        pytest.param("title: @home", "@home", id="a reserved character"),
        pytest.param("title: `code` here", "`code` here", id="a back quote"),
        pytest.param("title: %d items", "%d items", id="a per cent sign"),
        pytest.param("title: *bold* words", "*bold* words", id="stars"),
        pytest.param("title: *star", "*star", id="an alias of nothing"),
        pytest.param("title: R&D: *D* and more", "R&D: *D* and more", id="an ampersand that is no anchor"),
        pytest.param("title: a: b # why", "a: b", id="a comment behind damage"),
        pytest.param('title: "a"b" # why', 'a"b', id="a comment behind damaged quotes"),
        pytest.param("title: {{ title }}", "{{ title }}", id="a template"),
        pytest.param("title: - a: b\n  more", "- a: b more", id="a second line"),
    ],
)
def test_a_damaged_line_is_read_as_it_stands(line: str, value: str) -> None:
    found = read(f"---\nlayout: post\n{line}\ndate: 2021-01-27\ntags: [ a, b ]\n---\nbody")
    assert found.fields == {"layout": "post", "title": value, "date": "2021-01-27", "tags": ["a", "b"]}
    assert notes(found) == ["line 3: title is no valid YAML; it was read as it stands"]
    assert found.notes[0].rule == "seed"


def test_keys_without_a_blank_are_recognised() -> None:
    found = read("---\ntitle:x\ndate:2021-01-27\nfrom: https://example.com/a\n---\n")
    assert found.fields == {"title": "x", "date": "2021-01-27", "from": "https://example.com/a"}


def test_damaged_lists_are_read_item_by_item() -> None:
    found = read('---\ntitle: x\ntags: [a: b: c, \'d\']\nlist:\n- "a"b"\n- c: d: e\n---\n')
    assert found.fields == {"title": "x", "tags": ["a: b: c", "d"], "list": ['a"b', "c: d: e"]}


def test_a_tab_behind_a_list_item_costs_nothing() -> None:
    found = read('---\ntitle: x\nauthors:\n- ann\t\t\ntext: "one\ntwo"\n---\n')
    assert found.fields == {"title": "x", "authors": ["ann"], "text": "one two"}


@pytest.mark.parametrize("head", [r'{"title": "A \ud83d\udc1f"}', r'title: "A \ud83d\udc1f"'])
def test_a_pair_of_escapes_is_one_character(head: str) -> None:
    found = read_front_matter(f"---\n{head}\n---\nText\n", "a.md")
    assert isinstance(found, FrontMatter)
    assert text_of(found.fields["title"]) == "A 🐟"


def test_n35_control_characters_do_not_stop_the_reader() -> None:
    found = read("---\ntitle: a\x08b\u2028c\x93d\x7fe\n---\n")
    assert found.fields == {"title": "ab c“de"}
    assert notes(found) == ["line 2: control characters in the front matter were replaced"]


def test_a_key_that_stands_twice_is_noted_and_the_last_one_counts() -> None:
    found = read("---\ntitle: a\ndate: 2020-01-01\ntitle: b\n---\n")
    assert found.fields["title"] == "b"
    assert notes(found) == ["line 4: title stands twice; the last one counts"]


def test_damaged_toml_is_read_key_by_key() -> None:
    found = read('+++\ntitle = "a"b"\ntags = ["x"]\n+++\nbody')
    assert found.fields == {"title": 'a"b', "tags": ["x"]}
    assert notes(found) == ["line 2: title is no valid TOML; it was read as it stands"]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        pytest.param("---\ntitle: x\ndate: 2020-01-01\n\nThe text.", "The text.", id="up to an empty line"),
        pytest.param("---\ntitle: x\ndate: 2020-01-01\n<!--1-->\ntext", "<!--1-->\ntext", id="up to markup"),
        pytest.param(
            "---\ntitle: x\ndate: 2020-01-01\n<p>a</p>\n\n---\n\nb", "<p>a</p>\n\n---\n\nb", id="a rule is no end"
        ),
        pytest.param("---\ntitle: x: y\ndate: 2020-01-01\n\nThe text.", "The text.", id="and damaged"),
    ],
)
def test_b106_a_head_without_an_end_is_read_when_it_tells_enough(text: str, body: str) -> None:
    found = read(text)
    assert found.fields["date"] == "2020-01-01"
    assert found.body.strip() == body
    assert any("no closing line" in note for note in notes(found))


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("---\ntitle: x\nmore\n", 1, "no closing line", id="B106 no end and no date"),
        pytest.param(
            "---\ntitle: x\ndate: 2020-01-01\nThe text\n",
            1,
            "no closing line",
            id="B106 text right below the keys",
        ),
        pytest.param(
            "---\nbad yaml: [\n---\nbody", 3, "is no YAML", id="B99 damage without a key that tells anything"
        ),
        pytest.param("---\njust words\n---\nbody", 2, "no list of keys", id="words between two rules"),
        pytest.param("---\n- a\n- b\n---\nbody", 2, "no list of keys", id="a list"),
        pytest.param("---\ntitle: x\na: &a [x]\nb: [*a, *a]\n---\n", 4, "an alias, *a", id="B109 aliases"),
        pytest.param(
            '---\ntitle: "a "b" c"\nx: &a [1]\ny: *a\n---\n',
            2,
            "an alias, *a",
            id="B109 an alias in a damaged head",
        ),
        pytest.param("---\ntitle: *a\nx: &a [1]\n---\n", 2, "an alias, *a", id="B109 an alias before its anchor"),
        pytest.param(
            '---\ntitle: x\nrun: !!python/object/apply:os.system ["id"]\n---\n', 3, "a tag", id="B110 a Python tag"
        ),
        pytest.param("---\ntitle: !ruby/object:A {}\n---\n", 2, "a tag", id="a Ruby tag"),
        pytest.param(f"---\ntitle: x\na: {'[' * 30_000}\n---\n", 3, "nested deeper", id="B108 deep lists"),
        pytest.param(f"---\ntitle: x\na: {'{b: ' * 9_000}\n---\n", 3, "nested deeper", id="deep mappings"),
        pytest.param(f"+++\na = {'[' * 30_000}\n+++\n", 1, "nested deeper", id="deep TOML"),
        pytest.param(f"+++\n{'.'.join('a' * 3_000)} = 1\n+++\n", 2, "dots", id="a TOML key of many parts"),
        pytest.param(f"---json\n{'[' * 30_000}\n---\n", 1, "nested deeper", id="deep JSON"),
        pytest.param(f'{{"a":{"[" * 30_000}', 1, "nested deeper", id="deep bare JSON"),
        pytest.param(
            f'---json\n{{"a":{"[" * 30}{"]" * 30}}}\n---\n', 2, "nested deeper", id="JSON a bit too deep"
        ),
        pytest.param('---json\n{"title":\n"x",,}\n---\n', 3, "is no JSON", id="damaged JSON"),
        pytest.param("---json\n[1]\n---\n", 2, "no list of keys", id="a JSON list"),
        pytest.param("---js\n{title: f()}\n---\n", 1, "in js is never run", id="JavaScript"),
        pytest.param("--- coffee\ntitle = 1\n---\n", 1, "in coffee is never run", id="CoffeeScript"),
        pytest.param(f"---\ntitle: {'x' * 70_000}\n---\n", 2, "longer than", id="a huge head"),
        pytest.param(
            "---\n" + "title: a: b\n" * 501 + "---\n", 2, "is no YAML", id="more damage than is worth it"
        ),
    ],
)
def test_what_can_not_or_must_not_be_read_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    found = refused(text)
    assert words in found.reason
    assert (found.ref, found.line) == ("a.md", line)


def test_t14_nothing_is_executed(capfd: pytest.CaptureFixture[str]) -> None:
    refused('---\ntitle: !!python/object/apply:os.system ["echo ran"]\n---\n')
    refused("---js\nconsole.log('ran')\n---\n")
    sys.stdout.flush()
    assert "ran" not in capfd.readouterr().out


# --- for every text ---------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "---",
        "+++",
        ";;;",
        "\n",
        "title: ",
        "date: 2020",
        "[",
        "]",
        "{",
        "}",
        '"',
        "'",
        "\\",
        "&a ",
        "*a",
        "!!x ",
        "a = ",
    ]
)


@given(st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=30).map("".join))
def test_reading_never_raises(text: str) -> None:
    for start in ("", "---\n", "+++\n", ";;;\n", "---json\n"):
        found = read_front_matter(start + text, "a.md")
        assert found is None or isinstance(found, FrontMatter | Skipped)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.text(alphabet="ab :'\"\\[]{}#&*!-\n", max_size=20)
    )
)
def test_what_yaml_writes_is_read_back(fields: dict[str, Any]) -> None:
    head = yaml.safe_dump({"title": "t", **fields}, default_style='"')
    assert read(f"---\n{head}---\nbody").fields == {"title": "t", **fields}


# --- the short way for plain heads ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        pytest.param(
            "title: A b  \nfrom: https://a.example/b#c", {"title": "A b", "from": "https://a.example/b#c"}
        ),
        pytest.param("a: \"b: #c '\"\nd: 'e \" \\x'", {"a": "b: #c '", "d": 'e " \\x'}, id="quoted"),
        pytest.param("a: ''\nb:\n\nc: ~x", {"a": "", "b": None, "c": "~x"}, id="empty ones"),
        pytest.param("a: [ b c , 2020-01-02,null ]", {"a": ["b c", "2020-01-02", None]}, id="a list"),
        pytest.param("a: null\nb: no", {"a": None, "b": "no"}, id="nothing, and a word"),
        pytest.param("a: (b) c-d = e, [f]", {"a": "(b) c-d = e, [f]"}, id="signs inside"),
    ],
)
def test_a_head_of_plain_rows_needs_no_parser(head: str, expected: dict[str, Value]) -> None:
    assert frontmatter._plain_fields(head) == expected
    assert by_the_parser(head) == (expected, [])


@pytest.mark.parametrize(
    "row",
    [
        *("b: c: d", "b: c:", "b: c #d", "b: #c", "b: c\td", "b:c", "b : c", " b: c", "- b", "b: - c", "a: twice"),
        *("b: &c d", "b: *c", "b: !c d", "b: |", "b: >-", "b: {c: d}", "b: %c", "b: @c", "b: `c`", "b: ? c"),
        *(
            'b: "c',
            'b: "c\\n"',
            'b: "c" d',
            "b: 'c''d'",
            "b: 'c",
            "b: [c",
            "b: [c,]",
            "b: [,c]",
            "b: [[c]]",
            "b: []",
        ),
        *("b: ['c']", "b: [-c]", "b: [c: d]", "b: [c?]", "<<: b", "null: b", "? b", "# b", "b: \ufeffc", "..."),
    ],
)
def test_a_head_with_anything_else_is_left_to_the_parser(row: str) -> None:
    assert frontmatter._plain_fields(f"a: 1\n{row}\nz: 2") is None


_ROWS = st.lists(
    st.one_of(
        st.sampled_from(
            [": ", "k", "k: ", "x: ", "c:", "\n", "\n", " ", "  ", " #", "#", ",", "null", "~", "中", "é"]
        ),
        st.sampled_from(
            ["[", "]", "[ ", " ]", '"', '"', "'", "'", "\\", "-", "- ", "?", "!", "&a ", "*a", "<<", "..."]
        ),
        st.characters(min_codepoint=9),
    ),
    max_size=12,
).map(lambda parts: "k" + "".join(parts))


@given(_ROWS)
@example("k: a\n...\nb: c")
def test_the_short_way_gives_what_the_parser_gives(head: str) -> None:
    fields = frontmatter._plain_fields(head)
    if fields is not None and is_readable(head):
        assert by_the_parser(head) == (fields, [])


@pytest.mark.corpus
def test_the_short_way_gives_what_the_parser_gives_for_real_heads(corpus: Path) -> None:
    taken = 0
    texts = [path.read_text("utf-8", "replace") for path in sorted((corpus / "seeds").glob("seed-*"))]
    heads = [text.split("\n---", 1)[0].removeprefix("---\n") for text in texts if text.startswith("---\n")]
    for head in filter(is_readable, heads):
        fields = frontmatter._plain_fields(head)
        if fields is not None:
            taken += 1
            assert by_the_parser(head) == (fields, [])
    assert taken > 0.8 * len(heads)


def is_readable(head: str) -> bool:
    """Tell whether a head comes to the parser as it stands."""
    escaped = frontmatter._ESCAPED_PAIR.search(head) or frontmatter._BEYOND_YAML.search(head)
    return escaped is None and xml_safe(head) == head


def by_the_parser(head: str) -> tuple[dict[str, Value], list[str]]:
    reader = frontmatter._YamlReader(yaml.parse(head, Loader=frontmatter._LOADER), 1)
    return reader.read(), [note.text for note in reader.notes]


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        pytest.param(" a ", ("a",), id="a text is trimmed"),
        pytest.param(None, (), id="nothing"),
        pytest.param(["a", "", " b", None, {"c": "d"}], ("a", "b"), id="of a list its texts"),
        pytest.param({"a": "b"}, (), id="of a mapping nothing"),
    ],
)
def test_texts_of_a_value(value: Value, texts: tuple[str, ...]) -> None:
    assert texts_of(value) == texts
    assert text_of(value) == (texts[0] if texts else "")
