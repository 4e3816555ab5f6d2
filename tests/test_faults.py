"""Faults at home: machine, disk, clock, network, other runs; as the program meets them that a user starts.

Each has a clear message, an exit code, the last good output, and nothing lost (D18, D19).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from factories import entry
from fakes import NOW, FakeSource, World, fresh
from feedbraid import selection
from feedbraid.app import Choices
from feedbraid.cli._said import escaped, report, report_json
from feedbraid.errors import AlreadyRunning, StoreError, StoreUnwritable
from feedbraid.formats import Format
from feedbraid.lock import only_one
from feedbraid.masks import masked
from feedbraid.model import Document, EntryKey, Feed, FileMark, Known, OriginSpec, Outcome, Reading, Skipped
from feedbraid.publish import write_changed
from feedbraid.run import run_once
from feedbraid.sources import seeds
from feedbraid.store.sqlite import sqlite_store
from feedbraid.wire import load_format
from loopback import LoopbackServer, Reply, Route, Seen
from program import MOMENT, Instance
from stories import posts, rss

HTML = Reply(headers=(("Content-Type", "text/html"),), body=b"<!DOCTYPE html><title>Sign in</title><p>Hello")
LATER, A_DAY_LATER = "2026-03-02T14:00:00Z", "2026-03-03T12:00:00Z"


def feed_of(*numbers: int) -> Reply:
    return Reply(body=rss(*posts(*numbers)).encode())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has published three posts of a file, and a seed; another seed can not be used."""
    made = Instance(tmp_path_factory.mktemp("published"))
    made.write("config.yaml", "sources: {news: news.xml}\nseeds: {posts: seeds/}\nsite: {pages: false}\n")
    made.write("news.xml", rss(*posts(1, 2, 3)))
    made.write("seeds/1.md", "---\ntitle: 港口新闻 Ümlaut\ndate: 2026-01-01\n---\nText\n")
    made.write("seeds/schlecht-ü.md", "")
    made.run()
    return made.folder


@pytest.fixture
def instance(published: Path, tmp_path: Path) -> Instance:
    """An instance of one's own that has published."""
    folder = tmp_path / "instance"
    shutil.copytree(published, folder)
    return Instance(folder)


def add_seed(instance: Instance, number: int, text: str = "Text") -> None:
    instance.write(f"seeds/{number}.md", f"---\ntitle: Seed {number}\ndate: 2026-01-01\n---\n{text}\n")


def allowing(server: LoopbackServer, **sources: str) -> str:
    """Write a configuration with these paths of a server as sources."""
    named = ", ".join(f"{name}: {server.url(path)}" for name, path in sources.items())
    return f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}\nsources: {{{named}}}\n'


@contextmanager
def serving(folder: Path, routes: Mapping[str, Route]) -> Iterator[tuple[Instance, LoopbackServer]]:
    """An instance whose sources are the paths of a server; the name of each is its path."""
    with LoopbackServer(routes) as server:
        instance = Instance(folder)
        instance.write("config.yaml", allowing(server, **{path[1:]: path for path in routes}))
        yield instance, server


def program(*arguments: str, prepared: str = "") -> list[str]:
    """Give the command that runs the program; with Python before it that prepares the machine."""
    if prepared:
        return [sys.executable, "-c", f"{prepared}\nfrom feedbraid.cli import main\nsys.exit(main())", *arguments]
    return [sys.executable, "-m", "feedbraid", *arguments]


def ran(
    instance: Instance,
    command: Sequence[str],
    now: str = MOMENT,
    **how: Any,  # noqa: ANN401  # as subprocess takes
) -> subprocess.CompletedProcess[str]:
    """Run a command in the folder of an instance."""
    env = {**os.environ, "FEEDBRAID_NOW": now, **how.pop("env", {})}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(
        command, cwd=instance.folder, env=env, text=True, encoding="utf-8", check=False, **{**streams, **how}
    )


def assert_sound(instance: Instance) -> None:
    """Nothing is left over, and the store is whole."""
    import sqlite3  # noqa: PLC0415  # its name is that of a module of ours elsewhere

    assert [path for path in instance.folder.rglob("*") if path.name.endswith(".tmp")] == []
    with sqlite3.connect(instance.folder / ".feedbraid/state.db") as database:
        assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)
    database.close()


# --- disks ------------------------------------------------------------------------------------------------


def mounted(folder: Path, size: str = "1m") -> None:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", folder], check=True)


def remounted(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True)


def fill(folder: Path) -> Path:
    """Fill the disk of a folder to the last byte."""
    file = folder / "filling"
    with file.open("wb", buffering=0) as filling:
        for size in (4096, 1):
            with suppress(OSError):
                while filling.write(bytes(size)):
                    pass
    return file


