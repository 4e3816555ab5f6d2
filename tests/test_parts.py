"""Feeds made from feeds: one for each category, source or author, and digests."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import filtered
from feedbraid import parts
from feedbraid.model import SplitSpec
from program import Instance

SEED = "---\ntitle: {title}\ndate: {date}\nlink: https://a.example/{number}\n{more}---\nText of {title}.\n"


def seed(instance: Instance, number: int, date: str = "2026-02-01", **more: str) -> None:
    lines = "".join(f"{name}: {value}\n" for name, value in more.items())
    text = SEED.format(title=f"Post {number}", date=date, number=number, more=lines)
    instance.write(f"seeds/{number}.md", text)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def configure(instance: Instance, feed: str) -> None:
    instance.write("config.yaml", f"site: {{url: 'https://me.example/'}}\nfeeds:\n  all: {feed}\n")


def titles(instance: Instance, feed: str) -> list[str]:
    return [item["title"] for item in instance.items(feed)]


def document(instance: Instance, feed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((instance.folder / "feeds" / feed / "feed.json").read_bytes())
    return found


# --- parts ------------------------------------------------------------------------------------------------


def test_each_category_has_a_feed_beside_the_whole_one(instance: Instance) -> None:
    configure(instance, "{split: category, title: News}")
    seed(instance, 1, categories="[Sport]")
    seed(instance, 2, categories="[Sport, Culture]", date="2026-02-02")
    seed(instance, 3, date="2026-02-03")
    instance.run()
    assert titles(instance, "all") == ["Post 3", "Post 2", "Post 1"]
    assert titles(instance, "all/category/sport") == ["Post 2", "Post 1"]
    assert titles(instance, "all/category/culture") == ["Post 2"]
    culture = document(instance, "all/category/culture")
    assert culture["title"] == "News: Culture"
    assert culture["feed_url"] == "https://me.example/all/category/culture/feed.json"


def test_parts_have_ids_of_their_own_that_stay(instance: Instance) -> None:
    configure(instance, "{split: category}")
    seed(instance, 1, categories="[Sport, Culture]")
    instance.run()
    ids = {name: content.split(b"<id>")[1] for name, content in instance.outputs().items() if "atom" in name}
    assert len(set(ids.values())) == 3
    seed(instance, 2, categories="[Sport]")
    instance.run(now="2026-03-03T12:00:00Z")
    assert ids == {name: text.split(b"<id>")[1] for name, text in instance.outputs().items() if "atom" in name}


def test_a_part_whose_posts_are_gone_stays_and_is_empty(instance: Instance) -> None:
    configure(instance, "{split: category}")
    seed(instance, 1, categories="[Sport]")
    seed(instance, 2, categories="[Culture]")
    instance.run()
    seed(instance, 1, categories="[Culture]")
    instance.run(now="2026-03-03T12:00:00Z")
    assert titles(instance, "all/category/sport") == []
    assert titles(instance, "all/category/culture") == ["Post 1", "Post 2"]


def test_a_second_run_writes_nothing_and_a_build_writes_the_same(instance: Instance) -> None:
    configure(instance, "{split: author}")
    for number in range(70):
        seed(instance, number, author=["Ann", "Bo"][number % 2])
    instance.run()
    before = instance.outputs()
    assert "all/author/ann/archive/1/feed.json" not in before
    report = instance.run(now="2026-03-03T12:00:00Z")
    assert [feed["written"] for feed in report["feeds"]] == [[], [], []]
    shutil.rmtree(instance.folder / "feeds")
    assert instance.feedbraid("build").returncode == 0
    assert instance.outputs() == before


def test_d16_parts_survive_the_loss_of_the_store(instance: Instance) -> None:
    configure(instance, "{split: category, limit: 10, archive: 10}")
    for number in range(40):
        seed(instance, number, categories="[Sport]", date=f"2026-01-{number % 28 + 1:02}")
    instance.run()
    before = instance.outputs()
    assert "all/category/sport/archive/3/feed.json" in before
    shutil.rmtree(instance.folder / ".feedbraid")
    instance.run(now="2026-03-03T12:00:00Z")
    assert instance.outputs() == before


def test_the_index_lists_parts_and_the_checks_read_them(instance: Instance) -> None:
    configure(instance, "{split: category}")
    seed(instance, 1, categories="[Sport]")
    instance.run()
    index = (instance.folder / "feeds/index.html").read_text()
    assert 'href="all/category/sport/index.html"' in index
    page = (instance.folder / "feeds/all/category/sport/index.html").read_text()
    assert 'href="../../../style.css"' in page
    assert instance.feedbraid("check").returncode == 0
    (instance.folder / "feeds/all/category/sport/atom.xml").write_text("<feed>")
    assert "all/category/sport/atom.xml" in instance.feedbraid("check", "--outputs").stdout


def test_only_least_names_and_title_shape_the_parts(instance: Instance) -> None:
    split = "{by: category, only: [sport, 时政], least: 2, names: {时政: politics}, title: '{value} | {feed}'}"
    configure(instance, f"{{title: News, split: {split}}}")
    seed(instance, 1, categories="[Sport, 时政, Culture]")
    seed(instance, 2, categories="[SPORT, 时政, Culture]")
    seed(instance, 3, categories="[Sport, Weather]")
    instance.run()
    folders = sorted(path.name for path in (instance.folder / "feeds/all/category").iterdir())
    assert folders == ["politics", "sport"]
    assert document(instance, "all/category/politics")["title"] == "时政 | News"
    assert document(instance, "all/category/sport")["title"] == "Sport | News"
    assert len(titles(instance, "all/category/sport")) == 3


def test_filters_run_before_a_feed_is_split(instance: Instance) -> None:
    configure(instance, "{filters: [limit: 2], split: category}")
    for number in (1, 2, 3):
        seed(instance, number, categories="[Sport]", date=f"2026-02-0{number}")
    instance.run()
    assert titles(instance, "all/category/sport") == ["Post 3", "Post 2"]


def test_one_feed_for_each_source(instance: Instance) -> None:
    instance.write("a/1.md", SEED.format(title="A", date="2026-02-01", number=1, more=""))
    instance.write("b/2.md", SEED.format(title="B", date="2026-02-01", number=2, more=""))
    instance.write("config.yaml", "seeds: {a: a/, b: b/}\nfeeds: {all: {split: source}}\n")
    instance.run()
    assert titles(instance, "all/source/a") == ["A"]
    assert titles(instance, "all/source/b") == ["B"]


@given(st.lists(st.text(min_size=1, max_size=60), min_size=2, max_size=8))
def test_two_values_that_differ_in_more_than_case_have_two_folders(values: list[str]) -> None:
    split = SplitSpec()
    folders = {parts.folder_of(value, split) for value in values}
    assert len(folders) == len({value.casefold() for value in values})
    assert all(folder.isascii() and "/" not in folder and folder.strip(".-") for folder in folders)


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        ("Sport", "sport"),
        ("World news", "world-news"),
        ("C++", "c-cedb1bac"),
        ("world-news", "world-news-9960be6b"),
        ("时政", "5c53a726"),
        ("..", "5ec1f7e7"),
    ],
)
def test_a_folder_is_made_of_the_letters_of_a_value(value: str, folder: str) -> None:
    assert parts.folder_of(value, SplitSpec()) == folder
    assert parts.folder_of(value, SplitSpec(names=((value.upper(), "mine"),))) == "mine"


def test_what_a_post_has_in_common_with_others() -> None:
    post = filtered.post_of(source="voa", authors=["Ann", "Bo"], categories=["Sport"])
    assert parts.values_of(post, SplitSpec(by="source")) == ("voa",)
    assert parts.values_of(post, SplitSpec(by="author")) == ("Ann", "Bo")
    assert parts.values_of(post, SplitSpec(by="category")) == ("Sport",)
    read_back = replace(post, origin="(published all)")
    assert parts.values_of(read_back, SplitSpec(by="source")) == ()


# --- digests ----------------------------------------------------------------------------------------------


def day(number: int, hour: int = 12) -> str:
    return f"{datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"


def test_a_digest_is_published_when_its_day_is_over(instance: Instance) -> None:
    configure(instance, "{title: News, digest: day}")
    seed(instance, 1, date="2026-03-01 08:00:00")
    instance.run(now=day(0))
    assert titles(instance, "all") == []
    seed(instance, 2, date="2026-03-01 13:00:00")
    instance.run(now=day(0, 14))
    assert titles(instance, "all") == []
    instance.run(now=day(1, 0))
    (digest,) = instance.items()
    assert digest["title"] == "News: 2026-03-01"
    assert digest["date_published"] == "2026-03-02T00:00:00Z"
    assert digest["content_html"] == (
        '<ul><li><a href="https://a.example/2">Post 2</a><br>Text of Post 2.</li>'
        '<li><a href="https://a.example/1">Post 1</a><br>Text of Post 1.</li></ul>'
    )


def test_a_post_that_comes_late_is_in_the_digest_of_the_day_on_which_it_came(instance: Instance) -> None:
    configure(instance, "{digest: {every: day, show: titles}}")
    seed(instance, 1, date="2026-03-01 08:00:00")
    instance.run(now=day(0))
    instance.run(now=day(1))
    before = instance.items()
    seed(instance, 2, date="2026-03-01 09:00:00")
    instance.run(now=day(1, 13))
    assert instance.items() == before
    instance.run(now=day(2))
    newest, *others = instance.items()
    assert (newest["title"], others) == ("all: 2026-03-02", before)
    assert "Post 2" in newest["content_html"]


def test_the_first_digests_are_told_apart_by_the_dates_of_their_posts(instance: Instance) -> None:
    configure(instance, "{digest: week}")
    seed(instance, 1, date="2026-01-05 08:00:00")
    seed(instance, 2, date="2026-01-11 23:59:59")
    seed(instance, 3, date="2026-01-12 00:00:00")
    instance.run(now=day(0))
    assert titles(instance, "all") == ["all: 2026-W03", "all: 2026-W02"]
    assert instance.items()[1]["content_html"].count("<li>") == 2


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", "2026-01-11"), ("Asia/Shanghai", "2026-01-12"), ("America/New_York", "2026-01-11")],
)
def test_days_begin_where_the_operator_says(instance: Instance, zone: str, expected: str) -> None:
    configure(instance, f"{{digest: {{every: day, zone: {zone}}}}}")
    seed(instance, 1, date="2026-01-11 20:00:00")
    instance.run(now=day(0))
    assert titles(instance, "all") == [f"all: {expected}"]


def test_a_digest_shows_as_many_posts_as_it_may_and_counts_the_others(instance: Instance) -> None:
    configure(instance, "{digest: {every: month, show: full, most: 2, title: '{count} in {period}'}}")
    for number in (1, 2, 3, 4, 5):
        seed(instance, number, date=f"2026-01-0{number}")
    instance.run(now=day(0))
    (digest,) = instance.items()
    assert digest["title"] == "5 in 2026-01"
    assert digest["content_html"].startswith(
        '<h2><a href="https://a.example/5">Post 5</a></h2><p>Text of Post 5.</p>'
    )
    assert digest["content_html"].endswith("<p>+ 3</p>")


def test_d16_a_lost_store_brings_no_digest_that_was_not_published(instance: Instance) -> None:
    configure(instance, "{digest: day}")
    seed(instance, 1, date="2026-02-20 08:00:00")
    instance.run(now=day(0))
    for number in (2, 3, 4):
        seed(instance, number, date=f"2026-01-0{number}")
    instance.run(now=day(1))
    instance.run(now=day(2))
    before = instance.outputs()
    assert titles(instance, "all") == ["all: 2026-03-02", "all: 2026-02-20"]
    shutil.rmtree(instance.folder / ".feedbraid")
    instance.run(now=day(2, 14))
    assert instance.outputs()["all/feed.json"] == before["all/feed.json"]


def test_a_digest_never_changes_again(instance: Instance) -> None:
    configure(instance, "{digest: day}")
    seed(instance, 1, date="2026-02-20 08:00:00")
    instance.run(now=day(0))
    before = instance.outputs()["all/feed.json"]
    seed(instance, 1, date="2026-02-20 08:00:00", categories="[Edited]")
    (instance.folder / "seeds/1.md").write_text(
        (instance.folder / "seeds/1.md").read_text().replace("Post 1", "Another")
    )
    instance.run(now=day(1))
    assert instance.outputs()["all/feed.json"] == before


def test_a_feed_of_digests_shows_as_many_as_its_limit(instance: Instance) -> None:
    configure(instance, "{digest: day, limit: 3}")
    for number in range(1, 9):
        seed(instance, number, date=f"2026-02-0{number} 08:00:00")
    instance.run(now=day(0))
    assert titles(instance, "all") == [f"all: 2026-02-0{number}" for number in (8, 7, 6)]
    seed(instance, 9, date="2026-03-01 13:00:00")
    instance.run(now=day(0, 14))
    instance.run(now=day(1))
    assert titles(instance, "all") == [f"all: 2026-{date}" for date in ("03-01", "02-08", "02-07")]


def test_the_page_of_a_digest_has_the_places_that_its_posts_are_linked_to(instance: Instance) -> None:
    configure(instance, "{digest: day}")
    seed(instance, 1, date="2026-02-20 08:00:00")
    instance.run(now=day(0))
    assert instance.items()[0]["url"] == "https://me.example/all/#2026-02-20"
    assert 'id="2026-02-20"' in (instance.folder / "feeds/all/index.html").read_text()
    assert instance.feedbraid("check").returncode == 0


# --- what must not happen ---------------------------------------------------------------------------------


def test_other_filters_of_the_whole_take_effect_in_its_parts(instance: Instance) -> None:
    configure(instance, "{split: category}")
    seed(instance, 1, categories="[Sport]")
    seed(instance, 2, categories="[Sport]", date="2026-02-02")
    instance.run()
    configure(instance, "{split: category, filters: [drop: {title: Post 1}]}")
    assert instance.feedbraid("build").returncode == 0
    assert titles(instance, "all/category/sport") == ["Post 2"]


def test_two_values_that_would_have_one_folder_have_two(instance: Instance) -> None:
    configure(instance, "{split: {by: category, names: {Sport: news}}}")
    seed(instance, 1, categories="[Sport, news]")
    instance.run()
    folders = sorted(path.name for path in (instance.folder / "feeds/all/category").iterdir())
    assert [folder.partition("-")[0] for folder in folders] == ["news", "news"]
    assert len(folders) == 2


def test_another_split_begins_anew(instance: Instance) -> None:
    configure(instance, "{split: category}")
    seed(instance, 1, categories="[Sport]", author="Ann")
    instance.run()
    configure(instance, "{split: author}")
    assert instance.feedbraid("build").returncode == 0
    assert sorted(path.name for path in (instance.folder / "feeds/all/author").iterdir()) == ["ann"]


def test_a_digest_that_is_held_back_is_closed_once(instance: Instance) -> None:
    configure(instance, "{digest: day, limit: 10}")
    for number in range(1, 7):
        seed(instance, number, date=f"2026-02-0{number} 08:00:00")
    instance.run(now=day(0))
    configure(instance, "{digest: day, limit: 2}")
    seed(instance, 7, date="2026-03-01 13:00:00")
    instance.feedbraid("run", now=day(0, 14))
    for hour in (0, 1, 2):
        assert "would shrink" in instance.feedbraid("run", now=day(1, hour)).stderr
    configure(instance, "{digest: day, limit: 20}")
    instance.run(now=day(1, 3))
    assert titles(instance, "all")[:2] == ["all: 2026-03-01", "all: 2026-02-06"]


@pytest.mark.parametrize("other", ["{every: day, zone: UTC}", "{every: week}", "{every: day, zone: Asia/Tokyo}"])
def test_a_changed_period_puts_no_post_into_two_digests(instance: Instance, other: str) -> None:
    configure(instance, "{digest: {every: day, zone: Asia/Shanghai}}")
    seed(instance, 1, date="2026-03-01 08:00:00")
    instance.run(now=day(0))
    instance.run(now=day(0, 17))
    configure(instance, f"{{digest: {other}}}")
    seed(instance, 2, date="2026-03-01 18:00:00")
    instance.run(now=day(0, 19))
    instance.run(now=day(1, 20))
    instance.run(now=day(9))
    texts = [item["content_html"] for item in instance.items()]
    assert [text.count("Post 1<") for text in texts] == [0, 1]
    assert [text.count("Post 2<") for text in texts] == [1, 0]
    assert len({item["id"] for item in instance.items()}) == 2


def test_posts_are_in_a_digest_even_when_the_first_ones_fell_out_of_the_feed(instance: Instance) -> None:
    configure(instance, "{digest: day, filters: [limit: 2]}")
    for number in (1, 2):
        seed(instance, number, date="2026-03-01 08:00:00")
    instance.run(now=day(0))
    instance.run(now=day(1, 0))
    for number in (3, 4):
        seed(instance, number, date="2026-03-01 23:00:00")
    instance.run(now=day(1, 1))
    instance.run(now=day(2, 0))
    newest = instance.items()[0]
    assert (newest["title"], newest["content_html"].count("<li>")) == ("all: 2026-03-02", 2)
    assert "is in the digest 2026-03-02" in instance.feedbraid("explain", "https://a.example/3").stdout


def test_an_undated_post_leaves_the_others_their_dates(instance: Instance) -> None:
    configure(instance, "{digest: day}")
    seed(instance, 1, date="2026-02-20 08:00:00")
    instance.write("seeds/undated.md", "---\ntitle: No date\n---\nText.\n")
    instance.run(now=day(0))
    assert titles(instance, "all") == ["all: 2026-02-20"]
    instance.run(now=day(1))
    assert titles(instance, "all") == ["all: 2026-03-01", "all: 2026-02-20"]
    assert instance.items()[0]["content_html"].count("<li>") == 1


def test_d16_a_store_that_is_lost_in_the_middle_of_a_day_repeats_and_loses_nothing(instance: Instance) -> None:
    instance.write("config.yaml", "feeds: {all: {}, digest: {digest: day}}\n")
    seed(instance, 1, date="2026-03-01 08:00:00")
    instance.run(now=day(0))
    instance.run(now=day(1, 0))
    seed(instance, 2, date="2026-03-01 23:00:00")
    instance.run(now=day(1, 9))
    before = instance.items("digest")
    shutil.rmtree(instance.folder / ".feedbraid")
    instance.run(now=day(1, 10))
    assert instance.items("digest") == before
    instance.run(now=day(2, 0))
    newest, *others = instance.items("digest")
    assert others == before
    assert "Post 2" in newest["content_html"]
    assert "Post 1" not in newest["content_html"]


def test_d16_parts_by_source_survive_the_loss_of_the_store_and_of_what_sources_show(instance: Instance) -> None:
    from stories import posts, rss  # noqa: PLC0415

    instance.write("config.yaml", "sources: {news: news.xml, other: other.xml}\nfeeds: {all: {split: source}}\n")
    instance.write("news.xml", rss(*posts(1, 2, 3)))
    instance.write("other.xml", rss(*posts(4, 5, host="https://other.example", guid="o{}"), name="other"))
    instance.run()
    before = titles(instance, "all/source/news")
    instance.write("news.xml", rss(*posts(3)))
    shutil.rmtree(instance.folder / ".feedbraid")
    instance.run("--force", now="2026-03-03T12:00:00Z")
    assert titles(instance, "all/source/news") == before
