"""Machines of their own on this one: network namespaces, each on a cable that can be cut.

Servers are in one of them, `SITE`, which has a bridge with all of their addresses; each other one has a cable to
it. The addresses are of the network that RFC 2544 keeps for measuring. Nothing outside of the namespaces changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from typing import Self

import pytest

NETWORK = "198.18"

DATABASE = f"{NETWORK}.0.1"

HOSTS = f"{NETWORK}.1"
"""Hosts have the addresses from this one's .1 on."""

SITE = "site"


@cache
def missing() -> str:
    """Say why there can be no namespaces; nothing where there can be some."""
    if not sys.platform.startswith("linux") or os.getuid() != 0:
        return "only root of a Linux machine can make network namespaces"
    for program, package in (("ip", "iproute2"), ("setpriv", "util-linux")):
        if shutil.which(program) is None:
            return f"{program} is not installed: apt-get install {package}"
    try:
        with Wire(["one"], 1):
            return ""
    except subprocess.CalledProcessError as error:
        return f"no network namespace can be made here: {error.stderr.strip()}"


def needed() -> None:
    """Skip the test where there can be none."""
    if reason := missing():
        pytest.skip(reason)


class Wire:
    """Namespaces of some machines, and one of servers with so many addresses of hosts. Ends with the block."""

    def __init__(self, machines: Sequence[str], hosts: int) -> None:
        self._machines = machines
        self._hosts = hosts

    def __enter__(self) -> Self:
        try:
            self._lay()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _lay(self) -> None:
        _ip("netns", "add", self._name(SITE))
        self._site("link", "set", "lo", "up")
        self._site("link", "add", "bridge", "type", "bridge")
        self._site("link", "set", "bridge", "up")
        for address in (DATABASE, *(f"{HOSTS}.{number + 1}" for number in range(self._hosts))):
            self._site("address", "add", f"{address}/16", "dev", "bridge")
        for number, machine in enumerate(self._machines):
            own, cable = self._name(machine), f"cable{number}"
            _ip("netns", "add", own)
            self._site("link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", own)
            self._site("link", "set", cable, "master", "bridge", "up")
            _ip("-netns", own, "link", "set", "lo", "up")
            _ip("-netns", own, "address", "add", f"{NETWORK}.2.{number + 1}/16", "dev", "eth0")
            _ip("-netns", own, "link", "set", "eth0", "up")

    def __exit__(self, *_: object) -> None:
        for name in (*self._machines, SITE):
            if os.path.exists(f"/run/netns/{self._name(name)}"):  # noqa: PTH110  # no file
                _ip("netns", "delete", self._name(name))

    def within(self, machine: str) -> list[str]:
        """Give what stands before a command that is to run on a machine."""
        return ["ip", "netns", "exec", self._name(machine)]

    def cut(self, machine: str) -> None:
        """Cut the cable of a machine: nothing arrives any more, on either side, and nobody is told."""
        self._site("link", "set", self._cable(machine), "down")

    def mend(self, machine: str) -> None:
        """Mend the cable of a machine."""
        self._site("link", "set", self._cable(machine), "up")

    def _cable(self, machine: str) -> str:
        return f"cable{self._machines.index(machine)}"

    def _name(self, machine: str) -> str:
        return f"feedbraid-{os.getpid()}-{machine}"

    def _site(self, *words: str) -> None:
        _ip("-netns", self._name(SITE), *words)


def _ip(*words: str) -> None:
    subprocess.run(
        ["ip", *words], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20
    )
