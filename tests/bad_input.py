"""The bad-input matrix: one small document for each row, B1 to B96, and the seeds of B97 to B117.

Everything is made here, byte for byte; nothing is read from a file. Each feed has a host of its own, so that the
rows of one run share no key. A row states what is published of it, what is said about it, or why it is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Fields = dict[str, Any]
"""Members of an item of the published JSON Feed; None where a member must be missing."""

SECRET = b"@SECRET@"
"""Stands for the path of a readable feed file that no parser may open."""
CANARY = b"@CANARY@"
"""Stands for an address that answers, and that nobody may ask."""

DECLARED = '<?xml version="1.0" encoding="utf-8"?>\n'
DAY = "2026-03-01T{:02}:00:00Z"
SEEN = "2026-03-02T12:00:00Z"
"""When the first pass of the test is made: the date of what states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """A row: a document, and exactly what comes of it."""

    number: int
    case: str
    outcome: Literal["ok", "warn", "error"]
    body: bytes
    content_type: str = "application/xml"
    before: bytes | None = None
    """What the source answered at the first pass, when that matters."""
    items: tuple[Fields, ...] = ()
    """What is published: newest first, all of it, each with at least these members."""
    reason: str = ""
    """Of an error: words of it."""
    notes: tuple[str, ...] = ()
    """Words of each note on the document as a whole."""
    why: tuple[str, ...] = ()
    """The rules of all notes on its entries, each once, sorted."""
    skipped: tuple[str, ...] = ()
    """Words of the reason for each item that is left out."""

    @property
    def name(self) -> str:
        """The name of the source, and of the feed that has it alone."""
        return f"b{self.number}"

    @property
    def id(self) -> str:
        """How the row is called in a test."""
        return f"B{self.number} {self.case}"


# --- plain parts ------------------------------------------------------------------------------------------


def url(row: int, item: int | str = 1) -> str:
    """Give the address of an item of a row."""
    return f"https://b{row}.example/{item}"


def rfc822(hour: int) -> str:
    """Give a time of the day before the first pass."""
    return f"Sun, 01 Mar 2026 {hour:02}:00:00 GMT"


def item(row: int, number: int = 1, title: str = "", more: str = "", text: str = "") -> str:
    """Write an item with all that an item should have; the first is the newest."""
    address = url(row, number)
    body = f"<description>{text or f'Text {number}.'}</description>"
    return (
        f"<item><title>{title or f'Item {number}'}</title><link>{address}</link><guid>{address}</guid>"
        f"<pubDate>{rfc822(13 - number)}</pubDate>{body}{more}</item>"
    )


def rss(row: int, *items: str, front: str = DECLARED, root: str = 'version="2.0"', head: str = "") -> str:
    """Write a feed."""
    channel = (
        f"<title>Feed {row}</title><link>https://b{row}.example/</link><description>Words</description>{head}"
    )
    return f"{front}<rss {root}><channel>{channel}{''.join(items)}</channel></rss>"


def two(row: int, **parts: str) -> str:
    """Write a feed of two plain items."""
    return rss(row, item(row, 1), item(row, 2), **parts)


def atom(row: int, *entries: str, attributes: str = "") -> str:
    """Write an Atom feed."""
    head = (
        f"<id>https://b{row}.example/</id><title>Feed {row}</title><updated>2026-03-01T12:00:00Z</updated>"
        f'<link href="https://b{row}.example/"/>'
    )
    return f'{DECLARED}<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{head}{"".join(entries)}</feed>'


def entry(row: int, number: int = 1, more: str = "", title: str = "") -> str:
    """Write an Atom entry."""
    stated = title or f"<title>Item {number}</title>"
    return (
        f'<entry><id>{url(row, number)}</id>{stated}<link href="{url(row, number)}"/>'
        f"<updated>{DAY.format(13 - number)}</updated>{more}</entry>"
    )


def at(row: int, number: int = 1, **members: Any) -> Fields:  # noqa: ANN401  # members of a JSON item
    """Give what is published of a plain item."""
    stated = {"title": f"Item {number}", "url": url(row, number), "date_published": DAY.format(13 - number)}
    return stated | members


def both(row: int) -> tuple[Fields, ...]:
    """Give what is published of two plain items."""
    return at(row, 1), at(row, 2)


def _row(
    number: int,
    case: str,
    outcome: Literal["ok", "warn", "error"],
    body: str | bytes,
    *items: Fields,
    **more: Any,  # noqa: ANN401  # the fields of Bad
) -> Bad:
    data = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    before = more.pop("before", None)
    given = before.encode() if isinstance(before, str) else before
    return Bad(number=number, case=case, outcome=outcome, body=data, items=items, before=given, **more)


# --- B1 to B11: no feed at all ----------------------------------------------------------------------------

_PAGE = "<!DOCTYPE html><html><head><title>{}</title>{}</head><body><p>{}</p></body></html>"
_ADVERT = '<link rel="alternate" type="application/rss+xml" title="News" href="/advertised.xml">'

