"""`feedbraid import FILE`, as a user runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from feedbraid.config import load_config
from feedbraid.settings import Config
from inside import Inside
from program import Instance

OPML = """\
<opml version="2.0"><head><title>My list</title><ownerName>Ann</ownerName></head><body>
<outline text="Tech">
<outline text="Ann" xmlUrl="https://ann.example/feed"/>
<outline text="美国之音" xmlUrl="https://www.voachinese.com/api/epiqq"/>
</outline>
<outline text="no" xmlUrl="https://no.example/feed"/>
<outline text="Bad" xmlUrl="ftp://bad.example/"/>
</body></opml>
"""
NO_SCHEME = "does not begin with https:// or http://, and nothing else can be asked"
MINE = "# mine\nsources:\n  ann: http://ann.example/feed   # Ann\n\nfeeds:\n  tech: {from: [ann], title: 'Tech'}\n"


@pytest.fixture
def mine(tmp_path: Path) -> Instance:
    instance = Inside(tmp_path)
    instance.write("list.opml", OPML)
    return instance


def text(instance: Instance) -> str:
    return (instance.folder / "config.yaml").read_text(encoding="utf-8")


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]


def test_a_list_makes_a_configuration_where_there_is_none(mine: Instance) -> None:
    done = mine.feedbraid("import", "list.opml")
    assert done.returncode == 0, done.stderr
    assert text(mine) == (
        "site:\n  title: My list\n  author: Ann\n\n"
        "sources:\n"
        "  ann:\n    url: https://ann.example/feed\n    title: Ann\n"
        "  voachinese:\n    url: https://www.voachinese.com/api/epiqq\n    title: 美国之音\n"
        '  "no": https://no.example/feed\n\n'
        "feeds:\n  all: {}\n  tech:\n    title: Tech\n    from: [ann, voachinese]\n"
    )
    assert lines(done) == [
        "feedbraid: list.opml: 3 sources added to a new config.yaml, 1 left out",
        "feedbraid: the feed all is new and shows everything",
        "feedbraid: the feed tech is new and shows 2 sources",
        f"list.opml:7: Bad is left out: 'ftp://bad.example/' {NO_SCHEME}",
    ]
    config = load_config(mine.folder / "config.yaml")
    assert [spec.name for spec in config.sources] == ["ann", "voachinese", "no"]


def test_a_second_import_changes_nothing(mine: Instance) -> None:
    mine.feedbraid("import", "list.opml")
    before = text(mine)
    done = mine.feedbraid("import", "list.opml")
    assert text(mine) == before
    assert lines(done)[0] == "feedbraid: list.opml: 0 sources added, 3 there already, 1 left out"


def test_what_is_there_stays_as_it_is_and_is_only_added_to(mine: Instance) -> None:
    mine.write("config.yaml", MINE)
    done = mine.feedbraid("import", "list.opml")
    assert done.returncode == 0, done.stderr
    after = text(mine)
    assert after == MINE.replace("[ann]", "[ann, voachinese]").replace(
        "# Ann\n",
        "# Ann\n  voachinese:\n    url: https://www.voachinese.com/api/epiqq\n    title: 美国之音\n"
        '  "no": https://no.example/feed\n',
    )
    assert lines(done)[-1] == (
        "feedbraid: no feed shows no: each names what it shows; the same command with --feed adds to one (tech)"
    )


def test_all_may_go_into_one_feed(mine: Instance) -> None:
    mine.write("config.yaml", MINE)
    mine.feedbraid("import", "list.opml", "--feed", "tech")
    assert '{from: [ann, voachinese, "no"], title' in text(mine)
    assert mine.feedbraid("import", "list.opml", "--feed", "Tech").returncode == 2


ROUND = """\
site: {title: My planet, author: Ann}
sources:
  voa: {url: "https://voa.example/?a=1&b=2", title: 美国之音}
  ann: https://ann.example/feed
  "no": {url: "https://no.example/f", title: "Über & <Co>"}
  file: x.xml
  loose: https://loose.example/f
feeds:
  most: {from: [voa, ann, "no"]}
  tech: {title: "Tech: all & more", from: [ann, voa]}
