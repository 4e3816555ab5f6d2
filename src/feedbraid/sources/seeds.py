"""A folder of seed posts on this machine, read again only where a file changed (D21).

Seeds are the files `*.md`, `*.markdown`, `*.html`, `*.htm` and `*.txt` below a folder, or what a glob names.
Hidden files, READMEs and the like, and the working folders of site generators are none. A link that leads out of
the folder is not followed.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

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

    async def read(self, known: Known) -> Outcome:
        """Read what changed since `known`. Work and waiting happen in a thread, outside the event loop (D22)."""
        return await asyncio.to_thread(self._read, known)

    def _read(self, known: Known) -> Outcome:
        try:
            files = _find(self.reading.spec.locations, self.root)
        except OSError as error:
            return Failed(reason=f"{error.filename}: {error.strerror}")
        marks = {mark.ref: mark for mark in known.files}
        looks = [_look(file, marks.get(file.ref), self.reading) for file in files]
        return _outcome([look for look in looks if look is not None], known.files)


# --- from looks to an outcome -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one file turned out to be. `mark` says how it looks now; neither entry nor skipped: as before."""

    mark: FileMark
    entry: Believed | None = None
    skipped: Skipped | None = None
    lost: bool = False
    """It can not be used any more: the copy that is stored of it goes."""


def _outcome(looks: Sequence[_Look], before: tuple[FileMark, ...]) -> Fresh | Unchanged:
    now = tuple(look.mark for look in looks)
    vanished = {mark.ref for mark in before} - {mark.ref for mark in now}
    entries = tuple(look.entry for look in looks if look.entry)
    if not entries and now == tuple(sorted(before, key=lambda mark: mark.ref)):
        return Unchanged(reason=f"{len(now)} files as before")
    return Fresh(
        entries=entries,
        skipped=tuple(look.skipped for look in looks if look.skipped),
        files=now,
        gone=tuple(sorted(vanished.union(look.mark.ref for look in looks if look.lost))),
        unchanged=sum(look.entry is None and look.skipped is None for look in looks),
    )


# --- one file ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _File:
    """A file found: its ref, its path, how it looks, and why it is not even opened ("" as a rule)."""

    ref: str
    path: Path
    mtime_ns: int
    size: int
    refused: str = ""


