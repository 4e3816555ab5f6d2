"""What is written is brought to another place: all of it, nothing twice, never over what somebody else wrote."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest

import postgres
from buckets import Bucket, FakePlace, know_keys, new_bucket
from factories import entry
from fakes import NOW, FakeSource, World, fresh
from feedbraid.app import App, Choices, PutOutReport
from feedbraid.configtext import parse_config
from feedbraid.errors import ConfigError
from feedbraid.kinds import Kind, known_names
from feedbraid.mirror import Item, items_of, planned
from feedbraid.model import Entry, SiteSpec
from feedbraid.places import Load, Trouble
from feedbraid.records import SavedFile
from feedbraid.rules import PublishRules
from feedbraid.run import run_once
from feedbraid.send_out import Means, SendReport, publishing_of, send_out
from loopback import LoopbackServer, Reply, Seen
from program import MOMENT, Instance

RULES = PublishRules(to="s3://bucket/feeds", max_age=600)

# --- what is decided --------------------------------------------------------------------------------------

FILES = {
    "index.html": "1",
    "sources.opml": "2",
    "style.css": "3",
    "logo.png": "4",
    "voa/atom.xml": "5",
    "voa/archive/1/atom.xml": "6",
    "voa/index.html": "7",
    "own/rss.xml": "8",
    "own/politics/feed.json": "9",
    "status/status.json": "10",
}


def items(rules: PublishRules = RULES, files: Mapping[str, str] = FILES) -> dict[str, Item]:
    return {one.key: one for one in items_of(files, rules, known_names())}


def test_what_others_point_to_goes_first() -> None:
    assert [one.key for one in planned(items(), {}).send] == [
        *("logo.png", "style.css", "voa/archive/1/atom.xml"),
        *("own/politics/feed.json", "own/rss.xml", "voa/atom.xml"),
        *("status/status.json", "voa/index.html"),
        *("index.html", "sources.opml"),
    ]


def test_headers_are_those_of_our_own_server() -> None:
    found = {key: dict(one.headers) for key, one in items().items()}
    assert found["voa/atom.xml"] == {
        "Cache-Control": "public, max-age=600, stale-while-revalidate=600, stale-if-error=604800",
        "Content-Type": "application/atom+xml; charset=utf-8",
    }
    assert found["voa/archive/1/atom.xml"]["Cache-Control"] == "public, max-age=31536000, immutable"
    assert found["logo.png"]["Content-Type"] == "image/png"
    assert found["own/politics/feed.json"]["Content-Type"] == "application/feed+json"
    shown = items(replace(RULES, browser_types=True))
    assert dict(shown["voa/atom.xml"].headers)["Content-Type"] == "application/xml; charset=utf-8"
    assert not any(one.headers for one in items(PublishRules(to="there")).values())


def test_twins_are_made_of_texts_alone_and_say_how_they_are_packed() -> None:
    found = items(replace(RULES, compress=True))
    assert {key for key in found if key.endswith(".gz")} == {f"{key}.gz" for key in FILES if key != "logo.png"}
    twin = found["voa/atom.xml.gz"]
    assert twin.headers == (*found["voa/atom.xml"].headers, ("Content-Encoding", "gzip"))
    assert (twin.path, twin.rank) == ("voa/atom.xml", found["voa/atom.xml"].rank)
    assert twin.print != found["voa/atom.xml"].print


def test_nothing_of_a_feed_that_not_everybody_may_read_is_sent() -> None:
    found = items(replace(RULES, hidden=("own",)))
    assert set(found) == {key for key in FILES if not key.startswith("own/")}


def test_what_our_own_server_does_not_hand_out_is_not_sent() -> None:
    assert items(files={".htpasswd": "1", "voa/notes.bak": "2", "voa/.atom.xml.feedbraid.tmp": "3"}) == {}


def sent(**prints: str) -> dict[str, SavedFile]:
    return {key: SavedFile(path=key, digest=one, made_from="tag") for key, one in prints.items()}


def plain(**contents: str) -> dict[str, Item]:
    return {key: Item(path=key, content=one) for key, one in contents.items()}


A, B = (Item(path="", content=one).print for one in "AB")


@pytest.mark.parametrize(
    ("wanted", "known", "send", "remove"),
    [
        pytest.param(plain(a="A"), {}, ["a"], [], id="new"),
        pytest.param(plain(a="A"), sent(a=A), [], [], id="as before"),
        pytest.param(plain(a="B"), sent(a=A), ["a"], [], id="changed"),
        pytest.param(plain(a="A"), sent(a=""), ["a"], [], id="begun and never known to be there"),
        pytest.param(plain(a="A"), sent(a=A, b=B), [], ["b"], id="no longer ours"),
        pytest.param(plain(a="A"), sent(a=A, stays=B), [], [], id="not known now"),
    ],
)
def test_only_what_differs_is_planned(
    wanted: dict[str, Item], known: dict[str, SavedFile], send: list[str], remove: list[str]
) -> None:
    plan = planned(wanted, known, stays=lambda key: key == "stays")
    assert ([one.key for one in plan.send], list(plan.remove)) == (send, remove)


def test_everything_is_planned_when_that_is_wanted() -> None:
    assert [one.key for one in planned(plain(a="A"), sent(a=A), everything=True).send] == ["a"]


def test_what_a_kind_is_tells_in_which_form_it_is_sent() -> None:
    (item,) = items_of({"a.odd": "1"}, RULES, {"a.odd": Kind("text/odd")})
    assert dict(item.headers)["Content-Type"] == "text/odd; charset=utf-8"


# --- what is done -----------------------------------------------------------------------------------------


USUAL = Choices(force=True)


class CrashError(BaseException):
    """The machine ends in the middle."""


@dataclass
class Desk:
    """An instance whose files are brought to a place in memory."""

    folder: Path
    rules: PublishRules = RULES
    place: FakePlace = field(default_factory=FakePlace)
    stated: dict[str, list[Entry]] = field(default_factory=lambda: {"voa": [one(1)], "own": [one(2)]})
    opened: int = 0

    def __post_init__(self) -> None:
        self.world = World(self.folder / "feeds", {})
        self.moment = NOW

    def app(self, *names: str) -> App:
        names = names or tuple(self.stated)
        self.world.sources = {name: FakeSource([fresh(*self.stated[name])]) for name in self.stated}
        feeds = [
            replace(spec, origins=(name,), name=name, address=f"https://out.example/{name}/", mirror=name)
            for name in names
            for spec in self.world.app().feeds
        ]
        app = replace(self.world.app(), feeds=tuple(feeds), folder=self.folder, publish=self.rules)
        return replace(app, site=SiteSpec(title="All", address="https://out.example/"))

    def write(self, *names: str, choices: Choices = USUAL) -> tuple[App, PutOutReport]:
        """Make a pass, so that files are written."""
        app = self.app(*names)
        self.moment += timedelta(hours=2)
        done = run_once(app, self.moment, choices)
        return app, PutOutReport(feeds=done.feeds, beside=done.beside, held=done.held)

    def publish(self, *names: str, choices: Choices = USUAL) -> SendReport:
        """Make a pass, and send what it has written."""
        app, done = self.write(*names, choices=choices)
        report = send_out(app, done, self.moment, choices, Means(open_place=self._open))
        assert report is not None
        return report

    def _open(self, *_: object) -> FakePlace:
        self.opened += 1
        return self.place

    def written(self) -> dict[str, bytes]:
        folder = self.folder / "feeds"
        return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*.*")}

    def there(self) -> dict[str, bytes]:
        return {key: load.content for key, load in self.place.files.items()}


def one(number: int, title: str = "One") -> Entry:
    return entry(f"https://own.example/{number}", title=title)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "feeds").mkdir()
    return Desk(tmp_path)


def test_everything_is_sent_once_and_then_nobody_is_asked(desk: Desk) -> None:
    first = desk.publish()
    assert desk.there() == desk.written()
    assert len(desk.there()) == 11
    assert (sorted(first.sent), first.waiting, first.complaints) == (sorted(desk.written()), 0, ())
    assert desk.place.files["voa/atom.xml"].headers == items()["voa/atom.xml"].headers
    assert len(desk.place.asked) == 11
    second = desk.publish()
    assert (second, desk.opened, len(desk.place.asked)) == (SendReport(place="s3://bucket/feeds"), 1, 11)
    known = publishing_of(desk.world.store, RULES)
    assert (known.behind, known.succeeded, bool(known.state)) == (None, NOW + timedelta(hours=2), True)


def test_only_what_changed_is_sent_again(desk: Desk) -> None:
    desk.publish()
    desk.stated["voa"] = [one(1, "Changed")]
    report = desk.publish()
    assert {key for key in report.sent if "/" in key} == {
        f"voa/{name}" for name in ("atom.xml", "rss.xml", "feed.json", "index.html")
    }
    assert desk.there() == desk.written()


def test_headers_that_change_are_sent_with_the_same_bytes(desk: Desk) -> None:
    desk.publish()
    desk.rules = replace(RULES, max_age=60)
    assert len(desk.publish().sent) == 11
    assert "max-age=60" in dict(desk.place.files["voa/atom.xml"].headers)["Cache-Control"]


def test_twins_hold_the_same_document(desk: Desk) -> None:
    desk.rules = replace(RULES, compress=True)
    desk.publish()
    assert gzip.decompress(desk.there()["voa/atom.xml.gz"]) == desk.written()["voa/atom.xml"]
    desk.rules = RULES
    assert sorted(desk.publish().removed) == sorted(f"{path}.gz" for path in desk.written())
    assert desk.there() == desk.written()


def test_what_is_not_published_any_more_is_removed_last(desk: Desk) -> None:
    desk.publish()
    desk.place.asked.clear()
    report = desk.publish("voa")
    assert sorted(report.removed) == [f"own/{name}" for name in ("atom.xml", "feed.json", "index.html", "rss.xml")]
    assert [one.partition(" ")[0] for one in desk.place.asked] == ["put"] * 2 + ["remove"] * 4
    assert not any(key.startswith("own/") for key in desk.there())
    assert (desk.folder / "feeds" / "own" / "atom.xml").exists(), "here it stays"


def test_a_feed_that_is_hidden_from_now_on_is_removed(desk: Desk) -> None:
    desk.publish()
    desk.rules = replace(RULES, hidden=("own",))
    assert len(desk.publish().removed) == 4


def test_a_feed_that_is_held_back_stays_as_it_is(desk: Desk) -> None:
    desk.stated["voa"] = [one(number) for number in range(10)]
    desk.publish()
    app, done = desk.write()
    prints = {path: one for path, one in app.store.fingerprints().items() if not path.startswith("voa/")}
    app.store.keep_fingerprints(prints)
    held = tuple(replace(feed, held="it lost half of it" if feed.name == "voa" else "") for feed in done.feeds)
    report = send_out(app, replace(done, feeds=held), NOW, means=Means(open_place=desk._open))
    assert report is not None
    assert (report.removed, report.waiting) == ((), 0)
    assert "voa/atom.xml" in desk.there()


def test_what_would_be_sent_is_told_and_nobody_is_asked(desk: Desk) -> None:
    desk.publish()
    desk.stated["voa"] = [one(1, "Changed")]
    report = desk.publish("voa", choices=replace(USUAL, dry=True))
    assert {key for key in report.sent if "/" in key} == {
        f"voa/{name}" for name in ("atom.xml", "rss.xml", "feed.json", "index.html")
    }
    assert len(report.removed) == 4
    assert len(desk.place.asked) == 11
    assert publishing_of(desk.world.store, RULES).behind is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_ended_at_any_moment_the_next_pass_does_the_rest(when: str, tmp_path: Path) -> None:
    """Also when a file has arrived, and nobody has learnt of it."""
    for number in range(1, 14):
        folder = tmp_path / str(number)
        (folder / "feeds").mkdir(parents=True)
        desk = Desk(folder)
        desk.publish()
        desk.stated |= {"voa": [one(1, "Changed")], "new": [one(3)]}
        desk.stated.pop("own")
        left = [number]

        def crash(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise CrashError

        setattr(desk.place, when, crash)
        try:
            desk.publish()
        except CrashError:
            assert number < 15
        report = desk.publish()
        assert (report.waiting, report.complaints) == (0, ()), number
        assert desk.there() == {path: one for path, one in desk.written().items() if not path.startswith("own/")}
        assert desk.publish() == SendReport(place="s3://bucket/feeds")


def test_what_had_arrived_when_all_ended_is_known_to_be_ours(desk: Desk) -> None:
    """Also when something else is to be there by now."""

    def crash(request: str) -> None:
        if request == "put voa/atom.xml":
            raise CrashError

    desk.place.after = crash
    with pytest.raises(CrashError):
        desk.publish()
    desk.place.after = lambda _: None
    desk.stated["voa"] = [one(1, "Changed")]
    assert "somebody else" in desk.publish().complaints[0], "who knows"
    assert desk.publish().complaints == ()
    assert desk.there() == desk.written()


AWAY = Trouble(reason="the server can not be reached", advice="is it running?")


def test_a_place_that_is_away_is_a_complaint_and_the_next_pass_goes_on(desk: Desk) -> None:
    left = [3]

    def before(_: str) -> Trouble | None:
        left[0] -= 1
        return AWAY if left[0] < 0 else None

    desk.place.before = before
    report = desk.publish()
    assert (len(report.sent), report.waiting, report.failed) == (3, 8, True), (
        "those that were under way, and no more"
    )
    (complaint,) = report.complaints
    assert complaint.startswith("s3://bucket/feeds: ")
    assert "the server can not be reached; is it running?" in complaint
    known = publishing_of(desk.world.store, RULES)
    assert (known.behind, known.waiting, known.trouble) == (desk.moment, 8, complaint)
    since = known.behind
    left[0] = 0
    assert desk.publish().waiting == 8
    assert publishing_of(desk.world.store, RULES).behind == since
    desk.place.before = lambda _: None
    assert len(desk.publish().sent) == 8
    assert desk.there() == desk.written()
    assert publishing_of(desk.world.store, RULES).behind is None


def test_a_file_that_fails_alone_keeps_back_what_may_point_to_it(desk: Desk) -> None:
    broken = Trouble(reason="too large", ends=False)
    desk.place.before = lambda request: broken if request.endswith("style.css") else None
    report = desk.publish()
    assert (report.sent, report.waiting) == ((), 11)
    desk.place.before = lambda request: broken if request.endswith("voa/rss.xml") else None
    report = desk.publish()
    assert (len(report.sent), report.waiting) == (6, 5)
    assert report.complaints == ("s3://bucket/feeds: voa/rss.xml: too large",)


def test_a_pass_that_is_told_to_end_leaves_the_rest(desk: Desk) -> None:
    app, done = desk.write()
    asked = [True, False]
    means = Means(open_place=desk._open, go_on=lambda: asked.pop(0))
    report = send_out(app, done, NOW, means=means)
    assert report is not None
    assert (report.sent, report.waiting, report.failed) == (("style.css",), 10, False)
    assert len(desk.publish().sent) == 10


def test_what_somebody_else_has_put_there_stays_unless_it_may_be_replaced(desk: Desk) -> None:
    desk.place.write(Load(key="index.html", content=b"a site of somebody else"))
    for _ in range(2):
        report = desk.publish()
        assert (report.waiting, report.failed) == (1, True)
        assert "index.html: there already, and not sent from here" in report.complaints[0]
        assert desk.there()["index.html"] == b"a site of somebody else"
    desk.rules = replace(RULES, replace=True)
    assert desk.publish().sent == ("index.html",)
    assert desk.there() == desk.written()


def test_the_same_bytes_that_are_there_already_are_ours(desk: Desk) -> None:
    """A store that was lost and read back knows of nothing that was sent."""
    app, _ = desk.write()
    for path, content in desk.written().items():
        desk.place.write(Load(key=path, content=content))
    report = desk.publish()
    assert (report.waiting, report.complaints) == (0, ())
    assert desk.place.files["voa/atom.xml"].headers, "and now they have the headers"
    assert app.publish


def test_a_late_writer_loses_and_the_next_pass_may_win(desk: Desk) -> None:
    desk.publish()
    desk.place.write(Load(key="voa/atom.xml", content=b"newer"))
    desk.stated["voa"] = [one(1, "Changed")]
    report = desk.publish()
    assert (desk.there()["voa/atom.xml"], report.waiting, report.failed) == (b"newer", 1, False)
    assert "voa/atom.xml: somebody else has written there since" in report.complaints[0]
    assert desk.publish().sent == ("voa/atom.xml",)
    assert desk.there() == desk.written()


def test_a_late_writer_does_not_forget_what_the_other_has_noted(desk: Desk) -> None:
    """Two machines share a store: the winner has written down what is there."""
    desk.publish()
    shelf = "publish s3://bucket/feeds"
    store = desk.world.store
    desk.stated["voa"] = [one(1, "Changed")]

    def other(request: str) -> None:
        if request == "put voa/atom.xml" and not done:
            done.append(request)
            tag = desk.place.write(Load(key="voa/atom.xml", content=b"newer"))
            key = next(key for key in store.saved(shelf) if key == "voa/atom.xml")
            store.keep_saved(shelf, {key: SavedFile(path=key, digest="of the newer one", made_from=tag)})

    done: list[str] = []
    desk.place.before = other
    assert "somebody else" in desk.publish().complaints[0]
    assert store.saved(shelf)[next(key for key in store.saved(shelf) if key == "voa/atom.xml")].digest == (
        "of the newer one"
    )


def test_what_was_changed_there_is_not_removed(desk: Desk) -> None:
    desk.publish()
    desk.place.write(Load(key="own/atom.xml", content=b"of somebody else by now"))
    report = desk.publish("voa")
    assert (len(report.removed), report.failed) == (3, True)
    assert "own/atom.xml: no longer published here, but changed there" in report.complaints[0]
    assert desk.there()["own/atom.xml"] == b"of somebody else by now"
    assert desk.publish("voa").complaints == ()


def test_what_was_lost_or_changed_there_is_sent_again_when_that_is_wanted(desk: Desk) -> None:
    desk.publish()
    del desk.place.files["voa/atom.xml"], desk.place.tags["voa/atom.xml"]
    desk.place.write(Load(key="own/atom.xml", content=b"broken by hand"))
    assert desk.publish().sent == ()
    report = desk.publish(choices=replace(USUAL, everything=True))
    assert (len(report.sent), report.waiting, report.complaints) == (11, 0, ())
    assert desk.there() == desk.written()


def test_a_file_that_changes_under_our_hands_is_left_to_the_next_pass(desk: Desk) -> None:
    app, done = desk.write()
    (desk.folder / "feeds" / "voa" / "atom.xml").write_bytes(b"by hand")
    report = send_out(app, done, NOW, means=Means(open_place=desk._open))
    assert report is not None
    assert "voa/atom.xml" not in desk.there()
    assert (report.waiting, report.failed) == (1, False)
    assert desk.publish().sent == ("voa/atom.xml",)


def test_another_place_gets_everything_and_the_former_one_stays(desk: Desk) -> None:
    desk.publish()
    before, desk.place = desk.place, FakePlace()
    desk.rules = replace(RULES, to="s3://bucket/other")
    assert len(desk.publish().sent) == 11
    assert len(before.files) == 11


def test_two_machines_with_one_store_send_each_file_once(tmp_path: Path) -> None:
    """Each writes to a folder of its own; what was sent is known to both."""
    address = postgres.empty()
    from feedbraid.store.postgres import postgres_store  # noqa: PLC0415  # its driver is an extra

    desks = [Desk(tmp_path / name) for name in ("one", "two")]
    for desk in desks:
        (desk.folder / "feeds").mkdir(parents=True)
        desk.world.store, desk.place = postgres_store(address), desks[0].place
    one_desk, two_desk = desks
    assert len(one_desk.publish().sent) == 11
    assert two_desk.publish() == SendReport(place="s3://bucket/feeds")
    assert two_desk.written() == one_desk.written()
    for desk in desks:
        desk.stated["voa"] = [one(1, "Changed")]
    assert len(two_desk.publish().sent) == 4
    assert one_desk.publish() == SendReport(place="s3://bucket/feeds")
    assert one_desk.written() == two_desk.written() == one_desk.there()
    for desk in desks:
        desk.world.store.close()


# --- the configuration ------------------------------------------------------------------------------------

CONFIG = "sources: {voa: voa.xml}\n"
TWO = "feeds: {all: {}, own: {access: {secret: 0123456789abcdef}}}\n"


def config_of(stated: str, **environment: str) -> PublishRules:
    rules = parse_config(f"{CONFIG}{stated}", "config.yaml", Path("/there"), environment).publish
    assert rules is not None
    return rules


@pytest.mark.parametrize(
    ("stated", "rules"),
    [
        ("publish: s3://bucket/feeds/", PublishRules(to="s3://bucket/feeds")),
        ("publish: gs://bucket", PublishRules(to="gs://bucket")),
        ("publish: {to: az://box/a, account: me}", PublishRules(to="az://box/a", account="me")),
        ("publish: file:///srv/my%20feeds", PublishRules(to="/srv/my feeds")),
        ("publish: ../www", PublishRules(to="../www")),
        (
            "publish: {to: www, compress: true}\nserve: {max_age: 60}",
            PublishRules(to="www", max_age=60, compress=True),
        ),
        (
            'publish: {to: s3://bucket, key: "${ID}", secret: "${WORD}", region: eu-1}',
            PublishRules(to="s3://bucket", key="id", secret="word", region="eu-1"),  # noqa: S106
        ),
        (
            "publish: {to: s3://bucket, endpoint: 'http://127.0.0.1:9000/', allow_http: true, max_age: 0}",
            PublishRules(to="s3://bucket", endpoint="http://127.0.0.1:9000", allow_http=True, max_age=0),
        ),
        (f"publish: www\n{TWO}", PublishRules(to="www", hidden=("own",))),
        (f"publish: {{to: www, private: true}}\n{TWO}", PublishRules(to="www", hidden=("own",))),
        (
            "publish: {to: www, private: true}\nserve: {auth: {ann: word}}\nfeeds: {all: {}}",
            PublishRules(to="www"),
        ),
    ],
)
def test_a_place_is_configured_in_one_line_or_more(stated: str, rules: PublishRules) -> None:
    assert config_of(stated, ID="id", WORD="word") == rules
    assert "word" not in repr(config_of(stated, ID="id", WORD="word"))


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ("publish: s3://b", "2:10: publish: 'b' is no name of a bucket; write s3://name/prefix"),
        ("publish: az://", "2:10: publish: '' is no name of a container"),
        ("publish: s3://bucket/a/../b", "2:10: publish: 'a/../b' is no path in a bucket"),
        ("publish: s3://id:word@bucket", "2:10: publish: a key does not belong here; write s3://bucket"),
        ("publish: https://bucket.example/", "2:10: publish: nothing can be sent to https://; write s3://"),
        ("publish: file://srv/feeds", "2:10: publish: a folder is named by its path from the top"),
        ("publish: feeds/away", "2:10: publish: feeds are written to feeds anyway"),
        ("publish: .", "2:10: publish: feeds are written to feeds anyway"),
        ("publish: {compress: true}", "2:1: publish: the setting 'to' is missing"),
        (
            "publish:\n  to: s3://bucket\n  regoin: x",
            "4:3: publish.regoin: there is no setting 'regoin' here; did you",
        ),
        ("publish:\n  to: www\n  region: x", "4:11: publish.region: this is for s3:// alone; take it away"),
        ("publish:\n  to: www\n  conditional: false", ""),
        (
            "publish:\n  to: www\n  allow_http: true",
            "4:15: publish.allow_http: this is for s3:// or gs:// or az://",
        ),
        (
            "publish:\n  to: s3://bucket\n  endpoint: http://nas.example",
            "4:13: publish.endpoint: it is asked without TLS",
        ),
        (
            "publish:\n  to: s3://bucket\n  endpoint: https://nas.example/x",
            "4:13: publish.endpoint: 'https://nas.exa",
        ),
        (
            "publish:\n  to: s3://bucket\n  key: AKIAX\n  secret: ${WORD}",
            "4:8: publish.key: a secret does not belong into this file: write ${NAME}, and set NAME",
        ),
        ("publish:\n  to: s3://bucket\n  key: ${ID}", "2:1: publish: key and secret belong together"),
        (
            "publish: {to: s3://bucket, token: '${NO}'}",
            "2:35: publish.token: the environment variable 'NO'",
        ),
        (
            "publish: www\nserve: {auth: {ann: word}}",
            "2:10: publish: nothing would be sent, as no feed is for every",
        ),
        ("publish: {to: www, max_age: -1}", "2:29: publish.max_age: -1 is too small"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(stated: str, problem: str) -> None:
    if not problem:
        config_of(stated)
        return
    with pytest.raises(ConfigError) as raised:
        config_of(stated, ID="id", WORD="word")
    (found,) = map(str, raised.value.problems)
    assert found.startswith(f"config.yaml:{problem}")
    assert "word@" not in found


def test_without_the_library_the_configuration_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedbraid.configform.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"config.yaml:2:10: .* pip install 'feedbraid\[s3\]'"):
        config_of("publish: s3://bucket")
    assert config_of("publish: www").to == "www"


# --- the program ------------------------------------------------------------------------------------------

SEED = "---\ntitle: {}\ndate: 2026-03-01 10:00:00 +0000\nlink: https://own.example/{}\n---\nIts text.\n"
NAMES = (
    "all/atom.xml",
    "all/feed.json",
    "all/index.html",
    "all/rss.xml",
    "index.html",
    "sources.opml",
    "style.css",
)


def write_config(instance: Instance, bucket: Bucket, port: int = 0, **others: str) -> None:
    lines = [f"  {name}: {value}\n" for name, value in others.items()]
    instance.write(
        "config.yaml",
        "site: {url: https://out.example/}\nseeds: {posts: seeds/}\n"
        f"publish:\n  to: s3://{bucket.name}/site/feeds\n  allow_http: true\n"
        f"  endpoint: http://127.0.0.1:{port or bucket.port}\n{''.join(lines)}",
    )


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    know_keys(monkeypatch)
    return new_bucket()


@pytest.fixture
def instance(tmp_path: Path, bucket: Bucket) -> Instance:
    made = Instance(tmp_path / "one")
    write_config(made, bucket)
    made.write("seeds/1.md", SEED.format("First", 1))
    return made


def test_a_run_fills_a_bucket_and_the_next_one_asks_nobody(instance: Instance, bucket: Bucket) -> None:
    place = f"(s3://{bucket.name}/site/feeds at {bucket.endpoint})"
    said = instance.said("run", "--dry-run")
    assert "would send 7 files: style.css, all/atom.xml" in said
    assert bucket.requests == []
    assert instance.said("run").endswith(f"; sent 7 files {place}\n")
    assert bucket.files("site/feeds/") == instance.outputs()
    status, headers, _ = bucket.ask("GET", "site/feeds/all/atom.xml")
    assert (status, headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    assert headers["cache-control"].startswith("public, max-age=1800, stale-while-revalidate=")
    before = bucket.requests
    assert len([one for one in before if one.startswith("PUT ")]) == 7
    assert "sent" not in instance.said("run")
    assert "sent" not in instance.said("build")
    command = [sys.executable, "-X", "importtime", "-m", "feedbraid", "run"]
    done = subprocess.run(command, cwd=instance.folder, capture_output=True, text=True, check=True)
    assert "feedbraid.send_out" in done.stderr
    assert "obstore" not in done.stderr
    assert bucket.requests == before, "the server has seen nobody"
    instance.write("seeds/2.md", SEED.format("Second", 2))
    assert "sent 5 files" in instance.said("build")
    assert bucket.files("site/feeds/") == instance.outputs()
    assert f"publishing: s3://{bucket.name}/site/feeds at" in instance.said("status")


def test_of_two_machines_the_late_one_loses(instance: Instance, bucket: Bucket, tmp_path: Path) -> None:
    """Both know the same of the place; the other one has written there when this one comes."""
    instance.said("run")
    shutil.copytree(instance.folder, tmp_path / "two")
    other = Instance(tmp_path / "two")
    other.write("seeds/2.md", SEED.format("Of the other", 2))
    other.said("run")
    instance.write("seeds/3.md", SEED.format("Of this one", 3))
    said = instance.said("run")
    assert "somebody else has written there since" in said
    assert "4 files waiting" in said
    assert bucket.files("site/feeds/") == other.outputs(), "all of the first, none of the late one"
    assert "publishing: behind since" in instance.said("status")
    assert "sent 4 files" in instance.said("run"), "the next pass knows what is there"
    assert bucket.files("site/feeds/") == instance.outputs()


@dataclass
class Relay:
    """Stands between the program and the bucket: brings requests there, and may keep the answer for itself."""

    bucket: Bucket
    process: subprocess.Popen[bytes] | None = None
    left: int = 0
    """The program is killed when so many files have arrived, before it learns of the last one."""

    def answer(self, seen: Seen) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.bucket.port, timeout=30)
        connection.request(seen.method, seen.path, seen.body, dict(seen.headers))
        got = connection.getresponse()
        headers = tuple(
            (name, value) for name, value in got.getheaders() if name.lower() in ("etag", "content-type")
        )
        body = got.read()
        connection.close()
        if seen.method == "PUT" and self.process is not None:
            self.left -= 1
            if self.left == 0:
                self.process.kill()
                self.process.wait()
        return Reply(status=got.status, headers=headers, body=body)


@pytest.mark.parametrize("number", [1, 4, 7])
def test_killed_when_a_file_has_just_arrived_the_next_run_completes_it(
    number: int, instance: Instance, bucket: Bucket
) -> None:
    relay = Relay(bucket)
    routes = {f"/{bucket.name}/site/feeds/{name}": relay.answer for name in NAMES}
    with LoopbackServer(routes) as server:
        write_config(instance, bucket, server.port)
        environment = {**os.environ, "FEEDBRAID_NOW": MOMENT}
        command = [sys.executable, "-m", "feedbraid", "run"]
        relay.left = number
        with subprocess.Popen(command, cwd=instance.folder, env=environment) as process:
            relay.process = process
        assert process.returncode == -9
        relay.process = None
        there = bucket.files("site/feeds/")
        assert len(there) >= number
        assert there.items() <= instance.outputs().items(), "whole, each of them"
        said = instance.said("run")
        assert "waiting" not in said
        assert bucket.files("site/feeds/") == instance.outputs()
        seen = len(server.requests)
        instance.said("run")
        assert len(server.requests) == seen


def test_failures_are_told_and_the_feeds_are_written_all_the_same(instance: Instance, bucket: Bucket) -> None:
    write_config(instance, replace(bucket, name="no-such-bucket"))
    said = instance.said("run", code=4)
    assert "there is no such bucket (NoSuchBucket); make it, or correct publish.to" in said
    assert "7 files waiting" in said
    assert len(instance.outputs()) == 7
    write_config(instance, bucket)
    with LoopbackServer() as server:
        write_config(instance, bucket, server.port)
    away = instance.said("run", code=4)
    assert "can not be reached" in away
    assert "can not be reached" in instance.said("status")
    doctor = instance.said("doctor", "--json", code=1)
    found = [one for one in json.loads(doctor) if one["what"] == "publishing"]
    assert [one["level"] for one in found] == ["warning", "trouble"]
    assert "no key is known" in instance.said("run", code=4, AWS_ACCESS_KEY_ID="")
    write_config(instance, bucket)
    assert "sent 7 files" in instance.said("run")
    doctor = instance.said("doctor", "--json", code=1)  # the clock of this pass is not that of the files
    found = [one for one in json.loads(doctor) if one["what"] == "publishing"]
    assert [one["level"] for one in found] == ["ok", "ok"]


def test_a_folder_needs_no_package_and_gets_twins(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "one")
    instance.write("config.yaml", "seeds: {posts: seeds/}\npublish: {to: ../www, compress: true}\n")
    instance.write("seeds/1.md", SEED.format("First", 1))
    done = instance.run()
    assert (len(done["sent"]["sent"]), done["sent"]["waiting"]) == (14, 0)
    there = {str(one.relative_to(tmp_path / "www")): one.read_bytes() for one in (tmp_path / "www").rglob("*.*")}
    assert {path: one for path, one in there.items() if not path.endswith(".gz")} == instance.outputs()
    assert {f"{path}.gz": one for path, one in instance.outputs().items()} == {
        path: gzip.decompress(one) for path, one in there.items() if path.endswith(".gz")
    }
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "www").rglob("*.*")}
    instance.run()
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "www").rglob("*.*")}


def test_the_service_sends_what_it_writes(tmp_path: Path) -> None:
    instance = Instance(tmp_path / "one")
    instance.write("config.yaml", "seeds: {posts: seeds/}\npublish: ../www\n")
    instance.write("seeds/1.md", SEED.format("First", 1))
    command = [sys.executable, "-m", "feedbraid", "start", "--no-server", "--log", "people"]
    with subprocess.Popen(command, cwd=instance.folder, stdout=subprocess.PIPE, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            for number in (2, 3):
                line = process.stdout.readline().decode()
                assert "wrote" in line
                assert "sent" in process.stdout.readline().decode()
                assert f"own.example/{number - 1}" in (tmp_path / "www/all/atom.xml").read_text()
                new = instance.write("new", SEED.format("Another", number))
                new.replace(instance.folder / f"seeds/{number}.md")
        finally:
            process.kill()
