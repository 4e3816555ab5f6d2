"""`feedbraid init`: a commented configuration, and what belongs beside it. Overwrites nothing."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from feedbraid import configvalues as values
from feedbraid import scaffold
from feedbraid.errors import ConfigError, Problem, PublishError
from feedbraid.fields import SOFTWARE_URL
from feedbraid.nouns import dataclass
from feedbraid.scaffold import KINDS, WITH, Piece
from feedbraid.text import one_line

from . import About, Command
from ._clock import current_time
from ._said import escaped, report
from .schema import schema_text

CONFIG, SCHEMA, IGNORED = "config.yaml", "feedbraid.schema.json", ".gitignore"

TITLES = {"feed": "My feed", "planet": "My planet", "jekyll": "My site", "service": "My feeds"}

NOWHERE = "http://localhost:8080/"
"""The address of feeds that are published nowhere yet: where `feedbraid start` has them."""

GUIDE = f"{SOFTWARE_URL}/blob/main/docs/deploy.md"
"""On the web: an installed program has no pages beside it."""

_STATE = ".feedbraid/"
_VARIABLE = re.compile(r"\$\{[^{}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the operator wants; empty is what was not stated."""

    kind: str = ""
    title: str = ""
    url: str = ""
    sources: tuple[str, ...] = ()
    contact: str = ""
    language: str = ""


# --- options and questions --------------------------------------------------------------------------------


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="where to; default: this folder")
    parser.add_argument("--kind", choices=KINDS, help="what it is to be; default: feed")
    parser.add_argument("--title", type=_checked(_title), help="what your feed is called")
    parser.add_argument(
        "--url",
        type=_checked(values.folder_address),
        help="where the feeds will be on the web, such as https://example.org/feeds/",
    )
    parser.add_argument(
        "--source",
        type=_checked(_place),
        action="append",
        default=[],
        metavar="URL",
        help="address or file of a feed to republish; repeatable",
    )
    parser.add_argument(
        "--contact", type=_checked(values.contact), help="a page or mail address at which sources can reach you"
    )
    parser.add_argument("--language", type=_checked(values.language), help="of your feeds, such as en or zh-Hans")
    parser.add_argument(
        "--with",
        dest="others",
        choices=WITH,
        action="append",
        default=[],
        help="write what runs it there, or serves its feeds, too; repeatable",
    )
    parser.add_argument("--dry-run", action="store_true", help="name the files, and write nothing")


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    """Make a check whose words argparse passes on."""

    def checked(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _title(text: str) -> str:
    title = one_line(text)
    if not title:
        raise ValueError("a title has at least one letter")
    return _in_utf8(title)


def _place(text: str) -> str:
    return _in_utf8(values.location(text))


def _in_utf8(text: str) -> str:
    """Refuse what can stand in no file: bytes of the command line that are no UTF-8."""
    if not text.isprintable():
        raise ValueError(f"{escaped(text)!r} has characters that are no text")
    return text


def _asked(wish: Wish) -> Wish:
    """Ask a person for what was not stated."""
    if not wish.kind:
        why = "feed: one feed, republished; planet: many in one; jekyll: for a Jekyll site; service: with a server"
        wish = replace(wish, kind=_answer("What is it to be?", why, "feed", _kind))
    if not wish.title:
        why = "Readers show it as the name of the feed."
        wish = replace(wish, title=_answer("Its title?", why, TITLES[wish.kind], _title))
    if not wish.url:
        why = "The address of the folder feeds/ on the web. It can be changed until somebody subscribes."
        wish = replace(wish, url=_answer("Where will it be?", why, NOWHERE, values.folder_address))
    if not wish.sources:
        wish = replace(wish, sources=_asked_sources(wish.kind))
    if not wish.contact:
        why = "A page or mail address of yours, so that the operators of sources can reach you. Empty: none."
        wish = replace(wish, contact=_answer("Your contact?", why, "", values.optional(values.contact)))
    if not wish.language:
        why = "Of the feed, such as en or zh-Hans. Empty: that of its source, if it has only one."
        wish = replace(wish, language=_answer("Its language?", why, "", values.optional(values.language)))
    return wish


def _asked_sources(kind: str) -> tuple[str, ...]:
    why, question = (
        "The address or the file of a feed to republish. Empty: none yet, only a post of your own.",
        "Its source?",
    )
    found: list[str] = []
    while place := _answer(question, why, "", values.optional(_place)):
        found.append(place)
        if kind == "feed":
            break
        why, question = "One more of them. Empty: no more.", "Another source?"
    return tuple(found)


def _kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"there is no kind {text!r}; {values.nearest(text, KINDS)}")
    return text


