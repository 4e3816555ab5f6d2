"""Dates as they are written in feeds and posts, to aware UTC whole seconds and back (N14..N17, N20).

The text decides, by patterns of our own; the parser's reading counts only where the text bears it out (N16).
What means nothing certain stays unread. Nothing here knows what day it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from feedbraid.model import RawDate
from feedbraid.nouns import dataclass

LONGEST = 200
"""Characters: a longer text is no date."""

_Reading = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class DateReading:
    """A date in aware UTC whole seconds, or None. `note` begins with the number of the rule that it is about."""

    value: datetime | None
    note: str = ""


def read_date(raw: RawDate, *, zone: str = "UTC", earliest: int = 1990) -> DateReading:
    """Read a date as stated. Where it names no zone, or one that nobody knows, it is in the IANA `zone` (N17).

    A year before `earliest` counts as missing (N20). Raises ZoneInfoNotFoundError or ValueError when `zone`
    is none; nothing that stands in `raw` raises.
    """
    home = UTC if zone == "UTC" else ZoneInfo(zone)
    stated = raw.text.strip()
    reading = _at_a_glance(stated)
    if reading is None:
        text = _plain(stated) if len(stated) <= LONGEST else ""
        believed = None if _FILLED_FROM_CLOCK.match(stated) else raw.parsed
        reading = _stated(text, home) or _borne_out(text, believed)
    if reading is None:
        return DateReading(None, f"N15 not read as a date: {stated[:60]!r}" if stated else "")
    value, note = reading
    if value.year < earliest:
        return DateReading(None, f"N20 before {earliest}, counts as missing: {stated!r}")
    return DateReading(value, note)


# --- writing ----------------------------------------------------------------------------------------------

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TO_THE_SECOND = len("2021-01-27T14:41:19")


def rfc3339(d: datetime) -> str:
    """Write a date as Atom and JSON Feed do (N14): `2021-01-27T14:41:19Z`. Raises ValueError for a naive one."""
    return _utc(d).isoformat()[:_TO_THE_SECOND] + "Z"


def rfc822(d: datetime) -> str:
    """Write a date as RSS does (N14): `Wed, 27 Jan 2021 14:41:19 GMT`. Raises ValueError for a naive one."""
    u = _utc(d)
    day = f"{_DAYS[u.weekday()]}, {u.day:02} {_MONTHS[u.month - 1]} {u.year:04}"
    return f"{day} {u.hour:02}:{u.minute:02}:{u.second:02} GMT"


def _utc(d: datetime) -> datetime:
    if d.tzinfo is None:
        raise ValueError(f"the date {d} has no zone")
    return d if d.tzinfo is UTC else d.astimezone(UTC)


# --- the text, made plain ---------------------------------------------------------------------------------

_ASIDES = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_COMMENT = re.compile(r"\s#.*", re.DOTALL)
_SIGNS = str.maketrans("\u2010\u2011\u2012\u2013\u2212،", "-----,")
_QUOTES = " '\"‘’“”"
_EAST_DAY = re.compile(r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日号號일]")
_EAST_WEEKDAY = re.compile(
    r"(?<=\d),? *(?:(?:星期|周|週|礼拜|禮拜)[一二三四五六日天]|[日月火水木金土]曜日?|[일월화수목금토]요일)"
)
_EAST_TIME = re.compile(r"(\d{1,2}) ?[时時点點시](?: ?(\d{1,2}) ?[分분](?: ?(\d{1,2}) ?[秒초])?)?")
_ERA = re.compile(r"(令和|平成|民[國国]) ?(元|\d{1,3}) ?(?=年)")
_ERAS = {"令和": (2018, 99), "平成": (1988, 31), "民國": (1911, 199), "民国": (1911, 199)}
"""The year before the first one, and how many there are or may be."""
_EAST_HALF = re.compile(r"(?:(上午|午前|오전|凌晨|早上)|下午|午後|오후) ?(\d{1,2}(?::\d\d){1,2})")


def _plain(text: str) -> str:
    """Lower case, no accents, quotes, asides or YAML comment, one form for every kind of sign and blank."""
    text = _COMMENT.sub("", text)
    if not text.isascii():
        text = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
        text = "".join(c for c in text if unicodedata.category(c) != "Mn")
        text = _western(unicodedata.normalize("NFC", text).translate(_SIGNS))
    return " ".join(_ASIDES.sub("", text.lower()).split()).strip(_QUOTES).replace(" ,", ",")


def _western(text: str) -> str:
    """Write `2026年1月5日 下午3时20分` as `2026-1-5 3:20 pm`, and join the two words of some Arabic months."""
    text = _ERA.sub(_common_year, _ASIDES.sub("", text))
    text = _EAST_WEEKDAY.sub(" ", _EAST_DAY.sub(r"\1-\2-\3 ", text))
    text = text.replace("كانون ال", "كانونال").replace("تشرين ال", "تشرينال")
    text = _EAST_TIME.sub(lambda t: f"{t[1]}:{(t[2] or '0'):0>2}:{(t[3] or '0'):0>2}", text)
    return _EAST_HALF.sub(lambda t: f"{t[2]} {'am' if t[1] else 'pm'}", text)


def _common_year(found: re.Match[str]) -> str:
    """Count the years of an era that is written out as those of the Common Era: 令和6 is 2024."""
    before, last = _ERAS[found[1]]
    year = 1 if found[2] == "元" else int(found[2])
    return str(before + year) if 0 < year <= last else found[0]


# --- names ------------------------------------------------------------------------------------------------

_MONTH_ROWS = (
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber mrz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "január február március április május június július augusztus szeptember október november december",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "januar februar marts april maj juni juli august september oktober november december",
    "januar februar mars april mai juni juli august september oktober november desember",
    "januari februari maret april mei juni juli agustus september oktober november desember",
    (
        "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου "
        "ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου"
    ),
    (
        "ιανουάριος φεβρουάριος μάρτιος απρίλιος μάιος ιούνιος "
        "ιούλιος αύγουστος σεπτέμβριος οκτώβριος νοέμβριος δεκέμβριος"
    ),
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "كانونالثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرينالأول تشرينالثاني كانونالأول",
    "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر",
    "一月 二月 三月 四月 五月 六月 七月 八月 九月 十月 十一月 十二月",
    "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
    "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
)
_WHOLE_ROWS = (
    (
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta "
        "heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta"
    ),
)
"""Names that count only as a whole: cut short, Finnish November would be March elsewhere."""


@cache
def _month_names() -> dict[str, int]:
    """Every beginning of three letters and more that is of one month only, in whatever language."""
    months = {name: {number} for row in _WHOLE_ROWS for number, name in enumerate(_plain(row).split(), start=1)}
    for row in _MONTH_ROWS:
        for number, name in enumerate(_plain(row).split(), start=1):
            for end in range(min(3, len(name)), len(name) + 1):
                months.setdefault(name[:end], set()).add(number)
    return {name: min(numbers) for name, numbers in months.items() if len(numbers) == 1}


_ZONE_ROWS = """
    0 ut utc gmt z wet etc/utc etc/gmt a b c d e f g h i k l m n o p q r s t u v w x y
    +1 cet mez met bst wat  +2 cest mesz mest eet sast cat  +3 eest msk trt eat idt  +4 msd gst  +3:30 irst
    +5 pkt  +5:30 ist  +7 ict wib  +8 hkt sgt awst pht  +9 jst kst  +9:30 acst  +10 aest  +10:30 acdt  +11 aedt
    +12 nzst  +13 nzdt  +1 west  -2:30 ndt  -3 brt art adt  -3:30 nst  -4 edt ast  -5 est cdt  -6 cst mdt
    -7 mst pdt  -8 pst akdt  -9 akst  -10 hst
