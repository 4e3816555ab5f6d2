"""The templates of an instance: they are whole, and what systemd and Docker are told is what the program needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from conftest import REPOSITORY
from feedbraid import __version__
from feedbraid.fields import SOFTWARE_URL
from feedbraid.scaffold import WITH
from program import Instance
from templates import SCAFFOLD, TEMPLATES, templates, tool
from test_start_server import started

# --- all of them ------------------------------------------------------------------------------------------


def test_every_kind_has_files_and_they_end_with_a_line() -> None:
    assert {name.partition("/")[0] for name in TEMPLATES} == set(WITH)
    for name, text in TEMPLATES.items():
        assert "@@" not in text
        assert text == "" or (text.endswith("\n") and not text.endswith("\n\n")), name
        assert max(map(len, text.splitlines() or [""])) <= 150, name


@pytest.mark.parametrize(
    "name",
    ["github/.github/workflows/republish.yml", "github/.nojekyll"]
    + [f"docker/{name}" for name in ("Dockerfile", ".dockerignore", "compose.yaml")],
)
def test_the_repository_is_an_instance_of_its_own_templates(name: str) -> None:
    assert (REPOSITORY / name.partition("/")[2]).read_bytes() == (SCAFFOLD / name).read_bytes()


ARCHIVE = f"{SOFTWARE_URL}/archive/refs/tags/v{__version__}.tar.gz"
"""Of the repository: on a package index, a stranger could have the name. It needs no git, which images lack."""


def test_an_instance_runs_on_the_version_that_made_it() -> None:
    (text,) = {TEMPLATES[f"{kind}/requirements.txt"] for kind in ("github", "docker")}
    assert [line for line in text.splitlines() if not line.startswith("#")] == [f"feedbraid @ {ARCHIVE}"]


def test_the_wheel_holds_every_template(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    assert {f"feedbraid/scaffold/{name}" for name in TEMPLATES} <= inside


# --- systemd ----------------------------------------------------------------------------------------------

UNITS = ("feedbraid.service", "feedbraid-run.service", "feedbraid-run.timer")


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """Read a unit: a key may stand there more than once."""
    return _sections(TEMPLATES[f"systemd/deploy/{name}"])


def _sections(text: str) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    keys: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("["):
            keys = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            keys.setdefault(key, []).append(value)
    return found


def _shown() -> dict[str, str]:
    """Give the units that the page of services shows, each below its name."""
    page = (REPOSITORY / "docs" / "running.md").read_text(encoding="utf-8")
    names = re.findall(r"`/etc/systemd/system/([\w.-]+)`", page)
    return dict(zip(names, re.findall(r"(?s)```ini\n(.*?)```", page), strict=True))


def test_the_page_of_services_shows_the_units_without_their_armour() -> None:
    shown = _shown()
    assert set(shown) == set(UNITS)
    for name, text in shown.items():
        whole = unit(name)
        for section, keys in _sections(text).items():
            for key, values in keys.items():
                assert whole[section][key] == values, f"{name}: {key}"


def test_both_services_have_the_same_armour() -> None:
    one, other = (unit(name)["Service"] for name in UNITS[:2])
    own = {"Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "SuccessExitStatus", "WatchdogSec"}
    own |= {"TimeoutStopSec", "TimeoutStartSec", "RuntimeDirectory", "LimitNOFILE"}
    assert {key: one[key] for key in one.keys() - own} == {key: other[key] for key in other.keys() - own}
    assert one["Type"] == ["notify"]
    assert other["SuccessExitStatus"] == ["75"]


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    for path, text in templates("systemd", FOLDER=str(tmp_path), COMMAND=sys.executable).items():
        (tmp_path / Path(path).name).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / name) for name in UNITS]
    done = subprocess.run([analyze, "verify", "--man=no", *paths], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name in UNITS[:2]:
        judged = subprocess.run(
            [analyze, "security", "--offline=true", "--threshold=20", str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert judged.returncode == 0, judged.stdout[-100:]


def test_a_worker_has_the_armour_of_the_service_and_systemd_understands_it(tmp_path: Path) -> None:
    one = unit("feedbraid.service")["Service"]
    worker = _sections(TEMPLATES["cluster/deploy/feedbraid-worker@.service"])["Service"]
    own = {"Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "SuccessExitStatus", "WatchdogSec"}
    own |= {"TimeoutStopSec", "RuntimeDirectory", "LimitNOFILE"}
    assert {key: one[key] for key in one.keys() - own} == {key: worker[key] for key in worker.keys() - own}
    assert worker["ExecStart"][0].endswith(" worker")
    analyze = tool("systemd-analyze")
    for path, text in templates("cluster", FOLDER=str(tmp_path), COMMAND=sys.executable).items():
        (tmp_path / Path(path).name).write_text(text, encoding="utf-8")
    unit_file = tmp_path / "feedbraid-worker@.service"
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit_file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- Docker -----------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Give the instructions of the Dockerfile, with continued lines joined."""
    text = TEMPLATES["docker/Dockerfile"].replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def last_stage() -> dict[str, str]:
    """Give the instructions of the image itself; of several alike, the last."""
    found = instructions()
    begin = max(at for at, (name, _) in enumerate(found) if name == "FROM")
    return dict(found[begin:])


