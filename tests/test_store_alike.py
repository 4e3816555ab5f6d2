"""After the same steps, all stores give the same answers."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import postgres
from copies import DAY, STORES, connect, copy, entry, key, row
from feedbraid.model import Copy, SourceState
from feedbraid.records import Visit
from feedbraid.store import OriginChange, Settlement, Store

HERE = [name for name in STORES if name != "postgres" or not postgres.missing()]
"""Two of them are everywhere."""

Step = OriginChange | Settlement

ORIGINS, NAMES = ("voa", "rfa"), "abc"

_names, _origins = st.sampled_from(NAMES), st.sampled_from(ORIGINS)


def any_copy(ref: str, name: str, title: str, days: int) -> Copy:
    return copy("", ref, name, entry=entry(name, title=title), last_changed=DAY + timedelta(days))


def any_change(origin: str, copies: Sequence[Copy], gone: Sequence[str], visit: Visit | None) -> OriginChange:
    put = {one.ref: replace(one, origin=origin) for one in copies}
    return OriginChange(state=SourceState(name=origin), put=tuple(put.values()), gone=tuple(gone), visit=visit)


def any_settlement(places: Sequence[tuple[str, str]], post: str) -> Settlement:
    return Settlement(
        rows=(row(post),),
        posts=tuple((origin, ref, key(post)) for origin, ref in places),
    )


_copies = st.builds(any_copy, _names, _names, _names, st.integers(0, 2))
_visits = st.builds(
    Visit,
    at=st.integers(-60, 60).map(lambda hours: DAY + timedelta(hours=hours)),
    result=st.sampled_from(("read", "unchanged", "failed")),
    new=st.integers(0, 3),
)
_changes = st.builds(
    any_change,
    _origins,
    st.lists(_copies, max_size=3),
    st.lists(_names, max_size=1),
    st.none() | _visits,
)
_places = st.lists(st.tuples(_origins, _names), max_size=2, unique=True)
_settlements = st.builds(any_settlement, _places, _names)


def take(store: Store, step: Step) -> None:
    if isinstance(step, Settlement):
        store.settle(step)
    else:
        store.commit(step)


def answers(store: Store) -> list[object]:
    keys = [key(name) for name in NAMES]
    return [
        store.states(),
        store.heads(ORIGINS),
        store.unsettled(9),
        store.copies((origin, ref) for origin in ORIGINS for ref in NAMES),
        store.ledger(keys),
        store.owners(f"urn:{name}" for name in NAMES),
        [store.sharing([one]) for one in keys],
        [store.known(origin, [one], ["guid-a"]) for origin in ORIGINS for one in keys],
        [store.newest_heads(ORIGINS, count, of_each=of_each) for count in (1, 2) for of_each in (False, True)],
        store.unarchived("all", ORIGINS),
        [store.newest_dates(origin, 2) for origin in ORIGINS],
        store.visits(),
        store.days(date.min),
    ]


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.one_of(_changes, _settlements), max_size=6))
def test_after_the_same_steps_all_stores_give_the_same_answers(steps: list[Step]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stores = [connect(name, Path(folder) / name) for name in HERE]
        for step in steps:
            for store in stores:
                take(store, step)
        first, *others = [answers(store) for store in stores]
        for store in stores:
            store.close()
    assert all(other == first for other in others)
