"""Feed readers that people use subscribe to what the program publishes: nothing is missing, nothing comes twice.

The programs are newsboat, sfeed (`sfeed_update`, which asks with curl), rss2email, and rss-parser of npm. Where
one is not installed, its tests are skipped. None of them reads JSON Feed, so there are no tests of it here.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import pytest

from conftest import REPOSITORY
from loopback import LoopbackServer, Reply, Seen
from program import Instance

SECONDS = 60
"""What a reader may take for one fetch."""

MEDIA_TYPES = {"atom.xml": "application/atom+xml", "rss.xml": "application/rss+xml"}
"""N129a."""

TITLES = (
    "Salt & Pepper",
    "\"Quoted\" and 'single'",
    "“Curly” – it’s",
    "Fish 🐟 and a family 👩‍👩‍👧",
    "𝒜𝓈𝓉𝓇𝒶𝓁 𠮷野家",
    "美国之音：港口新闻（第一集）",
    "مرحبا بالعالم",
    "שלום עולם",
    "  leading and trailing  ",
    "1 < 2 > 0",
    "AT&T",
    f"{'A very long title ' * 40}end",
    "two\nlines\tand a tab",
    "100% *stars* _under_ [brackets](x) #1 \\ back",
    "a | b | c",
    "Accents: é and e\u0301",
    "]]> closes nothing",
    "0",
    "R2-D2: it's 5 > 4 && 3",
    "日本語、ひらがな",
    "Ünïcödé",
)
"""As authors state them; white space is collapsed on the way (N27)."""

SPELLED_OUT = (
    "A <b>bold</b> word",
    "&amp;amp; spelled out",
    "&lt;i&gt; in entities",
    "&nbsp; &copy; &#39;",
    "<script>alert(1)</script>",
)
"""Titles about markup. Only Atom can say so (type text); elsewhere markup is taken for what it is (N28, N29)."""

UNTITLED_TEXT = "Words & no title."
"""The whole text of the posts without a title: Atom's title is derived from it (N30)."""

UNTITLED_PATH = "an-untitled-post"

Pairs = list[tuple[str, str]]
"""Link and title of items, sorted."""


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """An item that a reader holds, and shows."""

    link: str
    title: str
    id: str


# --- the readers: each fetches an address once and gives all that it holds then --------------------------


def start(home: Path, *command: str) -> str:
    """Run a reader to its end, in a home of its own and without proxies, and give what it printed."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}
    env |= {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    done = subprocess.run(
        command, cwd=home, env=env, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def newsboat(url: str, home: Path) -> list[Item]:
    (home / "urls").write_text(f"{url}\n", encoding="utf-8")
    (home / "config").touch()
    start(home, "newsboat", "-u", "urls", "-c", "cache.db", "-C", "config", "-x", "reload")
    with closing(sqlite3.connect(home / "cache.db")) as cache:
        return [Item(*row) for row in cache.execute("SELECT url, title, guid FROM rss_item")]


def sfeed(url: str, home: Path) -> list[Item]:
    (home / "sfeedrc").write_text(f"sfeedpath='{home}/held'\nfeeds() {{ feed news '{url}'; }}\n", encoding="utf-8")
    start(home, "sfeed_update", "sfeedrc")
    lines = (home / "held/news").read_text(encoding="utf-8").split("\n")
    return [Item(fields[2], fields[1], fields[5]) for fields in (line.split("\t") for line in lines if line)]


def rss2email(url: str, home: Path) -> list[Item]:
    r2e = ("r2e", "-c", "config", "-d", "data.json")
    if not (home / "config").exists():
        start(home, *r2e, "new", "reader@example.org")
        start(home, *r2e, "add", "news", url)
        with (home / "config").open("a", encoding="utf-8") as config:
            config.write(f"email-protocol = maildir\nmaildir-path = {home}\n")
    start(home, *r2e, "run")
    letters = [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (home / "INBOX/new").iterdir()
    ]
    return [Item(letter["X-RSS-URL"], letter["Subject"], letter["X-RSS-ID"]) for letter in letters]


def rss_parser(url: str, home: Path) -> list[Item]:
    held = json.loads(start(home, "node", str(READER_FOLDER / "rss_parser.mjs"), url, "held.json"))
    return [Item(**item) for item in held]


READER_FOLDER = REPOSITORY / "tests/readers"

READERS: dict[str, tuple[Callable[[str, Path], list[Item]], tuple[str, ...]]] = {
    "newsboat": (newsboat, ("newsboat",)),
    "sfeed": (sfeed, ("sfeed_update", "sfeed", "curl")),
    "rss2email": (rss2email, ("r2e",)),
    "rss-parser": (rss_parser, ("node",)),
}
"""Each with the commands that it needs."""

BLIND_TO_TYPE = {"sfeed", "rss-parser"}
"""Readers that show a title of Atom's type html (RFC 4287, 3.1.1.2; N96) with its references as they are."""