def can_mount() -> bool:
    try:
        return subprocess.run(["unshare", "-Urm", "true"], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture
def apart(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[[Path], None]], None]:
    """Run a function of this file where it may mount disks that nobody else sees."""
    if not can_mount():
        pytest.skip("disks can not be mounted here")
    code = "import sys, pathlib, test_faults as t; getattr(t, sys.argv[1])(pathlib.Path(sys.argv[2]))"

    def run(function: Callable[[Path], None]) -> None:
        command = ["unshare", "-Urm", sys.executable, "-c", code, function.__name__, str(tmp_path)]
        done = subprocess.run(command, cwd=request.path.parent, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return run


def small_disk_for_the_output(folder: Path) -> None:
    instance = Instance(folder)
    mounted(folder / "feeds", "256k")
    with LoopbackServer({"/news": feed_of(1)}) as server:
        instance.write("config.yaml", allowing(server, news="/news"))
        instance.run()
        before = instance.outputs()

        filling = fill(folder / "feeds")
        server.routes["/news"] = feed_of(1, 2)
        full = instance.feedbraid("run", "--force")
        assert full.returncode == 4, full.stderr
        assert "feeds/all/atom.xml: No space left on device (ENOSPC)" in full.stderr
        assert len(full.stderr.splitlines()) == 1
        filling.unlink()
        assert instance.outputs() == before

        remounted(folder / "feeds", "ro")
        asked = len(server.paths)
        locked = instance.feedbraid("run", "--force")
        assert (locked.returncode, "feeds: " in locked.stderr) == (4, True)
        assert len(server.paths) == asked, "nobody is asked for what can not be published"
        assert instance.outputs() == before

        remounted(folder / "feeds", "rw")
        instance.run()
        assert len(instance.items()) == 2, "what was read while the disk was full is published"
        assert_sound(instance)


def test_f6_f9_f12_a_full_or_read_only_disk_for_the_output(
    apart: Callable[[Callable[[Path], None]], None],
) -> None:
    apart(small_disk_for_the_output)


def small_disk_for_the_store(folder: Path) -> None:
    instance = Instance(folder)
    mounted(folder / ".feedbraid")
    instance.write("config.yaml", "seeds: {posts: seeds/}\n")
    add_seed(instance, 1)
    instance.run()
    before = instance.outputs()

    filling = fill(folder / ".feedbraid")
    add_seed(instance, 2)
    full = instance.feedbraid("run")
    assert full.returncode == 4, full.stderr
    assert ".feedbraid/state.db: the disk" in full.stderr
    assert "full" in full.stderr
    assert len(full.stderr.splitlines()) == 1
    assert instance.outputs() == before

    remounted(folder / ".feedbraid", "ro")
    locked = instance.feedbraid("run")
    assert (locked.returncode, "Read-only file system" in locked.stderr) == (4, True)
    assert instance.outputs() == before

    remounted(folder / ".feedbraid", "rw")
    filling.unlink()
    instance.run()
    assert len(instance.items()) == 2
    assert_sound(instance)


def test_f7_a_full_or_read_only_disk_for_the_store(apart: Callable[[Callable[[Path], None]], None]) -> None:
    apart(small_disk_for_the_store)


def test_f7_a_disk_that_takes_no_more_while_the_store_is_written(instance: Instance) -> None:
    """As above, where disks can not be mounted: no file may grow beyond so many bytes."""
    before = instance.outputs()
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, resource.RLIM_INFINITY))"
    add_seed(instance, 2, "Many words. " * 20_000)
    done = ran(instance, program("run", prepared=limit))
    assert done.returncode == 4, done.stderr
    assert ".feedbraid/state.db: the disk did not take what was to be written" in done.stderr
    assert instance.outputs() == before
    assert_sound(instance)


def broken_and_grown(instance: Instance) -> None:
    """Give an instance something to complain of, and something to publish."""
    config = "sources: {news: news.xml, bad: missing.xml}\nseeds: {posts: seeds/}\nsite: {pages: false}\n"
    instance.write("config.yaml", config)
    add_seed(instance, 2)


def test_f8_the_run_goes_on_when_its_log_can_not_be_written(instance: Instance) -> None:
    broken_and_grown(instance)
    with Path("/dev/full").open("w") as full:
        assert ran(instance, program("run"), stdout=full, stderr=full).returncode == 0
    assert len(instance.items()) == 5


def test_f8_a_report_that_was_asked_for_and_can_not_be_written_is_told(instance: Instance) -> None:
    with Path("/dev/full").open("w") as full:
        done = ran(instance, program("run", "--json"), stdout=full)
    assert done.returncode == 4
    assert done.stderr == "feedbraid: standard output: No space left on device\n"


