"""What every source that is one feed document does with its bytes."""

from __future__ import annotations

from dataclasses import replace

from feedbraid.codec import digest
from feedbraid.model import Failed, Fresh, Known, ParseJob, Reading, Unchanged
from feedbraid.workers import Workers


async def read_document(
    workers: Workers, reading: Reading, known: Known, body: bytes, content_type: str = ""
) -> Fresh | Unchanged | Failed:
    """Parse a document in a parser process, unless its bytes are those of the last time (D21).

    Entries that are stored as they are stated here come without their texts.
    """
    body_digest = digest(body)
    if body_digest == known.state.body_digest:
        return Unchanged(reason="the same bytes as before")
    outcome = await workers.run(
        ParseJob(reading=reading, body=body, content_type=content_type, known=tuple(known.stated()))
    )
    return replace(outcome, body_digest=body_digest) if isinstance(outcome, Fresh) else outcome
