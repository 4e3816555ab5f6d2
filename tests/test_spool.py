"""Documents that wait to be written come out of the spool as they went in, however many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from feedbraid.errors import PublishError
from feedbraid.model import Document
from feedbraid.spool import Spool


@pytest.mark.parametrize("in_memory", [1, 10, 1_000_000], ids=["file", "both", "memory"])
def test_documents_come_out_as_they_went_in(tmp_path: Path, in_memory: int) -> None:
    documents = [Document(f"{n}.xml", "text/xml", f"<{n}>".encode() * n) for n in range(9)]
    with Spool(str(tmp_path), in_memory) as spool:
        waiting = [spool.keep(one) for one in documents]
        assert [(one.path, one.media_type, one.content) for one in waiting] == [
            (one.path, one.media_type, one.content) for one in documents
        ]
        waiting.append(spool.keep(Document("late.xml", "text/xml", b"late")))
        assert [one.content for one in reversed(waiting)][:2] == [b"late", documents[-1].content]
        assert list(tmp_path.iterdir()) == [], "the file has no name that a crash could leave behind"


def test_f2_a_disk_without_room_is_told_with_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with Spool(str(folder), 1) as spool:
        folder.rmdir()
        with pytest.raises(PublishError, match="temporary file can not be written"):
            spool.keep(Document("a.xml", "text/xml", b"content"))
