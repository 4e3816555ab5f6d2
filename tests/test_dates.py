"""Dates: N14 to N17 and N20."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feedbraid import dates
from feedbraid.dates import read_date, rfc822, rfc3339
from feedbraid.model import RawDate

Parsed = tuple[int, int, int, int, int, int]
ANY_TEXT = st.text(st.characters(exclude_categories=[]))
LIKE_A_DATE = st.text("0123456789 -+:/.,TZWt年月日 Janmr'#(", max_size=40)
ANY_PARSED = st.none() | st.tuples(*[st.integers(-1, 10_000)] + [st.integers(-1, 61)] * 5)


def written(text: str, *, zone: str = "UTC", earliest: int = 1990) -> str:
    """Read a date and write it again; "" when it is unread."""
    value = read_date(RawDate(text=text), zone=zone, earliest=earliest).value
    return rfc3339(value) if value else ""


# --- the text decides -------------------------------------------------------------------------------------

ISO = [
    ("2021-01-27T14:41:19.000Z", "2021-01-27T14:41:19Z"),
    ("2021-01-27T14:41:19.999999999Z", "2021-01-27T14:41:19Z"),
    ("2021-01-27t14:41:19,5z", "2021-01-27T14:41:19Z"),
    ("2021-01-27T14:41:19+09:00", "2021-01-27T05:41:19Z"),
    ("2021-01-27T14:41:19+0900", "2021-01-27T05:41:19Z"),
    ("2021-01-27T14:41:19+09", "2021-01-27T05:41:19Z"),
    ("2021-01-27T14:41-03:30", "2021-01-27T18:11:00Z"),
    ("2021-01-27 14:41:19", "2021-01-27T14:41:19Z"),
    ("2021-01-27", "2021-01-27T00:00:00Z"),
    ("20240301T100000Z", "2024-03-01T10:00:00Z"),
    ("20240301T100000+0900", "2024-03-01T01:00:00Z"),
    ("20240301", "2024-03-01T00:00:00Z"),
    ("20240301100000", "2024-03-01T10:00:00Z"),
    ("202403011000", "2024-03-01T10:00:00Z"),
    ("2024-W09-5", "2024-03-01T00:00:00Z"),
    ("2024W095T1000Z", "2024-03-01T10:00:00Z"),
    ("2024-061", "2024-03-01T00:00:00Z"),
    ("2024-366T10:00", "2024-12-31T10:00:00Z"),
    ("2024-03-01T24:00:00Z", "2024-03-02T00:00:00Z"),
    ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    ("2024-03-01T10:00:00+01:00[Europe/Paris]", "2024-03-01T09:00:00Z"),
    ("2009-11-10 23:00:00 +0000 UTC", "2009-11-10T23:00:00Z"),
    ("2024-03-01T00:00+15:59", "2024-02-29T08:01:00Z"),
]

LIKE_ISO = [
    ("2019-5-14", "2019-05-14T00:00:00Z"),
    ("2021-04-9 00:50:40", "2021-04-09T00:50:40Z"),
    ("2019-01-15T8:00:00", "2019-01-15T08:00:00Z"),
    ("2022-01-29 14:55:00  -07:00", "2022-01-29T21:55:00Z"),
    ("2016-01-15 07:59:00-0400", "2016-01-15T11:59:00Z"),
    ("2021-05-04 12:00 -7:00", "2021-05-04T19:00:00Z"),
    ("2025-02-06 20:00:01 -08", "2025-02-07T04:00:01Z"),
    ("2016-03-23 9:00:00 -4", "2016-03-23T13:00:00Z"),
    ("2020/1/10 14:33:00", "2020-01-10T14:33:00Z"),
    ("2024-03-01 10:00 -0800 (PST)", "2024-03-01T18:00:00Z"),
    ("2024-03-01 10:00 -0800 PST", "2024-03-01T18:00:00Z"),
    ("‘2019-01-17 15:55:00 -07:00'", "2019-01-17T22:55:00Z"),
    ('"2019-5-14"', "2019-05-14T00:00:00Z"),
    ("2023-07-25T15:00:00 # UTC!!", "2023-07-25T15:00:00Z"),
    ("２０２４－０３－０１ １０：００", "2024-03-01T10:00:00Z"),
    ("٢٠٢٤-٠٣-٠١", "2024-03-01T00:00:00Z"),
    ("2024-03-01 10:00 \u22120800", "2024-03-01T18:00:00Z"),
    ("2024. 3. 1. 10:00", "2024-03-01T10:00:00Z"),
    ("2024-Mar-01", "2024-03-01T00:00:00Z"),
    ("2015-1-2 3:4:5", "2015-01-02T03:04:05Z"),
    ("2015-1-2T3:4:5Z", "2015-01-02T03:04:05Z"),
    ("2024/3/1 9:5:7", "2024-03-01T09:05:07Z"),
    ("2024-03-01_10:00:00", "2024-03-01T10:00:00Z"),
    ("2024-03-01T10", "2024-03-01T10:00:00Z"),
    ("2024-03-01T10+01:00", "2024-03-01T09:00:00Z"),
    ("2024-03-01T10:00:00.Z", "2024-03-01T10:00:00Z"),
    ("2024-03-01T10:00:00+00:00Z", "2024-03-01T10:00:00Z"),
    ("2024-03-01T10:00:00+0800CST", "2024-03-01T02:00:00Z"),
    ("2024-03-01 Fri 10:30", "2024-03-01T10:30:00Z"),
    ("2024-03-01 10.30", "2024-03-01T10:30:00Z"),
]

MAIL = [
    ("Wed, 27 Jan 2021 14:41:19 GMT", "2021-01-27T14:41:19Z"),
    ("Wed, 27 Jan 2021 14:41:19 +0200", "2021-01-27T12:41:19Z"),
    ("Wed, 27 Jan 2021 14:41:19 +02:00", "2021-01-27T12:41:19Z"),
    ("Wed, 27 Jan 2021 14:41:19 GMT+0200", "2021-01-27T12:41:19Z"),
    ("Wed, 27 Jan 2021 14:41:19 UTC +2", "2021-01-27T12:41:19Z"),
    ("Wed, 27 Jan 2021 14:41:19 -0000", "2021-01-27T14:41:19Z"),
    ("Sun, 27 Jan 2021 14:41:19 GMT", "2021-01-27T14:41:19Z"),
    ("January, 29 Jan 2021 17:56:15 +0530", "2021-01-29T12:26:15Z"),
    ("27 Jan 2021 14:41 GMT", "2021-01-27T14:41:00Z"),
    ("Thu,1 Dec 2005 16:38:13+0900", "2005-12-01T07:38:13Z"),
    ("Mon, 26 Sept 2005 21:46:23+0900", "2005-09-26T12:46:23Z"),
    ("Wed,  4 Jan 2006 02:29:01 GMT", "2006-01-04T02:29:01Z"),
    ("03 Apr 02 1500 GMT", "2002-04-03T15:00:00Z"),
    ("03 Apr 99 15:00 GMT", "1999-04-03T15:00:00Z"),
    ("03 Apr 102 15:00 GMT", "2002-04-03T15:00:00Z"),
    ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
    ("Fri, 01 Mar 2024 10:00:00", "2024-03-01T10:00:00Z"),
    ("Fri, 01 Mar 2024 10:00:00 A", "2024-03-01T10:00:00Z"),
    ("Mon, 02 Jan 2006 02:02:33 PM", "2006-01-02T14:02:33Z"),
    ("Mon, 02 Jan 2006 12:30 a.m. EST", "2006-01-02T05:30:00Z"),
    ("Mon, 02 Jan 2006 12:30 PM", "2006-01-02T12:30:00Z"),
    ("Mon, 02 Jan 2006 15:30 PM", "2006-01-02T15:30:00Z"),
    ("Fri, 1 Mar 2024 9:5:7 GMT", "2024-03-01T09:05:07Z"),
    ("Fri , 01 Mar 2024 10:00:00 GMT", "2024-03-01T10:00:00Z"),
    ("Fri. 01 Mar. 2024 10:00:00 GMT", "2024-03-01T10:00:00Z"),
    ("Fri, 1 Mar, 2024, 10:00:00 GMT", "2024-03-01T10:00:00Z"),
    ("Fri, 01/Mar/2024 10:00:00 GMT", "2024-03-01T10:00:00Z"),
    ("Fri, 01 Mar 2024 10.00.00 GMT", "2024-03-01T10:00:00Z"),
    ("Fri, 01 Mar 2024 10:00:00 Etc/GMT", "2024-03-01T10:00:00Z"),
]

OTHERS = [
    ("Fri Mar  1 10:00:00 2024", "2024-03-01T10:00:00Z"),
    ("Fri Mar  1 10:00:00 PST 2024", "2024-03-01T18:00:00Z"),
    ("Fri Mar 01 10:00:00 +0100 2024", "2024-03-01T09:00:00Z"),
    ("Fri Mar 01 2024 10:00:00 GMT+0100 (CET)", "2024-03-01T09:00:00Z"),
    ("Fri Mar 1 10:00:00 2024 +0100", "2024-03-01T09:00:00Z"),
    ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
    ("2024, March 1", "2024-03-01T00:00:00Z"),
    ("March 21, 2006", "2006-03-21T00:00:00Z"),
    ("21 March 2006", "2006-03-21T00:00:00Z"),
    ("March 21st, 2006 at 3:05 pm", "2006-03-21T15:05:00Z"),
    ("Friday, January 29, 2021 04:42 PM", "2021-01-29T16:42:00Z"),
    ("Fri, 05/03/2019 - 15:21", "2019-05-03T15:21:00Z"),
    ("Tue, 05/03/2019 - 15:21", "2019-03-05T15:21:00Z"),
    ("04/29/2019 8:56 am PST", "2019-04-29T16:56:00Z"),
    ("29/04/2019", "2019-04-29T00:00:00Z"),
    ("05/05/2019", "2019-05-05T00:00:00Z"),
    ("07.02.2025", "2025-02-07T00:00:00Z"),
    ("1709287200", "2024-03-01T10:00:00Z"),
    ("1709287200.75", "2024-03-01T10:00:00Z"),
    ("999999999", "2001-09-09T01:46:39Z"),
    ("1709287200999", "2024-03-01T10:00:00Z"),
    ("999999999999", "2001-09-09T01:46:39Z"),
]

LOCALIZED = [
    ("2026年1月5日 下午3:20", "2026-01-05T15:20:00Z"),
    ("2026年1月5日 星期一 12点05分30秒", "2026-01-05T12:05:30Z"),
    ("2026年1月5日(月) 午前0時20分", "2026-01-05T00:20:00Z"),
    ("2026年1月5日月曜日", "2026-01-05T00:00:00Z"),
    ("星期五, 01 三月 2024 10:00:00 +0800", "2024-03-01T02:00:00Z"),
    ("星期五, 01 12月 2024 10:00:00 +0800", "2024-12-01T02:00:00Z"),
    ("2024년 3월 1일", "2024-03-01T00:00:00Z"),
    ("2024년 3월 1일 금요일 오후 12:30", "2024-03-01T12:30:00Z"),
    ("mer, 16 nov 2022 00:38:15 +0100", "2022-11-15T23:38:15Z"),
    ("Freitag, 1. März 2024 - 10:30 Uhr", "2024-03-01T10:30:00Z"),
    ("le 1er août 2024 à 10h30", "2024-08-01T10:30:00Z"),
    ("sábado, 2 de marzo de 2024 10:30 p. m.", "2024-03-02T22:30:00Z"),
    ("segunda-feira, 4 de março de 2024 às 10:30", "2024-03-04T10:30:00Z"),
    ("venerdì 1º marzo 2024", "2024-03-01T00:00:00Z"),
    ("пт, 01 мар. 2024 10:00:00 +0300", "2024-03-01T07:00:00Z"),
    ("5 мая 2024 г., 10:00", "2024-05-05T10:00:00Z"),
    ("5 травня 2024", "2024-05-05T00:00:00Z"),
    ("الجمعة، 1 أبريل 2024 10:00 م", "2024-04-01T22:00:00Z"),
    ("vrijdag 1 maart 2024 om 10:00", "2024-03-01T10:00:00Z"),
    ("piątek, 1 października 2024 r. 10:00", "2024-10-01T10:00:00Z"),
    ("fredag 1 maj 2024", "2024-05-01T00:00:00Z"),
    ("cuma, 1 Ağustos 2024 10:00", "2024-08-01T10:00:00Z"),
    ("1 Mart 2024 Cuma 10:00", "2024-03-01T10:00:00Z"),
    ("2024-03-01 星期五 10:30", "2024-03-01T10:30:00Z"),
    ("2024年3月1日(金) 10時30分", "2024-03-01T10:30:00Z"),
    ("令和6年3月1日", "2024-03-01T00:00:00Z"),
    ("㋿元年5月1日", "2019-05-01T00:00:00Z"),
    ("平成31年4月30日 10:00", "2019-04-30T10:00:00Z"),
    ("民國113年3月1日", "2024-03-01T00:00:00Z"),
    ("1 كانون الثاني 2024 10:00", "2024-01-01T10:00:00Z"),
    ("١ تشرين الثاني ٢٠٢٤", "2024-11-01T00:00:00Z"),
    ("1 mars 2024 à 10 h 30", "2024-03-01T10:30:00Z"),
    ("1 mars 2024 kl. 10.00", "2024-03-01T10:00:00Z"),
    ("1. března 2024", "2024-03-01T00:00:00Z"),
    ("1. helmikuuta 2024", "2024-02-01T00:00:00Z"),
    ("Παρ, 01 Μαρ 2024 10:00:00 +0200", "2024-03-01T08:00:00Z"),
    ("1 Μαΐου 2024", "2024-05-01T00:00:00Z"),
    ("1 במרץ 2024", "2024-03-01T00:00:00Z"),
    ("2024. március 1.", "2024-03-01T00:00:00Z"),
    ("2024-március-13T9:15+02:00", "2024-03-13T07:15:00Z"),
]


def _named(table: list[tuple[str, str]]) -> list[Any]:
    return [pytest.param(text, expected, id=f"{text} is {expected}") for text, expected in table]


@pytest.mark.parametrize(("text", "expected"), _named(ISO + LIKE_ISO))
def test_n15_iso_8601_and_what_resembles_it_is_read(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(("text", "expected"), _named(MAIL))
def test_n15_dates_of_mail_are_read(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(("text", "expected"), _named(OTHERS))
def test_n15_other_ways_that_leave_no_doubt_are_read(text: str, expected: str) -> None:
    assert written(text) == expected


@pytest.mark.parametrize(("text", "expected"), _named(LOCALIZED))
def test_n15_names_in_other_languages_are_read(text: str, expected: str) -> None:
    assert written(text) == expected


def test_n15_every_month_name_we_know_means_one_month_in_all_languages() -> None:
    for row in dates._MONTH_ROWS:
        for number, name in enumerate(row.split(), start=1):
            assert written(f"1 {name} 2024 10:00") == f"2024-{number:02}-01T10:00:00Z", name


UNREAD = [
    "",
    "not a date",
    "AUTO_GEN",
    "{{ date }}",
    "2018-01-06 14:45:00 -07.00",
    "2018-01-06 14:45:00 -08:00:00",
    "2018-01-06 14:45:00 -0.8:00",
    "2024-01-10 00:00:00 0:00",
    "2023-10-10 00:00:00 00:00",
    "2021-01-30-2021 16:00:00 -8:00",
    "2021-08-01-12:00",
    "2018-01-06 14:45:00 -8:00 GMT",
    "2018-01-06 14:45:00 -08:00 MST",
    "2026-08-15 -08:00",
    "18:30:22 2023 -0800",
    "2004-10-067T00:00:00+02:00",
    "Fri, 11 Mar 2016 01:15:00 +3000",
    "2024-03-01T10:00:00+16:00",
    "2024-03-01T10:00:00+09:60",
    "2024-02-30",
    "2023-02-29T10:00:00Z",
    "30 Feb 2024 10:00 GMT",
    "31/04/2024",
    "2023-366",
    "2024-000",
    "2024-W54-1",
    "2024-03-01T24:00:01Z",
    "2024-03-01T25:00:00Z",
    "2024-03-01T10:60:00Z",
    "2024-03-01T10:00:61Z",
    "2024-03-01 13:00 AM",
    "2024-03-01 10:00 CH",
    "05/03/2019",
    "Wed, 05/03/2019",
    "05-03-2019",
    "05/20 7:03 am",
    "1 Foo 2024",
    "1 jui 2024",
    "10:00",
    "2024",
    "69",
    "2024-W09",
    "May 2024",
    "平成32年1月1日",
    "令和0年1月1日",
    "令和6年13月1日",
    "2024-03-01T10.5",
    "2024-03-01T10:00:00+05:00Z",
    "1 Mar 2024 10:123",
    "0000-00-00",
    "9999-12-31T23:59:59-10:00",
    "2024-03-01" + " " * 200 + "10:00",
]


@pytest.mark.parametrize("text", [pytest.param(text, id=f"unread: {text[:40]}") for text in UNREAD])
def test_n15_what_means_nothing_certain_stays_unread(text: str) -> None:
    reading = read_date(RawDate(text=text))
    assert reading.value is None
    assert reading.note.startswith("N15 ") == bool(text)


def test_n15_years_of_two_digits_are_of_1950_to_2049() -> None:
    assert written("03 Apr 50 15:00 GMT", earliest=1) == "1950-04-03T15:00:00Z"
    assert written("03 Apr 49 15:00 GMT") == "2049-04-03T15:00:00Z"


def test_n15_a_month_without_a_day_is_its_first_day_and_noted() -> None:
    reading = read_date(RawDate(text="2024-03"), zone="Asia/Shanghai")
    assert reading.value == datetime(2024, 2, 29, 16, tzinfo=UTC)
    assert reading.note == "N15 only the month is stated: its first day"


# --- the parser's reading ---------------------------------------------------------------------------------

PARSED = [
    pytest.param("Thursday in 2004, January the 8th", (2004, 1, 8, 1, 2, 3), "N16", id="all three stand there"),
    pytest.param("Day 8 / 1 / of 2004", (2004, 1, 8, 1, 2, 3), "N16", id="the month as a number"),
    pytest.param("2016:6:29 15:07", (2016, 11, 1, 0, 0, 0), "N15", id="month and day are of the day of the build"),
    pytest.param(
        "2024, the 1st, 11:00", (2024, 11, 1, 0, 0, 0), "N15", id="a month can not be taken from the time"
    ),
    pytest.param("2024 and 3", (2024, 3, 3, 0, 0, 0), "N15", id="one number is not both month and day"),
    pytest.param("04 Jan the 8th", (2004, 1, 8, 0, 0, 0), "N15", id="the year has four digits"),
    pytest.param("1989 Jan the 8th", (1989, 1, 8, 0, 0, 0), "N15", id="no year before 1990"),
    pytest.param("2004 Jan the 8th", (2004, 1, 8, 25, 0, 0), "N15", id="no such hour"),
    pytest.param(
        "2016:11:23 15:07", (2016, 11, 23, 0, 0, 0), "N15", id="a number first: month and day may be of today"
    ),
    pytest.param("T10:00 2016 11 23", (2016, 11, 23, 10, 0, 0), "N15", id="a time first: all may be of today"),
]


@pytest.mark.parametrize(("text", "parsed", "rule"), PARSED)
def test_n16_the_parser_is_believed_only_where_the_text_bears_it_out(text: str, parsed: Parsed, rule: str) -> None:
    reading = read_date(RawDate(text=text, parsed=parsed))
    assert reading.value == (datetime(*parsed, tzinfo=UTC) if rule == "N16" else None)
    assert reading.note.startswith(rule + " ")


def test_n16_the_text_comes_before_the_parser() -> None:
    reading = read_date(RawDate(text="2020/1/10 14:33:00", parsed=(2020, 11, 1, 0, 0, 0)))
    assert reading.value == datetime(2020, 1, 10, 14, 33, tzinfo=UTC)


# --- zones ------------------------------------------------------------------------------------------------

ZONES = [
    *[(name, 0) for name in ("UT", "GMT", "UTC", "Z", "WET")],
    *[("EST", -300), ("EDT", -240), ("CST", -360), ("CDT", -300), ("MST", -420), ("MDT", -360), ("PST", -480)],
    *[("PDT", -420), ("CET", 60), ("CEST", 120), ("BST", 60), ("WEST", 60), ("EET", 120), ("EEST", 180)],
    *[("MSK", 180), ("JST", 540), ("KST", 540), ("HKT", 480), ("SGT", 480), ("IST", 330), ("AEST", 600)],
    *[("AEDT", 660), ("NZST", 720), ("NZDT", 780), ("NST", -210), ("NDT", -150), ("HST", -600), ("BRT", -180)],
]


@pytest.mark.parametrize(
    ("name", "minutes"), [pytest.param(*row, id=f"{row[0]} is {row[1]} minutes") for row in ZONES]
)
def test_n15_zone_names_are_read(name: str, minutes: int) -> None:
    expected = datetime(2024, 3, 1, 10, tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_date(RawDate(text=f"Fri, 01 Mar 2024 10:00:00 {name}"), zone="Asia/Tokyo") == dates.DateReading(
        expected
    )


def test_n17_without_a_zone_the_zone_of_the_source_holds() -> None:
    assert written("2024-03-01 10:00", zone="Asia/Shanghai") == "2024-03-01T02:00:00Z"
    assert written("2024-07-01", zone="America/New_York") == "2024-07-01T04:00:00Z"
    assert written("2024-01-01", zone="America/New_York") == "2024-01-01T05:00:00Z"


def test_n17_a_zone_nobody_knows_counts_as_none_and_is_noted() -> None:
    reading = read_date(RawDate(text="Fri, 01 Mar 2024 10:00:00 XYZ"), zone="Asia/Tokyo")
    assert reading.value == datetime(2024, 3, 1, 1, tzinfo=UTC)
    assert reading.note == "N17 no zone is known as 'xyz'"


def test_a_zone_of_ours_that_is_none_is_an_error() -> None:
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        read_date(RawDate(text="2024-03-01Z"), zone="Asia/Shangri-La")


# --- limits -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1989-12-31", "197509300000"])
def test_n20_before_1990_counts_as_missing_and_is_noted(text: str) -> None:
    reading = read_date(RawDate(text=text))
    assert reading.value is None
    assert reading.note == f"N20 before 1990, counts as missing: {text!r}"


def test_n20_seed_posts_keep_what_the_author_wrote() -> None:
    assert written("1975-09-30", earliest=1970) == "1975-09-30T00:00:00Z"
    assert written("1969-12-31", earliest=1970) == ""


@given(ANY_TEXT | LIKE_A_DATE, ANY_PARSED, st.sampled_from(["UTC", "Asia/Tokyo", "America/St_Johns"]))
@example("0001-01-01T00:00:00+15:00", None, "Asia/Tokyo")
@example("9999-12-31T24:00:00", None, "America/St_Johns")
@example("ﷺ" * 200, (2024, 3, 1, 0, 0, 0), "UTC")
@example("\ud800 2024-03-01", None, "UTC")
@example("99999999999999", None, "UTC")
def test_n14_any_text_is_a_utc_date_in_whole_seconds_or_none(text: str, parsed: Parsed | None, zone: str) -> None:
    reading = read_date(RawDate(text=text, parsed=parsed), zone=zone, earliest=1)
    reading.note.encode()
    if reading.value is not None:
        assert reading.value.tzinfo is UTC
        assert reading.value.microsecond == 0


@given(
    st.datetimes(
        min_value=datetime(1000, 1, 2),  # noqa: DTZ001  # hypothesis adds the zone
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
    )
)
def test_n14_what_we_write_we_read(moment: datetime) -> None:
    whole = moment.astimezone(UTC).replace(microsecond=0)
    for text in (rfc3339(moment), rfc822(moment), moment.isoformat()):
        assert read_date(RawDate(text=text), earliest=1).value == whole


def test_n15_no_text_has_two_shapes() -> None:
    for text, _ in ISO + LIKE_ISO + MAIL + OTHERS + LOCALIZED:
        assert sum(1 for shape, _ in dates._shapes() if shape.fullmatch(dates._plain(text))) <= 1, text


# --- writing ----------------------------------------------------------------------------------------------


def test_n14_dates_are_written_in_utc_with_english_names() -> None:
    moment = datetime(2021, 1, 27, 23, 41, 19, 999_999, tzinfo=timezone(timedelta(hours=9)))
    assert rfc3339(moment) == "2021-01-27T14:41:19Z"
    assert rfc822(moment) == "Wed, 27 Jan 2021 14:41:19 GMT"


def test_n14_years_have_four_digits() -> None:
    assert rfc3339(datetime(7, 1, 2, tzinfo=UTC)) == "0007-01-02T00:00:00Z"
    assert rfc822(datetime(7, 1, 2, tzinfo=UTC)) == "Tue, 02 Jan 0007 00:00:00 GMT"


@pytest.mark.parametrize("write", [rfc3339, rfc822])
def test_n14_a_date_without_zone_is_never_written(write: Any) -> None:  # noqa: ANN401  # either writer
    with pytest.raises(ValueError, match="has no zone"):
        write(datetime(2024, 3, 1))  # noqa: DTZ001  # the fault under test


# --- neither clock nor locale -----------------------------------------------------------------------------


def test_n16_the_module_names_no_clock() -> None:
    tree = ast.parse(Path(dates.__file__).read_text(encoding="utf-8"))
    named = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert named.isdisjoint(
        {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp", "strptime", "strftime"}
    )
    assert imported.isdisjoint({"time", "locale", "os", "email", "email.utils", "calendar"})


PROGRAM = """
import sys
from feedbraid.dates import read_date, rfc822, rfc3339
from feedbraid.model import RawDate
for text in sys.argv[1:]:
    value = read_date(RawDate(text=text)).value
    print(rfc3339(value), rfc822(value)) if value else print()
