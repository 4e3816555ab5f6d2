"""The feed of incidents: a valid Atom feed whose entries never change their ids."""

from __future__ import annotations

from datetime import timedelta

import pytest

from documents import read
from factories import MOMENT, after
from feedbraid.conformance import atom_faults
from feedbraid.formats.atom import FORMAT
from feedbraid.incidents import MOST, health_title, incidents_feed
from feedbraid.model import SiteSpec
from feedbraid.records import Incident
from standings import INCIDENTS, SITE, incident

TITLES = {"voa": "美国之音 & more"}


def written(*incidents: Incident, site: SiteSpec = SITE) -> str:
    document = incidents_feed(incidents, TITLES, site)
    assert atom_faults(document) == []
    return document.decode()


def test_each_incident_is_an_entry_with_its_own_id_newest_first() -> None:
    ids = FORMAT.read_ids(written(*INCIDENTS).encode())
    assert ids == tuple(one.id for one in reversed(INCIDENTS))
    assert "<title>Health of" not in written(*INCIDENTS)  # its ampersand is escaped (N96)
    assert '<title type="html">Health of 港口 &amp;amp; Ferry news</title>' in written(*INCIDENTS)


def test_it_was_updated_when_the_last_thing_happened() -> None:
    assert written(*INCIDENTS).count("<updated>2026-02-28T12:00:00Z</updated>") == 2
    assert written(*INCIDENTS[:1]).count("<updated>2026-02-20T12:00:00Z</updated>") == 2


def test_as_long_as_nothing_happens_it_is_valid_and_stays_the_same() -> None:
    empty = written()
    assert "<entry>" not in empty
    assert "<updated>1970-01-01T00:00:00Z</updated>" in empty
    assert empty == written()


def test_an_entry_tells_what_happened_since_when_why_and_what_to_do() -> None:
    text = written(INCIDENTS[2])
    assert '<title type="html">美国之音 &amp;amp; more is broken</title>' in text
    assert "more (voa) is broken, noticed at 2026-02-27 12:00 UTC: 3 failures in a row: 503" in text
    assert "Nothing new comes from it until it can be read again." in text
    assert "&lt;code&gt;feedbraid status&lt;/code&gt;" in text
    assert '<link href="https://feeds.example.org/status/#source-voa" rel="alternate" type="text/html"/>' in text
    assert '<category term="broken"/>' in text


def test_a_source_that_was_removed_is_called_by_its_name() -> None:
    text = written(INCIDENTS[1])
    assert "<title>removed is broken</title>" in text
    assert "removed is broken, noticed" in text


@pytest.mark.parametrize("kind", ["broken", "healed", "silent"])
def test_no_text_is_markup(kind: str) -> None:
    hostile = incident(kind, origin="x", detail="</content><script>&amp; \x00\ufffe ]]>\ud800")
    text = incidents_feed((hostile,), {"x": "<b>\x00"}, SITE)
    assert atom_faults(text) == []
    assert b"<script" not in text
    assert b"&amp;lt;script&amp;gt;" in text


def test_only_the_newest_stay() -> None:
    many = [incident(at=after(minutes=number)) for number in range(MOST + 20)]
    ids = FORMAT.read_ids(written(*many).encode())
    assert ids == tuple(one.id for one in many[:19:-1])


def test_incidents_of_an_earlier_moment_that_are_told_later_find_their_place() -> None:
    late = [incident(at=MOMENT), incident("healed", at=MOMENT - timedelta(days=1))]
    assert FORMAT.read_ids(written(*late).encode()) == tuple(one.id for one in late)


def test_a_site_without_a_title_goes_by_its_address() -> None:
    assert health_title(SiteSpec(address="https://x.example/")) == "Health of https://x.example/"


def test_a_reader_reads_it_back() -> None:
    found = read(written(*INCIDENTS))
    assert [one.id for one in found.entries] == [one.id for one in reversed(INCIDENTS)]
