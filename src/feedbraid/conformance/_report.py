"""The faults that were found in one document."""

from __future__ import annotations

from dataclasses import field, replace

from feedbraid.nouns import dataclass

MOST = 1_000
"""Faults that are listed of one document: who writes more has one cause for all."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: on which line of the document (from 1, 0 unknown), and against which rule."""

    line: int
    rule: str
    """A section of a specification ("RFC 4287 4.2.6", "RSS 2.0", "Profile") or one of our own rules ("N96")."""
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.rule}: {self.text}" if self.line else f"{self.rule}: {self.text}"


@dataclass(slots=True)
class Report:
    """Collects faults. `place` comes before each text: which entry is being looked at."""

    faults: list[Fault] = field(default_factory=list)
    place: str = ""

    def add(self, line: int, rule: str, text: str) -> None:
        """Take a fault, unless there are too many already."""
        if len(self.faults) < MOST:
            self.faults.append(Fault(line, rule, f"{self.place}{text}"))

    def relocate(self, first: int, line: int) -> None:
        """Set the line of the faults from number `first` on."""
        self.faults[first:] = [replace(fault, line=line) for fault in self.faults[first:]]

    def result(self) -> tuple[Fault, ...]:
        """Give all faults in the order of the document; those without a line come first."""
        return tuple(sorted(self.faults, key=lambda fault: fault.line))
