from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbraid.directory import CATEGORIES
from feedbraid.model import Episode, RawPerson, RawPodcast, Show
from feedbraid.podcast import MAIL, read_episode, read_show, seconds
from program import Instance

BASE = "https://trees.example/blog/"


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        pytest.param("1:02:03", 3723, id="hours, minutes, seconds"),
        pytest.param("01:02:03", 3723, id="with zeros in front"),
        pytest.param("62:03", 3723, id="minutes and seconds"),
        pytest.param("3723", 3723, id="seconds"),
        pytest.param("3723.5", 3723, id="a fraction is cut"),
        pytest.param("3723.123456789012345", 3723, id="a long fraction"),
        pytest.param("00:00:59.9", 59, id="a fraction behind colons"),
        pytest.param(" 7 ", 7, id="blanks around it"),
        pytest.param("0", 0, id="zero is not stated"),
        pytest.param("", 0, id="nothing"),
        pytest.param("-5", 0, id="negative"),
        pytest.param("1:2:3:4", 0, id="four parts"),
        pytest.param("1::3", 0, id="an empty part"),
        pytest.param(":", 0, id="a colon"),
        pytest.param("about an hour", 0, id="words"),
        pytest.param("1e3", 0, id="an exponent"),
        pytest.param("٣٠", 0, id="digits of another script"),
        pytest.param("9" * 5_000, 0, id="too long to be a number"),
    ],
)
def test_n68_a_duration_is_read_in_seconds(stated: str, expected: int) -> None:
    assert seconds(stated) == expected


@given(st.text(alphabet="0123456789:.- x", max_size=20))
def test_any_text_is_a_duration_or_none(stated: str) -> None:
    assert seconds(stated) >= 0


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        *((word, True) for word in ("yes", "true", "explicit", "Yes", " TRUE ")),
        *((word, False) for word in ("no", "false", "clean", "Clean")),
        *((word, None) for word in ("", "maybe", "0")),
    ],
)
def test_n68_explicit_has_many_words(stated: str, expected: bool | None) -> None:  # noqa: FBT001  # an expectation
    show = read_show(RawPodcast(author="Ann", explicit=stated), BASE)
    assert show is not None
    assert show.explicit is expected


def test_n68_an_episode_is_read_whole() -> None:
    raw = RawPodcast(
        duration="10:00",
        season="2",
        episode=" 14 ",
        kind="Trailer",
        explicit="no",
        image="../14.jpg",
        author="Ann",
    )
    assert read_episode(raw, BASE) == Episode(
        duration=600, season=2, number=14, kind="trailer", explicit=False, image="https://trees.example/14.jpg"
    )


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(None, id="nothing stated"),
        pytest.param(RawPodcast(author="Ann"), id="an author, who stands with the entry"),
        pytest.param(RawPodcast(season="one", episode="0", duration="?"), id="no numbers"),
        pytest.param(RawPodcast(season="-1", episode="1.5"), id="other numbers"),
        pytest.param(RawPodcast(kind="special", explicit="perhaps"), id="unknown words"),
        pytest.param(RawPodcast(kind="episodic"), id="a kind of show"),
        pytest.param(RawPodcast(image="file:///etc/passwd"), id="an image that is on no web"),
    ],
)
def test_n68_what_can_not_be_used_makes_no_episode(raw: RawPodcast | None) -> None:
    assert read_episode(raw, BASE) is None


def test_n68_a_show_is_read_whole() -> None:
    raw = RawPodcast(
        author="Ann &amp; Ben",
        owner=RawPerson(name="Trees Ltd", email="podcast@trees.example"),
        categories=(("Society &amp; Culture", "Documentary"), ("Arts", "")),
        image="/cover.jpg",
        explicit="clean",
        kind="Serial",
    )
    assert read_show(raw, BASE) == Show(
        author="Ann & Ben",
        owner="Trees Ltd",
        email="podcast@trees.example",
        categories=(("Society & Culture", "Documentary"), ("Arts", "")),
        image="https://trees.example/cover.jpg",
        explicit=False,
        kind="serial",
    )


def test_n52_n53_name_and_mail_address_of_an_owner_are_told_apart() -> None:
    owner = RawPerson(name="o@trees.example (Olga)", email="o@trees.example")
    show = read_show(RawPodcast(author="a@trees.example", owner=owner), BASE)
    assert show == Show(owner="Olga", email="o@trees.example")
    assert read_show(RawPodcast(owner=RawPerson(name="Olga", email="o@localhost")), BASE) == Show(owner="Olga")


def test_n68_what_a_podcast_lacks_is_named() -> None:
    assert Show().missing == ("categories", "image", "explicit", "email")
    assert Show(categories=(("Arts", ""),), image=BASE, explicit=False, email="o@trees.example").missing == ()


