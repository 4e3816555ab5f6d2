"""Have a command of yours change posts or leave them out, for what no other filter does.

The command is started once for each post, in the folder of the configuration. It reads one object of JSON and
writes one. Any language will do; there is no shell in between. It is started only where the configuration says
`allow_exec: true` at its top: then whoever may write the configuration may run programs on this machine.

What it reads has these fields: `id`, `key`, `link`, `title`, `summary`, `html`, `text` (of the html), `authors`
(their names), `categories`, `published` and `updated` (such as "2026-03-01T12:00:00Z", or null), `language`,
`source` (its name in the configuration) and `enclosures` (a list of objects with `url`, `type` and `length` in
bytes).

What it writes are the fields that change: `title`, `summary`, `html`, `link`, `language`, `authors`,
`categories`. `{}` or nothing at all leaves the post as it is; `{"drop": "the reason"}` leaves it out. A command
may also write back all that it read, with some of it changed. Ids, keys and dates can not be changed, so that no
subscriber sees a post twice. Nothing is believed unseen: html is cleaned like that of any source, a title is one
line of plain text, and a field that there is not, or of another type, is an error. Posts that were made again
from what was published after a store was lost come through a second time: a command should leave alone what it
has already done.

It is an error when the command ends with another exit code than 0 (the last line that it wrote to stderr is
told), takes longer than `timeout`, or writes more than 4 MB or no JSON. The post then stays as it was, the run
goes on and names the error, and the next build tries again; with `on_error: drop` the post is left out instead.
After three errors in a row the command is not started again in that run. A command that takes too long is
killed, with all that it has started. It counts as running as long as anything of that can write; what is then
left of it is killed as well.

Of the environment it gets PATH, HOME and LANG, no others. What it made of a post is kept, and it is not asked
again until the post or the options change. It is meant to depend on nothing but the post: neither on the clock
nor on the network. A file that the command names is noticed when it
changes; when something else about the command does, change the option `version`.
"""

from __future__ import annotations

import json
import os
import re
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, model_validator

from feedbraid import html, text
from feedbraid.forms import Form, Line
from feedbraid.model import CleaningRules, Post

from . import Dropped, Each, Example, Filter, FilterError, Mistake, Setting, _trust

MOST_BYTES = 4_000_000
"""Of an answer."""

MOST_FAILURES = 3
"""In a row; then the command is not started again."""

_TIME = re.compile("([0-9]{1,4})(s|m)")
_LONGEST = 600
_OF_SHELLS = frozenset({"|", "||", "&", "&&", ";", "<", ">", ">>", "2>&1", "2>/dev/null"})


def _split(stated: object) -> object:
    """Split a command that is written as one text, as a shell would."""
    if not isinstance(stated, str):
        return stated
    try:
        words = shlex.split(stated)
    except ValueError:
        raise ValueError(f"{stated!r} has a quotation mark that nothing closes") from None
    signs = [word for word in words if word in _OF_SHELLS]
    if signs:
        raise ValueError(f"there is no shell here for {signs[0]!r}: put it into a script, or write [sh, -c, '…']")
    return words


def _startable(words: tuple[str, ...]) -> tuple[str, ...]:
    if words and (not words[0].strip() or any("\0" in word for word in words)):
        raise ValueError("a command is needed here, such as  python3 tool.py")
    return words


def _timeout(value: str) -> str:
    _seconds(value)
    return value


def _seconds(value: str) -> int:
    found = _TIME.fullmatch("".join(value.split()).lower())
    if found is None:
        unit = f"; {value!r} lacks its unit" if value.strip().isdigit() else ""
        raise ValueError(f"a time such as 10s or 2m is needed{unit}")
    seconds = int(found[1]) * (60 if found[2] == "m" else 1)
    if not 1 <= seconds <= _LONGEST:
        raise ValueError(f"{value!r} is out of bounds: at least 1s, at most {_LONGEST // 60}m")
    return seconds


class Options(Form):
    """What is started, and how it may end."""

    command: Annotated[
        tuple[str, ...],
        BeforeValidator(_split, json_schema_input_type=str | tuple[str, ...]),
        AfterValidator(_startable),
    ] = ()
    """A list of words, or one text such as "python3 tool.py". Paths begin at the folder of the configuration."""
    timeout: Annotated[str, AfterValidator(_timeout)] = "10s"
    """How long it may take for one post, such as 10s or 2m; 10m at most."""
    on_error: Literal["keep", "drop"] = "keep"
    """What becomes of a post when the command fails: it stays as it was, or is left out."""
    version: Line = ""
    """Any text. With another one all posts are asked about again: change it when the command changes."""

    @model_validator(mode="after")
    def _says_something(self) -> Options:
        if not self.command:
            raise ValueError("say what is started, such as  - exec: python3 tool.py")
        return self


