"""Say who wrote posts: give a name to posts without one, write names alike, remove names that are none.

It is done in this order: `map`, `drop`, then `set`. Names are compared as a whole, without regard to large and
small letters. `set` is for posts that name nobody by then; with `replace`, for all. Who is renamed keeps the
address of the page about them; who is set has none. Of two that are called alike, the first one stays. Mail
addresses are never published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Person, Post, RawPerson
from feedbraid.text import split_person

from . import Each, Example, Filter, Mistake, Setting
from ._text import Phrase, checked_renames, folded, one_each, renaming, words


def _name(value: str) -> str:
    line = words(value)
    name, mail = split_person(RawPerson(name=line))
    if mail:
        raise ValueError(f"mail addresses are not published; write the name alone{f': {name}' if name else ''}")
    return line


Name = Annotated[str, AfterValidator(_name)]


class Options(Form):
    """What becomes of authors; at least one of map, drop and set."""

    set: OneOrMore[Name] = ()
    """The name of the author of posts without one; or several."""
    replace: bool = False
    """`set` is for posts that have authors, too."""
    map: Annotated[dict[Phrase, Name], AfterValidator(checked_renames)] = Field(default={})
    """Names and what they become, such as {admin: The editors}."""
    drop: OneOrMore[Phrase] = ()
    """Names that are removed."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if self.replace and not self.set:
            raise ValueError("say who takes the place of other authors: set")
        if not (self.set or self.map or self.drop):
            raise ValueError("say what becomes of authors: set, map or drop")
        return self


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    change = _changer(options)

    def apply(post: Post) -> Post:
        after = change(post.entry.authors)
        return post if after == post.entry.authors else replace(post, entry=replace(post.entry, authors=after))

    return Each(apply=apply)


def _changer(options: Options) -> Callable[[tuple[Person, ...]], tuple[Person, ...]]:
    rename, dropped = renaming(options.map), frozenset(map(folded, options.drop))
    own = one_each(Person(rename(name)) for name in options.set)

    def change(people: tuple[Person, ...]) -> tuple[Person, ...]:
        renamed = one_each(replace(person, name=rename(person.name)) for person in people)
        named = tuple(person for person in renamed if folded(person.name) not in dropped)
        return own if own and (options.replace or not named) else named

    return change


FILTER = Filter(
    summary="say who wrote posts: set, rename and remove authors",
    options=Options,
    build=_build,
    short="set",
    examples=(
        Example(
            says="A name for posts that have none.",
            config="- author: 编辑部",
            posts=({"authors": []}, {"authors": ["Ann"]}),
            gives=({"authors": ["编辑部"]}, {}),
        ),
        Example(
            says="Remove names that are none, and write a name as it is written elsewhere.",
            config="- author: {drop: [admin, webmaster], map: {j. doe: Jane Doe}, set: The editors}",
            posts=({"authors": ["Admin"]}, {"authors": ["J. Doe", "Jane Doe", "Bo"]}),
            gives=({"authors": ["The editors"]}, {"authors": ["Jane Doe", "Bo"]}),
        ),
        Example(
            says="One name for all, whoever wrote it.",
            config="- author: {set: [Ann, Bo], replace: true}",
            posts=({"authors": ["Someone"]},),
            gives=({"authors": ["Ann", "Bo"]},),
        ),
    ),
    mistakes=(
        Mistake(config="- author", says="say what becomes of authors: set, map or drop"),
        Mistake(
            config="- author: Ann <ann@example.org>",
            says="mail addresses are not published; write the name alone: Ann",
        ),
        Mistake(config="- author: {replace: true}", says="say who takes the place of other authors: set"),
        Mistake(
            config="- author: Ann",
            says="Posts that name an author keep it. For all posts, write `author: {set: Ann, replace: true}`.",
            is_error=False,
        ),
    ),
)
