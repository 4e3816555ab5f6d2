"""How far it goes: `python bench/scale.py [--measured]`.

What a visit to a source, a new post and the job of a host take on this machine, with SQLite in one process and
with PostgreSQL; what grows with all sources in every job; how large the database gets; a simulated hour of 10,000,
100,000 and 1,000,000 sources; and, to see whether a simulation can be believed, passes that are simulated and
made.

With `--measured` nothing is measured: an hour is simulated with the figures of `docs/scale.md`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from _database import Counts, Database, database
from _measure import Goal, exactly, figure, judge, print_table, print_versions, say
from _scenario import ourselves, workplace
from _simulate import HOUR, LATE, Costs, Means, Result, Simulation, World, workers_needed
from _site import Sites, addresses, sites

HERE = Path(__file__).resolve().parent

SQLITE, POSTGRES = "SQLite", "PostgreSQL"

MEASURED = Costs(
    visit=0.0057,
    news=0.032,
    job=0.018,
    job_each=0.000_000_5,
    round_each=0.000_37,
    hand_out=0.004,
    finish=0.6,
    finish_each=0.000_03,
    finish_post=0.003,
)
"""As in `docs/scale.md`."""

LEASE_TRIPS = 2
"""A lease is taken and given back."""

COMMIT = 0.002
"""Seconds that a disk takes to say that a transaction is there; a job has one that writes."""

BATCHED = 0.0005
"""Seconds for handing out a host, where many are handed out in one statement; it is not so yet."""

TRIP = 0.0005
"""Seconds of the network between a worker and the database, there and back."""

YEAR = 365

MIB, GIB = 1024**2, 1024**3

Figures = dict[str, float]


def does(script: str, *words: object) -> Figures:
    """Run one of the programs beside this one, and give what it says. Raises RuntimeError."""
    argv = [sys.executable, str(HERE / script), *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)} ended with {done.returncode}\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout)) if done.stdout else {}


@dataclass(frozen=True, slots=True)
class Step:
    """What was done to all sources, and what it took: each figure for one of them."""

    what: str
    client: float
    """CPU seconds of the program and its parsers."""
    trips: float
    server: Counts | None
    written: float = 0.0
    """CPU seconds for writing feeds afterwards, also for one of them."""

    def row(self) -> list[str]:
        """Give the row of a table."""
        own = [self.what, f"{1000 * self.client:.2f}"]
        if self.server is None:
            return [*own, "", "", "", "", ""]
        one = self.server
        return [
            *own,
            f"{1000 * one.cpu:.2f}",
            f"{self.trips:.1f}",
            f"{one.transactions:.2f}",
            f"{one.rows:.1f}",
            f"{one.wal / 1024:.1f}",
        ]


STEP_HEAD = ("each", "CPU ms", "server's CPU ms", "asked", "transactions", "rows written", "WAL kB")


# --- what a visit takes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a configuration, and its store."""

    folder: Path
    store: str
    database: Database | None = None

    def takes(self, what: str, manner: str, count: int) -> Step:
        """Do something, and give what each of so many took."""
        before = self.database.look() if self.database else None
        found = does("_visits.py", self.folder, self.store, manner)
        server = None
        if self.database and before:
            done = self.database.look().since(before)
            server = Counts(*(value / count for value in asdict(done).values()))
        return Step(what, found["read"] / count, found["trips"] / count, server, found.get("finish", 0.0) / count)


def visits(place: Place, served: Sites, posts: int) -> dict[str, Step]:
    """Visit all sources in each of some ways. `posts` is how many each has."""
    count = served.count
    served.answer(validators=True, changed=0)
    first = place.takes("first visit, 20 posts", "pass", count)
    found = {"first": first, "304": place.takes("304", "pass", count)}
    served.answer(validators=False)
    found["same"] = place.takes("200, the same bytes", "pass", count)
    served.answer(validators=True, changed=count)
    found["new"] = place.takes("200, one new post", "pass", count)
    more = (first.client - found["new"].client) / (posts - 1)
    found["post"] = Step("each further new post", more, (first.trips - found["new"].trips) / (posts - 1), None)
    if first.server and found["new"].server:
        less = first.server.since(found["new"].server)
        each = Counts(*(value / (posts - 1) for value in asdict(less).values()))
        found["post"] = replace(found["post"], server=each)
    return found