NO_FEEDS = (
    _row(1, "empty", "error", b"", *both(1), before=two(1), reason="the body is empty"),
    _row(2, "white space", "error", b" \r\n\t \n", *both(2), before=two(2), reason="the body is empty"),
    _row(
        3,
        "an HTML error page",
        "error",
        _PAGE.format("500", "", "Something went wrong"),
        *both(3),
        before=two(3),
        content_type="text/html; charset=utf-8",
        reason="this is a web page, not a feed",
    ),
    _row(
        4,
        "HTML with autodiscovery",
        "error",
        _PAGE.format("My site", _ADVERT, "Welcome"),
        content_type="text/html",
        reason="this is a web page, not a feed; it advertises a feed at http://127.0.0.1:",
    ),
    _row(
        5,
        "a bot challenge",
        "error",
        _PAGE.format("Just a moment...", "", "Enable JavaScript and cookies to continue"),
        content_type="text/html",
        reason="this is a page that keeps robots out (a challenge), not a feed",
    ),
    _row(
        6,
        "JSON that is no feed",
        "error",
        '{"error": {"code": 500, "message": "Internal error"}}',
        content_type="application/json",
        reason="this is JSON, but no whole JSON Feed",
    ),
    _row(7, "a body that is a path", "error", SECRET, reason="this is text, not a feed"),
    _row(8, "a body that is an address", "error", CANARY, reason="this is text, not a feed"),
    _row(
        9,
        "OPML",
        "error",
        '<opml version="2.0"><head/><body><outline text="A" type="rss" xmlUrl="https://a.example/"/></body></opml>',
        reason="this is an OPML list of feeds, not a feed",
    ),
    _row(
        10,
        "a sitemap",
        "error",
        '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>'
        "<loc>https://b10.example/</loc></url></urlset>",
        reason="this is a sitemap, not a feed",
    ),
    _row(11, "binary data", "error", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), reason="binary"),
)

# --- B12 to B29: damaged XML ------------------------------------------------------------------------------


def _cut(document: str, at_words: str) -> str:
    return document[: document.index(at_words) + len(at_words)]


_BARE_AMPERSANDS = (
    "<item><title>AT&T and R&D</title><link>https://b14.example/p?a=1&b=2</link>"
    f"<pubDate>{rfc822(12)}</pubDate><description>Fish & chips</description></item>"
)
_NAMED = "caf&eacute;&nbsp;&mdash;&nbsp;it&rsquo;s"
_FORBIDDEN = "a\x00b\x01c\x08d\x0be\x0cf\x1bg\x1fh\ufffei\uffffj"
_REFERENCES = "a&#0;b&#1;c&#x1F;d&#xD800;e&#xDFFF;f&#xFFFE;g&#x110000;h&#99999999999;i"
_UNCLOSED = (
    '<rss version="2.0"><channel><title>Feed 25<link>https://b25.example/'
    "<item><title>One<link>https://b25.example/1<item><title>Two<link>https://b25.example/2"
)
_LOUD = (
    '<RSS VERSION="2.0"><CHANNEL><TITLE>Feed 26</TITLE><LINK>https://b26.example/</LINK><ITEM>'
    "<TITLE>Item 1</TITLE>"
    f"<LINK>{url(26)}</LINK><GUID>{url(26)}</GUID><PUBDATE>{rfc822(12)}</PUBDATE></ITEM></CHANNEL></RSS>"
)

DAMAGED = (
    _row(
        12,
        "cut in an item",
        "warn",
        _cut(two(12), "<description>Text 2"),
        at(12, 1, content_html="<p>Text 1.</p>"),
        notes=("the document is cut: the item that was open is left out",),
    ),
    _row(
        13,
        "cut in a tag",
        "warn",
        _cut(rss(13, item(13, 1), item(13, 2), item(13, 3)), url(13, 3) + "</li"),
        *both(13),
        notes=("the document is cut",),
    ),
    _row(
        14,
        "bare ampersands",
        "warn",
        rss(14, _BARE_AMPERSANDS),
        {
            "title": "AT&T and R&D",
            "url": "https://b14.example/p?a=1&b=2",
            "content_html": "<p>Fish &amp; chips</p>",
        },
        notes=("4 ampersands were escaped",),
    ),
    _row(
        15,
        "HTML entities without a DTD",
        "warn",
        rss(15, item(15, 1, title=_NAMED, text=_NAMED)),
        at(15, 1, title="café — it’s", content_html="<p>café&nbsp;—&nbsp;it’s</p>"),
        notes=("10 HTML names of characters were read",),
    ),
    _row(
        16,
        "undeclared prefixes",
        "warn",
        rss(16, item(16, 1, more="<dc:creator>Ann</dc:creator>"), item(16, 2, more="<x:y z:a='1'>b</x:y>")),
        at(16, 1, authors=[{"name": "Ann"}]),
        at(16, 2),
        notes=("not well-formed (unbound prefix)",),
    ),
    _row(
        17,
        "control characters",
        "warn",
        rss(17, item(17, 1, title=_FORBIDDEN.replace("\x00", ""), text=_FORBIDDEN.replace("\x00", ""))),
        at(17, 1, title="abcdefghij", content_html="<p>abcdefghij</p>"),
        notes=("16 characters that XML forbids were removed",),
    ),
    _row(
        18,
        "NUL bytes",
        "warn",
        two(18).replace("Item", "It\x00em").replace("</item>", "\x00</item>"),
        *both(18),
        notes=("4 characters that XML forbids were removed",),
    ),
    _row(
        19,
        "references to forbidden characters",
        "warn",
        rss(19, item(19, 1, title=_REFERENCES, text=_REFERENCES)),
        at(19, 1, title="abcdefghi", content_html="<p>abcdefghi</p>"),
        notes=("16 forbidden references were removed",),
    ),
    _row(
        20,
        "white space before the declaration",
        "warn",
        f"\n \t{two(20)}",
        *both(20),
        notes=("text in front of the document was ignored",),
    ),
    _row(
        21,
        "a PHP warning before the XML",
        "warn",
        "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/var/www/feed.php</b> on line <b>7</b><br />\n"
        + two(21),
        *both(21),
        notes=("text in front of the document was ignored",),
    ),
    _row(
        22,
        "garbage after the root",
        "warn",
        two(22) + "\n<!-- 0.31 s --></div> & so on",
        *both(22),
        notes=("1 ampersand was escaped", "text after the end of the document was ignored"),
    ),
    _row(
        23,
        "two roots",
        "warn",
        two(23) + two(23),
        *both(23),
        notes=("text after the end of the document was ignored",),
    ),
    _row(
        24,
        "an open CDATA section",
        "warn",
        rss(24, item(24, 1, text="<![CDATA[<p>Open"), item(24, 2, text="<![CDATA[<p>Closed</p>]]>")),
        at(24, 1, content_html="<p>Open</p>"),
        at(24, 2, content_html="<p>Closed</p>"),
        notes=("1 CDATA section without an end was closed",),
    ),
    _row(25, "no closing tags at all", "error", _UNCLOSED, reason="cut before the end of its first item"),
    _row(26, "upper-case tags", "warn", _LOUD, at(26), notes=("its names are in capitals",)),
    _row(27, "an unknown version", "ok", two(27, root='version="9.9"'), *both(27)),
    _row(
        28,
        "a root without a channel",
        "error",
        '<rss version="2.0"></rss>',
        reason="neither a channel nor an item",
    ),
    _row(29, "valid but empty", "ok", rss(29), *both(29), before=two(29)),
)