@pytest.mark.parametrize("command", [("run", "--force"), ("status",)])
def test_f13_a_reader_of_the_output_that_leaves_is_no_error(instance: Instance, command: tuple[str, ...]) -> None:
    read, write = os.pipe()
    os.close(read)
    done = ran(instance, program(*command), stdout=write)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def plain_user() -> list[str]:
    """Give what to put before a command so that the rights of files count for it."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv: nothing is forbidden to root")
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-all"]


@contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


@pytest.mark.parametrize(
    ("place", "bits", "words"),
    [
        pytest.param("feeds", 0o555, "the output folder can not be written to", id="F9 output folder"),
        pytest.param(".feedbraid", 0o555, "can not be written", id="folder of the store"),
        pytest.param(".feedbraid/lock", 0o444, "the lock can not be made: Permission denied", id="lock"),
    ],
)
def test_f9_what_may_not_be_written_is_named_with_its_path(
    instance: Instance, place: str, bits: int, words: str
) -> None:
    before, command = instance.outputs(), [*plain_user(), *program("run")]
    add_seed(instance, 2)
    with mode(instance.folder / place, bits):
        done = ran(instance, command)
    assert done.returncode == 4, done.stderr
    assert words in done.stderr
    assert f"feedbraid: {place}" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert instance.outputs() == before


def output_is_a_file(folder: Path) -> None:
    (folder / "out").write_text("")


def document_is_a_folder(folder: Path) -> None:
    (folder / "out/all/atom.xml").mkdir(parents=True)


def feed_leads_outside(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "elsewhere").mkdir()
    (folder / "out/all").symlink_to(folder / "elsewhere")


def nothing(_: Path) -> None:
    """The folder above the output folder is missing."""


@pytest.mark.parametrize(
    ("prepare", "output", "words"),
    [
        pytest.param(nothing, "missing/out", "missing/out: No such file or directory", id="F10 parent missing"),
        pytest.param(output_is_a_file, "out", "a file stands where a folder is needed", id="F11 a file"),
        pytest.param(document_is_a_folder, "out", "a folder stands where the file should be", id="F11 a folder"),
        pytest.param(feed_leads_outside, "out", "leads out of the output folder", id="F11 a symlink"),
    ],
)
def test_f10_f11_an_output_that_can_not_be_is_exit_code_4(
    instance: Instance, prepare: Callable[[Path], None], output: str, words: str
) -> None:
    prepare(instance.folder)
    config = (instance.folder / "config.yaml").read_text()
    instance.write("config.yaml", f"{config}output: {output}\n")
    done = instance.feedbraid("run")
    assert done.returncode == 4, done.stderr
    assert words in done.stderr
    assert not list(instance.folder.glob("elsewhere/*"))


# --- surroundings -----------------------------------------------------------------------------------------


def test_f13_the_surroundings_change_nothing(instance: Instance) -> None:
    before = instance.outputs()
    shutil.rmtree(instance.folder / "feeds")
    bare = ["env", "-i", f"FEEDBRAID_NOW={MOMENT}", "LC_ALL=C", "PYTHONCOERCECLOCALE=0", "PYTHONUTF8=0"]
    done = ran(instance, [*bare, *program("build")], umask=0o077)
    assert (done.returncode, done.stderr) == (0, "")
    assert instance.outputs() == before
    modes = {stat.S_IMODE(path.stat().st_mode) for path in instance.folder.glob("feeds/**/*.*")}
    assert modes == {0o644}
    told = ran(instance, [*bare, *program("check", "--seeds")])
    assert "seeds/schlecht-ü.md: error: it is empty" in told.stdout


@pytest.mark.parametrize("closed", [">&- <&-", "2>&-"])
def test_f13_closed_streams_are_no_trouble_and_no_file_takes_their_place(instance: Instance, closed: str) -> None:
    broken_and_grown(instance)
    done = ran(instance, ["sh", "-c", f'"$@" {closed}', "sh", *program("run")])
    assert done.returncode == 0, done.stderr
    assert len(instance.items()) == 5
    assert_sound(instance)


def test_f20_summer_time_and_zones_move_nothing(instance: Instance) -> None:
    """In New York there is no half past two on this day."""
    before = instance.outputs()
    for zone, moment, result in (
        ("America/New_York", "06:30", "unchanged"),
        ("Asia/Kathmandu", "07:29", "waiting"),
        ("America/New_York", "07:30", "unchanged"),
    ):
        done = instance.run(now=f"2026-03-08T{moment}:00Z", TZ=zone)
        assert done["sources"][1]["result"] == result, (zone, moment)
    assert instance.outputs() == before


def test_f49_few_open_files_are_enough_for_many_sources(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(LoopbackServer({"/0": feed_of(0)})) for _ in range(20)]
        addresses = [server.url(f"/{number}") for server in servers for number in range(10)]
        sources = "".join(f"  s{number}: {address}\n" for number, address in enumerate(addresses))
        instance = Instance(tmp_path)
        allow = ", ".join(f'"127.0.0.1:{server.port}"' for server in servers)
        instance.write("config.yaml", f"fetch: {{allow: [{allow}]}}\nsources:\n{sources}")
        limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))"
        done = ran(instance, program("run", "--json", prepared=limit))
    assert done.returncode == 0, done.stderr
    told = [one["detail"] for one in json.loads(done.stdout)["sources"]]
    assert told == (["", *["HTTP 404 Not Found"] * 9] * 20)
    assert len(instance.items()) == 1


# --- two runs, signals ------------------------------------------------------------------------------------


def never(server: LoopbackServer) -> Callable[[Seen], Iterator[bytes]]:
    """Begin an answer and never go on."""

    def answer(_: Seen) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n<rss>"
        server.leaving.wait()

    return answer


@contextmanager
def in_the_middle(
    instance: Instance, server: LoopbackServer, command: Sequence[str], now: str = LATER
) -> Iterator[subprocess.Popen[str]]:
    """A run that has asked a server which does not answer to the end."""
    asked = len(server.paths)
    process = subprocess.Popen(
        command,
        cwd=instance.folder,
        env={**os.environ, "FEEDBRAID_NOW": now},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            while "/slow" not in server.paths[asked:]:
                assert process.poll() is None, process.communicate()
                server.leaving.wait(0.01)
            yield process
        finally:
            process.kill()


@contextmanager
def with_a_slow_source(instance: Instance) -> Iterator[LoopbackServer]:
    """Give an instance that has published a source that does not answer to the end."""
    with LoopbackServer() as server:
        server.routes = {"/slow": never(server)}
        config = allowing(server, slow="/slow").replace("sources: {", "sources: {news: news.xml, ")
        instance.write("config.yaml", f"{config}seeds: {{posts: seeds/}}\nsite: {{pages: false}}\n")
        yield server


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        pytest.param(signal.SIGTERM, 143, "terminated", id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, "interrupted", id="SIGINT"),
    ],
)
def test_f4_a_run_that_is_told_to_end_does_so_at_once_and_nothing_is_half_done(
    instance: Instance, number: signal.Signals, code: int, word: str
) -> None:
    before = instance.outputs()
    with (
        with_a_slow_source(instance) as server,
        in_the_middle(instance, server, program("run", "--force")) as process,
    ):
        begun = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == code
        assert time.monotonic() - begun < 5
        assert process.stderr is not None
        assert process.stderr.read() == f"feedbraid: {word}; nothing is half done\n"
    assert instance.outputs() == before
    assert_sound(instance)


def test_f4_a_background_job_that_ignores_the_keyboard_can_be_ended(instance: Instance) -> None:
    deaf = program("run", "--force", prepared="import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)")
    with with_a_slow_source(instance) as server, in_the_middle(instance, server, deaf) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 143


DEAF_NAMES = """
import socket, sys, threading
def getaddrinfo(*_, **__):
    print("asked", file=sys.stderr, flush=True)
    threading.Event().wait(60)
