"""All real posts of the corpus as seeds of one feed: every readable one is published, every other one named."""

from __future__ import annotations

import csv
import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feedbraid.urls import entry_key
from program import Instance

pytestmark = pytest.mark.corpus


@dataclass(frozen=True)
class Published:
    """What one build made of the corpus."""

    rows: list[dict[str, str]]
    items: list[dict[str, Any]]
    skipped: dict[str, str]


@pytest.fixture(scope="module")
def published(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    instance = Instance(tmp_path_factory.mktemp("seeds"))
    seeds = corpus / "seeds"
    config = (
        f"seeds: {{posts: '{seeds}/*.*'}}\nclean: {{tracking_parameters: true}}\nfeeds: {{all: {{limit: 1000}}}}\n"
    )
    instance.write("config.yaml", config)
    done = instance.feedbraid("build", "--json", now="2026-11-22T12:00:00Z")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    with (seeds / "index.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    skipped = {one["ref"].rpartition("/")[2]: one["reason"] for one in report["sources"][0]["skipped"]}
    return Published(rows=rows, items=instance.items(), skipped=skipped)


NAMED = {
    "index.tsv": "neither front matter nor a linked heading",
    "seed-118.md": "neither front matter nor a linked heading",
    "seed-119.md": "neither front matter nor a linked heading",
    "seed-209.md": "its front matter is no YAML",
    "seed-219.md": "nothing to publish",
    "seed-278.md": "status: hidden",
    "seed-283.md": "coffee is never run",
    "seed-285.md": "javascript is never run",
    "seed-286.md": "coffee is never run",
    "seed-287.md": "it is a template",
    "seed-289.md": "it is a template",
    "seed-290.md": "it is a template",
    "seed-291.md": "it is a template",
    "seed-292.md": "nothing to publish",
}
"""What is not published, and the reason given. A hidden Pelican page could be read; it is its author's word."""


def flat(title: str) -> str:
    """Undo what N27 does to titles: references are decoded, runs of white space are one blank."""
    return " ".join(html.unescape(title).split())


def readable(published: Published) -> list[dict[str, str]]:
    return [row for row in published.rows if row["file"] not in published.skipped]


def keyed(published: Published) -> dict[str, dict[str, Any]]:
    items: dict[str, dict[str, Any]] = {entry_key(item["url"]): item for item in published.items if "url" in item}
    assert len(items) == sum("url" in item for item in published.items), "an address is published twice"
    return items


def test_every_unreadable_post_is_named_with_its_reason(published: Published) -> None:
    assert published.skipped.keys() == NAMED.keys()
    assert [name for name, reason in NAMED.items() if reason not in published.skipped[name]] == []


def test_every_readable_post_is_published_once(published: Published) -> None:
    items = keyed(published)
    rows = [row for row in readable(published) if row["expected_url"]]
    assert [row["file"] for row in rows if entry_key(row["expected_url"]) not in items] == []
    distinct = {entry_key(row["expected_url"]) for row in rows}
    assert len(distinct) == len(items) == 184
    without_url = [row for row in readable(published) if not row["expected_url"]]
    assert len(published.items) == len(items) + len(without_url) == 269


def test_titles_and_dates_are_those_that_were_read_by_hand(published: Published) -> None:
    items = keyed(published)
    rows = [row for row in readable(published) if row["expected_url"]]
    stated: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        stated.setdefault(entry_key(row["expected_url"]), []).append(row)
    for key, group in stated.items():
        newest = max(group, key=lambda row: row["expected_date_utc"])
        if len(group) > 1:
            assert flat(items[key].get("title", "")) in {flat(row["expected_title"]) for row in group}
        else:
            assert flat(items[key].get("title", "")) == flat(newest["expected_title"]), newest["file"]
        expected = newest["expected_date_utc"]
        assert items[key].get("date_published", "unreadable") == expected, newest["file"]


def test_posts_without_an_address_keep_their_titles(published: Published) -> None:
    titles = {flat(item.get("title", "")) for item in published.items if "url" not in item}
    rows = [row for row in readable(published) if not row["expected_url"]]
    assert [
        row["file"] for row in rows if row["expected_title"] and flat(row["expected_title"]) not in titles
    ] == []
