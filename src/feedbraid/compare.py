"""What subscribers of another feed meet when they move to ours: which items look new, changed or gone.

A reader knows an item by its id alone, byte for byte (RFC 4287 4.2.6, RSS guid, JSON Feed id), or by its link
where it states none. The same post under another id is shown a second time: this finds it before anybody moves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

from feedbraid import html, text, urls
from feedbraid.app import App
from feedbraid.model import CopyHead, Entry, EntryKey, FeedSpec, KeyRules, OriginSpec, Post
from feedbraid.nouns import dataclass
from feedbraid.posts import stated_or_derived_title
from feedbraid.put_out import current_feed

Verdict = Literal["same", "changed", "new", "double", "older", "gone"]
"""What becomes of an item of the old feed, for a subscriber who moves.

"new" is the same post under another id; a "double" is one of several items that are one post of ours; "older" is
known to us and not shown now.
"""

_JEKYLL_ID = re.compile(r"(https?://[^/?#]+/)(?:[^?#]*/)?[0-9]{4}/[0-9]{2}/[0-9]{2}/[^/.?#]+")
"""What jekyll-feed writes: the site, the categories, the date and the name of the file without extension (N7)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A post of our feed that the store has, whether it is shown now or not."""

    id: str
    keys: frozenset[EntryKey]
    """Of the post and of all its copies."""
    links: frozenset[tuple[str, str]]
    """(link, title) of all its copies."""
    held: bool = False
    """Every copy is held back until its date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """All that is compared with: what the feed shows now, newest first, and what the store has for it."""

    feed: str
    posts: tuple[Post, ...]
    known: tuple[Known, ...]
    archive: bool = True
    """Posts that are not shown any more are published in the archive."""
    seeds: Mapping[str, OriginSpec]
    """The folders of seeds, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An item of the old feed, and what becomes of it."""

    verdict: Verdict
    title: str
    link: str
    old_id: str
    our_id: str = ""
    """Empty when it is gone."""
    origin: str = ""
    """Which source or folder our post comes from, when it is shown now."""
    differs: tuple[str, ...] = ()
    """Of "title", "link", "text" and "date": what a subscriber sees change."""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a subscriber of the old feed meets in ours."""

    feed: str
    posts: int
    """How many we show now."""
    matches: tuple[Match, ...]
    """The items of the old feed, in its order."""
    added: int
    """Posts of ours that the old feed does not have: new to everybody."""
    advice: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """Count the items of the old feed by what becomes of them."""
        return Counter(match.verdict for match in self.matches)

    @property
    def harmless(self) -> bool:
        """Tell whether subscribers can move unharmed: nothing would look new, nothing is gone."""
        return not (self.counts["new"] or self.counts["gone"])


def compare(old: Sequence[Entry], ours: Ours, rules: KeyRules) -> Comparison:
    """Compare the items of the old feed, one a post, with ours. `rules` are those of the keys of `ours`."""
    judge = _Judge(old, ours, rules)
    matches = tuple(judge.match(item) for item in old)
    met = {match.our_id for match in matches}
    return Comparison(
        feed=ours.feed,
        posts=len(ours.posts),
        matches=matches,
        added=sum(post.id not in met for post in ours.posts),
        advice=_advice(matches, ours.seeds),
    )


def raw_id(item: Entry) -> str:
    """Give what a reader knows an item by: its id, else its link."""
    return item.source_id or item.link


# --- what is compared -------------------------------------------------------------------------------------


def ours_of(app: App, spec: FeedSpec) -> Ours | None:
    """Read what a feed shows now and what the store has for it; None when there is nothing to publish yet."""
    feed = current_feed(app, spec)
    if feed is None:
        return None
    return Ours(
        feed=spec.name,
        posts=feed.posts,
        known=tuple(_known_posts(app, spec)),
        archive=spec.archive > 0,
        seeds={one.spec.name: one.spec for one in app.readings if one.spec.kind == "seeds"},
    )


def _known_posts(app: App, spec: FeedSpec) -> Iterator[Known]:
    groups: dict[EntryKey, list[CopyHead]] = {key: [] for key in sorted(app.store.archived(spec.name))}
    for head in app.store.heads(spec.origins):
        if head.post is not None:
            groups.setdefault(head.post, []).append(head)
    for post, row in app.store.ledger(groups).items():
        heads = groups[post]
        yield Known(
            id=row.id,
            keys=frozenset({post, *(head.key for head in heads)}),
            links=frozenset((head.link, head.title) for head in heads),
            held=bool(heads) and all(head.held_until is not None for head in heads),
        )


# --- one item ---------------------------------------------------------------------------------------------

_Name = tuple[EntryKey, str]
"""The key of a link with the title beside it, or without."""


class _Judge:
    """Knows both feeds and judges the old one's items one by one."""

    def __init__(self, old: Sequence[Entry], ours: Ours, rules: KeyRules) -> None:
        self._old = old
        self._ours = ours
        self._rules = rules
        self._shown = {post.id: post for post in ours.posts}
        self._known = {one.id: one for one in ours.known}
        self._by_key = {key: one for one in ours.known for key in one.keys}
        self._old_ids = frozenset(raw_id(item) for item in old)

    def match(self, item: Entry) -> Match:
        """Say what becomes of an item."""
        found = self._known.get(raw_id(item)) or self._same_post(item)
        if found is None:
            return _match(item, "gone")
        shown = self._shown.get(found.id)
        if shown is None:
            return _match(item, "older", found.id, why=self._whereabouts(found))
        if found.id != raw_id(item):
            return _match(item, "double" if found.id in self._old_ids else "new", found.id, origin=shown.origin)
        differs = tuple(_differences(item, shown))
        return _match(item, "changed" if differs else "same", found.id, origin=shown.origin, differs=differs)

    def _same_post(self, item: Entry) -> Known | None:
        """Find the post with the same key, else the only one with the same link and title, else with the link.

        A source can be keyed on something else than the link: then the key of its posts says nothing here.
        """
        if item.key in self._by_key:
            return self._by_key[item.key]
        names = self._names([(item.link, item.title)])
        return next((self._by_name[name] for name in names if self._tells(name)), None)

    def _tells(self, name: _Name) -> bool:
        """Tell whether a name means one post of ours, and one item of the old feed."""
        return name in self._by_name and self._old_names[name] == 1

    @cached_property
    def _by_name(self) -> Mapping[_Name, Known]:
        claims = [(name, one) for one in self._ours.known for name in self._names(one.links)]
        counts = Counter(name for name, _ in claims)
        return {name: one for name, one in claims if counts[name] == 1}

    @cached_property
    def _old_names(self) -> Counter[_Name]:
        return Counter(name for item in self._old for name in self._names([(item.link, item.title)]))

    def _names(self, links: Iterable[tuple[str, str]]) -> list[_Name]:
        """Give the names of a post, each once, those that say more first."""
        keys = {(urls.entry_key(link, self._rules), title) for link, title in links if link}
        return [*sorted(name for name in keys if name[1]), *sorted({(key, "") for key, _ in keys})]

    def _whereabouts(self, found: Known) -> str:
        if found.held:
            return "held back for now"
        return "in the archive" if self._ours.archive else "kept in the store"


