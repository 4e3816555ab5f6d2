"""The log of a service: a line for people on a terminal, else one JSON object in a line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from feedbraid.alerts import text_of
from feedbraid.masks import masked
from feedbraid.records import Incident
from feedbraid.schedule import wall_clock

from ._said import complain, escaped, note, note_as_it_is, speak

Fact = str | int | float | bool | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every log."""
    parser.add_argument(
        "--log",
        choices=("people", "json"),
        help="lines for people, or a JSON object in each line; default: for people on a terminal, else JSON",
    )
    parser.add_argument("--quiet", action="store_true", help="tell nothing but what went wrong")


class Log:
    """Tells what happens, each time as one line: what was done to standard output, troubles to standard error."""

    def __init__(
        self, *, as_json: bool, is_quiet: bool = False, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        self._as_json = as_json
        self._is_quiet = is_quiet
        self._clock = clock

    @classmethod
    def chosen(cls, args: argparse.Namespace) -> Log:
        """Give the log that the options choose."""
        chosen = args.log or ("people" if sys.stdout.isatty() else "json")
        log = cls(as_json=chosen == "json", is_quiet=args.quiet)
        if chosen == "json":
            speak(log.as_object)  # also for what is said once the service has ended
        return log

    def note(self, text: str, event: str, **facts: Fact) -> None:
        """Tell what was done. `facts` are for machines; people are told the text."""
        if self._is_quiet:
            return
        if self._as_json:
            note_as_it_is(sys.stdout, self._object("info", text, event, facts))
        else:
            note(f"feedbraid: {text}")

    def tell_of(self, incident: Incident) -> None:
        """Tell what happened to a source: a complaint, unless it is well again."""
        tell = self.note if incident.kind == "healed" else self.complain
        tell(text_of(incident), "incident", source=incident.origin, kind=incident.kind)

    def complain(self, text: str, event: str = "trouble", **facts: Fact) -> None:
        """Tell what went wrong."""
        if self._as_json:
            note_as_it_is(sys.stderr, self._object("warning", text, event, facts))
        else:
            complain(f"feedbraid: {text}")

    def pass_on(self, line: str) -> None:
        """Complain by a line that was made for people."""
        if self._as_json:
            self.complain(line.removeprefix("feedbraid: "))
        else:
            complain(line)

    def as_object(self, line: str) -> str:
        """Write a line that was made for people as an object."""
        return self._object("warning", line.removeprefix("feedbraid: "), "trouble", {})

    def _object(self, level: str, text: str, event: str, facts: dict[str, Fact]) -> str:
        now = self._clock().astimezone(UTC)
        told = {"time": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z", "level": level, "event": event}
        whole = told | {"text": text} | {name: value for name, value in facts.items() if value is not None}
        plain = {
            name: masked(escaped(value)) if isinstance(value, str) else value for name, value in whole.items()
        }
        return json.dumps(plain, ensure_ascii=False)
