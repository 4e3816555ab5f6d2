"""The stack that four libraries make, put together in an afternoon: `_naive.py FOLDER [SEEDS]`.

httpx asks all sources of FOLDER/urls, 64 at a time, feedparser reads what they answer, python-frontmatter reads
the seeds, SQLite remembers, and feedgen writes the newest 200 posts as Atom and RSS: everything at every run. It
runs in an environment of its own, for `_peers.py`.
"""

# ruff: noqa: ANN001, ANN202  # an afternoon's script, as a user would have it

import asyncio
import calendar
import hashlib
import io
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import frontmatter
import httpx
from feedgen.feed import FeedGenerator

AT_ONCE, NEWEST = 64, 200

TABLES = """
CREATE TABLE IF NOT EXISTS source (url TEXT PRIMARY KEY, etag TEXT, modified TEXT);
CREATE TABLE IF NOT EXISTS post (
    url TEXT PRIMARY KEY, source TEXT, title TEXT, date INTEGER, body TEXT, digest TEXT);
CREATE INDEX IF NOT EXISTS newest ON post (date DESC);
"""

PUT_POST = """
INSERT INTO post VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO UPDATE SET
title = excluded.title, date = excluded.date, body = excluded.body, digest = excluded.digest
"""


async def fetch_all(urls, known):
    """Give the answers of all sources that did not say 304, by URL."""
    places, answers = asyncio.Semaphore(AT_ONCE), {}
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=10, follow_redirects=True, trust_env=False) as client:

        async def fetch(url):
            etag, modified = known.get(url, ("", ""))
            headers = {"If-None-Match": etag, "If-Modified-Since": modified}
            async with places:
                try:
                    answer = await client.get(url, headers={key: value for key, value in headers.items() if value})
                except httpx.HTTPError as error:
                    print(url, repr(error), file=sys.stderr)
                    return
            if answer.status_code == 200:
                answers[url] = answer.content, answer.headers

        await asyncio.gather(*map(fetch, urls))
    return answers


def posts_of(url, content, headers):
    """Give rows of the posts of a document."""
    parsed = feedparser.parse(io.BytesIO(content), response_headers=dict(headers))
    for entry in parsed.entries:
        moment = entry.get("published_parsed") or entry.get("updated_parsed")
        body = entry.content[0].value if "content" in entry else entry.get("summary", "")
        yield row(entry.get("link", ""), url, entry.get("title", ""), calendar.timegm(moment or (0,) * 9), body)


def posts_in(folder):
    """Give rows of the seeds of a folder."""
    for path in sorted(Path(folder).glob("*.md")):
        post = frontmatter.load(path)
        moment = post["date"]
        date = int(moment.timestamp()) if isinstance(moment, datetime) else 0
        yield row(post.get("from", str(path)), "seeds", post["title"], date, post.content)


def row(url, source, title, date, body):
    return url, source, title, date, body, hashlib.sha256(body.encode()).hexdigest()


def write(folder, posts):
    """Write the newest posts."""
    feed = FeedGenerator()
    feed.id("urn:all")
    feed.title("All")
    feed.link(href="https://out.example/")
    feed.description("All")
    for url, title, date, body in posts:
        entry = feed.add_entry(order="append")
        entry.id(url)
        entry.title(title)
        entry.link(href=url)
        entry.content(body, type="html")
        entry.published(datetime.fromtimestamp(date, UTC))
        entry.updated(datetime.fromtimestamp(date, UTC))
    feed.atom_file(str(folder / "atom.xml"))
    feed.rss_file(str(folder / "rss.xml"))


def main():
    folder = Path(sys.argv[1])
    database = sqlite3.connect(folder / "naive.db")
    database.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; {TABLES}")
    known = {url: said for url, *said in database.execute("SELECT * FROM source")}
    urls = (folder / "urls").read_text().split()
    answers = asyncio.run(fetch_all(urls, known))
    with database:
        for url, (content, headers) in answers.items():
            database.executemany(PUT_POST, posts_of(url, content, headers))
            said = headers.get("etag", ""), headers.get("last-modified", "")
            database.execute("INSERT OR REPLACE INTO source VALUES (?, ?, ?)", (url, *said))
        for seeds in sys.argv[2:]:
            database.executemany(PUT_POST, posts_in(seeds))
    newest = database.execute("SELECT url, title, date, body FROM post ORDER BY date DESC, url LIMIT ?", (NEWEST,))
    write(folder, newest.fetchall())


if __name__ == "__main__":
    main()
