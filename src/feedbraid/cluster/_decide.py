"""Which hosts are to be read: decided from what is configured and what is known, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from feedbraid import policy, urls
from feedbraid.cluster import HERE
from feedbraid.model import OriginSpec, Reading, SourceState


def host_of(state: SourceState | None, spec: OriginSpec) -> str:
    """Give the host at which a source is asked now; that of seeds and files is `HERE`."""
    if spec.kind != "web":
        return HERE
    return urls.host_of(policy.address(state or SourceState(name=spec.name), spec))


def of_host(readings: Iterable[Reading], states: Mapping[str, SourceState], host: str) -> list[Reading]:
    """Give the origins that a host is asked for, in the order of the configuration."""
    return by_host(readings, states).get(host, [])


def by_host(readings: Iterable[Reading], states: Mapping[str, SourceState]) -> dict[str, list[Reading]]:
    """Give the origins of each host, in the order of the configuration."""
    found: dict[str, list[Reading]] = {}
    for one in readings:
        found.setdefault(host_of(states.get(one.spec.name), one.spec), []).append(one)
    return found


def by_urgency(due: Iterable[Reading], states: Mapping[str, SourceState]) -> list[str]:
    """Give the hosts of sources that are due, the one that is longest overdue first; no host is named twice.

    Hosts that are equally late are sorted by name, so that every scheduler hands them out in one order.
    """
    first: dict[str, tuple[bool, float]] = {}
    for one in due:
        state = states.get(one.spec.name)
        host = host_of(state, one.spec)
        late = _lateness(state)
        first[host] = min(first.get(host, late), late)
    return sorted(first, key=lambda host: (first[host], host))


def _lateness(state: SourceState | None) -> tuple[bool, float]:
    """Give what sorts a source: never read ones first, then those that were due earliest."""
    return (True, state.due.timestamp()) if state is not None and state.due is not None else (False, 0.0)


def with_room(hosts: Sequence[str], open_ones: Iterable[str], room: int) -> tuple[list[str], int]:
    """Choose the hosts that are handed out: those that are not open already, as far as there is room for them.

    `room` is how many more may wait. Gives them, and how many are left over.
    """
    known = set(open_ones)
    wanted = [host for host in dict.fromkeys(hosts) if host not in known]
    taken = wanted[: max(0, room)]
    return taken, len(wanted) - len(taken)


def is_time_to_finish(busy: int, age: float, within: float) -> bool:
    """Tell whether feeds are to be written: when all is read, or some time after the first change.

    `busy` counts the hosts that wait or are being read, `age` and `within` are seconds.
    """
    return busy == 0 or age >= within
