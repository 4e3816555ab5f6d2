"""The HTTP server beside the loop."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from feedbraid.errors import PublishError
from feedbraid.settings import Config

from ._listening import listening
from ._log import Log

if TYPE_CHECKING:
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
        log = self._request if self._args.access_log else None
        self._app = serve.application(
            self._shelf, rules_of(config), routes=routes, log=log, complain=self._log.complain
        )
        sockets = listening(self._args, config)
        service = serve.Service(self._app, sockets, complain=self._log.complain)
        self._running.enter_context(serve.running(service))
        places = ", ".join(serve.addresses(sockets))
        self._log.note(f"serving {config.output.rstrip('/')}/ at {places}", "serving", address=places)

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

    def _request(self, line: str) -> None:
        self._log.note(line, "request")


def rules_of(config: Config) -> Rules:
    """Give the rules by which a configuration has its files served."""
    from feedbraid.serve import Rules  # noqa: PLC0415  # as above

    hubs = next((spec.hubs for spec in config.feeds if spec.hubs), ())
    return Rules(config.serve, config.site.address, hubs=hubs)
