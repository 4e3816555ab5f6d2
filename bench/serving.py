"""Serving, measured with wrk beside nginx and Starlette's StaticFiles: `python bench/serving.py [--start]`.

With `--start` it is the server of `feedbraid start` that is measured, of which serving is not the only work.
wrk sends the same bytes again and again; how it is when no two readers send the same is measured, too.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from _measure import feedbraid, print_versions
from _worlds import rss

PATH = "/news/rss.xml"
ROUNDS, SECONDS, CONNECTIONS = 5, 3, 16
PORT, NGINX_PORT, STATIC_PORT = 8971, 8972, 8973
_TICKS = os.sysconf("SC_CLK_TCK")

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  etag on;
  gzip_static on;
  gzip_vary on;
  open_file_cache max=100;
  client_body_temp_path {folder}/b;
  proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  types {{ application/rss+xml xml; }}
  server {{ listen 127.0.0.1:{port}; root {feeds}; add_header Cache-Control "public, max-age=1800"; }}
}}
"""

READERS = """
local reader = 0
request = function()
  reader = reader + 1
  return wrk.format("GET", nil, {{
    ["Host"] = "127.0.0.1", ["Accept-Encoding"] = "gzip", ["If-None-Match"] = '{tag}',
    ["User-Agent"] = "Reader/1.0 (+https://reader.example; " .. reader .. " subscribers)"
  }})
end
"""

STARLETTE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=sys.argv[1]))], middleware=[Middleware(GZipMiddleware)])
uvicorn.run(app, port=int(sys.argv[2]), log_level="error", access_log=False, http="h11", loop="asyncio")
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and the processes that it consists of."""

    name: str
    port: int
    process: int

    def cpu(self) -> float:
        """Give the CPU seconds that it has used, with its children that run."""
        return sum(_cpu(one) for one in (self.process, *_children(self.process)))

    def get(self, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Ask it for the document once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", PATH, headers=dict(headers))
        answer = connection.getresponse()
        found = answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        connection.close()
        return found


def _cpu(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children(process: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


@contextmanager
def _running(name: str, argv: Sequence[str], port: int, cwd: Path) -> Iterator[Server]:
    process = subprocess.Popen(argv, cwd=cwd, stdout=subprocess.DEVNULL)
    server = Server(name, port, process.pid)
    try:
        _wait_for(server, process)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"{server.name} ended with {process.returncode}")
        try:
            if server.get({})[0] == http.HTTPStatus.OK:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{server.name} does not answer")


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk and the system said: requests a second, and requests in a second of the server's CPU."""

    rate: float
    thrift: float


def _load(server: Server, options: Sequence[str]) -> Load:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", *options]
    before = server.cpu()
    said = subprocess.run(
        [*command, f"http://127.0.0.1:{server.port}{PATH}"], capture_output=True, text=True, check=True
    ).stdout
    used = server.cpu() - before
    count = re.search(r"([0-9]+) requests in", said)
    rate = re.search(r"Requests/sec: +([0-9.]+)", said)
    if not count or not rate or "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{server.name}: {said}")
    return Load(float(rate[1]), int(count[1]) / used)


def _asked(server: Server, headers: Mapping[str, str], status: int) -> dict[str, str]:
    """Give the headers with which a server answers so, and see that it does."""
    asked = dict(headers)
    if status == http.HTTPStatus.NOT_MODIFIED:
        asked["If-None-Match"] = server.get(headers)[1]["etag"]
    got, said, body = server.get(asked)
    packed = said.get("content-encoding") == "gzip"
    if got != status or packed != (headers["Accept-Encoding"] == "gzip" and got == http.HTTPStatus.OK):
        raise RuntimeError(f"{server.name}: {got} {said} {len(body)}")
    return asked


def _options(asked: Mapping[str, str]) -> list[str]:
    return [part for key, value in asked.items() for part in ("-H", f"{key}: {value}")]


def _different(server: Server, asked: Mapping[str, str], folder: Path) -> list[str]:
    """Give the options for requests that differ from each other in what names the reader."""
    script = folder / f"{server.port}.lua"
    script.write_text(READERS.format(tag=asked["If-None-Match"]))
    return ["-s", str(script)]


