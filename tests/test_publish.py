"""Files are whole or not there, written only when they differ, and never outside the folder."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedbraid.errors import PublishError
from feedbraid.model import Document
from feedbraid.publish import DISK, differing, make_ready, read_published, write_changed

OLD, NEW = b"<feed>old</feed>", b"<feed>new, and longer</feed>"


def document(path: str, content: bytes = NEW) -> Document:
    return Document(path, "application/atom+xml", content)


class Faulty:
    """The disk, which records each step and fails at the one that it is told."""

    def __init__(self, folder: Path, fail_at: str = "", number: int = errno.ENOSPC) -> None:
        self.folder, self.fail_at, self.number = folder, fail_at, number
        self.steps: list[str] = []

    def write(self, path: Path, content: bytes) -> None:
        DISK.write(path, content[:5])
        self._step("write", path)
        DISK.write(path, content)

    def sync(self, path: Path) -> None:
        self._step("sync", path)
        DISK.sync(path)

    def replace(self, old: Path, new: Path) -> None:
        self._step("replace", new)
        DISK.replace(old, new)

    def _step(self, name: str, path: Path) -> None:
        self.steps.append(f"{name} {path.relative_to(self.folder)}")
        if self.steps[-1] == self.fail_at:
            raise OSError(self.number, os.strerror(self.number))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "feeds"
    folder.mkdir()
    return folder


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


# --- writing ----------------------------------------------------------------------------------------------


def test_documents_are_written_and_named_in_their_order(out: Path) -> None:
    assert write_changed([document("voa/rss.xml"), document("index.html", OLD)], out) == (
        "voa/rss.xml",
        "index.html",
    )
    assert (out / "voa" / "rss.xml").read_bytes() == NEW
    assert (out / "index.html").read_bytes() == OLD
    assert files(out) == ["index.html", "voa/rss.xml"]


def test_an_equal_document_is_not_touched(out: Path) -> None:
    write_changed([document("a.xml"), document("b.xml")], out)
    os.utime(out / "a.xml", ns=(1, 1))
    before = (out / "a.xml").stat()
    assert write_changed([document("a.xml"), document("b.xml", OLD)], out) == ("b.xml",)
    after = (out / "a.xml").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_document_of_equal_length_is_written(out: Path) -> None:
    write_changed([document("a.xml", b"abc")], out)
    assert write_changed([document("a.xml", b"abd")], out) == ("a.xml",)
    assert (out / "a.xml").read_bytes() == b"abd"


def test_an_empty_document_is_written(out: Path) -> None:
    assert write_changed([document("a.xml", b"")], out) == ("a.xml",)
    assert (out / "a.xml").read_bytes() == b""


def test_f10_the_output_folder_is_made(tmp_path: Path) -> None:
    write_changed([document("archive/2026/1.xml")], tmp_path / "feeds")
    assert files(tmp_path) == ["feeds/archive/2026/1.xml"]


def test_f10_the_parent_of_the_output_folder_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="No such file or directory") as caught:
        write_changed([document("a.xml")], tmp_path / "missing" / "feeds")
    assert caught.value.exit_code == 4
    assert not (tmp_path / "missing").exists()


def test_f13_files_are_readable_by_all_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_changed([document("voa/a.xml")], tmp_path / "feeds")
    finally:
        os.umask(before)
    modes = [oct(path.stat().st_mode & 0o777) for path in (tmp_path / "feeds", *(tmp_path / "feeds").rglob("*"))]
    assert modes == ["0o755", "0o755", "0o644"]


def test_f1_only_our_own_left_over_files_are_removed(out: Path) -> None:
    for name in (".a.xml.feedbraid.tmp", "voa/.old.xml.feedbraid.tmp", ".htaccess", "mine.tmp", ".mine.tmp"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(b"<fee")
    write_changed([], out)
    assert files(out) == [".htaccess", ".mine.tmp", "mine.tmp"]


def test_what_would_be_written_is_named_and_nothing_is_written(out: Path) -> None:
    write_changed([document("a.xml"), document("b.xml", OLD)], out)
    documents = [document("b.xml"), document("a.xml"), document("new/c.xml"), document("a.xml/d.xml")]
    assert differing(documents, out) == ("b.xml", "new/c.xml", "a.xml/d.xml")
    assert files(out) == ["a.xml", "b.xml"]


def test_a_published_file_is_read_back(out: Path) -> None:
    write_changed([document("a.xml")], out)
    assert read_published(out, "a.xml") == NEW
    assert read_published(out, "b.xml") is None


# --- faults -----------------------------------------------------------------------------------------------


def test_f5_the_file_is_on_the_disk_before_it_is_renamed_and_the_folder_after(out: Path) -> None:
    disk = Faulty(out)
    write_changed([document("voa/a.xml")], out, disk)
    assert disk.steps == [
        "write voa/.a.xml.feedbraid.tmp",
        "sync voa/.a.xml.feedbraid.tmp",
        "replace voa/a.xml",
        "sync .",
        "sync voa",
    ]


def test_f5_a_folder_is_flushed_once_and_before_anything_is_written_elsewhere(out: Path) -> None:
    disk = Faulty(out)
    paths = ("voa/archive/1/a", "voa/archive/1/b", "voa/archive/2/a", "voa/a", "voa/b", "index")
    write_changed([document(path) for path in paths], out, disk)
    assert [step for step in disk.steps if step.startswith("replace") or "tmp" not in step] == [
        "replace voa/archive/1/a",
        "replace voa/archive/1/b",
        "sync voa/archive/1",
        "replace voa/archive/2/a",
        "sync voa",
        "sync voa/archive",
        "sync voa/archive/2",
        "replace voa/a",
        "replace voa/b",
        "sync .",
        "sync voa",
        "replace index",
        "sync .",
    ]


def test_f5_what_was_written_is_flushed_when_a_later_document_fails(out: Path) -> None:
    disk = Faulty(out, "write voa/.b.feedbraid.tmp")
    with pytest.raises(PublishError):
        write_changed([document("voa/a"), document("voa/b")], out, disk)
    assert disk.steps[-2:] == ["sync .", "sync voa"]


@pytest.mark.parametrize(
    ("step", "number", "words"),
    [
        pytest.param("write .a.xml.feedbraid.tmp", errno.ENOSPC, "ENOSPC", id="F6 disk full while writing"),
        pytest.param("sync .a.xml.feedbraid.tmp", errno.EIO, "EIO", id="the disk fails while flushing"),
        pytest.param("replace a.xml", errno.EROFS, "EROFS", id="F9 read-only while renaming"),
    ],
)
def test_f6_a_fault_keeps_the_old_file_and_leaves_nothing_else(
    out: Path, step: str, number: int, words: str
) -> None:
    write_changed([document("a.xml", OLD)], out)
    with pytest.raises(PublishError) as caught:
        write_changed([document("a.xml")], out, Faulty(out, step, number))
    assert caught.value.path == str(out / "a.xml")
    assert os.strerror(number) in caught.value.reason
    assert words in caught.value.reason
    assert (out / "a.xml").read_bytes() == OLD
    assert files(out) == ["a.xml"]


def test_a_fault_stops_the_later_documents_and_keeps_the_earlier_ones(out: Path) -> None:
    names = ("a.xml", "b.xml", "c.xml")
    write_changed([document(name, OLD) for name in names], out)
    with pytest.raises(PublishError, match=r"b\.xml"):
        write_changed([document(name) for name in names], out, Faulty(out, "replace b.xml"))
    assert [(out / name).read_bytes() for name in names] == [NEW, OLD, OLD]


DIE = """
import os, sys
from pathlib import Path
from feedbraid.model import Document
from feedbraid.publish import Disk, write_changed
class Dying(Disk):
    left = int(sys.argv[2])
    def replace(self, old, new):
        if self.left == 0:
            os._exit(137)
        Dying.left -= 1
        super().replace(old, new)