socket.getaddrinfo = getaddrinfo
"""
"""A name server that does not answer: the thread that waits for it can not be stopped."""


def test_f4_a_name_server_that_does_not_answer_holds_nobody_back(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {news: https://news.example/}\n")
    with subprocess.Popen(
        program("run", prepared=DEAF_NAMES), cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "asked\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 143


def test_f14_f15_a_second_run_names_the_first_and_a_killed_one_leaves_no_lock(instance: Instance) -> None:
    lock = instance.folder / ".feedbraid/lock"
    with with_a_slow_source(instance) as server:
        with in_the_middle(instance, server, program("run", "--force")) as process:
            before, asked = instance.outputs(), len(server.paths)
            second = instance.feedbraid("run", "--force", now=LATER)
            assert second.returncode == 75
            assert f"(process {process.pid}, for " in second.stderr
            assert "second" in second.stderr.partition(", for ")[2]
            assert "--wait" in second.stderr
            assert (instance.outputs(), len(server.paths)) == (before, asked), (
                "it touches nothing, and asks nobody"
            )
            process.kill()
            process.wait(10)
        assert str(process.pid) in lock.read_text(), "the file stays, the lock does not"
        server.routes["/slow"] = feed_of(8)
        instance.run("--force", now=LATER)


@pytest.mark.parametrize(
    ("signature", "holder"),
    [
        pytest.param("", "process unknown", id="not signed yet"),
        pytest.param("process 4711\n", "process 4711", id="signed by an older version"),
        pytest.param(
            "process 4711, begun 99999999999 seconds after the machine\n", "process 4711", id="elsewhere"
        ),
        pytest.param("\0\xff process 1", "process unknown", id="damaged"),
    ],
)
def test_f14_a_holder_that_can_not_be_told_is_none(tmp_path: Path, signature: str, holder: str) -> None:
    path = tmp_path / "lock"
    path.write_text(signature, encoding="latin-1")
    with path.open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(AlreadyRunning) as caught, only_one(path):
            pass
    assert caught.value.holder == holder


@pytest.mark.parametrize(("hours", "words"), [(0, "0 seconds"), (1, "60 minutes"), (3, "3 hours")])
def test_f14_the_age_of_the_first_run_is_told(tmp_path: Path, hours: int, words: str) -> None:
    path = tmp_path / "lock"
    begun = int(time.monotonic()) - hours * 3600
    if begun < 0:
        pytest.skip("this machine was started a short time ago")  # its clock begins at its start
    path.write_text(f"process 4711, begun {begun} seconds after the machine\n")
    with path.open("r+") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(AlreadyRunning, match=f"process 4711, for {words}|, for 1 second"), only_one(path):
            pass


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        pytest.param("file", StoreError, id="a file where the folder should be"),
        pytest.param("lock", StoreError, id="a folder where the lock should be"),
    ],
)
def test_f14_a_lock_that_can_not_be_made_is_an_error_of_its_own(
    tmp_path: Path, made: str, kind: type[StoreError]
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "lock").mkdir()
    path = tmp_path / "file/lock" if made == "file" else tmp_path / "lock"
    with pytest.raises(kind, match="the lock can not be made") as caught, only_one(path):
        pass
    assert not isinstance(caught.value, StoreUnwritable)


def test_f16_who_reads_while_files_are_written_gets_an_old_one_or_a_new_one(tmp_path: Path) -> None:
    versions = [str(number).encode() * 200_000 for number in range(10)]
    out = tmp_path / "feeds"
    write_changed([Document("a.xml", "", versions[0])], out)
    seen: list[bytes] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append((out / "a.xml").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for version in versions * 2:
        write_changed([Document("a.xml", "", version)], out)
    done.set()
    reader.join()
    assert len(seen) > 20
    assert set(seen) <= set(versions)


# --- clocks -----------------------------------------------------------------------------------------------


def test_f17_f18_a_clock_that_is_set_costs_one_request_and_moves_nothing(tmp_path: Path) -> None:
    moments = (
        ("2026-03-02T12:00:00Z", 1, "the first time"),
        ("2026-03-02T12:10:00Z", 0, "not yet due"),
        ("2026-03-01T12:00:00Z", 1, "F17 back a day"),
        ("2026-03-01T12:10:00Z", 0, "F17 and not again at once"),
        ("2016-03-01T12:00:00Z", 1, "F17 back ten years"),
        ("2026-03-02T14:00:00Z", 1, "F18 on ten years"),
        ("2026-03-03T14:00:00Z", 1, "F18 on a day"),
        ("2036-03-02T14:00:00Z", 1, "F18 ten years ahead"),
        ("2036-03-02T14:10:00Z", 0, "F18 and not again at once"),
    )
    source = FakeSource([fresh(one(1), one(2, published=None), one(3))])
    world = World(tmp_path, {"voa": source})
    outputs: dict[Path, bytes] = {}
    for moment, asked, what in moments:
        before = len(source.told)
        run_once(world.app(), datetime.fromisoformat(moment), Choices())
        assert len(source.told) - before == asked, what
        now = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
        assert now == (outputs or now), what
        outputs = now


JUMPING = """
import itertools, sys, time
count, real = itertools.count(), time.time
time.time = lambda: real() + (-1) ** next(count) * 10 * 365 * 86400
"""
"""A clock that is ten years ahead and ten years behind by turns."""


def test_f19_a_clock_that_jumps_in_a_run_moves_no_deadline(instance: Instance) -> None:
    with with_a_slow_source(instance):
        config = (instance.folder / "config.yaml").read_text()
        instance.write("config.yaml", config.replace("fetch: {", "fetch: {deadline: 1, "))
        begun = time.monotonic()
        done = ran(instance, program("run", "--force", prepared=JUMPING))
        assert done.returncode == 0, done.stderr
        assert "slow: 127.0.0.1 did not deliver within 1 s" in done.stderr
        assert time.monotonic() - begun > 1


def test_f28_an_old_backup_brings_no_new_ids_and_nothing_twice(instance: Instance) -> None:
    backup = instance.folder.parent / "backup"
    shutil.copytree(instance.folder / ".feedbraid", backup)
    instance.write("news.xml", rss(*posts(2, 3, 4, 5)))
    instance.write("seeds/2.md", "---\ntitle: Another\n---\nA seed without a date or an address.\n")
    instance.run("--force")
    before = instance.outputs()
    shutil.rmtree(instance.folder / ".feedbraid")
    shutil.copytree(backup, instance.folder / ".feedbraid")
    instance.run("--force")
    assert instance.outputs() == before
    assert len(instance.items()) == 7


# --- networks ---------------------------------------------------------------------------------------------

NO_NAMES = """
import socket, sys
def getaddrinfo(host, *_, **__):
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
socket.getaddrinfo = getaddrinfo
"""


def hours_until_due(instance: Instance, source: str) -> float:
    """Give the pause after the last visit."""
    with closing(sqlite_store(str(instance.folder / ".feedbraid/state.db"))) as store:
        state = store.states()[source]
    assert state.due is not None
    assert state.fetched is not None
    return (state.due - state.fetched).total_seconds() / 3600


def test_f36_without_a_network_the_last_good_files_stay_and_nobody_is_hurried(instance: Instance) -> None:
    before = instance.outputs()
    config = "sources: {news: https://a.example/}\nseeds: {posts: seeds/}\nsite: {pages: false}\n"
    instance.write("config.yaml", config)
    pauses = []
    for hour in (12, 14):
        done = ran(instance, program("run", prepared=NO_NAMES), now=f"2026-03-02T{hour}:00:00Z")
        assert done.returncode == 1
        assert done.stderr.startswith("feedbraid: news: the name a.example can not be resolved: Temporary failure")
        assert len(done.stderr.splitlines()) == 1
        pauses.append(hours_until_due(instance, "news"))
    assert 1 <= pauses[0] <= pauses[1] / 2
    assert {path: instance.outputs()[path] for path in before} == before


def test_f36_f37_neither_a_captive_portal_nor_silence_changes_a_byte_and_no_address_is_remembered(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, {"/a": feed_of(1), "/b": feed_of(2)}) as (instance, server):
        instance.run()
        before, good = instance.outputs(), dict(server.routes)
        to_portal = (("Location", server.url("/portal")),)
        server.routes = {"/a": Reply(status=301, headers=to_portal), "/b": Reply(status=302, headers=to_portal)}
        server.routes["/portal"] = HTML
        done = instance.feedbraid("run", now=LATER)
        assert done.returncode == 1
        assert done.stderr.count("this is a web page, not a feed") == 2
        assert instance.outputs() == before
        server.routes = good
        server.requests.clear()
        instance.run(now=A_DAY_LATER)
        assert sorted(server.paths) == ["/a", "/b"]
        assert instance.outputs() == before
    times = {path: path.stat().st_mtime_ns for path in tmp_path.glob("feeds/**/*.*")}
    done = instance.feedbraid("run", now="2026-03-05T12:00:00Z")
    assert done.returncode == 1
    assert "a: 127.0.0.1 refuses connections" in done.stderr
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("feeds/**/*.*")} == times
    assert instance.outputs() == before


# --- sources, entries, documents --------------------------------------------------------------------------


def test_f33_a_folder_of_seeds_that_can_not_be_read_takes_no_post_away(instance: Instance) -> None:
    before, command = instance.outputs(), [*plain_user(), *program("run")]
    with mode(instance.folder / "seeds", 0):
        done = ran(instance, command)
    assert done.returncode == 0
    assert "posts: " in done.stderr
    assert "Permission denied" in done.stderr
    assert instance.outputs() == before


class Growing(FileIO):
    """A file to which somebody adds a line whenever it was read, so many times."""

    left = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if Growing.left:
            Growing.left -= 1
            with Path(str(self.name)).open("a") as file:
                file.write("More\n")
        return data


@pytest.mark.parametrize(
    ("times", "words"),
    [
        pytest.param(2, "", id="twice"),
        pytest.param(9, "it can not be read: it changes while it is read", id="all the time"),
    ],
)
def test_f34_a_seed_that_is_written_while_it_is_read_is_read_whole_or_not_at_all(
    tmp_path: Path, times: int, words: str
) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A\nlink: https://a.example/\n---\nText\n")
    Growing.left = times
    reading = Reading(spec=OriginSpec(name="posts", kind="seeds", locations=("seeds",)))
    mark = FileMark(ref="a.md", mtime_ns=1, size=1, digest="d")
    found = seeds._look(seeds._File("a.md", 2, 2, str(tmp_path / "a.md")), mark, reading, Growing)
    assert found is not None
    if words:
        assert (found.skipped, found.mark, found.lost) == (Skipped("a.md", words), mark, False), "the copy stays"
    else:
        assert found.entry is not None
        assert found.entry.entry.body.count("More") == times


def one(number: int, **fields: Any) -> Any:  # noqa: ANN401  # the fields of Entry
    link = f"https://news.example/{number}"
    return entry(link, key=EntryKey(link), public_id=link, **fields)


def test_f40_a_valid_feed_without_entries_is_a_success_and_nothing_leaves(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(*map(one, range(9))), fresh()])})
    run_once(world.app(), NOW, Choices())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    made = run_once(world.app(), NOW, Choices(force=True))
    assert (made.sources[0].result, made.sources[0].gone) == ("read", 0)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


def test_f41_a_feed_that_would_lose_more_than_half_is_exit_code_4_until_it_is_allowed(instance: Instance) -> None:
    before = instance.outputs()
    instance.write("config.yaml", "seeds: {posts: seeds/}\nsite: {pages: false}\n")
    done = instance.feedbraid("run")
    assert done.returncode == 4
    assert "all: all/atom.xml would shrink from 4 to 1 entries" in done.stderr
    assert instance.outputs() == before
    assert instance.feedbraid("run", "--allow-shrink").returncode == 0
    assert len(instance.items()) == 1


def test_f42_of_thousands_of_entries_at_first_the_newest_are_shown_and_none_is_lost(tmp_path: Path) -> None:
    many = [one(number, published=NOW - number * (NOW - NOW.replace(hour=11))) for number in range(2000)]
    world = World(tmp_path, {"voa": FakeSource([fresh(*many)])})
    made = run_once(world.app(), NOW, Choices())
    assert (made.sources[0].new, made.sources[0].flood) == (2000, 0)
    live = json.loads((tmp_path / "all/feed.json").read_bytes())["items"]
    assert [item["url"] for item in live] == [f"https://news.example/{number}" for number in range(len(live))]
    assert len(live) == 50
    archives = [json.loads(path.read_bytes())["items"] for path in tmp_path.glob("all/archive/*/feed.json")]
    assert len({item["url"] for items in (live, *archives) for item in items}) == 2000


SLOW_TO_PARSE = (
    "<rss version='2.0'><channel></b><item><title>" + "&amp;" * 3_000_000 + "</title></item></channel></rss>"
)


def parser_of(process: subprocess.Popen[str]) -> int:
    """Give the number of the parser process of a run, once there is one that works."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        for child in children.read_text().split():
            with suppress(OSError):
                busy = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11])
                if b"feedbraid.parse" in Path(f"/proc/{child}/cmdline").read_bytes() and busy:
                    return int(child)
        time.sleep(0.01)
    raise AssertionError(process.communicate())