def _answer(question: str, why: str, default: str, check: Callable[[str], str]) -> str:
    """Ask until the answer is right; no answer is the default. The end of the input is an interrupt."""
    report([why])
    while True:
        try:
            stated = input(f"{question} [{default}] " if default else f"{question} ").strip()
        except EOFError:
            raise KeyboardInterrupt from None
        try:
            return check(stated) if stated else default
        except ValueError as error:
            report([f"  {error}"])


# --- what is written --------------------------------------------------------------------------------------


def _execute(args: argparse.Namespace) -> int:
    wish = Wish(
        kind=args.kind or "",
        title=args.title or "",
        url=args.url or "",
        sources=tuple(args.source),
        contact=args.contact or "",
        language=args.language or "",
    )
    folder = Path(args.folder)
    if sys.stdin.isatty() and sys.stdout.isatty():
        _refuse(folder, [CONFIG] if (folder / CONFIG).exists() else [])  # before anybody is asked anything
        wish = _asked(wish)
    wish = replace(wish, kind=wish.kind or "feed")
    wish = replace(
        wish, title=wish.title or TITLES[wish.kind], sources=tuple(_from(folder, one) for one in wish.sources)
    )
    written = pieces_of(wish, folder, tuple(dict.fromkeys(args.others)), current_time())
    _refuse(folder, [one.path for one in written if not _is_free(folder / one.path, one.content)])
    if not args.dry_run:
        _write(folder, written)
    report(_told(wish, folder, written, dry=args.dry_run))
    if args.others:
        report(["", f"what else is needed for {', '.join(dict.fromkeys(args.others))}: {GUIDE}"])
    return 0


def _from(folder: Path, place: str) -> str:
    """Give the path of a feed file as it counts from the folder of the configuration, if it is there as typed."""
    if values.kind_of(place) == "web" or Path(place).is_absolute() or not Path(place).exists():
        return place
    return place if folder.resolve() == Path.cwd() else os.path.relpath(place, folder.resolve())


def pieces_of(wish: Wish, folder: Path, others: Sequence[str], now: datetime) -> tuple[Piece, ...]:
    """Give all files of an instance, but for those that are there already and are not ours to write."""
    seeds = "_posts" if wish.kind == "jekyll" else "seeds"
    has_seeds = (folder / seeds).is_dir()
    is_sample = not has_seeds and (wish.kind == "jekyll" or not wish.sources)
    text = config_text(wish, has_seeds=has_seeds or is_sample)
    found = {CONFIG: Piece(CONFIG, text.encode()), SCHEMA: Piece(SCHEMA, schema_text().encode())}
    if not (folder / IGNORED).exists():
        found[IGNORED] = Piece(IGNORED, f"{_STATE}\n".encode())
    if is_sample:
        name = f"{seeds}/{f'{now:%Y-%m-%d}-' if wish.kind == 'jekyll' else ''}first-post.md"
        found[name] = Piece(name, _sample(name, now).encode())
    facts = _facts(wish, folder)
    if not {*others} <= _PATHLESS:
        _refuse_odd(facts)
    for other in others:
        for piece in scaffold.pieces(other, facts):
            if wish.kind == "jekyll" and piece.path == ".nojekyll":  # which would end the site
                continue
            if found.setdefault(piece.path, piece).content != piece.content:
                raise _refusal(
                    [Problem(piece.path, 0, 0, "--with", f"{other} needs another one than what is before it")]
                )
    return tuple(found.values())


def _facts(wish: Wish, folder: Path) -> dict[str, str]:
    """Give what the marks in templates stand for."""
    url = wish.url or NOWHERE
    parts = urlsplit(url)
    path = unquote(parts.path)  # as servers compare it
    command = _command()
    return {
        "TITLE": wish.title,
        "URL": url,
        "HOST": parts.hostname or "",
        "PATH": path,
        "PATTERN": re.sub(r"[.+*?()\[\]^|]", r"\\\g<0>", path),
        "FOLDER": str(folder.resolve()),
        "COMMAND": f'"{command}"' if re.search(r"[\s']", command) else command,
    }


_PATHLESS = frozenset({"github", "docker"})
"""What needs no path of this machine and none of the web."""

