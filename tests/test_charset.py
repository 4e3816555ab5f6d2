"""Character sets: a table of bytes in, text out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.charset import CODECS, decode

CHINESE = "今天的天气很好，我们去公园散步。"
TAIWAN = "今天的天氣很好，我們去公園散步。"
JAPANESE = "今日は天気がいいので、公園へ散歩に行きます。"
KOREAN = "오늘은 날씨가 좋아서 공원에 갑니다."
RUSSIAN = "Сегодня хорошая погода, идём в парк."
FRENCH = "Été à la plage — l’œuvre naïve “où” 5 €"


def document(text: str, label: str = "") -> str:
    declaration = f'<?xml version="1.0" encoding="{label}"?>' if label else '<?xml version="1.0"?>'
    return f"{declaration}<rss><title>{text}</title></rss>"


def title_of(data: bytes, content_type: str = "") -> str:
    read = decode(data, content_type)
    assert read is not None
    return read.text.partition("<title>")[2].partition("</title>")[0]


@pytest.mark.parametrize(
    ("text", "label", "codec", "content_type"),
    [
        pytest.param(CHINESE, "utf-8", "utf-8-sig", "", id="B42 a UTF-8 byte order mark is not part of the text"),
        pytest.param(CHINESE, "utf-16", "utf-16", "", id="B43 UTF-16 with a mark"),
        pytest.param(CHINESE, "utf-16", "utf-16-be", "", id="B44 UTF-16 big end without a mark"),
        pytest.param(CHINESE, "utf-16", "utf-16-le", "", id="UTF-16 little end without a mark"),
        pytest.param(CHINESE, "utf-32", "utf-32", "", id="B45 UTF-32 with a mark"),
        pytest.param(CHINESE, "utf-32", "utf-32-be", "", id="UTF-32 big end without a mark"),
        pytest.param(CHINESE, "utf-32", "utf-32-le", "", id="UTF-32 little end without a mark"),
        pytest.param(CHINESE + "𠮷", "gb18030", "gb18030", "", id="B46 GB18030 with a character of four bytes"),
        pytest.param("镕基 喆 " + CHINESE, "gb2312", "gbk", "", id="B47 declared gb2312 but GBK"),
        pytest.param(TAIWAN, "big5", "big5", "", id="B48 Big5"),
        pytest.param("嘅咗 " + TAIWAN, "big5", "big5hkscs", "", id="B49 declared big5 with Hong Kong characters"),
        pytest.param(JAPANESE, "shift_jis", "shift_jis", "", id="B50 Shift_JIS"),
        pytest.param(
            "①髙﨑 " + JAPANESE, "shift_jis", "cp932", "", id="B51 declared shift_jis, Windows characters"
        ),
        pytest.param(KOREAN, "euc-kr", "euc-kr", "", id="B52 EUC-KR"),
        pytest.param(RUSSIAN, "koi8-r", "koi8-r", "", id="B53 KOI8-R"),
        pytest.param(FRENCH, "iso-8859-1", "cp1252", "", id="B54 declared iso-8859-1, Windows quotes and euro"),
        pytest.param(FRENCH, "utf-8", "cp1252", "", id="B55 declared utf-8 but windows-1252"),
        pytest.param(CHINESE, "iso-8859-1", "utf-8", "", id="B56 declared iso-8859-1 but UTF-8"),
        pytest.param(CHINESE, "gb2312", "utf-8", "", id="B57 declared gb2312 but UTF-8"),
        pytest.param(CHINESE, "utf-8", "utf-8", "text/xml; charset=iso-8859-1", id="B58 the header is wrong"),
        pytest.param(CHINESE, "utf-8", "utf-8", "text/xml", id="B59 text/xml without charset is not US-ASCII"),
        pytest.param(CHINESE, "", "gb18030", 'text/xml; charset="GB2312"', id="B60 only the header names the set"),
        pytest.param(CHINESE, "", "gbk", "", id="B61 GBK without a hint"),
        pytest.param(TAIWAN, "", "big5", "", id="Big5 without a hint"),
        pytest.param(JAPANESE, "", "euc-jp", "", id="EUC-JP without a hint"),
        pytest.param(JAPANESE, "", "shift_jis", "", id="Shift_JIS without a hint"),
        pytest.param(KOREAN, "", "cp949", "", id="Korean without a hint"),
        pytest.param(RUSSIAN, "", "koi8-r", "", id="KOI8-R without a hint"),
        pytest.param("Σήμερα ο καιρός είναι καλός", "", "cp1253", "", id="Greek without a hint"),
        pytest.param("הדוח המלא על אתר החברה", "", "cp1255", "", id="Hebrew without a hint"),
        pytest.param("الطقس اليوم جميل", "", "cp1256", "", id="Arabic without a hint"),
        pytest.param("วันนี้อากาศดี", "", "cp874", "", id="Thai without a hint"),
        pytest.param(RUSSIAN, "", "cp1251", "", id="windows-1251 without a hint"),
        pytest.param(FRENCH, "", "cp1252", "", id="windows-1252 without a hint"),
        pytest.param(CHINESE, "martian", "utf-8", "", id="B62 an unknown name falls back to UTF-8"),
        pytest.param("a\\u0041b", "unicode_escape", "ascii", "", id="B63 a Python codec keeps its backslashes"),
        pytest.param("+ADw-script+AD4-", "utf-7", "ascii", "", id="B64 UTF-7 keeps its plus signs"),
        pytest.param("abc-", "punycode", "ascii", "", id="B65 a codec of quadratic cost is not used"),
        pytest.param("abc", "undefined", "ascii", "", id="a codec that raises is not used"),
        pytest.param(CHINESE, "utf-16", "utf-8", "", id="declares utf-16 in bytes that are none"),
        pytest.param(JAPANESE, "iso-2022-jp", "iso-2022-jp", "", id="seven-bit Japanese is not plain ASCII"),
        pytest.param(
            CHINESE, "utf-8", "gb18030", "text/xml; charset=gb2312", id="the header when the document is wrong"
        ),
    ],
)
def test_a_document_is_read_with_the_right_set(text: str, label: str, codec: str, content_type: str) -> None:
    assert title_of(document(text, label).encode(codec), content_type) == text


@pytest.mark.parametrize(
    ("data", "warning"),
    [
        pytest.param(document(CHINESE, "utf-8").encode(), "", id="UTF-8 as stated"),
        pytest.param(document("abc", "gb2312").encode(), "", id="ASCII is all the same"),
        pytest.param(document(CHINESE, "gb2312").encode("gbk"), "", id="a wider set of the same family"),
        pytest.param(
            document(CHINESE).encode("gbk"), "no character set is stated; guessed gb18030", id="B61 a guess"
        ),
        pytest.param(document(FRENCH, "utf-8").encode("cp1252"), "not utf-8 as stated; guessed cp1252", id="B55"),
        pytest.param(document(CHINESE, "gb2312").encode(), "declared as gb2312, but it is UTF-8", id="B57"),
        pytest.param(
            document("é", "martian").encode(),
            "the character set 'martian' is unknown or unsafe and was not used",
            id="B62 an unknown name",
        ),
        pytest.param(document("x").encode("utf-16-be"), "no byte order mark, read as utf-16-be", id="B44"),
        pytest.param(
            b"\xff\xfe\0\0" + document("x").encode("utf-32-le"), "UTF-32, which few programs read", id="B45"
        ),
    ],
)
def test_only_what_is_doubtful_carries_a_warning(data: bytes, warning: str) -> None:
    read = decode(data)
    assert read is not None
    assert read.warning == warning


@pytest.mark.parametrize(
    ("header", "warning"),
    [
        pytest.param("text/xml; charset=iso-8859-1", "the server says iso-8859-1, the document utf-8", id="B58"),
        pytest.param("text/xml; charset=UTF-8", "", id="both say the same"),
        pytest.param("text/xml; charset=utf8", "", id="both say the same in other words"),
        pytest.param("text/xml", "", id="B59 the server says nothing"),
    ],
)
def test_a_server_that_says_something_else_than_the_document_is_named(header: str, warning: str) -> None:
    read = decode(document(CHINESE, "utf-8").encode(), header)
    assert read is not None
    assert (CHINESE in read.text, read.warning) == (True, warning)


@pytest.mark.parametrize(
    ("text", "label", "codec", "bad"),
    [
        pytest.param(CHINESE, "utf-8", "utf-8", b"\xff", id="UTF-8"),
        pytest.param(JAPANESE, "shift_jis", "cp932", b"\x81", id="Shift_JIS"),
        pytest.param(KOREAN, "euc-kr", "cp949", b"\xff", id="EUC-KR"),
        pytest.param(CHINESE, "gb2312", "gbk", b"\xff", id="GBK"),
    ],
)
def test_one_bad_byte_costs_one_character_only(text: str, label: str, codec: str, bad: bytes) -> None:
    data = document(text * 3 + "#", label).encode(codec).replace(b"#", bad + b" ")
    read = decode(data)
    assert read is not None
    assert text * 3 in read.text
    assert read.text.count("\ufffd") == 1
    assert "bad characters" in read.warning


def test_a_marked_document_with_bad_bytes_says_so() -> None:
    read = decode(b"\xef\xbb\xbf<rss>\xff</rss>")
    assert read is not None
    assert "1 bad characters" in read.warning


def test_a_bad_byte_in_much_ascii_costs_one_character() -> None:
    read = decode(b"<rss>" + b"x" * 500 + b"\x81</rss>")
    assert read is not None
    assert read.text == "<rss>" + "x" * 500 + "\ufffd</rss>"
    assert "1 bad characters" in read.warning


def test_b61_what_can_not_be_guessed_is_refused() -> None:
    assert decode(b"<rss>\x81\x8d\x8f\x90\x9d\xa0\x81\x8d\x8f\x90\x9d</rss>") is None


def test_every_label_names_a_codec_that_python_has() -> None:
    assert {"".encode(codec) for codec in CODECS.values()} == {b""}


def test_labels_of_python_alone_are_unknown() -> None:
    unsafe = {
        "punycode",
        "undefined",
        "unicode_escape",
        "raw_unicode_escape",
        "utf-7",
        "idna",
        "rot13",
        "hex",
        "zlib",
    }
    assert not unsafe & set(CODECS)


@given(st.binary(), st.text())
def test_any_bytes_are_read_or_refused(data: bytes, content_type: str) -> None:
    read = decode(data, content_type)
    assert read is None or isinstance(read.text, str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_utf8_is_always_read_as_it_is(text: str) -> None:
    assert title_of(document(text.replace("<", ""), "utf-8").encode()) == text.replace("<", "")
