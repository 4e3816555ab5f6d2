"""Cut long texts and titles, without ever breaking markup.

A text that has more than `length` characters, or more than so many `words`, is cut and gets "…" at its end; then
it has no more than that, "…" included. Counted is what readers read: no tags, no images, and a run of white
space as one blank. In Chinese and Japanese, each character counts as a word. Images before the cut stay, what
comes after it goes, and elements that are open there are closed.

The cut is at the end of a word where one ends within 40 characters; no character is parted from its accents, and
no emoji is taken apart. With `more`, a text that was cut gets a paragraph with a link to the post, on top of its
length; a post without a link gets none. Summaries are cut like texts, titles only with `title`. A text that was
cut already is not cut again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from feedbraid.forms import Form
from feedbraid.media import written
from feedbraid.model import CleaningRules, Entry, Post
from feedbraid.posts import escaped

from . import Each, Example, Filter, Mistake, Setting, _body
from ._template import Template, Words, as_line, parsed
from ._text import Limit, cut, inner_line

_LONGEST = 9
"""Characters of an ellipsis: fewer than those of any text that it ends."""

Count = Annotated[int, Field(ge=10, le=1_000_000)]


def _short_line(value: str) -> str:
    line = inner_line(value)
    if len(line) > _LONGEST:
        raise ValueError(f"an ellipsis has at most {_LONGEST} characters, and {line!r} has {len(line)}")
    return line


class Options(Form):
    """How long texts and titles may be; at least one of length, words and title."""

    length: Count | None = None
    """The most characters of a text, with the ellipsis."""
    words: Count | None = None
    """The most words of a text; in the place of `length`."""
    title: Annotated[int, Field(ge=10, le=1000)] | None = None
    """The most characters of a title, with the ellipsis."""
    ellipsis: Annotated[str, AfterValidator(_short_line)] = "…"
    """What stands at the end of what was cut, such as " […]"; at most 9 characters."""
    more: Words = ""
    """The words of a link to the post behind a text that was cut, such as "Read on at {source}"."""

    @model_validator(mode="after")
    def _says_how_much(self) -> Options:
        if self.length is None and self.words is None and self.title is None:
            raise ValueError("say how much stays: length, words or title")
        if self.length is not None and self.words is not None:
            raise ValueError("length or words, not both")
        if self.more and self.length is None and self.words is None:
            raise ValueError("the link of more stands behind texts that were cut: say length or words, too")
        return self


def _build(options: Options, setting: Setting) -> Each:
    most = options.length or options.words
    limit = Limit(most, options.length is None, options.ellipsis) if most else None
    more = parsed(options.more)

    def apply(post: Post) -> Post:
        entry = _with_short_title(post.entry, options)
        if limit is not None:
            link = _link(replace(post, entry=entry), more, setting.cleaning)
            entry = replace(entry, body=_short(entry.body, limit, link), summary=limit.cut_line(entry.summary))
        return post if entry == post.entry else replace(post, entry=entry)

    return Each(apply=apply)


def _with_short_title(entry: Entry, options: Options) -> Entry:
    return replace(entry, title=cut(entry.title, options.title, options.ellipsis)) if options.title else entry


def _short(body: str, limit: Limit, link: str) -> str:
    """Cut a body that is longer without the link that it may have got before."""
    own = body.removesuffix(link)
    return _body.fitting(limit.cut_body(own) + link) if limit.is_passed(own) else body


def _link(post: Post, more: Template, rules: CleaningRules) -> str:
    words = as_line(more, post).strip()
    if not words or not post.entry.link:
        return ""
    return _body.safe(f"<p><a{written({'href': post.entry.link})}>{escaped(words)}</a></p>", post, rules)


FILTER = Filter(
    summary="cut long texts and titles, without breaking markup",
    options=Options,
    build=_build,
    short="length",
    examples=(
        Example(
            says="At most 30 characters, and a link to the rest. A shorter text stays as it is.",
            config="- truncate: {length: 30, more: Read on}",
            posts=(
                {"body": "<div><p>Talks <b>go on and on</b>, nobody knows for how long.</p><p>Really.</p></div>"},
                {"body": "<p>Talks go on.</p>"},
            ),
            gives=(
                {
                    "body": "<div><p>Talks <b>go on and on</b>, nobody…</p></div>"
                    '<p><a href="https://voa.example/1">Read on</a></p>'
                },
                {},
            ),
        ),
        Example(
            says="At most ten words, in any language.",
            config="- truncate: {words: 10}",
            posts=(
                {"body": "<p>One two three four five six seven eight nine ten eleven.</p>"},
                {"body": "<p>会谈继续，双方都说气氛很好。</p>"},
            ),
            gives=(
                {"body": "<p>One two three four five six seven eight nine ten…</p>"},
                {"body": "<p>会谈继续，双方都说气氛…</p>"},
            ),
        ),
        Example(
            says="Titles that fit into a list.",
            config="- truncate: {title: 20}",
            posts=({"title": "Talks go on and on and on"}, {"title": "Talks go on"}),
            gives=({"title": "Talks go on and on…"}, {}),
        ),
    ),
    mistakes=(
        Mistake(config="- truncate", says="say how much stays: length, words or title"),
        Mistake(config="- truncate: {length: 500, words: 100}", says="length or words, not both"),
        Mistake(config="- truncate: 0", says="0 is too small: it has to be at least 10"),
        Mistake(
            config="- truncate: 280",
            says="Texts and summaries are cut, titles are not: for these, write `title: 80` as well.",
            is_error=False,
        ),
    ),
)
