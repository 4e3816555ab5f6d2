"""The store in PostgreSQL itself: leases, several writers, lost connections, texts that it does not know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import pytest

import postgres
from copies import copy, entry, key, row
from feedbraid.errors import LeaseLost, StoreError, StoreTooNew
from feedbraid.model import EntryKey, SourceState
from feedbraid.records import Fence, Tombstone
from feedbraid.store import OriginChange, Settlement, Store

postgres_store = pytest.importorskip("feedbraid.store.postgres", exc_type=ImportError).postgres_store


@pytest.fixture
def address() -> str:
    """Give the address of an empty store."""
    found = postgres.empty()
    postgres_store(found).close()
    return found


@pytest.fixture
def own_server() -> Iterator[postgres.Server]:
    """A server that the test may end."""
    postgres.needed()
    server = postgres.Server()
    try:
        server.start()
        server.sql("CREATE DATABASE store")
        yield server
    finally:
        server.remove()


def take(address: str, name: str, token: int, lasting: str = "30 seconds") -> None:
    """Take a lease, as a worker does."""
    value = f"VALUES ('{name}', {token}, 'a worker', clock_timestamp() + INTERVAL '{lasting}')"
    anew = "ON CONFLICT (name) DO UPDATE SET token = excluded.token, until = excluded.until"
    run(address, f"INSERT INTO lease (name, token, holder, until) {value} {anew}")


def run(address: str, statement: str) -> list[tuple[object, ...]]:
    database = address.partition("?")[0].rpartition("/")[2]
    return postgres.running().sql(statement, database=database)


def failures(store: Store, origin: str) -> int:
    return store.states()[origin].failures


def change(origin: str, failures: int) -> OriginChange:
    return OriginChange(state=SourceState(name=origin, failures=failures))


# --- leases -----------------------------------------------------------------------------------------------


def test_a_lease_that_is_held_lets_write(address: str) -> None:
    with closing(postgres_store(address, lambda: [Fence("b", 7), Fence("a", 1)])) as store:
        take(address, "a", 1)
        take(address, "b", 7)
        store.commit(change("voa", 1))
        assert failures(store, "voa") == 1


@pytest.mark.parametrize(
    ("token", "lasting"),
    [
        pytest.param(8, "30 seconds", id="taken by another worker"),
        pytest.param(7, "-1 millisecond", id="has run out"),
        pytest.param(6, "30 seconds", id="of another time"),
    ],
)
def test_whoever_lost_its_lease_overwrites_nothing(address: str, token: int, lasting: str) -> None:
    take(address, "host:a.example", 7)
    take(address, "other", 1)
    with closing(postgres_store(address, lambda: [Fence("other", 1), Fence("host:a.example", 7)])) as late:
        late.commit(change("voa", 1))
        take(address, "host:a.example", token, lasting)
        writes: Sequence[Callable[[], None]] = (
            lambda: late.commit(change("voa", 2)),
            lambda: late.settle(Settlement(rows=(row("a"),))),
            lambda: late.keep_memo("m", "v"),
            lambda: late.bury([Tombstone(post=key("a"), why="forgotten", at=row("a").first_seen)]),
        )
        for write in writes:
            with pytest.raises(LeaseLost, match=r"the lease 'host:a.example' is lost.*nothing was written"):
                write()
        assert failures(late, "voa") == 1, "reading needs no lease"
        assert late.memo("m") == ""
        assert not late.ledger([key("a")])
        assert not late.tombstones()


def test_nobody_can_take_a_lease_while_its_holder_writes(address: str) -> None:
    taken = threading.Event()

    def takes() -> None:
        take(address, "host", 2)
        taken.set()

    take(address, "host", 1)
    with closing(postgres_store(address, lambda: [Fence("host", 1)])) as store:
        with store.driver.transaction("origin") as db:
            taker = threading.Thread(target=takes)
            taker.start()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            while run(address, waiting) == [(0,)]:
                assert not taken.is_set()
            db.execute("INSERT INTO memo (name, value) VALUES ('m', 'v')")
        taker.join()
        assert store.memo("m") == "v"
        with pytest.raises(LeaseLost):
            store.keep_memo("m", "w")


# --- several writers ----------------------------------------------------------------------------------------


def test_writers_of_the_same_origins_and_of_the_ledger_never_block_each_other_for_ever(address: str) -> None:
    origins, rounds = ("c", "a", "b"), 12
    refs = [f"{number}" for number in range(8)]
    troubles: list[BaseException] = []

    def commits(store: Store, order: int) -> None:
        for turn in range(rounds):
            some = [
                copy(name, ref, ref, entry=entry(ref, title=f"{order} {turn}")) for name in origins for ref in refs
            ]
            ordered = some[::order]
            store.commit(
                *(
                    OriginChange(
                        state=SourceState(name=name), put=tuple(one for one in ordered if one.origin == name)
                    )
                    for name in origins[::order]
                )
            )

    def settles(store: Store, order: int) -> None:
        for _ in range(rounds):
            heads = store.heads(origins)[::order]
            posts = tuple((head.origin, head.ref, head.key) for head in heads)
            store.settle(Settlement(rows=tuple(row(head.ref) for head in heads), posts=posts))
            store.bury([Tombstone(post=key("7"), why="expired", at=row("a").first_seen)])

    def guarded(work: object, order: int) -> None:
        try:
            with closing(postgres_store(address)) as store:
                work(store, order)  # type: ignore[operator]  # one of the two above
        except BaseException as error:  # noqa: BLE001  # is told below
            troubles.append(error)

    threads = [
        threading.Thread(target=guarded, args=(work, order)) for work in (commits, settles) for order in (1, -1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    with closing(postgres_store(address)) as store:
        assert {head.origin for head in store.heads(origins)} == set(origins)


def test_changes_of_many_writers_are_all_counted(address: str) -> None:
    def writes(name: str) -> None:
        with closing(postgres_store(address)) as store:
            for turn in range(15):
                store.commit(OriginChange(state=SourceState(name=name), put=(copy(name, str(turn), str(turn)),)))

    with closing(postgres_store(address)) as store:
        before = store.changes()
        threads = [threading.Thread(target=writes, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.changes() == before + 45


def test_several_machines_can_begin_at_once() -> None:
    postgres.needed()
    server = postgres.running()
    server.sql("DROP DATABASE IF EXISTS begins", "CREATE DATABASE begins")
    found: list[object] = []

    def begins() -> None:
        with closing(postgres_store(server.address("begins"))) as store:
            found.append(store.states())

    threads = [threading.Thread(target=begins) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{}] * 4


# --- trouble ------------------------------------------------------------------------------------------------


def test_a_server_that_was_restarted_is_found_again(own_server: postgres.Server) -> None:
    with closing(postgres_store(own_server.address("store"))) as store:
        store.commit(change("voa", 1))
        own_server.stop()
        own_server.start()
        assert failures(store, "voa") == 1
        own_server.stop("immediate")
        with pytest.raises(StoreError, match="can not be reached"):
            store.states()
        own_server.start()
        store.commit(change("voa", 2))
        assert failures(store, "voa") == 2


def end_connections(address: str) -> None:
    run(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'feedbraid%'")


def test_a_connection_that_is_lost_between_two_calls_is_made_anew(address: str) -> None:
    with closing(postgres_store(address)) as store:
        end_connections(address)
        store.commit(change("voa", 1))
        end_connections(address)
        assert failures(store, "voa") == 1


def test_what_was_being_written_when_the_connection_was_lost_is_not_there(address: str) -> None:
    def written(store: Store) -> None:
        with store.driver.transaction("origin") as db:  # type: ignore[attr-defined]  # of this store
            db.execute("INSERT INTO memo (name, value) VALUES ('m', 'v')")
            end_connections(address)
            db.execute("INSERT INTO memo (name, value) VALUES ('n', 'v')")

    with closing(postgres_store(address)) as store:
        with pytest.raises(
            StoreError, match=r"connection to the database was lost, and nothing was written; try again"
        ):
            written(store)
        assert store.memo("m") == ""


def test_whoever_loses_the_connection_at_the_commit_is_told_that_nobody_knows(address: str) -> None:
    def written(store: Store) -> None:
        with store.driver.transaction("origin") as db:  # type: ignore[attr-defined]  # of this store
            db.execute("INSERT INTO memo (name, value) VALUES ('m', 'v')")
            end_connections(address)

    with (
        closing(postgres_store(address)) as store,
        pytest.raises(StoreError, match="may be stored or not; try again"),
    ):
        written(store)


def test_a_closed_store_answers_with_a_store_error(address: str) -> None:
    store = postgres_store(address)
    store.close()
    store.close()
    with pytest.raises(StoreError):
        store.states()
    with pytest.raises(StoreError):
        store.keep_memo("m", "v")


def test_a_store_of_a_later_version_is_refused(address: str) -> None:
    postgres_store(address).close()
    run(address, "UPDATE feedbraid SET version = 99")
    try:
        with pytest.raises(StoreTooNew, match="schema 99"):
            postgres_store(address)
    finally:
        run(address, "UPDATE feedbraid SET version = 1")


def test_a_database_of_something_else_is_left_alone() -> None:
    postgres.needed()
    server = postgres.running()
    server.sql("DROP DATABASE IF EXISTS theirs", "CREATE DATABASE theirs")
    server.sql("CREATE TABLE page (whose TEXT)", database="theirs")
    with pytest.raises(StoreError, match="needs one of its own"):
        postgres_store(server.address("theirs"))
    assert server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database="theirs") == [(1,)]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://me:s3cret/x@127.0.0.1:1/db",
        "postgresql://me:s3cret@127.0.0.1:1/db",
        "postgresql://127.0.0.1:1/db?user=me&password=s3cret",
    ],
)
def test_f48_no_message_has_the_password(address: str) -> None:
    with pytest.raises(StoreError) as caught:
        postgres_store(address)
    assert "s3cret" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)


# --- texts --------------------------------------------------------------------------------------------------


def test_texts_that_postgresql_does_not_know_come_back_as_they_were(address: str) -> None:
    odd = [
        "",
        "\0",
        "\0\0a",
        "\1",
        "\1\1",
        "\1\2",
        "\1\0\2",
        "\2",
        "\\0",
        "\\",
        "a\\'b",
        "%s",
        "a",
        "é",
        "\N{PILE OF POO}",
    ]
    with closing(postgres_store(address)) as store:
        store.keep_passed("feed all", {text: (text, text) for text in odd})
        assert store.passed("feed all") == {text: (text, text) for text in odd}
        assert list(store.passed("feed all")) == sorted(odd)
        copies = [copy("voa", text, "a", entry=entry("a", title=text, source_id=text, body=text)) for text in odd]
        store.commit(OriginChange(state=SourceState(name="voa"), put=tuple(copies)))
        assert store.copies(("voa", text) for text in odd) == {("voa", one.ref): one for one in copies}
        found = store.known("voa", (), odd)
        assert [head.ref for head in found] == sorted(set(odd) - {""})


def test_addresses_and_titles_may_be_as_long_as_they_like(address: str) -> None:
    # Of characters in no order, so that nothing can make them short.
    noise = "".join(chr(0x4E00 + number * 7919 % 20000) for number in range(20_000))
    long = copy("voa", noise, "x", entry=entry("x", title=noise, source_id=noise, link=noise))
    long = replace(long, entry=replace(long.entry, key=EntryKey(noise)))
    with closing(postgres_store(address)) as store:
        for _ in range(2):
            store.commit(OriginChange(state=SourceState(name="voa"), put=(long,)))
            store.settle(
                Settlement(
                    rows=(replace(row("x"), key=EntryKey(noise)),), posts=(("voa", noise, EntryKey(noise)),)
                )
            )
            store.bury([Tombstone(post=noise, why="blocked", at=long.first_seen, marks=(f"{noise} of voa",))])
        assert store.copies([("voa", noise)]) == {("voa", noise): long}
        assert [head.post for head in store.known("voa", (), (), [noise])] == [noise]
        assert noise in store.ledger([EntryKey(noise)])
        assert store.buried([f"{noise} of voa"])[f"{noise} of voa"].post == noise
