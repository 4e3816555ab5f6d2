"""What a start imports: questions about the program next to nothing, a pass with nothing due nothing heavy (D23).

These tests name modules and no times: what is imported is what a start takes, on any machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from program import MOMENT, Instance

SEED = "---\ntitle: A post\ndate: 2026-03-01 10:00:00 +0000\nsource: https://own.example/a\n---\nIts text.\n"

SHOW = """
import sys
from feedbraid.__main__ import main
try:
    code = main()
except SystemExit as ended:
    code = ended.code
sys.stderr.write("\\n" + " ".join(sys.modules))
sys.exit(code)
"""

CONFIG = """
site:
  url: https://example.org/feeds/
fetch:
  allow: ["127.0.0.1"]
sources:
  voa:
    url: http://127.0.0.1:9/voa.xml
    every: 1h
  nightly:
    url: http://127.0.0.1:9/nightly.xml
    every: 1d
seeds:
  posts: {path: seeds/}
feeds:
  all:
    title: Everything
"""

HEAVY = {
    "asyncio",
    "concurrent.futures",
    "email",
    "html.parser",
    "http",
    "logging",
    "multiprocessing",
    "socket",
    "ssl",
    "subprocess",
    "urllib.request",
    "uuid",
    "xml",
    "feedbraid.conformance.atom",
    "feedbraid.conformance.htmlpage",
    "feedbraid.configform",
    "feedbraid.configtext",
    "feedbraid.fetch",
    "feedbraid.frontmatter",
    "feedbraid.html",
    "feedbraid.keep",
    "feedbraid.nesting",
    "feedbraid.normalise",
    "feedbraid.page",
    "feedbraid.pages._page",
    "feedbraid.parse",
    "feedbraid.postfile",
    "feedbraid.read_pages",
    "feedbraid.recover",
    "feedbraid.serve",
    "feedbraid.workers",
    "feedbraid.xmlfeed",
    "tempfile",
}
"""What takes long to be imported, of the standard library and of our own."""


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Give an instance whose sources were asked, and which has published."""
    instance = Instance(tmp_path_factory.mktemp("settled"))
    instance.write("config.yaml", CONFIG)
    instance.write("seeds/2026-03-01-a.md", SEED)
    (instance.folder / "feeds").mkdir()
    instance.feedbraid("run")
    instance.feedbraid("run")  # now the judged configuration is kept, where the store is
    return instance


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Give an instance that has sent what it has published."""
    instance = Instance(tmp_path_factory.mktemp("sending"))
    instance.write("config.yaml", "seeds: {posts: seeds/}\npublish: www\n")
    instance.write("seeds/2026-03-01-a.md", SEED)
    instance.feedbraid("run")
    instance.feedbraid("run")
    return instance


def modules(folder: Path, *arguments: str) -> set[str]:
    """Give the modules that a command has imported at its end; its exit code has to be 0."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *arguments],
        cwd=folder,
        env={**environment, "FEEDBRAID_NOW": MOMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return set(done.stderr.rpartition("\n")[2].split())


def foreign(found: set[str]) -> set[str]:
    """Give the packages that are neither ours nor of the standard library."""
    roots = {name.partition(".")[0] for name in found}
    return {one for one in roots - sys.stdlib_module_names if not one.startswith(("_", "feedbraid", "a1_"))}


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """Give the modules that the interpreter has imported before it does anything."""
    code = "import sys; sys.stderr.write(' '.join(sys.modules))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stderr.split())


def test_the_version_is_told_with_nothing_but_the_interpreter(tmp_path: Path, bare: set[str]) -> None:
    assert modules(tmp_path, "--version") - bare <= {"__future__", "feedbraid", "feedbraid.__main__"}


@pytest.mark.parametrize("question", ["--help", "-h", "help"])
def test_the_overview_imports_no_command(question: str, tmp_path: Path) -> None:
    found = modules(tmp_path, question)
    assert {one for one in found if one.startswith("feedbraid")} == {
        "feedbraid",
        "feedbraid.__main__",
        "feedbraid.overview",
    }
    assert not found & {"dataclasses", "inspect", "json", "pathlib", "shutil", "typing"}
    assert not foreign(found)


@pytest.mark.parametrize("command", ["run", "build", "plan", "status --json", "vacuum", "backup"])
def test_a_command_that_finds_nothing_to_do_imports_nothing_heavy(command: str, settled: Instance) -> None:
    found = modules(settled.folder, *command.split())
    assert not foreign(found)
    assert sorted(found & HEAVY) == []


@pytest.mark.parametrize("command", ["run", "build", "status --json"])
def test_a_pass_that_has_nothing_to_send_imports_nothing_that_sends(command: str, sending: Instance) -> None:
    found = modules(sending.folder, *command.split())
    assert not foreign(found)
    assert sorted(found & HEAVY) == []


@pytest.mark.parametrize("command", ["run", "build"])
def test_a_file_that_was_touched_is_only_read(command: str, settled: Instance) -> None:
    before = settled.outputs()
    for path in ("feeds/index.html", "feeds/all/atom.xml"):
        os.utime(settled.folder / path, (1_700_000_000, 1_700_000_000))
    assert sorted(modules(settled.folder, command) & {*HEAVY, "lxml", "feedgen"}) == []
    assert settled.outputs() == before


@pytest.mark.parametrize("path", ["index.html", "sources.opml", "style.css"])
def test_a_file_beside_the_feeds_that_somebody_changed_is_written_again(path: str, settled: Instance) -> None:
    before = settled.outputs()
    file = settled.folder / "feeds" / path
    file.write_bytes(file.read_bytes()[:-1])
    assert path in settled.said("run")
    assert settled.outputs() == before
    file.unlink()
    assert path in settled.said("run")
    assert settled.outputs() == before


def test_what_stands_beside_the_feeds_follows_the_configuration(settled: Instance) -> None:
    settled.write("config.yaml", CONFIG.replace("site:\n", "site:\n  title: Another title\n"))
    assert "index.html" in settled.said("run")
    assert b"Another title" in settled.outputs()["index.html"]
    settled.write("config.yaml", CONFIG)
    assert "index.html" in settled.said("run")


@pytest.mark.parametrize("command", ["check", "schema", "plan", "status"])
def test_no_command_that_only_looks_imports_what_makes_feeds(command: str, settled: Instance) -> None:
    found = modules(settled.folder, *command.split())
    assert not found & {"feedgen", "feedparser", "apscheduler", "uvicorn", "starlette", "trafilatura"}
