"""Where requests are answered: the shelf, the rules, and all that is known of who asks.

Most answers are given at once. Some have to wait: for a look at the folder after a quiet time, for the check of a
password, for a file that is too large to be held in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import BinaryIO

from feedbraid.errors import PublishError
from feedbraid.model import SECRET
from feedbraid.serve._access import Keeper, Meter, Proxies, household
from feedbraid.serve._moment import Moment, Ready, ready_to_send
from feedbraid.serve._nouns import Answer, Asked, OnDisk, Request, Rules
from feedbraid.serve._respond import respond
from feedbraid.serve._shelf import Shelf, open_file

FRESH = 1.0
"""Seconds: what was looked at so lately is not looked at again."""

STALE = 2.0
"""Seconds: an answer waits for a look when the last one is longer ago."""

SHARE = 20
"""A look that takes long is made more rarely: the pause is so many times as long."""

PORTION = 512 * 1024
"""Bytes that are compressed between two looks."""

MOST_CHECKS = 8
"""Passwords that wait for their check; who comes then is asked to come again."""

KEPT = 1.0
"""Seconds for which answers are kept: they have the second in them."""

_TOO_BUSY = 1


def current_time() -> datetime:
    """Give the time of an answer in UTC, in whole seconds."""
    return _moment(int(time.time()))


@lru_cache(maxsize=4)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class _House:
    """The rules, and what is remembered under them."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.proxies = Proxies(rules.spec.trusted_proxies)
        self.keeper = Keeper(rules.spec.users)
        self.meter = Meter(rules.spec.rate) if rules.spec.rate else None


