"""From bytes to entries: the gate, the reader of the document's kind, a judgement, and the normalizer.

And from the page of a post to its text.

As a program, `python -m feedbraid.parse MEMORY SECONDS`, it is a worker: a process that reads jobs from its input
and answers on its output, so that a document that hangs or kills the parser costs one process.

A job is one byte for its kind, two lengths of four bytes each, big-endian, then the encoded `ParseJob` or
`PageJob` without its body, then the body. An answer is one byte for its kind, a length of four bytes, and the
encoded outcome: `Fresh` for a document, `PageText` for a page, or `Failed`.
"""

from __future__ import annotations

import os
import signal
import struct
import sys
from dataclasses import replace
from typing import BinaryIO

from feedbraid import codec
from feedbraid.answers import is_open, topic_of
from feedbraid.gate import Admitted, Refused, admit, root_of_plain
from feedbraid.jsonfeed import read_json_feed
from feedbraid.model import Failed, Fresh, PageJob, PageText, ParseJob, RawChannel, RawEntry, RawFeed, Reading
from feedbraid.xmlfeed import read_sound_feed, read_xml_feed

JOB = struct.Struct(">BII")
JOBS: tuple[type[ParseJob | PageJob], ...] = (ParseJob, PageJob)
"""The kinds of job, by the byte that stands for each."""

ANSWER = struct.Struct(">BI")
IS_DONE, IS_FAILED, IS_WORN = range(3)
"""The kinds of answer. A worn process failed for want of memory and should be replaced."""

GRACE = 5
"""Seconds after which a worker ends itself when nobody ended it at the deadline."""

OUT_OF_MEMORY = Failed(reason="the parser ran out of memory")


def parse_document(body: bytes, content_type: str = "", url: str = "") -> RawFeed | Failed:
    """Read a feed of any kind as it is stated. `content_type` is the HTTP header, `url` the final address.

    Never raises: whatever the parser library raises is a `Failed` that names the error.
    """
    try:
        root = root_of_plain(body, content_type)
        raw = read_sound_feed(root, url) if root is not None else None
        if raw is not None:
            return raw
        admitted = admit(body, content_type, url)
        if isinstance(admitted, Refused):
            return Failed(reason=admitted.reason)
        if admitted.kind == "json":
            return _judge(read_json_feed(admitted.body), admitted)
        if admitted.well_formed and admitted.body != root:
            raw = read_sound_feed(admitted.body, url)
        return _judge(raw or read_xml_feed(admitted.body, url), admitted)
    except Exception as error:  # noqa: BLE001  # feedparser raises anything on odd input; it is the source's trouble
        return _failed("the parser failed", error)


def _judge(raw: RawFeed | None, admitted: Admitted) -> RawFeed | Failed:
    """Refuse what is no feed, and what is so damaged that nothing is left: never success with nothing."""
    if raw is None and admitted.kind == "json":
        return Failed(reason="this is JSON, but no whole JSON Feed")
    if raw is None:
        return Failed(reason="this is no feed: it has neither a channel nor an item")
    complete = admitted.complete and raw.complete
    sound = complete and admitted.well_formed
    if not sound and not any(map(_says_something, raw.entries)):
        return Failed(reason="the document is damaged, and no item of it can be read")
    return replace(raw, notes=(*admitted.notes, *raw.notes), complete=complete)


def _says_something(entry: RawEntry) -> bool:
    return bool(entry.id or entry.links or entry.title or entry.summary or entry.contents or entry.enclosures)


def handle(job: ParseJob) -> Fresh | Failed:
    """Read and normalize a document. Never raises."""
    from feedbraid import normalise  # noqa: PLC0415  # its cleaner is loaded by those who parse only

    raw = parse_document(job.body, job.content_type, job.reading.feed_url)
    if isinstance(raw, Failed):
        return raw
    try:
        return _with_topic(normalise.read_feed(raw, job.reading, job.known), raw.channel, job.reading)
    except Exception as error:  # noqa: BLE001  # one source's document must not stop the others
        return _failed("its entries could not be normalized", error)


def _with_topic(fresh: Fresh, stated: RawChannel, reading: Reading) -> Fresh:
    """Note which hub tells of the feed's news. A feed that not everybody can read is not told of to a hub."""
    url = reading.feed_url
    if fresh.channel is None or not is_open(url, reading.spec.access):
        return fresh
    topic = topic_of(((link.href, link.rel) for link in stated.links), url)
    return replace(fresh, channel=replace(fresh.channel, topic=topic))


def handle_page(job: PageJob) -> PageText | Failed:
    """Find the text of a post on its page. Never raises."""
    try:
        from feedbraid.page import extract  # noqa: PLC0415  # only where a page is read

        text = extract(job.body, job.content_type, job.url, job.recipe, job.cleaning)
    except Exception as error:  # noqa: BLE001  # trafilatura raises anything on odd input, and need not be there
        return _failed("the page could not be read", error)
    return text if isinstance(text, Failed) else PageText(text)


def _failed(what: str, error: Exception) -> Failed:
    if isinstance(error, MemoryError):
        return OUT_OF_MEMORY
    return Failed(reason=f"{what}: {type(error).__name__}: {str(error)[:200]}".rstrip(": "))


# --- the worker process -----------------------------------------------------------------------------------


def main() -> None:
    """Answer jobs until the input ends, within MEMORY bytes of address space and SECONDS for each."""
    memory, seconds = (int(argument) for argument in sys.argv[1:3])
    jobs, answers = sys.stdin.buffer, _claim_output()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(memory)
    while (job := _read_job(jobs)) is not None:
        signal.alarm(seconds + GRACE)
        outcome = handle(job) if isinstance(job, ParseJob) else handle_page(job)
        kind = IS_WORN if outcome == OUT_OF_MEMORY else IS_FAILED if isinstance(outcome, Failed) else IS_DONE
        _write(answers, kind, codec.encode(outcome).encode("utf-8", "surrogatepass"))
        signal.alarm(0)


def _claim_output() -> BinaryIO:
    """Take the standard output for answers; whatever prints there from now on goes to the error output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _limit_memory(size: int) -> None:
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _read_job(jobs: BinaryIO) -> ParseJob | PageJob | None:
    start = jobs.read(JOB.size)
    if len(start) < JOB.size:
        return None
    kind, header, body = JOB.unpack(start)
    job: ParseJob | PageJob = codec.decode(JOBS[kind], jobs.read(header))
    return replace(job, body=jobs.read(body))


def _write(answers: BinaryIO, kind: int, text: bytes) -> None:
    answers.write(ANSWER.pack(kind, len(text)) + text)
    answers.flush()


if __name__ == "__main__":
    main()