def each_visit(given: argparse.Namespace, folder: Path, server: Database | None) -> dict[str, dict[str, Step]]:
    """Measure visits with each kind of store."""
    found = {}
    kinds = [POSTGRES if server else SQLITE] if given.quick else [SQLITE, *([POSTGRES] if server else [])]
    with sites(given.sources, length=2800) as served:
        for kind in kinds:
            home = folder / f"visits-{kind}"
            home.mkdir()
            place = ourselves(home, served).folder
            store = server.new() if server and kind == POSTGRES else str(home / "state.db")
            found[kind] = visits(Place(place, store, server if kind == POSTGRES else None), served, 20)
            found[kind]["job"] = one_job(given, home, server if kind == POSTGRES else None)
            say(f"**{given.sources:,} sources with whole posts, {kind}**")
            print_table(STEP_HEAD, [step.row() for step in found[kind].values()])
    return found


def one_job(given: argparse.Namespace, folder: Path, server: Database | None) -> Step:
    """Visit a few sources in jobs of their own: so few that what grows with all of them counts little."""
    with sites(given.few, length=0) as served:
        place = ourselves(folder, served, "few").folder
        home = Place(place, server.new() if server else str(folder / "few.db"), server)
        home.takes("", "pass", served.count)
        return home.takes("304, as a job of its own", "jobs", served.count)


# --- what grows with all sources --------------------------------------------------------------------------

PARTS = {
    "configuration": "`load_config`: at the start, and in every round of `start`",
    "readings": "`wire.build`: once for a configuration, and in every round",
    "states": "`store.states()`: in every round, and when feeds are written",
    "rank": "`app.rank`: in every job",
    "prints": "`fingerprint_of` each: in every round",
    "dues": "`dues_of`: in every round (states and fingerprints are in it)",
    "visits": "`store.visits()`: for the status page",
    "incidents": "`store.incidents()`: in every job",
    "finish": "`put_out`, nothing changed",
    "peak": "memory of the process at its peak, MiB",
}


def growing(given: argparse.Namespace, folder: Path, server: Database | None) -> dict[int, Figures]:
    """Measure what is done for all sources, with more and more of them."""
    found: dict[int, Figures] = {}
    rows = []
    for count in given.counts:
        place = folder / f"{count}-sources"
        (place / "seeds").mkdir(parents=True)
        store = server.new() if server else str(place / "state.db")
        does("_sources.py", place, store, count, given.days)
        home = Place(place, store, server)
        if server:
            server.checkpoint()
        for what in ("after a checkpoint", "the same again")[: 1 if given.quick else 2]:
            step = home.takes(f"{count:,} sources, {what}", "commits", min(2000, count))
            rows.append(step.row())
        found[count] = does("_visits.py", place, store, "weigh")
        if server:
            sizes = {"origin": 1, "visit": 50, "day": given.days}
            found[count] |= {
                f"bytes of {name}": server.size_of(name) / (count * each) for name, each in sizes.items()
            }
        shutil.rmtree(place)
    say(f"**A visit that brought nothing, stored by itself, {POSTGRES if server else SQLITE}**")
    print_table(STEP_HEAD, rows)
    say("**What grows with all sources: CPU seconds, each time**")
    head = ["", *(f"{count:,} sources" for count in found)]
    print_table(head, [[text, *(figure(one[name]) for one in found.values())] for name, text in PARTS.items()])
    return found


# --- the queue -------------------------------------------------------------------------------------------


def queued(given: argparse.Namespace, server: Database) -> dict[str, Step]:
    """Measure jobs that do nothing: handed out, taken, and removed."""
    rows, found = [], {}
    for count in given.jobs:
        home = Place(Path(), server.new(), server)
        before = server.look()
        took = does("_jobs.py", home.folder, home.store, count)
        done = server.look().since(before)
        rows.append(
            [
                f"{count:,} jobs that wait",
                *(f"{1000 * took[name] / count:.2f}" for name in ("hand_out_cpu", "hand_out", "read", "take")),
                *(f"{value:.2f}" for value in (1000 * done.cpu / count, done.transactions / count)),
                f"{done.wal / count / 1024:.1f}",
            ]
        )
        found = {
            "hand_out": Step("", took["hand_out"] / count, 0, None),
            "take": Step("", took["read"] / count, 0, None),
        }
    say("**A job of the queue, which does nothing**")
    head = ["", "handed out, CPU ms", "ms", "taken, CPU ms", "ms", "server's CPU ms", "transactions", "WAL kB"]
    print_table(head, rows)
    return found


# --- how large the database gets ---------------------------------------------------------------------------


def sizes(given: argparse.Namespace, folder: Path, server: Database) -> Figures:
    """Fill databases with posts, and give the bytes of a post."""
    rows, found = [], {}
    for length, counts in ((2800, given.posts), (0, given.posts[1:][:1])):
        for count in counts:
            place = folder / f"{count}-posts-{length}"
            address = server.new()
            empty = server.size()
            does("_fill.py", place, count, length, address)
            each = (server.size() - empty) / count
            shutil.rmtree(place)
            kind = "whole posts" if length else "summaries"
            rows.append([f"{count:,} {kind}", f"{each:,.0f}"])
            found[kind] = each
    say("**Bytes of a stored post**")
    print_table(["", "bytes each"], rows)
    return found


