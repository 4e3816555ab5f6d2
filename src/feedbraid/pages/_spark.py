"""Small pictures of thirty days, as SVG inside the page: nothing is loaded, and their words say the same."""

from __future__ import annotations

from collections.abc import Sequence

from feedbraid.pages._markup import NOTHING, Markup, element, text
from feedbraid.records import Day
from feedbraid.text import counted

_STEP, _BAR = 4, 3
"""From one day to the next, and how wide it is drawn."""
_HEIGHT = 24
_MIDDLE = 16
"""Where days of fetches stand: what worked goes up from here, what failed goes down, so no colour is needed."""


def posts_per_day(counts: Sequence[int]) -> Markup:
    """Draw how many posts each day has, oldest first."""
    most = max(counts, default=0)
    words = f"{counted(sum(counts), 'post')} in {counted(len(counts), 'day')}"
    told = f"{words}, {most} on the busiest one" if most > 1 else words
    return _picture(told, len(counts), _HEIGHT, _bars("new", [_up(count, most, _HEIGHT) for count in counts]))


def fetches_per_day(days: Sequence[Day]) -> Markup:
    """Draw what came of the fetches of each day, oldest first: what worked above a line, what failed below it."""
    read, same, failed = (sum(getattr(day, name) for day in days) for name in ("read", "unchanged", "failed"))
    told = (
        f"{counted(read + same + failed, 'fetch', 'fetches')} in {counted(len(days), 'day')}: "
        f"{read} brought a document, {same} nothing new, {failed} failed"
    )
    most = max((day.read + day.unchanged + day.failed for day in days), default=0)
    return _picture(
        told,
        len(days),
        _MIDDLE,
        _bars("same", [_up(day.read + day.unchanged if day.unchanged else 0, most, _MIDDLE) for day in days]),
        _bars("new", [_up(day.read, most, _MIDDLE) for day in days]),
        _bars("failed", [_down(day.failed, most) for day in days]),
    )


_Bar = tuple[int, int]
"""Where it begins, from the top, and its height."""


def _up(count: int, most: int, base: int) -> _Bar:
    height = _size(count, most, base)
    return base - height, height


def _down(count: int, most: int) -> _Bar:
    return _MIDDLE + 1, _size(count, most, _HEIGHT - _MIDDLE)


def _size(count: int, most: int, room: int) -> int:
    """Give a height, which is nothing only for nothing."""
    return max(2, round(room * count / most)) if count else 0


def _bars(name: str, bars: Sequence[_Bar]) -> Markup:
    """Draw the bars of one colour as one shape: a page of hundreds of sources has many."""
    shape = "".join(
        f"M{place * _STEP} {top}h{_BAR}v{height}h-{_BAR}z" for place, (top, height) in enumerate(bars) if height
    )
    return element("path", {"class": name, "d": shape}) if shape else NOTHING


def _picture(told: str, days: int, base: int, *drawn: Markup) -> Markup:
    width, height = max(1, days) * _STEP, _HEIGHT + 1
    return element(
        "svg",
        {"role": "img", "viewBox": f"0 0 {width} {height}", "width": str(width), "height": str(height)},
        element("title", {}, text(told)),
        element("path", {"class": "line", "d": f"M0 {base}h{width - 1}v1h-{width - 1}z"}),
        *drawn,
    )
