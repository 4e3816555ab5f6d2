"""Identity under stress: whatever a source does to itself, no subscriber sees an old post as new (D3, N1)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from program import Instance
from stories import Told, posts, rss

LATER = "2026-03-03T12:00:00Z"
A_DAY_LATER = "2026-03-04T12:30:00Z"

OLD = posts(*range(20))


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", "sources: {news: news.xml}\n")
    return made


def ids(instance: Instance) -> set[str]:
    return {item["id"] for item in instance.items()}


def tell(instance: Instance, *told: Told, now: str) -> dict[str, int]:
    """Have the source tell these posts, newest first; give what was new and what changed."""
    instance.write("news.xml", rss(*reversed(told)))
    source = instance.run("--force", now=now)["sources"][0]
    return {name: source[name] for name in ("new", "changed", "flood")}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(posts(*range(20), guid="https://id.example/{}"), id="all guids change"),
        pytest.param(posts(*range(20), guid=""), id="all guids vanish"),
        pytest.param(posts(*range(20), guid="same"), id="one guid for all"),
        pytest.param(posts(*range(20), host="http://news.example"), id="https to http"),
        pytest.param(posts(*range(20), query="?utm_source=rss&utm_medium=feed"), id="tracking parameters"),
        pytest.param(posts(*range(20), host="https://new.example"), id="another domain"),
        pytest.param(
            posts(*range(20), host="https://new.example", guid="new-{}"), id="another domain, all guids change"
        ),
        pytest.param(
            [
                replace(one, link=f"https://news.example/{n}/{one.title.replace(' ', '-')}", guid=f"x{n}")
                for n, one in enumerate(OLD)
            ],
            id="all addresses and all guids change",
        ),
        pytest.param(
            [
                replace(one, link=f"https://new.example/?p={n}", guid=f"https://new.example/?p={n}")
                for n, one in enumerate(OLD)
            ],
            id="another domain, scheme of addresses and guids",
        ),
        pytest.param([replace(one, day=(one.day or 0) + 40) for one in OLD], id="all dates change"),
        pytest.param([replace(one, title=f"{one.title} (updated)") for one in OLD], id="all titles change"),
    ],
)
def test_d3_no_subscriber_sees_an_old_post_as_new(instance: Instance, told: list[Told]) -> None:
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    before = ids(instance)
    found = tell(instance, *told, now=LATER)
    assert (found["new"], found["flood"]) == (0, 0)
    assert ids(instance) == before
    found = tell(instance, *told, *posts(25, host="https://new.example", guid="newer-{}"), now=A_DAY_LATER)
    assert found["new"] == 1
    assert len(ids(instance)) == len(before) + 1


def test_d3_undated_posts_that_all_move_at_once_are_known_by_their_titles(instance: Instance) -> None:
    undated = [replace(one, day=None) for one in OLD]
    tell(instance, *undated, now="2026-03-02T12:00:00Z")
    before = ids(instance)
    moved = [replace(one, link=f"https://new.example/?id={n}", guid=f"n{n}") for n, one in enumerate(undated)]
    assert tell(instance, *moved, now=LATER)["new"] == 0
    assert ids(instance) == before


def test_two_posts_of_one_title_stay_two(instance: Instance) -> None:
    daily = [Told(link=f"https://news.example/{n}", guid=f"{n}", title="Daily links", day=n) for n in range(9)]
    for number, one in enumerate(daily):
        instance.write("news.xml", rss(one))
        instance.run("--force", now=f"2026-03-{number + 2:02}T12:00:00Z")
    assert len(instance.items()) == 9


def window(instance: Instance, told: list[Told], size: int, config: str = "") -> list[str]:
    """Have the source show so many posts at a time, all new each time; give all bodies."""
    instance.write("config.yaml", f"sources: {{news: {{url: news.xml, flood: 0{config}}}}}\n")
    for number in range(0, len(told), size):
        instance.write("news.xml", rss(*told[number : number + size]))
        assert instance.feedbraid("run", "--force", now=f"2026-03-{number + 2:02}T12:00:00Z").returncode == 0
    return sorted(item["content_html"] for item in instance.items())


PROGRAM = "https://show.example/"


@pytest.mark.parametrize(
    ("told", "size", "config"),
    [
        pytest.param(
            [Told(link=PROGRAM, guid=f"e{n}", title="The daily brief", day=n, body=f"{n}") for n in range(9)],
            3,
            ", key: guid",
            id="one link and one title for all, told apart by guids",
        ),
        pytest.param(
            [Told(link=PROGRAM, guid=f"e{n}", title="The daily brief", day=n, body=f"{n}") for n in range(4)],
            1,
            ", key: guid",
            id="the same, one at a time",
        ),
        pytest.param(
            [Told(link=f"https://news.example/{n}", guid="same", day=n, body=f"{n}") for n in range(6)],
            1,
            "",
            id="no title and one guid for all",
        ),
        pytest.param(
            [
                Told(
                    link=f"https://news.example/{n}", guid=f"{n}", title=f"News at {n % 3}", day=None, body=f"{n}"
                )
                for n in range(9)
            ],
            3,
            "",
            id="undated editions with the same titles every day",
        ),
        pytest.param(
            [
                Told(
                    link=f"https://news.example/{'ap'[n // 4]}m-{n}", title=f"Section {n % 4}", day=1, body=f"{n}"
                )
                for n in range(8)
            ],
            4,
            "",
            id="two editions of one date",
        ),
        pytest.param(
            [
                Told(link=f"https://{who}.example/hello-world/", guid=who, title="Hello world!", day=n, body=who)
                for n, who in enumerate(("ann", "bob", "eve"))
            ],
            1,
            "",
            id="the first post of every blog of a planet",
        ),
        pytest.param(
            [
                Told(link=f"https://news.example/changes#v{n}", title="Bug fixes", day=n, body=f"{n}")
                for n in range(1, 9)
            ],
            2,
            "",
            id="places of one page with one title",
        ),
    ],
)
def test_no_new_post_takes_the_place_of_one_that_left(
    instance: Instance, told: list[Told], size: int, config: str
) -> None:
    assert window(instance, told, size, config) == sorted(f"<p>{one.body}</p>" for one in told)


def test_n21_an_edit_long_after_the_first_sight_shows(instance: Instance) -> None:
    form = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>tag:t</id><updated>{0}</updated><entry>'
        "<id>tag:a</id><title>A</title><published>2026-03-01T00:00:00Z</published><updated>{0}</updated>"
        '<link href="https://news.example/a"/><content>At {0}</content></entry></feed>'
    )
    for day in ("02", "03", "20"):
        instance.write("news.xml", form.format(f"2026-03-{day}T00:00:00Z"))
        instance.run("--force", now=f"2026-03-{day}T12:00:00Z")
        (one,) = instance.items()
        assert one["date_modified"] == f"2026-03-{day}T00:00:00Z"
        assert one["date_published"] == "2026-03-01T00:00:00Z"


# --- floods -----------------------------------------------------------------------------------------------

BACKLOG = [
    Told(link=f"https://news.example/old/{n}", guid=f"old{n}", title=f"From the attic {n}", day=-n)
    for n in range(1, 31)
]


def test_d3_a_flood_of_old_posts_is_held_back_and_then_goes_to_the_archive(instance: Instance) -> None:
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    before = ids(instance)
    instance.write("news.xml", rss(*OLD, *BACKLOG, *posts(30)))
    done = instance.feedbraid("run", "--force", now=LATER)
    assert "came at once: 30 new entries are held back until" in done.stderr
    assert "2026-03-04 12:00 UTC" in done.stderr
    newest = ids(instance) - before
    assert len(newest) == 1, "the one that really is new is shown at once"
    assert not (instance.folder / "feeds/all/archive").exists()
    assert tell(instance, *OLD, *BACKLOG, *posts(30), now="2026-03-03T18:00:00Z")["flood"] == 0
    assert ids(instance) == before | newest

    instance.run(now=A_DAY_LATER)
    assert ids(instance) == before | newest, "subscribers do not see them"
    archived = [path for path in instance.outputs() if path.startswith("all/archive/") and path.endswith(".json")]
    found = {link for path in archived for link in links(instance, path)}
    assert found == {one.link for one in BACKLOG}, "whoever reads the archive does"


def links(instance: Instance, path: str) -> set[str]:
    import json  # noqa: PLC0415

    return {item["url"] for item in json.loads(instance.outputs()[path])["items"]}


def test_d3_a_held_post_is_explained(instance: Instance) -> None:
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    tell(instance, *OLD, *BACKLOG, now=LATER)
    told = instance.feedbraid("explain", "https://news.example/old/3").stdout
    assert "D3: came with 30 new entries that are older than the newest one known" in told
    assert "held" in instance.feedbraid("status", now=LATER).stdout


def test_d3_posts_since_the_last_reading_are_no_flood(instance: Instance) -> None:
    ahead = Told(link="https://news.example/soon", guid="soon", title="Soon", day=61.5)
    tell(instance, *OLD, ahead, now="2026-03-02T12:00:00Z")
    today = [replace(one, day=60.9 + number / 100) for number, one in enumerate(posts(*range(100, 120)))]
    assert tell(instance, *OLD, ahead, *today, now="2026-03-03T12:00:00Z")["flood"] == 0


def test_d3_a_few_old_posts_are_no_flood(instance: Instance) -> None:
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    assert tell(instance, *OLD, *BACKLOG[:10], now=LATER) == {"new": 10, "changed": 0, "flood": 0}
    assert len(ids(instance)) == 30


def test_d3_the_first_reading_is_no_flood_and_the_rule_can_be_switched_off(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: {url: news.xml, flood: 0}}\n")
    assert tell(instance, *OLD, now="2026-03-02T12:00:00Z") == {"new": 20, "changed": 0, "flood": 0}
    assert tell(instance, *OLD, *BACKLOG, now=LATER) == {"new": 30, "changed": 0, "flood": 0}


# --- who wins ---------------------------------------------------------------------------------------------


def test_n9_the_loser_is_named_as_via(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write(
        "config.yaml", "sources: {news: news.xml, planet: planet.xml}\nfeeds: {all: {from: [news, planet]}}\n"
    )
    instance.write("news.xml", rss(*posts(1, 2)))
    instance.write("planet.xml", rss(*posts(2, 3, guid="p{}"), name="planet"))
    instance.run()
    atom = instance.outputs()["all/atom.xml"].decode()
    assert atom.count('rel="via"') == 1
    assert '<link href="https://planet.example/" rel="via" title="The planet"/>' in atom


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A planet</title><id>https://planet.example/feed</id>
<updated>2026-01-03T00:00:00Z</updated><link href="https://planet.example/"/><entry><id>tag:planet</id>
<title>As the planet has it</title><link href="https://news.example/post/2"/><updated>2026-01-03T00:00:00Z</updated>
<source><id>https://news.example/feed</id><title>The news</title><updated>2026-01-03T00:00:00Z</updated></source>
<content>x</content></entry></feed>"""


