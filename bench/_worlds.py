"""Things to measure on, generated: the same on every machine and in every run."""

from __future__ import annotations

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
