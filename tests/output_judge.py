"""A judge of whole published documents, in every format: what of them could run, load or lead astray (I5).

It shares no code with what writes them. Bodies go to the judge of bodies; here it is about all the rest: elements
and attributes of XML, members of JSON, the frame of a page for people, the list of sources.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import html_judge
from feedbraid import html

_ATOM = "http://www.w3.org/2005/Atom"
_MEDIA = "http://search.yahoo.com/mrss/"
_KNOWN = {
    "": "Atom and RSS name their own",
    _ATOM: "Atom",
    _MEDIA: "thumbnails",
    "http://purl.org/rss/1.0/modules/content/": "bodies in RSS",
    "http://purl.org/dc/elements/1.1/": "authors in RSS",
    "http://purl.org/syndication/history/1.0": "archives",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "podcasts",
    "http://www.w3.org/XML/1998/namespace": "languages",
}
"""Namespaces that are data to a browser: never XHTML, SVG or MathML, which run in XML as they do in pages."""

_WEB = re.compile(r"https?://[A-Za-z0-9.:_~%\[\]-]+(?:[/?#][A-Za-z0-9!#$%&'()*+,/:;=?@._~\[\]-]*)?")
"""An address of the web in URI form (RFC 3986), without user and password."""
_RUNS = re.compile(r"[\x00-\x20]*(?:(?:java|vb|live)?script|mocha|data)[\x00-\x20]*:", re.IGNORECASE)
"""What runs when it is followed. An id of Atom may have any other scheme: it is a name, and kept as it is (N4)."""

_ADDRESSES = frozenset({"href", "url", "uri", "src", "xmlUrl", "htmlUrl"})
"""Attributes of XML, and members of JSON, that programs follow or load."""
_ADDRESS_TEXTS = frozenset({"link", "comments", "docs", "url", "uri", "icon", "logo"})
"""Elements of XML whose text is an address."""
_IDS = frozenset({"id", "guid", "scheme", "domain"})
"""Elements and attributes that name something, and are no addresses."""
_BODIES = frozenset({"description", "{http://purl.org/rss/1.0/modules/content/}encoded"})
"""Of an RSS item: HTML. All other texts of RSS are plain."""


def faults(name: str, document: bytes) -> list[str]:
    """List what is wrong with a document, by the ending of its name; a style sheet is ours alone."""
    if name.endswith(".css"):
        return []
    if name.endswith(".json"):
        return list(_of_json(json.loads(document), name))
    return _of_page(document.decode()) if name.endswith(".html") else list(_of_xml(document))


# --- XML --------------------------------------------------------------------------------------------------


def _of_xml(document: bytes) -> Iterator[str]:
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", document):
        yield "a DOCTYPE"
    if len(re.findall(rb"<\?", document)) > 1:
        yield "an instruction"
    root = ET.fromstring(document)  # noqa: S314  # our own document, and no DOCTYPE in it
    if root.tag == "rss":
        yield from _raw_markup(document.decode())
    yield from _of_element(root, in_item=False)


def _raw_markup(text: str) -> Iterator[str]:
    """Find markup in plain texts of RSS that a reader which decodes twice would take for some (N101)."""
    found = re.search(r"<(title|category|source|dc:creator|copyright|dc:rights)[^>]*>[^<]*&lt;", text)
    if found:
        yield f"{found[1]} whose brackets are no hexadecimal references"


def _of_element(element: ET.Element, *, in_item: bool) -> Iterator[str]:
    namespace, _, local = element.tag[1:].partition("}") if element.tag.startswith("{") else ("", "", element.tag)
    if namespace not in _KNOWN:
        yield f"element {element.tag}"
    for key, value in element.items():
        yield from _of_attribute(key, value)
    text = element.text or ""
    if local in _ADDRESS_TEXTS and text and not _WEB.fullmatch(text):
        yield f"{local} {text!r}"
    if local in _IDS and _RUNS.match(text):
        yield f"{local} {text!r}"
    if element.get("type") == "html" or (in_item and element.tag in _BODIES):
        yield from (f"{local}: {fault}" for fault in html_judge.faults(text, iframes=False))
    if element.get("type") == "xhtml":
        yield f"{local} of XHTML"
    for child in element:
        yield from _of_element(child, in_item=in_item or local == "item")


def _of_attribute(key: str, value: str) -> Iterator[str]:
    if key.lower().startswith("on") or key in ("style", "srcdoc"):
        yield f"attribute {key}"
    if key in _ADDRESSES and not _WEB.fullmatch(value):
        yield f"{key} {value!r}"
    if key in _IDS and _RUNS.match(value):
        yield f"{key} {value!r}"


# --- JSON -------------------------------------------------------------------------------------------------

_JSON_ADDRESSES = _ADDRESSES | {"image", "banner_image", "icon", "favicon", "about", "external_url"}


def _of_json(value: object, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _of_members(value)
    elif isinstance(value, list):
        for member in value:
            yield from _of_json(member, name)
    elif isinstance(value, str):
        yield from _of_text(value, name)


def _of_members(members: Mapping[str, Any]) -> Iterator[str]:
    for name, member in members.items():
        yield from _of_json(member, name)


def _of_text(text: str, name: str) -> Iterator[str]:
    if name == "content_html":
        yield from (f"content_html: {fault}" for fault in html_judge.faults(text, iframes=False))
    if (name in _JSON_ADDRESSES or name.endswith("_url")) and not _WEB.fullmatch(text):
        yield f"{name} {text!r}"
    if name == "id" and _RUNS.match(text):
        yield f"id {text!r}"


# --- pages for people -------------------------------------------------------------------------------------

_FRAME = {"html", "head", "body", "meta", "title", "link"}
"""What a page has and a body must not have."""
_PAGE_ADDRESSES = frozenset({"action", "background", "cite", "data", "formaction", "href", "poster", "src"})
_OWN_FILES = re.compile(r"(?:\.\./)?(?:[\w-]+/)?(?:[\w-]+\.(?:html|opml|css|xml|json))?(?:#posts)?")


class _Page(HTMLParser):
    """Lists what is wrong with a page."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.policies: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in html.TAGS | _FRAME:
            self.faults.append(f"element {tag}")
        stated = {name: value or "" for name, value in attrs}
        for name, value in stated.items():
            self._judge(tag, name, value)
        if "http-equiv" in stated:
            self.policies.append(f"{stated['http-equiv']}: {stated.get('content', '')}")
        if tag == "link" and stated.get("rel") not in ("stylesheet", "alternate"):
            self.faults.append(f"link to {stated}")

    def _judge(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on") or name in ("style", "srcdoc") or ":" in name:
            self.faults.append(f"attribute {name} of {tag}")
        followed = name == "href" and re.match(r"(?:ftp|geo|magnet|mailto|tel|xmpp):.", value)
        if name in _PAGE_ADDRESSES and not (_WEB.fullmatch(value) or _OWN_FILES.fullmatch(value) or followed):
            self.faults.append(f"{name} of {tag} {value!r}")
        if name == "srcset" and not all(_WEB.fullmatch(part.partition(" ")[0]) for part in value.split(", ")):
            self.faults.append(f"srcset {value!r}")

    def handle_decl(self, decl: str) -> None:
        if decl != "DOCTYPE html":
            self.faults.append(f"declaration {decl!r}")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data!r}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data!r}")


def _of_page(text: str) -> list[str]:
    page = _Page()
    page.feed(text)
    page.close()
    if [policy.partition(";")[0] for policy in page.policies] != ["Content-Security-Policy: default-src 'none'"]:
        page.faults.append(f"policies {page.policies}")
    return page.faults
