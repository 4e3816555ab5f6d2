"""`export`: posts as seed files that another instance publishes alike, and the list of sources."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from program import MOMENT, Instance

ITEM = (
    "<item><title>{title}</title><link>https://news.example/{n}</link><guid isPermaLink='false'>g{n}</guid>"
    "<pubDate>Mon, 0{n} Mar 2026 0{n}:00:00 GMT</pubDate><description>&lt;p&gt;Text {n} {{{{ x }}}}&lt;/p&gt;"
    "</description></item>"
)
RSS = (
    '<rss version="2.0"><channel><title>News</title><link>https://news.example/</link><copyright>All</copyright>'
    "{items}</channel></rss>"
)


def document(*titles: str) -> str:
    return RSS.format(items="".join(ITEM.format(n=n, title=title) for n, title in enumerate(titles, 1)))


CONFIG = """
site: {title: Ours, url: "https://out.example/"}
sources: {news: news.xml}
seeds: {posts: seeds/}
feeds:
  all: {title: All}
  some: {title: Some, filters: [{drop: {title: Two}}, {retitle: {prefix: "+ "}}]}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance with three posts of a source, one of which is also a seed."""
    made = Instance(tmp_path / "one")
    made.write("config.yaml", CONFIG)
    made.write("news.xml", document("One", "Two", "Three"))
    made.write("seeds/one.md", "---\ntitle: Our one\nfrom: https://news.example/1\ndate: 2026-03-01\n---\nMine")
    made.run()
    return made


def exported(instance: Instance, *arguments: str, code: int = 0) -> tuple[str, str]:
    done = instance.feedbraid("export", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- posts ------------------------------------------------------------------------------------------------


def test_every_post_becomes_one_file_as_it_wins(instance: Instance) -> None:
    out, _ = exported(instance, "--posts", "out/")
    assert out == "feedbraid: wrote 3 posts to out/\n"
    folder = instance.folder / "out"
    assert names(folder) == ["2026-03-01-our-one.md", "2026-03-02-two.md", "2026-03-03-three.md"]
    assert "<p>Mine</p>" in (folder / "2026-03-01-our-one.md").read_text()
    assert "source: { title: News" in (folder / "2026-03-02-two.md").read_text()


def test_a_second_time_nothing_is_written(instance: Instance) -> None:
    exported(instance, "--posts", "out")
    before = {path: path.stat().st_mtime_ns for path in (instance.folder / "out").iterdir()}
    out, _ = exported(instance, "--posts", "out", "--force")
    assert out == "feedbraid: wrote 0 posts to out/, 3 were there already\n"
    assert {path: path.stat().st_mtime_ns for path in (instance.folder / "out").iterdir()} == before


def test_a_file_that_differs_is_named_and_left_alone_unless_by_force(instance: Instance) -> None:
    exported(instance, "--posts", "out")
    edited = instance.write("out/2026-03-02-two.md", "mine")
    out, err = exported(instance, "--posts", "out", code=1)
    assert out == "feedbraid: wrote 0 posts to out/, 2 were there already, 1 differ\n"
    assert err == (
        "feedbraid: out/2026-03-02-two.md differs from the post, and stays as it is; --force writes over it\n"
    )
    assert edited.read_text() == "mine"
    exported(instance, "--posts", "out", "--force")
    assert edited.read_text() != "mine"


def test_a_feed_is_exported_as_it_is_published_and_a_source_as_it_speaks(instance: Instance) -> None:
    exported(instance, "--posts", "feed", "--feed", "some")
    texts = [path.read_text() for path in sorted((instance.folder / "feed").iterdir())]
    assert [line for text in texts for line in text.split("\n") if line.startswith("title")] == [
        'title: "+ Our one"',
        'title: "+ Three"',
    ]
    exported(instance, "--posts", "source", "--source", "news")
    assert names(instance.folder / "source") == [
        f"2026-03-0{n}-{t}.md" for n, t in ((1, "one"), (2, "two"), (3, "three"))
    ]


def test_who_exports_among_the_seeds_is_told_what_comes_of_it(instance: Instance) -> None:
    _, told = exported(instance, "--posts", "seeds/kept")
    assert (
        "seeds/kept is in the seeds 'posts': at the next run these posts stand for those of their sources" in told
    )
    _, told = exported(instance, "--posts", "kept")
    assert told == ""


def test_a_rehearsal_writes_nothing(instance: Instance) -> None:
    out, _ = exported(instance, "--posts", "out", "--dry-run")
    assert out == "feedbraid: would write 3 posts to out/\n"
    assert not (instance.folder / "out").exists()


def test_posts_that_are_held_back_are_left_out_and_counted(instance: Instance) -> None:
    instance.write("seeds/later.md", "---\ntitle: Later\nfrom: https://a.example/l\ndate: 2027-01-01\n---\nText")
    instance.run()
    out, _ = exported(instance, "--posts", "out")
    assert out == "feedbraid: wrote 3 posts to out/, 1 held back until later, left out\n"


def test_posts_of_one_day_and_title_are_told_apart_whatever_the_order(tmp_path: Path) -> None:
    one = Instance(tmp_path)
    one.write("config.yaml", "seeds: {posts: seeds/}\n")
    for n in (1, 2):
        one.write(
            f"seeds/{n}.md", f"---\ntitle: Same\nfrom: https://a.example/{n}\ndate: 2026-03-01\n---\nText {n}"
        )
    one.run()
    exported(one, "--posts", "out")
    found = names(one.folder / "out")
    assert len(found) == 2
    assert all(name.startswith("2026-03-01-same-") for name in found)


def test_another_instance_publishes_the_same_from_what_was_exported(instance: Instance, tmp_path: Path) -> None:
    exported(instance, "--posts", "../posts")
    other = Instance(tmp_path / "other")
    other.write("config.yaml", CONFIG.replace("sources: {news: news.xml}\n", ""))
    (other.folder / "seeds").mkdir()
    done = other.feedbraid("import", "--posts", "../posts")
    assert done.returncode == 0, done.stderr
    other.run(now="2026-03-09T12:00:00Z")
    for feed in ("all", "some"):
        assert other.items(feed) == instance.items(feed)
    one, two = (each.outputs()["all/atom.xml"].decode().split("<entry>")[1:] for each in (instance, other))
    assert two == [
        re.sub(r'<link [^>]*rel="via"[^>]*/>\n', "", part) for part in one
    ]  # who else had it is no part of a post


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "config.yaml: say what is wanted: posts with --posts DIR, the list of sources with --opml\n"),
        (("--opml", "--feed", "all"), "config.yaml: --feed: it chooses posts; say where they go: --posts DIR\n"),
        (("--posts", "o", "--feed", "al"), "config.yaml: --feed: there is no feed 'al'; did you mean 'all'?\n"),
        (
            ("--posts", "o", "--source", "x"),
            "config.yaml: --source: there is no source 'x'; there are: posts, news\n",
        ),
    ],
)
def test_what_can_not_be_meant_is_said(instance: Instance, arguments: tuple[str, ...], message: str) -> None:
    assert exported(instance, *arguments, code=2) == ("", message)


def test_before_the_first_run_there_is_nothing_to_export_and_no_store_is_made(tmp_path: Path) -> None:
    one = Instance(tmp_path)
    one.write("config.yaml", CONFIG)
    one.write("news.xml", document("One"))
    (tmp_path / "seeds").mkdir()
    _, err = exported(one, "--posts", "out", code=2)
    assert err == "config.yaml: there are no posts yet to export; run `feedbraid run` first\n"
    assert not (tmp_path / ".feedbraid").exists()


def test_a_folder_that_can_not_be_made_ends_with_4(instance: Instance) -> None:
    instance.write("file", "")
    _, err = exported(instance, "--posts", "file", code=4)
    assert err.startswith("feedbraid: file: ")


# --- the list of sources ----------------------------------------------------------------------------------

LISTED = """
site: {title: Ours, author: Ann}
sources:
  voa: https://voa.example/feed
  token: https://t.example/feed?token=abcdef0123456789
  user: https://u.example/feed
  local: news.xml
  spare: {url: "https://spare.example/feed", title: Spare}
