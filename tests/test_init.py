"""`feedbraid init`: what it writes works at once, says nothing untrue, and takes the place of nothing."""

from __future__ import annotations

import itertools
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import scaffold
from feedbraid.cli.init import NOWHERE, Wish, config_text, pieces_of, quoted, source_names
from feedbraid.configtext import parse_config
from feedbraid.configtree import read_tree
from feedbraid.errors import ConfigError
from feedbraid.scaffold import KINDS, WITH
from inside import Inside
from program import MOMENT, Instance
from stories import posts, rss

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

BARE = Wish(title="My feed")
FULL = Wish(
    title="港口: news #1",
    url="https://example.org/site/feeds/",
    sources=("https://news.example/feed.xml", "https://blog.news.example/rss", "local.xml"),
    contact="ann@example.org",
    language="zh-Hans",
)


def inside(folder: Path) -> list[str]:
    """Give the paths of all files and empty folders."""
    found = (path for path in folder.rglob("*") if path.is_file() or not any(path.iterdir()))
    return sorted(str(path.relative_to(folder)) for path in found)


# --- templates --------------------------------------------------------------------------------------------

_OFF = re.compile(r"( *)#(?! |$)(?!.*yaml-language-server)")


def switched_on(text: str) -> Iterator[tuple[str, str]]:
    """Give the name of each setting that is off, and the text with this one on."""
    lines = text.splitlines()
    for start, line in enumerate(lines):
        found = _OFF.match(line)
        if found is None:
            continue
        indent = found[1]
        end = start + 1
        while end < len(lines) and lines[end].startswith(f"{indent}#  "):
            end += 1
        on = [f"{indent}{one[len(indent) + 1 :]}" for one in lines[start:end]]
        yield line.strip(), "\n".join([*lines[:start], *on, *lines[end:]]) + "\n"


def texts() -> Iterator[tuple[str, str]]:
    """Every template, as it is without any wish and with all of them."""
    for kind, (name, wish), has_seeds in itertools.product(
        KINDS, {"bare": BARE, "full": FULL}.items(), (True, False)
    ):
        if has_seeds or (wish.sources and kind != "jekyll"):
            stated = replace(wish, kind=kind)
            yield f"{kind}-{name}{'' if has_seeds else '-without-seeds'}", config_text(stated, has_seeds=has_seeds)


TEXTS = dict(texts())
SETTINGS = [
    pytest.param(on, id=f"{name} {setting}") for name, text in TEXTS.items() for setting, on in switched_on(text)
]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_written_loads(text: str, tmp_path: Path) -> None:
    parse_config(text, "config.yaml", tmp_path)
    assert "@@" not in text
    assert text.startswith("# yaml-language-server: $schema=feedbraid.schema.json\n")
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("text", SETTINGS)
def test_each_setting_that_is_off_can_be_taken_as_it_stands(text: str, tmp_path: Path) -> None:
    parse_config(text, "config.yaml", tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_all_settings_that_are_off_can_be_taken_together(name: str, tmp_path: Path) -> None:
    text, count = TEXTS[name], len(list(switched_on(TEXTS[name])))
    for _ in range(count):
        text = next(on for _, on in switched_on(text))
    assert list(switched_on(text)) == []
    assert count > 3
    parse_config(text, "config.yaml", tmp_path)


@pytest.mark.parametrize("name", TEXTS)
def test_every_setting_that_is_off_is_told_of(name: str) -> None:
    lines = TEXTS[name].splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if _OFF.match(line) and not re.match(r" *#", before) and "one-more" not in line
    ]
    assert bare == [], "a comment stands before it, or another setting that it belongs to"


def test_wishes_are_in_it_and_mean_what_was_said(tmp_path: Path) -> None:
    config = parse_config(config_text(replace(FULL, kind="planet"), has_seeds=True), "config.yaml", tmp_path)
    assert (config.site.title, config.site.address) == (FULL.title, FULL.url)
    assert (config.site.language, config.fetch.contact) == (FULL.language, FULL.contact)
    assert [one.locations[0] for one in config.sources] == list(FULL.sources)
    assert [one.name for one in config.seeds] == ["posts"]


