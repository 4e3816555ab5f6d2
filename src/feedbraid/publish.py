"""Documents to files: whole or not at all, and only those that differ.

A document is written to a temporary file beside its place, flushed to the disk, and renamed over the old one; the
folder is flushed before anything is written elsewhere. So a reader, a full disk or a crash at any moment meets the
old file or the new one, and what one folder got is safe before the next gets anything (F1..F6).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Protocol, Self

from feedbraid.errors import PublishError

FILE_MODE = 0o644
FOLDER_MODE = 0o755
"""Whatever the umask: web servers run as somebody else (F13)."""

TEMPORARY = ".{}.feedbraid.tmp"
"""Beside the target, so that renaming never crosses file systems (F12); the name tells it from files of others."""


class Printed(Protocol):
    """A document, whose bytes may have to be read from somewhere."""

    @property
    def path(self) -> str:
        """Where it belongs, below the output folder."""
        ...

    @property
    def content(self) -> bytes:
        """All of it."""
        ...


class Files(Protocol):
    """The three steps whose order makes a file safe. Each raises OSError when it fails."""

    def write(self, path: Path, content: bytes) -> None:
        """Write a whole new file."""
        ...

    def sync(self, path: Path) -> None:
        """Wait until a file, or the list of files in a folder, is on the disk."""
        ...

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file, over another one if there is one."""
        ...


class Disk:
    """The files of the system."""

    def write(self, path: Path, content: bytes) -> None:
        """Write a whole new file, readable by all."""
        with path.open("wb") as file:
            file.write(content)
        path.chmod(FILE_MODE)

    def sync(self, path: Path) -> None:
        """Wait until a file, or the list of files in a folder, is on the disk."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def replace(self, old: Path, new: Path) -> None:
        """Rename a file, over another one if there is one."""
        old.replace(new)


DISK = Disk()


def make_ready(folder: Path, files: Files = DISK) -> None:
    """Make the output folder when it is missing, and remove what an earlier crash left in it (F1, F9, F10).

    Raises PublishError when its parent is missing, or when it can not be written to.
    """
    with _failing(folder):
        if _is_made(folder):
            files.sync(folder.parent)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PublishError(str(folder), "the output folder can not be written to")
        for found, _, names in os.walk(folder):
            for name in names:
                if _is_left_over(name):
                    (Path(found) / name).unlink()


def write_changed(documents: Iterable[Printed], folder: Path, files: Files = DISK) -> tuple[str, ...]:
    """Write the documents that differ from what is on disk below `folder`; give the paths written, in their order.

    Raises PublishError at the first that can not be written: those before it stand in their new form, it and those
    after it in their old one.
    """
    wanted = tuple(documents)
    for document in wanted:
        _check_path(document.path)
    make_ready(folder, files)
    with _Output(folder, files) as output:
        return tuple(document.path for document in wanted if output.write(document))


def write_into(document: Printed, folder: Path, files: Files = DISK) -> None:
    """Write one document below a folder that is ready, if it differs. Raises PublishError."""
    _check_path(document.path)
    with _Output(folder, files) as output:
        output.write(document)


def remove_from(path: str, folder: Path) -> None:
    """Remove a file below a folder, and the folders that are empty then. Raises PublishError."""
    _check_path(path)
    target = folder / path
    with _failing(target):
        _check_inside(target.parent, os.path.realpath(folder))
        target.unlink(missing_ok=True)
        for above in target.parents:
            if above == folder or not above.is_dir() or any(above.iterdir()):
                break
            above.rmdir()


def differing(documents: Iterable[Printed], folder: Path) -> tuple[str, ...]:
    """Give the paths of the documents that `write_changed` would write, or raise as it would; writes nothing."""
    return tuple(document.path for document in documents if _differs(document, folder))


def _differs(document: Printed, folder: Path) -> bool:
    target = folder / document.path
    with _failing(target):
        if folder.exists() and not folder.is_dir():
            raise PublishError(str(folder), "a file stands where a folder is needed")
        root = os.path.realpath(folder)
        _check_inside(target.parent, root)
        _check_file(target, root)
        return not _is_same(target, document.content)


def read_published(folder: Path, path: str) -> bytes | None:
    """Give a published file, or None when there is none that can be read."""
    try:
        return (folder / path).read_bytes()
    except OSError:
        return None


def stamp(folder: Path, path: str) -> str:
    """Give size and time of a published file: they tell without reading it that nobody touched it; "" for none."""
    try:
        found = os.stat(f"{folder}/{path}")  # noqa: PTH116  # archives have thousands of files, and each is looked at
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"


class _Output:
    """The output folder while documents are written: looks at a folder once, and flushes it once.

    A folder is flushed when the next document belongs elsewhere, unless that is deeper in the same folder.
    """

    def __init__(self, folder: Path, files: Files) -> None:
        self._folder, self._files = folder, files
        self._root = os.path.realpath(folder)
        self._current: Path | None = None
        self._ready: set[Path] = {folder}
        self._unflushed: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with suppress(PublishError) if kind else nullcontext():
            self._flush(self._unflushed)

    def write(self, document: Printed) -> bool:
        """Write one document if it differs from its file; tell whether it does."""
        target = self._folder / document.path
        folder = target.parent
        with _failing(target):
            if folder != self._current:
                _check_inside(folder, self._root)
                self._flush([one for one in self._unflushed if not _is_below(folder, one)])
                self._current = folder
            _check_file(target, self._root)
            content = document.content
            if _is_same(target, content):
                return False
            self._make(folder)
            _replace(target, content, self._files)
            self._will_flush(folder)
        return True

    def _make(self, folder: Path) -> None:
        if folder in self._ready:
            return
        self._make(folder.parent)
        if _is_made(folder):
            self._will_flush(folder.parent)
        self._ready.add(folder)

    def _will_flush(self, folder: Path) -> None:
        if folder not in self._unflushed:
            self._unflushed.append(folder)

    def _flush(self, folders: Iterable[Path]) -> None:
        for folder in tuple(folders):
            with _failing(folder):
                self._files.sync(folder)
            self._unflushed.remove(folder)


def _is_below(path: Path, folder: Path) -> bool:
    return str(path).startswith(f"{folder}{os.sep}")


def write_whole(target: Path, content: bytes, files: Files = DISK) -> None:
    """Write one file that is whole at every moment. Raises PublishError when it can not be written."""
    with _failing(target):
        _replace(target, content, files)


def write_below(target: Path, content: bytes, files: Files = DISK) -> None:
    """Write one file, as above, and make its folder where it is missing."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PublishError(str(target.parent), error.strerror or str(error)) from error
    write_whole(target, content, files)


