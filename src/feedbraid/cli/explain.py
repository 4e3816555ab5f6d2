"""`feedbraid explain URL`: why a post is there, or not."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from feedbraid.config import load_config
from feedbraid.explain import CopyStory, Story, explain
from feedbraid.wire import opened

from . import About, Command
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
    lines += [f"removed  {story.removed}"] if story.removed else []
    if not story.copies:
        lines += ["No origin states it."] if not story.removed else []
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
    about=About(
        text="""
        Takes an address as any source, seed or reader writes it, and tells the key that it becomes, rule by
        rule; every copy that is stored, with what was repaired in it; which copy won; and for each feed whether
        the post is in it, and which filter left it out. Reads the store; nobody is asked and nothing is
        written.
        """,
        group="look",
        examples=("feedbraid explain https://news.example/a --json",),
        exits=((0, "the post is known"), (1, "no origin states it"), 2, 3),
        see=("status", "preview"),
    ),
)