# --- an hour --------------------------------------------------------------------------------------------


def costs_of(steps: Mapping[str, Step], grows: Mapping[int, Figures], few: int) -> Costs:
    """Put together what a simulation needs; a worker waits while the database is asked.

    `few` is how many there were when jobs were measured.
    """

    def core(step: Step) -> float:
        waits = step.server.cpu if step.server else 0.0
        return step.client + waits + TRIP * step.trips

    near = max(grows)
    each = {name: value / near for name, value in grows[near].items()}
    taken = core(steps["take"]) + LEASE_TRIPS * TRIP if "take" in steps else 0.0
    every_job = each["rank"]
    return Costs(
        visit=core(steps["304"]),
        news=core(steps["new"]) - core(steps["304"]),
        job=max(0.0, core(steps["job"]) - core(steps["304"]) - 2 * each["states"] * few) + taken + COMMIT,
        job_each=every_job,
        round_each=each["configuration"] + each["dues"] + each["states"] + each["prints"],
        hand_out=core(steps["hand_out"]) if "hand_out" in steps else MEASURED.hand_out,
        finish=MEASURED.finish,
        finish_each=each["states"],
        finish_pair=max(0.0, each["finish"] - each["states"]) / near,
        finish_post=steps["new"].written,
    )


HOUR_HEAD = (
    "sources",
    "workers",
    "places each",
    "median late s",
    "95 % s",
    "late",
    "cores used",
    "visits/s",
    "jobs/s",
    "posts/s",
    "largest host, visits/s",
    "on too large hosts",
    "longest queue",
    "feeds written in s",
    "scheduler",
)


def row_of(result: Result) -> list[str]:
    """Give the row of a simulated hour."""
    seen, world, means = result.seen, result.world, result.means
    visits = sum(seen.per_host.values())
    busiest = max(seen.per_host.values(), default=0)
    return [
        f"{world.sources:,}",
        f"{means.workers:,}",
        f"{means.hosts}",
        f"{result.late(0.5):.0f}",
        f"{result.late(0.95):.0f}",
        f"{100 * result.share_late(LATE):.1f} %",
        f"{result.use * means.workers:.2f}",
        f"{visits / result.seconds:.1f}",
        f"{seen.jobs / result.seconds:.1f}",
        f"{seen.news / result.seconds:.2f}",
        f"{busiest / result.seconds:.2f}",
        f"{100 * result.too_large / world.sources:.1f} %",
        f"{seen.longest_queue:,}",
        f"{max(seen.finishes, default=0):.1f}",
        f"{100 * seen.rounds / result.seconds:.0f} %",
    ]


def simulated(given: argparse.Namespace, costs: Costs) -> list[Result]:
    """Simulate an hour of more and more sources, with as many workers as that takes."""
    mended = replace(costs, job_each=0.0, round_each=0.0, hand_out=BATCHED)
    results: list[Result] = []
    for title, these, hosts, counts in (
        ("8 places", costs, 8, given.hours[:2]),
        ("64 places", costs, 64, given.hours[:2]),
        ("64 places, and nothing in a round grows with all sources", mended, 64, given.hours),
    ):
        rows = []
        for count in counts:
            span = (0.25, 0.5) if count > 100_000 else (0.5, 1.0)
            means = Means(workers=1, hosts=hosts)
            found = workers_needed(World(sources=count), these, means, hours=span, most=512)
            results.append(found)
            rows.append(row_of(found))
        say(f"**Workers, so that 95 of 100 visits are less than {LATE:.0f} s late: {title}**")
        print_table(HOUR_HEAD, rows)
    return results


# --- is it true? ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A pass that is simulated and made."""

    what: str
    hosts: int
    each: int
    latency: float


def checked(given: argparse.Namespace, folder: Path) -> list[Goal]:
    """Make passes, and compare them with what was foretold. What a visit costs is taken from a smaller pass."""
    rows, goals = [], []
    few, many = (2, 2) if given.quick else (15, 20)
    cases = [
        Case(f"{few * many} sources, each on its own host", few * many, 1, 0.0),
        Case(f"{few * many} sources on {few} hosts, an answer in 50 ms", few, many, 0.05),
        Case(f"{few * many} sources on {many} hosts, an answer in 200 ms", many, few, 0.2),
    ]
    small = Case("100 sources", 100, 1, 0.0)
    visit = MEASURED.visit if given.quick else _made(given, folder / "small", small)["each"]
    for number, case in enumerate(cases[-1:] if given.quick else cases):
        foretold = _foretold(case, visit)
        found = _made(given, folder / f"case{number}", case)
        rows.append(
            [
                case.what,
                f"{foretold['wall']:.2f}",
                f"{found['wall']:.2f}",
                f"{foretold['cpu']:.2f}",
                f"{found['cpu']:.2f}",
            ]
        )
        if case.latency:
            goals.append(
                Goal("scale", f"{case.what}: made, to foretold", 1.25, exactly(found["wall"] / foretold["wall"]))
            )
    say("**Is the simulation true? One pass in one process**")
    print_table(["", "foretold s", "made s", "foretold CPU s", "made CPU s"], rows)
    return goals