"""


def _zones() -> dict[str, timedelta]:
    zones, offset = {}, timedelta(0)
    for word in _ZONE_ROWS.split():
        if word[0] in "+-0123456789":
            offset = _offset(word)
        else:
            zones[word] = offset
    return zones


def _offset(text: str) -> timedelta:
    """Read `+0900`, `-8:00`, `-08` or `-4`; at most 15:59 either way."""
    digits = text.lstrip("+-").replace(":", "")
    hours, minutes = (digits[:-2], digits[-2:]) if len(digits) > 2 else (digits, "0")
    if int(hours) > 15 or int(minutes) > 59:
        raise ValueError(f"no zone is {text} away")
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return -size if text.startswith("-") else size


_ZONES = _zones()


# --- the day ----------------------------------------------------------------------------------------------

_LEAD = r"(?:[^\W\d_]+(?:-[^\W\d_]+)*(?: |[.,]{1,2} ?))?"
_NAME = r"(?P<m>[^\W\d_]{2,20}|\d{1,2}[月월])\.?"
_WEEKDAY = r"(?:(?P<wd>[^\W\d_]+)\.?,? ?)?"
_NTH = r"(?:st|nd|rd|th|er|o|\.)?"
_OF = r"(?:de |del |of )?"
_YEAR = r"(?P<y>\d{4})"
_MONTH = r"(?P<m>\d{1,2})"
_DAY = r"(?P<d>\d{1,2})"


def _by_number(found: re.Match[str]) -> date:
    return date(int(found["y"]), int(found["m"]), int(found["d"]))


def _by_name(found: re.Match[str]) -> date:
    month = _month_names().get(found["m"])
    if month is None:
        raise ValueError(f"no month is called {found['m']}")
    return date(_full_year(found["y"]), month, int(found["d"]))


def _full_year(text: str) -> int:
    """A year of two or three digits as RFC 5322 4.3 has it: 00 to 49 are of this century, 100 is 2000."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if len(text) == 2 and year < 50 else 1900)


