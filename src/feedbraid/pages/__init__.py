"""Pages for people in browsers, and the list of sources: what stands beside the feeds (N120, N121, N124..N127).

Every function is pure: the same facts give the same bytes. No page has a script, and none is made by XSLT (N125).
What a name needs is imported when somebody asks for it: a run in which nothing changed writes no page (D23).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedbraid.pages._feed import feed_page
    from feedbraid.pages._index import index_page
    from feedbraid.pages._lines import FeedLine, SourceLine
    from feedbraid.pages._opml import sources_opml
    from feedbraid.pages._status import anchor_of, status_page
    from feedbraid.pages._style import FEED_STYLE, STATUS_STYLE, STYLE

__all__ = [
    "FEED_STYLE",
    "STATUS_STYLE",
    "STYLE",
    "FeedLine",
    "SourceLine",
    "anchor_of",
    "feed_page",
    "index_page",
    "sources_opml",
    "status_page",
]

_MODULES = {
    "FEED_STYLE": "_style",
    "STATUS_STYLE": "_style",
    "STYLE": "_style",
    "FeedLine": "_lines",
    "SourceLine": "_lines",
    "anchor_of": "_status",
    "feed_page": "_feed",
    "index_page": "_index",
    "sources_opml": "_opml",
    "status_page": "_status",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
