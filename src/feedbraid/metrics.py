"""Metrics for Prometheus: as an answer to a scrape, and as a file for the node exporter.

Every exposition is made from facts alone, in a registry of its own: nothing is counted in the process, so a single
`run` from cron has the same metrics as the service.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from feedbraid.health import Standing, State
from feedbraid.service import Queue, Service

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

STATES: tuple[State, ...] = get_args(State)
"""All are told, also those that no source is in: a series that comes and goes can not be watched."""


def metrics(standings: Sequence[Standing], service: Service) -> bytes:
    """Write the metrics in the text format of Prometheus, version 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Facts(standings, service))
    return generate_latest(registry)


class _Facts(Collector):
    """What is known, as families of metrics."""

    def __init__(self, standings: Sequence[Standing], service: Service) -> None:
        self._standings = standings
        self._service = service

    def collect(self) -> Iterable[Metric]:
        """Give all families, those of the service first."""
        yield from _of_service(self._service)
        if self._service.queue is not None:
            yield from _of_queue(self._service.queue)
        yield from _of_feeds(self._service)
        yield _of_states(self._standings)
        yield from _of_sources(self._standings)


def _of_service(service: Service) -> Iterator[Metric]:
    build = GaugeMetricFamily("feedbraid_build_info", "The version that runs; always 1.", labels=["version"])
    build.add_metric([service.version], 1)
    yield build
    yield _gauge("errands_waiting", "Messages for other servers that wait to be delivered.", service.errands)
    yield _gauge("troubles", "What the operator has to mend.", len(service.troubles))
    if service.pass_seconds is not None:
        yield _gauge("pass_duration_seconds", "How long the last pass took.", service.pass_seconds)
    for name, words, when in (
        ("started", "When the service was started.", service.started),
        ("last_run", "When the last pass ended.", service.last_run),
        ("last_good_run", "When the last pass ended that could do all it had to.", service.last_good_run),
        ("next_fetch", "When the next source is asked.", service.next_due),
    ):
        if when:
            yield _gauge(f"{name}_timestamp_seconds", words, when.timestamp())


def _of_queue(queue: Queue) -> Iterator[Metric]:
    jobs = _family("queue_jobs", "Hosts that wait for a worker, and those that are being read.", "state")
    jobs.add_metric(["waiting"], queue.waiting)
    jobs.add_metric(["running"], queue.running)
    yield jobs
    yield _gauge("queue_lag_seconds", "For how long the first host in the queue has waited.", queue.lag_seconds)
    yield _gauge("workers", "Workers that were heard of within a lease.", queue.workers)


def _of_feeds(service: Service) -> Iterator[Metric]:
    entries = _family("feed_entries", "Entries in the live document of a feed.", "feed")
    updated = _family("feed_updated_timestamp_seconds", "When the newest entry of a feed was updated.", "feed")
    for feed in service.feeds:
        entries.add_metric([feed.name], feed.entries)
        _add_moment(updated, feed.name, feed.updated)
    yield entries
    yield updated


def _of_states(standings: Iterable[Standing]) -> Metric:
    family, counts = _family("sources", "Sources in a state.", "state"), Counter(one.state for one in standings)
    for state in STATES:
        family.add_metric([state], counts[state])
    return family


def _of_sources(standings: Iterable[Standing]) -> Iterator[Metric]:
    up = _family("source_up", "1 when a source could be read at the last try, else 0.", "source")
    failures = _family("source_failures", "Failures in a row.", "source")
    success = _family("source_last_success_timestamp_seconds", "When a source was last read.", "source")
    new = _family("source_last_new_post_timestamp_seconds", "When a source last brought a new post.", "source")
    due = _family("source_next_fetch_timestamp_seconds", "When a source is asked next.", "source")
    stored = _family("source_stored_entries", "Entries of a source that are stored.", "source")
    entries = _family("source_entries", "What became of the entries of a source.", "source", "fate")
    visits = CounterMetricFamily(
        "feedbraid_source_visits",
        "Fetches of a source by their result, since the day began in UTC.",
        labels=["source", "result"],
    )
    found = CounterMetricFamily(
        "feedbraid_source_new_entries",
        "Entries of a source that were new, since the day began in UTC.",
        labels=["source"],
    )
    for one in standings:
        up.add_metric([one.name], int(_is_up(one)))
        failures.add_metric([one.name], one.failures)
        _add_moment(success, one.name, one.succeeded)
        _add_moment(new, one.name, one.changed)
        _add_moment(due, one.name, one.due)
        stored.add_metric([one.name], one.entries)
        for fate, count in _fates(one):
            entries.add_metric([one.name, fate], count)
        if one.days:
            today = one.days[-1]
            for result, count in (("read", today.read), ("unchanged", today.unchanged), ("failed", today.failed)):
                visits.add_metric([one.name, result], count)
            found.add_metric([one.name], today.new)
    yield from (up, failures, success, new, due, stored, entries, visits, found)


def _is_up(one: Standing) -> bool:
    return one.succeeded is not None and not one.failures and one.state not in ("broken", "gone", "failing")


def _fates(one: Standing) -> Iterator[tuple[str, int]]:
    """Give how many entries met which fate."""
    counts = {
        "shown": one.shown,
        "merged": one.merged,
        "held": one.held,
        "filtered": one.filtered,
        "skipped": len(one.skipped),
    }
    return iter(counts.items())


def _family(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"feedbraid_{name}", words, labels=labels)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"feedbraid_{name}", words, value=value)


def _add_moment(family: GaugeMetricFamily, label: str, when: datetime | None) -> None:
    if when is not None:
        family.add_metric([label], when.timestamp())
