"""One seed file becomes a `RawEntry`: posts of Jekyll, Hugo, Hexo, Eleventy, Zola, Pelican, and of seed scripts.

The script format is front matter, a comment with the publication time, a linked heading and one div of HTML. What
is damaged is read as far as it is certain, with a note; what can not be used is a `Skipped` that says why.

`seedtext` writes posts in this format. Where a post has more than it can say, further keys follow, which are read
here; where it would be read as something else, `exact: true` has every word taken as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import escape

from feedbraid import html, urls
from feedbraid.codec import digest
from feedbraid.dates import read_date
from feedbraid.frontmatter import FrontMatter, Value, read_front_matter, text_of, texts_of
from feedbraid.model import (
    Note,
    RawCategory,
    RawChannel,
    RawContent,
    RawDate,
    RawEntry,
    RawLink,
    RawPerson,
    RawPodcast,
    RawText,
    Reading,
    Skipped,
)
from feedbraid.nouns import dataclass
from feedbraid.postbody import Heading, body_html, exact_body, first_heading, split_heading

MOST_BYTES = 5 * 1024 * 1024

_Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class PostRead:
    """A post as its file states it, and what had to be repaired to read it."""

    raw: RawEntry
    notes: tuple[Note, ...] = ()


def read_post(data: bytes, ref: str, reading: Reading) -> PostRead | Skipped:
    """Read one file; `ref` is its path below the folder, with slashes. Never raises.

    The body comes as HTML that is not cleaned yet; `reading.spec` gives the site of relative addresses and the
    time zone of dates that name none (N17).
    """
    decoded = _decode(data, ref)
    if isinstance(decoded, Skipped):
        return decoded
    text = decoded.text
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    head = read_front_matter(text, ref)
    if isinstance(head, Skipped):
        return head
    heading = split_heading(head.body if head else text)
    if head is None:
        if heading is None:
            return Skipped(ref, "it has neither front matter nor a linked heading: it is no post", 1)
        return _read_parts(FrontMatter(fields={}, body=""), heading, ref, reading, decoded.notes)
    reason = _held_back(head.fields)
    if reason:
        return Skipped(ref, reason)
    whole = replace(head, notes=(*decoded.notes, *head.notes)) if decoded.notes else head
    return _read_whole(whole, heading, ref, reading, saved=_is_as_saved(head.fields, text))


def _read_whole(
    head: FrontMatter, heading: Heading | None, ref: str, reading: Reading, *, saved: bool
) -> PostRead | Skipped:
    """Read a post with its further keys: word by word where it says so, else as people write posts."""
    if heading is not None and _is_exact(head.fields):
        raw = _exactly(head, heading, ref, reading)
        return PostRead(_with_more(raw, head.fields, saved=saved, exact=True), head.notes)
    found = _read_parts(head, heading, ref, reading, head.notes)
    if isinstance(found, Skipped):
        return found
    return PostRead(_with_more(found.raw, head.fields, saved=saved), found.notes)


def _read_parts(
    head: FrontMatter, heading: Heading | None, ref: str, reading: Reading, notes: tuple[Note, ...]
) -> PostRead | Skipped:
    fields = head.fields
    address = _address(fields, heading, reading.spec.site)
    if isinstance(address, _Foreign):
        return Skipped(ref, f"its link is no http(s) address: {address.url}")
    markup, undone = (heading.markup, "") if heading else body_html(head.body, _suffix(ref))
    date, found_date = _published(fields, heading, ref, reading)
    wrong = "" if date else next((stated for stated in _stated_dates(fields) if not _exists(stated)), "")
    if wrong:
        return Skipped(ref, f"its date {wrong} does not exist")
    more = [Note("seed", note) for note in (undone, found_date, _expiry(fields)) if note]
    raw = RawEntry(
        dialect="seed",
        id=text_of(fields.get("id")),
        links=(RawLink(href=address),) if address else (),
        title=_title(fields, heading, markup),
        summary=_text(_first(fields, ("summary", "description", "excerpt"))),
        contents=(RawContent(value=markup, media_type="text/html"),) if markup else (),
        published=date,
        updated=_date(_first(fields, _UPDATES)),
        authors=tuple(_people(fields)),
        categories=tuple(RawCategory(term=term) for term in dict.fromkeys(_terms(fields)) if term),
        language=_first(fields, ("lang", "language", "locale")),
        image=_image(fields),
        base=address or reading.spec.site,
        ref=ref,
        slug=_slug(ref),
    )
    return PostRead(raw, (*notes, *more))


# --- bytes to text ----------------------------------------------------------------------------------------

_DECLARED = re.compile(rb"(?:charset|encoding|coding)[\"']?[ \t]*[:=][ \t]*[\"']?([\w.-]{1,20})", re.IGNORECASE)
_LEGACY = {
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "euc-cn", "cp936"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "cp950"), "big5hkscs"),
    **dict.fromkeys(("windows-1252", "cp1252", "iso-8859-1", "latin1", "latin-1"), "cp1252"),
    **dict.fromkeys(("windows-1251", "cp1251"), "cp1251"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "cp932"), "cp932"),
    **{name: name for name in ("euc-jp", "euc-kr", "koi8-r", "iso-8859-2", "iso-8859-15", "windows-1250")},
}


@dataclass(frozen=True, slots=True)
class _Decoded:
    text: str
    notes: tuple[Note, ...] = ()


def _decode(data: bytes, ref: str) -> _Decoded | Skipped:
    if len(data) > MOST_BYTES:
        return Skipped(ref, f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        return Skipped(ref, "it is empty")
    if b"\0" in data[:8192]:
        return Skipped(ref, "it is a binary file")
    try:
        return _Decoded(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _decode_declared(data) or Skipped(
            ref,
            f"it is not UTF-8: byte {error.start} is 0x{data[error.start]:02x}; save it in UTF-8, or name its "
            "encoding in it, such as `encoding: gbk`",
            data.count(b"\n", 0, error.start) + 1,
        )


def _decode_declared(data: bytes) -> _Decoded | None:
    """Read a file in the encoding that it declares; nothing is guessed (B100)."""
    declared = _DECLARED.search(data[:2048])
    codec = _LEGACY.get(declared[1].decode("ascii", "replace").lower()) if declared else None
    if codec is None:
        return None
    try:
        return _Decoded(data.decode(codec), (Note("seed", f"it is not UTF-8; it was read as {codec}"),))
    except UnicodeDecodeError:
        return None


# --- is it published? -------------------------------------------------------------------------------------

_NO = frozenset({"false", "no", "off", "n", "0"})
_YES = frozenset({"true", "yes", "on", "y", "1"})
_TRUTH = _NO | _YES
_UNLISTED = frozenset({"draft", "hidden", "private", "pending", "skip", "trash"})
_TEMPLATE = re.compile(r"\{\{.*\}\}|\{%.*%\}", re.DOTALL)


def _held_back(fields: _Fields) -> str:
    """Say why a file with a good head is not to be published, or nothing."""
    for key in () if _is_exact(fields) else ("title", "date"):
        if _TEMPLATE.fullmatch(text_of(fields.get(key))):
            return f"it is a template, not a post: its {key} is {text_of(fields.get(key))}"
    if _word(fields, "draft") in _YES:
        return "it is a draft"
    if _word(fields, "published") in _NO:
        return "it says published: false"
    status = _word(fields, "status")
    return f"it says status: {status}" if status in _UNLISTED else ""


def _is_exact(fields: _Fields) -> bool:
    return _word(fields, "exact") in _YES


def _word(fields: _Fields, key: str) -> str:
    return text_of(fields.get(key)).lower()


def _expiry(fields: _Fields) -> str:
    date = _first(fields, ("expirydate", "expiry_date"))
    return f"it says that it expires at {date}; posts are kept all the same" if date else ""


# --- address, title, dates --------------------------------------------------------------------------------

_LINKS = (
    *("from", "canonical_url", "canonical", "canonicalurl", "original_url", "external_url", "link"),
    *("source_url", "redirect_to", "url", "permalink", "guid"),
)
_OWN_ADDRESSES = ("permalink", "url", "path")
_PERMALINK_STYLES = frozenset({"date", "pretty", "ordinal", "weekdate", "none"})
_FOREIGN = re.compile(
    r"(?!https?:)(?:[a-z][a-z0-9+.-]*://|(?:javascript|data|vbscript|mailto|file|blob|about|tel):)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Foreign:
    """A link that is absolute, but not http(s)."""

    url: str


def _address(fields: _Fields, heading: Heading | None, site: str) -> str | _Foreign:
    """Give the first absolute http(s) URL as it is written, else the post's address on its own site, else ""."""
    stated = [_bare_url(text_of(fields[key])) for key in _LINKS if key in fields]
    stated += [heading.url] if heading else []
    for url in stated:
        if url.lower().startswith(("http://", "https://", "//")) and urls.absolute(url):
            return url
    foreign = next((url for url in stated if _FOREIGN.match(url)), "")
    return _Foreign(foreign) if foreign else _own_address(fields, site)


