"""Sources that change over time, as RSS documents: a test says what each post states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from feedbraid.dates import rfc822

START = datetime(2026, 1, 1, 12, 30, 15, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Told:
    """One post as a source tells it: dated `day` days after the start, or not at all."""

    link: str
    guid: str = ""
    title: str = ""
    day: float | None = 0
    body: str = "The text."

    def xml(self) -> str:
        guid = f'<guid isPermaLink="false">{escape(self.guid)}</guid>' if self.guid else ""
        title = f"<title>{escape(self.title)}</title>" if self.title else ""
        date = f"<pubDate>{rfc822(START + timedelta(days=self.day))}</pubDate>" if self.day is not None else ""
        body = f"<description>{escape('<p>' + self.body + '</p>')}</description>"
        return f"<item>{title}<link>{escape(self.link)}</link>{guid}{date}{body}</item>"


def rss(*posts: Told, name: str = "news") -> str:
    """Write the document of a source."""
    items = "".join(post.xml() for post in posts)
    head = f"<title>The {name}</title><link>https://{name}.example/</link><description>All of it</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


def posts(*numbers: int, host: str = "https://news.example", guid: str = "g{}", query: str = "") -> list[Told]:
    """Tell posts by their numbers, a day apart."""
    return [
        Told(
            link=f"{host}/post/{n}{query}",
            guid=guid.format(n),
            title=f"Post number {n}",
            day=n,
            body=f"What happened on day {n}.",
        )
        for n in numbers
    ]
