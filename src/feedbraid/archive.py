"""The archive of a feed: closed blocks of its history, one document each in every format (RFC 5005 4, N86, N87).

A block is kept as it was when it was closed, so its documents never change, whatever becomes of its posts. Only
addresses come from the configuration: when the site moves, the links of its archives move along.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial

from feedbraid.codec import digest
from feedbraid.formats import Format
from feedbraid.model import Feed, FeedSpec, Sibling
from feedbraid.press import Task
from feedbraid.store import Store

FOLDER = "archive"


def address_of(spec: FeedSpec, number: int) -> str:
    """Give the public folder of a closed block; that of number 0, before the first, is empty."""
    return f"{spec.address}{FOLDER}/{number}/" if number else ""


def siblings_of(formats: Mapping[str, Format], folder: str, title: str) -> tuple[Sibling, ...]:
    """Name the documents that one feed, or one archive of it, has in a public folder (N82)."""
    return tuple(
        Sibling(folder + one.file_name, one.media_type, f"{title} ({one.file_name})") for one in formats.values()
    )


def as_closed(feed: Feed) -> Feed:
    """Give what is kept of a block: everything but addresses, and what is true of the live feed alone."""
    return replace(feed, home="", siblings=(), address="", previous="", stylesheet="", hubs=(), ended=False)


def tasks(
    store: Store,
    spec: FeedSpec,
    formats: Mapping[str, Format],
    version: str,
    check: Callable[[Format, bytes, Feed], str],
) -> Iterator[Task]:
    """Give the documents of all closed blocks of a feed, oldest first."""
    for number, kept in store.blocks(spec.name).items():
        own = digest("\n".join((kept, version, spec.address, spec.home, spec.stylesheet, *spec.formats)))
        block = cache(partial(_block, store, spec, number, formats))
        for one in formats.values():
            yield Task(
                path=f"{spec.name}/{FOLDER}/{number}/{one.file_name}",
                media_type=one.media_type,
                print=own,
                render=partial(_render, one, block, address_of(spec, number)),
                check=partial(_check, one, block, check),
            )


def _render(one: Format, block: Callable[[], Feed], address: str) -> bytes:
    return one.render(block(), address + one.file_name)


def _check(
    one: Format, block: Callable[[], Feed], check: Callable[[Format, bytes, Feed], str], content: bytes
) -> str:
    return check(one, content, block())


def _block(store: Store, spec: FeedSpec, number: int, formats: Mapping[str, Format]) -> Feed:
    """Read a closed block, and give it its addresses."""
    own, kept = address_of(spec, number), store.block(spec.name, number)
    return replace(
        kept,
        home=spec.home,
        siblings=siblings_of(formats, own, f"{kept.title}, archive {number}"),
        address=spec.address,
        previous=address_of(spec, number - 1),
        is_archive=True,
        stylesheet=spec.stylesheet,
    )
