"""A power cut at every point: what was not flushed may be lost, in any part, and yet every file is whole.

What a disk holds after a power cut is not one state but many: a file that was not flushed may be empty, cut or
whole, and a name that was not flushed (by flushing its folder) may be the old one, the new one, or not be there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path, PurePosixPath

import pytest

from feedbraid.model import Document
from feedbraid.publish import DISK, write_changed
from program import MOMENT, Instance

PATHS = (
    "voa/archive/1/atom.xml",
    "voa/archive/1/feed.json",
    "voa/atom.xml",
    "voa/feed.json",
    "voa/index.html",
    "rfa/atom.xml",
    "index.html",
)
"""In the order in which they are written: each folder before those that link to it."""

OLD = {path: f"<old {path}>".encode() for path in PATHS}
NEW = {path: f"<new and longer {path}>".encode() for path in PATHS}

Content = bytes | None
"""None: there is no such file."""


@dataclass
class Platter:
    """The files of the system, and beside them all that may be on the disk if the power is cut now."""

    folder: Path
    data: list[list[bytes]] = field(default_factory=list)
    """For each file ever written: what it may hold, the worst first, the whole last."""
    names: dict[Path, list[int | None]] = field(default_factory=dict)
    """For each name: the files it may lead to, the oldest first; the last one is what programs see."""
    folders: set[Path] = field(default_factory=set)
    """Folders whose own names are on the disk."""
    cuts: list[Cut] = field(default_factory=list)

    def keep(self) -> None:
        """Take what is there now for safe on the disk."""
        self.folders = {self.folder.parent}
        if self.folder.exists():
            self.folders |= {self.folder, *(path for path in self.folder.rglob("*") if path.is_dir())}
        for path in (path for path in self.folder.rglob("*") if path.is_file()):
            self.data.append([path.read_bytes()])
            self.names[path] = [len(self.data) - 1]

    def write(self, path: Path, content: bytes) -> None:
        DISK.write(path, content)
        self.data.append([b"", content[:5], content])
        self.names.setdefault(path, [None]).append(len(self.data) - 1)
        self._look()

    def sync(self, path: Path) -> None:
        DISK.sync(path)
        if path.is_dir():
            self.folders |= {path / one.name for one in path.iterdir() if one.is_dir()}
            self.names |= {name: found[-1:] for name, found in self.names.items() if name.parent == path}
        else:
            number = self.names[path][-1]
            assert number is not None
            self.data[number] = self.data[number][-1:]
        self._look()

    def replace(self, old: Path, new: Path) -> None:
        DISK.replace(old, new)
        self.names.setdefault(new, [None]).append(self.names[old][-1])
        self.names[old].append(None)
        self._look()

    def _look(self) -> None:
        made = {one for path in self.names for one in path.parents if one.is_relative_to(self.folder)}
        self.cuts.append(
            Cut(
                {str(path.relative_to(self.folder)): self._held(path) for path in self.names},
                frozenset(str(path.relative_to(self.folder)) for path in made - self.folders),
            )
        )

    def _held(self, path: Path) -> list[Content]:
        held: list[Content] = []
        for number in self.names[path]:
            held += [None] if number is None else self.data[number]
        return held


@dataclass(frozen=True)
class Cut:
    """What may be on the disk at one point."""

    names: Mapping[str, list[Content]]
    """What each name may hold, if its folder is there."""
    loose: frozenset[str]
    """Folders that may not be there."""

    def held(self, path: str, beside: str = "") -> list[Content]:
        """Give what a name may hold, the oldest first; `beside` another one, which is there."""
        above = {str(one) for one in PurePosixPath(path).parents} - {
            str(one) for one in PurePosixPath(beside).parents
        }
        return ([None] if above & self.loose else []) + self.names.get(path, [])

    def states(self) -> Iterator[dict[str, Content]]:
        """Give disks after the cut: all lost that can be, all there but in its worst form, and all there."""
        held = {path: self.held(path) for path in self.names}
        yield {path: one[0] for path, one in held.items()}
        yield {path: min(one, key=lambda one: (one is None, len(one or b""))) for path, one in held.items()}
        yield {path: one[-1] for path, one in held.items()}


def documents(contents: Mapping[str, bytes]) -> list[Document]:
    return [Document(path, "application/atom+xml", content) for path, content in contents.items()]


def cut_everywhere(folder: Path, before: Mapping[str, bytes]) -> Platter:
    """Publish the new documents over those of before, and look at the disk after each step."""
    if before:
        write_changed(documents(before), folder)
    platter = Platter(folder)
    platter.keep()
    write_changed(documents(NEW), folder, platter)
    return platter


STARTS = [
    pytest.param({}, id="nothing was there"),
    pytest.param(OLD, id="all is replaced"),
    pytest.param({path: OLD[path] for path in PATHS[2:5]}, id="an archive comes in"),
    pytest.param({**OLD, "voa/atom.xml": NEW["voa/atom.xml"]}, id="one is as it was"),
]


@pytest.mark.parametrize("before", STARTS)
def test_f5_a_power_cut_at_any_point_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, before: Mapping[str, bytes]
) -> None:
    platter = cut_everywhere(tmp_path / "feeds", before)
    assert len(platter.cuts) > 3 * (len(PATHS) - 1)
    for cut, path in product(platter.cuts, PATHS):
        allowed: set[Content] = {before.get(path), NEW[path]}
        assert set(cut.held(path)) <= allowed


@pytest.mark.parametrize("before", STARTS)
def test_f5_what_was_published_when_the_power_is_cut_stays_published(
    tmp_path: Path, before: Mapping[str, bytes]
) -> None:
    last = cut_everywhere(tmp_path / "feeds", before).cuts[-1]
    assert {path: last.held(path) for path in PATHS} == {path: [NEW[path]] for path in PATHS}


@pytest.mark.parametrize("before", STARTS)
def test_f5_no_document_is_on_the_disk_before_those_below_it_which_it_links_to(
    tmp_path: Path, before: Mapping[str, bytes]
) -> None:
    for cut in cut_everywhere(tmp_path / "feeds", before).cuts:
        for number, path in enumerate(PATHS):
            if NEW[path] in cut.held(path) and before.get(path) != NEW[path]:
                below = [
                    one for one in PATHS[:number] if PurePosixPath(path).parent in PurePosixPath(one).parents[1:]
                ]
                assert all(set(cut.held(one, beside=path)) == {NEW[one]} for one in below), path


@pytest.mark.parametrize("before", STARTS[:2])
def test_f5_after_a_power_cut_the_next_run_publishes_the_rest_and_leaves_nothing_else(
    tmp_path: Path, before: Mapping[str, bytes]
) -> None:
    cuts = cut_everywhere(tmp_path / "feeds", before).cuts
    states = {tuple(state.items()): state for cut in cuts for state in cut.states()}
    for number, state in enumerate(states.values()):
        folder = tmp_path / str(number)
        for path, content in state.items():
            if content is not None:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_bytes(content)
        write_changed(documents(NEW), folder)
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
        assert {name: path.read_bytes() for name, path in found.items()} == NEW


# --- the program ------------------------------------------------------------------------------------------

RECORDED = """
import os, sys
def path_of(number):
    return os.readlink(f"/proc/self/fd/{number}")
