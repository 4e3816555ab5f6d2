"""Lists of sources that other programs keep: OPML, subs.json, the config.ini of a planet, a list of addresses.

Each is read as liberally as can be without guessing, and nothing is fetched. What can not be used is a value that
says where it stands and why.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from posixpath import normpath
from typing import Literal

from feedbraid import charset, configvalues, urls
from feedbraid.configedit import FeedChange, NewSource
from feedbraid.domains import registered_domain
from feedbraid.model import EntryKey, FeedSpec, OriginSpec
from feedbraid.nouns import dataclass
from feedbraid.tags import Tag, tags, unescaped
from feedbraid.text import one_line

Kind = Literal["opml", "subs", "venus", "list"]

KINDS: tuple[Kind, ...] = ("opml", "subs", "venus", "list")

MOST_BYTES = 20 * 1024 * 1024
MOST_SOURCES = 20_000
DEEPEST = 20
"""Folders in folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A source of a list."""

    url: str
    title: str = ""
    """What the list calls it; empty for nothing."""
    folders: tuple[str, ...] = ()
    """The titles of the folders it is in, the outermost first."""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Something in a list that is no source here."""

    line: int
    what: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriptions:
    """What a list says."""

    kind: Kind
    sources: tuple[Listed, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    title: str = ""
    """Of the whole; with the two below, only from files that speak of what they publish."""
    link: str = ""
    owner: str = ""
    remarks: tuple[str, ...] = ()
    """What else the file says that has no counterpart, and what takes its place."""


def read_subscriptions(content: bytes, kind: Kind | None = None) -> Subscriptions:
    """Read a list; of which kind it is shows in its content. Raises ValueError when it is none."""
    if len(content) > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 1024 // 1024} MiB")
    decoded = charset.decode(content)
    if decoded is None or "\x00" in decoded.text[:1000]:
        raise ValueError("this is no text: its character set can not be told")
    text = decoded.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = kind or _kind_of(text)
    read = _READERS[found](text)
    if not read.sources and not read.unusable:
        raise ValueError(f"there is no source in it (it was read as {_NAMES[found]})")
    return read


def _kind_of(text: str) -> Kind:
    start = text.lstrip()
    if start.startswith("<"):
        return "opml"
    if start.startswith("{") or re.match(r"\[\s*[\[{\"\]]", start):
        return "subs"
    return "venus" if re.search(r"^\[[^\[\]\n]+\]\s*$", text, re.MULTILINE) else "list"


_NAMES: Mapping[Kind, str] = {
    "opml": "OPML",
    "subs": "JSON",
    "venus": "the configuration of a planet",
    "list": "a list of addresses",
}


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


class _Gathered:
    """Sources in their order, each address once; and what can not be used."""

    def __init__(self, text: str) -> None:
        self._lines = _Lines(text)
        self.sources = list[Listed]()
        self.unusable = list[Unusable]()

    def add(self, stated: str, title: str, position: int, folders: tuple[str, ...] = ()) -> None:
        """Take an address as a list states it, or note why it can not be used."""
        line = self._lines.at(position)
        name = one_line(title)
        try:
            url = usable_address(stated)
        except ValueError as error:
            self.unusable.append(Unusable(line=line, what=name or one_line(stated), reason=str(error)))
            return
        if len(self.sources) >= MOST_SOURCES:
            self.leave_out(name or url, f"there are more than {MOST_SOURCES} sources", position)
            return
        is_title = name and name not in (stated, url)
        self.sources.append(Listed(url=url, title=name if is_title else "", folders=folders, line=line))

    def leave_out(self, what: str, reason: str, position: int) -> None:
        """Note what can not be used."""
        self.unusable.append(Unusable(line=self._lines.at(position), what=one_line(what), reason=reason))


class _Lines:
    """Positions to lines, for positions that grow."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known = (0, 1)

    def at(self, position: int) -> int:
        before, line = self._known if position >= self._known[0] else (0, 1)
        self._known = (position, line + self._text.count("\n", before, position))
        return self._known[1]


def usable_address(stated: str) -> str:
    """Give an address of the web as it can be asked. Raises ValueError with what is wrong with it."""
    address = stated.strip()
    if not address:
        raise ValueError("it has no address")
    lower = address.lower()
    if lower.startswith(("feed:http://", "feed:https://")):
        address = address[5:]
    elif lower.startswith("feed://"):
        address = f"http://{address[7:]}"
    return configvalues.address(address)


def same_source(place: str) -> EntryKey:
    """Give what addresses have in common that are one source: http or https, with a needless port, and so on."""
    return urls.entry_key(place.strip()) if "://" in place else EntryKey(normpath(place.strip()))


# --- names ------------------------------------------------------------------------------------------------

LONGEST_NAME = 40


def name_for(title: str, url: str, taken: Collection[str]) -> str:
    """Make a name for a source or a feed, which no other has: of its title, else of its address."""
    host = _host_name(url)
    path = _slug(f"{host} {re.sub('^[a-z]+://[^/?#]*', '', url, flags=re.IGNORECASE)}")
    choices = [*filter(None, (_telling(title), host if url else "", path if url else ""))] or ["feed"]
    for name in choices:
        if name not in taken:
            return name
    number = 2
    while f"{choices[0]}-{number}" in taken:
        number += 1
    return f"{choices[0]}-{number}"


def _telling(title: str) -> str:
    """Make a name of a title, unless most of its letters can not stand in a name, as in 美国之音 VOA."""
    name = _slug(title)
    letters = sum(character.isalnum() for character in title)
    kept = sum(character != "-" for character in name)
    return name if kept > 1 and (kept * 2 >= letters or kept >= LONGEST_NAME // 2) else ""


def _host_name(url: str) -> str:
    host = urls.host_of(url)
    if not host:
        return _slug(re.sub(r"\.[a-z]{1,5}$", "", url.rsplit("/", 1)[-1].lower()))
    owner = registered_domain(host)
    suffix = owner.partition(".")[2] if not owner.replace(".", "").isdecimal() else ""
    return _slug(host.removesuffix(f".{suffix}").removeprefix("www."))


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    slug = re.sub("[^a-z0-9]+", "-", re.sub("['’]", "", kept)).strip("-")
    if len(slug) > LONGEST_NAME:
        slug = slug[: LONGEST_NAME + 1].rpartition("-")[0] or slug[:LONGEST_NAME]
    return slug.strip("-")


# --- what is to be added ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a configuration has."""

    sources: tuple[OriginSpec, ...] = ()
    names: tuple[str, ...] = ()
    """Of all origins, folders of seeds too."""
    feeds: tuple[FeedSpec, ...] = ()
    """Those that it names; without any, one of everything is published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What a list brings to a configuration."""

    sources: tuple[NewSource, ...]
    feeds: tuple[FeedChange, ...]
    there: tuple[tuple[str, str], ...]
    """Addresses that stand in the configuration, each once, with the names they have there."""
    unpublished: tuple[str, ...]
    """Names of new sources that no feed shows: each feed names the sources that it shows."""


def planned(listed: Sequence[Listed], known: Known, feed: str = "") -> Additions:
    """Decide what to add: sources that are not there yet, and a feed for each folder, or the one that is named.

    A feed that shows everything needs no addition.
    """
    names = {same_source(place): spec.name for spec in known.sources for place in spec.locations}
    taken = {*known.names, *names.values()}
    new, there = list[NewSource](), dict[str, str]()
    before = frozenset(names)
    folders: dict[tuple[str, ...], dict[str, None]] = {}
    for one in listed:
        key = same_source(one.url)
        if key in before:
            there.setdefault(names[key], one.url)
        if key not in names:
            names[key] = name_for(one.title, one.url, taken)
            taken.add(names[key])
            new.append(NewSource(name=names[key], url=one.url, title="" if one.title == names[key] else one.title))
        for depth in range(1, len(one.folders) + 1):
            folders.setdefault(one.folders[:depth], {})[names[key]] = None
    if feed:
        every = dict.fromkeys(names[same_source(one.url)] for one in listed)
        changes = [FeedChange(name=feed, origins=tuple(every))]
    else:
        changes = list(_folder_feeds(folders, known, {names[same_source(one.url)] for one in listed}))
    return added(new, changes, known, [(url, name) for name, url in there.items()])


def added(
    sources: Sequence[NewSource],
    changes: Sequence[FeedChange],
    known: Known,
    there: Sequence[tuple[str, str]] = (),
) -> Additions:
    """Give what is to be added, without what changes nothing."""
    feeds = tuple(_needed(changes, known))
    shown = {name for change in feeds for name in change.origins}
    shows_all = any(not spec.ranked for spec in known.feeds) or not known.feeds
    hidden = [] if shows_all else [one.name for one in sources if one.name not in shown]
    return Additions(sources=tuple(sources), feeds=feeds, there=tuple(there), unpublished=tuple(hidden))


def _folder_feeds(
    folders: Mapping[tuple[str, ...], Collection[str]], known: Known, everything: Collection[str]
) -> Iterator[FeedChange]:
    """Make a feed of each folder, but of one called `all` that has all in it: there is such a feed anyway."""
    titles = {spec.title: spec.name for spec in known.feeds if spec.title}
    taken = {spec.name for spec in known.feeds} | configvalues.TAKEN | ({EVERYTHING} if not known.feeds else set())
    for path, origins in folders.items():
        title, name = path[-1], _slug(path[-1])
        if name == EVERYTHING and not known.feeds and set(everything) <= set(origins):
            continue
        if title in titles:
            name = titles[title]
        elif name not in {spec.name for spec in known.feeds}:
            name = name_for(title if name not in taken else " ".join(path), "", taken)
        taken.add(name)
        titles.setdefault(title, name)
        yield FeedChange(name=name, title=title, origins=tuple(origins))


EVERYTHING = "all"
"""The name of the feed that there is when none is named."""


def _needed(changes: Sequence[FeedChange], known: Known) -> Iterator[FeedChange]:
    """Leave out what changes nothing; where the first feeds are named, that of everything has to be named, too."""
    present = {spec.name: spec for spec in known.feeds}
    merged: dict[str, FeedChange] = {}
    for one in changes:
        before = merged.get(one.name, replace(one, origins=()))
        merged[one.name] = replace(before, origins=tuple(dict.fromkeys((*before.origins, *one.origins))))
    if not known.feeds and merged.pop(EVERYTHING, None) is None and merged:
        yield FeedChange(name=EVERYTHING)
    for name, one in merged.items():
        spec = present.get(name)
        shown = spec.origins if spec else ()
        origins = tuple(origin for origin in one.origins if origin not in shown)
        if origins and (spec is None or spec.ranked):
            yield replace(one, origins=origins)


# --- OPML -------------------------------------------------------------------------------------------------


def _read_opml(text: str) -> Subscriptions:
    gathered, folders, left = _Gathered(text), list[str | None](), set[str]()
    head, is_in_body, root = dict[str, str](), False, ""
    for tag in tags(text):
        root = root or tag.name
        if tag.name == "body":
            is_in_body = True
        if tag.name in ("title", "ownername") and not tag.closing and not is_in_body:
            end = text.find("<", tag.end)
            head.setdefault(tag.name, one_line(unescaped(text[tag.end : end if end >= 0 else len(text)])))
        if tag.name == "outline":
            _read_outline(tag, gathered, folders, left)
    if root != "opml":
        raise ValueError(_NO_OPML.get(root, "this is XML, but no OPML"))
    left |= set() if re.search(r"</opml\s*>", text, re.IGNORECASE) else {"end"}
    remarks = [_OPML_REMARKS[name] for name in _OPML_REMARKS if name in left]
    return Subscriptions(
        kind="opml",
        sources=tuple(gathered.sources),
        unusable=tuple(gathered.unusable),
        title=head.get("title", ""),
        owner=head.get("ownername", ""),
        remarks=tuple(remarks),
    )


_A_FEED = "this is a feed itself, no list of feeds: `feedbraid add FILE` makes it a source"
_NO_OPML = {
    "rss": _A_FEED,
    "feed": _A_FEED,
    "rdf:rdf": _A_FEED,
    "html": "this is a web page, no list of feeds: `feedbraid add URL` finds the feed of a page",
}
_OPML_REMARKS = {
    "category": "categories of sources were left out: folders are what becomes feeds",
    "include": "lists in other files (type include) are not fetched: import each of them by itself",
    "link": "links to pages that are no feeds were left out",
    "end": "the file has no end: sources that stood there may be missing",
}


def _read_outline(tag: Tag, gathered: _Gathered, folders: list[str | None], left: set[str]) -> None:
    """Read the beginning or end of an outline; `folders` are open outlines, None for one that is no folder."""
    if tag.closing:
        del folders[-1:]
        return
    stated = tag.attributes
    url = stated.get("xmlurl", "").strip()
    title = stated.get("title", "").strip() or stated.get("text", "").strip()
    kind = stated.get("type", "").strip().lower()
    is_feed = bool(url) or kind in ("rss", "atom", "feed")
    if is_feed:
        inside = tuple(islice(filter(None, folders), DEEPEST))
        gathered.add(url or stated.get("url", ""), title, tag.start, inside)
    elif kind in ("include", "link"):
        left.add(kind)
    if is_feed and stated.get("category", "").strip():
        left.add("category")
    if not tag.empty:
        folders.append(None if is_feed else one_line(title) or None)


# --- JSON -------------------------------------------------------------------------------------------------

_TITLE_KEYS = ("name", "title", "text", "label", "site")
_URL_KEYS = ("feed", "feed_url", "feedurl", "xmlurl", "rss", "url", "link", "href")
_FOLDER_KEYS = ("folder", "group", "category")


def _read_subs(text: str) -> Subscriptions:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" in line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"this is no JSON{place}") from None
    gathered, places = _Gathered(text), _Places(text)
    title = ""
    if isinstance(whole, dict) and "items" in whole and "jsonfeed" in str(whole.get("version", "")):
        raise ValueError(_A_FEED)
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list)]
        title = _title_in(whole) if lists else ""
        whole = lists[0] if len(lists) == 1 else whole
    if isinstance(whole, dict):
        for name, value in whole.items():
            _read_member(name, value, gathered, places)
    for item in whole if isinstance(whole, list) else ():
        _read_item(item, gathered, places)
    return Subscriptions(
        kind="subs", sources=tuple(gathered.sources), unusable=tuple(gathered.unusable), title=one_line(title)
    )


