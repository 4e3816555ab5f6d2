"""How a pass goes through many sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from copies import copy, entry, key
from feedbraid.codec import digest, encode
from feedbraid.ids import fingerprint_of
from feedbraid.model import (
    Access,
    CleaningRules,
    EntryKey,
    Interval,
    KeyRules,
    LedgerRow,
    OriginSpec,
    Reading,
    SourceState,
)
from feedbraid.store import OriginChange, Store
from feedbraid.store.memory import MemoryStore
from feedbraid.take_in import _Quiet, in_turns, settle_ledger


def reading(name: str, url: str, kind: str = "web") -> Reading:
    return Reading(spec=OriginSpec(name=name, kind=kind, locations=(url,)))


def test_hosts_take_turns_and_those_that_failed_go_first() -> None:
    some = [
        *(reading(f"a{n}", f"https://a.example/{n}") for n in range(3)),
        reading("b", "https://b.example/"),
        reading("c", "https://c.example/"),
        *(reading(f"f{n}", f"{n}.xml", "file") for n in range(2)),
    ]
    states = {"c": SourceState(name="c", failures=1), "b": SourceState(name="b")}
    order = [one.spec.name for one in in_turns(some, states)]
    assert order == ["c", "a0", "b", "f0", "f1", "a1", "a2"]


NAMES = {"schedule", "slowest", "believe", "flood", "hold", "filters", "save_to", "retention"}


@given(
    st.builds(
        Reading,
        spec=st.builds(
            OriginSpec,
            name=st.text(),
            kind=st.sampled_from(("web", "file")),
            locations=st.tuples(st.text()),
            schedule=st.just(Interval(every=timedelta(minutes=5))),
            title=st.text(),
            flood=st.integers(),
            access=st.builds(Access, auth=st.text()),
        ),
        feed_url=st.text(),
        keys=st.builds(KeyRules),
        cleaning=st.builds(CleaningRules),
        authority=st.text(),
    )
)
def test_a_fingerprint_is_that_of_the_reading_without_what_does_not_count(one: Reading) -> None:
    """Another one would have every source read anew: it is made in parts, and must be as if made of the whole."""
    plain = OriginSpec(name="", kind="", locations=())
    spec = replace(
        one.spec, **{field.name: getattr(plain, field.name) for field in fields(plain) if field.name in NAMES}
    )
    whole = encode(replace(one, spec=spec)).encode("utf-8", "surrogatepass")
    try:
        assert fingerprint_of(one) == digest(whole)
    except UnicodeEncodeError:
        assert b"\xed" in whole


class Counting(MemoryStore):
    """A store that counts its transactions."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def commit(self, *changes: OriginChange) -> None:
        self.sizes.append(len(changes))
        super().commit(*changes)


def test_d15_visits_that_brought_nothing_are_stored_together_and_all_of_them() -> None:
    store = Counting()
    quiet = _Quiet(store)
    for number in range(150):
        quiet.add(OriginChange(state=SourceState(name=f"s{number}")))
    quiet.flush()
    quiet.flush()
    assert store.sizes == [64, 64, 22]
    assert len(store.states()) == 150


# --- the ledger -------------------------------------------------------------------------------------------

_ORIGINS, _PAGES = ("voa", "rfa", "posts"), "abcdef"
_KEYS = [key(page) for page in _PAGES]

_stated_copies = st.lists(
    st.tuples(
        st.sampled_from(_ORIGINS),
        st.sampled_from(_PAGES),
        st.sampled_from(_PAGES),
        st.sampled_from(("guid-a", "guid-b", "")),
    ),
    max_size=10,
)


def settled(steps: Sequence[Sequence[tuple[str, str, str, str]]], at_a_time: int) -> Store:
    """Give a store in which each step was settled after it was read."""
    store, before = MemoryStore(), dict[EntryKey, LedgerRow]()
    for step in steps:
        for origin, ref, page, guid in step:
            stated = entry(page, source_id=guid, public_id=guid or f"urn:{page}")
            put = (copy(origin, ref, page, entry=stated),)
            store.commit(OriginChange(state=SourceState(name=origin), put=put))
        settle_ledger(store, {origin: place for place, origin in enumerate(_ORIGINS)}, at_a_time)
        rows = store.ledger(_KEYS)
        assert not store.unsettled(1)
        assert {head.post for head in store.heads(_ORIGINS)} <= rows.keys()
        assert len({row.id for row in rows.values()}) == len(rows)
        assert before.items() <= rows.items(), "what was published stays"
        before = dict(rows)
    return store


@given(steps=st.lists(_stated_copies, min_size=1, max_size=4), at_a_time=st.integers(1, 4))
def test_however_many_copies_are_settled_at_a_time_each_has_a_post_and_each_post_an_id_for_ever(
    steps: list[list[tuple[str, str, str, str]]], at_a_time: int
) -> None:
    settled(steps, at_a_time)


@given(_stated_copies, st.integers(1, 4))
def test_a_first_reading_is_settled_in_parts_as_it_is_at_once(
    stated: list[tuple[str, str, str, str]], at_a_time: int
) -> None:
    in_parts, at_once = settled([stated], at_a_time), settled([stated], 1000)
    assert in_parts.heads(_ORIGINS) == at_once.heads(_ORIGINS)
    assert in_parts.ledger(_KEYS) == at_once.ledger(_KEYS)