# --- B30 to B41: entities, and what stands before the root ------------------------------------------------


def _bomb(between: str) -> str:
    levels = (f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return between.join(("<!DOCTYPE rss [", '<!ENTITY l0 "ha">', *levels, "]>"))


def _with_doctype(row: int, doctype: str, title: str = "Item 1", front: str = '<?xml version="1.0"?>') -> str:
    return rss(row, item(row, 1, title=title), front=f"{front}{doctype}")


_NESTED = "nested entities (an entity bomb)"
_EXTERNAL = "external, parameter or damaged entity, which is never read"
_OLD_DOCTYPE = f'<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "{CANARY.decode()}">'
_INCLUDED = (
    '<item><title><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="@SECRET@" parse="text"/></title>'
    f"<link>{url(39)}</link><guid>{url(39)}</guid><pubDate>{rfc822(12)}</pubDate></item>"
)

PROLOGS = (
    _row(30, "an entity bomb line by line", "error", _with_doctype(30, _bomb("\n"), "&l9;"), reason=_NESTED),
    _row(31, "an entity bomb on one line", "error", _with_doctype(31, _bomb(""), "&l9;"), reason=_NESTED),
    _row(
        32,
        "an entity bomb behind a comment",
        "error",
        _with_doctype(32, _bomb(""), "&l9;", '<?xml version="1.0"?><!-- a > b -->'),
        reason=_NESTED,
    ),
    _row(
        33,
        "a long entity used often",
        "error",
        _with_doctype(33, f'<!DOCTYPE rss [<!ENTITY a "{"x" * 9_000}">]>', "&a;" * 90),
        reason="an entity of over 256 characters (an entity bomb)",
    ),
    _row(
        34,
        "an external entity to a file",
        "error",
        _with_doctype(34, '<!DOCTYPE rss [<!ENTITY x SYSTEM "file://@SECRET@">]>', "&x;"),
        reason=_EXTERNAL,
    ),
    _row(
        35,
        "an external entity to an address",
        "error",
        _with_doctype(35, '<!DOCTYPE rss [<!ENTITY x SYSTEM "@CANARY@">]>', "&x;"),
        reason=_EXTERNAL,
    ),
    _row(
        36,
        "an external parameter entity",
        "error",
        _with_doctype(36, '<!DOCTYPE rss [<!ENTITY % p SYSTEM "@CANARY@"> %p;]>'),
        reason=_EXTERNAL,
    ),
    _row(37, "an external DTD", "ok", two(37, front=f'<?xml version="1.0"?>{_OLD_DOCTYPE}'), *both(37)),
    _row(
        38,
        "a few harmless entities",
        "ok",
        _with_doctype(38, '<!DOCTYPE rss [<!ENTITY name "Öffnung"><!ENTITY copy "&#169;">]>', "&name; &copy;"),
        at(38, 1, title="Öffnung ©"),
    ),
    _row(39, "XInclude", "ok", rss(39, _INCLUDED), at(39, 1, title=None)),
    _row(
        40,
        "3,000 line breaks before the root",
        "warn",
        "\n" * 3_000 + two(40),
        *both(40),
        notes=("text in front of the document was ignored",),
    ),
    _row(41, "500 unfinished DOCTYPE lines", "error", "<!DOCTYPE \n" * 500 + two(41), reason="is not finished"),
)

# --- B42 to B66: encodings --------------------------------------------------------------------------------

_CHINESE = "今天的天气很好，我们去公园散步。"
_JAPANESE = "今日は天気がいいので、公園へ散歩に行きます。"
_FRENCH = "Été à la plage — l’œuvre naïve “où” 5 €"
_SIMPLE = "港口的灯塔在今天重新开放了"
_GOOD = "👩‍👩‍👧‍👦 e\u0301 नमस्ते \u0643\u062a\u0627\u0628 𠮷 ﷽ 🇪🇺"


def _encoded(  # noqa: PLR0917  # the columns of a table
    number: int,
    case: str,
    outcome: Literal["ok", "warn", "error"],
    title: str,
    codec: str,
    declared: str = "",
    *,
    mark: bytes = b"",
    header: str = "",
    notes: tuple[str, ...] = (),
) -> Bad:
    """Make a feed in a character set, as its declaration and its HTTP header say or do not say."""
    front = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    document = rss(number, item(number, 1, title=title, text=f"{title} {_padding(title)}"), front=front)
    return _row(
        number,
        case,
        outcome,
        mark + document.encode(codec),
        at(number, 1, title=title),
        content_type=f"text/xml; charset={header}" if header else "text/xml",
        notes=notes,
    )


def _padding(title: str) -> str:
    """Give more text of the same kind, as a real feed has it."""
    return "" if title.isascii() else title


ENCODINGS = (
    _encoded(42, "UTF-8 with a mark", "ok", _CHINESE, "utf-8", "utf-8", mark=b"\xef\xbb\xbf"),
    _encoded(43, "UTF-16 little end with a mark", "ok", _CHINESE, "utf-16-le", "utf-16", mark=b"\xff\xfe"),
    _encoded(
        44,
        "UTF-16 big end without a mark",
        "warn",
        _CHINESE,
        "utf-16-be",
        "utf-16",
        notes=("no byte order mark, read as utf-16-be",),
    ),
    _encoded(
        45,
        "UTF-32 with a mark",
        "warn",
        _CHINESE,
        "utf-32-le",
        "utf-32",
        mark=b"\xff\xfe\0\0",
        notes=("UTF-32, which few programs read",),
    ),
    _encoded(46, "GB18030 with four bytes", "ok", f"{_CHINESE}𠮷", "gb18030", "GB18030"),
    _encoded(47, "GBK declared as gb2312", "ok", f"镕基 喆 {_CHINESE}", "gbk", "gb2312"),
    _encoded(48, "Big5", "ok", "今天的天氣很好，我們去公園散步。", "big5", "Big5"),
    _encoded(
        49, "Big5 with characters of Hong Kong", "ok", "嘅咗 今天的天氣很好，我們去公園散步。", "big5hkscs", "big5"
    ),
    _encoded(50, "Shift_JIS", "ok", _JAPANESE, "shift_jis", "Shift_JIS"),
    _encoded(51, "Shift_JIS with characters of Windows", "ok", f"①髙﨑 {_JAPANESE}", "cp932", "shift_jis"),
    _encoded(52, "EUC-KR", "ok", "오늘은 날씨가 좋아서 공원에 갑니다.", "euc-kr", "EUC-KR"),
    _encoded(53, "KOI8-R", "ok", "Сегодня хорошая погода, идём в парк.", "koi8-r", "KOI8-R"),
    _encoded(54, "windows-1252 declared as latin1", "ok", _FRENCH, "cp1252", "iso-8859-1"),
    _encoded(
        55,
        "windows-1252 declared as utf-8",
        "warn",
        _FRENCH,
        "cp1252",
        "utf-8",
        notes=("not utf-8 as stated; guessed cp1252",),
    ),
    _encoded(
        56,
        "UTF-8 declared as latin1",
        "warn",
        _CHINESE,
        "utf-8",
        "iso-8859-1",
        notes=("declared as iso-8859-1, but it is UTF-8",),
    ),
    _encoded(
        57,
        "UTF-8 declared as gb2312",
        "warn",
        _CHINESE,
        "utf-8",
        "gb2312",
        notes=("declared as gb2312, but it is UTF-8",),
    ),
    _encoded(
        58,
        "UTF-8 that HTTP calls latin1",
        "warn",
        _CHINESE,
        "utf-8",
        "utf-8",
        header="iso-8859-1",
        notes=("the server says iso-8859-1, the document utf-8",),
    ),
    _encoded(59, "text/xml without a charset", "ok", _CHINESE, "utf-8"),
    _encoded(60, "GB18030 that only HTTP names", "ok", f"{_CHINESE}𠮷", "gb18030", header="gb18030"),
    _encoded(
        61,
        "GBK without any hint",
        "warn",
        _SIMPLE,
        "gbk",
        notes=("no character set is stated; guessed gb18030",),
    ),
    _encoded(
        62,
        "an unknown name",
        "warn",
        _CHINESE,
        "utf-8",
        "x-martian",
        notes=("the character set 'x-martian' is unknown or unsafe and was not used",),
    ),
    _encoded(
        63,
        "a codec of Python",
        "warn",
        r"C:\new\table \u0041",
        "ascii",
        "unicode_escape",
        notes=("the character set 'unicode_escape' is unknown or unsafe and was not used",),
    ),
    _encoded(
        64,
        "UTF-7",
        "warn",
        "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "ascii",
        "utf-7",
        notes=("the character set 'utf-7' is unknown or unsafe and was not used",),
    ),
    _encoded(
        65,
        "punycode",
        "warn",
        "Item-" + "x" * 500,
        "ascii",
        "punycode",
        notes=("the character set 'punycode' is unknown or unsafe and was not used",),
    ),
    _row(
        66,
        "good Unicode",
        "ok",
        rss(66, item(66, 1, title=_GOOD), item(66, 2, title="\u202eabc\u202c \u2066def\u2069")),
        at(66, 1, title=_GOOD),
        at(66, 2, title="abc def"),
    ),
)

# --- B67 to B85: dates, identity, links -------------------------------------------------------------------


def _dated(row: int, number: int, date: str) -> str:
    return (
        f"<item><title>Item {number}</title><link>{url(row, number)}</link>"
        f"<guid>{url(row, number)}</guid>{f'<pubDate>{date}</pubDate>' if date else ''}</item>"
    )


_ODD_DATES = {
    "2026-03-01 12:00:00": DAY.format(12),
    "Sun, 01 Mar 2026 11:00:00": DAY.format(11),
    "Sun, 1 March 2026 10:00:00 +0000": DAY.format(10),
    "2026-03-01T17:30:00+08:00": "2026-03-01T09:30:00Z",
    "2026年3月1日": "2026-03-01T00:00:00Z",
    "Thu, 01 Jan 2099 00:00:00 GMT": None,
    "2026-13-45": None,
    "0000-00-00T00:00:00Z": None,
    "yesterday": None,
    "1772366400": "2026-03-01T12:00:00Z",
}
"""What is stated, and what is published; None: nothing, the moment it was first seen counts."""


def seen_at(place: int) -> str:
    """Give when an item without a date counts as first seen: a second apart, in the order of the document."""
    return f"2026-03-02T11:59:{61 - place:02}Z" if place > 1 else SEEN


def _odd_dates() -> tuple[Fields, ...]:
    """Give what is published: newest first, those without a date before all others, in the feed's order."""
    seen = {
        place: SEEN if text.endswith("2099 00:00:00 GMT") else seen_at(place)
        for place, text in enumerate(_ODD_DATES, 1)
    }
    stated = [
        {"url": url(67, place), "date_published": date, "date_modified": date or seen[place]}
        for place, date in enumerate(_ODD_DATES.values(), 1)
    ]
    return tuple(sorted(stated, key=lambda one: str(one["date_modified"]), reverse=True))


def _guided(number: int, guid: str, address: str = "", more: str = "", title: str = "") -> str:
    """Write an item with a guid of its own."""
    link = f"<link>{address}</link>" if address else ""
    stated = f'<guid isPermaLink="false">{guid}</guid>' if guid != "-" else ""
    return (
        f"<item><title>{title or f'Item {number}'}</title>{link}{stated}"
        f"<pubDate>{rfc822(13 - number)}</pubDate><description>Text {number}.</description>{more}</item>"
    )


_SAME_ADDRESS = "another item has the same address and is taken"

_SPELLINGS = (
    "https://b77.example/post?id=7",
    "https://b77.example/post?id=7&amp;utm_source=rss&amp;utm_medium=feed",
    "https://B77.EXAMPLE:443/post?id=7",
    "https://b77.example/post?fbclid=abc&amp;id=7",
    "https://b77.example/./post?id=7&amp;gclid=x",
    "http://b77.example/%70ost?id=7&amp;utm_campaign=x",
)

_RELATIVE = (
    "<entry><id>tag:b80.example,2026:1</id><title>Item 1</title><updated>2026-03-01T12:00:00Z</updated>"
    '<link href="p/1"/><content type="html">&lt;p&gt;&lt;img src="i.png" alt="A"&gt;&lt;/p&gt;</content></entry>'
)

_BAD_LINKS = (
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "http://",
    "https://[::1",
    "https://user:secret@b81.example/with-password",
    "https://b81.example/line&#10;break &lt;x&gt;",
    "vbscript:x",
)


def _bad_links() -> tuple[Fields, ...]:
    published = {
        6: "https://b81.example/with-password",
        7: "https://b81.example/linebreak%20%3Cx%3E",
    }
    return tuple(
        {"title": f"Item {number}", "url": published.get(number), "date_published": DAY.format(13 - number)}
        for number in range(1, len(_BAD_LINKS) + 1)
    )


_ENCLOSURES = (
    '<enclosure url="https://b83.example/a.mp3" length="12,345" type="audio/mpeg; x=&quot;y&quot;"/>'
    '<enclosure url="javascript:alert(1)" length="1" type="audio/mpeg"/>'
    '<enclosure url="/b.ogg" length="-1" type="nonsense"/>'
    '<enclosure length="5" type="audio/mpeg"/>'
    '<enclosure url="https://b83.example/c" length="99" type=""/>'
)

_HINTS = (
    "<ttl>9999999</ttl><skipHours>"
    + "".join(f"<hour>{hour}</hour>" for hour in range(24))
    + "</skipHours><skipDays>"
    + "".join(
        f"<day>{day}</day>"
        for day in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    )
    + "</skipDays>"
)


def _posts_with_ids(row: int, letter: str) -> str:
    return rss(row, *(_guided(n, f"{letter}-{n}", url(row, n)) for n in (1, 2)))


IDENTITY = (
    _row(
        67,
        "odd dates",
        "warn",
        rss(67, *(_dated(67, place, date) for place, date in enumerate(_ODD_DATES, 1))),
        *_odd_dates(),
        why=("N15",),
    ),
    _row(
        68,
        "no dates",
        "ok",
        rss(68, *(_dated(68, number, "") for number in (3, 1, 2))),
        *(
            {"url": url(68, n), "date_published": None, "date_modified": seen_at(place)}
            for place, n in enumerate((3, 1, 2), 1)
        ),
    ),
    _row(
        69,
        "other dates at every fetch",
        "ok",
        rss(69, _dated(69, 1, rfc822(3)), _dated(69, 2, rfc822(22))),
        *both(69),
        before=rss(69, _dated(69, 1, rfc822(12)), _dated(69, 2, rfc822(11))),
    ),
    _row(
        70,
        "two addresses with one guid",
        "warn",
        rss(70, _guided(1, "one", url(70, 1)), _guided(2, "one", url(70, 2))),
        *both(70),
        why=("N8",),
    ),
    _row(
        71,
        "two guids with one address",
        "ok",
        rss(71, _guided(1, "a", url(71, 1)), _guided(2, "b", url(71, 1))),
        at(71, 1),
        skipped=(_SAME_ADDRESS,),
    ),
    _row(
        72,
        "neither guid nor link",
        "warn",
        rss(72, _guided(1, "-"), _guided(2, "-")),
        at(72, 1, url=None),
        at(72, 2, url=None),
        why=("N6",),
    ),
    _row(
        73,
        "empty guids",
        "ok",
        rss(73, _guided(1, "", url(73, 1)), _guided(2, " ", url(73, 2))),
        *both(73),
    ),
    _row(74, "guids that will change", "ok", _posts_with_ids(74, "first"), *both(74)),
    _row(
        75,
        "guids that have changed",
        "ok",
        _posts_with_ids(75, "second"),
        *both(75),
        before=_posts_with_ids(75, "first"),
    ),
    _row(
        76,
        "http and https of one address",
        "ok",
        rss(76, _guided(1, "a", "http://b76.example/1"), _guided(1, "b", "https://b76.example/1")),
        at(76, 1),
        skipped=(_SAME_ADDRESS,),
    ),
    _row(
        77,
        "six spellings of one address",
        "ok",
        rss(77, *(_guided(1, f"g{n}", address) for n, address in enumerate(_SPELLINGS))),
        at(77, 1, url="https://b77.example/post?id=7"),
        skipped=(_SAME_ADDRESS,) * 5,
    ),
    _row(
        78,
        "queries that matter",
        "ok",
        rss(78, *(_guided(n, "-", f"https://b78.example/watch?v={n}") for n in (1, 2))),
        *(at(78, n, url=f"https://b78.example/watch?v={n}") for n in (1, 2)),
    ),
    _row(
        79,
        "a host in two spellings",
        "ok",
        rss(
            79,
            _guided(1, "a", "https://bücher-b79.example/über"),
            _guided(1, "b", "https://xn--bcher-b79-q9a.example/%C3%BCber"),
        ),
        at(79, 1, url="https://xn--bcher-b79-q9a.example/%C3%BCber"),
        skipped=(_SAME_ADDRESS,),
    ),
    _row(
        80,
        "relative links and xml:base",
        "ok",
        atom(80, _RELATIVE, attributes='xml:base="https://site.example/blog/"'),
        {
            "url": "https://site.example/blog/p/1",
            "content_html": '<p><img src="https://site.example/blog/i.png" alt="A"></p>',
        },
    ),
    _row(
        81,
        "bad links",
        "warn",
        rss(81, *(_guided(n, f"g{n}", link) for n, link in enumerate(_BAD_LINKS, 1))),
        *_bad_links(),
        why=("N56",),
    ),
    _row(
        82,
        "a guid that is a permalink",
        "ok",
        rss(
            82,
            f"<item><title>Item 1</title><guid>{url(82, 1)}</guid><pubDate>{rfc822(12)}</pubDate></item>",
            f'<item><title>Item 2</title><guid isPermaLink="false">{url(82, 2)}</guid>'
            f"<pubDate>{rfc822(11)}</pubDate></item>",
        ),
        at(82, 1),
        at(82, 2, url=None, id=url(82, 2)),
    ),
    _row(
        83,
        "bad enclosures",
        "warn",
        rss(83, item(83, 1, more=_ENCLOSURES)),
        at(
            83,
            1,
            attachments=[
                {"url": "https://b83.example/a.mp3", "mime_type": "audio/mpeg"},
                {"url": "https://b83.example/b.ogg", "mime_type": "audio/ogg"},
                {"url": "https://b83.example/c", "mime_type": "application/octet-stream", "size_in_bytes": 99},
            ],
        ),
        why=("N63",),
    ),
    _row(
        85,
        "hints that would stop polling for ever",
        "warn",
        two(85, head=_HINTS),
        *both(85),
        notes=("they hold for a week at most",),
    ),
)

# --- B86 to B96: hostile text, other formats --------------------------------------------------------------

_SCRIPTS = (
    '<![CDATA[<p onclick="alert(1)">Kept</p><script>alert(1)</script><img src=x onerror=alert(1)>'
    '<a href="javascript:alert(1)">a</a><iframe src="https://evil.example/"></iframe><form action="https://evil.example/">'
    '<input name="q"></form><style>p{}</style>'
    '<svg onload="alert(1)"><a xlink:href="javascript:alert(1)">b</a></svg>'
    '<math href="javascript:alert(1)">c</math><b><i>open]]>'
)
_ATOM_TYPES = (
    entry(87, 1, title='<title type="html">&lt;script&gt;alert(1)&lt;/script&gt;T1</title>')
    + entry(87, 2, title='<title type="text">&lt;script&gt;T2&lt;/script&gt;</title>')
    + entry(
        87,
        3,
        title='<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">T3<script>alert(1)</script></div></title>',
    )
    + entry(87, 4, '<content type="html">C4&lt;script&gt;alert(1)&lt;/script&gt;</content>')
    + entry(87, 5, '<content type="text">&lt;script&gt;C5&lt;/script&gt;</content>')
    + entry(
        87,
        6,
        '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p onclick="alert(1)">C6</p>'
        "<script>alert(1)</script></div></content>",
    )
    + entry(87, 7, '<summary type="html">S7&lt;img src="x" onerror="alert(1)"&gt;</summary>')
)
_EVIL = "&lt;img src=x onerror=alert(1)&gt;"
_METADATA = (
    f"<item><title>Item 1{_EVIL}</title><link>{url(88)}</link><guid>{url(88)}</guid>"
    f"<pubDate>{rfc822(12)}</pubDate>"
    f"<author>a@b88.example (Ann{_EVIL})</author><category domain='javascript:alert(1)'>Cat{_EVIL}</category>"
    f"<comments>javascript:alert(1)</comments><source url='javascript:alert(1)'>Src{_EVIL}</source></item>"
)
_METADATA_HEAD = (
    "<image><url>javascript:alert(1)</url><title>x</title><link>javascript:alert(1)</link></image>"
    f'<copyright>Words{_EVIL}</copyright><language>en" onload="alert(1)</language><generator>{_EVIL}</generator>'
)
_BREAKING = "<![CDATA[<p>a ]]]]><![CDATA[></description></item><item><title>Injected</title></item> b</p>]]>"
_STYLED = '<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="@CANARY@"?><?php echo 1 ?>'

_RDF = (
    '<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
    '<channel rdf:about="https://b92.example/"><title>Feed 92</title><link>https://b92.example/</link>'
    "<description>Words</description></channel>"
    + "".join(
        f'<item rdf:about="{url(92, n)}"><title>Item {n}</title><link>{url(92, n)}</link>'
        f"<dc:date>{DAY.format(13 - n)}</dc:date></item>"
        for n in (1, 2)
    )
    + "</rdf:RDF>"
)
_ATOM_03 = (
    '<?xml version="1.0"?><feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>Feed 93</title>'
    '<link rel="alternate" type="text/html" href="https://b93.example/"/><modified>2026-03-01T12:00:00Z</modified>'
    f'<entry><title>Item 1</title><link rel="alternate" type="text/html" href="{url(93)}"/><id>{url(93)}</id>'
    "<issued>2026-03-01T12:00:00Z</issued><modified>2026-03-01T12:00:00Z</modified>"
    '<content type="text/html" mode="escaped">&lt;p&gt;Text&lt;/p&gt;</content></entry></feed>'
)

_JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Feed 94",
    "home_page_url": "https://b94.example/",
    "items": [
        {
            "id": url(94),
            "url": url(94),
            "title": "Item 1",
            "content_html": "<p onclick='x'>Text</p><script>alert(1)</script>",
            "date_published": "2026-03-01T12:00:00Z",
        }
    ],
}
_BAD_TYPES = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": ["no", "text"],
    "home_page_url": 7,
    "authors": "Ann",
    "items": [
        {"id": 1, "url": url(95, 1), "title": {"a": 1}, "content_text": "Text 1.", "tags": "one", "authors": {}},
        None,
        {"id": None, "url": url(95, 2), "title": 2, "date_published": 20260301, "attachments": [1, None, {}]},
        "a text",
        {"id": [], "url": [], "title": "Item 3", "content_html": None, "image": False, "_source": 5},
        [[]],
    ],
}