def _look(file: _File, known: FileMark | None, reading: Reading) -> _Look | None:
    """Read one file if it changed; None when it is gone by now.

    A mark without a digest says that the file could not be used, or is to be read again in any case.
    """
    if known and known.digest and _looks_as(known, file):
        return _Look(mark=known)
    if file.refused:
        return _refuse(file, known, Skipped(file.ref, file.refused))
    try:
        data, file = _read_whole(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = f"it can not be read: {error.strerror or error}"
        return _Look(mark=known or _mark(file, ""), skipped=Skipped(file.ref, reason))
    mark = _mark(file, digest(data))
    if known and known.digest == mark.digest:
        return _Look(mark=mark)
    read = _believe(data, file.ref, reading)
    return _refuse(file, known, read) if isinstance(read, Skipped) else _Look(mark=mark, entry=read)


def _looks_as(mark: FileMark, file: _File) -> bool:
    return (mark.mtime_ns, mark.size) == (file.mtime_ns, file.size)


def _mark(file: _File, content_digest: str) -> FileMark:
    return FileMark(ref=file.ref, mtime_ns=file.mtime_ns, size=file.size, digest=content_digest)


def _refuse(file: _File, known: FileMark | None, skipped: Skipped) -> _Look:
    """Name a file that can not be used; unless it was so before, a copy of it may be stored, which goes."""
    as_before = known is not None and not known.digest and _looks_as(known, file)
    return _Look(mark=_mark(file, ""), skipped=skipped, lost=known is not None and not as_before)


def _believe(data: bytes, ref: str, reading: Reading) -> Believed | Skipped:
    from feedbraid import normalise, postfile  # noqa: PLC0415  # a run in which no seed changed does without (D23)

    post = postfile.read_post(data, ref, reading)
    if isinstance(post, Skipped):
        return post
    read = normalise.read_entry(post.raw, reading, Channel())
    return read if isinstance(read, Skipped) else replace(read, notes=(*post.notes, *read.notes))


def _read_whole(file: _File) -> tuple[bytes, _File]:
    """Read a file as it was at one moment, old or new (F34). Raises OSError, also when it never comes to rest."""
    for _ in range(ATTEMPTS):
        with file.path.open("rb") as opened:
            before = os.fstat(opened.fileno())
            data = opened.read(READ_AT_MOST)
            after = os.fstat(opened.fileno())
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return data, replace(file, mtime_ns=after.st_mtime_ns, size=after.st_size)
    raise OSError("it changes while it is read")


# --- the files of a folder --------------------------------------------------------------------------------


def _find(locations: Iterable[str], root: Path) -> list[_File]:
    """Find all seeds, sorted by ref. Raises OSError when a folder is missing or can not be listed.

    Refs count from the one folder there is, or from `root` when there are several.
    """
    places = [_place(location) for location in locations]
    found: dict[str, _File] = {}
    for place in places:
        prefix = f"{place.folder}/" if len(places) > 1 else ""
        for file in _files_of(place, root):
            found[prefix + file.ref] = replace(file, ref=prefix + file.ref)
    return [found[ref] for ref in sorted(found)]


def path_of(locations: Sequence[str], ref: str) -> str:
    """Give the path of a seed as the operator would write it, from its ref below the locations."""
    return str(PurePosixPath(_place(locations[0]).folder, ref)) if len(locations) == 1 else ref


@dataclass(frozen=True, slots=True)
class _Place:
    """A location: the folder in front of the first wildcard, and what the paths below it must match."""

    folder: str
    pattern: re.Pattern[str] | None = None

    def wants(self, ref: str) -> bool:
        name = PurePosixPath(ref)
        if name.stem.lower() in IGNORED_NAMES:
            return False
        return bool(self.pattern.fullmatch(ref)) if self.pattern else name.suffix.lower() in EXTENSIONS


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


def _files_of(place: _Place, root: Path) -> Iterator[_File]:
    top = Path(os.path.realpath(root / place.folder))
    if top.is_file():
        yield _seen(top.name, top)
        return
    waiting = [(top, "")]
    while waiting:
        folder, prefix = waiting.pop()
        with os.scandir(folder) as listing:
            entries = [entry for entry in listing if not entry.name.startswith(".")]
        for entry in entries:
            ref = prefix + _as_text(entry.name)
            if entry.is_symlink():
                yield from _follow(Path(entry.path), ref, top, place)
            elif entry.is_dir(follow_symlinks=False) and entry.name not in IGNORED_FOLDERS:
                waiting.append((Path(entry.path), f"{ref}/"))
            elif entry.is_file(follow_symlinks=False) and place.wants(ref):
                with suppress(FileNotFoundError):  # it went away since the folder was listed
                    yield _seen(ref, Path(entry.path))


def _follow(link: Path, ref: str, top: Path, place: _Place) -> Iterator[_File]:
    """Follow a link to a file inside the folder. Folders inside are read where they lie: no link makes a loop."""
    target = Path(os.path.realpath(link))
    inside, is_folder = target.is_relative_to(top), target.is_dir()
    if not place.wants(f"{ref}/post.md" if is_folder else ref) or (inside and is_folder):
        return
    if inside and target.is_file():
        yield _seen(ref, target)
    else:
        yield _File(
            ref, link, 0, 0, refused=f"it is a link that leads {'nowhere' if inside else 'out of the folder'}"
        )


def _seen(ref: str, path: Path) -> _File:
    status = path.stat()
    return _File(ref, path, status.st_mtime_ns, status.st_size)


def _as_text(name: str) -> str:
    """Make a file name text that can be stored: bytes that are not UTF-8 become escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _open(reading: Reading, tools: Tools) -> Source:
    return SeedFolder(reading, tools.root)


OPEN: Open = _open
