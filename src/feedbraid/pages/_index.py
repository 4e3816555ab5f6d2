"""The page of all feeds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feedbraid.model import Sibling
from feedbraid.pages._languages import in_english, part_attributes, text_direction
from feedbraid.pages._lines import FeedLine, SourceLine
from feedbraid.pages._markup import NOTHING, Markup, element, joined, lines, text
from feedbraid.pages._page import (
    addresses,
    by_importance,
    format_link,
    head,
    moment,
    name,
    page,
    policy,
    sentence,
    style_of,
    web_address,
)

_INTRO = "Each of these is a feed. Subscribe by copying its address into a feed reader."
_NONE = "No feed is listed here."


def index_page(title: str, feeds: Sequence[FeedLine], *, language: str = "", status: str = "") -> bytes:
    """Write `feeds/index.html`: every feed with its address, and the sources of each.

    `status` is where the page is that tells how the sources do; empty when there is none.
    """
    style, styles = style_of("", "")
    whole = part_attributes("", language) | {"dir": text_direction(language)}
    intro = _INTRO if feeds else _NONE
    return page(
        head(title, "", by_importance(_siblings(feeds)), style=style, policy=policy(styles)),
        element(
            "header",
            {},
            lines(
                NOTHING,
                element("hgroup", whole, element("h1", {}, text(title))),
                element("p", {}, in_english(text(intro), language)),
            ),
        ),
        element("main", {}, lines(NOTHING, *(_section(feed, language) for feed in feeds))),
        element("footer", {}, lines(NOTHING, *_links(language, status))),
        language=language,
    )


def _links(language: str, status: str) -> Iterator[Markup]:
    if status:
        words = in_english(text("How the sources do"), language)
        yield element("p", {}, element("a", {"href": status}, words))
    words = in_english(text("All sources as a list for feed readers (OPML)"), language)
    yield element("p", {}, element("a", {"href": "sources.opml", "type": "text/x-opml"}, words))


def _siblings(feeds: Sequence[FeedLine]) -> list[Sibling]:
    return [one for feed in feeds for one in feed.siblings]


def _section(feed: FeedLine, language: str) -> Markup:
    around = feed.language or language
    auto, folder = text_direction(feed.language), feed.folder or _folder(feed.address)
    siblings = by_importance(feed.siblings)
    posts = f"{feed.entries} post{'s' * (feed.entries != 1)}"
    return element(
        "section",
        part_attributes(feed.language, language),
        lines(
            NOTHING,
            element("h2", {"dir": auto}, element("a", {"href": f"{folder}index.html"}, text(feed.title))),
            element("p", {"dir": auto}, text(feed.subtitle)) if feed.subtitle else NOTHING,
            addresses(siblings[:1], feed.address, folder) if siblings else NOTHING,
            element(
                "p",
                {},
                sentence(
                    in_english(text(posts), around),
                    in_english(joined((text("updated"), moment(feed.updated)), " "), around)
                    if feed.updated
                    else NOTHING,
                    *(format_link(one, feed.address, folder) for one in siblings[1:]),
                ),
            ),
            _sources(feed.sources, around),
        ),
    )


def _folder(address: str) -> str:
    """Give the folder of a feed as seen from the index beside it."""
    return address.rstrip("/").rpartition("/")[2] + "/"


def _sources(sources: Sequence[SourceLine], around: str) -> Markup:
    if not sources:
        return NOTHING
    count = f"{len(sources)} source{'s' * (len(sources) != 1)}"
    return element(
        "details",
        {},
        element("summary", {}, in_english(text(count), around)),
        element("ul", {}, lines(*(element("li", {}, _source(one, around)) for one in sources))),
    )


def _source(source: SourceLine, around: str) -> Markup:
    href = web_address(source.feed_url)
    feed = element("a", {"href": href}, in_english(text("feed"), around)) if href else NOTHING
    return sentence(name(source.title or source.name, source.link), feed)
