"""Every command of bench/ does its work and prints its tables; how long it takes is not judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import namespaces
import postgres

BENCH = Path(__file__).resolve().parents[1] / "bench"

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it looks into /proc")


def scenario(name: str, folder: Path, *options: str) -> str:
    """Run a scenario, small, and give what it printed."""
    argv = [sys.executable, str(BENCH / f"{name}.py"), "--quick", "--results", str(folder / "goals"), *options]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False, env=_plain())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _plain() -> dict[str, str]:
    """Leave out what would measure the coverage of what is measured."""
    return {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}


@pytest.mark.parametrize(
    ("name", "rows", "goals"),
    [
        ("startup", ["--version", "feedbraid run"], {"7"}),
        ("parse", ["feedbraid, by feedparser", "feedparser, raw, and bare nh3", "two processes"], {"4"}),
        ("seeds", ["feedbraid build, one seed edited"], set()),
        ("build", ["feedbraid, one new post", "feedgen and json, the same posts"], {"8"}),
        ("unchanged", ["feedbraid, sent again without tags", "bare httpx, the same requests"], {"2", "3"}),
        ("changed", ["feedbraid"], set()),
        ("cold", ["feedbraid"], set()),
        ("mixed", ["feedbraid, first run"], {"9"}),
        ("hostile", ["round 1"], {"hostile"}),
        (
            "scale",
            ["200, one new post", "`store.states()`: in every round, and when feeds are written", "400"],
            set(),
        ),
    ],
)
def test_each_scenario_prints_its_tables(name: str, rows: list[str], goals: set[str], tmp_path: Path) -> None:
    said = scenario(name, tmp_path)

    assert [row for row in rows if f"| {row} " not in said] == []
    found = [json.loads(line) for line in (tmp_path / "goals").read_text().splitlines()]
    assert {goal["number"] for goal in found} == goals
    assert all(goal["ratio"]["low"] <= goal["ratio"]["median"] <= goal["ratio"]["high"] for goal in found)


def test_workers_do_what_one_process_does_and_are_measured_beside_it(tmp_path: Path) -> None:
    postgres.needed()
    pytest.importorskip("procrastinate", reason="procrastinate is not installed: pip install 'feedbraid[cluster]'")
    has_machines = not namespaces.missing()
    said = scenario("cluster", tmp_path, *(["--netns"] if has_machines else []))
    assert "| 2 workers | " in said
    if has_machines:
        assert "| 3 workers, disturbed | " in said
        assert "cable at " in said
    assert said.count("| nothing |") == 2 + has_machines


def test_growth_draws_its_curves(tmp_path: Path) -> None:
    scenario("growth", tmp_path, "--picture", "curves.svg")

    picture = ET.parse(tmp_path / "curves.svg").getroot()  # noqa: S314  # our own
    curves = picture.findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(curves) == 8  # two in each of four panels
    assert all(curve.attrib["points"] for curve in curves)


def simulated(code: str) -> str:
    """Run a few lines over `bench/_simulate.py`, and give what they print."""
    argv = [sys.executable, "-c", f"from _simulate import *\n{code}"]
    return subprocess.run(argv, cwd=BENCH, capture_output=True, text=True, check=True, env=_plain()).stdout.strip()


def test_a_simulated_host_is_asked_one_thing_at_a_time_with_pauses() -> None:
    """Ten sources of one host, 0.2 s each, five times as long between them: nine pauses."""
    world = "World(sources=10, latency=0.2, spread=0, silent=0, news=0)"
    run = f"Simulation({world}, Costs(visit=0, news=0), Means(workers=3), sizes=[10])"

    assert simulated(f"print(round({run}.pass_at_once().last, 6))") == "11.0"


def test_a_simulated_core_does_one_thing_after_the_other() -> None:
    """A hundred hosts of one source each, whose answers all come at once, on a core that takes 50 ms for each."""
    world = "World(sources=100, latency=0.2, spread=0, silent=0, news=0)"
    run = f"Simulation({world}, Costs(visit=0.05, news=0), Means(workers=1, hosts=100), sizes=[1] * 100)"

    assert simulated(f"print(round({run}.pass_at_once().last, 6))") == "5.2"


def test_a_simulated_hour_lacks_workers_where_there_is_too_much_to_do() -> None:
    """8,000 visits an hour that take a second each: two workers would be too few."""
    hour = "r = Simulation(World(sources=8000), Costs(visit=1, news=0), Means(workers={}, hosts=32)).hours(0.5, 1)"
    say = "print(r.share_late(300), round(r.use, 2), len(r.seen.late))"

    one, four, again = (simulated(f"{hour.format(workers)}\n{say}").split() for workers in (1, 4, 4))

    assert float(one[0]) > 0.9
    assert float(one[1]) > 0.99
    assert four == again
    assert float(four[0]) == 0.0
    assert 0.5 < float(four[1]) < 0.6  # 8,000 s of 14,400
