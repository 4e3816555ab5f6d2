"""The conditions of `keep` and `drop`: how they are written, which posts meet them, and what is said of it.

A block of conditions becomes a tree. Its leaves find something out about one post, by number: which of their
values it meets, or none of them. So all that has to be remembered of a post is a few numbers, and the words for
people are made of them when somebody asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, Literal, NamedTuple, cast
from urllib.parse import unquote

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from feedbraid import configvalues as values
from feedbraid import html, patterns
from feedbraid.forms import Age, Form, OneOrMore, some, unique
from feedbraid.media import ATTRS
from feedbraid.model import Post
from feedbraid.nouns import dataclass

from . import AllPosts, Chosen, Dropped, Each, Row

# --- how conditions are written ---------------------------------------------------------------------------

_FILE = re.compile(r"(application|audio|font|image|model|text|video)(/[a-z0-9][a-z0-9.+-]*)?")
_ANSWERS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}


def _regex(value: str) -> str:
    if not value:
        raise ValueError("a regular expression is needed here, such as '(?i)^re:'")
    return patterns.compiled(value).text


class Regex(Form):
    """A regular expression (RE2) that is searched for."""

    regex: Annotated[str, AfterValidator(_regex)]
    """What is searched for. Upper and lower case count, unless it begins with (?i)."""

    def __repr__(self) -> str:
        return f"{{regex: {self.regex}}}"


Wanted = str | Regex
"""What is looked for in a text."""


def _wanted(value: object) -> Wanted:
    if isinstance(value, Regex):
        return value
    if isinstance(value, Mapping) and not value.keys() & set(Conditions.settings()):
        return Regex.model_validate(value)
    if isinstance(value, Mapping):
        raise ValueError("a text is needed here; several blocks stand in a list below  any:  or  all:")  # noqa: TRY004  # for the operator
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text to look for is needed here, or {regex: …}")
    return value


def _listed_wanted(value: object) -> object:
    # A single one is read here, so that a mistake in it is where it stands and not in a list that nobody wrote.
    return value if isinstance(value, list | tuple) else (_wanted(value),)


def _file_kind(value: object) -> str:
    stated = str(value).strip().lower()
    if stated not in _ANSWERS and _FILE.fullmatch(stated) is None:
        raise ValueError(f"{value!r} is neither true nor false nor a kind of file such as audio or image/png")
    return _ANSWERS.get(stated, stated)


def _block(value: object) -> object:
    if value is None:
        raise ValueError("a block of conditions is needed here, such as {title: Sport}")
    return {"text": value} if isinstance(value, str | list | tuple) else value


def _listed_blocks(value: object) -> object:
    if isinstance(value, Mapping):
        raise ValueError("a list of conditions is needed here, such as [{title: Sport}, {category: Sport}]")  # noqa: TRY004  # for the operator
    return (value,) if isinstance(value, str) else value


Texts = Annotated[
    tuple[Annotated[Wanted, BeforeValidator(_wanted)], ...],
    BeforeValidator(_listed_wanted, json_schema_input_type=Wanted | tuple[Wanted, ...]),
    AfterValidator(some),
    AfterValidator(unique),
]
Length = Annotated[int, Field(ge=0, le=10_000_000)]
Range = Annotated[str, AfterValidator(values.language)]
FileKind = Annotated[str, BeforeValidator(_file_kind, json_schema_input_type=bool | str)]
Block = Annotated[
    "Conditions", BeforeValidator(_block, json_schema_input_type="str | tuple[str, ...] | Conditions")
]
Blocks = Annotated[
    tuple[Block, ...],
    BeforeValidator(_listed_blocks, json_schema_input_type=tuple[Block, ...]),
    AfterValidator(some),
]


class Conditions(Form):
    """A block of conditions: a post meets it when it meets each of them. Of several values, one is enough."""

    text: Texts = ()
    """The title or the text has it. Upper and lower case are alike."""
    title: Texts = ()
    """The title has it."""
    content: Texts = ()
    """The text has it: that of the body without markup, or the summary where there is no body."""
    author: Texts = ()
    """The name of an author has it."""
    category: Texts = ()
    """A category is this one; upper and lower case are alike."""
    url: Texts = ()
    """The address of the post has it, as it is written or as people read it."""
    source: Texts = ()
    """The source is this one: its name here, or the title of its feed."""
    language: OneOrMore[Range] = ()
    """The language is this one: en is also en-GB."""
    older_than: Age = ""
    """The post is more than so much older than the newest one, such as 30d."""
    newer_than: Age = ""
    """The post is at most so much older than the newest one, such as 12h."""
    longer_than: Length | None = None
    """The text has more characters than this, without markup."""
    shorter_than: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    """The text has fewer characters than this, without markup."""
    has_enclosure: FileKind = ""
    """true: it has a file, such as an episode; false: it has none; audio, video, image/png: it has one such."""
    has_image: bool | None = None
    """true: it has an image; false: it has none."""
    any: Blocks = ()
    """A list of blocks, one of which has to be met."""
    all: Blocks = ()
    """A list of blocks, each of which has to be met."""
    not_: Block | None = Field(default=None, alias="not")
    """A block that must not be met."""

    @model_validator(mode="after")
    def _says_something(self) -> Conditions:
        if not self.model_fields_set:
            raise ValueError("say which posts: at least one condition is needed, such as  title: Sport")
        return self

    @model_validator(mode="after")
    def _can_be_met(self) -> Conditions:
        longer, shorter, older, newer = self.longer_than, self.shorter_than, self.older_than, self.newer_than
        if longer is not None and shorter is not None and longer + 1 >= shorter:
            raise ValueError(f"no text is both longer than {longer} and shorter than {shorter} characters")
        if older and newer and values.span(older) >= values.span(newer):
            raise ValueError(f"no post is both older than {older} and newer than {newer}")
        return self


# --- what is known of one post ----------------------------------------------------------------------------

_IMAGE = re.compile(rf"<img{ATTRS}>")


@lru_cache(maxsize=1)
def _text_of(body: str) -> str:
    # The next filter asks for the same text again.
    return html.to_text(body)


def plain_text(post: Post) -> str:
    """Give the text of a post without markup, on one line: that of its body, else its summary."""
    return _text_of(post.entry.body) or post.entry.summary


@dataclass(slots=True)
class Seen:
    """A post that conditions look at: each text of it is read once, when one of them asks."""

    post: Post
    _folded: dict[str, str] = field(default_factory=dict)

    def texts(self, option: str) -> Iterator[str]:
        """Give the texts that a condition is about."""
        entry = self.post.entry
        if option == "title":
            yield entry.title
        elif option == "content":
            yield plain_text(self.post)
        elif option == "author":
            yield from (person.name for person in entry.authors)
        elif option == "category":
            yield from (name for one in entry.categories for name in (one.term, one.label) if name)
        elif option == "url":
            yield from (entry.link, unquote(entry.link))
        elif option == "source":
            yield self.post.origin
            yield from (channel.title for channel in (self.post.channel, entry.origin) if channel)

    def folded(self, text: str) -> str:
        """Give a text for comparing without regard to upper and lower case."""
        if text not in self._folded:
            self._folded[text] = text.casefold()
        return self._folded[text]

    def has_file(self, kind: str) -> bool:
        """Tell whether it has a file of a kind such as audio or image/png; "" is any."""
        types = (file.media_type.lower() for file in self.post.entry.enclosures)
        return any(kind in ("", one, one.partition("/")[0]) for one in types)

    def has_image(self) -> bool:
        """Tell whether it has an image: its own, one in its body, or a file that is one."""
        entry = self.post.entry
        return bool(entry.image) or _IMAGE.search(entry.body) is not None or self.has_file("image")


# --- leaves -----------------------------------------------------------------------------------------------

NONE = -1
"""A post meets none of the values."""

_MOST_NAMED = 5
_MOST_SHOWN = 60

Find = Callable[[Seen], int]
Say = Callable[[int], str]


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One condition: what it finds out about a post, and how that is said."""

    find: Find
    """Gives the place of the value that is met, or NONE."""
    say: Say
    """Says what was found, true of the post either way."""