def test_the_image_is_small_in_rights() -> None:
    stage = last_stage()
    assert re.fullmatch(r"(\d+):\1", stage["USER"])
    assert stage["STOPSIGNAL"] == "SIGTERM"
    for name in ("ENTRYPOINT", "CMD"):
        assert isinstance(json.loads(stage[name]), list), "without a shell"
    assert all("latest" not in rest for name, rest in instructions() if name == "FROM")
    assert all(re.search(r"python:\$\{PYTHON\}-slim-\w+", rest) for name, rest in instructions() if name == "FROM")
    assert stage["VOLUME"] == stage["WORKDIR"] == "/data"


def test_the_image_is_built_with_hashes_of_what_the_build_may_see() -> None:
    (build,) = [rest for name, rest in instructions() if name == "RUN" and "pip" in rest]
    assert build.count("--require-hashes") == 2
    ignored = TEMPLATES["docker/.dockerignore"].splitlines()
    assert ignored[1] == "*"
    for name in re.findall(r"requirements[\w.-]*|src(?=/)", build):
        assert f"!{name}" in ignored


def test_compose_asks_the_same_health_and_shows_nothing_to_the_world() -> None:
    service = yaml.safe_load(TEMPLATES["docker/compose.yaml"])["services"]["feedbraid"]
    command = json.loads(last_stage()["HEALTHCHECK"].partition("CMD ")[2])
    assert service["healthcheck"]["test"] == ["CMD", *command]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}


def test_a_cluster_is_the_same_image_beside_a_database_that_nobody_else_reaches() -> None:
    found = yaml.safe_load(TEMPLATES["cluster/compose-cluster.yaml"])["services"]
    alone = yaml.safe_load(TEMPLATES["docker/compose.yaml"])["services"]["feedbraid"]
    assert set(found) == {"database", "worker", "server"}
    assert found["worker"]["scale"] == 2
    assert "ports" not in found["database"]
    assert "ports" not in found["worker"]
    assert found["server"]["healthcheck"] == alone["healthcheck"]
    for name in ("worker", "server"):
        own = {"ports", "healthcheck"}
        assert {key: found[name].get(key) for key in alone.keys() - own} == {
            key: alone[key] for key in alone.keys() - own
        }
        assert found[name]["environment"]["FEEDBRAID_STORE"].startswith("postgresql://feedbraid:${")
        assert found[name]["depends_on"]["database"]["condition"] == "service_healthy"


def test_the_health_check_tells_a_service_that_works_from_one_that_does_not(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "seeds: {posts: seeds/}\n")
    instance.write("seeds/first.md", "---\ntitle: First\n---\nText\n")
    check = json.loads(last_stage()["HEALTHCHECK"].partition("CMD ")[2])
    with started(instance) as service:
        service.next("pass")
        command = [sys.executable, "-c", check[2].replace("8080", str(service.port))]
        assert subprocess.run(command, check=False).returncode == 0
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