_ODD = re.compile('[\x00-\x1f\x7f\ufffd\ud800-\udfff"\\\\$%{}]')
"""What means something else to systemd, nginx or Caddy, even in quotes."""


def _refuse_odd(facts: Mapping[str, str]) -> None:
    """Raise when a path can not stand in the settings of those that serve or run it."""
    paths = {"the folder": facts["FOLDER"], "the program": facts["COMMAND"].strip('"'), "--url": facts["PATH"]}
    problems = [
        Problem(
            escaped(path), 0, 0, what, f"{escaped(found[0])!r} in it means something else to servers; name another"
        )
        for what, path in paths.items()
        if (found := _ODD.search(path) or (re.search(r"[\s;#]", path) if what == "--url" else None))
    ]
    if problems:
        raise _refusal(problems)


def _command() -> str:
    """Give the path of the program that runs just now, or of the one that would run."""
    beside = Path(sys.executable).with_name("feedbraid")
    return str(beside) if beside.exists() else shutil.which("feedbraid") or str(beside)


def config_text(wish: Wish, *, has_seeds: bool) -> str:
    """Write the configuration."""
    names = source_names(wish.sources)
    is_below = urlsplit(wish.url).path.count("/") > 1
    origins = [*(["posts"] if has_seeds else []), *names]
    return scaffold.filled(
        scaffold.template(wish.kind),
        {
            "TITLE": quoted(wish.title),
            "URL": _setting("url", wish.url, "https://example.org/feeds/"),
            "SITE": _setting("site", urljoin(wish.url, "..") if is_below else wish.url, "https://example.org/"),
            "LANGUAGE": _setting("language", wish.language, "en"),
            "CONTACT": _setting("contact", wish.contact, "https://example.org/about"),
            "SOURCES": _sources(dict(zip(names, wish.sources, strict=True))),
            "SEEDS": _SEEDS if has_seeds else _NO_SEEDS,
            "ORIGINS": ", ".join(origins),
        },
    )


def quoted(text: str) -> str:
    """Write a text as YAML, so that it is read as it is, whatever it looks like: `no`, `a: b #c`, `${HOME}`."""
    return json.dumps(_VARIABLE.sub(lambda found: f"${found[0]}", text), ensure_ascii=False)


def _setting(name: str, value: str, example: str) -> str:
    return f"{name}: {quoted(value)}" if value and value != NOWHERE else f"#{name}: {example}"


_SEEDS = """\
# Posts of your own: text files in this folder. docs/seeds.md tells what they look like.
seeds:
  posts: seeds/"""

_NO_SEEDS = """\
# Posts of your own: text files in this folder. docs/seeds.md tells what they look like.
#seeds:
#  posts: seeds/"""

_NO_SOURCES = """\
# Feeds somewhere else: a name and an address each, or a name and its settings.
#sources:
#  news: https://news.example/feed.xml"""

_SOURCES = """\
# Feeds somewhere else: a name and an address each, or a name and its settings.
sources:
{}
  #one-more:
  #  url: https://one-more.example/feed.xml
  #  mirrors: https://mirror.example/feed.xml
  #  every: 30m"""


def _sources(named: dict[str, str]) -> str:
    if not named:
        return _NO_SOURCES
    return _SOURCES.format("\n".join(f"  {name}: {quoted(place)}" for name, place in named.items()))


_NEEDLESS = frozenset({"www", "feeds", "feed", "rss", "blog"})
"""First parts of the names of hosts that tell nothing."""


def source_names(places: Sequence[str]) -> tuple[str, ...]:
    """Give each source a name: of its host or its file, with a number where that is taken."""
    names: list[str] = []
    for place in places:
        wanted = _name_of(place)
        numbered = (f"{wanted}-{number}" for number in range(2, len(places) + 2))
        names.append(next(one for one in (wanted, *numbered) if one not in names))
    return tuple(names)


def _name_of(place: str) -> str:
    parts = (urlsplit(place).hostname or "").split(".") if values.kind_of(place) == "web" else [Path(place).stem]
    telling = [part for part in parts[:-1] if part not in _NEEDLESS] or parts
    name = re.sub("[^a-z0-9]+", "-", telling[0].lower()).strip("-")[:40].strip("-")
    return name if name and name not in ("posts", "one-more") else f"{name or 'source'}-feed"


def _sample(path: str, now: datetime) -> str:
    return f"""\
---
layout: post
title: "The first post"
date: {now:%Y-%m-%dT%H:%M:%SZ}
tags: [ example ]
---
This post is the file `{path}`: change it, write others beside it, or delete it.

A post about an article that stands elsewhere names its address in the front matter, as in
`from: https://news.example/article.html`. Where a source has the same article, it is published once.
"""


