"""What a service reads from disk is watched: seeds, the configuration, feed files. The door to watchfiles.

Folders are watched, not files: most programs save a file by writing another one and renaming it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import reduce
from itertools import takewhile
from math import inf
from operator import or_
from pathlib import Path
from threading import Event, Lock, Thread

from watchfiles import Change, watch
from watchfiles.main import FileChange

from feedbraid.nouns import dataclass
from feedbraid.settings import Config
from feedbraid.sources.seeds import EXTENSIONS, IGNORED_FOLDERS, IGNORED_NAMES

QUIET = 200
"""Milliseconds without a change after which changes are told."""

LATEST = 1000
"""Milliseconds after which they are told although others follow."""

LOOK = 400
"""Milliseconds after which it is looked whether what is watched is still the same folder."""

SECOND = 1.1
"""Seconds after which a file that is saved anew looks another one to whom compares times in whole seconds."""

PATIENCE = 5.0
"""Seconds that beginning and ending may take, and until a folder is tried again that can not be watched."""

KUBERNETES = "..data"
"""The link that is changed when the files of a mounted ConfigMap are."""

_PROBE = re.compile("4913|5036|5159|5282")
"""Files that Vim makes and removes again, to see whether it may."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What has changed."""

    config: bool = False
    seeds: bool = False
    sources: frozenset[str] = frozenset()
    """The names of sources whose file has."""

    def __bool__(self) -> bool:
        return self.config or self.seeds or bool(self.sources)

    def __or__(self, other: Changed) -> Changed:
        return Changed(self.config or other.config, self.seeds or other.seeds, self.sources | other.sources)


@dataclass(frozen=True, slots=True)
class Place:
    """A folder of seeds, and what the names of files in and below it match; empty: they end as those of seeds."""

    stated: Path
    folder: Path
    """The same without links."""
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is watched."""

    places: tuple[Place, ...] = ()
    files: tuple[tuple[Path, Changed], ...] = ()
    """Single files in folders without links, each with what it means that it has changed."""
    output: Path | None = None
    """The folder, without links, in which we write ourselves."""


def what_to_watch(config: Config, file: Path) -> Watched:
    """Give what is to be watched for a configuration and the file that it was read from."""
    root = config.folder
    seeds = [_place(root, location) for spec in config.seeds for location in spec.locations]
    stated = [(file, Changed(config=True))]
    stated += ((one.stated, Changed(seeds=True)) for one in seeds if one.folder.is_file())
    for spec in config.sources:
        if spec.kind == "file":
            stated.append((root / spec.locations[0], Changed(sources=frozenset({spec.name}))))
    return Watched(
        places=tuple(one for one in seeds if not one.folder.is_file()),
        files=tuple((path, what) for each, what in stated for path in _names_of(each)),
        output=_real(root / config.output),
    )


def _names_of(path: Path) -> Iterable[Path]:
    """Give where a file is, and where it leads if it is a link."""
    return dict.fromkeys((_real(path.parent) / path.name, _real(path)))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _place(root: Path, location: str) -> Place:
    parts = location.split("/")
    plain = list(takewhile(lambda part: not re.search(r"[*?\[]", part), parts))
    stated = root / ("/".join(plain) or ("/" if location.startswith("/") else "."))
    return Place(stated, _real(stated), "" if len(plain) == len(parts) else parts[-1])


# --- what a change means ----------------------------------------------------------------------------------


def meaning(about: Watched, changes: Iterable[FileChange]) -> Changed:
    """Tell what changes of files mean: those that editors make beside a file, and our own, mean nothing."""
    found = Changed()
    for kind, name in changes:
        path = Path(name)
        found |= _of_files(about, path)
        if any(_is_seed(kind, path, place, about.output) for place in about.places):
            found |= Changed(seeds=True)
    return found


def _of_files(about: Watched, path: Path) -> Changed:
    is_link = path.name == KUBERNETES
    meant = (what for file, what in about.files if path == file or (is_link and path.parent == file.parent))
    return reduce(or_, meant, Changed())


def _is_seed(kind: Change, path: Path, place: Place, output: Path | None) -> bool:
    if not path.is_relative_to(place.folder) or _is_ours(path, place, output):
        return False
    below = path.relative_to(place.folder).parts
    if below == (KUBERNETES,):
        return True
    if any(part.startswith(".") or part in IGNORED_FOLDERS for part in below):
        return False
    return _is_wanted(path, place.pattern) or _is_folder(kind, path)


def _is_ours(path: Path, place: Place, output: Path | None) -> bool:
    return output is not None and path.is_relative_to(output) and not place.folder.is_relative_to(output)


def _is_wanted(path: Path, pattern: str) -> bool:
    if path.stem.lower() in IGNORED_NAMES:
        return False
    return fnmatchcase(path.name, pattern) if pattern else path.suffix.lower() in EXTENSIONS


def _is_folder(kind: Change, path: Path) -> bool:
    """Tell whether it may be a folder that came or went as a whole: then nothing is told of the files in it."""
    if kind is Change.deleted:
        return not path.suffix and _PROBE.fullmatch(path.name) is None
    return kind is Change.added and path.is_dir()


# --- watching ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of what is watched."""

    folders: Callable[[Watched], Iterable[Path]]
    everything: Callable[[Watched], Changed]
    """What may have changed while nobody watched."""
    is_deep: bool
    """With all folders below."""


