"""Character sets: byte order mark, declaration, HTTP header, and bytes that belie them (RFC 7303, N35)."""

from __future__ import annotations

from odd_input.row import AT, AUTHORLESS, LINK, Row, whole

_CHINESE = "港口的灯塔在今天重新开放了，我们是中国人。"
_TAIWAN = "港口的燈塔在今天重新開放了，我是中國人。"
_JAPANESE = "港の灯台は今日になって再開しました。"
_RUSSIAN = "Маяк в порту снова открыт"
_GERMAN = "Hafen öffnet \u2013 schöne Grüße"


def _written(
    name: str,
    title: str,
    codec: str,
    declared: str = "",
    header: str = "",
    *,
    mark: bytes = b"",
    notes: tuple[str, ...] = (),
) -> Row:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    text = f"{declaration}{AUTHORLESS}<item><title>{title}</title>{LINK}</item></channel></rss>"
    content_type = f"text/xml; charset={header}" if header else ""
    return whole(name, mark + text.encode(codec), {**AT, "title": title}, content_type=content_type, notes=notes)


_SAID = ("RFC 7303",)

ROWS = (
    _written("utf-8-with-a-mark", _CHINESE, "utf-8", mark=b"\xef\xbb\xbf"),
    _written("utf-8-with-a-mark-declared-otherwise", _CHINESE, "utf-8", "gb2312", mark=b"\xef\xbb\xbf"),
    _written("utf-8-declared-as-latin-1", _CHINESE, "utf-8", "iso-8859-1", notes=_SAID),
    _written("utf-8-under-a-header-of-latin-1", _CHINESE, "utf-8", "utf-8", "iso-8859-1", notes=_SAID),
    _written("utf-16-little-with-a-mark", _CHINESE, "utf-16-le", "utf-16", mark=b"\xff\xfe"),
    _written("utf-16-big-with-a-mark", _CHINESE, "utf-16-be", mark=b"\xfe\xff"),
    _written("utf-16-without-a-mark", _CHINESE, "utf-16-le", notes=_SAID),
    _written("utf-8-that-says-utf-16", _CHINESE, "utf-8", "utf-16"),
    _written("utf-32-with-a-mark", _CHINESE, "utf-32-be", mark=b"\0\0\xfe\xff", notes=_SAID),
    _written("windows-1251-declared", _RUSSIAN, "cp1251", "windows-1251"),
    _written("koi8-r-declared", _RUSSIAN, "koi8-r", "KOI8-R"),
    _written("windows-1251-in-the-header-alone", _RUSSIAN, "cp1251", "", "windows-1251"),
    _written("windows-1251-not-stated", _RUSSIAN, "cp1251", notes=_SAID),
    _written("gb2312-declared", _CHINESE, "gb2312", "gb2312"),
    _written("gb2312-that-is-gbk", "朱镕基", "gbk", "gb2312"),
    _written("gb2312-that-is-gb18030", "中\U00020087", "gb18030", "gb2312"),
    _written("gbk-not-stated", _CHINESE, "gbk", notes=_SAID),
    _written("gbk-declared-as-utf-8", _CHINESE, "gbk", "utf-8", notes=_SAID),
    _written("big5-declared", _TAIWAN, "big5", "Big5"),
    _written("shift-jis-declared", _JAPANESE, "cp932", "Shift_JIS"),
    _written("euc-jp-declared", _JAPANESE, "euc-jp", "EUC-JP"),
    _written("iso-2022-jp-declared", _JAPANESE, "iso2022_jp", "ISO-2022-JP"),
    _written("euc-kr-declared", "등대가 다시 열렸다", "euc-kr", "euc-kr"),
    _written("latin-1-that-is-windows-1252", _GERMAN, "cp1252", "ISO-8859-1"),
    _written("latin-1-not-stated", _GERMAN, "cp1252", notes=_SAID),
    _written("latin-1-declared-as-utf-8", _GERMAN, "cp1252", "utf-8", notes=_SAID),
    _written("declaration-goes-before-the-header", _RUSSIAN, "cp1251", "windows-1251", "koi8-r", notes=_SAID),
    _written("ascii-declared-as-something-unknown", "One", "ascii", "x-user-defined", notes=_SAID),
    _written("utf-7-is-never-used", "+ADw-b+AD4-", "ascii", "utf-7", notes=_SAID),
    whole(
        "one-bad-byte-in-utf-8-costs-one-character",
        f"{AUTHORLESS}<item><title>{_CHINESE}|</title>{LINK}</item></channel></rss>".encode().replace(
            b"|", b"\xff"
        ),
        {**AT, "title": f"{_CHINESE}\ufffd"},
        notes=_SAID,
    ),
)
