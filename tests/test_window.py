"""What a pass looks at of a feed, instead of all of its posts, leads to the very same documents."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copies import connect
from factories import feed, post
from fakes import FakeSource, World, feed_spec
from feedbraid import selection
from feedbraid.app import App, Choices
from feedbraid.merge import Merged
from feedbraid.model import Copy, Entry, EntryKey, Feed, FeedSpec, SourceState
from feedbraid.put_out import put_out
from feedbraid.records import Tombstone
from feedbraid.selection import ManyError, Selection, select, select_newest, select_oldest
from feedbraid.store import OriginChange
from feedbraid.take_in import name_feeds, settle_ledger

DAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
ORIGINS = ("voa", "rfa", "dw")

Stated = tuple[str, int, int | None, int | None, int, bool, bool]
"""Origin, post, days of its dates, weight, whether it came late, whether it is held back."""


def any_round(chance: Any) -> list[Stated]:  # noqa: ANN401  # a Random
    """Give what sources state at one time: one is loud, the others are quiet, some have what others have."""
    return [
        (
            chance.choice((*["voa"] * 6, "rfa", "dw")),
            chance.randrange(90),
            chance.choice((None, chance.randrange(-20, 20), chance.randrange(-20, 20))),
            chance.choice((None, None, chance.randrange(-20, 20))),
            chance.choice((1_000, 1_000, 4_000, 40_000)),
            chance.random() < 0.1,
            chance.random() < 0.1,
        )
        for _ in range(chance.randrange(20))
    ]


_specs = st.builds(
    lambda limit, archive, most, least, loudest, ranked: replace(
        feed_spec(*ORIGINS, limit=limit),
        archive=archive,
        max_bytes=most,
        min_per_source=least,
        max_per_source=loudest,
        ranked=ranked,
    ),
    st.sampled_from((1, 2, 3, 5, 50)),
    st.sampled_from((0, 2, 2, 5)),
    st.sampled_from((0, 0, 5_000, 100_000)),
    st.sampled_from((0, 1, 2)),
    st.sampled_from((0, 1, 3)),
    st.booleans(),
)


def copy_of(stated: Stated, seen: datetime) -> Copy:
    origin, number, published, updated, weight, late, held = stated
    key = EntryKey(f"https://a.example/{number}")

    def on(days: int | None) -> datetime | None:
        return None if days is None else DAY + timedelta(days=days)

    entry = Entry(
        key=key,
        dialect="rss",
        public_id=f"urn:{number}",
        link=key,
        title=f"Post {number} of {origin}",
        body="x" * weight,
        published=on(published),
        updated=on(updated),
    )
    until = seen + timedelta(days=3) if held else None
    return Copy(
        origin=origin, ref=str(key), entry=entry, first_seen=seen, last_changed=seen, late=late, held_until=until
    )


def taken_in(app: App, stated: Sequence[Stated], seen: datetime) -> None:
    """Store what sources stated, as a pass does."""
    for origin in ORIGINS:
        put = {one[1]: copy_of(one, seen) for one in stated if one[0] == origin}
        state = SourceState(name=origin, changed=seen)
        app.store.commit(OriginChange(state=state, put=tuple(put.values())))
    app.store.release(seen)
    settle_ledger(app.store, app.rank)
    name_feeds(app)


def block_of(posts: Sequence[Merged]) -> Feed:
    return feed(*(post(one.post) for one in posts))


def shown(selection: Selection) -> object:
    return selection.history, selection.fingerprint, selection.closed, selection.changed


def both(app: App, spec: FeedSpec, spare: int = 20) -> tuple[Selection, Selection]:
    states = app.store.states()
    newest = select_newest(app, spec, "urn:all", states, spare=spare)
    return select(app, spec, "urn:all", states), newest


def app_with_blocked(name: str, folder: Path, spec: FeedSpec, chance: Any) -> App:  # noqa: ANN401  # a Random
    """Give an app on an empty store of a kind, in which a few posts are blocked."""
    store = connect(name, folder / "state.db")
    posts = [f"https://a.example/{chance.randrange(90)}" for _ in range(3)]
    store.bury(Tombstone(post=post, marks=(post,), why="blocked", at=DAY) for post in posts)
    return World(folder, dict.fromkeys(ORIGINS, FakeSource([])), store, (spec,)).app()


@pytest.mark.parametrize(("name", "examples"), [("memory", 120), ("sqlite", 15)])
def test_the_newest_posts_lead_to_what_all_posts_lead_to(name: str, examples: int) -> None:
    @settings(max_examples=examples, deadline=None)
    @given(chance=st.randoms(use_true_random=True), spec=_specs, spare=st.sampled_from((0, 0, 2)))
    def hold(chance: Any, spec: FeedSpec, spare: int) -> None:  # noqa: ANN401  # a Random
        with tempfile.TemporaryDirectory() as folder:
            app = app_with_blocked(name, Path(folder), spec, chance)
            store = app.store
            for number in range(7):
                taken_in(app, any_round(chance), DAY + timedelta(days=number))
                whole, newest = both(app, spec, spare)
                assert shown(newest) == shown(whole)
                store.close_blocks(spec.name, [block_of(one) for one in whole.history.closing])
            store.close()

    hold()


def closed_in_steps(app: App, spec: FeedSpec, most: int) -> list[Sequence[EntryKey]]:
    """Close blocks a few at a time; give the posts of each."""
    found: list[Sequence[EntryKey]] = []
    while (part := select_oldest(app, spec, "urn:all", app.store.states(), most=most)) is not None:
        assert part.history.closing, "or it goes on for ever"
        app.store.close_blocks(spec.name, [block_of(one) for one in part.history.closing])
        found += [[one.post for one in block] for block in part.history.closing]
    return found


@pytest.mark.parametrize(("name", "examples"), [("memory", 120), ("sqlite", 15)])
def test_blocks_that_are_closed_a_few_at_a_time_are_those_of_all_at_once(name: str, examples: int) -> None:
    steps = 0

    @settings(max_examples=examples, deadline=None)
    @given(chance=st.randoms(use_true_random=True), spec=_specs, most=st.integers(1, 12), late=st.booleans())
    def hold(chance: Any, spec: FeedSpec, most: int, *, late: bool) -> None:  # noqa: ANN401  # a Random
        nonlocal steps
        with tempfile.TemporaryDirectory() as folder:
            app = app_with_blocked(name, Path(folder), spec, chance)
            store = app.store
            for number in range(4):
                stated = [one for _ in range(3) for one in any_round(chance)]
                stated = [one if late else (*one[:5], False, one[6]) for one in stated]
                taken_in(app, stated, DAY + timedelta(days=number))
                whole = select(app, spec, "urn:all", app.store.states())
                early = closed_in_steps(app, spec, most)
                rest = select_newest(app, spec, "urn:all", app.store.states())
                closing = [[one.post for one in block] for block in rest.history.closing]
                assert early + closing == [[one.post for one in block] for block in whole.history.closing]
                assert (rest.history.live, rest.closed, rest.fingerprint) == (
                    whole.history.live,
                    whole.closed,
                    whole.fingerprint,
                )
                store.close_blocks(spec.name, [block_of(one) for one in rest.history.closing])
                steps += len(early)
            store.close()

    hold()
    assert steps, "nothing was closed in steps"


@pytest.mark.parametrize(("late", "few", "is_refused"), [(False, 29, True), (False, 30, False), (True, 29, False)])
def test_who_is_not_patient_is_told_when_many_wait_for_the_archive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, late: bool, few: int, is_refused: bool
) -> None:
    monkeypatch.setattr(selection, "FEW", few)
    app = World(tmp_path, dict.fromkeys(ORIGINS, FakeSource([]))).app()
    taken_in(app, [("voa", number, number, None, 100, late and number == 7, False) for number in range(30)], DAY)
    states = app.store.states()
    with pytest.raises(ManyError) if is_refused else nullcontext():
        found = select_newest(app, app.feeds[0], "urn:all", states, patient=False)
        assert shown(found) == shown(select(app, app.feeds[0], "urn:all", states))
    assert select_newest(app, app.feeds[0], "urn:all", states).merged


def test_a_pass_looks_at_few_of_many_posts(tmp_path: Path) -> None:
    store = connect("sqlite", tmp_path / "state.db")
    app = World(tmp_path / "feeds", dict.fromkeys(ORIGINS, FakeSource([])), store).app()
    for number in range(12):
        posts = range(40 * number, 40 * number + 40)
        taken_in(
            app, [("voa", one, one % 20, None, 100, False, False) for one in posts], DAY + timedelta(days=number)
        )
        put_out(app, Choices())
    taken_in(app, [("rfa", 1000, 1, None, 100, False, False)], DAY + timedelta(days=30))
    whole, newest = both(app, app.feeds[0])
    assert shown(newest) == shown(whole)
    assert len(whole.merged) == 481
    assert len(newest.merged) < 200
    store.close()
