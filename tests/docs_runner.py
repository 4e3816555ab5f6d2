"""The pages of the documentation as a test sees them: blocks to load, commands to run, links to follow.

What is written in the pages is done as it stands, but for three things: a host of the web is one loopback server,
the time is fixed, and what `STAND_INS` names is done in another way.

How a block is read:

- ```` ```yaml ```` is a configuration or a part of one, unless it is that of another program: it has a file
  of another name, or a key in `FOREIGN`.
- ```` ```yaml config.yaml ````, or any language and a file, is written to that file of a scratch folder.
- ```` ```console ```` is run there, line by line; what stands after a command is compared with what it prints,
  where `…` stands for anything.

A section (`##`) has a folder of its own, a page in `ONE_STORY` one for all of it. Where no config.yaml is written,
the folder begins as a copy of the example of this repository.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any, Self

import yaml

from conftest import REPOSITORY
from inside import called
from loopback import LoopbackServer, Reply

MOMENT = "2026-03-02T12:00:00Z"
"""The time of every command."""

ONE_STORY = ("docs/tutorial.md",)
"""Pages that are read from the beginning to the end."""

STAND_INS = {
    "git clone https://github.com/feedbraid/feedbraid": "cp -r {repository} feedbraid",
    "make run": "feedbraid run",
    ". .venv/bin/activate": "true",
}
"""What is done in place of a command: a copy of this tree is the clone, and the environment is there already."""

PATIENCE = 60
"""Seconds that a command may take."""

ASKING = re.compile(r"feedbraid (?:add|compare|preview|init) ")
"""Commands that name an address of the web to ask; others name one of a post."""

PLAIN = re.compile(r"feedbraid [^|<>&;$()`*\\\n]*")
"""Commands that need no shell: they are done in this process, which is several times faster."""

SERVERS = ("feedbraid start", "feedbraid serve")
"""Commands that go on until the section ends."""

DOCTOR = "feedbraid doctor"
"""It looks at the clock, too."""

FOREIGN = {"services": "Docker Compose", "jobs": "GitHub Actions"}
"""Keys by which the YAML of another program is known."""

SHORTENED_HASH = "scrypt:16384:8:1:…"
A_HASH = "scrypt:16384:8:1:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""What stands for a hash that a page shortens."""

HOST = re.compile(r"https?://([a-z0-9.-]+\.[a-z]{2,})(/[^\s\"'<>\])},]*)?")
HERE = re.compile(r"(?:127\.0\.0\.1|localhost):8080")
HEADING = re.compile(r"(#{1,6}) (.+)")
FENCE = re.compile(r"( *)(`{3,})(.*)")
VARIABLE = re.compile(r"\$\{(\w+)\}")


