"""`import --posts`: the posts of a site become seeds, byte for byte, and what can not be one is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from program import Instance

CONFIG = 'site: {title: Ours, url: "https://out.example/"}\nseeds: {posts: seeds/, more: {path: more/}}\n'

POST = """\
---
layout: post
title: "{title}"
date: 2026-02-0{n}T10:00:00.000Z
author: Ann
from: https://news.example/{n}
tags: [ news ]
categories: [ news ]
---
<!--177000000000{n}-->
[{title}](https://news.example/{n})
------

<div>
<p>Text {n}</p>
</div>
"""


def post(n: int, title: str = "A post") -> str:
    return POST.format(n=n, title=title)


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """An instance with two empty folders of seeds."""
    made = Instance(tmp_path / "own")
    made.write("config.yaml", CONFIG)
    for name in ("seeds", "more"):
        (made.folder / name).mkdir()
    return made


def imported(instance: Instance, *arguments: str, code: int = 0) -> tuple[str, str]:
    done = instance.feedbraid("import", "--posts", *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout, done.stderr


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def site(instance: Instance) -> Path:
    """Write a checkout of a Jekyll site beside the instance."""
    folder = instance.folder.parent / "site"
    checkout = Instance(folder)
    checkout.write("_posts/2026-02-01-a.md", post(1))
    checkout.write("_posts/old/2026-02-02-b.md", post(2).replace("\n", "\r\n"))
    checkout.write("news/_posts/2026-02-03-c.html", post(3))
    checkout.write("_posts/2026-02-04-d.md", "---\ntitle: a\nb: *x\nc: &x 1\n---\nText")
    checkout.write("_posts/2026-02-05-e.md", "no post")
    checkout.write("about.md", post(6))
    checkout.write("_layouts/post.html", "<html>")
    checkout.write(".git/x.md", post(7))
    checkout.write("_posts/README.md", "x")
    return folder


def test_the_posts_of_a_site_are_copied_byte_for_byte_and_the_others_named(instance: Instance) -> None:
    folder = site(instance)
    out, err = imported(instance, "../site")
    assert files(instance.folder / "seeds") == {
        "2026-02-01-a.md": (folder / "_posts/2026-02-01-a.md").read_bytes(),
        "old/2026-02-02-b.md": (folder / "_posts/old/2026-02-02-b.md").read_bytes(),
        "news/2026-02-03-c.html": (folder / "news/_posts/2026-02-03-c.html").read_bytes(),
    }
    assert out == (
        "feedbraid: copied 3 posts to seeds/, 2 files can not be used; run `feedbraid build` to publish them\n"
    )
    assert [line.partition(": ")[2].partition(": ")[0] for line in err.splitlines()] == [
        "../site/_posts/2026-02-04-d.md:3",
        "../site/_posts/2026-02-05-e.md:1",
    ]
    instance.run()
    assert len(instance.items()) == 3


def test_a_second_time_nothing_is_copied_and_a_differing_file_is_never_overwritten(instance: Instance) -> None:
    site(instance)
    imported(instance, "../site")
    mine = instance.write("seeds/2026-02-01-a.md", post(1, "Edited"))
    out, err = imported(instance, "../site", code=1)
    assert out.startswith(
        "feedbraid: copied 0 posts to seeds/, 2 were there already, 1 differ from a file of the same name, 2 files"
    )
    assert "feedbraid: ../site/_posts/2026-02-01-a.md: seeds/2026-02-01-a.md is another post" in err
    assert "Edited" in mine.read_text()


def test_posts_that_share_an_address_are_counted(instance: Instance) -> None:
    given = Instance(instance.folder.parent / "given")
    for name in ("a", "b", "c"):
        given.write(f"{name}.md", post(1))
    given.write("d.md", post(2))
    out, _ = imported(instance, "../given")
    assert "; 3 posts share an address with another: the newest is published; run" in out


def test_a_rehearsal_copies_nothing(instance: Instance) -> None:
    site(instance)
    out, _ = imported(instance, "../site", "--dry-run")
    assert out == "feedbraid: would copy 3 posts to seeds/, 2 files can not be used\n"
    assert files(instance.folder / "seeds") == {}


def test_the_folder_of_seeds_can_be_named(instance: Instance) -> None:
    site(instance)
    imported(instance, "../site", "--name", "more")
    assert len(files(instance.folder / "more")) == 3
    _, err = imported(instance, "../site", "--name", "mroe", code=2)
    assert err == "config.yaml: there are no seeds 'mroe'; did you mean 'more'?\n"


def test_links_are_not_followed(instance: Instance) -> None:
    folder = instance.folder.parent / "given"
    folder.mkdir()
    (folder / "a.md").symlink_to("/etc/hostname")
    assert imported(instance, "../given")[0] == "feedbraid: copied 0 posts to seeds/\n"


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("nowhere", "nowhere: there is no such folder of posts\n"),
        ("seeds", "seeds: it is where the seeds posts are read from; there is nothing to import\n"),
    ],
)
def test_what_can_not_be_meant_is_said(instance: Instance, place: str, message: str) -> None:
    assert imported(instance, place, code=2) == ("", message)


# --- from one instance to the next ------------------------------------------------------------------------


def moved(tmp_path: Path, posts: Path) -> tuple[Instance, Instance]:
    """Import posts, export them, and import them again into another instance; give both."""
    one, other = Instance(tmp_path / "one"), Instance(tmp_path / "other")
    for each, given in ((one, str(posts)), (other, "../exported")):
        each.write("config.yaml", CONFIG.replace(", more: {path: more/}", ""))
        (each.folder / "seeds").mkdir()
        done = each.feedbraid("import", "--posts", given)
        assert done.returncode == 0, done.stderr
        each.run()
        done = each.feedbraid("export", "--posts", "../exported" if each is one else "../again")
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
    assert files(tmp_path / "again") == files(tmp_path / "exported")
    return one, other


def test_posts_that_move_from_instance_to_instance_are_published_alike(tmp_path: Path) -> None:
    given = Instance(tmp_path / "posts")
    for n in range(300):
        given.write(f"{n:03}.md", POST.format(title=f"Post {n}", n=n).replace(f"02-0{n}", f"02-{1 + n % 28:02}"))
    one, other = moved(tmp_path, tmp_path / "posts")
    assert other.outputs() == one.outputs()
    assert len(files(tmp_path / "exported")) == 300


@pytest.mark.corpus
def test_the_seeds_of_the_corpus_move_unharmed(tmp_path: Path, corpus: Path) -> None:
    shutil.copytree(corpus / "seeds", tmp_path / "posts")
    one, other = moved(tmp_path, tmp_path / "posts")
    assert other.items() == one.items()
    assert other.outputs() == one.outputs()
