"""What readers are answered (N129), as tables over the pure core; and what is put on the shelf of files."""

from __future__ import annotations

import base64
import gzip
import os
import string
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import cast

import brotli
import h11
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from factories import MOMENT
from feedbraid.errors import PublishError
from feedbraid.formats import Format
from feedbraid.kinds import kind_of, known_names
from feedbraid.model import ServedFeed, ServeRules
from feedbraid.registry import load_plug, plug_names
from feedbraid.serve import Answer, Request, Rules, Shelf, Site, hashed, respond
from feedbraid.serve._access import MOST_REMEMBERED, Keeper, Meter, Proxies, household
from feedbraid.serve._desk import without_secret
from feedbraid.serve._lane import plain_request
from feedbraid.serve._nouns import File, OnDisk, Stamp, Variant
from feedbraid.serve._pack import packed
from feedbraid.serve._passwords import is_password
from feedbraid.serve._shelf import DEEPEST, looked_at

ATOM = b"<feed xmlns='http://www.w3.org/2005/Atom'>" + b"<entry>A harbour and its ferry</entry>" * 40 + b"</feed>"
PAGE = b"<!DOCTYPE html><title>News</title>" + b"<p>A harbour and its ferry</p>" * 40
ADDRESS = "https://example.org/feeds/"
TOKEN = "k7-abcdefghijklmnop"  # noqa: S105  # of a test
NAMES = known_names()

CONTENTS = {
    "index.html": PAGE,
    "style.css": b"p { margin: 0 }" * 40,
    "sources.opml": b"<opml version='2.0'/>" * 40,
    "favicon.ico": b"\0" * 400,
    "news/atom.xml": ATOM,
    "news/rss.xml": ATOM.replace(b"feed", b"rss"),
    "news/feed.json": b'{"version": "https://jsonfeed.org/version/1.1"}' * 20,
    "news/index.html": PAGE,
    "news/archive/1/atom.xml": ATOM.replace(b"harbour", b"archive"),
    "news/port/atom.xml": ATOM.replace(b"harbour", b"port"),
    "tiny/rss.xml": b"<rss/>",
}


def made(path: str, content: bytes, *, is_packed: bool = True, ahead: timedelta = timedelta(hours=-1)) -> File:
    """Make a published file, last changed an hour ago."""
    kind = kind_of(path.rpartition("/")[2], NAMES)
    assert kind is not None
    changed = int((MOMENT + ahead).timestamp() * 1e9) + 999_999_999
    return File(
        path=path,
        kind=kind,
        place=f"/nowhere/{path}",
        stamp=Stamp(1, 2, len(content), changed, changed),
        digest=f"{hash(content) & 0xFFFFFFFF:08x}",
        plain=Variant("", len(content), content),
        packed=packed(content) if is_packed and kind.text else (),
        is_packed=is_packed,
    )


def site_of(contents: Mapping[str, bytes]) -> Site:
    return Site({path: made(path, content) for path, content in contents.items()})


SITE = site_of(CONTENTS)
RULES = Rules(address=ADDRESS)


def ask(
    target: str = "/news/atom.xml",
    *,
    method: str = "GET",
    site: Site = SITE,
    rules: Rules = RULES,
    user: str = "",
    headers: Mapping[str, str] | None = None,
    **more: str,
) -> Answer:
    """Ask for a document; `if_none_match` is the header If-None-Match."""
    named = {name.replace("_", "-"): value for name, value in {**(headers or {}), **more}.items()}
    request = Request(method=method, target=target, headers=named, user=user)
    return respond(request, site, rules, MOMENT)


def header(answer: Answer, name: str) -> str:
    """Give a header that may be there once; empty when it is not."""
    found = [value for key, value in answer.headers if key.lower() == name.lower()]
    assert len(found) <= 1, f"{name} stands there twice"
    return found[0] if found else ""


def ruled(**settings: object) -> Rules:
    return Rules(ServeRules(**settings), ADDRESS)  # type: ignore[arg-type]  # as the table has it


# --- N129a: media types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "usual", "for_browsers"),
    [
        ("news/atom.xml", "application/atom+xml; charset=utf-8", "application/xml; charset=utf-8"),
        ("news/rss.xml", "application/rss+xml; charset=utf-8", "application/xml; charset=utf-8"),
        ("news/archive/1/atom.xml", "application/atom+xml; charset=utf-8", "application/xml; charset=utf-8"),
        ("news/feed.json", "application/feed+json", "application/feed+json"),
        ("news/index.html", "text/html; charset=utf-8", "text/html; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8", "text/css; charset=utf-8"),
        ("sources.opml", "text/x-opml; charset=utf-8", "text/x-opml; charset=utf-8"),
        ("favicon.ico", "image/x-icon", "image/x-icon"),
    ],
)
def test_n129a_each_document_has_its_media_type_and_a_charset_on_xml(
    path: str, usual: str, for_browsers: str
) -> None:
    assert header(ask(f"/{path}"), "Content-Type") == usual
    assert header(ask(f"/{path}", rules=ruled(browser_types=True)), "Content-Type") == for_browsers


def test_n129a_the_types_are_those_that_the_formats_themselves_state() -> None:
    formats = plug_names("feedbraid.formats")
    for form in (cast("Format", load_plug("feedbraid.formats", name, "FORMAT")) for name in formats):
        kind = NAMES[form.file_name]
        assert (kind.media_type, kind.role) == (form.media_type, "feed")
        assert kind.xml == kind.charset == form.media_type.endswith("xml")


# --- N129c, N129d: validators -----------------------------------------------------------------------------


def test_n129c_the_etag_is_strong_quoted_and_another_one_for_each_coding() -> None:
    tags = {header(ask(accept_encoding=coding), "ETag") for coding in ("", "gzip", "br", "zstd")}
    assert len(tags) == 4
    assert all(tag.startswith('"') and tag.endswith('"') and tag.count('"') == 2 for tag in tags)


def test_n129c_the_etag_comes_from_the_bytes_alone(tmp_path: Path) -> None:
    def tag_of(content: bytes) -> str:
        (tmp_path / "rss.xml").write_bytes(content)
        os.utime(tmp_path / "rss.xml", (1_700_000_000, 1_700_000_000))
        return header(ask("/rss.xml", site=looked_at(tmp_path, Site(), NAMES, 1000)), "ETag")

    first, other, again = tag_of(b"<rss>1</rss>"), tag_of(b"<rss>2</rss>"), tag_of(b"<rss>1</rss>")
    assert first == again != other


