"""Makes what came from outside believable: what a command answers, and what filters of other packages make.

Their authors may make mistakes. A post that comes from there is held to what holds of every post: titles are plain
text on one line, bodies safe to publish, addresses absolute. Keys, ids and dates stay what they were, so that no
subscriber sees a post twice. An exception leaves a post as it was, and the operator is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn, TypeVar

from feedbraid import configvalues as values
from feedbraid import fields, text, urls
from feedbraid.forms import Form
from feedbraid.model import (
    Category,
    CleaningRules,
    Enclosure,
    Entry,
    Person,
    Post,
    RawCategory,
    RawPerson,
)
from feedbraid.registry import added_version, load_added

from . import AllPosts, Chosen, Dropped, Each, Filter, FilterError, Row, Setting, Step, _body

A = TypeVar("A")
B = TypeVar("B")

MOST = 1000
"""Authors, categories or files of one post."""

# --- one post ---------------------------------------------------------------------------------------------


def believed(post: Post, stated: object, rules: CleaningRules) -> Post:
    """Give a post with what was changed of its entry, as far as that may change, made believable.

    Raises FilterError when that can not be done.
    """
    if not isinstance(stated, Entry):
        _wrong("an entry", stated)
    made = {
        name: make(getattr(stated, name), post, rules)
        for name, make in _CHANGEABLE.items()
        if getattr(stated, name) != getattr(post.entry, name)
    }
    entry = replace(post.entry, **made)
    return post if entry == post.entry else replace(post, entry=entry)


def _wrong(what: str, value: object) -> NoReturn:
    raise FilterError(f"{what} is needed, and not {text.one_line(repr(value))[:60]}")


def _stated(value: object, name: str) -> str:
    return value if isinstance(value, str) else _wrong(f"a text as its {name}", value)


def _line(name: str) -> Callable[[object, Post, CleaningRules], str]:
    return lambda value, _post, _rules: text.one_line(_stated(value, name))


def _markup(value: object, post: Post, rules: CleaningRules) -> str:
    return _body.safe(_body.fitting(_stated(value, "body")), post, rules)


def _link(value: object, post: Post, _rules: CleaningRules) -> str:
    return urls.absolute(_stated(value, "link"), post.entry.link) or _wrong("a web address as its link", value)


def _image(value: object, post: Post, _rules: CleaningRules) -> str:
    stated = _stated(value, "image")
    return (
        (urls.absolute(stated, post.entry.link) or _wrong("a web address as its image", value)) if stated else ""
    )


def _language(value: object, _post: Post, _rules: CleaningRules) -> str:
    stated = _stated(value, "language")
    return (text.language_tag(stated) or _wrong("a language such as zh-Hans", value)) if stated else ""


def _people(value: object, post: Post, _rules: CleaningRules) -> tuple[Person, ...]:
    stated = [RawPerson(name=one.name, uri=one.uri) for one in _each(value, Person, "authors")]
    return fields.people(stated, post.entry.link)


def _categories(value: object, _post: Post, _rules: CleaningRules) -> tuple[Category, ...]:
    stated = _each(value, Category, "categories")
    return fields.categories([RawCategory(term=one.term, scheme=one.scheme, label=one.label) for one in stated])


def _enclosures(value: object, post: Post, _rules: CleaningRules) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for one in _each(value, Enclosure, "files"):
        url = urls.absolute(one.url, post.entry.link) or _wrong("a web address of a file", one.url)
        kind = fields.media_type(one.media_type) or fields.type_of(url)
        found.setdefault(url, Enclosure(url, kind, max(one.length, 0), text.one_line(one.title)))
    return tuple(found.values())


def _each(value: object, kind: type[Any], name: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, kind) for one in value):
        _wrong(f"a list of {name}", value)
    if len(value) > MOST:
        raise FilterError(f"a post has at most {MOST} {name}, and not {len(value)}")
    return value


_CHANGEABLE: Mapping[str, Callable[[Any, Post, CleaningRules], Any]] = {
    "title": _line("title"),
    "summary": _line("summary"),
    "rights": _line("rights"),
    "body": _markup,
    "link": _link,
    "image": _image,
    "language": _language,
    "authors": _people,
    "categories": _categories,
    "enclosures": _enclosures,
}
"""What filters may change of an entry."""

# --- what a command answers -------------------------------------------------------------------------------

_TEXTS = {"title": "title", "summary": "summary", "html": "body", "link": "link", "language": "language"}
_LISTS = ("authors", "categories")


def answered(post: Post, given: Mapping[str, object], answer: object, rules: CleaningRules) -> Post | Dropped:
    """Give what becomes of a post when a command that was given its fields answers with others.

    Fields that it hands back as they were count as not answered. Raises FilterError for an answer that makes no
    sense.
    """
    if not isinstance(answer, Mapping):
        _wrong("an object of JSON", answer)
    if "drop" in answer:
        reason = text.one_line(answer["drop"]) if isinstance(answer["drop"], str) else ""
        return Dropped(reason) if reason else _wrong("the reason as a text in drop", answer["drop"])
    changed = {name: value for name, value in answer.items() if name not in given or value != given[name]}
    return believed(post, _with_answers(post.entry, given, changed), rules)


def _with_answers(entry: Entry, given: Mapping[str, object], changed: Mapping[str, Any]) -> Entry:
    for name in changed:
        if name not in given:
            known = (*_TEXTS, *_LISTS, "drop")
            raise FilterError(f"a post has no field {text.one_line(name)[:60]!r}; {values.nearest(name, known)}")
        if name not in (*_TEXTS, *_LISTS):
            raise FilterError(f"the field {name!r} can not be changed")
    made: dict[str, Any] = {_TEXTS[name]: value for name, value in changed.items() if name in _TEXTS}
    if "authors" in changed:
        known_people = {person.name: person for person in entry.authors}
        made["authors"] = [known_people.get(name, Person(name)) for name in _texts(changed, "authors")]
    if "categories" in changed:
        known_terms = {category.term: category for category in entry.categories}
        made["categories"] = [known_terms.get(term, Category(term)) for term in _texts(changed, "categories")]
    return replace(entry, **made)


def _texts(changed: Mapping[str, Any], name: str) -> Sequence[str]:
    return _each(changed[name], str, name)


# --- filters of other packages ----------------------------------------------------------------------------


def added(name: str) -> Filter:
    """Load a filter of another package. Raises LookupError with what is wrong with it."""
    found = load_added("feedbraid.filters", name)
    fault = _fault(found)
    if fault:
        raise LookupError(f"the filter {name!r} of another package can not be used: {fault}")
    return found  # type: ignore[return-value]  # that was asked


def _fault(found: object) -> str:
    if not isinstance(found, Filter):
        return "it is no feedbraid.filters.Filter"
    options: object = found.options
    if not (isinstance(options, type) and issubclass(options, Form)):
        return "its options are no class below feedbraid.forms.Form"
    if found.short and found.short not in options.settings():
        return f"it has no option {found.short!r}, which is meant where none is named"
    return ""


def made(name: str, options: str, setting: Setting) -> Step:
    """Make a filter of another package, with its options as JSON, guarded against its mistakes.

    Raises LookupError or ValueError with what is wrong with it.
    """
    kind = added(name)
    try:
        step = kind.build(kind.options.model_validate_json(options), setting)
    except ValueError:
        raise
    except Exception as error:  # whatever that package raises
        raise ValueError(_words(error)) from error
    step = guarded(step, setting.cleaning)
    return replace(step, print=f"{step.print} {added_version('feedbraid.filters', name)}")


def guarded(step: object, rules: CleaningRules) -> Step:
    """Guard a filter of another package, which may raise and give anything. Raises ValueError for none."""
    if isinstance(step, Each):
        return replace(step, apply=_guarded(partial(_applied, step.apply, rules)), wants_page="")
    if isinstance(step, AllPosts):
        look = None if step.look is None else _guarded(partial(_looked, step.look))
        return replace(step, choose=partial(_chosen, step.choose), look=look)
    raise ValueError("its build gives neither Each nor AllPosts")


def _guarded(ask: Callable[[A], B]) -> Callable[[A], B]:
    def asked(about: A) -> B:
        try:
            return ask(about)
        except FilterError as error:
            raise FilterError(text.one_line(str(error)) or "it gives no reason") from error
        except Exception as error:  # whatever that package raises
            raise FilterError(_words(error)) from error

    return asked


def _words(error: Exception) -> str:
    return text.one_line(f"it failed with {type(error).__name__}: {error}")[:300].rstrip(": ")


def _applied(apply: Callable[[Post], object], rules: CleaningRules, post: Post) -> Post | Dropped:
    after = apply(post)
    if after is post:
        return post
    if isinstance(after, Dropped):
        return Dropped(_reason(after.reason))
    return believed(post, after.entry, rules) if isinstance(after, Post) else _wrong("a post", after)


def _looked(look: Callable[[Post], object], post: Post) -> str:
    facts = look(post)
    return facts if isinstance(facts, str) else _wrong("a text from look", facts)


def _reason(stated: object) -> str:
    return text.one_line(str(stated)) or "it gives no reason"


def _chosen(choose: Callable[[Sequence[Row]], object], rows: Sequence[Row]) -> Chosen:
    """Have it choose; when it can not, all posts stay."""
    try:
        return _guarded(partial(_choice, choose))(rows)
    except FilterError as error:
        return Chosen(rows=tuple(rows), notes=(f"all posts stay: {error}",))


def _choice(choose: Callable[[Sequence[Row]], object], rows: Sequence[Row]) -> Chosen:
    """Give a choice in which every post either stays, as it is and once, or has a reason."""
    chosen = choose(tuple(rows))
    if not isinstance(chosen, Chosen):
        _wrong("a choice", chosen)
    known = {row.key: row for row in rows}
    kept = {row.key: known[row.key] for row in chosen.rows if row.key in known}
    gone = [key for key in known if key not in kept]
    return Chosen(
        rows=tuple(kept.values()),
        dropped={key: _reason(chosen.dropped.get(key, "")) for key in gone},
        merged={key: chosen.merged[key] for key in gone if chosen.merged.get(key) in kept},
        notes=tuple(text.one_line(str(note)) for note in chosen.notes),
    )
