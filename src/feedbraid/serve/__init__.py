"""The HTTP server that hands published files to readers.

`respond` is its pure core. `application` is an application of ASGI over it, and `Service` runs that with uvicorn,
in any thread or event loop:

    shelf = Shelf(folder, config.serve.memory)
    app = application(shelf, Rules(config.serve, config.site.address))
    await Service(app, listen("127.0.0.1", 8080)).run()

Whoever has just written files may call `shelf.look()`, from any thread; else a look is made when somebody asks.
"""

from __future__ import annotations

from starlette.routing import Route

from feedbraid.errors import ListenError
from feedbraid.serve._asgi import Application, application
from feedbraid.serve._callback import callback_routes
from feedbraid.serve._health import ACTIONS, Action, Board, Done, health_routes
from feedbraid.serve._lane import Bounds
from feedbraid.serve._nouns import Answer, Request, Rules, Site
from feedbraid.serve._passwords import hashed
from feedbraid.serve._respond import respond
from feedbraid.serve._run import Service, addresses, listen, listen_at_socket, running
from feedbraid.serve._shelf import Shelf

__all__ = [
    "ACTIONS",
    "Action",
    "Answer",
    "Application",
    "Board",
    "Bounds",
    "Done",
    "ListenError",
    "Request",
    "Route",
    "Rules",
    "Service",
    "Shelf",
    "Site",
    "addresses",
    "application",
    "callback_routes",
    "hashed",
    "health_routes",
    "listen",
    "listen_at_socket",
    "respond",
    "running",
]
