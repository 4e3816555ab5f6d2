"""The status page, and the same for programs: everything a source's reader asks, in every state, safe."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html as lxml_html

from conftest import REPOSITORY
from factories import MOMENT, after
from feedbraid.conformance import faults
from feedbraid.health import Standing
from feedbraid.healthsite import health_documents
from feedbraid.model import Document, SiteSpec, Skipped
from feedbraid.pages import anchor_of
from feedbraid.pages._spark import fetches_per_day, posts_per_day
from feedbraid.publish import write_changed
from feedbraid.records import Day, Incident, Visit
from feedbraid.service import PublicFeed, Queue, Service
from feedbraid.statusjson import plain
from standings import INCIDENTS, SERVICE, SITE, every_state, standing

EVERY = every_state()


def documents(*standings: Standing, **given: Any) -> dict[str, Document]:  # noqa: ANN401  # the other facts
    facts = {"incidents": (), "service": SERVICE, "site": SITE, **given}
    return {one.path: one for one in health_documents(standings, **facts)}


def page_of(*standings: Standing, **given: Any) -> Any:  # noqa: ANN401  # the other facts; lxml has no types
    return lxml_html.document_fromstring(documents(*standings, **given)["status/index.html"].content.decode())


def words(tree: Any, path: str) -> list[str]:  # noqa: ANN401  # lxml has no types
    return [" ".join(each.text_content().split()) for each in tree.xpath(path)]


def card(one: Standing) -> Any:  # noqa: ANN401  # lxml has no types
    (body,) = page_of(one).xpath("//tbody")
    return body


def cells(one: Standing) -> dict[str, str]:
    body = card(one)
    return dict(zip(body.xpath(".//td/@data-label"), words(body, ".//td[@data-label]"), strict=True))


# --- the documents ----------------------------------------------------------------------------------------


def test_the_folder_needs_nothing_but_itself() -> None:
    every = documents(*EVERY, incidents=INCIDENTS)
    assert {path: one.media_type for path, one in every.items()} == {
        "status/style.css": "text/css",
        "status/index.html": "text/html",
        "status/status.json": "application/json",
        "status/health.atom": "application/atom+xml",
    }
    tree = page_of(*EVERY, incidents=INCIDENTS)
    assert tree.xpath("//link[@rel='stylesheet']/@href") == ["style.css"]
    here = {href for href in tree.xpath("//a/@href") if "://" not in href and not href.startswith(("#", "../"))}
    assert here == {"health.atom", "status.json"}
    assert {f"status/{href}" for href in here} < set(every)


@pytest.mark.parametrize(
    "given",
    [
        {"incidents": INCIDENTS},
        {"service": Service(version="1")},
        {"site": SiteSpec(pages=False)},
    ],
    ids=["all", "a single run", "no pages"],
)
def test_all_documents_are_valid(given: dict[str, Any]) -> None:
    for standings in ((), EVERY):
        for one in documents(*standings, **given).values():
            assert [str(fault) for fault in faults(one.media_type, one.content)] == [], one.path


def test_same_facts_same_bytes() -> None:
    assert documents(*EVERY, incidents=INCIDENTS) == documents(*every_state(), incidents=tuple(INCIDENTS))


def test_they_can_be_published(tmp_path: Path) -> None:
    written = write_changed(documents(*EVERY).values(), tmp_path)
    assert (tmp_path / "status/index.html").read_bytes().startswith(b"<!DOCTYPE html>")
    assert len(written) == 4
    assert write_changed(documents(*EVERY).values(), tmp_path) == ()


# --- the page ---------------------------------------------------------------------------------------------


def test_the_first_line_tells_how_many_sources_there_are_and_how_they_do() -> None:
    states = "1 broken · 1 gone · 1 failing · 1 silent · 1 paused · 1 never read"
    assert words(page_of(*EVERY), "//p[@class='summary']") == [
        f"12 sources · {states} · next fetch 2026-03-01 12:05 UTC"
    ]
    assert words(page_of(standing(), service=Service(version="1")), "//p[@class='summary']") == [
        "1 source · all are good"
    ]


def test_sources_that_need_somebody_are_named_first_the_worst_before_others() -> None:
    tree = page_of(*reversed(EVERY))
    assert words(tree, "//ul[@class='look']/li") == [
        "The broken source (broken)",
        "The gone source (gone)",
        "The failing source (failing)",
        "The silent source (silent)",
    ]
    assert tree.xpath("//ul[@class='look']//a/@href")[0] == "#source-broken"
    assert page_of(standing()).xpath("//ul[@class='look']") == []


def test_the_service_tells_of_itself() -> None:
    assert words(page_of(), "/html/body/header/p")[1] == (
        "running since 2026-02-26 12:00 UTC · last run 2026-03-01 11:50 UTC · it took 2.2 s"
        " · 2 messages to be delivered · feedbraid 1.2.3"
    )
    trouble = Service(version="1", troubles=("the disk is full", "the store <b>is</b> damaged"))
    assert words(page_of(service=trouble), "//ul[@class='troubles']/li") == [
        "the disk is full",
        "the store <b>is</b> damaged",
    ]


def test_how_several_machines_do_together_is_told_where_there_are_any() -> None:
    told = words(page_of(), "/html/body/header/p")
    assert told[2] == "2 workers · 7 hosts waiting, the first for 2 s · 3 being read · feeds are to be written"
    quiet = Service(version="1", queue=Queue(workers=1))
    assert words(page_of(service=quiet), "/html/body/header/p")[2] == "1 worker · 0 hosts waiting · 0 being read"
    assert len(words(page_of(service=Service(version="1")), "/html/body/header/p")) == 2


def test_a_good_run_is_told_when_it_was_not_the_last() -> None:
    service = Service(version="1", last_run=MOMENT, last_good_run=after(days=-1))
    assert "last good run 2026-02-28 12:00 UTC" in words(page_of(service=service), "/html/body/header/p")[1]


def test_a_source_that_does_well_tells_everything() -> None:
    one = standing()
    assert words(card(one), ".//th") == ["The voa source voa"]
    assert cells(one) == {
        "State": "✓ good",
        "Last success": "2026-03-01 11:50 UTC",
        "Last new post": "2026-03-01 07:00 UTC usually every 9 hours",
        "Next fetch": "2026-03-01 12:50 UTC the schedule",
        "Posts in 30 days": "60 posts in 30 days, 4 on the busiest one",
        "Fetches in 30 days": "570 fetches in 30 days: 43 brought a document, 515 nothing new, 12 failed",
        "Entries": "31 of 40 shown 4 merged, 5 filtered",
    }
    assert words(card(one), ".//tr[@class='more']//p") == [
        "asked at https://voa.example/feed · newest post dated 2026-03-01 06:00 UTC"
    ]
    assert words(card(one), ".//details/ol/li") == [
        "2026-03-01 11:50 UTC · brought a document · 2 new",
        "2026-03-01 11:00 UTC · nothing new",
    ]


@pytest.mark.parametrize(
    ("state", "shown", "due"),
    [
        ("good", "✓ good", "2026-03-01 12:50 UTC the schedule"),
        ("failing", "! failing", "2026-03-01 12:50 UTC the schedule"),
        ("broken", "✕ broken", "2026-03-01 12:50 UTC the schedule"),
        ("silent", "… silent", "2026-03-01 12:50 UTC the schedule"),
        ("never read", "– never read", "2026-03-01 12:50 UTC the schedule"),
        ("gone", "✕ gone", "never again"),
        ("paused", "‖ paused", "not while it is paused"),
    ],
)
def test_each_state_has_a_word_and_a_sign(state: Any, shown: str, due: str) -> None:  # noqa: ANN401  # a Literal
    one = standing(state=state)
    assert (cells(one)["State"], cells(one)["Next fetch"]) == (shown, due)
    # A sign is for eyes alone: whoever hears the page hears the word.
    assert card(one).xpath(".//span[contains(@class, 'state')]/span/@aria-hidden") == ["true"]


def test_a_failure_is_told_with_its_error_and_how_often() -> None:
    one = standing(state="broken", error="503 <Service> & more", failures=4)
    assert cells(one)["State"] == "✕ broken failed 4 times in a row"
    assert cells(standing(state="failing", failures=1))["State"] == "! failing failed once"
    assert words(card(one), ".//p[@class='error']") == ["503 <Service> & more"]


def test_whoever_asks_why_a_post_is_not_there_finds_the_file_the_line_and_the_reason() -> None:
    skipped = (Skipped("2026-02-30-<b>.md", "the date does not exist", 3), Skipped("entry 7", "it has no link"))
    one = standing("posts", kind="seeds", skipped=skipped, due=None, address="")
    (folded,) = [each for each in card(one).xpath(".//details") if "skipped" in each.xpath("summary")[0].text]
    assert words(folded, "summary") == ["2 entries skipped, and why"]
    assert words(folded, "ul/li") == [
        "2026-02-30-<b>.md, line 3: the date does not exist",
        "entry 7: it has no link",
    ]
    assert cells(one)["Next fetch"] == "at every run"


def test_thousands_of_skipped_entries_do_not_make_the_page_endless() -> None:
    one = standing(skipped=tuple(Skipped(str(number), "bad") for number in range(3000)))
    listed = words(card(one), ".//details/ul/li")
    assert len(listed) == 101
    assert listed[-1] == "and 2900 others, see status.json"
    assert json.loads(documents(one)["status/status.json"].content)["sources"][0]["skipped"][2999]["ref"] == "2999"


def test_what_is_held_and_what_moved_is_told() -> None:
    held = standing(held=14, held_until=after(days=1), moved=True)
    assert words(card(held), ".//tr[@class='more']//p") == [
        "14 entries held, until 2026-03-02 12:00 UTC.",
        "moved for good, asked at https://voa.example/feed · newest post dated 2026-03-01 06:00 UTC",
    ]


def test_an_address_of_which_a_part_is_hidden_is_no_link() -> None:
    masked = card(standing(address="https://voa.example/feed?key=***"))
    assert masked.xpath(".//tr[@class='more']//a") == []
    assert card(standing()).xpath(".//tr[@class='more']//a/@href") == ["https://voa.example/feed"]


def test_nothing_of_a_source_that_is_new() -> None:
    one = EVERY[7]
    assert cells(one) == {
        "State": "– never read",
        "Last success": "never",
        "Last new post": "never",
        "Next fetch": "at the next run never asked",
        "Posts in 30 days": "0 posts in 30 days",
        "Fetches in 30 days": "0 fetches in 30 days: 0 brought a document, 0 nothing new, 0 failed",
        "Entries": "0 of 0 shown",
    }


def test_incidents_stand_newest_first_and_lead_to_their_sources() -> None:
    tree = page_of(*EVERY, incidents=INCIDENTS)
    assert words(tree, "//ol[@class='incidents']/li")[0].startswith(
        "2026-02-28 12:00 UTC 美国之音中文网 is well again"
    )
    assert words(tree, "//ol[@class='incidents']/li")[2].startswith("2026-02-26 12:00 UTC removed is broken")
    assert tree.xpath("//ol[@class='incidents']//a/@href") == ["#source-voa"] * 3
    (feed,) = tree.xpath("//link[@rel='alternate']/@href")
    assert feed == "https://feeds.example.org/status/health.atom"
    assert words(page_of(), "//section[2]/p")[0] == "Nothing happened to any source yet."


def test_every_link_to_a_place_on_the_page_leads_somewhere() -> None:
    tree = page_of(*EVERY, incidents=INCIDENTS)
    places = set(tree.xpath("//@id"))
    assert {href[1:] for href in tree.xpath("//a/@href") if href.startswith("#")} <= places
    assert {anchor_of(one.name) for one in EVERY} < places


def test_feeds_are_listed_and_their_pages_linked_when_there_are_any() -> None:
    assert words(page_of(), "//section[3]//li") == [
        "News · 50 posts · updated 2026-03-01 12:00 UTC",
        "new · 0 posts",
    ]
    assert page_of().xpath("//section[3]//a/@href") == ["../news/index.html", "../new/index.html"]
    bare = page_of(site=SiteSpec(title="Bare", pages=False))
    assert bare.xpath("//section[3]//a | //nav") == []
    assert page_of().xpath("//nav/a/@href") == ["../index.html"]


# --- for everybody ----------------------------------------------------------------------------------------


def test_the_policy_lets_nothing_in_but_the_style() -> None:
    (policy,) = page_of().xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
    assert page_of(*EVERY).xpath("//script | //style | //@style | //@onclick | //img | //form") == []


def test_the_table_is_one_for_whoever_hears_it() -> None:
    tree = page_of(*EVERY)
    assert len(tree.xpath("//table/caption")) == 1
    assert set(tree.xpath("//thead//th/@scope")) == {"col"}
    assert tree.xpath("//tbody//th/@scope") == ["row"] * len(EVERY)
    assert tree.xpath("//svg[not(@role='img') or not(title)]") == []
    # Cards on a phone are no table for some browsers: then the roles say what is what.
    assert tree.xpath("//table//*[self::tr or self::td or self::th or self::tbody][not(@role)]") == []
    assert [int(name[1]) for name in (each.tag for each in tree.xpath("//h1 | //h2 | //h3"))] == [1, 2, 2, 2]


def test_all_times_are_in_utc_and_machine_readable() -> None:
    tree = page_of(*EVERY, incidents=INCIDENTS)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp) for stamp in tree.xpath("//time/@datetime"))
    outside = re.findall(
        r"\d{4}-\d\d-\d\d \d\d:\d\d", re.sub(r"<time.*?</time>", "", lxml_html.tostring(tree).decode())
    )
    assert outside == []


@pytest.mark.parametrize("field", ["title", "error", "why", "address", "link"])
def test_no_text_of_a_source_is_markup(field: str) -> None:
    hostile = "\"'><script>alert(1)</script><!-- \x00\x1b\ud800 javascript:alert(1)"
    every = documents(standing(**{field: hostile}), incidents=(incident_of(hostile),))
    page = every["status/index.html"].content
    assert b"<script" not in page
    assert b"\x00" not in page
    assert b'href="javascript' not in page
    for one in every.values():
        assert [str(fault) for fault in faults(one.media_type, one.content)] == [], one.path


def incident_of(detail: str) -> Incident:
    return Incident(
        id="urn:uuid:00000000-0000-5000-8000-000000000001", origin="voa", kind="broken", at=MOMENT, detail=detail
    )


# --- pictures ---------------------------------------------------------------------------------------------


def shapes(markup: str) -> dict[str, str]:
    return dict(re.findall(r'<path class="(\w+)" d="([^"]*)">', markup))


def test_bars_of_posts_stand_on_the_line_and_the_highest_fills_the_picture() -> None:
    assert shapes(posts_per_day((0, 1, 4))) == {
        "new": "M4 18h3v6h-3zM8 0h3v24h-3z",
        "line": "M0 24h11v1h-11z",
    }
    assert shapes(posts_per_day(())) == {"line": "M0 24h3v1h-3z"}
    assert "new" not in shapes(posts_per_day((0,) * 30))


def test_one_post_among_thousands_still_shows() -> None:
    assert "M0 22h3v2h-3z" in shapes(posts_per_day((1, 5000)))["new"]


def test_failures_go_down_from_the_line_so_that_no_colour_is_needed() -> None:
    day = MOMENT.date()
    days = (Day(day=day, read=2, unchanged=6), Day(day=day, failed=8), Day(day=day, read=8))
    found = shapes(fetches_per_day(days))
    assert found["same"] == "M0 0h3v16h-3z"
    assert found["new"] == "M0 12h3v4h-3zM8 0h3v16h-3z"
    assert found["failed"] == "M4 17h3v8h-3z"
    assert "24 fetches in 3 days: 10 brought a document, 6 nothing new, 8 failed" in fetches_per_day(days)


# --- for programs -----------------------------------------------------------------------------------------


def test_status_json_has_everything() -> None:
    skipped = (Skipped("a.md", "bad", 3),)
    one = standing(
        skipped=skipped, held_until=after(days=1), visits=(Visit(at=MOMENT, result="failed", detail="no"),)
    )
    found = json.loads(documents(one, incidents=INCIDENTS)["status/status.json"].content)
    assert found["schema_version"] == 1
    assert found["service"]["started"] == "2026-02-26T12:00:00Z"
    assert found["service"]["feeds"][1]["updated"] is None
    (source,) = found["sources"]
    assert list(source) == [field.name for field in fields(Standing)]
    assert source["held_until"] == "2026-03-02T12:00:00Z"
    assert source["usual_gap"] == 9 * 3600
    assert source["days"][29] == {"day": "2026-03-01", "read": 1, "unchanged": 19, "failed": 0, "new": 1}
    assert source["skipped"] == [{"ref": "a.md", "reason": "bad", "line": 3}]
    assert source["visits"] == [{"at": "2026-03-01T12:00:00Z", "result": "failed", "new": 0, "detail": "no"}]
    assert [each["kind"] for each in found["incidents"]] == ["healed", "broken", "broken", "silent"]


def test_values_are_as_json_knows_them() -> None:
    assert plain((timedelta(hours=1), MOMENT, MOMENT.date(), None, "x", 2)) == [
        3600.0,
        "2026-03-01T12:00:00Z",
        "2026-03-01",
        None,
        "x",
        2,
    ]


@pytest.mark.parametrize("noun", [Standing, Service, PublicFeed, Incident, Day, Visit, Skipped])
def test_the_reference_names_every_field(noun: Any) -> None:  # noqa: ANN401  # a dataclass
    page = (REPOSITORY / "docs/status.md").read_text("utf-8")
    (section,) = re.findall(rf"^### `{noun.__name__.lower()}`$(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == [field.name for field in fields(noun)]
