"""The service as its readers, its operator and its monitoring see it: the whole program over a real socket."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from feedbraid.cli._acts import PUSHES_APART, Pushed, Pushes
from feedbraid.cli._board import LEAST_LATE, Act, Journal, NoticeBoard, trouble_of
from feedbraid.cli._courier import Courier
from feedbraid.cli._log import Log
from feedbraid.configvalues import TAKEN
from feedbraid.errands import Subscribers
from feedbraid.rules import HealthRules
from feedbraid.schedule import Happened
from feedbraid.serve import callback_routes, health_routes
from feedbraid.settings import Config
from loopback import LoopbackServer, Reply, Seen
from program import Instance
from serving import Got, ask, basic, until
from test_readers import READERS

TOKEN = "t0ken-of-the-operator"  # noqa: S105  # of no real service
BEARER = {"Authorization": f"Bearer {TOKEN}"}
NEWS = """<rss version="2.0"><channel><title>News</title><link>https://news.example/</link>
<item><title>{}</title><link>https://news.example/1</link></item></channel></rss>"""


class Service:
    """The program, with what it logs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.log: Queue[dict[str, Any]] = Queue()
        self.port = 0
        assert process.stdout is not None
        assert process.stderr is not None
        streams = (process.stdout, process.stderr)
        self._listeners = [
            threading.Thread(target=self._listen, args=(stream,), daemon=True) for stream in streams
        ]
        for one in self._listeners:
            one.start()

    def _listen(self, stream: Iterable[str]) -> None:
        for line in stream:
            if line.endswith("\n"):  # else it was killed in the middle of it
                self.log.put(json.loads(line))

    def close(self) -> None:
        """End the program, and hear it out: nobody may listen to streams that are closed."""
        self.process.kill()
        for one in self._listeners:
            one.join(20)

    def next(self, event: str) -> dict[str, Any]:
        """Give the next line about an event; others are left out."""
        try:
            while (line := self.log.get(timeout=20))["event"] != event:
                pass
        except Empty:
            raise AssertionError(f"nothing is told of {event}") from None
        return line

    def get(self, path: str, headers: dict[str, str] | None = None) -> Got:
        return ask(self.port, path, "GET", headers)

    def act(self, action: str, source: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
        got = ask(self.port, f"/admin/{action}/{source}", "POST", BEARER if headers is None else headers)
        return got.status, json.loads(got.body)


@contextmanager
def started(instance: Instance, *arguments: str) -> Iterator[Service]:
    command = [sys.executable, "-m", "feedbraid", "start", "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=instance.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        service = Service(process)
        try:
            service.port = int(service.next("serving")["address"].rpartition(":")[2].strip("/"))
            yield service
        finally:
            service.close()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write(
        "config.yaml",
        f"seeds: {{posts: seeds/}}\nsources: {{news: news.xml}}\nhealth: {{token: {TOKEN}}}\n"
        "site: {url: https://example.org/feeds/}\n",
    )
    made.write("seeds/first.md", "---\ntitle: First\n---\nText\n")
    made.write("news.xml", NEWS.format("Old news"))
    return made


def source(service: Service, name: str) -> dict[str, Any]:
    told = json.loads(service.get("/status/status.json").body)
    return next(one for one in told["sources"] if one["name"] == name)


def test_feeds_status_health_and_metrics_are_served_while_passes_are_made(instance: Instance) -> None:
    with started(instance) as service:
        first = service.next("pass")
        assert (first["new"], first["failed"], first["level"]) == (2, 0, "info")
        feed = service.get("/all/atom.xml")
        assert (feed.status, b"Old news" in feed.body) == (200, True)
        again = service.get("/all/atom.xml", {"If-None-Match": feed.headers["etag"]})
        assert (again.status, again.body) == (304, b"")
        assert (service.get("/healthz").status, service.get("/healthz").body) == (200, b"ok\n")

        page = service.get("/status/")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert b"news" in page.body
        assert service.get("/status").headers["location"].endswith("status/")
        assert service.get("/status/style.css").headers["content-type"].startswith("text/css")
        assert service.get("/status/health.atom").headers["content-type"].startswith("application/atom+xml")
        assert service.get("/status/nothing").status == 404
        assert source(service, "news")["entries"] == 1

        families = {one.name: one for one in text_string_to_metric_families(service.get("/metrics").body.decode())}
        up = {sample.labels["source"]: sample.value for sample in families["feedbraid_source_up"].samples}
        assert up == {"posts": 1, "news": 1}

        instance.write("news.xml", NEWS.format("New news"))
        assert service.next("pass")["changed"] == 1
        assert b"New news" in service.get("/all/atom.xml").body, "what was written is served at once"


@pytest.mark.parametrize("reader", ["newsboat", "rss2email"])
def test_a_reader_that_polls_the_service_is_sent_nothing_twice(
    reader: str, instance: Instance, tmp_path: Path
) -> None:
    poll, commands = READERS[reader]
    if not all(map(shutil.which, commands)):
        pytest.skip(f"{reader} is not installed")
    home = tmp_path / "home"
    home.mkdir()
    with started(instance, "--access-log") as service:
        service.next("pass")
        items = [poll(f"http://127.0.0.1:{service.port}/all/atom.xml", home) for _ in range(3)]
        assert items[0] == items[1] == items[2] != []
        statuses: list[str] = []
        while len(statuses) < 3:
            fields = service.next("request")["text"].split()
            statuses += [fields[3]] if fields[2] == "/all/atom.xml" else []
    assert (statuses[0], statuses[-1]) == ("200", "304")


def test_a_source_that_breaks_and_heals_is_told_everywhere(instance: Instance) -> None:
    instance.write("config.yaml", f"sources: {{news: news.xml}}\nhealth: {{token: {TOKEN}, broken_after: 2}}\n")
    with started(instance) as service:
        service.next("pass")
        (instance.folder / "news.xml").unlink()
        for _ in range(2):
            service.act("refetch", "news")
        told = service.next("incident")
        assert (told["level"], told["source"], told["kind"]) == ("warning", "news", "broken")
        assert until(lambda: source(service, "news")["state"] == "broken")
        assert b"is broken" in service.get("/status/health.atom").body
        instance.write("news.xml", NEWS.format("Back"))
        assert service.next("incident")["kind"] == "healed"
        assert until(lambda: source(service, "news")["state"] == "good")
        assert until(lambda: b"is well again" in service.get("/status/health.atom").body)


def test_only_who_knows_the_token_may_act(instance: Instance) -> None:
    with started(instance) as service:
        service.next("pass")
        assert service.act("pause", "news", {})[0] == 401
        assert service.act("pause", "news", {"Authorization": "Bearer wrong"})[0] == 401
        assert service.act("pause", "news", {"Authorization": basic("x", TOKEN)})[0] == 401, (
            "a browser adds it itself"
        )
        assert ask(service.port, "/admin/pause/news", "GET", BEARER).status == 405
        assert source(service, "news")["state"] == "good"

        assert service.act("pause", "news")[0] == 200
        assert until(lambda: source(service, "news")["state"] == "paused")
        instance.write("news.xml", NEWS.format("While it was paused"))
        assert service.act("refetch", "news")[0] == 409
        assert service.act("resume", "news")[0] == 200
        assert service.act("refetch", "news")[0] == 200
        assert until(lambda: b"While it was paused" in service.get("/all/atom.xml").body)
        assert service.act("reset", "news")[0] == 200

        assert service.act("refetch", "other") == (
            404,
            {"source": "other", "action": "refetch", "error": "there is no source 'other'"},
        )
        assert service.act("refetch", "posts")[0] == 409
        assert service.act("erase", "news")[0] == 404


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        pytest.param("health: {}", {}, 200, id="everybody"),
        pytest.param("health: {show: nobody}", {}, 404, id="nobody"),
        pytest.param(f"health: {{show: token, token: {TOKEN}}}", {}, 401, id="needs the token"),
        pytest.param(f"health: {{show: token, token: {TOKEN}}}", BEARER, 200, id="the token as a bearer"),
        pytest.param(
            f"health: {{show: token, token: {TOKEN}}}",
            {"Authorization": basic("x", TOKEN)},
            200,
            id="as a password",
        ),
        pytest.param("serve: {auth: {ann: secret}}", {}, 401, id="users"),
        pytest.param("serve: {auth: {ann: secret}}", {"Authorization": basic("ann", "secret")}, 200, id="a user"),
        pytest.param("serve: {auth: {ann: secret}, public: true}", {}, 200, id="users, and public"),
    ],
)
def test_who_may_see_how_the_sources_do(
    instance: Instance, settings: str, headers: dict[str, str], status: int
) -> None:
    instance.write("config.yaml", f"seeds: {{posts: seeds/}}\n{settings}\n")
    with started(instance) as service:
        paths = ("/status/", "/status/status.json", "/metrics")
        assert [service.get(path, headers).status for path in paths] == [status] * 3
        assert service.get("/healthz").status == 200


def test_a_service_without_a_token_lets_nobody_act(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    with started(instance) as service:
        status, told = service.act("pause", "news", {"Authorization": "Bearer "})
        assert (status, told) == (403, {"error": "set health.token to allow this"})


def test_a_new_configuration_holds_for_the_server_too(instance: Instance) -> None:
    with started(instance) as service:
        service.next("pass")
        instance.write(
            "config.yaml",
            "seeds: {posts: seeds/}\nhealth: {show: nobody}\nserve: {port: 9999, renamed: {former: all}}\n",
        )
        assert "serve.port changed" in service.next("trouble")["text"]
        assert until(lambda: service.get("/former/atom.xml").status == 301)
        assert until(lambda: service.get("/status/").status == 404)


def test_a_port_that_is_taken_is_named(instance: Instance) -> None:
    with started(instance) as service:
        done = instance.feedbraid("start", "--port", str(service.port))
    assert done.returncode != 0
    assert "another program listens there; choose another port with --port" in done.stderr


def test_the_service_ends_in_good_order_with_its_server(instance: Instance) -> None:
    with started(instance) as service:
        service.next("pass")
        service.process.send_signal(signal.SIGTERM)
        assert service.next("trouble")["text"] == "terminated; nothing is half done"
        assert service.process.wait(15) == 128 + signal.SIGTERM


def test_after_each_run_health_is_written_where_that_is_wished(instance: Instance) -> None:
    instance.write(
        "config.yaml", "sources: {news: news.xml}\nhealth: {publish: true, metrics: metrics/feedbraid.prom}\n"
    )
    (instance.folder / "metrics").mkdir()
    assert instance.feedbraid("run").returncode == 0
    status = json.loads((instance.folder / "feeds/status/status.json").read_bytes())
    assert [one["name"] for one in status["sources"]] == ["posts", "news"]
    assert 'href="status/index.html"' in (instance.folder / "feeds/index.html").read_text(encoding="utf-8")
    assert (instance.folder / "feeds/status/index.html").is_file()
    families = text_string_to_metric_families((instance.folder / "metrics/feedbraid.prom").read_text())
    assert {"feedbraid_source_up", "feedbraid_last_run_timestamp_seconds"} <= {one.name for one in families}
    assert [one.name for one in (instance.folder / "metrics").iterdir()] == ["feedbraid.prom"]


def test_metrics_that_can_not_be_written_are_told_and_feeds_are_there(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\nhealth: {metrics: nowhere/feedbraid.prom}\n")
    done = instance.feedbraid("run")
    assert (done.returncode, "nowhere/feedbraid.prom" in done.stderr) == (4, True)
    assert instance.items()


def test_metrics_that_can_not_be_written_spoil_nothing_else_of_the_service(instance: Instance) -> None:
    instance.write(
        "config.yaml", f"sources: {{news: news.xml}}\nhealth: {{metrics: nowhere/x.prom, token: {TOKEN}}}\n"
    )
    with started(instance) as service:
        assert service.next("pass")["new"] == 2
        assert "nowhere/x.prom" in service.next("trouble")["text"]
        told = json.loads(service.get("/status/status.json").body)["service"]
        assert (bool(told["last_good_run"]), bool(told["next_due"])) == (True, True)
        assert "nowhere/x.prom" in " ".join(told["troubles"])


def test_what_is_written_after_a_pass_tells_of_that_pass(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: news.xml}\nhealth: {publish: true}\n")
    with started(instance) as service:
        service.next("pass")
        place = instance.folder / "feeds/status/status.json"
        assert until(place.is_file)
        assert json.loads(place.read_bytes())["service"]["next_due"] is not None


def test_a_store_that_is_damaged_is_told_and_feeds_are_served_on(instance: Instance) -> None:
    with started(instance) as service:
        service.next("pass")
        (instance.folder / ".feedbraid/state.db").write_bytes(b"damaged" * 1000)
        for rest in ("-wal", "-shm"):
            (instance.folder / f".feedbraid/state.db{rest}").unlink(missing_ok=True)
        instance.write("seeds/second.md", "---\ntitle: Second\n---\nText\n")
        assert "recover" in service.next("trouble")["text"]
        assert [service.get(path).status for path in ("/status/", "/metrics", "/status/")] == [503] * 3
        assert b"recover" in service.get("/metrics").body
        assert service.get("/all/atom.xml").status == 200
        assert service.act("pause", "news")[0] == 503


def test_a_configuration_that_breaks_is_told_on_the_status_page(instance: Instance) -> None:
    with started(instance) as service:
        service.next("pass")
        whole = (instance.folder / "config.yaml").read_text(encoding="utf-8")
        instance.write("config.yaml", "sources: [[[")
        service.next("trouble")
        assert until(lambda: b"config.yaml" in service.get("/status/").body)
        instance.write("config.yaml", whole)
        assert until(lambda: b"config.yaml" not in service.get("/status/").body)


def test_who_waits_for_an_action_is_answered_when_the_service_ends(instance: Instance) -> None:
    leaving = threading.Event()

    def hang(_: Seen) -> Iterator[bytes]:
        leaving.wait(30)
        yield b""

    with LoopbackServer({"/feed": hang}) as server:
        instance.write(
            "config.yaml",
            f"fetch: {{allow: ['127.0.0.1:{server.port}']}}\nhealth: {{token: {TOKEN}}}\n"
            f"sources: {{web: '{server.url('/feed')}'}}\n",
        )
        with started(instance) as service:
            assert until(lambda: server.paths != [])
            answers: list[tuple[int, dict[str, str]]] = []
            waiting = threading.Thread(target=lambda: answers.append(service.act("pause", "web")))
            waiting.start()
            assert service.get("/metrics").status == 200, "nobody else has to wait"
            service.process.send_signal(signal.SIGTERM)
            waiting.join(15)
            assert service.process.wait(15) == 128 + signal.SIGTERM
            leaving.set()
    assert [status for status, _ in answers] in ([503], [200])


def test_webhooks_are_told(instance: Instance) -> None:
    with LoopbackServer({"/hook": Reply(status=204)}) as server:
        instance.write(
            "config.yaml",
            "sources: {news: news.xml}\nhealth:\n  broken_after: 1\n  webhooks:\n"
            f"    - url: {server.url('/hook')}\n"
            "      template: 'Look: {title}'\n      content_type: text/plain\n",
        )
        (instance.folder / "news.xml").unlink()
        instance.feedbraid("run")
        assert [(one.method, one.path, one.body) for one in server.requests] == [
            ("POST", "/hook", b"Look: news is broken")
        ]
        instance.feedbraid("run", "--force")
        assert len(server.requests) == 1, "it is told once"


# --- what is decided --------------------------------------------------------------------------------------

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEAT = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("journal", "trouble"),
    [
        pytest.param(Journal(started=NOON), "", id="it has just begun"),
        pytest.param(Journal(started=NOON - timedelta(hours=1), succeeded=NOON), "", id="a good pass"),
        pytest.param(
            Journal(started=NOON - timedelta(hours=1)), "no good pass since it was started", id="never a good pass"
        ),
        pytest.param(
            Journal(
                started=NOON - timedelta(days=1), succeeded=NOON - timedelta(hours=1), troubles=("disk full",)
            ),
            "no good pass since 2026-03-01 11:00 UTC: disk full",
            id="none for long",
        ),
        pytest.param(
            Journal(started=NOON - timedelta(days=1), succeeded=NOON - 3 * BEAT, troubles=("disk full",)),
            "",
            id="trouble that is new",
        ),
    ],
)
def test_a_service_is_well_while_its_last_good_pass_is_recent(journal: Journal, trouble: str) -> None:
    assert trouble_of(journal, NOON, BEAT) == trouble


def test_a_pass_may_take_long_however_short_the_beat() -> None:
    journal = Journal(started=NOON - timedelta(days=1), succeeded=NOON - LEAST_LATE)
    assert trouble_of(journal, NOON, timedelta(seconds=1)) == ""
    assert trouble_of(journal, NOON + timedelta(seconds=1), timedelta(seconds=1)) != ""


def test_what_hubs_tell_in_quick_succession_is_asked_once_more() -> None:
    times = [100.0]
    pushes = Pushes(lambda: times[0])
    assert pushes.sorted_out(frozenset({Pushed("news"), Happened.TIME})) == (
        frozenset({Pushed("news"), Happened.TIME}),
        None,
    )
    times[0] += 1
    happened, later = pushes.sorted_out(frozenset({Pushed("news"), Pushed("other")}))
    assert happened == {Pushed("other")}
    assert later is not None
    times[0] += PUSHES_APART.total_seconds()
    assert pushes.sorted_out(frozenset({Happened.TIME})) == (frozenset({Pushed("news"), Happened.TIME}), None)
    assert pushes.sorted_out(frozenset({Happened.TIME})) == (frozenset({Happened.TIME}), None)


def test_a_courier_goes_on_after_a_delivery_that_fails() -> None:
    called = threading.Semaphore(0)
    complaints: list[str] = []

    def deliver() -> float | None:
        called.release()
        raise RuntimeError("no network")

    courier = Courier(deliver, complaints.append)
    courier.start()
    assert called.acquire(timeout=10)
    courier.ring()
    assert called.acquire(timeout=10)
    courier.stop()
    assert set(complaints) == {"messages could not be delivered: no network"}


def test_a_log_for_machines_is_one_object_in_a_line_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(as_json=True, clock=lambda: NOON)
    log.note("read\nhttps://ann:pass@news.example/?token=abc", "pass", new=3, source="a\x1b[31mb", nothing=None)
    log.pass_on("feedbraid: news: HTTP 500")
    out, err = capsys.readouterr()
    assert json.loads(out) == {
        "time": "2026-03-01T12:00:00.000Z",
        "level": "info",
        "event": "pass",
        "text": "read\\nhttps://***@news.example/?token=***",
        "new": 3,
        "source": "a\\x1b[31mb",
    }
    assert json.loads(err)["text"] == "news: HTTP 500"
    assert (out.count("\n"), err.count("\n")) == (1, 1)


def test_a_log_for_people_is_plain_and_a_quiet_one_tells_troubles_only(capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(as_json=False, is_quiet=True)
    log.note("all is well", "pass")
    log.complain("the disk is full")
    assert capsys.readouterr() == ("", "feedbraid: the disk is full\n")


def test_no_feed_can_be_called_as_what_the_service_answers_itself() -> None:
    async def admit(_: object) -> bool:
        return True

    board = NoticeBoard(Config(), BEAT, lambda _: None)
    routes = (
        *health_routes(board, HealthRules, admit),
        *callback_routes(Subscribers(Config), lambda _: None),
    )
    assert {route.path.split("/")[1] for route in routes} == TAKEN


def test_what_is_wanted_is_done_in_its_order_and_nobody_waits_for_ever() -> None:
    rung: list[object] = []
    board = NoticeBoard(Config(), BEAT, rung.append)
    waiting = [board.act(action, "news") for action in ("pause", "resume", "pause")]
    acts = [event for event in rung if isinstance(event, Act)]
    assert [one.action for one in sorted(acts, key=lambda one: one.number)] == ["pause", "resume", "pause"]
    board.stop()
    assert [one.result(0).status for one in waiting] == [503] * 3
    assert board.act("pause", "news").result(0).status == 503
