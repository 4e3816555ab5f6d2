"""Posts that must not be there: forgotten, blocked or expired, as an operator and a subscriber meet them (D4)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feedbraid.digests import without_parts
from feedbraid.store.sqlite import sqlite_store
from program import Instance
from stories import Told, posts, rss

ARCHIVED = "site: {url: https://out.example/}\nsources: {news: news.xml}\nfeeds: {all: {limit: 10, archive: 5}}\n"
URL = "https://news.example/post/{}"


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", ARCHIVED)
    tell(made, *posts(*range(23)))
    return made


def tell(instance: Instance, *told: Told, now: str = "2026-03-02T12:00:00Z") -> dict[str, Any]:
    instance.write("news.xml", rss(*told))
    return instance.run("--force", now=now)


def files_with(instance: Instance, text: str) -> set[str]:
    return {path for path, content in instance.outputs().items() if text.encode() in content}


def ids(instance: Instance, path: str) -> list[str]:
    return [item["id"] for item in json.loads(instance.outputs()[path])["items"]]


# --- forgotten --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [22, 3], ids=["in the live document", "in an archive"])
def test_d4_a_forgotten_post_is_in_no_file_and_does_not_come_back(instance: Instance, number: int) -> None:
    text = f"What happened on day {number}."
    assert files_with(instance, text)
    instance.said("forget", URL.format(number))
    assert not files_with(instance, text)
    tell(instance, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    assert not files_with(instance, text)
    assert "feedbraid: nothing" not in instance.said("check", "--outputs")


def test_d4_the_other_posts_stay_in_their_archives(instance: Instance) -> None:
    before = {path: ids(instance, path) for path in instance.outputs() if path.endswith("feed.json")}
    instance.said("forget", URL.format(3))
    after = {path: ids(instance, path) for path in instance.outputs() if path.endswith("feed.json")}
    changed = {path for path in before if before[path] != after[path]}
    assert len(changed) == 1
    (path,) = changed
    assert set(before[path]) - set(after[path]) == {
        one for one in before[path] if one not in {i for other in after.values() for i in other}
    }
    assert len(before[path]) - len(after[path]) == 1


def test_d4_an_archive_of_which_nothing_is_left_is_still_valid(instance: Instance) -> None:
    oldest = [item["url"] for item in json.loads(instance.outputs()["all/archive/1/feed.json"])["items"]]
    instance.said("forget", *oldest)
    assert ids(instance, "all/archive/1/feed.json") == []
    instance.said("check", "--outputs")


def test_d4_a_forgotten_post_stays_away_under_another_address(instance: Instance) -> None:
    instance.said("forget", URL.format(22))
    moved = posts(22, host="https://moved.example")  # the same guid
    tell(instance, *moved, *posts(*range(22)), now="2026-03-03T12:00:00Z")
    assert not files_with(instance, "What happened on day 22.")
    anew = posts(22, host="https://moved.example", guid="other-{}")
    tell(instance, *anew, *posts(*range(22)), now="2026-03-04T12:00:00Z")
    assert not files_with(instance, "What happened on day 22."), "by the address under which it came since"


def test_d4_a_forgotten_post_stays_away_when_the_store_is_lost(instance: Instance) -> None:
    instance.said("forget", URL.format(22), URL.format(3), "--reason", "its author wants it")
    written = (instance.folder / "forgotten.txt").read_text()
    assert f"{URL.format(3)}    2026-03-02 its author wants it\n" in written
    (instance.folder / ".feedbraid/state.db").unlink()
    tell(instance, *posts(*range(23)))
    assert not files_with(instance, "What happened on day 22.")
    assert not files_with(instance, "What happened on day 3.")


def test_d4_an_address_that_somebody_wrote_into_the_file_is_forgotten_at_the_next_run(instance: Instance) -> None:
    instance.write("forgotten.txt", f"# mine\n\n{URL.format(22)}\n")
    instance.run()
    assert not files_with(instance, "What happened on day 22.")
    instance.said("forget", URL.format(21))
    lines = (instance.folder / "forgotten.txt").read_text().splitlines()
    assert lines == ["# mine", "", URL.format(22), f"{URL.format(21)}    2026-03-02"]


def test_a_file_of_forgotten_posts_that_can_not_be_read_stops_the_run(instance: Instance) -> None:
    before = instance.outputs()
    (instance.folder / "forgotten.txt").write_bytes(b"https://news.example/\xff\n")
    assert "forgotten.txt: it is not UTF-8: byte 21 is no text; nothing is published" in instance.said(
        "run", code=2
    )
    assert instance.outputs() == before


def test_a_post_that_is_not_here_can_be_forgotten_before_it_comes(instance: Instance) -> None:
    assert "is not here, and stays out when it comes" in instance.said("forget", URL.format(50))
    tell(instance, *posts(*range(20, 51)), now="2026-03-03T12:00:00Z")
    assert not files_with(instance, "What happened on day 50.")
    assert files_with(instance, "What happened on day 49.")


def test_a_post_can_be_named_by_the_id_that_it_is_published_under(instance: Instance) -> None:
    item = next(item for item in instance.items() if item["url"] == URL.format(22))
    instance.said("forget", item["id"])
    assert not files_with(instance, "What happened on day 22.")
    assert URL.format(22) in (instance.folder / "forgotten.txt").read_text()


def test_undo_lets_a_post_come_back_under_its_id(instance: Instance) -> None:
    before = {item["url"]: item["id"] for item in instance.items()}
    instance.said("forget", URL.format(22))
    instance.said("forget", "--undo", URL.format(22))
    assert URL.format(22) not in (instance.folder / "forgotten.txt").read_text()
    tell(instance, *posts(*range(23)), now="2026-03-02T12:05:00Z")
    assert {item["url"]: item["id"] for item in instance.items()} == before


def test_undo_of_what_was_not_forgotten_is_an_error(instance: Instance) -> None:
    assert "was not forgotten; `feedbraid forget --list` lists" in instance.said(
        "forget", "--undo", URL.format(1), code=2
    )


def test_a_dry_run_forgets_nothing(instance: Instance) -> None:
    before = instance.outputs()
    assert "would be forgotten" in instance.said("forget", "--dry-run", URL.format(22))
    instance.run()
    assert instance.outputs() == before
    assert not (instance.folder / "forgotten.txt").exists()


def test_a_seed_that_states_it_is_named_and_shown_nowhere(instance: Instance) -> None:
    instance.write("seeds/mine.md", f"---\ntitle: Mine\nfrom: {URL.format(99)}\n---\nMy own words.\n")
    instance.run()
    assert files_with(instance, "My own words.")
    told = instance.said("forget", URL.format(99))
    assert "the seed seeds/mine.md states it; no feed shows it any more" in told
    assert not files_with(instance, "My own words.")
    instance.said("forget", "--undo", URL.format(99))
    assert files_with(instance, "My own words."), "a seed needs no network to come back"


def test_explain_and_list_tell_what_was_forgotten_and_why(instance: Instance) -> None:
    instance.said("forget", URL.format(22), "--reason", "a court")
    told = instance.said("explain", URL.format(22), code=1)
    assert "removed  forgotten since 2026-03-02 12:00 UTC: 2026-03-02 a court" in told
    assert instance.said("forget", "--list") == (
        f"2026-03-02 12:00 UTC  forgotten: 2026-03-02 a court  {URL.format(22)}\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((), "the address of a post is needed, or --list"), (("two words",), "an address has no blanks in it")],
)
def test_what_is_no_address_is_refused(instance: Instance, arguments: tuple[str, ...], message: str) -> None:
    assert message in instance.said("forget", *arguments, code=2)


def test_d4_digests_tell_nothing_of_a_forgotten_post(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {news: news.xml}\nfeeds: {all: {digest: day}}\n")
    told = [Told(link=URL.format(n), title=f"Post {n}", day=0, body=f"Words of {n}.") for n in range(4)]
    tell(instance, *told)
    (digest,) = instance.items()
    assert "Words of 2." in digest["content_html"]
    instance.said("forget", URL.format(2))
    (after,) = instance.items()
    assert after["id"] == digest["id"]
    assert "Words of 2." not in after["content_html"]
    assert "Words of 1." in after["content_html"]
    assert not files_with(instance, "Words of 2.")


def test_d4_parts_of_a_feed_tell_nothing_of_it_either(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write(
        "config.yaml", "sources: {news: news.xml}\nfeeds: {all: {split: source, limit: 4, archive: 2}}\n"
    )
    tell(instance, *posts(*range(9)))
    assert any("/source/news/archive/" in path for path in files_with(instance, "on day 1."))
    instance.said("forget", URL.format(1))
    assert not files_with(instance, "on day 1.")


def test_d4_a_takedown_is_no_mistake_however_much_of_a_feed_goes(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", LIVE_ALONE.replace("limit: 1, ", ""))
    tell(instance, *posts(*range(5)))
    instance.said("forget", *map(URL.format, range(4)))
    assert [item["url"] for item in instance.items()] == [URL.format(4)]


def test_d4_a_post_is_forgotten_although_the_store_was_lost_before(instance: Instance) -> None:
    (instance.folder / ".feedbraid/state.db").unlink()
    assert "the store was missing: read back 23 posts" in instance.said("forget", URL.format(22), URL.format(3))
    assert not files_with(instance, "on day 22.")
    assert not files_with(instance, "on day 3.")
    assert files_with(instance, "on day 4.")


def test_d4_a_post_that_expired_is_forgotten_in_the_archives(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "retention: {count: 11, least: 1}\n")
    instance.said("vacuum")
    assert 1 not in stored(instance)
    assert files_with(instance, "on day 1.")
    instance.said("forget", URL.format(1))
    assert not files_with(instance, "on day 1.")


def test_d4_one_of_several_posts_with_one_address_can_be_forgotten_by_its_id(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {news: {url: news.xml, key: guid}}\nfeeds: {all: {}}\n")
    told = [Told(link="https://news.example/", guid=f"g{n}", title=f"T{n}", day=n) for n in range(6)]
    tell(instance, *told)
    unwanted = next(item["id"] for item in instance.items() if item["title"] == "T3")
    instance.said("forget", unwanted)
    assert (instance.folder / "forgotten.txt").read_text().splitlines()[1] == f"{unwanted}    2026-03-02"
    (instance.folder / ".feedbraid/state.db").unlink()
    instance.run()
    assert [item["title"] for item in instance.items()] == ["T5", "T4", "T2", "T1", "T0"]
    assert "5 posts have this address, all of them go" in instance.said("forget", "https://news.example/")
    assert instance.items() == []


def test_an_address_that_was_written_otherwise_can_be_undone(instance: Instance) -> None:
    written = instance.write("forgotten.txt", "\ufeffHTTP://news.example/post/22?utm_source=x   # mine\r\n")
    instance.run()
    assert not files_with(instance, "on day 22.")
    assert "may come back" in instance.said("forget", "--undo", URL.format(22))
    assert not written.read_text()
    instance.run("--force")
    assert files_with(instance, "on day 22.")


def test_files_that_no_feed_writes_any_more_are_named(instance: Instance) -> None:
    instance.write("feeds/former/rss.xml", f"<rss><link>{URL.format(22)}</link></rss>")
    told = instance.said("forget", URL.format(22))
    assert "feedbraid: feeds/former/rss.xml has it still; no feed writes that file: delete it" in told
    assert told.count("has it still") == 1


def test_nothing_is_forgotten_where_it_can_not_be_written_down(instance: Instance) -> None:
    (instance.folder / "forgotten.txt").mkdir()
    instance.said("forget", URL.format(22), code=2)
    assert 22 in stored(instance)


DAILY = "sources: {news: news.xml}\nfeeds: {all: {digest: day}}\n"


def of_one_day(*numbers: int) -> list[Told]:
    return [Told(link=URL.format(n), title=f"Post {n}", day=0, body=f"Words of {n}.") for n in numbers]


def test_d4_a_digest_goes_when_nothing_is_left_of_it_and_what_comes_back_is_told_later(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", DAILY)
    tell(instance, *of_one_day(1, 2))
    instance.said("forget", URL.format(1), URL.format(2))
    assert instance.items() == []
    instance.said("forget", "--undo", URL.format(2))
    tell(instance, *of_one_day(1, 2), now="2026-03-05T12:00:00Z")
    tell(instance, *of_one_day(1, 2, 3), now="2026-03-07T12:00:00Z")
    assert files_with(instance, "Words of 2.")
    assert not files_with(instance, "Words of 1.")


def test_d4_a_digest_keeps_posts_that_the_store_has_lost(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", DAILY)
    tell(instance, *of_one_day(1, 2, 3))
    (instance.folder / ".feedbraid/state.db").unlink()
    tell(instance, *posts(20), now="2026-03-02T13:00:00Z")
    instance.said("forget", URL.format(2))
    (digest,) = [item for item in instance.items() if "Words of" in item["content_html"]]
    assert [f"Words of {n}." in digest["content_html"] for n in (1, 2, 3)] == [True, False, True]


LINKS = '<a href="https://a.example/{0}">{0}</a>'


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (
            f"<ul><li>{LINKS}</li><li>x</li><li>{LINKS}</li></ul><p>+ 2</p>",
            "<ul><li>x</li><li>2</li></ul><p>+ 2</p>",
        ),
        (f"<h2>{LINKS}</h2><ul><li>own</li></ul><h2><a href='#'>own</a></h2>own<h2>{LINKS}</h2>2", "<h2>2</h2>2"),
        (f"<h2>{LINKS}</h2>own", ""),
        ("<p>nothing of ours</p>", ""),
        ("", ""),
    ],
)
def test_d4_what_goes_is_cut_out_of_a_digest(body: str, left: str) -> None:
    body = body.replace(LINKS, LINKS.format(1), 1).replace(LINKS, LINKS.format(2))
    found = without_parts(body, lambda link: link.endswith("/1"), lambda link: link.endswith("/2"))
    assert found.replace(LINKS.format(2), "2") == left


# --- blocked ----------------------------------------------------------------------------------------------

BLOCKING = ARCHIVED + "block:\n  - {title: number 22}\n  - url: /post/3\n"


def test_d4_what_a_rule_blocks_is_nowhere_archives_included(instance: Instance) -> None:
    instance.write("config.yaml", BLOCKING.replace("/post/3", "{regex: '/post/3$'}"))
    instance.said("build")
    assert not files_with(instance, "What happened on day 22.")
    assert not files_with(instance, "What happened on day 3.")
    assert files_with(instance, "What happened on day 4.")
    instance.said("check", "--outputs")


def test_a_rule_that_is_taken_back_gives_everything_back_without_asking_anybody(instance: Instance) -> None:
    before = {item["url"]: item["id"] for item in instance.items()}
    instance.write("config.yaml", BLOCKING)
    instance.said("build")
    (instance.folder / "news.xml").unlink()
    instance.write("config.yaml", ARCHIVED)
    instance.said("build")
    assert {item["url"]: item["id"] for item in instance.items()}.items() >= {
        URL.format(22): before[URL.format(22)]
    }.items()
    assert files_with(instance, "What happened on day 3.")


def test_a_new_post_that_a_rule_blocks_is_told_and_never_shown(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "block: Advertisement\n")
    instance.write(
        "news.xml", rss(*posts(*range(23)), Told(link=URL.format(77), title="An advertisement", day=30))
    )
    done = instance.feedbraid("run", "--force", now="2026-03-03T12:00:00Z")
    assert "feedbraid: news: 1 post blocked by the configuration" in done.stderr
    assert not files_with(instance, "An advertisement")
    told = instance.said("explain", URL.format(77))
    assert "removed  blocked since 2026-03-03 12:00 UTC: its title has 'Advertisement'" in told
    assert "feed all: not in it: a rule of the configuration blocks it" in told


def test_a_post_that_comes_to_meet_a_rule_disappears(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "block: {title: withdrawn}\n")
    instance.run("--force", now="2026-03-03T12:00:00Z")
    edited = [
        *posts(*range(22)),
        Told(link=URL.format(22), guid="g22", title="Withdrawn", day=22, body="New words."),
    ]
    tell(instance, *edited, now="2026-03-04T12:00:00Z")
    assert not files_with(instance, "What happened on day 22.")
    assert not files_with(instance, "New words.")


def test_a_post_that_was_mended_is_not_blocked_any_more(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "block: {title: withdrawn}\n")
    edited = Told(link=URL.format(22), guid="g22", title="Withdrawn", day=22, body="New words.")
    tell(instance, *posts(*range(22)), edited, now="2026-03-03T12:00:00Z")
    assert not files_with(instance, "on day 22.")
    tell(instance, *posts(*range(23)), now="2026-03-04T12:00:00Z")
    assert files_with(instance, "on day 22.")


def test_d4_a_post_that_moved_and_is_blocked_leaves_the_archives(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "block: {title: withdrawn}\n")
    moved = Told(link="https://moved.example/3", guid="g3", title="Withdrawn", day=3)
    tell(instance, *posts(*range(4, 23)), moved, now="2026-03-03T12:00:00Z")
    assert not files_with(instance, "on day 3.")


def test_d18_a_rule_that_blocks_most_of_a_feed_is_held_back_as_a_mistake(instance: Instance) -> None:
    before = instance.outputs()["all/feed.json"]
    instance.write("config.yaml", ARCHIVED + "block: Post\n")
    assert "would shrink from 10 to 0" in instance.said("build", code=4)
    assert instance.outputs()["all/feed.json"] == before


# --- expired ----------------------------------------------------------------------------------------------


def stored(instance: Instance) -> set[int]:
    """Give the numbers of the posts that the store still has copies of."""
    store = sqlite_store(str(instance.folder / ".feedbraid/state.db"))
    try:
        return {int(head.link.rpartition("/")[2]) for head in store.heads(["news", "other"])}
    finally:
        store.close()


LIVE_ALONE = "sources: {news: news.xml}\nfeeds: {all: {limit: 1, archive: 0}}\n"


@pytest.fixture
def bare(tmp_path: Path) -> Instance:
    """Publish one post alone, and archive none."""
    made = Instance(tmp_path / "bare")
    made.write("config.yaml", LIVE_ALONE)
    tell(made, *posts(*range(23)))
    return made


def test_everything_is_kept_unless_the_configuration_says_otherwise(instance: Instance) -> None:
    assert stored(instance) == set(range(23))


def test_old_posts_go_and_stay_where_they_are_published(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "retention: {age: 3d, least: 5}\n")
    before = {path: content for path, content in instance.outputs().items() if "/archive/" in path}
    tell(instance, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    archived = {n for n in range(24) if any("/archive/" in p for p in files_with(instance, f"on day {n}."))}
    live = {int(item["url"].rpartition("/")[2]) for item in instance.items()}
    assert stored(instance) == live | (set(range(24)) - archived)
    assert len(live) == 10
    assert {path: instance.outputs()[path] for path in before} == before


def test_an_expired_post_does_not_come_back_although_its_source_still_has_it(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "retention: {count: 11, least: 1}\n")
    tell(instance, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    kept = stored(instance)
    assert len(kept) < 24
    report = tell(instance, *posts(*range(25)), now="2026-03-04T12:00:00Z")
    assert [one["new"] for one in report["sources"] if one["name"] == "news"] == [1]
    assert stored(instance) <= kept | {24}


def test_so_many_stay_however_old(bare: Instance) -> None:
    bare.write("config.yaml", f"retention: {{age: 1d}}\n{LIVE_ALONE}")
    tell(bare, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    assert stored(bare) == set(range(24)), "the default is 100"
    bare.write("config.yaml", f"retention: {{age: 1d, least: 7}}\n{LIVE_ALONE}")
    bare.said("vacuum")
    assert stored(bare) == set(range(17, 24))


def test_a_post_that_another_source_still_keeps_stays(bare: Instance) -> None:
    bare.write("other.xml", rss(*posts(2, guid="o{}"), name="other"))
    kept = "news: {url: news.xml, retention: {count: 3, least: 1}}"
    bare.write("config.yaml", LIVE_ALONE.replace("news: news.xml", f"{kept}, other: other.xml"))
    tell(bare, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    assert stored(bare) == {2, 21, 22, 23}


KEEPING_3 = "news: {url: news.xml, retention: {count: 3, least: 1}}"


def test_an_expired_post_that_another_source_brings_is_taken_in(bare: Instance) -> None:
    bare.write("config.yaml", LIVE_ALONE.replace("news: news.xml", KEEPING_3))
    bare.said("vacuum")
    bare.write("other.xml", rss(*posts(5, 6, guid="o{}"), name="other"))
    both = LIVE_ALONE.replace("news: news.xml", f"{KEEPING_3}, other: other.xml")
    bare.write("config.yaml", both.replace("feeds: {", "feeds: {others: {from: other}, "))
    tell(bare, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    assert [item["url"] for item in bare.items("others")] == [URL.format(6), URL.format(5)]
    assert stored(bare) == {5, 6, 21, 22, 23}
    assert "removed" not in bare.said("explain", URL.format(5))


def test_tombstones_of_expired_posts_go_when_no_source_states_them_any_more(bare: Instance) -> None:
    bare.write("config.yaml", LIVE_ALONE.replace("news: news.xml", KEEPING_3))
    bare.said("vacuum")
    tell(bare, *posts(*range(15, 24)), now="2026-03-03T12:00:00Z")
    listed = bare.said("forget", "--list").splitlines()
    assert [line.split()[4] for line in listed] == [URL.format(n) for n in range(15, 21)]


def test_what_is_kept_no_longer_comes_back_when_everything_is_kept_again(bare: Instance) -> None:
    bare.write("config.yaml", LIVE_ALONE.replace("news: news.xml", KEEPING_3))
    bare.said("vacuum")
    bare.write("config.yaml", LIVE_ALONE)
    tell(bare, *posts(*range(24)), now="2026-03-03T12:00:00Z")
    assert stored(bare) == set(range(24))


def test_posts_that_a_digest_has_told_expire(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", f"{DAILY}retention: {{count: 3, least: 1}}\n")
    tell(instance, *posts(*range(20)))
    instance.said("vacuum")
    assert stored(instance) == {17, 18, 19}


def test_vacuum_tells_what_it_gave_back(instance: Instance) -> None:
    instance.write("config.yaml", ARCHIVED + "retention: {count: 11, least: 1}\n")
    told = instance.said("vacuum")
    assert "posts removed, which retention does not keep" in told
    assert ".feedbraid/state.db has " in told
