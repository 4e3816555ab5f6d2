"""How a pass goes through many sources."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from feedbraid.codec import digest, encode
from feedbraid.ids import fingerprint_of
from feedbraid.model import Access, CleaningRules, Interval, KeyRules, OriginSpec, Reading, SourceState
from feedbraid.store import OriginChange
from feedbraid.store.memory import MemoryStore
from feedbraid.take_in import _Quiet, in_turns


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