"""


def test_n16_neither_zone_nor_locale_of_the_machine_changes_a_date() -> None:
    texts = [text for text, _ in ISO + LIKE_ISO + MAIL + OTHERS + LOCALIZED]
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM, *texts],
            env={**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONUTF8": "1"},
            check=True,
            capture_output=True,
        ).stdout
        for zone, locale in (("Asia/Tokyo", "C"), ("America/St_Johns", "de_DE.UTF-8"))
    }
    expected = [expected for _, expected in ISO + LIKE_ISO + MAIL + OTHERS + LOCALIZED]
    assert len(answers) == 1
    assert [line[:20] for line in answers.pop().decode().splitlines()] == expected


CLOCKWORK = """
import datetime, json, sys, time

moment = float(sys.argv[1])
of_moment = {name: getattr(time, name) for name in ("gmtime", "localtime")}
time.time = lambda: moment
for name, real in of_moment.items():
    setattr(time, name, lambda seconds=None, real=real: real(moment if seconds is None else seconds))


class Clock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(moment, tz)

    @classmethod
    def utcnow(cls):
        return cls.utcfromtimestamp(moment)

    today = now


datetime.datetime = Clock

from feedbraid.dates import read_date
from feedbraid.model import RawDate
from feedbraid.xmlfacts import parse_date

