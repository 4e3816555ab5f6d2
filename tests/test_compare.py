"""What subscribers of an old feed meet in ours: decided from facts, and told by the program."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from factories import MOMENT, entry, post
from fakes import NOW, FakeSource, World, feed_spec, fresh
from feedbraid.app import Choices
from feedbraid.compare import Comparison, Known, Match, Ours, compare, ours_of
from feedbraid.model import Entry, EntryKey, KeyRules, OriginSpec, Post
from feedbraid.run import run_once
from loopback import LoopbackServer, Reply
from program import Instance

URL = "https://news.example/1"
JEKYLL = "https://old.example/2021/01/27/one"


def ours(*posts: Post, known: tuple[Known, ...] = (), **fields: Any) -> Ours:  # noqa: ANN401  # of Ours
    return Ours(
        feed="all",
        posts=posts,
        known=(*(known_as(one.id, one.entry.link, one.entry.title, one.key) for one in posts), *known),
        **{"seeds": {"posts": OriginSpec(name="posts", kind="seeds", locations=("seeds/",))}, **fields},
    )


def known_as(post_id: str, link: str, title: str = "One", key: str = "", *, held: bool = False) -> Known:
    return Known(id=post_id, keys=frozenset({EntryKey(key or link)}), links=frozenset({(link, title)}), held=held)


def judged(item: Entry, facts: Ours) -> Match:
    (match,) = compare([item], facts, KeyRules()).matches
    return match


def old(link: str = URL, **fields: Any) -> Entry:  # noqa: ANN401  # the fields of Entry
    return entry(link, **{"source_id": "tag:1", **fields})


# --- one item ---------------------------------------------------------------------------------------------

SHOWN = post(URL, id="tag:1", origin="voa")


@pytest.mark.parametrize(
    ("item", "facts", "verdict"),
    [
        pytest.param(old(), ours(SHOWN), "same", id="same id"),
        pytest.param(old(title="Two"), ours(SHOWN), "changed", id="same id, other title"),
        pytest.param(old("https://else.example/"), ours(SHOWN), "changed", id="same id at another address"),
        pytest.param(old(source_id="guid-1"), ours(SHOWN), "new", id="same address, other id"),
        pytest.param(old(source_id="TAG:1"), ours(SHOWN), "new", id="ids are compared byte for byte"),
        pytest.param(old(source_id=""), ours(post(URL, id=URL)), "same", id="no id: known by its link"),
        pytest.param(old(source_id=""), ours(SHOWN), "new", id="no id, and ours is not the link"),
        pytest.param(old("https://news.example/2", source_id="x"), ours(SHOWN), "gone", id="unknown"),
        pytest.param(old(), ours(known=(known_as("tag:1", URL),)), "older", id="known by its id, not shown"),
        pytest.param(old(source_id="x"), ours(known=(known_as("tag:1", URL),)), "older", id="known by its key"),
        pytest.param(old("", source_id=""), ours(SHOWN), "gone", id="neither id nor link"),
    ],
)
def test_n1_an_item_is_the_one_with_its_id_else_the_post_at_its_address(
    item: Entry, facts: Ours, verdict: str
) -> None:
    assert judged(item, facts).verdict == verdict


def test_both_ids_are_told_when_it_would_look_new() -> None:
    match = judged(old(source_id="guid-1"), ours(SHOWN))
    assert (match.old_id, match.our_id, match.origin) == ("guid-1", "tag:1", "voa")


def test_an_old_double_of_a_post_looks_new_to_nobody() -> None:
    http = old("http://news.example/1?utm_source=rss", source_id="tag:2", key=EntryKey(URL))
    compared = compare([old(), http], ours(SHOWN), KeyRules())
    assert [match.verdict for match in compared.matches] == ["same", "double"]
    assert compared.harmless


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        ({}, ()),
        ({"title": "Two"}, ("title",)),
        ({"link": "http://news.example/1"}, ("link",)),
        ({"body": "<p>Other words.</p>"}, ("text",)),
        ({"body": "<div>The   text <b>of</b>\none.</div>"}, ()),
        ({"published": MOMENT + timedelta(minutes=1)}, ("date",)),
        ({"published": None}, ()),
        ({"title": "Two", "body": "", "published": NOW}, ("title", "text", "date")),
    ],
)
def test_what_a_subscriber_sees_change_is_named(fields: dict[str, Any], differs: tuple[str, ...]) -> None:
    match = judged(old(**fields), ours(SHOWN))
    assert (match.differs, match.verdict) == (differs, "changed" if differs else "same")


def test_n30_a_title_and_a_date_that_only_our_documents_state_are_no_change() -> None:
    bare = post(URL, id="tag:1", title="", body="", published=None)
    read_back = old(title="news.example/1", body="<p>news.example/1</p>", published=MOMENT)
    assert judged(read_back, ours(bare)).verdict == "same"
    assert judged(old(title="", body="", published=None), ours(bare)).verdict == "same"


@pytest.mark.parametrize(
    ("known", "archive", "why"),
    [
        (known_as("tag:1", URL), True, "in the archive"),
        (known_as("tag:1", URL), False, "kept in the store"),
        (known_as("tag:1", URL, held=True), True, "held back for now"),
    ],
)
def test_where_an_older_post_is(known: Known, archive: bool, why: str) -> None:  # noqa: FBT001  # a table
    assert judged(old(), ours(known=(known,), archive=archive)).why == why


def test_n158_the_rules_for_keys_decide_which_addresses_are_one() -> None:
    item = old("https://www.news.example/1", source_id="x", key=EntryKey("weak"))
    keyed = ours(post(URL, id="tag:1", key=EntryKey("guid:voa:1")))
    assert [compare([item], keyed, KeyRules(www=www)).matches[0].verdict for www in (False, True)] == [
        "gone",
        "new",
    ]


def test_items_of_one_address_are_told_apart_by_their_titles() -> None:
    page = "https://news.example/live"
    items = [old(page, source_id=f"x{n}", title=f"Part {n}", key=EntryKey(f"old {n}")) for n in (1, 2)]
    facts = ours(*(post(page, id=f"tag:{n}", title=f"Part {n}", key=EntryKey(f"ours {n}")) for n in (2, 1)))
    assert [match.our_id for match in compare(items, facts, KeyRules()).matches] == ["tag:1", "tag:2"]
    one_renamed = [replace(items[0], title="Part")]
    assert [match.verdict for match in compare(one_renamed, facts, KeyRules()).matches] == ["gone"]
    only = ours(post(page, id="tag:3", title="Part 3", key=EntryKey("ours 3")))
    assert [match.verdict for match in compare(items, only, KeyRules()).matches] == ["gone", "gone"]
    assert [match.verdict for match in compare(items[:1], only, KeyRules()).matches] == ["new"]


# --- the whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "added", "harmless"),
    [
        ([], 2, True),
        ([old()], 1, True),
        ([old(title="Two")], 1, True),
        ([old(source_id="x")], 1, False),
        ([old("https://news.example/3", source_id="x")], 2, False),
        ([old("https://news.example/9", source_id="tag:9")], 2, True),
    ],
)
def test_posts_that_only_we_have_are_added_and_harm_nobody(
    items: list[Entry],
    added: int,
    harmless: bool,  # noqa: FBT001  # a table
) -> None:
    facts = ours(
        SHOWN, post("https://news.example/2", id="tag:2"), known=(known_as("tag:9", "https://news.example/9"),)
    )
    compared = compare(items, facts, KeyRules())
    assert (compared.added, compared.harmless) == (added, harmless)


def seeds(**fields: Any) -> dict[str, OriginSpec]:  # noqa: ANN401  # the fields of OriginSpec
    return {"posts": OriginSpec(name="posts", kind="seeds", locations=("seeds/",), **fields)}


@pytest.mark.parametrize(
    ("old_id", "origin", "folders", "words"),
    [
        (JEKYLL, "posts", seeds(), "set `ids: jekyll` and `site: https://old.example/` for the seeds posts"),
        (JEKYLL, "posts", seeds(ids="jekyll", site="https://x.example/"), "`site: https://x.example/` is not"),
        (JEKYLL, "voa", seeds(), "add the folder _posts/ of the old site to `seeds`"),
        ("tag:old.example,2021:1", "posts", seeds(), "such as `id: tag:old.example,2021:1`"),
        ("17", "posts", seeds(), "No setting keeps 1 old id:"),
        ("tag:old.example,2021:1", "voa", seeds(), "No setting keeps 1 old id:"),
    ],
)
def test_n7_advice_names_the_setting_that_keeps_the_ids(
    old_id: str, origin: str, folders: dict[str, OriginSpec], words: str
) -> None:
    shown = post(URL, id="tag:1", origin=origin)
    compared = compare([old(source_id=old_id)], ours(shown, seeds=folders), KeyRules())
    assert words in compared.advice[0]
    anew = [line for line in compared.advice if "before anybody subscribes" in line]
    assert bool(anew) == ("No setting" not in words)


@pytest.mark.parametrize("item", [old(), old(title="Two"), old("https://news.example/3", source_id="x")])
def test_nothing_is_advised_where_no_id_differs(item: Entry) -> None:
    assert compare([item], ours(SHOWN), KeyRules()).advice == ()


def test_an_address_with_a_date_in_it_is_not_taken_for_the_id_of_a_jekyll_post() -> None:
    dated = "https://news.example/2021/01/27/one"
    compared = compare([old(dated, source_id="")], ours(post(dated, id="tag:1", origin="voa")), KeyRules())
    assert "jekyll" not in " ".join(compared.advice)


# --- our side ---------------------------------------------------------------------------------------------


def test_what_is_known_of_a_feed_is_what_its_own_origins_brought(tmp_path: Path) -> None:
    """Three posts, of which the limit leaves two, and one of another feed."""
    entries = [
        entry(f"https://news.example/{n}", public_id=f"tag:{n}", published=NOW - timedelta(hours=n))
        for n in range(3)
    ]
    sources = {"voa": FakeSource([fresh(*entries)]), "else": FakeSource([fresh(entry(URL + "1"))])}
    feeds = (feed_spec("voa", limit=2), feed_spec("else", name="else"))
    world = World(tmp_path, sources, feeds=feeds)
    run_once(world.app(), NOW, Choices())
    facts = ours_of(world.app(), feeds[0])
    assert facts is not None
    assert {one.id for one in facts.known} == {"tag:0", "tag:1", "tag:2"}
    shown = {one.id for one in facts.posts}
    assert shown == {"tag:0", "tag:1"}
    moved = [replace(item, source_id=f"tag:{n}") for n, item in enumerate(entries)]
    compared = compare(moved, facts, KeyRules())
    assert [match.verdict for match in compared.matches] == ["same", "same", "older"]


def test_a_feed_that_was_never_filled_has_nothing_to_compare_with(tmp_path: Path) -> None:
    world = World(tmp_path, {"voa": FakeSource([fresh()])})
    assert ours_of(world.app(), feed_spec("voa")) is None


# --- the program ------------------------------------------------------------------------------------------

CONFIG = "site: {url: 'https://out.example/'}\nseeds: {posts: seeds/}\n"
SEED = "---\ntitle: {title}\ndate: 2021-01-2{n}T10:00:00Z\nlink: https://news.example/{n}\n---\n\nText {n}.\n"
RSS = '<rss version="2.0"><channel><title>Old</title><link>https://old.example/</link>{}</channel></rss>'
ITEM = (
    "<item><title>{title}</title><link>https://news.example/{n}</link>{guid}"
    "<pubDate>{day} Jan 2021 10:00:00 GMT</pubDate><description>Text {n}.</description></item>"
)


def item(n: int, guid: str = "", title: str = "") -> str:
    stated = f"<guid isPermaLink='false'>{guid}</guid>" if guid else ""
    return ITEM.format(title=title or f"Post {n}", n=n, guid=stated, day=f"2{n}")


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance with the posts 1 to 3, published."""
    instance = Instance(tmp_path)
    instance.write("config.yaml", CONFIG)
    for n in (1, 2, 3):
        instance.write(f"seeds/2021-01-2{n}-post-{n}.md", SEED.format(title=f"Post {n}", n=n))
    instance.run()
    return instance