def _by_week(found: re.Match[str]) -> date:
    return date.fromisocalendar(int(found["y"]), int(found["w"]), int(found["n"]))


def _by_count(found: re.Match[str]) -> date:
    day = date(int(found["y"]), 1, 1) + timedelta(days=int(found["n"]) - 1)
    if day.year != int(found["y"]):
        raise ValueError(f"no year has a day {found['n']}")
    return day


def _either_way(found: re.Match[str]) -> date:
    """Read `05/03/2019` where only one order makes a date, or where the weekday tells."""
    first, second, year = int(found["a"]), int(found["b"]), int(found["y"])
    days = {date(year, month, day) for month, day in ((first, second), (second, first)) if month <= 12}
    if len(days) > 1:
        days = {day for day in days if (found["wd"] or "").startswith(_DAYS[day.weekday()].lower())}
    if len(days) != 1:
        raise ValueError("day or month first: nobody knows")
    return days.pop()


_READERS: tuple[tuple[Callable[[re.Match[str]], date], tuple[str, ...]], ...] = (
    (
        _by_number,
        (
            rf"{_LEAD}{_YEAR}(?P<s>[-/]){_MONTH}(?P=s){_DAY}",  # ISO 8601, and what resembles it
            rf"{_YEAR}(?P<m>\d\d)(?P<d>\d\d)",
            rf"{_LEAD}{_DAY}\. ?{_MONTH}\. ?{_YEAR}",
            rf"{_YEAR}\. ?{_MONTH}\. ?{_DAY}\.?",
        ),
    ),
    (_by_week, (rf"{_YEAR}-?w(?P<w>\d\d)-?(?P<n>\d)",)),
    (_by_count, (rf"{_YEAR}-(?P<n>\d{{3}})",)),
    (
        _by_name,
        (
            rf"{_LEAD}{_DAY}(?:{_NTH}[ /-]|\.){_OF}{_NAME},?[ /-]{_OF}(?P<y>\d{{2,4}})(?: ?[гrр]\.)?",  # RFC 5322
            rf"{_LEAD}{_NAME} {_DAY}(?P<rest> \d\d?:\d\d(?::\d\d)?(?: [a-z]+| [+-]\d{{4}})?) {_YEAR}",  # asctime
            rf"{_LEAD}{_NAME} {_DAY}{_NTH} ?,? ?{_YEAR}",
            rf"{_YEAR}(?:[ -]|[.,] ?){_NAME}[ -]{_DAY}\.?",
        ),
    ),
    (_either_way, (rf"{_WEEKDAY}(?P<a>\d{{1,2}})(?P<s>[/-])(?P<b>\d{{1,2}})(?P=s){_YEAR}",)),
)


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], date]], ...]:
    """Every way to write a day with its reader; no text has two of these shapes. What follows is the `rest`."""
    rest = r"(?P<rest>(?!\d).*)"
    return tuple(
        (re.compile(shape if "<rest>" in shape else shape + rest), read)
        for read, shapes in _READERS
        for shape in shapes
    )