def _bare_url(written: str) -> str:
    return written.strip("<>\"'“”‘’ \t\n")


def _own_address(fields: _Fields, site: str) -> str:
    paths = [text_of(fields[key]) for key in _OWN_ADDRESSES if key in fields]
    own = next((path for path in paths if path and ":" not in path and path not in _PERMALINK_STYLES), "")
    return urls.absolute(f"{site.rstrip('/')}/{own.lstrip('/')}") if site and own else ""


def _title(fields: _Fields, heading: Heading | None, markup: str) -> RawText | None:
    stated = text_of(fields.get("title")) or (heading.title if heading else "")
    found = "" if stated else first_heading(markup)
    return RawText(value=found, kind="html") if found else _text(stated)


_DATES = (
    *("date", "published", "publishdate", "publish_date", "published_date", "publication_date", "published_at"),
    *(
        "publishedat",
        "pubdate",
        "pub_date",
        "date_published",
        "datepublished",
        "datetime",
        "pubdatetime",
        "postdate",
        "posted",
    ),
    *("created", "created_at"),
)
_UPDATES = (
    *("last_modified_at", "lastmod", "updated", "modified", "updated_at", "date_updated", "updateddate"),
    *("last_updated", "modified_at", "date_modified", "moddatetime"),
)
_DATED_NAME = re.compile(r"(\d{4})[-_](\d{1,2})[-_](\d{1,2})(?:[-_ ]+|$)(.*)", re.DOTALL)
_DATED_PATH = re.compile(r"(?:^|/)(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[-/_ ]|$)")