_SEEDS = _Part(
    folders=lambda about: (one.stated for one in about.places),
    everything=lambda _: Changed(seeds=True),
    is_deep=True,
)
_FILES = _Part(
    folders=lambda about: (path.parent for path, _ in about.files),
    everything=lambda about: reduce(or_, (what for _, what in about.files), Changed()),
    is_deep=False,
)

_Look = Callable[[], Watched]
_Tell = Callable[[Changed], None]
_Complain = Callable[[str], None]


class Watcher:
    """Tells of what has changed, from threads of its own. A companion of the loop."""

    def __init__(self, look: _Look, tell: _Tell, complain: _Complain) -> None:
        """Watch what `look` says, which is asked again whenever a folder comes, goes, or is another one.

        `complain` is called with what people should know.
        """
        self._look = look
        self._tell = tell
        self._complain = complain
        self._complaints: set[str] = set()
        self._one_at_a_time = Lock()
        self._threads: list[_Watching] = []

    def start(self) -> None:
        """Begin. What changes after that is told."""
        self._threads = [_Watching(part, self._look, self._tell, self._say_once) for part in (_SEEDS, _FILES)]
        for one in self._threads:
            one.thread.start()
        for one in self._threads:
            one.is_watching.wait(PATIENCE)

    def stop(self) -> None:
        """End."""
        for one in self._threads:
            one.ending.set()
        for one in self._threads:
            one.thread.join(PATIENCE)

    def turn_to(self, look: _Look) -> None:
        """Watch something else from now on. A seed may have been saved while nobody watched."""
        self.stop()
        self._look = look
        self.start()
        self._tell(Changed(seeds=True))

    def _say_once(self, line: str) -> None:
        """Complain of what both threads find."""
        with self._one_at_a_time:
            if line not in self._complaints:
                self._complaints.add(line)
                self._complain(line)


class _Watching:
    """Watches some folders, and begins anew when one is not what it was: deleted, made, or a link turned."""

    def __init__(self, part: _Part, look: _Look, tell: _Tell, complain: _Complain) -> None:
        self._part = part
        self._look = look
        self._tell = tell
        self._complain = complain
        self._is_polling: bool | None = None
        """None leaves it to the library, which knows a variable of the environment for it."""
        self._again = (inf, Changed())
        """What is to be told once more, and when by the clock of the machine."""
        self.is_watching = Event()
        self.ending = Event()
        self.thread = Thread(target=self._run, name="watch", daemon=True)

    def _run(self) -> None:
        missed = Changed()
        while not self.ending.is_set():
            about = self._look()
            seen = self._folders(about)
            for changes in self._rounds([folder.path for folder in seen if folder is not None]):
                self.is_watching.set()
                self._say(meaning(about, changes) | missed)
                missed = Changed()
                if _is_lost(changes, seen) or self._folders(about) != seen:
                    break
            missed = self._part.everything(about)

    def _say(self, found: Changed) -> None:
        """Tell what was found; and once more after a while where files are looked at in whole seconds."""
        if found:
            self._tell(found)
            if self._is_polling or os.environ.get("WATCHFILES_FORCE_POLLING"):
                self._again = (time.monotonic() + SECOND, found)
        elif time.monotonic() >= self._again[0]:
            self._tell(self._again[1])
            self._again = (inf, Changed())

    def _folders(self, about: Watched) -> list[_Folder | None]:
        return [_folder(path) for path in dict.fromkeys(self._part.folders(about))]

    def _rounds(self, folders: list[Path]) -> Iterator[set[FileChange]]:
        """Give changes as they come, and none at the beginning and when none come for a while."""
        try:
            yield from self._changes(folders) if folders else self._nothing()
        except FileNotFoundError:  # it went away just now
            self.ending.wait(LOOK / 1000)
        except (OSError, RuntimeError) as error:
            self._is_polling = self._after(error)

    def _nothing(self) -> Iterator[set[FileChange]]:
        yield set()
        while not self.ending.wait(LOOK / 1000):
            yield set()

    def _changes(self, folders: list[Path]) -> Iterator[set[FileChange]]:
        return watch(
            *folders,
            watch_filter=None,
            debounce=LATEST,
            step=QUIET,
            stop_event=self.ending,
            rust_timeout=LOOK,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._is_polling,
            recursive=self._part.is_deep,
            ignore_permission_denied=True,
        )

    def _after(self, error: Exception) -> bool:
        """Look again and again where the system can not tell of changes, for want of watches as a rule."""
        if not self._is_polling:
            self._complain(f"feedbraid: files can not be watched, so they are looked at all the time: {error}")
        else:
            self.is_watching.set()
            self.ending.wait(PATIENCE)
        return True


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is there: its path without links, and what tells it from another one."""

    path: Path
    device: int
    number: int


def _is_lost(changes: Iterable[FileChange], folders: Iterable[_Folder | None]) -> bool:
    """Tell whether a folder was deleted: another one at its place may have its number."""
    gone = {path for kind, path in changes if kind is Change.deleted}
    return any(folder is not None and str(folder.path) in gone for folder in folders)


def _folder(stated: Path) -> _Folder | None:
    with suppress(OSError):
        path = _real(stated)
        status = path.stat()
        return _Folder(path, status.st_dev, status.st_ino)
    return None