write_changed([Document(name, "", b"new") for name in ("a.xml", "b.xml")], Path(sys.argv[1]), Dying())
"""


@pytest.mark.parametrize(
    ("renames", "expected"),
    [
        pytest.param(0, [b"old", b"old"], id="F2 killed before the first rename"),
        pytest.param(1, [b"new", b"old"], id="F3 killed between two renames"),
    ],
)
def test_f2_f3_a_kill_leaves_whole_files_and_the_next_run_mends(
    out: Path, renames: int, expected: list[bytes]
) -> None:
    names = ("a.xml", "b.xml")
    write_changed([document(name, b"old") for name in names], out)
    done = subprocess.run([sys.executable, "-c", DIE, str(out), str(renames)], check=False)
    assert done.returncode == 137
    assert [(out / name).read_bytes() for name in names] == expected
    write_changed([document(name, b"new") for name in names], out)
    assert [(out / name).read_bytes() for name in names] == [b"new", b"new"]
    assert files(out) == list(names)


# --- places that are refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("", id="empty"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("../a.xml", id="the folder above"),
        pytest.param("voa/../../a.xml", id="the folder above, hidden"),
        pytest.param("voa/./a.xml", id="a dot"),
        pytest.param("voa//a.xml", id="an empty part"),
        pytest.param("voa/", id="a folder"),
        pytest.param("a\0.xml", id="a NUL"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_before_anything_is_written(out: Path, path: str) -> None:
    with pytest.raises(PublishError, match="below the output folder"):
        write_changed([document("first.xml"), document(path)], out)
    assert files(out) == []


def test_f11_a_symlink_out_of_the_folder_is_not_written_through(out: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.xml").write_bytes(OLD)
    (out / "a.xml").symlink_to(outside / "a.xml")
    (out / "voa").symlink_to(outside)
    for path in ("a.xml", "voa/a.xml", "voa/b.xml"):
        with pytest.raises(PublishError, match="leads out of the output folder"):
            write_changed([document(path)], out)
    assert [path.name for path in outside.iterdir()] == ["a.xml"]
    assert (outside / "a.xml").read_bytes() == OLD


def test_f11_a_symlink_loop_is_refused(out: Path) -> None:
    (out / "a.xml").symlink_to("a.xml")
    with pytest.raises(PublishError):
        write_changed([document("a.xml")], out)


def test_the_output_folder_itself_may_be_a_symlink(out: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(out)
    write_changed([document("a.xml")], tmp_path / "link")
    assert (out / "a.xml").read_bytes() == NEW


def test_f11_a_folder_in_place_of_the_file_is_refused(out: Path) -> None:
    (out / "a.xml").mkdir()
    with pytest.raises(PublishError, match="a folder stands where the file should be"):
        write_changed([document("a.xml")], out)


@pytest.mark.parametrize("place", ["feeds", "feeds/voa"])
def test_f11_a_file_in_place_of_a_folder_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_bytes(OLD)
    with pytest.raises(PublishError, match="a file stands where a folder is needed"):
        write_changed([document("voa/a.xml")], tmp_path / "feeds")
    assert (tmp_path / place).read_bytes() == OLD


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_f9_a_folder_that_can_not_be_written_to_is_refused() -> None:
    with pytest.raises(PublishError, match="can not be written to"):
        make_ready(Path("/proc/self"))