def _published(fields: _Fields, heading: Heading | None, ref: str, reading: Reading) -> tuple[RawDate | None, str]:
    """Give the first date that can be read, and a note unless it is one that the post states."""
    stated = [date for date in _stated_dates(fields) if date.lower() not in _TRUTH]
    stated += heading.dates if heading else ()
    elsewhere = [*_date_of_name(ref), *_dates_of_paths(fields, ref)]
    for date in (*stated, *elsewhere):
        if read_date(RawDate(text=date), zone=reading.spec.zone, earliest=2).value is not None:
            return RawDate(text=date), _date_note(date, stated, elsewhere)
    return None, _date_note("", stated, elsewhere)


def _stated_dates(fields: _Fields) -> list[str]:
    return [date for key in _DATES if key in fields and (date := _bare_date(fields[key]))]


def _date_note(date: str, stated: list[str], elsewhere: list[str]) -> str:
    trouble = f"its date {stated[0]!r} can not be read" if stated else "it states no date"
    if not date:
        return f"{trouble}; the moment it was first seen counts"
    if date in stated:
        return f"{trouble}; {date} was taken" if date != stated[0] else ""
    return f"{trouble}; {date} was taken from its name or address" if elsewhere else ""


def _bare_date(value: Value) -> str:
    return text_of(value).strip("\"'“”‘’ ")


_CALENDAR_DATE = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d))?)?")


def _exists(stated: str) -> bool:
    """Tell whether a date is not one that no calendar or clock has, such as 30 February or 25 o'clock."""
    found = _CALENDAR_DATE.match(stated)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()) if found else (1,) * 6
    try:
        datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return False
    return True


def _date_of_name(ref: str) -> Iterator[str]:
    found = _DATED_NAME.match(_name(ref))
    if found:
        yield _iso(found)


def _dates_of_paths(fields: _Fields, ref: str) -> Iterator[str]:
    for text in (*(text_of(fields[key]) for key in _OWN_ADDRESSES if key in fields), ref):
        found = _DATED_PATH.search(text)
        if found:
            yield _iso(found)


def _iso(found: re.Match[str]) -> str:
    return f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}"


def _name(ref: str) -> str:
    """Give the file name without extension; in a folder of its own, as Hugo has them, the folder's name."""
    folders, _, file = ref.rpartition("/")
    folder = folders.rpartition("/")[2]
    stem = file.removesuffix(_extension(file))
    return folder if stem in ("index", "_index") and folder else stem


def _suffix(ref: str) -> str:
    return _extension(ref.rpartition("/")[2]).lower()


