"""The feed of incidents, `health.atom`: what happened to the sources, for whoever looks after them.

It is no feed of posts: incidents never appear in those (D14), and nothing here is merged, filtered or archived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape

from feedbraid import ids
from feedbraid.alerts import HEADLINES
from feedbraid.formats.atom import FORMAT
from feedbraid.model import Category, Entry, EntryKey, Feed, Person, Post, SiteSpec
from feedbraid.pages import anchor_of
from feedbraid.posts import paragraph
from feedbraid.records import Incident
from feedbraid.service import FOLDER
from feedbraid.text import minute, one_line, xml_safe

MOST = 50
"""Incidents in the feed."""

FILE = "health.atom"

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed was updated in which nothing ever happened: the element is needed (RFC 4287 4.1.1), and as this
moment never changes, a feed that stays empty stays the same."""

_ADVICE = {
    "broken": "Nothing new comes from it until it can be read again. What came before stays in the feeds.",
    "healed": "Nothing has to be done. What it brought meanwhile is in the feeds, as far as it still states it.",
    "silent": "It can be read, but brings nothing new. Look whether it moved, or whether its author rests.",
}


def incidents_feed(incidents: Sequence[Incident], titles: Mapping[str, str], site: SiteSpec) -> bytes:
    """Write the Atom document of the newest incidents, which are given oldest first.

    `titles` are those of the sources by name; one that is gone is called by its name.
    """
    home, title = f"{site.address}{FOLDER}", health_title(site)
    author = Person(site.author or title)
    posts = tuple(
        _post(one, one_line(titles.get(one.origin) or one.origin), home, author)
        for one in newest_first(incidents)[:MOST]
    )
    feed = Feed(
        name="health",
        id=ids.mint("health", site.address),
        title=title,
        subtitle="What happened to the sources of the feeds",
        home=home,
        author=author,
        updated=max((post.updated for post in posts), default=NEVER),
        posts=posts,
        siblings=(),
        language="en",
        address=home,
    )
    return FORMAT.render(feed, f"{home}{FILE}")


def health_title(site: SiteSpec) -> str:
    """Name the pages and the feed about health; a site without a title goes by its address."""
    return f"Health of {site.title or site.address}"


def newest_first(incidents: Iterable[Incident]) -> list[Incident]:
    """Order incidents for readers; those of one moment are as they came."""
    return sorted(incidents, key=lambda one: one.at, reverse=True)


def _post(incident: Incident, source: str, home: str, author: Person) -> Post:
    link = f"{home}#{anchor_of(incident.origin)}"
    entry = Entry(
        key=EntryKey(incident.id),
        dialect="atom",
        public_id=incident.id,
        link=link,
        title=HEADLINES[incident.kind].format(source=source),
        body=_body(incident, source, link),
        published=incident.at,
        authors=(author,),
        categories=(Category(incident.kind),),
    )
    return Post(
        key=entry.key,
        id=incident.id,
        entry=entry,
        first_seen=incident.at,
        last_changed=incident.at,
        origin=incident.origin,
    )


def _body(incident: Incident, source: str, link: str) -> str:
    """Say what happened, when it was noticed, why, and what to do."""
    who = source if source == incident.origin else f"{source} ({incident.origin})"
    noticed = f"{HEADLINES[incident.kind].format(source=who)}, noticed at {minute(incident.at)}"
    page = f'<a href="{escape(link)}">the status page</a>'
    return "\n".join(
        (
            paragraph(xml_safe(f"{noticed}: {incident.detail}" if incident.detail else f"{noticed}.")),
            paragraph(_ADVICE[incident.kind]),
            f"<p>More is told by <code>feedbraid status</code> and on {page}.</p>",
        )
    )
