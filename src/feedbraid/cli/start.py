"""`feedbraid start`: a pass whenever a source is due or something has changed, until it is told to end."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from pathlib import Path
from types import FrameType

from feedbraid import policy
from feedbraid.app import App, Choices, PageAnswer, ReadPage, WantedPage
from feedbraid.config import load_config
from feedbraid.errors import AlreadyRunning, ConfigError, FeedbraidError
from feedbraid.filters import Step
from feedbraid.formats import Format
from feedbraid.lock import only_one
from feedbraid.model import FilterSpec
from feedbraid.notify import Notifier
from feedbraid.run import RunReport, run_once
from feedbraid.schedule import LOOK, Companion, Due, Event, Happened, Loop, wall_clock
from feedbraid.settings import Config
from feedbraid.take_in import fingerprint_of
from feedbraid.text import counted
from feedbraid.watch import Changed, Watched, Watcher, what_to_watch
from feedbraid.wire import opened

from . import Command, told
from ._clock import current_time
from ._pass import complaints, summary
from ._said import complain, note

BEAT = 300.0
"""Seconds after which everything is looked at although nothing is known to be due or to have changed."""

GRACE = 3.0
"""Seconds that a pass has to come to its end when the service is told to."""

LAST_GRACE = 5.0
"""Seconds after that until the process ends, whatever it does."""

AGAIN = timedelta(seconds=60)
"""Until a source is asked again that a pass left as due as it was: for want of its host's leave, as a rule."""

