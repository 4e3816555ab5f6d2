"""Seeds, the configuration and feed files are watched: what is saved is read at once."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from watchfiles import Change

from feedbraid.config import load_config
from feedbraid.watch import Changed, Watched, Watcher, meaning, what_to_watch
from program import Instance

SEEDS = Changed(seeds=True)
NOTHING = Changed()

CONFIG = """
sources: {news: feeds.d/news.xml, web: "https://news.example/"}
seeds:
  posts: seeds/
  notes: {path: ["notes/*/note-*.txt", one.md]}
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    made = Instance(tmp_path.resolve())
    made.write("config.yaml", CONFIG)
    for name in ("seeds/1.md", "notes/a/note-1.txt", "one.md", "feeds.d/news.xml"):
        made.write(name, "text")
    return made


def about(instance: Instance) -> Watched:
    file = instance.folder / "config.yaml"
    return what_to_watch(load_config(file), file)


# --- what a change means ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path", "meant"),
    [
        pytest.param(Change.added, "seeds/new.md", SEEDS, id="a seed"),
        pytest.param(Change.modified, "seeds/2026/old.HTML", SEEDS, id="one below, with large letters"),
        pytest.param(Change.deleted, "seeds/1.md", SEEDS, id="one that is deleted"),
        pytest.param(Change.added, "notes/b/note-2.txt", SEEDS, id="one that a glob names"),
        pytest.param(Change.modified, "one.md", SEEDS, id="one that is named alone"),
        pytest.param(Change.modified, "config.yaml", Changed(config=True), id="the configuration"),
        pytest.param(Change.added, "feeds.d/news.xml", Changed(sources=frozenset({"news"})), id="a feed file"),
        pytest.param(Change.deleted, "seeds/2025", SEEDS, id="what may have been a folder"),
        pytest.param(Change.added, "seeds/..data", SEEDS, id="Kubernetes turns a link among the seeds"),
        pytest.param(
            Change.added, "..data", Changed(config=True, seeds=True), id="Kubernetes turns a link beside the files"
        ),
        pytest.param(Change.added, "two.md", NOTHING, id="a file beside"),
        pytest.param(Change.added, "notes/b/other.txt", NOTHING, id="one that the glob does not name"),
        pytest.param(Change.modified, "seeds", NOTHING, id="the folder itself"),
        pytest.param(Change.modified, "seeds/2026", NOTHING, id="a folder in which something happened"),
        pytest.param(Change.added, "seeds/.1.md.swp", NOTHING, id="Vim's other file"),
        pytest.param(Change.added, "seeds/4913", NOTHING, id="Vim tries whether it may"),
        pytest.param(Change.deleted, "seeds/4913", NOTHING, id="and that it may"),
        pytest.param(Change.added, "seeds/1.md~", NOTHING, id="a backup"),
        pytest.param(Change.added, "seeds/#1.md#", NOTHING, id="Emacs' other file"),
        pytest.param(Change.added, "seeds/.#1.md", NOTHING, id="Emacs' lock"),
        pytest.param(Change.added, "seeds/1.md.tmp", NOTHING, id="a part"),
        pytest.param(Change.added, "seeds/sedAb12cd", NOTHING, id="sed's other file"),
        pytest.param(Change.added, "seeds/.git/index.md", NOTHING, id="a hidden folder"),
        pytest.param(Change.added, "seeds/_drafts/1.md", NOTHING, id="drafts"),
        pytest.param(Change.added, "seeds/README.md", NOTHING, id="what tells about the folder"),
        pytest.param(Change.modified, "feeds/all/atom.xml", NOTHING, id="what we write ourselves"),
        pytest.param(Change.modified, ".feedbraid/state.db", NOTHING, id="the store"),
    ],
)
def test_a_change_means(instance: Instance, kind: Change, path: str, meant: Changed) -> None:
    assert meaning(about(instance), [(kind, str(instance.folder / path))]) == meant


