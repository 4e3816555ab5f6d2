"""Plug-in modules of a folder: listed without importing, loaded one by one by name.

Other packages can add plugs: they name them under an entry point that is called as the folder is. Ours win.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@cache
def plug_names(package: str) -> tuple[str, ...]:
    """List the plugs of a package such as "feedbraid.formats", sorted; names with an underscore are not plugs."""
    spec = importlib.import_module(package)
    return tuple(sorted(m.name for m in pkgutil.iter_modules(spec.__path__) if not m.name.startswith("_")))


def load_plug(package: str, name: str, export: str) -> object:
    """Import one plug and give its export.

    Raises LookupError when there is no such plug or it exports nothing of that name.
    """
    if name not in plug_names(package):
        raise LookupError(f"there is no {name!r} in {package}; there are: {', '.join(plug_names(package))}")
    module = importlib.import_module(f"{package}.{name}")
    try:
        return getattr(module, export)
    except AttributeError:
        raise LookupError(f"{package}.{name} exports no {export}") from None


def added_names(package: str) -> tuple[str, ...]:
    """List the plugs that other packages add to one of ours, sorted."""
    return tuple(sorted(_added(package).keys() - set(plug_names(package))))


def load_added(package: str, name: str) -> object:
    """Import a plug of another package. Raises LookupError when that can not be done."""
    try:
        return _added(package)[name].load()
    except Exception as error:  # whatever that package raises
        what = f"{type(error).__name__}: {error}"
        raise LookupError(f"{name!r} of another package can not be loaded: {what}") from error


def added_version(package: str, name: str) -> str:
    """Name the distribution that adds a plug, with its version; empty when that is not known."""
    found = _added(package).get(name)
    return f"{found.dist.name} {found.dist.version}" if found and found.dist else ""


@cache
def _added(package: str) -> dict[str, EntryPoint]:
    from importlib.metadata import entry_points  # noqa: PLC0415  # slow, and only for what we do not have

    return {one.name: one for one in entry_points(group=package)}