TAKEN_FOR_HTML = {
    "A <b>bold</b> word": "A **bold** word",
    "&amp;amp; spelled out": "&amp; spelled out",
    "&lt;i&gt; in entities": "<i> in entities",
    "&nbsp; &copy; &#39;": "(C) '",
}
"""RSS does not say whether a title is HTML, and rss2email takes what looks like it for such."""

UNTITLED_IN_RSS = {"newsboat": "An untitled post", "sfeed": "", "rss2email": UNTITLED_TEXT, "rss-parser": ""}
"""RSS omits a title that there is not (N30); two of the readers make one of the link or of the text."""


def shown(reader: str, document: str, title: str) -> str:
    """Say how a reader shows a title, an empty one for a post without; mostly as it is."""
    meant = " ".join(title.split())
    if document == "rss.xml":
        if not meant:
            return UNTITLED_IN_RSS[reader]
        return TAKEN_FOR_HTML.get(meant, meant) if reader == "rss2email" else meant
    meant = meant or UNTITLED_TEXT
    escaped_once_more = "<" in meant or "&" in meant
    return escape(meant, quote=False) if escaped_once_more and reader in BLIND_TO_TYPE else meant


# --- what is published --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """The documents after the first pass, after one without any news, and after one edit and one new post."""

    first: dict[str, bytes]
    again: dict[str, bytes]
    changed: dict[str, bytes]


def posts() -> list[tuple[str, str]]:
    """Link and title of every post; the host of a link names where the post comes from."""
    origins = [*(("rss", "atom", "seed")[n % 3] for n, _ in enumerate(TITLES)), *("atom" for _ in SPELLED_OUT)]
    titled = [
        (f"https://{origin}.example/{n:02}", title)
        for n, (origin, title) in enumerate(zip(origins, TITLES + SPELLED_OUT, strict=True))
    ]
    return [*titled, *((f"https://{origin}.example/{UNTITLED_PATH}", "") for origin in ("rss", "atom", "seed"))]


NEW_POST = ("https://seed.example/new", "Brand new & unread")


def body(link: str, title: str) -> str:
    return f"<p>Text at {link}</p>" if title else f"<p>{escape(UNTITLED_TEXT)}</p>"


def rss_source() -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>rss-{link[-2:]}</guid><link>{link}</link>"
        f"{f'<title>{escape(escape(title))}</title>' if title else ''}"
        f"<pubDate>Sun, 01 Mar 2026 10:{n:02}:00 GMT</pubDate>"
        f"<description>{escape(body(link, title))}</description></item>"
        for n, (link, title) in enumerate(posts())
        if "//rss." in link
    )
    return (
        f'<rss version="2.0"><channel><title>R</title><link>https://rss.example/</link>{items}</channel></rss>'
    ).encode()


def atom_source() -> bytes:
    entries = "".join(
        f'<entry><id>urn:example:{link[-2:]}</id><title>{escape(title)}</title><link href="{link}"/>'
        f"<updated>2026-03-01T11:{n:02}:00Z</updated>"
        f'<content type="html">{escape(body(link, title))}</content></entry>'
        for n, (link, title) in enumerate(posts())
        if "//atom." in link
    )
    head = "<id>urn:example:a</id><title>A</title><updated>2026-03-01T12:00:00Z</updated>"
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>'.encode()