# --- the time of day --------------------------------------------------------------------------------------

_WEEKDAYS = "mon|tue|wed|thu|fri|sat|sun|pazartesi|salı|carsamba|persembe|cuma|cumartesi|pazar"
_CLOCK = re.compile(
    rf"""
    (?: (?P<t>\ ?t\ ?) | _ | ,\ ?
      | ,?\ (?:(?:{_WEEKDAYS})[.,]?\ )? (?: [-@|]\  | (?:at|um|a|as|a\ las|alle|alle\ ore|om|kl\.?|в|о)\  )? )
    (?P<h> \d{{1,2}}(?=[:.]|\ ?h) | \d\d )
    (?: (?P<sep> : | \ ?h\ ? | (?(t)(?!)|\.(?=\d\d)) )?
        (?P<min> (?(sep)\d{{1,2}}|\d\d) )
        (?: (?(sep)(?:(?P=sep)|:)|:?) (?P<s> (?(sep)\d{{1,2}}|\d\d) ) (?:[.,]\d*)? )?
      | (?(t)(?=z|[+-]|\Z)|(?!)) )
    (?: \ ?(?P<half>[ap]\.?\ ?m\b\.?|ص|م) )? (?:\ ?uhr\b|\ h\b)? \ ?(?P<zone>.*)
    """,
    re.VERBOSE,
)
_ZONE = re.compile(
    r"(?:(?:gmt|utc|ut) ?)?(?P<offset>[+-](?:\d{2}:?\d\d|\d{1,2}(?::\d\d)?))(?: ?(?P<echo>[a-z]+))?"
    r"|(?P<name>[a-z/_]+)"
)


