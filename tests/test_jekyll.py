"""Posts that we write, as Jekyll reads them: every one is built as it stands, and says what we meant.

Compared are title, date, tags and address; in the text, the words and all elements with their attributes. Of the
heading only its words: kramdown makes its quotes, dashes and dots typographic.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus_entries import entries_of_feeds, entries_of_seeds
from factories import MOMENT, channel, entry
from feedbraid.dates import rfc3339
from feedbraid.model import Category, Enclosure, Entry, Link, Person
from feedbraid.seedtext import seed_names, seed_text, yaml_lines
from feedbraid.text import one_line

# --- YAML, as Psych reads it ------------------------------------------------------------------------------

_SIGNS = " :#-?!&*[]{},\"'\\\n\t%@`|>~=<.0123456789eExXoO_+yYnN\x85\xa0\u2028\u3000\ufeff\U0001f600"
TEXTS = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from(_SIGNS)), max_size=12)

_ODD = """
yes No on OFF y N null Null nil ~ 0x10 0b1 0o14 1e3 1_000 12:30:45 2001-01-01 .inf nan infinity = << - ? | > a:b
a: :symbol !ruby/object:Object !!binary & * % @ ` ' " [] {} , #a a#b 一百 ٣ Ⅷ ² ¹ x/y (x) a.b é --- ...
"""
ODD_TEXTS = _ODD.split()

RUBY = """
require 'yaml'
require 'json'
require 'date'
heads = JSON.parse(STDIN.read)
puts JSON.generate(heads.map { |head| YAML.safe_load(head, permitted_classes: [Date, Time]) rescue $!.message })
"""


def as_ruby_reads(heads: list[str]) -> list[Any]:
    if shutil.which("ruby") is None:
        pytest.skip("ruby is not installed here")
    done = subprocess.run(
        ["ruby", "-e", RUBY], input=json.dumps(heads), capture_output=True, text=True, check=True
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def some_texts(count: int) -> list[str]:
    """Give texts that hypothesis thinks of, to be tried all at once."""
    found: list[str] = []

    @settings(max_examples=count, database=None)
    @given(TEXTS)
    def collect(text: str) -> None:
        found.append(text)

    collect()
    return found


def test_psych_reads_every_text_as_it_was_meant() -> None:
    texts = [*ODD_TEXTS, *filter(None, some_texts(1500))]
    wanted: list[dict[str, Any]] = [
        {"a": text, "b": [text, text], "c": {"d": text, "e": [text]}} for text in texts
    ]
    heads = ["\n".join(yaml_lines(one)) for one in wanted]
    assert as_ruby_reads(heads) == wanted


@pytest.mark.corpus
def test_psych_reads_every_head_as_we_do(corpus: Path) -> None:
    entries = [one for few in entries_of_feeds(corpus).values() for one in few]
    entries += entries_of_seeds(corpus).values()
    heads = [seed_text(one).split("\n---\n")[0].removeprefix("---\n") for one in entries]
    for one, head in zip(entries, as_ruby_reads(heads), strict=True):
        assert (head["title"], head.get("from", "")) == (one.title, one.link)
        assert head.get("tags", []) == [category.term for category in one.categories]
        assert head.get("summary", "") == one.summary
        assert head.get("source", {}).get("title", "") == (one.origin.title if one.origin else "")


# --- posts to be built ------------------------------------------------------------------------------------


BODIES = [
    "<p>{{ site.title }} {% include x.html %} {{{{ }} {%- raw -%} {% endraw %}</p>",
    '<p title="{{ x }}">a</p><pre><code>{% if %}\n\n    {{ y }}\n</code></pre>',
    "<p>$$x$$ *a* _b_ `c` [d](e) {:.f} {::nomarkdown /} |g|h|</p>\n\n\n<p># i</p>\n\n    j",
    "<p>a<br>b</p>\n\n---\ntitle: c\n---\n\n<div><div>d</div></div>\n<ul><li>e</li></ul>",
    "<p>&lt;script&gt; &amp;amp; &nbsp; &quot;</p>",
    "no markup at all",
    "",
]

HARD_TERMS = (
    "guest post: news",
    "http://a.example/b",
    "//",
    "/",
    "..",
    "../../etc",
    "#a",
    "c#",
    "a?b",
    "100%",
    "%2e%2e",
)


HARD_TITLES = (
    "__a__ _b_ c_d ___ *e* **f**",
    "^a [^1] (b)",
    "a | b |c",
    "a{:.b} {:c: d} {::options x /}",
    "~~a~~ ==b== ~c~",
    ": a :b: c::",
    "# a",
    "1. a - b + c",
    "https://a.example/ www.a.example a@b.example <c@d.example>",
    "$$a$$ \\(b\\) `c` ``d``",
    "[a](b) ![c](d) [e] ]( [",
    "a -- b --- c ... << d >>",
    "&amp; &#38; & &nosuch; &lt;b&gt; <b> </b>",
    "*[a]: b",
    "[a]: b [c]:d",
    "\\[ \\] \\\\ \\",
)
"""What means something to kramdown."""


def odd_ones() -> Iterator[Entry]:
    """Give posts that a site generator may stumble over."""
    for number, body in enumerate(BODIES):
        yield odd(f"body-{number}", body=body)
    for number, term in enumerate(HARD_TERMS):
        yield odd(f"term-{number}", categories=(Category(term), Category("news")))
    yield odd("long", categories=tuple(Category(f"{n} {'x' * 300}") for n in range(9)))
    for number, title in enumerate(HARD_TITLES):
        yield odd(f"title-{number}", title=title)
        yield odd(f"title-{number}-undated", title=title, published=None, updated=MOMENT)
    yield odd("many", categories=tuple(Category(f"Category {n} 港口的灯塔") for n in range(300)))
    yield odd("same", title="Same")
    yield odd("other", title="SAME")
    yield odd("rich", authors=(Person("Ann", "https://ann.example/"), Person("Bob")))
    yield odd("undated", published=None, updated=MOMENT)
    yield odd("(a)_b_[c]{{d}}", title="{{ page.url }} {% raw %} [x] (y) \\ <b> & * _z_ ` $$ |")
    yield odd(
        "more",
        origin=channel(title="VOA: {{ x }}"),
        enclosures=(Enclosure(url="https://a.example/1.mp3", media_type="audio/mpeg", length=1),),
        links=(Link(href="https://a.example/v", rel="via"),),
    )
    for number, text in enumerate(some_texts(150)):
        title = one_line(text)
        terms = tuple(Category(term) for term in dict.fromkeys((title, "x")) if term)
        yield odd(f"text-{number}", title=title, categories=terms)