@given(
    st.text(st.characters(blacklist_categories=["Cc", "Cs"]), max_size=60)
    | st.sampled_from(["no", "2026", "${A}", "$${A}", "a: b #c", "'\"\\"])
)
def test_any_text_is_read_as_it_was_said(text: str) -> None:
    if "\ufeff" in text or any(mark in text for mark in "\x85\u2028\u2029\ufffe\uffff"):
        return  # no title has them: they are no text for people, or end lines
    tree = read_tree(f"title: {quoted(text)}\n", "config.yaml", {})
    assert (tree.data, tree.problems) == ({"title": text} if text else {"title": ""}, ())


NAMES = [
    (["https://www.voachinese.com/api/epiqq"], ["voachinese"]),
    (["https://feeds.bbci.co.uk/news/rss.xml"], ["bbci"]),
    (["https://blog.example/feed"], ["blog"]),
    (["https://a.example/1", "https://a.example/2", "http://a.example:8080/3"], ["a", "a-2", "a-3"]),
    (["harbour.xml", "./feeds/Häfen & Schiffe.xml"], ["harbour", "h-fen-schiffe"]),
    (
        ["https://posts.example/f", "https://例子.example/f", "https://192.0.2.1/f"],
        ["posts-feed", "source-feed", "192"],
    ),
]


@pytest.mark.parametrize(("places", "names"), NAMES)
def test_sources_are_called_by_their_hosts(places: Sequence[str], names: Sequence[str]) -> None:
    assert list(source_names(places)) == names


# --- the program ------------------------------------------------------------------------------------------


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Inside(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_works_at_once_and_asks_nobody(kind: str, instance: Instance) -> None:
    done = instance.feedbraid("init", "mirror", "--kind", kind)
    assert (done.returncode, done.stderr) == (0, "")
    made = Inside(instance.folder / "mirror")
    assert made.run()["feeds"][0]["entries"] == 1
    checked = made.feedbraid("check")
    assert (checked.returncode, checked.stdout) == (0, "feedbraid: 0 errors, 0 warnings; config.yaml is good\n")


def test_what_is_written_and_what_is_said(instance: Instance) -> None:
    done = instance.feedbraid("init", "my mirror")
    assert inside(instance.folder / "my mirror") == [
        ".gitignore",
        "config.yaml",
        "feedbraid.schema.json",
        "seeds/first-post.md",
    ]
    first, *rest = done.stdout.splitlines()
    assert first == (
        "feedbraid: wrote in my mirror/: config.yaml, feedbraid.schema.json, .gitignore, seeds/first-post.md"
    )
    assert rest[:3] == ["", "next:", "  cd 'my mirror'"]
    assert [line.split("  ")[1] for line in rest[3:]] == ["feedbraid run", "feedbraid add URL", "feedbraid doctor"]
    assert (instance.folder / "my mirror/.gitignore").read_text() == ".feedbraid/\n"
    schema = json.loads((instance.folder / "my mirror/feedbraid.schema.json").read_bytes())
    assert "sources" in schema["properties"]


def test_a_source_is_republished_without_a_post_of_our_own(instance: Instance) -> None:
    instance.write("news.xml", rss(*posts(1, 2)))
    title = "a: b #c 'd' \"e\" ${HOME} 港口"
    done = instance.feedbraid("init", "--source", "news.xml", "--title", title)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (instance.folder / "seeds").exists()
    instance.run()
    assert len(instance.items("news")) == 2
    assert title in (instance.folder / "feeds/index.html").read_text(encoding="utf-8").replace(
        "&#34;", '"'
    ).replace("&#39;", "'").replace("&quot;", '"').replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("folder", "typed", "written"),
    [
        (".", "in/news.xml", "in/news.xml"),
        ("mirror", "in/news.xml", "../in/news.xml"),
        ("in", "in/news.xml", "news.xml"),
        ("a/b", "./in/news.xml", "../../in/news.xml"),
        ("mirror", "news.xml", "news.xml"),
    ],
)
def test_a_file_is_named_as_it_counts_from_the_configuration(
    folder: str, typed: str, written: str, instance: Instance
) -> None:
    """Where it is there as typed; else it counts from the new folder, in which it may come to be."""
    instance.write("in/news.xml", rss(*posts(1, 2)))
    assert instance.feedbraid("init", folder, "--source", typed).returncode == 0
    assert f'  news: "{written}"\n' in (instance.folder / folder / "config.yaml").read_text(encoding="utf-8")


