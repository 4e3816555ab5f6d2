"""Every configuration and command of the documentation works, and every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from itertools import groupby
from pathlib import Path

import pytest

import docs_runner
from conftest import REPOSITORY
from docs_runner import Block, Page, foreign, read_page, steps_of
from feedbraid.cli import _parser
from feedbraid.configform import schema
from feedbraid.configtext import parse_config
from feedbraid.model import OriginSpec, Reading, Skipped
from feedbraid.postfile import read_post
from feedbraid.registry import plug_names

NOT_HERE: dict[str, str] = {
    "make test": "it would begin this test again",
}
"""Commands that can not be run by a test, by how they begin, each with its reason."""

PAGES = {name: read_page(name) for name in docs_runner.page_names()}
BLOCKS = [block for page in PAGES.values() for block in page.blocks]
GENERATED = "docs/filters.md"
"""Its reference shows mistakes, too; tests/test_filters_page.py has it."""

COMMANDS = plug_names("feedbraid.cli")
PARSER = _parser(COMMANDS)


def _place(value: object) -> str | None:
    return value.place if isinstance(value, Block) else None


# --- configurations ---------------------------------------------------------------------------------------


YAML = [block for block in BLOCKS if block.language == "yaml" and block.page != GENERATED]


@pytest.mark.parametrize("block", [block for block in YAML if not foreign(block)], ids=_place)
def test_every_configuration_is_good(block: Block, tmp_path: Path) -> None:
    text = docs_runner.completed(block.text)
    config = parse_config(text, "config.yaml", tmp_path, docs_runner.surroundings(text))
    assert config.feeds


def test_there_are_configurations_and_those_of_others_are_known() -> None:
    assert len(YAML) >= 15
    assert {block.page for block in YAML} >= {"README.md", "docs/configuration.md", "docs/recipes.md"}
    assert docs_runner.completed("feeds: {all: {from: [a, b]}}\nsources:\n  a: a.xml\n") == (
        "feeds: {all: {from: [a, b]}}\nsources:\n  b: https://b.example/feed.xml\n  a: a.xml\n"
    )


@pytest.mark.parametrize(
    "block", [one for one in BLOCKS if re.match(r"---\n(?s:.*)\n---\n", one.text)], ids=_place
)
def test_every_post_can_be_read(block: Block) -> None:
    reading = Reading(spec=OriginSpec(name="posts", kind="seeds", locations=("seeds",)))
    read = read_post(block.text.encode(), block.file or "2026-01-01-post.md", reading)
    assert not isinstance(read, Skipped), read


# --- commands ---------------------------------------------------------------------------------------------


def _stories() -> list[tuple[Block, ...]]:
    """Give the blocks of each section in which something is run."""
    # Pages that are one story have a test of their own.
    told = [block for block in BLOCKS if block.page not in docs_runner.ONE_STORY]
    sections = [tuple(group) for _, group in groupby(told, key=lambda one: (one.page, one.section))]
    return [blocks for blocks in sections if any(block.language == "console" for block in blocks)]


@pytest.mark.parametrize("blocks", _stories(), ids=lambda blocks: f"{blocks[0].page}:{blocks[0].section}")
def test_every_command_works_and_prints_what_the_page_says(blocks: tuple[Block, ...], tmp_path: Path) -> None:
    with docs_runner.told(blocks, tmp_path, NOT_HERE):
        pass


def test_commands_of_ours_stand_where_they_are_executed() -> None:
    """Only cron, systemd and Docker have some that are parsed alone."""
    plain = [block for block in BLOCKS if block.language not in ("console", "crontab", "ini")]
    lines = [(block.place, line) for block in plain for line in block.text.splitlines()]
    assert [(place, line) for place, line in lines if line.lstrip("$ ").startswith("feedbraid ")] == []


def test_what_is_not_run_stands_in_the_pages() -> None:
    commands = [step.command for block in BLOCKS if block.language == "console" for step in steps_of(block)]
    unused = [one for one in NOT_HERE if not any(command.startswith(one) for command in commands)]
    assert unused == []


CALL = re.compile(r"(?:^|^\$ |&& |ExecStart=\S*/|run: )feedbraid (\S.*)$", re.MULTILINE)
INLINE = re.compile(r"`feedbraid ([a-z][^`]*)`")


def _calls() -> list[tuple[str, str]]:
    """Give every call of the program that stands in a page, with its place."""
    found = [
        (block.place, call) for block in BLOCKS if block.language != "yaml" for call in CALL.findall(block.text)
    ]
    found += [(page.name, call) for page in PAGES.values() for call in INLINE.findall(page.prose)]
    return sorted({(place, re.split(r"\s(?:[|;>]|&&|2>)", call)[0]) for place, call in found})


@pytest.mark.parametrize(("place", "call"), _calls())
def test_every_call_of_the_program_is_one(place: str, call: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = shlex.split(call, comments=True)
    if arguments[0] in COMMANDS and len(arguments) == 1:
        return  # its name alone: a page tells of it
    code: str | int | None = 0
    try:
        PARSER.parse_args(arguments)
    except SystemExit as ended:  # 0: it was the help that was asked for
        code = ended.code
    assert code == 0, f"{place}: feedbraid {call}\n{capsys.readouterr().err}"


# --- what the pages have to name --------------------------------------------------------------------------


def test_every_command_is_in_the_pages() -> None:
    text = PAGES["README.md"].prose + PAGES["docs/commands.md"].prose
    assert [name for name in COMMANDS if not re.search(rf"`(?:feedbraid )?{name}[ `]", text)] == []


def _settings(form: dict[str, object]) -> list[str]:
    found = form.get("properties", {})
    return list(found) if isinstance(found, dict) else []


def test_every_setting_is_in_the_reference() -> None:
    made = schema()
    text = (REPOSITORY / "docs/configuration.md").read_text(encoding="utf-8")
    forms = {name: form for name, form in made["$defs"].items() if name.endswith("Form")}
    wanted = {(name, key) for name, form in {**forms, "": made}.items() for key in _settings(form)}
    told_elsewhere = {"SplitForm", "DigestForm"}  # docs/filters.md
    missing = [
        (name, key)
        for name, key in sorted(wanted)
        if name not in told_elsewhere and not re.search(rf"`[^`]*\b{key}\b|^\s+{key}: ", text, re.MULTILINE)
    ]
    assert missing == []


def test_every_filter_is_in_its_reference() -> None:
    text = (REPOSITORY / GENERATED).read_text(encoding="utf-8")
    assert [name for name in plug_names("feedbraid.filters") if f"\n## {name}\n" not in text] == []


# --- links ------------------------------------------------------------------------------------------------


LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")


def _links() -> list[tuple[str, str]]:
    found = {(page.name, one or two) for page in PAGES.values() for one, two in LINK.findall(_plain(page))}
    return sorted(pair for pair in found if not re.match(r"[a-z]+:|\{", pair[1]))


def _plain(page: Page) -> str:
    """Give the prose of a page without what stands in backquotes."""
    return re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "``", page.prose)


def _leads_somewhere(name: str, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = ((REPOSITORY / name).parent / path if path else REPOSITORY / name).resolve()
    return target.exists() and (not anchor or anchor in read_page(str(target.relative_to(REPOSITORY))).anchors)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    astray = [link for name, link in _links() if name == page and not _leads_somewhere(name, link)]
    assert astray == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = {"README.md"}, ["README.md"]
    while waiting:
        name = waiting.pop()
        for page, link in _links():
            target = ((REPOSITORY / name).parent / link.partition("#")[0]).resolve()
            if page != name or not target.is_relative_to(REPOSITORY):
                continue
            found = str(target.relative_to(REPOSITORY))
            if found in PAGES and found not in reached:
                reached.add(found)
                waiting.append(found)
    assert sorted(set(PAGES) - reached) == []
