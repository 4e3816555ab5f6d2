"""Whole documents: what is judged to be a feed, what is kept of damaged ones, and the folder of real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import URL, atom, read, rss
from feedbraid import html
from feedbraid.dates import read_date, rfc3339
from feedbraid.model import (
    Failed,
    Fresh,
    OriginSpec,
    PageJob,
    PageText,
    ParseJob,
    RawDate,
    RawEntry,
    RawFeed,
    Reading,
    Recipe,
)
from feedbraid.parse import handle, handle_page, parse_document

READING = Reading(spec=OriginSpec(name="news", kind="web", locations=(URL,)), feed_url=URL)
ONE, TWO = (f"<item><title>{n}</title><link>https://site.example/{n}</link></item>" for n in ("One", "Two"))


def titles(raw: RawFeed) -> list[str]:
    return [entry.title.value if entry.title else "" for entry in raw.entries]


def failure(document: str | bytes) -> str:
    failed = parse_document(document if isinstance(document, bytes) else document.encode(), "", URL)
    assert isinstance(failed, Failed), failed
    return failed.reason


# --- judged -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param("", "the body is empty", id="B1 empty"),
        pytest.param('{"error": "no"}', "this is JSON, but no whole JSON Feed", id="B6 other JSON"),
        pytest.param(
            '{"version": "https://jsonfeed.org/version/1", "items": [', "this is JSON", id="B96 cut JSON"
        ),
        pytest.param("[" * 100_000, "this is JSON, but no whole JSON Feed", id="JSON too deep"),
        pytest.param('<rss version="2.0"></rss>', "neither a channel nor an item", id="B28 no channel"),
        pytest.param(
            "<rdf:RDF xmlns:rdf='x'><foaf/></rdf:RDF>", "neither a channel nor an item", id="RDF of another kind"
        ),
        pytest.param(
            "<rss><channel><item><title>One<item>", "cut before the end of its first", id="B25 nothing is closed"
        ),
        pytest.param(
            "<rss><channel><item><title>One<item><title>Two</channel></rss>", "is damaged", id="B25 in a frame"
        ),
        pytest.param(
            "<rss></x><channel><item></channel></rss>", "the document is damaged", id="nothing can be read"
        ),
    ],
)
def test_success_with_nothing_is_no_success(document: str, reason: str) -> None:
    assert reason in failure(document)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(rss("<title>T</title>"), id="RSS"),
        pytest.param(atom("<title>T</title>"), id="Atom"),
        pytest.param('{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": []}', id="JSON"),
    ],
)
def test_b29_a_sound_feed_without_items_is_a_success(document: str) -> None:
    raw = read(document)
    assert raw.entries == ()
    assert raw.complete


@pytest.mark.parametrize(
    ("document", "kept", "complete"),
    [
        pytest.param(rss(ONE, "<item><title>Tw").removesuffix("</channel></rss>"), ["One"], False, id="B12 cut"),
        pytest.param(
            rss(ONE, TWO, "<item><ti").removesuffix("</channel></rss>"),
            ["One", "Two"],
            False,
            id="B13 cut in a tag",
        ),
        pytest.param(f"<rss></x><channel>{ONE}<item><title>Two", ["One"], False, id="damaged, then cut"),
        pytest.param(
            rss(ONE, "<item><title>a<br>b</title></item>", TWO), ["One", "a<br>b", "Two"], True, id="damaged"
        ),
        pytest.param(rss(ONE) + rss(TWO), ["One"], True, id="B23 two roots"),
        pytest.param(rss(ONE, TWO).upper(), ["ONE", "TWO"], True, id="B26 upper case"),
        pytest.param(rss(ONE, version="9.9"), ["One"], True, id="B27 an unknown version"),
        pytest.param("<rdf:RDF xmlns:rdf='x'>" + ONE + "</rdf:RDF>", ["One"], True, id="items without a channel"),
    ],
)
def test_b12_of_damaged_documents_the_whole_items_are_kept(document: str, kept: list[str], complete: bool) -> None:  # noqa: FBT001
    raw = read(document)
    assert (titles(raw), raw.complete) == (kept, complete)


def test_b24_an_open_cdata_section_costs_its_item_only() -> None:
    opened = "<item><title>Open</title><description><![CDATA[x</description></item>"
    assert titles(read(rss(ONE, opened, TWO))) == ["One", "Open", "Two"]


def test_b39_nothing_is_included() -> None:
    title = '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'
    outcome = handle(ParseJob(reading=READING, body=rss(f"<item><title>{title}</title>{ONE[6:]}").encode()))
    assert isinstance(outcome, Fresh)
    assert "root:" not in repr(outcome)


def test_notes_of_gate_and_parser_stand_in_the_order_of_the_work() -> None:
    notes = read("x" + rss("<item><title>A&B<br></title></item>")).notes
    assert [note.rule for note in notes] == ["XML 2.8", "XML 4.1", "XML 2.1"]


# --- normalized -------------------------------------------------------------------------------------------


def test_a_job_becomes_entries() -> None:
    outcome = handle(
        ParseJob(reading=READING, body=rss("<title>T</title>", ONE).encode(), content_type="text/xml")
    )
    assert isinstance(outcome, Fresh)
    assert [(one.entry.title, one.entry.link) for one in outcome.entries] == [("One", "https://site.example/One")]
    assert outcome.channel is not None
    assert outcome.channel.title == "T"


def test_a_job_with_no_feed_fails() -> None:
    assert handle(ParseJob(reading=READING, body=b"<html>")) == Failed(reason="this is a web page, not a feed")


def test_what_the_normalizer_can_not_take_fails_with_the_name_of_the_error() -> None:
    broken = Reading(spec=None, feed_url=URL)  # type: ignore[arg-type]  # any fault of ours will do
    outcome = handle(ParseJob(reading=broken, body=rss(ONE).encode()))
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("its entries could not be normalized: AttributeError: ")


def test_what_the_parser_can_not_take_fails_with_the_name_of_the_error() -> None:
    outcome = parse_document(None)  # type: ignore[arg-type]  # any fault of ours will do
    assert outcome == Failed(
        reason="the parser failed: AttributeError: 'NoneType' object has no attribute 'startswith'"
    )


FRAGMENTS = st.sampled_from(
    [
        "<item>",
        "</item>",
        "<title>",
        "</title>",
        "<guid>",
        "</guid>",
        "<pubDate>",
        "</pubDate>",
        "<x:y>",
        "<!--",
        "&",
        "<",
    ]
)


@settings(max_examples=60)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=5))).map("".join), st.sampled_from((rss, atom)))
def test_any_text_in_a_frame_is_a_feed_or_a_failure(text: str, frame: Any) -> None:  # noqa: ANN401
    body = frame(text).encode("utf-8", "surrogatepass")
    assert isinstance(parse_document(body, "", URL), RawFeed | Failed)


# --- pages ------------------------------------------------------------------------------------------------


def page_job(body: bytes, *css: str) -> PageJob:
    return PageJob(url="https://site.example/1", recipe=Recipe(css=css), body=body, content_type="text/html")


def test_a_page_becomes_the_text_of_a_post() -> None:
    assert handle_page(page_job(b"<html><p>a</p><b>c</b></html>", "p")) == PageText("<p>a</p>")


def test_a_page_without_a_text_fails() -> None:
    failed = handle_page(page_job(b"<html><p>a</p></html>", "h6"))
    assert failed == Failed(reason="nothing on the page is named by h6")


def test_what_can_not_be_read_as_a_page_fails_with_the_name_of_the_error() -> None:
    failed = handle_page(page_job(b"<html><p>a</p></html>", "h6 >"))
    assert isinstance(failed, Failed)
    assert failed.reason.startswith("the page could not be read: SelectorSyntaxError: Expected selector")


PAGE_FRAGMENTS = st.sampled_from(
    [
        *("<div class=a>", "</div>", "<p>", "<table>", "<td>", "</table>", "<ul>", "<li>", "<h1>T</h1>", "<br>"),
        *(
            "<a href='//['>",
            "</a>",
            "<img src=x>",
            "<figure>",
            "<base href='http://[x'>",
            "<b>",
            "<svg><title>",
            "<!--",
        ),
        *("&#0;", "\x00", "<title>T", "</title>", "<pre>\n", "<script>", "</script>", "<noscript>", "<template>"),
        "今天的天气很好，" * 20,
        "Some words that are a sentence of a post. " * 5,
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(PAGE_FRAGMENTS, max_size=25).map("".join), st.sampled_from([(), ("p",), ("*",), ("div.a, li",)]))
def test_any_text_is_a_page_or_a_failure_but_no_fault_of_ours(text: str, css: tuple[str, ...]) -> None:
    outcome = handle_page(page_job(b"<!doctype html><html>" + text.encode(), *css))
    if isinstance(outcome, PageText):
        assert html.clean(outcome.html, base="https://site.example/1").html == outcome.html
    else:
        assert "could not be read" not in outcome.reason


@pytest.mark.parametrize("opening", ["<div>", "<b>", "<ul><li>", "<table><td>", "<x-y>", "<span><a href=x>"])
@pytest.mark.parametrize("css", [(), ("p",)])
def test_t3_a_deep_page_is_a_page_or_a_failure_but_no_fault_of_ours(opening: str, css: tuple[str, ...]) -> None:
    words = b"<p>Some words that are a sentence of a post. </p>" * 9
    outcome = handle_page(page_job(b"<!doctype html><html>" + opening.encode() * 390 + words, *css))
    if isinstance(outcome, Failed):
        assert outcome.reason == "the page is too deeply nested to be read"


# --- real documents ---------------------------------------------------------------------------------------

REFUSED = {
    "broken-017.xml": "cut before its only item ended; the reference gives the open item",
    "edge-036.xml": "its elements have an undeclared prefix; the reference finds nothing either",
    "edge-039.xml": "neither channel nor items; the reference is content with that",
    "edge-063.xml": "neither channel nor items; the reference is content with that",
    "edge-064.xml": "declares an external entity, which is refused whether it is used or not",
}
CUT = {"broken-016.xml": 7, "broken-018.xml": 14}
"""The reference gives the item that was open at the cut as well."""

EXPLAINED = {
    ("broken-001.xml", "id"): "the reference repairs bare ampersands wrongly: `&utm;_medium`",
    ("edge-009.json", "title"): "a title that is a number is read as text",
    ("edge-009.json", "link"): "an address that is a number is read as text",
    ("edge-010.xml", "link"): "the reference takes the id for a link",
    ("edge-025.xml", "link"): "the reference takes the id for a link",
    ("edge-052.xml", "link"): "the reference takes the id for a link",
    ("edge-035.xml", "id"): "the reference resolves a guid against xml:base",
    ("edge-035.xml", "link"): "the reference takes the guid for a link, resolved",
    ("enc-042.xml", "title"): "the wave dash of Shift_JIS as browsers read it, U+FF5E",
    ("atom10-025.xml", "published"): "it has updated and dc:date: the latter says published (N18)",
    ("rss10-009.xml", "published"): "dcterms:created and dc:date say published (N18)",
    **{
        (f"series-00{n}.xml", "updated"): "it has pubDate and dc:date: the latter does not say updated (N18)"
        for n in (1, 2, 3, 4)
    },
}


RealDocuments = list[tuple[dict[str, Any], RawFeed | Failed]]


@pytest.fixture(scope="module")
def real_documents(corpus: Path) -> RealDocuments:
    """Each expectation, and what is read."""
    with (corpus / "feeds" / "expected.jsonl").open(encoding="utf-8") as lines:
        expectations = [json.loads(line) for line in lines]
    return [(one, parse_document((corpus / "feeds" / one["file"]).read_bytes())) for one in expectations]


@pytest.mark.corpus
def test_every_real_document_is_read_or_refused_as_explained(real_documents: RealDocuments) -> None:
    for expected, raw in real_documents:
        name = expected["file"]
        assert isinstance(raw, Failed) == (name in REFUSED), (name, raw)
        if isinstance(raw, RawFeed):
            assert len(raw.entries) == CUT.get(name, expected["entries"]), name
            assert raw.complete == (name not in CUT | {"edge-041.xml": 1}), name


def instant(stated: RawDate | None) -> str | None:
    value = read_date(stated).value if stated else None
    return rfc3339(value) if value else None


def facts(entry: RawEntry) -> dict[str, set[str | None]]:
    """Give what is stated by the names of the reference; it does not tell dc:date from updated."""
    dates = {instant(entry.published), instant(entry.updated)}
    links: set[str | None] = {link.href for link in entry.links if link.rel == "alternate"}
    return {
        "title": {entry.title.value if entry.title else None},
        "link": links | ({entry.id} if entry.id_is_permalink else set()) or {None},
        "id": {entry.id or None},
        "published": dates,
        "updated": dates | {None},
    }


@pytest.mark.corpus
def test_the_first_entry_of_every_real_document_is_what_the_reference_says(real_documents: RealDocuments) -> None:
    differences = set[tuple[str, str]]()
    for expected, raw in real_documents:
        if isinstance(raw, Failed) or not raw.entries:
            continue
        stated = facts(raw.entries[0])
        corrected = expected.get("corrected", {})
        reference = {name: value for name, value in expected["first"].items() if name in stated} | corrected
        any_answer_is_fine = {name for name, value in corrected.items() if value is None}
        differences |= {
            (expected["file"], name)
            for name, value in reference.items()
            if name not in any_answer_is_fine and (value or None) not in stated[name]
        }
    assert differences == set(EXPLAINED)


@pytest.mark.corpus
def test_one_page_in_several_encodings_is_one_feed(corpus: Path) -> None:
    pages = [parse_document(path.read_bytes()) for path in (corpus / "feeds").glob("recoded-*.xml")]
    assert {len(page.entries) for page in pages if isinstance(page, RawFeed)} == {15}
    assert len({page.entries if isinstance(page, RawFeed) else () for page in pages}) == 1