HOSTILE = (
    _row(
        86,
        "script in RSS",
        "ok",
        rss(86, item(86, 1, text=_SCRIPTS)),
        at(
            86,
            1,
            content_html='<p>Kept</p><img src="https://b86.example/x"><a>a</a><p><a href="https://evil.example/">'
            "https://evil.example/</a></p>c<b><i>open</i></b>",
        ),
        why=("N47", "N48"),
    ),
    _row(
        87,
        "every type of text in Atom",
        "ok",
        atom(87, _ATOM_TYPES),
        {"url": url(87, 1), "title": "T1"},
        {"url": url(87, 2), "title": "<script>T2</script>"},
        {"url": url(87, 3), "title": "T3"},
        {"url": url(87, 4), "content_html": "C4"},
        {"url": url(87, 5), "content_html": "<p>&lt;script&gt;C5&lt;/script&gt;</p>"},
        {"url": url(87, 6), "content_html": "<p>C6</p>"},
        {"url": url(87, 7), "content_html": f'S7<img src="{url(87, "x")}">'},
        why=("N47",),
    ),
    _row(
        88,
        "script in all but the body",
        "ok",
        rss(88, _METADATA, head=_METADATA_HEAD),
        at(88, 1, title="Item 1", authors=[{"name": "Ann"}], tags=["Cat"], language=None),
    ),
    _row(
        89,
        "the end of a CDATA section in the text",
        "ok",
        rss(89, item(89, 1, text=_BREAKING)),
        at(89, 1, content_html="<p>a ]]&gt; b</p>"),
    ),
    _row(90, "a style sheet instruction", "ok", two(90, front=_STYLED), *both(90)),
    _row(
        91,
        "direction overrides",
        "ok",
        rss(91, item(91, 1, title="Invoice \u202efdp.exe\u202c \u2067x\u2069")),
        at(91, 1, title="Invoice fdp.exe x"),
    ),
    _row(92, "RSS 1.0", "ok", _RDF, *both(92)),
    _row(93, "Atom 0.3", "ok", _ATOM_03, at(93, 1, content_html="<p>Text</p>")),
    _row(
        94,
        "JSON Feed",
        "ok",
        json.dumps(_JSON),
        at(94, 1, content_html="<p>Text</p>"),
        content_type="application/feed+json",
        why=("N47",),
    ),
    _row(
        95,
        "JSON Feed with wrong types",
        "warn",
        json.dumps(_BAD_TYPES),
        {"url": url(95, 1), "title": None, "content_html": "<p>Text 1.</p>", "authors": [{"name": "Ann"}]},
        {"url": None, "title": "Item 3"},
        {"url": url(95, 2), "title": "2", "date_published": "2026-03-01T00:00:00Z"},
        content_type="application/feed+json",
        notes=("3 items that are no objects were left out",),
        why=("N6",),
    ),
    _row(
        96,
        "JSON Feed that is cut",
        "error",
        json.dumps(_JSON)[:-40],
        content_type="application/feed+json",
        reason="this is JSON, but no whole JSON Feed",
    ),
)

