"""What must hold of any bytes that come from far away, or from the operator: the targets of `make fuzz`.

A target takes bytes and raises `Broken` with the property that does not hold. Whatever else it raises is a find,
too. `corpus/` has what was found; `test_fuzz_finds.py` asks for it again.

The bytes may begin with one line that says how they came, such as `Content-Type: text/xml; charset=gbk` for a
feed or `File: posts/2026-01-05-a.html` for a post, and an empty line after it.
"""

from __future__ import annotations

import atexit
import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET
from zlib import crc32

import html_judge
from factories import MOMENT
from feedbraid import answers, codec
from feedbraid.app import App, Choices
from feedbraid.config import load_config
from feedbraid.conformance import faults
from feedbraid.dates import read_date
from feedbraid.errors import ConfigError
from feedbraid.formats import Format
from feedbraid.formats.atom import FORMAT as ATOM
from feedbraid.formats.json import FORMAT as JSON
from feedbraid.formats.rss import FORMAT as RSS
from feedbraid.model import (
    Believed,
    Channel,
    Entry,
    Failed,
    Feed,
    FeedSpec,
    Fresh,
    Known,
    Note,
    OriginSpec,
    Outcome,
    ParseJob,
    RawDate,
    Reading,
    Skipped,
)
from feedbraid.normalise import read_entry
from feedbraid.pages import feed_page
from feedbraid.parse import handle
from feedbraid.policy import next_time
from feedbraid.postfile import read_post
from feedbraid.put_out import current_feed
from feedbraid.settings import Config
from feedbraid.store.memory import MemoryStore
from feedbraid.take_in import take_in
from feedbraid.text import LINE_LIMIT, one_line
from feedbraid.urls import is_iri, publishable_id, uri_form

SITE = "https://site.example/feeds/news.xml"
ADDRESS = "https://out.example/all/"
FORMATS: tuple[Format, ...] = (ATOM, RSS, JSON)

LARGEST_GROWTH = 200
"""How many times as large as what was read all documents together may be, beside what each entry takes."""


class Broken(AssertionError):  # noqa: N818  # a property, not an error of ours
    """A property that does not hold: `label` names it, the same for all cases of one kind."""

    def __init__(self, label: str, detail: object = "") -> None:
        self.label = label
        super().__init__(f"{label}: {detail}" if detail != "" else label)


def hold(condition: object, label: str, detail: object = "") -> None:
    """Ask for a property."""
    if not condition:
        raise Broken(label, detail)


_SPECIFIC = re.compile(r"'[^']*'|\"[^\"]*\"|https?://\S+|\d+|\(.*")


def kind_of(error: BaseException) -> str:
    """Give what finds of one cause have in common."""
    if isinstance(error, Broken):
        return error.label
    return f"{type(error).__name__} {_SPECIFIC.sub('', str(error))[:60]}".strip()


def _split(data: bytes, name: bytes) -> tuple[str, bytes]:
    """Split off the line that says how the bytes came."""
    head, found, rest = data.partition(b"\n\n")
    if not found or b"\n" in head or not head.startswith(name + b": "):
        return "", data
    return head[len(name) + 2 :].decode("latin-1"), rest


# --- a feed -----------------------------------------------------------------------------------------------


def read_feed(data: bytes) -> None:
    """Valid output or a recorded reason, the same for the same bytes; nothing that runs; ids stay (I1..I5)."""
    content_type, body = _split(data, b"Content-Type")
    spec = OriginSpec(name="site", kind="web", locations=(SITE,))
    reading = Reading(spec=spec, feed_url=SITE)
    job = ParseJob(reading=reading, body=body, content_type=content_type)
    _publish(lambda: handle(job), reading, len(body))


def read_seed(data: bytes) -> None:
    """The same of a local post."""
    name, body = _split(data, b"File")
    spec = OriginSpec(name="posts", kind="seeds", locations=("seeds/",), site="https://site.example/")
    reading = Reading(spec=spec, authority="site.example")
    _publish(lambda: _read_post(body, name or "2026-01-05-a.md", reading), reading, len(body))


def _read_post(body: bytes, ref: str, reading: Reading) -> Fresh:
    post = read_post(body, ref, reading)
    read = post if isinstance(post, Skipped) else read_entry(post.raw, reading, Channel())
    if isinstance(read, Skipped):
        return Fresh(entries=(), skipped=(read,))
    notes = () if isinstance(post, Skipped) else post.notes
    return Fresh(entries=(replace(read, notes=(*notes, *read.notes)),))


