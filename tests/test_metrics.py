"""Metrics: what Prometheus' own parser reads of them, by its rules for names."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from conftest import REPOSITORY
from factories import MOMENT, after
from feedbraid.errors import PublishError
from feedbraid.health import Standing
from feedbraid.metrics import MEDIA_TYPE, metrics
from feedbraid.publish import Disk, write_whole
from feedbraid.service import Service
from standings import BAD, SERVICE, every_state, standing

PROMTOOL = shutil.which("promtool")
EVERY = every_state()

Series = dict[tuple[str, ...], float]


def read(*standings: Standing, service: Service = SERVICE) -> Series:
    """Give every sample by its name and the values of its labels, that of the source first."""
    families = text_string_to_metric_families(metrics(standings, service).decode())
    samples = [sample for family in families for sample in family.samples]
    found = {
        (one.name.removeprefix("feedbraid_"), *(value for _, value in sorted(one.labels.items(), reverse=True))): (
            one.value
        )
        for one in samples
    }
    assert len(found) == len(samples)
    return found


def test_a_source_that_does_well() -> None:
    found = read(standing())
    assert {key: value for key, value in found.items() if key[0].startswith("source_")} == {
        ("source_up", "voa"): 1,
        ("source_failures", "voa"): 0,
        ("source_last_success_timestamp_seconds", "voa"): after(minutes=-10).timestamp(),
        ("source_last_new_post_timestamp_seconds", "voa"): after(hours=-5).timestamp(),
        ("source_next_fetch_timestamp_seconds", "voa"): after(minutes=50).timestamp(),
        ("source_stored_entries", "voa"): 40,
        ("source_entries", "voa", "shown"): 31,
        ("source_entries", "voa", "merged"): 4,
        ("source_entries", "voa", "held"): 0,
        ("source_entries", "voa", "filtered"): 5,
        ("source_entries", "voa", "skipped"): 0,
        ("source_visits_total", "voa", "read"): 1,
        ("source_visits_total", "voa", "unchanged"): 19,
        ("source_visits_total", "voa", "failed"): 0,
        ("source_new_entries_total", "voa"): 1,
    }


@pytest.mark.parametrize(
    ("state", "failures", "up"),
    [
        ("good", 0, 1),
        ("silent", 0, 1),
        ("paused", 0, 1),
        ("paused", 2, 0),
        ("failing", 1, 0),
        ("broken", 5, 0),
        ("gone", 1, 0),
        ("gone", 0, 0),
    ],
)
def test_up_is_what_could_be_read_at_the_last_try(state: str, failures: int, up: int) -> None:
    assert read(standing(state=state, failures=failures))["source_up", "voa"] == up


def test_what_never_was_has_no_series() -> None:
    found = read(EVERY[7])
    assert found["source_up", "new"] == 0
    assert [key for key in found if "timestamp" in key[0] and key[0].startswith("source_")] == []


def test_today_is_counted() -> None:
    found = read(standing(days=BAD))
    assert found["source_visits_total", "voa", "failed"] == 24


def test_the_service_and_its_feeds() -> None:
    found = read()
    assert found["build_info", "1.2.3"] == 1
    assert found["errands_waiting",] == 2
    assert found["pass_duration_seconds",] == 2.25
    assert found["last_good_run_timestamp_seconds",] == after(minutes=-10).timestamp()
    assert found["feed_entries", "news"] == 50
    assert found["feed_updated_timestamp_seconds", "news"] == MOMENT.timestamp()
    assert ("feed_updated_timestamp_seconds", "new") not in found
    bare = read(service=Service(version="1"))
    assert [key for key in bare if "timestamp" in key[0] or "duration" in key[0]] == []


def test_each_state_is_counted_also_when_no_source_is_in_it() -> None:
    found = {key[1]: value for key, value in read(*EVERY).items() if key[0] == "sources"}
    assert found == {"good": 6, "failing": 1, "broken": 1, "silent": 1, "gone": 1, "paused": 1, "never read": 1}
    assert set({key[1]: 0 for key in read() if key[0] == "sources"}) == set(found)


def test_names_keep_to_the_rules() -> None:
    text = metrics(EVERY, SERVICE).decode()
    for kind, names in ((kind, name) for name, kind in re.findall(r"^# TYPE (\S+) (\w+)$", text, re.MULTILINE)):
        assert names.startswith("feedbraid_")
        assert names.endswith("_total") == (kind == "counter"), names
        assert not re.search(r"_(ms|minutes|milliseconds|kb)$", names)
    assert len(re.findall(r"^# HELP", text, re.MULTILINE)) == len(re.findall(r"^# TYPE", text, re.MULTILINE))


def test_the_reference_names_every_metric() -> None:
    page = (REPOSITORY / "docs/status.md").read_text("utf-8").partition("## Metrics")[2]
    named = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert [f"feedbraid_{name}" for name in named] == re.findall(
        r"^# TYPE (\S+)", metrics(EVERY, SERVICE).decode(), re.MULTILINE
    )


def test_nothing_of_the_process_is_told_and_nothing_is_registered_for_it() -> None:
    before = list(REGISTRY.collect())
    assert metrics(EVERY, SERVICE) == metrics(EVERY, SERVICE)
    assert len(list(REGISTRY.collect())) == len(before)
    assert b"python_info" not in metrics(EVERY, SERVICE)
    assert MEDIA_TYPE.startswith("text/plain; version=0.0.4")


def test_labels_are_escaped() -> None:
    odd = 'a"b\\c\nd'
    assert read(standing(odd))["source_up", odd] == 1


@pytest.mark.skipif(PROMTOOL is None, reason="promtool of Debian's package prometheus is not installed")
def test_promtool_has_nothing_to_say() -> None:
    done = subprocess.run(
        [str(PROMTOOL), "check", "metrics"],
        input=metrics(EVERY, SERVICE),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# --- the file ---------------------------------------------------------------------------------------------


def test_the_file_is_written_whole_for_everybody_to_read(tmp_path: Path) -> None:
    path = tmp_path / "feedbraid.prom"
    write_whole(path, b"a 1\n")
    write_whole(path, b"a 2\n")
    assert path.read_bytes() == b"a 2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["feedbraid.prom"]


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path: Path) -> None:
    class Full(Disk):
        def write(self, path: Path, content: bytes) -> None:
            super().write(path, content[:1])
            raise OSError(28, "No space left on device")

    path = tmp_path / "feedbraid.prom"
    path.write_bytes(b"a 1\n")
    with pytest.raises(PublishError, match="No space left"):
        write_whole(path, b"a 2\n", Full())
    assert path.read_bytes() == b"a 1\n"
    assert [one.name for one in tmp_path.iterdir()] == ["feedbraid.prom"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="No such file"):
        write_whole(tmp_path / "none" / "x.prom", b"")