# --- writing it -------------------------------------------------------------------------------------------


def _refuse(folder: Path, there: Sequence[str]) -> None:
    """Raise when nothing can be written: for the files that are there already, or since the folder is none."""
    if folder.exists() and not folder.is_dir():
        raise _refusal([Problem(str(folder), 0, 0, "", "is a file, and no folder; nothing was written")])
    words = (
        "is there already, and nothing is overwritten: move it away, or name another folder; nothing was written"
    )
    if there:
        raise _refusal([Problem(str(folder / path), 0, 0, "", words) for path in there])


def _refusal(problems: Sequence[Problem]) -> ConfigError:
    return ConfigError(problems)


def _is_free(target: Path, content: bytes) -> bool:
    """Tell whether nothing is there, or just what is to be written."""
    try:
        return target.read_bytes() == content
    except FileNotFoundError:
        return not target.is_symlink()
    except OSError:  # a folder, or below a file
        return False


def _write(folder: Path, written: Sequence[Piece]) -> None:
    """Write all files, or none of them. Raises PublishError when that can not be done."""
    made: list[Path] = []
    try:
        for piece in written:
            target = folder / piece.path
            if target.exists():  # with that very content
                continue
            made += _make_folders(target.parent)
            with target.open("xb") as file:
                made.append(target)
                file.write(piece.content)
            target.chmod(0o755 if piece.is_program else 0o644)
    except BaseException as error:
        _undo(made)
        if isinstance(error, OSError):
            raise PublishError(str(error.filename or folder), error.strerror or str(error)) from error
        raise


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; give those that were not there."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for one in reversed(missing):
        one.mkdir()
    return missing[::-1]


def _undo(made: Sequence[Path]) -> None:
    for path in reversed(made):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)


def _told(wish: Wish, folder: Path, written: Sequence[Piece], *, dry: bool) -> list[str]:
    """Tell what was written, and what to do next."""
    verb, where = "would write" if dry else "wrote", "" if folder == Path() else f" in {folder}/"
    lines = [f"feedbraid: {verb}{where}: {', '.join(piece.path for piece in written)}"]
    if dry:
        return [*lines, *(f"  {line}" for line in written[0].content.decode().splitlines())]
    if IGNORED not in [piece.path for piece in written] and _STATE.rstrip("/") not in _ignored(folder):
        lines.append(f"feedbraid: your {IGNORED} stays as it is; add the line  {_STATE}  to it")
    there = [] if folder == Path() else [f"cd {shlex.quote(escaped(str(folder)))}"]
    second = (
        ("feedbraid status", "how the sources do")
        if wish.sources
        else ("feedbraid add URL", "finds the feed of a page, and republishes it")
    )
    steps = [
        ("feedbraid run", "reads what there is, and writes feeds/"),
        second,
        ("feedbraid start", f"does so whenever it is due, and serves the feeds at {NOWHERE}")
        if wish.kind == "service"
        else ("feedbraid doctor", "tells whether all is well on this machine"),
    ]
    return [*lines, "", "next:", *(f"  {one}" for one in there), *(f"  {name:<23} {why}" for name, why in steps)]


def _ignored(folder: Path) -> str:
    try:
        return (folder / IGNORED).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


COMMAND = Command(
    summary="write a commented config.yaml and what belongs beside it; overwrites nothing",
    example="feedbraid init",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        Writes config.yaml, the schema by which editors complete it, .gitignore, and an example post where there
        are no others. `feedbraid run` works at once with it. On a terminal it asks for what no option says;
        elsewhere that has its default. Nobody on the network is asked.

        --kind feed is one feed, republished; planet is many in one; jekyll reads _posts/ and writes feeds into
        the site; service is for `feedbraid start`. If any of the files is there already, it says which, and
        writes none.
        """,
        group="start here",
        examples=(
            "feedbraid init mirror --source https://news.example/feed.xml --title 'News, mirrored'",
            "feedbraid init --kind planet --url https://planet.example/ --with github",
            "feedbraid init --kind service --dry-run",
        ),
        exits=(
            (0, "done"),
            (2, "a file is there already, or what was typed is wrong"),
            (4, "it can not be written"),
            130,
        ),
        see=("add", "import", "run", "doctor"),
    ),
    has_config=False,
)
