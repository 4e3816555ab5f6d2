"""What is wrong with an instance and its machine, judged by facts that others gather: one check each, with advice.

A warning may be meant so, or passes by itself; trouble keeps feedbraid from its work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median_low
from typing import Literal

from feedbraid.nouns import dataclass
from feedbraid.records import Publishing
from feedbraid.text import counted, minute, roughly

Level = Literal["ok", "warning", "trouble"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: what it is, how it is, and what to do when it is not well."""

    level: Level
    what: str
    finding: str
    advice: str = ""


def ok(what: str, finding: str) -> Check:
    """Say that something is well."""
    return Check("ok", what, finding)


# --- what it runs on --------------------------------------------------------------------------------------

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]{1,100})(?:\[[^\]]*\])?\s*\(?([^;()]*)\)?\s*(;.*)?", re.DOTALL)
_CONDITION = re.compile(r"(>=|<=|==|!=|~=|<|>)\s*([0-9][0-9A-Za-z.+!-]{0,60})")


@dataclass(frozen=True, slots=True)
class Library:
    """A package that is needed: its name, the versions that will do, and the version that is there, or ""."""

    name: str
    wanted: str
    installed: str


def requirement(text: str) -> tuple[str, str] | None:
    """Give name and versions of a requirement as package metadata state it; None for one of an extra."""
    found = _REQUIREMENT.match(text)
    if found is None or "extra" in (found[3] or ""):
        return None
    return found[1], found[2].strip()


def satisfies(version: str, wanted: str) -> bool:
    """Tell whether a version is one of those wanted, such as ">=1.0,<2"; what is not understood is well."""
    have = _numbers(version)
    return all(_TESTS[sign](have, _numbers(limit)) for sign, limit in _CONDITION.findall(wanted))


_Numbers = tuple[int, ...]

_TESTS: Mapping[str, Callable[[_Numbers, _Numbers], bool]] = {
    ">=": lambda have, limit: have >= limit,
    "<=": lambda have, limit: have <= limit,
    ">": lambda have, limit: have > limit,
    "<": lambda have, limit: have < limit,
    "==": lambda have, limit: have == limit,
    "!=": lambda have, limit: have != limit,
    "~=": lambda have, limit: have >= limit,
}


def _numbers(version: str) -> _Numbers:
    """Give the numbers of a version, without zeros at the end: 1.0 is 1."""
    numbers = [int(part) for part in re.findall(r"\d{1,18}", re.split(r"[^0-9.]", version, maxsplit=1)[0])]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def check_python(version: str, wanted: str) -> Check:
    """Judge the version of Python; `wanted` is empty when that is not known."""
    if satisfies(version, wanted):
        return ok("Python", version)
    return Check(
        "trouble", "Python", f"{version}, and {wanted} is needed", "install feedbraid under a later Python"
    )


def check_libraries(libraries: Sequence[Library]) -> Check:
    """Judge what is installed against what is needed."""
    if not libraries:
        return ok("libraries", "not known: feedbraid is not installed as a package")
    missing = [one.name for one in libraries if not one.installed]
    wrong = [
        f"{one.name} {one.installed} ({one.wanted} is needed)"
        for one in libraries
        if one.installed and not satisfies(one.installed, one.wanted)
    ]
    if not missing and not wrong:
        return ok("libraries", f"all {len(libraries)} are there, in versions that will do")
    found = [*wrong, *(f"{name} is missing" for name in missing)]
    advice = "install feedbraid anew, from where you had it: what it needs comes along"
    return Check("trouble", "libraries", ", ".join(found), advice)


PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that other programs go by, and feedbraid does not."""


def check_environment(environment: Mapping[str, str], *, has_proxy: bool = False) -> tuple[Check, ...]:
    """Judge the environment: what is set there and changes what is done, or does not although it should."""
    what, names = "environment", {name.upper() for name, value in environment.items() if value}
    found = []
    if "FEEDBRAID_NOW" in names:
        finding = "FEEDBRAID_NOW is set: every run takes that for the time"
        found.append(Check("warning", what, finding, "unset it, unless you rehearse"))
    proxies = [one for one in PROXIES if one in names]
    if proxies and not has_proxy:
        finding = f"{', '.join(proxies)}: set, and not heeded; sources are asked without a proxy"
        found.append(Check("warning", what, finding, "if they can be reached through a proxy only: fetch.proxy"))
    certificates = [one for one in CERTIFICATES if one in names]
    if certificates:
        finding = f"{', '.join(certificates)}: set, and not heeded; the usual authorities are trusted"
        found.append(
            Check("warning", what, finding, "https sources with a certificate of your own can not be read")
        )
    return tuple(found) or (ok(what, "no variable is set that would mislead"),)


def check_files(limit: int, parallel: int) -> Check:
    """Judge how many files may be open at once; `parallel` hosts are asked at a time."""
    needed = 2 * parallel + 64
    if limit < 0 or limit >= needed:
        return ok("open files", "no limit" if limit < 0 else f"up to {limit}")
    finding = f"up to {limit}, and {needed} may be needed: {counted(parallel, 'host')} are asked at a time"
    return Check(
        "warning", "open files", finding, f"raise the limit (ulimit -n {needed}), or lower fetch.parallel"
    )


def check_zones(*, has_data: bool) -> Check:
    """Judge whether the machine knows the time zones of the world."""
    if has_data:
        return ok("time zones", "known")
    finding = "the machine has no data of time zones, so none but UTC can be used"
    return Check("trouble", "time zones", finding, "install the package tzdata, of the system or of pip")


# --- the clock --------------------------------------------------------------------------------------------

_BEHIND = timedelta(minutes=2)
"""Clocks of machines that are looked after differ by less."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Something that happened at a time, and has to be in the past."""

    what: str
    moment: datetime


