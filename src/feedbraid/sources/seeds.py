"""A folder of seed posts on this machine, read again only where a file changed (D21).

Seeds are the files `*.md`, `*.markdown`, `*.html`, `*.htm` and `*.txt` below a folder, or what a glob names.
Hidden files, READMEs and the like, and the working folders of site generators are none. A link that leads out of
the folder is not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from feedbraid.codec import digest
from feedbraid.model import (
    Believed,
    Channel,
    Failed,
    FileMark,
    Fresh,
    Known,
    Outcome,
    Reading,
    Skipped,
    Unchanged,
)
from feedbraid.nouns import dataclass

from . import Open, Source, Tools

EXTENSIONS = frozenset({".md", ".markdown", ".html", ".htm", ".txt"})
"""Of seeds, where a folder is named and not a glob."""

IGNORED_FOLDERS = frozenset({"_drafts", "_includes", "_layouts", "_sass", "_site", "node_modules"})
IGNORED_NAMES = frozenset({"readme", "license", "licence", "changelog", "contributing", "robots"})
"""Files by these names, whatever their extension, tell about a folder; they are no posts."""

ATTEMPTS = 3
"""How often a file is read anew that changes while it is read (F34)."""

READ_AT_MOST = 5 * 1024 * 1024 + 1
"""Bytes: enough for the reader to see that a file is too large."""


@dataclass(frozen=True, slots=True)
class SeedFolder:
    """The seeds of one origin; its locations are relative to `root`."""

    reading: Reading
    root: Path
    alone: bool = False
    """See `Tools.alone`."""

    async def read(self, known: Known) -> Outcome:
        """Read what changed since `known`. Work and waiting happen in a thread, outside the event loop (D22).

        Listing a folder costs less than the thread would, and most are as they were.
        """
        try:
            files = _find(self.reading.spec.locations, self.root)
        except OSError as error:
            return Failed(reason=f"{error.filename}: {error.strerror}")
        if known.state.body_digest and known.state.body_digest == _digest_of_looks(files):
            return _as_before(len(files))
        before = {mark.ref: mark for mark in known.files()}
        same, others = _part(files, before)
        looks = await self._looks(others, before) if others else []
        return _outcome(same, looks, before)

    async def _looks(self, files: Sequence[_File], before: Mapping[str, FileMark]) -> list[_Look]:
        if self.alone:
            return self._look_at(files, before)
        import asyncio  # noqa: PLC0415  # only where sources are read at the same time (D23)

        return await asyncio.to_thread(self._look_at, files, before)

    def _look_at(self, files: Iterable[_File], before: Mapping[str, FileMark]) -> list[_Look]:
        looks = (_look(file, before.get(file.ref), self.reading) for file in sorted(files))
        return [look for look in looks if look is not None]


# --- from looks to an outcome -----------------------------------------------------------------------------


def _part(files: Iterable[_Found], before: Mapping[str, FileMark]) -> tuple[list[FileMark], list[_File]]:
    """Part the files that look as they did from those to be looked at: most are as they were, so this is cheap.

    A mark without a digest says that the file could not be used, or is to be read again in any case.
    """
    same: list[FileMark] = []
    others: list[_File] = []
    for file in files:
        ref, mtime_ns, size, _, _ = file
        mark = before.get(ref)
        if mark and mark.mtime_ns == mtime_ns and mark.size == size and mark.digest:
            same.append(mark)
        else:
            others.append(_File(*file))
    return same, others


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one file turned out to be. `mark` says how it looks now; neither entry nor skipped: same bytes."""

    mark: FileMark
    entry: Believed | None = None
    skipped: Skipped | None = None
    lost: bool = False
    """It can not be used any more: the copy that is stored of it goes."""
    is_passing: bool = False
    """The next look may find another thing, though the file looks the same."""


