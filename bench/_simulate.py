"""A cluster in numbers: sources on hosts, a scheduler, workers and one who writes feeds, event by event.

Nothing is asked and nothing is stored: what each thing takes is given (`Costs`), and so is the world (`World`).
The same seed gives the same hour. What is modelled, and in the words of the program:

- a host is one job; the scheduler hands it out when one of its sources is due, in rounds; jobs are taken in order;
- a job reads the sources of its host that are due when it begins, one after the other, and leaves a host alone
  for `spacing` times the time of its last answer, for `LONGEST` seconds at most (`feedbraid.fetch`);
- a worker has `hosts` places and one core, which is also what waits while the database is asked: what is to be
  done there is done in turn;
- one worker at a time writes feeds, on its own core, `WITHIN` seconds after the first change.
"""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from math import exp, inf
from operator import mul
from statistics import NormalDist

SPACING, LONGEST = 5.0, 5.0
"""Of `FetchRules.spacing` and `_LONGEST_SPACE`."""

EARLY = 30.0
"""Seconds before it is due a source is taken along (`policy.TOLERANCE`)."""

WITHIN = 60.0
"""Seconds from the first change until feeds are written."""

HOUR = 3600.0

SLICE = 0.1
"""Seconds for which whoever writes feeds has the core at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What things take: seconds of a core, unless it says otherwise. `each` is for every source that there is."""

    visit: float
    """304, or the same bytes again."""
    news: float
    """A document with one new post, besides the visit."""
    job: float = 0.0
    job_each: float = 0.0
    round_each: float = 0.0
    hand_out: float = 0.0
    finish: float = 0.0
    finish_each: float = 0.0
    finish_pair: float = 0.0
    """For every pair of sources."""
    finish_post: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The sources, and how they answer."""

    sources: int
    tail: float = 1.3
    """A host has at least n sources with a chance of n to the power of minus this."""
    largest: float = 0.03
    """Of all sources, a host has this part at most."""
    latency: float = 0.3
    """Seconds of the median host."""
    spread: float = 0.9
    """Of latencies: that of the logarithm, so that one host in ten takes more than three times the median."""
    silent: float = 0.01
    """Of all hosts: these do not answer within `patience`."""
    patience: float = 10.0
    news: float = 1 / 24
    """Of all visits: one new post a day."""
    jitter: float = 180.0
    """Seconds that an hour is shorter or longer, at most."""
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What there is to do it with."""

    workers: int
    hosts: int = 8
    """At a time, of each worker."""
    queue: int = 10_000
    tick: float = EARLY
    """Seconds between two rounds of the scheduler, at least: whatever is due until then was taken along."""


@dataclass(slots=True)
class Seen:
    """What happened in the hours that count."""

    late: list[float] = field(default_factory=list)
    """Of each visit to a host that is not too large, seconds."""
    missed: int = 0
    """Sources that were still waiting at the end, for longer than the lateness that counts."""
    per_host: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    jobs: int = 0
    news: int = 0
    longest_queue: int = 0
    finishes: list[float] = field(default_factory=list)
    """How long writing feeds took, each time."""
    busy: float = 0.0
    """Seconds of all cores."""
    rounds: float = 0.0
    """Seconds of the scheduler."""
    last: float = 0.0
    """When the last visit was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out of it."""

    world: World
    means: Means
    seen: Seen
    seconds: float
    hosts: int
    largest: int
    """Sources of the largest host."""
    too_large: int
    """Sources on hosts that can not be asked for all of theirs in an hour, however many workers there are.

    They are read as often as that is possible, and are not judged.
    """

    def share_late(self, bound: float) -> float:
        """Give the part of the visits that came later than so many seconds, or not at all."""
        late = sum(one > bound for one in self.seen.late) + self.seen.missed
        return late / max(1, len(self.seen.late) + self.seen.missed)

    def late(self, part: float) -> float:
        """Give the lateness that this part of all visits did not exceed."""
        found = sorted(self.seen.late)
        return found[min(len(found) - 1, int(part * len(found)))] if found else 0.0

    @property
    def use(self) -> float:
        """Give the part of all cores that was used."""
        return self.seen.busy / (self.seconds * self.means.workers)


def hosts_of(world: World) -> list[list[int]]:
    """Share the sources out to hosts."""
    chance = random.Random(world.seed)  # noqa: S311  # the same hour each time; no secret
    found: list[list[int]] = []
    given, most = 0, max(1, int(world.sources * world.largest))
    while given < world.sources:
        size = min(int((1.0 - chance.random()) ** (-1.0 / world.tail)), most, world.sources - given)
        found.append(list(range(given, given + size)))
        given += size
    return found


def _parted(sizes: Sequence[int]) -> Iterator[list[int]]:
    given = 0
    for size in sizes:
        yield list(range(given, given + size))
        given += size


def latencies_of(world: World, count: int) -> list[float]:
    """Give the time that each host takes for an answer, in seconds."""
    chance = random.Random(world.seed + 1)  # noqa: S311  # as above
    normal, found = NormalDist(), []
    for _ in range(count):
        silent, place = chance.random() < world.silent, chance.random()
        slow = world.latency * exp(world.spread * normal.inv_cdf(min(max(place, 1e-6), 1 - 1e-6)))
        found.append(world.patience if silent else min(slow, world.patience))
    return found


