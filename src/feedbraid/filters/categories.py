"""Rename, add and remove categories (tags, in some readers), so that many sources speak of one thing by one name.

It is done in this order: `map`, then `drop` and `keep`, then `add`. Names are compared without regard to large
and small letters, with what a category is called and with the label that it is shown by. The order stays; new
ones come last; of two that are called alike, the first one stays. A category that is renamed loses its label and
the address of the vocabulary that its old name came from. Posts are never left out: that is what `drop` and
`keep` do, the filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from feedbraid.forms import Form, OneOrMore
from feedbraid.model import Category, Post

from . import Each, Example, Filter, Mistake, Setting
from ._text import Phrase, checked_renames, folded, renaming

ALL = "*"


class Options(Form):
    """What becomes of categories; at least one of these."""

    map: Annotated[dict[Phrase, Phrase], AfterValidator(checked_renames)] = Field(default={})
    """Names and what they become, such as {Politik: politics}."""
    drop: OneOrMore[Phrase] = ()
    """Which are removed; "*" is all."""
    keep: OneOrMore[Phrase] = ()
    """Which stay; all others are removed."""
    add: OneOrMore[Phrase] = ()
    """Which every post gets."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not (self.map or self.drop or self.keep or self.add):
            raise ValueError("say what becomes of categories: map, drop, keep or add")
        both = {folded(name) for name in self.drop} & {folded(name) for name in self.keep}
        if both:
            raise ValueError(f"{min(both)!r} can not be dropped and kept")
        return self


def _build(options: Options, setting: Setting) -> Each:  # noqa: ARG001  # every filter gets it
    rename, stays = renaming(options.map), _choice(options)
    added = [Category(rename(name)) for name in options.add]

    def apply(post: Post) -> Post:
        before = post.entry.categories
        renamed = (_renamed(category, rename) for category in before)
        after = _one_each([*filter(stays, renamed), *added])
        return post if after == before else replace(post, entry=replace(post.entry, categories=after))

    return Each(apply=apply)


def _renamed(category: Category, rename: Callable[[str], str]) -> Category:
    for name in (category.term, category.label):
        if rename(name) != name:
            return Category(rename(name))
    return category


def _choice(options: Options) -> Callable[[Category], bool]:
    drop, keep = (frozenset(map(folded, names)) for names in (options.drop, options.keep))

    def stays(category: Category) -> bool:
        names = {folded(name) for name in (category.term, category.label) if name}
        return ALL not in drop and drop.isdisjoint(names) and not (keep and keep.isdisjoint(names))

    return stays


def _one_each(categories: Iterable[Category]) -> tuple[Category, ...]:
    found: dict[str, Category] = {}
    for category in categories:
        found.setdefault(folded(category.term), category)
    return tuple(found.values())


FILTER = Filter(
    summary="rename, add and remove categories",
    options=Options,
    build=_build,
    short="add",
    examples=(
        Example(
            says="One name for what sources in several languages call differently.",
            config="- categories: {map: {Politik: politics, 政治: politics}}",
            posts=(
                {"categories": ["politik", "Berlin"]},
                {"categories": ["政治", "Politics"]},
                {"categories": ["Sport"]},
            ),
            gives=({"categories": ["politics", "Berlin"]}, {"categories": ["politics"]}, {}),
        ),
        Example(
            says="Add one to all posts of a source.",
            config="- categories: news",
            posts=({"categories": ["Berlin"]}, {"categories": ["News"]}, {}),
            gives=({"categories": ["Berlin", "news"]}, {}, {"categories": ["news"]}),
        ),
        Example(
            says="Remove what says nothing; or all, and set your own.",
            config="- categories: {drop: [Uncategorized, Allgemein]}\n- categories: {keep: [tea, cake]}",
            posts=({"categories": ["uncategorized", "Tea", "China"]},),
            gives=({"categories": ["Tea"]},),
        ),
    ),
    mistakes=(
        Mistake(config="- categories", says="say what becomes of categories: map, drop, keep or add"),
        Mistake(
            config="- categories: {map: {Politik: politics, politics: Politics}}",
            says="'politics' is renamed itself, to 'Politics'; write  Politik: Politics",
        ),
        Mistake(config="- categories: {map: {Politik: ''}}", says="a text is needed here"),
        Mistake(
            config="- categories: {drop: [Sport]}",
            says="Posts about sport stay in the feed, without that category. To leave the posts out, write "
            "`- drop: {category: Sport}`.",
            is_error=False,
        ),
    ),
)
