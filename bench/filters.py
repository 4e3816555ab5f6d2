"""What filters cost: `python bench/filters.py [each]`: ten over 10,000 posts, beside a build without them."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from _measure import Command, compare, feedbraid, print_versions
from _worlds import rss

POSTS, SOURCES = 10_000, 4

CHAIN = {
    "drop": '- drop: {title: [Advertisement, {regex: "^(AD|PR): "}]}',
    "unproxy": "- unproxy",
    "image_proxy": '- image_proxy: {template: "https://proxy.example/?url={url}"}',
    "clean_links": "- clean_links",
    "replace": "- replace: {text: harbour, by: port}",
    "retitle": '- retitle: {prefix: "[{source}] "}',
    "remove": '- remove: {css: ["div.ad", "p.share"]}',
    "footer": """- footer: {html: '<p>From <a href="{link}">{source}</a></p>'}""",
    "categories": "- categories: {map: {News: Daily}, add: [Mirror]}",
    "unique": "- unique: {within: 3d}",
}


def main() -> None:
    """Measure the whole chain, then each filter alone."""
    print_versions(["lxml", "nh3", "google-re2", "rapidfuzz", "cssselect"])
    with tempfile.TemporaryDirectory(prefix="feedbraid-bench-") as name:
        folder = Path(name)
        _fill(folder)
        _compare(folder, "Ten filters over 10,000 posts", {"ten filters": list(CHAIN.values())}, again=True)
        if "each" in sys.argv[1:]:
            alone = {f"{name} alone": [stated] for name, stated in CHAIN.items()}
            _compare(folder, "Each filter alone", alone, rounds=3)


def _fill(folder: Path) -> None:
    """Fill a store with posts, of which nothing is published yet."""
    each = POSTS // SOURCES
    for number in range(SOURCES):
        text = rss(number * each, each, 3000, extra=EXTRA)
        (folder / f"{number}.xml").write_text(text, encoding="utf-8")
    (folder / "none").mkdir()
    _configure(folder, "  none: {from: none}\n")
    compare("(the store is filled)", [Command("run", feedbraid("run", "--quiet"), str(folder))], rounds=1)
    shutil.copytree(folder / ".feedbraid", folder / "filled")


EXTRA = (
    '<p><img src="https://img.example/a.jpg" srcset="https://img.example/a.jpg 1x, https://img.example/b.jpg 2x"> '
    '<a href="https://www.google.com/url?q=https://harbour.example/more&amp;sa=D">More of the harbour</a></p>'
    '<div class="ad"><p>Buy a boat</p></div>'
)


def _configure(folder: Path, feeds: str) -> None:
    sources = "".join(f"  s{number}: {number}.xml\n" for number in range(SOURCES))
    (folder / "config.yaml").write_text(f"sources:\n{sources}seeds: {{none: none}}\nfeeds:\n{feeds}")


def _compare(
    folder: Path, title: str, chains: dict[str, list[str]], *, again: bool = False, rounds: int = 5
) -> None:
    build = feedbraid("build", "--quiet")
    commands = [Command("build, no filter", build, str(folder), _prepared(folder, []))]
    for name, chain in chains.items():
        commands.append(Command(f"build, {name}", build, str(folder), _prepared(folder, chain)))
        if again:
            commands.append(Command(f"build, {name}, nothing changed", build, str(folder)))
            commands.append(Command(f"build, {name}, files lost", build, str(folder), _without_files(folder)))
    compare(title, commands, rounds=rounds)


def _prepared(folder: Path, chain: list[str]) -> Callable[[], None]:
    """Begin with a store of which nothing was published or filtered."""

    def prepare() -> None:
        shutil.rmtree(folder / ".feedbraid")
        shutil.rmtree(folder / "feeds", ignore_errors=True)
        shutil.copytree(folder / "filled", folder / ".feedbraid")
        lines = "".join(f"      {line}\n" for line in chain)
        origins = ", ".join(f"s{number}" for number in range(SOURCES))
        _configure(folder, f"  all:\n    from: [{origins}]\n" + (f"    filters:\n{lines}" if chain else ""))

    return prepare


def _without_files(folder: Path) -> Callable[[], None]:
    return lambda: shutil.rmtree(folder / "feeds")


if __name__ == "__main__":
    main()