def check_clock(now: datetime, traces: Iterable[Trace]) -> Check:
    """Judge the clock by what can not have happened yet."""
    later = max(traces, key=lambda one: one.moment, default=None)
    if later is None or later.moment <= now + _BEHIND:
        return ok("clock", f"it is {minute(now)}")
    finding = f"it says {minute(now)}, but {later.what} is of {minute(later.moment)}"
    return Check("trouble", "clock", finding, "set the clock, and have it set by the network (NTP)")


def check_time_of_others(now: datetime, seen: Sequence[Seen]) -> Check | None:
    """Compare the clock with those of the hosts that answered: most of them are right."""
    offsets = [one.date - now for one in seen if one.date is not None]
    if not offsets:
        return None
    offset = median_low(offsets)
    if abs(offset) <= _BEHIND:
        return ok("time", "as others have it")
    ahead = "behind" if offset > timedelta() else "ahead of"
    finding = (
        f"this clock says {minute(now)}; it is {roughly(int(abs(offset).total_seconds()))} {ahead} those of others"
    )
    return Check("warning", "time", finding, "set the clock, and have it set by the network (NTP)")


# --- files and disks --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """A folder, or the nearest one above it that there is."""

    what: str
    path: str
    exists: bool
    is_folder: bool
    """What is there, or what is nearest, is a folder."""
    is_readable: bool
    is_writable: bool
    needs_writing: bool = True


def check_folder(folder: Folder) -> Check:
    """Judge whether a folder can be used for what it is for."""
    if not folder.is_folder:
        finding = f"{folder.path} is no folder"
        return Check("trouble", folder.what, finding, f"move {folder.path} away, or name another folder")
    if not folder.exists and not folder.needs_writing:
        return Check("trouble", folder.what, f"there is no {folder.path}", "make it, or correct its name")
    advice = f"give the user that runs feedbraid the right to it, or mount its disk anew: ls -ld {folder.path}"
    if not folder.is_readable:
        return Check("trouble", folder.what, f"{folder.path} can not be read", advice)
    if folder.needs_writing and not folder.is_writable:
        return Check("trouble", folder.what, f"{folder.path} can not be written to", advice)
    if not folder.exists:
        return ok(folder.what, f"{folder.path} is not there yet; the first run makes it")
    return ok(folder.what, f"{folder.path} can be {'written to' if folder.needs_writing else 'read'}")


_NO_ROOM, _LITTLE_ROOM = 4 * 1024 * 1024, 100 * 1024 * 1024
_FEW_FILES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """The disk that holds something: free bytes, and how many more files it takes; None when it has no limit."""

    holds: str
    free: int
    files: int | None


def check_disk(disk: Disk) -> Check:
    """Judge how much room there is."""
    what = f"disk of {disk.holds}"
    room = f"{size(disk.free)} free"
    if disk.files is not None and disk.files < _FEW_FILES:
        level: Level = "trouble" if disk.files < 10 else "warning"
        return Check(level, what, f"room for {counted(disk.files, 'more file')} only", "delete files (df -i)")
    if disk.free < _NO_ROOM:
        return Check("trouble", what, f"it is full: {room}", "make room (df -h); nothing is lost until then")
    if disk.free < _LITTLE_ROOM:
        return Check("warning", what, f"it is nearly full: {room}", "make room (df -h)")
    return ok(what, room)