@dataclass(frozen=True, slots=True, eq=False)
class AgeLeaf:
    """A condition that only all posts together decide."""

    limit: timedelta
    is_older: bool
    stated: str

    def find(self, age: timedelta) -> int:
        """Judge a post that is so much older than the newest one."""
        return 0 if (age > self.limit) == self.is_older else NONE

    def say(self, found: int) -> str:
        """Say what was found."""
        more = "more than" if (found != NONE) == self.is_older else "at most"
        return f"it is {more} {self.stated} older than the newest post"


AnyLeaf = Leaf | AgeLeaf

_WORDS: Mapping[str, tuple[str, str, str]] = {
    "title": ("its title has", "its title has no", "its title has none of"),
    "author": ("its author's name has", "its author's name has no", "its author's name has none of"),
    "category": ("its category is", "its category is not", "its category is none of"),
    "url": ("its address has", "its address has no", "its address has none of"),
    "source": ("its source is", "its source is not", "its source is none of"),
    "language": ("its language is", "its language is not", "its language is none of"),
    "content": ("its text has", "its text has no", "its text has none of"),
}
"""How a condition is said: one value is met; the only value is not; none of several is."""

_WHOLE = ("category", "source")


def _text_leaf(option: str, wanted: Sequence[Wanted]) -> Leaf:
    tests = [_test(one, whole=option in _WHOLE) for one in wanted]

    def find(seen: Seen) -> int:
        met = (place for text in seen.texts(option) for place, test in enumerate(tests) if test(seen, text))
        return next(met, NONE)

    return Leaf(find, _sayer(option, [_shown(one) for one in wanted]))