@pytest.mark.parametrize(
    ("ahead", "stated"),
    [
        pytest.param(timedelta(hours=-1), "Sun, 01 Mar 2026 11:00:00 GMT", id="when the bytes last changed"),
        pytest.param(timedelta(days=1), "Sun, 01 Mar 2026 12:00:00 GMT", id="never after the date of the answer"),
        pytest.param(timedelta(days=-60_000), "Thu, 01 Jan 1970 00:00:00 GMT", id="never before there was time"),
    ],
)
def test_n129d_last_modified_is_the_time_of_the_file(ahead: timedelta, stated: str) -> None:
    site = Site({"news/rss.xml": made("news/rss.xml", ATOM, ahead=ahead)})
    assert header(ask("/news/rss.xml", site=site), "Last-Modified") == stated


# --- N129e: conditions ------------------------------------------------------------------------------------

TAG = SITE.files["news/atom.xml"].tag("")
PACKED = SITE.files["news/atom.xml"].tag("gzip")
EXACT, BEFORE = "Sun, 01 Mar 2026 11:00:00 GMT", "Sun, 01 Mar 2026 10:59:59 GMT"

CONDITIONS = [
    ("the tag", {"if_none_match": TAG}, 304),
    ("weak comparison", {"if_none_match": f"W/{TAG}"}, 304),
    ("a list", {"if_none_match": f'"a", W/"b" ,{TAG}'}, 304),
    ("a list with empty elements", {"if_none_match": f', ,"a",,{TAG},'}, 304),
    ("a comma in a tag", {"if_none_match": f'"a,b", {TAG}'}, 304),
    ("anything", {"if_none_match": " * "}, 304),
    ("another tag", {"if_none_match": '"a"'}, 200),
    ("a tag without quotes", {"if_none_match": TAG.strip('"')}, 200),
    ("no list", {"if_none_match": f'{TAG} "a"'}, 200),
    ("an open quote", {"if_none_match": f'{TAG}, "a'}, 200),
    ("nothing in it", {"if_none_match": ""}, 200),
    ("the packed variant is here, and is taken", {"if_none_match": PACKED, "accept_encoding": "br, gzip"}, 304),
    ("the plain variant is here, and is taken", {"if_none_match": TAG, "accept_encoding": "gzip"}, 304),
    ("the packed variant is not taken any more", {"if_none_match": PACKED}, 200),
    ("the tag alone decides", {"if_none_match": '"a"', "if_modified_since": EXACT}, 200),
    ("a bad tag decides, too", {"if_none_match": "a", "if_modified_since": EXACT}, 200),
    ("the date", {"if_modified_since": EXACT}, 304),
    ("a later date", {"if_modified_since": "Mon, 02 Mar 2026 11:00:00 GMT"}, 304),
    ("an earlier date", {"if_modified_since": BEFORE}, 200),
    ("RFC 850", {"if_modified_since": "Sunday, 01-Mar-26 11:00:00 GMT"}, 304),
    ("RFC 850, earlier", {"if_modified_since": "Sunday, 01-Mar-26 10:59:59 GMT"}, 200),
    ("RFC 850, two digits of the past century", {"if_modified_since": "Sunday, 06-Nov-94 08:49:37 GMT"}, 200),
    ("asctime", {"if_modified_since": "Sun Mar  1 11:00:00 2026"}, 304),
    ("asctime, earlier", {"if_modified_since": "Sun Mar  1 10:59:59 2026"}, 200),
    ("a leap second", {"if_modified_since": "Sun, 01 Mar 2026 11:59:60 GMT"}, 304),
    ("a day that is none", {"if_modified_since": "Sun, 31 Feb 2027 11:00:00 GMT"}, 200),
    ("another zone", {"if_modified_since": "Sun, 01 Mar 2026 11:00:00 +0000"}, 200),
    ("RFC 3339", {"if_modified_since": "2026-03-01T11:00:00Z"}, 200),
    ("a number", {"if_modified_since": "1772362800"}, 200),
    ("two dates", {"if_modified_since": f"{EXACT}, {EXACT}"}, 200),
    ("only if it is the same, and it is", {"if_match": TAG}, 200),
    ("only if it is the same, and it is not", {"if_match": '"a"'}, 412),
    ("only if it is the same, strong comparison", {"if_match": f"W/{TAG}"}, 412),
    ("only if there is one", {"if_match": "*"}, 200),
    ("only if it has not changed since", {"if_unmodified_since": BEFORE}, 412),
    ("only if it has not changed since, and it has not", {"if_unmodified_since": EXACT}, 200),
    ("only if it has not changed since a date that is none", {"if_unmodified_since": "x"}, 200),
]


@pytest.mark.parametrize(("headers", "status"), [pytest.param(*row[1:], id=row[0]) for row in CONDITIONS])
def test_n129e_conditions(headers: dict[str, str], status: int) -> None:
    assert ask(headers=headers).status == status
    assert ask(method="HEAD", headers=headers).status == status


def test_n129e_after_a_restart_nothing_is_packed_yet_and_nobody_loads_anything_again() -> None:
    fresh = Site({"news/atom.xml": made("news/atom.xml", ATOM, is_packed=False)})
    answer = ask(site=fresh, accept_encoding="gzip", if_none_match=PACKED)
    assert (answer.status, header(answer, "ETag")) == (304, PACKED)


def test_n129e_conditions_say_nothing_where_there_is_no_document() -> None:
    assert ask("/none/atom.xml", if_none_match="*").status == 404
    assert ask("/news", if_none_match="*").status == 301


# --- N129f: 304 and HEAD ----------------------------------------------------------------------------------

REPEATED = ("ETag", "Cache-Control", "Vary", "Date", "Content-Location", "Access-Control-Allow-Origin")


@pytest.mark.parametrize("path", ["news/atom.xml", "news/archive/1/atom.xml", "news/", "", "favicon.ico"])
def test_n129f_304_repeats_what_caches_need_and_has_no_body(path: str) -> None:
    whole = ask(f"/{path}", accept_encoding="gzip")
    answer = ask(f"/{path}", accept_encoding="gzip", if_none_match=header(whole, "ETag"))
    assert (whole.status, answer.status, answer.body) == (200, 304, None)
    for name in REPEATED:
        assert header(answer, name) == header(whole, name), name
    for name in ("Content-Length", "Content-Type", "Content-Encoding", "Last-Modified"):
        assert not header(answer, name), name