for line in sys.stdin:
    text = json.loads(line)
    reading = read_date(RawDate(text=text, parsed=parse_date(text)))
    print(json.dumps([str(reading.value), reading.note]), flush=True)
"""

CLOCKS = (
    (datetime(2016, 11, 23, 15, 7, tzinfo=UTC), "UTC"),
    (datetime(2024, 3, 1, 10, tzinfo=UTC), "Asia/Tokyo"),
    (datetime(2030, 6, 29, 23, 59, tzinfo=UTC), "America/New_York"),
)
"""When and where the machines of the next test are: their numbers are those of the texts."""

OF_THESE_DAYS = st.lists(
    st.sampled_from(
        [
            *("2016", "2024", "2030", "20", "16", "24", "11", "03", "3", "06", "6", "23", "01", "1", "29", "061"),
            *("-", "/", ":", " ", " ", ", ", ".", "T", "Z", "W09", "T10:00", "15:07", " 02:30", "+01:00", "-0500"),
            *("Fri, ", "Mar", "Nov ", "June", "EST", " GMT", "年", "월", "오전", "日", "yesterday", "\u0663"),
        ]
    ),
    max_size=9,
).map("".join)


@pytest.fixture(scope="module")
def machines() -> Iterator[list[subprocess.Popen[str]]]:
    """Programs that read dates: the same one, on machines that differ in clock and time zone."""
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", CLOCKWORK, str(clock.timestamp())],
            env={**os.environ, "TZ": zone, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for clock, zone in CLOCKS
    ]
    yield started
    for machine in started:
        machine.communicate()


def answer(machine: subprocess.Popen[str], text: str) -> str:
    assert machine.stdin is not None
    assert machine.stdout is not None
    machine.stdin.write(json.dumps(text) + "\n")
    machine.stdin.flush()
    return machine.stdout.readline()


@settings(max_examples=400, deadline=None)
@given(text=OF_THESE_DAYS | ANY_TEXT)
@example(text="2016/11/23 15:07")
@example(text="2016 the 11 of 23")
@example(text="T10:00 in 2024, 3, 1")
@example(text="-11-23 2016")
@example(text="2024-03-10 02:30:75")
@example(text="20 2001 11 1")
def test_n16_no_date_depends_on_the_day_it_is_read(machines: list[subprocess.Popen[str]], text: str) -> None:
    answers = {answer(machine, text) for machine in machines}
    assert len(answers) == 1
    assert answers != {""}


def test_n16_the_clocks_of_those_machines_are_seen_by_the_parser_below() -> None:
    program = CLOCKWORK.replace("read_date(RawDate(text=text, parsed=parse_date(text)))", "None").replace(
        "[str(reading.value), reading.note]", "parse_date(text)"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, str(clock.timestamp())],
            input='"2016/11/23 15:07"\n',
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for clock, _ in CLOCKS
    }
    assert len(answers) == len(CLOCKS)


# --- real documents ---------------------------------------------------------------------------------------

DIFFERS_FROM_THE_REFERENCE: dict[str, str] = {}
"""File to our reading, where the table of expectations is wrong: none is known."""


@pytest.mark.corpus
def test_n15_the_dates_of_real_feeds_are_read(corpus: Path) -> None:
    differ = {}
    records = [json.loads(line) for line in (corpus / "feeds" / "expected.jsonl").read_text("utf-8").splitlines()]
    for record in records:
        first = {**(record["first"] or {}), **record.get("corrected", {})}
        text = first.get("published_raw") or ""
        if text and written(text) != (first["published"] or ""):
            differ[record["file"]] = written(text)
    assert differ == DIFFERS_FROM_THE_REFERENCE


@pytest.mark.corpus
def test_n15_the_dates_of_real_posts_are_read_or_left_unread(corpus: Path) -> None:
    rows = [row.split("\t") for row in (corpus / "seeds" / "index.tsv").read_text("utf-8").split("\n")[1:] if row]
    dated = [row for row in rows if row[5]]
    differ = {row[0]: written(row[5], earliest=1970) for row in dated if written(row[5], earliest=1970) != row[4]}
    unreadable = {row[0]: "" for row in dated if row[4] == "unreadable"}
    assert len(dated) > 200
    assert len(unreadable) == 9
    assert differ == unreadable


def test_n15_an_offset_decides_where_a_name_is_that_of_several_zones() -> None:
    assert read_date(RawDate(text="2026-01-05 10:00:00 +0800 CST")).value == datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
    assert read_date(RawDate(text="2018-01-06 14:45:00 -08:00 MST")).value is None


# --- the short way ----------------------------------------------------------------------------------------

NUMBERS = st.sampled_from(["00", "01", "10", "12", "13", "23", "24", "29", "30", "31", "59", "60"])
COMMON = st.one_of(
    st.tuples(
        *(st.sampled_from(["", "Mon, ", "Sun, "]), NUMBERS, st.just(" "), st.sampled_from(["Jan", "Feb", "Dec"])),
        *(st.sampled_from([" 1900 ", " 2024 ", " 2099 "]), NUMBERS, st.just(":"), NUMBERS, st.just(":"), NUMBERS),
        st.sampled_from([" GMT", " +0000", " -0000", " +0530", " -1459", " +1500", " +1460", " UT"]),
    ),
    st.tuples(
        *(st.sampled_from(["1900-", "2024-", "2099-"]), NUMBERS, st.just("-"), NUMBERS, st.just("T")),
        *(NUMBERS, st.just(":"), NUMBERS, st.just(":"), NUMBERS, st.sampled_from(["", ".1", ".123456789"])),
        st.sampled_from(["Z", "+00:00", "-00:00", "+14:59", "-14:59", "+15:00", "+0530", ""]),
    ),
).map("".join)


@given(COMMON, st.sampled_from(["UTC", "Asia/Tokyo"]))
def test_n15_what_is_read_at_a_glance_is_read_alike_by_the_patterns(stated: str, zone: str) -> None:
    glance = dates._at_a_glance(stated)
    assert glance in (None, dates._stated(dates._plain(stated), zoneinfo.ZoneInfo(zone)))


@pytest.mark.parametrize(
    "stated", ["Mon, 23 Nov 2026 10:05:00 +0100", "23 Nov 2026 09:05:00 GMT", "2026-11-23T09:05:00.5Z"]
)
def test_n15_the_common_forms_are_read_at_a_glance(stated: str) -> None:
    assert dates._at_a_glance(stated) == (datetime(2026, 11, 23, 9, 5, tzinfo=UTC), "")
