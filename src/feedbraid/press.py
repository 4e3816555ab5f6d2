"""Rendering only what has to be rendered: what changed, or is not on the disk as it was written (D21)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from feedbraid.codec import digest
from feedbraid.model import Document
from feedbraid.publish import read_published, stamp
from feedbraid.spool import Spool, Waiting


class Task(NamedTuple):
    """One document that may have to be rendered."""

    path: str
    media_type: str
    print: str
    """The fingerprint of what it is rendered from."""
    render: Callable[[], bytes]
    check: Callable[[bytes], str]
    """Says why a rendering must not be published, or nothing (D18)."""


class HeldError(Exception):
    """A document must not be published: the last good one stays."""


class Pressed(NamedTuple):
    """The documents that were rendered, and the fingerprints of all: of what they were made from, and of them."""

    documents: tuple[Waiting, ...]
    prints: Mapping[str, str]


def press(
    tasks: Iterable[Task], known: Mapping[str, str], output: Path, spool: Spool, *, everything: bool = False
) -> Pressed:
    """Render the documents that are not below `output` as they were last written from the same facts, or all.

    A rendering is checked, unless these very bytes were checked before. Raises HeldError at the first that must
    not be published.
    """
    documents, prints = [], {}
    for task in tasks:
        before = known.get(task.path, "")
        made_from, known_bytes, _ = _parts(before)
        if made_from == task.print and not everything:
            found = as_written(task.path, before, output)
            if found:
                prints[task.path] = found
                continue
        try:
            content = task.render()
        except Exception as error:  # whatever it is, the other feeds can be published (D18)
            raise HeldError(f"{task.path} can not be written: {error}") from error
        own = digest(content)
        fault = "" if (made_from, known_bytes) == (task.print, own) else task.check(content)
        if fault:
            raise HeldError(f"{task.path} {fault}")
        documents.append(spool.keep(Document(task.path, task.media_type, content)))
        prints[task.path] = f"{task.print} {own}"
    return Pressed(tuple(documents), prints)


def as_written(path: str, fingerprint: str, output: Path) -> str:
    """Give the fingerprint of a published file that still is what it says, with how the file looks now; else "".

    The file is read only if its time or size differ.
    """
    made_from, own, looked = _parts(fingerprint)
    now = stamp(output, path)
    if not now:
        return ""
    if looked == now:
        return fingerprint
    content = read_published(output, path)
    is_same = content is not None and digest(content) == own
    return f"{made_from} {own} {now}" if is_same else ""


def stamped(path: str, fingerprint: str, output: Path) -> str:
    """Add to a fingerprint how the file looks now, after it was written or read."""
    made_from, own, _ = _parts(fingerprint)
    return f"{made_from} {own} {stamp(output, path)}"


def written(fingerprint: str) -> str:
    """Give the digest of what was written last."""
    return _parts(fingerprint)[1]


def _parts(fingerprint: str) -> tuple[str, str, str]:
    """Give what a document was made from, what was written, and how the file looked then."""
    made_from, _, rest = fingerprint.partition(" ")
    written, _, looked = rest.partition(" ")
    return made_from, written, looked