"""


def test_what_goes_out_as_opml_comes_back(tmp_path: Path) -> None:
    """Sources with their addresses, titles and order, and who shows them.

    Not what OPML can not say: names beside titles, a file of this machine. A feed of everything is there besides,
    since folders may not have all; and sources that no feed shows are in a folder that says so.
    """
    mine, other = Inside(tmp_path), Inside(tmp_path / "other")
    mine.write("config.yaml", ROUND)
    other.folder.mkdir()
    assert mine.feedbraid("export", "--opml", "list.opml").returncode == 0
    assert other.feedbraid("import", "../list.opml").returncode == 0
    before, after = (load_config(one.folder / "config.yaml") for one in (mine, other))
    assert (after.site.title, after.site.author) == ("My planet", "Ann")
    places = [spec.locations for spec in before.sources if spec.kind == "web"]
    assert [spec.locations for spec in after.sources] == places
    titles = [spec.title for spec in before.sources if spec.kind == "web"]
    assert [spec.title for spec in after.sources] == titles

    def shown(config: Config) -> dict[str, list[tuple[str, ...]]]:
        known = {spec.name: spec.locations for spec in config.sources}
        return {spec.title: [known[name] for name in spec.origins] for spec in config.feeds}

    folders = shown(before)
    folders["most"] = folders.pop("My planet")
    assert shown(after) == {"My planet": places, **folders, "In no feed": [("https://loose.example/f",)]}
    again = other.feedbraid("import", "../list.opml")
    assert lines(again)[0] == "feedbraid: ../list.opml: 0 sources added, 4 there already"
    assert len(lines(again)) == 1


def test_a_dry_run_writes_nothing(mine: Instance) -> None:
    done = mine.feedbraid("import", "list.opml", "--dry-run")
    assert not (mine.folder / "config.yaml").exists()
    assert lines(done)[0] == ("feedbraid: list.opml: 3 sources would be added to a new config.yaml, 1 left out")


def test_a_file_may_be_read_as_something_else(mine: Instance) -> None:
    mine.write("list.txt", "[x]\nhttps://a.example/feed Ann\n")
    assert mine.feedbraid("import", "list.txt").returncode == 1
    done = mine.feedbraid("import", "list.txt", "--as", "list")
    assert done.returncode == 0
    assert "  ann:\n    url: https://a.example/feed" in text(mine)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "import: name a file"),
        (["none.opml"], "none.opml: No such file"),
        (["config.yaml"], "config.yaml: there is no source in it"),
        (["list.opml", "--feed", "admin"], "--feed: a feed can not be called 'admin'"),
    ],
)
def test_what_is_wrong_is_told(mine: Instance, arguments: list[str], words: str) -> None:
    mine.write("config.yaml", "# nothing yet\n")
    done = mine.feedbraid("import", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert text(mine) == "# nothing yet\n"


def test_a_list_of_nothing_usable_is_an_error(mine: Instance) -> None:
    mine.write("list.txt", "ftp://a.example/\n")
    done = mine.feedbraid("import", "list.txt")
    assert done.returncode == 1
    assert not (mine.folder / "config.yaml").exists()


def test_a_configuration_with_mistakes_stays_and_they_are_named(mine: Instance) -> None:
    mine.write("config.yaml", "sources:\n  a: x.xml\nsite:\n  titel: T\n")
    done = mine.feedbraid("import", "list.opml")
    assert done.returncode == 2
    assert "config.yaml:4:3: site.titel: there is no setting 'titel' here" in done.stderr


def test_a_thousand_sources_are_readable_and_load(mine: Instance) -> None:
    sources = "\n".join(
        f'<outline text="站 {number} &amp; Co: no" xmlUrl="https://s{number}.example/f"/>'
        for number in range(1000)
    )
    mine.write("big.opml", f'<opml version="2.0"><body><outline text="Big">{sources}</outline></body></opml>')
    done = mine.feedbraid("import", "big.opml")
    assert done.returncode == 0
    config = load_config(mine.folder / "config.yaml")
    assert len(config.sources) == 1000
    assert config.sources[999].title == "站 999 & Co: no"
    assert max(map(len, text(mine).splitlines())) <= 115