def _test(wanted: Wanted, *, whole: bool) -> Callable[[Seen, str], bool]:
    if isinstance(wanted, Regex):
        pattern = patterns.compiled(wanted.regex)
        return lambda _, text: pattern.found_in(text)
    looked_for = wanted.casefold()
    if whole:
        trimmed = looked_for.strip()
        return lambda seen, text: seen.folded(text) == trimmed
    return lambda seen, text: looked_for in seen.folded(text)


def _language_leaf(ranges: Sequence[str]) -> Leaf:
    def find(seen: Seen) -> int:
        tag = f"{seen.post.entry.language}-".lower()
        return next((place for place, one in enumerate(ranges) if tag.startswith(f"{one}-".lower())), NONE)

    return Leaf(find, _sayer("language", ranges))


def _length_leaf(limit: int, *, is_longer: bool) -> Leaf:
    def find(seen: Seen) -> int:
        length = len(plain_text(seen.post))
        return 0 if (length > limit if is_longer else length < limit) else NONE

    words = f"{'longer' if is_longer else 'shorter'} than {limit} characters"
    return Leaf(find, lambda found: f"its text is {'not ' if found == NONE else ''}{words}")


def _thing_leaf(has: Callable[[Seen], bool], thing: str, *, wants: bool) -> Leaf:
    """Make the condition that a post has a thing, or has it not."""

    def say(found: int) -> str:
        return f"it has an {thing}" if (found != NONE) == wants else f"it has no {thing}"

    return Leaf(lambda seen: 0 if has(seen) == wants else NONE, say)


def _file_leaf(stated: str) -> Leaf:
    kind = "" if stated in ("true", "false") else stated
    thing = f"enclosure of type {kind}" if kind else "enclosure"
    return _thing_leaf(lambda seen: seen.has_file(kind), thing, wants=stated != "false")


def _sayer(option: str, shown: Sequence[str]) -> Say:
    met, not_it, none_of = _WORDS[option]
    none = f"{none_of} {_some_of(shown, ', ')}" if len(shown) > 1 else f"{not_it} {shown[0]}"
    return lambda found: none if found == NONE else f"{met} {shown[found]}"


def _shown(wanted: Wanted) -> str:
    stated = wanted.regex if isinstance(wanted, Regex) else wanted
    short = stated if len(stated) <= _MOST_SHOWN else f"{stated[:_MOST_SHOWN]}…"
    return f"/{short}/" if isinstance(wanted, Regex) else repr(short)


def _some_of(parts: Sequence[str], between: str) -> str:
    """Name the first ones and count the others."""
    rest = len(parts) - _MOST_NAMED
    return between.join(parts) if rest <= 0 else f"{between.join(parts[:_MOST_NAMED])} and {rest} more"


# --- the tree ---------------------------------------------------------------------------------------------


class Verdict(NamedTuple):
    """Whether a post meets conditions, and what was found that decided it."""

    met: bool
    because: tuple[tuple[AnyLeaf, int], ...]

    def words(self) -> str:
        """Say what decided, in words that are true of the post."""
        return _some_of([leaf.say(found) for leaf, found in self.because], " and ")


@dataclass(frozen=True, slots=True)
class Tree:
    """Conditions: all of them, one of them, or not this one."""

    kind: Literal["all", "any", "not"]
    parts: tuple[AnyLeaf | Tree, ...]

    def judge(self, found: Callable[[AnyLeaf], int]) -> Verdict:
        """Judge by what the leaves find; those that decide nothing any more are not asked."""
        decides = self.kind == "any"
        because: list[tuple[AnyLeaf, int]] = []
        for part in self.parts:
            verdict = part.judge(found) if isinstance(part, Tree) else _verdict(part, found(part))
            if self.kind == "not":
                return Verdict(not verdict.met, verdict.because)
            if verdict.met == decides:
                return verdict
            because += verdict.because
        return Verdict(not decides, tuple(because))

    def leaves(self) -> Iterator[AnyLeaf]:
        """Give all leaves, in their order."""
        for part in self.parts:
            if isinstance(part, Tree):
                yield from part.leaves()
            else:
                yield part


