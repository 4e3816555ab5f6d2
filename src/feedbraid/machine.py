"""Facts about the machine that an instance is on, for `doctor`: gathered here, judged there. Changes nothing."""

from __future__ import annotations

import os
import platform
import resource
import tempfile
import zoneinfo
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from feedbraid.doctor import Disk, Folder, Library, Trace, requirement

_PACKAGE = "feedbraid"


def python_versions() -> tuple[str, str]:
    """Give the version of Python, and the versions that are needed; these are "" when they are not known."""
    try:
        wanted = str(metadata.metadata(_PACKAGE).json.get("requires_python", ""))
    except metadata.PackageNotFoundError:
        wanted = ""
    return platform.python_version(), wanted


def libraries() -> tuple[Library, ...]:
    """Give what feedbraid needs, and what is there of it; nothing when it is not installed as a package."""
    try:
        stated = metadata.requires(_PACKAGE) or ()
    except metadata.PackageNotFoundError:
        return ()
    needed = [found for text in stated if (found := requirement(text))]
    return tuple(Library(name, wanted, _version(name)) for name, wanted in needed)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def open_files() -> int:
    """Give how many files the program may have open at once; -1 for no limit."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return -1 if limit == resource.RLIM_INFINITY else limit


def has_zones() -> bool:
    """Tell whether time zones of the world are known."""
    try:
        zoneinfo.ZoneInfo("Asia/Shanghai")
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError):
        return False
    return True


def installed() -> Trace:
    """Give when this program was installed."""
    return Trace("this program", _written(Path(__file__)) or datetime.fromtimestamp(0, UTC))


def written(what: str, paths: Iterable[Path]) -> tuple[Trace, ...]:
    """Give when the newest of some files was written; nothing when there are none."""
    moments = [moment for moment in map(_written, paths) if moment]
    return (Trace(what, max(moments)),) if moments else ()


def _written(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None


def folder(what: str, path: Path, *, needs_writing: bool = True) -> Folder:
    """Give what can be done with a folder, or with the nearest one above it that there is."""
    nearest = _nearest(path)
    return Folder(
        what=what,
        path=str(path),
        exists=path.exists(),
        is_folder=nearest.is_dir(),
        is_readable=os.access(nearest, os.R_OK | os.X_OK),
        is_writable=os.access(nearest, os.W_OK | os.X_OK),
        needs_writing=needs_writing,
    )


def disks(named: Mapping[str, Path]) -> tuple[Disk, ...]:
    """Give the disks that hold some folders, and the temporary files; each once, with all that it holds."""
    holds: dict[int, list[str]] = {}
    found: dict[int, os.statvfs_result] = {}
    for name, path in {**named, "temporary files": Path(tempfile.gettempdir())}.items():
        nearest = _nearest(path)
        device = nearest.stat().st_dev
        holds.setdefault(device, []).append(name)
        found[device] = os.statvfs(nearest)
    return tuple(
        Disk(
            holds=", ".join(names),
            free=found[device].f_bavail * found[device].f_frsize,
            files=found[device].f_favail if found[device].f_files else None,
        )
        for device, names in holds.items()
    )


def size_of(path: str) -> int | None:
    """Give the size of a file; None when there is none."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return None


def _nearest(path: Path) -> Path:
    """Give a path, or the nearest one above it that there is."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path
