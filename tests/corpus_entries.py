"""Entries of the real documents, read once for all tests of a process that want them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from feedbraid.model import Believed, Channel, Entry, Fresh, OriginSpec, ParseJob, Reading, Skipped
from feedbraid.normalise import read_entry
from feedbraid.parse import handle
from feedbraid.postfile import read_post
from feedbraid.seedtext import PLAIN

FIRST = 5
"""Entries of each feed."""


@cache
def entries_of_feeds(corpus: Path) -> Mapping[str, Sequence[Entry]]:
    """Give the first entries of each feed that can be read, by its file name."""
    spec = OriginSpec(name="voa", kind="web", locations=())
    found = {}
    for file in sorted((corpus / "feeds").iterdir()):
        reading = Reading(spec=spec, feed_url=f"https://voa.example/{file.name}")
        fresh = handle(ParseJob(reading=reading, body=file.read_bytes()))
        if isinstance(fresh, Fresh):
            found[file.name] = [one.entry for one in fresh.entries[:FIRST]]
    return found


@cache
def entries_of_seeds(corpus: Path) -> Mapping[str, Entry]:
    """Give every seed that can be read, by its file name."""
    found = {}
    for file in sorted((corpus / "seeds").glob("*.md")):
        post = read_post(file.read_bytes(), file.name, PLAIN)
        believed = post if isinstance(post, Skipped) else read_entry(post.raw, PLAIN, Channel())
        if isinstance(believed, Believed):
            found[file.name] = believed.entry
    return found
