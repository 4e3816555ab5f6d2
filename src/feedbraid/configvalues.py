"""The values of a configuration: text to meaning, one function a kind.

Each takes a text as the operator wrote it and raises ValueError with a message for them: what is wrong and what
would be right. Most give the text back, so that a form can hold it, tidied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from importlib.util import find_spec
from ipaddress import ip_network
from typing import Literal
from urllib.parse import unquote
from zoneinfo import ZoneInfo, available_timezones

from feedbraid import text, urls
from feedbraid.addresses import is_database, place_name
from feedbraid.directory import CATEGORIES
from feedbraid.guard import read_allowance
from feedbraid.model import Cron, Interval, Schedule
from feedbraid.podcast import MAIL
from feedbraid.policy import CRON_ALIASES, slots
from feedbraid.posts import has_dotted_host

SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=31)
"""Of an interval: the scheduler takes anything later for the mistake of a wrong clock."""
WIDEST = timedelta(days=1)
"""Of what is added to an interval."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_FORGOTTEN_SCHEME = re.compile(r"www\.|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?::[0-9]+)?/")
_INTERVAL = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")
_SPAN = re.compile(r"(?:([0-9]{1,5})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,7})m)?")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PROXY = re.compile(
    r"https?://(?:[^\s/?#@:]+:[^\s/?#@]*@)?(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?/?", re.ASCII
)
_LISTENING_HOST = re.compile(r"[A-Za-z0-9.-]++|(?=[0-9A-Fa-f]*+:)[0-9A-Fa-f:.]++")
_SCRYPT = re.compile(r"scrypt:([0-9]{1,6}):([0-9]{1,2}):([0-9]{1,2}):[A-Za-z0-9_-]{11,86}:[A-Za-z0-9_-]{43}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,200}")
_OUR_HEADERS = frozenset(
    {
        *("host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "trailer", "expect"),
        *("accept-encoding", "if-none-match", "if-modified-since", "range", "proxy-authorization"),
    }
)
"""Either HTTP breaks with another value, or the answer could not be read or recognised."""

_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def nearest(wrong: str, right: Iterable[str]) -> str:
    """Name the value that was probably meant, else all that there are: the end of a message."""
    choices = list(right)
    close = get_close_matches(wrong, choices, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"there are: {', '.join(choices)}" if choices else "there are none"


def optional(check: Callable[[str], str]) -> Callable[[str], str]:
    """Make a check that lets an empty text pass: the setting is not used then."""
    return lambda value: check(value) if value.strip() else ""


def title_with(needed: str, *others: str) -> Callable[[str], str]:
    """Check a title with placeholders: it has to have the first one, and may have the others."""

    def checked(value: str) -> str:
        for found in re.findall(r"\{([^{}]*)\}", value):
            if found not in (needed, *others):
                known = ", ".join(f"{{{one}}}" for one in (needed, *others))
                raise ValueError(f"there is no {{{found}}} here; there are: {known}")
        if f"{{{needed}}}" not in value:
            raise ValueError(f"without {{{needed}}} all of them would have one title")
        return value

    return checked


TAKEN = frozenset({"admin", "healthz", "metrics", "status", "websub"})
"""The first segments of addresses at which the service answers for itself."""


def name(value: str) -> str:
    """Check the name of a source, a seed folder or a feed: it becomes part of paths and addresses."""
    if _NAME.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no name: use small letters a to z, digits, - and _, such as 'voa-news'")
    return value


def feed_name(value: str) -> str:
    """Check the name of a feed: where it would be, the service must not answer something else."""
    if value in TAKEN:
        raise ValueError(f"a feed can not be called {value!r}: `feedbraid start` answers for itself at /{value}")
    return name(value)


def location(value: str) -> str:
    """Check where a source is: an http(s) address, or the path of a feed file on this machine."""
    value = value.strip()
    if not value:
        raise ValueError("an address is needed here, such as https://news.example/feed.xml")
    if _SCHEME.match(value) or value.startswith("//"):
        return address(value)
    if _FORGOTTEN_SCHEME.match(value):
        raise ValueError(f"an address begins with https://; if {value!r} is a file, write ./{value}")
    return path(value)


def kind_of(place: str) -> Literal["web", "file"]:
    """Tell which kind of source reads a location."""
    return "web" if _SCHEME.match(place) else "file"


def address(value: str) -> str:
    """Check an address on the web: absolute, http or https, without user and password."""
    value = value.strip()
    found = _SCHEME.match(value)
    scheme = found[1].lower() if found else ""
    if scheme == "file":
        raise ValueError(f"a file is named by its path alone: {re.sub('^[^:]*:(?://)?', '', value)}")
    if scheme not in ("http", "https"):
        raise ValueError(f"{value!r} does not begin with https:// or http://, and nothing else can be asked")
    host_and_user = re.split("[/?#]", value.partition("//")[2], maxsplit=1)[0]
    if "@" in host_and_user:
        host = host_and_user.rpartition("@")[2]
        raise ValueError(f"an address can not carry a user name or password; write {scheme}://{host}/…")
    if re.search(r"\s", value) or not urls.uri_form(value):
        raise ValueError(f"{value!r} is no address of the web; one looks like https://news.example/feed.xml")
    return value


def public_address(value: str) -> str:
    """Check an address that is published, and give it in the form of a URI, as RSS and JSON Feed want it (N57)."""
    value = urls.uri_form(address(value))
    if "[" in value.partition("//")[2].partition("/")[0]:
        raise ValueError(f"{value!r} is no address that feed readers take: give the host by its name")
    return value


def cover(value: str) -> str:
    """Check the address of a picture that podcast directories show (N68)."""
    value = public_address(value)
    if not has_dotted_host(value):
        raise ValueError(f"{value!r} is no address that podcast players take: its host needs a name with dots")
    return value


def _bare_address(value: str, what: str, example: str) -> str:
    """Check a public address that others are put together with."""
    value = public_address(value)
    if "?" in value or "#" in value:
        raise ValueError(f"the address of {what} has neither ? nor #, such as {example}")
    return value


def seed_site(value: str) -> str:
    """Check the address that permalinks of seeds are relative to."""
    return _bare_address(value, "a site", "https://example.org/blog/")


def folder_address(value: str) -> str:
    """Check the public address of a folder; it gets the slash at its end."""
    value = _bare_address(value, "a folder", "https://example.org/feeds/")
    return value if value.endswith("/") else f"{value}/"


def path(value: str) -> str:
    """Check a path on this machine."""
    value = value.strip()
    if not value or "\0" in value or _SCHEME.match(value):
        raise ValueError(f"a path on this machine is needed here, such as seeds/, and {value!r} is none")
    return value


def store(value: str) -> str:
    """Check where a store is: a path on this machine, or the address of a PostgreSQL database."""
    value = value.strip()
    if not is_database(value):
        if _SCHEME.match(value):
            raise ValueError(
                "a path on this machine, or an address such as postgresql://host/database is needed here, and "
                f"{place_name(value)!r} is none"
            )
        return path(value)
    if find_spec("psycopg") is None:
        raise ValueError("a store in PostgreSQL needs more: pip install 'feedbraid[cluster]'")
    return value


_STORES = {"s3": "bucket", "gs": "bucket", "az": "container"}
"""Schemes of object stores, and what each calls its uppermost folders."""

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")


def destination(value: str) -> str:
    """Check where published files are brought: an object store, or a folder of this machine."""
    value = value.strip()
    scheme, there, rest = value.partition("://")
    if not there:
        return path(value)
    if scheme == "file":
        if not rest.startswith("/"):
            raise ValueError("a folder is named by its path from the top: file:///srv/feeds, or /srv/feeds alone")
        return path(unquote(rest))
    if scheme not in _STORES:
        known = "s3://bucket/prefix, gs://bucket/prefix, az://container/prefix, or the path of a folder"
        raise ValueError(f"nothing can be sent to {scheme}://; write {known}")
    name, _, prefix = rest.partition("/")
    if "@" in name:
        raise ValueError(f"a key does not belong here; write {scheme}://{name.rpartition('@')[2]}, and see key")
    if _BUCKET.fullmatch(name) is None:
        raise ValueError(f"{name!r} is no name of a {_STORES[scheme]}; write {scheme}://name/prefix")
    parts = prefix.rstrip("/").split("/") if prefix else []
    if any(part in ("", ".", "..") for part in parts) or re.search(r"[?#%\\\s]", prefix):
        raise ValueError(f"{prefix!r} is no path in a {_STORES[scheme]}; one looks like feeds or site/feeds")
    return f"{scheme}://{'/'.join((name, *parts))}"


def endpoint(value: str) -> str:
    """Check the address of a service that speaks S3: a scheme and a host."""
    value = address(value).rstrip("/")
    if re.search(r"[?#]", value) or value.count("/") > 2:
        raise ValueError(f"{value!r} is no endpoint: it has a host alone, such as https://s3.example.org:9000")
    return value


def every(value: str) -> str:
    """Check a schedule."""
    schedule(value)
    return value


def interval(value: str) -> str:
    """Check a span of time."""
    pause(value)
    return value


def pause(value: str) -> timedelta:
    """Read "30m", "1h30m" or "1d"."""
    found = schedule(value)
    if not isinstance(found, Interval):
        raise ValueError(f"a span of time such as 12h or 1d is needed, and {value!r} is a cron line")  # noqa: TRY004
    return found.every


def span(value: str) -> timedelta:
    """Read an age such as "30d" or "1d12h", however long. Raises ValueError with a message for the operator."""
    found = _SPAN.fullmatch("".join(value.split()).lower())
    if value.strip().isdigit():
        raise ValueError(
            f"{value!r} lacks its unit: write {value.strip()}d for days, or {value.strip()}h for hours"
        )
    if found is None or not any(int(part or 0) for part in found.groups()):
        raise ValueError(f"{value!r} is no span of time: one looks like 30d, 12h or 1d12h")
    days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)


def age(value: str) -> str:
    """Check a span of time, however long."""
    span(value)
    return value


def spread(value: str) -> str:
    """Check a span of time that may be none."""
    breadth(value)
    return value


def breadth(value: str) -> timedelta:
    """Read "5m", or "0" for none."""
    if not value.strip(" 0dhms"):
        return timedelta()
    found = pause(value)
    if found > WIDEST:
        raise ValueError(f"{value!r} is too long: at most 1d")
    return found


def seconds(value: str) -> timedelta:
    """Read a short span, such as "30s" or "1m30s": from 2 seconds to an hour."""
    found = _INTERVAL.fullmatch("".join(value.split()).lower())
    if found is None or not found[0]:
        raise ValueError(f"{value!r} is no short span of time: one looks like 30s or 1m")
    days, hours, minutes, some = (int(part or 0) for part in found.groups())
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=some)
    if not timedelta(seconds=2) <= span <= timedelta(hours=1):
        raise ValueError(f"{value!r} is out of bounds: at least 2s, at most 1h")
    return span


