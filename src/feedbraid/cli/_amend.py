"""A configuration file that is added to: replaced by what was found right, or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from feedbraid import configvalues
from feedbraid.config import load_config
from feedbraid.configedit import NewSource, with_additions
from feedbraid.configtext import parse_config
from feedbraid.configtree import read_parts
from feedbraid.errors import ConfigError, Problem, PublishError
from feedbraid.model import FeedSpec
from feedbraid.nouns import dataclass
from feedbraid.settings import Config
from feedbraid.subscriptions import Additions, Known

_MARK = b"\xef\xbb\xbf"
_STAND_IN = "nothing-yet"
"""The source that is thought into a configuration that has none yet, so that the rest of it can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amended:
    """A file as it is."""

    path: Path
    content: bytes | None
    """None when there is no file."""
    text: str
    config: Config

    @property
    def known(self) -> Known:
        """Give what additions have to fit to."""
        origins = (*self.config.seeds, *self.config.sources)
        return Known(
            sources=self.config.sources, names=tuple(spec.name for spec in origins), feeds=tuple(self._feeds())
        )

    def _feeds(self) -> list[FeedSpec]:
        """Give the feeds that the file names, and not the one that there is when it names none."""
        root = read_parts(self.text, str(self.path)) if self.text.strip() else None
        found = root.member("feeds") if root is not None and root.kind == "mapping" else None
        return list(self.config.feeds) if found and found[1].kind != "nothing" and found[1].values else []


def read_file(path: Path) -> Amended:
    """Read a configuration, which need not be there and need not have a source yet.

    Raises ConfigError when anything else is wrong with it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return Amended(path=path, content=None, text="", config=Config(folder=path.parent))
    except OSError as error:
        raise ConfigError.of(str(path), error.strerror or str(error)) from error
    try:
        config = load_config(path)
    except ConfigError as error:
        config = _without_sources(content, path, error)
    return Amended(path=path, content=content, text=content.decode("utf-8-sig"), config=config)


def _without_sources(content: bytes, path: Path, error: ConfigError) -> Config:
    """Read a configuration of which nothing is wrong but that it has no source."""
    try:
        text = content.decode("utf-8-sig")
        filled = with_additions(text, str(path), [NewSource(name=_STAND_IN, url="./nothing.xml")])
        found = parse_config(filled, str(path), path.parent)
    except (ConfigError, UnicodeDecodeError):
        raise error from None
    return replace(found, sources=tuple(spec for spec in found.sources if spec.name != _STAND_IN))


def amended_text(file: Amended, additions: Additions) -> str:
    """Give the text with additions, found right. Raises ConfigError when it would not be a configuration."""
    text = with_additions(file.text, str(file.path), additions.sources, additions.feeds)
    try:
        parse_config(text, str(file.path), file.path.parent)
    except ConfigError as error:
        words = "left as it is, because it could not be read with what is to be added:"
        raise ConfigError([Problem(str(file.path), 0, 0, "", words), *error.problems]) from error
    return text


def replace_file(file: Amended, text: str) -> None:
    """Write the new text in place of the file, whole or not at all; its mode stays, and a link to it leads on.

    Raises PublishError when that can not be done, and ConfigError when somebody else wrote to it meanwhile.
    """
    target = Path(os.path.realpath(file.path))
    try:
        with _alone(target.parent):
            if (target.read_bytes() if target.exists() else None) != file.content:
                words = "somebody else changed it just now; try again"
                raise ConfigError.of(str(file.path), words)
            mark = _MARK if (file.content or b"").startswith(_MARK) else b""
            _write(target, mark + text.encode())
    except OSError as error:
        raise PublishError(str(file.path), error.strerror or str(error)) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Have no other command change a configuration of this folder meanwhile; it leaves no file behind."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with suppress(OSError):  # some disks of the network know no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(target: Path, content: bytes) -> None:
    part = target.with_name(f".{target.name}.feedbraid.tmp")
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        if target.exists():
            shutil.copymode(target, part)
            owner = target.stat()
            with suppress(OSError):  # only root may give files away
                os.chown(part, owner.st_uid, owner.st_gid)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def feed_name(stated: str) -> str:
    """Check the name of a feed that stands on the command line. Raises ConfigError."""
    try:
        return configvalues.feed_name(stated)
    except ValueError as error:
        raise ConfigError([Problem("--feed", 0, 0, "", str(error))]) from None


def unpublished(names: Sequence[str], known: Known) -> str:
    """Say that no feed shows some sources, and what would change that."""
    feeds = ", ".join(spec.name for spec in known.feeds)
    some = f"{', '.join(names[:5])}{' and others' if len(names) > 5 else ''}"
    return f"no feed shows {some}: each names what it shows; the same command with --feed adds to one ({feeds})"