def _build(options: Options, setting: Setting) -> Each:
    if not setting.may_execute:
        raise ValueError("it starts a command, which has to be allowed: write  allow_exec: true  at the top")
    asked = _Asked(options, setting.folder, setting.cleaning)
    return Each(apply=asked.apply, is_slow=True, print=_stamps(options.command, setting.folder))


def _stamps(command: Sequence[str], folder: str) -> str:
    """Tell one version of the files that a command consists of from another."""
    stamps = []
    for word in command:
        with suppress(OSError, ValueError):
            found = os.stat(os.path.join(folder, word))  # noqa: PTH116, PTH118  # a word, which need not be a path
            stamps.append(f"{found.st_size} {found.st_mtime_ns}")
    return " ".join(stamps)


@dataclass(slots=True)
class _Asked:
    """A command that is asked about posts."""

    options: Options
    folder: str
    cleaning: CleaningRules
    failures: int = 0
    """In a row."""

    def apply(self, post: Post) -> Post | Dropped:
        try:
            after = self.answer(post)
        except FilterError as error:
            self.failures += 1
            if self.options.on_error == "drop":
                return Dropped(f"the command failed: {error}", is_lasting=False)
            raise
        self.failures = 0
        return after

    def answer(self, post: Post) -> Post | Dropped:
        if self.failures >= MOST_FAILURES:
            raise FilterError(f"{self.name} was not started: it failed {MOST_FAILURES} times in a row")
        given = _given(post)
        written = self.written(json.dumps(given, ensure_ascii=False).encode() + b"\n")
        try:
            return _trust.answered(post, given, _read(written), self.cleaning) if written.strip() else post
        except FilterError as error:
            raise FilterError(f"the answer of {self.name} can not be used: {error}") from error

    def written(self, given: bytes) -> bytes:
        try:
            return _run(self.options.command, given, _seconds(self.options.timeout), self.folder)
        except FilterError as error:
            raise FilterError(f"{self.name} {error}") from error

    @property
    def name(self) -> str:
        """The command for messages, up to what is a text rather than a word."""
        words = takewhile(lambda word: len(word.split()) == 1, self.options.command)
        return shlex.join(words)[:80] or self.options.command[0]


# --- what it reads and writes -----------------------------------------------------------------------------


def _given(post: Post) -> Mapping[str, object]:
    entry = post.entry
    return {
        "id": post.id,
        "key": post.key,
        "link": entry.link,
        "title": entry.title,
        "summary": entry.summary,
        "html": entry.body,
        "text": html.to_text(entry.body),
        "authors": [person.name for person in entry.authors],
        "categories": [category.term for category in entry.categories],
        "published": _date(post.published),
        "updated": _date(post.updated),
        "language": entry.language,
        "source": post.origin,
        "enclosures": [
            {"url": file.url, "type": file.media_type, "length": file.length} for file in entry.enclosures
        ],
    }


def _date(date: datetime | None) -> str | None:
    return date.strftime("%Y-%m-%dT%H:%M:%SZ") if date else None


