"""The filter `exec`, with real commands: what they are given, what they may answer, and how they may fail."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import filtered
from feedbraid.errors import ConfigError
from feedbraid.filters import Dropped, Each, FilterError, Setting
from feedbraid.filters import exec as command
from feedbraid.model import Category, CleaningRules, Person, Post

POST = filtered.post_of(
    title="One",
    summary="Short",
    body="<p>Text &amp; <b>more</b></p>",
    authors=[Person("Ann", "https://ann.example/"), Person("Bob")],
    categories=[Category("news", "https://tags.example/", "News"), Category("x")],
    published="2026-03-01T13:00:00+01:00",
    updated="2026-03-01T15:00:00Z",
    language="en",
    enclosures=["https://voa.example/1.mp3"],
)
GIVEN = {
    "id": "https://voa.example/1",
    "key": "https://voa.example/1",
    "link": "https://voa.example/1",
    "title": "One",
    "summary": "Short",
    "html": "<p>Text &amp; <b>more</b></p>",
    "text": "Text & more",
    "authors": ["Ann", "Bob"],
    "categories": ["news", "x"],
    "published": "2026-03-01T12:00:00Z",
    "updated": "2026-03-01T15:00:00Z",
    "language": "en",
    "source": "voa",
    "enclosures": [{"url": "https://voa.example/1.mp3", "type": "audio/mpeg", "length": 0}],
}


def step(folder: Path, *words: str, embeds: tuple[str, ...] = (), **options: Any) -> Each:  # noqa: ANN401  # texts
    """Make the filter of a command."""
    cleaning = CleaningRules(embeds=embeds)
    stated = command.Options.model_validate({"command": words, **options})
    made = command.FILTER.build(stated, Setting(cleaning=cleaning, folder=str(folder), may_execute=True))
    assert isinstance(made, Each)
    return made


def script(folder: Path, text: str, *, timeout: str = "10s", on_error: str = "keep") -> Each:
    """Make the filter of a script for the shell."""
    (folder / "tool.sh").write_text(text, encoding="utf-8")
    return step(folder, "sh", "tool.sh", timeout=timeout, on_error=on_error)


def answering(folder: Path, answer: object) -> Each:
    """Make the filter of a command that gives always the same answer."""
    (folder / "answer").write_text(json.dumps(answer), encoding="utf-8")
    return script(folder, "cat answer")


def failure(filter_: Each, post: Post = POST) -> str:
    with pytest.raises(FilterError) as caught:
        filter_.apply(post)
    return str(caught.value)


# --- what it is given -------------------------------------------------------------------------------------


def test_a_command_is_given_all_that_is_known_of_a_post(tmp_path: Path) -> None:
    assert script(tmp_path, "cat > given").apply(POST) is POST
    assert json.loads((tmp_path / "given").read_text(encoding="utf-8")) == GIVEN


def test_it_is_given_plain_utf_8_and_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    post = filtered.post_of(title="美国之音", body="", link="", published=None, authors=[])
    script(tmp_path, "cat > given").apply(post)
    given = (tmp_path / "given").read_bytes().decode("utf-8")
    assert '"title": "美国之音"' in given
    assert json.loads(given)["published"] is None


def test_of_the_environment_it_gets_path_home_and_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEEDBRAID_SECRET", "x")
    script(tmp_path, "env > env; pwd > folder").apply(POST)
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text(encoding="utf-8").splitlines()}
    assert names - {"PWD", "_", "SHLVL", "OLDPWD"} == {"PATH", "HOME", "LANG"} & (os.environ.keys() | {"LANG"})
    assert (tmp_path / "folder").read_text(encoding="utf-8").strip() == str(tmp_path.resolve())


def test_a_large_post_reaches_a_command_that_answers_before_it_has_read_all(tmp_path: Path) -> None:
    body = f"<p>{'x' * 900_000}</p>"
    post = replace(POST, entry=replace(POST.entry, body=body))
    assert script(tmp_path, "cat").apply(post) is post
    assert script(tmp_path, "echo '{}'").apply(post) is post


# --- what it may answer -----------------------------------------------------------------------------------

UNCHANGED = [
    pytest.param({}, id="an empty object"),
    pytest.param(GIVEN, id="all that it was given"),
    pytest.param({"title": " One\n"}, id="what comes to the same"),
]


@pytest.mark.parametrize("answer", UNCHANGED)
def test_a_post_that_is_not_changed_is_the_same_object(tmp_path: Path, answer: object) -> None:
    assert answering(tmp_path, answer).apply(POST) is POST


def test_no_answer_is_no_change(tmp_path: Path) -> None:
    assert script(tmp_path, "echo").apply(POST) is POST


ANSWERS = [
    pytest.param({"title": " A\ttitle\u202e "}, {"title": "A title"}, id="a title is one line"),
    pytest.param({"title": "a <b> & c"}, {"title": "a <b> & c"}, id="a title is plain text"),
    pytest.param({"summary": ""}, {"summary": ""}, id="a summary may go"),
    pytest.param({"html": "<p onclick='x()'>y<script>z</script>"}, {"body": "<p>y</p>"}, id="html is cleaned"),
    pytest.param(
        {"html": "<a href='/x'>y</a>"}, {"body": '<a href="https://voa.example/x">y</a>'}, id="links are absolute"
    ),
    pytest.param({"link": "/other"}, {"link": "https://voa.example/other"}, id="the link is absolute"),
    pytest.param({"language": "zh_hant"}, {"language": "zh-Hant"}, id="a language is a tag"),
    pytest.param({"authors": ["Cid", "x@y.example (Dee)"]}, {"authors": ["Cid", "Dee"]}, id="authors are names"),
    pytest.param({"categories": ["b", "B", " "]}, {"categories": ["b"]}, id="a category stands once"),
    pytest.param({**GIVEN, "title": "Two"}, {"title": "Two"}, id="everything with one change"),
]


@pytest.mark.parametrize(("answer", "changes"), ANSWERS)
def test_an_answer_is_made_believable(tmp_path: Path, answer: object, changes: dict[str, Any]) -> None:
    after = answering(tmp_path, answer).apply(POST)
    assert isinstance(after, Post)
    assert filtered.changes(POST, after) == changes


def test_what_is_known_of_authors_and_categories_stays_with_their_names(tmp_path: Path) -> None:
    after = answering(tmp_path, {"authors": ["Cid", "Ann"], "categories": ["y", "news"]}).apply(POST)
    assert isinstance(after, Post)
    assert after.entry.authors == (Person("Cid"), Person("Ann", "https://ann.example/"))
    assert after.entry.categories == (Category("y"), Category("news", "https://tags.example/", "News"))


def test_the_rules_of_cleaning_hold(tmp_path: Path) -> None:
    (tmp_path / "answer").write_text(
        '{"html": "<iframe src=\\"https://v.example/1\\"></iframe>"}', encoding="utf-8"
    )
    after = step(tmp_path, "cat", "answer", embeds=("v.example",)).apply(POST)
    assert isinstance(after, Post)
    assert after.entry.body == '<iframe src="https://v.example/1"></iframe>'


def test_a_post_can_be_left_out_for_a_reason(tmp_path: Path) -> None:
    assert answering(tmp_path, {"drop": "it is\nboring"}).apply(POST) == Dropped("it is boring")


SENSELESS = [
    pytest.param([], "an object of JSON is needed, and not []", id="a list"),
    pytest.param({"titel": "x"}, "a post has no field 'titel'; did you mean 'title'?", id="an unknown field"),
    pytest.param({"title": 5}, "a text as its title is needed, and not 5", id="a number as title"),
    pytest.param({"html": None}, "a text as its body is needed, and not None", id="nothing as html"),
    pytest.param({"authors": "Ann"}, "a list of authors is needed, and not 'Ann'", id="one author"),
    pytest.param({"categories": [["x"]]}, "a list of categories is needed", id="a list of lists"),
    pytest.param({"categories": ["x"] * 1001}, "at most 1000 categories, and not 1001", id="many categories"),
    pytest.param({"link": "javascript:x()"}, "a web address as its link is needed", id="a link that runs"),
    pytest.param({"link": ""}, "a web address as its link is needed", id="no link"),
    pytest.param({"language": "Klingon"}, "a language such as zh-Hans is needed", id="no language"),
    pytest.param({"html": "x" * 1_000_001}, "more than 1,000,000 bytes", id="large html"),
    pytest.param({"key": "https://other.example/"}, "the field 'key' can not be changed", id="another key"),
    pytest.param({"id": "x"}, "the field 'id' can not be changed", id="another id"),
    pytest.param({"published": None}, "the field 'published' can not be changed", id="another date"),
    pytest.param({"drop": True}, "the reason as a text in drop is needed", id="no reason"),
    pytest.param({"drop": " "}, "the reason as a text in drop is needed", id="an empty reason"),
]


@pytest.mark.parametrize(("answer", "says"), SENSELESS)
def test_an_answer_that_makes_no_sense_is_an_error(tmp_path: Path, answer: object, says: str) -> None:
    message = failure(answering(tmp_path, answer))
    assert message.startswith("the answer of sh tool.sh can not be used: ")
    assert says in message
    assert len(message) < 250


GARBAGE = [
    pytest.param("echo hello", "it is no JSON: Expecting value: line 1 column 1 (char 0)", id="text"),
    pytest.param("echo '{} {}'", "it is no JSON: Extra data", id="two objects"),
    pytest.param("printf '\\377\\376'", "it is no UTF-8", id="bytes"),
    pytest.param("printf '[%.0s' $(seq 20000)", "it is no JSON", id="deep"),
    pytest.param(
        "printf '{\"title\": '; printf '1%.0s' $(seq 5000); echo '}'", "it is no JSON", id="a long number"
    ),
]


@pytest.mark.parametrize(("text", "says"), GARBAGE)
def test_an_answer_that_is_no_json_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    assert says in failure(script(tmp_path, text))


# --- how it may fail --------------------------------------------------------------------------------------

FAILURES = [
    pytest.param(
        "echo first >&2; echo 'the last line' >&2; echo >&2; exit 3",
        "sh tool.sh ended with exit code 3: the last line",
        id="an exit code, with the last line of stderr",
    ),
    pytest.param("echo '{}'; exit 1", "sh tool.sh ended with exit code 1", id="an exit code, with an answer"),
    pytest.param("kill -9 $$", "sh tool.sh was ended by signal 9", id="a signal"),
    pytest.param("yes x", "sh tool.sh wrote more than 4,000,000 bytes", id="an answer without end"),
    pytest.param("yes x >&2 & sleep 60", "sh tool.sh did not end within 1 second", id="errors without end"),
]


@pytest.mark.parametrize(("text", "says"), FAILURES)
def test_a_command_that_fails_is_an_error(tmp_path: Path, text: str, says: str) -> None:
    assert failure(script(tmp_path, text, timeout="1s")) == says


MISSING = [
    pytest.param(
        ["no-such-command"], "can not be started: No such file or directory: no-such-command", id="no command"
    ),
    pytest.param(["./no-such.py"], "can not be started: No such file or directory: ./no-such.py", id="no file"),
    pytest.param(["./answer"], "can not be started: Permission denied: ./answer", id="no program"),
    pytest.param(["./empty"], "can not be started: Exec format error: ./empty", id="no interpreter"),
]


@pytest.mark.parametrize(("words", "says"), MISSING)
def test_a_command_that_can_not_be_started_is_named(tmp_path: Path, words: list[str], says: str) -> None:
    (tmp_path / "answer").write_text("{}", encoding="utf-8")
    (tmp_path / "empty").write_text("\x00", encoding="utf-8")
    (tmp_path / "empty").chmod(0o755)
    assert failure(step(tmp_path, *words)) == f"{words[0]} {says}"


def test_a_post_can_be_left_out_when_its_command_fails(tmp_path: Path) -> None:
    filter_ = script(tmp_path, "echo no >&2; exit 1", on_error="drop")
    assert filter_.apply(POST) == Dropped(
        "the command failed: sh tool.sh ended with exit code 1: no", is_lasting=False
    )


def test_after_three_failures_in_a_row_it_is_not_started_again(tmp_path: Path) -> None:
    filter_ = script(tmp_path, "grep -q '\"Good\"' && exit 0; echo x >> failed; exit 1")
    good = replace(POST, entry=replace(POST.entry, title="Good"))
    for post in (POST, POST, good, POST, POST):
        if post is good:
            assert filter_.apply(post) is post
        else:
            assert "exit code 1" in failure(filter_, post)
    assert "exit code 1" in failure(filter_)
    assert failure(filter_, good) == "sh tool.sh was not started: it failed 3 times in a row"
    assert (tmp_path / "failed").read_text(encoding="utf-8") == "x\n" * 5


# --- nothing is left behind -------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[int]:
    """Give what is read from the FIFO `alive`: it ends when nobody has it open for writing any more."""
    os.mkfifo(tmp_path / "alive")
    pipe = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    yield pipe
    os.close(pipe)


def heard(pipe: int) -> bytes:
    """Read all that was written, to its end."""
    parts = []
    while select.select([pipe], [], [], 10)[0]:
        parts.append(os.read(pipe, 4096))
        if not parts[-1]:
            return b"".join(parts)
    raise AssertionError("somebody is still alive")


LINGERING = [
    pytest.param("trap '' TERM; (trap '' TERM; exec 3>alive; echo child >&3; sleep 60) & wait", id="too long"),
    pytest.param(
        "(exec 3>alive; echo child >&3; : > ready; sleep 60) & while ! [ -e ready ]; do :; done; yes",
        id="too much",
    ),
]


@pytest.mark.parametrize("text", LINGERING)
def test_a_command_is_killed_with_all_that_it_has_started(tmp_path: Path, watched: int, text: str) -> None:
    before = time.monotonic()
    failure(script(tmp_path, text, timeout="1s"))
    assert heard(watched) == b"child\n"
    assert time.monotonic() - before < 8


def test_what_a_command_leaves_running_is_killed_when_it_ends(tmp_path: Path, watched: int) -> None:
    text = (
        "(exec 3>alive; echo child >&3; : > ready; exec sleep 60 >&- 2>&- <&-) & while ! [ -e ready ]; do :; done"
    )
    assert script(tmp_path, text).apply(POST) is POST
    assert heard(watched) == b"child\n"


def test_no_process_is_left_that_nobody_has_waited_for(tmp_path: Path) -> None:
    after = script(tmp_path, 'echo "{\\"drop\\": \\"$$\\"}"').apply(POST)
    assert isinstance(after, Dropped)
    with pytest.raises(ProcessLookupError):
        os.kill(int(after.reason), 0)


# --- its options ------------------------------------------------------------------------------------------


def test_it_is_off_unless_the_configuration_allows_it() -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml:5:9: .*allow_exec: true"):
        filtered.specs_of("- exec: python3 tool.py")
    with pytest.raises(ValueError, match="allow_exec: true"):
        command.FILTER.build(command.Options(command=("python3", "tool.py")), Setting())
    assert filtered.chain_of("- exec: python3 tool.py", allow_exec="true")


OPTIONS = [
    pytest.param(
        "- exec: 'python3 my\\ tool.py --x \"a b\"'", ("python3", "my tool.py", "--x", "a b"), id="one text"
    ),
    pytest.param("- exec: [sh, -c, 'a | b', a, a]", ("sh", "-c", "a | b", "a", "a"), id="a list"),
]


@pytest.mark.parametrize(("config", "words"), OPTIONS)
def test_a_command_is_split_as_a_shell_would(config: str, words: tuple[str, ...]) -> None:
    (spec,) = filtered.specs_of(config, allow_exec="true")
    assert tuple(json.loads(spec.options)["command"]) == words


TIMES = [
    pytest.param("10s", 10, id="seconds"),
    pytest.param("2 m", 120, id="minutes"),
    pytest.param("0s", "out of bounds", id="none"),
    pytest.param("11m", "at most 10m", id="long"),
    pytest.param("fast", "a time such as 10s or 2m is needed", id="no time"),
]


@pytest.mark.parametrize(("stated", "expected"), TIMES)
def test_the_time_for_a_post_is_seconds_or_minutes(stated: str, expected: int | str) -> None:
    if isinstance(expected, int):
        assert command._seconds(command._timeout(stated)) == expected
        return
    with pytest.raises(ValueError, match=expected):
        command._timeout(stated)


def test_a_script_in_python_works_as_the_documentation_shows_it(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(
        "import json, sys\n"
        "post = json.load(sys.stdin)\n"
        "post['title'] = post['title'] + ' ✓'\n"
        "json.dump(post, sys.stdout, ensure_ascii=False)\n",
        encoding="utf-8",
    )
    after = step(tmp_path, sys.executable, "tool.py").apply(POST)
    assert isinstance(after, Post)
    assert filtered.changes(POST, after) == {"title": "One ✓"}
