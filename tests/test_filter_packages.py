"""Filters of other packages: found by their entry point, checked like ours, and never able to do harm."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any, cast

import pytest

import filtered
from conftest import REPOSITORY
from factories import MOMENT
from feedbraid.filters import AllPosts, Chosen, Dropped, Each, FilterError, Row, _trust
from feedbraid.model import Category, CleaningRules, Enclosure, Entry, EntryKey, Person, Post
from program import Instance

PACKAGE = REPOSITORY / "examples" / "filter-package"
RULES = CleaningRules()

# --- as a package of its own ------------------------------------------------------------------------------

LOUD = """
from dataclasses import replace
from feedbraid.filters import Each, Filter
from feedbraid.forms import Form

class Options(Form):
    sign: str = "!"
    times: int = 1

def build(options, setting):
    def apply(post):
        if "broken" in post.entry.title:
            raise KeyError("of mine")
        title, other = post.entry.title + options.sign * options.times, "https://other.example/"
        entry = replace(post.entry, title=title, key=other, published=None, body="<script>x</script><p>y")
        return replace(post, key=other, id=other, entry=entry)
    return Each(apply=apply)

FILTER = Filter(summary="shout", options=Options, build=build, short="sign")
"""


def install(folder: Path, name: str, text: str, entry: str = "") -> None:
    """Install a package with one module and one filter, as pip would."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    points = entry or f"{name} = {name}_module:FILTER"
    (info / "entry_points.txt").write_text(f"[feedbraid.filters]\n{points}\n", encoding="utf-8")
    (folder / f"{name}_module.py").write_text(dedent(text), encoding="utf-8")


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path / "instance")
    made.write("seeds/2026-03-01-one.md", "---\ntitle: One\nlink: https://a.example/1\n---\nSome words to read.\n")
    return made


def configure(instance: Instance, filters: str) -> None:
    instance.write("config.yaml", f"seeds: {{posts: seeds/}}\nfeeds:\n  all:\n    filters:\n      - {filters}\n")


def path_with(folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}


def test_the_package_of_the_documentation_works(instance: Instance, tmp_path: Path) -> None:
    stated = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ((name, target),) = stated["entry-points"]["feedbraid.filters"].items()
    module = target.partition(":")[0]
    install(tmp_path / "site", name, "", f"{name} = {target}")
    (tmp_path / "site" / f"{module}.py").write_bytes((PACKAGE / f"{module}.py").read_bytes())
    configure(instance, "reading_time: {at_least: 1}")
    report = instance.run(**path_with(tmp_path / "site"))
    assert [item["title"] for item in instance.items()] == ["One (1 min)"]
    assert report["feeds"][0]["effects"][0]["changed"] == 1


def test_its_options_are_checked_with_line_and_column(instance: Instance, tmp_path: Path) -> None:
    install(tmp_path / "site", "loud", LOUD)
    configure(instance, "loud: {sign: '?', times: often, color: red}")
    done = instance.feedbraid("check", **path_with(tmp_path / "site"))
    assert done.returncode == 2
    said = done.stdout + done.stderr
    assert "config.yaml:5:34: feeds.all.filters.loud.times: a whole number is needed" in said
    assert "config.yaml:5:41: feeds.all.filters.loud.color: there is no setting 'color' here" in said


def test_what_it_must_not_do_is_undone(instance: Instance, tmp_path: Path) -> None:
    install(tmp_path / "site", "loud", LOUD)
    instance.write("seeds/2026-03-02-two.md", "---\ntitle: broken\nlink: https://a.example/2\n---\nText.\n")
    configure(instance, "limit: 9")
    instance.run()
    before = instance.items()
    configure(instance, "loud: '?'")
    report = instance.run(**path_with(tmp_path / "site"))
    after = instance.items()
    assert [item["title"] for item in after] == ["broken", "One?"]
    assert [item["content_html"] for item in after] == [before[0]["content_html"], "<p>y</p>"]
    for one in ("id", "url", "date_published", "date_modified"):
        assert [item.get(one) for item in after] == [item.get(one) for item in before]
    assert "it failed with KeyError: 'of mine'" in str(report)


