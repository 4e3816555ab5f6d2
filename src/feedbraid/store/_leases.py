"""Leases in the database: who may do what, for how long, by the database's own clock.

A lease is a row with a token that grows by one each time it is taken. Whoever writes names the leases that the
work depends on (`Fence`), and the store refuses what is written without them: a worker that was stopped for longer
than its lease can not overwrite what others have written since.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

import psycopg

from feedbraid.addresses import lifeline, place_name
from feedbraid.errors import StoreError
from feedbraid.nouns import dataclass
from feedbraid.records import Fence

_SETTINGS = {**lifeline(10), "application_name": "feedbraid lease"}

_TAKE = """
INSERT INTO lease (name, token, holder, until) VALUES (%(name)s, 1, %(holder)s, clock_timestamp() + %(length)s)
ON CONFLICT (name) DO UPDATE SET token = lease.token + 1, holder = excluded.holder, until = excluded.until
WHERE lease.until <= clock_timestamp() RETURNING token
"""

_RENEW = """
UPDATE lease SET until = clock_timestamp() + %(length)s
FROM unnest(%(names)s::text[], %(tokens)s::bigint[]) AS held (name, token)
WHERE lease.name = held.name AND lease.token = held.token AND lease.until > clock_timestamp()
RETURNING lease.name
"""

_GIVE_BACK = (
    "UPDATE lease SET until = clock_timestamp() WHERE name = %s AND token = %s AND until > clock_timestamp()"
)

_HELD = """
SELECT name, holder, extract(epoch FROM until - clock_timestamp())::float8 FROM lease
WHERE until > clock_timestamp() ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that somebody holds."""

    name: str
    holder: str
    seconds: float
    """What is left of it."""


class LeaseTable:
    """Takes, renews and gives back leases, over a connection of its own; from any thread, one call at a time.

    Every method raises StoreError when the database can not be asked; the next call connects anew.
    """

    def __init__(self, address: str, length: timedelta, holder: str) -> None:
        self._address = address
        self._length = length
        self._holder = holder
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None

    def take(self, name: str) -> Fence | None:
        """Take a lease; None when somebody holds it."""
        with self._connected() as db:
            found = db.execute(_TAKE, {"name": name, "holder": self._holder, "length": self._length}).fetchone()
        return Fence(name, found[0]) if found else None

    def renew(self, fences: Collection[Fence]) -> frozenset[str]:
        """Begin the time of leases anew; give the names of those that are still held."""
        names, tokens = [one.name for one in fences], [one.token for one in fences]
        with self._connected() as db:
            rows = db.execute(_RENEW, {"names": names, "tokens": tokens, "length": self._length}).fetchall()
        return frozenset(row[0] for row in rows)

    def give_back(self, fence: Fence) -> None:
        """Let others take a lease at once; nothing happens when it is lost already."""
        with self._connected() as db:
            db.execute(_GIVE_BACK, (fence.name, fence.token))

    def held(self) -> tuple[Held, ...]:
        """Give the leases that anybody holds, by name."""
        with self._connected() as db:
            return tuple(Held(*row) for row in db.execute(_HELD).fetchall())

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        known, self._connection = self._connection, None
        if known is not None:
            with suppress(psycopg.Error):
                known.close()

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        with self._lock:
            try:
                if self._connection is None or self._connection.closed:
                    self._connection = _connect(self._address)
                yield self._connection
            except psycopg.Error as error:
                self._let_go()
                reason = str(error).strip().partition("\n")[0]
                raise StoreError(place_name(self._address), f"leases can not be seen to: {reason}") from error


def _connect(address: str) -> psycopg.Connection:
    stated = psycopg.conninfo.conninfo_to_dict(address)
    settings: Mapping[str, object] = {**_SETTINGS, **stated}
    connection: psycopg.Connection = psycopg.Connection.connect(autocommit=True, **settings)  # type: ignore[arg-type]  # its settings have several types
    return connection