def _extension(file: str) -> str:
    stem, dot, suffix = file.rpartition(".")
    return f"{dot}{suffix}" if stem and suffix else ""


def _slug(ref: str) -> str:
    found = _DATED_NAME.match(_name(ref))
    return found[4] if found else _name(ref)


# --- the other fields -------------------------------------------------------------------------------------


def _first(fields: _Fields, keys: tuple[str, ...]) -> str:
    return next((text for key in keys if key in fields and (text := text_of(fields[key]))), "")


def _text(value: str) -> RawText | None:
    return RawText(value=value) if value else None


def _date(value: str) -> RawDate | None:
    return RawDate(text=_bare_date(value)) if value else None


def _people(fields: _Fields) -> Iterator[RawPerson]:
    for key in ("author", "authors"):
        value = fields.get(key)
        if value is None:
            continue
        for item in value if isinstance(value, list) else [value]:
            person = _person(item)
            if person.name or person.email:
                yield person


def _person(value: Value) -> RawPerson:
    if not isinstance(value, dict):
        return RawPerson(name=text_of(value))
    fields = {key.lower(): item for key, item in value.items()}
    return RawPerson(
        name=_first(fields, ("name", "display_name", "display", "title")),
        uri=_first(fields, ("url", "uri", "link", "website", "homepage")),
        email=_first(fields, ("email", "mail")),
    )


def _terms(fields: _Fields) -> Iterator[str]:
    """Give tags and categories (N72). A text has commas, or is words under the plural keys of Jekyll."""
    taxonomies = fields.get("taxonomies")
    places = (fields, taxonomies) if isinstance(taxonomies, dict) else (fields,)
    for place in places:
        for key in ("tags", "tag", "categories", "category"):
            value = place.get(key)
            if isinstance(value, str):
                yield from _split_terms(value, plural=key.endswith("s"))
            elif value:
                yield from _nested_terms(value)


def _nested_terms(value: Value) -> Iterator[str]:
    """Give the terms of lists in lists, as Hexo writes sub-categories, and of mappings that name them."""
    if isinstance(value, list):
        for item in value:
            yield from _nested_terms(item)
    elif isinstance(value, dict):
        yield _first(value, ("label", "name", "title"))
    else:
        yield from texts_of(value)


def _split_terms(written: str, *, plural: bool) -> Iterator[str]:
    terms = re.split(r"[,，]", written) if re.search(r"[,，]", written) or not plural else written.split()
    return (term.strip() for term in terms if term.strip())


def _image(fields: _Fields) -> str:
    for key in ("image", "cover", "featured_image", "thumbnail"):
        value = fields.get(key)
        found = (
            _first(value, ("path", "url", "src", "image", "feature"))
            if isinstance(value, dict)
            else text_of(value)
        )
        if found:
            return found
    return ""


# --- what the script format can not say -------------------------------------------------------------------


SAVED_LINE = "saved: sha256-{}"
"""The last line of the front matter of a post that was saved from a feed: the SHA-256 of the text without it."""
_SAVED = re.compile(r"^saved: sha256-([0-9a-f]{64})\n(?=---\n)", re.MULTILINE)


def without_mark(text: str) -> tuple[str, str]:
    """Take the line that says that a post was saved out of its text; give the digest in it, too, or nothing."""
    found = _SAVED.search(text)
    return (text[: found.start()] + text[found.end() :], found[1]) if found else (text, "")


def _is_as_saved(fields: _Fields, text: str) -> bool:
    """Tell whether a post says that it was saved from a feed, and nobody has edited it since."""
    if not fields.get("saved"):
        return False
    bare, stated = without_mark(text)
    return stated != "" and digest(bare) == stated


def _exactly(head: FrontMatter, heading: Heading, ref: str, reading: Reading) -> RawEntry:
    """Read a post whose words are meant as they stand: what it does not state it does not have."""
    fields = head.fields
    address, body = text_of(fields.get("from")), exact_body(head.body)
    markup = heading.markup if body is None else body
    date, summary = text_of(fields.get("date")), text_of(fields.get("summary"))
    return RawEntry(
        dialect="seed",
        id=text_of(fields.get("id")),
        links=(RawLink(href=address),) if address else (),
        title=_as_it_is(text_of(fields.get("title"))),
        summary=_as_it_is(summary),
        contents=(RawContent(value=markup, media_type="text/html"),) if markup else (),
        published=RawDate(text=date) if date else None,
        updated=_date(text_of(fields.get("updated"))),
        authors=tuple(replace(person, name=_plainly(person.name)) for person in _people(fields)),
        categories=tuple(RawCategory(term=_plainly(term)) for term in dict.fromkeys(_terms(fields)) if term),
        language=text_of(fields.get("language")),
        image=text_of(fields.get("image")),
        base=address or reading.spec.site,
        ref=ref,
        slug=_slug(ref),
    )


