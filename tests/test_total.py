"""Functions that promise to raise nothing, whatever they are given: each with what it promises besides.

A row is all that may come a function's way, and the law that its answer keeps. Where the law of a function stands
in the tests of its own module, it is not repeated here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import html_judge
from documents import atom, rss
from factories import entry, post
from feedbraid import (
    codec,
    configform,
    conformance,
    fields,
    guard,
    html,
    ids,
    jsonfeed,
    media,
    nesting,
    posts,
    tracking,
)
from feedbraid import text as texts
from feedbraid.answers import printable
from feedbraid.charset import decode
from feedbraid.frontmatter import FrontMatter, read_front_matter, text_of, texts_of
from feedbraid.gate import MAX_ENTITY_GROWTH, Admitted, Refused, admit
from feedbraid.model import (
    Believed,
    Channel,
    CleaningRules,
    Cron,
    EntryKey,
    Failed,
    Feed,
    Fresh,
    Interval,
    Note,
    OriginSpec,
    ParseJob,
    RawCategory,
    RawPerson,
    RawText,
    Reading,
    Skipped,
    SourceState,
    Validators,
)
from feedbraid.parse import handle
from feedbraid.postbody import body_html, first_heading, split_heading
from feedbraid.postfile import PostRead, read_post
from feedbraid.prolog import FORBIDDEN, PROLOG_LIMIT, Refusal, read_prolog
from feedbraid.urls import is_iri, is_name, uri_form
from feedbraid.xmlfacts import parse_date
from random_feeds import feeds
from random_feeds import posts as random_posts

READING = Reading(spec=OriginSpec(name="site", kind="web", locations=()), feed_url="https://site.example/feed")

# --- what may come ----------------------------------------------------------------------------------------

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)
"""Lone surrogates, control characters and noncharacters too."""

PIECES = st.sampled_from(
    [
        *(
            "<",
            ">",
            "&",
            '"',
            "'",
            "/",
            "=",
            " ",
            "\n",
            "\t",
            "\0",
            "\x85",
            "\ud800",
            "\ufeff",
            "\u202e",
            "\U0001fffe",
        ),
        *(
            "&lt;",
            "&amp;lt;b&amp;gt;",
            "&#60;",
            "&#xD800;",
            "&nbsp;",
            "&nosuch;",
            "]]>",
            "<![CDATA[",
            "<!--",
            "-->",
        ),
        *(
            "<p>",
            "</p>",
            "<b>",
            "<script>",
            "</script>",
            "<svg>",
            "<table>",
            "<a href='",
            "<img src=",
            "<x:y ",
            "<br/>",
        ),
        *(
            "https://site.example/1",
            "//a.example",
            "javascript:x",
            "data:,x",
            "#a",
            "?b=1",
            "mailto:a@b.example",
            "urn:x:1",
        ),
        *(
            "<!DOCTYPE ",
            "[<!ENTITY a '",
            "<?xml version='1.0'?>",
            "<rss>",
            "<channel>",
            "<item>",
            "</item>",
            "<feed>",
            "<html>",
        ),
        *(
            "---\n",
            "title: ",
            "+++\n",
            "{",
            "}",
            '"title": ',
            "[",
            "]",
            ": ",
            "- ",
            "\n\n",
            "## ",
            "](",
            "2026-01-05",
            "tags: ",
        ),
        *(
            "zh_hant",
            "text/html",
            "; charset=gbk",
            "a@b.example",
            "(Jo)",
            "utm_source=x",
            "中文",
            "é",
            "👩\u200d💻",
            "\u3000",
        ),
    ]
)
ODD_TEXT = st.lists(st.one_of(PIECES, ANY_TEXT), max_size=12).map("".join)
MARKS = st.sampled_from(
    [b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0<\0", b"<?xml encoding='gbk'?>", b"\x1b$B"]
)
ODD_BYTES = st.one_of(
    st.binary(max_size=200),
    st.builds(
        bytes.__add__, MARKS, st.lists(st.sampled_from([b"\0<", b"\xd8\0", b"\0\xd8", b"\xff"])).map(b"".join)
    ),
    ODD_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.tuples(ODD_TEXT, st.sampled_from(["utf-16", "utf-8-sig", "gb18030", "cp1252", "utf-32"])).map(
        lambda pair: pair[0].encode(pair[1], "replace")
    ),
)
ODD_FEEDS = st.builds(
    lambda frame, inner: frame(*inner).encode("utf-8", "surrogatepass"),
    st.sampled_from(
        [rss, atom, lambda *parts: rss("<item>", *parts), lambda *parts: atom("<entry>", *parts, "</entry>")]
    ),
    st.lists(st.one_of(PIECES, ANY_TEXT), max_size=10),
)
ODD_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), ODD_TEXT),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["items", "id", "url", "title", "authors", "entries", "entry", "key", "x"]), inner
        ),
    ),
    max_leaves=6,
)


def _is_utf8(text: str) -> bool:
    return text.encode("utf-8", "ignore").decode() == text


def _is_line(text: str) -> bool:
    return texts.one_line(text) == text and len(text) <= texts.LINE_LIMIT


# --- the laws ---------------------------------------------------------------------------------------------


def _reading_bytes(data: bytes, content_type: str) -> None:
    read = decode(data, content_type)
    assert read is None or (_is_utf8(read.text) and len(read.text) <= len(data) and read.codec)
    if data.isascii() and read is not None and not read.warning and read.codec == "utf-8":
        assert read.text.encode() == data


def _letting_in(data: bytes, content_type: str) -> None:
    result = admit(data, content_type)
    if isinstance(result, Refused):
        assert result.reason.strip()
        assert "\n" not in result.reason
        return
    assert isinstance(result, Admitted)
    assert not FORBIDDEN.search(result.body.decode())
    assert len(result.body) <= 20 * len(data) + MAX_ENTITY_GROWTH


def _finding_the_root(text: str, url: str) -> None:
    with suppress(Refusal):
        prolog = read_prolog(text, url)
        assert text.startswith(f"<{prolog.name}", prolog.root)
        assert prolog.root < PROLOG_LIMIT


def _handling_a_document(data: bytes, content_type: str) -> None:
    job = ParseJob(reading=READING, body=data, content_type=content_type)
    outcome = handle(job)
    assert handle(job) == outcome
    assert _is_utf8(codec.encode(outcome))
    if isinstance(outcome, Failed):
        assert outcome.reason.strip()
        assert not outcome.reason.startswith(("the parser failed", "its entries could not"))
    else:
        assert all(skipped.reason for skipped in outcome.skipped)
        assert len({item.entry.key for item in outcome.entries}) == len(outcome.entries)


def _reading_json(value: object) -> None:
    raw = jsonfeed.read_json_feed(json.dumps(value).encode())
    assert raw is None or _is_utf8(codec.encode(raw))


def _reading_a_head(start: str, text: str) -> None:
    head = read_front_matter(start + text, "a.md")
    if isinstance(head, Skipped):
        assert head.reason
        assert 0 < head.line <= (start + text).count("\n") + 2  # YAML may call the end a line
    elif isinstance(head, FrontMatter):
        assert (start + text).endswith(head.body)
        assert all(name == name.strip().lower() for name in head.fields)
        for value in head.fields.values():
            stated = texts_of(value)
            assert text_of(value) == (stated[0] if stated else "")
            assert all(part == part.strip() != "" for part in stated)


def _reading_a_post(data: bytes, ref: str) -> None:
    read = read_post(data, ref, READING)
    assert read == read_post(data, ref, READING)
    if isinstance(read, Skipped):
        assert read.reason.strip()
        assert 0 <= read.line <= data.count(b"\n") + data.count(b"\r") + 1
    else:
        assert isinstance(read, PostRead)
        assert (read.raw.dialect, read.raw.ref) == ("seed", ref)


def _reading_a_body(body: str, suffix: str) -> None:
    markup, undone = body_html(body, suffix)
    assert markup == markup.strip() or suffix == ".html" or "<" in body
    assert not undone
    assert len(first_heading(markup)) <= len(markup)
    heading = split_heading(body)
    assert heading is None or (all(heading.dates) and len(heading.title) <= len(body))


def _telling_markup(text: str) -> None:
    assert html.has_markup(text) in (True, False)
    assert not html.has_markup(text.replace("<", "").replace("&", ""))
    assert html.has_markup(html.from_plain(text)) == bool(texts.xml_safe(text).strip())


def _making_plain(value: str, kind: Any) -> None:  # noqa: ANN401  # one of three words
    line = html.plain(RawText(value=value, kind=kind))
    assert _is_line(line)
    assert _is_utf8(line)
    if kind == "text":
        assert line == texts.one_line(value)


def _cleaning(markup: str, base: str, rules: CleaningRules) -> None:
    cleaned = html.clean(markup, base=base, entry_link=base, rules=rules)
    assert html_judge.faults(cleaned.html, iframes=bool(rules.embeds)) == []
    assert len(cleaned.html.encode()) <= html.MAX_BYTES
    assert all(note.rule and note.text for note in cleaned.notes)


def _writing_attributes(values: dict[str, str]) -> None:
    assert media.values_of(media.written(values)) == values


def _choosing_images(srcset: str) -> None:
    found = media.Media(CleaningRules(), lambda url: url if url.startswith("https:") else "", lambda *_: None)
    for url, size in found.candidates(srcset):
        assert url.startswith("https:")
        assert url in srcset
        assert size == " ".join(size.split())


def _untangling(markup: str) -> None:
    assert nesting.is_tangled(markup) in (True, False)
    familiar = nesting.without_foreign_names(markup)
    assert nesting.without_foreign_names(familiar) == familiar
    assert len(nesting.without_tags(markup)) <= len(markup)
    assert nesting.is_well_nested(markup) in (True, False)


def _counting(number: int, one: str, many: str) -> None:
    told = texts.counted(number, one, many)
    assert told.startswith(f"{number} ")
    assert told.endswith(one if number == 1 else many or f"{one}s")


def _splitting_a_person(name: str, email: str) -> None:
    found, mail = texts.split_person(RawPerson(name=name, email=email))
    assert _is_line(found)
    assert not mail or ("@" in mail and mail == mail.strip())


def _naming_people(names: list[str], uri: str) -> None:
    people = fields.people([RawPerson(name=name, uri=uri, email=name) for name in names], READING.feed_url)
    assert len({person.name for person in people}) == len(people) <= len(names)
    assert all(person.name and _is_line(person.name) for person in people)
    assert all(person.uri == uri_form(person.uri) for person in people)


def _labelling(terms: list[tuple[str, str, str]]) -> None:
    found = fields.categories(
        [RawCategory(term=term, scheme=scheme, label=label) for term, scheme, label in terms]
    )
    assert len({category.term.casefold() for category in found}) == len(found) <= len(terms)
    assert all(category.term and _is_line(category.term) and _is_line(category.label) for category in found)
    assert all(not one.scheme or is_name(one.scheme) or one.scheme == uri_form(one.scheme) for one in found)


def _typing(stated: str, url: str) -> None:
    found = fields.media_type(stated)
    assert fields.media_type(found) == found
    assert not found or (found.isascii() and found == found.lower() and found.count("/") == 1)
    guessed = fields.type_of(url)
    assert fields.media_type(guessed) == guessed != ""
    assert 0 <= fields.length(stated) < 10**15


def _keeping_places(key: str, link: str) -> None:
    place = ids.place_key(EntryKey(key), link)
    assert ids.place_key(place, link) == place
    assert ids.page_key(place, link) == ids.page_key(EntryKey(key), link)


def _minting(dialect: Any, source_id: str, channel_id: str, link: str) -> None:  # noqa: ANN401  # one of four words
    source_id, key = texts.xml_safe(source_id).strip(), EntryKey(uri_form(link) or f"id:{texts.xml_safe(link)}")
    public = ids.public_id(dialect, source_id, channel_id=texts.xml_safe(channel_id), key=key)
    assert is_iri(public)
    assert public == ids.public_id(dialect, source_id, channel_id=texts.xml_safe(channel_id), key=key)


def _dropping_parameters(query: str) -> None:
    left = tracking.without(tracking.is_tracking, f"?{query}")
    assert tracking.without(tracking.is_tracking, left or "?") in (left, "?")
    assert all(part in query.split("&") for part in left[1:].split("&")) or left == ""


def _entitling(title: str, body: str, link: str) -> None:
    stated = entry(title=texts.one_line(title), body=html.from_plain(body), link=uri_form(link))
    shown = posts.stated_or_derived_title(replace(post(), entry=stated, id="urn:x:1"))
    assert shown
    assert _is_line(shown)
    named = posts.name_of(Channel(title="", link=uri_form(link)))
    assert named == named.lower()


def _printing(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown


def _asking_the_guard(host: str, port: int, address: guard.Address, allowed: list[str]) -> None:
    allowances = [guard.Allowance(name, None, None) for name in allowed]
    reason = guard.refusal(host, port, address, allowances)
    assert guard.refusal(host, port, address, [guard.Allowance(host.lower().rstrip("."), None, port)]) == ""
    if not allowed:
        assert (reason == "") == (guard.is_public(address) and port in guard.WEB_PORTS)


def _checking_a_document(media_type: str, document: bytes) -> None:
    found = conformance.faults(media_type, document)
    assert all(fault.rule and fault.text and fault.line >= 0 for fault in found)
    assert found


def _filling_the_form(data: object) -> None:
    names = [str(name) for name in data.get("sources") or ()] if isinstance(data, dict) else []
    filled = configform.fill(data, {"seeds": [], "origins": names})
    assert isinstance(filled, configform.ConfigForm) or (filled and all(mistake.words for mistake in filled))


def _reading_a_date_as_the_parser_does(text: str) -> None:
    found = parse_date(text)
    assert found is None or len(tuple(map(int.__index__, found))) == 6


# --- which function, what may come, which law -------------------------------------------------------------

TYPES = st.one_of(
    st.sampled_from(["", "text/xml; charset=gbk", "text/html;charset='utf-8", ";charset=utf-7"]), ODD_TEXT
)
ADDRESSES = st.one_of(st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**128 - 1).map(IPv6Address))
RULES = st.sampled_from(
    [CleaningRules(), CleaningRules(tracking_parameters=True, tracking_pixels=True, embeds=("v.example",))]
)
CHECKED = st.sampled_from(
    ["application/atom+xml", "application/rss+xml", "application/feed+json", "text/x-opml", "text/html"]
)
NAMES_OF_SETTINGS = sorted(
    {name for form in configform.schema()["$defs"].values() for name in form.get("properties", {})}
)
SETTINGS = st.recursive(
    st.one_of(
        st.none(), st.sampled_from(["", "1h", "yes", "7", "https://a.example/", "a", "x y", "\ud800", "* * * * *"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*configform.ConfigForm.settings(), "a", *NAMES_OF_SETTINGS]), inner, max_size=4
        ),
    ),
    max_leaves=15,
)
HEADS = st.sampled_from(
    ["", "---\n", "+++\n", ";;;\n", "---json\n", "---\ntitle: x\n---\n", "[a](http://b.example)\n--\n"]
)
FILES = st.sampled_from(["a.md", "2026-01-05-b.html", "c/index.md", "2026-02-30-d.txt"])
SUFFIXES = st.sampled_from([".md", ".html", ".txt"])
MEDIA_TYPES = st.one_of(
    ODD_TEXT, st.from_regex(r"[A-Za-z]{1,4}/[A-Z+.-]{0,4}(;.{0,3})?", fullmatch=True), st.just("7")
)
DIALECTS = st.sampled_from(["atom", "rss", "json", "seed"])
KINDS = st.sampled_from(["text", "html", "unknown"])
ATTRIBUTES = st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True), ODD_TEXT, max_size=4)
SRCSETS = st.lists(
    st.sampled_from(["https://a.example/x", " ", ",", "1x", "200w", "2h", "a", "\n"]), max_size=12
).map("".join)

ROWS: list[tuple[str, Callable[..., None], tuple[st.SearchStrategy[Any], ...]]] = [
    ("charset.decode", _reading_bytes, (ODD_BYTES, TYPES)),
    ("gate.admit", _letting_in, (st.one_of(ODD_BYTES, ODD_FEEDS), TYPES)),
    ("prolog.read_prolog", _finding_the_root, (ODD_TEXT, ODD_TEXT)),
    ("parse.handle", _handling_a_document, (st.one_of(ODD_BYTES, ODD_FEEDS), TYPES)),
    ("xmlfacts.parse_date", _reading_a_date_as_the_parser_does, (ODD_TEXT,)),
    ("jsonfeed.read_json_feed", _reading_json, (ODD_JSON,)),
    ("frontmatter.read_front_matter", _reading_a_head, (HEADS, ODD_TEXT)),
    ("postfile.read_post", _reading_a_post, (st.builds(lambda a, b: a.encode() + b, HEADS, ODD_BYTES), FILES)),
    ("postbody", _reading_a_body, (ODD_TEXT, SUFFIXES)),
    ("html.has_markup, html.from_plain", _telling_markup, (ODD_TEXT,)),
    ("html.plain", _making_plain, (ODD_TEXT, KINDS)),
    ("html.clean", _cleaning, (ODD_TEXT, ODD_TEXT, RULES)),
    ("media.written, media.values_of", _writing_attributes, (ATTRIBUTES,)),
    ("media.Media.candidates", _choosing_images, (SRCSETS,)),
    ("nesting", _untangling, (ODD_TEXT,)),
    ("text.counted", _counting, (st.integers(), st.just("post"), st.sampled_from(["", "posts of yours"]))),
    ("text.split_person", _splitting_a_person, (ODD_TEXT, ODD_TEXT)),
    ("fields.people", _naming_people, (st.lists(ODD_TEXT, max_size=4), ODD_TEXT)),
    ("fields.categories", _labelling, (st.lists(st.tuples(ODD_TEXT, ODD_TEXT, ODD_TEXT), max_size=4),)),
    ("fields.media_type, type_of, length", _typing, (MEDIA_TYPES, ODD_TEXT)),
    ("ids.place_key, page_key", _keeping_places, (ODD_TEXT, ODD_TEXT)),
    ("ids.public_id", _minting, (DIALECTS, ODD_TEXT, ODD_TEXT, ODD_TEXT)),
    ("tracking.without", _dropping_parameters, (ODD_TEXT,)),
    ("posts.stated_or_derived_title", _entitling, (ODD_TEXT, ODD_TEXT, ODD_TEXT)),
    ("answers.printable", _printing, (ODD_TEXT,)),
    (
        "guard.refusal",
        _asking_the_guard,
        (ODD_TEXT, st.sampled_from([80, 443, 22, 0]), ADDRESSES, st.lists(ODD_TEXT, max_size=2)),
    ),
    ("conformance.faults", _checking_a_document, (CHECKED, st.one_of(ODD_BYTES, ODD_FEEDS))),
    ("configform.fill", _filling_the_form, (SETTINGS,)),
]


@pytest.mark.parametrize(
    ("law", "given_to_it"), [pytest.param(law, stated, id=name) for name, law, stated in ROWS]
)
def test_nothing_raises_and_all_keep_their_promises(
    law: Callable[..., None], given_to_it: tuple[st.SearchStrategy[Any], ...]
) -> None:
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.tuples(*given_to_it))
    def check(stated: tuple[Any, ...]) -> None:
        law(*stated)

    check()


# --- the codec --------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))
PAUSES = st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds))
STATES = st.builds(
    SourceState,
    name=ANY_TEXT,
    fingerprint=ANY_TEXT,
    validators=st.none() | st.builds(Validators, url=ANY_TEXT, etag=st.binary(), last_modified=st.binary()),
    fetched=st.none() | MOMENTS,
    failures=st.integers(0, 10**6),
    error=ANY_TEXT,
    channel=st.none() | st.builds(Channel, title=ANY_TEXT, link=ANY_TEXT),
)
SPECS = st.builds(
    OriginSpec,
    name=ANY_TEXT,
    kind=st.sampled_from(["web", "seeds"]),
    locations=st.lists(ANY_TEXT, max_size=3).map(tuple),
    schedule=st.builds(Interval, every=PAUSES) | st.builds(Cron, line=ANY_TEXT, zone=ANY_TEXT),
    key=st.lists(st.sampled_from(["url", "guid", "title"]), max_size=3).map(tuple),
    hold=PAUSES,
)
OUTCOMES = st.builds(
    Fresh,
    entries=st.lists(
        st.builds(
            lambda post, ref, note: Believed(ref=ref, entry=post.entry, notes=(Note("N1", note),)),
            random_posts,
            ANY_TEXT,
            ANY_TEXT,
        ),
        max_size=2,
    ).map(tuple),
    skipped=st.lists(st.builds(Skipped, ANY_TEXT, ANY_TEXT, st.integers()), max_size=2).map(tuple),
    max_age=st.none() | PAUSES,
    complete=st.booleans(),
) | st.builds(Failed, reason=ANY_TEXT, retry_after=st.none() | PAUSES)


@settings(max_examples=50, deadline=None)
@given(st.one_of(STATES, SPECS, OUTCOMES, feeds))
def test_what_the_codec_wrote_it_reads(value: object) -> None:
    text = codec.encode(value)
    again = codec.decode(type(value), text)
    assert again == value
    assert codec.encode(again) == text
    assert "\n" not in text


@settings(max_examples=60, deadline=None)
@example(OriginSpec, {"schedule": {}})
@example(Failed, {"retry_after": 1e300})
@example(Failed, [])
@given(
    st.sampled_from([SourceState, OriginSpec, Fresh, Failed, Feed]),
    ODD_JSON
    | st.dictionaries(st.sampled_from(["fetched", "retry_after", "max_age", "schedule", "reason"]), ODD_JSON),
)
def test_the_codec_reads_anything_else_or_raises_value_error(kind: type[object], value: object) -> None:
    with suppress(ValueError):
        assert isinstance(codec.decode(kind, json.dumps(value)), kind)
