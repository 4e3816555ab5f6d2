"""The program as a service: a pass at once, passes when something is due, and an end when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from feedbraid.schedule import Ticker
from program import Instance

NEWS = (
    '<rss version="2.0"><channel><title>News</title><link>https://news.example/</link>'
    "<item><title>One</title><link>https://news.example/1</link></item></channel></rss>"
)


@contextmanager
def ended_at_last(process: subprocess.Popen[str]) -> Iterator[None]:
    """A process that does not end by itself must not hang the tests."""
    with process:
        try:
            yield
        finally:
            process.kill()


def test_work_is_done_at_once_and_again_until_stopped() -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        if len(calls) == 3:
            ticker.stop()

    ticker = Ticker(work, timedelta(milliseconds=10))
    ticker.run()
    assert len(calls) == 3


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_start_makes_a_pass_at_once_and_ends_when_told(tmp_path: Path, ending: signal.Signals) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {news: news.xml}\n")
    instance.write("news.xml", NEWS)
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "feedbraid", "start"],
        cwd=tmp_path,
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with ended_at_last(process):
        assert "wrote 7 files in feeds/" in process.stdout.readline()
        process.send_signal(ending)
        assert process.wait(timeout=30) == 128 + ending
    assert len(instance.items()) == 1


def test_a_broken_configuration_is_told_and_start_goes_on(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sorces: {}\n")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "feedbraid", "start"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    with ended_at_last(process):
        assert process.stderr.readline().startswith("config.yaml:1:1: ")
        assert process.poll() is None
        process.terminate()
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