def odd(name: str, **fields: Any) -> Entry:  # noqa: ANN401  # the fields of Entry
    return entry(f"https://odd.example/{name}", **{"title": f"About {name}", **fields})


LONGEST_BODY = 8000
"""Characters of a real post: kramdown takes its time."""

CONFIG = "title: Test\ntimezone: UTC\nstrict_front_matter: true\n"
LAYOUT = (
    '{"path": {{ page.path | jsonify }}, "title": {{ page.title | jsonify }}, "tags": {{ page.tags | jsonify }},'
    ' "date": {{ page.date | date: "%Y-%m-%dT%H:%M:%SZ" | jsonify }}, "from": {{ page.from | jsonify }},'
    ' "categories": {{ page.categories | jsonify }}, "content": {{ content | jsonify }}}'
)


@dataclass(frozen=True)
class Built:
    """What Jekyll made of posts, by their file names."""

    entries: dict[str, Entry]
    pages: dict[str, dict[str, Any]]
    said: str


def built(folder: Path, entries: list[Entry]) -> Built:
    """Write posts as they are exported, and have Jekyll build them."""
    if shutil.which("jekyll") is None:
        pytest.skip("jekyll is not installed here")
    names = seed_names(
        (str(number), one.title, one.published or one.updated or MOMENT) for number, one in enumerate(entries)
    )
    by_name = {f"{names[str(number)]}.md": one for number, one in enumerate(entries)}
    files = {f"_posts/{name}": seed_text(one) for name, one in by_name.items()}
    for path, text in {**files, "_config.yml": CONFIG, "_layouts/post.html": LAYOUT}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    done = subprocess.run(["jekyll", "build"], cwd=folder, capture_output=True, text=True, check=False)
    pages = [json.loads(path.read_text("utf-8")) for path in (folder / "_site").rglob("*.html")]
    return Built(
        entries=by_name,
        pages={page["path"].removeprefix("_posts/"): page for page in pages},
        said=done.stdout + done.stderr,
    )


