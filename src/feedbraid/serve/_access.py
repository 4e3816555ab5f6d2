"""Who asks, and how often: addresses behind proxies, user names with passwords, requests in a minute."""

from __future__ import annotations

import base64
import hmac
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from feedbraid.serve._passwords import is_password, is_slow

MOST_REMEMBERED = 10_000
"""Clients whose requests are counted, and credentials whose check is remembered."""

UNIX = "unix"
"""The client at a socket of this machine, which has no address."""

LONGEST = 1024
"""Characters of credentials, and of a list of proxies."""


# --- addresses --------------------------------------------------------------------------------------------

_Address = IPv4Address | IPv6Address


class Proxies:
    """The proxies whose word counts on whom they speak for."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._networks = tuple(ip_network(one) for one in trusted if one != UNIX)
        self._unix = UNIX in trusted

    def client(self, peer: str, headers: Mapping[str, str]) -> str:
        """Give the address of the client: that of the peer, unless a proxy that is trusted names another one.

        Each proxy adds whom it was asked by, so the list is read from its end, as far as it was written by ours.
        """
        named = headers.get("x-forwarded-for", "")
        if not named or len(named) > LONGEST:
            return peer
        client = peer
        for one in reversed(named.split(",")):
            if not self._trusts(client):
                break
            address = _address(_without_port(one.strip()))
            if address is None:
                break
            client = str(address)
        return client

    def _trusts(self, client: str) -> bool:
        if client == UNIX:
            return self._unix
        address = _address(client)
        return address is not None and any(address in network for network in self._networks)


@lru_cache(maxsize=1024)
def _address(text: str) -> _Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def household(client: str) -> str:
    """Give what is counted as one client: of IPv6 a whole network, as one machine has many addresses."""
    address = _address(client)
    return str(IPv6Network((address, 64), strict=False)) if isinstance(address, IPv6Address) else client


# --- how often --------------------------------------------------------------------------------------------


_ROUNDING = 0.001


class Meter:
    """Counts requests: `rate` in a minute, which may come at once (N129l)."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Of each client, the requests that it has left, and when that was."""

    def wait(self, client: str, now: float) -> int:
        """Count a request at `now`, in seconds of any clock; give the seconds to wait, or 0 when it is allowed."""
        left, then = self._left.pop(client, (float(self._rate), now))
        left = min(self._rate, left + max(0.0, now - then) * self._rate / 60)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        if len(self._left) > MOST_REMEMBERED:
            self._left.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) * 60 / self._rate - _ROUNDING))


# --- user names and passwords (RFC 7617) ------------------------------------------------------------------


class Keeper:
    """Knows users by their passwords. What was found of credentials is remembered under a key of this process."""

    def __init__(self, users: Iterable[tuple[str, str]]) -> None:
        self._users = dict(users)
        self._is_slow = any(map(is_slow, self._users.values()))
        self._stand_in = next(filter(is_slow, self._users.values()), "")
        """Takes as long for a user that does not exist."""
        self._key = os.urandom(32)
        self._known: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def at_once(self, stated: str) -> str | None:
        """Give the user that an `Authorization` header proves, empty for none; None when `slowly` has to tell."""
        if len(stated) > LONGEST:
            return ""
        known = self._known.get(self._mark(stated))
        if known is not None or self._is_slow:
            return known
        return self._check(stated)

    def slowly(self, stated: str) -> str:
        """Give the user that a header proves, or nothing. Takes as long as the hashes of passwords are to take."""
        user, mark = self._check(stated), self._mark(stated)
        with self._lock:
            self._known[mark] = user
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return user

    def _mark(self, stated: str) -> bytes:
        return hmac.digest(self._key, stated.encode("utf-8", "surrogatepass"), "sha256")

    def _check(self, stated: str) -> str:
        user, password = _credentials(stated)
        right = is_password(password, self._users.get(user, self._stand_in))
        return user if right and user in self._users else ""


def _credentials(stated: str) -> tuple[str, str]:
    """Give user name and password of a header, both empty when it has none."""
    scheme, _, encoded = stated.strip().partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (user, password) if colon else ("", "")
