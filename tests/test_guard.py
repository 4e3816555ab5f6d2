from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid import guard


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("0.0.0.0", id="the unspecified address"),  # noqa: S104  # refused, not bound to
        pytest.param("10.1.2.3", id="private 10"),
        pytest.param("172.16.0.1", id="private 172.16"),
        pytest.param("172.31.255.255", id="the end of private 172.16"),
        pytest.param("192.168.1.1", id="private 192.168"),
        pytest.param("100.64.0.1", id="shared by a provider"),
        pytest.param("100.100.100.200", id="metadata of one cloud"),
        pytest.param("127.0.0.1", id="loopback"),
        pytest.param("127.255.255.254", id="the end of loopback"),
        pytest.param("169.254.169.254", id="metadata of most clouds"),
        pytest.param("168.63.129.16", id="inner service of a cloud at a public number"),
        pytest.param("192.0.0.8", id="protocol assignments"),
        pytest.param("192.0.0.9", id="protocol assignments that are called global"),
        pytest.param("192.88.99.1", id="6to4 relay"),
        pytest.param("198.18.0.1", id="benchmarks"),
        pytest.param("203.0.113.7", id="documentation"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("239.1.1.1", id="local multicast"),
        pytest.param("240.0.0.1", id="reserved"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="IPv6 unspecified"),
        pytest.param("::1", id="IPv6 loopback"),
        pytest.param("::127.0.0.1", id="IPv4-compatible"),
        pytest.param("::8.8.8.8", id="IPv4-compatible, even of a public address"),
        pytest.param("::ffff:127.0.0.1", id="IPv4-mapped loopback"),
        pytest.param("::ffff:169.254.169.254", id="IPv4-mapped metadata"),
        pytest.param("64:ff9b::7f00:1", id="NAT64 of loopback"),
        pytest.param("64:ff9b::a00:1", id="NAT64 of private 10"),
        pytest.param("64:ff9b:1::7f00:1", id="local NAT64"),
        pytest.param("2001::1", id="Teredo"),
        pytest.param("2001:db8::1", id="IPv6 documentation"),
        pytest.param("2002:7f00:1::", id="6to4 of loopback"),
        pytest.param("2002:808:808::", id="6to4, even of a public address"),
        pytest.param("::ffff:0:127.0.0.1", id="IPv4-translated loopback"),
        pytest.param("64:ff9b::169.254.169.254", id="NAT64 of metadata"),
        pytest.param("64:ff9b:1::169.254.169.254", id="local NAT64 of metadata"),
        pytest.param("2002:a9fe:a9fe::1", id="6to4 of metadata"),
        pytest.param("2001:0:808:808::80ff:fffe", id="Teredo of loopback"),
        pytest.param("100::1", id="discarded"),
        pytest.param("5f00::1", id="segment routing"),
        pytest.param("3fff::1", id="new IPv6 documentation"),
        pytest.param("fc00::1", id="unique local"),
        pytest.param("fd00:ec2::254", id="IPv6 metadata"),
        pytest.param("fe80::1", id="link-local"),
        pytest.param("fe80::1%2", id="link-local with a zone"),
        pytest.param("::1%1", id="IPv6 loopback with a zone"),
        pytest.param("::ffff:127.0.0.1%1", id="IPv4-mapped loopback with a zone"),
        pytest.param("fec0::1", id="site-local"),
        pytest.param("ff02::1", id="IPv6 multicast"),
    ],
)
def test_t1_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not guard.is_public(ip_address(address))
    assert "is no public address" in guard.refusal("name.example", 80, ip_address(address), ())


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("8.8.8.8", id="IPv4"),
        pytest.param("172.32.0.1", id="just after private 172.16"),
        pytest.param("100.128.0.1", id="just after the shared block"),
        pytest.param("2606:4700::1111", id="IPv6"),
        pytest.param("::ffff:8.8.8.8", id="IPv4-mapped"),
        pytest.param("64:ff9b::808:808", id="NAT64 of a public address"),
    ],
)
def test_a_public_address_is_asked(address: str) -> None:
    assert guard.refusal("name.example", 443, ip_address(address), ()) == ""


