"""Posts to seed files: all of them into a folder that was asked for, or each new one as it comes.

A folder that `save_to` names gets a file for every post. What stands there belongs to the operator as soon as he
touches it: a file that was edited is never written again, one that was deleted stays deleted.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path

from feedbraid.app import App, stand_in
from feedbraid.codec import digest, encode
from feedbraid.errors import PublishError
from feedbraid.merge import Merged, merge
from feedbraid.model import (
    Channel,
    CopyHead,
    Entry,
    EntryKey,
    FeedSpec,
    LedgerRow,
    Post,
    Reading,
    Skipped,
)
from feedbraid.normalise import read_entry
from feedbraid.nouns import dataclass
from feedbraid.postfile import read_post
from feedbraid.publish import DISK, Files, write_below
from feedbraid.records import SavedFile
from feedbraid.seedtext import (
    FOLDER,
    difference,
    entry_of,
    marked_name,
    saved_text,
    seed_name,
    seed_names,
    seed_text,
    shown_channel,
)
from feedbraid.selection import changing_prints, select
from feedbraid.text import derived_title

EXTENSION = ".md"

SAVED = "saved"
"""The note of what the files were made from when all of them were as they should be."""

AT_ONCE = 200
"""Posts whose texts are held in memory."""

Paths = Mapping[EntryKey, str]


# --- which posts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """Posts that can be written as files: what is known of them, and how their texts are read."""

    merged: Mapping[EntryKey, Merged]
    ledger: Mapping[EntryKey, LedgerRow]
    channels: Mapping[str, Channel]
    read: Callable[[Sequence[EntryKey]], Sequence[Post]]
    held: int = 0
    """Posts that wait for their date, or came with a flood of old ones: no feed has them yet."""

    def prints(self) -> dict[EntryKey, str]:
        """Give what the file of each post is made from."""
        shown = {name: encode(shown_channel(channel)) for name, channel in self.channels.items()}
        return {
            key: digest(f"{one.winner.digest} {self.ledger[key].id} {shown.get(one.winner.origin, '')}")
            for key, one in self.merged.items()
        }

    def names(self, keys: Sequence[EntryKey]) -> dict[str, str]:
        """Give posts their file names, without extension, by key."""
        return seed_names((key, *self.known_by(key)) for key in keys)

    def known_by(self, key: EntryKey) -> tuple[str, datetime]:
        """Give title and date of a post, by which its file is named."""
        head = self.merged[key].winner
        return head.title or derived_title("", head.link), head.dated(self.ledger[key].first_seen)

    def posts(self, keys: Sequence[EntryKey]) -> Iterator[Post]:
        """Read posts, some at a time."""
        for start in range(0, len(keys), AT_ONCE):
            yield from self.read(keys[start : start + AT_ONCE])


def stock_of(app: App, origins: Sequence[str] = ()) -> Stock:
    """Give all posts that are stored, or those of some origins, as these state them; one for each key.

    Without those that are blocked.
    """
    names = [*app.rank, *(stand_in(spec.name) for spec in app.feeds)]
    states = app.store.states()
    others = [name for name in sorted(states) if name not in names]
    blocked = app.store.blocked()
    heads = [
        head
        for head in app.store.heads(tuple(origins) or (*names, *others))
        if head.post not in blocked and head.key not in blocked
    ]
    ledger = app.store.ledger({head.post for head in heads if head.post})
    channels = {name: state.channel for name, state in states.items() if state.channel}
    ready = [head for head in heads if head.post in ledger]
    ranks = {name: place for place, name in enumerate(names)}
    merged = {one.post: one for one in merge(ready, ranks, own_first=True)}
    waiting = {head.post for head in ready if head.held_until} - merged.keys()

    def read(keys: Sequence[EntryKey]) -> list[Post]:
        places = {key: _place(merged[key].winner) for key in keys}
        copies = app.store.copies(places.values())
        found = ((key, copies[place]) for key, place in places.items() if place in copies)
        return [
            Post(
                key=key,
                id=ledger[key].id,
                entry=copy.entry,
                first_seen=ledger[key].first_seen,
                last_changed=copy.last_changed,
                origin=copy.origin,
                channel=channels.get(copy.origin),
            )
            for key, copy in found
        ]

    return Stock(merged=merged, ledger=ledger, channels=channels, read=read, held=len(waiting))


def _place(head: CopyHead) -> tuple[str, str]:
    return head.origin, head.ref


def stock_of_feed(app: App, spec: FeedSpec) -> Stock:
    """Give the posts of a feed as it publishes them: merged and filtered, those in its archive, too."""
    feed_id = spec.id or app.store.feed_ids().get(spec.name, "")
    selection = select(app, spec, feed_id, app.store.states())
    merged = {one.post: one for one in selection.merged}
    return Stock(
        merged=merged,
        ledger=selection.ledger,
        channels=selection.channels,
        read=lambda keys: selection.filtering.posts([merged[key] for key in keys]),
    )


def seed_reading(app: App) -> Reading:
    """Give how seeds are read here, for seeds that may come to stand in any folder."""
    seeds = [one for one in app.readings if one.spec.kind == "seeds"]
    has_own_ids = any(one.spec.ids == "jekyll" for one in seeds)
    reading = app.readings[0] if app.readings else Reading(spec=FOLDER)
    return replace(reading, spec=replace(FOLDER, ids="jekyll" if has_own_ids else "auto"), feed_url="")


@dataclass(frozen=True, slots=True)
class Written:
    """A post as a seed file. `remark` says what of it the format can not hold, or why there is no text."""

    text: str
    remark: str = ""


def written(post: Post, reading: Reading) -> Written:
    """Write a post as a seed, and read it at once to see that it is the same."""
    entry = entry_of(post)
    text = seed_text(entry, reading)
    other = difference(text, entry, reading)
    if isinstance(other, Skipped):
        return Written("", f"it can not be a seed: {other.reason}")
    return Written(text, f"as a seed {other}" if other else "")


# --- posts that are saved as they come --------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class KeepReport:
    """What became of the posts that are saved as files."""

    written: list[str] = field(default_factory=list)
    """Paths as the operator would write them."""
    edited: list[str] = field(default_factory=list)
    """Files that the operator edited, and whose posts have changed since: they stay as they are."""
    deleted: list[str] = field(default_factory=list)
    """Files of posts that are forgotten."""
    left: list[str] = field(default_factory=list)
    """Files of posts that are forgotten, which stay because the operator edited them."""
    remarks: list[str] = field(default_factory=list)
    """What a file can not hold of its post, or why there is none."""


def keep_posts(app: App, root: Path, disk: Files = DISK) -> KeepReport:
    """Save every post that is new or has changed, where `save_to` says so; `root` is where paths begin.

    Costs a look at the store where nothing is new. Posts that come from seeds are files already, and are not saved
    again. Raises PublishError when a file can not be written: those before it are safe, the others come next time.
    """
    report, made_from = KeepReport(), _state(app)
    if app.store.memo(SAVED) == made_from:
        return report
    for place, stocks in _places(app).items():
        folder = _Folder(app, root, place, report, disk)
        folder.forget()
        folder.keep([stock() for stock in stocks])
    if not report.remarks:  # what can not be saved as it is, is told at every pass
        app.store.keep_memo(SAVED, made_from)
    return report


def _state(app: App) -> str:
    """Give a digest of all that saved files are made from: while it is the same, no post has to be looked at."""
    stated = [app.version, str(app.store.changes()), *map(encode, app.readings), *map(encode, app.feeds)]
    stated += [print_ for spec in app.feeds if spec.save_to for print_ in changing_prints(app, spec)]
    return digest("\n".join(stated))


def _places(app: App) -> dict[str, list[Callable[[], Stock]]]:
    """Give the folders in which posts are saved, each with those whose posts are; sources come before feeds."""
    found: dict[str, list[Callable[[], Stock]]] = {}
    for one in app.readings:
        if one.spec.save_to and one.spec.kind != "seeds":
            found.setdefault(_tidied(one.spec.save_to), []).append(partial(stock_of, app, [one.spec.name]))
    for spec in app.feeds:
        if spec.save_to:
            found.setdefault(_tidied(spec.save_to), []).append(partial(stock_of_feed, app, spec))
    return found


def _tidied(place: str) -> str:
    """Give a folder one name, however it is written."""
    return posixpath.normpath(place)


class _Folder:
    """A folder in which posts are saved."""

    def __init__(self, app: App, root: Path, place: str, report: KeepReport, disk: Files) -> None:
        self._app, self._place, self._report, self._disk = app, place, report, disk
        self._unsettled: set[Path] = set()
        self._folder = root / place
        self._reading = seed_reading(app)
        self._files = {one.spec.name for one in app.readings if one.spec.kind == "seeds"}
        self._saved = dict(app.store.saved(place)) or self._read_back()
        self._taken = {saved.path.casefold() for saved in self._saved.values()}

    def forget(self) -> None:
        """Delete the files of forgotten posts, unless somebody edited them: then say so, once."""
        found = self._app.store.buried(self._saved).items()
        forgotten = {key: self._saved[EntryKey(key)] for key, one in found if one.why == "forgotten"}
        owned: dict[EntryKey, SavedFile] = {}
        for key, saved in forgotten.items():
            target = self._folder / saved.path
            content = _content(target)
            if content is not None and digest(content) == saved.digest:
                _delete(target)
                self._report.deleted.append(self._shown(saved.path))
            elif content is not None:
                owned[EntryKey(key)] = replace(saved, digest="")
                self._report.left += [self._shown(saved.path)] if saved.digest else []
        gone = [EntryKey(key) for key in forgotten.keys() - owned.keys()]
        if forgotten:
            self._app.store.keep_saved(self._place, owned, gone)
        self._saved = {key: saved for key, saved in self._saved.items() if key not in gone}

    def keep(self, stocks: Sequence[Stock]) -> None:
        """Save what is new or changed; of a post that several have, the first one's."""
        claimed: set[EntryKey] = set()
        for stock in stocks:
            prints = {
                key: print_
                for key, print_ in stock.prints().items()
                if key not in claimed and stock.merged[key].winner.origin not in self._files
            }
            claimed |= prints.keys()
            changed = [
                key
                for key, print_ in prints.items()
                if key not in self._saved or self._saved[key].made_from != print_
            ]
            new = stock.names([key for key in changed if key not in self._saved])
            posts = stock.posts(changed)
            while batch := list(islice(posts, AT_ONCE)):
                put = {post.key: self._keep_post(post, stock, new, prints[post.key]) for post in batch}
                kept = {key: saved for key, saved in put.items() if saved is not None}
                self._settle()  # before the store knows of them: what is missing then was deleted by somebody
                self._app.store.keep_saved(self._place, kept)

    def _keep_post(self, post: Post, stock: Stock, new: Mapping[str, str], print_: str) -> SavedFile | None:
        """Save one post; give what is to be remembered of its file."""
        made = written(post, self._reading)
        if made.remark:
            self._report.remarks.append(f"{post.entry.link or post.entry.title or post.id}: {made.remark}")
        if not made.text:
            return None
        known = self._saved.get(post.key)
        content = saved_text(made.text).encode()
        if known is None:
            path = self._path(post.key, new[post.key], seed_name(*stock.known_by(post.key)))
            return self._write(path, content, print_)
        target = self._folder / known.path
        before = _content(target)
        if before is None:
            return replace(known, made_from=print_)
        if digest(before) != known.digest:
            self._report.edited.append(self._shown(known.path))
            return replace(known, made_from=print_)
        if before == content:
            return replace(known, made_from=print_)
        return self._write(known.path, content, print_)

    def _path(self, key: EntryKey, name: str, plain: str) -> str:
        """Give a new file its name: one that nothing stands under, or that of its file from a pass that was ended.

        `plain` is the name that the post has alone, `name` the one that it has among all others.
        """
        paths = [f"{one}{EXTENSION}" for one in dict.fromkeys((name, marked_name(plain, key), plain))]
        standing = {path: _content(self._folder / path) for path in paths if path.casefold() not in self._taken}
        own = [path for path, content in standing.items() if content and self._is_of(key, path, content)]
        free = [path for path in paths[:2] if path in standing and standing[path] is None]
        path = next(iter(own + free), "")
        if not path:
            raise PublishError(str(self._folder / paths[1]), "another file stands where a post should be saved")
        self._taken.add(path.casefold())
        return path

    def _is_of(self, key: EntryKey, path: str, content: bytes) -> bool:
        entry = self._entry(path, content)
        return entry is not None and entry.saved and entry.key == key

    def _write(self, path: str, content: bytes, print_: str) -> SavedFile:
        target = self._folder / path
        write_below(target, content, self._disk)
        self._unsettled.add(target.parent)
        self._report.written.append(self._shown(path))
        return SavedFile(path=path, digest=digest(content), made_from=print_)

    def _settle(self) -> None:
        """Wait until the names of the files that were written are on the disk."""
        for folder in sorted(self._unsettled):
            try:
                self._disk.sync(folder)
            except OSError as error:
                raise PublishError(str(folder), error.strerror or str(error)) from error
        self._unsettled.clear()

    def _shown(self, path: str) -> str:
        return f"{self._place}/{path}"

    # --- files of which the store knows nothing

    def _read_back(self) -> dict[EntryKey, SavedFile]:
        """Find out which posts have a file, when the store knows none: a lost store must not save them twice.

        A file that is somebody's own counts, too, and is never written over.
        """
        found: dict[EntryKey, SavedFile] = {}
        for file in sorted(self._folder.rglob(f"*{EXTENSION}")) if self._folder.is_dir() else ():
            path = file.relative_to(self._folder).as_posix()
            content = None if "/." in f"/{path}" else _content(file)
            entry = self._entry(path, content) if content else None
            if content and entry is not None and (entry.saved or entry.key not in found):
                own = digest(content) if entry.saved else ""
                found[entry.key] = SavedFile(path=path, digest=own, made_from="")
        if found:
            self._app.store.keep_saved(self._place, found)
        return found

    def _entry(self, path: str, content: bytes) -> Entry | None:
        post = read_post(content, path, self._reading)
        read = post if isinstance(post, Skipped) else read_entry(post.raw, self._reading, Channel())
        return None if isinstance(read, Skipped) else read.entry


def _delete(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PublishError(str(path), error.strerror or str(error)) from error


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PublishError(str(path), error.strerror or str(error)) from error