def _as_it_is(value: str) -> RawText | None:
    return RawText(value=value, kind="text") if value else None


def _plainly(value: str) -> str:
    """Write a text so that it is read as itself where markup may stand."""
    once = escape(value, quote=False)
    forms = (value, once, escape(once, quote=False))
    return next((form for form in forms if html.plain(RawText(value=form)) == value), value)


_FURTHER = frozenset(
    {
        *("terms", "enclosures", "links", "comments", "rights", "source", "episode"),
        *("known_by", "published_id", "saved"),
    }
)


def _with_more(raw: RawEntry, fields: _Fields, *, saved: bool, exact: bool = False) -> RawEntry:
    """Add what the further keys state, where there are any."""
    if _FURTHER.isdisjoint(fields):
        return raw
    comments = text_of(fields.get("comments"))
    rights = text_of(fields.get("rights"))
    form = _plainly if exact else str
    edited = bool(fields.get("saved")) and not saved  # it is its editor's own now
    return replace(
        raw,
        categories=tuple(_detailed(raw.categories, fields.get("terms"), form)),
        enclosures=tuple(_link_of(one) for one in _mappings(fields.get("enclosures")) if one.get("url")),
        links=(
            *raw.links,
            *(_link_of(one) for one in _mappings(fields.get("links")) if one.get("url") and one.get("rel")),
        ),
        comments=comments if comments.startswith(("https://", "http://")) else "",
        rights=(_as_it_is(rights) if exact else _text(rights)),
        origin=None if edited else _source(fields.get("source"), exact=exact),
        podcast=_episode(fields.get("episode")),
        known_by=text_of(fields.get("known_by")),
        published_id=text_of(fields.get("published_id")),
        saved=saved,
    )


def _mappings(value: Value) -> list[dict[str, Value]]:
    items = value if isinstance(value, list) else [value]
    return [{key.lower(): inner for key, inner in item.items()} for item in items if isinstance(item, dict)]


def _detailed(stated: tuple[RawCategory, ...], value: Value, form: Callable[[str], str]) -> Iterator[RawCategory]:
    """Add scheme and label to the categories that `terms` knows more of."""
    more = {form(text_of(one.get("term"))): one for one in _mappings(value)}
    for category in stated:
        one = more.get(category.term, {})
        yield replace(category, scheme=text_of(one.get("scheme")), label=form(text_of(one.get("label"))))


def _link_of(one: dict[str, Value]) -> RawLink:
    return RawLink(
        href=text_of(one.get("url")),
        rel=text_of(one.get("rel")),
        media_type=text_of(one.get("type")),
        hreflang=text_of(one.get("language")),
        title=text_of(one.get("title")),
        length=text_of(one.get("length")),
    )


def _source(value: Value, *, exact: bool) -> RawChannel | None:
    """Read the feed that a post comes from; a mapping without a title is something else."""
    if not isinstance(value, dict) or not {"title", "id"} & value.keys():
        return None
    link, feed = text_of(value.get("link")), text_of(value.get("feed"))
    text, form = (_as_it_is, _plainly) if exact else (_text, str)
    authors = (_person(item) for item in _mappings(value.get("authors")))
    return RawChannel(
        id=text_of(value.get("id")),
        title=text(text_of(value.get("title"))),
        subtitle=text(text_of(value.get("subtitle"))),
        links=(
            *((RawLink(href=link),) if link else ()),
            *((RawLink(href=feed, rel="self"),) if feed else ()),
        ),
        authors=tuple(replace(person, name=form(person.name)) for person in authors),
        rights=text(text_of(value.get("rights"))),
        language=text_of(value.get("language")),
        icon=text_of(value.get("icon")),
    )


def _episode(value: Value) -> RawPodcast | None:
    if not isinstance(value, dict):
        return None
    return RawPodcast(
        duration=text_of(value.get("duration")),
        season=text_of(value.get("season")),
        episode=text_of(value.get("number")),
        kind=text_of(value.get("kind")),
        explicit=text_of(value.get("explicit")),
        image=text_of(value.get("image")),
    )