def test_our_own_documents_are_the_same_as_ours(instance: Instance) -> None:
    for name in ("atom.xml", "rss.xml", "feed.json"):
        done = instance.feedbraid("compare", f"feeds/all/{name}", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads(done.stdout)
        assert (report["counts"], report["added"], report["skipped"]) == ({"same": 3}, 0, []), name


def test_every_verdict_is_told_and_the_exit_code_is_1_for_ci(instance: Instance) -> None:
    instance.write("old.xml", RSS.format(item(1) + item(2, "guid-2") + item(9, "guid-9")))
    done = instance.feedbraid("compare", "old.xml")
    assert done.returncode == 1
    assert "     1 the same\n" in done.stdout
    assert "would look new:\n  Post 2\n    old id  guid-2\n    our id  https://news.example/2\n" in done.stdout
    assert "gone:\n  Post 9\n    old id  guid-9\n    link    https://news.example/9\n" in done.stdout
    assert "     1 added: new to everybody\n" in done.stdout
    assert "No setting keeps 1 old id" in done.stdout
    assert done.stdout.endswith("feedbraid: subscribers would notice\n")


def test_changes_in_place_are_named_and_harm_nobody(instance: Instance) -> None:
    instance.write("old.xml", RSS.format(item(1, title="Former title") + item(2) + item(3)))
    done = instance.feedbraid("compare", "old.xml")
    assert done.returncode == 0
    assert "changed in place:\n  Former title (title)\n" in done.stdout
    assert done.stdout.endswith("feedbraid: subscribers can move unharmed\n")


def test_the_advice_of_jekyll_ids_helps(instance: Instance) -> None:
    instance.write("old.xml", RSS.format(item(1, "https://old.example/2021/01/21/post-1")))
    done = instance.feedbraid("compare", "old.xml")
    assert "set `ids: jekyll` and `site: https://old.example/` for the seeds posts" in done.stdout
    followed = "seeds: {posts: {path: seeds/, ids: jekyll, site: 'https://old.example/'}}\n"
    instance.write("config.yaml", followed)
    for name in (".feedbraid", "feeds"):
        (instance.folder / name).rename(instance.folder / f"{name}-before")
    instance.run()
    again = instance.feedbraid("compare", "old.xml")
    assert again.returncode == 0, again.stdout


def test_a_link_that_counts_clicks_is_another_id_to_readers(instance: Instance) -> None:
    clicked = item(1).replace("/1</link>", "/1?utm_source=rss</link>")
    instance.write("old.xml", RSS.format(clicked))
    report = json.loads(instance.feedbraid("compare", "old.xml", "--json").stdout)
    (match,) = report["matches"]
    assert (match["verdict"], match["old_id"]) == ("new", "https://news.example/1?utm_source=rss")


def test_a_feed_on_the_web_is_asked_by_the_rules_of_the_configuration(instance: Instance) -> None:
    with LoopbackServer({"/old.xml": Reply(body=RSS.format(item(1)).encode())}) as server:
        url = server.url("/old.xml")
        refused = instance.feedbraid("compare", url)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"{url} can not be read: " in refused.stderr
        assert 'to allow it, set fetch.allow: ["127.0.0.1:' in refused.stderr
        assert server.paths == []
        host = url.removeprefix("http://").partition("/")[0]
        instance.write("config.yaml", f"{CONFIG}fetch: {{allow: ['{host}']}}\n")
        assert instance.feedbraid("compare", url).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nowhere.xml"], 1, "feedbraid: nowhere.xml can not be read: No such file or directory\n"),
        (["config.yaml"], 1, "feedbraid: config.yaml can not be read: this is text, not a feed\n"),
        (["www.old.example/feed"], 2, "www.old.example/feed: an address begins with https://"),
        (["old.xml", "--feed", "al"], 2, "config.yaml: --feed: there is no feed 'al'; did you mean 'all'?"),
        ([], 2, "OLD_FEED"),
    ],
)
def test_trouble_is_told_with_what_would_help(
    instance: Instance, arguments: list[str], code: int, words: str
) -> None:
    instance.write("old.xml", RSS.format(item(1)))
    done = instance.feedbraid("compare", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_of_several_feeds_one_has_to_be_named(instance: Instance) -> None:
    instance.write("config.yaml", CONFIG + "feeds: {first: {limit: 1}, second: {}}\n")
    instance.write("old.xml", RSS.format(item(1)))
    instance.run()
    done = instance.feedbraid("compare", "old.xml")
    assert done.returncode == 2
    assert "there are several feeds; say which one subscribers would move to: first, second" in done.stderr
    verdicts = []
    for name in ("first", "second"):
        report = json.loads(instance.feedbraid("compare", "old.xml", "--feed", name, "--json").stdout)
        verdicts.append((report["feed"], report["matches"][0]["verdict"], report["matches"][0]["why"]))
    assert verdicts == [("first", "older", "in the archive"), ("second", "same", "")]


def test_without_a_store_none_is_made(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", CONFIG)
    instance.write("seeds/one.md", SEED.format(title="One", n=1))
    instance.write("old.xml", RSS.format(item(1)))
    done = instance.feedbraid("compare", "old.xml")
    assert done.returncode == 2
    assert "the feed all has no posts yet to compare with; run `feedbraid run` first" in done.stderr
    assert not (tmp_path / ".feedbraid").exists()


def test_comparing_stores_and_writes_nothing(instance: Instance) -> None:
    instance.write("old.xml", RSS.format(item(1) + item(9)))
    before = instance.outputs(), instance.feedbraid("status", "--json").stdout
    instance.feedbraid("compare", "old.xml")
    assert (instance.outputs(), instance.feedbraid("status", "--json").stdout) == before


def test_help_has_an_example(tmp_path: Path) -> None:
    done = Instance(tmp_path).feedbraid("compare", "--help")
    assert done.returncode == 0
    assert "example: feedbraid compare https://old.example/feed.xml --feed all" in done.stdout


def test_an_empty_comparison_is_harmless() -> None:
    assert Comparison(feed="all", posts=0, matches=(), added=0).harmless
