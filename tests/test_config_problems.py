"""A configuration that is wrong: everything that is wrong with it is listed, each at its place."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.config import load_config
from feedbraid.configtext import parse_config
from feedbraid.configtree import SHORTEST
from feedbraid.errors import ConfigError, Problem

NOWHERE = Path("/nowhere")


def problems(text: str, folder: Path = NOWHERE) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config(dedent(text), "config.yaml", folder, {})
    return caught.value.problems


GOOD = "sources:\n  a: https://a.example/feed\n"

BAD = [
    # id, text, line, column, path, words
    ("a word is no configuration", "hello", 1, 1, "", "settings with their names"),
    ("a list is no configuration", "- a\n- b\n", 1, 1, "", "settings with their names"),
    ("nothing but a marker", "---\n", 1, 1, "", "settings with their names"),
    ("nothing to publish", "site:\n  title: x\n", 1, 1, "sources", "nothing to publish"),
    ("sources without any", "site: {}\nsources: {}\n", 2, 1, "sources", "nothing to publish"),
    ("an unknown section", f"{GOOD}feed:\n  x: {{}}\n", 3, 1, "feed", "did you mean 'feeds'?"),
    ("a setting like no other", f"{GOOD}xyz: 1\n", 3, 1, "xyz", "there are: site, fetch, sources"),
    ("an unknown setting", f"{GOOD}site:\n  titel: x\n", 4, 3, "site.titel", "did you mean 'title'?"),
    (
        "the name of a field of ours",
        f"{GOOD}feeds: {{x: {{origins: a}}}}\n",
        3,
        13,
        "feeds.x.origins",
        "no setting",
    ),
    ("a key twice", f"{GOOD}  a: https://b.example/\n", 3, 3, "sources.a", "twice, first in line 2"),
    ("a section twice", f"{GOOD}\n{GOOD}", 4, 1, "sources", "twice, first in line 1"),
    ("a merge", f"{GOOD}site: &x {{}}\n<<: *x\n", 4, 1, "<<", "no setting"),
    ("a key that is a list", f"{GOOD}? [a, b]\n: c\n", 3, 3, "", "a key is a plain text"),
    ("a tag", f"{GOOD}site:\n  title: !secret x\n", 4, 10, "site.title", "the tag !secret"),
    ("sources in a list", "sources:\n  - https://a.example/\n", 1, 1, "sources", "names with an address each"),
    ("seeds as a path", "seeds: seeds/\n", 1, 8, "seeds", "names with a path each"),
    ("feeds as a name", f"{GOOD}feeds: all\n", 3, 8, "feeds", "names with settings below"),
    ("a site that is a text", f"{GOOD}site: x\n", 3, 7, "site", "settings with their names"),
    ("a title that is a list", f"{GOOD}site:\n  title: [a, b]\n", 4, 3, "site.title", "one text is needed"),
    ("a source without address", "sources:\n  a:\n    every: 1h\n", 2, 3, "sources.a", "'url' is missing"),
    ("a source without anything", "sources:\n  a:\n", 2, 3, "sources.a", "'url' is missing"),
    ("an empty address", "sources:\n  a: ''\n", 2, 6, "sources.a", "an address is needed"),
    ("a bad name", "sources:\n  My Source: https://a.example/\n", 2, 3, "sources.My Source", "is no name"),
    ("a bad name of a feed", f"{GOOD}feeds:\n  ../x: {{}}\n", 4, 3, "feeds.../x", "is no name"),
    ("one name for two", f"seeds:\n  a: seeds/\n{GOOD}", 4, 3, "sources.a", "belongs to a folder of seeds"),
    (
        "one address for two",
        f"{GOOD}  b:\n    url: https://a.example/feed\n",
        4,
        10,
        "sources.b.url",
        "'a' has the same",
    ),
    ("a file URL", "sources:\n  a: file:///srv/a.xml\n", 2, 6, "sources.a", "by its path alone: /srv/a.xml"),
    ("an FTP URL", "sources:\n  a: ftp://a.example/\n", 2, 6, "sources.a", "https:// or http://"),
    ("a host taken for a scheme", "sources:\n  a: localhost:80/x\n", 2, 6, "sources.a", "https:// or http://"),
    ("an address without scheme", "sources:\n  a: //a.example/x\n", 2, 6, "sources.a", "https:// or http://"),
    ("a forgotten scheme", "sources:\n  a: a.example/feed.xml\n", 2, 6, "sources.a", "begins with https://"),
    ("a forgotten scheme and www", "sources:\n  a: www.example\n", 2, 6, "sources.a", "begins with https://"),
    ("a password", "sources:\n  a: https://me:pw@a.example/x\n", 2, 6, "sources.a", "write https://a.example/…"),
    ("an address without host", "sources:\n  a: https:///x\n", 2, 6, "sources.a", "no address of the web"),
    (
        "an address with a blank",
        "sources:\n  a: https://a.example/a b\n",
        2,
        6,
        "sources.a",
        "no address of the web",
    ),
    ("a wrong port", "sources:\n  a: https://a.example:99999/\n", 2, 6, "sources.a", "no address of the web"),
    (
        "a mirror that is a file",
        "sources:\n  a:\n    url: https://a.example/\n    mirrors:\n      - https://b.example/\n      - b.xml\n",
        6,
        9,
        "sources.a.mirrors",
        "https:// or http://",
    ),
    (
        "mirrors of a file",
        "sources:\n  a:\n    url: a.xml\n    mirrors: https://b.example/\n",
        4,
        14,
        "sources.a.mirrors",
        "has no mirrors",
    ),
    ("an interval without unit", f"{GOOD}fetch:\n  every: 60\n", 4, 10, "fetch.every", "lacks its unit"),
    ("an interval of nothing", f"{GOOD}fetch:\n  every: 0m\n", 4, 10, "fetch.every", "out of bounds"),
    ("a negative interval", f"{GOOD}fetch:\n  every: -1h\n", 4, 10, "fetch.every", "30m, 1h or 1d"),
    ("too short an interval", f"{GOOD}fetch:\n  every: 59s\n", 4, 10, "fetch.every", "at least 1m"),
    ("too long an interval", f"{GOOD}fetch:\n  every: 32d\n", 4, 10, "fetch.every", "at most 31d"),
    ("an interval in words", f"{GOOD}fetch:\n  every: 1 hour\n", 4, 10, "fetch.every", "30m, 1h or 1d"),
    ("an empty interval", f"{GOOD}fetch:\n  every: ''\n", 4, 10, "fetch.every", "30m, 1h or 1d"),
    ("a cron line of six", f"{GOOD}fetch:\n  every: 0 0 * * * *\n", 4, 10, "fetch.every", "five fields"),
    ("a cron line of four", f"{GOOD}fetch:\n  every: 0 0 * *\n", 4, 10, "fetch.every", "five fields"),
    ("a wrong cron line", f"{GOOD}fetch:\n  every: 61 * * * *\n", 4, 10, "fetch.every", "bad minute"),
    ("a cron line for no day", f"{GOOD}fetch:\n  every: 0 0 31 2 *\n", 4, 10, "fetch.every", "bad day"),
    ("an unknown cron word", f"{GOOD}fetch:\n  every: '@dayly'\n", 4, 10, "fetch.every", "did you mean '@daily'?"),
    ("a number in words", f"{GOOD}fetch:\n  parallel: many\n", 4, 13, "fetch.parallel", "such as 50"),
    ("a part of a number", f"{GOOD}fetch:\n  parallel: 1.5\n", 4, 13, "fetch.parallel", "a whole number"),
    ("a number too small", f"{GOOD}fetch:\n  parallel: 0\n", 4, 13, "fetch.parallel", "at least 1"),
    ("a number too large", f"{GOOD}fetch:\n  parallel: 9999\n", 4, 13, "fetch.parallel", "at most 1000"),
    ("a number that is huge", f"{GOOD}fetch:\n  parallel: {'9' * 5000}\n", 4, 13, "fetch.parallel", "number"),
    ("no time at all", f"{GOOD}fetch:\n  deadline: 0\n", 4, 13, "fetch.deadline", "more than 0"),
    ("a time in words", f"{GOOD}fetch:\n  deadline: soon\n", 4, 13, "fetch.deadline", "such as 30"),
    ("a time without end", f"{GOOD}fetch:\n  deadline: .inf\n", 4, 13, "fetch.deadline", "number"),
    ("a host that is none", f"{GOOD}fetch:\n  allow: [http://x/]\n", 4, 11, "fetch.allow", "10.0.0.0/8"),
    ("a contact in words", f"{GOOD}fetch:\n  contact: call me\n", 4, 12, "fetch.contact", "mail address"),
    (
        "a variable that is not set",
        f"{GOOD}fetch:\n  contact: ${{NOPE}}\n",
        4,
        12,
        "fetch.contact",
        "'NOPE' is not set",
    ),
    (
        "a variable of which a number hangs",
        f"{GOOD}fetch:\n  parallel: ${{N}}\n",
        4,
        13,
        "fetch.parallel",
        "not set",
    ),
    ("a language in words", f"{GOOD}site:\n  language: english\n", 4, 13, "site.language", "zh-Hans"),
    ("a site without scheme", f"{GOOD}site:\n  url: example.org\n", 4, 8, "site.url", "https:// or http://"),
    ("a site with a query", f"{GOOD}site:\n  url: https://x.org/?a\n", 4, 8, "site.url", "neither ? nor #"),
    (
        "an authority that is a URL",
        f"{GOOD}site:\n  authority: https://x.org\n",
        4,
        14,
        "site.authority",
        "a domain",
    ),
    ("a switch that is none", f"{GOOD}keys:\n  www: perhaps\n", 4, 8, "keys.www", "true or false"),
    (
        "an unknown key rule",
        f"{GOOD}keys:\n  slashes: true\n",
        4,
        3,
        "keys.slashes",
        "there are: http_is_https, www",
    ),
    ("an embed with a path", f"{GOOD}clean:\n  embeds: [x.org/y]\n", 4, 12, "clean.embeds", "is no host"),
    (
        "a key of no kind",
        "sources:\n  a: {url: https://a.example/, key: link}\n",
        2,
        37,
        "sources.a.key",
        "'guid'",
    ),
    ("a zone of nowhere", "seeds:\n  a: {path: p, zone: Asia/Pekin}\n", 2, 22, "seeds.a.zone", "is no time zone"),
    ("ids of another kind", "seeds:\n  a: {path: p, ids: hugo}\n", 2, 21, "seeds.a.ids", "'jekyll'"),
    ("seeds on the web", "seeds:\n  a: https://a.example/\n", 2, 6, "seeds.a", "a path on this machine"),
    ("seeds without path", "seeds:\n  a: {path: []}\n", 2, 7, "seeds.a.path", "at least one"),
    ("an unknown origin", f"{GOOD}feeds:\n  f:\n    from: [a, aa]\n", 5, 15, "feeds.f.from", "did you mean 'a'?"),
    ("an origin twice", f"{GOOD}feeds:\n  f:\n    from: [a, a]\n", 5, 5, "feeds.f.from", "'a' stands here twice"),
    ("a feed of nothing", f"{GOOD}feeds:\n  f:\n    from: []\n", 5, 5, "feeds.f.from", "at least one"),
    ("a feed of settings", f"{GOOD}feeds:\n  f:\n    from: {{a: 1}}\n", 5, 5, "feeds.f.from", "a list is needed"),
    ("a limit of nothing", f"{GOOD}feeds:\n  f:\n    limit: 0\n", 5, 12, "feeds.f.limit", "at least 1"),
    (
        "an unknown format",
        f"{GOOD}feeds:\n  f:\n    formats: [atm]\n",
        5,
        15,
        "feeds.f.formats",
        "did you mean 'atom'?",
    ),
    (
        "an id with a blank",
        f"{GOOD}feeds:\n  f:\n    id: my feed\n",
        5,
        9,
        "feeds.f.id",
        "tag:example.org,2026:news",
    ),
    (
        "one id for two feeds",
        f"{GOOD}feeds:\n  f: {{id: 'urn:x:y'}}\n  g: {{id: 'urn:x:y'}}\n",
        5,
        11,
        "feeds.g.id",
        "'f' has the same id",
    ),
    ("a store without name", f"{GOOD}store: ''\n", 3, 8, "store", "a path on this machine"),
    ("an output on the web", f"{GOOD}output: https://x.org/\n", 3, 9, "output", "a path on this machine"),
    (
        "a filter that there is not",
        f"{GOOD}feeds:\n  f:\n    filters:\n      - limt: 广告\n",
        6,
        9,
        "feeds.f.filters",
        "there is no filter 'limt'; did you mean 'limit'?",
    ),
    (
        "two filters in one",
        f"{GOOD}feeds:\n  f:\n    filters:\n      - {{limit: 3, sort: title}}\n",
        6,
        9,
        "feeds.f.filters",
        "one filter with its options is needed here",
    ),
    (
        "a filter of a source with an option that it does not have",
        "sources:\n  voa:\n    url: https://voa.example/\n    filters:\n      - limit: {cont: 3}\n",
        5,
        17,
        "sources.voa.filters.limit.cont",
        "there is no setting 'cont' here; did you mean 'count'?",
    ),
    (
        "a filter that is no list",
        f"{GOOD}feeds:\n  f:\n    filters: limit\n",
        5,
        14,
        "feeds.f.filters",
        "a list is needed",
    ),
    (
        "a digest with an archive",
        f"{GOOD}feeds:\n  f: {{digest: week, archive: 20}}\n",
        4,
        3,
        "feeds.f",
        "a feed of digests has no archive",
    ),
    (
        "a digest in parts",
        f"{GOOD}feeds:\n  f: {{digest: week, split: author}}\n",
        4,
        3,
        "feeds.f",
        "a feed of digests has neither parts nor episodes",
    ),
    (
        "a title of parts without what tells them apart",
        f"{GOOD}feeds:\n  f: {{split: {{title: '{{feed}}'}}}}\n",
        4,
        22,
        "feeds.f.split.title",
        "without {value} all of them would have one title",
    ),
    (
        "a placeholder that there is not",
        f"{GOOD}feeds:\n  f: {{digest: {{title: '{{periode}}'}}}}\n",
        4,
        23,
        "feeds.f.digest.title",
        "there is no {periode} here; there are: {period}, {feed}, {count}",
    ),
    (
        "a rule that blocks by something unknown",
        f"{GOOD}block:\n  - Spam\n  - {{titel: Spam}}\n",
        5,
        6,
        "block.titel",
        "there is no setting 'titel' here; did you mean 'title'?",
    ),
    (
        "a rule that blocks by age",
        f"{GOOD}block:\n  - {{older_than: 3d}}\n",
        4,
        5,
        "block",
        "its age is no condition here: see retention",
    ),
    (
        "a rule that says nothing",
        f"{GOOD}block:\n  -\n",
        4,
        4,
        "block",
        "a condition is needed here",
    ),
    (
        "an age without its unit",
        f"{GOOD}retention: {{age: 730}}\n",
        3,
        18,
        "retention.age",
        "write 730d for days",
    ),
    (
        "posts that would be filtered twice",
        f"{GOOD}seeds: {{mine: 'seeds/*.md'}}\nfeeds:\n  f: {{filters: [clean_links], save_to: seeds/f}}\n",
        5,
        40,
        "feeds.f.save_to",
        "would be applied once more",
    ),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "path", "words"), [pytest.param(*row[1:], id=row[0]) for row in BAD]
)
def test_f30_a_mistake_is_shown_at_its_place(text: str, line: int, column: int, path: str, words: str) -> None:
    (problem,) = problems(text)
    assert (problem.line, problem.column, problem.path) == (line, column, path)
    assert words in problem.message
    assert "Input should" not in problem.message
    assert problem.file == "config.yaml"


SYNTAX = [
    pytest.param("", 1, 1, "empty; the shortest useful", id="an empty file"),
    pytest.param("# nothing\n", 1, 1, "empty", id="only a comment"),
    pytest.param("site:\n\ttitle: x\n", 2, 1, "a tab can not stand", id="a tab"),
    pytest.param("site:\n  title: a: b\n", 2, 11, "put a text that has them into quotes", id="a second colon"),
    pytest.param("site:\n  title: @me\n", 2, 10, "begin with '@'", id="a reserved character"),
    pytest.param("site: [a\nb: c\n", 2, 2, "no YAML", id="an open bracket"),
    pytest.param("site:\n  title: 'x\n", 3, 1, "no YAML", id="an open quote"),
    pytest.param("site: *x\n", 1, 7, "undefined alias", id="an alias of nothing"),
    pytest.param("site: {}\n--- x\n", 2, 1, "another document", id="two documents"),
    pytest.param("site:\n  title: a\x01\n", 2, 11, "U+0001", id="a control character"),
    pytest.param("[" * 700 + "]" * 700, 1, 1, "too deeply", id="700 brackets"),
    pytest.param("x: &x [*x]\n", 1, 4, "too deeply", id="a value that contains itself"),
    pytest.param(
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 30}]\n" for n in range(1, 10)),
        1,
        10,
        "too many",
        id="a bomb of aliases",
    ),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), SYNTAX)
def test_f29_what_is_no_yaml_is_shown_at_its_place(text: str, line: int, column: int, words: str) -> None:
    (problem,) = problems(text)
    assert words in problem.message
    assert (problem.line, problem.column) == (line, column)


def test_f30_many_mistakes_are_all_listed_in_the_order_of_the_file() -> None:
    found = problems("""\
        site:
          titel: x
          language: english
        sources:
          Bad Name: https://me:secret@a.example/
          b:
            every: 5
            limit: 3
          c: a.example/feed
        seeds: {b: posts/}
        feeds:
          all:
            from: [c, d]
            limit: none
          all: {}
        keys: {www: perhaps}
        store: ${STORE}
    """)
    assert [(problem.line, problem.path) for problem in found] == [
        (2, "site.titel"),
        (3, "site.language"),
        (5, "sources.Bad Name"),
        (5, "sources.Bad Name"),
        (6, "sources.b"),
        (6, "sources.b"),
        (7, "sources.b.every"),
        (8, "sources.b.limit"),
        (9, "sources.c"),
        (13, "feeds.all.from"),
        (14, "feeds.all.limit"),
        (15, "feeds.all"),
        (16, "keys.www"),
        (17, "store"),
    ]
    assert not any("secret" in str(problem) for problem in found)


def test_the_error_reads_like_that_of_a_compiler() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{GOOD}feeds:\n  f:\n    limit: x\n", "config.yaml", NOWHERE)
    assert str(caught.value) == "config.yaml:5:12: feeds.f.limit: a whole number is needed, such as 50"
    assert caught.value.exit_code == 2


def test_a_source_may_not_have_the_name_of_the_default_seeds(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (problem,) = problems("sources:\n  posts: https://a.example/\n", tmp_path)
    assert (problem.line, problem.path) == (2, "sources.posts")


def test_f29_a_missing_file_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "config.yaml")
    assert str(caught.value).startswith(f"{tmp_path / 'config.yaml'}: no such file; create it")
    assert SHORTEST in str(caught.value)


def test_f29_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Is a directory"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        pytest.param("sources:\n  新 ".encode() + b"\xd0\xc2\xce\xc5", 2, 5, id="GB18030"),
        pytest.param("sources:".encode("utf-16"), 1, 1, id="UTF-16"),
    ],
)
def test_f29_what_is_not_utf_8_is_shown_at_its_place(
    tmp_path: Path, content: bytes, line: int, column: int
) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="UTF-8") as caught:
        load_config(path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (line, column)


_texts = st.recursive(
    st.sampled_from(["a", "1h", "https://a.example/", "", "x: y", "[", "- ", "${A}", "!t", "&a", "*a", "\t", "|"]),
    lambda inner: st.lists(inner, max_size=4).map("\n  ".join),
    max_leaves=6,
)
_keys = st.sampled_from(
    ["site", "sources", "feeds", "seeds", "url", "from", "every", "title", "a", "keys", "limit"]
)


@given(st.lists(st.tuples(st.integers(0, 3), _keys, _texts), max_size=8))
def test_any_text_is_read_or_refused_with_problems(lines: list[tuple[int, str, str]]) -> None:
    text = "\n".join(f"{'  ' * depth}{key}: {value}" for depth, key, value in lines)
    found: tuple[Problem, ...] = ()
    try:
        parse_config(text, "config.yaml", NOWHERE, {})
    except ConfigError as error:
        found = error.problems or (Problem("", 0, 0, "", "refused without a problem"),)
    assert all(0 < problem.line <= text.count("\n") + 2 and problem.column > 0 for problem in found)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        pytest.param(
            "sources: {a: {url: u.xml, headers: {'X y': v}}}", "no name of a header", id="a header's name"
        ),
        pytest.param("sources: {a: {url: u.xml, headers: {Host: hush}}}", "own business", id="a header of ours"),
        pytest.param("sources: {a: {url: u.xml, headers: {X: ''}}}", "needs a value", id="no value"),
        pytest.param("sources: {a: {url: u.xml, headers: {X: 'hush✓'}}}", "one line", id="T12 a header's value"),
        pytest.param("sources: {a: {url: u.xml, auth: hush}}", "user:password", id="T12 credentials"),
        pytest.param(
            "sources: {a: {url: u.xml, proxy: 'ftp://u:hush@p.example'}}", "HTTP proxy", id="T12 a proxy"
        ),
        pytest.param("fetch: {proxy: 'http://u:hush@p.example/x y'}", "HTTP proxy", id="T12 a proxy of all"),
        pytest.param("seeds: {s: {path: s/, site: 'https://x.example/?x'}}", "neither ? nor #", id="a site"),
        pytest.param(
            "feeds: {all: {podcast: {image: 'https://my_cdn.example.com/c.jpg'}}}", "name with dots", id="a cover"
        ),
        pytest.param(
            "feeds: {all: {podcast: {email: 'me@example.org.'}}}", "no mail address", id="a mail address"
        ),
    ],
)
def test_t12_a_mistake_is_told_without_the_secret_in_it(setting: str, words: str) -> None:
    base = "" if setting.startswith("sources") else "sources: {a: u.xml}\n"
    found = problems(base + setting)
    assert any(words in problem.message for problem in found), found
    assert not any("hush" in str(problem) for problem in found)
