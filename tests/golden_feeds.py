"""Complete feeds whose documents are kept in `golden/`, one for each kind of trouble that writers meet."""

from __future__ import annotations

from datetime import UTC, datetime

from factories import after, channel, feed, post
from feedbraid.model import Category, Enclosure, Feed, Link, Person


def chinese_news() -> Feed:
    """Seeds and a source in simplified Chinese, one of them edited later."""
    source = channel("xinwen", title="新闻网", rights="© 新闻网", language="zh-Hans")
    return feed(
        post(
            "https://xinwen.example/a/%E6%98%A5%E5%A4%A9.html?id=7",
            title="春天来了：北方城市迎来“早到”的花季",
            summary="今年的花比往年早开十天。",
            body='<p>今年的花比往年早开十天。</p><p><img src="https://images.example/%E8%8A%B1.jpg" alt="花"></p>',
            published=after(hours=-2),
            updated=after(hours=-1),
            authors=(Person("王小明", "https://xinwen.example/wang"),),
            categories=(Category("天气"), Category("shehui", "https://xinwen.example/cat", "社会")),
            image="https://images.example/%E8%8A%B1.jpg",
            language="zh-Hans",
            channel=source,
        ),
        post(
            "https://example.org/2026/02/28/shu.html",
            id="tag:example.org,2026-02-28:shu",
            title="一本旧书",
            body="<p>在旧书店里找到的。<br>纸已经黄了。</p>",
            published=after(days=-1),
            authors=(Person("李"),),
            language="zh-Hans",
        ),
        post(
            "https://xinwen.example/a/2",
            title="短讯",
            body="",
            published=after(days=-2),
            authors=(Person("新闻网"),),
            rights="转载须注明出处",
            language="zh-Hans",
            channel=source,
        ),
        title="中文新闻",
        subtitle="各处的新闻，每小时更新",
        language="zh-Hans",
        rights="各文版权归原作者",
        icon="https://feeds.example.org/icon.png",
    )


def podcast() -> Feed:
    """Audio and video files, with and without a known length."""
    show = channel("show", title="A Show", authors=(Person("Ben"),), icon="https://show.example/icon.png")
    audio = "https://cdn.show.example/12.mp3?x=1&y=2"
    return feed(
        post(
            "https://show.example/12",
            id="urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
            title="Episode 12",
            summary="About trees.",
            body="<p>About trees.</p><ul><li>Oak</li><li>Elm</li></ul>",
            enclosures=(
                Enclosure(audio, "audio/mpeg", 12_345_678, "The audio"),
                Enclosure("https://cdn.show.example/12.webm", "video/webm"),
            ),
            comments="https://show.example/12#comments",
            image="https://show.example/12.jpg",
            channel=show,
        ),
        post(
            "https://show.example/11",
            title="Episode 11",
            published=after(days=-7),
            enclosures=(Enclosure("https://cdn.show.example/11.mp3", "audio/mpeg"),),
            channel=show,
        ),
        title="Shows",
    )


def many_hands() -> Feed:
    """Several authors, categories with schemes and labels, other links, rights."""
    return feed(
        post(
            "https://journal.example/paper?id=1&v=2",
            title="A paper by three",
            authors=(Person("Ann"), Person("Ben", "https://ben.example/"), Person("Zoë Ångström")),
            categories=(
                Category("cs.DL", "https://journal.example/subjects", "Digital Libraries"),
                Category("physics", "https://journal.example/subjects"),
                Category("rock & roll"),
            ),
            links=(
                Link(
                    "https://journal.example/paper.pdf", "related", "application/pdf", "en", "The paper, printed"
                ),
                Link("https://found.example/", "via"),
                Link("https://creativecommons.org/licenses/by/4.0/", "license"),
                Link("https://journal.example/paper/replies.xml", "replies", "application/atom+xml"),
            ),
            comments="https://journal.example/paper/comments",
            rights="© 2026 Ann, Ben & Zoë",
            updated=after(days=1),
            first_seen=after(days=1),
        ),
        title="Papers",
        rights="Each paper belongs to its authors.",
    )