def _outcome(
    same: Sequence[FileMark], looks: Sequence[_Look], before: Mapping[str, FileMark]
) -> Fresh | Unchanged:
    entries = tuple(look.entry for look in looks if look.entry)
    count = len(same) + len(looks)
    if not entries and count == len(before) and all(before.get(look.mark.ref) == look.mark for look in looks):
        return _as_before(count)
    now = tuple(sorted([*same, *(look.mark for look in looks)]))
    vanished = before.keys() - {mark.ref for mark in now}
    return Fresh(
        entries=entries,
        skipped=tuple(look.skipped for look in looks if look.skipped),
        body_digest="" if any(look.is_passing for look in looks) else _digest_of_looks(now),
        files=now,
        gone=tuple(sorted(vanished.union(look.mark.ref for look in looks if look.lost))),
        unchanged=len(same) + sum(look.entry is None and look.skipped is None for look in looks),
    )


def _as_before(count: int) -> Unchanged:
    return Unchanged(reason=f"{count} files as before")


def _digest_of_looks(files: Iterable[_Found | FileMark]) -> str:
    """Say in one digest how all files of a folder look, so that a folder as it was needs no mark of any file."""
    return digest("\0".join([f"{file[0]}\0{file[1]} {file[2]}" for file in sorted(files)]))


# --- one file ---------------------------------------------------------------------------------------------


_Found = tuple[str, int, int, str, str]
"""What a `_File` is made of: most files are only compared."""


class _File(NamedTuple):
    """A file found: how it looks, where it lies, and why it is not even opened ("" as a rule)."""

    ref: str
    mtime_ns: int
    size: int
    path: str
    refused: str = ""


def _look(file: _File, known: FileMark | None, reading: Reading, opening: _Opening = FileIO) -> _Look | None:
    """Read one file that looks other than before; None when it is gone by now."""
    if file.refused:
        return _refuse(file, known, Skipped(file.ref, file.refused))
    try:
        data, file = _read_whole(file, opening)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"it can not be read: {error.strerror or error}"
        return _Look(mark=known or _mark(file, ""), skipped=Skipped(file.ref, reason), is_passing=True)
    mark = _mark(file, digest(data))
    if known and known.digest == mark.digest:
        return _Look(mark=mark)
    read = _believe(data, file.ref, reading)
    return _refuse(file, known, read) if isinstance(read, Skipped) else _Look(mark=mark, entry=read)


def _mark(file: _File, content_digest: str) -> FileMark:
    return FileMark(ref=file.ref, mtime_ns=file.mtime_ns, size=file.size, digest=content_digest)


def _refuse(file: _File, known: FileMark | None, skipped: Skipped) -> _Look:
    """Name a file that can not be used; unless it was so before, a copy of it may be stored, which goes."""
    as_before = known is not None and not known.digest and known[:3] == file[:3]
    return _Look(mark=_mark(file, ""), skipped=skipped, lost=known is not None and not as_before)


def _believe(data: bytes, ref: str, reading: Reading) -> Believed | Skipped:
    from feedbraid import normalise, postfile  # noqa: PLC0415  # a run in which no seed changed does without (D23)

    post = postfile.read_post(data, ref, reading)
    if isinstance(post, Skipped):
        return post
    read = normalise.read_entry(post.raw, reading, Channel())
    return read if isinstance(read, Skipped) else replace(read, notes=(*post.notes, *read.notes))


_Opening = Callable[[str], FileIO]


def _read_whole(file: _File, opening: _Opening) -> tuple[bytes, _File]:
    """Read a file as it was at one moment, old or new (F34). Raises OSError, also when it never comes to rest."""
    for _ in range(ATTEMPTS):
        with opening(file.path) as opened:
            before = os.fstat(opened.fileno())
            data = _bytes_of(opened, before.st_size)
            after = os.fstat(opened.fileno())
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return data, file._replace(mtime_ns=after.st_mtime_ns, size=after.st_size)
    raise OSError("it changes while it is read")


def _bytes_of(opened: FileIO, size: int) -> bytes:
    """Read a file of this size, or one that tells none to its end. One reading may give less than there is."""
    wanted = min(size or READ_AT_MOST, READ_AT_MOST)
    data = opened.read(wanted)
    while len(data) < wanted and (more := opened.read(wanted - len(data))):
        data += more
    return data


# --- the files of a folder --------------------------------------------------------------------------------


def _find(locations: Iterable[str], root: Path) -> Collection[_Found]:
    """Find all seeds, in any order. Raises OSError when a folder is missing or can not be listed.

    Refs count from the one folder there is, or from `root` when there are several.
    """
    places = [_place(location) for location in locations]
    found: dict[str, _Found] = {}
    for place in places:
        prefix = f"{place.folder}/" if len(places) > 1 else ""
        for file in _files_of(place, root):
            ref = prefix + file[0]
            found[ref] = (ref, *file[1:]) if prefix else file
    return found.values()