def test_n129f_the_folder_of_a_feed_says_which_document_it_is() -> None:
    assert header(ask("/news/"), "Content-Location") == "index.html"
    assert not header(ask("/news/index.html"), "Content-Location")


@pytest.mark.parametrize("target", ["/news/atom.xml", "/news", "/none", "/", "/..", "/news/index.html"])
def test_n129f_head_is_get_without_the_body(target: str) -> None:
    got, asked = ask(target, accept_encoding="gzip"), ask(target, method="HEAD", accept_encoding="gzip")
    assert (asked.status, asked.headers, asked.body) == (got.status, got.headers, None)


def test_n129f_the_date_is_that_of_the_answer() -> None:
    for answer in (ask(), ask("/none"), ask(method="OPTIONS"), ask(if_none_match="*"), ask("/news")):
        assert header(answer, "Date") == "Sun, 01 Mar 2026 12:00:00 GMT"


# --- N129g: caches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "max_age", "stated"),
    [
        ("/news/atom.xml", 1800, "public, max-age=1800, stale-while-revalidate=1800, stale-if-error=604800"),
        ("/news/atom.xml", 0, "public, max-age=0, stale-while-revalidate=0, stale-if-error=604800"),
        ("/news/", 60, "public, max-age=60, stale-while-revalidate=60, stale-if-error=604800"),
        ("/news/archive/1/atom.xml", 1800, "public, max-age=31536000, immutable"),
        ("/none", 1800, "max-age=60"),
    ],
)
def test_n129g_how_long_an_answer_may_be_kept(target: str, max_age: int, stated: str) -> None:
    assert header(ask(target, rules=ruled(max_age=max_age)), "Cache-Control") == stated


@pytest.mark.parametrize("target", ["/news/atom.xml", "/", "/none", "/news"])
def test_n129g_there_are_no_cookies(target: str) -> None:
    assert not header(ask(target, cookie="a=b"), "Set-Cookie")


# --- N129h: compression -----------------------------------------------------------------------------------

CODINGS = [
    ("nothing stated", None, ""),
    ("an empty list", "", ""),
    ("gzip", "gzip", "gzip"),
    ("large letters", "GZIP", "gzip"),
    ("the old name", "x-gzip", "gzip"),
    ("brotli first of those that weigh the same", "gzip, deflate, br, zstd", "br"),
    ("zstd before gzip", "gzip, zstd", "zstd"),
    ("weights", "gzip;q=1.0, br;q=0.5, zstd;q=0.001", "gzip"),
    ("blanks and a large Q", "br ; Q=0.2 , gzip ; q=0.9", "gzip"),
    ("not at any price", "gzip;q=0, br;q=0.000", ""),
    ("anything", "*", "br"),
    ("anything else", "br;q=0, *;q=0.5", "zstd"),
    ("plain bytes preferred", "gzip;q=0.5, identity", ""),
    ("plain bytes named, no others", "identity", ""),
    ("no plain bytes", "identity;q=0, gzip", "gzip"),
    ("no plain bytes, by the star", "gzip;q=0.1, *;q=0", "gzip"),
    ("nothing that we know", "deflate, compress", ""),
    ("a weight that is none", "gzip;q=7", ""),
    ("a list that is none", "gzip gzip; ;;q", ""),
    ("one bad element", "br;q=x, gzip", "gzip"),
]


@pytest.mark.parametrize(("stated", "coding"), [pytest.param(*row[1:], id=row[0]) for row in CODINGS])
def test_n129h_the_coding_that_is_chosen(stated: str | None, coding: str) -> None:
    answer = ask(headers={} if stated is None else {"accept-encoding": stated})
    assert (answer.status, header(answer, "Content-Encoding")) == (200, coding)
    assert header(answer, "Vary") == "Accept-Encoding"
    assert isinstance(answer.body, bytes)
    assert header(answer, "Content-Length") == str(len(answer.body))
    assert unpacked(answer.body, coding) == ATOM


