"""What a scheduler hands out when somebody wants a source asked, and how a worker knows the sources of a host."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

import postgres
from fakes import NOW, FakeSource, World, fresh
from feedbraid.addresses import is_database, place_name
from feedbraid.app import App, Choices
from feedbraid.cli._scheduling import delivering
from feedbraid.cluster.memory import MemoryEngine
from feedbraid.cluster.scheduler import hand_out
from feedbraid.cluster.worker import Hosts
from feedbraid.config import load_config
from feedbraid.ids import fingerprint_of
from feedbraid.model import NewAddress, SourceState
from feedbraid.rules import ClusterRules
from feedbraid.settings import Config
from feedbraid.store import OriginChange
from feedbraid.store.memory import MemoryStore
from feedbraid.stores import open_store


class CountingStore(MemoryStore):
    """A store that counts how often it is asked for all states."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def states(self, among: Collection[str] | None = None) -> Mapping[str, SourceState]:
        self.asked += among is None
        return super().states(among)


def two_sources(folder: Path) -> App:
    world = World(folder, {"a": FakeSource([fresh()]), "b": FakeSource([fresh()])}, store=CountingStore())
    app = world.app()
    for one in app.readings:
        later = NOW + timedelta(hours=1)
        state = SourceState(name=one.spec.name, due=later, fetched=NOW, fingerprint=fingerprint_of(one))
        app.store.commit(OriginChange(state=state))
    return app


def asked(app: App, choices: Choices) -> int:
    return hand_out(app, MemoryEngine(ClusterRules()), choices, NOW).hosts


def test_what_is_not_due_is_handed_out_when_somebody_wants_it_asked(tmp_path: Path) -> None:
    app = two_sources(tmp_path)
    assert asked(app, Choices()) == 0
    assert asked(app, Choices(only=("a",), force=True)) == 1
    assert app.store.states()["a"].due == NOW
    assert app.store.states()["b"].due == NOW + timedelta(hours=1)


@pytest.mark.parametrize(("force", "hosts"), [(True, 1), (False, 0)])
def test_news_of_a_source_that_fails_are_no_reason_to_ask_it_but_an_operator_is(
    tmp_path: Path, *, force: bool, hosts: int
) -> None:
    app = two_sources(tmp_path)
    app.store.commit(OriginChange(state=replace(app.store.states()["a"], failures=2)))
    assert asked(app, Choices(only=("a",), force=force)) == hosts


def names(hosts: Hosts, host: str, app: App) -> list[str]:
    return [one.spec.name for one in hosts.readings_of(host, app)]


def test_a_worker_looks_up_where_sources_are_asked_once_for_all_hosts(tmp_path: Path) -> None:
    app, hosts = two_sources(tmp_path), Hosts()
    store = app.store
    assert isinstance(store, CountingStore)
    store.asked = 0
    assert names(hosts, "a.example", app) == ["a"]
    assert names(hosts, "b.example", app) == ["b"]
    assert names(hosts, "a.example", app) == ["a"]
    assert names(hosts, "none.example", app) == []
    assert store.asked == 1


def move(app: App, url: str) -> None:
    address = NewAddress(url=url, instead_of="https://a.example/")
    app.store.commit(OriginChange(state=replace(app.store.states()["a"], address=address)))


def test_a_worker_looks_it_up_again_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app, hosts = two_sources(tmp_path), Hosts()
    assert names(hosts, "a.example", app) == ["a"]
    move(app, "https://b.example/a")
    assert names(hosts, "b.example", app) == ["b"]
    monkeypatch.setattr("feedbraid.cluster.worker._LOOK_UP", 0.0)
    assert names(hosts, "b.example", app) == ["a", "b"]


def test_a_worker_looks_it_up_again_for_a_host_that_it_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, hosts = two_sources(tmp_path), Hosts()
    assert names(hosts, "a.example", app) == ["a"]
    move(app, "https://c.example/a")
    assert names(hosts, "c.example", app) == []
    monkeypatch.setattr("feedbraid.cluster.worker._LOOK_UP_AGAIN", 0.0)
    assert names(hosts, "c.example", app) == ["a"]


def test_a_worker_looks_it_up_again_for_another_configuration(tmp_path: Path) -> None:
    app, hosts = two_sources(tmp_path), Hosts()
    assert names(hosts, "a.example", app) == ["a"]
    assert names(hosts, "a.example", replace(app, readings=app.readings[1:])) == []


@pytest.mark.parametrize(
    ("place", "expected", "shown"),
    [
        ("postgresql://me:s3cret@db.example/x", True, "postgresql://***@db.example/x"),
        ("postgres://me:p@ss/w@db.example/x", True, "postgres://***@db.example/x"),
        ("postgresql://db.example/x", True, "postgresql://db.example/x"),
        (".feedbraid/state.db", False, ".feedbraid/state.db"),
        ("a@b/state.db", False, "a@b/state.db"),
    ],
)
def test_a_database_is_told_from_a_path_and_named_without_its_secrets(
    place: str, *, expected: bool, shown: str
) -> None:
    assert (is_database(place), place_name(place)) == (expected, shown)


def configured(folder: Path, store: str) -> Config:
    """Give a configuration whose store is in a database."""
    text = f"site: {{url: https://feeds.example/}}\nstore: {store}\nsources: {{a: https://a.example/feed}}\n"
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load_config(folder / "config.yaml")


def test_one_of_several_schedulers_delivers_messages_until_it_lets_others(tmp_path: Path) -> None:
    store = postgres.empty(6)
    open_store(store).close()
    config = configured(tmp_path, store)
    with delivering(config) as first:
        with delivering(config) as second:
            assert (first, second) == (True, False)
        with delivering(config) as again:
            assert again is False, "who did not have the lease gave it back"
    with delivering(config) as third:
        assert third is True


def test_nobody_delivers_messages_while_the_database_is_away(tmp_path: Path) -> None:
    postgres.needed()
    with delivering(configured(tmp_path, f"postgresql:///nothing?host={tmp_path}")) as is_ours:
        assert is_ours is False
