"""Serving, measured with wrk beside nginx and Starlette's StaticFiles: `python bench/serving.py [--start]`.

With `--start` it is the server of `feedbraid start` that is measured, of which serving is not the only work.
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
    """What wrk and the system said: requests a second, and CPU microseconds a request."""

    rate: float
    cpu: float


def _load(server: Server, headers: Mapping[str, str]) -> Load:
    options = [part for key, value in headers.items() for part in ("-H", f"{key}: {value}")]
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
    return Load(float(rate[1]), used / int(count[1]) * 1e6)


def compare(title: str, servers: Sequence[Server], headers: Mapping[str, str], status: int) -> None:
    """Print a table: medians of each server, and the medians of its ratios to nginx, round by round."""
    asked = {server.name: dict(headers) for server in servers}
    for server in servers:
        if status == http.HTTPStatus.NOT_MODIFIED:
            asked[server.name]["If-None-Match"] = server.get(headers)[1]["etag"]
        got, said, body = server.get(asked[server.name])
        packed = said.get("content-encoding") == "gzip"
        if got != status or packed != (headers["Accept-Encoding"] == "gzip" and got == http.HTTPStatus.OK):
            raise RuntimeError(f"{server.name}: {got} {said} {len(body)}")
    loads: dict[str, list[Load]] = {server.name: [] for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            loads[server.name].append(_load(server, asked[server.name]))
    print(f"\n{title} ({ROUNDS} rounds, {CONNECTIONS} connections)\n")
    print(f"{'':36} {'requests/s':>10} {'of nginx':>9} {'CPU us':>8} {'of nginx':>9}")
    for server in servers:
        _print_row(server.name, loads[server.name], loads["nginx"])


def _print_row(name: str, loads: Sequence[Load], yardstick: Sequence[Load]) -> None:
    rates = [own.rate / other.rate for own, other in zip(loads, yardstick, strict=True)]
    costs = [own.cpu / other.cpu for own, other in zip(loads, yardstick, strict=True)]
    rate, cpu = statistics.median(one.rate for one in loads), statistics.median(one.cpu for one in loads)
    print(f"{name:36} {rate:10.0f} {statistics.median(rates):9.2f} {cpu:8.1f} {statistics.median(costs):9.2f}")


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
    for tool in ("wrk", "nginx"):
        if not shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin"):
            sys.exit(f"{tool} is needed; on Debian: apt-get install wrk nginx-light")
    print_versions(["uvicorn", "h11", "starlette"])
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as made, ExitStack() as stack:
        folder = Path(made)
        folder.chmod(0o755)
        feeds = folder / "feeds"
        ours = stack.enter_context(_running(f"feedbraid {own}", _own(own, folder), PORT, folder))
        document = (feeds / PATH.lstrip("/")).read_bytes()
        (feeds / f"{PATH}.gz".lstrip("/")).write_bytes(gzip.compress(document, 6))
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, feeds=feeds, port=NGINX_PORT))
        nginx = ["/usr/sbin/nginx", "-e", "stderr", "-c", str(folder / "nginx.conf"), "-p", str(folder)]
        static = [sys.executable, "-c", STARLETTE, str(feeds), str(STATIC_PORT)]
        servers = [ours] + [
            stack.enter_context(_running(name, argv, port, folder))
            for name, argv, port in (
                ("StaticFiles of Starlette, uvicorn", static, STATIC_PORT),
                ("nginx", nginx, NGINX_PORT),
            )
        ]
        print(f"a feed of {len(document)} bytes")
        compare("304: nothing has changed", servers, {"Accept-Encoding": "gzip"}, 304)
        compare("200, compressed", servers, {"Accept-Encoding": "gzip"}, 200)
        compare("200, as it is", servers, {"Accept-Encoding": "identity"}, 200)


if __name__ == "__main__":
    main()