def write_seed(instance: Instance, link: str, title: str, text: str) -> None:
    front = {"link": link, "date": "2026-03-01T09:00:00Z"} | ({"title": title} if title else {})
    instance.write(
        f"seeds/{link.rpartition('/')[2]}.html", f"---\n{json.dumps(front, ensure_ascii=False)}\n---\n{text}\n"
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    instance = Instance(tmp_path_factory.mktemp("publisher"))
    seeds = [(link, title) for link, title in posts() if "//seed." in link]
    for link, title in seeds:
        write_seed(instance, link, title, body(link, title))
    with LoopbackServer({"/rss": Reply(body=rss_source()), "/atom": Reply(body=atom_source())}) as server:
        instance.write(
            "config.yaml",
            f'site: {{url: "https://example.org/feeds/"}}\nfetch: {{allow: ["127.0.0.1:{server.port}"]}}\n'
            f"sources: {{r: {server.url('/rss')}, a: {server.url('/atom')}}}\nseeds: {{posts: seeds/}}\n",
        )
        first = documents_after(instance, "2026-03-02T12:00:00Z")
        shutil.rmtree(instance.folder / "feeds")  # so that all is rendered again
        again = documents_after(instance, "2026-03-09T12:00:00Z")
        write_seed(instance, *seeds[0], "<p>Another text, mended.</p>")
        write_seed(instance, *NEW_POST, "<p>News.</p>")
        changed = documents_after(instance, "2026-03-09T13:00:00Z")
    assert [name for name in MEDIA_TYPES if b"mended" not in changed[name]] == []
    return Published(first, again, changed)


def documents_after(instance: Instance, now: str) -> dict[str, bytes]:
    instance.run("--force", now=now)
    return {name: instance.outputs()[f"all/{name}"] for name in MEDIA_TYPES}


# --- subscribing --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Subscription:
    """A reader that subscribes to one document, from loopback."""

    reader: str
    document: str
    home: Path
    server: LoopbackServer
    statuses: list[int] = field(default_factory=list)

    def fetch(self, documents: dict[str, bytes], *, validators: bool = False) -> list[Item]:
        """Let the reader ask once, and give what it holds. Without validators it is sent the whole document."""
        document = documents[self.document]
        etag = f'"{hashlib.sha256(document).hexdigest()}"'

        def answer(seen: Seen) -> Reply:
            same = validators and seen.header("If-None-Match") == etag
            self.statuses.append(304 if same else 200)
            headers = (("Content-Type", f"{MEDIA_TYPES[self.document]}; charset=utf-8"),)
            return Reply(
                status=self.statuses[-1],
                headers=(*headers, ("ETag", etag)) if validators else headers,
                body=b"" if same else document,
            )

        self.server.routes["/news"] = answer
        asked = len(self.statuses)
        items = sorted(READERS[self.reader][0](self.server.url("/news"), self.home))
        assert len(self.statuses) == asked + 1, self.server.requests
        return items

    def expected(self, *more: tuple[str, str]) -> Pairs:
        """Give what must be shown: each post, once."""
        return sorted((link, shown(self.reader, self.document, title)) for link, title in [*posts(), *more])


def each_document(*readers: str) -> list[tuple[str, str]]:
    return [(reader, document) for reader in readers for document in MEDIA_TYPES]


@pytest.fixture(params=each_document(*READERS), ids="-".join)
def subscription(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subscription]:
    reader, document = request.param
    missing = [command for command in READERS[reader][1] if not shutil.which(command)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    if reader == "rss-parser" and not (READER_FOLDER / "node_modules/rss-parser").is_dir():
        pytest.skip("rss-parser is not installed: npm ci --prefix tests/readers")
    with LoopbackServer() as server:
        yield Subscription(reader, document, tmp_path, server)


def pairs(items: list[Item]) -> Pairs:
    return [(item.link, item.title) for item in items]


def test_n27_n30_n96_every_post_is_shown_once_with_its_title(
    subscription: Subscription, published: Published
) -> None:
    assert pairs(subscription.fetch(published.first)) == subscription.expected()


def test_n1_n12_a_pass_without_news_gives_a_reader_nothing_new(
    subscription: Subscription, published: Published
) -> None:
    items = subscription.fetch(published.first)
    assert len(items) == len(posts())
    assert subscription.fetch(published.again) == items


def test_n1_an_edited_post_stays_one_item_and_a_new_post_is_one_more(
    subscription: Subscription, published: Published
) -> None:
    before = subscription.fetch(published.first)
    after = subscription.fetch(published.changed)
    assert pairs(after) == subscription.expected(NEW_POST)
    assert len(set(after) - set(before)) == 1
    assert subscription.fetch(published.changed) == after


@pytest.mark.parametrize("subscription", each_document("newsboat", "rss2email"), ids="-".join, indirect=True)
def test_validators_hold_over_a_pass_without_news(subscription: Subscription, published: Published) -> None:
    # newsboat keeps no validators of the very first answer: it has no row for the feed until that is read.
    items = [subscription.fetch(published.first, validators=True) for _ in range(2)]
    items.append(subscription.fetch(published.again, validators=True))
    assert subscription.statuses[-1] == 304
    assert items == [items[0]] * 3