def test_posts_of_a_site_stay_as_they_are(instance: Instance) -> None:
    instance.write("_posts/2026-01-01-hello.md", "---\ntitle: Hello\npermalink: /hello/\n---\nWords\n")
    instance.write(".gitignore", "_site/\n")
    done = instance.feedbraid("init", "--kind", "jekyll", "--url", "https://me.example/blog/feeds/")
    assert done.returncode == 0, done.stderr
    assert inside(instance.folder) == [
        ".gitignore",
        "_posts/2026-01-01-hello.md",
        "config.yaml",
        "feedbraid.schema.json",
    ]
    assert (instance.folder / ".gitignore").read_text() == "_site/\n"
    assert "your .gitignore stays as it is; add the line  .feedbraid/  to it" in done.stdout
    instance.run()
    (item,) = instance.items("blog")
    assert item["url"] == "https://me.example/blog/hello/"


IN_THE_WAY = {
    "a configuration": {"config.yaml": "sources: {}\n"},
    "a schema of one's own": {"feedbraid.schema.json": "{}"},
    "both": {"config.yaml": "", "feedbraid.schema.json": "{}"},
    "a file that runs it elsewhere": {"requirements.txt": "mine\n"},
}


@pytest.mark.parametrize("there", IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_nothing_is_overwritten_and_then_nothing_is_written(there: Mapping[str, str], instance: Instance) -> None:
    for path, text in there.items():
        instance.write(path, text)
    done = instance.feedbraid("init", "--with", "github")
    assert (done.returncode, done.stdout) == (2, "")
    for line, path in zip(done.stderr.splitlines(), there, strict=True):
        assert line.startswith(f"{path}: is there already, and nothing is overwritten")
    assert inside(instance.folder) == sorted(there)
    assert {path: (instance.folder / path).read_text() for path in there} == there


def test_a_link_that_leads_nowhere_is_not_written_through(instance: Instance) -> None:
    (instance.folder / "config.yaml").symlink_to(instance.folder / "elsewhere.yaml")
    assert instance.feedbraid("init").returncode == 2
    assert not (instance.folder / "elsewhere.yaml").exists()


def test_the_same_once_more_is_refused_for_the_configuration_alone(instance: Instance) -> None:
    assert instance.feedbraid("init").returncode == 0
    before = inside(instance.folder)
    again = instance.feedbraid("init", "--title", "Another")
    assert (again.returncode, again.stderr.count("is there already")) == (2, 1)
    assert inside(instance.folder) == before


def test_a_file_in_place_of_the_folder_is_named(instance: Instance) -> None:
    instance.write("mirror", "")
    done = instance.feedbraid("init", "mirror")
    assert (done.returncode, done.stderr) == (2, "mirror: is a file, and no folder; nothing was written\n")


def test_what_can_not_be_written_leaves_nothing_half_done(instance: Instance) -> None:
    """No file may grow beyond so many bytes: the schema is larger."""
    limit = "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))"
    code = f"{limit}\nfrom feedbraid.cli import main\nsys.exit(main(['init', 'a/b']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=instance.folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "File too large" in done.stderr) == (4, True), done.stderr
    assert inside(instance.folder) == []


def test_a_dry_run_shows_it_and_writes_nothing(instance: Instance) -> None:
    done = instance.feedbraid("init", "mirror", "--dry-run", "--title", "Ours")
    assert done.returncode == 0
    assert "would write in mirror/: config.yaml" in done.stdout
    assert '    title: "Ours"' in done.stdout
    assert inside(instance.folder) == []


WRONG = [
    (("--kind", "blog"), "invalid choice: 'blog'"),
    (("--url", "example.org"), "does not begin with https:// or http://"),
    (("--source", "news.example/feed"), "an address begins with https://"),
    (("--contact", "me"), "neither an https address nor a mail address"),
    (("--language", "klingon!"), "klingon!"),
    (("--title", " "), "a title has at least one letter"),
    (("--with", "cloud"), "invalid choice: 'cloud'"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_a_wrong_wish_is_named(arguments: tuple[str, str], words: str, instance: Instance) -> None:
    done = instance.feedbraid("init", *arguments)
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert inside(instance.folder) == []


# --- what runs it elsewhere -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH)
def test_what_runs_it_elsewhere_lies_beside_it_with_its_marks_filled_in(name: str, instance: Instance) -> None:
    done = instance.feedbraid("init", "--url", "https://example.org/feeds/", "--with", name)
    assert done.returncode == 0, done.stderr
    expected = [one.path for one in scaffold.pieces(name, {})]
    assert expected
    assert set(expected) <= {*inside(instance.folder)}
    assert f"what else is needed for {name}: https://github.com/feedbraid/" in done.stdout
    for path in expected:
        assert "@@" not in (instance.folder / path).read_text(encoding="utf-8"), path


def test_paths_may_have_blanks_and_letters_of_any_language(instance: Instance) -> None:
    folder = instance.folder / "Häfen & Schiffe's"
    wish = Wish(kind="feed", title="A", url="https://example.org/ü/v1.0/")
    written = {
        one.path: one.content.decode() for one in pieces_of(wish, folder, ["systemd", "nginx", "caddy"], NOW)
    }
    assert f'ReadWritePaths="{folder}"' in written["deploy/feedbraid.service"]
    assert f'root * "{folder}/feeds"' in written["deploy/Caddyfile-static"]
    assert "handle_path /ü/v1.0/*" in written["deploy/Caddyfile-proxy"]
    assert r"location ~ ^/ü/v1\.0/(?<document>" in written["deploy/nginx-static.conf"]
    assert f'alias "{folder}/feeds/$document";' in written["deploy/nginx-static.conf"]


@pytest.mark.parametrize(
    ("folder", "url", "words"),
    [
        ("100%", "https://example.org/", "100%: the folder: '%' in it means something else"),
        ('"a"', "https://example.org/", ": the folder: '\"' in it"),
        ("a", "https://example.org/%7Bx%7D/", "/{x}/: --url: '{' in it"),
        ("a", "https://example.org/a%20b/", "/a b/: --url: ' ' in it"),
    ],
)
def test_a_path_that_servers_would_take_for_something_else_is_refused(
    folder: str, url: str, words: str, instance: Instance
) -> None:
    done = instance.feedbraid("init", folder, "--url", url, "--with", "nginx")
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert inside(instance.folder) == []
    assert instance.feedbraid("init", folder, "--url", url, "--with", "docker").returncode == 0


def test_all_that_runs_it_elsewhere_can_lie_there_together(instance: Instance) -> None:
    done = instance.feedbraid("init", *(part for name in WITH for part in ("--with", name)))
    assert done.returncode == 0, done.stderr


def test_a_jekyll_site_goes_on_being_built_by_pages(tmp_path: Path) -> None:
    of = {kind: pieces_of(Wish(kind=kind, title="A"), tmp_path, ["github"], NOW) for kind in ("planet", "jekyll")}
    assert ".nojekyll" in [one.path for one in of["planet"]]
    assert ".nojekyll" not in [one.path for one in of["jekyll"]]


def test_marks_are_filled_in_and_others_stay(tmp_path: Path) -> None:
    (tmp_path / "mine/deploy").mkdir(parents=True)
    script = tmp_path / "mine/deploy/run"
    script.write_text("@@COMMAND@@ run # @@OTHER@@ @@title@@\n", encoding="utf-8")
    script.chmod(0o755)
    (piece,) = scaffold.pieces("mine", {"COMMAND": "/bin/feedbraid"}, root=tmp_path)
    assert piece == scaffold.Piece("deploy/run", b"/bin/feedbraid run # @@OTHER@@ @@title@@\n", is_program=True)


# --- on a terminal ----------------------------------------------------------------------------------------


class Terminal:
    """The program on a terminal of its own, answered like a person would."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "feedbraid", *arguments],
            cwd=folder,
            env={**os.environ, "FEEDBRAID_NOW": MOMENT, "COLUMNS": "100"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self.shown = ""

    def until(self, words: str) -> None:
        """Read until the program has shown some words."""
        end = time.monotonic() + 30
        while words not in self.shown:
            assert self._read(), self.shown
            assert time.monotonic() < end, self.shown

    def answer(self, question: str, words: str) -> None:
        """Wait for a question, and answer it."""
        self.until(question)
        self.shown = self.shown.partition(question)[2]
        os.write(self._master, f"{words}\n".encode())

    def end(self) -> int:
        """Read to the end, and give the exit code."""
        while self._read():
            pass
        os.close(self._master)
        return self.process.wait(timeout=30)

    def interrupted(self) -> int:
        """Interrupt it, and give the exit code; once more if it had not begun to wait for its input yet."""
        self.process.send_signal(signal.SIGINT)
        while not select.select([self._master], [], [], 2)[0]:
            self.process.send_signal(signal.SIGINT)
        return self.end()

    def _read(self) -> bool:
        assert select.select([self._master], [], [], 30)[0], self.shown
        try:
            block = os.read(self._master, 65536)
        except OSError:  # the other side is closed
            return False
        self.shown += block.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(block)


def test_a_terminal_is_asked_for_what_was_not_said(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "--contact", "ann@example.org")
    terminal.answer("What is it to be? [feed]", "plant")
    terminal.until("did you mean 'planet'?")
    terminal.answer("What is it to be? [feed]", "planet")
    terminal.answer("Its title? [My planet]", "")
    terminal.answer(f"Where will it be? [{NOWHERE}]", "https://planet.example/")
    terminal.answer("Its source?", "https://a.example/feed")
    terminal.answer("Another source?", "https://b.example/feed")
    terminal.answer("Another source?", "")
    terminal.answer("Its language?", "")
    assert terminal.end() == 0, terminal.shown
    config = parse_config((tmp_path / "config.yaml").read_text(encoding="utf-8"), "config.yaml", tmp_path)
    assert (config.site.title, config.site.address) == ("My planet", "https://planet.example/")
    assert [one.name for one in config.sources] == ["a", "b"]
    assert config.fetch.contact == "ann@example.org"


def test_no_answer_at_all_is_the_default_of_each(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init")
    for question in ("to be?", "Its title?", "Where will it be?", "Its source?", "contact?", "language?"):
        terminal.answer(question, "")
    assert terminal.end() == 0, terminal.shown
    assert (tmp_path / "config.yaml").read_text(encoding="utf-8") == config_text(
        Wish(kind="feed", title="My feed"), has_seeds=True
    )


def test_an_interrupt_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "mirror")
    terminal.answer("What is it to be?", "planet")
    terminal.until("Its title? [My planet] ")
    assert terminal.interrupted() == 130
    assert inside(tmp_path) == []


def test_the_end_of_the_input_is_an_interrupt(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "init", "mirror")
    terminal.answer("What is it to be?", "feed\n\x04")
    assert terminal.end() == 130
    assert inside(tmp_path) == []


def test_nobody_is_asked_when_it_could_not_be_written_anyway(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("", encoding="utf-8")
    terminal = Terminal(tmp_path, "init")
    assert terminal.end() == 2
    assert "to be?" not in terminal.shown
    with pytest.raises(ConfigError):
        parse_config("", "config.yaml", tmp_path)
