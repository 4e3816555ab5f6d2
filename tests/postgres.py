"""A PostgreSQL server for tests: one for each process that runs them, with as many databases as are asked for.

Skips what needs one where the programs or the driver are not installed.
"""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest


def missing() -> str:
    """Say why there can be no server; nothing where there can be one."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed: pip install 'feedbraid[cluster]'"
    if _programs() is None:
        return "PostgreSQL is not installed: apt-get install postgresql"
    return (
        "" if _user() is not None else "PostgreSQL does not run as root, and there is no user postgres or nobody"
    )


def needed() -> None:
    """Skip the test where there can be no server."""
    if reason := missing():
        pytest.skip(reason)


def empty(number: int = 0) -> str:
    """Give the address of a database without any content; each number has its own. Skips as `needed` does."""
    needed()
    server = running()
    if number not in server.databases:
        server.databases.add(number)
        server.sql(f"CREATE DATABASE store{number}")
    server.clear(f"store{number}")
    return server.address(f"store{number}")


@cache
def running() -> Server:
    """Give the server of this process; it ends with the process."""
    server = Server()
    server.start()
    atexit.register(server.remove)
    return server


class Server:
    """A server in a folder of its own, which listens on a socket there, and at an address where one is stated.

    `within` stands before its command, so that it can be in another network. Whoever reaches it may do anything.
    """

    def __init__(self, *settings: str, listens: str = "", within: Sequence[str] = ()) -> None:
        user = _user()
        assert user is not None
        self._user = user
        self._listens, self._within = listens, within
        # Short: the path of a socket has at most 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="fb-pg-", dir="/tmp"))
        self.databases: set[int] = set()
        self._settings = ("fsync=off", "full_page_writes=off", "max_connections=60", *settings)
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        self.run(
            "initdb",
            "--no-sync",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "-U",
            "feedbraid",
            "-D",
            str(self.data),
        )
        if listens:
            with (self.data / "pg_hba.conf").open("a", encoding="utf-8") as rules:
                rules.write("host all all samenet trust\n")

    @property
    def data(self) -> Path:
        """Give the folder of its data."""
        return self.folder / "data"

    def address(self, database: str) -> str:
        """Give the address of one of its databases."""
        return f"postgresql://feedbraid@/{database}?host={self.folder}"

    def address_on_wire(self, database: str) -> str:
        """Give the address of one of its databases for those that come from elsewhere."""
        return f"postgresql://feedbraid@{self._listens}/{database}"

    def run(self, program: str, *arguments: str) -> str:
        """Run one of its programs as its user."""
        programs = _programs()
        assert programs is not None
        is_root = os.getuid() == 0 and not self._within
        own = ["setpriv", f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        before = [*self._within, *own] if self._within else []
        done = subprocess.run(
            [*before, str(programs / program), *arguments],
            cwd=self.folder,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            user=self._user.pw_uid if is_root else None,
            group=self._user.pw_gid if is_root else None,
            extra_groups=[] if is_root else None,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self) -> None:
        """Start it, and return when it answers."""
        settings = " ".join(f"-c {setting}" for setting in self._settings)
        listening = f"-c listen_addresses={self._listens} -c unix_socket_directories={self.folder} {settings}"
        log = str(self.folder / "log")
        self.run("pg_ctl", "-D", str(self.data), "-w", "-s", "-l", log, "-o", listening, "start")

    def stop(self, how: str = "fast") -> None:
        """End it: every connection is lost."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-s", "-m", how, "stop")

    def remove(self) -> None:
        """End it and leave nothing of it."""
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run statements, and give the answer to the last one."""
        import psycopg  # noqa: PLC0415  # not everywhere

        with psycopg.connect(self.address(database), autocommit=True) as db:
            for statement in statements[:-1]:
                db.execute(statement.encode())
            cursor = db.execute(statements[-1].encode())
            return cursor.fetchall() if cursor.description else []

    def clear(self, database: str) -> None:
        """Remove what is in the tables of a database: that is much faster than another one."""
        tables = self.sql(_TABLES, database=database)
        removals = [f'DELETE FROM "{table}"' for (table,) in tables]  # noqa: S608  # ours
        if removals:
            unbound = "SET session_replication_role = replica"  # no table has to wait for another one
            self.sql(unbound, *removals, "INSERT INTO counter VALUES (1)", database=database)


_TABLES = "SELECT relname FROM pg_stat_user_tables WHERE relname <> 'feedbraid' AND schemaname = 'public'"


@cache
def _programs() -> Path | None:
    """Find the folder of the server's programs: Debian keeps them out of the way."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def _version(folder: Path) -> float:
    try:
        return float(folder.parent.name)
    except ValueError:
        return 0.0


@cache
def _user() -> pwd.struct_passwd | None:
    """Find somebody who may run it: anybody but root."""
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
