"""Pages in a real browser: nothing scrolls sideways on a phone, the policy holds, styles and pictures arrive."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from factories import ADDRESS, after, channel, feed, post
from feedbraid.formats import Format
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.html import clean
from feedbraid.model import CleaningRules, Enclosure, Episode, Feed, Person, Post
from feedbraid.pages import FEED_STYLE, STYLE, FeedLine, SourceLine, feed_page, index_page
from loopback import LoopbackServer, Reply

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed to show the pages")

SECONDS = 60
PHONE, DESKTOP = 390, 1280

QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # nothing but loopback is asked
    "--virtual-time-budget=5000",
]


# --- a feed with everything that breaks layouts -----------------------------------------------------------

LONG_URL = "https://example.org/" + "a-path-that-never-ends/" * 12 + "?q=" + "0123456789abcdef" * 12
LATIN = (
    "The ferry leaves at six, when the harbour is still dark and the gulls are asleep on the roof of the customs "
    "house. Whoever wants coffee has to bring it; whoever wants company will find it on the lower deck."
)
CHINESE = "清晨六点，渡轮离开港口，海鸥还在海关的屋顶上睡觉。想喝咖啡的人得自己带，“想找人聊天的”就到下层甲板去。"
JAPANESE = "朝六時、港がまだ暗いうちにフェリーは出る。カモメは税関の屋根で眠っている。コーヒーは持参すること。"
ARABIC = "تغادر العبّارة في السادسة صباحًا، حين يكون الميناء مظلمًا والنوارس نائمة على سطح مبنى الجمارك."
HEBREW = "המעבורת יוצאת בשש, כשהנמל עדיין חשוך והשחפים ישנים על גג בית המכס. מי שרוצה קפה צריך להביא אותו."
CODE = (
    "def ferry(passengers):\n    return [one for one in passengers if one.has_ticket and "
    + "one.is_awake and " * 5
    + "True]\n"
)
ROWS = "".join(
    "<tr>" + "".join(f"<td>cell_{row}_{column}</td>" for column in range(14)) + "</tr>" for row in range(4)
)


def washed(markup: str, base: str) -> str:
    return clean(markup, base=base, rules=CleaningRules(embeds=("player.example",))).html


def hard_feed(base: str) -> Feed:
    """Make a feed whose pictures are at `base`."""
    voa = channel("ferry", title="The Ferry News", link="https://ferry.example/")

    def one(number: int, title: str, body: str, **fields: Any) -> Post:  # noqa: ANN401  # the fields of Entry
        return post(
            f"https://ferry.example/{number}",
            title=title,
            body=washed(body, base),
            channel=voa,
            **{"published": after(hours=-7 * number), **fields},
        )

    return feed(
        one(
            1,
            "The morning ferry, and who is on it",
            f"<p>{LATIN}</p><h2>Timetable</h2><ul><li>Out at <b>six</b></li><li>Back at <em>seven</em></li></ul>"
            f"<blockquote><p>{LATIN}</p></blockquote><p>{LATIN} <a href='/x'>More about it</a>.</p>",
            authors=(Person("Ann Ames", "https://ann.example/"), Person("Ben Böhm")),
            updated=after(days=2),
            first_seen=after(days=2),
        ),
        one(
            2,
            "春天来了：北方城市迎来“早到”的花季",
            f"<p>{CHINESE * 2}</p><p>{CHINESE}<em>重点</em><i>斜体</i></p>",
            language="zh-Hans",
            authors=(Person("王小明"),),
        ),
        one(3, "渡輪離港的早晨", f"<p>{CHINESE}</p>", language="zh-Hant", authors=(Person("李"),)),
        one(
            4,
            "港を出るフェリーの朝",
            f"<p>{JAPANESE * 2}</p><p><em>直す</em>、<ruby>税関<rt>ぜいかん</rt></ruby></p>",
            language="ja",
            authors=(Person("佐藤"),),
        ),
        one(
            5,
            "العبّارة الصباحية ومن على متنها",
            f"<p>{ARABIC * 2}</p><ul><li>أولًا</li><li>ثانيًا</li></ul><blockquote>{ARABIC}</blockquote>",
            language="ar",
            authors=(Person("Ann Ames"),),
        ),
        one(6, "המעבורת של הבוקר", f"<p>{HEBREW * 2}</p>", authors=(Person("דנה"),)),
        one(
            7,
            "Code and wide things",
            f"<p>Look at <code>ferry({'x' * 90})</code>:</p><pre><code>{CODE}</code></pre>"
            f"<table><caption>Cells</caption><tr><th>head</th></tr>{ROWS}</table>"
            f"<p><img src='/wide.png' width='3000' height='900' alt='wide'></p>"
            f"<figure><img src='/wide.png' alt='wide'><figcaption>Harbour at dawn</figcaption></figure>",
        ),
        one(8, f"A title with {LONG_URL}", f"<p><a href='{LONG_URL}'>{LONG_URL}</a></p><p>{'W' * 400}</p>"),
        one(
            9,
            "Episode 12: lower deck",
            "",
            summary=LATIN,
            image=f"{base}small.png",
            enclosures=(
                Enclosure(f"{base}12.mp3", "audio/mpeg", 12_345_678, "Episode 12"),
                Enclosure(f"{base}12.webm", "video/webm"),
                Enclosure(f"{base}{'paper-' * 30}.pdf", "application/pdf", 81_920),
            ),
            episode=Episode(duration=3723),
        ),
        one(10, "", f"<p>{LATIN[:80]}</p>", authors=(Person("@ann@toots.example"),)),
        one(11, "", "", summary="", authors=()),
        one(
            12,
            "Deep",
            "<blockquote>" * 40
            + "<p>down here</p>"
            + "</blockquote>" * 40
            + "<ul><li>" * 30
            + "low"
            + "</li></ul>" * 30,
        ),
        one(
            13,
            "Formulas",
            "<p>" + "&nbsp;".join(["unbroken"] * 80) + "</p><dl><dt>Term<dd>" + "x" * 300 + "</dl>"
            f"<table><tr><td>{LONG_URL}</td><td><table><tr>{'<td>inner</td>' * 30}</tr></table></td></tr></table>"
            f"<div dir='rtl'><ol start='123456789'><li>{'ש' * 200}</li></ol></div>",
        ),
        one(
            14,
            "Names that clash",
            "<header class='posts' id='posts'><h1>mine</h1></header><main>my main</main>"
            "<article><p id='posts'>x</p></article><nav>menu</nav><footer>foot</footer>",
        ),
        title="Harbour notes from here and there",
        subtitle="What the boats bring, gathered every hour",
        rights="Every note belongs to whoever wrote it.",
        previous=f"{ADDRESS}archive/3/",
        address=ADDRESS,
        home="https://www.harbour.example/",
    )


def picture(width: int, height: int) -> bytes:
    """Make a PNG (ISO 15948) in one colour."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + b"\x6b\x8f\xa8" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# --- showing pages ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """What the browser made of an address."""

    dom: str
    complaints: list[str]
    """What its console says: above all violations of the policy."""


def browse(address: str, profile: Path, *flags: str) -> Shown:
    """Show an address in a browser of its own and wait for its end."""
    assert CHROMIUM is not None
    command = [CHROMIUM, *QUIET, f"--user-data-dir={profile}", *flags, address]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    return Shown(done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line])


HARNESS = """<!DOCTYPE html><meta charset="utf-8"><pre id="result"></pre>%s<script>
const wait = (frame) => new Promise((done) => {
  const images = [...frame.contentDocument.images].filter((image) => !image.complete || !image.naturalWidth);
  let left = images.length;
  if (!left) done();
  for (const image of images) {
    image.onload = image.onerror = () => { if (!--left) done(); };
    image.loading = "eager";
  }
});
const measure = (frame) => {
  const page = frame.contentDocument, root = page.documentElement;
  return {
    asked: frame.width | 0, width: frame.contentWindow.innerWidth, scroll: root.scrollWidth,
    paper: frame.contentWindow.getComputedStyle(page.body).backgroundColor,
    pictures: [...page.images].map((image) => [image.naturalWidth, image.clientWidth]),
    scrollers: [...page.querySelectorAll("pre, table")].filter((one) => one.scrollWidth > one.clientWidth
      && frame.contentWindow.getComputedStyle(one).overflowX === "auto").length,
    sides: [...page.querySelectorAll("main > article > header > h2")].map(
      (title) => frame.contentWindow.getComputedStyle(title).direction),
    slanted: [...page.querySelectorAll("em, i")].map(
      (one) => one.closest("[lang]").lang + " " + frame.contentWindow.getComputedStyle(one).fontStyle),
    font: frame.contentWindow.getComputedStyle(
      page.querySelector("main > [lang=zh-Hant]") ?? page.body).fontFamily,
  };
};
addEventListener("load", async () => {
  const frames = [...document.querySelectorAll("iframe")];
  for (const frame of frames) await wait(frame);
  document.querySelector("#result").textContent = JSON.stringify(frames.map(measure));
});
</script>"""
"""Shows pages of the same server, their policies in force, in frames of given widths, and measures them."""


def reply(kind: str, body: bytes) -> Reply:
    return Reply(headers=(("Content-Type", kind),), body=body)


def feed_line(what: Feed) -> FeedLine:
    sources = [SourceLine(name="s", title="W" * 200, feed_url=LONG_URL, link=LONG_URL)] * 3
    return FeedLine(
        title=what.title,
        subtitle=what.subtitle,
        address=ADDRESS,
        home=ADDRESS,
        language=what.language,
        entries=len(what.posts),
        updated=what.updated,
        siblings=tuple(replace(one, href=ADDRESS + "x" * 150 + ".xml") for one in what.siblings),
        sources=tuple(sources),
    )


@pytest.fixture(scope="module")
def site() -> Iterator[LoopbackServer]:
    """Serve the pages of a hard feed, in several languages, and an index."""
    with LoopbackServer() as server:
        hard = hard_feed(server.url("/"))
        chinese = replace(hard, title="港口" * 60, language="zh-Hans")
        arabic = replace(hard, title="ملاحظات الميناء", language="ar")
        index = index_page("W" * 300, [feed_line(hard), feed_line(arabic)], language="en")
        server.routes |= {
            "/style.css": reply("text/css", STYLE),
            "/hard/": reply("text/html", feed_page(hard)),
            "/chinese/": reply("text/html", feed_page(chinese)),
            "/arabic/": reply("text/html", feed_page(arabic)),
            "/alone/": reply("text/html", feed_page(hard, style=STYLE.decode())),
            "/unknown/": reply("text/html", feed_page(replace(hard, language=""))),
            "/index.html": reply("text/html", index.replace(b"<details>", b'<details open="">')),
            "/wide.png": reply("image/png", picture(3000, 900)),
            "/small.png": reply("image/png", picture(320, 240)),
        }
        yield server


PAGES = ["/hard/", "/chinese/", "/arabic/", "/alone/", "/unknown/", "/index.html"]


@pytest.fixture(scope="module")
def measured(site: LoopbackServer, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Any]:
    """Measure every page at both widths in one go: a browser takes seconds to start."""
    asked = [(path, width) for path in PAGES for width in (PHONE, DESKTOP)]
    frames = "".join(f'<iframe src="{path}" width="{width}" height="900"></iframe>' for path, width in asked)
    site.routes["/harness.html"] = reply("text/html", (HARNESS % frames).encode())
    shown = browse(site.url("/harness.html"), tmp_path_factory.mktemp("profile"), "--dump-dom")
    result = re.search(r'<pre id="result">(.*?)</pre>', shown.dom, re.DOTALL)
    assert result, shown.dom[:2000]
    assert shown.complaints == []
    return dict(zip(asked, json.loads(unescape(result[1])), strict=True))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_n124_no_page_scrolls_sideways(measured: dict[tuple[str, int], Any], path: str, width: int) -> None:
    found = measured[path, width]
    assert found["asked"] == width
    assert found["scroll"] <= found["width"] <= width


@pytest.mark.parametrize("path", ["/hard/", "/arabic/", "/alone/"])
def test_n124_wide_things_scroll_inside_themselves_and_pictures_fit(
    measured: dict[tuple[str, int], Any], path: str
) -> None:
    found = measured[path, PHONE]
    assert found["scrollers"] >= 3
    assert [natural for natural, _ in found["pictures"]] == [3000, 3000, 320]
    assert all(0 < shown <= PHONE for _, shown in found["pictures"])


def test_the_style_reaches_every_page_past_its_policy(measured: dict[tuple[str, int], Any]) -> None:
    assert {found["paper"] for found in measured.values()} == {"rgb(253, 252, 249)"}


def test_titles_run_the_way_of_their_language_or_of_their_letters(measured: dict[tuple[str, int], Any]) -> None:
    for path in ("/hard/", "/arabic/", "/unknown/"):
        sides = measured[path, PHONE]["sides"]
        assert sides[:7] == ["ltr", "ltr", "ltr", "ltr", "rtl", "rtl", "ltr"], path


def test_nothing_chinese_or_japanese_is_slanted(measured: dict[tuple[str, int], Any]) -> None:
    assert measured["/hard/", PHONE]["slanted"] == ["en italic", "zh-Hans normal", "zh-Hans normal", "ja normal"]


def test_traditional_characters_are_not_set_in_a_simplified_font(measured: dict[tuple[str, int], Any]) -> None:
    assert "PingFang TC" in measured["/hard/", PHONE]["font"]
    assert "PingFang TC" in measured["/chinese/", PHONE]["font"]


def test_a_browser_that_finds_a_fault_says_so(site: LoopbackServer, tmp_path: Path) -> None:
    """Else the silence of the console in the other tests would mean nothing."""
    broken = site.routes["/hard/"]
    assert isinstance(broken, Reply)
    site.routes["/broken/"] = reply("text/html", broken.body.replace(b"</body>", b"<script>1</script></body>"))
    assert any("Content Security Policy" in line for line in browse(site.url("/broken/"), tmp_path).complaints)


# --- from a disk ------------------------------------------------------------------------------------------


def first_pixel(image: bytes) -> tuple[int, ...]:
    """Give the colour of the upper left corner of a PNG: no filter changes it (ISO 15948 9.2)."""
    packed, place = b"", 8
    while place < len(image):
        (length,) = struct.unpack(">I", image[place : place + 4])
        if image[place + 4 : place + 8] == b"IDAT":
            packed += image[place + 8 : place + 8 + length]
        place += 12 + length
    return tuple(zlib.decompress(packed)[1:4])


@pytest.mark.parametrize(
    ("scheme", "paper"), [(1, (0xFD, 0xFC, 0xF9)), (0, (0x18, 0x17, 0x15))], ids=["light", "dark"]
)
def test_pages_work_from_a_disk_in_light_and_dark(tmp_path: Path, scheme: int, paper: tuple[int, ...]) -> None:
    (tmp_path / "feeds" / "news").mkdir(parents=True)
    (tmp_path / "feeds" / "style.css").write_bytes(STYLE)
    (tmp_path / "feeds" / "news" / "index.html").write_bytes(feed_page(feed(post())))
    shown = browse(
        (tmp_path / "feeds" / "news" / "index.html").as_uri(),
        tmp_path / "profile",
        f"--screenshot={tmp_path / 'page.png'}",
        f"--window-size={DESKTOP},800",
        f"--blink-settings=preferredColorScheme={scheme}",
    )
    assert shown.complaints == []
    assert first_pixel((tmp_path / "page.png").read_bytes()) == paper


@pytest.mark.parametrize("writer", [ATOM, RSS], ids=["atom", "rss"])
def test_n126_a_browser_shows_a_feed_by_its_style(site: LoopbackServer, tmp_path: Path, writer: Format) -> None:
    document = writer.render(replace(hard_feed(site.url("/")), stylesheet="/feed.css"), ADDRESS + writer.file_name)
    if b"<?xml-stylesheet" not in document:
        start, rest = document.split(b"?>", 1)
        document = start + b'?><?xml-stylesheet type="text/css" href="/feed.css"?>' + rest
    site.routes |= {"/feed.css": reply("text/css", FEED_STYLE), "/feed.xml": reply("application/xml", document)}
    frame = '<iframe src="/feed.xml" width="390" height="900"></iframe>'
    script = """<script>addEventListener("load", () => {
      const frame = document.querySelector("iframe"), page = frame.contentDocument;
      const display = (one) => frame.contentWindow.getComputedStyle(one).display;
      const shows = (one) => display(one) !== "none" && one.textContent.trim();
      const kinds = [...page.querySelectorAll("entry > *, item > *")].filter(shows).map((one) => one.localName);
      document.querySelector("pre").textContent = JSON.stringify([[...new Set(kinds)].sort(),
        page.documentElement.scrollWidth, frame.contentWindow.innerWidth]);
    });</script>"""
    site.routes["/xml.html"] = reply("text/html", f"<!DOCTYPE html><pre></pre>{frame}{script}".encode())
    shown = browse(site.url("/xml.html"), tmp_path, "--dump-dom")
    result = re.search(r"<pre>(.*?)</pre>", shown.dom)
    assert result, shown.dom
    kinds, scroll, width = json.loads(result[1])
    assert kinds == (["published", "summary", "title"] if writer is ATOM else ["pubDate", "title"])
    assert scroll <= width