class Desk:
    """Answers requests in one event loop. `log` gets a line for each answer, `complain` for each new trouble."""

    def __init__(
        self,
        shelf: Shelf,
        rules: Rules,
        *,
        log: Callable[[str], None] | None = None,
        complain: Callable[[str], None] = lambda _: None,
        clock: Callable[[], datetime] = current_time,
    ) -> None:
        self.shelf = shelf
        self.trouble = ""
        """Why the folder can not be looked at; empty when it can."""
        self._log, self._complain, self._clock = log, complain, clock
        self._house = _House(rules)
        self._worker = ThreadPoolExecutor(1, "feedbraid-look")
        self._checker = ThreadPoolExecutor(1, "feedbraid-check")
        self._checks = 0
        self._looked = float("-inf")
        self._took = 0.0
        self._look: asyncio.Task[None] | None = None
        self._packing: asyncio.Task[None] | None = None
        self._told: frozenset[str] = frozenset()
        self._moment: Moment | None = None

    def follow(self, rules: Rules) -> None:
        """Go by other rules from now on, from any thread; what is under way may still go by the former ones."""
        self._house = _House(rules)

    # --- answering ---

    def at_once(self, block: bytes, peer: str, read: Callable[[bytes, str], Asked | None]) -> Ready | None:
        """Answer a block when that needs no waiting; None when it can not be done, and nothing was counted then.

        `read` tells what a block asks for, None when that can not be answered so. It must go by the block alone.
        """
        if not self._is_known(time.monotonic() - self._looked):
            return None
        moment, user = self._now(), ""
        found = moment.again(block)
        if found is None:
            asked = read(block, peer)
            known = None if asked is None else self._user_at_once(asked)
            if asked is None or known is None:
                return None
            ready, user = moment.ready(asked, known, block), known
            if ready is None:
                return None
            found = asked, ready
        return self._counted(*found, user, peer)

    def _counted(self, asked: Asked, ready: Ready, user: str, peer: str) -> Ready:
        """Count a request of a peer, and tell of it; it gets another answer when it came too often."""
        house = self._house
        if house.meter is None and self._log is None:
            return ready
        client = house.proxies.client(peer, asked.headers)
        wait = self._wait(client)
        if wait:
            ready = ready_to_send(self._respond(asked, user, wait))
        self._tell(asked, ready.answer, client)
        return ready

    def _now(self) -> Moment:
        """Give the present moment: a new one when the files, the rules or the second are new."""
        site, rules, now = self.shelf.site, self._house.rules, self._clock()
        if self._moment is None or not self._moment.is_of(site, rules, now):
            self._moment = moment = Moment(site, rules, now)
            asyncio.get_running_loop().call_later(KEPT, self._forget, moment)
        return self._moment

    def _forget(self, moment: Moment) -> None:
        """Let go of a moment that is over, and of files which may not be there any more."""
        if self._moment is moment:
            self._moment = None

    async def answer(self, asked: Asked) -> tuple[Answer, BinaryIO | None]:
        """Answer, and give the open file of a body that is on disk."""
        await self.freshen()
        client = self._client(asked)
        wait, user = self._wait(client), ""
        if not wait:
            user, wait = await self._user(asked)
        answer = self._respond(asked, user, wait)
        file = None
        if isinstance(answer.body, OnDisk):
            answer, file = await self._opened(asked, user, answer)
        self._tell(asked, answer, client)
        return answer, file

    def _respond(self, asked: Asked, user: str, wait: int) -> Answer:
        request = Request(method=asked.method, target=asked.target, headers=asked.headers, user=user, wait=wait)
        return respond(request, self.shelf.site, self._house.rules, self._clock())

    async def _opened(self, asked: Asked, user: str, answer: Answer) -> tuple[Answer, BinaryIO | None]:
        """Open the file of an answer; one that was exchanged since the last look is looked at again."""
        for _ in range(2):
            if not isinstance(answer.body, OnDisk):
                return answer, None
            with suppress(OSError):
                file = open_file(answer.body.place, answer.body.stamp)
                if file is not None:
                    return answer, file
            await self.look()
            answer = self._respond(asked, user, 0)
        return self._respond(asked, user, _TOO_BUSY), None

    # --- who asks ---

    def must_wait(self, asked: Asked) -> int:
        """Count a request, and give the seconds after which its sender may ask again; 0 when it may now."""
        return self._wait(self._client(asked))

    async def admits(self, asked: Asked) -> bool:
        """Tell whether somebody may see what has no rule of its own."""
        rules = self._house.rules
        if not rules.is_guarded or rules.spec.public:
            return True
        return bool((await self._user(asked))[0])

    def _client(self, asked: Asked) -> str:
        house = self._house
        if house.meter is None and self._log is None:
            return ""
        return house.proxies.client(asked.peer, asked.headers)

    def _wait(self, client: str) -> int:
        meter = self._house.meter
        return 0 if meter is None else meter.wait(household(client), time.monotonic())

    def _user_at_once(self, asked: Asked) -> str | None:
        stated = asked.headers.get("authorization")
        house = self._house
        return house.keeper.at_once(stated) if stated and house.rules.is_guarded else ""

    async def _user(self, asked: Asked) -> tuple[str, int]:
        """Give who it is, or the seconds after which it may be asked again."""
        user = self._user_at_once(asked)
        if user is not None:
            return user, 0
        if self._checks >= MOST_CHECKS:
            return "", _TOO_BUSY
        self._checks += 1
        try:
            loop, stated = asyncio.get_running_loop(), asked.headers["authorization"]
            return await loop.run_in_executor(self._checker, self._house.keeper.slowly, stated), 0
        finally:
            self._checks -= 1

    def _tell(self, asked: Asked, answer: Answer, client: str) -> None:
        if self._log is None:
            return
        size = dict(answer.headers).get("Content-Length", "0") if answer.body is not None else "0"
        self._log(f"{client} {asked.method} {without_secret(asked.target)} {answer.status} {size}")

    # --- looking at the folder ---

    def _is_known(self, age: float) -> bool:
        """Tell whether the last look is recent enough to answer by; have another one made when it is time."""
        if age <= FRESH or age <= SHARE * self._took:
            return True
        if age > max(STALE, 2 * SHARE * self._took):
            return False
        self._begin_look()
        return True

    def _begin_look(self) -> asyncio.Task[None]:
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().create_task(self._look_now())
        return self._look

    async def freshen(self) -> None:
        """Wait for a look at the folder when the last one is too long ago."""
        if not self._is_known(time.monotonic() - self._looked):
            await self.look()

    async def look(self) -> None:
        """Look at the folder now; all that ask at the same time wait for the same look."""
        await asyncio.shield(self._begin_look())

    async def _look_now(self) -> None:
        begun, self.trouble = time.monotonic(), ""
        try:
            await asyncio.get_running_loop().run_in_executor(self._worker, self.shelf.look)
        except PublishError as error:
            self.trouble = str(error)
        self._looked = time.monotonic()
        self._took = self._looked - begun
        self._tell_troubles()
        if self._packing is None or self._packing.done():
            self._packing = asyncio.get_running_loop().create_task(self._pack())

    async def _pack(self) -> None:
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(self._worker, self.shelf.pack, PORTION):
            pass

    async def warm_up(self, seconds: float) -> None:
        """Look at the folder, and compress what can be compressed in that time; the rest follows by and by."""
        await self.look()
        if self._packing is not None:
            await asyncio.wait([self._packing], timeout=seconds)

    def _tell_troubles(self) -> None:
        """Complain of what is new."""
        troubles = frozenset((*self.shelf.site.troubles, *filter(None, [self.trouble])))
        for line in sorted(troubles - self._told):
            self._complain(line)
        self._told = troubles

    async def close(self) -> None:
        """End what is under way."""
        for task in (self._look, self._packing):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        self._worker.shutdown()
        self._checker.shutdown()


def without_secret(target: str) -> str:
    """Give the path of a request for a log: without its query, and without the secret that may be in it."""
    path = target.partition("?")[0]
    if not path.startswith(f"/{SECRET}/"):
        return path
    rest = path[len(SECRET) + 2 :].partition("/")
    return f"/{SECRET}/***{rest[1]}{rest[2]}"
