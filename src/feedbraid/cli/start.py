"""`feedbraid start`: a pass whenever a source is due or something has changed, until it is told to end."""

from __future__ import annotations

import argparse
import gc
import signal
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial, reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

from feedbraid import policy
from feedbraid.app import App, Choices, PageAnswer, ReadPage, WantedPage
from feedbraid.config import load_config
from feedbraid.errors import AlreadyRunning, ConfigError, FeedbraidError, PublishError, fault_in_words
from feedbraid.filters import Step
from feedbraid.formats import Format
from feedbraid.ids import fingerprint_of
from feedbraid.model import FilterSpec
from feedbraid.notify import Notifier
from feedbraid.run import RunReport, run_once, with_sending
from feedbraid.schedule import LOOK, Due, Event, Happened, Loop, wall_clock
from feedbraid.stores import alone
from feedbraid.text import counted, minute
from feedbraid.watch import Changed, Watched, Watcher, what_to_watch
from feedbraid.wire import opened

from . import About, Command, _listening, _log, told
from ._acts import Asked, Pushed, Pushes, acted, refused
from ._board import Act, NoticeBoard, answer
from ._clock import current_time
from ._courier import Courier
from ._front import Front
from ._log import Log
from ._pass import complaints, sending_complaints, summary, told_of_sending
from ._signals import heeding_signals

if TYPE_CHECKING:
    from feedbraid.serve import Route

BEAT = 300.0
"""Seconds after which everything is looked at although nothing is known to be due or to have changed."""

DELIVERY = 60.0
"""Seconds for which messages are delivered at a time."""

AGAIN = timedelta(seconds=60)
"""Until a source is asked again that a pass left as due as it was: for want of its host's leave, as a rule.

Until what could not be sent is sent again, too.
"""

SENDING = 60.0
"""Seconds after which a pass leaves what is still to be sent to the next one: sources do not wait for it."""

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
    parser.add_argument(
        "--cluster", action="store_true", help="leave the reading to workers: see `feedbraid worker --help`"
    )
    parser.add_argument("--no-server", action="store_true", help="make passes only, and serve nothing over HTTP")
    _listening.add_arguments(parser)
    _log.add_arguments(parser)


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
    with heeding_signals(service):
        service.run()
    signal.raise_signal(signal.SIGTERM)  # it was told to end, and has: what is said of that is the same everywhere
    return 0


# --- what is decided --------------------------------------------------------------------------------------

_WHOLE: frozenset[Event] = frozenset({Happened.START, Happened.TIME, Happened.CLOCK, Happened.RELOAD})
"""After these, sources are asked that are due."""

_QUIET = Choices(network=False)


