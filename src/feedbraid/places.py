"""Where a store may be: at a path, or at the address of a database."""

from __future__ import annotations

import re

from feedbraid.masks import masked


def is_database(place: str) -> bool:
    """Tell the address of a database from a path."""
    return place.startswith(("postgresql://", "postgres://"))


def place_name(place: str) -> str:
    """Name a place in a message: an address without its user and password, whatever signs these have."""
    return masked(re.sub("://.*@", "://***@", place)) if "://" in place else place
