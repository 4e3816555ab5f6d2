"""Rules about entries, proven on whole documents: from the bytes of a source to what each format says."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from factories import ADDRESS, MOMENT, after, channel, entry, feed, post, self_url
from fakes import NOW, FakeSource, World, fresh
from feedbraid.app import Choices
from feedbraid.formats import Format, atom, rss
from feedbraid.formats import json as json_format
from feedbraid.model import (
    Category,
    Enclosure,
    Entry,
    Failed,
    Fresh,
    OriginSpec,
    Person,
    RawFeed,
    Reading,
    SourceState,
    Validators,
)
from feedbraid.normalise import read_feed
from feedbraid.parse import parse_document
from feedbraid.policy import next_state
from feedbraid.run import run_once

URL = "https://voa.example/feed.xml"
READING = Reading(spec=OriginSpec(name="voa", kind="web", locations=(URL,)), feed_url=URL)
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
FORMATS: dict[str, Format] = {"atom": atom.FORMAT, "rss": rss.FORMAT, "json": json_format.FORMAT}


def rss_of(item: str) -> str:
    link = "" if "<link>" in item else "<link>https://voa.example/1</link>"
    return (
        f'<rss version="2.0" {SPACES}><channel><title>VOA</title><link>https://voa.example/</link>'
        f"<item>{link}{item}</item></channel></rss>"
    )


def atom_of(entry: str) -> str:
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:1</id><title>VOA</title>'
        f'<link href="https://voa.example/"/><entry><id>urn:x:2</id><title>One</title>{entry}</entry></feed>'
    )


def json_of(**members: Any) -> str:  # noqa: ANN401  # members of JSON
    item = {"id": "1", "url": "https://voa.example/1", **members}
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "VOA", "items": [item]})


def parsed(document: str) -> Fresh:
    raw = parse_document(document.encode(), url=URL)
    assert isinstance(raw, RawFeed), raw
    return read_feed(raw, READING)


def read(document: str) -> Entry:
    (believed,) = parsed(document).entries
    return believed.entry


def notes(document: str) -> set[str]:
    return {note.rule for note in parsed(document).entries[0].notes}


# --- dates ------------------------------------------------------------------------------------------------

FIRST, SECOND = "2024-03-01T10:00:00Z", "2024-03-02T10:00:00Z"
DATES = [
    pytest.param(rss_of(f"<pubDate>{FIRST}</pubDate>"), FIRST, None, id="N18 pubDate"),
    pytest.param(rss_of(f"<dc:date>{FIRST}</dc:date>"), FIRST, None, id="N18 dc:date"),
    pytest.param(
        rss_of(f"<pubDate>{FIRST}</pubDate><dc:date>{SECOND}</dc:date>"), FIRST, None, id="N18 pubDate first"
    ),
    pytest.param(
        rss_of(f"<pubDate>{FIRST}</pubDate><atom:updated>{SECOND}</atom:updated>"),
        FIRST,
        SECOND,
        id="N18 atom:updated",
    ),
    pytest.param(atom_of(f"<published>{FIRST}</published>"), FIRST, None, id="N18 published alone"),
    pytest.param(atom_of(f"<updated>{SECOND}</updated>"), None, SECOND, id="N18 updated alone"),
    pytest.param(
        atom_of(f"<published>{FIRST}</published><updated>{SECOND}</updated>"), FIRST, SECOND, id="N18 both of Atom"
    ),
    pytest.param(json_of(date_published=FIRST), FIRST, None, id="N18 date_published"),
    pytest.param(json_of(date_modified=SECOND), None, SECOND, id="N18 date_modified"),
    pytest.param(rss_of("<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>"), None, None, id="N20 the epoch"),
    pytest.param(rss_of("<pubDate>0000-00-00 00:00:00</pubDate>"), None, None, id="N20 all zeros"),
    pytest.param(
        rss_of("<pubDate>2016/6/29 15:07</pubDate>"), "2016-06-29T15:07:00Z", None, id="N16 not of today"
    ),
    pytest.param(rss_of("<title>One</title>"), None, None, id="N22 none is made up"),
]


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


@pytest.mark.parametrize(("document", "published", "updated"), DATES)
def test_n18_each_date_is_taken_from_its_own_element(
    document: str, published: str | None, updated: str | None
) -> None:
    entry = read(document)
    assert (entry.published, entry.updated) == (moment(published), moment(updated))


def test_n19_a_date_in_the_future_counts_as_missing() -> None:
    soon, late = post(published=after(hours=23)), post(published=after(days=2), updated=after(days=3))
    assert (soon.published, soon.updated) == (after(hours=23), after(hours=23))
    assert (late.published, late.updated) == (None, MOMENT)


def test_n21_updated_is_stated_else_published_else_first_seen_and_never_before_published() -> None:
    assert post(published=after(days=-2), updated=after(days=-1)).updated == after(days=-1)
    assert post(published=after(days=-2)).updated == after(days=-2)
    assert post(published=None).updated == MOMENT
    assert post(published=after(days=-1), updated=after(days=-2)).updated == after(days=-1)


def test_n23_an_edit_without_a_new_date_leaves_updated_as_it_was() -> None:
    before = post(body="<p>a</p>", first_seen=after(days=-5))
    edited = replace(before, entry=replace(before.entry, body="<p>b</p>"), last_changed=after(days=3))
    assert edited.updated == before.updated
    undated = post(published=None, first_seen=after(days=-5), last_changed=after(days=3))
    assert undated.updated == after(days=-5)


def test_n24_n25_the_rss_channel_has_the_date_of_its_newest_item_and_no_other() -> None:
    what = feed(post(updated=after(hours=5)), post("https://example.org/two"))
    found = etree.fromstring(rss.FORMAT.render(what, self_url("rss"))).find("channel")
    assert found.findtext("lastBuildDate") == "Sun, 01 Mar 2026 17:00:00 GMT"
    assert found.find("pubDate") is None


def test_n26_entries_of_one_second_keep_it() -> None:
    what = feed(post(), post("https://example.org/two"))
    found = etree.fromstring(atom.FORMAT.render(what, self_url("atom")))
    dates = [each.text for each in found.iterfind("{*}entry/{*}updated")]
    assert dates == ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"]


# --- text -------------------------------------------------------------------------------------------------


def test_n28_n29_a_title_is_read_by_its_type() -> None:
    assert read(rss_of("<title>A &amp;lt;b&amp;gt; tag &amp;amp; more</title>")).title == "A <b> tag & more"
    assert read(rss_of("<title>&lt;i&gt;x&lt;/i&gt; &amp;amp;#8217;</title>")).title == "x ’"
    plain = atom_of("").replace("<title>One</title>", "<title>&lt;i&gt;x&lt;/i&gt;</title>")
    assert read(plain).title == "<i>x</i>"
    assert read(plain.replace("<title>&lt;i", '<title type="html">&lt;i')).title == "x"


def test_n30_no_title_is_no_title() -> None:
    assert read(rss_of("<description>Text</description>")).title == ""


def test_n33_text_is_not_composed_and_categories_are_compared_as_if_it_were() -> None:
    entry = read(rss_of("<title>cafe\u0301</title><category>cafe\u0301</category><category>Café</category>"))
    assert entry.title == "cafe\u0301"
    assert entry.categories == (Category("cafe\u0301"),)


def test_n34_a_summary_is_kept_beside_a_longer_body_that_says_something_else() -> None:
    body = "<content:encoded>&lt;p&gt;A long text of an article.&lt;/p&gt;</content:encoded>"
    assert read(rss_of(f"<description>&lt;b&gt;In short&lt;/b&gt;</description>{body}")).summary == "In short"
    assert read(rss_of(f"<description>A long text of an article.</description>{body}")).summary == ""
    assert read(rss_of("<description>Alone</description>")).summary == ""


def test_n35_the_three_formats_carry_the_same_safe_text() -> None:
    entry = read(json_of(title="a\u0001b\ufffe \u0093c\u0094", content_html="<p>d\u000be</p>"))
    assert (entry.title, entry.body) == ("ab “c”", "<p>de</p>")


# --- bodies -----------------------------------------------------------------------------------------------


def test_n36_the_longest_text_is_the_body_else_the_summary() -> None:
    both = (
        "<description>&lt;p&gt;s&lt;/p&gt;</description><content:encoded>&lt;p&gt;long&lt;/p&gt;</content:encoded>"
    )
    assert read(rss_of(both)).body == "<p>long</p>"
    assert read(rss_of("<description>&lt;p&gt;s&lt;/p&gt;</description>")).body == "<p>s</p>"
    hidden = '<content type="html">&lt;script&gt;much more text than that&lt;/script&gt;</content>'
    assert read(atom_of(f'{hidden}<content type="html">&lt;p&gt;seen&lt;/p&gt;</content>')).body == "<p>seen</p>"


PLAIN = [
    pytest.param(atom_of("<content>a &lt; b\n\nc\nd</content>"), id="Atom says text"),
    pytest.param(atom_of('<content type="text/plain">a &lt; b\n\nc\nd</content>'), id="Atom says text/plain"),
    pytest.param(rss_of("<description>a &lt; b\n\nc\nd</description>"), id="RSS without markup"),
    pytest.param(json_of(content_text="a < b\n\nc\nd"), id="JSON content_text"),
]


@pytest.mark.parametrize("document", PLAIN)
def test_n37_plain_text_becomes_paragraphs_and_line_breaks(document: str) -> None:
    assert read(document).body == "<p>a &lt; b</p><p>c<br>d</p>"


def test_n38_xhtml_becomes_html() -> None:
    div = (
        '<div xmlns="http://www.w3.org/1999/xhtml"><p>a<br/>b &amp; <em>c</em></p><script src="x"/><p>d</p></div>'
    )
    body = read(atom_of(f'<content type="xhtml">{div}</content>')).body
    assert body.removeprefix("<div>").removesuffix("</div>") == "<p>a<br>b &amp; <em>c</em></p><p>d</p>"


def test_n40_an_entry_without_text_still_has_some_in_every_format() -> None:
    bare = feed(post(body="", title="Only a title"))
    found = etree.fromstring(atom.FORMAT.render(bare, self_url("atom")))
    assert found.findtext("{*}entry/{*}content") == "<p>Only a title</p>"
    item = etree.fromstring(rss.FORMAT.render(bare, self_url("rss"))).find("channel/item")
    assert item.findtext("title") == "Only a title"
    assert (
        json.loads(json_format.FORMAT.render(bare, self_url("json")))["items"][0]["content_text"] == "Only a title"
    )


def test_n41_what_is_no_text_is_linked_or_dropped_and_never_inline() -> None:
    film = atom_of('<content type="video/mp4" src="/v.mp4"/><summary>S</summary>')
    assert [(one.url, one.media_type) for one in read(film).enclosures] == [
        ("https://voa.example/v.mp4", "video/mp4")
    ]
    paper = atom_of('<content type="application/pdf" src="/p.pdf"/><summary>S</summary>')
    assert [(one.rel, one.href) for one in read(paper).links] == [("related", "https://voa.example/p.pdf")]
    encoded = base64.b64encode(b"picture" * 9).decode()
    inline = atom_of(f'<content type="image/png">{encoded}</content><summary>S</summary>')
    assert (read(inline).body, read(inline).summary) == ("<p>S</p>", "")
    assert "N41" in notes(inline)


def test_n42_n45_n46_n49_bodies_are_clean_and_resolved_in_the_entry() -> None:
    body = '&lt;a href="#n"&gt;x&lt;/a&gt;&lt;img src="/i.png" onload="y"&gt;'
    body += '&lt;img src="/p" width="1" height="1"&gt;'
    assert read(rss_of(f"<description>{body}</description>")).body == (
        '<a href="https://voa.example/1#n">x</a><img src="https://voa.example/i.png">'
    )


def test_n45_an_xml_base_is_what_addresses_of_a_body_belong_to() -> None:
    content = '<content type="html" xml:base="https://other.example/d/">&lt;img src="i.png"&gt;</content>'
    assert read(atom_of(content)).body == '<img src="https://other.example/d/i.png">'


# --- keys -------------------------------------------------------------------------------------------------


def test_n145_the_original_link_of_feedburner_makes_the_key() -> None:
    burned = (
        '<rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel>'
        "<title>VOA</title><item><title>One</title><link>http://feedproxy.google.com/~r/x/~3/y/</link>"
        "<feedburner:origLink>https://voa.example/1?utm_source=feed</feedburner:origLink></item></channel></rss>"
    )
    entry = read(burned)
    assert (entry.key, entry.link) == ("https://voa.example/1", "https://voa.example/1")


# --- what formats do not say ------------------------------------------------------------------------------

FULL = post(
    "https://example.org/one",
    id="urn:x:1",
    summary="Short",
    authors=(Person("Ann"), Person("Bo", "https://bo.example/")),
    categories=(Category("t", "https://voa.example/tags", "Tag"),),
    enclosures=(Enclosure("https://example.org/a.mp3", "audio/mpeg", 7),),
    comments="https://example.org/one#c",
    published=after(days=-1),
    updated=MOMENT,
    channel=channel(),
)


def written(name: str) -> str:
    return FORMATS[name].render(feed(FULL), self_url(name)).decode()


def json_item() -> dict[str, Any]:
    item: dict[str, Any] = json.loads(written("json"))["items"][0]
    return item


def test_n53_no_mail_address_is_republished() -> None:
    item = "<title>One</title><author>ann@voa.example (Ann)</author>"
    assert read(rss_of(item)).authors == (Person("Ann"),)


def test_n80_n90_n108_rss_has_none_of_the_elements_that_few_readers_understand() -> None:
    root = etree.fromstring(written("rss").encode())
    unwanted = ["managingEditor", "webMaster", "skipHours", "skipDays", "cloud", "textInput", "rating", "author"]
    names = {etree.QName(each).localname for each in root.iter()}
    assert names.isdisjoint(unwanted)
    assert "slash" not in root.nsmap


@pytest.mark.parametrize("name", ["atom", "rss"])
def test_n88_n92_n97_n98_n125_xml_holds_nothing_that_we_never_write(name: str) -> None:
    text = written(name)
    assert "complete" not in text
    assert "deleted-entry" not in text
    assert "xml:base" not in text
    assert "<!" not in text
    assert "xsl" not in text


def test_n112_an_item_of_json_has_one_address() -> None:
    assert json_item()["url"] == "https://example.org/one"
    assert "external_url" not in json_item()


def test_n113_dates_of_json_are_rfc_3339_in_utc() -> None:
    item = json_item()
    assert (item["date_published"], item["date_modified"]) == ("2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z")


def test_n114_n115_authors_of_json_are_an_array_and_tags_are_texts() -> None:
    item = json_item()
    assert item["authors"] == [{"name": "Ann"}, {"name": "Bo", "url": "https://bo.example/"}]
    assert "author" not in item
    assert item["tags"] == ["Tag"]


def test_n116_attachments_of_json_have_address_type_and_size() -> None:
    assert json_item()["attachments"] == [
        {"url": "https://example.org/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 7}
    ]


def test_n67_the_image_of_json_is_that_of_the_entry() -> None:
    what = feed(post(image="https://example.org/i.png"))
    assert json.loads(json_format.FORMAT.render(what, self_url("json")))["items"][0]["image"] == (
        "https://example.org/i.png"
    )


def test_n69_the_guid_and_the_transcripts_of_a_podcast_are_not_taken_over() -> None:
    show = (
        '<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>VOA</title>'
        "<podcast:guid>917393e3-1b1e-5cef-ace4-edaa54e1f810</podcast:guid>"
        '<item><title>One</title><enclosure url="https://voa.example/1.mp3" type="audio/mpeg" length="7"/>'
        '<podcast:transcript url="https://voa.example/1.vtt" type="text/vtt"/></item></channel></rss>'
    )
    entry_of_show = read(show)
    assert [one.url for one in entry_of_show.enclosures] == ["https://voa.example/1.mp3"]
    what = feed(replace(FULL, entry=entry_of_show))
    for name, one in FORMATS.items():
        document = one.render(what, self_url(name)).decode()
        assert "podcastindex" not in document
        assert "917393e3" not in document
        assert ".vtt" not in document


def test_n89_a_document_leads_to_the_archive_and_is_not_paged() -> None:
    archive = f"{ADDRESS}archive/3/"
    what = replace(feed(FULL), address=ADDRESS, previous=archive)
    found = etree.fromstring(atom.FORMAT.render(what, self_url("atom")))
    links = {each.get("rel"): each.get("href") for each in found.iterfind("{*}link")}
    assert links["prev-archive"] == f"{archive}atom.xml"
    assert links.keys().isdisjoint({"first", "last", "next", "previous"})
    stated = json.loads(json_format.FORMAT.render(what, self_url("json")))
    assert stated["next_url"] == f"{archive}feed.json" != stated["feed_url"]
    assert "next_url" not in json.loads(json_format.FORMAT.render(feed(FULL), self_url("json")))


def test_n119_one_id_on_two_addresses_stands_once_in_each_format() -> None:
    twice = (
        f'<rss version="2.0" {SPACES}><channel><title>VOA</title>'
        "<item><guid>https://voa.example/g</guid><link>https://voa.example/1</link></item>"
        "<item><guid>https://voa.example/g</guid><link>https://voa.example/2</link></item></channel></rss>"
    )
    ids = [believed.entry.public_id for believed in parsed(twice).entries]
    assert len(set(ids)) == 2
    assert ids[0] == "https://voa.example/g"


# --- bytes and failures -----------------------------------------------------------------------------------


def run(world: World, hours: int = 0) -> None:
    run_once(world.app(), NOW + timedelta(hours=hours), Choices())


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def test_n122_n123_a_later_pass_without_news_touches_no_file(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(entry(published=None))])})
    run(world)
    before = files(tmp_path)
    run(world, hours=24 * 400)
    assert files(tmp_path) == before


def test_n123_files_begin_with_the_declaration_and_end_with_a_line_feed(tmp_path: Path) -> None:
    run(World(tmp_path, {"voa": FakeSource([fresh(entry(title="春天"))])}))
    found = {path: content for path, (content, _) in files(tmp_path).items()}
    for name in ("atom.xml", "rss.xml"):
        assert found[f"all/{name}"].lower().startswith(b'<?xml version="1.0" encoding="utf-8"?>')
    for content in found.values():
        assert content.endswith(b"\n")
        assert b"\r" not in content
        assert "春天" in content.decode() or b"\xe6" not in content


def test_n129m_a_failed_fetch_empties_no_feed_and_changes_no_file(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(entry()), Failed(reason="HTTP 500")])})
    run(world)
    before = files(tmp_path)
    run(world, hours=48)
    assert files(tmp_path) == before
    assert b"<title>One</title>" in before["all/atom.xml"][0]


def test_n129o_what_a_server_asks_of_its_clients_is_kept() -> None:
    validators = Validators(url=URL, etag=b'W/"odd "', last_modified=b"yesterday")
    state = SourceState(name="voa")
    spec = READING.spec
    read_once = Fresh(entries=(), validators=validators, max_age=timedelta(hours=9))
    state = next_state(state, read_once, spec, "f", NOW)
    assert (state.validators, state.due) == (validators, NOW + timedelta(hours=9))
    failed = next_state(state, Failed(reason="HTTP 429", retry_after=timedelta(hours=30)), spec, "f", NOW)
    assert (failed.validators, failed.due) == (validators, NOW + timedelta(hours=30))
