"""Killed at any moment, the next run repairs everything: no post lost or doubled, no published file ever half."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from feedbraid.wire import load_format
from program import MOMENT, Instance

POINTS = 20

KILLED = """
import os, signal, sys
point, calls = int(sys.argv.pop(1)), 0
def count(frame, event, argument):
    global calls
    if event == "call" and "feedbraid" in frame.f_code.co_filename:
        calls += 1
        if calls == point:
            os.kill(os.getpid(), signal.SIGKILL)
from feedbraid.cli import main
sys.setprofile(count)
code = main(sys.argv[1:])
sys.setprofile(None)
print(calls)
sys.exit(code)
"""
"""Runs the program and kills it at the given call of one of its functions; else prints how many there were."""

CONFIG = """
site: {url: "https://out.example/"}
sources: {voa: source.xml}
seeds: {posts: seeds/}
feeds: {all: {from: [posts, voa]}, voa: {from: [voa]}}
"""


def source(numbers: range, mark: str) -> str:
    items = "".join(
        f"<item><title>{mark} {n}</title><link>https://voa.example/{n}</link><guid>https://voa.example/{n}</guid>"
        f"<pubDate>Mon, 02 Mar 2026 {n:02}:00:00 GMT</pubDate><description>Text {n}</description></item>"
        for n in numbers
    )
    return (
        f'<rss version="2.0"><channel><title>VOA</title><link>https://voa.example/</link>{items}</channel></rss>'
    )


def seed(number: int, mark: str) -> str:
    return f"---\ntitle: {mark} {number}\ndate: 2026-03-01\nlink: https://voa.example/{number}\n---\nText\n"


def changed_after_a_pass(folder: Path) -> Instance:
    """Make an instance that has published once, and whose source and seeds have changed since."""
    folder.mkdir()
    instance = Instance(folder)
    instance.write("config.yaml", CONFIG)
    instance.write("source.xml", source(range(8), "old"))
    for number in (1, 2, 20):
        instance.write(f"seeds/{number}.md", seed(number, "seed"))
    instance.run("--force")
    instance.write("source.xml", source(range(4, 12), "new"))
    instance.write("seeds/1.md", seed(1, "edited seed"))
    instance.write("seeds/21.md", seed(21, "seed"))
    (instance.folder / "seeds/2.md").unlink()
    return instance


def run_until(instance: Instance, point: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(point), "run", "--force", "--quiet"],
        cwd=instance.folder,
        env={**os.environ, "FEEDBRAID_NOW": MOMENT},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An instance before the pass that will be killed."""
    return changed_after_a_pass(tmp_path_factory.mktemp("kill") / "before")


@pytest.fixture(scope="module")
def undisturbed(prepared: Instance, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """What a pass that nobody kills publishes, and how many calls it takes."""
    copy = Instance(tmp_path_factory.mktemp("kill") / "undisturbed")
    shutil.copytree(prepared.folder, copy.folder)
    done = run_until(copy, -1)
    assert done.returncode == 0, done.stderr
    return copy.outputs(), int(done.stdout)


def assert_no_file_is_half(instance: Instance) -> None:
    for feed in ("all", "voa"):
        for name in ("atom", "rss", "json"):
            one = load_format(name)
            assert one.read_ids((instance.folder / "feeds" / feed / one.file_name).read_bytes())


@pytest.mark.parametrize("tenth", range(POINTS))
def test_f1_killed_at_any_point_the_next_run_repairs_everything(
    tenth: int, prepared: Instance, undisturbed: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    expected, calls = undisturbed
    instance = Instance(tmp_path / "instance")
    shutil.copytree(prepared.folder, instance.folder)
    killed = run_until(instance, 1 + calls * tenth // POINTS)
    assert killed.returncode == -signal.SIGKILL
    assert_no_file_is_half(instance)
    instance.run("--force")
    assert instance.outputs() == expected
    assert list(instance.folder.rglob("*.tmp")) == []
    with sqlite3.connect(instance.folder / ".feedbraid/state.db") as database:
        assert database.execute("pragma quick_check").fetchone() == ("ok",)
    database.close()
