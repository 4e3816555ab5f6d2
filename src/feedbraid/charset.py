"""Bytes to text: which character set a document is in, and what to do when it is not quite that one.

The order is byte order mark, declaration, HTTP header, UTF-8. RFC 7303 would put the header first, but servers
name one set for all their files alike. Labels mean what browsers take them for (WHATWG Encoding): the wider set.
Bytes that read as UTF-8 are UTF-8 whatever the label. A few bad bytes are replaced; they never make the whole
document another one.
"""

from __future__ import annotations

import re

from feedbraid.nouns import dataclass

_LABELS = """
utf-8: unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
cp866: 866 cp866 csibm866 ibm866
iso8859-2: csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
iso8859-3: csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
iso8859-4: csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
iso8859-5: csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
iso8859-6: arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i
iso8859-6: iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
iso8859-7: csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7
iso8859-7: iso_8859-7:1987 sun_eu_greek
iso8859-8: csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-8859-8-i iso-ir-138
iso8859-8: iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 logical visual
iso8859-10: csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso8859-13: iso-8859-13 iso8859-13 iso885913
iso8859-14: iso-8859-14 iso8859-14 iso885914
iso8859-15: csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9
iso8859-16: iso-8859-16
koi8-r: cskoi8r koi koi8 koi8-r koi8_r
koi8-u: koi8-ru koi8-u
mac-roman: csmacintosh mac macintosh x-mac-roman
mac-cyrillic: x-mac-cyrillic x-mac-ukrainian maccyrillic
cp855: cp855 csibm855 ibm855
cp874: dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
cp1250: cp1250 windows-1250 x-cp1250
cp1251: cp1251 windows-1251 x-cp1251
cp1252: ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1
cp1252: iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
cp1253: cp1253 windows-1253 x-cp1253
cp1254: cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5
cp1254: windows-1254 x-cp1254
cp1255: cp1255 windows-1255 x-cp1255
cp1256: cp1256 windows-1256 x-cp1256
cp1257: cp1257 windows-1257 x-cp1257
cp1258: cp1258 windows-1258 x-cp1258
gb18030: chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk
big5hkscs: big5 big5-hkscs cn-big5 csbig5 x-x-big5
euc-jp: cseucpkdfmtjapanese euc-jp x-euc-jp
iso2022-jp: csiso2022jp iso-2022-jp
cp932: csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
cp949: cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949
"""
"""The labels of the WHATWG Encoding standard, and two sets that feeds were seen to declare: IBM855, MacCyrillic.

Labels of UTF-16 and UTF-32 are missing on purpose: those are told by the bytes, and a document that declares
"utf-16" in readable bytes is something else.
"""

CODECS = {
    label: codec
    for codec, _, labels in (line.partition(": ") for line in _LABELS.strip().splitlines())
    for label in labels.split()
}
"""Python codec by lower-case label. No other codec is ever used: some take quadratic time, some run escapes."""

_UTF8_MARK = b"\xef\xbb\xbf"
_MARKS = (
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xff\xfe", "utf-16-le"),
    (_UTF8_MARK, "utf-8"),
)
_STARTS = (
    (re.compile(rb"\x00\x00\x00[<\s]"), "utf-32-be"),
    (re.compile(rb"[<\s]\x00\x00\x00"), "utf-32-le"),
    (re.compile(rb"\x00[<\s]\x00"), "utf-16-be"),
    (re.compile(rb"[<\s]\x00[^\x00]\x00"), "utf-16-le"),
)

_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})")
_META = re.compile(rb"<meta[^>]{1,200}?charset\s*+=\s*+(?:[\"']\s*+)?([\w.:-]{1,40})", re.IGNORECASE)
_META_BYTES = 4096
"""Browsers look at 1,024 bytes; some pages state it later."""
_HTTP = re.compile(r";\s*+charset\s*+=\s*+(?:[\"']\s*+)?([\w.:-]{1,40})", re.IGNORECASE)