def _at(day: date, rest: str, home: tzinfo) -> _Reading:
    """Give the moment on a day that the rest of the text says: midnight when it says nothing."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not rest.strip(" ,."):
        return _at_home(midnight, home), ""
    clock = _CLOCK.fullmatch(rest)
    if clock is None:
        raise ValueError(f"no time: {rest}")
    local = midnight + _since_midnight(clock)
    offset, note = _zone(clock["zone"])
    return (_at_home(local, home) if offset is None else local - offset), note


def _at_home(local: datetime, home: tzinfo) -> datetime:
    return local.replace(tzinfo=home).astimezone(UTC)


def _since_midnight(clock: re.Match[str]) -> timedelta:
    """Read hours to seconds: 24:00 ends the day, a leap second is the second before it (RFC 3339 5.7)."""
    hour, minute, second = int(clock["h"]), int(clock["min"] or 0), int(clock["s"] or 0)
    if clock["half"]:
        hour = _of_24(hour, afternoon=clock["half"][0] in "pم")
    if minute > 59 or second > 60 or (hour, minute, second) > (24, 0, 0):
        raise ValueError(f"no time of day: {clock[0]}")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _of_24(hour: int, *, afternoon: bool) -> int:
    if hour > 12 and not afternoon:
        raise ValueError(f"no hour of the morning: {hour}")
    return hour if hour > 12 else hour % 12 + (12 if afternoon else 0)


def _zone(text: str) -> tuple[timedelta | None, str]:
    """Read a zone as its offset, None when none is named; a name that nobody knows is noted (N17)."""
    if not text:
        return None, ""
    found = _ZONE.fullmatch(text)
    if found is None:
        raise ValueError(f"no zone: {text}")
    return _named(found["name"]) if found["name"] else (_counted(found["offset"], found["echo"]), "")


def _named(name: str) -> tuple[timedelta | None, str]:
    if name in _ZONES:
        return _ZONES[name], ""
    if len(name) < 3:
        raise ValueError(f"no zone, perhaps a half of the day: {name}")
    return None, f"N17 no zone is known as {name!r}"


_SHARED_NAMES = frozenset({"ast", "bst", "cst", "est", "ist"})
"""Names of zones in several parts of the world: the offset before them decides (`+0800 CST` is China)."""


def _counted(text: str, echo: str | None) -> timedelta:
    """Read an offset; a name behind it has to say the same: `-0800 PST` does, `-08:00 MST` does not."""
    offset = _offset(text)
    if echo and echo not in _SHARED_NAMES and _ZONES.get(echo) != offset:
        raise ValueError(f"{text} is not {echo}")
    return offset


# --- the whole --------------------------------------------------------------------------------------------

_PACKED = re.compile(
    r"((?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))((?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)"
)
_ZONE_LAST = re.compile(r"(.* \d\d?:\d\d:\d\d) (\d{4}) ([+-]\d{4})")
"""As git writes: the zone behind the year."""
_SINCE_1970 = re.compile(r"(\d{9,14})(?:\.\d+)?")
_MONTH_ONLY = re.compile(r"(\d{4})-(\d\d)")
_ENGLISH_MONTH = re.compile(rf"(?<![^\W\d_])({'|'.join(_MONTHS).lower()})")
_FILLED_FROM_CLOCK = re.compile(r"[\d-]|T\d")
"""How texts begin of which the parser reads any part as ISO 8601, and takes the rest from the clock."""
_TIME_AND_ZONE = re.compile(r"\d{1,2}:\d\d(?::\d\d)?(?:[.,]\d+)?(?: ?[+-]\d{1,2}:?\d{0,2})?")


_COMMON = re.compile(
    rf"""
    (?: (?: (?:{"|".join(_DAYS)}),\ )?
        (?P<d>[0-9]{{2}})\ (?P<name>{"|".join(_MONTHS)})\ (?P<y>(?:19|20)[0-9]{{2}})\x20
      | (?P<year>(?:19|20)[0-9]{{2}})-(?P<m>[0-9]{{2}})-(?P<day>[0-9]{{2}})T )
    (?P<h>[01][0-9]|2[0-3]):(?P<min>[0-5][0-9]):(?P<s>[0-5][0-9])
    (?: (?(name)\ GMT|(?:\.[0-9]{{1,9}})?Z)
      | (?(name)\ |) (?P<sign>[+-])(?P<zh>0[0-9]|1[0-4])(?(name)|:)(?P<zm>[0-5][0-9]) )
    """,
    re.VERBOSE,
)
"""What nearly all feeds write, as RFC 5322 and RFC 3339 have it."""
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, start=1)}


def _at_a_glance(text: str) -> _Reading | None:
    """Read the text in the two common forms, in which all is stated."""
    found = _COMMON.fullmatch(text)
    if found is None:
        return None
    d, name, y, year, m, day, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        month = _MONTH_NUMBERS[name] if name else int(m)
        local = datetime(int(y or year), month, int(d or day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    if not sign or hours == minutes == "00":
        return local, ""
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return (local - offset if sign == "+" else local + offset), ""


def _stated(text: str, home: tzinfo) -> _Reading | None:
    """Read the text by our own patterns (N15)."""
    if _PACKED.fullmatch(text):
        text = _PACKED.sub(r"\1 \2", text)
    if found := _ZONE_LAST.fullmatch(text):
        text = f"{found[1]} {found[3]} {found[2]}"
    try:
        return _moment(text, home)
    except (ValueError, OverflowError):
        return None


def _moment(text: str, home: tzinfo) -> _Reading | None:
    if counted := _SINCE_1970.fullmatch(text):
        seconds = int(counted[1]) // (1 if len(counted[1]) < 12 else 1000)
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds), ""
    for shape, read in _shapes():
        if found := shape.fullmatch(text):
            return _at(read(found), found["rest"], home)
    if half := _MONTH_ONLY.fullmatch(text):
        first = datetime(int(half[1]), int(half[2]), 1, tzinfo=UTC)
        return _at_home(first, home), "N15 only the month is stated: its first day"
    return None


def _borne_out(text: str, parsed: tuple[int, int, int, int, int, int] | None) -> _Reading | None:
    """Take the parser's reading if year, month and day all stand in the text, outside of its time (N16)."""
    if parsed is None:
        return None
    year, month, day = parsed[:3]
    bare = _TIME_AND_ZONE.sub(" ", text)
    stands = Counter(int(number) for number in re.findall(r"(?<!\d)\d{1,4}(?!\d)", bare))
    stands.update(_MONTHS.index(name.title()) + 1 for name in set(re.findall(_ENGLISH_MONTH, bare)))
    if year < 1990 or not Counter((year, month, day)) <= stands:
        return None
    try:
        return datetime(*parsed, tzinfo=UTC), "N16 read by the parser, and the text bears it out"
    except (ValueError, OverflowError):
        return None
