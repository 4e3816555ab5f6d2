"""Fourteen virtual days among publishers who note every request: full marks for each criterion of politeness.

`-s` shows the table; `cd tests && python -m hostile.score` does so without pytest.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest

from feedbraid.cli import main
from hostile.manners import DAY, SOURCES, START, Asked, World
from hostile.readers import FLAWS, Polite, Rude
from hostile.score import (
    CRITERIA,
    DAYS,
    Criterion,
    Log,
    moments,
    publishing,
    table,
    visit_by_program,
    visit_in_process,
)
from hostile.server import HostileServer
from hostile.shared import once
from loopback import Reply

SHORT, LONG = 3, 10
"""Days that show the flaws of the judge's own readers."""
TAKES_LONG = frozenset({"A6", "A7", "A8", "B9", "B10", "B11", "C1", "C3"})
"""Criteria whose occasion does not come within a few days."""
FIRST_DAY = [moment for moment in moments(DAYS) if moment < START + DAY]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return once(tmp_path_factory, "manners", lambda: _rehearse(tmp_path_factory.mktemp("manners")))


def _rehearse(folder: Path) -> Log:
    with publishing() as world:
        visited = visit_in_process(folder, world, moments(DAYS))
    sys.stdout.write(f"\n{table(visited)}\n")
    return visited


# --- the program ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda one: f"{one.id} {one.words}")
def test_t15_manners(criterion: Criterion, log: Log) -> None:
    assert criterion.faults(log) == []


def test_d20_from_the_command_line_it_asks_for_the_same_at_the_same_time(log: Log, tmp_path: Path) -> None:
    """It starts anew for every pass: what is due lives in the state (16, F51)."""
    with publishing() as world:
        started_anew = visit_by_program(tmp_path, world, FIRST_DAY)
    expected = [one for one in log.asked if one.now in set(FIRST_DAY)]
    assert _what_was_asked(started_anew.asked) == _what_was_asked(expected)
    assert len(expected) > 100
    assert started_anew.said.keys() == {"broken", "captive-for-ever", "dropped", "missing", "gone"} | {
        name for name in SOURCES if name.startswith(("limited", "busy", "gone-once"))
    }


def _what_was_asked(asked: tuple[Asked, ...] | list[Asked]) -> list[tuple[str, ...]]:
    """Give all that must not differ, in an order of its own: hosts are asked at the same time."""
    headers = ("if-none-match", "if-modified-since", "user-agent", "accept", "accept-encoding")
    return sorted(
        (one.now.isoformat(), one.method, one.path, *(str(one.header(name)) for name in headers)) for one in asked
    )


def test_f51_passes_without_end_at_one_moment_ask_once(tmp_path: Path) -> None:
    with publishing() as world:
        log = visit_by_program(tmp_path, world, [START, START, START])
    assert {name: len(log.of(name)) for name in SOURCES if name != "dropped"} == {
        name: 1 for name in SOURCES if name != "dropped"
    }
    assert len(log.of("dropped")) <= 2


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("http://127.0.0.1:{port}/feed.xml", id="the same"),
        pytest.param("http://127.0.0.1:{port}/feed.xml#newest", id="with a fragment"),
        pytest.param("HTTP://127.0.0.1:{port}/feed.xml", id="in capitals"),
        pytest.param("http://127.0.0.1:{port}/./x/../feed.xml", id="with dots"),
        pytest.param("http://127.0.0.1:{port}/%66eed.xml", id="with escapes"),
    ],
)
def test_f30_politeness_17_one_address_under_two_names_is_not_asked_twice(
    other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration is refused, or the document is asked for once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FEEDBRAID_NOW", START.isoformat())
    feed = Reply(body=b"<rss version='2.0'><channel><title>x</title></channel></rss>")
    with HostileServer({"/feed.xml": feed, "/%66eed.xml": feed, "/./x/../feed.xml": feed}) as server:
        urls = (f"http://127.0.0.1:{server.port}/feed.xml", other.format(port=server.port))
        sources = "".join(f"  s{number}: '{url}'\n" for number, url in enumerate(urls))
        Path("config.yaml").write_text(
            f"fetch: {{allow: ['127.0.0.1:{server.port}']}}\nsources:\n{sources}", encoding="utf-8"
        )
        with redirect_stderr(StringIO()) as said:
            code = main(["run", "--quiet"])
        asked = len(server.requests)
    assert (code, asked) in ((2, 0), (0, 1)), said.getvalue()


# --- the judge --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [SHORT, LONG, DAYS])
def test_a_polite_reader_gets_full_marks(days: int) -> None:
    polite = Polite(World()).visit(moments(days))
    met = {one.id for one in CRITERIA if not one.faults(polite)}
    assert met >= {one.id for one in CRITERIA if days > SHORT or one.id not in TAKES_LONG}


def test_a_rude_reader_gets_none() -> None:
    rude = Rude(World()).visit(moments(2))
    assert [one.id for one in CRITERIA if not one.faults(rude)] == []


@pytest.mark.parametrize(
    ("row", "flaw"), [pytest.param(row, flaw, id=f"{row} {flaw}") for row, all_ in FLAWS.items() for flaw in all_]
)
def test_each_criterion_sees_the_flaw_that_it_is_about(row: str, flaw: str) -> None:
    criterion = next(one for one in CRITERIA if one.id == row)
    days = LONG if row in TAKES_LONG else SHORT
    assert criterion.faults(Polite(World(), flaw).visit(moments(days))) != []


def test_every_criterion_has_a_flaw() -> None:
    assert [one.id for one in CRITERIA] == list(FLAWS)
