"""Feed readers that people use poll our server: the second time, nothing is sent again (N129e)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import REPOSITORY
from serving import serving, write
from test_readers import READERS

GOLDEN = REPOSITORY / "tests" / "golden"


@pytest.mark.parametrize("reader", ["newsboat", "rss2email"])
@pytest.mark.parametrize("name", ["atom.xml", "rss.xml"])
def test_n129e_a_reader_that_polls_is_sent_nothing_twice(reader: str, name: str, tmp_path: Path) -> None:
    poll, commands = READERS[reader]
    if not all(map(shutil.which, commands)):
        pytest.skip(f"{reader} is not installed")
    feeds = write(tmp_path / "feeds", {f"news/{name}": (GOLDEN / f"chinese-news.{name}").read_bytes()})
    (tmp_path / "home").mkdir()
    with serving(feeds) as server:
        # newsboat keeps no validators of the very first answer.
        items = [poll(f"http://127.0.0.1:{server.port}/news/{name}", tmp_path / "home") for _ in range(3)]
        assert items[0] == items[1] == items[2] != []
        asked = [line.split() for line in server.log if f"/news/{name}" in line]
        statuses = [fields[3] for fields in asked]
        assert (statuses[0], statuses[-1], len(statuses)) == ("200", "304", 3)
