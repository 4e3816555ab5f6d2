"""Things to measure on, generated: the same on every machine and in every run."""

from __future__ import annotations

import html
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

SENTENCE = (
    "港口的灯塔今天重新开放，参观时间为每天上午十点到下午四点。 The last boat leaves at 18:40 from December on. "
)


def body(number: int, length: int) -> str:
    """Give an HTML body of about `length` characters, with a picture and links."""
    paragraphs = "".join(f"<p>{SENTENCE} <a href='/n/{number}/{i}'>{i}</a></p>" for i in range(length // 90))
    return f'<div><img src="/img/{number}.jpg" width="100%">{paragraphs}</div>'


def date(number: int) -> tuple[int, int, int, int]:
    """Give (month, day, hour, minute) of the post with this number, in 2024."""
    return 1 + number % 12, 1 + number // 12 % 28, number // 336 % 24, number // 8064 % 60


def write_seeds(folder: Path, count: int, length: int = 2000) -> None:
    """Write posts in the sample format."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        month, day, hour, minute = date(number)
        url = f"https://harbour.example/zh/{number}.html"
        (folder / f"2024-{month:02}-{day:02}-{number:05}.md").write_text(
            f'---\nlayout: post\ntitle: "港口新闻 {number}"\n'
            f"date: 2024-{month:02}-{day:02}T{hour:02}:{minute:02}:00.000Z\n"
            f"author: 港口电台\nfrom: {url}\ntags: [ 港口电台 ]\ncategories: [ 港口电台 ]\n---\n"
            f"<!--17040672{number:05}-->\n[港口新闻 {number}]({url})\n------\n\n"
            f"<div>\n{body(number, length)}\n</div>\n",
            encoding="utf-8",
        )


def rss(first: int, count: int, length: int, extra: str = "") -> str:
    """Give an RSS document of items with whole bodies, each with some more markup at its end."""
    items = []
    for number in range(first, first + count):
        month, day, hour, minute = date(number)
        items.append(
            f"<item><title>Harbour news {number}</title><link>https://harbour.example/{number}</link>"
            f'<guid isPermaLink="false">harbour-{number}</guid><category>News</category>'
            f"<pubDate>2024-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z</pubDate>"
            f"<description><![CDATA[{body(number, length)}{extra}]]></description></item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Harbour</title>'
        f"<link>https://harbour.example/</link><description>x</description>{''.join(items)}</channel></rss>"
    )


PARTS = Path(__file__).with_name("_parts.html").read_text("utf-8").strip().split("\n\n")
"""What posts of today's blogs and news sites are made of; in a document, NUMBER is the post's own."""


def post_body(number: int, length: int) -> str:
    """Give a whole body of a third of `length` characters up to twice as many, as varied as real ones are."""
    wanted, made, place = length * (1 + number * 7 % 11) // 6, [], number
    size = 0
    while size < wanted:
        part = PARTS[(place * place + number) % len(PARTS)]
        made.append(part)
        size += len(part)
        place += 1
    return "".join(made)


def summary(number: int) -> str:
    """Give the first words of a post and a link to the rest, as many feeds do."""
    return f'<p>{SENTENCE * 2}No. {number} &hellip; <a href="/n/NUMBER">Read more</a></p>'


def bodies_of(folder: Path) -> list[str]:
    """Take bodies from the posts of a folder, as they are behind the front matter."""
    texts = (path.read_text("utf-8-sig", errors="replace") for path in sorted(folder.glob("*.md")))
    return [text.split("\n---\n", 1)[-1] for text in texts]


NEWEST = 1_767_225_600
"""2026-01-01T00:00:00Z, in seconds; nothing in a generated feed is later than a day after it."""


def document(source: int, bodies: Sequence[str], news: int = 0) -> bytes:
    """Give the document of a source: one post for each body, the newest first; two in three are RSS, one is Atom.

    With `news`, so many new posts have come, and as many of the oldest have gone.
    """
    write = _atom if source % 3 == 2 else _rss
    last = len(bodies) - 1 + news
    numbers = range(last, news - 1, -1)
    return write(source, [(at, bodies[at % len(bodies)].replace("NUMBER", f"{source}-{at}")) for at in numbers])


def _rss(source: int, posts: Sequence[tuple[int, str]]) -> bytes:
    site = f"https://harbour{source}.example"
    items = []
    for number, body in posts:
        text = f"<![CDATA[{body}]]>" if source % 2 else html.escape(body)
        items.append(
            f"<item>\n<title>Harbour {source} news {number}: 港口 &amp; sea</title>\n"
            f"<link>{site}/2025/{number}.html</link>\n"
            f'<guid isPermaLink="false">harbour-{source}-{number}</guid>\n'
            "<category>News</category>\n"
            f"<dc:creator>Ann Lee</dc:creator>\n<pubDate>{formatdate(_time(source, number))}</pubDate>\n"
            f"<description>{text}</description>\n</item>\n"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"<channel>\n<title>Harbour {source}</title>\n<link>{site}/</link>\n<description>News</description>\n"
        f"<language>en</language>\n{''.join(items)}</channel>\n</rss>\n"
    ).encode()


def _atom(source: int, posts: Sequence[tuple[int, str]]) -> bytes:
    site = f"https://harbour{source}.example"
    entries = []
    for number, body in posts:
        moment = datetime.fromtimestamp(_time(source, number), UTC).isoformat()
        entries.append(
            f"<entry>\n<title>Harbour {source} news {number}: 港口 &amp; sea</title>\n"
            f'<link rel="alternate" href="{site}/2025/{number}.html"/>\n'
            f"<id>tag:harbour{source}.example,2025:{number}</id>\n<published>{moment}</published>\n<updated>{moment}</updated>\n"
            f'<author><name>Ann Lee</name></author>\n<category term="News"/>\n'
            f'<content type="html">{html.escape(body)}</content>\n</entry>\n'
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
        f'<title>Harbour {source}</title>\n<link href="{site}/"/>\n'
        f"<id>tag:harbour{source}.example,2025:feed</id>\n"
        f"<updated>2025-12-31T00:00:00Z</updated>\n{''.join(entries)}</feed>\n"
    ).encode()


def _time(source: int, number: int) -> int:
    """Give when a post was published: about one a day, the newest of twenty just before `NEWEST`."""
    return NEWEST + (number - 20) * 86_400 + source % 86_400