def unpacked(body: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.decompress(body)
    if coding == "br":
        return bytes(brotli.decompress(body))
    return zstandard.ZstdDecompressor().decompress(body) if coding else body


@pytest.mark.parametrize("stated", ["identity;q=0", "*;q=0", "deflate, identity;q=0"])
def test_n129h_what_comes_in_no_coding_that_is_taken_is_refused(stated: str) -> None:
    answer = ask(accept_encoding=stated)
    assert (answer.status, header(answer, "Vary")) == (406, "Accept-Encoding")


def test_n129h_only_what_becomes_smaller_is_compressed() -> None:
    noise = os.urandom(4000)
    assert packed(noise) == ()
    assert {one.coding for one in packed(ATOM)} == {"gzip", "br", "zstd"}
    assert all(one.size == len(one.content or b"") < len(ATOM) for one in packed(ATOM))
    assert header(ask("/tiny/rss.xml", accept_encoding="gzip"), "Content-Encoding") == ""
    assert packed(ATOM) == packed(ATOM), "the same bytes each time, so the tag is strong"


def test_n129h_pictures_are_sent_as_they_are_whoever_asks() -> None:
    answer = ask("/favicon.ico", accept_encoding="gzip, identity;q=0")
    assert (answer.status, header(answer, "Content-Encoding"), header(answer, "Vary")) == (200, "", "")


# --- N129i: browsers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["/news/atom.xml", "/news/", "/style.css", "/none", "/news", "/favicon.ico"])
def test_n129i_no_type_is_guessed(target: str) -> None:
    assert header(ask(target), "X-Content-Type-Options") == "nosniff"


@pytest.mark.parametrize("path", ["news/atom.xml", "news/rss.xml", "news/feed.json", "news/archive/1/atom.xml"])
def test_n129i_readers_in_browsers_may_read_feeds(path: str) -> None:
    answer = ask(f"/{path}", origin="https://reader.example")
    assert header(answer, "Access-Control-Allow-Origin") == "*"
    assert "ETag" in header(answer, "Access-Control-Expose-Headers")
    assert header(ask("/news/"), "Access-Control-Allow-Origin") == "", "pages are for people"


def test_n129i_browsers_that_ask_first_may_send_conditions_and_credentials() -> None:
    asked = {"origin": "https://reader.example", "access_control_request_method": "GET"}
    answer = ask(method="OPTIONS", headers=asked)
    assert (answer.status, answer.body) == (204, None)
    assert header(answer, "Access-Control-Allow-Methods") == "GET, HEAD"
    allowed = header(answer, "Access-Control-Allow-Headers").lower().split(", ")
    assert {"if-none-match", "if-modified-since", "authorization"} <= set(allowed)
    assert not header(ask(method="OPTIONS"), "Access-Control-Allow-Methods")
    private = ruled(users=(("ann", "x"),))
    assert ask(method="OPTIONS", rules=private, headers=asked).status == 204, (
        "the question itself has no credentials"
    )


def policy(answer: Answer) -> dict[str, str]:
    rows = (row.partition(" ") for row in header(answer, "Content-Security-Policy").split("; "))
    return {name: value for name, _, value in rows}


def test_n129i_the_policy_of_pages_lets_nothing_run() -> None:
    words = policy(ask("/news/"))
    assert (words["default-src"], words["style-src"], words["form-action"]) == ("'none'", "'self'", "'none'")
    assert (words["frame-ancestors"], words["base-uri"]) == ("'none'", "'none'")
    assert "script-src" not in words
    assert "frame-src" not in words
    assert header(ask("/news/"), "Referrer-Policy") == "no-referrer"


def test_n129i_a_page_with_frames_may_show_them(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_bytes(b'<meta content="frame-src https:;">' + PAGE)
    words = policy(ask("/", site=looked_at(tmp_path, Site(), NAMES, 100_000)))
    assert (words["frame-src"], words["default-src"]) == ("https:", "'none'")


def test_n129i_feeds_that_a_browser_shows_run_nothing_either() -> None:
    assert policy(ask(rules=ruled(browser_types=True)))["default-src"] == "'none'"


# --- N129j: links -----------------------------------------------------------------------------------------


def links(answer: Answer) -> list[tuple[str, str]]:
    """Give (rel, path below the public folder) of each link."""
    found = []
    for link in filter(None, header(answer, "Link").split(", ")):
        address, _, rest = link.partition(">; rel=")
        found.append((rest.split('"')[1], address.removeprefix(f"<{ADDRESS}")))
    return found


@pytest.mark.parametrize(
    ("target", "stated"),
    [
        (
            "/news/rss.xml",
            [
                ("alternate", "news/atom.xml"),
                ("self", "news/rss.xml"),
                ("alternate", "news/feed.json"),
                ("alternate", "news/"),
            ],
        ),
        (
            "/news/",
            [
                ("self", "news/"),
                ("alternate", "news/atom.xml"),
                ("alternate", "news/rss.xml"),
                ("alternate", "news/feed.json"),
            ],
        ),
        ("/news/archive/1/atom.xml", [("self", "news/archive/1/atom.xml")]),
        ("/tiny/rss.xml", [("self", "tiny/rss.xml")]),
        ("/", []),
        ("/style.css", []),
    ],
)
def test_n129j_links_name_the_document_and_its_siblings(target: str, stated: list[tuple[str, str]]) -> None:
    assert links(ask(target)) == stated


def test_n129j_links_state_types_and_hubs() -> None:
    rules = Rules(address=ADDRESS, hubs=("https://hub.example/",))
    stated = header(ask("/news/rss.xml", rules=rules), "Link")
    assert f'<{ADDRESS}news/atom.xml>; rel="alternate"; type="application/atom+xml"' in stated
    assert stated.endswith('<https://hub.example/>; rel="hub"')


# --- N129k: renamed and ended feeds -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/old/atom.xml", "../news/atom.xml"),
        ("/old/", "../news/"),
        ("/old", "news/"),
        ("/old/archive/1/atom.xml", "../../../news/archive/1/atom.xml"),
        ("/old/port/atom.xml?x=1", "../../news/port/atom.xml"),
        ("/old/nothing.xml", ""),
        ("/old/../x", ""),
    ],
)
def test_n129k_a_renamed_feed_leads_to_its_new_name(target: str, location: str) -> None:
    answer = ask(target, rules=ruled(renamed=(("old", "news"),)))
    assert (answer.status, header(answer, "Location")) == ((301, location) if location else (404, ""))


@pytest.mark.parametrize("path", ["atom.xml", "feed.json", "archive/1/atom.xml", "", "index.html", "nothing.xml"])
def test_n129k_an_ended_feed_is_gone_for_good(path: str) -> None:
    rules = ruled(feeds=(ServedFeed(name="news", ended=True),), renamed=(("old", "news"),))
    assert ask(f"/news/{path}", rules=rules).status == 410
    assert ask("/", rules=rules).status == ask("/tiny/rss.xml", rules=rules).status == 200
    assert ask("/old/atom.xml", rules=rules).status == 301


# --- N129l: too fast clients ------------------------------------------------------------------------------


def test_n129l_who_asks_too_often_is_told_when_to_come_again() -> None:
    answer = respond(Request(method="GET", target="/news/atom.xml", wait=7), SITE, RULES, MOMENT)
    assert (answer.status, header(answer, "Retry-After")) == (429, "7")
    assert header(answer, "Content-Type").startswith("text/plain")
    assert header(answer, "Cache-Control") == "no-store"


def test_n129l_requests_are_counted_by_client_and_minute() -> None:
    meter = Meter(3)
    assert [meter.wait("a", 100.0) for _ in range(5)] == [0, 0, 0, 20, 20]
    assert meter.wait("b", 100.0) == 0, "another client"
    assert meter.wait("a", 119.0) == 1
    assert meter.wait("a", 120.0) == 0
    assert [meter.wait("a", 1000.0) for _ in range(4)] == [0, 0, 0, 20], "no more than a minute is saved up"
    assert meter.wait("a", 900.0) == 20, "a clock that goes back gives nothing away"


def test_n129l_no_number_of_clients_fills_the_memory() -> None:
    meter = Meter(1)
    for number in range(MOST_REMEMBERED + 100):
        meter.wait(str(number), 0.0)
    assert len(meter._left) == MOST_REMEMBERED


# --- N129n: queries and paths -----------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["?", "?utm_source=x", "?a=<script>", "?%0d%0aSet-Cookie:x", "#x", "?/../x"])
def test_n129n_a_query_is_ignored_and_never_repeated(query: str) -> None:
    assert ask(f"/news/atom.xml{query}") == ask("/news/atom.xml")
    assert ask(f"/news{query}") == ask("/news")
    assert ask(f"/none{query}") == ask("/none")