def size(count: int) -> str:
    """Write a number of bytes for people."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


# --- store, lock and schedule -----------------------------------------------------------------------------

_LARGE_LOG = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """How the store is: its size, None when there is none; that of its write-ahead log; why it can not be used."""

    path: str
    size: int | None
    log: int = 0
    fault: str = ""


def check_store(store: StoreFacts) -> Check:
    """Judge the store, which has been opened and has been checked by itself."""
    if store.fault:
        advice = "" if "recover" in store.fault else "nothing was changed; the message says what is in the way"
        return Check("trouble", "store", store.fault, advice or "feedbraid recover")
    if store.size is None:
        return ok("store", f"{store.path} is not there yet; the first run makes it")
    finding = f"{store.path} is sound, {size(store.size)}"
    if store.log <= _LARGE_LOG:
        return ok("store", finding)
    return Check(
        "warning",
        "store",
        f"{finding}, and its write-ahead log has {size(store.log)}",
        "some program holds the store open for long (fuser -v on it tells which); the log shrinks when it ends",
    )


def check_lock(holder: str) -> Check:
    """Judge who makes a pass just now; `holder` is empty when nobody does."""
    if not holder:
        return ok("lock", "no run is going on")
    if re.search(r"(?:hour|day)s?$", holder):
        advice = "see what it waits for, and end it if it hangs: the lock is let go of then"
        return Check("warning", "lock", f"a run has been going on for long ({holder})", advice)
    return ok("lock", f"a run is going on ({holder})")


_LATE = timedelta(hours=2)


def check_schedule(now: datetime, last: datetime | None, dues: Sequence[datetime]) -> Check:
    """Judge whether runs are made: `dues` are the times at which sources were or are to be asked next."""
    if last is None:
        return ok("schedule", "no source has been asked yet")
    first = min(dues, default=now)
    ago = f"the last source was asked {roughly(int((now - last).total_seconds()))} ago"
    if now - first <= _LATE:
        return ok("schedule", ago)
    finding = f"{ago}, although one is due since {minute(first)}"
    advice = "is cron, the timer or the service running? crontab -l; systemctl list-timers; or: feedbraid run"
    return Check("warning", "schedule", finding, advice)


def check_findings(what: str, errors: int, warnings: int, count: str) -> Check:
    """Sum up what `feedbraid check` finds."""
    if errors or warnings:
        finding = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
        return Check("trouble" if errors else "warning", what, finding, f"feedbraid check --{what}")
    return ok(what, count)


def check_publishing(known: Publishing, left_out: int) -> Check:
    """Judge whether the place to which files are brought has them; `left_out` feeds are not for everybody."""
    if known.behind is not None:
        finding = f"behind since {minute(known.behind)}, {counted(known.waiting, 'file')} waiting: {known.trouble}"
        return Check("warning", "publishing", finding, "`feedbraid run` and `feedbraid build` try it again")
    if not known.state:
        return ok("publishing", f"nothing was sent to {known.place} yet; the next run does it")
    unsent = f"; of {counted(left_out, 'feed')} nothing is sent, as not everybody may read it" if left_out else ""
    return ok("publishing", f"{known.place} has all that was written{unsent}")


def check_way_to_place(place: str, reason: str, advice: str) -> Check:
    """Judge whether the place to which files are brought can be reached; `reason` says why not, or nothing."""
    if reason:
        return Check("trouble", "publishing", f"{place}: {reason}", advice)
    return ok("publishing", f"{place} answers")


# --- the network ------------------------------------------------------------------------------------------

_SOON = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of asking one host: what it said, or why it said nothing."""

    host: str
    failure: str = ""
    date: datetime | None = None
    """Its own time, as its answer states it."""
    expires: datetime | None = None
    """Of its certificate; None without TLS."""


def check_host(one: Seen, now: datetime) -> Check:
    """Judge one host of a source."""
    what = f"host {one.host}"
    if one.failure:
        advice = "feedbraid preview with the address of the source tells more; if it moved, name the new one"
        return Check("warning", what, one.failure, advice)
    if one.expires is not None and one.expires - now < _SOON:
        finding = f"its certificate is valid until {minute(one.expires)} only"
        return Check("warning", what, finding, "most renew themselves in time; else its operator has to be told")
    secure = f", certificate valid until {one.expires:%Y-%m-%d}" if one.expires else ""
    return ok(what, f"answers{secure}")


def check_way_out(seen: Sequence[Seen], hosts: int) -> Check:
    """Judge whether the machine reaches anybody; there was not always time to ask all `hosts`."""
    answered = sum(not one.failure for one in seen)
    if answered:
        left = f"; no time was left to ask {hosts - len(seen)}" if hosts > len(seen) else ""
        return ok("way out", f"{answered} of {counted(hosts, 'host')} answered{left}")
    finding = "the host of the sources does not answer" if len(seen) == 1 else "none of the hosts answers"
    advice = "is the machine on the network, does it resolve names, is a proxy needed (fetch.proxy)?"
    return Check("trouble", "way out", finding, advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Our own document, as its public address gives it: why it does not, or what it says of itself."""

    url: str
    failure: str = ""
    is_ours: bool = False
    """It has the id of the one that was written here."""
    is_same: bool = False
    """It is that one, byte for byte."""
    updated: str = ""
    expected: str = ""


def check_address(address: str, default: str) -> Check:
    """Judge the public address that feeds name as their own."""
    if address != default:
        return ok("site.url", address)
    finding = f"it is {address}, the default: feeds say that they are there"
    return Check("warning", "site.url", finding, "set it to where the output folder is published")


def check_published(one: Published) -> Check:
    """Judge whether readers get what is written here."""
    advice = "is site.url where the output folder is published, and is what is written here brought there?"
    if one.failure:
        return Check("warning", "address", f"{one.url} can not be read: {one.failure}", advice)
    if one.is_same:
        return ok("address", f"{one.url} is what was written here")
    if not one.is_ours:
        return Check("warning", "address", f"{one.url} is another document than what was written here", advice)
    if one.updated == one.expected:
        return ok("address", f"{one.url} is ours, of {one.updated}")
    finding = f"{one.url} is ours, but of {one.updated}, and what was written here is of {one.expected}"
    return Check("warning", "address", finding, advice)