def bare_entries() -> Feed:
    """Entries that lack a title, a body, a date or a link, down to those that have one thing only."""
    long_text = " ".join(f"word{number}" for number in range(40))
    return feed(
        post("https://toots.example/@ann/1", title="", body=f"<p>{long_text}</p>", published=after(hours=3)),
        post("https://toots.example/@ann/2", title="", body="", published=after(hours=2)),
        post(
            "", id="urn:uuid:00000000-0000-5000-8000-000000000001", title="Only a title", body="", published=None
        ),
        post("", id="urn:uuid:00000000-0000-5000-8000-000000000002", title="", body="<p>Only a body</p>"),
        post("https://toots.example/@ann/5", title="Only a date missing", published=None),
        post("https://toots.example/@ann/6", title="A summary", summary="In short.", body="", published=None),
        post("", id="tag:example.org,2026:7", title="", summary="Alone, in short.", body="", published=None),
        post(
            "https://toots.example/@ann/8", body="<p>Long ago</p>", published=datetime(1066, 3, 4, 5, tzinfo=UTC)
        ),
        title="Toots",
    )


def hostile_text() -> Feed:
    """Texts that break writers: ends of CDATA, markup in titles, emoji, other directions of writing."""
    return feed(
        post(
            "https://odd.example/?a=1&b=%22%3Cx%3E%22",
            title='<script>alert("1")</script> & Söhne ]]> &amp; &lt;b&gt;',
            summary="a < b && c > d ]]>",
            body="<p>]]&gt; &lt;script&gt; &amp;amp; &amp;nbsp; a&nbsp;b</p><pre>  two\n\n\tlines </pre>",
            authors=(Person('Ann "<b>" & Co'),),
            categories=(Category("R&D"), Category("<none>"), Category('"quoted"')),
            rights="<© & ®>",
        ),
        post(
            "https://odd.example/emoji",
            title="👩‍👩‍👧 family 🏳️‍🌈 flag 𝒳 𠮷",
            body="<p>👍🏽 and \u2028 a line separator</p>",
            published=after(hours=-1),
        ),
        post(
            "https://odd.example/rtl",
            title="שלום עולם, مرحبا بالعالم",
            body='<p dir="rtl">نص من اليمين إلى اليسار</p>',
            published=after(hours=-2),
            language="ar",
        ),
        title="Odd & ends <1>",
        subtitle="What <b>breaks</b> writers & readers",
        rights="& all",
    )


def empty() -> Feed:
    """A feed before its first post."""
    return feed(title="Nothing yet", subtitle="Soon", language="")


def planet() -> Feed:
    """Entries of several sources in several languages, one of which comes from a planet itself."""
    hills = channel("hills", title="Hills & Vales", language="en", rights="© Hills", subtitle="On hills")
    lakes = channel("lakes", id="tag:lakes.example,2020:feed", title="Les lacs", language="fr")
    nameless = channel("nameless", id="", title="", link="")
    local = channel("local", id="", title="A file on disk", feed_url="", link="")
    other = channel("woods", title="Woods", authors=(Person("Eve"),))
    return feed(
        post("https://hills.example/1", title="On a hill", language="en", origin="hills", channel=hills),
        post("https://lacs.example/1", title="Au bord du lac", language="fr", origin="lakes", channel=lakes),
        post("https://nameless.example/1", title="No name", origin="nameless", channel=nameless),
        post("https://woods.example/1", title="Woods", origin="lakes", channel=lakes, language="de", named=other),
        post("https://example.org/seed", title="A seed", language="en"),
        post("https://file.example/1", title="From a file", origin="local", channel=local),
        title="Planet",
    )


FEEDS = {
    "chinese-news": chinese_news,
    "podcast": podcast,
    "many-hands": many_hands,
    "bare-entries": bare_entries,
    "hostile-text": hostile_text,
    "empty": empty,
    "planet": planet,
}
