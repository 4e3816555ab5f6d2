"""The page of one feed: what it is, where to subscribe, and its posts (N124)."""

from __future__ import annotations

from collections.abc import Iterator

from feedbraid.model import Entry, Feed, Post
from feedbraid.pages._body import embedded, has_frames
from feedbraid.pages._files import files, thumbnail
from feedbraid.pages._languages import in_english, part_attributes, text_direction
from feedbraid.pages._markup import NOTHING, Markup, element, joined, lines, text
from feedbraid.pages._page import (
    addresses,
    by_importance,
    head,
    linked,
    moment,
    name,
    page,
    policy,
    relative,
    sentence,
    style_of,
)
from feedbraid.posts import name_of, origin_of
from feedbraid.text import derived_title
from feedbraid.urls import host_of

_POSTS = "posts"
"""The only id of the page: those of bodies are gone."""


def feed_page(feed: Feed, *, up: str = "../", style: str = "") -> bytes:
    """Write `feeds/NAME/index.html`.

    `up` is the relative address of the folder with `style.css`, `index.html` and `sources.opml`. A `style` that is
    not empty is CSS to be put into the page, which then stands alone.
    """
    brought, styles = style_of(up, style)
    framed = any(has_frames(post.entry.body) for post in feed.posts)
    return page(
        head(
            feed.title,
            feed.subtitle,
            by_importance(feed.siblings),
            style=brought,
            policy=policy(styles, frames=framed),
        ),
        _skip_link(feed),
        _opening(feed, up),
        element(
            "main", {"id": _POSTS}, lines(NOTHING, *(_article(post, feed) for post in feed.posts), _none(feed))
        ),
        _closing(feed),
        language=feed.language,
    )


# --- around the posts -------------------------------------------------------------------------------------


def _english(words: str, feed: Feed) -> Markup:
    return in_english(text(words), feed.language)


def _skip_link(feed: Feed) -> Markup:
    return element("a", {"href": f"#{_POSTS}"}, _english("Skip to the posts", feed))


def _opening(feed: Feed, up: str) -> Markup:
    siblings = by_importance(feed.siblings)
    which = "one of these addresses" if len(siblings) > 1 else "this address"
    whole = part_attributes("", feed.language) | {"dir": text_direction(feed.language)}
    return element(
        "header",
        {},
        lines(
            NOTHING,
            element("nav", {}, element("a", {"href": f"{up}index.html"}, _english("All feeds", feed))),
            element(
                "hgroup",
                whole,
                element("h1", {}, text(feed.title)),
                element("p", {}, text(feed.subtitle)) if feed.subtitle else NOTHING,
            ),
            element("p", {}, _english(f"This is a feed. Subscribe by copying {which} into a feed reader.", feed)),
            addresses(siblings, feed.address),
            element(
                "p",
                {},
                sentence(
                    in_english(joined((text("Updated"), moment(feed.updated)), " "), feed.language),
                    _website(feed),
                    element(
                        "a", {"href": f"{up}sources.opml", "type": "text/x-opml"}, _english("Sources (OPML)", feed)
                    ),
                ),
            ),
        ),
    )


def _website(feed: Feed) -> Markup:
    """Link to the page that the feed is about, when that is not this one."""
    host = host_of(feed.home)
    if not host or feed.home in (feed.address, f"{feed.address}index.html"):
        return NOTHING
    return linked(element("bdi", {}, text(host.removeprefix("www."))), feed.home)


def _none(feed: Feed) -> Markup:
    return NOTHING if feed.posts else element("p", {}, _english("There are no posts yet.", feed))


def _closing(feed: Feed) -> Markup:
    said = lines(_older(feed), element("p", {"dir": "auto"}, text(feed.rights)) if feed.rights else NOTHING)
    return element("footer", {}, said) if said else NOTHING


def _older(feed: Feed) -> Markup:
    """Say where older posts are: archives are for feed readers, and the newest one names the one before."""
    siblings = by_importance(feed.siblings)
    if not feed.previous or not siblings:
        return NOTHING
    count = len(feed.posts)
    file = siblings[0].href.rpartition("/")[2]
    older = element("a", {"href": relative(feed.previous + file, feed.address)}, text("archive feeds"))
    here = f"{count} posts are here, older ones" if count > 1 else "Older posts"
    words = joined((text(f"{here} are in the "), older, text(".")))
    return element("p", {}, in_english(words, feed.language))


# --- one post ---------------------------------------------------------------------------------------------


def _article(post: Post, feed: Feed) -> Markup:
    entry = post.entry
    auto = text_direction(entry.language)
    return element(
        "article",
        part_attributes(entry.language, feed.language) | _place_on_page(entry, feed),
        lines(
            NOTHING,
            _heading(post, feed, auto),
            thumbnail(entry),
            files(entry),
            _text(post, auto),
        ),
    )


def _place_on_page(entry: Entry, feed: Feed) -> dict[str, str]:
    """Give the id of a post whose address is a place on this very page: a digest."""
    page, _, fragment = entry.link.partition("#")
    return {"id": fragment} if fragment and page == feed.address else {}


def _shown_title(post: Post) -> str:
    """Give the title; a post with no text gets one made of its link, and others can do without (N30)."""
    entry = post.entry
    return entry.title or ("" if entry.body or entry.summary else derived_title("", entry.link) or post.id)


def _heading(post: Post, feed: Feed, auto: str | None) -> Markup:
    title, facts = _shown_title(post), element("p", {}, sentence(*_facts(post, feed)))
    if not title:
        return element("header", {}, facts)
    return element("header", {"dir": auto}, element("h2", {}, linked(text(title), post.entry.link)), facts)


def _facts(post: Post, feed: Feed) -> Iterator[Markup]:
    """Give the dates, the authors, the source; no name twice, and not that of the page itself."""
    stated, updated = post.published or post.updated, post.updated
    # The date of a post without a title is what leads to it.
    yield moment(stated) if _shown_title(post) else linked(moment(stated), post.entry.link)
    if updated.date() != stated.date():
        yield in_english(joined((text("updated"), moment(updated)), " "), post.entry.language or feed.language)
    channel = origin_of(post)
    source = name_of(channel) if channel else ""
    unwanted = {"", source, feed.title}
    yield joined(
        (name(author.name, author.uri) for author in post.entry.authors if author.name not in unwanted), ", "
    )
    if channel and source != feed.title:
        yield name(source, channel.link)


def _text(post: Post, auto: str | None) -> Markup:
    """Give the body, else the summary."""
    entry = post.entry
    if entry.body:
        return element("div", {"dir": auto}, embedded(entry.body))
    return element("div", {"dir": auto}, element("p", {}, text(entry.summary))) if entry.summary else NOTHING
