"""What feedgen does wrong: each defect that is repaired, pinned.

A red test here is good news: feedgen has changed. Look whether the repair that the test names is still needed.
"""

from __future__ import annotations

import locale
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

import feedbraid
from factories import self_url
from feedbraid.formats import Format, _feedgen
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.rss import FORMAT as RSS
from golden_feeds import podcast

MOMENT = datetime(2026, 3, 1, 12, tzinfo=UTC)

Element = Any


def bare_feed() -> Any:  # noqa: ANN401  # feedgen has no types
    generator = FeedGenerator()
    generator.id("urn:x:feed")
    generator.title("Feed")
    generator.description("Feed")
    generator.link(href="https://example.org/", rel="alternate")
    return generator


def bare_entry() -> Any:  # noqa: ANN401
    entry = FeedEntry()
    entry.id("urn:x:1")
    entry.title("One")
    entry.content("text", type="html")
    return entry


def atom(generator: Any) -> Element:  # noqa: ANN401
    return etree.fromstring(generator.atom_str())


def test_entry_links_lose_everything_but_their_address() -> None:
    entry = bare_entry()
    entry.link(href="https://example.org/a.mp3", rel="enclosure", type="audio/mpeg", length="5")
    assert dict(entry.atom_entry().find("link").attrib) == {"href": "https://example.org/a.mp3"}


@pytest.mark.parametrize("relation", ["replies", "license"])
def test_n61_some_relations_of_entry_links_are_refused(relation: str) -> None:
    with pytest.raises(ValueError, match="Invalid value for rel"):
        bare_entry().link(href="https://example.org/", rel=relation)


def test_a_new_entry_goes_before_the_others() -> None:
    generator = bare_feed()
    first, second = generator.add_entry(), generator.add_entry()
    assert generator.entry() == [second, first]


def test_d7_a_feed_and_its_entries_are_born_with_the_time_of_the_clock() -> None:
    assert FeedGenerator().updated() > MOMENT
    assert FeedEntry().updated() > MOMENT
    assert b"<lastBuildDate>" in bare_feed().rss_str()


def test_n14_atom_dates_have_an_offset_and_fractions() -> None:
    entry = bare_entry()
    entry.updated(MOMENT.replace(microsecond=7))
    assert entry.atom_entry().findtext("updated") == "2026-03-01T12:00:00.000007+00:00"


def test_rss_dates_switch_the_locale_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    switched = []
    monkeypatch.setattr(locale, "setlocale", lambda *arguments: switched.append(arguments))
    bare_feed().rss_str()
    assert switched


