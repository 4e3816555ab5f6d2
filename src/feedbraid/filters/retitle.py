r"""Change titles: put the name of the source before them, cut off what is always the same, name what has no title.

In a feed of many sources, a title such as "[VOA] Talks go on" says at once where it comes from. It is done in
this order: `template`, `untitled`, then `pattern`, then `prefix` and `suffix`.

A prefix or suffix that is there already is not added again, and one is left away when its placeholders have
nothing to say: a post without authors gets no "by ". A post without a title stays without one, unless `template`
or `untitled` gives it one; readers then show the beginning of its text. No title is emptied: when a pattern
would leave nothing, the title stays as it was. A prefix or suffix that would make a title longer than 1,000
characters is not added.

Placeholders are {source} (the title of the feed that the post comes from; for a seed, the name of its folder),
{author} (names, with commas between them), {date} (the day on which it was published, such as 2026-03-01, in
UTC), {link} and {source_link}. Write {{ and }} for braces.

The pattern is used in each build, on the title as the source states it. When posts are read back from your own
published feeds, it meets its own work: a pattern that would change that again, such as `a` to `aa`, is better
avoided.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, ValidationInfo, field_validator, model_validator

from feedbraid import patterns
from feedbraid.forms import Form
from feedbraid.model import Post
from feedbraid.text import LINE_LIMIT, one_line

from . import Each, Example, Filter, Mistake, Setting
from ._template import as_line, checked, names_in, parsed
from ._text import Regex, checked_change


def _without_title(stated: str) -> str:
    if "title" in names_in(checked(stated)):
        raise ValueError("{title} has no place here: prefix and suffix are put before and behind the title")
    return stated


TitleWords = Annotated[str, AfterValidator(_without_title)]


class Options(Form):
    """What becomes of titles; at least one of these."""

    prefix: TitleWords = ""
    """What is put before the title, such as "[{source}] ". Mind the blank at its end."""
    suffix: TitleWords = ""
    """What is put behind the title, such as " ({author})"."""
    pattern: Regex = ""
    """A regular expression (RE2), searched in the title. With (?i) at its start, without regard to case."""
    replace: str = ""
    r"""What takes the place of each match of `pattern`; \1 is its first group. Nothing when not given."""
    untitled: TitleWords = ""
    """The title of posts that have none, such as "{author}, {date}"."""
    template: TitleWords = ""
    """The whole new title of every post, whatever title it had."""

    @field_validator("replace")
    @classmethod
    def _fits_pattern(cls, by: str, info: ValidationInfo) -> str:
        pattern = info.data.get("pattern")
        if pattern == "" and by:
            raise ValueError("say what is replaced by this: pattern")
        return checked_change(pattern, by) if pattern else by

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not (self.prefix or self.suffix or self.pattern or self.untitled or self.template):
            raise ValueError("say what becomes of titles: prefix, suffix, pattern, untitled or template")
        return self


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    steps = [*_givers(options), *_changers(options)]

    def apply(post: Post) -> Post:
        title = post.entry.title
        for step in steps:
            title = step(post, title) or title
        return post if title == post.entry.title else replace(post, entry=replace(post.entry, title=title))

    return Each(apply=apply)


_Step = Callable[[Post, str], str]
"""A post and the title it has by now to the one it gets; "" is none, and then the title stays."""


def _givers(options: Options) -> list[_Step]:
    template, untitled = parsed(options.template), parsed(options.untitled)
    return [
        lambda post, _: as_line(template, post).strip(),
        lambda post, title: title or as_line(untitled, post).strip(),
    ]


def _changers(options: Options) -> list[_Step]:
    prefix, suffix = parsed(options.prefix), parsed(options.suffix)
    pattern = patterns.compiled(options.pattern) if options.pattern else None
    return [
        lambda _, title: one_line(pattern.replaced(title, options.replace)) if pattern else title,
        lambda post, title: _with_prefix(title, as_line(prefix, post).lstrip()),
        lambda post, title: _with_suffix(title, as_line(suffix, post).rstrip()),
    ]


def _with_prefix(title: str, prefix: str) -> str:
    return title if not title or title.startswith(prefix) else _fitting(prefix + title, title)


def _with_suffix(title: str, suffix: str) -> str:
    return title if not title or title.endswith(suffix) else _fitting(title + suffix, title)


def _fitting(longer: str, title: str) -> str:
    line = one_line(longer)
    return line if len(longer) <= LINE_LIMIT else title


FILTER = Filter(
    summary="change titles: the name of the source before them, parts cut off, a title for posts without one",
    options=Options,
    build=_build,
    short="prefix",
    is_idempotent=False,
    examples=(
        Example(
            says="Say in each title where it comes from. A title that says so already stays as it is.",
            config='- retitle: "[{source}] "',
            posts=(
                {"title": "Talks go on"},
                {"title": "会谈继续", "source": "bbc"},
                {"title": "[VOA] Talks go on"},
                {"title": ""},
            ),
            gives=({"title": "[VOA] Talks go on"}, {"title": "[BBC] 会谈继续"}, {}, {}),
        ),
        Example(
            says="Cut off what a source puts at the end of every title.",
            config=r"""- retitle: {pattern: '\s+[-|]\s+Example News$'}""",
            posts=({"title": "Talks go on | Example News"}, {"title": "Example News"}),
            gives=({"title": "Talks go on"}, {}),
        ),
        Example(
            says="Turn a title around: the names of sources in front of a colon go to its end.",
            config=r"""- retitle: {pattern: "^(\\w+): (.+)$", replace: "\\2 (\\1)"}""",
            posts=({"title": "Reuters: Talks go on"},),
            gives=({"title": "Talks go on (Reuters)"},),
        ),
        Example(
            says="Give short messages, which have no titles, one of their own.",
            config='- retitle: {untitled: "{author}, {date}"}',
            posts=({"title": "", "authors": ["Ann", "Bo"]}, {"title": "Talks go on"}),
            gives=({"title": "Ann, Bo, 2026-03-01"}, {}),
        ),
    ),
    mistakes=(
        Mistake(
            config="- retitle", says="say what becomes of titles: prefix, suffix, pattern, untitled or template"
        ),
        Mistake(
            config="- retitle: [{source}]", says="one text is needed here, neither a list nor settings below it"
        ),
        Mistake(config='- retitle: "[{sorce}] "', says="there is no placeholder {sorce}; did you mean 'source'?"),
        Mistake(
            config='- retitle: {template: "{title} ({source})"}',
            says="{title} has no place here: prefix and suffix are put before and behind the title",
        ),
        Mistake(
            config='- retitle: {pattern: "(?<=: ).+", replace: "x"}',
            says="look-around such as (?=, (?! or (?<= is not possible here",
        ),
        Mistake(
            config='- retitle: "{source}:"',
            says="There is no blank between the colon and the title: VOA:Talks go on. Write the blank inside of "
            'the quotation marks: "{source}: ".',
            is_error=False,
        ),
    ),
)
