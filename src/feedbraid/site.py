"""What is published beside the feeds: the index for people, the list of sources, and the style of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from feedbraid import pages
from feedbraid.model import Channel, Document, Feed, FeedSpec, SiteSpec

INDEX = "index.html"
SOURCES = "sources.opml"
PAGE_STYLE = "style.css"
FEED_STYLE = "feed.css"

DEFAULT_TITLE = "Feeds"


def feed_line(feed: Feed, spec: FeedSpec, channels: Mapping[str, Channel]) -> pages.FeedLine:
    """Give what the index and the list of sources say of a feed."""
    return pages.FeedLine(
        title=feed.title,
        subtitle=feed.subtitle,
        address=spec.address,
        home=feed.home,
        language=feed.language,
        entries=len(feed.posts),
        updated=feed.updated,
        siblings=feed.siblings,
        folder=f"{spec.name}/",
        sources=tuple(
            pages.SourceLine(
                name=name,
                title=channels[name].title or name,
                feed_url=channels[name].feed_url,
                link=channels[name].link,
            )
            for name in spec.origins
            if name in channels and "/" not in spec.name  # a part has the sources of its feed
        ),
    )


def site_documents(
    site: SiteSpec,
    specs: Sequence[FeedSpec],
    published: Sequence[tuple[FeedSpec, pages.FeedLine]],
    status: str = "",
) -> Iterator[Document]:
    """Write the documents of the site as a whole; none when no feed is published.

    `status` is where a page beside them tells how the sources do; empty when there is none.

    They name the feeds alone of which everybody may know. When there are none of these, they are written all the
    same, and name nothing: so no older ones stay that do.
    """
    if any(spec.stylesheet for spec in specs):
        yield Document(FEED_STYLE, "text/css", pages.FEED_STYLE)
    if not (site.pages and published):
        return
    lines = [line for spec, line in published if spec.listed]
    title = site.title or (lines[0].title if lines and len(specs) == 1 else DEFAULT_TITLE)
    newest = max((line.updated for line in lines if line.updated), default=None)
    whole = [line for line in lines if line.folder.count("/") < 2]
    yield Document(PAGE_STYLE, "text/css", pages.STYLE)
    yield Document(INDEX, "text/html", pages.index_page(title, lines, language=site.language, status=status))
    yield Document(SOURCES, "text/x-opml", pages.sources_opml(title, whole, newest, owner=site.author))
