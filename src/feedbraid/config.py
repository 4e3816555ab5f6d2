"""The configuration file of an instance, read once: a text that was found right is not judged again (D23).

Judging takes longer than a pass in which nothing is due. So what a text meant is kept beside the store, under a
digest of all that it depends on; without the file, or with another text, it is judged anew. Nothing is kept of a
text with `${NAME}` in it: what the environment says may be secret.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from feedbraid import __version__, codec
from feedbraid.errors import ConfigError, Problem
from feedbraid.settings import DEFAULT_SEEDS, Config

KEPT = Path(".feedbraid", "config.json")
"""Beside the configuration, where the store is unless it says otherwise; only where that folder is."""

STORE = "FEEDBRAID_STORE"
"""The variable of the environment that says where the store is, whatever the configuration says."""

_JUDGES = ("addresses", "codec", "configform", "configtext", "configtree", "configvalues", "forms", "model")
"""The modules that say what a text means, beside the filters."""


def load_config(path: Path, *, makes_folder: bool = False) -> Config:
    """Read a configuration file. Raises ConfigError with all its problems.

    `makes_folder` is for who is about to make the folder of the store, if it is missing.
    """
    text = _text_of(path)
    state = _state(text, path.parent)
    known = _kept(path.parent, state)
    if known is not None:
        return _by_environment(known)
    from feedbraid.configtext import parse_config  # noqa: PLC0415  # pydantic and ruamel: most of a start (D23)

    config = parse_config(text, str(path), path.parent)
    if "${" not in text:
        _keep(config, state, makes_folder=makes_folder)
    return _by_environment(config)


def _by_environment(config: Config) -> Config:
    """Put what the environment says in the place of what the file says. Nothing of this is kept."""
    place = os.environ.get(STORE)
    if not place:
        return config
    from feedbraid.configvalues import store  # noqa: PLC0415  # only where it is set

    try:
        return replace(config, store=store(place))
    except ValueError as error:
        raise ConfigError.of(STORE, str(error)) from None


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        from feedbraid.configtree import SHORTEST  # noqa: PLC0415  # as above

        words = f"no such file; create it: the shortest useful one is\n\n{SHORTEST}\n"
        raise ConfigError([Problem(str(path), 0, 0, "", words)]) from None
    except OSError as error:
        raise ConfigError([Problem(str(path), 0, 0, "", error.strerror or str(error))]) from error
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        words = f"the byte 0x{error.object[error.start]:02x} is no UTF-8: save the file in UTF-8"
        raise ConfigError([Problem(str(path), line, column, "", words)]) from error


def _state(text: str, folder: Path) -> str:
    """Give a digest of everything that the meaning of a text depends on."""
    here = Path(__file__).parent
    judges = [*(here / f"{name}.py" for name in _JUDGES), *sorted((here / "filters").glob("*.py"))]
    dated = [f"{one.st_size}-{one.st_mtime_ns}" for one in (judge.stat() for judge in judges if judge.exists())]
    return codec.digest("\n".join((__version__, *dated, str((folder / DEFAULT_SEEDS).is_dir()), text)))


def _kept(folder: Path, state: str) -> Config | None:
    """Give what was kept of this very text, or None; whatever is wrong with the file, it is only not used."""
    try:
        known, _, config = (folder / KEPT).read_text(encoding="utf-8").partition("\n")
        return replace(codec.decode(Config, config), folder=folder) if known == state else None
    except (OSError, ValueError):
        return None


def _keep(config: Config, state: str, *, makes_folder: bool) -> None:
    target = config.folder / KEPT
    part = target.with_suffix(".tmp")
    with suppress(OSError):
        if makes_folder and Path(config.store).parent == KEPT.parent:
            target.parent.mkdir(exist_ok=True)
        part.touch(mode=0o600)  # a password may stand in the configuration
        part.write_text(f"{state}\n{codec.encode(replace(config, folder=Path()))}", encoding="utf-8")
        part.replace(target)
