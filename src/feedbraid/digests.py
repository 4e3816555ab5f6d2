"""One post for all that came in a day, a week or a month.

A period is over when the store was last filled after its end; then its digest is published, kept as a closed
block, and never changes: a post that comes late belongs to the period in which it was first seen. Only until there
is a digest, posts are told apart by their dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from html import unescape
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from feedbraid import ids
from feedbraid.merge import Merged
from feedbraid.model import DigestSpec, Entry, EntryKey, FeedSpec, LedgerRow, Post
from feedbraid.nouns import dataclass
from feedbraid.posts import escaped, name_of, origin_of, stated_or_derived_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINE = 300
"""Bytes of a line about one post, about."""
_EXCERPT = 300
"""Characters of a summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """The posts of one period that is over."""

    label: str
    """2026-11-22, 2026-W47 or 2026-11; with a number behind it where that stands already."""
    end: datetime
    """When it was over, in UTC."""
    members: tuple[Merged, ...]
    """In the order of the feed."""
    is_shown: bool = True
    """False for what was long over when the feed began: there is no digest of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """The digests that were published."""

    ends: Mapping[str, str]
    """Label to end (RFC 3339)."""
    members: Mapping[EntryKey, str]
    """Post to the label of its digest; empty for one that the feed began without."""

    @property
    def newest(self) -> datetime | None:
        """The end of the last one."""
        return max(map(datetime.fromisoformat, self.ends.values()), default=None)


def shelf(spec: FeedSpec) -> str:
    """Name the place where the store keeps the closed blocks of a feed; that of digests is no name of a feed."""
    return f"{spec.name} (digests)" if spec.digest else spec.name


def bundles(
    ordered: Sequence[Merged],
    ledger: Mapping[EntryKey, LedgerRow],
    spec: FeedSpec,
    until: datetime | None,
    told: Told,
) -> tuple[Bundle, ...]:
    """Gather the posts of the periods that are to be published now, newest first: they were over at `until`.

    No post is in two digests, and none is in no digest: one that was not there when its period was published
    belongs to the next one.
    """
    if spec.digest is None or until is None:
        return ()
    newest = told.newest
    periods: dict[date, list[Merged]] = {}
    for one in ordered:
        if one.post not in told.members:
            periods.setdefault(_period_of(one, ledger, newest, spec.digest), []).append(one)
    found = [
        Bundle(label=_free(label_of(start, spec.digest), told.ends), end=end, members=tuple(members))
        for start, members in sorted(periods.items(), reverse=True)
        for end in [_end(start, spec.digest)]
        if end <= until
    ]
    return tuple(found if newest else _begun(found, spec))


def _period_of(
    one: Merged, ledger: Mapping[EntryKey, LedgerRow], newest: datetime | None, digest: DigestSpec
) -> date:
    """Give the day on which the period of a post begins: by its date until there is a digest, then as it came."""
    seen = ledger[one.post].first_seen
    moment = min(one.winner.dated(seen), seen) if newest is None else max(seen, newest)
    return _start(moment, digest)


def _free(label: str, ends: Mapping[str, str]) -> str:
    """Give a label that no digest has: where days begin elsewhere now, one may come twice."""
    return label if label not in ends else next(free for n in count(2) if (free := f"{label}-{n}") not in ends)


def running(spec: FeedSpec, until: datetime | None) -> str:
    """Name the period that is not over yet: what is published changes when it does."""
    return label_of(_start(until, spec.digest), spec.digest) if spec.digest and until else ""


def label_of(start: date, digest: DigestSpec) -> str:
    """Give the name of the period that begins on a day (ISO 8601)."""
    if digest.every == "month":
        return start.strftime("%Y-%m")
    if digest.every == "week":
        year, week, _ = start.isocalendar()
        return f"{year}-W{week:02}"
    return start.isoformat()


def post_of(bundle: Bundle, posts: Sequence[Post], spec: FeedSpec, feed_id: str, title: str) -> Post:
    """Write the digest of a period; `posts` are its members, `title` is that of the feed."""
    digest = spec.digest or DigestSpec()
    shown = posts[: digest.most]
    more = len(posts) - len(shown)
    stated = digest.title.replace("{feed}", title).replace("{period}", bundle.label)
    return digest_post(
        spec,
        bundle.label,
        bundle.end,
        ids.mint("digest", feed_id, bundle.label),
        stated.replace("{count}", str(len(posts))),
        _body(shown, digest) + (f"<p>+ {more}</p>" if more else ""),
    )


def without_parts(body: str, is_gone: Callable[[str], bool], is_kept: Callable[[str], bool]) -> str:
    """Cut out of the text of a digest what it tells of some posts, by their links; empty when nothing is left.

    Whole posts may have headings of their own, so what follows a post that goes stays only from a link on that is
    known to be another's.
    """
    is_list = body.startswith("<ul>")
    parts, end, rest = body.rpartition("</ul>") if is_list else (body, "", "")
    kept, stays = [], True
    for part in (_LINE_OF if is_list else _HEADING).split(parts)[1:]:
        found = _LINK.match(part)
        link = unescape(found[1]) if found else ""
        stays = not is_gone(link) and (is_list or stays or is_kept(link))
        kept += [part] if stays else []
    return f"{'<ul>' if is_list else ''}{''.join(kept)}{end}{rest}" if kept else ""


_LINE_OF, _HEADING = re.compile("(?=<li>)"), re.compile('(?=<h2><a href=")')
_LINK = re.compile(r'<(?:li|h2)><a href="([^"]*+)"')


def digest_post(  # noqa: PLR0913, PLR0917  # all that a digest consists of
    spec: FeedSpec, label: str, end: datetime, post_id: str, title: str, body: str
) -> Post:
    """Make the post that a digest is."""
    key = EntryKey(f"digest:{spec.name} {label}")
    entry = Entry(
        key=key,
        dialect="atom",
        public_id=post_id,
        link=f"{spec.address}#{label}",
        title=title,
        body=body,
        published=end,
    )
    return Post(key=key, id=post_id, entry=entry, first_seen=end, last_changed=end, origin=spec.name)


# --- periods ----------------------------------------------------------------------------------------------


def _start(moment: datetime, digest: DigestSpec) -> date:
    day = moment.astimezone(ZoneInfo(digest.zone)).date()
    if digest.every == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if digest.every == "week" else day


def _next(start: date, digest: DigestSpec) -> date:
    if digest.every == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if digest.every == "week" else 1)


def _end(start: date, digest: DigestSpec) -> datetime:
    return datetime.combine(_next(start, digest), time(), ZoneInfo(digest.zone)).astimezone(UTC)


def _begun(found: Sequence[Bundle], spec: FeedSpec) -> Iterator[Bundle]:
    """Begin a feed with as many digests as its document holds."""
    weight = 0
    for number, bundle in enumerate(found):
        weight += _weight(bundle, spec.digest or DigestSpec())
        fits = number < spec.limit and not (spec.max_bytes and weight > spec.max_bytes)
        yield bundle if number == 0 or fits else replace(bundle, is_shown=False)


def _weight(bundle: Bundle, digest: DigestSpec) -> int:
    shown = bundle.members[: digest.most]
    if digest.show == "full":
        return sum(one.winner.weight for one in shown)
    return len(shown) * (_LINE if digest.show == "titles" else _LINE + 2 * _EXCERPT)


# --- text -------------------------------------------------------------------------------------------------


def _body(posts: Sequence[Post], digest: DigestSpec) -> str:
    if digest.show == "full":
        return _bounded(_whole(post) for post in posts)
    return f"<ul>{_bounded(_line(post, digest) for post in posts)}</ul>"


def _bounded(parts: Iterable[str]) -> str:
    """Put parts together as far as a body may go."""
    from feedbraid.html import MAX_BYTES  # noqa: PLC0415  # slow, and few feeds are digests (D23)

    kept, size = [], 0
    for part in parts:
        size += len(part.encode())
        if size > MAX_BYTES // 2:
            break
        kept.append(part)
    return "".join(kept)


def _line(post: Post, digest: DigestSpec) -> str:
    excerpt = _excerpt(post) if digest.show == "summaries" else ""
    return f"<li>{_linked_title(post)}{_source(post)}{f'<br>{escaped(excerpt)}' if excerpt else ''}</li>"


def _whole(post: Post) -> str:
    source = _source(post).strip()
    return f"<h2>{_linked_title(post)}</h2>{f'<p>{source}</p>' if source else ''}{post.entry.body}"


def _linked_title(post: Post) -> str:
    title = escaped(stated_or_derived_title(post))
    link = post.entry.link
    return f'<a href="{link.replace("&", "&amp;").replace(chr(34), "&quot;")}">{title}</a>' if link else title


def _source(post: Post) -> str:
    channel = origin_of(post)
    name = name_of(channel) if channel else ""
    return f" ({escaped(name)})" if name else ""


def _excerpt(post: Post) -> str:
    from feedbraid.html import to_text  # noqa: PLC0415  # as above

    words = post.entry.summary or to_text(post.entry.body)
    return words if len(words) <= _EXCERPT else f"{words[:_EXCERPT].rstrip()}…"
