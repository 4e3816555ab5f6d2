"""Draws curves as an SVG picture: both axes logarithmic, readable on light and on dark ground."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 400, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 40, 74
"""What is kept free around the field of a panel: for the numbers, the title, the names of the curves."""

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 13px }
.ground { fill: #ffffff }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.curve { fill: none; stroke-width: 2 }
.c0 { stroke: #0550ae } .d0 { fill: #0550ae }
.c1 { stroke: #bc4c00 } .d1 { fill: #bc4c00 }
.c2 { stroke: #1a7f37 } .d2 { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .ground { fill: #0d1117 } .grid { stroke: #3d444d }
  .c0 { stroke: #79c0ff } .d0 { fill: #79c0ff }
  .c1 { stroke: #ffa657 } .d1 { fill: #ffa657 }
  .c2 { stroke: #7ee787 } .d2 { fill: #7ee787 }
}
"""

DASHES = ("none", "6 4", "2 3")
"""Curves differ in more than their colour."""

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Panel:
    """One field with curves, by name; nothing may be 0 or less."""

    title: str
    across: str
    up: str
    curves: Mapping[str, Points]


@dataclass(frozen=True, slots=True)
class _Axis:
    """From a number to a place: so many places for each power of ten."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Give the place of a value."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def marks(self) -> list[float]:
        """Give the values that are named: powers of ten, and 2 and 5 between them where there are few."""
        steps = (1,) if self.high - self.low > 2.5 else (1, 2, 5)
        powers = range(math.floor(self.low), math.ceil(self.high) + 1)
        found = [step * 10.0**power for power in powers for step in steps]
        return [value for value in found if self.low - 1e-9 <= math.log10(value) <= self.high + 1e-9]


def draw(about: str, panels: Sequence[Panel], across: int = 2) -> str:
    """Give the picture, so many panels beside each other; `about` is for those who can not see it."""
    rows = -(-len(panels) // across)
    width, height = WIDTH * min(across, len(panels)), HEIGHT * rows
    drawn = [
        f'<g transform="translate({place % across * WIDTH} {place // across * HEIGHT})">{_panel(panel)}</g>'
        for place, panel in enumerate(panels)
    ]
    size = f'width="{width}" height="{height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} role="img" '
        f'aria-label="{escape(about)}">\n<title>{escape(about)}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="ground" {size}/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _panel(panel: Panel) -> str:
    points = [point for curve in panel.curves.values() for point in curve]
    across = _axis([x for x, _ in points], LEFT, WIDTH - RIGHT, room=0.08)
    up = _axis([y for _, y in points], HEIGHT - BOTTOM, TOP, room=0.15)
    lines = [f'<text class="title" x="{LEFT}" y="20">{escape(panel.title)}</text>']
    lines.append(f'<text x="{LEFT}" y="{TOP - 5}" font-size="11">{escape(panel.up)}</text>')
    for value in up.marks():
        y = up.at(value)
        lines.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{_named(value)}</text>')
    for value in sorted({x for x, _ in points}):
        x = across.at(value)
        lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        lines.append(f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{_named(value)}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{HEIGHT - BOTTOM + 34}" text-anchor="middle">{escape(panel.across)}</text>'
    )
    for number, (name, curve) in enumerate(panel.curves.items()):
        lines += _curve(number, name, [(across.at(x), up.at(y)) for x, y in curve])
    return "".join(lines)


def _curve(number: int, name: str, places: Points) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    left, base = LEFT + number * 170 - 40, HEIGHT - BOTTOM + 58
    dash = DASHES[number % len(DASHES)]
    line = f'x1="{left}" x2="{left + 24}" y1="{base - 4}" y2="{base - 4}"'
    return [
        f'<polyline class="curve c{number}" stroke-dasharray="{dash}" points="{path}"/>',
        *(f'<circle class="d{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>' for x, y in places),
        f'<line class="curve c{number}" stroke-dasharray="{dash}" {line}/>',
        f'<text x="{left + 30}" y="{base}">{escape(name)}</text>',
    ]


def _axis(values: Sequence[float], start: float, end: float, room: float) -> _Axis:
    """Give an axis with room at both ends; at least a power of ten, so that noise does not look like growth."""
    low, high = math.log10(min(values)), math.log10(max(values))
    missing = max(0.0, 1.0 - (high - low)) / 2
    low, high = low - missing, high + missing
    return _Axis(low - room * (high - low), high + room * (high - low), start, end)


def _named(value: float) -> str:
    """Write a number as short as it can be read."""
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"