@pytest.mark.skipif(not Path("/proc/thread-self/children").exists(), reason="needs to see processes")
def test_f43_a_parser_that_is_killed_costs_its_source_only(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml, slow: slow.xml}\nseeds: {posts: seeds/}\n")
    instance.write("slow.xml", SLOW_TO_PARSE)
    with subprocess.Popen(
        program("run"), cwd=instance.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        os.kill(parser_of(process), signal.SIGKILL)
        _, told = process.communicate()
    assert process.returncode == 0
    assert "feedbraid: slow: the parser ran out of memory or crashed (signal 9)\n" in told
    assert len(instance.items()) == 4


class Raising(FakeSource):
    """Raises what it is told."""

    def __init__(self, error: BaseException) -> None:
        super().__init__([])
        self._error = error

    async def read(self, _: Known) -> Outcome:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [RecursionError, MemoryError, UnicodeError, OverflowError, AttributeError, ValueError, KeyError, OSError],
)
def test_f44_whatever_is_raised_is_an_error_of_its_source(tmp_path: Path, error: type[Exception]) -> None:
    sources: dict[str, FakeSource] = {"bad": Raising(error("one\ntwo")), "voa": FakeSource([fresh(one(1))])}
    made = run_once(World(tmp_path, sources).app(), NOW, Choices())
    assert [source.result for source in made.sources] == ["failed", "read"]
    assert error.__name__ in made.sources[0].detail
    assert len(json.loads((tmp_path / "all/feed.json").read_bytes())["items"]) == 1