ROWS: tuple[Bad, ...] = (*NO_FEEDS, *DAMAGED, *PROLOGS, *ENCODINGS, *IDENTITY, *HOSTILE)
"""All but B84, whose document is one of our own."""


# --- B97 to B117: seeds -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSeed:
    """A seed file, and what is published of it or why it is left out."""

    number: int
    case: str
    outcome: Literal["ok", "warn", "error"]
    path: str
    content: bytes
    published: Fields | None = None
    """Members of its JSON item; None: it is not published."""
    said: str = ""
    """Words of the warning, or of the reason why it is left out."""
    line: int = 0
    """Of the file, that is named with the reason."""

    @property
    def id(self) -> str:
        """How the row is called in a test."""
        return f"B{self.number} {self.case}"


def _seed(
    number: int,
    case: str,
    outcome: Literal["ok", "warn", "error"],
    path: str,
    content: str | bytes,
    **more: Any,  # noqa: ANN401  # the fields of BadSeed
) -> BadSeed:
    data = content if isinstance(content, bytes) else content.encode()
    return BadSeed(number=number, case=case, outcome=outcome, path=f"{path}.md", content=data, **more)


def post(
    name: str, *lines: str, title: str = "", date: str = "2026-01-05 10:00:00 +0000", text: str = "Text"
) -> str:
    """Write a seed; its address is made of its name."""
    head = (f"title: {title or name}", f"date: {date}" if date else "", f"link: {address(name)}", *lines)
    return "---\n" + "".join(f"{line}\n" for line in head if line) + f"---\n{text}\n"