class _Places:
    """Where texts stand in a JSON document, looked for in the order in which they were read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._done = 0

    def of(self, value: str) -> int:
        """Give where a text stands; where the last one did, when it is written in another way."""
        written = json.dumps(value, ensure_ascii=False)
        at = self._text.find(written, self._done) if value else -1
        self._done = at if at >= 0 else self._done
        return self._done


def _read_member(name: str, value: object, gathered: _Gathered, places: _Places) -> None:
    position = places.of(name)
    if isinstance(value, dict):
        stated = {key.lower(): one for key, one in value.items()}
        gathered.add(_first(stated, _URL_KEYS), _title_in(stated) or name, position)
    elif isinstance(value, str):
        gathered.add(value, name, position)
    elif isinstance(value, list):
        for item in value:
            _read_item(item, gathered, places, (one_line(name),))
    else:
        gathered.leave_out(name, "an address is needed here", position)


def _read_item(item: object, gathered: _Gathered, places: _Places, folders: tuple[str, ...] = ()) -> None:
    if isinstance(item, str):
        gathered.add(item, "", places.of(item), folders)
    elif isinstance(item, dict):
        stated = {key.lower(): value for key, value in item.items()}
        title, url = _title_in(stated), _first(stated, _URL_KEYS)
        folder = one_line(_first(stated, _FOLDER_KEYS))
        inside = folders or ((folder,) if folder else ())
        gathered.add(url, title, min(places.of(one) for one in (title, url)), inside)
    elif isinstance(item, list) and len(item) == 2 and all(isinstance(one, str) for one in item):
        title, url = sorted(item, key=lambda one: "://" in one)
        gathered.add(url, title, places.of(title), folders)
    else:
        gathered.leave_out(str(item)[:60], "a name and an address are needed here", places.of(""))


def _title_in(stated: Mapping[str, object]) -> str:
    """Give the name of a source; `site` is one in some lists, and an address in others."""
    titles = (_first(stated, (key,)) for key in _TITLE_KEYS)
    return next((title for title in titles if title and "://" not in title), "")


def _first(stated: Mapping[str, object], keys: Sequence[str]) -> str:
    return next((value for key in keys if isinstance(value := stated.get(key), str) and value.strip()), "")


# --- the configuration of a planet ------------------------------------------------------------------------

_SECTION = re.compile(r"\[([^\n]+)\](?:\s*[#;].*)?")
_PLANET = frozenset({"planet", "venus"})
_NO_SOURCE = re.compile(r"\.(?:tmpl|xslt?|py|plugin|sed|genshi|html|xml|dj)$|^(?:filters?|theme|_)", re.IGNORECASE)

_COUNTERPARTS: Mapping[str, str] = {
    "filters filter filter_directories exclude require": "filters: see `keep`, `drop` in docs/filters.md",
    "template_files output_theme template_directories bill_of_materials": "templates: pages are made without any",
    "items_per_page days_per_page": "items_per_page, days_per_page: set `limit` of a feed",
    "new_feed_items": "new_feed_items: set `max_per_source` of a feed",
    "cache_directory output_dir cache_keep_entries": "folders: see `store` and `output`",
    "feed_timeout spider_threads http_cache_directory": "how sources are asked: see `fetch`",
    "activity_threshold log_level log_format": "health and logs: see `health`, and `feedbraid status`",
    "pubsubhubbub_hub pubsubhubbub_feeds": "the hub: write it as `websub: {hubs: …}`",
    "xml_base future_dates date_format new_date_format encoding locale": "dates and addresses are mended anyway",
    "ignore_in_feed name_type title_type summary_type content_type": "ids, dates and types are mended anyway",
}
_TAKEN = frozenset({"name", "title", "link", "owner_name", "owner_email", "feed", "url"})


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    options: dict[str, str]
    position: int


def _read_venus(text: str) -> Subscriptions:
    gathered, others = _Gathered(text), list[str]()
    planet, used = dict[str, str](), set[str]()
    for section in _sections(text):
        options, name = section.options, section.name
        url = name if "://" in name else options.get("feed") or options.get("url", "")
        if name.lower() in _PLANET:
            planet |= options
            used |= options.keys() - {"filter_directories"}
        elif name.upper() == "DEFAULT":
            used |= options.keys() & {"filters"}
        elif "opml" in options.get("content_type", "") or "foaf" in options.get("content_type", ""):
            gathered.leave_out(name, "it is a list of other sources: import it by itself", section.position)
        elif url:
            title = options.get("name") or options.get("title") or ("" if url == name else name)
            gathered.add(url, title, section.position)
            used |= options.keys()
        elif _NO_SOURCE.search(name) or not options:
            others.append(name)
        else:
            gathered.leave_out(name, "it has no address", section.position)
    return Subscriptions(
        kind="venus",
        sources=tuple(gathered.sources),
        unusable=tuple(gathered.unusable),
        title=one_line(planet.get("name", "")),
        link=planet.get("link", "").strip(),
        owner=one_line(planet.get("owner_name", "")),
        remarks=tuple(_venus_remarks(used - _TAKEN, others)),
    )


def _sections(text: str) -> Iterator[_Section]:
    """Give the sections; what is set off more than an option goes on with its value."""
    section, position, option, column = _Section("", {}, 0), 0, "", 0
    for line in text.split("\n"):
        found = _SECTION.fullmatch(line.rstrip())
        blanks = len(line) - len(line.lstrip())
        if found:
            yield from [section] if section.name else []
            section, option = _Section(found[1].strip(), {}, position), ""
        elif option and blanks > column and line.strip():
            section.options.update({option: f"{section.options[option]} {line.strip()}"})
        elif not line.lstrip().startswith(("#", ";", "[")):
            (option, value), column = _option(line), blanks
            section.options.update({option: value} if option else {})
        position += len(line) + 1
    yield from [section] if section.name else []


def _option(line: str) -> tuple[str, str]:
    """Read a line such as `name = value` or `name: value`, whichever of the two marks comes first."""
    mark = min((mark for mark in "=:" if mark in line), key=line.index, default="")
    if not mark:
        return "", ""
    name, _, value = line.partition(mark)
    return name.strip().lower(), value.partition(" ;")[0].strip()


def _venus_remarks(used: Collection[str], others: Sequence[str]) -> Iterator[str]:
    for names, words in _COUNTERPARTS.items():
        known = set(names.split()) & set(used)
        used = set(used) - known
        if known:
            yield words
    unknown = sorted(name for name in used if not re.search("[^a-z_]", name))
    if unknown:
        yield f"nothing here corresponds to: {', '.join(unknown[:20])}"
    if others:
        yield f"sections about filters and templates were left out: {', '.join(others[:20])}"


# --- a list -----------------------------------------------------------------------------------------------

_ADDRESS = re.compile(r"(?:feed:)?(?:https?|feed)://[^\s\"<>]+", re.IGNORECASE)
_COLUMN = re.compile(r"[,;|\t] *+\"?$")
"""What stands before an address in a table, where a name comes first."""


def _read_list(text: str) -> Subscriptions:
    gathered, position = _Gathered(text), 0
    for line in text.split("\n"):
        stated = re.sub(r"(?:^|\s)#.*", "", line).strip()
        found = _ADDRESS.search(stated)
        if found is not None:
            before = stated[: found.start()]
            if _COLUMN.search(before):
                gathered.add(re.split("[,;|]", found[0])[0], before.strip(' \t,;|"'), position)
            else:
                gathered.add(
                    found[0].rstrip(",;|"), _title_behind(stated[found.end() :].removeprefix('"')), position
                )
        elif stated and not line[:1].isspace():
            gathered.leave_out(stated[:80], "it has no address that begins with https:// or http://", position)
        position += len(line) + 1
    return Subscriptions(kind="list", sources=tuple(gathered.sources), unusable=tuple(gathered.unusable))


def _title_behind(rest: str) -> str:
    """Read what stands behind an address: a name, or, as newsboat has it, tags and ~name in quotes."""
    quoted = re.findall('"([^"]*)"', rest)
    named = [one[1:] for one in quoted if one.startswith("~")]
    if named or len(quoted) > 1:
        return named[0] if named else ""
    return rest.strip(" \t,;|\"'~->")


_READERS: Mapping[Kind, Callable[[str], Subscriptions]] = {
    "opml": _read_opml,
    "subs": _read_subs,
    "venus": _read_venus,
    "list": _read_list,
}