def space(latency: float) -> float:
    """Give how long a host is left alone after an answer."""
    return min(latency * SPACING, LONGEST)


@dataclass(slots=True)
class _Worker:
    free: int
    core: float = 0.0
    """When its core has done what it was given."""


@dataclass(slots=True)
class _Job:
    host: int
    worker: _Worker
    left: deque[int]


class Simulation:
    """One run of a cluster."""

    def __init__(self, world: World, costs: Costs, means: Means, sizes: Sequence[int] = ()) -> None:
        """Begin with nothing; `sizes` are those of the hosts, where the world's own are not wanted."""
        self._world, self._costs, self._means = world, costs, means
        self.hosts = hosts_of(world) if not sizes else list(_parted(sizes))
        self._latency = latencies_of(world, len(self.hosts))
        pairs = zip(self.hosts, self._latency, strict=True)
        self._is_too_large = [len(one) * (latency + space(latency)) > HOUR for one, latency in pairs]
        self._chance = random.Random(world.seed + 2)  # noqa: S311  # as above
        self._due = [0.0] * world.sources
        self._job = costs.job + costs.job_each * world.sources
        self._workers = [_Worker(means.hosts) for _ in range(means.workers)]
        self._events: list[tuple[float, int, int, object]] = []
        self._number = 0
        self._is_open = bytearray(len(self.hosts))
        self._soon: dict[int, set[int]] = defaultdict(set)
        """Hosts by the second in which they have something due."""
        self._next_second = 0
        self._outside: deque[int] = deque()
        """Hosts for which there was no room in the queue."""
        self._waiting: deque[int] = deque()
        self._news = 0
        self._finish_at = inf
        self._doers = (self._round, self._offer, self._request, self._answer, self._end, self._write, self._send)
        self.seen = Seen()
        self._from = 0.0

    # --- the two things that are simulated

    def pass_at_once(self) -> Seen:
        """Have all sources be due now, and read them; nothing is due again."""
        for host in range(len(self.hosts)):
            self._soon[0].add(host)
        self._world = replace(self._world, jitter=-1.0)
        self._at(0.0, 0, None)
        self._run(inf)
        return self.seen

    def hours(self, first: float, then: float) -> Result:
        """Go on for so many hours, of which the first ones do not count."""
        for host, sources in enumerate(self.hosts):
            for source in sources:
                self._plan(host, source, self._chance.random() * HOUR)
        self._from, end = first * HOUR, (first + then) * HOUR
        self._at(0.0, 0, None)
        self._run(end)
        others = (one for one, is_too_large in self._sized() if not is_too_large)
        self.seen.missed = sum(end - self._due[source] > LATE for one in others for source in one)
        return Result(
            world=self._world,
            means=self._means,
            seen=self.seen,
            seconds=end - self._from,
            hosts=len(self.hosts),
            largest=max(map(len, self.hosts)),
            too_large=sum(len(one) for one, is_too_large in self._sized() if is_too_large),
        )

    def _sized(self) -> Iterator[tuple[list[int], bool]]:
        """Give the sources of each host, and whether it has too many of them."""
        return zip(self.hosts, self._is_too_large, strict=True)

    # --- events

    def _at(self, moment: float, kind: int, what: object) -> None:
        self._number += 1
        heappush(self._events, (moment, self._number, kind, what))

    def _run(self, end: float) -> None:
        while self._events and self._events[0][0] <= end:
            moment, _, kind, what = heappop(self._events)
            self._doers[kind](moment, what)  # type: ignore[operator]  # each kind has its own

    def _plan(self, host: int, source: int, due: float) -> None:
        self._due[source] = due
        self._soon[max(int(due - EARLY) + 1, self._next_second)].add(host)

    def _counts(self, moment: float) -> bool:
        return moment >= self._from

    def _work(self, worker: _Worker, moment: float, seconds: float) -> float:
        """Have a core do something as soon as it can; give when it is done."""
        worker.core = max(worker.core, moment) + seconds
        if self._counts(moment):
            self.seen.busy += seconds
        return worker.core

    def _round(self, moment: float, _: object) -> None:
        """See which hosts have something due, and hand them out as far as there is room."""
        while self._next_second <= moment:
            for host in self._soon.pop(self._next_second, ()):
                if not self._is_open[host]:
                    self._is_open[host] = True
                    self._outside.append(host)
            self._next_second += 1
        room = max(0, self._means.queue - len(self._waiting))
        chosen = [self._outside.popleft() for _ in range(min(room, len(self._outside)))]
        seconds = self._costs.round_each * self._world.sources + self._costs.hand_out * len(chosen)
        if self._counts(moment):
            self.seen.rounds += seconds
        self._at(moment + seconds, 1, chosen)
        if self._soon or self._world.jitter >= 0:
            self._at(moment + max(seconds, self._means.tick), 0, None)

    def _offer(self, moment: float, hosts: list[int]) -> None:
        self._waiting.extend(hosts)
        if self._counts(moment):
            waiting = len(self._waiting) + len(self._outside)
            self.seen.longest_queue = max(self.seen.longest_queue, waiting)
        self._take(moment)

    def _take(self, moment: float) -> None:
        """Give jobs to workers that have a place: the one with the most of them first."""
        while self._waiting:
            worker = max(self._workers, key=_free)
            if not worker.free:
                return
            worker.free -= 1
            host = self._waiting.popleft()
            due = self._due
            wanted = [one for one in self.hosts[host] if due[one] - EARLY <= moment]
            done = self._work(worker, moment, self._job)
            if self._counts(moment):
                self.seen.jobs += 1
            job = _Job(host, worker, deque(wanted))
            self._at(done, 2 if wanted else 4, job)

    def _request(self, moment: float, job: _Job) -> None:
        """Ask for the next source of a host, once the core gets to it."""
        if job.worker.core > moment:
            self._at(job.worker.core, 6, job)
        else:
            self._send(moment, job)

    def _send(self, moment: float, job: _Job) -> None:
        self._at(moment + self._latency[job.host], 3, job)
        if self._counts(moment):
            self.seen.per_host[job.host] += 1
            if not self._is_too_large[job.host]:
                self.seen.late.append(max(0.0, moment - self._due[job.left[0]]))

    def _answer(self, moment: float, job: _Job) -> None:
        """Store what was answered, and go on with the next one."""
        source = job.left.popleft()
        is_news = self._chance.random() < self._world.news
        done = self._work(job.worker, moment, self._costs.visit + (self._costs.news if is_news else 0.0))
        self.seen.last = max(self.seen.last, done)
        if is_news:
            self._note_news(done)
        if self._world.jitter >= 0:
            again = HOUR + self._world.jitter * (2 * self._chance.random() - 1)
            self._due[source] = moment + again
            self._soon[int(moment + again - EARLY) + 1].add(job.host)
        if job.left:
            self._at(moment + space(self._latency[job.host]), 2, job)
        else:
            self._at(done, 4, job)

    def _end(self, moment: float, job: _Job) -> None:
        job.worker.free += 1
        self._is_open[job.host] = False
        if self._world.jitter >= 0 and any(self._due[one] - EARLY <= moment for one in self.hosts[job.host]):
            self._soon[self._next_second].add(job.host)
        self._take(moment)

    # --- feeds

    def _note_news(self, moment: float) -> None:
        self._news += 1
        if self._counts(moment):
            self.seen.news += 1
        if self._finish_at == inf:
            self._finish_at = moment + WITHIN
            self._at(self._finish_at, 5, None)

    def _write(self, moment: float, state: object) -> None:
        """Write feeds, a slice at a time, between all else that the worker does."""
        if not isinstance(state, tuple):
            count = self._world.sources
            seconds = self._costs.finish + self._costs.finish_each * count + self._costs.finish_pair * count**2
            seconds += self._costs.finish_post * self._news
            self._news = 0
            state = (moment, seconds, max(self._workers, key=_free))
        began, left, worker = state
        if left > 0:
            self._at(self._work(worker, moment, min(SLICE, left)), 5, (began, left - SLICE, worker))
            return
        if self._counts(moment):
            self.seen.finishes.append(moment - began)
        self._finish_at = inf
        if self._news:
            self._finish_at = moment + WITHIN
            self._at(self._finish_at, 5, None)


