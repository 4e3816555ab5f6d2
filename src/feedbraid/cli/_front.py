"""The HTTP server beside the loop."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from feedbraid.errors import PublishError
from feedbraid.settings import Config

from ._listening import listening
from ._log import Log

if TYPE_CHECKING:
    import socket

    from feedbraid.serve import Application, Board, Route, Rules, Shelf


class Front:
    """A companion of the loop: hands the published files to readers, and tells how the sources do."""

    def __init__(
        self,
        args: argparse.Namespace,
        config: Config,
        log: Log,
        board: Board,
        routes: Callable[[], Sequence[Route]] = tuple,
    ) -> None:
        self._args = args
        self._config = config
        self._log = log
        self._board = board
        self._routes = routes
        self._app: Application | None = None
        self._shelf: Shelf | None = None
        self._running = ExitStack()

    def start(self) -> None:
        """Listen and begin to answer. Raises ListenError."""
        from feedbraid import serve  # noqa: PLC0415  # uvicorn and starlette, only where something is served (D23)

        config = self._config
        output = config.folder / config.output
        with suppress(OSError):  # the first pass says why
            output.mkdir(parents=True, exist_ok=True)
        self._shelf = serve.Shelf(output, config.serve.memory)
        routes = (
            *serve.health_routes(self._board, lambda: self._config.health, self._admits),
            *self._routes(),
        )
        self._app, sockets = listening_app(self._args, config, self._log, self._shelf, routes)
        service = serve.Service(self._app, sockets, complain=self._log.complain)
        self._running.enter_context(serve.running(service))
        tell_places(self._log, config, sockets)

    async def _admits(self, request: object) -> bool:
        return self._app is not None and await self._app.admits(request)  # type: ignore[arg-type]  # of Starlette

    def stop(self) -> None:
        """End: answers that are under way are sent first."""
        self._running.close()

    def look(self) -> None:
        """Take notice of files that were just written."""
        if self._shelf is not None:
            with suppress(PublishError):  # whoever asks next finds the same, and it is told then
                self._shelf.look()

    def follow(self, config: Config) -> None:
        """Go by another configuration. Where it listens, and which folder it serves, are for the next start."""
        fixed = [
            name
            for name, now, before in (
                ("serve.host", config.serve.host, self._config.serve.host),
                ("serve.port", config.serve.port, self._config.serve.port),
                ("output", config.output, self._config.output),
            )
            if now != before
        ]
        if fixed and self._app is not None:
            self._log.complain(
                f"{' and '.join(fixed)} changed: that takes effect when the service is started anew"
            )
        self._config = config
        if self._app is not None:
            self._app.desk.follow(rules_of(config))


def listening_app(
    args: argparse.Namespace, config: Config, log: Log, shelf: Shelf, routes: Sequence[Route] = ()
) -> tuple[Application, list[socket.socket]]:
    """Make the application that serves a shelf, and the sockets at which it listens. Raises ListenError."""
    from feedbraid import serve  # noqa: PLC0415  # as above

    requests = partial(log.note, event="request") if args.access_log else None
    app = serve.application(shelf, rules_of(config), routes=routes, log=requests, complain=log.complain)
    return app, listening(args, config)


def tell_places(log: Log, config: Config, sockets: Sequence[socket.socket]) -> None:
    """Tell what is served where."""
    from feedbraid import serve  # noqa: PLC0415  # as above

    places = ", ".join(serve.addresses(sockets))
    log.note(f"serving {config.output.rstrip('/')}/ at {places}", "serving", address=places)


def rules_of(config: Config) -> Rules:
    """Give the rules by which a configuration has its files served."""
    from feedbraid.serve import Rules  # noqa: PLC0415  # as above

    hubs = next((spec.hubs for spec in config.feeds if spec.hubs), ())
    return Rules(config.serve, config.site.address, hubs=hubs)
