"""`feedbraid import --posts DIR`: posts of another instance, or of a site, become seeds here."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from feedbraid.codec import digest
from feedbraid.config import load_config
from feedbraid.configvalues import nearest
from feedbraid.errors import ConfigError
from feedbraid.model import Channel, OriginSpec, Reading, Skipped
from feedbraid.publish import write_below
from feedbraid.settings import Config
from feedbraid.sources.seeds import EXTENSIONS, IGNORED_FOLDERS, IGNORED_NAMES, READ_AT_MOST, path_of
from feedbraid.text import counted

from ._said import complain, note
from .export import UNHURRIED

EXIT_DIFFERENT = 1

POSTS = "_posts"
"""The folder of posts in the checkout of a Jekyll site; others beside it hold pages and layouts."""


def import_posts(args: argparse.Namespace) -> int:
    """Copy posts into a folder of seeds, each as it is, and tell what became of them.

    `args` has `posts`, the folder; `config`; `name`, the seeds they go to, or None for the first; and `dry_run`.
    """
    config = load_config(Path(args.config))
    spec = _chosen(args, config)
    start, folder = Path(args.posts), config.folder / path_of(spec.locations[:1], "")
    if not start.is_dir():
        raise _wrong(args.posts, "there is no such folder of posts")
    if folder.resolve() == start.resolve() or folder.resolve() in start.resolve().parents:
        raise _wrong(args.posts, f"it is where the seeds {spec.name} are read from; there is nothing to import")
    reading = Reading(spec=spec, keys=config.keys, cleaning=config.cleaning, authority=config.authority)
    if _shown(spec).rstrip("/") != spec.locations[0].rstrip("/"):
        complain(f"feedbraid: the seeds {spec.name} are {spec.locations[0]}: files of other names are not read")
    counts = _import(start, folder, reading, dry=args.dry_run)
    note(f"feedbraid: {_summary(counts, _shown(spec), dry=args.dry_run)}")
    return EXIT_DIFFERENT if counts.fates["differs"] else 0


def _wrong(place: str, message: str) -> ConfigError:
    return ConfigError.of(place, message)


def _chosen(args: argparse.Namespace, config: Config) -> OriginSpec:
    seeds = {spec.name: spec for spec in config.seeds}
    if not seeds:
        raise _wrong(args.config, "there is no folder of seeds to put them in; add `seeds: {posts: seeds/}`")
    name = getattr(args, "name", None) or next(iter(seeds))
    if name not in seeds:
        raise _wrong(args.config, f"there are no seeds {name!r}; {nearest(name, seeds)}")
    return seeds[name]


def _shown(spec: OriginSpec) -> str:
    return path_of(spec.locations[:1], "").rstrip("/") + "/"


# --- the copying ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Counts:
    """What became of the files. Keys are held as digests: there may be very many."""

    fates: Counter[str] = field(default_factory=Counter)
    addresses: Counter[bytes] = field(default_factory=Counter)


def _import(start: Path, folder: Path, reading: Reading, *, dry: bool) -> _Counts:
    counts = _Counts()
    for path, ref in _files(start):
        try:
            fate = _import_file(path, ref, folder, reading, counts, dry=dry)
        except OSError as error:
            complain(f"feedbraid: {path}: it can not be read: {error.strerror or error}")
            fate = "refused"
        counts.fates[fate] += 1
    if counts.fates["copied"] and not dry:
        os.sync()
    return counts


def _import_file(  # noqa: PLR0913  # one file, and all that it is judged by
    path: Path, ref: str, folder: Path, reading: Reading, counts: _Counts, *, dry: bool
) -> str:
    """Copy one file if it is a post, and tell what became of it."""
    with path.open("rb") as opened:
        data = opened.read(READ_AT_MOST)
    key = _key_of(data, ref, reading)
    if isinstance(key, Skipped):
        place = f"{path}:{key.line}" if key.line else str(path)
        complain(f"feedbraid: {place}: {key.reason}")
        return "refused"
    counts.addresses[bytes.fromhex(digest(key)[:32])] += 1
    target = folder / ref
    if target.is_file():
        if target.read_bytes() == data:
            return "there"
        complain(f"feedbraid: {path}: {target} is another post, and stays as it is")
        return "differs"
    if not dry:
        write_below(target, data, UNHURRIED)
    return "copied"


def _key_of(data: bytes, ref: str, reading: Reading) -> str | Skipped:
    from feedbraid import normalise, postfile  # noqa: PLC0415  # the parsers of posts, only for posts (D23)

    post = postfile.read_post(data, ref, reading)
    if isinstance(post, Skipped):
        return post
    bare = replace(post.raw, contents=(), summary=None)
    read = normalise.read_entry(bare, reading, Channel())  # it takes most of the time to clean a text
    if isinstance(read, Skipped):
        read = normalise.read_entry(post.raw, reading, Channel())
    return read if isinstance(read, Skipped) else read.entry.key


# --- which files ------------------------------------------------------------------------------------------


def _files(start: Path) -> Iterator[tuple[Path, str]]:
    """Give the files that may be posts, sorted, each with its path below the folder of seeds."""
    tops = _folders_of_posts(start) or [start]
    for top in tops:
        for found, folders, names in os.walk(top):
            folders[:] = sorted(
                name for name in folders if not name.startswith(".") and name not in IGNORED_FOLDERS
            )
            for name in sorted(names):
                path = Path(found, name)
                if _may_be_post(path):
                    yield path, _ref(path.relative_to(start))


def _folders_of_posts(start: Path) -> list[Path]:
    """Find the folders of posts of a Jekyll site: one at its top, and in each category."""
    found = []
    for place, folders, _ in os.walk(start):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in IGNORED_FOLDERS)
        if POSTS in folders:
            found.append(Path(place, POSTS))
            folders.remove(POSTS)
    return found


def _ref(path: Path) -> str:
    return Path(*(part for part in path.parts if part != POSTS)).as_posix()


def _may_be_post(path: Path) -> bool:
    return (
        not path.name.startswith(".")
        and path.suffix.lower() in EXTENSIONS
        and path.stem.lower() not in IGNORED_NAMES
        and not path.is_symlink()
    )


# --- what is told -----------------------------------------------------------------------------------------


def _summary(counts: _Counts, place: str, *, dry: bool) -> str:
    fates = counts.fates
    parts = [f"{'would copy' if dry else 'copied'} {counted(fates['copied'], 'post')} to {place}"]
    parts += [f"{fates['there']} were there already"] if fates["there"] else []
    parts += [f"{fates['differs']} differ from a file of the same name"] if fates["differs"] else []
    parts += [f"{counted(fates['refused'], 'file')} can not be used"] if fates["refused"] else []
    sharing = sum(count for count in counts.addresses.values() if count > 1)
    more = (
        [f"{counted(sharing, 'post')} share an address with another: the newest is published"] if sharing else []
    )
    more += ["run `feedbraid build` to publish them"] if fates["copied"] and not dry else []
    return "; ".join([", ".join(parts), *more])