def short(value: str) -> str:
    """Check a short span."""
    seconds(value)
    return value


def mail(value: str) -> str:
    """Check a mail address."""
    value = value.strip().removeprefix("mailto:")
    if MAIL.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no mail address such as me@example.org")
    return value


def podcast_category(value: str) -> str:
    """Check a category of a podcast: one name, or two with > between them."""
    parts = [part.strip() for part in value.split(">")]
    if len(parts) > 2 or not all(parts):
        raise ValueError(f"{value!r} is no category: write News, or News > Politics")
    if parts[0] not in CATEGORIES:
        raise ValueError(f"directories have no category {parts[0]!r}; {nearest(parts[0], CATEGORIES)}")
    if len(parts) > 1 and parts[1] not in CATEGORIES[parts[0]]:
        choices = sorted(CATEGORIES[parts[0]])
        raise ValueError(f"directories have no {parts[1]!r} in {parts[0]}; {nearest(parts[1], choices)}")
    return " > ".join(parts)


def schedule(value: str) -> Schedule:
    """Read "30m", "1h30m", "1d", "90s", a cron line of five fields, or @hourly, @daily, @weekly and the like.

    A cron line is in UTC, unless the name of a time zone follows it.
    """
    fields = value.split()
    if value.strip().startswith("@") or len(fields) > 3:
        return _cron(fields)
    found = _INTERVAL.fullmatch("".join(fields).lower())
    if found is None or not found[0]:
        unit = f"; {value!r} lacks its unit" if value.strip().isdigit() else ""
        raise ValueError(f"a time such as 30m, 1h or 1d, or a cron line such as '40 * * * *', is needed{unit}")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if (
        not SHORTEST.total_seconds()
        <= days * 86400 + hours * 3600 + minutes * 60 + seconds
        <= LONGEST.total_seconds()
    ):
        raise ValueError(f"{value!r} is out of bounds: at least 1m, at most 31d")
    return Interval(every=timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds))


