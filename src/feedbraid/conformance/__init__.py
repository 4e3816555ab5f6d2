"""What the specifications ask of a document, checked without the code that writes it.

Atom (RFC 4287), RSS 2.0 with the Advisory Board's profile, JSON Feed 1.1, archives (RFC 5005), OPML 2.0, and pages
for people; also the stricter rules that feedbraid sets itself, which name their number. A document with a fault is
not published (D18), so a check never guesses: what is merely odd passes.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from feedbraid.conformance._report import Fault

__all__ = ["Fault", "atom_faults", "faults", "json_faults", "rss_faults"]

_MODULES = {
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "application/feed+json": "jsonfeed",
    "text/x-opml": "opml",
    "text/html": "htmlpage",
}


def faults(media_type: str, document: bytes) -> tuple[Fault, ...]:
    """List what is wrong with a document, in its order as far as lines are known; never raises.

    Of a media type that no module here knows, nothing is asked.
    """
    name = _MODULES.get(media_type)
    if name is None:
        return ()
    # lxml is loaded when there is something to check: a run in which nothing changed does without (D23).
    check: Callable[[bytes], tuple[Fault, ...]] = import_module(f"{__name__}.{name}").check
    return check(document)


def atom_faults(document: bytes) -> list[str]:
    """List what is wrong with an Atom document, as sentences."""
    return [str(fault) for fault in faults("application/atom+xml", document)]


def rss_faults(document: bytes) -> list[str]:
    """List what is wrong with an RSS document, as sentences."""
    return [str(fault) for fault in faults("application/rss+xml", document)]


def json_faults(document: bytes) -> list[str]:
    """List what is wrong with a JSON Feed, as sentences."""
    return [str(fault) for fault in faults("application/feed+json", document)]