def _match(  # noqa: PLR0913  # the fields of a match
    item: Entry,
    verdict: Verdict,
    our_id: str = "",
    *,
    origin: str = "",
    differs: tuple[str, ...] = (),
    why: str = "",
) -> Match:
    return Match(
        verdict=verdict,
        title=item.title,
        link=item.link,
        old_id=raw_id(item),
        our_id=our_id,
        origin=origin,
        differs=differs,
        why=why,
    )


def _differences(item: Entry, post: Post) -> Iterator[str]:
    """Name what a subscriber sees change; where we state nothing, our documents say something in its place."""
    ours, title = post.entry, stated_or_derived_title(post)
    if item.title not in (ours.title, title):
        yield "title"
    if item.link != ours.link:
        yield "link"
    if _words(item) not in (_words(ours), _words(ours) or title):
        yield "text"
    if item.published is not None and item.published != (post.published or post.updated):
        yield "date"


def _words(entry: Entry) -> str:
    """Give the text of an entry without markup, whatever its blanks."""
    return text.one_line(html.to_text(entry.body)) or entry.summary


# --- advice -----------------------------------------------------------------------------------------------


def _advice(matches: Iterable[Match], seeds: Mapping[str, OriginSpec]) -> tuple[str, ...]:
    """Say which settings keep the ids that subscribers know: only what helps for the items at hand."""
    new = [match for match in matches if match.verdict == "new"]
    helped = {name: [match for match in new if _help(match, seeds) == name] for name in ("jekyll", "id", "")}
    kept = [*_jekyll_advice(helped["jekyll"], seeds), *_front_matter_advice(helped["id"])]
    lost = len(helped[""])
    advice = list(kept)
    if lost:
        advice.append(
            f"No setting keeps {text.counted(lost, 'old id')}: a post of a source has the id that the source "
            "states, where that is one for the whole world, and a seed takes only an absolute IRI."
        )
    if kept:
        advice.append(
            "An id is given once and never changes. So do this before anybody subscribes to the new feed: change "
            "the settings, move the store and the output folder away, run again, and compare again."
        )
    return tuple(advice)


def _help(match: Match, seeds: Mapping[str, OriginSpec]) -> Literal["jekyll", "id", ""]:
    if _JEKYLL_ID.fullmatch(match.old_id) and match.old_id != match.link:
        return "jekyll"
    return "id" if match.origin in seeds and urls.is_iri(match.old_id) else ""


def _jekyll_advice(new: Sequence[Match], seeds: Mapping[str, OriginSpec]) -> Iterator[str]:
    """Name `ids: jekyll` for every folder that has such posts; posts of sources need the folder of old posts."""
    sites = {match.origin: found[1] for match in new if (found := _JEKYLL_ID.fullmatch(match.old_id))}
    for name, count in sorted(Counter(match.origin for match in new).items()):
        known = f"{text.counted(count, 'old id')} of posts from {name} may come from jekyll-feed"
        if name not in seeds:
            yield (
                f"{known}: add the folder _posts/ of the old site to `seeds`, with `ids: jekyll` and "
                f"`site: {sites[name]}`; a seed gives its post the id, whatever sources have it, too."
            )
        elif seeds[name].ids == "jekyll":
            yield (
                f"{known}: `ids: jekyll` is set for the seeds {name}, so either `site: {seeds[name].site}` is not "
                "what the old site had, or the posts had other ids before that was set."
            )
        else:
            yield f"{known}: set `ids: jekyll` and `site: {sites[name]}` for the seeds {name}."


def _front_matter_advice(new: Sequence[Match]) -> Iterator[str]:
    if new:
        yield (
            f"{text.counted(len(new), 'post')} of yours can keep the old id: write it into the front matter of "
            f"the seed, such as `id: {new[0].old_id}`. It is the key of that seed then, instead of its address: "
            "if a source has the same post, too, there are two."
        )