BROKEN = {
    "raises": ("raise RuntimeError('boom')", "can not be loaded: RuntimeError: boom"),
    "lacks": ("import no_such_module", "can not be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
    "empty": ("", "has no attribute 'FILTER'"),
    "number": ("FILTER = 5", "can not be used: it is no feedbraid.filters.Filter"),
    "formless": (
        "from feedbraid.filters import Filter\nFILTER = Filter(summary='x', options=dict, build=print)",
        "can not be used: its options are no class below feedbraid.forms.Form",
    ),
    "shortless": (
        LOUD.replace('short="sign"', 'short="volume"'),
        "can not be used: it has no option 'volume', which is meant where none is named",
    ),
}


def test_packages_that_can_not_be_loaded_stop_only_who_uses_them(instance: Instance, tmp_path: Path) -> None:
    for name, (text, _) in BROKEN.items():
        install(tmp_path / "site", name, text)
    install(tmp_path / "site", "loud", LOUD, "limit = loud_module:FILTER")  # ours keep their names
    configure(instance, "limit: 5")
    instance.run(**path_with(tmp_path / "site"))
    assert [item["title"] for item in instance.items()] == ["One"]
    configure(instance, "\n      - ".join(BROKEN))
    done = instance.feedbraid("check", **path_with(tmp_path / "site"))
    assert done.returncode == 2
    told = (done.stdout + done.stderr).splitlines()
    assert len(told) == len(BROKEN)
    for line, (number, (name, (_, says))) in zip(told, enumerate(BROKEN.items(), 5), strict=True):
        assert line.startswith(f"config.yaml:{number}:9: ")
        assert f"{name!r} of another package" in line
        assert says in line


# --- filters of one post, guarded -------------------------------------------------------------------------

POST = filtered.post_of(title="One", authors=[Person("Ann")], categories=[Category("x")])


def applied(apply: Callable[[Post], Any]) -> Post | Dropped:
    step = _trust.guarded(Each(apply=apply, wants_page="{}"), RULES)
    assert isinstance(step, Each)
    assert not step.wants_page
    return step.apply(POST)


def changed(**fields: Any) -> Post | Dropped:  # noqa: ANN401  # the fields of Entry
    return applied(lambda post: replace(post, entry=replace(post.entry, **fields)))


def test_a_post_that_is_handed_back_is_the_same_object() -> None:
    assert applied(lambda post: post) is POST
    assert changed(title="One") is POST
    assert changed(title=" One ") is POST


LATER = MOMENT + timedelta(days=1)
UNDONE = [
    pytest.param({"key": EntryKey("https://other.example/")}, id="the key"),
    pytest.param({"public_id": "x", "source_id": "y"}, id="ids"),
    pytest.param({"published": None, "updated": LATER}, id="dates"),
    pytest.param({"dialect": "nonsense", "links": 5, "comments": None, "origin": 3, "episode": []}, id="the rest"),
]


@pytest.mark.parametrize("fields", UNDONE)
def test_what_must_not_change_is_put_back(fields: dict[str, Any]) -> None:
    assert changed(**fields) is POST


def test_only_the_entry_of_a_post_counts() -> None:
    other: dict[str, Any] = {
        "key": EntryKey("x"),
        "id": "x",
        "first_seen": LATER,
        "last_changed": LATER,
        "origin": "x",
        "page": "x",
    }
    after = applied(lambda post: replace(post, **other, entry=replace(post.entry, title="Two")))
    assert after == replace(POST, entry=replace(POST.entry, title="Two"))


MADE = [
    pytest.param({"title": "a\nb\x00"}, {"title": "a b"}, id="title"),
    pytest.param({"body": "<p onclick='x'>y"}, {"body": "<p>y</p>"}, id="body"),
    pytest.param({"link": "//x.example/Ü"}, {"link": "https://x.example/%C3%9C"}, id="link"),
    pytest.param({"image": ""}, {}, id="no image"),
    pytest.param({"image": "/i.png"}, {"image": "https://voa.example/i.png"}, id="image"),
    pytest.param({"authors": [Person("a@b.example"), Person("B")]}, {"authors": ["B"]}, id="authors"),
    pytest.param({"categories": [Category(" y "), Category("Y")]}, {"categories": ["y"]}, id="categories"),
    pytest.param(
        {"enclosures": [Enclosure("/a.mp3", "nonsense", -5), Enclosure("/a.mp3", "")]},
        {"enclosures": ["https://voa.example/a.mp3"]},
        id="files",
    ),
]


@pytest.mark.parametrize(("fields", "expected"), MADE)
def test_what_may_change_is_made_believable(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    after = changed(**fields)
    assert isinstance(after, Post)
    assert filtered.changes(POST, after) == expected
    assert all(file.media_type == "audio/mpeg" and file.length == 0 for file in after.entry.enclosures)


def raising(error: BaseException) -> Callable[[Post], Post]:
    def apply(_: Post) -> Post:
        raise error

    return apply


FAILURES = [
    pytest.param(raising(KeyError("x")), "it failed with KeyError: 'x'", id="an exception"),
    pytest.param(raising(RecursionError()), "it failed with RecursionError", id="an exception without words"),
    pytest.param(raising(FilterError("no\nkey")), "no key", id="a reason"),
    pytest.param(raising(FilterError()), "it gives no reason", id="no reason"),
    pytest.param(lambda _: None, "a post is needed, and not None", id="nothing"),
    pytest.param(lambda _: "x", "a post is needed, and not 'x'", id="a text"),
    pytest.param(lambda post: replace(post, entry=5), "an entry is needed, and not 5", id="no entry"),
    pytest.param(
        lambda post: edited(post, title=None), "a text as its title is needed, and not None", id="no title"
    ),
    pytest.param(
        lambda post: edited(post, authors=["A"]), "a list of authors is needed, and not ['A']", id="names"
    ),
    pytest.param(
        lambda post: edited(post, link="x:y"), "a web address as its link is needed", id="no web address"
    ),
    pytest.param(lambda post: edited(post, image="x:y"), "a web address as its image is needed", id="no image"),
    pytest.param(
        lambda post: edited(post, enclosures=[Enclosure("/a", "x/y", cast("int", "5"))]),
        "it failed with TypeError",
        id="a length that is no number",
    ),
]


def edited(post: Post, **fields: Any) -> Post:  # noqa: ANN401  # the fields of Entry
    return replace(post, entry=replace(post.entry, **fields))


@pytest.mark.parametrize(("apply", "says"), FAILURES)
def test_a_mistake_leaves_the_post_as_it_was_and_is_told(apply: Callable[[Post], Any], says: str) -> None:
    with pytest.raises(FilterError) as caught:
        applied(apply)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_interrupt_is_no_mistake() -> None:
    with pytest.raises(KeyboardInterrupt):
        applied(raising(KeyboardInterrupt()))


@pytest.mark.parametrize(("reason", "expected"), [("a\nb", "a b"), ("", "it gives no reason"), (5, "5")])
def test_a_post_is_left_out_for_a_reason_on_one_line(reason: Any, expected: str) -> None:  # noqa: ANN401  # of any kind
    assert applied(lambda _: Dropped(reason)) == Dropped(expected)


# --- filters of all posts, guarded ------------------------------------------------------------------------

ROWS = tuple(Row(key=EntryKey(f"k{number}"), origin="voa", date=MOMENT, first_seen=MOMENT) for number in range(3))
A, B, C = ROWS


def chosen(choose: Callable[[Sequence[Row]], Any]) -> Chosen:
    step = _trust.guarded(AllPosts(choose=choose), RULES)
    assert isinstance(step, AllPosts)
    return step.choose(ROWS)


CHOICES: list[Any] = [
    pytest.param(Chosen(rows=(C, A), dropped={B.key: "old"}), ["k2", "k0"], {"k1": "old"}, id="as it should be"),
    pytest.param(
        Chosen(rows=(A,)), ["k0"], dict.fromkeys(("k1", "k2"), "it gives no reason"), id="without reasons"
    ),
    pytest.param(Chosen(rows=ROWS, dropped={A.key: "x"}), ["k0", "k1", "k2"], {}, id="kept and left out"),
    pytest.param(Chosen(rows=(A, A, B, C)), ["k0", "k1", "k2"], {}, id="one twice"),
    pytest.param(
        Chosen(rows=(C, replace(A, key=EntryKey("x"))), dropped={A.key: "a", B.key: "b", EntryKey("x"): "c"}),
        ["k2"],
        {"k0": "a", "k1": "b"},
        id="one that is not there",
    ),
]


@pytest.mark.parametrize(("choice", "kept", "dropped"), CHOICES)
def test_a_choice_names_every_post_once(choice: Chosen, kept: list[str], dropped: dict[str, str]) -> None:
    made = chosen(lambda _: choice)
    assert [row.key for row in made.rows] == kept
    assert made.dropped == dropped


def test_rows_stay_as_they_were_and_posts_are_merged_with_those_that_stay() -> None:
    later = replace(A, date=LATER)
    stated = Chosen(rows=(later,), dropped={B.key: "same", C.key: "same"}, merged={B.key: A.key, C.key: B.key})
    made = chosen(lambda _: stated)
    assert made.rows == (A,)
    assert made.merged == {B.key: A.key}


NONSENSE: list[Any] = [
    pytest.param(lambda rows: rows[9], "it failed with IndexError", id="it raises"),
    pytest.param(lambda _: None, "a choice is needed, and not None", id="nothing"),
    pytest.param(lambda _: Chosen(rows=cast("Any", 5)), "it failed with TypeError", id="no rows"),
    pytest.param(lambda rows: rows.clear(), "it failed with AttributeError", id="it changes what it was given"),
]


@pytest.mark.parametrize(("choose", "says"), NONSENSE)
def test_all_posts_stay_when_a_choice_makes_no_sense(choose: Callable[[Sequence[Row]], Any], says: str) -> None:
    made = chosen(choose)
    assert made.rows == ROWS
    assert made.notes[0].startswith("all posts stay: ")
    assert says in made.notes[0]


def test_what_it_looks_at_is_guarded_too() -> None:
    def step_of(look: Callable[[Post], Any]) -> AllPosts:
        made = _trust.guarded(AllPosts(choose=lambda rows: Chosen(rows=tuple(rows)), look=look), RULES)
        assert isinstance(made, AllPosts)
        return made

    look = step_of(lambda post: post.entry.title).look
    assert look is not None
    assert look(POST) == "One"
    for wrong in (lambda _: 5, lambda post: post.nothing):
        failing = step_of(wrong).look
        assert failing is not None
        with pytest.raises(FilterError):
            failing(POST)


def test_what_is_no_filter_is_none() -> None:
    with pytest.raises(ValueError, match="neither Each nor AllPosts"):
        _trust.guarded(print, RULES)


def test_an_entry_that_can_not_be_believed_is_refused() -> None:
    with pytest.raises(FilterError):
        _trust.believed(POST, replace(POST.entry, language="no language"), RULES)
    assert _trust.believed(POST, replace(POST.entry, language=""), RULES) is POST
    assert isinstance(POST.entry, Entry)