PATHS = [
    ("/news/atom.xml", 200),
    ("/news/%61tom.xml", 200),
    ("/news/atom%2Exml", 200),
    ("http://anywhere.example/news/atom.xml", 200),
    ("HTTPS://anywhere.example:8080/news/atom.xml?x", 200),
    ("http://anywhere.example", 200),
    ("/news", 301),
    ("/news/port", 404),
    ("/news/archive/1/", 404),
    ("/News/atom.xml", 404),
    ("/news/atom.xml/", 404),
    ("/news//atom.xml", 404),
    ("//news/atom.xml", 404),
    ("/news%2Fatom.xml", 404),
    ("/news/%2561tom.xml", 404),
    ("/../etc/passwd", 404),
    ("/news/../news/atom.xml", 404),
    ("/news/./atom.xml", 404),
    ("/%2e%2e/news/atom.xml", 404),
    ("/news/%2e%2e/news/atom.xml", 404),
    ("/news/%252e%252e/atom.xml", 404),
    ("/news/..%2f..%2fetc/passwd", 404),
    ("/news/..\\..\\etc\\passwd", 404),
    ("/news/%5c..%5catom.xml", 404),
    ("/news/atom.xml%00", 404),
    ("/news/%00/atom.xml", 404),
    ("/news/\0atom.xml", 404),
    ("/etc/passwd", 404),
    ("//etc/passwd", 404),
    ("file:///etc/passwd", 404),
    ("/.feedbraid/state.db", 404),
    ("/%2efeedbraid/state.db", 404),
    ("/.git/config", 404),
    ("/news/.atom.xml.feedbraid.tmp", 404),
    ("/news/%ff", 404),
    ("/news/%", 404),
    ("/news/%zz", 404),
    ("/news/atom.xml;x", 404),
    ("/news/\ud800", 404),
    ("*", 404),
    ("", 200),
    ("news/atom.xml", 404),
    ("?", 200),
]


@pytest.mark.parametrize(("target", "status"), PATHS)
def test_n129n_no_path_leads_anywhere_but_to_a_published_file(target: str, status: int) -> None:
    assert ask(target).status == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "", "BREW"])
def test_only_get_and_head_work(method: str) -> None:
    answer = ask(method=method)
    assert (answer.status, header(answer, "Allow")) == (405, "GET, HEAD, OPTIONS")


def test_options_tells_what_works() -> None:
    for target in ("*", "/news/atom.xml", "/none"):
        answer = ask(target, method="OPTIONS")
        assert (answer.status, header(answer, "Allow"), answer.body) == (204, "GET, HEAD, OPTIONS", None)


@pytest.mark.parametrize("headers", [{"content_length": "3"}, {"transfer_encoding": "chunked"}])
def test_a_body_is_refused_and_not_read(headers: dict[str, str]) -> None:
    assert [ask(method=method, headers=headers).status for method in ("GET", "POST")] == [413, 405]
    assert header(ask(headers=headers), "Connection") == "close"
    assert ask(content_length="0").status == 200


def test_ranges_are_not_made_and_that_is_said() -> None:
    answer = ask(range="bytes=0-3")
    assert (answer.status, answer.body, header(answer, "Accept-Ranges")) == (200, ATOM, "none")


# --- who may read -----------------------------------------------------------------------------------------

USERS = (("ann", "x"), ("bob", "y"))
FEEDS = (
    ServedFeed(name="news", users=("ann",)),
    ServedFeed(name="tiny", public=True),
    ServedFeed(name="quiet", secret=TOKEN),
)
PRIVATE = {
    **CONTENTS,
    "quiet/atom.xml": ATOM,
    "quiet/index.html": PAGE,
    "quiet/archive/1/rss.xml": ATOM,
}


@pytest.mark.parametrize(
    ("target", "public", "nobody", "bob", "ann"),
    [
        ("/news/atom.xml", False, 401, 403, 200),
        ("/news/atom.xml", True, 401, 403, 200),
        ("/news/port/atom.xml", True, 401, 403, 200),
        ("/old/atom.xml", True, 401, 403, 301),
        ("/tiny/rss.xml", False, 200, 200, 200),
        ("/", False, 401, 200, 200),
        ("/", True, 200, 200, 200),
        ("/none", False, 401, 404, 404),
        ("/..", False, 401, 404, 404),
        ("/none", True, 404, 404, 404),
        ("/quiet/atom.xml", False, 401, 404, 404),
        ("/quiet/atom.xml", True, 404, 404, 404),
        (f"/s/{TOKEN}/quiet/atom.xml", False, 200, 200, 200),
    ],
)
def test_who_may_read_what(target: str, public: bool, nobody: int, bob: int, ann: int) -> None:  # noqa: FBT001  # a column
    rules = ruled(users=USERS, public=public, feeds=FEEDS, renamed=(("old", "news"),))
    site = site_of(PRIVATE)
    given = [ask(target, site=site, rules=rules, user=user).status for user in ("", "bob", "ann")]
    assert given == [nobody, bob, ann]


def test_who_is_asked_for_a_password_is_told_how_and_nothing_is_kept() -> None:
    answer = ask(rules=ruled(users=USERS))
    assert header(answer, "WWW-Authenticate").startswith("Basic realm=")
    assert header(answer, "Cache-Control") == "no-store"


@pytest.mark.parametrize(
    ("rules", "target", "whose"),
    [
        (ruled(users=USERS), "/news/atom.xml", "private"),
        (ruled(users=USERS), "/news/archive/1/atom.xml", "private"),
        (ruled(users=USERS, public=True), "/news/atom.xml", "public"),
        (ruled(feeds=FEEDS), f"/s/{TOKEN}/quiet/atom.xml", "private"),
    ],
)
def test_caches_for_all_keep_nothing_that_is_not_for_all(rules: Rules, target: str, whose: str) -> None:
    answer = ask(target, site=site_of(PRIVATE), rules=rules, user="ann")
    assert answer.status == 200
    assert header(answer, "Cache-Control").partition(",")[0] == whose


