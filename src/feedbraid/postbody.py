"""The body of a seed post: the script format's own head, Markdown, Liquid marks, and the HTML that comes of it.

Nothing is executed and nothing is cleaned here: `html.clean` does that later, to seeds as to everything else.
This is the only module that knows markdown-it.
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

from feedbraid import html
from feedbraid.nouns import dataclass

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MOST_MARKDOWN = 1_000_000
"""Characters; a longer body is not read as Markdown, which takes about 20 seconds a million at worst."""


# --- the head of the script format ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What stands between front matter and body in the script format. `dates`, best first, may be empty."""

    title: str
    url: str
    dates: tuple[str, ...]
    markup: str
    """The body, as HTML: nothing in it is Markdown."""


_EPOCH = re.compile(r"\s*<!--[ \t]*(-?\d{1,16}|NaN)[ \t]*-->")
_RULE = re.compile(r"(?:-{2,}|={2,})[ \t]*")
_DATE_LINE = re.compile(r"\s*日期[:：](.*)")


def split_heading(body: str) -> Heading | None:
    """Read the script format: an epoch comment (or none), `[title](url)`, a line of dashes, a date line (or none).

    None when the body does not begin so.
    """
    comment = _EPOCH.match(body)
    lines = body[comment.end() if comment else 0 :].lstrip().split("\n", 2)
    link = _linked(lines[0])
    if link is None or len(lines) < 2 or not _RULE.fullmatch(lines[1]):
        return None
    rest = lines[2] if len(lines) > 2 else ""
    date_line = _DATE_LINE.match(rest)
    markup = _unwrapped(rest[date_line.end() if date_line else 0 :].strip())
    inner_date, markup = _split_date(markup)
    stated = (date_line[1].strip() if date_line else "", _epoch_date(comment[1]) if comment else "", inner_date)
    dates = tuple(date for date in stated if date)
    return Heading(title=link[0], url=link[1], dates=dates, markup=_as_markup(markup))


_EXACT = "\n------\n\n<div>\n", "\n</div>\n"
"""What stands before and after a body that is meant as it stands."""


def exact_body(body: str) -> str | None:
    """Give the HTML between heading and end, white space and all; None when the lines around it are others."""
    start, end = _EXACT
    _, opening, rest = body.partition(start)
    return rest.removesuffix(end) if opening and rest.endswith(end) else None


def _linked(line: str) -> tuple[str, str] | None:
    """Read a line that is one link; titles have brackets of their own, so the last `](` counts."""
    text = line.strip()
    middle = text.rfind("](")
    if not text.startswith("[") or not text.endswith(")") or middle < 0:
        return None
    return text[1:middle].strip(), text[middle + 2 : -1].strip()


def _epoch_date(milliseconds: str) -> str:
    """Write a time in milliseconds since 1970 as RFC 3339; nothing when it is no number or beyond the calendar."""
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(milliseconds) // 1000)
    except (ValueError, OverflowError):
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year > 1970 else ""


_DIV = re.compile(r"<(/?)div\b", re.IGNORECASE)
_OUTER = re.compile(r"<div>([ \t]*\n)?")


def _unwrapped(markup: str) -> str:
    """Take a body out of the one div around it, if there is one."""
    opening = _OUTER.match(markup)
    if opening is None or not (opening[1] or _is_one_element(markup, _DIV)):
        return markup
    return markup[opening.end() :].removesuffix("</div>").strip()


def _is_one_element(markup: str, tag: re.Pattern[str]) -> bool:
    """Tell whether the element at the start ends at the very end."""
    depth = 0
    for found in tag.finditer(markup):
        depth += -1 if found[1] else 1
        if depth == 0:
            return markup.find(">", found.end()) == len(markup) - 1
    return False


_INNER_DATE = re.compile(
    r"\s*(?:<div>\s*<i>(?:<br>)?([^<>]{8,60})</i>\s*</div>|<i>([^<>]{8,60})</i>|<div>([\d/.: -]{8,40})</div>)"
)
_DATE_LIKE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4}\b.*"
    r"|\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[T ][\d:.]+ ?(?:Z|GMT|[+-][\d:]+)?)?"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{4}(?: -)?(?: \d{1,2}:\d{2}(?::\d{2})?)?"
)


def _split_date(markup: str) -> tuple[str, str]:
    """Take the date that the script wrote in front of a text out of it."""
    found = _INNER_DATE.match(markup)
    date = (found[1] or found[2] or found[3]).strip() if found else ""
    if found is None or not _DATE_LIKE.fullmatch(date):
        return "", markup
    return date, markup[found.end() :].lstrip()


def _as_markup(text: str) -> str:
    """Give HTML; text without any, as scripts copy it from video descriptions, is made so (N37)."""
    return text if "<" in text or html.has_markup(text) else html.from_plain(text)


# --- any other body ---------------------------------------------------------------------------------------


_LEADING_LINES = re.compile(r"\A(?:[^\S\n]*+\n|(?!))*+")
"""Blank lines before a text; the indent of its first line may make it code."""


def body_html(body: str, suffix: str) -> tuple[str, str]:
    """Give the HTML of a body by the file's extension, and what had to be left undone ("" as a rule)."""
    text = _without_liquid(_LEADING_LINES.sub("", body).rstrip())
    if suffix in (".html", ".htm") or _is_html(text):
        return text, ""
    if suffix == ".txt":
        return html.from_plain(text), ""
    if len(text) > MOST_MARKDOWN:
        return html.from_plain(text), f"longer than {MOST_MARKDOWN} characters, it was not read as Markdown"
    return str(_markdown().render(text)).strip(), ""


@functools.cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  # a run in which no seed changed does without (D23)

    return MarkdownIt("commonmark", {"html": True}).enable("table")


_CONTAINER = re.compile(r"<(article|body|div|html|main|section)\b(?![^>]*\bmarkdown=)", re.IGNORECASE)


def _is_html(text: str) -> bool:
    """Tell whether a body is one element from end to end: its blank lines and indents mean nothing then."""
    opening = _CONTAINER.match(text)
    return opening is not None and _is_one_element(text, re.compile(rf"<(/?){opening[1]}\b", re.IGNORECASE))


_HEADING = re.compile(r"<h[1-6]\b[^<>]*>", re.IGNORECASE)
_HEADING_END = re.compile("</h", re.IGNORECASE)


def first_heading(markup: str) -> str:
    """Give the inner HTML of the first heading, or nothing."""
    opening = _HEADING.search(markup)
    end = _HEADING_END.search(markup, opening.end()) if opening else None
    return markup[opening.end() : end.start()].strip() if opening and end else ""


_TAG = re.compile(r"(\{%-?[ \t]*(?:(?:end)?raw|(?:end)?comment|highlight\b[^%\n]{0,80}|endhighlight)[ \t]*-?%\})")


def _without_liquid(text: str) -> str:
    """Take out the Liquid marks that say how text is meant: raw, comment, highlight. All others stay as text."""
    parts = _TAG.split(text)
    if len(parts) == 1:
        return text
    kept: list[str] = []
    mode = ""
    for position, part in enumerate(parts):
        name = part.strip("{%- \t}").split(maxsplit=1)[0].rstrip("-%}") if position % 2 else ""
        if name and not mode and not name.startswith("end"):
            mode = name
            kept.append("\n<pre><code>" if mode == "highlight" else "")
        elif name and name == f"end{mode}":
            kept.append("</code></pre>\n" if mode == "highlight" else "")
            mode = ""
        elif mode != "comment":
            kept.append(escape(part, quote=False) if mode == "highlight" else part)
    return text if mode else "".join(kept)