@pytest.mark.parametrize("plug", [ATOM, RSS])
def test_ours_never_switch_the_locale(plug: Format, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the locale of the whole process was touched")

    monkeypatch.setattr(locale, "setlocale", refuse)
    assert plug.render(podcast(), self_url("rss"))


def test_there_is_a_last_build_date_that_can_be_taken_away_before_it_is_written() -> None:
    generator = _feedgen.new_feed(lambda _: None, {})
    generator.title("Feed")
    generator.description("Feed")
    generator.link(href="https://example.org/", rel="alternate")
    assert b"<lastBuildDate>" not in generator.rss_str()


def test_the_rss_link_is_the_link_added_last() -> None:
    generator = bare_feed()
    generator.link(href="https://example.org/rss.xml", rel="self")
    assert etree.fromstring(generator.rss_str()).findtext("channel/link") == "https://example.org/rss.xml"


def test_n82_rss_has_no_other_atom_links_than_self() -> None:
    generator = bare_feed()
    generator.link(href="https://example.org/atom.xml", rel="alternate", type="application/atom+xml")
    assert b"<atom:link" not in generator.rss_str()


@pytest.mark.parametrize("relation", ["prev-archive", "current", "self", "alternate"])
def test_n86_links_of_a_whole_feed_keep_relation_and_type(relation: str) -> None:
    generator = bare_feed()
    stated = {"href": "https://example.org/archive/1/", "rel": relation, "type": "application/atom+xml"}
    generator.link(stated)
    assert dict(atom(generator).findall("{*}link")[-1].attrib) == stated


@pytest.mark.parametrize("relation", ["prev-archive", "current"])
def test_n86_rss_has_no_links_to_the_history(relation: str) -> None:
    generator = bare_feed()
    generator.link(href="https://example.org/archive/1/", rel=relation)
    assert b"archive" not in generator.rss_str().replace(b"<link>https://example.org/archive/1/</link>", b"")


def test_n93_n100_namespaces_stand_in_the_order_in_which_an_extension_names_them() -> None:
    """RSS always has those for Atom and content; the default namespace of Atom comes last."""
    generator = _feedgen.new_feed(lambda _: None, {"z": "urn:x:z", "a": "urn:x:a"})
    for field in ("id", "title", "description"):
        getattr(generator, field)("urn:x:feed")
    generator.link(href="https://example.org/", rel="alternate")
    atom_root, rss_root = generator.atom_str(xml_declaration=False), generator.rss_str(xml_declaration=False)
    assert atom_root.startswith(b'<feed xmlns:z="urn:x:z" xmlns:a="urn:x:a" xmlns="http://www.w3.org/2005/Atom"')
    assert rss_root.startswith(b'<rss xmlns:z="urn:x:z" xmlns:a="urn:x:a" xmlns:atom=')


def test_n68_the_podcast_extension_refuses_what_directories_ask_for_today() -> None:
    generator = bare_feed()
    generator.load_extension("podcast")
    with pytest.raises(ValueError, match="explicit"):
        generator.podcast.itunes_explicit("true")


def test_n126_there_is_no_way_to_name_a_style_sheet() -> None:
    assert [name for name in dir(FeedGenerator) if "style" in name or "instruction" in name] == []


def test_n54_authors_without_a_mail_address_are_not_in_rss() -> None:
    entry = bare_entry()
    entry.author(name="Ann")
    assert [child.tag for child in entry.rss_entry()] == ["title", "description", "guid"]


def test_n65_of_several_enclosures_rss_takes_the_last() -> None:
    entry = bare_entry()
    entry.enclosure("https://example.org/1.mp3", 1, "audio/mpeg")
    entry.enclosure("https://example.org/2.mp3", 2, "audio/mpeg")
    assert entry.rss_entry().find("enclosure").get("url") == "https://example.org/2.mp3"


def test_n11_an_atom_source_has_no_id_and_no_date() -> None:
    entry = bare_entry()
    entry.source("https://example.org/feed", "Source")
    assert [child.tag for child in entry.atom_entry().find("source")] == ["title", "link"]


def test_n77_the_generator_is_feedgen_with_its_version() -> None:
    generator = atom(bare_feed()).find("{*}generator")
    assert generator.text == "python-feedgen"
    assert generator.get("version")


def test_n94_n95_the_order_is_another() -> None:
    generator = bare_feed()
    generator.subtitle("Sub")
    entry = bare_entry()
    entry.summary("Short")
    assert [etree.QName(e).localname for e in atom(generator)][-1] == "subtitle"
    assert [child.tag for child in entry.atom_entry()] == ["id", "title", "updated", "content", "summary"]


def test_n96_titles_are_always_plain_text() -> None:
    entry = bare_entry()
    entry.title("a < b")
    assert dict(entry.atom_entry().find("title").attrib) == {}


def test_n101_plain_texts_have_named_references() -> None:
    generator = bare_feed()
    generator.title("a & <b>")
    assert b"<title>a &amp; &lt;b&gt;</title>" in generator.atom_str()
    assert b"<title>a &amp; &lt;b&gt;</title>" in generator.rss_str()


def test_n123_the_declaration_is_another() -> None:
    assert bare_feed().atom_str().startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<feed")


def test_atom_elements_have_no_namespace_in_the_tree_that_extensions_see() -> None:
    assert bare_entry().atom_entry().tag == "entry"


def test_n35_one_control_character_loses_the_whole_document() -> None:
    entry = bare_entry()
    entry.title("bell \x07")
    with pytest.raises(ValueError, match="XML compatible"):
        entry.atom_entry()


def test_an_empty_title_loses_the_whole_document() -> None:
    entry = bare_entry()
    entry.title("")
    with pytest.raises(ValueError, match="Required fields not set"):
        entry.atom_entry()


def test_a_label_that_is_empty_hides_the_term_in_rss() -> None:
    entry = bare_entry()
    entry.category({"term": "news", "label": ""})
    assert not entry.rss_entry().findtext("category")


def test_the_extension_is_handed_every_element_that_feedgen_makes() -> None:
    seen: list[str] = []
    generator = _feedgen.new_feed(lambda element: seen.append(element.tag), {})
    for field, value in (("id", "urn:x:feed"), ("title", "Feed")):
        getattr(generator, field)(value)
    for number in (1, 2):
        entry = _feedgen.new_entry(generator, lambda element: seen.append(element.findtext("id")))
        entry.id(f"urn:x:{number}")
        entry.title("One")
        entry.content("text")
    assert _feedgen.atom_bytes(generator).startswith(_feedgen.DECLARATION + b"<feed")
    assert seen == ["feed", "urn:x:1", "urn:x:2"]


def test_only_one_module_imports_feedgen() -> None:
    root = Path(feedbraid.__file__).parent
    modules = {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    importers = [name for name, text in modules.items() if "from feedgen" in text or "import feedgen" in text]
    assert importers == ["formats/_feedgen.py"]