def _cron(fields: list[str]) -> Cron:
    named = len(fields) > 1 and fields[-1][0].isalpha() and len(fields) != 5
    line = _cron_line(" ".join(fields[:-1] if named else fields))
    return Cron(line=line, zone=zone(fields[-1])) if named else Cron(line=line)


def _cron_line(line: str) -> str:
    plain = CRON_ALIASES.get(line, line)
    if plain.startswith("@"):
        raise ValueError(f"{line!r} is no schedule; {nearest(line, CRON_ALIASES)}")
    if len(plain.split()) != 5:
        raise ValueError(f"a cron line has five fields (minute hour day month weekday), and {line!r} has not")
    try:
        comes = next(slots(Cron(line=plain), _ANY_DAY), None)
    except ValueError as error:
        raise ValueError(f"{line!r} is no cron line: {error}") from error
    if comes is None:
        raise ValueError(f"{line!r} never comes")
    return line


def zone(value: str) -> str:
    """Check the name of a time zone."""
    try:
        ZoneInfo(value)
    except (KeyError, OSError, ValueError):
        close = get_close_matches(value, sorted(available_timezones()), n=1) or ["Asia/Shanghai"]
        raise ValueError(f"{value!r} is no time zone; did you mean {close[0]!r}?") from None
    return value


