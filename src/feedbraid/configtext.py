"""The text of a configuration to one frozen value, or all that is wrong with it, each with line and column.

`configtree` reads the text, `configform` says which settings there are, `configvalues` what a value may be.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from feedbraid import configform, urls
from feedbraid import configvalues as values
from feedbraid.configform import ConfigForm, FeedForm, HealthForm, Mistake, RetentionForm, SeedForm, SourceForm
from feedbraid.configtree import SHORTEST, Place, Tree, read_tree
from feedbraid.configtree import Path as _Path
from feedbraid.errors import ConfigError, Problem
from feedbraid.model import (
    SECRET,
    Access,
    CleaningRules,
    DigestSpec,
    FeedSpec,
    FetchRules,
    FilterSpec,
    KeyRules,
    OriginSpec,
    Retention,
    ServedFeed,
    ServeRules,
    Show,
    SiteSpec,
    SplitSpec,
)
from feedbraid.rules import ClusterRules, HealthRules, PublishRules, Webhook, WebSubRules
from feedbraid.settings import DEFAULT_SEEDS, Config

FEED_STYLE = "feed.css"
"""The style of feeds, in the output folder."""


def parse_config(
    text: str, file: str, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> Config:
    """Read the text of a configuration; `file` is named in problems.

    `folder` is where its relative paths begin (default: the folder of `file`), `environment` what fills
    `${NAME}` (default: that of the process). Raises ConfigError with all problems, in the order of the file.
    """
    folder = Path(file).parent if folder is None else folder
    tree = read_tree(text, file, os.environ if environment is None else environment)
    data = _with_default_seeds(tree.data, folder)
    names = {
        "seeds": _names(data, "seeds"),
        "origins": [*_names(data, "seeds"), *_names(data, "sources")],
        "feeds": _names(data, "feeds") or ["all"],
        "former": _names(_section(data, "serve"), "renamed"),
        "users": _names(_section(data, "serve"), "auth"),
    }
    problems = [*tree.problems, *_repetitions(tree, data), *_nothing_to_do(tree, names["origins"])]
    form = configform.fill(data, names)
    if isinstance(form, ConfigForm):
        problems += [*_commands(tree, form), *_saved_twice(tree, form), *_saved_among_feeds(tree, form)]
        problems += _publishing(tree, form)
    if isinstance(form, ConfigForm) and not problems:
        return _config(form, folder)
    if not isinstance(form, ConfigForm):
        problems += (_located(tree, mistake) for mistake in form)
    raise ConfigError(_in_order(file, problems))


def json_schema() -> dict[str, Any]:
    """Give the JSON Schema of a configuration, for editors."""
    return configform.schema()


# --- from form to nouns -----------------------------------------------------------------------------------


def _config(form: ConfigForm, folder: Path) -> Config:
    fetch = form.fetch.model_dump(exclude={"every", "jitter", "spread", "slowest", "believe", "proxy"})
    sources, seeds = tuple(_sources(form)), tuple(_seeds(form))
    return Config(
        site=SiteSpec(
            title=form.site.title,
            address=form.site.url,
            language=form.site.language,
            author=form.site.author,
            pages=form.site.pages,
        ),
        authority=form.site.authority,
        fetch=FetchRules(**fetch),
        spread=values.breadth(form.fetch.spread),
        sources=sources,
        seeds=seeds,
        feeds=tuple(_feeds(form, [spec.name for spec in (*seeds, *sources)])),
        keys=KeyRules(**form.keys.model_dump()),
        cleaning=CleaningRules(**form.clean.model_dump()),
        serve=_serve(form),
        health=_health(form.health),
        websub=WebSubRules(
            hubs=form.websub.hubs, callback=form.websub.callback, lease=values.pause(form.websub.lease)
        ),
        cluster=ClusterRules(
            lease=values.seconds(form.cluster.lease),
            finish_within=values.seconds(form.cluster.finish_within),
            queue=form.cluster.queue,
        ),
        may_execute=form.allow_exec,
        block=_filters(form.block),
        store=form.store,
        output=form.output,
        publish=_publish(form),
        folder=folder,
    )


def _sources(form: ConfigForm) -> Iterator[OriginSpec]:
    for name, source in form.sources.items():
        yield OriginSpec(
            name=name,
            kind=values.kind_of(source.url),
            locations=(source.url, *source.mirrors),
            schedule=replace(
                values.schedule(source.every or form.fetch.every), jitter=values.breadth(form.fetch.jitter)
            ),
            key=source.key,
            zone=source.zone,
            title=source.title,
            slowest=values.pause(source.slowest or form.fetch.slowest),
            believe=values.pause(form.fetch.believe),
            access=Access(
                headers=tuple(source.headers.items()),
                auth=source.auth,
                proxy=source.proxy or form.fetch.proxy,
            ),
            flood=source.flood,
            hold=values.pause(source.hold),
            filters=_filters(source.filters),
            save_to=source.save_to,
            retention=_retention(source.retention or form.retention),
        )


def _retention(form: RetentionForm) -> Retention | None:
    if not form.age and not form.count:
        return None
    return Retention(age=values.span(form.age) if form.age else None, count=form.count, least=form.least)


def _seeds(form: ConfigForm) -> Iterator[OriginSpec]:
    for name, seeds in form.seeds.items():
        yield OriginSpec(
            name=name,
            kind="seeds",
            locations=seeds.path,
            zone=seeds.zone,
            site=seeds.site,
            ids=seeds.ids,
            filters=_filters(seeds.filters),
        )


def _serve(form: ConfigForm) -> ServeRules:
    serve = form.serve
    return ServeRules(
        **serve.model_dump(exclude={"auth", "renamed"}),
        users=tuple(serve.auth.items()),
        feeds=tuple(_served(form)),
        renamed=tuple((former, _present(former, serve.renamed)) for former in serve.renamed),
    )


def _health(form: HealthForm) -> HealthRules:
    webhooks = [
        Webhook(**one.model_dump(exclude={"headers"}), headers=tuple(one.headers.items())) for one in form.webhooks
    ]
    return HealthRules(**form.model_dump(exclude={"webhooks"}), webhooks=tuple(webhooks))


def _publish(form: ConfigForm) -> PublishRules | None:
    if form.publish is None:
        return None
    stated = form.publish.model_dump(exclude={"private", "max_age"})
    max_age = form.serve.max_age if form.publish.max_age is None else form.publish.max_age
    return PublishRules(
        **stated, max_age=max_age, browser_types=form.serve.browser_types, hidden=tuple(_hidden(form))
    )


def _hidden(form: ConfigForm) -> Iterator[str]:
    """Give the feeds of which nothing is sent: in another place everybody could read them."""
    for name, feed in (form.feeds or {"all": FeedForm()}).items():
        is_secret = bool(feed.access and feed.access.secret)  # its place in the folder is not that of its address
        if is_secret or not (_is_open(form, feed) or (form.publish and form.publish.private)):
            yield name


def _present(name: str, renamed: Mapping[str, str]) -> str:
    while name in renamed:
        name = renamed[name]
    return name


def _served(form: ConfigForm) -> Iterator[ServedFeed]:
    for name, feed in form.feeds.items():
        access = feed.access.model_dump() if feed.access else {}
        if access or feed.ended:
            yield ServedFeed(name=name, ended=feed.ended, **access)


def _filters(entries: Iterable[Mapping[str, Any]]) -> tuple[FilterSpec, ...]:
    return tuple(FilterSpec(*configform.filter_json(entry)) for entry in entries)


def _feeds(form: ConfigForm, everything: list[str]) -> Iterator[FeedSpec]:
    for name, feed in (form.feeds or {"all": FeedForm()}).items():
        origins = feed.origins or tuple(everything)
        site = _site_of(form, feed)
        address = f"{site}{name}/"
        yield FeedSpec(
            name=name,
            title=feed.title or _default_title(form, origins),
            origins=origins,
            address=address,
            home=feed.home or address,
            id=feed.id,
            subtitle=feed.subtitle,
            language=feed.language or form.site.language,
            author=feed.author or form.site.author,
            rights=feed.rights,
            limit=feed.limit,
            max_bytes=_max_bytes(feed),
            min_per_source=feed.min_per_source,
            max_per_source=feed.max_per_source,
            archive=0 if feed.digest else feed.archive,
            mirror=_only_source(form, origins),
            ranked=bool(feed.origins),
            podcast=_show(feed),
            stylesheet=f"{site}{FEED_STYLE}" if form.site.stylesheet else "",
            formats=feed.formats,
            filters=_filters(feed.filters),
            split=_split(feed),
            digest=DigestSpec(**feed.digest.model_dump()) if feed.digest else None,
            listed=_is_listed(form, feed),
            hubs=form.websub.hubs if _is_told(form, feed) else (),
            ended=feed.ended,
            save_to=feed.save_to,
        )


def _site_of(form: ConfigForm, feed: FeedForm) -> str:
    """Give the public address of what is served to those who may read a feed: a secret is a part of it."""
    secret = feed.access.secret if feed.access else ""
    return f"{form.site.url}{SECRET}/{secret}/" if secret else form.site.url


def _is_listed(form: ConfigForm, feed: FeedForm) -> bool:
    """Tell whether everybody may know of a feed: it goes on, and who asks for it needs neither user nor secret."""
    return not feed.ended and _is_open(form, feed)


def _is_open(form: ConfigForm, feed: FeedForm) -> bool:
    """Tell whether everybody may read a feed."""
    if feed.access:
        return feed.access.public
    return form.serve.public or not form.serve.auth


def _is_told(form: ConfigForm, feed: FeedForm) -> bool:
    """Tell whether hubs may hear of a feed: everybody may read it, at an address that somebody stated (N84)."""
    return _is_listed(form, feed) and "url" in form.site.model_fields_set


def _split(feed: FeedForm) -> SplitSpec | None:
    if feed.split is None:
        return None
    return SplitSpec(**feed.split.model_dump(exclude={"names"}), names=tuple(feed.split.names.items()))


def _max_bytes(feed: FeedForm) -> int:
    """Give the budget of a live document: who asks for many posts at once gets them, whatever they weigh."""
    if feed.max_bytes is not None:
        return feed.max_bytes
    usual = FeedSpec(name="", title="", origins=(), address="", home="")
    return usual.max_bytes if feed.limit <= usual.limit else 0


def _show(feed: FeedForm) -> Show | None:
    form = feed.podcast
    if form is None:
        return None
    pairs = (one.partition(" > ") for one in form.categories)
    return Show(
        author=form.author,
        owner=form.owner,
        email=form.email,
        categories=tuple((name, under) for name, _, under in pairs),
        image=form.image,
        explicit=form.explicit,
        kind=form.type,
    )


def _default_title(form: ConfigForm, origins: Iterable[str]) -> str:
    # A feed of one source is a mirror of it and takes the title that the source states itself.
    return "" if _only_source(form, origins) else form.site.title


def _only_source(form: ConfigForm, origins: Iterable[str]) -> str:
    sources = [name for name in origins if name in form.sources]
    return sources[0] if len(sources) == 1 else ""


# --- what is wrong ----------------------------------------------------------------------------------------

_Found = tuple[_Path, Place, str]


def _in_order(file: str, found: Iterable[_Found]) -> Iterator[Problem]:
    first: dict[_Path, _Found] = {}
    for one in found:
        first.setdefault(one[0], one)
    for path, (line, column), message in sorted(first.values(), key=lambda one: one[1]):
        yield Problem(file, line, column, ".".join(part for part in path if isinstance(part, str)), message)


def _located(tree: Tree, mistake: Mistake) -> _Found:
    stated = tuple(part for part in mistake.path if part != "[key]")
    known = tree.known(stated)
    place = tree.places.get(known, (1, 1))
    if mistake.kind == "extra_forbidden":
        place = tree.keys.get(stated, place)
    elif stated != mistake.path:
        known, place = (*stated, -1), tree.keys.get(stated, place)
    return known, place, _message(mistake, stated)


def _message(mistake: Mistake, path: _Path) -> str:
    say = _SAYINGS.get(mistake.kind)
    if say is not None:
        return say(mistake, path)
    return next((words for start, words in _TYPES.items() if mistake.kind.startswith(start)), mistake.words)


def _unknown_setting(_mistake: Mistake, path: _Path) -> str:
    known = configform.settings_at(path[:-1])
    return f"there is no setting {path[-1]!r} here; {values.nearest(str(path[-1]), known)}"


def _no_block(_mistake: Mistake, path: _Path) -> str:
    return _SHAPES.get(str(path[0]) if path else "", _SETTINGS) if len(path) < 3 else _SETTINGS


_SETTINGS = "settings with their names are needed here"


def _out_of_bounds(mistake: Mistake, _path: _Path) -> str:
    ((bound, number),) = mistake.facts.items()
    too, words = _BOUNDS[bound]
    return f"{mistake.value} is too {too}: it has to be {words} {number:.0f}"


_BOUNDS = {
    "gt": ("small", "more than"),
    "ge": ("small", "at least"),
    "le": ("large", "at most"),
}

_SAYINGS: Mapping[str, Callable[[Mistake, _Path], str]] = {
    "value_error": lambda mistake, _: str(mistake.facts["error"]),
    "missing": lambda _, path: f"the setting {path[-1]!r} is missing",
    "literal_error": lambda mistake, _: f"{mistake.value!r} is not one of {mistake.facts['expected']}",
    "extra_forbidden": _unknown_setting,
    "model_type": _no_block,
    "dict_type": _no_block,
    "greater_than": _out_of_bounds,
    "greater_than_equal": _out_of_bounds,
    "less_than_equal": _out_of_bounds,
}

_TYPES = {
    "int": "a whole number is needed, such as 50",
    "float": "a number is needed, such as 30",
    "finite": "a number is needed, such as 30",
    "bool": "true or false is needed",
    "string": "one text is needed here, neither a list nor settings below it",
    "tuple": "a list is needed, such as [a, b]",
}

_SHAPES = {
    "": "a configuration consists of settings with their names, such as\n\n" + SHORTEST,
    "sources": "names with an address each are needed here, such as  news: https://news.example/feed.xml",
    "seeds": "names with a path each are needed here, such as  posts: seeds/",
    "feeds": "names with settings below them are needed here, such as  all: {limit: 50}",
}


# --- what only the whole shows ----------------------------------------------------------------------------


def _with_default_seeds(data: object, folder: Path) -> object:
    if isinstance(data, dict) and data.get("seeds") is None and (folder / DEFAULT_SEEDS).is_dir():
        return {**data, "seeds": {"posts": f"{DEFAULT_SEEDS}/"}}
    return data


def _section(data: object, name: str) -> Mapping[str, object]:
    found = data.get(name) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _names(data: object, section: str) -> list[str]:
    return list(_section(data, section))


def _nothing_to_do(tree: Tree, origins: list[str]) -> Iterator[_Found]:
    if isinstance(tree.data, dict) and not origins and not _is_misshapen(tree.data):
        yield (
            ("sources",),
            tree.places.get(("sources",), (1, 1)),
            f"there is nothing to publish; write\n\n{SHORTEST}",
        )


def _commands(tree: Tree, form: ConfigForm) -> Iterator[_Found]:
    """Find filters that would start commands although the configuration does not allow it."""
    sections: Mapping[str, Mapping[str, SourceForm | SeedForm | FeedForm]] = {
        "sources": form.sources,
        "seeds": form.seeds,
        "feeds": form.feeds,
    }
    for section, members in sections.items():
        for name, member in members.items():
            for number, one in enumerate(member.filters):
                path = (section, name, "filters", number, "exec")
                if not form.allow_exec and "exec" in one:
                    words = "commands are not allowed here; if they are meant, write  allow_exec: true  at the top"
                    yield path, tree.keys.get(path, tree.places[tree.known(path)]), words


def _saved_twice(tree: Tree, form: ConfigForm) -> Iterator[_Found]:
    """Find feeds that would filter a post again that they had filtered, saved, and read back as a seed."""
    for name, feed in form.feeds.items():
        own = [
            place
            for seeds in feed.origins or form.seeds
            if seeds in form.seeds
            for place in form.seeds[seeds].path
        ]
        if feed.save_to and feed.filters and any(_is_within(feed.save_to, place) for place in own):
            path = ("feeds", name, "save_to")
            words = (
                "its filters would be applied once more to what is saved there, in a folder of its own seeds: "
                "name another one, or save the posts of its sources"
            )
            yield path, tree.places[tree.known(path)], words


def _saved_among_feeds(tree: Tree, form: ConfigForm) -> Iterator[_Found]:
    """Find posts that would be saved where feeds are published: files of no feed, for all to see."""
    places = [(("sources", name, "save_to"), source.save_to) for name, source in form.sources.items()]
    places += [(("feeds", name, "save_to"), feed.save_to) for name, feed in form.feeds.items()]
    for path, place in places:
        if place and _is_within(normpath(place), normpath(form.output)):
            words = f"{form.output} is where the feeds are written: name a folder beside it, such as saved/"
            yield path, tree.places[tree.known(path)], words


def _publishing(tree: Tree, form: ConfigForm) -> Iterator[_Found]:
    """Find what is wrong with where files are brought, and shows in the whole alone."""
    if form.publish is None:
        return
    for name in ("key", "secret", "token"):
        path = ("publish", name)
        if getattr(form.publish, name) and path not in tree.filled:
            words = "a secret does not belong into this file: write ${NAME}, and set NAME in the environment"
            yield path, tree.places[tree.known(path)], words
    place = tree.known(("publish", "to"))
    if "://" not in form.publish.to:
        there, output = normpath(form.publish.to), normpath(form.output)
        if _is_within(there, output) or _is_within(output, there):
            words = f"feeds are written to {form.output} anyway: name a folder beside it, such as /srv/www/feeds"
            yield place, tree.places[place], words
    if set(_hidden(form)) == set(form.feeds or ["all"]):
        advice = "if the place is guarded by itself: publish: {private: true}"
        if form.publish.private:
            advice = "one with a secret address is never sent"
        words = f"nothing would be sent, as no feed is for everybody; {advice}"
        yield place, tree.places[place], words


def _is_within(folder: str, place: str) -> bool:
    """Tell whether a folder is, or is in, one that is named or begins a glob."""
    outer = [part for part in PurePosixPath(place).parts if "*" not in part and "?" not in part]
    return list(PurePosixPath(folder).parts)[: len(outer)] == outer


def _is_misshapen(data: Mapping[str, object]) -> bool:
    return any(data.get(name) is not None and not isinstance(data[name], dict) for name in ("sources", "seeds"))


_NEEDLESS_ESCAPE = re.compile("%(2D|2E|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE)
"""Of what may stand as it is (RFC 3986 2.3)."""


def _as_asked(address: str) -> str:
    """Give what a server sees of an address: no fragment, no needless escapes."""
    plain = urls.uri_form(address).partition("#")[0] or address
    return _NEEDLESS_ESCAPE.sub(lambda found: chr(int(found[1], 16)), plain)


def _repetitions(tree: Tree, data: object) -> Iterator[_Found]:
    """Find addresses that two sources have, and ids that two feeds have."""
    for section, setting in (("sources", "url"), ("feeds", "id")):
        owners: dict[str, str] = {}
        for name, entry in _section(data, section).items():
            value = entry.get(setting) if isinstance(entry, dict) else entry
            if not isinstance(value, str) or not value:
                continue
            owner = owners.setdefault(_as_asked(value), name)
            if owner != name:
                path = tree.known((section, name, setting))
                yield path, tree.places[path], f"{owner!r} has the same {setting}"