def test_a_folder_that_comes_as_a_whole_means_seeds(instance: Instance) -> None:
    (instance.folder / "seeds/2026").mkdir()
    assert meaning(about(instance), [(Change.added, str(instance.folder / "seeds/2026"))]) == SEEDS


def test_our_own_pages_mean_nothing_where_they_lie_among_seeds(instance: Instance) -> None:
    instance.write("config.yaml", "seeds: {posts: .}\n")
    page, seed = instance.folder / "feeds/all/index.html", instance.folder / "blog/post.html"
    assert meaning(about(instance), [(Change.modified, str(page))]) == NOTHING
    assert meaning(about(instance), [(Change.modified, str(seed))]) == SEEDS


def test_seeds_that_lie_among_what_we_write_still_count(instance: Instance) -> None:
    instance.write("config.yaml", "seeds: {posts: public/seeds}\noutput: public\n")
    assert meaning(about(instance), [(Change.modified, str(instance.folder / "public/seeds/1.md"))]) == SEEDS
    assert meaning(about(instance), [(Change.modified, str(instance.folder / "public/all/1.md"))]) == NOTHING


# --- watching ---------------------------------------------------------------------------------------------


@contextmanager
def watching(instance: Instance) -> Iterator[SimpleQueue[Changed]]:
    told: SimpleQueue[Changed] = SimpleQueue()
    complaints: list[str] = []
    watcher = Watcher(partial(about, instance), told.put, complaints.append)
    watcher.start()
    try:
        yield told
    finally:
        watcher.stop()
    assert complaints == []


def is_told(told: SimpleQueue[Changed], what: Changed) -> bool:
    end = time.monotonic() + 5
    try:
        while told.get(timeout=max(0, end - time.monotonic())) != what:
            pass
    except Empty:
        return False
    return True


def settle(told: SimpleQueue[Changed]) -> list[Changed]:
    """Wait until nothing more is told; give what was."""
    found = []
    try:
        while True:
            found.append(told.get(timeout=0.6))
    except Empty:
        return found