_FREQUENT = (
    ("gb18030", 0.15, "的一是不了在人有我他这中大来上国，。年日为时会"),
    ("big5hkscs", 0.15, "的一是不了在人有我他這中大來上國，。年日為時會"),
    ("cp932", 0.15, "のにはをたがでてとしれさいるもな、。ー"),
    ("euc-jp", 0.15, "のにはをたがでてとしれさいるもな、。ー"),
    ("cp949", 0.15, "이다의는을에고가하한도로지사를"),
    ("cp1251", 0.5, "оеаинтсрвлкмдп"),
    ("koi8-r", 0.5, "оеаинтсрвлкмдп"),
    ("cp1253", 0.5, "αοιετσνηυρπκμς"),
    ("cp1255", 0.5, "יוהלמראבשתנםדע"),
    ("cp1256", 0.5, "الينمرتوبةعدسف"),
    ("cp874", 0.5, "านรอกเงมยลวดท่้"),
)
"""What text in each set is largely made of, beside ASCII, and how large a part that must be for a guess."""

_WESTERN_RUN = 1.6
"""Letters with accents stand alone among ASCII ones: the longest mean run of high bytes in windows-1252."""

_HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 100_000
_MENDABLE = 200
"""One bad byte among so many may be replaced where nothing better is known."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, the Python codec it was read with, and what had to be said about that, or nothing."""

    text: str
    codec: str
    warning: str = ""


def decode(data: bytes, content_type: str = "") -> Decoded | None:
    """Read a document. None when no set fits and none can be guessed: better an error than silent garbage."""
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return _marked(data[len(mark) :], codec)
    for start, codec in _STARTS:
        if start.match(data):
            return Decoded(data.decode(codec, "replace"), codec, f"no byte order mark, read as {codec}")
    return _decode_unmarked(data, _labels(data, content_type))


def utf8_of(data: bytes, content_type: str = "") -> bytes | None:
    """Give the bytes behind the byte order mark when a document states UTF-8, or nothing, or is ASCII; else None.

    Where they are UTF-8, `decode` has nothing to say about them.
    """
    if data.startswith(_UTF8_MARK):
        return data[len(_UTF8_MARK) :]
    if any(data.startswith(mark) for mark, _ in _MARKS) or any(start.match(data) for start, _ in _STARTS):
        return None
    codecs = {CODECS.get(label, "") for label in _labels(data, content_type)}
    return data if codecs <= {"utf-8"} or (data.isascii() and not codecs & {"", "iso2022-jp"}) else None


def decode_page(data: bytes, content_type: str = "") -> str:
    """Read a page as browsers do: by byte order mark, HTTP header, meta element; but UTF-8 wherever it fits."""
    http, meta = _HTTP.search(f";{content_type}"), _META.search(data, 0, _META_BYTES)
    for label in filter(None, [http[1] if http else "", meta[1].decode("ascii") if meta else ""]):
        found = decode(data, f"; charset={label}")
        if found is not None and found.codec in ("utf-8", CODECS.get(label.lower())):
            return found.text
    found = decode(data)
    return found.text if found else data.decode("cp1252", "replace")


def _marked(data: bytes, codec: str) -> Decoded:
    text = data.decode(codec, "replace")
    warning = f"{codec[:6].upper()}, which few programs read" if codec.startswith("utf-32") else ""
    return Decoded(
        text, codec, _bad_bytes(text.count("\ufffd"), codec) if _has_bad_bytes(data, codec) else warning
    )


def _labels(data: bytes, content_type: str) -> list[str]:
    """Give the labels that are stated, the document's own first."""
    declared = _DECLARATION.search(data, 0, 400_000)
    http = _HTTP.search(content_type)
    found = [declared.group(1).decode("ascii", "replace") if declared else "", http.group(1) if http else ""]
    return [label.lower() for label in found if label]