class Broken:
    """An output format with a fault: it loses the end of its document."""

    def __init__(self, whole: Format) -> None:
        self._whole = whole
        self.file_name = whole.file_name
        self.media_type = whole.media_type
        self.read_ids = whole.read_ids

    def render(self, feed: Feed, self_url: str) -> bytes:
        return self._whole.render(feed, self_url)[:-20]


@pytest.mark.parametrize("name", ["atom", "rss", "json"])
def test_f46_a_document_that_can_not_be_read_back_is_not_published(tmp_path: Path, name: str) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one(1)), fresh(one(1), one(2))])})
    run_once(world.app(), NOW, Choices())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def load(wanted: str) -> Format:
        return Broken(load_format(wanted)) if wanted == name else load_format(wanted)

    app = replace(world.app(), load_format=load)
    made = run_once(app, NOW, Choices(force=True))
    assert "would not be well-formed" in made.feeds[0].held
    assert made.feeds[0].refused, "which is exit code 4, as in F41"
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before


# --- what is said -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\nb\r\tc", r"a\nb\r\tc", id="line breaks"),
        pytest.param("\x1b[31mred\x07\x9b0m\x7f", r"\x1b[31mred\x07\x9b0m\x7f", id="escape codes"),
        pytest.param("a\u202eb\u2066c\u200e\u2028", r"a\u202eb\u2066c\u200e\u2028", id="directions"),
        pytest.param("half \ud800", r"half \ud800", id="half a character"),
        pytest.param("港口 Ümlaut é 👩‍👩‍👧", "港口 Ümlaut é 👩‍👩‍👧", id="ordinary text"),
    ],
)
def test_f48_what_steers_a_terminal_is_shown(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("https://ann:s3cret@a.example/x", "https://***@a.example/x", id="password"),
        pytest.param("http://t0ken@a.example", "http://***@a.example", id="user name"),
        pytest.param("https://a.example/?token=abc&x=1", "https://a.example/?token=***&x=1", id="token"),
        pytest.param("/f?x=1&key=abc: no such file", "/f?x=1&key=***: no such file", id="key, and words after it"),
        pytest.param(
            "?api_key=a&apiKey=b&access_token=c", "?api_key=***&apiKey=***&access_token=***", id="several"
        ),
        pytest.param("?PASSWORD=a;pwd=b&sig=c&auth=d", "?PASSWORD=***;pwd=***&sig=***&auth=***", id="other names"),
        pytest.param("#access_token=abc", "#access_token=***", id="fragment"),
        pytest.param('"https://u:p@a.example/?key=abc", "b"', '"https://***@a.example/?key=***", "b"', id="JSON"),
        pytest.param("Authorization: Bearer abcdef.123456", "Authorization: Bearer ***", id="header"),
        pytest.param(
            "https://a.example/@ann?page=2&author=b", "https://a.example/@ann?page=2&author=b", id="none"
        ),
        pytest.param(
            "write to ann@a.example, https://a.example", "write to ann@a.example, https://a.example", id="mail"
        ),
    ],
)
def test_f48_secrets_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_f48_a_report_is_escaped_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    report(["One\n\x1b[31m", "Two"])
    report_json({"place": "https://a.example/?key=abc", "title": "\x1b"})
    assert capsys.readouterr().out == (
        'One\\n\\x1b[31m\nTwo\n{"place": "https://a.example/?key=***", "title": "\\u001b"}\n'
    )


