"""Places that files are brought to: all keep one contract, and none lets a late writer win."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from buckets import Bucket, FakePlace, know_keys, new_bucket
from feedbraid.places import Conflict, Found, Load, Missing, Place, Stored, Trouble, open_place
from feedbraid.rules import PublishRules
from loopback import LoopbackServer, Reply, Seen

T = TypeVar("T")
NAME, DEEP = "voa/atom.xml", "süd/a b/archive/1.xml"
OLD, NEW, OTHER = b"<feed>old</feed>", b"<feed>new</feed>", b"<feed>of another writer</feed>"


def now(one: Coroutine[None, None, T]) -> T:
    """Wait for an answer."""

    async def answered() -> T:
        return await one

    return asyncio.run(answered())


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    know_keys(monkeypatch)


def rules_of(bucket: Bucket, prefix: str = "") -> PublishRules:
    place = f"s3://{bucket.name}{f'/{prefix}' if prefix else ''}"
    return PublishRules(to=place, endpoint=bucket.endpoint, allow_http=True)


def opened(rules: PublishRules, root: Path) -> Place:
    place = open_place(rules, root)
    assert not isinstance(place, Trouble), place
    return place


@pytest.fixture(params=["memory", "folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "memory":
        return FakePlace()
    if request.param == "folder":
        return opened(PublishRules(to="there"), tmp_path)
    return opened(rules_of(new_bucket(), "some/prefix"), tmp_path)


def brought(place: Place, content: bytes, tag: str = "", key: str = NAME) -> str:
    """Bring a file, which has to succeed, and give its tag."""
    done = now(place.put(Load(key=key, content=content), tag))
    assert isinstance(done, Stored), done
    assert done.tag
    return done.tag


# --- the contract -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [NAME, DEEP, "index.html"])
def test_what_is_brought_can_be_read_with_its_tag(place: Place, key: str) -> None:
    assert now(place.get(key)) == Missing()
    tag = brought(place, OLD, key=key)
    assert now(place.get(key)) == Found(OLD, tag)
    later = brought(place, NEW, tag, key=key)
    assert now(place.get(key)) == Found(NEW, later)
    assert later != tag


def test_what_is_there_already_stays(place: Place) -> None:
    tag = brought(place, OLD)
    assert now(place.put(Load(key=NAME, content=NEW), "")) == Conflict()
    assert now(place.get(NAME)) == Found(OLD, tag)


def test_of_two_writers_the_late_one_loses(place: Place) -> None:
    both_know = brought(place, OLD)
    first = brought(place, NEW, both_know)
    assert now(place.put(Load(key=NAME, content=OTHER), both_know)) == Conflict()
    assert now(place.get(NAME)) == Found(NEW, first)
    brought(place, OTHER, first)


def test_what_is_gone_is_not_brought_back_unawares(place: Place) -> None:
    tag = brought(place, OLD)
    assert now(place.remove(NAME, tag)) == Missing()
    assert now(place.put(Load(key=NAME, content=NEW), tag)) == Conflict()
    assert now(place.get(NAME)) == Missing()


def test_only_what_is_known_is_removed(place: Place) -> None:
    tag = brought(place, OLD)
    later = brought(place, NEW, tag)
    brought(place, OTHER, key=DEEP)
    assert now(place.remove(NAME, tag)) == Conflict()
    assert now(place.get(NAME)) == Found(NEW, later)
    assert now(place.remove(NAME, later)) == Missing()
    assert now(place.remove(NAME, later)) == Missing()
    assert isinstance(now(place.get(DEEP)), Found)


# --- a folder ---------------------------------------------------------------------------------------------


def test_a_folder_is_read_by_all_and_keeps_no_empty_folders(tmp_path: Path) -> None:
    place = opened(PublishRules(to="there"), tmp_path)
    tag = brought(place, OLD, key=DEEP)
    assert (tmp_path / "there" / DEEP).stat().st_mode & 0o777 == 0o644
    (tmp_path / "there" / "süd" / "own.txt").write_text("of somebody else")
    now(place.remove(DEEP, tag))
    assert [one.name for one in (tmp_path / "there" / "süd").iterdir()] == ["own.txt"]


def test_many_writers_to_a_folder_do_not_come_between_each_other(tmp_path: Path) -> None:
    tag = brought(opened(PublishRules(to="there"), tmp_path), OLD)
    done: list[object] = []
    begin = threading.Barrier(8)

    def write(number: int) -> None:
        place = opened(PublishRules(to="there"), tmp_path)
        begin.wait()
        done.append(now(place.put(Load(key=NAME, content=b"%d" % number * 100_000), tag)))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(type(one).__name__ for one in done) == ["Conflict"] * 7 + ["Stored"]


def test_nothing_is_written_outside_of_a_folder(tmp_path: Path) -> None:
    place = opened(PublishRules(to="there"), tmp_path)
    for key in ("../out.xml", "/out.xml", "a//b.xml"):
        assert isinstance(now(place.put(Load(key=key, content=OLD), "")), Trouble)
    (tmp_path / "there" / "link").symlink_to(tmp_path)
    assert isinstance(now(place.put(Load(key="link/out.xml", content=OLD), "")), Trouble)
    assert not (tmp_path / "out.xml").exists()


def test_a_folder_that_can_not_be_made_is_a_trouble_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for to in ("file", "missing/there", "file/there"):
        found = open_place(PublishRules(to=to), tmp_path)
        assert isinstance(found, Trouble)
        assert found.advice


# --- S3 ---------------------------------------------------------------------------------------------------


def test_a_file_in_a_bucket_comes_with_its_headers_also_when_it_is_replaced(tmp_path: Path) -> None:
    bucket = new_bucket()
    place = opened(rules_of(bucket, "feeds"), tmp_path)
    headers = (
        ("Cache-Control", "public, max-age=60"),
        ("Content-Type", "application/atom+xml; charset=utf-8"),
        ("Content-Encoding", "gzip"),
    )
    tag = ""
    for content in (OLD, NEW):
        done = now(place.put(Load(key=NAME, content=content, headers=headers), tag))
        assert isinstance(done, Stored)
        tag = done.tag
        status, sent, body = bucket.ask("GET", f"feeds/{NAME}")
        assert (status, body) == (200, content)
        assert {name.lower(): value for name, value in headers}.items() <= sent.items()


def test_without_conditions_the_last_writer_wins(tmp_path: Path) -> None:
    bucket = new_bucket()
    place = opened(replace(rules_of(bucket), conditional=False), tmp_path)
    tag = brought(place, OLD)
    brought(place, NEW)
    assert now(place.remove(NAME, tag)) == Missing()
    assert bucket.files() == {}


def refusal(code: str, message: str = "") -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, refusal("InvalidAccessKeyId"), "does not know the key (InvalidAccessKeyId); see whether the key"),
        (403, refusal("SignatureDoesNotMatch"), "the secret does not belong to the key"),
        (403, refusal("AccessDenied"), "s3:PutObject"),
        (403, b"", "the key has no right to that (HTTP 403)"),
        (403, refusal("RequestTimeTooSkewed"), "the clock of this machine is wrong"),
        (403, refusal("ExpiredToken"), "get another one"),
        (404, refusal("NoSuchBucket"), "there is no such bucket (NoSuchBucket); make it, or correct publish.to"),
        (400, refusal("AuthorizationHeaderMalformed"), "publish: {region: …}"),
        (501, refusal("NotImplemented"), "publish: {conditional: false}"),
        (
            400,
            refusal("Strange", "with words"),
            "it answers HTTP 400 (Strange); it is tried again in the next pass",
        ),
        (507, b"", "it answers HTTP 507"),
    ],
    ids=lambda one: one[39:60].decode() if isinstance(one, bytes) else "",
)
def test_a_refusal_is_told_in_plain_words_with_what_to_do(
    status: int, body: bytes, said: str, tmp_path: Path
) -> None:
    with LoopbackServer({"/bucket/a.xml": Reply(status=status, body=body)}) as server:
        endpoint = f"http://127.0.0.1:{server.port}"
        rules = PublishRules(to="s3://bucket", endpoint=endpoint, allow_http=True, key="id", secret="very-secret")  # noqa: S106
        place = opened(rules, tmp_path)
        found = now(place.put(Load(key="a.xml", content=OLD), ""))
        assert isinstance(found, Trouble)
        assert said in str(found)
        assert found.ends
        assert "very-secret" not in str(found)


def test_a_conflict_that_the_server_sees_late_is_one(tmp_path: Path) -> None:
    answer = Reply(status=409, body=refusal("ConditionalRequestConflict"))
    with LoopbackServer({"/bucket/a.xml": answer}) as server:
        rules = PublishRules(to="s3://bucket", endpoint=f"http://127.0.0.1:{server.port}", allow_http=True)
        place = opened(rules, tmp_path)
        for tag in ("", '"tag"'):
            assert now(place.put(Load(key="a.xml", content=OLD), tag)) == Conflict()


def test_a_bucket_that_is_gone_is_no_file_that_is_missing(tmp_path: Path) -> None:
    bucket = new_bucket()
    place = opened(replace(rules_of(bucket), to="s3://no-such-bucket"), tmp_path)
    found = now(place.get(NAME))
    assert isinstance(found, Trouble)
    assert "there is no such bucket" in str(found)


def test_a_server_that_is_away_or_ends_in_the_middle_is_told(tmp_path: Path) -> None:
    def cut(_: Seen) -> list[bytes]:
        return [b"HTTP/1.1 200 OK\r\nContent-Le"]

    with LoopbackServer({"/bucket/a.xml": cut}) as server:
        rules = PublishRules(to="s3://bucket", endpoint=f"http://127.0.0.1:{server.port}", allow_http=True)
        ended = now(opened(rules, tmp_path).put(Load(key="a.xml", content=OLD), ""))
    away = now(opened(rules, tmp_path).put(Load(key="a.xml", content=OLD), ""))
    for found in (ended, away):
        assert isinstance(found, Trouble)
        assert f"127.0.0.1:{server.port} can not be reached; is it running" in str(found)


def test_without_a_key_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    rules = PublishRules(to="s3://bucket", endpoint="http://127.0.0.1:9", allow_http=True)
    found = open_place(rules, tmp_path)
    assert isinstance(found, Trouble)
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in str(found)


def test_without_tls_nobody_is_asked_unless_that_is_allowed(tmp_path: Path) -> None:
    rules = PublishRules(to="s3://bucket", endpoint="http://127.0.0.1:9")
    found = now(opened(rules, tmp_path).put(Load(key="a.xml", content=OLD), ""))
    assert isinstance(found, Trouble)
    assert "allow_http" in str(found)


def test_azure_is_asked_in_its_own_language_with_the_same_conditions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Reply(status=201, headers=(("ETag", '"one"'),))
    with LoopbackServer({"/box/pre/a.xml": answer}) as server:
        monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
        monkeypatch.setenv("AZURE_ENDPOINT", f"http://127.0.0.1:{server.port}")
        place = opened(PublishRules(to="az://box/pre", account="me", allow_http=True), tmp_path)
        load = Load(key="a.xml", content=OLD, headers=(("Content-Type", "text/xml"),))
        assert now(place.put(load, "")) == Stored('"one"')
        assert now(place.put(load, '"one"')) == Stored('"one"')
        first, second = server.requests
        assert (first.header("If-None-Match"), second.header("If-Match")) == ("*", '"one"')
        assert first.header("x-ms-blob-content-type") == "text/xml"


def test_google_is_asked_by_the_generation_of_an_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Reply(headers=(("ETag", '"one"'), ("x-goog-generation", "17")))
    with LoopbackServer({"/box/pre%2Fa%2Exml": answer}) as server:
        account = {"gcs_base_url": f"http://127.0.0.1:{server.port}", "disable_oauth": True}
        (tmp_path / "key.json").write_text(
            json.dumps({**account, "client_email": "", "private_key": "", "private_key_id": ""})
        )
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "key.json"))
        place = opened(PublishRules(to="gs://box/pre", allow_http=True), tmp_path)
        assert now(place.put(Load(key="a.xml", content=OLD), "")) == Stored("17")
        assert now(place.put(Load(key="a.xml", content=OLD), "17")) == Stored("17")
        first, second = (one.header("x-goog-if-generation-match") for one in server.requests)
        assert (first, second) == ("0", "17")
