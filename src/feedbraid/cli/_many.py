"""What commands share that work with other machines: the engine, the leases, and what is said where they lack."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from typing import TYPE_CHECKING

from feedbraid.addresses import is_database
from feedbraid.errors import ConfigError
from feedbraid.nouns import dataclass
from feedbraid.service import Queue
from feedbraid.settings import Config

if TYPE_CHECKING:
    from feedbraid.cluster import Engine
    from feedbraid.cluster._leases import Leases
    from feedbraid.store._leases import Held, LeaseTable

_NO_DATABASE = (
    "several machines can share the work only where the store is a database; set `store: postgresql://host/database`,"
    " or the variable FEEDBRAID_STORE, and move what is stored with `feedbraid store copy`"
)


def is_shared(config: Config) -> bool:
    """Tell whether several machines can share the work of a configuration."""
    return is_database(config.store)


def needed(config: Config, file: str) -> None:
    """Raise ConfigError where several machines can not share the work."""
    if not is_shared(config):
        raise ConfigError.of(file, _NO_DATABASE, "store")
    if find_spec("procrastinate") is None or find_spec("psycopg") is None:
        raise ConfigError.of(file, "this needs more: pip install 'feedbraid[cluster]'", "store")


def engine_of(config: Config, hosts: int = 1) -> Engine:
    """Make the engine of a configuration: the one place that chooses one."""
    from feedbraid.cluster._procrastinate import ProcrastinateEngine  # noqa: PLC0415  # not everywhere

    return ProcrastinateEngine(config.place, config.cluster, hosts=hosts)


def table_of(config: Config) -> LeaseTable:
    """Give the table of leases of a configuration."""
    from feedbraid.store._leases import LeaseTable  # noqa: PLC0415  # not everywhere

    holder = f"{socket.gethostname()}, process {os.getpid()}"
    return LeaseTable(config.place, config.cluster.lease, holder)


@contextmanager
def leases_of(config: Config, tell: Callable[[Sequence[str]], None] = lambda _: None) -> Iterator[Leases]:
    """Take and renew leases of a configuration while the block runs; for `tell`, see `Leases`."""
    from feedbraid.cluster._leases import Leases  # noqa: PLC0415  # as above

    table = table_of(config)
    try:
        with Leases(table, config.cluster.lease.total_seconds(), tell) as leases:
            yield leases
    finally:
        table.close()


@dataclass(frozen=True, slots=True)
class Together:
    """How the work does that several machines share, and who holds which lease."""

    queue: Queue
    leases: Sequence[Held]

    def plain(self) -> dict[str, object]:
        """Give all of it as JSON knows it."""
        held = [{"name": one.name, "holder": one.holder, "seconds": round(one.seconds, 1)} for one in self.leases]
        return {**asdict(self.queue), "leases": held}

    def lines(self) -> list[str]:
        """Say all of it."""
        first = "; ".join(self.queue.phrases())
        return [first, *(f"{one.name}: {one.holder}, {one.seconds:.0f} s left" for one in self.leases)]


def looked_at(config: Config, file: str) -> Together:
    """Look at what several machines do. Raises FeedbraidError."""
    from feedbraid.cluster.scheduler import look  # noqa: PLC0415  # not everywhere

    needed(config, file)
    queue = look(engine_of(config))
    with closing(table_of(config)) as table:
        return Together(queue, table.held())
