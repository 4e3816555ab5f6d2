"""Odd input, and exactly what comes of it: every field of every entry, by table."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

import pytest

from feedbraid.model import Believed, Channel, Entry, Failed, Fresh, OriginSpec, ParseJob, Reading, Skipped
from feedbraid.normalise import read_entry
from feedbraid.parse import handle
from feedbraid.postfile import read_post
from odd_input import (
    addresses,
    bodies,
    dates,
    enclosures,
    encodings,
    identity,
    jsonfeeds,
    labels,
    links,
    people,
    seeds,
    shapes,
    titles,
)
from odd_input.row import Fields, Row

TABLES = (
    identity.ROWS,
    dates.ROWS,
    titles.ROWS,
    bodies.ROWS,
    people.ROWS,
    links.ROWS,
    enclosures.ROWS,
    labels.ROWS,
    shapes.ROWS,
    encodings.ROWS,
    jsonfeeds.ROWS,
    addresses.ROWS,
    seeds.ROWS,
)
ROWS = tuple(row for table in TABLES for row in table)
ELSEWHERE = frozenset({"episode"})
"""Fields that other tables are about."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_n2_n158_odd_input_becomes_exactly_this(row: Row) -> None:
    outcome = _read(row)
    if isinstance(outcome, Failed):
        assert row.failed, outcome.reason
        assert row.failed in outcome.reason
        return
    assert not row.failed
    assert [_stated(item.entry) for item in outcome.entries] == list(row.entries)
    assert len(outcome.skipped) == len(row.skipped), outcome.skipped
    assert all(words in item.reason for words, item in zip(row.skipped, outcome.skipped, strict=True))
    assert tuple(note.rule for note in outcome.notes) == row.notes
    assert outcome.complete == row.complete
    if row.channel is not None:
        assert _stated(outcome.channel or Channel()) == row.channel
    if row.why is not None:
        assert tuple(sorted({note.rule for item in outcome.entries for note in item.notes})) == row.why


def test_no_two_rows_have_one_name() -> None:
    names = Counter(row.name for row in ROWS)
    assert [name for name, count in names.items() if count > 1] == []


def _read(row: Row) -> Fresh | Failed:
    spec = OriginSpec(
        name="site",
        kind="seeds" if row.seed else "web",
        locations=(row.url,),
        zone=row.zone,
        site=row.site,
        ids=cast("Any", row.ids),
    )
    if row.seed:
        return _read_seed(row, Reading(spec=spec, authority=row.authority))
    reading = Reading(spec=spec, feed_url=row.url)
    return handle(ParseJob(reading=reading, body=row.document, content_type=row.content_type))


def _read_seed(row: Row, reading: Reading) -> Fresh:
    post = read_post(row.document, row.seed, reading)
    if isinstance(post, Skipped):
        return Fresh(entries=(), skipped=(post,))
    read = read_entry(post.raw, reading, Channel())
    if isinstance(read, Believed):
        return Fresh(entries=(read,), notes=post.notes)
    return Fresh(entries=(), skipped=(read,), notes=post.notes)


def _stated(noun: Entry | Channel) -> Fields:
    """Give the fields that differ from their defaults; those without a default are always given."""
    found = {field.name: (getattr(noun, field.name), field.default) for field in fields(noun)}
    return {
        name: _written(value)
        for name, (value, default) in found.items()
        if name not in ELSEWHERE and value != default
    }


def _written(value: object) -> object:
    """Write a date as RFC 3339 does; one that is not in UTC shows its offset, and fractions show, too."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