def test_f48_one_event_is_one_line_without_secrets(tmp_path: Path) -> None:
    rude = Reply(
        status=500, headers=(("Content-Type", "text/plain"),), body=b"no\r\nfeedbraid: all is well\x1b[31m"
    )
    with LoopbackServer() as server:
        server.routes = {
            "/a?token=SECRET": rude,
            "/b?key=SECRET": Reply(status=302, headers=(("Location", server.url("/a?token=SECRET")),)),
        }
        instance = Instance(tmp_path)
        sources = (
            f"a: '{server.url('/a?token=SECRET')}', b: '{server.url('/b?key=SECRET')}', c: 'c.xml?key=SECRET'"
        )
        allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}\n'
        instance.write("config.yaml", f"{allow}sources: {{{sources}}}\nseeds: {{posts: seeds/}}\n")
        instance.write("seeds/a\nfeedbraid: all is well\x1b[31m.md", "")
        done = instance.feedbraid("run")
        told = [done, instance.feedbraid("status", "--json"), instance.feedbraid("check")]
        told.append(instance.feedbraid("run", "--force", "--json"))
    assert len(done.stderr.splitlines()) == 4, "three sources, and no feed yet"
    for text in (text for one in told for text in (one.stdout, one.stderr)):
        assert "SECRET" not in text
        assert "\x1b" not in text
        assert not any(line.startswith("feedbraid: all is well") for line in text.splitlines())
    assert r"seeds/a\nfeedbraid: all is well\x1b[31m.md: error: it is empty" in told[2].stdout


