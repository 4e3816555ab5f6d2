"""Plug-in modules of a folder: listed without importing, loaded one by one by name."""

from __future__ import annotations

import importlib
import pkgutil


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
