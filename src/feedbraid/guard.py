"""Which addresses on the network may be asked: public ones on the ports of the web, and what the operator allows.

Pure judgement of one address that a host name stands for (robustness.md 4.5). The tables are our own, so that
the answer does not change with the version of the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from feedbraid.nouns import dataclass

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443, 8080, 8443})

_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by the customers of a provider (RFC 6598)
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # public by its number, but the inner service of a cloud
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "2001::/23",  # protocol assignments, among them Teredo
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: stands for any IPv4 address, and is out of use (RFC 7526)
        "3fff::/20",  # documentation
    )
)

_GLOBAL_UNICAST = ip_network("2000::/3")
"""All IPv6 addresses that can be public lie here; loopback, IPv4-compatible, local and multicast ones do not."""

_NAT64 = ip_network("64:ff9b::/96")
"""IPv4 as seen from a network that has IPv6 only (RFC 6052): the last 32 bits are the address that is asked."""

_ALLOWANCE = re.compile(
    r"""(?: \[ (?P<bracketed> [^\[\]]+ ) \]   # [::1] or [fd00::/8]
          | (?P<plain> [^\[\]:\s]+ )          # a name, an IPv4 address, an IPv4 network
        ) (?: : (?P<port> [0-9]{1,5} ) )?
      | (?P<bare> [0-9A-Fa-f:./]+ )           # ::1 or fd00::/8: nothing can tell a port apart
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """One entry of `fetch.allow`: a host name or a network, on one port or (None) on the ports of the web."""

    host: str
    network: Network | None
    port: int | None


def read_allowance(text: str) -> Allowance:
    """Read "host", "host:port", "10.0.0.0/8", "10.0.0.0/8:port", "::1" or "[::1]:port". ValueError otherwise."""
    found = _ALLOWANCE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no host, host:port or network")
    host = found["bracketed"] or found["plain"] or found["bare"]
    port = int(found["port"]) if found["port"] else None
    network = _network(host)
    is_name = bool(found["plain"]) and "/" not in host and _plain_name(host) != ""
    if (network is None and not is_name) or (port is not None and not 0 < port < 2**16):
        raise ValueError(f"{text!r} is no host, host:port or network")
    return Allowance(_plain_name(host), network, port)


def refusal(host: str, port: int, address: Address, allowed: Iterable[Allowance]) -> str:
    """Why `address`, which `host` stands for, is not asked on `port`: a sentence, or "" when it may be."""
    matching = [allowance for allowance in allowed if _covers(allowance, host, address)]
    if any(allowance.port == port for allowance in matching):
        return ""
    shown = f"[{host}]" if ":" in host else host
    remedy = f'to allow it, set fetch.allow: ["{shown}:{port}"]'
    if port not in WEB_PORTS:
        return f"{shown}:{port} is not asked, because {port} is no port of the web; {remedy}"
    if is_public(address) or any(allowance.port is None for allowance in matching):
        return ""
    return f"{shown}:{port} is not asked, because {address} is no public address; {remedy}"


def names(allowance: Allowance, host: str) -> bool:
    """Whether an allowance is about a host as it stands in a URL: by its name, or as the address that it is."""
    try:
        return _covers(allowance, host, ip_address(host))
    except ValueError:
        return allowance.network is None and allowance.host == _plain_name(host)


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet. A wrapped IPv4 address is judged by itself."""
    inner = _wrapped(address)
    if isinstance(inner, IPv6Address) and inner not in _GLOBAL_UNICAST:
        return False
    return not any(inner in block for block in _NOT_PUBLIC)


def _wrapped(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _covers(allowance: Allowance, host: str, address: Address) -> bool:
    if allowance.network is None:
        return allowance.host == _plain_name(host)
    return address in allowance.network or _wrapped(address) in allowance.network


def _network(text: str) -> Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _plain_name(host: str) -> str:
    return host.lower().rstrip(".")
