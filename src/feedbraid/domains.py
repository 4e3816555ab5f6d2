"""Registered domains: who is behind a host. The door to the Public Suffix List."""

from __future__ import annotations

from functools import cache, lru_cache
from ipaddress import ip_address

from publicsuffixlist import PublicSuffixList


@lru_cache(maxsize=1024)
def registered_domain(host: str) -> str:
    """Give the part of a host name that somebody registered: `example.co.uk` for `news.example.co.uk`.

    A service that gives each user a name below its own is one owner. An IP address, and a name that is none of the
    internet's, stand for themselves.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        return _list().privatesuffix(host.rstrip(".").lower()) or host


@cache
def _list() -> PublicSuffixList:
    return PublicSuffixList(only_icann=True)
