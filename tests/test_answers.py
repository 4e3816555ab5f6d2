from __future__ import annotations

import gzip
import zlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import answers
from feedbraid.answers import Unpacker, Unusable
from feedbraid.model import Validators

NOON = (b"Date", b"Sun, 22 Nov 2026 12:00:00 GMT")
GZIP = [(b"Content-Encoding", b"gzip")]


# --- validators -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "etag",
    [
        pytest.param(b'"abc"', id="quoted"),
        pytest.param(b'W/"abc"', id="weak"),
        pytest.param(b"abc", id="without quotes"),
        pytest.param(b'"abc--gzip"', id="with a suffix of a server"),
        pytest.param(b'"\xe9\xff"', id="beyond ASCII"),
        pytest.param(b'"' + b"a" * 1022 + b'"', id="of 1 kB"),
    ],
)
def test_p2_an_etag_comes_and_goes_byte_for_byte(etag: bytes) -> None:
    known = answers.validators("http://a/", [(b"eTag", etag)])
    assert known == Validators(url="http://a/", etag=etag)
    assert answers.conditions(known) == [(b"If-None-Match", etag)]


@pytest.mark.parametrize("etag", [b"", b"  ", b'"' + b"a" * 1023 + b'"'])
def test_an_etag_that_is_empty_or_beyond_1_kb_is_neither_kept_nor_sent(etag: bytes) -> None:
    assert answers.validators("http://a/", [(b"ETag", etag)]).etag == b""
    assert answers.conditions(Validators(url="http://a/", etag=etag)) == []


def test_p4_both_validators_are_sent_and_a_200_replaces_both() -> None:
    both = Validators(url="http://a/", etag=b'"1"', last_modified=b"Sun, 22 Nov 2026 12:00:00 GMT")
    assert [name for name, _ in answers.conditions(both)] == [b"If-None-Match", b"If-Modified-Since"]
    assert answers.validators("http://a/", [(b"Last-Modified", b"today")]) == Validators(
        url="http://a/", last_modified=b"today"
    )


def test_p7_a_304_renews_what_it_brings_and_keeps_the_rest() -> None:
    before = Validators(url="http://a/", etag=b'"1"', last_modified=b"then")
    assert answers.validators("http://a/", [(b"ETag", b'"2"')], before) == Validators(
        url="http://a/", etag=b'"2"', last_modified=b"then"
    )
    assert answers.validators("http://a/", [], before) == before


