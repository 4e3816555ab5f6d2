"""Pages for people in browsers, and the list of sources: what stands beside the feeds (N120, N121, N124..N127).

Every function is pure: the same facts give the same bytes. No page has a script, and none is made by XSLT (N125).
"""

from __future__ import annotations

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