def compare(title: str, servers: Sequence[Server], options: Mapping[str, Sequence[str]]) -> None:
    """Print two tables: medians of each server, and how the first one stands to the others, round by round."""
    loads: dict[str, list[Load]] = {server.name: [] for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            loads[server.name].append(_load(server, options[server.name]))
    print(f"\n{title} ({ROUNDS} rounds of {SECONDS} seconds, {CONNECTIONS} connections)\n")
    print(f"{'':36} {'requests/s':>24} {'requests per CPU s':>24}")
    for name, found in loads.items():
        rate, thrift = (_spread([getattr(one, what) for one in found], "7.0f") for what in ("rate", "thrift"))
        print(f"{name:36} {rate:>24} {thrift:>24}")
    own, *others = loads
    for other in others:
        rate, thrift = (
            _spread([getattr(one, what) / getattr(two, what) for one, two in zip(*both, strict=True)], "6.2f")
            for both in [(loads[own], loads[other])]
            for what in ("rate", "thrift")
        )
        print(f"{f'times {other}':36} {rate:>24} {thrift:>24}")


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = (format(one, form) for one in (min(values), statistics.median(values), max(values)))
    return f"{middle.strip()} ({low.strip()} to {high.strip()})"


def _version(tool: str) -> str:
    """Give the version that a program says it has."""
    said = subprocess.run([_found(tool), "-v"], capture_output=True, text=True, check=False)
    number = re.search(r"[0-9]+(?:\.[0-9]+)+", said.stdout + said.stderr)
    return number[0] if number else "of unknown version"


def _found(tool: str) -> str:
    place = shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin")
    if place is None:
        sys.exit(f"{tool} is needed; on Debian: apt-get install wrk nginx-light")
    return place


def _own(name: str, folder: Path) -> list[str]:
    """Put in order what our own server needs, and give its command line; `start` publishes the feed itself."""
    document = rss(0, 50, 1000)
    (folder / "news.xml").write_text(document)
    config = f"serve: {{port: {PORT}}}\nsources: {{news: news.xml}}\nfeeds: {{news: {{max_bytes: 0}}}}\n"
    (folder / "config.yaml").write_text(config)
    if name == "serve":
        (folder / "feeds" / "news").mkdir(parents=True)
        (folder / "feeds" / PATH.lstrip("/")).write_text(document)
    return feedbraid(name, "--quiet")


def main() -> None:
    """Measure a whole document, a compressed one, and one that has not changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", action="store_true", help="measure the server of `feedbraid start`")
    own = "start" if parser.parse_args().start else "serve"
    print_versions(["uvicorn", "h11", "starlette"], {"nginx": _version("nginx"), "wrk": _version("wrk")})
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as made, ExitStack() as stack:
        folder = Path(made)
        folder.chmod(0o755)
        feeds = folder / "feeds"
        ours = stack.enter_context(_running(f"feedbraid {own}", _own(own, folder), PORT, folder))
        document = (feeds / PATH.lstrip("/")).read_bytes()
        (feeds / f"{PATH}.gz".lstrip("/")).write_bytes(gzip.compress(document, 6))
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, feeds=feeds, port=NGINX_PORT))
        nginx = [_found("nginx"), "-e", "stderr", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        static = [sys.executable, "-c", STARLETTE, str(feeds), str(STATIC_PORT)]
        servers = [ours] + [
            stack.enter_context(_running(name, argv, port, folder))
            for name, argv, port in (
                ("StaticFiles of Starlette, uvicorn", static, STATIC_PORT),
                ("nginx", nginx, NGINX_PORT),
            )
        ]
        print(f"a feed of {len(document)} bytes")
        for title, coding, status in (
            ("304: nothing has changed", "gzip", 304),
            ("200, compressed", "gzip", 200),
            ("200, as it is", "identity", 200),
        ):
            asked = {server.name: _asked(server, {"Accept-Encoding": coding}, status) for server in servers}
            compare(title, servers, {name: _options(headers) for name, headers in asked.items()})
            if status == http.HTTPStatus.NOT_MODIFIED:
                others = {server.name: _different(server, asked[server.name], folder) for server in servers}
                compare("304, each request from another reader", servers, others)


if __name__ == "__main__":
    main()
