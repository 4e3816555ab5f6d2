"""What a source would look like here: told by the program, which keeps nothing of it."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from factories import MOMENT, entry, feed, post
from fakes import NOW, FakeSource, World, fresh
from feedbraid.model import (
    Believed,
    Channel,
    Enclosure,
    Failed,
    Fresh,
    Known,
    Note,
    OriginSpec,
    Outcome,
    SiteSpec,
    Skipped,
    Validators,
)
from feedbraid.preview import lone_feed, lone_source, preview, read_alone
from loopback import LoopbackServer, Reply
from program import Instance

# --- facts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("https://news.example/feed", "web"),
        (" http://news.example/feed ", "web"),
        ("feed.xml", "file"),
        ("/srv/feed.xml", "file"),
    ],
)
def test_a_place_is_an_address_or_a_file(place: str, kind: str) -> None:
    source = lone_source(place)
    assert (source.kind, source.locations, source.name) == (kind, (place.strip(),), "preview")


@pytest.mark.parametrize("place", ["", "www.news.example/feed", "ftp://news.example/", "file:///srv/feed.xml"])
def test_a_place_that_can_not_be_read_is_explained(place: str) -> None:
    with pytest.raises(ValueError, match=r"https?://|named by its path"):
        lone_source(place)


def test_a_configured_source_is_read_as_configured_at_the_given_address_alone() -> None:
    urls = ("https://voa.example/feed", "https://mirror.example/voa")
    voa = OriginSpec(name="voa", kind="web", locations=urls, zone="Asia/Shanghai", key=("guid",))
    found = lone_source(urls[1], [voa])
    assert (found.name, found.zone, found.key, found.locations) == ("voa", "Asia/Shanghai", ("guid",), urls[1:])


def test_the_feed_of_a_source_alone_stands_below_the_site() -> None:
    spec = lone_feed(lone_source("feed.xml"), SiteSpec(address="https://out.example/", language="de"))
    assert (spec.address, spec.language, spec.origins) == ("https://out.example/preview/", "de", ("preview",))
    assert spec.archive == 0


def test_a_preview_has_what_the_source_said_and_what_is_made_of_it() -> None:
    note = Note("N45", "a lazy image was repaired")
    stated = entry(
        body="<p>Text <img src='https://e.example/1.png'></p>",
        enclosures=(Enclosure("https://e.example/1.mp3", "audio/mpeg"),),
        dialect="atom",
    )
    read = Fresh(
        entries=(Believed(ref="1", entry=stated, notes=(note,)),),
        channel=Channel(title="News", subtitle="Of today", link="https://news.example/", language="en"),
        skipped=(Skipped("2", "it has nothing"),),
        notes=(Note("XML 4.1", "2 ampersands were escaped"),),
        validators=Validators(etag=b'"\xe9"', last_modified=b"Mon, 02 Mar 2026 00:00:00 GMT"),
        max_age=timedelta(minutes=5),
        complete=False,
    )
    shown = post(id="tag:1", **{name: getattr(stated, name) for name in ("body", "enclosures")}, key=stated.key)
    found = preview("feed.xml", read, feed(shown))
    assert (found.title, found.subtitle, found.link, found.language, found.format) == (
        "News",
        "Of today",
        "https://news.example/",
        "en",
        "Atom",
    )
    assert (found.etag, found.last_modified, found.max_age) == ('"é"', "Mon, 02 Mar 2026 00:00:00 GMT", 300)
    assert (found.count, found.complete, found.notes, found.skipped) == (1, False, read.notes, read.skipped)
    (one,) = found.items
    assert (one.id, one.title, one.notes) == ("tag:1", "One", (note,))
    assert (one.characters, one.images, one.enclosures) == (4, 1, ("https://e.example/1.mp3",))


@pytest.mark.parametrize(
    ("fields", "published", "updated"),
    [
        ({}, "2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"),
        ({"published": None, "updated": MOMENT}, "", "2026-03-01T12:00:00Z"),
        ({"published": None}, "", ""),
        ({"published": MOMENT + timedelta(days=9)}, "", ""),
    ],
)
def test_n19_a_date_that_is_not_stated_or_lies_in_the_future_is_none(
    fields: dict[str, Any], published: str, updated: str
) -> None:
    found = preview("x", fresh(entry(**fields)), feed(post(**fields)))
    assert (found.items[0].published, found.items[0].updated) == (published, updated)


class Faulty(FakeSource):
    """Has a fault of ours."""

    async def read(self, known: Known) -> Outcome:
        raise ZeroDivisionError(known.state.name)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (FakeSource([Failed(reason="HTTP 500")]), "HTTP 500"),
        (Faulty([]), "feedbraid has a fault here, please report it: ZeroDivisionError: voa"),
    ],
)
def test_f44_a_source_that_fails_is_a_value(tmp_path: Path, source: FakeSource, reason: str) -> None:
    assert read_alone(World(tmp_path, {"voa": source}).app(), NOW) == Failed(reason=reason)


# --- the program ------------------------------------------------------------------------------------------

ITEMS = """
<item><title>Older</title><link>https://news.example/1?utm_source=rss</link><guid>https://news.example/1</guid>
<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>
<description>&lt;p&gt;Text &lt;b&gt;1&lt;/b&gt;&lt;/p&gt;</description>
</item>
<item><title>[b]Newer[/b]</title><link>https://news.example/2</link><author>Ann</author>
<pubDate>Sun, 01 Mar 2026 11:00:00 GMT</pubDate>
<description>&lt;img src="https://news.example/2.png"&gt; &amp;amp; more</description>
<enclosure url="https://news.example/2.mp3" type="audio/mpeg" length="9"/></item>
<item><guid isPermaLink="false">17</guid></item>
"""
RSS = (
    '<rss version="2.0"><channel><title>News & more</title><link>https://news.example/</link>'
    f"<language>en</language>{ITEMS}</channel></rss>"
)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A folder with a feed in it, and no configuration."""
    instance = Instance(tmp_path)
    instance.write("news.xml", RSS)
    return instance


