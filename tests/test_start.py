"""The program as a service: a pass at once, passes when something is due, and an end when it is told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest

from factories import entry
from fakes import NOW, FakeSource, World, fresh
from feedbraid.app import Choices
from feedbraid.cli._acts import Asked, Pushed
from feedbraid.cli.start import dues_of, passes, together
from feedbraid.configtext import parse_config
from feedbraid.model import Failed, Interval, Validators
from feedbraid.schedule import Due, Event, Happened, Loop
from feedbraid.take_in import take_in
from feedbraid.watch import Changed
from loopback import LoopbackServer, Seen
from program import Instance

NEWS = (
    '<rss version="2.0"><channel><title>News</title><link>https://news.example/</link>'
    "<item><title>One</title><link>https://news.example/1</link></item></channel></rss>"
)

BEAT = timedelta(milliseconds=20)


def beats_of(work: Callable[[int], None], *, until: int) -> list[float]:
    """Let a loop call `work`, with the number of the call, `until` so many calls; give when each began."""
    began: list[float] = []

    def call(_: frozenset[Event]) -> tuple[Due, ...]:
        began.append(time.monotonic())
        work(len(began))
        if len(began) == until:
            loop.ring(Happened.END)
        return ()

    loop = Loop(call, BEAT, clock=lambda: Clock.now(UTC))
    thread = Thread(target=loop.run, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "it waits for ever"
    return began


def gaps(began: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(began)]


def test_work_is_done_at_once_and_again_until_stopped() -> None:
    assert len(beats_of(lambda _: None, until=3)) == 3


def test_f47_a_call_that_takes_longer_than_the_interval_is_made_up_for_once() -> None:
    def work(number: int) -> None:
        if number == 1:
            time.sleep(10 * BEAT.total_seconds())  # it is the length of the work that is tested

    first, second, third = gaps(beats_of(work, until=4))
    assert first >= 10 * BEAT.total_seconds(), "never two at once"
    assert min(second + third, third) > BEAT.total_seconds() / 2, "and not ten at once afterwards"


class Clock(datetime):
    """The time of day of a machine whose clock is set by `work`."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain one will do
        return datetime.now(tz) + cls.ahead  # noqa: TID251  # stands in for the clock of the machine


@pytest.mark.parametrize(
    "jump",
    [
        pytest.param(timedelta(days=-1), id="F17 back a day"),
        pytest.param(timedelta(days=-3650), id="F17 back ten years"),
        pytest.param(timedelta(days=1), id="F18 on a day"),
        pytest.param(timedelta(days=3650), id="F18 on ten years"),
    ],
)
def test_f17_f18_a_clock_that_is_set_neither_stops_the_work_nor_multiplies_it(
    jump: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Clock)
    monkeypatch.setattr(Clock, "ahead", timedelta())

    def work(number: int) -> None:
        if number == 2:
            Clock.ahead = jump

    began = beats_of(work, until=5)
    assert began[-1] - began[0] < 10
    assert min(gaps(began)[2:]) > BEAT.total_seconds() / 2


SLEEPER = """
import time
from datetime import timedelta
from feedbraid.schedule import Loop
def work(_):
    print(time.monotonic(), flush=True)
    return ()
Loop(work, timedelta(milliseconds=50)).run()
"""


def test_f50_a_machine_that_was_asleep_makes_one_pass_on_waking() -> None:
    with ended_at_last(subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.PIPE)) as process:
        assert process.stdout is not None
        began = [float(process.stdout.readline())]
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)  # ten beats are missed
        process.send_signal(signal.SIGCONT)
        began += [float(process.stdout.readline()) for _ in range(5)]
    waking = max(range(5), key=lambda number: gaps(began)[number])
    assert gaps(began)[waking] > 0.3, "it was asleep"
    later = gaps(began)[waking + 1 :]
    # One beat may be late on a busy machine, and the next one near it then.
    assert sum(later) > 0.05 * (len(later) - 1) - 0.02, "and nothing is made up for afterwards"


# --- the program ------------------------------------------------------------------------------------------


