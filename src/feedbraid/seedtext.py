"""A post as the text of a seed file: the format of the seed scripts, which `postfile` reads back as the same post.

Where a post has more than that format can say, further keys follow. What is written is read back at once: where
the plain format would be read as something else, `exact: true` has every word taken as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from feedbraid import ids
from feedbraid.codec import digest
from feedbraid.dates import read_date, rfc3339
from feedbraid.fields import categories, people, plain
from feedbraid.model import (
    Believed,
    Category,
    Channel,
    Entry,
    Episode,
    OriginSpec,
    Person,
    Post,
    Reading,
    Skipped,
    credible,
)
from feedbraid.normalise import DATES_OF_SEEDS_START, read_entry
from feedbraid.nouns import dataclass
from feedbraid.postfile import SAVED_LINE, PostRead, read_post
from feedbraid.urls import entry_key, is_iri

FOLDER = OriginSpec(name="seeds", kind="seeds", locations=("seeds/",))
"""A folder of seeds about which nothing is configured."""

PLAIN = Reading(spec=FOLDER)

_ANY_NAME = "2000-01-01-post.md"
"""A file name with a date of its own: what states no date must not be read as if it had this one."""


# --- from posts to entries --------------------------------------------------------------------------------


def entry_of(post: Post) -> Entry:
    """Give the entry that says of itself what else only the store knows of a post: so a file can hold it.

    It has the published id; dates as they are published, so one that is not believed is gone, and a post without
    any was last changed when it was first seen; and the feed that it comes from.
    """
    stated, entry = post.published, post.entry
    changed = credible(entry.updated, max(post.first_seen, post.last_changed))
    return replace(
        entry,
        public_id=post.id,
        published=stated,
        updated=changed if changed or stated else post.first_seen,
        origin=entry.origin or _origin(post.channel, entry),
        saved=False,
    )


def _origin(channel: Channel | None, entry: Entry) -> Channel | None:
    """Give what documents show of the source of a post: its authors and rights where the post has none."""
    if channel is None or not (channel.title or channel.id):
        return None
    shown = shown_channel(channel)
    return replace(
        shown,
        authors=() if entry.authors else shown.authors,
        rights="" if entry.rights else shown.rights,
    )


def shown_channel(channel: Channel) -> Channel:
    """Give what documents show of a source in its posts; the rest changes oftener than these do."""
    return Channel(
        id=channel.id,
        title=channel.title,
        feed_url=channel.feed_url,
        link=channel.link,
        authors=channel.authors,
        rights=channel.rights,
    )


# --- the text ---------------------------------------------------------------------------------------------


def seed_text(entry: Entry, reading: Reading = PLAIN) -> str:
    """Write an entry as a seed. `reading` is how seeds are read where it is to stand."""
    text = _written(entry, reading, exact=False)
    return text if _is_read_as(text, entry) else _written(entry, reading, exact=True)


def saved_text(text: str) -> str:
    """Mark a seed as saved from a feed, so that it shows when somebody edits it."""
    head, _, body = text.partition("\n---\n")
    return f"{head}\n{SAVED_LINE.format(digest(text))}\n---\n{body}"


def difference(text: str, entry: Entry, reading: Reading = PLAIN) -> str | Skipped:
    """Say in what the entry that is read from a seed is another one; nothing when it is equal.

    Not compared are the dialect, which is that of a seed, and the id that a source stated: it counts there alone.
    """
    read = read_post(text.encode(), _ANY_NAME, reading)
    believed = read if isinstance(read, Skipped) else read_entry(read.raw, reading, Channel())
    if isinstance(believed, Skipped):
        return believed
    return ", ".join(_differing(believed, entry))


def _differing(believed: Believed, entry: Entry) -> Iterator[str]:
    found = believed.entry
    wanted = replace(entry, dialect="seed", source_id=found.source_id, saved=found.saved)
    for name in Entry.__dataclass_fields__:
        if getattr(found, name) != getattr(wanted, name):
            yield f"its {name.removeprefix('public_')} is read as another one"


def _written(entry: Entry, reading: Reading, *, exact: bool) -> str:
    head = [
        "---",
        "layout: post",
        f"title: {_quoted(entry.title)}",
        *yaml_lines(_head_of(entry)),
        *yaml_lines(_more_of(entry, reading)),
        *(["exact: true"] if exact else []),
        "---",
    ]
    epoch = [f"<!--{_milliseconds(entry.published)}-->"] if entry.published else []
    heading = f"[{_heading(entry.title or entry.link)}]({_target(entry.link)})"
    body = ["<div>", _without_liquid(entry.body), "</div>", ""]
    return "\n".join([*head, *epoch, heading, "------", "", *body])


def _is_read_as(text: str, entry: Entry) -> bool:
    """Tell whether the plain format is read as what was meant, without cleaning what is clean."""
    read = read_post(text.encode(), _ANY_NAME, PLAIN)
    if isinstance(read, Skipped):
        return False
    raw = read.raw
    origin = raw.origin
    return (
        [link.href for link in raw.links if link.rel == "alternate"] == [entry.link] * bool(entry.link)
        and (plain(raw.title), plain(raw.summary), plain(raw.rights)) == (entry.title, entry.summary, entry.rights)
        and _dates(read) == (entry.published, entry.updated)
        and people(raw.authors, "") == entry.authors
        and categories(raw.categories) == entry.categories
        and [content.value for content in raw.contents] == [entry.body] * bool(entry.body)
        and (
            origin is None
            or entry.origin is None
            or (plain(origin.title), plain(origin.subtitle), plain(origin.rights), people(origin.authors, ""))
            == (entry.origin.title, entry.origin.subtitle, entry.origin.rights, entry.origin.authors)
        )
    )


def _dates(read: PostRead) -> tuple[datetime | None, datetime | None]:
    published, updated = (
        read_date(date, earliest=DATES_OF_SEEDS_START).value if date else None
        for date in (read.raw.published, read.raw.updated)
    )
    return published, updated


# --- front matter -----------------------------------------------------------------------------------------

_Value: TypeAlias = "str | int | bool | list[_Value] | dict[str, _Value] | _Bare"


@dataclass(frozen=True, slots=True)
class _Bare:
    """A value that is written as it stands."""

    text: str


def _head_of(entry: Entry) -> dict[str, _Value]:
    """Give what the plain format states, in its order. Several authors, and those with pages, stand elsewhere."""
    terms: list[_Value] = [category.term for category in entry.categories]
    folders: list[_Value] = [one.term for one in entry.categories if _is_path_part(one.term)]
    author = entry.authors[0] if len(entry.authors) == 1 and not entry.authors[0].uri else Person("")
    return {
        "date": _Bare(_moment(entry.published)),
        "author": author.name,
        "from": _Bare(entry.link) if _PLAIN_URL.fullmatch(entry.link) else entry.link,
        "tags": terms,
        "categories": folders[:MOST_PARTS],
    }


def _is_path_part(term: str) -> bool:
    """Tell whether Jekyll can make a folder of a category: others break its whole build, and are tags alone."""
    return len(term.encode()) <= LONGEST_SLUG and _PATH_PART.fullmatch(term) is not None and ".." not in term


def _more_of(entry: Entry, reading: Reading) -> dict[str, _Value]:
    """Give what a post says beyond the plain format; most say nothing."""
    several = len(entry.authors) > 1 or any(person.uri for person in entry.authors)
    return {
        "updated": _Bare(_moment(entry.updated)),
        "authors": _people(entry.authors) if several else [],
        **_identity(entry, reading),
        "summary": entry.summary,
        "language": entry.language,
        "image": entry.image,
        "comments": entry.comments,
        "rights": entry.rights,
        "terms": [_term(one) for one in entry.categories if one.scheme or one.label],
        "enclosures": [
            _stated({"url": one.url, "type": one.media_type, "length": one.length, "title": one.title})
            for one in entry.enclosures
        ],
        "links": [
            _stated(
                {
                    "rel": one.rel,
                    "url": one.href,
                    "type": one.media_type,
                    "language": one.hreflang,
                    "title": one.title,
                }
            )
            for one in entry.links
        ],
        "episode": _episode(entry.episode),
        "source": _source(entry.origin),
    }


def _identity(entry: Entry, reading: Reading) -> dict[str, _Value]:
    """Give what the post is known by and its published id, unless a seed of its address would be given the same.

    Where seeds are given ids of the operator's own, the id is always stated: another file name must not change it.
    """
    key = entry.key
    if key == f"id:{entry.public_id}" and is_iri(entry.public_id):
        return {"id": entry.public_id}
    by_link = entry.link and entry_key(entry.link, reading.keys) == key
    has_ids_of_its_own = reading.authority or reading.spec.ids == "jekyll" or key.startswith("file:")
    same = entry.public_id == ids.key_id(key) and not has_ids_of_its_own
    return {"known_by": "" if by_link else key, "published_id": "" if same else entry.public_id}


def _people(stated: Iterable[Person]) -> list[_Value]:
    return [_stated({"name": person.name, "url": person.uri}) for person in stated]


def _term(category: Category) -> _Value:
    return _stated({"term": category.term, "scheme": category.scheme, "label": category.label})


def _episode(episode: Episode | None) -> _Value:
    if episode is None:
        return {}
    explicit = "" if episode.explicit is None else _Bare("true" if episode.explicit else "false")
    return _stated(
        {
            "duration": episode.duration,
            "season": episode.season,
            "number": episode.number,
            "kind": episode.kind,
            "explicit": explicit,
            "image": episode.image,
        }
    )


def _source(channel: Channel | None) -> _Value:
    if channel is None:
        return {}
    return _stated(
        {
            "title": channel.title,
            "link": channel.link,
            "feed": channel.feed_url,
            "id": "" if channel.id == (channel.feed_url or channel.link) and channel.title else channel.id,
            "subtitle": channel.subtitle,
            "rights": channel.rights,
            "language": channel.language,
            "icon": channel.icon,
            "authors": _people(channel.authors),
        }
    )


def _stated(fields: dict[str, _Value]) -> dict[str, _Value]:
    return {name: value for name, value in fields.items() if value not in ("", 0, [], {}) or value is False}


def yaml_lines(fields: Mapping[str, _Value]) -> Iterator[str]:
    """Write the lines of a mapping, without what states nothing."""
    for name, value in fields.items():
        if value not in ("", [], {}, _Bare("")):
            yield f"{name}: {_yaml(value)}"


# --- YAML -------------------------------------------------------------------------------------------------

MOST_PARTS = 20
"""Categories, which all go into one path."""
_PATH_PART = re.compile(r"""(?![ .~])[^\x00-\x1f/\\:?#%"<>|*\[\]{}^`\x7f-\xa0]+""")
_PLAIN_URL = re.compile(r"https?://[!-~]*[!-9;-~]")
"""A colon at the end would make it a key."""
_PLAIN_WORDS = re.compile(r"[^\W\d_](?:[\w .·/()（）【】《》-]*[\w)）】》])?")
_ANSWERS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nil"})
"""Words that are no texts to some parser of YAML or another."""
_NOT_PRINTABLE = re.compile(r'[\\"\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]')


def _yaml(value: _Value) -> str:
    """Write a value on one line, so that every parser of YAML reads the same."""
    if isinstance(value, _Bare):
        return value.text
    if isinstance(value, str):
        is_plain = _PLAIN_WORDS.fullmatch(value) and value.lower() not in _ANSWERS
        return value if is_plain else _quoted(value)
    if isinstance(value, list):
        return f"[ {', '.join(map(_yaml, value))} ]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name}: {_yaml(inner)}' for name, inner in value.items())} }}"
    return str(value)


def _quoted(value: str) -> str:
    return f'"{_NOT_PRINTABLE.sub(_escape, value)}"'


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    return f"\\{sign}" if sign in '\\"' else f"\\u{ord(sign):04x}"


def _moment(date: datetime | None) -> str:
    return f"{rfc3339(date)[:-1]}.000Z" if date else ""


def _milliseconds(date: datetime) -> int:
    return (date - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


# --- heading and body -------------------------------------------------------------------------------------

_LIQUID = re.compile(r"\{(?=[{%])")
"""The first of two signs that site generators take for a place to put something in."""
_MARKS = re.compile(
    r"[\\`*<|]|(?:^|(?<=\[))\^|(?<=\]):|~(?=~)|\{(?=:)|(?<![^\W_])_|_(?![^\W_])|\$(?=\$)|&(?=#?\w+;)"
)
_BRACKETS = re.compile(r"[\[\]]")
_ENTITIES = {"<": "&lt;", "&": "&amp;", "^": "&#94;", ":": "&#58;"}
"""Of signs that no backslash protects: Markdown sees them before it."""


def _without_liquid(markup: str) -> str:
    """Write markup so that a site generator leaves it as it is; parsers of HTML read the same."""
    return _LIQUID.sub("&#123;", markup)


def _heading(title: str) -> str:
    """Write a title as the text of a link in Markdown, for the eye alone: the title is read from the head."""
    text = _MARKS.sub(lambda found: _ENTITIES.get(found[0]) or f"\\{found[0]}", title)
    return _without_liquid(text if _is_balanced(text, "[]") else _BRACKETS.sub(r"\\\g<0>", text))


def _target(link: str) -> str:
    """Write an address as the target of a link in Markdown."""
    whole = link if _is_balanced(link, "()") else link.replace("(", "%28").replace(")", "%29")
    return _LIQUID.sub("%7B", whole) or "#"


def _is_balanced(text: str, pair: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == pair[0]) - (sign == pair[1])
        if depth < 0:
            return False
    return depth == 0


# --- file names -------------------------------------------------------------------------------------------

LONGEST_SLUG = 100
"""Bytes of UTF-8: a file name has 255 at most, and often fewer."""

_NO_NAME = "post"


def seed_names(entries: Iterable[tuple[str, str, datetime]]) -> dict[str, str]:
    """Give each post, as (key, title, date), its file name without extension, by key.

    Names that are equal to some file system all get a part made of the key, so that no order decides.
    """
    wanted = {key: seed_name(title, date) for key, title, date in entries}
    taken: dict[str, int] = {}
    for name in wanted.values():
        taken[name.casefold()] = taken.get(name.casefold(), 0) + 1
    return {key: name if taken[name.casefold()] == 1 else marked_name(name, key) for key, name in wanted.items()}


def seed_name(title: str, date: datetime) -> str:
    """Give the name of a seed file, `2021-01-27-title`, as site generators expect it."""
    return f"{rfc3339(date)[:10]}-{_slug(title)}"


def marked_name(name: str, key: str) -> str:
    """Give a name that no other post has."""
    return f"{name}-{digest(key)[:10]}"


def _slug(title: str) -> str:
    """Give the letters and digits of a title, of any script, with a hyphen for whatever stands between them."""
    words = "".join(sign if _is_kept(sign) else "-" for sign in unicodedata.normalize("NFC", title).lower())
    joined = "-".join(filter(None, unicodedata.normalize("NFC", words).split("-")))
    return _cut(joined).strip("-") or _NO_NAME


def _is_kept(sign: str) -> bool:
    return unicodedata.category(sign) in _KEPT


_KEPT = frozenset({"Ll", "Lu", "Lt", "Lo", "Lm", "Mn", "Mc", "Nd"})
"""What site generators keep of a file name, too: nothing may be left without a name there."""


def _cut(slug: str) -> str:
    """Cut a slug at a character, and not before an accent that stands on one."""
    kept, size = "", 0
    for sign in slug:
        size += len(sign.encode())
        if size > LONGEST_SLUG:
            break
        kept += sign
    rest = slug[len(kept) :]
    while kept and rest and unicodedata.category(rest[0]).startswith("M"):
        kept, rest = kept[:-1], kept[-1] + rest
    return kept