# --- what stands in a page --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: where it stands, what it is, and for which file."""

    page: str
    line: int
    section: str
    language: str
    file: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, as editors understand it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its blocks, its prose without them, and the anchors of its headings."""

    name: str
    blocks: tuple[Block, ...]
    prose: str
    anchors: frozenset[str]


def page_names() -> list[str]:
    """Give README and every page of docs/."""
    return ["README.md", *sorted(str(path.relative_to(REPOSITORY)) for path in REPOSITORY.glob("docs/**/*.md"))]


def read_page(name: str) -> Page:
    """Read a page."""
    blocks: list[Block] = []
    prose: list[str] = []
    anchors: list[str] = []
    section = ""
    lines = enumerate((REPOSITORY / name).read_text(encoding="utf-8").splitlines(), 1)
    for number, line in lines:
        if fence := FENCE.fullmatch(line):
            language, _, file = fence[3].strip().partition(" ")
            inside = _until(lines, fence[1] + fence[2])
            blocks.append(
                Block(page=name, line=number, section=section, language=language, file=file, text=inside)
            )
            continue
        prose.append(line)
        if heading := HEADING.fullmatch(line):
            anchors.append(_anchor(heading[2], anchors))
            if len(heading[1]) == 2 and name not in ONE_STORY:
                section = heading[2]
    return Page(name=name, blocks=tuple(blocks), prose="\n".join(prose), anchors=frozenset(anchors))


def _until(lines: Iterator[tuple[int, str]], fence: str) -> str:
    inside: list[str] = []
    for _, line in lines:
        if line == fence:
            return "".join(f"{one}\n" for one in inside)
        inside.append(line)
    raise ValueError(f"a block that begins with {fence} does not end")


def _anchor(heading: str, taken: Sequence[str]) -> str:
    """Make the anchor of a heading as GitHub does; a second one of the same words gets a number."""
    words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    return next(name for name in (words, *(f"{words}-{n}" for n in range(1, 99))) if name not in taken)


# --- configurations ---------------------------------------------------------------------------------------


def foreign(block: Block) -> str:
    """Name the program that a YAML block is for, or nothing when it is ours."""
    if block.file not in ("", "config.yaml"):
        return block.file
    data = yaml.safe_load(block.text)
    return next((name for key, name in FOREIGN.items() if isinstance(data, dict) and key in data), "")


def completed(text: str) -> str:
    """Make a whole configuration of a part: what it names and does not state is added.

    Filters alone are those of a feed; an origin that a feed names is a source; without any origin there is one.
    """
    text = text.replace(SHORTENED_HASH, A_HASH)
    data = yaml.safe_load(text)
    if isinstance(data, dict) and set(data) == {"filters"}:
        text = "feeds:\n  all:\n" + "".join(f"    {line}\n" for line in text.splitlines())
        data = {"feeds": {"all": data}}
    stated = {name for section in ("sources", "seeds") for name in data.get(section) or {}}
    named = {name for feed in (data.get("feeds") or {}).values() for name in _named(feed)}
    missing = sorted(named - stated) or ([] if stated else ["news"])
    if not missing:
        return text
    lines = "".join(f"  {name}: https://{name}.example/feed.xml\n" for name in missing)
    if "sources" in data:
        return re.sub(r"(?m)^sources:\n", lambda found: found[0] + lines, text)
    return f"{text}sources:\n{lines}"


def _named(feed: Any) -> list[str]:  # noqa: ANN401  # of any kind
    origins = (feed or {}).get("from", [])
    return [origins] if isinstance(origins, str) else origins


def surroundings(text: str) -> dict[str, str]:
    """Give a value to every variable that a text names."""
    return {
        name: f"https://{name.lower().replace('_', '-')}.example/x" if "HOOK" in name else "Abcdefgh0123456789"
        for name in VARIABLE.findall(text)
    }


# --- commands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command, and what the page says that it prints."""

    place: str
    command: str
    printed: str


def steps_of(block: Block) -> list[Step]:
    """Read the commands of a console block; a line that begins with `> ` goes on with the command."""
    steps: list[Step] = []
    for number, line in enumerate(block.text.splitlines(), block.line + 1):
        if line.startswith("$ "):
            steps.append(Step(place=f"{block.page}:{number}", command=line[2:], printed=""))
            continue
        if not steps:
            raise ValueError(f"{block.place}: a console block begins with a command: $ …")
        last = steps.pop()
        if line.startswith("> ") and not last.printed:
            steps.append(Step(place=last.place, command=f"{last.command}\n{line[2:]}", printed=""))
        else:
            steps.append(Step(place=last.place, command=last.command, printed=f"{last.printed}{line}\n"))
    return steps


