"""What `make fuzz` found once: each file of `corpus/` is asked again for all that must hold of it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from factories import feed, post, self_url
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.json import FORMAT as JSON
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.model import Category, Failed, Feed, Link
from fuzz_targets import FORMATS, TARGETS, Broken, judge_documents, judge_outcome, kind_of

REPOSITORY = Path(__file__).resolve().parent.parent
CORPUS = REPOSITORY / "tests" / "corpus"
INDEX = CORPUS / "index.txt"
FINDS = sorted(CORPUS.glob("*.bin"))


LONGEST = 5.0
"""Seconds of processor time for all that is done with one document, four readings included."""


@pytest.mark.parametrize("path", FINDS, ids=lambda path: path.stem)
def test_i1_i3_i4_i5_i7_what_was_found_once_holds(path: Path) -> None:
    before = time.process_time()
    TARGETS[path.name.partition("-")[0]](path.read_bytes())
    assert time.process_time() - before < LONGEST


def test_every_find_has_a_line_that_says_what_it_was() -> None:
    lines = INDEX.read_text(encoding="utf-8").splitlines()
    told = {name: words for name, _, words in (line.partition("  ") for line in lines if not line.startswith("#"))}
    assert told.keys() == {path.name for path in FINDS}
    assert all(told.values())


# --- the judge can say no ---------------------------------------------------------------------------------


def _judged(what: Feed) -> str:
    try:
        judge_documents([(one, one.render(what, self_url(name))) for one, name in _NAMED], what)
    except Broken as broken:
        return broken.label
    return ""


_NAMED = ((ATOM, "atom"), (RSS, "rss"), (JSON, "json"))


@pytest.mark.parametrize(
    ("what", "label"),
    [
        pytest.param(feed(post()), "", id="I1 a sound feed"),
        pytest.param(
            feed(post(body="<p onclick='x'>y</p>")), "valid application/atom+xml: N42", id="I1 an invalid one"
        ),
        pytest.param(feed(post(id="javascript:x")), "nothing runs in atom.xml", id="I5 an id that runs"),
        pytest.param(
            feed(post(links=(Link(href="vbscript:x", rel="related"),))),
            "valid application/atom+xml: N56",
            id="I5 a link",
        ),
        pytest.param(
            feed(post(categories=(Category("a", "data:,x"),))), "nothing runs in atom.xml", id="I5 a scheme"
        ),
    ],
)
def test_i1_i5_a_document_that_must_not_be_published_is_noticed(what: Feed, label: str) -> None:
    assert _judged(what).startswith(label)
    assert bool(_judged(what)) == bool(label)


def test_i1_an_exception_behind_a_failure_is_noticed() -> None:
    with pytest.raises(Broken, match="no exception"):
        judge_outcome(Failed(reason="its entries could not be normalized: KeyError: 'x'"))


def test_finds_of_one_cause_have_one_name() -> None:
    assert kind_of(ValueError("the number 7 is 'odd'")) == kind_of(ValueError("the number 9 is 'even'"))
    assert kind_of(Broken("a label", 1)) == kind_of(Broken("a label", 2)) == "a label"


# --- the fuzzer -------------------------------------------------------------------------------------------


def test_i1_i5_i7_the_first_mutants_of_a_seed_hold_and_are_counted() -> None:
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "fuzz"), "--seed", "5", "--runs", "40", "--seconds", "100"],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(
        r"40 executions in \d+ s \([\d.]+/s\): feed 25, seed 5, headers 5, config 5; 0 finds", done.stdout
    )


def test_every_format_is_judged() -> None:
    assert {one.file_name for one in FORMATS} == {"atom.xml", "rss.xml", "feed.json"}