def passes(happened: Collection[Event], *, is_new: bool) -> tuple[Choices, ...]:
    """Decide which passes to make after what has happened; `is_new` tells of another configuration.

    A file that was written is read at once; sources on the web are asked when they are due, whatever was written,
    when an operator wants it, and when a hub tells of news.
    """
    changed = reduce(or_, (event for event in happened if isinstance(event, Changed)), Changed())
    asked = {event.source for event in happened if isinstance(event, Asked)}
    wanted = (Choices(force=True, only=tuple(sorted(changed.sources | asked))),) if changed.sources | asked else ()
    told = tuple(sorted(event.source for event in happened if isinstance(event, Pushed)))
    if told:
        wanted = (*wanted, Choices(only=told, news=told))
    if is_new or not _WHOLE.isdisjoint(happened):
        return (*wanted, Choices())
    return wanted or ((_QUIET,) if changed.seeds else ())


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
        self._log = Log.chosen(args)
        self._notifier = notifier
        self._config = load_config(self._file, makes_folder=True)
        """The last good one. Raises ConfigError: a service that can do nothing says so at once (F29)."""
        self._is_shared = bool(args.cluster)
        if self._is_shared:
            from ._many import needed  # noqa: PLC0415  # only where several machines share the work

            needed(self._config, args.config)
        self._troubles: Sequence[str] = ()
        self._left: tuple[Choices, ...] = ()
        """Passes that were not made yet, because another run was going on."""
        self._turns = _Turns(self._config.spread)
        self._pushes = Pushes()
        self._dues: Sequence[Due] = ()
        self.is_passing = False
        beat = timedelta(seconds=args.beat)
        self._board = NoticeBoard(self._config, beat, self.ring)
        self._has_settled = False
        self._courier = Courier(self._deliver, self._log.complain)
        self._front = None if args.no_server else Front(args, self._config, self._log, self._board, self._callback)
        self._watcher = Watcher(self._look(), self.ring, self._log.pass_on)
        fronts = () if self._front is None else (self._front,)
        self._loop = Loop(
            self._work,
            beat,
            companions=(*fronts, self._board, self._courier, self._watcher, notifier),
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
        self._board.hear_of_config(troubles)
        happened, later = self._pushes.sorted_out(happened)
        acts = sorted((event for event in happened if isinstance(event, Act)), key=lambda act: act.number)
        happened |= {wanted for wanted in map(self._done, acts) if wanted}
        self._left = together(self._left, passes(happened, is_new=is_new))
        dues: Iterable[Due] | None = None
        while self._left and not self._loop.is_ending:
            try:
                dues, more = self._pass(self._left[0])
                troubles += more
            except AlreadyRunning:
                troubles.append("feedbraid: another run is going on; the service waits for it")
                dues = [Due(wall_clock() + BUSY)]
                break
            except FeedbraidError as error:
                troubles += self._failed(told(error))
            except Exception as error:  # noqa: BLE001  # whatever it is, the next pass may do without
                troubles += self._failed(_fault(error))
            self._left = self._left[1:]
        self._complain(troubles)
        return [*(self._dues if dues is None else dues), later] if later else dues

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
        if is_new:
            self._log.note(f"{self._file} has changed; it holds from now on", "configuration")
            self._board.follow(config)
            self._has_settled = False
            self._courier.ring()
            if self._front is not None:
                self._front.follow(config)
        if is_new or any(isinstance(event, Changed) and event.config for event in happened):
            self._watcher.turn_to(self._look())
        return [], is_new

    def _pass(self, choices: Choices) -> tuple[Sequence[Due], list[str]]:
        """Make a pass; give when the next one has to be made, and what went wrong. Raises FeedbraidError."""
        if self._is_shared:
            return self._hand_out(choices)
        now, config, began = current_time(), self._config, time.monotonic()
        ahead = policy.whole_seconds(wall_clock() - now)  # the clock of passes may be set (D20)
        with _flag(self), self._alone(), opened(config) as app:
            waits = self._turns.left(app, now)
            chosen = _without(choices, waits, app)
            report = run_once(self._with_signs(app), now, chosen, lambda _: self._notifier.alive())
            dues = list(dues_of(app, now, _asked(app, chosen), waits))
            self._dues = [replace(due, moment=due.moment + ahead) for due in dues]
            self._tell(report, time.monotonic() - began)
            troubles = self._publish_health(app)
            troubles += self._send(app, report, now, chosen)
        return self._dues, troubles

    def _send(self, app: App, report: RunReport, now: datetime, choices: Choices) -> list[str]:
        """Bring what was written to where the configuration wants it, too; give why that can not be done."""
        end = time.monotonic() + SENDING
        done = with_sending(app, report, now, choices, lambda: self._goes_on_sending(end))
        if done.sent is None:
            return []
        if done.sent.waiting:
            self._dues = [*self._dues, Due(wall_clock() + AGAIN)]
        if done.sent.sent or done.sent.removed:
            counts = {"sent": len(done.sent.sent), "removed": len(done.sent.removed)}
            self._log.note(told_of_sending(done, dry=False), "sending", waiting=done.sent.waiting, **counts)
        if done.sent.failed:
            for line in done.sent.complaints:
                self._board.add_trouble(f"publishing to {line}")
        return sending_complaints(done)

    def _goes_on_sending(self, end: float) -> bool:
        self._notifier.alive()
        return not self._loop.is_ending and time.monotonic() < end

    def _hand_out(self, choices: Choices) -> tuple[Sequence[Due], list[str]]:
        """Have workers make a pass, and go on when they can not be reached."""
        from ._scheduling import hand_out  # noqa: PLC0415  # only where several machines share the work

        began, ahead = time.monotonic(), policy.whole_seconds(wall_clock() - current_time())
        with _flag(self):
            round_ = hand_out(
                self._config, choices, current_time(), lambda app, now: dues_of(app, now, _asked(app, choices), {})
            )
        self._dues = [replace(due, moment=due.moment + ahead) for due in round_.dues]
        following = min((due.moment for due in self._dues), default=None)
        self._board.queue = round_.queue
        troubles = tuple(round_.troubles)
        self._board.pass_ended(seconds=time.monotonic() - began, due=following, troubles=troubles)
        self._notifier.status(f"{counted(round_.hosts, 'host')} handed out")
        if self._front is not None:
            self._front.look()
        self._courier.ring()
        return self._dues, [f"feedbraid: {line}" for line in troubles]

    def _publish_health(self, app: App) -> list[str]:
        """Write what the configuration wants to be told of the sources; give why it can not be written."""
        try:
            self._board.publish(app)
        except PublishError as error:
            self._board.add_trouble(str(error))
            return told(error)
        return []

    def _alone(self) -> AbstractContextManager[None]:
        return nullcontext() if self._is_shared else alone(self._config)

    def _with_signs(self, app: App) -> App:
        """Have systemd see that a long pass gets on."""
        return app if self._notifier.pause is None else _telling(app, self._notifier.alive)

    # --- what others want ---

    def _done(self, act: Act) -> Event | None:
        """Do what somebody wants done about a source, and give what a pass has to do besides."""
        try:
            with self._alone(), opened(self._config) as app:
                done, wanted = acted(app, act.action, act.source, current_time())
        except FeedbraidError as error:
            done, wanted = refused(str(error)), None
        self._board.has_changed()
        answer(act, done)
        self._log.note(f"{act.action} {act.source}: {done.text}", "action", source=act.source, action=act.action)
        return wanted

    def _callback(self) -> Sequence[Route]:
        """Give the addresses at which hubs reach the service."""
        from feedbraid.errands import Subscribers  # noqa: PLC0415  # only where something is served
        from feedbraid.serve import callback_routes  # noqa: PLC0415  # the same

        return callback_routes(Subscribers(lambda: self._config), lambda origin: self.ring(Pushed(origin)))

    def _deliver(self) -> float | None:
        """Deliver the messages that are due; give the seconds until more are."""
        if not self._is_shared:
            return self._delivered()
        from ._scheduling import delivering  # noqa: PLC0415  # only where several machines share the work

        with delivering(self._config) as is_ours:
            return self._delivered() if is_ours else DELIVERY

    def _delivered(self) -> float | None:
        from feedbraid.errands import settle  # noqa: PLC0415  # in its own thread, after the first pass has begun

        config, now = self._config, current_time()
        # Once also without: somebody may just have taken the address out of the configuration.
        subscribes = bool(config.websub.callback) or not self._has_settled
        report = settle(config, now, seconds=DELIVERY, subscribes=subscribes and self._front is not None)
        self._has_settled = True
        for line in report.complaints:
            self._log.complain(line)
        return None if report.next_due is None else max(1.0, (report.next_due - now).total_seconds())

    # --- what is told ---

    def _failed(self, lines: list[str]) -> list[str]:
        troubles = tuple(line.removeprefix("feedbraid: ") for line in lines[:1])
        self._board.pass_ended(seconds=None, due=None, troubles=troubles)
        return lines

    def _tell(self, report: RunReport, seconds: float) -> None:
        following = min((due.moment for due in self._dues), default=None)
        none_works = "no source works" if _none_works(report) else ""
        troubles = tuple(filter(None, [none_works]))
        self._board.pass_ended(seconds=seconds, due=following, troubles=troubles, feeds=report.feeds)
        self._notifier.status(_status(report, following))
        if self._front is not None and _has_written(report):
            self._front.look()
        self._courier.ring()
        if not _is_news(report):
            return
        for line in complaints(report):
            self._log.pass_on(line)
        for incident in report.incidents:
            self._log.tell_of(incident)
        text = summary(report, self._config, dry=False).removeprefix("feedbraid: ")
        self._log.note(text, "pass", seconds=round(seconds, 3), **_counts(report))

    def _complain(self, troubles: Sequence[str]) -> None:
        """Complain of what is new: a service whose disk is full would say so again and again."""
        for line in troubles:
            if line not in self._troubles:
                self._log.pass_on(line)
        self._troubles = troubles


def _none_works(report: RunReport) -> bool:
    origins = [source for source in report.sources if source.kind != "seeds"]
    return bool(origins) and all(source.failing for source in origins)


def _has_written(report: RunReport) -> bool:
    return bool(report.beside) or any(feed.written for feed in report.feeds)


def _counts(report: RunReport) -> dict[str, int]:
    results = Counter(source.result for source in report.sources)
    return {
        "read": results["read"],
        "unchanged": results["unchanged"],
        "failed": results["failed"],
        "new": sum(source.new for source in report.sources),
        "changed": sum(source.changed for source in report.sources),
        "written": sum(len(feed.written) for feed in report.feeds) + len(report.beside),
    }


def _fault(error: Exception) -> list[str]:
    return [f"feedbraid: {fault_in_words(error)}", *traceback.format_exc().splitlines()]


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


def _status(report: RunReport, following: datetime | None) -> str:
    origins = [source for source in report.sources if source.kind != "seeds"]
    failing = sum(source.failing for source in origins)
    when = f"; the next is due at {minute(following)}" if following else ""
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


COMMAND = Command(
    summary="make a pass whenever a source is due or something has changed, until stopped",
    example="feedbraid start --config /etc/feedbraid.yaml",
    add_arguments=_add_arguments,
    execute=_execute,
    about=About(
        text="""
        The service: asks each source when it is due, reads a seed when it is saved, reads config.yaml again
        when that has changed, writes the feeds, and hands them to readers over HTTP beside a status page. What
        goes wrong is told once, and it goes on.

        With --cluster it reads nothing itself: it hands the hosts of sources that are due to workers, which may
        run on other machines. Any number of such schedulers may run beside each other.

        SIGHUP has it read the configuration again and make a pass; SIGTERM and Ctrl-C end it, and nothing is
        half done then.
        """,
        group="every day",
        examples=("feedbraid start --port 8080", "feedbraid start --no-server", "feedbraid start --cluster"),
        exits=(
            (2, "the configuration is wrong, or it can not listen there"),
            130,
            (143, "terminated, as it should"),
        ),
        see=("run", "serve", "status", "worker"),
    ),
)