def path_of(locations: Sequence[str], ref: str) -> str:
    """Give the path of a seed as the operator would write it, from its ref below the locations."""
    return str(PurePosixPath(_place(locations[0]).folder, ref)) if len(locations) == 1 else ref


@dataclass(frozen=True, slots=True)
class _Place:
    """A location: the folder in front of the first wildcard, and what the paths below it must match."""

    folder: str
    pattern: re.Pattern[str] | None = None

    def wants(self, ref: str) -> bool:
        stem, dot, suffix = ref.rpartition("/")[2].rpartition(".")
        if (stem if dot else suffix).lower() in IGNORED_NAMES:
            return False
        return bool(self.pattern.fullmatch(ref)) if self.pattern else f"{dot}{suffix}".lower() in EXTENSIONS


_WILDCARD = re.compile(r"\*+|\?|\[!?\]?[^\]/]*\]")


def _place(location: str) -> _Place:
    parts = location.split("/")
    wild = next((number for number, part in enumerate(parts) if _WILDCARD.search(part)), len(parts))
    folder = "/".join(parts[:wild]).rstrip("/") or ("/" if location.startswith("/") else ".")
    return _Place(folder, _pattern(parts[wild:]) if parts[wild:] else None)


def _pattern(parts: list[str]) -> re.Pattern[str]:
    """Turn a glob into a pattern; `**` stands for any number of folders, at the end for all files below."""
    folders = ["(?:[^/]+/)*" if part == "**" else f"{_part_pattern(part)}/" for part in parts[:-1]]
    return re.compile("".join(folders) + (".+" if parts[-1] == "**" else _part_pattern(parts[-1])))


def _part_pattern(part: str) -> str:
    pattern, end = "", 0
    for wild in _WILDCARD.finditer(part):
        pattern += re.escape(part[end : wild.start()])
        pattern += {"*": "[^/]*", "?": "[^/]"}.get(wild[0][0]) or wild[0].replace("[!", "[^", 1)
        end = wild.end()
    return pattern + re.escape(part[end:])


def _files_of(place: _Place, root: Path) -> Iterator[_Found]:
    top = Path(os.path.realpath(root / place.folder))
    if top.is_file():
        yield _seen(top.name, str(top), top.stat())
        return
    waiting = [(str(top), "")]
    while waiting:
        folder, prefix = waiting.pop()
        with os.scandir(folder) as listing:
            entries = [entry for entry in listing if not entry.name.startswith(".")]
        for entry in entries:
            ref = prefix + _as_text(entry.name)
            if entry.is_file(follow_symlinks=False):
                try:
                    if place.wants(ref):
                        yield _seen(ref, entry.path, entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue  # it went away since the folder was listed
            elif entry.is_symlink():
                yield from _follow(Path(entry.path), ref, top, place)
            elif entry.is_dir(follow_symlinks=False) and entry.name not in IGNORED_FOLDERS:
                waiting.append((entry.path, f"{ref}/"))


def _follow(link: Path, ref: str, top: Path, place: _Place) -> Iterator[_Found]:
    """Follow a link to a file inside the folder. Folders inside are read where they lie: no link makes a loop."""
    target = Path(os.path.realpath(link))
    inside, is_folder = target.is_relative_to(top), target.is_dir()
    if not place.wants(f"{ref}/post.md" if is_folder else ref) or (inside and is_folder):
        return
    if inside and target.is_file():
        yield _seen(ref, str(target), target.stat())
    else:
        where = "nowhere" if inside else "out of the folder"
        yield ref, 0, 0, str(link), f"it is a link that leads {where}"


def _seen(ref: str, path: str, status: os.stat_result) -> _Found:
    return ref, status.st_mtime_ns, status.st_size, path, ""


def _as_text(name: str) -> str:
    """Make a file name text that can be stored: bytes that are not UTF-8 become escapes."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _open(reading: Reading, tools: Tools) -> Source:
    return SeedFolder(reading, tools.root, tools.alone)


OPEN: Open = _open
