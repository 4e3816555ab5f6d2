"""Leave to ask a host: where several machines share the work, only one of them may ask a host at a time."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Permits(Protocol):
    """Whom a `Fetcher` asks before each request, where it is not alone."""

    def at(self, host: str) -> AbstractAsyncContextManager[str]:
        """Hold the leave to ask a host while the block runs; gives why there is none, or nothing.

        `host` is in ASCII and without a port. Waits for some seconds, at most, for who else may be asking it.
        """
        ...
