"""What holds for every output format: goldens, the specifications, and the same bytes everywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from factories import feed, post, self_url, siblings
from feedbraid.conformance import atom_faults, json_faults, rss_faults
from feedbraid.formats import Format
from feedbraid.model import Feed
from feedbraid.registry import load_plug, plug_names
from golden_feeds import FEEDS

TESTS = Path(__file__).parent

FAULTS: dict[str, Callable[[bytes], list[str]]] = {"atom": atom_faults, "rss": rss_faults, "json": json_faults}


def _format(name: str) -> Format:
    plug = load_plug("feedbraid.formats", name, "FORMAT")
    assert hasattr(plug, "render")
    return plug  # type: ignore[return-value]  # load_plug gives an object; the modules annotate their export


FORMATS = {name: _format(name) for name in FAULTS}

every_format = pytest.mark.parametrize("name", FORMATS)
every_golden = pytest.mark.parametrize("feed_name", FEEDS)


def render(name: str, what: Feed) -> bytes:
    plug = FORMATS[name]
    (own,) = (sibling.href for sibling in what.siblings if sibling.media_type == plug.media_type)
    return plug.render(what, own)


# --- goldens and contract ---------------------------------------------------------------------------------


def test_the_formats_are_atom_json_and_rss() -> None:
    assert set(plug_names("feedbraid.formats")) >= set(FORMATS)


@every_format
def test_d12_n82_file_names_and_media_types_are_those_of_the_siblings(name: str) -> None:
    stated = [s for s in feed().siblings if s.href == self_url(name)]
    assert [(s.href.rpartition("/")[2], s.media_type) for s in stated] == [
        (FORMATS[name].file_name, FORMATS[name].media_type)
    ]


@every_golden
@every_format
def test_d7_golden_documents_stay_as_they_are(name: str, feed_name: str) -> None:
    """The goldens are older than the clock of this run: a build time in a document would show."""
    golden = TESTS / "golden" / f"{feed_name}.{FORMATS[name].file_name}"
    document = render(name, FEEDS[feed_name]())
    if os.environ.get("FEEDBRAID_GOLDEN") == "write":
        golden.write_bytes(document)
    assert document == golden.read_bytes()


@every_golden
@every_format
def test_golden_documents_have_no_faults(name: str, feed_name: str) -> None:
    assert FAULTS[name](render(name, FEEDS[feed_name]())) == []


@every_golden
@every_format
def test_n2_every_format_publishes_the_same_ids_in_the_same_order(name: str, feed_name: str) -> None:
    what = FEEDS[feed_name]()
    assert FORMATS[name].read_ids(render(name, what)) == tuple(each.id for each in what.posts)


@every_golden
@every_format
def test_n13_ids_are_the_same_in_every_format_on_every_host_and_in_the_archive(name: str, feed_name: str) -> None:
    what = FEEDS[feed_name]()
    folder = "http://127.0.0.1:8080/elsewhere/"
    moved = replace(what, address=folder, home=folder, siblings=siblings(folder, what.title), is_archive=True)
    document = render(name, moved)
    assert FORMATS[name].read_ids(document) == tuple(each.id for each in what.posts)
    if name == "atom":
        assert f"<id>{what.id}</id>".encode() in document


@pytest.mark.parametrize("name", ["atom", "rss"])
@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("https://feeds.example.org/feed.css", "https://feeds.example.org/feed.css"),
        ("/feed.css?a=1&b='2'", "/feed.css?a=1&amp;b='2'"),
        ('x"?><script>', "x&quot;?&gt;&lt;script&gt;"),
    ],
)
def test_n123_n126_a_style_sheet_is_named_between_the_declaration_and_the_root(
    name: str, address: str, written: str
) -> None:
    plain, styled = (render(name, feed(post(), stylesheet=sheet)) for sheet in ("", address))
    declaration, line = b'<?xml version="1.0" encoding="utf-8"?>\n', f'href="{written}"?>\n'.encode()
    assert plain.startswith(declaration + b"<")
    assert styled == plain.replace(declaration, declaration + b'<?xml-stylesheet type="text/css" ' + line)
    assert FORMATS[name].read_ids(styled) == FORMATS[name].read_ids(plain)


@every_format
def test_n83_n90_nothing_is_said_of_hubs_or_of_how_often_a_feed_changes(name: str) -> None:
    document = render(name, FEEDS["show"]()).lower()
    unwanted = b'<ttl updateperiod updatefrequency skiphours skipdays <cloud rel="hub" "hubs" "expired"'.split()
    assert [word for word in unwanted if word in document] == []


@every_format
@pytest.mark.parametrize(
    "document",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<feed>", id="cut"),
        pytest.param(b"<html><body></body></html>", id="a page"),
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b'{"items": [{}]}', id="an item without id"),
        pytest.param(b'{"items": 3}', id="items that are a number"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"\xff\xfe\x00", id="no text"),
        pytest.param(
            b'<!DOCTYPE rss [<!ENTITY e "x">]><rss><channel><item><guid>&e;</guid></item></channel></rss>',
            id="a DOCTYPE",
        ),
    ],
)
def test_d18_what_is_no_document_of_the_format_is_told(name: str, document: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        FORMATS[name].read_ids(document)


# --- the same bytes whatever surrounds it -----------------------------------------------------------------

_DIGESTS = """
import hashlib, locale, golden_feeds, factories
from feedbraid.registry import load_plug
locale.setlocale(locale.LC_ALL, "")
for name in ("atom", "rss", "json"):
    plug = load_plug("feedbraid.formats", name, "FORMAT")
    for make in golden_feeds.FEEDS.values():
        print(hashlib.sha256(plug.render(make(), factories.self_url(name))).hexdigest())
"""


def _digests(**surroundings: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(TESTS), **surroundings}
    command = [sys.executable, "-c", _DIGESTS]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_n122_bytes_do_not_depend_on_time_zone_locale_or_hash_seed() -> None:
    here = _digests(TZ="UTC", LC_ALL="C", PYTHONHASHSEED="1")
    there = _digests(TZ="Asia/Kathmandu", LC_ALL="C.UTF-8", PYTHONHASHSEED="2")
    assert here == there
    assert len(here.split()) == len(FORMATS) * len(FEEDS)
