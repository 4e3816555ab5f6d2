"""What all scenarios have in common: their options, a folder to work in, and ourselves among the contenders."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from _measure import Command, Goal, feedbraid, judge, measure, print_versions
from _peers import DEFAULT_FOLDER, Contender, Peers
from _site import Sites

OURS = "feedbraid"
ALIKE = "feedbraid, the newest 200 only"
ALIKE_FEEDS = "feeds: {all: {limit: 200, max_bytes: 0, archive: 0, formats: [atom, rss]}}\nsite: {pages: false}\n"
"""What the stack of four libraries publishes; else there are archives of everything, a JSON Feed and pages."""


def options(about: str | None, **defaults: int) -> argparse.Namespace:
    """Read the command line: --quick, --peers and --results, and one number for each default."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small, one round, no peers: to see that it works")
    parser.add_argument("--peers", default=DEFAULT_FOLDER, help="where peers are installed; '' for none")
    parser.add_argument("--results", default="", help="a file to which the goals are added, for bench/all.py")
    parser.add_argument("--corpus", default="", help="a folder of posts, .md, of which sources take their bodies")
    parser.add_argument("--picture", default="", help="where bench/growth.py draws its curves, as SVG")
    parser.add_argument("--million", action="store_true", help="bench/growth.py: a million stored posts, too")
    for name, number in {"rounds": 5, **defaults}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"{number} unless told")
    given = parser.parse_args()
    small = {"rounds": 1, "sources": 3, "posts": 60, "seeds": 20}
    for name, number in {"rounds": 5, **defaults}.items():
        if getattr(given, name) is None:
            setattr(given, name, small.get(name, number) if given.quick else number)
    if given.quick:
        given.peers = ""
    return given


@contextmanager
def workplace() -> Iterator[Path]:
    """Give a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as folder:
        yield Path(folder)


def run(
    about: str | None,
    bench: Callable[[argparse.Namespace, Path], list[Goal]],
    *,
    alone: bool = False,
    **defaults: int,
) -> None:
    """Measure one scenario in a folder, and judge; `alone` is without peers."""
    given = options(about, **defaults)
    versions(Peers("" if alone else given.peers))
    with workplace() as folder:
        judge(bench(given, folder), given.results)


def versions(peers: Peers) -> None:
    """Print the versions of what is measured."""
    packages = ["httpx", "httpcore", "feedparser", "feedgen", "lxml", "nh3", "pyyaml"]
    print_versions(packages, {f"{name} (peer)": number for name, number in peers.versions().items()})


def ourselves(folder: Path, sites: Sites, name: str = OURS, more: str = "", settings: str = "") -> Contender:
    """Give feedbraid with all sources configured, everything else as it comes unless told."""
    place = folder / name.replace(" ", "-").replace(",", "")
    place.mkdir()
    sources = "".join(f"  s{number}: {url}\n" for number, url in enumerate(sites.urls))
    settings = settings or f"fetch: {{allow: ['127.0.0.0/8:{sites.port}']}}\n"
    (place / "config.yaml").write_text(f"{settings}{more}sources:\n{sources}")
    return Contender(name, feedbraid("run", "--quiet", "--force"), place)


def as_command(
    contender: Contender, state: str, ready: Callable[[], object], look: Callable[[], object] = lambda: None
) -> Command:
    """Have a contender begin with a state that was kept, the sources made ready, and look after it."""

    def before() -> None:
        contender.restore(state)
        ready()

    return Command(
        contender.name, contender.argv, str(contender.folder), before=before, after=look, env=contender.env
    )


def fill(contenders: Sequence[Contender], sites: Sites) -> None:
    """Have every contender read all sources once, and keep what it is then as `filled`."""
    for contender in contenders:
        contender.keep("fresh")
        sites.answer(validators=True, changed=0)
        measure(Command(contender.name, contender.argv, str(contender.folder), env=contender.env))
        contender.keep("filled")


def expecting(sites: Sites, name: str, **wanted: int) -> Callable[[], None]:
    """Look whether the sources were asked what they should have been asked; RuntimeError when not."""

    def look() -> None:
        counted = sites.answer()
        found = {status: counted.get(status, 0) for status in wanted}
        if any(found[status] != count for status, count in wanted.items()):
            raise RuntimeError(f"{name}: the sources should have counted {wanted}, they counted {counted}")

    return look