def test_n68_only_categories_that_directories_know_are_kept() -> None:
    stated = (("Technology", "Podcasting"), ("Technology", ""), ("Games & Hobbies", "Hobbies"), ("", "Arts"))
    show = read_show(RawPodcast(categories=(*stated, ("Arts", "Food"), ("Arts", "Food"))), BASE)
    assert show == Show(categories=(("Technology", ""), ("Arts", "Food")))


def test_the_table_of_categories_names_each_part_once() -> None:
    parts = [part for under in CATEGORIES.values() for part in under]
    assert (len(CATEGORIES), len(parts), len(set(parts))) == (19, 90, 90)


@pytest.mark.parametrize("raw", [None, RawPodcast(), RawPodcast(duration="5", kind="full")])
def test_n68_what_says_nothing_of_a_show_makes_none(raw: RawPodcast | None) -> None:
    assert read_show(raw, BASE) is None


# --- published --------------------------------------------------------------------------------------------

SHOW = """<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>Trees</title>
<link>https://trees.example/</link><language>en</language><itunes:explicit>no</itunes:explicit>
<itunes:owner><itunes:email>ann@trees.example</itunes:email></itunes:owner><itunes:category text="Arts"/>
<itunes:image href="/cover.jpg"/><item><title>One</title><link>https://trees.example/1</link>
<enclosure url="/1.mp3" type="audio/mpeg" length="9"/><itunes:duration>1:00</itunes:duration></item></channel>
</rss>"""


@pytest.mark.parametrize(
    ("setting", "written"),
    [
        pytest.param("podcast: true", ["ann@trees.example", "<itunes:duration>60<", 'text="Arts"'], id="as it is"),
        pytest.param("podcast: {email: me@example.org}", ["me@example.org", 'text="Arts"'], id="own words win"),
        pytest.param("podcast: {categories: [News > Politics]}", ['text="Politics"'], id="own category"),
        pytest.param("podcast: false", [], id="declared none"),
        pytest.param("limit: 9", [], id="not declared"),
    ],
)
def test_n68_a_podcast_is_what_is_declared_one(tmp_path: Path, setting: str, written: list[str]) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", f"sources: {{trees: trees.xml}}\nfeeds: {{trees: {{{setting}}}}}\n")
    instance.write("trees.xml", SHOW)
    instance.run()
    rss = instance.outputs()["trees/rss.xml"].decode()
    assert [words for words in written if words not in rss] == []
    assert ("itunes" in rss) == bool(written)
    assert "@" not in instance.outputs()["trees/atom.xml"].decode()


def test_n68_a_podcast_that_lacks_something_is_published_without_and_says_so(tmp_path: Path) -> None:
    instance = Instance(tmp_path)
    instance.write("config.yaml", "sources: {trees: trees.xml}\nfeeds: {trees: {podcast: true}}\n")
    instance.write("trees.xml", SHOW.replace('<itunes:category text="Arts"/>', "").replace("en</l", "</l"))
    for command in ("run", "build"):
        done = instance.feedbraid(command)
        assert "not published as a podcast yet: state its categories, language in the configuration" in done.stderr
    assert b"itunes" not in instance.outputs()["trees/rss.xml"]


@pytest.mark.parametrize(
    ("mail", "taken"),
    [
        ("me@example.org", True),
        ("first.last+tag@mail.example.co.uk", True),
        ("o@h.-x", False),
        (".o@h.example", False),
        ("a..b@h.example", False),
        ("a@-h.example", False),
        ("a@h.example.", False),
        ("a@h..example", False),
        ("a@localhost", False),
    ],
)
def test_n53_only_an_address_that_directories_take_is_a_mail_address(mail: str, taken: bool) -> None:  # noqa: FBT001  # a column
    assert (MAIL.fullmatch(mail) is not None) is taken


@pytest.mark.parametrize("host", ["my_cdn.example.com", "localhost", "[::1]", "h.-x", "cdn.example."])
def test_n68_a_cover_that_players_refuse_is_missing(tmp_path: Path, host: str) -> None:
    cover = f'<itunes:image href="http://{host}/c.jpg"/>'
    (tmp_path / "show.xml").write_text(BARE_SHOW.replace("<item>", f"{cover}<item>", 1), encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        "site: {language: en}\nsources: {show: show.xml}\nfeeds: {all: {podcast: true}}\n", encoding="utf-8"
    )
    done = Instance(tmp_path).feedbraid("run")
    assert done.returncode == 0, done.stderr
    assert "image" in done.stdout + done.stderr
    assert b"itunes" not in (tmp_path / "feeds/all/rss.xml").read_bytes()


BARE_SHOW = """<?xml version="1.0"?><rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel>
<title>Show</title><link>https://show.example/</link><description>Words</description>
<item><title>One</title><link>https://show.example/1</link></item></channel></rss>"""
