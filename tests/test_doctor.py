"""`feedbraid doctor`: each thing that can be wrong is made wrong for real, and is named with what to do then."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import doctor, machine
from feedbraid.doctor import Disk, Folder, Library, Published, Seen, StoreFacts, Trace
from feedbraid.lock import only_one
from inside import Inside
from loopback import LoopbackServer, Reply, self_signed
from program import Instance
from stories import posts, rss
from test_faults import can_mount, mode, mounted, plain_user, program, ran, remounted

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

Checks = dict[str, dict[str, str]]


# --- what is decided --------------------------------------------------------------------------------------

DECIDED = [
    (doctor.check_python("3.11.7", ">=3.11"), "ok"),
    (doctor.check_python("3.10.2", ">=3.11"), "trouble"),
    (doctor.check_python("3.14.0rc1", ""), "ok"),
    (doctor.check_libraries(()), "ok"),
    (doctor.check_libraries((Library("lxml", ">=6", "6.0.2"),)), "ok"),
    (doctor.check_libraries((Library("lxml", ">=6", "5.4"),)), "trouble"),
    (doctor.check_libraries((Library("lxml", ">=6", ""),)), "trouble"),
    (doctor.check_files(-1, 32), "ok"),
    (doctor.check_files(1024, 32), "ok"),
    (doctor.check_files(1024, 1000), "warning"),
    (doctor.check_zones(has_data=True), "ok"),
    (doctor.check_zones(has_data=False), "trouble"),
    (doctor.check_clock(NOW, ()), "ok"),
    (doctor.check_clock(NOW, (Trace("a file", NOW - DAY), Trace("another", NOW + timedelta(minutes=1)))), "ok"),
    (doctor.check_clock(NOW, (Trace("a file", NOW + HOUR), Trace("another", NOW - HOUR))), "trouble"),
    (doctor.check_disk(Disk(holds="the store", free=10**9, files=None)), "ok"),
    (doctor.check_disk(Disk(holds="the store", free=10**7, files=10**6)), "warning"),
    (doctor.check_disk(Disk(holds="the store", free=10**6, files=10**6)), "trouble"),
    (doctor.check_disk(Disk(holds="the store", free=10**9, files=500)), "warning"),
    (doctor.check_disk(Disk(holds="the store", free=10**9, files=0)), "trouble"),
    (doctor.check_store(StoreFacts(path="s", size=None)), "ok"),
    (doctor.check_store(StoreFacts(path="s", size=4096)), "ok"),
    (doctor.check_store(StoreFacts(path="s", size=4096, log=10**8)), "warning"),
    (doctor.check_store(StoreFacts(path="s", size=4096, fault="s: the disk failed")), "trouble"),
    (doctor.check_lock(""), "ok"),
    (doctor.check_lock("process 7, for 20 minutes"), "ok"),
    (doctor.check_lock("process 7, for 3 hours"), "warning"),
    (doctor.check_lock("process 7, for 2 days"), "warning"),
    (doctor.check_schedule(NOW, None, ()), "ok"),
    (doctor.check_schedule(NOW, None, (NOW,)), "ok"),
    (doctor.check_schedule(NOW, NOW - HOUR, (NOW + HOUR, NOW - HOUR)), "ok"),
    (doctor.check_schedule(NOW, NOW - DAY, (NOW - 3 * HOUR, NOW + HOUR)), "warning"),
    (doctor.check_findings("seeds", 0, 0, "fine"), "ok"),
    (doctor.check_findings("seeds", 0, 1, "fine"), "warning"),
    (doctor.check_findings("seeds", 1, 0, "fine"), "trouble"),
    (doctor.check_host(Seen(host="a.example"), NOW), "ok"),
    (doctor.check_host(Seen(host="a.example", expires=NOW + 60 * DAY), NOW), "ok"),
    (doctor.check_host(Seen(host="a.example", expires=NOW + 13 * DAY), NOW), "warning"),
    (doctor.check_host(Seen(host="a.example", failure="silent"), NOW), "warning"),
    (doctor.check_way_out((Seen(host="a.example", failure="silent"), Seen(host="b.example")), 2), "ok"),
    (doctor.check_way_out((Seen(host="a.example", failure="silent"),), 1), "trouble"),
    (doctor.check_published(Published(url="u", is_same=True)), "ok"),
    (doctor.check_published(Published(url="u", is_ours=True, updated="1", expected="1")), "ok"),
    (doctor.check_published(Published(url="u", is_ours=True, updated="1", expected="2")), "warning"),
    (doctor.check_published(Published(url="u")), "warning"),
    (doctor.check_published(Published(url="u", failure="not found (404)")), "warning"),
    (doctor.check_address("https://a.example/", "http://localhost:8080/"), "ok"),
    (doctor.check_address("http://localhost:8080/", "http://localhost:8080/"), "warning"),
]


@pytest.mark.parametrize(
    ("check", "level"), DECIDED, ids=[f"{one.what}: {one.finding}"[:60] for one, _ in DECIDED]
)
def test_each_check_knows_well_from_ill_and_says_what_to_do(check: doctor.Check, level: str) -> None:
    assert check.level == level
    assert bool(check.advice) == (level != "ok")
    assert check.finding


FOLDERS = [
    ("is_folder", False, "is no folder"),
    ("is_readable", False, "can not be read"),
    ("is_writable", False, "can not be written to"),
]


@pytest.mark.parametrize(("fact", "value", "words"), FOLDERS)
def test_what_is_wrong_with_a_folder_is_trouble(fact: str, value: object, words: str) -> None:
    facts: dict[str, Any] = {"is_folder": True, "is_readable": True, "is_writable": True, fact: value}
    found = doctor.check_folder(Folder(what="output folder", path="feeds", exists=True, **facts))
    assert (found.level, words in found.finding) == ("trouble", True)


TIMES = [
    ([timedelta(0)], "ok"),
    ([timedelta(minutes=3)], "warning"),
    ([-timedelta(minutes=3)], "warning"),
    ([timedelta(0), timedelta(0), timedelta(days=300)], "ok"),
]


@pytest.mark.parametrize(("offsets", "level"), TIMES)
def test_of_the_clocks_of_others_most_are_right(offsets: list[timedelta], level: str) -> None:
    seen = [Seen(host="a.example", date=NOW + offset) for offset in offsets]
    found = doctor.check_time_of_others(NOW, [*seen, Seen(host="b.example")])
    assert found is not None
    assert found.level == level


def test_without_the_time_of_others_nothing_is_said_of_it() -> None:
    assert doctor.check_time_of_others(NOW, [Seen(host="a.example")]) is None


VERSIONS = [
    ("1.0", ">=1.0,<2", True),
    ("1", ">=1.0,<2", True),
    ("2.0", "<2,>=1.0", False),
    ("0.28.1", ">=0.28.1,<0.29", True),
    ("0.29.0", "<0.29", False),
    ("1.1.20250805", ">=1.1.20250805", True),
    ("6.0.2rc1", ">=6", True),
    ("1.5", "!=1.5", False),
    ("1.5.0", "==1.5", True),
    ("1.5", "", True),
    ("nonsense", "whatever", True),
]


@pytest.mark.parametrize(("version", "wanted", "well"), VERSIONS)
def test_versions_are_compared_by_their_numbers(version: str, wanted: str, well: bool) -> None:  # noqa: FBT001
    assert doctor.satisfies(version, wanted) is well


@given(st.text(max_size=80), st.text(max_size=80))
def test_versions_and_requirements_may_be_anything(version: str, wanted: str) -> None:
    doctor.satisfies(version, wanted)
    doctor.requirement(wanted)


REQUIREMENTS = [
    ("apscheduler<4,>=3.11.3", ("apscheduler", "<4,>=3.11.3")),
    ("ruamel.yaml (>=0.18)", ("ruamel.yaml", ">=0.18")),
    ("coverage[toml]>=7.6", ("coverage", ">=7.6")),
    ('opencc>=1.1.9; extra == "chinese"', None),
    ("", None),
]


@pytest.mark.parametrize(("text", "expected"), REQUIREMENTS)
def test_requirements_are_read_as_packages_state_them(text: str, expected: tuple[str, str] | None) -> None:
    assert doctor.requirement(text) == expected


def test_all_that_this_installation_needs_is_found() -> None:
    assert doctor.check_python(*machine.python_versions()).level == "ok"
    assert all(one.installed for one in machine.libraries())


# --- the program ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Inside(tmp_path_factory.mktemp("published"))
    made.write(
        "config.yaml", "site: {url: https://feeds.invalid/}\nsources: {news: news.xml}\nseeds: {posts: seeds/}\n"
    )
    made.write("news.xml", rss(*posts(1, 2, 3)))
    made.write("seeds/1.md", "---\ntitle: One\ndate: 2026-01-01\n---\nText\n")
    made.run(now="")
    return made.folder


@pytest.fixture
def instance(published: Path, tmp_path: Path) -> Instance:
    """An instance that has published a file of three posts, and a seed."""
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    return Inside(tmp_path)


QUIET = dict.fromkeys((*doctor.PROXIES, *doctor.CERTIFICATES, *(one.lower() for one in doctor.PROXIES)), "")
"""An environment that says nothing: the tests may run behind a proxy."""


def examined(instance: Instance, *arguments: str, now: str = "", **env: str) -> tuple[int, Checks]:
    """Give the exit code, and the worst check of each thing."""
    done = instance.feedbraid("doctor", "--json", *arguments, now=now, **{**QUIET, **env})
    assert done.stderr == ""
    return done.returncode, by_name(done.stdout)


def by_name(printed: str) -> Checks:
    found: Checks = {}
    worst = ["ok", "warning", "trouble"]
    for one in json.loads(printed):
        before = found.get(one["what"])
        if before is None or worst.index(before["level"]) < worst.index(one["level"]):
            found[one["what"]] = one
    return found


def ill(checks: Checks) -> dict[str, str]:
    return {name: one["level"] for name, one in checks.items() if one["level"] != "ok"}


def test_an_instance_that_is_well_is_found_so_and_stays_as_it_is(instance: Instance) -> None:
    before = sorted((str(path), path.stat().st_mtime_ns) for path in instance.folder.glob("[!.]*"))
    code, checks = examined(instance, "--offline")
    assert (code, ill(checks)) == (0, {})
    assert set(checks) >= {"configuration", "store", "lock", "schedule", "seeds", "outputs", "Python", "clock"}
    assert sorted((str(path), path.stat().st_mtime_ns) for path in instance.folder.glob("[!.]*")) == before


def test_for_people_there_is_a_line_for_each_with_what_to_do_below(instance: Instance) -> None:
    instance.write("seeds/2.md", "")
    done = instance.feedbraid("doctor", "--offline", now="", **QUIET)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    place = next(number for number, line in enumerate(lines) if line.startswith("trouble  seeds: 1 error"))
    assert lines[place + 1] == "         feedbraid check --seeds"
    assert lines[-1].endswith(", 0 warnings, 1 trouble")
    assert all(line.startswith(("ok       ", "         ", "trouble  ")) for line in lines[:-1])


def test_no_configuration_is_trouble_and_the_machine_is_looked_at_all_the_same(tmp_path: Path) -> None:
    code, checks = examined(Inside(tmp_path))
    assert (code, checks["configuration"]["level"], checks["Python"]["level"]) == (1, "trouble", "ok")
    assert checks["configuration"]["finding"] == "config.yaml: no such file"
    assert "feedbraid init" in checks["configuration"]["advice"]
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_configuration_is_named_with_its_place(tmp_path: Path) -> None:
    instance = Inside(tmp_path)
    instance.write("config.yaml", "sources: {a: https://a.example/}\nfetsh: {}\n")
    code, checks = examined(instance)
    assert (code, ill(checks)) == (1, {"configuration": "trouble"})
    assert checks["configuration"]["finding"].startswith("config.yaml:2:1: ")


def test_before_the_first_run_all_is_well_and_no_store_is_made(tmp_path: Path) -> None:
    instance = Inside(tmp_path)
    instance.write("config.yaml", "site: {url: https://feeds.invalid/}\nseeds: {posts: seeds/}\n")
    instance.write("seeds/1.md", "---\ntitle: One\n---\nText\n")
    assert (examined(instance, "--offline")[0], (tmp_path / ".feedbraid").exists()) == (0, False)


def test_a_damaged_store_is_trouble_with_its_remedy(instance: Instance) -> None:
    store = instance.folder / ".feedbraid/state.db"
    store.write_bytes(store.read_bytes()[:5000] + bytes(9000))
    code, checks = examined(instance, "--offline")
    assert (code, checks["store"]["level"]) == (1, "trouble")
    assert "feedbraid recover" in checks["store"]["advice"]
    assert checks["clock"]["level"] == "ok", "what does not need the store is looked at"


def test_a_seed_and_an_output_that_can_not_be_used_are_counted(instance: Instance) -> None:
    (instance.folder / "feeds/all/atom.xml").write_text("<feed", encoding="utf-8")
    instance.write("seeds/2.md", "")
    code, checks = examined(instance, "--offline")
    assert (code, ill(checks)) == (1, {"seeds": "trouble", "outputs": "trouble"})
    assert checks["outputs"]["advice"] == "feedbraid check --outputs"


CLOCKS = [
    ("2001-01-01T00:00:00Z", "clock", "trouble", "is of 20"),
    ("2040-01-01T00:00:00Z", "schedule", "warning", "is cron, the timer or the service running?"),
    ("2040-01-01T00:00:00Z", "environment", "warning", "FEEDBRAID_NOW is set"),
]


@pytest.mark.parametrize(("now", "what", "level", "words"), CLOCKS)
def test_a_wrong_clock_and_runs_that_are_not_made_are_noticed(
    now: str, what: str, level: str, words: str, instance: Instance
) -> None:
    _, checks = examined(instance, "--offline", now=now)
    assert checks[what]["level"] == level
    assert words in checks[what]["finding"] + checks[what]["advice"]


MISLEADING = [
    ({"HTTP_PROXY": "http://proxy.example:3128"}, "HTTP_PROXY: set, and not heeded"),
    ({"https_proxy": "http://proxy.example:3128"}, "HTTPS_PROXY: set, and not heeded"),
    ({"SSL_CERT_FILE": "/etc/ours.pem"}, "SSL_CERT_FILE: set, and not heeded"),
]


@pytest.mark.parametrize(("env", "words"), MISLEADING)
def test_variables_that_others_go_by_are_named(env: dict[str, str], words: str, instance: Instance) -> None:
    code, checks = examined(instance, "--offline", **env)
    assert (code, ill(checks)) == (0, {"environment": "warning"})
    assert words in checks["environment"]["finding"]


def test_a_proxy_of_the_configuration_makes_those_of_the_environment_harmless() -> None:
    (found,) = doctor.check_environment({"HTTP_PROXY": "http://p.example"}, has_proxy=True)
    assert found.level == "ok"


def test_who_holds_the_lock_is_told(instance: Instance) -> None:
    with only_one(instance.folder / ".feedbraid/lock"):
        code, checks = examined(instance, "--offline")
    assert (code, checks["lock"]["level"]) == (0, "ok")
    assert "a run is going on (process " in checks["lock"]["finding"]


def test_few_open_files_are_a_warning(instance: Instance) -> None:
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))"
    done = ran(instance, program("doctor", "--offline", "--json", prepared=limit), now="", env=QUIET)
    assert by_name(done.stdout)["open files"]["level"] == "warning"


# --- disks and rights -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "bits", "what"),
    [
        pytest.param("feeds", 0o555, "output folder", id="output"),
        pytest.param(".feedbraid", 0o555, "folder of the store", id="store"),
        pytest.param("seeds", 0o000, "seeds posts", id="seeds"),
    ],
)
def test_what_may_not_be_used_is_named(place: str, bits: int, what: str, instance: Instance) -> None:
    with mode(instance.folder / place, bits):
        command = [*plain_user(), *program("doctor", "--offline", "--json")]
        done = ran(instance, command, now="", env=QUIET)
    assert done.returncode == 1, done.stderr
    found = by_name(done.stdout)[what]
    assert (found["level"], place in found["finding"]) == ("trouble", True)


def small_disk(folder: Path) -> None:
    instance = Inside(folder)
    instance.write("config.yaml", "seeds: {posts: seeds/}\n")
    instance.write("seeds/1.md", "---\ntitle: One\n---\nText\n")
    mounted(folder / "feeds", "1m")
    code, checks = examined(instance, "--offline")
    assert (code, checks["disk of the output"]["level"]) == (1, "trouble")
    remounted(folder / "feeds", "size=50m")
    code, checks = examined(instance, "--offline")
    assert (code, checks["disk of the output"]["level"]) == (0, "warning")
    remounted(folder / "feeds", "ro")
    code, checks = examined(instance, "--offline")
    assert (code, checks["output folder"]["level"]) == (1, "trouble")


def test_a_full_or_read_only_disk_is_trouble(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """In a process that may mount disks that nobody else sees."""
    if not can_mount():
        pytest.skip("disks can not be mounted here")
    code = "import sys, pathlib, test_doctor as t; t.small_disk(pathlib.Path(sys.argv[1]))"
    command = ["unshare", "-Urm", sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=request.path.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


# --- the network ------------------------------------------------------------------------------------------


def asking(instance: Instance, server: LoopbackServer, *more: str, site: str = "") -> None:
    """Have an instance read two paths of a server, and other places."""
    places = [server.url("/a"), server.url("/b"), *more]
    named = ", ".join(f"s{number}: {place}" for number, place in enumerate(places))
    allowed = f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}\n'
    instance.write(
        "config.yaml", f"site: {{url: {site or 'https://feeds.invalid/'}}}\n{allowed}sources: {{{named}}}\n"
    )


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as made:
        yield made


def dated(moment: datetime) -> Reply:
    return Reply(headers=(("Date", format_datetime(moment, usegmt=True)),))


def test_each_host_is_asked_once_and_without_credentials(instance: Instance, server: LoopbackServer) -> None:
    later = datetime.fromtimestamp((instance.folder / ".feedbraid/state.db").stat().st_mtime, UTC) + HOUR
    server.routes["/a"] = dated(later)
    asking(instance, server)
    code, checks = examined(instance, now=f"{later:%Y-%m-%dT%H:%M:%SZ}")
    assert (code, checks["time"]["level"]) == (0, "ok")
    assert [(one.method, one.path) for one in server.requests] == [("HEAD", "/a")]
    assert checks[f"host 127.0.0.1:{server.port}"]["finding"] == "answers"
    assert checks["way out"]["finding"] == "1 of 1 host answered"
    sent = {name.lower() for name, _ in server.requests[0].headers}
    assert not sent & {"authorization", "cookie", "referer"}


@pytest.mark.parametrize("date", ["Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_clock_that_differs_from_those_of_others_is_a_warning(
    date: str, instance: Instance, server: LoopbackServer
) -> None:
    server.routes["/a"] = Reply(headers=(("Date", date),))
    asking(instance, server)
    code, checks = examined(instance)
    assert (code, checks["time"]["level"]) == (0, "warning")
    assert ("ahead of" if "2001" in date else "behind") in checks["time"]["finding"]


def test_a_date_that_is_none_is_no_date(instance: Instance, server: LoopbackServer) -> None:
    server.routes["/a"] = Reply(headers=(("Date", "yesterday, or so"),))
    asking(instance, server)
    _, checks = examined(instance)
    assert "time" not in checks
    assert checks["way out"]["level"] == "ok"


def test_a_name_that_does_not_resolve_is_told(instance: Instance, server: LoopbackServer) -> None:
    asking(instance, server, "https://nothing.invalid/feed.xml")
    code, checks = examined(instance)
    assert (code, checks["host nothing.invalid"]["level"]) == (0, "warning")
    assert "the name nothing.invalid can not be resolved" in checks["host nothing.invalid"]["finding"]
    assert checks["way out"]["finding"] == "1 of 2 hosts answered"


def test_when_nobody_answers_the_machine_has_no_way_out(instance: Instance) -> None:
    instance.write(
        "config.yaml", "site: {url: https://feeds.invalid/}\nsources: {a: https://nothing.invalid/feed.xml}\n"
    )
    code, checks = examined(instance)
    assert (code, checks["way out"]["level"]) == (1, "trouble")


def test_offline_nobody_is_asked(instance: Instance, server: LoopbackServer) -> None:
    asking(instance, server)
    _, checks = examined(instance, "--offline")
    assert server.connections == 0
    assert "way out" not in checks


def test_a_certificate_that_nobody_signed_is_told(instance: Instance, tmp_path: Path) -> None:
    with LoopbackServer(tls=self_signed(tmp_path)) as server:
        asking(instance, server)
        _, checks = examined(instance)
    found = checks[f"host 127.0.0.1:{server.port}"]
    assert found["level"] == "warning"
    assert "the TLS certificate of 127.0.0.1 is not valid: self" in found["finding"]


def test_a_private_host_that_is_not_allowed_is_not_asked(instance: Instance, server: LoopbackServer) -> None:
    instance.write("config.yaml", f"site: {{url: https://feeds.invalid/}}\nsources: {{a: {server.url('/a')}}}\n")
    _, checks = examined(instance)
    assert server.connections == 0
    assert "to allow it, set fetch.allow" in checks[f"host 127.0.0.1:{server.port}"]["finding"]


AT_THE_ADDRESS = [
    (None, "warning", "can not be read"),
    (lambda ours: ours, "ok", "is what was written here"),
    (lambda ours: ours.replace(b"</feed>", b"</feed> "), "ok", "is ours, of 20"),
    (lambda _: b"<feed><id>urn:another</id></feed>", "warning", "is another document"),
    (lambda ours: ours.replace(b"<updated>20", b"<updated>19"), "warning", "is ours, but of 19"),
]


@pytest.mark.parametrize(("change", "level", "words"), AT_THE_ADDRESS)
def test_the_public_address_is_compared_with_what_was_written(
    change: Callable[[bytes], bytes] | None, level: str, words: str, instance: Instance, server: LoopbackServer
) -> None:
    """Our own address may be a private one: the operator has named it."""
    instance.write("config.yaml", f"site: {{url: {server.url('/')}}}\nsources: {{news: news.xml}}\n")
    instance.run(now="")
    if change is not None:
        ours = instance.outputs()["all/atom.xml"]
        server.routes["/all/atom.xml"] = Reply(body=change(ours))
    code, checks = examined(instance)
    assert server.paths == ["/all/atom.xml"]
    assert (code, checks["address"]["level"]) == (0, level)
    assert words in checks["address"]["finding"]


def test_no_secret_is_shown(instance: Instance, server: LoopbackServer) -> None:
    asking(instance, server, '"https://nothing.invalid/feed?token=Geheim12345"')
    done = instance.feedbraid("doctor", now="", **QUIET)
    assert "Geheim12345" not in done.stdout + done.stderr
