"""The published files, as they are in the output folder: looked at again and again, read when they changed.

Only what is called like a document, a page or a picture is put on the shelf. A file is recognised by its stamp, so
a look at an unchanged folder reads nothing; what is on the shelf is exchanged as a whole, between two requests.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from feedbraid.errors import PublishError
from feedbraid.kinds import ARCHIVE, Kind, kind_of, known_names
from feedbraid.nouns import dataclass
from feedbraid.serve._nouns import File, Site, Stamp, Variant
from feedbraid.serve._pack import packed

DEEPEST = 8
"""Folders below each other: far more than feedbraid makes."""

LARGEST = 8 * 1024 * 1024
"""Bytes of the largest file that is held in memory."""

_BLOCK = 1024 * 1024
_DIGEST = 22
_FRAMES = b"frame-src"


class Shelf:
    """The site as it is now. Any thread may look at the folder again; all see the same site."""

    def __init__(self, folder: Path, memory: int) -> None:
        self.site = Site()
        self.folder = folder
        self._memory = memory
        self._names = known_names()
        self._lock = threading.Lock()

    def look(self) -> None:
        """Look at the folder, and read what changed. What can not be read stays as it was (N129m).

        Raises PublishError when the folder is not there, or can not be listed.
        """
        with self._lock:
            try:
                self.site = looked_at(self.folder, self.site, self._names, self._memory // 2)
            except OSError as error:
                raise PublishError(str(self.folder), error.strerror or str(error)) from error

    def pack(self, most: int) -> bool:
        """Compress some more files, `most` bytes of them or one; tell whether there are others."""
        with self._lock:
            before = self.site
        room = self._memory // 2 - before.packed
        made: dict[str, File] = {}
        for file in before.files.values():
            if most <= 0 or room <= 0:
                break
            if not file.is_packed:
                made[file.path] = new = replace(file, packed=_packed(file), is_packed=True)
                room -= sum(one.size for one in new.packed)
                most -= file.plain.size
        with self._lock:
            still = {path: new for path, new in made.items() if self.site.files.get(path) is before.files[path]}
            if still:
                self.site = replace(self.site, files={**self.site.files, **still})
        return bool(made)


def _packed(file: File) -> tuple[Variant, ...]:
    content = file.plain.content
    return () if content is None or not file.kind.text else packed(content)


# --- looking ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file of the folder that is to be served."""

    path: str
    place: str
    stamp: Stamp
    kind: Kind


def looked_at(folder: Path, before: Site, names: Mapping[str, Kind], room: int) -> Site:
    """Give the files of a folder; those that look as before are taken over, and if all do, the site itself.

    `room` is how many bytes of files are held in memory; archives come last. Raises OSError when the folder can
    not be listed.
    """
    root = os.path.realpath(folder)
    troubles: dict[str, str] = {}
    seen = sorted(_walk(root, names, troubles), key=lambda one: (f"/{ARCHIVE}/" in one.path, one.path))
    known = before.files
    is_quiet = not (troubles or before.troubles) and len(seen) == len(known)
    if is_quiet and all(_is_same(known.get(one.path), one) for one in seen):
        return before
    files: dict[str, File] = {}
    for one in seen:
        file = _taken_over(known.get(one.path), one, room) or _read(one, known.get(one.path), room, troubles)
        if file is not None:
            files[one.path] = file
            room -= len(file.plain.content or b"")
    files |= {
        path: file
        for path, file in known.items()
        if path not in files and any(path.startswith(place) for place in troubles if place.endswith("/"))
    }
    return Site(files, tuple(f"{place}: {trouble}" for place, trouble in troubles.items()))


def _is_same(file: File | None, seen: _Seen) -> bool:
    return file is not None and file.stamp == seen.stamp and file.place == seen.place


def _taken_over(file: File | None, seen: _Seen, room: int) -> File | None:
    """Give the file that is known already; without its bytes when there is no room for them any more."""
    if file is None or not _is_same(file, seen):
        return None
    if file.plain.content is None or file.plain.size <= room:
        return file
    return replace(file, plain=replace(file.plain, content=None), packed=(), is_packed=True)


def _walk(root: str, names: Mapping[str, Kind], troubles: dict[str, str]) -> Iterator[_Seen]:
    """Find all files that are to be served; a folder below that can not be listed becomes a trouble."""
    folders = [("", root)]
    while folders:
        path, place = folders.pop()
        try:
            with os.scandir(place) as entries:
                listed = [entry for entry in entries if not entry.name.startswith(".") and _is_text(entry.name)]
        except OSError as error:
            if not path:
                raise
            if not isinstance(error, FileNotFoundError):
                troubles[path] = error.strerror or str(error)
            continue
        for entry in listed:
            if entry.is_dir(follow_symlinks=False):
                folders += [(f"{path}{entry.name}/", entry.path)] if path.count("/") < DEEPEST else []
                continue
            kind = kind_of(entry.name, names)
            found = _found(entry, root) if kind else None
            if kind and found:
                yield _Seen(path + entry.name, *found, kind)


def _is_text(name: str) -> bool:
    """Tell whether a name is one that an address can have."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _found(entry: os.DirEntry[str], root: str) -> tuple[str, Stamp] | None:
    """Give the place and the stamp of a plain file; of a link only when it stays in the folder (S2)."""
    try:
        place = entry.path
        if entry.is_symlink():
            place = os.path.realpath(place)
            if not place.startswith(f"{root}/") or "/." in place[len(root) :]:
                return None
            state = os.lstat(place)
        else:
            state = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return (place, stamp_of(state)) if stat.S_ISREG(state.st_mode) else None


def stamp_of(state: os.stat_result) -> Stamp:
    """Give what a file is recognised by."""
    return Stamp(state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns)


# --- reading ----------------------------------------------------------------------------------------------


def open_file(place: str, stamp: Stamp) -> BinaryIO | None:
    """Open the very file that was seen; None when another one, or something else, is there by now.

    Raises OSError when it can not be opened.
    """
    file = os.fdopen(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if stamp_of(os.fstat(file.fileno())) == stamp:
        return file
    file.close()
    return None


def _read(seen: _Seen, before: File | None, room: int, troubles: dict[str, str]) -> File | None:
    """Read a file. While that can not be done, the one before stays (N129m)."""
    try:
        file = open_file(seen.place, seen.stamp)
        if file is None:  # it is replaced at this moment: the next look meets the new one
            return before
        with file:
            return _file_of(seen, file, room) or before
    except FileNotFoundError:
        return None
    except OSError as error:
        troubles[seen.path] = error.strerror or str(error)
        return before


def _file_of(seen: _Seen, file: BinaryIO, room: int) -> File | None:
    """Read a file to its end; None when that is not where it was."""
    size, digest, start = seen.stamp.size, sha256(), b""
    is_held = size <= min(room, LARGEST)
    blocks: list[bytes] = []
    while block := file.read(_BLOCK):
        digest.update(block)
        start = start or block
        if is_held:
            blocks.append(block)
    if file.tell() != size:
        return None
    return File(
        path=seen.path,
        kind=seen.kind,
        place=seen.place,
        stamp=seen.stamp,
        digest=digest.hexdigest()[:_DIGEST],
        plain=Variant("", size, b"".join(blocks) if is_held else None),
        has_frames=seen.kind.role == "page" and _FRAMES in start,
    )
