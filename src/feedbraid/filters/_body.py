"""What several filters do with the text of a post: its addresses, its plain text, its safety.

Bodies are HTML as a serializer writes it: every attribute quoted, every element closed (see `html`). So they can
be changed piece by piece, which takes a fraction of the time that a tree would.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape, unescape

from feedbraid import html
from feedbraid.media import ATTRS, candidates_of, values_of, written
from feedbraid.model import CleaningRules, Enclosure, Link, Post

from . import FilterError

TAG = re.compile(r'<(?:[^">]++|"[^"]*+"|(?!))*+>')
"""A tag of a serialized body."""
_WITH_ADDRESS = re.compile(rf"<(a|area|audio|blockquote|del|iframe|img|ins|q|source|track|video)(?= )({ATTRS})>")

Rewrite = Callable[[str, str, str], str]
"""(element, attribute, address) to the address that is published; "" removes the attribute."""


def with_body(post: Post, body: str) -> Post:
    """Give the post with this body; itself when that is its body."""
    return post if body == post.entry.body else replace(post, entry=replace(post.entry, body=body))


def safe(markup: str, post: Post, rules: CleaningRules) -> str:
    """Make markup that came from anywhere safe to publish; relative addresses begin at the post."""
    return html.clean(markup, base=post.entry.link, entry_link=post.entry.link, rules=rules).html


def settled(markup: str, post: Post, rules: CleaningRules) -> str:
    """Make a body of which only text changed, or elements left, as cleaning leaves it."""
    return markup if html.is_settled(markup) else safe(markup, post, rules)


def map_addresses(body: str, change: Rewrite) -> str:
    """Change the addresses of a body: those of `srcset` one by one, the others as attribute values."""

    def element(found: re.Match[str]) -> str:
        tag, before = found[1], values_of(found[2])
        after = {name: _changed(change, tag, name, value) for name, value in before.items()}
        if after == before:
            return found[0]
        return f"<{tag}{written({name: value for name, value in after.items() if value is not None})}>"

    return _WITH_ADDRESS.sub(element, body)


def _changed(change: Rewrite, tag: str, name: str, value: str) -> str | None:
    if not value:
        return value
    if name in ("href", "src", "poster", "cite"):
        return change(tag, name, value) or None
    return _changed_list(change, tag, value) if name == "srcset" else value


def _changed_list(change: Rewrite, tag: str, srcset: str) -> str | None:
    before = list(candidates_of(srcset))
    after = [(change(tag, "srcset", url), size) for url, size in before]
    if after == before:
        return srcset
    return ", ".join(f"{_without_last_commas(url)} {size}".rstrip() for url, size in after if url) or None


def _without_last_commas(url: str) -> str:
    """Escape commas at the end of an address, where they would end the candidate."""
    bare = url.rstrip(",")
    return bare + "%2C" * (len(url) - len(bare))


def map_post(
    post: Post,
    change: Rewrite,
    *,
    keeps_lengths: bool = True,
    finish: Callable[[str], str] = str,
) -> Post:
    """Change the addresses of a post; itself when none changes. What becomes "" beside the body stays as it was.

    Those beside the body come as ("entry", its field), ("episode", "image"), ("enclosure", its media type),
    ("link", its rel) and ("author", "uri"). `finish` gets the body when something in it changed. `keeps_lengths`
    is for changes after which a file is the same, byte for byte.
    """
    entry = post.entry
    body = map_addresses(entry.body, change)
    after = replace(
        entry,
        body=body if body == entry.body else finish(body),
        link=_mapped(change, "entry", "link", entry.link),
        comments=_mapped(change, "entry", "comments", entry.comments),
        image=_mapped(change, "entry", "image", entry.image),
        episode=entry.episode
        and replace(entry.episode, image=_mapped(change, "episode", "image", entry.episode.image)),
        enclosures=_mapped_files(change, entry.enclosures, keeps_lengths=keeps_lengths),
        links=_mapped_links(change, entry.links),
        authors=tuple(replace(one, uri=_mapped(change, "author", "uri", one.uri)) for one in entry.authors),
    )
    return post if after == entry else replace(post, entry=after)


def _mapped(change: Rewrite, thing: str, name: str, url: str) -> str:
    return (change(thing, name, url) or url) if url else ""


def _mapped_files(change: Rewrite, files: tuple[Enclosure, ...], *, keeps_lengths: bool) -> tuple[Enclosure, ...]:
    """Two that have become one file are one enclosure."""
    addresses = [_mapped(change, "enclosure", file.media_type, file.url) for file in files]
    if addresses == [file.url for file in files]:
        return files
    made: dict[str, Enclosure] = {}
    for file, url in zip(files, addresses, strict=True):
        length = file.length if keeps_lengths or url == file.url else 0
        made.setdefault(url, replace(file, url=url, length=length))
    return tuple(made.values())


def _mapped_links(change: Rewrite, links: tuple[Link, ...]) -> tuple[Link, ...]:
    after = tuple(replace(one, href=_mapped(change, "link", one.rel, one.href)) for one in links)
    return links if after == links else tuple(dict.fromkeys(after))


def fitting(body: str) -> str:
    """Give a body that is not too large to be published. Raises FilterError otherwise."""
    if len(body) > html.MAX_BYTES or len(body.encode()) > html.MAX_BYTES:
        raise FilterError(f"the body would have more than {html.MAX_BYTES:,} bytes")
    return body


def beginning(body: str, length: int) -> str:
    """Give the first part of a body, whose text has so many characters or more, if the whole has."""
    count = end = 0
    for tag in TAG.finditer(body):
        count += len(" ".join(unescape(body[end : tag.start()]).split()))
        end = tag.end()
        if count >= length:
            return body[: tag.start()]
    return body


def map_text(body: str, change: Callable[[str], str]) -> str:
    """Change the text between tags, decoded; what is changed can not become markup."""
    parts = []
    end = 0
    for tag in TAG.finditer(body):
        parts += [_changed_text(body[end : tag.start()], change), tag[0]]
        end = tag.end()
    return "".join([*parts, _changed_text(body[end:], change)])


def _changed_text(stated: str, change: Callable[[str], str]) -> str:
    if not stated:
        return ""
    before = unescape(stated) if "&" in stated else stated
    after = change(before)
    return stated if after == before else escape(after, quote=False).replace("\xa0", "&nbsp;")
