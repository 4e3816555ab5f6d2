"""`feedbraid explain URL`: why a post is there, or not."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from feedbraid.config import load_config
from feedbraid.explain import CopyStory, Story, explain
from feedbraid.wire import opened

from . import Command
from ._said import report, report_json


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="an address as any source, seed or reader writes it")
    parser.add_argument("--json", action="store_true", help="print the story as JSON")


def _execute(args: argparse.Namespace) -> int:
    with opened(load_config(Path(args.config))) as app:
        story = explain(app, args.url)
    if args.json:
        report_json(asdict(story), mask=False)
    else:
        report(_lines(story))
    return 0 if story.copies else 1


def _lines(story: Story) -> list[str]:
    lines = [f"address  {story.url}"]
    lines += [f"  {step.rule:<6} {step.url}" for step in story.steps]
    lines += [f"key      {story.key}"]
    if not story.copies:
        lines += ["No origin states it."]
    else:
        lines += [f"id       {story.post_id}", f"seen     since {story.first_seen}", ""]
        lines += [line for copy in story.copies for line in _copy_lines(copy)]
        lines += [f"feed {feed.feed}: {feed.verdict}" for feed in story.feeds]
    lines += [f"{origin}: item {item.ref} was left out: {item.reason}" for origin, item in story.skipped]
    return lines


def _copy_lines(copy: CopyStory) -> list[str]:
    held = [f"  held until {copy.held_until}"] if copy.held_until else []
    return [
        f"copy of {copy.origin} ({copy.place})",
        f"  title      {copy.title or 'none'}",
        f"  link       {copy.link or 'none'}",
        f"  key        {copy.key}",
        f"  published  {copy.published}",
        f"  updated    {copy.updated}",
        f"  first seen {copy.first_seen}",
        *held,
        *(f"  {note.rule}: {note.text}" for note in copy.notes),
        "",
    ]


COMMAND = Command(
    summary="tell why a post is there or not: its key rule by rule, every copy, the winner",
    example="feedbraid explain 'http://news.example/a?utm_source=rss'",
    add_arguments=_add_arguments,
    execute=_execute,
)