def address(name: str) -> str:
    """Give the address of a seed."""
    return f"https://seeds.example/{name}"


def read(name: str, **members: Any) -> Fields:  # noqa: ANN401  # members of a JSON item
    """Give what is published of a plain seed."""
    return {"title": name, "url": address(name), "date_published": "2026-01-05T10:00:00Z", **members}


_LEVELS = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))

SEEDS: tuple[BadSeed, ...] = (
    _seed(97, "a good one", "ok", "2026-01-05-good", post("good"), published=read("good")),
    _seed(
        98,
        "a zone without a colon",
        "ok",
        "2026-01-05-tz-no-colon",
        post("tz", date="2026-01-05 10:00:00 +0800"),
        published=read("tz", date_published="2026-01-05T02:00:00Z"),
    ),
    _seed(
        99,
        "YAML beyond repair",
        "error",
        "2026-01-05-bad-yaml",
        "---\nwords: [open\n  }: - x\n---\nText\n",
        said="its front matter is no YAML",
        line=3,
    ),
    _seed(
        99,
        "YAML that can be repaired",
        "warn",
        "2026-01-05-mended-yaml",
        post("mended", title='The "inner" quotes: kept').replace('The "', '"The "', 1),
        published=read("mended", title='The "inner" quotes: kept'),
        said="line 2: title is no valid YAML; it was read as it stands",
    ),
    _seed(
        100,
        "not UTF-8",
        "error",
        "2026-01-05-not-utf8",
        post("not-utf8", text="Café").encode("latin-1"),
        said="it is not UTF-8: byte 96 is 0xe9",
        line=6,
    ),
    _seed(
        100,
        "not UTF-8, and likely Chinese",
        "error",
        "2026-01-05-not-utf8-either",
        post("not-utf8-either", text="港口的灯塔在今天重新开放了，我们是中国人。").encode("gbk"),
        said="it is not UTF-8: byte 107 is 0xb8",
        line=6,
    ),
    _seed(
        101,
        "no date",
        "warn",
        "no-date",
        post("no-date", date=""),
        published=read("no-date", date_published=None, date_modified=SEEN),
        said="it states no date; the moment it was first seen counts",
    ),
    _seed(
        102,
        "a day that does not exist",
        "error",
        "2026-02-30-bad-date",
        post("bad-date", date="2026-02-30 10:00:00"),
        said="its date 2026-02-30 10:00:00 does not exist",
    ),
    _seed(
        103,
        "the first of two with one address",
        "ok",
        "2026-01-05-dup-a",
        post("dup"),
        published=read("dup"),
    ),
    _seed(
        104,
        "the second of two with one address",
        "warn",
        "2026-01-06-dup-b",
        post("dup", title="dup, the second"),
        said="",
    ),
    _seed(
        105,
        "no front matter",
        "error",
        "2026-01-05-no-front-matter",
        "# A title\n\nText\n",
        said="it has neither front matter nor a linked heading: it is no post",
        line=1,
    ),
    _seed(
        106,
        "front matter without an end",
        "error",
        "2026-01-05-unclosed",
        f"---\ntitle: Unclosed\ndate: 2026-01-05\nlink: {address('unclosed')}\nText goes on\nand on\n",
        said="its front matter has no closing line",
        line=1,
    ),
    _seed(
        106,
        "front matter without an end, where a blank line ends it",
        "warn",
        "2026-01-05-nearly-unclosed",
        post("nearly-unclosed").replace("---\nText", "\nText"),
        published=read("nearly-unclosed", content_html="<p>Text</p>"),
        said="line 5: the front matter has no closing line; it was taken to end here",
    ),
    _seed(
        107,
        "words that YAML takes for values",
        "ok",
        "2026-01-05-types",
        post("types", "author: 010", "tags: [yes, 12:30:45, 1e3]", title="no"),
        published=read("types", title="no", authors=[{"name": "010"}], tags=["yes", "12:30:45", "1e3"]),
    ),
    _seed(
        108,
        "deep nesting",
        "error",
        "2026-01-05-deep",
        post("deep", f"a: {'[' * 3_000}{']' * 3_000}"),
        said="nested deeper than 20 levels",
        line=5,
    ),
    _seed(
        109,
        "an alias bomb",
        "error",
        "2026-01-05-aliases",
        post("aliases", "a0: &a0 [ha, ha]", _LEVELS, title="*a8"),
        said="uses an alias, *a8",
        line=2,
    ),
    _seed(
        110,
        "a Python tag",
        "error",
        "2026-01-05-python-tag",
        post("python-tag", 'run: !!python/object/apply:os.system ["echo run"]'),
        said="uses a tag, tag:yaml.org,2002:python/object/apply:os.system",
        line=5,
    ),
    _seed(
        111,
        "a key that stands twice",
        "warn",
        "2026-01-05-dup-keys",
        post("dup-keys", "title: dup-keys again"),
        published=read("dup-keys", title="dup-keys again"),
        said="line 5: title stands twice; the last one counts",
    ),
    _seed(
        112,
        "Windows line ends and a mark",
        "ok",
        "2026-01-05-crlf-bom",
        b"\xef\xbb\xbf" + post("crlf-bom").replace("\n", "\r\n").encode(),
        published=read("crlf-bom", content_html="<p>Text</p>"),
    ),
    _seed(
        113,
        "script in the body",
        "ok",
        "2026-01-05-script",
        post("script", text="Text <script>alert(1)</script><img src=x onerror=alert(1)>"),
        published=read("script", content_html='<p>Text <img src="https://seeds.example/x"></p>'),
    ),
    _seed(
        114,
        "a date in the future",
        "warn",
        "2099-01-01-future",
        post("future", date="2099-01-01 10:00:00 +0000"),
        said="its date lies in the future: it is held back until 2099-01-01 10:00 UTC",
    ),
    _seed(115, "an empty file", "error", "empty", b"", said="it is empty"),
    _seed(116, "binary data", "error", "binary", bytes(range(256)) * 8, said="it is a binary file"),
    _seed(
        117,
        "a link that is no web address",
        "error",
        "2026-01-05-unsafe-link",
        post("unsafe").replace(address("unsafe"), "javascript:alert(1)"),
        said="its link is no http(s) address: javascript:alert(1)",
    ),
)


def numbers(rows: Iterable[Bad | BadSeed]) -> set[int]:
    """Give the numbers of rows."""
    return {row.number for row in rows}