@dataclass(frozen=True, slots=True)
class _Source:
    """Reads the same document each time it is asked, and keeps what came of it."""

    ask: Callable[[], Fresh | Failed]
    heard: list[Fresh | Failed]

    async def read(self, known: Known) -> Outcome:  # noqa: ARG002  # the signature of a source
        self.heard.append(self.ask())
        return self.heard[-1]


def _publish(ask: Callable[[], Fresh | Failed], reading: Reading, size: int) -> None:
    """Read a document, store what it says, publish that, and read it again."""
    source = _Source(ask, [])
    app = _app(reading, source)
    take_in(app, MOMENT, Choices(force=True))
    outcome = source.heard[0]
    judge_outcome(outcome)
    if isinstance(outcome, Failed):
        return
    feed = current_feed(app, app.feeds[0])
    if feed is None:
        hold(not outcome.entries or _are_held(app), "what was read is published")
        return
    documents = [(one, one.render(feed, ADDRESS + one.file_name)) for one in FORMATS]
    hold(
        documents == [(one, one.render(feed, ADDRESS + one.file_name)) for one in FORMATS], "same feed, same bytes"
    )
    judge_documents(documents, feed)
    page = feed_page(feed)
    _without_faults("text/html", page)
    total = len(page) + sum(len(document) for _, document in documents)
    weight = sum(post.entry.weight + 8000 for post in feed.posts)
    hold(total <= LARGEST_GROWTH * size + 40_000 + 6 * weight, "the output is in proportion", (size, total))
    _judge_second_reading(app, source, feed)
    _judge_own_document(*documents[crc32(page) % len(documents)], feed)  # one of them: each takes its time


def _app(reading: Reading, source: _Source) -> App:
    """Put a feedbraid together that has one source, forgets everything in the end, and shows all that it has."""
    name = reading.spec.name

    @asynccontextmanager
    async def opened(_: Sequence[OriginSpec]) -> AsyncIterator[Mapping[str, _Source]]:
        yield {name: source}

    spec = FeedSpec(
        name="all",
        title="",
        origins=(name,),
        address=ADDRESS,
        home=ADDRESS,
        mirror=name if reading.spec.kind == "web" else "",
        limit=1_000_000,
        max_bytes=0,
        archive=0,
    )
    formats = {one.file_name: one for one in FORMATS}
    return App(
        readings=(reading,),
        feeds=(replace(spec, formats=tuple(formats)),),
        store=MemoryStore(),
        open_sources=opened,
        load_format=formats.__getitem__,
        output=Path("/nowhere"),
    )


def _are_held(app: App) -> bool:
    """Tell whether all posts wait for their date."""
    return all(head.held_until for head in app.store.heads([one.spec.name for one in app.readings]))


# --- what was read ----------------------------------------------------------------------------------------

_OWN_FAULTS = ("the parser failed", "its entries could not be normalized", "the parser ran out of memory")
"""Reasons that say that something went wrong here."""


def judge_outcome(outcome: Fresh | Failed) -> None:
    text = codec.encode(outcome)
    hold(_is_utf8(text), "no lone surrogate is read")
    hold(codec.decode(type(outcome), text) == outcome, "what is stored comes back as it was")
    if isinstance(outcome, Failed):
        hold(outcome.reason.strip(), "a failure has a reason")
        own = outcome.reason.startswith(_OWN_FAULTS)
        hold(not own, f"no exception: {_SPECIFIC.sub('', outcome.reason)[:60]}", outcome.reason)
        hold("\n" not in outcome.reason, "a reason is one line", outcome.reason)
        return
    for skipped in outcome.skipped:
        hold(skipped.reason.strip() and skipped.ref, "what is skipped has a place and a reason", skipped)
    for note in (*outcome.notes, *(note for item in outcome.entries for note in item.notes)):
        _judge_note(note)
    for item in outcome.entries:
        _judge_entry(item)


def _judge_note(note: Note) -> None:
    hold(note.rule.strip() and note.text.strip(), "a note has a rule and a text", note)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _judge_entry(item: Believed) -> None:
    """Ask for what an `Entry` promises: plain lines, addresses of the web in URI form, safe markup."""
    entry = item.entry
    hold(item.ref and entry.key and entry.public_id, "an entry has a place, a key and an id", entry)
    hold(entry.public_id == entry.public_id.strip(), "an id is trimmed", entry.public_id)
    hold(is_iri(entry.public_id), "an id is an IRI", entry.public_id)
    for line in _lines_of(entry):
        hold(line == one_line(line) and len(line) <= LINE_LIMIT, "a plain field is one safe line", repr(line))
    for url in _addresses_of(entry):
        hold(url == uri_form(url), "an address is http(s) in URI form", url)
    for date in (entry.published, entry.updated):
        hold(date is None or (date.utcoffset() == timedelta() and not date.microsecond), "a date is UTC", date)
    found = html_judge.faults(entry.body)
    hold(not found, "a body is safe", found[:3])


