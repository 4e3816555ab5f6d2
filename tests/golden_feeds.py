"""Complete feeds whose documents are kept in `golden/`, one for each kind of trouble that writers meet."""

from __future__ import annotations

from datetime import UTC, datetime

from factories import ADDRESS, after, channel, feed, post, siblings
from feedbraid.model import Category, Enclosure, Episode, Feed, Link, Person, Show


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


SHOW = Show(
    author="Ann & Ben",
    owner="Trees Ltd",
    email="podcast@trees.example",
    categories=(
        ("Society & Culture", "Philosophy"),
        ("Society & Culture", "Places & Travel"),
        ("Arts", "Design"),
        ("Technology", ""),
    ),
    image="https://trees.example/cover.jpg",
    explicit=False,
    kind="serial",
)
"""Complete, with all that it may say."""


def live() -> Feed:
    """The newest posts of a feed that has an archive."""
    return feed(
        post("https://example.org/52", title="Post 52"),
        post("https://example.org/51", title="Post 51", published=after(days=-1)),
        title="Long & old",
        previous=f"{ADDRESS}archive/2/",
    )


def archive() -> Feed:
    """A closed block of the history, with an older one before it; `News` is what the live feed is called."""
    return feed(
        post("https://example.org/50", title="Post 50", published=after(days=-2)),
        post("https://example.org/7", title="Came late", published=after(days=-90), updated=after(days=-3)),
        title="Long & old",
        siblings=siblings(f"{ADDRESS}archive/2/", "Long & old"),
        previous=f"{ADDRESS}archive/1/",
        is_archive=True,
    )


def first_archive() -> Feed:
    """The oldest block, which nothing comes before, of a podcast with a style sheet: every namespace is in use."""
    return feed(
        post(
            "https://trees.example/1",
            title="Pilot",
            published=after(days=-300),
            image="https://trees.example/1.jpg",
            enclosures=(Enclosure("https://cdn.trees.example/1.mp3", "audio/mpeg", 1),),
            episode=Episode(duration=59, kind="trailer"),
            channel=channel("trees"),
        ),
        title="Trees",
        siblings=siblings(f"{ADDRESS}archive/1/", "Trees"),
        is_archive=True,
        show=SHOW,
        stylesheet="https://feeds.example.org/feed.css",
    )


def show() -> Feed:
    """A podcast: what players ask for, of the whole and of each episode, as far as it is known."""
    trees = channel("trees", title="Trees", authors=(Person("Ann"),))
    oak = "https://cdn.trees.example/oak.mp3?a=1&b=2"
    return feed(
        post(
            "https://trees.example/2",
            title="Oak",
            summary="On oaks & acorns.",
            body="<p>On oaks &amp; acorns, and on all that lives in them.</p>",
            enclosures=(Enclosure(oak, "audio/mpeg", 41_234_567, "The recording"),),
            episode=Episode(
                duration=3723,
                season=2,
                number=14,
                kind="full",
                explicit=True,
                image="https://trees.example/oak.jpg",
            ),
            image="https://trees.example/oak.jpg",
            channel=trees,
        ),
        post(
            "https://trees.example/1",
            title="What comes",
            published=after(days=-7),
            enclosures=(
                Enclosure("https://cdn.trees.example/1.m4a", "audio/mp4", 5),
                Enclosure("https://cdn.trees.example/1.pdf", "application/pdf"),
            ),
            episode=Episode(duration=61, kind="trailer", explicit=False),
            channel=trees,
        ),
        post(
            "https://trees.example/film",
            title="A film in two sizes: no one length is that of both files",
            published=after(days=-8),
            enclosures=(
                Enclosure("https://cdn.trees.example/small.mp4", "video/mp4"),
                Enclosure("https://cdn.trees.example/large.mp4", "video/mp4"),
            ),
            episode=Episode(duration=90),
            channel=trees,
        ),
        post("https://trees.example/news", title="No recording", published=after(days=-9), channel=trees),
        title="Trees",
        subtitle="Of trees and people",
        icon="https://trees.example/icon.png",
        show=SHOW,
    )


def shy_show() -> Feed:
    """A podcast that says no more than it must."""
    plain = Show(categories=(("Technology", ""),), image="https://shy.example/cover.png", explicit=True)
    return feed(
        post(
            "https://shy.example/1",
            enclosures=(Enclosure("https://shy.example/1", "application/octet-stream"),),
            episode=Episode(duration=5),
        ),
        show=plain,
    )


def via() -> Feed:
    """Posts that other sources have, too; some of them the entry names itself."""
    first, second = Link("https://hills.example/", "via", title="Hills & Vales"), Link("https://b.example/", "via")
    return feed(
        post("https://example.org/one", via=(first, second)),
        post(
            "https://example.org/two",
            links=(Link("https://found.example/", "via", "text/html"), Link("https://b.example/", "related")),
            comments="https://example.org/two#comments",
            via=(Link("https://found.example/", "via", title="Found"), second, second, first),
        ),
    )


