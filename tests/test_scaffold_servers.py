"""The templates of nginx and Caddy, in front of the service and in its place: the servers run, and are asked."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urljoin

import pytest

from program import Instance
from serving import Got, ask, until
from templates import found, templates, tool
from test_start_server import TOKEN, started

SITE = "example.org"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return _made(tmp_path)


def _made(folder: Path) -> Instance:
    made = Instance(folder)
    made.write(
        "config.yaml",
        "site: {title: Harbour, url: https://example.org/feeds/}\nseeds: {posts: seeds/}\n"
        "feeds: {all: {limit: 1, archive: 1}}\n"
        f"serve: {{trusted_proxies: [127.0.0.1, unix]}}\nhealth: {{token: {TOKEN}}}\n",
    )
    for day in (1, 2, 3):
        text = "A harbour and its ferry. " * 40
        made.write(f"seeds/{day}.md", f"---\ntitle: Post {day}\ndate: 2026-01-0{day}\n---\n{text}\n")
    return made


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def get(port: int, path: str, **headers: str) -> Got:
    """Ask for a path of the site."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(port, path, "GET", {"host": SITE, **named})


@contextmanager
def process(command: list[str], port: int, folder: Path, env: Mapping[str, str]) -> Iterator[int]:
    """Run a server until the block ends, from when it takes connections."""
    with (
        (folder / "server.log").open("wb") as log,
        subprocess.Popen(command, cwd=folder, env=dict(env), stdout=log, stderr=log) as server,
    ):
        try:
            assert until(lambda: server.poll() is not None or listens(port))
            assert server.poll() is None, (folder / "server.log").read_text(encoding="utf-8")
            yield port
        finally:
            server.terminate()


def listens(port: int) -> bool:
    with closing(socket.socket()) as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


NGINX = """daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
    uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    include {folder}/site.conf;
}}
"""
"""What a system has around a file of conf.d, in a folder of its own."""


@contextmanager
def nginx(text: str, folder: Path) -> Iterator[int]:
    program, port = tool("nginx"), free_port()
    folder.mkdir()
    assert "listen 80;" in text
    (folder / "site.conf").write_text(text.replace("listen 80;", f"listen 127.0.0.1:{port};"), encoding="utf-8")
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder), encoding="utf-8")
    with process([program, "-p", str(folder), "-c", str(folder / "nginx.conf")], port, folder, {}) as ready:
        yield ready