@given(st.one_of(st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**128 - 1).map(IPv6Address)))
def test_what_is_public_here_is_global_for_the_standard_library_too(address: guard.Address) -> None:
    if guard.is_public(address):
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize("port", [22, 25, 0, 8081, 6379])
def test_only_ports_of_the_web_are_asked(port: int) -> None:
    text = guard.refusal("name.example", port, IPv4Address("8.8.8.8"), ())
    assert f"{port} is no port of the web" in text
    assert f'fetch.allow: ["name.example:{port}"]' in text


def test_a_refusal_names_the_remedy_with_brackets_around_ipv6() -> None:
    text = guard.refusal("::1", 8799, ip_address("::1"), ())
    assert 'fetch.allow: ["[::1]:8799"]' in text


@pytest.mark.parametrize(
    ("allow", "host", "port", "address", "asked"),
    [
        pytest.param("127.0.0.1:8799", "127.0.0.1", 8799, "127.0.0.1", True, id="address and port"),
        pytest.param("127.0.0.1:8799", "127.0.0.1", 80, "127.0.0.1", False, id="the same address, another port"),
        pytest.param("127.0.0.1:8799", "127.0.0.1", 8798, "127.0.0.1", False, id="the port beside"),
        pytest.param("127.0.0.1", "127.0.0.1", 80, "127.0.0.1", True, id="address alone, port of the web"),
        pytest.param("127.0.0.1", "127.0.0.1", 22, "127.0.0.1", False, id="address alone opens no other port"),
        pytest.param("LocalHost:8799", "localhost", 8799, "127.0.0.1", True, id="name and port, any case"),
        pytest.param("nas.lan", "nas.lan.", 443, "10.0.0.7", True, id="name with a final dot"),
        pytest.param("nas.lan", "evil.nas.lan", 443, "10.0.0.7", False, id="a name below is another name"),
        pytest.param("10.0.0.0/8", "nas.lan", 443, "10.9.9.9", True, id="network"),
        pytest.param("10.0.0.0/8", "nas.lan", 443, "::ffff:10.9.9.9", True, id="network, IPv4-mapped"),
        pytest.param("10.0.0.0/8", "nas.lan", 443, "192.168.0.1", False, id="outside the network"),
        pytest.param("10.0.0.0/8:9000", "nas.lan", 9000, "10.9.9.9", True, id="network and port"),
        pytest.param("10.0.0.0/8:9000", "nas.lan", 443, "10.9.9.9", False, id="network and another port"),
        pytest.param("[::1]:8799", "::1", 8799, "::1", True, id="IPv6 and port"),
        pytest.param("::1", "::1", 80, "::1", True, id="IPv6 alone"),
        pytest.param("fd00::/8", "nas.lan", 443, "fd12::1", True, id="IPv6 network"),
        pytest.param("[fd00::/8]:9000", "nas.lan", 9000, "fd12::1", True, id="IPv6 network and port"),
        pytest.param("far.example:81", "far.example", 81, "8.8.8.8", True, id="another port of a public host"),
    ],
)
def test_the_operator_allows_hosts_and_networks(
    allow: str, host: str, port: int, address: str, *, asked: bool
) -> None:
    reason = guard.refusal(host, port, ip_address(address), [guard.read_allowance(allow)])
    assert (reason == "") is asked


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "http://host/",
        "host:",
        "host:port",
        "host:0",
        "host:70000",
        "[::1",
        "a b",
        "/",
        "10.0.0.0/33",
        "[name]:80",
        "::x",
    ],
)
def test_an_allowance_that_means_nothing_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is no host, host:port or network"):
        guard.read_allowance(text)


@given(st.text(max_size=30))
def test_reading_an_allowance_fails_only_with_value_error(text: str) -> None:
    try:
        allowance = guard.read_allowance(text)
    except ValueError:
        return
    assert allowance.host