def stylesheet() -> Feed:
    """A style sheet for browsers, at an address that has to be escaped."""
    return feed(post(), stylesheet="https://feeds.example.org/feed.css?a=1&b=2")


def right_to_left() -> Feed:
    """Arabic, Hebrew and Persian, with numbers and names in Latin letters in between."""
    return feed(
        post(
            "https://akhbar.example/%D8%AE%D8%A8%D8%B1/1",
            title="إطلاق RSS 2.0 في 12 مدينة",
            summary="ملخّص قصير",
            body='<p dir="rtl">نصّ طويل مع <b>كلمة</b> و<a href="https://akhbar.example/a">رابط</a>.</p>',
            authors=(Person("أحمد"),),
            categories=(Category("أخبار"), Category("تقنية (RSS)")),
            language="ar",
        ),
        post(
            "https://akhbar.example/2",
            title="שלום, עולם! (2026)",
            body='<p dir="rtl">טקסט בעברית</p>',
            published=after(hours=-1),
            authors=(Person("דנה"),),
            language="he",
        ),
        post(
            "https://akhbar.example/3",
            title="می‌خواهم",
            body='<p dir="rtl">نیم‌فاصله می‌ماند</p>',
            published=after(hours=-2),
            language="fa",
        ),
        title="أخبار العالم",
        subtitle="من كل مكان",
        language="ar",
        rights="© كل الحقوق محفوظة",
    )


def many_languages() -> Feed:
    """One feed in no language of its own, entries in many."""
    titles = {
        "de-AT": "Grüße aus Wien",
        "el": "Καλημέρα κόσμε",
        "hi": "नमस्ते दुनिया",
        "ja": "こんにちは世界",
        "ko": "안녕하세요 세계",
        "pt-BR": "Olá, mundo",
        "sr-Latn": "Zdravo svete",
        "th": "สวัสดีชาวโลก",
        "zh-Hant-TW": "你好，世界",
        "": "In no language that is known",
    }
    return feed(
        *(
            post(
                f"https://babel.example/{number}",
                title=title,
                body=f"<p>{title}.</p>",
                published=after(hours=-number),
                language=language,
                channel=channel("babel", title="Babel", language=language),
            )
            for number, (language, title) in enumerate(titles.items())
        ),
        title="Babel",
        language="",
    )


def no_titles() -> Feed:
    """A microblog: texts of all lengths, without titles."""
    texts = {
        1: "<p>Short.</p>",
        2: "<p>Two</p><p>paragraphs</p>",
        3: '<p><img src="https://toots.example/cat.jpg" alt="A cat"></p>',
        4: f"<p>{'很长的一段话，没有空格。' * 20}</p>",
        5: f"<p>{'word ' * 60}end</p>",
        6: "<p>a &lt; b &amp;&amp; c</p>",
    }
    return feed(
        *(
            post(f"https://toots.example/{number}", title="", body=body, published=after(hours=-number))
            for number, body in texts.items()
        ),
        title="Toots",
    )


def links_only() -> Feed:
    """A list of links: entries that have nothing else, or hardly anything."""
    return feed(
        post("https://a.example/", title="", body=""),
        post("https://b.example/path/%E4%BD%A0%E5%A5%BD?x=1&y=2", title="", body="", published=after(hours=-1)),
        post("https://c.example/", title="A title & a link", body="", published=after(hours=-2)),
        post(
            "https://d.example/",
            title="Elsewhere",
            body="",
            links=(Link("https://elsewhere.example/", "related"),),
            published=after(hours=-3),
        ),
        title="Links",
    )


def media() -> Feed:
    """Pictures, several files of several types, files of no known type or length."""
    return feed(
        post(
            "https://tube.example/watch?v=abc&t=1",
            id="yt:video:abc",
            title="A film",
            body="<p>First line<br>second line</p>",
            image="https://i.tube.example/abc/0.jpg?w=480&h=360",
            authors=(Person("Channel", "https://tube.example/channel/1"),),
            channel=channel("tube"),
        ),
        post(
            "https://photos.example/1",
            title="A picture",
            enclosures=(Enclosure("https://photos.example/1.jpeg", "image/jpeg", 123_456),),
            image="https://photos.example/1-small.jpeg",
            published=after(hours=-1),
        ),
        post(
            "https://files.example/1",
            title="Files",
            enclosures=(
                Enclosure("https://files.example/1", "application/octet-stream", 0, "Whatever & more"),
                Enclosure("https://files.example/1.epub", "application/epub+zip", 999_999_999_999_999),
                Enclosure("https://files.example/1.svg", "image/svg+xml"),
            ),
            published=after(hours=-2),
        ),
        post(
            "",
            id="tag:p.example,2026:lone",
            title="",
            body="",
            published=after(hours=-3),
            image="https://p.example/l.png",
        ),
        title="Media",
    )