LATE = 300.0
"""Seconds by which a visit may be late."""


LEAST = 0.9
"""Of an hour's work, this much has to be done in it: who is a little late asks a little less often."""


def _free(worker: _Worker) -> int:
    return worker.free


def workers_needed(  # noqa: PLR0913  # all but three have a default
    world: World,
    costs: Costs,
    means: Means,
    *,
    part: float = 0.95,
    hours: tuple[float, float] = (1, 1),
    most: int = 4096,
) -> Result:
    """Find how many workers it takes until this part of the visits is less than `LATE` seconds late.

    Gives the run with so many; with `most`, where that is not enough.
    """

    def run(count: int) -> Result:
        return Simulation(world, costs, replace(means, workers=count)).hours(*hours)

    # What can not be enough is not tried: cores for all visits, and places for those who wait for an answer.
    visits, job = world.sources / HOUR, costs.job + costs.job_each * world.sources
    cores = visits * (costs.visit + job + world.news * costs.news) * LEAST
    sizes = hosts_of(world)
    waited = sum(map(mul, map(len, sizes), latencies_of(world, len(sizes)))) / HOUR * LEAST
    low, high = 0, max(1, int(cores), int(waited / means.hosts))
    found = run(high)
    while found.share_late(LATE) > 1 - part and high < most:
        low, high = high, min(most, max(high + 1, int(high * 1.5)))
        found = run(high)
    while high - low > max(1, high // 20):
        middle = (low + high) // 2
        tried = run(middle)
        if tried.share_late(LATE) > 1 - part:
            low = middle
        else:
            high, found = middle, tried
    return found