def _verdict(leaf: AnyLeaf, found: int) -> Verdict:
    return Verdict(found != NONE, ((leaf, found),))


def tree_of(block: Conditions) -> Tree:
    """Make the tree of a block; what takes longer to find out comes later."""
    return Tree("all", tuple(_parts(block)))


def _parts(block: Conditions) -> Iterator[AnyLeaf | Tree]:
    for option in ("title", "author", "category", "url", "source"):
        yield from _text_leaves(option, getattr(block, option))
    if block.language:
        yield _language_leaf(block.language)
    yield from _age_leaves(block)
    if block.has_enclosure:
        yield _file_leaf(block.has_enclosure)
    if block.has_image is not None:
        yield _thing_leaf(Seen.has_image, "image", wants=block.has_image)
    if block.text:
        yield Tree("any", (_text_leaf("title", block.text), _text_leaf("content", block.text)))
    yield from _text_leaves("content", block.content)
    if block.longer_than is not None:
        yield _length_leaf(block.longer_than, is_longer=True)
    if block.shorter_than is not None:
        yield _length_leaf(block.shorter_than, is_longer=False)
    yield from _branches(block)


def _text_leaves(option: str, wanted: Sequence[Wanted]) -> Iterator[Leaf]:
    if wanted:
        yield _text_leaf(option, wanted)


def _age_leaves(block: Conditions) -> Iterator[AgeLeaf]:
    for stated, is_older in ((block.older_than, True), (block.newer_than, False)):
        if stated:
            yield AgeLeaf(values.span(stated), is_older, stated)


def _branches(block: Conditions) -> Iterator[Tree]:
    if block.all:
        yield Tree("all", tuple(tree_of(one) for one in block.all))
    if block.any:
        yield Tree("any", tuple(tree_of(one) for one in block.any))
    if block.not_:
        yield Tree("not", (tree_of(block.not_),))


# --- the filters ------------------------------------------------------------------------------------------


def leaving_out(block: Conditions, *, if_met: bool) -> Each | AllPosts:
    """Make the filter that leaves out the posts that meet conditions, or the others."""
    tree = tree_of(block)

    def reason(found: Callable[[AnyLeaf], int]) -> str:
        verdict = tree.judge(found)
        return verdict.words() if verdict.met == if_met else ""

    leaves = tuple(tree.leaves())
    if any(isinstance(leaf, AgeLeaf) for leaf in leaves):
        return _of_all(leaves, reason)
    return Each(apply=lambda post: _one(post, reason))


Reason = Callable[[Callable[[AnyLeaf], int]], str]
"""From what the leaves find to why a post is left out; "" when it stays."""


def _one(post: Post, reason: Reason) -> Post | Dropped:
    seen = Seen(post)
    # Without ages, every leaf is one that looks at the post.
    why = reason(lambda leaf: cast("Leaf", leaf).find(seen))
    return Dropped(why) if why else post


def _of_all(leaves: Sequence[AnyLeaf], reason: Reason) -> AllPosts:
    """Make the filter of conditions with ages: the posts are looked at first, and the ages decided later."""
    looking = [leaf for leaf in leaves if isinstance(leaf, Leaf)]

    def look(post: Post) -> str:
        seen = Seen(post)
        return " ".join(str(leaf.find(seen)) for leaf in looking)

    def choose(rows: Sequence[Row]) -> Chosen:
        newest = max((row.date for row in rows), default=None)
        reasons = {row.key: reason(_finder(looking, row.facts, newest - row.date)) for row in rows if newest}
        return Chosen(
            rows=tuple(row for row in rows if not reasons[row.key]),
            dropped={key: why for key, why in reasons.items() if why},
        )

    return AllPosts(choose=choose, look=look)


def _finder(looking: Sequence[Leaf], facts: str, age: timedelta) -> Callable[[AnyLeaf], int]:
    known = dict(zip(looking, map(int, facts.split()), strict=True))
    return lambda leaf: leaf.find(age) if isinstance(leaf, AgeLeaf) else known[leaf]