@contextmanager
def ended_at_last(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not end by itself must not hang the tests."""
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def started(instance: Instance, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "feedbraid", "start", "--no-server", "--log", "people", *arguments]
    process = subprocess.Popen(
        command, cwd=instance.folder, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with ended_at_last(process):
        yield process


def out(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()


def err(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().decode()


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", "sources: {news: news.xml}\n")
    made.write("news.xml", NEWS)
    return made


def test_start_makes_a_pass_at_once_and_ends_when_it_is_interrupted(instance: Instance) -> None:
    with started(instance) as process:
        assert "wrote 7 files in feeds/" in out(process)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 128 + signal.SIGINT
        assert "interrupted; nothing is half done" in err(process)
    assert len(instance.items()) == 1


def test_f4_start_ends_in_the_middle_of_a_pass_too(instance: Instance) -> None:
    def never(_: Seen) -> Iterator[bytes]:
        server.leaving.wait()
        yield b""

    with LoopbackServer({"/never": never}) as server:
        allow = f'fetch: {{allow: ["127.0.0.1:{server.port}"]}}\n'
        instance.write("config.yaml", f"{allow}sources: {{never: {server.url('/never')}}}\n")
        with started(instance) as process:
            while not server.paths:
                server.leaving.wait(0.01)
            begun = time.monotonic()
            process.terminate()
            assert process.wait(timeout=30) == 128 + signal.SIGTERM
            assert 2.5 < time.monotonic() - begun < 6, "it had its time to come to an end"
            assert "terminated; nothing is half done" in err(process)


def test_f29_a_service_without_a_usable_configuration_does_not_start(instance: Instance) -> None:
    instance.write("config.yaml", "sorces: {}\n")
    done = instance.feedbraid("start", "--log", "people")
    assert done.returncode == 2
    assert done.stderr.startswith("config.yaml:1:1: ")


def swap(instance: Instance, name: str, text: str) -> None:
    """Write a file at one go: the service may look at any moment."""
    instance.write("new", text).replace(instance.folder / name)


def test_f31_a_configuration_that_breaks_is_told_and_the_former_one_holds_until_it_is_mended(
    instance: Instance,
) -> None:
    good = "sources: {news: news.xml}\nseeds: {posts: seeds/}\n"
    instance.write("config.yaml", good)
    instance.write("seeds/1.md", "---\ntitle: First\n---\nText\n")
    with started(instance) as process:
        assert "2 new" in out(process)
        swap(instance, "config.yaml", f"sorces: {{}}\n{good}")
        assert err(process).startswith("config.yaml:1:1: ")
        assert "config.yaml can not be used; it goes on with the former one" in err(process)
        swap(instance, "seeds/2.md", "---\ntitle: Second\n---\nText\n")
        assert "1 new" in out(process)
        assert {item["title"] for item in instance.items()} == {"One", "First", "Second"}
        swap(instance, "config.yaml", f"{good}feeds: {{seeds: {{from: posts}}}}\n")
        assert "config.yaml has changed; it holds from now on" in out(process)
        assert "seeds/atom.xml" in out(process)
        process.terminate()
        process.wait(timeout=30)
        assert "nothing is half done" in err(process), "and the trouble was told once"


def test_a_beat_that_makes_no_sense_is_named(instance: Instance) -> None:
    done = instance.feedbraid("start", "--beat=nan")
    assert (done.returncode, "'nan' is no number of seconds" in done.stderr) == (2, True)


# --- what it decides --------------------------------------------------------------------------------------

SEEDS, CONFIG = Changed(seeds=True), Changed(config=True)
FEEDS = Changed(sources=frozenset({"b", "a"}))
DUE, QUIETLY, READ = Choices(), Choices(network=False), Choices(force=True, only=("a", "b"))


@pytest.mark.parametrize(
    ("happened", "is_new", "made"),
    [
        pytest.param({Happened.START}, False, (DUE,), id="it begins"),
        pytest.param({Happened.TIME}, False, (DUE,), id="something is due"),
        pytest.param({Happened.CLOCK}, False, (DUE,), id="the clock was set"),
        pytest.param({Happened.RELOAD}, False, (DUE,), id="SIGHUP"),
        pytest.param({SEEDS}, False, (QUIETLY,), id="a saved seed asks nobody"),
        pytest.param({SEEDS, Happened.TIME}, False, (DUE,), id="every pass reads seeds"),
        pytest.param({FEEDS}, False, (READ,), id="a feed file is read though it is not due"),
        pytest.param({FEEDS, SEEDS}, False, (READ,), id="with the seeds"),
        pytest.param({FEEDS, Happened.TIME}, False, (READ, DUE), id="and then what is due is asked"),
        pytest.param({CONFIG}, True, (DUE,), id="another configuration"),
        pytest.param({CONFIG}, False, (), id="the same configuration, saved again, or a broken one"),
        pytest.param({CONFIG, SEEDS}, False, (QUIETLY,), id="with a saved seed"),
        pytest.param({Asked("web")}, False, (Choices(force=True, only=("web",)),), id="somebody wants it"),
        pytest.param({Pushed("web")}, False, (Choices(only=("web",), news=("web",)),), id="a hub tells of news"),
        pytest.param(
            {Pushed("web"), Happened.TIME}, False, (Choices(only=("web",), news=("web",)), DUE), id="at its time"
        ),
    ],
)
def test_what_happened_decides_which_passes_are_made(
    happened: set[Event],
    is_new: bool,  # noqa: FBT001  # a column of the table
    made: tuple[Choices, ...],
) -> None:
    assert passes(happened, is_new=is_new) == made


@pytest.mark.parametrize(
    ("left", "more", "made"),
    [
        pytest.param((), (DUE,), (DUE,), id="nothing is left"),
        pytest.param((DUE,), (DUE,), (DUE,), id="the same"),
        pytest.param((QUIETLY,), (DUE,), (DUE,), id="one that includes it"),
        pytest.param((READ,), (QUIETLY,), (READ,), id="one that was there already"),
        pytest.param((READ,), (READ, DUE), (READ, DUE), id="another one"),
    ],
)
def test_passes_that_could_not_be_made_are_made_with_the_next(
    left: tuple[Choices, ...], more: tuple[Choices, ...], made: tuple[Choices, ...]
) -> None:
    assert together(left, more) == made


HOUR = timedelta(hours=1)


def test_after_a_pass_the_next_due_times_are_known(tmp_path: Path) -> None:
    busy = Failed(reason="429", status=429, retry_after=5 * HOUR, scope="busy.example")
    one = replace(fresh(), validators=Validators(etag=b'"a"'))
    sources = {"posts": FakeSource([fresh()]), "one": FakeSource([one]), "busy": FakeSource([busy])}
    app = World(tmp_path, sources).app()
    take_in(app, NOW, Choices())
    every = Interval(every=HOUR)
    assert list(dues_of(app, NOW, {"one", "busy"}, {})) == [Due(NOW + HOUR, every), Due(NOW + 5 * HOUR, every)]
    late = NOW + 2 * HOUR
    seen = {
        "left as due as it was": ({"one"}, {}, timedelta(minutes=1)),
        "not asked in this pass": ((), {}, timedelta()),
        "waits for its turn": ((), {"one": timedelta(minutes=7)}, timedelta(minutes=7)),
    }
    for why, (asked, waits, wait) in seen.items():
        assert next(dues_of(app, late, asked, waits)) == Due(late + wait, every), why


def test_a_post_that_is_held_back_is_looked_for_when_its_time_comes(tmp_path: Path) -> None:
    to_come = fresh(entry("https://x.example/1", published=NOW + 3 * HOUR))
    app = World(tmp_path, {"posts": FakeSource([to_come])}).app()
    take_in(app, NOW, Choices())
    assert list(dues_of(app, NOW, (), {})) == [Due(NOW + 3 * HOUR)]
    assert list(dues_of(app, NOW + 3 * HOUR, (), {})) == []


# --- the page ---------------------------------------------------------------------------------------------

PAGE = Path(__file__).parent.parent / "docs/running.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_commands_of_cron_and_systemd_on_the_page_work(instance: Instance) -> None:
    cron = [line.partition("&&")[2].split() for line in "".join(blocks("crontab")).splitlines()]
    units = [
        line.partition("/bin/")[2].split() for line in "".join(blocks("ini")).splitlines() if "ExecStart" in line
    ]
    commands = {tuple(words[1:]) for words in (*cron, *units) if words[0] == "feedbraid"}
    assert {words[0] for words in commands} == {"run", "start"}
    for words in commands - {("start",)}:
        done = instance.feedbraid(*words)
        assert (done.returncode, done.stderr) == (0, ""), words


def test_the_settings_of_the_page_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDBRAID_TOKEN", "0123456789abcdef")
    monkeypatch.setenv("CHAT_WEBHOOK", "https://chat.example/hook/1")
    schedules, *others = (parse_config(block, "config.yaml") for block in sorted(blocks("yaml"), key=_is_other))
    assert [len(config.health.webhooks) for config in others] == [0, 2]
    for config in [schedules]:
        assert {spec.name for spec in config.sources} == {"hourly", "often", "morning", "nightly"}
        assert config.spread == timedelta(minutes=10)
        assert {spec.schedule.jitter for spec in config.sources} == {timedelta(minutes=5)}


def _is_other(block: str) -> bool:
    return "sources:" not in block


def test_the_units_of_the_page_are_units() -> None:
    run, timer, service = (unit_of(text) for text in blocks("ini"))
    assert run["Service"]["Type"] == "oneshot"
    assert timer["Timer"]["Persistent"] == "true"
    wanted = {
        "Type": "notify",
        "ExecReload": "/bin/kill -HUP $MAINPID",
        "SuccessExitStatus": str(128 + signal.SIGTERM),
        "WatchdogSec": "5min",
    }
    assert wanted.items() <= dict(service["Service"]).items()


def unit_of(text: str) -> RawConfigParser:
    parser = RawConfigParser()
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the way to keep capitals
    parser.read_string(text)
    return parser