def test_repairs_of_the_document_and_of_each_item_are_told(instance: Instance) -> None:
    done = instance.feedbraid("preview", "news.xml")
    assert done.returncode == 0, done.stderr
    head, _, table = done.stdout.partition("\n\n")
    assert head.splitlines() == [
        "source    news.xml",
        "title     News & more",
        "link      https://news.example/",
        "language  en",
        "format    RSS",
        "items     2",
        "repaired  XML 4.1: 1 ampersand was escaped",
        "skipped   item 3: it has no title, no text, no link and no enclosure: there is nothing to publish",
    ]
    assert [re.split("   *", line.rstrip()) for line in table.splitlines()] == [
        ["title, link, enclosures, repairs", "date", "author", "text"],
        ["[b]Newer[/b]", "2026-03-01T11:00:00Z", "Ann", "6 characters, 1 image"],
        ["", "https://news.example/2"],
        ["", "enclosure https://news.example/2.mp3"],
        ["Older", "2026-03-01T10:00:00Z", "News & more", "6 characters"],
        ["", "https://news.example/1"],
        ["", "D9: tracking parameters were removed from its link"],
    ]


def test_nothing_is_stored_and_no_configuration_is_needed(instance: Instance) -> None:
    for arguments in ([], ["--json"], ["--format", "atom"]):
        assert instance.feedbraid("preview", "news.xml", *arguments).returncode == 0
    assert [path.name for path in instance.folder.iterdir()] == ["news.xml"]


def test_the_newest_are_shown_up_to_the_limit(instance: Instance) -> None:
    done = instance.feedbraid("preview", "news.xml", "--limit", "1")
    assert "items     2, the newest 1 shown\n" in done.stdout
    assert "Newer" in done.stdout
    assert "Older" not in done.stdout


def test_machines_read_the_same_facts(instance: Instance) -> None:
    report = json.loads(instance.feedbraid("preview", "news.xml", "--json").stdout)
    assert (report["title"], report["count"], len(report["skipped"])) == ("News & more", 2, 1)
    newer, older = report["items"]
    assert (older["link"], older["id"]) == ("https://news.example/1", "https://news.example/1")
    assert older["notes"] == [{"rule": "D9", "text": "tracking parameters were removed from its link"}]
    assert (newer["images"], newer["enclosures"]) == (1, ["https://news.example/2.mp3"])


@pytest.mark.parametrize(("name", "file"), [("atom", "atom.xml"), ("rss", "rss.xml"), ("json", "feed.json")])
def test_a_format_prints_exactly_what_a_feed_of_this_source_alone_would_be(
    instance: Instance, name: str, file: str
) -> None:
    printed = instance.feedbraid("preview", "news.xml", "--format", name)
    assert printed.returncode == 0, printed.stderr
    config = "site: {pages: false}\nsources: {preview: news.xml}\nfeeds: {preview: {from: preview, archive: 0}}\n"
    instance.write("config.yaml", config)
    instance.run()
    assert printed.stdout.encode() == instance.outputs()[f"preview/{file}"]