SECRETS = [
    (f"/s/{TOKEN}/quiet/atom.xml", 200),
    (f"/s/{TOKEN}/quiet/", 200),
    (f"/s/{TOKEN}/quiet", 301),
    (f"/s/{TOKEN}/quiet/archive/1/rss.xml", 200),
    (f"/s/{TOKEN}/style.css", 200),
    (f"/s/{TOKEN}/", 404),
    (f"/s/{TOKEN}", 404),
    (f"/s/{TOKEN}/index.html", 404),
    (f"/s/{TOKEN}/news/atom.xml", 404),
    (f"/s/{TOKEN}/before/atom.xml", 301),
    (f"/s/{TOKEN}x/quiet/atom.xml", 404),
    (f"/s/{TOKEN[:-1]}/quiet/atom.xml", 404),
    (f"/s/{TOKEN.upper()}/quiet/atom.xml", 404),
    ("/s//quiet/atom.xml", 404),
    ("/s/%20/quiet/atom.xml", 404),
    ("/quiet/atom.xml", 404),
    ("/quiet/", 404),
    ("/quiet", 404),
    ("/before/atom.xml", 404),
]


@pytest.mark.parametrize(("target", "status"), SECRETS)
def test_a_feed_with_a_secret_is_found_by_that_alone(target: str, status: int) -> None:
    rules = ruled(feeds=FEEDS, renamed=(("before", "quiet"),))
    assert ask(target, site=site_of(PRIVATE), rules=rules).status == status


def test_a_feed_called_like_the_folder_of_secrets_is_a_feed() -> None:
    site = site_of({"s/atom.xml": ATOM, "s/archive/1/atom.xml": ATOM})
    assert ask("/s/atom.xml", site=site, rules=ruled(feeds=FEEDS)).status == 200
    assert ask("/s/archive/1/atom.xml", site=site, rules=ruled(feeds=FEEDS)).status == 200


def test_links_of_a_feed_with_a_secret_have_it_and_it_is_for_no_search_engine() -> None:
    answer = ask(f"/s/{TOKEN}/quiet/atom.xml", site=site_of(PRIVATE), rules=ruled(feeds=FEEDS))
    assert links(answer)[0] == ("self", f"s/{TOKEN}/quiet/atom.xml")
    assert header(answer, "X-Robots-Tag") == "noindex"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (f"/s/{TOKEN}/quiet/atom.xml?x", "/s/***/quiet/atom.xml"),
        (f"/s/{TOKEN}", "/s/***"),
        ("/news/atom.xml?key=1", "/news/atom.xml"),
    ],
)
def test_no_secret_stands_in_a_log(target: str, told: str) -> None:
    assert without_secret(target) == told


def test_no_secret_stands_in_what_is_printed_of_rules() -> None:
    assert TOKEN not in repr(ruled(feeds=FEEDS, users=(("ann", "hush"),)))
    assert "hush" not in repr(ruled(users=(("ann", "hush"),)))


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


CREDENTIALS = [
    (basic("ann", "x"), "ann"),
    (basic("bob", "a:b"), "bob"),
    (basic("eve", "密码"), "eve"),
    (basic("ann", "x").replace("Basic", "bASIC  "), "ann"),
    (basic("ann", "y"), ""),
    (basic("ann", ""), ""),
    (basic("zoe", "x"), ""),
    (basic("", ""), ""),
    ("Basic", ""),
    ("Basic !!!", ""),
    ("Basic YW5u", ""),
    ("Basic /////w==", ""),
    ("Bearer x", ""),
    (f"Basic {'A' * 5000}", ""),
    ("\udcff", ""),
]


@pytest.mark.parametrize(("stated", "user"), CREDENTIALS)
def test_users_prove_who_they_are(stated: str, user: str) -> None:
    keeper = Keeper((("ann", "x"), ("bob", "a:b"), ("eve", "密码")))
    assert keeper.at_once(stated) == user


def test_hashes_of_passwords_are_checked_once_and_then_remembered() -> None:
    keeper = Keeper((("ann", hashed("x")), ("bob", "y")))
    good, bad = basic("ann", "x"), basic("ann", "y")
    assert keeper.at_once(good) is None
    assert (keeper.slowly(good), keeper.slowly(bad), keeper.slowly(basic("bob", "y"))) == ("ann", "", "bob")
    assert (keeper.at_once(good), keeper.at_once(bad), keeper.at_once(basic("bob", "y"))) == ("ann", "", "bob")
    assert keeper.slowly(basic("zoe", "x")) == ""


def test_a_hash_fits_its_password_alone_and_no_two_are_the_same() -> None:
    assert is_password("pass", hashed("pass"))
    assert not is_password("Pass", hashed("pass"))
    assert hashed("pass") != hashed("pass")
    assert not is_password("", "")


