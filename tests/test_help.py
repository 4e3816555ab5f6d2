"""Help is told in one form for every command, what it shows can be typed, and what was mistyped is guessed."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest

from feedbraid.cli import EXITS, About, Command, _parser, load_command, main
from feedbraid.overview import GROUPS, WIDEST, summary_of
from feedbraid.registry import plug_names

NAMES = plug_names("feedbraid.cli")


@pytest.fixture(autouse=True)
def _a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


def about_of(name: str) -> About:
    found = load_command(name).about
    assert found is not None, f"{name} has no `about`"
    return found


def examples_of(command: Command) -> Iterator[str]:
    yield command.example
    if command.about is not None:
        yield from command.about.examples


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


# --- one form for all -------------------------------------------------------------------------------------


def test_every_command_tells_what_it_is_about(name: str) -> None:
    about = about_of(name)
    assert about.group in GROUPS
    assert len(about.text.split()) > 15, "a paragraph, not a line"
    assert about.see
    assert set(about.see) <= {*NAMES}, "only commands that there are"
    assert name not in about.see


def test_every_exit_code_of_a_command_has_words(name: str) -> None:
    for one in about_of(name).exits:
        assert isinstance(one, tuple) or one in EXITS


def test_the_exit_codes_of_a_command_stand_once_and_in_order(name: str) -> None:
    codes = [one[0] if isinstance(one, tuple) else one for one in about_of(name).exits]
    assert codes == sorted(set(codes))


def test_what_an_example_shows_can_be_typed(name: str) -> None:
    for example in examples_of(load_command(name)):
        program, *arguments = shlex.split(example)
        assert program == "feedbraid"
        assert arguments[0] == name
        assert _parser([name]).parse_args(arguments).command == name


def test_no_example_stands_twice(name: str) -> None:
    examples = list(examples_of(load_command(name)))
    assert len(set(examples)) == len(examples)


def test_help_fits_a_terminal_of_80_columns(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, name, "--help")
    assert code == 0
    examples = tuple(examples_of(load_command(name)))
    wide = [line for line in out.splitlines() if len(line) > 80 and not line.endswith(examples)]
    assert wide == []
    assert max(len(line) for line in out.splitlines()) <= 100, "not even an example"


def test_help_has_all_its_parts_in_order(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, name, "--help")
    parts = [
        f"usage: feedbraid {name}",
        f"feedbraid {name}: ",
        "options:",
        "example: ",
        "exit codes:",
        "see also: ",
    ]
    places = [out.index(part) for part in parts]
    assert places == sorted(places)


def test_every_option_has_help(name: str) -> None:
    for action in load_parser(name)._actions:
        assert action.help, f"{name}: {action.option_strings or action.dest}"


@pytest.mark.parametrize("name", NAMES)
def test_the_overview_says_of_a_command_what_it_says_itself(name: str) -> None:
    command = load_command(name)
    assert command.about is not None
    assert summary_of(name) == (command.about.group, command.summary.partition(";")[0])


def load_parser(name: str) -> argparse.ArgumentParser:
    parsed, _ = _parser([name]).parse_known_args(shlex.split(load_command(name).example)[1:])
    parser: argparse.ArgumentParser = parsed.parser
    return parser


def test_help_is_folded_where_the_terminal_is_narrow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    _, out, _ = told(capsys, "doctor", "--help")
    text, _, _ = out.partition("example: ")
    assert max(len(line) for line in text.splitlines()) <= 50


def test_help_is_no_wider_than_it_can_be_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for arguments in (["--help"], ["doctor", "--help"]):
        _, out, _ = told(capsys, *arguments)
        text, _, _ = out.partition("example: ")
        assert 60 < max(len(line) for line in text.splitlines()) <= WIDEST


def test_the_whole_lists_each_command_once_under_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "--help")
    assert code == 0
    listed = re.findall(r"^  ([a-z]+) +\S", out, re.MULTILINE)
    assert sorted(listed) == sorted(NAMES)
    headings = [place for heading in GROUPS.values() if (place := out.find(f"\n{heading}:\n")) > 0]
    assert headings == sorted(headings)
    assert len(headings) == len(GROUPS)
    assert max(len(line) for line in out.splitlines()) <= 80


@pytest.mark.parametrize("command", ["run", "plan"])
def test_help_of_a_command_is_asked_for_in_two_ways(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "help", command) == told(capsys, command, "--help")


def test_help_alone_is_that_of_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "help") == told(capsys, "--help")


def test_no_command_at_all_is_a_mistake_that_gets_help(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys)
    assert (code, "start here:" in out) == (2, True)


# --- what was mistyped ------------------------------------------------------------------------------------

MISTYPED = [
    (("rnu",), "feedbraid: there is no command 'rnu'; did you mean 'run'?"),
    (("statsu", "--json"), "feedbraid: there is no command 'statsu'; did you mean 'status'?"),
    (("xyzzy",), "feedbraid: there is no command 'xyzzy'; `feedbraid --help` lists all there is"),
    (("help", "biuld"), "feedbraid: there is no command 'biuld'; did you mean 'build'?"),
    (("run", "--forse"), "feedbraid run: there is no option '--forse'; did you mean '--force'?"),
    (("plan", "--huors=3"), "feedbraid plan: there is no option '--huors'; did you mean '--hours'?"),
    (("run", "-x"), "feedbraid run: there is no option '-x'; `feedbraid run --help` lists all there is"),
    (
        ("run", "now"),
        "feedbraid run: nothing is known to do with 'now'; `feedbraid run --help` lists all there is",
    ),
    (("--verison",), "feedbraid: there is no option '--verison'; did you mean '--version'?"),
    (
        ("run", "--\x1b[31m"),
        "feedbraid run: there is no option '--\\x1b[31m'; `feedbraid run --help` lists all there is",
    ),
]


@pytest.mark.parametrize(("arguments", "words"), MISTYPED)
def test_what_was_mistyped_is_guessed(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, *arguments) == (2, "", f"{words}\n")


def test_a_path_with_a_dash_is_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = told(capsys, "explain", "--config", "none.yaml", "--", "--force")
    assert (code, "none.yaml: no such file" in err) == (2, True)
