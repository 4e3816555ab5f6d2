"""Names that lead to loopback, in the place of the system's resolver: each source has a host of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

TOP = ".test"
"""Of the names that lead to loopback (RFC 6761 6.2: no such name is ever registered)."""


class Resolver:
    """What names stand for: those below `.test` for loopback, `planned` ones for their addresses in turn.

    The last address of a plan stays. Addresses in any spelling, and names of the machine itself, are left to the
    system, which needs no network for them; all others have no address.
    """

    def __init__(self, planned: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self._planned = dict(planned or {})
        self._system = socket.getaddrinfo
        self._lock = threading.Lock()

    def __call__(self, host: Any, port: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401  # the signature of the socket module
        """Find the addresses of a name."""
        name = (host.decode("ascii") if isinstance(host, bytes) else str(host)).rstrip(".").lower()
        with self._lock:
            plan = self._planned.get(name)
            if plan:
                self._planned[name] = plan[1:] or plan
        if plan:
            return self._system(plan[0], port, *more, **named)
        if name.endswith(TOP):
            return self._system("127.0.0.1", port, *more, **named)
        if _is_address(name) or name in ("localhost", "ip6-localhost", socket.gethostname().lower()):
            return self._system(host, port, *more, **named)
        raise socket.gaierror(socket.EAI_NONAME, "no such name in this test")


def _is_address(name: str) -> bool:
    """Tell whether the system reads this as an address, without asking anybody."""
    bare = name.partition("%")[0].strip("[]")
    try:
        socket.inet_aton(bare)
    except OSError:
        return ":" in bare
    return True


def lead_names_to_loopback(planned: Mapping[str, tuple[str, ...]] | None = None) -> None:
    """Put a resolver of ours in the place of the system's, for the rest of this process."""
    socket.getaddrinfo = Resolver(planned)


@contextmanager
def names_lead_to_loopback(planned: Mapping[str, tuple[str, ...]] | None = None) -> Iterator[None]:
    """Put a resolver of ours in the place of the system's, as a network without any server but ours would have."""
    system = socket.getaddrinfo
    lead_names_to_loopback(planned)
    try:
        yield
    finally:
        socket.getaddrinfo = system