def test_d20_the_clock_can_be_given(instance: Instance) -> None:
    instance.write("undated.xml", "<rss><channel><item><title>One</title></item></channel></rss>")
    done = instance.feedbraid("preview", "undated.xml", "--format", "atom", now="2021-01-27T14:41:19Z")
    assert "<updated>2021-01-27T14:41:19Z</updated>" in done.stdout
    assert "none: when first seen" in instance.feedbraid("preview", "undated.xml").stdout


def test_a_page_is_written_that_needs_no_other_file(instance: Instance) -> None:
    done = instance.feedbraid("preview", "news.xml", "--html", "page.html")
    assert (done.returncode, done.stdout) == (0, "feedbraid: wrote page.html\n"), done.stderr
    page = (instance.folder / "page.html").read_text(encoding="utf-8")
    assert "https://news.example/2" in page
    assert "<style" in page
    assert 'rel="stylesheet"' not in page


def test_a_page_that_can_not_be_written_is_trouble_at_home(instance: Instance) -> None:
    done = instance.feedbraid("preview", "news.xml", "--html", "nowhere/page.html")
    assert (done.returncode, done.stdout) == (4, "")
    assert "feedbraid: nowhere/page.html: No such file or directory" in done.stderr


def test_the_rules_of_the_configuration_hold(instance: Instance) -> None:
    rules = "clean: {tracking_parameters: true}\nsources: {other: other.xml}\n"
    instance.write("config.yaml", rules)
    instance.write("elsewhere/other.yaml", rules.replace("true", "false"))
    kept = instance.feedbraid("preview", "news.xml", "--json").stdout
    removed = instance.feedbraid("preview", "news.xml", "--json", "-c", "elsewhere/other.yaml").stdout
    assert ["utm_source" in text for text in (kept, removed)] == [True, False]


def test_what_the_server_said_is_told_and_private_hosts_are_asked_only_when_allowed(instance: Instance) -> None:
    headers = (("ETag", '"1"'), ("Cache-Control", "max-age=300"))
    with LoopbackServer({"/feed": Reply(body=RSS.encode(), headers=headers)}) as server:
        url = server.url("/feed")
        host = url.removeprefix("http://").partition("/")[0]
        refused = instance.feedbraid("preview", url)
        assert (refused.returncode, refused.stdout, server.paths) == (1, "", [])
        remedy = f'to allow it, set fetch.allow: ["{host}"], in a config.yaml here or in the file that -c names\n'
        assert refused.stderr.endswith(remedy)
        instance.write("config.yaml", f"fetch: {{allow: ['{host}']}}\nsources: {{other: other.xml}}\n")
        done = instance.feedbraid("preview", url)
    assert 'server    ETag "1", fresh for 300 seconds\n' in done.stdout


def test_a_page_that_is_no_feed_is_told_with_the_feed_it_advertises(instance: Instance) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="https://news.example/feed">'
    instance.write("page.html", f"<!DOCTYPE html><html><head>{link}</head><body></body></html>")
    done = instance.feedbraid("preview", "page.html")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "feedbraid: page.html can not be read: this is a web page, not a feed; "
        "it advertises a feed at https://news.example/feed\n"
    )


def test_a_feed_without_items_is_shown_and_no_document_is_made_of_it(instance: Instance) -> None:
    instance.write("empty.xml", "<rss><channel><title>Empty</title><item/></channel></rss>")
    done = instance.feedbraid("preview", "empty.xml")
    assert (done.returncode, "items     0\n" in done.stdout) == (0, True)
    document = instance.feedbraid("preview", "empty.xml", "--format", "rss")
    assert (document.returncode, document.stdout) == (1, "")
    assert "feedbraid: empty.xml has no item that can be published\n" in document.stderr
    assert "nothing to publish" in document.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.xml"], 1, "feedbraid: nowhere.xml can not be read: No such file or directory\n"),
        (["www.news.example/feed"], 2, "www.news.example/feed: an address begins with https://"),
        (["news.xml", "-c", "nowhere.yaml"], 2, "nowhere.yaml: no such file"),
        (["news.xml", "--limit", "0"], 2, "'0' is no number of items, such as 10"),
        (["news.xml", "--format", "pdf"], 2, "'pdf'"),
        (["news.xml", "--format", "rss", "--json"], 2, "not allowed with"),
    ],
)
def test_trouble_is_told_with_what_would_help(
    instance: Instance, arguments: list[str], code: int, words: str
) -> None:
    done = instance.feedbraid("preview", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_help_has_an_example(instance: Instance) -> None:
    done = instance.feedbraid("preview", "--help")
    assert done.returncode == 0
    assert "example: feedbraid preview https://news.example/feed.xml --limit 5" in done.stdout