@pytest.fixture(params=["events", "polling"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to watch: file systems without events need the other one."""
    if request.param == "polling":
        monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
        monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "100")
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_whatever_way_a_file_is_saved_it_is_told(instance: Instance) -> None:
    with watching(instance) as told:
        instance.write("seeds/new.md", "new")
        assert is_told(told, SEEDS)
        instance.write("seeds/.new.md.tmp", "newer").replace(instance.folder / "seeds/new.md")
        assert is_told(told, SEEDS)
        instance.write("tmp", f"{CONFIG} # changed\n").replace(instance.folder / "config.yaml")
        assert is_told(told, Changed(config=True))
        instance.write("feeds.d/news.xml", "news")
        assert is_told(told, Changed(sources=frozenset({"news"})))
        instance.write("one.md", "changed")
        assert is_told(told, SEEDS)
        shutil.move(instance.folder / "notes/a", instance.folder / "seeds/2026")
        assert is_told(told, SEEDS)


def test_what_editors_and_we_ourselves_write_is_not_told(instance: Instance) -> None:
    instance.write("feeds/all/atom.xml", "feed")
    with watching(instance) as told:
        for name in ("seeds/.1.md.swp", "seeds/4913", "seeds/1.md~", "seeds/#1.md#", "seeds/sedAb12cd"):
            instance.write(name, "beside").unlink() if name == "seeds/4913" else instance.write(name, "beside")
        instance.write("feeds/all/atom.xml", "another feed")
        instance.write(".feedbraid/state.db", "store")
        assert settle(told) == []


def test_a_folder_that_is_deleted_and_made_again_is_watched_again(instance: Instance) -> None:
    with watching(instance) as told:
        shutil.rmtree(instance.folder / "seeds")
        assert is_told(told, SEEDS)
        instance.write("seeds/again.md", "again")
        assert is_told(told, SEEDS)
        settle(told)
        instance.write("seeds/more.md", "more")
        assert is_told(told, SEEDS)


def test_a_folder_that_is_a_link_is_followed_wherever_it_is_turned(instance: Instance) -> None:
    for name in ("old", "new"):
        instance.write(f"{name}/1.md", "text")
    shutil.rmtree(instance.folder / "seeds")
    (instance.folder / "seeds").symlink_to("old")
    with watching(instance) as told:
        instance.write("old/2.md", "two")
        assert is_told(told, SEEDS)
        (instance.folder / "link").symlink_to("new")
        (instance.folder / "link").replace(instance.folder / "seeds")
        assert is_told(told, SEEDS)
        settle(told)
        instance.write("new/2.md", "two")
        assert is_told(told, SEEDS)


FEW_FILES = """
import os, resource, sys
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from feedbraid.config import load_config
from feedbraid.watch import Watcher, what_to_watch

file = Path("config.yaml")
told = SimpleQueue()
watcher = Watcher(partial(what_to_watch, load_config(file), file), told.put, print)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
taken = []
try:
    while True:
        taken.append(os.dup(0))
except OSError:
    os.close(taken.pop())
    os.close(taken.pop())
watcher.start()
Path("seeds/1.md").write_text("changed")
while not told.get(timeout=5).seeds:
    pass
"""
"""Two more files may be opened: too few to be told of changes, enough to look for them."""


def test_where_the_system_can_not_tell_of_changes_they_are_looked_for(instance: Instance) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FEW_FILES], cwd=instance.folder, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("feedbraid: files can not be watched, so they are looked at all the time: ")
    assert done.stdout.count("\n") == 1, "and that is said once"


# --- the program ------------------------------------------------------------------------------------------


@contextmanager
def service(instance: Instance) -> Iterator[subprocess.Popen[str]]:
    """The service, after its first pass."""
    with subprocess.Popen(
        [sys.executable, "-m", "feedbraid", "start", "--no-server", "--log", "people"],
        cwd=instance.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert " wrote " in process.stdout.readline()
            yield process
        finally:
            process.kill()


def seed(title: str) -> str:
    return f"---\ntitle: {title}\n---\nText\n"


def shown_after(instance: Instance, title: str, within: float = 10.0) -> float:
    """Wait until a post is in the feed; give the seconds that took."""
    begun = time.monotonic()
    while title not in {item.get("title") for item in instance.items()}:
        assert time.monotonic() - begun < within, f"{title} is not in the feed"
        time.sleep(0.01)
    return time.monotonic() - begun


@pytest.fixture
def running(tmp_path: Path) -> Instance:
    made = Instance(tmp_path)
    made.write("config.yaml", "seeds: {posts: seeds/}\nsources: {news: news.xml}\nsite: {pages: false}\n")
    made.write("seeds/first.md", seed("First"))
    made.write("news.xml", NEWS.format("Old news"))
    return made


NEWS = """<rss version="2.0"><channel><title>News</title><link>https://news.example/</link>
<item><title>{}</title><link>https://news.example/1</link></item></channel></rss>"""


def test_a_saved_seed_is_in_the_feed_within_two_seconds(
    running: Instance, record_property: Callable[..., None]
) -> None:
    with service(running) as process:
        took = []
        for number in range(3):
            running.write(f"seeds/{number}.md", seed(f"Seed {number}"))
            took.append(shown_after(running, f"Seed {number}"))
        record_property("seconds until a saved seed is in the feed", took)
        assert sorted(took)[1] < 2, took

        for number in range(20):
            running.write("seeds/first.md", seed(f"Version {number}"))
            time.sleep(0.02)  # a burst has a length
        shown_after(running, "Version 19")

        shutil.rmtree(running.folder / "seeds")
        for number in range(4):
            running.write(f"seeds/{number}.md", seed(f"Again {number}"))
        shown_after(running, "Again 3")
        running.write("news.xml", NEWS.format("New news"))
        shown_after(running, "New news")
        process.send_signal(signal.SIGTERM)
        told, _ = process.communicate(timeout=15)
    assert ["1 new, 0 changed" in line for line in told.splitlines()[:3]] == [True] * 3
    assert 2 <= told.count("0 new, 1 changed") <= 4, f"twenty rapid saves lead to few passes: {told}"
