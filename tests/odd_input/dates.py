"""Dates of items (N14..N22): the text decides, and nothing depends on the day of reading."""

from __future__ import annotations

from odd_input.row import AT, ATOM, ATOM_AT, LINK, ONE, TITLED, Fields, Row, in_atom, in_json, in_rss, whole

_NOON = "2026-03-01T12:00:00Z"


def _said(name: str, text: str, published: str = "", why: tuple[str, ...] = (), zone: str = "UTC") -> Row:
    """Make a row of a pubDate; without `published` it is no date."""
    expected: Fields = AT | TITLED | ({"published": published} if published else {})
    item = f"{LINK}{ONE}<pubDate>{text}</pubDate>"
    return in_rss(name, item, expected, why=why, zone=zone)


SPELLINGS = (
    _said("n15-rfc-822-as-it-should-be", "Sun, 01 Mar 2026 12:00:00 GMT", _NOON),
    _said("n15-weekday-is-wrong", "Fri, 01 Mar 2026 12:00:00 GMT", _NOON),
    _said("n15-no-weekday-no-seconds", "1 Mar 2026 12:00 +0000", _NOON),
    _said("n15-year-of-two-digits", "Sun, 01 Mar 26 12:00:00 GMT", _NOON),
    _said("n15-year-of-two-digits-of-the-last-century", "Tue, 01 Mar 94 12:00:00 GMT", "1994-03-01T12:00:00Z"),
    _said("n15-offset-with-a-colon", "Sun, 01 Mar 2026 14:00:00 +02:00", _NOON),
    _said("n15-offset-behind-gmt", "Sun, 01 Mar 2026 21:00:00 GMT+0900", _NOON),
    _said("n15-offset-minus-zero", "Sun, 01 Mar 2026 12:00:00 -0000", _NOON),
    _said("n15-offset-of-half-an-hour", "Sun, 01 Mar 2026 17:30:00 +0530", _NOON),
    _said("n15-named-zone-jst", "Sun, 01 Mar 2026 21:00:00 JST", _NOON),
    _said("n15-named-zone-pdt", "Wed, 01 Jul 2026 05:00:00 PDT", "2026-07-01T12:00:00Z"),
    _said("n15-named-zone-cest", "Wed, 01 Jul 2026 14:00:00 CEST", "2026-07-01T12:00:00Z"),
    _said("n15-offset-decides-over-an-ambiguous-name", "Sun, 01 Mar 2026 20:00:00 +0800 CST", _NOON),
    _said("n15-comment-behind-the-zone", "Sun, 01 Mar 2026 12:00:00 GMT (Coordinated Universal Time)", _NOON),
    _said("n15-full-names", "Sunday, March 1, 2026 12:00:00 UTC", _NOON),
    _said("n15-asctime", "Sun Mar  1 12:00:00 2026", _NOON),
    _said("n15-asctime-with-a-zone", "Sun Mar 1 04:00:00 PST 2026", _NOON),
    _said("n15-half-of-the-day", "Sun, 01 Mar 2026 10:00 PM", "2026-03-01T22:00:00Z"),
    _said("n15-iso-in-pubdate", "2026-03-01T12:00:00Z", _NOON),
    _said("n15-iso-in-small-letters", "2026-03-01t12:00:00z", _NOON),
    _said("n15-iso-with-blanks", "2026-03-01 20:00:00 +0800", _NOON),
    _said("n15-iso-basic-keeps-its-time", "20260301T120000Z", _NOON),
    _said("n14-fraction-is-cut-not-rounded", "2026-03-01T12:00:00.999999Z", _NOON),
    _said("n15-iso-week-date", "2026-W09-7", "2026-03-01T00:00:00Z"),
    _said("n15-iso-day-of-the-year", "2026-060", "2026-03-01T00:00:00Z"),
    _said("n15-midnight-at-the-end-of-a-day", "2026-02-28T24:00:00Z", "2026-03-01T00:00:00Z"),
    _said("n15-leap-second", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
    _said("n15-offset-crosses-the-year", "Thu, 01 Jan 2026 01:00:00 +0200", "2025-12-31T23:00:00Z"),
    _said("n16-seconds-since-1970-are-no-year", "1772366400", _NOON),
    _said("n16-milliseconds-since-1970", "1772366400000", _NOON),
    _said("n16-slashes-and-short-month", "2016/6/29 15:07", "2016-06-29T15:07:00Z"),
    _said("n15-german", "So, 1. März 2026 12:00:00 +0000", _NOON),
    _said("n15-french", "dimanche 1 mars 2026 12:00", _NOON),
    _said("n15-spanish", "1 de marzo de 2026", "2026-03-01T00:00:00Z"),
    _said("n15-russian", "1 марта 2026", "2026-03-01T00:00:00Z"),
    _said("n15-chinese", "2026年3月1日 12:00", _NOON),
    _said(
        "n15-chinese-in-fullwidth-digits",
        "\uff12\uff10\uff12\uff16年\uff13月\uff11日",
        "2026-03-01T00:00:00Z",
    ),
    _said("n15-korean", "2026년 3월 1일", "2026-03-01T00:00:00Z"),
    _said("n15-day-first-is-the-only-way", "25/03/2026", "2026-03-25T00:00:00Z"),
    _said("n15-weekday-tells-day-from-month", "Sun, 03/01/2026 12:00", _NOON),
    _said("n15-date-in-cdata-and-blanks", "<![CDATA[\n Sun, 01 Mar 2026 12:00:00 GMT \n]]>", _NOON),
)

ZONES = (
    _said("n17-no-zone-is-utc", "Sun, 01 Mar 2026 12:00:00", _NOON),
    _said("n17-no-zone-is-the-configured-one", "2026-03-01 20:00:00", _NOON, zone="Asia/Shanghai"),
    _said("n17-configured-zone-in-summer", "2026-07-01 08:00", "2026-07-01T12:00:00Z", zone="America/New_York"),
    _said(
        "n17-day-alone-begins-in-the-configured-zone", "2026-03-01", "2026-02-28T16:00:00Z", zone="Asia/Shanghai"
    ),
    _said("n17-stated-zone-goes-before-the-configured-one", "2026-03-01T12:00:00Z", _NOON, zone="Asia/Shanghai"),
    _said("n17-unknown-zone-is-utc-and-noted", "Sun, 01 Mar 2026 12:00:00 XYZT", _NOON, why=("N17",)),
)

NO_DATES = (
    _said("n15-yesterday-is-no-date", "yesterday", why=("N15",)),
    _said("n15-thirtieth-of-february", "2026-02-30", why=("N15",)),
    _said("n15-hour-25", "Sun, 01 Mar 2026 25:00:00 GMT", why=("N15",)),
    _said("n15-32nd-of-july", "Fri, 32 Jul 2026 12:00:00 GMT", why=("N15",)),
    _said("n15-day-or-month-first-nobody-knows", "05/03/2026", why=("N15",)),
    _said("n16-year-alone-is-no-date", "2026", why=("N15",)),
    _said("n16-month-and-day-alone-are-no-date", "March 1", why=("N15",)),
    _said("n20-epoch-zero-is-missing", "Thu, 01 Jan 1970 00:00:00 GMT", why=("N20",)),
    _said("n20-year-one-is-missing", "0001-01-01T00:00:00Z", why=("N20",)),
    _said("n20-zeros-are-missing", "0000-00-00 00:00:00", why=("N15",)),
    _said("n20-last-second-of-1989-is-missing", "1989-12-31T23:59:59Z", why=("N20",)),
    _said("n20-first-second-of-1990-is-a-date", "1990-01-01T00:00:00Z", "1990-01-01T00:00:00Z"),
    _said("n18-empty-pubdate-is-missing", "  "),
)

_BOTH = {"published": _NOON, "updated": "2026-03-02T12:00:00Z"}


def _atom03(name: str, dates: str, expected: Fields) -> Row:
    document = (
        f'<feed version="0.3" xmlns="http://purl.org/atom/ns#"><link rel="alternate" type="text/html" '
        f'href="https://site.example/"/><entry>{ATOM}{ONE}{dates}</entry></feed>'
    )
    return whole(name, document, ATOM_AT | TITLED | expected, dialect="atom")


FIELDS = (
    in_rss(
        "n18-dc-date-is-published",
        f"{LINK}{ONE}<dc:date>2026-03-01T20:00:00+08:00</dc:date>",
        {**AT, **TITLED, "published": _NOON},
    ),
    in_rss(
        "n18-pubdate-goes-before-dc-date",
        f"{LINK}{ONE}<dc:date>2025-01-01</dc:date><pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>",
        {**AT, **TITLED, "published": _NOON},
    ),
    in_rss(
        "n18-atom-updated-in-an-rss-item",
        f"{LINK}{ONE}<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>"
        "<atom:updated>2026-03-02T12:00:00Z</atom:updated>",
        {**AT, **TITLED, **_BOTH},
    ),
    in_rss(
        "n24-dates-of-the-channel-are-not-those-of-its-items",
        f"{LINK}{ONE}",
        AT | TITLED,
        head="<link>https://site.example/</link><pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>"
        "<lastBuildDate>Sun, 01 Mar 2026 12:00:00 GMT</lastBuildDate>",
    ),
    in_rss(
        "n19-a-date-far-ahead-is-kept-for-the-judgement-by-first-seen",
        f"{LINK}{ONE}<pubDate>Fri, 01 Jan 2100 00:00:00 GMT</pubDate>",
        {**AT, **TITLED, "published": "2100-01-01T00:00:00Z"},
    ),
    in_atom(
        "n22-updated-alone-makes-no-published",
        f"{ATOM}{ONE}<updated>2026-03-01T12:00:00Z</updated>",
        {**ATOM_AT, **TITLED, "updated": _NOON},
    ),
    in_atom(
        "n18-published-alone-makes-no-updated",
        f"{ATOM}{ONE}<published>2026-03-01T12:00:00Z</published>",
        {**ATOM_AT, **TITLED, "published": _NOON},
    ),
    in_atom(
        "n18-updated-before-published-stays-as-stated",
        f"{ATOM}{ONE}<published>2026-03-01T12:00:00Z</published><updated>2020-01-01T00:00:00Z</updated>",
        {**ATOM_AT, **TITLED, "published": _NOON, "updated": "2020-01-01T00:00:00Z"},
    ),
    in_atom(
        "n15-an-odd-updated-does-not-take-published-with-it",
        f"{ATOM}{ONE}<published>2026-03-01T12:00:00Z</published><updated>soon</updated>",
        {**ATOM_AT, **TITLED, "published": _NOON},
        why=("N15",),
    ),
    in_atom(
        "n15-fraction-and-offset-in-atom",
        f"{ATOM}{ONE}<updated>2026-03-01T13:00:00.5+01:00</updated>",
        {**ATOM_AT, **TITLED, "updated": _NOON},
    ),
    _atom03(
        "n18-atom-0-3-issued-and-modified",
        "<issued>2026-03-01T12:00:00Z</issued><modified>2026-03-02T12:00:00Z</modified>",
        {**_BOTH},
    ),
    _atom03("n18-atom-0-3-created-stands-in-for-issued", f"<created>{_NOON}</created>", {"published": _NOON}),
    _atom03(
        "n18-atom-0-3-issued-goes-before-created",
        f"<created>2025-01-01T00:00:00Z</created><issued>{_NOON}</issued>",
        {"published": _NOON},
    ),
    in_json(
        "n15-json-dates-with-fraction-and-offset",
        '"id": "https://site.example/1", "url": "https://site.example/1", "title": "One", '
        '"date_published": "2026-03-01T20:00:00.123+08:00", "date_modified": "2026-03-02T12:00:00Z"',
        {**AT, **TITLED, **_BOTH, "source_id": "https://site.example/1"},
    ),
)

ROWS = (*SPELLINGS, *ZONES, *NO_DATES, *FIELDS)
