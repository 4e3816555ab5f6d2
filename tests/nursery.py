"""Starts the program as a process of its own, without reading its modules again each time.

A process that has them forks for each start. What depends on how an interpreter begins (its environment, its hash
seed, its encoding) has to be started anew.
"""

from __future__ import annotations

import array
import atexit
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

_BEGINNING = ("PYTHON", "LC_", "LANG", "TZ", "COVERAGE", "LD_")
"""What the names of variables begin with that count when an interpreter begins."""

_MODULES = (
    "feedbraid.cli.run",
    "feedbraid.fetch",
    "feedbraid.workers",
    "feedbraid.formats.atom",
    "feedbraid.formats.json",
    "feedbraid.formats.rss",
    "feedbraid.configtext",
    "feedbraid.postfile",
    "feedbraid.normalise",
    "feedbraid.wire",
)
"""Read before the first fork."""


def run_program(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end and give what it printed."""
    if _has_own_beginning(env):
        return subprocess.run(
            [sys.executable, "-m", "feedbraid", *arguments],
            cwd=folder,
            env=dict(env),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code = _nursery().run(arguments, folder, env, out, err)
        return subprocess.CompletedProcess(list(arguments), code, _text(out), _text(err))


def _has_own_beginning(env: Mapping[str, str]) -> bool:
    """Tell whether the environment is not that of this process in what counts when an interpreter begins."""
    names = {name for name in (*env, *os.environ) if name.startswith(_BEGINNING)}
    return "COVERAGE_PROCESS_CONFIG" in env or any(env.get(name) != os.environ.get(name) for name in names)


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8").replace("\r\n", "\n")


@cache
def _nursery() -> _Nursery:
    return _Nursery()


class _Nursery:
    """The process that forks, and the socket by which it is asked to."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, __file__, str(theirs.fileno())]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        theirs.close()
        atexit.register(self._close)

    def run(
        self, arguments: Sequence[str], folder: Path, env: Mapping[str, str], out: IO[bytes], err: IO[bytes]
    ) -> int:
        """Give the exit code, as `subprocess` does."""
        with tempfile.TemporaryFile() as asked:
            asked.write(json.dumps([list(arguments), str(folder), dict(env)]).encode())
            asked.flush()
            handles = array.array("i", [one.fileno() for one in (asked, out, err)])
            self._socket.sendmsg([b"run"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
            return int(self._socket.recv(20))

    def _close(self) -> None:
        self._socket.close()
        self._process.wait()


# --- in the other process ---------------------------------------------------------------------------------


def _serve(asked: socket.socket) -> None:
    """Fork for each message, one after another, until nobody is there any more."""
    for name in _MODULES:
        __import__(name)
    while True:
        message, ancillary, _, _ = asked.recvmsg(20, socket.CMSG_SPACE(12))
        if not message:
            return
        handles = array.array("i")
        handles.frombytes(ancillary[0][2][:12])
        child = os.fork()
        if child == 0:
            asked.close()
            _be_the_program(*handles)
        for handle in handles:
            os.close(handle)
        _, status = os.waitpid(child, 0)
        asked.send(str(os.waitstatus_to_exitcode(status)).encode())


def _be_the_program(asked: int, out: int, err: int) -> NoReturn:
    os.lseek(asked, 0, os.SEEK_SET)
    with os.fdopen(asked, "rb") as file:
        arguments, folder, env = json.load(file)
    for number, handle in enumerate((out, err), start=1):
        os.dup2(handle, number)
        os.close(handle)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["feedbraid", *arguments]
    from feedbraid.cli import main  # noqa: PLC0415  # read long ago

    code = 1
    try:
        code = main(arguments)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001  # as an interpreter ends
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