FORWARDED = [
    ("nobody is trusted", (), "9.9.9.9", "1.2.3.4", "9.9.9.9"),
    ("a proxy speaks for its client", ("9.9.9.9/32",), "9.9.9.9", "1.2.3.4", "1.2.3.4"),
    ("another one does not", ("9.9.9.9/32",), "9.9.9.8", "1.2.3.4", "9.9.9.8"),
    ("what the client itself wrote does not count", ("9.9.9.9/32",), "9.9.9.9", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
    ("two proxies", ("9.9.9.0/24",), "9.9.9.9", "6.6.6.6, 1.2.3.4, 9.9.9.8", "1.2.3.4"),
    ("proxies alone", ("9.9.9.0/24",), "9.9.9.9", "9.9.9.7, 9.9.9.8", "9.9.9.7"),
    ("ports and brackets", ("9.9.9.9/32",), "9.9.9.9", "[2001:db8::1]:443", "2001:db8::1"),
    ("a port", ("9.9.9.9/32",), "9.9.9.9", "1.2.3.4:443", "1.2.3.4"),
    ("no address", ("9.9.9.9/32",), "9.9.9.9", "unknown", "9.9.9.9"),
    ("nothing", ("9.9.9.9/32",), "9.9.9.9", "", "9.9.9.9"),
    ("a socket", ("unix",), "unix", "1.2.3.4", "1.2.3.4"),
    ("a socket that is not trusted", (), "unix", "1.2.3.4", "unix"),
    ("IPv6 that is IPv4", ("9.9.9.9/32",), "::ffff:9.9.9.9", "1.2.3.4", "1.2.3.4"),
    ("a very long list", ("9.9.9.9/32",), "9.9.9.9", "1.2.3.4, " * 1000, "9.9.9.9"),
]


@pytest.mark.parametrize(
    ("trusted", "peer", "named", "client"), [pytest.param(*row[1:], id=row[0]) for row in FORWARDED]
)
def test_proxies_are_believed_only_when_they_are_trusted(
    trusted: tuple[str, ...], peer: str, named: str, client: str
) -> None:
    assert Proxies(trusted).client(peer, {"x-forwarded-for": named}) == client


def test_one_household_is_one_client() -> None:
    assert household("2001:db8::1") == household("2001:db8::ffff") != household("2001:db8:0:1::1")
    assert household("1.2.3.4") != household("1.2.3.5")
    assert household("unix") == "unix"


# --- respond is total -------------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        "/",
        "news",
        "atom.xml",
        "index.html",
        "..",
        ".",
        "%2e",
        "%2f",
        "%00",
        "\\",
        "s",
        TOKEN,
        "quiet",
        "old",
        "?",
        "#",
    ]
)
TARGETS = st.text() | st.lists(_PIECES, max_size=8).map("".join) | st.lists(_PIECES).map("/".join)
FIELDS = [
    *("if-none-match", "if-match", "if-modified-since", "if-unmodified-since", "accept-encoding", "range"),
    *("content-length", "transfer-encoding", "origin", "access-control-request-method", "authorization"),
]
HEADERS = st.dictionaries(
    st.sampled_from(FIELDS),
    st.text(max_size=40) | st.sampled_from(["*", TAG, EXACT, "gzip;q=0, *;q=0", "identity;q=0", "0", "br"]),
)
REQUESTS = st.builds(
    Request,
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", ""]) | st.text(max_size=8),
    target=TARGETS,
    headers=HEADERS,
    user=st.sampled_from(["", "ann", "bob"]),
    wait=st.sampled_from([0, 0, 0, 5]),
)
ALL_RULES = [
    RULES,
    ruled(users=USERS, feeds=FEEDS, renamed=(("old", "news"),)),
    ruled(users=USERS, public=True, browser_types=True, feeds=(ServedFeed(name="news", ended=True),)),
    ruled(feeds=(*FEEDS, ServedFeed(name="news", secret=TOKEN)), renamed=(("old", "quiet"),)),
]
STATUSES = {200, 204, 301, 304, 401, 403, 404, 405, 406, 410, 412, 413, 429}
PRIVATE_SITE = site_of(PRIVATE)


@given(REQUESTS, st.sampled_from(ALL_RULES))
def test_n129_whatever_is_asked_there_is_an_answer_that_can_be_sent(request: Request, rules: Rules) -> None:
    answer = respond(request, PRIVATE_SITE, rules, MOMENT)
    assert answer.status in STATUSES
    assert answer == respond(request, PRIVATE_SITE, rules, MOMENT)
    for name, value in answer.headers:
        assert set(name) <= set(string.ascii_letters + "-")
        assert value.isascii()
        assert value.isprintable(), "no line ends in it"
    body = answer.body
    assert body is None or header(answer, "Content-Length") == str(len(cast("bytes", body)))
    assert body is not None or answer.status in (204, 304) or request.method == "HEAD"


@given(st.text(min_size=6, alphabet=string.ascii_letters), TARGETS, st.sampled_from(["?", "?x=", "/", "%20"]))
def test_n129n_nothing_of_a_request_is_repeated(marker: str, target: str, glue: str) -> None:
    word = f"Zq{marker}"
    headers = dict.fromkeys(("host", "x-forwarded-host", "origin", "accept-encoding", "cookie"), word)
    answer = respond(Request(method="GET", target=f"{target}{glue}{word}", headers=headers), SITE, RULES, MOMENT)
    assert word not in str(answer.headers)
    assert word.encode() not in cast("bytes", answer.body or b"")


# --- plain requests ---------------------------------------------------------------------------------------

