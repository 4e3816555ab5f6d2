"""`feedbraid serve` as a process: its options, its signals, its lines."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from feedbraid.cli import main
from feedbraid.config import load_config
from feedbraid.serve._passwords import is_password
from program import Instance
from serving import ATOM, LAST, NOISE, TOKEN, ask, basic, refuses, rest, slow_client, until, write

# --- the program ------------------------------------------------------------------------------------------


@dataclass
class Program:
    """`feedbraid serve` as a process, ready to be asked."""

    process: subprocess.Popen[str]
    where: str

    @property
    def port(self) -> int:
        """The port that it took."""
        return int(self.where.rstrip("/").rpartition(":")[2])

    def ended(self) -> tuple[int, str, str]:
        """Wait for its end; give the exit code and what it printed after the first line."""
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def program(instance: Instance, *arguments: str, before: tuple[str, ...] = (), **env: str) -> Iterator[Program]:
    command = [*before, sys.executable, "-m", "feedbraid", "serve", "--log", "people", *arguments]
    process = subprocess.Popen(
        command,
        cwd=instance.folder,
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            where = re.search(r" at (\S+)$", process.stdout.readline())
            assert where, process.stderr.read() if process.stderr else ""
            yield Program(process, where[1])
        finally:
            process.kill()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", "sources: {news: news.xml}\nfeeds: {news: , quiet: }\n")
    write(tmp_path / "feeds")
    return made


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_until_it_is_told_to_end(instance: Instance, ending: signal.Signals) -> None:
    with program(instance, "--port", "0") as served:
        assert until(lambda: listens(served.port))
        assert ask(served.port, "/news/atom.xml").body == ATOM
        assert ask(served.port, "/healthz").body == b"ok\n"
        served.process.send_signal(ending)
        assert served.ended() == (0, "", "")


def listens(port: int) -> bool:
    try:
        ask(port, "/healthz")
    except OSError:
        return False
    return True


def test_serve_ends_gracefully_while_a_slow_client_loads(instance: Instance) -> None:
    write(instance.folder / "feeds", {"big.png": NOISE * 2})
    with program(instance, "--port", "0") as served, slow_client(served.port) as client:
        served.process.terminate()
        assert until(lambda: refuses(served.port)), "it takes nobody new"
        assert served.process.poll() is None, "and waits for the one who is there"
        assert rest(client).endswith(NOISE * 2)
        assert served.ended() == (0, "", "")


def test_serve_does_not_wait_for_anybody_when_it_is_told_twice(instance: Instance) -> None:
    write(instance.folder / "feeds", {"big.png": NOISE * 2})
    with program(instance, "--port", "0") as served, slow_client(served.port):
        served.process.terminate()
        assert until(lambda: refuses(served.port))
        assert served.process.poll() is None
        served.process.terminate()
        assert served.process.wait(5) == 0


def test_serve_prints_a_line_for_each_answer_when_asked_and_no_secret(instance: Instance) -> None:
    text = "sources: {news: news.xml}\nfeeds: {news: , quiet: {access: {secret: '${TOKEN}'}}}\n"
    instance.write("config.yaml", text)
    with program(instance, "--port", "0", "--access-log", TOKEN=TOKEN) as served:
        ask(served.port, "/news/atom.xml?token=hush")
        ask(served.port, f"/s/{TOKEN}/quiet/rss.xml", headers={"TE": "trailers"})
        ask(served.port, "/none%0aline")
        served.process.terminate()
        code, out, err = served.ended()
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"feedbraid: 127.0.0.1 GET /news/atom.xml 200 {len(ATOM)}",
        f"feedbraid: 127.0.0.1 GET /s/***/quiet/rss.xml 200 {len(ATOM)}",
        "feedbraid: 127.0.0.1 GET /none%0aline 404 27",
    ]


def test_serve_at_a_socket_of_this_machine(instance: Instance, capsys: pytest.CaptureFixture[str]) -> None:
    path = instance.folder / "x.sock"
    with closing(socket.socket(socket.AF_UNIX)) as former:
        former.bind(str(path))  # left over from a process that was killed
    with program(instance, "--socket", "x.sock") as served, closing(socket.socket(socket.AF_UNIX)) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(LAST)
        assert rest(client).endswith(ATOM)
        assert said(instance, capsys, "--socket", str(path)) == (2, f"feedbraid: {path}: it is taken\n")
        served.process.terminate()
        assert served.ended() == (0, "", "")
    assert not path.exists()


def test_serve_goes_by_its_configuration(instance: Instance) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    text = f"sources: {{news: news.xml}}\nserve: {{port: {port}, max_age: 60, auth: {{ann: '${{PASSWORD}}'}}}}\n"
    instance.write("config.yaml", text)
    with program(instance, PASSWORD="x") as served:  # noqa: S106  # of a test
        assert served.where == f"http://127.0.0.1:{port}/"
        assert ask(port, "/news/atom.xml").status == 401
        got = ask(port, "/news/atom.xml", headers={"Authorization": basic("ann", "x")})
        assert got["Cache-Control"].startswith("private, max-age=60,")


def said(instance: Instance, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Give the exit code of `feedbraid serve` that can not begin, and what it complains of."""
    code = main(["serve", "--log", "people", "--config", str(instance.folder / "config.yaml"), *arguments])
    return code, capsys.readouterr().err