feeds:
  first: {title: First, from: [voa, token]}
  second: {from: [voa, user, local]}
"""


def test_the_list_of_sources_has_a_folder_for_each_feed_and_no_secret(tmp_path: Path) -> None:
    one = Instance(tmp_path)
    one.write("config.yaml", LISTED)
    out, err = exported(one, "--opml")
    root = ET.fromstring(out)  # noqa: S314  # our own document
    assert (root.attrib, root.findtext("head/title")) == ({"version": "2.0"}, "Ours")
    folders = {
        outline.attrib["text"]: [inner.attrib["xmlUrl"] for inner in outline]
        for outline in root.findall("body/outline")
    }
    assert folders == {
        "First": ["https://voa.example/feed", "https://t.example/feed"],
        "second": ["https://voa.example/feed", "https://u.example/feed"],
        "In no feed": ["https://spare.example/feed"],
    }
    assert "abcdef" not in out
    assert err.splitlines() == [
        "feedbraid: token: its address has a secret in it, which is left out of the list",
        "feedbraid: local: it is a file here, and no address on the web: it is not in the list",
    ]
    assert not (tmp_path / ".feedbraid").exists()


def test_the_list_is_written_to_a_file_and_never_over_another(tmp_path: Path) -> None:
    one = Instance(tmp_path)
    one.write("config.yaml", LISTED)
    assert exported(one, "--opml", "a.opml")[0] == "feedbraid: wrote 4 sources to a.opml\n"
    assert exported(one, "--opml", "a.opml")[0] == "feedbraid: a.opml is as before\n"
    one.write("a.opml", "mine")
    _, err = exported(one, "--opml", "a.opml", code=1)
    assert err.splitlines()[-1] == "feedbraid: a.opml differs, and stays as it is; --force writes over it"
    assert (tmp_path / "a.opml").read_text() == "mine"


def test_what_was_listed_can_be_imported(tmp_path: Path) -> None:
    one, other = Instance(tmp_path / "one"), Instance(tmp_path / "other")
    one.write("config.yaml", LISTED)
    other.write("config.yaml", "site: {title: Other}\n")
    exported(one, "--opml", "../a.opml")
    done = other.feedbraid("import", "../a.opml")
    assert done.returncode == 0, done.stdout + done.stderr
    listed = exported(other, "--opml")[0]
    assert "https://voa.example/feed" in listed
    assert MOMENT not in listed
