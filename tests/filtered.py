"""Posts through filters: the list of filters as operators write it, posts as tests write them, what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from textwrap import indent
from typing import Any

import factories
from feedbraid.chain import Chain, Choice, build_chain
from feedbraid.configtext import parse_config
from feedbraid.filters import Row, Setting
from feedbraid.model import Category, Channel, Enclosure, EntryKey, FilterSpec, Person, Post
from feedbraid.wire import make_filter


def specs_of(config: str, **top: str) -> tuple[FilterSpec, ...]:
    """Read the YAML of a list of filters. `top` are settings of the configuration. Raises ConfigError."""
    above = "".join(f"{name}: {value}\n" for name, value in top.items())
    feed = "sources: {voa: 'https://voa.example/feed.xml'}\nfeeds:\n  all:\n    filters:\n"
    return parse_config(above + feed + indent(config.strip("\n"), " " * 6) + "\n", "config.yaml").feeds[0].filters


def chain_of(config: str, **top: str) -> Chain:
    """Make the filters of a list in YAML."""
    setting = Setting(may_execute=top.get("allow_exec") == "true")
    return build_chain(specs_of(config, **top), partial(make_filter, setting))


def post_of(number: int = 1, **fields: Any) -> Post:  # noqa: ANN401  # as an example writes them
    """Make a post of the fields that an example states.

    Those of an entry; authors and categories as texts, enclosures as addresses; `source` is the name of its
    source, which is called "VOA" for voa, and is on voa.example.
    """
    stated = dict(fields)
    source = str(stated.pop("source", "voa"))
    home = f"https://{source}.example/"
    made = factories.post(
        stated.pop("link", f"{home}{number}"),
        origin=source,
        channel=Channel(title=source.upper(), link=home, feed_url=f"{home}feed.xml"),
        first_seen=_date(stated.pop("first_seen", factories.MOMENT)),
    )
    page = str(stated.pop("page", ""))
    entry = replace(made.entry, **{name: _value(name, value) for name, value in stated.items()})
    return replace(made, entry=entry, page=page)


def _value(name: str, stated: Any) -> Any:  # noqa: ANN401  # of any kind
    if name in ("published", "updated"):
        return _date(stated)
    if name == "authors":
        return tuple(Person(one) if isinstance(one, str) else one for one in stated)
    if name == "categories":
        return tuple(Category(one) if isinstance(one, str) else one for one in stated)
    if name == "enclosures":
        return tuple(Enclosure(one, _type_of(one)) if isinstance(one, str) else one for one in stated)
    return stated


def _type_of(url: str) -> str:
    endings = {"mp3": "audio/mpeg", "mp4": "video/mp4", "jpg": "image/jpeg"}
    return endings.get(url.rpartition(".")[2], "application/octet-stream")


def _date(stated: datetime | str | None) -> Any:  # noqa: ANN401  # None stays
    return datetime.fromisoformat(stated).astimezone(UTC) if isinstance(stated, str) else stated


def told(name: str, value: Any) -> Any:  # noqa: ANN401  # of any kind
    """Give the value of a field as an example states it."""
    if name == "authors":
        return [person.name for person in value]
    if name == "categories":
        return [category.term for category in value]
    if name == "enclosures":
        return [file.url for file in value]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value


def changes(before: Post, after: Post) -> dict[str, Any]:
    """Give the fields of the entry that differ, as an example states them."""
    names = type(before.entry).__dataclass_fields__
    return {
        name: told(name, getattr(after.entry, name))
        for name in names
        if getattr(before.entry, name) != getattr(after.entry, name)
    }


def choice_of(chain: Chain, posts: Sequence[Post]) -> Choice:
    """Have a chain choose among posts, given in their order."""
    passed = {post.key: chain.passed(post) for post in posts}
    return chain.choose([row_of(post) for post in posts], passed)


def row_of(post: Post) -> Row:
    """Give what filters of all posts know of one."""
    date = post.published or post.entry.updated or post.first_seen
    return Row(key=post.key, origin=post.origin, date=date, first_seen=post.first_seen)


def through(chain: Chain, posts: Sequence[Post]) -> tuple[list[EntryKey], list[dict[str, Any] | str]]:
    """Give the keys of the posts that stay, in their order, and for each post what changed or why it went."""
    choice = choice_of(chain, posts)
    outcomes: list[dict[str, Any] | str] = [
        choice.fates[post.key].reason if post.key in choice.fates else changes(post, chain.shaped(post))
        for post in posts
    ]
    return list(choice.kept), outcomes


def one_through(
    config: str,
    top: Mapping[str, str] | None = None,
    **fields: Any,  # noqa: ANN401  # as an example writes them
) -> dict[str, Any] | str:
    """Give what filters change of one post of these fields, or why they leave it out."""
    (outcome,) = through(chain_of(config, **(top or {})), [post_of(**fields)])[1]
    return outcome
