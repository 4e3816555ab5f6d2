"""The door to uvicorn: sockets to listen at, and a server that begins and ends when it is told to."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import resource
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import uvicorn

from feedbraid.errors import ListenError
from feedbraid.serve._asgi import Application
from feedbraid.serve._lane import MOST_HEAD, Bounds, Lane

WARM_SECONDS = 1.0
"""How long the start waits for documents to be compressed."""

_OTHER_FILES = 64
_BOUNDS = Bounds()
_NO_ADDRESS = "this machine has no such address; choose one with --host, such as 127.0.0.1 or 0.0.0.0"
_BACKLOG = 1024
_SOCKET_MODE = 0o666


# --- where it listens -------------------------------------------------------------------------------------


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen at a port of every address of a host; port 0 takes a free one. Raises ListenError."""
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    found: list[socket.socket] = []
    try:
        known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _, _, _, address in dict.fromkeys(known):
            made = socket.socket(family, socket.SOCK_STREAM)
            found.append(made)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((address[0], found[0].getsockname()[1] if len(found) > 1 else port, *address[2:]))
            made.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        for one in found:
            one.close()
        raise ListenError(place, _reason(error)) from error
    return found


def _reason(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):  # no host can be called so
        return _NO_ADDRESS
    if error.errno == errno.EADDRINUSE:
        return "another program listens there; choose another port with --port"
    if error.errno == errno.EACCES:
        return "ports below 1024 are for the administrator; choose another one with --port"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return _NO_ADDRESS
    return error.strerror or str(error)


def listen_at_socket(path: Path) -> list[socket.socket]:
    """Listen at a socket in the file system; one that nobody listens at is replaced. Raises ListenError."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _is_alive(path):
            path.unlink()
        made.bind(str(path))
        path.chmod(_SOCKET_MODE)
        made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        taken = error.errno == errno.EADDRINUSE
        raise ListenError(str(path), "it is taken" if taken else error.strerror or str(error)) from error
    return [made]


def _is_alive(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def addresses(sockets: Sequence[socket.socket]) -> list[str]:
    """Give where sockets listen, for people."""
    found = []
    for one in sockets:
        name = one.getsockname()
        if one.family == socket.AF_UNIX:
            found.append(str(name))
        else:
            host = f"[{name[0]}]" if one.family == socket.AF_INET6 else name[0]
            found.append(f"http://{host}:{name[1]}/")
    return found


# --- the server -------------------------------------------------------------------------------------------


class Service:
    """Serves an application at sockets, in whatever event loop `run` is called, until `stop` is."""

    def __init__(
        self,
        application: Application,
        sockets: Sequence[socket.socket],
        *,
        complain: Callable[[str], None] = lambda _: None,
        bounds: Bounds = _BOUNDS,
    ) -> None:
        self.started = threading.Event()
        """Requests are answered."""
        self._application = application
        self._sockets = list(sockets)
        self._paths = [str(one.getsockname()) for one in sockets if one.family == socket.AF_UNIX]
        self._complain = complain
        self._server = _Server(
            uvicorn.Config(
                application,
                interface="asgi3",
                http=type("OwnLane", (Lane,), {"bounds": _possible(bounds)}),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                h11_max_incomplete_event_size=MOST_HEAD,
                timeout_keep_alive=max(1, int(bounds.wait)),
                timeout_graceful_shutdown=max(1, int(bounds.grace)),
            ),
            self.started,
        )

    async def run(self) -> None:
        """Serve until `stop` is called, and end in good order: answers that are under way are sent first."""
        await self._application.desk.warm_up(WARM_SECONDS)
        with _complaining(self._complain):
            try:
                await self._server.serve(self._sockets)
            finally:
                self._server.abort_all()
                await self._application.desk.close()
                for path in self._paths:
                    with suppress(OSError):
                        os.unlink(path)  # noqa: PTH108  # as the socket says it

    def stop(self) -> None:
        """Have it end, from any thread or signal handler; called again, it does not wait for anybody."""
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True


@contextmanager
def running(service: Service) -> Iterator[Service]:
    """Run a service in a thread of its own while the block lasts."""
    thread = threading.Thread(target=lambda: asyncio.run(service.run()), name="feedbraid-serve")
    thread.start()
    try:
        while thread.is_alive() and not service.started.wait(0.1):
            pass
        yield service
    finally:
        service.stop()
        thread.join()


class _Server(uvicorn.Server):
    """Leaves signals to its caller, and ends connections on which nothing goes on."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._ready = started

    def capture_signals(self) -> nullcontext[None]:  # type: ignore[override]  # as good for `with`
        return nullcontext()

    async def on_tick(self, counter: int) -> bool:
        """Look after connections once a second."""
        self._ready.set()
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Lane):
                    connection.end_if_late(now)
        return await super().on_tick(counter)

    def abort_all(self) -> None:
        """End what has not ended in time."""
        for connection in list(self.server_state.connections):
            if isinstance(connection, Lane):
                connection.transport.abort()


def _possible(bounds: Bounds) -> Bounds:
    """Allow no more connections than the system allows files; have it allow as many, if it will."""
    wanted = bounds.connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = wanted if soft == resource.RLIM_INFINITY else soft
    return replace(bounds, connections=max(1, min(bounds.connections, files - _OTHER_FILES)))


class _Complaints(logging.Handler):
    """Passes on what uvicorn has to complain of."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._pass_on = complain

    def emit(self, record: logging.LogRecord) -> None:
        for line in self.format(record).splitlines():
            self._pass_on(line)


@contextmanager
def _complaining(complain: Callable[[str], None]) -> Iterator[None]:
    logger, handler = logging.getLogger("uvicorn.error"), _Complaints(complain)
    logger.addHandler(handler)
    was, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = was