def _lines_of(entry: Entry) -> Iterator[str]:
    yield from (entry.title, entry.rights)
    yield from (person.name for person in entry.authors)
    yield from (text for one in entry.categories for text in (one.term, one.label))
    yield from (file.title for file in entry.enclosures)
    yield from (link.title for link in entry.links)


def _addresses_of(entry: Entry) -> Iterator[str]:
    stated = [entry.link, entry.comments, entry.image]
    stated += [file.url for file in entry.enclosures]
    stated += [link.href for link in entry.links]
    stated += [person.uri for person in entry.authors]
    yield from filter(None, stated)


# --- what is published ------------------------------------------------------------------------------------


def _without_faults(media_type: str, document: bytes) -> None:
    found = faults(media_type, document)
    if found:
        words = _SPECIFIC.sub("", found[0].text).strip()[:60]
        raise Broken(f"valid {media_type}: {found[0].rule} {words}", found[0])


def judge_documents(documents: Sequence[tuple[Format, bytes]], feed: Feed) -> None:
    for one, document in documents:
        _without_faults(one.media_type, document)
        hold(one.read_ids(document) == tuple(post.id for post in feed.posts), f"the ids of {one.file_name}")
        running = _running_in_json(json.loads(document)) if one is JSON else _running_in_xml(document)
        hold(not running, f"nothing runs in {one.file_name}", running[:3])


_RUNS = re.compile(r"[\s\x00-\x20]*(?:javascript|vbscript|livescript|mocha|data)[\s\x00-\x20]*:", re.IGNORECASE)
_WORDS = frozenset({"title", "term", "label", "text"})
"""Attributes that hold words for people: what stands in them is shown and never followed."""
_ADDRESS_ELEMENTS = frozenset({"id", "guid", "link", "comments", "uri", "url", "icon", "logo", "docs"})
_MARKUP_ELEMENTS = frozenset({"description", "{http://purl.org/rss/1.0/modules/content/}encoded"})
"""Of RSS items; all other texts there are plain. In Atom, the type says so."""


def _running_in_xml(document: bytes) -> list[str]:
    """List what a reader might run, in the document as it is decoded."""
    found: list[str] = []
    root = ET.fromstring(document)  # noqa: S314  # it is our own
    for element in root.iter():
        name, text = element.tag.rpartition("}")[2], element.text or ""
        found += [
            f"{name} {key}={value}" for key, value in element.items() if key not in _WORDS and _RUNS.match(value)
        ]
        if name in _ADDRESS_ELEMENTS and _RUNS.match(text):
            found.append(f"{name} {text}")
    markup = [element for element in root.iter() if element.get("type") == "html"]
    markup += [child for item in root.iter("item") for child in item if child.tag in _MARKUP_ELEMENTS]
    return found + [fault for element in markup for fault in html_judge.faults(element.text or "")]


def _running_in_json(value: object, name: str = "") -> list[str]:
    if isinstance(value, dict):
        return [each for key, inner in value.items() for each in _running_in_json(inner, key)]
    if isinstance(value, list):
        return [each for inner in value for each in _running_in_json(inner, name)]
    text = value if isinstance(value, str) else ""
    if name == "content_html":
        return html_judge.faults(text)
    is_address = name in ("id", "image", "icon", "favicon", "avatar") or name.endswith("url")
    return [f"{name} {text}"] if is_address and _RUNS.match(text) else []


# --- once more --------------------------------------------------------------------------------------------


def _judge_second_reading(app: App, source: _Source, feed: Feed) -> None:
    """The same document adds nothing and changes nothing (I3, I4). Later, a post may have waited for its date."""
    (report,) = take_in(app, MOMENT, Choices(force=True))
    hold(source.heard[1] == source.heard[0], "the same bytes are read the same way")
    hold((report.new, report.changed, report.gone) == (0, 0, 0), "a second reading adds nothing", report)
    hold(current_feed(app, app.feeds[0]) == feed, "a second reading changes nothing that is published")