def alike(printed: str, wanted: str) -> bool:
    """Tell whether what was printed is what the page says: `…` stands for anything, as a line for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
        for line in _trimmed(wanted).splitlines()
    )
    return re.fullmatch(pattern, f"{_trimmed(printed)}\n") is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


# --- a scratch folder -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Started:
    """A server that runs, and what it has printed so far."""

    step: Step
    process: subprocess.Popen[str]
    lines: list[str]


@dataclass
class World:
    """A folder in which a story of the documentation happens, with one server for all hosts of the web."""

    folder: Path
    server: LoopbackServer = field(default_factory=LoopbackServer)
    where: str = ""
    """The address of the server of ours that was started, if one was."""

    def __post_init__(self) -> None:
        self._here = self.folder / "work"
        self._hosts: list[str] = []
        self._left = ExitStack()
        self._started: list[_Started] = []

    def __enter__(self) -> Self:
        self._here.mkdir()
        program = self.folder / "bin" / "feedbraid"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m feedbraid "$@"\n')
        program.chmod(0o755)
        self._left.enter_context(self.server)
        return self

    def __exit__(self, *_: object) -> None:
        for started in self._started:
            started.process.kill()
            started.process.communicate()
        self._left.close()

    def begin_with_the_example(self) -> None:
        """Put the example of this repository there."""
        copy_of_the_tree(self._here)
        config = self._here / "config.yaml"
        config.write_text(self._allowed(config.read_text(encoding="utf-8")), encoding="utf-8")

    def write(self, block: Block) -> None:
        """Write the file that a block is for."""
        path = self._here / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = self._there(block.text, is_asked=not block.text.startswith("---"))
        path.write_text(self._allowed(text) if block.file == "config.yaml" else text, encoding="utf-8")

    def do(self, step: Step) -> None:
        """Run a command, and hold what it prints against the page."""
        if step.command.startswith(SERVERS):
            self._start(step)
            return
        if step.command.startswith("curl ") and shutil.which("curl") is None:
            return  # it is not everywhere, and what it shows is tested elsewhere
        tree = self.folder / "tree"
        stand_in = STAND_INS.get(step.command.partition("  #")[0].rstrip(), "").format(repository=tree)
        if str(tree) in stand_in:
            copy_of_the_tree(tree)
        there = self._there(step.command, is_asked=bool(ASKING.match(step.command)))
        done = self._done(HERE.sub(self.where, stand_in or there))
        printed = self._back(done.stdout)
        assert done.returncode == 0, f"{step.place}: `{step.command}` ended with {done.returncode}:\n{printed}"
        self._compare(step, printed)
        if (self.folder / "here").exists():  # a command of the shell may have changed it
            self._here = Path((self.folder / "here").read_text(encoding="utf-8").strip())

    def _done(self, command: str) -> subprocess.CompletedProcess[str]:
        if PLAIN.fullmatch(command):
            return called(
                shlex.split(command, comments=True)[1:], self._here, self._environment(command), together=True
            )
        return subprocess.run(
            ["bash", "-c", f"{command}\ncode=$?; pwd > '{self.folder}/here'; exit $code"],
            cwd=self._here,
            env=self._environment(command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=PATIENCE,
        )

    def end(self) -> None:
        """End what was started, and hold what it printed against the page."""
        for started in self._started:
            started.process.send_signal(signal.SIGTERM)
            rest, _ = started.process.communicate(timeout=PATIENCE)
            self._compare(started.step, self._back("".join(started.lines) + rest), more="…\n")

    def _start(self, step: Step) -> None:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {step.command} --port 0 --log people"],
            cwd=self._here,
            env=self._environment(step.command),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        lines: list[str] = []
        self._started.append(_Started(step=step, process=process, lines=lines))
        watchdog = Timer(PATIENCE, process.kill)
        watchdog.start()
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if at := re.search(r" at http://(\S+?)/?$", line):
                self.where = at[1]
            if self.where and alike(self._back("".join(lines)), f"{step.printed}…\n"):
                watchdog.cancel()
                return
        watchdog.cancel()
        raise AssertionError(f"{step.place}: `{step.command}` only says:\n{''.join(lines)}")

    def _compare(self, step: Step, printed: str, more: str = "") -> None:
        if step.printed:
            assert alike(printed, step.printed + more), (
                f"{step.place}: `{step.command}` should print\n{step.printed}\nand prints\n{printed}"
            )

    def _environment(self, command: str) -> dict[str, str]:
        pages = "".join(path.read_text(encoding="utf-8") for path in self._here.glob("config.yaml"))
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        now = {} if command.startswith(DOCTOR) else {"FEEDBRAID_NOW": MOMENT}
        return {**os.environ, **surroundings(pages), **now, "PATH": path, "COLUMNS": "100"}

    def _there(self, text: str, *, is_asked: bool) -> str:
        """Have hosts of the web be the loopback server: those that are asked, and then wherever they are named."""
        return HOST.sub(lambda found: self._routed(found, is_asked=is_asked), text)

    def _routed(self, found: re.Match[str], *, is_asked: bool) -> str:
        host, path = found[1], found[2] or ""
        if not is_asked and host not in self._hosts:
            return found[0]
        asked = f"/{host}{path or '/'}"
        self.server.routes[asked] = Reply(body=self._feed(host), headers=(("Content-Type", "application/xml"),))
        return self.server.url(f"/{host}{path}")

    def _feed(self, host: str) -> bytes:
        """Give the feed that every address of a host has; a planet has the posts of all the others."""
        if host not in self._hosts:
            self._hosts.append(host)
        others = [one for one in self._hosts if not one.startswith("planet.")]
        items = [item for one in (others if host.startswith("planet.") else [host]) for item in self._items(one)]
        return FEED.format(title=host, link=self.server.url(f"/{host}/"), items="".join(items)).encode()

    def _items(self, host: str) -> Iterator[str]:
        """Give the posts of a host, and let them have pages."""
        for number, (title, category) in enumerate(TITLES, 1):
            link = f"/{host}/{number}"
            page = PAGE.format(title=title, text=TEXT.format(host=host) * 9)
            self.server.routes[link] = Reply(body=page.encode(), headers=(("Content-Type", "text/html"),))
            yield ITEM.format(
                title=f"{title} of {host}", link=self.server.url(link), day=number, category=category
            )

    def _back(self, text: str) -> str:
        server = self.server.url("/")
        for there in (server, server.replace("http", "https", 1)):  # a key says https for both
            text = text.replace(there, "https://")
        text = text.replace(f"{self._here}/", "")
        return text.replace(self.where, "127.0.0.1:8080") if self.where else text

    def _allowed(self, text: str) -> str:
        """Let the loopback server be asked; everything else of a configuration stays as it is."""
        here = f'"127.0.0.1:{self.server.port}"'
        allow = f"allow: [{here}]"
        if "\n  allow: [" in text:
            return text.replace("\n  allow: [", f"\n  allow: [{here}, ")
        if "\nfetch:\n" in f"\n{text}":
            return re.sub(r"(?m)^fetch:\n", f"fetch:\n  {allow}\n", text)
        return f"{text}fetch: {{{allow}}}\n"


def copy_of_the_tree(folder: Path) -> None:
    """Copy what a clone of this repository has and a story needs."""
    folder.mkdir(exist_ok=True)
    for name in ("config.yaml", "Makefile"):
        shutil.copy2(REPOSITORY / name, folder)
    for name in ("seeds", "examples"):
        shutil.copytree(REPOSITORY / name, folder / name)


TITLES = (
    ("The ferry", "Sport"),
    ("The lighthouse", "Sport"),
    ("The fish market", "Sport"),
    ("The fog", "Weather"),
)

TEXT = "<p>What the people of {host} say about it, 開放 at last, is more than a line or two can tell.</p>"

PAGE = "<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{text}</article></body></html>"

ITEM = (
    "<item><title>{title}</title><link>{link}</link><guid>{link}</guid><category>{category}</category>"
    "<pubDate>2026-03-01T0{day}:00:00Z</pubDate>"
    "<description>&lt;p&gt;A teaser, 開放 again. &lt;img src='/a.jpg'&gt;&lt;/p&gt;"
    "</description><enclosure url='{link}.mp3' type='audio/mpeg' length='720431'/></item>"
)

FEED = "<rss version='2.0'><channel><title>{title}</title><link>{link}</link><description/>{items}</channel></rss>"


@contextmanager
def told(blocks: Sequence[Block], folder: Path, not_here: Mapping[str, str]) -> Iterator[World]:
    """Do what the blocks of a story say, in their order; what was started goes on until the end of the `with`."""
    with World(folder) as world:
        if not any(block.file == "config.yaml" for block in blocks):
            world.begin_with_the_example()
        for block in blocks:
            if block.file:
                world.write(block)
            for step in steps_of(block) if block.language == "console" else ():
                if not step.command.startswith(tuple(not_here)):
                    world.do(step)
        yield world
        world.end()
