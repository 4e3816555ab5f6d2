"""Pages for everybody: axe-core, which people test accessibility with, finds no serious fault in any of them.

It runs in a browser, so the policy of a page, which lets no script run, is taken out of the copy that it looks at.
`npm ci --prefix tests/readers` installs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY
from factories import after, feed, post
from feedbraid.healthsite import health_documents
from feedbraid.model import Enclosure, Episode, Person
from feedbraid.pages import STATUS_STYLE, STYLE, FeedLine, SourceLine, feed_page, index_page
from feedbraid.service import Service
from loopback import LoopbackServer, Reply
from standings import INCIDENTS, SERVICE, SITE, every_state
from test_browser import CHROMIUM, DESKTOP, PHONE, browse

AXE = REPOSITORY / "tests/readers/node_modules/axe-core/axe.min.js"

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed to show the pages"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is missing: npm ci --prefix tests/readers"),
]

LIGHT, DARK = "--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"

HARNESS = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>x</title></head><body>
<pre id="result"></pre>%s<script>
addEventListener("load", async () => {
  const found = {};
  for (const frame of document.querySelectorAll("iframe")) {
    const inside = frame.contentWindow, page = frame.contentDocument;
    for (const one of page.querySelectorAll("details")) one.open = true;
    await new Promise((done) => {
      const script = page.createElement("script");
      script.src = "/axe.js"; script.onload = done; page.head.append(script);
    });
    const result = await inside.axe.run(page, {resultTypes: ["violations"], iframes: false});
    found[frame.getAttribute("src") + " " + frame.width] = {
      paper: inside.getComputedStyle(page.body).backgroundColor, passed: result.passes.length,
      faults: result.violations.map((one) => [one.impact, one.id, one.nodes.slice(0, 3).map((node) => node.html)]),
      wide: page.documentElement.scrollWidth > inside.innerWidth,
    };
  }
  document.querySelector("#result").textContent = JSON.stringify(found);
});
</script></body></html>"""
"""Has axe-core look at pages of the same server in frames of given widths, all that is folded unfolded."""


def reply(kind: str, body: bytes) -> Reply:
    return Reply(headers=(("Content-Type", kind),), body=body)


def lenient(page: bytes) -> bytes:
    """Take the policy out of a page."""
    without, count = re.subn(rb'<meta http-equiv="Content-Security-Policy"[^>]*>\n', b"", page)
    assert count == 1
    return without


def a_feed_page() -> bytes:
    return feed_page(
        feed(
            post(
                "https://site.example/1",
                title="春天来了",
                language="zh-Hans",
                body='<p>今年的花 <a href="https://x.example/">more</a></p><pre><code>x = 1</code></pre>',
                published=after(hours=-3),
                authors=(Person("王小明", "https://xinwen.example/wang"), Person("Ann")),
            ),
            post(
                "https://site.example/2",
                title="Episode 2",
                body="<p>Listen to it.</p><blockquote><p>Quoted.</p></blockquote>",
                summary="Short",
                enclosures=(Enclosure("https://site.example/2.mp3", "audio/mpeg", 12_345, "Two"),),
                episode=Episode(duration=3723),
            ),
            post("https://site.example/3", title="", body="<p>Without a title.</p>"),
            title="Harbour notes",
            subtitle="What the boats bring",
            rights="Everybody's own",
            previous="https://feeds.example.org/news/archive/3/",
        )
    )


def an_index() -> bytes:
    what = feed(title="Harbour notes")
    sources = (SourceLine(name="s", title="源", feed_url="https://s.example/f", link="https://s.example/"),)
    lines = [
        FeedLine(
            title=title,
            subtitle="What the boats bring",
            address=what.address,
            home=what.home,
            language=language,
            entries=3,
            updated=what.updated,
            siblings=what.siblings,
            sources=sources,
            folder=f"{number}/",
        )
        for number, (title, language) in enumerate(
            (("Harbour notes", "en"), ("港口新闻", "zh-Hans"), ("ميناء", "ar"))
        )
    ]
    return index_page("All feeds", lines, language="en")


def pages() -> dict[str, bytes]:
    full = health_documents(every_state(), INCIDENTS, SERVICE, SITE)
    bare = health_documents((), (), Service(version="1", troubles=("the disk is full",)), SITE)
    status, empty = (one for docs in (full, bare) for one in docs if one.path.endswith(".html"))
    return {
        "/status/": status.content,
        "/empty/": empty.content,
        "/feed/": a_feed_page(),
        "/index.html": an_index(),
    }


PATHS = ("/status/", "/empty/", "/feed/", "/index.html")

Findings = dict[str, Any]


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as server:
        style, status_style = reply("text/css", STYLE), reply("text/css", STATUS_STYLE)
        server.routes |= {
            **{path: reply("text/html", lenient(page)) for path, page in pages().items()},
            "/strict/": reply("text/html", pages()["/status/"]),
            "/strict/style.css": status_style,
            "/style.css": style,
            "/status/style.css": status_style,
            "/empty/style.css": status_style,
            "/axe.js": reply("text/javascript", AXE.read_bytes()),
        }
        yield server


def judged(server: LoopbackServer, profile: Path, scheme: str, *paths: str) -> Findings:
    frames = "".join(
        f'<iframe title="{path} {width}" src="{path}" width="{width}" height="900"></iframe>'
        for path in paths
        for width in (PHONE, DESKTOP)
    )
    server.routes["/harness.html"] = reply("text/html", (HARNESS % frames).encode())
    shown = browse(server.url("/harness.html"), profile, "--dump-dom", "--virtual-time-budget=40000", scheme)
    result = re.search(r'<pre id="result">(.+?)</pre>', shown.dom, re.DOTALL)
    assert result, shown.complaints
    found: Findings = json.loads(unescape(result[1]))
    return found


@pytest.mark.parametrize(
    ("scheme", "papers"), [(LIGHT, {"rgb(253, 252, 249)"}), (DARK, {"rgb(24, 23, 21)"})], ids=["light", "dark"]
)
def test_no_page_keeps_anybody_out(server: LoopbackServer, tmp_path: Path, scheme: str, papers: set[str]) -> None:
    found = judged(server, tmp_path, scheme, *PATHS)
    assert set(found) == {f"{path} {width}" for path in PATHS for width in (PHONE, DESKTOP)}
    assert {one["paper"] for one in found.values()} == papers
    assert min(one["passed"] for one in found.values()) > 10
    assert [path for path, one in found.items() if one["wide"]] == []
    assert {path: one["faults"] for path, one in found.items() if one["faults"]} == {}


def test_the_policy_of_the_status_page_holds_and_lets_its_style_in(server: LoopbackServer, tmp_path: Path) -> None:
    before = len(server.requests)
    assert browse(server.url("/strict/"), tmp_path).complaints == []
    assert "/strict/style.css" in [one.path for one in server.requests[before:]]


def test_a_fault_is_found(server: LoopbackServer, tmp_path: Path) -> None:
    """Else the silence of axe-core in the other tests would mean nothing."""
    page = server.routes["/status/"]
    assert isinstance(page, Reply)
    faulty = page.body.replace(b' lang="en"', b"", 1).replace(b"</h1>", b"</h1><a href='/x'></a>", 1)
    server.routes["/status/faulty/"] = reply("text/html", faulty)
    found = judged(server, tmp_path, LIGHT, "/status/faulty/")
    names = {
        name for one in found.values() for impact, name, _ in one["faults"] if impact in ("serious", "critical")
    }
    assert names >= {"html-has-lang", "link-name"}