def tell(*words):
    print(*(str(word).replace(os.getcwd() + "/", "") for word in words), file=sys.stderr)
def hook(event, arguments):
    if event == "os.rename":
        tell("rename", *arguments[:2])
flush = os.fsync
def fsync(number):
    tell("flush", path_of(number))
    flush(number)
os.fsync = fsync
sys.addaudithook(hook)
from feedbraid.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program, which tells what it asks of the system."""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs the names of open files")
def test_f5_the_program_flushes_each_file_renames_it_and_flushes_its_folder(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "seeds: {posts: seeds/}\nfeeds: {a: {from: posts}, b: {from: posts}}\n")
    instance.write("seeds/1.md", "---\ntitle: One\ndate: 2026-01-01\n---\nText\n")
    done = subprocess.run(
        [sys.executable, "-c", RECORDED, "run", "--quiet"],
        cwd=tmp_path,
        env={**os.environ, "FEEDBRAID_NOW": MOMENT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = done.stderr.splitlines()
    published = [f"feeds/{path}" for path in instance.outputs()]
    renames = [step.split(" ")[1:] for step in steps if step.startswith("rename ")]
    renames.remove(
        [".feedbraid/config.tmp", ".feedbraid/config.json"]
    )  # may be lost, and is checked when it is read
    assert sorted(new for _, new in renames) == sorted(published)
    for old, new in renames:
        at = steps.index(f"rename {old} {new}")
        assert steps[at - 1] == f"flush {old}"
        assert f"flush {Path(new).parent}" in steps[at:]