@contextmanager
def caddy(text: str, folder: Path) -> Iterator[int]:
    program, port = tool("caddy"), free_port()
    folder.mkdir()
    assert f"\n{SITE} {{" in text
    own = f"{{\n\tadmin off\n}}\nhttp://{SITE}:{port} {{\n\tbind 127.0.0.1\n"
    (folder / "Caddyfile").write_text(text.replace(f"\n{SITE} {{\n", own, 1), encoding="utf-8")
    command = [program, "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    with process(command, port, folder, {"HOME": str(folder)}) as ready:
        yield ready


def template(kind: str, way: str, **marks: str) -> str:
    """Give the template of a server: `proxy` or `static`."""
    path = f"deploy/nginx-{way}.conf" if kind == "nginx" else f"deploy/Caddyfile-{way}"
    return templates(kind, **marks)[path]


RUNNERS = {"nginx": nginx, "caddy": caddy}
SERVERS = pytest.mark.parametrize("kind", list(RUNNERS))


@SERVERS
def test_a_proxy_passes_what_readers_ask_and_what_they_get(kind: str, instance: Instance, tmp_path: Path) -> None:
    tool(kind)
    with started(instance, "--access-log") as service:
        service.next("pass")
        text = template(kind, "proxy").replace("127.0.0.1:8080", f"127.0.0.1:{service.port}")
        with RUNNERS[kind](text, tmp_path / "server") as port:
            got = get(port, "/feeds/all/atom.xml", X_Forwarded_For="192.0.2.7")
            assert (got.status, b"Post 3" in got.body) == (200, True)
            said = service.next("request")["text"]
            assert said.startswith("127.0.0.1 GET /all/atom.xml 200"), "nobody says for himself who he is"
            assert stranger(port, "/feeds/all/rss.xml") == 200
            assert service.next("request")["text"].startswith("127.0.0.2 GET /all/rss.xml")
            assert got["content-type"] == "application/atom+xml; charset=utf-8"
            assert get(port, "/feeds/all/atom.xml", If_None_Match=got["etag"]).status == 304
            asked = partial(get, port, "/feeds/all/atom.xml", Accept_Encoding="gzip")
            assert until(lambda: asked()["content-encoding"] == "gzip"), "packed in the background"
            packed = asked()
            assert packed.body[:2] == b"\x1f\x8b"
            again = get(port, "/feeds/all/atom.xml", If_None_Match=packed["etag"], Accept_Encoding="gzip")
            assert again.status == 304
            moved = get(port, "/feeds/all")
            assert (moved.status, urljoin("/feeds/all", moved["location"])) == (301, "/feeds/all/")
            assert get(port, "/etc/passwd").body != got.body


@SERVERS
def test_a_proxy_shows_health_and_acts_to_this_machine_alone(
    kind: str, instance: Instance, tmp_path: Path
) -> None:
    tool(kind)
    with started(instance) as service:
        service.next("pass")
        text = template(kind, "proxy").replace("127.0.0.1:8080", f"127.0.0.1:{service.port}")
        with RUNNERS[kind](text, tmp_path / "server") as port:
            assert get(port, "/feeds/healthz").body == b"ok\n"
            for path in (
                "/feeds/healthz",
                "/feeds/metrics",
                "/feeds/admin/pause/posts",
                "/feeds//admin/pause/posts",
            ):
                assert get(port, path).status != 403, path
                assert stranger(port, path) == 403, path
            assert stranger(port, "/feeds/all/atom.xml") == 200


def stranger(port: int, path: str) -> int:
    """Ask from another address, as the rest of the world does; give the status."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=10, source_address=("127.0.0.2", 0))) as client:
        client.request("GET", path, headers={"Host": SITE})
        return client.getresponse().status


@SERVERS
def test_a_proxy_reaches_the_service_at_a_socket(kind: str, instance: Instance, tmp_path: Path) -> None:
    tool(kind)
    place = tmp_path / "feedbraid.sock"
    text = template(kind, "proxy").replace("/run/feedbraid/feedbraid.sock", str(place))
    if kind == "nginx":
        text = text.replace("    server 127.0.0.1:8080;", "").replace("# server unix:", "server unix:")
    else:
        text = text.replace("reverse_proxy 127.0.0.1:8080", "").replace("#   reverse_proxy", "reverse_proxy")
    instance.feedbraid("run")
    command = [sys.executable, "-m", "feedbraid", "serve", "--socket", str(place)]
    with subprocess.Popen(command, cwd=instance.folder, stdout=subprocess.DEVNULL) as service:
        try:
            assert until(place.exists)
            with RUNNERS[kind](text, tmp_path / "server") as port:
                assert until(lambda: get(port, "/feeds/all/atom.xml").status == 200)
        finally:
            service.terminate()


CLOSED = "public, max-age=31536000, immutable"
OPEN = "public, max-age=1800, stale-while-revalidate=1800, stale-if-error=604800"


@pytest.mark.parametrize(
    ("path", "media_type", "kept"),
    [
        ("all/atom.xml", "application/atom+xml; charset=utf-8", OPEN),
        ("all/rss.xml", "application/rss+xml; charset=utf-8", OPEN),
        ("all/feed.json", "application/feed+json", OPEN),
        ("all/archive/1/atom.xml", "application/atom+xml; charset=utf-8", CLOSED),
        ("all/", "text/html; charset=utf-8", OPEN),
        ("", "text/html; charset=utf-8", OPEN),
        ("sources.opml", "text/x-opml; charset=utf-8", OPEN),
        ("style.css", "text/css; charset=utf-8", OPEN),
    ],
)
@SERVERS
def test_files_are_served_as_by_the_service(
    kind: str, path: str, media_type: str, kept: str, published: Mapping[str, int]
) -> None:
    port = published[kind] if kind in published else pytest.skip(f"{kind} is not installed")
    got = get(port, f"/feeds/{path}")
    assert (got.status, got["content-type"], got["cache-control"]) == (200, media_type, kept)
    assert get(port, f"/feeds/{path}", If_None_Match=got["etag"]).status == 304
    assert get(port, f"/feeds/{path}", If_Modified_Since=got["last-modified"]).status == 304
    if len(got.body) > 512:
        packed = get(port, f"/feeds/{path}", Accept_Encoding="gzip")
        assert packed["content-encoding"] == "gzip"
        assert get(port, f"/feeds/{path}", Accept_Encoding="gzip", If_None_Match=packed["etag"]).status == 304
    is_feed = path.rpartition("/")[2] in ("atom.xml", "rss.xml", "feed.json")
    assert got["access-control-allow-origin"] == ("*" if is_feed else "")
    assert got["x-content-type-options"] == "nosniff"


@SERVERS
def test_nothing_else_of_the_instance_is_served(kind: str, published: Mapping[str, int]) -> None:
    port = published[kind] if kind in published else pytest.skip(f"{kind} is not installed")
    for path in (
        "config.yaml",
        "../config.yaml",
        "%2e%2e/config.yaml",
        "..%2fconfig.yaml",
        "../feeds../config.yaml",
    ):
        assert b"trusted_proxies" not in get(port, f"/feeds/{path}").body, path
    for path in (".hidden/atom.xml", "all/.atom.xml.feedbraid.tmp", "config.yaml"):
        assert get(port, f"/feeds/{path}").status == 404, path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    """Serve one published folder by all servers that are installed; give their ports."""
    folder = tmp_path_factory.mktemp("published") / "where my häfen's feeds are"
    folder.mkdir()
    made = _made(folder)
    assert made.feedbraid("run").returncode == 0
    made.write("feeds/all/.atom.xml.feedbraid.tmp", "half")
    made.write("feeds/.hidden/atom.xml", "hidden")
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(
                RUNNERS[kind](template(kind, "static", FOLDER=str(folder)), folder.parent / kind)
            )
            for kind in RUNNERS
            if found(kind)
        }