def planet_of_planets() -> Feed:
    """Entries that name another feed as their origin: that is kept, not the planet that they came by."""
    planet_itself = channel("planet", title="A planet", authors=(Person("Planet team"),), rights="Of the planet")
    ann = channel(
        "ann", id="tag:ann.example,2026:feed", title="Ann <writes>", rights="© Ann", authors=(Person("Ann"),)
    )
    return feed(
        post("https://ann.example/1", origin="planet", channel=planet_itself, named=ann),
        post("https://ann.example/2", origin="planet", channel=planet_itself, named=ann, rights="Mine"),
        post(
            "https://bob.example/1",
            origin="planet",
            channel=planet_itself,
            named=channel("bob", id="urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a", feed_url="", link=""),
        ),
        post("https://planet.example/own", origin="planet", channel=planet_itself),
        title="Planets",
    )


def emoji() -> Feed:
    """Characters beyond the first plane, joined ones, and the last that XML allows."""
    return feed(
        post(
            "https://odd.example/%F0%9F%8E%89",
            title="👩🏽‍🚀 𝒳² 🇩🇪 é 􏿽",
            summary="🎉",
            body="<p>🎉🎉 � 𠮷野家 ☃️</p>",
            authors=(Person("🦊"),),
            categories=(Category("🦊"), Category("🦊🦊", "https://odd.example/s", "𝔣𝔬𝔵")),
            rights="🄯",
            enclosures=(Enclosure("https://odd.example/1.mp3", "audio/mpeg", 1, "🔊"),),
        ),
        post("https://odd.example/2", title="", body="<p>🀄</p>"),
        title="🎉",
        subtitle="𝒳",
        rights="🄯 all",
    )


def very_long() -> Feed:
    """Many posts, a long one, a long title and many categories."""
    paragraph = "".join(f"<p>Paragraph {number} of a body that does not want to end.</p>" for number in range(300))
    return feed(
        post(
            "https://long.example/" + "a/" * 500,
            title=" ".join(f"word{number}" for number in range(130)),
            summary=" ".join(f"summary{number}" for number in range(90)),
            body=paragraph,
            authors=tuple(Person(f"Author {number}") for number in range(20)),
            categories=tuple(Category(f"category {number}") for number in range(60)),
        ),
        *(post(f"https://long.example/{number}", published=after(minutes=-number)) for number in range(1, 50)),
        title="Long " * 40 + "title",
    )


def odd_dates() -> Feed:
    """No date, a date to come, dates in the wrong order, many of the same second."""
    return feed(
        post("https://odd.example/future", published=after(days=9), updated=after(days=9)),
        post("https://odd.example/tomorrow", published=after(hours=23)),
        post("https://odd.example/undated", published=None, first_seen=after(hours=1)),
        post("https://odd.example/updated-only", published=None, updated=after(hours=-1)),
        post("https://odd.example/backwards", published=after(hours=2), updated=after(hours=-9)),
        post("https://odd.example/same-1"),
        post("https://odd.example/same-2"),
        title="Dates",
    )


def categories() -> Feed:
    """Categories with and without schemes and labels, in the order in which they were stated."""
    scheme = "https://kinds.example/subjects#"
    return feed(
        post(
            categories=(
                Category("cs.DL", scheme, "Digital Libraries"),
                Category("cs.IR", scheme),
                Category("q-bio", "urn:ex:kinds"),
                Category("label only", "", "Another label"),
                Category("Rock & Roll <loud>"),
                Category("新闻", "https://kinds.example/%E7%B1%BB"),
                Category("cs.dl and more"),
            )
        ),
        post("https://example.org/none"),
    )


FEEDS = {
    "chinese-news": chinese_news,
    "podcast": podcast,
    "many-hands": many_hands,
    "bare-entries": bare_entries,
    "hostile-text": hostile_text,
    "empty": empty,
    "planet": planet,
    "live": live,
    "archive": archive,
    "first-archive": first_archive,
    "show": show,
    "shy-show": shy_show,
    "via": via,
    "stylesheet": stylesheet,
    "right-to-left": right_to_left,
    "many-languages": many_languages,
    "no-titles": no_titles,
    "links-only": links_only,
    "media": media,
    "planet-of-planets": planet_of_planets,
    "emoji": emoji,
    "very-long": very_long,
    "odd-dates": odd_dates,
    "categories": categories,
}
