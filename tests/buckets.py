"""Places that files are brought to: one in memory, and the buckets of an S3 server of its own."""

from __future__ import annotations

import atexit
import http.client
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest

from feedbraid.places import Conflict, Found, Load, Missing, Stored, Trouble


def know_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the environment know a key for the server of the tests, and nothing of other services."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")


_SIGNED = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host"
}
"""The server of the tests wants a signature, and takes any."""


@dataclass
class FakePlace:
    """A place in memory; remembers what it was asked, and fails as it is told."""

    files: dict[str, Load] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    before: Callable[[str], Trouble | None] = lambda _: None
    """Is called with each request, before it is answered."""
    after: Callable[[str], None] = lambda _: None
    """Is called when it was done, and nobody knows yet."""
    numbers: count[int] = field(default_factory=lambda: count(1))

    def write(self, load: Load) -> str:
        """Have a file written, by whomever."""
        self.files[load.key], self.tags[load.key] = load, f"tag {next(self.numbers)}"
        return self.tags[load.key]

    async def put(self, load: Load, tag: str) -> Stored | Conflict | Trouble:
        """Bring a file: in the place of the one with this tag, or where there is none when it is empty."""
        trouble = self._ask(f"put {load.key}")
        if trouble is not None:
            return trouble
        if self.tags.get(load.key, "") != tag:
            return Conflict()
        stored = Stored(self.write(load))
        self.after(f"put {load.key}")
        return stored

    async def get(self, key: str) -> Found | Missing | Trouble:
        """Read a file."""
        trouble = self._ask(f"get {key}")
        if trouble is not None:
            return trouble
        return Found(self.files[key].content, self.tags[key]) if key in self.files else Missing()

    async def remove(self, key: str, tag: str) -> Missing | Conflict | Trouble:
        """Remove a file if it still has this tag; one that is not there is well."""
        trouble = self._ask(f"remove {key}")
        if trouble is not None:
            return trouble
        if self.tags.get(key, tag) != tag:
            return Conflict()
        self.files.pop(key, None)
        self.tags.pop(key, None)
        self.after(f"remove {key}")
        return Missing()

    def _ask(self, request: str) -> Trouble | None:
        self.asked.append(request)
        return self.before(request)


@dataclass(frozen=True)
class Bucket:
    """A bucket of the server that belongs to this process of tests."""

    port: int
    name: str
    log: Path

    @property
    def endpoint(self) -> str:
        """Give the address of the server."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[str]:
        """Give the requests for this bucket so far, from the log of the server: method and path."""
        found = re.findall(r'"(?:\x1b\[[0-9;]*m)*([A-Z]+) (/\S*) HTTP', self.log.read_text(encoding="utf-8"))
        return [f"{method} {path}" for method, path in found if path.startswith(f"/{self.name}/")]

    def ask(self, method: str, key: str = "", body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
        """Ask the server as somebody else."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, self._path(key), body, _SIGNED)
            answer = connection.getresponse()
            return answer.status, {name.lower(): one for name, one in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def _path(self, key: str) -> str:
        slash = "" if not key or key.startswith("?") else "/"
        return f"/{self.name}{slash}{key}"

    def files(self, prefix: str = "") -> dict[str, bytes]:
        """Give all that is in the bucket."""
        listed = self.ask("GET", f"?list-type=2&prefix={prefix}")[2].decode()
        keys = re.findall("<Key>([^<]*)</Key>", listed)
        return {key.removeprefix(prefix): self.ask("GET", key)[2] for key in keys}


_numbers = count(1)


def new_bucket() -> Bucket:
    """Make a bucket. The test is skipped where the server, or what speaks with it, is missing."""
    for package, extra in (("obstore", "feedbraid[s3]"), ("moto.server", "moto[s3], flask and flask-cors")):
        if find_spec(package.partition(".")[0]) is None:
            pytest.skip(f"the package {package} is missing: pip install '{extra}'")
    port, log = _server()
    bucket = Bucket(port, f"bucket-{next(_numbers)}", log)
    assert bucket.ask("PUT")[0] == 200
    return bucket


@cache
def _server() -> tuple[int, Path]:
    """Start the server, one for all tests of this process; it ends with it."""
    log = Path(tempfile.mkdtemp(prefix="feedbraid-s3-")) / "log"
    with log.open("wb") as file:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        process = subprocess.Popen(
            command, env=plain, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    atexit.register(_end, process, log)
    while process.poll() is None:
        found = re.search(r"Running on http://127\.0\.0\.1:([0-9]+)", log.read_text(encoding="utf-8"))
        if found:
            return int(found[1]), log
        with subprocess.Popen(["sleep", "0.05"]):
            pass
    pytest.skip(f"the S3 server can not be started here: {log.read_text(encoding='utf-8')[-300:]}")


def _end(process: subprocess.Popen[bytes], log: Path) -> None:
    process.kill()
    process.wait()
    log.unlink()
    log.parent.rmdir()