def language(value: str) -> str:
    """Check a language tag (N73)."""
    tag = text.language_tag(value)
    if not tag:
        raise ValueError(f"{value!r} is no language tag; one looks like en, en-GB or zh-Hans")
    return tag


def authority(value: str) -> str:
    """Check the authority of minted ids (RFC 4151, 2.1): a domain or a mail address of the operator."""
    value = value.strip()
    domain = value.rpartition("@")[2]
    if _DOMAIN.fullmatch(domain) is None or (domain != value and _MAIL.fullmatch(value) is None):
        raise ValueError(f"{value!r} is neither a domain in small letters nor a mail address, such as example.org")
    return value


def contact(value: str) -> str:
    """Check how operators of sources reach us: an address on the web or a mail address."""
    value = value.strip()
    if _MAIL.fullmatch(value.removeprefix("mailto:")) is None and not urls.uri_form(value):
        raise ValueError(f"{value!r} is neither an https address nor a mail address")
    return value if value.isascii() else urls.uri_form(value)


def allowance(value: str) -> str:
    """Check a private host that may be asked."""
    try:
        read_allowance(value)
    except ValueError as error:
        raise ValueError(f"{error}; write 'nas.local', '127.0.0.1:8799' or '10.0.0.0/8'") from None
    return value.strip()