@pytest.mark.parametrize(
    ("order", "winner"),
    [
        pytest.param("", "Post number 2", id="nobody ordered them: the origin before the aggregator"),
        pytest.param("feeds: {all: {from: [planet, news]}}\n", "As the planet has it", id="as ordered"),
    ],
)
def test_d2_the_origin_comes_before_the_aggregator(tmp_path: Path, order: str, winner: str) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", f"sources: {{planet: planet.xml, news: news.xml}}\n{order}")
    instance.write("news.xml", rss(*posts(2)))
    instance.write("planet.xml", ATOM)
    instance.run()
    assert [item["title"] for item in instance.items()] == [winner]


# --- another feed -----------------------------------------------------------------------------------------


def other_feed(*numbers: int) -> str:
    """Write what somebody else puts at the address of the source: nothing of it is known."""
    told = [
        Told(link=f"https://casino.example/{n}", guid=f"c{n}", title=f"Win {n}", day=30 + n, body="Play.")
        for n in numbers
    ]
    return rss(*told, name="casino")


def test_t8_a_source_that_suddenly_is_another_feed_is_named_and_held_back(instance: Instance) -> None:
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    before = ids(instance)
    instance.write("news.xml", other_feed(1, 2, 3))
    done = instance.feedbraid("run", "--force", now=LATER)
    assert "news: it is another feed now, 'The casino' in place of 'The news': 3 new entries" in done.stderr
    assert ids(instance) == before
    instance.run("--force", now=A_DAY_LATER)
    assert ids(instance) == before, "released, they are in the archive"
    instance.write("news.xml", other_feed(1, 2, 3, 4))
    instance.run("--force", now="2026-03-05T12:00:00Z")
    assert "https://casino.example/4" in {item["url"] for item in instance.items()}


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(rss(*posts(19, 30), name="renamed"), id="a known post is in it"),
        pytest.param(other_feed(1, 2).replace("The casino", "The news"), id="the title is that of before"),
        pytest.param(
            other_feed(1, 2).replace("https://casino.example/<", "https://news.example/<"), id="the page is"
        ),
    ],
)
def test_t8_a_source_that_only_changed_its_name_or_its_page_is_no_other_feed(
    instance: Instance, document: str
) -> None:
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    instance.write("news.xml", document)
    report = instance.run("--force", now=LATER)["sources"][0]
    assert (report["detail"], report["flood"]) == ("", 0)


def test_t8_who_holds_nothing_back_is_told_all_the_same(instance: Instance) -> None:
    instance.write("config.yaml", "sources: {news: {url: news.xml, flood: 0}}\n")
    tell(instance, *OLD, now="2026-03-02T12:00:00Z")
    instance.write("news.xml", other_feed(1))
    done = instance.feedbraid("run", "--force", now=LATER)
    assert "news: it is another feed now, 'The casino' in place of 'The news'" in done.stderr
    assert "https://casino.example/1" in {item["url"] for item in instance.items()}
