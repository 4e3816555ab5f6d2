"""Atom links, which RSS channels have, too, and what those of a whole feed say of its history (RFC 5005)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from feedbraid.conformance._values import iri_fault, is_blank, language_fault, media_type_fault, url_fault, words
from feedbraid.conformance._xml import Element, Walker

_REGISTERED = words(
    "about alternate appendix archives author blocked-by bookmark canonical chapter cite-as collection "
    "contents convertedfrom copyright create-form current describedby describes disclosure duplicate edit "
    "edit-form edit-media enclosure external first glossary help hosts hub icon index item last "
    "latest-version license lrdd memento monitor next next-archive nofollow noopener noreferrer opener "
    "original payment pingback predecessor-version prefetch preload prev preview previous prev-archive "
    "privacy-policy profile related replies search section self service shortlink start stylesheet subsection "
    "successor-version sunset tag terms-of-service timegate timemap type up version-history via webmention "
    "working-copy working-copy-of"
)
"""Of the IANA registry of link relations, what a feed could say."""

_PAGING = frozenset({"first", "last", "next", "prev", "previous"})
_ARCHIVES = frozenset({"prev-archive", "next-archive", "current"})
_ONCE = _PAGING | _ARCHIVES | {"self"}


Stated = dict[str, str]
"""The attributes of a link."""


def check_link(walker: Walker, link: Element) -> Stated:
    """Check the attributes of one link (RFC 4287 4.2.7), and give them."""
    stated: Stated = dict(link.items())
    for name, value in stated.items():
        test = _TESTS.get(name)
        fault = test(value) if test else f"unexpected attribute {name}"
        if fault:
            walker.fault(link, _RULES.get(name, "RFC 4287 4.2.7"), f"link {stated.get('href')}: {fault}")
    if "rel" not in stated:
        walker.fault(link, "N95", f"link {stated.get('href')}: no explicit rel")
    if "href" not in stated:
        walker.fault(link, "RFC 4287 4.2.7.1", "link: no href")
    if len(link) or link.text:
        walker.fault(link, "RFC 4287 4.2.7", f"link {stated.get('href')}: it is not empty")
    return stated


_RULES = {
    "href": "N56",
    "rel": "RFC 4287 4.2.7.2",
    "type": "RFC 4287 4.2.7.3",
    "hreflang": "RFC 4287 4.2.7.4",
    "title": "RFC 4287 4.2.7.5",
    "length": "N64",
}


def _relation_fault(value: str) -> str:
    return (
        "" if value in _REGISTERED or not iri_fault(value) else f"rel {value!r} is neither registered nor an IRI"
    )


def _length_fault(value: str) -> str:
    positive = value.isascii() and value.isdigit() and value[0] != "0"
    return "" if positive else f"length {value!r} is no positive number"


def _title_fault(value: str) -> str:
    return "title is empty" if is_blank(value) else ""


_TESTS: dict[str, Callable[[str], str]] = {
    "href": url_fault,
    "rel": _relation_fault,
    "type": media_type_fault,
    "hreflang": language_fault,
    "length": _length_fault,
    "title": _title_fault,
}


def check_alternates(walker: Walker, parent: Element, links: Sequence[Stated]) -> None:
    """Ask for one alternate of each type and language (RFC 4287 4.1.1, 4.1.2, 4.2.11)."""
    kinds = [(link.get("type"), link.get("hreflang")) for link in links if link.get("rel") == "alternate"]
    if len(set(kinds)) < len(kinds):
        walker.fault(parent, "RFC 4287 4.1.1", f"alternate link by type and language occurs twice: {kinds}")


def check_feed_links(
    walker: Walker, root: Element, links: Sequence[Stated], media_type: str, marks: Sequence[str]
) -> None:
    """Check the links of a whole feed: itself, its formats, its history.

    `marks` are the names of the RFC 5005 elements in the document: "archive", "complete".
    """
    check_alternates(walker, root, links)
    addresses: dict[str, str] = {}
    for link in links:
        rel = link.get("rel", "")
        if rel in _ONCE and rel in addresses:
            walker.fault(root, "N81" if rel == "self" else "RFC 5005 2", f"more than one link to {rel}")
        addresses.setdefault(rel, link.get("href", ""))
        if rel in ("self", "alternate") and "type" not in link:
            walker.fault(root, "N82", f"link to {rel} without type")
        if rel == "self" and link.get("type", media_type) != media_type:
            walker.fault(root, "N81", f"the link to itself has the type {link['type']}, not {media_type}")
    if "self" not in addresses:
        walker.fault(root, "N81", "no link to itself")
    for rule, text in history_faults(addresses, marks):
        walker.fault(root, rule, text)


def history_faults(addresses: dict[str, str], marks: Sequence[str]) -> list[tuple[str, str]]:
    """Tell what contradicts itself in links and marks (RFC 5005 2, 3, 4; N86..N89)."""
    own, archive = addresses.get("self"), "archive" in marks
    archives, paging = _ARCHIVES & addresses.keys(), _PAGING & addresses.keys()
    faults = []
    if "complete" in marks and (archive or archives or paging):
        faults.append(("RFC 5005 2", "a complete feed has no archive and no other pages"))
    if archive and addresses.get("current", own) == own:
        faults.append(("RFC 5005 4", "an archive does not link to the current document"))
    if not archive and addresses.get("current", own) != own:
        faults.append(("RFC 5005 4", "another document is the current one, but this is no archive"))
    if not archive and "next-archive" in archives:
        faults.append(("RFC 5005 4", "the current document links to a next archive"))
    if archives and paging:
        faults.append(("N89", "links to archives and to pages together"))
    former, following = addresses.get("prev-archive"), addresses.get("next-archive")
    if former and former in (own, addresses.get("current"), following):
        faults.append(("RFC 5005 4", "the previous archive is this, the current or the next document"))
    if following and following == own:
        faults.append(("RFC 5005 4", "the next archive is this document"))
    faults += [
        ("RFC 5005 3", f"the {rel} page is this document") for rel in ("next", "previous") if _same(addresses, rel)
    ]
    return faults


def _same(addresses: dict[str, str], rel: str) -> bool:
    return rel in addresses and addresses[rel] == addresses.get("self")