_LINES = st.sampled_from(
    [
        *(
            "Host: a",
            "host:b",
            "Accept: */*",
            "Accept-Encoding: gzip, br",
            'If-None-Match: "a"',
            "If-None-Match:W/b",
        ),
        *("Connection: keep-alive", "Connection: close", "Content-Length: 5", "Content-Length: 0", "Expect: x"),
        *("Transfer-Encoding: chunked", "Upgrade: h2c", " folded", "\tfolded", "No colon", "Space : x", ": x", ""),
        *("X: \x00", "X: \x7f", "X: a\tb ", "X:", "X: \xe9", "X: a\nb", "X: a\rb", "Host : c"),
    ]
)
_STARTS = st.sampled_from(
    [
        *("GET /a HTTP/1.1", "HEAD /a?b HTTP/1.1", "GET / HTTP/1.0", "POST / HTTP/1.1", "GET  / HTTP/1.1"),
        *("GET /\xe9 HTTP/1.1", "GET http://a/ HTTP/1.1", "GET * HTTP/1.1", "get / HTTP/1.1", "GET /a b HTTP/1.1"),
    ]
)
_ENDS = st.sampled_from(["\r\n\r\n", "\n\n", "\r\n", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", "\r\n\r\nx", ""])


def as_h11_reads(block: bytes) -> tuple[str, str, dict[str, str]] | None:
    """Give method, target and headers of a block that is a whole request without a body."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(block)
    try:
        request, end = connection.next_event(), connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if (
        not isinstance(request, h11.Request)
        or not isinstance(end, h11.EndOfMessage)
        or connection.trailing_data[0]
    ):
        return None
    headers: dict[str, str] = {}
    for raw, value in request.headers:
        name = raw.decode()
        text = value.decode("latin-1")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return request.method.decode(), request.target.decode(), headers


_GOOD = st.sampled_from(
    ["Host: a", "Accept: */*", "X: a\tb ", "Accept: b", "Connection: Keep-Alive", "TE: trailers"]
)


@given(
    st.just("GET /a HTTP/1.1") | _STARTS,
    st.lists(_GOOD, max_size=3) | st.lists(_GOOD | _LINES, max_size=5),
    st.just("\r\n\r\n") | _ENDS,
)
def test_what_goes_the_short_way_is_read_as_h11_reads_it(start: str, lines: list[str], end: str) -> None:
    block = ("\r\n".join([start, *lines]) + end).encode("latin-1")
    asked = plain_request(block, "peer")
    if asked is not None:
        assert (asked.method, asked.target, dict(asked.headers)) == as_h11_reads(block)


@given(st.binary(max_size=200))
def test_no_bytes_disturb_the_short_way(block: bytes) -> None:
    plain_request(block, "peer")
    plain_request(b"GET / HTTP/1.1\r\nHost: a\r\n" + block, "peer")


def test_a_usual_request_of_a_reader_goes_the_short_way() -> None:
    block = b'GET /news/atom.xml HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nIf-None-Match: "a"\r\n\r\n'
    asked = plain_request(block, "peer")
    assert asked is not None
    assert asked.headers == {"host": "a", "accept-encoding": "gzip", "if-none-match": '"a"'}


# --- the shelf --------------------------------------------------------------------------------------------


def folder_of(path: Path, contents: Mapping[str, bytes] = CONTENTS) -> Path:
    for name, content in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def looked(folder: Path, before: Site | None = None, room: int = 1_000_000) -> Site:
    return looked_at(folder, before or Site(), NAMES, room)


def test_published_files_are_on_the_shelf_and_nothing_else_is(tmp_path: Path) -> None:
    feeds = folder_of(tmp_path / "feeds")
    for name in (
        *(
            ".htpasswd",
            ".feedbraid/state.db",
            "news/.atom.xml.feedbraid.tmp",
            "state.db",
            "config.yaml",
            "notes.md",
        ),
        *(
            "news/atom.xml.bak",
            "news/data.json",
            "news/other.xml",
            "news/x.svg",
            ".well-known/atom.xml",
            "a.html~",
        ),
    ):
        folder_of(feeds, {name: b"hush"})
    deep = "/".join(["x"] * (DEEPEST + 2)) + "/atom.xml"
    os.mkfifo(feeds / "news" / "x.html")
    (feeds / "dir.html").mkdir()
    assert set(looked(folder_of(feeds, {deep: ATOM})).files) == set(CONTENTS)


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    feeds = folder_of(tmp_path / "feeds", {"news/atom.xml": ATOM, ".hidden/rss.xml": ATOM})
    outside = folder_of(tmp_path / "outside", {"rss.xml": b"hush", "atom.xml": b"hush"})
    beside = folder_of(tmp_path / "feeds-old", {"rss.xml": b"hush"})
    (feeds / "inside.html").symlink_to("news/atom.xml")
    (feeds / "out.html").symlink_to(outside / "rss.xml")
    (feeds / "up.html").symlink_to("../outside/rss.xml")
    (feeds / "beside.html").symlink_to(beside / "rss.xml")
    (feeds / "hidden.html").symlink_to(".hidden/rss.xml")
    (feeds / "folder").symlink_to(outside)
    (feeds / "ring.html").symlink_to("ring.html")
    (feeds / "again").symlink_to(".")
    (feeds / "gone.html").symlink_to("gone")
    assert set(looked(feeds).files) == {"news/atom.xml", "inside.html"}
    (tmp_path / "current").symlink_to(feeds)
    assert set(looked(tmp_path / "current").files) == {"news/atom.xml", "inside.html"}


def test_only_what_changed_is_read_again(tmp_path: Path) -> None:
    first = looked(folder_of(tmp_path))
    assert looked(tmp_path, first) is first
    (tmp_path / "new").write_bytes(b"<rss>new</rss>")
    (tmp_path / "new").replace(tmp_path / "news" / "rss.xml")
    (tmp_path / "tiny" / "rss.xml").unlink()
    second = looked(tmp_path, first)
    assert second.files["news/rss.xml"].plain.content == b"<rss>new</rss>"
    assert "tiny/rss.xml" not in second.files
    others = set(second.files) - {"news/rss.xml"}
    assert all(second.files[path] is first.files[path] for path in others)


def test_a_file_that_is_changed_in_its_place_is_read_again(tmp_path: Path) -> None:
    first = looked(folder_of(tmp_path, {"rss.xml": b"<rss>1</rss>"}))
    state = (tmp_path / "rss.xml").stat()
    (tmp_path / "rss.xml").write_bytes(b"<rss>2</rss>")
    os.utime(tmp_path / "rss.xml", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert looked(tmp_path, first).files["rss.xml"].plain.content == b"<rss>2</rss>"


def test_what_is_beyond_the_memory_stays_on_disk_and_archives_go_first(tmp_path: Path) -> None:
    room = sum(len(content) for path, content in CONTENTS.items() if "/archive/" not in path)
    site = looked(folder_of(tmp_path), room=room)
    assert [path for path, file in site.files.items() if file.plain.content is None] == ["news/archive/1/atom.xml"]
    answer = ask("/news/archive/1/atom.xml", site=site)
    assert isinstance(answer.body, OnDisk)
    assert header(answer, "Content-Length") == str(len(CONTENTS["news/archive/1/atom.xml"]))
    assert header(answer, "ETag") == header(ask("/news/archive/1/atom.xml", site=looked(tmp_path)), "ETag")
    full = looked(tmp_path)
    assert (
        looked(folder_of(tmp_path, {"new/atom.xml": ATOM}), full, room=0).files["index.html"].plain.content is None
    )


def test_n129h_files_are_compressed_once_and_within_bounds(tmp_path: Path) -> None:
    shelf = Shelf(folder_of(tmp_path), 100_000)
    shelf.look()
    while shelf.pack(2000):
        pass
    site = shelf.site
    assert {one.coding for one in site.files["news/atom.xml"].packed} == {"gzip", "br", "zstd"}
    shelf.look()
    assert shelf.site is site
    none = Shelf(tmp_path, 0)
    none.look()
    assert not none.pack(1_000_000), "there is no room"
    assert none.site.files["news/atom.xml"].plain.content is None


def test_n129m_while_the_folder_is_not_there_the_last_good_files_stay(tmp_path: Path) -> None:
    shelf = Shelf(folder_of(tmp_path / "feeds"), 1_000_000)
    shelf.look()
    (tmp_path / "feeds").rename(tmp_path / "away")
    with pytest.raises(PublishError, match="No such file"):
        shelf.look()
    assert set(shelf.site.files) == set(CONTENTS)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable for the administrator")
def test_n129m_a_file_that_can_not_be_read_stays_as_it_was(tmp_path: Path) -> None:
    first = looked(folder_of(tmp_path))
    (tmp_path / "news" / "rss.xml").chmod(0)
    (tmp_path / "tiny").chmod(0)
    second = looked(tmp_path, first)
    assert set(second.files) == set(first.files)
    assert [trouble.partition(":")[0] for trouble in second.troubles] == ["tiny/", "news/rss.xml"]
    (tmp_path / "tiny").chmod(0o755)
    (tmp_path / "news" / "rss.xml").chmod(0o644)
    assert looked(tmp_path, second).troubles == ()
