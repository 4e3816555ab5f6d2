"""Parser processes, all of them real: documents that hang, starve or kill one cost that one only."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from documents import URL, rss
from feedbraid import codec
from feedbraid.model import Failed, Fresh, OriginSpec, PageJob, PageText, ParseJob, Reading, Recipe
from feedbraid.workers import MEMORY, MOST_ASIDE, Workers

READING = Reading(spec=OriginSpec(name="news", kind="web", locations=(URL,)), feed_url=URL)
GOOD = rss("<title>T</title><item><title>One</title><link>https://site.example/1</link></item>")

SLOW = rss("</b><item><title>" + "&amp;" * 3_000_000 + "</title></item>")
"""Fifteen megabytes that only the loose parser reads, piece by piece: far longer than the deadlines here."""


def job(document: str, url: str = URL) -> ParseJob:
    return ParseJob(reading=replace(READING, feed_url=url), body=document.encode(), content_type="text/xml")


def ask(workers: Workers, *jobs: ParseJob) -> list[Fresh | Failed]:
    async def asked() -> list[Fresh | Failed]:
        async with workers:
            return [await workers.run(one) for one in jobs]

    return asyncio.run(asked())


def titles(outcome: Fresh | Failed) -> list[str]:
    assert isinstance(outcome, Fresh), outcome
    return [one.entry.title for one in outcome.entries]


# --- ordinary work ----------------------------------------------------------------------------------------


def test_a_document_comes_back_as_entries() -> None:
    (outcome,) = ask(Workers(1), job(GOOD))
    assert titles(outcome) == ["One"]


def test_a_document_that_is_no_feed_comes_back_with_the_reason() -> None:
    assert ask(Workers(1), job("<html>")) == [Failed(reason="this is a web page, not a feed")]


def test_one_process_answers_many_jobs() -> None:
    async def work() -> set[int]:
        async with Workers(1) as workers:
            seen = set()
            for number in range(5):
                assert titles(await workers.run(job(GOOD.replace("One", str(number))))) == [str(number)]
                seen |= {process.pid for process in workers._idle}
            return seen

    assert len(asyncio.run(work())) == 1


@pytest.mark.parametrize(("long_wait", "processes"), [(0.0, 2), (60.0, 1)])
def test_never_more_processes_than_allowed_and_no_second_one_while_nobody_waits_long(
    long_wait: float, processes: int
) -> None:
    async def work() -> int:
        async with Workers(2, deadline=60.0, patience=60.0, long_wait=long_wait) as workers:
            outcomes = await asyncio.gather(*(workers.run(job(GOOD)) for _ in range(9)))
            assert [titles(outcome) for outcome in outcomes] == [["One"]] * 9
            return len(workers._idle)

    assert asyncio.run(work()) == processes


def test_no_process_is_started_before_there_is_work() -> None:
    async def work() -> int:
        async with Workers(4) as workers:
            return len(workers._idle)

    assert asyncio.run(work()) == 0


def test_a_body_of_20_megabytes_passes_the_pipes_both_ways() -> None:
    body = rss(f"<title>T</title><item><title>One</title><description>{'word ' * 4_000_000}</description></item>")
    small, large = ask(Workers(1, deadline=60.0), job(GOOD), job(body))
    assert titles(small) == titles(large) == ["One"]


def test_foreign_text_survives_the_way_there_and_back() -> None:
    (outcome,) = ask(Workers(1), job(GOOD.replace("One", "今天 𠮷 é"), url="https://site.example/é?\udcff"))
    assert titles(outcome) == ["今天 𠮷 é"]


def page_job(page: str, *css: str) -> PageJob:
    return PageJob(
        url="https://site.example/1", recipe=Recipe(css=css), body=page.encode(), content_type="text/html"
    )


def test_a_page_comes_back_as_the_text_of_a_post() -> None:
    async def work() -> PageText | Failed:
        async with Workers(1) as workers:
            return await workers.run(page_job("<html><p>今天 𠮷</p><p>b</p>", "p:first-child"))

    assert asyncio.run(work()) == PageText("<p>今天 𠮷</p>")


def test_one_process_reads_documents_and_pages() -> None:
    async def work() -> tuple[object, ...]:
        async with Workers(1) as workers:
            first = await workers.run(job(GOOD))
            pages = [await workers.run(page_job("<html><p>a</p>", name)) for name in ("p", "h1")]
            last = await workers.run(job(GOOD))
            assert len(workers._idle) == 1
            return titles(first), *pages, titles(last)

    nothing = Failed(reason="nothing on the page is named by h1")
    assert asyncio.run(work()) == (["One"], PageText("<p>a</p>"), nothing, ["One"])


# --- trouble ----------------------------------------------------------------------------------------------


def test_a_document_that_takes_too_long_is_stopped_and_the_next_one_is_read() -> None:
    slow, good = ask(Workers(1, deadline=4.0), job(SLOW), job(GOOD))
    assert slow == Failed(reason="the parser was stopped after 4 s")
    assert titles(good) == ["One"]


def test_t3_a_page_that_takes_too_long_is_stopped_and_the_next_one_is_read() -> None:
    async def work() -> tuple[PageText | Failed, PageText | Failed]:
        async with Workers(1, deadline=1.5) as workers:
            slow = await workers.run(page_job("<html>" + "<p>x</p>" * 4000, "p ~ p ~ p ~ p"))
            return slow, await workers.run(page_job("<html><p>a</p>", "p"))

    assert asyncio.run(work()) == (Failed(reason="the parser was stopped after 1.5 s"), PageText("<p>a</p>"))


def test_a_document_that_eats_memory_fails_and_the_next_one_is_read() -> None:
    large = rss(f"<item><title>{'x' * 40_000_000}</title></item>")
    eaten, good = ask(Workers(1, deadline=60.0, memory=100 * 1024**2), job(large), job(GOOD))
    assert eaten == Failed(reason="the parser ran out of memory")
    assert titles(good) == ["One"]


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGSEGV, id="crash"), pytest.param(signal.SIGKILL, id="kill")]
)
def test_a_process_that_dies_at_work_fails_its_job_alone(number: signal.Signals) -> None:
    async def work() -> tuple[Fresh | Failed, Fresh | Failed, Fresh | Failed]:
        async with Workers(2, deadline=60.0, patience=60.0) as workers:
            await asyncio.gather(workers.run(job(GOOD)), workers.run(job(GOOD)))
            victim = asyncio.create_task(workers.run(job(SLOW)))
            await asyncio.sleep(0)
            (process,) = workers._busy
            other = asyncio.create_task(workers.run(job(GOOD)))
            process.send_signal(number)
            return await victim, await other, await workers.run(job(GOOD))

    victim, other, after = asyncio.run(work())
    assert victim == Failed(reason=f"the parser ran out of memory or crashed (signal {number.value})")
    assert titles(other) == titles(after) == ["One"]


def test_a_process_that_died_while_idle_is_replaced() -> None:
    async def work() -> Fresh | Failed:
        async with Workers(1) as workers:
            await workers.run(job(GOOD))
            (process,) = workers._idle
            process.kill()
            await process.wait()
            return await workers.run(job(GOOD))

    assert titles(asyncio.run(work())) == ["One"]


def test_a_process_that_can_not_start_fails_the_job() -> None:
    large = GOOD.replace("One", "One " * 2_000_000)  # a small one may fit into what the process has by then
    (outcome,) = ask(Workers(1, memory=1), job(large))
    assert isinstance(outcome, Failed)
    assert "the parser" in outcome.reason


def test_a_job_that_is_given_up_takes_its_process_with_it() -> None:
    async def work() -> tuple[int, Fresh | Failed]:
        async with Workers(1, deadline=60.0) as workers:
            await workers.run(job(GOOD))
            task = asyncio.create_task(workers.run(job(SLOW)))
            await asyncio.sleep(0)
            (process,) = workers._busy
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return process.returncode or 0, await workers.run(job(GOOD))

    status, after = asyncio.run(work())
    assert status == -signal.SIGKILL
    assert titles(after) == ["One"]


def test_leaving_ends_the_processes_at_work_too() -> None:
    async def work() -> tuple[Fresh | Failed, int | None]:
        workers = Workers(1, deadline=60.0)
        async with workers:
            await workers.run(job(GOOD))
            task = asyncio.create_task(workers.run(job(SLOW)))
            await asyncio.sleep(0)
            (process,) = workers._busy
        return await task, process.returncode

    outcome, status = asyncio.run(work())
    assert outcome == Failed(reason="the parser ran out of memory or crashed (signal 9)")
    assert status == -signal.SIGKILL


def test_f4_leaving_does_not_hang_while_processes_are_being_started() -> None:
    program = (
        "import asyncio, test_workers as own\n"
        "async def work():\n"
        "    async with own.Workers(2, deadline=60.0) as workers:\n"
        "        tasks = [asyncio.create_task(workers.run(own.job(own.GOOD))) for _ in range(2)]\n"
        "        await asyncio.sleep(0)\n"
        "        raise LookupError\n"
        "asyncio.run(work())\n"
    )
    env = {**os.environ, "PYTHONPATH": os.path.dirname(__file__)}  # noqa: PTH120  # shorter
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, timeout=30, check=False)
    assert done.stderr.splitlines()[-1] == b"LookupError"


# --- the process itself -----------------------------------------------------------------------------------


def test_the_worker_ends_with_its_input_and_prints_nothing_else() -> None:
    command = [sys.executable, "-m", "feedbraid.parse", str(MEMORY), "30"]
    header = codec.encode(job("")).encode()
    lengths = len(header).to_bytes(4, "big") + len(GOOD.encode()).to_bytes(4, "big")
    frame = b"\0" + lengths + header + GOOD.encode()
    ended = subprocess.run(command, input=frame * 2 + b"cut", capture_output=True, check=True, env={**os.environ})
    kind, length = ended.stdout[0], int.from_bytes(ended.stdout[1:5], "big")
    assert kind == 0
    assert len(ended.stdout) == 2 * (5 + length)
    assert titles(codec.decode(Fresh, ended.stdout[5 : 5 + length])) == ["One"]
    assert ended.stderr == b""


# --- one for all ------------------------------------------------------------------------------------------


def order_of_answers(workers: Workers, *jobs: ParseJob) -> list[int]:
    """Give the numbers of the jobs in the order in which they were answered."""
    answered: list[int] = []

    async def run(number: int) -> None:
        await workers.run(jobs[number])
        answered.append(number)

    async def work() -> None:
        async with workers:
            await asyncio.gather(*map(run, range(len(jobs))))

    asyncio.run(work())
    return answered


def test_t3_a_document_that_takes_long_does_not_stop_the_others() -> None:
    workers = Workers(1, deadline=3, patience=0.2)
    assert order_of_answers(workers, job(SLOW), job(GOOD), job(GOOD))[-1] == 0


def test_t3_only_so_many_documents_may_take_long() -> None:
    workers = Workers(1, deadline=2, patience=0.2)
    assert order_of_answers(workers, *[job(SLOW)] * MOST_ASIDE, job(SLOW), job(GOOD))[-1] == MOST_ASIDE + 1


def test_i8_an_answer_that_is_too_long_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedbraid.workers.MOST_ANSWERED", 100)
    (outcome,) = ask(Workers(1), job(GOOD))
    assert outcome == Failed(reason="cleaned, the document is longer than 100 bytes")