BUSY = timedelta(seconds=1)
"""Until it is tried again to make a pass while another run makes one."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--beat",
        type=_seconds,
        default=BEAT,
        metavar="SECONDS",
        help="look at everything at least so often, whatever is known; default: 300",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds from 0.1 to 86400")
    return seconds


def _execute(args: argparse.Namespace) -> int:
    service = _Service(args, Notifier())
    with _signals(service):
        service.run()
    signal.raise_signal(signal.SIGTERM)  # it was told to end, and has: what is said of that is the same everywhere
    return 0


def _companions(_: Config) -> list[Companion]:
    """Give what runs beside the loop, the HTTP server for one."""
    return []


# --- what is decided --------------------------------------------------------------------------------------

_WHOLE: frozenset[Event] = frozenset({Happened.START, Happened.TIME, Happened.CLOCK, Happened.RELOAD})
"""After these, sources are asked that are due."""

_QUIET = Choices(network=False)


def passes(happened: Collection[Event], *, is_new: bool) -> tuple[Choices, ...]:
    """Decide which passes to make after what has happened; `is_new` tells of another configuration.

    A file that was written is read at once; sources on the web are asked when they are due, whatever was written.
    """
    changed = reduce(or_, (event for event in happened if isinstance(event, Changed)), Changed())
    written = (Choices(force=True, only=tuple(sorted(changed.sources))),) if changed.sources else ()
    if is_new or not _WHOLE.isdisjoint(happened):
        return (*written, Choices())
    return written or ((_QUIET,) if changed.seeds else ())


def together(left: Sequence[Choices], more: Sequence[Choices]) -> tuple[Choices, ...]:
    """Put the passes that were not made yet before others; none twice, and none that another one includes."""
    wanted = dict.fromkeys((*left, *more))
    return tuple(one for one in wanted if one != _QUIET or len(wanted) == 1)


def dues_of(app: App, now: datetime, asked: Collection[str], waits: Mapping[str, timedelta]) -> Iterator[Due]:
    """Give when what is stored has to be looked at again, seen from `now`.

    `asked` are the sources that could be asked in the pass that was just made, and `waits` how long others have to
    wait for their turn.
    """
    states = app.store.states()
    rests = [state.rest for state in states.values() if state.rest]
    for one in app.readings:
        name, spec = one.spec.name, one.spec
        if spec.kind == "seeds":
            continue
        visit = policy.next_visit(states.get(name), spec, fingerprint_of(one), rests, now)
        if visit is not None:
            earliest = now + (AGAIN if name in asked and visit[0] <= now else waits.get(name, timedelta()))
            yield Due(max(visit[0], earliest), spec.schedule)
    yield from _held(app, now)


def _held(app: App, now: datetime) -> Iterator[Due]:
    """Give when posts are to appear that are held back: floods, and seeds with a date to come."""
    seeds = [one.spec.name for one in app.readings if one.spec.kind == "seeds"]
    for head in app.store.heads([*seeds, *app.store.floods()]):
        if head.held_until is not None and head.held_until > now:
            yield Due(head.held_until)


def _is_news(report: RunReport) -> bool:
    """Tell whether a pass asked anybody, found anything, or wrote anything."""
    asked = any(source.result != "waiting" and source.kind != "seeds" for source in report.sources)
    changed = any(source.new or source.changed or source.gone for source in report.sources)
    return asked or changed or any(feed.written for feed in report.feeds)


# --- the service ------------------------------------------------------------------------------------------


class _Service:
    """Makes passes like those of `run`, tells each trouble once, and goes on."""

    def __init__(self, args: argparse.Namespace, notifier: Notifier) -> None:
        self._file = Path(args.config)
        self._is_quiet = args.quiet
        self._notifier = notifier
        self._config = load_config(self._file)
        """The last good one. Raises ConfigError: a service that can do nothing says so at once (F29)."""
        self._troubles: Sequence[str] = ()
        self._left: tuple[Choices, ...] = ()
        """Passes that were not made yet, because another run was going on."""
        self._turns = _Turns(self._config.spread)
        self.is_passing = False
        self._watcher = Watcher(self._look(), self.ring, complain)
        self._loop = Loop(
            self._work,
            timedelta(seconds=args.beat),
            companions=(*_companions(self._config), self._watcher, notifier),
            alive=notifier.alive,
            look=min(LOOK, notifier.pause or LOOK),
        )

    def run(self) -> None:
        """Work until `END` is rung in."""
        # Passes make many values and few cycles: looking for these after every 700 costs a tenth of a build.
        gc.set_threshold(50_000)
        self._loop.run()

    def ring(self, event: Event) -> None:
        """Tell the service what has happened; from any thread, and from a signal handler."""
        self._loop.ring(event)

    def _look(self) -> Callable[[], Watched]:
        return partial(what_to_watch, self._config, self._file)

    def _work(self, happened: frozenset[Event]) -> Iterable[Due] | None:
        """Take over what has changed in the configuration, unless that is broken (F31), and make the passes."""
        troubles, is_new = self._reload(happened)
        self._left = together(self._left, passes(happened, is_new=is_new))
        dues: Iterable[Due] | None = None
        while self._left and not self._loop.is_ending:
            try:
                dues = self._pass(self._left[0])
            except AlreadyRunning:
                troubles.append("feedbraid: another run is going on; the service waits for it")
                dues = [Due(wall_clock() + BUSY)]
                break
            except FeedbraidError as error:
                troubles += told(error)
            except Exception as error:  # noqa: BLE001  # whatever it is, the next pass may do without
                troubles += _fault(error)
            self._left = self._left[1:]
        self._complain(troubles)
        return dues

    def _reload(self, happened: frozenset[Event]) -> tuple[list[str], bool]:
        """Read the configuration again; give what is wrong with it, and whether it is another one now."""
        if Happened.RELOAD in happened:
            self._notifier.reloading()
        try:
            config = load_config(self._file)
        except ConfigError as error:
            return [
                *told(error),
                f"feedbraid: {self._file} can not be used; it goes on with the former one",
            ], False
        finally:
            if Happened.RELOAD in happened:
                self._notifier.start()
        is_new, self._config = config != self._config, config
        if is_new and not self._is_quiet:
            note(f"feedbraid: {self._file} has changed; it holds from now on")
        if is_new or any(isinstance(event, Changed) and event.config for event in happened):
            self._watcher.turn_to(self._look())
        return [], is_new

    def _pass(self, choices: Choices) -> list[Due]:
        """Make a pass, and give when the next one has to be made. Raises FeedbraidError."""
        now, config = current_time(), self._config
        ahead = policy.whole_seconds(wall_clock() - now)  # the clock of passes may be set (D20)
        with _flag(self), only_one((config.folder / config.store).parent / "lock"), opened(config) as app:
            waits = self._turns.left(app, now)
            chosen = _without(choices, waits, app)
            report = run_once(self._with_signs(app), now, chosen, lambda _: self._notifier.alive())
            dues = list(dues_of(app, now, _asked(app, chosen), waits))
        self._print(report)
        self._notifier.status(_status(report, dues))
        return [replace(due, moment=due.moment + ahead) for due in dues]

    def _with_signs(self, app: App) -> App:
        """Have systemd see that a long pass gets on."""
        return app if self._notifier.pause is None else _telling(app, self._notifier.alive)

    def _print(self, report: RunReport) -> None:
        if not _is_news(report):
            return
        for line in complaints(report):
            complain(line)
        if not self._is_quiet:
            note(summary(report, self._config, dry=False))

    def _complain(self, troubles: Sequence[str]) -> None:
        """Complain of what is new: a service whose disk is full would say so again and again."""
        for line in troubles:
            if line not in self._troubles:
                complain(line)
        self._troubles = troubles


def _fault(error: Exception) -> list[str]:
    fault = f"feedbraid has a fault here, please report it: {type(error).__name__}: {error}"
    return [f"feedbraid: {fault}", *traceback.format_exc().splitlines()]


class _Turns:
    """Lets very many sources that are due when the service begins take turns."""

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self._began = time.monotonic()
        self._turns: Mapping[str, timedelta] | None = None

    def left(self, app: App, now: datetime) -> dict[str, timedelta]:
        """Give the sources that have to wait, each with how long."""
        if self._turns is None:
            self._turns = policy.turns(_due_now(app, now), self._window)
        passed = timedelta(seconds=time.monotonic() - self._began)
        return {name: at - passed for name, at in self._turns.items() if at > passed}


def _due_now(app: App, now: datetime) -> Iterator[str]:
    states = app.store.states()
    for one in app.readings:
        if one.spec.kind == "web" and policy.is_due(states.get(one.spec.name), one.spec, fingerprint_of(one), now):
            yield one.spec.name


def _without(choices: Choices, waits: Collection[str], app: App) -> Choices:
    """Leave out the sources that have to wait, unless the choice names sources."""
    if not waits or choices.only:
        return choices
    return replace(choices, only=[one.spec.name for one in app.readings if one.spec.name not in waits])


def _asked(app: App, choices: Choices) -> frozenset[str]:
    """Give the sources that could be asked in a pass."""
    if not choices.network:
        return frozenset()
    return frozenset(choices.only or (one.spec.name for one in app.readings))


def _status(report: RunReport, dues: Sequence[Due]) -> str:
    origins = [source for source in report.sources if source.kind != "seeds"]
    failing = sum(source.failing for source in origins)
    following = min((due.moment for due in dues), default=None)
    when = f"; the next is due at {following:%Y-%m-%d %H:%M} UTC" if following else ""
    return f"{counted(len(origins), 'source')}, {failing} failing{when}"


@contextmanager
def _flag(service: _Service) -> Iterator[None]:
    service.is_passing = True
    try:
        yield
    finally:
        service.is_passing = False


def _telling(app: App, alive: Callable[[], None]) -> App:
    """Give an app that gives a sign of life for each page it reads and each feed it writes."""

    def load_format(name: str) -> Format:
        alive()
        return app.load_format(name)

    def make_filter(spec: FilterSpec) -> Step:
        alive()
        return app.make_filter(spec)

    @asynccontextmanager
    async def open_pages() -> AsyncIterator[ReadPage]:
        async with app.open_pages() as read_page:

            async def read(wanted: WantedPage) -> PageAnswer:
                alive()
                return await read_page(wanted)

            yield read

    return replace(app, load_format=load_format, make_filter=make_filter, open_pages=open_pages)


# --- signals ----------------------------------------------------------------------------------------------


class _Ending:
    """What the signals mean that end or reload a service."""

    def __init__(self, service: _Service) -> None:
        self._service = service
        self._interrupt = signal.getsignal(signal.SIGTERM)
        """What SIGTERM means to every command: it unwinds what is being done."""
        self._is_told = False
        self._is_late = False
        self._had_terminal = sys.stderr.isatty()

    def terminate(self, _: int, __: FrameType | None) -> None:
        """End when the pass is over that is being made; at once when told a second time."""
        if self._is_told:
            _leave()
        self._is_told = True
        self._service.ring(Happened.END)
        signal.setitimer(signal.ITIMER_REAL, GRACE, LAST_GRACE)

    def lose_patience(self, _: int, frame: FrameType | None) -> None:
        """Interrupt the pass; if that does not help, end."""
        if self._is_late:
            _leave()
        self._is_late = True
        if self._service.is_passing and callable(self._interrupt):
            self._interrupt(signal.SIGTERM, frame)

    def hang_up(self, number: int, frame: FrameType | None) -> None:
        """Reload; but end when the terminal is gone on which the service was started."""
        if self._had_terminal and not sys.stderr.isatty():
            self.terminate(number, frame)
        else:
            self._service.ring(Happened.RELOAD)


@contextmanager
def _signals(service: _Service) -> Iterator[None]:
    """Heed signals while the block runs. SIGINT stays what it is everywhere: it interrupts at once."""
    ending = _Ending(service)
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], None]] = {
        signal.SIGTERM: ending.terminate,
        signal.SIGALRM: ending.lose_patience,
    }
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        handlers[signal.SIGHUP] = ending.hang_up
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave() -> None:
    """End at once. The store is as after a power failure: whole."""
    os.write(2, b"feedbraid: terminated at once\n")
    os._exit(128 + signal.SIGTERM)


COMMAND = Command(
    summary="make a pass whenever a source is due or something has changed, until stopped",
    example="feedbraid start --config /etc/feedbraid.yaml",
    add_arguments=_add_arguments,
    execute=_execute,
)