@pytest.fixture(scope="module")
def odd_site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return built(tmp_path_factory.mktemp("odd"), list(odd_ones()))


@pytest.fixture(scope="module")
def real_site(tmp_path_factory: pytest.TempPathFactory, corpus: Path) -> Built:
    firsts = [one for few in entries_of_feeds(corpus).values() for one in few[:1]]
    firsts += entries_of_seeds(corpus).values()
    real = [one for one in firsts if len(one.body) <= LONGEST_BODY]
    return built(tmp_path_factory.mktemp("real"), list({one.key: one for one in real}.values()))


SITES = ["odd_site", pytest.param("real_site", marks=pytest.mark.corpus)]


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Built:
    found: Built = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("site", SITES, indirect=True)
def test_every_post_is_built_without_a_complaint(site: Built) -> None:
    for word in ("rror", "arning", "onflict", "rescued"):
        assert word not in site.said, site.said[:2000]
    assert site.pages.keys() == site.entries.keys()


@pytest.mark.parametrize("site", SITES, indirect=True)
def test_title_date_tags_and_address_are_as_we_wrote_them(site: Built) -> None:
    for name, one in site.entries.items():
        page = site.pages[name]
        stated = rfc3339(one.published) if one.published else f"{name[:10]}T00:00:00Z"
        assert (page["title"], page["date"], page["from"] or "") == (one.title, stated, one.link), name
        assert page["tags"] == [category.term for category in one.categories], name
        assert set(page["categories"]) <= set(page["tags"]), name


@pytest.mark.parametrize("site", SITES, indirect=True)
def test_the_text_has_the_words_and_the_elements_of_ours(site: Built) -> None:
    for name, one in site.entries.items():
        content = site.pages[name]["content"]
        heading, _, rest = content.partition("<div>")
        assert markup_of(rest.rpartition("</div>")[0]) == markup_of(one.body), name
        words, elements = markup_of(heading)
        assert folded(words.removesuffix("——")) == folded(one.title or one.link), name
        assert [tag for tag, _ in elements][1:] == ["a"], name


def test_a_category_that_is_no_folder_is_a_tag_alone(odd_site: Built) -> None:
    for name, one in odd_site.entries.items():
        if "term-" in one.link:
            assert odd_site.pages[name]["categories"] == ["news"], name


# --- comparing --------------------------------------------------------------------------------------------


class _Markup(HTMLParser):
    """The words of markup, and its elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(sorted(attrs))))


def markup_of(text: str) -> tuple[str, list[tuple[str, tuple[tuple[str, str | None], ...]]]]:
    """Give the words of markup without white space, and its elements with their attributes."""
    markup = _Markup()
    markup.feed(text)
    markup.close()
    return "".join("".join(markup.words).split()), markup.elements


_TYPOGRAPHY = {"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "—": "---", "–": "--", "«": "<<", "»": ">>"}


def folded(words: str) -> str:
    """Undo what kramdown makes of quotes, dashes and dots."""
    return "".join("".join(_TYPOGRAPHY.get(sign, sign) for sign in words).split())