def _foretold(case: Case, visit: float) -> Figures:
    world = World(sources=case.hosts * case.each, latency=max(case.latency, 1e-6), silent=0, news=0, spread=0)
    costs = Costs(visit=visit, news=0)
    run = Simulation(world, costs, Means(workers=1, hosts=256), sizes=[case.each] * case.hosts)
    seen = run.pass_at_once()
    return {"wall": seen.last, "cpu": seen.busy}


def _made(given: argparse.Namespace, folder: Path, case: Case) -> Figures:
    folder.mkdir()
    kinds = dict.fromkeys(range(case.hosts), "slow") if case.latency else {}
    with sites(case.hosts, length=0, kinds=kinds, slow=case.latency) as served:
        lines = "".join(
            f"  s{host}-{one}: http://{address}:{served.port}/{one}\n"
            for host, address in enumerate(addresses(case.hosts))
            for one in range(case.each)
        )
        (folder / "config.yaml").write_text(f"fetch: {{allow: ['127.0.0.0/8:{served.port}']}}\nsources:\n{lines}")
        store = str(folder / "state.db")
        does("_visits.py", folder, store, "pass")
        rounds = [does("_visits.py", folder, store, "pass") for _ in range(1 if given.quick else 3)]
    best = min(rounds, key=lambda one: one["wall"])
    return {"wall": best["wall"], "cpu": best["read"], "each": best["read"] / case.hosts / case.each}


# --- all of it --------------------------------------------------------------------------------------------


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    parser.add_argument(
        "--measured", action="store_true", help="measure nothing: simulate with the figures stated"
    )
    parser.add_argument("--results", default="", help="a file to which the goals are added, for bench/all.py")
    given, _ = parser.parse_known_args()  # bench/all.py has options for others, too
    quick: bool = given.quick
    given.sources = 4 if quick else 300
    given.few = 2 if quick else 30
    given.days = 2 if quick else 10
    given.counts = [4] if quick else [10_000, 100_000]
    given.jobs = [5] if quick else [200, 1500]
    given.posts = [20] if quick else [10_000, 100_000]
    given.hours = [50, 200, 400] if quick else [10_000, 100_000, 1_000_000]
    return given


def all_measured(given: argparse.Namespace, folder: Path) -> tuple[Costs, list[Goal]]:
    """Measure everything; give what the simulation needs, and how true it is."""
    with database() as server:
        steps = each_visit(given, folder, server)
        grows = growing(given, folder, server)
        queue = queued(given, server) if server else {}
        posts = sizes(given, folder, server) if server else {}
    if posts:
        year_of(grows[max(grows)], posts, given.hours)
    goals = checked(given, folder)
    costs = costs_of({**steps[POSTGRES if server else SQLITE], **queue}, grows, given.few)
    say("**What the simulation begins with**")
    print_table(["", "ms"], [[name, f"{1000 * value:.4f}"] for name, value in asdict(costs).items()])
    return costs, goals


def year_of(source: Mapping[str, float], posts: Mapping[str, float], counts: Sequence[int]) -> None:
    """Print how large the database is after a year of one new post a day from each source."""
    each = source["bytes of origin"] + 50 * source["bytes of visit"] + YEAR * source["bytes of day"]
    rows = [["a source, with its visits and days, kB", *(f"{each / 1024:.0f}" for _ in counts)]]
    for kind, size in posts.items():
        rows.append([f"with {kind}, GiB", *(f"{n * (each + YEAR * size) / GIB:,.0f}" for n in counts)])
    say("**The database after a year**")
    print_table(["", *(f"{count:,} sources" for count in counts)], rows)


def main() -> None:
    """Measure, simulate, print."""
    given = options()
    print_versions(["httpx", "feedparser", "nh3"])
    costs, goals = MEASURED, []
    if not given.measured:
        with workplace() as folder:
            costs, goals = all_measured(given, folder)
    results = simulated(given, costs)
    visits = sum(sum(one.seen.per_host.values()) for one in results)
    say(f"{visits:,} visits were simulated; {HOUR:.0f} s are an hour.")
    judge([] if given.quick else goals, given.results)


if __name__ == "__main__":
    main()