def _judge_own_document(one: Format, document: bytes, feed: Feed) -> None:
    """Our own document is a feed whose ids are those of the one it was made of, or minted from them (I4, B84)."""
    url = ADDRESS + one.file_name
    reading = Reading(spec=OriginSpec(name="own", kind="web", locations=(url,)), feed_url=url)
    outcome = handle(ParseJob(reading=reading, body=document, content_type=one.media_type))
    if not isinstance(outcome, Fresh):
        raise Broken(f"our own {one.file_name} is read again", outcome)
    label = f"our own {one.file_name} has the same ids"
    expected = {post.id for post in feed.posts}
    read = [item.entry.public_id for item in outcome.entries]
    kept = {id_ for id_ in expected if one is ATOM or publishable_id(id_)}
    hold(len(read) + len(outcome.skipped) == len(feed.posts), label, outcome.skipped)
    hold(len(set(read)) == len(read), label, read)
    if len(read) == len(feed.posts):
        hold(kept <= set(read), label, sorted(kept - set(read)))
    hold(sum(id_ not in expected for id_ in read) <= len(expected - kept), label, read)


# --- HTTP headers -----------------------------------------------------------------------------------------

_MOST = 20_000


def read_headers(data: bytes) -> None:
    """Whatever a server says in its headers, and packs its body in, is read within bounds or unusable."""
    head, _, body = data.partition(b"\n\n")
    headers = [
        (name, value.removeprefix(b" ")) for name, _, value in (row.partition(b":") for row in head.split(b"\n"))
    ]
    for read, cap in ((answers.max_age, answers.MAX_AGE_CAP), (answers.retry_after, answers.RETRY_AFTER_CAP)):
        given = read(headers)
        hold(given is None or timedelta() <= given <= cap, f"{read.__name__} is within bounds", given)
    known = answers.validators(SITE, headers)
    for name, value in answers.conditions(known):
        stated = {key.lower(): value for key, value in reversed(headers)}
        hold(
            value in (stated.get(b"etag"), stated.get(b"last-modified")), "validators go back as they came", value
        )
        hold(name and b"\n" not in value and len(value) <= 1024, "a validator is one short line", value)
    words = answers.status_in_words(404, headers, body)
    hold(words.isprintable() and len(words) < 200 and _is_utf8(words), "a status is one printable line", words)
    for attempt in (lambda: answers.location(headers), lambda: _unpacked(headers, body)):
        try:
            attempt()
        except answers.Unusable as reason:
            hold(str(reason).strip() and str(reason).isprintable(), "what is unusable has a reason", reason)


def _unpacked(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    unpacker = answers.Unpacker(headers, _MOST)
    unpacker.expect(answers.header(headers, b"content-length"))
    for start in range(0, len(body), 97):
        unpacker.add(body[start : start + 97])
        hold(len(unpacker.content) <= _MOST + 1, "no more is held than allowed", len(unpacker.content))
    hold(len(unpacker.finish()) <= _MOST, "a body is within bounds")


# --- the configuration ------------------------------------------------------------------------------------


def read_config(data: bytes) -> None:
    """A configuration that can be used, or problems with their lines: never anything else."""
    path = _folder() / "config.yaml"
    path.write_bytes(data)
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    try:
        config = load_config(path)
    except ConfigError as error:
        hold(error.problems, "a refusal has a problem")
        for problem in error.problems:
            hold(problem.message.strip(), "a problem has words", problem)
            hold(0 < problem.line <= lines + 1 and problem.column > 0, "a problem has its place", problem)
            hold(_is_utf8(str(problem)), "a problem can be printed", repr(problem))
    else:
        _judge_config(config)


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="feedbraid-fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _judge_config(config: Config) -> None:
    hold(config.feeds and (config.sources or config.seeds), "a configuration publishes something")
    names = [one.name for one in (*config.sources, *config.seeds)] + [feed.name for feed in config.feeds]
    for name in names:
        hold(re.fullmatch(r"[\w-]+", name), "a name is a plain word", name)
    for spec in config.sources:
        after = next_time(spec.schedule, MOMENT)
        hold(after > MOMENT, "the next time is in the future", spec.schedule)
        hold(codec.decode(OriginSpec, codec.encode(spec)) == spec, "a source is stored as it is", spec)
    for one in (*config.sources, *config.seeds):
        read_date(RawDate(text="2026-01-05 10:00"), zone=one.zone)
    for feed in config.feeds:
        hold(
            feed.address.startswith(("http://", "https://")) and feed.address.endswith("/"),
            "an address",
            feed.address,
        )
        hold(not feed.id or is_iri(feed.id), "the id of a feed is an IRI", feed.id)
        hold(set(feed.origins) <= {one.name for one in (*config.sources, *config.seeds)}, "origins exist", feed)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "feed": read_feed,
    "seed": read_seed,
    "headers": read_headers,
    "config": read_config,
}
"""By name; a file of the corpus begins with it."""