def header_name(value: str) -> str:
    """Check the name of a request header: none that HTTP or the fetcher itself needs."""
    if _TOKEN.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no name of a header, such as Authorization")
    if value.lower() in _OUR_HEADERS:
        raise ValueError(f"the header {value} is feedbraid's own business; leave it out")
    return value


def header_value(value: str) -> str:
    """Check the value of a request header; it may be secret and is not repeated."""
    stripped = value.strip()
    if not stripped or any(not (" " <= char <= "~" or "\xa0" <= char <= "\xff") for char in stripped):
        raise ValueError("a header needs a value of one line in Latin letters")
    return stripped


def credentials(value: str) -> str:
    """Check a user name and a password; they are not repeated."""
    if ":" not in value.strip(":") or not value.isprintable():
        raise ValueError('write "user:password", and the password as ${NAME}, from the environment')
    return value


def web_address(value: str) -> str:
    """Check the address of something on the web, which may have a secret in it and is not repeated."""
    value = value.strip()
    if not value.startswith(("http://", "https://")) or not urls.host_of(value) or not urls.is_iri(value):
        raise ValueError("write a whole address, such as https://hub.example/, or ${NAME}")
    return value


def proxy(value: str) -> str:
    """Check the address of a proxy, which may have a password in it and is not repeated."""
    if _PROXY.fullmatch(value.strip()) is None:
        raise ValueError("write an HTTP proxy as http://host:port, or http://user:password@host:port")
    return value.strip().rstrip("/")


def listening_host(value: str) -> str:
    """Check where a server listens: an address of this machine, or a name of it."""
    value = value.strip().removeprefix("[").removesuffix("]")
    if not _LISTENING_HOST.fullmatch(value):
        raise ValueError(f"{value!r} is no address of this machine; write 127.0.0.1, or 0.0.0.0 for all of them")
    return value


def trusted_proxy(value: str) -> str:
    """Check a proxy that is believed: its address, a network, or "unix" for whoever asks at the socket."""
    value = value.strip()
    try:
        return value if value == "unix" else str(ip_network(value))
    except ValueError:
        raise ValueError(f"{value!r} is no address such as 127.0.0.1 or 10.0.0.0/8, nor unix") from None


def user(value: str) -> str:
    """Check the name of a user (RFC 7617: it has no colon)."""
    if not value or ":" in value or not value.isprintable():
        raise ValueError("the name of a user is one line without a colon")
    return value


def password(value: str) -> str:
    """Check a password, or the hash of one; it is not repeated."""
    if not value or not value.isprintable():
        raise ValueError("a password is needed here: its hash, from `feedbraid serve --hash`, or ${NAME}")
    if not value.startswith("scrypt:"):
        return value
    found = _SCRYPT.fullmatch(value)
    cost, block, lanes = (int(number) for number in found.groups()) if found else (0, 0, 0)
    if cost < 2 or cost & (cost - 1) or not 0 < block * lanes * cost * 128 <= 128 * 1024 * 1024:
        raise ValueError("this is no hash of a password; make one with `feedbraid serve --hash`")
    return value


def secret(value: str) -> str:
    """Check what makes an address secret; it is not repeated."""
    if not _SECRET.fullmatch(value):
        raise ValueError("a secret has 16 to 200 letters, digits, - and _, and is best given as ${NAME}")
    return value


def host(value: str) -> str:
    """Check the name of a host."""
    found = urls.host_of(f"https://{value.strip()}/")
    if not found or re.search(r"[/?#@:\s]", value.strip()):
        raise ValueError(f"{value!r} is no host; one looks like www.youtube.com")
    return found


def feed_id(value: str) -> str:
    """Check the id of a feed: an absolute IRI (RFC 4287, 4.2.6), such as tag:example.org,2026:news."""
    if not urls.is_iri(value):
        raise ValueError(f"{value!r} is no id: it has to be an IRI, such as tag:example.org,2026:news")
    return value
