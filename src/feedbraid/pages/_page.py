"""What both kinds of pages have: the frame, links to feeds in all formats, dates, guarded addresses."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256

from feedbraid.dates import rfc3339
from feedbraid.model import Sibling
from feedbraid.pages._languages import page_attributes
from feedbraid.pages._markup import NOTHING, Markup, element, joined, lines, text
from feedbraid.text import xml_safe
from feedbraid.urls import uri_form

APART = " · "

_FORMATS = {
    "application/atom+xml": "Atom",
    "application/rss+xml": "RSS",
    "application/feed+json": "JSON\u00a0Feed",
}
"""Most important first: many readers take the first feed that a page names (N127)."""


# --- the frame --------------------------------------------------------------------------------------------


def page(head: Markup, *body: Markup, language: str) -> bytes:
    """Write a whole document."""
    return (
        "<!DOCTYPE html>\n"
        + element("html", page_attributes(language), lines(NOTHING, head, element("body", {}, lines(*body))))
        + "\n"
    ).encode()


def head(
    title: str,
    description: str,
    feeds: Sequence[Sibling],
    *,
    style: Markup,
    policy: str,
) -> Markup:
    """Write the head. The policy comes before anything that could be loaded."""
    return element(
        "head",
        {},
        lines(
            element("meta", {"charset": "utf-8"}),
            element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
            element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
            element("meta", {"name": "color-scheme", "content": "light dark"}),
            element("meta", {"name": "referrer", "content": "no-referrer"}),
            element("title", {}, text(title)),
            element("meta", {"name": "description", "content": description}) if description else NOTHING,
            *_alternates(feeds),
            style,
        ),
    )


def style_of(up: str, css: str) -> tuple[Markup, str]:
    """Give the element that brings the style, and what the policy allows for it (CSP 3, 2.3.1)."""
    if not css:
        return element("link", {"rel": "stylesheet", "href": f"{up}style.css"}), "'self'"
    # A style has no references: a text that ends the element would leave it.
    raw = xml_safe(css).replace("</", r"<\/")
    digest = b64encode(sha256(raw.encode()).digest()).decode()
    return element("style", {}, Markup(raw)), f"'sha256-{digest}'"


def policy(styles: str, *, frames: bool = False) -> str:
    """Say what a page may load: pictures and sound, and frames only where a post has one."""
    framing = "frame-src https:; " if frames else ""
    return (
        "default-src 'none'; img-src https: http: data:; media-src https: http:; "
        f"style-src {styles}; {framing}base-uri 'none'; form-action 'none'"
    )


# --- feeds ------------------------------------------------------------------------------------------------


def by_importance(siblings: Iterable[Sibling]) -> list[Sibling]:
    """Order feeds by format, Atom first; those of one format stay as they are."""
    order = list(_FORMATS)
    return sorted(
        (one for one in siblings if web_address(one.href)),
        key=lambda one: order.index(one.media_type) if one.media_type in order else len(order),
    )


def _alternates(feeds: Sequence[Sibling]) -> list[Markup]:
    """Write autodiscovery links; a title that was there before gets its address beside it (N127)."""
    found, titles = [], set()
    for one in feeds:
        title = one.title if one.title not in titles else f"{one.title} ({one.href})"
        titles.add(title)
        found.append(
            element(
                "link", {"rel": "alternate", "type": one.media_type, "title": title, "href": web_address(one.href)}
            )
        )
    return found


def addresses(feeds: Iterable[Sibling], folder: str, to_folder: str = "") -> Markup:
    """List feeds: a link from beside the files, which works from a disk, too, and the address to copy."""
    return element(
        "ul",
        {},
        lines(
            *(
                element(
                    "li",
                    {},
                    format_link(one, folder, to_folder),
                    text(" "),
                    element("code", {"dir": "ltr"}, text(one.href)),
                )
                for one in feeds
            )
        ),
    )


def format_link(one: Sibling, folder: str, to_folder: str = "") -> Markup:
    """Link to a feed by the name of its format."""
    href = relative(one.href, folder, to_folder)
    name = _FORMATS.get(one.media_type, one.media_type)
    return element("a", {"href": href, "type": one.media_type, "dir": "ltr"}, text(name))


def relative(href: str, folder: str, to_folder: str = "") -> str:
    """Give an address as seen from a page that reaches the public `folder` by `to_folder`, or the whole of it."""
    rest = href.removeprefix(folder) if folder and href.startswith(folder) else ""
    # A colon in the first segment would be read as a scheme (RFC 3986 4.2).
    if rest and not rest.startswith(("/", "?", "#")) and ":" not in rest.partition("/")[0]:
        return to_folder + rest
    return web_address(href)


# --- small things -----------------------------------------------------------------------------------------


def web_address(url: str) -> str:
    """Guard what is linked and loaded: an http(s) URL, or nothing."""
    return uri_form(url)


def linked(content: Markup, url: str, **attributes: str) -> Markup:
    """Link to a page, when its address can be linked to."""
    href = web_address(url)
    return element("a", {"href": href, **attributes}, content) if href else content


def name(plain: str, url: str = "") -> Markup:
    """Write a name so that its direction does not disturb the words around it."""
    return linked(element("bdi", {}, text(plain)), url) if plain else NOTHING


def moment(when: datetime) -> Markup:
    """Write a date and time in UTC."""
    stamp = rfc3339(when)
    return element("time", {"datetime": stamp, "dir": "ltr"}, text(f"{stamp[:10]} {stamp[11:16]} UTC"))


def sentence(*parts: Markup) -> Markup:
    """Put small facts on a line."""
    return joined(parts, APART)