def _decode_unmarked(data: bytes, labels: list[str]) -> Decoded | None:
    known = [label for label in labels if label in CODECS]
    unknown = [label for label in labels if label not in CODECS and not label.startswith(("utf-16", "utf-32"))]
    codecs = list(dict.fromkeys(CODECS[label] for label in known))
    if data.isascii() and "iso2022-jp" not in codecs:
        return Decoded(data.decode("ascii"), "utf-8", _unknown(unknown))
    found = _as_utf8(data, known[0] if known else "utf-8")
    found = found or next(filter(None, (_fits(data, codec) for codec in codecs)), None)
    if found is None:
        return _guess(data, labels)
    return Decoded(found.text, found.codec, found.warning or _unknown(unknown) or _contradiction(known))


def _contradiction(labels: list[str]) -> str:
    """Say that the server names another character set than the document, which is believed."""
    own, *http = labels or [""]
    other = next((label for label in http if CODECS[label] != CODECS[own]), "")
    return f"the server says {other}, the document {own}" if other else ""


def _unknown(labels: list[str]) -> str:
    return f"the character set {labels[0]!r} is unknown or unsafe and was not used" if labels else ""


def _as_utf8(data: bytes, label: str) -> Decoded | None:
    """Read as UTF-8 when nearly all of it is; when UTF-8 is stated, when more of it is than not."""
    stated = CODECS[label] == "utf-8"
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd") if _has_bad_bytes(data, "utf-8") else 0
    good = _beyond_ascii(text) - bad
    if bad * (1 if stated else 10) > good or (not good and not stated):
        return None
    if bad:
        return Decoded(text, "utf-8", _bad_bytes(bad, "utf-8"))
    return Decoded(text, "utf-8", "" if stated else f"declared as {label}, but it is UTF-8")


def _fits(data: bytes, codec: str) -> Decoded | None:
    """Read with a stated codec, with at most one bad byte among ten characters beyond ASCII."""
    text = data.decode(codec, "replace")
    if not _has_bad_bytes(data, codec):
        return Decoded(text, codec)
    bad = text.count("\ufffd")
    good = _beyond_ascii(text) - bad
    return Decoded(text, codec, _bad_bytes(bad, codec)) if codec != "utf-8" and bad * 10 <= good else None


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _has_bad_bytes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except UnicodeDecodeError:
        return True
    return False


def _bad_bytes(count: int, codec: str) -> str:
    return f"{count} bad characters in the {codec} text were replaced"


def _guess(data: bytes, labels: list[str]) -> Decoded | None:
    """Choose windows-1252 for what looks western, else the set whose frequent characters make up the most."""
    sample = data[:_SAMPLE]
    likely = [
        (score, codec) for codec, least, often in _FREQUENT if (score := _score(sample, codec, often)) >= least
    ]
    western = _looks_western(sample)
    if not western and not likely:
        return _mend(data)
    codec = "cp1252" if western else max(likely)[1]
    stated = f"not {labels[0]} as stated" if labels else "no character set is stated"
    return Decoded(data.decode(codec, "replace"), codec, f"{stated}; guessed {codec}")


def _mend(data: bytes) -> Decoded | None:
    """Read as UTF-8 what is nearly all ASCII: then little is lost, whatever the rest was meant to be."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return Decoded(text, "utf-8", _bad_bytes(bad, "utf-8")) if bad * _MENDABLE <= len(data) else None


def _score(data: bytes, codec: str, frequent: str) -> float:
    beyond_ascii = [char for char in data.decode(codec, "replace") if not char.isascii()]
    good = sum(char in frequent for char in beyond_ascii)
    return (good - 2 * beyond_ascii.count("\ufffd")) / max(len(beyond_ascii), 1)


def _looks_western(data: bytes) -> bool:
    runs = _HIGH_BYTES.findall(data)
    bad = data.decode("cp1252", "replace").count("\ufffd")
    return bool(runs) and not bad and sum(map(len, runs)) <= _WESTERN_RUN * len(runs)
