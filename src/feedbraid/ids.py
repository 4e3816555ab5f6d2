"""Identity: which key an entry has for dedup, which id it would be published under, and by what it is read.

See N1..N8, D1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from feedbraid.codec import digest, encode
from feedbraid.model import CleaningRules, Dialect, Entry, EntryKey, KeyParts, KeyRules, OriginSpec, Reading
from feedbraid.nouns import dataclass
from feedbraid.urls import entry_key, is_iri, publishable_id

NAMESPACE = "5b4b1f6e-6f0c-5d0e-9a54-0f6f0f3c8b1d"
"""Of every UUID that feedbraid mints. Changing it changes published ids: never do."""

_NAMESPACE = bytes.fromhex(NAMESPACE.replace("-", ""))


def mint(*parts: str) -> str:
    """Give a `urn:uuid:` made of the parts alone (version 5, RFC 9562 5.5)."""
    stated = _NAMESPACE + "\n".join(parts).encode()
    digits = hashlib.sha1(stated, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What an entry states that can identify it; empty where it states nothing."""

    source: str
    link: str
    source_id: str
    title: str


def make_key(parts: Sequence[KeyParts], stated: Stated, rules: KeyRules) -> EntryKey | None:
    """Give the key of an entry by the parts its source is keyed on, or None when it states none of them.

    The URL is the only part that can match across sources; the others are scoped to their source (D1).
    """
    values = {
        "url": entry_key(stated.link, rules) if stated.link else "",
        "guid": f"guid:{stated.source}:{stated.source_id}" if stated.source_id else "",
        "title": (f"title:{digest(stated.title.casefold())[:32]}" if stated.title and "title" in parts else ""),
    }
    chosen = [values[part] for part in parts if values[part]]
    if not chosen and values["guid"]:
        chosen = [values["guid"]]
    return EntryKey(" ".join(chosen)) if chosen else None


def facts(entry: Entry) -> str:
    """Give a digest of what the rest of a document, or what is stored, may make another of an entry."""
    dates = (entry.published, entry.updated)
    whole = "\0".join((entry.key, entry.source_id, entry.public_id, entry.title, entry.link, *map(str, dates)))
    return digest(whole.encode("utf-8", "surrogatepass"))[:32]


def place_key(key: EntryKey, link: str) -> EntryKey:
    """Give the key of a link's place in its page: for sources that tell posts of one page apart by the fragment.

    N140 drops fragments, which mostly name a place inside one post. Where a source shows that its fragments
    name posts, dropping them would lose all but one.
    """
    fragment = link.partition("#")[2]
    return EntryKey(f"{key}#{fragment}") if fragment and not key.endswith(f"#{fragment}") else key


def page_key(key: EntryKey, link: str) -> EntryKey:
    """Undo `place_key`."""
    fragment = link.partition("#")[2]
    return EntryKey(key.removesuffix(f"#{fragment}")) if fragment else key


def public_id(dialect: Dialect, source_id: str, *, channel_id: str, key: EntryKey) -> str:
    """Give the id an entry of a feed is first published under.

    An Atom id is kept verbatim (N4), a guid only where it is an id for the whole world (N5); otherwise one is
    minted from the guid, or the canonical URL serves itself (N6).
    """
    if source_id and (is_iri(source_id) if dialect == "atom" else publishable_id(source_id)):
        return source_id
    if source_id:
        return mint(channel_id, source_id)
    return key_id(key)


def key_id(key: EntryKey) -> str:
    """Give the id that a key alone leads to: a canonical URL is its own id, anything else is hashed (N6)."""
    return key if key.startswith(("https://", "http://")) and publishable_id(key) else mint(key)


def seed_id(authority: str, date: datetime | None, slug: str, key: EntryKey) -> str:
    """Give the id of a seed that states none: the operator's tag URI (RFC 4151), else what the key gives (N7).

    Without an address, date and name of the file make the id, so that it survives a move to another folder.
    """
    day = date.date().isoformat() if date else ""
    if key.startswith("file:") and not authority:
        return mint("seed", day, slug)
    if not (authority and day and slug):
        return key_id(key)
    tags = (f"tag:{authority},{day}:{name}" for name in (slug, digest(slug)[:16]))
    return next(filter(publishable_id, tags), "") or mint("seed", authority, day, slug)


def jekyll_id(site: str, date: datetime | None, slug: str, categories: Sequence[str]) -> str:
    """Give the id that jekyll-feed writes for a post: the site and the post's path without extension (N7)."""
    folders = [category.lower() for category in categories]
    dated = date.date().isoformat().split("-") if date else []
    return "/".join([site.rstrip("/"), *folders, *dated, slug])


# --- by what an origin is read --------------------------------------------------------------------------

_PLAIN = OriginSpec(name="", kind="", locations=())


def fingerprint_of(reading: Reading) -> str:
    """Give what tells one way of reading an origin from another: all but when it is asked."""
    spec = replace(
        reading.spec,
        schedule=_PLAIN.schedule,
        slowest=_PLAIN.slowest,
        believe=_PLAIN.believe,
        flood=_PLAIN.flood,
        hold=_PLAIN.hold,
        filters=_PLAIN.filters,
        save_to=_PLAIN.save_to,
        retention=_PLAIN.retention,
    )
    rest = _written_rest(reading.feed_url, reading.keys, reading.cleaning, reading.authority)
    return digest(f'{{"spec":{encode(spec)}{rest}'.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4)
def _written_rest(feed_url: str, keys: KeyRules, cleaning: CleaningRules, authority: str) -> str:
    """Write what readings of one configuration have in common, as it stands behind the spec of each."""
    whole = encode(Reading(spec=_PLAIN, feed_url=feed_url, keys=keys, cleaning=cleaning, authority=authority))
    return whole.removeprefix(f'{{"spec":{encode(_PLAIN)}')