def test_f51_whoever_is_started_again_and_again_asks_nothing_that_is_not_due(tmp_path: Path) -> None:
    with LoopbackServer() as server:
        instance = Instance(tmp_path)
        server.routes = {"/bad": Reply(status=500), "/slow": never(server)}
        instance.write("config.yaml", allowing(server, bad="/bad", gone="/gone"))
        assert instance.feedbraid("run").returncode == 1
        instance.write("config.yaml", allowing(server, bad="/bad", gone="/gone", slow="/slow"))
        for _ in range(2):
            with in_the_middle(instance, server, program("run"), now=MOMENT) as process:
                process.kill()
        assert server.paths.count("/bad") == server.paths.count("/gone") == 1
        assert_sound(instance)


# --- one entry --------------------------------------------------------------------------------------------


def test_f45_one_entry_that_can_not_be_rendered_is_left_out(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh(one(1), one(2, title="control \x00 character"), one(3))])})
    made = run_once(world.app(), NOW, Choices())
    assert made.feeds[0].held == ""
    assert "voa (https://news.example/2) is left out, it can not be published" in made.feeds[0].note
    for name in ("atom", "rss", "json"):
        form = load_format(name)
        content = (tmp_path / "all" / form.file_name).read_bytes()
        assert set(form.read_ids(content)) == {"https://news.example/1", "https://news.example/3"}
    again = run_once(world.app(), NOW, Choices())
    assert again.feeds[0].note == made.feeds[0].note, "it is told again"
    assert again.feeds[0].written == ()


@pytest.mark.parametrize("bad", [{3, 43, 83, 123, 163}, {199}], ids=["some", "the oldest"])
@pytest.mark.parametrize("few", [selection.FEW, 70], ids=["all at once", "a few at a time"])
def test_f45_no_entry_that_can_not_be_rendered_goes_to_an_archive(
    few: int, bad: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "FEW", few)
    many = [
        one(n, published=NOW - timedelta(hours=n), **({"title": "\x00"} if n in bad else {})) for n in range(200)
    ]
    world = World(tmp_path, {"voa": FakeSource([fresh(*many)])})
    made = run_once(world.app(), NOW, Choices())
    assert made.feeds[0].held == ""
    assert made.feeds[0].note.count("is left out") == len(bad)
    documents = [json.loads(path.read_bytes())["items"] for path in tmp_path.glob("all/**/feed.json")]
    assert len({item["url"] for items in documents for item in items}) == 200 - len(bad)
    assert run_once(world.app(), NOW, Choices()).feeds[0].written == ()


def test_many_posts_are_published_a_few_at_a_time_as_they_are_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for few in (selection.FEW, 70):
        monkeypatch.setattr(selection, "FEW", few)
        sources = {
            name: FakeSource([fresh(*(one(n, published=NOW - timedelta(hours=n)) for n in numbers))])
            for name, numbers in (("voa", range(300)), ("rfa", range(250, 500)))
        }
        made = run_once(World(tmp_path / str(few), sources).app(), NOW, Choices())
        assert made.feeds[0].held == made.feeds[0].note == ""
        found.append(
            {
                path.relative_to(tmp_path / str(few)): path.read_bytes()
                for path in tmp_path.glob(f"{few}/all/**/*.*")
            }
        )
    assert found[0] == found[1]
    assert len(found[0]) > 20


def test_f45_the_copy_of_another_source_takes_its_place(tmp_path: Path) -> None:
    sources = {"bad": FakeSource([fresh(one(1, title="\x00"))]), "voa": FakeSource([fresh(one(1, title="Good"))])}
    run_once(World(tmp_path, sources).app(), NOW, Choices())
    items = json.loads((tmp_path / "all/feed.json").read_bytes())["items"]
    assert [item["title"] for item in items] == ["Good"]


def test_f44_what_can_not_be_stored_is_an_error_of_its_source(tmp_path: Path) -> None:
    sources = {"bad": FakeSource([fresh(one(1, title="half \ud800"))]), "voa": FakeSource([fresh(one(2))])}
    made = run_once(World(tmp_path, sources).app(), NOW, Choices())
    assert [source.result for source in made.sources] == ["failed", "read"]
    assert "UnicodeEncodeError" in made.sources[0].detail


@pytest.mark.parametrize("back", [timedelta(days=1), timedelta(days=3650)])
def test_f17_what_is_new_while_the_clock_is_wrong_is_not_dated_before_the_old(
    tmp_path: Path, back: timedelta
) -> None:
    old, undated = one(1, published=NOW - timedelta(hours=1)), one(2, published=None)
    dated = one(3, published=NOW + timedelta(hours=1))
    world = World(tmp_path, {"voa": FakeSource([fresh(old), fresh(old, undated, dated)])})
    run_once(world.app(), NOW, Choices())
    run_once(world.app(), NOW - back, Choices())
    items = json.loads((tmp_path / "all/feed.json").read_bytes())["items"]
    assert [item["url"][-1] for item in items] == ["3", "2", "1"]
    assert items[0]["date_published"] == "2026-03-02T13:00:00Z"
