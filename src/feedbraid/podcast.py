"""What podcast players want to know of a show and its episodes (N68): words become numbers and answers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from feedbraid import text, urls
from feedbraid.directory import CATEGORIES
from feedbraid.model import Episode, RawPerson, RawPodcast, RawText, Show

_YES, _NO = frozenset({"explicit", "true", "yes"}), frozenset({"clean", "false", "no"})
_EPISODE_KINDS: dict[str, Literal["full", "trailer", "bonus"]] = {
    "full": "full",
    "trailer": "trailer",
    "bonus": "bonus",
}
_SHOW_KINDS: dict[str, Literal["episodic", "serial"]] = {"episodic": "episodic", "serial": "serial"}

_MOST_DIGITS = 9
_NAME_LIMIT = 255
"""Characters that directories take of a name."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
MAIL = re.compile(rf"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:{_LABEL}\.)+{_LABEL}")
"""An address that directories of podcasts take (RFC 5322 3.4.1)."""


def read_episode(raw: RawPodcast | None, base: str) -> Episode | None:
    """Read what is stated of an episode; None when nothing of it can be used."""
    if raw is None:
        return None
    episode = Episode(
        duration=seconds(raw.duration),
        season=_number(raw.season),
        number=_number(raw.episode),
        kind=_EPISODE_KINDS.get(_word(raw.kind), ""),
        explicit=_answer(raw.explicit),
        image=_address(raw.image, base),
    )
    return episode if episode != Episode() else None


def read_show(raw: RawPodcast | None, base: str) -> Show | None:
    """Read what is stated of a show; None when nothing of it can be used."""
    if raw is None:
        return None
    show = Show(
        author=_name(RawPerson(name=raw.author)),
        owner=_name(raw.owner) if raw.owner else "",
        email=_mail(raw.owner) if raw.owner else "",
        categories=known_categories((_plain(category), _plain(part)) for category, part in raw.categories),
        image=_address(raw.image, base),
        explicit=_answer(raw.explicit),
        kind=_SHOW_KINDS.get(_word(raw.kind), ""),
    )
    return show if show != Show() else None


def known_categories(stated: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Keep the categories that directories know, each once; of an unknown subcategory its category stays."""
    known = (
        (category, part if part in CATEGORIES[category] else "")
        for category, part in stated
        if category in CATEGORIES
    )
    return tuple(dict.fromkeys(known))


def seconds(stated: str) -> int:
    """Read "1:02:03", "62:03", "3723" and "3723.5" as whole seconds; 0 for anything else."""
    whole, _, fraction = stated.strip().partition(".")
    parts = whole.split(":")
    if len(parts) > 3 or not all(map(_is_number, parts)) or not f"0{fraction}".isdigit():
        return 0
    total = 0
    for part in parts:
        total = 60 * total + int(part)
    return total


def _number(stated: str) -> int:
    digits = stated.strip()
    return int(digits) if _is_number(digits) else 0


def _is_number(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS


def _answer(stated: str) -> bool | None:
    word = _word(stated)
    return True if word in _YES else False if word in _NO else None


def _word(stated: str) -> str:
    return stated.strip().lower()


def _name(raw: RawPerson) -> str:
    """Give a name; a bare mail address counts as none (N52)."""
    return text.split_person(RawPerson(name=_plain(raw.name), email=raw.email))[0][:_NAME_LIMIT].rstrip()


def _mail(raw: RawPerson) -> str:
    mail = text.split_person(RawPerson(name=_plain(raw.name), email=raw.email))[1]
    return mail if MAIL.fullmatch(mail) else ""


def _plain(stated: str) -> str:
    from feedbraid.html import plain  # noqa: PLC0415  # slow, and only where a podcast is read (D23)

    return plain(RawText(value=stated))


def _address(stated: str, base: str) -> str:
    return urls.absolute(stated, base) if stated else ""