def _replace(target: Path, content: bytes, files: Files) -> None:
    temporary = target.with_name(TEMPORARY.format(target.name))
    try:
        files.write(temporary, content)
        files.sync(temporary)
        files.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _is_made(folder: Path) -> bool:
    """Make a folder unless it is there; tell whether it had to be made."""
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise PublishError(str(folder), "a file stands where a folder is needed") from None
        return False
    folder.chmod(FOLDER_MODE)
    return True


def _is_same(target: Path, content: bytes) -> bool:
    try:
        return target.stat().st_size == len(content) and target.read_bytes() == content
    except (FileNotFoundError, NotADirectoryError):
        return False


def _is_left_over(name: str) -> bool:
    start, end = TEMPORARY.split("{}")
    return name.startswith(start) and name.endswith(end)


def _check_path(path: str) -> None:
    # A path is made from names in the configuration, which are checked there; this is the second lock.
    if not path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise PublishError(path, "the path of a document has to lead to a place below the output folder")


def _check_inside(path: Path, root: str) -> None:
    # `Path.resolve` raises RuntimeError at a loop of links; here a loop is left for the next call to meet.
    real = os.path.realpath(path)
    if real != root and not _is_below(Path(real), Path(root)):
        raise PublishError(str(path), "a symbolic link leads out of the output folder")


def _check_file(target: Path, root: str) -> None:
    if target.is_symlink():
        _check_inside(target, root)
    if target.is_dir():
        raise PublishError(str(target), "a folder stands where the file should be")


@contextmanager
def _failing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        code = errno.errorcode.get(error.errno or 0, "")
        raise PublishError(str(path), f"{error.strerror or error} ({code})" if code else str(error)) from error
