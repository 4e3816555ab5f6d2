"""The `itunes:` elements that podcast directories and players read (N68)."""

from __future__ import annotations

from feedbraid.formats._feedgen import ITUNES, Element, add
from feedbraid.model import Episode, Show
from feedbraid.posts import has_dotted_host


def _named(name: str) -> str:
    return f"{{{ITUNES}}}{name}"


SHOW_TAGS = tuple(map(_named, ("author", "owner", "category", "image", "explicit", "type")))
_AUTHOR, _OWNER, _CATEGORY, _IMAGE, _EXPLICIT, _TYPE = SHOW_TAGS
_NAME, _EMAIL = _named("name"), _named("email")
_DURATION, _SEASON, _NUMBER, _KIND = map(_named, ("duration", "season", "episode", "episodeType"))
_LONGEST = 255
"""Characters of a text, by the specification of Apple."""

EPISODE_TAGS = (_DURATION, _SEASON, _NUMBER, _KIND, _EXPLICIT, _IMAGE)


def add_show(channel: Element, show: Show, author: str) -> None:
    """Say all that a podcast must (N68). `author` stands in where the show names none.

    The owner is there for a mail address alone: without one it is not named.
    """
    add(channel, _AUTHOR, _cut(show.author or author))
    if show.email:
        owner = add(channel, _OWNER)
        add(owner, _NAME, _cut(show.owner or show.author or author))
        add(owner, _EMAIL, show.email)
    for category, parts in _grouped(show.categories).items():
        element = add(channel, _CATEGORY, attributes={"text": category})
        for part in parts:
            add(element, _CATEGORY, attributes={"text": part})
    add(channel, _IMAGE, attributes={"href": show.image})
    add(channel, _EXPLICIT, _answer(stated=bool(show.explicit)))
    if show.kind:
        add(channel, _TYPE, show.kind)


def add_episode(item: Element, episode: Episode) -> None:
    """Say what is known of an episode; the duration is in seconds."""
    for tag, number in ((_DURATION, episode.duration), (_SEASON, episode.season), (_NUMBER, episode.number)):
        if number:
            add(item, tag, str(number))
    if episode.kind:
        add(item, _KIND, episode.kind)
    if episode.explicit is not None:
        add(item, _EXPLICIT, _answer(stated=episode.explicit))
    if has_dotted_host(episode.image):
        add(item, _IMAGE, attributes={"href": episode.image})


def _grouped(categories: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """Gather the subcategories of each category, in their order."""
    found: dict[str, list[str]] = {}
    for category, part in categories:
        parts = found.setdefault(category, [])
        if part:
            parts.append(part)
    return found


def _cut(text: str) -> str:
    return text[:_LONGEST].rstrip()


def _answer(*, stated: bool) -> str:
    return "true" if stated else "false"