def test_serve_says_in_one_line_why_it_can_not_begin(
    instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        line = f"feedbraid: 127.0.0.1:{port}: another program listens there; choose another port with --port\n"
        assert said(instance, capsys, "--port", str(port)) == (2, line)
    shutil.rmtree(instance.folder / "feeds")
    why = "No such file or directory; what is served is written by `feedbraid run`"
    assert said(instance, capsys, "--port", "0") == (4, f"feedbraid: {instance.folder}/feeds: {why}\n")
    instance.write("config.yaml", "serve: {prt: 1}\nsources: {n: n.xml}\n")
    assert said(instance, capsys)[0] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--port", "70000"), "'70000' is no port: a number up to 65535"),
        (("--port", "http"), "'http' is no port"),
        (("--port", "0", "--host", "192.0.2.1"), "this machine has no such address"),
        (("--port", "0", "--host", "no such host"), "this machine has no such address"),
        (("--socket", "no/such/folder/x.sock"), "No such file or directory"),
    ],
)
def test_serve_names_what_is_wrong_with_its_options(
    instance: Instance, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    code, line = said(instance, capsys, *arguments)
    assert (code, words in line) == (2, True), line


def test_serve_makes_hashes_of_passwords(instance: Instance) -> None:
    command = [sys.executable, "-m", "feedbraid", "serve", "--hash"]
    empty, made = (
        subprocess.run(command, input=line, capture_output=True, text=True, check=False)
        for line in ("\n", "p a:ss\n")
    )
    assert (empty.returncode, empty.stdout, made.returncode, made.stderr) == (2, "", 0, "")
    assert re.fullmatch(r"scrypt:16384:8:1:[\w-]+:[\w-]+\n", made.stdout)
    assert is_password("p a:ss", made.stdout.strip())
    instance.write("config.yaml", f"sources: {{n: n.xml}}\nserve: {{auth: {{ann: '{made.stdout.strip()}'}}}}\n")
    assert load_config(instance.folder / "config.yaml").serve.users == (("ann", made.stdout.strip()),)


def plain_user() -> tuple[str, ...]:
    """Give what to put before a command so that the rights of files count for it."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv: nothing is forbidden to root")
    return ("setpriv", "--inh-caps=-all", "--bounding-set=-all")


def test_n129m_a_file_that_can_not_be_read_is_told_once_and_stays_as_it_was(instance: Instance) -> None:
    with program(instance, "--port", "0", before=plain_user()) as served:
        assert ask(served.port, "/news/atom.xml").status == 200
        (instance.folder / "feeds" / "news" / "atom.xml").chmod(0)
        (instance.folder / "feeds" / "quiet").chmod(0)
        write(instance.folder / "feeds", {"news/rss.xml": b"<rss/>"})
        assert until(lambda: ask(served.port, "/news/rss.xml").body == b"<rss/>")
        assert ask(served.port, "/news/atom.xml").body == ATOM
        assert ask(served.port, "/quiet/rss.xml").status == 200
        (instance.folder / "feeds" / "quiet").chmod(0o755)
        served.process.terminate()
        code, _, err = served.ended()
    assert (code, err.splitlines()) == (
        0,
        ["feedbraid: news/atom.xml: Permission denied", "feedbraid: quiet/: Permission denied"],
    )
