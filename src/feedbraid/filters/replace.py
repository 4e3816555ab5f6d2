r"""Put other words in the place of words: in titles and in the text of posts.

What is looked for is `text`, letter by letter, or `regex`, a regular expression (RE2). It is replaced wherever
it stands, inside of words too; for whole words alone, write a regular expression such as `\bcat\b`, which works
for English: Chinese has no blanks between words. Several changes are made in their order, each on what the one
before it left.

In bodies, the text between tags is changed, and nothing else: no tag, no address, no description of an image. So
a text that a tag runs through is not found: "green tea" is not in `green <b>tea</b>`. What is put in is text,
too; `by: "<b>"` shows these three signs. A title, or the name of an author, that would be emptied stays as it
was.

The changes are made in each build, on what the source states. When posts are read back from your own published
feeds, they meet their own work: changes that would change that again, such as `tea` to `green tea`, are done
twice then. With a regular expression that can be avoided: `(?:green )?tea` to `green tea`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from feedbraid import patterns
from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Entry, Person, Post
from feedbraid.text import one_line

from . import Each, Example, Filter, Mistake, Setting, _body
from ._text import Regex, checked_change, one_each

Field_ = Literal["title", "content", "summary", "author"]
Change = Callable[[str], str]


class Rule(Form):
    """One change."""

    text: str = ""
    """What is replaced, letter by letter."""
    regex: Regex = ""
    """What is replaced, as a regular expression (RE2); in the place of `text`."""
    by: str = ""
    r"""What takes its place; nothing when not given. With `regex`, \1 is the first group, and \\ a backslash."""
    places: OneOrMore[Field_] = Field(default=("title", "content"), alias="in")
    """Where: title, content, summary, author. When not given, in title and content."""
    ignore_case: bool = False
    """Without regard to large and small letters."""

    @field_validator("by")
    @classmethod
    def _fits_regex(cls, by: str, info: ValidationInfo) -> str:
        found = info.data.get("regex")
        return checked_change(found, by) if found else by

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        self.check()
        return self

    def check(self) -> None:
        """Raise ValueError when it does not say what is replaced."""
        if bool(self.text) == bool(self.regex):
            raise ValueError("say what is replaced, and by what: {text: one, by: two}, or {regex: …, by: …}")


class Options(Rule):
    """One change, or a list of them."""

    rules: tuple[Rule, ...] = ()
    """Changes, made in this order; in the place of the other options."""

    def check(self) -> None:
        """Raise ValueError when it does not say what is replaced, or says it twice."""
        if not self.rules:
            super().check()
        elif self.model_fields_set != {"rules"}:
            raise ValueError("one change or a list of rules, not both")


def _build(options: Options, setting: Setting) -> Each:
    rules = [(rule.places, _change_of(rule)) for rule in options.rules or (options,)]
    in_field = {name: _all([change for places, change in rules if name in places]) for name in _CHANGERS}

    def apply(post: Post) -> Post:
        entry = post.entry
        for name, change in in_field.items():
            entry = _CHANGERS[name](entry, change) if change else entry
        if entry.body != post.entry.body:
            entry = replace(entry, body=_body.settled(_body.fitting(entry.body), post, setting.cleaning))
        return post if entry == post.entry else replace(post, entry=entry)

    return Each(apply=apply)


def _change_of(rule: Rule) -> Change:
    if rule.text and not rule.ignore_case:
        return lambda value: value.replace(rule.text, rule.by)
    pattern = patterns.compiled(("(?i)" if rule.ignore_case else "") + (rule.regex or re.escape(rule.text)))
    by = rule.by if rule.regex else rule.by.replace("\\", "\\\\")
    return lambda value: pattern.replaced(value, by)


def _all(changes: Sequence[Change]) -> Change | None:
    def change(value: str) -> str:
        for one in changes:
            value = one(value)
        return value

    return change if changes else None


def _in_title(entry: Entry, change: Change) -> Entry:
    title = one_line(change(entry.title)) if entry.title else ""
    return replace(entry, title=title or entry.title)


def _in_content(entry: Entry, change: Change) -> Entry:
    return replace(entry, body=_body.map_text(entry.body, change))


def _in_summary(entry: Entry, change: Change) -> Entry:
    return replace(entry, summary=one_line(change(entry.summary))) if entry.summary else entry


def _in_author(entry: Entry, change: Change) -> Entry:
    people = (Person(one_line(change(person.name)) or person.name, person.uri) for person in entry.authors)
    return replace(entry, authors=one_each(people))


_CHANGERS: dict[Field_, Callable[[Entry, Change], Entry]] = {
    "title": _in_title,
    "content": _in_content,
    "summary": _in_summary,
    "author": _in_author,
}


FILTER = Filter(
    summary="put other words in the place of words, in titles and texts",
    options=Options,
    build=_build,
    short="rules",
    is_idempotent=False,
    examples=(
        Example(
            says="Call a city by its name of today. Addresses and attributes stay as they are.",
            config="- replace: {text: Bombay, by: Mumbai}",
            posts=(
                {
                    "title": "Rain in Bombay",
                    "body": '<p><a href="https://voa.example/Bombay" title="Bombay">Bombay</a> &amp; Goa</p>',
                },
            ),
            gives=(
                {
                    "title": "Rain in Mumbai",
                    "body": '<p><a href="https://voa.example/Bombay" title="Bombay">Mumbai</a> &amp; Goa</p>',
                },
            ),
        ),
        Example(
            says="Take out what a source puts into every text, and write its quotation marks as others do.",
            config=(
                "- replace:\n"
                r"    - {regex: '\s*（\s*未经许可，不得转载\s*）', in: [content, summary]}" + "\n"
                r"""    - {regex: '"([^"]*)"', by: '“\1”'}"""
            ),
            posts=(
                {
                    "title": '他说"可以"',
                    "body": "<p>正文。（未经许可，不得转载）</p>",
                    "summary": "摘要（未经许可，不得转载）",
                },
                {"title": "标题", "body": "<p>正文。</p>"},
            ),
            gives=({"title": "他说“可以”", "body": "<p>正文。</p>", "summary": "摘要"}, {}),
        ),
        Example(
            says="Write the names of authors as they are written elsewhere.",
            config="- replace: {text: 'by ', in: author, ignore_case: true}",
            posts=({"authors": ["By Ann Example", "Bo"]},),
            gives=({"authors": ["Ann Example", "Bo"]},),
        ),
    ),
    mistakes=(
        Mistake(config="- replace: {by: Mumbai}", says="say what is replaced, and by what: {text: one, by: two}"),
        Mistake(
            config="- replace: {text: Bombay, by: Mumbai, in: body}",
            says="'body' is not one of 'title', 'content', 'summary' or 'author'",
        ),
        Mistake(
            config=r"- replace: {regex: '(\w+), (\w+)', by: '\3 \1'}",
            says="\\3 stands for a group, and the pattern has 2",
        ),
        Mistake(config="- replace: {regex: ' *', by: '-'}", says="matches where nothing is"),
        Mistake(
            config="- replace: {text: <hr>, by: ''}",
            says="Nothing is found: the text between tags is searched, never a tag.",
            is_error=False,
        ),
        Mistake(
            config="- replace: {text: '.', by: '!'}",
            says="Every full stop is replaced, also those in 3.5 and in e.g.: `text` is found wherever it stands.",
            is_error=False,
        ),
    ),
)