def _read(written: bytes) -> object:
    try:
        return json.loads(written.decode())
    except UnicodeDecodeError:
        raise FilterError("it is no UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise FilterError(f"it is no JSON: {text.one_line(str(error))[:100]}") from None


# --- the command ------------------------------------------------------------------------------------------


def _run(command: tuple[str, ...], given: bytes, timeout: int, folder: str) -> bytes:
    """Start a command, and give what it writes. Raises FilterError when it does not end well."""
    deadline = time.monotonic() + timeout
    with _started(command, folder) as process:
        pipes = _Pipes(process, memoryview(given))
        try:
            pipes.exchange(deadline)
            code = process.wait(_rest(deadline))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise FilterError(f"did not end within {text.counted(timeout, 'second')}") from None
        finally:
            _kill_group(process)
    if code:
        raise FilterError(_failure(code, pipes.errors))
    return bytes(pipes.output)


def _started(command: tuple[str, ...], folder: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(  # noqa: S603  # the operator's own command, which the configuration allows
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            bufsize=0,
            cwd=folder or None,
            env=_environment(),
            start_new_session=True,  # a group of its own, which can be killed as a whole
        )
    except OSError as error:
        raise FilterError(f"can not be started: {error.strerror}: {error.filename}") from error


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LANG": "C.UTF-8"}


def _rest(deadline: float) -> float:
    """Give the seconds that are left. Raises TimeoutError when there are none."""
    rest = deadline - time.monotonic()
    if rest <= 0:
        raise TimeoutError
    return rest


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a command and whatever it has started, unless that made itself a group of its own."""
    with suppress(ProcessLookupError, PermissionError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)


def _failure(code: int, errors: bytes | bytearray) -> str:
    lines = [line for line in map(text.one_line, errors.decode(errors="replace").splitlines()) if line]
    ended = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
    return f"{ended}: {lines[-1][:200]}" if lines else ended


@dataclass(slots=True)
class _Pipes:
    """What a command is given and what it writes; neither waits for the other."""

    process: subprocess.Popen[bytes]
    left: memoryview
    """Of what it is given."""
    output: bytearray = field(default_factory=bytearray)
    errors: bytearray = field(default_factory=bytearray)
    """The end of what it wrote to stderr."""

    def exchange(self, deadline: float) -> None:
        """Write and read until the command writes no more. Raises FilterError and TimeoutError."""
        process, read, write = self.process, selectors.EVENT_READ, selectors.EVENT_WRITE
        with selectors.DefaultSelector() as waiting:
            for pipe, event, move in (
                (process.stdin, write, self.give),
                (process.stdout, read, self.take),
                (process.stderr, read, self.take_error),
            ):
                if pipe is not None:
                    os.set_blocking(pipe.fileno(), False)
                    waiting.register(pipe, event, (pipe, move))
            while waiting.get_map():
                for key, _ in waiting.select(_rest(deadline)):
                    pipe, move = key.data
                    if not move(key.fd):
                        waiting.unregister(pipe)
                        pipe.close()

    def give(self, pipe: int) -> bool:
        try:
            self.left = self.left[os.write(pipe, self.left[:_AT_ONCE]) :]
        except BrokenPipeError:  # it does not want to know more
            return False
        return bool(self.left)

    def take(self, pipe: int) -> bool:
        read = os.read(pipe, _AT_ONCE)
        self.output += read
        if len(self.output) > MOST_BYTES:
            raise FilterError(f"wrote more than {MOST_BYTES:,} bytes")
        return bool(read)

    def take_error(self, pipe: int) -> bool:
        read = os.read(pipe, _AT_ONCE)
        self.errors += read
        del self.errors[:-_KEPT_ERRORS]
        return bool(read)


_AT_ONCE = 65_536
_KEPT_ERRORS = 4096

_LOUDER = "import json, sys; post = json.load(sys.stdin); print(json.dumps({'title': post['title'].upper()}))"
_SHORT = (
    "import json, sys; post = json.load(sys.stdin); "
    "print(json.dumps({'drop': 'it has fewer than 5 words'} if len(post['text'].split()) < 5 else {}))"
)
_FILE = (
    "import json, sys; post = json.load(sys.stdin); print(json.dumps({'summary': post['enclosures'][0]['url']}))"
)

FILTER = Filter(
    summary="have a command of yours change posts or leave them out",
    options=Options,
    build=_build,
    short="command",
    is_idempotent=False,
    examples=(
        Example(
            says="A title in capitals, by one line of Python. Whatever is longer belongs into a file of its own.",
            config=f'- exec: [python3, -c, "{_LOUDER}"]',
            posts=({"title": "One"}, {"title": "TWO"}),
            gives=({"title": "ONE"}, {}),
        ),
        Example(
            says="Leaving out what has no text to speak of.",
            config=f'- exec: {{command: [python3, -c, "{_SHORT}"], timeout: 30s}}',
            posts=({"body": "<p>Read more</p>"}, {"body": "<p>Here are enough words to read.</p>"}),
            gives=("it has fewer than 5 words", {}),
        ),
        Example(
            says="The address of the first file as the summary. A post with which the command fails is left out.",
            config=f'- exec: {{command: [python3, -c, "{_FILE}"], on_error: drop}}',
            posts=({"enclosures": ["https://voa.example/1.mp3"]}, {}),
            gives=(
                {"summary": "https://voa.example/1.mp3"},
                "the command failed: python3 -c ended with exit code 1: IndexError: list index out of range",
            ),
        ),
    ),
    mistakes=(
        Mistake(config="- exec", says="say what is started"),
        Mistake(config="- exec: python3 tool.py | jq .", says="there is no shell here for '|'"),
        Mistake(config="- exec: python3 'tool.py", says="has a quotation mark that nothing closes"),
        Mistake(config="- exec: {command: ./tool, timeout: 10}", says="'10' lacks its unit"),
        Mistake(
            config="- exec: {command: python3 tool.py, on_error: drop}",
            says="All posts are left out if tool.py writes its text as it is, or prints what it is doing: what it "
            "writes to stdout has to be one object of JSON. Write all else to stderr.",
            is_error=False,
        ),
    ),
)
