"""The service among others: systemd, signals, another run, very many sources."""

from __future__ import annotations

import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from feedbraid.lock import only_one
from feedbraid.notify import Notifier
from loopback import LoopbackServer, Reply, Seen
from program import Instance

NEWS = b"<rss version='2.0'><channel><title>News</title></channel></rss>"


@contextmanager
def started(instance: Instance, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "feedbraid", "start", "--no-server", "--log", "people"],
        cwd=instance.folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def out(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def err(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", "seeds: {posts: seeds/}\nsite: {pages: false}\n")
    made.write("seeds/first.md", "---\ntitle: First\n---\nText\n")
    return made


# --- systemd ----------------------------------------------------------------------------------------------


class Systemd:
    """The socket at which systemd listens, and what was said there."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        self._socket.settimeout(15)

    def close(self) -> None:
        self._socket.close()

    def next(self) -> str:
        """Give the next message, as it comes."""
        return self._socket.recv(4096).decode()

    def next_but(self, *others: str) -> str:
        """Give the next message that begins with none of these."""
        while (message := self.next()).startswith(others):
            pass
        return message

    def within(self, seconds: float) -> list[tuple[float, str]]:
        """Give what is said in this time, each with when."""
        found, end = [], time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                found.append((time.monotonic(), self.next()))
            except TimeoutError:
                break
        self._socket.settimeout(15)
        return found


@pytest.fixture(params=["path", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The address of a socket, as systemd writes it and as the system knows it."""
    if request.param == "path":
        return str(tmp_path / "notify"), str(tmp_path / "notify")
    return f"@feedbraid-{tmp_path.name}-{os.getpid()}", f"\0feedbraid-{tmp_path.name}-{os.getpid()}"


def test_systemd_is_told_over_its_socket(address: tuple[str, str]) -> None:
    stated, bound = address
    with closing(Systemd(bound)) as systemd:
        notifier = Notifier({"NOTIFY_SOCKET": stated, "WATCHDOG_USEC": "60000000"}, process=7)
        notifier.start()
        notifier.status("3 sources,\n1 failing")
        notifier.reloading()
        notifier.alive()
        notifier.alive()
        notifier.stop()
        said = [systemd.next() for _ in range(5)]
    assert said[:2] == ["READY=1", "STATUS=3 sources, 1 failing"]
    reloading, stamp = said[2].split("\n")
    assert reloading == "RELOADING=1"
    assert abs(int(stamp.removeprefix("MONOTONIC_USEC=")) / 1e6 - time.monotonic()) < 5
    assert said[3:] == ["WATCHDOG=1", "STOPPING=1"], "and one sign of life is enough for a while"


@pytest.mark.parametrize(
    ("environment", "pause"),
    [
        pytest.param({"WATCHDOG_USEC": "300000000"}, timedelta(seconds=150), id="half of the time"),
        pytest.param({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "7"}, timedelta(seconds=10), id="for us"),
        pytest.param({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "8"}, None, id="for another process"),
        pytest.param({"WATCHDOG_USEC": "0"}, None, id="off"),
        pytest.param({"WATCHDOG_USEC": "soon"}, None, id="no number"),
        pytest.param({}, None, id="not wanted"),
    ],
)
def test_signs_of_life_are_wanted(environment: dict[str, str], pause: timedelta | None) -> None:
    assert Notifier(environment, process=7).pause == pause


@pytest.mark.parametrize("stated", ["", "relative", "vsock:2:1234", "/nobody/listens"])
def test_where_systemd_does_not_listen_nothing_is_told(stated: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": stated, "WATCHDOG_USEC": "1000"}, process=7)
    notifier.start()
    notifier.alive()
    notifier.stop()


def test_systemd_hears_when_the_service_is_ready_lives_reloads_and_ends(
    instance: Instance, tmp_path: Path
) -> None:
    path = str(tmp_path / "notify")
    with (
        closing(Systemd(path)) as systemd,
        started(instance, {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "600000"}) as process,
    ):
        assert systemd.next() == "READY=1"
        assert systemd.next_but("WATCHDOG") == "STATUS=0 sources, 0 failing"
        out(process)
        signs = [when for when, said in systemd.within(1.0) if said == "WATCHDOG=1"]
        assert 2 <= len(signs) <= 7
        instance.write("config.yaml", "seeds: {posts: seeds/}\nsite: {pages: false, title: Another}\n")
        process.send_signal(signal.SIGHUP)
        assert systemd.next_but("WATCHDOG", "STATUS").startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert systemd.next_but("WATCHDOG") == "READY=1"
        assert out(process) == "feedbraid: config.yaml has changed; it holds from now on\n"
        assert "wrote 3 files" in out(process), "and a pass is made"
        process.send_signal(signal.SIGTERM)
        assert systemd.next_but("WATCHDOG", "STATUS", "RELOADING", "READY") == "STOPPING=1"
        assert process.wait(15) == 143
        assert err(process) == "feedbraid: terminated; nothing is half done\n"


def never(server: LoopbackServer) -> Callable[[Seen], Iterator[bytes]]:
    def answer(_: Seen) -> Iterator[bytes]:
        server.leaving.wait()
        yield b""

    return answer


def test_a_pass_that_hangs_gives_no_sign_of_life_and_a_second_sigterm_ends_it_at_once(
    instance: Instance, tmp_path: Path
) -> None:
    path = str(tmp_path / "notify")
    with LoopbackServer() as server, closing(Systemd(path)) as systemd:
        server.routes = {"/hangs": never(server)}
        allow = f'{{allow: ["127.0.0.1:{server.port}"], silence_timeout: 60, deadline: 60}}'
        instance.write("config.yaml", f"fetch: {allow}\nsources: {{hangs: {server.url('/hangs')}}}\n")
        with started(instance, {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1000000"}) as process:
            assert systemd.next() == "READY=1"
            while not server.paths:
                server.leaving.wait(0.01)
            systemd.within(0.3)
            assert systemd.within(1.2) == []
            process.send_signal(signal.SIGTERM)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 143
            assert time.monotonic() - begun < 1
            assert err(process) == "feedbraid: terminated at once\n"


# --- a terminal, another run, very many sources -----------------------------------------------------------

ON_A_TERMINAL = """
import fcntl, runpy, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
sys.argv = ["feedbraid", "start", "--no-server", "--log", "people"]
runpy.run_module("feedbraid", run_name="__main__")
"""


def test_a_service_on_a_terminal_ends_with_it_instead_of_reloading(instance: Instance) -> None:
    ours, its = pty.openpty()
    attributes = termios.tcgetattr(its)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(its, termios.TCSANOW, attributes)
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_TERMINAL],
        cwd=instance.folder,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    ) as process:
        try:
            os.close(its)
            said = b""
            while b" wrote " not in said:
                said += os.read(ours, 4096)
            os.close(ours)
            assert process.wait(15) == 143
        finally:
            process.kill()


def test_d17_while_another_run_is_going_on_it_waits_and_says_so_once(instance: Instance) -> None:
    with ExitStack() as other:
        other.enter_context(only_one(instance.folder / ".feedbraid/lock"))
        with started(instance) as process:
            assert err(process) == "feedbraid: another run is going on; the service waits for it\n"
            time.sleep(1.5)  # it tries again meanwhile
            other.close()
            assert " wrote " in out(process)
            process.send_signal(signal.SIGTERM)
            assert err(process) == "feedbraid: terminated; nothing is half done\n"


def test_very_many_sources_take_turns_at_first_and_a_long_pass_gives_signs_of_life(
    instance: Instance, tmp_path: Path
) -> None:
    """The service asks 64, and one portion of the others every three seconds; `run` asks all that are left."""
    path = str(tmp_path / "notify")

    def slowly(_: Seen) -> Reply:
        server.leaving.wait(0.03)
        return Reply(body=NEWS)

    names = [f"s{number}" for number in range(84)]
    with LoopbackServer({f"/{name}": slowly for name in names}) as server, closing(Systemd(path)) as systemd:
        sources = ", ".join(f"{name}: {server.url(f'/{name}')}" for name in names)
        fetch = f'{{allow: ["127.0.0.1:{server.port}"], spread: 1m, spacing: 0}}'
        instance.write("config.yaml", f"fetch: {fetch}\nsources: {{{sources}}}\nsite: {{pages: false}}\n")
        with started(instance, {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1500000"}) as process:
            signs = 0
            while not (said := systemd.next()).startswith("STATUS"):
                signs += said == "WATCHDOG=1"
            assert said == "STATUS=84 sources, 0 failing; the next is due at " + said[-20:]
            assert len(server.paths) == 64
            assert signs >= 4, "two seconds at least, a sign for each half of one"
            out(process)
            out(process)
            assert 64 < len(server.paths) < 70
        assert instance.feedbraid("run", now="").returncode == 0
        assert sorted(server.paths) == sorted(f"/{name}" for name in names)