# --- freshness --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param([], None, id="nothing said"),
        pytest.param([(b"Cache-Control", b"max-age=600")], 600, id="max-age"),
        pytest.param([(b"cache-control", b"public, MAX-AGE=600")], 600, id="any case, among others"),
        pytest.param([(b"Cache-Control", b'max-age="600"')], 600, id="quoted"),
        pytest.param(
            [(b"Cache-Control", b"public"), (b"Cache-Control", b"max-age=600")], 600, id="on a second line"
        ),
        pytest.param([(b"Cache-Control", b"max-age=600, max-age=9")], 600, id="stated twice: the first"),
        pytest.param([(b"Cache-Control", b"s-maxage=600")], None, id="s-maxage is for shared caches"),
        pytest.param([(b"Cache-Control", b"x-max-age=600")], None, id="another directive that ends alike"),
        pytest.param([(b"Cache-Control", b'ext="a, max-age=5"')], None, id="inside quotes"),
        pytest.param([(b"Cache-Control", b"max-age=600"), (b"Age", b"200")], 400, id="minus Age"),
        pytest.param([(b"Cache-Control", b"max-age=600"), (b"Age", b"900")], 0, id="older than max-age"),
        pytest.param([(b"Cache-Control", b"max-age=600"), (b"Age", b"old")], 600, id="an Age that is no number"),
        pytest.param([(b"Cache-Control", b"no-cache, max-age=600")], None, id="no-cache wins"),
        pytest.param([(b"Cache-Control", b"max-age=600, No-Store")], None, id="no-store wins"),
        pytest.param([(b"Cache-Control", b"max-age=31536000")], 7 * 86400, id="a year is capped at 7 days"),
        pytest.param([(b"Cache-Control", b"max-age=" + b"9" * 5000)], 7 * 86400, id="digits without end"),
        pytest.param([(b"Cache-Control", b"max-age=-1")], None, id="negative"),
        pytest.param([(b"Cache-Control", b"max-age=soon")], None, id="no number"),
        pytest.param([NOON, (b"Expires", b"Sun, 22 Nov 2026 12:10:00 GMT")], 600, id="Expires after Date"),
        pytest.param([NOON, (b"Expires", b"Sun, 22 Nov 2026 11:00:00 GMT")], 0, id="Expires before Date"),
        pytest.param([(b"Expires", b"Sun, 22 Nov 2026 12:10:00 GMT")], None, id="Expires without Date"),
        pytest.param([NOON, (b"Expires", b"0")], None, id="Expires that is no date"),
        pytest.param(
            [NOON, (b"Expires", b"Sun, 22 Nov 2026 12:10:00 GMT"), (b"Cache-Control", b"max-age=60")],
            60,
            id="max-age before Expires",
        ),
    ],
)
def test_p10_max_age(headers: list[tuple[bytes, bytes]], seconds: int | None) -> None:
    assert answers.max_age(headers) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        pytest.param(b"120", 120, id="seconds"),
        pytest.param(b" 120 ", 120, id="seconds with space"),
        pytest.param(b"0", 0, id="zero"),
        pytest.param(b"99999999", 31 * 86400, id="years are capped at 31 days"),
        pytest.param(b"9" * 5000, 31 * 86400, id="digits without end"),
        pytest.param(b"Sun, 22 Nov 2026 13:00:00 GMT", 3600, id="date"),
        pytest.param(b"Sunday, 22-Nov-26 13:00:00 GMT", 3600, id="date of RFC 850"),
        pytest.param(b"Sun Nov 22 13:00:00 2026", 3600, id="date of asctime"),
        pytest.param(b"Sun, 22 Nov 2026 11:00:00 GMT", 0, id="date that is over"),
        pytest.param(b"", None, id="empty"),
        pytest.param(b"-5", None, id="negative"),
        pytest.param(b"1.5", None, id="fraction"),
        pytest.param("²".encode("latin-1"), None, id="a digit that is no number"),
        pytest.param(b"later", None, id="word"),
        pytest.param(b"Sun, 99 Nov 2026 13:00:00 GMT", None, id="no such day"),
    ],
)
def test_p8_retry_after(value: bytes, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert answers.retry_after([NOON, (b"Retry-After", value)]) == expected


def test_a_date_in_retry_after_means_nothing_without_the_servers_date() -> None:
    assert answers.retry_after([(b"Retry-After", b"Sun, 22 Nov 2026 13:00:00 GMT")]) is None


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
def test_reading_headers_is_total(value: bytes, other: bytes, third: bytes) -> None:
    headers = [
        (b"Date", third),
        (b"Retry-After", value),
        (b"Cache-Control", other),
        (b"Expires", value),
        (b"Age", third),
    ]
    for found, cap in (
        (answers.retry_after(headers), answers.RETRY_AFTER_CAP),
        (answers.max_age(headers), answers.MAX_AGE_CAP),
    ):
        assert found is None or timedelta() <= found <= cap


# --- redirects and words ----------------------------------------------------------------------------------


def test_a_location_is_read_as_utf_8_or_else_as_latin_1() -> None:
    assert answers.location([(b"Location", "/é".encode())]) == "/é"
    assert answers.location([(b"Location", "/é".encode("latin-1"))]) == "/é"


@pytest.mark.parametrize("headers", [[], [(b"Location", b"")]])
def test_a_redirect_without_location_is_unusable(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(Unusable, match="without a Location"):
        answers.location(headers)


@pytest.mark.parametrize(
    ("status", "kind", "body", "words"),
    [
        pytest.param(404, b"", b"", "HTTP 404 Not Found", id="no body"),
        pytest.param(410, b"text/plain", b"gone\nfor good", "HTTP 410 Gone: gone for good", id="one line"),
        pytest.param(
            503, b"text/plain", b"a\x1b[31mb\x07", "HTTP 503 Service Unavailable: a [31mb", id="escape codes"
        ),
        pytest.param(
            500, b"text/plain", "a\u202eb\u009bc".encode(), "HTTP 500 Internal Server Error: a b c", id="bidi"
        ),
        pytest.param(599, b"", b"", "HTTP 599", id="a status without a name"),
        pytest.param(403, b"image/png", b"\x89PNG", "HTTP 403 Forbidden", id="an image"),
        pytest.param(403, b"text/plain", b"a\0b", "HTTP 403 Forbidden", id="bytes that are no text"),
        pytest.param(
            403,
            b"text/html; charset=utf-8",
            b"<!doctype html><title>Just a moment...</title><style>b{}</style><p>Checking",
            "HTTP 403 Forbidden: Just a moment... Checking",
            id="a page of HTML",
        ),
        pytest.param(
            429,
            b"application/json",
            b'{"error": "slow down"}',
            'HTTP 429 Too Many Requests: {"error": "slow down"}',
            id="JSON",
        ),
        pytest.param(
            400, b"text/plain", b"x" * 500, "HTTP 400 Bad Request: " + "x" * 119 + "…", id="120 characters"
        ),
    ],
)
def test_p20_a_status_is_told_with_the_words_of_its_body(
    status: int, kind: bytes, body: bytes, words: str
) -> None:
    assert answers.status_in_words(status, [(b"Content-Type", kind)], body) == words


@given(st.integers(100, 999), st.binary(max_size=300))
def test_a_status_is_told_on_one_printable_line(status: int, body: bytes) -> None:
    words = answers.status_in_words(status, [(b"Content-Type", b"text/html")], body)
    assert words.isprintable()
    assert len(words) < 200


# --- unpacking --------------------------------------------------------------------------------------------


def unpack(data: bytes, headers: list[tuple[bytes, bytes]], *, limit: int = 10_000, step: int = 7) -> bytes:
    unpacker = Unpacker(headers, limit)
    for start in range(0, len(data), step):
        unpacker.add(data[start : start + step])
    return unpacker.finish()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("step", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("coding", "packed", "content"),
    [
        pytest.param([], b"<rss/>", b"<rss/>", id="plain"),
        pytest.param([b"identity"], b"<rss/>", b"<rss/>", id="identity"),
        pytest.param([b""], b"<rss/>", b"<rss/>", id="an empty header"),
        pytest.param([b"gzip"], gzip.compress(b"<rss/>"), b"<rss/>", id="gzip"),
        pytest.param([b"X-GZip"], gzip.compress(b"<rss/>"), b"<rss/>", id="x-gzip, any case"),
        pytest.param([b"identity", b"gzip"], gzip.compress(b"<rss/>"), b"<rss/>", id="identity and gzip"),
        pytest.param([b"gzip"], gzip.compress(b"<rs") + gzip.compress(b"s/>"), b"<rss/>", id="two members"),
        pytest.param([b"gzip"], gzip.compress(b"<rss/>") + b"\0" * 50, b"<rss/>", id="padding after the end"),
        pytest.param([b"gzip"], gzip.compress(b"<rss/>") + b"junk", b"<rss/>", id="junk after the end"),
        pytest.param([b"gzip"], b"", b"", id="nothing at all"),
        pytest.param([b"deflate"], zlib.compress(b"<rss/>"), b"<rss/>", id="deflate"),
        pytest.param([b"deflate"], raw_deflate(b"<rss/>"), b"<rss/>", id="deflate without the zlib header"),
        pytest.param([b"deflate"], zlib.compress(b"<rss/>") + b"x", b"<rss/>", id="deflate with junk after it"),
    ],
)
def test_a_body_is_unpacked(coding: list[bytes], packed: bytes, content: bytes, step: int) -> None:
    assert unpack(packed, [(b"Content-Encoding", value) for value in coding], step=step) == content


@pytest.mark.parametrize("step", [1, 100_000])
@pytest.mark.parametrize(
    ("coding", "packed", "reason"),
    [
        pytest.param(b"gzip", gzip.compress(b"<rss/>")[:-1], "gzip data ends too early", id="cut in the checksum"),
        pytest.param(
            b"gzip", gzip.compress(b"<rss/>" * 99)[:20], "gzip data ends too early", id="cut in the middle"
        ),
        pytest.param(b"gzip", gzip.compress(b"<rss/>") + b"\x1f\x8b", "ends too early", id="cut second member"),
        pytest.param(b"gzip", b"<rss/>", "gzip data is damaged", id="not packed at all"),
        pytest.param(b"gzip", gzip.compress(b"a")[:-8] + bytes(8), "gzip data is damaged", id="wrong checksum"),
        pytest.param(b"deflate", zlib.compress(b"<rss/>")[:-1], "deflate data ends too early", id="cut deflate"),
    ],
)
def test_robustness_4_2_a_cut_or_damaged_stream_is_unusable(
    coding: bytes, packed: bytes, reason: str, step: int
) -> None:
    with pytest.raises(Unusable, match=reason):
        unpack(packed, [(b"Content-Encoding", coding)], step=step)


@pytest.mark.parametrize("coding", [b"br", b"zstd", b"gzip, gzip", b"gzip, br", b"\x1b[2J\xff"])
def test_a_coding_that_was_not_asked_for_is_unusable(coding: bytes) -> None:
    with pytest.raises(Unusable, match="not asked for") as caught:
        Unpacker([(b"Content-Encoding", coding)], 10)
    assert str(caught.value).isprintable()


def test_robustness_0_3_a_bomb_is_never_unpacked_beyond_the_limit() -> None:
    unpacker = Unpacker(GZIP, 10_000)
    with pytest.raises(Unusable, match="larger than 10,000 bytes"):
        unpacker.add(gzip.compress(bytes(50_000_000)))
    assert len(unpacker.content) == 10_001


@pytest.mark.parametrize("coding", [b"gzip", b""])
def test_a_body_of_just_the_limit_is_taken_and_one_more_byte_is_not(coding: bytes) -> None:
    headers = [(b"Content-Encoding", coding)]
    fits, too_large = bytes(10_000), bytes(10_001)
    pack = gzip.compress if coding else bytes
    assert unpack(pack(fits), headers) == fits
    with pytest.raises(Unusable, match="larger than"):
        unpack(pack(too_large), headers)


def test_the_bytes_on_the_wire_count_too() -> None:
    with pytest.raises(Unusable, match="larger than 100 bytes"):
        unpack(gzip.compress(b"") * 50, GZIP, limit=100)


def test_members_without_content_have_a_limit() -> None:
    with pytest.raises(Unusable, match="more than 1000 members"):
        unpack(gzip.compress(b"") * 1001, GZIP, limit=10**6, step=64_000)


@pytest.mark.parametrize("length", [b"11", b"9" * 5000])
def test_an_announced_length_beyond_the_limit_is_refused_before_reading(length: bytes) -> None:
    with pytest.raises(Unusable, match="the limit is 10"):
        Unpacker([], 10).expect(length)


@pytest.mark.parametrize("length", [b"10", b"", b"?", b"-1"])
def test_an_announced_length_within_the_limit_or_without_sense_is_let_through(length: bytes) -> None:
    Unpacker([], 10).expect(length)


@given(st.lists(st.binary(max_size=50), max_size=10), st.sampled_from([b"gzip", b"deflate", b""]))
def test_unpacking_gives_bytes_or_is_unusable(blocks: list[bytes], coding: bytes) -> None:
    unpacker = Unpacker([(b"Content-Encoding", coding)], 100)
    try:
        for block in blocks:
            unpacker.add(block)
        content = unpacker.finish()
    except Unusable:
        return
    assert len(content) <= 100


@given(st.binary(max_size=3000), st.integers(1, 500))
def test_what_was_packed_comes_back_in_blocks_of_any_size(data: bytes, step: int) -> None:
    assert unpack(gzip.compress(data), GZIP, step=step) == data
