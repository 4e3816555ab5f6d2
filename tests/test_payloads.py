"""Hostile text in every field that a feed or a seed has, through the whole program: nothing of it can run.

Each payload stands at the same time in the title, the body, the authors, the categories, every address and all the
rest of an RSS feed, an Atom feed, a JSON Feed and a seed. One run publishes all of them, in every format and as
pages. A judge that knows nothing of the writers then looks for what could run, load or lead astray.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from xml.sax.saxutils import escape, quoteattr

import pytest

import output_judge
from fakes import NOW
from feedbraid.app import Choices
from feedbraid.config import load_config
from feedbraid.conformance import faults
from feedbraid.run import RunReport, run_once
from feedbraid.wire import opened
from loopback import LoopbackServer, Reply

ADDRESSES = (
    "javascript:steal()",
    "JAVASCRIPT:steal()",
    " javascript:steal()",
    "\tjavascript:steal()",
    "java\tscript:steal()",
    "java\nscript:steal()",
    "java\rscript:steal()",
    "java\x00script:steal()",
    "\x01javascript:steal()",
    "\u00a0javascript:steal()",
    "\ufeffjavascript:steal()",
    "javascript\u2028:steal()",
    "javascript&colon;steal()",
    "&#106;avascript:steal()",
    "&#x6A;&#x61;vascript:steal()",
    "javascript%3Asteal()",
    "%6Aavascript:steal()",
    "javascript://news.example/%0asteal()",
    "javascript:/*https://news.example/*/steal()",
    "javascript:'https://news.example/'",
    "ｊavascript:steal()",
    "jаvascript:steal()",
    "feed:javascript:steal()",
    "view-source:javascript:steal()",
    "jar:https://evil.example/x.jar!/x.html",
    "vbscript:steal()",
    "livescript:steal()",
    "data:text/html,<script>steal()</script>",
    "data:text/html;base64,PHNjcmlwdD5zdGVhbCgpPC9zY3JpcHQ+",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='steal()'/>",
    "data:,steal()",
    "DATA:text/html;charset=utf-7,+ADw-script+AD4-",
    "blob:https://news.example/5",
    "file:///etc/passwd",
    "filesystem:https://news.example/temporary/x.html",
    "about:blank#steal()",
    "intent://steal#Intent;scheme=http;end",
    "ms-settings:privacy",
    "https:javascript:steal()",
    "//javascript:steal()",
    "https://javascript:steal()@evil.example/",
    'https://news.example/" onmouseover="steal()',
    "https://news.example/' onmouseover='steal()",
    "https://news.example/><script>steal()</script>",
    'https://news.example/"><img src=x onerror=steal()>',
    "https://[javascript:steal()]/",
    "https://news.example/?q=<svg/onload=steal()>",
    "https://news.example/\n\nSet-Cookie: a=b",
    "https://evil\u202eelpmaxe.swen/",
)
"""What does harm where an address is expected, or tries to leave the attribute that holds it."""

MARKUP = (
    "<script>steal()</script>",
    "<ScRiPt >steal()</sCrIpT >",
    "<script\x0c>steal()</script>",
    "<script/src=//evil.example></script>",
    "<script>steal()",
    "</title><script>steal()</script>",
    "</textarea></style></noscript><script>steal()</script>",
    "--><script>steal()</script><!--",
    "]]><script>steal()</script><![CDATA[",
    "<![CDATA[<script>steal()</script>]]>",
    "&lt;script&gt;steal()&lt;/script&gt;",
    "&amp;lt;script&amp;gt;steal()&amp;lt;/script&amp;gt;",
    "&#60;img src=x onerror=steal()&#62;",
    "<img src=x onerror=steal()>",
    "<img/src/onerror=steal()>",
    "<IMG SRC=x ONERROR=steal()",
    '<img src="x` `<script>steal()</script>"` `>',
    '<img srcset="x 1x, javascript:steal() 2x" onload=steal()>',
    "<svg onload=steal()>",
    "<svg><script href=data:,steal() />",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg onload=steal()>#x'/></svg>",
    "<svg><a><animate attributeName=href values=javascript:steal() /><text x=9 y=9>x</text></a></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>steal()</script>'></iframe></foreignObject></svg>",
    "<svg><desc><style><img src=x onerror=steal()></style></desc></svg>",
    "<math><maction actiontype='statusline#javascript:steal()' xlink:href='javascript:steal()'>x</maction></math>",
    "<math><mtext></form><mglyph><style></math><img src=x onerror=steal()>",
    "<iframe src=javascript:steal()></iframe>",
    "<iframe srcdoc='&lt;script&gt;steal()&lt;/script&gt;'></iframe>",
    "<object data=javascript:steal()></object>",
    "<embed src=javascript:steal()>",
    "<form action=javascript:steal()><button>x</button></form>",
    "<form><button formaction=javascript:steal()>x</button><input name=password type=password></form>",
    "<isindex type=image src=x onerror=steal()>",
    "<details open ontoggle=steal()><summary>x</summary></details>",
    "<video><source onerror=steal()></video>",
    "<video poster=javascript:steal() controls></video>",
    "<audio src onloadstart=steal()></audio>",
    "<body onpageshow=steal()>",
    "<input onfocus=steal() autofocus>",
    "<marquee onstart=steal()>x</marquee>",
    "<div style='background:url(javascript:steal())' onclick=steal()>x</div>",
    "<p style='position:fixed;inset:0' onpointerenter=steal()>x</p>",
    "<style>*{background:url('//evil.example/')}</style>",
    "<style><!--</style><script>steal()</script>-->",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<link rel=import href=//evil.example/x.html>",
    "<meta http-equiv=refresh content='0;url=javascript:steal()'>",
    "<base href=//evil.example/><a href=x>x</a>",
    "<template><script>steal()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=steal()>'></noscript>",
    "<table background=javascript:steal()><tr><td background=javascript:steal()>x</table>",
    "<a href=javascript:steal()>x</a>",
    "<a href='java&Tab;script:steal()' ping=//evil.example/>x</a>",
    '<a href="&#1;javascript:steal()" target=_top>x</a>',
    "<area href=javascript:steal()><map name=x></map>",
    "<q cite=javascript:steal()>x</q><del cite=data:,x>y</del>",
    "<!--><script>steal()</script>-->",
    "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>&x;",
    "<?xml-stylesheet href='javascript:steal()'?><script>steal()</script>",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>steal()</x:script>",
    "<a xmlns:xlink='http://www.w3.org/1999/xlink' xlink:href='javascript:steal()'>x</a>",
)
"""What does harm where HTML is expected, or tries to become HTML where text is."""

BREAKING = (
    '"><script>steal()</script>',
    "'><script>steal()</script>",
    '" onmouseover="steal()" x="',
    "' onmouseover='steal()' x='",
    '"}],"content_html":"<script>steal()</script>","x":[{"y":"',
    '\\"</script><script>steal()</script>',
    'text/html"><script>steal()</script>',
    "audio/mpeg\r\nX-Header: <script>steal()</script>",
    'en" onload="steal()',
    "en><script>steal()</script>",
    "{{constructor.constructor('steal()')()}}<img src=x onerror=steal()>",
    "${steal()}<%= steal() %><img src=x onerror=steal()>",
    "\u2028</script><script>steal()</script>\u2029",
    "+ADw-script+AD4-steal()+ADw-/script+AD4-<b onclick=steal()>",
    "\u202e<script>steal()</script>\u202c",
    "x" * 2_000 + "<img src=x onerror=steal()>",
    "<" * 50 + "script>steal()</script>",
    "a]]>b<!--c--><?d?><script>steal()</script>&amp;&lt;",
)
"""What tries to leave the place where it stands: attribute, JSON text, comment, media type, language."""

PAYLOADS = (*ADDRESSES, *MARKUP, *BREAKING)
DIALECTS = ("rss", "atom", "json")

NAMESPACES = (
    'xmlns:a="http://www.w3.org/2005/Atom" xmlns:c="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:i="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:m="http://search.yahoo.com/mrss/" xmlns:f="http://rssnamespace.org/feedburner/ext/1.0"'
)


# --- a payload in every field -----------------------------------------------------------------------------


def in_rss(payload: str, link: str) -> str:
    """Write an RSS feed whose every field is the payload, but for the link of its first item."""
    t, q = escape(payload), quoteattr(payload)
    people = f"<i:author>{t}</i:author><i:owner><i:name>{t}</i:name><i:email>{t}</i:email></i:owner>"
    both = (
        f"<i:image href={q}/><i:explicit>{t}</i:explicit><i:summary>{t}</i:summary><i:keywords>{t}</i:keywords>"
        f"<i:category text={q}><i:category text={q}/></i:category><category domain={q}>{t}</category>"
        f"<dc:creator>{t}</dc:creator><dc:rights>{t}</dc:rights><dc:language>{t}</dc:language>"
        f"<a:link rel={q} href={q} type={q} title={q} hreflang={q}/><a:link rel='related' href={q} title={q}/>"
        f"<m:title>{t}</m:title><m:description>{t}</m:description><m:thumbnail url={q}/><m:credit>{t}</m:credit>"
        f"<m:content url={q} type={q} medium={q}/><m:content url='https://news.example/x' type={q}/>"
    )
    head = (
        f"<title>{t}</title><link>{t}</link><description>{t}</description><language>{t}</language>"
        f"<copyright>{t}</copyright><managingEditor>{t}</managingEditor><webMaster>{t}</webMaster>"
        f"<generator>{t}</generator><docs>{t}</docs><pubDate>{t}</pubDate><i:type>{t}</i:type>{people}{both}"
        f"<image><url>{t}</url><title>{t}</title><link>{t}</link></image><cloud domain={q} path={q}/>"
        f"<textInput><title>{t}</title><name>{t}</name><link>{t}</link></textInput>"
    )
    one = (
        f"<title>{t}</title><link>{escape(link)}</link><guid isPermaLink='false'>{t}</guid>"
        f"<description>{t}</description><c:encoded>{t}</c:encoded><author>{t}</author><comments>{t}</comments>"
        f"<source url={q}>{t}</source><enclosure url={q} type={q} length={q}/><pubDate>{t}</pubDate>"
        f"<enclosure url='https://news.example/a.mp3' type={q} length={q}/><i:duration>{t}</i:duration>"
        f"<i:episode>{t}</i:episode><i:season>{t}</i:season>"
        f"<i:episodeType>{t}</i:episodeType>{people}{both}"
    )
    two = f"<title>Two</title><link>{t}</link><guid isPermaLink='true'>{t}</guid><f:origLink>{t}</f:origLink>"
    items = f"<item xml:lang={q}>{one}</item><item xml:base={q}>{two}<description>x</description></item>"
    return f"<rss version='2.0' {NAMESPACES}><channel>{head}{items}</channel></rss>"


def in_atom(payload: str, link: str) -> str:
    """Write the same as Atom: texts of each type, links of each relation, and a source of its own."""
    t, q = escape(payload), quoteattr(payload)
    person = f"<name>{t}</name><uri>{t}</uri><email>{t}</email>"
    people = (
        f"<author>{person}</author><contributor>{person}</contributor><category term={q} scheme={q} label={q}/>"
    )
    relations = ("alternate", "related", "via", "license", "replies", "enclosure", "self", "edit")
    links = "".join(
        f"<link rel='{rel}' href={q} type={q} title={q} hreflang={q} length={q}/>" for rel in relations
    )
    links += f"<link rel='enclosure' href='https://news.example/a.mp3' type={q} length={q} title={q}/>"
    head = (
        f"<id>{t}</id><title type='html'>{t}</title><subtitle type='text'>{t}</subtitle>"
        f"<rights type='html'>{t}</rights><icon>{t}</icon><logo>{t}</logo><updated>{t}</updated>"
        f"<generator uri={q} version={q}>{t}</generator>"
    )

    def texts(kind: str) -> str:
        return "".join(f"<{tag} type={kind}>{t}</{tag}>" for tag in ("title", "summary", "rights", "content"))

    first = f"<id>{escape(link)}</id><link href={quoteattr(link)}/>{texts(quoteattr('html'))}{people}{links}"
    entries = (
        f"{first}<source>{head}{people}{links}</source><published>{t}</published>",
        f"<id>{t}</id><link href={quoteattr(link + '/text')}/>{texts(quoteattr('text'))}",
        f"<id>{escape(link)}/type</id>{texts(q)}{links}",
        f"<id>{escape(link)}/src</id><title>Src</title><content src={q} type={q}/><summary>{t}</summary>",
    )
    listed = "".join(f"<entry><updated>2026-03-01T12:00:00Z</updated>{one}</entry>" for one in entries)
    return f"<feed xmlns='http://www.w3.org/2005/Atom' xml:lang={q}>{head}{people}{links}{listed}</feed>"


def in_json(payload: str, link: str) -> str:
    """Write the same as JSON Feed; here control characters stay what they are."""
    p = payload
    people = [{"name": p, "url": p, "avatar": p}]
    file = {"mime_type": p, "title": p, "size_in_bytes": p, "duration_in_seconds": p}
    about = "https://github.com/feedbraid/feedbraid"
    item = {
        "id": link,
        "url": link,
        **dict.fromkeys(("external_url", "title", "content_html", "content_text", "summary", "image"), p),
        **dict.fromkeys(("banner_image", "date_published", "date_modified", "language"), p),
        "authors": people,
        "tags": [p, p + "2"],
        "attachments": [{"url": p, **file}, {"url": "https://news.example/a.mp3", **file}],
        "_source": {"about": about, "title": p, "feed_url": p, "home_page_url": p},
    }
    names = ("title", "home_page_url", "feed_url", "description", "user_comment", "next_url", "icon", "favicon")
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        **dict.fromkeys((*names, "language"), p),
        "authors": people,
    }
    items = [item, {"id": p, "url": p, "title": "Two"}, {"content_text": p, "id": f"{link}/3"}]
    return json.dumps({**feed, "items": items})


def in_seed(payload: str, link: str) -> str:
    """Write a seed whose front matter and body are the payload."""
    quoted = json.dumps(payload)
    keys = ("title", "author", "summary", "language", "image", "id", "last_modified_at", "slug")
    head = "".join(f"{key}: {quoted}\n" for key in keys)
    return f"---\n{head}tags: [{quoted}]\ncategories: {quoted}\nfrom: {link}\ndate: 2026-03-01\n---\n{payload}\n"


# --- one run ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Published:
    """What one run made of all payloads."""

    report: RunReport
    outputs: dict[str, bytes]

    def of(self, feed: str) -> dict[str, bytes]:
        return {path: content for path, content in self.outputs.items() if path.startswith(f"{feed}/")}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    folder = tmp_path_factory.mktemp("payloads")
    (folder / "seeds").mkdir()
    with LoopbackServer() as server:
        for number, payload in enumerate(PAYLOADS):
            for name, write in zip(DIALECTS, (in_rss, in_atom, in_json), strict=True):
                link = f"https://{name}.example/{number}"
                body = write(payload, link).encode("utf-8", "surrogatepass")
                server.routes[f"/{name}{number}"] = Reply(body=body)
                (folder / f"{name}{number}.xml").write_bytes(body)
            seed = in_seed(payload, f"https://seeds.example/{number}")
            (folder / "seeds" / f"{number}.md").write_text(seed, encoding="utf-8")
        path = folder / "config.yaml"
        path.write_text(_config(server), encoding="utf-8")
        with opened(load_config(path)) as app:
            report = run_once(app, NOW, Choices())
            paths = [path for path in sorted(app.output.rglob("*.*")) if path.is_file()]
            yield Published(report, {str(path.relative_to(app.output)): path.read_bytes() for path in paths})


def _config(server: LoopbackServer) -> str:
    """Serve every third feed over HTTP, so that the list of sources names it; mirror each payload once."""
    sources, feeds = [], ["  all: {limit: 2000, max_bytes: 0, archive: 0}"]
    show = "{categories: News, image: https://news.example/i.png, explicit: false, email: a@news.example}"
    for number in range(len(PAYLOADS)):
        for name in DIALECTS:
            here = f"{name}{number}"
            is_mirrored = name == DIALECTS[number % 3]
            sources.append(f"  {here}: {server.url(f'/{here}') if is_mirrored else f'{here}.xml'}")
            if is_mirrored:
                podcast = f", language: en, podcast: {show}" if name == "rss" else ""
                feeds.append(f"  p{number}: {{from: [{here}]{podcast}}}")
    fetch = f'fetch: {{allow: ["127.0.0.1:{server.port}"], spacing: 0}}'
    return "\n".join([fetch, "sources:", *sources, "seeds: {posts: seeds/}", "feeds:", *feeds, ""])


def harm_in(documents: dict[str, bytes]) -> dict[str, list[str]]:
    """Give what the judge finds, by document."""
    found = {path: output_judge.faults(path, content) for path, content in documents.items()}
    return {path: one for path, one in found.items() if one}


def named(payload: str) -> str:
    return ascii(payload)[1:60]


# --- nothing of it runs -----------------------------------------------------------------------------------


def test_every_source_with_a_payload_is_read_and_published(published: Published) -> None:
    assert [(one.name, one.detail) for one in published.report.sources if one.result != "read"] == []
    assert [(feed.name, feed.held, feed.note) for feed in published.report.feeds if feed.held or feed.note] == []
    assert len(json.loads(published.outputs["all/feed.json"])["items"]) > 6 * len(PAYLOADS)


@pytest.mark.parametrize("number", range(len(PAYLOADS)), ids=lambda number: f"{number} {named(PAYLOADS[number])}")
def test_t5_t6_i5_a_mirror_of_a_hostile_feed_is_harmless(published: Published, number: int) -> None:
    documents = published.of(f"p{number}")
    assert len(documents) == 4
    assert harm_in(documents) == {}


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json", "index.html"])
def test_t5_i5_all_payloads_together_are_harmless(published: Published, name: str) -> None:
    assert harm_in({name: published.outputs[f"all/{name}"]}) == {}


@pytest.mark.parametrize("name", ["index.html", "sources.opml"])
def test_t5_i5_what_stands_beside_the_feeds_is_harmless(published: Published, name: str) -> None:
    assert harm_in({name: published.outputs[name]}) == {}


def test_t6_i1_every_document_with_payloads_is_valid(published: Published) -> None:
    kinds = {
        "atom.xml": "application/atom+xml",
        "rss.xml": "application/rss+xml",
        "feed.json": "application/feed+json",
        "html": "text/html",
        "opml": "text/x-opml",
    }
    found = {
        path: faults(kind, content)
        for path, content in published.outputs.items()
        for ending, kind in kinds.items()
        if path.endswith(ending)
    }
    assert len(found) == 4 * (len(PAYLOADS) + 1) + 2
    assert {path: one for path, one in found.items() if one} == {}


# --- the judge itself -------------------------------------------------------------------------------------


POLICY = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">"
FRAME = f"<html><head>{POLICY}</head><body>{{}}</body></html>"


def careless(payload: str) -> Iterator[tuple[str, bytes]]:
    """Write a payload as careless programs would: as it stands, or decoded, or between quotes."""
    bodies = (
        payload,
        unescape(payload),
        unescape(unescape(payload)),
        payload.replace("<![CDATA[", ""),
        f"{payload}>",
    )
    quoted = (f'<p title="{payload}">x</p>', f"<p title='{payload}'>x</p>", f"<p title={payload}>x</p>")
    for body in (*bodies, *quoted):
        yield "body.json", json.dumps({"content_html": body}).encode()
        yield "page.html", FRAME.format(body).encode("utf-8", "surrogatepass")
    yield "address.json", json.dumps({"url": payload}).encode()


@pytest.mark.parametrize("payload", PAYLOADS, ids=named)
def test_the_judge_sees_each_payload_that_nobody_has_treated(payload: str) -> None:
    found = {name for name, document in careless(payload) if output_judge.faults(name, document)}
    assert found >= ({"address.json"} if payload in ADDRESSES else {"body.json", "page.html"})


def test_there_are_enough_payloads_and_none_twice() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 120


@pytest.mark.parametrize(
    ("name", "document"),
    [
        pytest.param("x.html", FRAME.format("<p>words</p>"), id="a page"),
        pytest.param(
            "x.json", '{"items": [{"url": "https://a.example/?b=c#d", "content_html": "<p>x</p>"}]}', id="JSON"
        ),
        pytest.param("x.xml", "<rss><item><description>&lt;p>x&lt;/p></description></item></rss>", id="RSS"),
        pytest.param("x.css", "p{}", id="a style"),
    ],
)
def test_the_judge_has_nothing_against_plain_documents(name: str, document: str) -> None:
    assert output_judge.faults(name, document.encode()) == []


@pytest.mark.parametrize(
    "document",
    [
        "<!DOCTYPE rss><rss/>",
        "<?xml version='1.0'?><?xml-stylesheet href='https://a.example/x.xsl'?><rss/>",
        "<rss><script xmlns='http://www.w3.org/1999/xhtml'>x()</script></rss>",
        "<rss><channel onload='x()'/></rss>",
        "<rss><channel><link>javascript:x()</link></channel></rss>",
        "<rss><channel><item><guid>javascript:x()</guid></item></channel></rss>",
        "<rss><channel><item><category domain='javascript:x()'/></item></channel></rss>",
        "<rss><channel><item><enclosure url='data:,x'/></item></channel></rss>",
        "<rss><channel><item><title>&lt;script></title></item></channel></rss>",
        "<rss><channel><item><description>&lt;script></description></item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><title type='html'>&lt;script></title></feed>",
        "<feed xmlns='http://www.w3.org/2005/Atom'><title type='xhtml'/></feed>",
    ],
)
def test_the_judge_sees_what_runs_in_xml(document: str) -> None:
    assert len(output_judge.faults("x.xml", document.encode())) >= 1
